"""The store contract, on crashes: wherever a process dies, what was answered is there, and nothing is half done.

A process dies before or after each of its calls to the store, in turn. Another one then finds the rows, does
the same again under the same ids, and must end where a process ends to which nothing happened.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import TypeVar

from attrs import frozen

from orderfsm.book import OrderBook
from orderfsm.effects import Effect
from orderfsm.errors import StoreUnavailable
from orderfsm.records import Bookmark, Status
from orderfsm.store import MemoryStore, Store
from orderfsm.testing.clock import Clock
from orderfsm.testing.store_case import NOTHING, StoreCase, kept
from orderfsm.testing.store_races import no_gaps
from orderfsm.testing.store_stories import (
    ENDED,
    Act,
    book_on,
    cancelling,
    paying,
    placing,
    said,
    submits,
    sweeps,
    ticks,
)
from orderfsm.testing.store_watching import WatchedStore
from orderfsm.verifying import verify
from orderfsm.worker import Worker

T = TypeVar("T")

ONE, TWO = "1001", "1002"
MARK = Bookmark("log", 3, "digest")
LEASE = timedelta(minutes=1)
ROUNDS = 100


class Crash(BaseException):
    """The process is gone: nobody can catch this."""


class CrashingStore(WatchedStore):
    """Its process dies at the `last` call, before or after the call is carried out."""

    def __init__(self, store: Store, last: int, *, after: bool) -> None:
        super().__init__(store)
        self._left, self._after = last, after

    def around(self, name: str, call: Callable[[], T]) -> T:
        """Do it, or die."""
        self._left -= 1
        if self._left > 0:
            return call()
        if self._left == 0 and self._after:
            call()
        raise Crash(name)


class CutStore(WatchedStore):
    """Stores the first write, and then the connection is cut before the answer is there."""

    cut = False

    def around(self, name: str, call: Callable[[], T]) -> T:
        """Do it; at the first write, nobody learns of it."""
        done = call()
        if name != "write" or self.cut:
            return done
        self.cut = True
        raise StoreUnavailable("the connection was cut", nothing_stored=False)


@frozen
class Wreck:
    """What a process left behind: the store as others see it, and at which call it died, as text."""

    store: Store
    when: str


class CrashesContract(StoreCase):
    """Crash points: every call of a submission, a batch, a sweep, and of a worker."""

    def test_a_submission_that_dies_is_there_wholly_or_not_at_all(self) -> None:
        """Submitted again under the same id it gets the same answer, and takes effect once."""
        story = [placing("k1"), paying("k2"), cancelling("k3")]
        for number, input in enumerate(story):
            before = [submits(each) for each in story[:number]]
            self._dies_anywhere(before, submits(input), entries={number, number + 1})

    def test_a_batch_that_dies_is_there_wholly_or_not_at_all(self) -> None:
        """With its bookmark, or without all of it."""

        def batch(book: OrderBook, order_id: str) -> object:
            inputs = [(order_id, paying("k2")), (TWO, placing("k3")), (order_id, cancelling("k4")), (TWO, paying("k5"))]
            return [said(each) for each in book.submit_many(inputs, bookmark=MARK)]

        def look(wreck: Wreck) -> None:
            one, two = kept(wreck.store, ONE), kept(wreck.store, TWO)
            assert len(one.entries) - 1 == len(two.entries), f"{wreck.when}: half a batch is there"
            assert wreck.store.bookmark("log") == (MARK if two != NOTHING else None), wreck.when

        self._dies_anywhere([submits(placing("k1"))], batch, entries={1, 3}, look=look)

    def test_a_sweep_that_dies_is_there_wholly_or_not_at_all(self) -> None:
        """What is due stays due until it has fired, and fires once."""

        def look(wreck: Wreck) -> None:
            one, two = kept(wreck.store, ONE), kept(wreck.store, TWO)
            assert len(one.entries) == len(two.entries), f"{wreck.when}: half a sweep is there"

        self._dies_anywhere([submits(placing("k1")), _places_two], sweeps, entries={1, 2}, answered=False, look=look)
        self._dies_anywhere([submits(placing("k1"))], ticks, entries={1, 2}, answered=False)

    def test_an_input_whose_answer_is_lost_takes_effect_once(self) -> None:
        """The connection is cut when it has been stored: the id tells, and nobody has to submit it again."""
        store = self.opened()
        book_on(store).submit_many([(ONE, placing("k1")), (ONE, paying("k2"))])
        cut = CutStore(store)
        answer = submits(cancelling("k3"))(book_on(cut), ONE)
        assert cut.cut
        assert answer == submits(cancelling("k3"))(book_on(self.seen_by_others(store)), ONE)
        assert ["k1", "k2", "k3"] == [entry.input_id for entry in kept(store, ONE).entries]
        assert [] == [*verify(store)]

    def test_a_worker_that_dies_skips_no_effect(self) -> None:
        """Each is delivered at least once and in its order; only what was in hand is delivered twice."""
        before = [submits(placing("k1")), _places_two]
        had: list[tuple[str, int]] = []

        def dies(book: OrderBook) -> None:
            had.clear()
            work(book, ENDED, had)

        for wreck in self._wrecks(before, dies):
            work(book_on(wreck.store), ENDED + 2 * LEASE, had)
            letters = 0
            for order_id in (ONE, TWO):
                sent = kept(wreck.store, order_id).letters
                seqs = [seq for each, seq in had if each == order_id]
                assert [letter.seq for letter in sent] == sorted(set(seqs)), f"{wreck.when}: {order_id} got {seqs}"
                assert sorted(seqs) == seqs, f"{wreck.when}: {order_id} got {seqs}, out of their order"
                assert {Status.DELIVERED} == {letter.status for letter in sent}, wreck.when
                letters += len(sent)
            assert letters <= len(had) <= letters + 1, f"{wreck.when}: {had}"
            assert [] == [*verify(wreck.store)], wreck.when

    # --- how a crash is made -----------------------------------------------------------------------------

    def _dies_anywhere(
        self,
        before: Sequence[Act],
        act: Act,
        *,
        entries: set[int],
        answered: bool = True,
        look: Callable[["Wreck"], None] = lambda wreck: None,
    ) -> None:
        """Let a process die at every call of `act`, and check what it leaves, and that it can be done again.

        Args:
            before: what has been done before, and answered.
            act: during which it dies.
            entries: how many entries the first order may have afterwards: each number must occur.
            answered: whether doing it again gives the same answer.
            look: what else is checked of what it leaves.
        """
        whole = book_on(MemoryStore())
        for each in before:
            each(whole, ONE)
        answer = act(whole, ONE)
        expected = [kept(whole.store, order_id) for order_id in (ONE, TWO)]
        found: set[int] = set()
        for wreck in self._wrecks(before, lambda book: act(book, ONE)):
            there = kept(wreck.store, ONE)
            assert len(there.entries) in entries, f"{wreck.when}: {len(there.entries)} entries, expected {entries}"
            found.add(len(there.entries))
            if there != NOTHING:
                no_gaps(there, wreck.when)
            look(wreck)
            assert [] == [*verify(wreck.store)], wreck.when
            again = act(book_on(wreck.store), ONE)
            assert not answered or answer == again, f"{wreck.when}: done again, it is answered otherwise"
            now = [kept(wreck.store, order_id) for order_id in (ONE, TWO)]
            assert expected == now, f"{wreck.when}: done again, it is not as if nothing had happened"
            assert [] == [*verify(wreck.store)], wreck.when
        assert entries == found, "no process died before it was stored, or none after that"

    def _wrecks(self, before: Sequence[Act], do: Callable[[OrderBook], object]) -> Iterator["Wreck"]:
        """What processes leave that die at their first call, at their second, and so on until one survives."""
        for after in (False, True):
            for last in count(1):
                store = self.opened()
                book = book_on(store)
                for each in before:
                    each(book, ONE)
                try:
                    do(book.on(CrashingStore(store, last, after=after)))
                except Crash as crash:
                    when = f"crashed {'after' if after else 'before'} call {last}, {crash}"
                    yield Wreck(self.seen_by_others(store), when)
                else:
                    break


def _places_two(book: OrderBook, order_id: str) -> object:
    return said(book.submit(TWO, placing("k1")))


def work(book: OrderBook, now: datetime, had: list[tuple[str, int]]) -> None:
    """Have a worker do all that there is to do, and note what it delivers."""
    worker = Worker(
        book, {Effect: lambda delivery: had.append((delivery.order_id, delivery.seq))}, clock=Clock(now), lease=LEASE
    )
    for _ in range(ROUNDS):
        if worker.round().idle:
            return
    raise AssertionError(f"the worker still has something to do after {ROUNDS} rounds: {had}")
