"""The server of the tests is what tests need: at hand, empty, restarted at will, and gone with those who started it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.store.server import PostgresServer

_ROOT = Path(__file__).parents[2]

_CHILD = """
import json, time
from tests.store.server import PostgresServer
server = PostgresServer()
server.start()
print(json.dumps([server.url, str(server.folder)]), flush=True)
time.sleep(60)
"""


def _soon(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + 10
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def _put(url: str, *numbers: int) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (number integer)")
        for number in numbers:
            connection.execute("INSERT INTO kept VALUES (%s)", [number])


def _kept(url: str) -> list[int]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT number FROM kept ORDER BY number")]


def test_new_databases_are_empty_and_separate(postgres_server: PostgresServer, postgres_url: str) -> None:
    """What one test writes is not in the database of the next."""
    _put(postgres_url, 1)
    other = postgres_server.new_database()
    with psycopg.connect(other) as connection:
        assert [] == connection.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public'").fetchall()
    postgres_server.drop_database(other)
    assert not _answers(other)
    assert [1] == _kept(postgres_url)


def test_only_own_databases_are_dropped(postgres_server: PostgresServer) -> None:
    """A database that was there before the tests is never dropped."""
    with pytest.raises(ValueError, match="not one of ours"):
        postgres_server.drop_database(postgres_server.url)
    assert _answers(postgres_server.url)


@pytest.mark.parametrize("crashing", [False, True])
def test_a_restart_keeps_committed_rows_and_cuts_connections(
    postgres_server: PostgresServer, postgres_url: str, crashing: bool
) -> None:
    """After a restart, tidy or as in a crash, the same address has what was committed and nothing else."""
    _put(postgres_url, 1)
    with closing(psycopg.connect(postgres_url)) as connection:
        connection.execute("INSERT INTO kept VALUES (2)")
        postgres_server.restart("immediate" if crashing else "fast")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    assert [1] == _kept(postgres_url)


def test_connections_to_one_database_are_cut(postgres_server: PostgresServer, postgres_url: str) -> None:
    """An administrator ends the connections to one database and no others."""
    other = postgres_server.new_database()
    with closing(psycopg.connect(postgres_url)) as cut, closing(psycopg.connect(other)) as spared:
        assert 1 == postgres_server.cut_connections(postgres_url)
        with pytest.raises(psycopg.errors.AdminShutdown):
            cut.execute("SELECT 1")
        assert (1,) == spared.execute("SELECT 1").fetchone()
    postgres_server.drop_database(other)


def test_a_role_with_a_password_must_give_it(postgres_server: PostgresServer, postgres_url: str) -> None:
    """A role that has a password gets in with it, by SCRAM, and with no other."""
    url = postgres_server.password_url(postgres_url, "o:p@n/s%s")
    with psycopg.connect(url) as connection:
        assert connection.pgconn.used_password
        connection.execute("CREATE TABLE owned (number integer)")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url, password="wrong")
    with psycopg.connect(postgres_server.url) as connection:
        secrets = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL").fetchall()
    assert all(secret.startswith("SCRAM-SHA-256$") for (secret,) in secrets)


def test_a_server_goes_away_with_its_killed_process(postgres_server: PostgresServer) -> None:
    """Tests that are killed leave neither a server nor files behind."""
    assert postgres_server.folder.exists()  # skips where the server is not ours
    with subprocess.Popen([sys.executable, "-c", _CHILD], cwd=_ROOT, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        url, folder = json.loads(child.stdout.readline())
        assert _answers(url)
        os.kill(child.pid, signal.SIGKILL)
    assert _soon(lambda: not _answers(url))
    assert _soon(lambda: not Path(folder).exists())


def test_what_a_killed_watcher_left_is_removed_at_the_next_start(postgres_server: PostgresServer) -> None:
    """A folder whose process is no more is removed when another server starts."""
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    stale = postgres_server.folder.with_name(f"orderfsm-postgres-{gone.pid}-stale")
    (stale / "data").mkdir(parents=True)
    with PostgresServer(durable=False) as other:
        assert not stale.exists()
        assert postgres_server.folder.exists()
        assert other.url != postgres_server.url
        folder = other.folder
    assert not folder.exists()
