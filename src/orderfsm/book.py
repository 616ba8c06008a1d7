"""The durable order book: every input goes in here, and its decision comes out, stored.

    book = OrderBook("sqlite:///orders.db")
    answer = book.submit("1001", RequestCancellation(lines="all"), by=Customer("ann"), at=now, id="k1")

One transaction per input. Writers need no locks: a change is stored only if the order is still as it was when
it was decided; otherwise it is decided anew, on what the other writer has made of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from attrs import evolve

from orderfsm.actors import PLATFORM, Actor
from orderfsm.bookkeeping import Account, Bookkeeper, check_id, check_ids, open_account, read_input
from orderfsm.deadlines import Deadline
from orderfsm.decisions import Decision
from orderfsm.errors import ConcurrentChange, StoreUnavailable
from orderfsm.history import Recorded, recorded
from orderfsm.inputs import Input, Place
from orderfsm.machine import Action, OrderMachine
from orderfsm.order import Anomaly, Order, Unplaced
from orderfsm.pages import AT_MOST, Page, check_limit, letter_after, number_after, place_after
from orderfsm.records import Batch, Bookmark, Change, Entry, Held, Letter, Snapshot, Status, decision_of
from orderfsm.store import Listing, Query, Store, Wanted, migrate, open_store
from orderfsm.store.contract import SORTED_BY
from orderfsm.store.hosting import host_store
from orderfsm.times import instant

__all__ = ["ATTEMPTS", "OrderBook", "Page", "Recorded", "migrate"]

ATTEMPTS = 1000
"""How often an input is decided anew. Each time somebody else's input took effect, so it hardly ever is twice."""


class OrderBook:
    """All orders of a shop, decided by one machine and kept in one store. Safe for threads and processes.

    Args:
        store: a database URL, or a store.
        machine: decides; by default one with the combined policy.

    Raises:
        InvalidUrl, SchemaMismatch, StoreUnavailable: the store cannot be opened.
    """

    def __init__(self, store: str | Store, machine: OrderMachine | None = None) -> None:
        self.store: Store = open_store(store) if isinstance(store, str) else store
        self.machine = OrderMachine() if machine is None else machine
        self._keeper = Bookkeeper(self.machine)
        self._policy_is_kept = self.store.policy(self._keeper.digest) is not None

    def within(self, connection: Any) -> "OrderBook":
        """The same book inside a transaction of the host's: its rows and ours are committed, or rolled back, together.

        Args:
            connection: an open transaction: a connection of `sqlite3` or psycopg, an SQLAlchemy connection or
                session, or Django's connection inside ``atomic()``.

        Raises:
            NoTransaction: nothing is open on the connection that could be committed or rolled back.
            TypeError: this is no such connection.
        """
        return self.on(host_store(connection))

    def on(self, store: Store) -> "OrderBook":
        """The same book, on another store for the same rows."""
        inner = object.__new__(OrderBook)
        inner.store, inner.machine, inner._keeper = store, self.machine, self._keeper
        inner._policy_is_kept = self._policy_is_kept
        return inner

    def close(self) -> None:
        """Close the connections that are open."""
        self.store.close()

    def __enter__(self) -> "OrderBook":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- deciding ----------------------------------------------------------------------------------------

    def submit(
        self,
        order_id: str,
        input: Input,
        *,
        by: Actor | None = None,
        at: datetime | None = None,
        received_at: datetime | None = None,
        id: str | None = None,
    ) -> Decision:
        """Decide one input and store it with its decision; the arguments are those of `OrderMachine.decide`.

        The same input under the same id again changes nothing and gives the same answer, with the order as it
        is now (policy 5.11).

        Raises:
            TypeError, InvalidInput: this is no input that can be decided and kept. Nothing was stored.
            StoreUnavailable: the database cannot be used now; the fault says whether anything was stored.
            ConcurrentChange: only within a transaction of the host's: begin it anew.
        """
        input = input.sent(by=by, at=at, received_at=received_at, id=id)
        check_ids(order_id, input)
        wanted = _wanted(order_id, input)
        for _ in range(ATTEMPTS):
            held = self.store.read([wanted])[0]
            account = open_account(order_id, held)
            repeated = _repeated(held.earlier, input)
            if repeated is not None:
                return self._answer_again(repeated, account.order)
            decision, change = self._keeper.judge(account, order_id, input, held.earlier)
            if self._write([change], resubmitted=input.id is not None):
                return decision
        raise ConcurrentChange(f"order {order_id!r} was changed by others {ATTEMPTS} times in a row")

    def submit_many(self, inputs: Iterable[tuple[str, Input]], *, bookmark: Bookmark | None = None) -> list[Decision]:
        """Decide inputs, each with its order's id and a complete envelope, one after the other, in one transaction.

        All of them are stored, or none. Much faster than one by one.

        Args:
            inputs: pairs of an order's id and an input.
            bookmark: how far a log has been imported with these inputs, stored with them.
        """
        pairs = list(inputs)
        for order_id, input in pairs:
            check_ids(order_id, input)
        wanted = [_wanted(order_id, input) for order_id, input in pairs]
        for _ in range(ATTEMPTS):
            decisions, changes = self._judge_many(pairs, self.store.read(wanted))
            if not changes and bookmark is None:
                return decisions
            if self._write(changes, bookmark=bookmark):
                return decisions
        raise ConcurrentChange(f"the orders were changed by others {ATTEMPTS} times in a row")

    def _judge_many(
        self, inputs: Sequence[tuple[str, Input]], all_held: Sequence[Held]
    ) -> tuple[list[Decision], list[Change]]:
        accounts: dict[str, Account] = {}
        judged: dict[str, list[tuple[Entry, Decision]]] = {}
        decisions: list[Decision] = []
        changes: list[Change] = []
        for (order_id, input), held in zip(inputs, all_held, strict=True):
            if order_id not in accounts:
                accounts[order_id] = open_account(order_id, held)
            account, fresh = accounts[order_id], judged.setdefault(order_id, [])
            now = [pair for pair in fresh if input.id is not None and _same_id(pair[0], input)]
            again = next((decision for entry, decision in now if read_input(entry) == input), None)
            repeated = _repeated(held.earlier, input)
            if again is not None:
                decisions.append(again)
            elif repeated is not None:
                decisions.append(self._answer_again(repeated, account.order))
            else:
                earlier = (*held.earlier, *(entry for entry, _ in now))
                decision, change = self._keeper.judge(account, order_id, input, earlier)
                assert change.entry is not None
                fresh.append((change.entry, decision))
                decisions.append(decision)
                changes.append(change)
        return decisions, changes

    def _answer_again(self, entry: Entry, order: Order | Unplaced) -> Decision:
        return decision_of(entry, self.store.letters(entry.order_id, entry.seq, entry.seq), order)

    def _write(self, changes: Sequence[Change], *, bookmark: Bookmark | None = None, resubmitted: bool = False) -> bool:
        """Store changes; False where they no longer hold, or where trying again will tell whether they are stored."""
        policies = {} if self._policy_is_kept else {self._keeper.digest: self._keeper.policy}
        try:
            stored = self.store.write(Batch(changes, policies, bookmark))
        except StoreUnavailable as fault:
            if not resubmitted or fault.nothing_stored:
                raise
            return False  # the connection was cut: the id tells whether it is there, if the database answers
        self._policy_is_kept = self._policy_is_kept or (stored and not self._hosted)
        return stored

    def place(
        self,
        order_id: str,
        place: Place,
        *,
        by: Actor = PLATFORM,
        at: datetime | None = None,
        received_at: datetime | None = None,
        id: str | None = None,
    ) -> Decision:
        """Place an order: `submit`, by the platform itself unless somebody else is named."""
        by = place.by or by
        return self.submit(order_id, place, by=by, at=at, received_at=received_at, id=id)

    def decide(
        self,
        order_id: str,
        input: Input,
        *,
        by: Actor | None = None,
        at: datetime | None = None,
        received_at: datetime | None = None,
        id: str | None = None,
    ) -> Decision:
        """What `submit` would answer now: the preview. Nothing is stored."""
        input = input.sent(by=by, at=at, received_at=received_at, id=id)
        check_ids(order_id, input)
        held = self.store.read([_wanted(order_id, input)])[0]
        account = open_account(order_id, held)
        repeated = _repeated(held.earlier, input)
        if repeated is not None:
            return self._answer_again(repeated, account.order)
        return self._keeper.decide(account, input, held.earlier)

    # --- time --------------------------------------------------------------------------------------------

    def tick(self, order_id: str, at: datetime) -> Decision:
        """Let time pass for one order: every deadline that has passed at `at` fires, and is stored."""
        order_id, at = check_id("order", order_id), instant("at", at)
        for _ in range(ATTEMPTS):
            account = open_account(order_id, self.store.read([Wanted(order_id)])[0])
            decision, change = self._keeper.tick(account, order_id, at)
            if change.entry is None or self._write([change]):
                return decision
        raise ConcurrentChange(f"order {order_id!r} was changed by others {ATTEMPTS} times in a row")

    def fire_due(self, at: datetime, *, limit: int = 100) -> int:
        """Let time pass for up to `limit` orders that are due at `at`: how many there were.

        Several may do this at once: each takes orders that the others have not taken.
        """
        policies = {} if self._policy_is_kept else {self._keeper.digest: self._keeper.policy}
        at = instant("at", at)

        def decide(order_id: str, held: Held) -> Change:
            return self._keeper.tick(open_account(order_id, held), order_id, at)[1]

        return self.store.sweep(at, limit, decide, policies)

    def reschedule(self) -> int:
        """Compute anew the deadlines that another policy has computed: how many orders had some.

        Needed after a change of the policy, for orders to which nothing happens; workers do it when they start.
        """
        done, after = 0, None
        while True:
            query = Query(Listing.OUTDATED, self._keeper.digest, after, AT_MOST)
            outdated = self.store.find(query)
            if not outdated:
                return done
            for snapshot in outdated:
                held = Held(snapshot.revision, snapshot.letters, snapshot.body)
                account = open_account(snapshot.order_id, held)
                done += self._write([Change(snapshot.revision, self._keeper.snapshot(account))])
            after = (outdated[-1].order_id, outdated[-1].order_id)

    # --- asking ------------------------------------------------------------------------------------------

    def get(self, order_id: str) -> Order | Unplaced:
        """The order as it is after its last input; `Unplaced` where none has been placed.

        The ids of earlier inputs are not in it: the journal keeps them.
        """
        return open_account(order_id, self.store.read([Wanted(check_id("order", order_id))])[0]).order

    def actions(self, order_id: str, *, by: Actor, at: datetime) -> list[Action]:
        """Every command with its verdict for this actor now: the buttons. None for an order that was never placed."""
        order = self.get(order_id)
        return self.machine.actions(order, by=by, at=at) if isinstance(order, Order) else []

    def history(self, order_id: str, *, after: str | None = None, limit: int = 100) -> Page[Recorded]:
        """What was said about an order and what was decided, in order; refusals too."""
        limit, start = check_limit(limit), number_after(after)
        entries = self.store.entries(check_id("order", order_id), start, limit + 1)
        more, entries = len(entries) > limit, entries[:limit]
        if not entries:
            return Page(())
        order = self.get(order_id)
        letters: dict[int, list[Letter]] = {}
        for letter in self.store.letters(order_id, entries[0].seq, entries[-1].seq):
            letters.setdefault(letter.entry, []).append(letter)
        items = tuple(recorded(entry, letters.get(entry.seq, ()), order) for entry in entries)
        return Page(items, str(entries[-1].seq) if more else None)

    def whole_history(self, order_id: str) -> Iterator[Recorded]:
        """The history of an order from the beginning to the end, read page by page."""
        page = self.history(order_id)
        yield from page
        while page.next is not None:
            page = self.history(order_id, after=page.next)
            yield from page

    def orders_of(self, customer: str, *, after: str | None = None, limit: int = 100) -> Page[Order]:
        """A customer's orders, the newest first."""
        return self._orders(Listing.ORDERS_OF, customer, after, limit)

    def cancelled_orders(self, customer: str, *, after: str | None = None, limit: int = 100) -> Page[Order]:
        """A customer's cancelled orders, refunded yet or not, the newest first (B16)."""
        return self._orders(Listing.CANCELLED_ORDERS_OF, customer, after, limit)

    def _orders(self, listing: Listing, customer: str, after: str | None, limit: int) -> Page[Order]:
        snapshots, end = self._page(listing, check_id("customer", customer), after, limit)
        return Page(tuple(order for each in snapshots if isinstance(order := _order(each), Order)), end)

    def due(self, at: datetime, *, after: str | None = None, limit: int = 100) -> Page[tuple[Order, Deadline]]:
        """Orders for which something happens by itself at `at`, with the first of it, the earliest first."""
        snapshots, end = self._page(Listing.DUE, instant("at", at), after, limit)
        found = [(order, self.machine.next_deadline(order)) for order in map(_placed, snapshots)]
        return Page(tuple((order, deadline) for order, deadline in found if deadline is not None), end)

    def overdue(
        self, at: datetime, *, after: str | None = None, limit: int = 100
    ) -> Page[tuple[Order, tuple[Deadline, ...]]]:
        """Orders for which somebody has waited too long at `at`, with what for, the longest first."""
        at = instant("at", at)
        snapshots, end = self._page(Listing.OVERDUE, at, after, limit)
        orders = map(_placed, snapshots)
        return Page(tuple((order, tuple(self.machine.overdue(order, at=at))) for order in orders), end)

    def anomalies(
        self, *, after: str | None = None, limit: int = 100
    ) -> Page[tuple[Order | Unplaced, tuple[Anomaly, ...]]]:
        """Orders with anomalies that nobody has resolved, those never placed too, with these anomalies."""
        snapshots, end = self._page(Listing.ANOMALIES, None, after, limit)
        orders = map(_order, snapshots)
        return Page(tuple((order, tuple(each for each in order.anomalies if each.open)) for order in orders), end)

    # --- the outbox --------------------------------------------------------------------------------------

    def dead_letters(self, *, after: str | None = None, limit: int = 100) -> Page[Letter]:
        """Effects that no handler would take, by order: each has its fault. They hold nothing else up."""
        limit = check_limit(limit)
        found = self.store.dead(letter_after(after), limit + 1)
        end = f"{found[limit - 1].seq} {found[limit - 1].order_id}" if len(found) > limit else None
        return Page(tuple(found[:limit]), end)

    def retry(self, letter: Letter, at: datetime) -> bool:
        """Have a dead letter delivered after all, from `at` on, with as many attempts as a new one.

        What comes later in its order may have been delivered already. False where it is dead no longer.
        """
        again = evolve(letter, status=Status.PENDING, ready_at=instant("at", at), attempts=0, settled_at=None)
        return letter.status is Status.DEAD and self.store.mark(letter, again)

    def drop(self, letter: Letter, at: datetime) -> bool:
        """Give a dead letter up for good: it stays in the outbox as dropped. False where it is dead no longer."""
        dropped = evolve(letter, status=Status.DROPPED, settled_at=instant("at", at))
        return letter.status is Status.DEAD and self.store.mark(letter, dropped)

    # --- pages -------------------------------------------------------------------------------------------

    def _page(
        self, listing: Listing, value: str | datetime | None, after: str | None, limit: int
    ) -> tuple[list[Snapshot], str | None]:
        limit = check_limit(limit)
        timed = SORTED_BY[listing] != "order_id"
        found = self.store.find(Query(listing, value, place_after(after, timed=timed), limit + 1))
        if len(found) <= limit:
            return found, None
        last = found[limit - 1]
        key = getattr(last, SORTED_BY[listing])
        return found[:limit], f"{key.isoformat()} {last.order_id}" if timed else last.order_id

    @property
    def _hosted(self) -> bool:
        sessions = getattr(self.store, "sessions", None)
        return bool(getattr(sessions, "hosted", False))


# --- arguments -------------------------------------------------------------------------------------------


def _wanted(order_id: str, input: Input) -> Wanted:
    return Wanted(order_id, str(input.by), input.id)


# --- rows ------------------------------------------------------------------------------------------------


def _same_id(entry: Entry, input: Input) -> bool:
    return entry.input_id == input.id and entry.sender == str(input.by)


def _repeated(earlier: Iterable[Entry], input: Input) -> Entry | None:
    """The entry that holds exactly this input already."""
    return next((entry for entry in earlier if read_input(entry) == input), None)


def _order(snapshot: Snapshot) -> Order | Unplaced:
    return open_account(snapshot.order_id, Held(snapshot.revision, snapshot.letters, snapshot.body)).order


def _placed(snapshot: Snapshot) -> Order:
    order = _order(snapshot)
    assert isinstance(order, Order)  # what was never placed has no deadlines
    return order
