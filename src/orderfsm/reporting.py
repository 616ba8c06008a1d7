"""Judging facts: what was reported moves goods, repeats what is known, or contradicts it. Never refused.

A fact about goods sorts the lots that it speaks of into those that fit, those about which it is known, and
those that it contradicts. What fits moves; a contradiction is kept as an anomaly. Nothing is lost.
"""

from collections.abc import Iterable, Sequence
from typing import cast

from attrs import define, evolve, field

from orderfsm.amounts import left_of
from orderfsm.consequences import ask_carrier
from orderfsm.deadlines import count
from orderfsm.draft import Draft, changed
from orderfsm.effects import Channel, Escalate, Notify, Topic
from orderfsm.engine import (
    REFUND_TRANSITIONS,
    contradiction_for,
    implied_by,
    is_known,
    transition_for,
)
from orderfsm.events import Event
from orderfsm.inputs import (
    Delivered,
    Dispatched,
    Fact,
    GoodsFact,
    ParcelFact,
    PaymentCaptured,
    RefundFact,
    RefundReversed,
    RefundSettled,
    StopDenied,
)
from orderfsm.money import minor_units, places_of
from orderfsm.notes import noted
from orderfsm.order import Cause, Lot, Party, Payment, Refund
from orderfsm.reasons import AnomalyCode, Reason, Step
from orderfsm.rows import Contradiction
from orderfsm.selections import ALL
from orderfsm.states import (
    CANCEL_CONFIRMING,
    PROGRESS,
    UNDER_REQUEST,
    RefundState,
    State,
)
from orderfsm.table import REFUND_IMPLIED, REFUND_KNOWN

TOO_EARLY = frozenset({AnomalyCode.NOT_PAID, AnomalyCode.UNKNOWN_ORDER})
"""Facts that came too early: kept, and judged again once the order is placed and paid."""


def judge_fact(draft: Draft, lots: Sequence[Lot]) -> None:
    """Carry a fact out on the draft. `lots` are the goods of which its sender may speak."""
    fact = cast(Fact, draft.input)
    match fact:
        case PaymentCaptured():
            _payment(draft, fact)
        case RefundFact():
            _refund(draft, fact)
        case GoodsFact():
            _goods(draft, fact, lots)
        case _:  # pragma: no cover - every fact is one of these
            raise AssertionError(fact)


# --- payment ---------------------------------------------------------------------------------------------


def _payment(draft: Draft, fact: PaymentCaptured) -> None:
    amount = minor_units(fact.amount, draft.order.currency)
    if amount is None:
        facts = {"amount": str(fact.amount), "expected": places_of(draft.order.currency)}
        draft.contradict(Reason(AnomalyCode.WRONG_PRECISION, "B2", facts))
        return
    known = next((each for each in draft.payments if each.id == fact.payment), None)
    if known is not None:
        if (known.amount, known.instrument) != (amount, fact.instrument):
            facts = {"payment": fact.payment, "known": str(known.amount), "reported": str(amount)}
            draft.contradict(Reason(AnomalyCode.PAYMENT_CONFLICT, "B2", facts, (Step.CONTACT_CUSTOMER_SERVICE,)))
        return
    payment = Payment(fact.payment, fact.instrument, amount, draft.at)
    draft.payments.append(payment)
    draft.touched = True
    unpaid = [lot for lot in draft.lots if lot.state is State.UNPAID]
    if not unpaid:
        _give_back(draft, [payment], Cause.LATE_PAYMENT if draft.paid_at is None else Cause.EXCESS_PAYMENT)
        return
    pay_for(draft, unpaid)
    if any(lot.state is State.CLOSED for lot in draft.lots):
        _give_back(draft, draft.payments[:-1], Cause.PART_PAYMENT)
        _give_back(draft, [payment], Cause.LATE_PAYMENT)


def pay_for(draft: Draft, unpaid: Sequence[Lot]) -> None:
    """Move unpaid goods as far as the captures carry them; what exceeds the total goes back.

    Rows are chosen for all goods before any of them moves: what is due must not shrink on the way.
    """
    excess = draft.captured() - draft.amount_due()
    chosen = [(lot, transition_for(PaymentCaptured.name, draft, lot)) for lot in unpaid]
    for lot, transition in chosen:
        if transition is not None:
            draft.move(lot, transition, **noted(draft, lot, PaymentCaptured.name, transition.target))
    states = {transition.target for _, transition in chosen if transition is not None}
    if states & {State.UNSHIPPED, State.DELIVERED}:
        draft.paid_at = max((payment.at for payment in draft.payments), default=draft.at)
        draft.paid_now = True
        for payment in reversed(draft.payments):
            back = min(max(excess, 0), left_of(payment, draft.refunds))
            if back:
                draft.refund(payment, back, Cause.EXCESS_PAYMENT)
                excess -= back


def _give_back(draft: Draft, payments: Iterable[Payment], cause: Cause) -> None:
    for payment in payments:
        left = left_of(payment, draft.refunds)
        if left:
            draft.refund(payment, left, cause)


def close_unpaid(draft: Draft, lots: Sequence[Lot]) -> None:
    """A2: close what was not paid in time and give part payments back."""
    draft.move_by(Event.PAYMENT_WINDOW_CLOSED, lots)
    _give_back(draft, draft.payments, Cause.PART_PAYMENT)


def cancel_unpaid(draft: Draft) -> None:
    """After unpaid goods were cancelled by hand: what was captured may now be enough, or for nothing."""
    unpaid = [lot for lot in draft.lots if lot.state is State.UNPAID]
    if unpaid:
        pay_for(draft, unpaid)
    elif draft.paid_at is None:
        _give_back(draft, draft.payments, Cause.PART_PAYMENT)


# --- goods -----------------------------------------------------------------------------------------------


@define
class _Sorted:
    """The goods of which a fact speaks, by what it means for them."""

    fitting: list[Lot] = field(factory=list)
    known: list[Lot] = field(factory=list)
    contradicted: list[tuple[Lot, Contradiction | None]] = field(factory=list)

    def sort(self, draft: Draft, lots: Iterable[Lot], *, infer: bool) -> "_Sorted":
        for lot in lots:
            trigger = draft.input.name
            if not lot.line.physical:
                self._sort_digital(draft, lot)
            elif transition_for(trigger, draft, lot) or (infer and implied_by(trigger, lot.state)):
                self.fitting.append(lot)
            elif is_known(trigger, draft, lot):
                self.known.append(lot)
            else:
                self.contradicted.append((lot, contradiction_for(trigger, draft, lot)))
        return self

    def _sort_digital(self, draft: Draft, lot: Lot) -> None:
        if isinstance(draft.input, Delivered) and lot.state is State.DELIVERED:
            self.known.append(lot)
        else:
            self.contradicted.append((lot, _DIGITAL))


_DIGITAL = Contradiction(frozenset(State), Dispatched, AnomalyCode.DIGITAL_GOODS, "B7")


def _goods(draft: Draft, fact: GoodsFact, lots: Sequence[Lot]) -> None:
    parcel = fact.parcel if isinstance(fact, ParcelFact) and not isinstance(fact, Dispatched) else None
    if parcel is not None:
        lots = [lot for lot in lots if lot.parcel == parcel]
        if not lots:
            draft.contradict(Reason(AnomalyCode.UNKNOWN_PARCEL, "B18", {"parcel": parcel}))
            return
    moved: list[Lot] = []
    contradicted: list[tuple[Lot, Contradiction | None]] = []
    if fact.lines is None or fact.lines == ALL:
        physical = [lot for lot in lots if lot.line.physical]
        found = _Sorted().sort(draft, physical or lots, infer=fact.lines == ALL or parcel is not None)
        moved = found.fitting
        if not found.fitting and not found.known:
            contradicted = found.contradicted
    else:
        for line, quantity in fact.lines:
            some, against = _named(draft, lots, line, quantity)
            moved += some
            contradicted += against
        if not fact.lines:
            draft.contradict(Reason(AnomalyCode.NOTHING_FITS, "B9", {"lines": []}))
    _carry_out(draft, moved)
    _keep_contradictions(draft, contradicted)


def _named(
    draft: Draft, lots: Sequence[Lot], line: str, quantity: int | None
) -> tuple[list[Lot], list[tuple[Lot, Contradiction | None]]]:
    """What a fact that names a line moves of it, and what it contradicts there."""
    of_line = [lot for lot in lots if lot.line.id == line]
    if not of_line:
        known = [each.id for each in draft.order.lines]
        if line in known:
            draft.contradict(Reason(AnomalyCode.NOTHING_FITS, "B9", {"line": line, "parcel": True}))
        else:
            draft.contradict(Reason(AnomalyCode.UNKNOWN_LINE, "B9", {"line": line, "lines": known}))
        return [], []
    found = _Sorted().sort(draft, of_line, infer=True)
    fitting = sorted(found.fitting, key=lambda lot: _nearest_to_dispatch(draft, lot))
    if quantity is None:
        return fitting, [] if fitting or found.known else found.contradicted
    there = sum(lot.quantity for lot in fitting)
    known_there = sum(lot.quantity for lot in found.known)
    if quantity <= there:
        return _taken(draft, fitting, quantity), []
    if not there and quantity <= known_there:
        return [], []
    rest = quantity - there
    against: list[tuple[Lot, Contradiction | None]] = []
    for lot, entry in found.contradicted:
        if rest:
            part = min(rest, lot.quantity)
            against.append((draft.take(lot, part), entry))
            rest -= part
    if rest:
        facts = {"line": line, "quantity": quantity, "fits": there, "known": known_there}
        draft.contradict(Reason(AnomalyCode.QUANTITY_EXCEEDS, "B9", facts))
    return fitting, against


def _nearest_to_dispatch(draft: Draft, lot: Lot) -> tuple[bool, bool, int]:
    """Facts with a quantity take goods that fit without contradiction, not under a request, furthest on."""
    transition = transition_for(draft.input.name, draft, lot)
    contradicts = transition is not None and transition.row.anomaly is not None
    return contradicts, lot.state in UNDER_REQUEST, -PROGRESS[lot.state]


def _taken(draft: Draft, lots: Iterable[Lot], quantity: int) -> list[Lot]:
    taken: list[Lot] = []
    for lot in lots:
        if quantity:
            part = min(quantity, lot.quantity)
            taken.append(draft.take(lot, part))
            quantity -= part
    return taken


def _carry_out(draft: Draft, lots: Sequence[Lot]) -> None:
    """Move goods along the fact's rows, skipped steps first; rows are chosen before anything moves."""
    trigger = draft.input.name
    against: dict[AnomalyCode, list[Lot]] = {}
    bundles: set[str] = set()
    for lot in lots:
        lot = _fill_in(draft, lot, trigger)
        transition = transition_for(trigger, draft, lot)
        assert transition is not None
        row = transition.row
        if row.anomaly is not None:
            against.setdefault(row.anomaly, []).append(lot)
        notes = noted(draft, lot, trigger, transition.target)
        draft.move(lot, transition, **notes)
        if isinstance(draft.input, StopDenied) and lot.line.bundle is not None:
            bundles.add(lot.line.bundle)
    for bundle in bundles:  # a no holds for the whole bundle
        _deny_bundle(draft, bundle)
    for code, some in against.items():
        facts = {"lines": count(some), "states": sorted({lot.state.value for lot in some})}
        draft.contradict(Reason(code, "A19", facts, (Step.CONTACT_CUSTOMER_SERVICE,)), lines=count(some))


def _fill_in(draft: Draft, lot: Lot, trigger: str) -> Lot:
    through = implied_by(trigger, lot.state)
    if through is None or transition_for(trigger, draft, lot) is not None:
        return lot
    lot = _fill_in(draft, lot, through.name)
    transition = transition_for(through.name, draft, lot)
    assert transition is not None
    return draft.move(lot, transition, inferred=True, **noted(draft, lot, through.name, transition.target))


def _deny_bundle(draft: Draft, bundle: str) -> None:
    for lot in [each for each in draft.lots if each.line.bundle == bundle and each.state in CANCEL_CONFIRMING]:
        transition = transition_for(Event.BUNDLE_DENIED.value, draft, lot)
        assert transition is not None
        draft.move(lot, transition, **noted(draft, lot, Event.BUNDLE_DENIED.value, transition.target))


def _keep_contradictions(draft: Draft, contradicted: Sequence[tuple[Lot, Contradiction | None]]) -> None:
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
        elif code is AnomalyCode.NOT_PAID:
            _remember_parcel(draft, lots)
        facts = {"lines": count(lots), "states": sorted({lot.state.value for lot in lots})}
        draft.contradict(Reason(code, clause, facts), waiting=code in TOO_EARLY, lines=count(lots))
    if astray:
        ask_carrier(draft, astray)


def _gone_astray(draft: Draft, lots: Sequence[Lot]) -> list[Lot]:
    """A9: goods left although cancelled or closed. The parcel is remembered and asked back."""
    parcel = cast(ParcelFact, draft.input).parcel
    ask = draft.ask(Party.CARRIER)
    return [
        draft.replace(lot, changed(lot, stray=True, parcel=parcel or lot.parcel, ask=ask, alerted=False))
        for lot in lots
    ]


def _remember_parcel(draft: Draft, lots: Sequence[Lot]) -> None:
    """Later facts about the parcel of goods that left before they were paid belong here too."""
    parcel = draft.input.parcel if isinstance(draft.input, Dispatched) else None
    if parcel is not None:
        for lot in lots:
            draft.replace(lot, changed(lot, parcel=parcel))


# --- refunds ---------------------------------------------------------------------------------------------


def _refund(draft: Draft, fact: RefundFact) -> None:
    refund = next((each for each in draft.refunds if each.id == fact.refund), None)
    if refund is None:
        facts = {"refund": fact.refund, "refunds": [each.id for each in draft.refunds]}
        draft.contradict(Reason(AnomalyCode.UNKNOWN_REFUND, "B2", facts))
    elif (refund.state, type(fact)) in REFUND_KNOWN:
        return
    elif not _advance(draft, refund.id, type(fact)):
        facts = {"refund": refund.id, "state": refund.state}
        draft.contradict(Reason(AnomalyCode.SETTLED_AFTER_FAILURE, "B1", facts, (Step.CONTACT_CUSTOMER_SERVICE,)))


def _advance(draft: Draft, refund_id: str, trigger: type) -> bool:
    """Take a refund along its rows, skipped steps first; its goods follow."""
    index, refund = next((n, each) for n, each in enumerate(draft.refunds) if each.id == refund_id)
    through = REFUND_IMPLIED.get((refund.state, trigger))
    if through is not None:
        _advance(draft, refund_id, through)
        refund = draft.refunds[index]
    rows = REFUND_TRANSITIONS[trigger.name].get(refund.state, ())  # type: ignore[attr-defined]
    if not rows:
        return False
    was_settled = refund.state is RefundState.SETTLED
    refund = evolve(refund, state=rows[0].target)
    draft.refunds[index] = refund
    draft.touched = True
    if refund.state is RefundState.SETTLED:
        _goods_follow(draft, refund, RefundSettled.name)
        draft.emit(Notify, channel=Channel.MESSAGE_CENTER, topic=Topic.REFUND_SETTLED, lines=refund.lines)
    elif refund.state is RefundState.FAILED:
        if was_settled:
            _goods_follow(draft, refund, RefundReversed.name)
        code = "refund_reversed" if was_settled else "refund_failed"
        draft.emit(Escalate, code=code, clause="B1", lines=refund.lines, refund=refund.id)
    return True


def _goods_follow(draft: Draft, refund: Refund, trigger: str) -> None:
    for lot in [each for each in draft.lots if refund.id in each.refunds]:
        transition = transition_for(trigger, draft, lot)
        if transition is not None:
            draft.move(lot, transition, **noted(draft, lot, trigger, transition.target))
