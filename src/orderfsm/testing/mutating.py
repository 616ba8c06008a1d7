"""Whether anything would notice: each mutant of the definition, explored until a property of orders is violated.

The properties are the very ones that are claimed of the shipped code (`orderfsm.testing.claims`). A mutant that
none of them notices is either *equivalent*, and says why, or shows that a property is missing, or that a line
of the definition decides nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import as_completed
from time import perf_counter

from orderfsm.guards import HostGuard
from orderfsm.policy import Policy
from orderfsm.testing.equivalents import EQUIVALENT
from orderfsm.testing.kinds import Mutant, mutate
from orderfsm.testing.mutants import mutants
from orderfsm.testing.pooling import Pool, check_sendable
from orderfsm.testing.scopes import Scope
from orderfsm.testing.scoring import MutationReport
from orderfsm.testing.trials import Trial, Verdict


def try_mutants(
    some: Iterable[Mutant] | None = None,
    *,
    policy: Policy | None = None,
    guards: Iterable[HostGuard] = (),
    jobs: int = 1,
    tried: int | None = None,
    scopes: Iterable[Scope] = (),
    report: Callable[[Verdict], None] | None = None,
) -> MutationReport:
    """Try mutants until each is caught, or nothing of what it could change is left to explore.

    Args:
        some: which; by default all, those of the host's guards too.
        policy: the policy under which orders are explored; its switches are also tried the other way.
        guards: the host's own guards.
        jobs: in how many processes; guards must be importable from the others.
        tried: in how many kinds of orders at most, cheapest first; by default in all that a mutant can touch.
        scopes: the host's own orders, in which mutants of its guards are tried first.
        report: called with each verdict as it comes.
    """
    begun, guards, policy, scopes = perf_counter(), tuple(guards), policy or Policy(), tuple(scopes)
    chosen = list(mutants(guards) if some is None else some)
    found: dict[str, Verdict] = {}

    def note(verdict: Verdict) -> None:
        found[verdict.name] = verdict
        if report is not None:
            report(verdict)

    if jobs > 1:
        check_sendable(guards)
        with Pool(jobs, _Workshop.open, (policy, guards, tried, scopes)) as pool:
            for future in as_completed([pool.submit(_Workshop.try_one, mutant.name) for mutant in chosen]):
                note(future.result())
    else:
        trial = Trial(policy, guards, tried, scopes)
        for mutant in chosen:
            note(trial.of(mutant))
    return MutationReport([found[mutant.name] for mutant in chosen], policy, perf_counter() - begun)


class _Workshop:
    """What a process needs to try mutants by their names."""

    trial: Trial
    mutants: Mapping[str, Mutant]

    @classmethod
    def open(cls, policy: Policy, guards: tuple[HostGuard, ...], tried: int | None, scopes: tuple[Scope, ...]) -> None:
        cls.trial = Trial(policy, guards, tried, scopes)
        cls.mutants = {mutant.name: mutant for mutant in mutants(guards)}

    @classmethod
    def try_one(cls, name: str) -> Verdict:
        return cls.trial.of(cls.mutants[name])


__all__ = ["EQUIVALENT", "Mutant", "MutationReport", "Verdict", "mutants", "mutate", "try_mutants"]
