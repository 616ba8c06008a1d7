"""The names of the states: of goods, of refunds, and of an order as a whole.

What moves between them lives in `orderfsm.table`.
The names are stored in journals and logs, so they are permanent.
"""

from enum import StrEnum


class State(StrEnum):
    """Where goods are. The order of the members is the way of the goods, from placing to refund."""

    UNPAID = "unpaid"
    CLOSED = "closed"
    UNSHIPPED = "unshipped"
    UNSHIPPED_CANCEL_REQUESTED = "unshipped.cancel_requested"
    UNSHIPPED_CANCEL_CONFIRMING = "unshipped.cancel_confirming"
    PREPARING = "preparing"
    PREPARING_CANCEL_REQUESTED = "preparing.cancel_requested"
    PREPARING_CANCEL_CONFIRMING = "preparing.cancel_confirming"
    CANCELLED = "cancelled"
    SHIPPED = "shipped"
    SHIPPED_INTERCEPTING = "shipped.intercepting"
    ARRIVED = "arrived"
    DELIVERED = "delivered"
    RETURN_REQUESTED = "return_requested"
    RETURN_PLANNING = "return_planning"
    RETURNING = "returning"
    RETURNED = "returned"
    SERVICING = "servicing"
    LOST = "lost"
    REFUNDED = "refunded"


class RefundState(StrEnum):
    """Where one refund is: money on its way back to one payment's own instrument (B1, B2)."""

    DUE = "due"
    SENT = "sent"
    SETTLED = "settled"
    FAILED = "failed"


class OrderState(StrEnum):
    """One word for a whole order, derived from its goods and never stored as a truth of its own."""

    CLOSED = "closed"
    UNPAID = "unpaid"
    CANCEL_REQUESTED = "cancel_requested"
    REFUNDED = "refunded"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    RETURNING = "returning"
    DELIVERED = "delivered"
    SHIPPED = "shipped"
    PARTIALLY_SHIPPED = "partially_shipped"
    PREPARING = "preparing"
    UNSHIPPED = "unshipped"


CANCEL_REQUESTED = frozenset({State.UNSHIPPED_CANCEL_REQUESTED, State.PREPARING_CANCEL_REQUESTED})
CANCEL_CONFIRMING = frozenset({State.UNSHIPPED_CANCEL_CONFIRMING, State.PREPARING_CANCEL_CONFIRMING})
UNDER_CANCELLATION = CANCEL_REQUESTED | CANCEL_CONFIRMING

IN_PREPARATION = frozenset({State.PREPARING, State.PREPARING_CANCEL_REQUESTED, State.PREPARING_CANCEL_CONFIRMING})
NOT_IN_PREPARATION = frozenset({State.UNSHIPPED, State.UNSHIPPED_CANCEL_REQUESTED, State.UNSHIPPED_CANCEL_CONFIRMING})
UNDISPATCHED = NOT_IN_PREPARATION | IN_PREPARATION
"""Paid and not handed to a carrier: what can still be cancelled (B6)."""

UNDER_REQUEST = UNDER_CANCELLATION | {
    State.SHIPPED_INTERCEPTING,
    State.RETURN_REQUESTED,
    State.RETURN_PLANNING,
}
"""Goods about which somebody waits for an answer; facts with a quantity spare them."""

_RANK = {state: rank for rank, state in enumerate(State)}
FROM_DISPATCH = {state: abs(rank - _RANK[State.SHIPPED]) for state, rank in _RANK.items()}
"""How far goods are from dispatch, before or after it: a command starts with the furthest, a fact with the nearest."""
