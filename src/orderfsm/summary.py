"""What a replay comes to, counted line by line and then over the orders, for a person to read.

Summaries of parts of a log add up: that is how several processes share one.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from attrs import define, field

from orderfsm.decisions import Accepted, Anomalous, Decision, Refused
from orderfsm.log_answers import INVALID
from orderfsm.machine import OrderMachine
from orderfsm.order import Order, Unplaced
from orderfsm.replay import Invalid, Played, TimePassed
from orderfsm.states import RefundState

SHOWN_INVALID = 5
"""So many invalid lines are shown; all are counted."""


@define
class Noted:
    """How often something was answered, and the first line and order for which it was."""

    count: int
    line: int
    order: str

    def __add__(self, other: "Noted") -> "Noted":
        first = min(self, other, key=lambda noted: noted.line)
        return Noted(self.count + other.count, first.line, first.order)


@define
class Late:
    """How many have waited too long for something, and the order that has waited longest."""

    count: int
    since: datetime
    order: str

    def __add__(self, other: "Late") -> "Late":
        longest = min(self, other, key=lambda late: (late.since, late.order))
        return Late(self.count + other.count, longest.since, longest.order)


@define
class Cash:
    """Money of one currency, in minor units: what came in, and where what goes back is."""

    captured: int = 0
    refunded: int = 0
    on_its_way: int = 0
    owed: int = 0

    def __add__(self, other: "Cash") -> "Cash":
        return Cash(
            self.captured + other.captured,
            self.refunded + other.refunded,
            self.on_its_way + other.on_its_way,
            self.owed + other.owed,
        )


Why = tuple[str, str]
"""A code and its clause."""


@define
class Summary:
    """Everything that is counted.

    Attributes:
        inputs, outcomes: how many of each, invalid lines among the outcomes.
        refusals, anomalies: by code and clause; an input with two reasons counts for both.
        fired: the deadlines that passed.
        invalid: the first invalid lines, by number.
        first, last: the earliest and the latest time at which something was learnt.
        orders, unplaced: those that were placed, and those of which only facts are known.
        states: the orders by their state; goods: the quantities by theirs.
        overdue: what has waited too long at `last`.
        behind: the orders of which a deadline has passed by then that no line has let fire.
    """

    inputs: Counter[str] = field(factory=Counter)
    outcomes: Counter[str] = field(factory=Counter)
    refusals: dict[Why, Noted] = field(factory=dict)
    anomalies: dict[Why, Noted] = field(factory=dict)
    fired: Counter[str] = field(factory=Counter)
    invalid: dict[int, str] = field(factory=dict)
    first: datetime | None = None
    last: datetime | None = None
    orders: int = 0
    unplaced: int = 0
    states: Counter[str] = field(factory=Counter)
    goods: Counter[str] = field(factory=Counter)
    money: dict[str, Cash] = field(factory=dict)
    overdue: dict[str, Late] = field(factory=dict)
    behind: Late | None = None

    # --- line by line ------------------------------------------------------------------------------------

    def add(self, line: int, played: Played, *, again: bool = False) -> None:
        """Count the answer to one line; `again` where its line is counted elsewhere already."""
        if isinstance(played, Invalid):
            self.outcomes[INVALID] += 1
            if len(self.invalid) < SHOWN_INVALID:
                self.invalid[line] = played.fault.message
            return
        now = played.now
        if self.first is None or self.last is None:
            self.first = self.last = now
        elif now > self.last:
            self.last = now
        elif now < self.first:
            self.first = now
        if isinstance(played, TimePassed):
            self._add_tick(played, again=again)
            return
        decision = played.decision
        self.inputs[played.do] += 1
        self.outcomes[decision.outcome] += 1
        if decision.fired:
            self.fired.update(decision.fired)
        if isinstance(decision, Accepted):
            return
        if isinstance(decision, Refused):
            _note(self.refusals, line, played.order, decision)
        elif isinstance(decision, Anomalous):
            _note(self.anomalies, line, played.order, decision)

    def _add_tick(self, tick: TimePassed, *, again: bool) -> None:
        if not again:
            self.inputs["tick"] += 1
            self.outcomes["accepted"] += 1
        for decision in tick.fired.values():
            self.fired.update(decision.fired)

    # --- over the orders ---------------------------------------------------------------------------------

    def close(self, machine: OrderMachine, orders: Iterable[Order | Unplaced], at: datetime) -> None:
        """Count the orders as they are in the end, and what is overdue at `at`."""
        for order in orders:
            if isinstance(order, Order):
                self.orders += 1
                self._add_order(machine, order, at)
            else:
                self.unplaced += 1

    def _add_order(self, machine: OrderMachine, order: Order, at: datetime) -> None:
        self.states[order.state.value] += 1
        for lot in order.lots:
            self.goods[lot.state.value] += lot.quantity
        cash = self.money.get(order.currency)
        if cash is None:
            cash = self.money[order.currency] = Cash()
        for payment in order.payments:
            cash.captured += payment.amount
        for refund in order.refunds:
            if refund.state is RefundState.SETTLED:
                cash.refunded += refund.amount
            elif refund.state is RefundState.SENT:
                cash.on_its_way += refund.amount
            else:
                cash.owed += refund.amount
        for late in machine.overdue(order, at=at):
            _count(self.overdue, late.code.value, Late(1, late.at, order.id))
        due = machine.next_deadline(order)
        if due is not None and due.at <= at:
            found = Late(1, due.at, order.id)
            self.behind = found if self.behind is None else self.behind + found

    # --- together ----------------------------------------------------------------------------------------

    def join(self, other: "Summary") -> None:
        """Add the summary of another part of the same log."""
        for mine, its in (
            (self.inputs, other.inputs),
            (self.outcomes, other.outcomes),
            (self.fired, other.fired),
            (self.states, other.states),
            (self.goods, other.goods),
        ):
            mine.update(its)
        for notes, its_notes in ((self.refusals, other.refusals), (self.anomalies, other.anomalies)):
            for why, noted in its_notes.items():
                notes[why] = notes[why] + noted if why in notes else noted
        for code, late in other.overdue.items():
            _count(self.overdue, code, late)
        if other.behind is not None:
            self.behind = other.behind if self.behind is None else self.behind + other.behind
        for currency, cash in other.money.items():
            self.money[currency] = self.money[currency] + cash if currency in self.money else cash
        both = sorted({**self.invalid, **other.invalid}.items())
        self.invalid = dict(both[:SHOWN_INVALID])
        self.first = min((time for time in (self.first, other.first) if time is not None), default=None)
        self.last = max((time for time in (self.last, other.last) if time is not None), default=None)
        self.orders += other.orders
        self.unplaced += other.unplaced


def _note(notes: dict[Why, Noted], line: int, order: str, decision: Decision) -> None:
    for code, clause in dict.fromkeys((str(reason.code), reason.clause) for reason in decision.reasons):
        noted = notes.get((code, clause))
        if noted is None:
            notes[code, clause] = Noted(1, line, order)
        else:
            noted.count += 1


def _count(late: dict[str, Late], code: str, counted: Late) -> None:
    late[code] = late[code] + counted if code in late else counted
