"""The pytest plugin: a clock, and one line about what was proved and played."""

from typing import Any

import pytest

from _orderfsm_pytestplugin import summary
from orderfsm.testing import reports
from orderfsm.testing.clock import START, Clock

pytest_plugins = ["pytester"]

TESTS = """
import pytest
from orderfsm.testing.reports import record

@pytest.mark.parametrize("name", ["small", "large"])
def test_proof(name):
    record("proof", name, True, {"states": 6_000, "decisions": 600_000})

def test_machine():
    record("machine", "MyShop", True, {"stories": 1, "steps": 21})

def test_clock(order_clock):
    assert order_clock.advance(hours=1).hour == 10
"""
LINE = "orderfsm: 2 proofs passed, 12,000 states, 1,200,000 decisions; 1 machine passed, 1 story, 21 steps"


def entry(kind: str, passed: bool | None = True, **figures: int) -> dict[str, Any]:
    """One report as the plugin sends it."""
    return {"kind": kind, "name": "any", "passed": passed, "figures": figures}


def lines(result: pytest.RunResult) -> list[str]:
    """What the plugin wrote."""
    return [line for line in result.outlines if line.startswith("orderfsm: ")]


@pytest.fixture
def run(pytester: pytest.Pytester) -> Any:
    """Run some tests in a process of their own, with further arguments."""

    def run(text: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(test_shop=text)
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", "-W", "error", *arguments)

    return run


# --- the line --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([entry("proof", states=1, decisions=1)], "orderfsm: 1 proof passed, 1 state, 1 decision"),
        ([entry("machine"), entry("machine")], "orderfsm: 2 machines passed"),
        (
            [entry("machine", stories=2), entry("proof", states=1000), entry("proof", states=345)],
            "orderfsm: 2 proofs passed, 1,345 states; 1 machine passed, 2 stories",
        ),
        ([entry("proof", passed=False)], "orderfsm: 1 proof failed"),
        ([entry("proof"), entry("proof", passed=False, states=3)], "orderfsm: 1 proof passed, 1 failed, 3 states"),
        ([entry("proof", passed=None, states=3)], "orderfsm: 1 proof undetermined, 3 states"),
        (
            [entry("proof", passed=None), entry("proof", passed=False), entry("proof", passed=False)],
            "orderfsm: 2 proofs failed, 1 undetermined",
        ),
        ([entry("sketch"), entry("proof")], "orderfsm: 1 proof passed; 1 sketch passed"),
    ],
)
def test_the_line_counts_by_kind(entries: list[dict[str, Any]], expected: str) -> None:
    """Proofs, then machines, then anything else; figures are added up."""
    assert expected == summary(entries)


def test_one_line_is_written(run: Any) -> None:
    """At the end of a run in which something was proved or played."""
    result = run(TESTS)
    result.assert_outcomes(passed=4)
    assert [LINE] == lines(result)


def test_workers_send_what_they_have(run: Any) -> None:
    """With pytest-xdist the controller writes the line, once."""
    result = run(TESTS, "-n", "2")
    result.assert_outcomes(passed=4)
    assert [LINE] == lines(result)


def test_a_failure_is_told(run: Any) -> None:
    """Beside what passed."""
    result = run("""
from orderfsm.testing.reports import record

def test_proofs():
    record("proof", "kept", True)
    record("proof", "broken", False)
    assert False
""")
    result.assert_outcomes(failed=1)
    assert ["orderfsm: 1 proof passed, 1 failed"] == lines(result)


def test_nothing_is_written_about_nothing(run: Any) -> None:
    """And a run that plays no order does not even import orderfsm."""
    result = run("""
import sys

def test_nothing():
    assert not [name for name in sys.modules if name.partition(".")[0] == "orderfsm"]
    assert "_orderfsm_pytestplugin" in sys.modules
""")
    result.assert_outcomes(passed=1)
    assert [] == lines(result)


def test_the_plugin_can_be_left_out(run: Any) -> None:
    """By its name, as every plugin; then there is neither line nor clock."""
    result = run(TESTS, "-p", "no:orderfsm")
    result.assert_outcomes(passed=3, errors=1)
    assert [] == lines(result)
    assert "fixture 'order_clock' not found" in result.stdout.str()


def test_an_order_machine_is_played_as_any_test(run: Any) -> None:
    """A host writes one line; the failing story can be read in the report."""
    result = run(
        """
from hypothesis import Phase, settings
from orderfsm import OrderMachine, Policy, Unplaced
from orderfsm.testing.observing import ObservedAnswer, Observation
from orderfsm.testing.playing import order_machine

settings.register_profile(
    "quick", max_examples=3, stateful_step_count=10, derandomize=True, database=None, phases=[Phase.generate]
)
settings.load_profile("quick")

class MyShop:
    def __init__(self):
        self.machine, self.order = OrderMachine(), Unplaced("shop-1")
    def create(self, place):
        self.send(place)
    def send(self, input):
        decision = self.machine.decide(self.order, input)
        self.order = decision.order
        return ObservedAnswer.of(decision)
    def observe(self):
        return Observation.of(self.order)

class Careless(MyShop):
    def observe(self):
        return Observation(quantities={})

TestMyShop = order_machine(MyShop, Policy(), effects=()).TestCase
TestCareless = order_machine(Careless, Policy()).TestCase
"""
    )
    result.assert_outcomes(passed=1, failed=1)
    (line,) = lines(result)
    assert line.startswith("orderfsm: 1 machine passed, 1 failed, ")
    result.stdout.fnmatch_lines(["*The backend differs from orderfsm after step 1: *", "*    observed  none"])


# --- the clock -------------------------------------------------------------------------------------------


def test_the_clock_is_a_fixture(order_clock: Clock) -> None:
    """It stands at Monday morning until the test lets it go on."""
    assert START == order_clock()


# --- the registry ----------------------------------------------------------------------------------------


def test_reports_are_kept_in_order() -> None:
    """Figures can be counted on after something was recorded."""
    with reports.set_aside() as mine:
        first = reports.record(reports.PROOF, "money", True, {"states": 1})
        second = reports.record("sketch", "another", False)
        first.figures["states"] += 1
        assert (first, second) == reports.recorded()
    assert [first, second] == mine
    assert {"states": 2} == first.figures
    assert ("sketch", "another", False, {}) == (second.kind, second.name, second.passed, second.figures)


def test_what_is_set_aside_is_no_result() -> None:
    """What was recorded before is there again afterwards, whatever happened."""
    with reports.set_aside():
        kept = reports.record(reports.PROOF, "mine", True)
        with pytest.raises(ZeroDivisionError), reports.set_aside():
            reports.record(reports.PROOF, "not mine", False)
            raise ZeroDivisionError
        assert (kept,) == reports.recorded()
