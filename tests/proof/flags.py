"""What a part of an order knows of lines outside of it: each flag rids an order of one such thing.

They are named as in `docs/explanation/any-number-of-lines.md`.
"""

from collections.abc import Callable

from attrs import evolve

from orderfsm.draft import merged
from orderfsm.order import Cause, Lot, Order
from orderfsm.states import State

Flag = Callable[[Order], Order]
"""The order as it would be known without the flag."""


def shared_terms(order: Order) -> Order:
    """Terms that were proposed for several lines are shared out over them: how much they are."""
    lots = [evolve(lot, terms=None if lot.terms is None else 0) for lot in order.lots]
    return evolve(order, lots=tuple(lots))


def passing_time(order: Order) -> Order:
    """Time passes until another line's deadline: when things happened, which keeps units of a line apart."""
    return evolve(order, lots=tuple(merged([_without_times(lot, order) for lot in order.lots])))


def _without_times(lot: Lot, order: Order) -> Lot:
    at = order.placed_at
    ask = None if lot.ask is None else evolve(lot.ask, at=at)
    return evolve(lot, since=at, ask=ask, delivered_at=lot.delivered_at and at, received_at=lot.received_at and at)


def due(order: Order) -> Order:
    """What is due is the price of all unpaid lines: what of the payments goes back because it exceeds that."""
    causes = (Cause.CANCELLATION, Cause.RETURN)
    return evolve(order, refunds=tuple(refund for refund in order.refunds if refund.cause in causes))


def paid_for_others(order: Order) -> Order:
    """An order whose lines were cancelled before it was paid can still be paid, for other lines."""
    if all(lot.state is State.CANCELLED and not lot.refunds for lot in order.lots):
        return evolve(order, paid_at=None, payments=(), refunds=())
    return order


def early(order: Order) -> Order:
    """Facts that came too early are kept as they were said: about these lines, or about no line in particular."""
    return evolve(order, anomalies=())
