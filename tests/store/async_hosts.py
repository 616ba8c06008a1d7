"""Asynchronous hosts of the order book, as in `tests.store.hosts`, and what their tests ask."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import psycopg
import sqlalchemy
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from orderfsm.async_book import AsyncOrderBook
from orderfsm.book import OrderBook
from orderfsm.verifying import verify
from tests.store.hosts import direct, engine_url

AsyncHost = Callable[[str], AbstractAsyncContextManager[Any]]
"""Opens a transaction at a URL, commits at the end, and rolls back where the block raises."""


@asynccontextmanager
async def psycopg_implicit(url: str) -> AsyncIterator[Any]:
    """A connection on which psycopg begins transactions."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        yield connection


@asynccontextmanager
async def psycopg_transaction(url: str) -> AsyncIterator[Any]:
    """A connection that commits by itself, in a block of its own."""
    async with (
        await psycopg.AsyncConnection.connect(url, autocommit=True) as connection,
        connection.transaction(),
    ):
        yield connection


@asynccontextmanager
async def sqlalchemy_connection(url: str) -> AsyncIterator[Any]:
    """An asynchronous connection of SQLAlchemy's."""
    engine = create_async_engine(engine_url(url).replace("sqlite:", "sqlite+aiosqlite:"))
    try:
        async with engine.begin() as connection:
            yield connection
    finally:
        await engine.dispose()


@asynccontextmanager
async def sqlalchemy_session(url: str) -> AsyncIterator[Any]:
    """An asynchronous session of SQLAlchemy's."""
    engine = create_async_engine(engine_url(url).replace("sqlite:", "sqlite+aiosqlite:"))
    try:
        async with AsyncSession(engine) as session, session.begin():
            yield session
    finally:
        await engine.dispose()


ASYNC_HOSTS: dict[str, tuple[str, AsyncHost]] = {
    "psycopg-implicit": ("postgres", psycopg_implicit),
    "psycopg-transaction": ("postgres", psycopg_transaction),
    "connection-sqlite": ("sqlite", sqlalchemy_connection),
    "connection-postgres": ("postgres", sqlalchemy_connection),
    "session-sqlite": ("sqlite", sqlalchemy_session),
    "session-postgres": ("postgres", sqlalchemy_session),
}


# --- what is there --------------------------------------------------------------------------------------


async def note(connection: Any, text: str) -> None:
    """Write a row of the host's own."""
    statement: Any = f"INSERT INTO notes (note) VALUES ('{text}')"
    if not isinstance(connection, psycopg.AsyncConnection):
        statement = sqlalchemy.text(statement)
    await connection.execute(statement)


def notes(url: str) -> list[str]:
    """What the host has kept."""
    with direct(url) as connection:
        return [row[0] for row in connection.execute("SELECT note FROM notes").fetchall()]


def faultless(url: str) -> bool:
    """Whether what is stored follows from its journal."""
    with OrderBook(url) as book:
        return [] == [*verify(book.store)]


async def outcomes(book: AsyncOrderBook, order_id: str = "1001") -> list[str]:
    """What was decided about an order, in order."""
    return [entry.outcome async for entry in book.whole_history(order_id)]


async def until(condition: Callable[[], bool]) -> None:
    """Let others go on until something is so."""
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


async def awaiting(awaited: Awaitable[Any]) -> None:
    """An awaitable as a coroutine."""
    await awaited


def waiting(url: str) -> int:
    """How many sessions of a PostgreSQL database wait for a lock."""
    with direct(url) as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        found: int = connection.execute(query).fetchone()[0]
        return found
