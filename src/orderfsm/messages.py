"""Plain sentences for people, built from the facts that a reason carries.

Each code has several wordings, the most telling first; the first one whose facts are all there is taken, and
the last one needs none. So a reason always has a sentence, whatever it lacks.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from orderfsm.reasons import AnomalyCode, Code, Reason

Wordings = tuple[str, ...]

_GENERIC = "This is not possible now."

# fmt: off
REFUSALS: Mapping[Code, Wordings] = {
    Code.NOT_ALLOWED: ("You may not do this.",),
    Code.UNKNOWN_ORDER: ("There is no order {order}.", "There is no such order."),
    Code.UNKNOWN_LINE: (
        "This order has no line {line}; its lines are {lines}.", "This order has no line {line}.",
        "This order has no such line."),
    Code.UNKNOWN_PARCEL: (
        "No goods of this order are known to be in parcel {parcel}.", "None of line {line} is in that parcel.",
        "No such parcel belongs to this order."),
    Code.UNKNOWN_REFUND: (
        "This order has no refund {refund}; its refunds are {refunds}.", "This order has no refund {refund}.",
        "This order has no such refund."),
    Code.UNKNOWN_ANOMALY: ("This order has no anomaly {anomaly}.", "This order has no such anomaly."),
    Code.QUANTITY_EXCEEDS: (
        "{quantity} of line {line} were named, but this is possible for {fits} only.",
        "More was named than there is."),
    Code.NOTHING_SELECTED: ("No goods were selected.",),
    Code.CONFLICTING_ID: (
        "The id {id} was already used for something else.",
        "The id of this input was already used for something else."),
    Code.WRONG_PRECISION: (
        "The {field} {amount} does not suit the currency: expected {expected}.",
        "The amount has more decimal places than the currency."),
    Code.ALREADY_PLACED: ("Order {order} has already been placed.", "This order has already been placed."),
    Code.BUNDLE_MIXED: (
        "Bundle {bundle} must hold physical goods of one seller only.",
        "A bundle must hold physical goods of one seller only."),
    Code.NOT_PAID: ("Line {line} has not been paid for.", "The goods have not been paid for."),
    Code.CLOSES_BY_ITSELF: (
        "The order is unpaid and closes by itself at {closes_at}; nobody needs to cancel it.",
        "An unpaid order closes by itself; nobody needs to cancel it."),
    Code.ORDER_CLOSED: ("The order was not paid in time and is closed.",),
    Code.ALREADY_DISPATCHED: (
        "Line {line} has already been dispatched ({state}) and can no longer be cancelled.",
        "Dispatched goods can no longer be cancelled."),
    Code.NOT_COVERED: (
        "Line {line} is digital; digital goods cannot be cancelled or returned.",
        "Digital goods cannot be cancelled or returned."),
    Code.ALREADY_REQUESTED: (
        "This was already asked for line {line} and waits for an answer ({state}).",
        "This was already asked for and waits for an answer."),
    Code.ALREADY_CANCELLED: ("Line {line} has already been cancelled.", "The goods have already been cancelled."),
    Code.NOTHING_REQUESTED: (
        "Nobody has asked for this about line {line} ({state}).", "There is no request to decide or to withdraw."),
    Code.AWAITING_LOGISTICS: (
        "Cancelling line {line} waits for the logistics provider's answer.",
        "The cancellation waits for the logistics provider's answer."),
    Code.SELLER_DECIDES: (
        "Only seller {seller} can decide about line {line}.", "Only the seller can decide about these goods."),
    Code.BUNDLE_INDIVISIBLE: (
        "The bundle can only be chosen as a whole; missing: {missing}.", "A bundle can only be chosen as a whole."),
    Code.NOT_DISPATCHED: (
        "Line {line} has not been dispatched ({state}), so there is no delivery to call off.",
        "There is no delivery to call off."),
    Code.ALREADY_ARRIVED: (
        "Line {line} has already arrived, so the delivery can no longer be called off; it can be refused at the door.",
        "The parcel has already arrived; it can be refused at the door."),
    Code.ALREADY_DELIVERED: (
        "Line {line} has already been delivered, so there is nothing left to call off; it can be returned.",
        "The goods have already been delivered; they can be returned."),
    Code.ALREADY_LOST: ("The carrier has lost line {line}.", "The carrier has lost the goods."),
    Code.NOT_DELIVERED: (
        "Line {line} has not been delivered ({state}), so there is nothing to send back.",
        "The goods are not with the customer."),
    Code.RETURN_OPEN: (
        "Line {line} is already on its way back or has an open return ({state}).",
        "There is already an open return for the goods."),
    Code.ALREADY_RETURNED: ("Line {line} has already come back.", "The goods have already come back."),
    Code.TERMS_REQUIRED: (
        "Line {line} was opened by choice: approving its return needs terms, the refund that is offered.",
        "The return of goods opened by choice needs terms, the refund that is offered."),
    Code.TERMS_NOT_NEEDED: (
        "Terms are for goods opened by choice only, which line {line} is not.",
        "Terms are for goods opened by choice only."),
    Code.NOTHING_PROPOSED: (
        "No terms have been proposed for line {line} ({state}).", "No terms have been proposed."),
    Code.NO_PREPAID_LABEL: (
        "There is no prepaid return label in {country}; the customer posts the goods.",
        "There is no prepaid return label in this country."),
    Code.NOT_IN_SERVICE: (
        "Line {line} is not in for repair or exchange ({state}).", "The goods are not in for repair or exchange."),
    Code.IN_SERVICE: (
        "Line {line} is in for repair or exchange; give that up before it is paid back.",
        "The goods are in for repair or exchange; give that up before they are paid back."),
    Code.NOT_RECEIVED: (
        "Line {line} has not come back yet ({state}), so nothing can be paid back for it.",
        "The goods have not come back yet."),
    Code.ALREADY_ASSESSED: (
        "What is paid back for line {line} has already been decided.",
        "What is paid back for the goods has already been decided."),
    Code.AMOUNT_REQUIRED: (
        "Line {line} came back {condition} without agreed terms: say the amount that is paid back.",
        "The goods came back otherwise than announced: say the amount that is paid back."),
    Code.EXCEEDS_PAID: (
        "{terms} is more than was paid for the goods ({paid}).", "{amount} is more than can be paid back ({most}).",
        "This is more than was paid."),
    Code.EXCEEDS_TERMS: (
        "{amount} is more than the agreed terms ({agreed}).", "This is more than the agreed terms."),
    Code.BELOW_TERMS: (
        "{amount} is less than the agreed terms ({agreed}); less needs new terms.",
        "This is less than the agreed terms."),
    Code.NOT_FAILED: (
        "Refund {refund} is {state}; only a failed refund is sent again.", "Only a failed refund is sent again."),
    Code.ALREADY_RESOLVED: (
        "Anomaly {anomaly} has already been resolved.", "This anomaly has already been resolved."),
}

ANOMALIES: Mapping[AnomalyCode, Wordings] = {
    AnomalyCode.UNKNOWN_ORDER: (
        "Something was reported about order {order}, which was never placed; it is kept until it is.",
        "Something was reported about an order that was never placed."),
    AnomalyCode.UNKNOWN_LINE: (
        "Line {line} was reported, which this order does not have; its lines are {lines}.",
        "Line {line} was reported, which this order does not have.",
        "A line was reported that this order does not have."),
    AnomalyCode.UNKNOWN_PARCEL: (
        "Parcel {parcel} was reported, in which none of these goods are known to be.",
        "A parcel was reported in which none of these goods are known to be."),
    AnomalyCode.UNKNOWN_REFUND: (
        "Refund {refund} was reported, which this order does not have.",
        "A refund was reported that this order does not have."),
    AnomalyCode.CONFLICTING_ID: (
        "A fact came under the id {id}, which was used for something else.",
        "A fact came under an id that was used for something else."),
    AnomalyCode.WRONG_PRECISION: (
        "A capture of {amount} was reported, which does not suit the currency: expected {expected}.",
        "A capture was reported with more decimal places than the currency."),
    AnomalyCode.PAYMENT_CONFLICT: (
        "Payment {payment} was reported as {reported}, but is known as {known}.",
        "A payment was reported again with another amount or instrument."),
    AnomalyCode.NOT_PAID: (
        "{lines} were reported on the move before they were paid; judged again once they are.",
        "Goods were reported on the move before they were paid."),
    AnomalyCode.NOTHING_FITS: (
        "This was reported about {lines} ({states}), for which it means nothing.",
        "This was reported about line {line}, for which it means nothing.",
        "Something was reported that means nothing for these goods."),
    AnomalyCode.QUANTITY_EXCEEDS: (
        "{quantity} of line {line} were reported, but this fits for {fits} only.",
        "More was reported than fits."),
    AnomalyCode.DIGITAL_GOODS: (
        "{lines} are digital and were reported on the move.", "Digital goods were reported on the move."),
    AnomalyCode.PARCEL_CONFLICT: (
        "{lines} were reported in another parcel than the one they left in.",
        "Goods were reported in another parcel than the one they left in."),
    AnomalyCode.PREPARED_AFTER_CANCEL: (
        "{lines} went into preparation although cancelled.", "Goods went into preparation although cancelled."),
    AnomalyCode.PREPARED_AFTER_CLOSE: (
        "{lines} went into preparation although the order is closed.",
        "Goods went into preparation although the order is closed."),
    AnomalyCode.DISPATCHED_AFTER_CANCEL: (
        "{lines} left although cancelled; the cancellation stands and the carrier is asked to bring them back.",
        "Goods left although cancelled; the cancellation stands."),
    AnomalyCode.DISPATCHED_AFTER_CLOSE: (
        "{lines} left although the order is closed; it stays closed and the carrier is asked to bring them back.",
        "Goods left although the order is closed; it stays closed."),
    AnomalyCode.TRACKED_AFTER_CANCEL: (
        "{lines} were seen on the road although cancelled.", "Cancelled goods were seen on the road."),
    AnomalyCode.TRACKED_AFTER_CLOSE: (
        "{lines} were seen on the road although the order is closed.",
        "Goods of a closed order were seen on the road."),
    AnomalyCode.ARRIVED_AFTER_LOSS: ("{lines} arrived after they were lost.", "Lost goods arrived."),
    AnomalyCode.REFUSED_AFTER_LOSS: (
        "{lines} were refused at the door after they were lost.", "Lost goods were refused at the door."),
    AnomalyCode.LOST_AFTER_DELIVERY: (
        "{lines} were reported lost after they were delivered.", "Delivered goods were reported lost."),
    AnomalyCode.LOST_AFTER_RETURN: (
        "{lines} were reported lost after they came back.", "Returned goods were reported lost."),
    AnomalyCode.REFUSED_AFTER_DELIVERY: (
        "{lines} were reported refused after they were signed for.", "Goods were reported refused after delivery."),
    AnomalyCode.DELIVERED_AFTER_INTERCEPT: (
        "{lines} were delivered although the carrier had confirmed to bring them back.",
        "Goods were delivered although the carrier had confirmed to bring them back."),
    AnomalyCode.DELIVERED_AFTER_REFUSAL: (
        "{lines} were delivered although they had been refused.",
        "Goods were delivered although they had been refused."),
    AnomalyCode.DELIVERED_AFTER_ASSESSMENT: (
        "{lines} were delivered after it was decided what is paid back for their loss.",
        "Lost goods were delivered after it was decided what is paid back for them."),
    AnomalyCode.DELIVERED_AFTER_REFUND: (
        "{lines} turned up after they were paid back as lost.", "Goods turned up after they were paid back as lost."),
    AnomalyCode.STALE_ANSWER: (
        "An answer about {lines} ({states}) belongs to no open question and moves nothing.",
        "An answer belongs to no open question and moves nothing."),
    AnomalyCode.UNAPPROVED_RETURN: (
        "{lines} came back without an approved return; a person has to assess them.",
        "Goods came back without an approved return."),
    AnomalyCode.CONDITION_CONFLICT: (
        "{lines} were reported back in another condition than before, or once their amount was decided.",
        "Goods were reported back in another condition than before."),
    AnomalyCode.RETURNED_UNDISPATCHED: (
        "{lines} were reported back although they never left.", "Goods were reported back that never left."),
    AnomalyCode.RETURNED_AFTER_CANCEL: (
        "{lines} came back although cancelled; nothing more is paid for them.",
        "Cancelled goods came back; nothing more is paid for them."),
    AnomalyCode.RETURNED_AFTER_CLOSE: (
        "{lines} came back although the order is closed.", "Goods of a closed order came back."),
    AnomalyCode.RETURNED_AFTER_REFUND: (
        "{lines} came back after they were refunded; nothing more is paid for them.",
        "Refunded goods came back; nothing more is paid for them."),
    AnomalyCode.SETTLED_AFTER_FAILURE: (
        "Refund {refund} was reported on although it had failed ({state}).",
        "A refund was reported on although it had failed."),
}
# fmt: on

_REFUSAL_OF: Mapping[str, Wordings] = {code.value: wordings for code, wordings in REFUSALS.items()}
_ANOMALY_OF: Mapping[str, Wordings] = {code.value: wordings for code, wordings in ANOMALIES.items()}


def sentence_of(reason: Reason) -> str:
    """One plain sentence about `reason`; for a host's own code the host's sentence, or a general one."""
    if reason.sentence is not None:
        return reason.sentence
    code = reason.code
    first, second = (_ANOMALY_OF, _REFUSAL_OF) if isinstance(code, AnomalyCode) else (_REFUSAL_OF, _ANOMALY_OF)
    wordings = first.get(str(code)) or second.get(str(code)) or (_GENERIC,)
    facts = {name: _shown(name, value) for name, value in reason.facts.items() if value is not None}
    for wording in wordings:
        try:
            sentence = wording.format_map(facts)
            return sentence[:1].upper() + sentence[1:]
        except KeyError:
            continue
    return _GENERIC  # pragma: no cover - the last wording of every code needs no facts


def _shown(name: str, value: Any) -> str:
    """A fact as a person reads it: ``goods of lines A, B (2)``, ``unshipped, cancel requested`` for a state."""
    match value:
        case str():
            return value.replace(".", ", ").replace("_", " ") if name in _STATES else str(value)
        case Mapping():
            counts = ", ".join(str(key) if number == 1 else f"{key} ({number})" for key, number in value.items())
            if name == "lines":
                return f"goods of line{'s' if len(value) > 1 else ''} {counts}"
            return counts or "nothing"
        case Iterable():
            return ", ".join(_shown(name, each) for each in value) or "none"
        case _:
            return str(value)


_STATES = frozenset({"state", "states"})
