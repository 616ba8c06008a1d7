"""Interception: an unwanted parcel is called off, refused at the door, lost, or delivered after all.

Clauses A10 to A12, B17 to B19; settled questions 5.5, 5.7 and 5.12.
"""

from collections.abc import Callable
from typing import Any

import pytest

from orderfsm import (
    CUSTOMER_SERVICE,
    LOGISTICS,
    PAYMENT,
    PLATFORM,
    WAREHOUSE,
    Actor,
    ApproveCancellation,
    Arrived,
    AssessReturn,
    CancelDelivery,
    Delivered,
    DeliveryRefused,
    Dispatched,
    Input,
    InterceptConfirmed,
    InterceptDenied,
    Lost,
    RefundSettled,
    RequestCancellation,
    RequestReturn,
    ReturnReceived,
    StopConfirmed,
)
from orderfsm.effects import AskCarrier, Escalate, Notify, SendRefund
from tests.policy.road import DISPATCHED, delivered, returned, returning, shipped
from tests.policy.story import (
    BUYER,
    SELLER,
    STRANGER,
    TICK,
    Story,
    clauses,
    codes,
    effects,
    hours,
    item,
    moves,
    paid,
    placed,
    steps,
)

ASKED = 24
"""When the delivery is called off."""

CARRIERS_DEADLINE = hours(ASKED + 24)
NOT_CARRIERS = (PLATFORM, BUYER, CUSTOMER_SERVICE, SELLER, WAREHOUSE, PAYMENT)


def called_off(*items: Any, **fields: Any) -> Story:
    """Everything is in parcel P1, and the carrier has been asked, under a1, to cancel its delivery."""
    story = shipped(*items, **fields)
    assert story.send(CancelDelivery(lines="all"), ASKED).outcome == "accepted"
    return story


def in_two_parcels() -> Story:
    """A travels in P1 and B in P2."""
    story = paid(item("A"), item("B"))
    story.send(Dispatched(lines=["A"], parcel="P1"), DISPATCHED)
    story.send(Dispatched(lines=["B"], parcel="P2"), DISPATCHED)
    return story


def at_the_door(*items: Any) -> Story:
    """Everything is at the door, not signed for."""
    story = shipped(*items)
    story.send(Arrived(parcel="P1"), 30)
    return story


# --- A10, B17: what to do instead of cancelling ----------------------------------------------------------


def test_a10_what_is_under_way_can_be_called_off_refused_or_returned() -> None:
    """A cancellation that comes too late names the usual ways, and whom to ask."""
    decision = shipped().ask(RequestCancellation(lines=["A"]), ASKED)
    assert ["already_dispatched"] == codes(decision)
    assert {"cancel_delivery", "delivery_refused", "request_return", "contact_customer_service"} <= set(steps(decision))


def test_a10_what_is_at_the_door_can_no_longer_be_called_off() -> None:
    """At the door the ways left are to leave it unsigned or to return it."""
    named = steps(at_the_door().ask(RequestCancellation(lines=["A"]), 31))
    assert "cancel_delivery" not in named
    assert {"delivery_refused", "request_return", "contact_customer_service"} <= set(named)


def test_a10_what_was_signed_for_can_only_be_returned() -> None:
    """Received goods are sent back with a form."""
    named = steps(delivered().ask(RequestCancellation(lines=["A"]), 50))
    assert not {"cancel_delivery", "delivery_refused"} & set(named)
    assert {"request_return", "contact_customer_service"} <= set(named)


def test_b17_no_cancellation_after_dispatch() -> None:
    """Goods that have left are refused as `already_dispatched`."""
    assert ["A9"] == clauses(shipped().ask(RequestCancellation(lines=["A"]), ASKED))


# --- A11, B18: calling a delivery off --------------------------------------------------------------------


@pytest.mark.parametrize("by", [BUYER, CUSTOMER_SERVICE])
def test_b18_a_delivery_under_way_can_be_called_off(by: Actor) -> None:
    """The customer, or customer service, asks the carrier to cancel the delivery."""
    story = shipped()
    decision = story.send(CancelDelivery(lines=["A"]), ASKED, by=by)
    assert "accepted" == decision.outcome
    assert [("A", 1, "shipped", "shipped.intercepting")] == moves(decision)


def test_b18_a_delivery_can_be_called_off_by_its_parcel() -> None:
    """The tracking page knows the parcel."""
    story = shipped()
    assert "accepted" == story.send(CancelDelivery(parcel="P1"), ASKED).outcome
    assert {"shipped.intercepting": 1} == story.of("A")


@pytest.mark.parametrize("by", [PLATFORM, SELLER, WAREHOUSE, LOGISTICS, PAYMENT, STRANGER])
def test_b18_nobody_else_calls_a_delivery_off(by: Actor) -> None:
    """Only the order's customer and customer service may; the answer tells nothing more."""
    decision = shipped(item(seller="s7")).ask(CancelDelivery(lines=["A"]), ASKED, by=by)
    assert "refused" == decision.outcome
    assert ["not_allowed"] == codes(decision)


def test_b18_the_carrier_is_asked_and_the_customer_told() -> None:
    """Calling off asks the carrier under an ask id and notifies the customer."""
    decision = shipped().send(CancelDelivery(lines=["A"]), ASKED)
    (ask,) = effects(decision, AskCarrier)
    assert ("a1", {"A": 1}, ("P1",)) == (ask.ask, dict(ask.lines), ask.parcels)
    assert effects(decision, Notify)
    assert not effects(decision, SendRefund)


def test_b18_an_interception_is_no_cancellation() -> None:
    """Goods to be intercepted are still shipped, and no refund is owed."""
    story = called_off()
    assert "shipped" == story.order.state
    assert {} == story.refunds


def test_b18_the_whole_parcel_is_called_off() -> None:
    """Calling off one line takes its parcel's other goods along, and the answer lists them."""
    story = shipped(item("A"), item("B", quantity=3))
    decision = story.send(CancelDelivery(lines=["A"]), ASKED)
    assert {"B": 3} == dict(decision.added)
    assert {"A": {"shipped.intercepting": 1}, "B": {"shipped.intercepting": 3}} == story.goods


def test_b18_the_rest_of_a_line_in_the_parcel_is_added() -> None:
    """Calling off one of two pieces in one parcel calls off both."""
    story = shipped(item("A", quantity=2))
    decision = story.send(CancelDelivery(lines={"A": 1}), ASKED)
    assert {"A": 1} == dict(decision.added)
    assert {"shipped.intercepting": 2} == story.of("A")


def test_b18_nothing_is_added_where_everything_was_named() -> None:
    """`"all"` and the whole parcel are widened by nothing."""
    assert {} == dict(shipped(item("A"), item("B")).send(CancelDelivery(lines="all"), ASKED).added)
    assert {} == dict(shipped(item("A"), item("B")).send(CancelDelivery(parcel="P1"), ASKED).added)


def test_b18_another_parcel_goes_on() -> None:
    """Only the parcel that was named is called off."""
    story = in_two_parcels()
    decision = story.send(CancelDelivery(lines=["A"]), ASKED)
    assert {} == dict(decision.added)
    assert {"A": {"shipped.intercepting": 1}, "B": {"shipped": 1}} == story.goods


def test_b18_one_piece_of_a_line_in_two_parcels_takes_its_own_parcel_along() -> None:
    """A line's pieces in different parcels are called off parcel by parcel."""
    story = paid(item("A", quantity=2), item("B"))
    story.send(Dispatched(lines={"A": 1}, parcel="P1"), DISPATCHED)
    story.send(Dispatched(lines={"A": 1, "B": 1}, parcel="P2"), DISPATCHED)
    decision = story.send(CancelDelivery(parcel="P1"), ASKED)
    assert {} == dict(decision.added)
    assert {"A": {"shipped": 1, "shipped.intercepting": 1}, "B": {"shipped": 1}} == story.goods


def test_b18_goods_without_a_parcel_are_called_off_by_themselves() -> None:
    """Where no parcel was reported, only what was named is called off."""
    story = shipped(item("A"), item("B"), parcel=None)
    decision = story.send(CancelDelivery(lines=["A"]), ASKED)
    assert {} == dict(decision.added)
    assert {"A": {"shipped.intercepting": 1}, "B": {"shipped": 1}} == story.goods


def test_b18_a_bundle_is_called_off_parcel_by_parcel() -> None:
    """What is dispatched is no longer decided as a bundle, only as a parcel."""
    story = paid(item("A", bundle="set"), item("B", bundle="set"))
    story.send(Dispatched(lines=["A"], parcel="P1"), DISPATCHED)
    story.send(Dispatched(lines=["B"], parcel="P2"), DISPATCHED)
    assert {} == dict(story.send(CancelDelivery(lines=["A"]), ASKED).added)
    assert {"shipped": 1} == story.of("B")


def test_b18_all_parcels_can_be_called_off_at_once() -> None:
    """`"all"` means every parcel under way."""
    story = in_two_parcels()
    story.send(CancelDelivery(lines="all"), ASKED)
    assert {"A": {"shipped.intercepting": 1}, "B": {"shipped.intercepting": 1}} == story.goods


def test_b18_an_unknown_parcel_is_refused() -> None:
    """A parcel of another order cannot be called off."""
    assert ["unknown_parcel"] == codes(shipped().ask(CancelDelivery(parcel="P9"), ASKED))


def test_b18_an_unknown_line_is_refused() -> None:
    """A line that the order does not have cannot be called off."""
    assert ["unknown_line"] == codes(shipped().ask(CancelDelivery(lines=["Z"]), ASKED))


def test_b18_no_more_than_is_under_way_can_be_called_off() -> None:
    """More pieces than are under way are refused, with the number that would fit."""
    story = paid(item("A", quantity=3))
    story.send(Dispatched(lines={"A": 2}, parcel="P1"), DISPATCHED)
    decision = story.ask(CancelDelivery(lines={"A": 3}), ASKED)
    assert ["quantity_exceeds"] == codes(decision)
    assert 2 in decision.reasons[0].facts.values()


def test_b18_nothing_selected_is_refused() -> None:
    """An empty selection is no request."""
    assert ["nothing_selected"] == codes(shipped().ask(CancelDelivery(lines=[]), ASKED))


def test_b18_what_was_not_dispatched_cannot_be_called_off() -> None:
    """Goods that have not left are cancelled, not intercepted."""
    assert ["not_dispatched"] == codes(paid().ask(CancelDelivery(lines=["A"]), 1))
    assert ["not_dispatched"] == codes(paid().ask(CancelDelivery(lines=["A"]), 13))


def test_b18_an_unpaid_order_has_no_delivery() -> None:
    """Before payment there is nothing to call off, and all reasons are told."""
    decision = placed().ask(CancelDelivery(lines=["A"]), 1)
    assert "refused" == decision.outcome
    assert "not_dispatched" in codes(decision) or "not_paid" in codes(decision)


def test_b18_a_delivery_is_called_off_once() -> None:
    """A second call, under another id, is `already_requested`."""
    assert ["already_requested"] == codes(called_off().ask(CancelDelivery(lines=["A"]), 25))


def test_5_11_the_same_call_again_is_a_duplicate() -> None:
    """The same id with the same content has no effects of its own."""
    story = shipped()
    story.send(CancelDelivery(lines=["A"]), ASKED, id="k1")
    decision = story.send(CancelDelivery(lines=["A"]), ASKED, received=25, id="k1")
    assert "duplicate" == decision.outcome
    assert () == decision.effects


# --- B19: too late to call off ---------------------------------------------------------------------------


def test_b19_what_has_arrived_cannot_be_called_off() -> None:
    """At the door it is left unsigned or sent back later."""
    decision = at_the_door().ask(CancelDelivery(lines=["A"]), 31)
    assert (["already_arrived"], ["B19"]) == (codes(decision), clauses(decision))
    assert {"delivery_refused", "request_return"} <= set(steps(decision))


def test_b19_what_was_signed_for_cannot_be_called_off() -> None:
    """Delivered goods are sent back."""
    decision = delivered().ask(CancelDelivery(lines=["A"]), 50)
    assert (["already_delivered"], ["B19"]) == (codes(decision), clauses(decision))
    assert "request_return" in steps(decision)


def test_b19_a_parcel_that_arrived_with_the_ask_open_cannot_be_called_off_again() -> None:
    """Arrival ends the calling off, though the carrier may still answer."""
    story = called_off()
    story.send(Arrived(parcel="P1"), 30)
    assert "refused" == story.ask(CancelDelivery(lines=["A"]), 31).outcome


def test_b19_what_is_on_its_way_back_cannot_be_called_off() -> None:
    """An open return is not called off."""
    assert ["return_open"] == codes(returning().ask(CancelDelivery(lines=["A"]), 80))


def test_b19_what_came_back_cannot_be_called_off() -> None:
    """Returned goods are not called off."""
    assert ["already_returned"] == codes(returned().ask(CancelDelivery(lines=["A"]), 100))


def test_b7_digital_goods_have_no_delivery() -> None:
    """Subscriptions and the like are not covered."""
    decision = paid(item("D", kind="digital")).ask(CancelDelivery(lines=["D"]), 1)
    assert ["not_covered"] == codes(decision)


# --- A11: the carrier's answer ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        InterceptConfirmed(),
        InterceptConfirmed(ask="a1"),
        InterceptConfirmed(lines=["A"]),
        InterceptConfirmed(lines="all"),
        InterceptConfirmed(parcel="P1"),
        InterceptConfirmed(parcel="P1", ask="a1"),
    ],
    ids=["bare", "ask", "lines", "all", "parcel", "parcel and ask"],
)
def test_a11_a_confirmed_interception_sends_the_goods_back(answer: Input) -> None:
    """The carrier's yes, however it names the goods, turns them round."""
    story = called_off()
    decision = story.send(answer, 26)
    assert "accepted" == decision.outcome
    assert [("A", 1, "shipped.intercepting", "returning")] == moves(decision)
    assert "returning" == story.order.state


@pytest.mark.parametrize(
    "answer",
    [InterceptDenied(), InterceptDenied(ask="a1"), InterceptDenied(lines=["A"]), InterceptDenied(parcel="P1")],
    ids=["bare", "ask", "lines", "parcel"],
)
def test_a11_a_denied_interception_leaves_the_goods_under_way(answer: Input) -> None:
    """After the carrier's no the parcel simply goes on."""
    story = called_off()
    decision = story.send(answer, 26)
    assert "accepted" == decision.outcome
    assert [("A", 1, "shipped.intercepting", "shipped")] == moves(decision)


@pytest.mark.parametrize("answer", [InterceptConfirmed(), InterceptDenied()], ids=["yes", "no"])
def test_a11_the_customer_is_told_the_answer(answer: Input) -> None:
    """Either answer gives a notification."""
    assert effects(called_off().send(answer, 26), Notify)


@pytest.mark.parametrize("answer", [InterceptConfirmed(), InterceptDenied()], ids=["yes", "no"])
@pytest.mark.parametrize("by", NOT_CARRIERS, ids=str)
def test_a11_only_the_carrier_answers(answer: Input, by: Actor) -> None:
    """An answer from anybody else is no fact."""
    story = called_off(item(seller="s7"))
    decision = story.send(answer, 26, by=by)
    assert ("refused", ["not_allowed"]) == (decision.outcome, codes(decision))
    assert {"shipped.intercepting": 1} == story.of("A")


def test_a11_silence_is_no_yes() -> None:
    """However long the carrier says nothing, the goods stay called off and unanswered."""
    story = called_off()
    story.wait(24 * 60)
    assert {"shipped.intercepting": 1} == story.of("A")


def test_a11_nothing_is_paid_back_for_a_confirmed_interception_alone() -> None:
    """The money waits for the goods (A19)."""
    story = called_off()
    decision = story.send(InterceptConfirmed(), 26)
    assert not effects(decision, SendRefund)
    assert {} == story.refunds


def test_a11_after_a_no_the_delivery_can_be_called_off_again_under_a_new_ask() -> None:
    """A second request is a new question to the carrier."""
    story = called_off()
    story.send(InterceptDenied(ask="a1"), 26)
    (ask,) = effects(story.send(CancelDelivery(lines=["A"]), 27), AskCarrier)
    assert "a2" == ask.ask


@pytest.mark.parametrize(
    ("after", "fires"),
    [(CARRIERS_DEADLINE - TICK, False), (CARRIERS_DEADLINE, True), (CARRIERS_DEADLINE + TICK, True)],
    ids=["before", "at", "after"],
)
def test_a11_a_carrier_that_is_silent_for_24_hours_is_overdue(after: Any, fires: bool) -> None:
    """The ask is escalated exactly 24 hours after it was put."""
    decision = called_off().wait(after)
    assert (["logistics_overdue"] if fires else []) == list(decision.fired)
    assert fires == any(each.code == "logistics_overdue" for each in effects(decision, Escalate))


def test_a11_an_overdue_carrier_is_escalated_once() -> None:
    """One waiting is told once."""
    story = called_off()
    story.wait(60)
    assert () == story.wait(600).fired


def test_a11_arrival_begins_no_second_waiting() -> None:
    """An ask that was escalated is not escalated again when the parcel arrives."""
    story = called_off()
    story.wait(60)
    story.send(Arrived(parcel="P1"), 61)
    assert () == story.wait(600).fired


def test_a11_every_ask_is_a_waiting_of_its_own() -> None:
    """After a no, a second ask may be overdue again."""
    story = called_off()
    story.wait(60)
    story.send(InterceptDenied(ask="a1"), 61)
    story.send(CancelDelivery(lines=["A"]), 62)
    assert ("logistics_overdue",) == story.wait(62 + 24).fired


def test_a11_an_overdue_carrier_may_still_answer() -> None:
    """Being late does not make the answer wrong."""
    story = called_off()
    story.wait(60)
    assert "accepted" == story.send(InterceptConfirmed(), 61).outcome


def test_a11_an_answered_ask_is_never_overdue() -> None:
    """After the answer nobody waits."""
    story = called_off()
    story.send(InterceptDenied(), 26)
    assert "logistics_overdue" not in story.wait(600).fired


def test_a11_the_list_of_what_is_overdue_agrees() -> None:
    """`overdue` names the waiting carrier from the same instant on."""
    story = called_off()
    before = story.machine.overdue(story.order, at=story.order.placed_at + CARRIERS_DEADLINE - TICK)
    after = story.machine.overdue(story.order, at=story.order.placed_at + CARRIERS_DEADLINE)
    assert ([], ["logistics_overdue"]) == ([each.code for each in before], [each.code for each in after])


# --- A11: arrived while the ask is open ------------------------------------------------------------------


def arrived_while_asked() -> Story:
    """The parcel is at the door before the carrier has answered."""
    story = called_off()
    assert story.send(Arrived(parcel="P1"), 30).outcome == "accepted"
    return story


def test_a11_a_parcel_that_was_called_off_may_arrive() -> None:
    """Arrival is where the goods are."""
    assert {"arrived": 1} == arrived_while_asked().of("A")


def test_a11_arrival_leaves_the_ask_open() -> None:
    """The carrier may still confirm at the door."""
    story = arrived_while_asked()
    decision = story.send(InterceptConfirmed(ask="a1"), 31)
    assert "accepted" == decision.outcome
    assert [("A", 1, "arrived", "returning")] == moves(decision)


def test_a11_after_arrival_a_no_ends_the_ask() -> None:
    """A no at the door is an answer, no anomaly, and a later yes contradicts it."""
    story = arrived_while_asked()
    assert "accepted" == story.send(InterceptDenied(ask="a1"), 31).outcome
    assert ["stale_answer"] == codes(story.send(InterceptConfirmed(ask="a1"), 32))


def test_a11_the_carrier_is_overdue_also_after_arrival() -> None:
    """The open ask is still waited for."""
    assert "logistics_overdue" in arrived_while_asked().wait(CARRIERS_DEADLINE).fired


def test_a11_delivery_ends_the_ask() -> None:
    """Once it is signed for nobody waits, and a late yes is stale."""
    story = arrived_while_asked()
    story.send(Delivered(parcel="P1"), 32)
    decision = story.send(InterceptConfirmed(ask="a1"), 33)
    assert ("anomaly", ["stale_answer"]) == (decision.outcome, codes(decision))
    assert {"delivered": 1} == story.of("A")
    assert "logistics_overdue" not in story.wait(600).fired


def test_a11_delivery_straight_from_an_interception_is_where_the_goods_are() -> None:
    """A carrier that delivers although asked has delivered; the skipped arrival is inferred."""
    story = called_off()
    decision = story.send(Delivered(parcel="P1"), 32)
    assert "accepted" == decision.outcome
    assert [("shipped.intercepting", "arrived", True), ("arrived", "delivered", False)] == [
        (move.source, move.target, move.inferred) for move in decision.moves
    ]


def test_a11_goods_that_arrived_without_an_ask_are_not_answered_for() -> None:
    """A yes that nobody asked for is stale."""
    story = at_the_door()
    assert ["stale_answer"] == codes(story.send(InterceptConfirmed(parcel="P1"), 31))
    assert {"arrived": 1} == story.of("A")


# --- 5.7: stale answers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [InterceptConfirmed, InterceptDenied])
def test_5_7_an_answer_to_another_ask_moves_nothing(answer: type[Any]) -> None:
    """An answer binds the goods that were asked, by the ask's id."""
    story = called_off()
    decision = story.send(answer(lines=["A"], ask="a9"), 26)
    assert ("anomaly", ["stale_answer"]) == (decision.outcome, codes(decision))
    assert {"shipped.intercepting": 1} == story.of("A")
    assert effects(decision, Escalate)


@pytest.mark.parametrize("answer", [InterceptConfirmed, InterceptDenied])
def test_5_7_an_answer_to_the_ask_before_moves_nothing(answer: type[Any]) -> None:
    """After asking again, an answer that quotes the denied ask cannot decide the new one."""
    story = called_off()
    story.send(InterceptDenied(ask="a1"), 26)
    story.send(CancelDelivery(lines=["A"]), 27)
    story.send(answer(lines=["A"], ask="a1"), 28)
    assert {"shipped.intercepting": 1} == story.of("A")


def test_5_7_a_contradicting_answer_to_the_ask_before_is_an_anomaly() -> None:
    """A yes to a denied ask is kept, and does not answer the new ask."""
    story = called_off()
    story.send(InterceptDenied(ask="a1"), 26)
    story.send(CancelDelivery(lines=["A"]), 27)
    assert ["stale_answer"] == codes(story.send(InterceptConfirmed(lines=["A"], ask="a1"), 28))


@pytest.mark.parametrize(
    ("at", "outcome"),
    [(hours(ASKED) - TICK, "anomaly"), (hours(ASKED), "accepted"), (hours(ASKED) + TICK, "accepted")],
    ids=["before", "at", "after"],
)
@pytest.mark.parametrize("answer", [InterceptConfirmed, InterceptDenied])
def test_5_7_without_an_ask_an_answer_from_before_the_ask_is_stale(answer: type[Any], at: Any, outcome: str) -> None:
    """An answer that quotes no ask counts only if it did not precede the open ask."""
    story = called_off()
    decision = story.send(answer(lines=["A"]), at, received=30)
    assert outcome == decision.outcome
    if outcome == "anomaly":
        assert ["stale_answer"] == codes(decision)
        assert {"shipped.intercepting": 1} == story.of("A")


def test_5_7_an_answer_that_quotes_its_ask_needs_no_time() -> None:
    """The ask's id decides, whatever the carrier's clock says."""
    assert "accepted" == called_off().send(InterceptConfirmed(ask="a1"), hours(ASKED) - TICK, received=30).outcome


@pytest.mark.parametrize("answer", [InterceptConfirmed, InterceptDenied])
@pytest.mark.parametrize("ask", [None, "a1"])
def test_5_7_the_same_answer_again_is_a_duplicate(answer: type[Any], ask: str | None) -> None:
    """A repeated answer repeats what is known."""
    story = called_off()
    story.send(answer(lines=["A"], ask=ask), 26)
    decision = story.send(answer(lines=["A"], ask=ask), 27)
    assert ("duplicate", ()) == (decision.outcome, decision.effects)


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [(InterceptConfirmed, InterceptDenied, "returning"), (InterceptDenied, InterceptConfirmed, "shipped")],
)
@pytest.mark.parametrize("ask", [None, "a1"])
def test_5_7_a_second_contradicting_answer_moves_nothing(
    first: type[Any], second: type[Any], state: str, ask: str | None
) -> None:
    """The first answer stands; the contradicting one is kept as an anomaly."""
    story = called_off()
    story.send(first(lines=["A"], ask=ask), 26)
    decision = story.send(second(lines=["A"], ask=ask), 27)
    assert ("anomaly", ["stale_answer"]) == (decision.outcome, codes(decision))
    assert {state: 1} == story.of("A")


@pytest.mark.parametrize("answer", [InterceptConfirmed, InterceptDenied])
def test_5_7_an_answer_that_nobody_asked_for_is_stale(answer: type[Any]) -> None:
    """Goods that were never called off do not turn round."""
    story = shipped()
    decision = story.send(answer(lines=["A"]), 26)
    assert ("anomaly", ["stale_answer"]) == (decision.outcome, codes(decision))
    assert {"shipped": 1} == story.of("A")


def two_asks() -> Story:
    """A in P1 was called off under a1, B in P2 under a2."""
    story = in_two_parcels()
    story.send(CancelDelivery(lines=["A"]), 24)
    story.send(CancelDelivery(lines=["B"]), 25)
    return story


def test_5_7_an_answer_binds_only_the_goods_of_its_ask() -> None:
    """An answer to a1 leaves what was asked about under a2."""
    story = two_asks()
    assert "accepted" == story.send(InterceptConfirmed(ask="a1"), 26).outcome
    assert {"A": {"returning": 1}, "B": {"shipped.intercepting": 1}} == story.goods


def test_5_7_an_answer_names_other_goods_than_its_ask() -> None:
    """Goods that were not asked about under the quoted ask do not move."""
    story = two_asks()
    decision = story.send(InterceptConfirmed(lines=["B"], ask="a1"), 26)
    assert ["stale_answer"] == codes(decision)
    assert {"B": {"shipped.intercepting": 1}} == {"B": story.of("B")}


def test_5_7_without_an_ask_an_answer_between_two_asks_is_about_the_first() -> None:
    """What was asked about later is not answered by what was said before."""
    story = two_asks()
    story.send(InterceptConfirmed(), hours(24.5), received=26)
    assert {"A": {"returning": 1}, "B": {"shipped.intercepting": 1}} == story.goods


def test_5_7_the_answer_may_differ_by_parcel() -> None:
    """A yes for one parcel and a no for the other."""
    story = two_asks()
    story.send(InterceptConfirmed(parcel="P1"), 26)
    story.send(InterceptDenied(parcel="P2"), 26)
    assert {"A": {"returning": 1}, "B": {"shipped": 1}} == story.goods


def test_5_7_what_fits_moves_though_the_rest_is_stale() -> None:
    """Of an answer about several lines, the asked ones move and the others are an anomaly."""
    story = in_two_parcels()
    story.send(CancelDelivery(lines=["A"]), ASKED)
    decision = story.send(InterceptConfirmed(lines=["A", "B"]), 26)
    assert ("anomaly", ["stale_answer"]) == (decision.outcome, codes(decision))
    assert {"A": {"returning": 1}, "B": {"shipped": 1}} == story.goods


def test_5_7_an_answer_may_be_about_some_pieces() -> None:
    """The rest of the parcel is still asked about."""
    story = called_off(item("A", quantity=3))
    assert "accepted" == story.send(InterceptConfirmed(lines={"A": 1}, ask="a1"), 26).outcome
    assert {"returning": 1, "shipped.intercepting": 2} == story.of("A")
    assert "accepted" == story.send(InterceptDenied(lines={"A": 2}, ask="a1"), 27).outcome
    assert {"returning": 1, "shipped": 2} == story.of("A")


def test_5_7_a_logistics_answer_is_none_to_the_carriers_ask() -> None:
    """Stopping goods in preparation and stopping a parcel are two questions."""
    story = called_off()
    assert "anomaly" == story.send(StopConfirmed(lines=["A"]), 26).outcome
    assert {"shipped.intercepting": 1} == story.of("A")


# --- 5.12: delivered, or received, after all -------------------------------------------------------------


def turned_round() -> Story:
    """The carrier has confirmed, and the goods are on their way back."""
    story = called_off()
    story.send(InterceptConfirmed(), 26)
    return story


def test_5_12_delivered_after_a_confirmed_interception_is_where_the_goods_are() -> None:
    """They become delivered, with an anomaly."""
    story = turned_round()
    decision = story.send(Delivered(parcel="P1"), 30)
    assert "anomaly" == decision.outcome
    assert [("A", 1, "returning", "delivered")] == moves(decision)
    assert effects(decision, Escalate)
    assert ["n1"] == [each.id for each in story.order.anomalies if each.open]


def test_5_12_goods_delivered_after_an_interception_can_be_returned_with_a_form() -> None:
    """The customer has them now, and may ask for a return like anybody."""
    story = turned_round()
    story.send(Delivered(parcel="P1"), 30)
    assert "accepted" == story.send(RequestReturn(lines=["A"], reason="changed_mind"), 40).outcome


def test_5_12_the_wrong_delivery_reported_twice_is_a_duplicate() -> None:
    """What is known is not an anomaly again."""
    story = turned_round()
    story.send(Delivered(parcel="P1"), 30)
    assert "duplicate" == story.send(Delivered(parcel="P1"), 31).outcome


def test_a11_intercepted_goods_need_no_form() -> None:
    """They are simply received, and then assessed."""
    story = turned_round()
    decision = story.send(ReturnReceived(lines=["A"]), 60)
    assert "accepted" == decision.outcome
    assert [("A", 1, "returning", "returned")] == moves(decision)


def test_a11_goods_may_come_back_before_the_carriers_answer() -> None:
    """Receipt from an unanswered interception is as good as a yes."""
    story = called_off()
    decision = story.send(ReturnReceived(lines=["A"]), 40)
    assert "accepted" == decision.outcome
    assert [("A", 1, "shipped.intercepting", "returned")] == moves(decision)
    assert () == story.order.anomalies


def test_a11_once_received_nobody_waits_for_the_carrier() -> None:
    """Receipt ends the ask."""
    story = called_off()
    story.send(ReturnReceived(lines=["A"]), 40)
    assert "logistics_overdue" not in story.wait(600).fired


# --- A11, A12: turned away -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "state"),
    [(shipped, "shipped"), (called_off, "shipped.intercepting"), (at_the_door, "arrived")],
    ids=["under way", "called off", "at the door"],
)
@pytest.mark.parametrize(
    "fact", [DeliveryRefused(), DeliveryRefused(lines=["A"]), DeliveryRefused(parcel="P1")], ids=["bare", "line", "box"]
)
def test_a12_a_parcel_that_is_turned_away_comes_back(before: Callable[[], Story], state: str, fact: Input) -> None:
    """Before the door or at it, a refused parcel is on its way back, without a form."""
    story = before()
    decision = story.send(fact, 32)
    assert "accepted" == decision.outcome
    assert [("A", 1, state, "returning")] == moves(decision)


@pytest.mark.parametrize("by", NOT_CARRIERS, ids=str)
def test_a12_only_the_carrier_reports_a_refusal(by: Actor) -> None:
    """A customer does not say so by word, but at the door."""
    story = at_the_door(item(seller="s7"))
    assert ["not_allowed"] == codes(story.send(DeliveryRefused(lines=["A"]), 32, by=by))
    assert {"arrived": 1} == story.of("A")


def test_a12_a_refused_parcel_is_received_and_assessed_without_a_form() -> None:
    """Turning away is a return route of its own."""
    story = at_the_door()
    story.send(DeliveryRefused(parcel="P1"), 32)
    assert "accepted" == story.send(ReturnReceived(lines=["A"]), 60).outcome
    assert "accepted" == story.send(AssessReturn(lines=["A"]), 61).outcome
    assert [1000] == [refund.amount for refund in story.order.refunds]


def test_a12_a_refusal_ends_the_carriers_ask() -> None:
    """After the refusal nobody waits, and the goods come back whatever the carrier says."""
    story = called_off()
    story.send(DeliveryRefused(parcel="P1"), 32)
    assert "logistics_overdue" not in story.wait(600).fired
    story.send(InterceptDenied(ask="a1"), 601)
    assert {"returning": 1} == story.of("A")


def test_a12_a_refusal_reported_twice_is_a_duplicate() -> None:
    """The second report repeats what is known."""
    story = at_the_door()
    story.send(DeliveryRefused(parcel="P1"), 32)
    assert "duplicate" == story.send(DeliveryRefused(parcel="P1"), 33).outcome


def test_a12_what_was_signed_for_was_not_refused() -> None:
    """A refusal after signing contradicts it and moves nothing."""
    story = delivered()
    assert "anomaly" == story.send(DeliveryRefused(parcel="P1"), 50).outcome
    assert {"delivered": 1} == story.of("A")


def test_a12_one_piece_can_be_turned_away() -> None:
    """A quantity that is refused splits off."""
    story = at_the_door(item("A", quantity=3))
    story.send(DeliveryRefused(lines={"A": 1}), 32)
    assert {"arrived": 2, "returning": 1} == story.of("A")


def test_a12_more_than_is_there_is_an_anomaly_and_the_rest_comes_back() -> None:
    """What fits moves all the same."""
    story = at_the_door(item("A", quantity=2))
    decision = story.send(DeliveryRefused(lines={"A": 3}), 32)
    assert "anomaly" == decision.outcome
    assert {"returning": 2} == story.of("A")


def test_5_12_a_refusal_before_any_dispatch_was_reported_fills_the_steps_in() -> None:
    """Implied steps are filled in and marked inferred."""
    story = paid()
    decision = story.send(DeliveryRefused(lines=["A"]), 32)
    assert {"returning": 1} == story.of("A")
    assert [True, False] == [move.inferred for move in decision.moves][-2:]


def test_3_a_bare_fact_infers_nothing() -> None:
    """Without lines or parcel a fact speaks only of goods that it can move by one step."""
    story = paid(item("A"), item("B"))
    story.send(Dispatched(lines=["A"], parcel="P1"), DISPATCHED)
    story.send(DeliveryRefused(), 32)
    assert {"A": {"returning": 1}, "B": {"preparing": 1}} == story.goods


def test_3_a_fact_about_an_unknown_parcel_is_an_anomaly() -> None:
    """A parcel that does not belong to the order moves nothing of it."""
    story = shipped()
    assert "anomaly" == story.send(DeliveryRefused(parcel="P9"), 32).outcome
    assert {"shipped": 1} == story.of("A")


# --- lost ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "state"),
    [
        (shipped, "shipped"),
        (called_off, "shipped.intercepting"),
        (at_the_door, "arrived"),
        (turned_round, "returning"),
        (returning, "returning"),
    ],
    ids=["under way", "called off", "at the door", "intercepted", "sent back"],
)
def test_3_goods_can_be_lost_on_the_way_out_and_back(before: Callable[[], Story], state: str) -> None:
    """The carrier's loss is told to the customer and escalated."""
    story = before()
    decision = story.send(Lost(lines=["A"]), 80)
    assert "accepted" == decision.outcome
    assert [("A", 1, state, "lost")] == moves(decision)[-1:]
    assert effects(decision, Escalate)
    assert effects(decision, Notify)
    assert {} == story.refunds


def test_3_lost_goods_are_not_waited_for() -> None:
    """Neither the carrier's answer nor a return is overdue once the goods are lost."""
    story = called_off()
    story.send(Lost(parcel="P1"), 30)
    assert () == story.wait(24 * 90).fired


def test_3_lost_twice_is_a_duplicate() -> None:
    """The second report repeats what is known."""
    story = shipped()
    story.send(Lost(parcel="P1"), 30)
    assert "duplicate" == story.send(Lost(parcel="P1"), 31).outcome


def test_3_lost_goods_may_be_delivered_after_all() -> None:
    """`delivered` is where the goods are."""
    story = shipped()
    story.send(Lost(parcel="P1"), 30)
    decision = story.send(Delivered(parcel="P1"), 40)
    assert "accepted" == decision.outcome
    assert [("A", 1, "lost", "delivered")] == moves(decision)


def test_3_lost_goods_may_come_back_to_the_warehouse() -> None:
    """`return_received` is where the goods are."""
    story = turned_round()
    story.send(Lost(parcel="P1"), 30)
    decision = story.send(ReturnReceived(lines=["A"]), 40)
    assert "accepted" == decision.outcome
    assert [("A", 1, "lost", "returned")] == moves(decision)


def test_3_goods_lost_on_the_way_to_repair_come_back_for_repair() -> None:
    """What was sent in for repair is repaired when it turns up."""
    story = returning(form={"kind": "repair", "reason": "defective"})
    story.send(Lost(lines=["A"]), 80)
    story.send(ReturnReceived(lines=["A"]), 90)
    assert {"servicing": 1} == story.of("A")


def test_3_what_was_signed_for_cannot_be_lost_by_the_carrier() -> None:
    """A loss after delivery contradicts it."""
    story = delivered()
    assert "anomaly" == story.send(Lost(parcel="P1"), 50).outcome
    assert {"delivered": 1} == story.of("A")


def test_3_what_was_received_cannot_be_lost_by_the_carrier() -> None:
    """A loss after receipt contradicts it."""
    story = returned()
    assert "anomaly" == story.send(Lost(lines=["A"]), 100).outcome
    assert {"returned": 1} == story.of("A")


@pytest.mark.parametrize("by", NOT_CARRIERS, ids=str)
def test_3_only_the_carrier_reports_a_loss(by: Actor) -> None:
    """A loss that anybody else claims is no fact."""
    assert ["not_allowed"] == codes(shipped(item(seller="s7")).ask(Lost(lines=["A"]), 30, by=by))


def test_2_an_order_with_lost_goods_is_shipped() -> None:
    """Lost goods count as being on the way."""
    story = shipped()
    story.send(Lost(parcel="P1"), 30)
    assert "shipped" == story.order.state


# --- 5.5: dispatched after cancellation or closing -------------------------------------------------------


def cancelled() -> Story:
    """A paid order was cancelled before anything left, and its refund is due."""
    story = paid(delivery_fee="4.90")
    story.send(RequestCancellation(lines="all"), 1)
    story.send(ApproveCancellation(lines="all"), 2)
    assert {"r1": ("cancellation", "due", "14.90")} == story.refunds
    return story


def gone_astray() -> Story:
    """Cancelled goods were dispatched in P7 nevertheless."""
    story = cancelled()
    story.send(Dispatched(lines=["A"], parcel="P7"), DISPATCHED)
    return story


def test_5_5_dispatch_after_cancellation_moves_nothing() -> None:
    """The decision is honoured; the report is an anomaly."""
    story = cancelled()
    decision = story.send(Dispatched(lines=["A"], parcel="P7"), DISPATCHED)
    assert ("anomaly", ["dispatched_after_cancel"]) == (decision.outcome, codes(decision))
    assert {"cancelled": 1} == story.of("A")


def test_5_5_dispatch_after_cancellation_asks_the_carrier_and_escalates() -> None:
    """The parcel is to be brought back, and a person looks."""
    decision = cancelled().send(Dispatched(lines=["A"], parcel="P7"), DISPATCHED)
    (ask,) = effects(decision, AskCarrier)
    assert ("a1", ("P7",)) == (ask.ask, ask.parcels)
    assert ["dispatched_after_cancel"] == [each.code for each in effects(decision, Escalate)]
    assert not effects(decision, SendRefund)


def test_5_5_dispatch_after_closing_moves_nothing() -> None:
    """A closed order stays closed."""
    story = placed()
    decision = story.send(Dispatched(lines=["A"], parcel="P7"), 30)
    assert ["dispatched_after_close"] == codes(decision)
    assert {"closed": 1} == story.of("A")
    assert effects(decision, AskCarrier)
    assert effects(decision, Escalate)


def test_5_5_dispatch_of_refunded_goods_moves_nothing() -> None:
    """After the refund was settled the decision is honoured just as well."""
    story = cancelled()
    story.send(RefundSettled(refund="r1"), 10)
    decision = story.send(Dispatched(lines=["A"], parcel="P7"), DISPATCHED)
    assert ["dispatched_after_cancel"] == codes(decision)
    assert {"refunded": 1} == story.of("A")


def test_5_5_the_same_wrong_dispatch_again_is_a_duplicate() -> None:
    """It was reported before; nobody is asked twice."""
    decision = gone_astray().send(Dispatched(lines=["A"], parcel="P7"), 21)
    assert ("duplicate", ()) == (decision.outcome, decision.effects)


def test_5_5_the_parcel_is_remembered() -> None:
    """Later facts about the wrongly dispatched parcel are known to belong to this order."""
    story = gone_astray()
    decision = story.send(Delivered(parcel="P7"), 40)
    assert "anomaly" == decision.outcome
    assert "unknown_parcel" not in codes(decision)
    assert {"cancelled": 1} == story.of("A")


@pytest.mark.parametrize("answer", [InterceptConfirmed, InterceptDenied])
def test_5_5_the_carrier_may_answer_about_the_stray_parcel(answer: type[Any]) -> None:
    """The ask was real, so its answer is no anomaly; the goods stay cancelled."""
    story = gone_astray()
    assert "accepted" == story.send(answer(ask="a1"), 22).outcome
    assert {"cancelled": 1} == story.of("A")


def test_5_5_the_refund_is_paid_once_also_when_the_parcel_comes_back() -> None:
    """Cancelled goods that turn up in the warehouse give no second refund."""
    story = gone_astray()
    decision = story.send(ReturnReceived(lines=["A"]), 60)
    assert "anomaly" == decision.outcome
    assert {"cancelled": 1} == story.of("A")
    assert "refused" == story.send(AssessReturn(lines=["A"]), 61).outcome
    assert {"r1": ("cancellation", "due", "14.90")} == story.refunds


@pytest.mark.parametrize(("after", "fires"), [(hours(44) - TICK, False), (hours(44), True)], ids=["before", "at"])
def test_5_5_a_carrier_silent_about_a_stray_parcel_is_overdue(after: Any, fires: bool) -> None:
    """That ask is waited for like any other: 24 hours."""
    assert fires == ("logistics_overdue" in gone_astray().wait(after).fired)
