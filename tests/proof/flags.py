"""What a part of an order knows of lines outside of it: each flag rids an order of one such thing.

They are named as in `docs/explanation/any-number-of-lines.md`.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from attrs import evolve

from orderfsm.draft import changed, merged
from orderfsm.order import Cause, Lot, Order
from orderfsm.states import State

Flag = Callable[[Order], Order]
"""The order as it would be known without the flag."""


def shared_terms(order: Order) -> Order:
    """Terms that were proposed for several lines are shared out over them: how much they are."""
    return _with_lots(order, [lot if lot.terms is None else changed(lot, {"terms": 0}) for lot in order.lots])


def passing_time(order: Order) -> Order:
    """Time passes until another line's deadline: when things happened, which keeps units of a line apart."""
    return _with_lots(order, merged([_without_times(lot, order.placed_at) for lot in order.lots]))


def _without_times(lot: Lot, at: datetime) -> Lot:
    times = {name: at for name in ("delivered_at", "received_at") if getattr(lot, name) is not None}
    return changed(lot, {"since": at, "ask": lot.ask and evolve(lot.ask, at=at), **times})


def _with_lots(order: Order, lots: Iterable[Lot]) -> Order:
    return evolve(order, lots=tuple(lots))


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
    return evolve(order, anomalies=()) if order.anomalies else order
