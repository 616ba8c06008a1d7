"""Money: minor units, ISO 4217 exponents, and how an amount is shared out exactly (policy 5.8, 5.9, 7)."""

import math
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderfsm.errors import InvalidInput
from orderfsm.money import (
    Money,
    allocate,
    decimal_amount,
    decimal_string,
    exponent,
    first_units,
    half_up,
    minor_units,
)

AMOUNTS = st.integers(min_value=0, max_value=10**12)
QUANTITIES = st.integers(min_value=1, max_value=1000)

# --- currencies and their places -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("currency", "places"),
    [("EUR", 2), ("USD", 2), ("BRL", 2), ("CNY", 2), ("JPY", 0), ("KRW", 0), ("KWD", 3), ("BHD", 3), ("TND", 3)],
)
def test_an_exponent_is_that_of_iso_4217(currency: str, places: int) -> None:
    """Every currency has the decimal places of ISO 4217."""
    assert places == exponent(currency)


@pytest.mark.parametrize("currency", ["", "EURO", "eur", "ZZZ", "E", "€"])
def test_an_unknown_currency_is_rejected(currency: str) -> None:
    """A code that ISO 4217 does not list is invalid."""
    with pytest.raises(InvalidInput) as fault:
        exponent(currency)
    assert "currency" == fault.value.field


@pytest.mark.parametrize("code", ["XAU", "XXX", "XTS"])
def test_a_code_without_minor_units_is_rejected(code: str) -> None:
    """Gold and test codes have no minor units, so nothing can be paid in them."""
    with pytest.raises(InvalidInput):
        exponent(code)


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("12.00", "EUR", 1200),
        ("12", "EUR", 1200),
        ("0.01", "EUR", 1),
        ("0", "EUR", 0),
        ("1200", "JPY", 1200),
        ("1.234", "KWD", 1234),
        ("0.001", "KWD", 1),
        ("999999999999999.99", "EUR", 99999999999999999),
    ],
)
def test_an_amount_becomes_whole_minor_units(amount: str, currency: str, minor: int) -> None:
    """An amount is exact in the currency's minor units."""
    assert minor == minor_units(Decimal(amount), currency)


@pytest.mark.parametrize(
    ("amount", "currency"), [("0.001", "EUR"), ("1.5", "JPY"), ("0.1", "JPY"), ("1.0001", "KWD"), ("12.005", "BRL")]
)
def test_an_amount_with_too_many_places_is_none(amount: str, currency: str) -> None:
    """An amount finer than the currency has no minor units."""
    assert minor_units(Decimal(amount), currency) is None


@pytest.mark.parametrize(("amount", "currency"), [("12.000", "EUR"), ("5.0", "JPY"), ("1.0000", "KWD")])
def test_a_zero_is_a_place_like_any_other(amount: str, currency: str) -> None:
    """An amount is written with no more places than the currency has, zeros too (policy 7)."""
    assert minor_units(Decimal(amount), currency) is None


@pytest.mark.parametrize("amount", ["0.001", "1.999"])
def test_money_with_too_many_places_is_rejected(amount: str) -> None:
    """Money cannot be finer than its currency."""
    with pytest.raises(InvalidInput):
        Money.of(amount, "EUR")


@pytest.mark.parametrize("value", [1.0, 0.0, float("nan"), True, None, b"1", ["1"]])
def test_an_amount_is_no_float_and_no_flag(value: object) -> None:
    """Only decimal strings, whole numbers and Decimals are amounts."""
    with pytest.raises(InvalidInput) as fault:
        decimal_amount("amount", value)
    assert "amount" == fault.value.field


@pytest.mark.parametrize("value", ["NaN", "sNaN", "Infinity", "-Infinity", "-1", "-0.01", "", "abc", "1,00", "1e15"])
def test_an_amount_is_finite_and_not_negative(value: str) -> None:
    """Not-a-number, infinities, negative and absurdly large amounts are invalid."""
    with pytest.raises(InvalidInput):
        decimal_amount("amount", value)


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(0, "EUR", "0.00"), (1, "EUR", "0.01"), (1200, "EUR", "12.00"), (5, "JPY", "5"), (1, "KWD", "0.001")],
)
def test_an_amount_is_written_with_all_places_of_its_currency(minor: int, currency: str, text: str) -> None:
    """A decimal string has exactly the places of the currency."""
    assert text == decimal_string(minor, currency)
    assert text == Money(minor, currency).amount


def test_money_names_its_currency() -> None:
    """Money is shown with amount and currency."""
    assert "12.00 EUR" == str(Money.of("12", "EUR"))


@given(AMOUNTS, st.sampled_from(["EUR", "JPY", "KWD"]))
def test_writing_and_reading_money_changes_nothing(minor: int, currency: str) -> None:
    """What is written as a decimal string is read back exactly."""
    assert Money(minor, currency) == Money.of(decimal_string(minor, currency), currency)


# --- sharing out by largest remainder --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [
        (0, [1, 2], [0, 0]),
        (100, [1], [100]),
        (100, [1, 1], [50, 50]),
        (1000, [1, 1, 1], [334, 333, 333]),
        (100, [1, 2], [33, 67]),
        (10, [3, 3, 4], [3, 3, 4]),
        (1, [0, 1], [0, 1]),
        (7, [2, 0, 2], [4, 0, 3]),
        (8189, [5000, 3189], [5000, 3189]),
    ],
)
def test_allocate_gives_the_largest_remainders_the_rest(total: int, weights: list[int], shares: list[int]) -> None:
    """What whole shares leave over goes to the largest remainders, the earlier first."""
    assert shares == allocate(total, weights)


def test_allocate_never_exceeds_a_cap() -> None:
    """What one cap turns away goes to the others."""
    assert [10, 90] == allocate(100, [50, 50], [10, 100])


def test_allocate_gives_no_more_than_all_caps() -> None:
    """Where the caps allow less than the total, they are given in full."""
    assert [10, 20] == allocate(100, [1, 1], [10, 20])


def test_allocate_serves_an_empty_cap_nothing() -> None:
    """A part that has nothing left gets nothing."""
    assert [0, 7] == allocate(7, [100, 1], [0, 50])


def test_allocate_without_parts_gives_nothing() -> None:
    """Nothing can be shared out over no parts."""
    assert [] == allocate(100, [])


@st.composite
def shareable(draw: st.DrawFn) -> tuple[int, list[int]]:
    """A total and weights of which at least one is positive."""
    weights = draw(st.lists(AMOUNTS, min_size=1, max_size=8).filter(any))
    return draw(AMOUNTS), weights


@given(shareable())
def test_shares_give_exactly_the_total(case: tuple[int, list[int]]) -> None:
    """Nothing is lost or made by sharing out."""
    total, weights = case
    assert total == sum(allocate(total, weights))


@given(shareable())
def test_each_share_is_within_one_minor_unit_of_its_part(case: tuple[int, list[int]]) -> None:
    """A share is the exact part rounded down or up, never further away (quota)."""
    total, weights = case
    for share, weight in zip(allocate(total, weights), weights, strict=True):
        exact = Fraction(total * weight, sum(weights))
        assert math.floor(exact) <= share <= math.ceil(exact)


@given(shareable())
def test_who_is_rounded_up_has_the_larger_remainder(case: tuple[int, list[int]]) -> None:
    """No part that was rounded down has a larger remainder than one that was rounded up."""
    total, weights = case
    whole = sum(weights)
    up: list[int] = []
    down: list[int] = []
    for share, weight in zip(allocate(total, weights), weights, strict=True):
        quotient, remainder = divmod(total * weight, whole)
        (up if share > quotient else down).append(remainder)
    if up and down:
        assert max(down) <= min(up)


@given(shareable())
def test_the_weightless_get_nothing_while_others_have_room(case: tuple[int, list[int]]) -> None:
    """A part of weight zero is given nothing as long as somebody else can take it."""
    total, weights = case
    assert all(share == 0 for share, weight in zip(allocate(total, weights), weights, strict=True) if not weight)


@given(st.lists(st.tuples(AMOUNTS, AMOUNTS), min_size=1, max_size=8), AMOUNTS)
def test_capped_shares_give_the_total_or_all_caps(parts: list[tuple[int, int]], total: int) -> None:
    """Shares under caps give the total, or all that the caps allow."""
    weights, caps = [w for w, _ in parts], [c for _, c in parts]
    shares = allocate(total, weights, caps)
    assert min(total, sum(caps)) == sum(shares)
    assert all(0 <= share <= cap for share, cap in zip(shares, caps, strict=True))


@given(shareable())
def test_caps_that_do_not_bind_change_nothing(case: tuple[int, list[int]]) -> None:
    """A cap above the share leaves the share as it is."""
    total, weights = case
    shares = allocate(total, weights)
    assert shares == allocate(total, weights, [share + 1 for share in shares])
    assert shares == allocate(total, weights, shares)


# --- a line's amount over its units ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("total", "quantity", "prices"),
    [
        (1000, 3, [334, 333, 333]),
        (1200, 2, [600, 600]),
        (1, 3, [1, 0, 0]),
        (0, 4, [0, 0, 0, 0]),
        (5, 4, [2, 1, 1, 1]),
        (7, 1, [7]),
    ],
)
def test_a_line_amount_is_split_over_units_by_largest_remainder(total: int, quantity: int, prices: list[int]) -> None:
    """The units' prices differ by at most one minor unit and give exactly what was paid (policy 5.8)."""
    taken = [first_units(total, quantity, n) for n in range(quantity + 1)]
    assert prices == [after - before for before, after in pairwise(taken)]


@given(AMOUNTS, QUANTITIES)
def test_all_units_together_give_exactly_what_was_paid(total: int, quantity: int) -> None:
    """No unit split loses or makes money."""
    assert total == first_units(total, quantity, quantity)
    assert first_units(total, quantity, 0) == 0


@given(AMOUNTS, QUANTITIES, st.data())
def test_taking_units_in_steps_changes_no_price(total: int, quantity: int, data: st.DataObject) -> None:
    """Whether units are taken at once or one after the other, they cost the same together."""
    first = data.draw(st.integers(0, quantity - 1))
    then = data.draw(st.integers(0, quantity - first))
    paid_first = first_units(total, quantity, first)
    paid_then = first_units(total - paid_first, quantity - first, then)
    assert first_units(total, quantity, first + then) == paid_first + paid_then


@given(AMOUNTS, QUANTITIES)
def test_units_cost_the_same_to_within_one_minor_unit(total: int, quantity: int) -> None:
    """The dearest and the cheapest unit of a line differ by at most one minor unit."""
    prices = {first_units(total, quantity, n + 1) - first_units(total, quantity, n) for n in range(quantity)}
    assert max(prices) - min(prices) <= 1


@given(AMOUNTS, QUANTITIES, st.data())
def test_units_are_those_that_allocate_gives(total: int, quantity: int, data: st.DataObject) -> None:
    """Taking the first units agrees with sharing the amount out evenly."""
    taken = data.draw(st.integers(0, quantity))
    assert sum(allocate(total, [1] * quantity)[:taken]) == first_units(total, quantity, taken)


# --- rounding --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "half"), [(0, 0), (1, 1), (2, 1), (3, 2), (999, 500), (1000, 500), (1001, 501), (1, 1)]
)
def test_half_an_amount_is_rounded_half_up(amount: int, half: int) -> None:
    """Half of an odd amount is rounded up (policy 5.9)."""
    assert half == half_up(amount, 1, 2)


@pytest.mark.parametrize(
    ("amount", "numerator", "denominator", "rounded"),
    [(100, 1, 3, 33), (200, 1, 3, 67), (10, 1, 4, 3), (30, 1, 4, 8), (29, 1, 4, 7), (7, 0, 1, 0), (7, 1, 1, 7)],
)
def test_a_fraction_is_rounded_half_up(amount: int, numerator: int, denominator: int, rounded: int) -> None:
    """Below a half is rounded down, a half and more up."""
    assert rounded == half_up(amount, numerator, denominator)


@given(AMOUNTS, st.integers(0, 1000), st.integers(1, 1000))
def test_rounding_is_half_up_for_every_fraction(amount: int, numerator: int, denominator: int) -> None:
    """The rounded amount is the exact one plus a half, rounded down."""
    exact = Fraction(amount * numerator, denominator)
    assert math.floor(exact + Fraction(1, 2)) == half_up(amount, numerator, denominator)
