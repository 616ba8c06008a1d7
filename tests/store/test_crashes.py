"""A process that uses the book is killed at any moment: nothing acknowledged is lost, nothing is there twice.

Children live one after the other on one database; each says what it is about to do and, once it has its answer, what
that was. A kill leaves the page cache alone, so this is about the order of writes and the edges of transactions;
that a commit waits for the disk is a matter of settings.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from time import monotonic, sleep

import psycopg
import pytest
from attrs import field, frozen

from orderfsm import Effect, Input
from orderfsm.book import OrderBook
from orderfsm.history import Recorded
from orderfsm.verifying import LAST, verify
from orderfsm.worker import Delivery, Worker
from tests.store.children import Child, Tell
from tests.store.story import HOUR, NOON
from tests.store.talk import anything, fresh_seed, told

ORDERS = 3
"""How many orders each child has of its own."""

WORDS = 20
"""How many things a child tells at most before it is sentenced: on a slow machine, too, it has done something."""

LONGEST_PAUSE = 0.01
"""Seconds after which it is then killed at the latest."""


@frozen
class Act:
    """What a child is about to do: submit these inputs, alone or together; or something without inputs of its own."""

    kind: str
    inputs: tuple[tuple[str, Input], ...] = ()

    @property
    def keys(self) -> tuple[tuple[str, datetime], ...]:
        """Each input by its order and its time, which no other input of that order has."""
        return tuple((order_id, moment) for order_id, input in self.inputs if (moment := input.at) is not None)


# --- the child -------------------------------------------------------------------------------------------


def live(tell: Tell, url: str, deliveries: str, seed: str, start: datetime) -> None:
    """Do one thing after the other, and say so before and after, until somebody kills us."""
    rng = Random(seed)
    with OrderBook(url) as book:
        tell("the book is open")
        for act, now in _acts(rng, seed, start):
            tell(act)
            tell(_done(book, act, now, deliveries))


def _acts(rng: Random, seed: str, start: datetime) -> Iterator[tuple[Act, datetime]]:
    said: list[tuple[str, Input]] = []
    now = start
    for number in count():
        now += rng.choice([timedelta(minutes=1), HOUR, 10 * HOUR])
        fresh = [
            (f"{seed}-{rng.randrange(ORDERS)}", anything(rng, now + timedelta(seconds=each), _id(rng, number, each)))
            for each in range(4)
        ]
        again = [pair for pair in said if pair[1].id is not None]
        luck = rng.random()
        if luck < 0.15:
            yield Act("deliver"), now
        elif luck < 0.2:
            yield Act("fire"), now
        elif luck < 0.3 and again:
            yield Act("alone", (rng.choice(again),)), now
        elif luck < 0.45:
            said += fresh
            yield Act("together", (*fresh, *again[-1:])), now
        else:
            said += fresh[:1]
            yield Act("alone", (fresh[0],)), now


def _id(rng: Random, number: int, each: int) -> str | None:
    return f"{number}.{each}" if rng.random() < 0.6 else None


def _done(book: OrderBook, act: Act, now: datetime, deliveries: str) -> list[str]:
    match act.kind:
        case "alone":
            [(order_id, input)] = act.inputs
            return [told(book.submit(order_id, input))]
        case "together":
            return [told(decision) for decision in book.submit_many(act.inputs)]
        case "fire":
            book.fire_due(now, limit=3)
        case _:
            file = os.open(deliveries, os.O_WRONLY | os.O_APPEND)

            def handle(delivery: Delivery[Effect]) -> None:
                os.write(file, _line(delivery).encode())
                os.fsync(file)

            Worker(book, {Effect: handle}, clock=lambda: now, batch=3).round()
            os.close(file)
    return []


def _line(delivery: Delivery[Effect]) -> str:
    return f"{delivery.order_id} {delivery.seq} {delivery.effect.id}\n"


# --- the parent ------------------------------------------------------------------------------------------


@frozen
class Graveyard:
    """Where children live and die: one database, one file of deliveries, and what was told."""

    url: str
    deliveries: Path
    rng: Random
    acknowledged: dict[tuple[str, datetime], str] = field(factory=dict)
    found: Counter[str] = field(factory=Counter)

    def live_and_die(self, number: int) -> None:
        """One child, from its start to what it leaves behind."""
        seed = f"{self.rng.randrange(10**9)}-{number}"
        url = f"{self.url}?application_name={seed}" if self.url.startswith("postgresql") else self.url
        start = NOON + number * timedelta(days=3)
        with Child(live, url, str(self.deliveries), seed, start) as child:
            said = [child.next_told() for _ in range(self.rng.randrange(WORDS))]
            sleep(self.rng.uniform(0, LONGEST_PAUSE))
            said = [each for each in (*said, *child.killed()) if not isinstance(each, str)]
        acts, answers = said[::2], said[1::2]
        self.found["inputs"] += sum(len(act.inputs) for act in acts)
        self.found[f"killed: {'idle' if len(answers) == len(acts) else acts[-1].kind}"] += 1
        for act, told_ in zip(acts, answers, strict=False):
            for key, answer in zip(act.keys, told_, strict=False):
                assert answer == self.acknowledged.setdefault(key, answer), seed
        with OrderBook(self.url) as book:
            self.look(book, seed, acts[-1] if len(answers) < len(acts) else Act("idle"))

    def look(self, book: OrderBook, seed: str, in_flight: Act) -> None:
        """What a child has left behind, of which `in_flight` is not known to be done."""
        resent = [pair for pair in in_flight.inputs if pair[1].id is not None]
        first = [told(book.submit(*pair)) for pair in resent]  # at once, while the database may be at it still
        self.wait_for_the_end_of(seed)
        again = [told(book.submit(*pair)) for pair in resent]
        assert first == again, seed
        there = {
            (order_id, each.at): told(each.decision)
            for order_id in (f"{seed}-{number}" for number in range(ORDERS))
            for each in self.once_each(book, order_id)
        }
        known = {key: answer for key, answer in self.acknowledged.items() if key[0].startswith(f"{seed}-")}
        assert known == {key: there.get(key) for key in known}, seed
        surplus = set(there) - set(known)
        assert surplus <= set(in_flight.keys), seed
        assert {(order_id, input.at) for order_id, input in resent} <= set(there), seed
        without_id = {(order_id, input.at) for order_id, input in in_flight.inputs if input.id is None}
        assert len(without_id & surplus) in (0, len(without_id)), seed
        self.found["of them done, but not acknowledged"] += bool(without_id & surplus)
        for key in surplus:
            self.acknowledged[key] = there[key]

    def once_each(self, book: OrderBook, order_id: str) -> Iterator[Recorded]:
        """The history of an order but for passing time, once it is clear that nothing is in it twice."""
        history = [each for each in book.whole_history(order_id) if each.input is not None]
        assert [] == [at for at, times in Counter(each.at for each in history).items() if times > 1], order_id
        yield from history

    def wait_for_the_end_of(self, name: str) -> None:
        """Wait until the server has noticed that a client is no more."""
        if not self.url.startswith("postgresql"):
            return
        with psycopg.connect(self.url, autocommit=True) as connection:
            query = "SELECT 1 FROM pg_stat_activity WHERE application_name = %s"
            until = monotonic() + 30
            while connection.execute(query, [name]).fetchone():
                assert monotonic() < until, f"the server goes on for {name}"
                sleep(0.001)

    def judge(self, now: datetime) -> None:
        """At the end of all: nothing differs from the journal, and each effect has been delivered in its order."""
        lines = self.deliveries.read_text().splitlines(keepends=True)
        with OrderBook(self.url) as book:
            assert [] == [*verify(book.store)]
            deliver: Callable[[Delivery[Effect]], None] = lambda delivery: lines.append(_line(delivery))  # noqa: E731
            done = Worker(book, {Effect: deliver}, clock=lambda: now, batch=500).run_until_idle()
            assert (0, 0) == (done.failed, done.dead)
            assert [] == [*verify(book.store)]
            assert () == book.due(now).items
            for order_id in {key[0] for key in self.acknowledged}:
                mine = [line for line in lines if line.startswith(f"{order_id} ")]
                outbox = book.store.letters(order_id, 0, LAST)
                expected = [f"{order_id} {each.seq} {each.effect.id}\n" for each in outbox]
                assert expected == [*dict.fromkeys(mine)]
        self.found["deliveries"], self.found["effects"] = len(lines), len(set(lines))


def _kill(url: str, folder: Path, kills: int) -> Counter[str]:
    seed = fresh_seed()
    deliveries = folder / "deliveries"
    deliveries.touch()
    graveyard = Graveyard(url, deliveries, Random(seed))
    for number in range(kills):
        graveyard.live_and_die(number)
    graveyard.judge(NOON + timedelta(days=3 * kills + 3650))
    print(*graveyard.found.items(), sep="\n")
    assert graveyard.found["inputs"] > kills
    return graveyard.found


@pytest.mark.parametrize(("store", "kills"), [("sqlite", 120), ("postgres", 80)])
def test_a_killed_process_loses_nothing_and_does_nothing_twice(
    store: str, kills: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """After SIGKILL, what was acknowledged is there once, what was in flight whole or not at all; effects go out."""
    _kill(request.getfixturevalue(store), tmp_path, kills)


@pytest.mark.slow
@pytest.mark.nightly
@pytest.mark.parametrize(("store", "kills"), [("sqlite", 500), ("postgres", 250)])
def test_hundreds_of_killed_processes_lose_nothing(
    store: str, kills: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """The same, often enough to hit every moment of a transaction."""
    found = _kill(request.getfixturevalue(store), tmp_path, kills)
    assert {"killed: alone", "killed: together", "killed: deliver"} <= set(found)
    assert found["of them done, but not acknowledged"] > 0
    assert found["deliveries"] > found["effects"]
