"""Everything that can be said about an order: commands ask, facts report.

A command is accepted or refused with reasons. A fact is never refused once it comes from somebody who
may report it: it moves goods, repeats what is known, or contradicts a decision and is kept (policy 3).

The class names and fields below are stored in journals and order logs. Renaming one breaks every stored
history: never rename without an upcaster. Who may send what, and what it does, is in `orderfsm.table`.
"""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Self, TypeVar

from attrs import evolve, field, frozen

from orderfsm.actors import Actor
from orderfsm.errors import InvalidInput
from orderfsm.money import decimal_amount, exponent, minor_units, places_of
from orderfsm.selections import LinesArgument, Selection, selection
from orderfsm.times import instant

E = TypeVar("E", bound=StrEnum)


class Kind(StrEnum):
    """What a line is: only physical goods are shipped, cancelled and returned (B6, B7)."""

    PHYSICAL = "physical"
    DIGITAL = "digital"


class ReturnKind(StrEnum):
    """What the after-sales form asks for (B3)."""

    RETURN = "return"
    REPAIR = "repair"
    EXCHANGE = "exchange"


class Label(StrEnum):
    """Who pays the postage of a return at the counter (A13, A15)."""

    OWN = "own"
    PREPAID = "prepaid"


class Condition(StrEnum):
    """How returned goods were found in the warehouse."""

    UNOPENED = "unopened"
    OPENED = "opened"
    DAMAGED = "damaged"


class Payer(StrEnum):
    """Who bears the shipping of a return (A14)."""

    SHOP = "shop"
    CUSTOMER = "customer"


# --- converters ------------------------------------------------------------------------------------------


def _at(value: datetime | None) -> datetime | None:
    return None if value is None else instant("at", value)


def _received_at(value: datetime | None) -> datetime | None:
    return None if value is None else instant("received_at", value)


def _lines(value: LinesArgument) -> Selection:
    return selection(value)


def _optional_lines(value: LinesArgument | None) -> Selection | None:
    return None if value is None else selection(value)


def _amount(value: Decimal | str | int) -> Decimal:
    return decimal_amount("amount", value)


def _optional_amount(value: Decimal | str | int | None) -> Decimal | None:
    return None if value is None else decimal_amount("amount", value)


def _terms(value: Decimal | str | int | None) -> Decimal | None:
    return None if value is None else decimal_amount("terms.amount", value)


def _deduction(value: Decimal | str | int | None) -> Decimal | None:
    return None if value is None else decimal_amount("deduction", value)


def _delivery_fee(value: Decimal | str | int) -> Decimal:
    return decimal_amount("delivery_fee", value)


def _member(name: str, members: type[E]) -> Callable[[E | str], E]:
    def read(value: E | str) -> E:
        try:
            return members(value)
        except ValueError:
            raise InvalidInput(name, f"one of {', '.join(members)}", value) from None

    return read


def _optional_member(name: str, members: type[E]) -> Callable[[E | str | None], E | None]:
    read = _member(name, members)
    return lambda value: None if value is None else read(value)


def text(name: str, value: object, *, empty: bool = False) -> str:
    """Check a piece of text; ids must not be empty."""
    if not isinstance(value, str) or not (value or empty):
        raise InvalidInput(name, "text" if empty else "text that is not empty", value)
    return value


# --- the envelope ----------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Input:
    """What every input carries.

    Attributes:
        at: when it occurred; decides, for instance, whether a payment was in time.
        by: who says it.
        received_at: when we learnt of it, by default `at`; decides which deadlines have passed.
        id: idempotency key, unique per order and sender. The same id with the same content is a duplicate.
    """

    name: ClassVar[str] = ""
    is_command: ClassVar[bool] = False

    at: datetime | None = field(default=None, converter=_at)
    by: Actor | None = None
    received_at: datetime | None = field(default=None, converter=_received_at, eq=False)
    id: str | None = None

    def __attrs_post_init__(self) -> None:
        if self.received_at is not None and self.at is not None and self.received_at < self.at:
            raise InvalidInput("received_at", "a time not before at", self.received_at.isoformat())
        if self.id is not None:
            text("id", self.id)
        self.check()

    def check(self) -> None:
        """Check what only this input carries; raises InvalidInput."""

    def sent(
        self,
        *,
        by: Actor | None = None,
        at: datetime | None = None,
        received_at: datetime | None = None,
        id: str | None = None,
    ) -> Self:
        """The same input with its envelope completed by what is given here."""
        envelope = {"by": by, "at": at, "received_at": received_at, "id": id}
        return evolve(self, **{name: value for name, value in envelope.items() if value is not None})


class Command(Input):
    """Somebody asks for something; the answer is yes, or no with reasons."""

    __slots__ = ()
    is_command: ClassVar[bool] = True


class Fact(Input):
    """The world reports something; it is never refused."""

    __slots__ = ()


# --- placing ---------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Item:
    """One line of an order to be placed.

    `amount` is what was paid for the whole line, all units together, discounts and taxes included.
    Lines with the same `bundle` are one bundle instance (B20); no `seller` means the shop's own goods.
    """

    id: str
    amount: Decimal = field(converter=_amount)
    quantity: int = 1
    title: str = ""
    kind: Kind = field(default=Kind.PHYSICAL, converter=_member("kind", Kind))
    seller: str | None = None
    bundle: str | None = None

    def __attrs_post_init__(self) -> None:
        text("id", self.id)
        text("title", self.title, empty=True)
        if isinstance(self.quantity, bool) or not isinstance(self.quantity, int) or not 1 <= self.quantity <= 10**6:
            raise InvalidInput("quantity", "a whole number from 1 to 1,000,000", self.quantity)
        for name in ("seller", "bundle"):
            if getattr(self, name) is not None:
                text(name, getattr(self, name))


@frozen(kw_only=True)
class Place(Command):
    """The platform places an order; it then waits for payment (A1)."""

    name: ClassVar[str] = "place"

    customer: str
    country: str
    currency: str
    lines: tuple[Item, ...] = field(converter=tuple)
    delivery_fee: Decimal = field(default=Decimal(0), converter=_delivery_fee)
    timezone: str | None = None

    def check(self) -> None:
        from orderfsm.calendars import check_country, check_timezone

        text("customer", self.customer)
        check_country(self.country)
        exponent(self.currency)
        if self.timezone is not None:
            check_timezone(self.timezone)
        if not self.lines:
            raise InvalidInput("lines", "at least one line", [])
        for index, item in enumerate(self.lines):
            if minor_units(item.amount, self.currency) is None:
                raise InvalidInput(f"lines[{index}].amount", places_of(self.currency), str(item.amount))
        if minor_units(self.delivery_fee, self.currency) is None:
            raise InvalidInput("delivery_fee", places_of(self.currency), str(self.delivery_fee))
        ids = [item.id for item in self.lines]
        if len(set(ids)) < len(ids):
            twice = next(name for index, name in enumerate(ids) if name in ids[:index])
            raise InvalidInput("lines", "each line id once", twice)


# --- payment ---------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class PaymentCaptured(Fact):
    """The payment provider has taken `amount` from `instrument` (A1, B2)."""

    name: ClassVar[str] = "payment_captured"

    payment: str
    instrument: str
    amount: Decimal = field(converter=_amount)

    def check(self) -> None:
        text("payment", self.payment)
        text("instrument", self.instrument)


# --- fulfilment ------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class GoodsFact(Fact):
    """A fact about goods. Without `lines` it speaks of all goods that it can move by one step."""

    lines: Selection | None = field(default=None, converter=_optional_lines)


@frozen(kw_only=True)
class ParcelFact(GoodsFact):
    """A fact about goods on the road, named by line or by parcel."""

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
class GoodsCommand(Command):
    """A command about the goods that `lines` names."""

    lines: Selection = field(converter=_lines)


@frozen(kw_only=True)
class ReasonedCommand(GoodsCommand):
    """A command about goods that may say why."""

    reason: str | None = None

    def check(self) -> None:
        if self.reason is not None:
            text("reason", self.reason, empty=True)


class RequestCancellation(ReasonedCommand):
    """Ask that goods be cancelled and paid back (A4, B6)."""

    __slots__ = ()
    name: ClassVar[str] = "request_cancellation"


class WithdrawCancellation(GoodsCommand):
    """Take a cancellation request back before it is decided or confirmed."""

    __slots__ = ()
    name: ClassVar[str] = "withdraw_cancellation"


class ApproveCancellation(ReasonedCommand):
    """Grant a cancellation request (A5); goods in preparation then wait for logistics (A8)."""

    __slots__ = ()
    name: ClassVar[str] = "approve_cancellation"


class DeclineCancellation(ReasonedCommand):
    """Turn a cancellation request down (A5)."""

    __slots__ = ()
    name: ClassVar[str] = "decline_cancellation"


@frozen(kw_only=True)
class StopAnswer(GoodsFact):
    """The logistics provider answers whether the goods could be stopped (A8); `ask` quotes the question."""

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


@frozen(kw_only=True)
class CancelDelivery(Command):
    """Ask that a parcel under way be stopped and sent back (A11, B18). Names `lines` or a `parcel`."""

    name: ClassVar[str] = "cancel_delivery"

    lines: Selection | None = field(default=None, converter=_optional_lines)
    parcel: str | None = None

    def check(self) -> None:
        if self.lines is None and self.parcel is None:
            raise InvalidInput("lines", "lines or a parcel", None)
        if self.parcel is not None:
            text("parcel", self.parcel)


class DeliveryRefused(ParcelFact):
    """The parcel was turned away, before or at the door (A11, A12)."""

    __slots__ = ()
    name: ClassVar[str] = "delivery_refused"


@frozen(kw_only=True)
class InterceptAnswer(ParcelFact):
    """The carrier answers whether the delivery could be called off (B18)."""

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


@frozen(kw_only=True)
class RequestReturn(GoodsCommand):
    """Fill in the after-sales form: return, repair or exchange (A13, A16, B3)."""

    name: ClassVar[str] = "request_return"

    reason: str
    kind: ReturnKind = field(default=ReturnKind.RETURN, converter=_member("kind", ReturnKind))
    opened: bool = False

    def check(self) -> None:
        text("reason", self.reason)
        if not isinstance(self.opened, bool):
            raise InvalidInput("opened", "true or false", self.opened)


class WithdrawReturn(GoodsCommand):
    """Take a return back and keep the goods."""

    __slots__ = ()
    name: ClassVar[str] = "withdraw_return"


@frozen(kw_only=True)
class ApproveReturn(GoodsCommand):
    """Approve a return; for goods opened by choice, propose `terms`: the refund that is offered (A16)."""

    name: ClassVar[str] = "approve_return"

    label: Label = field(default=Label.OWN, converter=_member("label", Label))
    terms: Decimal | None = field(default=None, converter=_terms)


class DeclineReturn(ReasonedCommand):
    """Turn a return down."""

    __slots__ = ()
    name: ClassVar[str] = "decline_return"


class AcceptTerms(GoodsCommand):
    """The customer agrees to the proposed terms (A16)."""

    __slots__ = ()
    name: ClassVar[str] = "accept_terms"


class RejectTerms(GoodsCommand):
    """The customer does not agree and keeps the goods (A16)."""

    __slots__ = ()
    name: ClassVar[str] = "reject_terms"


@frozen(kw_only=True)
class ReturnReceived(GoodsFact):
    """Goods have arrived back in the warehouse (A19)."""

    name: ClassVar[str] = "return_received"

    condition: Condition | None = field(default=None, converter=_optional_member("condition", Condition))


class GiveUpService(GoodsCommand):
    """Goods in for repair or exchange can be neither repaired nor replaced; they count as returned."""

    __slots__ = ()
    name: ClassVar[str] = "give_up_service"


# --- refunds ---------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class AssessReturn(GoodsCommand):
    """Decide what is paid back for returned or lost goods (A14, A19)."""

    name: ClassVar[str] = "assess_return"

    reason: str | None = None
    shipping_payer: Payer | None = field(default=None, converter=_optional_member("shipping_payer", Payer))
    deduction: Decimal | None = field(default=None, converter=_deduction)
    amount: Decimal | None = field(default=None, converter=_optional_amount)

    def check(self) -> None:
        if self.reason is not None:
            text("reason", self.reason)


@frozen(kw_only=True)
class RefundFact(Fact):
    """The payment provider reports on one refund (B1)."""

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


@frozen(kw_only=True)
class ResendRefund(Command):
    """Try a failed refund again, to the same instrument (B2)."""

    name: ClassVar[str] = "resend_refund"

    refund: str

    def check(self) -> None:
        text("refund", self.refund)


@frozen(kw_only=True)
class ResolveAnomaly(Command):
    """A person has dealt with an anomaly."""

    name: ClassVar[str] = "resolve_anomaly"

    anomaly: str
    note: str = ""

    def check(self) -> None:
        text("anomaly", self.anomaly)
        text("note", self.note, empty=True)


COMMANDS: tuple[type[Command], ...] = (
    Place,
    RequestCancellation, WithdrawCancellation, ApproveCancellation, DeclineCancellation,
    CancelDelivery,
    RequestReturn, WithdrawReturn, ApproveReturn, DeclineReturn, AcceptTerms, RejectTerms, GiveUpService,
    AssessReturn, ResendRefund, ResolveAnomaly,
)  # fmt: skip

FACTS: tuple[type[Fact], ...] = (
    PaymentCaptured,
    PreparationStarted, Dispatched, Arrived, Delivered, Lost,
    StopConfirmed, StopDenied,
    DeliveryRefused, InterceptConfirmed, InterceptDenied,
    ReturnReceived,
    RefundSent, RefundSettled, RefundFailed, RefundReversed,
)  # fmt: skip

INPUTS: tuple[type[Input], ...] = (*COMMANDS, *FACTS)


def snake_case(name: str) -> str:
    """``AskLogistics`` → ``ask_logistics``: how class names are written in logs."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
