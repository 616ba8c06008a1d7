"""A store on a connection of the host's, inside its transaction.

Each kind of connection is known by where its class comes from, so that nothing is imported that the host does
not use.
"""

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from orderfsm.errors import NoTransaction, StoreError
from orderfsm.store.sessions import Hosted, Rows, Run

if TYPE_CHECKING:
    from orderfsm.store.sql import SqlStore

EXPECTED = (
    "a connection of sqlite3 or psycopg, an SQLAlchemy connection or session, or Django's connection inside atomic()"
)


def host_store(connection: Any) -> "SqlStore":
    """The store on a connection of the host's.

    Raises:
        NoTransaction: no transaction is open on it, and none begins by itself.
        TypeError: it is no connection that we know.
    """
    if isinstance(connection, sqlite3.Connection):
        return _sqlite(_on_sqlite(connection))
    families = {kind.__module__.partition(".")[0] for kind in type(connection).__mro__}
    if "psycopg" in families:
        return _postgres(_on_psycopg(connection))
    if "sqlalchemy" in families:
        return _on_sqlalchemy(connection)
    if "django" in families:
        return _on_django(connection)
    raise TypeError(f"within() takes {EXPECTED}, not {type(connection).__name__}")


def _sqlite(run: Run) -> "SqlStore":
    from orderfsm.store.sqlite import SqliteStore, translate

    return SqliteStore(Hosted(run, translate))


def _postgres(run: Run) -> "SqlStore":
    from orderfsm.store.postgres import PostgresStore, translate

    return PostgresStore(Hosted(run, translate))


def _on_sqlite(connection: sqlite3.Connection) -> Run:
    if not connection.in_transaction:
        if connection.isolation_level is None:
            raise NoTransaction("the sqlite3 connection commits by itself: execute BEGIN IMMEDIATE first")
        connection.execute("BEGIN IMMEDIATE")  # before we read: what is decided on must not change until it is stored

    def run(statement: str, values: Sequence[object]) -> Rows:
        cursor = connection.cursor()
        cursor.row_factory = None
        return cursor.execute(statement, values).fetchall()

    return run


def _on_psycopg(connection: Any) -> Run:
    from orderfsm.store.postgres import runner

    _check_psycopg(connection)
    return runner(connection)


def host_statements(connection: Any, run: Run) -> "SqlStore":
    """The store on a connection of psycopg's whose statements `run` executes.

    Raises:
        NoTransaction: the connection commits by itself.
    """
    _check_psycopg(connection)
    return _postgres(run)


def _check_psycopg(connection: Any) -> None:
    from psycopg.pq import TransactionStatus

    if connection.autocommit and connection.info.transaction_status is TransactionStatus.IDLE:
        raise NoTransaction("the psycopg connection commits by itself: use connection.transaction()")


def _on_sqlalchemy(given: Any) -> "SqlStore":
    connection = given.connection() if callable(getattr(given, "connection", None)) else given

    def run(statement: str, values: Sequence[object]) -> Rows:
        found = connection.exec_driver_sql(statement, tuple(values))
        return [tuple(row) for row in found.fetchall()] if found.returns_rows else []

    dialect = connection.dialect
    if dialect.name == "sqlite":
        return _sqlite(run)
    if dialect.name == "postgresql" and dialect.driver in ("psycopg", "psycopg2"):
        return _postgres(run)
    raise StoreError(f"SQLAlchemy's {dialect.name}+{dialect.driver}: expected sqlite, postgresql+psycopg or +psycopg2")


def _on_django(connection: Any) -> "SqlStore":
    if not connection.in_atomic_block:
        raise NoTransaction("Django's connection commits by itself: use it inside transaction.atomic()")

    def run(statement: str, values: Sequence[object]) -> Rows:
        with connection.cursor() as cursor:
            cursor.execute(statement.replace("?", "%s"), tuple(values))
            return [*cursor.fetchall()] if cursor.description else []

    if connection.vendor == "sqlite":
        return _sqlite(run)
    if connection.vendor == "postgresql":
        return _postgres(run)
    raise StoreError(f"Django's {connection.vendor}: expected sqlite or postgresql")
