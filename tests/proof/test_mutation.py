"""Mutants of the definition: they are planted, noticed by the properties, and taken back without a trace."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from orderfsm import commanding, consequences, engine, matching, refunding, table
from orderfsm.guards import HostGuard
from orderfsm.inputs import CancelDelivery, Input, RequestCancellation
from orderfsm.order import Lot
from orderfsm.policy import Policy
from orderfsm.scene import Scene
from orderfsm.states import State
from orderfsm.testing.attempts import Attempt, attempts
from orderfsm.testing.kinds import Kind, Mutant
from orderfsm.testing.mutants import COMPARED, mutants
from orderfsm.testing.mutating import EQUIVALENT, mutate, try_mutants
from orderfsm.testing.planting import comparisons_of, live
from orderfsm.testing.trials import Trial

MUTANTS = {mutant.name: mutant for mutant in mutants()}
SAMPLE = [mutant for mutant in list(MUTANTS.values())[::20] if mutant.name not in EQUIVALENT]
GUARDS = list(dict.fromkeys(guard for row in table.ROWS for guard in row.guards))
FIRST_OF_KIND = list({mutant.kind: mutant for mutant in reversed(MUTANTS.values())}.values())

# --- planting --------------------------------------------------------------------------------------------


def executing() -> dict[str, Any]:
    """Everything that a mutant may change, as it executes now."""
    found: dict[str, Any] = {f"who may {kind.name}": roles for kind, roles in table.WHO.items()}
    for module in (commanding, consequences, engine, matching, refunding, table):
        found |= {f"{module.__name__}.{name}": value for name, value in vars(module).items()}
    for module in COMPARED:
        for each in comparisons_of(module):
            found[f"{module.__name__}.{each.function}"] = live(module, each.function).__code__
    for guard in GUARDS:
        found[f"guard {guard.__name__}"] = guard.__code__
    return found


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What is not the very same object any more."""
    assert list(before) == list(after)
    return [name for name in before if before[name] is not after[name]]


@pytest.mark.parametrize("mutant", FIRST_OF_KIND, ids=lambda mutant: str(mutant.kind))
def test_a_mutant_changes_something_and_leaves_nothing_behind(mutant: Mutant) -> None:
    """While a mutant is planted something else executes; afterwards everything is the very same as before."""
    before = executing()
    with mutate(mutant):
        assert differing(before, executing())
    assert [] == differing(before, executing())


def test_a_mutant_leaves_nothing_behind_when_something_is_raised() -> None:
    """A fault while a mutant is planted goes on, and everything is the very same as before."""
    before = executing()
    for mutant in FIRST_OF_KIND:
        with pytest.raises(ZeroDivisionError), mutate(mutant):
            raise ZeroDivisionError
    assert [] == differing(before, executing())


def test_every_kind_of_mutant_is_there() -> None:
    """Of all kinds but those of hosts' guards there are mutants of the shipped definition."""
    assert {kind for kind in Kind if not kind.startswith("host")} == {mutant.kind for mutant in MUTANTS.values()}


def test_a_comparison_is_turned_wherever_its_function_is_referred_to() -> None:
    """The table's rows hold the function itself: they see its other body too."""
    row = next(row for row in table.ROWS if row.when is not None and row.when.__name__ == "captured_too_late")
    code = row.when.__code__  # type: ignore[union-attr]
    mutant = MUTANTS["comparison: choices.captured_too_late 1: scene.at >= scene.payment_closes_at"]
    assert "> instead of >=" == mutant.says
    with mutate(mutant):
        assert row.when.__code__ is not code  # type: ignore[union-attr]
        assert row.when.__code__.co_firstlineno == code.co_firstlineno  # type: ignore[union-attr]


# --- noticing --------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_twentieth_mutant_is_noticed() -> None:
    """Each mutant of a fixed sample breaks a property, not merely what the sample sees."""
    report = try_mutants(SAMPLE)
    assert [] == [str(verdict) for verdict in report.survived]
    assert {"violation", "fault"} >= {verdict.how for verdict in report.verdicts}
    assert 1.0 == report.score
    assert report.passed


@pytest.mark.slow
@pytest.mark.parametrize("attempt", attempts(Policy()), ids=lambda attempt: str(attempt.name))
def test_the_shipped_definition_is_not_noticed(attempt: Attempt) -> None:
    """In the orders in which mutants are tried, every property holds of the shipped definition."""
    assert frozenset() == Trial(Policy()).shipped(attempt).broken


def test_equivalent_mutants_are_mutants() -> None:
    """Whatever is called equivalent still is a mutant, and says why."""
    assert [] == [name for name in EQUIVALENT if name not in MUTANTS]
    assert all(EQUIVALENT.values())


@pytest.mark.slow
@pytest.mark.parametrize("name", EQUIVALENT)
def test_equivalent_mutants_survive(name: str) -> None:
    """Nothing tells them apart yet; what does is no longer equivalent."""
    report = try_mutants([MUTANTS[name]])
    assert [name] == [verdict.name for verdict in report.equivalent]


# --- a host's own ----------------------------------------------------------------------------------------


def not_on_hold(scene: Scene[Input], lot: Lot) -> bool:
    """Lines called A are on hold once they are in preparation."""
    return not (lot.line.id == "A" and lot.state is State.PREPARING)


def test_a_host_s_guards_are_mutated_too() -> None:
    """A guard that is dropped, turned or not asked about one of its commands is noticed, and left as it was."""
    guard = HostGuard(code="on_hold", on=(RequestCancellation, CancelDelivery), holds=not_on_hold, sentence="On hold.")
    some = [mutant for mutant in mutants([guard]) if mutant.kind.startswith("host")]
    assert ["host guard dropped", "host guard negated"] == [mutant.kind for mutant in some[:2]]
    report = try_mutants(some[:3], guards=[guard])
    assert ["caught"] * 3 == [verdict.outcome for verdict in report.verdicts]
    assert {"hosts_rules_are_kept"} == {verdict.by for verdict in report.verdicts}
    assert not_on_hold is guard.holds
    assert (RequestCancellation, CancelDelivery) == guard.on


def test_a_guard_that_refuses_nothing_is_found_out() -> None:
    """A host's guard that no order ever meets might as well not be there: its mutants survive."""
    guard = HostGuard(code="on_hold", on=(CancelDelivery,), holds=not_on_hold, sentence="On hold.")
    (dropped, *_) = [mutant for mutant in mutants([guard]) if mutant.kind is Kind.HOST_GUARD_DROPPED]
    assert [dropped.name] == [verdict.name for verdict in try_mutants([dropped], guards=[guard], tried=1).survived]


# --- reporting -------------------------------------------------------------------------------------------


def test_a_report_counts_and_tells() -> None:
    """A report tells kind by kind what became of the mutants, in lines for people and in JSON for machines."""
    names = (
        "row dropped: unpaid on payment_captured[pays_for_physical] to unshipped",
        "row dropped: unpaid on payment_window_closed to closed",
        next(iter(EQUIVALENT)),
    )
    told: list[str] = []
    report = try_mutants([MUTANTS[name] for name in names], report=lambda verdict: told.append(verdict.name), tried=2)
    assert list(names) == told
    assert [2, 0, 1] == [len(each) for each in (report.caught, report.survived, report.equivalent)]
    assert "row dropped: 2 mutants, 2 caught, 0 equivalent" in report.lines
    assert ["violation", "fault", ""] == [verdict.how for verdict in report.verdicts]
    first = report.caught[0]
    assert ("money_is_for_goods", "A4", "payment") == (first.by, first.clause, first.scope)
    assert first.decisions > first.depth > 0
    assert 3 == len(json.loads(report.as_json())["mutants"])


@pytest.mark.slow
def test_several_processes_find_the_same() -> None:
    """Shared among processes, the mutants have the same verdicts in the same order."""
    some = SAMPLE[:4]
    alone, shared = try_mutants(some), try_mutants(some, jobs=2)
    assert [(each.name, each.by, each.depth) for each in alone.verdicts] == [
        (each.name, each.by, each.depth) for each in shared.verdicts
    ]
