"""What the library says of itself in its source: docstrings, and the sentences below the members of enumerations."""

import re
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import cache
from inspect import cleandoc
from typing import Any

from sphinx.pycode import ModuleAnalyzer

TITLES = ("Args", "Attributes", "Raises", "Returns")


def said_of(member: StrEnum) -> str:
    """The sentence that documents a member of an enumeration."""
    kind = type(member)
    return _members(kind.__module__)[kind.__name__, member.name]


@cache
def _members(module: str) -> dict[tuple[str, str], str]:
    found = ModuleAnalyzer.for_module(module).find_attr_docs()
    return {name: " ".join(lines).strip() for name, lines in found.items()}


def prose(thing: type[Any] | Callable[..., object]) -> str:
    """A docstring without its sections, in one line."""
    lines: Sequence[str] = cleandoc(thing.__doc__ or "").splitlines()
    for title in TITLES:
        lines, _ = split(lines, title)
    return " ".join(" ".join(lines).split())


def attributes(kind: type[Any]) -> dict[str, str]:
    """What a class and those above it say of each field."""
    told: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        told |= section(cleandoc(each.__doc__ or ""), "Attributes")
    return told


def section(text: str, title: str) -> dict[str, str]:
    """What a docstring says under a title such as ``Attributes``, by name."""
    _, after = split(text.splitlines(), title)
    told: dict[str, str] = {}
    last: list[str] = []
    for line in after:
        item = re.match(r"    (\*{0,2}\w[\w.]*(?:, \w[\w.]*)*):\s+(.*)", line)
        if item:
            last = item[1].split(", ")
            told |= dict.fromkeys(last, item[2])
        elif line.strip():
            told |= {name: f"{told[name]} {line.strip()}" for name in last}
    return told


def split(lines: Sequence[str], title: str) -> tuple[list[str], list[str]]:
    """The lines without a section, and those of the section below its title."""
    if f"{title}:" not in lines:
        return list(lines), []
    start = lines.index(f"{title}:")
    end = next((at for at in range(start + 1, len(lines)) if lines[at] and not lines[at].startswith(" ")), len(lines))
    return [*lines[:start], *lines[end:]], list(lines[start + 1 : end])
