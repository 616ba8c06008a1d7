"""What becomes of one mutant: it is explored in small orders until a property is violated.

What the shipped definition shows in the same orders is remembered: a property that does not hold of it either
notices nothing, and what it shows and the mutant does not is missed.

Only what does not depend on the machine counts as noticed. A mutant with more states than any order should have
is; one for which the time was too short is undetermined, and so is one that is compared with a shipped definition
for which it was. What a check raises of its own accord is a fault of the check, and says nothing about the mutant.
"""

from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from time import perf_counter
from typing import Any, TypeVar

from attrs import evolve, frozen

from orderfsm import checks, table
from orderfsm.deadlines import Deadline
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
from orderfsm.testing.scopes import Scope

A = TypeVar("A")

LIMITS = Limits(states=20_000, seconds=600, violations=1)
"""When a scope is given up: a mutant may have many more states than the shipped code, which has a hundred or so."""

PATIENCE = 500
"""How many deadlines may fire within one decision before a mutant counts as one that never answers."""

ANSWERED = "every_input_is_answered"
"""The property that is broken where the machine raises: whatever is said or asked, by anybody, it answers."""

ENDLESS = "orders come to an end"
"""What is not so where a mutant has more states than `LIMITS` allow."""

HOST_KINDS = frozenset(kind for kind in Kind if kind.startswith("host guard"))
"""Mutants of what is the host's own."""

FEW = 6
"""In how many attempts equivalent mutants are tried: they would come through all of them."""


class Outcome(StrEnum):
    """What can become of a mutant."""

    CAUGHT = "caught"
    """A property noticed it."""
    SURVIVED = "survived"
    """None did."""
    EQUIVALENT = "equivalent"
    """None can, for a reason that is written down."""
    UNDETERMINED = "undetermined"
    """The time was too short."""
    FAULT = "fault"
    """A check raised something."""


@frozen(kw_only=True)
class Verdict:
    """What became of one mutant; plain data, so that processes can send it.

    Attributes:
        name: the mutant's.
        kind: what was done.
        clause: what the line cites.
        says: what is wrong, in one line.
        outcome: ``caught`` by a property; ``survived`` all of them, or is ``equivalent`` for a reason that is written
            down; ``undetermined`` where the time was too short, and a ``fault`` where a check raised something.
        how: by a ``violation``, for having ``no end``, or for ``vacuity``: something was seen no more.
        by: the property that noticed it, or what a check raised.
        fault: what broke, or why nothing can be said.
        scope: in which orders.
        depth: after how many steps.
        decisions: how many decisions it took, over all scopes that were tried.
        seconds: how long it took.
        definition: what the checks of the definition say against it; empty where they let it pass.
    """

    name: str
    kind: Kind
    clause: str
    says: str
    outcome: Outcome = Outcome.SURVIVED
    how: str = ""
    by: str = ""
    fault: str = ""
    scope: str = ""
    depth: int = 0
    decisions: int = 0
    seconds: float = 0.0
    definition: str = ""

    def __str__(self) -> str:
        match self.outcome:
            case Outcome.CAUGHT:
                return f"{self.name}: {self.by} in {self.scope}, depth {self.depth}, {self.decisions} decisions"
            case Outcome.UNDETERMINED | Outcome.FAULT:
                why = f"{self.by}: {self.fault}" if self.by else self.fault
                return f"{self.name}: {self.says}: {self.outcome} in {self.scope}: {why}"
            case _:
                return f"{self.name}: {self.says}: {self.outcome}"


class Trial:
    """Mutants under one policy, with one host's guards; it remembers what the shipped definition shows.

    Args:
        policy: what orders are explored under, but for what an attempt switches.
        guards: the host's own.
        tried: in how many attempts a mutant is tried at most, cheapest first; by default in all that it can touch,
            and in a `FEW` if it is known to be equivalent.
        scopes: the host's own orders, in which mutants of its guards are tried first.
    """

    def __init__(
        self,
        policy: Policy,
        guards: Sequence[HostGuard] = (),
        tried: int | None = None,
        scopes: Iterable[Scope] = (),
    ) -> None:
        self._policy, self._guards, self._tried = policy, tuple(guards), tried
        self._own = [Attempt(scope=evolve(scope, name=f"own: {scope.name}", policy=policy)) for scope in scopes]
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
        own = self._own if mutant.kind in HOST_KINDS else []
        for attempt in [*own, *attempts_for(mutant, self._policy)[:few]]:
            found, tried = self._try(mutant, attempt)
            verdict = evolve(verdict, decisions=verdict.decisions + tried.decisions, **found)
            if verdict.outcome in _SETTLED:
                break
            if not found:
                unseen.append((attempt, tried.seen))
        if verdict.outcome not in _SETTLED:
            verdict = evolve(verdict, **self._vacuous(unseen))
        if verdict.outcome is Outcome.SURVIVED and mutant.name in EQUIVALENT:
            verdict = evolve(verdict, outcome=Outcome.EQUIVALENT)
        return evolve(verdict, seconds=perf_counter() - begun)

    def _try(self, mutant: Mutant, attempt: Attempt) -> tuple[dict[str, Any], "_Run"]:
        """What is found of a mutant in an attempt, but for what is found of the shipped definition too."""
        found, run = self._run(mutant, attempt)
        if found.get("outcome") is Outcome.CAUGHT:
            shipped = self.shipped(attempt)
            if shipped.undetermined:
                return _told(attempt, Outcome.UNDETERMINED, f"shipped: {shipped.undetermined}"), run
            if found["by"] in shipped.broken:
                return self._run(mutant, attempt, shipped.broken)
        return found, run

    def _run(self, mutant: Mutant, attempt: Attempt, without: Container[str] = ()) -> tuple[dict[str, Any], "_Run"]:
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
                if found.get("how") != "violation" or found["by"] == ANSWERED:
                    break
                broken.add(found["by"])
            if found and found["outcome"] is not Outcome.UNDETERMINED:
                raise RuntimeError(f"{attempt.name}, on the shipped definition: {found['by']}: {found['fault']}")
            self._shown[attempt.name] = Shown(frozenset(broken), run.seen, found.get("fault", ""))
        return self._shown[attempt.name]

    def _vacuous(self, tried: Iterable[tuple[Attempt, Mapping[str, set[Hashable]]]]) -> dict[str, Any]:
        """What the shipped definition shows in the same orders and the mutant does not; nothing where it shows all."""
        for attempt, seen in tried:
            shipped = self.shipped(attempt)
            if shipped.undetermined:
                return _told(attempt, Outcome.UNDETERMINED, f"shipped: {shipped.undetermined}")
            for name, some in shipped.seen.items():
                missing = some - seen.get(name, set())
                if missing and name != NAMED_AFTER_ROWS:
                    fault = f"never seen: {', '.join(sorted(map(str, missing)))}"
                    return _told(attempt, Outcome.CAUGHT, fault, how="vacuity", by=name)
        return {}


@frozen
class Shown:
    """What the shipped definition shows in an attempt.

    Attributes:
        broken: properties that do not hold there even so, as some do not where a host's guards refuse too much; they
            are left out.
        seen: what is seen for each `Sometimes`.
        undetermined: why it was not explored to its end; empty where it was.
    """

    broken: frozenset[str]
    seen: Mapping[str, set[Hashable]]
    undetermined: str = ""


_SETTLED = (Outcome.CAUGHT, Outcome.FAULT)
"""What no other attempt can change."""


def _told(attempt: Attempt, outcome: Outcome, fault: str, **more: Any) -> dict[str, Any]:
    """What to write into the verdict on a mutant."""
    return {"outcome": outcome, "fault": fault, "scope": attempt.name, **more}


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
    """A machine that gives up where deadlines fire for ever, and remembers what it raised itself."""

    raised: Exception | None = None
    _fired = 0

    def decide(self, *args: Any, **kwargs: Any) -> Decision:
        return self._answer(super().decide, *args, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> Decision:
        return self._answer(super().tick, *args, **kwargs)

    def next_deadline(self, *args: Any, **kwargs: Any) -> Deadline | None:
        return self._answer(super().next_deadline, *args, **kwargs)

    def overdue(self, *args: Any, **kwargs: Any) -> list[Deadline]:
        return self._answer(super().overdue, *args, **kwargs)

    def _answer(self, asked: Callable[..., A], *args: Any, **kwargs: Any) -> A:
        self._fired = 0
        try:
            return asked(*args, **kwargs)
        except Exception as fault:
            self.raised = fault
            raise

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
        self._machine = self._space.machine = _Impatient(attempt.scope.policy, guards=guards)
        self._attempt = attempt
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
            if fault is self._machine.raised:
                return self._noticed(ANSWERED, f"{type(fault).__name__}: {fault}", depth)
            return _told(self._attempt, Outcome.FAULT, str(fault), by=type(fault).__name__, depth=depth)
        if found.violations:
            first = found.violations[0]
            return self._noticed(first.property.name, first.fault, len(first.trace))
        if len(found.states) == LIMITS.states:
            return self._noticed(ENDLESS, found.undetermined, found.depth, how="no end")
        if not found.complete:
            return _told(self._attempt, Outcome.UNDETERMINED, found.undetermined, depth=found.depth)
        return {}

    def _initial(self) -> Iterator[Position]:
        for position in self._space.initial():
            for said in self._attempt.opening:
                position, _ = self._space.step(position, said.sent(at=said.at or position.now))
            yield position

    def _keep(self, found: Exploration[Position, Said], waiting: int) -> None:
        self._found = found

    def _step(self, position: Position, said: Said) -> tuple[Position, Decision]:
        self.decisions += 1
        return self._space.step(position, said)

    def _noticed(self, by: str, fault: str, depth: int, how: str = "violation") -> dict[str, Any]:
        return _told(self._attempt, Outcome.CAUGHT, fault, how=how, by=by, depth=depth)
