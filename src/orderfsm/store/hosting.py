"""A store on a connection of the host's, inside its transaction.

Each kind of connection is known by where its class comes from, so that nothing is imported that the host does
not use. What their libraries raise is told as the same faults as everywhere.
"""

import sqlite3
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from orderfsm.errors import NoTransaction, StoreError, StoreUnavailable
from orderfsm.store.schema import check_version
from orderfsm.store.sessions import Hosted, Rows, Run

if TYPE_CHECKING:
    from orderfsm.store.sql import SqlStore

EXPECTED = (
    "a connection of sqlite3 or psycopg, an SQLAlchemy connection or session, or Django's connection inside atomic()"
)
_IDLE = 0  # the state of a connection without a transaction, in psycopg and in psycopg2


def host_store(connection: Any) -> "SqlStore":
    """The store on a connection of the host's.

    Raises:
        NoTransaction: no transaction is open on it, and none begins by itself.
        SchemaMismatch: its database has not been migrated, or by another orderfsm.
        TypeError: it is no connection that we know.
    """
    if isinstance(connection, sqlite3.Connection):
        return _sqlite(lambda: _on_sqlite(connection))
    families = _families(connection)
    if "psycopg" in families and _has(connection, "cursor", "autocommit") and not hasattr(connection, "__aenter__"):
        return _postgres(lambda: _on_psycopg(connection), connection)
    if "sqlalchemy" in families and not _has(connection, "run_sync"):
        if callable(getattr(connection, "connection", None)):
            return _on_sqlalchemy(connection.connection)
        if _has(connection, "exec_driver_sql"):
            return _on_sqlalchemy(lambda: connection)
    if "django" in families and _has(connection, "in_atomic_block"):
        return _on_django(connection)
    raise TypeError(f"within() takes {EXPECTED}, not {type(connection).__name__}")


def _families(given: object) -> set[str]:
    """The libraries that a class and its bases come from."""
    return {kind.__module__.partition(".")[0] for kind in type(given).__mro__}


def _has(given: object, *names: str) -> bool:
    return all(hasattr(given, name) for name in names)


# --- stores ----------------------------------------------------------------------------------------------


def _sqlite(enter: Callable[[], Run]) -> "SqlStore":
    from orderfsm.store.sqlite import SqliteStore, schema_version

    store = SqliteStore(Hosted(enter, _translate))
    with store.sessions.single() as run:
        check_version(schema_version(run), "the database", "URL")
    return store


_CHECKED: "WeakSet[Any]" = WeakSet()
"""Connections on which the tables were seen: with PostgreSQL it costs a round trip to look."""


def _postgres(enter: Callable[[], Run], connection: object) -> "SqlStore":
    from orderfsm.store.postgres import PostgresStore, schema_version

    store = PostgresStore(Hosted(enter, _translate))
    if connection not in _CHECKED:
        with store.sessions.single() as run:
            check_version(schema_version(run), "the database", "URL")
        _CHECKED.add(connection)
    return store


def _translate(fault: Exception) -> Exception:
    """What an exception of a driver means, or of a library that raised its own instead; any other as it is."""
    families = _families(fault)
    if families & {"sqlalchemy", "django"}:
        driver = getattr(fault, "orig", None) or fault.__cause__  # SQLAlchemy and Django, in this order
        if isinstance(driver, Exception) and not _families(driver) & {"sqlalchemy", "django"}:
            return _translate(driver)
        said = str(fault).partition("\n")[0]  # statements and their values are further below
        return StoreUnavailable(f"{type(fault).__name__}: {said}", nothing_stored=True)
    if isinstance(fault, sqlite3.Error):
        from orderfsm.store import sqlite

        return sqlite.translate(fault)
    if families & {"psycopg", "psycopg2"}:
        from orderfsm.store import postgres

        state = getattr(fault, "sqlstate", None) or getattr(fault, "pgcode", None)
        return postgres.meaning(state, str(fault) or type(fault).__name__)
    return fault


# --- connections -----------------------------------------------------------------------------------------


def _on_sqlite(connection: sqlite3.Connection) -> Run:
    if _begins_none(connection):
        raise NoTransaction("the sqlite3 connection commits by itself: execute BEGIN IMMEDIATE first")
    if not connection.in_transaction:
        connection.execute("BEGIN IMMEDIATE")  # before we read: what is decided on must not change until it is stored

    def run(statement: str, values: Sequence[object]) -> Rows:
        factory, connection.text_factory = connection.text_factory, str  # the host's may be another, as for its rows
        try:
            return sqlite3.Cursor(connection).execute(statement, values).fetchall()
        finally:
            connection.text_factory = factory

    return run


def _begins_none(connection: Any) -> bool:
    """Whether a connection of sqlite3, or of aiosqlite, is outside a transaction and commits every statement."""
    if connection.in_transaction:
        return False
    return connection.isolation_level is None or getattr(connection, "autocommit", None) is True


def _on_psycopg(connection: Any) -> Run:
    from orderfsm.store.postgres import runner

    _check_psycopg(connection)
    return runner(connection)


def host_statements(connection: Any, run: Run) -> "SqlStore":
    """The store on an asynchronous connection of psycopg's whose statements `run` executes.

    Raises:
        NoTransaction: the connection commits by itself.
        SchemaMismatch: its database has not been migrated, or by another orderfsm.
    """

    def enter() -> Run:
        _check_psycopg(connection)
        return run

    return _postgres(enter, connection)


def _check_psycopg(connection: Any) -> None:
    """See to it that what is executed on a connection of psycopg's, or psycopg2's, is within a transaction."""
    if connection.autocommit and connection.info.transaction_status == _IDLE:
        raise NoTransaction("the psycopg connection commits by itself: use connection.transaction()")


def _on_sqlalchemy(current: Callable[[], Any]) -> "SqlStore":
    """The store on SQLAlchemy's connection; that of a session is another after every commit."""

    def enter() -> Run:
        connection = current()
        driver = connection.connection.driver_connection

        def run(statement: str, values: Sequence[object]) -> Rows:
            found = connection.exec_driver_sql(statement, tuple(values))
            return [tuple(row) for row in found.fetchall()] if found.returns_rows else []

        if connection.dialect.name != "sqlite":
            _check_psycopg(driver)
            return run
        if not driver.in_transaction:
            run("SELECT 1", ())  # a host may have taught SQLAlchemy to begin transactions on SQLite
        if _begins_none(driver):
            raise NoTransaction("SQLAlchemy's connection commits by itself: its isolation level is AUTOCOMMIT")
        if not driver.in_transaction:
            run("BEGIN IMMEDIATE", ())  # sqlite3 itself would begin only before it writes
        return run

    dialect = current().dialect
    if dialect.name == "sqlite":
        return _sqlite(enter)
    if dialect.name == "postgresql" and dialect.driver in ("psycopg", "psycopg2"):
        return _postgres(enter, current().connection.driver_connection)
    raise StoreError(f"SQLAlchemy's {dialect.name}+{dialect.driver}: expected sqlite, postgresql+psycopg or +psycopg2")


def _on_django(connection: Any) -> "SqlStore":
    def enter() -> Run:
        if not connection.in_atomic_block:
            raise NoTransaction("Django's connection commits by itself: use it inside transaction.atomic()")
        return run

    def run(statement: str, values: Sequence[object]) -> Rows:
        with connection.cursor() as cursor:
            _aware(cursor)
            cursor.execute(statement.replace("?", "%s"), tuple(values))
            return [*cursor.fetchall()] if cursor.description else []

    if connection.vendor == "sqlite":
        return _sqlite(enter)
    if connection.vendor == "postgresql":
        enter()  # what is outside a transaction has perhaps not even connected
        connection.ensure_connection()
        return _postgres(enter, connection.connection)
    raise StoreError(f"Django's {connection.vendor}: expected sqlite or postgresql")


def _aware(cursor: Any) -> None:
    """Have a cursor of Django's on psycopg give times with their zone, even where ``USE_TZ`` is off."""
    adapters = getattr(cursor, "adapters", None)
    if adapters is not None:
        from psycopg.types.datetime import TimestamptzLoader

        adapters.register_loader("timestamptz", TimestamptzLoader)
