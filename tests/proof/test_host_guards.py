"""What a host's own guards may look at, a proof must not fold together: lines, and times that only they know."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from orderfsm import inputs as i
from orderfsm.errors import InvalidInput
from orderfsm.guards import HostGuard
from orderfsm.order import Lot, Order
from orderfsm.scene import Scene
from orderfsm.testing.catalogue import COMING_BACK, lines, one
from orderfsm.testing.exploring import explore
from orderfsm.testing.orders import TICK, OrderSpace, Position
from orderfsm.testing.proving import prove_scope
from orderfsm.testing.scopes import PLACED_AT, Chapter, Scope, Times, Values

PLAIN: dict[str, Any] = {"values": Values.PLAIN, "early": 0, "strangers": False, "delivered": True}
FORTNIGHT = timedelta(days=14)


def _ends(order: Order, lot: Lot) -> list[datetime]:
    return [] if lot.delivered_at is None else [lot.delivered_at + FORTNIGHT]


def _in_time(scene: Scene[Any], lot: Lot) -> bool:
    return lot.delivered_at is None or scene.at < lot.delivered_at + FORTNIGHT


WINDOW = HostGuard(
    code="return_window",
    on=[i.RequestReturn],
    holds=_in_time,
    sentence="It was delivered too long ago.",
    instants=_ends,
)


def _not_after_b(scene: Scene[Any], lot: Lot) -> bool:
    return lot.line.id != "A" or not any(each.line.id == "B" and each.assessed for each in scene.lots)


def test_lines_that_a_guard_tells_apart_are_not_exchanged() -> None:
    """A guard on line A alone can leave an order without an end: that is found, by the shortest way."""
    guard = HostGuard(code="b_first", on=[i.AssessReturn], holds=_not_after_b, sentence="B was assessed already.")
    scope = Scope(name="2 lines", lines=lines(None, None), chapters=COMING_BACK, times=Times.NOW, **PLAIN)
    found = prove_scope(scope, [guard])
    assert any(violation.startswith("every_order_can_end") for violation in found.violations)
    assert all("The shortest way there: 2 steps" in violation for violation in found.violations)
    assert prove_scope(scope).passed


@pytest.mark.parametrize("times", [Times.NOW, Times.EVERY])
def test_the_instants_of_a_guard_are_tried(times: Times) -> None:
    """Just before the end of a shop's own window a return is taken; at its end and after it, it is refused."""
    scope = Scope(name="1 line", lines=one(), chapters=[Chapter.RETURNS], times=times, **PLAIN)
    space = OrderSpace(scope, [WINDOW])
    answers: dict[timedelta, set[str]] = {}

    def step(position: Position, said: Any) -> Any:
        after, answer = space.step(position, said)
        home = isinstance(position.order, Order) and position.order.lots[0].state == "delivered"
        if home and isinstance(said, i.RequestReturn) and said.at is not None and said.lines == "all":
            answers.setdefault(said.at - (PLACED_AT + FORTNIGHT), set()).add(answer.outcome)
        return after, answer

    assert explore(space.initial(), space.inputs, step, key=space.key, within=space.within).complete
    assert {"refused"} == answers[timedelta()] == answers[TICK]
    assert {"accepted"} == answers[-TICK if times is Times.EVERY else -FORTNIGHT]
    assert all(("accepted" in some) is (age < timedelta()) for age, some in answers.items())


def test_a_window_of_the_hosts_own_passes() -> None:
    """It is seen refusing, and what the policy promises is kept wherever it does not."""
    scope = Scope(name="1 line", lines=one(), chapters=[Chapter.RETURNS], times=Times.EVERY, **PLAIN)
    found = prove_scope(scope, [WINDOW])
    assert found.passed
    assert {"return_window"} == found.seen["every_host_guard_refuses_once"]


HALF_PAST = timedelta(hours=30)


def _raises_late(scene: Scene[Any], lot: Lot) -> bool:
    if lot.state == "unshipped" and scene.at >= scene.order.placed_at + HALF_PAST:
        raise RuntimeError("still unshipped")
    return True


def test_which_of_two_times_comes_first_is_told_apart() -> None:
    """Goods paid at the last moment are unshipped at a time at which others are in preparation long since."""
    guard = HostGuard(
        code="late",
        on=[i.RequestCancellation],
        holds=_raises_late,
        sentence="It is late.",
        instants=lambda order, lot: [order.placed_at + HALF_PAST],
    )
    scope = Scope(name="1 line", lines=one(), chapters=[Chapter.PAYMENT, Chapter.CANCELLATION], early=0)
    found = prove_scope(scope, [guard])
    assert ["every_input_is_answered: RuntimeError: still unshipped"] == [
        violation.partition(" (")[0] for violation in found.violations
    ]


@pytest.mark.parametrize(
    ("instants", "message"),
    [
        (lambda order, lot: {order.placed_at}, "expected a list of aware times"),
        (lambda order, lot: None, "expected a list of aware times"),
        (lambda order, lot: [datetime(2026, 3, 2)], "aware"),
    ],
    ids=["a set", "none", "naive"],
)
def test_instants_are_a_list_of_aware_times(instants: Any, message: str) -> None:
    """Anything else is told with the guard's code; a set has no order in which lots could be told apart."""
    guard = evolve(WINDOW, instants=instants)
    scope = Scope(name="1 line", lines=one(), chapters=[Chapter.RETURNS], **PLAIN)
    with pytest.raises((TypeError, InvalidInput), match=message):
        prove_scope(scope, [guard])
