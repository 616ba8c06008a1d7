"""A proof: every scope of a catalogue explored, with all properties; its figures, its digest, and its claim."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from concurrent.futures import as_completed
from hashlib import sha256
from typing import Literal

from attrs import define, field, frozen

from orderfsm.guards import HostGuard
from orderfsm.order import Unplaced
from orderfsm.placing import open_order
from orderfsm.testing import reports
from orderfsm.testing.claims import claims
from orderfsm.testing.exploring import Exploration, Limits, Report, explore
from orderfsm.testing.keys import NONE, Symmetry, symmetry_of
from orderfsm.testing.orders import OrderSpace, Position, Said
from orderfsm.testing.pooling import Pool, check_sendable
from orderfsm.testing.properties import Property
from orderfsm.testing.reach import HOST_GUARDS, wanted
from orderfsm.testing.scopes import PLACED_AT, Scope, Values
from orderfsm.testing.tabulating import Parts
from orderfsm.testing.traces import as_diagram, as_test, told

CLAIM = (
    "Exhaustively checked on the shipped code within this scope: every input that its bounds name, by everybody whom "
    "they name, at every instant that differs, in every reachable state of these orders, under these policies."
)
"""What a passed proof says; nothing beyond the scope is claimed."""

TRUSTED = (
    "Trusted, and not proved: Python and its standard library, attrs, transitions, the calendars of `holidays`; the "
    "explorer, the keys by which it tells orders apart, and the properties themselves; and, where the bounds say so, "
    "that lines which differ in name only can be exchanged, that one role or value speaks for others of its kind, and "
    "that what names one line is answered from that line's part of the order."
)
"""What the claim rests on."""


Outcome = Literal["passed", "failed", "undetermined", "vacuous"]
"""What came of a proof, in one word."""


@frozen
class Claimed:
    """A property that was checked.

    Attributes:
        name: the property's.
        kind: its kind in one word.
        clauses: what of the policy it carries.
    """

    name: str
    kind: str
    clauses: tuple[str, ...]

    @classmethod
    def of(cls, property: Property) -> "Claimed":
        """What is said about a property."""
        return cls(property.name, type(property).__name__.lower(), property.clauses)


@frozen(kw_only=True)
class ScopeResult:
    """What was found in one scope; plain data, so that processes can send it.

    Attributes:
        name: of the scope.
        states: how many were reached.
        transitions: how many inputs led to another state.
        decisions: how many inputs were tried.
        tabulated: how many of these, and of what is promised, were not decided again, in a scope explored `by_part`.
        beyond: how many inputs led out of the bounds; they were checked, but what would follow was not.
        depth: how many steps the furthest state is away.
        seconds: how long it took.
        digest: of the whole graph: its states and what leads from which to which.
        properties: what was checked.
        undetermined: why it was cut short; empty where everything was explored.
        violations: each told with its trace.
        tests: each violation as a test to paste.
        diagrams: each violation as a Mermaid diagram.
        seen: what was seen for each `Sometimes`.
    """

    name: str
    states: int
    transitions: int
    decisions: int
    tabulated: int
    beyond: int
    depth: int
    seconds: float
    digest: str
    properties: tuple[Claimed, ...]
    undetermined: str = ""
    violations: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    diagrams: tuple[str, ...] = ()
    seen: dict[str, frozenset[Hashable]] = field(factory=dict)

    @property
    def passed(self) -> bool:
        """Whether all of it was explored, and nothing was violated."""
        return not self.undetermined and not self.violations


@define
class Proof:
    """What was found in all scopes.

    Attributes:
        results: by scope, in the order of the catalogue.
        guards: the codes of the host's own guards.
        missing: what no scope has seen, by the property that wants it; only filled for whole catalogues.
    """

    results: list[ScopeResult]
    guards: tuple[str, ...] = ()
    missing: dict[str, list[str]] = field(factory=dict)

    @property
    def outcome(self) -> Outcome:
        """What came of it, in one word; a violation counts more than a limit, and a limit more than want of cases."""
        if self.violations:
            return "failed"
        if any(result.undetermined for result in self.results):
            return "undetermined"
        return "vacuous" if any(self.missing.values()) else "passed"

    @property
    def passed(self) -> bool:
        """Whether every scope passed, and everything was seen somewhere."""
        return self.outcome == "passed"

    @property
    def undetermined(self) -> bool:
        """Whether nothing was violated, but something was cut short."""
        return self.outcome == "undetermined"

    @property
    def violations(self) -> list[str]:
        """Every violation, told."""
        return [text for result in self.results for text in result.violations]

    @property
    def properties(self) -> list[Claimed]:
        """Every property that was checked in some scope."""
        return list({each.name: each for result in self.results for each in result.properties}.values())

    @property
    def states(self) -> int:
        """How many states, over all scopes."""
        return sum(result.states for result in self.results)

    @property
    def transitions(self) -> int:
        """How many inputs led from one state to another."""
        return sum(result.transitions for result in self.results)

    @property
    def decisions(self) -> int:
        """How many inputs were tried."""
        return sum(result.decisions for result in self.results)

    @property
    def tabulated(self) -> int:
        """How many of these, and of what is promised, were not decided again."""
        return sum(result.tabulated for result in self.results)

    @property
    def beyond(self) -> int:
        """How many inputs led out of the bounds."""
        return sum(result.beyond for result in self.results)

    @property
    def seconds(self) -> float:
        """The time spent in all scopes together, whichever process spent it."""
        return sum(result.seconds for result in self.results)

    @property
    def rate(self) -> float:
        """Decisions per second of that time."""
        return self.decisions / self.seconds if self.seconds else 0.0

    @property
    def digest(self) -> str:
        """A digest of all graphs: it changes when any of them does."""
        text = "\n".join(f"{result.name} {result.digest}" for result in self.results)
        return sha256(text.encode()).hexdigest()


def prove(
    scopes: Sequence[Scope],
    *,
    guards: Iterable[HostGuard] = (),
    jobs: int = 1,
    limits: Limits | None = None,
    vacuity: bool = True,
    done: Callable[[ScopeResult], None] | None = None,
    report: Report | None = None,
) -> Proof:
    """Explore every scope with all properties.

    Args:
        scopes: what is explored; see `orderfsm.testing.catalogue`.
        guards: the host's own guards.
        jobs: in how many processes; guards must be importable from the others.
        limits: for each scope; one that is cut short is undetermined, and so is the proof.
        vacuity: whether everything has to be seen somewhere: every state, row, guard and code.
        done: called with each result as it comes.
        report: called now and then with what was found so far in a scope; only with one job.

    Raises:
        TypeError: a guard cannot be sent to other processes.
    """
    guards = tuple(guards)
    found: dict[str, ScopeResult] = {}
    if jobs > 1:
        check_sendable(guards)
        with Pool(jobs) as pool:
            running = [pool.submit(prove_scope, scope, guards, limits) for scope in _dearest_first(scopes)]
            for future in as_completed(running):
                result = future.result()
                found[result.name] = result
                if done is not None:
                    done(result)
    else:
        for scope in scopes:
            result = found[scope.name] = prove_scope(scope, guards, limits, report)
            if done is not None:
                done(result)
    proof = Proof([found[scope.name] for scope in scopes], tuple(guard.code for guard in guards))
    if vacuity:
        for name, every in wanted(scope.policy for scope in scopes).items():
            seen = frozenset[Hashable]().union(*(result.seen.get(name, ()) for result in proof.results))
            proof.missing[name] = sorted(str(each) for each in every - seen)
        if guards:
            refused = (result.seen[HOST_GUARDS] for result in proof.results)
            proof.missing[HOST_GUARDS] = sorted(set(proof.guards).difference(*refused))
    figures = {"states": proof.states, "decisions": proof.decisions}
    reports.record("proof", f"{len(scopes)} scopes", None if proof.undetermined else proof.passed, figures)
    return proof


def _dearest_first(scopes: Sequence[Scope]) -> list[Scope]:
    return sorted(scopes, key=lambda scope: -(len(scope.lines) + (scope.values is Values.FULL)) * len(scope.chapters))


def prove_scope(
    scope: Scope, guards: Iterable[HostGuard] = (), limits: Limits | None = None, report: Report | None = None
) -> ScopeResult:
    """Explore one scope with all properties."""
    guards = tuple(guards)
    symmetry = NONE if guards else symmetry_of_scope(scope)  # a host's guard may ask for a line by its name
    space = OrderSpace(scope, guards, symmetry)
    properties = claims(space)
    found = explore(
        space.initial(), space.inputs, space.step_once,
        key=space.key, within=space.within, alike=Parts(space) if scope.by_part else None,
        properties=properties, limits=limits, report=report,
    )  # fmt: skip
    return _result(scope, found, tuple(map(Claimed.of, properties)), guards)


def symmetry_of_scope(scope: Scope) -> Symmetry:
    """The lines of a scope that can be exchanged for each other, as long as no host's guard tells them apart."""
    return symmetry_of(open_order(Unplaced("1001"), scope.place, PLACED_AT).lines)


def _result(
    scope: Scope, found: Exploration[Position, Said], properties: tuple[Claimed, ...], guards: Sequence[HostGuard]
) -> ScopeResult:
    return ScopeResult(
        name=scope.name,
        states=len(found.states),
        transitions=found.transitions,
        decisions=found.decisions,
        tabulated=found.tabulated,
        beyond=found.beyond,
        depth=found.depth,
        seconds=found.seconds,
        digest=found.digest,
        properties=properties,
        undetermined="" if found.violations else found.undetermined,
        violations=tuple(told(each, scope.policy) for each in found.violations),
        tests=tuple(as_test(each, scope, guards) for each in found.violations),
        diagrams=tuple(as_diagram(each) for each in found.violations),
        seen={name: frozenset(some) for name, some in found.seen.items()},
    )
