"""Tell the story of one order: place it, send inputs some hours after placing, look at the decisions.

    story = paid(item("A", "12.00", 2), item("B", bundle="set"))
    decision = story.send(RequestCancellation(lines=["A"]), 1)
    assert "accepted" == decision.outcome
    assert {"unshipped.cancel_requested": 2} == story.of("A")

An input is sent by whoever usually sends it (`USUAL_SENDERS`) unless `by` says otherwise.
Times are hours after placing, or a `timedelta` where microseconds count: ``hours(24) - TICK``.
The order is placed on a Monday at 09:00 UTC, by customer `c9`, in Germany, in euros, without delivery fee.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from orderfsm import (
    CUSTOMER_SERVICE,
    LOGISTICS,
    PAYMENT,
    PLATFORM,
    WAREHOUSE,
    AcceptTerms,
    Actor,
    ApproveCancellation,
    ApproveReturn,
    Arrived,
    AssessReturn,
    CancelDelivery,
    Customer,
    Decision,
    DeclineCancellation,
    DeclineReturn,
    Delivered,
    DeliveryRefused,
    Dispatched,
    GiveUpService,
    HostGuard,
    Input,
    InterceptConfirmed,
    InterceptDenied,
    Item,
    Lost,
    Money,
    Order,
    OrderMachine,
    PaymentCaptured,
    Place,
    Policy,
    PreparationStarted,
    RefundFailed,
    RefundReversed,
    RefundSent,
    RefundSettled,
    RejectTerms,
    RequestCancellation,
    RequestReturn,
    ResendRefund,
    ResolveAnomaly,
    ReturnReceived,
    Seller,
    StopConfirmed,
    StopDenied,
    Unplaced,
    WithdrawCancellation,
    WithdrawReturn,
)
from orderfsm.effects import Effect

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)

BUYER = Customer("c9")
STRANGER = Customer("c2")
SELLER = Seller("s7")
OTHER_SELLER = Seller("s8")

EVERYBODY = (PLATFORM, BUYER, CUSTOMER_SERVICE, SELLER, WAREHOUSE, LOGISTICS, PAYMENT)

USUAL_SENDERS: dict[type[Input], Actor] = {
    Place: PLATFORM,
    PaymentCaptured: PAYMENT,
    PreparationStarted: WAREHOUSE,
    Dispatched: WAREHOUSE,
    Arrived: LOGISTICS,
    Delivered: LOGISTICS,
    Lost: LOGISTICS,
    RequestCancellation: BUYER,
    WithdrawCancellation: BUYER,
    ApproveCancellation: CUSTOMER_SERVICE,
    DeclineCancellation: CUSTOMER_SERVICE,
    StopConfirmed: LOGISTICS,
    StopDenied: LOGISTICS,
    CancelDelivery: BUYER,
    DeliveryRefused: LOGISTICS,
    InterceptConfirmed: LOGISTICS,
    InterceptDenied: LOGISTICS,
    RequestReturn: BUYER,
    WithdrawReturn: BUYER,
    ApproveReturn: CUSTOMER_SERVICE,
    DeclineReturn: CUSTOMER_SERVICE,
    AcceptTerms: BUYER,
    RejectTerms: BUYER,
    ReturnReceived: WAREHOUSE,
    GiveUpService: CUSTOMER_SERVICE,
    AssessReturn: CUSTOMER_SERVICE,
    RefundSent: PAYMENT,
    RefundSettled: PAYMENT,
    RefundFailed: PAYMENT,
    RefundReversed: PAYMENT,
    ResendRefund: CUSTOMER_SERVICE,
    ResolveAnomaly: CUSTOMER_SERVICE,
}

When = float | timedelta
E = TypeVar("E", bound=Effect)


def hours(number: float) -> timedelta:
    """So many hours."""
    return timedelta(hours=number)


def moment(after: When) -> datetime:
    """The instant `after` placing: a number of hours, or a timedelta."""
    return MONDAY + (after if isinstance(after, timedelta) else timedelta(hours=after))


# --- telling ---------------------------------------------------------------------------------------------


class Story:
    """One order under one machine; `order` is how it is now, `decisions` what was answered so far."""

    def __init__(self, policy: Policy | None = None, guards: Iterable[HostGuard] = (), order_id: str = "1001") -> None:
        self.machine = OrderMachine(policy, guards)
        self.now: Order | Unplaced = Unplaced(order_id)
        self.decisions: list[Decision] = []

    @property
    def order(self) -> Order:
        """The order as it is now; it must have been placed."""
        assert isinstance(self.now, Order)
        return self.now

    def send(
        self,
        input: Input,
        after: When = 0,
        *,
        by: Actor | None = None,
        received: When | None = None,
        id: str | None = None,
    ) -> Decision:
        """Send an input that occurred `after` placing, and go on with the order that the answer carries."""
        decision = self.ask(input, after, by=by, received=received, id=id)
        self.now = decision.order
        self.decisions.append(decision)
        return decision

    def ask(
        self,
        input: Input,
        after: When = 0,
        *,
        by: Actor | None = None,
        received: When | None = None,
        id: str | None = None,
    ) -> Decision:
        """What the answer would be; the story does not go on."""
        return self.machine.decide(
            self.now,
            input,
            by=by or USUAL_SENDERS[type(input)],
            at=moment(after),
            received_at=None if received is None else moment(received),
            id=id,
        )

    def wait(self, after: When) -> Decision:
        """Only let time pass until `after` placing."""
        decision = self.machine.tick(self.order, moment(after))
        self.now = decision.order
        self.decisions.append(decision)
        return decision

    def of(self, line: str) -> dict[str, int]:
        """How many of a line are in which state: ``{"unshipped": 2}``."""
        return {state.value: quantity for state, quantity in self.order.quantities[line].items()}

    @property
    def goods(self) -> dict[str, dict[str, int]]:
        """`of` every line."""
        return {line.id: self.of(line.id) for line in self.order.lines}

    @property
    def refunds(self) -> dict[str, tuple[str, str, str]]:
        """Every refund so far: its cause, state and amount: ``{"r1": ("cancellation", "due", "12.00")}``."""
        currency = self.order.currency
        return {
            refund.id: (refund.cause.value, refund.state.value, Money(refund.amount, currency).amount)
            for refund in self.order.refunds
        }


def item(
    id: str = "A",
    amount: str = "10.00",
    quantity: int = 1,
    *,
    bundle: str | None = None,
    seller: str | None = None,
    kind: str = "physical",
) -> Item:
    """One line to be placed; `amount` is for the whole line."""
    return Item(id=id, amount=amount, quantity=quantity, bundle=bundle, seller=seller, kind=kind)


def placing(*items: Item, **fields: Any) -> Place:
    """The input that places these lines, one `A` for 10.00 if there are none."""
    given: dict[str, Any] = {"customer": "c9", "country": "DE", "currency": "EUR", **fields}
    return Place(lines=items or (item(),), **given)


def placed(*items: Item, policy: Policy | None = None, guards: Iterable[HostGuard] = (), **fields: Any) -> Story:
    """A story that begins with an unpaid order."""
    story = Story(policy, guards)
    decision = story.send(placing(*items, **fields))
    assert decision.outcome == "accepted", decision.reasons
    return story


def paid(
    *items: Item,
    policy: Policy | None = None,
    guards: Iterable[HostGuard] = (),
    at: When = 0,
    **fields: Any,
) -> Story:
    """A story that begins with an order that payment `p1` from instrument `card:1` paid in full."""
    story = placed(*items, policy=policy, guards=guards, **fields)
    decision = story.send(capture(total(story)), at)
    assert decision.outcome == "accepted", decision.reasons
    return story


def total(story: Story) -> str:
    """What the order costs, as a decimal string."""
    order = story.order
    return Money(sum(line.amount for line in order.lines) + order.delivery_fee, order.currency).amount


def capture(amount: str, payment: str = "p1", instrument: str = "card:1") -> PaymentCaptured:
    """The payment provider took so much."""
    return PaymentCaptured(payment=payment, instrument=instrument, amount=amount)


# --- looking ---------------------------------------------------------------------------------------------


def codes(decision: Decision) -> list[str]:
    """The codes of all reasons, in order."""
    return [str(reason.code) for reason in decision.reasons]


def clauses(decision: Decision) -> list[str]:
    """The clauses of all reasons, in order."""
    return [reason.clause for reason in decision.reasons]


def steps(decision: Decision) -> list[str]:
    """All next steps, each once."""
    return list(dict.fromkeys(str(step) for reason in decision.reasons for step in reason.next_steps))


def effects(decision: Decision, kind: type[E]) -> list[E]:
    """The effects of one kind, in order."""
    return [effect for effect in decision.effects if isinstance(effect, kind)]


def told(decision: Decision) -> list[str]:
    """The names of all effects, in order."""
    return [effect.name for effect in decision.effects]


def moves(decision: Decision) -> list[tuple[str, int, str, str]]:
    """All moves: line, quantity, from, to."""
    return [(move.line, move.quantity, move.source.value, move.target.value) for move in decision.moves]
