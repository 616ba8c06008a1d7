"""How the API reference reads docstrings: Google style, with single backticks, and our clauses by their numbers.

What stands in backticks becomes a link where it names something that is documented, else code. What a class says
under ``Attributes:`` becomes an entry for each field, with its type and default.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from inspect import cleandoc, isclass
from types import ModuleType
from typing import Any, ClassVar, get_origin

import attrs
from attrs import frozen

from orderfsm.actors import Role
from orderfsm.clauses import CLAUSES, READINGS
from orderfsm.effects import Effect
from orderfsm.inputs import Input
from orderfsm.messages import ANOMALIES, REFUSALS
from orderfsm.reasons import AnomalyCode, Code
from orderfsm.table import WHO
from tools.docs import anchors
from tools.docs.anchors import Anchor
from tools.docs.api.names import found, meant, names
from tools.docs.api.types import resolved, shown, written
from tools.docs.documented import section, split

MARKED = re.compile(r"(``.+?``|(?<![:`\w])`[^`]+`(?!`))")
CLAUSE = re.compile(r"(?<![\w`<#])(?:([AB]\d{1,2})|policy (5\.\d{1,2}))(?![\w`>]|\.\d)")


@frozen
class Place:
    """Whose docstring is read: what is in scope there."""

    module: ModuleType
    owner: type | None


def place_of(what: str, name: str, value: Any) -> Place:
    """Where a docstring stands, from what autodoc says of it."""
    if isclass(value):
        return Place(sys.modules[value.__module__], value)
    if what in ("method", "attribute", "property"):
        owner = found(name.rpartition(".")[0])
        defined = next((each for each in owner.__mro__ if name.rpartition(".")[2] in vars(each)), owner)
        return Place(sys.modules[defined.__module__], owner)
    return Place(sys.modules[value.__module__], None)


# --- words -----------------------------------------------------------------------------------------------


def linked(text: str, place: Place) -> str:
    """A line of a docstring with its backticks and clauses as links."""
    parts = MARKED.split(text)
    return "".join(_code(part, place) if part.startswith("`") else CLAUSE.sub(_clause, part) for part in parts)


def _code(part: str, place: Place) -> str:
    if part.startswith("``"):
        return part
    word = part.strip("`")
    name = meant(word, place.module, place.owner)
    return f":py:obj:`{word} <{name}>`" if name else f"``{word}``"


def _clause(cited: re.Match[str]) -> str:
    number = cited[1] or cited[2]
    if number not in CLAUSES and number not in READINGS:
        return cited[0]
    return entry(number, anchors.clause(number)) if cited[1] else f"policy {entry(number, anchors.clause(number))}"


def entry(text: str, anchor: Anchor) -> str:
    """A link to an entry of the documentation, in reStructuredText."""
    return f":entry:`{text} <{anchor.page}#{anchor.id}>`"


# --- whole docstrings ------------------------------------------------------------------------------------


def read(what: str, name: str, value: Any, lines: Sequence[str]) -> list[str]:
    """A docstring as Napoleon takes it, with what the machine knows beside it."""
    if isinstance(value, Code | AnomalyCode):
        return _code_entry(value)
    place = place_of(what, name, value)
    text, _ = split(lines, "Attributes")
    text, raised = split(text, "Raises")
    told = [linked(line, place) for line in text]
    if raised:
        told += ["", "Raises:", *_raises(section("\n".join(["Raises:", *raised]), "Raises"), place)]
    if isclass(value):
        told += ["", *_known(value), "", *_entries(value, place)]
    return _separated(told)


def _separated(lines: Iterable[str]) -> list[str]:
    """Escapes what reStructuredText would not see as the end of a word, such as the s in `Item`s."""
    return [re.sub(r"(`[^`]*`)(?=[A-Za-z])(?<=`)(?=s\b)", r"\1\\ ", line) for line in lines]


def _raises(raised: dict[str, str], place: Place) -> Iterator[str]:
    for fault, when in raised.items():
        name = meant(fault, place.module, None)
        kind = vars(place.module).get(fault)
        if name is None and isclass(kind):  # of another package
            name = f"{kind.__module__}.{fault}"
        yield f"    {'~' if name else ''}{name or fault}: {linked(when, place)}"


def _code_entry(code: Code | AnomalyCode) -> list[str]:
    """A code says by itself what it means: the sentence that it has when nothing more is known."""
    wordings = REFUSALS[code] if isinstance(code, Code) else ANOMALIES[code]
    return [f"{wordings[-1]} {entry('More', anchors.code(code))}."]


def _known(kind: type) -> Iterator[str]:
    """What a class is a kind of; what inputs and effects are called, and who may send an input."""
    above = [next((each for each in base.__mro__ if id(each) in names()), base) for base in kind.__bases__]
    links = [_link(each) for each in dict.fromkeys(above) if id(each) in names() or issubclass(each, Exception)]
    said = [f"A kind of {' and '.join(links)}"] if links else []
    if issubclass(kind, Input | Effect) and kind.name:
        said.append(f"called ``{kind.name}`` in logs")
    if kind in WHO:
        some = sorted(WHO[kind], key=list(Role).index)
        said.append(f"sent by {', '.join(f':py:obj:`{role} <orderfsm.Role.{role.name}>`' for role in some)}")
    if said:
        yield f"{'; '.join(said)}."


def _link(kind: type) -> str:
    return f":py:obj:`{kind.__name__} <{names().get(id(kind), kind.__name__)}>`"


# --- fields ----------------------------------------------------------------------------------------------


def told_fields(kind: type) -> dict[str, str]:
    """What is said of each field of a class, by itself or by what it inherits from."""
    told: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        told |= section(cleandoc(each.__doc__ or ""), "Attributes")
        if attrs.has(each):
            told |= {field.name: _meaning(field) for field in attrs.fields(each) if "meaning" in field.metadata}
    return told


def _meaning(field: "attrs.Attribute[Any]") -> str:
    said = field.metadata["meaning"]
    return f"{said[0].upper()}{said[1:]} ({field.metadata['clause']})."


def own_fields(kind: type) -> dict[str, tuple[Any, Any]]:
    """The public fields of a class that have entries there: type and default of each."""
    if issubclass(kind, Enum):
        return {}
    base = _base(kind)
    inherited = set() if base is None else {*_hints(base)}
    told = section(cleandoc(kind.__doc__ or ""), "Attributes")
    hints = _hints(kind)
    return {name: hint for name, hint in hints.items() if name not in inherited or name in told}


def _base(kind: type) -> type | None:
    """The nearest class above that is documented."""
    return next((each for each in kind.__mro__[1:] if id(each) in names()), None)


def _hints(kind: type) -> dict[str, tuple[Any, Any]]:
    if attrs.has(kind):
        some = {each.name: (resolved(each.type, kind.__module__), each.default) for each in attrs.fields(kind)}
    else:
        some = {}
    for each in reversed(kind.__mro__):
        given = getattr(vars(each).get("__init__"), "__annotations__", {})
        own = vars(each).get("__annotations__", {})
        for name in section(cleandoc(each.__doc__ or ""), "Attributes"):
            if name not in some:
                hint = resolved(own.get(name, given.get(name, "")), each.__module__)
                some[name] = (hint, attrs.NOTHING)
    return {name: hint for name, hint in some.items() if not name.startswith("_")}


def _entries(kind: type, place: Place) -> Iterator[str]:
    """An entry for each field, and a word about those that are explained where they come from."""
    told, own = told_fields(kind), own_fields(kind)
    base = _base(kind)
    hints = {} if base is None else _hints(base)
    rest = [name for name, (hint, _) in hints.items() if name not in own and get_origin(hint) is not ClassVar]
    if base is not None and rest and attrs.has(base):
        owners = [(name, _owner(base, name)) for name in rest]
        links = [f":py:attr:`{name} <{names()[id(owner)]}.{name}>`" for name, owner in owners]
        yield f"Carries {', '.join(links)} too."
    for name, (hint, default) in own.items():
        yield ""
        yield f".. py:attribute:: {name}"
        if hint:
            kept = hint.__args__[0] if get_origin(hint) is ClassVar else hint
            yield f"   :type: {written(kept)}"
        if default is not attrs.NOTHING and shown(default) != "...":
            yield f"   :value: {shown(default)}"
        yield ""
        yield f"   {linked(_sentence(told.get(name, '')), place)}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _owner(base: type, name: str) -> type:
    """The documented class that has the entry of a field."""
    return next(each for each in base.__mro__ if id(each) in names() and name in own_fields(each))
