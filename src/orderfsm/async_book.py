"""The order book for asyncio: the same methods, awaited.

The same code runs, in threads: an input takes a fraction of a millisecond of Python and waits for the database
otherwise, so threads cost nothing that matters, and there is one path of code to trust.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from copy import copy
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, TypeVar

from orderfsm.book import OrderBook
from orderfsm.machine import OrderMachine
from orderfsm.store import Store
from orderfsm.store.sessions import Rows

P = ParamSpec("P")
T = TypeVar("T")

Caller = Callable[[Callable[[OrderBook], Any]], Awaitable[Any]]
"""How something is done with the book elsewhere than on the event loop."""


def _awaited(
    method: Callable[Concatenate[OrderBook, P], T],
) -> "Callable[Concatenate[AsyncOrderBook, P], Awaitable[T]]":
    async def call(book: "AsyncOrderBook", /, *args: P.args, **kwargs: P.kwargs) -> T:
        found: T = await book._call(lambda inner: method(inner, *args, **kwargs))  # pyright: ignore[reportPrivateUsage]
        return found

    update_wrapper(call, method)
    return call


class AsyncOrderBook:
    """An `OrderBook` whose methods are awaited.

    Args:
        store, machine: as for `OrderBook`; or an `OrderBook` itself.
    """

    def __init__(self, store: str | Store | OrderBook, machine: OrderMachine | None = None) -> None:
        self.book = store if isinstance(store, OrderBook) else OrderBook(store, machine)
        self._call: Caller = self._in_a_thread

    async def _in_a_thread(self, do: Callable[[OrderBook], T]) -> T:
        return await asyncio.to_thread(do, self.book)

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
    close = _awaited(OrderBook.close)

    def within(self, connection: Any) -> "AsyncOrderBook":
        """The same book inside a transaction of the host's.

        Args:
            connection: an open transaction: an asynchronous connection or session of SQLAlchemy, or an
                asynchronous connection of psycopg.

        Raises:
            TypeError: this is no such connection.
        """
        inner = copy(self)
        if hasattr(connection, "run_sync"):
            inner._call = lambda do: _on_sqlalchemy(self.book, connection, do)
        elif type(connection).__module__.partition(".")[0] == "psycopg" and hasattr(connection, "cursor"):
            inner._call = lambda do: _on_psycopg(self.book, connection, do)
        else:
            expected = "an asynchronous connection or session of SQLAlchemy, or one of psycopg"
            raise TypeError(f"within() takes {expected}, not {type(connection).__name__}")
        return inner

    async def __aenter__(self) -> "AsyncOrderBook":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


async def _on_sqlalchemy(book: OrderBook, connection: Any, do: Callable[[OrderBook], T]) -> T:
    """Run the book where SQLAlchemy lets code run that does not await."""

    def run(given: Any) -> T:
        return do(book.within(given))

    found: T = await connection.run_sync(run)
    return found


async def _on_psycopg(book: OrderBook, connection: Any, do: Callable[[OrderBook], T]) -> T:
    """Run the book in a thread, and its statements on the loop to which the connection belongs."""
    from orderfsm.store.hosting import host_statements

    loop = asyncio.get_running_loop()

    async def execute(statement: str, values: Sequence[object]) -> Rows:
        from psycopg.rows import tuple_row

        async with connection.cursor(row_factory=tuple_row) as cursor:
            await cursor.execute(statement, values)
            return await cursor.fetchall() if cursor.description else []

    def run(statement: str, values: Sequence[object]) -> Rows:
        return asyncio.run_coroutine_threadsafe(execute(statement, values), loop).result()

    return await asyncio.to_thread(lambda: do(book.on(host_statements(connection, run))))
