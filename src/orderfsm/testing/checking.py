"""A shop's own policy, checked as ours is: explored, nothing vacuous, and broken on purpose to see it noticed.

    def test_our_policy() -> None:
        check_policy(Policy.marketplace(), guards=[fraud_hold]).verify()

Hosts' guards may refuse more than the policy does (policy 5.14); everything else has to hold with them too.
"""

from collections.abc import Iterable

from attrs import frozen

from orderfsm.guards import HostGuard
from orderfsm.policy import Policy
from orderfsm.testing.catalogue import Size, catalogue
from orderfsm.testing.exploring import Limits
from orderfsm.testing.mutating import MutationReport, try_mutants
from orderfsm.testing.proving import Proof, prove
from orderfsm.testing.scopes import Scope
from orderfsm.testing.verdicts import verdict_text


@frozen
class Checkup:
    """What was found about a policy.

    Attributes:
        scopes: what was explored.
        proof: what holds of it.
        mutation: what became of the definition when it was broken on purpose; None where it was not.
    """

    scopes: tuple[Scope, ...]
    proof: Proof
    mutation: MutationReport | None

    @property
    def passed(self) -> bool:
        """Whether everything was explored and holds, and every fault that was planted was noticed."""
        return self.proof.passed and (self.mutation is None or self.mutation.passed)

    def verify(self) -> None:
        """Raise AssertionError with all that was found, unless it passed."""
        if not self.passed:
            raise AssertionError(str(self))

    def __str__(self) -> str:
        text = verdict_text(self.proof, self.scopes)
        return text if self.mutation is None else f"{text}\n" + "\n".join(self.mutation.lines)


def check_policy(
    policy: Policy,
    guards: Iterable[HostGuard] = (),
    *,
    size: Size | str = Size.CI,
    mutate: bool = False,
    jobs: int = 1,
    limits: Limits | None = None,
) -> Checkup:
    """Explore small orders under a policy and a host's guards, and check every property in every state.

    Args:
        policy: the shop's policy.
        guards: the shop's own guards; each has to be the reason of some refusal.
        size: how much is explored: ``ci`` takes about a minute, ``nightly`` much longer.
        mutate: whether the definition and the guards are also broken on purpose; takes many minutes.
        jobs: in how many processes; guards must be importable from the others.
        limits: for each scope; one that is cut short makes the checkup undetermined, and so not passed.
    """
    some, scopes = tuple(guards), tuple(catalogue(Size(size), policy))
    proof = prove(scopes, guards=some, jobs=jobs, limits=limits)
    mutation = try_mutants(policy=policy, guards=some, jobs=jobs) if mutate and proof.passed else None
    return Checkup(scopes, proof, mutation)
