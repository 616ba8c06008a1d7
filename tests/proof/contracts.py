"""What the functions of money promise, one contract a function: plain asserts about plain numbers.

The first asserts of each say for which numbers it is promised, the last ones what. CrossHair reads them as
preconditions and postconditions and looks for numbers that break them on every path of the code (see
`test_crosshair.py`); Hypothesis tries large numbers (see `test_money_contracts.py`). The contract of
`_largest_remainder` is the one that stands in for the function where prices are left open.

Where a contract has no bounds it is promised, and confirmed, for all numbers there are. Where more paths meet than
CrossHair can follow in seconds, weights and prices are small.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from fractions import Fraction

from attrs import evolve

from orderfsm.actors import PLATFORM
from orderfsm.amounts import assess, left_of, scheduled_shares, split_over_payments
from orderfsm.inputs import AssessReturn, Kind
from orderfsm.money import _largest_remainder, allocate, first_units, half_up
from orderfsm.order import Cause, Line, Lot, Order, Payment, Refund
from orderfsm.policy import Policy, ReturnSchedule
from orderfsm.scene import Scene
from orderfsm.states import RefundState, State

# --- rounding --------------------------------------------------------------------------------------------


def half_up_is_the_nearest(amount: int, over: int, under: int) -> None:
    """A fraction of an amount is rounded to the nearest whole, a half upwards, and is no more than the amount."""
    assert 0 <= amount
    assert 0 <= over <= under and 1 <= under
    back = half_up(amount, over, under)
    assert -under < 2 * (under * back - amount * over) <= under
    assert 0 <= back <= amount


# --- units -----------------------------------------------------------------------------------------------


def units_cost_the_same_to_within_one(total: int, quantity: int, taken: int) -> None:
    """No unit costs more than one minor unit more than another; the dearer ones come first."""
    assert 0 <= total
    assert 1 <= quantity and 0 <= taken < quantity
    before = first_units(total, quantity, taken)
    unit = first_units(total, quantity, taken + 1) - before
    last = total - first_units(total, quantity, quantity - 1)
    assert last <= unit <= last + 1
    assert 0 <= before <= before + unit <= total


def all_units_cost_the_total(total: int, quantity: int) -> None:
    """All units together cost what was paid, none of them nothing."""
    assert 0 <= total
    assert 1 <= quantity
    assert total == first_units(total, quantity, quantity)
    assert 0 == first_units(total, quantity, 0)


def units_taken_in_steps_cost_the_same(total: int, quantity: int, first: int, then: int) -> None:
    """Taking some units and then some of the rest costs what taking them at once does."""
    assert 0 <= total
    assert 1 <= quantity <= 4 and 0 <= first < quantity and 0 <= then <= quantity - first
    paid = first_units(total, quantity, first)
    assert first_units(total, quantity, first + then) == paid + first_units(total - paid, quantity - first, then)


# --- sharing out -----------------------------------------------------------------------------------------


def largest_remainder_keeps_its_contract(total: int, weights: Sequence[int]) -> None:
    """The parts give the total, are in proportion to less than one, and on one side of their weights."""
    shares = _largest_remainder(total, weights)
    whole = sum(weights)
    assert len(weights) == len(shares)
    assert total == sum(shares)
    for share, weight in zip(shares, weights, strict=True):
        assert 0 <= share
        assert -whole < share * whole - total * weight < whole
        assert share <= weight if total <= whole else share >= weight


def largest_remainder_over_two(total: int, a: int, b: int) -> None:
    """Two parts of any weights keep all of that."""
    assert 0 <= total and 1 <= a and 1 <= b
    largest_remainder_keeps_its_contract(total, [a, b])


def largest_remainder_over_three(total: int, a: int, b: int, c: int) -> None:
    """Three parts of any weights keep all of that."""
    assert 0 <= total and 1 <= a and 1 <= b and 1 <= c
    largest_remainder_keeps_its_contract(total, [a, b, c])


def one_part_is_all(total: int, weight: int, cap: int) -> None:
    """A single part is the total, up to its cap, whatever its weight."""
    assert 0 <= total and 0 <= weight and 0 <= cap
    assert [min(total, cap)] == allocate(total, [weight], [cap])


def allocate_keeps_its_contract(total: int, weights: Sequence[int], caps: Sequence[int]) -> None:
    """The parts give the total, or the caps where these are less; none is negative or above its cap."""
    shares = allocate(total, weights, caps)
    assert len(weights) == len(shares)
    assert min(total, sum(caps)) == sum(shares)
    for share, cap in zip(shares, caps, strict=True):
        assert 0 <= share <= cap


def allocate_over_two(total: int, a: int, b: int, cap_a: int, cap_b: int) -> None:
    """Two parts give the total, or their caps where these are less; no part is negative or above its cap."""
    assert 0 <= total and 0 <= cap_a and 0 <= cap_b
    assert 0 <= a and 0 <= b
    allocate_keeps_its_contract(total, [a, b], [cap_a, cap_b])


def allocate_within_the_weights(total: int, a: int, b: int) -> None:
    """What the weights are is shared out within them, whatever they are."""
    assert 0 <= a and 0 <= b and 0 <= total <= a + b
    allocate_keeps_its_contract(total, [a, b], [a, b])


def allocate_over_three(total: int, a: int, b: int, cap: int) -> None:
    """Three parts give the total, or their caps, too."""
    assert 0 <= total
    assert 0 <= a <= 1 and 0 <= b <= 1 and 0 <= cap <= 2
    allocate_keeps_its_contract(total, [a, b, 1], [cap, 1, 2])


def all_of_the_weights_gives_each_its_own(a: int, b: int, c: int) -> None:
    """Whoever gives back everything gives everybody what is theirs."""
    assert 0 <= a <= 3 and 0 <= b <= 3 and 0 <= c <= 3
    assert [a, b, c] == allocate(a + b + c, [a, b, c], [a, b, c])


# --- payments --------------------------------------------------------------------------------------------

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def _payment(id: str, amount: int) -> Payment:
    return Payment(id, f"card:{id}", amount, NOON)


def _refund(id: str, payment: Payment, amount: int) -> Refund:
    return Refund(id, Cause.RETURN, RefundState.DUE, amount, payment.id, payment.instrument, NOON, None, None, None)


def a_refund_to_one_payment(amount: int, captured: int, back: int) -> None:
    """A refund to the only payment is whole, up to what is left of it; of nothing there is none."""
    assert 0 <= amount and 0 <= back <= captured
    payment = _payment("p1", captured)
    refunds = [_refund("r1", payment, back)] if back else []
    given = min(amount, captured - back)
    assert ([(payment, given)] if given else []) == split_over_payments(amount, [payment], refunds)


def a_refund_to_two_payments(amount: int, one: int, two: int, back: int) -> None:
    """A refund is shared in full over what is left of both payments, which none exceeds; no part is nothing."""
    assert 0 <= one and 0 <= two and 0 <= back <= one and 0 <= amount <= one + two - back
    payments = [_payment("p1", one), _payment("p2", two)]
    refunds = [_refund("r1", payments[0], back)]
    parts = split_over_payments(amount, payments, refunds)
    assert amount == sum([share for _, share in parts])
    for payment, share in parts:
        assert 0 < share <= left_of(payment, refunds)


# --- returns ---------------------------------------------------------------------------------------------


_LATE = datetime(2026, 6, 1, tzinfo=UTC)


def _came_back(id: str, amount: int, terms: int | None = None) -> Lot:
    line = Line(id, "", 1, amount, Kind.PHYSICAL, None, None)
    return Lot(line, 1, amount, State.RETURNED, _LATE, terms=terms, delivered_at=NOON, received_at=_LATE)


class _Known(Scene[AssessReturn]):
    """A scene whose decimal amounts are known in minor units, so that they can be any number."""

    minor_units = 0

    def minor(self, amount: object) -> int:
        """The amount of the input."""
        return self.minor_units


def _scene(lots: Sequence[Lot], share: Fraction, assessment: AssessReturn, minor: int = 0) -> _Known:
    order = Order("1", "c9", "DE", "EUR", "UTC", NOON, 0, tuple(lot.line for lot in lots), tuple(lots), paid_at=NOON)
    scene = _Known(Policy(returns=ReturnSchedule(late_share=share)), order, assessment, PLATFORM, NOON, NOON)
    scene.minor_units = minor
    return scene


_HALF, _THIRD = Fraction(1, 2), Fraction(1, 3)
_PLAIN, _DEDUCTED = AssessReturn(lines="all"), AssessReturn(lines="all", deduction=0)


def a_late_line_gives_half(amount: int) -> None:
    """What comes back late gives half of what it cost, rounded up."""
    assert 0 <= amount
    lots = [_came_back("A", amount)]
    [share] = scheduled_shares(_scene(lots, _HALF, _PLAIN), lots, [False])
    assert 0 <= 2 * share - amount <= 1


def two_late_lines_are_rounded_apart(a: int, b: int) -> None:
    """Each line is rounded by itself; faulty goods give everything."""
    assert 0 <= a and 0 <= b
    lots = [_came_back("A", a), _came_back("B", b)]
    late, faulty = scheduled_shares(_scene(lots, _THIRD, _PLAIN), lots, [False, True])
    assert -3 < 2 * (3 * late - a) <= 3
    assert b == faulty


def two_lots_of_a_late_line_are_rounded_once(a: int, b: int) -> None:
    """Lots of one line give together the line's share, and none more than it cost."""
    assert 0 <= a <= 2 and 0 <= b <= 2
    first = _came_back("A", a)
    lots = [first, evolve(first, amount=b)]
    shares = scheduled_shares(_scene(lots, _HALF, _PLAIN), lots, [False, False])
    assert 0 <= 2 * sum(shares) - (a + b) <= 1
    assert 0 <= shares[0] <= a and 0 <= shares[1] <= b


def a_deduction_from_one_line(amount: int, deduction: int) -> None:
    """What is deducted is deducted once, and leaves nothing below zero."""
    assert 0 <= amount and 0 <= deduction
    lots = [_came_back("A", amount)]
    [share] = assess(_scene(lots, Fraction(1), _DEDUCTED, deduction), lots, _DEDUCTED).shares
    assert max(0, amount - deduction) == share


def a_deduction_from_two_lines(a: int, b: int, deduction: int) -> None:
    """A deduction is shared out in full over what is owed, or takes all of it; no line is left below zero."""
    assert 0 <= a <= 2 and 0 <= b <= 1 and 0 <= deduction
    lots = [_came_back("A", a), _came_back("B", b)]
    shares = assess(_scene(lots, Fraction(1), _DEDUCTED, deduction), lots, _DEDUCTED).shares
    assert max(0, a + b - deduction) == sum(shares)
    assert 0 <= shares[0] <= a and 0 <= shares[1] <= b


def agreed_terms_are_never_deducted_from(a: int, terms: int, deduction: int) -> None:
    """Where terms were agreed they are the amount, whatever else is taken off."""
    assert 0 <= terms <= a and 0 <= deduction
    lots = [_came_back("A", a, terms)]
    assert (terms,) == assess(_scene(lots, _HALF, _DEDUCTED, deduction), lots, _DEDUCTED).shares


CONTRACTS: tuple[Callable[..., None], ...] = (
    half_up_is_the_nearest,
    units_cost_the_same_to_within_one,
    all_units_cost_the_total,
    units_taken_in_steps_cost_the_same,
    largest_remainder_over_two,
    largest_remainder_over_three,
    one_part_is_all,
    allocate_over_two,
    allocate_within_the_weights,
    allocate_over_three,
    all_of_the_weights_gives_each_its_own,
    a_refund_to_one_payment,
    a_refund_to_two_payments,
    a_late_line_gives_half,
    two_late_lines_are_rounded_apart,
    two_lots_of_a_late_line_are_rounded_once,
    a_deduction_from_one_line,
    a_deduction_from_two_lines,
    agreed_terms_are_never_deducted_from,
)
"""All that are promised of so many numbers; the two about sequences are what some of them rest on."""
