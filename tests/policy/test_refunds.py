"""Refunds: how much goes back, when, to which instrument, and what becomes of it.

Clauses A14, A18, A19, B1, B2, B16; settled questions 5.5, 5.8, 5.9, 5.10 and 5.12.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from attrs import fields
from hypothesis import given
from hypothesis import strategies as st

from orderfsm import (
    CUSTOMER_SERVICE,
    LOGISTICS,
    PAYMENT,
    PLATFORM,
    WAREHOUSE,
    AcceptTerms,
    Actor,
    ApproveCancellation,
    ApproveReturn,
    Arrived,
    AssessReturn,
    CancelDelivery,
    Decision,
    DeclineReturn,
    Delivered,
    DeliveryRefused,
    Dispatched,
    GiveUpService,
    InterceptConfirmed,
    Lost,
    Policy,
    RefundFailed,
    RefundReversed,
    RefundSent,
    RefundSettled,
    RejectTerms,
    RequestCancellation,
    RequestReturn,
    ResendRefund,
    ReturnReceived,
    ReturnSchedule,
    StopConfirmed,
    WithdrawReturn,
)
from orderfsm.effects import Escalate, Notify, ReleaseStock, SendRefund
from orderfsm.inputs import COMMANDS
from orderfsm.order import is_cancelled
from tests.policy.road import (
    ASSESSED,
    agreed,
    amounts,
    asked_back,
    assess,
    delivered,
    planning,
    refund,
    returned,
    returning,
    shipped,
)
from tests.policy.story import (
    BUYER,
    MONDAY,
    SELLER,
    TICK,
    Story,
    capture,
    clauses,
    codes,
    effects,
    hours,
    item,
    moves,
    paid,
    placed,
    placing,
)

SHOP_FAULTS = ["defective", "wrong_item", "damaged", "not_as_described"]
NOT_PROVIDERS = (PLATFORM, BUYER, CUSTOMER_SERVICE, SELLER, WAREHOUSE, LOGISTICS)


def cancel(story: Story, lines: Any = "all", after: Any = 1) -> Decision:
    """Request and approve a cancellation before preparation begins; the approval's answer."""
    assert story.send(RequestCancellation(lines=lines), after).outcome == "accepted"
    decision = story.send(ApproveCancellation(lines=lines), after)
    assert decision.outcome == "accepted", decision.reasons
    return decision


def cancelled(*items: Any, **fields: Any) -> Story:
    """Everything was cancelled an hour after placing; refund r1 is due."""
    story = paid(*items, **fields)
    cancel(story)
    return story


def assessed(*items: Any, **fields: Any) -> Story:
    """Everything came back and was assessed; refund r1 is due."""
    story = returned(*items, **fields)
    assert assess(story).outcome == "accepted"
    return story


def lost(*items: Any, **fields: Any) -> Story:
    """Everything was lost on the way out."""
    story = shipped(*items, **fields)
    assert story.send(Lost(lines="all"), 60).outcome == "accepted"
    return story


def since_placing(iso: str) -> timedelta:
    """An absolute instant as a time after placing."""
    return datetime.fromisoformat(iso) - MONDAY


# --- A18: after a cancellation ---------------------------------------------------------------------------


def test_a18_a_cancellation_is_paid_back() -> None:
    """The refund is created with the cancellation, for what was paid."""
    story = paid()
    decision = cancel(story)
    (sent,) = effects(decision, SendRefund)
    assert ("r1", "p1", "card:1", "10.00", 1) == (
        sent.refund,
        sent.payment,
        sent.instrument,
        sent.amount.amount,
        sent.attempt,
    )
    assert {"r1": ("cancellation", "due", "10.00")} == story.refunds


def test_a18_the_window_is_told_with_the_refund() -> None:
    """Placed and cancelled on Monday 2 March: Tuesday to Thursday."""
    story = paid()
    (sent,) = effects(cancel(story), SendRefund)
    assert (date(2026, 3, 3), date(2026, 3, 5)) == (sent.not_before, sent.due_by)
    assert (date(2026, 3, 3), date(2026, 3, 5)) == (refund(story).not_before, refund(story).due_by)


def created(at: str, country: str, timezone: str | None = None) -> tuple[str, str]:
    """The window of a refund for an order placed, paid and cancelled at `at`."""
    story = Story()
    after = since_placing(at)
    story.send(placing(country=country, timezone=timezone), after)
    story.send(capture("10.00"), after)
    cancel(story, after=after)
    return str(refund(story).not_before), str(refund(story).due_by)


@pytest.mark.parametrize(
    ("at", "country", "first", "third"),
    [
        ("2026-03-06T12:00:00+00:00", "DE", "2026-03-09", "2026-03-11"),
        ("2026-04-02T12:00:00+00:00", "DE", "2026-04-07", "2026-04-09"),
        ("2026-04-02T12:00:00+00:00", "BR", "2026-04-06", "2026-04-08"),
        ("2026-04-20T12:00:00+00:00", "BR", "2026-04-22", "2026-04-24"),
        ("2026-05-08T04:00:00+00:00", "CN", "2026-05-09", "2026-05-12"),
        ("2026-09-30T04:00:00+00:00", "CN", "2026-10-08", "2026-10-10"),
    ],
    ids=["weekend", "Easter in Germany", "Easter in Brazil", "Tiradentes", "worked Saturday", "National Day"],
)
def test_a18_working_days_are_those_of_the_orders_country(at: str, country: str, first: str, third: str) -> None:
    """Each country's weekends, holidays and shifted weekends decide (policy 5.10)."""
    assert (first, third) == created(at, country)


@pytest.mark.parametrize(
    ("at", "first"),
    [
        ("2026-03-03T02:59:59.999999+00:00", "2026-03-03"),  # Monday, 23:59:59 in São Paulo
        ("2026-03-03T03:00:00+00:00", "2026-03-04"),  # Tuesday, 00:00
    ],
    ids=["before midnight", "midnight"],
)
def test_a18_the_day_is_that_of_the_countrys_principal_time_zone(at: str, first: str) -> None:
    """Without a zone of its own an order in Brazil lives in São Paulo."""
    assert first == created(at, "BR")[0]


@pytest.mark.parametrize(
    ("timezone", "first"), [("America/Noronha", "2026-03-04"), ("America/Rio_Branco", "2026-03-03")]
)
def test_a18_the_day_is_that_of_the_orders_own_time_zone(timezone: str, first: str) -> None:
    """At 02:30 UTC on Tuesday it is Tuesday on Noronha and Monday in Rio Branco."""
    assert first == created("2026-03-03T02:30:00+00:00", "BR", timezone)[0]


def test_a18_day_0_is_when_the_refund_is_created_by_receipt() -> None:
    """An approval of Monday that is learnt on Tuesday creates the refund on Tuesday."""
    story = paid(at=8)
    story.send(RequestCancellation(lines="all"), 9)
    story.send(ApproveCancellation(lines="all"), 10, received=15)
    assert "2026-03-04" == str(refund(story).not_before)


def test_a18_the_window_is_stored_and_never_computed_again() -> None:
    """Another policy and a resend leave the dates as they were."""
    story = cancelled()
    story.send(RefundFailed(refund="r1"), 30)
    story.machine = type(story.machine)(Policy(refund_within_days=9))
    (sent,) = effects(story.send(ResendRefund(refund="r1"), 31), SendRefund)
    assert (date(2026, 3, 3), date(2026, 3, 5)) == (sent.not_before, sent.due_by)


def test_a18_not_before_holds_nothing_up() -> None:
    """A refund may be sent the moment it is created."""
    story = cancelled()
    assert "accepted" == story.send(RefundSent(refund="r1"), 1).outcome


BROKEN = since_placing("2026-03-06T00:00:00+01:00")
"""Thursday 5 March is over in Berlin."""


@pytest.mark.parametrize(
    ("after", "fired"),
    [(BROKEN - TICK, ()), (BROKEN, ("refund_overdue",)), (BROKEN + TICK, ("refund_overdue",))],
    ids=["before", "at", "after"],
)
def test_a18_a_refund_that_is_not_sent_in_time_is_escalated(after: Any, fired: tuple[str, ...]) -> None:
    """The promise is broken when `due_by` is over in the order's time zone."""
    story = cancelled()
    decision = story.wait(after)
    assert fired == decision.fired
    assert list(fired) == [each.code for each in effects(decision, Escalate)]
    assert ["r1"] * len(fired) == [each.refund for each in effects(decision, Escalate)]
    assert {"cancelled": 1} == story.of("A")


@pytest.mark.parametrize(
    ("timezone", "broken"),
    [
        ("America/Sao_Paulo", "2026-03-06T00:00:00-03:00"),
        ("America/Noronha", "2026-03-06T00:00:00-02:00"),
        ("America/Rio_Branco", "2026-03-06T00:00:00-05:00"),
    ],
)
def test_a18_the_promise_ends_by_the_orders_time_zone(timezone: str, broken: str) -> None:
    """The end of `due_by` differs from zone to zone."""
    story = cancelled(country="BR", timezone=timezone)
    assert () == story.wait(since_placing(broken) - TICK).fired
    assert ("refund_overdue",) == story.wait(since_placing(broken)).fired


def test_a18_an_overdue_refund_is_escalated_once() -> None:
    """One waiting is told once."""
    story = cancelled()
    story.wait(BROKEN)
    assert () == story.wait(BROKEN * 3).fired


def test_a18_a_resent_refund_is_a_waiting_of_its_own() -> None:
    """Overdue, sent at last, failed and resent: the money waits to be sent again, and its promise is broken."""
    story = cancelled()
    story.wait(BROKEN)
    story.send(RefundSent(refund="r1"), BROKEN + hours(1))
    story.send(RefundFailed(refund="r1"), BROKEN + hours(2))
    resent = story.send(ResendRefund(refund="r1"), BROKEN + hours(3))
    later = story.wait(BROKEN * 2)
    assert ("refund_overdue",) == (*resent.fired, *later.fired)


def test_a18_overdue_names_the_refund() -> None:
    """The query agrees with the deadline."""
    story = cancelled()
    assert [] == story.machine.overdue(story.order, at=MONDAY + BROKEN - TICK)
    assert ["refund_overdue"] == [each.code for each in story.machine.overdue(story.order, at=MONDAY + BROKEN)]


def test_b1_the_promise_ends_at_sent() -> None:
    """A refund that was sent is never overdue, however long the bank takes."""
    story = cancelled()
    story.send(RefundSent(refund="r1"), BROKEN - TICK)
    assert () == story.wait(24 * 365).fired


def test_a18_a_promise_that_was_broken_is_noticed_by_an_idle_scheduler() -> None:
    """Deadlines that have passed come before the input that is judged."""
    story = cancelled()
    assert ("refund_overdue",) == story.send(RefundSent(refund="r1"), BROKEN + hours(5)).fired


@pytest.mark.parametrize("cause", ["late_payment", "excess_payment", "part_payment"])
def test_a18_other_payments_keep_the_same_window(cause: str) -> None:
    """Late, excess and part payments are paid back within the same window (policy 5.10)."""
    story = placed()
    if cause == "late_payment":
        story.send(capture("10.00"), 24)
    elif cause == "excess_payment":
        story.send(capture("12.00"), 23)
    else:
        story.send(capture("4.00"), 1)
        story.wait(24)
    assert (cause, date(2026, 3, 4), date(2026, 3, 6)) == (
        refund(story).cause,
        refund(story).not_before,
        refund(story).due_by,
    )


# --- A19: nothing before the goods are there -------------------------------------------------------------


def at_the_door(*items: Any) -> Story:
    """Everything has arrived and is not signed for."""
    story = shipped(*items)
    story.send(Arrived(parcel="P1"), 30)
    return story


def intercepted(*items: Any, **fields: Any) -> Story:
    """Everything is on its way back though it never reached the customer."""
    story = shipped(*items, **fields)
    story.send(CancelDelivery(lines="all"), 24)
    story.send(InterceptConfirmed(), 26)
    return story


@pytest.mark.parametrize(
    "before", [paid, shipped, at_the_door, delivered, asked_back, planning, returning, intercepted]
)
def test_a19_nothing_is_paid_back_before_the_goods_are_received(before: Callable[[], Story]) -> None:
    """Until receipt there is neither a refund nor anything to assess."""
    story = before()
    decision = assess(story, 90)
    assert (["not_received"], ["A19"]) == (codes(decision), clauses(decision))
    assert {} == story.refunds


def test_a19_receipt_alone_pays_nothing_back() -> None:
    """The refund follows the assessment."""
    assert {} == returned().refunds


def test_a19_an_unpaid_order_has_nothing_to_assess() -> None:
    """Before payment there is nothing to pay back."""
    assert "refused" == placed().ask(AssessReturn(lines="all"), 1).outcome


def test_a19_a_closed_order_has_nothing_to_assess() -> None:
    """Nor after closing."""
    assert ["order_closed"] == codes(placed().ask(AssessReturn(lines="all"), 30))


def test_a19_cancelled_goods_are_not_assessed() -> None:
    """Their refund is settled by the cancellation."""
    story = cancelled()
    assert ["already_cancelled"] == codes(assess(story, 2))
    assert [1000] == amounts(story)


@pytest.mark.parametrize("by", [CUSTOMER_SERVICE, WAREHOUSE], ids=str)
def test_a19_customer_service_or_the_warehouse_assesses(by: Actor) -> None:
    """Either may look at what came back."""
    assert "accepted" == returned().send(AssessReturn(lines=["A"]), ASSESSED, by=by).outcome


@pytest.mark.parametrize("by", [PLATFORM, BUYER, SELLER, LOGISTICS, PAYMENT], ids=str)
def test_a19_nobody_else_assesses(by: Actor) -> None:
    """Neither the customer nor a seller fixes the refund."""
    story = returned()
    assert ["not_allowed"] == codes(story.send(AssessReturn(lines=["A"]), ASSESSED, by=by))
    assert {} == story.refunds


def test_a19_an_assessment_creates_the_refund() -> None:
    """It is sent to the payment's own instrument, the customer is told, and nothing is promised."""
    story = returned()
    decision = assess(story)
    (sent,) = effects(decision, SendRefund)
    assert ("r1", "p1", "card:1", "10.00", 1, None, None) == (
        sent.refund,
        sent.payment,
        sent.instrument,
        sent.amount.amount,
        sent.attempt,
        sent.not_before,
        sent.due_by,
    )
    assert effects(decision, Notify)
    assert {"r1": ("return", "due", "10.00")} == story.refunds


def test_a19_for_returns_nothing_is_promised() -> None:
    """A return's refund is never overdue."""
    story = assessed()
    assert (None, None) == (refund(story).not_before, refund(story).due_by)
    assert () == story.wait(24 * 365).fired


def test_a19_goods_stay_returned_until_the_refund_is_settled() -> None:
    """Only the arrival of the money ends it."""
    story = assessed()
    assert {"returned": 1} == story.of("A")
    story.send(RefundSettled(refund="r1"), 120)
    assert {"refunded": 1} == story.of("A")


@pytest.mark.parametrize("settled", [False, True], ids=["due", "settled"])
def test_a19_goods_are_assessed_once(settled: bool) -> None:
    """A second assessment is refused, also after the money arrived."""
    story = assessed()
    if settled:
        story.send(RefundSettled(refund="r1"), 120)
    decision = assess(story, 130, amount="1.00")
    assert (["already_assessed"], ["A19"]) == (codes(decision), clauses(decision))
    assert [1000] == amounts(story)


def test_a19_all_assesses_what_has_come_back() -> None:
    """What is still at the customer's or was assessed before is left out."""
    story = delivered(item("A"), item("B"), item("C"))
    story.send(RequestReturn(lines=["A", "B"], reason="changed_mind"), 72)
    story.send(ApproveReturn(lines="all"), 74)
    story.send(ReturnReceived(lines=["A"]), 96)
    assess(story, 97)
    story.send(ReturnReceived(lines=["B"]), 98)
    assert "accepted" == assess(story, 99).outcome
    assert [1000, 1000] == amounts(story)


# --- A19: the schedule -----------------------------------------------------------------------------------

LAST_FULL_DAY = since_placing("2026-04-04T00:00:00+02:00")
"""Delivered on Wednesday 4 March in Berlin: 3 April is day 30, and summer time has begun."""


@pytest.mark.parametrize(
    ("after", "amount"),
    [
        (96, 1000),
        (LAST_FULL_DAY - TICK, 1000),
        (LAST_FULL_DAY, 500),
        (LAST_FULL_DAY + TICK, 500),
        (24 * 300, 500),
    ],
    ids=["early", "day 30", "day 31", "day 31 later", "much later"],
)
def test_a19_up_to_and_with_the_30th_day_everything_goes_back(after: Any, amount: int) -> None:
    """Later it is half; days are dates in the order's time zone (5.9)."""
    story = returned(after=after)
    assess(story, 24 * 301)
    assert [amount] == amounts(story)


@pytest.mark.parametrize(
    ("timezone", "over"),
    [("Asia/Tokyo", "2026-04-04T00:00:00+09:00"), ("America/Los_Angeles", "2026-04-04T00:00:00-07:00")],
)
def test_a19_the_30th_day_ends_by_the_orders_time_zone(timezone: str, over: str) -> None:
    """The same return is early in one zone and late in another (5.9)."""
    for after, amount in ((since_placing(over) - TICK, 1000), (since_placing(over), 500)):
        story = returned(after=after, timezone=timezone)
        assess(story, 24 * 40)
        assert [amount] == amounts(story)


def test_a19_the_day_of_delivery_is_a_date_in_the_orders_time_zone_too() -> None:
    """Delivered at 02:30 UTC it is still the day before in São Paulo, so day 31 comes a date earlier."""
    story = shipped(country="BR")
    story.send(Delivered(parcel="P1"), since_placing("2026-03-05T02:30:00+00:00"))
    story.send(RequestReturn(lines="all", reason="changed_mind"), 72)
    story.send(ApproveReturn(lines="all"), 74)
    story.send(ReturnReceived(lines="all"), since_placing("2026-04-04T00:00:00-03:00"))
    assess(story, 24 * 40)
    assert [500] == amounts(story)


def test_a19_days_count_to_the_receipt_not_to_the_form_or_the_assessment() -> None:
    """What is received in time is paid in full however late somebody assesses it."""
    story = returned()
    assess(story, 24 * 200)
    assert [1000] == amounts(story)


def test_a19_days_count_by_when_the_goods_arrived_not_by_when_it_was_learnt() -> None:
    """A late report of a timely receipt takes nothing away."""
    story = returning()
    story.send(ReturnReceived(lines="all"), LAST_FULL_DAY - TICK, received=24 * 60)
    assess(story, 24 * 61)
    assert [1000] == amounts(story)


@pytest.mark.parametrize(("paid_amount", "half"), [("9.99", 500), ("10.01", 501), ("0.01", 1), ("10.00", 500)])
def test_a19_half_is_rounded_half_up(paid_amount: str, half: int) -> None:
    """An odd cent goes to the customer."""
    story = returned(item(amount=paid_amount), after=LAST_FULL_DAY)
    assess(story, 24 * 40)
    assert [half] == amounts(story)


@pytest.mark.parametrize(("currency", "amount", "half"), [("JPY", "999", 500), ("KWD", "1.001", 501)])
def test_a19_half_is_rounded_in_the_currencys_own_units(currency: str, amount: str, half: int) -> None:
    """A yen is not divided further, a dinar into a thousand."""
    story = returned(item(amount=amount), after=LAST_FULL_DAY, currency=currency)
    assess(story, 24 * 40)
    assert [half] == amounts(story)


@pytest.mark.parametrize("reason", SHOP_FAULTS)
def test_a19_the_shops_fault_is_paid_in_full_at_any_age(reason: str) -> None:
    """Defects and mistakes do not expire."""
    story = returned(form={"reason": reason}, after=24 * 100)
    assess(story, 24 * 101)
    assert [1000] == amounts(story)


def test_a19_the_reason_defaults_to_what_the_customer_gave() -> None:
    """Without another reason the form's is used; a person may see it otherwise, both ways."""
    for said, found, amount in (("defective", "changed_mind", 500), ("changed_mind", "defective", 1000)):
        story = returned(form={"reason": said}, after=LAST_FULL_DAY)
        assess(story, 24 * 40, reason=found)
        assert [amount] == amounts(story)


@pytest.mark.parametrize("turned_away", [False, True], ids=["intercepted", "refused"])
def test_a19_goods_that_were_never_delivered_count_as_zero_days(turned_away: bool) -> None:
    """However long they were on the road, everything is paid back."""
    story = at_the_door() if turned_away else intercepted()
    if turned_away:
        story.send(DeliveryRefused(parcel="P1"), 31)
    story.send(ReturnReceived(lines="all"), 24 * 100)
    assess(story, 24 * 101)
    assert [1000] == amounts(story)


def test_a19_days_count_from_the_second_delivery_after_an_exchange() -> None:
    """Goods that were replaced are as new."""
    story = returning(form={"kind": "exchange", "reason": "changed_mind"})
    story.send(ReturnReceived(lines="all"), 24 * 20)
    story.send(Dispatched(lines="all", parcel="P2"), 24 * 21)
    story.send(Delivered(parcel="P2"), 24 * 25)
    story.send(RequestReturn(lines="all", reason="changed_mind"), 24 * 30)
    story.send(ApproveReturn(lines="all"), 24 * 31)
    story.send(ReturnReceived(lines="all"), 24 * 50)
    assess(story, 24 * 51)
    assert [1000] == amounts(story)


def test_a19_each_piece_counts_from_its_own_delivery() -> None:
    """Two pieces delivered twenty days apart: one is returned too late, the other in time."""
    story = shipped(item("A", "10.00", 2))
    story.send(Delivered(lines={"A": 1}), 48)
    story.send(Delivered(lines={"A": 1}), 24 * 22)
    story.send(RequestReturn(lines="all", reason="changed_mind"), 24 * 30)
    story.send(ApproveReturn(lines="all"), 24 * 31)
    story.send(ReturnReceived(lines="all"), 24 * 40)
    assess(story, 24 * 41)
    assert [750] == amounts(story)


@pytest.mark.parametrize(("days", "amount"), [(14, 1000), (15, 400)])
def test_a19_the_schedule_is_a_policy_value(days: int, amount: int) -> None:
    """A shop has its own days and its own share (5.9)."""
    policy = Policy(returns=ReturnSchedule(full_days=14, late_share="2/5"))
    story = returned(after=48 + 24 * days, policy=policy)
    assess(story, 24 * 40)
    assert [amount] == amounts(story)


# --- A14: who bears the shipping -------------------------------------------------------------------------

SHIPPING = Policy(return_shipping={"EUR": "3.50"})


def test_a14_shipping_is_free_by_default() -> None:
    """`return_shipping` is zero unless a shop sets it."""
    story = assessed()
    assert [1000] == amounts(story)


def test_a14_the_customers_choice_bears_the_shipping() -> None:
    """The shop's price of a return is taken off."""
    assert [650] == amounts(assessed(policy=SHIPPING))


@pytest.mark.parametrize("reason", SHOP_FAULTS)
def test_a14_the_shops_fault_bears_no_shipping(reason: str) -> None:
    """Who bears the shipping defaults by reason."""
    assert [1000] == amounts(assessed(form={"reason": reason}, policy=SHIPPING))


def test_a14_the_assessment_may_name_the_payer() -> None:
    """A person may let either side bear it."""
    for said, payer, amount in (("changed_mind", "shop", 1000), ("defective", "customer", 650)):
        story = returned(form={"reason": said}, policy=SHIPPING)
        assess(story, shipping_payer=payer)
        assert [amount] == amounts(story)


def test_a14_a_given_deduction_takes_the_place_of_the_price() -> None:
    """The shop's price is used only where no deduction is given."""
    story = returned(policy=SHIPPING)
    assess(story, deduction="1.25")
    assert [875] == amounts(story)


def test_a14_a_deduction_of_zero_is_a_deduction() -> None:
    """Nothing is taken off where nothing is said to be."""
    story = returned(policy=SHIPPING)
    assess(story, deduction="0")
    assert [1000] == amounts(story)


def test_a14_a_deduction_is_subtracted_also_at_the_shops_fault() -> None:
    """`deduction` is what it says."""
    story = returned(form={"reason": "defective"})
    assess(story, deduction="2.00")
    assert [800] == amounts(story)


def test_a14_a_deduction_comes_off_what_the_schedule_gives() -> None:
    """After the 30th day it comes off the half."""
    story = returned(after=LAST_FULL_DAY)
    assess(story, 24 * 40, deduction="2.00")
    assert [300] == amounts(story)


@pytest.mark.parametrize("deduction", ["10.00", "10.01", "999.00"])
def test_a14_a_refund_is_never_below_zero(deduction: str) -> None:
    """A deduction takes at most everything; then nothing is sent and the goods are refunded."""
    story = returned()
    decision = assess(story, deduction=deduction)
    assert "accepted" == decision.outcome
    assert {} == story.refunds
    assert {"refunded": 1} == story.of("A")


def test_a14_the_price_goes_by_the_orders_currency() -> None:
    """A shop without a price in this currency takes nothing."""
    assert [1000] == amounts(assessed(item(amount="1000"), currency="JPY", policy=SHIPPING))


def test_a14_the_shipping_of_one_assessment_is_taken_once() -> None:
    """Two lines that are assessed together came in one parcel."""
    assert [1650] == amounts(assessed(item("A"), item("B"), policy=SHIPPING))


# --- A19: explicit amounts -------------------------------------------------------------------------------


@pytest.mark.parametrize(("amount", "refunds"), [("0.01", [1]), ("7.00", [700]), ("10.00", [1000])])
def test_a19_an_amount_may_be_given(amount: str, refunds: list[int]) -> None:
    """An explicit amount overrides the schedule, up to and with what was paid."""
    story = returned(after=LAST_FULL_DAY, policy=SHIPPING)
    assert "accepted" == assess(story, 24 * 40, amount=amount).outcome
    assert refunds == amounts(story)


def test_a19_more_than_was_paid_is_refused() -> None:
    """Nobody is paid back more than they paid; nothing moves."""
    story = returned()
    decision = assess(story, amount="10.01")
    assert (["exceeds_paid"], ["A19"]) == (codes(decision), clauses(decision))
    assert {} == story.refunds
    assert {"returned": 1} == story.of("A")


def test_a19_an_amount_of_zero_sends_nothing() -> None:
    """Assessed to zero, the goods end in `refunded`; the customer is told."""
    story = returned()
    decision = assess(story, amount="0")
    assert [("returned", "refunded")] == [(m[2], m[3]) for m in moves(decision) if m[2] != m[3]]
    assert not effects(decision, SendRefund)
    assert effects(decision, Notify)
    assert {} == story.refunds


def test_a19_goods_assessed_to_zero_are_final() -> None:
    """They cannot be assessed again."""
    story = returned()
    assess(story, amount="0")
    assert "refused" == assess(story, 99, amount="1.00").outcome


def test_a19_an_amount_is_bounded_by_the_goods_that_are_assessed() -> None:
    """One of three pieces for 10.00 cost 3.34 at most."""
    story = returned(item("A", "10.00", 3))
    assert ["exceeds_paid"] == codes(assess(story, lines={"A": 1}, amount="3.35"))
    assert "accepted" == assess(story, lines={"A": 1}, amount="3.33").outcome


def test_a19_an_amount_for_several_lines_is_for_all_of_them_together() -> None:
    """One refund for what is assessed together."""
    story = returned(item("A", "10.00"), item("B", "20.00"))
    assess(story, amount="15.00")
    assert [1500] == amounts(story)
    assert {"A": 1, "B": 1} == dict(refund(story).lines)


@pytest.mark.parametrize("condition", ["opened", "damaged"])
def test_a19_what_is_found_otherwise_than_announced_needs_an_amount(condition: str) -> None:
    """Announced unopened, received opened or damaged, by the customer's choice: a person decides."""
    story = returned(condition=condition)
    decision = assess(story)
    assert ["amount_required"] == codes(decision)
    assert "accepted" == assess(story, amount="4.00").outcome
    assert [400] == amounts(story)


@pytest.mark.parametrize("condition", [None, "unopened"])
def test_a19_what_is_found_as_announced_needs_no_amount(condition: str | None) -> None:
    """The schedule is enough."""
    assert [1000] == amounts(assessed(condition=condition))


def test_a19_what_was_announced_opened_and_found_opened_needs_no_amount() -> None:
    """An exchange of opened goods that is given up is found as announced: terms are not for exchanges (A16)."""
    story = returning(form={"kind": "exchange", "opened": True})
    story.send(ReturnReceived(lines="all", condition="opened"), 96)
    story.send(GiveUpService(lines="all"), 97)
    assert [] == codes(assess(story))
    assert [1000] == amounts(story)


@pytest.mark.parametrize("condition", ["opened", "damaged"])
@pytest.mark.parametrize("reason", SHOP_FAULTS)
def test_a19_a_faulty_item_needs_no_amount_in_whatever_condition(condition: str, reason: str) -> None:
    """The shop's fault is paid in full."""
    assert [1000] == amounts(assessed(form={"reason": reason}, condition=condition))


def test_a19_a_missing_amount_refuses_the_whole_assessment() -> None:
    """All or nothing."""
    story = returning(item("A"), item("B"))
    story.send(ReturnReceived(lines=["A"], condition="unopened"), 96)
    story.send(ReturnReceived(lines=["B"], condition="opened"), 96)
    assert ["amount_required"] == codes(assess(story, lines=["A", "B"]))
    assert {} == story.refunds


def test_a19_all_assesses_what_needs_no_amount() -> None:
    """`"all"` means everything that fits; what needs an amount waits for one."""
    story = returning(item("A"), item("B"))
    story.send(ReturnReceived(lines=["A"], condition="unopened"), 96)
    story.send(ReturnReceived(lines=["B"], condition="opened"), 96)
    assert "accepted" == assess(story).outcome
    assert [{"A": 1}] == [dict(each.lines) for each in story.order.refunds]


def test_a19_a_person_may_find_the_fault_with_the_shop_instead() -> None:
    """Goods found damaged need no amount once the damage is the shop's fault."""
    story = returned(condition="damaged")
    assert "accepted" == assess(story, reason="damaged").outcome
    assert [1000] == amounts(story)


# --- A16, A19: agreed terms ------------------------------------------------------------------------------


def test_a16_agreed_terms_are_the_amount() -> None:
    """Neither the price of shipping nor the lapse of time changes them."""
    story = agreed(terms="6.00", policy=SHIPPING)
    assess(story, 24 * 90)
    assert [600] == amounts(story)


def test_a16_agreed_terms_hold_for_late_goods_too() -> None:
    """Terms replace the schedule, also after the 30th day (5.9)."""
    story = planning(terms="9.00")
    story.send(AcceptTerms(lines="all"), 75)
    story.send(ReturnReceived(lines="all", condition="opened"), 24 * 60)
    assess(story, 24 * 61)
    assert [900] == amounts(story)


def test_a16_more_than_the_terms_is_refused() -> None:
    """What was agreed is not exceeded."""
    story = agreed(terms="6.00")
    decision = assess(story, amount="6.01")
    assert ["exceeds_terms"] == codes(decision)
    assert {} == story.refunds


def test_a16_less_than_the_terms_is_refused() -> None:
    """Less needs new terms."""
    story = agreed(terms="6.00")
    assert ["below_terms"] == codes(assess(story, amount="5.99"))
    assert "refused" == assess(story, amount="0").outcome
    assert {} == story.refunds


def test_a16_exactly_the_terms_may_be_said() -> None:
    """Saying the agreed amount changes nothing."""
    story = agreed(terms="6.00")
    assert "accepted" == assess(story, amount="6.00").outcome
    assert [600] == amounts(story)


@pytest.mark.parametrize("ending", [RejectTerms, WithdrawReturn, DeclineReturn])
def test_a16_terms_end_with_their_return(ending: type[Any]) -> None:
    """What was proposed for one return does not bind the next."""
    story = planning(terms="6.00")
    story.send(ending(lines="all"), 75)
    story.send(RequestReturn(lines="all", reason="defective"), 76)
    story.send(ApproveReturn(lines="all"), 77)
    story.send(ReturnReceived(lines="all"), 96)
    assess(story)
    assert [1000] == amounts(story)


def test_a16_terms_of_zero_send_nothing() -> None:
    """A return on terms of nothing is refunded at once."""
    story = agreed(terms="0")
    assert "accepted" == assess(story).outcome
    assert ({}, {"refunded": 1}) == (story.refunds, story.of("A"))


@pytest.mark.parametrize("terms", ["6.00", "6.01", "0.01", "10.00"])
def test_a16_terms_for_several_pieces_are_paid_exactly_in_parts(terms: str) -> None:
    """Assessing piece by piece gives exactly what was agreed for all."""
    story = agreed(item("A", "10.00", 3), terms=terms)
    for hour in range(3):
        assert "accepted" == assess(story, ASSESSED + hour, lines={"A": 1}).outcome
    assert int(terms.replace(".", "")) == sum(amounts(story))


def test_a16_terms_for_several_lines_are_paid_exactly_in_parts() -> None:
    """Terms for two lines together are shared over them."""
    story = agreed(item("A", "10.00"), item("B", "5.00"), terms="10.00")
    assess(story, lines=["A"])
    assess(story, 99, lines=["B"])
    assert 1000 == sum(amounts(story))


# --- lost goods ------------------------------------------------------------------------------------------


def test_a19_lost_goods_are_assessed_without_receipt() -> None:
    """What the carrier lost will not come back: everything is paid (5.9)."""
    story = lost(policy=SHIPPING)
    assert "accepted" == assess(story).outcome
    assert {"r1": ("return", "due", "10.00")} == story.refunds
    assert {"lost": 1} == story.of("A")


@pytest.mark.parametrize("after", [80, 24 * 60])
def test_a19_goods_lost_on_the_way_back_are_paid_in_full(after: int) -> None:
    """Also after the 30th day, and also by choice: lost goods, everything."""
    story = returning(policy=SHIPPING)
    story.send(Lost(lines="all"), after)
    assess(story, after + 1)
    assert [1000] == amounts(story)


def test_a19_lost_goods_need_no_amount_though_opened() -> None:
    """Whatever was announced about them, what is lost is paid in full."""
    story = returning(form={"kind": "exchange", "opened": True})
    story.send(Lost(lines="all"), 80)
    assert "accepted" == assess(story).outcome
    assert [1000] == amounts(story)


def test_a19_lost_goods_are_refunded_once_the_money_arrived() -> None:
    """`lost` becomes `refunded`."""
    story = lost()
    assess(story)
    story.send(RefundSettled(refund="r1"), 120)
    assert {"refunded": 1} == story.of("A")


def test_a19_lost_goods_that_come_back_are_not_paid_twice() -> None:
    """Receipt after the assessment of the loss gives no second refund."""
    story = lost()
    assess(story)
    story.send(ReturnReceived(lines="all"), 120)
    assert "refused" == assess(story, 121).outcome
    assert [1000] == amounts(story)


def test_a19_goods_lost_and_received_before_assessment_are_assessed_as_returned() -> None:
    """Once they are there, the schedule and the condition count."""
    story = returning()
    story.send(Lost(lines="all"), 80)
    story.send(ReturnReceived(lines="all", condition="damaged"), 96)
    assert ["amount_required"] == codes(assess(story))


# --- 5.8: parts of a line --------------------------------------------------------------------------------


def test_5_8_pieces_that_are_cancelled_one_by_one_give_exactly_what_was_paid() -> None:
    """10.00 over three pieces: no cent is lost or made."""
    story = paid(item("A", "10.00", 3))
    for hour in (1, 2, 3):
        cancel(story, {"A": 1}, hour)
    assert [333, 333, 334] == sorted(amounts(story))


def test_5_8_pieces_that_are_assessed_one_by_one_give_exactly_what_was_paid() -> None:
    """The same for returns."""
    story = returned(item("A", "10.00", 3))
    for hour in range(3):
        assess(story, ASSESSED + hour, lines={"A": 1})
    assert [333, 333, 334] == sorted(amounts(story))


def test_5_8_pieces_that_go_different_ways_give_exactly_what_was_paid() -> None:
    """One cancelled, one lost, one returned."""
    story = paid(item("A", "10.00", 3))
    cancel(story, {"A": 1})
    story.send(Dispatched(lines={"A": 1}, parcel="P1"), 20)
    story.send(Dispatched(lines={"A": 1}, parcel="P2"), 20)
    story.send(Lost(parcel="P1"), 30)
    story.send(DeliveryRefused(parcel="P2"), 30)
    story.send(ReturnReceived(lines="all"), 60)
    assess(story)
    assert 1000 == sum(amounts(story))


def test_5_8_a_bundles_lines_give_what_was_paid_for_each() -> None:
    """Dispatched members stay sold at their allocated price."""
    story = paid(item("A", "30.00", bundle="set"), item("B", "20.00", bundle="set"))
    story.send(Dispatched(lines=["A"], parcel="P1"), 0)
    cancel(story, ["B"])
    assert [2000] == amounts(story)


@pytest.mark.parametrize("quantity", [1, 3])
def test_5_8_goods_that_cost_nothing_go_straight_to_refunded(quantity: int) -> None:
    """A cancelled gift gives no refund of nothing."""
    story = paid(item("A"), item("G", "0", quantity))
    decision = cancel(story, ["G"])
    assert not effects(decision, SendRefund)
    assert ({}, {"refunded": quantity}) == (story.refunds, story.of("G"))


def test_5_8_a_free_order_that_is_cancelled_sends_nothing() -> None:
    """A total of zero is paid when placed, and given back with nothing."""
    story = placed(item("A", "0"))
    decision = cancel(story)
    assert not effects(decision, SendRefund)
    assert effects(decision, ReleaseStock)
    assert {"refunded": 1} == story.of("A")


def test_5_8_returned_goods_that_cost_nothing_go_straight_to_refunded() -> None:
    """The same for returns."""
    story = assessed(item("A", "0"), item("B"))
    assert {"A": {"refunded": 1}, "B": {"returned": 1}} == story.goods


# --- 5.8: the delivery fee -------------------------------------------------------------------------------

FEE = "4.90"


def test_5_8_the_fee_goes_back_when_everything_is_cancelled() -> None:
    """A whole order is paid back whole."""
    assert [1490] == amounts(cancelled(delivery_fee=FEE))


def test_5_8_the_fee_goes_back_with_the_last_goods() -> None:
    """It comes with the cancellation that leaves nothing to deliver."""
    story = paid(item("A"), item("B"), delivery_fee=FEE)
    cancel(story, ["A"], 1)
    assert [1000] == amounts(story)
    cancel(story, ["B"], 2)
    assert [1000, 1490] == amounts(story)


def test_5_8_the_fee_goes_back_with_the_last_piece() -> None:
    """Also within one line."""
    story = paid(item("A", "10.00", 2), delivery_fee=FEE)
    cancel(story, {"A": 1}, 1)
    cancel(story, {"A": 1}, 2)
    assert [500, 990] == amounts(story)


def test_5_8_the_fee_goes_back_with_gifts_too() -> None:
    """Where the last goods cost nothing, the fee alone goes back."""
    story = paid(item("A", "0"), delivery_fee=FEE)
    cancel(story)
    assert [490] == amounts(story)
    assert {"cancelled": 1} == story.of("A")


def test_5_8_digital_goods_keep_no_fee() -> None:
    """Everything physical is cancelled; what is downloaded is not delivered."""
    story = paid(item("A"), item("D", "3.00", kind="digital"), delivery_fee=FEE)
    cancel(story, ["A"])
    assert [1490] == amounts(story)


def test_5_8_the_fee_stays_once_something_was_dispatched() -> None:
    """A delivery that has begun is not paid back with the rest."""
    story = paid(item("A"), item("B"), delivery_fee=FEE)
    story.send(Dispatched(lines=["A"], parcel="P1"), 0)
    cancel(story, ["B"])
    assert [1000] == amounts(story)


def test_5_8_the_fee_stays_where_only_a_part_is_cancelled() -> None:
    """The rest is still to be delivered."""
    story = paid(item("A", "10.00", 2), delivery_fee=FEE)
    cancel(story, {"A": 1})
    assert [500] == amounts(story)


@pytest.mark.parametrize("reason", SHOP_FAULTS)
def test_5_8_the_fee_goes_back_when_everything_comes_back_by_the_shops_fault(reason: str) -> None:
    """The shop's fault is no delivery worth paying for."""
    assert [1490] == amounts(assessed(form={"reason": reason}, delivery_fee=FEE))


def test_5_8_the_fee_goes_back_with_the_last_faulty_goods() -> None:
    """Assessed one after the other, it comes with the last."""
    story = returned(item("A"), item("B"), form={"reason": "defective"}, delivery_fee=FEE)
    assess(story, lines=["A"])
    assess(story, 99, lines=["B"])
    assert [1000, 1490] == amounts(story)


def test_5_8_the_fee_stays_when_goods_come_back_by_choice() -> None:
    """The delivery was made."""
    assert [1000] == amounts(assessed(delivery_fee=FEE))


def test_5_8_the_fee_stays_when_only_some_goods_are_faulty() -> None:
    """One faulty item of two does not undo the delivery."""
    story = returned(item("A"), item("B"), form={"reason": "defective"}, delivery_fee=FEE)
    assess(story, lines=["A"])
    assess(story, 99, lines=["B"], reason="changed_mind")
    assert [1000, 1000] == amounts(story)


def test_5_8_the_fee_stays_when_a_parcel_is_intercepted_by_choice() -> None:
    """An interception is a return, not a cancellation."""
    story = intercepted(delivery_fee=FEE)
    story.send(ReturnReceived(lines="all"), 60)
    assess(story, reason="changed_mind")
    assert [1000] == amounts(story)


def test_5_8_the_fee_is_paid_back_once() -> None:
    """Nothing more is owed after everything went back."""
    story = paid(item("A"), item("B"), delivery_fee=FEE)
    cancel(story, ["A"], 1)
    cancel(story, ["B"], 2)
    assert 2490 == sum(amounts(story))


# --- B2: several payments --------------------------------------------------------------------------------


def paid_by(*captures: str, items: Any = (), **fields: Any) -> Story:
    """An order paid by payments p1, p2, ... from instruments card:1, card:2, ..."""
    story = placed(*items, **fields)
    for number, amount in enumerate(captures, 1):
        assert story.send(capture(amount, f"p{number}", f"card:{number}")).outcome == "accepted"
    return story


def by_payment(story: Story) -> dict[str, int]:
    """What was given back, by payment."""
    back: dict[str, int] = {}
    for each in story.order.refunds:
        back[each.payment] = back.get(each.payment, 0) + each.amount
    return back


def test_b2_every_payment_gets_its_own_refund() -> None:
    """What two cards paid goes back to both, in proportion, as two refunds."""
    story = paid_by("7.50", "2.50")
    decision = cancel(story)
    assert [("r1", "p1", "card:1", "7.50"), ("r2", "p2", "card:2", "2.50")] == [
        (each.refund, each.payment, each.instrument, each.amount.amount) for each in effects(decision, SendRefund)
    ]


def test_b2_a_part_goes_back_in_proportion() -> None:
    """3.00 of 10.00 paid 7.50 : 2.50 is 2.25 and 0.75."""
    story = paid_by("7.50", "2.50", items=[item("A", "3.00"), item("B", "7.00")])
    cancel(story, ["A"])
    assert {"p1": 225, "p2": 75} == by_payment(story)


def test_b2_the_odd_cent_goes_by_largest_remainder() -> None:
    """1.00 over 5.00 : 10.00 is 0.33 and 0.67."""
    story = paid_by("5.00", "10.00", items=[item("A", "1.00"), item("B", "14.00")])
    cancel(story, ["A"])
    assert {"p1": 33, "p2": 67} == by_payment(story)


def test_b2_a_payment_that_gives_nothing_gets_no_refund() -> None:
    """One refund per payment, none of nothing."""
    story = paid_by("9.99", "0.01", items=[item("A", "1.00"), item("B", "9.00")])
    cancel(story, ["A"])
    assert ["p1"] == [each.payment for each in story.order.refunds]


def test_b2_returns_are_shared_over_the_payments_too() -> None:
    """Half of 10.00 paid 6 : 4 is 3.00 and 2.00."""
    story = paid_by("6.00", "4.00")
    story.send(Dispatched(lines="all", parcel="P1"), 20)
    story.send(DeliveryRefused(parcel="P1"), 30)
    story.send(ReturnReceived(lines="all"), 60)
    assess(story, amount="5.00")
    assert {"p1": 300, "p2": 200} == by_payment(story)


def test_b2_an_excess_is_not_paid_back_twice() -> None:
    """The payment that exceeded has less left for the goods."""
    story = paid_by("6.00", "6.00")
    cancel(story)
    assert {"p1": 600, "p2": 600} == by_payment(story)


def test_b2_goods_are_refunded_only_when_all_their_refunds_are_settled() -> None:
    """The first of two refunds changes nothing about the goods."""
    story = paid_by("6.00", "4.00")
    cancel(story)
    story.send(RefundSettled(refund="r2"), 20)
    assert {"cancelled": 1} == story.of("A")
    story.send(RefundSettled(refund="r1"), 21)
    assert {"refunded": 1} == story.of("A")


def test_b2_one_of_two_refunds_that_fails_keeps_the_goods_where_they_are() -> None:
    """Both must arrive."""
    story = paid_by("6.00", "4.00")
    cancel(story)
    story.send(RefundSettled(refund="r1"), 20)
    story.send(RefundFailed(refund="r2"), 21)
    assert {"cancelled": 1} == story.of("A")
    story.send(ResendRefund(refund="r2"), 22)
    story.send(RefundSettled(refund="r2"), 23)
    assert {"refunded": 1} == story.of("A")


def test_b2_goods_of_one_line_wait_only_for_their_own_refunds() -> None:
    """Pieces that were cancelled at different times are refunded at different times."""
    story = paid(item("A", "10.00", 2))
    cancel(story, {"A": 1}, 1)
    cancel(story, {"A": 1}, 2)
    story.send(RefundSettled(refund="r1"), 20)
    assert {"cancelled": 1, "refunded": 1} == story.of("A")


@given(st.data())
def test_b2_cancelling_all_goods_in_any_order_empties_every_payment(data: st.DataObject) -> None:
    """Whatever the lines, quantities, payments and order of cancelling: each payment gives back all of its own."""
    lines = data.draw(
        st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 4)), min_size=1, max_size=4).filter(
            lambda drawn: any(amount for amount, _ in drawn)
        )
    )
    fee = data.draw(st.integers(0, 1000))
    due = sum(amount for amount, _ in lines) + fee
    cuts = sorted(data.draw(st.sets(st.integers(1, due - 1), max_size=3))) if due > 1 else []
    captured = [after - before for before, after in zip([0, *cuts], [*cuts, due], strict=True)]
    story = paid_by(
        *(f"{amount / 100:.2f}" for amount in captured),
        items=[item(f"L{n}", f"{amount / 100:.2f}", quantity) for n, (amount, quantity) in enumerate(lines)],
        delivery_fee=f"{fee / 100:.2f}",
    )
    pieces = [f"L{n}" for n, (_, quantity) in enumerate(lines) for _ in range(quantity)]
    for line in data.draw(st.permutations(pieces)):
        cancel(story, {line: 1})
        for number, amount in enumerate(captured, 1):
            assert by_payment(story).get(f"p{number}", 0) <= amount
    assert {f"p{number}": amount for number, amount in enumerate(captured, 1)} == by_payment(story)
    assert is_cancelled(story.order)


@given(st.data())
def test_a19_assessing_in_any_parts_never_pays_more_than_was_paid(data: st.DataObject) -> None:
    """Whatever the parts and given amounts: refunds stay within what the assessed pieces cost."""
    amount, quantity = data.draw(st.integers(1, 5000)), data.draw(st.integers(1, 5))
    first = data.draw(st.integers(1, amount))
    captured = [each for each in (first, amount - first) if each]
    story = paid_by(*(f"{each / 100:.2f}" for each in captured), items=[item("A", f"{amount / 100:.2f}", quantity)])
    story.send(Dispatched(lines="all", parcel="P1"), 20)
    story.send(DeliveryRefused(parcel="P1"), 30)
    story.send(ReturnReceived(lines="all"), 60)
    left = quantity
    while left:
        part = data.draw(st.integers(1, left))
        given_back = data.draw(st.none() | st.integers(0, amount // quantity * part))
        fields = {} if given_back is None else {"amount": f"{given_back / 100:.2f}"}
        before = sum(amounts(story))
        assert "accepted" == assess(story, lines={"A": part}, **fields).outcome
        spent = sum(amounts(story)) - before
        assert given_back in (None, spent)
        assert spent <= -(-amount // quantity) * part
        left -= part
    assert sum(amounts(story)) <= amount
    for number, each in enumerate(captured, 1):
        assert by_payment(story).get(f"p{number}", 0) <= each


# --- B1: a refund's own machine --------------------------------------------------------------------------


def state(story: Story) -> str:
    """The state of refund r1."""
    return refund(story).state.value


def test_b1_a_refund_is_due_then_sent_then_settled() -> None:
    """The payment provider's facts take it along."""
    story = cancelled()
    states = [state(story)]
    for fact in (RefundSent(refund="r1"), RefundSettled(refund="r1")):
        assert "accepted" == story.send(fact, 20).outcome
        states.append(state(story))
    assert ["due", "sent", "settled"] == states


def test_b1_sending_moves_no_goods() -> None:
    """Only the arrival of the money does."""
    story = cancelled()
    story.send(RefundSent(refund="r1"), 20)
    assert {"cancelled": 1} == story.of("A")


def test_b1_settling_notifies_and_refunds_the_goods() -> None:
    """The customer is told, and the goods are final."""
    story = cancelled()
    decision = story.send(RefundSettled(refund="r1"), 20)
    assert effects(decision, Notify)
    assert [("A", 1, "cancelled", "refunded")] == moves(decision)[-1:]
    assert "refunded" == story.order.state


def test_5_12_a_settled_refund_was_sent() -> None:
    """A missing `refund_sent` is filled in, and repeats what is known when it comes late."""
    story = cancelled()
    assert "accepted" == story.send(RefundSettled(refund="r1"), 20).outcome
    assert "settled" == state(story)
    assert "duplicate" == story.send(RefundSent(refund="r1"), 21).outcome
    assert "settled" == state(story)


@pytest.mark.parametrize("sent", [False, True], ids=["due", "sent"])
def test_b1_a_refund_may_fail(sent: bool) -> None:
    """A failure is escalated and moves no goods; the money stays owed."""
    story = cancelled()
    if sent:
        story.send(RefundSent(refund="r1"), 20)
    decision = story.send(RefundFailed(refund="r1"), 21)
    assert "accepted" == decision.outcome
    assert effects(decision, Escalate)
    assert ("failed", {"cancelled": 1}) == (state(story), story.of("A"))


@pytest.mark.parametrize(
    ("before", "fact"),
    [
        ((), RefundSent),
        ((), RefundSettled),
        ((), RefundFailed),
        ((RefundSettled,), RefundReversed),
    ],
)
def test_b1_the_same_report_again_is_a_duplicate(before: tuple[type[Any], ...], fact: type[Any]) -> None:
    """Facts name their refund, and repeat without an id."""
    story = cancelled()
    for each in before:
        story.send(each(refund="r1"), 20)
    story.send(fact(refund="r1"), 21)
    decision = story.send(fact(refund="r1"), 22)
    assert ("duplicate", ()) == (decision.outcome, decision.effects)


@pytest.mark.parametrize("fact", [RefundSent, RefundSettled, RefundFailed, RefundReversed])
def test_b1_a_report_about_an_unknown_refund_is_an_anomaly(fact: type[Any]) -> None:
    """It is kept and escalated; the known refund is left alone."""
    story = cancelled()
    decision = story.send(fact(refund="r9"), 20)
    assert ("anomaly", ["unknown_refund"]) == (decision.outcome, codes(decision))
    assert effects(decision, Escalate)
    assert ("due", ["n1"]) == (state(story), [each.id for each in story.order.anomalies])


@pytest.mark.parametrize("fact", [RefundSent, RefundSettled, RefundFailed, RefundReversed])
@pytest.mark.parametrize("by", NOT_PROVIDERS, ids=str)
def test_b1_only_the_payment_provider_reports_on_refunds(fact: type[Any], by: Actor) -> None:
    """From anybody else it is no fact."""
    story = cancelled()
    assert ["not_allowed"] == codes(story.send(fact(refund="r1"), 20, by=by))
    assert "due" == state(story)


@pytest.mark.parametrize("fact", [RefundReversed, RefundFailed])
@pytest.mark.parametrize(
    ("before", "was"), [(cancelled, "cancelled"), (assessed, "returned"), (lambda: lost_and_assessed(), "lost")]
)
def test_b1_a_refund_that_the_bank_sends_back_is_owed_again(
    fact: type[Any], before: Callable[[], Story], was: str
) -> None:
    """The goods return to the state they had, and a person is told."""
    story = before()
    story.send(RefundSettled(refund="r1"), 120)
    decision = story.send(fact(refund="r1"), 130)
    assert "accepted" == decision.outcome
    assert ("failed", {was: 1}) == (state(story), story.of("A"))
    assert effects(decision, Escalate)


def lost_and_assessed() -> Story:
    """Lost goods whose refund is due."""
    story = lost()
    assess(story)
    return story


@pytest.mark.parametrize("before", [cancelled, assessed, lost_and_assessed])
def test_b1_a_reversed_refund_is_sent_again_and_settles(before: Callable[[], Story]) -> None:
    """The whole way once more, as the next attempt of the same refund."""
    story = before()
    story.send(RefundSettled(refund="r1"), 120)
    story.send(RefundReversed(refund="r1"), 130)
    (sent,) = effects(story.send(ResendRefund(refund="r1"), 131), SendRefund)
    assert ("r1", 2) == (sent.refund, sent.attempt)
    story.send(RefundSettled(refund="r1"), 140)
    assert {"refunded": 1} == story.of("A")
    assert 1 == len(story.order.refunds)


def test_b1_one_reversed_refund_of_two_brings_the_goods_back() -> None:
    """All refunds must be settled, and stay so."""
    story = paid_by("6.00", "4.00")
    cancel(story)
    story.send(RefundSettled(refund="r1"), 20)
    story.send(RefundSettled(refund="r2"), 21)
    story.send(RefundReversed(refund="r1"), 22)
    assert {"cancelled": 1} == story.of("A")
    story.send(ResendRefund(refund="r1"), 23)
    story.send(RefundSettled(refund="r1"), 24)
    assert {"refunded": 1} == story.of("A")


def test_b1_goods_whose_refund_was_reversed_are_not_assessed_again() -> None:
    """The refund is owed, not the decision."""
    story = assessed()
    story.send(RefundSettled(refund="r1"), 120)
    story.send(RefundReversed(refund="r1"), 130)
    assert ["already_assessed"] == codes(assess(story, 140))


def test_b1_goods_whose_refund_was_reversed_are_not_cancelled_again() -> None:
    """Nor the cancellation."""
    story = cancelled()
    story.send(RefundSettled(refund="r1"), 20)
    story.send(RefundReversed(refund="r1"), 21)
    assert ["already_cancelled"] == codes(story.ask(RequestCancellation(lines="all"), 22))


@pytest.mark.parametrize("settled", [False, True], ids=["sent", "due"])
def test_5_12_a_reversal_implies_that_it_was_settled(settled: bool) -> None:
    """Implied steps are filled in: the refund ends failed and the goods where they were."""
    story = cancelled()
    if not settled:
        story.send(RefundSent(refund="r1"), 20)
    assert "accepted" == story.send(RefundReversed(refund="r1"), 21).outcome
    assert ("failed", {"cancelled": 1}) == (state(story), story.of("A"))


@pytest.mark.parametrize("fact", [RefundSettled, RefundSent])
def test_b1_after_a_failure_only_a_resend_goes_on(fact: type[Any]) -> None:
    """A failed refund is not settled by a report; a late `refund_sent` repeats what is known."""
    story = failed()
    decision = story.send(fact(refund="r1"), 22)
    assert ("anomaly" if fact is RefundSettled else "duplicate") == decision.outcome
    assert ("failed", {"cancelled": 1}) == (state(story), story.of("A"))


def test_b1_refunds_of_late_payments_settle_without_goods() -> None:
    """A refund that belongs to no goods moves none."""
    story = placed()
    story.send(capture("10.00"), 25)
    decision = story.send(RefundSettled(refund="r1"), 40)
    assert "accepted" == decision.outcome
    assert ({"closed": 1}, "settled") == (story.of("A"), state(story))


# --- B2: resending ---------------------------------------------------------------------------------------


def failed() -> Story:
    """The refund of a cancellation has failed."""
    story = cancelled()
    story.send(RefundSent(refund="r1"), 20)
    story.send(RefundFailed(refund="r1"), 21)
    return story


def test_b2_a_failed_refund_is_sent_again_to_the_same_instrument() -> None:
    """The next attempt of the same refund, with the same dates."""
    story = failed()
    (sent,) = effects(story.send(ResendRefund(refund="r1"), 22), SendRefund)
    assert ("r1", "p1", "card:1", "10.00", 2) == (
        sent.refund,
        sent.payment,
        sent.instrument,
        sent.amount.amount,
        sent.attempt,
    )
    assert (date(2026, 3, 3), date(2026, 3, 5)) == (sent.not_before, sent.due_by)
    assert "due" == state(story)


def test_b2_attempts_count_up() -> None:
    """Every resend is one more attempt, and no second refund."""
    story = failed()
    attempts = []
    for hour in (30, 40, 50):
        (sent,) = effects(story.send(ResendRefund(refund="r1"), hour), SendRefund)
        attempts.append(sent.attempt)
        story.send(RefundFailed(refund="r1"), hour + 1)
    assert [2, 3, 4] == attempts
    assert {"r1": ("cancellation", "failed", "10.00")} == story.refunds


def test_b2_every_attempt_has_an_effect_id_of_its_own() -> None:
    """A repeated delivery of one attempt can be told from the next attempt."""
    story = failed()
    story.send(ResendRefund(refund="r1"), 30)
    ids = [each.id for decision in story.decisions for each in effects(decision, SendRefund)]
    assert 2 == len(ids) == len(set(ids))


@pytest.mark.parametrize("before", [(), (RefundSent,), (RefundSettled,)], ids=["due", "sent", "settled"])
def test_b2_only_a_failed_refund_is_sent_again(before: tuple[type[Any], ...]) -> None:
    """Anything else would pay twice."""
    story = cancelled()
    for fact in before:
        story.send(fact(refund="r1"), 20)
    decision = story.send(ResendRefund(refund="r1"), 21)
    assert ("refused", ["not_failed"]) == (decision.outcome, codes(decision))
    assert () == decision.effects


def test_b2_a_resent_refund_is_not_sent_again_before_it_fails() -> None:
    """Two resends in a row are one too many."""
    story = failed()
    story.send(ResendRefund(refund="r1"), 30)
    assert ["not_failed"] == codes(story.send(ResendRefund(refund="r1"), 31))


def test_b2_an_unknown_refund_is_not_sent_again() -> None:
    """There is no such refund in the order."""
    assert ["unknown_refund"] == codes(failed().ask(ResendRefund(refund="r9"), 30))


@pytest.mark.parametrize("by", [PLATFORM, BUYER, SELLER, WAREHOUSE, LOGISTICS, PAYMENT], ids=str)
def test_b2_only_customer_service_resends(by: Actor) -> None:
    """Nobody else may have money sent."""
    assert ["not_allowed"] == codes(failed().ask(ResendRefund(refund="r1"), 30, by=by))


def test_b2_no_command_can_name_an_instrument() -> None:
    """Where money goes was fixed by the payment."""
    named = {field.name for command in COMMANDS for field in fields(command)}
    assert not {"instrument", "payment", "card", "account"} & named


def test_b2_a_failed_refund_keeps_its_money() -> None:
    """The reservation stays: later refunds are shared over what is left."""
    story = paid_by("5.00", "5.00", items=[item("A", "4.00"), item("B", "6.00")])
    cancel(story, ["A"], 1)
    story.send(RefundFailed(refund="r1"), 1)
    cancel(story, ["B"], 1)
    assert {"p1": 500, "p2": 500} == by_payment(story)


# --- ids -------------------------------------------------------------------------------------------------


def long_story() -> Story:
    """Two payments, a cancellation, an interception, a return, a failed and resent refund, an anomaly."""
    story = paid_by("20.00", "14.90", items=[item("A"), item("B"), item("C")], delivery_fee=FEE)
    cancel(story, ["A"])
    story.send(Dispatched(lines=["B", "C"], parcel="P1"), 20)
    story.send(CancelDelivery(parcel="P1"), 24)
    story.send(InterceptConfirmed(ask="a1"), 26)
    story.send(Delivered(parcel="P1"), 40)
    story.send(RequestReturn(lines=["B"], reason="defective"), 72)
    story.send(ApproveReturn(lines=["B"]), 74)
    story.send(ReturnReceived(lines=["B"]), 96)
    assess(story)
    for each in ("r1", "r2", "r3", "r4"):
        story.send(RefundFailed(refund=each), 100)
        story.send(ResendRefund(refund=each), 101)
        story.send(RefundSettled(refund=each), 102)
    story.send(RefundSettled(refund="r9"), 103)
    return story


def test_6_ids_are_given_in_order_of_creation() -> None:
    """Refunds are r1, r2, …, asks a1, …, anomalies n1, …."""
    story = long_story()
    assert ["r1", "r2", "r3", "r4"] == [each.id for each in story.order.refunds]
    assert ["n1", "n2"] == [each.id for each in story.order.anomalies]


def test_6_effect_ids_are_unique_in_an_order() -> None:
    """No two effects share an id."""
    ids = [effect.id for decision in long_story().decisions for effect in decision.effects]
    assert len(ids) == len(set(ids))


def test_6_the_same_story_gives_the_same_effects() -> None:
    """Ids and contents are the same at every replay."""
    first, second = long_story(), long_story()
    assert [decision.effects for decision in first.decisions] == [decision.effects for decision in second.decisions]
    assert first.order == second.order


def test_6_effect_ids_differ_from_order_to_order() -> None:
    """Two orders of the same story share no effect id."""
    stories = [Story(order_id=name) for name in ("1001", "1002")]
    ids = []
    for story in stories:
        story.send(placing())
        story.send(capture("10.00"))
        ids.append({effect.id for effect in cancel(story).effects})
    assert not ids[0] & ids[1]


# --- B16: cancelled orders -------------------------------------------------------------------------------


def test_b16_a_cancelled_order_is_listed_before_and_after_its_refund() -> None:
    """Refunded yet or not, also when the bank sends the money back."""
    story = cancelled()
    listed = [is_cancelled(story.order)]
    for fact in (RefundSettled(refund="r1"), RefundReversed(refund="r1")):
        story.send(fact, 20)
        listed.append(is_cancelled(story.order))
    assert [True, True, True] == listed


def test_b16_digital_goods_do_not_keep_an_order_off_the_list() -> None:
    """All physical goods are cancelled."""
    story = paid(item("A"), item("D", kind="digital"))
    cancel(story, ["A"])
    assert is_cancelled(story.order)


def test_b16_gifts_are_cancelled_too() -> None:
    """Goods that cost nothing are refunded at once, and cancelled all the same."""
    story = paid(item("A"), item("G", "0"))
    cancel(story)
    assert is_cancelled(story.order)


def test_b16_a_partly_cancelled_order_is_not_listed() -> None:
    """Something is still to be delivered."""
    story = paid(item("A", quantity=2))
    cancel(story, {"A": 1})
    assert not is_cancelled(story.order)


@pytest.mark.parametrize("before", [placed, paid, shipped, intercepted, delivered, returned, assessed, lost])
def test_b16_no_other_order_is_listed(before: Callable[[], Story]) -> None:
    """An interception or a return is not a cancellation."""
    assert not is_cancelled(before().order)


def test_b16_a_refunded_return_is_not_listed() -> None:
    """It goes by how the goods ended, not by the money."""
    story = assessed()
    story.send(RefundSettled(refund="r1"), 120)
    assert not is_cancelled(story.order)


def test_b16_a_closed_order_is_not_listed() -> None:
    """It was never paid, and nobody cancelled it."""
    story = placed()
    story.wait(30)
    assert not is_cancelled(story.order)


def test_b16_an_order_in_preparation_is_listed_once_logistics_has_confirmed() -> None:
    """A request alone is no cancellation."""
    story = paid()
    story.send(RequestCancellation(lines="all"), 13)
    story.send(ApproveCancellation(lines="all"), 14)
    assert not is_cancelled(story.order)
    story.send(StopConfirmed(), 15)
    assert is_cancelled(story.order)
