"""The names of the states: of goods, of refunds, and of an order as a whole.

What moves between them lives in `orderfsm.table`.
The names are stored in journals and logs, so they are permanent.
"""

from enum import StrEnum


class State(StrEnum):
    """Where goods are. The order of the members is the way of the goods, from placing to refund."""

    UNPAID = "unpaid"
    """Placed, and waiting for payment (A1)."""
    CLOSED = "closed"
    """Not paid in time. Final (A2)."""
    UNSHIPPED = "unshipped"
    """Paid; preparation has not begun."""
    UNSHIPPED_CANCEL_REQUESTED = "unshipped.cancel_requested"
    """… and a cancellation waits for its decision (A5)."""
    UNSHIPPED_CANCEL_CONFIRMING = "unshipped.cancel_confirming"
    """… and it is granted, but waits for the answer about the rest of its bundle (B22)."""
    PREPARING = "preparing"
    """Being prepared, or presumed so (A7)."""
    PREPARING_CANCEL_REQUESTED = "preparing.cancel_requested"
    """… and a cancellation waits for its decision (A5)."""
    PREPARING_CANCEL_CONFIRMING = "preparing.cancel_confirming"
    """… and it is granted, but waits for the answer of logistics (A8)."""
    CANCELLED = "cancelled"
    """Cancelled; a refund is owed."""
    SHIPPED = "shipped"
    """Dispatched and under way (A9)."""
    SHIPPED_INTERCEPTING = "shipped.intercepting"
    """… and the carrier has been asked to bring it back (B18)."""
    ARRIVED = "arrived"
    """At the door or pick-up point, not signed for (A12)."""
    DELIVERED = "delivered"
    """Signed for; digital goods once they are paid (B7)."""
    RETURN_REQUESTED = "return_requested"
    """An after-sales form waits for its decision (B3)."""
    RETURN_PLANNING = "return_planning"
    """Opened goods: terms are proposed, and the customer has to answer (A16)."""
    RETURNING = "returning"
    """On the way back."""
    RETURNED = "returned"
    """Back in the warehouse; what is paid back is to be decided (A19)."""
    SERVICING = "servicing"
    """Back for repair or exchange (B3)."""
    LOST = "lost"
    """Lost by the carrier, on the way out or back."""
    REFUNDED = "refunded"
    """Everything owed for them is settled. Final, unless the bank sends the money back (B1)."""


class RefundState(StrEnum):
    """Where one refund is: money on its way back to one payment's own instrument (B1, B2)."""

    DUE = "due"
    """To be sent."""
    SENT = "sent"
    """Sent to the instrument; our promise is kept (A18)."""
    SETTLED = "settled"
    """Arrived."""
    FAILED = "failed"
    """Did not go through, or was sent back; it stays owed."""


class OrderState(StrEnum):
    """One word for a whole order, derived from its goods and never stored as a truth of its own."""

    CLOSED = "closed"
    """It was not paid in time (A2)."""
    UNPAID = "unpaid"
    """Some goods are unpaid."""
    CANCEL_REQUESTED = "cancel_requested"
    """A cancellation of some goods is under way."""
    REFUNDED = "refunded"
    """All goods are refunded."""
    CANCELLED = "cancelled"
    """All goods are cancelled, refunded yet or not."""
    RETURNED = "returned"
    """All goods are returned, cancelled or refunded."""
    RETURNING = "returning"
    """Some goods are on their way back, or may soon be."""
    DELIVERED = "delivered"
    """All that the customer keeps is delivered."""
    SHIPPED = "shipped"
    """All that the customer keeps has left."""
    PARTIALLY_SHIPPED = "partially_shipped"
    """Some of it has left."""
    PREPARING = "preparing"
    """None of it has left, and some is being prepared."""
    UNSHIPPED = "unshipped"
    """Nothing of it is being prepared."""


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
