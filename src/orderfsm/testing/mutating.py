"""Whether anything would notice: each mutant of the definition, explored until a property of orders is violated.

The properties are the very ones that are claimed of the shipped code (`orderfsm.testing.claims`). A mutant that
none of them notices is either *equivalent*, and says why, or shows that a property is missing, or that a line
of the definition decides nothing.
"""

import json
from collections import Counter
from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context
from time import perf_counter
from typing import Any

from attrs import asdict, define, evolve, field, frozen

from orderfsm import checks, table
from orderfsm.decisions import Decision
from orderfsm.errors import InvalidTable
from orderfsm.guards import HostGuard
from orderfsm.machine import OrderMachine
from orderfsm.policy import Policy
from orderfsm.testing.attempts import scopes_for
from orderfsm.testing.claims import claims
from orderfsm.testing.equivalents import EQUIVALENT
from orderfsm.testing.exploring import Exploration, Limits, explore
from orderfsm.testing.mutants import Kind, Mutant, mutants
from orderfsm.testing.orders import OrderSpace, Position, Said
from orderfsm.testing.planting import planted
from orderfsm.testing.scopes import Scope

LIMITS = Limits(states=20_000, seconds=60, violations=1)
"""When a scope is given up: a mutant may have many more states than the shipped code."""

PATIENCE = 500
"""How many deadlines may fire within one decision before a mutant counts as one that never answers."""


@contextmanager
def mutate(mutant: Mutant) -> Iterator[None]:
    """Decide by the mutant instead of the shipped definition; afterwards everything is exactly as it was."""
    with planted(mutant.changes()):
        yield


# --- verdicts --------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Verdict:
    """What became of one mutant; plain data, so that processes can send it.

    Attributes:
        outcome: ``caught``, ``survived`` or ``equivalent``.
        how: by a ``violation``, by a ``fault`` that was raised, or for ``vacuity``: something was seen no more.
        by: the property that noticed it, or the name of the fault.
        fault: what broke.
        scope: in which orders.
        depth: after how many steps.
        decisions: how many decisions it took, over all scopes that were tried.
        definition: what the checks of the definition say against it; empty where they let it pass.
    """

    name: str
    kind: Kind
    clause: str
    says: str
    outcome: str = "survived"
    how: str = ""
    by: str = ""
    fault: str = ""
    scope: str = ""
    depth: int = 0
    decisions: int = 0
    seconds: float = 0.0
    definition: str = ""

    def __str__(self) -> str:
        if self.outcome == "caught":
            return f"{self.name}: {self.by} in {self.scope}, depth {self.depth}, {self.decisions} decisions"
        return f"{self.name}: {self.says}: {self.outcome}"


@define
class MutationReport:
    """What became of all mutants, in their order."""

    verdicts: list[Verdict] = field(factory=list)

    def _of(self, outcome: str) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if verdict.outcome == outcome]

    @property
    def caught(self) -> list[Verdict]:
        """Those that a property noticed."""
        return self._of("caught")

    @property
    def survived(self) -> list[Verdict]:
        """Those that nothing noticed, and nobody knows why."""
        return self._of("survived")

    @property
    def equivalent(self) -> list[Verdict]:
        """Those that cannot be told apart, for a reason that is written down."""
        return self._of("equivalent")

    @property
    def score(self) -> float:
        """The share that was caught of those that can be told apart."""
        tried = len(self.caught) + len(self.survived)
        return len(self.caught) / tried if tried else 1.0

    @property
    def passed(self) -> bool:
        """Whether nothing survived."""
        return not self.survived

    @property
    def by_kind(self) -> Mapping[Kind, Counter[str]]:
        """How many there are of each kind, by outcome."""
        return {
            kind: Counter(verdict.outcome for verdict in self.verdicts if verdict.kind is kind)
            for kind in Kind
            if any(verdict.kind is kind for verdict in self.verdicts)
        }

    @property
    def lines(self) -> list[str]:
        """For people."""
        found = [
            f"{kind}: {sum(counted.values())} mutants, {counted['caught']} caught, {counted['equivalent']} equivalent"
            + (f", {counted['survived']} survived" if counted["survived"] else "")
            for kind, counted in self.by_kind.items()
        ]
        how = Counter(verdict.how for verdict in self.caught)
        rejected = sum(bool(verdict.definition) for verdict in self.verdicts)
        found.append(
            f"{len(self.verdicts)} mutants: {len(self.caught)} caught ({how['violation']} by a property, "
            f"{how['fault']} by a fault, {how['vacuity']} for vacuity), {len(self.equivalent)} equivalent, "
            f"{len(self.survived)} survived: {self.score:.1%}. The checks of the definition alone reject {rejected}."
        )
        return found + [f"survived: {verdict}" for verdict in self.survived]

    def as_json(self) -> str:
        """For machines."""
        return json.dumps(
            {"score": self.score, "caught": len(self.caught), "survived": len(self.survived),
             "equivalent": len(self.equivalent), "mutants": [asdict(verdict) for verdict in self.verdicts]},
            indent=2,
        )  # fmt: skip


# --- trying ----------------------------------------------------------------------------------------------


def try_mutants(
    some: Iterable[Mutant] | None = None,
    *,
    policy: Policy | None = None,
    guards: Iterable[HostGuard] = (),
    jobs: int = 1,
    report: Callable[[Verdict], None] | None = None,
) -> MutationReport:
    """Try mutants until each is caught, or nothing of what it could change is left to explore.

    Args:
        some: which; by default all, those of the host's guards too.
        policy: the policy under which orders are explored; its switches are also tried the other way.
        guards: the host's own guards.
        jobs: in how many processes; guards must be importable from the others.
        report: called with each verdict as it comes.
    """
    guards, policy = tuple(guards), policy or Policy()
    chosen = list(mutants(guards) if some is None else some)
    found: dict[str, Verdict] = {}

    def note(verdict: Verdict) -> None:
        found[verdict.name] = verdict
        if report is not None:
            report(verdict)

    if jobs > 1:
        with ProcessPoolExecutor(
            jobs, mp_context=get_context("spawn"), initializer=_Workshop.open, initargs=(policy, guards)
        ) as pool:
            for future in as_completed([pool.submit(_Workshop.try_one, mutant.name) for mutant in chosen]):
                note(future.result())
    else:
        trial = _Trial(policy, guards)
        for mutant in chosen:
            note(trial.of(mutant))
    return MutationReport([found[mutant.name] for mutant in chosen])


class _Workshop:
    """What a process needs to try mutants by their names."""

    trial: "_Trial"
    mutants: Mapping[str, Mutant]

    @classmethod
    def open(cls, policy: Policy, guards: tuple[HostGuard, ...]) -> None:
        cls.trial = _Trial(policy, guards)
        cls.mutants = {mutant.name: mutant for mutant in mutants(guards)}

    @classmethod
    def try_one(cls, name: str) -> Verdict:
        return cls.trial.of(cls.mutants[name])


def try_mutant(mutant: Mutant, *, policy: Policy | None = None, guards: Sequence[HostGuard] = ()) -> Verdict:
    """Try one mutant."""
    return _Trial(policy or Policy(), tuple(guards)).of(mutant)


class _Trial:
    """Mutants under one policy, with one host's guards; it remembers what the shipped definition shows."""

    def __init__(self, policy: Policy, guards: tuple[HostGuard, ...]) -> None:
        self._policy, self._guards = policy, guards
        self._honest = tuple(evolve(guard) for guard in guards)  # what the guards say, whatever is planted in them
        self._shown: dict[str, _Shown] = {}

    def of(self, mutant: Mutant) -> Verdict:
        """What becomes of a mutant."""
        begun = perf_counter()
        verdict = Verdict(name=mutant.name, kind=mutant.kind, clause=mutant.clause, says=mutant.says)
        unseen: list[tuple[Scope, Mapping[str, set[Hashable]]]] = []
        for scope in scopes_for(mutant, self._policy):
            shown = self._shipped(scope)
            with mutate(mutant):
                attempt = _Attempt(scope, self._guards, self._honest)
                found = attempt.explore(without=shown.broken)
                rejected = _rejected()
            verdict = evolve(verdict, definition=rejected, decisions=verdict.decisions + attempt.decisions, **found)
            if found:
                break
            unseen.append((scope, attempt.seen))
        if verdict.outcome != "caught":
            verdict = evolve(verdict, **self._vacuous(unseen))
        if verdict.outcome != "caught" and mutant.name in EQUIVALENT:
            verdict = evolve(verdict, outcome="equivalent")
        return evolve(verdict, seconds=perf_counter() - begun)

    def _shipped(self, scope: Scope) -> "_Shown":
        """What the shipped definition shows in a scope."""
        if scope.name not in self._shown:
            broken: set[str] = set()
            while True:
                attempt = _Attempt(scope, self._guards, self._honest)
                found = attempt.explore(without=broken)
                if not found:
                    break
                if found["how"] == "fault":
                    raise RuntimeError(f"{scope.name}, on the shipped definition: {found['by']}: {found['fault']}")
                broken.add(found["by"])
            self._shown[scope.name] = _Shown(frozenset(broken), attempt.seen)
        return self._shown[scope.name]

    def _vacuous(self, tried: Iterable[tuple[Scope, Mapping[str, set[Hashable]]]]) -> dict[str, Any]:
        """What the shipped definition shows in the same orders, and the mutant does not; nothing where there is none."""
        for scope, seen in tried:
            for name, some in self._shipped(scope).seen.items():
                missing = some - seen.get(name, set())
                if missing and name != NAMED_AFTER_ROWS:
                    fault = f"never seen: {', '.join(sorted(map(str, missing)))}"
                    return {"outcome": "caught", "how": "vacuity", "by": name, "fault": fault, "scope": scope.name}
        return {}


@frozen
class _Shown:
    """What the shipped definition shows in a scope.

    Attributes:
        broken: properties that do not hold there even so, as some do not where a host's guards refuse too much; they
            are left out.
        seen: what is seen for each `Sometimes`.
    """

    broken: frozenset[str]
    seen: Mapping[str, set[Hashable]]


NAMED_AFTER_ROWS = "every_row_is_taken"
"""What this sees is named by the table, not by the policy: a changed row is not missed, it has another name."""


def _rejected() -> str:
    """What the definition's own checks say against the mutant that is planted."""
    try:
        checks.check(table.ROWS)
    except InvalidTable as fault:
        return str(fault)
    return ""


class _Impatient(OrderMachine):
    """A machine that gives up where deadlines fire for ever."""

    _fired = 0

    def decide(self, *args: Any, **kwargs: Any) -> Decision:
        self._fired = 0
        return super().decide(*args, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> Decision:
        self._fired = 0
        return super().tick(*args, **kwargs)

    def _fire(self, *args: Any, **kwargs: Any) -> Any:
        self._fired += 1
        if self._fired > PATIENCE:
            raise NeverAnswers(f"{PATIENCE} deadlines within one decision")
        return super()._fire(*args, **kwargs)


class NeverAnswers(Exception):
    """A mutant fires deadlines for ever."""


class _Attempt:
    """One definition in one scope; it counts what it decides, also where a fault ends it."""

    def __init__(self, scope: Scope, guards: Sequence[HostGuard], honest: Sequence[HostGuard]) -> None:
        self._space = OrderSpace(scope, honest)
        self._space.machine = _Impatient(scope.policy, guards=guards)
        self._found: Exploration[Position, Said] | None = None
        self.decisions = 0

    @property
    def seen(self) -> Mapping[str, set[Hashable]]:
        """What was seen for each `Sometimes`."""
        return {} if self._found is None else self._found.seen

    def explore(self, without: Container[str] = ()) -> dict[str, Any]:
        """How the definition was found out by any property but these; nothing where it was not."""
        space = self._space
        properties = [each for each in claims(space) if each.name not in without]
        try:
            found = explore(
                space.initial(), space.inputs, self._step, key=space.key, within=space.within,
                properties=properties, limits=LIMITS, report=self._keep,
            )  # fmt: skip
        except Exception as fault:
            depth = 0 if self._found is None else self._found.depth
            return self._caught("fault", type(fault).__name__, str(fault), depth)
        if found.violations:
            first = found.violations[0]
            return self._caught("violation", first.property.name, first.fault, len(first.trace))
        if not found.complete:
            return self._caught("fault", "it has no end", found.undetermined, found.depth)
        return {}

    def _keep(self, found: Exploration[Position, Said], waiting: int) -> None:
        self._found = found

    def _step(self, position: Position, said: Said) -> tuple[Position, Decision]:
        self.decisions += 1
        return self._space.step(position, said)

    def _caught(self, how: str, by: str, fault: str, depth: int) -> dict[str, Any]:
        scope = self._space.scope.name
        return {"outcome": "caught", "how": how, "by": by, "fault": fault, "scope": scope, "depth": depth}


__all__ = ["EQUIVALENT", "Mutant", "MutationReport", "Verdict", "mutants", "mutate", "try_mutant", "try_mutants"]
