"""A shop's own policy, checked as ours is: explored, nothing vacuous, and broken on purpose to see it noticed.

    def test_our_policy() -> None:
        check_policy(Policy.marketplace(), guards=[fraud_hold]).verify()

Hosts' guards may refuse more than the policy does (policy 5.14); everything else has to hold with them too.
"""

from collections.abc import Hashable, Iterable, Iterator

from attrs import evolve, frozen

from orderfsm.engine import TRANSITIONS
from orderfsm.guards import HostGuard
from orderfsm.policy import Policy
from orderfsm.testing.catalogue import Size, catalogue
from orderfsm.testing.exploring import Limits
from orderfsm.testing.mutating import MutationReport, try_mutants
from orderfsm.testing.proving import Proof, prove
from orderfsm.testing.reach import HOST_GUARDS
from orderfsm.testing.scopes import Scope
from orderfsm.testing.verdicts import verdict_text

ROWS_TAKEN, STATES_REACHED = "every_row_is_taken", "every_state_is_reached"


@frozen
class Checkup:
    """What was found about a policy.

    Attributes:
        scopes: what was explored.
        proof: what holds of it.
        mutation: what became of the definition when it was broken on purpose; None where it was not.
        guards: the shop's own guards.
        mutate: whether it was to be broken on purpose.
    """

    scopes: tuple[Scope, ...]
    proof: Proof
    mutation: MutationReport | None = None
    guards: tuple[HostGuard, ...] = ()
    mutate: bool = False

    @property
    def passed(self) -> bool:
        """Whether everything was explored and holds, and every fault that was planted was noticed."""
        return self.proof.passed and (self.mutation is None or self.mutation.passed)

    def verify(self) -> None:
        """Raise AssertionError with all that was found, unless it passed."""
        if not self.passed:
            raise AssertionError(str(self))

    def __str__(self) -> str:
        lines = [verdict_text(self.proof, self.scopes), *self._about_scopes(), *self._about_guards()]
        if self.mutation is not None:
            return "\n".join([*lines, *self.mutation.lines])
        why = "not tried: the proof did not pass" if self.mutate else "not asked for (mutate=True)"
        return "\n".join([*lines, f"mutation: {why}"])

    def _about_scopes(self) -> Iterator[str]:
        if ROWS_TAKEN not in self.proof.missing:
            yield "not asked: whether everything is seen somewhere; that is only asked of the catalogue's scopes"

    def _about_guards(self) -> Iterator[str]:
        """Guards that never refuse in these orders, and commands of which guards leave nothing."""
        if self.proof.violations or self.proof.undetermined:
            return
        idle = self.proof.missing.get(HOST_GUARDS)
        if idle:
            yield f"never seen refusing: {', '.join(idle)}; bring orders that it is about with scopes=…"
        taken = _seen(self.proof, ROWS_TAKEN)
        tried = {kind for scope in self.scopes for kind in scope.kinds}
        for command in dict.fromkeys(command for guard in self.guards for command in guard.on if command in tried):
            rows = {row.name for rows in TRANSITIONS.get(command.name, {}).values() for row in rows}
            if rows and not rows & taken:
                codes = ", ".join(guard.code for guard in self.guards if command in guard.on)
                yield f"never seen accepted: {command.name}, guarded by {codes}; nor what only it leads to"


def _seen(proof: Proof, name: str) -> set[Hashable]:
    return set[Hashable]().union(*(result.seen.get(name, ()) for result in proof.results))


def check_policy(
    policy: Policy,
    guards: Iterable[HostGuard] = (),
    *,
    scopes: Iterable[Scope] | None = None,
    size: Size | str = Size.CI,
    mutate: bool = False,
    jobs: int = 1,
    limits: Limits | None = None,
) -> Checkup:
    """Explore small orders under a policy and a host's guards, and check every property in every state.

    Args:
        policy: the shop's policy.
        guards: the shop's own guards; each has to be the reason of some refusal.
        scopes: the shop's own orders, in place of the catalogue's: with the customers, amounts and countries that
            its guards are about. All are explored under `policy`. In the catalogue's scopes everything has to be
            seen somewhere, every row and every refusal; in a shop's own only that each guard refuses once.
        size: how much of the catalogue is explored: ``ci`` takes about a minute, ``nightly`` much longer.
        mutate: whether the definition and the guards are also broken on purpose, once the proof has passed; takes
            many minutes. Guards are tried in the shop's own scopes first, and all in small orders of its own.
        jobs: in how many processes; guards must be importable from the others.
        limits: for each scope; one that is cut short makes the checkup undetermined, and so not passed.

    Raises:
        TypeError: the policy is none.
        ValueError: there is no scope to explore, or two have the same name.
    """
    if not isinstance(policy, Policy):
        raise TypeError(f"policy: expected a Policy, such as Policy.marketplace(), got {policy!r}")
    own, some = scopes is not None, tuple(guards)
    explored = tuple(catalogue(Size(size), policy) if scopes is None else _under(policy, scopes))
    proof = prove(explored, guards=some, jobs=jobs, limits=limits, vacuity=not own)
    if own and some:
        proof.missing[HOST_GUARDS] = sorted({guard.code for guard in some} - _seen(proof, HOST_GUARDS))
    if own and not _seen(proof, STATES_REACHED):
        proof.missing[STATES_REACHED] = ["any: nothing was ever placed"]
    mutation = None
    if mutate and proof.passed:
        mutation = try_mutants(policy=policy, guards=some, jobs=jobs, scopes=explored if own else ())
    return Checkup(explored, proof, mutation, some, mutate)


def _under(policy: Policy, scopes: Iterable[Scope]) -> list[Scope]:
    found = [evolve(scope, policy=policy) for scope in scopes]
    names = [scope.name for scope in found]
    if not found or len(set(names)) < len(names):
        raise ValueError(f"scopes: expected at least one, and a name for each of them, got {names}")
    return found
