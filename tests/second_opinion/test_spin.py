"""The policy's core, written a second time in Promela and searched by Spin, agrees with the machine that is shipped.

Without Spin the machine is still compared with what Spin gave.
"""

from functools import cache
from hashlib import sha256

import pytest
from attrs import frozen

from orderfsm.order import Order
from orderfsm.testing.exploring import Exploration
from tests.second_opinion import spin
from tests.second_opinion.exploration import Course, Said, goods
from tests.second_opinion.spin import Edge, Scope


@frozen
class Given:
    """What Spin gave for a scope: how many orders and transitions, and a digest of the transitions themselves."""

    states: int
    transitions: int
    digest: str


ONE = Scope("one line", (0,))
TWO = Scope("two loose lines", (0, 0))
PAIR = Scope("a bundle of two", (1, 1))
PAIR_AND_ONE = Scope("a bundle of two and a loose line", (1, 1, 0))
TRIPLE = Scope("a bundle of three", (1, 1, 1))
TWO_PAIRS = Scope("two bundles of two", (1, 1, 2, 2))
QUADRUPLE = Scope("a bundle of four", (1, 1, 1, 1))

GIVEN = {
    ONE: Given(9, 23, "044552f5f921932e"),
    TWO: Given(51, 292, "732d66f72b961d65"),
    PAIR: Given(29, 152, "c9f4f84794e338f4"),
    PAIR_AND_ONE: Given(191, 1595, "a2a79db2c6b89e45"),
    TRIPLE: Given(99, 823, "c7f3c49bb3d4153f"),
    TWO_PAIRS: Given(731, 7958, "d6d07c8cd84d55f2"),
    QUADRUPLE: Given(353, 4070, "62ef2ce82307dac4"),
}
"""By Spin 6.5.2, never by the machine: a change is either a change of the policy, made in the model too, or a fault."""

STATES = {
    "unpaid", "closed", "cancelled", "shipped",
    "unshipped", "unshipped.cancel_requested", "unshipped.cancel_confirming",
    "preparing", "preparing.cancel_requested",
    "preparing.cancel_confirming open", "preparing.cancel_confirming confirmed",
}  # fmt: skip
INPUTS = {
    "payment_captured", "payment_window_closed", "preparation_started", "preparation_presumed", "dispatched",
    "request_cancellation", "withdraw_cancellation", "approve_cancellation", "decline_cancellation",
    "stop_confirmed", "stop_denied",
}  # fmt: skip

FAULTS = {
    "payment reopens a closed order": (
        "ORDER, SOME(is_unpaid),    go_to(unshipped)",
        "ORDER, SOME(is_unpaid) || where[0] == closed, go_to(unshipped)",
        "closed_is_terminal",
    ),
    "dispatched goods can be cancelled": (
        "(where[i] == unshipped || where[i] == preparing)",
        "(where[i] == unshipped || where[i] == preparing || where[i] == shipped)",
        "dispatched_is_not_cancelled",
    ),
    "what is released goes back to the shelf": (
        ":: together(line, j) && phase[j] != none ->",
        ":: together(line, j) && phase[j] != none -> where[j] = unshipped;",
        "preparation_is_not_undone",
    ),
    "approval needs no request": (
        "phase[line] == requested,                   approve(line)",
        "undispatched(line), approve(line)",
        "cancelled_only_on_request",
    ),
    "one yes is enough for a bundle": (
        ":: !waiting && together(line, j)",
        ":: together(line, j)",
        "cancelled_only_with_own_yes",
    ),
    "a no holds for one line of a bundle only": (
        ":: together(line, j) && phase[j] != none ->",
        ":: line == j && phase[j] != none ->",
        "bundles_are_cancelled_as_one",
    ),
}
"""What is changed in the model's text, into what, and which claim has to notice."""

in_every_scope = pytest.mark.parametrize("scope", GIVEN, ids=lambda scope: scope.name.replace(" ", "-"))
needs_spin = pytest.mark.skipif(
    bool(spin.missing()),
    reason=f"{' and '.join(spin.missing())} not installed: the machine is compared with pinned counts of Spin only",
)


@cache
def explored(scope: Scope) -> tuple[Exploration[Order, Said], frozenset[Edge]]:
    """What the shipped machine does in a scope."""
    course = Course(scope)
    return course.explore(), frozenset(course.edges)


def digest(edges: frozenset[Edge]) -> str:
    """The same for equal sets of edges, and practically for no others."""
    lines = [f"{' + '.join(edge.before)} | {edge.input} {edge.line} | {' + '.join(edge.after)}" for edge in edges]
    return sha256("\n".join(sorted(lines)).encode()).hexdigest()[:16]


@in_every_scope
def test_the_machine_agrees_with_what_spin_gave(scope: Scope) -> None:
    """The shipped machine has as many orders and transitions as Spin found, and the very same ones."""
    found, edges = explored(scope)
    given = GIVEN[scope]
    assert (given.states, given.transitions) == (len(found.states), found.transitions)
    assert given.digest == digest(edges)


@needs_spin
@in_every_scope
def test_spin_agrees_with_the_machine(scope: Scope) -> None:
    """Spin finds no broken assertion, the pinned counts, and edge by edge what the shipped machine does."""
    found = spin.count(scope)
    _, edges = explored(scope)
    assert 0 == found.errors
    assert GIVEN[scope] == Given(found.states, found.transitions, digest(found.edges))
    assert found.transitions == len(found.edges)
    assert [] == sorted(found.edges - edges)
    assert [] == sorted(edges - found.edges)


@needs_spin
@in_every_scope
def test_every_claim_of_the_model_holds(scope: Scope) -> None:
    """What the policy promises for every course of events holds in the model."""
    assert dict.fromkeys(spin.claims(), 0) == spin.check(scope, spin.claims())


@needs_spin
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_model_is_noticed(fault: str) -> None:
    """The assertions and the claims are not idle: each is broken by a fault of its kind."""
    old, new, claim = FAULTS[fault]
    text = spin.MODEL.read_text(encoding="utf-8")
    assert 1 == text.count(old)
    faulty = text.replace(old, new)
    assert 1 == spin.count(PAIR, faulty).errors
    assert {claim: 1} == spin.check(PAIR, [claim], faulty)


@needs_spin
def test_every_claim_has_a_fault_that_it_notices() -> None:
    """No claim of the model goes untried."""
    assert {claim for _, _, claim in FAULTS.values()} == set(spin.claims())


def test_nothing_of_the_core_is_missing() -> None:
    """Every state and every input of the core happens in a bundle of two, so that agreement means something."""
    _, edges = explored(PAIR)
    assert STATES == {word for edge in edges for word in (*edge.before, *edge.after)}
    assert INPUTS == {edge.input for edge in edges}


@pytest.mark.parametrize("scope", [ONE, PAIR, TRIPLE], ids=lambda scope: scope.name.replace(" ", "-"))
def test_what_is_compared_tells_all_that_matters(scope: Scope) -> None:
    """Orders with equal keys go on alike, whatever happened before: the counts do not hang on who came first."""
    course = Course(scope)
    course.explore()
    histories = [order for orders in course.met.values() for order in orders]
    expected = frozenset(course.edges)
    for order in histories:
        for said in course.inputs(order):
            course.step(order, said)
    assert expected == course.edges
    for order in histories:
        going_on = {
            (said.name, said.line)
            for said in course.inputs(order)
            if goods(course.step(order, said)[0]) != goods(order)
        }
        assert {(edge.input, edge.line) for edge in expected if edge.before == goods(order)} == going_on
