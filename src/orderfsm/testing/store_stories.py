"""Inputs for an order in a store, and what is compared of the answers to them."""

from collections.abc import Callable
from datetime import timedelta
from functools import cache

from orderfsm.actors import LOGISTICS, PAYMENT, PLATFORM, Customer
from orderfsm.book import OrderBook
from orderfsm.decisions import Decision
from orderfsm.inputs import Dispatched, Input, Item, PaymentCaptured, Place, RequestCancellation
from orderfsm.machine import OrderMachine
from orderfsm.policy import Policy
from orderfsm.testing.clock import START

HOUR = timedelta(hours=1)
ENDED = START + timedelta(days=3)
"""When the time to pay is over, wherever the order comes from."""

Act = Callable[[OrderBook, str], object]
"""Something done with an order of a book, and what is compared of the answer."""


@cache
def machine() -> OrderMachine:
    """The machine of the contract: what is cancelled before it has left is refunded at once."""
    return OrderMachine(Policy(own_goods_need_approval=False))


def book_on(store: object) -> OrderBook:
    """A book on a store."""
    return OrderBook(store, machine())  # type: ignore[arg-type]


# --- what is said ----------------------------------------------------------------------------------------


def placing(id: str | None = None, *, customer: str = "ann") -> Place:
    """Two mugs and a pot, for 54 euros."""
    lines = [Item(id="mug", title="Mug", amount="24.00", quantity=2), Item(id="pot", title="Pot", amount="30.00")]
    return Place(customer=customer, country="DE", currency="EUR", lines=lines, by=PLATFORM, at=START, id=id)


def paying(id: str | None = None, *, payment: str = "p1", at: timedelta = HOUR, late: timedelta = HOUR) -> Input:
    """The whole amount."""
    return PaymentCaptured(
        payment=payment, instrument="card:4242", amount="54.00", by=PAYMENT, at=START + at, received_at=START + late,
        id=id,
    )  # fmt: skip


def cancelling(id: str | None = None, *, lines: object = "all") -> Input:
    """The customer cancels, two hours later."""
    return RequestCancellation(lines=lines, by=Customer("ann"), at=START + 2 * HOUR, id=id)  # type: ignore[arg-type]


def dispatching(id: str | None = None) -> Input:
    """All goods leave in one parcel, two hours later."""
    return Dispatched(lines="all", parcel="P1", by=LOGISTICS, at=START + 2 * HOUR, id=id)


# --- what is done ----------------------------------------------------------------------------------------


def said(decision: Decision) -> object:
    """What is compared of a decision: the order beside it may have gone on when an answer is repeated."""
    codes = [reason.code for reason in decision.reasons]
    return decision.outcome, decision.moves, decision.effects, decision.fired, dict(decision.added), codes


def submits(input: Input) -> Act:
    """Submit one input."""
    return lambda book, order_id: said(book.submit(order_id, input))


def submits_all(*inputs: Input) -> Act:
    """Submit inputs in one transaction."""
    return lambda book, order_id: [said(each) for each in book.submit_many((order_id, input) for input in inputs)]


def ticks(book: OrderBook, order_id: str) -> object:
    """Let time pass for the order until it should have been paid."""
    return said(book.tick(order_id, ENDED))


def sweeps(book: OrderBook, order_id: str) -> object:
    """Let time pass for all orders."""
    return book.fire_due(ENDED)
