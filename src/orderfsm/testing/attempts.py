"""In which orders a mutant is tried: small scopes, cheapest first, and of those only what it can touch."""

from datetime import timedelta
from typing import Any

from attrs import evolve, frozen

from orderfsm import inputs as i
from orderfsm.actors import CUSTOMER_SERVICE, LOGISTICS, PAYMENT, PLATFORM, WAREHOUSE, Actor, Role
from orderfsm.events import Event
from orderfsm.inputs import Input, Item
from orderfsm.policy import Policy
from orderfsm.rows import Trigger
from orderfsm.testing.kinds import Mutant
from orderfsm.testing.scopes import PLACED_AT, Scope, Times, Values
from orderfsm.testing.scopes import Chapter as C

BEFORE = (C.PAYMENT, C.FULFILMENT, C.CANCELLATION)
LATER = (C.INTERCEPTION, C.RETURNS, C.REFUNDS)

_LINE = Item(id="A", amount="10.00")
_OWN = (_LINE,)
_TWO = (_LINE, Item(id="B", amount="5.00"))
_SOLD = (Item(id="A", amount="10.00", seller="s1"),)
_BUNDLE = (Item(id="A", amount="10.00", bundle="b"), Item(id="B", amount="5.00", bundle="b"))
_SOLD_BUNDLE = tuple(evolve(item, seller="s1") for item in _BUNDLE)
_UNITS = (Item(id="A", amount="10.01", quantity=2),)
_DIGITAL = (Item(id="D", amount="10.00", kind="digital"),)
_FREE = (Item(id="A", amount="0"),)
_BY_HAND = {"unpaid_cancellation": True, "own_goods_need_approval": False}
_GRACE = {"payment_grace": timedelta(hours=2)}
_SHIPPING = {"return_shipping": {"EUR": "1.50"}}
_DIRECT = {"own_goods_need_approval": False}

# --- openings --------------------------------------------------------------------------------------------

_BUYER = Actor(Role.CUSTOMER, "c9")
_PLACED = i.Place(customer="c9", country="DE", currency="EUR", lines=_OWN, delivery_fee="4.90", by=PLATFORM)
_CARD = i.PaymentCaptured(payment="p1", instrument="card:1", amount="14.90", by=PAYMENT)
_CARDS = (evolve(_CARD, amount="7.00"), evolve(_CARD, payment="p2", instrument="card:2", amount="7.90"))
_PREPARED = i.PreparationStarted(lines=["A"], by=WAREHOUSE)
_CANCELLED = i.RequestCancellation(lines="all", by=_BUYER)
_APPROVED = i.ApproveCancellation(lines="all", by=CUSTOMER_SERVICE)
_LEFT = i.Dispatched(by=LOGISTICS)
_ASTRAY = i.Dispatched(lines="all", parcel="x1", by=LOGISTICS)
_CALLED_OFF = i.CancelDelivery(lines="all", by=_BUYER)
_BACK = i.ReturnReceived(by=WAREHOUSE)
_HOME = i.Delivered(lines="all", by=LOGISTICS)
_FORM = i.RequestReturn(lines="all", reason="changed_mind", by=_BUYER)
_FAULTY, _OPENED = evolve(_FORM, reason="defective"), evolve(_FORM, opened=True)
_TAKEN = i.ApproveReturn(lines="all", by=CUSTOMER_SERVICE)
_ON_TERMS = (evolve(_TAKEN, terms="6.00"), i.AcceptTerms(lines="all", by=_BUYER))
_FOR_BOTH = i.AssessReturn(lines="all", amount="12.00", by=CUSTOMER_SERVICE)
_LOST = i.Lost(by=LOGISTICS)
_PAID = (_PLACED, _CARD)
_PAID_TWICE = (_PLACED, *_CARDS)
_BUNDLE_PAID = (evolve(_PLACED, lines=_BUNDLE), evolve(_CARD, amount="19.90"))

# --- attempts --------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Attempt:
    """Orders of one scope, after an opening that is always told first."""

    scope: Scope
    opening: tuple[Input, ...] = ()

    @property
    def name(self) -> str:
        """What it is called in reports."""
        return self.scope.name


def attempts(policy: Policy) -> list[Attempt]:
    """In which orders mutants are tried, cheapest first; `policy` gives what they do not switch themselves."""

    def scope(
        name: str, lines: tuple[Item, ...] = _OWN, switches: dict[str, Any] | None = None,
        opening: tuple[Input, ...] = (), **more: Any,
    ) -> Attempt:  # fmt: skip
        changed = evolve(policy, **switches) if switches else policy
        small: dict[str, Any] = {"name": name, "lines": lines, "policy": changed, "strangers": False}
        return Attempt(scope=Scope(**small | {"values": Values.PLAIN, "times": Times.NOW} | more), opening=opening)

    every: dict[str, Any] = {"times": Times.EVERY}
    until: dict[str, Any] = {"paid": True, "chapters": (C.FULFILMENT, C.CANCELLATION)}
    after: dict[str, Any] = {"paid": True, "chapters": (C.FULFILMENT, *LATER)}
    whole: dict[str, Any] = {"paid": True, "chapters": (C.FULFILMENT, C.CANCELLATION, *LATER)}
    road: dict[str, Any] = {"chapters": (C.FULFILMENT, C.INTERCEPTION)}
    refunds: dict[str, Any] = {"chapters": (C.REFUNDS,)}
    amounts: dict[str, Any] = {"switches": _SHIPPING, "values": Values.FULL, "chapters": (C.REFUNDS,)}
    waiting: dict[str, Any] = {"times": Times.ALERTS, "chapters": ()}
    last_day = PLACED_AT + timedelta(days=policy.returns.full_days)
    in_time, late = evolve(_BACK, at=last_day), evolve(_BACK, at=last_day + timedelta(days=1))
    home = (*_PAID, _LEFT, _HOME)
    both = (evolve(_PLACED, lines=_TWO), evolve(_CARD, amount="19.90"), evolve(_LEFT, lines="all"), _HOME)
    gone, sent = (*_PAID, _CANCELLED, _ASTRAY, i.RefundSettled(refund="r1", by=PAYMENT)), (*_PAID, _LEFT, _CALLED_OFF)
    # fmt: off
    return [
        scope("payment", chapters=(C.PAYMENT,)),
        scope("payment for two lines", _TWO, chapters=(C.PAYMENT,)),
        scope("not paid", opening=(_PLACED,), chapters=(C.CANCELLATION, *LATER)),
        scope("payment with grace", switches=_GRACE, chapters=(C.PAYMENT,), **every),
        scope("until dispatch", **until),
        scope("a seller's goods until dispatch", _SOLD, **until),
        scope("direct, until dispatch", switches=_DIRECT, **until),
        scope("denied by logistics", opening=(*_PAID, _PREPARED, _CANCELLED, _APPROVED, i.StopDenied(by=LOGISTICS)),
              chapters=(C.CANCELLATION,)),
        scope("denied by the carrier", opening=(*sent, i.InterceptDenied(by=LOGISTICS)), chapters=(C.INTERCEPTION,)),
        scope("called off, and back", opening=(*sent, i.InterceptConfirmed(by=LOGISTICS), _BACK), **road),
        scope("closed, in a parcel", opening=(_PLACED, _ASTRAY), **road),
        scope("refunded, in a parcel", switches=_DIRECT, opening=gone, **road),
        scope("two cards, cancelled", switches=_DIRECT, opening=(*_PAID_TWICE, _CANCELLED), **refunds),
        scope("two cards, returned", opening=(*_PAID_TWICE, _LEFT, _HOME, _FORM, _TAKEN, _BACK), **refunds),
        scope("two cards, lost", opening=(*_PAID_TWICE, _LEFT, _LOST), **refunds),
        scope("waiting for a decision", opening=(*_PAID, _CANCELLED), **waiting),
        scope("waiting for logistics", opening=(*_PAID, _PREPARED, _CANCELLED, _APPROVED), **waiting),
        scope("waiting for a carrier", opening=sent, **waiting),
        scope("waiting for terms", opening=(*home, _OPENED, _ON_TERMS[0]), **waiting),
        scope("waiting for goods", opening=(*home, _FORM, _TAKEN), **waiting),
        scope("waiting for money", switches=_DIRECT, opening=(*_PAID, _CANCELLED), **waiting),
        scope("back on the last day", opening=(*home, _FORM, _TAKEN, in_time), **amounts),
        scope("back a day late", opening=(*home, _FORM, _TAKEN, late), **amounts),
        scope("faulty, back a day late", opening=(*home, _FAULTY, _TAKEN, late), **amounts),
        scope("back on terms", opening=(*home, _OPENED, *_ON_TERMS, late), **amounts),
        scope("two lines, back for one amount", _TWO, opening=(*both, _FORM, _TAKEN, in_time, _FOR_BOTH), **refunds),
        scope("lost on the way out", opening=(*_PAID, _LEFT, _LOST), **amounts),
        scope("lost on the way back", opening=(*home, _FORM, _TAKEN, _LOST), **amounts),
        scope("lost on the way back, on terms", opening=(*home, _OPENED, *_ON_TERMS, _LOST), **amounts),
        scope("digital goods", _DIGITAL, chapters=(C.PAYMENT, C.CANCELLATION, *LATER[:2]), **every),
        scope("cancelled by hand", switches=_BY_HAND, chapters=(C.PAYMENT, C.CANCELLATION), **every),
        scope("two payments", captures=2, early=0, values=Values.FULL, chapters=(C.PAYMENT,), **every),
        scope("parcels until dispatch", parcels=2, **until),
        scope("afterwards", **after),
        scope("closed, and astray", chapters=(C.PAYMENT, C.FULFILMENT, *LATER[:2])),
        scope("a bundle, confirming", _BUNDLE, _DIRECT, (*_BUNDLE_PAID, _PREPARED, _CANCELLED), chapters=LATER),
        scope("a bundle, direct", _BUNDLE, switches=_DIRECT, **until),
        scope("a bundle until dispatch", _BUNDLE, **until),
        scope("a seller's bundle", _SOLD_BUNDLE, **until),
        scope("two units until dispatch", _UNITS, **until),
        scope("all chapters", **whole),
        scope("a seller's goods", _SOLD, **whole),
        scope("labels", switches={"prepaid_label_countries": {"DE"}}, values=Values.LEAN, **after),
        scope("until dispatch, every instant", chapters=BEFORE, **every),
        scope("free goods", _FREE, delivery_fee="0"),
        scope("digital beside", (*_OWN, *_DIGITAL), chapters=BEFORE),
        scope("lean values", values=Values.LEAN, **whole),
        scope("parcels afterwards", parcels=1, **after),
    ]
    # fmt: on


_SAID_BY_ITSELF: dict[Event, type[Input]] = {
    Event.PAYMENT_WINDOW_CLOSED: i.PaymentCaptured,
    Event.PREPARATION_PRESUMED: i.PreparationStarted,
    Event.BUNDLE_CONFIRMED: i.StopConfirmed,
    Event.BUNDLE_DENIED: i.StopDenied,
    Event.NOTHING_OWED: i.AssessReturn,
}
"""What is said where an event can come of it."""


def attempts_for(mutant: Mutant, policy: Policy) -> list[Attempt]:
    """Where a mutant can make a difference."""
    wanted = {_said(trigger) for trigger in mutant.triggers}
    return [each for each in attempts(policy) if not wanted or wanted & set(each.scope.kinds)]


def _said(trigger: Trigger) -> type[Input]:
    return _SAID_BY_ITSELF[trigger] if isinstance(trigger, Event) else trigger
