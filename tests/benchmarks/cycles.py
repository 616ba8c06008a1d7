"""Ways through the same cycle: load an order, decide an input by the same machine, store what came of it.

- `OursCycle` is `OrderBook.submit`: it reads the order's row and whether the id was used; it writes the row, an entry
  of the journal and the letters of the outbox. `BatchedCycle` is `submit_many`, fifty inputs in a transaction.
- `EventCycle` is an application of the `eventsourcing` library: it reads the events of an aggregate, decides, and
  appends one event with the input, the outcome and the order as it then is. So loading an aggregate decodes the order
  once and never decides anything again, and it writes less than we do: no answer, no outbox, nothing to query. Both
  encode with our own codec, so that its transcoder has nothing but texts to write. It is the library at its fastest.
- `ReplayCycle` is the same with the inputs alone as events, which are decided again when an aggregate is loaded:
  event sourcing as its name says.
- `BareCycle` repeats the statements of `OrderBook.submit`, with values that are ready, on a bare connection: the same
  rows in the same transactions without a decision, without an encoding, without this library.
- `DecidingCycle` decides and stores nothing.
"""

import sqlite3
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Protocol
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, UUID, uuid5

import psycopg
from attrs import define, field
from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.domain import Aggregate

from orderfsm.book import OrderBook
from orderfsm.inputs import Input
from orderfsm.log import read_line, write_line
from orderfsm.machine import OrderMachine
from orderfsm.order import Order, Unplaced
from orderfsm.snapshots import read_snapshot, write_snapshot
from orderfsm.store import read_url
from orderfsm.store.sessions import Rows, Run, Sessions
from tests.benchmarks.orders import Said


class Cycle(Protocol):
    """One way to keep orders."""

    name: str

    def ready(self, inputs: Sequence[Said]) -> Callable[[], object]:
        """Prepare what is not part of the cycle; what is returned goes through all inputs, one after the other."""
        ...

    def close(self) -> None:
        """Close what is open."""
        ...


# --- ours ------------------------------------------------------------------------------------------------


class OursCycle:
    """The order book."""

    name = "orderfsm"

    def __init__(self, url: str, machine: OrderMachine) -> None:
        self.book = OrderBook(url, machine)

    def ready(self, inputs: Sequence[Said]) -> Callable[[], object]:
        submit = self.book.submit

        def run() -> None:
            for order_id, input in inputs:
                submit(order_id, input)

        return run

    def close(self) -> None:
        self.book.close()


class BatchedCycle(OursCycle):
    """The order book with many inputs in a transaction: no equal cycle, but what an import does."""

    name = "orderfsm, fifty at once"

    def ready(self, inputs: Sequence[Said]) -> Callable[[], object]:
        """Cut the inputs into batches."""
        batches = [inputs[start : start + 50] for start in range(0, len(inputs), 50)]

        def run() -> None:
            for batch in batches:
                self.book.submit_many(batch)

        return run


class DecidingCycle:
    """The decisions alone, on orders that are kept in a dictionary: what both others pay for beside storing."""

    name = "deciding alone"

    def __init__(self, machine: OrderMachine) -> None:
        self._machine = machine

    def ready(self, inputs: Sequence[Said]) -> Callable[[], object]:
        orders: dict[str, Order | Unplaced] = {}

        def run() -> None:
            for order_id, input in inputs:
                orders[order_id] = self._machine.decide(orders.get(order_id) or Unplaced(order_id), input).order

        return run

    def close(self) -> None:
        pass


# --- the eventsourcing library ---------------------------------------------------------------------------


class Kept(Aggregate):
    """An order as an aggregate whose events bring the whole order, so that loading it decides nothing again."""

    def __init__(self, order_id: str, line: str, outcome: str, body: str) -> None:
        self.body = body

    @staticmethod
    def create_id(order_id: str) -> UUID:
        """The aggregate's id, made of the order's."""
        return uuid5(NAMESPACE_URL, order_id)

    class Decided(Aggregate.Event):
        """An input was decided."""

        line: str
        outcome: str
        body: str

        def apply(self, aggregate: Any) -> None:
            """Take the order over."""
            aggregate.body = self.body


class Replayed(Aggregate):
    """An order as an aggregate whose events are the inputs: they are decided again whenever it is loaded."""

    machine: ClassVar[OrderMachine]

    def __init__(self, order_id: str, line: str) -> None:
        self.order: Order | Unplaced = Unplaced(order_id)
        self.hear(line)

    def hear(self, line: str) -> None:
        """Decide an input."""
        _, input = read_line(line.encode())
        assert isinstance(input, Input)
        self.order = self.machine.decide(self.order, input).order

    @staticmethod
    def create_id(order_id: str) -> UUID:
        """The aggregate's id, made of the order's."""
        return uuid5(NAMESPACE_URL, order_id)

    class Said(Aggregate.Event):
        """An input came in."""

        line: str

        def apply(self, aggregate: Any) -> None:
            """Decide it."""
            aggregate.hear(self.line)


class EventCycle:
    """An application of the library's with aggregates that keep the whole order, on a connection pool of its own.

    Args:
        name: which of its settings these are.
        environment: where its database is, and how it is used.
        machine: decides.
        every: after how many events it takes a snapshot; never where this is 0.
    """

    def __init__(self, name: str, environment: dict[str, str], machine: OrderMachine, *, every: int = 0) -> None:
        self.name = name
        kind = type("Orders", (Application,), {"snapshotting_intervals": {Kept: every}} if every else {})
        self.application: Application[UUID] = kind(env=environment)
        self._machine = machine

    def ready(self, inputs: Sequence[Said]) -> Callable[[], object]:
        """Make the ids of the aggregates, which is not part of the cycle."""
        named = [(Kept.create_id(order_id), order_id, input) for order_id, input in inputs]

        def run() -> None:
            for aggregate_id, order_id, input in named:
                self.submit(aggregate_id, order_id, input)

        return run

    def submit(self, aggregate_id: UUID, order_id: str, input: Input) -> None:
        """Load, decide and append."""
        try:
            kept: Kept | None = self.application.repository.get(aggregate_id)
        except AggregateNotFoundError:
            kept = None
        decision = self._machine.decide(Unplaced(order_id) if kept is None else read_snapshot(kept.body), input)
        line, body = write_line(order_id, input).decode(), write_snapshot(decision.order)
        if kept is None:
            kept = Kept(order_id, line, decision.outcome, body)
        else:
            kept.trigger_event(Kept.Decided, line=line, outcome=decision.outcome, body=body)
        self.application.save(kept)

    def close(self) -> None:
        """Close its pool."""
        self.application.close()


class ReplayCycle(EventCycle):
    """The same with aggregates that are replayed."""

    def submit(self, aggregate_id: UUID, order_id: str, input: Input) -> None:
        """Load, which decides what was said before, decide and append."""
        Replayed.machine = self._machine
        line = write_line(order_id, input).decode()
        try:
            order: Replayed = self.application.repository.get(aggregate_id)
        except AggregateNotFoundError:
            order = Replayed(order_id, line)
        else:
            order.trigger_event(Replayed.Said, line=line)
        self.application.save(order)


def on_sqlite(path: str) -> dict[str, str]:
    """The environment of the library for a file."""
    return {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": path}


def on_postgres(url: str) -> dict[str, str]:
    """The environment of the library for a database; its stored function saves it two round trips."""
    parts = urlsplit(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": parts.path[1:],
        "POSTGRES_HOST": parts.hostname or "",
        "POSTGRES_PORT": str(parts.port),
        "POSTGRES_USER": parts.username or "",
        "POSTGRES_PASSWORD": parts.password or "none",
        "POSTGRES_ENABLE_DB_FUNCTIONS": "y",
    }


# --- the bare loop ---------------------------------------------------------------------------------------


@define
class Step:
    """Statements that were executed together, whether in a transaction, and how many rows each gave."""

    together: bool
    statements: list[tuple[str, tuple[object, ...]]] = field(factory=list)
    rows: list[int] = field(factory=list)


class Noting:
    """Sessions that note what is executed."""

    hosted = False

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self.steps: list[Step] = []

    def _noted(self, run: Run, together: bool) -> Run:
        step = Step(together)
        self.steps.append(step)

        def noting(statement: str, values: Sequence[object]) -> Rows:
            step.statements.append((statement, tuple(values)))
            found = run(statement, values)
            step.rows.append(len(found))
            return found

        return noting

    @contextmanager
    def single(self) -> Generator[Run, None, None]:
        with self._sessions.single() as run:
            yield self._noted(run, False)

    @contextmanager
    def transaction(self) -> Generator[Run, None, None]:
        with self._sessions.transaction() as run:
            yield self._noted(run, True)

    def close(self) -> None:
        self._sessions.close()


class BareCycle:
    """The statements of `OrderBook.submit`, as it executes them on another database, and nothing else."""

    def __init__(self, rehearsal: str, url: str, machine: OrderMachine) -> None:
        self._book = OrderBook(rehearsal, machine)
        self._noting = Noting(self._book.store.sessions)  # type: ignore[attr-defined]
        self._book.store.sessions = self._noting  # type: ignore[attr-defined]
        where = read_url(url)
        self.name = f"bare {'sqlite3' if where.scheme == 'sqlite' else 'psycopg'} loop"
        self._connection: Any
        if where.scheme == "sqlite":
            self._connection = sqlite3.connect(where.path, isolation_level=None)
            self._connection.execute("PRAGMA synchronous = FULL")
        else:
            self._connection = psycopg.connect(url, autocommit=True)

    def ready(self, inputs: Sequence[Said]) -> Callable[[], object]:
        self._noting.steps.clear()
        for order_id, input in inputs:
            self._book.submit(order_id, input)
        steps = [(step.together, step.statements) for step in self._noting.steps]
        sqlite = isinstance(self._connection, sqlite3.Connection)
        return _on_sqlite(self._connection, steps) if sqlite else _on_psycopg(self._connection, steps)

    def close(self) -> None:
        self._book.close()
        self._connection.close()


_Steps = list[tuple[bool, list[tuple[str, tuple[object, ...]]]]]


def _on_sqlite(connection: sqlite3.Connection, steps: _Steps) -> Callable[[], object]:
    execute = connection.execute

    def run() -> None:
        for together, statements in steps:
            if together:
                execute("BEGIN IMMEDIATE")
            for statement, values in statements:
                execute(statement, values).fetchall()
            if together:
                execute("COMMIT")

    return run


def _on_psycopg(connection: psycopg.Connection[Any], steps: _Steps) -> Callable[[], object]:
    cursor = connection.cursor()
    execute = cursor.execute
    ready = [(together, [(text.encode(), values) for text, values in statements]) for together, statements in steps]

    def run() -> None:
        for together, statements in ready:
            if together:
                execute("BEGIN")
            for statement, values in statements:
                execute(statement, values)
                if cursor.description:
                    cursor.fetchall()
            if together:
                execute("COMMIT")

    return run
