"""Lines of an order log for tests: good ones with every field of every input, and bad ones by what is wrong."""

import json
from typing import Any

Line = dict[str, Any]

AT = "2026-03-02T09:00:00Z"
ITEM: Line = {"id": "A", "amount": "12.00"}
PLACE: Line = {
    "order": "1001",
    "at": AT,
    "by": "platform",
    "do": "place",
    "customer": "c9",
    "country": "DE",
    "currency": "EUR",
    "lines": [ITEM],
}


def said(do: str, by: str = "customer_service", **fields: Any) -> Line:
    """A line about order 1001."""
    return {"order": "1001", "at": AT, "by": by, "do": do, **fields}


CAPTURED = said("payment_captured", "payment", payment="p1", instrument="card:4242", amount="81.89")
CANCEL = said("request_cancellation", "customer:c9", lines=["A"])
TICK: Line = {"at": AT, "do": "tick"}


def raw(line: Line) -> bytes:
    """The line as bytes."""
    return json.dumps(line, ensure_ascii=False).encode()


def without(line: Line, *names: str) -> Line:
    """The line less some fields."""
    return {name: value for name, value in line.items() if name not in names}


def with_item(**fields: Any) -> Line:
    """A place line whose only item has these fields beside its own."""
    return PLACE | {"lines": [ITEM | fields]}


FULL_ITEM = ITEM | {"quantity": 2, "title": "Mug", "kind": "physical", "seller": "s7", "bundle": "set-1"}
_ROAD = ("arrived", "delivered", "delivery_refused", "lost")

GOOD: tuple[Line, ...] = (
    PLACE,
    PLACE | {"delivery_fee": "4.90", "timezone": "Europe/Berlin"},
    PLACE | {"id": "k", "received_at": "2026-03-02T10:00:00+01:00"},
    PLACE | {"lines": [FULL_ITEM, {"id": "D", "amount": "9.99", "kind": "digital"}, {"id": "F", "amount": "0"}]},
    PLACE | {"currency": "JPY", "lines": [{"id": "A", "amount": "1200"}]},
    PLACE | {"currency": "KWD", "lines": [{"id": "A", "amount": "1.234", "seller": None, "bundle": None}]},
    PLACE | {"timezone": None, "id": None, "received_at": None},
    CAPTURED,
    CAPTURED | {"by": "payment:stripe", "at": "2026-03-02 10:00:00.123456+01:00"},
    said("preparation_started", "warehouse"),
    said("preparation_started", "seller:s7", lines="all"),
    said("dispatched", "logistics", lines=["A"], parcel="P1"),
    said("dispatched", "logistics", parcel="P1"),
    said("dispatched", "logistics"),
    *(said(do, "logistics", parcel="P1") for do in _ROAD),
    *(said(do, "logistics", lines={"A": 2}) for do in _ROAD),
    said("stop_confirmed", "logistics"),
    said("stop_denied", "logistics", lines=["A"], ask="a1"),
    said("intercept_confirmed", "logistics", parcel="P1", ask="a1"),
    said("intercept_denied", "logistics", lines="all"),
    CANCEL,
    CANCEL | {"lines": {"A": 1, "B": 7}, "reason": "changed_mind", "id": "k1"},
    CANCEL | {"lines": [], "reason": ""},
    said("withdraw_cancellation", "customer:c9", lines="all"),
    said("approve_cancellation", lines={"A": 1}),
    said("decline_cancellation", lines=["A"], reason="too late"),
    said("cancel_delivery", lines=["A"]),
    said("cancel_delivery", parcel="P1"),
    said("request_return", "customer:c9", lines=["A"], reason="defective", kind="exchange", opened=True),
    said("withdraw_return", "customer:c9", lines=["A"]),
    said("approve_return", lines=["A"]),
    said("approve_return", lines=["A"], label="prepaid", terms={"amount": "6.00"}),
    said("decline_return", lines=["A"], reason="worn"),
    said("accept_terms", "customer:c9", lines=["A"]),
    said("reject_terms", "customer:c9", lines=["A"]),
    said("return_received", "warehouse", lines=["A"], condition="opened"),
    said("give_up_service", lines=["A"]),
    said("assess_return", lines=["A"]),
    said("assess_return", lines=["A"], reason="r", shipping_payer="shop", deduction="1.00", amount="5.00"),
    *(said(f"refund_{fact}", "payment", refund="r1") for fact in ("sent", "settled", "failed", "reversed")),
    said("resend_refund", refund="r1"),
    said("resolve_anomaly", anomaly="n1"),
    said("resolve_anomaly", anomaly="n1", note="called the customer"),
    TICK,
    TICK | {"order": "1001", "by": "platform", "id": "t1", "received_at": "2026-03-02T09:00:01Z"},
)

BAD: tuple[tuple[str, Line], ...] = (
    # the envelope
    ("order", without(PLACE, "order")),
    ("order", PLACE | {"order": ""}),
    ("order", PLACE | {"order": 1001}),
    ("order", PLACE | {"order": None}),
    ("do", without(PLACE, "do")),
    ("do", PLACE | {"do": "plaice"}),
    ("do", PLACE | {"do": 7}),
    ("by", without(PLACE, "by")),
    ("by", PLACE | {"by": "boss"}),
    ("by", PLACE | {"by": "customer"}),
    ("by", PLACE | {"by": "seller:"}),
    ("by", PLACE | {"by": "platform:"}),
    ("by", PLACE | {"by": "Platform"}),
    ("at", without(PLACE, "at")),
    ("at", PLACE | {"at": "2026-03-02T09:00:00"}),
    ("at", PLACE | {"at": "2026-03-02"}),
    ("at", PLACE | {"at": "yesterday"}),
    ("at", PLACE | {"at": 1772442000}),
    ("id", PLACE | {"id": ""}),
    ("id", PLACE | {"id": 5}),
    ("received_at", PLACE | {"received_at": "2026-03-02T10:00:00"}),
    # unknown and missing fields
    ("currecy", PLACE | {"currecy": "EUR"}),
    ("parcel", CANCEL | {"parcel": "P1"}),
    ("lines[0].price", with_item(price="1.00")),
    ("bye", TICK | {"bye": "platform"}),
    ("terms.currency", said("approve_return", lines="all", terms={"amount": "6.00", "currency": "EUR"})),
    ("customer", without(PLACE, "customer")),
    ("lines", without(PLACE, "lines")),
    ("lines", without(CANCEL, "lines")),
    ("lines", said("cancel_delivery")),
    ("reason", said("request_return", lines="all")),
    ("payment", without(CAPTURED, "payment")),
    ("refund", said("refund_sent", "payment")),
    ("terms.amount", said("approve_return", lines="all", terms={})),
    ("lines[0].amount", PLACE | {"lines": [{"id": "A"}]}),
    ("at", without(TICK, "at")),
    ("lines", TICK | {"lines": "all"}),
    # values
    ("country", PLACE | {"country": "XX"}),
    ("country", PLACE | {"country": "de"}),
    ("currency", PLACE | {"currency": "EUX"}),
    ("currency", PLACE | {"currency": "XAU"}),
    ("customer", PLACE | {"customer": ""}),
    ("lines", PLACE | {"lines": []}),
    ("lines", PLACE | {"lines": {"A": 1}}),
    ("lines[0]", PLACE | {"lines": ["A"]}),
    ("lines[0].id", with_item(id="")),
    ("lines[0].quantity", with_item(quantity=0)),
    ("lines[0].quantity", with_item(quantity=-1)),
    ("lines[0].quantity", with_item(quantity="2")),
    ("lines[0].quantity", with_item(quantity=True)),
    ("lines[0].quantity", with_item(quantity=10**7)),
    ("lines[0].quantity", with_item(quantity=None)),
    ("lines[0].kind", with_item(kind="virtual")),
    ("lines[0].seller", with_item(seller="")),
    ("lines[0].amount", with_item(amount=12)),
    ("lines[0].amount", with_item(amount="-12.00")),
    ("lines[0].amount", with_item(amount="1e2")),
    ("lines[0].amount", with_item(amount=" 12.00")),
    ("lines[0].amount", with_item(amount="12,00")),
    ("lines[0].amount", with_item(amount="１２")),
    ("lines[0].amount", with_item(amount="NaN")),
    ("lines[0].amount", with_item(amount="")),
    ("lines[0].amount", with_item(amount="1" + "0" * 15)),
    ("delivery_fee", PLACE | {"delivery_fee": 4.9}),
    ("delivery_fee", PLACE | {"delivery_fee": None}),
    ("amount", CAPTURED | {"amount": 81.89}),
    ("instrument", CAPTURED | {"instrument": ""}),
    ("lines", CANCEL | {"lines": "A"}),
    ("lines", CANCEL | {"lines": 1}),
    ("lines", CANCEL | {"lines": None}),
    ("lines[0]", CANCEL | {"lines": [1]}),
    ("lines", CANCEL | {"lines": ["A", "A"]}),
    ("lines.A", CANCEL | {"lines": {"A": 0}}),
    ("lines.B", CANCEL | {"lines": {"A": 1, "B": None}}),
    ("lines.A", CANCEL | {"lines": {"A": "1"}}),
    ("lines", said("cancel_delivery", lines=None, parcel=None)),
    ("opened", said("request_return", lines="all", reason="r", opened="no")),
    ("kind", said("request_return", lines="all", reason="r", kind="refund")),
    ("label", said("approve_return", lines="all", label="free")),
    ("terms", said("approve_return", lines="all", terms="6.00")),
    ("terms.amount", said("approve_return", lines="all", terms={"amount": 6})),
    ("condition", said("return_received", "warehouse", condition="wet")),
    ("shipping_payer", said("assess_return", lines="all", shipping_payer="nobody")),
)
"""Lines of which both the reader and the JSON Schema say no, with the field at fault."""

BAD_FOR_THE_READER: tuple[tuple[str, Line], ...] = (
    ("lines[0].amount", with_item(amount="12.005")),
    ("delivery_fee", PLACE | {"delivery_fee": "0.001"}),
    ("lines[0].amount", PLACE | {"currency": "JPY", "lines": [{"id": "A", "amount": "1.5"}]}),
    ("lines", PLACE | {"lines": [ITEM, ITEM | {"amount": "1.00"}]}),
    ("timezone", PLACE | {"timezone": "Mars/Olympus"}),
    ("timezone", PLACE | {"timezone": "../../etc/passwd"}),
    ("at", PLACE | {"at": "0001-01-01T00:00:00Z"}),
    ("at", PLACE | {"at": "0001-01-01T00:00:00+23:59"}),
    ("at", PLACE | {"at": "9999-12-31T23:59:59-12:00"}),
    ("at", PLACE | {"at": "2026-02-30T00:00:00Z"}),
    ("at", PLACE | {"at": "2026-03-02T24:00:00Z"}),
    ("received_at", PLACE | {"received_at": "2026-03-02T08:59:59Z"}),
    ("received_at", TICK | {"received_at": "2026-03-02T08:59:59Z"}),
    ("lines[0].quantity", with_item(quantity=1.0)),
)
"""Lines that are wrong in a way that JSON Schema has no words for."""

_GOOD = raw(PLACE)

UNREADABLE: tuple[tuple[str, bytes], ...] = (
    ("", b"\xff\x00\x81junk"),
    ("", b"\xef\xbb\xbf" + _GOOD),
    ("", _GOOD.decode().encode("utf-16")),
    ("", b"{"),
    ("", _GOOD[:-1]),
    ("", _GOOD[: len(_GOOD) // 2]),
    ("", _GOOD + b"}"),
    ("", _GOOD + b" " + _GOOD),
    ("", b"[]"),
    ("", b'"place"'),
    ("", b"7"),
    ("", b"null"),
    ("", b"true"),
    ("", b"{'order': 'A'}"),
    ("", _GOOD.replace(b'"c9"', b'"c\x019"')),
    ("", b"[" * 200_000),
    ("", b'{"a":' * 200_000),
    ("", b'{"order": "1", "do": "place", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    ("order", _GOOD.replace(b'"order": "1001"', b'"order": "1001", "order": "1001"')),
    ("do", _GOOD.replace(b'"do": "place"', b'"do": "place", "do": "place"')),
    ("lines[0].id", _GOOD.replace(b'"id": "A"', b'"id": "A", "id": "B"')),
    ("lines.A", raw(CANCEL | {"lines": {"A": 1}}).replace(b'{"A": 1}', b'{"A": 1, "A": 2}')),
    ("terms.amount", raw(said("approve_return", lines="all", terms={"amount": "1"})).replace(
        b'{"amount": "1"}', b'{"amount": "1", "amount": "2"}')),
    ("reason", raw(CANCEL).replace(b'"do"', b'"reason": "a", "re\\u0061son": "\\u0022", "do"')),
    ("delivery_fee", raw(PLACE | {"delivery_fee": float("nan")})),
    ("delivery_fee", raw(PLACE | {"delivery_fee": float("inf")})),
    ("lines[0].quantity", raw(with_item(quantity=float("-inf")))),
    ("lines[0].quantity", raw(with_item(quantity=7)).replace(b": 7", b": " + b"7" * 5000)),
    ("lines[0].quantity", raw(with_item(quantity=7)).replace(b": 7", b": 1e999999")),
    ("customer", _GOOD.replace(b'"c9"', b'"\\ud800"')),
    ("order", _GOOD.replace(b'"1001"', b'"\\udc00x"')),
)  # fmt: skip
"""Lines that are no JSON object at all, or none that says one thing."""
