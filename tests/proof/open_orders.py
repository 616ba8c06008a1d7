"""Orders with open prices, and what must be true of their money for all prices.

    def story(prices: Prices) -> Order:
        told = bought(prices, Goods("A"), Goods("B", bundle="set"), payments=2)
        told.send(RequestCancellation(lines=["A"]), 1)
        return settled_up(prices, told)

    all_prices(story).check()

A line's price is called by its id, the delivery fee `fee`; of two payments the first one is called `first`.
"""

from collections.abc import Iterable

from attrs import frozen

from orderfsm import Item, PaymentCaptured, Place, Policy, RequestCancellation
from orderfsm.effects import SendRefund
from orderfsm.order import Cause, Lot, Order, was_cancelled
from orderfsm.states import RefundState, State
from orderfsm.testing.symbolic import Prices
from tests.policy.story import Story

MARKETPLACE = Policy.marketplace()
"""Own goods are cancelled at once: the shortest way to a refund."""


@frozen
class Goods:
    """One line; its price is open."""

    id: str
    quantity: int = 1
    bundle: str | None = None
    kind: str = "physical"


def goods(count: int, quantity: int = 1, *, bundled: bool = False) -> tuple[Goods, ...]:
    """So many lines, A first."""
    return tuple(Goods(id, quantity, "set" if bundled else None) for id in "ABC"[:count])


def placed(prices: Prices, *lines: Goods, policy: Policy = MARKETPLACE) -> Story:
    """A story that begins with an unpaid order."""
    story = Story(policy)
    items = [
        Item(id=line.id, amount=prices(line.id), quantity=line.quantity, bundle=line.bundle, kind=line.kind)
        for line in lines
    ]
    decision = story.send(Place(customer="c9", country="DE", currency="EUR", lines=items, delivery_fee=prices("fee")))
    assert "accepted" == decision.outcome
    return story


def bought(prices: Prices, *lines: Goods, payments: int = 1, policy: Policy = MARKETPLACE) -> Story:
    """A story that begins with an order that one payment, or two, paid in full."""
    story = placed(prices, *lines, policy=policy)
    due = total(prices, story)
    if payments == 1:
        captured(prices, story, "p1", due)
    else:
        first = prices.minor("first")
        prices.suppose(first <= due)
        captured(prices, story, "p1", first)
        captured(prices, story, "p2", due - first)
    assert story.order.paid_at is not None
    return story


def total(prices: Prices, story: Story) -> int:
    """What the order costs."""
    return sum(line.amount for line in story.order.lines) + story.order.delivery_fee


def captured(prices: Prices, story: Story, payment: str, amount: int, after: float = 0) -> None:
    """A payment of so much, from a card of its own."""
    capture = PaymentCaptured(payment=payment, instrument=f"card:{payment}", amount=prices.decimal(amount))
    assert "accepted" == story.send(capture, after).outcome


def cancelled(story: Story, lines: Iterable[str], after: float = 1) -> None:
    """One unit of each of these lines is cancelled, one after the other."""
    for line in lines:
        decision = story.send(RequestCancellation(lines={line: 1}), after)
        assert "accepted" == decision.outcome, decision.reasons


def cancelled_in_turn(prices: Prices, units: str, payments: int) -> Order:
    """Paid goods are cancelled unit by unit; the claims are made after every step."""
    told = bought(prices, *(Goods(id, units.count(id)) for id in sorted(set(units))), payments=payments)
    for unit in units:
        cancelled(told, [unit])
        settled_up(prices, told)
    assert 0 == kept(told.order)
    return told.order


# --- what must be true -----------------------------------------------------------------------------------


def given_back(order: Order, *causes: Cause) -> int:
    """What all refunds of these causes give back together; of any cause where none is named."""
    return sum(refund.amount for refund in order.refunds if not causes or refund.cause in causes)


def given_back_to(order: Order, payment: str) -> int:
    """What one payment gives back."""
    return sum(refund.amount for refund in order.refunds if refund.payment == payment)


def kept(order: Order) -> int:
    """What was captured and is not given back."""
    return sum(payment.amount for payment in order.payments) - given_back(order)


def settled_up(prices: Prices, story: Story) -> Order:
    """Claim what holds for every order at every time; the order."""
    order = story.order
    _payments_give_back_what_they_captured(prices, order)
    _goods_keep_their_price(prices, order)
    _what_is_owed_is_paid_back(prices, story)
    _refunds_are_sent_once(prices, story)
    return order


def _payments_give_back_what_they_captured(prices: Prices, order: Order) -> None:
    for payment in order.payments:
        back = given_back_to(order, payment.id)
        prices.claim("no payment gives back more than it captured", back <= payment.amount)
    prices.claim("no refund is zero or less", all(refund.amount > 0 for refund in order.refunds))
    ours = {payment.id: payment.instrument for payment in order.payments}
    own = all(ours[refund.payment] == refund.instrument for refund in order.refunds)
    prices.claim("every refund goes to its payment's own instrument", own)


def _goods_keep_their_price(prices: Prices, order: Order) -> None:
    for line in order.lines:
        lots = [lot for lot in order.lots if lot.line == line]
        prices.claim("lots of a line cost what the line cost", line.amount == sum(lot.amount for lot in lots))
        prices.claim("no goods cost less than nothing", all(lot.amount >= 0 for lot in lots))


def _what_is_owed_is_paid_back(prices: Prices, story: Story) -> None:
    order = story.order
    physical = [lot for lot in order.lots if lot.line.physical]
    off = [lot for lot in order.lots if was_cancelled(lot) and lot.line.id not in _cancelled_unpaid(story)]
    if order.paid_at is not None:
        fee = order.delivery_fee if physical and all(was_cancelled(lot) for lot in physical) else 0
        owed = sum(lot.amount for lot in off) + fee
        back = given_back(order, Cause.CANCELLATION)
        prices.claim("what was paid for cancelled goods is given back, and no more", owed == back)
    if all(was_cancelled(lot) for lot in order.lots):
        prices.claim("everything is given back once everything is cancelled", 0 == kept(order))
    for lot in off:
        at_once = lot.state is State.REFUNDED and not _was_settled(order, lot)
        prices.claim("goods go to refunded at once exactly where no refund was made for them", at_once != _owed(lot))
        if not _owed(lot):
            prices.claim("only free goods get no refund", lot.amount == 0)
    for lot in order.lots:
        if was_cancelled(lot) and lot not in off:
            free = lot.amount == 0
            prices.claim(
                "unpaid goods go to refunded exactly where they are free", free == (lot.state is State.REFUNDED)
            )


def _cancelled_unpaid(story: Story) -> set[str]:
    moves = [move for decision in story.decisions for move in decision.moves]
    return {move.line for move in moves if move.source is State.UNPAID and move.target is State.CANCELLED}


def _owed(lot: Lot) -> bool:
    return bool(lot.refunds)


def _was_settled(order: Order, lot: Lot) -> bool:
    return any(refund.state is RefundState.SETTLED for refund in order.refunds if refund.id in lot.refunds)


def _refunds_are_sent_once(prices: Prices, story: Story) -> None:
    sent = [each for decision in story.decisions for each in decision.effects if isinstance(each, SendRefund)]
    told = [(each.refund, each.attempt) for each in sent]
    prices.claim("no attempt is sent twice", len(told) == len(set(told)))
    first = {each.refund: each.amount.minor for each in sent if each.attempt == 1}
    amounts = {refund.id: refund.amount for refund in story.order.refunds}
    prices.claim("every refund is sent, with its amount, and nothing else is", amounts == first)
