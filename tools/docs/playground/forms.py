"""What can be said beside a button: which goods, why, how much. The fields are those of the input itself."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from attrs import evolve, fields_dict, frozen

from orderfsm import inputs as i
from orderfsm.errors import InvalidInput
from orderfsm.inputs import Fact, Input
from orderfsm.order import Order
from orderfsm.policy import Policy
from orderfsm.selections import ALL, Selection

G = TypeVar("G", bound=i.GoodsCommand)

CHANGED_MIND = "changed_mind"
"""Why goods go back when nobody says why."""

HOURS_AGO = "hours_ago"
"""The one field that is none of the input's: a fact may be learnt later than it occurred."""

_UNSAID = ("", "not said")
_LONGEST_AGO = 24 * 366


@frozen
class Field:
    """One thing to choose or to write, with what it holds at first.

    Attributes:
        name: the input's own field.
        kind: ``lines``, ``choice``, ``flag``, ``amount``, ``hours`` or ``text``.
        options: for a choice, what may be sent and how it reads.
        lines: for lines, each with what it reads like, how many there are, and how many are chosen at first.
    """

    name: str
    label: str
    kind: str
    value: Any = None
    options: tuple[tuple[str, str], ...] = ()
    lines: tuple[tuple[str, str, int, int], ...] = ()


def fields_of(input: Input, order: Order, policy: Policy) -> tuple[Field, ...]:
    """What can be said with `input`, beginning with what it says already."""
    found: list[Field] = []
    for name in fields_dict(type(input)):
        value = getattr(input, name)
        match name:
            case "lines" if not isinstance(input, i.Place):
                found.append(_lines(value, order))
            case "opened":
                found.append(Field(name, "The customer has opened it", "flag", value))
            case "kind":
                found.append(_choice(name, "What for", value, _words(i.ReturnKind)))
            case "label":
                found.append(_choice(name, "Return label", value, _words(i.Label)))
            case "shipping_payer":
                found.append(_choice(name, "Who bears the shipping", value, (_UNSAID, *_words(i.Payer))))
            case "condition":
                found.append(_choice(name, "Found in the warehouse", value, (_UNSAID, *_words(i.Condition))))
            case "reason":
                found.append(_reason(input, value, policy))
            case "ask" if order.asks:
                asks = [f"a{number}" for number in range(1, order.asks + 1)]
                found.append(_choice(name, "Answers the question", value, (_UNSAID, *((ask, ask) for ask in asks))))
            case "terms":
                found.append(Field(name, f"Refund that is offered ({order.currency})", "amount", _shown(value)))
            case "amount" | "deduction":
                found.append(Field(name, f"{name.capitalize()} ({order.currency})", "amount", _shown(value)))
            case "payment" | "instrument" | "note":
                found.append(Field(name, name.capitalize(), "text", value))
            case "parcel" if isinstance(input, i.Dispatched):
                found.append(Field(name, "Parcel", "text", value))
            case _:
                pass  # the envelope is the playground's; a refund or an anomaly has a button of its own
    if isinstance(input, Fact):
        found.append(Field(HOURS_AGO, "Happened so many hours ago", "hours", 0))
    return tuple(found)


def filled_in(input: Input, values: Mapping[str, Any], now: datetime) -> Input:
    """The input with what was said in its form, learnt now.

    Raises:
        InvalidInput: something was said that the input cannot carry.
    """
    said: dict[str, Any] = {name: None if value == "" else value for name, value in values.items()}
    hours = said.pop(HOURS_AGO, None) or 0
    if isinstance(hours, bool) or not isinstance(hours, int | float) or not 0 <= hours <= _LONGEST_AGO:
        raise InvalidInput(HOURS_AGO, f"a number from 0 to {_LONGEST_AGO}", hours)
    known = {field.name for field in fields_dict(type(input)).values()} - {"at", "by", "id", "received_at"}
    for name in said:
        if name not in known:
            raise InvalidInput(name, f"one of {', '.join(sorted(known))}", name)
    if "note" in said and said["note"] is None:
        said["note"] = ""
    try:
        return evolve(input, **said, at=now - timedelta(hours=hours), received_at=now)
    except TypeError as fault:
        raise InvalidInput("values", "what the form offers", dict(values)) from fault


def choosing(command: G, lines: str | Iterable[str]) -> G:
    """The same command about other goods."""
    return evolve(command, lines=lines)


# --- the fields ------------------------------------------------------------------------------------------


def _lines(value: Selection | None, order: Order) -> Field:
    named = None if value is None or value == ALL else dict(value)
    return Field(
        "lines",
        "Which goods",
        "lines",
        lines=tuple(
            (line.id, line.title, line.quantity, line.quantity if named is None or line.id in named else 0)
            for line in order.lines
        ),
    )


def _reason(input: Input, value: str | None, policy: Policy) -> Field:
    if isinstance(input, i.RequestReturn | i.AssessReturn):
        known = (CHANGED_MIND, *sorted(policy.returns.shop_fault_reasons))
        unsaid = () if isinstance(input, i.RequestReturn) else (_UNSAID,)
        return _choice("reason", "Reason", value, (*unsaid, *_words(known)))
    return Field("reason", "Reason", "text", value or "")


def _choice(name: str, label: str, value: str | None, options: Iterable[tuple[str, str]]) -> Field:
    return Field(name, label, "choice", "" if value is None else str(value), tuple(options))


def _words(values: Iterable[str]) -> tuple[tuple[str, str], ...]:
    return tuple((str(value), str(value).replace("_", " ")) for value in values)


def _shown(value: Any) -> str:
    return "" if value is None else str(value)
