"""The store on SQLite: the standard library's `sqlite3`, a file in WAL mode, every commit durable.

Writers wait for each other; nobody who reads waits. What the database says when it is locked or full is told
as `StoreUnavailable`, and then nothing was stored.
"""

import os
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from orderfsm.errors import ConcurrentChange, SchemaMismatch, StoreError, StoreUnavailable
from orderfsm.records import Change
from orderfsm.store.schema import READ_VERSION, Types, apply_migrations, check_version
from orderfsm.store.sessions import Pool, Rows, Run
from orderfsm.store.sql import (
    NEW_ORDER,
    NEXT_ORDER,
    PUT_ENTRY,
    PUT_LETTER,
    SqlStore,
    entry_values,
    letter_values,
    order_values,
)

PATIENCE = 30.0
"""Seconds for which a writer waits for the others."""

TYPES = Types(id="text", time="text", number="integer", truth="integer")

_UNSURE = (sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC)
"""The disk has failed when all was written: after a crash, SQLite may find it there."""

OLDEST = (3, 35)
"""The first SQLite with RETURNING."""


class SqliteStore(SqlStore):
    """A store in an SQLite database."""

    def sql(self, statement: str) -> str:
        return statement

    def written(self, value: Any) -> Any:
        return stamp(value) if isinstance(value, datetime) else value

    def put(self, run: Run, change: Change) -> bool:
        put_order = NEXT_ORDER if change.expected else NEW_ORDER
        if not run(put_order, _stamped(order_values(change))):
            return False
        if change.entry is not None:
            run(PUT_ENTRY, _stamped(entry_values(change.entry)))
        for letter in change.letters:
            run(PUT_LETTER, _stamped(letter_values(letter)))
        return True


def _stamped(values: Sequence[object]) -> list[object]:
    return [stamp(value) if isinstance(value, datetime) else value for value in values]


def stamp(value: datetime) -> str:
    """An instant as text that sorts as time does; all of ours are in UTC."""
    return value.isoformat(timespec="microseconds")


def translate(fault: Exception, *, nothing_stored: bool = True) -> Exception:
    """What an exception of `sqlite3` means; any other as it is."""
    if not isinstance(fault, sqlite3.Error):
        return fault
    code = getattr(fault, "sqlite_errorcode", None) or 0
    if isinstance(fault, sqlite3.IntegrityError) or code == sqlite3.SQLITE_BUSY_SNAPSHOT:
        return ConcurrentChange("somebody else changed the order first")
    if "no such table: orderfsm" in str(fault):
        return SchemaMismatch("the database has no tables of orderfsm yet: run `orderfsm migrate --db URL`")
    return StoreUnavailable(f"SQLite says: {fault}", nothing_stored=nothing_stored)


class Connection(sqlite3.Connection):
    """A connection that knows which file it has opened.

    It would go on with that file after it was deleted or replaced: what it commits there, nobody ever reads.
    """

    path: Path
    file: tuple[int, int] | None

    def check(self) -> None:
        """See to it that the file is still the one at its path."""
        if self.file is None or self.file != _file_at(self.path):
            raise sqlite3.OperationalError("the file was deleted or replaced while it was open")


def _file_at(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


class _Driver:
    """How a pool opens and uses SQLite."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def connect(self) -> Connection:
        return connect(self._path)

    def runner(self, connection: Connection) -> Run:
        connection.check()
        execute = connection.execute

        def run(statement: str, values: Sequence[object]) -> Rows:
            return execute(statement, values).fetchall()

        return run

    def begin(self, connection: Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")

    def commit(self, connection: Connection) -> None:
        try:
            connection.execute("COMMIT")
        except sqlite3.OperationalError as fault:
            if fault.sqlite_errorcode not in _UNSURE:
                raise
            raise StoreUnavailable(f"SQLite says: {fault}", nothing_stored=False) from None

    def rollback(self, connection: Connection) -> None:
        if connection.in_transaction:
            connection.rollback()

    def usable(self, connection: Connection) -> bool:
        return not connection.in_transaction

    def close(self, connection: Connection) -> None:
        connection.close()

    def translate(self, fault: Exception, *, nothing_stored: bool) -> Exception:
        return translate(fault, nothing_stored=True)  # what was not committed, SQLite takes back


def connect(path: Path, mode: str = "rw") -> Connection:
    """Open a database file; with mode ``rwc`` it is made where there is none."""
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    connection: Connection = sqlite3.connect(
        uri, uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False, factory=Connection
    )
    connection.execute("PRAGMA synchronous = FULL")
    connection.path, connection.file = path, _file_at(path)
    return connection


def _checked(path: Path, name: str) -> Path:
    if sqlite3.sqlite_version_info < OLDEST:
        raise StoreError(f"SQLite {sqlite3.sqlite_version} is too old: expected {'.'.join(map(str, OLDEST))} or later")
    if not path.parent.is_dir():
        raise StoreUnavailable(f"{name}: there is no folder {str(path.parent)!r}", nothing_stored=True)
    return path


def schema_version(run: Run) -> int | None:
    """The version of the tables; None where there are none."""
    if not run("SELECT 1 FROM sqlite_master WHERE name = 'orderfsm_schema'", ()):
        return None
    version: int | None = run(READ_VERSION, ())[0][0]
    return version


def open_sqlite(path: Path, name: str) -> SqliteStore:
    """Open the store in a file that has been migrated.

    Raises:
        SchemaMismatch: it has not, or by another orderfsm.
        StoreUnavailable: it cannot be opened.
    """
    if not _checked(path, name).exists():
        check_version(None, name)
    store = SqliteStore(Pool(_Driver(path)))
    try:
        with store.sessions.single() as run:
            check_version(schema_version(run), name)
    except StoreError:
        store.close()
        raise
    return store


def migrate_sqlite(path: Path, name: str) -> tuple[int, int]:
    """Make the tables in a file, or bring them up to date: from which version to which."""
    driver = _Driver(_checked(path, name))
    try:
        connection = connect(path, "rwc")
        try:
            _use_write_ahead_log(connection)
            driver.begin(connection)
            moved = apply_migrations(driver.runner(connection), TYPES, str)
            driver.commit(connection)
        finally:
            connection.close()
    except sqlite3.Error as fault:
        raise translate(fault) from None
    return moved


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Turn the file to WAL. SQLite does not wait here for others who do the same, so we do."""
    until = monotonic() + PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as fault:
            if fault.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() > until:
                raise
            sleep(0.01)
        else:
            return
