"""Many processes and threads use one book at once: what results is what one after the other would have given.

The journal of an order is that order of events. It is checked from three sides: replayed, it gives what is kept; each
answer that anybody received is the one that it holds; and what one process said first stands in it first.
"""

import os
import sqlite3
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from time import sleep

import psycopg
import pytest
from attrs import frozen

from orderfsm import Effect, Input, Order, OrderMachine, Policy
from orderfsm.book import OrderBook, migrate
from orderfsm.history import Recorded
from orderfsm.store.schema import NEWEST
from orderfsm.verifying import LAST, verify
from orderfsm.worker import Delivery, Worker
from tests.store.children import Child, Tell
from tests.store.story import HOUR, NOON, cancel, paid, place
from tests.store.talk import anything, fresh_seed, told

ORDERS = 20
SHARED = 3
"""How many inputs with ids that everybody says there are for each order, besides its placing."""

LATE = NOON + timedelta(days=4000)


@frozen
class Received:
    """An answer that somebody received. An input is known by its order and its time, which no other input has."""

    order_id: str
    at: datetime
    answer: str
    shared: bool = False


@pytest.fixture
def seed() -> int:
    """Another one each time, shown where the test fails."""
    return fresh_seed()


# --- everybody talks at once -----------------------------------------------------------------------------


def hammer(book: OrderBook, seed: int, who: int, count: int) -> Iterator[Received]:
    """Say `count` things about 20 orders, some of which the others say too, and let time pass in between."""
    rng = Random(f"{seed} {who}")
    for step in range(count):
        order_id, luck = f"o{int(ORDERS * rng.random() ** 2)}", rng.random()  # of some orders everybody talks
        at = NOON + step * timedelta(minutes=50) + timedelta(microseconds=1 + who)
        if luck < 0.05:
            yield Received(order_id, at, told(book.tick(order_id, at)))
        elif luck < 0.08:
            book.fire_due(at, limit=2)
        elif luck < 0.11:
            book.reschedule()
        elif luck < 0.4:
            input = shared(seed, order_id, rng.randrange(1 + SHARED))
            assert input.at is not None
            yield Received(order_id, input.at, told(book.submit(order_id, input)), shared=True)
        else:
            input = anything(rng, at, rng.choice([None, f"{who}.{step}"]))
            yield Received(order_id, at, told(book.submit(order_id, input)))


def shared(seed: int, order_id: str, number: int) -> Input:
    """What everybody says about an order in the same words under the same id; first of all that it is placed."""
    if number == 0:
        return place().sent(id="shared 0")
    at = NOON + number * timedelta(hours=7)
    return anything(Random(f"{seed} {order_id} {number}"), at, f"shared {number}")


def hammer_alone(tell: Tell, url: str, seed: int, who: int, count: int) -> None:
    """A process with a book of its own; some have another policy, as while a new one is rolled out."""
    machine = OrderMachine(Policy.marketplace() if who % 3 == 2 else Policy())
    with OrderBook(url, machine) as book:
        tell([*hammer(book, seed, who, count)])


def together(children: list[Child]) -> list[list[object]]:
    """Let children that wait go all at once, and hear what each of them told."""
    for child in children:
        child.go()
    return [child.done() for child in children]


def check(book: OrderBook, received: list[list[Received]]) -> Counter[str]:
    """Check what is kept against what was received, and count it by outcome."""
    assert [] == [*verify(book.store)]
    outcomes: Counter[str] = Counter()
    journal: dict[tuple[str, datetime], Recorded] = {}
    for order_id in (f"o{number}" for number in range(ORDERS)):
        history = [*book.whole_history(order_id)]
        for each in history:
            assert (order_id, each.at) not in journal, each
            journal[order_id, each.at] = each
            outcomes[each.outcome] += 1
        check_money(book.get(order_id), history)
    for answers in received:
        last: dict[str, int] = {}
        for one in answers:
            entry = journal.get((one.order_id, one.at))
            if entry is None:
                assert one.answer.startswith("accepted () []"), one  # a tick at which nothing was due
                continue
            assert told(entry.decision) == one.answer, one
            if not one.shared:
                assert last.get(one.order_id, 0) < entry.seq, one
                last[one.order_id] = entry.seq
    return outcomes


def check_money(order: object, history: list[Recorded]) -> None:
    """No payment gives back more than it captured, and each refund is sent as often as it has attempts."""
    if not isinstance(order, Order):
        return
    for payment in order.payments:
        back = sum(refund.amount for refund in order.refunds if refund.payment == payment.id)
        assert back <= payment.amount, order.id
    sent = Counter(effect.id for each in history for effect in each.effects if effect.name == "send_refund")
    assert sum(refund.attempt for refund in order.refunds) == len(sent), order.id
    assert {1} >= set(sent.values()), order.id


@pytest.mark.parametrize(
    ("store", "processes", "count"),
    [
        ("postgres", 8, 120),
        ("sqlite", 4, 240),
        pytest.param("postgres", 8, 1500, marks=[pytest.mark.slow, pytest.mark.nightly]),
        pytest.param("sqlite", 4, 3000, marks=[pytest.mark.slow, pytest.mark.nightly]),
    ],
)
def test_processes_that_hammer_the_same_orders_agree_with_some_sequence(
    store: str, processes: int, count: int, request: pytest.FixtureRequest, seed: int
) -> None:
    """Every answer is the one that the journal holds, the journal replays to what is kept, and money is conserved."""
    url = request.getfixturevalue(store)
    with ExitStack() as stack:
        jobs = ((hammer_alone, url, seed, who, count) for who in range(processes))
        told_ = together([stack.enter_context(Child(*job, held=True)) for job in jobs])
    received = [answers for [answers] in told_]
    with OrderBook(url) as book:
        outcomes = check(book, received)  # type: ignore[arg-type]
        print(outcomes)
        assert {"accepted", "refused", "anomaly", "duplicate"} <= set(outcomes)
        asked = {(each.order_id, each.at) for answers in received for each in answers if each.shared}  # type: ignore[attr-defined]
        assert len(asked) < sum(each.shared for answers in received for each in answers)  # type: ignore[attr-defined]


def test_threads_that_share_a_book_agree_with_some_sequence(db: str, seed: int) -> None:
    """The same with 16 threads that use one and the same book."""
    with OrderBook(db) as book, ThreadPoolExecutor(16) as pool:
        runs = [pool.submit(lambda who=who: [*hammer(book, seed, who, 25)]) for who in range(16)]  # type: ignore[misc]
        check(book, [run.result() for run in runs])


# --- workers ---------------------------------------------------------------------------------------------


def work(tell: Tell, url: str, deliveries: str, now: datetime) -> None:
    """A worker that writes each delivery down and goes on until nothing is left."""
    file = os.open(deliveries, os.O_WRONLY | os.O_APPEND)

    def handle(delivery: Delivery[Effect]) -> None:
        os.write(file, f"{delivery.order_id} {delivery.seq}\n".encode())

    with OrderBook(url) as book:
        worker = Worker(book, {Effect: handle}, clock=lambda: now, batch=7)
        idle = 0
        while idle < 3:  # what others hold may be free a moment later
            done = worker.round()
            tell(done)
            idle = idle + 1 if done.idle else 0


@pytest.mark.parametrize(("store", "processes"), [("postgres", 4), ("sqlite", 2)])
def test_workers_side_by_side_fire_once_and_deliver_in_order(
    store: str, processes: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """No deadline fires twice, and every effect is delivered, each order's in their order, whoever delivers them."""
    url, orders = request.getfixturevalue(store), [f"o{number}" for number in range(60)]
    deliveries = tmp_path / "deliveries"
    deliveries.touch()
    with OrderBook(url) as book, ExitStack() as stack:
        talk: list[tuple[str, Input]] = [(order_id, place()) for order_id in orders]
        talk += [pair for order_id in orders[::3] for pair in ((order_id, paid()), (order_id, cancel("k")))]
        book.submit_many(talk)
        now = NOON + 30 * HOUR  # the other two thirds have not been paid in time
        due = {order.id for order, _ in book.due(now)}
        jobs = ((work, url, str(deliveries), now) for _ in range(processes))
        done = together([stack.enter_context(Child(*job, held=True)) for job in jobs])
        assert len(due) == sum(each.fired for rounds in done for each in rounds)  # type: ignore[attr-defined]
        for order_id in orders:
            assert (order_id in due) == sum(each.input is None for each in book.history(order_id)), order_id
        Worker(book, {Effect: print}, clock=lambda: now).run_until_idle()
        lines = deliveries.read_text().split("\n")[:-1]
        for order_id in orders:
            letters = book.store.letters(order_id, 0, LAST)
            assert {"delivered"} >= {each.status for each in letters}
            assert [f"{order_id} {each.seq}" for each in letters] == [
                line for line in lines if line.startswith(f"{order_id} ")
            ]
        assert [] == [*verify(book.store)]


# --- migrations ------------------------------------------------------------------------------------------


def migrate_alone(tell: Tell, url: str) -> None:
    """A process that migrates."""
    tell(migrate(url))


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_migrations_at_once_all_succeed(store: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Of several that migrate an empty database at once, one does it and the others find it done."""
    url = f"sqlite:///{tmp_path}/new.db" if store == "sqlite" else request.getfixturevalue("postgres_url")
    with ExitStack() as stack:
        children = [stack.enter_context(Child(migrate_alone, url, held=True)) for _ in range(6)]
        moves = [move for [move] in together(children)]
    assert {(0, NEWEST): 1, (NEWEST, NEWEST): 5} == Counter(moves)
    query = "SELECT version FROM orderfsm_schema"
    if store == "sqlite":
        with sqlite3.connect(tmp_path / "new.db") as file:
            versions = file.execute(query).fetchall()
        file.close()
    else:
        with psycopg.connect(url) as connection:
            versions = connection.execute(query).fetchall()
    assert [(NEWEST,)] == versions


# --- forks -----------------------------------------------------------------------------------------------


def fork_in_use(tell: Tell, url: str, seed: int) -> None:
    """Open a book, use it, fork three times, and use it in all four processes at once, then in the first alone."""
    book = OrderBook(url)
    told_ = [*hammer(book, seed, 0, 5)]
    ends = [_forked(book, seed, who) for who in (1, 2, 3)]
    told_ += hammer(book, seed, 5, 40)
    assert [0, 0, 0] == [os.waitstatus_to_exitcode(os.waitpid(end, 0)[1]) for end in ends]
    told_ += hammer(book, seed, 4, 10)
    book.close()
    tell("done")


def _forked(book: OrderBook, seed: int, who: int) -> int:
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        if who != 3:  # the third closes what it has inherited, without a word
            assert [*hammer(book, seed, who, 40)]
        book.close()
        status = 0
    finally:
        os._exit(status)


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_a_book_that_was_open_before_a_fork_is_used_on_both_sides(
    store: str, request: pytest.FixtureRequest, seed: int
) -> None:
    """A fork shares no connection: parent and children go on side by side, and what a child closes is its own."""
    url = request.getfixturevalue(store)
    with Child(fork_in_use, url, seed) as child:
        assert ["done"] == child.done()
    with OrderBook(url) as book:
        check(book, [])
        assert 20 < sum(len(book.history(f"o{number}", limit=1000)) for number in range(ORDERS))


def outlive(tell: Tell, url: str, go: str) -> None:
    """Open a book, fork, and end, as what becomes a daemon does; the child goes on with the book."""
    book = OrderBook(url)
    book.submit("1001", place())
    parent = os.getpid()
    if os.fork():
        os._exit(0)
    try:
        while os.getppid() == parent:
            sleep(0.001)
        book.submit("1001", paid())
        tell("the parent is gone, and the book in use")
        while not os.path.exists(go):
            sleep(0.001)
        for number in range(20):
            book.submit(f"o{number}", place())
        tell("20 orders")
    finally:
        os._exit(0)


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_a_book_outlives_the_process_that_opened_it(store: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """A child goes on after its parent, and others who close the file take nothing away from under it.

    SQLite counts locks by process: with a connection of the parent's, the child would take a file for locked that
    nobody holds; whoever closes it last would remove the log, and the child go on writing into what is no more.
    """
    url, go = request.getfixturevalue(store), tmp_path / "go"
    with Child(outlive, url, str(go)) as child:
        assert "the parent is gone, and the book in use" == child.next_told()
        with OrderBook(url) as other:
            other.submit("2002", place())
        go.touch()
        assert ["20 orders"] == child.done()
    with OrderBook(url) as book:
        assert all(isinstance(book.get(f"o{number}"), Order) for number in range(20))
        assert [1, 2] == [len(book.history("2002")), len(book.history("1001"))]
        assert [] == [*verify(book.store)]
