"""Another engine finds in the same machines what the explorer finds.

It needs `minicheck`, which is used only here and in the benchmarks: where it is missing, nothing of this is tested.
"""

from typing import Any

import pytest

from orderfsm.inputs import Item
from orderfsm.order import Order
from orderfsm.states import State
from orderfsm.testing.exploring import Exploration, explore
from orderfsm.testing.orders import OrderSpace, Position, Said
from orderfsm.testing.properties import Always, Property, Reachable
from orderfsm.testing.reach import at_its_end
from orderfsm.testing.scopes import Chapter, Scope, Times, Values
from tests.proof.second_engine import protocol
from tests.proof.two_phase_commit import Happening, Transaction, agreed, consistent, happen, happenings, start

minicheck: Any = pytest.importorskip(
    "minicheck", reason="NO SECOND ENGINE: the explorer is compared with minicheck only where that is installed"
)

LINE = Item(id="A", amount="10.00")
SPACE = OrderSpace(Scope(name="1 line", lines=[LINE], values=Values.PLAIN, times=Times.NOW, strangers=False))
FEW = OrderSpace(
    Scope(
        name="1 line, until it is cancelled",
        lines=[LINE],
        chapters=[Chapter.PAYMENT, Chapter.FULFILMENT, Chapter.CANCELLATION, Chapter.REFUNDS],
        values=Values.PLAIN,
        times=Times.NOW,
        strangers=False,
        early=0,
    )
)


def explored(space: OrderSpace, *properties: Property) -> Exploration[Position, Said]:
    """All orders of a scope, by the explorer."""
    return explore(space.initial(), space.inputs, space.step, key=space.key, within=space.within, properties=properties)


def given(space: OrderSpace, **claimed: Any) -> Any:
    """All orders of a scope, for the other engine."""
    return protocol(
        space.initial()[0], space.inputs, space.step, key=space.key, within=space.within, **claimed
    )  # fmt: skip


def is_in(state: State) -> Any:
    """Whether any goods of an order are in a state."""

    def check(position: Position) -> bool:
        order = position.order
        return isinstance(order, Order) and any(lot.state is state for lot in order.lots)

    return check


@pytest.mark.parametrize("managers", [1, 2, 3, 4])
def test_both_find_the_same_states_of_two_phase_commit(managers: int) -> None:
    """As many of them, all consistent, and none from which agreement is out of reach."""
    found: Exploration[Transaction, Happening] = explore([start(managers)], happenings, happen)
    other = protocol(
        start(managers), happenings, happen, always={"consistent": consistent}, end=lambda now: bool(agreed(now))
    )
    verdict = minicheck.check_safety(other)
    assert (True, len(found.states)) == (verdict["exhaustive"], verdict["reachable_states"])
    assert verdict["properties"]["consistent"]["holds"]
    liveness = minicheck.check_liveness(other)
    ends = [now for now in found.states if agreed(now)]
    assert (True, len(ends)) == (liveness["holds"], liveness["goal_states"])


def test_both_find_the_same_orders() -> None:
    """As many of them, as many that may be the end, and none from which an end is out of reach."""
    found = explored(SPACE, Reachable(name="end", says="", end=at_its_end))
    assert found.passed
    verdict = minicheck.check_safety(given(SPACE))
    assert (True, len(found.states)) == (verdict["exhaustive"], verdict["reachable_states"])
    liveness = minicheck.check_liveness(given(SPACE, end=at_its_end))
    ends = [position for position in found.states if at_its_end(position)]
    assert (True, len(ends)) == (liveness["holds"], liveness["goal_states"])


@pytest.mark.parametrize("state", [State.CANCELLED, State.REFUNDED, State.LOST])
def test_both_break_what_does_not_hold_by_traces_of_the_same_length(state: State) -> None:
    """That goods are never in a state which they can reach: the shortest way there is the shortest for both."""
    reached = is_in(state)

    def check(position: Position) -> str | None:
        return "there" if reached(position) else None

    found = explored(FEW, Always(name="never", says="", check=check))
    verdict = minicheck.check_safety(given(FEW, always={"never": check}))["properties"]["never"]
    assert not verdict["holds"]
    assert len(found.violations[0].trace) == len(verdict["counterexample"]) - 1


@pytest.mark.parametrize("state", [State.CLOSED, State.UNPAID])
def test_both_find_the_nearest_dead_end(state: State) -> None:
    """Where an order can no longer come into a state, and how soon that can be."""
    found = explored(FEW, Reachable(name="end", says="", end=is_in(state)))
    liveness = minicheck.check_liveness(given(FEW, end=is_in(state)))
    assert (False, False) == (found.passed, liveness["holds"])
    assert len(found.violations[0].trace) == len(liveness["counterexample"]) - 1
