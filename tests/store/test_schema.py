"""Opening and migrating: what is missing, old or new is said, and nothing is made by opening."""

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

import psycopg
import pytest

from orderfsm import InvalidUrl, SchemaMismatch, StoreError, StoreUnavailable
from orderfsm.book import OrderBook, migrate
from orderfsm.store import Store, open_store, read_url, schema


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without any tables, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/orders.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


def _versions(monkeypatch: pytest.MonkeyPatch, migrations: Mapping[int, Sequence[str]]) -> None:
    monkeypatch.setattr(schema, "MIGRATIONS", migrations)
    monkeypatch.setattr(schema, "NEWEST", max(migrations))


def test_a_database_that_was_not_migrated_is_not_opened(empty: str, tmp_path: Path) -> None:
    """Opening says what to run, and makes nothing, not even a file."""
    with pytest.raises(SchemaMismatch, match=r"has no tables of orderfsm yet: run `orderfsm migrate --db "):
        OrderBook(empty)
    assert [] == [*tmp_path.iterdir()]


def test_a_database_that_is_something_else_is_not_opened(tmp_path: Path) -> None:
    """A file of SQLite without our tables, or no file of SQLite at all, is told apart from ours."""
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE cats (name text)")
    connection.close()
    with pytest.raises(SchemaMismatch, match="has no tables of orderfsm yet"):
        OrderBook(f"sqlite:///{other}")
    other.write_bytes(b"something else altogether, and longer than a page header" * 100)
    with pytest.raises(StoreUnavailable, match="file is not a database"):
        OrderBook(f"sqlite:///{other}")


def test_migrating_twice_does_nothing(empty: str) -> None:
    """The first migration makes the tables; the next one finds them."""
    assert ((0, 1), (1, 1)) == (migrate(empty), migrate(empty))
    OrderBook(empty).close()


def test_older_and_newer_tables_are_told_apart(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An old orderfsm on new tables says to upgrade it; a new one on old tables says to migrate, and then goes on."""
    migrate(empty)
    first = schema.MIGRATIONS
    more = {**first, 2: ("ALTER TABLE orderfsm_orders ADD COLUMN colour {id}",)}
    with monkeypatch.context() as newer:
        _versions(newer, more)
        with pytest.raises(
            SchemaMismatch, match=r"has version 1 of the tables and this orderfsm needs 2: run `orderfsm"
        ):
            OrderBook(empty)
        assert (1, 2) == migrate(empty)
        OrderBook(empty).close()
    with pytest.raises(
        SchemaMismatch, match=r"has version 2 of the tables and this orderfsm knows 1: upgrade orderfsm"
    ):
        OrderBook(empty)
    assert (2, 2) == migrate(empty)


def test_a_migration_that_fails_changes_nothing(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a statement fails in the middle, the tables are as they were."""
    migrate(empty)
    with monkeypatch.context() as broken:
        _versions(broken, {**schema.MIGRATIONS, 2: ("CREATE TABLE orderfsm_half (a {id})", "NONSENSE")})
        with pytest.raises(StoreUnavailable, match="nothing was stored"):
            migrate(empty)
    OrderBook(empty).close()
    assert (1, 1) == migrate(empty)
    assert not _has_table(empty, "orderfsm_half")


def _has_table(url: str, name: str) -> bool:
    if url.startswith("sqlite"):
        connection = sqlite3.connect(read_url(url).path)
        found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchall()
        connection.close()
        return bool(found)
    with psycopg.connect(url) as server:
        row = server.execute("SELECT to_regclass(%s)", (name,)).fetchone()
    return row is not None and row[0] is not None


def test_a_database_that_cannot_keep_every_id_is_not_migrated(postgres_url: str) -> None:
    """A PostgreSQL database in another encoding than UTF8 is refused before any table is made."""
    latin = postgres_url.rpartition("/")[0] + "/orderfsm_latin"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE orderfsm_latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
        try:
            with pytest.raises(StoreError, match="is encoded in LATIN1: expected UTF8"):
                migrate(latin)
            assert not _has_table(latin, "orderfsm_schema")
        finally:
            connection.execute("DROP DATABASE orderfsm_latin WITH (FORCE)")


def test_a_book_in_memory_needs_no_tables() -> None:
    """`memory://` opens as it is, and migrating it does nothing."""
    assert (0, 0) == migrate("memory://")
    assert isinstance(open_store("memory://"), Store)


@pytest.mark.parametrize(
    "url",
    ["", "orders.db", "sqlite:", "sqlite://", "sqlite:///", "sqlite://host/x", "memory", "memory://x", "postgresql:",
     "mysql://a@b/c", "http://a:pw@b", "host=a password=pw", "SQLITE:///x"],
)  # fmt: skip
def test_what_names_no_store_is_refused(url: str) -> None:
    """A URL that names no store says what was expected, and shows no password."""
    with pytest.raises(
        InvalidUrl, match="expected sqlite:///FILE, postgresql://USER@HOST/DATABASE, or memory://"
    ) as told:
        OrderBook(url)
    assert "pw" not in str(told.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ann:pw@host/x", "postgresql://ann:***@host/x"),
        ("postgresql://ann:p%40w@host/x", "postgresql://ann:***@host/x"),
        ("postgresql://ann:p:w?1@host/x", "postgresql://ann:***@host/x"),
        ("postgresql://host/x?user=ann&password=pw", "postgresql://host/x?user=ann&password=***"),
        ("postgresql://host/x?sslpassword=pw&sslmode=require", "postgresql://host/x?sslpassword=***&sslmode=require"),
        ("postgres://host/x", "postgres://host/x"),
        ("postgresql://ann:@host/x", "postgresql://ann:@host/x"),
        ("sqlite:///a:b@c.db", "sqlite:///a:b@c.db"),
    ],
)
def test_a_url_is_shown_without_its_password(url: str, shown: str) -> None:
    """However the password is written in a URL, it is not in what is shown of it."""
    assert (shown, f"Url({shown!r})") == (str(read_url(url)), repr(read_url(url)))


def test_the_path_of_an_sqlite_url_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spaces, question marks and percent signs belong to the file's name; three slashes are relative."""
    monkeypatch.chdir(tmp_path)
    for name in ("a b.db", "a%20b.db", "a?mode=ro.db", "ä#1.db"):
        migrate(f"sqlite:///{name}")
        OrderBook(f"sqlite:///{tmp_path}/{name}").close()
        assert (tmp_path / name).is_file()
