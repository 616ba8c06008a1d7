"""The durable order book: every input goes in here, and its decision comes out, stored.

    book = OrderBook("sqlite:///orders.db")
    answer = book.submit("1001", RequestCancellation(lines="all"), by=Customer("ann"), at=now, id="k1")

One transaction per input. Writers need no locks: a change is stored only if the order is still as it was when
it was decided; otherwise it is decided anew, on what the other writer has made of it.
"""

import logging  # noqa: TID251  (of what concerns nobody who asked)
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from datetime import datetime
from typing import Any, Self, TypeVar

from attrs import evolve

from orderfsm.actors import PLATFORM, Actor
from orderfsm.bookkeeping import Account, Bookkeeper, check_id, check_ids, open_account, read_input
from orderfsm.decisions import Decision
from orderfsm.errors import ConcurrentChange, CorruptHistory, StoreUnavailable
from orderfsm.inputs import Input, Place
from orderfsm.machine import OrderMachine
from orderfsm.order import Order, Unplaced
from orderfsm.pages import AT_MOST, check_limit
from orderfsm.reading import BookReader
from orderfsm.records import Batch, Bookmark, Change, Entry, Held, Letter, Status, decision_of
from orderfsm.store import Listing, Query, Store, Wanted, migrate, open_store
from orderfsm.store.hosting import host_store
from orderfsm.times import instant
from orderfsm.wall_clock import utc_now

__all__ = ["ATTEMPTS", "OrderBook", "migrate"]

log = logging.getLogger("orderfsm.book")
log.addHandler(logging.NullHandler())

T = TypeVar("T")

ATTEMPTS = 1000
"""How often an input is decided anew. Each time somebody else's input took effect, so it hardly ever is twice."""


class OrderBook(BookReader):
    """All orders of a shop, decided by one machine and kept in one store. Safe for threads and processes.

    Args:
        store: a database URL, or a store.
        machine: decides; by default one with the combined policy.

    Raises:
        InvalidUrl, SchemaMismatch, StoreUnavailable: the store cannot be opened.
    """

    def __init__(self, store: str | Store, machine: OrderMachine | None = None) -> None:
        opened = open_store(store) if isinstance(store, str) else store
        super().__init__(opened, OrderMachine() if machine is None else machine)
        self._keeper = Bookkeeper(self.machine)
        self._owner = True
        self._told: set[str] = set()  # orders that cannot be read, of which the log has been told
        self._policy_is_kept = False
        self.look_for_policy()

    def within(self, connection: Any) -> Self:
        """The same book inside a transaction of the host's: its rows and ours are committed, or rolled back, together.

        Args:
            connection: an open transaction on the same database: a connection of `sqlite3` or psycopg, an
                SQLAlchemy connection or session, or Django's connection inside ``atomic()``.

        Raises:
            NoTransaction: nothing is open on the connection that could be committed or rolled back.
            SchemaMismatch: its database has no tables of orderfsm, or of another version.
            TypeError: this is no such connection.
        """
        self.look_for_policy()
        return self.on(host_store(connection))

    def look_for_policy(self) -> None:
        """See whether a transaction of a host's that kept the policy has been committed meanwhile."""
        if not self._policy_is_kept:
            self._policy_is_kept = self.store.policy(self._keeper.digest) is not None

    def on(self, store: Store) -> Self:
        """The same book, on another store for the same rows."""
        inner = copy(self)
        inner.store = store
        inner._owner = False
        return inner

    def without_delivery(self) -> Self:
        """The same book, for what the world was told long ago: effects are kept as delivered already."""
        inner = self.on(self.store)
        inner._keeper = Bookkeeper(self.machine, delivered=True)
        return inner

    def close(self) -> None:
        """Close the connections that are open. A book that was made of another one has none of its own."""
        if self._owner:
            self.store.close()

    def __enter__(self) -> Self:
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
            ConcurrentChange: within a transaction of the host's: begin it anew. Otherwise only where others were
                faster a thousand times in a row.
        """
        input = _complete(order_id, input, by, at, received_at, id)
        wanted = _wanted(order_id, input)

        def once() -> Decision | None:
            held = self.store.read([wanted], for_update=True)[0]
            account = open_account(order_id, held)
            repeated = _repeated(held.earlier, input)
            if repeated is not None:
                return self._answer_again(repeated, account.order)
            decision, change = self._keeper.judge(account, order_id, input, held.earlier)
            return decision if self._write([change]) else None

        return self._until_stored(once, identified=input.id is not None)

    def submit_many(
        self,
        inputs: Iterable[tuple[str, Input]],
        *,
        bookmark: Bookmark | None = None,
        bookmark_before: Bookmark | None = None,
    ) -> list[Decision]:
        """Decide inputs, each with its order's id and a complete envelope, one after the other, in one transaction.

        All of them are stored, or none. Much faster than one by one.

        Args:
            inputs: pairs of an order's id and an input.
            bookmark: how far a log has been imported with these inputs, stored with them.
            bookmark_before: how far it was before.

        Raises:
            LogInUse: the bookmark is another by now; otherwise as `submit`.
        """
        pairs = list(inputs)
        for order_id, input in pairs:
            check_ids(order_id, input)
        wanted = [_wanted(order_id, input) for order_id, input in pairs]

        def once() -> list[Decision] | None:
            decisions, changes = self._judge_many(pairs, self.store.read(wanted, for_update=True))
            nothing_new = not changes and bookmark is None
            return decisions if nothing_new or self._write(changes, bookmark, bookmark_before) else None

        return self._until_stored(once, identified=all(input.id is not None for _, input in pairs))

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
                decisions.append(evolve(again, order=account.order))
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

    def _write(
        self, changes: Sequence[Change], mark: Bookmark | None = None, mark_before: Bookmark | None = None
    ) -> bool:
        """Store changes; False where they no longer hold."""
        now = utc_now()
        changes = [_ready_by(now, change) for change in changes]
        stored = self.store.write(Batch(changes, self._policies, mark, mark_before))
        self._policy_is_kept = self._policy_is_kept or (stored and not self.store.hosted)
        return stored

    @property
    def _policies(self) -> dict[str, str]:
        """The policy of the entries, where the store may not have it yet."""
        return {} if self._policy_is_kept else {self._keeper.digest: self._keeper.policy}

    def _until_stored(self, once: Callable[[], T | None], *, identified: bool) -> T:
        """Decide and store, again and again until nobody else was faster.

        Where the connection was cut while something was being stored, inputs with ids are read again: then it
        shows whether they are there.
        """
        doubt: StoreUnavailable | None = None
        for _ in range(ATTEMPTS):
            try:
                done = once()
            except StoreUnavailable as fault:
                if doubt is not None or fault.nothing_stored or not identified:
                    raise doubt or fault from None
                doubt = fault
            except ConcurrentChange:
                if self.store.hosted:
                    raise
            else:
                if done is not None:
                    return done
        again = f"others were faster {ATTEMPTS} times in a row; where nobody else writes, run `orderfsm verify`"
        raise ConcurrentChange(again)

    def place(
        self,
        order_id: str,
        place: Place,
        *,
        by: Actor | None = None,
        at: datetime | None = None,
        received_at: datetime | None = None,
        id: str | None = None,
    ) -> Decision:
        """Place an order: `submit`, by the platform itself unless somebody else is named."""
        return self.submit(order_id, place, by=by or place.by or PLATFORM, at=at, received_at=received_at, id=id)

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
        input = _complete(order_id, input, by, at, received_at, id)
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

        def once() -> Decision | None:
            account = open_account(order_id, self.store.read([Wanted(order_id)], for_update=True)[0])
            decision, change = self._keeper.tick(account, order_id, at)
            return decision if change.entry is None or self._write([change]) else None

        return self._until_stored(once, identified=True)  # what fired does not fire again

    def fire_due(self, at: datetime, *, limit: int = 100) -> int:
        """Let time pass for up to `limit` orders that are due at `at`: how many there were.

        Several may do this at once: each takes orders that the others have not taken.
        """
        at = instant("at", at)

        def decide(order_id: str, held: Held) -> Change | None:
            account = self._readable(order_id, held)
            return None if account is None else _ready_by(utc_now(), self._keeper.tick(account, order_id, at)[1])

        return self.store.sweep(at, check_limit(limit), decide, self._policies)

    def reschedule(self, *, until: Callable[[], bool] = lambda: False) -> int:
        """Compute anew the deadlines that another policy has computed: how many orders had some.

        Needed after a change of the policy, for orders to which nothing happens; workers do it when they start.

        Args:
            until: whether to leave off; asked before each order.
        """
        done, after = 0, None
        while True:
            outdated = self.store.find(Query(Listing.OUTDATED, self._keeper.digest, after, AT_MOST))
            for snapshot in outdated:
                if until():
                    return done
                held = Held(snapshot.revision, snapshot.letters, snapshot.body)
                account = self._readable(snapshot.order_id, held)
                if account is not None:
                    done += self._write([Change(snapshot.revision, self._keeper.snapshot(account))])
            if not outdated:
                return done
            after = (outdated[-1].order_id, outdated[-1].order_id)

    def _readable(self, order_id: str, held: Held) -> Account | None:
        """An order that may wait for others; where it cannot be read its deadlines do not fire, and theirs do."""
        try:
            return open_account(order_id, held)
        except CorruptHistory as fault:
            if order_id not in self._told:
                log.error("%s; its deadlines do not fire", fault)
                self._told.add(order_id)
            return None

    # --- dead letters ------------------------------------------------------------------------------------

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


# --- arguments -------------------------------------------------------------------------------------------


def _complete(
    order_id: str, input: Input, by: Actor | None, at: datetime | None, received_at: datetime | None, id: str | None
) -> Input:
    if not isinstance(input, Input):
        raise TypeError(f"expected one of orderfsm.INPUTS, got {input!r}")
    if by is not None or at is not None or received_at is not None or id is not None:
        input = input.sent(by=by, at=at, received_at=received_at, id=id)
    check_ids(order_id, input)
    return input


def _wanted(order_id: str, input: Input) -> Wanted:
    return Wanted(order_id, str(input.by), input.id)


def _ready_by(now: datetime, change: Change) -> Change:
    """Effects wait for nothing: where an input is dated ahead, by a wrong clock or zone, its letters go out as well."""
    if not change.letters or change.letters[0].ready_at <= now:
        return change
    return evolve(change, letters=tuple(evolve(letter, ready_at=now) for letter in change.letters))


# --- rows ------------------------------------------------------------------------------------------------


def _same_id(entry: Entry, input: Input) -> bool:
    return entry.input_id == input.id and entry.sender == str(input.by)


def _repeated(earlier: Iterable[Entry], input: Input) -> Entry | None:
    """The entry that holds exactly this input already."""
    return next((entry for entry in earlier if read_input(entry) == input), None)
