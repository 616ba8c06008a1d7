"""Losses, mixed stories and refunds that come back, for all prices: nothing is given back twice or too late.

The shipped machine runs on prices that nobody has fixed; returns are in `test_all_return_prices.py`.
"""

from typing import Any

import pytest

from orderfsm import (
    ApproveReturn,
    Delivered,
    Dispatched,
    GiveUpService,
    Lost,
    RefundFailed,
    RefundReversed,
    RefundSettled,
    RequestReturn,
    ResendRefund,
    ReturnReceived,
)
from orderfsm.order import Cause
from orderfsm.testing.symbolic import Prices, all_prices
from tests.policy.road import APPROVED, ASKED, DISPATCHED, RECEIVED, SIGNED
from tests.proof.open_orders import (
    Goods,
    bought,
    cancelled,
    given_back,
    given_back_to,
    goods,
    kept,
    settled_up,
)
from tests.proof.open_returns import LATE, SHAPES, assess, delivered, paid_for_goods, returned, settled_return, taken

# --- losses ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lines", "payments"), SHAPES.values(), ids=SHAPES)
def test_a19_goods_lost_on_their_way_out_are_paid_back_with_their_delivery(
    lines: tuple[Goods, ...], payments: int
) -> None:
    """What the carrier lost before anybody signed for it is the shop's fault: everything goes back."""

    def story(prices: Prices) -> None:
        told = bought(prices, *lines, payments=payments)
        taken(told, Dispatched(parcel="P1"), DISPATCHED)
        taken(told, Lost(parcel="P1"), SIGNED)
        assess(told)
        settled_return(prices, told, paid_for_goods(told.order) + prices.minor("fee"))
        assert 0 == kept(told.order)

    all_prices(story).check()


def test_a19_goods_lost_on_their_way_back_are_paid_back_without_their_delivery() -> None:
    """What was signed for and lost on its way back is paid in full, whenever; its delivery was made."""

    def story(prices: Prices) -> None:
        told = delivered(prices, *goods(2))
        taken(told, RequestReturn(lines="all", reason="changed_mind"), ASKED)
        taken(told, ApproveReturn(lines="all"), APPROVED)
        taken(told, Lost(lines=["A"]), LATE)
        taken(told, ReturnReceived(lines=["B"], condition="unopened"), LATE)
        assess(told, LATE + 1)
        a, b = prices.minor("A"), prices.minor("B")
        late = given_back(told.order) - a
        prices.claim("half of B, rounded up", 0 <= 2 * late - b <= 1)
        settled_return(prices, told, a + late)

    all_prices(story).check()


# --- together --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("payments", [1, 2])
@pytest.mark.parametrize("lost", [False, True])
def test_5_8_the_fee_goes_back_once_when_some_is_cancelled_and_the_rest_comes_back_faulty(
    payments: int, lost: bool
) -> None:
    """Cancelled goods first, faulty or lost ones later: in the end everything that was captured is given back."""

    def story(prices: Prices) -> None:
        told = bought(prices, *goods(2), payments=payments)
        cancelled(told, ["A"])
        taken(told, Dispatched(parcel="P1"), DISPATCHED)
        if lost:
            taken(told, Lost(parcel="P1"), SIGNED)
        else:
            taken(told, Delivered(lines="all"), SIGNED)
            taken(told, RequestReturn(lines="all", reason="damaged"), ASKED)
            taken(told, ApproveReturn(lines="all"), APPROVED)
            taken(told, ReturnReceived(lines="all"), RECEIVED)
        settled_return(prices, told, 0)
        assess(told)
        settled_return(prices, told, prices.minor("B") + prices.minor("fee"))
        assert 0 == kept(told.order)

    all_prices(story).check()


@pytest.mark.parametrize("reasons", [("defective", "changed_mind"), ("changed_mind", "defective")])
def test_5_8_the_fee_stays_where_some_goods_came_back_by_choice(reasons: tuple[str, str]) -> None:
    """A fault in one line gives back that line, before or after the other one; their delivery was made."""

    def story(prices: Prices) -> None:
        told = returned(prices, *goods(2), reason="defective")
        owed = 0
        for id, reason in zip("AB", reasons, strict=True):
            owed += prices.minor(id)
            assess(told, lines=[id], reason=reason)
            settled_return(prices, told, owed)
        assert prices.minor("fee") == kept(told.order)

    all_prices(story).check()


def test_b3_goods_that_cannot_be_repaired_are_paid_back() -> None:
    """A repair that is given up becomes a return by fault: everything goes back."""

    def story(prices: Prices) -> None:
        told = delivered(prices, *goods(1))
        taken(told, RequestReturn(lines="all", reason="defective", kind="repair"), ASKED)
        taken(told, ApproveReturn(lines="all"), APPROVED)
        taken(told, ReturnReceived(lines="all"), RECEIVED)
        taken(told, GiveUpService(lines="all"), RECEIVED + 1)
        assess(told)
        settled_return(prices, told, prices.minor("A") + prices.minor("fee"))

    all_prices(story).check()


# --- refunds that fail or come back ----------------------------------------------------------------------


@pytest.mark.parametrize("fact", [RefundFailed, RefundReversed])
@pytest.mark.parametrize("payments", [1, 2])
def test_b1_a_refund_that_comes_back_is_owed_again_and_never_twice(payments: int, fact: type[Any]) -> None:
    """Failed, reversed and sent again, refunds keep their amount and their reservation; other goods get theirs."""

    def story(prices: Prices) -> None:
        told = bought(prices, *goods(2), payments=payments)
        cancelled(told, ["A"])
        amounts = {refund.id: refund.amount for refund in told.order.refunds}
        for refund in amounts:
            if fact is RefundReversed:
                told.send(RefundSettled(refund=refund), 2)
            told.send(fact(refund=refund), 3)
        cancelled(told, ["B"], after=4)
        assert 0 == kept(settled_up(prices, told))
        for refund in amounts:
            taken(told, ResendRefund(refund=refund), 5)
            told.send(RefundSettled(refund=refund), 6)
        order = settled_up(prices, told)
        assert 0 == kept(order)
        assert amounts == {each.id: each.amount for each in order.refunds if each.id in amounts}

    all_prices(story).check()


def test_b2_what_was_refunded_stays_refunded_when_more_goods_come_back() -> None:
    """Goods cancelled, returned late and lost, paid by two payments: what is left of neither is ever exceeded."""

    def story(prices: Prices) -> None:
        prices.suppose(prices.minor("first") > 0)
        told = bought(prices, *goods(3), payments=2)
        cancelled(told, ["A"])
        taken(told, Dispatched(lines=["B"], parcel="P1"), DISPATCHED)
        taken(told, Dispatched(lines=["C"], parcel="P2"), DISPATCHED)
        taken(told, Delivered(parcel="P1"), SIGNED)
        taken(told, Lost(parcel="P2"), SIGNED)
        assess(told, SIGNED + 1, lines=["C"])
        taken(told, RequestReturn(lines=["B"], reason="changed_mind"), ASKED)
        taken(told, ApproveReturn(lines="all"), APPROVED)
        taken(told, ReturnReceived(lines=["B"], condition="unopened"), LATE)
        assess(told, LATE + 1, lines=["B"])
        order = settled_up(prices, told)
        late = given_back(order, Cause.RETURN) - prices.minor("C")
        prices.claim("half of B, rounded up", 0 <= 2 * late - prices.minor("B") <= 1)
        for payment in order.payments:
            prices.claim("within the payment", 0 <= given_back_to(order, payment.id) <= payment.amount)

    all_prices(story).check()
