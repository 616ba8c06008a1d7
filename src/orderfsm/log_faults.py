"""Why a line of the order log could not be understood: which field, what was expected, what was found.

Only lines that have failed come here, so it reads them again, slowly and leniently, to name the culprit.
"""

import difflib
import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
from attrs import Attribute, fields

from orderfsm import times
from orderfsm.errors import InvalidInput, shown
from orderfsm.inputs import Item, Place
from orderfsm.log_shapes import DOES, INPUT_BY_NAME, TICK, TickShape, members_of
from orderfsm.selections import EXPECTED as SELECTED

LONGEST_LINE = 4 * 2**20
"""Bytes; a longer line is not read, let alone understood."""

AMOUNT_EXPECTED = 'a decimal amount as a string, such as "12.00"'
_WHOLE = "one JSON object"
_COMPLAINT = re.compile(r"(?P<what>.*?)(?: - at `(?P<path>.*)`)?", re.DOTALL)
_NAMED_FIELD = re.compile(r"Object (?P<verb>missing|contains) \w+ field `(?P<name>.*)`", re.DOTALL)
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")
_BYTE = re.compile(r"\(byte (\d+)\)")
_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_WORDS = {
    "order": "the order's id, as text that is not empty",
    "do": f"one of {', '.join(DOES)}",
    "by": "a role, or role:id",
    "at": times.EXPECTED,
    "received_at": times.EXPECTED,
    "lines": SELECTED,
    "amount": AMOUNT_EXPECTED,
    "deduction": AMOUNT_EXPECTED,
    "delivery_fee": AMOUNT_EXPECTED,
    "terms": 'an object such as {"amount": "6.00"}',
    "quantity": "a whole number from 1 to 1,000,000",
    "opened": "true or false",
    "title": "text",
    "note": "text",
}


class InvalidLine(InvalidInput):
    """A line of an order log that is no input. The other lines still count.

    Attributes:
        field: where in the line, such as ``lines[0].amount``; empty where the line as a whole is at fault.
        order, do: what the line says of itself, as far as it could be read.
    """

    def __init__(self, field: str, expected: str, got: str, order: str | None = None, do: str | None = None) -> None:
        super().__init__(field, expected, got)
        self.got = got
        self.order = order
        self.do = do

    @property
    def message(self) -> str:
        """The whole complaint as one sentence."""
        return f"{self.field + ': ' if self.field else ''}expected {self.expected}, got {self.got}"


def too_long() -> InvalidLine:
    """The complaint about a line that is longer than any input."""
    return InvalidLine("", f"a line of at most {LONGEST_LINE // 2**20} MiB", "a longer one")


class _Object(dict[str, Any]):
    """A JSON object that remembers which keys it had twice."""

    twice: tuple[str, ...] = ()


class _Number:
    """A number that no input has, as it was written: a fraction, or one of very many digits."""

    def __init__(self, text: str) -> None:
        self.text = text


class _Constant(_Number):
    """NaN or an infinity, which are no JSON."""


def _whole(text: str) -> int | _Number:
    return int(text) if len(text) <= 20 else _Number(text)  # 64 bits and a sign


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    read = _Object(pairs)
    if len(read) < len(pairs):
        names = [name for name, _ in pairs]
        read.twice = tuple(name for name in read if names.count(name) > 1)
    return read


def _lenient(raw: bytes) -> Any:
    """The document as far as Python's reader understands it: with double keys, NaN and half surrogates."""
    return json.loads(raw, object_pairs_hook=_object, parse_constant=_Constant, parse_float=_Number, parse_int=_whole)


def check_keys(raw: bytes) -> None:
    """Check the slow way that no object of a line has a key twice.

    Raises:
        InvalidLine: one has; which of the two values was meant, nobody can know.
    """
    for fault in _oddities(_lenient(raw)):
        raise fault


def explained(raw: bytes, fault: Exception) -> InvalidLine:
    """The complaint about a line, in our words."""
    try:
        document = _lenient(raw)
    except RecursionError:
        document, fault = None, RecursionError()
    except ValueError:
        document = None
    found = fault if isinstance(fault, InvalidLine) else _found(raw, document, fault)
    if isinstance(document, dict):
        found.order = _readable(document.get("order"))
        found.do = _readable(document.get("do"))
    return found


def _readable(value: object) -> str | None:
    if not isinstance(value, str) or not value:
        return None
    try:
        value.encode()
    except UnicodeEncodeError:
        return None
    return value


def _found(raw: bytes, document: Any, fault: Exception) -> InvalidLine:
    match fault:
        case InvalidInput():
            return InvalidLine(fault.field, fault.expected, _got(document, fault))
        case RecursionError():
            return InvalidLine("", f"{_WHOLE} that is not nested so deeply", _sketch(raw))
        case msgspec.ValidationError():
            return _mistaken(document, str(fault))
        case _:
            return next(_oddities(document), None) or _malformed(raw, fault)


def _got(document: Any, fault: InvalidInput) -> str:
    value = _at(document, fault.field)
    if fault.got == "None":
        return "nothing"
    return fault.got if value is None or isinstance(value, list | dict) else _as_json(value)


# --- lines that are no JSON ------------------------------------------------------------------------------


def _malformed(raw: bytes, fault: Exception) -> InvalidLine:
    if raw.startswith(_ORDER_MARKS):
        return InvalidLine("", "UTF-8 without a byte order mark", _sketch(raw))
    if isinstance(fault, UnicodeDecodeError) or not _is_utf8(raw):
        return InvalidLine("", "text in UTF-8", _sketch(raw))
    where = _BYTE.search(str(fault))
    if where is None:
        return InvalidLine("", _WHOLE, f"one that breaks off: …{_sketch(raw[-40:])}")
    byte = int(where[1])
    return InvalidLine("", _WHOLE, f"{_sketch(raw[max(byte - 20, 0) : byte + 20])} around byte {byte + 1}")


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _sketch(raw: bytes) -> str:
    return shown(raw, 60).removeprefix("b")


def _oddities(value: Any, path: str = "") -> Iterator[InvalidLine]:
    """What Python's reader lets pass and JSON does not: double keys, NaN, infinities, half surrogates."""
    if isinstance(value, _Object):
        for name in value.twice:
            yield InvalidLine(_below(path, name), "each key once", f"{_as_json(name)} more than once")
        for name, inner in value.items():
            yield from _oddities(name, path)
            yield from _oddities(inner, _below(path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _oddities(inner, f"{path}[{index}]")
    elif isinstance(value, _Constant):
        yield InvalidLine(path, "JSON, which has no such number", value.text)
    elif isinstance(value, str) and value and _readable(value) is None:
        yield InvalidLine(path, "text without half surrogate pairs", _as_json(value))


def _below(path: str, name: str) -> str:
    name = _readable(name) or ascii(name)
    return f"{path}.{name}" if path else name


# --- JSON that is no input -------------------------------------------------------------------------------


def _mistaken(document: Any, complaint: str) -> InvalidLine:
    """Put what msgspec says about a field into our words."""
    parts = _COMPLAINT.fullmatch(complaint)
    assert parts is not None  # the pattern matches anything
    path = (parts["path"] or "").removeprefix("$").removeprefix(".")
    do = document.get("do") if isinstance(document, dict) else None
    named = _NAMED_FIELD.fullmatch(parts["what"])
    if named is not None:
        field = _below(path, named["name"])
        if named["verb"] == "missing":
            return InvalidLine(field, _expected(do, field), "nothing")
        return InvalidLine(field, _other_fields(do, path, named["name"]), _as_json(_at(document, field)))
    if not path:
        return InvalidLine("", _WHOLE, _kind_of(document))
    path = path.replace("[...]", _culprit(_at(document, path.split("[...]")[0])))
    return InvalidLine(path, _expected(do, path), _as_json(_at(document, path)))


def _culprit(quantities: Any) -> str:
    """The quantity of a map that is wrong: the complaint does not say which it is."""
    if isinstance(quantities, dict):
        for line, count in quantities.items():
            if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count < 2**63:
                return f".{line}"
    return ""  # pragma: no cover - then it would not have complained


def _expected(do: Any, path: str) -> str:
    """What a field should hold."""
    steps = list(_STEP.finditer(path))
    name = steps[-1][1] if steps else ""
    kind = INPUT_BY_NAME.get(do) if isinstance(do, str) else None
    inside = path.startswith("lines") and path != "lines"
    if kind is Place and path.startswith("lines") and "." not in path:
        return "an object with id and amount" if inside else "a list of at least one line"
    if inside and kind is not Place:
        return "a line id" if name is None else "a quantity of at least 1"
    owner = Item if inside else kind
    if owner is not None:
        field: Attribute[Any] | None = next((each for each in fields(owner) if each.name == name), None)
        members = None if field is None else members_of(field.type)
        if members is not None:
            return f"one of {', '.join(members)}"
    return _WORDS.get(name, "text that is not empty")


def _other_fields(do: Any, path: str, name: str) -> str:
    """Which fields there are where an unknown one was found, the likeliest alone if one looks like it."""
    kind = INPUT_BY_NAME.get(do) if isinstance(do, str) else None
    if path.startswith("lines"):
        known, where = [field.name for field in fields(Item)], "a line"
    elif path:
        known, where = ["amount"], path
    elif do == TICK:
        known, where = ["do", *TickShape.__struct_fields__], TICK
    elif kind is None:
        return "no such field"
    else:
        known, where = ["order", "do", *(field.name for field in fields(kind))], kind.name
    close = difflib.get_close_matches(name, known, n=1)
    listed = ", ".join(sorted(known))
    return f"no such field; {close[0]} perhaps" if close else f"no other fields of {where} than {listed}"


def _at(document: Any, path: str) -> Any:
    """The value at a path, None where there is none."""
    value = document
    if isinstance(value, dict) and path in value:
        return value[path]
    head, dot, line = path.partition(".")
    if dot and isinstance(value, dict) and isinstance(value.get(head), dict) and line in value[head]:
        return value[head][line]
    for step in _STEP.finditer(path):
        if step[1] is not None and isinstance(value, dict):
            value = value.get(step[1])
        elif step[2] is not None and isinstance(value, list) and int(step[2]) < len(value):
            value = value[int(step[2])]
        else:
            return None
    return value


def _kind_of(value: Any) -> str:
    return {list: "a list", str: "text", type(None): "null", bool: "true or false"}.get(type(value), "a number")


def _as_json(value: Any) -> str:
    """A value as the log writes it, cut short."""
    if isinstance(value, _Number):
        return _cut(value.text)
    try:
        text = json.dumps(value, default=lambda number: number.text, ensure_ascii=False)
        text.encode()
    except (UnicodeEncodeError, ValueError):
        text = ascii(value)
    return _cut(text)


def _cut(text: str, limit: int = 80) -> str:
    """A piece of JSON, never longer than a line."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
