"""The book within a host's own transaction: its rows and the host's are committed, or rolled back, together."""

import sqlite3
from collections.abc import Iterator
from threading import Event, Thread
from typing import Any

import psycopg
import pytest
import sqlalchemy
from sqlalchemy.orm import Session

from orderfsm import CUSTOMER_SERVICE, ApproveCancellation, Order
from orderfsm.book import OrderBook
from orderfsm.errors import ConcurrentChange, StoreUnavailable
from orderfsm.records import Batch
from orderfsm.verifying import verify
from tests.store.hosts import Host, Regret, outcomes
from tests.store.story import HOUR, NOON, cancel, paid, place

APPROVED = ApproveCancellation(lines="all", by=CUSTOMER_SERVICE, at=NOON + 2 * HOUR, id="ok")


@pytest.fixture
def book(host: Host) -> Iterator[OrderBook]:
    """An empty book on connections of its own, beside the host."""
    with OrderBook(host.url) as book:
        yield book


# --- together --------------------------------------------------------------------------------------------


def test_rows_of_the_host_and_of_the_book_are_committed_together(host: Host, book: OrderBook) -> None:
    """Two inputs and a row of the host's are there after its commit, and nothing of them before."""
    with host.begin() as given:
        inner = book.within(given)
        host.note(given, "before")
        assert "accepted" == inner.place("1001", place()).outcome
        assert "accepted" == inner.submit("1001", paid()).outcome
        host.note(given, "after")
        assert 2 == len(inner.history("1001"))
        assert ([], []) == (outcomes(book), host.notes)
    assert (["accepted", "accepted"], ["after", "before"]) == (outcomes(book), host.notes)
    assert [] == [*verify(book.store)]


def test_rows_of_the_host_and_of_the_book_are_rolled_back_together(host: Host, book: OrderBook) -> None:
    """Where the host's block raises, neither its row nor ours is there, and the policy is kept the next time."""
    with pytest.raises(Regret), host.begin() as given:
        inner = book.within(given)
        inner.place("1001", place())
        host.note(given, "never")
        inner.submit("1001", paid())
        raise Regret
    assert ([], []) == (outcomes(book), host.notes)
    with host.begin() as given:
        book.within(given).place("1001", place())
    book.submit("1001", paid())
    assert [] == [*verify(book.store)]


def test_a_policy_that_the_book_kept_after_all_is_kept(host: Host, book: OrderBook) -> None:
    """What a host has rolled back, the book itself stores again when it is next its turn."""
    with pytest.raises(Regret), host.begin() as given:
        book.within(given).place("1001", place())
        raise Regret
    book.place("1001", place())
    assert [] == [*verify(book.store)]


def test_refusals_and_repetitions_within(host: Host, book: OrderBook) -> None:
    """A refusal is kept and a repeated id answers as before, within one transaction as anywhere."""
    with host.begin() as given:
        inner = book.within(given)
        inner.place("1001", place())
        first = inner.submit("1001", cancel("k1"))
        again = inner.submit("1001", cancel("k1"))
        inner.submit("1001", paid())
        many = inner.submit_many([("1001", cancel("k1")), ("1001", cancel("k2")), ("1001", APPROVED)])
    assert ("refused", first.reasons) == (first.outcome, again.reasons)
    assert ["refused", "accepted", "accepted"] == [each.outcome for each in many]
    assert ["accepted", "refused", "accepted", "accepted", "accepted"] == outcomes(book)
    assert [] == [*verify(book.store)]


def test_a_savepoint_of_the_hosts_takes_our_rows_with_it(host: Host, book: OrderBook) -> None:
    """What was submitted since a savepoint is gone with it; what came before and comes after stays."""
    with host.begin() as given:
        inner = book.within(given)
        host.note(given, "kept")
        with pytest.raises(Regret), host.savepoint(given):
            inner.place("1001", place())  # and the policy, which must be kept again
            raise Regret
        inner.place("1001", place())
        with pytest.raises(Regret), host.savepoint(given):
            inner.submit("1001", paid())
            host.note(given, "never")
            raise Regret
        with host.savepoint(given):
            inner.place("1002", place())
        assert "refused" == inner.submit("1001", cancel()).outcome  # for it is not paid
    assert (["kept"], ["accepted", "refused"], ["accepted"]) == (host.notes, outcomes(book), outcomes(book, "1002"))
    assert [] == [*verify(book.store)]


def test_everything_can_be_asked_within(host: Host, book: OrderBook) -> None:
    """Lists, deadlines and buttons see what the transaction has stored, with their times."""
    with host.begin() as given:
        inner = book.within(given)
        inner.place("1001", place())
        [order] = inner.orders_of("ann")
        assert NOON == order.placed_at == inner.history("1001").items[0].at
        assert order == inner.get("1001")
        [(due, deadline)] = inner.due(NOON + 100 * HOUR)
        assert ("1001", True) == (due.id, NOON < deadline.at)
        assert "accepted" == inner.decide("1001", paid()).outcome
        assert 1 == inner.fire_due(NOON + 100 * HOUR)
    assert "closed" == _order(book).state


def test_effects_can_be_taken_and_marked_within(host: Host, book: OrderBook) -> None:
    """The outbox too takes part: what was taken is free again after a rollback."""
    book.submit_many([("1001", place()), ("1001", paid()), ("1001", cancel()), ("1001", APPROVED)])
    with pytest.raises(Regret), host.begin() as given:
        [letter] = book.within(given).store.take(NOON + 3 * HOUR, NOON + 4 * HOUR, 5)
        raise Regret
    assert [letter] == book.store.take(NOON + 3 * HOUR, NOON + 4 * HOUR, 5)


def _order(book: OrderBook, order_id: str = "1001") -> Order:
    order = book.get(order_id)
    assert isinstance(order, Order)
    return order


# --- others at the same time -----------------------------------------------------------------------------


class Outside:
    """Somebody else who submits an input, in a thread of their own, and waits where they must."""

    def __init__(self, url: str, order_id: str, input: Any) -> None:
        self.outcome = ""
        self._book = OrderBook(url)
        self._sent = order_id, input
        self._decided = Event()
        write = self._book.store.write

        def observed(batch: Batch) -> bool:
            self._decided.set()
            return write(batch)

        self._book.store.write = observed  # type: ignore[method-assign]
        self._thread = Thread(target=self._submit)

    def _submit(self) -> None:
        with self._book as book:
            self.outcome = book.submit(*self._sent).outcome

    def decide(self) -> None:
        """Begin, and go on until the first decision is about to be stored."""
        self._thread.start()
        assert self._decided.wait(20)

    def join(self) -> str:
        """Wait until it is stored, and say what was decided in the end."""
        self._thread.join(20)
        return self.outcome


def test_who_is_outside_waits_and_is_decided_on_the_result(host: Host, book: OrderBook) -> None:
    """A writer outside waits for the host's commit, and is decided anew on what it has made of the order."""
    book.submit_many([("1001", place()), ("1001", paid())])
    outside = Outside(host.url, "1001", APPROVED)
    with host.begin() as given:
        inner = book.within(given)
        assert "accepted" == inner.submit("1001", cancel("k1")).outcome
        outside.decide()  # that there is nothing to approve, for it cannot see our request yet
        host.note(given, "asked")
    assert "accepted" == outside.join()
    assert "cancelled" == _order(book).state
    assert [] == [*verify(book.store)]


def test_who_is_outside_is_decided_on_what_was_before_where_the_host_rolls_back(host: Host, book: OrderBook) -> None:
    """After a rollback the writer who waited finds the order as it was."""
    book.submit_many([("1001", place()), ("1001", paid())])
    outside = Outside(host.url, "1001", APPROVED)
    with pytest.raises(Regret), host.begin() as given:
        book.within(given).submit("1001", cancel("k1"))
        outside.decide()
        raise Regret
    assert "refused" == outside.join()
    assert ["accepted", "accepted", "refused"] == outcomes(book)


def test_the_same_input_from_inside_and_outside_takes_effect_once(host: Host, book: OrderBook) -> None:
    """The same id twice at the same moment, once in a host's transaction, is one entry with one answer."""
    book.submit_many([("1001", place()), ("1001", paid())])
    outside = Outside(host.url, "1001", cancel("k1"))
    with host.begin() as given:
        assert "accepted" == book.within(given).submit("1001", cancel("k1")).outcome
        outside.decide()
    assert "accepted" == outside.join()
    assert 3 == len(outcomes(book))


def test_a_transaction_that_sees_the_past_is_told_so(host: Host, book: OrderBook) -> None:
    """Where the host's transaction sees an order as it no longer is, it is told to begin anew, and then succeeds.

    With PostgreSQL those that are serializable or read repeatably see the past; with SQLite those that have read.
    """
    book.submit_many([("1001", place()), ("1001", paid())])
    with pytest.raises(ConcurrentChange), host.begin() as given:
        _look_at_the_past(host, given)
        book.submit("1001", cancel("k1"))
        book.within(given).submit("1001", APPROVED)
        raise AssertionError  # pragma: no cover
    with host.begin() as given:
        _look_at_the_past(host, given)
        assert "accepted" == book.within(given).submit("1001", APPROVED).outcome
    assert "cancelled" == _order(book).state
    assert [] == [*verify(book.store)]


def _look_at_the_past(host: Host, given: Any) -> None:
    if host.is_postgres:
        host.execute(given, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    elif type(given) is sqlite3.Connection and given.isolation_level is not None:
        host.execute(given, "BEGIN")
    elif isinstance(given, Session | sqlalchemy.Connection):
        # by itself sqlite3 begins a transaction only when it writes
        connection = given.connection() if isinstance(given, Session) else given
        connection.exec_driver_sql("SELECT 1")
        if not connection.connection.driver_connection.in_transaction:  # type: ignore[union-attr]
            connection.exec_driver_sql("BEGIN")
    host.execute(given, "SELECT count(*) FROM notes")


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_a_new_order_that_somebody_else_placed_unseen(postgres: str, level: str) -> None:
    """A host that cannot see that the order was placed meanwhile is told to begin anew."""
    with OrderBook(postgres) as book, psycopg.connect(postgres) as connection:
        connection.execute(f"SET TRANSACTION ISOLATION LEVEL {level}".encode())
        connection.execute("SELECT 1")
        inner = book.within(connection)
        book.place("1001", place())
        with pytest.raises(ConcurrentChange):
            inner.place("1001", place("bob"))
        connection.rollback()
        connection.execute(f"SET TRANSACTION ISOLATION LEVEL {level}".encode())
        assert "refused" == inner.place("1001", place("bob")).outcome
        connection.commit()
        assert ["accepted", "refused"] == outcomes(book)


def test_a_transaction_that_only_reads_can_ask(postgres: str) -> None:
    """Asking, previews too, locks nothing, so that it works where nothing may be written; submitting does not."""
    with OrderBook(postgres) as book, psycopg.connect(postgres) as connection:
        book.submit("1001", place())
        connection.read_only = True
        inside = book.within(connection)
        assert ("accepted", book.get("1001")) == (inside.decide("1001", paid()).outcome, inside.get("1001"))
        with pytest.raises(StoreUnavailable, match="read-only transaction"):
            inside.submit("1001", paid())


def test_two_hosts_that_wait_for_each_other(postgres: str) -> None:
    """Of two transactions that each want the other's order one is told to begin anew."""
    with OrderBook(postgres) as book, psycopg.connect(postgres) as one, psycopg.connect(postgres) as other:
        book.submit_many([(name, input) for name in ("a", "b") for input in (place(), paid())])
        book.within(one).submit("a", cancel())
        book.within(other).submit("b", cancel())
        told: list[str] = []

        def want(connection: "psycopg.Connection[Any]", order_id: str) -> None:
            try:
                book.within(connection).submit(order_id, cancel())
                connection.commit()
            except ConcurrentChange:
                connection.rollback()
                told.append(order_id)

        threads = [Thread(target=want, args=(one, "b")), Thread(target=want, args=(other, "a"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert 1 == len(told)
        assert [] == [*verify(book.store)]
