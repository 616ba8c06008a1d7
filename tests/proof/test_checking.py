"""A shop checks its own policy and guards as the library checks the shipped ones."""

import subprocess
import sys
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
from orderfsm.testing.catalogue import UNTIL_DISPATCH, one
from orderfsm.testing.proving import CLAIM, prove
from orderfsm.testing.scopes import Scope, Times, Values
from orderfsm.testing.verdicts import verdict_text

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


def _orderfsm(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "orderfsm", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_prove_that_is_cut_short_ends_with_status_1() -> None:
    """`orderfsm prove` that a limit cuts short prints what was found, and does not pass."""
    done = _orderfsm("prove", "--seconds", "1", "--policy", "marketplace", "--json", "--jobs", "2")
    answer: dict[str, Any] = loads(done.stdout)
    assert (1, "undetermined") == (done.returncode, answer["verdict"])


def test_prove_refuses_a_policy_that_is_none(tmp_path: Path) -> None:
    """A policy file that cannot be read is wrong usage, told in one line."""
    done = _orderfsm("prove", "--policy", str(tmp_path / "none.toml"))
    assert (2, 1) == (done.returncode, len(done.stderr.splitlines()))
