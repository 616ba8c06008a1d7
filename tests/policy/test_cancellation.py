"""Cancellation: asking, deciding, asking logistics, bundles, sellers, and the refund that is promised."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from orderfsm import (
    CUSTOMER_SERVICE,
    LOGISTICS,
    PAYMENT,
    PLATFORM,
    Actor,
    ApproveCancellation,
    Arrived,
    CancelDelivery,
    Command,
    DeclineCancellation,
    Delivered,
    Dispatched,
    HostGuard,
    Input,
    Item,
    Order,
    Place,
    Policy,
    PreparationStarted,
    RefundFailed,
    RefundSent,
    RefundSettled,
    RequestCancellation,
    ResendRefund,
    StopConfirmed,
    StopDenied,
    WithdrawCancellation,
)
from orderfsm.calendars import working_day_after
from orderfsm.effects import (
    AskLogistics,
    Channel,
    Escalate,
    Notify,
    ReleaseStock,
    SendRefund,
    TellWarehouse,
)
from orderfsm.errors import InvalidTable
from orderfsm.order import is_cancelled
from tests.policy.story import (
    BUYER,
    EVERYBODY,
    OTHER_SELLER,
    SELLER,
    STRANGER,
    TICK,
    Story,
    capture,
    codes,
    effects,
    hours,
    item,
    moment,
    moves,
    paid,
    placed,
    placing,
    steps,
    told,
)

PRESETS = {"combined": Policy(), "declaration": Policy.declaration(), "marketplace": Policy.marketplace()}
BY_APPROVAL = {name: PRESETS[name] for name in ("combined", "declaration")}
DIRECT = Policy.marketplace()

every_preset = pytest.mark.parametrize("policy", PRESETS.values(), ids=PRESETS)

ALL = RequestCancellation(lines="all")
APPROVE = ApproveCancellation(lines="all")
DECLINE = DeclineCancellation(lines="all")
WITHDRAW = WithdrawCancellation(lines="all")


def requested(*items: Item, policy: Policy | None = None) -> Story:
    """A story that begins with a cancellation of everything, asked for at hour 1."""
    story = paid(*items, policy=policy)
    story.send(ALL, 1)
    return story


def confirming(*items: Item, policy: Policy | None = None) -> Story:
    """A story that begins with goods in preparation about which logistics was asked at hour 3, as `a1`."""
    story = paid(*items, policy=policy)
    story.send(PreparationStarted(lines="all"), 1)
    story.send(ALL, 2)
    story.send(APPROVE, 3)
    return story


def dispatched(*items: Item) -> Story:
    """A story that begins with everything under way since hour 1."""
    story = paid(*items)
    story.send(Dispatched(), 1)
    return story


def bundle_in_preparation(*preparing: str, policy: Policy | None = None) -> Story:
    """A bundle of B, C and F, of which some are in preparation, approved at hour 3; those are asked as `a1`."""
    story = paid(item("B", bundle="s"), item("C", bundle="s"), item("F", bundle="s"), policy=policy)
    story.send(PreparationStarted(lines=preparing), 1)
    story.send(RequestCancellation(lines=["B"]), 2)
    story.send(ApproveCancellation(lines=["B"]), 3)
    return story


# --- A4, A5: asking --------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", BY_APPROVAL.values(), ids=BY_APPROVAL)
@pytest.mark.parametrize("actor", [BUYER, CUSTOMER_SERVICE], ids=str)
def test_a4_a_paid_order_can_be_asked_to_be_cancelled(actor: Actor, policy: Policy) -> None:
    """The goods wait for a decision: nothing is cancelled and no money moves."""
    story = paid(policy=policy)
    decision = story.send(ALL, 1, by=actor)
    assert "accepted" == decision.outcome
    assert {"unshipped.cancel_requested": 1} == story.of("A")
    assert "cancel_requested" == story.order.state
    assert {} == story.refunds


def test_a5_a_request_holds_the_goods_and_is_acknowledged() -> None:
    """`TellWarehouse(hold)` and `Notify` on both channels, saying "requested" (B14, B15, section 6)."""
    decision = paid(item("A", quantity=2)).send(ALL, 1)
    assert {"tell_warehouse", "notify"} == set(told(decision))
    assert [("hold", {"A": 2})] == [(each.instruction, each.lines) for each in effects(decision, TellWarehouse)]
    assert [
        (Channel.SCREEN, "cancellation_requested", {"A": 2}),
        (Channel.MESSAGE_CENTER, "cancellation_requested", {"A": 2}),
    ] == [(each.channel, each.topic, each.lines) for each in effects(decision, Notify)]


def test_a5_an_approved_request_cancels_unshipped_goods() -> None:
    """The goods are `cancelled` and their refund is created."""
    story = requested()
    decision = story.send(APPROVE, 2)
    assert "accepted" == decision.outcome
    assert {"cancelled": 1} == story.of("A")
    assert "cancelled" == story.order.state
    assert {"r1": ("cancellation", "due", "10.00")} == story.refunds


def test_a5_cancelling_is_told_to_everybody() -> None:
    """`SendRefund`, `TellWarehouse(stop)`, `ReleaseStock`, `Notify` on both channels ("cancelled")."""
    decision = requested(item("A", quantity=2)).send(APPROVE, 2)
    assert {"send_refund", "tell_warehouse", "release_stock", "notify"} == set(told(decision))
    assert [("stop", {"A": 2})] == [(each.instruction, each.lines) for each in effects(decision, TellWarehouse)]
    assert [{"A": 2}] == [each.lines for each in effects(decision, ReleaseStock)]
    assert [(Channel.SCREEN, "cancelled"), (Channel.MESSAGE_CENTER, "cancelled")] == [
        (each.channel, each.topic) for each in effects(decision, Notify)
    ]


@pytest.mark.parametrize("prepared", [False, True], ids=["unshipped", "preparing"])
def test_a5_a_declined_request_leaves_the_goods_where_they_were(prepared: bool) -> None:
    """Back, with `Notify` and `TellWarehouse(resume)`; no money moves."""
    story = requested()
    if prepared:
        story.send(PreparationStarted(), 2)
    decision = story.send(DeclineCancellation(lines="all", reason="already packed"), 3)
    assert "accepted" == decision.outcome
    assert {"preparing" if prepared else "unshipped": 1} == story.of("A")
    assert {"notify", "tell_warehouse"} == set(told(decision))
    assert ["resume"] == [each.instruction for each in effects(decision, TellWarehouse)]
    assert {} == story.refunds


def test_a5_a_declined_request_can_be_asked_again() -> None:
    """Nothing of the old request is left."""
    story = requested()
    story.send(DECLINE, 2)
    assert "accepted" == story.send(ALL, 3).outcome


def test_a5_decisions_may_concern_a_part() -> None:
    """One of two is approved, the other still waits and is then declined."""
    story = requested(item("A", quantity=2))
    story.send(ApproveCancellation(lines={"A": 1}), 2)
    assert {"cancelled": 1, "unshipped.cancel_requested": 1} == story.of("A")
    story.send(DeclineCancellation(lines={"A": 1}), 3)
    assert {"cancelled": 1, "unshipped": 1} == story.of("A")


@pytest.mark.parametrize("command", [APPROVE, DECLINE, WITHDRAW], ids=lambda command: command.name)
@pytest.mark.parametrize("prepared", [False, True], ids=["unshipped", "preparing"])
def test_a5_there_is_nothing_to_decide_without_a_request(prepared: bool, command: Command) -> None:
    """`nothing_requested`, and nothing moves."""
    story = paid()
    if prepared:
        story.send(PreparationStarted(), 1)
    before = story.order
    decision = story.send(command, 2)
    assert "refused" == decision.outcome
    assert ["nothing_requested"] == codes(decision)
    assert before == story.order


@pytest.mark.parametrize("prepared", [False, True], ids=["unshipped", "preparing"])
def test_a4_the_customer_may_withdraw_a_request(prepared: bool) -> None:
    """The goods go back to where they were; `Notify` and `TellWarehouse(resume)`."""
    story = requested()
    if prepared:
        story.send(PreparationStarted(), 2)
    decision = story.send(WITHDRAW, 3)
    assert "accepted" == decision.outcome
    assert {"preparing" if prepared else "unshipped": 1} == story.of("A")
    assert {"notify", "tell_warehouse"} == set(told(decision))
    assert ["resume"] == [each.instruction for each in effects(decision, TellWarehouse)]


@pytest.mark.parametrize("command", [APPROVE, DECLINE, WITHDRAW], ids=lambda command: command.name)
def test_b6_what_is_cancelled_is_decided(command: Command) -> None:
    """There is no way back from `cancelled`."""
    story = requested()
    story.send(APPROVE, 2)
    before = story.order
    decision = story.send(command, 3)
    assert "refused" == decision.outcome
    assert {"already_cancelled", "nothing_requested"} >= set(codes(decision))
    assert before == story.order


def test_b6_what_is_cancelled_cannot_be_cancelled_again() -> None:
    """`already_cancelled`, also once the money has arrived."""
    story = requested()
    story.send(APPROVE, 2)
    assert ["already_cancelled"] == codes(story.send(ALL, 3))
    story.send(RefundSettled(refund="r1"), 4)
    assert {"refunded": 1} == story.of("A")
    assert ["already_cancelled"] == codes(story.send(ALL, 5))


# --- A4, A6: the button ----------------------------------------------------------------------------------


def test_a4_the_refund_button_follows_what_may_be_asked() -> None:
    """Shown while something can be asked for: not while everything is asked for, again after a no."""
    story = paid()
    button = story.machine.refund_button
    assert button(story.order, at=moment(1))
    assert button(story.order, at=moment(13))
    story.send(ALL, 14)
    assert not button(story.order, at=moment(14))
    story.send(DECLINE, 15)
    assert button(story.order, at=moment(15))
    story.send(ALL, 16)
    story.send(APPROVE, 17)
    story.send(StopConfirmed(), 18)
    assert not button(story.order, at=moment(18))


def test_a4_the_refund_button_is_for_what_is_covered() -> None:
    """An order of digital goods alone never shows it (B7)."""
    story = paid(item("D", kind="digital"))
    assert not story.machine.refund_button(story.order, at=moment(1))


@every_preset
@pytest.mark.parametrize(
    "facts",
    [[], [PreparationStarted()], [Dispatched()], [Delivered(lines=["A"])]],
    ids=["unshipped", "preparing", "shipped", "delivered"],
)
def test_a4_the_refund_button_agrees_with_the_answer(facts: list[Input], policy: Policy) -> None:
    """The button is shown exactly while the customer's request would be accepted."""
    story = paid(policy=policy)
    for fact in facts:
        story.send(fact, 1)
    accepted = "accepted" == story.ask(ALL, 2).outcome
    assert accepted == story.machine.refund_button(story.order, at=moment(2))


@pytest.mark.parametrize("fact", [Dispatched(), Arrived(lines=["A"]), Delivered(lines=["A"])], ids=lambda f: f.name)
def test_a6_without_the_button_customer_service_is_a_next_step(fact: Input) -> None:
    """Whoever may not cancel any more is sent to customer service."""
    story = paid()
    story.send(fact, 1)
    assert "contact_customer_service" in steps(story.ask(ALL, 2))


# --- A8: logistics ---------------------------------------------------------------------------------------


def test_a8_approval_of_goods_in_preparation_asks_logistics() -> None:
    """They wait in `preparing.cancel_confirming`; `AskLogistics`; no money moves."""
    story = requested(item("A", quantity=2))
    story.send(PreparationStarted(), 2)
    decision = story.send(APPROVE, 3)
    assert {"preparing.cancel_confirming": 2} == story.of("A")
    assert [("a1", {"A": 2})] == [(each.ask, each.lines) for each in effects(decision, AskLogistics)]
    assert [] == effects(decision, SendRefund)
    assert "cancel_requested" == story.order.state


def test_a8_a_yes_cancels() -> None:
    """`stop_confirmed`: `cancelled`, with all effects of a cancellation."""
    story = confirming()
    decision = story.send(StopConfirmed(), 4)
    assert "accepted" == decision.outcome
    assert {"cancelled": 1} == story.of("A")
    assert {"send_refund", "tell_warehouse", "release_stock", "notify"} == set(told(decision))


def test_a8_a_no_returns_the_goods_to_preparation() -> None:
    """`stop_denied`: `preparing`, `Notify` and `TellWarehouse(resume)`."""
    story = confirming()
    decision = story.send(StopDenied(), 4)
    assert "accepted" == decision.outcome
    assert {"preparing": 1} == story.of("A")
    assert {"tell_warehouse", "notify"} == set(told(decision))
    assert ["resume"] == [each.instruction for each in effects(decision, TellWarehouse)]
    assert {} == story.refunds


def test_a8_silence_is_never_a_yes() -> None:
    """However long logistics takes, nothing is cancelled."""
    story = confirming()
    story.wait(24 * 365)
    assert {"preparing.cancel_confirming": 1} == story.of("A")


def test_a8_an_approved_request_waits_for_logistics() -> None:
    """Approving again is refused `awaiting_logistics`."""
    story = confirming()
    decision = story.send(APPROVE, 4)
    assert [("awaiting_logistics", "A8")] == [(reason.code, reason.clause) for reason in decision.reasons]
    assert {"preparing.cancel_confirming": 1} == story.of("A")


@pytest.mark.parametrize("command", [DECLINE, WITHDRAW], ids=lambda command: command.name)
def test_a8_an_approved_request_can_be_declined_or_withdrawn_while_logistics_is_asked(command: Command) -> None:
    """The goods go back to `preparing`, and the answer that comes later is stale (5.7)."""
    story = confirming()
    assert "accepted" == story.send(command, 4).outcome
    assert {"preparing": 1} == story.of("A")
    for answer in (StopConfirmed(), StopConfirmed(ask="a1"), StopDenied(lines=["A"])):
        late = story.send(answer, 5)
        assert ("anomaly", ["stale_answer"]) == (late.outcome, codes(late))
        assert {"preparing": 1} == story.of("A")


@pytest.mark.parametrize("line", ["A", "B"])
def test_a8_an_answer_may_concern_some_of_the_goods(line: str) -> None:
    """The line that was named is cancelled, the other one waits on."""
    story = confirming(item("A"), item("B"))
    story.send(StopConfirmed(lines=[line]), 4)
    assert {"cancelled": 1} == story.of(line)
    assert {"preparing.cancel_confirming": 1} == story.of("AB".replace(line, ""))


def test_a8_an_answer_may_concern_a_quantity() -> None:
    """Yes for one, no for the other."""
    story = confirming(item("A", quantity=2))
    story.send(StopConfirmed(lines={"A": 1}), 4)
    assert {"cancelled": 1, "preparing.cancel_confirming": 1} == story.of("A")
    story.send(StopDenied(lines={"A": 1}), 5)
    assert {"cancelled": 1, "preparing": 1} == story.of("A")


# --- 5.7: stale answers ----------------------------------------------------------------------------------


def two_asks() -> Story:
    """A was asked at hour 3 as `a1`, B at hour 5 as `a2`."""
    story = paid(item("A"), item("B"))
    story.send(PreparationStarted(), 1)
    story.send(ALL, 2)
    story.send(ApproveCancellation(lines=["A"]), 3)
    story.send(ApproveCancellation(lines=["B"]), 5)
    return story


def test_5_7_an_answer_binds_the_goods_that_were_asked() -> None:
    """By the ask's id where it quotes one."""
    story = two_asks()
    story.send(StopConfirmed(ask="a2"), 6)
    assert {"A": {"preparing.cancel_confirming": 1}, "B": {"cancelled": 1}} == story.goods


def test_5_7_an_answer_with_another_asks_id_is_stale() -> None:
    """It quotes `a1`, but names goods that were asked about as `a2`."""
    story = two_asks()
    decision = story.send(StopConfirmed(lines=["B"], ask="a1"), 6)
    assert ("anomaly", ["stale_answer"]) == (decision.outcome, codes(decision))
    assert {"preparing.cancel_confirming": 1} == story.of("B")


def test_5_7_an_answer_with_an_unknown_ask_is_stale() -> None:
    """Nobody asked `a9`."""
    story = confirming()
    assert ["stale_answer"] == codes(story.send(StopConfirmed(ask="a9"), 4))
    assert {"preparing.cancel_confirming": 1} == story.of("A")


@pytest.mark.parametrize("answer", [StopConfirmed(lines=["A"]), StopDenied(lines=["A"])], ids=lambda a: a.name)
def test_5_7_an_answer_without_ask_that_precedes_the_open_ask_is_stale(answer: Input) -> None:
    """One microsecond before the ask it cannot be about it; at the same instant it can."""
    story = confirming()
    decision = story.send(answer, hours(3) - TICK, received=4)
    assert ("anomaly", ["stale_answer"]) == (decision.outcome, codes(decision))
    assert {"preparing.cancel_confirming": 1} == story.of("A")
    assert "accepted" == story.send(answer, 3, received=4).outcome


def test_5_7_an_answer_without_ask_binds_only_goods_asked_before_it() -> None:
    """At hour 4, only A had been asked about."""
    story = two_asks()
    story.send(StopConfirmed(), 4, received=6)
    assert {"A": {"cancelled": 1}, "B": {"preparing.cancel_confirming": 1}} == story.goods


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [(StopConfirmed(), StopDenied(), "cancelled"), (StopDenied(), StopConfirmed(), "preparing")],
    ids=["yes then no", "no then yes"],
)
def test_5_7_a_second_contradicting_answer_is_stale(first: Input, second: Input, state: str) -> None:
    """The first one holds."""
    story = confirming()
    story.send(first, 4)
    decision = story.send(second, 5)
    assert ("anomaly", ["stale_answer"]) == (decision.outcome, codes(decision))
    assert ["stale_answer"] == [effect.code for effect in effects(decision, Escalate)]
    assert {state: 1} == story.of("A")


@pytest.mark.parametrize("answer", [StopConfirmed, StopDenied], ids=lambda answer: answer.name)
@pytest.mark.parametrize("ask", [None, "a1"], ids=["bare", "ask"])
def test_3_the_same_answer_again_is_a_duplicate(ask: str | None, answer: type[StopConfirmed]) -> None:
    """It repeats what is known and has no effects."""
    story = confirming()
    story.send(answer(ask=ask), 4)
    decision = story.send(answer(ask=ask), 5)
    assert "duplicate" == decision.outcome
    assert () == decision.effects


def test_5_7_a_new_request_is_asked_anew() -> None:
    """The answer to the withdrawn request does not bind the new one; the one that quotes `a2` does."""
    story = confirming()
    story.send(WITHDRAW, 4)
    story.send(ALL, 5)
    decision = story.send(APPROVE, 6)
    assert ["a2"] == [each.ask for each in effects(decision, AskLogistics)]
    assert ["stale_answer"] == codes(story.send(StopConfirmed(ask="a1"), 7))
    assert ["stale_answer"] == codes(story.send(StopConfirmed(lines=["A"]), 4, received=7))
    assert {"preparing.cancel_confirming": 1} == story.of("A")
    assert "accepted" == story.send(StopConfirmed(ask="a2"), 8).outcome
    assert {"cancelled": 1} == story.of("A")


def test_5_7_an_answer_from_before_the_ask_was_sent_is_an_answer_to_the_withdrawn_one() -> None:
    """`a1` was withdrawn and `a2` sent only when the second approval was received: the old yes binds nothing."""
    story = confirming()
    story.send(WITHDRAW, 4)
    story.send(ALL, 5)
    decision = story.send(APPROVE, 6, received=10)
    assert ["a2"] == [each.ask for each in effects(decision, AskLogistics)]
    answer = story.send(StopConfirmed(), 8, received=11)
    assert ("anomaly", ["stale_answer"]) == (answer.outcome, codes(answer))
    assert {"preparing.cancel_confirming": 1} == story.of("A")


# --- A9, A10, B17: dispatched ----------------------------------------------------------------------------


def test_a10_the_usual_ways_are_the_next_steps_once_dispatched() -> None:
    """Call the delivery off, refuse the parcel, return it later, contact customer service (B18, B19)."""
    decision = dispatched().ask(ALL, 2)
    assert {"cancel_delivery", "delivery_refused", "request_return", "contact_customer_service"} <= set(steps(decision))


def test_a12_calling_off_is_no_next_step_at_the_door() -> None:
    """Goods that have arrived can be refused or returned."""
    story = dispatched()
    story.send(Arrived(lines=["A"]), 2)
    found = steps(story.ask(ALL, 3))
    assert "cancel_delivery" not in found
    assert {"delivery_refused", "request_return"} <= set(found)


def test_a13_a_return_is_the_next_step_once_delivered() -> None:
    """Goods that were signed for can only be returned."""
    story = dispatched()
    story.send(Delivered(lines=["A"]), 2)
    found = steps(story.ask(ALL, 3))
    assert {"cancel_delivery", "delivery_refused"} & set(found) == set()
    assert "request_return" in found


@pytest.mark.parametrize("command", [APPROVE, DECLINE, WITHDRAW], ids=lambda command: command.name)
def test_a9_no_decision_reaches_what_was_dispatched(command: Command) -> None:
    """A request that lapsed cannot be decided any more."""
    story = requested()
    story.send(Dispatched(), 2)
    before = story.order
    decision = story.send(command, 3)
    assert "refused" == decision.outcome
    assert before == story.order


@pytest.mark.parametrize("received", [hours(2), hours(2) + TICK], ids=str)
def test_a9_a_request_that_comes_with_or_after_the_dispatch_is_refused(received: timedelta) -> None:
    """What counts is what is known when the request is judged."""
    story = paid()
    story.send(Dispatched(), 2)
    assert ["already_dispatched"] == codes(story.send(ALL, 1, received=received))


# --- B6, 5.1: presets ------------------------------------------------------------------------------------


def test_b6_the_marketplace_cancels_own_unshipped_goods_directly() -> None:
    """No approval: `cancelled` at once, told as cancelled and not as requested (B14)."""
    story = paid(policy=DIRECT)
    decision = story.send(ALL, 1)
    assert [("A", 1, "unshipped", "cancelled")] == moves(decision)
    assert {"r1": ("cancellation", "due", "10.00")} == story.refunds
    assert {"cancelled"} == {each.topic for each in effects(decision, Notify)}
    assert ["stop"] == [each.instruction for each in effects(decision, TellWarehouse)]


def test_5_1_the_marketplace_asks_logistics_without_approval() -> None:
    """Goods in preparation are asked about at once, and the customer is told "requested" (B14)."""
    story = paid(policy=DIRECT)
    story.send(PreparationStarted(), 1)
    decision = story.send(ALL, 2)
    assert {"preparing.cancel_confirming": 1} == story.of("A")
    assert ["a1"] == [each.ask for each in effects(decision, AskLogistics)]
    assert {"cancellation_requested"} == {each.topic for each in effects(decision, Notify)}
    assert {} == story.refunds


def test_a7_the_presumption_decides_whether_the_marketplace_cancels_directly() -> None:
    """One microsecond before twelve hours directly; at twelve hours logistics is asked."""
    early, late = paid(policy=DIRECT), paid(policy=DIRECT)
    early.send(ALL, hours(12) - TICK)
    late.send(ALL, 12)
    assert ({"cancelled": 1}, {"preparing.cancel_confirming": 1}) == (early.of("A"), late.of("A"))


@every_preset
def test_5_1_a_sellers_goods_always_need_the_seller(policy: Policy) -> None:
    """The same in all presets, prepared or not (B10)."""
    story = paid(item("E", seller="s7"), item("F", seller="s7"), policy=policy)
    story.send(PreparationStarted(lines=["F"]), 1)
    story.send(ALL, 2)
    assert {"E": {"unshipped.cancel_requested": 1}, "F": {"preparing.cancel_requested": 1}} == story.goods


@pytest.mark.parametrize(
    ("policy", "state"),
    [
        (Policy(), "unshipped.cancel_requested"),
        (Policy.declaration(), "unshipped.cancel_requested"),
        (Policy.marketplace(), "cancelled"),
        (Policy(own_goods_need_approval=False), "cancelled"),
        (Policy.marketplace(own_goods_need_approval=True), "unshipped.cancel_requested"),
    ],
    ids=["combined", "declaration", "marketplace", "switched off", "switched on"],
)
def test_5_1_own_goods_need_approval_by_preset_or_switch(policy: Policy, state: str) -> None:
    """Combined yes, declaration yes, marketplace no."""
    assert {state: 1} == requested(policy=policy).of("A")


@pytest.mark.parametrize(
    ("policy", "outcome"),
    [(Policy(), "refused"), (Policy.declaration(), "refused"), (Policy.marketplace(), "accepted")],
    ids=PRESETS,
)
def test_5_1_unpaid_orders_are_cancelled_by_hand_by_preset(policy: Policy, outcome: str) -> None:
    """Combined no, declaration no, marketplace yes."""
    assert outcome == placed(policy=policy).send(ALL, 1).outcome


def test_5_1_everything_else_is_the_same_in_all_presets() -> None:
    """The presets differ in two switches and in nothing else."""
    from attrs import evolve

    same = {
        repr(evolve(policy, own_goods_need_approval=True, unpaid_cancellation=False)) for policy in PRESETS.values()
    }
    assert 1 == len(same)


# --- B7: digital goods -----------------------------------------------------------------------------------


@every_preset
def test_b7_digital_goods_are_not_covered(policy: Policy) -> None:
    """`not_covered`, and nothing moves."""
    story = paid(item("D", kind="digital"), policy=policy)
    decision = story.send(RequestCancellation(lines=["D"]), 1)
    assert [("not_covered", "B7")] == [(reason.code, reason.clause) for reason in decision.reasons]
    assert {"delivered": 1} == story.of("D")


def test_b7_unpaid_digital_goods_are_not_covered_either() -> None:
    """Where unpaid orders may be cancelled by hand, digital goods still are not."""
    story = placed(item("D", kind="digital"), policy=DIRECT)
    assert ["not_covered"] == codes(story.send(ALL, 1))


def test_b7_all_leaves_digital_goods_out() -> None:
    """Everything that fits is cancelled; the digital line stays."""
    story = paid(item("A"), item("D", kind="digital"), policy=DIRECT)
    assert "accepted" == story.send(ALL, 1).outcome
    assert {"A": {"cancelled": 1}, "D": {"delivered": 1}} == story.goods
    assert "cancelled" == story.order.state


# --- B8: selections --------------------------------------------------------------------------------------


def test_b8_some_lines_can_be_chosen() -> None:
    """The others stay."""
    story = paid(item("A"), item("B"), policy=DIRECT)
    story.send(RequestCancellation(lines=["B"]), 1)
    assert {"A": {"unshipped": 1}, "B": {"cancelled": 1}} == story.goods


def test_b9_a_quantity_can_be_chosen() -> None:
    """Two of three."""
    story = paid(item("A", quantity=3), policy=DIRECT)
    story.send(RequestCancellation(lines={"A": 2}), 1)
    assert {"unshipped": 1, "cancelled": 2} == story.of("A")


def test_b9_everything_can_be_chosen() -> None:
    """`"all"` is the whole order (B12)."""
    story = paid(item("A", quantity=3), item("B"), policy=DIRECT)
    story.send(ALL, 1)
    assert {"A": {"cancelled": 3}, "B": {"cancelled": 1}} == story.goods


def test_4_nothing_selected_is_refused() -> None:
    """An empty list names nothing."""
    story = paid()
    assert ["nothing_selected"] == codes(story.send(RequestCancellation(lines=[]), 1))


def test_4_an_unknown_line_is_refused() -> None:
    """All or nothing: the known line stays too."""
    story = paid()
    assert ["unknown_line"] == codes(story.send(RequestCancellation(lines=["A", "X"]), 1))
    assert {"unshipped": 1} == story.of("A")


def test_4_a_quantity_above_what_fits_is_refused_with_the_number_that_would_fit() -> None:
    """Three of two: two would fit."""
    decision = paid(item("A", quantity=2)).send(RequestCancellation(lines={"A": 3}), 1)
    assert ["quantity_exceeds"] == codes(decision)
    assert 2 in decision.reasons[0].facts.values()


def test_4_what_was_dispatched_does_not_fit() -> None:
    """Three of which one has left: two would fit."""
    story = paid(item("A", quantity=3))
    story.send(Dispatched(lines={"A": 1}), 1)
    decision = story.send(RequestCancellation(lines={"A": 3}), 2)
    assert ["quantity_exceeds"] == codes(decision)
    assert 2 in decision.reasons[0].facts.values()
    assert "accepted" == story.send(RequestCancellation(lines={"A": 2}), 3).outcome


def test_4_a_line_without_a_quantity_means_all_of_it_that_fits() -> None:
    """One of two has left: the other is cancelled."""
    story = paid(item("A", quantity=2), policy=DIRECT)
    story.send(Dispatched(lines={"A": 1}), 1)
    assert "accepted" == story.send(RequestCancellation(lines=["A"]), 2).outcome
    assert {"shipped": 1, "cancelled": 1} == story.of("A")


def test_4_goods_furthest_from_dispatch_are_chosen_first() -> None:
    """Of one in preparation and one that is not, the one that is not is cancelled."""
    story = paid(item("A", quantity=2), policy=DIRECT)
    story.send(PreparationStarted(lines={"A": 1}), 1)
    story.send(RequestCancellation(lines={"A": 1}), 2)
    assert {"preparing": 1, "cancelled": 1} == story.of("A")


def test_4_goods_furthest_from_dispatch_are_decided_first() -> None:
    """An approval of one takes the request that can be granted at once."""
    story = requested(item("A", quantity=2))
    story.send(PreparationStarted(lines={"A": 1}), 2)
    story.send(ApproveCancellation(lines={"A": 1}), 3)
    assert {"preparing.cancel_requested": 1, "cancelled": 1} == story.of("A")


def test_4_a_line_of_which_nothing_fits_is_refused_with_the_reason() -> None:
    """All or nothing: the line that fits stays too (B13)."""
    story = paid(item("A"), item("B"))
    story.send(Dispatched(lines=["B"]), 1)
    before = story.order
    decision = story.send(RequestCancellation(lines=["A", "B"]), 2)
    assert [("already_dispatched", "A9")] == [(reason.code, reason.clause) for reason in decision.reasons]
    assert before == story.order


def test_4_all_is_refused_only_if_nothing_fits() -> None:
    """What has left does not stand in the way of the rest."""
    story = paid(item("A"), item("B"))
    story.send(Dispatched(lines=["B"]), 1)
    assert "accepted" == story.send(ALL, 2).outcome
    assert {"A": {"unshipped.cancel_requested": 1}, "B": {"shipped": 1}} == story.goods
    assert "refused" == story.send(ALL, 3).outcome


def test_4_all_failing_reasons_come_back() -> None:
    """One line unknown, one digital, one dispatched, one with too large a quantity."""
    story = paid(item("A"), item("B"), item("D", kind="digital"))
    story.send(Dispatched(lines=["B"]), 1)
    decision = story.send(RequestCancellation(lines=(("X", None), ("D", None), ("B", None), ("A", 2))), 2)
    assert ["already_dispatched", "not_covered", "quantity_exceeds", "unknown_line"] == sorted(codes(decision))
    assert {"unshipped": 1} == story.of("A")


def test_4_already_requested_is_the_answer_when_nothing_else_fits() -> None:
    """One unit is asked for, the other has left."""
    story = paid(item("A", quantity=2))
    story.send(RequestCancellation(lines={"A": 1}), 1)
    story.send(Dispatched(lines={"A": 1}), 2)
    decision = story.send(RequestCancellation(lines=["A"]), 3)
    assert "refused" == decision.outcome
    assert "already_requested" == codes(decision)[0]


@pytest.mark.parametrize("begin", [requested, confirming], ids=["requested", "confirming"])
def test_5_11_asking_again_under_another_id_is_already_requested(begin: Callable[[], Story]) -> None:
    """Two tabs: the second request is refused and changes nothing."""
    story = begin()
    before = story.order
    decision = story.send(ALL, 4, id="k2")
    assert ["already_requested"] == codes(decision)
    assert before == story.order


def test_5_11_asking_again_under_the_same_id_is_the_same_answer() -> None:
    """A double submission: `duplicate`, without effects of its own."""
    story = paid()
    story.send(RequestCancellation(lines=["A"], reason="changed_mind"), 1, id="k1")
    before = story.order
    decision = story.send(RequestCancellation(lines=["A"], reason="changed_mind"), 1, received=2, id="k1")
    assert "duplicate" == decision.outcome
    assert () == decision.effects
    assert before == story.order


@pytest.mark.parametrize(
    ("again", "after"),
    [
        (RequestCancellation(lines=["A"], reason="too late"), 1),
        (RequestCancellation(lines=["B"], reason="changed_mind"), 1),
        (RequestCancellation(lines=["A"], reason="changed_mind"), 2),
        (WithdrawCancellation(lines=["A"]), 1),
    ],
    ids=["reason", "lines", "at", "command"],
)
def test_3_the_same_id_with_other_content_is_refused(again: Command, after: float) -> None:
    """All but `received_at` is content: `conflicting_id`."""
    story = paid(item("A"), item("B"))
    story.send(RequestCancellation(lines=["A"], reason="changed_mind"), 1, id="k1")
    before = story.order
    decision = story.send(again, after, received=3, id="k1")
    assert ("refused", ["conflicting_id"]) == (decision.outcome, codes(decision))
    assert before == story.order


def test_3_a_refused_command_uses_up_no_id() -> None:
    """The id of a refused request can be used for another."""
    story = paid()
    assert "refused" == story.send(RequestCancellation(lines=["X"]), 1, id="k1").outcome
    assert "accepted" == story.send(RequestCancellation(lines=["A"]), 2, id="k1").outcome


def test_3_ids_are_unique_per_sender() -> None:
    """Customer and customer service may use the same id."""
    story = paid(item("A"), item("B"))
    story.send(RequestCancellation(lines=["A"]), 1, id="k1")
    assert "accepted" == story.send(RequestCancellation(lines=["B"]), 1, by=CUSTOMER_SERVICE, id="k1").outcome


def test_4_asking_first_changes_nothing() -> None:
    """Calling `decide` and dropping the result is a preview: the trial gives the same answer."""
    story = paid()
    preview = story.ask(ALL, 1)
    assert preview == story.send(ALL, 1)


def test_4_a_refusal_says_something_to_a_person() -> None:
    """Every refusal has a sentence built from the facts."""
    decision = dispatched().ask(ALL, 2)
    assert all(reason.message for reason in decision.reasons)


# --- 4: deadlines before refusals ------------------------------------------------------------------------


def test_4_a_refused_request_lets_passed_deadlines_fire() -> None:
    """The answer carries the order as it then is."""
    story = paid()
    decision = story.send(RequestCancellation(lines=["X"]), 12)
    assert "refused" == decision.outcome
    assert ("preparation_presumed",) == decision.fired
    assert {"preparing": 1} == story.of("A")


def test_4_a_stranger_lets_passed_deadlines_fire_too() -> None:
    """`not_allowed` tells nothing, but time passes all the same."""
    story = paid()
    decision = story.send(ALL, 12, by=STRANGER)
    assert ["not_allowed"] == codes(decision)
    assert {"preparing": 1} == story.of("A")


def test_3_deadlines_are_judged_by_when_the_request_is_received() -> None:
    """Asked before twelve hours, received at twelve hours: preparation is presumed first."""
    story = paid(policy=DIRECT)
    decision = story.send(ALL, 11, received=12)
    assert ("preparation_presumed",) == decision.fired
    assert {"preparing.cancel_confirming": 1} == story.of("A")


def test_3_passed_deadlines_fire_in_order() -> None:
    """Idle for days: preparation is presumed, then the review is overdue."""
    story = requested()
    decision = story.send(APPROVE, 100)
    assert ("preparation_presumed", "review_overdue") == decision.fired
    assert {"preparing.cancel_confirming": 1} == story.of("A")


def test_3_an_idle_scheduler_never_changes_an_answer() -> None:
    """Ticking every hour or never: the same order, the same effects with the same ids."""

    def play(*, busy: bool) -> tuple[Order, list[object]]:
        story = paid(item("A", quantity=2), item("B", bundle="s"), item("C", bundle="s"))
        inputs: list[tuple[Input, float]] = [
            (RequestCancellation(lines={"A": 1, "B": 1}), 2),
            (PreparationStarted(lines=["B"]), 5),
            (ApproveCancellation(lines=["B"]), 6),
            (ApproveCancellation(lines=["A"]), 40),
            (StopConfirmed(ask="a1"), 41),
            (StopConfirmed(), 90),
        ]
        hour = 0
        for sent, after in inputs:
            while busy and hour < after:
                story.wait(hour)
                hour += 1
            story.send(sent, after)
        return story.order, [effect for decision in story.decisions for effect in decision.effects]

    assert play(busy=False) == play(busy=True)


# --- B10, B11: sellers -----------------------------------------------------------------------------------


def sold_by_others(policy: Policy | None = None) -> Story:
    """A of the shop, E of seller s7, F of seller s8, all asked for at hour 1."""
    return requested(item("A"), item("E", "20.00", seller="s7"), item("F", "30.00", seller="s8"), policy=policy)


def test_b10_the_seller_approves_its_goods() -> None:
    """And only its goods."""
    story = sold_by_others()
    decision = story.send(APPROVE, 2, by=SELLER)
    assert "accepted" == decision.outcome
    assert {
        "A": {"unshipped.cancel_requested": 1}, "E": {"cancelled": 1}, "F": {"unshipped.cancel_requested": 1},
    } == story.goods  # fmt: skip
    assert {"r1": ("cancellation", "due", "20.00")} == story.refunds


def test_b10_the_seller_declines_its_goods() -> None:
    """They go back; the others wait on."""
    story = sold_by_others()
    story.send(DeclineCancellation(lines=["E"]), 2, by=SELLER)
    assert {"unshipped": 1} == story.of("E")
    assert {"unshipped.cancel_requested": 1} == story.of("A")


@pytest.mark.parametrize("command", [ApproveCancellation, DeclineCancellation], ids=lambda command: command.name)
def test_b10_customer_service_does_not_decide_for_a_seller(command: type[ApproveCancellation]) -> None:
    """`seller_decides`, and nothing moves."""
    story = sold_by_others()
    before = story.order
    for lines in (["E"], ["A", "E"]):
        decision = story.send(command(lines=lines), 2)
        assert [("seller_decides", "B10")] == [(reason.code, reason.clause) for reason in decision.reasons]
        assert before == story.order


def test_b10_customer_service_decides_all_that_it_may() -> None:
    """`"all"` means everything that this actor may move."""
    story = sold_by_others()
    assert "accepted" == story.send(APPROVE, 2).outcome
    assert {"cancelled": 1} == story.of("A")
    assert {"unshipped.cancel_requested": 1} == story.of("E")
    assert ["seller_decides"] == sorted(set(codes(story.send(APPROVE, 3))) - {"already_cancelled", "nothing_requested"})


@pytest.mark.parametrize("command", [ApproveCancellation, DeclineCancellation], ids=lambda command: command.name)
@pytest.mark.parametrize("lines", [["E"], ["A"], ["E", "F"]], ids=["another's", "the shop's", "with its own"])
def test_b10_a_seller_does_not_decide_about_others_goods(lines: list[str], command: type[ApproveCancellation]) -> None:
    """`not_allowed`, alone, and nothing moves."""
    story = sold_by_others()
    before = story.order
    decision = story.send(command(lines=lines), 2, by=OTHER_SELLER)
    assert ("refused", ["not_allowed"]) == (decision.outcome, codes(decision))
    assert before == story.order


def test_b10_logistics_is_asked_about_a_sellers_goods_too() -> None:
    """Goods in preparation are not cancelled by the seller's yes alone (A8)."""
    story = paid(item("E", seller="s7"))
    story.send(PreparationStarted(), 1, by=SELLER)
    story.send(ALL, 2)
    decision = story.send(APPROVE, 3, by=SELLER)
    assert {"preparing.cancel_confirming": 1} == story.of("E")
    assert 1 == len(effects(decision, AskLogistics))


@every_preset
def test_b10_asking_for_a_sellers_goods_is_labelled_a_request(policy: Policy) -> None:
    """The button says "Request cancellation"."""
    story = paid(item("E", seller="s7"), policy=policy)
    labels = {each.name: each.label for each in story.machine.actions(story.order, by=BUYER, at=moment(1))}
    assert "Request cancellation" == labels["request_cancellation"]


def test_b10_cancelling_directly_is_labelled_cancel() -> None:
    """Own goods that nobody has to approve: "Cancel items"."""
    story = paid(policy=DIRECT)
    labels = {each.name: each.label for each in story.machine.actions(story.order, by=BUYER, at=moment(1))}
    assert "Cancel items" == labels["request_cancellation"]


def test_b11_about_a_sellers_goods_the_seller_is_the_next_step() -> None:
    """A refusal sends the customer to the seller."""
    story = dispatched(item("E", seller="s7"))
    assert "contact_seller" in steps(story.ask(ALL, 2))


def test_b11_the_next_step_of_seller_decides_is_the_seller() -> None:
    """Customer service is told whom to ask."""
    assert "contact_seller" in steps(sold_by_others().ask(ApproveCancellation(lines=["E"]), 2))


# --- B14 to B16: what the customer sees ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "by"), [(DECLINE, CUSTOMER_SERVICE), (WITHDRAW, BUYER)], ids=["declined", "withdrawn"]
)
def test_b14_the_wording_follows_the_outcome(command: Command, by: Actor) -> None:
    """No answer that cancels nothing says "cancelled"."""
    decision = requested().send(command, 2, by=by)
    assert [] != effects(decision, Notify)
    assert "cancelled" not in {each.topic for each in effects(decision, Notify)}


def test_b16_cancelled_orders_go_by_the_goods() -> None:
    """All physical goods cancelled, refunded yet or not; digital ones do not count."""
    story = paid(item("A", quantity=2), item("D", kind="digital"), policy=DIRECT)
    assert not is_cancelled(story.order)
    story.send(RequestCancellation(lines={"A": 1}), 1)
    assert not is_cancelled(story.order)
    story.send(ALL, 2)
    assert is_cancelled(story.order)
    story.send(RefundSettled(refund="r1"), 3)
    assert is_cancelled(story.order)
    story.send(RefundSettled(refund="r2"), 4)
    assert is_cancelled(story.order)
    assert "refunded" == story.order.state


@pytest.mark.parametrize(
    "begin",
    [placed, paid, requested, confirming, dispatched, lambda: paid(item("D", kind="digital"))],
    ids=["unpaid", "paid", "requested", "confirming", "dispatched", "digital"],
)
def test_b16_no_other_order_is_a_cancelled_one(begin: Callable[[], Story]) -> None:
    """Requested is not cancelled."""
    assert not is_cancelled(begin().order)


def test_2_partly_refunded_cancelled_orders_are_cancelled() -> None:
    """Every lot `cancelled` or refunded after cancelling: `cancelled`, until all are `refunded`."""
    story = paid(item("A"), item("B"), policy=DIRECT)
    story.send(RequestCancellation(lines=["A"]), 1)
    story.send(RequestCancellation(lines=["B"]), 2)
    story.send(RefundSettled(refund="r1"), 3)
    assert "cancelled" == story.order.state
    story.send(RefundSettled(refund="r2"), 4)
    assert "refunded" == story.order.state


# --- B20 to B22: bundles ---------------------------------------------------------------------------------


def bundle(policy: Policy | None = None) -> Story:
    """A loose line A, and a bundle of two units of B and one of C."""
    return paid(item("A"), item("B", "20.00", 2, bundle="s"), item("C", "5.00", bundle="s"), policy=policy)


@every_preset
@pytest.mark.parametrize("lines", [["B"], ["C"], {"B": 1}], ids=str)
def test_b22_asking_for_one_item_asks_for_the_bundle(lines: object, policy: Policy) -> None:
    """All of its undispatched goods, and nothing else; the answer lists what was added."""
    story = bundle(policy)
    decision = story.send(RequestCancellation(lines=lines), 1)  # type: ignore[arg-type]
    assert "accepted" == decision.outcome
    assert {"unshipped": 1} == story.of("A")
    assert {"unshipped"} & {*story.of("B"), *story.of("C")} == set()
    added = {"['B']": {"C": 1}, "['C']": {"B": 2}, "{'B': 1}": {"B": 1, "C": 1}}
    assert added[str(lines)] == decision.added


def test_b22_nothing_is_added_to_a_whole_bundle() -> None:
    """Selected in full, nothing is widened."""
    assert {} == bundle().send(RequestCancellation(lines=["B", "C"]), 1).added
    assert {} == bundle().send(ALL, 1).added


def test_b20_bundles_are_apart_from_each_other() -> None:
    """One id is one bundle instance: another bundle is not touched."""
    story = paid(item("B", bundle="s"), item("C", bundle="s"), item("F", bundle="t"), item("G", bundle="t"))
    decision = story.send(RequestCancellation(lines=["B"]), 1)
    assert {"C": 1} == decision.added
    assert ({"unshipped": 1}, {"unshipped": 1}) == (story.of("F"), story.of("G"))


@pytest.mark.parametrize("line", [["B"], ["C"], {"B": 1}], ids=str)
@pytest.mark.parametrize(
    ("command", "states"),
    [(ApproveCancellation, {"cancelled"}), (DeclineCancellation, {"unshipped"}), (WithdrawCancellation, {"unshipped"})],
    ids=["approve", "decline", "withdraw"],
)
def test_5_2_a_decision_holds_for_the_whole_bundle(
    command: type[ApproveCancellation], states: set[str], line: object
) -> None:
    """Approve, decline and withdraw concern all of it, whichever item is named."""
    story = bundle()
    story.send(RequestCancellation(lines=["B"]), 1)
    decision = story.send(command(lines=line), 2)  # type: ignore[arg-type]
    assert "accepted" == decision.outcome
    assert states == {*story.of("B"), *story.of("C")}
    assert {} != decision.added


def test_b22_a_bundle_that_is_cancelled_is_paid_back_in_full() -> None:
    """Both lines at what was paid for them."""
    story = bundle(DIRECT)
    story.send(RequestCancellation(lines=["C"]), 1)
    assert {"r1": ("cancellation", "due", "25.00")} == story.refunds


def test_5_2_goods_already_dispatched_stay_sold() -> None:
    """One unit of B has left: the rest of the bundle is cancelled and paid back at its allocated price."""
    story = bundle(DIRECT)
    story.send(Dispatched(lines={"B": 1}), 1)
    decision = story.send(RequestCancellation(lines=["C"]), 2)
    assert {"B": 1} == decision.added
    assert {"B": {"shipped": 1, "cancelled": 1}, "C": {"cancelled": 1}} == {line: story.of(line) for line in "BC"}
    assert {"r1": ("cancellation", "due", "15.00")} == story.refunds


def test_b22_naming_the_dispatched_item_of_a_bundle_is_refused() -> None:
    """Of that line nothing fits: `already_dispatched`, and the mates stay."""
    story = bundle()
    story.send(Dispatched(lines=["C"]), 1)
    decision = story.send(RequestCancellation(lines=["C"]), 2)
    assert ["already_dispatched"] == codes(decision)
    assert {"unshipped": 2} == story.of("B")


def test_5_2_a_bundle_is_widened_again_at_decision() -> None:
    """A mate that was dispatched meanwhile drops out; the rest is decided as one."""
    story = paid(item("B", bundle="s"), item("C", bundle="s"), item("F", bundle="s"))
    story.send(RequestCancellation(lines=["B"]), 1)
    story.send(Dispatched(lines=["C"]), 2)
    decision = story.send(ApproveCancellation(lines=["B"]), 3)
    assert {"F": 1} == decision.added
    assert {"B": {"cancelled": 1}, "C": {"shipped": 1}, "F": {"cancelled": 1}} == story.goods


def test_5_2_a_sellers_bundle_is_decided_by_the_seller_as_one() -> None:
    """The seller's yes to one item cancels both."""
    story = paid(item("B", bundle="s", seller="s7"), item("C", bundle="s", seller="s7"))
    story.send(RequestCancellation(lines=["B"]), 1)
    decision = story.send(ApproveCancellation(lines=["C"]), 2, by=SELLER)
    assert {"B": 1} == decision.added
    assert {"B": {"cancelled": 1}, "C": {"cancelled": 1}} == story.goods


def test_b22_an_unpaid_bundle_is_cancelled_as_one() -> None:
    """Where unpaid orders may be cancelled by hand, a bundle is still one."""
    story = placed(item("A"), item("B", bundle="s"), item("C", bundle="s"), policy=DIRECT)
    story.send(RequestCancellation(lines=["B"]), 1)
    assert {"B": {"cancelled": 1}, "C": {"cancelled": 1}} == {line: story.of(line) for line in "BC"}


@pytest.mark.parametrize("lines", [["B"], ["C"], {"B": 1, "C": 1}], ids=str)
def test_b21_a_policy_may_refuse_parts_of_a_bundle_instead(lines: object) -> None:
    """`bundle_widening` off: `bundle_indivisible`, and nothing moves."""
    story = bundle(Policy(bundle_widening=False))
    before = story.order
    decision = story.send(RequestCancellation(lines=lines), 1)  # type: ignore[arg-type]
    assert ["bundle_indivisible"] == codes(decision)
    assert before == story.order


@pytest.mark.parametrize("lines", [["B", "C"], {"B": 2, "C": 1}, "all"], ids=str)
def test_b21_a_whole_bundle_is_accepted_without_widening(lines: object) -> None:
    """Selected in full there is nothing to widen."""
    story = bundle(Policy(bundle_widening=False))
    assert "accepted" == story.send(RequestCancellation(lines=lines), 1).outcome  # type: ignore[arg-type]


# --- 5.2: bundles in preparation -------------------------------------------------------------------------


def test_5_2_a_bundle_with_a_member_in_preparation_waits_as_a_whole() -> None:
    """After approval: the member in preparation is asked about, the others wait; nothing is cancelled."""
    story = paid(item("B", bundle="s"), item("C", bundle="s"))
    story.send(PreparationStarted(lines=["B"]), 1)
    story.send(RequestCancellation(lines=["C"]), 2)
    decision = story.send(ApproveCancellation(lines=["C"]), 3)
    assert {"B": {"preparing.cancel_confirming": 1}, "C": {"unshipped.cancel_confirming": 1}} == story.goods
    assert [{"B": 1}] == [each.lines for each in effects(decision, AskLogistics)]
    assert [] == effects(decision, SendRefund)


def test_5_2_the_same_without_approval() -> None:
    """Bundles are the same in all three presets: directly, it waits as a whole too."""
    story = paid(item("B", bundle="s"), item("C", bundle="s"), policy=DIRECT)
    story.send(PreparationStarted(lines=["B"]), 1)
    decision = story.send(RequestCancellation(lines=["C"]), 2)
    assert {"B": {"preparing.cancel_confirming": 1}, "C": {"unshipped.cancel_confirming": 1}} == story.goods
    assert 1 == len(effects(decision, AskLogistics))


def test_5_2_a_loose_line_does_not_wait_for_a_bundle() -> None:
    """Decided together, the loose line is cancelled at once."""
    story = paid(item("A"), item("B", bundle="s"), item("C", bundle="s"))
    story.send(PreparationStarted(lines=["B"]), 1)
    story.send(ALL, 2)
    story.send(APPROVE, 3)
    assert {"cancelled": 1} == story.of("A")
    assert {"unshipped.cancel_confirming": 1} == story.of("C")


def test_5_2_a_yes_about_the_only_asked_member_cancels_the_bundle() -> None:
    """All of it, with one refund for everything."""
    story = bundle_in_preparation("B")
    decision = story.send(StopConfirmed(lines=["B"]), 4)
    assert {"B": {"cancelled": 1}, "C": {"cancelled": 1}, "F": {"cancelled": 1}} == story.goods
    assert {"r1": ("cancellation", "due", "30.00")} == story.refunds
    assert [{"B": 1, "C": 1, "F": 1}] == [each.lines for each in effects(decision, ReleaseStock)]


def test_5_2_nothing_is_cancelled_before_every_asked_member_is_confirmed() -> None:
    """The first yes only counts; the second cancels the bundle."""
    story = bundle_in_preparation("B", "C")
    assert "accepted" == story.send(StopConfirmed(lines=["B"]), 4).outcome
    assert {
        "B": {"preparing.cancel_confirming": 1},
        "C": {"preparing.cancel_confirming": 1},
        "F": {"unshipped.cancel_confirming": 1},
    } == story.goods
    assert {} == story.refunds
    story.send(StopConfirmed(lines=["C"]), 5)
    assert {"B": {"cancelled": 1}, "C": {"cancelled": 1}, "F": {"cancelled": 1}} == story.goods


def test_5_2_a_no_returns_every_member_to_where_it_was() -> None:
    """And tells so; earlier yeses expire with it."""
    story = bundle_in_preparation("B", "C")
    story.send(StopConfirmed(lines=["B"]), 4)
    decision = story.send(StopDenied(lines=["C"]), 5)
    assert {"B": {"preparing": 1}, "C": {"preparing": 1}, "F": {"unshipped": 1}} == story.goods
    assert {} == story.refunds
    assert {"B": 1, "C": 1, "F": 1} == effects(decision, TellWarehouse)[0].lines


def test_5_2_a_yes_expires_with_the_bundles_no() -> None:
    """Asked again, B needs a yes of its own: the old one does not count."""
    story = bundle_in_preparation("B", "C")
    story.send(StopConfirmed(lines=["B"]), 4)
    story.send(StopDenied(lines=["C"]), 5)
    story.send(RequestCancellation(lines=["B"]), 6)
    decision = story.send(ApproveCancellation(lines=["B"]), 7)
    assert [("a2", {"B": 1, "C": 1})] == [(each.ask, each.lines) for each in effects(decision, AskLogistics)]
    story.send(StopConfirmed(lines=["C"], ask="a2"), 8)
    assert {"preparing.cancel_confirming": 1} == story.of("B")
    assert "stale_answer" in codes(story.send(StopConfirmed(lines=["B"], ask="a1"), 9))
    assert {"preparing.cancel_confirming": 1} == story.of("B")
    story.send(StopConfirmed(lines=["B"], ask="a2"), 10)
    assert {"cancelled": 1} == story.of("F")


def test_5_2_an_answer_about_the_whole_ask_cancels_the_bundle() -> None:
    """One yes that quotes the ask speaks of all that were asked."""
    story = bundle_in_preparation("B", "C")
    story.send(StopConfirmed(ask="a1"), 4)
    assert {"B": {"cancelled": 1}, "C": {"cancelled": 1}, "F": {"cancelled": 1}} == story.goods


def test_5_2_a_member_that_is_dispatched_drops_out() -> None:
    """As soon as none is left to be answered, the rest is cancelled."""
    story = bundle_in_preparation("B")
    decision = story.send(Dispatched(lines=["B"]), 4)
    assert {"B": {"shipped": 1}, "C": {"cancelled": 1}, "F": {"cancelled": 1}} == story.goods
    assert {"r1": ("cancellation", "due", "20.00")} == story.refunds
    assert {"cancellation_lapsed", "cancelled"} == {each.topic for each in effects(decision, Notify)}


def test_5_2_a_member_that_is_dispatched_leaves_the_others_waiting_for_their_own() -> None:
    """C was asked too: it still needs its yes."""
    story = bundle_in_preparation("B", "C")
    story.send(Dispatched(lines=["B"]), 4)
    assert {"preparing.cancel_confirming": 1} == story.of("C")
    story.send(StopConfirmed(lines=["C"]), 5)
    assert {"B": {"shipped": 1}, "C": {"cancelled": 1}, "F": {"cancelled": 1}} == story.goods


def test_5_2_a_confirmed_member_that_is_dispatched_after_all_is_not_cancelled() -> None:
    """It left before the bundle was decided: it is `shipped`, the rest waits for its own answer."""
    story = bundle_in_preparation("B", "C")
    story.send(StopConfirmed(lines=["B"]), 4)
    story.send(Dispatched(lines=["B"]), 5)
    assert {"shipped": 1} == story.of("B")
    assert {"preparing.cancel_confirming": 1} == story.of("C")


@pytest.mark.parametrize("presumed", [False, True], ids=["reported", "presumed"])
def test_5_2_nothing_rides_on_anothers_yes(presumed: bool) -> None:
    """F enters preparation while the bundle waits: it needs a yes of its own, whatever the others got."""
    story = bundle_in_preparation("B", "C")
    story.send(StopConfirmed(lines=["B"]), 4)
    decision = story.wait(12) if presumed else story.send(PreparationStarted(lines=["F"]), 12)
    assert [{"F": 1}] == [each.lines for each in effects(decision, AskLogistics)]
    story.send(StopConfirmed(ask="a1"), 13)
    assert {"preparing.cancel_confirming": 1} == story.of("F")
    assert {} == story.refunds
    story.send(StopConfirmed(ask="a2"), 14)
    assert {"B": {"cancelled": 1}, "C": {"cancelled": 1}, "F": {"cancelled": 1}} == story.goods


@pytest.mark.parametrize("command", [DeclineCancellation, WithdrawCancellation], ids=lambda command: command.name)
def test_5_2_a_waiting_bundle_is_declined_or_withdrawn_as_one(command: type[DeclineCancellation]) -> None:
    """Every member goes back to where it was, and later answers are stale."""
    story = bundle_in_preparation("B", "C")
    story.send(StopConfirmed(lines=["B"]), 4)
    story.send(command(lines=["F"]), 5)
    assert {"B": {"preparing": 1}, "C": {"preparing": 1}, "F": {"unshipped": 1}} == story.goods
    assert "stale_answer" in codes(story.send(StopConfirmed(lines=["C"], ask="a1"), 6))
    assert {"B": {"preparing": 1}, "C": {"preparing": 1}, "F": {"unshipped": 1}} == story.goods


def test_5_2_approving_a_waiting_bundle_again_waits_for_logistics() -> None:
    """`awaiting_logistics`, for the member that waits for its mate as well."""
    story = bundle_in_preparation("B")
    for line in "BCF":
        assert {"awaiting_logistics"} == set(codes(story.send(ApproveCancellation(lines=[line]), 4)))


def test_5_2_part_of_a_line_in_a_bundle_may_be_in_preparation() -> None:
    """One of two units of B is asked about; its yes cancels the whole bundle."""
    story = bundle()
    story.send(PreparationStarted(lines={"B": 1}), 1)
    story.send(RequestCancellation(lines=["C"]), 2)
    decision = story.send(ApproveCancellation(lines=["C"]), 3)
    assert [{"B": 1}] == [each.lines for each in effects(decision, AskLogistics)]
    assert {"preparing.cancel_confirming": 1, "unshipped.cancel_confirming": 1} == story.of("B")
    story.send(StopConfirmed(), 4)
    assert {"A": {"unshipped": 1}, "B": {"cancelled": 2}, "C": {"cancelled": 1}} == story.goods


# --- 5.8: amounts ----------------------------------------------------------------------------------------


def test_5_8_the_delivery_fee_goes_back_with_everything() -> None:
    """Cancelled at once, before anything was dispatched."""
    story = paid(item("A", "10.00"), item("B", "5.00"), delivery_fee="4.90", policy=DIRECT)
    story.send(ALL, 1)
    assert {"r1": ("cancellation", "due", "19.90")} == story.refunds


def test_5_8_the_delivery_fee_goes_back_with_the_last_goods() -> None:
    """Cancelled one by one: only the last refund has it."""
    story = paid(item("A", "10.00", 2), item("B", "5.00"), delivery_fee="4.90", policy=DIRECT)
    story.send(RequestCancellation(lines={"A": 1}), 1)
    story.send(RequestCancellation(lines=["B"]), 2)
    story.send(RequestCancellation(lines=["A"]), 3)
    assert ["5.00", "5.00", "9.90"] == [amount for _, _, amount in story.refunds.values()]


def test_5_8_digital_goods_do_not_keep_the_delivery_fee() -> None:
    """Everything physical is cancelled."""
    story = paid(item("A"), item("D", "7.00", kind="digital"), delivery_fee="4.90", policy=DIRECT)
    story.send(ALL, 1)
    assert {"r1": ("cancellation", "due", "14.90")} == story.refunds


def test_5_8_the_delivery_fee_stays_once_anything_was_dispatched() -> None:
    """The parcel was sent: only the goods are paid back."""
    story = paid(item("A"), item("B", "5.00"), delivery_fee="4.90", policy=DIRECT)
    story.send(Dispatched(lines=["A"]), 1)
    story.send(ALL, 2)
    assert {"r1": ("cancellation", "due", "5.00")} == story.refunds


def test_5_8_goods_that_cost_nothing_go_straight_to_refunded() -> None:
    """Nothing is sent for them."""
    story = paid(item("A"), item("G", "0.00"), policy=DIRECT)
    decision = story.send(RequestCancellation(lines=["G"]), 1)
    assert {"refunded": 1} == story.of("G")
    assert [] == effects(decision, SendRefund)
    assert {} == story.refunds


def test_5_8_a_gift_does_not_keep_the_delivery_fee() -> None:
    """Cancelled last, it brings the fee back all the same."""
    story = paid(item("A"), item("G", "0.00"), delivery_fee="4.90", policy=DIRECT)
    story.send(RequestCancellation(lines=["A"]), 1)
    story.send(RequestCancellation(lines=["G"]), 2)
    assert 1490 == sum(refund.amount for refund in story.order.refunds)


def test_5_13_a_free_order_is_cancelled_without_money() -> None:
    """Nothing was paid, so nothing is owed: straight to `refunded`."""
    story = placed(item("A", "0"), policy=DIRECT)
    decision = story.send(ALL, 1)
    assert {"refunded": 1} == story.of("A")
    assert [] == effects(decision, SendRefund)
    assert is_cancelled(story.order)


def test_b2_goods_are_refunded_when_all_refunds_for_them_are_settled() -> None:
    """Two payments, two refunds: `cancelled` until the second has settled."""
    story = placed(policy=DIRECT)
    story.send(capture("4.00", "p1"), 0)
    story.send(capture("6.00", "p2"), 0)
    story.send(ALL, 1)
    story.send(RefundSettled(refund="r1"), 2)
    assert {"cancelled": 1} == story.of("A")
    story.send(RefundSettled(refund="r2"), 3)
    assert {"refunded": 1} == story.of("A")


# --- A18, 5.10: the refund window ------------------------------------------------------------------------

Window = tuple[date, date]


def window(created: datetime, country: str = "DE", timezone: str | None = None, policy: Policy = DIRECT) -> Window:
    """From when and by when a refund is promised that is created at that instant."""
    story = Story(policy)
    place = placing(country=country, timezone=timezone)
    early = created - timedelta(hours=2)
    story.now = story.machine.decide(story.now, place, by=PLATFORM, at=early).order
    story.now = story.machine.decide(story.now, capture("10.00"), by=PAYMENT, at=early).order
    decision = story.machine.decide(story.now, ALL, by=BUYER, at=created)
    (refund,) = effects(decision, SendRefund)
    assert refund.not_before is not None
    assert refund.due_by is not None
    return refund.not_before, refund.due_by


def noon(year: int, month: int, day: int, zone: str = "Europe/Berlin") -> datetime:
    """Noon of a day, there."""
    return datetime(year, month, day, 12, tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("created", "not_before", "due_by"),
    [
        (noon(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 5)),
        (noon(2026, 3, 4), date(2026, 3, 5), date(2026, 3, 9)),
        (noon(2026, 3, 6), date(2026, 3, 9), date(2026, 3, 11)),
        (noon(2026, 3, 7), date(2026, 3, 9), date(2026, 3, 11)),
        (noon(2026, 3, 8), date(2026, 3, 9), date(2026, 3, 11)),
        (noon(2026, 4, 2), date(2026, 4, 7), date(2026, 4, 9)),
        (noon(2026, 12, 23), date(2026, 12, 24), date(2026, 12, 29)),
    ],
    ids=["Monday", "Wednesday", "Friday", "Saturday", "Sunday", "before Easter", "before Christmas"],
)
def test_a18_a_refund_is_sent_within_three_working_days(created: datetime, not_before: date, due_by: date) -> None:
    """First to third working day after, weekends and the country's public holidays excluded."""
    assert (not_before, due_by) == window(created)


def test_5_10_the_country_has_its_own_holidays() -> None:
    """Good Friday and Easter Monday are working days in Japan."""
    assert (date(2026, 4, 3), date(2026, 4, 7)) == window(noon(2026, 4, 2, "Asia/Tokyo"), "JP")


def test_5_10_shifted_working_weekends_count() -> None:
    """Saturday 28 February 2026 is a working day in China, after the Spring Festival."""
    assert (date(2026, 2, 28), date(2026, 3, 3)) == window(noon(2026, 2, 27, "Asia/Shanghai"), "CN")


def test_5_10_a_country_without_a_known_calendar_counts_monday_to_friday() -> None:
    """No country that can be placed lacks a calendar today, so the rule is asked directly: New Year counts."""
    eve = date(2025, 12, 31)
    assert [date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 5)] == [
        working_day_after(eve, count, "ZZ") for count in (1, 2, 3)
    ]


@pytest.mark.parametrize(
    ("timezone", "due_by"), [("Europe/Berlin", date(2026, 3, 5)), ("Asia/Tokyo", date(2026, 3, 6))]
)
def test_5_10_day_zero_is_in_the_orders_time_zone(timezone: str, due_by: date) -> None:
    """At 18:00 UTC on Monday it is Tuesday in Japan."""
    created = datetime(2026, 3, 2, 18, tzinfo=ZoneInfo("UTC"))
    assert due_by == window(created, "DE", timezone)[1]


@pytest.mark.parametrize(
    ("created", "due_by"),
    [("2026-03-02T22:59:59.999999+00:00", date(2026, 3, 5)), ("2026-03-02T23:00:00+00:00", date(2026, 3, 6))],
    ids=["before midnight", "midnight"],
)
def test_5_10_the_day_begins_at_local_midnight(created: str, due_by: date) -> None:
    """In Berlin, 23:00 UTC is tomorrow."""
    assert due_by == window(datetime.fromisoformat(created))[1]


def test_5_10_day_zero_is_when_we_learnt_of_it() -> None:
    """By `received_at`: approved on Monday, received on Wednesday."""
    story = requested()
    story.send(PreparationStarted(), 2)
    story.send(APPROVE, 3)
    decision = story.send(StopConfirmed(), 4, received=24 * 2)
    assert date(2026, 3, 9) == effects(decision, SendRefund)[0].due_by


def test_a18_the_lengths_are_policy_values() -> None:
    """`refund_after_days` and `refund_within_days`."""
    policy = Policy.marketplace(refund_after_days=0, refund_within_days=1)
    assert (date(2026, 3, 2), date(2026, 3, 3)) == window(noon(2026, 3, 2), policy=policy)


def test_5_10_dates_are_stored_with_the_refund_and_never_recomputed() -> None:
    """A resend keeps what was promised first."""
    story = paid(policy=DIRECT)
    story.send(ALL, 1)
    story.send(RefundFailed(refund="r1"), 50)
    decision = story.send(ResendRefund(refund="r1"), 51)
    (refund,) = effects(decision, SendRefund)
    assert (date(2026, 3, 3), date(2026, 3, 5), 2) == (refund.not_before, refund.due_by, refund.attempt)


OVER = hours(3 * 24 + 14)
"""When Thursday is over in Berlin, counted from Monday 09:00 UTC."""


def owed() -> Story:
    """A story that begins with a refund created on Monday, due by Thursday."""
    return requested(policy=DIRECT)


def test_a18_a_refund_is_not_overdue_while_its_last_day_lasts() -> None:
    """One microsecond before midnight nothing has happened."""
    story = owed()
    assert "refund_overdue" not in story.wait(OVER - TICK).fired
    assert [] == story.machine.overdue(story.order, at=moment(OVER - TICK))


@pytest.mark.parametrize("after", [OVER, OVER + TICK], ids=str)
def test_a18_an_overdue_refund_is_escalated(after: timedelta) -> None:
    """Once the last day is over: `refund_overdue`, for a person; it moves nothing."""
    story = owed()
    decision = story.wait(after)
    assert ("refund_overdue",) == decision.fired
    assert [("refund_overdue", "r1")] == [(each.code, each.refund) for each in effects(decision, Escalate)]
    assert {"cancelled": 1} == story.of("A")
    assert ["refund_overdue"] == [each.code for each in story.machine.overdue(story.order, at=moment(after))]


def test_a18_an_overdue_refund_is_escalated_once() -> None:
    """It fires once per waiting; the list of what is overdue still shows it."""
    story = owed()
    story.wait(OVER)
    assert () == story.wait(OVER + hours(1000)).fired
    assert 1 == len(story.machine.overdue(story.order, at=moment(OVER + hours(1000))))


@pytest.mark.parametrize("fact", [RefundSent(refund="r1"), RefundSettled(refund="r1")], ids=lambda fact: fact.name)
def test_b1_our_promise_ends_at_sent(fact: Input) -> None:
    """A refund that was sent in time is never overdue, however long the bank takes."""
    story = owed()
    story.send(fact, OVER - TICK)
    assert () == story.wait(24 * 365).fired
    assert [] == story.machine.overdue(story.order, at=moment(24 * 365))


def test_a18_not_before_holds_nothing_up() -> None:
    """A refund sent on the very day is fine."""
    assert "accepted" == owed().send(RefundSent(refund="r1"), 2).outcome


def test_a18_the_refund_is_the_next_deadline_of_a_cancelled_order() -> None:
    """A scheduler is told when the promise is broken."""
    story = owed()
    deadline = story.machine.next_deadline(story.order)
    assert deadline is not None
    assert (moment(OVER), "refund_overdue") == (deadline.at, deadline.code)


# --- review_overdue, logistics_overdue -------------------------------------------------------------------


def alerts(story: Story, after: timedelta | float) -> list[str]:
    """The codes of what is escalated when time passes until then."""
    return [effect.code for effect in effects(story.wait(after), Escalate)]


def test_3_a_request_is_not_overdue_for_a_day() -> None:
    """One microsecond before 24 hours nobody is alerted."""
    story = requested()
    assert [] == alerts(story, hours(25) - TICK)
    assert [] == story.machine.overdue(story.order, at=moment(hours(25) - TICK))


@pytest.mark.parametrize("after", [hours(25), hours(25) + TICK], ids=str)
def test_3_a_request_that_waits_a_day_is_escalated(after: timedelta) -> None:
    """At 24 hours: `review_overdue`; the goods do not move by it."""
    story = requested()
    decision = story.wait(after)
    assert ("preparation_presumed", "review_overdue") == decision.fired
    assert [("review_overdue", {"A": 1})] == [(each.code, each.lines) for each in effects(decision, Escalate)]
    assert {"preparing.cancel_requested": 1} == story.of("A")
    assert ["review_overdue"] == [each.code for each in story.machine.overdue(story.order, at=moment(after))]


def test_3_preparation_does_not_restart_the_waiting() -> None:
    """The request waits since it was made, also where its goods entered preparation meanwhile."""
    story = requested()
    story.send(PreparationStarted(), 20)
    assert [] == alerts(story, hours(25) - TICK)
    assert ["review_overdue"] == alerts(story, 25)


def test_3_a_waiting_request_is_escalated_once() -> None:
    """Once per waiting, even where preparation is reported afterwards."""
    story = requested(policy=Policy(preparation_after=timedelta(days=10)))
    assert ["review_overdue"] == alerts(story, 25)
    story.send(PreparationStarted(), 26)
    assert [] == alerts(story, 200)


def test_3_a_new_waiting_is_escalated_anew() -> None:
    """Declined and asked again: the day begins again."""
    story = requested()
    assert ["review_overdue"] == alerts(story, 25)
    story.send(DECLINE, 30)
    story.send(ALL, 31)
    assert [] == alerts(story, hours(55) - TICK)
    assert ["review_overdue"] == alerts(story, 55)


@pytest.mark.parametrize(
    ("command", "by"), [(APPROVE, CUSTOMER_SERVICE), (DECLINE, CUSTOMER_SERVICE), (WITHDRAW, BUYER)], ids=str
)
def test_3_a_decided_request_is_not_overdue(command: Command, by: Actor) -> None:
    """Decided in time, nothing waits for review."""
    story = requested()
    story.send(command, 2, by=by)
    assert "review_overdue" not in story.wait(1000).fired


def test_3_the_length_of_a_review_is_a_policy_value() -> None:
    """`review_overdue`."""
    story = requested(policy=Policy(review_overdue=timedelta(hours=2)))
    assert [] == alerts(story, hours(3) - TICK)
    assert ["review_overdue"] == alerts(story, 3)


def test_3_logistics_may_take_a_day() -> None:
    """One microsecond before 24 hours after the ask nobody is alerted."""
    story = confirming()
    assert [] == alerts(story, hours(27) - TICK)
    assert [] == story.machine.overdue(story.order, at=moment(hours(27) - TICK))


@pytest.mark.parametrize("after", [hours(27), hours(27) + TICK], ids=str)
def test_3_silent_logistics_is_escalated(after: timedelta) -> None:
    """At 24 hours: `logistics_overdue`; the goods wait on."""
    story = confirming()
    decision = story.wait(after)
    assert ("logistics_overdue",) == decision.fired
    assert [("logistics_overdue", {"A": 1})] == [(each.code, each.lines) for each in effects(decision, Escalate)]
    assert {"preparing.cancel_confirming": 1} == story.of("A")
    assert ["logistics_overdue"] == [each.code for each in story.machine.overdue(story.order, at=moment(after))]


def test_3_silent_logistics_is_escalated_once() -> None:
    """Once per waiting."""
    story = confirming()
    assert ["logistics_overdue"] == alerts(story, 27)
    assert [] == alerts(story, 1000)


def test_3_logistics_overdue_follows_review_overdue() -> None:
    """A request escalated while it waited for review is escalated again when logistics is silent."""
    story = requested()
    story.send(PreparationStarted(), 2)
    assert ["review_overdue"] == alerts(story, 25)
    story.send(APPROVE, 26)
    assert [] == alerts(story, hours(50) - TICK)
    assert ["logistics_overdue"] == alerts(story, 50)


@pytest.mark.parametrize("answer", [StopConfirmed(), StopDenied()], ids=lambda answer: answer.name)
def test_3_answered_asks_are_not_overdue(answer: Input) -> None:
    """Answered in time, nothing waits for logistics."""
    story = confirming()
    story.send(answer, 4)
    assert "logistics_overdue" not in story.wait(1000).fired


def test_3_each_ask_has_its_own_day() -> None:
    """Asked at hours 3 and 5: overdue at 27 and 29."""
    story = two_asks()
    assert ["logistics_overdue"] == alerts(story, 27)
    assert [] == alerts(story, hours(29) - TICK)
    assert ["logistics_overdue"] == alerts(story, 29)


def test_3_the_length_of_an_ask_is_a_policy_value() -> None:
    """`logistics_overdue`."""
    story = confirming(policy=Policy(logistics_overdue=timedelta(hours=2)))
    assert [] == alerts(story, hours(5) - TICK)
    assert ["logistics_overdue"] == alerts(story, 5)


def test_3_overdue_lists_the_longest_waiting_first() -> None:
    """Everything for which somebody waits too long, in order."""
    story = two_asks()
    found = story.machine.overdue(story.order, at=moment(100))
    assert [moment(27), moment(29)] == [each.at for each in found]


# --- answers in part -------------------------------------------------------------------------------------


def test_5_7_an_answer_about_an_ask_spares_goods_withdrawn_from_it() -> None:
    """Both were asked as `a1`, one was withdrawn: a bare yes to `a1` cancels the other alone."""
    story = confirming(item("A"), item("B"))
    story.send(WithdrawCancellation(lines=["A"]), 4)
    assert "accepted" == story.send(StopConfirmed(ask="a1"), 5).outcome
    assert {"A": {"preparing": 1}, "B": {"cancelled": 1}} == story.goods


def test_5_7_a_partly_stale_answer_moves_what_fits() -> None:
    """It names the withdrawn line too: an anomaly, and the other line is cancelled all the same."""
    story = confirming(item("A"), item("B"))
    story.send(WithdrawCancellation(lines=["A"]), 4)
    decision = story.send(StopConfirmed(lines=["A", "B"]), 5)
    assert ("anomaly", ["stale_answer"]) == (decision.outcome, codes(decision))
    assert {"A": {"preparing": 1}, "B": {"cancelled": 1}} == story.goods


def test_3_an_answer_about_more_than_was_asked_moves_what_was_asked() -> None:
    """Yes for three of two: an anomaly, and two are cancelled."""
    story = confirming(item("A", quantity=2))
    assert "anomaly" == story.send(StopConfirmed(lines={"A": 3}), 4).outcome
    assert {"cancelled": 2} == story.of("A")


def test_5_2_a_bundle_may_be_confirmed_unit_by_unit() -> None:
    """Two units of B were asked about: it takes two yeses of one each."""
    story = paid(item("B", quantity=2, bundle="s"), item("C", bundle="s"))
    story.send(PreparationStarted(lines=["B"]), 1)
    story.send(RequestCancellation(lines=["C"]), 2)
    story.send(ApproveCancellation(lines=["C"]), 3)
    story.send(StopConfirmed(lines={"B": 1}), 4)
    assert {"preparing.cancel_confirming": 2} == story.of("B")
    story.send(StopConfirmed(lines={"B": 1}), 5)
    assert {"B": {"cancelled": 2}, "C": {"cancelled": 1}} == story.goods


def test_5_2_a_no_about_one_unit_of_a_bundle_holds_for_all_of_it() -> None:
    """One yes and one no for two units of B: everything goes back."""
    story = paid(item("B", quantity=2, bundle="s"), item("C", bundle="s"))
    story.send(PreparationStarted(lines=["B"]), 1)
    story.send(RequestCancellation(lines=["C"]), 2)
    story.send(ApproveCancellation(lines=["C"]), 3)
    story.send(StopConfirmed(lines={"B": 1}), 4)
    story.send(StopDenied(lines={"B": 1}), 5)
    assert {"B": {"preparing": 2}, "C": {"unshipped": 1}} == story.goods


# --- 5.15: who -------------------------------------------------------------------------------------------

COMMANDERS: list[tuple[Command, tuple[Actor, ...]]] = [
    (RequestCancellation(lines=["A"]), (BUYER, CUSTOMER_SERVICE)),
    (WithdrawCancellation(lines=["A"]), (BUYER,)),
    (ApproveCancellation(lines=["A"]), (CUSTOMER_SERVICE,)),
    (DeclineCancellation(lines=["A"]), (CUSTOMER_SERVICE,)),
]
FORBIDDEN = [
    (command, actor) for command, allowed in COMMANDERS for actor in (*EVERYBODY, STRANGER) if actor not in allowed
]
ALLOWED = [(command, actor) for command, allowed in COMMANDERS for actor in allowed]


@pytest.mark.parametrize(("command", "actor"), FORBIDDEN, ids=lambda value: getattr(value, "name", None) or str(value))
@pytest.mark.parametrize("begin", [paid, requested, confirming, dispatched], ids=lambda begin: begin.__name__)
def test_5_15_nobody_does_what_their_role_may_not(begin: Callable[[], Story], command: Command, actor: Actor) -> None:
    """`not_allowed`, alone, wherever the goods are, and nothing changes."""
    story = begin()
    before = story.order
    decision = story.send(command, 5, by=actor)
    assert ("refused", ["not_allowed"]) == (decision.outcome, codes(decision))
    assert before == story.order


@pytest.mark.parametrize(("command", "actor"), ALLOWED, ids=lambda value: getattr(value, "name", None) or str(value))
@pytest.mark.parametrize("begin", [paid, requested, confirming, dispatched], ids=lambda begin: begin.__name__)
def test_5_15_everybody_may_ask_what_their_role_may(begin: Callable[[], Story], command: Command, actor: Actor) -> None:
    """Whatever the answer is, it is not `not_allowed`."""
    assert "not_allowed" not in codes(begin().send(command, 5, by=actor))


@pytest.mark.parametrize("answer", [StopConfirmed, StopDenied], ids=lambda answer: answer.name)
@pytest.mark.parametrize("actor", [each for each in (*EVERYBODY, STRANGER) if each is not LOGISTICS], ids=str)
def test_5_15_nobody_but_logistics_answers(actor: Actor, answer: type[StopConfirmed]) -> None:
    """Not even the seller or customer service can say that goods were stopped."""
    story = confirming(item("A"), item("E", seller="s7"))
    before = story.order
    decision = story.send(answer(), 4, by=actor)
    assert ("refused", ["not_allowed"]) == (decision.outcome, codes(decision))
    assert before == story.order


def test_4_not_allowed_comes_alone() -> None:
    """A stranger who names unknown lines learns nothing about them."""
    story = dispatched()
    decision = story.send(RequestCancellation(lines=["A", "X"]), 2, by=STRANGER)
    assert ["not_allowed"] == codes(decision)


def test_4_not_allowed_tells_nothing_about_the_order() -> None:
    """The reasons are the same whatever the order is."""
    stories = [paid(), requested(), confirming(), dispatched(), placed(), paid(item("Z", quantity=7))]
    assert 1 == len({repr(story.ask(ALL, 5, by=STRANGER).reasons) for story in stories})


# --- 5.14: hosts' own rules ------------------------------------------------------------------------------


def hold(*on: type[Command], code: str = "fraud_hold", holds: bool = False) -> HostGuard:
    """A rule of the host's own that always gives the same answer."""
    return HostGuard(code=code, on=on, holds=lambda scene, lot: holds, sentence="The order is on hold.")


def test_5_14_a_host_can_refuse_more() -> None:
    """With a code of its own, its own sentence, and nothing moved."""
    story = paid(guards=[hold(RequestCancellation)])
    before = story.order
    decision = story.send(ALL, 1)
    assert ("refused", ["fraud_hold"]) == (decision.outcome, codes(decision))
    assert "The order is on hold." == decision.reasons[0].message
    assert before == story.order


def test_5_14_a_hosts_rule_that_holds_changes_nothing() -> None:
    """The answer is the same as without it."""
    with_guard, without = paid(guards=[hold(RequestCancellation, holds=True)]), paid()
    assert without.ask(ALL, 1) == with_guard.ask(ALL, 1)


def test_5_14_a_hosts_rule_concerns_its_command_only() -> None:
    """The others go on."""
    story = paid(guards=[hold(ApproveCancellation)])
    assert "accepted" == story.send(ALL, 1).outcome
    assert ["fraud_hold"] == codes(story.send(APPROVE, 2))
    assert "accepted" == story.send(DECLINE, 3).outcome


def test_5_14_a_host_cannot_allow_more() -> None:
    """A rule that always holds makes nothing dispatched cancellable."""
    story = paid(guards=[hold(RequestCancellation, holds=True)])
    story.send(Dispatched(), 1)
    assert ["already_dispatched"] == codes(story.send(ALL, 2))


def test_4_a_hosts_reason_comes_with_all_the_others() -> None:
    """All failing reasons come back: the host's and ours, and those of several hosts' rules."""
    guards = [hold(RequestCancellation), hold(RequestCancellation, code="night_rest")]
    decision = placed(guards=guards).ask(ALL, 1)
    assert ["closes_by_itself", "fraud_hold", "night_rest"] == sorted(codes(decision))


def test_5_14_a_hosts_rule_may_concern_some_goods() -> None:
    """`"all"` takes the goods for which it holds; a line for which it does not is refused."""
    guard = HostGuard(
        code="made_to_measure",
        on=(RequestCancellation,),
        holds=lambda scene, lot: lot.line.id != "B",
        sentence="Made to measure.",
    )
    story = paid(item("A"), item("B"), guards=[guard], policy=DIRECT)
    assert ["made_to_measure"] == codes(story.send(RequestCancellation(lines=["A", "B"]), 1))
    assert {"A": {"unshipped": 1}, "B": {"unshipped": 1}} == story.goods
    assert "accepted" == story.send(ALL, 2).outcome
    assert {"A": {"cancelled": 1}, "B": {"unshipped": 1}} == story.goods


def test_5_14_a_hosts_rule_never_halves_a_bundle() -> None:
    """Where it does not hold for one item, the bundle is refused as one (B21)."""
    guard = HostGuard(
        code="made_to_measure",
        on=(RequestCancellation,),
        holds=lambda scene, lot: lot.line.id != "C",
        sentence="Made to measure.",
    )
    story = paid(item("B", bundle="s"), item("C", bundle="s"), guards=[guard], policy=DIRECT)
    for lines in (["B"], ["C"], "all"):
        assert ["made_to_measure"] == codes(story.send(RequestCancellation(lines=lines), 1))
    assert {"B": {"unshipped": 1}, "C": {"unshipped": 1}} == story.goods


def test_4_all_leaves_out_a_bundle_that_a_hosts_rule_forbids() -> None:
    """`"all"` is refused only if nothing fits: the loose line is cancelled, the bundle stays whole."""
    guard = HostGuard(
        code="made_to_measure",
        on=(RequestCancellation,),
        holds=lambda scene, lot: lot.line.id != "C",
        sentence="Made to measure.",
    )
    story = paid(item("A"), item("B", bundle="s"), item("C", bundle="s"), guards=[guard], policy=DIRECT)
    assert "accepted" == story.send(ALL, 1).outcome
    assert {"A": {"cancelled": 1}, "B": {"unshipped": 1}, "C": {"unshipped": 1}} == story.goods


def test_a4_a_hosts_rule_hides_the_refund_button() -> None:
    """The button agrees with the answer."""
    story = paid(guards=[hold(RequestCancellation)])
    assert not story.machine.refund_button(story.order, at=moment(1))


def test_5_14_a_host_may_guard_placing() -> None:
    """Then nothing is placed."""
    story = Story(guards=[hold(Place)])
    decision = story.send(placing())
    assert ("refused", ["fraud_hold"]) == (decision.outcome, sorted(set(codes(decision))))


def test_5_14_a_host_may_guard_resending() -> None:
    """A failed refund on hold is not sent again."""
    story = paid(policy=DIRECT, guards=[hold(ResendRefund)])
    story.send(ALL, 1)
    story.send(RefundFailed(refund="r1"), 2)
    before = story.order
    decision = story.send(ResendRefund(refund="r1"), 3)
    assert ("refused", ["fraud_hold"]) == (decision.outcome, sorted(set(codes(decision))))
    assert before == story.order


@pytest.mark.parametrize("code", ["already_dispatched", "not_allowed", "stale_answer", "", "Fraud", "fraud hold"])
def test_5_14_a_hosts_code_is_its_own(code: str) -> None:
    """None of ours, and in snake_case."""
    with pytest.raises(InvalidTable):
        hold(RequestCancellation, code=code)


def test_5_14_facts_have_no_guards() -> None:
    """What happened is never refused."""
    with pytest.raises(InvalidTable):
        hold(Dispatched)  # type: ignore[arg-type]


# --- actions ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("actor", [*EVERYBODY, STRANGER, OTHER_SELLER], ids=str)
@pytest.mark.parametrize(
    "begin",
    [placed, paid, requested, confirming, dispatched, sold_by_others, lambda: bundle_in_preparation("B")],
    ids=["unpaid", "paid", "requested", "confirming", "dispatched", "sellers", "bundle"],
)
def test_4_actions_and_decide_agree(begin: Callable[[], Story], actor: Actor) -> None:
    """Every verdict is the answer that the command itself gets."""
    story = begin()
    for hour in (5, 30):
        for action in story.machine.actions(story.order, by=actor, at=moment(hour)):
            assert story.machine.decide(story.order, action.input) == action.decision
            assert ("accepted" == action.decision.outcome) == action.allowed


def test_4_actions_name_every_command() -> None:
    """Every command is there with its verdict, allowed or not."""
    from orderfsm.inputs import COMMANDS

    story = paid()
    names = {action.name for action in story.machine.actions(story.order, by=BUYER, at=moment(1))}
    assert {command.name for command in COMMANDS} == names


def test_4_actions_say_what_would_move() -> None:
    """An allowed action lists its goods; a refused one its next steps."""
    story = dispatched(item("A", quantity=2))
    found = {action.name: action for action in story.machine.actions(story.order, by=BUYER, at=moment(2))}
    assert {"A": 2} == found["cancel_delivery"].lines
    assert not found["request_cancellation"].allowed
    assert "cancel_delivery" in found["request_cancellation"].next_steps


def test_4_actions_change_nothing() -> None:
    """They are questions."""
    story = paid()
    before = story.order
    story.machine.actions(story.order, by=BUYER, at=moment(100))
    assert before == story.order


# --- ids of effects --------------------------------------------------------------------------------------


def test_6_refunds_and_asks_are_numbered_in_order_of_creation() -> None:
    """`r1`, `r2`, … and `a1`, `a2`, … as they are created."""
    story = two_asks()
    asks = [each.ask for decision in story.decisions for each in effects(decision, AskLogistics)]
    assert ["a1", "a2"] == asks
    story.send(StopConfirmed(ask="a2"), 6)
    story.send(StopConfirmed(ask="a1"), 7)
    refunds = [each.refund for decision in story.decisions for each in effects(decision, SendRefund)]
    assert ["r1", "r2"] == refunds


def test_6_effects_have_deterministic_ids() -> None:
    """Playing a story twice gives the same effects; no id is given twice; orders do not share ids."""

    def play(order_id: str) -> list[object]:
        story = Story(order_id=order_id)
        story.send(placing(item("A", quantity=2), item("B", bundle="s"), item("C", bundle="s")))
        story.send(capture("30.00"))
        story.send(ALL, 1)
        story.send(PreparationStarted(lines=["B"]), 2)
        story.send(APPROVE, 3)
        story.send(StopConfirmed(), 4)
        story.send(Dispatched(lines=["A"], parcel="P"), 5)
        story.send(RefundFailed(refund="r1"), 6)
        story.send(ResendRefund(refund="r1"), 7)
        story.wait(500)
        return [effect for decision in story.decisions for effect in decision.effects]

    first = play("1001")
    assert first == play("1001")
    ids = {effect.id for effect in first}  # type: ignore[attr-defined]
    assert len(ids) == len(first)
    assert set() == ids & {effect.id for effect in play("1002")}  # type: ignore[attr-defined]


def test_6_a_refused_command_has_no_effects() -> None:
    """Nobody is told anything but the answer."""
    decision = dispatched().send(ALL, 2)
    assert ((), ()) == (decision.effects, decision.moves)


def test_6_a_cancellation_and_a_lapse_in_one_step_tell_the_right_goods() -> None:
    """The bundle mate that left lapsed, the other one is cancelled: each `Notify` names its own."""
    decision = bundle_in_preparation("B").send(Dispatched(lines=["B"]), 4)
    by_topic = {each.topic: each.lines for each in effects(decision, Notify)}
    assert {"cancellation_lapsed": {"B": 1}, "cancelled": {"C": 1, "F": 1}} == by_topic


# --- a day in the life -----------------------------------------------------------------------------------


def test_the_story_of_the_log_in_the_policy() -> None:
    """The example of policy.md, section 7: what was asked for B concerns C, and all else stays."""
    story = placed(
        item("A", "12.00", 2), item("B", "30.00", bundle="set-1"), item("C", "20.00", bundle="set-1"),
        item("D", "9.99", kind="digital"), item("E", "5.00", seller="s7"), delivery_fee="4.90",
    )  # fmt: skip
    story.send(capture("81.89", instrument="card:4242"), 1 / 12)
    decision = story.send(RequestCancellation(lines=["B"], reason="changed_mind"), 1, id="k1")
    assert "cancel_requested" == story.order.state
    assert {
        "A": {"unshipped": 2}, "B": {"unshipped.cancel_requested": 1}, "C": {"unshipped.cancel_requested": 1},
        "D": {"delivered": 1}, "E": {"unshipped": 1},
    } == story.goods  # fmt: skip
    assert {"C": 1} == decision.added
    decision = story.send(ApproveCancellation(lines={"B": 1}), 2)
    assert {"C": 1} == decision.added
    assert {"r1": ("cancellation", "due", "50.00")} == story.refunds
    assert "unshipped" == story.order.state


def test_b18_an_interception_is_no_cancellation() -> None:
    """Calling the delivery off leaves the goods `shipped`; nothing is paid back by it."""
    story = dispatched()
    story.send(CancelDelivery(lines=["A"]), 2)
    assert {"shipped.intercepting": 1} == story.of("A")
    assert {} == story.refunds
    assert not is_cancelled(story.order)
