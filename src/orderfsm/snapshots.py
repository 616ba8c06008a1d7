"""An order as JSON text, and back: what the order book keeps of an order after its last input.

The ids of earlier inputs are left out: the journal holds those inputs, and finds them by their ids. What JSON
has no form for, such as an object of a host's own among the facts of a reason, is kept as its text.
"""

from collections.abc import Callable
from datetime import datetime
from operator import attrgetter
from typing import Any

import msgspec
from attrs import NOTHING, Attribute, fields
from msgspec import Raw, Struct

from orderfsm.inputs import Fact
from orderfsm.log import read_line, write_line
from orderfsm.log_answers import encode
from orderfsm.order import Anomaly, Line, Lot, Order, Payment, Refund, Unplaced
from orderfsm.reasons import AnomalyCode, Code, Reason


class KeptReason(Struct, frozen=True, omit_defaults=True):
    """The form in which a reason is kept."""

    code: str
    clause: str
    facts: dict[str, Any] = {}
    next_steps: tuple[str, ...] = ()
    sentence: str | None = None


class _Anomaly(Struct, frozen=True, omit_defaults=True):
    id: str
    reason: KeptReason
    fact: Raw
    at: datetime
    open: bool = True
    waiting: bool = False
    note: str = ""


def _field(own: "Attribute[Any]") -> tuple[Any, ...]:
    return (own.name, own.type) if own.default is NOTHING else (own.name, own.type, own.default)


_OF_LOT: tuple["Attribute[Any]", ...] = tuple(each for each in fields(Lot) if each.name != "line")
_Lot: Any = msgspec.defstruct("_Lot", [("line", int), *map(_field, _OF_LOT)], frozen=True, omit_defaults=True)
"""A lot as it is, but for its line: the position of the line in the order, for lots share their lines."""


class _Unplaced(Struct, frozen=True, omit_defaults=True, tag_field="is", tag="unplaced"):
    id: str
    anomalies: list[_Anomaly] = []
    version: int = 0


class _Order(Struct, frozen=True, omit_defaults=True, tag_field="is", tag="order"):
    id: str
    customer: str
    country: str
    currency: str
    timezone: str
    placed_at: datetime
    delivery_fee: int
    lines: tuple[Line, ...]
    lots: list[_Lot]  # pyright: ignore[reportInvalidTypeForm]
    payments: tuple[Payment, ...] = ()
    refunds: tuple[Refund, ...] = ()
    anomalies: list[_Anomaly] = []
    paid_at: datetime | None = None
    asks: int = 0
    version: int = 0


_decode: Callable[[str], _Order | _Unplaced] = msgspec.json.Decoder(_Order | _Unplaced).decode
_lot_values: Callable[[Any], tuple[Any, ...]] = attrgetter(*(each.name for each in _OF_LOT))


def write_snapshot(order: Order | Unplaced) -> str:
    """An order as JSON text."""
    anomalies = [_written(anomaly, order.id) for anomaly in order.anomalies]
    if isinstance(order, Unplaced):
        return encode(_Unplaced(order.id, anomalies, order.version)).decode()
    place = {id(line): index for index, line in enumerate(order.lines)}
    lots = [_Lot(place[id(lot.line)], *_lot_values(lot)) for lot in order.lots]
    body = _Order(
        order.id, order.customer, order.country, order.currency, order.timezone, order.placed_at,
        order.delivery_fee, order.lines, lots, order.payments, order.refunds, anomalies,
        order.paid_at, order.asks, order.version,
    )  # fmt: skip
    return encode(body).decode()


def read_snapshot(text: str) -> Order | Unplaced:
    """The order of a snapshot, without the inputs that it has seen.

    Raises:
        msgspec.MsgspecError, InvalidLine: this is no snapshot of ours.
    """
    body = _decode(text)
    anomalies = tuple([_read(anomaly) for anomaly in body.anomalies])
    if isinstance(body, _Unplaced):
        return Unplaced(body.id, anomalies, (), body.version)
    lines = body.lines
    lots = tuple([Lot(lines[lot.line], *_lot_values(lot)) for lot in body.lots])
    return Order(
        body.id, body.customer, body.country, body.currency, body.timezone, body.placed_at, body.delivery_fee,
        lines, lots, body.payments, body.refunds, anomalies, (), body.paid_at, body.asks, body.version,
    )  # fmt: skip


# --- reasons and anomalies -------------------------------------------------------------------------------


def written_reason(reason: Reason) -> KeptReason:
    """A reason in the form that is kept."""
    return KeptReason(reason.code, reason.clause, dict(reason.facts), reason.next_steps, reason.sentence)


def read_reason(kept: KeptReason, codes: type[Code] | type[AnomalyCode]) -> Reason:
    """A reason as it was; the codes of a host's own rules stay plain text."""
    try:
        code: str = codes(kept.code)
    except ValueError:
        code = kept.code
    return Reason(code, kept.clause, kept.facts, kept.next_steps, kept.sentence)


def _written(anomaly: Anomaly, order: str) -> _Anomaly:
    fact = Raw(write_line(order, anomaly.fact))
    reason = written_reason(anomaly.reason)
    return _Anomaly(anomaly.id, reason, fact, anomaly.at, anomaly.open, anomaly.waiting, anomaly.note)


def _read(kept: _Anomaly) -> Anomaly:
    _, fact = read_line(bytes(kept.fact))
    assert isinstance(fact, Fact)
    reason = read_reason(kept.reason, AnomalyCode)
    return Anomaly(kept.id, reason, fact, kept.at, kept.open, kept.waiting, kept.note)
