"""Facts: what the world reports. Never refused once they come from somebody who may report them.

The class names and fields are stored in journals and order logs. Renaming one breaks every stored history:
never rename without an upcaster. Who may send what, and what it does, is in `orderfsm.table`.
"""

from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from attrs import field, frozen

from orderfsm.envelope import (
    Fact,
    member,
    read_amount,
    read_optional_lines,
    text,
)
from orderfsm.selections import Selection


class Condition(StrEnum):
    """How returned goods were found in the warehouse."""

    UNOPENED = "unopened"
    """As they were sent."""
    OPENED = "opened"
    """Unpacked or used."""
    DAMAGED = "damaged"
    """Broken."""


# --- payment ---------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class PaymentCaptured(Fact):
    """The payment provider has taken `amount` from `instrument` (A1, B2).

    Attributes:
        payment: the provider's id of the payment, unique within the order.
        instrument: what was charged, such as a card; refunds go back there and nowhere else (B2).
        amount: how much: a decimal of the order's currency, such as ``"12.00"``.
    """

    name: ClassVar[str] = "payment_captured"

    payment: str
    instrument: str
    amount: Decimal = field(converter=read_amount)

    def check(self) -> None:
        text("payment", self.payment)
        text("instrument", self.instrument)


# --- fulfilment ------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class GoodsFact(Fact):
    """A fact about goods. Without `lines` it speaks of all goods that it can move by one step.

    Attributes:
        lines: the goods: ``"all"``, ids of lines, or ids with quantities; None for all that it can move by one step.
    """

    lines: Selection | None = field(default=None, converter=read_optional_lines)


@frozen(kw_only=True)
class ParcelFact(GoodsFact):
    """A fact about goods on the road, named by line or by parcel.

    Attributes:
        parcel: the parcel that the goods are in, by its id.
    """

    parcel: str | None = None

    def check(self) -> None:
        if self.parcel is not None:
            text("parcel", self.parcel)


class PreparationStarted(GoodsFact):
    """The warehouse has begun to prepare the goods (A7)."""

    __slots__ = ()
    name: ClassVar[str] = "preparation_started"


class Dispatched(ParcelFact):
    """The goods have left; from here on nothing can be cancelled (A9). `parcel` names what they left in."""

    __slots__ = ()
    name: ClassVar[str] = "dispatched"


class Arrived(ParcelFact):
    """The parcel is at the door or pick-up point, not signed for (A12)."""

    __slots__ = ()
    name: ClassVar[str] = "arrived"


class Delivered(ParcelFact):
    """The parcel was signed for."""

    __slots__ = ()
    name: ClassVar[str] = "delivered"


class Lost(ParcelFact):
    """The carrier has lost the goods, on the way out or back."""

    __slots__ = ()
    name: ClassVar[str] = "lost"


# --- cancellation ----------------------------------------------------------------------------------------


@frozen(kw_only=True)
class StopAnswer(GoodsFact):
    """The logistics provider answers whether the goods could be stopped (A8); `ask` quotes the question.

    Attributes:
        ask: the id of the question that this answers, as in `AskLogistics`; None for the open one.
    """

    ask: str | None = None

    def check(self) -> None:
        if self.ask is not None:
            text("ask", self.ask)


class StopConfirmed(StopAnswer):
    """Logistics confirms: the goods will not leave."""

    __slots__ = ()
    name: ClassVar[str] = "stop_confirmed"


class StopDenied(StopAnswer):
    """Logistics says no: the goods can no longer be stopped."""

    __slots__ = ()
    name: ClassVar[str] = "stop_denied"


# --- interception ----------------------------------------------------------------------------------------


class DeliveryRefused(ParcelFact):
    """The parcel was turned away, before or at the door (A11, A12)."""

    __slots__ = ()
    name: ClassVar[str] = "delivery_refused"


@frozen(kw_only=True)
class InterceptAnswer(ParcelFact):
    """The carrier answers whether the delivery could be called off (B18).

    Attributes:
        ask: the id of the question that this answers, as in `AskCarrier`; None for the open one.
    """

    ask: str | None = None

    def check(self) -> None:
        super().check()
        if self.ask is not None:
            text("ask", self.ask)


class InterceptConfirmed(InterceptAnswer):
    """The carrier will bring the parcel back."""

    __slots__ = ()
    name: ClassVar[str] = "intercept_confirmed"


class InterceptDenied(InterceptAnswer):
    """The carrier cannot stop the parcel."""

    __slots__ = ()
    name: ClassVar[str] = "intercept_denied"


# --- returns ---------------------------------------------------------------------------------------------


def _condition(value: Condition | str | None) -> Condition | None:
    return None if value is None else member("condition", Condition, value)


@frozen(kw_only=True)
class ReturnReceived(GoodsFact):
    """Goods have arrived back in the warehouse (A19).

    Attributes:
        condition: how the goods were found; None where nobody looked.
    """

    name: ClassVar[str] = "return_received"

    condition: Condition | None = field(default=None, converter=_condition)


# --- refunds ---------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class RefundFact(Fact):
    """The payment provider reports on one refund (B1).

    Attributes:
        refund: the id of the refund, as in `SendRefund`.
    """

    refund: str

    def check(self) -> None:
        text("refund", self.refund)


class RefundSent(RefundFact):
    """The refund is on its way; our promise (A18) is kept."""

    __slots__ = ()
    name: ClassVar[str] = "refund_sent"


class RefundSettled(RefundFact):
    """The money has arrived."""

    __slots__ = ()
    name: ClassVar[str] = "refund_settled"


class RefundFailed(RefundFact):
    """The refund did not go through; it stays owed, to the same instrument (B2)."""

    __slots__ = ()
    name: ClassVar[str] = "refund_failed"


class RefundReversed(RefundFact):
    """The bank has sent a settled refund back; it is owed again (B1)."""

    __slots__ = ()
    name: ClassVar[str] = "refund_reversed"
