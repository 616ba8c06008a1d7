"""Hypothesis strategies for orders and all that can be said about them.

They follow Hypothesis' own conventions: functions that return strategies, plain values where a value is meant
and strategies where something is to vary, `InvalidArgument` for what cannot be meant, and examples that shrink
to plain ones: one line, one unit, ``Policy()``, no time between two inputs.

Values come complete: an input says who sends it and when, so that ``machine.decide(order, input)`` takes it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import cast

from attrs import evolve

from orderfsm.actors import NAMED_ROLES, PLATFORM, Actor, Role
from orderfsm.decisions import Decision
from orderfsm.guards import HostGuard
from orderfsm.inputs import COMMANDS, FACTS, INPUTS, Command, Fact, Input, PaymentCaptured, Place
from orderfsm.machine import OrderMachine
from orderfsm.order import Lot, Order, Unplaced
from orderfsm.policy import Policy
from orderfsm.table import WHO
from orderfsm.testing.clock import START, TICK
from orderfsm.testing.contents import any_content, fitting_content
from orderfsm.testing.drawing import choose, seldom
from orderfsm.testing.mentions import SOME_ORDER, STRANGER, Mentions, fitting_kinds, latest, mentions
from orderfsm.testing.missing import needs_hypothesis
from orderfsm.testing.openings import amounts, places, policies, return_schedules

try:
    from hypothesis import strategies as st
    from hypothesis.errors import InvalidArgument
except ImportError as missing:
    raise needs_hypothesis(__name__) from missing

__all__ = [
    "actors",
    "amounts",
    "commands",
    "decisions",
    "facts",
    "fitting_inputs",
    "inputs",
    "moments",
    "orders",
    "places",
    "policies",
    "return_schedules",
]

ORDER_ID = "1001"
SOON = (timedelta(), TICK, timedelta(minutes=5), timedelta(hours=1))
STEPS = (
    *SOON,
    timedelta(hours=12) - TICK, timedelta(hours=12), timedelta(hours=24), timedelta(days=4), timedelta(days=31),
)  # fmt: skip
"""Steps of time that lead to all sides of the deadlines of ``Policy()``."""

_IDS = (None, None, None, "k1", "k2")
_TURNS = (*["at once"] * 9, *["after a while"] * 3, *["anything"] * 2)
_ENDS = (True, *[False] * 11)
_PAYING = (PaymentCaptured,)
_AFTER_PLACING = tuple(kind for kind in INPUTS if kind is not Place)


# --- who -------------------------------------------------------------------------------------------------


@st.composite
def actors(draw: st.DrawFn, order: Order | None = None) -> Actor:
    """Everybody who might send something: each role, strangers too. Of `order`: its own customer and sellers."""
    names = SOME_ORDER if order is None else mentions(_order("order", order))
    return choose(draw, _everybody(names))


@lru_cache(maxsize=64)
def _everybody(names: Mentions) -> tuple[Actor, ...]:
    return (
        Actor(Role.CUSTOMER, names.customer),
        *(Actor(role) for role in Role if role not in NAMED_ROLES),
        *(Actor(Role.SELLER, seller) for seller in names.sellers),
        Actor(Role.CUSTOMER, STRANGER),
        Actor(Role.SELLER, STRANGER),
    )


# --- times -----------------------------------------------------------------------------------------------


@st.composite
def moments(draw: st.DrawFn, order: Order | None = None, *, policy: Policy | None = None) -> datetime:
    """Instants, aware and in UTC, at which something may happen next to `order`, or to some order.

    Among them those just before, exactly at and just after the next two deadlines under `policy`.
    """
    return _moment(draw, None if order is None else _order("order", order), policy)


def _moment(draw: st.DrawFn, order: Order | None, policy: Policy | None) -> datetime:
    if order is None:
        return START + choose(draw, STEPS)
    return choose(draw, _moments(order, _policy(policy)))


def _moments(order: Order, policy: Policy) -> list[datetime]:
    now, machine, passed = latest(order), OrderMachine(policy), order
    found = {now + step: None for step in SOON}
    for _ in range(2):
        due = machine.next_deadline(passed)
        if due is None:
            break
        found |= {max(now, due.at + step): None for step in (-TICK, timedelta(), TICK)}
        passed = cast(Order, machine.tick(passed, due.at).order)
    return [*found, now + STEPS[-1]]


# --- inputs ----------------------------------------------------------------------------------------------


@st.composite
def inputs(
    draw: st.DrawFn,
    order: Order | None = None,
    *,
    kinds: Iterable[type[Input]] | None = None,
    policy: Policy | None = None,
    by: st.SearchStrategy[Actor | None] | None = None,
    at: st.SearchStrategy[datetime | None] | None = None,
    ids: st.SearchStrategy[str | None] | None = None,
) -> Input:
    """Anything that anybody may say about `order`, whether it fits or not, mostly about what the order knows.

    Without an order: about an order of `places()`.

    Args:
        order: whose lines, parcels, asks, refunds and anomalies are mentioned, now and then with unknown ones.
        kinds: the inputs that are meant, by default all but `Place`.
        policy: under which the deadlines lie around which things happen.
        by: who says it, by default mostly somebody who may; ``st.none()`` leaves that to `decide`.
        at: when, by default one of `moments(order)`, facts now and then learnt late; ``st.none()`` likewise.
        ids: idempotency keys, by default mostly none.
    """
    kind = choose(draw, _kinds(kinds, _AFTER_PLACING))
    names = SOME_ORDER if order is None else mentions(_order("order", order))
    sender = choose(draw, _anybody(WHO[kind], names)) if by is None else draw(by)
    moment = _moment(draw, order, policy) if at is None else draw(at)
    received = None
    if at is None and order is not None and moment is not None and kind in FACTS and seldom(draw):
        moment, received = order.placed_at + (moment - order.placed_at) / 2, moment
    name = choose(draw, _IDS) if ids is None else draw(ids)
    if kind is Place:
        placed: Place = draw(places())
        return evolve(placed, by=sender, at=moment, id=name)
    return kind(by=sender, at=moment, received_at=received, id=name, **any_content(draw, kind, names))


def commands(
    order: Order | None = None,
    *,
    policy: Policy | None = None,
    by: st.SearchStrategy[Actor | None] | None = None,
    at: st.SearchStrategy[datetime | None] | None = None,
    ids: st.SearchStrategy[str | None] | None = None,
) -> st.SearchStrategy[Command]:
    """Anything that anybody may ask for: `inputs` that are commands, but for `Place`."""
    kinds = [kind for kind in COMMANDS if kind is not Place]
    return cast(st.SearchStrategy[Command], inputs(order, kinds=kinds, policy=policy, by=by, at=at, ids=ids))


def facts(
    order: Order | None = None,
    *,
    policy: Policy | None = None,
    by: st.SearchStrategy[Actor | None] | None = None,
    at: st.SearchStrategy[datetime | None] | None = None,
    ids: st.SearchStrategy[str | None] | None = None,
) -> st.SearchStrategy[Fact]:
    """Anything that anybody may report: `inputs` that are facts."""
    return cast(st.SearchStrategy[Fact], inputs(order, kinds=FACTS, policy=policy, by=by, at=at, ids=ids))


@st.composite
def fitting_inputs(
    draw: st.DrawFn,
    order: Order,
    *,
    kinds: Iterable[type[Input]] | None = None,
    policy: Policy | None = None,
    at: st.SearchStrategy[datetime | None] | None = None,
    ids: st.SearchStrategy[str | None] | None = None,
) -> Input:
    """What is likely to happen next to `order`: inputs that move some of it, by somebody who may send them.

    Most are accepted; some find a guard or a condition that they did not know of. Where nothing fits: any input.
    The arguments are those of `inputs`.
    """
    some = _kinds(kinds, _AFTER_PLACING)
    moment = _moment(draw, _order("order", order), policy) if at is None else draw(at)
    name = None if ids is None else draw(ids)
    return _fitting(draw, order, some, _policy(policy), moment, name)


def _fitting(
    draw: st.DrawFn, order: Order, kinds: Iterable[type[Input]], policy: Policy, at: datetime | None, id: str | None
) -> Input:
    fitting = fitting_kinds(order, kinds)
    if not fitting:
        return draw(inputs(order, kinds=kinds, at=st.just(at), ids=st.just(id)))
    kind = choose(draw, fitting)
    content, lot = fitting_content(draw, kind, order, policy)
    sender = choose(draw, _senders(WHO[kind], mentions(order), lot))
    return kind(by=sender, at=at, id=id, **content)


@lru_cache(maxsize=1024)
def _anybody(roles: frozenset[Role], names: Mentions) -> tuple[Actor, ...]:
    """Mostly somebody who may say it, else anybody."""
    may, everybody = _senders(roles, names, None), _everybody(names)
    return (*(may * (len(everybody) // len(may) + 1)), *everybody)


def _senders(roles: frozenset[Role], names: Mentions, lot: Lot | None) -> tuple[Actor, ...]:
    """Those who may say it about these goods, the seller first where they are a seller's (B10)."""
    sellers = names.sellers if lot is None else tuple(filter(None, [lot.line.seller]))
    found: list[Actor] = []
    for role in sorted(roles):
        if role is Role.SELLER:
            found = [*(Actor(role, seller) for seller in sellers), *found]
        else:
            found.append(Actor(role, names.customer) if role is Role.CUSTOMER else Actor(role))
    return tuple(found if len(found) == 1 else [*found[:1], *found])


# --- orders ----------------------------------------------------------------------------------------------


@st.composite
def orders(
    draw: st.DrawFn,
    policy: Policy | None = None,
    *,
    guards: Iterable[HostGuard] = (),
    placed: st.SearchStrategy[Place] | None = None,
    max_inputs: int = 16,
) -> Order:
    """Orders that can be reached under `policy`: placed, and then played with inputs that mostly fit.

    Args:
        policy: by default ``Policy()``. Draw it first where it is to vary: ``policies().flatmap(orders)``.
        guards: the host's own rules.
        placed: what is placed, by default `places()`.
        max_inputs: how many inputs may follow at most.
    """
    if max_inputs < 0:
        raise InvalidArgument(f"{max_inputs=} must be at least 0")
    machine = OrderMachine(_policy(policy), guards=guards)
    place = draw(places() if placed is None else placed).sent(by=PLATFORM)
    order = machine.decide(Unplaced(ORDER_ID), place if place.at else place.sent(at=START)).order
    if not isinstance(order, Order):
        raise InvalidArgument(f"{placed=} must draw orders that can be placed; this one cannot: {place!r}")
    for _ in range(max_inputs):
        if choose(draw, _ENDS):
            break
        order = cast(Order, machine.decide(order, _next_input(draw, order, machine.policy)).order)
    return order


def _next_input(draw: st.DrawFn, order: Order, policy: Policy) -> Input:
    """Mostly what fits, and at once: a long wait ends most stories before they begin."""
    turn = choose(draw, _TURNS)
    if turn == "anything":
        return draw(inputs(order, policy=policy))
    if turn == "after a while":
        return _fitting(draw, order, _AFTER_PLACING, policy, _moment(draw, order, policy), None)
    pays = fitting_kinds(order, _PAYING)
    return _fitting(draw, order, pays or _AFTER_PLACING, policy, latest(order), None)


@st.composite
def decisions(draw: st.DrawFn, policy: Policy | None = None, *, guards: Iterable[HostGuard] = ()) -> Decision:
    """What `decide` answers about orders that can be reached: accepted, refused, duplicate and anomalous.

    For tests of what a host does with an answer: stores it, shows it, carries out its effects.
    """
    guards = tuple(guards)
    order = draw(orders(policy, guards=guards))
    machine = OrderMachine(_policy(policy), guards=guards)
    if order.seen and seldom(draw):
        return machine.decide(order, choose(draw, order.seen))
    input = (
        draw(inputs(order, policy=policy)) if choose(draw, (False, True)) else _next_input(draw, order, machine.policy)
    )
    return machine.decide(order, input)


# --- arguments -------------------------------------------------------------------------------------------


def _order(name: str, value: object) -> Order:
    if not isinstance(value, Order):
        raise InvalidArgument(f"Expected an Order but got {name}={value!r} (type={type(value).__name__})")
    return value


def _policy(value: Policy | None) -> Policy:
    if value is not None and not isinstance(value, Policy):
        raise InvalidArgument(f"Expected a Policy but got policy={value!r} (type={type(value).__name__})")
    return Policy() if value is None else value


def _kinds(kinds: Iterable[type[Input]] | None, default: tuple[type[Input], ...]) -> tuple[type[Input], ...]:
    found = default if kinds is None else tuple(kinds)
    strange = [kind for kind in found if kind not in INPUTS]
    if not found or strange:
        raise InvalidArgument(f"{kinds=} must be some of orderfsm.INPUTS")
    return found
