"""How many mutants were noticed, and by what: told to people in lines, to machines in JSON."""

import json
import tomllib
from collections import Counter
from collections.abc import Mapping
from typing import Any

from attrs import asdict, define, field

from orderfsm.policy import Policy
from orderfsm.policy_file import write_policy
from orderfsm.testing.equivalents import EQUIVALENT
from orderfsm.testing.kinds import Kind
from orderfsm.testing.trials import Outcome, Verdict


@define
class MutationReport:
    """What became of all mutants, in their order.

    Attributes:
        verdicts: one for each mutant.
        policy: under which orders were explored, but for the switches that are also tried the other way.
        seconds: how long it took.
    """

    verdicts: list[Verdict] = field(factory=list)
    policy: Policy = field(factory=Policy)
    seconds: float = 0.0

    def _of(self, outcome: Outcome) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if verdict.outcome is outcome]

    @property
    def caught(self) -> list[Verdict]:
        """Those that a property noticed."""
        return self._of(Outcome.CAUGHT)

    @property
    def survived(self) -> list[Verdict]:
        """Those that nothing noticed, and nobody knows why."""
        return self._of(Outcome.SURVIVED)

    @property
    def equivalent(self) -> list[Verdict]:
        """Those that cannot be told apart, for a reason that is written down."""
        return self._of(Outcome.EQUIVALENT)

    @property
    def undetermined(self) -> list[Verdict]:
        """Those for which the time was too short."""
        return self._of(Outcome.UNDETERMINED)

    @property
    def faults(self) -> list[Verdict]:
        """Those over which a check raised something, which says nothing about them."""
        return self._of(Outcome.FAULT)

    @property
    def score(self) -> float:
        """The share that was caught of those that are not known to be equivalent."""
        tried = len(self.verdicts) - len(self.equivalent)
        return len(self.caught) / tried if tried else 1.0

    @property
    def passed(self) -> bool:
        """Whether all were caught but those that are known to be equivalent."""
        return len(self.caught) + len(self.equivalent) == len(self.verdicts)

    @property
    def verdict(self) -> str:
        """In one word: whether it passed, and if not, whether more time could change that."""
        if self.passed:
            return "passed"
        return "failed" if self.survived or self.faults else "undetermined"

    @property
    def by_kind(self) -> Mapping[Kind, list[Verdict]]:
        """The verdicts on each kind that was tried."""
        found = {kind: [verdict for verdict in self.verdicts if verdict.kind is kind] for kind in Kind}
        return {kind: some for kind, some in found.items() if some}

    @property
    def by_property(self) -> Mapping[str, int]:
        """How many mutants each property noticed first, most first."""
        return dict(Counter(verdict.by for verdict in self.caught).most_common())

    # --- telling -----------------------------------------------------------------------------------------

    @property
    def lines(self) -> list[str]:
        """For people."""
        how = Counter(verdict.how for verdict in self.caught)
        rejected = sum(bool(verdict.definition) for verdict in self.verdicts)
        return [
            f"Under {_differences(self.policy) or 'the default policy'}, in {self.seconds:.0f} seconds:",
            *(f"{kind}: {_counted(some)}" for kind, some in self.by_kind.items()),
            f"all: {_counted(self.verdicts)}",
            f"Of those caught, {how['violation']} violate a property, {how['vacuity']} show less than is wanted, "
            f"{how['no end']} have no end. The checks of the definition alone reject {rejected}.",
            *_listed("Equivalent, and why:", [f"{each.name}: {EQUIVALENT[each.name]}" for each in self.equivalent]),
            *_listed("Survived:", self.survived),
            *_listed("Undetermined, for the time was too short:", self.undetermined),
            *_listed("Faults of checks:", self.faults),
            f"{self.verdict.capitalize()}, with a score of {self.score:.1%}.",
        ]

    def as_json(self) -> str:
        """For machines."""
        return json.dumps(
            {
                "verdict": self.verdict, "score": self.score, "seconds": self.seconds,
                "policy": _values(self.policy), **_counts(self.verdicts), "properties": self.by_property,
                "kinds": {kind: _counts(some) for kind, some in self.by_kind.items()},
                "reasons": {each.name: EQUIVALENT[each.name] for each in self.equivalent},
                "mutants": [asdict(verdict) for verdict in self.verdicts],
            },
            indent=2,
        )  # fmt: skip


def _counts(some: list[Verdict]) -> dict[str, int]:
    counted = Counter(verdict.outcome for verdict in some)
    return {"tried": len(some), **{outcome: counted[outcome] for outcome in Outcome}}


def _counted(some: list[Verdict]) -> str:
    tried, caught, *others = _counts(some).items()
    noticed = len({verdict.by for verdict in some if verdict.outcome is Outcome.CAUGHT})
    told = [f"{tried[1]:,} tried", f"{caught[1]:,} caught by {noticed} {'property' if noticed == 1 else 'properties'}"]
    return ", ".join([*told, *(f"{count:,} {outcome}" for outcome, count in others if count)])


def _listed(head: str, some: list[Any]) -> list[str]:
    return [head, *(f"  {each}" for each in some)] if some else []


def _values(policy: Policy) -> dict[str, Any]:
    """All values of a policy, as they are written in its file."""
    return tomllib.loads(write_policy(policy))


def _differences(policy: Policy) -> str:
    default = _values(Policy())
    return ", ".join(f"{name} = {value}" for name, value in _values(policy).items() if value != default[name])
