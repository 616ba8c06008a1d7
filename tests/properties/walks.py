"""Seeded random walks through the life of an order, biased towards inputs that fit.

Hypothesis shrinks well but reaches few deep states; these walks reach every row of the table in seconds and
are the same on every machine.
"""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import attrs
from attrs import define, field

from orderfsm import inputs as i
from orderfsm.actors import CUSTOMER_SERVICE, LOGISTICS, WAREHOUSE, Actor, Role
from orderfsm.decisions import Decision
from orderfsm.engine import TRANSITIONS
from orderfsm.machine import OrderMachine
from orderfsm.order import Lot, Order, Unplaced
from orderfsm.policy import Policy, ReturnSchedule
from orderfsm.states import State
from orderfsm.table import WHO
from tests.properties.strategies import ACTOR_LIST, CUSTOMER, START, STEP_LIST, total

STEPS = [*STEP_LIST, *STEP_LIST[:4] * 4]
"""Mostly short steps: long ones close, prepare and alert before anything else can happen."""

POLICIES = (
    Policy(),
    Policy(),
    Policy.marketplace(),
    Policy.marketplace(),
    Policy(bundle_widening=False, prepaid_label_countries={"DE"}, return_shipping={"EUR": "4.90"}),
    Policy(payment_grace=timedelta(hours=2), returns=ReturnSchedule(full_days=3, late_share="1/3")),
)
_SIGNED = ((i.Dispatched(lines="all"), WAREHOUSE), (i.Delivered(lines="all"), LOGISTICS))
_FORM = i.RequestReturn(lines="all", reason="changed_mind")
OPENINGS: tuple[tuple[tuple[i.Input, Actor], ...], ...] = (
    *[()] * 12,
    (
        (i.PreparationStarted(lines=["B"]), WAREHOUSE),
        (i.RequestCancellation(lines="all"), CUSTOMER),
        (i.ApproveCancellation(lines="all"), CUSTOMER_SERVICE),
    ),
    (
        *_SIGNED,
        (attrs.evolve(_FORM, opened=True), CUSTOMER),
        (i.ApproveReturn(lines="all", terms="0.01"), CUSTOMER_SERVICE),
    ),
    (
        *_SIGNED,
        (attrs.evolve(_FORM, kind="exchange"), CUSTOMER),
        (i.ApproveReturn(lines="all"), CUSTOMER_SERVICE),
        (i.ReturnReceived(lines="all"), WAREHOUSE),
    ),
)
"""What follows the payment: mostly nothing, else the way to where chance seldom leads: a bundle of which one item waits
for the other's answer, agreed terms, goods in service."""
AMOUNTS = ("0", "0.01", "5.00", "10.01", "33.34")
MOVING = tuple(each for each in i.INPUTS if each not in (i.Place, i.PaymentCaptured))
REFUNDS = (i.RefundSent, i.RefundSettled, i.RefundSettled, i.RefundFailed, i.RefundReversed, i.ResendRefund)


@define
class Step:
    """One input on one order, and what was decided."""

    machine: OrderMachine
    before: Order | Unplaced
    input: i.Input
    decision: Decision


@define
class Walk:
    """One order played from placing to wherever chance leads."""

    seed: int
    rng: Random = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.rng = Random(self.seed)

    def steps(self, count: int) -> Iterator[Step]:
        """Play `count` inputs."""
        machine = OrderMachine(self.rng.choice(POLICIES))
        place = self._place()
        order: Order | Unplaced = Unplaced("1001")
        now = START
        early: list[tuple[i.Input, Actor]] = [(i.Dispatched(lines=["A"], parcel="x1"), Actor(Role.WAREHOUSE))]
        opening = [*(early if self.rng.random() < 0.1 else []), (place, Actor(Role.PLATFORM)), *self._payments(place)]
        opening += self.rng.choice(OPENINGS)
        for number in range(count):
            input, by = opening[number] if number < len(opening) else self._next(order)
            if number >= len(opening):
                now += self.rng.choice(STEPS)
            at = now
            if self.rng.random() < 0.1:
                at = max(START, now - self.rng.choice(STEP_LIST))
            sent = input.sent(by=by, at=at, received_at=now)
            decision = machine.decide(order, sent)
            yield Step(machine, order, sent, decision)
            order = decision.order

    # --- what may be sent ----------------------------------------------------------------------------------

    def _place(self) -> i.Place:
        rng = self.rng
        items = [
            i.Item(
                id="A", amount=rng.choice(AMOUNTS), quantity=rng.randint(1, 3), seller=rng.choice([None, None, "s1"])
            )
        ]
        if rng.random() < 0.6:
            seller = rng.choice([None, None, "s2"])
            items += [
                i.Item(id=line, amount=rng.choice(AMOUNTS), quantity=rng.randint(1, 2), bundle="set", seller=seller)
                for line in ("B", "C")
            ]
        if rng.random() < 0.2:
            items.append(i.Item(id="D", amount=rng.choice(AMOUNTS), kind=i.Kind.DIGITAL))
        fee = rng.choice(["0", "4.90"])
        return i.Place(customer="c9", country="DE", currency="EUR", lines=items, delivery_fee=fee)

    def _payments(self, place: i.Place) -> list[tuple[i.Input, Actor]]:
        due, payer = total(place), Actor(Role.PAYMENT)
        if self.rng.random() < 0.15:
            return []
        if self.rng.random() < 0.7:
            return [(i.PaymentCaptured(payment="p1", instrument="card:1", amount=due), payer)]
        first = (due / 3).quantize(Decimal("0.01"))
        parts = [("p1", first), ("p2", due - first)]
        return [(i.PaymentCaptured(payment=p, instrument=f"card:{p}", amount=a), payer) for p, a in parts]

    def _next(self, order: Order | Unplaced) -> tuple[i.Input, Actor]:
        if isinstance(order, Unplaced) or self.rng.random() < 0.15:
            kind = self.rng.choice([*MOVING, i.PaymentCaptured])
            return self._input(kind, order, None), self.rng.choice(ACTOR_LIST)
        lot = self.rng.choice(order.lots)
        if lot.state is State.UNPAID and self.rng.random() < 0.5:
            return self._input(i.PaymentCaptured, order, lot), Actor(Role.PAYMENT)
        kinds: list[type[i.Input]] = [kind for kind in MOVING if lot.state in TRANSITIONS.get(kind.name, ())]
        kinds = [kind for kind in kinds if kind not in REFUNDS]
        if lot.state is State.RETURN_REQUESTED:
            kinds += [i.ApproveReturn] * 6
        if lot.state is State.DELIVERED:
            kinds = [i.RequestReturn, *kinds]
        if order.refunds and self.rng.random() < 0.3:
            kinds = list(REFUNDS)
        if lot.state in (State.CANCELLED, State.CLOSED, State.REFUNDED) and self.rng.random() < 0.3:
            kinds = [i.InterceptConfirmed, i.InterceptDenied] if lot.stray else [i.Dispatched]
        kind = self.rng.choice(kinds or list(MOVING))
        return self._input(kind, order, lot), self._sender(kind, lot)

    def _sender(self, kind: type[i.Input], lot: Lot) -> Actor:
        role = self.rng.choice(sorted(WHO[kind]))
        if Role.SELLER in WHO[kind] and lot.line.seller is not None and self.rng.random() < 0.9:
            return Actor(Role.SELLER, lot.line.seller)
        if role is Role.SELLER:
            return Actor(Role.SELLER, "s1")
        return CUSTOMER if role is Role.CUSTOMER else Actor(role)

    def _input(self, kind: type[i.Input], order: Order | Unplaced, lot: Lot | None) -> i.Input:
        content: dict[str, Any] = {}
        for each in attrs.fields(kind):
            if each.name not in ("at", "by", "received_at"):
                content[each.name] = self._value(kind, each.name, order, lot)
        if kind is i.CancelDelivery and content["lines"] is None and content["parcel"] is None:
            content["lines"] = "all"
        return kind(**content)

    def _value(self, kind: type[i.Input], name: str, order: Order | Unplaced, lot: Lot | None) -> Any:
        rng = self.rng
        line = rng.choice("ABCDE") if lot is None else lot.line.id
        refunds = [refund.id for refund in order.refunds] if isinstance(order, Order) else []
        values: dict[str, list[Any]] = {
            "lines": ["all", "all", "all", [line], [line], [line], {line: 1}, {line: 2}, ["A", "B"], []],
            "reason": ["changed_mind", "changed_mind", "changed_mind", "defective"],
            "kind": ["return", "return", "repair", "exchange"],
            "opened": [False, True, True],
            "label": [*["own"] * 5, "prepaid"],
            "terms": [None, *["0.01", "5.00"] * 4, "1000", "0.001"],
            "deduction": [None, None, "0.01", "1000"],
            "amount": [None, "0", "0.01", "5.00", "5.01"] if kind is i.AssessReturn else ["0.01", "5.00", "100"],
            "shipping_payer": [None, "shop", "customer"],
            "condition": [None, "unopened", "opened", "damaged"],
            "parcel": [None, "x1", "x2"],
            "ask": [None, "a1", *([lot.ask.id] if lot is not None and lot.ask is not None else [])],
            "refund": [*refunds, *refunds, "r1"],
            "anomaly": ["n1", "n2"],
            "note": ["seen"],
            "payment": ["p1", "p2", "p3", "p4"],
            "instrument": ["card:1"],
            "id": [None, None, None, "k1", "k2"],
        }
        if name == "lines" and issubclass(kind, i.GoodsFact | i.CancelDelivery):
            values["lines"].append(None)
        return rng.choice(values[name])
