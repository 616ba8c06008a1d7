"""Payment: the window, its grace, part, late, double and excess payments, and where money goes back to."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from orderfsm import (
    CUSTOMER_SERVICE,
    PAYMENT,
    PLATFORM,
    WAREHOUSE,
    Actor,
    ApproveCancellation,
    Arrived,
    CancelDelivery,
    Command,
    DeclineCancellation,
    Delivered,
    Dispatched,
    Fact,
    InterceptConfirmed,
    Lost,
    Order,
    Policy,
    PreparationStarted,
    RequestCancellation,
    RequestReturn,
    ReturnReceived,
    StopConfirmed,
    WithdrawCancellation,
)
from orderfsm.effects import Channel, Escalate, Notify, ReleaseStock, SendRefund
from tests.policy.story import (
    BUYER,
    EVERYBODY,
    MONDAY,
    TICK,
    Story,
    capture,
    clauses,
    codes,
    effects,
    hours,
    item,
    moment,
    paid,
    placed,
    placing,
    steps,
    told,
)

GRACE = Policy(payment_grace=timedelta(hours=1))
PRESETS = (Policy(), Policy.declaration(), Policy.marketplace())


def closed(policy: Policy | None = None) -> Story:
    """A story that begins with an order that was never paid and closed."""
    story = placed(policy=policy)
    story.wait(24)
    return story


# --- A1: the window --------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", PRESETS, ids=["combined", "declaration", "marketplace"])
def test_a1_a_payment_just_before_the_window_ends_is_in_time(policy: Policy) -> None:
    """One microsecond before 24 hours the goods become `unshipped`."""
    story = placed(policy=policy)
    decision = story.send(capture("10.00"), hours(24) - TICK)
    assert "accepted" == decision.outcome
    assert {"unshipped": 1} == story.of("A")
    assert {} == story.refunds


@pytest.mark.parametrize("policy", PRESETS, ids=["combined", "declaration", "marketplace"])
@pytest.mark.parametrize("after", [hours(24), hours(24) + TICK, hours(1000)], ids=str)
def test_a1_a_payment_from_the_end_of_the_window_on_is_late(after: timedelta, policy: Policy) -> None:
    """The window is half-open: from 24 hours on the order stays closed and the money goes back (5.6)."""
    story = placed(policy=policy)
    decision = story.send(capture("10.00"), after)
    assert "accepted" == decision.outcome
    assert {"closed": 1} == story.of("A")
    assert {"r1": ("late_payment", "due", "10.00")} == story.refunds


def test_a1_a_late_payment_lets_the_closing_fire_first() -> None:
    """The answer to a late payment says that the order was closed by the platform."""
    decision = placed().send(capture("10.00"), 24)
    assert ("payment_window_closed",) == decision.fired


def test_a1_the_window_is_a_policy_value() -> None:
    """`payment_window` moves the deadline."""
    policy = Policy(payment_window=timedelta(hours=2))
    assert "unshipped" == _after_capture(placed(policy=policy), hours(2) - TICK).order.state
    assert "closed" == _after_capture(placed(policy=policy), hours(2)).order.state


def _after_capture(story: Story, after: timedelta, received: timedelta | None = None) -> Story:
    story.send(capture("10.00"), after, received=received)
    return story


def test_a1_when_it_occurred_is_compared_as_an_instant() -> None:
    """A payment time in another zone is the same instant."""
    story = placed()
    there = (MONDAY + hours(24) - TICK).astimezone(ZoneInfo("Pacific/Kiritimati"))
    decision = story.machine.decide(story.now, capture("10.00"), by=PAYMENT, at=there)
    assert isinstance(decision.order, Order)
    assert "unshipped" == decision.order.state


@pytest.mark.parametrize(("wall_clock", "state"), [("12:59:59.999999", "preparing"), ("13:00:00", "closed")])
def test_a1_a_day_is_24_hours_even_when_the_clocks_change(wall_clock: str, state: str) -> None:
    """Placed at noon in Berlin before summer time: 24 hours later it is one o'clock there."""
    berlin = ZoneInfo("Europe/Berlin")
    story = Story()
    machine = story.machine
    noon = datetime(2026, 3, 28, 12, tzinfo=berlin)
    order = machine.decide(story.now, placing(), by=PLATFORM, at=noon).order
    paid_at = datetime.fromisoformat(f"2026-03-29T{wall_clock}").replace(tzinfo=berlin)
    order = machine.decide(order, capture("10.00"), by=PAYMENT, at=paid_at).order
    assert isinstance(order, Order)
    order = machine.tick(order, datetime(2026, 3, 30, 6, tzinfo=berlin)).order
    assert isinstance(order, Order)
    assert state == order.state


def test_5_6_a_payment_in_time_that_is_known_in_time_pays() -> None:
    """Occurred and received before the window ends; by then preparation is presumed (A7)."""
    assert "preparing" == _after_capture(placed(), hours(1), hours(24) - TICK).order.state


@pytest.mark.parametrize("received", [hours(24), hours(24) + TICK, hours(48)], ids=str)
def test_5_6_a_payment_in_time_that_is_known_only_after_closing_is_given_back(received: timedelta) -> None:
    """The deadline has passed when we learn of it: the order stays closed and everything goes back."""
    story = _after_capture(placed(), hours(1), received)
    assert "closed" == story.order.state
    assert {"r1": ("late_payment", "due", "10.00")} == story.refunds


def test_5_6_a_late_payment_goes_back_to_its_own_instrument() -> None:
    """One refund, in full, to the payment and instrument that it came from (B2)."""
    story = placed()
    decision = story.send(capture("10.00", "p9", "card:9"), 24)
    (refund,) = effects(decision, SendRefund)
    assert ("r1", "p9", "card:9", "10.00", 1) == (
        refund.refund, refund.payment, refund.instrument, refund.amount.amount, refund.attempt,
    )  # fmt: skip


def test_5_6_every_late_payment_goes_back() -> None:
    """A second late payment is given back too, each by itself."""
    story = closed()
    story.send(capture("10.00"), 25)
    story.send(capture("7.00", "p2", "card:2"), 26)
    assert {"r1": ("late_payment", "due", "10.00"), "r2": ("late_payment", "due", "7.00")} == story.refunds
    assert ["card:1", "card:2"] == [refund.instrument for refund in story.order.refunds]


def test_5_6_a_late_payment_never_reopens_an_order() -> None:
    """The order is still closed long after its late payment."""
    story = closed()
    story.send(capture("10.00"), 25)
    story.wait(1000)
    assert {"closed": 1} == story.of("A")
    assert story.order.paid_at is None


# --- 5.6: grace ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("received", [hours(24), hours(25) - TICK], ids=str)
def test_5_6_grace_waits_for_notices_of_payments_in_time(received: timedelta) -> None:
    """Captured in time and learnt within the grace: paid."""
    assert "unshipped" == _after_capture(placed(policy=GRACE), hours(24) - TICK, received).order.state


def test_5_6_grace_waits_for_the_rest_of_a_payment_in_time() -> None:
    """Two captures in time, the second learnt within the grace: paid when the second occurred."""
    story = placed(policy=GRACE)
    story.send(capture("4.00"), 1)
    story.send(capture("6.00", "p2"), 23, received=24.5)
    assert "unshipped" == story.order.state
    assert moment(23) == story.order.paid_at


@pytest.mark.parametrize("received", [hours(25), hours(25) + TICK], ids=str)
def test_5_6_grace_ends(received: timedelta) -> None:
    """Captured in time but learnt when the grace is over: closed and given back."""
    story = _after_capture(placed(policy=GRACE), hours(24) - TICK, received)
    assert "closed" == story.order.state
    assert {"r1": ("late_payment", "due", "10.00")} == story.refunds


def test_5_6_grace_puts_off_the_closing() -> None:
    """An unpaid order closes when window and grace are over: not before, and exactly then."""
    story = placed(policy=GRACE)
    deadline = story.machine.next_deadline(story.order)
    assert deadline is not None
    assert moment(25) == deadline.at
    story.wait(hours(25) - TICK)
    assert "unpaid" == story.order.state
    assert ("payment_window_closed",) == story.wait(25).fired
    assert "closed" == story.order.state


@pytest.mark.parametrize("after", [hours(24), hours(24) + TICK, hours(25) - TICK], ids=str)
def test_5_6_grace_does_not_lengthen_the_window(after: timedelta) -> None:
    """A capture after the window closes the order at once and is refunded."""
    story = placed(policy=GRACE)
    decision = story.send(capture("10.00"), after)
    assert "accepted" == decision.outcome
    assert () == decision.fired
    assert {"closed": 1} == story.of("A")
    assert {"r1": ("late_payment", "due", "10.00")} == story.refunds


def test_5_6_an_order_that_a_late_payment_closes_is_closed_like_any_other() -> None:
    """Within the grace too: stock is released, the customer told, the money sent back."""
    decision = placed(policy=GRACE).send(capture("10.00"), 24.5)
    assert {"release_stock", "notify", "send_refund"} == set(told(decision))


def test_5_6_a_late_payment_that_closes_the_order_gives_part_payments_back() -> None:
    """What came in time goes back as a part payment, what came late as a late one."""
    story = placed(policy=GRACE)
    story.send(capture("4.00"), 1)
    story.send(capture("6.00", "p2", "card:2"), 24)
    assert "closed" == story.order.state
    assert {("part_payment", "due", "4.00"), ("late_payment", "due", "6.00")} == set(story.refunds.values())


def test_5_6_a_late_part_payment_closes_the_order_too() -> None:
    """A capture after the window closes the order, even one that would not have been enough."""
    story = placed(policy=GRACE)
    story.send(capture("1.00"), 24)
    assert "closed" == story.order.state
    assert {"r1": ("late_payment", "due", "1.00")} == story.refunds


# --- A2: closing -----------------------------------------------------------------------------------------


def test_a2_an_unpaid_order_is_open_until_the_window_ends() -> None:
    """One microsecond before 24 hours nothing has happened."""
    story = placed()
    decision = story.wait(hours(24) - TICK)
    assert () == decision.fired
    assert {"unpaid": 1} == story.of("A")


@pytest.mark.parametrize("after", [hours(24), hours(24) + TICK], ids=str)
def test_a2_an_unpaid_order_is_closed_by_itself(after: timedelta) -> None:
    """At 24 hours, and ever after, all goods are `closed`."""
    story = placed(item("A", quantity=2), item("D", kind="digital"), item("E", seller="s7"))
    decision = story.wait(after)
    assert ("payment_window_closed",) == decision.fired
    assert {"A": {"closed": 2}, "D": {"closed": 1}, "E": {"closed": 1}} == story.goods
    assert "closed" == story.order.state


def test_a2_the_closing_is_the_next_deadline_of_an_unpaid_order() -> None:
    """A scheduler is told when the order closes."""
    story = placed()
    deadline = story.machine.next_deadline(story.order)
    assert deadline is not None
    assert (moment(24), "payment_window_closed") == (deadline.at, deadline.code)


def test_a2_nothing_is_due_once_an_order_is_closed() -> None:
    """A closed order without refunds has no deadline."""
    story = closed()
    assert story.machine.next_deadline(story.order) is None


def test_a2_closing_releases_the_stock_and_tells_the_customer() -> None:
    """Effects of closing: `ReleaseStock`, `Notify`, and no refund where nothing was captured (section 6)."""
    decision = placed(item("A", quantity=2), item("B")).wait(24)
    assert {"release_stock", "notify"} == set(told(decision))
    assert {"A": 2, "B": 1} == effects(decision, ReleaseStock)[0].lines


def test_a2_closing_happens_once() -> None:
    """Time passing again fires nothing and tells nobody."""
    story = closed()
    before = story.order
    decision = story.wait(100)
    assert ((), (), ()) == (decision.fired, decision.moves, decision.effects)
    assert before == story.order


def test_a2_an_order_paid_in_time_is_never_closed() -> None:
    """The closing is no deadline of a paid order."""
    story = paid(at=hours(24) - TICK)
    assert "payment_window_closed" not in story.wait(24).fired
    assert {"unshipped": 1} == story.of("A")


CLOSED_COMMANDS: list[Command] = [
    RequestCancellation(lines="all"),
    WithdrawCancellation(lines="all"),
    ApproveCancellation(lines="all"),
    DeclineCancellation(lines="all"),
    CancelDelivery(lines="all"),
    RequestReturn(lines="all", reason="changed_mind"),
]


@pytest.mark.parametrize("policy", PRESETS, ids=["combined", "declaration", "marketplace"])
@pytest.mark.parametrize("command", CLOSED_COMMANDS, ids=lambda command: command.name)
def test_a2_a_closed_order_refuses_commands(command: Command, policy: Policy) -> None:
    """Commands about closed goods are refused `order_closed`, whatever the policy, and move nothing."""
    story = closed(policy)
    before = story.order
    decision = story.send(command, 25)
    assert "refused" == decision.outcome
    assert ["order_closed"] == codes(decision)
    assert ["A2"] == clauses(decision)
    assert before == story.order


CLOSED_FACTS: list[Fact] = [
    capture("10.00"),
    PreparationStarted(lines=["A"]),
    Dispatched(lines=["A"], parcel="P"),
    Arrived(lines=["A"]),
    Delivered(lines=["A"]),
    Lost(lines=["A"]),
    ReturnReceived(lines=["A"]),
    StopConfirmed(lines=["A"]),
    InterceptConfirmed(lines=["A"]),
]


@pytest.mark.parametrize("fact", CLOSED_FACTS, ids=lambda fact: fact.name)
def test_a2_closed_is_terminal(fact: Fact) -> None:
    """Nothing that is reported later moves closed goods, and nothing is refused."""
    story = closed()
    decision = story.send(fact, 25)
    assert "refused" != decision.outcome
    assert {"closed": 1} == story.of("A")
    assert "closed" == story.order.state


@pytest.mark.parametrize("fact", CLOSED_FACTS[1:], ids=lambda fact: fact.name)
def test_a2_what_is_reported_about_closed_goods_is_an_anomaly(fact: Fact) -> None:
    """It contradicts the closing, so it is kept and a person is told."""
    story = closed()
    decision = story.send(fact, 25)
    assert "anomaly" == decision.outcome
    assert 1 == len(story.order.anomalies)
    assert [] != effects(decision, Escalate)


# --- before any input, the deadlines ---------------------------------------------------------------------


def test_3_an_idle_scheduler_never_changes_an_answer() -> None:
    """Whether time was let pass in between or not, a late request meets a closed order."""
    idle, busy = placed(), placed()
    for hour in range(23, 30):
        busy.wait(hour)
    request = RequestCancellation(lines="all")
    assert idle.ask(request, 30).reasons == busy.ask(request, 30).reasons
    assert idle.ask(request, 30).order == busy.ask(request, 30).order


def test_4_a_refused_input_lets_passed_deadlines_fire() -> None:
    """Even an answer to somebody who may not ask carries the order as it then is."""
    story = placed()
    decision = story.send(capture("10.00"), 24, by=BUYER)
    assert "refused" == decision.outcome
    assert ["not_allowed"] == codes(decision)
    assert ("payment_window_closed",) == decision.fired
    assert "closed" == story.order.state


def test_4_a_duplicate_lets_passed_deadlines_fire() -> None:
    """A repeated part payment has no effects of its own, but the closing has."""
    story = placed()
    story.send(capture("4.00"), 1, id="f1")
    decision = story.send(capture("4.00"), 1, received=24, id="f1")
    assert "duplicate" == decision.outcome
    assert ("payment_window_closed",) == decision.fired
    assert {"r1": ("part_payment", "due", "4.00")} == story.refunds


def test_3_received_at_decides_which_deadlines_have_passed() -> None:
    """A request made in time but received after the window meets a closed order."""
    decision = placed().send(RequestCancellation(lines="all"), 1, received=24)
    assert ["order_closed"] == codes(decision)


def test_3_deadlines_are_applied_after_a_payment_too() -> None:
    """A payment learnt late may already have its preparation behind it (A7)."""
    story = placed()
    decision = story.send(capture("10.00"), 1, received=13)
    assert ("preparation_presumed",) == decision.fired
    assert {"preparing": 1} == story.of("A")


def test_3_a_payment_learnt_just_before_its_preparation_has_none_behind_it() -> None:
    """One microsecond earlier the goods are still `unshipped`."""
    story = placed()
    decision = story.send(capture("10.00"), 1, received=hours(13) - TICK)
    assert () == decision.fired
    assert {"unshipped": 1} == story.of("A")


# --- A3: unpaid orders close by themselves ---------------------------------------------------------------


@pytest.mark.parametrize("actor", [BUYER, CUSTOMER_SERVICE], ids=str)
@pytest.mark.parametrize("policy", [Policy(), Policy.declaration()], ids=["combined", "declaration"])
def test_a3_nobody_cancels_an_unpaid_order_by_hand(policy: Policy, actor: Actor) -> None:
    """It is refused `closes_by_itself`, and nothing moves."""
    story = placed(policy=policy)
    decision = story.send(RequestCancellation(lines="all"), 1, by=actor)
    assert "refused" == decision.outcome
    assert ["closes_by_itself"] == codes(decision)
    assert ["A3"] == clauses(decision)
    assert {"unpaid": 1} == story.of("A")


@pytest.mark.parametrize(
    ("policy", "time"), [(Policy(), "2026-03-03T09:00:00Z"), (GRACE, "2026-03-03T10:00:00Z")], ids=["24 h", "grace"]
)
def test_a3_the_refusal_says_when_the_order_closes(policy: Policy, time: str) -> None:
    """The time of closing is among the facts that were compared."""
    decision = placed(policy=policy).ask(RequestCancellation(lines="all"), 1)
    assert time in decision.reasons[0].facts.values()


def test_a3_waiting_is_the_next_step() -> None:
    """Nothing has to be done."""
    assert "wait" in steps(placed().ask(RequestCancellation(lines="all"), 1))


@pytest.mark.parametrize(
    "policy", [Policy.marketplace(), Policy(unpaid_cancellation=True)], ids=["marketplace", "switch"]
)
def test_a3_a_policy_switch_allows_cancelling_unpaid_orders(policy: Policy) -> None:
    """Then the goods are `cancelled` at once, and the customer is told on both channels (B14, B15)."""
    story = placed(item("A", quantity=2), policy=policy)
    decision = story.send(RequestCancellation(lines="all"), 1)
    assert "accepted" == decision.outcome
    assert {"cancelled": 2} == story.of("A")
    assert {} == story.refunds
    assert [Channel.SCREEN, Channel.MESSAGE_CENTER] == [each.channel for each in effects(decision, Notify)]
    assert {"A": 2} == effects(decision, ReleaseStock)[0].lines


def test_a3_an_unpaid_order_cancelled_by_hand_does_not_close() -> None:
    """Cancelled goods stay cancelled when the window ends."""
    story = placed(policy=Policy.marketplace())
    story.send(RequestCancellation(lines="all"), 1)
    assert () == story.wait(24).fired
    assert {"cancelled": 1} == story.of("A")


def test_a3_part_payments_go_back_when_an_unpaid_order_is_cancelled_by_hand() -> None:
    """What was captured is owed to whom it came from."""
    story = placed(policy=Policy.marketplace())
    story.send(capture("4.00"), 1)
    decision = story.send(RequestCancellation(lines="all"), 2)
    assert ["4.00"] == [effect.amount.amount for effect in effects(decision, SendRefund)]


def test_a3_a_payment_after_cancelling_an_unpaid_order_goes_back() -> None:
    """Nobody pays for cancelled goods."""
    story = placed(policy=Policy.marketplace())
    story.send(RequestCancellation(lines="all"), 1)
    decision = story.send(capture("10.00"), 2)
    assert "accepted" == decision.outcome
    assert {"cancelled": 1} == story.of("A")
    assert ["10.00"] == [effect.amount.amount for effect in effects(decision, SendRefund)]


@pytest.mark.parametrize(
    "command", [WithdrawCancellation(lines="all"), ApproveCancellation(lines="all"), DeclineCancellation(lines="all")],
    ids=lambda command: command.name,
)  # fmt: skip
def test_a3_there_is_no_request_to_decide_on_an_unpaid_order(command: Command) -> None:
    """Decisions about unpaid goods are refused, the missing payment being the reason."""
    story = placed()
    decision = story.send(command, 1)
    assert "refused" == decision.outcome
    assert {"not_paid", "nothing_requested"} & set(codes(decision))
    assert {"unpaid": 1} == story.of("A")


# --- A4: paid --------------------------------------------------------------------------------------------


def test_a4_goods_of_a_paid_order_are_unshipped() -> None:
    """Physical goods wait for preparation, whoever sells them."""
    story = paid(item("A", quantity=2), item("B", bundle="s"), item("C", bundle="s"), item("E", seller="s7"))
    assert {"A": {"unshipped": 2}, "B": {"unshipped": 1}, "C": {"unshipped": 1}, "E": {"unshipped": 1}} == story.goods
    assert "unshipped" == story.order.state


def test_b7_digital_goods_are_delivered_by_the_payment() -> None:
    """They are there at once and leave the order's state to the physical goods."""
    story = paid(item("A"), item("D", kind="digital"))
    assert {"A": {"unshipped": 1}, "D": {"delivered": 1}} == story.goods
    assert "unshipped" == story.order.state


def test_b7_an_order_of_digital_goods_alone_is_delivered_by_the_payment() -> None:
    """Where there is nothing else, digital goods make the order's state."""
    assert "delivered" == paid(item("D", kind="digital")).order.state


def test_a4_a_paid_order_shows_the_refund_button() -> None:
    """Not before it is paid, and from then on."""
    story = placed()
    assert not story.machine.refund_button(story.order, at=moment(1))
    story.send(capture("10.00"), 1)
    assert story.machine.refund_button(story.order, at=moment(1))


def test_a4_the_refund_button_needs_the_payment_even_where_unpaid_orders_can_be_cancelled() -> None:
    """The button is about paid orders (A3, A4)."""
    story = placed(policy=Policy.marketplace())
    assert not story.machine.refund_button(story.order, at=moment(1))


@pytest.mark.parametrize("amount", ["9.99", "0.01"])
def test_3_captures_below_the_total_do_not_pay(amount: str) -> None:
    """The goods stay unpaid, and the money stays with us."""
    story = placed()
    decision = story.send(capture(amount), 1)
    assert "accepted" == decision.outcome
    assert "unpaid" == story.order.state
    assert story.order.paid_at is None
    assert {} == story.refunds


def test_3_captures_pay_once_they_reach_the_total() -> None:
    """Several payments together pay for everything, delivery fee included."""
    story = placed(item("A", "10.00"), item("D", "5.00", kind="digital"), delivery_fee="2.00")
    story.send(capture("10.00", "p1"), 1)
    story.send(capture("6.99", "p2"), 2)
    assert "unpaid" == story.order.state
    story.send(capture("0.01", "p3"), 3)
    assert {"A": {"unshipped": 1}, "D": {"delivered": 1}} == story.goods
    assert {} == story.refunds


def test_3_paid_at_is_the_latest_of_the_captures_that_completed_the_payment() -> None:
    """Whatever the order in which they were reported, preparation counts from the latest."""
    story = placed()
    story.send(capture("5.00", "p1"), 3)
    story.send(capture("5.00", "p2"), 1, received=4)
    assert moment(3) == story.order.paid_at
    deadline = story.machine.next_deadline(story.order)
    assert deadline is not None
    assert (moment(15), "preparation_presumed") == (deadline.at, deadline.code)


def test_3_a_later_payment_does_not_change_when_the_order_was_paid() -> None:
    """A second payment completed nothing."""
    story = paid(at=1)
    story.send(capture("10.00", "p2"), 5)
    assert moment(1) == story.order.paid_at


# --- 5.6: part, second and excess payments ---------------------------------------------------------------


def test_5_6_part_payments_at_the_deadline_are_given_back() -> None:
    """Each to its own instrument, as part payments, when the order closes."""
    story = placed()
    story.send(capture("4.00", "p1", "card:1"), 1)
    story.send(capture("3.00", "p2", "card:2"), 2)
    decision = story.wait(24)
    assert "closed" == story.order.state
    assert {"r1": ("part_payment", "due", "4.00"), "r2": ("part_payment", "due", "3.00")} == story.refunds
    assert ["card:1", "card:2"] == [effect.instrument for effect in effects(decision, SendRefund)]
    assert {"release_stock", "notify", "send_refund"} == set(told(decision))


def test_5_6_a_part_payment_given_back_is_not_given_back_again() -> None:
    """What comes later goes back alone."""
    story = placed()
    story.send(capture("4.00", "p1"), 1)
    story.send(capture("6.00", "p2"), 25)
    assert {"r1": ("part_payment", "due", "4.00"), "r2": ("late_payment", "due", "6.00")} == story.refunds


def test_5_6_a_second_payment_is_refunded_in_full() -> None:
    """It goes back to its own instrument, and the goods do not move."""
    story = paid()
    decision = story.send(capture("10.00", "p2", "card:2"), 1)
    assert "accepted" == decision.outcome
    assert {"r1": ("excess_payment", "due", "10.00")} == story.refunds
    assert ["p2"] == [effect.payment for effect in effects(decision, SendRefund)]
    assert {"unshipped": 1} == story.of("A")


def test_5_6_a_second_payment_is_refunded_however_late_it_is() -> None:
    """After the window and after delivery too, to the payment that caused it."""
    story = paid()
    story.send(Delivered(lines=["A"]), 30)
    decision = story.send(capture("10.00", "p2", "card:2"), 40)
    assert "accepted" == decision.outcome
    assert [("p2", "10.00")] == [(each.payment, each.amount.amount) for each in effects(decision, SendRefund)]
    assert {"delivered": 1} == story.of("A")


def test_5_6_an_excess_is_refunded_and_the_order_is_paid() -> None:
    """Only what exceeds the total goes back."""
    story = placed()
    story.send(capture("12.50"), 1)
    assert {"r1": ("excess_payment", "due", "2.50")} == story.refunds
    assert "unshipped" == story.order.state


def test_5_6_an_excess_goes_back_to_the_payment_that_caused_it() -> None:
    """The payment that brought more than was missing gets the difference."""
    story = placed()
    story.send(capture("6.00", "p1", "card:1"), 1)
    decision = story.send(capture("6.00", "p2", "card:2"), 2)
    assert [("p2", "card:2", "2.00")] == [
        (each.payment, each.instrument, each.amount.amount) for each in effects(decision, SendRefund)
    ]


def test_5_6_what_an_excess_refund_reserved_is_not_given_back_twice() -> None:
    """Cancelling everything afterwards gives back exactly what is left of each payment."""
    story = placed(policy=Policy.marketplace())
    story.send(capture("6.00", "p1", "card:1"), 1)
    story.send(capture("6.00", "p2", "card:2"), 2)
    story.send(RequestCancellation(lines="all"), 3)
    by_payment = {"p1": 0, "p2": 0}
    for refund in story.order.refunds:
        by_payment[refund.payment] += refund.amount
    assert {"p1": 600, "p2": 600} == by_payment


# --- duplicates and conflicts ----------------------------------------------------------------------------


def test_3_a_known_payment_repeats_without_an_id() -> None:
    """Equal amount and instrument: a duplicate without effects."""
    story = paid()
    before = story.order
    decision = story.send(capture("10.00"), 5)
    assert "duplicate" == decision.outcome
    assert () == decision.effects
    assert before == story.order


def test_3_a_known_part_payment_repeats_without_an_id() -> None:
    """Reporting half of the payment twice does not pay."""
    story = placed()
    story.send(capture("5.00"), 1)
    assert "duplicate" == story.send(capture("5.00"), 2).outcome
    assert "unpaid" == story.order.state


def test_3_a_known_late_payment_repeats_without_an_id() -> None:
    """It goes back once."""
    story = closed()
    story.send(capture("10.00"), 25)
    assert "duplicate" == story.send(capture("10.00"), 26).outcome
    assert {"r1": ("late_payment", "due", "10.00")} == story.refunds


@pytest.mark.parametrize(
    ("amount", "instrument"), [("11.00", "card:1"), ("9.00", "card:1"), ("10.00", "card:2")], ids=str
)
def test_3_a_known_payment_with_other_content_is_an_anomaly(amount: str, instrument: str) -> None:
    """Another amount or instrument for a known payment moves nothing and no money; a person is told."""
    story = paid()
    decision = story.send(capture(amount, "p1", instrument), 1)
    assert "anomaly" == decision.outcome
    assert [] != effects(decision, Escalate)
    assert [1000] == [payment.amount for payment in story.order.payments]
    assert {} == story.refunds
    assert {"unshipped": 1} == story.of("A")


def test_5_11_the_same_id_with_the_same_content_is_a_duplicate() -> None:
    """Learnt twice, at different times, counted once."""
    story = placed()
    story.send(capture("10.00"), 1, id="f1")
    before = story.order
    decision = story.send(capture("10.00"), 1, received=2, id="f1")
    assert "duplicate" == decision.outcome
    assert () == decision.effects
    assert before == story.order


@pytest.mark.parametrize(
    ("again", "after"), [(capture("9.00"), 1), (capture("10.00", "p2"), 1), (capture("10.00"), 2)],
    ids=["amount", "payment", "at"],
)  # fmt: skip
def test_3_the_same_id_with_other_content_is_an_anomaly(again: Fact, after: float) -> None:
    """All but `received_at` is content: `conflicting_id`, and nothing is captured or refunded."""
    story = placed()
    story.send(capture("10.00"), 1, id="f1")
    decision = story.send(again, after, received=3, id="f1")
    assert "anomaly" == decision.outcome
    assert ["conflicting_id"] == codes(decision)
    assert ["p1"] == [payment.id for payment in story.order.payments]
    assert {} == story.refunds


def test_3_an_id_is_unique_per_sender() -> None:
    """Two senders may use the same id for different things."""
    story = placed()
    story.send(capture("10.00"), 1, id="x")
    decision = story.send(PreparationStarted(lines=["A"]), 2, id="x")
    assert "accepted" == decision.outcome
    assert {"preparing": 1} == story.of("A")


# --- B2: money goes back to where it came from -----------------------------------------------------------


def test_b2_several_payments_get_back_in_proportion() -> None:
    """One refund per payment, proportional to what each captured (5.8)."""
    story = placed(item("A", "10.00", 2), policy=Policy.marketplace())
    story.send(capture("4.00", "p1", "card:1"), 1)
    story.send(capture("6.00", "p2", "card:2"), 2)
    decision = story.send(RequestCancellation(lines={"A": 1}), 3)
    assert [("p1", "card:1", "2.00"), ("p2", "card:2", "3.00")] == [
        (each.payment, each.instrument, each.amount.amount) for each in effects(decision, SendRefund)
    ]


def test_b2_the_split_over_payments_is_exact() -> None:
    """By largest remainder: 1.00 over three equal payments loses no cent."""
    story = placed(item("A", "1.00"), item("B", "2.00"), policy=Policy.marketplace())
    for number in (1, 2, 3):
        story.send(capture("1.00", f"p{number}"), number)
    decision = story.send(RequestCancellation(lines=["A"]), 4)
    amounts = [effect.amount.minor for effect in effects(decision, SendRefund)]
    assert [33, 33, 34] == sorted(amounts)


def test_b2_no_payment_gives_back_more_than_it_captured() -> None:
    """Cancelling unit by unit over uneven payments gives back exactly what each captured."""
    story = placed(item("A", "10.01", 7), policy=Policy.marketplace())
    story.send(capture("0.03", "p1"), 1)
    story.send(capture("3.33", "p2"), 1)
    story.send(capture("6.65", "p3"), 1)
    for hour in range(2, 9):
        story.send(RequestCancellation(lines={"A": 1}), hour)
        for payment in story.order.payments:
            back = sum(refund.amount for refund in story.order.refunds if refund.payment == payment.id)
            assert back <= payment.amount
    assert 1001 == sum(refund.amount for refund in story.order.refunds)


@pytest.mark.parametrize(
    ("currency", "amount", "each"),
    [("EUR", "10.00", [334, 333, 333]), ("JPY", "1000", [334, 333, 333]), ("KWD", "1.000", [334, 333, 333])],
)
def test_5_8_a_line_amount_is_split_over_its_units_exactly(currency: str, amount: str, each: list[int]) -> None:
    """By largest remainder, in the currency's own minor units, so that all units give exactly what was paid."""
    story = paid(item("A", amount, 3), currency=currency, policy=Policy.marketplace())
    got = []
    for hour in (1, 2, 3):
        decision = story.send(RequestCancellation(lines={"A": 1}), hour)
        got.append(effects(decision, SendRefund)[0].amount.minor)
    assert sorted(each) == sorted(got)


# --- A18: the refund window of payments given back -------------------------------------------------------


def test_5_10_a_late_payment_is_given_back_within_three_working_days() -> None:
    """Created on Tuesday: not before Wednesday, by Friday."""
    decision = placed().send(capture("10.00"), 24)
    (refund,) = effects(decision, SendRefund)
    assert (date(2026, 3, 4), date(2026, 3, 6)) == (refund.not_before, refund.due_by)


def test_5_10_the_day_of_creation_is_when_we_learnt_of_the_payment() -> None:
    """Occurred on Tuesday, received on Thursday: due by Tuesday."""
    decision = closed().send(capture("10.00"), 25, received=24 * 3 + 1)
    (refund,) = effects(decision, SendRefund)
    assert (date(2026, 3, 6), date(2026, 3, 10)) == (refund.not_before, refund.due_by)


def test_5_10_a_part_payment_has_the_same_window_however_idle_the_scheduler_was() -> None:
    """It is created at the closing, on Tuesday, even if nobody looked before Saturday."""
    busy, idle = placed(), placed()
    for story in (busy, idle):
        story.send(capture("4.00"), 1)
    busy.wait(24)
    idle.wait(24 * 5)
    assert busy.order.refunds[0].due_by == idle.order.refunds[0].due_by == date(2026, 3, 6)


def test_a18_an_excess_payment_that_is_not_sent_in_time_is_escalated() -> None:
    """Created on Monday, due by Thursday: overdue once Thursday is over in Germany (23:00 UTC)."""
    story = placed()
    story.send(capture("12.00"), 1)
    over = hours(3 * 24 + 14)
    assert "refund_overdue" not in story.wait(over - TICK).fired
    decision = story.wait(over)
    assert ("refund_overdue",) == decision.fired
    assert ["refund_overdue"] == [effect.code for effect in effects(decision, Escalate)]


# --- who -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("actor", [each for each in EVERYBODY if each is not PAYMENT], ids=str)
def test_5_15_only_the_payment_provider_reports_payments(actor: Actor) -> None:
    """From another role it is no fact: refused `not_allowed`, and nothing is kept."""
    story = placed()
    before = story.order
    decision = story.send(capture("10.00"), 1, by=actor)
    assert "refused" == decision.outcome
    assert ["not_allowed"] == codes(decision)
    assert before == story.order


def test_5_15_not_allowed_tells_nothing_about_the_order() -> None:
    """The answer is the same whatever the order is."""
    fact = Dispatched(lines=["A"])
    stories = [placed(), paid(), closed(), placed(item("X"))]
    reasons = {repr(story.ask(fact, 0.5 if n < 2 else 30, by=PAYMENT).reasons) for n, story in enumerate(stories)}
    assert 1 == len(reasons)


def test_3_goods_are_not_prepared_before_they_are_paid() -> None:
    """Preparation of unpaid goods moves nothing and is kept as an anomaly."""
    story = placed()
    decision = story.send(PreparationStarted(lines=["A"]), 1, by=WAREHOUSE)
    assert "anomaly" == decision.outcome
    assert {"unpaid": 1} == story.of("A")


# --- order of effects' ids -------------------------------------------------------------------------------


def test_6_the_same_inputs_give_the_same_effect_ids() -> None:
    """Playing a story twice gives the same effects, ids included, and no id twice."""

    def play() -> list[object]:
        story = placed(item("A"), policy=GRACE)
        story.send(capture("4.00"), 1)
        story.send(capture("5.00", "p2"), 24.5)
        story.send(capture("6.00", "p3"), 30)
        story.send(Dispatched(lines=["A"]), 31)
        return [effect for decision in story.decisions for effect in decision.effects]

    first = play()
    assert first == play()
    ids = [effect.id for effect in first]  # type: ignore[attr-defined]
    assert len(set(ids)) == len(ids)


def test_6_refunds_are_numbered_in_order_of_creation() -> None:
    """`r1`, `r2`, … as they are created, whatever their cause."""
    story = placed(policy=GRACE)
    story.send(capture("4.00"), 1)
    story.send(capture("5.00", "p2"), 24.5)
    story.send(capture("6.00", "p3"), 30)
    assert ["r1", "r2", "r3"] == [refund.id for refund in story.order.refunds]
