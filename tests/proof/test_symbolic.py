"""All prices: what paths assume, where they fork, and that together they are all prices."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderfsm.testing.open_amounts import NotLinear, OpenSum
from orderfsm.testing.runs import Wavering
from orderfsm.testing.symbolic import Prices, all_prices, path_of, with_prices
from tests.proof.open_orders import cancelled_in_turn

PRICES = st.integers(0, 40)


def number(amount: Any) -> int:
    """What an amount is for its path's example."""
    assert isinstance(amount, int | OpenSum)
    return amount.example if isinstance(amount, OpenSum) else amount


# --- paths -----------------------------------------------------------------------------------------------


def test_what_holds_for_all_prices_does_not_fork() -> None:
    """Sums of prices are not negative, and more than their parts: there is one path and nothing is assumed."""

    def story(prices: Prices) -> None:
        a, b = prices.minor("A"), prices.minor("B")
        assert a + b >= b
        assert not a + b < a
        assert -a <= 0 < a + 1
        assert 2 * a + b != a - 1

    [path] = all_prices(story).check()
    assert () == path.assumptions
    assert path.confirmed


def test_what_depends_on_prices_is_told_both_ways() -> None:
    """A comparison with two answers has two paths; what one assumes, the other excludes."""
    paths = all_prices(lambda prices: prices.minor("A") > prices.minor("B")).check()
    assert {("A >= B + 1",): True, ("B >= A",): False} == {path.assumptions: path.result for path in paths}


def test_what_was_assumed_is_no_longer_open() -> None:
    """What follows from the assumptions of a path is decided on it, and no impossible path is told."""

    def story(prices: Prices) -> bool:
        a, b, c = (prices.minor(name) for name in "ABC")
        if a <= b <= c:
            assert a <= c
            return bool(a == c) == bool(a == b and b == c)
        return True

    assert all(path.result for path in all_prices(story).check())


def test_equal_amounts_are_no_matter_of_how_they_are_written() -> None:
    """On the path where two sums are equal either does for the other."""

    def story(prices: Prices) -> bool:
        a, b = prices.minor("A"), prices.minor("B")
        same = a + a == a + b
        assert same == (a == b) == ((a, 1) == (b, 1)) == (hash(a) == hash(b) and a - b == 0)
        return same

    assert [False, False, True] == sorted(path.result for path in all_prices(story).check())


def test_a_violation_gives_small_prices_that_show_it() -> None:
    """The example is as small as any in all, and fails with real numbers."""

    def story(prices: Prices) -> None:
        prices.suppose(prices.minor("A") >= 3)
        prices.claim("never twice", prices.minor("B") != 2 * prices.minor("A"))

    paths = all_prices(story)
    assert not paths.hold
    [path] = paths.violations
    assert {"A": 3, "B": 6} == path.prices
    assert path.confirmed
    with pytest.raises(AssertionError, match="never twice"):
        with_prices(story, path.prices)
    with pytest.raises(AssertionError, match="A = 3, B = 6"):
        paths.check()


def test_that_the_story_raises_is_a_violation() -> None:
    """Any exception breaks a path off: `decide` must raise for no prices."""

    def story(prices: Prices) -> None:
        if prices.minor("A") == 7:
            raise KeyError("seven")

    [path] = all_prices(story).violations
    assert isinstance(path.fault, KeyError)
    assert {"A": 7} == path.prices


def test_claims_are_kept_with_their_path() -> None:
    """What was claimed can be read from the path."""

    def story(prices: Prices) -> None:
        prices.claim("not negative", prices.minor("A") >= 0)
        if prices.minor("A") > 5:
            prices.claim("more than five", prices.minor("A") > 5)

    found = {path.claims for path in all_prices(story).check()}
    assert {("not negative",), ("not negative", "more than five")} == found


def test_what_is_supposed_leaves_paths_out() -> None:
    """Prices for which the story is not told are dropped, not proved; a story for no prices proves nothing."""
    paths = all_prices(lambda prices: prices.suppose(prices.minor("A") > 5)).check()
    assert (1, 1) == (len(paths), paths.dropped)
    nothing = all_prices(lambda prices: prices.suppose(False))
    assert not nothing.hold
    with pytest.raises(AssertionError):
        nothing.check()


def test_a_limit_leaves_the_answer_undetermined() -> None:
    """A telling that is cut short proves nothing, and says so."""

    def story(prices: Prices) -> int:
        return sum(prices.minor("A") >= n for n in range(1, 100))

    paths = all_prices(story, limit=10)
    assert "more than 10 paths" == paths.undetermined
    assert not paths.hold
    with pytest.raises(AssertionError):
        paths.check()
    assert 100 == len(all_prices(story).check())


def test_a_story_that_wavers_is_found_out() -> None:
    """A story must do the same each time it is told."""
    told: list[int] = []

    def story(prices: Prices) -> None:
        told.append(1)
        assert prices.minor("A") + len(told) > 2 or prices.minor("B") > len(told)

    with pytest.raises(Wavering):
        all_prices(story, violations=100)


def test_amounts_of_another_telling_are_not_taken() -> None:
    """An amount that is kept from one path to another would mean something else there."""
    kept: list[Any] = []

    def story(prices: Prices) -> bool:
        kept.append(prices.minor("A"))
        return bool(kept[0] + prices.minor("B") > 5)

    with pytest.raises(NotLinear):
        all_prices(story)


# --- whole orders ----------------------------------------------------------------------------------------


@given(PRICES, PRICES, PRICES, PRICES)
def test_an_order_ends_as_it_does_with_numbers(a: int, b: int, fee: int, first: int) -> None:
    """Along the path of some prices every amount of the order is what the machine makes of these numbers."""
    known = {"A": a, "B": b, "fee": fee, "first": first}

    def story(prices: Prices) -> list[list[int]]:
        order = cancelled_in_turn(prices, "ABA", payments=2)
        return [[each.amount for each in some] for some in (order.refunds, order.lots, order.payments)]

    path = path_of(story, known)
    if first > a + b + fee:
        assert path is None
    else:
        assert path is not None and path.confirmed
        assert with_prices(story, known) == [[number(each) for each in some] for some in path.result]


@pytest.mark.parametrize(
    ("units", "payments", "names"),
    [("AAB", 1, "A B fee"), ("AB", 2, "A B fee first"), ("AA", 2, "A fee first")],
)
def test_every_order_takes_exactly_one_path(units: str, payments: int, names: str) -> None:
    """The paths divide the prices among them: none is lost, none is told twice."""
    paths = all_prices(lambda prices: cancelled_in_turn(prices, units, payments)).check()
    for amounts in product(range(4), repeat=len(names.split())):
        known = dict(zip(names.split(), amounts, strict=True))
        told = known.get("first", 0) <= sum(amounts) - known.get("first", 0)
        assert int(told) == sum(path.taken_by(known) for path in paths), known


@pytest.mark.parametrize(("units", "payments"), [("AAB", 1), ("AB", 2)])
def test_a_path_is_taken_by_its_own_example(units: str, payments: int) -> None:
    """Prices that are said to take a path do; where that is not confirmed, they do not."""
    for path in all_prices(lambda prices: cancelled_in_turn(prices, units, payments)).check():
        assert path.confirmed == path.taken_by(path.prices)


@pytest.mark.parametrize(("units", "count"), [("A", 3), ("AA", 7), ("AB", 6), ("ABC", 12), ("AAB", 12)])
def test_the_number_of_paths_is_known(units: str, count: int) -> None:
    """So many kinds of prices are told apart; all of them are real where one payment paid."""
    paths = all_prices(lambda prices: cancelled_in_turn(prices, units, 1)).check()
    assert (count, count) == (len(paths), paths.confirmed)
