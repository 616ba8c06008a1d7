"""What the stores on SQL databases share: the statements, and how rows become records.

All values are bound. What a statement is composed of are constants of this package.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeVar

from attrs import evolve, fields

from orderfsm.errors import ConcurrentChange, CorruptHistory, LogInUse, StoreUnavailable
from orderfsm.records import Batch, Bookmark, Change, Entry, Held, Letter, Snapshot, Status
from orderfsm.store.contract import IN_USE, NEWEST_FIRST, SORTED_BY, Listing, Query, Wanted
from orderfsm.store.sessions import Rows, Run, Sessions


def _columns(kind: type[Snapshot] | type[Entry] | type[Letter]) -> tuple[str, ...]:
    names: list[str] = [each.name for each in fields(kind)]
    return tuple("do_name" if name == "do" else name for name in names)  # DO is a word of SQL


_ORDER = _columns(Snapshot)
entry_columns = _columns(Entry)
"""The columns of the journal, as `entry_values` fills them."""
_ENTRY = entry_columns
_LETTER = _columns(Letter)


def _marks(count: int) -> str:
    return ", ".join("?" * count)


NEW_ORDER = f"""
INSERT INTO orderfsm_orders ({", ".join(_ORDER)}) VALUES ({_marks(len(_ORDER))})
ON CONFLICT (order_id) DO NOTHING RETURNING order_id"""
NEXT_ORDER = f"""
UPDATE orderfsm_orders SET {", ".join(f"{name} = ?" for name in _ORDER[1:])}
WHERE order_id = ? AND revision = ? RETURNING order_id"""
PUT_ENTRY = f"INSERT INTO orderfsm_journal ({', '.join(_ENTRY)}) VALUES ({_marks(len(_ENTRY))})"
PUT_LETTER = f"INSERT INTO orderfsm_outbox ({', '.join(_LETTER)}) VALUES ({_marks(len(_LETTER))})"
PUT_POLICY = "INSERT INTO orderfsm_policies (digest, policy) VALUES (?, ?) ON CONFLICT (digest) DO NOTHING"
NEW_BOOKMARK = """
INSERT INTO orderfsm_bookmarks (log, lines, read_so_far) VALUES (?, ?, ?) ON CONFLICT (log) DO NOTHING RETURNING log"""
NEXT_BOOKMARK = """
UPDATE orderfsm_bookmarks SET lines = ?, read_so_far = ?
WHERE log = ? AND lines = ? AND read_so_far = ? RETURNING log"""

_HELD = f"""
SELECT held.revision, held.letters, held.body, {", ".join(f"earlier.{name}" for name in _ENTRY)}
FROM orderfsm_orders AS held LEFT JOIN orderfsm_journal AS earlier
ON earlier.order_id = held.order_id AND earlier.input_id = ? AND earlier.sender = ?
WHERE held.order_id = ? ORDER BY earlier.reuse"""
_ALL_DUE = "SELECT order_id, revision, letters, body, next_deadline FROM orderfsm_orders WHERE next_deadline <= ?"
_FIRST = " ORDER BY next_deadline, order_id LIMIT ?"
_DUE = _ALL_DUE + _FIRST
_DUE_BEYOND = _ALL_DUE + " AND (next_deadline, order_id) > (?, ?)" + _FIRST
_ENTRIES = f"""
SELECT {", ".join(_ENTRY)} FROM orderfsm_journal WHERE order_id = ? AND seq > ? ORDER BY seq LIMIT ?"""
_LETTERS = f"""
SELECT {", ".join(_LETTER)} FROM orderfsm_outbox WHERE order_id = ? AND entry BETWEEN ? AND ? ORDER BY seq"""
_HEADS = f"""
SELECT {", ".join(_LETTER)} FROM orderfsm_outbox AS letter
WHERE status = 'pending' AND ready_at <= ? AND NOT EXISTS (
  SELECT 1 FROM orderfsm_outbox AS earlier
  WHERE earlier.order_id = letter.order_id AND earlier.seq < letter.seq AND earlier.status = 'pending')
ORDER BY ready_at, order_id, seq LIMIT ?"""
_TAKEN = "WITH heads (of_order, place) AS (VALUES "
_TAKE = """)
UPDATE orderfsm_outbox SET ready_at = ?, attempts = attempts + 1 FROM heads WHERE order_id = of_order AND seq = place"""
_MARK = """
UPDATE orderfsm_outbox SET status = ?, ready_at = ?, attempts = ?, settled_at = ?, fault = ?
WHERE order_id = ? AND seq = ? AND status = ? AND attempts = ? RETURNING order_id"""
_DEAD = f"""
SELECT {", ".join(_LETTER)} FROM orderfsm_outbox
WHERE status = 'dead' AND (order_id, seq) > (?, ?) ORDER BY order_id, seq LIMIT ?"""
_STRAYS = """
SELECT order_id FROM orderfsm_journal WHERE order_id NOT IN (SELECT order_id FROM orderfsm_orders)
UNION SELECT order_id FROM orderfsm_outbox WHERE order_id NOT IN (SELECT order_id FROM orderfsm_orders)
ORDER BY order_id LIMIT ?"""
_POLICY = "SELECT policy FROM orderfsm_policies WHERE digest = ?"
_BOOKMARK = "SELECT log, lines, read_so_far FROM orderfsm_bookmarks WHERE log = ?"

_WHERE: Mapping[Listing, str] = {
    Listing.ONE: "order_id = ?",
    Listing.ALL: "true",
    Listing.OUTDATED: "policy <> ? AND (next_deadline IS NOT NULL OR overdue_at IS NOT NULL)",
    Listing.ANOMALIES: "open_anomalies > 0",
    Listing.DUE: "next_deadline <= ?",
    Listing.OVERDUE: "overdue_at <= ?",
    Listing.ORDERS_OF: "customer = ?",
    Listing.CANCELLED_ORDERS_OF: "customer = ? AND cancelled",
}


T = TypeVar("T")


class SqlStore(ABC):
    """A store on an SQL database, on connections of its own or on one of the host's.

    A subclass says how its database writes times, marks parameters, and locks rows.
    """

    skip_locked: ClassVar[str] = ""
    lock_held: ClassVar[str] = ""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions
        self._heads = self.sql(_HEADS + self.skip_locked)
        self._due = self.sql(_DUE + self.skip_locked)
        self._due_beyond = self.sql(_DUE_BEYOND + self.skip_locked)
        self._held = self.sql(_HELD)
        self._held_for_update = self.sql(_HELD + self.lock_held)

    @property
    def hosted(self) -> bool:
        return self.sessions.hosted

    # --- what differs ------------------------------------------------------------------------------------

    @abstractmethod
    def sql(self, statement: str) -> str:
        """A statement with the parameter marks of this database."""

    @abstractmethod
    def written(self, value: Any) -> Any:
        """A value as this database takes it."""

    @abstractmethod
    def put(self, run: Run, change: Change) -> bool:
        """Store a change within a transaction; False if the order's revision is another."""

    def put_alone(self, change: Change) -> bool:
        """Store a change in a transaction of its own, or in the host's."""
        with self.sessions.transaction() as run:
            done = self.put(run, change)
            if not done and not self.sessions.hosted:
                raise ConcurrentChange
        return done

    # --- deciding ----------------------------------------------------------------------------------------

    def read(self, wanted: Sequence[Wanted], *, for_update: bool = False) -> list[Held]:
        statement = self._held_for_update if for_update and self.sessions.hosted else self._held

        def ask(run: Run) -> list[Held]:
            return [_held(run(statement, (each.input_id, each.sender, each.order_id))) for each in wanted]

        return self._reading(ask)

    def write(self, batch: Batch) -> bool:
        changes = batch.changes
        try:
            if len(changes) == 1 and not batch.policies and batch.bookmark is None:
                return self.put_alone(changes[0])
            with self.sessions.transaction() as run:
                # in one order everywhere, so that two batches never wait for each other's rows
                for change in sorted(changes, key=lambda each: each.snapshot.order_id):
                    if not self.put(run, change):
                        raise ConcurrentChange
                self._put_policies(run, batch.policies)
                if batch.bookmark is not None:
                    self._put_bookmark(run, batch.bookmark, batch.bookmark_before)
        except ConcurrentChange:
            if self.sessions.hosted:
                raise
            return False
        return True

    def _put_policies(self, run: Run, policies: Mapping[str, str]) -> None:
        for digest, text in policies.items():
            run(self.sql(PUT_POLICY), (digest, text))

    def _put_bookmark(self, run: Run, mark: Bookmark, before: Bookmark | None) -> None:
        if before is None:
            done = run(self.sql(NEW_BOOKMARK), (mark.log, mark.lines, mark.read))
        else:
            done = run(self.sql(NEXT_BOOKMARK), (mark.lines, mark.read, mark.log, before.lines, before.read))
        if not done and run(self.sql(_BOOKMARK), (mark.log,)) != [(mark.log, mark.lines, mark.read)]:
            raise LogInUse(IN_USE)

    def sweep(
        self, at: datetime, limit: int, decide: Callable[[str, Held], Change | None], policies: Mapping[str, str]
    ) -> int:
        with self.sessions.transaction() as run:
            decided = self._decided(run, self.written(at), limit, decide)
            if not all([self.put(run, change) for change in decided]):
                raise ConcurrentChange("an order changed while its row was locked")
            if decided:
                self._put_policies(run, policies)
        return len(decided)

    def _decided(self, run: Run, at: object, limit: int, decide: Callable[[str, Held], Change | None]) -> list[Change]:
        """The changes for orders that are due; those for which there are none are passed over, to reach the others."""
        decided: list[Change] = []
        due, wanted = run(self._due, (at, limit)), limit
        while due:
            changes = [decide(order_id, Held(*held)) for order_id, *held, _ in due]
            decided += [change for change in changes if change is not None]
            if len(due) < wanted or len(decided) == limit:
                break
            wanted = limit - len(decided)
            due = run(self._due_beyond, (at, due[-1][-1], due[-1][0], wanted))
        return decided

    # --- reading -----------------------------------------------------------------------------------------

    def find(self, query: Query) -> list[Snapshot]:
        statement, values = _page(query)
        rows = self._rows(statement, [self.written(value) for value in values])
        return [_snapshot(row) for row in rows]

    def entries(self, order_id: str, after: int, limit: int) -> list[Entry]:
        return [_entry(row) for row in self._rows(_ENTRIES, (order_id, after, limit))]

    def letters(self, order_id: str, first: int, last: int) -> list[Letter]:
        return [_letter(row) for row in self._rows(_LETTERS, (order_id, first, last))]

    def strays(self, limit: int) -> list[str]:
        return [order_id for (order_id,) in self._rows(_STRAYS, (limit,))]

    def policy(self, digest: str) -> str | None:
        rows = self._rows(_POLICY, (digest,))
        return rows[0][0] if rows else None

    def bookmark(self, log: str) -> Bookmark | None:
        rows = self._rows(_BOOKMARK, (log,))
        return Bookmark(*rows[0]) if rows else None

    def _rows(self, statement: str, values: Sequence[object]) -> Rows:
        sql = self.sql(statement)
        return self._reading(lambda run: run(sql, values))

    def _reading(self, ask: Callable[[Run], T]) -> T:
        """Read; once more, on a new connection, where the one that had been idle turns out to be cut."""
        try:
            with self.sessions.single() as run:
                return ask(run)
        except StoreUnavailable:
            if self.sessions.hosted:
                raise
        with self.sessions.single() as run:
            return ask(run)

    # --- the outbox --------------------------------------------------------------------------------------

    def take(self, now: datetime, until: datetime, limit: int) -> list[Letter]:
        with self.sessions.transaction() as run:
            heads = [_letter(row) for row in run(self._heads, (self.written(now), limit))]
            if heads:
                keys = [part for each in heads for part in (each.order_id, each.seq)]
                run(self.sql(_TAKEN + ", ".join(["(?, ?)"] * len(heads)) + _TAKE), [*keys, self.written(until)])
        return [evolve(each, ready_at=until, attempts=each.attempts + 1) for each in heads]

    def mark(self, before: Letter, after: Letter) -> bool:
        values = (after.status.value, after.ready_at, after.attempts, after.settled_at, after.fault)
        key = (before.order_id, before.seq, before.status.value, before.attempts)
        with self.sessions.transaction() as run:
            return bool(run(self.sql(_MARK), [self.written(value) for value in (*values, *key)]))

    def dead(self, after: tuple[str, int] | None, limit: int) -> list[Letter]:
        return [_letter(row) for row in self._rows(_DEAD, (*(after or ("", 0)), limit))]

    def close(self) -> None:
        self.sessions.close()


def _page(query: Query) -> tuple[str, list[object]]:
    """The statement for one page of a list, and its values."""
    column = SORTED_BY[query.listing]
    places = "order_id" if column == "order_id" else f"{column}, order_id"
    newest = query.listing in NEWEST_FIRST
    where, values = _WHERE[query.listing], [] if query.value is None else [query.value]
    if query.after is not None:
        place = query.after[1:] if column == "order_id" else query.after
        where += f" AND ({places}) {'<' if newest else '>'} ({_marks(len(place))})"
        values += [*place]
    order = ", ".join(f"{name} DESC" for name in places.split(", ")) if newest else places
    statement = f"SELECT {', '.join(_ORDER)} FROM orderfsm_orders WHERE {where} ORDER BY {order} LIMIT ?"
    return statement, [*values, query.limit]


# --- rows ------------------------------------------------------------------------------------------------


def _moment(order_id: str, value: Any) -> datetime:
    """A time as a database gives it: text in UTC, or a time in some zone."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
        if found.tzinfo is None:
            raise ValueError
        return found.astimezone(UTC)
    except (AttributeError, ValueError, OverflowError):
        raise CorruptHistory(order_id, f"a column of times holds {value!r}") from None


def _maybe(order_id: str, value: Any) -> datetime | None:
    return None if value is None else _moment(order_id, value)


def _held(rows: Rows) -> Held:
    if not rows:
        return Held(0, 0, None)
    revision, letters, body = rows[0][:3]
    return Held(revision, letters, body, tuple([_entry(row[3:]) for row in rows if row[3] is not None]))


def _snapshot(row: Sequence[Any]) -> Snapshot:
    order_id, revision, letters, version, customer, state, placed_at, cancelled, *columns = row
    due, overdue, anomalies, policy, body = columns
    return Snapshot(
        order_id, revision, letters, version, customer, state, _maybe(order_id, placed_at), bool(cancelled),
        _maybe(order_id, due), _maybe(order_id, overdue), anomalies, policy, body,
    )  # fmt: skip


def _entry(row: Sequence[Any]) -> Entry:
    order_id, seq, do, sender, input_id, reuse, at, received_at, outcome, policy, line, answer = row
    occurred, received = _moment(order_id, at), _moment(order_id, received_at)
    return Entry(order_id, seq, do, sender, input_id, reuse, occurred, received, outcome, policy, line, answer)


_STATUSES = frozenset(status.value for status in Status)


def _letter(row: Sequence[Any]) -> Letter:
    order_id, seq, entry, name, body, ready_at, status, attempts, settled_at, fault = row
    if status not in _STATUSES:
        raise CorruptHistory(order_id, f"letter {seq} has the status {status!r}")
    ready, settled = _moment(order_id, ready_at), _maybe(order_id, settled_at)
    return Letter(order_id, seq, entry, name, body, ready, Status(status), attempts, settled, fault)


def order_values(change: Change) -> tuple[object, ...]:
    """The values of an order's row: for `NEW_ORDER` where nothing is expected to be there, else for `NEXT_ORDER`."""
    snapshot = change.snapshot
    values = (
        snapshot.revision, snapshot.letters, snapshot.version, snapshot.customer, snapshot.state, snapshot.placed_at,
        snapshot.cancelled, snapshot.next_deadline, snapshot.overdue_at, snapshot.open_anomalies,
        snapshot.policy, snapshot.body,
    )  # fmt: skip
    if change.expected == 0:
        return (snapshot.order_id, *values)
    return (*values, snapshot.order_id, change.expected)


def entry_values(entry: Entry) -> tuple[object, ...]:
    """The values of an entry's row."""
    return (
        entry.order_id, entry.seq, entry.do, entry.sender, entry.input_id, entry.reuse, entry.at,
        entry.received_at, entry.outcome, entry.policy, entry.input, entry.answer,
    )  # fmt: skip


def letter_values(letter: Letter) -> tuple[object, ...]:
    """The values of a letter's row."""
    return (
        letter.order_id, letter.seq, letter.entry, letter.name, letter.body, letter.ready_at,
        letter.status.value, letter.attempts, letter.settled_at, letter.fault,
    )  # fmt: skip
