"""The database fails: full, locked, read-only, deleted, restarted, cut off.

What comes of it is a clear fault that says rightly whether something was stored, or nothing at all; and when the
database is back, the same book goes on.
"""

import os
import resource
import sqlite3
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any

import pytest
from attrs import frozen

from orderfsm import Effect, Order, Unplaced
from orderfsm.book import OrderBook, migrate
from orderfsm.errors import SchemaMismatch, StoreUnavailable
from orderfsm.store import sqlite as sqlite_store
from orderfsm.verifying import verify
from orderfsm.worker import Delivery, Worker
from tests.store.children import Child, Tell
from tests.store.server import PostgresServer
from tests.store.story import HOUR, NOON, cancel, paid, place
from tests.store.talk import anything, fresh_seed, told
from tests.store.wire import BreakingWire

NOBODY = 65534

# --- full ------------------------------------------------------------------------------------------------


def check_full(book: OrderBook, make_room: Callable[[], object]) -> None:
    """Place orders until the database is full: nothing is half there, and with more room the same book goes on."""
    stored = 0
    with pytest.raises(StoreUnavailable, match=r"SQLite says: .*; nothing was stored") as full:
        while stored < 10_000:
            book.place(f"o{stored}", place(), id="p")
            stored += 1
    assert full.value.nothing_stored
    with pytest.raises(StoreUnavailable, match="nothing was stored"):
        book.submit_many([(f"m{number}", place()) for number in range(500)])
    assert isinstance(book.get(f"o{stored - 1}"), Order)
    assert isinstance(book.get(f"o{stored}"), Unplaced)
    assert isinstance(book.get("m0"), Unplaced)
    assert [] == [*verify(book.store)]
    make_room()
    assert "accepted" == book.place(f"o{stored}", place(), id="p").outcome
    assert ["place"] == [each.input.name for each in book.history(f"o{stored}") if each.input is not None]
    assert [] == [*verify(book.store)]


def test_a_full_sqlite_database_stores_an_input_whole_or_not_at_all(
    sqlite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that may not have more pages refuses clearly, and takes inputs again when it may."""
    pages = 60

    class Limited(sqlite_store.Connection):
        def check(self) -> None:
            super().check()
            self.execute(f"PRAGMA max_page_count = {pages}")

    def make_room() -> None:
        nonlocal pages
        pages = 10_000

    monkeypatch.setattr(sqlite_store, "Connection", Limited)
    with OrderBook(sqlite) as book:
        check_full(book, make_room)


def limited_in_size(tell: Tell, url: str) -> None:
    """A process that may write no file beyond a size: writes fail in the middle, as on a disk that is full."""
    with OrderBook(url) as book:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
        most = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        check_full(book, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, most))
    tell("done")


def test_a_write_that_fails_in_the_middle_stores_nothing(sqlite: str) -> None:
    """A log that may grow no further refuses clearly, and takes inputs again when it may."""
    with Child(limited_in_size, sqlite) as child:
        assert ["done"] == child.done()


def test_a_full_disk_stores_an_input_whole_or_not_at_all(tmp_path: Path) -> None:
    """A disk without room refuses clearly, and takes inputs again once there is room."""
    disk = tmp_path / "disk"
    disk.mkdir()
    ballast = disk / "ballast"
    mounting = ["mount", "-t", "tmpfs", "-o", "size=400k", "none", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mounting, capture_output=True, check=False).returncode != 0:
        pytest.skip("only where a file system can be mounted")
    try:
        migrate(f"sqlite:///{disk}/orders.db")
        ballast.write_bytes(bytes(100_000))
        with OrderBook(f"sqlite:///{disk}/orders.db") as book:
            check_full(book, ballast.unlink)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_commit_of_which_the_disk_is_not_sure_is_told_as_unsure(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the disk fails after all was written, it may be there: told so without an id, looked up with one."""

    class Unsure(sqlite_store.Connection):
        def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
            cursor = super().execute(statement, *values)
            if statement == "COMMIT":
                fault = sqlite3.OperationalError("disk I/O error")
                fault.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
                raise fault
            return cursor

    monkeypatch.setattr(sqlite_store, "Connection", Unsure)
    with OrderBook(sqlite) as book:
        with pytest.raises(StoreUnavailable, match="may be there or not") as unsure:
            book.submit("1001", place())
        assert not unsure.value.nothing_stored
        assert "accepted" == book.submit("1001", paid("k")).outcome
        assert 2 == len(book.history("1001"))


# --- locked, read-only, deleted --------------------------------------------------------------------------


def test_a_locked_sqlite_file_is_told_and_changes_nothing(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another writer holds the file for too long, inputs are refused as not stored, and all can be read."""
    monkeypatch.setattr(sqlite_store, "PATIENCE", 0.05)
    with OrderBook(sqlite) as book, closing(sqlite3.connect(book_path(sqlite), isolation_level=None)) as other:
        book.submit("1001", place())
        other.execute("BEGIN IMMEDIATE")
        for attempt in (
            lambda: book.submit("1001", paid()),
            lambda: book.submit_many([("1001", paid()), ("1002", place())]),
            lambda: book.fire_due(NOON + 99 * HOUR),
            lambda: Worker(book, {Effect: print}).round(),
        ):
            with pytest.raises(StoreUnavailable, match="locked; nothing was stored"):
                attempt()
        assert 1 == len(book.history("1001"))
        other.execute("ROLLBACK")
        assert "accepted" == book.submit("1001", paid()).outcome
        assert 2 == len(book.history("1001"))


def book_path(url: str) -> str:
    """The file of a book."""
    return url.removeprefix("sqlite:///")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder in which everybody may do everything."""
    with TemporaryDirectory(prefix="orderfsm-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o777)
        yield folder


def without_rights(tell: Tell, folder: str) -> None:
    """Use a file that may not be written, then when it may; and one in a folder where nothing may be written."""
    with OrderBook("memory://") as book:
        book.submit("1001", place())  # what this imports may be closed to nobody
    if os.geteuid() == 0:  # whom no rights hold back
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    path = Path(folder, "orders.db")
    migrate(f"sqlite:///{path}")
    with OrderBook(f"sqlite:///{path}") as book:
        book.submit("1001", place())
    path.chmod(0o444)
    with OrderBook(f"sqlite:///{path}") as book:
        assert isinstance(book.get("1001"), Order)
        with pytest.raises(StoreUnavailable, match="readonly database; nothing was stored"):
            book.submit("1001", paid())
        for file in path.parent.glob("orders.db*"):  # SQLite has made the log as the file was
            file.chmod(0o666)
        assert "accepted" == book.submit("1001", paid()).outcome
    empty = Path(folder, "empty.db")
    empty.touch(0o444)
    with pytest.raises(StoreUnavailable, match="readonly database"):
        migrate(f"sqlite:///{empty}")
    Path(folder).chmod(0o555)
    for attempt in (lambda: OrderBook(f"sqlite:///{path}"), lambda: migrate(f"sqlite:///{folder}/new.db")):
        with pytest.raises(StoreUnavailable, match="SQLite says"):
            attempt()
    tell("done")


def test_what_may_not_be_written_is_told(open_folder: Path) -> None:
    """A file or folder that may not be written is a clear fault at once; when it may be, the same book goes on."""
    if os.geteuid() == 0:
        os.chown(open_folder, NOBODY, NOBODY)
    with Child(without_rights, str(open_folder)) as child:
        assert ["done"] == child.done()
    open_folder.chmod(0o777)


@pytest.mark.parametrize("log_too", [True, False])
def test_nothing_is_written_into_a_file_that_was_deleted(sqlite: str, log_too: bool) -> None:
    """A deleted file is a clear fault, for nobody would ever see what is written into it."""
    path = Path(book_path(sqlite))
    with OrderBook(sqlite) as book:
        book.submit("1001", place())
        for file in path.parent.glob("orders.db*") if log_too else [path]:
            file.unlink()
        for attempt in (
            lambda: book.submit("1001", paid()),
            lambda: book.get("1001"),
            lambda: book.fire_due(NOON),
            lambda: book.store.take(NOON, NOON, 1),
        ):
            with pytest.raises(StoreUnavailable, match="nothing was stored"):
                attempt()
    with pytest.raises(SchemaMismatch, match="no tables"):
        OrderBook(sqlite)


def test_a_file_that_was_replaced_is_the_book_from_then_on(sqlite: str, tmp_path: Path) -> None:
    """Where another file is put in its place, such as a back-up, it is read and written and not the one before."""
    back_up = tmp_path / "back-up.db"
    migrate(f"sqlite:///{back_up}")
    with OrderBook(f"sqlite:///{back_up}") as other:
        other.submit("2002", place())
    with OrderBook(sqlite) as book:
        book.submit("1001", place())
        for end in ("-wal", "-shm"):
            Path(f"{book_path(sqlite)}{end}").unlink()
        back_up.rename(book_path(sqlite))
        assert isinstance(book.get("1001"), Unplaced)
        assert "accepted" == book.submit("2002", paid()).outcome
    with OrderBook(sqlite) as book:
        assert 2 == len(book.history("2002"))


# --- a server that goes away -----------------------------------------------------------------------------


@frozen
class Came:
    """What came of an input; `answer` is None where nobody knows whether it was stored."""

    order_id: str
    at: datetime
    answer: str | None


def talk_on(book: OrderBook, who: int, seed: int, more: Callable[[int], bool], faults: Counter[str]) -> list[Came]:
    """Say one thing after the other while there shall be `more` than so many, and each again until it is answered.

    Without an id it is said again only where it is certain that it was not stored.
    """
    rng = Random(f"{seed} {who}")
    came: list[Came] = []
    while more(len(came)):
        at = NOON + len(came) * timedelta(minutes=10) + timedelta(microseconds=1 + who)
        order_id, input = f"o{rng.randrange(8)}", anything(rng, at, rng.choice([None, f"{who}.{len(came)}"]))
        answer: str | None = None
        while answer is None:
            try:
                answer = told(book.submit(order_id, input))
            except StoreUnavailable as fault:
                faults[f"nothing_stored={fault.nothing_stored}, id={input.id is not None}"] += 1
                if input.id is None and not fault.nothing_stored:
                    break
                sleep(0.01)
        came.append(Came(order_id, at, answer))
    return came


def talk_on_alone(tell: Tell, url: str, who: int, seed: int, stop: str) -> None:
    """A process with a book of its own."""
    faults: Counter[str] = Counter()
    with OrderBook(url) as book:
        tell(talk_on(book, who, seed, lambda count: not os.path.exists(stop), faults))
    tell(faults)


def test_a_server_that_goes_away_under_load_loses_nothing_and_repeats_nothing(
    postgres: str, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    """Restarted, crashed and cut off under load, PostgreSQL has each input once; what was unsure, at most once."""
    seed, stop = fresh_seed(), tmp_path / "stop"
    faults: Counter[str] = Counter()
    with OrderBook(postgres) as book, ExitStack() as stack, ThreadPoolExecutor(4) as pool:
        children = [stack.enter_context(Child(talk_on_alone, postgres, who, seed, str(stop))) for who in (4, 5)]
        try:
            runs = [pool.submit(talk_on, book, who, seed, lambda count: not stop.exists(), faults) for who in range(4)]
            for _ in range(6):
                sleep(0.03)
                postgres_server.cut_connections(postgres)
            postgres_server.restart("fast")
            sleep(0.3)
            postgres_server.restart("immediate")
            sleep(0.3)
        finally:
            stop.touch()
        came = [each for run in runs for each in run.result()]
        for child in children:
            theirs, faults_of_theirs = child.done()
            came += theirs
            faults += faults_of_theirs
        print(len(came), faults)
        check_what_came(book, came)
        assert "accepted" == book.submit("last", place()).outcome
    assert faults["nothing_stored=True, id=True"] > 0


def test_an_answer_that_is_lost_on_the_way_is_told_as_unsure_or_looked_up(postgres: str) -> None:
    """When the server has stored an input and its answer is lost, nothing claims that it was not stored."""
    seed = fresh_seed()
    faults: Counter[str] = Counter()
    with BreakingWire(postgres, Random(seed), one_in=12) as wire, ThreadPoolExecutor(2) as pool:
        book = opened(wire.url)
        runs = [pool.submit(talk_on, book, who, seed, lambda count: count < 200, faults) for who in range(2)]
        came = [each for run in runs for each in run.result()]
        book.close()
    with OrderBook(postgres) as book:
        unsure_but_there = check_what_came(book, came)
    print(faults, unsure_but_there)
    assert unsure_but_there > 0


def opened(url: str) -> OrderBook:
    """A book, though the wire to it may break already."""
    while True:
        try:
            return OrderBook(url)
        except StoreUnavailable:
            pass


def check_what_came(book: OrderBook, came: list[Came]) -> int:
    """Every input that was answered is there once with its answer, what was unsure at most once, and nothing else.

    Returns how many of the unsure ones are there.
    """
    journal = {
        (order_id, each.at): told(each.decision)
        for order_id in {each.order_id for each in came}
        for each in book.whole_history(order_id)
    }
    entries = sum(len([*book.whole_history(order_id)]) for order_id in {each.order_id for each in came})
    assert entries == len(journal), "an input is there twice"
    assert {(each.order_id, each.at) for each in came} >= set(journal)
    for each in came:
        if each.answer is not None:
            assert each.answer == journal.get((each.order_id, each.at)), each
    assert [] == [*verify(book.store)]
    return sum(each.answer is None and (each.order_id, each.at) in journal for each in came)


@pytest.mark.parametrize("crashing", [False, True])
def test_a_worker_survives_a_restart_of_the_server(
    postgres: str, postgres_server: PostgresServer, crashing: bool
) -> None:
    """A worker goes on by itself when the server is back, and delivers what was waiting."""
    given: list[Delivery[Effect]] = []

    def delivered(order_id: str) -> bool:
        until = monotonic() + 30
        while [1, 2, 3] != [each.seq for each in given if each.order_id == order_id]:
            if monotonic() > until:
                return False
            sleep(0.01)
        return True

    with OrderBook(postgres) as book:
        worker = Worker(book, {Effect: given.append}, clock=lambda: NOON + 2 * HOUR)
        thread = threading.Thread(target=worker.run, kwargs={"poll": 0.02})
        thread.start()
        try:
            for order_id in ("before", "after"):
                for input in (place(), paid(), cancel("k")):
                    book.submit(order_id, input)
                assert delivered(order_id)
                if order_id == "before":
                    postgres_server.restart("immediate" if crashing else "fast")
        finally:
            worker.stop()
            thread.join(60)
        assert not thread.is_alive()
