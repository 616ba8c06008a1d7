"""What a shop's orders go through in an ordinary week, as inputs: the mix that the benchmarks of the book submit."""

from datetime import UTC, datetime, timedelta
from itertools import zip_longest

from orderfsm import (
    CUSTOMER_SERVICE,
    LOGISTICS,
    PAYMENT,
    PLATFORM,
    WAREHOUSE,
    ApproveCancellation,
    Arrived,
    Customer,
    Delivered,
    Dispatched,
    Input,
    Item,
    PaymentCaptured,
    Place,
    PreparationStarted,
    RefundSettled,
    RequestCancellation,
    RequestReturn,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""When every order is placed: a Monday."""

Said = tuple[str, Input]
"""The id of an order, and what is said about it."""


def week(prefix: str, orders: int) -> list[Said]:
    """What is said about so many orders of two lines each, four to eight inputs about each, one from each in turn."""
    stories = [[(order, each) for each in _story(order, number)] for number, order in _ids(prefix, orders)]
    return [each for wave in zip_longest(*stories) for each in wave if each is not None]


def _ids(prefix: str, orders: int) -> list[tuple[int, str]]:
    return [(number, f"{prefix}-{number:05}") for number in range(orders)]


def _story(order: str, number: int) -> list[Input]:
    """One of four stories: cancelled in part, cancelled too late, sent without a word, or sent and returned."""
    buyer = Customer(f"c{number % 50}")
    lines = [Item(id="A", title="Mug", amount="24.00", quantity=2), Item(id="B", title="Pot", amount="30.00")]
    placed = Place(customer=buyer.id or "", country="DE", currency="EUR", lines=lines, delivery_fee="4.90")
    paid = PaymentCaptured(payment=f"pay-{order}", instrument="card:4242", amount="58.90")
    sent = Dispatched(lines="all", parcel=f"parcel-{order}")
    arrived, delivered = Arrived(parcel=f"parcel-{order}"), Delivered(parcel=f"parcel-{order}")
    regretted = RequestCancellation(lines=["B"], reason="changed_mind")
    begun = PreparationStarted(lines="all")
    match number % 4:
        case 0:
            said = [
                (placed, PLATFORM), (paid, PAYMENT), (begun, WAREHOUSE), (regretted, buyer),
                (ApproveCancellation(lines=["B"]), CUSTOMER_SERVICE), (RefundSettled(refund="r1"), PAYMENT),
                (Dispatched(lines=["A"], parcel=f"parcel-{order}"), LOGISTICS),
            ]  # fmt: skip
        case 1:
            said = [
                (placed, PLATFORM), (paid, PAYMENT), (sent, LOGISTICS), (regretted, buyer),
                (RequestCancellation(lines=["A"]), Customer("somebody-else")),
            ]  # fmt: skip
        case 2:
            said = [(placed, PLATFORM), (paid, PAYMENT), (begun, WAREHOUSE), (sent, LOGISTICS)]
        case _:
            said = [
                (placed, PLATFORM), (ApproveCancellation(lines=["A"]), CUSTOMER_SERVICE), (paid, PAYMENT),
                (sent, LOGISTICS), (arrived, LOGISTICS), (delivered, LOGISTICS),
                (RequestReturn(lines=["B"], reason="size"), buyer), (regretted, buyer),
            ]  # fmt: skip
    hours = [NOON + timedelta(hours=hour) for hour in range(len(said))]
    return [input.sent(by=by, at=at, id=f"{order}-{at:%H}") for (input, by), at in zip(said, hours, strict=True)]
