"""What holds of the money of every order at rest: nothing is lost, nothing goes back twice or elsewhere.

The sums are made here anew, from payments, refunds and goods; none of the shipped arithmetic is used.
"""

from orderfsm.money import Money
from orderfsm.order import Cause, Lot, Order
from orderfsm.states import RefundState
from orderfsm.states import State as S
from orderfsm.testing.invariants import Check, always
from orderfsm.testing.orders import OrderSpace, Position
from orderfsm.testing.properties import Always

OWED = (S.CANCELLED, S.RETURNED, S.LOST)


def cancelled(lot: Lot) -> bool:
    """Whether goods were cancelled, paid back since or not."""
    return lot.state is S.CANCELLED or lot.settled_from is S.CANCELLED


def paid_back_for(lot: Lot, order: Order) -> bool:
    """Whether goods were cancelled after they were paid."""
    return cancelled(lot) and (bool(lot.refunds) or lot.amount == 0)


def refunds_stay_below_captures(space: OrderSpace, order: Order, position: Position) -> str | None:
    """No payment gives back more than it captured, and only to its own instrument."""
    for payment in order.payments:
        back = [refund for refund in order.refunds if refund.payment == payment.id]
        if sum(refund.amount for refund in back) > payment.amount:
            return f"{payment.id}: more is given back than was captured"
        if any(refund.instrument != payment.instrument for refund in back):
            return f"{payment.id}: money goes to another instrument"
    known = {payment.id for payment in order.payments}
    if any(refund.payment not in known for refund in order.refunds):
        return "a refund of a payment that never came"
    if any(refund.amount <= 0 for refund in order.refunds):
        return "a refund of nothing"
    return None


def kept_money_is_for_kept_goods(space: OrderSpace, order: Order, position: Position) -> str | None:
    """What the shop keeps is what the customer's goods cost, with their delivery; of a closed order, nothing."""
    captured = sum(payment.amount for payment in order.payments)
    kept = captured - sum(refund.amount for refund in order.refunds)
    states, currency = {lot.state for lot in order.lots}, order.currency
    if S.UNPAID in states:
        return f"only {Money(kept, currency)} is kept while the order is unpaid" if kept != captured else None
    if order.paid_at is None:
        return f"{Money(kept, currency)} is kept, but nothing was ever sold" if kept else None
    if any(lot.assessed for lot in order.lots):
        return None  # what an assessment gives is checked when it is made
    sold = sum(lot.amount for lot in order.lots if not cancelled(lot))
    physical = [lot for lot in order.lots if lot.line.kind == "physical"]
    still = [lot for lot in physical if not cancelled(lot)] or (not physical)
    if still:
        sold += order.delivery_fee
    return f"{Money(kept, currency)} is kept for goods worth {Money(sold, currency)}" if kept != sold else None


def nothing_is_paid_back_twice(space: OrderSpace, order: Order, position: Position) -> str | None:
    """For goods no more is given back than they cost, and the delivery at most once."""
    causes = (Cause.CANCELLATION, Cause.RETURN)
    back = sum(refund.amount for refund in order.refunds if refund.cause in causes)
    worth = sum(lot.amount for lot in order.lots if lot.refunds)
    if back > worth + order.delivery_fee:
        return f"{Money(back, order.currency)} is given back for goods worth {Money(worth, order.currency)}"
    return None


def owed_goods_have_their_refunds(space: OrderSpace, order: Order, position: Position) -> str | None:
    """Cancelled goods that were paid have their refund reserved at once; nothing is reserved before a receipt."""
    ids = {refund.id for refund in order.refunds}
    for lot in order.lots:
        if set(lot.refunds) - ids:
            return f"{lot.line.id} waits for a refund that does not exist"
        if lot.state in (S.RETURNED, S.LOST) and lot.refunds and not lot.assessed:
            return f"{lot.line.id} is paid back before anybody assessed it"
        if lot.refunds and lot.state not in (*OWED, S.REFUNDED):
            return f"{lot.line.id} is {lot.state} and paid back"
    for refund in order.refunds:
        if refund.cause in (Cause.CANCELLATION, Cause.RETURN):
            if not any(refund.id in lot.refunds for lot in order.lots):
                return f"{refund.id} pays for no goods"
        elif refund.lines:
            return f"{refund.id} is about a payment, but names goods"
    return None


def refunded_means_settled(space: OrderSpace, order: Order, position: Position) -> str | None:
    """Goods are refunded exactly when all that is owed for them has arrived."""
    states = {refund.id: refund.state for refund in order.refunds}
    for lot in order.lots:
        settled = all(states.get(each) is RefundState.SETTLED for each in lot.refunds)
        if lot.state is S.REFUNDED:
            if not settled:
                return f"{lot.line.id} is refunded, but money is still out"
            if lot.settled_from not in OWED:
                return f"{lot.line.id} is refunded out of {lot.settled_from}"
        elif lot.settled_from is not None:
            return f"{lot.line.id} is {lot.state} and remembers that it was refunded"
        elif lot.refunds and settled:
            return f"{lot.line.id} is {lot.state}, though all its money has arrived"
    return None


def what_costs_nothing_is_done_with(space: OrderSpace, order: Order, position: Position) -> str | None:
    """Goods for which nothing is owed are refunded at once: nobody waits for money that is not sent."""
    for lot in order.lots:
        free = lot.state is S.CANCELLED and not lot.amount
        if (free or (lot.state in (S.RETURNED, S.LOST) and lot.assessed)) and not lot.refunds:
            return f"{lot.line.id} is {lot.state}, and nothing is owed for it"
    return None


def promises_are_dated(space: OrderSpace, order: Order, position: Position) -> str | None:
    """A refund promises a day unless it is for a return; the promise is never before the earliest day."""
    for refund in order.refunds:
        promised = refund.due_by is not None and refund.not_before is not None and refund.overdue_at is not None
        if promised is (refund.cause is Cause.RETURN):
            return f"{refund.id}: a promise where none is made, or none where one is"
        if refund.due_by is not None and refund.not_before is not None and refund.due_by < refund.not_before:
            return f"{refund.id}: promised before its earliest day"
    return None


LEDGER: tuple[tuple[Check, tuple[str, ...]], ...] = (
    (refunds_stay_below_captures, ("B2", "5.8")),
    (kept_money_is_for_kept_goods, ("A18", "5.6", "5.8")),
    (nothing_is_paid_back_twice, ("A19", "5.8")),
    (owed_goods_have_their_refunds, ("A18", "A19")),
    (refunded_means_settled, ("B1", "5.8")),
    (what_costs_nothing_is_done_with, ("A19", "5.8")),
    (promises_are_dated, ("A18", "5.10")),
)


def ledger(space: OrderSpace) -> list[Always[Position]]:
    """All of them, for one space."""
    return [always(space, check, clauses) for check, clauses in LEDGER]
