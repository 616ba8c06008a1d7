"""How a story of one order is told to a person: one line an input, and what differed in the last of them."""

from collections.abc import Sequence
from typing import Any

from attrs import fields, frozen

from orderfsm.decisions import Decision
from orderfsm.inputs import Input
from orderfsm.policy import Policy
from orderfsm.testing.contents import NAMES
from orderfsm.testing.observing import Difference
from orderfsm.times import shown

MOVES_SHOWN = 8


@frozen
class Event:
    """One thing that happened in a story, and what orderfsm decided."""

    what: str
    decision: Decision

    def __str__(self) -> str:
        codes = ", ".join(str(reason.code) for reason in self.decision.reasons)
        return f"{self.what} → {self.decision.outcome}{f' ({codes})' if codes else ''}"


def said(input: Input) -> str:
    """An input as a person reads it: when, by whom, what; only what differs from its defaults."""
    values: list[str] = []
    defaults = {field.name: field.default for field in fields(type(input))}
    for name in (*NAMES[type(input)], "id"):
        value = getattr(input, name)
        if value is not None and value != defaults[name]:
            values.append(f"{name}={_brief(name, value)}")
    at = "" if input.at is None else shown(input.at)
    late = "" if input.received_at in (None, input.at) else f", learnt at {shown(input.received_at)}"
    return f"{at} {input.by}: {input.name}({', '.join(values)}){late}"


def _brief(name: str, value: Any) -> str:
    if name == "lines" and not isinstance(value, str):
        if value and not isinstance(value[0], tuple):  # the items that are placed
            return "[" + ", ".join(_item(item) for item in value) + "]"
        if any(quantity is not None for _, quantity in value):
            return repr(dict(value))
        return repr([line for line, _ in value])
    return repr(str(value)) if not isinstance(value, bool) else repr(value)


def _item(item: Any) -> str:
    more = [f"{name} {getattr(item, name)}" for name in ("seller", "bundle") if getattr(item, name) is not None]
    kind = [] if item.kind == "physical" else [str(item.kind)]
    return " ".join([f"{item.quantity}×{item.id}", str(item.amount), *kind, *more])


def complaint(events: Sequence[Event], differences: Sequence[Difference], policy: Policy) -> str:
    """What differed after the last event, why orderfsm decided so, and the story that led there."""
    last = events[-1]
    lines = [f"The backend differs from orderfsm after step {len(events)}: {last.what}", ""]
    for difference in differences:
        lines += [
            f"  {difference.part}",
            f"    expected  {difference.expected}",
            f"    observed  {difference.observed}",
        ]
    why = _why(last.decision)
    if why:
        lines += ["", "Why orderfsm expects this:", *(f"  {each}" for each in why)]
    lines += ["", "The story so far:", *(f"  {number}. {event}" for number, event in enumerate(events, 1))]
    lines += ["", f"Under {changes(policy)}."]
    return "\n".join(lines)


def _why(decision: Decision) -> list[str]:
    found = [f"{reason.clause}: {reason.message}" for reason in decision.reasons]
    moves = [
        f"{move.clause}: {move.quantity} of {move.line}, {move.source} → {move.target} ({move.trigger})"
        for move in decision.moves
    ]
    found += moves[:MOVES_SHOWN]
    if len(moves) > MOVES_SHOWN:
        found.append(f"and {len(moves) - MOVES_SHOWN} moves more")
    if decision.added:
        found.append(f"B22: the selection was widened by {dict(decision.added)}")
    return found


def changes(policy: Policy) -> str:
    """A policy as a person reads it: what differs from ``Policy()``."""
    plain = Policy()
    changed = [
        f"{field.name}={getattr(policy, field.name)!r}"
        for field in fields(Policy)
        if getattr(policy, field.name) != getattr(plain, field.name)
    ]
    return f"Policy({', '.join(changed)})"
