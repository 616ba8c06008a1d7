"""Orders that are met again under a known key, with other content: they behave like the one that was kept.

`test_abstractions.py` has a test for each thing that keys leave out; here they are met in all combinations, as
they come about. And every trace is told anew, as a shop would: no two things at one instant, all of it under ids.
"""

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve, fields

from orderfsm.inputs import Item
from orderfsm.order import Anomaly, Ask, Case, Lot, Order, Payment, Refund
from orderfsm.policy import Policy
from orderfsm.testing.agreeing import Translation, agree
from orderfsm.testing.exploring import Trace
from orderfsm.testing.orders import OrderSpace, Position, Said, Wait
from orderfsm.testing.scopes import Chapter, Scope, Times, Values
from tests.proof.twins import all_twins, differences, explored, sampled, walked

FULFILMENT = (Chapter.PAYMENT, Chapter.FULFILMENT, Chapter.CANCELLATION)

SCOPES: dict[str, dict[str, Any]] = {
    "1 line": {"values": Values.LEAN},
    "1 line, every instant": {"chapters": FULFILMENT, "times": Times.EVERY},
    "1 line, early facts": {"chapters": [*FULFILMENT, Chapter.REFUNDS], "early": 1},
    "1 line, every answer": {
        "chapters": [Chapter.FULFILMENT, Chapter.CANCELLATION, Chapter.INTERCEPTION],
        "values": Values.FULL,
        "paid": True,
    },
    "1 line, 2 payments": {
        "chapters": [Chapter.PAYMENT, Chapter.CANCELLATION],
        "captures": 2,
        "times": Times.EVERY,
        "policy": Policy(payment_grace=timedelta(hours=2)),
    },
    "2 units": {"lines": [Item(id="A", amount="10.01", quantity=2)], "chapters": FULFILMENT},
    "2 loose lines": {
        "lines": [Item(id="A", amount="10.00"), Item(id="B", amount="20.00")],
        "chapters": FULFILMENT,
        "policy": Policy.marketplace(),
    },
    "bundle of 2": {
        "lines": [Item(id="A", amount="10.00", bundle="s"), Item(id="B", amount="20.00", bundle="s")],
        "chapters": FULFILMENT,
    },
}


def space_of(name: str) -> OrderSpace:
    """One of the scopes, explored without symmetry."""
    common: dict[str, Any] = {"values": Values.PLAIN, "times": Times.NOW, "early": 0, "strangers": False}
    lines = [Item(id="A", amount="10.00")]
    return OrderSpace(Scope(name=name, **({"lines": lines} | common | SCOPES[name])))


# --- what is left out ------------------------------------------------------------------------------------

LEFT_OUT = {
    "Order": {"seen", "asks", "version"},
    "Lot": {"since", "alerted"},
    "Ask": set[str](),
    "Case": {"at", "by"},
    "Payment": set[str](),
    "Refund": {"instrument", "at", "not_before", "due_by", "overdue_at", "lines", "attempt", "alerted"},
    "Anomaly": {"id", "reason", "at", "note"},
}
"""What no key ever asks for."""

IN_PART = {
    "Order": {"anomalies", "paid_at"},
    "Lot": {"case", "ask", "terms", "delivered_at", "received_at", "condition", "refunds"},
    "Ask": {"id", "party", "at", "answer"},
    "Case": {"kind", "reason", "opened", "label"},
    "Payment": {"at"},
    "Refund": {"id"},
    "Anomaly": {"fact", "open", "waiting"},
}
"""What counts only sometimes, or only for what it decides: see the tests by name."""

WHOLE = {
    "Order": {"lots", "payments", "refunds"},
    "Lot": {"line", "quantity", "amount", "state", "parcel", "assessed", "shop_fault", "settled_from", "stray"},
    "Ask": set[str](),
    "Case": set[str](),
    "Payment": {"id", "instrument", "amount"},
    "Refund": {"cause", "state", "amount", "payment"},
    "Anomaly": set[str](),
}
"""What always counts."""

NEVER_CHANGES = {"id", "customer", "country", "currency", "timezone", "placed_at", "delivery_fee", "lines"}
"""Of an order: the same for all orders of a scope."""


@pytest.mark.parametrize("kind", [Order, Lot, Ask, Case, Payment, Refund, Anomaly], ids=lambda kind: kind.__name__)
def test_every_field_is_accounted_for(kind: type) -> None:
    """A new field of an order has to be put into its keys, or to be shown not to matter."""
    name = kind.__name__
    known = [LEFT_OUT[name], IN_PART[name], WHOLE[name], *([NEVER_CHANGES] if kind is Order else [])]
    assert {each.name for each in fields(kind)} == set().union(*known)
    assert len(fields(kind)) == sum(map(len, known))


# --- orders that are met again ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCOPES)
def test_orders_with_one_key_behave_alike(name: str) -> None:
    """One of every kind of difference that comes about in one step, and some at the end of long histories."""
    space = space_of(name)
    found = explored(space)
    twins = sampled(all_twins(space, found))[:40]
    assert len(twins) > 5
    for seed in range(2):
        twins += list(walked(space, found, seed, steps=12))[3::4]
    for first, second in twins:
        assert agree(space, first, second) is None


def test_what_orders_with_one_key_differ_in_is_what_keys_leave_out() -> None:
    """Nothing else ever differs."""
    space = space_of("1 line")
    homes = {"": "Order", "lots": "Lot", "lots.ask": "Ask", "lots.case": "Case", "payments": "Payment"}
    homes |= {"refunds": "Refund", "anomalies": "Anomaly"}
    met: set[str] = set()
    for first, second in all_twins(space, explored(space)):
        met |= set(differences(first.order, second.order))
    may_differ = {
        f"{path}.{name}".strip(".") for path, home in homes.items() for name in LEFT_OUT[home] | IN_PART[home]
    }
    assert {name for name in met if name not in may_differ and ".".join(name.split(".")[:2]) not in may_differ} == set()
    assert {"version", "asks", "lots.since", "lots.case.by.role", "refunds.attempt"} <= met


# --- traces told anew ------------------------------------------------------------------------------------


def told_anew(space: OrderSpace, trace: Trace[Position, Said]) -> Position:
    """The same history as a shop would record it: one thing after the other, each under an id of its own."""
    position = trace.initial
    for number, step in enumerate(trace):
        later = Position(position.order, position.now + timedelta(seconds=1))
        said = Translation(space, step.before, later)(step.input)
        assert said is not None
        if isinstance(said, Wait):
            assert later.now < said.at
        else:
            said = evolve(said, id=f"{said.name} {number}")
            told_at = said.received_at or said.at
            assert told_at is not None
            assert position.now < told_at
        position, _ = space.step(later, said)
    return position


@pytest.mark.parametrize("name", [name for name, options in SCOPES.items() if Times.EVERY not in options.values()])
def test_every_trace_can_be_told_as_a_shop_records_it(name: str) -> None:
    """At strictly increasing instants, every input under its id, on the real machine: it ends in the same key."""
    space = space_of(name)
    found = explored(space)
    for index, position in enumerate(found.states):
        trace = found.trace(index)
        assert position == (trace.steps[-1].after if trace.steps else trace.initial)
        again = told_anew(space, trace)
        assert space.key(position) == space.key(again)
        said = [step.input for step in trace if not isinstance(step.input, Wait)]
        assert len(said) == len(again.order.seen)
