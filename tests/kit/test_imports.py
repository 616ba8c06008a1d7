"""What is imported when: a host's start-up, and a host's tests, pay for nothing that they do not use."""

import subprocess
import sys
from importlib.metadata import entry_points
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import _orderfsm_hypothesis
from orderfsm import (
    Accepted,
    Actor,
    Anomalous,
    Command,
    Decision,
    Duplicate,
    Fact,
    Input,
    Item,
    Lost,
    Money,
    Order,
    Place,
    Policy,
    Refused,
    ReturnSchedule,
    Unplaced,
)
from orderfsm.inputs import GoodsFact
from orderfsm.testing import resolving


def fresh_python(code: str) -> str:
    """What a new interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr
    return done.stdout.strip()


LOADED = "print(*sorted({name.partition('.')[0] for name in sys.modules} & {'orderfsm', 'hypothesis', 'pytest'}))"


@pytest.mark.parametrize(
    ("imported", "loaded"),
    [
        ("orderfsm", "orderfsm"),
        ("orderfsm.testing", "orderfsm"),
        ("orderfsm.testing.clock, orderfsm.testing.reports, orderfsm.testing.observing", "orderfsm"),
        ("orderfsm.testing.store_contract", "orderfsm"),
        ("_orderfsm_pytestplugin", "pytest"),
        ("_orderfsm_hypothesis", ""),
        ("hypothesis", "hypothesis"),
    ],
)
def test_what_comes_along(imported: str, loaded: str) -> None:
    """The core without the tools of tests, the tools of tests without the core."""
    assert loaded == fresh_python(f"import sys, {imported}; {LOADED}")


WITHOUT = "import sys; sys.modules['hypothesis'] = None"


def test_without_hypothesis_it_is_said_what_to_install() -> None:
    """The kit itself can be imported; what rests on Hypothesis says so."""
    modules = ["strategies", "openings", "playing", "turns", "drawing", "resolving"]
    code = f"""{WITHOUT}
import orderfsm.testing, orderfsm.testing.clock, orderfsm.testing.reports
from importlib import import_module
for name in {modules}:
    try:
        import_module(f"orderfsm.testing.{{name}}")
    except ImportError as fault:
        print(fault)
"""
    complaints = fresh_python(code).splitlines()
    assert len(modules) == len(complaints)
    assert all(complaint.endswith("needs Hypothesis: pip install 'orderfsm[testing]'") for complaint in complaints)


# --- the hook of Hypothesis ------------------------------------------------------------------------------

TYPES = (
    Order, Unplaced, Policy, ReturnSchedule, Actor, Money, Item,
    Decision, Accepted, Refused, Duplicate, Anomalous, Input, Command, Fact, GoodsFact, Place, Lost,
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _registered() -> None:
    """As Hypothesis does when it is imported; also where orderfsm is on the path without being installed."""
    _orderfsm_hypothesis.register_strategies()


def test_the_entry_points_are_declared() -> None:
    """Hypothesis and pytest find the hook and the plugin by them."""
    (hook,) = (point for point in entry_points(group="hypothesis") if point.name == "orderfsm")
    (plugin,) = (point for point in entry_points(group="pytest11") if point.name == "orderfsm")
    assert _orderfsm_hypothesis.register_strategies is hook.load()
    assert "_orderfsm_pytestplugin" == plugin.value


@pytest.mark.parametrize("thing", TYPES)
def test_types_have_strategies(thing: Any) -> None:
    """``st.from_type`` gives values that make sense."""

    @settings(max_examples=5, derandomize=True, database=None, deadline=None)
    @given(st.from_type(thing))
    def check(value: object) -> None:
        assert isinstance(value, thing)

    check()


def test_types_are_inferred_from_annotations() -> None:
    """For ``st.builds`` and ``@given(...)`` alike, in unions too."""

    def shown(order: Order, by: Actor | None) -> str:
        return f"{order.id} {by}"

    @settings(max_examples=5, derandomize=True, database=None, deadline=None)
    @given(st.builds(shown))
    def check(text: str) -> None:
        assert text.startswith("1001 ")

    check()


def test_other_types_are_left_to_hypothesis() -> None:
    """Ours that need no strategy, and everybody else's."""
    assert None is _orderfsm_hypothesis.strategy_for(int)
    assert None is _orderfsm_hypothesis.strategy_for(object())
    assert None is resolving.strategy_for(list[int])


def test_a_users_own_strategy_comes_first() -> None:
    """Whoever registers one for a type of ours gets it."""
    code = """
import hypothesis.strategies as st
from orderfsm import Policy
st.register_type_strategy(Policy, st.just(Policy.marketplace()))
print(st.from_type(Policy))
"""
    assert fresh_python(code).startswith("just(Policy(")


def test_a_hypothesis_without_its_table_gets_everything_at_once() -> None:
    """The table by which strategies are found lazily is none of its public interface."""
    code = """
import hypothesis.strategies as st
from hypothesis.strategies._internal import types
types._global_extra_lookup.pop("orderfsm", None)
kept, types._global_extra_lookup = types._global_extra_lookup, None
import _orderfsm_hypothesis
_orderfsm_hypothesis.register_strategies()
types._global_extra_lookup = kept
from orderfsm import Order, Policy, Lost
print(st.from_type(Order), st.from_type(Policy), st.from_type(Lost))
"""
    assert "orders() policies() inputs(kinds=[orderfsm.facts.Lost])" == fresh_python(code)
