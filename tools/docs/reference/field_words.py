"""The fields of inputs and effects as a person reads them: what they hold, and what is there if nothing is given."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import reduce
from operator import or_
from types import NoneType
from typing import Any, get_args, get_type_hints

from attrs import NOTHING, Attribute, fields

from orderfsm.commands import Item
from orderfsm.effects import Effect
from orderfsm.envelope import Input
from orderfsm.money import Money
from orderfsm.selections import Named, Selection
from tools.docs.documented import attributes

_WORDS: Mapping[Any, str] = {
    str: "text",
    int: "a whole number",
    bool: "yes or no",
    date: "a date",
    Decimal: "an amount in the order's currency, such as `4.90`",
    Money: "an amount with its currency",
    Mapping[str, int]: "line ids with quantities",
    Mapping[str, Any]: "names with values",
    tuple[str, ...]: "a list of texts",
    tuple[Item, ...]: "a list of items, at least one",
    Selection: 'line ids, line ids with quantities, or `"all"`',
    Named: "line ids, or line ids with quantities",
}
MANY = 7
_ENVELOPE = {each.name for each in (*fields(Input), *fields(Effect))}


def field_lines(kind: type[Any]) -> Iterator[str]:
    """Every field of an input, an item or an effect, but not those that all of its kind have."""
    hints = get_type_hints(kind)
    own = [each for each in fields(kind) if kind is Item or each.name not in _ENVELOPE]
    told = attributes(kind)
    for each in own:
        yield f"`{each.name}`: {_sentence(told[each.name])} {_sentence(words_of(hints[each.name]) + _default(each))}"
    if not own:
        yield "nothing of its own"


def _sentence(words: str) -> str:
    """With a capital letter, if it begins with a letter, and a full stop."""
    plain = words.replace("``", "`").rstrip(".")
    return f"{plain[0].upper()}{plain[1:]}."


def words_of(hint: Any) -> str:
    """A type in words."""
    if hint in _WORDS:
        return _WORDS[hint]
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        if len(hint) > MANY:
            return f"one of {len(hint)} words, explained below"
        return " or ".join(f"`{each}`" for each in hint)
    given = [part for part in get_args(hint) if part is not NoneType]
    return words_of(reduce(or_, given))


def _default(each: "Attribute[Any]") -> str:
    match each.default:
        case default if default is NOTHING:
            return ""
        case None:
            return "; may be left out"
        case default if hasattr(default, "factory"):
            return "; by default empty"
        case bool() as given:
            return f"; by default {'yes' if given else 'no'}"
        case "":
            return "; by default empty"
        case () | []:
            return "; by default empty"
        case given:
            return f"; by default `{given}`"
