"""What the outside world must be told. Values with deterministic ids, never executed here.

The host carries them out after it has stored the decision; the same input always gives the same effects
with the same ids, so that delivering one twice can be noticed.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar

from attrs import field, frozen

from orderfsm.money import Money


class Channel(StrEnum):
    """Where a customer is told something (B4, B14, B15)."""

    SCREEN = "screen"
    """On the page, at once (B14)."""
    MESSAGE_CENTER = "message_center"
    """In the shop's message centre (B15)."""
    SMS = "sms"
    """By text message (B4)."""


class Topic(StrEnum):
    """What a customer is told. The wording follows the outcome: requested is not cancelled (B14)."""

    ORDER_CLOSED = "order_closed"
    """The order was not paid in time (A2)."""
    CANCELLATION_REQUESTED = "cancellation_requested"
    """A cancellation waits for its decision (A5)."""
    CANCELLED = "cancelled"
    """The goods are cancelled."""
    CANCELLATION_DECLINED = "cancellation_declined"
    """The cancellation was turned down (A5)."""
    CANCELLATION_DENIED = "cancellation_denied"
    """Logistics could not stop the goods (A8)."""
    CANCELLATION_WITHDRAWN = "cancellation_withdrawn"
    """The customer took the request back."""
    CANCELLATION_LAPSED = "cancellation_lapsed"
    """The goods left before it was decided (policy 5.4)."""
    INTERCEPTION_ASKED = "interception_asked"
    """The carrier was asked to stop the parcel (B18)."""
    INTERCEPTION_CONFIRMED = "interception_confirmed"
    """The carrier brings it back (A11)."""
    INTERCEPTION_DENIED = "interception_denied"
    """The carrier cannot stop it."""
    RETURN_REQUESTED = "return_requested"
    """The after-sales form has come in (B3)."""
    TERMS_PROPOSED = "terms_proposed"
    """Terms wait for the customer's answer (A16)."""
    TERMS_REJECTED = "terms_rejected"
    """The customer keeps the goods (A16)."""
    RETURN_APPROVED = "return_approved"
    """The goods may be sent back."""
    RETURN_DECLINED = "return_declined"
    """The return was turned down."""
    RETURN_WITHDRAWN = "return_withdrawn"
    """The customer keeps the goods after all."""
    RETURN_ASSESSED = "return_assessed"
    """What is paid back has been decided (A19)."""
    GOODS_LOST = "goods_lost"
    """The carrier has lost the goods."""
    REFUND_SETTLED = "refund_settled"
    """The money has arrived (A18)."""


class Instruction(StrEnum):
    """What the warehouse is told to do with goods."""

    HOLD = "hold"
    """Keep the goods back until it is decided."""
    RESUME = "resume"
    """Go on: they are not cancelled."""
    STOP = "stop"
    """Take them out: they are cancelled."""
    REPAIR = "repair"
    """Mend them and send them again (B3)."""


@frozen(kw_only=True)
class Effect:
    """Something that the host must do.

    Attributes:
        name: what it is called in logs, such as ``send_refund``. Permanent.
        id: unique within the order, and the same at every replay: an effect that comes twice can be told by it.
    """

    name: ClassVar[str] = ""

    id: str = ""


@frozen(kw_only=True)
class Notify(Effect):
    """Tell the customer what became of something (B14, B15).

    Attributes:
        channel: where it is told.
        topic: what it is about; the host finds the words.
        lines: the goods concerned: quantities by line.
        next_steps: what can be done now, as in a `Reason`.
    """

    name: ClassVar[str] = "notify"

    channel: Channel
    topic: Topic
    lines: Mapping[str, int] = field(factory=dict)
    next_steps: tuple[str, ...] = ()


@frozen(kw_only=True)
class _GoodsEffect(Effect):
    """An effect about goods.

    Attributes:
        lines: the goods: quantities by line.
    """

    lines: Mapping[str, int]


class ReleaseStock(_GoodsEffect):
    """Goods that were set aside for the order can be sold again."""

    __slots__ = ()
    name: ClassVar[str] = "release_stock"


@frozen(kw_only=True)
class TellWarehouse(_GoodsEffect):
    """Hold, resume, stop or repair goods; for a seller's goods the seller's own warehouse.

    Attributes:
        instruction: what to do with them.
    """

    name: ClassVar[str] = "tell_warehouse"

    instruction: Instruction


@frozen(kw_only=True)
class _AskEffect(_GoodsEffect):
    """A question about goods.

    Attributes:
        ask: the id of the question; an answer may quote it (policy 5.7).
    """

    ask: str


class AskLogistics(_AskEffect):
    """Ask the logistics provider whether goods in preparation can still be stopped (A8)."""

    __slots__ = ()
    name: ClassVar[str] = "ask_logistics"


@frozen(kw_only=True)
class AskCarrier(_AskEffect):
    """Ask the carrier to stop goods under way and bring them back (A11, B18).

    Attributes:
        parcels: what the goods were dispatched in, as far as it is known.
    """

    name: ClassVar[str] = "ask_carrier"

    parcels: tuple[str, ...] = ()


@frozen(kw_only=True)
class SendReturnAddress(_GoodsEffect):
    """Tell the customer where to send goods (B4, B5).

    Attributes:
        address: where to send them, from `Policy.return_address`.
        channel: how it is told.
    """

    name: ClassVar[str] = "send_return_address"

    address: str
    channel: Channel = Channel.SMS


class SendReturnLabel(_GoodsEffect):
    """Send the customer a prepaid return label (A13, A15)."""

    __slots__ = ()
    name: ClassVar[str] = "send_return_label"


class SendReplacement(_GoodsEffect):
    """Send other goods in exchange (B3)."""

    __slots__ = ()
    name: ClassVar[str] = "send_replacement"


@frozen(kw_only=True)
class SendRefund(Effect):
    """Send money back to a payment's own instrument (B2).

    Attributes:
        refund: the id of the refund, for the provider's reports.
        payment: the payment that is paid back.
        instrument: where it came from, and goes back to.
        amount: how much.
        attempt: counts from 1; more than 1 is a resend of the same refund.
        not_before: a date in the order's time zone, before which it is not expected to be sent; it holds nothing up
            (A18).
        due_by: the date by which it is promised to be sent, in working days of the order's country (A18); None where
            nothing is.
    """

    name: ClassVar[str] = "send_refund"

    refund: str
    payment: str
    instrument: str
    amount: Money
    attempt: int
    not_before: date | None
    due_by: date | None


@frozen(kw_only=True)
class Escalate(Effect):
    """A person must look: an anomaly, a loss, a failed refund, or something that waits too long.

    Attributes:
        code: why: an `AnomalyCode`, a `Waiting`, or what was lost or failed.
        clause: the clause that it is about.
        lines: the goods concerned: quantities by line.
        facts: what a person needs to know, as in a `Reason`.
        anomaly: the id of the anomaly, where it is one.
        refund: the id of the refund, where it is about one.
    """

    name: ClassVar[str] = "escalate"

    code: str
    clause: str
    lines: Mapping[str, int] = field(factory=dict)
    facts: Mapping[str, Any] = field(factory=dict)
    anomaly: str | None = None
    refund: str | None = None


EFFECTS: tuple[type[Effect], ...] = (
    Notify, ReleaseStock, TellWarehouse, AskLogistics, AskCarrier,
    SendReturnAddress, SendReturnLabel, SendReplacement, SendRefund, Escalate,
)  # fmt: skip
