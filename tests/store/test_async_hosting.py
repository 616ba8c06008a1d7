"""The asynchronous book within a host's own transaction."""

import asyncio
import sys
from contextvars import ContextVar
from typing import Any

import psycopg
import pytest
import sqlalchemy
from sqlalchemy.ext.asyncio import create_async_engine

from orderfsm import CUSTOMER_SERVICE, ApproveCancellation, OrderMachine, RequestCancellation
from orderfsm.async_book import THREADS, AsyncOrderBook
from orderfsm.book import OrderBook
from orderfsm.errors import ConcurrentChange, NoTransaction, SchemaMismatch, StoreError
from orderfsm.guards import HostGuard
from tests.store.async_hosts import (
    ASYNC_HOSTS,
    AsyncHost,
    awaiting,
    faultless,
    note,
    notes,
    outcomes,
    psycopg_implicit,
    sqlalchemy_connection,
    until,
    waiting,
)
from tests.store.hosts import Regret, engine_url, make_notes
from tests.store.story import HOUR, NOON, cancel, paid, place

APPROVED = ApproveCancellation(lines="all", by=CUSTOMER_SERVICE, at=NOON + 2 * HOUR, id="ok")


@pytest.fixture(params=ASYNC_HOSTS)
def hosted(request: pytest.FixtureRequest) -> tuple[str, AsyncHost]:
    """The database and the manner of each asynchronous host in turn."""
    kind, begin = ASYNC_HOSTS[request.param]
    url: str = request.getfixturevalue(kind)
    make_notes(url)
    return url, begin


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database, of each kind in turn."""
    found: str = request.getfixturevalue(request.param)
    return found


# --- within a host's transaction -------------------------------------------------------------------------


def test_rows_are_committed_together(hosted: tuple[str, AsyncHost]) -> None:
    """A row of the host's, two inputs and a refusal are there after the commit, and not before."""
    url, begin = hosted

    async def play() -> None:
        async with AsyncOrderBook(url) as book:
            async with begin(url) as connection:
                inner = book.within(connection)
                await note(connection, "kept")
                await inner.place("1001", place())
                first = await inner.submit("1001", cancel("k1"))
                again = await inner.submit("1001", cancel("k1"))
                await inner.submit("1001", paid())
                assert ("refused", first.reasons) == (again.outcome, again.reasons)
                assert ([], []) == (await outcomes(book), notes(url))
            assert (["accepted", "refused", "accepted"], ["kept"]) == (await outcomes(book), notes(url))

    asyncio.run(play())
    assert faultless(url)


def test_rows_are_rolled_back_together(hosted: tuple[str, AsyncHost]) -> None:
    """Neither the host's row nor ours is there after a rollback, and the policy is kept the next time."""
    url, begin = hosted

    async def play() -> None:
        async with AsyncOrderBook(url) as book:
            with pytest.raises(Regret):
                async with begin(url) as connection:
                    await note(connection, "never")
                    await book.within(connection).place("1001", place())
                    raise Regret
            assert ([], []) == (await outcomes(book), notes(url))
            async with begin(url) as connection:
                await book.within(connection).place("1001", place())

    asyncio.run(play())
    assert faultless(url)


def test_a_savepoint_takes_our_rows_with_it(hosted: tuple[str, AsyncHost]) -> None:
    """What was submitted since the host's savepoint is gone with it."""
    url, begin = hosted

    async def play() -> None:
        async with AsyncOrderBook(url) as book:
            async with begin(url) as connection:
                inner = book.within(connection)
                await inner.place("1001", place())
                with pytest.raises(Regret):
                    nested = getattr(connection, "begin_nested", None) or connection.transaction
                    async with nested():
                        await inner.submit("1001", paid())
                        raise Regret
            assert ["accepted"] == await outcomes(book)

    asyncio.run(play())
    assert faultless(url)


def test_a_transaction_that_sees_the_past_is_told_so(postgres: str) -> None:
    """A host that reads repeatably is told to begin anew, with psycopg and with SQLAlchemy, and then succeeds."""

    async def play(begin: AsyncHost, order_id: str) -> None:
        async with AsyncOrderBook(postgres) as book:
            await book.submit_many([(order_id, place()), (order_id, paid())])
            for approved in (False, True):
                told = False
                try:
                    async with begin(postgres) as connection:
                        repeatable: Any = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"
                        seen: Any = "SELECT 1 FROM notes"
                        if begin is sqlalchemy_connection:
                            repeatable, seen = sqlalchemy.text(repeatable), sqlalchemy.text(seen)
                        await connection.execute(repeatable)
                        await connection.execute(seen)
                        if not approved:
                            await book.submit(order_id, cancel("k1"))
                        assert "accepted" == (await book.within(connection).submit(order_id, APPROVED)).outcome
                except ConcurrentChange:
                    told = True
                assert approved is not told

    make_notes(postgres)
    asyncio.run(play(psycopg_implicit, "1001"))
    asyncio.run(play(sqlalchemy_connection, "1002"))
    assert faultless(postgres)


def test_a_task_that_is_cancelled_within_says_nothing_more(postgres: str) -> None:
    """A task that is cancelled while the database has it wait leaves nothing behind on the host's connection."""

    async def play(begin: AsyncHost) -> None:
        async with AsyncOrderBook(postgres) as book:
            before = await outcomes(book)
            async with begin(postgres) as other:
                await book.within(other).submit("1001", cancel())
                async with await psycopg.AsyncConnection.connect(postgres) as connection:
                    inner = book.within(connection)
                    await inner.place("1002", place())
                    task = asyncio.ensure_future(inner.submit("1001", cancel("k2")))
                    await until(lambda: 1 == waiting(postgres))
                    task.cancel()
                    with pytest.raises(asyncio.CancelledError):
                        await task
                    await connection.rollback()
                    await inner.place("1003", place())
            assert len(before) + 1 == len(await outcomes(book))
            assert ([], ["accepted"]) == (await outcomes(book, "1002"), (await outcomes(book, "1003"))[:1])

    with OrderBook(postgres) as book:
        book.submit_many([("1001", place()), ("1001", paid())])
    asyncio.run(play(psycopg_implicit))
    assert faultless(postgres)


def test_one_who_holds_a_lock_is_never_kept_from_going_on(postgres: str) -> None:
    """However many wait for the order that a host's transaction has, inside and outside, that one can go on."""

    async def join(book: AsyncOrderBook, connection: Any, key: str) -> None:
        async with connection:
            await book.within(connection).submit("1001", cancel(key))

    async def play() -> None:
        async with AsyncOrderBook(postgres) as book:
            for order in ("1001", "1002"):
                await book.submit_many([(order, place()), (order, paid())])
            async with await psycopg.AsyncConnection.connect(postgres) as holder:
                inner = book.within(holder)
                await inner.submit("1001", cancel())
                connections = [await psycopg.AsyncConnection.connect(postgres) for _ in range(20)]
                inside = [join(book, each, f"i{number}") for number, each in enumerate(connections)]
                outside = [book.submit("1001", cancel(f"o{number}")) for number in range(THREADS + 4)]
                tasks = [asyncio.ensure_future(each) for each in (*inside, *outside)]
                await until(lambda: waiting(postgres) == 20 + THREADS)
                await inner.submit("1002", cancel())
                assert not any(task.done() for task in tasks)
            await asyncio.gather(*tasks)
            assert 3 + 20 + THREADS + 4 == len(await outcomes(book))

    asyncio.run(play())
    assert faultless(postgres)


def test_calls_on_one_connection_take_turns(postgres: str) -> None:
    """Two calls at once within one transaction are carried out one after the other."""

    async def play() -> None:
        async with AsyncOrderBook(postgres) as book:
            async with await psycopg.AsyncConnection.connect(postgres) as connection:
                inner = book.within(connection)
                await asyncio.gather(*(inner.place(f"{number}", place()) for number in range(6)))
                await asyncio.gather(*(inner.submit("1", paid(f"p{number}")) for number in range(4)))
            assert 5 == len(await outcomes(book, "1"))

    asyncio.run(play())
    assert faultless(postgres)


def test_a_loop_that_is_closed_within_a_transaction(postgres: str) -> None:
    """Nothing hangs and nothing is stored where the loop ends while the database has a statement."""
    with OrderBook(postgres) as other, psycopg.connect(postgres) as holder:
        other.submit_many([("1001", place()), ("1001", paid())])
        other.within(holder).submit("1001", cancel())
        loop = asyncio.new_event_loop()
        book = AsyncOrderBook(other)
        connection = loop.run_until_complete(psycopg.AsyncConnection.connect(postgres))
        within = book.within(connection).submit("1001", cancel("k2"))
        task = loop.create_task(awaiting(within))
        loop.run_until_complete(until(lambda: 1 == waiting(postgres)))
        task.get_coro().close()
        connection.pgconn.finish()
        task.cancel()
        loop.run_until_complete(asyncio.wait([task]))
        loop.close()
        holder.rollback()
        assert 2 == len(other.history("1001"))
        asyncio.run(book.close())


def test_a_hosts_rules_see_its_context(postgres: str) -> None:
    """Context variables of the task are there where a host's own rule is asked, on every way."""
    tenant: ContextVar[str] = ContextVar("tenant", default="nobody")
    seen: list[str] = []

    def looks(*_: object) -> bool:
        seen.append(tenant.get())
        return True

    rule = HostGuard(code="looks", on=[RequestCancellation], sentence="No.", holds=looks)

    async def play() -> None:
        async with AsyncOrderBook(postgres, OrderMachine(guards=[rule])) as book:
            await book.submit_many([("1001", place()), ("1001", paid())])
            tenant.set("outside")
            await book.decide("1001", cancel())
            for begin in (psycopg_implicit, sqlalchemy_connection):
                tenant.set(begin.__name__)
                async with begin(postgres) as connection:
                    await book.within(connection).decide("1001", cancel())

    asyncio.run(play())
    assert ["outside", "psycopg_implicit", "sqlalchemy_connection"] == [*dict.fromkeys(seen)]


# --- what cannot be used ---------------------------------------------------------------------------------


def test_without_a_transaction(url: str) -> None:
    """Asynchronous connections that commit by themselves are refused when something is asked of them."""

    async def play() -> None:
        async with AsyncOrderBook(url) as book:
            name = engine_url(url).replace("sqlite:", "sqlite+aiosqlite:")
            engine = create_async_engine(name, isolation_level="AUTOCOMMIT")
            async with engine.connect() as connection:
                with pytest.raises(NoTransaction):
                    await book.within(connection).place("1001", place())
            await engine.dispose()
            if url.startswith("postgresql"):
                async with await psycopg.AsyncConnection.connect(url, autocommit=True) as other:
                    with pytest.raises(NoTransaction):
                        await book.within(other).place("1001", place())
            assert [] == await outcomes(book)

    asyncio.run(play())


def test_tables_that_are_missing(sqlite: str, postgres_url: str) -> None:
    """A database without our tables is told, with what is to be done."""

    async def play() -> None:
        async with AsyncOrderBook(sqlite) as book, psycopg_implicit(postgres_url) as connection:
            with pytest.raises(SchemaMismatch, match="migrate"):
                await book.within(connection).get("1001")

    asyncio.run(play())


def test_what_is_no_asynchronous_connection(sqlite: str, postgres: str) -> None:
    """A synchronous connection, an engine or a URL is told what is expected."""
    book = AsyncOrderBook(sqlite)
    with psycopg.connect(postgres) as connection:
        for given in (connection, sqlite, None, sqlalchemy.create_engine(sqlite)):
            with pytest.raises(TypeError, match="within\\(\\) takes an asynchronous connection"):
                book.within(given)
    asyncio.run(book.close())


def test_psycopg_needs_greenlet(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where greenlet is missing, how to get it is said."""

    async def play() -> None:
        async with AsyncOrderBook(postgres) as book, psycopg_implicit(postgres) as connection:
            monkeypatch.setitem(sys.modules, "greenlet", None)
            with pytest.raises(StoreError, match="pip install 'orderfsm\\[async\\]'"):
                book.within(connection)

    asyncio.run(play())
