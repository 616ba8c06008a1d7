"""In which orders a mutant is tried: small scopes, cheapest first, and of those only what it can touch."""

from datetime import timedelta
from typing import Any

from attrs import evolve

from orderfsm import inputs as i
from orderfsm.events import Event
from orderfsm.inputs import Input, Item
from orderfsm.policy import Policy
from orderfsm.rows import Trigger
from orderfsm.testing.mutants import Mutant
from orderfsm.testing.scopes import Chapter as C
from orderfsm.testing.scopes import Scope, Times, Values

BEFORE = (C.PAYMENT, C.FULFILMENT, C.CANCELLATION)
AFTER = (C.FULFILMENT, C.INTERCEPTION, C.RETURNS, C.REFUNDS)

_LINE = Item(id="A", amount="10.00")
_OWN = (_LINE,)
_SOLD = (Item(id="A", amount="10.00", seller="s1"),)
_BUNDLE = (Item(id="A", amount="10.00", bundle="b"), Item(id="B", amount="5.00", bundle="b"))
_SOLD_BUNDLE = tuple(evolve(item, seller="s1") for item in _BUNDLE)
_DIGITAL = (Item(id="D", amount="10.00", kind="digital"),)
_FREE = (Item(id="A", amount="0"),)
_BY_HAND = {"unpaid_cancellation": True, "own_goods_need_approval": False}
_GRACE = {"payment_grace": timedelta(hours=2)}
_DIRECT = {"own_goods_need_approval": False}


def attempts(policy: Policy) -> list[Scope]:
    """All scopes in which mutants are tried, cheapest first; `policy` gives what they do not switch themselves."""

    def scope(name: str, lines: tuple[Item, ...] = _OWN, switches: dict[str, Any] | None = None, **more: Any) -> Scope:
        changed = evolve(policy, **switches) if switches else policy
        small: dict[str, Any] = {"name": name, "lines": lines, "policy": changed, "strangers": False}
        return Scope(**small | {"values": Values.PLAIN, "times": Times.NOW} | more)

    every: dict[str, Any] = {"times": Times.EVERY}
    until: dict[str, Any] = {"paid": True, "chapters": (C.FULFILMENT, C.CANCELLATION)}
    after: dict[str, Any] = {"paid": True, "chapters": AFTER}
    whole: dict[str, Any] = {
        "paid": True,
        "chapters": (C.FULFILMENT, C.CANCELLATION, C.INTERCEPTION, C.RETURNS, C.REFUNDS),
    }
    return [
        scope("payment", chapters=(C.PAYMENT,)),
        scope("payment with grace", switches=_GRACE, chapters=(C.PAYMENT,), **every),
        scope("until dispatch", **until),
        scope("a seller's goods until dispatch", _SOLD, **until),
        scope("direct, until dispatch", switches=_DIRECT, **until),
        scope("digital goods", _DIGITAL, chapters=(C.PAYMENT, C.CANCELLATION, C.RETURNS), **every),
        scope("closed, and astray", chapters=(C.PAYMENT, C.FULFILMENT, C.RETURNS)),
        scope("cancelled by hand", switches=_BY_HAND, chapters=(C.PAYMENT, C.CANCELLATION), **every),
        scope("afterwards", **after),
        scope("two payments", captures=2, early=0, values=Values.FULL, chapters=(C.PAYMENT,), **every),
        scope("parcels until dispatch", parcels=2, **until),
        scope("a bundle until dispatch", _BUNDLE, **until),
        scope("a bundle, direct", _BUNDLE, switches=_DIRECT, **until),
        scope("a seller's bundle", _SOLD_BUNDLE, **until),
        scope("all chapters", **whole),
        scope("a seller's goods", _SOLD, **whole),
        scope("labels", switches={"prepaid_label_countries": {"DE"}}, values=Values.LEAN, **after),
        scope("until dispatch, every instant", chapters=BEFORE, **every),
        scope("free goods", _FREE, delivery_fee="0"),
        scope("digital beside", (*_OWN, *_DIGITAL), chapters=BEFORE),
        scope("lean values", values=Values.LEAN, **whole),
        scope("parcels afterwards", parcels=1, **after),
        scope("alerts", times=Times.ALERTS, **whole),
        scope(
            "two payments, paid back",
            switches=_DIRECT,
            captures=2,
            early=0,
            chapters=(C.PAYMENT, C.CANCELLATION, C.REFUNDS),
        ),
    ]


_SAID_BY_ITSELF: dict[Event, type[Input]] = {
    Event.PAYMENT_WINDOW_CLOSED: i.PaymentCaptured,
    Event.PREPARATION_PRESUMED: i.PreparationStarted,
    Event.BUNDLE_CONFIRMED: i.StopConfirmed,
    Event.BUNDLE_DENIED: i.StopDenied,
    Event.NOTHING_OWED: i.AssessReturn,
}
"""What is said where an event can come of it."""


def scopes_for(mutant: Mutant, policy: Policy) -> list[Scope]:
    """Where a mutant can make a difference."""
    wanted = {_said(trigger) for trigger in mutant.triggers}
    return [scope for scope in attempts(policy) if not wanted or wanted & set(scope.kinds)]


def _said(trigger: Trigger) -> type[Input]:
    return _SAID_BY_ITSELF[trigger] if isinstance(trigger, Event) else trigger
