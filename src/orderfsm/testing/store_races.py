"""The store contract, on races: whatever order the calls of two writers come in, it is as if one had come first.

Two books submit to one order. Every interleaving of their calls to the store is played, on an order of its own,
and each must leave the rows and give the answers that one of the two sequential orders gives in memory.
"""

from collections.abc import Callable, Sequence
from threading import Thread
from typing import TypeVar

from orderfsm.book import OrderBook
from orderfsm.inputs import Input
from orderfsm.store import MemoryStore, Store
from orderfsm.testing.interleaving import Gate, Task, interleavings
from orderfsm.testing.store_case import Kept, StoreCase, kept
from orderfsm.testing.store_stories import (
    HOUR,
    Act,
    book_on,
    cancelling,
    dispatching,
    paying,
    placing,
    submits,
    submits_all,
    sweeps,
    ticks,
)
from orderfsm.testing.store_watching import WatchedStore
from orderfsm.verifying import verify

T = TypeVar("T")

PLACED = (placing(),)
PAID = (placing(), paying())
THREADS, INPUTS = 4, 8


class SteppedStore(WatchedStore):
    """Stops at a gate before every call."""

    def __init__(self, store: Store, gate: Gate) -> None:
        super().__init__(store)
        self._gate = gate

    def around(self, name: str, call: Callable[[], T]) -> T:
        """Stop, then do it."""
        self._gate()
        return call()


class RacesContract(StoreCase):
    """Two submissions to one order, in every interleaving; and several at once, as it happens."""

    def test_two_different_commands(self) -> None:
        """Both take effect, or the second is decided on what the first has left; nothing is refunded twice."""
        self._race(PAID, submits(cancelling("k1")), submits(cancelling("k2", lines=["pot"])))
        self._race(PAID, submits(cancelling(lines=["mug"])), submits(cancelling(lines=["pot"])))

    def test_the_same_id_twice(self) -> None:
        """It takes effect once, and both get the same answer."""
        again = submits(cancelling("k"))
        for answers, found in self._race(PAID, again, again):
            assert answers[0] == answers[1]
            assert [0] == [entry.reuse for entry in found.entries if entry.input_id == "k"]

    def test_the_same_id_for_two_things(self) -> None:
        """One of them was the first; the other is refused, and both are kept."""
        self._race(PAID, submits(cancelling("k", lines=["mug"])), submits(cancelling("k", lines=["pot"])))

    def test_two_payments(self) -> None:
        """The order is paid once; what came in beside it is an anomaly that nobody overlooks."""
        self._race(PLACED, submits(paying("k1")), submits(paying("k2", payment="p2")))
        self._race(PLACED, submits(paying()), submits(paying()))

    def test_placing_twice(self) -> None:
        """The order is placed once, by one of them."""
        self._race((), submits(placing()), submits(placing(customer="bob")))
        self._race((), submits(placing("k")), submits(placing("k")))

    def test_placing_against_a_payment(self) -> None:
        """A fact that is there before its order is not lost."""
        self._race((), submits(placing("k1")), submits(paying("k2")))

    def test_a_cancellation_against_a_dispatch(self) -> None:
        """Either the goods have left and the customer is told so, or the dispatch of cancelled goods is an anomaly."""
        self._race(PAID, submits(cancelling("k1")), submits(dispatching("k2")))

    def test_time_against_a_payment(self) -> None:
        """The order is closed unpaid once, and a payment that comes in then is paid back once."""
        late = submits(paying("k", at=100 * HOUR, late=100 * HOUR))
        self._race(PLACED, ticks, late)
        self._race(PLACED, sweeps, late)
        self._race(PLACED, sweeps, submits(paying("k", at=HOUR, late=100 * HOUR)))

    def test_time_against_time(self) -> None:
        """Each deadline fires once, whoever sees to it."""
        self._race(PLACED, ticks, ticks)
        self._race(PLACED, ticks, sweeps)
        self._race(PLACED, sweeps, sweeps)

    def test_a_batch_against_a_command(self) -> None:
        """The batch is decided anew as a whole, on what the command has left."""
        batch = submits_all(paying("k1"), cancelling("k2", lines=["mug"]))
        self._race(PLACED, batch, submits(cancelling("k3")))
        self._race(PLACED, batch, submits(cancelling("k2", lines=["mug"])))
        self._race(PLACED, batch, batch)

    def test_several_at_once(self) -> None:
        """Threads that nobody holds back: every input is kept once, and the journal follows from itself."""
        store = self.opened()
        book_on(store).submit_many([("1001", input) for input in PAID])
        faults: list[BaseException] = []

        def write(number: int, book: OrderBook) -> None:
            try:
                for turn in range(INPUTS):
                    book.submit("1001", _said_at_once(number, turn))
            except BaseException as fault:
                faults.append(fault)

        books = [book_on(self.seen_by_others(store)) for _ in range(THREADS)]
        threads = [Thread(target=write, args=pair, daemon=True) for pair in enumerate(books)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [] == faults
        expected = {_said_at_once(number, turn).id for number in range(THREADS) for turn in range(INPUTS)}
        entries = kept(store, "1001").entries
        assert expected == {entry.input_id for entry in entries[2:]}, "an input that was answered is not in the journal"
        assert [*range(1, len(entries) + 1)] == [entry.seq for entry in entries]
        assert len(PAID) + len(expected) == len(entries), "an input is in the journal twice"
        assert [] == [*verify(store)]

    # --- how a race is run -------------------------------------------------------------------------------

    def _race(self, before: Sequence[Input], first: Act, second: Act) -> list[tuple[Sequence[object], Kept]]:
        """Play every interleaving of two acts, and check that it is one of the sequential orders.

        Returns:
            The answers and the rows of each.
        """
        store = self.opened()
        books = [book_on(store), book_on(self.seen_by_others(store))]
        outcomes: list[tuple[Sequence[object], Kept]] = []

        def order_id() -> str:
            return f"race-{len(outcomes) + 1}"

        def task(book: OrderBook, act: Act) -> Task:
            return lambda gate: act(book.on(SteppedStore(book.store, gate)), order_id())

        def tasks() -> list[Task]:
            for input in before:
                books[0].submit(order_id(), input)
            return [task(book, act) for book, act in zip(books, (first, second), strict=True)]

        for schedule in interleavings(tasks):
            found = kept(books[1].store, order_id())
            no_gaps(found, f"after {schedule}")
            expected = [_one_by_one(before, order_id(), first, second, turns) for turns in ((0, 1), (1, 0))]
            assert (schedule.results, found) in expected, (
                f"after {schedule}: this is neither what A before B gives, nor what B before A gives:"
                f"\n{schedule.results}\n{found}\nA before B:\n{expected[0]}\nB before A:\n{expected[1]}"
            )
            outcomes.append((schedule.results, found))
        assert [] == [*verify(store)]
        return outcomes


def no_gaps(found: Kept, when: str) -> None:
    """Check that entries and letters are counted from 1, and that the snapshot has seen them all."""
    assert found.snapshot is not None
    seqs, letters = [entry.seq for entry in found.entries], [letter.seq for letter in found.letters]
    assert [*range(1, found.snapshot.revision + 1)] == seqs, f"{when}: {found.snapshot.revision} entries, found {seqs}"
    assert [*range(1, found.snapshot.letters + 1)] == letters, (
        f"{when}: {found.snapshot.letters} letters, found {letters}"
    )


def _one_by_one(
    before: Sequence[Input], order_id: str, first: Act, second: Act, turns: Sequence[int]
) -> tuple[tuple[object, ...], Kept]:
    """What the acts answer and leave in memory, one after the other."""
    book = book_on(MemoryStore())
    for input in before:
        book.submit(order_id, input)
    answers = {turn: (first, second)[turn](book, order_id) for turn in turns}
    return (answers[0], answers[1]), kept(book.store, order_id)


def _said_at_once(number: int, turn: int) -> Input:
    """What a thread says: every other input is one that all of them say."""
    if turn % 2:
        return cancelling(f"all-{turn}", lines=["mug"])
    return cancelling(f"{number}-{turn}", lines=["pot"] if turn else ["mug"])
