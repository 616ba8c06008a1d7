"""Traces that were found with some prices, told again for all: with these prices they go as they went."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import attrs
import pytest

from orderfsm import (
    LOGISTICS,
    PAYMENT,
    PLATFORM,
    WAREHOUSE,
    ApproveReturn,
    AssessReturn,
    Customer,
    Decision,
    Delivered,
    Dispatched,
    Input,
    Item,
    OrderMachine,
    PaymentCaptured,
    Place,
    Policy,
    RequestCancellation,
    RequestReturn,
    ReturnReceived,
    Unplaced,
)
from orderfsm.actors import CUSTOMER_SERVICE
from orderfsm.order import Cause, Order
from orderfsm.states import State
from orderfsm.testing.exploring import Limits, explore
from orderfsm.testing.ledger import LEDGER
from orderfsm.testing.open_amounts import OpenSum
from orderfsm.testing.orders import OrderSpace, Position
from orderfsm.testing.retelling import Captures, Retelling
from orderfsm.testing.scopes import Chapter, Scope
from orderfsm.testing.symbolic import all_prices, path_of, with_prices
from tests.policy.story import MONDAY
from tests.properties.invariants import check_step
from tests.properties.walks import Walk

MACHINE = OrderMachine(Policy.marketplace())


@attrs.frozen
class Wait:
    """Time passes until an instant."""

    at: Any


def at(hours: float) -> Any:
    """An instant, in hours after placing."""
    return MONDAY + timedelta(hours=hours)


def place(*items: Item, fee: str = "4.90") -> Input:
    """The first thing said."""
    given = Place(customer="c9", country="DE", currency="EUR", lines=items, delivery_fee=fee)
    return given.sent(by=PLATFORM, at=at(0))


def capture(amount: str, payment: str = "p1", hours: float = 0) -> Input:
    """A payment from a card of its own."""
    fact = PaymentCaptured(payment=payment, instrument=f"card:{payment}", amount=amount)
    return fact.sent(by=PAYMENT, at=at(hours))


def cancel(*lines: str, hours: float = 1) -> Input:
    """The customer cancels these lines."""
    return RequestCancellation(lines=lines).sent(by=Customer("c9"), at=at(hours))


TWO = (Item(id="A", amount="10.01"), Item(id="B", amount="5.00"))


def money_of(order: Any) -> Any:
    """All amounts of an order, and where its goods and refunds are; open amounts as they are for the example."""

    def plain(amount: Any) -> Any:
        return amount.example if isinstance(amount, OpenSum) else amount

    if isinstance(order, Unplaced):
        return len(order.anomalies)
    return {
        "fee": plain(order.delivery_fee),
        "lots": [(lot.line.id, lot.quantity, plain(lot.amount), plain(lot.terms), lot.state) for lot in order.lots],
        "payments": [(each.id, plain(each.amount), each.at) for each in order.payments],
        "refunds": [(r.id, r.cause, r.state, plain(r.amount), r.payment, dict(r.lines)) for r in order.refunds],
        "anomalies": [(each.id, each.reason.code, each.open) for each in order.anomalies],
        "rest": (order.paid_at, order.asks, order.version, len(order.seen)),
    }


# --- the same again --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
def test_a_trace_ends_as_it_did_when_it_is_told_with_its_own_prices(seed: int) -> None:
    """With open amounts along the traced prices, and with the prices as numbers, every amount is what it was."""
    steps = list(Walk(seed).steps(20))
    told = Retelling(steps[0].machine, [step.input for step in steps])
    path = path_of(told, told.traced, currency=told.currency)
    assert path is not None and path.fault is None and path.confirmed
    expected = money_of(steps[-1].decision.order)
    assert expected == money_of(path.result)
    assert expected == money_of(with_prices(told, told.traced, currency=told.currency))


@pytest.mark.parametrize("seed", range(100, 112))
def test_the_invariants_hold_for_all_prices_along_chance_walks(seed: int) -> None:
    """What `check_step` asserts of every step holds whatever the lines, the delivery and the terms cost."""
    steps = list(Walk(seed).steps(12))
    machine = steps[0].machine
    told = Retelling(
        machine, [step.input for step in steps], lambda before, input, after: check_step(machine, before, input, after)
    )
    all_prices(told, currency=told.currency).check()


@pytest.mark.slow
@pytest.mark.parametrize(
    "seed",
    [
        *range(200, 250),
        *(pytest.param(seed, marks=[pytest.mark.slow, pytest.mark.nightly]) for seed in range(250, 300)),
    ],
)
def test_the_invariants_hold_for_all_prices_along_long_walks(seed: int) -> None:
    """The same on longer walks; where there are too many paths, on the first ones."""
    steps = list(Walk(seed).steps(25))
    machine = steps[0].machine
    told = Retelling(
        machine, [step.input for step in steps], lambda before, input, after: check_step(machine, before, input, after)
    )
    paths = all_prices(told, currency=told.currency, limit=100)
    assert () == paths.violations
    assert paths.undetermined in ("", "more than 100 paths")


# --- what is opened --------------------------------------------------------------------------------------


def retold(said: Sequence[Any], captures: Captures = Captures.TRACED) -> tuple[Retelling, list[Order]]:
    """A trace, and the orders at the end of all its paths."""
    told = Retelling(MACHINE, said, captures=captures)
    orders = [path.result for path in all_prices(told).check()]
    assert all(isinstance(order, Order) for order in orders)
    return told, orders


def test_a_capture_that_paid_in_full_does_so_for_all_prices() -> None:
    """What was all that was missing stays all that is missing; free orders are paid before."""
    told, orders = retold([place(*TWO), capture("19.91")])
    assert {"A": 1001, "B": 500, "delivery fee": 490} == told.traced
    assert all(order.paid_at is not None for order in orders)


def test_part_payments_that_complete_the_total_do_so_for_all_prices() -> None:
    """The first one is any part of the total, the second one the rest."""
    told, orders = retold([place(*TWO), capture("4.00"), capture("15.91", "p2", 1), cancel("A", "B", hours=2)])
    assert {"A": 1001, "B": 500, "delivery fee": 490, "p1": 400} == told.traced
    for order in orders:
        assert order.paid_at is not None
        assert {State.CANCELLED, State.REFUNDED} >= {lot.state for lot in order.lots}


def test_an_excess_is_any_excess() -> None:
    """What was more than the total stays more, by one minor unit or by any number."""
    told, orders = retold([place(*TWO), capture("20.00")])
    assert 8 == told.traced["p1"]
    assert all([Cause.EXCESS_PAYMENT] == [each.cause for each in order.refunds] for order in orders)


def test_a_part_payment_stays_one() -> None:
    """What did not reach the total does not for any price, and goes back when the window is over."""
    _, orders = retold([place(*TWO), capture("1.00"), Wait(at(25))])
    assert all(State.CLOSED in {lot.state for lot in order.lots} for order in orders)


def test_captures_may_be_left_open_altogether() -> None:
    """Then the same report pays in full, in part or too much, each on paths of its own."""
    _, orders = retold([place(*TWO), capture("19.91")], Captures.ANY)
    assert {True, False} == {order.paid_at is not None for order in orders}
    assert {True, False} == {bool(order.refunds) for order in orders}


def test_a_repeated_capture_is_the_same_amount_again() -> None:
    """Equal amounts of one payment stay equal, so a duplicate stays one; another amount may be any."""
    _, orders = retold([place(*TWO), capture("19.91"), capture("19.91", hours=2)])
    assert all(() == order.anomalies for order in orders)
    told, orders = retold([place(*TWO), capture("19.91"), capture("1.00", hours=2)])
    assert 100 == told.traced["p1 (4)"]
    assert {0, 1} == {len(order.anomalies) for order in orders}


def test_terms_amounts_and_deductions_are_opened() -> None:
    """Every amount that somebody names is any amount: in bounds it is taken, beyond them refused."""
    back: list[Input] = [
        place(*TWO),
        capture("19.91"),
        Dispatched(parcel="P1").sent(by=WAREHOUSE, at=at(20)),
        Delivered(lines="all").sent(by=LOGISTICS, at=at(40)),
        RequestReturn(lines=["A"], reason="changed_mind", opened=True).sent(by=Customer("c9"), at=at(41)),
        RequestReturn(lines=["B"], reason="changed_mind").sent(by=Customer("c9"), at=at(41)),
        ApproveReturn(lines=["A"], terms="3.00").sent(by=CUSTOMER_SERVICE, at=at(42)),
        ApproveReturn(lines=["B"]).sent(by=CUSTOMER_SERVICE, at=at(42)),
        ReturnReceived(lines=["B"]).sent(by=WAREHOUSE, at=at(90)),
        AssessReturn(lines=["B"], deduction="0.50").sent(by=CUSTOMER_SERVICE, at=at(91)),
    ]
    told, orders = retold(back)
    assert {"terms": 300, "deduction": 50} == {name: told.traced[name] for name in ("terms", "deduction")}
    assert {State.RETURN_REQUESTED, State.RETURN_PLANNING} == {order.lots[0].state for order in orders}
    assert {True, False} == {bool(order.refunds) for order in orders}


def test_an_amount_with_too_many_places_stays_what_it_is() -> None:
    """It is no amount of the currency, for no price."""
    told, orders = retold([place(*TWO), capture("19.911")])
    assert "p1" not in told.traced
    assert all(["wrong_precision"] == [each.reason.code for each in order.anomalies] for order in orders)


def test_a_check_sees_every_input_and_what_came_of_it() -> None:
    """A check that fails on some path is a violation, with prices for which it fails."""

    def check(before: Order | Unplaced, input: Input, decision: Decision) -> None:
        if isinstance(input, RequestCancellation) and isinstance(decision.order, Order):
            assert sum(refund.amount for refund in decision.order.refunds) != 5

    [path] = all_prices(Retelling(MACHINE, [place(*TWO), capture("19.91"), cancel("A")], check)).violations
    assert 5 == path.prices["A"]
    assert path.confirmed


# --- explored traces -------------------------------------------------------------------------------------


def ledger_holds(before: Order | Unplaced, input: Input, decision: Decision) -> None:
    """The ledger of `orderfsm.testing`, on open amounts."""
    order = decision.order
    if isinstance(order, Order):
        position = Position(order, MONDAY)
        for check, _ in LEDGER:
            fault = check(SPACE, order, position)
            assert fault is None, fault


SPACE = OrderSpace(
    Scope(
        name="one line, two payments",
        lines=[Item(id="A", amount="10.01")],
        captures=2,
        chapters=[Chapter.PAYMENT, Chapter.CANCELLATION, Chapter.REFUNDS],
        strangers=False,
    )
)


def test_the_ledger_holds_for_all_prices_along_every_explored_trace() -> None:
    """What an exploration finds with one price is told again for all, to every state that is reached in few steps."""
    found = explore(SPACE.initial(), SPACE.inputs, SPACE.step, key=SPACE.key, limits=Limits(states=150))
    traces = [found.trace(index) for index in range(len(found.states))]
    for trace in traces:
        all_prices(Retelling(SPACE.machine, trace.inputs, ledger_holds)).check()
    assert 150 == len(traces)
