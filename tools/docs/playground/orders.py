"""The orders and policies with which a story on the playground can begin."""

from datetime import UTC, datetime
from typing import Generic, TypeVar

from attrs import frozen

from orderfsm.inputs import Item, Place
from orderfsm.order import Unplaced
from orderfsm.policy import Policy

BEGINS_AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""A Monday morning: every story begins then, so that it can be told again."""

CUSTOMER = "ann"
UNPLACED = Unplaced("1001")


T = TypeVar("T")


@frozen
class Start(Generic[T]):
    """Something to begin with: what the page calls it, and what it is."""

    title: str
    value: T


def _place(*lines: Item) -> Place:
    return Place(customer=CUSTOMER, country="DE", currency="EUR", delivery_fee="4.90", lines=lines)


_MUGS = Item(id="mug", title="Mug", amount="24.00", quantity=2)

ORDERS: dict[str, Start[Place]] = {
    "shop": Start(
        "Two items of the shop",
        _place(_MUGS, Item(id="pot", title="Teapot", amount="38.00")),
    ),
    "bundle": Start(
        "A bundle of two, and a third item",
        _place(
            Item(id="pot", title="Teapot", amount="30.00", bundle="tea set"),
            Item(id="cups", title="Six cups", amount="20.00", bundle="tea set"),
            Item(id="tin", title="Tin of tea", amount="12.00"),
        ),
    ),
    "seller": Start(
        "A seller's item beside the shop's",
        _place(_MUGS, Item(id="bowl", title="Hand-made bowl", amount="45.00", seller="potter")),
    ),
    "digital": Start(
        "A digital item beside a book",
        _place(
            Item(id="book", title="Book of tea", amount="22.00"),
            Item(id="film", title="Film about tea", amount="9.99", kind="digital"),
        ),
    ),
}
"""By the name that a link to a story uses."""

POLICIES: dict[str, Start[Policy]] = {
    "combined": Start("Both documents, the stricter one wins", Policy()),
    "marketplace": Start("Marketplace: own goods are cancelled directly", Policy.marketplace()),
    "declaration": Start("Declaration: customer service approves", Policy.declaration()),
}
"""By the name that the command line gives them, too."""
