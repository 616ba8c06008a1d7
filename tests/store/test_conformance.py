"""Every store of ours keeps the contract of stores, also on connections of the host's."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any, TypeVar

import psycopg
import pytest

from orderfsm.errors import ConcurrentChange
from orderfsm.store import MemoryStore, Store, open_store
from orderfsm.store.hosting import host_store
from orderfsm.testing import StoreContract
from orderfsm.testing.store_watching import WatchedStore

TABLES = ("orders", "journal", "outbox", "policies", "bookmarks")
T = TypeVar("T")


class TestMemory(StoreContract):
    """The reference model."""

    def new_store(self) -> Store:
        """Nothing is shared with the store before."""
        return MemoryStore()


class OnDatabase(StoreContract):
    """A database for all of a test, emptied for each store; two stores on it, for opening one takes long."""

    connection: Any
    stores: dict[str, Store]

    def made(self) -> Store:
        """A store on the database."""
        raise NotImplementedError

    def new_store(self) -> Store:
        """The rows of the store before are gone."""
        empty(self.connection)
        return self._either("first")

    def reopened(self, store: Store) -> Store:
        """On connections of its own."""
        return self._either("second")

    def _either(self, which: str) -> Store:
        if which not in self.stores:
            self.stores[which] = self.made()
        return self.stores[which]


class TestSqlite(OnDatabase):
    """A file."""

    url: str

    @pytest.fixture(autouse=True)
    def _file(self, sqlite: str) -> Iterator[None]:
        self.url, self.stores = sqlite, {}
        with closing(sqlite3.connect(sqlite.removeprefix("sqlite:///"), isolation_level=None)) as self.connection:
            self.connection.execute("PRAGMA synchronous = OFF")
            yield

    def made(self) -> Store:
        """On the file."""
        return open_store(self.url)


class TestPostgres(OnDatabase):
    """A database on the server of the tests."""

    url: str

    @pytest.fixture(autouse=True)
    def _database(self, postgres: str) -> Iterator[None]:
        self.url, self.stores = postgres, {}
        with psycopg.connect(postgres, autocommit=True) as self.connection:
            yield

    def made(self) -> Store:
        """On the database."""
        return open_store(self.url)


# --- on connections of the host's ------------------------------------------------------------------------


class HostedStore(WatchedStore):
    """Every call in a transaction of the host's, which begins it anew where somebody else was faster."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        super().__init__(MemoryStore())
        self._connect = connect
        self._idle: list[Any] = []

    def around(self, name: str, call: Callable[[], T]) -> T:
        """A host's transaction: committed after the call, rolled back where it raises."""
        connection = self._idle.pop() if self._idle else self._connect()
        try:
            with connection if isinstance(connection, sqlite3.Connection) else connection.transaction():
                self.store = host_store(connection)
                return call()
        except ConcurrentChange:
            if name != "write":
                raise
            return False  # type: ignore[return-value]
        finally:
            self._idle.append(connection)

    def close(self) -> None:
        """Close the host's connections."""
        while self._idle:
            self._idle.pop().close()


class TestOnSqliteConnection(TestSqlite):
    """`sqlite3`, with its own transactions."""

    def made(self) -> Store:
        """On the host's connections."""
        return HostedStore(self._connect)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.url.removeprefix("sqlite:///"), check_same_thread=False, timeout=30)
        connection.execute("PRAGMA synchronous = OFF")  # the durability of SQLite is not what is tested here
        return connection


class TestOnPostgresConnection(TestPostgres):
    """psycopg, with the blocks that it has for transactions."""

    def made(self) -> Store:
        """On the host's connections."""
        return HostedStore(self._connect)

    def _connect(self) -> Any:
        return psycopg.connect(self.url, autocommit=True)


def empty(connection: Any) -> None:
    """Remove all rows; on few of them this is much faster than TRUNCATE."""
    for table in TABLES:
        connection.execute(f"DELETE FROM orderfsm_{table}")
