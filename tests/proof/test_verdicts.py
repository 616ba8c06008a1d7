"""What is told of a proof: its verdict, its policies, its bounds, its properties, and everything about a violation."""

from functools import cache
from json import loads
from typing import Any

import pytest
from attrs import evolve, fields

import orderfsm
from orderfsm import HostGuard, Policy, RequestCancellation
from orderfsm.inputs import Input, Item
from orderfsm.order import Lot
from orderfsm.policy_file import read_policy
from orderfsm.scene import Scene
from orderfsm.testing import Limits, reports
from orderfsm.testing.bounds import bounds_of
from orderfsm.testing.catalogue import COMING_BACK, UNTIL_DISPATCH, Size, catalogue, lines, one
from orderfsm.testing.proving import CLAIM, Proof, prove
from orderfsm.testing.scopes import Chapter, Scope, Times, Values
from orderfsm.testing.verdicts import verdict_json, verdict_text
from tests.proof.faults import FAULT, Fault

SMALL = Scope(
    name="small", lines=one(), chapters=UNTIL_DISPATCH, values=Values.PLAIN, times=Times.NOW, early=0, strangers=False
)


def _no_rule(scene: Scene[Input], lot: Lot) -> bool:
    return True


IDLE = HostGuard(code="on_hold", on=[RequestCancellation], holds=_no_rule, sentence="This is on hold.")


@cache
def proved(*scopes: Scope, guards: tuple[HostGuard, ...] = (), vacuity: bool = False, most: int | None = None) -> Proof:
    """A proof of some scopes, which is nothing for the summary line."""
    with reports.set_aside():
        return prove(scopes, guards=guards, vacuity=vacuity, limits=Limits(states=most))


@cache
def broken(fault: Fault) -> Proof:
    """A proof while a fault is planted, in two scopes."""
    with fault.planted(), reports.set_aside():
        return prove([fault.scope, evolve(fault.scope, name="again")], vacuity=False)


def told(proof: Proof, *scopes: Scope) -> dict[str, Any]:
    """What machines read of a proof."""
    found: dict[str, Any] = loads(verdict_json(proof, scopes))
    return found


# --- the verdict -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "vacuity", "most"), [("passed", False, None), ("vacuous", True, None), ("undetermined", True, 3)]
)
def test_a_verdict_has_its_own_words(outcome: str, vacuity: bool, most: int | None) -> None:
    """Only a passed proof has a digest and claims anything; want of cases is no violation."""
    proof = proved(SMALL, vacuity=vacuity, most=most)
    text, found, passed = verdict_text(proof, [SMALL]), told(proof, SMALL), outcome == "passed"
    assert (outcome, passed) == (proof.outcome, proof.passed)
    assert text.splitlines()[-2 if passed else -1].startswith(f"{outcome.capitalize()}")
    assert (passed, passed) == (CLAIM in text, proof.digest in text)
    assert (outcome, CLAIM if passed else None, proof.digest if passed else None) == tuple(
        found[name] for name in ("verdict", "claim", "digest")
    )


def test_a_violation_is_a_failure() -> None:
    """A violation is told before anything else, and nothing is claimed."""
    fault = FAULT["refund_is_forgotten"]
    proof = broken(fault)
    scopes = [fault.scope, evolve(fault.scope, name="again")]
    assert "failed" == proof.outcome == told(proof, *scopes)["verdict"]
    assert verdict_text(proof, scopes).endswith("\n\nFailed: not all of it holds. Nothing is claimed.\n")
    assert proof.digest not in verdict_text(proof, scopes)


@pytest.mark.parametrize(
    ("expected", "limits", "vacuity"), [(None, 3, True), (False, None, True), (True, None, False)], ids=str
)
def test_the_summary_line_is_told_the_same(expected: bool | None, limits: int | None, vacuity: bool) -> None:
    """What was cut short is neither passed nor failed; what lacks cases has failed."""
    with reports.set_aside() as recorded:
        prove([SMALL], limits=Limits(states=limits), vacuity=vacuity)
    assert [expected] == [report.passed for report in recorded]


# --- what does not hold ----------------------------------------------------------------------------------


def test_every_violation_has_its_test_and_its_diagram() -> None:
    """Each scope's violation is told under its name, with a test to paste; the diagrams are for machines."""
    fault = FAULT["refund_is_forgotten"]
    scopes = [fault.scope, evolve(fault.scope, name="again")]
    proof = broken(fault)
    text = verdict_text(proof, scopes)
    for result, scope in zip(proof.results, told(proof, *scopes)["scopes"], strict=True):
        (violation,), (test,), (diagram,) = result.violations, result.tests, result.diagrams
        assert f"In {result.name}:\n{violation}\n\n{test}" in text
        assert [{"told": violation, "test": test, "diagram": diagram}] == scope["violations"]
    assert "--json" in text


# --- what was proved -------------------------------------------------------------------------------------


def test_one_policy_is_told_by_what_it_changes() -> None:
    """A reader sees at once of which policy a claim is; a machine reads all of it."""
    policy = Policy(unpaid_cancellation=True)
    scope = evolve(SMALL, policy=policy)
    proof = proved(scope)
    assert verdict_text(proof, [scope]).startswith("Policy: Policy(unpaid_cancellation=True)\n")
    (found,) = told(proof, scope)["policies"]
    assert (["unpaid by hand"], True) == (found["names"], found["values"]["unpaid_cancellation"])
    assert {each.name for each in fields(Policy)} == set(found["values"])


def test_several_policies_are_told_by_their_names() -> None:
    """Presets and switches have names; any other policy is told by its values."""
    own = read_policy('preparation_after = "1h"')
    scopes = [SMALL, *(evolve(SMALL, name=str(each), policy=each) for each in (Policy.marketplace(), own))]
    proof = proved(*scopes)
    expected = "Policies: combined, declaration, marketplace, Policy(preparation_after=timedelta(hours=1))"
    assert expected == verdict_text(proof, scopes).splitlines()[0]
    assert [0, 1, 2] == [scope["policy"] for scope in told(proof, *scopes)["scopes"]]


def test_properties_are_told_by_their_kinds() -> None:
    """How many there are of each kind, and for machines which, with the clauses that they carry."""
    proof = proved(SMALL)
    found = told(proof, SMALL)
    kinds = [each["kind"] for each in found["properties"]]
    assert {"always", "action", "obligation", "sometimes"} == set(kinds)
    assert f"\n{len(kinds)} properties: {kinds.count('always')} always, " in verdict_text(proof, [SMALL])
    assert len(kinds) == found["number_of_properties"]
    assert {"name": "goods_take_allowed_ways", "kind": "action"}.items() <= next(
        each.items() for each in found["properties"] if each["name"] == "goods_take_allowed_ways"
    )
    assert all(each["clauses"] for each in found["properties"])


def test_figures_are_told_with_the_version() -> None:
    """How much was tried, in which time, by which version, and what led out of the bounds."""
    scope = evolve(SMALL, name="early", chapters=(Chapter.PAYMENT, Chapter.FULFILMENT))
    proof = proved(scope, guards=(IDLE,))
    found, text = told(proof, scope), verdict_text(proof, [scope])
    assert proof.beyond > 0
    assert f"but not followed: {proof.beyond:,} steps." in text
    for name in ("states", "transitions", "decisions", "tabulated", "beyond", "seconds"):
        assert found[name] == getattr(proof, name) == found["scopes"][0][name]
    assert round(proof.rate) == found["decisions_per_second"]
    assert (orderfsm.__version__, ["on_hold"]) == (found["version"], found["host_guards"])
    assert f"by orderfsm {orderfsm.__version__}." in text
    assert "The host's own guards: on_hold." in text


def test_what_was_tabulated_is_told() -> None:
    """Where decisions were known from a like state, the report says how many."""
    scope = evolve(SMALL, name="by part", lines=lines(None, None), by_part=True)
    proof = proved(scope)
    assert proof.tabulated > 0
    assert f"not decided again: {proof.tabulated:,}." in verdict_text(proof, [scope])


# --- the bounds ------------------------------------------------------------------------------------------

BOUNDS = [
    (evolve(SMALL, country="JP"), "; to JP; "),
    (evolve(SMALL, currency="JPY", country="JP", delivery_fee="5", lines=one(amount="10")), "; to JP; in JPY; "),
    (evolve(SMALL, captures=2), "; at most 2 captures; "),
    (evolve(SMALL, paid=True), "; begins once it is paid; "),
    (evolve(SMALL, paid=True, captures=2), "; begins once it is paid by 2 payments; "),
    (evolve(SMALL, delivered=True), "; begins once all is paid and delivered; "),
    (evolve(SMALL, delivered=True, captures=3), "; begins once all is paid by 3 payments and delivered; "),
    (evolve(SMALL, lines=lines(None, None)), "; lines that differ only in their names are exchanged for each other"),
    (evolve(SMALL, lines=[Item(id="A", amount=1, seller="s1", bundle="t")]), "lines 1 (bundle t, seller s1); "),
]


@pytest.mark.parametrize(("scope", "expected"), BOUNDS, ids=[expected for _, expected in BOUNDS])
def test_bounds_say_what_a_scope_is(scope: Scope, expected: str) -> None:
    """Whatever a scope bounds stands in its small print."""
    assert expected in bounds_of(scope)
    assert [bounds_of(scope)] == [each["bounds"] for each in told(proved(scope), scope)["scopes"]]


def test_bounds_do_not_say_what_is_so_by_itself() -> None:
    """Germany, the euro and a single line need no words."""
    for scope in (SMALL, evolve(SMALL, delivered=True, chapters=COMING_BACK)):
        assert not [word for word in ("to DE", "EUR", "exchanged", "payments") if word in bounds_of(scope)]


def test_scopes_with_other_bounds_are_told_otherwise() -> None:
    """Under one policy no two scopes of the catalogue have the same small print."""
    for size in Size:
        bounds = [bounds_of(scope) for scope in catalogue(size, Policy())]
        assert len(set(bounds)) == len(bounds)


def test_lines_are_told_apart_where_a_host_may_do_so() -> None:
    """A host's guard may ask for a line by its name, so that no line is taken for another; the bounds say so."""
    scope = evolve(SMALL, lines=lines(None, None))
    own, guarded = proved(scope), proved(scope, guards=(IDLE,))
    assert guarded.states > own.states
    exchanged = bounds_of(scope)
    assert exchanged in verdict_text(own, [scope])
    assert bounds_of(scope, guarded=True) in verdict_text(guarded, [scope])
    assert exchanged not in verdict_text(guarded, [scope])
