"""An order as data: lines, lots, payments, refunds, cases, anomalies. Frozen values, no behaviour but counting.

A *line* is what was bought. Its goods can be in different places, so they are held as *lots*: a quantity
that is in one state and moves together. The lots of a line always add up to its quantity, and their
amounts to what was paid for it. Amounts here are minor units of the order's currency.
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

from attrs import field, frozen

from orderfsm.actors import Actor
from orderfsm.inputs import Condition, Fact, Input, Kind, Label
from orderfsm.reasons import Reason
from orderfsm.states import (
    UNDER_CANCELLATION,
    OrderState,
    RefundState,
    State,
)


@frozen
class Line:
    """What was bought.

    Attributes:
        id: unique within the order.
        title: what a person reads.
        quantity: how many units.
        amount: what was paid for all of them together, in minor units.
        kind: physical or digital.
        seller: the third party that sells it; None for the shop's own goods (B10).
        bundle: the bundle that it belongs to (B20).
    """

    id: str
    title: str
    quantity: int
    amount: int
    kind: Kind
    seller: str | None
    bundle: str | None

    @property
    def physical(self) -> bool:
        """Whether the goods can be shipped, and so cancelled and returned (B6, B7)."""
        return self.kind is Kind.PHYSICAL


class Answer(StrEnum):
    """What became of an ask; `VOID` where the request behind it was withdrawn or lapsed."""

    CONFIRMED = "confirmed"
    """Yes: the goods stay, or come back."""
    DENIED = "denied"
    """No: they cannot be stopped."""
    VOID = "void"
    """The request behind it was withdrawn or lapsed."""


class Party(StrEnum):
    """Who is asked: the logistics provider before dispatch (A8), the carrier after it (A11)."""

    LOGISTICS = "logistics"
    """The logistics provider, before dispatch (A8)."""
    CARRIER = "carrier"
    """The carrier, after it (A11)."""


@frozen
class Ask:
    """A question about some goods to somebody outside, open until it is answered.

    Attributes:
        id: counted within the order: ``a1``, ``a2``, … .
        party, at: who was asked, and when.
        answer: what was answered; None while it is awaited.
    """

    id: str
    party: Party
    at: datetime
    answer: Answer | None = None

    @property
    def open(self) -> bool:
        """Whether the answer is still awaited. Silence is never a yes (A8)."""
        return self.answer is None


class CaseKind(StrEnum):
    """What was asked for some goods."""

    CANCELLATION = "cancellation"
    """That they be cancelled (A4)."""
    DELIVERY = "delivery"
    """That their delivery be called off (B18)."""
    RETURN = "return"
    """That they be taken back (A13)."""
    REPAIR = "repair"
    """That they be mended (B3)."""
    EXCHANGE = "exchange"
    """That others be sent instead (B3)."""


FROM_HOME = frozenset({CaseKind.RETURN, CaseKind.REPAIR, CaseKind.EXCHANGE})
FOR_SERVICE = frozenset({CaseKind.REPAIR, CaseKind.EXCHANGE})


@frozen
class Case:
    """What was asked for the goods of a lot: by whom, when, why.

    Attributes:
        kind, at, by: what was asked, when and by whom.
        reason: why, in their words.
        opened: whether they said that the goods were opened (A16).
        label: who pays the postage, once a return is approved (A15).
    """

    kind: CaseKind
    at: datetime
    by: Actor
    reason: str | None = None
    opened: bool = False
    label: Label | None = None


@frozen
class Lot:
    """A quantity of one line that is in one state and moves together.

    Attributes:
        line: what the goods are.
        quantity: how many.
        amount: what was paid for them, in minor units.
        state: where they are.
        since: since when they are there, or wait there.
        parcel: what they were dispatched in.
        case: what was last asked for them.
        ask: the last question put to logistics or the carrier about them.
        terms: the refund that was proposed, and agreed once they are `returning` (A16), in minor units.
        delivered_at: when they were signed for, since they last left.
        received_at: when they arrived back in the warehouse.
        condition: how they arrived there.
        refunds: the refunds created for them.
        assessed: whether what is paid back for them has been decided (A19).
        shop_fault: whether they came back, or were lost, by the shop's fault.
        settled_from: the state they had before they were `refunded`.
        stray: whether they were reported dispatched although cancelled or closed.
        alerted: whether the present waiting has been reported overdue.
    """

    line: Line
    quantity: int
    amount: int
    state: State
    since: datetime
    parcel: str | None = None
    case: Case | None = None
    ask: Ask | None = None
    terms: int | None = None
    delivered_at: datetime | None = None
    received_at: datetime | None = None
    condition: Condition | None = None
    refunds: tuple[str, ...] = ()
    assessed: bool = False
    shop_fault: bool = False
    settled_from: State | None = None
    stray: bool = False
    alerted: bool = False

    @property
    def asked(self) -> bool:
        """Whether an answer about these goods is still awaited."""
        return self.ask is not None and self.ask.answer is None

    @property
    def from_home(self) -> bool:
        """Whether the goods are, or were, at the customer's and come back by an after-sales form (B3)."""
        return self.case is not None and self.case.kind in FROM_HOME

    @property
    def for_service(self) -> bool:
        """Whether the goods come back for repair or exchange rather than for money (B3)."""
        return self.case is not None and self.case.kind in FOR_SERVICE


@frozen
class Payment:
    """Money captured from one instrument.

    Attributes:
        id: the payment provider's.
        instrument: what was charged; refunds go back there (B2).
        amount: how much, in minor units.
        at: when it was captured.
    """

    id: str
    instrument: str
    amount: int
    at: datetime


class Cause(StrEnum):
    """Why money goes back."""

    CANCELLATION = "cancellation"
    """Goods were cancelled (A18)."""
    RETURN = "return"
    """Goods came back, or were lost (A19)."""
    LATE_PAYMENT = "late_payment"
    """It was captured after its time (policy 5.6)."""
    EXCESS_PAYMENT = "excess_payment"
    """More was captured than was due (policy 5.6)."""
    PART_PAYMENT = "part_payment"
    """The order closed before all of it was paid (policy 5.6)."""


@frozen
class Refund:
    """One amount back to one payment's own instrument (B2). It reserves the money from its creation on.

    Attributes:
        id: counted within the order.
        cause: why.
        state: where it is.
        amount: how much, in minor units.
        payment, instrument: the payment that is paid back, and where that came from.
        at: when it was created.
        not_before: the date, in the order's time zone, before which it is not expected to be sent (A18).
        due_by: the date by which it is promised to be sent, counted in working days (A18); None for returns.
        overdue_at: the instant at which `due_by` is over.
        lines: the goods that it pays back: quantities by line.
        attempt: counts from 1 how often it was to be sent.
        alerted: whether it has been reported overdue.
    """

    id: str
    cause: Cause
    state: RefundState
    amount: int
    payment: str
    instrument: str
    at: datetime
    not_before: date | None
    due_by: date | None
    overdue_at: datetime | None
    lines: Mapping[str, int] = field(factory=dict)
    attempt: int = 1
    alerted: bool = False


@frozen
class Anomaly:
    """A fact that contradicts a decision or came too early. Kept until a person resolves it.

    Attributes:
        id: counted within the order.
        reason: what it contradicts.
        fact: what was reported.
        at: when that occurred.
        open: whether nobody has resolved it yet.
        waiting: whether it came too early; it is judged again after `place` and after the completing payment.
        note: what was done about it.
    """

    id: str
    reason: Reason
    fact: Fact
    at: datetime
    open: bool = True
    waiting: bool = False
    note: str = ""


@frozen
class Unplaced:
    """An order of which nothing is known but its id, and the facts that came too early for it.

    Attributes:
        id: the order's.
        anomalies: the facts that came too early.
        seen: the inputs that carried an id, for idempotency.
        version: how many inputs have changed what is known.
    """

    id: str
    anomalies: tuple[Anomaly, ...] = ()
    seen: tuple[Input, ...] = ()
    version: int = 0


@frozen
class Order:
    """Everything that is known about one order after its last input.

    Attributes:
        id: the host's id of the order.
        customer: who bought.
        country: where it goes (ISO 3166).
        currency: of all amounts (ISO 4217).
        timezone: in which dates are told (IANA).
        placed_at: when it was placed.
        delivery_fee: what delivery costs, in minor units.
        lines: what was bought.
        lots: where the goods are, by quantity and state.
        payments: what was captured, in that order.
        refunds: what goes back, in order of creation.
        anomalies: what did not fit, resolved or not.
        seen: the inputs that carried an id, for idempotency.
        paid_at: the latest `at` among the captures that completed the payment; None while unpaid.
        asks: how many questions have been put to logistics or carriers.
        version: how many inputs and deadlines have changed the order.
    """

    id: str
    customer: str
    country: str
    currency: str
    timezone: str
    placed_at: datetime
    delivery_fee: int
    lines: tuple[Line, ...]
    lots: tuple[Lot, ...]
    payments: tuple[Payment, ...] = ()
    refunds: tuple[Refund, ...] = ()
    anomalies: tuple[Anomaly, ...] = ()
    seen: tuple[Input, ...] = ()
    paid_at: datetime | None = None
    asks: int = 0
    version: int = 0

    @property
    def state(self) -> OrderState:
        """The order's state, as one word (policy 2)."""
        return order_state(self)

    @property
    def quantities(self) -> dict[str, dict[State, int]]:
        """How many of each line are in which state."""
        return quantities(self)


_GONE = frozenset({State.CANCELLED, State.RETURNED, State.REFUNDED})
_COMING_BACK = frozenset({State.RETURN_REQUESTED, State.RETURN_PLANNING, State.RETURNING, State.SERVICING})
_ON_THE_WAY = frozenset({State.SHIPPED, State.SHIPPED_INTERCEPTING, State.ARRIVED, State.LOST, State.DELIVERED})
_PREPARING = frozenset({State.PREPARING})


def order_state(order: Order) -> OrderState:
    """One word for the whole order; the first rule that matches wins. Digital goods count only alone."""
    lots = [lot for lot in order.lots if lot.line.physical] or list(order.lots)
    states = {lot.state for lot in lots}
    if State.CLOSED in states:
        return OrderState.CLOSED
    if State.UNPAID in states:
        return OrderState.UNPAID
    if states & UNDER_CANCELLATION:
        return OrderState.CANCEL_REQUESTED
    if states == {State.REFUNDED}:
        return OrderState.REFUNDED
    if all(was_cancelled(lot) for lot in lots):
        return OrderState.CANCELLED
    if states <= _GONE:
        return OrderState.RETURNED
    states -= _GONE
    if states & _COMING_BACK:
        return OrderState.RETURNING
    if states == {State.DELIVERED}:
        return OrderState.DELIVERED
    if states <= _ON_THE_WAY:
        return OrderState.SHIPPED
    if states & _ON_THE_WAY:
        return OrderState.PARTIALLY_SHIPPED
    return OrderState.PREPARING if states & _PREPARING else OrderState.UNSHIPPED


def was_cancelled(lot: Lot) -> bool:
    """Whether the goods were cancelled, refunded since or not."""
    return lot.state is State.CANCELLED or lot.settled_from is State.CANCELLED


def is_cancelled(order: Order) -> bool:
    """Whether the order belongs in the customer's cancelled orders: all physical goods cancelled (B16)."""
    physical = [lot for lot in order.lots if lot.line.physical]
    return bool(physical) and all(was_cancelled(lot) for lot in physical)


def quantities(order: Order) -> dict[str, dict[State, int]]:
    """How many of each line are in which state, in the order of the lines and of the states."""
    counted: dict[str, dict[State, int]] = {line.id: {} for line in order.lines}
    for lot in order.lots:
        states = counted[lot.line.id]
        states[lot.state] = states.get(lot.state, 0) + lot.quantity
    return counted
