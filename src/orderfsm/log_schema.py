"""The JSON Schema of one line of the order log, made from the input classes.

It says everything about a line that JSON Schema can say. What it cannot say stays with the reader: that no
key stands twice, which decimal places a currency has, that one time is not before another, that a time
exists and lies between 1970 and 2900, that every line id stands once, which time zones there are, and that
a whole number is written without a decimal point.
"""

from itertools import product
from string import ascii_uppercase
from typing import Any

import msgspec

from orderfsm.calendars import check_country
from orderfsm.errors import InvalidInput
from orderfsm.log_shapes import LINE

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def log_schema() -> dict[str, Any]:
    """The schema, as a JSON object."""
    schema = msgspec.json.schema(LINE)
    definitions: dict[str, Any] = schema.pop("$defs")
    place = definitions["Place"]["properties"]
    pairs = map("".join, product(ascii_uppercase, repeat=2))
    place["country"] = {"enum": [code for code in pairs if _is_country(code)]}
    place["currency"] = {"enum": _currencies()}
    definitions["CancelDelivery"]["anyOf"] = [_with("lines"), _with("parcel")]
    return {
        "$schema": DIALECT,
        "title": "One line of an orderfsm order log",
        "description": "One input, or a tick that lets time pass. The file is JSON Lines in UTF-8.",
        **schema,
        "$defs": dict(sorted(definitions.items())),
    }


def _with(name: str) -> dict[str, Any]:
    """An object that has a field, and not null in it."""
    return {"required": [name], "properties": {name: {"not": {"type": "null"}}}}


def _is_country(code: str) -> bool:
    try:
        check_country(code)
    except InvalidInput:
        return False
    return True


def _currencies() -> list[str]:
    import iso4217

    return sorted(each.code for each in iso4217.Currency if each.exponent is not None)
