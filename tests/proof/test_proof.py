"""The bounded proof of the shipped policy: every preset, and every switch alone, in the scopes of the test suite."""

import pytest

from orderfsm.clauses import CLAUSES, READINGS
from orderfsm.guards import HostGuard
from orderfsm.inputs import RequestCancellation
from orderfsm.testing.catalogue import Size, catalogue
from orderfsm.testing.claims import NO_RULE, carried, claims
from orderfsm.testing.orders import OrderSpace
from orderfsm.testing.properties import Reachable
from orderfsm.testing.proving import Proof, prove
from tests.proof import figures

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def proof() -> Proof:
    """Everything explored once, for all tests here."""
    return prove(catalogue(Size.CI))


def test_nothing_is_violated_in_any_reachable_state(proof: Proof) -> None:
    """Every input by everybody at every instant that differs keeps every property."""
    assert [] == proof.violations


def test_every_scope_is_explored_to_its_end(proof: Proof) -> None:
    """Nothing was cut short, so nothing is undetermined."""
    assert [] == [result.name for result in proof.results if result.undetermined]


def test_everything_happens_somewhere(proof: Proof) -> None:
    """Every state, row, guard, refusal and anomaly is seen, so that nothing holds for want of cases."""
    assert {name: [] for name in proof.missing} == proof.missing


def test_figures_are_the_committed_ones(proof: Proof) -> None:
    """States, transitions, decisions and digests have not changed; `python -m tests.proof.figures` writes them."""
    assert figures.path(Size.CI).read_text("utf-8").splitlines() == figures.lines(proof.results).splitlines()


def committed(size: Size) -> dict[str, str]:
    """The committed figures of a size, by the names of the scopes."""
    lines = figures.path(size).read_text("utf-8").splitlines()
    return dict(line.rsplit(": ", 1) for line in lines)


@pytest.mark.parametrize("size", Size)
def test_committed_figures_belong_to_this_catalogue(size: Size) -> None:
    """What is committed of a run is of scopes that it consists of, in their order."""
    some = committed(size)
    assert [scope.name for scope in catalogue(size) if scope.name in some] == list(some)


def test_every_scope_of_a_night_has_its_figures() -> None:
    """And what every test run explores too has the same figures there."""
    by_night = committed(Size.NIGHTLY)
    assert [scope.name for scope in catalogue(Size.NIGHTLY)] == list(by_night)
    by_day = committed(Size.CI)
    assert by_day == {name: by_night[name] for name in by_day}


@pytest.mark.parametrize("what", ["2 loose lines", "bundle of 2"])
def test_by_part_the_graph_is_the_same(what: str) -> None:
    """Two lines in all chapters have the same states, transitions and digest by either route."""
    by_night, whole = committed(Size.NIGHTLY), f"combined: {what}, all chapters"
    assert by_night[whole] == by_night[f"{whole}, by part"]


def test_every_rule_is_carried_by_a_property() -> None:
    """Every clause and reading that states a rule has a property; only the courtesy has none."""
    rule = HostGuard(code="on_hold", on=(RequestCancellation,), holds=lambda _, __: True, sentence="On hold.")
    space = OrderSpace(catalogue(Size.CI)[0], guards=[rule])  # reading 5.14 is about the hosts' own rules
    without = {clause for clause, names in carried(claims(space)).items() if not names}
    assert NO_RULE == without


def test_properties_have_names_and_cite_clauses() -> None:
    """No two properties share a name; each says what it claims and cites clauses that exist."""
    some = claims(OrderSpace(catalogue(Size.CI)[0]))
    names = [each.name for each in some]
    assert sorted(set(names)) == sorted(names)
    assert all(each.says and each.clauses and set(each.clauses) <= CLAUSES.keys() | READINGS.keys() for each in some)
    assert any(isinstance(each, Reachable) for each in some)
