"""Placing an order: from the platform's `Place` to unpaid goods, or to paid ones where the total is zero."""

from datetime import datetime

from orderfsm.calendars import principal_timezone
from orderfsm.inputs import Kind, Place
from orderfsm.money import minor_units
from orderfsm.order import Line, Lot, Order, Unplaced
from orderfsm.reasons import Code, Reason
from orderfsm.states import State


def bundle_faults(place: Place) -> list[Reason]:
    """B20, B21: a bundle is decided as one, so it has one seller and physical goods only."""
    faults: list[Reason] = []
    for bundle in dict.fromkeys([item.bundle for item in place.lines if item.bundle is not None]):
        members = [item for item in place.lines if item.bundle == bundle]
        sellers = sorted({item.seller or "" for item in members})
        digital = [item.id for item in members if item.kind is Kind.DIGITAL]
        if len(sellers) > 1 or digital:
            facts = {"bundle": bundle, "sellers": sellers, "digital": digital}
            faults.append(Reason(Code.BUNDLE_MIXED, "B20", facts, (Place.name,)))
    return faults


def open_order(unplaced: Unplaced, place: Place, at: datetime) -> Order:
    """The order as placed, with all goods unpaid."""
    lines = [
        Line(item.id, item.title, item.quantity, _minor(item.amount, place), item.kind, item.seller, item.bundle)
        for item in place.lines
    ]
    return Order(
        unplaced.id, place.customer, place.country, place.currency,
        place.timezone or principal_timezone(place.country), at, _minor(place.delivery_fee, place), tuple(lines),
        tuple([Lot(line, line.quantity, line.amount, State.UNPAID, at) for line in lines]),
        (), (), unplaced.anomalies, unplaced.seen, None, 0, unplaced.version,
    )  # fmt: skip


def _minor(amount: object, place: Place) -> int:
    minor = minor_units(amount, place.currency)  # type: ignore[arg-type]
    assert minor is not None  # checked when the input was built
    return minor
