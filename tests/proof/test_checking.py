"""A shop checks its own policy and guards as the library checks the shipped ones."""

from json import loads
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from orderfsm import HostGuard, Policy, RequestCancellation
from orderfsm.inputs import Input
from orderfsm.order import Lot
from orderfsm.scene import Scene
from orderfsm.testing import Limits, check_policy, reports
from orderfsm.testing import checking as module
from orderfsm.testing.catalogue import UNTIL_DISPATCH, lines, one
from orderfsm.testing.kinds import Kind
from orderfsm.testing.mutating import MutationReport
from orderfsm.testing.proving import CLAIM, prove
from orderfsm.testing.scopes import Scope, Times, Values
from orderfsm.testing.trials import Verdict
from orderfsm.testing.verdicts import verdict_text
from tests.shell.test_command_line import run

SMALL = Scope(
    name="small", lines=one(), chapters=UNTIL_DISPATCH, values=Values.PLAIN, times=Times.NOW, early=0, strangers=False
)


@pytest.fixture(autouse=True)
def _unreported(monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails here on purpose is nothing for the summary line."""
    monkeypatch.setattr(reports, "record", lambda *_: None)


def _cheap(scene: Scene[Input], lot: Lot) -> bool:
    return lot.amount < 500


HOLD = HostGuard(code="dear", on=[RequestCancellation], holds=_cheap, sentence="This is too dear to be cancelled here.")


def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    def scopes(size: object, policy: Policy) -> list[Scope]:
        return [evolve(SMALL, policy=policy)]

    monkeypatch.setattr(module, "catalogue", scopes)


def test_5_14_a_guard_that_refuses_is_no_violation() -> None:
    """A host's guard may refuse what the policy promises otherwise."""
    assert [] == prove([SMALL], guards=[HOLD], vacuity=False).violations


def test_5_14_a_guard_that_never_refuses_is_reported() -> None:
    """A host's guard that is never the reason of a refusal decides nothing, and is named."""
    idle = evolve(HOLD, code="idle", holds=lambda scene, lot: True)
    assert ["idle"] == prove([SMALL], guards=[idle]).missing["every_host_guard_refuses_once"]


def test_a_checkup_says_what_it_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkup that does not pass raises with the report of what was found."""
    _small(monkeypatch)
    found = check_policy(Policy(), guards=[HOLD])
    assert [] == found.proof.missing["every_host_guard_refuses_once"]
    assert not found.passed  # so small a scope does not see every row
    with pytest.raises(AssertionError, match="every_row_is_taken"):
        found.verify()


def test_a_shop_brings_its_own_orders() -> None:
    """They are explored under its policy, and need not show everything; but each guard has to refuse in them."""
    dear = evolve(SMALL, name="dear", lines=one(amount="500.00"))
    kind = evolve(HOLD, holds=lambda scene, lot: lot.amount < 50_000)

    found = check_policy(Policy.marketplace(), guards=[kind], scopes=[SMALL, dear])
    found.verify()
    assert ["small", "dear"] == [result.name for result in found.proof.results]
    assert {Policy.marketplace()} == {scope.policy for scope in found.scopes}
    assert CLAIM in str(found)
    assert "not asked: whether everything is seen somewhere" in str(found)

    found = check_policy(Policy(), guards=[kind], scopes=[SMALL])
    assert not found.passed
    assert "\nnever seen refusing: dear; bring orders that it is about with scopes=…\n" in str(found)


def test_a_shop_brings_orders_that_have_names() -> None:
    """None at all would show nothing, and of two with one name only one would be reported."""
    for scopes in ([], [SMALL, evolve(SMALL, lines=one(quantity=2))]):
        with pytest.raises(ValueError, match="scopes: expected at least one, and a name for each of them"):
            check_policy(Policy(), scopes=scopes)


def test_a_command_that_is_closed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing comes of a command any more, the report says whose guards are before it."""
    _small(monkeypatch)
    closed = "never seen accepted: request_cancellation, guarded by dear; nor what only it leads to"
    assert closed in str(check_policy(Policy(unpaid_cancellation=True), guards=[HOLD]))
    never = evolve(HOLD, code="never", holds=lambda scene, lot: lot.state != "unpaid")
    assert "never seen accepted" not in str(check_policy(Policy(unpaid_cancellation=True), guards=[never]))


@pytest.mark.parametrize("policy", ["marketplace", None, Policy])
def test_a_policy_that_is_none_is_refused(policy: Any) -> None:
    """The names of presets are for the command line."""
    with pytest.raises(TypeError, match=r"policy: expected a Policy, such as Policy\.marketplace\(\), got "):
        check_policy(policy)


def test_a_checkup_says_what_became_of_mutation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it was not asked for, not tried, or tried, and whether anything survived."""
    survived = Verdict(name="it", kind=Kind.ROW_DROPPED, clause="A1", says="it is gone")
    for report in (MutationReport([]), MutationReport([survived])):
        monkeypatch.setattr(module, "try_mutants", lambda report=report, **options: report)
        found = check_policy(Policy(), scopes=[SMALL], mutate=True)
        assert report.passed is found.passed
        assert str(found).endswith("\n".join(report.lines))
    assert str(check_policy(Policy(), scopes=[SMALL])).endswith("\nmutation: not asked for (mutate=True)")
    found = check_policy(Policy(), scopes=[SMALL], mutate=True, limits=Limits(states=3))
    assert (None, False) == (found.mutation, found.passed)
    assert str(found).endswith("\nmutation: not tried: the proof did not pass")


def test_a_run_that_is_cut_short_claims_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit makes the checkup undetermined, never passed."""
    _small(monkeypatch)
    found = check_policy(Policy(), limits=Limits(states=3))
    assert (False, True) == (found.passed, found.proof.undetermined)
    assert CLAIM not in str(found)
    assert "Undetermined" in str(found)


def test_processes_find_the_same() -> None:
    """A proof in two processes is the proof in one."""
    scopes = [SMALL, evolve(SMALL, name="direct", policy=Policy.marketplace())]
    alone, together = prove(scopes, vacuity=False), prove(scopes, vacuity=False, jobs=2)
    assert (alone.digest, alone.states, alone.decisions) == (together.digest, together.states, together.decisions)


def test_a_passed_proof_prints_its_claim_and_what_it_trusts() -> None:
    """The verdict has the figures, the bounds, the digest, the claim and its trusted base."""
    proof = prove([SMALL], vacuity=False)
    text = verdict_text(proof, [SMALL])
    assert proof.digest in text
    assert CLAIM in text
    assert "at most 0 early facts" in text
    assert "bug-free" not in text


def test_prove_that_is_cut_short_ends_with_status_1(monkeypatch: pytest.MonkeyPatch) -> None:
    """`orderfsm prove` that a limit cuts short prints what was found, and does not pass."""
    large = Scope(name="large", lines=lines(None, None), values=Values.FULL, policy=Policy.marketplace())
    monkeypatch.setattr("orderfsm.testing.catalogue.catalogue", lambda size, policy: [large, SMALL])
    status, out, _ = run("prove", "--seconds", "1", "--json", "--jobs", "2")
    answer: dict[str, Any] = loads(out)
    assert (1, "undetermined") == (status, answer["verdict"])
    assert [True, False] == [bool(scope["undetermined"]) for scope in answer["scopes"]]


def test_prove_refuses_a_policy_that_is_none(tmp_path: Path) -> None:
    """A policy file that cannot be read is wrong usage, told in one line."""
    status, _, err = run("prove", "--policy", str(tmp_path / "none.toml"))
    assert (2, 1) == (status, len(err.splitlines()))
