"""A definition that contradicts itself is refused at import, and the culprit is named."""

from typing import Any

import attrs
import pytest

from orderfsm import choices, guards
from orderfsm import inputs as i
from orderfsm.checks import check
from orderfsm.choices import EXCLUSIVE, PARTITIONS
from orderfsm.clauses import CLAUSES
from orderfsm.errors import InvalidTable
from orderfsm.order import Order
from orderfsm.rows import Contradiction, Denial, Known, Row
from orderfsm.scene import Scene
from orderfsm.states import State
from orderfsm.table import CONTRADICTIONS, DENIALS, KNOWN, ROWS
from tests.properties.walks import Walk

CITING: tuple[Row[Any] | Denial | Contradiction, ...] = (*ROWS, *DENIALS, *CONTRADICTIONS)
"""What in the table cites a clause."""


def test_the_table_passes() -> None:
    """The table that ships is sound."""
    check()


def without(trigger: type[i.Input], source: State) -> tuple[Row[Any], ...]:
    """The table without the rows of one input from one source."""
    kept = []
    for row in ROWS:
        if row.trigger is trigger and source in row.sources:
            rest = frozenset(row.sources) - {source}
            if rest:
                kept.append(attrs.evolve(row, sources=rest))
        else:
            kept.append(row)
    return tuple(kept)


BROKEN: dict[str, tuple[tuple[Row[Any], ...], str]] = {
    "a row twice": ((*ROWS, Row(State.SHIPPED, i.CancelDelivery, State.SHIPPED_INTERCEPTING, "B18")), "overlap"),
    "rows that overlap": ((*ROWS, Row(State.UNSHIPPED, i.RequestCancellation, State.LOST, "B6")), "overlap"),
    "an exit of closed": ((*ROWS, Row(State.CLOSED, i.Lost, State.LOST, "A2")), "closed has an exit"),
    "an unknown clause": ((*ROWS, Row(State.LOST, i.Arrived, State.ARRIVED, "Z9")), "cites Z9"),
    "a guard on a fact": (
        (*ROWS, Row(State.LOST, i.Arrived, State.ARRIVED, "A12", None, (guards.covered,))),
        "no guard may refuse it",
    ),
    "a state nobody reaches": (without(i.CancelDelivery, State.SHIPPED), "shipped.intercepting cannot be reached"),
    "a trap": (
        tuple(row for row in ROWS if not {State.RETURN_PLANNING} & set(row.sources)),
        "return_planning is a trap",
    ),
    "a command without an answer": (without(i.RequestReturn, State.DELIVERED), "request_return on delivered"),
    "a fact without an answer": (without(i.Arrived, State.SHIPPED), "arrived on shipped has no answer"),
    "an input that moves nothing": (
        tuple(row for row in ROWS if row.trigger is not i.GiveUpService),
        "give_up_service on servicing",
    ),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_table_is_refused(fault: str) -> None:
    """Each fault is named in the message."""
    rows, culprit = BROKEN[fault]
    with pytest.raises(InvalidTable, match=culprit):
        check(rows)


def test_every_clause_is_carried_and_every_citation_exists() -> None:
    """Rows, denials and contradictions cite only clauses that exist; every clause says what carries it."""
    for entry in CITING:
        assert entry.clause in CLAUSES
    assert all(clause.carried_by for clause in CLAUSES.values())
    assert [name for name in CLAUSES if name.startswith("A")] == [f"A{n}" for n in range(1, 20)]
    assert [name for name in CLAUSES if name.startswith("B")] == [f"B{n}" for n in range(1, 23)]


def test_every_condition_of_the_table_is_used_and_named() -> None:
    """No dead condition: each function of `choices` that is a condition stands in some line of the table."""
    entries: tuple[Row[Any] | Denial | Contradiction | Known, ...] = (*CITING, *KNOWN)
    used = {entry.when for entry in entries} - {None}
    partners = {when for part in PARTITIONS for when in part}
    assert used <= {value for value in vars(choices).values() if callable(value)}
    assert partners <= used | partners


@pytest.mark.parametrize("seed", range(60))
def test_conditions_that_exclude_each_other_do(seed: int) -> None:
    """Of each exclusive set at most one condition holds wherever the table asks it; of each partition exactly one."""
    for step in Walk(seed).steps(30):
        if not isinstance(step.before, Order):
            continue
        input = step.input
        assert input.by is not None
        assert input.at is not None
        scene: Scene[Any] = Scene(step.machine.policy, step.before, input, input.by, input.at, input.at)
        for row in CITING:
            if row.when is None or row.trigger is not type(input):
                continue
            for lot in step.before.lots:
                if lot.state in row.sources:
                    for some in EXCLUSIVE:
                        if row.when in some:
                            held = sum(when(scene, lot) for when in some)
                            assert held <= 1
                            assert held == 1 or some not in PARTITIONS
