"""Speed and size as ratios measured side by side in one run; these machines are noisy, ratios are not.

    python -m tests.benchmarks.ratios            everything (a minute)
    python -m tests.benchmarks.ratios --quick    few rounds, to see that it runs

A log of 100,000 orders is made by repeating the example log under new ids, or the log that `--log` names.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from attrs import define
from transitions import MachineError

from orderfsm import inputs as i
from orderfsm.actors import CUSTOMER_SERVICE, LOGISTICS, PAYMENT, PLATFORM, WAREHOUSE, Customer
from orderfsm.engine import GOODS
from orderfsm.log_files import open_log
from orderfsm.machine import OrderMachine
from orderfsm.order import Order, Unplaced
from orderfsm.scene import Scene

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "every-chapter.jsonl"
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
MACHINE = OrderMachine()


@define
class Cursor:
    """A throw-away model for stock `transitions`."""

    state: str


@define
class Ratio:
    """One measured ratio and the bar it is held against."""

    name: str
    ours: float
    theirs: float
    unit: str
    bar: float

    def __str__(self) -> str:
        ratio = self.ours / self.theirs
        verdict = "ok" if ratio <= self.bar else "above"
        return f"{self.name:44}{self.ours:10.2f}{self.theirs:10.2f} {self.unit:4}{ratio:8.2f}{self.bar:8.2f}  {verdict}"


def best(functions: list[Callable[[], object]], rounds: int, number: int) -> list[float]:
    """The least time of each function over some rounds in turn, in microseconds a call."""
    least = [float("inf")] * len(functions)
    for _ in range(rounds):
        for index, function in enumerate(functions):
            start = time.perf_counter()
            for _ in range(number):
                function()
            least[index] = min(least[index], (time.perf_counter() - start) / number)
    return [each * 1e6 for each in least]


def placed() -> Order:
    """An order of one line, unpaid."""
    place = i.Place(customer="c9", country="DE", currency="EUR", lines=[i.Item(id="A", amount="12.00")])
    order = MACHINE.decide(Unplaced("1001"), place, by=PLATFORM, at=START).order
    assert isinstance(order, Order)
    return order


def steps() -> Iterator[tuple[str, Order, i.Input]]:
    """Accepted inputs on one lot, each on the order as the last one left it."""
    order = placed()
    inputs: list[i.Input] = [
        i.PaymentCaptured(payment="p1", instrument="card:1", amount="12.00", by=PAYMENT, at=START + HOUR),
        i.PreparationStarted(lines=["A"], by=WAREHOUSE, at=START + 2 * HOUR),
        i.Dispatched(lines=["A"], parcel="x1", by=LOGISTICS, at=START + 3 * HOUR),
        i.Arrived(parcel="x1", by=LOGISTICS, at=START + 4 * HOUR),
        i.Delivered(parcel="x1", by=LOGISTICS, at=START + 5 * HOUR),
        i.RequestReturn(lines=["A"], reason="size", by=Customer("c9"), at=START + 6 * HOUR),
        i.ApproveReturn(lines=["A"], by=CUSTOMER_SERVICE, at=START + 7 * HOUR),
    ]
    for input in inputs:
        yield input.name, order, input
        after = MACHINE.decide(order, input).order
        assert isinstance(after, Order)
        order = after


def stock(order: Order, input: i.Input) -> Callable[[], object]:
    """The same row with the same guards by stock `transitions` on an unregistered model."""
    assert input.by is not None
    assert input.at is not None
    scene: Scene[Any] = Scene(MACHINE.policy, order, input, input.by, input.at, input.at)
    if isinstance(input, i.PaymentCaptured):
        scene = _with_payment(scene, input)
    lot, event, state = order.lots[0], GOODS.events[input.name], order.lots[0].state.value

    def trigger() -> object:
        return event.trigger(Cursor(state), scene, lot)

    assert trigger()
    return trigger


def _with_payment(scene: Scene[Any], input: i.PaymentCaptured) -> Scene[Any]:
    from orderfsm.order import Payment

    assert input.at is not None
    scene.payments = (Payment(input.payment, input.instrument, 1200, input.at),)
    return scene


def refusal() -> tuple[Callable[[], object], Callable[[], object]]:
    """A refused command with its reasons, and stock's bare refusal of it."""
    shipped = next(order for name, order, _ in steps() if name == "arrived")
    command = i.RequestCancellation(lines=["A"], by=Customer("c9"), at=START + 6 * HOUR)
    event, state = GOODS.events[command.name], shipped.lots[0].state.value

    def bare() -> object:
        try:
            return event.trigger(Cursor(state), None, None)
        except MachineError:
            return False

    return lambda: MACHINE.decide(shipped, command), bare


def decisions(rounds: int, number: int) -> Iterator[Ratio]:
    """`decide` against stock `transitions`."""
    for name, order, input in steps():

        def ours(order: Order = order, input: i.Input = input) -> object:
            return MACHINE.decide(order, input)

        mine, theirs = best([ours, stock(order, input)], rounds, number)
        yield Ratio(f"accepted {name}", mine, theirs, "µs", 1.0)
    mine, theirs = best([*refusal()], rounds, number)
    yield Ratio("refused, with reasons", mine, theirs, "µs", 1.5)


def memory() -> Ratio:
    """1,000 orders of one line, against 4 MB."""
    text = "".join  # ids of their own, as a shop has them
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept = []
    for number in range(1000):
        place = i.Place(
            customer=text(["c", str(number)]), country="DE", currency="EUR", lines=[i.Item(id="A", amount="12.00")]
        )
        order = MACHINE.decide(Unplaced(str(number)), place, by=PLATFORM, at=START).order
        paid = i.PaymentCaptured(payment=f"p{number}", instrument="card:1", amount="12.00")
        kept.append(MACHINE.decide(order, paid, by=PAYMENT, at=START + HOUR).order)
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert len(kept) == 1000
    return Ratio("1,000 orders of one line", used / 1e6, 4.0, "MB", 1.0)


def importing(rounds: int) -> Ratio:
    """`import orderfsm` against `import attrs, transitions`, each in a new interpreter, start-up taken off."""

    def taken(statement: str) -> float:
        code = f"import time; t = time.process_time(); {statement}; print(time.process_time() - t)"
        return float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout)

    pairs = [(taken("import orderfsm"), taken("import attrs, transitions")) for _ in range(rounds)]
    return Ratio("import orderfsm", min(p[0] for p in pairs) * 1e3, min(p[1] for p in pairs) * 1e3, "ms", 1.5)


def big_log(source: Path, orders: int, target: Path) -> None:
    """Repeat a log under new ids until it holds so many orders."""
    with open_log(str(source)) as lines:
        entries = [json.loads(line) for _, line in lines if isinstance(line, bytes)]
    entries = [entry for entry in entries if "order" in entry]
    copies = -(-orders // len({entry["order"] for entry in entries}))
    with target.open("w", encoding="utf-8") as out:
        for copy in range(copies):
            for entry in entries:
                out.write(json.dumps({**entry, "order": f"{copy}-{entry['order']}"}) + "\n")


def replaying(source: Path, orders: int) -> Iterator[Ratio]:
    """Replaying a log to a summary against bare `json.loads` over its lines, and two jobs against one."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.jsonl"
        big_log(source, orders, log)
        loads = f"import json\nfor line in open({str(log)!r}, 'rb'): json.loads(line)"
        replay = [sys.executable, "-m", "orderfsm", "replay", str(log)]
        bare = _seconds([sys.executable, "-c", loads])
        one = _seconds(replay)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        two = _seconds([*replay, "--jobs", "2"])
        yield Ratio(f"replay of {orders:,} orders", one, bare, "s", 12.0)
        yield Ratio("  its memory", peak, 400.0, "MB", 1.0)
        yield Ratio("  with --jobs 2, against one job", two, one, "s", 0.65)


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main(arguments: list[str] | None = None) -> list[Ratio]:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few rounds, to see that it runs")
    parser.add_argument("--log", type=Path, default=EXAMPLE, help="the log to repeat")
    options = parser.parse_args(arguments)
    rounds, number, orders = (1, 50, 200) if options.quick else (7, 3_000, 100_000)
    print(f"{'':44}{'ours':>10}{'theirs':>10}     {'ratio':>8}{'bar':>8}")
    found: list[Ratio] = []
    for measured in (decisions(rounds, number), [memory()], [importing(rounds)], replaying(options.log, orders)):
        for ratio in measured:
            print(ratio, flush=True)
            found.append(ratio)
    return found


if __name__ == "__main__":
    main()
