"""A clock that a test holds in its hand: it stands still until it is told to go on, and never goes back.

orderfsm itself has no clock, time is an argument. A host has one; in its tests this can stand in for it.
"""

from datetime import UTC, datetime, timedelta

from orderfsm.deadlines import Deadline
from orderfsm.errors import InvalidInput
from orderfsm.machine import OrderMachine
from orderfsm.order import Order
from orderfsm.times import instant, shown

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""When a clock begins unless it is told otherwise: a Monday morning, with working days ahead of it."""

TICK = timedelta(microseconds=1)
"""The smallest step of time: just before a deadline is one tick before it."""


class Clock:
    """A controllable clock: call it for the time, an aware date-time in UTC.

    Args:
        start: the time at which it stands; aware.

    Raises:
        InvalidInput: `start` is naive, or no time that an order can hold.
    """

    def __init__(self, start: datetime = START) -> None:
        self._now = instant("start", start)

    def __call__(self) -> datetime:
        """The time, aware and in UTC; it is the same until the clock is told to go on."""
        return self._now

    def __repr__(self) -> str:
        return f"Clock({shown(self._now)})"

    def advance(
        self,
        by: timedelta | None = None,
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
        microseconds: float = 0,
    ) -> datetime:
        """Let so much time pass: a timedelta, or numbers of units, or both together. Gives the time as it then is.

        Raises:
            InvalidInput: the time would go back, or beyond what an order can hold.
        """
        units = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, microseconds=microseconds)
        whole = units if by is None else by + units
        if whole < timedelta():
            raise InvalidInput("by", "nothing or more: this clock never goes back", whole)
        try:
            later = self._now + whole
        except OverflowError:
            raise InvalidInput("by", "a time that the calendar reaches", whole) from None
        return self.set(later)

    def set(self, to: datetime) -> datetime:
        """Go on to an instant, and give it in UTC.

        Raises:
            InvalidInput: it is naive, earlier than now, or no time that an order can hold.
        """
        later = instant("to", to)
        if later < self._now:
            raise InvalidInput("to", f"{shown(self._now)} or later: this clock never goes back", shown(later))
        self._now = later
        return later

    # --- deadlines ---------------------------------------------------------------------------------------

    def just_before(self, order: Order, machine: OrderMachine) -> datetime:
        """Go on to one tick before the next deadline of `order`: the last instant at which it has not passed.

        Raises:
            InvalidInput: nothing is due for the order, or that instant is over.
        """
        return self.set(_next(order, machine).at - TICK)

    def until(self, order: Order, machine: OrderMachine) -> datetime:
        """Go on to the next deadline of `order` exactly: from then on it has passed (A1, A7).

        Raises:
            InvalidInput: nothing is due for the order, or that instant is over.
        """
        return self.set(_next(order, machine).at)

    def just_after(self, order: Order, machine: OrderMachine) -> datetime:
        """Go on to one tick after the next deadline of `order`.

        Raises:
            InvalidInput: nothing is due for the order, or that instant is over.
        """
        return self.set(_next(order, machine).at + TICK)


def _next(order: Order, machine: OrderMachine) -> Deadline:
    due = machine.next_deadline(order)
    if due is None:
        raise InvalidInput("order", "an order for which something is due", order.id)
    return due
