"""`orderfsm worker` as a process of its own: told to end, and killed, in the middle of a delivery."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep

import pytest

from orderfsm import Effect
from orderfsm.book import OrderBook
from orderfsm.records import Letter, Status
from orderfsm.verifying import LAST
from orderfsm.worker import Delivery, Worker
from tests.store.story import cancel, paid, place

ORDERS = ("o1", "o2", "o3")

SHOP = """
import os, time
from orderfsm import Effect

file = os.open("deliveries", os.O_WRONLY | os.O_APPEND | os.O_CREAT)

def say(word, delivery):
    os.write(file, f"{word} {delivery.order_id} {delivery.seq}\\n".encode())

def handle(delivery):
    say("begin", delivery)
    while not os.path.exists("go"):
        time.sleep(0.005)
    say("end", delivery)

handlers = {Effect: handle}
"""
"""Handlers that write down what they do, and are not done before there is a file `go`."""


def _soon(holds: Callable[[], bool]) -> bool:
    until = monotonic() + 30
    while not holds():
        if monotonic() > until:
            return False
        sleep(0.005)
    return True


def _said(folder: Path) -> list[str]:
    file = folder / "deliveries"
    return file.read_text().splitlines() if file.exists() else []


def _letters(book: OrderBook) -> list[Letter]:
    return [letter for order_id in ORDERS for letter in book.store.letters(order_id, 0, LAST)]


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of a book with three orders, each with three letters that have been ready for two hours."""
    url: str = request.getfixturevalue(request.param)
    at = datetime.now(UTC) - timedelta(hours=2)
    with OrderBook(url) as book:
        for order_id in ORDERS:
            for input in (place(), paid(), cancel("k")):
                book.submit(order_id, input.sent(at=at))
        assert 9 == len(_letters(book))
    return url


@contextmanager
def _working(url: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker, from the moment at which it has begun its first delivery."""
    (folder / "shop.py").write_text(SHOP)
    command = [sys.executable, "-m", "orderfsm", "worker", "--db", url, "--handlers", "shop:handlers", "--poll", "0.05"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE) as process:
        try:
            assert _soon(lambda: bool(_said(folder)) or process.poll() is not None)
            assert ["begin o1 1"] == _said(folder)
            yield process
        finally:
            process.kill()


def test_a_worker_that_is_terminated_finishes_what_it_has_in_hand(url: str, tmp_path: Path) -> None:
    """SIGTERM lets the delivery in hand be finished, gives back the rest at once, and ends with status 0."""
    with _working(url, tmp_path) as process:
        process.send_signal(signal.SIGTERM)
        sleep(0.05)  # it is in the middle of its delivery, and stays there
        assert process.poll() is None
        (tmp_path / "go").touch()
        assert 0 == process.wait(30)
    assert ["begin o1 1", "end o1 1"] == _said(tmp_path)
    now = datetime.now(UTC)
    with OrderBook(url) as book:
        first, *rest = _letters(book)
        assert (Status.DELIVERED, 1) == (first.status, first.attempts)
        assert {(Status.PENDING, 0)} == {(letter.status, letter.attempts) for letter in rest}
        assert all(letter.ready_at <= now for letter in rest)


def test_a_worker_that_is_idle_ends_when_it_is_terminated(url: str, tmp_path: Path) -> None:
    """With nothing left to do, SIGTERM ends a worker with status 0."""
    with _working(url, tmp_path) as process:
        (tmp_path / "go").touch()
        assert _soon(lambda: 18 == len(_said(tmp_path)))
        process.send_signal(signal.SIGTERM)
        assert 0 == process.wait(30)
    with OrderBook(url) as book:
        assert {(Status.DELIVERED, 1)} == {(letter.status, letter.attempts) for letter in _letters(book)}


def test_a_worker_that_is_killed_loses_nothing(url: str, tmp_path: Path) -> None:
    """After SIGKILL in the middle of a delivery, another worker delivers everything once the lease is over."""
    given: list[Delivery[Effect]] = []
    with _working(url, tmp_path) as process:
        process.kill()
        process.wait()
    now = datetime.now(UTC)
    with OrderBook(url) as book:
        Worker(book, {Effect: given.append}, clock=lambda: now).run_until_idle()
        assert [] == given  # the first of each order is taken, for a while
        later = now + timedelta(minutes=2)
        assert 9 == Worker(book, {Effect: given.append}, clock=lambda: later).run_until_idle().delivered
        for order_id in ORDERS:
            assert [1, 2, 3] == [each.seq for each in given if each.order_id == order_id]
        assert {2} == {each.attempt for each in given if each.seq == 1}
