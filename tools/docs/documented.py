"""What the library says of itself in its source: the sentences below the members of its enumerations."""

from enum import StrEnum
from functools import cache

from sphinx.pycode import ModuleAnalyzer


def said_of(member: StrEnum) -> str:
    """The sentence that documents a member of an enumeration."""
    kind = type(member)
    return _members(kind.__module__)[kind.__name__, member.name]


@cache
def _members(module: str) -> dict[tuple[str, str], str]:
    found = ModuleAnalyzer.for_module(module).find_attr_docs()
    return {name: " ".join(lines).strip() for name, lines in found.items()}
