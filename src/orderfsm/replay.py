"""Playing an order log through an order machine, line by line. The log itself is never held.

What is kept is the orders, each as it is after its last line. Deadlines fire where the machine lets them
fire: before an input of the same order, and at ticks. When the log ends nothing more fires.
"""

import gc
from collections.abc import Iterable
from datetime import datetime
from heapq import heappop, heappush

from attrs import define

from orderfsm.decisions import Decision, Refused
from orderfsm.inputs import Input
from orderfsm.log import WITH_AMOUNTS, InvalidLine, Tick, check_places, read_line
from orderfsm.log_answers import Fired, answer, as_line, fired_objects, invalid_answer, tick_answer
from orderfsm.log_faults import too_long
from orderfsm.log_shapes import TICK
from orderfsm.machine import OrderMachine
from orderfsm.order import Order, Unplaced
from orderfsm.reasons import Code, Reason, Step


@define
class Decided:
    """An input, or a tick for one order, was decided.

    Attributes:
        order: the id of the order.
        do: the name of the input, or ``tick``.
        now: when it was learnt.
        decision: what was decided.
    """

    order: str
    do: str
    now: datetime
    decision: Decision


@define
class TimePassed:
    """Time passed for all orders.

    Attributes:
        now: until when.
        fired: the decisions of those orders for which something fired, by id.
    """

    now: datetime
    fired: dict[str, Decision]


@define
class Invalid:
    """A line could not be understood; nothing has moved.

    Attributes:
        fault: what is wrong with it.
    """

    fault: InvalidLine


Played = Decided | TimePassed | Invalid
"""What became of a line."""


class Replay:
    """The orders of a log, as far as it has been played.

    Attributes:
        machine: what decides.
        orders: every order as it is after its last line, by id.

    Args:
        machine: decides the inputs; its policy is that of the whole replay.
    """

    def __init__(self, machine: OrderMachine) -> None:
        self.machine = machine
        self.orders: dict[str, Order | Unplaced] = {}
        self._due: list[tuple[datetime, str]] = []
        self._changed: set[str] | None = None

    def play(self, raw: bytes | None) -> Played:
        """Play one line (None: one that was too long to be read). Never raises for what a line says."""
        if raw is None:
            return Invalid(too_long())
        try:
            line = read_line(raw)
            order_id, said = line
            order = None if order_id is None else self.orders.get(order_id)
            if isinstance(said, Tick):
                return self._tick(order_id, order, said)
            if type(said) in WITH_AMOUNTS and isinstance(order, Order):
                _check_amounts(order, said)
        except InvalidLine as fault:
            fault.__traceback__ = fault.__context__ = None  # their frames would come to refer back to it
            return Invalid(fault)
        assert order_id is not None  # only ticks may leave it out
        decision = self.machine.decide(order or Unplaced(order_id), said)
        self._keep(order_id, decision)
        now = said.received_at or said.at
        assert now is not None  # every line says when
        return Decided(order_id, said.name, now, decision)

    def _keep(self, order_id: str, decision: Decision) -> None:
        after = decision.order
        if not isinstance(after, Unplaced) or after.version:
            self.orders[order_id] = after
            if self._changed is not None:
                self._changed.add(order_id)

    # --- ticks -------------------------------------------------------------------------------------------

    def _tick(self, order_id: str | None, order: Order | Unplaced | None, tick: Tick) -> Decided | TimePassed:
        if order_id is None:
            return TimePassed(tick.now, self._pass_time(tick.now))
        if isinstance(order, Order):
            decision: Decision = self.machine.tick(order, tick.now)
            self._keep(order_id, decision)
        else:
            steps = ("place", Step.CONTACT_CUSTOMER_SERVICE)
            reason = Reason(Code.UNKNOWN_ORDER, "A6", {"order": order_id}, steps)
            decision = Refused(order or Unplaced(order_id), reasons=(reason,))
        return Decided(order_id, TICK, tick.now, decision)

    def _pass_time(self, now: datetime) -> dict[str, Decision]:
        """Let time pass for all orders, looking only at those that changed and those that are due."""
        changed: Iterable[str] = self.orders if self._changed is None else self._changed
        for order_id in changed:
            self._schedule(order_id)
        self._changed = set()
        fired: dict[str, Decision] = {}
        while self._due and self._due[0][0] <= now:
            _, order_id = heappop(self._due)
            order = self.orders[order_id]
            if order_id in fired or not isinstance(order, Order):
                continue
            decision = self.machine.tick(order, now)
            if decision.fired:
                fired[order_id] = decision
                self.orders[order_id] = decision.order
                self._schedule(order_id)
        return fired

    def _schedule(self, order_id: str) -> None:
        order = self.orders[order_id]
        due = self.machine.next_deadline(order) if isinstance(order, Order) else None
        if due is not None:
            heappush(self._due, (due.at, order_id))


def _check_amounts(order: Order, input: Input) -> None:
    try:
        check_places(input, order.currency)
    except InvalidLine as fault:
        fault.order = order.id
        raise


def answered(number: int, played: Played) -> bytes | Fired:
    """The answer to a line: JSON, or what a tick for all orders let fire among these orders."""
    match played:
        case Decided(order, do, _, decision):
            return as_line(answer(number, order, do, decision))
        case Invalid(fault):
            return as_line(invalid_answer(number, fault))
        case TimePassed(_, fired):
            return fired_objects(fired)


def tick_line(number: int, fired: Fired) -> bytes:
    """The answer to a tick for all orders, once what fired everywhere is known."""
    return as_line(tick_answer(number, fired))


def without_cycles() -> None:
    """Spare a process that only replays the search for reference cycles.

    Orders, decisions and effects are frozen values, made from older ones; none can refer back to itself, so
    counting references frees them all, and looking through a hundred thousand orders for cycles finds none.
    (A test holds the replay to this.)
    """
    gc.disable()
