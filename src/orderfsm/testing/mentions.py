"""What an input about an order can mention: its own lines, parcels, asks, refunds, and which kinds fit it now.

Read from the order and from the table that runs. What is drawn of it is in `orderfsm.testing.contents`.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from attrs import frozen

from orderfsm import inputs as i
from orderfsm.engine import TRANSITIONS, GoodsTransition, implied_by
from orderfsm.inputs import Input
from orderfsm.order import Lot, Order, Refund
from orderfsm.states import RefundState, State
from orderfsm.table import REFUND_IMPLIED, REFUND_ROWS

CUSTOMER = "c9"
STRANGER = "stranger"
SELLERS = ("s1", "s2")


@frozen(kw_only=True)
class Mentions:
    """The names and amounts that an input can mention; amounts are in minor units of `currency`."""

    customer: str = CUSTOMER
    currency: str = "EUR"
    lines: tuple[str, ...] = ("A", "B", "C", "D", "E")
    most: int = 3
    sellers: tuple[str, ...] = SELLERS
    parcels: tuple[str, ...] = ("x1", "x2")
    asks: tuple[str, ...] = ("a1", "a2", "a3")
    refunds: tuple[str, ...] = ("r1", "r2", "r3")
    anomalies: tuple[str, ...] = ("n1", "n2")
    payments: tuple[str, ...] = ("p1", "p2", "p3")
    instruments: tuple[str, ...] = ("card:1", "card:2")
    amounts: tuple[int, ...] = (1000, 0, 1, 500, 1001, 100_000)


SOME_ORDER = Mentions()
"""What is mentioned where no order is given: names that many orders of `places()` have."""


def mentions(order: Order) -> Mentions:
    """What is there to be mentioned of `order`."""
    amounts = [total(order), *(line.amount for line in order.lines), *(refund.amount for refund in order.refunds)]
    return Mentions(
        customer=order.customer,
        currency=order.currency,
        lines=tuple(line.id for line in order.lines),
        most=max(line.quantity for line in order.lines),
        sellers=_once(line.seller for line in order.lines),
        parcels=_once(lot.parcel for lot in order.lots),
        asks=_once(lot.ask.id for lot in order.lots if lot.ask is not None),
        refunds=tuple(refund.id for refund in order.refunds),
        anomalies=tuple(anomaly.id for anomaly in order.anomalies),
        payments=tuple(payment.id for payment in order.payments),
        instruments=_once(payment.instrument for payment in order.payments),
        amounts=tuple(dict.fromkeys([*amounts, *(amount + 1 for amount in amounts), 0, 1])),
    )


def _once(names: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name is not None))


def total(order: Order) -> int:
    """What the whole order costs, delivery included, in minor units."""
    return sum(line.amount for line in order.lines) + order.delivery_fee


def latest(order: Order) -> datetime:
    """The last instant of which the order tells: nothing that happens next is earlier, unless it is learnt late."""
    told = [order.placed_at, *(lot.since for lot in order.lots), *(payment.at for payment in order.payments)]
    told += [refund.at for refund in order.refunds]
    told += [anomaly.at for anomaly in order.anomalies]
    told += [lot.ask.at for lot in order.lots if lot.ask is not None]
    return max(told)


# --- what fits -------------------------------------------------------------------------------------------

REFUND_INPUTS: frozenset[type[Input]] = frozenset(
    {i.RefundSent, i.RefundSettled, i.RefundFailed, i.RefundReversed, i.ResendRefund}
)
MANY_PAYMENTS = 2
"""Money may come to a closed order and goes back (policy 5.6); once or twice is enough."""

_NO_ROWS: Mapping[str, tuple[GoodsTransition, ...]] = {}
_ON_REFUNDS: frozenset[tuple[RefundState, type[Input]]] = frozenset(
    {*((row.source, row.trigger) for row in REFUND_ROWS), *REFUND_IMPLIED}
)


def fitting_kinds(order: Order, kinds: Iterable[type[Input]], *, strained: bool = True) -> tuple[type[Input], ...]:
    """The kinds of input that can move something of the order as it is.

    What moves it by one step stands there three times. `strained` adds, once each, what only moves it by steps
    that nobody reported, or against a decision.
    """
    found: list[type[Input]] = []
    for kind in kinds:
        if kind in REFUND_INPUTS:
            weight = 2 if fitting_refunds(order, kind) else 0
        elif kind is i.ResolveAnomaly:
            weight = 1 if any(anomaly.open for anomaly in order.anomalies) else 0
        elif kind is i.PaymentCaptured and order.lots[0].state is State.CLOSED:
            weight = 1 if len(order.payments) < MANY_PAYMENTS else 0
        elif any(_fits(lot, kind) for lot in order.lots):
            weight = 3
        else:
            weight = 1 if strained and any(_fits_strained(lot, kind) for lot in order.lots) else 0
        found += [kind] * weight
    return tuple(found)


def fitting_lots(order: Order, kind: type[Input]) -> tuple[Lot, ...]:
    """The goods that an input of this kind can move by one step; where there are none, those that it strains."""
    by_one_step = tuple(lot for lot in order.lots if _fits(lot, kind))
    return by_one_step or tuple(lot for lot in order.lots if _fits_strained(lot, kind)) or order.lots


def fitting_refunds(order: Order, kind: type[Input]) -> tuple[Refund, ...]:
    """The refunds that an input of this kind can move, by one step or by steps filled in."""
    return tuple(refund for refund in order.refunds if (refund.state, kind) in _ON_REFUNDS)


def _fits(lot: Lot, kind: type[Input]) -> bool:
    rows = TRANSITIONS.get(kind.name, _NO_ROWS).get(lot.state, ())
    if not rows or not (lot.line.physical or kind is i.PaymentCaptured):
        return False
    if issubclass(kind, i.StopAnswer | i.InterceptAnswer):
        return lot.asked
    if kind in (i.WithdrawReturn, i.DeclineReturn) and lot.state is State.RETURNING:
        return lot.from_home
    if kind is i.AssessReturn:
        return not lot.assessed
    if kind in (i.Dispatched, i.ReturnReceived):  # other rows of theirs only note a parcel or a condition
        rows = tuple(row for row in rows if row.target is not lot.state)
    return any(row.row.anomaly is None for row in rows)


def _fits_strained(lot: Lot, kind: type[Input]) -> bool:
    against = any(row.row.anomaly is not None for row in TRANSITIONS.get(kind.name, _NO_ROWS).get(lot.state, ()))
    return lot.line.physical and (against or implied_by(kind.name, lot.state) is not None)
