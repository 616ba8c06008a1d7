"""What is compared of a backend, and what is tolerated."""

from decimal import Decimal
from typing import Any

import pytest

from orderfsm import InvalidInput, Order, Policy, RequestCancellation, SendRefund, State
from orderfsm.testing.observing import (
    Difference,
    Observation,
    ObservedAnswer,
    ObservedRefund,
    Told,
    Tolerance,
    compare_answers,
    compare_orders,
)
from tests.policy.story import Story, effects, item, paid

EXACT = Tolerance()


@pytest.fixture
def story() -> Story:
    """Two of A, of which one was cancelled by a shop that needs no approval."""
    story = paid(item("A", "12.00", 2), item("B"), policy=Policy.marketplace())
    story.send(RequestCancellation(lines={"A": 1}), 1)
    return story


def parts(found: list[Difference]) -> list[str]:
    """The parts that differ."""
    return [difference.part for difference in found]


def differ(story: Story, tolerance: Tolerance = EXACT, **seen: Any) -> list[Difference]:
    """Where the order and the effects of its last decision differ from what is seen."""
    return compare_orders(story.order, story.decisions[-1].effects, Observation(**seen), tolerance)


# --- answers ---------------------------------------------------------------------------------------------


def test_the_same_answer_is_no_difference(story: Story) -> None:
    """A backend that is built on orderfsm shows its decisions as they are."""
    refused = story.ask(RequestCancellation(lines=["A", "unknown"]), 2)
    assert [] == compare_answers(refused, ObservedAnswer.of(refused), None)


def test_an_outcome_and_codes_can_differ(story: Story) -> None:
    """Both are told, each with what was expected."""
    refused = story.ask(RequestCancellation(lines=["unknown"]), 2)
    found = compare_answers(refused, ObservedAnswer(outcome="accepted", codes=()), None)
    assert [Difference("outcome", "refused", "accepted"), Difference("codes", "unknown_line", "none")] == found


@pytest.mark.parametrize("seen", [None, ObservedAnswer(), ObservedAnswer(outcome="refused")])
def test_what_is_not_seen_of_an_answer_is_not_compared(story: Story, seen: ObservedAnswer | None) -> None:
    """None leaves a part out, or all of it."""
    assert [] == compare_answers(story.ask(RequestCancellation(lines=["unknown"]), 2), seen, None)


def test_codes_are_a_set(story: Story) -> None:
    """Neither their order nor how often they are given matters."""
    refused = story.ask(RequestCancellation(lines=["unknown", "other"]), 2)
    assert [] == compare_answers(refused, ObservedAnswer(codes=["unknown_line"]), None)


def test_5_11_a_repeated_input_may_get_its_first_answer_again(story: Story) -> None:
    """A backend that keeps its answers gives them again; any other outcome differs."""
    story.send(RequestCancellation(lines=["B"]), 2, id="k1")
    duplicate = story.ask(RequestCancellation(lines=["B"]), 2, id="k1")
    assert "duplicate" == duplicate.outcome
    assert [] == compare_answers(duplicate, ObservedAnswer(outcome="accepted", codes=()), "accepted")
    assert ["outcome"] == parts(compare_answers(duplicate, ObservedAnswer(outcome="refused"), "accepted"))


# --- orders ----------------------------------------------------------------------------------------------


def test_the_same_order_is_no_difference(story: Story) -> None:
    """What a backend that is built on orderfsm shows is what is expected."""
    seen = Observation.of(story.order, story.decisions[-1].effects)
    assert [] == compare_orders(story.order, story.decisions[-1].effects, seen, EXACT)


def test_what_is_not_seen_of_an_order_is_not_compared(story: Story) -> None:
    """None leaves a part out."""
    assert [] == differ(story)


@pytest.mark.parametrize(
    ("quantities", "expected"),
    [
        ({"A": {"cancelled": 1, "unshipped": 1}, "B": {"unshipped": 1}}, []),
        ({"A": {State.CANCELLED: 1, State.UNSHIPPED: 1, "shipped": 0}, "B": {"unshipped": 1}}, []),
        ({"A": {"cancelled": 2}, "B": {"unshipped": 1}}, ["quantities of A"]),
        ({"A": {"cancelled": 1, "unshipped": 1}}, ["quantities of B"]),
        (
            {"A": {"cancelled": 1, "unshipped": 1}, "B": {"unshipped": 1}, "C": {"unshipped": 1}},
            ["quantities of C"],
        ),
    ],
)
def test_quantities_are_compared_line_by_line(story: Story, quantities: Any, expected: list[str]) -> None:
    """Zeros mean nothing; a line that is missing, or too many, differs."""
    assert expected == parts(differ(story, quantities=quantities))


def test_states_that_a_backend_does_not_tell_apart_are_counted_together(story: Story) -> None:
    """The host says by which words of its own."""
    words = Tolerance(states={"cancelled": "off", "unshipped": "on", "preparing": "on"})
    assert [] == differ(story, words, quantities={"A": {"off": 1, "on": 1}, "B": {"on": 1}})
    assert ["quantities of B"] == parts(differ(story, words, quantities={"A": {"off": 1, "on": 1}, "B": {"off": 1}}))


@pytest.mark.parametrize("amount", ["6.00", "6", Decimal("6.0"), 6])
def test_refunds_are_compared_in_what_is_given(story: Story, amount: Any) -> None:
    """An amount is a number, however it is written; states, payments and instruments where they are known."""
    assert [] == differ(story, refunds=[ObservedRefund(amount=amount)])
    assert [] == differ(story, refunds=[ObservedRefund(amount=amount, state="due", instrument="card:1")])
    assert ["refunds"] == parts(differ(story, refunds=[ObservedRefund(amount=amount, state="sent")]))


def test_refunds_are_counted(story: Story) -> None:
    """One that is missing, or there twice, differs; and it is told which there are."""
    once = ObservedRefund(amount="6.00", state="due")
    assert [Difference("refunds", "6 due", "none")] == differ(story, refunds=[])
    assert [Difference("refunds", "6 due", "6 due; 6 due")] == differ(story, refunds=[once, once])


def test_a_refunds_amount_is_an_amount() -> None:
    """What is no decimal amount is a fault of the driver."""
    wrong: Any = 6.0
    with pytest.raises(InvalidInput):
        ObservedRefund(amount=wrong)


# --- effects ---------------------------------------------------------------------------------------------

TOLD: list[Told] = [
    "send_refund",
    {"effect": "tell_warehouse", "instruction": "stop", "lines": {"A": 1}},
    {"effect": "release_stock"},
    {"effect": "notify", "topic": "cancelled", "channel": "screen"},
    {"effect": "notify", "topic": "cancelled", "channel": "message_center", "lines": {"A": 1}},
]


def test_effects_are_compared_in_what_is_given(story: Story) -> None:
    """By name alone, with some fields as in the order log, or as they are; in any order."""
    assert [] == differ(story, effects=TOLD)
    assert [] == differ(story, effects=TOLD[::-1])
    assert [] == differ(story, effects=[*effects(story.decisions[-1], SendRefund), *TOLD[1:]])


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (TOLD[1:], "effects send_refund"),
        ([*TOLD, "send_refund"], "effects send_refund"),
        ([*TOLD, "escalate"], "effects escalate"),
        ([*TOLD[:3], *[TOLD[3]] * 2], "effects notify"),
    ],
)
def test_effects_are_counted(story: Story, told: list[Told], expected: str) -> None:
    """One that is missing, too many, or to another channel differs."""
    assert [expected] == parts(differ(story, effects=told))


def test_effects_that_a_backend_does_not_have_are_left_out(story: Story) -> None:
    """The host names those that it has."""
    some = Tolerance(effects=frozenset({"send_refund"}))
    assert [] == differ(story, some, effects=["send_refund"])
    assert ["effects send_refund"] == parts(differ(story, some, effects=["tell_warehouse"]))


def test_ids_of_effects_are_the_hosts_own(story: Story) -> None:
    """They begin with the order's id, which a backend gives."""
    assert [] == differ(story, effects=[{"effect": "send_refund", "id": "mine", "refund": "r1"}, *TOLD[1:]])


def test_an_order_stays_as_it_is(story: Story) -> None:
    """Comparing reads only."""
    before: Order = story.order
    differ(story, quantities={}, refunds=[], effects=[])
    assert before == story.order
