"""The order log: JSON Lines, one input a line (policy 7). Reading and writing a single line.

`read_line` is exact: what it accepts is an input with nothing left over, nothing guessed and nothing lost.
Everything else is an `InvalidLine` that names the field. Streams of lines are in `orderfsm.log_files`, what
is answered to a line in `orderfsm.log_answers`.
"""

import sys
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

import msgspec
from attrs import Attribute, field, fields, frozen

from orderfsm.actors import Actor
from orderfsm.errors import InvalidInput
from orderfsm.inputs import INPUTS, ApproveReturn, Input, Item, Place
from orderfsm.log_faults import AMOUNT_EXPECTED, InvalidLine, check_keys, explained
from orderfsm.log_shapes import AMOUNT, LINE, SHAPES, TICK, TickShape
from orderfsm.money import minor_units, places_of
from orderfsm.selections import ALL, Selection
from orderfsm.times import instant, shown

__all__ = ["WITH_AMOUNTS", "InvalidLine", "LogLine", "Tick", "check_line", "check_places", "read_line", "write_line"]


def _at(value: datetime) -> datetime:
    return instant("at", value)


def _received_at(value: datetime | None) -> datetime | None:
    return None if value is None else instant("received_at", value)


@frozen(kw_only=True)
class Tick:
    """Only lets time pass: every deadline that has passed by `now` is applied. No input of the machine.

    Attributes:
        at: when it occurred.
        received_at: when we learnt of it; by default `at`.
        by: who says it; it makes no difference.
        id: the sender's id; it makes no difference.

    Raises:
        InvalidInput: a time is naive, or it was received before it occurred.
    """

    at: datetime = field(converter=_at)
    received_at: datetime | None = field(default=None, converter=_received_at)
    by: Actor | None = None
    id: str | None = None

    def __attrs_post_init__(self) -> None:
        if self.received_at is not None and self.received_at < self.at:
            raise InvalidInput("received_at", "a time not before at", self.received_at.isoformat())

    @property
    def now(self) -> datetime:
        """The time up to which deadlines are applied."""
        return self.received_at or self.at


LogLine = tuple[str, Input] | tuple[str | None, Tick]
"""What a line says: the order's id and an input, or a tick for one order or (None) for all."""


# --- reading ---------------------------------------------------------------------------------------------


def read_line(raw: bytes) -> LogLine:
    """Read one line of an order log.

    Raises:
        InvalidLine: the line is no input; it names the field, and what was expected there.
    """
    try:
        line = _decode(raw)
        # Every key and every text of a line is quoted, so a dropped double key shows in the count of
        # quotes. Escaped ones would be counted differently; values that equal a default are not written
        # back. Both are rare, and then the slow way decides.
        if raw.count(b'"') != _encode(line).count(b'"') or b"\\u0022" in raw:
            check_keys(raw)
        return _BUILD[type(line)](line)
    except (ValueError, RecursionError) as fault:
        raise explained(raw, fault) from None


def check_places(input: Input, currency: str) -> None:
    """Check that no amount has more decimal places than the currency of its order.

    Raises:
        InvalidLine: one has.
    """
    for name in _AMOUNTS.get(type(input), ()):
        amount: Decimal | None = getattr(input, name)
        if amount is not None and minor_units(amount, currency) is None:
            path = "terms.amount" if name == "terms" else name
            raise InvalidLine(path, places_of(currency), f'"{amount:f}"', None, input.name)


_decode: Callable[[bytes], Any] = msgspec.json.Decoder(LINE).decode
_encode: Callable[[Any], bytes] = msgspec.json.Encoder().encode
_asdict: Callable[[Any], dict[str, Any]] = msgspec.structs.asdict


@lru_cache(maxsize=1024)
def _actor(text: str) -> Actor:
    return Actor.parse(text)


@lru_cache(maxsize=4096)
def _amount(text: str) -> Decimal:
    if AMOUNT.fullmatch(text) is None:
        raise ValueError(text)
    return Decimal(text)


def _amount_of(path: str, text: str) -> Decimal:
    try:
        return _amount(text)
    except ValueError:
        raise InvalidInput(path, AMOUNT_EXPECTED, text) from None


def _names(kind: type, of_type: Any) -> tuple[str, ...]:
    annotated: tuple[Attribute[Any], ...] = fields(kind)
    return tuple(each.name for each in annotated if each.type in of_type)


_DECIMALS = (Decimal, Decimal | None)
_AMOUNTS: dict[type, tuple[str, ...]] = {kind: names for kind in INPUTS if (names := _names(kind, _DECIMALS))}
WITH_AMOUNTS = frozenset(_AMOUNTS)
"""The inputs for which `check_places` has something to check."""


def _builder(kind: type[Input]) -> Callable[[Any], LogLine]:
    """How the lines of one input become that input, with its whole envelope at once."""
    amounts = tuple(name for name in _AMOUNTS.get(kind, ()) if name != "terms")

    def build(line: Any) -> LogLine:
        values = _asdict(line)
        order = values.pop("order")
        values["by"] = _actor(values["by"])
        for name in amounts:
            amount = values[name]
            if amount is not None:
                values[name] = _amount_of(name, amount)
        return order, kind(**values)

    def build_terms(line: Any) -> LogLine:
        values = _asdict(line)
        order = values.pop("order")
        values["by"] = _actor(values["by"])
        if line.terms is not None:
            values["terms"] = _amount_of("terms.amount", line.terms.amount)
        return order, kind(**values)

    return build_terms if kind is ApproveReturn else build


def _build_place(line: Any) -> LogLine:
    fee = line.delivery_fee
    return line.order, Place(
        at=line.at,
        by=_actor(line.by),
        received_at=line.received_at,
        id=line.id,
        customer=line.customer,
        country=sys.intern(line.country),  # the same few, a million times
        currency=sys.intern(line.currency),
        lines=[_build_item(index, item) for index, item in enumerate(line.lines)],
        delivery_fee=_amount_of("delivery_fee", fee) if fee.__class__ is str else fee,
        timezone=line.timezone,
    )


def _build_item(index: int, item: Any) -> Item:
    try:
        return Item(
            id=item.id,
            amount=_amount_of("amount", item.amount),
            quantity=item.quantity,
            title=item.title,
            kind=item.kind,
            seller=item.seller,
            bundle=item.bundle,
        )
    except InvalidInput as fault:
        fault.field = f"lines[{index}].{fault.field}"
        raise


def _build_tick(line: Any) -> LogLine:
    by = None if line.by is None else _actor(line.by)
    return line.order, Tick(at=line.at, received_at=line.received_at, by=by, id=line.id)


_BUILD: dict[type, Callable[[Any], LogLine]] = {SHAPES[kind]: _builder(kind) for kind in INPUTS}
_BUILD[SHAPES[Place]] = _build_place
_BUILD[TickShape] = _build_tick


# --- writing ---------------------------------------------------------------------------------------------

_ENVELOPE = frozenset({"at", "by", "received_at", "id"})


def write_line(order: str | None, input: Input | Tick) -> bytes:
    """Write an input, or a tick, as a line of an order log, without the newline.

    What equals its default is left out. Reading the line gives the same input again.

    Raises:
        InvalidInput: the input does not say who sends it or when it occurred, or its selection gives
            quantities for some lines only, which the log has no way to write.
    """
    name = TICK if isinstance(input, Tick) else input.name
    if input.at is None or (input.by is None and name != TICK):
        raise InvalidInput("at" if input.at is None else "by", "a complete envelope", None)
    line: dict[str, Any] = {} if order is None else {"order": order}
    line["at"] = shown(input.at)
    if input.by is not None:
        line["by"] = str(input.by)
    line["do"] = name
    kind: type = type(input)
    for own, default in _own(kind):
        value = getattr(input, own)
        if value != default:
            line[own] = _written(own, value)
    if input.received_at is not None:
        line["received_at"] = shown(input.received_at)
    if input.id is not None:
        line["id"] = input.id
    return _encode(line)


def check_line(raw: bytes, input: Input) -> None:
    """Check that a line that was written of an input can be read again: that its values are within the log's ranges.

    `Place` itself has checked its amounts against its currency.

    Raises:
        InvalidLine: it cannot; it names the field.
    """
    try:
        _decode(raw)
        for name in _AMOUNTS.get(type(input), ()):
            amount: Decimal | None = getattr(input, name)
            if amount is not None:
                _amount_of("terms.amount" if name == "terms" else name, f"{amount:f}")
    except (ValueError, RecursionError) as fault:
        raise explained(raw, fault) from None


@cache
def _own(kind: type) -> tuple[tuple[str, Any], ...]:
    """The fields of an input beside its envelope, each with its default."""
    annotated: tuple[Attribute[Any], ...] = fields(kind)
    return tuple((each.name, each.default) for each in annotated if each.name not in _ENVELOPE)


def _written(name: str, value: Any) -> Any:
    match value:
        case Decimal():
            return {"amount": f"{value:f}"} if name == "terms" else f"{value:f}"
        case tuple() if value and isinstance(value[0], Item):
            return [_written_item(item) for item in value]
        case tuple():
            return _written_selection(value)
        case _:
            return value


def _written_item(item: Item) -> dict[str, Any]:
    return {
        each.name: _written(each.name, getattr(item, each.name))
        for each in fields(Item)
        if getattr(item, each.name) != each.default
    }


def _written_selection(selected: Selection) -> Any:
    if selected == ALL:
        return ALL
    quantities = {line: count for line, count in selected if count is not None}
    if not quantities:
        return [line for line, _ in selected]
    if len(quantities) < len(selected):
        raise InvalidInput("lines", "a quantity for every line, or for none", selected)
    return quantities
