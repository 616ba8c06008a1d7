"""A trace told to a person: what was said, what changed, a test to paste, and a diagram."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from attrs import fields

from orderfsm.actors import Actor, Role
from orderfsm.inputs import Input, Item
from orderfsm.order import Order, Unplaced
from orderfsm.policy import Policy
from orderfsm.testing.exploring import Violation
from orderfsm.testing.orders import Position, Said, Wait
from orderfsm.testing.properties import Step

Taken = Step[Position, Said]


# --- in words --------------------------------------------------------------------------------------------


def told(violation: Violation[Position, Said]) -> str:
    """A violation with its trace: one line a step, and below it what changed of the order."""
    property = violation.property
    cited = f" ({', '.join(property.clauses)})" if property.clauses else ""
    lines = [f"{property.name}{cited}: {violation.fault}", f"  It claims: {property.says}", "  The shortest way there:"]
    for number, step in enumerate(violation.trace, start=1):
        lines.append(f"  {number}. {_said(step.input)} → {_answer(step)}")
        lines += [f"       {change}" for change in changes(step)]
    return "\n".join(lines)


def _answer(step: Taken) -> str:
    codes = ", ".join(str(reason.code) for reason in step.answer.reasons)
    fired = f" after {', '.join(step.answer.fired)}" if step.answer.fired else ""
    return f"{step.answer.outcome}{' ' + codes if codes else ''}{fired}"


def _said(said: Said) -> str:
    if isinstance(said, Wait):
        return f"{_time(said.at)} time passes"
    content = {name: value for name, value in _content(said) if name not in ("at", "by", "received_at")}
    told = " ".join(f"{name}={_short(value)}" for name, value in content.items())
    learnt = f" (learnt {_time(said.received_at)})" if said.received_at not in (None, said.at) else ""
    return f"{_time(said.at)}{learnt} {said.by}: {said.name} {told}".rstrip()


def _time(at: datetime | None) -> str:
    return "" if at is None else at.isoformat(sep=" ").removesuffix("+00:00")


def _short(value: object) -> str:
    if isinstance(value, tuple) and value and isinstance(value[0], Item):
        return ",".join(_item(item) for item in value)
    if isinstance(value, tuple):
        return ",".join(line if quantity is None else f"{line}×{quantity}" for line, quantity in value) or "nothing"
    return str(value)


def _item(item: Item) -> str:
    more = [f"{item.quantity}×" if item.quantity > 1 else "", item.id, f" {item.amount}"]
    more += [f" of {item.seller}" if item.seller else "", f" in {item.bundle}" if item.bundle else ""]
    return "".join(more)


def changes(step: Taken) -> list[str]:
    """What a step changed of the order, one line each."""
    before, after = _facts(step.before.order), _facts(step.after.order)
    told = [f"{name}: {before.get(name, '–')} → {value}" for name, value in after.items() if before.get(name) != value]
    return told + [f"{name}: {value} → –" for name, value in before.items() if name not in after]


def _facts(order: Order | Unplaced) -> dict[str, str]:
    found = {f"anomaly {each.id}": f"{each.reason.code}{'' if each.open else ', closed'}" for each in order.anomalies}
    if isinstance(order, Unplaced):
        return found
    lots: dict[str, list[str]] = {}
    for lot in order.lots:
        asked = "" if lot.ask is None else f" [{lot.ask.id} {lot.ask.answer or 'asked'}]"
        astray = ", astray" if lot.stray else ""
        lots.setdefault(lot.line.id, []).append(f"{lot.quantity} {lot.state}{asked}{astray}")
    for line, some in lots.items():
        found[line] = "; ".join(some)
    for payment in order.payments:
        found[f"payment {payment.id}"] = f"{payment.amount} from {payment.instrument}"
    for refund in order.refunds:
        found[f"refund {refund.id}"] = f"{refund.amount} {refund.state}, {refund.cause}, attempt {refund.attempt}"
    return found


# --- as a test to paste ----------------------------------------------------------------------------------


def as_test(violation: Violation[Position, Said], policy: Policy) -> str:
    """The trace as a pytest test that plays it and prints where it ends; paste it and assert what should be."""
    name = "".join(letter if letter.isalnum() else "_" for letter in violation.property.name)
    inputs = [step.input for step in violation.trace]
    lines = [
        "from datetime import UTC, datetime",
        "",
        "from orderfsm import *",
        "",
        "",
        f"def test_{name}() -> None:",
        f'    """{violation.property.says}"""',
        f"    machine = OrderMachine({_code(policy)})",
        '    order = Unplaced("1001")',
    ]
    for number, said in enumerate(inputs):
        last = number == len(inputs) - 1
        if isinstance(said, Wait):
            call = f"machine.tick(order, {_code(said.at)})"
        else:
            call = f"machine.decide(order, {_code(said)})"
        lines.append(f"    decision = {call}" if last else f"    order = {call}.order")
    lines.append(f"    assert False, decision  # {violation.fault}")
    return "\n".join(lines) + "\n"


def _content(value: Any) -> Iterator[tuple[str, Any]]:
    for each in fields(type(value)):
        found = getattr(value, each.name)
        default = each.default
        if hasattr(default, "factory"):
            default = default.factory()
        if found != default:
            yield each.name, found


def _code(value: Any) -> str:
    match value:
        case Actor(role=Role.CUSTOMER, id=str() as id):
            return f"Customer({id!r})"
        case Actor(role=Role.SELLER, id=str() as id):
            return f"Seller({id!r})"
        case Actor():
            return value.role.name
        case datetime():
            moment = [value.year, value.month, value.day, value.hour, value.minute, value.second, value.microsecond]
            while len(moment) > 3 and not moment[-1]:
                moment.pop()
            return f"datetime({', '.join(map(str, moment))}, tzinfo=UTC)"
        case Enum():
            return repr(value.value)
        case Decimal():
            return repr(str(value))
        case tuple() if value and isinstance(value[0], Item):
            return f"[{', '.join(map(_code, value))}]"
        case tuple():
            counted = any(quantity is not None for _, quantity in value)
            return repr(dict(value)) if counted else repr([line for line, _ in value])
        case frozenset():
            return repr(sorted(value))
        case Input() | Item() | Policy():
            return f"{type(value).__name__}({', '.join(f'{name}={_code(found)}' for name, found in _content(value))})"
        case _ if hasattr(type(value), "__attrs_attrs__"):
            return f"{type(value).__name__}({', '.join(f'{name}={_code(found)}' for name, found in _content(value))})"
        case _:
            return repr(value)


# --- as a diagram ----------------------------------------------------------------------------------------


def as_diagram(violation: Violation[Position, Said]) -> str:
    """The trace as a Mermaid flow chart: orders in boxes, what was said on the arrows."""
    lines = ["flowchart TB", '    s0["nothing placed"]']
    for number, step in enumerate(violation.trace, start=1):
        said = "time passes" if isinstance(step.input, Wait) else f"{step.input.by}: {step.input.name}"
        box = "<br>".join(_boxed(step.after.order))
        lines.append(f'    s{number}["{box}"]')
        lines.append(f'    s{number - 1} -->|"{said}, {step.answer.outcome}"| s{number}')
    lines.append(f"    style s{len(violation.trace)} stroke-width:4px")
    return "\n".join(lines) + "\n"


def _boxed(order: Order | Unplaced) -> Iterable[str]:
    facts = _facts(order)
    return [f"{name}: {value}" for name, value in facts.items()] or ["nothing placed"]
