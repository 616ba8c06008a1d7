"""Whether lines may be exchanged for each other: a scope explored with its symmetry against all of it.

With a symmetry one order stands for all that differ only in the names of their lines. That is right if nothing
is lost by it, if what stands for each other behaves alike, and if exchanging lines never leads out of the graph.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import combinations
from sys import maxsize

from attrs import define, evolve, field

from orderfsm.decisions import Decision
from orderfsm.draft import changed
from orderfsm.inputs import InterceptAnswer, StopAnswer
from orderfsm.order import Order
from orderfsm.testing.agreeing import anew, codes_of, moved_by
from orderfsm.testing.claims import claims
from orderfsm.testing.exploring import Exploration, Limits, explore
from orderfsm.testing.keys import OrderKey, Symmetry
from orderfsm.testing.orders import OrderSpace, Position, Said, Wait
from orderfsm.testing.properties import Property
from orderfsm.testing.proving import symmetry_of_scope
from orderfsm.testing.scopes import Scope, Values

Claims = Callable[[OrderSpace], list[Property]]


@define
class SymmetryReport:
    """What was found.

    Attributes:
        states: how many states there are.
        quotient: how many are left when lines are exchanged.
        orbits: how many there would be if nothing that can be exchanged were told apart.
        keys: how many keys all states have, when lines are exchanged; more than there are orbits cost time, and
            nothing else.
        faults: what is wrong with the symmetry, of each kind the first.
        undetermined: why nothing is known; empty where everything was explored.
    """

    states: int = 0
    quotient: int = 0
    orbits: int = 0
    keys: int = 0
    faults: dict[str, str] = field(factory=dict)
    undetermined: str = ""

    @property
    def holds(self) -> bool:
        """Whether the quotient stands for all states."""
        return not self.faults and not self.undetermined


def check_symmetry(
    scope: Scope, limits: Limits | None = None, *, symmetry: Symmetry | None = None, properties: Claims = claims
) -> SymmetryReport:
    """Explore a scope with and without symmetry, and compare.

    Args:
        scope: what is explored; small, for all of it is explored twice and compared.
        limits: when to give up.
        symmetry: the lines that can be exchanged for each other; by default those that the scope is proved with.
        properties: what has to be seen and violated in both alike.
    """
    symmetry = symmetry_of_scope(scope) if symmetry is None else symmetry
    limits = evolve(limits or Limits(), violations=maxsize)
    whole, folded = OrderSpace(scope), OrderSpace(scope, symmetry=symmetry)
    every, few = (
        explore(
            space.initial(), space.inputs, space.step,
            key=space.key, within=space.within, properties=properties(space), limits=limits,
        )
        for space in (whole, folded)
    )  # fmt: skip
    report = SymmetryReport(len(every.states), len(few.states))
    report.undetermined = every.undetermined or few.undetermined
    if not report.undetermined:
        orbits = _Orbits(whole, OrderKey(scope.policy, symmetry), every)
        report.orbits = orbits.count
        report.keys = len({folded.key(position) for position in every.states})
        for kind, faults in {
            "content": _unlike(scope, symmetry),
            "cover": _uncovered(orbits, every, few),
            "exchange": orbits.faults,
            "merge": _mistaken(folded, every, orbits),
            "claims": _claimed_otherwise(every, few),
        }.items():
            for fault in faults:
                report.faults[kind] = fault
                break
    return report


Found = Exploration[Position, Said]


def _unlike(scope: Scope, symmetry: Symmetry) -> Iterator[str]:
    """Lines that are exchanged differ in nothing but their names; as long as bundles matter, not in these either."""
    content = {item.id: (item.quantity, item.amount, item.kind, item.seller) for item in scope.lines}
    bundle = {item.id: item.bundle for item in scope.lines}
    for groups, matters in ((symmetry.groups, True), (symmetry.loose, False)):
        for group in groups:
            if len({(content[line], bundle[line] if matters else None) for line in group}) > 1:
                yield f"{', '.join(group)} are not alike"


# --- nothing is lost -------------------------------------------------------------------------------------


def _uncovered(orbits: "_Orbits", every: Found, few: Found) -> Iterator[str]:
    """Every state has one that stands for it, and nothing stands for what cannot be reached."""
    stands = [(position, orbits.with_(position)) for position in few.states]
    yield from (f"it cannot be reached: {position}" for position, orbit in stands if orbit is None)
    covered = {orbit for _, orbit in stands}
    yield from (
        f"nothing stands for {position}"
        for index, position in enumerate(every.states)
        if orbits.of(index) not in covered
    )


def _claimed_otherwise(every: Found, few: Found) -> Iterator[str]:
    """The same properties are violated, and the same things are seen."""
    violated, still = ({each.property.name for each in found.violations} for found in (every, few))
    yield from (f"{name} is violated only in one of both graphs" for name in sorted(violated ^ still))
    yield from (
        f"{name} sees {seen ^ few.seen[name]} only in one"
        for name, seen in every.seen.items()
        if seen != few.seen[name]
    )


# --- exchanging lines stays within the graph -------------------------------------------------------------


class _Orbits:
    """Which states differ only by an exchange of lines."""

    def __init__(self, space: OrderSpace, key: OrderKey, found: Found) -> None:
        self._space, self._found = space, found
        self._orbit = list(range(len(found.states)))
        self.faults: list[str] = []
        for index, position in enumerate(found.states):
            for one, other in _exchanges(key, position):
                exchanged = _exchanged(position, one, other)
                same = found.keys.get(space.key(exchanged))
                if same is None and _of_one_kind(position, one, other):
                    self.faults.append(f"with {one} and {other} exchanged it cannot be reached: {position}")
                elif same is not None:
                    self._orbit[self.of(index)] = self.of(same)
        self.count = len({self.of(index) for index in range(len(self._orbit))})

    def of(self, index: int) -> int:
        """The state that names the orbit of a state."""
        while self._orbit[index] != index:
            index = self._orbit[index]
        return index

    def with_(self, position: Position) -> int | None:
        """The orbit of a position; None where it is out of bounds."""
        index = self._found.keys.get(self._space.key(position))
        return None if index is None else self.of(index)


def _exchanges(key: OrderKey, position: Position) -> Iterator[tuple[str, str]]:
    if isinstance(position.order, Order):
        label = key.exchangeable(position.order)
        yield from ((one, other) for one, other in combinations(label, 2) if label[one] == label[other])


def _of_one_kind(position: Position, one: str, other: str) -> bool:
    """Whether two lines were alike from the beginning: else they only become so, and what is left is to be merged."""
    order = position.order
    assert isinstance(order, Order)
    return len({line.bundle for line in order.lines if line.id in (one, other)}) == 1


def _exchanged(position: Position, one: str, other: str) -> Position:
    """The same, but what was true of one line is true of the other."""
    order = position.order
    assert isinstance(order, Order)
    names = {one: other, other: one}
    line_of = {line.id: line for line in order.lines}
    places = list(line_of)
    lots = [changed(lot, {"line": line_of[names[lot.line.id]]}) if lot.line.id in names else lot for lot in order.lots]
    lots.sort(key=lambda lot: places.index(lot.line.id))
    return Position(evolve(order, lots=tuple(lots)), position.now)


# --- what stands for each other behaves alike ------------------------------------------------------------


def _mistaken(folded: OrderSpace, every: Found, orbits: _Orbits) -> Iterator[str]:
    """States with one key come from each other by exchanges, and do the same, whatever the lines are called."""
    first_of: dict[Hashable, int] = {}
    done: dict[int, frozenset[Hashable]] = {}
    for index, position in enumerate(every.states):
        first = first_of.setdefault(folded.key(position), index)
        if first != index:
            if orbits.of(first) != orbits.of(index):
                yield f"no exchange leads from {every.states[first]} to {position}"
            for number in (first, index):
                if number not in done:
                    done[number] = frozenset(_behaviour(folded, every.states[number], orbits))
            if done[first] != done[index]:
                unlike = min(map(str, done[first] ^ done[index]))
                yield f"only one of them does {unlike}: {every.states[first]} and {position}"


def _behaviour(folded: OrderSpace, position: Position, orbits: _Orbits) -> Iterable[Hashable]:
    """What can be said, by which role, and what becomes of it; lines left unnamed."""
    forgetful = folded.scope.values is not Values.FULL
    for said in folded.inputs(position):
        after, answer = folded.step(position, anew(folded, said))
        orbit = orbits.with_(after)
        target = folded.key(after) if orbit is None else orbit
        if isinstance(said, Wait):
            yield "wait", _moves(answer), target
        elif answer.moves or not (forgetful and isinstance(said, StopAnswer | InterceptAnswer)):
            answered = answer.outcome, tuple(sorted(codes_of(answer)))
            yield said.name, said.by and said.by.role, answered, _moves(answer), target


def _moves(answer: Decision) -> Hashable:
    by_row: Counter[str] = Counter()
    for move, units in moved_by(answer).items():
        by_row[move.row] += units
    return frozenset(by_row.items())
