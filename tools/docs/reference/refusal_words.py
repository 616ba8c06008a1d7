"""When each refusal is given, and short stories that end with it."""

from collections.abc import Mapping

from attrs import frozen

from orderfsm.actors import CUSTOMER_SERVICE, WAREHOUSE
from orderfsm.inputs import (
    AcceptTerms,
    ApproveCancellation,
    ApproveReturn,
    AssessReturn,
    CancelDelivery,
    Dispatched,
    GiveUpService,
    Item,
    RequestCancellation,
    ResendRefund,
    ResolveAnomaly,
    ReturnReceived,
    WithdrawCancellation,
)
from orderfsm.policy import Policy
from orderfsm.reasons import Code
from orderfsm.states import State
from tools.docs.reference.examples import (
    AGREED,
    ASSESSED,
    BACK,
    BUNDLE,
    CANCEL,
    DIGITAL,
    FORM,
    OF_SELLER,
    OPENED,
    PAID,
    SENT_BACK,
    SIGNED,
    TWO,
    Step,
    placing,
    way_to,
)

Story = tuple[Step, ...]


@frozen
class Given:
    """When a code is given, and stories of whose last input it is the answer."""

    when: str
    stories: tuple[Story, ...]
    policy: Policy


def _given(when: str, *stories: Story, policy: Policy | None = None) -> Given:
    return Given(when, stories, policy or Policy())


def _in(state: State, *then: Step) -> Story:
    return (*way_to(state), *then)


CALL_OFF = CancelDelivery(lines="all")
ASSESS = AssessReturn(lines="all")

# fmt: off
REFUSED: Mapping[Code, Given] = {
    Code.NOT_ALLOWED: _given(
        "The sender's role may not send this, or the order is another customer's, or the goods another seller's. "
        "It comes alone and tells nothing about the order.",
        (*PAID, CANCEL.sent(by=WAREHOUSE))),
    Code.UNKNOWN_ORDER: _given(
        "A command came about an order that was never placed.", (CANCEL,)),
    Code.UNKNOWN_LINE: _given(
        "The command names a line that the order does not have.", (*PAID, RequestCancellation(lines=["Z"]))),
    Code.UNKNOWN_PARCEL: _given(
        "The delivery of a parcel is to be called off in which no such goods are known to be.",
        _in(State.SHIPPED, CancelDelivery(parcel="P9")),
        (*TWO, Dispatched(lines=["A"], parcel="P1"), CancelDelivery(lines=["B"], parcel="P1"))),
    Code.UNKNOWN_REFUND: _given(
        "A refund is to be sent again that the order does not have.", _in(State.CANCELLED, ResendRefund(refund="r9"))),
    Code.UNKNOWN_ANOMALY: _given(
        "An anomaly is to be resolved that the order does not have.", (*PAID, ResolveAnomaly(anomaly="n9"))),
    Code.QUANTITY_EXCEEDS: _given(
        "More of a line is named than this is possible for now.", (*PAID, RequestCancellation(lines={"A": 3}))),
    Code.NOTHING_SELECTED: _given(
        "The selection is empty.", (*PAID, RequestCancellation(lines=[]))),
    Code.CONFLICTING_ID: _given(
        "The sender used the same id before, for something else.",
        (*PAID, RequestCancellation(lines="all", id="k1"), RequestCancellation(lines=["A"], id="k1"))),
    Code.WRONG_PRECISION: _given(
        "An amount has more decimal places than the order's currency.",
        (*PAID, *BACK, AssessReturn(lines="all", amount="1.005"))),
    Code.ALREADY_PLACED: _given(
        "An order is placed a second time.", (placing(), placing())),
    Code.BUNDLE_MIXED: _given(
        "A bundle is placed that holds digital goods, or goods of several sellers.",
        (placing(Item(id="A", amount="9", bundle="set"), Item(id="D", amount="1", kind="digital", bundle="set")),)),
    Code.NOT_PAID: _given(
        "The goods wait for payment, and what is asked for only makes sense for paid ones.",
        _in(State.UNPAID, CALL_OFF)),
    Code.CLOSES_BY_ITSELF: _given(
        "An unpaid order is to be cancelled by hand, and the policy leaves that to the clock.",
        _in(State.UNPAID, CANCEL)),
    Code.ORDER_CLOSED: _given(
        "The order was not paid in time and is closed for good.", _in(State.CLOSED, CANCEL)),
    Code.ALREADY_DISPATCHED: _given(
        "Goods are to be cancelled that have left. Nobody can override it.", _in(State.SHIPPED, CANCEL)),
    Code.NOT_COVERED: _given(
        "Digital goods are to be cancelled, called off or returned.", (*DIGITAL, CANCEL)),
    Code.ALREADY_REQUESTED: _given(
        "The same was asked before and waits for its answer, or the answer was yes and is being carried out.",
        _in(State.UNSHIPPED_CANCEL_REQUESTED, CANCEL)),
    Code.ALREADY_CANCELLED: _given(
        "The goods are cancelled already, paid back or not.", _in(State.CANCELLED, CANCEL)),
    Code.NOTHING_REQUESTED: _given(
        "Something is to be approved, declined or withdrawn that nobody has asked for.",
        (*PAID, WithdrawCancellation(lines="all"))),
    Code.AWAITING_LOGISTICS: _given(
        "A cancellation is approved a second time while the logistics provider's answer is awaited.",
        _in(State.PREPARING_CANCEL_CONFIRMING, ApproveCancellation(lines="all"))),
    Code.SELLER_DECIDES: _given(
        "Customer service decides about goods of a third-party seller, which only that seller may.",
        (*OF_SELLER, CANCEL, ApproveCancellation(lines="all", by=CUSTOMER_SERVICE))),
    Code.BUNDLE_INDIVISIBLE: _given(
        "Part of a bundle is named, and the policy refuses that instead of taking the rest along.",
        (*BUNDLE, RequestCancellation(lines=["A"])), policy=Policy(bundle_widening=False)),
    Code.NOT_DISPATCHED: _given(
        "A delivery is to be called off that has not begun.", (*PAID, CALL_OFF)),
    Code.ALREADY_ARRIVED: _given(
        "A delivery is to be called off, and the parcel is at the door already.", _in(State.ARRIVED, CALL_OFF)),
    Code.ALREADY_DELIVERED: _given(
        "A delivery is to be called off, and the goods are signed for.", _in(State.DELIVERED, CALL_OFF)),
    Code.ALREADY_LOST: _given(
        "The carrier has lost the goods, so there is nothing to cancel, call off or send back.",
        _in(State.LOST, CALL_OFF)),
    Code.NOT_DELIVERED: _given(
        "Goods are to be sent back by a form that the customer does not have, or a return is to be ended that began "
        "without one.",
        _in(State.SHIPPED, FORM)),
    Code.RETURN_OPEN: _given(
        "The goods are on their way back, or a form about them is open.", _in(State.RETURN_REQUESTED, FORM)),
    Code.ALREADY_RETURNED: _given(
        "The goods are back in the warehouse, or were before they were paid back.", _in(State.RETURNED, FORM)),
    Code.TERMS_REQUIRED: _given(
        "The return of goods that were opened by choice is approved without terms.",
        (*PAID, *SIGNED, OPENED, ApproveReturn(lines="all"))),
    Code.TERMS_NOT_NEEDED: _given(
        "Terms are proposed for goods that were not opened by choice.",
        (*PAID, *SIGNED, FORM, ApproveReturn(lines="all", terms="6.00"))),
    Code.NOTHING_PROPOSED: _given(
        "Terms are accepted or rejected that nobody has proposed.", _in(State.DELIVERED, AcceptTerms(lines="all"))),
    Code.NO_PREPAID_LABEL: _given(
        "A prepaid label is to be sent to a country in which there is none.",
        (*PAID, *SIGNED, FORM, ApproveReturn(lines="all", label="prepaid"))),
    Code.NOT_IN_SERVICE: _given(
        "A repair or exchange is given up of goods that did not come in for one.",
        _in(State.RETURNED, GiveUpService(lines="all"))),
    Code.IN_SERVICE: _given(
        "Goods are assessed that are in for repair or exchange.", _in(State.SERVICING, ASSESS)),
    Code.NOT_RECEIVED: _given(
        "Goods are assessed that have not come back.", (*PAID, *SENT_BACK, ASSESS)),
    Code.ALREADY_ASSESSED: _given(
        "What is paid back for the goods is decided already; it is decided once.", (*PAID, *ASSESSED, ASSESS)),
    Code.AMOUNT_REQUIRED: _given(
        "Goods came back opened or damaged against what the form said, so a person has to say the amount.",
        (*PAID, *SENT_BACK, ReturnReceived(lines="all", condition="opened"), ASSESS)),
    Code.EXCEEDS_PAID: _given(
        "Terms or an amount are higher than what was paid for the goods.",
        (*PAID, *SIGNED, OPENED, ApproveReturn(lines="all", terms="25.00")),
        (*PAID, *BACK, AssessReturn(lines="all", amount="25.00"))),
    Code.EXCEEDS_TERMS: _given(
        "The amount is higher than the agreed terms.", (*PAID, *AGREED, AssessReturn(lines="all", amount="7.00"))),
    Code.BELOW_TERMS: _given(
        "The amount is lower than the agreed terms, and the customer has not agreed to less.",
        (*PAID, *AGREED, AssessReturn(lines="all", amount="5.00"))),
    Code.NOT_FAILED: _given(
        "A refund is to be sent again that has not failed.", _in(State.CANCELLED, ResendRefund(refund="r1"))),
    Code.ALREADY_RESOLVED: _given(
        "An anomaly is resolved a second time.",
        (*PAID, Dispatched(lines={"A": 3}), ResolveAnomaly(anomaly="n1"), ResolveAnomaly(anomaly="n1"))),
}
# fmt: on
