"""Every store of ours keeps the contract of stores, also on connections of the host's."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
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


class TestSqlite(StoreContract):
    """A file for all of a test, emptied for each store."""

    path: Path

    @pytest.fixture(autouse=True)
    def _file(self, sqlite: str) -> None:
        self.path = Path(sqlite.removeprefix("sqlite:///"))

    def new_store(self) -> Store:
        """The rows of the store before are gone."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            empty(connection)
        return open_store(f"sqlite:///{self.path}")

    def reopened(self, store: Store) -> Store:
        """On the same file."""
        return open_store(f"sqlite:///{self.path}")


class TestPostgres(StoreContract):
    """A database for all tests, emptied for each store."""

    url: str

    @pytest.fixture(autouse=True)
    def _database(self, postgres: str) -> None:
        self.url = postgres

    def new_store(self) -> Store:
        """The rows of the store before are gone."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            empty(connection)
        return open_store(self.url)

    def reopened(self, store: Store) -> Store:
        """On connections of its own."""
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
        for connection in self._idle:
            connection.close()


class TestOnSqliteConnection(TestSqlite):
    """`sqlite3`, with its own transactions."""

    def new_store(self) -> Store:
        """The rows of the store before are gone."""
        super().new_store().close()
        return HostedStore(self._connect)

    def reopened(self, store: Store) -> Store:
        """On connections of its own."""
        return HostedStore(self._connect)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, check_same_thread=False, timeout=30)
        connection.execute("PRAGMA synchronous = OFF")  # the durability of SQLite is not what is tested here
        return connection


class TestOnPostgresConnection(TestPostgres):
    """psycopg, with the blocks that it has for transactions."""

    def new_store(self) -> Store:
        """The rows of the store before are gone."""
        super().new_store().close()
        return HostedStore(self._connect)

    def reopened(self, store: Store) -> Store:
        """On connections of its own."""
        return HostedStore(self._connect)

    def _connect(self) -> Any:
        return psycopg.connect(self.url, autocommit=True)


def empty(connection: Any) -> None:
    """Remove all rows; on few of them this is much faster than TRUNCATE."""
    for table in TABLES:
        connection.execute(f"DELETE FROM orderfsm_{table}")
