"""The proofs for all prices can fail: faults that are planted in the shipped code are found, with prices.

Each fault is one that reads well and is wrong for some prices only; the example is played with real numbers.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import pytest

from orderfsm import amounts, draft, money, paying, settling
from orderfsm.events import Event
from orderfsm.order import Cause, Payment, Refund
from orderfsm.states import RefundState
from orderfsm.testing.runs import ContractBroken
from orderfsm.testing.symbolic import Prices, Story, all_prices, with_prices
from tests.proof.open_orders import (
    bought,
    cancelled,
    cancelled_in_turn,
    captured,
    given_back_to,
    goods,
    kept,
    placed,
    settled_up,
    total,
)
from tests.proof.open_returns import LATE, assess, late_policy, returned, settled_return

# --- faults ----------------------------------------------------------------------------------------------

Plant = Callable[[pytest.MonkeyPatch], None]


def reserved_late(patch: pytest.MonkeyPatch) -> None:
    """A refund counts only once it has settled."""

    def left_of(payment: Payment, refunds: Sequence[Refund]) -> int:
        settled = [each for each in refunds if each.state is RefundState.SETTLED]
        return payment.amount - sum(each.amount for each in settled if each.payment == payment.id)

    patch.setattr(amounts, "left_of", left_of)


def fee_with_every_goods(patch: pytest.MonkeyPatch) -> None:
    """The delivery fee goes back with every cancellation."""
    patch.setattr(settling, "fee_owed", lambda scene: scene.order.delivery_fee)


def fee_forgotten(patch: pytest.MonkeyPatch) -> None:
    """The delivery fee never goes back."""
    patch.setattr(settling, "fee_owed", lambda scene: 0)


def share_rounded_up(patch: pytest.MonkeyPatch) -> None:
    """A late share is rounded up rather than half up."""
    patch.setattr(amounts, "half_up", lambda amount, over, under: -(-amount * over // under))


def units_rounded_down(patch: pytest.MonkeyPatch) -> None:
    """Every unit that is taken costs the rounded-down price; the last one bears the rest."""
    patch.setattr(draft, "first_units", lambda total, quantity, taken: total // quantity * taken)


def refund_of_nothing(patch: pytest.MonkeyPatch) -> None:
    """Every payment gets a refund, of zero as well."""

    def split(amount: int, payments: Sequence[Payment], refunds: Sequence[Refund]) -> list[tuple[Payment, int]]:
        left = [amounts.left_of(payment, refunds) for payment in payments]
        shares = money.allocate(amount, [payment.amount for payment in payments], left)
        return list(zip(payments, shares, strict=True))

    patch.setattr(draft, "split_over_payments", split)


def shares_without_caps(patch: pytest.MonkeyPatch) -> None:
    """Refunds are shared in proportion to the captures, whatever is left of each payment."""

    def split(amount: int, payments: Sequence[Payment], refunds: Sequence[Refund]) -> list[tuple[Payment, int]]:
        shares = money.allocate(amount, [payment.amount for payment in payments])
        return [(payment, share) for payment, share in zip(payments, shares, strict=True) if share]

    patch.setattr(draft, "split_over_payments", split)


def excess_against_the_first(patch: pytest.MonkeyPatch) -> None:
    """What exceeds the total is taken from the first payment rather than from the one that caused it."""

    def give_back(draft: Any, excess: int) -> None:
        for payment in draft.payments:
            back = min(excess, amounts.left_of(payment, draft.refunds))
            if back:
                draft.refund(payment, back, Cause.EXCESS_PAYMENT)
                excess -= back

    patch.setattr(paying, "_give_back_excess", give_back)


def free_goods_wait(patch: pytest.MonkeyPatch) -> None:
    """Goods for which nothing is owed wait for a refund that never comes."""
    move_by = draft.Draft.move_by

    def moved(self: Any, event: Event, lots: Any) -> None:
        if event is not Event.NOTHING_OWED:
            move_by(self, event, lots)

    patch.setattr(draft.Draft, "move_by", moved)


# --- stories that notice ---------------------------------------------------------------------------------


def in_turn(units: str, payments: int) -> Story:
    """Goods cancelled unit by unit."""
    return lambda prices: cancelled_in_turn(prices, units, payments)


def late_third(prices: Prices) -> None:
    """A line that comes back late and gives a third."""
    told = returned(prices, *goods(1), policy=late_policy(Fraction(1, 3)), after=LATE)
    assess(told, LATE + 1)
    back = settled_return(prices, told, sum(refund.amount for refund in told.order.refunds)).refunds
    prices.claim("rounded half up", -3 < 2 * (3 * sum(each.amount for each in back) - prices.minor("A")) <= 3)


def two_of_three(prices: Prices) -> None:
    """Two of three units, cancelled one after the other."""
    told = bought(prices, *goods(1, 3))
    spent = []
    for hour in (1, 2):
        before = kept(told.order)
        cancelled(told, ["A"], hour)
        spent.append(before - kept(told.order))
    prices.claim("the dearer first", 0 <= spent[0] - spent[1] <= 1)
    prices.claim("no unit is cheaper than the last", spent[1] >= told.order.lots[-1].amount)
    settled_up(prices, told)


def excess(prices: Prices) -> None:
    """A second payment that brings more than what was missing."""
    told = placed(prices, *goods(1))
    due = total(prices, told)
    prices.suppose(prices.minor("one") < due)
    captured(prices, told, "p1", prices.minor("one"))
    captured(prices, told, "p2", due - prices.minor("one") + prices.minor("excess"), after=1)
    back = given_back_to(settled_up(prices, told), "p2")
    prices.claim("the excess goes back against the payment that caused it", prices.minor("excess") == back)


PLANTED = [
    (reserved_late, in_turn("ABC", 2), "no payment gives back more than it captured"),
    (shares_without_caps, in_turn("ABC", 2), "no payment gives back more than it captured"),
    (fee_with_every_goods, in_turn("AB", 1), "what was paid for cancelled goods is given back, and no more"),
    (fee_forgotten, in_turn("A", 1), "what was paid for cancelled goods is given back, and no more"),
    (share_rounded_up, late_third, "rounded half up"),
    (units_rounded_down, two_of_three, "no unit is cheaper than the last"),
    (refund_of_nothing, in_turn("A", 2), "no refund is zero or less"),
    (excess_against_the_first, excess, "the excess goes back against the payment that caused it"),
    (free_goods_wait, in_turn("AB", 1), "goods go to refunded at once exactly where no refund was made for them"),
]


@pytest.mark.parametrize(("plant", "story", "claim"), PLANTED, ids=[plant.__name__ for plant, _, _ in PLANTED])
def test_a_planted_fault_is_found_with_prices_that_show_it(
    plant: Plant, story: Story, claim: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The story holds on the shipped code; on the faulty one it fails for the example, with real numbers too."""
    assert all_prices(story).hold
    plant(monkeypatch)
    [found] = all_prices(story).violations
    assert claim == str(found.fault)
    assert found.confirmed
    with pytest.raises(AssertionError):
        with_prices(story, found.prices)
    monkeypatch.undo()
    with_prices(story, found.prices)


def test_a_largest_remainder_that_breaks_its_contract_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in for the sharing out is compared with it: shares that give another sum end the telling."""
    shared = money._largest_remainder
    monkeypatch.setattr(
        money, "_largest_remainder", lambda total, weights: [1 + each for each in shared(total, weights)]
    )
    with pytest.raises(ContractBroken):
        all_prices(in_turn("AB", 2))
