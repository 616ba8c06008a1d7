"""The names of the states: of goods, of refunds, and of an order as a whole.

What moves between them lives in `orderfsm.table`.
The names are stored in journals and logs, so they are permanent.
"""

from enum import StrEnum


class State(StrEnum):
    """Where goods are. The order of the members is the way of the goods, from placing to refund."""

    UNPAID = "unpaid"
    """Placed, and waiting for payment."""

    CLOSED = "closed"
    """Not paid in time; nothing leads out of here."""

    UNSHIPPED = "unshipped"
    """Paid, and preparation has not begun."""

    UNSHIPPED_CANCEL_REQUESTED = "unshipped.cancel_requested"
    """Preparation has not begun, and a cancellation waits for its decision."""

    UNSHIPPED_CANCEL_CONFIRMING = "unshipped.cancel_confirming"
    """Cancellation approved, and waiting for the answer about a bundle mate in preparation."""

    PREPARING = "preparing"
    """Being prepared, or presumed to be."""

    PREPARING_CANCEL_REQUESTED = "preparing.cancel_requested"
    """Being prepared, and a cancellation waits for its decision."""

    PREPARING_CANCEL_CONFIRMING = "preparing.cancel_confirming"
    """Being prepared; cancellation approved, and the logistics provider has been asked."""

    CANCELLED = "cancelled"
    """Cancelled, and paid back or about to be."""

    SHIPPED = "shipped"
    """Under way to the customer."""

    SHIPPED_INTERCEPTING = "shipped.intercepting"
    """Under way, and the carrier has been asked to call the delivery off."""

    ARRIVED = "arrived"
    """At the door or the pick-up point, not signed for."""

    DELIVERED = "delivered"
    """Signed for; digital goods are here once they are paid."""

    RETURN_REQUESTED = "return_requested"
    """With the customer, whose after-sales form waits for its decision."""

    RETURN_PLANNING = "return_planning"
    """Opened, and terms have been proposed that the customer has to answer."""

    RETURNING = "returning"
    """On the way back: called off, refused, or returned with approval."""

    RETURNED = "returned"
    """Back in the warehouse, to be assessed and paid back."""

    SERVICING = "servicing"
    """Back for repair or exchange."""

    LOST = "lost"
    """Lost by the carrier, on the way out or back."""

    REFUNDED = "refunded"
    """Paid back, in full or in part; final unless the bank sends the money back."""


class RefundState(StrEnum):
    """Where one refund is: money on its way back to one payment's own instrument (B1, B2)."""

    DUE = "due"
    """Owed, and waiting for the payment provider to send it."""

    SENT = "sent"
    """Sent; from here on the banks decide how long it takes."""

    SETTLED = "settled"
    """Arrived."""

    FAILED = "failed"
    """Did not go through, or came back; still owed, and sent again by hand."""


class OrderState(StrEnum):
    """One word for a whole order, derived from its goods and never stored as a truth of its own."""

    CLOSED = "closed"
    """Some of the goods were not paid in time."""

    UNPAID = "unpaid"
    """Some of the goods wait for payment."""

    CANCEL_REQUESTED = "cancel_requested"
    """Some of the goods are under a cancellation that is not decided or not confirmed."""

    REFUNDED = "refunded"
    """All of the goods are paid back."""

    CANCELLED = "cancelled"
    """All of the goods are cancelled, or were before they were paid back."""

    RETURNED = "returned"
    """All of the goods are returned, cancelled or paid back."""

    RETURNING = "returning"
    """Of the goods that are left, some are coming back or have an open form."""

    DELIVERED = "delivered"
    """All of the goods that are left are delivered."""

    SHIPPED = "shipped"
    """All of the goods that are left have been dispatched."""

    PARTIALLY_SHIPPED = "partially_shipped"
    """Some of the goods that are left have been dispatched, and some have not."""

    PREPARING = "preparing"
    """None of the goods that are left have been dispatched, and some are in preparation."""

    UNSHIPPED = "unshipped"
    """None of the goods that are left are in preparation."""


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
