"""Assessed returns for all prices: the shipped machine, run on prices that nobody has fixed.

What is paid back is asserted for every line price, delivery fee, deduction, explicit amount and agreed terms.
"""

from fractions import Fraction

import pytest

from orderfsm import (
    ApproveReturn,
    Delivered,
    Dispatched,
    Policy,
    RequestReturn,
    ReturnReceived,
)
from orderfsm.testing.symbolic import Prices, all_prices
from tests.policy.road import APPROVED, ASKED, DISPATCHED, RECEIVED, SIGNED
from tests.policy.story import codes
from tests.proof.open_orders import (
    Goods,
    bought,
    given_back,
    goods,
    kept,
    settled_up,
)
from tests.proof.open_returns import (
    LATE,
    SHAPES,
    agreed,
    assess,
    delivered,
    late_policy,
    paid_for_goods,
    returned,
    settled_return,
    taken,
)

SHARES = [
    pytest.param(
        *shape, share, id=f"{share}-{name}",
        marks=[*([pytest.mark.slow] if name == "3-2p" else []), *([pytest.mark.nightly] if large else [])],
    )
    for share in ("1/2", "1/3", "0", "1")
    for name, shape in SHAPES.items()
    for large in [(share, name) == ("1/3", "3-2p")]
]  # fmt: skip
"""Where every line is divided, three lines and two payments make thousands of paths; most of them by thirds."""

# --- by the schedule -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lines", "payments"), SHAPES.values(), ids=SHAPES)
def test_a19_goods_that_come_back_in_time_are_paid_back_in_full(lines: tuple[Goods, ...], payments: int) -> None:
    """By the customer's choice everything that the goods cost is given back, but not their delivery."""

    def story(prices: Prices) -> None:
        told = returned(prices, *lines, payments=payments)
        assess(told)
        order = settled_return(prices, told, paid_for_goods(told.order))
        assert prices.minor("fee") == kept(order)

    all_prices(story).check()


@pytest.mark.parametrize(("lines", "payments"), SHAPES.values(), ids=SHAPES)
def test_a19_the_delivery_fee_comes_back_with_the_last_faulty_goods(lines: tuple[Goods, ...], payments: int) -> None:
    """By the shop's fault everything is given back: line by line the goods, with the last ones the fee, once."""

    def story(prices: Prices) -> None:
        told = returned(prices, *lines, payments=payments, reason="defective")
        owed = 0
        for line in told.order.lines:
            owed += line.amount + (prices.minor("fee") if line is told.order.lines[-1] else 0)
            assess(told, lines=[line.id])
            settled_return(prices, told, owed)
        assert 0 == kept(told.order)

    all_prices(story).check()


@pytest.mark.parametrize(("lines", "payments", "share"), SHARES)
def test_a19_late_goods_are_paid_back_in_part_rounded_half_up_per_line(
    lines: tuple[Goods, ...], payments: int, share: str
) -> None:
    """Later than the full days each line gives its share, rounded half up once."""
    part = Fraction(share)

    def story(prices: Prices) -> None:
        told = returned(prices, *lines, payments=payments, policy=late_policy(part), after=LATE)
        owed = 0
        for line in told.order.lines:
            before = given_back(told.order)
            assess(told, LATE + 1, lines=[line.id])
            back = given_back(told.order) - before
            twice = 2 * (part.denominator * back - part.numerator * line.amount)
            prices.claim("rounded half up", -part.denominator < twice <= part.denominator)
            owed += back
        settled_return(prices, told, owed)

    all_prices(story).check()


def test_a19_a_line_that_was_signed_for_in_two_parcels_is_rounded_once() -> None:
    """Two lots of one line, both late, give together the line's share, rounded half up once."""

    def story(prices: Prices) -> None:
        told = bought(prices, Goods("A", quantity=2))
        taken(told, Dispatched(lines={"A": 1}, parcel="P1"), DISPATCHED)
        taken(told, Dispatched(lines={"A": 1}, parcel="P2"), DISPATCHED)
        taken(told, Delivered(parcel="P1"), SIGNED)
        taken(told, Delivered(parcel="P2"), SIGNED + 1)
        taken(told, RequestReturn(lines="all", reason="changed_mind"), ASKED)
        taken(told, ApproveReturn(lines="all"), APPROVED)
        taken(told, ReturnReceived(lines="all", condition="unopened"), LATE)
        assert 2 == len(told.order.lots)
        assess(told, LATE + 1)
        back = given_back(told.order)
        prices.claim("rounded half up once", 0 <= 2 * back - prices.minor("A") <= 1)
        settled_return(prices, told, back)

    all_prices(story).check()


# --- deductions ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lines", "payments"), SHAPES.values(), ids=SHAPES)
def test_a14_a_deduction_never_takes_more_than_is_owed(lines: tuple[Goods, ...], payments: int) -> None:
    """What is given back is what the goods cost less the deduction, or nothing; with nothing no refund is made."""

    def story(prices: Prices) -> bool:
        told = returned(prices, *lines, payments=payments)
        assess(told, deduction=prices("deduction"))
        paid, off = paid_for_goods(told.order), prices.minor("deduction")
        order = settled_return(prices, told, paid - off if off <= paid else 0)
        for lot in order.lots:
            prices.claim("no goods give back more than they cost", lot.amount >= 0)
        return off < paid

    assert {False, True} == {path.result for path in all_prices(story).check()}


def test_a14_the_shops_shipping_is_taken_off_where_the_customer_bears_it() -> None:
    """The policy's return shipping is taken off once from goods sent back by choice, and not from faulty ones."""
    policy = Policy.marketplace(return_shipping={"EUR": "4.90"})

    def story(prices: Prices) -> None:
        told = delivered(prices, *goods(2), policy=policy)
        taken(told, RequestReturn(lines=["A"], reason="defective"), ASKED)
        taken(told, RequestReturn(lines=["B"], reason="changed_mind"), ASKED)
        taken(told, ApproveReturn(lines="all"), APPROVED)
        taken(told, ReturnReceived(lines="all", condition="unopened"), RECEIVED)
        assess(told)
        b = prices.minor("B")
        settled_return(prices, told, prices.minor("A") + (b - 490 if b >= 490 else 0))

    all_prices(story).check()


# --- agreed terms, explicit amounts ----------------------------------------------------------------------


@pytest.mark.parametrize(("lines", "payments"), SHAPES.values(), ids=SHAPES)
def test_a16_agreed_terms_are_the_amount(lines: tuple[Goods, ...], payments: int) -> None:
    """Exactly the terms go back, however they fall on units, lines and payments; assessed unit by unit."""

    def story(prices: Prices) -> None:
        told = agreed(prices, *lines, payments=payments)
        for id in [line.id for line in told.order.lines for _ in range(line.quantity)]:
            assert "accepted" == assess(told, lines={id: 1}).outcome
            for lot in told.order.lots:
                assert lot.terms is not None
                prices.claim("terms are within what the goods cost", 0 <= lot.terms <= lot.amount)
        settled_return(prices, told, prices.minor("terms"))

    all_prices(story).check()


def test_a16_terms_above_what_was_paid_are_refused() -> None:
    """Terms are accepted exactly where they do not exceed what the goods cost; refused ones change nothing."""

    def story(prices: Prices) -> str:
        told = delivered(prices, *goods(2))
        taken(told, RequestReturn(lines="all", reason="changed_mind", opened=True), ASKED)
        before = told.order
        decision = told.send(ApproveReturn(lines="all", terms=prices("terms")), APPROVED)
        too_much = prices.minor("terms") > paid_for_goods(told.order)
        assert (["exceeds_paid"] if too_much else []) == codes(decision)
        assert too_much == (before == told.order)
        settled_up(prices, told)
        return decision.outcome

    assert {"accepted", "refused"} == {path.result for path in all_prices(story).check()}


@pytest.mark.parametrize(("lines", "payments"), SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("reason", ["changed_mind", "defective"])
def test_a19_an_explicit_amount_is_given_back_or_refused(lines: tuple[Goods, ...], payments: int, reason: str) -> None:
    """Any amount up to what was paid, with the fee where it is owed, goes back exactly; more is refused."""

    def story(prices: Prices) -> str:
        told = returned(prices, *lines, payments=payments, reason=reason)
        before = told.order
        most = paid_for_goods(before) + (prices.minor("fee") if reason == "defective" else 0)
        decision = assess(told, amount=prices("amount"))
        if prices.minor("amount") > most:
            assert ["exceeds_paid"] == codes(decision)
            assert before == settled_up(prices, told)
        else:
            settled_return(prices, told, prices.minor("amount"))
        return decision.outcome

    assert {"accepted", "refused"} == {path.result for path in all_prices(story).check()}


def test_a16_an_explicit_amount_for_goods_with_terms_is_theirs() -> None:
    """Where terms were agreed only they are the amount: more exceeds them, less needs new ones."""

    def story(prices: Prices) -> tuple[str, ...]:
        told = agreed(prices, *goods(2))
        amount, terms = prices.minor("amount"), prices.minor("terms")
        decision = assess(told, amount=prices("amount"))
        wrong = ["exceeds_terms"] if amount > terms else ["below_terms"] if amount < terms else []
        assert wrong == codes(decision)
        settled_return(prices, told, 0 if wrong else terms)
        return tuple(wrong)

    assert {(), ("exceeds_terms",), ("below_terms",)} == {path.result for path in all_prices(story).check()}
