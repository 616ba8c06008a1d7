"""The usual inputs of a small order, with their envelopes: what most tests of the book begin with."""

from datetime import UTC, datetime, timedelta

from orderfsm import PAYMENT, PLATFORM, Customer, Input, Item, PaymentCaptured, Place, RequestCancellation

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""When the order is placed: a Monday."""

HOUR = timedelta(hours=1)


def place(customer: str = "ann") -> Place:
    """Two mugs and a pot, for 54 euros."""
    lines = [Item(id="mug", title="Mug", amount="24.00", quantity=2), Item(id="pot", title="Pot", amount="30.00")]
    return Place(customer=customer, country="DE", currency="EUR", lines=lines, by=PLATFORM, at=NOON)


def paid(id: str | None = "pay") -> Input:
    """The whole amount, in time."""
    return PaymentCaptured(payment="p1", instrument="card:4242", amount="54.00", by=PAYMENT, at=NOON, id=id)


def cancel(id: str | None = None, *, lines: object = "all", customer: str = "ann") -> Input:
    """The customer asks for the cancellation, an hour later."""
    return RequestCancellation(lines=lines, by=Customer(customer), at=NOON + HOUR, id=id)  # type: ignore[arg-type]
