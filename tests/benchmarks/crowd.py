"""A book with very many open orders, and how much of it each question reads.

The rows are copies of one order's, made by the database itself, with other ids and times. For each question that a
store answers its statement is noted as it is executed, and then explained. What it reads is counted in pages by
PostgreSQL, and in steps of its virtual machine by SQLite, which counts no pages.
"""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from statistics import median
from time import perf_counter
from typing import Any

import psycopg
from attrs import define, frozen

from orderfsm.book import OrderBook
from orderfsm.bookkeeping import Bookkeeper
from orderfsm.machine import OrderMachine
from orderfsm.records import Change, Held
from orderfsm.store import Listing, Query, Store
from orderfsm.store.sqlite import connect
from orderfsm.store.urls import read_url
from tests.benchmarks.cycles import Noting
from tests.benchmarks.orders import NOON, week

LATE = NOON + timedelta(days=30)
"""When some orders are due."""

BASE = "base-00002"


@frozen
class Crowd:
    """How many orders there are; of them, how many are due, of one customer, with anomalies, and with letters ready.

    Of all orders some more have a letter that waits for its next attempt, and `blocked` have another behind that.
    """

    orders: int
    due: int
    blocked: int = 0
    customer: int = 20
    anomalies: int = 100


def fill(url: str, crowd: Crowd) -> None:
    """Put so many orders into an empty book, with two delivered letters each."""
    with OrderBook(url) as book:
        for order_id, input in week("base", 3):
            if order_id == BASE and input.name in ("place", "payment_captured"):
                book.submit(order_id, input)
    where = read_url(url)
    if where.scheme == "sqlite":
        connection = connect(where.path)
        connection.execute("BEGIN")
        for statement in _statements(crowd, _SQLITE):
            connection.execute(statement)
        connection.execute("COMMIT")
        connection.execute("ANALYZE")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
    else:
        with psycopg.connect(url, autocommit=True) as server:
            for statement in _statements(crowd, _POSTGRES):
                server.execute(statement.encode())
            server.execute("VACUUM (ANALYZE) orderfsm_orders, orderfsm_journal, orderfsm_outbox")


_SQLITE = {
    "numbers": "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {count})",
    "from": "n",
    "id": "printf('o%08d', n)",
    "time": "strftime('%Y-%m-%dT%H:%M:%S.000000+00:00', '{start}', (n * {step}) || ' seconds')",
}
_POSTGRES = {
    "numbers": "",
    "from": "generate_series(1, {count}) AS n",
    "id": "'o' || lpad(n::text, 8, '0')",
    "time": "timestamptz '{start}+00' + n * {step} * interval '1 second'",
}


def _statements(crowd: Crowd, sql: dict[str, str]) -> list[str]:
    """What makes the rows: the first of the orders are due, the others become so over the next weeks."""

    def rows(statement: str, count: int) -> str:
        numbers, source = (sql[each].format(count=count) for each in ("numbers", "from"))
        filled = statement.replace("{id}", sql["id"]).replace("{source}", source)
        return f"{numbers} {filled}" if count else "SELECT 1"

    def time(start: str, step: int) -> str:
        return sql["time"].format(start=start, step=step)

    earlier, later = time("2026-03-30 12:00:00", 1), time("2026-04-02 12:00:00", 2)
    columns = (
        "order_id, revision, letters, version, customer, state, placed_at, cancelled, next_deadline, overdue_at,"
        " open_anomalies, policy, body"
    )
    letter = "order_id, seq, entry, name, body, ready_at, status, attempts, settled_at, fault"
    sent, ready = time("2026-03-02 12:00:00", 1), time("2026-03-20 12:00:00", 1)

    def letters(seq: int, ready: str, status: str, settled: str, count: int, beyond: int = 0) -> str:
        return rows(
            f"""INSERT INTO orderfsm_outbox ({letter}) SELECT {{id}}, {seq}, 1, 'send_refund', '{_BODY}', {ready},
            '{status}', 0, {settled}, NULL FROM {{source}} WHERE n > {beyond}""",
            count,
        )

    return [
        rows(
            f"""INSERT INTO orderfsm_orders ({columns}) SELECT {{id}}, revision, letters, version,
            'c' || (n / {crowd.customer}), state, {sent}, cancelled,
            CASE WHEN n <= {crowd.due} THEN {earlier} ELSE {later} END,
            CASE WHEN n <= {crowd.due} THEN {earlier} ELSE {later} END,
            CASE WHEN n % {max(crowd.orders // crowd.anomalies, 1)} = 0 THEN 1 ELSE 0 END, policy,
            replace(body, '{BASE}', {{id}}) FROM {{source}}, orderfsm_orders WHERE order_id = '{BASE}'""",
            crowd.orders,
        ),
        *(f"DELETE FROM {table} WHERE order_id = '{BASE}'" for table in ("orderfsm_orders", "orderfsm_journal")),
        letters(1, sent, "delivered", sent, crowd.orders),
        letters(2, sent, "delivered", sent, crowd.orders),
        letters(
            3,
            f"CASE WHEN n <= {crowd.due} THEN {ready} ELSE {later} END",
            "pending",
            "NULL",
            max(crowd.orders // 10, crowd.due + crowd.blocked),
        ),
        letters(4, sent, "pending", "NULL", crowd.due + crowd.blocked if crowd.blocked else 0, crowd.due),
    ]


_BODY = '{"effect": "send_refund", "id": "a/1", "refund": "r1", "payment": "p1", "amount": "12.00", "currency": "EUR"}'

# --- asking ----------------------------------------------------------------------------------------------


@define
class Asked:
    """What a question took: its plan, the rows that came, milliseconds, and pages or steps."""

    name: str
    plan: list[str]
    rows: int
    milliseconds: float
    read: int

    @property
    def scans(self) -> bool:
        """Whether a whole table is read; an index that holds nothing but what is asked for may be read whole."""
        return any(_SCAN.match(line) for line in self.plan)


_SCAN = re.compile(r"SCAN \w+(?<!heads)(?<!sent)( USING (COVERING )?INDEX sqlite_.*)?$|.*Seq Scan on ")


class _EnoughError(Exception):
    """The due orders are found; they are not to be changed."""


def _sweep(store: Store) -> None:
    def stop(order_id: str, held: Held) -> Change:
        raise _EnoughError

    with suppress(_EnoughError):
        store.sweep(LATE, 50, stop, {})


_DIGEST = Bookkeeper(OrderMachine()).digest

QUESTIONS: dict[str, Callable[[Store], object]] = {
    "1,000 due": lambda store: store.find(Query(Listing.DUE, LATE, limit=1000)),
    "50 due, for a worker": _sweep,
    "100 overdue": lambda store: store.find(Query(Listing.OVERDUE, LATE, limit=100)),
    "the orders of a customer": lambda store: store.find(Query(Listing.ORDERS_OF, "c7")),
    "cancelled orders of a customer": lambda store: store.find(Query(Listing.CANCELLED_ORDERS_OF, "c7")),
    "orders with anomalies": lambda store: store.find(Query(Listing.ANOMALIES)),
    "50 letters to deliver": lambda store: store.take(LATE, LATE + timedelta(minutes=1), 50),
    "dead letters": lambda store: store.dead(None, 100),
    "what another policy computed": lambda store: store.find(Query(Listing.OUTDATED, _DIGEST, limit=1000)),
}
"""What is asked of all orders together, each as a worker or a host asks it."""


def ask(url: str, name: str, times: int = 15) -> Asked:
    """Ask a question several times, then have its statements explained."""
    with OrderBook(url) as book:
        noting = Noting(book.store.sessions)  # type: ignore[attr-defined]
        book.store.sessions = noting  # type: ignore[attr-defined]
        taken = []
        for _ in range(times):
            start = perf_counter()
            QUESTIONS[name](book.store)
            taken.append(perf_counter() - start)
        first = noting.steps[0]
    explained = _explained_by_sqlite if url.startswith("sqlite") else _explained_by_postgres
    found = [explained(url, statement, values) for statement, values in first.statements]
    plan = [line for lines, _ in found for line in lines]
    return Asked(name, plan, first.rows[0], median(taken) * 1000, sum(read for _, read in found))


def _explained_by_sqlite(url: str, statement: str, values: Sequence[object]) -> tuple[list[str], int]:
    connection = connect(read_url(url).path)
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)]
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    connection.execute("BEGIN IMMEDIATE")
    connection.set_progress_handler(step, 10)
    connection.execute(statement, values).fetchall()
    connection.set_progress_handler(None, 0)
    connection.execute("ROLLBACK")
    connection.close()
    return plan, 10 * steps


def _explained_by_postgres(url: str, statement: str, values: Sequence[Any]) -> tuple[list[str], int]:
    with psycopg.connect(url) as connection:
        explain = f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) {statement}"
        plan = [row[0] for row in connection.execute(explain.encode(), values)]
        connection.rollback()
    buffers = next(line for line in plan if "Buffers: shared" in line)
    return plan, sum(int(count) for count in re.findall(r"(?:hit|read)=(\d+)", buffers))
