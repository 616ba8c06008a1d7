"""The contracts of money on large numbers, tried by Hypothesis: the same functions that CrossHair reads."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.proof import contracts
from tests.proof.contracts import CONTRACTS, allocate_keeps_its_contract, largest_remainder_keeps_its_contract

Numbers = st.SearchStrategy[tuple[int, ...]]

AMOUNTS = st.one_of(st.integers(0, 10), st.integers(0, 10**12))
POSITIVE = st.one_of(st.integers(1, 10), st.integers(1, 10**12))


def up_to(most: int) -> st.SearchStrategy[int]:
    """From zero to `most`, both as likely as anything between."""
    return st.one_of(st.just(0), st.just(most), st.integers(0, most))


@st.composite
def fractions(draw: st.DrawFn) -> tuple[int, ...]:
    """An amount and a fraction of at most one."""
    under = draw(st.integers(1, 1000))
    return draw(AMOUNTS), draw(up_to(under)), under


@st.composite
def units(draw: st.DrawFn) -> tuple[int, ...]:
    """A total, a quantity, and how many of them are taken, but not all."""
    quantity = draw(st.integers(1, 1000))
    return draw(AMOUNTS), quantity, draw(up_to(quantity - 1))


@st.composite
def steps(draw: st.DrawFn) -> tuple[int, ...]:
    """A total, a small quantity, and how many units are taken first and then."""
    quantity = draw(st.integers(1, 4))
    first = draw(up_to(quantity - 1))
    return draw(AMOUNTS), quantity, first, draw(up_to(quantity - first))


@st.composite
def totals(draw: st.DrawFn, parts: int) -> tuple[int, ...]:
    """A total of less than the weights together, of as much, or of more."""
    weights = [draw(POSITIVE) for _ in range(parts)]
    return draw(st.one_of(up_to(sum(weights)), AMOUNTS)), *weights


@st.composite
def within(draw: st.DrawFn) -> tuple[int, ...]:
    """A total of no more than two weights together."""
    a, b = draw(AMOUNTS), draw(AMOUNTS)
    return draw(up_to(a + b)), a, b


@st.composite
def tills(draw: st.DrawFn) -> tuple[int, ...]:
    """What two payments captured, what one gave back, and what both can still give back."""
    one, two = draw(AMOUNTS), draw(AMOUNTS)
    back = draw(up_to(one))
    return draw(up_to(one + two - back)), one, two, back


@st.composite
def one_till(draw: st.DrawFn) -> tuple[int, ...]:
    """An amount, what the payment captured, and what it gave back."""
    captured = draw(AMOUNTS)
    return draw(AMOUNTS), captured, draw(up_to(captured))


@st.composite
def terms(draw: st.DrawFn) -> tuple[int, ...]:
    """What goods cost, the terms that were agreed, and a deduction."""
    amount = draw(AMOUNTS)
    return amount, draw(up_to(amount)), draw(AMOUNTS)


def some(*numbers: st.SearchStrategy[int]) -> Numbers:
    """Numbers that have nothing to do with each other."""
    return st.tuples(*numbers)


SMALL = st.integers(0, 2)

DRAWN: dict[Callable[..., None], Numbers] = {
    contracts.half_up_is_the_nearest: fractions(),
    contracts.units_cost_the_same_to_within_one: units(),
    contracts.all_units_cost_the_total: some(AMOUNTS, st.integers(1, 1000)),
    contracts.units_taken_in_steps_cost_the_same: steps(),
    contracts.largest_remainder_over_two: totals(2),
    contracts.largest_remainder_over_three: totals(3),
    contracts.one_part_is_all: some(AMOUNTS, AMOUNTS, AMOUNTS),
    contracts.allocate_over_two: some(AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS),
    contracts.allocate_within_the_weights: within(),
    contracts.allocate_over_three: some(AMOUNTS, st.integers(0, 1), st.integers(0, 1), SMALL),
    contracts.all_of_the_weights_gives_each_its_own: some(*[st.integers(0, 3)] * 3),
    contracts.a_refund_to_one_payment: one_till(),
    contracts.a_refund_to_two_payments: tills(),
    contracts.a_late_line_gives_half: some(AMOUNTS),
    contracts.two_late_lines_are_rounded_apart: some(AMOUNTS, AMOUNTS),
    contracts.two_lots_of_a_late_line_are_rounded_once: some(SMALL, SMALL),
    contracts.a_deduction_from_one_line: some(AMOUNTS, AMOUNTS),
    contracts.a_deduction_from_two_lines: some(SMALL, st.integers(0, 1), AMOUNTS),
    contracts.agreed_terms_are_never_deducted_from: terms(),
}


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.__name__)
@given(data=st.data())
def test_a_contract_holds_for_whatever_numbers_it_is_promised(
    contract: Callable[..., None], data: st.DataObject
) -> None:
    """No number within the contract's own bounds breaks it."""
    contract(*data.draw(DRAWN[contract]))


@given(AMOUNTS, st.lists(POSITIVE, min_size=1, max_size=6))
def test_any_number_of_parts_keeps_the_contract_of_sharing_out(total: int, weights: list[int]) -> None:
    """What is confirmed for two and three parts holds for more, and for large weights."""
    largest_remainder_keeps_its_contract(total, weights)


@given(AMOUNTS, st.lists(st.tuples(AMOUNTS, AMOUNTS), min_size=1, max_size=6))
def test_any_number_of_capped_parts_keeps_the_contract_of_allocating(total: int, parts: list[tuple[int, int]]) -> None:
    """However weights and caps disagree, the parts give the total or the caps, and none exceeds its own."""
    allocate_keeps_its_contract(total, [weight for weight, _ in parts], [cap for _, cap in parts])


def test_a_contract_that_is_broken_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A remainder that goes to the wrong part, or to none, breaks the contract of sharing out."""
    monkeypatch.setattr(contracts, "_largest_remainder", lambda total, weights: [total, *[0] * (len(weights) - 1)])
    with pytest.raises(AssertionError):
        largest_remainder_keeps_its_contract(10, [1, 1])
    with pytest.raises(AssertionError):
        contracts.largest_remainder_over_two(2, 1, 1)
