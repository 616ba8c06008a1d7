"""The order book on every store: what goes in, what is kept, what is found again."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from orderfsm import (
    CUSTOMER_SERVICE,
    LOGISTICS,
    PAYMENT,
    PLATFORM,
    WAREHOUSE,
    ApproveCancellation,
    Customer,
    Delivered,
    Dispatched,
    InvalidInput,
    Order,
    OrderMachine,
    PaymentCaptured,
    Place,
    Policy,
    RefundSent,
    RequestCancellation,
    ResolveAnomaly,
    Unplaced,
)
from orderfsm.book import OrderBook
from orderfsm.guards import HostGuard
from orderfsm.order import is_cancelled
from orderfsm.verifying import verify
from tests.store.story import HOUR, NOON, cancel, paid, place

DAY = timedelta(days=1)
APPROVED = ApproveCancellation(lines="all", by=CUSTOMER_SERVICE, at=NOON + 2 * HOUR)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Closes what a test opens, at its end."""
    with ExitStack() as stack:
        yield stack


def test_a_decision_is_the_machines_own(book: OrderBook) -> None:
    """What the book answers is what the machine decides, input by input."""
    order: Order | Unplaced = Unplaced("1001")
    for input in (place(), paid(), cancel("k1"), APPROVED, cancel("k2")):
        expected = book.machine.decide(order, input)
        answer = book.submit("1001", input)
        order = expected.order
        assert (expected.outcome, expected.moves, expected.effects) == (answer.outcome, answer.moves, answer.effects)
        assert evolve(order, seen=()) == book.get("1001")


def test_what_was_never_heard_of_is_unplaced(book: OrderBook) -> None:
    """Asking for an order that nobody mentioned gives an empty `Unplaced`, and keeps nothing."""
    assert Unplaced("nobody") == book.get("nobody")
    assert [] == book.actions("nobody", by=Customer("ann"), at=NOON)
    assert () == book.history("nobody").items


def test_facts_about_unknown_orders_are_kept_and_judged_again(book: OrderBook) -> None:
    """A payment that comes before its order is kept as an anomaly and counts once the order is placed."""
    assert "anomaly" == book.submit("1001", paid()).outcome
    [(early, anomalies)] = book.anomalies()
    assert (Unplaced, ["unknown_order"]) == (type(early), [str(each.reason.code) for each in anomalies])
    book.submit("1001", place())
    assert "unshipped" == _placed(book).state
    assert () == book.anomalies().items


def test_refused_inputs_are_in_the_history(book: OrderBook) -> None:
    """The journal keeps what was refused, with its reasons, by whom and when."""
    book.submit("1001", place())
    book.submit("1001", cancel("k1"))
    entry = book.history("1001").items[-1]
    assert ("refused", "closes_by_itself", "A3") == (entry.outcome, entry.reasons[0].code, entry.reasons[0].clause)
    assert (Customer("ann"), NOON + HOUR, cancel("k1")) == (entry.by, entry.at, entry.input)


def test_even_a_command_about_an_unknown_order_is_in_the_history(book: OrderBook) -> None:
    """A command about an order that was never placed is refused, and kept."""
    assert "refused" == book.submit("1001", cancel()).outcome
    assert ["refused"] == [entry.outcome for entry in book.history("1001")]


# --- ids -------------------------------------------------------------------------------------------------


def test_a_repeated_id_gives_the_same_answer_and_takes_effect_once(book: OrderBook) -> None:
    """5.11: the same input under the same id gives the same answer, and is kept once."""
    book.submit("1001", place())
    book.submit("1001", paid())
    first = book.submit("1001", cancel("k1"))
    book.submit("1001", APPROVED)
    again = book.submit("1001", cancel("k1"))
    assert "accepted" == again.outcome
    assert (first.outcome, first.moves, first.effects) == (again.outcome, again.moves, again.effects)
    assert "cancelled" == again.order.state  # type: ignore[union-attr]
    assert 4 == len(book.history("1001"))


def test_a_refused_id_is_refused_again(book: OrderBook) -> None:
    """5.11: a repeated command that was refused is refused again, even if it would be accepted by now."""
    book.submit("1001", place())
    first = book.submit("1001", cancel("k1"))
    book.submit("1001", paid())
    again = book.submit("1001", cancel("k1"))
    assert ("refused", first.reasons) == (again.outcome, again.reasons)


def test_an_anomaly_that_is_repeated_is_told_again_and_kept_once(book: OrderBook) -> None:
    """5.11: a fact that contradicted something gives the same anomaly again under its id."""
    book.submit("1001", place())
    sent = RefundSent(refund="r9", by=PAYMENT, at=NOON, id="f1")
    first, again = book.submit("1001", sent), book.submit("1001", sent)
    assert ("anomaly", first.anomalies) == (again.outcome, again.anomalies)  # type: ignore[attr-defined]
    assert 1 == len(_placed(book).anomalies)


def test_an_id_that_is_used_for_something_else_is_refused_and_kept(book: OrderBook) -> None:
    """5.11: a second content under an id is `conflicting_id`, every time, and stands in the history."""
    book.submit("1001", place())
    book.submit("1001", paid())
    book.submit("1001", cancel("k1", lines=["mug"]))
    for _ in range(2):
        answer = book.submit("1001", cancel("k1", lines=["pot"]))
        assert ["conflicting_id"] == [str(reason.code) for reason in answer.reasons]
    assert 4 == len(book.history("1001"))


def test_ids_of_different_senders_do_not_meet(book: OrderBook) -> None:
    """An id is the sender's own: another sender may use the same one."""
    book.submit("1001", place())
    book.submit("1001", paid("k1"))
    assert "accepted" == book.submit("1001", cancel("k1")).outcome


def test_an_id_that_was_refused_may_be_used_for_something_else(book: OrderBook) -> None:
    """The machine does not remember refused ids, so what comes under them later is decided as if they were new."""
    book.submit("1001", place())
    book.submit("1001", cancel("k1", lines=["mug"]))
    book.submit("1001", paid())
    assert "accepted" == book.submit("1001", cancel("k1", lines=["pot"])).outcome
    assert "refused" == book.submit("1001", cancel("k1", lines=["mug"])).outcome
    assert [] == [*verify(book.store)]


# --- previews and many ---------------------------------------------------------------------------------


def test_a_preview_stores_nothing_and_says_the_same(book: OrderBook) -> None:
    """`decide` gives what `submit` then answers, of new inputs, repeated ones and conflicting ones."""
    for input in (place(), paid(), cancel("k1"), cancel("k1"), cancel("k1", lines=["pot"])):
        before = book.history("1001").items
        preview = book.decide("1001", input)
        assert before == book.history("1001").items
        answer = book.submit("1001", input)
        assert (preview.outcome, preview.moves, preview.effects) == (answer.outcome, answer.moves, answer.effects)


def test_many_inputs_are_decided_one_after_the_other(book: OrderBook) -> None:
    """Of many inputs each sees what those before it did, also those with its own id."""
    story = [("1001", place()), ("1002", place()), ("1001", paid()), ("1001", cancel("k1")), ("1001", cancel("k1"))]
    story += [("1001", cancel("k1", lines=["pot"])), ("1002", cancel("k1"))]
    answers = book.submit_many(story)
    expected = ["accepted", "accepted", "accepted", "accepted", "accepted", "refused", "refused"]
    assert expected == [each.outcome for each in answers]
    assert (4, 2) == (len(book.history("1001")), len(book.history("1002")))
    assert [] == [*verify(book.store)]


def test_a_repetition_among_many_comes_with_the_order_as_it_is(book: OrderBook) -> None:
    """The answer to a repetition has the order as it is then, also where the first was among the same inputs."""
    first, _, again = book.submit_many([("1001", place()), ("1001", paid("p")), ("1001", place())])
    assert (first.outcome, 2) == ("accepted", again.order.version)


def test_who_places_an_order_is_who_the_caller_says(book: OrderBook) -> None:
    """The `by` of the call goes before that of the input, as with every input; without any it is the platform."""
    assert "refused" == book.place("1001", place(), by=Customer("ann")).outcome
    assert "accepted" == book.place("1001", evolve(place(), by=None)).outcome


def test_closing_a_copy_leaves_the_book_open(db: str) -> None:
    """A book that was made of another one has nothing of its own to close."""
    with OrderBook(db) as book:
        with book.without_delivery() as copy:
            copy.submit("1001", place())
        assert "accepted" == book.submit("1001", paid()).outcome


def test_none_of_many_is_kept_where_one_is_no_input(book: OrderBook) -> None:
    """An input that cannot be kept spoils the whole call, and says why."""
    with pytest.raises(InvalidInput, match="order: expected an id of at most 255 bytes"):
        book.submit_many([("1001", place()), ("x" * 256, place())])
    assert Unplaced("1001") == book.get("1001")


@pytest.mark.parametrize(
    ("order_id", "input", "said"),
    [
        ("", place(), "order: expected text that is not empty"),
        ("a\0b", place(), "order: expected text without zero bytes"),
        ("\ud800", place(), "order: expected text without lone surrogates"),
        ("1001", place("a\0b"), "customer: expected text without zero bytes"),
        ("1001", cancel("k" * 256), "id: expected an id of at most 255 bytes"),
        ("1001", cancel(customer="\ud800"), "by: expected text without lone surrogates"),
        ("1001", cancel(lines=[("mug", 1), ("pot", None)]), "lines: expected a quantity for every line"),
    ],
)
def test_what_cannot_be_kept_is_refused_at_the_door(order_id: str, input: object, said: str) -> None:
    """An id or selection that no database can keep raises InvalidInput, names its field, and stores nothing."""
    book = OrderBook("memory://")
    book.submit("1001", place())
    with pytest.raises(InvalidInput, match=said):
        book.submit(order_id, input)  # type: ignore[arg-type]
    assert 1 == len(book.history("1001"))


@pytest.mark.parametrize("input", ["place", None, Place, RequestCancellation(lines="all")])
def test_what_is_no_whole_input_is_refused_at_the_door(input: object) -> None:
    """What is no input, or does not say who and when, raises TypeError."""
    with pytest.raises(TypeError):
        OrderBook("memory://").submit("1001", input)  # type: ignore[arg-type]


# --- lists -----------------------------------------------------------------------------------------------


def test_a_customers_orders_come_newest_first_page_by_page(book: OrderBook) -> None:
    """`orders_of` gives every order of one customer once, across pages, the newest first."""
    for number in range(5):
        book.submit(f"o{number}", evolve(place(), at=NOON + (number // 2) * HOUR))
    book.submit("other", place("bob"))
    found: list[str] = []
    page = book.orders_of("ann", limit=2)
    while True:
        found += [order.id for order in page]
        if page.next is None:
            break
        page = book.orders_of("ann", after=page.next, limit=2)
    assert ["o4", "o3", "o2", "o1", "o0"] == found


def test_b16_cancelled_orders_are_listed_by_their_goods(book: OrderBook) -> None:
    """B16: the cancelled orders of a customer are those whose goods are all cancelled, refunded yet or not."""
    for order_id in ("kept", "cancelled"):
        book.submit(order_id, place())
        book.submit(order_id, paid())
    book.submit("cancelled", cancel())
    book.submit("cancelled", APPROVED)
    [order] = book.cancelled_orders("ann")
    assert ("cancelled", True) == (order.id, is_cancelled(order))
    assert () == book.cancelled_orders("bob").items


def test_what_is_due_is_listed_and_fires_once(book: OrderBook) -> None:
    """Due orders are listed with their deadline, the earliest first, until they have fired."""
    book.submit("late", place())
    book.submit("paid", evolve(place(), at=NOON - HOUR))
    book.submit("paid", paid())
    due = [(order.id, str(deadline.code)) for order, deadline in book.due(NOON + DAY)]
    assert [("paid", "preparation_presumed"), ("late", "payment_window_closed")] == due
    assert (1, 1, 0) == tuple(book.fire_due(NOON + DAY, limit=1) for _ in range(3))
    assert () == book.due(NOON + DAY).items
    assert ["closed", "preparing"] == [_placed(book, order_id).state for order_id in ("late", "paid")]


def test_a_tick_is_an_entry_only_where_something_fires(book: OrderBook) -> None:
    """Letting time pass for one order stores what fired, and nothing where nothing did."""
    book.submit("1001", place())
    assert ("accepted", ()) == (book.tick("1001", NOON + HOUR).outcome, book.tick("1001", NOON + HOUR).fired)
    assert ("payment_window_closed",) == book.tick("1001", NOON + DAY).fired
    assert [None] == [entry.input for entry in book.history("1001").items[1:]]
    assert "accepted" == book.tick("nobody", NOON).outcome


def test_the_overdue_are_listed_as_long_as_somebody_waits(book: OrderBook) -> None:
    """What waits too long is listed, told or not, until it waits no longer."""
    book.submit("1001", place())
    book.submit("1001", paid())
    book.submit("1001", cancel())
    assert () == book.overdue(NOON + HOUR).items
    for _ in range(2):
        [(order, deadlines)] = book.overdue(NOON + 3 * DAY)
        assert ("1001", ["review_overdue"]) == (order.id, [str(each.code) for each in deadlines])
        book.fire_due(NOON + 3 * DAY)
    book.submit("1001", ApproveCancellation(lines="all", by=CUSTOMER_SERVICE, at=NOON + 3 * DAY))
    assert ["logistics_overdue"] == [str(each.code) for _, all_ in book.overdue(NOON + 5 * DAY) for each in all_]


def test_anomalies_are_listed_until_a_person_resolves_them(book: OrderBook) -> None:
    """Open anomalies are listed by order; a resolved one is listed no longer."""
    book.submit("1001", place())
    book.submit("1001", paid())
    book.submit("1001", Delivered(parcel="P9", by=LOGISTICS, at=NOON))
    [(order, [anomaly])] = book.anomalies()
    book.submit("1001", ResolveAnomaly(anomaly=anomaly.id, note="mixed up", by=CUSTOMER_SERVICE, at=NOON))
    assert ("1001", ()) == (order.id, book.anomalies().items)


@pytest.mark.parametrize("limit", [0, 1001, True, "1"])
def test_a_page_has_a_size(limit: object) -> None:
    """A page holds from 1 to 1,000 items; anything else is refused."""
    with pytest.raises(InvalidInput, match="limit: expected a whole number from 1 to 1000"):
        OrderBook("memory://").orders_of("ann", limit=limit)  # type: ignore[arg-type]


@pytest.mark.parametrize("after", ["", "x", "9" * 25, "9" * 5000, "1 \ud800", "\ud800", "1 \0"])
def test_no_list_trips_over_where_a_page_should_begin(book: OrderBook, after: str) -> None:
    """What a visitor made up as the beginning of a page is refused by every list that it is no place of."""
    book.submit("1001", place())
    for ask in (book.anomalies, book.dead_letters, lambda after: book.history("1001", after=after)):
        try:
            ask(after=after)
        except InvalidInput as fault:
            assert "after" == fault.field


@pytest.mark.parametrize("after", ["", "x", "2026-03-02", "2026-03-02T09:00:00 1001", "9 \0"])
def test_a_page_begins_where_another_ended(after: str) -> None:
    """What is no end of a page is refused, not guessed at."""
    with pytest.raises(InvalidInput):
        OrderBook("memory://").orders_of("ann", after=after)


def test_a_history_comes_in_pages(book: OrderBook) -> None:
    """The history of an order is whole and in order across pages, with the effects of each entry."""
    for input in (place(), paid(), cancel("k1"), APPROVED):
        book.submit("1001", input)
    page = book.history("1001", limit=3)
    rest = book.history("1001", after=page.next, limit=3)
    assert ([1, 2, 3], [4], None) == ([each.seq for each in page], [each.seq for each in rest], rest.next)
    assert ["place", "payment_captured", "request_cancellation", "approve_cancellation"] == [
        entry.input.name for entry in book.whole_history("1001") if entry.input is not None
    ]
    assert "send_refund" in [effect.name for effect in rest.items[0].effects]


def test_the_buttons_are_those_of_the_stored_order(book: OrderBook) -> None:
    """`actions` gives every command with the verdict that `submit` would give."""
    book.submit("1001", place())
    book.submit("1001", paid())
    book.submit("1001", Dispatched(lines=["mug"], parcel="P1", by=WAREHOUSE, at=NOON + HOUR))
    allowed = {each.name for each in book.actions("1001", by=Customer("ann"), at=NOON + 2 * HOUR) if each.allowed}
    assert {"request_cancellation", "cancel_delivery"} == allowed


# --- policies and rules ----------------------------------------------------------------------------------


def test_another_policy_reschedules_what_it_finds(db: str, stack: ExitStack) -> None:
    """After a change of policy the deadlines of stored orders are computed anew, by `reschedule` or when due."""
    old = stack.enter_context(OrderBook(db))
    old.submit("1001", place())
    old.submit("1001", paid())
    longer = OrderBook(old.store, OrderMachine(Policy(preparation_after=timedelta(hours=48))))
    assert (1, 0) == (longer.reschedule(), longer.reschedule())
    assert () == longer.due(NOON + DAY).items
    old.reschedule()
    assert 1 == longer.fire_due(NOON + DAY)  # nothing fires, and the column is renewed
    assert (0, 2) == (longer.fire_due(NOON + DAY), len(longer.history("1001")))
    assert [] == [*verify(longer.store)]


def test_a_hosts_own_rule_refuses_and_its_refusal_is_kept(db: str, stack: ExitStack) -> None:
    """A host's guard refuses in the book as it does in the machine, and the history tells its code."""
    guard = HostGuard(
        code="fraud_hold", on=[RequestCancellation], holds=lambda scene, lot: False, sentence="It is being looked into."
    )
    book = stack.enter_context(OrderBook(db, OrderMachine(guards=[guard])))
    for input in (place(), paid(), cancel("k1"), cancel("k2", customer="bob")):
        book.submit("1001", input)
    codes = [[str(reason.code) for reason in entry.reasons] for entry in book.history("1001")]
    assert [[], [], ["fraud_hold"] * 2, ["not_allowed"]] == codes
    assert ["fraud_hold"] * 2 == [str(reason.code) for reason in book.submit("1001", cancel("k1")).reasons]
    assert [] == [*verify(book.store)]


def test_a_payment_with_another_currency_is_kept_as_it_was_said(book: OrderBook) -> None:
    """Amounts are kept to the last digit that was said."""
    book.submit("1001", place())
    odd = PaymentCaptured(payment="p1", instrument="card", amount="1.230", by=PAYMENT, at=NOON)
    assert "anomaly" == book.submit("1001", odd).outcome
    kept = book.history("1001").items[-1].input
    assert isinstance(kept, PaymentCaptured)
    assert "1.230" == str(kept.amount)


def test_an_input_that_is_dated_ahead_keeps_no_effect_back(book: OrderBook) -> None:
    """Effects of an input from a clock that is wrong by years are ready at once, and those behind them too."""
    ahead = evolve(place(), at=datetime(2800, 1, 1, tzinfo=UTC))
    book.submit("1001", ahead)
    book.submit("1001", evolve(paid(), at=ahead.at))
    book.submit("1001", evolve(cancel(), at=ahead.at))
    soon = datetime.now(UTC) + timedelta(minutes=1)
    assert ["tell_warehouse"] == [letter.name for letter in book.store.take(soon, soon + HOUR, 10)]


def test_a_book_that_is_opened_again_goes_on(sqlite: str) -> None:
    """What one book stored the next one finds."""
    with OrderBook(sqlite) as book:
        book.place("1001", evolve(place(), by=None), by=PLATFORM, at=NOON)
    with OrderBook(sqlite) as book:
        assert "accepted" == book.submit("1001", paid()).outcome


def _placed(book: OrderBook, order_id: str = "1001") -> Order:
    order = book.get(order_id)
    assert isinstance(order, Order)
    return order
