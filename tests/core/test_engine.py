"""The indexed engine and stock `transitions` agree, and the machine is sealed."""

from itertools import product
from typing import Any

import attrs
import pytest
from attrs import define
from transitions import Machine, MachineError

from orderfsm.engine import GOODS, REFUND_TRANSITIONS, REFUNDS, TRANSITIONS, build_goods, chosen, index_of
from orderfsm.errors import SealedMachine
from orderfsm.order import Lot, Order
from orderfsm.reasons import Reason
from orderfsm.rows import Row, name_of
from orderfsm.scene import Scene
from orderfsm.states import State
from orderfsm.table import REFUND_ROWS, ROWS
from tests.properties.walks import Walk

REFUSAL = Reason("no", "A9")


@define
class Cursor:
    """A throw-away model for stock `transitions`."""

    state: str


def stock(machine: Machine, trigger: str, state: State, *arguments: object) -> tuple[bool, str]:
    """What `transitions` itself does: whether it moves, and to where."""
    cursor = Cursor(state.value)
    try:
        moved = machine.events[trigger].trigger(cursor, *arguments)
    except MachineError:
        moved = False
    return bool(moved), cursor.state


class Switches:
    """Conditions whose outcome is set from outside, one for each `when` and guard of some rows."""

    def __init__(self) -> None:
        self.outcomes: list[bool] = []
        self.count = 0

    def when(self) -> Any:
        number = self._next()
        return lambda scene, lot: self.outcomes[number]

    def guard(self) -> Any:
        number = self._next()
        return lambda scene, lot: None if self.outcomes[number] else REFUSAL

    def _next(self) -> int:
        self.count += 1
        return self.count - 1


CELLS = sorted({(source, name_of(row.trigger)) for row in ROWS for source in row.sources})


@pytest.mark.parametrize(("state", "trigger"), CELLS, ids=[f"{state}-{trigger}" for state, trigger in CELLS])
def test_index_and_stock_agree_on_every_outcome_of_every_condition(state: State, trigger: str) -> None:
    """For every state, input and outcome of whens and guards, both ways move alike, for the same first reason."""
    switches = Switches()
    rows: list[Row[Any]] = []
    for row in ROWS:
        if name_of(row.trigger) == trigger and state in row.sources:
            when = switches.when() if row.when else None
            guards = tuple(switches.guard() for _ in row.guards)
            rows.append(attrs.evolve(row, sources=state, when=when, guards=guards))
    machine = build_goods(rows)
    transitions = index_of(machine)[trigger][state]
    scene: Any = None
    lot: Any = None
    for outcome in product([True, False], repeat=switches.count):
        switches.outcomes = list(outcome)
        moved, at = stock(machine, trigger, state, scene, lot)
        found = chosen(transitions, scene, lot)
        if found is None:
            assert not moved
        elif sum(not row.when or row.when(scene, lot) for row in rows) == 1:  # the checks rule out more
            reasons = found.refusals(scene, lot)
            assert moved is not bool(reasons)
            assert at == (found.target if moved else state)


@pytest.mark.parametrize("seed", range(150))
def test_index_and_stock_agree_on_real_orders(seed: int) -> None:
    """On every step of a random walk, each lot takes the same way by index and by stock `transitions`."""
    for step in Walk(seed).steps(30):
        if not isinstance(step.before, Order) or step.input.name not in TRANSITIONS:
            continue
        input = step.input
        assert input.by is not None
        assert input.at is not None
        scene = Scene(step.machine.policy, step.before, input, input.by, input.at, input.at)
        for lot in step.before.lots:
            if agrees_only_with_its_precision(step.decision.reasons):
                continue
            transition = chosen(TRANSITIONS[input.name].get(lot.state, ()), scene, lot)
            accepted = transition is not None and not transition.refusals(scene, lot)
            moved, state = stock(GOODS, input.name, lot.state, scene, lot)
            assert accepted is moved
            assert state == (transition.target if accepted and transition is not None else lot.state)


def agrees_only_with_its_precision(reasons: tuple[Reason, ...]) -> bool:
    """Amounts with too many places are refused before any guard is asked."""
    return any(reason.code == "wrong_precision" for reason in reasons)


def test_the_index_is_what_the_machine_holds() -> None:
    """Every transition of the machine is in the index and the other way round: nothing can drift."""
    held = [t for event in GOODS.events.values() for some in event.transitions.values() for t in some]
    indexed = [t for cells in TRANSITIONS.values() for some in cells.values() for t in some]
    assert {id(t) for t in held} == {id(t) for t in indexed}
    assert len(indexed) == sum(len(row.sources) for row in ROWS)
    assert sum(len(some) for cells in REFUND_TRANSITIONS.values() for some in cells.values()) == len(REFUND_ROWS)


def test_transitions_tells_what_runs() -> None:
    """`get_triggers` and `get_transitions` see just the rows, and no door that skips the table."""
    assert set(GOODS.get_triggers("closed")) <= {"dispatched", "intercept_confirmed", "intercept_denied"}
    assert [t.dest for t in GOODS.get_transitions("cancel_delivery", "shipped")] == ["shipped.intercepting"]
    assert not [name for name in GOODS.events if name.startswith("to_")]
    assert GOODS.models == []


@pytest.mark.parametrize("machine", [GOODS, REFUNDS])
def test_the_machine_is_sealed(machine: Machine) -> None:
    """Rows and states are closed: nothing can be added or removed (policy 5.14)."""
    with pytest.raises(SealedMachine):
        machine.add_transition("steal", "closed", "shipped")
    with pytest.raises(SealedMachine):
        machine.add_states(["limbo"])
    with pytest.raises(SealedMachine):
        machine.remove_transition("dispatched")


def test_a_lot_of_no_state_finds_no_row() -> None:
    """Looking a row up adds nothing to the machine."""
    before = {name: dict(event.transitions) for name, event in GOODS.events.items()}
    lot: Any = Lot
    assert chosen((), lot, lot) is None
    assert {name: dict(event.transitions) for name, event in GOODS.events.items()} == before
