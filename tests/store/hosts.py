"""Hosts of the order book: each has a table of its own, in the same database, and a way to use transactions.

`HOSTS` names them by library and manner. Django has one set of settings in a process: its times are naive here,
which is what makes a difference to us.
"""

import sqlite3
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import django
import psycopg
import sqlalchemy
from attrs import frozen
from django.conf import settings
from django.db import connections, transaction
from django.db.utils import ConnectionHandler
from psycopg.rows import dict_row
from sqlalchemy import event
from sqlalchemy.orm import Session

from orderfsm.book import OrderBook


class Regret(Exception):
    """What a host raises when it changes its mind."""


def outcomes(book: OrderBook, order_id: str = "1001") -> list[str]:
    """What was decided about an order, in order."""
    return [entry.outcome for entry in book.history(order_id)]


Transactions = AbstractContextManager[Any]
"""Gives what the host hands over; commits at the end, and rolls back where the block raises."""


@frozen
class Host:
    """How a host goes about it: `begin` a transaction, `execute` a statement, make a `savepoint` within."""

    url: str
    begin: Callable[[], Transactions]
    execute: Callable[[Any, str], object]
    savepoint: Callable[[Any], Transactions]

    def note(self, given: Any, text: str) -> None:
        """Write a row of the host's own."""
        self.execute(given, f"INSERT INTO notes (note) VALUES ('{text}')")

    @property
    def notes(self) -> list[str]:
        """What the host has kept, as somebody else sees it."""
        with direct(self.url) as connection:
            return [row[0] for row in connection.execute("SELECT note FROM notes ORDER BY note").fetchall()]

    @property
    def is_postgres(self) -> bool:
        """Whether its database is PostgreSQL."""
        return self.url.startswith("postgresql")


@contextmanager
def direct(url: str) -> Iterator[Any]:
    """A connection to the database beside the host and the book, on which every statement is committed."""
    if url.startswith("sqlite"):
        connection: Any = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    else:
        connection = psycopg.connect(url, autocommit=True)
    try:
        yield connection
    finally:
        connection.close()


def make_notes(url: str) -> None:
    """The host's own table, empty."""
    with direct(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS notes (note text)")
        connection.execute("DELETE FROM notes")


@contextmanager
def _committed(connection: Any) -> Iterator[Any]:
    """As DB-API would have it."""
    try:
        yield connection
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


@contextmanager
def _sql_savepoint(connection: Any) -> Iterator[Any]:
    connection.execute("SAVEPOINT hosts")
    try:
        yield connection
    except BaseException:
        connection.execute("ROLLBACK TO SAVEPOINT hosts")
        raise
    connection.execute("RELEASE SAVEPOINT hosts")


def _executed(given: Any, statement: str) -> object:
    return given.execute(statement)


# --- sqlite3 and psycopg ---------------------------------------------------------------------------------

Made = Generator[Host, None, None]
"""A host, closed afterwards."""


def sqlite3_legacy(url: str) -> Made:
    """The standard library's connection as it comes: it begins a transaction before the first statement that writes."""
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    yield Host(url, lambda: _committed(connection), _executed, _sql_savepoint)
    connection.close()


def sqlite3_begun(url: str) -> Made:
    """A connection on which the host begins transactions itself, with rows and texts of its own kinds."""
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    connection.row_factory, connection.text_factory = sqlite3.Row, bytes

    @contextmanager
    def begin() -> Iterator[Any]:
        connection.execute("BEGIN")
        with _committed(connection):
            yield connection

    yield Host(url, begin, _executed, _sql_savepoint)
    connection.close()


def psycopg_implicit(url: str) -> Made:
    """A connection on which psycopg begins transactions before the first statement; it gives dictionaries."""
    connection = psycopg.connect(url, row_factory=dict_row)
    yield Host(url, lambda: _committed(connection), _executed, lambda given: given.transaction())
    connection.close()


def psycopg_transaction(url: str) -> Made:
    """A connection that commits by itself, but for the blocks of ``transaction()``."""
    connection = psycopg.connect(url, autocommit=True)

    @contextmanager
    def begin() -> Iterator[Any]:
        with connection.transaction():
            yield connection

    yield Host(url, begin, _executed, lambda given: given.transaction())
    connection.close()


# --- SQLAlchemy ------------------------------------------------------------------------------------------


def engine_url(url: str, driver: str = "psycopg") -> str:
    """The URL as SQLAlchemy wants it."""
    return url.replace("postgresql://", f"postgresql+{driver}://")


def _sql(given: Any, statement: str) -> object:
    return given.execute(sqlalchemy.text(statement))


@contextmanager
def _nested(given: Any) -> Iterator[Any]:
    with given.begin_nested():
        yield given


def sqlalchemy_begin(url: str, driver: str = "psycopg") -> Made:
    """A connection in a transaction that was begun for it."""
    engine = sqlalchemy.create_engine(engine_url(url, driver))
    yield Host(url, engine.begin, _sql, _nested)
    engine.dispose()


def sqlalchemy_autobegin(url: str) -> Made:
    """A connection that begins by itself; on SQLite by the recipe of SQLAlchemy's documentation."""
    engine = sqlalchemy.create_engine(engine_url(url))
    if url.startswith("sqlite"):
        event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))

    @contextmanager
    def begin() -> Iterator[Any]:
        with engine.connect() as connection:
            yield connection
            connection.commit()

    yield Host(url, begin, _sql, _nested)
    engine.dispose()


def sqlalchemy_session(url: str, driver: str = "psycopg") -> Made:
    """A session."""
    engine = sqlalchemy.create_engine(engine_url(url, driver))

    @contextmanager
    def begin() -> Iterator[Any]:
        with Session(engine) as session:
            yield session
            session.commit()

    yield Host(url, begin, _sql, _nested)
    engine.dispose()


def sqlalchemy_session_psycopg2(url: str) -> Made:
    """A session on the older driver, which is SQLAlchemy's own choice for PostgreSQL."""
    yield from sqlalchemy_session(url, "psycopg2")


# --- Django ----------------------------------------------------------------------------------------------


def configure_django() -> None:
    """Settings for this process."""
    if not settings.configured:
        settings.configure(USE_TZ=False, TIME_ZONE="Asia/Kolkata", DATABASES={})
        django.setup()


def django_atomic(url: str) -> Made:
    """Django's connection, in blocks of ``atomic()``."""
    configure_django()
    if url.startswith("sqlite"):
        database: dict[str, Any] = {"ENGINE": "django.db.backends.sqlite3", "NAME": url.removeprefix("sqlite:///")}
    else:
        parts = sqlalchemy.make_url(url)
        database = {"ENGINE": "django.db.backends.postgresql", "NAME": parts.database, "USER": parts.username}
        database |= {"HOST": parts.host, "PORT": str(parts.port), "PASSWORD": parts.password or ""}
    connections["default"] = ConnectionHandler({"default": database})["default"]

    @contextmanager
    def begin() -> Iterator[Any]:
        with transaction.atomic():
            yield django.db.connection

    @contextmanager
    def savepoint(given: Any) -> Iterator[Any]:
        with transaction.atomic():
            yield given

    def execute(given: Any, statement: str) -> object:
        with given.cursor() as cursor:
            return cursor.execute(statement)

    yield Host(url, begin, execute, savepoint)
    connections["default"].close()
    del connections["default"]


HOSTS: dict[str, tuple[str, Callable[[str], Made]]] = {
    "sqlite3-legacy": ("sqlite", sqlite3_legacy),
    "sqlite3-begun": ("sqlite", sqlite3_begun),
    "psycopg-implicit": ("postgres", psycopg_implicit),
    "psycopg-transaction": ("postgres", psycopg_transaction),
    "sqlalchemy-begin-sqlite": ("sqlite", sqlalchemy_begin),
    "sqlalchemy-begin-postgres": ("postgres", sqlalchemy_begin),
    "sqlalchemy-autobegin-sqlite": ("sqlite", sqlalchemy_autobegin),
    "sqlalchemy-autobegin-postgres": ("postgres", sqlalchemy_autobegin),
    "sqlalchemy-session-sqlite": ("sqlite", sqlalchemy_session),
    "sqlalchemy-session-postgres": ("postgres", sqlalchemy_session),
    "sqlalchemy-session-psycopg2": ("postgres", sqlalchemy_session_psycopg2),
    "django-sqlite": ("sqlite", django_atomic),
    "django-postgres": ("postgres", django_atomic),
}
"""Each host with the fixture that names its database."""
