"""The store on PostgreSQL, through psycopg 3: two round trips for an input, one to read and one to write.

Needs ``pip install 'orderfsm[postgres]'``. The whole change is one statement, so that it is a transaction by
itself: the order's row only if its revision is the expected one, and journal and outbox only with it.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from orderfsm.errors import ConcurrentChange, SchemaMismatch, StoreError, StoreUnavailable
from orderfsm.records import Change
from orderfsm.store.schema import READ_VERSION, Types, apply_migrations, check_version
from orderfsm.store.sessions import Pool, Rows, Run
from orderfsm.store.sql import NEW_ORDER, NEXT_ORDER, SqlStore, entry_columns, entry_values, order_values
from orderfsm.store.urls import Url

try:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict, make_conninfo
    from psycopg.rows import tuple_row
except ImportError as missing:
    raise StoreError("PostgreSQL needs psycopg: pip install 'orderfsm[postgres]'") from missing

CONNECT_TIMEOUT = 10
"""Seconds to wait for the server, unless the URL says ``connect_timeout``."""

TYPES = Types(id='text COLLATE "C"', time="timestamptz", number="bigint", truth="boolean")

_MIGRATING = 0x6F72646572  # the advisory lock that migrations hold: "order" as a number

_HELD = "WITH held AS ("
_PUT_ENTRY = f"""), entry AS (
  INSERT INTO orderfsm_journal ({", ".join(entry_columns)})
  SELECT {", ".join("?" * len(entry_columns))} FROM held)"""
_PUT_LETTERS = """, letter AS (
  INSERT INTO orderfsm_outbox (order_id, seq, entry, name, body, ready_at, status, attempts, settled_at)
  SELECT held.order_id, sent.seq, ?, sent.name, sent.body, ?, ?, 0, ?::timestamptz
  FROM held, unnest(?::bigint[], ?::text[], ?::text[]) AS sent (seq, name, body))"""
_DONE = " SELECT order_id FROM held"


@lru_cache(maxsize=256)
def marked(statement: str) -> str:
    """A statement with the parameter marks of psycopg."""
    return statement.replace("?", "%s")


_STATEMENTS = {
    new: (
        marked(put_order),
        marked(_HELD + put_order + _PUT_ENTRY + _DONE),
        marked(_HELD + put_order + _PUT_ENTRY + _PUT_LETTERS + _DONE),
    )
    for new, put_order in ((True, NEW_ORDER), (False, NEXT_ORDER))
}
"""By whether the order is new: its row alone, with an entry, and with an entry and letters."""


class PostgresStore(SqlStore):
    """A store in a PostgreSQL database."""

    skip_locked = " FOR UPDATE SKIP LOCKED"
    lock_held = " FOR UPDATE OF held"

    def sql(self, statement: str) -> str:
        return marked(statement)

    def written(self, value: Any) -> Any:
        return value

    def put(self, run: Run, change: Change) -> bool:
        alone, with_entry, with_letters = _STATEMENTS[change.expected == 0]
        values = [*order_values(change)]
        if change.entry is None:
            return bool(run(alone, values))
        values += entry_values(change.entry)
        letters = change.letters
        if not letters:
            return bool(run(with_entry, values))
        first = letters[0]  # they are of one entry, and so have the same fate
        values += (first.entry, first.ready_at, first.status.value, first.settled_at)
        values += ([each.seq for each in letters], [each.name for each in letters], [each.body for each in letters])
        return bool(run(with_letters, values))

    def put_alone(self, change: Change) -> bool:
        with self.sessions.single() as run:
            return self.put(run, change)


_FASTER = {
    "23505": "somebody else stored the input first",  # a unique index
    "40001": "somebody else changed the order first",  # the host's transaction is serializable
    "40P01": "somebody else changed the order first",  # two waited for each other
}
_NO_TABLE = "42P01"


def translate(fault: Exception, *, nothing_stored: bool = True, url: Url | None = None) -> Exception:
    """What an exception of psycopg means; any other as it is."""
    if not isinstance(fault, psycopg.Error):
        return fault
    said = str(fault) if url is None else url.without_password(str(fault))
    return meaning(fault.sqlstate, said or type(fault).__name__, nothing_stored=nothing_stored)


def meaning(sqlstate: str | None, said: str, *, nothing_stored: bool = True) -> StoreError:
    """What an error of PostgreSQL means."""
    if sqlstate in _FASTER:
        return ConcurrentChange(_FASTER[sqlstate])
    if sqlstate == _NO_TABLE:
        return SchemaMismatch("the database has no tables of orderfsm yet: run `orderfsm migrate --db URL`")
    return StoreUnavailable(f"PostgreSQL says: {' '.join(said.split())}", nothing_stored=nothing_stored)


Connection = psycopg.Connection[tuple[Any, ...]]


def runner(connection: Connection) -> Run:
    """Statements on a connection, whatever rows it usually gives."""

    def run(statement: str, values: Sequence[object]) -> Rows:
        cursor = connection.cursor(row_factory=tuple_row)
        cursor.execute(statement.encode(), values)
        return [] if cursor.rownumber is None else cursor.fetchall()  # `description` would describe every column

    return run


class _Driver:
    """How a pool opens and uses PostgreSQL."""

    def __init__(self, url: Url) -> None:
        self._url = url

    def connect(self) -> Connection:
        given = conninfo_to_dict(self._url.text)
        info = make_conninfo(
            self._url.text,
            connect_timeout=given.get("connect_timeout", CONNECT_TIMEOUT),
            application_name=given.get("application_name", "orderfsm"),
        )
        return psycopg.connect(info, autocommit=True)

    def runner(self, connection: Connection) -> Run:
        return runner(connection)

    def begin(self, connection: Connection) -> None:
        connection.execute("BEGIN ISOLATION LEVEL READ COMMITTED")

    def commit(self, connection: Connection) -> None:
        connection.execute("COMMIT")

    def rollback(self, connection: Connection) -> None:
        if not connection.broken and not connection.closed:
            try:
                connection.rollback()
            except psycopg.Error:
                connection.close()

    def usable(self, connection: Connection) -> bool:
        return connection.pgconn.transaction_status == psycopg.pq.TransactionStatus.IDLE

    def close(self, connection: Connection) -> None:
        connection.close()

    def translate(self, fault: Exception, *, nothing_stored: bool) -> Exception:
        return translate(fault, nothing_stored=nothing_stored, url=self._url)


def schema_version(run: Run) -> int | None:
    """The version of the tables; None where there are none."""
    if not run("SELECT to_regclass('orderfsm_schema')", ())[0][0]:
        return None
    version: int | None = run(READ_VERSION, ())[0][0]
    return version


def open_postgres(url: Url) -> PostgresStore:
    """Open the store in a database that has been migrated.

    Raises:
        SchemaMismatch: it has not, or by another orderfsm.
        StoreUnavailable: the server cannot be reached.
    """
    store = PostgresStore(Pool(_Driver(url)))
    try:
        with store.sessions.single() as run:
            check_version(schema_version(run), str(url))
    except StoreError:
        store.close()
        raise
    return store


def migrate_postgres(url: Url) -> tuple[int, int]:
    """Make the tables, or bring them up to date: from which version to which. Others who do the same wait."""
    pool = Pool(_Driver(url))
    try:
        with pool.transaction() as run:
            encoding = run("SHOW server_encoding", ())[0][0]
            if encoding != "UTF8":
                raise StoreError(f"{url} is encoded in {encoding}: expected UTF8, in which every id can be kept")
            run("SELECT pg_advisory_xact_lock(%s)", (_MIGRATING,))
            return apply_migrations(run, TYPES, marked)
    finally:
        pool.close()
