"""Which orders are explored, and with what: lines, policy, chapters, and the values that inputs may carry.

A scope is a claim's small print. Everything that is bounded is bounded here and printed with the claim.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum

from attrs import Factory, field, frozen

from orderfsm import inputs as i
from orderfsm.inputs import Input, Item
from orderfsm.policy import Policy

PLACED_AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Chapter(StrEnum):
    """A part of an order's life: a chapter of the policy."""

    PAYMENT = "payment"
    """Placing and paying."""
    FULFILMENT = "fulfilment"
    """From preparation to delivery."""
    CANCELLATION = "cancellation"
    """Asking, deciding and stopping."""
    INTERCEPTION = "interception"
    """Calling a delivery off."""
    RETURNS = "returns"
    """Sending back, repair and exchange."""
    REFUNDS = "refunds"
    """Assessing and paying back."""


CHAPTERS: dict[Chapter, tuple[type[Input], ...]] = {
    Chapter.PAYMENT: (i.Place, i.PaymentCaptured),
    Chapter.FULFILMENT: (i.PreparationStarted, i.Dispatched, i.Arrived, i.Delivered, i.Lost),
    Chapter.CANCELLATION: (
        i.RequestCancellation, i.WithdrawCancellation, i.ApproveCancellation, i.DeclineCancellation,
        i.StopConfirmed, i.StopDenied,
    ),
    Chapter.INTERCEPTION: (i.CancelDelivery, i.DeliveryRefused, i.InterceptConfirmed, i.InterceptDenied),
    Chapter.RETURNS: (
        i.RequestReturn, i.WithdrawReturn, i.ApproveReturn, i.DeclineReturn, i.AcceptTerms, i.RejectTerms,
        i.ReturnReceived, i.GiveUpService,
    ),
    Chapter.REFUNDS: (
        i.AssessReturn, i.RefundSent, i.RefundSettled, i.RefundFailed, i.RefundReversed, i.ResendRefund,
        i.ResolveAnomaly,
    ),
}  # fmt: skip

EVERY_CHAPTER = tuple(Chapter)


class Values(StrEnum):
    """How many of the values that an input may carry are tried."""

    FULL = "full"
    """Every kind of value that any rule tells apart, malformed selections too."""
    LEAN = "lean"
    """One value for each way in which goods can move; amounts in their plainest form."""
    PLAIN = "plain"
    """As lean, but for what only changes amounts: returns are in time, as announced, and by choice."""


class Times(StrEnum):
    """At which instants inputs are tried, beside waiting, which is tried everywhere.

    That an answer is the same whether the deadlines before it were fired by a timer or by the input itself is
    checked where `EVERY` is tried; `NOW` rests on it: there the instants at and after a deadline are reached by
    waiting, as states of their own.
    """

    NOW = "now"
    """At the present instant."""
    EVERY = "every"
    """And just before, exactly at and just after the next deadline that moves goods or ends a payment's time."""
    ALERTS = "alerts"
    """And around the next deadline of any kind, also those that only tell somebody that something waits."""


def _items(value: Iterable[Item]) -> tuple[Item, ...]:
    return tuple(value)


def _chapters(value: Iterable[Chapter]) -> tuple[Chapter, ...]:
    return tuple(Chapter(each) for each in value)


def _kinds(scope: "Scope") -> tuple[type[Input], ...]:
    return tuple(kind for chapter in scope.chapters for kind in CHAPTERS[chapter])


@frozen(kw_only=True)
class Scope:
    """One family of orders and everything that is said to them.

    Attributes:
        name: what it is called in reports; unique within a proof.
        lines: what is bought.
        policy: the shop's policy.
        delivery_fee: what delivery costs, as a decimal of the currency.
        chapters: which inputs are tried.
        values: how many of their values.
        paid: whether it begins with the paid order rather than before it is placed.
        delivered: whether it begins with the delivered order.
        captures: how many payments there may be at most.
        parcels: how many parcels are told apart, beside goods of which no parcel is known.
        early: how many facts may come too early at most.
        times: at which instants inputs are tried.
        ids: whether everything is said with one and the same id, so that all of it is a repetition or a conflict.
        strangers: whether everybody says everything; else only those who may say a thing in some case.
        one_voice: whether each input is said by a single role that may say it. That the others are answered alike
            is checked wherever all of them speak.
        one_by_one: whether everything that is said about goods names a single line; else also several, all, and none.
        by_part: whether what names one line, and leaves the order as it is, is tried once for each value of the part
            of the order that it is about; see `orderfsm.testing.tabulating`.
        country: where the orders go (ISO 3166).
        currency: of all amounts (ISO 4217).
        customer: who buys.
        kinds: the inputs that are tried: those of the chapters.
    """

    name: str
    lines: tuple[Item, ...] = field(converter=_items)
    policy: Policy = field(factory=Policy)
    delivery_fee: str = "4.90"
    chapters: tuple[Chapter, ...] = field(default=EVERY_CHAPTER, converter=_chapters)
    values: Values = field(default=Values.LEAN, converter=Values)
    paid: bool = False
    delivered: bool = False
    captures: int = 1
    parcels: int = 0
    early: int = 1
    times: Times = field(default=Times.EVERY, converter=Times)
    ids: bool = False
    strangers: bool = True
    one_voice: bool = False
    one_by_one: bool = False
    by_part: bool = False
    country: str = "DE"
    currency: str = "EUR"
    customer: str = "c9"
    kinds: tuple[type[Input], ...] = field(init=False, eq=False, repr=False, default=Factory(_kinds, takes_self=True))

    @property
    def place(self) -> i.Place:
        """How the order is placed."""
        return i.Place(
            customer=self.customer, country=self.country, currency=self.currency, lines=self.lines,
            delivery_fee=self.delivery_fee,
        )  # fmt: skip
