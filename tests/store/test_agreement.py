"""Memory, SQLite and PostgreSQL agree: the same said to all three, step by step, they answer and keep the same.

Hypothesis chooses what is said, to a few orders under a few ids so that everything meets everything; small
pages are read to the end; time passes, letters are taken, delivered, given up and retried.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import psycopg
import pytest
from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from orderfsm import PLATFORM, Input, Order, OrderMachine, Policy
from orderfsm.book import OrderBook
from orderfsm.errors import ConcurrentChange
from orderfsm.pages import Page
from orderfsm.records import Bookmark, Letter, Status
from orderfsm.store import Listing, MemoryStore, Query, Store, open_store
from orderfsm.testing import reports
from orderfsm.testing.clock import START
from orderfsm.testing.store_case import kept
from orderfsm.testing.strategies import fitting_inputs, inputs, moments, places
from orderfsm.verifying import verify
from tests.store.test_conformance import empty

STEPS = 30
ORDERS = ("1001", "Zoë's", "10")
CUSTOMERS = ("ann", "Ann")
MACHINES = (OrderMachine(Policy(own_goods_need_approval=False)), OrderMachine(Policy.marketplace()))
LEASE = timedelta(minutes=1)
BECAME = (Status.DELIVERED, Status.DEAD, Status.PENDING)
FAULT = "it's 50 % \\ off?"

orders = st.sampled_from(ORDERS)
customers = st.sampled_from(CUSTOMERS)
ids = st.sampled_from((None, None, "k1", "k2"))
limits = st.sampled_from((1, 2, 50))
policies = st.sampled_from((0, 0, 0, 1))


class AgreementMachine(RuleBasedStateMachine):
    """Three stores, and a book on each for each of two policies."""

    def __init__(self, stores: list[Store]) -> None:
        super().__init__()
        self.stores = stores
        self.books = [[OrderBook(store, machine) for store in stores] for machine in MACHINES]
        self.now = START
        self.said: list[tuple[str, Input]] = []
        self.taken: list[Letter] = []
        self.bookmark: Bookmark | None = None

    def agreed(self, ask: Callable[[OrderBook], Any], policy: int = 0) -> Any:
        """What all books answer: the same."""
        first, *others = [_answer(ask, book) for book in self.books[policy]]
        for answer in others:
            assert first == answer
        return first

    def paged(self, ask: Callable[..., Page[Any]], limit: int) -> None:
        """Read a list to its end, page by page."""
        after: str | None = None
        for _ in range(len(ORDERS) * 100):
            page = self.agreed(partial(ask, after=after, limit=limit))
            after = page.next
            if after is None:
                return
        raise AssertionError("a list never ends")

    def an_input(self, data: st.DataObject, order_id: str) -> Input:
        """Something that may be said about an order, at a time that does not go back."""
        order = self.books[0][0].get(order_id)
        if not isinstance(order, Order):
            if data.draw(st.integers(0, 3)):
                place = data.draw(places())
                return evolve(place, customer=data.draw(customers), by=PLATFORM, at=self.now, id=data.draw(ids))
            return data.draw(inputs(at=st.just(self.now), ids=ids))
        at = max(self.now, data.draw(moments(order)))
        some = fitting_inputs if data.draw(st.integers(0, 3)) else inputs
        return data.draw(some(order, at=st.just(at), ids=ids))

    # --- what is said ------------------------------------------------------------------------------------

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        """Place an order, so that something can happen."""
        self.say(ORDERS[0], 0, 4, data)

    @rule(order_id=orders, policy=policies, times=st.integers(1, 4), data=st.data())
    def say(self, order_id: str, policy: int, times: int, data: st.DataObject) -> None:
        """Say something that fits, or anything, once or more often."""
        for _ in range(times):
            input = self.an_input(data, order_id)
            assert input.at is not None
            self.said.append((order_id, input))
            self.agreed(partial(OrderBook.decide, order_id=order_id, input=input), policy)
            self.agreed(partial(OrderBook.submit, order_id=order_id, input=input), policy)
            if input.at < self.now + timedelta(days=2):
                self.now = max(self.now, input.at)

    @rule(data=st.data())
    def say_it_again(self, data: st.DataObject) -> None:
        """Repeat what was said, perhaps of another order."""
        order_id, input = data.draw(st.sampled_from(self.said))
        order_id = data.draw(st.sampled_from((order_id, order_id, *ORDERS)))
        self.agreed(lambda book: book.submit(order_id, input))

    @rule(data=st.data(), lines=st.integers(1, 9), marked=st.booleans())
    def say_a_batch(self, data: st.DataObject, lines: int, marked: bool) -> None:
        """Say several things at once, new ones and old ones."""
        pairs = data.draw(st.lists(st.sampled_from(self.said), max_size=3))
        for order_id in data.draw(st.lists(orders, max_size=2)):
            pairs.insert(0, (order_id, self.an_input(data, order_id)))
        mark, before = Bookmark("log", lines, f"{lines}") if marked else None, self.bookmark
        self.agreed(lambda book: book.submit_many(pairs, bookmark=mark, bookmark_before=before))
        self.bookmark = mark or before
        self.agreed(lambda book: book.store.bookmark("log"))

    # --- time --------------------------------------------------------------------------------------------

    @rule(days=st.sampled_from((0, 1, 3, 31)), limit=limits, policy=policies)
    def let_time_pass(self, days: int, limit: int, policy: int) -> None:
        """Fire what is due."""
        self.now += timedelta(days=days)
        self.agreed(lambda book: book.fire_due(self.now, limit=limit), policy)

    @rule(order_id=orders, days=st.sampled_from((0, 1, 3)))
    def tick(self, order_id: str, days: int) -> None:
        """Let time pass for one order."""
        self.now += timedelta(days=days)
        self.agreed(lambda book: book.tick(order_id, self.now))

    @rule(policy=policies)
    def reschedule(self, policy: int) -> None:
        """Compute the deadlines by another policy."""
        self.agreed(lambda book: book.reschedule(), policy)

    # --- the outbox --------------------------------------------------------------------------------------

    @rule(limit=limits, later=st.sampled_from((timedelta(), LEASE)))
    def take(self, limit: int, later: timedelta) -> None:
        """Take letters."""
        self.now += later
        self.taken += self.agreed(lambda book: _sorted(book.store.take(self.now, self.now + LEASE, limit)))

    @rule(limit=limits, rounds=st.integers(1, 3), became=st.lists(st.sampled_from(BECAME), min_size=1))
    def deliver(self, limit: int, rounds: int, became: list[Status]) -> None:
        """Take letters and mark each, as a worker does."""
        for _ in range(rounds):
            known = len(self.taken)
            self.take(limit, LEASE)
            for letter, status in zip(self.taken[known:], cycle(became), strict=False):
                self.settle(letter, status)
            if self.taken:
                self.settle(self.taken[known // 2], became[0])  # by a worker that comes late

    @precondition(lambda self: self.taken)
    @rule(data=st.data(), status=st.sampled_from(BECAME))
    def mark(self, data: st.DataObject, status: Status) -> None:
        """Mark a letter that was taken, perhaps long ago."""
        self.settle(data.draw(st.sampled_from(self.taken[-4:])), status)

    def settle(self, before: Letter, status: Status) -> None:
        """Mark a letter as if this had become of it."""
        settled = None if status is Status.PENDING else self.now
        after = evolve(before, status=status, settled_at=settled, fault=FAULT, ready_at=self.now)
        self.agreed(lambda book: book.store.mark(before, after))

    @rule(data=st.data(), retried=st.booleans(), limit=limits)
    def give_up(self, data: st.DataObject, retried: bool, limit: int) -> None:
        """Send a dead letter after all, or drop it."""
        self.paged(OrderBook.dead_letters, limit)
        dead = self.agreed(lambda book: book.dead_letters()).items
        if dead:
            letter = data.draw(st.sampled_from(dead))
            settle = OrderBook.retry if retried else OrderBook.drop
            self.agreed(lambda book: settle(book, letter, self.now))
            self.agreed(lambda book: settle(book, letter, self.now))

    # --- asking ------------------------------------------------------------------------------------------

    @rule(limit=limits, order_id=orders, customer=customers)
    def ask(self, limit: int, order_id: str, customer: str) -> None:
        """Read every list to its end."""
        self.agreed(lambda book: book.get(order_id))
        self.paged(lambda book, **page: book.history(order_id, **page), limit)
        self.paged(lambda book, **page: book.orders_of(customer, **page), limit)
        self.paged(lambda book, **page: book.cancelled_orders(customer, **page), limit)
        self.paged(lambda book, **page: book.due(self.now, **page), limit)
        self.paged(lambda book, **page: book.overdue(self.now, **page), limit)
        self.paged(OrderBook.anomalies, limit)

    def teardown(self) -> None:
        """In the end they keep the same, and it follows from the journal."""
        rows = [[*_rows(store)] for store in self.stores]
        for other in rows[1:]:
            assert rows[0] == other
        for store in self.stores:
            assert [] == [*verify(store)]


def _answer(ask: Callable[[OrderBook], Any], book: OrderBook) -> Any:
    try:
        return ask(book)
    except (ValueError, TypeError, ConcurrentChange) as fault:
        return type(fault), str(fault)


def _sorted(letters: list[Letter]) -> list[Letter]:
    return sorted(letters, key=lambda each: (each.order_id, each.seq))


def _rows(store: Store) -> Iterator[object]:
    yield store.find(Query(Listing.ALL))
    for order_id in ORDERS:
        found = kept(store, order_id)
        yield found
        yield {entry.policy: store.policy(entry.policy) for entry in found.entries}
    yield store.bookmark("log")
    yield store.dead(None, 1000)


@pytest.fixture
def emptied(sqlite: str, postgres: str) -> Iterator[Callable[[], list[Store]]]:
    """Gives a store of each kind without any rows; those on databases stay open."""
    kept_open = [open_store(sqlite), open_store(postgres)]
    file = sqlite3.connect(Path(sqlite.removeprefix("sqlite:///")), isolation_level=None)
    file.execute("PRAGMA synchronous = OFF")
    with closing(file), psycopg.connect(postgres, autocommit=True) as database:

        def stores() -> list[Store]:
            empty(file)
            empty(database)
            return [MemoryStore(), *kept_open]

        yield stores
    for store in kept_open:
        store.close()


def test_all_stores_agree(emptied: Callable[[], list[Store]]) -> None:
    """Whatever is said, three books on three stores answer alike, list alike and keep alike."""

    class Machine(AgreementMachine):
        def __init__(self) -> None:
            super().__init__(emptied())

    stories = max(50, settings().max_examples // 2)  # each is told three times, once to a server
    with reports.set_aside():
        run_state_machine_as_test(Machine, settings=settings(max_examples=stories, stateful_step_count=STEPS))
