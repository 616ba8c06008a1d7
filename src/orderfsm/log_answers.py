"""What is answered to a line of the order log, as JSON objects (policy 7).

Amounts are decimal strings, dates are ISO dates in the order's time zone, times are ISO in UTC.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from attrs import fields

from orderfsm.decisions import Decision
from orderfsm.effects import EFFECTS, Effect
from orderfsm.log_faults import InvalidLine
from orderfsm.log_shapes import TICK
from orderfsm.money import Money, decimal_string
from orderfsm.order import Order, Refund
from orderfsm.reasons import Reason

Json = dict[str, Any]
"""An object of JSON."""

INVALID = "invalid"
"""The outcome of a line that could not be understood."""


def answer(line: int, order: str, do: str, decision: Decision) -> Json:
    """What was decided about the input of one line, and the order as it then is."""
    after = decision.order
    placed = after if isinstance(after, Order) else None
    found: Json = {
        "line": line,
        "order": order,
        "do": do,
        "outcome": decision.outcome,
        "state": placed.state if placed else None,
        "lines": placed.quantities if placed else {},
        "added": dict(decision.added),
        "effects": [effect_object(effect) for effect in decision.effects],
        "reasons": [reason_object(reason) for reason in decision.reasons],
        "refunds": [refund_object(refund, placed.currency) for refund in placed.refunds] if placed else [],
    }
    if decision.fired:
        found["fired"] = list(decision.fired)
    return found


def invalid_answer(line: int, fault: InvalidLine) -> Json:
    """Why a line could not be understood. It has moved nothing."""
    said = {name: value for name, value in (("order", fault.order), ("do", fault.do)) if value is not None}
    facts = {"line": line, "field": fault.field or None, "expected": fault.expected, "got": fault.got}
    reason = {"code": INVALID, "clause": "7", "message": fault.message, "next_steps": [], "facts": facts}
    return {"line": line, **said, "outcome": INVALID, "added": {}, "effects": [], "reasons": [reason]}


Fired = dict[str, tuple[tuple[str, ...], list[Json]]]
"""What a tick for all orders let fire: by order, the deadlines and the effects."""


def fired_objects(passed: Mapping[str, Decision]) -> Fired:
    """What fired, in a form that can go from one process to another."""
    return {
        order: (decision.fired, [{"order": order, **effect_object(effect)} for effect in decision.effects])
        for order, decision in passed.items()
    }


def tick_answer(line: int, fired: Fired) -> Json:
    """What fired when time passed for all orders, by order id."""
    ids = sorted(fired)
    return {
        "line": line,
        "do": TICK,
        "outcome": "accepted",
        "orders": {order: list(fired[order][0]) for order in ids},
        "effects": [effect for order in ids for effect in fired[order][1]],
        "reasons": [],
    }


# --- the parts of an answer ------------------------------------------------------------------------------

_EFFECT_FIELDS: dict[type[Effect], tuple[str, ...]] = {
    effect: tuple(each.name for each in fields(effect) if each.name != "id") for effect in EFFECTS
}


def effect_object(effect: Effect) -> Json:
    """An effect: its name, its id, and its fields."""
    found: Json = {"effect": effect.name, "id": effect.id}
    for name in _EFFECT_FIELDS[type(effect)]:
        value = getattr(effect, name)
        if isinstance(value, Money):
            found[name] = value.amount
            found["currency"] = value.currency
        else:
            found[name] = value
    return found


def reason_object(reason: Reason) -> Json:
    """Why not, and what instead."""
    return {
        "code": reason.code,
        "clause": reason.clause,
        "message": reason.message,
        "next_steps": list(reason.next_steps),
        "facts": reason.facts,
    }


def refund_object(refund: Refund, currency: str) -> Json:
    """Where one refund is."""
    return {
        "refund": refund.id,
        "cause": refund.cause,
        "state": refund.state,
        "amount": decimal_string(refund.amount, currency),
        "payment": refund.payment,
        "instrument": refund.instrument,
        "not_before": refund.not_before,
        "due_by": refund.due_by,
        "lines": refund.lines,
    }


def _plain(value: object) -> object:
    """What a fact may hold beside what JSON knows: another kind of map, or something with a name of its own."""
    return dict(value) if isinstance(value, Mapping) else str(value)


encode: Callable[[Any], bytes] = msgspec.json.Encoder(enc_hook=_plain).encode
"""JSON of anything that an answer holds."""


def as_line(found: Json) -> bytes:
    """An answer as one line of JSON, with its newline."""
    return encode(found) + b"\n"
