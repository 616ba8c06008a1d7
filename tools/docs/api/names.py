"""What the API reference documents, and under which name: the pages' directives say both.

A name is the import path that a host writes, such as ``orderfsm.Order``, wherever the thing is defined.
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from inspect import isclass, isroutine
from types import ModuleType
from typing import Any, get_origin

import attrs
from attrs import frozen

import orderfsm
from orderfsm.inputs import INPUTS
from tools.docs import ROOT

FOLDER = ROOT / "docs" / "reference" / "api"
ENTRY = re.compile(r"^\.\. auto(?:class|exception|function|value):: (\S+)", re.M)


@frozen
class Entry:
    """One thing that a page documents."""

    name: str
    page: str
    value: Any

    @property
    def is_alias(self) -> bool:
        """Whether it is another name for a type."""
        return get_origin(self.value) is not None


@cache
def entries() -> tuple[Entry, ...]:
    """Everything that is documented, in the order of the pages."""
    pages = sorted(FOLDER.glob("*.md"))
    return tuple(
        Entry(name, page.stem, found(name)) for page in pages for name in ENTRY.findall(page.read_text("utf-8"))
    )


def found(name: str) -> Any:
    """What an import path names.

    Raises:
        LookupError: nothing.
    """
    value, names = _module(name)
    for each in names:
        if isclass(value) and attrs.has(value) and each in attrs.fields_dict(value):
            value = attrs.fields_dict(value)[each]
        elif hasattr(value, each):
            value = getattr(value, each)
        else:
            raise LookupError(f"there is no {name}")
    return value


def _module(name: str) -> tuple[Any, list[str]]:
    """The module that a dotted name begins with, and the names in it."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        path = ".".join(parts[:length])
        if path.startswith("orderfsm") and _is_module(path):
            return import_module(path), parts[length:]
    raise LookupError(f"there is no {name}")


def _is_module(path: str) -> bool:
    try:
        return find_spec(path) is not None
    except ModuleNotFoundError:  # what stands before the last dot is no package
        return False


@cache
def names() -> Mapping[int, str]:
    """The names of classes, functions and values, by identity; aliases are told by equality (`aliases`)."""
    return {id(entry.value): entry.name for entry in entries() if not entry.is_alias}


@cache
def aliases() -> Mapping[str, Any]:
    """The types that have a name of their own, the widest first, so that a union is not taken for a part of itself."""
    found = {entry.name: entry.value for entry in entries() if entry.is_alias}
    return dict(sorted(found.items(), key=lambda item: -len(str(item[1]))))


@cache
def _by_last_name() -> Mapping[str, str]:
    """Names that are not imported where they are mentioned: those of ``orderfsm`` first, then what only one has."""
    last: dict[str, list[str]] = {}
    for entry in entries():
        last.setdefault(entry.name.rpartition(".")[2], []).append(entry.name)
    plain = {name: some[0] for name, some in last.items() if len(some) == 1}
    return plain | {name: f"orderfsm.{name}" for name in orderfsm.__all__ if f"orderfsm.{name}" in last.get(name, ())}


_INPUTS = {kind.name: kind for kind in INPUTS}


def meant(text: str, module: ModuleType, owner: type | None) -> str | None:
    """The documented name that a word in backticks means in a docstring; None where it means nothing of its own.

    Args:
        text: what stands between the backticks.
        module: the module of the docstring, whose imports it may use.
        owner: the class whose docstring it is, or that of a member.

    Raises:
        LookupError: it names something of orderfsm that does not exist.
    """
    if not re.fullmatch(r"[A-Za-z_][\w.]*", text):
        return None
    if text.startswith("orderfsm."):
        found(text)
        return _whole(text)
    first, _, rest = text.partition(".")
    if owner is not None and not rest:
        if first == owner.__name__:
            return None
        if attrs.has(owner) and first in attrs.fields_dict(owner):
            return None
        if isroutine(getattr(owner, first, None)) and id(owner) in names():
            return f"{names()[id(owner)]}.{first}"
    if first in vars(module) and _named(vars(module)[first]):
        return _member(_named(vars(module)[first]), rest)
    if text in _INPUTS:
        return _named(_INPUTS[text]) or None
    return _member(_by_last_name().get(first, ""), rest)


def _named(value: Any) -> str:
    alias = next((name for name, known in aliases().items() if known == value), "")
    return names().get(id(value), alias)


def _whole(text: str) -> str | None:
    """A full name, or that of one of its members, as it is documented."""
    parts = text.split(".")
    for length in range(len(parts), 0, -1):
        known = _named(found(".".join(parts[:length])))
        if known:
            return _member(known, ".".join(parts[length:]))
    return None


def _member(name: str, rest: str) -> str | None:
    if not name:
        return None
    if rest:
        found(f"{name}.{rest}")
    return f"{name}.{rest}" if rest else name
