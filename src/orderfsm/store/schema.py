"""The tables of the order book, version by version. `migrate` brings a database to the newest one.

A migration is never changed once it is released; a new one is added at the end. Every key begins with the
order's id and nothing spans orders, so that tables can be partitioned by it.
"""

from collections.abc import Callable, Mapping, Sequence

from attrs import frozen

from orderfsm.errors import SchemaMismatch
from orderfsm.store.sessions import Run


@frozen
class Types:
    """How a database calls the types of our columns; ids are compared by their bytes, everywhere alike."""

    id: str
    time: str
    number: str
    truth: str


_CREATE = (
    """CREATE TABLE orderfsm_orders (
  order_id {id} NOT NULL PRIMARY KEY,
  revision {number} NOT NULL,
  letters {number} NOT NULL,
  version {number} NOT NULL,
  customer {id},
  state text,
  placed_at {time},
  cancelled {truth} NOT NULL,
  next_deadline {time},
  overdue_at {time},
  open_anomalies {number} NOT NULL,
  policy text NOT NULL,
  body text NOT NULL
)""",
    "CREATE INDEX orderfsm_orders_customer ON orderfsm_orders (customer, placed_at, order_id)",
    "CREATE INDEX orderfsm_orders_due ON orderfsm_orders (next_deadline, order_id) WHERE next_deadline IS NOT NULL",
    "CREATE INDEX orderfsm_orders_overdue ON orderfsm_orders (overdue_at, order_id) WHERE overdue_at IS NOT NULL",
    "CREATE INDEX orderfsm_orders_anomalies ON orderfsm_orders (order_id) WHERE open_anomalies > 0",
    """CREATE TABLE orderfsm_journal (
  order_id {id} NOT NULL,
  seq {number} NOT NULL,
  do_name text NOT NULL,
  sender {id} NOT NULL,
  input_id {id},
  reuse {number} NOT NULL,
  at {time} NOT NULL,
  received_at {time} NOT NULL,
  outcome text NOT NULL,
  policy text NOT NULL,
  input text NOT NULL,
  answer text NOT NULL,
  PRIMARY KEY (order_id, seq)
)""",
    """CREATE UNIQUE INDEX orderfsm_journal_ids ON orderfsm_journal (order_id, input_id, sender, reuse)
  WHERE input_id IS NOT NULL""",
    """CREATE TABLE orderfsm_outbox (
  order_id {id} NOT NULL,
  seq {number} NOT NULL,
  entry {number} NOT NULL,
  name text NOT NULL,
  body text NOT NULL,
  ready_at {time} NOT NULL,
  status text NOT NULL,
  attempts {number} NOT NULL,
  settled_at {time},
  fault text,
  PRIMARY KEY (order_id, seq)
)""",
    "CREATE INDEX orderfsm_outbox_pending ON orderfsm_outbox (ready_at, order_id, seq) WHERE status = 'pending'",
    "CREATE INDEX orderfsm_outbox_heads ON orderfsm_outbox (order_id, seq) WHERE status = 'pending'",
    "CREATE INDEX orderfsm_outbox_dead ON orderfsm_outbox (order_id, seq) WHERE status = 'dead'",
    "CREATE TABLE orderfsm_policies (digest text NOT NULL PRIMARY KEY, policy text NOT NULL)",
    """CREATE TABLE orderfsm_bookmarks (
  log text NOT NULL PRIMARY KEY,
  lines {number} NOT NULL,
  read_so_far text NOT NULL
)""",
)

MIGRATIONS: Mapping[int, Sequence[str]] = {1: _CREATE}
"""What brings the tables from the version before to this one."""

NEWEST = max(MIGRATIONS)
"""The version that this orderfsm reads and writes."""

READ_VERSION = "SELECT max(version) FROM orderfsm_schema"
_VERSION_TABLE = "CREATE TABLE IF NOT EXISTS orderfsm_schema (version {number} NOT NULL)"
_WRITE_VERSION = "INSERT INTO orderfsm_schema (version) VALUES (?)"


def check_version(version: int | None, name: str, url: str | None = None) -> None:
    """Say what is wrong with the version that the tables of a database have; None where there are none.

    Args:
        version: the version.
        name: the database, as people call it.
        url: how it is named to the command line, by default like that too.

    Raises:
        SchemaMismatch: it is not the one that this orderfsm knows.
    """
    if version == NEWEST:
        return
    mending = f"run `orderfsm migrate --db {url or name}`"
    if version is None:
        raise SchemaMismatch(f"{name} has no tables of orderfsm yet: {mending}")
    if version < NEWEST:
        raise SchemaMismatch(f"{name} has version {version} of the tables and this orderfsm needs {NEWEST}: {mending}")
    said = f"{name} has version {version} of the tables and this orderfsm knows {NEWEST}"
    raise SchemaMismatch(f"{said}: upgrade orderfsm")


def apply_migrations(run: Run, types: Types, sql: Callable[[str], str]) -> tuple[int, int]:
    """Bring the tables to the newest version, within a transaction that nobody else is in: from which to which."""
    run(_VERSION_TABLE.format(number=types.number), ())
    version: int = run(READ_VERSION, ())[0][0] or 0
    for number in sorted(MIGRATIONS):
        if number > version:
            for statement in MIGRATIONS[number]:
                run(statement.format(id=types.id, time=types.time, number=types.number, truth=types.truth), ())
            run(sql(_WRITE_VERSION), (number,))
    return version, max(version, NEWEST)
