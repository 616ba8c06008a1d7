"""Open amounts: what can be reckoned with them is what numbers give, and the rest is refused."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderfsm import money
from orderfsm.errors import InvalidInput
from orderfsm.inputs import Item
from orderfsm.money import LARGEST, Money, allocate, first_units, half_up
from orderfsm.testing import symbolic
from orderfsm.testing.open_amounts import NotLinear, OpenSum
from orderfsm.testing.symbolic import Prices, all_prices, path_of, with_prices

PRICES = st.integers(0, 40)


def number(amount: Any) -> int:
    """What an amount is for its path's example."""
    assert isinstance(amount, int | OpenSum)
    return amount.example if isinstance(amount, OpenSum) else amount


# --- arithmetic ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "of",
    [
        lambda a: a * a,
        lambda a: a // a,
        lambda a: 100 // a,
        lambda a: 100 % a,
        lambda a: divmod(100, a),
        lambda a: a // 0,
        lambda a: a * 0.5,
        lambda a: a + 0.5,
        lambda a: a == Decimal(1),
        lambda a: [1, 2, 3][a],
    ],
)
def test_what_is_not_linear_is_refused(of: Callable[[Any], Any]) -> None:
    """An open amount never turns into a number in silence."""
    with pytest.raises(NotLinear):
        all_prices(lambda prices: of(prices.minor("A")))


def test_a_price_cannot_be_taken_for_a_number() -> None:
    """Converting one fails, and whatever is reckoned with it unknowingly is no amount."""
    for number_of in (float, int):
        with pytest.raises(NotLinear):
            all_prices(lambda prices, number_of=number_of: number_of(prices("A")))  # type: ignore[misc]
    [path] = all_prices(lambda prices: Item(id="A", amount=prices("A") * 2)).violations
    assert isinstance(path.fault, InvalidInput)


@given(st.integers(-6, 6), st.integers(-6, 6), st.integers(-20, 20), st.integers(1, 7), PRICES, PRICES)
def test_dividing_by_a_number_gives_what_it_gives_for_numbers(
    x: int, y: int, constant: int, divisor: int, a: int, b: int
) -> None:
    """Quotient and rest of any sum are those of the numbers, on the path that the numbers take."""

    def story(prices: Prices) -> tuple[int, int]:
        return divmod(x * prices.minor("A") + y * prices.minor("B") + constant, divisor)

    path = path_of(story, {"A": a, "B": b})
    assert path is not None and path.confirmed
    assert divmod(x * a + y * b + constant, divisor) == tuple(map(number, path.result))


@pytest.mark.parametrize("divisor", [2, 3, 4, 5])
def test_a_division_has_a_path_for_every_rest(divisor: int) -> None:
    """Every rest is told, with the rest for which it is."""

    def story(prices: Prices) -> int:
        return prices.minor("A") % divisor

    paths = all_prices(story).check()
    assert list(range(divisor)) == sorted(number(path.result) for path in paths)
    assert all(path.prices["A"] % divisor == number(path.result) for path in paths)


def test_rests_that_cannot_meet_have_no_path() -> None:
    """A number that gives 1 by 2 and 0 by 4 does not exist, and no path assumes it."""

    def story(prices: Prices) -> tuple[int, int]:
        a = prices.minor("A")
        return a % 2, a % 4

    paths = all_prices(story).check()
    assert [(0, 0), (0, 2), (1, 1), (1, 3)] == sorted(tuple(map(number, path.result)) for path in paths)


# --- the shipped functions -------------------------------------------------------------------------------


@given(PRICES, st.integers(1, 5), st.data())
def test_units_cost_what_they_cost_for_numbers(amount: int, quantity: int, data: st.DataObject) -> None:
    """`first_units` runs on open amounts as it is."""
    taken = data.draw(st.integers(0, quantity))
    path = path_of(lambda prices: first_units(prices.minor("A"), quantity, taken), {"A": amount})
    assert path is not None
    assert first_units(amount, quantity, taken) == number(path.result)


@given(PRICES, st.integers(0, 5), st.integers(1, 5))
def test_fractions_are_what_they_are_for_numbers(amount: int, over: int, under: int) -> None:
    """`half_up` runs on open amounts as it is."""
    path = path_of(lambda prices: half_up(prices.minor("A"), over, under), {"A": amount})
    assert path is not None
    assert half_up(amount, over, under) == number(path.result)


@given(st.lists(PRICES, min_size=1, max_size=4), st.data())
def test_shares_are_what_they_are_for_numbers(weights: list[int], data: st.DataObject) -> None:
    """`allocate` runs on open amounts; for the prices of a path its parts are those of the numbers."""
    caps = [data.draw(PRICES) for _ in weights]
    total = data.draw(st.integers(0, sum(caps)))
    known = (
        {"total": total}
        | {f"w{n}": each for n, each in enumerate(weights)}
        | {f"c{n}": each for n, each in enumerate(caps)}
    )

    def story(prices: Prices) -> list[int]:
        return allocate(
            prices.minor("total"),
            [prices.minor(f"w{n}") for n in range(len(weights))],
            [prices.minor(f"c{n}") for n in range(len(caps))],
        )

    path = path_of(story, known)
    assert path is not None and path.confirmed
    assert allocate(total, weights, caps) == [number(each) for each in path.result]


def test_an_amount_is_shared_out_over_numbers_exactly() -> None:
    """Where the weights are known nothing is left to a contract: every path is taken by real prices."""
    paths = all_prices(lambda prices: allocate(prices.minor("A"), [1, 2])).check()
    for path in paths:
        assert allocate(path.prices["A"], [1, 2]) == [number(each) for each in path.result]
    assert len(paths) == paths.confirmed >= 3


def test_one_part_is_shared_out_without_dividing() -> None:
    """A refund to the only payment is no matter of proportion: all that is asked is whether there is anything."""
    paths = all_prices(lambda prices: allocate(prices.minor("A"), [prices.minor("A") + 1])).check()
    assert {("A = 0",), ("A >= 1",)} == {path.assumptions for path in paths}


@pytest.mark.parametrize("count", [2, 3])
def test_shares_keep_their_contract_on_every_path(count: int) -> None:
    """Parts give the total, within their caps; all of the weights shared out gives each its own."""

    def story(prices: Prices) -> None:
        weights = [prices.minor(f"w{n}") for n in range(count)]
        prices.suppose(prices.minor("total") <= sum(weights))
        shares = allocate(prices.minor("total"), weights, weights)
        assert prices.minor("total") == sum(shares)
        assert all(0 <= share <= weight for share, weight in zip(shares, weights, strict=True))
        assert weights == allocate(sum(weights), weights, weights)

    all_prices(story).check()


def test_shares_of_the_same_amounts_are_the_same() -> None:
    """Asked again, the function gives what it gave, also where more has been assumed since."""

    def story(prices: Prices) -> None:
        total, weights = prices.minor("total"), [prices.minor("w0") + 1, prices.minor("w1") + 1]
        shares = allocate(total, weights)
        assert prices.minor("w0") % 2 + total % 2 + weights[1] % 3 >= 0
        assert shares == allocate(total, weights)

    assert 12 <= len(all_prices(story).check())


def test_money_is_written_for_people_when_it_is_open() -> None:
    """Open amounts can be shown: messages and facts of refusals do not stop a story."""
    [path] = all_prices(lambda prices: f"{Money(prices.minor('A') + 5, 'EUR')}, {prices('A')}").check()
    assert "A" in path.result


def test_prices_are_decimals_of_their_currency() -> None:
    """Open and known prices can be added and compared as decimals, and come back in minor units."""

    def story(prices: Prices) -> list[Any]:
        a = prices("A")
        return [
            a + 1,
            1 + a,
            a - a,
            1 - prices.decimal(50),
            a >= 0,
            a < LARGEST,
            a >= LARGEST,
            a == prices("A"),
            a != prices("A"),
        ]

    path = path_of(story, {"A": 250})
    assert path is not None
    known = with_prices(story, {"A": 250})
    assert [Decimal("3.50"), Decimal("3.50"), 0, Decimal("0.50"), True, True, False, True, False] == known
    minor = [money.minor_units(each, "EUR") for each in known[:4]]
    with symbolic._stand_ins():
        assert minor == [number(money.minor_units(each, "EUR")) for each in path.result[:4]]
    assert known[4:] == path.result[4:]


def test_the_shipped_functions_are_put_back() -> None:
    """What stands in while a story is told is gone afterwards, also when the story fails."""
    before = money._minor_units, money._largest_remainder
    inside: list[object] = []

    def story(prices: Prices) -> None:
        inside.append(money._minor_units)
        raise KeyError

    all_prices(story)
    assert before == (money._minor_units, money._largest_remainder)
    assert before[0] not in inside
