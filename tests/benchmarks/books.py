"""The order book side by side with the `eventsourcing` library and a bare loop, and its queries among a million orders.

    python -m tests.benchmarks.books             everything (several minutes)
    python -m tests.benchmarks.books sqlite      one database; `postgres` and `due` likewise
    python -m tests.benchmarks.books --quick     few orders, to see that it runs

The cycles run in turn in one process, each on a database of its own, with new orders in every round, so that what
else the machine does slows all of them down alike; what counts is the ratio within a round. What each of them does is
told in `tests.benchmarks.cycles`.
"""

import argparse
import gc
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

import psycopg
from attrs import define, field

from orderfsm.book import migrate
from orderfsm.machine import OrderMachine
from tests.benchmarks.crowd import QUESTIONS, Asked, Crowd, ask, fill
from tests.benchmarks.cycles import (
    BareCycle,
    BatchedCycle,
    Cycle,
    DecidingCycle,
    EventCycle,
    OursCycle,
    ReplayCycle,
    on_postgres,
    on_sqlite,
)
from tests.benchmarks.orders import week
from tests.benchmarks.values import ValueCycle
from tests.store.server import PostgresServer

MACHINE = OrderMachine()
BARS = {"eventsourcing": 3.0, "bare": 0.5}


@define
class Timed:
    """How long each cycle took for one input, in microseconds, round by round."""

    database: str
    rounds: dict[str, list[float]] = field(factory=dict)

    def line(self, name: str) -> str:
        """A cycle's inputs a second, and ours against it: the median of the rounds' ratios, and how far they spread."""
        taken = self.rounds[name]
        ratios = sorted(self.ratios(name))
        bar = next((bar for kind, bar in BARS.items() if name.startswith(kind)), None)
        verdict = "" if bar is None else f"  bar {bar}: {'ok' if median(ratios) >= bar else 'below'}"
        spread = f"{median(ratios):6.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        return f"{self.database:10} {name:34}{1e6 / median(taken):8.0f}/s {median(taken):8.1f} µs{spread:>24}{verdict}"

    def ratios(self, name: str) -> list[float]:
        """How many times as fast as this cycle we were, in each round."""
        return [theirs / ours for theirs, ours in zip(self.rounds[name], self.rounds["orderfsm"], strict=True)]

    def above(self, name: str) -> float:
        """How many microseconds more an input takes us than this cycle."""
        return median(ours - theirs for theirs, ours in zip(self.rounds[name], self.rounds["orderfsm"], strict=True))


def compare(database: str, cycles: Sequence[Cycle], rounds: int, orders: int) -> Timed:
    """Run the cycles in turn, a few rounds; the first, in which everything is prepared, does not count."""
    timed = Timed(database, {cycle.name: [] for cycle in cycles})
    for number in range(rounds + 1):
        inputs = week(f"r{number}", orders)
        for cycle in cycles:
            run = cycle.ready(inputs)
            gc.collect()
            gc.disable()
            start = perf_counter()
            run()
            taken = perf_counter() - start
            gc.enable()
            if number:
                timed.rounds[cycle.name].append(taken / len(inputs) * 1e6)
    for cycle in cycles:
        cycle.close()
    return timed


# --- the databases ---------------------------------------------------------------------------------------

DATABASES = 9
"""Ours, fifty at once, the bare loop and its rehearsal, and five for the library."""

CACHED = {"AGGREGATE_CACHE_MAXSIZE": "1000"}
"""Aggregates stay in memory; the library reads what was appended since, so that others may append too."""


def sqlite_cycles(folder: Path) -> list[Cycle]:
    """All cycles on SQLite, each on a file of its own, all with WAL and synchronous commits."""
    urls = [f"sqlite:///{folder}/{name}.db" for name in ("ours", "batched", "bare", "rehearsal")]
    for url in urls:
        migrate(url)
    ours, batched, bare, rehearsal = urls
    theirs = their_cycles([on_sqlite(f"{folder}/events{number}.db") for number in range(5)])
    for cycle in theirs:
        with cycle.application.factory.datastore.get_connection(commit=False) as connection:  # type: ignore[attr-defined]
            cursor = connection.cursor()
            for pragma, expected in (("synchronous", 2), ("journal_mode", "wal")):
                cursor.execute(f"PRAGMA {pragma}")
                assert expected == cursor.fetchone()[0], f"not the same durability: {pragma}"
    more: list[Cycle] = [BareCycle(rehearsal, bare, MACHINE), BatchedCycle(batched, MACHINE), DecidingCycle(MACHINE)]
    return [OursCycle(ours, MACHINE), *theirs, *more]


def postgres_cycles(urls: Sequence[str]) -> list[Cycle]:
    """All cycles on PostgreSQL, each in a database of its own, of which so many are needed as `DATABASES` says."""
    ours, batched, bare, rehearsal = urls[:4]
    for url in urls[:4]:
        migrate(url)
        with psycopg.connect(url) as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                assert ("on",) == connection.execute(f"SHOW {setting}".encode()).fetchone(), f"not durable: {setting}"
    theirs = their_cycles([on_postgres(url) for url in urls[4:]])
    more: list[Cycle] = [BareCycle(rehearsal, bare, MACHINE), BatchedCycle(batched, MACHINE), DecidingCycle(MACHINE)]
    return [OursCycle(ours, MACHINE), *theirs, *more]


def their_cycles(environments: Sequence[dict[str, str]]) -> list[EventCycle]:
    """The library with its various settings, as many of them as there are databases."""
    ways: list[Callable[[dict[str, str]], EventCycle]] = [
        lambda where: ValueCycle("eventsourcing, values of one's own", where, MACHINE),
        lambda where: EventCycle("eventsourcing", where, MACHINE),
        lambda where: EventCycle("eventsourcing, cache", {**where, **CACHED}, MACHINE),
        lambda where: EventCycle("eventsourcing, snapshots", where, MACHINE, every=4),
        lambda where: ReplayCycle("eventsourcing, inputs alone", where, MACHINE),
    ]
    return [way(where) for way, where in zip(ways, environments, strict=False)]


def sync_cost(folder: Path, times: int = 200) -> float:
    """How many microseconds this disk takes to make a page of a growing file durable."""
    taken = []
    with (folder / "synced").open("wb", buffering=0) as file:
        for _ in range(times):
            start = perf_counter()
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
            taken.append(perf_counter() - start)
    return median(taken) * 1e6


# --- among a million orders ------------------------------------------------------------------------------


def crowded(url: str, crowd: Crowd, *, plans: bool) -> list[Asked]:
    """Fill an empty database, ask every question and print what it took."""
    migrate(url)
    fill(url, crowd)
    found = []
    for name in QUESTIONS:
        asked = ask(url, name)
        found.append(asked)
        unit = "steps" if url.startswith("sqlite") else "pages"
        scanned = "  reads everything" if asked.scans else ""
        print(
            f"{crowd.orders:9,} orders  {name:32}{asked.rows:6,} rows{asked.milliseconds:9.2f} ms"
            f"{asked.read:10,} {unit}{scanned}",
            flush=True,
        )
        if plans:
            print(*(f"    {line}" for line in asked.plan), sep="\n")
    return found


def crowds(folder: Path, sizes: Sequence[int]) -> None:
    """Both databases at all sizes; the plans at the largest."""
    for size in sizes:
        crowd = Crowd(size, due=min(1000, size // 10))
        print("SQLite")
        path = folder / f"{size}.db"
        crowded(f"sqlite:///{path}", crowd, plans=size == max(sizes))
        path.unlink()
        print("PostgreSQL")
        with PostgresServer(durable=False) as server:  # what is read does not depend on it
            crowded(server.new_database(), crowd, plans=size == max(sizes))


# --- all of it -------------------------------------------------------------------------------------------


def report(timed: Timed) -> None:
    """Print what was measured."""
    for name in timed.rounds:
        print(timed.line(name), flush=True)
    bare = next(name for name in timed.rounds if name.startswith("bare"))
    decided = median(timed.rounds["deciding alone"])
    print(
        f"{timed.database}: {timed.above(bare):.0f} µs above the bare loop, of which {decided:.0f} decide", flush=True
    )


def main(arguments: list[str] | None = None) -> list[Timed]:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["sqlite", "postgres", "due"])
    parser.add_argument("--quick", action="store_true", help="few orders, to see that it runs")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args(arguments)
    rounds, orders, sizes = (1, 4, [1000]) if options.quick else (options.rounds, 80, [10_000, 100_000, 1_000_000])
    found = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.what != "due":
            print(f"making a page durable takes {sync_cost(folder):.0f} µs here")
        if options.what in (None, "sqlite"):
            found.append(compare("SQLite", sqlite_cycles(folder), rounds, orders))
            report(found[-1])
        if options.what in (None, "postgres"):
            with PostgresServer(durable=True) as server:
                urls = [server.new_database() for _ in range(DATABASES)]
                found.append(compare("PostgreSQL", postgres_cycles(urls), rounds, orders))
            report(found[-1])
        if options.what in (None, "due"):
            crowds(folder, sizes)
    return found


if __name__ == "__main__":
    main()
