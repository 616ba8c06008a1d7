"""What becomes of one mutant: it is explored in small orders until a property is violated.

What the shipped definition shows in the same orders is remembered: a property that does not hold of it either
notices nothing, and what it shows and the mutant does not is missed.
"""

from collections.abc import Container, Hashable, Iterable, Iterator, Mapping, Sequence
from time import perf_counter
from typing import Any

from attrs import evolve, frozen

from orderfsm import checks, table
from orderfsm.decisions import Decision
from orderfsm.errors import InvalidTable
from orderfsm.guards import HostGuard
from orderfsm.machine import OrderMachine
from orderfsm.policy import Policy
from orderfsm.testing.attempts import Attempt, attempts_for
from orderfsm.testing.claims import claims
from orderfsm.testing.equivalents import EQUIVALENT
from orderfsm.testing.exploring import Exploration, Limits, explore
from orderfsm.testing.kinds import Kind, Mutant, mutate
from orderfsm.testing.orders import OrderSpace, Position, Said

LIMITS = Limits(states=20_000, seconds=60, violations=1)
"""When a scope is given up: a mutant may have many more states than the shipped code."""

PATIENCE = 500
"""How many deadlines may fire within one decision before a mutant counts as one that never answers."""


FEW = 6
"""In how many attempts equivalent mutants are tried: they would come through all of them."""


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


class Trial:
    """Mutants under one policy, with one host's guards; it remembers what the shipped definition shows.

    Args:
        policy: what orders are explored under, but for what an attempt switches.
        guards: the host's own.
        tried: in how many attempts a mutant is tried at most, cheapest first; by default in all that it can touch,
            and in a `FEW` if it is known to be equivalent.
    """

    def __init__(self, policy: Policy, guards: Sequence[HostGuard] = (), tried: int | None = None) -> None:
        self._policy, self._guards, self._tried = policy, tuple(guards), tried
        self._honest = tuple(evolve(guard) for guard in guards)  # what the guards say, whatever is planted in them
        self._shown: dict[str, Shown] = {}

    def of(self, mutant: Mutant) -> Verdict:
        """What becomes of a mutant."""
        begun = perf_counter()
        verdict = Verdict(name=mutant.name, kind=mutant.kind, clause=mutant.clause, says=mutant.says)
        unseen: list[tuple[Attempt, Mapping[str, set[Hashable]]]] = []
        with mutate(mutant):
            verdict = evolve(verdict, definition=_rejected())
        few = self._tried or (FEW if mutant.name in EQUIVALENT else None)
        for attempt in attempts_for(mutant, self._policy)[:few]:
            found, tried = self._try(mutant, attempt)
            if found and found["by"] in self.shipped(attempt).broken:
                found, tried = self._try(mutant, attempt, self.shipped(attempt).broken)
            verdict = evolve(verdict, decisions=verdict.decisions + tried.decisions, **found)
            if found:
                break
            unseen.append((attempt, tried.seen))
        if verdict.outcome != "caught":
            verdict = evolve(verdict, **self._vacuous(unseen))
        if verdict.outcome != "caught" and mutant.name in EQUIVALENT:
            verdict = evolve(verdict, outcome="equivalent")
        return evolve(verdict, seconds=perf_counter() - begun)

    def _try(self, mutant: Mutant, attempt: Attempt, without: Container[str] = ()) -> tuple[dict[str, Any], "_Run"]:
        with mutate(mutant):
            run = _Run(attempt, self._guards, self._honest)
            return run.explore(without), run

    def shipped(self, attempt: Attempt) -> "Shown":
        """What the shipped definition shows in an attempt."""
        if attempt.name not in self._shown:
            broken: set[str] = set()
            while True:
                run = _Run(attempt, self._guards, self._honest)
                found = run.explore(broken)
                if not found:
                    break
                if found["how"] == "fault":
                    raise RuntimeError(f"{attempt.name}, on the shipped definition: {found['by']}: {found['fault']}")
                broken.add(found["by"])
            self._shown[attempt.name] = Shown(frozenset(broken), run.seen)
        return self._shown[attempt.name]

    def _vacuous(self, tried: Iterable[tuple[Attempt, Mapping[str, set[Hashable]]]]) -> dict[str, Any]:
        """What the shipped definition shows in the same orders and the mutant does not; nothing where it shows all."""
        for attempt, seen in tried:
            for name, some in self.shipped(attempt).seen.items():
                missing = some - seen.get(name, set())
                if missing and name != NAMED_AFTER_ROWS:
                    fault = f"never seen: {', '.join(sorted(map(str, missing)))}"
                    return {"outcome": "caught", "how": "vacuity", "by": name, "fault": fault, "scope": attempt.name}
        return {}


@frozen
class Shown:
    """What the shipped definition shows in an attempt.

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


class _Run:
    """One definition in one attempt; it counts what it decides, also where a fault ends it."""

    def __init__(self, attempt: Attempt, guards: Sequence[HostGuard], honest: Sequence[HostGuard]) -> None:
        self._space = OrderSpace(attempt.scope, honest)
        self._space.machine = _Impatient(attempt.scope.policy, guards=guards)
        self._opening = attempt.opening
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
                self._initial(), space.inputs, self._step, key=space.key, within=space.within,
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

    def _initial(self) -> Iterator[Position]:
        for position in self._space.initial():
            for said in self._opening:
                position, _ = self._space.step(position, said.sent(at=said.at or position.now))
            yield position

    def _keep(self, found: Exploration[Position, Said], waiting: int) -> None:
        self._found = found

    def _step(self, position: Position, said: Said) -> tuple[Position, Decision]:
        self.decisions += 1
        return self._space.step(position, said)

    def _caught(self, how: str, by: str, fault: str, depth: int) -> dict[str, Any]:
        scope = self._space.scope.name
        return {"outcome": "caught", "how": how, "by": by, "fault": fault, "scope": scope, "depth": depth}
