"""The stories that people ask about: what was said, by whom and when, and what the machine answered.

A story is a list of inputs. What follows from them is asked of the real machine each time, so a story can never
disagree with the library. `telling` puts the answers in order, `phrases` into words, and
`sequences` draws them.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from attrs import frozen

from orderfsm import inputs as i
from orderfsm.actors import CUSTOMER_SERVICE, LOGISTICS, PAYMENT, PLATFORM, WAREHOUSE, Customer
from orderfsm.decisions import Decision
from orderfsm.inputs import Input, Item
from orderfsm.machine import OrderMachine
from orderfsm.order import Order, Unplaced
from orderfsm.selections import LinesArgument

MACHINE = OrderMachine()
ANN = Customer("ann")


@frozen
class Story:
    """A name, which is its anchor on the page, a title, and what was said, each with who and when."""

    name: str
    title: str
    inputs: tuple[Input, ...]


@frozen
class Step:
    """One thing that was said, or a deadline that passed while nobody said anything, and the answer.

    `input` is None for a deadline.
    """

    at: datetime
    input: Input | None
    before: Order | Unplaced
    decision: Decision

    @property
    def order(self) -> Order | None:
        """The order as it then is; None where it has not been placed."""
        return self.decision.order if isinstance(self.decision.order, Order) else None


def told(story: Story) -> Iterator[Step]:
    """Every step of a story; a deadline is applied at its own time, as a scheduler that never sleeps would."""
    order: Order | Unplaced = Unplaced(story.name)
    for said in story.inputs:
        assert said.at is not None
        now = said.received_at or said.at
        while isinstance(order, Order) and (due := MACHINE.next_deadline(order)) and due.at <= now:
            passed = Step(due.at, None, order, MACHINE.tick(order, due.at))
            yield passed
            order = passed.decision.order
        step = Step(now, said, order, MACHINE.decide(order, said))
        yield step
        order = step.decision.order


def march(day: int, hour: int, minute: int = 0) -> datetime:
    """A time in March 2026, which began on a Sunday, in UTC."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def _placed(at: datetime, *lines: Item) -> Input:
    return i.Place(customer="ann", country="DE", currency="EUR", lines=lines, by=PLATFORM, at=at)


def _paid(amount: str, at: datetime) -> Input:
    return i.PaymentCaptured(payment="p1", instrument="card:4242", amount=amount, by=PAYMENT, at=at)


def _asks(lines: LinesArgument, at: datetime) -> Input:
    return i.RequestCancellation(lines=lines, reason="changed_mind", by=ANN, at=at)


CANCEL_WHILE_PREPARING = Story(
    "cancel-while-preparing",
    "Cancelled while preparing",
    (
        _placed(march(2, 9), Item(id="mug", amount="12.00"), Item(id="lamp", amount="30.00")),
        _paid("42.00", march(2, 9, 5)),
        i.PreparationStarted(by=WAREHOUSE, at=march(2, 13)),
        _asks("all", march(2, 14)),
        i.ApproveCancellation(lines="all", by=CUSTOMER_SERVICE, at=march(2, 14, 30)),
        i.ApproveCancellation(lines=["lamp"], by=CUSTOMER_SERVICE, at=march(2, 15)),
        i.StopConfirmed(lines=["mug"], ask="a1", by=LOGISTICS, at=march(2, 16)),
        i.StopDenied(lines=["lamp"], ask="a1", by=LOGISTICS, at=march(2, 16, 10)),
        i.Dispatched(lines=["lamp"], parcel="P1", by=WAREHOUSE, at=march(2, 18)),
        i.RefundSent(refund="r1", by=PAYMENT, at=march(4, 10)),
        i.RefundSettled(refund="r1", by=PAYMENT, at=march(6, 8)),
    ),
)

ONE_PARCEL_GONE = Story(
    "bundle-one-parcel-gone",
    "A bundle of which one parcel is gone",
    (
        _placed(
            march(2, 9),
            Item(id="pot", amount="30.00", bundle="tea-set"),
            Item(id="cups", amount="18.00", bundle="tea-set"),
            Item(id="tray", amount="12.00", bundle="tea-set"),
        ),
        _paid("60.00", march(2, 9, 5)),
        i.Dispatched(lines=["pot"], parcel="P1", by=WAREHOUSE, at=march(2, 12)),
        i.PreparationStarted(lines=["cups"], by=WAREHOUSE, at=march(2, 13)),
        _asks(["pot"], march(2, 14)),
        _asks(["cups"], march(2, 14, 5)),
        i.ApproveCancellation(lines=["cups"], by=CUSTOMER_SERVICE, at=march(2, 15)),
        i.StopConfirmed(lines=["cups"], ask="a1", by=LOGISTICS, at=march(2, 16)),
        i.Delivered(parcel="P1", by=LOGISTICS, at=march(3, 11)),
        i.RefundSent(refund="r1", by=PAYMENT, at=march(4, 10)),
        i.RefundSettled(refund="r1", by=PAYMENT, at=march(6, 8)),
    ),
)

REFUSED_AT_THE_DOOR = Story(
    "refused-at-the-door",
    "Refused at the door",
    (
        _placed(march(2, 9), Item(id="lamp", amount="30.00")),
        _paid("30.00", march(2, 9, 5)),
        i.Dispatched(lines=["lamp"], parcel="P1", by=WAREHOUSE, at=march(2, 18)),
        _asks(["lamp"], march(3, 8)),
        i.Arrived(parcel="P1", by=LOGISTICS, at=march(4, 9, 30)),
        i.CancelDelivery(lines=["lamp"], by=ANN, at=march(4, 9, 35)),
        i.DeliveryRefused(parcel="P1", by=LOGISTICS, at=march(4, 9, 45)),
        i.AssessReturn(lines=["lamp"], by=CUSTOMER_SERVICE, at=march(4, 11)),
        i.ReturnReceived(lines=["lamp"], condition="unopened", by=WAREHOUSE, at=march(9, 15)),
        i.AssessReturn(
            lines=["lamp"], shipping_payer="customer", deduction="4.90", by=CUSTOMER_SERVICE, at=march(10, 9)
        ),
        i.RefundSent(refund="r1", by=PAYMENT, at=march(10, 12)),
        i.RefundSettled(refund="r1", by=PAYMENT, at=march(12, 8)),
    ),
)

LATE_PAYMENT = Story(
    "late-payment",
    "A late payment",
    (
        _placed(march(2, 9), Item(id="lamp", amount="30.00")),
        _asks("all", march(2, 20)),
        _paid("30.00", march(3, 9, 20)),
        _asks("all", march(3, 10)),
        i.RefundSent(refund="r1", by=PAYMENT, at=march(5, 10)),
        i.RefundSettled(refund="r1", by=PAYMENT, at=march(9, 8)),
    ),
)

FAILED_REFUND = Story(
    "failed-refund",
    "A failed refund",
    (
        _placed(march(2, 9), Item(id="lamp", amount="30.00")),
        _paid("30.00", march(2, 9, 5)),
        _asks(["lamp"], march(2, 10)),
        i.ApproveCancellation(lines=["lamp"], by=CUSTOMER_SERVICE, at=march(2, 11)),
        i.RefundSent(refund="r1", by=PAYMENT, at=march(4, 10)),
        i.ResendRefund(refund="r1", by=CUSTOMER_SERVICE, at=march(4, 15)),
        i.RefundFailed(refund="r1", by=PAYMENT, at=march(5, 9)),
        i.ResendRefund(refund="r1", by=CUSTOMER_SERVICE, at=march(5, 11)),
        i.RefundSent(refund="r1", by=PAYMENT, at=march(6, 10)),
        i.RefundSettled(refund="r1", by=PAYMENT, at=march(10, 8)),
    ),
)

STORIES: dict[str, Story] = {
    story.name: story
    for story in (CANCEL_WHILE_PREPARING, ONE_PARCEL_GONE, REFUSED_AT_THE_DOOR, LATE_PAYMENT, FAILED_REFUND)
}
