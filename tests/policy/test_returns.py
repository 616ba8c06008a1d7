"""Returns: after-sales forms, terms for opened goods, labels and addresses, repair and exchange, receipt.

Clauses A13, A15, A16, B3 to B5; settled questions 5.2, 5.9, 5.12 and 5.15.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

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
    Condition,
    DeclineReturn,
    Delivered,
    DeliveryRefused,
    Dispatched,
    GiveUpService,
    InterceptConfirmed,
    Policy,
    RefundSettled,
    RejectTerms,
    RequestCancellation,
    RequestReturn,
    ResolveAnomaly,
    ReturnReceived,
    ReturnSchedule,
    WithdrawReturn,
)
from orderfsm.effects import (
    Channel,
    Escalate,
    Instruction,
    Notify,
    SendRefund,
    SendReplacement,
    SendReturnAddress,
    SendReturnLabel,
    TellWarehouse,
)
from tests.policy.road import (
    APPROVED,
    ASKED,
    RECEIVED,
    agreed,
    asked_back,
    delivered,
    planning,
    returned,
    returning,
    shipped,
)
from tests.policy.story import (
    BUYER,
    OTHER_SELLER,
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

SHOP_FAULTS = ["defective", "wrong_item", "damaged", "not_as_described"]
DAY = 24


def want_back(**fields: Any) -> RequestReturn:
    """The form about line A, not wanted any more unless it says otherwise."""
    return RequestReturn(**{"lines": ["A"], "reason": "changed_mind", **fields})


def at_the_door(*items: Any) -> Story:
    """Everything has arrived and is not signed for."""
    story = shipped(*items)
    story.send(Arrived(parcel="P1"), 30)
    return story


def intercepted(*items: Any) -> Story:
    """Everything is on its way back though it never reached the customer."""
    story = shipped(*items)
    story.send(CancelDelivery(lines="all"), 24)
    story.send(InterceptConfirmed(), 26)
    return story


# --- B3, A13: the form -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["return", "repair", "exchange"])
@pytest.mark.parametrize("opened", [False, True])
@pytest.mark.parametrize("by", [BUYER, CUSTOMER_SERVICE], ids=str)
def test_b3_return_repair_and_exchange_start_with_a_form(kind: str, opened: bool, by: Actor) -> None:
    """Delivered goods of any kind of return wait for a decision on the form."""
    story = delivered()
    decision = story.send(want_back(kind=kind, opened=opened), ASKED, by=by)
    assert "accepted" == decision.outcome
    assert [("A", 1, "delivered", "return_requested")] == moves(decision)
    assert effects(decision, Notify)


@pytest.mark.parametrize("by", [PLATFORM, SELLER, WAREHOUSE, LOGISTICS, PAYMENT, STRANGER], ids=str)
def test_b3_nobody_else_fills_in_the_form(by: Actor) -> None:
    """Only the order's customer, or customer service, asks for a return."""
    story = delivered(item(seller="s7"))
    assert ["not_allowed"] == codes(story.send(want_back(), ASKED, by=by))
    assert {"delivered": 1} == story.of("A")


def test_b3_a_form_may_be_about_some_pieces() -> None:
    """A quantity splits off; the rest stays with the customer."""
    story = delivered(item("A", quantity=3))
    story.send(want_back(lines={"A": 1}), ASKED)
    assert {"delivered": 2, "return_requested": 1} == story.of("A")


def test_b3_a_second_form_may_be_about_the_rest() -> None:
    """What is not on a form yet fits another one."""
    story = delivered(item("A", quantity=3))
    story.send(want_back(lines={"A": 1}), ASKED)
    assert "accepted" == story.send(want_back(lines={"A": 2}, reason="defective"), ASKED + 1).outcome
    assert {"return_requested": 3} == story.of("A")


def test_b3_no_more_than_was_delivered_can_be_on_a_form() -> None:
    """More pieces than fit are refused, with the number that would fit."""
    story = delivered(item("A", quantity=3))
    story.send(want_back(lines={"A": 1}), ASKED)
    decision = story.ask(want_back(lines={"A": 3}), ASKED + 1)
    assert ["quantity_exceeds"] == codes(decision)
    assert 2 in decision.reasons[0].facts.values()


def test_b3_an_order_with_a_form_is_returning() -> None:
    """The order's state shows the open return."""
    assert "returning" == asked_back().order.state


def test_b21_one_item_of_a_bundle_may_be_returned_alone() -> None:
    """Only cancellations are decided for the bundle as one (policy 5.2)."""
    story = delivered(item("A", bundle="set"), item("B", bundle="set"))
    decision = story.send(want_back(), ASKED)
    assert ("accepted", {}) == (decision.outcome, dict(decision.added))
    assert {"A": {"return_requested": 1}, "B": {"delivered": 1}} == story.goods


def test_a13_nothing_is_returned_before_payment() -> None:
    """An unpaid order has nothing to return."""
    decision = placed().ask(want_back(), 1)
    assert "refused" == decision.outcome
    assert {"not_paid", "not_delivered"} & set(codes(decision))


def test_a13_nothing_is_returned_of_a_closed_order() -> None:
    """A closed order never went out."""
    assert ["order_closed"] == codes(placed().ask(want_back(), 30))


@pytest.mark.parametrize(
    ("before", "after"),
    [(paid, 1), (paid, 13), (shipped, 30), (at_the_door, 31)],
    ids=["unshipped", "preparing", "under way", "at the door"],
)
def test_a13_what_was_not_delivered_needs_no_form(before: Callable[[], Story], after: int) -> None:
    """Before signing there are other ways; the form is refused."""
    decision = before().ask(want_back(), after)
    assert ["not_delivered"] == codes(decision)
    assert steps(decision)


def test_a13_cancelled_goods_are_not_returned() -> None:
    """What was cancelled never left."""
    story = paid()
    story.send(RequestCancellation(lines=["A"]), 1)
    story.send(ApproveCancellation(lines=["A"]), 2)
    assert ["already_cancelled"] == codes(story.ask(want_back(), 3))


@pytest.mark.parametrize(
    "before",
    [asked_back, planning, returning, intercepted],
    ids=["requested", "planning", "returning", "intercepted"],
)
def test_b3_what_is_on_a_form_already_is_refused(before: Callable[[], Story]) -> None:
    """A second form about the same goods is `return_open`."""
    assert ["return_open"] == codes(before().ask(want_back(), 80))


def test_a13_what_came_back_is_not_returned_again() -> None:
    """Received goods are in the warehouse."""
    assert ["already_returned"] == codes(returned().ask(want_back(), 100))


def test_a13_what_was_refunded_is_not_returned_again() -> None:
    """Nor are goods whose refund has been settled."""
    story = returned()
    story.send(AssessReturn(lines="all"), 98)
    story.send(RefundSettled(refund="r1"), 99)
    assert "refused" == story.ask(want_back(), 100).outcome


def test_b7_digital_goods_are_not_returned() -> None:
    """Subscriptions and the like are not covered."""
    story = paid(item("A"), item("D", kind="digital"))
    decision = story.ask(want_back(lines=["D"]), 1)
    assert (["not_covered"], ["B7"]) == (codes(decision), clauses(decision))


def test_b3_all_means_what_was_delivered() -> None:
    """`"all"` takes everything that fits, digital goods and goods under way left out."""
    story = paid(item("A"), item("B"), item("D", kind="digital"))
    story.send(Dispatched(lines=["A"], parcel="P1"), 20)
    story.send(Delivered(parcel="P1"), 48)
    story.send(want_back(lines="all"), ASKED)
    assert {"A": {"return_requested": 1}, "B": {"preparing": 1}, "D": {"delivered": 1}} == story.goods


def test_4_a_form_is_all_or_nothing() -> None:
    """One line that does not fit refuses the whole form (B13)."""
    story = delivered(item("A"), item("B"))
    story.send(want_back(lines=["B"]), ASKED)
    assert "refused" == story.send(want_back(lines=["A", "B"]), ASKED + 1).outcome
    assert {"delivered": 1} == story.of("A")


# --- withdrawing and declining ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "state"),
    [(asked_back, "return_requested"), (planning, "return_planning"), (returning, "returning")],
)
def test_3_the_customer_may_keep_the_goods_until_they_are_received(before: Callable[[], Story], state: str) -> None:
    """A return is withdrawn before, during and after its approval."""
    story = before()
    decision = story.send(WithdrawReturn(lines=["A"]), 80)
    assert "accepted" == decision.outcome
    assert [("A", 1, state, "delivered")] == moves(decision)


@pytest.mark.parametrize("by", [PLATFORM, CUSTOMER_SERVICE, SELLER, WAREHOUSE, LOGISTICS, PAYMENT, STRANGER], ids=str)
def test_3_only_the_customer_withdraws_a_return(by: Actor) -> None:
    """Nobody else decides to keep the goods."""
    assert ["not_allowed"] == codes(asked_back(item(seller="s7")).ask(WithdrawReturn(lines=["A"]), 80, by=by))


def test_3_what_never_reached_the_customer_cannot_be_kept() -> None:
    """Goods on their way back from an interception are not withdrawn."""
    story = intercepted()
    assert "refused" == story.send(WithdrawReturn(lines=["A"]), 30).outcome
    assert {"returning": 1} == story.of("A")


def test_3_what_was_turned_away_cannot_be_kept() -> None:
    """Nor are refused parcels."""
    story = at_the_door()
    story.send(DeliveryRefused(parcel="P1"), 31)
    assert "refused" == story.send(WithdrawReturn(lines=["A"]), 32).outcome


def test_3_what_was_received_cannot_be_kept() -> None:
    """A return is withdrawn too late once the goods are in the warehouse."""
    assert ["already_returned"] == codes(returned().ask(WithdrawReturn(lines=["A"]), 100))


def test_3_nothing_requested_nothing_withdrawn() -> None:
    """Without a form there is nothing to withdraw, approve or decline."""
    story = delivered()
    for command in (WithdrawReturn(lines=["A"]), ApproveReturn(lines=["A"]), DeclineReturn(lines=["A"])):
        assert ["nothing_requested"] == codes(story.ask(command, ASKED))


def test_3_after_withdrawing_another_form_may_follow() -> None:
    """Goods that were kept can be returned later, with a new form and a new reason."""
    story = returning()
    story.send(WithdrawReturn(lines=["A"]), 80)
    assert "accepted" == story.send(want_back(reason="defective", opened=True), 90).outcome
    assert "accepted" == story.send(ApproveReturn(lines=["A"]), 91).outcome


def test_3_some_pieces_of_a_form_may_be_withdrawn() -> None:
    """The rest of the form goes on."""
    story = asked_back(item("A", quantity=3))
    story.send(WithdrawReturn(lines={"A": 1}), 80)
    assert {"delivered": 1, "return_requested": 2} == story.of("A")


@pytest.mark.parametrize("before", [asked_back, planning, returning])
def test_3_a_return_is_declined_until_it_is_received(before: Callable[[], Story]) -> None:
    """Also an approved one: what was never sent in ends the waiting."""
    story = before()
    decision = story.send(DeclineReturn(lines=["A"], reason="too_late"), 80)
    assert "accepted" == decision.outcome
    assert {"delivered": 1} == story.of("A")
    assert effects(decision, Notify)


def test_3_an_intercepted_parcel_cannot_be_declined() -> None:
    """Goods that never reached the customer cannot go back there by word."""
    story = intercepted()
    assert "refused" == story.send(DeclineReturn(lines=["A"]), 30).outcome
    assert {"returning": 1} == story.of("A")


def test_3_a_declined_return_may_be_asked_for_again() -> None:
    """A refusal of one form does not bar another."""
    story = asked_back()
    story.send(DeclineReturn(lines=["A"]), 80)
    assert "accepted" == story.send(want_back(reason="defective"), 90).outcome


@pytest.mark.parametrize("command", [ApproveReturn, DeclineReturn])
@pytest.mark.parametrize("by", [PLATFORM, BUYER, SELLER, WAREHOUSE, LOGISTICS, PAYMENT], ids=str)
def test_5_15_only_customer_service_decides_about_own_goods(command: type[Any], by: Actor) -> None:
    """No customer approves their own return, and no seller decides about the shop's goods."""
    story = asked_back()
    assert ["not_allowed"] == codes(story.send(command(lines=["A"]), APPROVED, by=by))
    assert {"return_requested": 1} == story.of("A")


@pytest.mark.parametrize("command", [ApproveReturn, DeclineReturn])
def test_b10_the_seller_decides_about_its_goods(command: type[Any]) -> None:
    """For a seller's goods that seller approves or declines."""
    assert "accepted" == asked_back(item(seller="s7")).send(command(lines=["A"]), APPROVED, by=SELLER).outcome


@pytest.mark.parametrize("command", [ApproveReturn, DeclineReturn])
def test_b10_customer_service_does_not_decide_for_a_seller(command: type[Any]) -> None:
    """The answer names the seller to turn to."""
    decision = asked_back(item(seller="s7")).ask(command(lines=["A"]), APPROVED)
    assert (["seller_decides"], ["B10"]) == (codes(decision), clauses(decision))
    assert ["contact_seller"] == steps(decision)


@pytest.mark.parametrize("command", [ApproveReturn, DeclineReturn])
def test_b10_another_seller_does_not_decide(command: type[Any]) -> None:
    """The answer tells another seller nothing."""
    decision = asked_back(item(seller="s7")).ask(command(lines=["A"]), APPROVED, by=OTHER_SELLER)
    assert ["not_allowed"] == codes(decision)


def test_b10_all_means_what_this_seller_may_decide() -> None:
    """`"all"` from a seller leaves other goods alone."""
    story = asked_back(item("A", seller="s7"), item("B"))
    story.send(ApproveReturn(lines="all"), APPROVED, by=SELLER)
    assert {"A": {"returning": 1}, "B": {"return_requested": 1}} == story.goods


# --- A13, A15, B4, B5: approval, label, address ----------------------------------------------------------


def test_a13_an_unopened_return_is_approved_at_once() -> None:
    """Unopened goods need no terms."""
    story = asked_back()
    decision = story.send(ApproveReturn(lines=["A"]), APPROVED)
    assert "accepted" == decision.outcome
    assert [("A", 1, "return_requested", "returning")] == moves(decision)
    assert effects(decision, Notify)
    assert not effects(decision, SendRefund)


def test_b4_the_address_is_told_by_sms_after_approval() -> None:
    """Approval sends the return address, for exactly these goods."""
    decision = asked_back(item("A", quantity=2)).send(ApproveReturn(lines={"A": 1}), APPROVED)
    (address,) = effects(decision, SendReturnAddress)
    assert (Channel.SMS, {"A": 1}) == (address.channel, dict(address.lines))


def test_b4_the_address_is_not_told_before_approval() -> None:
    """Neither asking, nor proposing terms, nor declining tells it."""
    story = planning()
    story.send(DeclineReturn(lines=["A"]), 80)
    assert not [each for decision in story.decisions for each in effects(decision, SendReturnAddress)]


def test_b4_an_intercepted_parcel_needs_no_address() -> None:
    """The customer has nothing to send."""
    story = intercepted()
    assert not [each for decision in story.decisions for each in effects(decision, SendReturnAddress)]


def test_b5_the_default_address_is_the_documents() -> None:
    """Without a policy of its own a shop gives the document's address."""
    (address,) = effects(asked_back().send(ApproveReturn(lines=["A"]), APPROVED), SendReturnAddress)
    assert Policy().return_address == address.address
    assert address.address.startswith("shang hai shi")


def test_b5_a_shop_has_its_own_address() -> None:
    """The address is a policy value."""
    story = asked_back(policy=Policy(return_address="1 Dock Road, Cork"))
    (address,) = effects(story.send(ApproveReturn(lines=["A"]), APPROVED), SendReturnAddress)
    assert "1 Dock Road, Cork" == address.address


def test_a15_by_default_the_customer_posts_it() -> None:
    """The label defaults to `own`, and nothing is sent."""
    assert not effects(asked_back().send(ApproveReturn(lines=["A"]), APPROVED), SendReturnLabel)


def test_a15_no_country_has_prepaid_labels_by_default() -> None:
    """A prepaid label is refused where there is none, and nothing moves."""
    story = asked_back()
    decision = story.send(ApproveReturn(lines=["A"], label="prepaid"), APPROVED)
    assert (["no_prepaid_label"], ["A15"]) == (codes(decision), clauses(decision))
    assert {"return_requested": 1} == story.of("A")


@pytest.mark.parametrize(("country", "outcome"), [("DE", "accepted"), ("AT", "refused"), ("BR", "refused")])
def test_a15_labels_go_by_the_orders_country(country: str, outcome: str) -> None:
    """What is offered in one country is not offered in another."""
    story = asked_back(policy=Policy(prepaid_label_countries={"DE"}), country=country)
    assert outcome == story.send(ApproveReturn(lines=["A"], label="prepaid"), APPROVED).outcome


def test_a13_a_prepaid_label_is_sent_with_the_approval() -> None:
    """Where labels exist, approval sends one, beside the address."""
    story = asked_back(policy=Policy(prepaid_label_countries={"DE"}))
    decision = story.send(ApproveReturn(lines=["A"], label="prepaid"), APPROVED)
    assert [{"A": 1}] == [dict(each.lines) for each in effects(decision, SendReturnLabel)]
    assert 1 == len(effects(decision, SendReturnAddress))


def test_a15_an_own_label_is_possible_where_prepaid_ones_exist() -> None:
    """`own` sends no label anywhere."""
    story = asked_back(policy=Policy(prepaid_label_countries={"DE"}))
    assert not effects(story.send(ApproveReturn(lines=["A"], label="own"), APPROVED), SendReturnLabel)


def test_a15_a_missing_label_also_refuses_proposed_terms() -> None:
    """All failing reasons come back: no label here, and terms are needed."""
    story = asked_back(form={"opened": True})
    decision = story.ask(ApproveReturn(lines=["A"], label="prepaid"), APPROVED)
    assert {"no_prepaid_label", "terms_required"} == set(codes(decision))


def test_3_an_approved_return_is_not_approved_again() -> None:
    """The address is told once."""
    assert "refused" == returning().ask(ApproveReturn(lines=["A"]), 80).outcome


def test_3_some_pieces_of_a_form_may_be_approved() -> None:
    """The rest waits on."""
    story = asked_back(item("A", quantity=3))
    story.send(ApproveReturn(lines={"A": 2}), APPROVED)
    assert {"return_requested": 1, "returning": 2} == story.of("A")


# --- A16: opened goods -----------------------------------------------------------------------------------


def opened(*items: Any, **fields: Any) -> Story:
    """Opened goods that are not wanted any more wait for a decision."""
    return asked_back(*items, form={"opened": True}, **fields)


def test_a16_opened_goods_need_terms() -> None:
    """Without terms an opened return by choice cannot be approved."""
    story = opened()
    decision = story.send(ApproveReturn(lines=["A"]), APPROVED)
    assert (["terms_required"], ["A16"]) == (codes(decision), clauses(decision))
    assert {"return_requested": 1} == story.of("A")


def test_a16_terms_are_proposed_and_await_the_customer() -> None:
    """Approval with terms is a proposal; neither address nor label is sent yet."""
    story = opened(policy=Policy(prepaid_label_countries={"DE"}))
    decision = story.send(ApproveReturn(lines=["A"], terms="6.00", label="prepaid"), APPROVED)
    assert [("A", 1, "return_requested", "return_planning")] == moves(decision)
    assert effects(decision, Notify)
    assert not effects(decision, SendReturnAddress)
    assert not effects(decision, SendReturnLabel)


@pytest.mark.parametrize("reason", SHOP_FAULTS)
def test_a16_defective_goods_need_no_terms_though_opened(reason: str) -> None:
    """Terms are only for returns by the customer's choice."""
    story = asked_back(form={"opened": True, "reason": reason})
    story.send(ApproveReturn(lines=["A"]), APPROVED)
    assert {"returning": 1} == story.of("A")


@pytest.mark.parametrize("kind", ["repair", "exchange"])
@pytest.mark.parametrize("reason", ["changed_mind", "defective"])
def test_a16_repair_and_exchange_need_no_terms_though_opened(kind: str, reason: str) -> None:
    """Nothing is bargained about where nothing is paid back."""
    story = asked_back(form={"opened": True, "kind": kind, "reason": reason})
    story.send(ApproveReturn(lines=["A"]), APPROVED)
    assert {"returning": 1} == story.of("A")


def test_a16_faults_are_policy_values() -> None:
    """What counts as the shop's fault is the shop's own list."""
    policy = Policy(returns=ReturnSchedule(shop_fault_reasons={"scratched"}))
    story = asked_back(form={"opened": True, "reason": "defective"}, policy=policy)
    assert ["terms_required"] == codes(story.ask(ApproveReturn(lines=["A"]), APPROVED))


@pytest.mark.parametrize(("terms", "outcome"), [("0", "accepted"), ("10.00", "accepted"), ("10.01", "refused")])
def test_a16_terms_lie_between_nothing_and_what_was_paid(terms: str, outcome: str) -> None:
    """More than was paid cannot be agreed."""
    decision = opened().ask(ApproveReturn(lines=["A"], terms=terms), APPROVED)
    assert outcome == decision.outcome
    if outcome == "refused":
        assert ["exceeds_paid"] == codes(decision)


def test_a16_terms_for_some_pieces_are_bounded_by_what_those_cost() -> None:
    """One of two pieces for 10.00 is worth 5.00."""
    story = opened(item("A", "10.00", 2))
    assert ["exceeds_paid"] == codes(story.ask(ApproveReturn(lines={"A": 1}, terms="5.01"), APPROVED))
    assert "accepted" == story.ask(ApproveReturn(lines={"A": 1}, terms="5.00"), APPROVED).outcome


def test_a16_accepted_terms_send_the_goods_back() -> None:
    """The customer's yes is the approval: address and notification follow."""
    story = planning()
    decision = story.send(AcceptTerms(lines=["A"]), 75)
    assert "accepted" == decision.outcome
    assert [("A", 1, "return_planning", "returning")] == moves(decision)
    assert 1 == len(effects(decision, SendReturnAddress))
    assert effects(decision, Notify)
    assert not effects(decision, SendReturnLabel)


def test_a16_a_prepaid_label_follows_the_acceptance() -> None:
    """The label that was offered with the terms is sent when they are accepted."""
    story = opened(policy=Policy(prepaid_label_countries={"DE"}))
    story.send(ApproveReturn(lines=["A"], terms="6.00", label="prepaid"), APPROVED)
    assert 1 == len(effects(story.send(AcceptTerms(lines=["A"]), 75), SendReturnLabel))


def test_a16_rejected_terms_leave_the_goods_with_the_customer() -> None:
    """The customer's no ends the return."""
    story = planning()
    decision = story.send(RejectTerms(lines=["A"]), 75)
    assert [("A", 1, "return_planning", "delivered")] == moves(decision)
    assert effects(decision, Notify)
    assert not effects(decision, SendReturnAddress)


@pytest.mark.parametrize("command", [AcceptTerms, RejectTerms])
@pytest.mark.parametrize("by", [PLATFORM, CUSTOMER_SERVICE, SELLER, WAREHOUSE, LOGISTICS, PAYMENT, STRANGER], ids=str)
def test_a16_only_the_customer_answers_terms(command: type[Any], by: Actor) -> None:
    """Nobody agrees for the customer."""
    story = planning()
    assert ["not_allowed"] == codes(story.send(command(lines=["A"]), 75, by=by))
    assert {"return_planning": 1} == story.of("A")


@pytest.mark.parametrize("command", [AcceptTerms, RejectTerms])
@pytest.mark.parametrize("before", [delivered, asked_back, returning, returned])
def test_a16_without_terms_there_is_nothing_to_answer(command: type[Any], before: Callable[[], Story]) -> None:
    """Terms are answered once, while they are proposed."""
    assert "refused" == before().ask(command(lines=["A"]), 100).outcome


def test_a16_new_terms_replace_the_old() -> None:
    """The plan may be talked over; what the customer accepts is what was proposed last."""
    story = planning(terms="6.00")
    decision = story.send(ApproveReturn(lines=["A"], terms="8.00"), 75)
    assert "accepted" == decision.outcome
    assert {"return_planning": 1} == story.of("A")
    assert effects(decision, Notify)
    story.send(AcceptTerms(lines=["A"]), 76)
    story.send(ReturnReceived(lines=["A"], condition="opened"), RECEIVED)
    story.send(AssessReturn(lines=["A"]), 98)
    assert {"r1": ("return", "due", "8.00")} == story.refunds


def test_a16_new_terms_may_be_lower_and_bring_another_label() -> None:
    """Everything of the proposal is replaced."""
    story = planning(terms="6.00", policy=Policy(prepaid_label_countries={"DE"}))
    story.send(ApproveReturn(lines=["A"], terms="4.00", label="prepaid"), 75)
    assert effects(story.send(AcceptTerms(lines=["A"]), 76), SendReturnLabel)


def test_a16_planning_needs_terms_again() -> None:
    """A proposal without terms replaces nothing."""
    assert ["terms_required"] == codes(planning().ask(ApproveReturn(lines=["A"]), 75))


def test_a16_accepted_terms_are_not_replaced() -> None:
    """What was agreed stands."""
    story = planning()
    story.send(AcceptTerms(lines=["A"]), 75)
    assert "refused" == story.ask(ApproveReturn(lines=["A"], terms="8.00"), 76).outcome


def test_a16_terms_may_be_accepted_for_some_pieces() -> None:
    """The customer keeps one and sends the other back."""
    story = planning(item("A", "10.00", 2), terms="6.00")
    story.send(AcceptTerms(lines={"A": 1}), 75)
    story.send(RejectTerms(lines={"A": 1}), 76)
    assert {"delivered": 1, "returning": 1} == story.of("A")


def test_a16_all_approves_only_what_fits() -> None:
    """`"all"` without terms approves what needs none, and leaves opened goods waiting."""
    story = delivered(item("A"), item("B"))
    story.send(want_back(lines=["A"], opened=True), ASKED)
    story.send(want_back(lines=["B"]), ASKED)
    story.send(ApproveReturn(lines="all"), APPROVED)
    assert {"A": {"return_requested": 1}, "B": {"returning": 1}} == story.goods


def test_a16_the_seller_proposes_terms_for_its_goods() -> None:
    """Terms for a seller's goods are the seller's."""
    story = opened(item(seller="s7"))
    assert ["seller_decides"] == codes(story.ask(ApproveReturn(lines=["A"], terms="6.00"), APPROVED))
    assert "accepted" == story.send(ApproveReturn(lines=["A"], terms="6.00"), APPROVED, by=SELLER).outcome


# --- review and return deadlines -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "fired"),
    [
        (hours(ASKED + 24) - TICK, ()),
        (hours(ASKED + 24), ("review_overdue",)),
        (hours(ASKED + 24) + TICK, ("review_overdue",)),
    ],
    ids=["before", "at", "after"],
)
def test_3_a_form_is_overdue_after_24_hours(after: Any, fired: tuple[str, ...]) -> None:
    """A return that nobody decides is escalated, and stays where it is."""
    story = asked_back()
    decision = story.wait(after)
    assert fired == decision.fired
    assert list(fired) == [each.code for each in effects(decision, Escalate)]
    assert {"return_requested": 1} == story.of("A")


@pytest.mark.parametrize(
    ("after", "fired"),
    [
        (hours(APPROVED + 24) - TICK, ()),
        (hours(APPROVED + 24), ("review_overdue",)),
        (hours(APPROVED + 24) + TICK, ("review_overdue",)),
    ],
    ids=["before", "at", "after"],
)
def test_3_terms_are_overdue_after_24_hours(after: Any, fired: tuple[str, ...]) -> None:
    """Terms that the customer does not answer are escalated."""
    assert fired == planning().wait(after).fired


def test_3_terms_are_a_waiting_of_their_own() -> None:
    """Once the form was overdue, unanswered terms are so again: once per waiting."""
    story = opened()
    story.wait(ASKED + 25)
    story.send(ApproveReturn(lines=["A"], terms="6.00"), ASKED + 26)
    assert ("review_overdue",) == story.wait(ASKED + 60).fired
    assert () == story.wait(ASKED + 6000).fired


def test_3_new_terms_are_a_waiting_of_their_own() -> None:
    """The customer has 24 hours for every proposal, and each may be overdue once."""
    story = planning()
    story.wait(APPROVED + 25)
    story.send(ApproveReturn(lines=["A"], terms="8.00"), APPROVED + 30)
    assert () == story.wait(hours(APPROVED + 54) - TICK).fired
    assert ("review_overdue",) == story.wait(hours(APPROVED + 54)).fired


def test_3_a_decided_form_is_not_overdue() -> None:
    """After the decision nobody waits for it."""
    story = asked_back()
    story.send(DeclineReturn(lines=["A"]), APPROVED)
    assert () == story.wait(24 * 365).fired


OVERDUE = hours(APPROVED + 30 * DAY)


@pytest.mark.parametrize(
    ("after", "fired"),
    [(OVERDUE - TICK, ()), (OVERDUE, ("return_overdue",)), (OVERDUE + TICK, ("return_overdue",))],
    ids=["before", "at", "after"],
)
def test_3_an_approved_return_is_overdue_after_30_days(after: Any, fired: tuple[str, ...]) -> None:
    """Approved but not received for 30 days: a person looks, and nothing moves."""
    story = returning()
    decision = story.wait(after)
    assert fired == decision.fired
    assert list(fired) == [each.code for each in effects(decision, Escalate)]
    assert {"returning": 1} == story.of("A")


def test_3_a_return_is_overdue_once() -> None:
    """One waiting is told once."""
    story = returning()
    story.wait(OVERDUE)
    assert () == story.wait(OVERDUE * 2).fired


def test_3_an_agreed_return_is_overdue_30_days_after_the_acceptance() -> None:
    """Opened goods are approved by the customer's acceptance."""
    story = planning()
    story.send(AcceptTerms(lines=["A"]), 80)
    assert () == story.wait(hours(80 + 30 * DAY) - TICK).fired
    assert ("return_overdue",) == story.wait(hours(80 + 30 * DAY)).fired


def test_3_a_received_return_is_not_overdue() -> None:
    """After receipt nobody waits for the goods."""
    assert "return_overdue" not in returned().wait(24 * 365).fired


def test_3_an_overdue_return_is_still_received() -> None:
    """The deadline only alerts."""
    story = returning()
    story.wait(OVERDUE)
    assert "accepted" == story.send(ReturnReceived(lines=["A"]), OVERDUE + hours(1)).outcome


@pytest.mark.parametrize("days", [1, 14])
def test_3_the_lengths_are_policy_values(days: int) -> None:
    """A shop waits as long as it likes."""
    story = returning(policy=Policy(return_overdue=timedelta(days=days)))
    assert () == story.wait(hours(APPROVED + days * DAY) - TICK).fired
    assert ("return_overdue",) == story.wait(hours(APPROVED + days * DAY)).fired


# --- A19: receipt ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("condition", [None, "unopened", "opened", "damaged"])
def test_a19_an_approved_return_is_received(condition: str | None) -> None:
    """Whatever its condition, what has arrived has arrived; nothing is paid by that alone."""
    story = returning()
    decision = story.send(ReturnReceived(lines=["A"], condition=condition), RECEIVED)
    assert "accepted" == decision.outcome
    assert [("A", 1, "returning", "returned")] == moves(decision)
    assert {} == story.refunds


@pytest.mark.parametrize("by", [PLATFORM, BUYER, CUSTOMER_SERVICE, SELLER, LOGISTICS, PAYMENT], ids=str)
def test_a19_only_the_warehouse_receives_own_goods(by: Actor) -> None:
    """Nobody else can say that goods have arrived."""
    story = returning()
    assert ["not_allowed"] == codes(story.send(ReturnReceived(lines=["A"]), RECEIVED, by=by))
    assert {"returning": 1} == story.of("A")


def test_a19_a_seller_receives_its_own_goods() -> None:
    """A seller's goods may come back to the seller."""
    story = asked_back(item(seller="s7"))
    story.send(ApproveReturn(lines=["A"]), APPROVED, by=SELLER)
    assert "accepted" == story.send(ReturnReceived(lines=["A"]), RECEIVED, by=SELLER).outcome


def test_a19_another_seller_receives_nothing() -> None:
    """The report of another seller is no fact."""
    story = asked_back(item(seller="s7"))
    story.send(ApproveReturn(lines=["A"]), APPROVED, by=SELLER)
    assert ["not_allowed"] == codes(story.send(ReturnReceived(lines=["A"]), RECEIVED, by=OTHER_SELLER))


def test_a19_the_same_receipt_again_is_a_duplicate() -> None:
    """What is known is not an anomaly."""
    assert "duplicate" == returned().send(ReturnReceived(lines=["A"]), 97).outcome


def test_a19_pieces_are_received_one_by_one() -> None:
    """A partial receipt splits the return."""
    story = returning(item("A", quantity=3))
    story.send(ReturnReceived(lines={"A": 1}), RECEIVED)
    assert {"returning": 2, "returned": 1} == story.of("A")


def test_a19_more_than_is_coming_is_an_anomaly_and_the_rest_is_received() -> None:
    """What fits moves all the same."""
    story = returning(item("A", quantity=2))
    assert "anomaly" == story.send(ReturnReceived(lines={"A": 3}), RECEIVED).outcome
    assert {"returned": 2} == story.of("A")


def test_a19_a_receipt_with_a_quantity_takes_the_approved_goods_first() -> None:
    """Goods that come back as approved are meant before goods that nobody approved."""
    story = delivered(item("A", quantity=3))
    story.send(want_back(lines={"A": 1}), ASKED)
    story.send(ApproveReturn(lines={"A": 1}), APPROVED)
    assert "accepted" == story.send(ReturnReceived(lines={"A": 1}), RECEIVED).outcome
    assert {"delivered": 2, "returned": 1} == story.of("A")


@pytest.mark.parametrize(
    ("before", "state"),
    [
        (shipped, "shipped"),
        (at_the_door, "arrived"),
        (delivered, "delivered"),
        (asked_back, "return_requested"),
        (planning, "return_planning"),
    ],
)
@pytest.mark.parametrize("condition", [None, "unopened", "damaged"])
def test_5_12_goods_that_come_back_without_approval_are_there(
    before: Callable[[], Story], state: str, condition: str | None
) -> None:
    """They become returned, with anomaly `unapproved_return` for a person to assess."""
    story = before()
    decision = story.send(ReturnReceived(lines=["A"], condition=condition), RECEIVED - 1)
    assert ("anomaly", ["unapproved_return"]) == (decision.outcome, codes(decision))
    assert [("A", 1, state, "returned")] == moves(decision)
    assert ["unapproved_return"] == [each.code for each in effects(decision, Escalate)]
    assert {} == story.refunds


def test_5_12_an_unapproved_return_is_assessed_and_resolved_by_a_person() -> None:
    """The anomaly stays open until then, and the assessment needs no form."""
    story = delivered()
    story.send(ReturnReceived(lines=["A"]), 90)
    assert "accepted" == story.send(AssessReturn(lines=["A"], amount="7.50"), 91).outcome
    assert {"r1": ("return", "due", "7.50")} == story.refunds
    assert ["n1"] == [each.id for each in story.order.anomalies if each.open]
    assert "accepted" == story.send(ResolveAnomaly(anomaly="n1", note="seen"), 92).outcome
    assert [] == [each.id for each in story.order.anomalies if each.open]


def test_5_12_unanswered_terms_bind_nobody_when_the_goods_come_back() -> None:
    """Terms that the customer never accepted are not agreed terms: a person may pay more."""
    story = planning(terms="6.00")
    story.send(ReturnReceived(lines=["A"]), 90)
    assert "accepted" == story.send(AssessReturn(lines=["A"], amount="9.00"), 91).outcome


def test_5_12_an_unapproved_exchange_is_returned_too() -> None:
    """A form that nobody approved sends nothing to servicing."""
    story = asked_back(form={"kind": "exchange"})
    decision = story.send(ReturnReceived(lines=["A"]), 90)
    assert ["unapproved_return"] == codes(decision)
    assert {"returned": 1} == story.of("A")


def test_5_12_receipt_of_cancelled_goods_moves_nothing() -> None:
    """It is an anomaly."""
    story = paid()
    story.send(RequestCancellation(lines=["A"]), 1)
    story.send(ApproveCancellation(lines=["A"]), 2)
    assert "anomaly" == story.send(ReturnReceived(lines=["A"]), 60).outcome
    assert {"cancelled": 1} == story.of("A")


def test_5_12_receipt_of_refunded_goods_moves_nothing() -> None:
    """It is an anomaly, and nothing is paid again."""
    story = returned()
    story.send(AssessReturn(lines=["A"]), 98)
    story.send(RefundSettled(refund="r1"), 99)
    decision = story.send(ReturnReceived(lines=["A"]), 120)
    assert ("anomaly", ()) == (decision.outcome, decision.moves)
    assert {"refunded": 1} == story.of("A")


def test_5_12_delivery_reported_again_while_a_form_waits_is_a_duplicate() -> None:
    """What is known stays known."""
    story = asked_back()
    assert "duplicate" == story.send(Delivered(parcel="P1"), 80).outcome
    assert {"return_requested": 1} == story.of("A")


# --- B3: repair and exchange -----------------------------------------------------------------------------


def servicing(kind: str, *items: Any, condition: str | None = "opened") -> Story:
    """Goods are in for repair or exchange."""
    story = returning(*items, form={"kind": kind, "reason": "defective", "opened": True})
    assert story.send(ReturnReceived(lines="all", condition=condition), RECEIVED).outcome == "accepted"
    return story


@pytest.mark.parametrize("kind", ["repair", "exchange"])
def test_b3_goods_are_serviced_once(kind: str) -> None:
    """A second report that only says how they were found asks for no second repair or replacement."""
    story = servicing(kind, condition=None)
    decision = story.send(ReturnReceived(lines="all", condition="opened"), RECEIVED + 1)
    assert "accepted" == decision.outcome
    assert "opened" == story.order.lots[0].condition
    assert () == decision.effects


@pytest.mark.parametrize("kind", ["repair", "exchange"])
def test_b3_repair_and_exchange_are_serviced_on_receipt(kind: str) -> None:
    """They come back to leave again, not to be paid back."""
    story = servicing(kind)
    assert [("A", 1, "returning", "servicing")] == moves(story.decisions[-1])
    assert "returning" == story.order.state


def test_b3_an_exchange_sends_a_replacement() -> None:
    """The replacement is sent when the goods are back."""
    decision = servicing("exchange").decisions[-1]
    assert [{"A": 1}] == [dict(each.lines) for each in effects(decision, SendReplacement)]
    assert not effects(decision, TellWarehouse)


def test_b3_a_repair_is_told_to_the_warehouse() -> None:
    """The warehouse is told to repair."""
    decision = servicing("repair").decisions[-1]
    assert [Instruction.REPAIR] == [each.instruction for each in effects(decision, TellWarehouse)]
    assert not effects(decision, SendReplacement)


@pytest.mark.parametrize("kind", ["repair", "exchange"])
@pytest.mark.parametrize("by", [WAREHOUSE, LOGISTICS], ids=str)
def test_b3_serviced_goods_are_dispatched_again(kind: str, by: Actor) -> None:
    """They travel in a new parcel like any other."""
    story = servicing(kind)
    decision = story.send(Dispatched(lines=["A"], parcel="P2"), 120, by=by)
    assert "accepted" == decision.outcome
    assert [("A", 1, "servicing", "shipped")] == moves(decision)
    story.send(Delivered(parcel="P2"), 140)
    assert {"delivered": 1} == story.of("A")


def test_b3_redispatched_goods_can_be_called_off_and_refused() -> None:
    """Nothing of the old journey stands in the way."""
    story = servicing("exchange")
    story.send(Dispatched(lines=["A"], parcel="P2"), 120)
    assert "accepted" == story.send(CancelDelivery(parcel="P2"), 121).outcome
    story.send(DeliveryRefused(parcel="P2"), 122)
    story.send(ReturnReceived(lines=["A"]), 140)
    assert {"returned": 1} == story.of("A")


def test_b3_redispatched_goods_can_be_returned_for_money() -> None:
    """A second form after an exchange is a form of its own."""
    story = servicing("exchange")
    story.send(Dispatched(lines=["A"], parcel="P2"), 120)
    story.send(Delivered(parcel="P2"), 140)
    story.send(want_back(), 150)
    story.send(ApproveReturn(lines=["A"]), 151)
    story.send(ReturnReceived(lines=["A"]), 170)
    assert {"returned": 1} == story.of("A")


def test_b3_goods_in_service_are_not_paid_back() -> None:
    """There is nothing to assess until the service is given up."""
    story = servicing("repair")
    assert "refused" == story.send(AssessReturn(lines=["A"]), 100).outcome
    assert {} == story.refunds


def test_b3_goods_in_service_are_not_returned_again() -> None:
    """They are on a form already."""
    assert ["return_open"] == codes(servicing("repair").ask(want_back(), 100))


@pytest.mark.parametrize("kind", ["repair", "exchange"])
def test_b3_what_cannot_be_repaired_or_replaced_counts_as_returned(kind: str) -> None:
    """Giving the service up makes the goods ready to be assessed; a defect is paid in full."""
    story = servicing(kind)
    decision = story.send(GiveUpService(lines=["A"]), 120)
    assert "accepted" == decision.outcome
    assert [("A", 1, "servicing", "returned")] == moves(decision)
    story.send(AssessReturn(lines=["A"]), 121)
    assert {"r1": ("return", "due", "10.00")} == story.refunds


@pytest.mark.parametrize("before", [delivered, returning, returned])
def test_b3_only_a_service_can_be_given_up(before: Callable[[], Story]) -> None:
    """Goods that are not in service are refused."""
    assert "refused" == before().ask(GiveUpService(lines=["A"]), 120).outcome


@pytest.mark.parametrize("by", [PLATFORM, BUYER, SELLER, WAREHOUSE, LOGISTICS, PAYMENT], ids=str)
def test_b3_only_customer_service_gives_up_on_own_goods(by: Actor) -> None:
    """Nobody else decides that."""
    assert ["not_allowed"] == codes(servicing("repair").ask(GiveUpService(lines=["A"]), 120, by=by))


def test_b3_the_seller_gives_up_on_its_goods() -> None:
    """For a seller's goods that seller decides."""
    story = delivered(item(seller="s7"))
    story.send(want_back(kind="repair", reason="defective"), ASKED)
    story.send(ApproveReturn(lines=["A"]), APPROVED, by=SELLER)
    story.send(ReturnReceived(lines=["A"]), RECEIVED, by=SELLER)
    assert ["seller_decides"] == codes(story.ask(GiveUpService(lines=["A"]), 120))
    assert "accepted" == story.send(GiveUpService(lines=["A"]), 120, by=SELLER).outcome


def test_b3_pieces_of_a_line_may_go_different_ways() -> None:
    """One piece is repaired, one is returned, one is kept; each is received as what it is."""
    story = delivered(item("A", "9.00", 3))
    story.send(want_back(lines={"A": 1}, kind="repair", reason="defective"), ASKED)
    story.send(ApproveReturn(lines={"A": 1}), APPROVED)
    story.send(want_back(lines={"A": 1}), APPROVED + 1)
    story.send(ApproveReturn(lines={"A": 1}), APPROVED + 2)
    story.send(ReturnReceived(lines={"A": 2}), RECEIVED)
    assert {"delivered": 1, "returned": 1, "servicing": 1} == story.of("A")


def test_a16_agreed_goods_are_received_like_others() -> None:
    """Terms do not change the way back."""
    assert {"returned": 1} == agreed().of("A")


# --- how goods were found ----------------------------------------------------------------------------------


def test_a19_another_condition_than_before_is_an_anomaly() -> None:
    """The first report of a condition counts; a contradicting one is kept for a person."""
    story = returning()
    story.send(ReturnReceived(lines="all", condition=Condition.UNOPENED), 60)
    assert "duplicate" == story.send(ReturnReceived(lines="all"), 61).outcome
    decision = story.send(ReturnReceived(lines="all", condition=Condition.DAMAGED), 62)
    assert ["condition_conflict"] == codes(decision)


def test_a19_a_condition_told_later_is_learnt() -> None:
    """Where nobody said how the goods were found, a later report does."""
    story = returning()
    story.send(ReturnReceived(lines="all"), 60)
    assert "accepted" == story.send(ReturnReceived(lines="all", condition=Condition.DAMAGED), 61).outcome
    decision = story.send(AssessReturn(lines="all"), 62)
    assert ["amount_required"] == codes(decision)
