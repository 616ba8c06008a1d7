"""An `AsyncOrderBook` in the shape of an `OrderBook`, so that the same tests run on both."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from copy import copy
from inspect import isasyncgenfunction, iscoroutinefunction
from threading import Thread
from typing import Any, Self

from orderfsm.async_book import AsyncOrderBook
from orderfsm.book import OrderBook


class Driven(OrderBook):
    """Drives an `AsyncOrderBook` from any thread: its methods run on an event loop, in a thread of its own."""

    def __init__(self, twin: AsyncOrderBook) -> None:
        self.__dict__.update(vars(twin.book))
        self._twin = twin
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever)
        self._thread.start()

    def __getattribute__(self, name: str) -> Any:
        method = getattr(AsyncOrderBook, name, None)
        if name != "close" and iscoroutinefunction(method):
            return lambda *args, **kwargs: self._run(method(self._twin, *args, **kwargs))
        if isasyncgenfunction(method):
            return lambda *args: iter(self._run(_listed(method, self._twin, *args)))
        return super().__getattribute__(name)

    def _run(self, awaited: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(awaited, self._loop).result()

    def without_delivery(self) -> Self:
        inner = copy(self)
        inner._twin = self._twin.without_delivery()
        inner.__dict__.update(vars(inner._twin.book))
        return inner

    def close(self) -> None:
        self._run(self._twin.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _listed(method: Callable[..., AsyncIterator[Any]], *args: Any) -> list[Any]:
    return [each async for each in method(*args)]
