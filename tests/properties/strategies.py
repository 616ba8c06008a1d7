"""What the property tests invent beside the public strategies: anybody, at any distance in time."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import strategies as st

from orderfsm import inputs as i
from orderfsm.actors import Actor, Role
from orderfsm.order import Order, Unplaced
from orderfsm.testing import strategies as public
from orderfsm.testing.clock import START, TICK

__all__ = ["ACTORS", "ACTOR_LIST", "CUSTOMER", "MOVING", "START", "STEPS", "STEP_LIST", "said", "total"]

CUSTOMER = Actor(Role.CUSTOMER, "c9")

ACTOR_LIST = [
        CUSTOMER, Actor(Role.CUSTOMER, "stranger"), Actor(Role.CUSTOMER_SERVICE), Actor(Role.SELLER, "s1"),
        Actor(Role.SELLER, "s2"), Actor(Role.WAREHOUSE), Actor(Role.LOGISTICS), Actor(Role.PAYMENT),
        Actor(Role.PLATFORM),
]  # fmt: skip
ACTORS = st.sampled_from(ACTOR_LIST)

STEP_LIST = [
        timedelta(), TICK, timedelta(minutes=5), timedelta(hours=1),
        timedelta(hours=12) - TICK, timedelta(hours=12), timedelta(hours=24), timedelta(days=4),
        timedelta(days=31),
]  # fmt: skip
STEPS = st.sampled_from(STEP_LIST)

MOVING = tuple(each for each in i.INPUTS if each not in (i.Place, i.PaymentCaptured))


def total(place: i.Place) -> Decimal:
    """What has to be paid for an order."""
    return sum((item.amount for item in place.lines), place.delivery_fee)


def said(kind: type[i.Input], order: Order | Unplaced) -> st.SearchStrategy[i.Input]:
    """An input of this kind with any content, about the order's own things or others, without sender and time."""
    anything = public.inputs(kinds=[kind], by=st.none(), at=st.none())
    if isinstance(order, Unplaced):
        return anything
    return anything | public.inputs(order, kinds=[kind], by=st.none(), at=st.none())
