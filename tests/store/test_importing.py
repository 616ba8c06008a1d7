"""Order logs into a book and out of it again: nothing is lost, nothing is done twice."""

import gzip
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orderfsm import OrderMachine
from orderfsm.book import OrderBook
from orderfsm.errors import LogInUse, StoreUnavailable
from orderfsm.importing import BATCH, Imported, OtherLog, export_log, import_log
from orderfsm.log_files import NumberedLine, open_log
from orderfsm.order import Order
from orderfsm.records import Batch
from orderfsm.replay import Replay
from orderfsm.snapshots import write_snapshot
from orderfsm.store import MemoryStore
from orderfsm.verifying import verify
from tests.store.story import cancel, paid, place

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "every-chapter.jsonl"
SAMPLE = Path(os.environ.get("ORDERFSM_SAMPLE", "sample"))


def _lines(log: bytes) -> Iterator[NumberedLine]:
    yield from enumerate(log.splitlines(), 1)


def _replayed(log: bytes) -> dict[str, str]:
    replay = Replay(OrderMachine())
    for _, line in _lines(log):
        replay.play(line)
    return {order_id: write_snapshot(order) for order_id, order in replay.orders.items()}


def _held(book: OrderBook, orders: dict[str, str]) -> dict[str, str]:
    return {order_id: write_snapshot(book.get(order_id)) for order_id in orders}


def test_an_imported_log_is_what_a_replay_makes_of_it(book: OrderBook) -> None:
    """Every order of the example log is in the book as it is after a replay, ticks and all."""
    log = EXAMPLE.read_bytes()
    done = import_log(book, _lines(log))
    expected = _replayed(log)
    assert expected == _held(book, expected)
    assert ([], 0) == (done.invalid, done.skipped)
    assert [] == [*verify(book.store)]


def test_an_import_that_is_run_twice_does_nothing_twice(book: OrderBook) -> None:
    """The second run skips every line and stores nothing."""
    log = EXAMPLE.read_bytes()
    import_log(book, _lines(log))
    before = [*export_log(book)]
    done = import_log(book, _lines(log))
    assert (len(log.splitlines()), 0) == (done.skipped, done.outcomes.total())
    assert before == [*export_log(book)]


def test_a_log_that_has_grown_goes_on_where_it_ended(book: OrderBook) -> None:
    """Only what is new in a log is imported, and the whole is as if it had been imported at once."""
    log = EXAMPLE.read_bytes()
    some = b"".join(log.splitlines(keepends=True)[:20])
    import_log(book, _lines(some))
    done = import_log(book, _lines(log))
    expected = _replayed(log)
    assert (20, expected) == (done.skipped, _held(book, expected))


class _Breaking(MemoryStore):
    """Breaks off before or after its n-th write: the process dies there."""

    def __init__(self, at: int, *, after: bool) -> None:
        super().__init__()
        self.left = at
        self.after = after

    def write(self, batch: Batch) -> bool:
        self.left -= 1
        if not self.left and not self.after:
            raise KeyboardInterrupt
        stored = super().write(batch)
        if not self.left:
            raise KeyboardInterrupt
        return stored


@pytest.mark.parametrize("after", [False, True])
def test_an_import_can_be_broken_off_anywhere(after: bool) -> None:
    """Broken off before or after any write, ticks among them, and begun again, it gives the same book."""
    ticking = _with_ticks(EXAMPLE.read_bytes())
    expected = _replayed(ticking)
    whole = OrderBook("memory://")
    import_log(whole, _lines(ticking))
    journal = [*export_log(whole)]
    breaks = 0
    for at in range(1, 1000):
        book = OrderBook(_Breaking(at, after=after))
        try:
            import_log(book, _lines(ticking))
        except KeyboardInterrupt:
            breaks += 1
        else:
            break
        import_log(book, _lines(ticking))
        assert expected == _held(book, expected), f"broken off at write {at}"
        assert journal == [*export_log(book)], f"broken off at write {at}"
    assert breaks > 10


def _with_ticks(log: bytes) -> bytes:
    """The log with a tick of one order or of all after every seventh line, at that line's time."""
    lines: list[bytes] = []
    for number, line in enumerate(log.splitlines()):
        lines.append(line)
        at = line.partition(b'"at":')[2].partition(b'"')[2].partition(b'"')[0]
        if number % 7 == 6:
            lines.append(b'{"at": "%s", "do": "tick"}' % at)
        if number % 14 == 13:
            lines.append(b'{"order": "1001", "at": "%s", "do": "tick"}' % at)
    return b"\n".join(lines)


def test_another_log_that_begins_alike_is_not_mixed_up(book: OrderBook) -> None:
    """A log that differs from one imported before within what was imported is refused, and nothing is stored."""
    lines = EXAMPLE.read_bytes().splitlines()
    import_log(book, enumerate(lines[:20], 1))
    before = [*export_log(book)]
    for other in ([*lines[:10], *lines[12:]], lines[:10]):
        with pytest.raises(OtherLog):
            import_log(book, enumerate(other, 1))
    assert before == [*export_log(book)]


def test_lines_that_cannot_be_understood_are_told_and_move_nothing(book: OrderBook) -> None:
    """Invalid lines are told with their numbers; the others count."""
    lines = [*EXAMPLE.read_bytes().splitlines()[:3], b"{", None, b'{"order": "1", "at": "2026-03-02T09:00:00Z"}']
    too_long_id = b'{"order": "%s", "at": "2026-03-02T09:00:00Z", "by": "payment", "do": "payment_captured", ' % (
        b"x" * 300
    )
    lines.append(too_long_id + b'"payment": "p1", "instrument": "c", "amount": "1"}')
    lines.append(b'{"order": "%s", "at": "2026-03-02T09:00:00Z", "do": "tick"}' % (b"x" * 300))
    told: list[int] = []
    done = import_log(book, enumerate(lines, 1), lambda number, fault: told.append(number))
    assert ([4, 5, 6, 7, 8], 3) == (told, done.outcomes.total())


def test_an_amount_with_too_many_places_is_judged_and_kept(book: OrderBook) -> None:
    """An amount that does not suit the currency is an anomaly as in the book, so that no export loses it."""
    place, *_ = EXAMPLE.read_bytes().splitlines()
    odd = b'{"order": "1001", "at": "2026-03-02T09:05:00Z", "by": "payment", "do": "payment_captured", '
    odd += b'"payment": "p1", "instrument": "c", "amount": "1.001"}'
    import_log(book, enumerate([place, odd], 1))
    exported = b"".join(export_log(book))
    with OrderBook("memory://") as again:
        assert {"accepted": 1, "anomaly": 1} == import_log(again, _lines(exported)).outcomes
        assert exported == b"".join(export_log(again))


def test_two_imports_of_one_log_at_once_do_nothing_twice(db: str) -> None:
    """Of two that import the same log at the same time one is told so, and each line takes effect once."""
    lines = [*_lines(_without_ids(EXAMPLE.read_bytes()))]

    def overtaken() -> Iterator[NumberedLine]:
        yield from lines[:60]
        import_log(book, lines)  # the other one is faster
        yield from lines[60:]

    with OrderBook(db) as book:
        with pytest.raises(LogInUse, match="the log is being imported by somebody else"):
            import_log(book, overtaken())
        expected = _replayed(b"\n".join(line or b"" for _, line in lines))
        assert expected == _held(book, expected)


def _without_ids(log: bytes) -> bytes:
    return re.sub(rb', "id": "[^"]*"', b"", log)


def test_a_tick_of_a_log_leaves_other_orders_alone(book: OrderBook) -> None:
    """Time passes for the orders that the log has named, those of an earlier import too, and for no others."""
    book.submit("live", place())
    first, *_ = EXAMPLE.read_bytes().splitlines()
    tick = b'{"at": "2027-01-01T00:00:00Z", "do": "tick"}'
    import_log(book, enumerate([first], 1))
    done = import_log(book.without_delivery(), enumerate([first, tick], 1))
    assert (1, "unpaid", "closed") == (done.fired, _state(book, "live"), _state(book, "1001"))


def test_a_line_that_was_half_written_is_read_again_when_it_is_whole(book: OrderBook) -> None:
    """A log that was read while its last line was being written goes on with that line."""
    first, second, third, *_ = EXAMPLE.read_bytes().splitlines()
    assert 1 == len(import_log(book, enumerate([first, second[:50]], 1)).invalid)
    assert 1 == len(import_log(book, enumerate([first, second[:50]], 1)).invalid)
    assert (1, 2) == _counts(import_log(book, enumerate([first, second, third], 1)))


def test_logs_that_begin_alike_are_told_apart_by_name(book: OrderBook) -> None:
    """Where logs begin with the same line a name tells them apart, and brings each of them back."""
    tick = b'{"at": "2026-03-01T00:00:00Z", "do": "tick"}'
    first, second, *_ = EXAMPLE.read_bytes().splitlines()
    days = {"monday": [tick, first], "tuesday": [tick, second]}
    assert [(0, 1), (0, 1)] == [_counts(import_log(book, enumerate(log, 1), name=day)) for day, log in days.items()]
    assert [(2, 0), (2, 0)] == [_counts(import_log(book, enumerate(log, 1), name=day)) for day, log in days.items()]


def _counts(done: Imported) -> tuple[int, int]:
    return done.skipped, done.outcomes.total()


def test_an_exported_journal_replays_to_the_same_orders(book: OrderBook) -> None:
    """The journal, written as an order log and replayed, gives every order as it is in the book."""
    import_log(book, _lines(_with_ticks(EXAMPLE.read_bytes())))
    exported = b"".join(export_log(book))
    expected = _replayed(exported)
    assert expected == _held(book, expected)
    [*_, last] = expected
    only = b"".join(export_log(book, last))
    assert {last: expected[last]} == _replayed(only)


def test_a_history_that_was_told_is_not_told_again(book: OrderBook) -> None:
    """Effects of an import without delivery, those of its ticks too, are kept as delivered; later ones are sent."""
    log = _with_ticks(EXAMPLE.read_bytes())
    import_log(book.without_delivery(), _lines(log))
    far = datetime(2030, 1, 1, tzinfo=UTC)
    assert [] == book.store.take(far, far + timedelta(hours=1), 100)
    assert [] == [*verify(book.store)]
    book.submit("new", place())
    book.submit("new", paid())
    book.submit("new", cancel())
    assert ["tell_warehouse"] == [letter.name for letter in book.store.take(far, far + timedelta(hours=1), 100)]


def test_a_large_log_goes_in_batches(book: OrderBook) -> None:
    """A log of several batches is imported whole."""
    place = EXAMPLE.read_bytes().splitlines()[0]
    log = [place.replace(b'"1001"', b'"n%d"' % number) for number in range(2 * BATCH + 1)]
    done = import_log(book, enumerate(log, 1))
    assert (2 * BATCH + 1, "unpaid") == (done.outcomes["accepted"], _state(book, f"n{2 * BATCH}"))


def _state(book: OrderBook, order_id: str) -> str:
    order = book.get(order_id)
    assert isinstance(order, Order)
    return str(order.state)


def test_nothing_of_a_batch_is_kept_when_the_store_fails() -> None:
    """Where the store fails the import says so, and begins again where the last batch ended."""

    class Failing(MemoryStore):
        fails = True

        def write(self, batch: Batch) -> bool:
            if self.fails:
                raise StoreUnavailable("the disk is full", nothing_stored=True)
            return super().write(batch)

    store = Failing()
    with pytest.raises(StoreUnavailable, match="the disk is full; nothing was stored"):
        import_log(OrderBook(store), _lines(EXAMPLE.read_bytes()))
    store.fails = False
    assert 0 == import_log(OrderBook(store), _lines(EXAMPLE.read_bytes())).skipped


@pytest.mark.slow
@pytest.mark.skipif(not SAMPLE.is_file(), reason="the real order histories are not here")
def test_real_histories_come_in_and_out_again(book: OrderBook) -> None:
    """Two thousand real orders are imported, verified, exported and replayed to the same orders."""
    with open_log(str(SAMPLE)) as lines:
        done = import_log(book, lines)
    assert (7650, []) == (done.outcomes.total(), done.invalid)
    assert [] == [*verify(book.store)]
    expected = _replayed(gzip.decompress(SAMPLE.read_bytes()))
    assert expected == _held(book, expected)
    assert expected == _replayed(b"".join(export_log(book)))
