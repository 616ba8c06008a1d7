"""Deadlines: when something happens by itself, to which goods, and what is due first (A1, A7, A8, A18, policy 3)."""

from datetime import UTC, datetime, timedelta

import pytest

from orderfsm import Policy, RefundState, State
from orderfsm.deadlines import Deadline, all_overdue, count, earliest, moving, refund_waiting, waiting
from orderfsm.events import Event, Waiting
from orderfsm.inputs import Kind
from orderfsm.order import Answer, Ask, Cause, Line, Lot, Party, Refund
from tests.policy.story import TICK, hours

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
POLICY = Policy()

NOT_IN_PREPARATION = (State.UNSHIPPED, State.UNSHIPPED_CANCEL_REQUESTED, State.UNSHIPPED_CANCEL_CONFIRMING)
REVIEWED = (
    State.UNSHIPPED_CANCEL_REQUESTED,
    State.PREPARING_CANCEL_REQUESTED,
    State.RETURN_REQUESTED,
    State.RETURN_PLANNING,
)


def lot(
    state: State,
    line: str = "A",
    quantity: int = 1,
    *,
    since: datetime = NOON,
    ask: Ask | None = None,
    alerted: bool = False,
) -> Lot:
    """Some goods of a line."""
    bought = Line(line, line, 10, 1000, Kind.PHYSICAL, None, None)
    return Lot(bought, quantity, 100 * quantity, state, since, ask=ask, alerted=alerted)


def ask(at: datetime = NOON, answer: Answer | None = None) -> Ask:
    """A question to logistics."""
    return Ask("a1", Party.LOGISTICS, at, answer)


def refund(
    id: str = "r1", overdue_at: datetime | None = NOON, state: RefundState = RefundState.DUE, *, alerted: bool = False
) -> Refund:
    """A refund that was promised until `overdue_at`."""
    return Refund(
        id, Cause.CANCELLATION, state, 100, "p1", "card:1", NOON, None, None, overdue_at, {"A": 1}, alerted=alerted
    )


def first(lots: list[Lot], refunds: list[Refund] | None = None, until: datetime | None = None) -> Deadline | None:
    """The next deadline of an order that was placed and paid at noon."""
    if until is None:
        return earliest(POLICY, NOON, NOON, lots, refunds or [])
    return earliest(POLICY, NOON, NOON, lots, refunds or [], until)


# --- counting --------------------------------------------------------------------------------------------


def test_goods_of_one_line_are_counted_together() -> None:
    """However many lots a line is in."""
    lots = [lot(State.SHIPPED, "A", 2), lot(State.SHIPPED, "B"), lot(State.DELIVERED, "A", 3)]
    assert {"A": 5, "B": 1} == count(lots)


def test_a_deadline_says_how_many_of_each_line_it_is_about() -> None:
    """Its lots, counted."""
    lots = (lot(State.UNPAID, "A", 2), lot(State.UNPAID, "A"))
    assert {"A": 3} == Deadline(NOON, Event.PAYMENT_WINDOW_CLOSED, lots).lines


# --- what moves by itself --------------------------------------------------------------------------------


def test_a2_unpaid_goods_are_closed_after_the_window_and_the_grace() -> None:
    """Counted from placing, whatever was paid meanwhile."""
    policy = Policy(payment_window=hours(10), payment_grace=hours(1))
    due = moving(policy, NOON, NOON + hours(3), lot(State.UNPAID))
    assert (NOON + hours(11), Event.PAYMENT_WINDOW_CLOSED) == due


@pytest.mark.parametrize("state", NOT_IN_PREPARATION)
def test_a7_goods_are_presumed_in_preparation_some_hours_after_payment(state: State) -> None:
    """Counted from the payment, also under a request."""
    due = moving(Policy(preparation_after=hours(5)), NOON, NOON + hours(3), lot(state))
    assert (NOON + hours(8), Event.PREPARATION_PRESUMED) == due


@pytest.mark.parametrize("state", [state for state in State if state not in (State.UNPAID, *NOT_IN_PREPARATION)])
def test_nothing_else_moves_by_itself(state: State) -> None:
    """Goods in preparation or beyond wait for somebody."""
    assert moving(POLICY, NOON, NOON, lot(state)) is None


@pytest.mark.parametrize("state", NOT_IN_PREPARATION)
def test_a7_nothing_is_presumed_before_payment(state: State) -> None:
    """Without a payment there is nothing to count from."""
    assert moving(POLICY, NOON, None, lot(state)) is None


# --- who waits -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", REVIEWED)
def test_3_a_review_is_overdue_some_hours_after_it_began(state: State) -> None:
    """Cancellations and returns to decide, and terms to answer."""
    due = waiting(Policy(review_overdue=hours(5)), lot(state, since=NOON + hours(1)))
    assert (NOON + hours(6), Waiting.REVIEW_OVERDUE) == due


def test_3_a_return_is_overdue_some_days_after_its_approval() -> None:
    """Approved but not received."""
    due = waiting(Policy(return_overdue=timedelta(days=5)), lot(State.RETURNING, since=NOON + hours(1)))
    assert (NOON + hours(121), Waiting.RETURN_OVERDUE) == due


@pytest.mark.parametrize("state", list(State))
def test_a8_an_open_ask_is_what_is_waited_for_in_any_state(state: State) -> None:
    """Counted from the ask, not from when the goods came into their state."""
    due = waiting(Policy(logistics_overdue=hours(5)), lot(state, since=NOON, ask=ask(NOON + hours(2))))
    assert (NOON + hours(7), Waiting.LOGISTICS_OVERDUE) == due


@pytest.mark.parametrize("answer", list(Answer))
def test_a8_an_answered_ask_is_not_waited_for(answer: Answer) -> None:
    """What is left is the waiting of the state, if it has one."""
    answered = ask(answer=answer)
    assert waiting(POLICY, lot(State.PREPARING_CANCEL_CONFIRMING, ask=answered)) is None
    assert (NOON + hours(24), Waiting.REVIEW_OVERDUE) == waiting(POLICY, lot(State.RETURN_REQUESTED, ask=answered))


@pytest.mark.parametrize("state", [state for state in State if state not in (*REVIEWED, State.RETURNING)])
def test_3_nobody_waits_elsewhere(state: State) -> None:
    """Without an open ask only reviews and returns are waited for."""
    assert waiting(POLICY, lot(state)) is None


def test_a18_a_due_refund_is_overdue_once_its_promise_is_broken() -> None:
    """At the stored instant, which is never computed again."""
    assert (NOON, Waiting.REFUND_OVERDUE) == refund_waiting(refund(overdue_at=NOON))


def test_a18_where_nothing_was_promised_nothing_is_overdue() -> None:
    """Refunds of returns have no window."""
    assert refund_waiting(refund(overdue_at=None)) is None


@pytest.mark.parametrize("state", [state for state in RefundState if state is not RefundState.DUE])
def test_b1_a_refund_that_was_sent_is_not_overdue(state: RefundState) -> None:
    """The promise ends at sent."""
    assert refund_waiting(refund(state=state)) is None


# --- what is next ----------------------------------------------------------------------------------------


def test_nothing_is_next_where_nothing_waits() -> None:
    """Goods and refunds at rest have no deadline."""
    assert first([lot(State.DELIVERED)], [refund(state=RefundState.SENT)]) is None


@pytest.mark.parametrize(("until", "found"), [(-TICK, False), (0 * TICK, True), (TICK, True)])
def test_a_deadline_is_found_from_its_own_instant_on(until: timedelta, found: bool) -> None:
    """One tick before it is none yet, for what moves, what waits and refunds alike."""
    moves, waits, owed = lot(State.UNSHIPPED), lot(State.RETURN_REQUESTED), refund(overdue_at=NOON + hours(9))
    assert found == (first([moves], until=NOON + hours(12) + until) is not None)
    assert found == (first([waits], until=NOON + hours(24) + until) is not None)
    assert found == (first([], [owed], until=NOON + hours(9) + until) is not None)


def test_goods_at_rest_do_not_hide_the_deadline_of_others() -> None:
    """Wherever they stand among the goods."""
    moving = lot(State.UNSHIPPED, "B")
    found = Deadline(NOON + hours(12), Event.PREPARATION_PRESUMED, (moving,))
    assert found == first([lot(State.DELIVERED), moving, lot(State.SHIPPED, "C")])


def test_goods_at_rest_with_an_open_ask_are_not_passed_over() -> None:
    """A8: the answer is still awaited."""
    asked = lot(State.ARRIVED, ask=ask())
    assert Deadline(NOON + hours(24), Waiting.LOGISTICS_OVERDUE, (asked,)) == first([asked])


def test_goods_that_share_a_deadline_have_it_together() -> None:
    """All goods whose preparation is presumed at one instant are presumed at once."""
    one, other = lot(State.UNSHIPPED, "A"), lot(State.UNSHIPPED, "B", 2)
    found = first([one, lot(State.DELIVERED, "C"), other])
    assert Deadline(NOON + hours(12), Event.PREPARATION_PRESUMED, (one, other)) == found


def test_what_is_different_at_one_instant_is_not_mixed() -> None:
    """The first among the goods comes first; the other is found once that has fired."""
    returning = lot(State.RETURNING, since=NOON - timedelta(days=29))
    asked = lot(State.PREPARING_CANCEL_CONFIRMING, "B", ask=ask())
    assert Deadline(NOON + hours(24), Waiting.RETURN_OVERDUE, (returning,)) == first([returning, asked])
    assert Deadline(NOON + hours(24), Waiting.LOGISTICS_OVERDUE, (asked,)) == first([asked, returning])


@pytest.mark.parametrize("backwards", [False, True])
def test_the_earlier_deadline_comes_first(backwards: bool) -> None:
    """Wherever its goods stand."""
    later, earlier = lot(State.RETURN_REQUESTED), lot(State.RETURN_REQUESTED, "B", since=NOON - TICK)
    lots = [earlier, later] if backwards else [later, earlier]
    assert Deadline(NOON + hours(24) - TICK, Waiting.REVIEW_OVERDUE, (earlier,)) == first(lots)


def test_goods_may_be_moved_before_their_review_is_overdue() -> None:
    """A7 comes twelve hours after the payment, the alert a day after the request."""
    requested = lot(State.UNSHIPPED_CANCEL_REQUESTED)
    assert Deadline(NOON + hours(12), Event.PREPARATION_PRESUMED, (requested,)) == first([requested])


def test_3_a_waiting_that_was_told_is_not_told_again() -> None:
    """Neither of goods nor of refunds; what moves by itself moves all the same."""
    assert first([lot(State.RETURN_REQUESTED, alerted=True)], [refund(alerted=True)]) is None
    moving = lot(State.UNSHIPPED_CANCEL_REQUESTED, alerted=True)
    assert Deadline(NOON + hours(12), Event.PREPARATION_PRESUMED, (moving,)) == first([moving])


def test_a18_a_refund_comes_before_goods_that_are_due_later() -> None:
    """Its deadline names the refund and no goods."""
    owed = refund(overdue_at=NOON + hours(12) - TICK)
    assert Deadline(NOON + hours(12) - TICK, Waiting.REFUND_OVERDUE, (), owed) == first([lot(State.UNSHIPPED)], [owed])


def test_a18_goods_come_before_a_refund_that_is_due_at_the_same_instant() -> None:
    """So the order in which deadlines fire never depends on chance."""
    moving = lot(State.UNSHIPPED)
    found = Deadline(NOON + hours(12), Event.PREPARATION_PRESUMED, (moving,))
    assert found == first([moving], [refund(overdue_at=NOON + hours(12))])


def test_a18_refunds_that_are_due_at_the_same_instant_come_one_by_one() -> None:
    """In the order of their creation, except that an earlier one comes first."""
    one, other, earlier = refund("r1"), refund("r2"), refund("r3", NOON - TICK)
    assert Deadline(NOON, Waiting.REFUND_OVERDUE, (), one) == first([], [one, other])
    assert Deadline(NOON - TICK, Waiting.REFUND_OVERDUE, (), earlier) == first([], [one, other, earlier])


# --- what is overdue -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("at", "found"), [(-TICK, 0), (0 * TICK, 2), (TICK, 2)])
def test_3_a_waiting_is_overdue_from_its_deadline_on(at: timedelta, found: int) -> None:
    """One tick before it is not, for goods and refunds alike."""
    lots, refunds = [lot(State.RETURN_REQUESTED)], [refund(overdue_at=NOON + hours(24))]
    assert found == len(all_overdue(POLICY, lots, refunds, NOON + hours(24) + at))


def test_3_what_is_overdue_names_its_goods_or_its_refund() -> None:
    """Goods that share a deadline are listed together, a refund by itself."""
    one, other, owed = lot(State.RETURN_REQUESTED), lot(State.RETURN_REQUESTED, "B"), refund(overdue_at=NOON + hours(1))
    assert [
        Deadline(NOON + hours(1), Waiting.REFUND_OVERDUE, (), owed),
        Deadline(NOON + hours(24), Waiting.REVIEW_OVERDUE, (one, other)),
    ] == all_overdue(POLICY, [one, lot(State.UNSHIPPED, "C"), other], [owed], NOON + hours(99))


def test_3_what_has_waited_longest_comes_first() -> None:
    """By the deadline, among goods and refunds together."""
    lots = [lot(State.RETURN_REQUESTED, since=NOON - hours(each)) for each in (1, 3)]
    refunds = [refund("r1", NOON + hours(22)), refund("r2", NOON + hours(20))]
    found = all_overdue(POLICY, lots, refunds, NOON + hours(99))
    assert [20, 21, 22, 23] == [(each.at - NOON) // hours(1) for each in found]


def test_3_what_was_told_before_is_still_overdue() -> None:
    """The list is of what waits, not of what is news."""
    lots, refunds = [lot(State.RETURN_REQUESTED, alerted=True)], [refund(alerted=True)]
    found = all_overdue(POLICY, lots, refunds, NOON + hours(24))
    assert [Waiting.REFUND_OVERDUE, Waiting.REVIEW_OVERDUE] == [each.code for each in found]
