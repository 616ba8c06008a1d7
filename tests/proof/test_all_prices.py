"""Cancellations and payments for all prices: the shipped machine, run on prices that nobody has fixed.

What is asserted here holds for every line price, every delivery fee and every way in which two payments divide
the total, zero among them. Returns are in `test_all_return_prices.py`.
"""

from itertools import pairwise, permutations

import pytest

from orderfsm import (
    ApproveCancellation,
    PaymentCaptured,
    Policy,
    PreparationStarted,
    RequestCancellation,
    StopConfirmed,
    StopDenied,
)
from orderfsm.order import Cause, Order
from orderfsm.states import State
from orderfsm.testing.symbolic import Prices, all_prices
from tests.policy.story import codes, hours
from tests.proof.open_orders import (
    MARKETPLACE,
    Goods,
    bought,
    cancelled,
    cancelled_in_turn,
    captured,
    given_back,
    given_back_to,
    goods,
    kept,
    placed,
    settled_up,
    total,
)

# --- free of charge --------------------------------------------------------------------------------------


def test_5_13_an_order_is_paid_when_placed_exactly_where_it_is_free() -> None:
    """There are two kinds of orders: those that cost nothing and are paid, and those that wait for payment."""

    def story(prices: Prices) -> bool:
        told = placed(prices, *goods(2))
        free = told.order.paid_at is not None
        assert free == (total(prices, told) == 0)
        return free

    assert [False, True] == sorted(path.result for path in all_prices(story).check())


# --- everything is cancelled -----------------------------------------------------------------------------

SHAPES = [
    pytest.param(count, quantity, bundled, payments, id=f"{count}x{quantity}{'b' if bundled else ''}-{payments}p")
    for count in (1, 2, 3)
    for quantity in (1, 2)
    for bundled in (False, True)
    for payments in (1, 2)
]


@pytest.mark.parametrize(("count", "quantity", "bundled", "payments"), SHAPES)
def test_everything_that_was_captured_goes_back_when_everything_is_cancelled(
    count: int, quantity: int, bundled: bool, payments: int
) -> None:
    """Cancelling the whole order at once gives every payment exactly what it captured."""

    def story(prices: Prices) -> Order:
        told = bought(prices, *goods(count, quantity, bundled=bundled), payments=payments)
        assert "accepted" == told.send(RequestCancellation(lines="all"), 1).outcome
        order = settled_up(prices, told)
        for payment in order.payments:
            back = [refund.amount for refund in order.refunds if refund.payment == payment.id]
            whole = [payment.amount] if payment.amount else []
            prices.claim("one refund per payment gives it back whole", whole == back)
        return order

    all_prices(story).check()


# --- one after the other ---------------------------------------------------------------------------------


def orders_of(units: str) -> list[str]:
    """All orders in which these units can be cancelled, each once."""
    return sorted({"".join(each) for each in permutations(units)})


@pytest.mark.parametrize("units", [each for some in ("A", "AA", "AB", "ABC", "AAB") for each in orders_of(some)])
def test_goods_cancelled_one_by_one_in_any_order_give_everything_back(units: str) -> None:
    """After every step exactly what was cancelled is given back, and in the end everything, the fee once."""
    all_prices(lambda prices: cancelled_in_turn(prices, units, payments=1)).check()


@pytest.mark.parametrize("units", [each for some in ("A", "AA", "AB") for each in orders_of(some)])
def test_goods_cancelled_one_by_one_give_everything_back_to_two_payments(units: str) -> None:
    """However two payments divided the total, no refund exceeds what is left of its payment."""
    all_prices(lambda prices: cancelled_in_turn(prices, units, payments=2)).check()


def many_steps(units: str) -> object:
    """Four steps have thousands of paths: those that begin with the other line, which differs in name, by night."""
    by_night = len(units) > 3 and not units.startswith("A")
    return pytest.param(units, id=units, marks=[pytest.mark.nightly] if by_night else [])


@pytest.mark.slow
@pytest.mark.parametrize("units", [many_steps(each) for some in ("ABC", "AAB", "AABB") for each in orders_of(some)])
def test_many_steps_give_everything_back_to_two_payments(units: str) -> None:
    """The same with three lines, and with lines of two units."""
    all_prices(lambda prices: cancelled_in_turn(prices, units, payments=2)).check()


@pytest.mark.parametrize("payments", [1, 2])
@pytest.mark.parametrize("first", ["A", "B", "C"])
def test_b22_a_bundle_is_paid_back_as_a_whole_beside_a_loose_line(first: str, payments: int) -> None:
    """Whichever item is named first, the bundle's items go back together and the loose line by itself."""

    def story(prices: Prices) -> Order:
        told = bought(prices, Goods("A", bundle="set"), Goods("B", bundle="set"), Goods("C"), payments=payments)
        assert "accepted" == told.send(RequestCancellation(lines=[first]), 1).outcome
        order = settled_up(prices, told)
        gone = prices.minor("C") if first == "C" else prices.minor("A") + prices.minor("B")
        prices.claim("the component is paid back", gone == given_back(order, Cause.CANCELLATION))
        assert "accepted" == told.send(RequestCancellation(lines="all"), 2).outcome
        return settled_up(prices, told)

    all_prices(story).check()


def test_units_of_a_line_differ_by_at_most_one_minor_unit() -> None:
    """Of three units the dearer ones are given back first, and all three give exactly what was paid (policy 5.8)."""

    def story(prices: Prices) -> None:
        told = bought(prices, Goods("A", quantity=3))
        steps = [0]
        for _ in range(3):
            cancelled(told, ["A"])
            steps.append(given_back(told.order))
        first, second, third = (after - before for before, after in pairwise(steps))
        prices.claim("the dearer first", 0 <= first - second <= 1 and 0 <= second - (third - prices.minor("fee")) <= 1)
        settled_up(prices, told)

    all_prices(story).check()


def test_refund_is_made_at_once_when_it_takes_approval_and_logistics() -> None:
    """Approval, a yes from logistics and a no change when money goes back, not how much."""

    def story(prices: Prices) -> None:
        told = bought(prices, *goods(3), payments=2, policy=Policy())
        told.send(RequestCancellation(lines="all"), 1)
        told.send(PreparationStarted(lines=["B", "C"]), 2)
        assert 0 == given_back(settled_up(prices, told))
        told.send(ApproveCancellation(lines="all"), 3)
        assert prices.minor("A") == given_back(settled_up(prices, told))
        told.send(StopDenied(lines=["B"]), 4)
        told.send(StopConfirmed(lines=["C"]), 5)
        assert prices.minor("A") + prices.minor("C") == given_back(settled_up(prices, told))

    all_prices(story).check()


def test_free_goods_go_to_refunded_with_nothing_sent() -> None:
    """Goods that cost nothing are refunded at once, without a refund, exactly where they cost nothing."""

    def story(prices: Prices) -> bool:
        told = bought(prices, *goods(2))
        cancelled(told, ["A"])
        order = settled_up(prices, told)
        at_once = State.REFUNDED in order.quantities["A"]
        assert at_once == (prices.minor("A") == 0) == (not order.refunds)
        return at_once

    assert {False, True} == {path.result for path in all_prices(story).check()}


def test_5_8_the_fee_goes_with_the_last_goods() -> None:
    """Of goods that are cancelled together the last ones bear the fee: free ones before them wait for no refund."""

    def story(prices: Prices) -> None:
        told = bought(prices, *goods(2))
        assert "accepted" == told.send(RequestCancellation(lines="all"), 1).outcome
        first, last = settled_up(prices, told).lots
        prices.claim("the first waits for its price", bool(first.refunds) == (prices.minor("A") > 0))
        prices.claim("the last for the fee too", bool(last.refunds) == (prices.minor("B") + prices.minor("fee") > 0))

    all_prices(story).check()


# --- payments --------------------------------------------------------------------------------------------


def test_a1_a_late_payment_goes_back_whole() -> None:
    """Whatever comes after the window goes back to its instrument, and all of it."""

    def story(prices: Prices) -> None:
        told = placed(prices, *goods(2))
        prices.suppose(total(prices, told) > 0)
        captured(prices, told, "p1", prices.minor("late"), after=25)
        order = settled_up(prices, told)
        prices.claim("all of it goes back", 0 == kept(order))
        prices.claim("as a late payment", prices.minor("late") == given_back(order, Cause.LATE_PAYMENT))

    all_prices(story).check()


def test_a2_part_payments_go_back_when_the_window_closes() -> None:
    """Two payments that do not reach the total together go back when the order closes, each whole."""

    def story(prices: Prices) -> None:
        told = placed(prices, *goods(2))
        prices.suppose(prices.minor("one") + prices.minor("two") < total(prices, told))
        captured(prices, told, "p1", prices.minor("one"))
        captured(prices, told, "p2", prices.minor("two"), after=1)
        assert 0 == given_back(settled_up(prices, told))
        told.wait(24)
        order = settled_up(prices, told)
        assert {State.CLOSED} == {lot.state for lot in order.lots}
        assert {"p1": prices.minor("one"), "p2": prices.minor("two")} == {
            payment.id: given_back_to(order, payment.id) for payment in order.payments
        }

    all_prices(story).check()


def test_a2_a_part_payment_and_a_late_one_both_go_back() -> None:
    """A payment that comes too late to complete the total goes back, and the part payment before it."""

    def story(prices: Prices) -> None:
        told = placed(prices, *goods(1), policy=Policy(payment_grace=hours(2)))
        prices.suppose(prices.minor("part") < total(prices, told))
        captured(prices, told, "p1", prices.minor("part"))
        captured(prices, told, "p2", prices.minor("late"), after=25)
        order = settled_up(prices, told)
        assert 0 == kept(order)
        assert prices.minor("part") == given_back(order, Cause.PART_PAYMENT)
        assert prices.minor("late") == given_back(order, Cause.LATE_PAYMENT)

    all_prices(story).check()


def test_5_6_an_excess_goes_back_against_the_payment_that_caused_it() -> None:
    """What the last payment brings above the total goes back at once; cancelling gives back the rest, no more."""

    def story(prices: Prices) -> None:
        told = placed(prices, *goods(2))
        due = total(prices, told)
        prices.suppose(prices.minor("one") < due)
        captured(prices, told, "p1", prices.minor("one"))
        captured(prices, told, "p2", due - prices.minor("one") + prices.minor("excess"), after=1)
        order = settled_up(prices, told)
        assert prices.minor("excess") == given_back_to(order, "p2") == given_back(order, Cause.EXCESS_PAYMENT)
        cancelled(told, ["A", "B"], after=2)
        assert 0 == kept(settled_up(prices, told))

    all_prices(story).check()


def test_5_6_a_second_payment_goes_back_whole_whenever_it_comes() -> None:
    """What is captured for an order that is paid goes back whole, before and after its goods are cancelled."""

    def story(prices: Prices) -> None:
        told = bought(prices, *goods(2))
        captured(prices, told, "p2", prices.minor("again"), after=1)
        cancelled(told, ["A"], after=2)
        captured(prices, told, "p3", prices.minor("once more"), after=3)
        order = settled_up(prices, told)
        assert prices.minor("again") + prices.minor("once more") == given_back(order, Cause.EXCESS_PAYMENT)
        assert prices.minor("A") == given_back(order, Cause.CANCELLATION) == given_back_to(order, "p1")
        cancelled(told, ["B"], after=4)
        assert 0 == kept(settled_up(prices, told))

    all_prices(story).check()


def test_5_6_part_payments_carry_what_is_left_after_goods_are_cancelled_by_hand() -> None:
    """When cancelled goods make a part payment enough, what it exceeds goes back and the rest stays paid."""

    def story(prices: Prices) -> bool:
        told = placed(prices, *goods(2), policy=MARKETPLACE)
        prices.suppose(prices.minor("part") < total(prices, told))
        captured(prices, told, "p1", prices.minor("part"))
        assert "accepted" == told.send(RequestCancellation(lines=["A"]), 1).outcome
        order = settled_up(prices, told)
        due = prices.minor("B") + prices.minor("fee")
        paid = order.paid_at is not None
        assert paid == (prices.minor("part") >= due)
        assert (prices.minor("part") - due if paid else 0) == given_back(order)
        assert "accepted" == told.send(RequestCancellation(lines=["B"]), 2).outcome
        assert 0 == kept(settled_up(prices, told))
        return paid

    assert {False, True} == {path.result for path in all_prices(story).check()}


def test_a_conflicting_report_of_a_payment_moves_no_money() -> None:
    """A payment that is reported again with any other amount is an anomaly; with the same it is a duplicate."""

    def story(prices: Prices) -> str:
        told = bought(prices, *goods(1))
        before = told.order.refunds, told.order.payments
        prices.suppose(total(prices, told) > 0)
        decision = told.send(PaymentCaptured(payment="p1", instrument="card:p1", amount=prices("told")), 1)
        assert before == (told.order.refunds, told.order.payments)
        same = prices.minor("told") == total(prices, told)
        assert (["payment_conflict"] if not same else []) == codes(decision)
        return decision.outcome

    assert {"duplicate", "anomaly"} == {path.result for path in all_prices(story).check()}
