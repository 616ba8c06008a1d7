"""What happens by itself: deadlines that move goods, consequences within one decision, and waiting too long."""

from enum import StrEnum


class Event(StrEnum):
    """Nobody sends these; the machine applies them."""

    PAYMENT_WINDOW_CLOSED = "payment_window_closed"
    """The order was not paid in time (A2)."""
    PREPARATION_PRESUMED = "preparation_presumed"
    """Preparation is taken to have begun (A7)."""
    BUNDLE_CONFIRMED = "bundle_confirmed"
    """Logistics can stop what a bundle waited for (B22)."""
    BUNDLE_DENIED = "bundle_denied"
    """Logistics cannot (B22)."""
    NOTHING_OWED = "nothing_owed"
    """Nothing is to be paid back for the goods (A19)."""


class Waiting(StrEnum):
    """Somebody has waited too long; it moves no goods, and is told once per waiting."""

    REFUND_OVERDUE = "refund_overdue"
    """A refund was not sent when it was promised (A18)."""
    LOGISTICS_OVERDUE = "logistics_overdue"
    """Logistics or the carrier have not answered (A8)."""
    REVIEW_OVERDUE = "review_overdue"
    """A request or proposed terms have not been answered (A5)."""
    RETURN_OVERDUE = "return_overdue"
    """Goods on their way back have not come (A19)."""
