"""What is the asynchronous book's own: many inputs at once, and tasks that are cancelled.

Everything else is tested with the book: its tests run on both.
"""

import asyncio
from inspect import iscoroutinefunction
from threading import Event

import pytest

from orderfsm.async_book import AsyncOrderBook
from orderfsm.book import OrderBook
from orderfsm.records import Batch
from tests.store.async_hosts import awaiting, faultless, outcomes, until
from tests.store.story import cancel, paid, place


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database, of each kind in turn."""
    found: str = request.getfixturevalue(request.param)
    return found


# --- a twin ----------------------------------------------------------------------------------------------


def test_it_has_every_method_of_the_book() -> None:
    """What an `OrderBook` can be asked, its twin can be asked too."""
    ours = {name for name in dir(OrderBook) if not name.startswith("_")} - {"on", "look_for_policy"}
    assert ours == {name for name in dir(AsyncOrderBook) if not name.startswith("_")} - {"machine"}
    assert iscoroutinefunction(AsyncOrderBook.submit)
    assert (OrderBook.submit.__doc__, "submit") == (AsyncOrderBook.submit.__doc__, AsyncOrderBook.submit.__name__)


def test_many_at_once(url: str) -> None:
    """Sixty inputs at the same moment, each of them twice, take effect once, one after the other for each order."""

    async def play() -> None:
        async with AsyncOrderBook(url) as book:
            orders = [f"{number}" for number in range(5)]
            await asyncio.gather(*(book.place(order, place(), id="place") for order in orders * 2))
            await asyncio.gather(*(book.submit(order, paid()) for order in orders * 2))
            sent = [(order, cancel(f"k{key}")) for order in orders for key in range(4)]
            decided = await asyncio.gather(*(book.submit(order, input) for order, input in sent * 2))
            assert 5 == sum(each.outcome == "accepted" for each in decided[:20])
            assert [each.outcome for each in decided[:20]] == [each.outcome for each in decided[20:]]
            for order in orders:
                assert 6 == len(await outcomes(book, order))

    asyncio.run(play())
    assert faultless(url)


# --- tasks that are cancelled ----------------------------------------------------------------------------


class Held:
    """Holds a book's writes up until they are let go."""

    def __init__(self, book: OrderBook) -> None:
        self.begun, self.let_go = Event(), Event()
        write = book.store.write

        def held(batch: Batch) -> bool:
            self.begun.set()
            assert self.let_go.wait(20)
            return write(batch)

        book.store.write = held  # type: ignore[method-assign]


def test_a_task_that_is_cancelled_leaves_something_whole(url: str) -> None:
    """The input of a task that is cancelled while it is stored is stored as a whole, and once, if sent again."""

    async def play() -> None:
        book = AsyncOrderBook(url)
        held = Held(book.book)
        task = asyncio.ensure_future(book.submit("1001", place(), id="k1"))
        await until(held.begun.is_set)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        held.let_go.set()
        assert "accepted" == (await book.submit("1001", place(), id="k1")).outcome
        assert ["accepted"] == await outcomes(book)
        await book.close()

    asyncio.run(play())
    assert faultless(url)


def test_closing_waits_for_what_is_on_its_way(sqlite: str) -> None:
    """An input whose task was cancelled is stored before the book is closed."""

    async def play() -> None:
        book = AsyncOrderBook(sqlite)
        held = Held(book.book)
        task = asyncio.ensure_future(book.submit("1001", place()))
        await until(held.begun.is_set)
        task.cancel()
        closing = asyncio.ensure_future(book.close())
        await asyncio.sleep(0.01)
        assert not closing.done()
        held.let_go.set()
        await closing

    asyncio.run(play())
    with OrderBook(sqlite) as book:
        assert 1 == len(book.history("1001"))


def test_a_loop_that_is_closed_in_the_middle(sqlite: str) -> None:
    """Where nobody waits any longer, not even a loop, what was being stored is stored, and nothing hangs."""
    loop = asyncio.new_event_loop()
    book = AsyncOrderBook(sqlite)
    held = Held(book.book)
    task = loop.create_task(awaiting(book.submit("1001", place())))
    loop.run_until_complete(until(held.begun.is_set))
    task.cancel()
    loop.run_until_complete(asyncio.wait([task]))
    loop.close()
    held.let_go.set()
    asyncio.run(book.close())
    with OrderBook(sqlite) as again:
        assert 1 == len(again.history("1001"))
