"""The explorer side by side with another engine on the same code, and how many decisions it makes in a second.

    python -m tests.benchmarks.exploring            everything (two minutes)
    python -m tests.benchmarks.exploring --quick    tiny machines and few rounds, to see that it runs

Both engines run in turn in one process, so that what else the machine does slows both down alike; what counts is
the processor's time. The least of all rounds is compared, and the ratio of each round is told besides.
"""

import argparse
import gc
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from statistics import median
from time import process_time
from typing import Any

from attrs import define, field

from orderfsm.inputs import Item
from orderfsm.testing.claims import claims
from orderfsm.testing.exploring import Exploration, explore
from orderfsm.testing.orders import OrderSpace, Position, Said
from orderfsm.testing.properties import Always, Property
from orderfsm.testing.scopes import Chapter, Scope, Times, Values
from tests.proof.second_engine import protocol
from tests.proof.two_phase_commit import consistent, happen, happenings, start

SAME_CODE = "{name:44}{ours:8.3f} s{theirs:8.3f} s{ratio:7.2f}  ({low:.2f} to {high:.2f}, median {middle:.2f})"


@define
class Compared:
    """What both engines took for one machine, round by round, and how many states each found."""

    name: str
    states: set[int] = field(factory=set)
    ours: list[float] = field(factory=list)
    theirs: list[float] = field(factory=list)

    @property
    def ratio(self) -> float:
        """The explorer's least time by the other's."""
        return min(self.ours) / min(self.theirs)

    def __str__(self) -> str:
        ratios = [mine / other for mine, other in zip(self.ours, self.theirs, strict=True)]
        return SAME_CODE.format(
            name=f"{self.name}, {max(self.states):,} states", ours=min(self.ours), theirs=min(self.theirs),
            ratio=self.ratio, low=min(ratios), high=max(ratios), middle=median(ratios),
        )  # fmt: skip


@define
class Rate:
    """How many decisions a second, and of how many."""

    name: str
    decisions: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.name:44}{self.decisions / self.seconds:10,.0f} decisions a second (of {self.decisions:,})"


def taken(function: Callable[[], Any]) -> tuple[float, Any]:
    """The processor's time for one call, and what it gave; without what the call before left behind."""
    gc.collect()
    begun = process_time()
    result = function()
    return process_time() - begun, result


def compare(name: str, rounds: int, ours: Callable[[], int], theirs: Callable[[], int]) -> Compared:
    """Both in turn, each first in every other round."""
    compared = Compared(name)
    sides = [(ours, compared.ours), (theirs, compared.theirs)]
    for _ in range(rounds):
        for function, times in sides:
            seconds, states = taken(function)
            times.append(seconds)
            compared.states.add(states)
        sides.reverse()
    assert len(compared.states) == 1, "both find the same states"
    return compared


# --- machines --------------------------------------------------------------------------------------------


def two_phase_commit(managers: int, rounds: int) -> Compared:
    """Two-phase commit, with its consistency."""
    checker = _other_engine()
    always = Always(name="consistent", says="", check=consistent)

    def ours() -> int:
        return len(explore([start(managers)], happenings, happen, properties=[always]).states)

    def theirs() -> int:
        other = protocol(start(managers), happenings, happen, always={"consistent": consistent})
        found: int = checker.check_safety(other)["reachable_states"]
        return found

    return compare(f"two-phase commit, {managers} managers", rounds, ours, theirs)


def orders(space: OrderSpace, rounds: int) -> Compared:
    """The orders of a scope, with one property of all states."""
    checker = _other_engine()

    def check(position: Position) -> str | None:
        return None if position.order.version >= 0 else "older than new"

    always = Always(name="version", says="", check=check)

    def ours() -> int:
        return len(_explored(space, [always]).states)

    def theirs() -> int:
        other = protocol(
            space.initial()[0], space.inputs, space.step, key=space.key, within=space.within, always={"version": check}
        )
        found: int = checker.check_safety(other)["reachable_states"]
        return found

    return compare(f"orders, {space.scope.name}", rounds, ours, theirs)


def rates(space: OrderSpace, rounds: int) -> Iterator[Rate]:
    """How fast the orders of a scope are explored, with and without everything that is claimed of them."""
    for name, properties in (("without properties", []), ("with all properties", claims(space))):
        decisions, seconds = 0, float("inf")
        for _ in range(rounds):
            spent, found = taken(partial(_explored, space, properties))
            assert not found.violations, found.violations[0]
            decisions, seconds = found.decisions, min(seconds, spent)
        yield Rate(f"orders, {space.scope.name}, {name}", decisions, seconds)


def _explored(space: OrderSpace, properties: list[Property]) -> Exploration[Position, Said]:
    return explore(space.initial(), space.inputs, space.step, key=space.key, within=space.within, properties=properties)


def _other_engine() -> Any:
    import minicheck  # type: ignore[import-untyped]

    return minicheck


def scopes(quick: bool) -> Iterator[OrderSpace]:
    """What is explored: one line in every chapter, and two until they are dispatched or cancelled."""
    common: dict[str, Any] = {"values": Values.PLAIN, "times": Times.NOW, "early": 0, "strangers": False}
    one, two = [Item(id="A", amount="10.00")], [Item(id="A", amount="10.00"), Item(id="B", amount="10.00")]
    if quick:
        yield OrderSpace(Scope(name="1 line", lines=one, chapters=[Chapter.CANCELLATION], paid=True, **common))
        return
    chapters = [Chapter.PAYMENT, Chapter.FULFILMENT, Chapter.CANCELLATION]
    yield OrderSpace(Scope(name="1 line", lines=one, **common))
    yield OrderSpace(Scope(name="2 lines", lines=two, chapters=chapters, **common))


def main(arguments: list[str] | None = None) -> list[Compared | Rate]:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="tiny machines and few rounds, to see that it runs")
    options = parser.parse_args(arguments)
    rounds = 1 if options.quick else 15
    found: list[Compared | Rate] = []

    def measured(result: Compared | Rate) -> None:
        print(result, flush=True)
        found.append(result)

    if find_spec("minicheck") is None:
        print("NO SECOND ENGINE: minicheck is not installed, so there is nothing to compare with")
    else:
        print(f"{'':44}{'explorer':>10}{'minicheck':>10}{'ratio':>7}  (round by round)")
        measured(two_phase_commit(3 if options.quick else 5, rounds))
        for space in scopes(options.quick):
            measured(orders(space, rounds))
    for space in scopes(options.quick):
        for rate in rates(space, 1 if options.quick else 5):
            measured(rate)
    return found


if __name__ == "__main__":
    main()
