"""Mutants of the definition: they are planted, noticed by the properties, and taken back without a trace."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from orderfsm import commanding, consequences, engine, matching, refunding, table
from orderfsm.guards import HostGuard
from orderfsm.inputs import CancelDelivery, Input, RequestCancellation
from orderfsm.machine import OrderMachine
from orderfsm.order import Lot
from orderfsm.policy import Policy
from orderfsm.scene import Scene
from orderfsm.states import State
from orderfsm.testing import trials
from orderfsm.testing.attempts import Attempt, attempts
from orderfsm.testing.catalogue import FULFILMENT, one
from orderfsm.testing.exploring import Limits
from orderfsm.testing.kinds import Kind, Mutant
from orderfsm.testing.mutants import BOUNDED, COMPARED, mutants
from orderfsm.testing.mutating import EQUIVALENT, MutationReport, mutate, try_mutants
from orderfsm.testing.orders import OrderSpace
from orderfsm.testing.planting import comparisons_of, live
from orderfsm.testing.properties import Always, Property
from orderfsm.testing.scopes import Scope, Times
from orderfsm.testing.trials import ANSWERED, Outcome, Trial, Verdict
from tests.proof import mutation_figures

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
    for module in (*COMPARED, *BOUNDED):
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
    mutant = MUTANTS["bound moved: choices.captured_too_late 1: scene.at >= scene.payment_closes_at"]
    assert "> instead of >=" == mutant.says
    with mutate(mutant):
        assert row.when.__code__ is not code  # type: ignore[union-attr]
        assert row.when.__code__.co_firstlineno == code.co_firstlineno  # type: ignore[union-attr]


# --- noticing --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trial() -> Trial:
    """One for all tests that change nothing about it: what the shipped definition shows is explored once."""
    return Trial(Policy())


@pytest.mark.slow
def test_every_twentieth_mutant_is_noticed(trial: Trial) -> None:
    """Each mutant of a fixed sample breaks a property, not merely what the sample sees."""
    report = MutationReport([trial.of(mutant) for mutant in SAMPLE])
    assert [] == [str(verdict) for verdict in report.survived]
    assert {"violation"} == {verdict.how for verdict in report.verdicts}
    assert 1.0 == report.score
    assert report.passed


def test_the_committed_figures_are_of_these_mutants() -> None:
    """A line more in the definition, or one less, shows; `python -m tests.proof.mutation_figures` writes them."""
    assert mutation_figures.lines(MUTANTS.values(), EQUIVALENT) == mutation_figures.PATH.read_text("utf-8")


RARE = {
    "comparison turned: amounts.assess 2: lot.terms is not None": (
        "two lines, back for one amount",
        "nothing_is_paid_back_twice",
    ),
    "bound moved: choosing.Chooser._named 4: quantity > there": (
        "two units until dispatch",
        "no_quantity_that_fits_is_too_large",
    ),
}
"""Mutants that only orders of one kind show, and the property that notices them there."""


@pytest.mark.slow
@pytest.mark.parametrize("name", RARE)
def test_what_few_orders_show_is_noticed(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """What one line of one unit does not show is noticed with two."""
    scope, by = RARE[name]
    some = [attempt for attempt in attempts(Policy()) if attempt.name == scope]
    monkeypatch.setattr(trials, "attempts_for", lambda mutant, policy: some)
    assert (Outcome.CAUGHT, by) == ((verdict := Trial(Policy()).of(MUTANTS[name])).outcome, verdict.by)


@pytest.mark.slow
@pytest.mark.nightly
def test_every_mutant_is_noticed() -> None:
    """Each mutant breaks a property, but for those that are known to be equivalent."""
    report = try_mutants(jobs=2)
    assert [] == [str(verdict) for verdict in (*report.survived, *report.undetermined, *report.faults)]
    assert set(EQUIVALENT) == {verdict.name for verdict in report.equivalent}
    assert (1.0, "passed") == (report.score, report.verdict)


@pytest.mark.slow
@pytest.mark.parametrize("attempt", attempts(Policy()), ids=lambda attempt: str(attempt.name))
def test_the_shipped_definition_is_not_noticed(trial: Trial, attempt: Attempt) -> None:
    """In the orders in which mutants are tried, every property holds of the shipped definition."""
    assert frozenset() == trial.shipped(attempt).broken


def test_equivalent_mutants_are_mutants() -> None:
    """Whatever is called equivalent still is a mutant, and says why."""
    assert [] == [name for name in EQUIVALENT if name not in MUTANTS]
    assert all(EQUIVALENT.values())


@pytest.mark.slow
@pytest.mark.parametrize("name", EQUIVALENT)
def test_equivalent_mutants_survive(trial: Trial, name: str) -> None:
    """Nothing tells them apart yet; what does is no longer equivalent."""
    assert Outcome.EQUIVALENT == trial.of(MUTANTS[name]).outcome


# --- what is no notice -----------------------------------------------------------------------------------

SOME = "row dropped: unpaid on payment_captured[pays_for_physical] to unshipped"
RAISES = "row dropped: unpaid on payment_window_closed to closed"


def test_what_time_does_not_suffice_for_is_undetermined(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow machine raises no score: a mutant that could not be explored to its end is neither caught nor passed."""
    monkeypatch.setattr(trials, "LIMITS", Limits(seconds=0.0))
    report = try_mutants([MUTANTS[SOME], MUTANTS[next(iter(EQUIVALENT))]], tried=1)
    assert [Outcome.UNDETERMINED] * 2 == [verdict.outcome for verdict in report.verdicts]
    assert (0.0, False, "undetermined") == (report.score, report.passed, report.verdict)
    assert f"  {report.undetermined[0]}" in report.lines
    assert "0 seconds were over" in report.undetermined[0].fault


def test_nothing_is_compared_with_what_time_did_not_suffice_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the shipped definition could not be explored to its end, what is found of a mutant says nothing."""
    trial = Trial(Policy(), tried=1)
    monkeypatch.setattr(trials, "LIMITS", Limits(seconds=0.0))
    for attempt in attempts(Policy()):
        trial.shipped(attempt)
    monkeypatch.undo()
    assert [Outcome.UNDETERMINED] * 2 == [trial.of(MUTANTS[name]).outcome for name in (SOME, next(iter(EQUIVALENT)))]


def test_more_states_than_any_order_has_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a mutant has no end, the number of its states says so, however long they take."""
    trial, (attempt, *_) = Trial(Policy(), tried=1), attempts(Policy())
    trial.shipped(attempt)
    monkeypatch.setattr(trials, "LIMITS", Limits(states=3))
    endless = trial.of(MUTANTS["retargeted: unpaid on payment_captured[captured_too_late] to closed"])
    assert ("no end", trials.ENDLESS, "more than 3 states") == (endless.how, endless.by, endless.fault)


def test_a_machine_that_raises_breaks_a_property() -> None:
    """Whatever is said, the machine answers: where deciding raises, that does not hold."""
    verdict = Trial(Policy()).of(MUTANTS[RAISES])
    assert (Outcome.CAUGHT, "violation", ANSWERED) == (verdict.outcome, verdict.how, verdict.by)
    assert "500 deadlines within one decision" in verdict.fault


def test_a_check_that_raises_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a check raises of its own accord is told, and notices nothing."""

    def broken(space: OrderSpace) -> list[Property]:
        return [Always(name="divides", says="By zero.", check=lambda position: str(1 // len(position.order.seen)))]

    trial, (attempt, *_) = Trial(Policy(), tried=1), attempts(Policy())
    trial.shipped(attempt)
    monkeypatch.setattr(trials, "claims", broken)
    verdict = trial.of(MUTANTS[SOME])
    assert (Outcome.FAULT, "ZeroDivisionError") == (verdict.outcome, verdict.by)
    report = MutationReport([verdict])
    assert (0.0, "failed") == (report.score, report.verdict)
    assert f"  {verdict}" in report.lines


def test_a_shipped_definition_that_raises_is_no_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be compared with a definition that does not answer, or a check that raises."""

    def raises(*_: Any) -> Any:
        raise ZeroDivisionError("by nobody")

    monkeypatch.setattr(OrderMachine, "_judge", raises)
    with pytest.raises(RuntimeError, match=f"payment, on the shipped definition: {ANSWERED}: .*by nobody"):
        Trial(Policy()).shipped(attempts(Policy())[0])


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


def test_guards_about_others_are_mutated_in_the_hosts_own_orders() -> None:
    """In the catalogue's orders a guard about one customer never refuses; in orders of that customer it is missed."""
    guard = HostGuard(
        code="fraud_hold",
        on=(RequestCancellation,),
        holds=lambda scene, lot: scene.order.customer != "mallory",
        sentence="This order is being looked at.",
    )
    some = [mutant for mutant in mutants([guard]) if mutant.kind == "host guard dropped"]
    own = Scope(name="on hold", customer="mallory", lines=one(), chapters=FULFILMENT, times=Times.NOW, early=0)
    ours, theirs = try_mutants(some, guards=[guard], tried=1), try_mutants(some, guards=[guard], tried=1, scopes=[own])
    assert ["survived"] == [verdict.outcome for verdict in ours.verdicts]
    assert ["caught"] == [verdict.outcome for verdict in theirs.verdicts]


def test_a_guard_that_refuses_nothing_is_found_out() -> None:
    """A host's guard that no order ever meets might as well not be there: its mutants survive."""
    guard = HostGuard(code="on_hold", on=(CancelDelivery,), holds=not_on_hold, sentence="On hold.")
    (dropped, *_) = [mutant for mutant in mutants([guard]) if mutant.kind is Kind.HOST_GUARD_DROPPED]
    assert [dropped.name] == [verdict.name for verdict in try_mutants([dropped], guards=[guard], tried=1).survived]


# --- reporting -------------------------------------------------------------------------------------------


def test_a_report_counts_and_tells() -> None:
    """A report tells kind by kind what became of the mutants, and of each one that was not caught why."""
    alike = next(iter(EQUIVALENT))
    names, told = (SOME, RAISES, alike), list[str]()
    policy = Policy(payment_grace=timedelta(hours=2))
    report = try_mutants(
        [MUTANTS[name] for name in names], policy=policy, report=lambda each: told.append(each.name), tried=2
    )
    assert list(names) == told
    assert [2, 0, 1] == [len(each) for each in (report.caught, report.survived, report.equivalent)]
    head, dropped, added, every, how, *others = report.lines
    assert head.startswith("Under payment_grace = 2h, in ")
    assert [
        "row dropped: 2 tried, 2 caught by 2 properties",
        "source added: 1 tried, 0 caught by 0 properties, 1 equivalent",
    ] == [dropped, added]
    assert "all: 3 tried, 2 caught by 2 properties, 1 equivalent" == every
    assert (
        "Of those caught, 2 violate a property, 0 show less than is wanted, 0 have no end." == how[: how.index(" The ")]
    )
    assert ["Equivalent, and why:", f"  {alike}: {EQUIVALENT[alike]}", "Passed, with a score of 100.0%."] == others
    first = report.caught[0]
    assert ("money_is_for_goods", "A4", "payment") == (first.by, first.clause, first.scope)
    assert first.decisions > first.depth > 0


def test_a_report_tells_machines_the_same() -> None:
    """In JSON there are the verdict, the policy, the counts, the reasons, and every mutant."""
    names = (SOME, next(iter(EQUIVALENT)), "guard dropped: nothing")
    survivor = Verdict(name=names[2], kind=Kind.GUARD_DROPPED, clause="A1", says="nothing")
    some = try_mutants([MUTANTS[name] for name in names[:2]], tried=1)
    told = json.loads(evolve(some, verdicts=[*some.verdicts, survivor]).as_json())
    assert ("failed", 0.5, some.seconds) == (told["verdict"], told["score"], some.seconds)
    assert [3, 1, 1, 1, 0, 0] == [told[each] for each in ("tried", *Outcome)]
    assert {"money_is_for_goods": 1} == told["properties"]
    assert {"tried": 1, "caught": 0, "survived": 1, "equivalent": 0, "undetermined": 0, "fault": 0} == told["kinds"][
        "guard dropped"
    ]
    assert {names[1]: EQUIVALENT[names[1]]} == told["reasons"]
    assert "24h" == told["policy"]["payment_window"]
    assert list(names) == [mutant["name"] for mutant in told["mutants"]]


@pytest.mark.slow
def test_several_processes_find_the_same() -> None:
    """Shared among processes, the mutants have the same verdicts in the same order."""
    some = SAMPLE[:4]
    alone, shared = try_mutants(some), try_mutants(some, jobs=2)
    assert [(each.name, each.by, each.depth) for each in alone.verdicts] == [
        (each.name, each.by, each.depth) for each in shared.verdicts
    ]
