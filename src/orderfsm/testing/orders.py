"""How an order is explored: where it begins, everything that can be said to it, what follows, and when.

Time is part of what is said: every input is tried at the present instant, and just before, exactly at and
just after the next deadline. Between two deadlines no instant differs from another, so one stands for all.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import combinations
from operator import is_
from typing import Any, TypeVar

from attrs import frozen

from orderfsm import inputs as i
from orderfsm.actors import CUSTOMER_SERVICE, LOGISTICS, PAYMENT, PLATFORM, WAREHOUSE, Actor, Role
from orderfsm.deadlines import moving
from orderfsm.decisions import Accepted, Decision
from orderfsm.guards import HostGuard
from orderfsm.inputs import Input
from orderfsm.machine import OrderMachine
from orderfsm.order import Order, Unplaced
from orderfsm.selections import ALL, LinesArgument
from orderfsm.states import State
from orderfsm.table import WHO
from orderfsm.testing.keys import NONE, OrderKey, Symmetry
from orderfsm.testing.scopes import PLACED_AT, Scope, Times, Values

TICK = timedelta(microseconds=1)
"""The smallest step of time: just before a deadline is one tick before it."""

STRANGER = "somebody else"

P = TypeVar("P")

_MARKED = frozenset({Role.PLATFORM, Role.CUSTOMER, Role.PAYMENT})
"""Whose inputs carry an id, where ids are tried."""


@frozen
class Position:
    """An order at an instant: a state of the exploration."""

    order: Order | Unplaced
    now: datetime


@frozen
class Wait:
    """Nothing is said; time passes until an instant."""

    at: datetime


Said = Input | Wait


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
        """Before the order is placed, or once it is paid, or delivered."""
        position = Position(Unplaced("1001"), PLACED_AT)
        for input in self._alphabet.road():
            position, _ = self.step(position, input)
        return [position]

    # --- when two are the same ---------------------------------------------------------------------------

    def key(self, position: Position) -> Hashable:
        """The canonical key of a position.

        Most reports are only kept: they leave the goods and the money as they were, and so the key.
        """
        order, now = position.order, position.now
        if isinstance(order, Order) and self.host_guards:
            passed = [(now > at) - (now < at) for guard in self.host_guards for at in guard.instants(order)]
            return self._key(order, now), tuple(passed)
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

    def _instants(self, order: Order, now: datetime) -> set[datetime]:
        """When what the host's guards say may change, and is still to come."""
        return {at for guard in self.host_guards for at in guard.instants(order) if at >= now}

    def _later(self, order: Order, now: datetime) -> Iterator[datetime]:
        """Until when to wait: past each deadline, and past the days in which a return is paid in full."""
        for deadline in sorted(self._deadlines(order, now) | self._instants(order, now)):
            yield deadline
            yield deadline + TICK
        ages = i.AssessReturn in self.scope.kinds and self.scope.values is not Values.PLAIN
        if ages and any([lot.delivered_at is not None for lot in order.lots]):
            yield now + timedelta(days=self.scope.policy.returns.full_days + 1)


_QUOTING = (i.RefundFact, i.ResendRefund, i.StopAnswer, i.InterceptAnswer, i.ResolveAnomaly)
_ANSWERS = (i.StopConfirmed, i.StopDenied, i.InterceptConfirmed, i.InterceptDenied)


def _quotes(kind: type[Input], order: Order) -> Iterator[tuple[str, str]]:
    """What of an order an input of a kind can quote: the field, and an id."""
    if issubclass(kind, i.RefundFact | i.ResendRefund):
        yield from (("refund", refund.id) for refund in order.refunds)
    elif issubclass(kind, i.StopAnswer | i.InterceptAnswer):
        yield from (("ask", ask) for ask in dict.fromkeys([lot.ask.id for lot in order.lots if lot.ask]))
    else:
        yield from (("anomaly", anomaly.id) for anomaly in order.anomalies if anomaly.waiting)


class Alphabet:
    """Everything that can be said about an order of a scope, by everybody, without a time yet."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._full = scope.values is Values.FULL
        self.place = scope.place.sent(by=PLATFORM, id=self._id_of(PLATFORM))
        self._total = sum((item.amount for item in scope.lines), scope.place.delivery_fee)
        self.payments = self._shares()
        self.actors = self._actors()
        self._may: dict[type[Input], list[Actor]] = {kind: self._senders(kind) for kind in scope.kinds}
        self._quoting_kinds = [kind for kind in scope.kinds if issubclass(kind, _QUOTING)]
        self._quoted: dict[tuple[type[Input], str, datetime], list[Input]] = {}
        self.inputs = [
            kind(**content, by=actor, id=self._id_of(actor))
            for kind in scope.kinds
            for content in self._contents(kind)
            for actor in self._may[kind]
        ]

    def road(self) -> list[Input]:
        """What was said before the exploration begins: nothing, or what paid for the order, or also its delivery."""
        scope, road = self._scope, list[Input]()
        if scope.paid or scope.delivered:
            road += [self.place, *self.payments]
        if scope.delivered:
            road.append(i.Delivered(lines=ALL, by=LOGISTICS))
        return [input.sent(at=PLACED_AT) for input in road]

    def _id_of(self, actor: Actor) -> str | None:
        """One and the same id for everything that a few senders say, where ids are tried at all."""
        return "k1" if self._scope.ids and actor.role in _MARKED else None

    def _shares(self) -> list[i.PaymentCaptured]:
        """What pays for the order: one payment, or equal shares with the rest in the first."""
        count = self._scope.captures
        share = self._total // count
        amounts = [self._total - share * (count - 1), *[share] * (count - 1)]
        return [
            i.PaymentCaptured(payment=f"p{number}", instrument=f"card:{number}", amount=amount, by=PAYMENT)
            for number, amount in enumerate(amounts, start=1)
        ]

    def _actors(self) -> list[Actor]:
        scope = self._scope
        sellers = list(dict.fromkeys([item.seller for item in scope.lines if item.seller is not None]))
        named = [Actor(Role.CUSTOMER, scope.customer), *(Actor(Role.SELLER, seller) for seller in sellers)]
        strangers = [Actor(Role.CUSTOMER, STRANGER), Actor(Role.SELLER, STRANGER)] if scope.strangers else []
        return [*named, CUSTOMER_SERVICE, WAREHOUSE, LOGISTICS, PAYMENT, PLATFORM, *strangers]

    def _senders(self, kind: type[Input]) -> list[Actor]:
        """Who says inputs of a kind; with one voice, the first role that may and, of a seller's goods, each seller."""
        if self._scope.strangers:
            return self.actors
        allowed = [actor for actor in self.actors if actor.role in WHO[kind]]
        if not self._scope.one_voice:
            return allowed
        voices = [actor for actor in allowed if actor.role is not Role.SELLER]
        return [*[actor for actor in allowed if actor.role is Role.SELLER], *voices[:1]]

    # --- about the order's own refunds, asks and anomalies -----------------------------------------------

    def about(self, order: Order, at: datetime) -> Iterator[Input]:
        """What quotes something that this order has: refunds, asks, anomalies."""
        for kind in self._quoting_kinds:
            for name, quoted in _quotes(kind, order):
                key = kind, quoted, at
                sent = self._quoted.get(key)
                if sent is None:
                    content: dict[str, Any] = {name: quoted, "at": at}
                    sent = self._quoted[key] = [
                        kind(**content, by=actor, id=self._id_of(actor)) for actor in self._may[kind]
                    ]
                yield from sent

    def learnt_late(self, order: Order, received_at: datetime) -> Iterator[Input]:
        """Facts whose time of occurrence decides: payments that were in time, answers from before the ask."""
        in_time = order.placed_at
        if i.PaymentCaptured in self._may and in_time < received_at:
            key = i.PaymentCaptured, "", received_at
            late = self._quoted.get(key)
            if late is None:
                when: dict[str, Any] = {"at": in_time, "received_at": received_at}
                late = self._quoted[key] = [
                    i.PaymentCaptured(**content, by=PAYMENT, **when) for content in self._contents(i.PaymentCaptured)
                ]
            yield from late
        for asked_at in {lot.ask.at for lot in order.lots if lot.asked and lot.ask is not None}:
            for kind in _ANSWERS:
                if kind in self._may:
                    yield kind(by=LOGISTICS, at=asked_at - TICK, received_at=received_at)

    # --- contents ----------------------------------------------------------------------------------------

    def _contents(self, kind: type[Input]) -> Iterator[dict[str, Any]]:
        """What inputs of a kind can say, without quoting."""
        if issubclass(kind, i.GoodsCommand):
            yield from self._goods_command(kind)
        elif issubclass(kind, i.GoodsFact):
            yield from self._goods_fact(kind)
        elif issubclass(kind, i.CancelDelivery):
            yield from ({"lines": lines} for lines in self._selections())
            yield from ({"parcel": parcel} for parcel in self._parcels())
        elif kind is i.PaymentCaptured:
            yield from self._payments()
        elif kind is i.Place:
            told = ("customer", "country", "currency", "lines", "delivery_fee")
            yield {name: getattr(self.place, name) for name in told}
        elif issubclass(kind, i.RefundFact | i.ResendRefund):
            yield {"refund": "r0"}
        elif kind is i.ResolveAnomaly:
            yield {"anomaly": "n0"}

    def _selections(self) -> list[LinesArgument]:
        lines = self._scope.lines
        ids = [item.id for item in lines]
        found: list[LinesArgument] = [] if self._scope.one_by_one else [ALL]
        found += [[line] for line in ids]
        found += [{item.id: 1} for item in lines if item.quantity > 1]
        if self._full and not self._scope.one_by_one:
            found += [list(some) for size in range(2, len(ids) + 1) for some in combinations(ids, size)]
            found += [{item.id: item.quantity + 1} for item in lines]
            found += [[], ["Z"]]
        return found

    def _parcels(self) -> list[str]:
        return ["x1", "x2"][: self._scope.parcels]

    def _payments(self) -> Iterator[dict[str, Any]]:
        total = self._total
        half = total // 2
        amounts = [total, half, total + 1] if self._full else [total]
        if self._scope.captures > 1 and not self._full:
            amounts.append(half)
        for number in range(1, self._scope.captures + 1):
            for amount in amounts:
                yield {"payment": f"p{number}", "instrument": f"card:{number}", "amount": amount}
        if self._full:
            yield {"payment": "p1", "instrument": "card:0", "amount": total}
            yield {"payment": "p1", "instrument": "card:1", "amount": "0.005"}

    def _goods_command(self, kind: type[Input]) -> Iterator[dict[str, Any]]:
        for lines in self._selections():
            for values in self._values(kind):
                yield {"lines": lines, **values}

    def _values(self, kind: type[Input]) -> list[dict[str, Any]]:
        if kind is i.RequestReturn:
            choice, fault = {"reason": "changed_mind"}, {"reason": "defective"}
            forms: list[dict[str, Any]] = [choice, {**choice, "opened": True}, {**fault, "opened": True}]
            if self._scope.values is Values.PLAIN:
                return [choice, {**choice, "opened": True}, {**choice, "kind": "repair"}]
            forms.append({**fault, "kind": "repair"})
            return [*forms, fault, {**choice, "kind": "exchange"}] if self._full else forms
        if kind is i.ApproveReturn:
            plain: list[dict[str, Any]] = [{}, {"terms": "1.00"}, {"label": "prepaid"}]
            rare = [{"terms": "1.00", "label": "prepaid"}, {"terms": "9999"}, {"terms": "1.005"}]
            return [*plain, *rare] if self._full else plain
        if kind is i.AssessReturn:
            some = "1.00" if all(item.amount for item in self._scope.lines) else "0"
            few: list[dict[str, Any]] = [{}, {"amount": some}]
            if self._scope.values is Values.PLAIN:
                cheapest = min(item.amount / item.quantity for item in self._scope.lines)
                return [{}, {"amount": str(cheapest)}]
            if self._full:
                few += [{"amount": "0.50"}, {"amount": "0.505"}]
            more: list[dict[str, Any]] = [
                {"reason": "defective"}, {"deduction": "0.50"}, {"shipping_payer": "customer"}, {"amount": "0"},
                {"amount": "9999"},
            ]  # fmt: skip
            return [*few, *more] if self._full else few
        return [{}]

    def _goods_fact(self, kind: type[Input]) -> Iterator[dict[str, Any]]:
        selections: list[LinesArgument | None] = [] if self._scope.one_by_one else [None]
        selections += self._selections()
        for lines in selections:
            if kind is i.ReturnReceived:
                conditions = [None, *i.Condition] if self._full else [None, i.Condition.DAMAGED]
                if self._scope.values is Values.PLAIN:
                    conditions = [None]
                yield from ({"lines": lines, "condition": condition} for condition in conditions)
            elif issubclass(kind, i.ParcelFact):
                yield from ({"lines": lines, "parcel": parcel} for parcel in (None, *self._parcels()))
            else:
                yield {"lines": lines}
