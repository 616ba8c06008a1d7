"""The order book for asyncio: the same methods, awaited.

The same code runs, so there is one path of code to trust: in threads of the book's own on its own connections,
for an input takes a fraction of a millisecond of Python and waits for the database otherwise.

Within a transaction of the host's there are no threads: it might hold the lock for which all of them wait. There
the code runs on the event loop, in a greenlet that is left wherever the database is awaited, as SQLAlchemy does.
So a task that is cancelled leaves off where it is, and says nothing more on a connection that is rolled back.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from copy import copy
from functools import partial, update_wrapper
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from orderfsm.book import OrderBook
from orderfsm.errors import StoreError
from orderfsm.history import Recorded
from orderfsm.machine import OrderMachine
from orderfsm.store import Store
from orderfsm.store.sessions import Rows

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 16
"""How many calls are on their way to the database at once, each on a connection of its own; others wait for them."""

Caller = Callable[[OrderBook, Callable[[OrderBook], Any]], Awaitable[Any]]
"""How something is done with a book while the event loop goes on."""


def _awaited(
    method: Callable[Concatenate[OrderBook, P], T],
) -> "Callable[Concatenate[AsyncOrderBook, P], Coroutine[Any, Any, T]]":
    async def call(book: "AsyncOrderBook", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await book._do(lambda inner: method(inner, *args, **kwargs))  # pyright: ignore[reportPrivateUsage]

    update_wrapper(call, method)
    return call


class AsyncOrderBook:
    """An `OrderBook` whose methods are awaited.

    A task that is cancelled while it waits stops waiting; its input may take effect nevertheless, and then as a
    whole. Under the same id it can be submitted again.

    Args:
        store, machine: as for `OrderBook`; or an `OrderBook` itself.
        threads: how many calls are on their way to the database at once.
    """

    def __init__(
        self, store: str | Store | OrderBook, machine: OrderMachine | None = None, *, threads: int = THREADS
    ) -> None:
        self.book = store if isinstance(store, OrderBook) else OrderBook(store, machine)
        self._threads = ThreadPoolExecutor(threads, "orderfsm")
        self._owner = True
        self._closed = False
        self._call: Caller = self._in_a_thread

    async def _do(self, do: Callable[[OrderBook], T]) -> T:
        found: T = await self._call(self.book, do)
        return found

    async def _in_a_thread(self, book: OrderBook, do: Callable[[OrderBook], T]) -> T:
        if self._closed:
            raise StoreError("the book has been closed")
        context = copy_context()  # a host's own rules may look at its variables
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: context.run(do, book))

    @property
    def machine(self) -> OrderMachine:
        """What decides."""
        return self.book.machine

    submit = _awaited(OrderBook.submit)
    submit_many = _awaited(OrderBook.submit_many)
    place = _awaited(OrderBook.place)
    decide = _awaited(OrderBook.decide)
    tick = _awaited(OrderBook.tick)
    fire_due = _awaited(OrderBook.fire_due)
    reschedule = _awaited(OrderBook.reschedule)
    get = _awaited(OrderBook.get)
    actions = _awaited(OrderBook.actions)
    history = _awaited(OrderBook.history)
    orders_of = _awaited(OrderBook.orders_of)
    cancelled_orders = _awaited(OrderBook.cancelled_orders)
    due = _awaited(OrderBook.due)
    overdue = _awaited(OrderBook.overdue)
    anomalies = _awaited(OrderBook.anomalies)
    dead_letters = _awaited(OrderBook.dead_letters)
    retry = _awaited(OrderBook.retry)
    drop = _awaited(OrderBook.drop)

    async def whole_history(self, order_id: str) -> AsyncIterator[Recorded]:
        """The history of an order from the beginning to the end, read page by page."""
        after: str | None = None
        while True:
            page = await self.history(order_id, after=after)
            for entry in page:
                yield entry
            after = page.next
            if after is None:
                return

    def within(self, connection: Any) -> Self:
        """The same book inside a transaction of the host's.

        Args:
            connection: an open transaction on the same database: an asynchronous connection or session of
                SQLAlchemy, or an asynchronous connection of psycopg.

        Raises:
            TypeError: this is no such connection.
            StoreError: greenlet is missing.
        """
        inner = self._copy()
        if hasattr(connection, "run_sync"):
            inner._call = partial(_on_sqlalchemy, connection)
        elif type(connection).__module__.partition(".")[0] == "psycopg" and hasattr(connection, "__aenter__"):
            inner._call = _OnPsycopg(connection)
        else:
            expected = "an asynchronous connection or session of SQLAlchemy, or one of psycopg"
            raise TypeError(f"within() takes {expected}, not {type(connection).__name__}")
        return inner

    def without_delivery(self) -> Self:
        """The same book, for what the world was told long ago: effects are kept as delivered already."""
        inner = self._copy()
        inner.book = self.book.without_delivery()
        return inner

    def _copy(self) -> Self:
        inner = copy(self)
        inner._owner = False
        return inner

    async def close(self) -> None:
        """Wait for what is on its way, and close the connections that are open. A copy has none of its own."""
        if not self._owner:
            return
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(None, self._threads.shutdown)
        self.book.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


# --- within a transaction of the host's ------------------------------------------------------------------


async def _on_sqlalchemy(connection: Any, book: OrderBook, do: Callable[[OrderBook], T]) -> T:
    """Run the book where SQLAlchemy lets code run that does not await."""

    def run(given: Any) -> T:
        return do(book.within(given))

    found: T = await connection.run_sync(run)
    return found


class _OnPsycopg:
    """Runs the book in a greenlet, and its statements in the task that calls, one call after the other."""

    def __init__(self, connection: Any) -> None:
        try:
            from greenlet import greenlet
        except ImportError as missing:
            raise StoreError("psycopg's AsyncConnection needs greenlet: pip install 'orderfsm[async]'") from missing
        self._connection = connection
        self._greenlet = greenlet
        self._turn = asyncio.Lock()

    async def __call__(self, book: OrderBook, do: Callable[[OrderBook], T]) -> T:
        from greenlet import getcurrent

        from orderfsm.store.hosting import host_statements

        async with self._turn:
            task: Any = getcurrent()

            def run(statement: str, values: Sequence[object]) -> Rows:
                rows: Rows = task.switch((statement, values))
                return rows

            def work() -> T:
                book.look_for_policy()  # on the loop, but only until the first transaction is committed
                return do(book.on(host_statements(self._connection, run)))

            working = self._greenlet(work)
            working.gr_context = task.gr_context  # what the task has in its context variables
            given: Any = working.switch()
            while not working.dead:
                try:
                    rows = await self._execute(*given)
                except BaseException as fault:
                    given = working.throw(fault)
                else:
                    given = working.switch(rows)
            found: T = given
            return found

    async def _execute(self, statement: str, values: Sequence[object]) -> Rows:
        from psycopg.rows import tuple_row

        async with self._connection.cursor(row_factory=tuple_row) as cursor:
            await cursor.execute(statement, values)
            return await cursor.fetchall() if cursor.description else []
