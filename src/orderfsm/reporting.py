"""Judging facts: what was reported moves goods, repeats what is known, or contradicts it. Never refused.

A fact about goods sorts the lots that it speaks of into those that fit, those about which it is known, and
those that it contradicts. What fits moves; a contradiction is kept as an anomaly. Nothing is lost.
"""

from collections.abc import Sequence
from typing import cast

from orderfsm.consequences import ask_carrier
from orderfsm.deadlines import count
from orderfsm.draft import Draft, changed
from orderfsm.engine import implied_by, transition_for
from orderfsm.events import Event
from orderfsm.inputs import (
    Dispatched,
    Fact,
    GoodsFact,
    ParcelFact,
    PaymentCaptured,
    RefundFact,
    StopDenied,
)
from orderfsm.matching import Contradicted, Sorted, named_goods
from orderfsm.next_steps import LOOK
from orderfsm.notes import closed_ask, follow
from orderfsm.order import Lot, Party
from orderfsm.paying import judge_payment
from orderfsm.reasons import AnomalyCode, Reason, Step
from orderfsm.refunding import judge_refund
from orderfsm.selections import ALL
from orderfsm.states import CANCEL_CONFIRMING, State

BACK_AGAIN = frozenset(
    {
        AnomalyCode.RETURNED_AFTER_CANCEL,
        AnomalyCode.RETURNED_AFTER_CLOSE,
        AnomalyCode.RETURNED_AFTER_REFUND,
    }
)
"""What went astray is back: nobody waits for the carrier's answer any more."""

TOO_EARLY = frozenset({AnomalyCode.NOT_PAID, AnomalyCode.UNKNOWN_ORDER})
"""Facts that came too early: kept, and judged again once the order is placed and paid."""


def judge_fact(draft: Draft, lots: Sequence[Lot]) -> None:
    """Carry a fact out on the draft. `lots` are the goods of which its sender may speak."""
    fact = cast(Fact, draft.input)
    match fact:
        case PaymentCaptured():
            judge_payment(draft, fact)
        case RefundFact():
            judge_refund(draft, fact)
        case GoodsFact():
            _goods(draft, fact, lots)
        case _:  # pragma: no cover - every fact is one of these
            raise AssertionError(fact)


# --- goods -----------------------------------------------------------------------------------------------


def _goods(draft: Draft, fact: GoodsFact, lots: Sequence[Lot]) -> None:
    parcel = fact.parcel if isinstance(fact, ParcelFact) and not isinstance(fact, Dispatched) else None
    by_line = fact.lines is not None and fact.lines != ALL
    if parcel is not None:
        inside = [lot for lot in lots if lot.parcel == parcel or (by_line and lot.parcel is None)]
        if not inside:
            unpaid = any(lot.state is State.UNPAID for lot in draft.lots)  # then its dispatch may wait too
            draft.contradict(Reason(AnomalyCode.UNKNOWN_PARCEL, "B18", {"parcel": parcel}, LOOK), waiting=unpaid)
            return
        lots = inside
    moved: list[Lot] = []
    contradicted: Contradicted = []
    if fact.lines is None or fact.lines == ALL:
        physical = [lot for lot in lots if lot.line.physical]
        found = Sorted(draft, physical or lots, infer=fact.lines == ALL or parcel is not None)
        moved = found.fitting
        if not found.fitting and not found.known:
            contradicted = found.new_contradictions()
    else:
        for line, quantity in fact.lines:
            some, against = named_goods(draft, lots, line, quantity)
            moved += some
            contradicted += against
        if not fact.lines:
            draft.contradict(Reason(AnomalyCode.NOTHING_FITS, "B9", {"lines": []}, LOOK))
    _carry_out(draft, moved)
    _keep_contradictions(draft, contradicted)


def _carry_out(draft: Draft, lots: Sequence[Lot]) -> None:
    """Move goods along the fact's rows, skipped steps first."""
    trigger = draft.input.name
    against: dict[tuple[AnomalyCode, str], list[Lot]] = {}
    bundles: dict[str, None] = {}  # in order: the moves must not depend on chance
    for lot in lots:
        lot = _fill_in(draft, lot, trigger)
        transition = transition_for(trigger, draft, lot)
        assert transition is not None
        row = transition.row
        if row.anomaly is not None:
            against.setdefault((row.anomaly, row.clause), []).append(lot)
        follow(draft, lot, transition)
        if isinstance(draft.input, StopDenied) and lot.line.bundle is not None:
            bundles[lot.line.bundle] = None
    for bundle in bundles:  # a no holds for the whole bundle
        _deny_bundle(draft, bundle)
    for (code, clause), some in against.items():
        facts = {"lines": count(some), "states": sorted({lot.state.value for lot in some})}
        draft.contradict(Reason(code, clause, facts, LOOK), lines=count(some))


def _fill_in(draft: Draft, lot: Lot, trigger: str) -> Lot:
    through = implied_by(trigger, lot.state)
    if through is None or transition_for(trigger, draft, lot) is not None:
        return lot
    lot = _fill_in(draft, lot, through.name)
    transition = transition_for(through.name, draft, lot)
    assert transition is not None
    return follow(draft, lot, transition, inferred=True)


def _deny_bundle(draft: Draft, bundle: str) -> None:
    for lot in [each for each in draft.lots if each.line.bundle == bundle and each.state in CANCEL_CONFIRMING]:
        transition = transition_for(Event.BUNDLE_DENIED.value, draft, lot)
        assert transition is not None
        follow(draft, lot, transition)


def _keep_contradictions(draft: Draft, contradicted: Contradicted) -> None:
    """One anomaly per code, about all goods that it concerns."""
    by_code: dict[AnomalyCode, tuple[str, list[Lot]]] = {}
    for lot, entry in contradicted:
        code, clause = (AnomalyCode.NOTHING_FITS, "B9") if entry is None else (entry.code, entry.clause)
        by_code.setdefault(code, (clause, []))[1].append(lot)
    astray: list[Lot] = []
    for code, (clause, lots) in by_code.items():
        if code in (AnomalyCode.DISPATCHED_AFTER_CANCEL, AnomalyCode.DISPATCHED_AFTER_CLOSE):
            lots = _gone_astray(draft, lots)
            astray += lots
        elif code in BACK_AGAIN:
            lots = [draft.replace(lot, changed(lot, {"ask": closed_ask(lot)})) for lot in lots]
        elif code is AnomalyCode.NOT_PAID:
            _remember_parcel(draft, lots)
        facts = {"lines": count(lots), "states": sorted({lot.state.value for lot in lots})}
        too_early = code in TOO_EARLY
        steps = (Step.WAIT,) if too_early else LOOK
        draft.contradict(Reason(code, clause, facts, steps), waiting=too_early, lines=count(lots))
    if astray:
        ask_carrier(draft, astray)


def _gone_astray(draft: Draft, lots: Sequence[Lot]) -> list[Lot]:
    """A9: goods left although cancelled or closed. The parcel is remembered and asked back."""
    parcel = cast(ParcelFact, draft.input).parcel
    ask = draft.ask(Party.CARRIER)
    return [
        draft.replace(lot, changed(lot, {"stray": True, "parcel": parcel or lot.parcel, "ask": ask, "alerted": False}))
        for lot in lots
    ]


def _remember_parcel(draft: Draft, lots: Sequence[Lot]) -> None:
    """Later facts about the parcel of goods that left before they were paid belong here too."""
    parcel = draft.input.parcel if isinstance(draft.input, Dispatched) else None
    if parcel is not None:
        for lot in lots:
            if lot.parcel is None:
                draft.replace(lot, changed(lot, {"parcel": parcel}))
