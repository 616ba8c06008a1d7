"""Fulfilment: preparation, dispatch, arrival, delivery and loss, and what facts about goods mean."""

from datetime import timedelta

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
    CancelDelivery,
    Delivered,
    Dispatched,
    Fact,
    Lost,
    OrderMachine,
    PaymentCaptured,
    Policy,
    PreparationStarted,
    RequestCancellation,
    RequestReturn,
    ResolveAnomaly,
    ReturnReceived,
    StopConfirmed,
    StopDenied,
    Unplaced,
    WithdrawCancellation,
)
from orderfsm.effects import AskCarrier, AskLogistics, Escalate, Notify, SendRefund, TellWarehouse
from orderfsm.selections import LinesArgument
from tests.policy.story import (
    BUYER,
    EVERYBODY,
    OTHER_SELLER,
    SELLER,
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
    told,
)


def shipped(*items: object, parcel: str | None = "P", policy: Policy | None = None) -> Story:
    """A story that begins with everything under way in one parcel since hour 2."""
    story = paid(*items, policy=policy)  # type: ignore[arg-type]
    story.send(Dispatched(parcel=parcel), 2)
    return story


def requested(*items: object, policy: Policy | None = None) -> Story:
    """A story that begins with a cancellation of everything waiting for its decision since hour 1."""
    story = paid(*items, policy=policy)  # type: ignore[arg-type]
    story.send(RequestCancellation(lines="all"), 1)
    return story


def mixed() -> Story:
    """Two units of A: one `preparing`, one `unshipped`."""
    story = paid(item("A", "10.00", 2))
    story.send(PreparationStarted(lines={"A": 1}), 1)
    return story


# --- A7: preparation is presumed -------------------------------------------------------------------------


def test_a7_goods_are_unshipped_until_twelve_hours_after_payment() -> None:
    """One microsecond before, nothing has happened."""
    story = paid(at=1)
    assert () == story.wait(hours(13) - TICK).fired
    assert {"unshipped": 1} == story.of("A")


@pytest.mark.parametrize("after", [hours(13), hours(13) + TICK, hours(500)], ids=str)
def test_a7_goods_are_presumed_in_preparation_twelve_hours_after_payment(after: timedelta) -> None:
    """At twelve hours, and ever after, they are `preparing`."""
    story = paid(item("A", quantity=2), item("E", seller="s7"), at=1)
    decision = story.wait(after)
    assert ("preparation_presumed",) == decision.fired
    assert {"A": {"preparing": 2}, "E": {"preparing": 1}} == story.goods
    assert "preparing" == story.order.state


def test_a7_the_presumption_is_the_next_deadline_of_a_paid_order() -> None:
    """A scheduler is told when preparation is presumed, and nothing is due afterwards."""
    story = paid(at=1)
    deadline = story.machine.next_deadline(story.order)
    assert deadline is not None
    assert (moment(13), "preparation_presumed") == (deadline.at, deadline.code)
    story.wait(13)
    assert story.machine.next_deadline(story.order) is None


def test_a7_the_length_is_a_policy_value() -> None:
    """`preparation_after` moves the deadline."""
    story = paid(policy=Policy(preparation_after=timedelta(hours=2)))
    story.wait(hours(2) - TICK)
    assert {"unshipped": 1} == story.of("A")
    story.wait(2)
    assert {"preparing": 1} == story.of("A")


def test_a7_goods_under_a_request_are_presumed_in_preparation_too() -> None:
    """The request waits on, now about goods in preparation (5.3)."""
    story = requested()
    story.wait(hours(12) - TICK)
    assert {"unshipped.cancel_requested": 1} == story.of("A")
    story.wait(12)
    assert {"preparing.cancel_requested": 1} == story.of("A")
    assert "cancel_requested" == story.order.state


def test_a7_goods_waiting_for_a_bundle_mate_are_asked_about_once_presumed_in_preparation() -> None:
    """They enter `preparing.cancel_confirming` by time alone, and are asked about themselves (A8, 5.2)."""
    story = paid(item("B", bundle="s"), item("C", bundle="s"))
    story.send(PreparationStarted(lines=["B"]), 1)
    story.send(RequestCancellation(lines=["B"]), 2)
    story.send(ApproveCancellation(lines=["B"]), 3)
    assert {"B": {"preparing.cancel_confirming": 1}, "C": {"unshipped.cancel_confirming": 1}} == story.goods
    decision = story.wait(12)
    assert {"preparing.cancel_confirming": 1} == story.of("C")
    assert [{"C": 1}] == [effect.lines for effect in effects(decision, AskLogistics)]


@pytest.mark.parametrize(
    ("fact", "state"),
    [(PreparationStarted(), "preparing"), (Dispatched(), "shipped"), (Delivered(lines=["A"]), "delivered")],
    ids=["preparing", "shipped", "delivered"],
)
def test_a7_goods_that_went_on_are_not_presumed(fact: Fact, state: str) -> None:
    """The deadline concerns goods still unshipped only."""
    story = paid()
    story.send(fact, 1)
    assert () == story.wait(12).fired
    assert {state: 1} == story.of("A")


def test_a7_a_presumption_tells_nobody_anything() -> None:
    """Presumed preparation has no effects of its own."""
    assert () == paid().wait(12).effects


# --- preparation_started ---------------------------------------------------------------------------------


def test_3_preparation_starts() -> None:
    """`unshipped` goods become `preparing`."""
    story = paid()
    decision = story.send(PreparationStarted(lines=["A"]), 1)
    assert "accepted" == decision.outcome
    assert {"preparing": 1} == story.of("A")
    assert [("A", 1, "unshipped", "preparing")] == moves(decision)


def test_5_3_preparation_starts_while_a_request_waits() -> None:
    """The goods move to `preparing.cancel_requested`, and approval then asks logistics."""
    story = requested()
    story.send(PreparationStarted(), 2)
    assert {"preparing.cancel_requested": 1} == story.of("A")
    decision = story.send(ApproveCancellation(lines="all"), 3)
    assert {"preparing.cancel_confirming": 1} == story.of("A")
    assert ["a1"] == [effect.ask for effect in effects(decision, AskLogistics)]


def test_5_2_goods_that_enter_preparation_while_their_bundle_waits_are_asked_about() -> None:
    """Nothing rides on another's yes."""
    story = paid(item("B", bundle="s"), item("C", bundle="s"))
    story.send(PreparationStarted(lines=["B"]), 1)
    story.send(RequestCancellation(lines=["B"]), 2)
    story.send(ApproveCancellation(lines=["B"]), 3)
    decision = story.send(PreparationStarted(lines=["C"]), 4)
    assert {"preparing.cancel_confirming": 1} == story.of("C")
    assert [("a2", {"C": 1})] == [(effect.ask, effect.lines) for effect in effects(decision, AskLogistics)]


@pytest.mark.parametrize("lines", [None, ["A"], {"A": 1}], ids=["bare", "line", "quantity"])
def test_3_preparation_reported_again_is_a_duplicate(lines: object) -> None:
    """It repeats what is known, even what was only presumed, and has no effects."""
    story = paid()
    story.wait(12)
    before = story.order
    decision = story.send(PreparationStarted(lines=lines), 13)  # type: ignore[arg-type]
    assert "duplicate" == decision.outcome
    assert () == decision.effects
    assert before == story.order


def test_5_12_preparation_reported_after_dispatch_is_known() -> None:
    """Facts may come late and out of order: goods that left had been prepared."""
    story = shipped()
    assert "duplicate" == story.send(PreparationStarted(lines=["A"]), 1, received=3).outcome
    assert {"shipped": 1} == story.of("A")


# --- dispatched ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prepared", [False, True], ids=["unshipped", "preparing"])
def test_3_goods_are_dispatched(prepared: bool) -> None:
    """Paid and undispatched goods become `shipped`, prepared or not, in one step."""
    story = paid()
    if prepared:
        story.send(PreparationStarted(), 1)
    decision = story.send(Dispatched(lines=["A"], parcel="P"), 2)
    assert "accepted" == decision.outcome
    assert {"shipped": 1} == story.of("A")
    assert 1 == len(decision.moves)
    assert not decision.moves[0].inferred
    assert "shipped" == story.order.state


@pytest.mark.parametrize("actor", [WAREHOUSE, LOGISTICS], ids=str)
def test_3_warehouse_and_logistics_report_dispatch(actor: Actor) -> None:
    """Both see the goods leave."""
    assert "accepted" == paid().send(Dispatched(), 1, by=actor).outcome


@pytest.mark.parametrize("policy", [Policy(), Policy.declaration(), Policy.marketplace()], ids=["c", "d", "m"])
@pytest.mark.parametrize("actor", [BUYER, CUSTOMER_SERVICE], ids=str)
def test_a9_cancellation_is_refused_once_dispatched(actor: Actor, policy: Policy) -> None:
    """Nobody and no policy can cancel what has left."""
    story = shipped(policy=policy)
    before = story.order
    decision = story.send(RequestCancellation(lines="all"), 3, by=actor)
    assert "refused" == decision.outcome
    assert [("already_dispatched", "A9")] == [(reason.code, reason.clause) for reason in decision.reasons]
    assert before == story.order


def test_a4_the_refund_button_disappears_with_dispatch() -> None:
    """As long as anything can still be cancelled the button is shown, then no more."""
    story = paid(item("A", quantity=2))
    story.send(Dispatched(lines={"A": 1}), 1)
    assert story.machine.refund_button(story.order, at=moment(1))
    story.send(Dispatched(lines={"A": 1}), 2)
    assert not story.machine.refund_button(story.order, at=moment(2))


@pytest.mark.parametrize("lines", [None, ["A"], {"A": 1}], ids=["bare", "line", "quantity"])
def test_3_dispatch_reported_again_is_a_duplicate(lines: object) -> None:
    """It repeats what is known."""
    story = shipped()
    before = story.order
    decision = story.send(Dispatched(lines=lines, parcel="P"), 3)  # type: ignore[arg-type]
    assert "duplicate" == decision.outcome
    assert () == decision.effects
    assert before == story.order


def test_5_12_dispatch_reported_after_delivery_is_known() -> None:
    """The late report of a step that was filled in is a duplicate."""
    story = paid()
    story.send(Delivered(lines=["A"]), 5)
    assert "duplicate" == story.send(Dispatched(lines=["A"]), 2, received=6).outcome
    assert {"delivered": 1} == story.of("A")


# --- 5.4: dispatch while a request waits -----------------------------------------------------------------


def test_5_4_a_request_lapses_with_dispatch() -> None:
    """The goods are `shipped` and the order no longer waits for a decision."""
    story = requested()
    decision = story.send(Dispatched(), 2)
    assert "accepted" == decision.outcome
    assert {"shipped": 1} == story.of("A")
    assert "shipped" == story.order.state


def test_5_4_the_customer_is_told_what_is_left() -> None:
    """`Notify` with the usual ways after dispatch, and the warehouse is not told to resume (section 6)."""
    decision = requested().send(Dispatched(), 2)
    (notify,) = effects(decision, Notify)
    assert {"cancel_delivery", "delivery_refused", "request_return", "contact_customer_service"} == set(
        notify.next_steps
    )
    assert [] == effects(decision, TellWarehouse)


def test_5_4_the_rest_of_the_request_goes_on() -> None:
    """Only the goods that left drop out of the request."""
    story = requested(item("A", quantity=2), item("B"))
    decision = story.send(Dispatched(lines={"A": 1}), 2)
    assert {
        "A": {"shipped": 1, "unshipped.cancel_requested": 1},
        "B": {"unshipped.cancel_requested": 1},
    } == story.goods
    assert [{"A": 1}] == [notify.lines for notify in effects(decision, Notify)]
    story.send(ApproveCancellation(lines="all"), 3)
    assert {"A": {"shipped": 1, "cancelled": 1}, "B": {"cancelled": 1}} == story.goods


def test_5_4_dispatch_while_logistics_is_asked() -> None:
    """The goods are `shipped`, the request lapses, and a later yes is stale (5.7)."""
    story = requested()
    story.send(PreparationStarted(), 2)
    story.send(ApproveCancellation(lines="all"), 3)
    decision = story.send(Dispatched(), 4)
    assert {"shipped": 1} == story.of("A")
    assert 1 == len(effects(decision, Notify))
    answer = story.send(StopConfirmed(ask="a1"), 5)
    assert "anomaly" == answer.outcome
    assert ["stale_answer"] == codes(answer)
    assert {"shipped": 1} == story.of("A")


def test_5_4_approving_a_lapsed_request_is_refused() -> None:
    """There is no request any more, and the goods have left."""
    story = requested()
    story.send(Dispatched(), 2)
    decision = story.send(ApproveCancellation(lines=["A"]), 3)
    assert "refused" == decision.outcome
    assert {"nothing_requested", "already_dispatched"} >= set(codes(decision))
    assert {"shipped": 1} == story.of("A")


def test_5_4_goods_without_a_request_lapse_nothing() -> None:
    """An ordinary dispatch tells the customer of no lapsed request."""
    assert () == paid().send(Dispatched(), 2).effects


# --- 5.5: dispatch after cancelling or closing -----------------------------------------------------------


def cancelled() -> Story:
    """A story that begins with goods cancelled at hour 1, 10.00 due."""
    story = paid(policy=Policy.marketplace())
    story.send(RequestCancellation(lines="all"), 1)
    return story


def test_5_5_dispatch_after_cancellation_honours_the_decision() -> None:
    """The goods stay `cancelled`; the anomaly is `dispatched_after_cancel`; the refund is paid once."""
    story = cancelled()
    decision = story.send(Dispatched(lines=["A"], parcel="P"), 2)
    assert "anomaly" == decision.outcome
    assert ["dispatched_after_cancel"] == codes(decision)
    assert {"cancelled": 1} == story.of("A")
    assert {"r1": ("cancellation", "due", "10.00")} == story.refunds


def test_5_5_dispatch_after_cancellation_asks_the_carrier() -> None:
    """Effects `AskCarrier` and `Escalate`, and nothing else."""
    decision = cancelled().send(Dispatched(lines=["A"], parcel="P"), 2)
    assert {"ask_carrier", "escalate"} == set(told(decision))
    (ask,) = effects(decision, AskCarrier)
    assert ({"A": 1}, ("P",)) == (ask.lines, ask.parcels)


def test_5_5_dispatch_after_closing() -> None:
    """The goods stay `closed`; the anomaly is `dispatched_after_close`; carrier and a person are told."""
    story = placed()
    decision = story.send(Dispatched(lines=["A"], parcel="P"), 25)
    assert "anomaly" == decision.outcome
    assert ["dispatched_after_close"] == codes(decision)
    assert {"ask_carrier", "escalate"} <= set(told(decision))
    assert {"closed": 1} == story.of("A")


@pytest.mark.parametrize("fact", [Arrived(parcel="P"), Delivered(parcel="P"), Lost(parcel="P")], ids=lambda f: f.name)
def test_5_5_later_facts_about_the_stray_parcel_belong_here(fact: Fact) -> None:
    """The parcel is remembered: it is no unknown one, and still nothing moves."""
    story = cancelled()
    story.send(Dispatched(lines=["A"], parcel="P"), 2)
    decision = story.send(fact, 3)
    assert "refused" != decision.outcome
    assert "unknown_parcel" not in codes(decision)
    assert {"cancelled": 1} == story.of("A")


def test_5_5_the_refund_is_paid_once_when_the_parcel_comes_back() -> None:
    """A return of cancelled goods is an anomaly that moves nothing and pays nothing (5.12)."""
    story = cancelled()
    story.send(Dispatched(lines=["A"], parcel="P"), 2)
    decision = story.send(ReturnReceived(lines=["A"]), 50)
    assert "anomaly" == decision.outcome
    assert {"cancelled": 1} == story.of("A")
    assert [] == effects(decision, SendRefund)
    assert {"r1": ("cancellation", "due", "10.00")} == story.refunds


def test_5_5_a_stray_dispatch_reported_again_is_a_duplicate() -> None:
    """The carrier is asked once."""
    story = cancelled()
    story.send(Dispatched(lines=["A"], parcel="P"), 2)
    decision = story.send(Dispatched(lines=["A"], parcel="P"), 3)
    assert "duplicate" == decision.outcome
    assert () == decision.effects


def test_a9_dispatch_reported_late_does_not_undo_a_cancellation() -> None:
    """Occurred before the cancellation but known only after it: the decision is honoured all the same."""
    story = cancelled()
    decision = story.send(Dispatched(lines=["A"], parcel="P"), 0.5, received=2)
    assert ["dispatched_after_cancel"] == codes(decision)
    assert {"cancelled": 1} == story.of("A")


def partly_cancelled() -> Story:
    """Two units of A, one of them cancelled at hour 1."""
    story = paid(item("A", quantity=2), policy=Policy.marketplace())
    story.send(RequestCancellation(lines={"A": 1}), 1)
    return story


def test_5_5_a_line_that_is_partly_cancelled_is_dispatched_in_part() -> None:
    """Without a quantity, the unit that fits leaves, and nothing is contradicted."""
    story = partly_cancelled()
    assert "accepted" == story.send(Dispatched(lines=["A"], parcel="P"), 2).outcome
    assert {"shipped": 1, "cancelled": 1} == story.of("A")


def test_5_5_more_units_dispatched_than_were_left_means_a_cancelled_one_left() -> None:
    """Two of two: one fits and leaves, the cancelled one is asked back."""
    story = partly_cancelled()
    decision = story.send(Dispatched(lines={"A": 2}, parcel="P"), 2)
    assert "anomaly" == decision.outcome
    assert "dispatched_after_cancel" in codes(decision)
    assert {"shipped": 1, "cancelled": 1} == story.of("A")
    assert [{"A": 1}] == [effect.lines for effect in effects(decision, AskCarrier)]


# --- too early -------------------------------------------------------------------------------------------


def test_3_goods_reported_dispatched_before_they_were_paid_wait() -> None:
    """The anomaly `not_paid` is kept, and nothing moves yet."""
    story = placed()
    decision = story.send(Dispatched(lines=["A"], parcel="P"), 1)
    assert "anomaly" == decision.outcome
    assert ["not_paid"] == codes(decision)
    assert {"unpaid": 1} == story.of("A")
    assert ["not_paid"] == [effect.code for effect in effects(decision, Escalate)]


def test_3_they_are_judged_again_when_the_payment_completes() -> None:
    """Then they are `shipped`, in the parcel that was named, and the anomaly is closed."""
    story = placed()
    story.send(Dispatched(lines=["A"], parcel="P"), 1)
    decision = story.send(capture("10.00"), 2)
    assert {"shipped": 1} == story.of("A")
    assert [("A", 1, "unpaid", "unshipped"), ("A", 1, "unshipped", "shipped")] == moves(decision)
    assert [] == [anomaly.id for anomaly in story.order.anomalies if anomaly.open]
    assert "accepted" == story.send(Arrived(parcel="P"), 3).outcome


def test_3_a_part_payment_does_not_make_them_move() -> None:
    """Only the payment that completes the order does."""
    story = placed()
    story.send(Dispatched(lines=["A"]), 1)
    story.send(capture("4.00"), 2)
    assert {"unpaid": 1} == story.of("A")
    story.send(capture("6.00", "p2"), 3)
    assert {"shipped": 1} == story.of("A")


def test_3_early_facts_are_judged_again_in_order_of_at() -> None:
    """Reported backwards, judged forwards: lost at two, delivered at three after all."""
    story = placed()
    story.send(Delivered(lines=["A"]), 3)
    story.send(Lost(lines=["A"]), 2, received=4)
    story.send(capture("10.00"), 1, received=5)
    assert {"delivered": 1} == story.of("A")
    assert [] == [anomaly.id for anomaly in story.order.anomalies if anomaly.open]


def test_3_facts_about_a_parcel_that_left_before_the_payment_wait_with_it() -> None:
    """Dispatched and delivered before the payment is known: both are judged again after it."""
    story = placed(item("A"), item("B"))
    story.send(Dispatched(lines=["A"], parcel="P"), 2)
    story.send(Delivered(parcel="P"), 3)
    assert {"A": {"unpaid": 1}, "B": {"unpaid": 1}} == story.goods
    story.send(capture("20.00"), 1, received=4)
    assert {"A": {"delivered": 1}, "B": {"unshipped": 1}} == story.goods
    assert [] == [anomaly.id for anomaly in story.order.anomalies if anomaly.open]


def test_3_an_early_fact_of_an_order_that_closes_moves_nothing() -> None:
    """Goods reported dispatched that were never paid stay closed, and a person still knows."""
    story = placed()
    story.send(Dispatched(lines=["A"]), 1)
    story.wait(24)
    story.send(capture("10.00"), 25)
    assert {"closed": 1} == story.of("A")
    assert [] != [anomaly.id for anomaly in story.order.anomalies if anomaly.open]


def test_3_an_early_fact_repeated_with_its_id_is_a_duplicate() -> None:
    """It is kept once."""
    story = placed()
    story.send(Dispatched(lines=["A"]), 1, id="f1")
    assert "duplicate" == story.send(Dispatched(lines=["A"]), 1, received=2, id="f1").outcome
    assert 1 == len(story.order.anomalies)


def test_3_an_early_fact_about_a_quantity_moves_that_quantity() -> None:
    """One of two units was reported; one of two leaves."""
    story = placed(item("A", quantity=2))
    story.send(Dispatched(lines={"A": 1}), 1)
    story.send(capture("10.00"), 2)
    assert {"shipped": 1, "unshipped": 1} == story.of("A")


def test_3_an_early_dispatch_comes_before_the_presumption() -> None:
    """A payment learnt a day late: what left meanwhile is `shipped`, not presumed in preparation."""
    story = placed()
    story.send(Dispatched(lines=["A"]), 2)
    decision = story.send(capture("10.00"), 1, received=20)
    assert {"shipped": 1} == story.of("A")
    assert () == decision.fired


# --- bare facts ------------------------------------------------------------------------------------------


def test_3_a_bare_dispatch_speaks_of_all_undispatched_goods() -> None:
    """In whatever state before dispatch they are; digital goods are left alone."""
    story = paid(item("A", quantity=2), item("B"), item("C"), item("D", kind="digital"))
    story.send(PreparationStarted(lines=["B"]), 1)
    story.send(RequestCancellation(lines=["C"]), 2)
    decision = story.send(Dispatched(), 3)
    assert "accepted" == decision.outcome
    assert {"A": {"shipped": 2}, "B": {"shipped": 1}, "C": {"shipped": 1}, "D": {"delivered": 1}} == story.goods


def test_3_a_bare_dispatch_leaves_cancelled_goods_alone() -> None:
    """It speaks of what it can move; what was cancelled is not meant."""
    story = paid(item("A"), item("B"), policy=Policy.marketplace())
    story.send(RequestCancellation(lines=["A"]), 1)
    decision = story.send(Dispatched(), 2)
    assert "accepted" == decision.outcome
    assert {"A": {"cancelled": 1}, "B": {"shipped": 1}} == story.goods


def test_3_a_bare_arrival_infers_nothing() -> None:
    """Only goods under way arrive; those that have not left stay where they are."""
    story = paid(item("A"), item("B"))
    story.send(Dispatched(lines=["A"]), 1)
    decision = story.send(Arrived(), 2)
    assert "accepted" == decision.outcome
    assert {"A": {"arrived": 1}, "B": {"unshipped": 1}} == story.goods
    assert [False] == [move.inferred for move in decision.moves]


def test_3_a_bare_delivery_moves_one_step() -> None:
    """Goods that have arrived are delivered; goods still under way are not."""
    story = paid(item("A"), item("B"))
    story.send(Dispatched(), 1)
    story.send(Arrived(lines=["A"]), 2)
    decision = story.send(Delivered(), 3)
    assert "accepted" == decision.outcome
    assert {"A": {"delivered": 1}, "B": {"shipped": 1}} == story.goods


def test_3_a_bare_fact_that_can_move_nothing_by_one_step_is_an_anomaly() -> None:
    """It moved nothing and repeated nothing, so it is kept."""
    story = shipped()
    decision = story.send(Delivered(), 3)
    assert "anomaly" == decision.outcome
    assert {"shipped": 1} == story.of("A")
    assert 1 == len(story.order.anomalies)


def test_3_a_bare_preparation_speaks_of_all_unshipped_goods() -> None:
    """Those that left are not meant."""
    story = paid(item("A"), item("B"))
    story.send(Dispatched(lines=["A"]), 1)
    decision = story.send(PreparationStarted(), 2)
    assert "accepted" == decision.outcome
    assert {"A": {"shipped": 1}, "B": {"preparing": 1}} == story.goods


# --- named facts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("prepared", [False, True], ids=["unshipped", "preparing"])
def test_3_a_named_arrival_fills_in_the_dispatch(prepared: bool) -> None:
    """The skipped step is made and marked inferred."""
    story = paid()
    if prepared:
        story.send(PreparationStarted(), 1)
    decision = story.send(Arrived(lines=["A"]), 2)
    assert "accepted" == decision.outcome
    assert {"arrived": 1} == story.of("A")
    assert [("shipped", True), ("arrived", False)] == [(move.target, move.inferred) for move in decision.moves]


def test_3_a_named_delivery_fills_in_dispatch_and_arrival() -> None:
    """Both skipped steps are made and marked inferred."""
    story = paid()
    decision = story.send(Delivered(lines={"A": 1}), 2)
    assert {"delivered": 1} == story.of("A")
    assert [("shipped", True), ("arrived", True), ("delivered", False)] == [
        (move.target, move.inferred) for move in decision.moves
    ]


def test_3_an_inferred_dispatch_lets_a_request_lapse() -> None:
    """Goods at the door have left, whatever was asked for them (5.4)."""
    story = requested()
    decision = story.send(Arrived(lines=["A"]), 2)
    assert {"arrived": 1} == story.of("A")
    assert 1 == len(effects(decision, Notify))


def test_3_a_fact_about_a_parcel_concerns_its_goods_only() -> None:
    """Two parcels arrive one by one."""
    story = paid(item("A"), item("B"))
    story.send(Dispatched(lines=["A"], parcel="P"), 1)
    story.send(Dispatched(lines=["B"], parcel="Q"), 1)
    story.send(Arrived(parcel="Q"), 2)
    assert {"A": {"shipped": 1}, "B": {"arrived": 1}} == story.goods


def test_3_a_delivery_of_a_parcel_fills_in_its_arrival() -> None:
    """Naming the parcel names the goods."""
    story = shipped()
    decision = story.send(Delivered(parcel="P"), 3)
    assert {"delivered": 1} == story.of("A")
    assert [("arrived", True), ("delivered", False)] == [(move.target, move.inferred) for move in decision.moves]


def test_3_a_fact_about_an_unknown_parcel_is_an_anomaly() -> None:
    """`unknown_parcel` is kept and moves nothing."""
    story = shipped()
    decision = story.send(Delivered(parcel="Z"), 3)
    assert "anomaly" == decision.outcome
    assert ["unknown_parcel"] == codes(decision)
    assert {"shipped": 1} == story.of("A")


def test_3_a_fact_about_an_unknown_line_is_an_anomaly() -> None:
    """`unknown_line` is kept, and what fits moves all the same."""
    story = paid()
    decision = story.send(Dispatched(lines=["A", "X"]), 1)
    assert "anomaly" == decision.outcome
    assert ["unknown_line"] == codes(decision)
    assert {"shipped": 1} == story.of("A")


@pytest.mark.parametrize("fact", [Dispatched, Arrived, Delivered, Lost, PreparationStarted], ids=lambda f: f.name)
def test_3_a_named_line_of_which_nothing_fits_is_an_anomaly(fact: type[Dispatched]) -> None:
    """Cancelled goods cannot go anywhere; the other line that was named moves."""
    story = paid(item("A"), item("B"), policy=Policy.marketplace())
    story.send(RequestCancellation(lines=["A"]), 1)
    decision = story.send(fact(lines=["A", "B"]), 2)
    assert "anomaly" == decision.outcome
    assert {"cancelled": 1} == story.of("A")
    assert {"unshipped": 1} != story.of("B")


def test_3_digital_goods_do_not_travel() -> None:
    """A dispatch that names a digital line is an anomaly and moves it nowhere."""
    story = paid(item("A"), item("D", kind="digital"))
    decision = story.send(Dispatched(lines=["D"]), 1)
    assert "anomaly" == decision.outcome
    assert {"delivered": 1} == story.of("D")


# --- quantities ------------------------------------------------------------------------------------------


def test_3_a_fact_about_a_quantity_splits_a_line() -> None:
    """One of three leaves."""
    story = paid(item("A", quantity=3))
    decision = story.send(Dispatched(lines={"A": 1}), 1)
    assert {"shipped": 1, "unshipped": 2} == story.of("A")
    assert [("A", 1, "unshipped", "shipped")] == moves(decision)
    assert "partially_shipped" == story.order.state


def test_3_a_quantity_above_what_fits_is_an_anomaly_and_what_fits_moves() -> None:
    """Three of two: two leave, and a person is told."""
    story = paid(item("A", quantity=2))
    decision = story.send(Dispatched(lines={"A": 3}), 1)
    assert "anomaly" == decision.outcome
    assert {"shipped": 2} == story.of("A")
    assert [] != effects(decision, Escalate)


def test_3_a_quantity_above_what_is_left_is_an_anomaly() -> None:
    """Two of one undispatched and one shipped: the one leaves, and a person is told."""
    story = paid(item("A", quantity=2))
    story.send(Dispatched(lines={"A": 1}), 1)
    decision = story.send(Dispatched(lines={"A": 2}), 2)
    assert "anomaly" == decision.outcome
    assert {"shipped": 2} == story.of("A")


def test_3_a_quantity_takes_the_goods_nearest_to_dispatch_first() -> None:
    """Of one in preparation and one that is not, the one in preparation leaves."""
    story = mixed()
    story.send(Dispatched(lines={"A": 1}), 2)
    assert {"shipped": 1, "unshipped": 1} == story.of("A")


def test_3_a_quantity_spares_goods_under_a_request() -> None:
    """Of one under a request and one that is not, the one that is not leaves."""
    story = paid(item("A", quantity=2))
    story.send(RequestCancellation(lines={"A": 1}), 1)
    story.send(Dispatched(lines={"A": 1}), 2)
    assert {"shipped": 1, "unshipped.cancel_requested": 1} == story.of("A")


def test_3_a_quantity_spares_goods_under_a_request_even_if_they_are_nearer_to_dispatch() -> None:
    """The one in preparation is under a request, so the unprepared one leaves."""
    story = mixed()
    story.send(RequestCancellation(lines="all"), 2)
    story.send(WithdrawCancellation(lines={"A": 1}), 3)
    assert {"unshipped": 1, "preparing.cancel_requested": 1} == story.of("A")
    story.send(Dispatched(lines={"A": 1}), 4)
    assert {"shipped": 1, "preparing.cancel_requested": 1} == story.of("A")


def test_3_a_quantity_takes_goods_under_a_request_when_nothing_else_is_left() -> None:
    """Two of two leave; the request lapses for the one that was under it."""
    story = paid(item("A", quantity=2))
    story.send(RequestCancellation(lines={"A": 1}), 1)
    decision = story.send(Dispatched(lines={"A": 2}), 2)
    assert {"shipped": 2} == story.of("A")
    assert [{"A": 1}] == [notify.lines for notify in effects(decision, Notify)]


def test_3_a_preparation_of_a_quantity_spares_goods_under_a_request() -> None:
    """The unit that nobody wants cancelled is prepared."""
    story = paid(item("A", quantity=2))
    story.send(RequestCancellation(lines={"A": 1}), 1)
    story.send(PreparationStarted(lines={"A": 1}), 2)
    assert {"preparing": 1, "unshipped.cancel_requested": 1} == story.of("A")


def test_3_a_line_without_a_quantity_means_all_of_it() -> None:
    """All undispatched units of the line leave."""
    story = mixed()
    story.send(Dispatched(lines=["A"]), 2)
    assert {"shipped": 2} == story.of("A")


# --- ids -------------------------------------------------------------------------------------------------


def test_5_11_the_same_id_moves_one_unit_once() -> None:
    """A repeated report of one unit is a duplicate, though another unit would fit."""
    story = paid(item("A", quantity=2))
    story.send(Dispatched(lines={"A": 1}), 1, id="f1")
    decision = story.send(Dispatched(lines={"A": 1}), 1, received=2, id="f1")
    assert "duplicate" == decision.outcome
    assert {"shipped": 1, "unshipped": 1} == story.of("A")


def test_3_the_same_id_with_other_goods_is_an_anomaly() -> None:
    """`conflicting_id` moves nothing, and a person is told."""
    story = paid(item("A"), item("B"))
    story.send(Dispatched(lines=["A"]), 1, id="f1")
    decision = story.send(Dispatched(lines=["B"]), 1, received=2, id="f1")
    assert "anomaly" == decision.outcome
    assert ["conflicting_id"] == codes(decision)
    assert {"unshipped": 1} == story.of("B")
    assert ["conflicting_id"] == [effect.code for effect in effects(decision, Escalate)]


def test_3_the_same_id_with_another_fact_is_an_anomaly() -> None:
    """What was reported is content too."""
    story = paid()
    story.send(Arrived(lines=["A"]), 1, id="f1")
    decision = story.send(Delivered(lines=["A"]), 1, received=2, id="f1")
    assert ["conflicting_id"] == codes(decision)
    assert {"arrived": 1} == story.of("A")


def test_3_an_id_is_remembered_after_a_fact_that_repeated_what_is_known() -> None:
    """A duplicate without effects uses up its id: the same id with other content conflicts."""
    story = shipped(item("A"), item("B"))
    assert "duplicate" == story.send(Dispatched(lines=["A"], parcel="P"), 2, received=3, id="f1").outcome
    assert ["conflicting_id"] == codes(story.send(Dispatched(lines=["B"], parcel="P"), 2, received=4, id="f1"))


# --- arrived, delivered, lost ----------------------------------------------------------------------------


def test_a12_goods_arrive_and_are_delivered() -> None:
    """`shipped`, `arrived`, `delivered`, each told by logistics."""
    story = shipped()
    assert "accepted" == story.send(Arrived(lines=["A"]), 3).outcome
    assert {"arrived": 1} == story.of("A")
    assert "shipped" == story.order.state
    assert "accepted" == story.send(Delivered(lines=["A"]), 4).outcome
    assert {"delivered": 1} == story.of("A")
    assert "delivered" == story.order.state


def test_5_12_arrival_reported_after_delivery_is_known() -> None:
    """The late report of a step behind is a duplicate."""
    story = shipped()
    story.send(Delivered(lines=["A"]), 4)
    assert "duplicate" == story.send(Arrived(lines=["A"]), 3, received=5).outcome
    assert "duplicate" == story.send(Delivered(lines=["A"]), 5).outcome
    assert {"delivered": 1} == story.of("A")


@pytest.mark.parametrize("before", [None, Arrived(lines=["A"])], ids=["shipped", "arrived"])
def test_3_the_carrier_can_lose_goods(before: Fact | None) -> None:
    """They become `lost`; a person and the customer are told (section 6)."""
    story = shipped()
    if before is not None:
        story.send(before, 3)
    decision = story.send(Lost(lines=["A"]), 4)
    assert "accepted" == decision.outcome
    assert {"lost": 1} == story.of("A")
    assert {"escalate", "notify"} == set(told(decision))
    assert "shipped" == story.order.state


def test_3_lost_goods_can_be_delivered_after_all() -> None:
    """`lost` to `delivered`."""
    story = shipped()
    story.send(Lost(lines=["A"]), 4)
    assert "accepted" == story.send(Delivered(lines=["A"]), 5).outcome
    assert {"delivered": 1} == story.of("A")


def test_3_a_loss_reported_twice_is_a_duplicate() -> None:
    """Nobody is told again."""
    story = shipped()
    story.send(Lost(lines=["A"]), 4)
    decision = story.send(Lost(lines=["A"]), 5)
    assert "duplicate" == decision.outcome
    assert () == decision.effects


def test_3_goods_that_were_delivered_cannot_be_lost() -> None:
    """It contradicts what is known: an anomaly that moves nothing."""
    story = shipped()
    story.send(Delivered(lines=["A"]), 3)
    decision = story.send(Lost(lines=["A"]), 4)
    assert "anomaly" == decision.outcome
    assert {"delivered": 1} == story.of("A")


# --- the order's state -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ([], "unshipped"),
        ([PreparationStarted(lines=["A"])], "preparing"),
        ([Dispatched(lines=["A"])], "partially_shipped"),
        ([Delivered(lines=["A"])], "partially_shipped"),
        ([Dispatched(lines=["A"]), PreparationStarted(lines=["B"])], "partially_shipped"),
        ([Dispatched()], "shipped"),
        ([Dispatched(), Delivered(lines=["A"])], "shipped"),
        ([Dispatched(), Lost(lines=["A"]), Arrived(lines=["B"])], "shipped"),
        ([Delivered(lines=["A"]), Delivered(lines=["B"])], "delivered"),
    ],
    ids=str,
)
def test_2_the_state_of_an_order_follows_from_its_goods(facts: list[Fact], state: str) -> None:
    """First match wins; digital goods are left out."""
    story = paid(item("A"), item("B"), item("D", kind="digital"))
    for hour, fact in enumerate(facts, 1):
        story.send(fact, hour)
    assert state == story.order.state


def test_2_cancelled_goods_are_left_out_of_the_state_of_the_rest() -> None:
    """One line cancelled, the other delivered: the order is delivered."""
    story = paid(item("A"), item("B"), policy=Policy.marketplace())
    story.send(RequestCancellation(lines=["A"]), 1)
    story.send(Delivered(lines=["B"]), 2)
    assert "delivered" == story.order.state


# --- who -------------------------------------------------------------------------------------------------

REPORTERS: list[tuple[Fact, tuple[Actor, ...]]] = [
    (PreparationStarted(lines=["E"]), (WAREHOUSE, SELLER)),
    (Dispatched(lines=["E"]), (WAREHOUSE, LOGISTICS, SELLER)),
    (Arrived(lines=["E"]), (LOGISTICS,)),
    (Delivered(lines=["E"]), (LOGISTICS,)),
    (Lost(lines=["E"]), (LOGISTICS,)),
    (StopConfirmed(lines=["E"]), (LOGISTICS,)),
    (StopDenied(lines=["E"]), (LOGISTICS,)),
]
FORBIDDEN = [(fact, actor) for fact, allowed in REPORTERS for actor in EVERYBODY if actor not in allowed]
ALLOWED = [(fact, actor) for fact, allowed in REPORTERS for actor in allowed]


@pytest.mark.parametrize(("fact", "actor"), FORBIDDEN, ids=lambda value: getattr(value, "name", None) or str(value))
def test_5_15_a_fact_from_another_role_is_no_fact(fact: Fact, actor: Actor) -> None:
    """It is refused `not_allowed`, moves nothing, and nothing is kept."""
    story = paid(item("E", seller="s7"))
    before = story.order
    decision = story.send(fact, 1, by=actor)
    assert "refused" == decision.outcome
    assert ["not_allowed"] == codes(decision)
    assert before == story.order


@pytest.mark.parametrize(("fact", "actor"), ALLOWED, ids=lambda value: getattr(value, "name", None) or str(value))
def test_3_a_fact_from_who_may_report_it_is_never_refused(fact: Fact, actor: Actor) -> None:
    """Wherever the goods are, also where the fact does not fit."""
    for begin in (paid, placed):
        for hour in (1, 30):
            story = begin(item("E", seller="s7"))
            assert "refused" != story.send(fact, hour, by=actor).outcome


@pytest.mark.parametrize("fact", [PreparationStarted, Dispatched], ids=lambda fact: fact.name)
def test_3_a_seller_reports_about_its_own_goods_only(fact: type[PreparationStarted]) -> None:
    """Naming others' goods is not allowed; a bare fact speaks of its own."""
    story = paid(item("A"), item("E", seller="s7"), item("F", seller="s8"))
    for lines in (["A"], ["F"], ["A", "E"]):
        decision = story.ask(fact(lines=lines), 1, by=SELLER)
        assert ("refused", ["not_allowed"]) == (decision.outcome, codes(decision))
    assert "accepted" == story.send(fact(), 1, by=SELLER).outcome
    assert ({"unshipped": 1}, {"unshipped": 1}) == (story.of("A"), story.of("F"))
    assert {"unshipped": 1} != story.of("E")


def test_5_15_another_seller_reports_nothing() -> None:
    """A seller that has sold nothing in this order is not allowed to speak of it."""
    decision = paid(item("E", seller="s7")).send(Dispatched(lines=["E"]), 1, by=OTHER_SELLER)
    assert ["not_allowed"] == codes(decision)


# --- anomalies -------------------------------------------------------------------------------------------


def test_3_an_anomaly_is_resolved_by_customer_service() -> None:
    """Nothing moves; the anomaly is no longer open."""
    story = shipped()
    story.send(Delivered(parcel="Z"), 3)
    decision = story.send(ResolveAnomaly(anomaly="n1", note="wrong scan"), 4)
    assert "accepted" == decision.outcome
    assert ((), ()) == (decision.moves, decision.effects)
    assert [False] == [anomaly.open for anomaly in story.order.anomalies]


@pytest.mark.parametrize("actor", [each for each in EVERYBODY if each is not CUSTOMER_SERVICE], ids=str)
def test_5_15_nobody_else_resolves_anomalies(actor: Actor) -> None:
    """`not_allowed`, and the anomaly stays open."""
    story = shipped()
    story.send(Delivered(parcel="Z"), 3)
    assert ["not_allowed"] == codes(story.send(ResolveAnomaly(anomaly="n1"), 4, by=actor))
    assert [True] == [anomaly.open for anomaly in story.order.anomalies]


@pytest.mark.parametrize("anomaly", ["n1", "n2"], ids=["again", "unknown"])
def test_3_only_an_open_anomaly_can_be_resolved(anomaly: str) -> None:
    """Resolving it twice, or one that does not exist, is refused."""
    story = shipped()
    story.send(Delivered(parcel="Z"), 3)
    story.send(ResolveAnomaly(anomaly="n1"), 4)
    assert "refused" == story.send(ResolveAnomaly(anomaly=anomaly), 5).outcome


def test_6_every_anomaly_escalates_under_its_own_number() -> None:
    """`n1`, `n2`, … are shown by answer and effect alike."""
    story = shipped()
    first = story.send(Delivered(parcel="Y"), 3)
    second = story.send(Delivered(parcel="Z"), 4)
    assert ["n1"] == [effect.anomaly for effect in effects(first, Escalate)]
    assert ["n2"] == [effect.anomaly for effect in effects(second, Escalate)]
    assert ["n1", "n2"] == [anomaly.id for anomaly in story.order.anomalies]


def test_3_a_resolved_anomaly_stays_resolved() -> None:
    """The payment that completes the order does not open it again."""
    story = placed()
    story.send(Dispatched(lines=["A"]), 1)
    story.send(ResolveAnomaly(anomaly="n1", note="a mistake"), 2)
    story.send(capture("10.00"), 3)
    assert [False] == [anomaly.open for anomaly in story.order.anomalies]


# --- commands about goods that have not left -------------------------------------------------------------


def test_b18_a_delivery_that_has_not_begun_cannot_be_called_off() -> None:
    """`not_dispatched`, and nothing moves."""
    story = paid()
    assert ["not_dispatched"] == codes(story.send(CancelDelivery(lines=["A"]), 1))
    assert {"unshipped": 1} == story.of("A")


@pytest.mark.parametrize("fact", [None, Dispatched(), Arrived(lines=["A"])], ids=["unshipped", "shipped", "arrived"])
def test_a13_goods_that_were_not_delivered_cannot_be_returned(fact: Fact | None) -> None:
    """`not_delivered`, and nothing moves."""
    story = paid()
    if fact is not None:
        story.send(fact, 1)
    before = story.order
    assert ["not_delivered"] == codes(story.send(RequestReturn(lines=["A"], reason="changed_mind"), 2))
    assert before == story.order


def test_5_7_an_answer_that_nobody_asked_for_is_stale() -> None:
    """Logistics' yes or no about goods that were never asked about moves nothing."""
    for answer in (StopConfirmed(lines=["A"]), StopDenied(lines=["A"]), StopConfirmed(ask="a1")):
        story = paid()
        decision = story.send(answer, 1)
        assert ("anomaly", ["stale_answer"]) == (decision.outcome, codes(decision))
        assert {"unshipped": 1} == story.of("A")


def test_5_15_only_logistics_says_what_the_carrier_does() -> None:
    """Neither platform nor payment provider, warehouse or customer service can report a delivery."""
    story = shipped()
    for actor in (PLATFORM, PAYMENT, WAREHOUSE, CUSTOMER_SERVICE):
        assert ["not_allowed"] == codes(story.ask(Delivered(lines=["A"]), 3, by=actor))


# --- parcels that are named late, and goods astray ---------------------------------------------------------


@pytest.mark.parametrize("lines", [["A"], "all", {"A": 1}, None])
def test_5_5_a_parcel_named_later_is_remembered_for_goods_astray(lines: LinesArgument | None) -> None:
    """Goods left although cancelled; the parcel is told later, and what is reported of it belongs here."""
    story = paid(item("A", "10.00"))
    story.send(RequestCancellation(lines="all"), 2)
    story.send(ApproveCancellation(lines="all"), 3)
    assert ["dispatched_after_cancel"] == codes(story.send(Dispatched(lines=["A"]), 4))
    assert "accepted" == story.send(Dispatched(lines=lines, parcel="P9"), 5).outcome
    assert ["tracked_after_cancel"] == codes(story.send(Arrived(parcel="P9"), 6))


def test_3_a_parcel_named_by_any_report_is_remembered() -> None:
    """The first report that names a line together with its parcel teaches the parcel."""
    story = paid(item("A", "10.00"))
    story.send(Dispatched(lines=["A"]), 2)
    story.send(Arrived(lines=["A"], parcel="P"), 3)
    story.send(Delivered(parcel="P"), 4)
    assert {"A": {"delivered": 1}} == story.goods


def test_5_5_an_early_dispatch_goes_astray_when_the_order_closes() -> None:
    """Goods that left unpaid are asked back once the order closes."""
    story = placed(item("A", "10.00"))
    assert ["not_paid"] == codes(story.send(Dispatched(lines=["A"], parcel="P"), 1))
    decision = story.wait(24)
    assert ["payment_window_closed"] == list(decision.fired)
    assert 1 == len(effects(decision, AskCarrier))


def test_5_5_an_early_dispatch_goes_astray_when_the_order_is_cancelled_by_hand() -> None:
    """Goods that left unpaid are asked back once they are cancelled by hand."""
    story = placed(item("A", "10.00"), policy=Policy(unpaid_cancellation=True))
    story.send(Dispatched(lines=["A"], parcel="P"), 1)
    assert 1 == len(effects(story.send(RequestCancellation(lines="all"), 2), AskCarrier))


def test_5_8_free_goods_cancelled_by_hand_owe_nothing() -> None:
    """Goods that cost nothing are refunded at once, unpaid ones too."""
    story = placed(item("A", "10.00"), item("B", "0"), policy=Policy(unpaid_cancellation=True))
    story.send(RequestCancellation(lines=["B"]), 1)
    assert {"refunded": 1} == story.of("B")


def test_3_an_early_fact_repeated_word_for_word_is_a_duplicate() -> None:
    """Before the order is placed a fact is kept once, however often it comes."""
    machine = OrderMachine()
    fact = PaymentCaptured(payment="p1", instrument="c", amount="1.00", by=PAYMENT, at=moment(0))
    first = machine.decide(Unplaced("1"), fact)
    assert "anomaly" == first.outcome
    assert "duplicate" == machine.decide(first.order, fact).outcome


def test_3_a_repeated_report_moves_nothing_that_never_left() -> None:
    """One of three units was delivered; the same report again says nothing about the other two."""
    story = paid(item("A", "30.00", 3))
    story.send(Dispatched(lines={"A": 1}), 2)
    story.send(Delivered(lines=["A"]), 3)
    assert "duplicate" == story.send(Delivered(lines=["A"]), 3).outcome
    assert {"delivered": 1, "unshipped": 2} == story.of("A")


def test_5_5_an_early_dispatch_of_a_line_cancelled_by_hand_is_asked_back_at_once() -> None:
    """That another line still waits for its payment does not put the question off."""
    story = placed(item("A", "10.00"), item("B", "5.00"), policy=Policy(unpaid_cancellation=True))
    story.send(Dispatched(lines=["A"], parcel="P"), 1)
    decision = story.send(RequestCancellation(lines=["A"]), 2)
    assert 1 == len(effects(decision, AskCarrier))
    assert {"unpaid": 1} == story.of("B")
