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
    MESSAGE_CENTER = "message_center"
    SMS = "sms"


class Topic(StrEnum):
    """What a customer is told. The wording follows the outcome: requested is not cancelled (B14)."""

    ORDER_CLOSED = "order_closed"
    CANCELLATION_REQUESTED = "cancellation_requested"
    CANCELLED = "cancelled"
    CANCELLATION_DECLINED = "cancellation_declined"
    CANCELLATION_DENIED = "cancellation_denied"
    CANCELLATION_WITHDRAWN = "cancellation_withdrawn"
    CANCELLATION_LAPSED = "cancellation_lapsed"
    INTERCEPTION_ASKED = "interception_asked"
    INTERCEPTION_CONFIRMED = "interception_confirmed"
    INTERCEPTION_DENIED = "interception_denied"
    RETURN_REQUESTED = "return_requested"
    TERMS_PROPOSED = "terms_proposed"
    TERMS_REJECTED = "terms_rejected"
    RETURN_APPROVED = "return_approved"
    RETURN_DECLINED = "return_declined"
    RETURN_WITHDRAWN = "return_withdrawn"
    RETURN_ASSESSED = "return_assessed"
    GOODS_LOST = "goods_lost"
    REFUND_SETTLED = "refund_settled"


class Instruction(StrEnum):
    """What the warehouse is told to do with goods."""

    HOLD = "hold"
    RESUME = "resume"
    STOP = "stop"
    REPAIR = "repair"


@frozen(kw_only=True)
class Effect:
    """Something that the host must do. `id` is unique within the order and the same at every replay."""

    name: ClassVar[str] = ""

    id: str = ""


@frozen(kw_only=True)
class Notify(Effect):
    """Tell the customer about `topic`; `next_steps` as in a `Reason`."""

    name: ClassVar[str] = "notify"

    channel: Channel
    topic: Topic
    lines: Mapping[str, int] = field(factory=dict)
    next_steps: tuple[str, ...] = ()


@frozen(kw_only=True)
class _GoodsEffect(Effect):
    lines: Mapping[str, int]


class ReleaseStock(_GoodsEffect):
    """Goods that were set aside for the order can be sold again."""

    __slots__ = ()
    name: ClassVar[str] = "release_stock"


@frozen(kw_only=True)
class TellWarehouse(_GoodsEffect):
    """Hold, resume, stop or repair goods; for a seller's goods the seller's own warehouse."""

    name: ClassVar[str] = "tell_warehouse"

    instruction: Instruction


@frozen(kw_only=True)
class _AskEffect(_GoodsEffect):
    ask: str


class AskLogistics(_AskEffect):
    """Ask the logistics provider whether goods in preparation can still be stopped (A8)."""

    __slots__ = ()
    name: ClassVar[str] = "ask_logistics"


@frozen(kw_only=True)
class AskCarrier(_AskEffect):
    """Ask the carrier to stop goods under way and bring them back (A11, B18)."""

    name: ClassVar[str] = "ask_carrier"

    parcels: tuple[str, ...] = ()


@frozen(kw_only=True)
class SendReturnAddress(_GoodsEffect):
    """Tell the customer where to send goods (B4, B5)."""

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
    """Send money back to a payment's own instrument (B2). `attempt` counts resends of one refund."""

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
    """A person must look: an anomaly, a loss, a failed refund, or something that waits too long."""

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
