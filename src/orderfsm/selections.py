"""How an input names goods: by line, by line and quantity, or everything."""

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from orderfsm.errors import InvalidInput

ALL: Final = "all"
"""Everything in the order that fits the input and that its actor may move."""

Named = tuple[tuple[str, int | None], ...]
"""Lines by id, each with a quantity, or None for all of the line that fits."""

Selection = Named | Literal["all"]
"""Which goods an input is about, as it holds it."""

LinesArgument = str | Iterable[str] | Mapping[str, int] | Named
"""What a caller may write: ``"all"``, ``["A", "B"]`` or ``{"A": 2}``."""

EXPECTED = '"all", a list of line ids, or a map of line ids to quantities of at least 1'


def selection(lines: LinesArgument) -> Selection:
    """Bring what a caller wrote into one form.

    Raises:
        InvalidInput: an id is no text or named twice, or a quantity is below 1.
    """
    if isinstance(lines, str):
        if lines != ALL:
            raise InvalidInput("lines", EXPECTED, lines)
        return ALL
    named: list[tuple[str, int | None]]
    if isinstance(lines, Mapping):
        named = [(line, _quantity(line, count)) for line, count in lines.items()]
    elif isinstance(lines, Iterable):
        named = [_entry(entry) for entry in lines]
    else:
        raise InvalidInput("lines", EXPECTED, lines)
    seen: set[str] = set()
    for line, _ in named:
        if not isinstance(line, str):
            raise InvalidInput("lines", EXPECTED, line)
        if line in seen:
            raise InvalidInput("lines", "each line named once", line)
        seen.add(line)
    return tuple(named)


def _entry(entry: object) -> tuple[str, int | None]:
    match entry:
        case str():
            return entry, None
        case (str() as line, None):
            return line, None
        case (str() as line, count):
            return line, _quantity(line, count)
        case _:
            raise InvalidInput("lines", EXPECTED, entry)


def _quantity(line: object, count: object) -> int:
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise InvalidInput(f"lines.{line}", "a quantity of at least 1", count)
    return count
