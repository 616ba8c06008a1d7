"""Seeded walks: every invariant after every step, every row fired, every code given."""

from collections import Counter

import pytest

from orderfsm.effects import Effect
from orderfsm.engine import TRANSITIONS
from orderfsm.inputs import Input
from orderfsm.machine import OrderMachine
from orderfsm.order import Order, Unplaced
from orderfsm.reasons import AnomalyCode, Code
from orderfsm.states import OrderState
from tests.properties.invariants import check_step
from tests.properties.walks import Walk

pytestmark = pytest.mark.slow

AT_LEAST, AT_MOST = 1_500, 12_000
"""So many walks: until everything was seen, but never fewer than the first and never more than the second."""
LENGTH = 40

ROWS = sorted({transition.name for cells in TRANSITIONS.values() for some in cells.values() for transition in some})

NEVER_ON_A_WALK = {Code.BUNDLE_MIXED, Code.ALREADY_PLACED, AnomalyCode.UNKNOWN_ORDER, Code.UNKNOWN_ORDER}
"""Codes of `place` and of orders that were never placed; they have tests of their own."""
CODES = {str(each) for each in {*Code, *AnomalyCode} - NEVER_ON_A_WALK}


@pytest.fixture(scope="module")
def seen() -> dict[str, Counter[str]]:
    """What happened on all walks; every step is checked on the way."""
    rows: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    states: Counter[str] = Counter()
    for seed in range(AT_MOST):
        if seed >= AT_LEAST and rows.keys() >= set(ROWS) and codes.keys() >= CODES:
            break
        for step in Walk(seed).steps(LENGTH):
            try:
                check_step(step.machine, step.before, step.input, step.decision)
            except AssertionError as broken:
                raise AssertionError(f"walk {seed}: {step.input}: {broken}") from broken
            rows.update(move.row for move in step.decision.moves)
            codes.update(str(reason.code) for reason in step.decision.reasons)
            if isinstance(step.decision.order, Order):
                states[step.decision.order.state] += 1
    return {"rows": rows, "codes": codes, "states": states}


@pytest.mark.parametrize("row", ROWS)
def test_every_row_fires_on_some_walk(seen: dict[str, Counter[str]], row: str) -> None:
    """No row of the table is dead: some order takes it."""
    assert seen["rows"][row] > 0


@pytest.mark.parametrize("state", OrderState)
def test_every_order_state_is_reached(seen: dict[str, Counter[str]], state: OrderState) -> None:
    """Every word for an order's state describes some order."""
    assert seen["states"][state] > 0


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_is_given_on_some_walk(seen: dict[str, Counter[str]], code: str) -> None:
    """No refusal and no anomaly is only there on paper."""
    assert seen["codes"][code] > 0


@pytest.mark.parametrize("seed", range(20))
def test_a_replay_gives_the_same_order_effects_and_ids(seed: int) -> None:
    """The same inputs give the same order and the same effects with the same ids."""
    steps = list(Walk(seed).steps(LENGTH))
    history: list[Input] = [step.input for step in steps]
    effects: list[Effect] = [effect for step in steps for effect in step.decision.effects]
    machine = OrderMachine(steps[0].machine.policy)
    order: Order | Unplaced = Unplaced("1001")
    again: list[Effect] = []
    for input in history:
        decision = machine.decide(order, input)
        order = decision.order
        again += decision.effects
    assert order == steps[-1].decision.order
    assert again == effects
    assert len({effect.id for effect in effects}) == len(effects)
