"""Commands: what can be asked for. Accepted, or refused with reasons.

The class names and fields are stored in journals and order logs. Renaming one breaks every stored history:
never rename without an upcaster. Who may send what, and what it does, is in `orderfsm.table`.
"""

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from attrs import field, frozen

from orderfsm.calendars import check_country, check_timezone
from orderfsm.envelope import (
    Command,
    member,
    read_amount,
    read_deduction,
    read_delivery_fee,
    read_lines,
    read_optional_amount,
    read_optional_lines,
    read_terms,
    text,
)
from orderfsm.errors import InvalidInput
from orderfsm.money import exponent, minor_units, places_of
from orderfsm.selections import Selection


class Kind(StrEnum):
    """What a line is: only physical goods are shipped, cancelled and returned (B6, B7)."""

    PHYSICAL = "physical"
    """It is shipped, and can come back."""
    DIGITAL = "digital"
    """It is there once it is paid for (B7)."""


class ReturnKind(StrEnum):
    """What the after-sales form asks for (B3)."""

    RETURN = "return"
    """The money back."""
    REPAIR = "repair"
    """The same goods, mended."""
    EXCHANGE = "exchange"
    """Other goods instead."""


class Label(StrEnum):
    """Who pays the postage of a return at the counter (A13, A15)."""

    OWN = "own"
    """The customer posts the goods and pays at the counter."""
    PREPAID = "prepaid"
    """The shop sends a label, where there are some (A15)."""


class Payer(StrEnum):
    """Who bears the shipping of a return (A14)."""

    SHOP = "shop"
    """The shop bears it; nothing is deducted."""
    CUSTOMER = "customer"
    """It is deducted from the refund, by `Policy.return_shipping`."""


def _kind(value: Kind | str) -> Kind:
    return member("kind", Kind, value)


def _return_kind(value: ReturnKind | str) -> ReturnKind:
    return member("kind", ReturnKind, value)


def _label(value: Label | str) -> Label:
    return member("label", Label, value)


def _payer(value: Payer | str | None) -> Payer | None:
    return None if value is None else member("shipping_payer", Payer, value)


# --- placing ---------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Item:
    """One line of an order to be placed.

    Attributes:
        id: unique within the order.
        amount: what is paid for the whole line, all units together, discounts and taxes included: a decimal such as
            ``"12.00"``, with at most the places of the currency.
        quantity: how many units, from 1 to 1,000,000.
        title: what a person reads.
        kind: physical or digital.
        seller: the third party that sells it; None for the shop's own goods (B10).
        bundle: the bundle that it belongs to: lines with the same id are one instance of a bundle (B20).

    Raises:
        InvalidInput: an amount or quantity out of range, or an empty id; it names the field.
    """

    id: str
    amount: Decimal = field(converter=read_amount)
    quantity: int = 1
    title: str = ""
    kind: Kind = field(default=Kind.PHYSICAL, converter=_kind)
    seller: str | None = None
    bundle: str | None = None

    def __attrs_post_init__(self) -> None:
        text("id", self.id)
        text("title", self.title, empty=True)
        if isinstance(self.quantity, bool) or not isinstance(self.quantity, int) or not 1 <= self.quantity <= 10**6:
            raise InvalidInput("quantity", "a whole number from 1 to 1,000,000", self.quantity)
        if self.seller is not None:
            text("seller", self.seller)
        if self.bundle is not None:
            text("bundle", self.bundle)


def _items(value: Iterable[Item]) -> tuple[Item, ...]:
    items = tuple(value)
    for item in items:
        if not isinstance(item, Item):
            raise InvalidInput("lines", "Items", item)
    return items


@frozen(kw_only=True)
class Place(Command):
    """The platform places an order; it then waits for payment (A1).

    Attributes:
        customer: the id of who buys; only they act on the order (policy 5.15).
        country: where it goes, as an ISO 3166 code such as ``DE``; its working days count for refunds (A18).
        currency: of all amounts, as an ISO 4217 code such as ``EUR``.
        lines: what is bought: at least one line.
        delivery_fee: what delivery costs, as a decimal of the currency.
        timezone: in which dates are told, as an IANA name; by default the principal one of the country.
    """

    name: ClassVar[str] = "place"

    customer: str
    country: str
    currency: str
    lines: tuple[Item, ...] = field(converter=_items)
    delivery_fee: Decimal = field(default=Decimal(0), converter=read_delivery_fee)
    timezone: str | None = None

    def check(self) -> None:
        text("customer", self.customer)
        check_country(text("country", self.country))
        exponent(text("currency", self.currency))
        if self.timezone is not None:
            check_timezone(text("timezone", self.timezone))
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


# --- cancellation ----------------------------------------------------------------------------------------


@frozen(kw_only=True)
class GoodsCommand(Command):
    """A command about the goods that `lines` names.

    Attributes:
        lines: the goods: ``"all"``, ids of lines, or ids with quantities of at least 1.
    """

    lines: Selection = field(converter=read_lines)


@frozen(kw_only=True)
class ReasonedCommand(GoodsCommand):
    """A command about goods that may say why.

    Attributes:
        reason: why, in the words of who asks; it decides nothing.
    """

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


# --- interception ----------------------------------------------------------------------------------------


@frozen(kw_only=True)
class CancelDelivery(Command):
    """Ask that a parcel under way be stopped and sent back (A11, B18).

    It names `lines` or a `parcel`; the whole parcel is asked for.

    Attributes:
        lines: goods in the parcel: ``"all"``, ids of lines, or ids with quantities.
        parcel: the parcel, by the id under which it was dispatched.
    """

    name: ClassVar[str] = "cancel_delivery"

    lines: Selection | None = field(default=None, converter=read_optional_lines)
    parcel: str | None = None

    def check(self) -> None:
        if self.lines is None and self.parcel is None:
            raise InvalidInput("lines", "lines or a parcel", None)
        if self.parcel is not None:
            text("parcel", self.parcel)


# --- returns ---------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class RequestReturn(GoodsCommand):
    """Fill in the after-sales form: return, repair or exchange (A13, A16, B3).

    Attributes:
        reason: why; the policy knows some reasons as the shop's fault (A19).
        kind: the money back, repair or exchange.
        opened: whether the goods were opened; by choice, that needs terms (A16).
    """

    name: ClassVar[str] = "request_return"

    reason: str
    kind: ReturnKind = field(default=ReturnKind.RETURN, converter=_return_kind)
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
    """Approve a return; for goods opened by choice, propose `terms`: the refund that is offered (A16).

    Attributes:
        label: who pays the postage; ``prepaid`` only where the policy has labels (A15).
        terms: the refund that is offered for all named goods together, as a decimal of the currency; only for goods
            opened by choice, and needed there (A16).
    """

    name: ClassVar[str] = "approve_return"

    label: Label = field(default=Label.OWN, converter=_label)
    terms: Decimal | None = field(default=None, converter=read_terms)


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


class GiveUpService(GoodsCommand):
    """Goods in for repair or exchange can be neither repaired nor replaced; they count as returned."""

    __slots__ = ()
    name: ClassVar[str] = "give_up_service"


# --- refunds ---------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class AssessReturn(GoodsCommand):
    """Decide what is paid back for returned or lost goods, once (A14, A19).

    What is left out follows from the return or the policy.

    Attributes:
        reason: what the warehouse found; by default the reason of the return.
        shipping_payer: who bears the shipping of the return (A14); by default the shop where it is its fault, else the
            customer.
        deduction: what is taken off in place of `Policy.return_shipping`, as a decimal of the currency.
        amount: what is paid back for all named goods together, in place of the schedule, as a decimal of the currency.
    """

    name: ClassVar[str] = "assess_return"

    reason: str | None = None
    shipping_payer: Payer | None = field(default=None, converter=_payer)
    deduction: Decimal | None = field(default=None, converter=read_deduction)
    amount: Decimal | None = field(default=None, converter=read_optional_amount)

    def check(self) -> None:
        if self.reason is not None:
            text("reason", self.reason)


@frozen(kw_only=True)
class ResendRefund(Command):
    """Try a failed refund again, to the same instrument (B2).

    Attributes:
        refund: the id of the refund, such as ``r1``.
    """

    name: ClassVar[str] = "resend_refund"

    refund: str

    def check(self) -> None:
        text("refund", self.refund)


@frozen(kw_only=True)
class ResolveAnomaly(Command):
    """A person has dealt with an anomaly.

    Attributes:
        anomaly: the id of the anomaly.
        note: what was done about it.
    """

    name: ClassVar[str] = "resolve_anomaly"

    anomaly: str
    note: str = ""

    def check(self) -> None:
        text("anomaly", self.anomaly)
        text("note", self.note, empty=True)
