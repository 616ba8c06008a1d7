"""When each anomaly is kept, what a person does then, what the customer is told, and a story that ends with it."""

from collections.abc import Mapping

from attrs import frozen

from orderfsm.inputs import (
    Arrived,
    AssessReturn,
    Delivered,
    DeliveryRefused,
    Dispatched,
    Input,
    InterceptConfirmed,
    Lost,
    PreparationStarted,
    RefundFailed,
    RefundSent,
    RefundSettled,
    ReturnReceived,
    StopConfirmed,
)
from orderfsm.reasons import AnomalyCode
from orderfsm.states import State
from tools.docs.reference.examples import ASSESSED, DIGITAL, PAID, SENT_BACK, TWO, Step, captured, placing, way_to

NOTHING = "Nothing; it does not concern them."


@frozen
class Kept:
    """When an anomaly is kept, what to do about it, what to tell the customer, and a story that ends with it."""

    when: str
    do: str
    tell: str
    story: tuple[Step, ...]


def _in(state: State, *then: Input) -> tuple[Step, ...]:
    return (*way_to(state), *then)


LOST_AND_PAID = (*way_to(State.LOST), AssessReturn(lines="all"), RefundSettled(refund="r1"))

# fmt: off
KEPT: Mapping[AnomalyCode, Kept] = {
    AnomalyCode.UNKNOWN_ORDER: Kept(
        "Something was reported about an order that was never placed. It is judged again when the order is.",
        "Wait for the order. If it never comes, find out whose report this is.",
        NOTHING, (Dispatched(parcel="P1"),)),
    AnomalyCode.UNKNOWN_LINE: Kept(
        "A report names a line that the order does not have.",
        "Ask the sender which line was meant, and have it reported under that.",
        NOTHING, (*PAID, Dispatched(lines=["Z"]))),
    AnomalyCode.UNKNOWN_PARCEL: Kept(
        "A report names a parcel in which none of these goods are known to be.",
        "Find out what is in the parcel; report its dispatch with its lines, then what was reported about it.",
        "Nothing until it is known what the parcel holds.", _in(State.SHIPPED, Delivered(parcel="P9"))),
    AnomalyCode.UNKNOWN_REFUND: Kept(
        "The payment provider reports on a refund that the order does not have.",
        "Compare with the provider's books. Money that left without a refund here has to be booked by hand.",
        "Nothing, unless money that is not owed has reached them.", (*PAID, RefundSent(refund="r9"))),
    AnomalyCode.CONFLICTING_ID: Kept(
        "A report came under an id that the same sender used for something else. It is not carried out.",
        "Have the sender report it under an id of its own.",
        NOTHING, _in(State.SHIPPED, Arrived(id="f1"), Delivered(id="f1"))),
    AnomalyCode.WRONG_PRECISION: Kept(
        "A captured amount has more decimal places than the order's currency. It pays for nothing.",
        "Ask the payment provider what was really taken, and have that reported.",
        "That the payment is being looked into, if they ask.", (placing(), captured("20.005"))),
    AnomalyCode.PAYMENT_CONFLICT: Kept(
        "A payment that is known was reported again with another amount or instrument. The first report holds.",
        "Compare with the payment provider's books, and correct what is wrong there.",
        NOTHING, (placing(), captured("5.00"), captured("6.00"))),
    AnomalyCode.NOT_PAID: Kept(
        "Goods were reported on the move before they were paid. It is judged again once they are, or once the order "
        "closes.",
        "Find out why they left. If payment does not come, the carrier will be asked to bring them back.",
        "That payment is still missing.", (placing(), Dispatched(parcel="P1"))),
    AnomalyCode.NOTHING_FITS: Kept(
        "The report names no goods, or goods for which it means nothing.",
        "Ask the sender which goods were meant.",
        NOTHING,
        (*TWO, Dispatched(lines=["A"], parcel="P1"), Dispatched(lines=["B"], parcel="P2"),
         Delivered(lines=["B"], parcel="P1"))),
    AnomalyCode.QUANTITY_EXCEEDS: Kept(
        "More goods of a line were reported than it fits. Those that fit have moved.",
        "Count again with the sender: something was sent, or counted, that was not ordered.",
        "Nothing, unless they got too much.", (*PAID, Dispatched(lines={"A": 3}))),
    AnomalyCode.DIGITAL_GOODS: Kept(
        "Digital goods were reported on the move; they never are.",
        "Correct the line at the sender, or the kind of the goods in the catalogue.",
        NOTHING, (*DIGITAL, Dispatched(lines=["D"]))),
    AnomalyCode.PARCEL_CONFLICT: Kept(
        "Goods were reported dispatched in another parcel than the one in which they left.",
        "Find out in which parcel they are, and whether something was sent twice.",
        "Which parcel to expect, once it is known.", _in(State.SHIPPED, Dispatched(lines=["A"], parcel="P2"))),
    AnomalyCode.PREPARED_AFTER_CANCEL: Kept(
        "Cancelled goods went into preparation.",
        "Stop the warehouse: the goods must not leave. The cancellation stands.",
        NOTHING, _in(State.CANCELLED, PreparationStarted(lines=["A"]))),
    AnomalyCode.PREPARED_AFTER_CLOSE: Kept(
        "Goods of a closed order went into preparation.",
        "Stop the warehouse: nobody pays for these goods.",
        NOTHING, _in(State.CLOSED, PreparationStarted(lines=["A"]))),
    AnomalyCode.DISPATCHED_AFTER_CANCEL: Kept(
        "Cancelled goods left all the same. The cancellation stands and the money goes back; the carrier is asked.",
        "See that the carrier's answer is reported, and the goods when they are back.",
        "That a parcel may come which they need not accept, and that their money goes back whatever becomes of it.",
        _in(State.CANCELLED, Dispatched(parcel="P1"))),
    AnomalyCode.DISPATCHED_AFTER_CLOSE: Kept(
        "Goods of a closed order left all the same. The order stays closed; the carrier is asked.",
        "See that the carrier's answer is reported, and the goods when they are back.",
        "That a parcel may come which they have not paid for, and that they should not accept it.",
        _in(State.CLOSED, Dispatched(parcel="P1"))),
    AnomalyCode.TRACKED_AFTER_CANCEL: Kept(
        "Cancelled goods were seen on the road.",
        "Have the dispatch reported, so that the carrier is asked; then bring the goods back.",
        "How to hand the goods back, if they have them; the money goes back in any case.",
        _in(State.CANCELLED, Arrived())),
    AnomalyCode.TRACKED_AFTER_CLOSE: Kept(
        "Goods of a closed order were seen on the road.",
        "Have the dispatch reported, so that the carrier is asked; then bring the goods back.",
        "How to hand the goods back, if they have them.", _in(State.CLOSED, Arrived())),
    AnomalyCode.ARRIVED_AFTER_LOSS: Kept(
        "Goods that were reported lost are at the door. They stay lost until they are signed for.",
        "Ask the carrier whether they were found; a delivery is reported as delivered.",
        "That the parcel may have been found.", _in(State.LOST, Arrived())),
    AnomalyCode.REFUSED_AFTER_LOSS: Kept(
        "Goods that were reported lost were turned away at the door.",
        "Ask the carrier where they are. When they are back, the warehouse reports them received.",
        "That they are paid back as lost.", _in(State.LOST, DeliveryRefused())),
    AnomalyCode.LOST_AFTER_DELIVERY: Kept(
        "Goods that the customer signed for were reported lost.",
        "Ask the carrier which is true. If they never came, settle it with the customer by hand.",
        "Ask whether they have the goods.", _in(State.DELIVERED, Lost())),
    AnomalyCode.LOST_AFTER_RETURN: Kept(
        "Goods that are back in the warehouse were reported lost.",
        "Look in the warehouse; if they are there, tell the carrier.",
        NOTHING, _in(State.RETURNED, Lost())),
    AnomalyCode.REFUSED_AFTER_DELIVERY: Kept(
        "Goods that the customer signed for were reported refused.",
        "Ask the carrier where they are. If they come back, the warehouse reports them received.",
        "Ask whether they have the goods.", _in(State.DELIVERED, DeliveryRefused())),
    AnomalyCode.DELIVERED_AFTER_INTERCEPT: Kept(
        "The carrier confirmed to bring the parcel back and delivered it. The goods count as delivered.",
        "Complain to the carrier, and help the customer to return the goods.",
        "That they can return the goods with a form.",
        _in(State.SHIPPED_INTERCEPTING, InterceptConfirmed(), Delivered(lines="all"))),
    AnomalyCode.DELIVERED_AFTER_REFUSAL: Kept(
        "A parcel that was turned away was delivered after all. The goods count as delivered.",
        "Complain to the carrier, and help the customer to return the goods.",
        "That they can return the goods with a form.",
        _in(State.SHIPPED, DeliveryRefused(), Delivered(lines="all"))),
    AnomalyCode.DELIVERED_AFTER_ASSESSMENT: Kept(
        "Lost goods turned up at the customer's after it was decided what is paid back for them.",
        "Agree with the customer whether they keep the goods and pay, or send them back.",
        "That the goods were counted as lost and are being paid back.",
        (*way_to(State.LOST), AssessReturn(lines="all"), Delivered(lines="all"))),
    AnomalyCode.DELIVERED_AFTER_REFUND: Kept(
        "Goods that were paid back as lost turned up.",
        "Agree with the customer whether they keep the goods and pay, or send them back.",
        "That the goods were counted as lost and have been paid back.",
        (*LOST_AND_PAID, Delivered(lines="all"))),
    AnomalyCode.STALE_ANSWER: Kept(
        "An answer of logistics or the carrier belongs to no open question, or contradicts one that was given.",
        "Tell the sender that the question is closed. If the goods were stopped for nothing, have them go on.",
        NOTHING, (*PAID, StopConfirmed(lines=["A"]))),
    AnomalyCode.UNAPPROVED_RETURN: Kept(
        "Goods are back in the warehouse without an approved return. They count as returned.",
        "Assess them: what is paid back is for a person to say.",
        "That the goods have arrived and are being looked at.", _in(State.DELIVERED, ReturnReceived())),
    AnomalyCode.CONDITION_CONFLICT: Kept(
        "The warehouse reports another condition than before, or after it was decided what is paid back.",
        "Look at the goods. Before the assessment the amount can still follow; afterwards it stands.",
        NOTHING,
        (*PAID, *SENT_BACK, ReturnReceived(condition="unopened"), ReturnReceived(lines=["A"], condition="damaged"))),
    AnomalyCode.RETURNED_UNDISPATCHED: Kept(
        "Goods were reported back that never left.",
        "Look whose goods they are: nothing of this order has been sent.",
        NOTHING, (*PAID, ReturnReceived(lines=["A"]))),
    AnomalyCode.RETURNED_AFTER_CANCEL: Kept(
        "Cancelled goods that had left are back. Nothing more is paid for them.",
        "Put the goods back into stock.",
        NOTHING, _in(State.CANCELLED, Dispatched(parcel="P1"), ReturnReceived())),
    AnomalyCode.RETURNED_AFTER_CLOSE: Kept(
        "Goods of a closed order are back.",
        "Put the goods back into stock.",
        NOTHING, _in(State.CLOSED, Dispatched(parcel="P1"), ReturnReceived())),
    AnomalyCode.RETURNED_AFTER_REFUND: Kept(
        "Goods came back after they were paid back. Nothing more is paid for them.",
        "Put the goods back into stock, or ask the customer what was meant.",
        NOTHING, (*PAID, *ASSESSED, RefundSettled(refund="r1"), ReturnReceived())),
    AnomalyCode.SETTLED_AFTER_FAILURE: Kept(
        "The payment provider reports a refund as arrived that it had reported failed. It stays failed.",
        "Compare with the provider's books before it is sent again, so that nothing is paid twice.",
        "That their refund is being looked into.",
        _in(State.CANCELLED, RefundFailed(refund="r1"), RefundSettled(refund="r1"))),
}
# fmt: on
