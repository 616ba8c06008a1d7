"""Playing an order log into a book, and writing a book's journal as an order log.

An import can be broken off at any point and begun again. How far it came is kept with the orders, under the
log's first line, so a log that has grown since goes on where it ended.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256

from attrs import define, field

from orderfsm.book import OrderBook
from orderfsm.bookkeeping import check_ids, written_line
from orderfsm.errors import InvalidInput, StoreError
from orderfsm.inputs import Input, Place
from orderfsm.log import WITH_AMOUNTS, InvalidLine, Tick, check_places, read_line
from orderfsm.log_faults import too_long
from orderfsm.log_files import NumberedLine
from orderfsm.order import Order
from orderfsm.records import Bookmark
from orderfsm.store import Listing, Query

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
) -> Imported:
    """Submit every line of an order log, in batches, each of which is stored together with how far it goes.

    Args:
        book: the orders.
        lines: the log (`orderfsm.log_files.open_log`).
        invalid: is told each line that cannot be understood, as soon as it is read.

    Raises:
        OtherLog: another log that begins with the same line was imported before.
    """
    return _Import(book, invalid).play(lines)


class _Import:
    def __init__(self, book: OrderBook, invalid: Callable[[int, InvalidLine], object]) -> None:
        self._book = book
        self._tell = invalid
        self._done = Imported()
        self._batch: list[tuple[str, Input]] = []
        self._currencies: dict[str, str] = {}
        self._read = sha256()
        self._lines = 0
        self._log = ""
        self._until: Bookmark | None = None

    def play(self, lines: Iterable[NumberedLine]) -> Imported:
        for number, raw in lines:
            if not self._lines:
                self._log = sha256(raw or b"").hexdigest()
                self._until = self._book.store.bookmark(self._log)
            if not self._skipping:
                self._line(number, raw)
            self._lines += 1
            self._read.update((raw or b"") + b"\n")
            if self._until is not None and self._lines <= self._until.lines:
                self._skip(self._until)
            elif len(self._batch) >= BATCH:
                self._store()
        if self._until is not None and self._lines < self._until.lines:
            raise OtherLog(f"the log ends at line {self._lines}; {self._until.lines} lines of it were imported before")
        self._store()
        return self._done

    def _skip(self, until: Bookmark) -> None:
        self._done.skipped += 1
        if self._lines == until.lines and self._read.hexdigest() != until.read:
            raise OtherLog(
                "the log begins like one that was imported before, but its first "
                f"{until.lines} lines are not the same; import what is new as a log of its own"
            )

    @property
    def _skipping(self) -> bool:
        return self._until is not None and self._lines < self._until.lines

    def _line(self, number: int, raw: bytes | None) -> None:
        """Add a line to the batch; a tick is carried out, after what came before it."""
        try:
            if raw is None:
                raise too_long()
            order_id, said = read_line(raw)
            if isinstance(said, Tick):
                self._store()  # before the tick counts as read: it must not be lost where we break off here
                self._tick(order_id, said)
                return
            assert order_id is not None  # only ticks may leave it out
            self._check(order_id, said)
        except InvalidLine as fault:
            self._done.invalid.append((number, fault))
            self._tell(number, fault)
        else:
            self._batch.append((order_id, said))

    def _check(self, order_id: str, input: Input) -> None:
        try:
            check_ids(order_id, input)
            written_line(order_id, input)
        except InvalidInput as fault:
            raise InvalidLine(fault.field, fault.expected, fault.got, order_id, input.name) from None
        if isinstance(input, Place):
            self._currencies.setdefault(order_id, input.currency)
        if type(input) in WITH_AMOUNTS:
            currency = self._currency(order_id)
            if currency is not None:
                check_places(input, currency)

    def _currency(self, order_id: str) -> str | None:
        if order_id not in self._currencies:
            order = self._book.get(order_id)
            if not isinstance(order, Order):
                return None
            self._currencies[order_id] = order.currency
        return self._currencies[order_id]

    def _tick(self, order_id: str | None, tick: Tick) -> None:
        if order_id is not None:
            self._done.fired += bool(self._book.tick(order_id, tick.now).fired)
            return
        while fired := self._book.fire_due(tick.now, limit=BATCH):
            self._done.fired += fired

    def _store(self) -> None:
        """Store what was read since the last time, and how far that is."""
        done = 0 if self._until is None else self._until.lines
        if self._lines <= done:
            return
        mark = Bookmark(self._log, self._lines, self._read.hexdigest())
        for decision in self._book.submit_many(self._batch, bookmark=mark):
            self._done.outcomes[decision.outcome] += 1
        self._batch.clear()


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
