"""Stores for the tests, and a server for every process that runs them, started when the first test asks for it."""

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from orderfsm.async_book import AsyncOrderBook
from orderfsm.book import OrderBook, migrate
from tests.store import NOT_TESTED
from tests.store.driven import Driven
from tests.store.hosts import HOSTS, Host, make_notes
from tests.store.server import NoServer, PostgresServer


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The server; without one, continuous integration fails and everyone else is told at the end."""
    server, why = PostgresServer(), None
    try:
        server.start()
    except NoServer as reason:
        why = f"{NOT_TESTED}{reason}"
    if why is not None and os.environ.get("CI"):
        pytest.fail(why, pytrace=False)
    if why is not None:
        pytest.skip(why)
    yield server
    server.stop()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of an empty database, which is dropped after the test."""
    url = postgres_server.new_database()
    yield url
    postgres_server.drop_database(url)


@pytest.fixture(scope="session")
def _migrated_postgres(postgres_server: PostgresServer) -> str:
    url = postgres_server.new_database()
    migrate(url)
    return url


@pytest.fixture
def postgres(_migrated_postgres: str) -> str:
    """The URL of a migrated database without any rows. It is shared by tests, one after the other."""
    with psycopg.connect(_migrated_postgres, autocommit=True) as connection:
        connection.execute(
            "TRUNCATE orderfsm_orders, orderfsm_journal, orderfsm_outbox, orderfsm_policies, orderfsm_bookmarks"
        )
    return _migrated_postgres


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    """The URL of a migrated SQLite file without any rows."""
    url = f"sqlite:///{tmp_path}/orders.db"
    migrate(url)
    return url


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def db(request: pytest.FixtureRequest) -> str:
    """The URL of an empty store, of each kind in turn."""
    if request.param == "memory":
        return "memory://"
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture(params=["sync", "async"])
def book(db: str, request: pytest.FixtureRequest) -> Iterator[OrderBook]:
    """An empty book, on each kind of store in turn; and once more as its asynchronous twin."""
    with OrderBook(db) as book:
        if request.param == "async":
            with Driven(AsyncOrderBook(book)) as driven:
                yield driven
        else:
            yield book


@pytest.fixture(params=HOSTS)
def host(request: pytest.FixtureRequest) -> Iterator[Host]:
    """A host with a table of its own beside the book's, of each kind in turn."""
    kind, make = HOSTS[request.param]
    url: str = request.getfixturevalue(kind)
    make_notes(url)
    yield from make(url)
