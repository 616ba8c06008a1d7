"""How an order is explored: where it begins, everything that can be said to it, what follows, and when.

Time is part of what is said: every input is tried at the present instant, and just before, exactly at and
just after the next deadline. Between two deadlines no instant differs from another, so one stands for all.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from datetime import datetime, timedelta
from operator import is_
from typing import Any, TypeVar

from attrs import frozen

from orderfsm import inputs as i
from orderfsm.deadlines import moving
from orderfsm.decisions import Accepted, Decision, Refused
from orderfsm.guards import HostGuard
from orderfsm.inputs import Input
from orderfsm.machine import OrderMachine
from orderfsm.order import Order, Unplaced
from orderfsm.states import State
from orderfsm.testing.alphabet import Alphabet
from orderfsm.testing.clock import TICK
from orderfsm.testing.keys import NONE, OrderKey, Symmetry
from orderfsm.testing.scopes import PLACED_AT, Scope, Times, Values
from orderfsm.times import instant

P = TypeVar("P")


@frozen
class Position:
    """An order at an instant: a state of the exploration.

    Attributes:
        order: the order.
        now: the instant.
    """

    order: Order | Unplaced
    now: datetime


@frozen
class Wait:
    """Nothing is said; time passes until an instant.

    Attributes:
        at: until when.
    """

    at: datetime


Said = Input | Wait
"""What can be said to an order, waiting included."""


class OrderSpace:
    """All orders of one scope: the four functions that `explore` asks for."""

    def __init__(self, scope: Scope, guards: Iterable[HostGuard] = (), symmetry: Symmetry = NONE) -> None:
        self.scope = scope
        self.host_guards = tuple(guards)
        self.machine = OrderMachine(scope.policy, guards=self.host_guards)
        self._key = OrderKey(scope.policy, symmetry, answered=scope.values is Values.FULL, ids=scope.ids)
        self._alphabet = Alphabet(scope)
        self._sent: dict[datetime, list[Input]] = {}
        self._made: dict[Hashable, list[Any]] = {}
        self._ticked: tuple[Order | None, dict[datetime, Order]] = None, {}
        self._keyed: tuple[tuple[Any, ...], Hashable] = (None,) * 5, None
        self._answered: tuple[Position | None, dict[Any, tuple[Position, Decision]]] = None, {}

    # --- where it begins ---------------------------------------------------------------------------------

    def initial(self) -> list[Position]:
        """Before the order is placed, or once it is paid, or delivered.

        Raises:
            ValueError: no such order can be paid, or delivered.
        """
        position, road = Position(Unplaced("1001"), PLACED_AT), self._alphabet.road()
        for input in road:
            position, answer = self.step(position, input)
            if isinstance(answer, Refused):
                why = ", ".join(reason.code for reason in answer.reasons)
                raise ValueError(f"{self.scope.name}: expected orders that can be paid, but {input.name}: {why}")
        order = position.order
        if road and (not isinstance(order, Order) or order.paid_at is None):
            raise ValueError(f"{self.scope.name}: expected orders that can be paid with what they cost")
        return [position]

    # --- when two are the same ---------------------------------------------------------------------------

    def key(self, position: Position) -> Hashable:
        """The canonical key of a position.

        Most reports are only kept: they leave the goods and the money as they were, and so the key.
        """
        order, now = position.order, position.now
        if isinstance(order, Order) and self.host_guards:
            return self._key(order, now), self._passed(order, now)
        if not isinstance(order, Order) or self.scope.ids or any([each.waiting for each in order.anomalies]):
            return self._key(order, now)
        parts = order.lots, order.refunds, order.payments, order.paid_at, now
        known, key = self._keyed
        if not all(map(is_, known, parts)):
            key = self._key(order, now)
            self._keyed = parts, key
        return key

    def within(self, position: Position) -> bool:
        """Whether no more facts came too early than the scope allows."""
        anomalies = position.order.anomalies
        return not anomalies or len([each for each in anomalies if each.waiting]) <= self.scope.early

    # --- what follows ------------------------------------------------------------------------------------

    def step(self, position: Position, said: Said) -> tuple[Position, Decision]:
        """What the machine decides."""
        order = position.order
        if isinstance(said, Wait):
            answer: Decision = self.machine.tick(order, said.at) if isinstance(order, Order) else Accepted(order)
            return Position(answer.order, said.at), answer
        answer = self.machine.decide(order, said)
        if answer.order is order:
            return position, answer
        now = said.received_at or said.at
        assert now is not None
        return Position(answer.order, max(now, position.now)), answer

    def step_once(self, position: Position, said: Said) -> tuple[Position, Decision]:
        """The same, but what was decided in this very position is not decided again: promises ask a second time."""
        if isinstance(said, Wait):
            return self.step(position, said)
        known, answers = self._answered
        if known is not position:
            answers = {}
            self._answered = position, answers
        key = said, said.received_at  # inputs are equal whenever they were received
        found = answers.get(key)
        if found is None:
            found = answers[key] = self.step(position, said)
        return found

    def when_judged(self, order: Order, now: datetime) -> Order:
        """The order at `now`: every deadline that has passed by then has fired (policy 3)."""
        known, instants = self._ticked
        if known is not order:
            instants = {}
            self._ticked = order, instants
        found = instants.get(now)
        if found is None:
            ticked = self.machine.tick(order, now).order
            assert isinstance(ticked, Order)
            found = instants[now] = ticked
        return found

    def once(self, key: Hashable, make: Callable[[], Iterable[P]]) -> list[P]:
        """What is made for a key, made once: what is promised of goods in one place is promised in many states."""
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = list(make())
        return found

    # --- what can be said --------------------------------------------------------------------------------

    def inputs(self, position: Position) -> Iterator[Said]:
        """Everything that anybody can say, at every instant that differs."""
        order, now = position.order, position.now
        if isinstance(order, Unplaced):
            yield from self._unplaced(order, now)
            return
        alphabet = self._alphabet
        for at in self.moments(position):
            sent = self._sent.get(at)
            if sent is None:
                sent = self._sent[at] = [input.sent(at=at) for input in alphabet.inputs]
            yield from sent
            yield from alphabet.about(order, at)
            yield from alphabet.learnt_late(order, at)
        for at in self._later(order, now):
            yield Wait(at)

    def _unplaced(self, order: Unplaced, now: datetime) -> Iterator[Said]:
        early = len([each for each in order.anomalies if each.waiting])
        for input in self._alphabet.inputs:
            if not isinstance(input, i.Fact) or early < self.scope.early:
                yield input.sent(at=now)

    def moments(self, position: Position) -> list[datetime]:
        """The present instant, and just before, exactly at and just after the next deadlines."""
        order, now = position.order, position.now
        moments = {now}
        assert isinstance(order, Order)
        if self.scope.times is not Times.NOW:
            for deadline in self._deadlines(order, now) | self._instants(order, now):
                moments |= {max(now, deadline - TICK), deadline, deadline + TICK}
        return sorted(moments)

    def _deadlines(self, order: Order, now: datetime) -> set[datetime]:
        """The next deadline that moves goods or ends a payment's time; all that are next, where alerts count."""
        policy = self.scope.policy
        found: set[datetime] = set()
        for lot in order.lots:
            due = moving(policy, order.placed_at, order.paid_at, lot)
            if due is not None:
                found.add(due[0])
                ends = order.placed_at + policy.payment_window
                if lot.state is State.UNPAID and ends > now:
                    found.add(ends)
        if self.scope.times is Times.ALERTS:
            due_next = self.machine.next_deadline(order)
            if due_next is not None:
                found.add(due_next.at)
        return found

    def _named(self, order: Order) -> list[datetime]:
        """When what the host's guards say of each lot may change, in the order of the goods."""
        found: list[datetime] = []
        for guard in self.host_guards:
            for lot in order.lots:
                some = guard.instants(order, lot)
                if not isinstance(some, tuple | list) or not all(isinstance(each, datetime) for each in some):
                    raise TypeError(f"guard {guard.code!r}: instants: expected a list of aware times, got {some!r}")
                found += [instant(f"guard {guard.code!r}: instants", each) for each in some]
        return found

    def _instants(self, order: Order, now: datetime) -> set[datetime]:
        """When what the host's guards say may change, and is still to come."""
        return {at for at in self._named(order) if at >= now} if self.host_guards else set()

    def _passed(self, order: Order, now: datetime) -> Hashable:
        """Which instants of guards are over, and which of them, and of the deadlines that move goods, comes first."""
        named = self._named(order)
        if not named:
            return ()
        due = [moving(self.scope.policy, order.placed_at, order.paid_at, lot) for lot in order.lots]
        times = [*named, *(each[0] for each in due if each is not None)]
        ranks = sorted({now, *times})
        return tuple([ranks.index(each) for each in (now, *times)])

    def _later(self, order: Order, now: datetime) -> Iterator[datetime]:
        """Until when to wait: past each deadline, and past the days in which a return is paid in full."""
        for deadline in sorted(self._deadlines(order, now) | self._instants(order, now)):
            yield deadline
            yield deadline + TICK
        ages = i.AssessReturn in self.scope.kinds and self.scope.values is not Values.PLAIN
        if ages and any([lot.delivered_at is not None for lot in order.lots]):
            yield now + timedelta(days=self.scope.policy.returns.full_days + 1)


__all__ = ["TICK", "OrderSpace", "Position", "Said", "Wait"]
