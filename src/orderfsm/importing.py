"""Playing an order log into a book, and writing a book's journal as an order log.

An import can be broken off at any point and begun again. How far it came is kept with the orders, under the
log's first line, so a log that has grown since goes on where it ended.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from hashlib import sha256

import msgspec
from attrs import define, field
from msgspec import Struct

from orderfsm.book import OrderBook
from orderfsm.bookkeeping import check_id, check_ids, written_line
from orderfsm.errors import InvalidInput, StoreError
from orderfsm.inputs import Input
from orderfsm.log import InvalidLine, Tick, read_line
from orderfsm.log_faults import too_long
from orderfsm.log_files import NumberedLine
from orderfsm.log_shapes import TICK
from orderfsm.records import Bookmark
from orderfsm.store import Listing, Place, Query

BATCH = 500
"""How many lines are stored together."""


class OtherLog(StoreError):
    """The log begins like one that was imported before, but goes on differently. Nothing was imported."""


@define
class Imported:
    """What an import did, line by line.

    Attributes:
        outcomes: how many inputs were accepted, refused, … .
        fired: how many orders had deadlines fire at ticks.
        skipped: lines that an earlier import has done.
        invalid: lines that could not be understood, with why; they moved nothing.
    """

    outcomes: Counter[str] = field(factory=Counter)
    fired: int = 0
    skipped: int = 0
    invalid: list[tuple[int, InvalidLine]] = field(factory=list)


def import_log(
    book: OrderBook,
    lines: Iterable[NumberedLine],
    invalid: Callable[[int, InvalidLine], object] = lambda number, fault: None,
    *,
    name: str | None = None,
) -> Imported:
    """Submit every line of an order log, in batches, each of which is stored together with how far it goes.

    Args:
        book: the orders.
        lines: the log (`orderfsm.log_files.open_log`).
        invalid: is told each line that cannot be understood, as soon as it is read.
        name: by which the log is known again, where several begin with the same line.

    Raises:
        OtherLog: another log that begins with the same line, or has the same name, was imported before.
        LogInUse: somebody else imports the same log at the same time.
    """
    return _Import(book, invalid, name).play(lines)


class _Named(Struct):
    order: str | None = None


_named: Callable[[bytes], _Named] = msgspec.json.Decoder(_Named).decode


class _Import:
    def __init__(self, book: OrderBook, invalid: Callable[[int, InvalidLine], object], name: str | None) -> None:
        self._book = book
        self._tell = invalid
        self._name = name
        self._done = Imported()
        self._batch: list[tuple[str, Input]] = []
        self._orders: set[str] = set()
        self._read = sha256()
        self._lines = 0
        self._log = ""
        self._stored: Bookmark | None = None
        self._skipping = 0
        self._sound: Bookmark | None = None

    def play(self, lines: Iterable[NumberedLine]) -> Imported:
        for number, raw in lines:
            if not self._lines:
                self._begin(raw or b"")
            if self._lines < self._skipping:
                self._skip(raw or b"")
                continue
            self._line(number, raw)
            self._count(raw or b"")
            if len(self._batch) >= BATCH:
                self._store()
        if self._lines < self._skipping:
            raise OtherLog(f"the log ends at line {self._lines}; {self._skipping} lines of it were imported before")
        self._store()
        return self._done

    # --- how far it is -----------------------------------------------------------------------------------

    def _begin(self, first: bytes) -> None:
        self._log = sha256(first if self._name is None else self._name.encode()).hexdigest()
        self._stored = self._book.store.bookmark(self._log)
        self._skipping = 0 if self._stored is None else self._stored.lines

    def _count(self, raw: bytes) -> None:
        self._lines += 1
        self._read.update(raw + b"\n")

    def _skip(self, raw: bytes) -> None:
        self._count(raw)
        self._done.skipped += 1
        with suppress(msgspec.MsgspecError):
            self._orders.add(_named(raw).order or "")
        if self._stored is not None and self._lines == self._skipping and self._read.hexdigest() != self._stored.read:
            raise OtherLog(
                f"a log that begins like this, or has this name, was imported before, but its first {self._skipping} "
                "lines are not the same; give this one a name of its own"
            )

    @property
    def _here(self) -> Bookmark:
        return Bookmark(self._log, self._lines, self._read.hexdigest())

    # --- what it says ------------------------------------------------------------------------------------

    def _line(self, number: int, raw: bytes | None) -> None:
        """Add a line to the batch; a tick is carried out, after what came before it."""
        try:
            if raw is None:
                raise too_long()
            order_id, said = read_line(raw)
            _check(order_id, said)
        except InvalidLine as fault:
            self._done.invalid.append((number, fault))
            self._tell(number, fault)
            if self._sound is None:
                self._sound = self._here  # at the end it may only be half written: the next import reads it again
            return
        self._sound = None
        if isinstance(said, Tick):
            self._store()  # before the tick counts as read: it must not be lost where we break off here
            self._tick(order_id, said)
        else:
            assert order_id is not None
            self._orders.add(order_id)
            self._batch.append((order_id, said))

    def _tick(self, order_id: str | None, tick: Tick) -> None:
        """Let time pass for one order, or for all of the log; other orders of the book have a time of their own."""
        if order_id is not None:
            self._done.fired += bool(self._book.tick(order_id, tick.now).fired)
            return
        after: Place | None = None
        while due := self._book.store.find(Query(Listing.DUE, tick.now, after, BATCH)):
            for snapshot in due:
                if snapshot.order_id in self._orders:
                    self._done.fired += bool(self._book.tick(snapshot.order_id, tick.now).fired)
            last = due[-1]
            assert last.next_deadline is not None  # it is due
            after = (last.next_deadline, last.order_id)

    def _store(self) -> None:
        """Store what was read since the last time, and how far that is."""
        mark = self._sound or self._here
        if mark.lines <= (0 if self._stored is None else self._stored.lines):
            return
        for decision in self._book.submit_many(self._batch, bookmark=mark, bookmark_before=self._stored):
            self._done.outcomes[decision.outcome] += 1
        self._batch.clear()
        self._stored = mark


def _check(order_id: str | None, said: Input | Tick) -> None:
    """Check that what a line says can be kept; whether it suits the order, the machine says."""
    try:
        if isinstance(said, Input):
            assert order_id is not None  # only ticks may leave it out
            check_ids(order_id, said)
            written_line(order_id, said)
        elif order_id is not None:
            check_id("order", order_id)
    except InvalidInput as fault:
        do = TICK if isinstance(said, Tick) else said.name
        raise InvalidLine(fault.field, fault.expected, fault.got, order_id, do) from None


def export_log(book: OrderBook, order_id: str | None = None) -> Iterator[bytes]:
    """The journal as an order log, line by line, order after order; of one order, or of all."""
    after: tuple[str, str] | None = None
    while True:
        query = Query(Listing.ALL, None, after) if order_id is None else Query(Listing.ONE, order_id)
        orders = book.store.find(query)
        for snapshot in orders:
            seq = 0
            while entries := book.store.entries(snapshot.order_id, seq, BATCH):
                for entry in entries:
                    yield entry.input.encode() + b"\n"
                seq = entries[-1].seq
        if order_id is not None or not orders:
            return
        after = (orders[-1].order_id, orders[-1].order_id)
