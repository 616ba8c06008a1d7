"""A trace as a test to paste: the story in code, and the question whether it still breaks the property.

`broken` is what the test asks; it plays the story on the machine and looks at the last step.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from json import dumps
from typing import Any

from attrs import fields, frozen, has

from orderfsm.actors import Actor, Role
from orderfsm.guards import HostGuard
from orderfsm.inputs import Input, Item, Place
from orderfsm.machine import OrderMachine
from orderfsm.order import Unplaced
from orderfsm.testing.alphabet import Alphabet
from orderfsm.testing.claims import claims
from orderfsm.testing.exploring import Violation
from orderfsm.testing.orders import OrderSpace, Position, Said, Wait
from orderfsm.testing.properties import Action, Always, Obligation, Property, Reachable, Step
from orderfsm.testing.scopes import Scope

Taken = Step[Position, Said]

WIDTH = 100

_SOMETHING = (Item(id="A", amount=0),)

# --- played again ----------------------------------------------------------------------------------------


def play(story: Iterable[Said], machine: OrderMachine) -> Taken:
    """Say all of it to an order of which nothing is known; the last step."""
    return _play(list(story), _space(list(story), machine, ()))


def broken(
    property: str | Property, story: Iterable[Said], machine: OrderMachine, guards: Iterable[HostGuard] = ()
) -> str | None:
    """What is wrong with the last step of a story, as far as one property goes; None where nothing is.

    Args:
        property: one of orderfsm's by its name, or one of your own.
        story: everything that is said, from before the order is placed; `Wait` where time passes.
        machine: decides.
        guards: the host's own guards, as they are meant.

    Raises:
        LookupError: orderfsm has no property of that name.
    """
    said = list(story)
    space = _space(said, machine, guards)
    if isinstance(property, str):
        named = {each.name: each for each in claims(space)}
        if property not in named:
            raise LookupError(f"no property of orderfsm is called {property!r}; give your own itself")
        property = named[property]
    step = _play(said, space)
    match property:
        case Always():
            return property.check(step.after)
        case Action():
            unchanged = step.after is step.before
            return None if unchanged and not property.refusals else property.check(step)
        case Obligation():
            faults = (owed.kept(step) for owed in property.owed(step.before) if owed.input == step.input)
            return next((fault for fault in faults if fault is not None), None)
        case _:
            raise LookupError(f"{property.name} is about all that can follow, and no single story breaks it")


def _space(story: Sequence[Said], machine: OrderMachine, guards: Iterable[HostGuard]) -> OrderSpace:
    place = next((said for said in story if isinstance(said, Place)), None)
    scope = Scope(name="a story", lines=_SOMETHING, policy=machine.policy)
    if place is not None:
        scope = Scope(
            name="a story", lines=place.lines, policy=machine.policy, delivery_fee=str(place.delivery_fee),
            country=place.country, currency=place.currency, customer=place.customer,
        )  # fmt: skip
    space = OrderSpace(scope, guards)
    space.machine = machine
    return space


def _play(story: Sequence[Said], space: OrderSpace) -> Taken:
    *before, last = story
    position = Position(Unplaced("1001"), _when(story[0]))
    for said in before:
        position, _ = space.step(position, said)
    return Step(position, last, *space.step(position, last))


def _when(said: Said) -> datetime:
    at = said.at if isinstance(said, Wait) else said.received_at or said.at
    assert at is not None
    return at


# --- written down ----------------------------------------------------------------------------------------


def as_test(violation: Violation[Position, Said], scope: Scope, guards: Iterable[HostGuard] = ()) -> str:
    """The trace, and what was said before it began, as a pytest test: it fails as long as the property is violated.

    A property of the host's own, or one about all that can follow, cannot be asked by its name: then the test
    plays the story and fails, until somebody asserts what should be.
    Guards of the host's own are named by their codes; import them where the test is pasted.
    """
    property, guards = violation.property, tuple(guards)
    own = [guard.code for guard in guards]
    story = [*opening(scope), *violation.trace.inputs]
    known = {each.name for each in claims(_space(story, OrderMachine(scope.policy), guards))}
    checked = story and property.name in known and not isinstance(property, Reachable)
    machine = _Call("OrderMachine", (("", _node(scope.policy)), *((("guards", _Name("guards")),) if own else ())))
    lines = ["    story = ["]
    lines += [f"        {_written(_node(said), 8)}," for said in story]
    lines += ["    ]"]
    if own:
        lines.append(f"    guards = [{', '.join(own)}]  # your own")
    asked: list[tuple[str, _Node]] = [("", _Name(dumps(property.name))), ("", _Name("story")), ("", machine)]
    if checked:
        asked += [("guards", _Name("guards"))] if own else []
        lines.append(f"    assert {_written(_Call('broken', tuple(asked)), 4)} is None")
    elif violation.raised is not None:
        lines.append(f"    {_written(_Call('play', tuple(asked[1:])), 4)}  # {violation.fault}")
    else:
        played = f", {_written(_Call('play', tuple(asked[1:])), 4)}.answer" if story else ""
        lines.append(f"    assert False{played}  # {violation.fault}")
    name = "".join(letter if letter.isalnum() else "_" for letter in property.name)
    body = [f"def test_{name}() -> None:", f'    """{property.says}"""', *lines]
    return "\n".join([*_imports(lines, "broken" if checked else "play"), "", "", *body]) + "\n"


def opening(scope: Scope) -> list[Said]:
    """What was said before a trace begins."""
    return [*Alphabet(scope).road()]


_NAMES = ("CUSTOMER_SERVICE", "LOGISTICS", "PAYMENT", "PLATFORM", "WAREHOUSE")


def _imports(lines: Iterable[str], asked: str) -> Iterator[str]:
    """The names that the code of a test needs, whatever its comments say, in the order of a sorted import."""
    import orderfsm

    body = "\n".join(line.partition("  # ")[0] for line in lines)
    words = set("".join(letter if letter.isalnum() or letter == "_" else " " for letter in body).split())
    some = sorted(words & set(orderfsm.__all__), key=lambda name: (name not in _NAMES, name))
    times = sorted(words & {"UTC", "datetime", "timedelta"})
    if times:
        yield f"from datetime import {', '.join(times)}"
        yield ""
    line = f"from orderfsm import {', '.join(some)}"
    if some and len(line) <= WIDTH:
        yield line
    elif some:
        yield "from orderfsm import ("
        yield from (f"    {name}," for name in some)
        yield ")"
    if "Wait" in words:
        yield "from orderfsm.testing.orders import Wait"
    if asked in words:
        yield f"from orderfsm.testing.pasting import {asked}"


@frozen
class _Name:
    """What is written as it is."""

    text: str


@frozen
class _Call:
    """A call; arguments without a name stand first."""

    name: str
    arguments: tuple[tuple[str, "_Node"], ...]


@frozen
class _List:
    """A list."""

    items: tuple["_Node", ...]


_Node = _Name | _Call | _List


def written(value: Any) -> str:
    """A value as code, on one line."""
    return _flat(_node(value))


def _written(node: _Node, indent: int) -> str:
    """Code that fits, on one line or on one for each argument."""
    flat = _flat(node)
    if indent + len(flat) <= WIDTH or isinstance(node, _Name):
        return flat
    deeper, opened, closed = indent + 4, "[", "]"
    if isinstance(node, _Call):
        opened, closed = f"{node.name}(", ")"
        parts = [f"{f'{name}=' if name else ''}{_written(value, deeper)}" for name, value in node.arguments]
    else:
        parts = [_written(value, deeper) for value in node.items]
    inner = "".join(f"{' ' * deeper}{part},\n" for part in parts)
    return f"{opened}\n{inner}{' ' * indent}{closed}"


def _flat(node: _Node) -> str:
    match node:
        case _Name():
            return node.text
        case _List():
            return f"[{', '.join(map(_flat, node.items))}]"
        case _Call():
            told = [f"{f'{name}=' if name else ''}{_flat(value)}" for name, value in node.arguments]
            return f"{node.name}({', '.join(told)})"


_ENVELOPE = ("by", "at", "received_at", "id")


def content(value: Any) -> list[tuple[str, Any]]:
    """The fields of a value that differ from their defaults; the envelope of an input comes last."""
    changed: list[tuple[str, Any]] = []
    for each in fields(type(value)):
        found, default = getattr(value, each.name), each.default
        if hasattr(default, "factory"):
            default = default.factory()
        if found != default:
            changed.append((each.name, found))
    last = _ENVELOPE if isinstance(value, Input) else ()
    return sorted(changed, key=lambda entry: last.index(entry[0]) + 1 if entry[0] in last else 0)


def _node(value: Any) -> _Node:
    match value:
        case Actor(role=Role.CUSTOMER, id=str() as id):
            return _Name(f"Customer({dumps(id)})")
        case Actor(role=Role.SELLER, id=str() as id):
            return _Name(f"Seller({dumps(id)})")
        case Actor():
            return _Name(value.role.name)
        case datetime():
            return _Name(_moment(value))
        case timedelta():
            return _Name(_span(value))
        case Enum():
            return _Name(dumps(value.value))
        case Decimal() | Fraction():
            return _Name(dumps(str(value)))
        case tuple() if value and isinstance(value[0], Item):
            return _List(tuple(map(_node, value)))
        case tuple():
            counted = any(quantity is not None for _, quantity in value)
            return _Name(dumps(dict(value) if counted else [line for line, _ in value]))
        case frozenset():
            return _Name(dumps(sorted(value)))
        case Mapping():
            return _Name(dumps({key: str(amount) for key, amount in value.items()}))
        case Wait():
            return _Call("Wait", (("", _node(value.at)),))
        case str():
            return _Name(dumps(value))
        case _ if has(type(value)):
            return _Call(type(value).__name__, tuple((name, _node(found)) for name, found in content(value)))
        case _:
            return _Name(repr(value))


def _moment(at: datetime) -> str:
    moment = [at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond]
    while len(moment) > 3 and not moment[-1]:
        moment.pop()
    return f"datetime({', '.join(map(str, moment))}, tzinfo=UTC)"


def _span(span: timedelta) -> str:
    hours, rest = divmod(span, timedelta(hours=1))
    if not rest:
        return f"timedelta(days={hours // 24})" if hours and not hours % 24 else f"timedelta(hours={hours})"
    minutes, rest = divmod(span, timedelta(minutes=1))
    return f"timedelta(seconds={span.total_seconds()!r})" if rest else f"timedelta(minutes={minutes})"


__all__ = ["as_test", "broken", "content", "opening", "play", "written"]
