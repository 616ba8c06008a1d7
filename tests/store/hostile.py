"""What nobody should be able to do harm with: texts that mean something to a database, a format or a terminal."""

from orderfsm import (
    CUSTOMER_SERVICE,
    PAYMENT,
    PLATFORM,
    Customer,
    Input,
    Item,
    PaymentCaptured,
    Place,
    RequestCancellation,
    ResolveAnomaly,
    Seller,
)
from orderfsm.inputs import RequestReturn
from tests.store.story import HOUR, NOON

HOSTILE = (
    "'; DROP TABLE orderfsm_orders; --",
    '"; DELETE FROM orderfsm_journal; --',
    "1); SELECT pg_sleep(99); --",
    "' OR '1'='1",
    "it''s", "`ticks`", "$$dollars$$", "E'\\x27'",
    "?", "??", "a?b?c", "%s", "%%s", "100%", "%(name)s", "%", ":x", ":1", "::text", "$1", "@p",
    "{0}", "{heads}", "{order_id!r}",
    "\\", "\\'", "back\\slash", "\\0", "\\u0000",
    "line\nbreak", "carriage\rreturn", "tab\tstop", " spaces around ", "\x01\x02", "\x7f", "\x85\u2028\u2029",
    "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x9b31m",
    "\u202egnitirw\u202c", "\u2066isolate\u2069", "\ufeffbom", "zero\u200bwidth",
    "é", "e\u0301", "ÅÅ", "ß", "İ", "😀👩‍👩‍👧", "\U0010ffff", "日本語",
    "NULL", "null", "true", "0", "-1", "1e9", "NaN",
    "x" * 255, "é" * 127,
)  # fmt: skip
"""Each may be an id of anything, and is kept as it is."""

REFUSED = ("", "\0", "a\0b", "\ud800", "a\udfffb", "x" * 256, "é" * 128)
"""None may be an id that becomes a column: not every database can keep it."""


def story(order_id: str, text: str) -> list[tuple[str, Input]]:
    """An order in which somebody has written this text wherever text can be written."""
    lines = [
        Item(id=text, title=text, amount="12.00", seller=text),
        Item(id=f"{text}2", title=text, amount="12.00", bundle=text),
    ]
    return [
        (order_id, PaymentCaptured(payment=text, instrument=text, amount="24.00", by=PAYMENT, at=NOON, id=text)),
        (order_id, Place(customer=text, country="DE", currency="EUR", lines=lines, by=PLATFORM, at=NOON, id=text)),
        (order_id, RequestCancellation(lines=[text], reason=text, by=Customer(text), at=NOON + HOUR, id=text)),
        (order_id, RequestReturn(lines={text: 1}, reason=text, by=Seller(text), at=NOON + HOUR)),
        (order_id, ResolveAnomaly(anomaly=text, note=text, by=CUSTOMER_SERVICE, at=NOON + HOUR, id=text)),
        (order_id, RequestCancellation(lines=["nothing"], reason=text, by=Customer(text), at=NOON + HOUR, id=text)),
    ]
