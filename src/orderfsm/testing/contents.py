"""What stands in an input, field by field: anything that an order knows, or what would move some goods of it.

The envelope (who, when, under which id) is drawn in `orderfsm.testing.strategies`.
"""

from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from attrs import fields

from orderfsm import inputs as i
from orderfsm.inputs import Input
from orderfsm.money import decimal_string, exponent
from orderfsm.order import CaseKind, Lot, Order
from orderfsm.policy import Policy
from orderfsm.states import State
from orderfsm.testing.drawing import choose
from orderfsm.testing.mentions import Mentions, fitting_lots, fitting_refunds, total

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

ENVELOPE = frozenset({"at", "by", "received_at", "id"})
CHANGED_MIND = "changed_mind"
REASONS = (CHANGED_MIND, "defective", "wrong_item")


@lru_cache(maxsize=1024)
def money(minor: int, currency: str) -> Decimal:
    """An amount of minor units as inputs carry it."""
    return Decimal(decimal_string(minor, currency))


NAMES: dict[type[Input], tuple[str, ...]] = {
    kind: tuple(field.name for field in fields(kind) if field.name not in ENVELOPE) for kind in i.INPUTS
}
"""The fields of each input beside its envelope."""


# --- anything --------------------------------------------------------------------------------------------


def any_content(draw: "DrawFn", kind: type[Input], names: Mentions) -> dict[str, Any]:
    """The fields of an input of this kind: mostly what the order knows, now and then what it does not."""
    content: dict[str, Any] = {}
    for name in NAMES[kind]:
        if name != "lines":
            required = kind is (i.PaymentCaptured if name == "amount" else i.RequestReturn)
            content[name] = choose(draw, _values(name, required, names))
    if "lines" in NAMES[kind]:
        optional = issubclass(kind, i.GoodsFact) or content.get("parcel") is not None
        content["lines"] = _selection(draw, names, optional=optional)
    return content


def _selection(draw: "DrawFn", names: Mentions, *, optional: bool) -> Any:
    """Everything, some lines, or some lines with quantities: more than there are, too."""
    shape = choose(draw, ("all", "lines", "quantities", None) if optional else ("all", "lines", "quantities"))
    if shape in ("all", None):
        return shape
    lines = dict.fromkeys(choose(draw, _often(names.lines, "unknown")) for _ in range(choose(draw, (1, 1, 2, 3, 0))))
    if shape == "lines":
        return list(lines)
    return {line: choose(draw, range(1, names.most + 2)) for line in lines}


def _often(own: tuple[str, ...], *others: str | None) -> tuple[str | None, ...]:
    """Mostly what is the order's own, and otherwise one of the others."""
    return (*own, *own, *own, *others)


@lru_cache(maxsize=4096)
def _values(name: str, required: bool, names: Mentions) -> tuple[Any, ...]:
    amounts = [money(minor, names.currency) for minor in names.amounts]
    too_fine = Decimal("0." + "0" * exponent(names.currency) + "5")
    nothing = () if required else (None,)
    amount = (*nothing, *amounts, too_fine)
    values: dict[str, tuple[Any, ...]] = {
        "reason": (*nothing, *REASONS),
        "kind": tuple(i.ReturnKind),
        "opened": (False, True),
        "label": tuple(i.Label),
        "terms": amount,
        "deduction": amount,
        "amount": amount,
        "shipping_payer": (None, *i.Payer),
        "condition": (None, *i.Condition),
        "parcel": _often(names.parcels, None, "x1", "x2"),
        "ask": _often(names.asks, None, None, "a1", "a9"),
        "refund": _often(names.refunds, "r1", "r9"),
        "anomaly": _often(names.anomalies, "n1", "n9"),
        "note": ("seen",),
        "payment": _often(names.payments, "p1", "p2", "p3"),
        "instrument": _often(names.instruments, "card:1", "card:2"),
    }
    return values[name]


# --- what fits -------------------------------------------------------------------------------------------

_FREELY: dict[str, tuple[Any, ...]] = {
    "kind": (i.ReturnKind.RETURN, *i.ReturnKind),
    "opened": (False, True),
    "condition": (None, *i.Condition),
    "note": ("seen",),
}
"""What moves the same goods whatever it says."""


def fitting_content(draw: "DrawFn", kind: type[Input], order: Order, policy: Policy) -> tuple[dict[str, Any], Lot]:
    """The fields of an input of this kind that moves something of the order, and goods that it is about."""
    content = {name: choose(draw, _FREELY[name]) for name in NAMES[kind] if name in _FREELY}
    if "refund" in NAMES[kind]:
        refund = choose(draw, fitting_refunds(order, kind))
        paid_for = [lot for lot in order.lots if refund.id in lot.refunds]
        return content | {"refund": refund.id}, (paid_for or order.lots)[0]
    if kind is i.ResolveAnomaly:
        pending = [anomaly.id for anomaly in order.anomalies if anomaly.open]
        return content | {"anomaly": choose(draw, pending)}, order.lots[0]
    lot = choose(draw, fitting_lots(order, kind))
    if kind is i.PaymentCaptured:
        return content | _payment(draw, order), lot
    content |= _goods(draw, kind, lot)
    if kind is i.Dispatched:
        known = sorted({each.parcel for each in order.lots if each.parcel is not None})
        content["parcel"] = choose(draw, [f"x{len(known) + 1}", *known, None])
    if kind is i.RequestReturn:
        content["reason"] = choose(draw, [CHANGED_MIND, CHANGED_MIND, *REASONS])
    if kind is i.ApproveReturn:
        content["terms"] = _terms(draw, order, lot, policy)
        offered = order.country in policy.prepaid_label_countries
        content["label"] = choose(draw, tuple(i.Label)) if offered else i.Label.OWN
    if kind is i.AssessReturn:
        content |= _assessment(draw, order, lot)
    return content, lot


def _payment(draw: "DrawFn", order: Order) -> dict[str, Any]:
    """What is due, mostly; else a part of it, or more."""
    number = len(order.payments) + 1
    due = max(0, total(order) - sum(payment.amount for payment in order.payments))
    amount = choose(draw, (due, due, due, due // 3, due + 1))
    return {"payment": f"p{number}", "instrument": f"card:{number}", "amount": money(amount, order.currency)}


def _goods(draw: "DrawFn", kind: type[Input], lot: Lot) -> dict[str, Any]:
    """These goods, by line, quantity, parcel or ask; or everything, which they are a part of."""
    line = lot.line.id
    ways: list[dict[str, Any]] = [{"lines": "all"}, {"lines": [line]}, {"lines": {line: 1}}]
    if lot.quantity > 1:
        ways.append({"lines": {line: lot.quantity}})
    if "parcel" in NAMES[kind] and lot.parcel is not None and kind is not i.Dispatched:
        ways += [{"lines": None, "parcel": lot.parcel}, {"lines": [line], "parcel": lot.parcel}]
    if issubclass(kind, i.GoodsFact):
        ways.append({"lines": None})
    content = dict(choose(draw, ways))
    if "ask" in NAMES[kind] and lot.ask is not None:
        content["ask"] = choose(draw, (lot.ask.id, None))
    return content


def _terms(draw: "DrawFn", order: Order, lot: Lot, policy: Policy) -> Decimal | None:
    """Terms where they are needed: for goods opened by choice (A16)."""
    case = lot.case
    faulty = policy.returns.shop_fault_reasons
    needed = case is not None and case.opened and case.kind is CaseKind.RETURN and case.reason not in faulty
    return money(choose(draw, (lot.amount // 2, lot.amount, 0)), order.currency) if needed else None


def _assessment(draw: "DrawFn", order: Order, lot: Lot) -> dict[str, Any]:
    """By the schedule, or by an amount where only a person can tell it (policy 5.9)."""
    content: dict[str, Any] = {"shipping_payer": choose(draw, (None, None, *i.Payer))}
    opened = lot.condition in (i.Condition.OPENED, i.Condition.DAMAGED) or (lot.case is not None and lot.case.opened)
    if lot.terms is None and lot.state is not State.LOST and choose(draw, (opened, opened, not opened)):
        amount = choose(draw, (lot.amount, lot.amount // 2, 0))
        return content | {"amount": money(amount, order.currency), "lines": [lot.line.id]}
    return content
