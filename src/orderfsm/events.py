"""What happens by itself: deadlines that move goods, consequences within one decision, and waiting too long."""

from enum import StrEnum


class Event(StrEnum):
    """Nobody sends these; the machine applies them."""

    PAYMENT_WINDOW_CLOSED = "payment_window_closed"
    PREPARATION_PRESUMED = "preparation_presumed"
    BUNDLE_CONFIRMED = "bundle_confirmed"
    BUNDLE_DENIED = "bundle_denied"
    NOTHING_OWED = "nothing_owed"


class Waiting(StrEnum):
    """Somebody has waited too long; it moves no goods, and is told once per waiting."""

    REFUND_OVERDUE = "refund_overdue"
    LOGISTICS_OVERDUE = "logistics_overdue"
    REVIEW_OVERDUE = "review_overdue"
    RETURN_OVERDUE = "return_overdue"
