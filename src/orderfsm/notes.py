"""What goods remember when they move: parcel, case, ask, terms, times. One function per input, by chapter.

The table says where goods go; this module says what the lot notes on the way. Nothing here decides.
"""

from collections.abc import Callable
from typing import Any, cast

from attrs import evolve

from orderfsm import inputs as i
from orderfsm.draft import Draft
from orderfsm.engine import GoodsTransition
from orderfsm.events import Event
from orderfsm.order import Answer, Ask, Case, CaseKind, Lot, Party
from orderfsm.states import State

Noted = dict[str, Any]
Note = Callable[[Draft, Lot, State], Noted]


def closed_ask(lot: Lot) -> Ask | None:
    """The ask of a lot, void if it was open: nobody waits for its answer any more."""
    return _answered(lot, Answer.VOID)


def _answered(lot: Lot, answer: Answer) -> Ask | None:
    """The ask of a lot, closed with `answer` if it was open."""
    ask = lot.ask
    return ask if ask is None or ask.answer is not None else _closed(ask, answer)


def _closed(ask: Ask, answer: Answer) -> Ask:
    return Ask(ask.id, ask.party, ask.at, answer)


# --- payment ---------------------------------------------------------------------------------------------


def _paid(draft: Draft, lot: Lot, target: State) -> Noted:
    return {"delivered_at": draft.at} if target is State.DELIVERED else {}


# --- fulfilment ------------------------------------------------------------------------------------------


def _prepared(draft: Draft, lot: Lot, target: State) -> Noted:
    if target is State.PREPARING_CANCEL_CONFIRMING:  # every goods that enter are asked about themselves (A8)
        return {"ask": draft.ask(Party.LOGISTICS)}
    return {}


def _dispatched(draft: Draft, lot: Lot, target: State) -> Noted:
    parcel = cast(i.ParcelFact, draft.input).parcel
    if lot.state is target:  # only the parcel is news
        return {"parcel": parcel}
    return {
        "parcel": parcel if parcel is not None or lot.state is State.SERVICING else lot.parcel,
        "case": None,
        "ask": None if lot.ask is None else _closed(lot.ask, Answer.VOID),  # nobody's answer binds them any more
        "delivered_at": None,
        "received_at": None,
        "condition": None,
    }


def _delivered(draft: Draft, lot: Lot, target: State) -> Noted:
    return {
        "delivered_at": draft.at,
        "case": None,
        "ask": _answered(lot, Answer.VOID),
        "terms": None,
        "received_at": None,
        "condition": None,
    }


def _off_the_road(draft: Draft, lot: Lot, target: State) -> Noted:
    return {"ask": _answered(lot, Answer.VOID)}


# --- cancellation ----------------------------------------------------------------------------------------


def _cancellation_requested(draft: Draft, lot: Lot, target: State) -> Noted:
    reason = cast(i.RequestCancellation, draft.input).reason
    case = Case(CaseKind.CANCELLATION, draft.at, draft.by, reason)
    return {"case": case, **_prepared(draft, lot, target)}


def _kept(draft: Draft, lot: Lot, target: State) -> Noted:
    return {"case": None, "ask": _answered(lot, Answer.VOID)}


def _confirmed(draft: Draft, lot: Lot, target: State) -> Noted:
    return {"ask": _answered(lot, Answer.CONFIRMED)}


def _denied(draft: Draft, lot: Lot, target: State) -> Noted:
    return {"case": None, "ask": _answered(lot, Answer.DENIED)}


def _bundle_denied(draft: Draft, lot: Lot, target: State) -> Noted:
    ask = lot.ask
    if ask is not None and ask.party is Party.LOGISTICS and lot.state is State.PREPARING_CANCEL_CONFIRMING:
        ask = _closed(ask, Answer.VOID)  # an earlier yes expires with the bundle's no
    return {"case": None, "ask": ask}


# --- interception ----------------------------------------------------------------------------------------


def _delivery_cancelled(draft: Draft, lot: Lot, target: State) -> Noted:
    return {"case": Case(CaseKind.DELIVERY, draft.at, draft.by), "ask": draft.ask(Party.CARRIER)}


def _intercept_denied(draft: Draft, lot: Lot, target: State) -> Noted:
    on_the_road = lot.state in (State.SHIPPED_INTERCEPTING, State.ARRIVED)
    return {"case": None if on_the_road else lot.case, "ask": _answered(lot, Answer.DENIED)}


# --- returns ---------------------------------------------------------------------------------------------


def _return_requested(draft: Draft, lot: Lot, target: State) -> Noted:
    form = cast(i.RequestReturn, draft.input)
    return {"case": Case(CaseKind(form.kind.value), draft.at, draft.by, form.reason, form.opened)}


def _return_approved(draft: Draft, lot: Lot, target: State) -> Noted:
    label = cast(i.ApproveReturn, draft.input).label
    noted: Noted = {"case": None if lot.case is None else evolve(lot.case, label=label)}
    if target is State.RETURN_PLANNING:  # also where new terms replace the old: the waiting begins anew
        noted |= {"since": draft.at, "alerted": False}
    return noted


def _return_ended(draft: Draft, lot: Lot, target: State) -> Noted:
    return {"case": None, "terms": None}


def _return_received(draft: Draft, lot: Lot, target: State) -> Noted:
    condition = cast(i.ReturnReceived, draft.input).condition
    if lot.state is target:  # only the condition is news
        return {"condition": condition}
    noted: Noted = {
        "received_at": draft.at,
        "condition": condition,
        "ask": _answered(lot, Answer.VOID),
    }
    if lot.state is State.RETURN_PLANNING:  # nobody has agreed to the terms
        noted["terms"] = None
    return noted


# --- refunds ---------------------------------------------------------------------------------------------


def _settled(draft: Draft, lot: Lot, target: State) -> Noted:
    return {"settled_from": lot.state} if target is State.REFUNDED else {}


def _owed_again(draft: Draft, lot: Lot, target: State) -> Noted:
    return {"settled_from": None}


NOTES: dict[str, Note] = {
    i.PaymentCaptured.name: _paid,
    i.PreparationStarted.name: _prepared,
    Event.PREPARATION_PRESUMED.value: _prepared,
    i.Dispatched.name: _dispatched,
    i.Delivered.name: _delivered,
    i.Lost.name: _off_the_road,
    i.DeliveryRefused.name: _off_the_road,
    i.RequestCancellation.name: _cancellation_requested,
    i.WithdrawCancellation.name: _kept,
    i.ApproveCancellation.name: _prepared,
    i.DeclineCancellation.name: _kept,
    i.StopConfirmed.name: _confirmed,
    i.StopDenied.name: _denied,
    Event.BUNDLE_DENIED.value: _bundle_denied,
    i.CancelDelivery.name: _delivery_cancelled,
    i.InterceptConfirmed.name: _confirmed,
    i.InterceptDenied.name: _intercept_denied,
    i.RequestReturn.name: _return_requested,
    i.WithdrawReturn.name: _return_ended,
    i.ApproveReturn.name: _return_approved,
    i.DeclineReturn.name: _return_ended,
    i.RejectTerms.name: _return_ended,
    i.ReturnReceived.name: _return_received,
    i.RefundSettled.name: _settled,
    i.RefundReversed.name: _owed_again,
}
"""By trigger; of a move on any other, goods remember nothing but their state."""


def noted(draft: Draft, lot: Lot, transition: GoodsTransition) -> Noted:
    """What `lot` remembers of a move along `transition`."""
    note = NOTES.get(transition.trigger)
    remembered = {} if note is None else note(draft, lot, transition.target)
    if lot.parcel is None and isinstance(draft.input, i.ParcelFact) and draft.input.parcel is not None:
        remembered.setdefault("parcel", draft.input.parcel)  # whoever names it first
    return remembered


def follow(draft: Draft, lot: Lot, transition: GoodsTransition, *, inferred: bool = False) -> Lot:
    """Take `lot` along `transition`, with what it remembers of it."""
    return draft.move(lot, transition, noted(draft, lot, transition), inferred=inferred)
