"""Whether anything would notice: each mutant of the definition, explored until a property of orders is violated.

The properties are the very ones that are claimed of the shipped code (`orderfsm.testing.claims`). A mutant that
none of them notices is either *equivalent*, and says why, or shows that a property is missing, or that a line
of the definition decides nothing.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import as_completed

from attrs import asdict, define, field

from orderfsm.guards import HostGuard
from orderfsm.policy import Policy
from orderfsm.testing.equivalents import EQUIVALENT
from orderfsm.testing.kinds import Kind, Mutant, mutate
from orderfsm.testing.mutants import mutants
from orderfsm.testing.pooling import Pool, check_sendable
from orderfsm.testing.trials import Trial, Verdict


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
    tried: int | None = None,
    report: Callable[[Verdict], None] | None = None,
) -> MutationReport:
    """Try mutants until each is caught, or nothing of what it could change is left to explore.

    Args:
        some: which; by default all, those of the host's guards too.
        policy: the policy under which orders are explored; its switches are also tried the other way.
        guards: the host's own guards.
        jobs: in how many processes; guards must be importable from the others.
        tried: in how many kinds of orders at most, cheapest first; by default in all that a mutant can touch.
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
        check_sendable(guards)
        with Pool(jobs, _Workshop.open, (policy, guards, tried)) as pool:
            for future in as_completed([pool.submit(_Workshop.try_one, mutant.name) for mutant in chosen]):
                note(future.result())
    else:
        trial = Trial(policy, guards, tried)
        for mutant in chosen:
            note(trial.of(mutant))
    return MutationReport([found[mutant.name] for mutant in chosen])


class _Workshop:
    """What a process needs to try mutants by their names."""

    trial: Trial
    mutants: Mapping[str, Mutant]

    @classmethod
    def open(cls, policy: Policy, guards: tuple[HostGuard, ...], tried: int | None) -> None:
        cls.trial = Trial(policy, guards, tried)
        cls.mutants = {mutant.name: mutant for mutant in mutants(guards)}

    @classmethod
    def try_one(cls, name: str) -> Verdict:
        return cls.trial.of(cls.mutants[name])


__all__ = ["EQUIVALENT", "Mutant", "MutationReport", "Verdict", "mutants", "mutate", "try_mutants"]
