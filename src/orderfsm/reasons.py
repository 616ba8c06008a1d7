"""Why not: the permanent codes, and the reason that carries one.

A refusal is an answer. It carries a code, the clause, the facts that were compared, and what can be done
instead; its sentence is built from those only when somebody reads it. Anomalies are told the same way.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from attrs import field, frozen


class Code(StrEnum):
    """Reasons for which a command is refused. Permanent; each is an anchor in the docs."""

    NOT_ALLOWED = "not_allowed"
    UNKNOWN_ORDER = "unknown_order"
    UNKNOWN_LINE = "unknown_line"
    UNKNOWN_PARCEL = "unknown_parcel"
    UNKNOWN_REFUND = "unknown_refund"
    UNKNOWN_ANOMALY = "unknown_anomaly"
    QUANTITY_EXCEEDS = "quantity_exceeds"
    NOTHING_SELECTED = "nothing_selected"
    CONFLICTING_ID = "conflicting_id"
    WRONG_PRECISION = "wrong_precision"
    ALREADY_PLACED = "already_placed"
    BUNDLE_MIXED = "bundle_mixed"
    NOT_PAID = "not_paid"
    CLOSES_BY_ITSELF = "closes_by_itself"
    ORDER_CLOSED = "order_closed"
    ALREADY_DISPATCHED = "already_dispatched"
    NOT_COVERED = "not_covered"
    ALREADY_REQUESTED = "already_requested"
    ALREADY_CANCELLED = "already_cancelled"
    NOTHING_REQUESTED = "nothing_requested"
    AWAITING_LOGISTICS = "awaiting_logistics"
    SELLER_DECIDES = "seller_decides"
    BUNDLE_INDIVISIBLE = "bundle_indivisible"
    NOT_DISPATCHED = "not_dispatched"
    ALREADY_ARRIVED = "already_arrived"
    ALREADY_DELIVERED = "already_delivered"
    ALREADY_LOST = "already_lost"
    NOT_DELIVERED = "not_delivered"
    RETURN_OPEN = "return_open"
    ALREADY_RETURNED = "already_returned"
    TERMS_REQUIRED = "terms_required"
    TERMS_NOT_NEEDED = "terms_not_needed"
    NOTHING_PROPOSED = "nothing_proposed"
    NO_PREPAID_LABEL = "no_prepaid_label"
    NOT_IN_SERVICE = "not_in_service"
    IN_SERVICE = "in_service"
    NOT_RECEIVED = "not_received"
    ALREADY_ASSESSED = "already_assessed"
    AMOUNT_REQUIRED = "amount_required"
    EXCEEDS_PAID = "exceeds_paid"
    EXCEEDS_TERMS = "exceeds_terms"
    BELOW_TERMS = "below_terms"
    NOT_FAILED = "not_failed"
    ALREADY_RESOLVED = "already_resolved"


class AnomalyCode(StrEnum):
    """Ways in which a fact can contradict what was decided or known. Permanent, like `Code`."""

    UNKNOWN_ORDER = "unknown_order"
    UNKNOWN_LINE = "unknown_line"
    UNKNOWN_PARCEL = "unknown_parcel"
    UNKNOWN_REFUND = "unknown_refund"
    CONFLICTING_ID = "conflicting_id"
    WRONG_PRECISION = "wrong_precision"
    PAYMENT_CONFLICT = "payment_conflict"
    NOT_PAID = "not_paid"
    NOTHING_FITS = "nothing_fits"
    QUANTITY_EXCEEDS = "quantity_exceeds"
    DIGITAL_GOODS = "digital_goods"
    PARCEL_CONFLICT = "parcel_conflict"
    PREPARED_AFTER_CANCEL = "prepared_after_cancel"
    PREPARED_AFTER_CLOSE = "prepared_after_close"
    DISPATCHED_AFTER_CANCEL = "dispatched_after_cancel"
    DISPATCHED_AFTER_CLOSE = "dispatched_after_close"
    TRACKED_AFTER_CANCEL = "tracked_after_cancel"
    TRACKED_AFTER_CLOSE = "tracked_after_close"
    ARRIVED_AFTER_LOSS = "arrived_after_loss"
    REFUSED_AFTER_LOSS = "refused_after_loss"
    LOST_AFTER_DELIVERY = "lost_after_delivery"
    LOST_AFTER_RETURN = "lost_after_return"
    REFUSED_AFTER_DELIVERY = "refused_after_delivery"
    DELIVERED_AFTER_INTERCEPT = "delivered_after_intercept"
    DELIVERED_AFTER_REFUSAL = "delivered_after_refusal"
    DELIVERED_AFTER_ASSESSMENT = "delivered_after_assessment"
    DELIVERED_AFTER_REFUND = "delivered_after_refund"
    STALE_ANSWER = "stale_answer"
    UNAPPROVED_RETURN = "unapproved_return"
    CONDITION_CONFLICT = "condition_conflict"
    RETURNED_UNDISPATCHED = "returned_undispatched"
    RETURNED_AFTER_CANCEL = "returned_after_cancel"
    RETURNED_AFTER_CLOSE = "returned_after_close"
    RETURNED_AFTER_REFUND = "returned_after_refund"
    SETTLED_AFTER_FAILURE = "settled_after_failure"


class Step(StrEnum):
    """What somebody can do instead that is no input of the machine."""

    CONTACT_CUSTOMER_SERVICE = "contact_customer_service"
    """Ask customer service (A6)."""
    CONTACT_SELLER = "contact_seller"
    """Ask the seller of the goods (B11)."""
    WAIT = "wait"
    """Do nothing: it goes on by itself, or somebody else has to act."""


@frozen
class Reason:
    """Why a command was refused, or what a fact contradicts.

    Attributes:
        code: permanent; a `Code`, an `AnomalyCode`, or a host's own string.
        clause: the clause of the policy that says so, such as ``A9``.
        facts: what was compared: times, quantities, amounts, states.
        next_steps: input names, or a `Step`.
        sentence: a host's own sentence; ours are built from the facts.
    """

    code: str
    clause: str
    facts: Mapping[str, Any] = field(factory=dict)
    next_steps: tuple[str, ...] = ()
    sentence: str | None = None

    @property
    def message(self) -> str:
        """A plain sentence for a person, built from the facts."""
        from orderfsm.messages import sentence_of

        return sentence_of(self)


def not_allowed(name: str) -> Reason:
    """The one reason that comes alone and tells nothing about the order (policy 5.15)."""
    return Reason(Code.NOT_ALLOWED, "5.15", {"input": name})
