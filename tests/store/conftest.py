"""A server for every process that runs tests, started when the first test asks for it; a database for every test."""

import os
from collections.abc import Iterator

import pytest

from tests.store import NOT_TESTED
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
