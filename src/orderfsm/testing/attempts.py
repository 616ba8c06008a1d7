"""In which orders a mutant is tried: small scopes, cheapest first, and of those only what it can touch."""

from collections.abc import Iterable
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
AFTER = (C.FULFILMENT, C.RETURNS, C.REFUNDS)

_LINE = Item(id="A", amount="10.00")
_OWN = (_LINE,)
_SOLD = (Item(id="A", amount="10.00", seller="s1"),)
_BUNDLE = (Item(id="A", amount="10.00", bundle="b"), Item(id="B", amount="5.00", bundle="b"))
_DIGITAL = (Item(id="D", amount="10.00", kind="digital"),)
_FREE = (Item(id="A", amount="0"),)
_BY_HAND = {"unpaid_cancellation": True, "own_goods_need_approval": False}
_DIRECT = {"own_goods_need_approval": False}


def attempts(policy: Policy) -> list[Scope]:
    """All scopes in which mutants are tried, cheapest first; `policy` gives what they do not switch themselves."""

    def scope(name: str, lines: Iterable[Item] = _OWN, switches: dict[str, Any] | None = None, **more: Any) -> Scope:
        changed = evolve(policy, **switches) if switches else policy
        plain: dict[str, Any] = {"values": Values.PLAIN, "times": Times.NOW, "strangers": False}
        return Scope(name=name, lines=lines, policy=changed, **plain | more)

    every: dict[str, Any] = {"times": Times.EVERY}
    return [
        scope("payment", chapters=(C.PAYMENT,)),
        scope("digital", _DIGITAL, chapters=(C.PAYMENT, C.CANCELLATION), **every),
        scope("payment and cancellation by hand", switches=_BY_HAND, chapters=(C.PAYMENT, C.CANCELLATION), **every),
        scope("until dispatch", paid=True, chapters=(C.FULFILMENT, C.CANCELLATION)),
        scope("a seller's goods until dispatch", _SOLD, paid=True, chapters=(C.FULFILMENT, C.CANCELLATION)),
        scope("direct, until dispatch", switches=_DIRECT, paid=True, chapters=(C.FULFILMENT, C.CANCELLATION)),
        scope("until dispatch, every instant", chapters=BEFORE, **every),
        scope("afterwards", paid=True, chapters=AFTER),
        scope("two payments", captures=2, early=0, values=Values.FULL, chapters=(C.PAYMENT,), **every),
        scope("a bundle until dispatch", _BUNDLE, paid=True, chapters=(C.FULFILMENT, C.CANCELLATION)),
        scope("all chapters", paid=True),
        scope("a seller's goods", _SOLD, paid=True),
        scope("labels", switches={"prepaid_label_countries": {"DE"}}, paid=True, values=Values.LEAN, chapters=AFTER),
        scope("free goods", _FREE, delivery_fee="0"),
        scope("strangers", _SOLD, paid=True, strangers=True),
        scope("a bundle, direct", _BUNDLE, switches=_DIRECT, paid=True, chapters=(C.FULFILMENT, C.CANCELLATION)),
        scope("all values now and then", paid=True, values=Values.LEAN),
        scope("two parcels", paid=True, parcels=2),
        scope("alerts", paid=True, times=Times.ALERTS),
        scope("digital beside", (*_OWN, *_DIGITAL)),
        scope("everything", values=Values.LEAN, **every),
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
