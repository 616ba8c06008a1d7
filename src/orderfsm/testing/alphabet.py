"""Everything that can be said about the orders of a scope, by everybody: inputs with every value that is tried."""

from collections.abc import Iterator
from datetime import datetime
from itertools import combinations
from typing import Any

from orderfsm import inputs as i
from orderfsm.actors import CUSTOMER_SERVICE, LOGISTICS, PAYMENT, PLATFORM, WAREHOUSE, Actor, Role
from orderfsm.inputs import Input
from orderfsm.money import decimal_string, exponent, minor_units
from orderfsm.order import Order
from orderfsm.selections import ALL, LinesArgument
from orderfsm.table import WHO
from orderfsm.testing.clock import TICK
from orderfsm.testing.scopes import PLACED_AT, Scope, Values

STRANGER = "somebody else"

_MARKED = frozenset({Role.PLATFORM, Role.CUSTOMER, Role.PAYMENT})
"""Whose inputs carry an id, where ids are tried."""

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
        cheapest = self._unit_price()
        self._cheapest = decimal_string(cheapest, scope.currency)
        self._little = decimal_string(min(cheapest, 10 ** exponent(scope.currency)), scope.currency)
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

    def _unit_price(self) -> int:
        """What the cheapest unit costs at least, in minor units; so much fits within the price of any goods."""
        currency = self._scope.currency
        return min((minor_units(item.amount, currency) or 0) // item.quantity for item in self._scope.lines)

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
            plain: list[dict[str, Any]] = [{}, {"terms": self._little}, {"label": "prepaid"}]
            rare = [{"terms": self._little, "label": "prepaid"}, {"terms": "9999"}, {"terms": "1.005"}]
            return [*plain, *rare] if self._full else plain
        if kind is i.AssessReturn:
            if self._scope.values is Values.PLAIN:
                return [{}, {"amount": self._cheapest}]
            few: list[dict[str, Any]] = [{}, {"amount": self._little}]
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
