"""Amounts: what is left of a payment, how a refund is shared over payments, its window, and assessments.

Clauses A14, A16, A18, A19, B2; settled questions 5.8, 5.9 and 5.10.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from orderfsm import (
    CUSTOMER_SERVICE,
    AcceptTerms,
    ApproveReturn,
    AssessReturn,
    Delivered,
    Lost,
    Policy,
    RefundState,
    RequestReturn,
    ReturnReceived,
)
from orderfsm.amounts import (
    Assessment,
    assess,
    fee_owed,
    left_of,
    reason_of,
    refund_window,
    scheduled_shares,
    split_over_payments,
)
from orderfsm.calendars import is_working_day, working_day_after
from orderfsm.inputs import Input
from orderfsm.order import Case, CaseKind, Cause, Lot, Payment, Refund
from orderfsm.scene import Scene
from tests.policy import road
from tests.policy.story import BUYER, MONDAY, Story, codes, item

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def payment(id: str, amount: int) -> Payment:
    """A payment from an instrument of its own."""
    return Payment(id, f"card:{id}", amount, NOON)


def refund(payment: Payment, amount: int, state: RefundState = RefundState.DUE, id: str = "r1") -> Refund:
    """A refund that reserves `amount` of a payment."""
    return Refund(id, Cause.RETURN, state, amount, payment.id, payment.instrument, NOON, None, None, None)


def shared(amount: int, payments: list[Payment], refunds: list[Refund]) -> dict[str, int]:
    """The refund's parts by payment."""
    return {part.id: share for part, share in split_over_payments(amount, payments, refunds)}


# --- what is left of a payment ---------------------------------------------------------------------------


def test_all_of_a_payment_is_left_before_any_refund() -> None:
    """Without refunds the whole capture is left."""
    assert 1000 == left_of(payment("p1", 1000), [])


@pytest.mark.parametrize("state", list(RefundState))
def test_every_refund_reserves_its_amount(state: RefundState) -> None:
    """A refund reserves money at once and in every state; a failed one keeps its reservation (policy 2)."""
    p1 = payment("p1", 1000)
    assert 700 == left_of(p1, [refund(p1, 300, state)])


def test_refunds_to_another_payment_reserve_nothing_of_this_one() -> None:
    """Each payment is counted by itself."""
    p1, p2 = payment("p1", 1000), payment("p2", 500)
    assert 1000 == left_of(p1, [refund(p2, 300)])


# --- several payments ------------------------------------------------------------------------------------


def test_b2_a_refund_to_one_payment_is_whole() -> None:
    """What one payment paid goes back to it alone."""
    assert {"p1": 600} == shared(600, [payment("p1", 1000)], [])


def test_b2_a_refund_is_shared_in_proportion_to_what_each_captured() -> None:
    """Several payments get back in proportion to their captures."""
    assert {"p1": 300, "p2": 100} == shared(400, [payment("p1", 750), payment("p2", 250)], [])


def test_b2_the_largest_remainder_gets_the_odd_minor_unit() -> None:
    """10.00 over captures of 1 : 2 is 3.33 and 6.67."""
    assert {"p1": 333, "p2": 667} == shared(1000, [payment("p1", 500), payment("p2", 1000)], [])


def test_b2_equal_remainders_are_served_in_order_of_the_payments() -> None:
    """0.01 over two equal payments goes to the first, as one refund."""
    assert {"p1": 1} == shared(1, [payment("p1", 500), payment("p2", 500)], [])


def test_b2_the_proportion_is_that_of_the_captures_also_for_a_second_refund() -> None:
    """An earlier refund changes what is left, not the proportion."""
    p1, p2 = payment("p1", 600), payment("p2", 400)
    assert {"p1": 60, "p2": 40} == shared(100, [p1, p2], [refund(p1, 300)])


def test_b2_a_payment_never_gives_back_more_than_is_left_of_it() -> None:
    """What one payment has no more goes to the other."""
    p1, p2 = payment("p1", 500), payment("p2", 500)
    assert {"p1": 50, "p2": 350} == shared(400, [p1, p2], [refund(p1, 450)])


def test_b2_an_exhausted_payment_gets_no_refund() -> None:
    """There is one refund per payment that gives something, and none of nothing."""
    p1, p2 = payment("p1", 500), payment("p2", 500)
    assert {"p2": 100} == shared(100, [p1, p2], [refund(p1, 500)])


@st.composite
def tills(draw: st.DrawFn) -> tuple[int, list[Payment], list[Refund]]:
    """Some payments, earlier refunds to them, and an amount that they can still give back."""
    captured = draw(st.lists(st.integers(1, 10**7), min_size=1, max_size=5))
    payments = [payment(f"p{number}", amount) for number, amount in enumerate(captured, 1)]
    refunds = [
        refund(each, draw(st.integers(0, each.amount)), draw(st.sampled_from(list(RefundState))), f"r-{each.id}")
        for each in draw(st.lists(st.sampled_from(payments), unique_by=lambda each: each.id))
    ]
    left = sum(left_of(each, refunds) for each in payments)
    return draw(st.integers(0, left)), payments, refunds


@given(tills())
def test_b2_shares_give_exactly_the_refund(till: tuple[int, list[Payment], list[Refund]]) -> None:
    """All parts of a refund together are the refund."""
    amount, payments, refunds = till
    assert amount == sum(shared(amount, payments, refunds).values())


@given(tills())
def test_b2_no_share_exceeds_what_is_left(till: tuple[int, list[Payment], list[Refund]]) -> None:
    """No payment gives back more than it captured, whatever was refunded before."""
    amount, payments, refunds = till
    for part, share in split_over_payments(amount, payments, refunds):
        assert 0 < share <= left_of(part, refunds)


@given(tills())
def test_b2_each_payment_has_at_most_one_part(till: tuple[int, list[Payment], list[Refund]]) -> None:
    """There is one refund per payment."""
    amount, payments, refunds = till
    parts = split_over_payments(amount, payments, refunds)
    assert len(parts) == len({part.id for part, _ in parts})


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=5), st.data())
def test_b2_paying_everything_back_gives_each_payment_its_own(captured: list[int], data: st.DataObject) -> None:
    """However often a part is paid back, in the end every payment has given back exactly what it captured."""
    payments = [payment(f"p{number}", amount) for number, amount in enumerate(captured, 1)]
    refunds: list[Refund] = []
    left = sum(captured)
    while left:
        amount = data.draw(st.integers(max(1, left // 3), left))
        refunds += [refund(part, share) for part, share in split_over_payments(amount, payments, refunds)]
        left -= amount
    assert [0] * len(payments) == [left_of(each, refunds) for each in payments]


# --- working days ----------------------------------------------------------------------------------------


def window(created: str, country: str, timezone: str) -> tuple[str, str]:
    """The first and the last day of the window of a refund created at `created`."""
    not_before, due_by, _ = refund_window(Policy(), datetime.fromisoformat(created), country, timezone)
    return not_before.isoformat(), due_by.isoformat()


@pytest.mark.parametrize(
    ("created", "country", "timezone", "first", "third"),
    [
        # a Monday: Tuesday to Thursday
        ("2026-03-02T12:00:00+00:00", "DE", "Europe/Berlin", "2026-03-03", "2026-03-05"),
        # a Wednesday, Friday, Saturday and Sunday: over the weekend
        ("2026-03-04T12:00:00+00:00", "DE", "Europe/Berlin", "2026-03-05", "2026-03-09"),
        ("2026-03-06T12:00:00+00:00", "DE", "Europe/Berlin", "2026-03-09", "2026-03-11"),
        ("2026-03-07T12:00:00+00:00", "DE", "Europe/Berlin", "2026-03-09", "2026-03-11"),
        ("2026-03-08T12:00:00+00:00", "DE", "Europe/Berlin", "2026-03-09", "2026-03-11"),
        # Maundy Thursday: Good Friday and Easter Monday are holidays in Germany ...
        ("2026-04-02T12:00:00+00:00", "DE", "Europe/Berlin", "2026-04-07", "2026-04-09"),
        # ... but Easter Monday is none in Brazil
        ("2026-04-02T12:00:00-03:00", "BR", "America/Sao_Paulo", "2026-04-06", "2026-04-08"),
        # Tiradentes (21 April), a Tuesday
        ("2026-04-20T12:00:00-03:00", "BR", "America/Sao_Paulo", "2026-04-22", "2026-04-24"),
        # 7 September, a Monday, created on the Friday before
        ("2026-09-04T12:00:00-03:00", "BR", "America/Sao_Paulo", "2026-09-08", "2026-09-10"),
        # Chinese New Year 2026: Saturday 14 and 28 February are worked, 16 to 23 February are off
        ("2026-02-13T12:00:00+08:00", "CN", "Asia/Shanghai", "2026-02-14", "2026-02-25"),
        ("2026-02-14T12:00:00+08:00", "CN", "Asia/Shanghai", "2026-02-24", "2026-02-26"),
        ("2026-02-26T12:00:00+08:00", "CN", "Asia/Shanghai", "2026-02-27", "2026-03-02"),
        # National Day 2026: 1 to 7 October off, Saturday 10 October worked
        ("2026-09-30T12:00:00+08:00", "CN", "Asia/Shanghai", "2026-10-08", "2026-10-10"),
        # Friday and Saturday are the weekend in Saudi Arabia
        ("2026-06-04T12:00:00+03:00", "SA", "Asia/Riyadh", "2026-06-07", "2026-06-09"),
        # over the end of a year
        ("2026-12-30T12:00:00+01:00", "DE", "Europe/Berlin", "2026-12-31", "2027-01-05"),
        # where a country's calendar is not known: Monday to Friday
        ("2026-12-24T12:00:00+00:00", "XX", "UTC", "2026-12-25", "2026-12-29"),
        ("2026-12-25T12:00:00+00:00", "XX", "UTC", "2026-12-28", "2026-12-30"),
    ],
)
def test_a18_the_window_is_the_first_to_the_third_working_day(
    created: str, country: str, timezone: str, first: str, third: str
) -> None:
    """Weekends, public holidays and shifted weekends of the country decide, day 0 is the creation (policy 5.10)."""
    assert (first, third) == window(created, country, timezone)


@pytest.mark.parametrize(
    ("created", "first"),
    [
        ("2026-03-02T14:59:59.999999+00:00", "2026-03-03"),  # still Monday in Tokyo
        ("2026-03-02T15:00:00+00:00", "2026-03-04"),  # Tuesday in Tokyo
    ],
)
def test_a18_day_0_is_a_date_in_the_orders_time_zone(created: str, first: str) -> None:
    """The day changes at midnight of the order's time zone, not of UTC."""
    assert first == window(created, "JP", "Asia/Tokyo")[0]


@pytest.mark.parametrize(
    ("timezone", "broken_at"),
    [
        ("UTC", "2026-03-06T00:00:00+00:00"),
        ("Europe/Berlin", "2026-03-05T23:00:00+00:00"),
        ("America/Sao_Paulo", "2026-03-06T03:00:00+00:00"),
    ],
)
def test_a18_the_promise_is_broken_once_the_third_day_is_over(timezone: str, broken_at: str) -> None:
    """`due_by` holds to the end of that date in the order's time zone."""
    created = datetime(2026, 3, 2, 12, tzinfo=ZoneInfo(timezone))
    assert datetime.fromisoformat(broken_at) == refund_window(Policy(), created, "XX", timezone)[2]


@pytest.mark.parametrize(("after", "within"), [(0, 0), (0, 3), (2, 5), (5, 10)])
def test_a18_the_window_is_a_policy_value(after: int, within: int) -> None:
    """A shop's own numbers of working days are used."""
    policy = Policy(refund_after_days=after, refund_within_days=within)
    first, last, _ = refund_window(policy, NOON, "XX", "UTC")
    assert (working_day_after(date(2026, 3, 2), after, "XX"), working_day_after(date(2026, 3, 2), within, "XX")) == (
        first,
        last,
    )


@given(st.dates(date(2020, 1, 1), date(2026, 12, 1)), st.sampled_from(["DE", "BR", "CN", "US", "SA", "XX"]))
def test_a18_exactly_three_working_days_lie_in_the_window(day: date, country: str) -> None:
    """From the day after the creation to `due_by` there are exactly three working days, and it is the third."""
    third = working_day_after(day, 3, country)
    days = [day + timedelta(days=n) for n in range(1, (third - day).days + 1)]
    assert 3 == sum(is_working_day(each, country) for each in days)
    assert is_working_day(third, country)


@given(st.dates(date(2020, 1, 1), date(2026, 12, 1)))
def test_a18_an_unknown_calendar_works_monday_to_friday(day: date) -> None:
    """Without a known calendar only Saturday and Sunday are off."""
    assert (day.isoweekday() <= 5) == is_working_day(day, "XX")


# --- the delivery fee ------------------------------------------------------------------------------------

FEE = "4.90"


def scene_of(story: Story, input: Input) -> Scene[Any]:
    """The order as it stands, with an input that customer service sends."""
    return Scene(story.machine.policy, story.order, input, CUSTOMER_SERVICE, MONDAY, MONDAY)


def assessment_of(story: Story, **fields: Any) -> Assessment:
    """What an assessment of everything in the order gives, lot by lot."""
    command = AssessReturn(lines="all", **fields)
    return assess(scene_of(story, command), story.order.lots, command)


def test_5_8_the_fee_stays_when_goods_that_came_back_before_did_so_by_choice() -> None:
    """Faulty goods that come last do not undo the delivery of the others."""
    story = road.returned(item("A"), item("B"), form={"reason": "defective"}, delivery_fee=FEE)
    road.assess(story, lines=["A"], reason="changed_mind")
    road.assess(story, 99, lines=["B"])
    assert [1000, 1000] == road.amounts(story)


def test_5_8_the_fee_goes_back_with_goods_that_were_lost_on_the_way_out() -> None:
    """Nothing was delivered, and the carrier is the shop's."""
    story = road.shipped(delivery_fee=FEE)
    story.send(Lost(lines="all"), 60)
    road.assess(story)
    assert [1490] == road.amounts(story)


def test_5_8_the_fee_stays_with_goods_that_were_lost_on_the_way_back() -> None:
    """They had been delivered, and came back by choice: all that was paid for them goes back, and no more."""
    story = road.returning(delivery_fee=FEE)
    story.send(Lost(lines="all"), 80)
    road.assess(story)
    assert [1000] == road.amounts(story)


@pytest.mark.parametrize("reason", [None, "defective"])
def test_a16_agreed_terms_are_the_amount_without_the_fee(reason: str | None) -> None:
    """Whatever reason is found afterwards."""
    story = road.agreed(terms="6.00", delivery_fee=FEE)
    road.assess(story, reason=reason)
    assert [600] == road.amounts(story)


def test_5_8_a_fault_is_told_for_every_lot_that_is_assessed() -> None:
    """Lots and faults of different numbers are a mistake of the caller, not a fee."""
    story = road.returned(item("A"), item("B"))
    with pytest.raises(ValueError, match="zip"):
        fee_owed(scene_of(story, AssessReturn(lines="all")), story.order.lots, [True])


# --- the return schedule ---------------------------------------------------------------------------------

LATE = 24 * 60
"""Received far later than the 30th day."""


def test_a19_late_goods_are_rounded_line_by_line() -> None:
    """Half of 9.99 is 5.00 for each of two lines, not 9.99 for both."""
    story = road.returned(item("A", "9.99"), item("B", "9.99"), after=LATE)
    assert (500, 500) == assessment_of(story).shares


def test_a19_late_goods_of_one_line_are_rounded_together() -> None:
    """Half of two pieces of 5.01 is 5.01, though they were delivered a day apart."""
    story = road.shipped(item("A", "10.02", 2))
    story.send(Delivered(lines={"A": 1}), 48)
    story.send(Delivered(lines={"A": 1}), 72)
    story.send(RequestReturn(lines="all", reason="changed_mind"), 96)
    story.send(ApproveReturn(lines="all"), 97)
    story.send(ReturnReceived(lines="all"), LATE)
    assert (251, 250) == assessment_of(story).shares


def test_a19_a_fault_is_told_for_every_lot_of_a_schedule() -> None:
    """Lots and faults of different numbers are a mistake of the caller."""
    story = road.returned(item("A"), item("B"))
    with pytest.raises(ValueError, match="zip"):
        scheduled_shares(scene_of(story, AssessReturn(lines="all")), story.order.lots, [True])


def faulty_and_unwanted(**fields: Any) -> Story:
    """A came back defective, B because it was not wanted any more."""
    story = road.delivered(item("A", "10.00"), item("B", "2.00"), **fields)
    story.send(RequestReturn(lines=["A"], reason="defective"), 72)
    story.send(RequestReturn(lines=["B"], reason="changed_mind"), 72)
    story.send(ApproveReturn(lines="all"), 74)
    story.send(ReturnReceived(lines="all"), 96)
    return story


def test_a14_faulty_goods_bear_nothing_of_a_shipping_that_goes_by_rule() -> None:
    """3.50 come off what was not wanted, as far as that reaches, and not off what was defective."""
    story = faulty_and_unwanted(policy=Policy(return_shipping={"EUR": "3.50"}))
    assert (1000, 0) == assessment_of(story).shares


@pytest.mark.parametrize("fields", [{"deduction": "3.50"}, {"shipping_payer": "customer"}])
def test_a14_a_person_may_have_faulty_goods_bear_it_too(fields: dict[str, str]) -> None:
    """What somebody decides is shared over everything, in proportion."""
    story = faulty_and_unwanted(policy=Policy(return_shipping={"EUR": "3.50"}))
    assert (708, 142) == assessment_of(story, **fields).shares


# --- explicit amounts ------------------------------------------------------------------------------------


def test_5_8_an_explicit_amount_may_include_the_fee() -> None:
    """What exceeds the price of faulty goods is the fee, which goes back with them."""
    story = road.returned(form={"reason": "defective"}, delivery_fee=FEE)
    assert Assessment((1000,), 490, (True,)) == assessment_of(story, amount="14.90")
    assert "accepted" == road.assess(story, amount="14.90").outcome
    assert [1490] == road.amounts(story)


@pytest.mark.parametrize(("amount", "shares"), [("6.00", (600, 0)), ("9.00", (600, 300)), ("16.00", (600, 1000))])
def test_a16_an_explicit_amount_leaves_agreed_terms_as_they_are(amount: str, shares: tuple[int, int]) -> None:
    """6.00 were agreed for A; what is given beyond that is for B."""
    story = road.delivered(item("A"), item("B"))
    story.send(RequestReturn(lines=["A"], reason="changed_mind", opened=True), 72)
    story.send(RequestReturn(lines=["B"], reason="changed_mind"), 72)
    story.send(ApproveReturn(lines=["A"], terms="6.00"), 74)
    story.send(ApproveReturn(lines=["B"]), 74)
    story.send(AcceptTerms(lines=["A"]), 75)
    story.send(ReturnReceived(lines="all", condition="opened"), 96)
    assert shares == assessment_of(story, amount=amount).shares


@pytest.mark.parametrize("condition", [None, "unopened", "opened", "damaged"])
@pytest.mark.parametrize(
    "begin",
    [lambda: road.asked_back(form={"opened": True}), lambda: road.planning()],
    ids=["not decided", "not accepted"],
)
def test_a16_opened_goods_without_agreed_terms_need_an_amount(
    begin: Callable[[], Story], condition: str | None
) -> None:
    """They came back before anybody agreed; no schedule is for opened goods, however they are found."""
    story = begin()
    story.send(ReturnReceived(lines="all", condition=condition), 96)
    assert ["amount_required"] == codes(road.assess(story))
    assert "accepted" == road.assess(story, amount="4.00").outcome


# --- why goods came back ---------------------------------------------------------------------------------


def with_case(kind: CaseKind, reason: str) -> Lot:
    """Returned goods that were last asked for in this way."""
    (lot,) = road.returned().order.lots
    return evolve(lot, case=Case(kind, MONDAY, BUYER, reason))


@pytest.mark.parametrize("kind", list(CaseKind))
def test_a19_only_the_after_sales_form_says_why_goods_came_back(kind: CaseKind) -> None:
    """Why they were to be cancelled or stopped is no reason of a return."""
    given = "damaged" if kind in (CaseKind.RETURN, CaseKind.REPAIR, CaseKind.EXCHANGE) else None
    assert given == reason_of(with_case(kind, "damaged"), AssessReturn(lines="all"))


@pytest.mark.parametrize("kind", list(CaseKind))
def test_a19_what_the_assessment_says_is_the_reason(kind: CaseKind) -> None:
    """Whatever the customer gave."""
    assert "defective" == reason_of(with_case(kind, "damaged"), AssessReturn(lines="all", reason="defective"))
