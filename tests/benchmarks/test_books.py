"""The benchmark of the book runs, and no question reads a whole table; what it measures is read by people."""

from collections.abc import Iterator

import pytest

from orderfsm.book import migrate
from tests.benchmarks.books import DATABASES, compare, postgres_cycles, sqlite_cycles
from tests.benchmarks.crowd import QUESTIONS, Crowd, ask, fill
from tests.store.server import PostgresServer

CROWD = Crowd(5_000, due=50, anomalies=10)
READS_EVERYTHING = "what another policy computed"
"""The only question that does; a worker asks it once, when it starts."""


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def crowded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a book with some thousand open orders."""
    if request.param == "sqlite":
        yield _filled(f"sqlite:///{tmp_path_factory.mktemp('crowd')}/orders.db")
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.new_database()
    yield _filled(url)
    server.drop_database(url)


def _filled(url: str) -> str:
    migrate(url)
    fill(url, CROWD)
    return url


@pytest.mark.parametrize("question", [name for name in QUESTIONS if name != READS_EVERYTHING])
def test_no_question_reads_a_whole_table(crowded: str, question: str) -> None:
    """Each is answered by an index, from the plan that the database itself tells."""
    asked = ask(crowded, question, times=1)
    assert not asked.scans, "\n".join(asked.plan)


def test_a_scan_is_noticed(crowded: str) -> None:
    """The one question that does read everything is seen to do so."""
    assert ask(crowded, READS_EVERYTHING, times=1).scans


def test_questions_find_what_there_is(crowded: str) -> None:
    """What is measured is a search that finds something."""
    found = {name: ask(crowded, name, times=1).rows for name in ("1,000 due", "100 overdue", "orders with anomalies")}
    assert {"1,000 due": 50, "100 overdue": 50, "orders with anomalies": 10} == found


def test_all_cycles_are_measured_on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Ours, the library's and the bare loop, on the same inputs."""
    timed = compare("SQLite", sqlite_cycles(tmp_path_factory.mktemp("cycles")), 1, 4)
    assert 9 == len(timed.rounds)


def test_all_cycles_are_measured_on_postgres(postgres_server: PostgresServer) -> None:
    """The same on the server of the tests, with one of the library's settings: a database takes long to make."""
    urls = [postgres_server.new_database() for _ in range(DATABASES - 3)]
    timed = compare("PostgreSQL", postgres_cycles(urls), 1, 4)
    assert 6 == len(timed.rounds)
    for url in urls:
        postgres_server.drop_database(url)
