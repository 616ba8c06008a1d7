"""What a rule may look at while one input is judged, and nothing else.

A rule about a lot reads the order's globals, the lot's own component (a loose line, or its bundle) and a
few named flags. That keeps lines independent of each other by construction.
"""

from datetime import datetime
from decimal import Decimal
from typing import Generic, TypeVar

from orderfsm.actors import Actor
from orderfsm.inputs import Input
from orderfsm.money import minor_units
from orderfsm.order import Lot, Order, Payment, Refund
from orderfsm.policy import Policy
from orderfsm.states import State

I_co = TypeVar("I_co", bound=Input, covariant=True)


class Scene(Generic[I_co]):
    """One input about one order, as it stands at this moment of the judgement.

    Generic in the input, so that a type checker rejects a rule of another input in a row of the table.

    Attributes:
        policy: the shop's policy.
        order: the order before the input; its globals (customer, country, placing) never change.
        input, by, at: what is said, by whom, and when it occurred.
        now: when it was received; decides which deadlines have passed.
        lots, payments, refunds, paid_at: as they are now.
    """

    def __init__(self, policy: Policy, order: Order, input: I_co, by: Actor, at: datetime, now: datetime) -> None:
        self.policy = policy
        self.order = order
        self.input = input
        self.by = by
        self.at = at
        self.now = now
        self.lots: list[Lot] = list(order.lots)
        self.payments: tuple[Payment, ...] = order.payments
        self.refunds: tuple[Refund, ...] = order.refunds
        self.paid_at = order.paid_at

    def component(self, lot: Lot) -> list[Lot]:
        """The goods that are decided together with `lot`: its bundle, or itself alone (B21)."""
        bundle = lot.line.bundle
        return [lot] if bundle is None else [mate for mate in self.lots if mate.line.bundle == bundle]

    @property
    def payment_closes_at(self) -> datetime:
        """When a payment is no longer in time (A1)."""
        return self.order.placed_at + self.policy.payment_window

    def amount_due(self) -> int:
        """What is still to be paid for the unpaid goods and their delivery, in minor units."""
        due, ships = 0, False
        for lot in self.lots:
            if lot.state is State.UNPAID:
                due += lot.amount
                ships = ships or lot.line.physical
        if ships or not any(line.physical for line in self.order.lines):
            due += self.order.delivery_fee
        return due

    def captured(self) -> int:
        """What has been captured and not been given back, in minor units."""
        kept = sum([payment.amount for payment in self.payments])
        return kept - sum([refund.amount for refund in self.refunds]) if self.refunds else kept

    def minor(self, amount: Decimal) -> int:
        """An amount of the input in minor units; its places were checked when the input came in."""
        minor = minor_units(amount, self.order.currency)
        assert minor is not None
        return minor


def days_between(start: datetime, end: datetime, timezone: str) -> int:
    """How many dates of the calendar in `timezone` lie between two instants."""
    from orderfsm.calendars import local_date

    return (local_date(end, timezone) - local_date(start, timezone)).days
