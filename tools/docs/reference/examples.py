"""Short stories of one order, told to the real machine: what the reference shows as examples comes from here.

An input comes an hour after the one before, from whoever usually sends it; a `timedelta` only lets time pass.
All but the last input of a story must take effect, so that no story is about something else than it says.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache

from attrs import frozen

from orderfsm.actors import CUSTOMER_SERVICE, LOGISTICS, PAYMENT, PLATFORM, WAREHOUSE, Actor, Customer, Role, Seller
from orderfsm.decisions import Accepted, Anomalous, Decision
from orderfsm.inputs import (
    AcceptTerms,
    ApproveCancellation,
    ApproveReturn,
    Arrived,
    AssessReturn,
    CancelDelivery,
    Delivered,
    Dispatched,
    Input,
    Item,
    Lost,
    PaymentCaptured,
    Place,
    PreparationStarted,
    RefundSettled,
    RequestCancellation,
    RequestReturn,
    ReturnReceived,
)
from orderfsm.machine import OrderMachine
from orderfsm.order import Order, Unplaced
from orderfsm.policy import Policy
from orderfsm.states import State
from orderfsm.table import WHO

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BUYER, SELLER = Customer("c9"), Seller("s7")
PEOPLE = (BUYER, CUSTOMER_SERVICE, SELLER, WAREHOUSE, LOGISTICS, PAYMENT, PLATFORM)
"""One of each role. The first of these who may is who usually sends an input."""

Step = Input | timedelta


@frozen
class Told:
    """A story to its end: the order as it was before the last step, and what was decided then."""

    machine: OrderMachine
    before: Order | Unplaced
    decision: Decision
    at: datetime

    @property
    def order(self) -> Order:
        """The order as it is in the end."""
        assert isinstance(self.decision.order, Order)
        return self.decision.order


def tell(*steps: Step, policy: Policy | None = None) -> Told:
    """Tell a story to the machine."""
    machine = OrderMachine(policy)
    told = Told(machine, Unplaced("1001"), Accepted(Unplaced("1001")), MONDAY)
    for number, step in enumerate(steps, 1):
        before, at = told.decision.order, told.at
        if isinstance(step, timedelta):
            assert isinstance(before, Order)
            told = Told(machine, before, machine.tick(before, at + step), at + step)
        else:
            sent = step.sent(by=step.by or sender(step, before), at=at)
            told = Told(machine, before, machine.decide(before, sent), at + timedelta(hours=1))
            taken = isinstance(told.decision, Accepted | Anomalous)
            assert taken or number == len(steps), (step, told.decision.reasons)
    return told


def sender(input: Input, order: Order | Unplaced) -> Actor:
    """Who usually sends an input: about a seller's goods that seller, where it may."""
    who = WHO[type(input)]
    sold = isinstance(order, Order) and any(line.seller for line in order.lines)
    if sold and Role.SELLER in who:
        return SELLER
    return next(each for each in PEOPLE if each.role in who - {Role.SELLER})


# --- the ways of one line ----------------------------------------------------------------------------------


def placing(*items: Item) -> Place:
    """An order of these lines, of two mugs if there are none."""
    lines = items or (Item(id="A", title="Mug", amount="20.00", quantity=2),)
    return Place(customer="c9", country="DE", currency="EUR", lines=lines)


def captured(amount: str = "20.00", payment: str = "p1") -> PaymentCaptured:
    """The payment provider has taken so much."""
    return PaymentCaptured(payment=payment, instrument="card:4242", amount=amount)


def paid(*items: Item) -> tuple[Step, ...]:
    """An order that was paid at once."""
    place = placing(*items)
    return (place, captured(str(sum(item.amount for item in place.lines))))


PAID = paid()
OF_SELLER = paid(Item(id="A", amount="20.00", seller="s7"))
DIGITAL = paid(Item(id="D", amount="20.00", kind="digital"))
BUNDLE = paid(*(Item(id=line, amount="10.00", bundle="set") for line in "AB"))
TWO = paid(*(Item(id=line, amount="10.00") for line in "AB"))

PREPARED = PreparationStarted()
SENT = Dispatched(parcel="P1")
CANCEL = RequestCancellation(lines="all")
CANCELLED = (CANCEL, ApproveCancellation(lines="all"))
SIGNED = (SENT, Delivered(lines="all"))
FORM = RequestReturn(lines="all", reason="changed_mind")
OPENED = RequestReturn(lines="all", reason="changed_mind", opened=True)
REPAIR = RequestReturn(lines="all", reason="defective", kind="repair")
SENT_BACK = (*SIGNED, FORM, ApproveReturn(lines="all"))
PROPOSED = (*SIGNED, OPENED, ApproveReturn(lines="all", terms="6.00"))
AGREED = (*PROPOSED, AcceptTerms(lines="all"), ReturnReceived(lines="all", condition="opened"))
IN_SERVICE = (*SIGNED, REPAIR, ApproveReturn(lines="all"), ReturnReceived())
BACK = (*SENT_BACK, ReturnReceived())
ASSESSED = (*BACK, AssessReturn(lines="all"))
REFUNDED = (*CANCELLED, RefundSettled(refund="r1"))
UNPAID_DAY = timedelta(hours=24)

WAYS: Mapping[State, tuple[Step, ...]] = {
    State.CLOSED: (UNPAID_DAY,),
    State.UNSHIPPED: (),
    State.UNSHIPPED_CANCEL_REQUESTED: (CANCEL,),
    State.PREPARING: (PREPARED,),
    State.PREPARING_CANCEL_REQUESTED: (PREPARED, CANCEL),
    State.PREPARING_CANCEL_CONFIRMING: (PREPARED, *CANCELLED),
    State.CANCELLED: CANCELLED,
    State.SHIPPED: (SENT,),
    State.SHIPPED_INTERCEPTING: (SENT, CancelDelivery(lines="all")),
    State.ARRIVED: (SENT, Arrived()),
    State.DELIVERED: SIGNED,
    State.RETURN_REQUESTED: (*SIGNED, FORM),
    State.RETURN_PLANNING: PROPOSED,
    State.RETURNING: SENT_BACK,
    State.RETURNED: BACK,
    State.SERVICING: IN_SERVICE,
    State.LOST: (SENT, Lost()),
    State.REFUNDED: REFUNDED,
}
"""How paid goods come into each state."""


def way_to(state: State, opening: tuple[Step, ...] = PAID) -> tuple[Step, ...]:
    """A story that ends with goods in a state."""
    if state in (State.UNPAID, State.CLOSED):
        return (*opening[:1], *WAYS.get(state, ()))
    if state is State.UNSHIPPED_CANCEL_CONFIRMING:  # only a bundle can wait so: line A for line B
        return (*BUNDLE, PreparationStarted(lines=["B"]), *CANCELLED)
    return (*opening, *WAYS[state])


@cache
def order_in(state: State, policy: Policy | None = None, *, sold: bool = False) -> Told:
    """An order whose goods are in a state; `sold` for a seller's goods."""
    told = tell(*way_to(state, OF_SELLER if sold else PAID), policy=policy)
    assert state in {lot.state for lot in told.order.lots}, (state, told.order.lots)
    return told
