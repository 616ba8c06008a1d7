"""What the keys of orders leave out cannot matter: orders that differ in nothing else behave alike.

Each test tells two stories that end in one key. `agree` then tries everything on both, on the real machine.
"""

from typing import Any

import pytest

from orderfsm import inputs as i
from orderfsm.actors import CUSTOMER_SERVICE
from orderfsm.inputs import Item
from orderfsm.testing.agreeing import agree
from orderfsm.testing.orders import OrderSpace, Position
from orderfsm.testing.scopes import Scope, Times, Values
from tests.policy.road import asked_back, assess, delivered, returned, shipped
from tests.policy.story import BUYER, Story, capture, hours, item, moment, paid, placed
from tests.proof.twins import differences

ONE = (item("A"),)
TWO = (item("A"), item("B"))
UNITS = (item("A", quantity=2),)

LATER = 120.0
"""When both stories are compared: hours after placing."""


def space(*items: Item, **options: Any) -> OrderSpace:
    """Everything that is said to orders of these lines."""
    common: dict[str, Any] = {"values": Values.LEAN, "times": Times.NOW, "strangers": False}
    return OrderSpace(Scope(name="", lines=items, delivery_fee="0", **(common | options)))


def assert_alike(
    first: Story, second: Story, *fields: str, at: float = LATER, later: float | None = None, **options: Any
) -> None:
    """Two orders have one key, differ in these fields among others, and behave alike in everything."""
    lines = [
        Item(id=line.id, amount=str(line.amount / 100), quantity=line.quantity, bundle=line.bundle)
        for line in first.order.lines
    ]
    orders = space(*lines, **options)
    first.wait(at)
    second.wait(at if later is None else later)
    one = Position(first.order, moment(at))
    other = Position(second.order, moment(at if later is None else later))
    assert set(fields) <= set(differences(first.order, second.order))
    assert orders.key(one) == orders.key(other)
    assert agree(orders, one, other) is None


# --- how it came about -----------------------------------------------------------------------------------


def test_ids_that_were_seen_do_not_matter() -> None:
    """Inputs under ids of their own leave nothing behind but these."""
    plain, named = placed(*ONE), placed(*ONE)
    plain.send(capture("10.00"), 1)
    named.send(capture("10.00"), 1, id="k1")
    named.send(i.RequestCancellation(lines="all"), 2, id="k2")
    named.send(i.WithdrawCancellation(lines="all"), 3, id="k3")
    assert_alike(plain, named, "seen", at=4)


def test_how_often_an_order_changed_does_not_matter() -> None:
    """The version counts, and nothing asks for it."""
    once, often = delivered(*ONE), delivered(*ONE)
    for number in range(3):
        often.send(i.RequestReturn(lines="all", reason="size"), 60 + number)
        often.send(i.WithdrawReturn(lines="all"), 61 + number)
    assert_alike(once, often, "version")


def test_when_goods_came_where_they_are_does_not_matter() -> None:
    """Since when they are there only tells for how long somebody has waited."""
    early, late = paid(*ONE), paid(*ONE)
    for story, hour in ((early, 1.0), (late, 11.0)):
        story.send(i.PreparationStarted(), hour)
        story.send(i.RequestCancellation(lines="all"), hour)
    assert_alike(early, late, "lots.since", at=11)


def test_whether_a_waiting_was_reported_overdue_does_not_matter() -> None:
    """What waits goes on waiting, and can be answered as before."""
    told, untold = asked_back(*ONE), asked_back(*ONE)
    assert_alike(told, untold, "lots.alerted", at=200, later=80)


def test_who_asked_when_and_in_which_words_does_not_matter() -> None:
    """A request is a request, whoever made it."""
    buyer, service = paid(*ONE), paid(*ONE)
    buyer.send(i.RequestCancellation(lines="all", reason="too slow"), 1)
    service.send(i.RequestCancellation(lines="all"), 2, by=CUSTOMER_SERVICE)
    assert_alike(buyer, service, "lots.case.by.role", "lots.case.at", "lots.case.reason", at=3)


def test_the_words_of_a_form_do_not_matter_beyond_whose_fault_it_is() -> None:
    """One reason of the customer's own is as good as another, and so is one fault of the shop's."""
    assert_alike(asked_back(*ONE, form={"reason": "size"}), asked_back(*ONE), "lots.case.reason")
    defective, wrong = (asked_back(*ONE, form={"reason": reason}) for reason in ("defective", "wrong_item"))
    assert_alike(defective, wrong, "lots.case.reason")


def test_what_was_asked_for_goods_that_are_cancelled_does_not_matter() -> None:
    """By hand of the customer, of customer service, or long ago."""
    one, other = paid(*ONE), paid(*ONE)
    for story, hour, reason in ((one, 1.0, None), (other, 7.0, "too dear")):
        story.send(i.RequestCancellation(lines="all", reason=reason), hour, by=BUYER)
        story.send(i.ApproveCancellation(lines="all"), hour + 1)
    assert_alike(one, other, "lots.case.reason", "refunds.at", at=9)


# --- what was contradicted -------------------------------------------------------------------------------


def test_anomalies_that_nobody_judges_again_do_not_matter() -> None:
    """Open, resolved, and with which note: the order goes on as if they had not been reported."""
    clean, open, resolved, noted = (delivered(*ONE) for _ in range(4))
    for story in (open, resolved, noted):
        story.send(i.Lost(lines="all"), 60)
    resolved.send(i.ResolveAnomaly(anomaly="n1"), 61)
    noted.send(i.ResolveAnomaly(anomaly="n1", note="found"), 61)
    assert_alike(clean, open, "anomalies")
    assert_alike(open, resolved, "anomalies.open")
    assert_alike(resolved, noted, "anomalies.note")


def test_when_a_fact_came_too_early_does_not_matter() -> None:
    """It is judged again once the order is paid, whenever that is."""
    early, late = placed(*ONE), placed(*ONE)
    early.send(i.Dispatched(lines=["A"]), 1)
    late.send(i.Dispatched(lines=["A"]), 4)
    assert_alike(early, late, "anomalies.fact.at", at=5, times=Times.EVERY)


# --- questions -------------------------------------------------------------------------------------------


def asked_for(*lines: str, apart: float = 0) -> Story:
    """Goods in preparation, of which logistics was asked about one line after the other."""
    story = paid(*TWO)
    story.send(i.PreparationStarted(), 1)
    for number, line in enumerate(lines):
        story.send(i.RequestCancellation(lines=[line]), 2 + number * apart)
        story.send(i.ApproveCancellation(lines=[line]), 2 + number * apart)
    return story


@pytest.mark.parametrize("apart", [0.0, 1.0])
def test_in_which_order_questions_were_put_does_not_matter(apart: float) -> None:
    """Whether at once or one after the other; an answer from in between does what one does that quotes the first."""
    assert_alike(asked_for("A", "B", apart=apart), asked_for("B", "A"), "lots.ask.id", at=5)


def test_when_a_question_was_put_does_not_matter() -> None:
    """An answer from before it is stale, whenever that was."""
    one, other = asked_for("A"), asked_for("A")
    other.send(i.WithdrawCancellation(lines="all"), 3)
    other.send(i.RequestCancellation(lines=["A"]), 4)
    other.send(i.ApproveCancellation(lines=["A"]), 4)
    assert_alike(one, other, "lots.ask.at", "lots.ask.id", "asks", at=5)


def test_what_was_answered_only_tells_a_repetition_from_a_stale_answer() -> None:
    """Goods that were denied, withdrawn, or never asked about; where every value is tried they are told apart."""
    never, denied, withdrawn = paid(*TWO), asked_for("A"), asked_for("A")
    never.send(i.PreparationStarted(), 1)
    denied.send(i.StopDenied(), 3)
    withdrawn.send(i.WithdrawCancellation(lines=["A"]), 3)
    assert_alike(never, denied, "lots.ask", at=5)
    assert_alike(denied, withdrawn, "lots.ask.answer", at=5)
    told_apart = space(*TWO, values=Values.FULL)
    keys = {told_apart.key(Position(story.order, moment(5))) for story in (never, denied, withdrawn)}
    assert 3 == len(keys)


def test_how_goods_that_come_back_were_stopped_matters_only_if_by_the_carrier() -> None:
    """Refused goods are refused goods, whatever logistics had said about them before they left."""
    plain, asked = paid(*TWO), asked_for("A")
    plain.send(i.PreparationStarted(), 1)
    asked.send(i.StopDenied(), 3)
    for story in (plain, asked):
        story.send(i.DeliveryRefused(lines="all"), 20)
    assert_alike(plain, asked, "lots.ask")


# --- goods -----------------------------------------------------------------------------------------------


def test_who_named_the_parcel_and_when_does_not_matter() -> None:
    """At the dispatch, or later."""
    named = shipped(*ONE, parcel="x1")
    unnamed = shipped(*ONE, parcel=None)
    unnamed.send(i.Arrived(lines=["A"], parcel="x1"), 30)
    named.send(i.Arrived(lines=["A"]), 40)
    assert_alike(named, unnamed, "lots.since", parcels=2)


def test_when_goods_were_signed_for_and_came_back_does_not_matter_within_the_days() -> None:
    """Only whether it was in time for the full price."""
    soon, later, late = returned(*ONE), returned(*ONE, after=500), returned(*ONE, after=hours(24 * 40))
    assert_alike(soon, later, "lots.received_at", at=1000)
    in_time, too_late = (space(*ONE).key(Position(story.order, moment(1000))) for story in (soon, late))
    assert in_time != too_late


def test_alike_goods_may_be_one_lot_or_several() -> None:
    """Units that came where they are one after the other are not told from those that came together."""
    together, apart = paid(*UNITS), paid(*UNITS)
    together.send(i.RequestCancellation(lines="all"), 1)
    apart.send(i.RequestCancellation(lines={"A": 1}), 1)
    apart.send(i.RequestCancellation(lines={"A": 1}), 2)
    assert (1, 2) == (len(together.order.lots), len(apart.order.lots))
    assert_alike(together, apart, "lots", at=3)


def test_the_order_of_the_lots_of_a_line_matters() -> None:
    """Of goods that are equally near to dispatch an input takes the first: so the key keeps their order."""
    orders = space(*UNITS, parcels=2)
    keys = set()
    for first, second in (("x1", "x2"), ("x2", "x1")):
        story = paid(*UNITS)
        story.send(i.Dispatched(lines={"A": 1}, parcel=first), 1)
        story.send(i.Dispatched(lines={"A": 1}, parcel=second), 2)
        keys.add(orders.key(Position(story.order, moment(3))))
        story.send(i.CancelDelivery(lines={"A": 1}), 3)
        assert first == next(lot.parcel for lot in story.order.lots if lot.state == "shipped.intercepting")
    assert 2 == len(keys)


# --- money -----------------------------------------------------------------------------------------------


def test_how_often_a_refund_was_tried_does_not_matter() -> None:
    """It is due again, to the same instrument."""
    once, twice = returned(*ONE), returned(*ONE)
    for story in (once, twice):
        assess(story)
    for hour in (100.0, 102.0):
        twice.send(i.RefundFailed(refund="r1"), hour)
        twice.send(i.ResendRefund(refund="r1"), hour + 1)
    assert_alike(once, twice, "refunds.attempt")


def test_in_which_order_refunds_were_created_does_not_matter() -> None:
    """They are told apart by what they pay back, not by their numbers."""
    one, other = (paid(item("A"), item("B", "20.00")) for _ in range(2))
    for story, lines in ((one, "AB"), (other, "BA")):
        for hour, line in enumerate(lines, start=1):
            story.send(i.RequestCancellation(lines=[line]), hour)
            story.send(i.ApproveCancellation(lines=[line]), hour)
        story.send(i.RefundSent(refund=next(each.id for each in story.order.refunds if each.amount == 1000)), 4)
    assert_alike(one, other, "lots.refunds", "refunds.amount", at=5)


def test_by_when_a_refund_was_promised_does_not_matter() -> None:
    """The dates are told and watched; they hold nothing up."""
    soon, later = paid(*ONE), paid(*ONE)
    for story, hour in ((soon, 1.0), (later, 100.0)):
        story.send(i.PreparationStarted(), 1)
        story.send(i.RequestCancellation(lines="all"), hour)
        story.send(i.ApproveCancellation(lines="all"), hour)
        story.send(i.StopConfirmed(), hour)
    assert_alike(soon, later, "refunds.due_by", "refunds.not_before", "refunds.overdue_at")


def test_when_an_order_was_paid_does_not_matter_but_for_its_deadline() -> None:
    """Seen from the presumed preparation, one order is like the other."""
    soon, later = paid(*ONE, at=1), paid(*ONE, at=5)
    assert_alike(soon, later, "paid_at", "payments.at", at=6, times=Times.EVERY)


def test_of_an_unpaid_order_it_matters_whether_it_could_be_in_preparation() -> None:
    """A payment learnt late may have its preparation behind it: early in the window it cannot, later it can."""
    orders = space(*ONE)
    story = placed(*ONE)
    early, midday, late = (orders.key(Position(story.order, moment(after))) for after in (1, 13, 24))
    assert 3 == len({early, midday, late})
    assert early == orders.key(Position(story.order, moment(12)))


def test_the_form_of_assessed_goods_only_adds_a_reason_to_a_refusal() -> None:
    """They are not assessed again; that an amount is missing too is told besides of goods that were opened."""
    opened = returned(*ONE, form={"opened": True, "reason": "defective"})
    unopened = returned(*ONE)
    for story in (opened, unopened):
        assess(story, amount="1.00", reason="size")
    assert_alike(opened, unopened, "lots.case.opened")


def test_positions_with_different_keys_are_not_compared() -> None:
    """That they behave alike is neither claimed nor expected."""
    one, other = (Position(story.order, moment(60)) for story in (paid(*ONE), delivered(*ONE)))
    with pytest.raises(ValueError, match="one key"):
        agree(space(*ONE), one, other)


def test_what_behaves_otherwise_is_told() -> None:
    """A key that forgets too much is found out: here, whether goods were opened."""
    orders = space(*ONE)
    orders.key = lambda position: "the same"  # type: ignore[method-assign]
    one, other = (asked_back(*ONE, form={"opened": opened}) for opened in (False, True))
    fault = agree(orders, Position(one.order, moment(80)), Position(other.order, moment(80)))
    assert fault is not None
    assert "ApproveReturn" in fault
    assert "outcome 'accepted', elsewhere 'refused'" in fault
