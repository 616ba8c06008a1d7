"""The book within a host's transaction when something goes wrong: nothing by halves, every fault in our words."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import django.db
import psycopg
import psycopg2
import pytest
import sqlalchemy
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from orderfsm import OrderMachine, Policy
from orderfsm.book import OrderBook
from orderfsm.errors import ConcurrentChange, NoTransaction, SchemaMismatch, StoreError, StoreUnavailable
from orderfsm.records import Batch, Change
from orderfsm.store import Listing, Query
from orderfsm.verifying import verify
from tests.store import hosts
from tests.store.hosts import HOSTS, Host, Regret, make_notes, outcomes
from tests.store.story import cancel, paid, place


@pytest.fixture
def book(host: Host) -> Iterator[OrderBook]:
    """An empty book on connections of its own, beside the host."""
    with OrderBook(host.url) as book:
        yield book


# --- nothing by halves -----------------------------------------------------------------------------------


def test_a_host_that_commits_in_spite_of_a_fault_has_no_half_of_a_batch(host: Host, book: OrderBook) -> None:
    """Where the second of two changes does not hold, the first is not there either."""
    changes: list[Change] = []
    other = OrderBook("memory://")
    other.store.write = lambda batch: changes.extend(batch.changes) or True  # type: ignore[func-returns-value,method-assign]
    other.submit_many([("1001", place()), ("1002", place())])
    book.place("1002", place())
    with host.begin() as given:
        host.note(given, "kept")
        with pytest.raises(ConcurrentChange):
            book.within(given).store.write(Batch(changes))
    assert (["kept"], [], ["accepted"]) == (host.notes, outcomes(book), outcomes(book, "1002"))


def test_a_full_disk_leaves_nothing_by_halves(sqlite: str) -> None:
    """Where the database is full in the middle of an input, a host that commits nevertheless has nothing of it."""
    make_notes(sqlite)
    with OrderBook(sqlite) as book, closing(sqlite3.connect(sqlite.removeprefix("sqlite:///"))) as connection:
        connection.execute("INSERT INTO notes VALUES ('kept')")
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 6}")
        stored, failed = 0, 0
        for number in range(60):
            try:
                book.within(connection).place(f"{number}", place("x" * (number * 37 % 255 + 1)))
                stored += 1
            except StoreUnavailable as fault:
                assert fault.nothing_stored
                failed += 1
        connection.commit()
        assert stored and failed
        assert 1 <= len(book.store.find(Query(Listing.ALL))) <= stored  # SQLite may take back the whole transaction
        assert [] == [*verify(book.store)]


@pytest.mark.parametrize("host", [name for name, (kind, _) in HOSTS.items() if kind == "postgres"], indirect=True)
def test_a_transaction_that_has_failed_already_says_so(host: Host, book: OrderBook) -> None:
    """After a fault of the host's own on PostgreSQL nothing can be said on it, in our words and not the driver's."""
    with pytest.raises(StoreUnavailable) as raised, _without_the_drivers_own(), host.begin() as given:
        inner = book.within(given)
        with pytest.raises(Exception, match="nowhere"):
            host.execute(given, "SELECT * FROM nowhere")
        inner.place("1001", place())
    assert raised.value.nothing_stored
    assert [] == outcomes(book)


@contextmanager
def _without_the_drivers_own() -> Iterator[None]:
    try:
        yield
    except (psycopg.Error, psycopg2.Error, sqlalchemy.exc.SQLAlchemyError, django.db.Error) as fault:
        pytest.fail(f"{type(fault)} has escaped")


def test_a_fault_of_sqlalchemys_own_is_ours(sqlite: str) -> None:
    """A session that waits for its rollback, or is closed, says so as a fault of the store, without any values."""
    make_notes(sqlite)
    engine = sqlalchemy.create_engine(sqlite)
    with OrderBook(sqlite) as book, engine.connect() as connection:
        inner = book.within(connection)
        connection.close()
        with pytest.raises(StoreUnavailable, match="ResourceClosedError"):
            inner.place("1001", place())
    engine.dispose()


def test_a_fault_of_djangos_own_is_ours(sqlite: str) -> None:
    """A block of Django's that is to be rolled back says so as a fault of the store."""
    make_notes(sqlite)
    for host in hosts.django_atomic(sqlite):
        with OrderBook(sqlite) as book, host.begin() as given:
            inner = book.within(given)
            django.db.transaction.set_rollback(True)
            with pytest.raises(StoreUnavailable, match="TransactionManagementError"):
                inner.place("1001", place())


# --- what cannot be used ---------------------------------------------------------------------------------


def test_sqlite3_without_a_transaction(sqlite: str) -> None:
    """A connection that commits every statement by itself is refused; so is the book after the host's commit."""
    with OrderBook(sqlite) as book, closing(sqlite3.connect(sqlite[10:], isolation_level=None)) as connection:
        with pytest.raises(NoTransaction):
            book.within(connection)
        connection.execute("BEGIN")
        inner = book.within(connection)
        inner.place("1001", place())
        connection.execute("COMMIT")
        with pytest.raises(NoTransaction):
            inner.submit("1001", paid())
        assert ["accepted"] == outcomes(book)


def test_sqlite3_that_commits_in_the_manner_of_python_3_12(sqlite: str) -> None:
    """``autocommit=True`` leaves the isolation level alone, and yet commits every statement."""

    class Modern(sqlite3.Connection):
        autocommit = True

    with OrderBook(sqlite) as book, closing(Modern(sqlite[10:])) as connection, pytest.raises(NoTransaction):
        book.within(connection)


def test_a_legacy_connection_begins_anew_after_a_commit(sqlite: str) -> None:
    """A connection that begins transactions by itself can be used on and on."""
    with OrderBook(sqlite) as book, closing(sqlite3.connect(sqlite[10:])) as connection:
        inner = book.within(connection)
        inner.place("1001", place())
        connection.commit()
        inner.submit("1001", paid())
        connection.rollback()
        assert ["accepted"] == outcomes(book)


def test_psycopg_without_a_transaction(postgres: str) -> None:
    """A connection that commits by itself is refused, and so is the book after its block."""
    with OrderBook(postgres) as book, psycopg.connect(postgres, autocommit=True) as connection:
        with pytest.raises(NoTransaction):
            book.within(connection)
        with connection.transaction():
            inner = book.within(connection)
            inner.place("1001", place())
        with pytest.raises(NoTransaction):
            inner.submit("1001", paid())
        assert ["accepted"] == outcomes(book)


@pytest.mark.parametrize(("kind", "driver"), [("sqlite", ""), ("postgres", "psycopg"), ("postgres", "psycopg2")])
def test_sqlalchemy_without_a_transaction(request: pytest.FixtureRequest, kind: str, driver: str) -> None:
    """An engine that commits by itself is refused."""
    url = request.getfixturevalue(kind)
    engine = sqlalchemy.create_engine(hosts.engine_url(url, driver), isolation_level="AUTOCOMMIT")
    with OrderBook(url) as book, engine.connect() as connection, pytest.raises(NoTransaction):
        book.within(connection)
    engine.dispose()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_django_without_a_transaction(request: pytest.FixtureRequest, kind: str) -> None:
    """Outside of ``atomic()`` Django commits by itself: that is refused, before and after a block."""
    url = request.getfixturevalue(kind)
    for host in hosts.django_atomic(url):
        with OrderBook(url) as book:
            with pytest.raises(NoTransaction):
                book.within(django.db.connection)
            with host.begin() as given:
                inner = book.within(given)
            with pytest.raises(NoTransaction):
                inner.place("1001", place())


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_session_goes_on_after_its_commit(request: pytest.FixtureRequest, kind: str) -> None:
    """A session takes another connection for every transaction; the book follows. So it does a scoped session."""
    url = request.getfixturevalue(kind)
    engine = sqlalchemy.create_engine(hosts.engine_url(url))
    with OrderBook(url) as book, Session(engine) as session:
        inner = book.within(session)
        inner.place("1001", place())
        session.commit()
        inner.submit("1001", paid())
        session.commit()
        inner.submit("1001", cancel())
        session.rollback()
        assert ["accepted", "accepted"] == outcomes(book)
        scoped = scoped_session(sessionmaker(engine))
        book.within(scoped).submit("1001", cancel())
        scoped.commit()
        scoped.remove()
        assert 3 == len(outcomes(book))
    engine.dispose()


def test_tables_that_are_missing(tmp_path: Any, sqlite: str, postgres_url: str) -> None:
    """A host's database without our tables is told with what is to be done, and its transaction goes on."""
    bare = f"sqlite:///{tmp_path}/bare.db"
    with OrderBook(sqlite) as book:
        for url, names in (
            (bare, ("sqlite3-legacy", "sqlalchemy-session-sqlite", "django-sqlite")),
            (postgres_url, ("psycopg-implicit", "sqlalchemy-session-psycopg2", "django-postgres")),
        ):
            make_notes(url)
            for name in names:
                for host in HOSTS[name][1](url):
                    with host.begin() as given:
                        host.note(given, name)
                        with pytest.raises(SchemaMismatch, match="run `orderfsm migrate --db URL`"):
                            book.within(given)
            assert sorted(names) == host.notes


@pytest.mark.parametrize(("version", "said"), [(0, "needs"), (99, "upgrade orderfsm")])
def test_tables_of_another_version(host: Host, book: OrderBook, version: int, said: str) -> None:
    """A host's database with older or newer tables is told so, before anything is written."""
    with pytest.raises(Regret), host.begin() as given:
        host.execute(given, "DELETE FROM orderfsm_schema")
        host.execute(given, f"INSERT INTO orderfsm_schema (version) VALUES ({version})")
        with pytest.raises(SchemaMismatch, match=said):
            book.within(given)
        raise Regret


def test_what_is_no_connection(sqlite: str, postgres: str) -> None:
    """A cursor, an engine, an asynchronous connection or a URL is told what is expected."""
    engine = sqlalchemy.create_engine(sqlite)
    hosts.configure_django()
    with (
        OrderBook(sqlite) as book,
        closing(sqlite3.connect(":memory:")) as connection,
        psycopg.connect(postgres) as other,
        other.cursor() as cursor,
    ):
        for given in (sqlite, None, connection.cursor(), engine, cursor, psycopg.AsyncConnection, sqlalchemy,
                      django.db.connections, Session):  # fmt: skip
            with pytest.raises(TypeError, match="within\\(\\) takes a connection of sqlite3 or psycopg"):
                book.within(given)
    engine.dispose()


def test_a_database_that_we_do_not_know(sqlite: str) -> None:
    """SQLAlchemy and Django on another database are told which are expected."""
    with OrderBook(sqlite) as book:
        engine = sqlalchemy.create_engine(sqlite)
        with engine.connect() as connection:
            connection.dialect.name = "oracle"
            with pytest.raises(StoreError, match="expected sqlite"):
                book.within(connection)
        engine.dispose()
        for host in hosts.django_atomic(sqlite):
            with host.begin() as given:
                vendor, given.vendor = given.vendor, "oracle"
                with pytest.raises(StoreError, match="expected sqlite or postgresql"):
                    book.within(given)
                given.vendor = vendor


def test_a_later_policy_is_kept_with_the_first_entry_that_names_it(sqlite: str) -> None:
    """A book whose policy was kept in a host's transaction writes it no more; one with another policy does."""
    with closing(sqlite3.connect(sqlite[10:])) as connection:
        for number, policy in enumerate((Policy(), Policy.marketplace())):
            with OrderBook(sqlite, OrderMachine(policy)) as book:
                for turn in ("a", "b"):
                    book.within(connection).place(f"{number}{turn}", place())
                    connection.commit()
                assert [] == [*verify(book.store)]
        assert [(2,)] == connection.execute("SELECT count(*) FROM orderfsm_policies").fetchall()
