"""Hypothesis strategies for orders and inputs: any input by any actor about any goods at any time."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
from hypothesis import strategies as st

from orderfsm import inputs as i
from orderfsm.actors import Actor, Role
from orderfsm.policy import Policy, ReturnSchedule

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CUSTOMER = Actor(Role.CUSTOMER, "c9")
SELLERS = ("s1", "s2")
LINES = ("A", "B", "C", "D", "E")
PARCELS = ("x1", "x2", None)

ACTOR_LIST = [
        CUSTOMER, Actor(Role.CUSTOMER, "stranger"), Actor(Role.CUSTOMER_SERVICE), Actor(Role.SELLER, "s1"),
        Actor(Role.SELLER, "s2"), Actor(Role.WAREHOUSE), Actor(Role.LOGISTICS), Actor(Role.PAYMENT),
        Actor(Role.PLATFORM),
]  # fmt: skip
ACTORS = st.sampled_from(ACTOR_LIST)

STEP_LIST = [
        timedelta(), timedelta(microseconds=1), timedelta(minutes=5), timedelta(hours=1),
        timedelta(hours=12) - timedelta(microseconds=1), timedelta(hours=12), timedelta(hours=24), timedelta(days=4),
        timedelta(days=31),
]  # fmt: skip
STEPS = st.sampled_from(STEP_LIST)

POLICIES = st.sampled_from(
    [
        Policy(),
        Policy.declaration(),
        Policy.marketplace(),
        Policy(bundle_widening=False),
        Policy(unpaid_cancellation=True),
        Policy(own_goods_need_approval=False, payment_grace=timedelta(hours=2)),
        Policy(prepaid_label_countries={"DE"}, return_shipping={"EUR": "4.90"}),
        Policy(returns=ReturnSchedule(full_days=0, late_share="1/3")),
    ]
)


@st.composite
def places(draw: st.DrawFn) -> i.Place:
    """An order of loose lines, a bundle, digital goods, sellers' goods, several units, odd cents."""
    amounts = st.sampled_from(["0", "0.01", "10.00", "10.01", "33.34"])
    items = [
        i.Item(
            id="A",
            amount=draw(amounts),
            quantity=draw(st.integers(1, 3)),
            seller=draw(st.sampled_from([None, "s1"])),
        )
    ]
    if draw(st.booleans()):
        seller = draw(st.sampled_from([None, None, "s2"]))
        items += [
            i.Item(id=line, amount=draw(amounts), quantity=draw(st.integers(1, 2)), bundle="set", seller=seller)
            for line in ("B", "C")
        ]
    if draw(st.booleans()):
        items.append(i.Item(id="D", amount=draw(amounts), kind=i.Kind.DIGITAL))
    fee = draw(st.sampled_from(["0", "4.90"]))
    return i.Place(customer="c9", country="DE", currency="EUR", lines=items, delivery_fee=fee)


def total(place: i.Place) -> Decimal:
    """What has to be paid for an order."""
    return sum((item.amount for item in place.lines), place.delivery_fee)


SELECTIONS = st.one_of(
    st.just("all"),
    st.lists(st.sampled_from(LINES), unique=True, max_size=3),
    st.dictionaries(st.sampled_from(LINES), st.integers(1, 3), max_size=2),
)
AMOUNTS = st.sampled_from([None, "0", "0.01", "5.00", "10.01", "1000", "1.005"])

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "reason": st.sampled_from(["changed_mind", "defective", "wrong_item"]),
    "kind": st.sampled_from(i.ReturnKind),
    "opened": st.booleans(),
    "label": st.sampled_from(i.Label),
    "terms": AMOUNTS,
    "deduction": AMOUNTS,
    "amount": AMOUNTS,
    "shipping_payer": st.sampled_from([None, *i.Payer]),
    "condition": st.sampled_from([None, *i.Condition]),
    "parcel": st.sampled_from(PARCELS),
    "ask": st.sampled_from([None, None, "a1", "a2", "a3"]),
    "refund": st.sampled_from(["r1", "r2", "r3"]),
    "anomaly": st.sampled_from(["n1", "n2"]),
    "note": st.just("seen"),
    "payment": st.sampled_from(["p1", "p2", "p3"]),
    "instrument": st.sampled_from(["card:1", "card:2"]),
    "id": st.sampled_from([None, None, None, "k1", "k2"]),
}
ENVELOPE = {"at", "by", "received_at", "id"}
MOVING = tuple(each for each in i.INPUTS if each not in (i.Place, i.PaymentCaptured))


@st.composite
def inputs(draw: st.DrawFn, kind: type[i.Input]) -> i.Input:
    """An input of this kind with any content, without sender and time."""
    content: dict[str, Any] = {}
    for field in attrs.fields(kind):
        if field.name == "lines":
            optional = issubclass(kind, i.GoodsFact | i.CancelDelivery)
            content["lines"] = draw(st.one_of(st.none(), SELECTIONS) if optional else SELECTIONS)
        elif field.name not in ENVELOPE or field.name == "id":
            content[field.name] = draw(VALUES[field.name])
    if kind is i.CancelDelivery and content["lines"] is None and content["parcel"] is None:
        content["lines"] = "all"
    return kind(**content)
