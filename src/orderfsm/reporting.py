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
    ResolveAnomaly,
    StopDenied,
)
from orderfsm.money import Money, minor_units, places_of
from orderfsm.notes import closed_ask, follow
from orderfsm.order import Cause, Lot, Party, Payment, Refund
from orderfsm.reasons import AnomalyCode, Reason, Step
from orderfsm.rows import Contradiction
from orderfsm.selections import ALL
from orderfsm.states import (
    CANCEL_CONFIRMING,
    FROM_DISPATCH,
    UNDER_REQUEST,
    UNDISPATCHED,
    RefundState,
    State,
)
from orderfsm.table import REFUND_IMPLIED, REFUND_KNOWN

LOOK = (ResolveAnomaly.name,)
"""What to do about a contradiction: a person looks, and says when it is resolved."""

BACK_AGAIN = frozenset({AnomalyCode.RETURNED_AFTER_CANCEL, AnomalyCode.RETURNED_AFTER_CLOSE})
"""What went astray is back: nobody waits for the carrier's answer any more."""

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
        draft.contradict(Reason(AnomalyCode.WRONG_PRECISION, "B2", facts, LOOK))
        return
    known = next((each for each in draft.payments if each.id == fact.payment), None)
    if known is not None:
        if (known.amount, known.instrument) != (amount, fact.instrument):
            currency = draft.order.currency
            facts = {
                "payment": fact.payment,
                "known": f"{Money(known.amount, currency)} from {known.instrument}",
                "reported": f"{Money(amount, currency)} from {fact.instrument}",
            }
            draft.contradict(Reason(AnomalyCode.PAYMENT_CONFLICT, "B2", facts, LOOK))
        return
    payment = Payment(fact.payment, fact.instrument, amount, draft.at)
    draft.payments = (*draft.payments, payment)
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
            follow(draft, lot, transition)
    states = {transition.target for _, transition in chosen if transition is not None}
    if states & {State.UNSHIPPED, State.DELIVERED}:
        draft.paid_at = max((payment.at for payment in draft.payments), default=draft.at)
        draft.judge_again = True
        if excess > 0:
            _give_back_excess(draft, excess)


def _give_back_excess(draft: Draft, excess: int) -> None:
    """Against the payment that caused it: the last one, and the ones before only as far as it does not reach."""
    for payment in reversed(draft.payments):
        back = min(excess, left_of(payment, draft.refunds))
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
        asked_at = draft.at
        draft.at = max((payment.at for payment in draft.payments), default=draft.order.placed_at)
        pay_for(draft, unpaid)  # judged at the time of the captures: those that are kept came in time
        draft.at = asked_at
    elif draft.paid_at is None:
        _give_back(draft, draft.payments, Cause.PART_PAYMENT)


# --- goods -----------------------------------------------------------------------------------------------


@define
class _Sorted:
    """The goods of which a fact speaks, by what it means for them."""

    fitting: list[Lot] = field(factory=list)
    known: list[Lot] = field(factory=list)
    contradicted: list[tuple[Lot, Contradiction | None]] = field(factory=list)

    def sort(self, draft: Draft, lots: Iterable[Lot], *, infer: bool, every: bool = False) -> "_Sorted":
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
        if not every:
            self.fitting = _plain_first(draft, self.fitting, together=not infer)
        return self

    def new_contradictions(self) -> list[tuple[Lot, Contradiction | None]]:
        """What is contradicted, but goods known to be in another parcel only if there are no others."""
        new = [(lot, entry) for lot, entry in self.contradicted if not _is_elsewhere(entry)]
        return new or self.contradicted

    def _sort_digital(self, draft: Draft, lot: Lot) -> None:
        if isinstance(draft.input, Delivered) and lot.state is State.DELIVERED:
            self.known.append(lot)
        else:
            self.contradicted.append((lot, _DIGITAL))


def _plain_first(draft: Draft, fitting: Sequence[Lot], *, together: bool) -> list[Lot]:
    """Goods that fit only by straining wait while others of the line fit; of the order, where nothing is named."""
    if len(fitting) < 2:
        return list(fitting)
    groups: dict[str, list[Lot]] = {}
    for lot in fitting:
        groups.setdefault("" if together else lot.line.id, []).append(lot)
    plain = {name: [lot for lot in lots if not _strains(draft, lot)] for name, lots in groups.items()}
    return [lot for name, lots in groups.items() for lot in plain[name] or lots]


def _strains(draft: Draft, lot: Lot) -> bool:
    """Whether a fact fits only against a decision, or if the goods were dispatched and nobody said so."""
    transition = transition_for(draft.input.name, draft, lot)
    return lot.state in UNDISPATCHED if transition is None else transition.row.anomaly is not None


def _is_elsewhere(entry: Contradiction | None) -> bool:
    return entry is not None and entry.code is AnomalyCode.PARCEL_CONFLICT


def _newest_first(contradicted: tuple[Lot, Contradiction | None]) -> tuple[bool, bool]:
    """Goods of which no parcel is known come first, those known to be in another one last."""
    lot, entry = contradicted
    return _is_elsewhere(entry), lot.parcel is not None


_DIGITAL = Contradiction(frozenset(State), Dispatched, AnomalyCode.DIGITAL_GOODS, "B7")


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
    contradicted: list[tuple[Lot, Contradiction | None]] = []
    if fact.lines is None or fact.lines == ALL:
        physical = [lot for lot in lots if lot.line.physical]
        found = _Sorted().sort(draft, physical or lots, infer=fact.lines == ALL or parcel is not None)
        moved = found.fitting
        if not found.fitting and not found.known:
            contradicted = found.new_contradictions()
    else:
        for line, quantity in fact.lines:
            some, against = _named(draft, lots, line, quantity)
            moved += some
            contradicted += against
        if not fact.lines:
            draft.contradict(Reason(AnomalyCode.NOTHING_FITS, "B9", {"lines": []}, LOOK))
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
            draft.contradict(Reason(AnomalyCode.NOTHING_FITS, "B9", {"line": line}, LOOK))
        else:
            draft.contradict(Reason(AnomalyCode.UNKNOWN_LINE, "B9", {"line": line, "lines": known}, LOOK))
        return [], []
    found = _Sorted().sort(draft, of_line, infer=True, every=quantity is not None)
    if quantity is None:
        return found.fitting, [] if found.fitting or found.known else found.new_contradictions()
    fitting = sorted(found.fitting, key=lambda lot: _nearest_to_dispatch(draft, lot))
    there = sum(lot.quantity for lot in fitting)
    known_there = sum(lot.quantity for lot in found.known)
    if quantity <= there:
        return _taken(draft, fitting, quantity), []
    if not there and quantity <= known_there:
        return [], []
    rest = quantity - there
    against: list[tuple[Lot, Contradiction | None]] = []
    for lot, entry in sorted(found.contradicted, key=_newest_first):
        if rest:
            part = min(rest, lot.quantity)
            against.append((draft.take(lot, part), entry))
            rest -= part
    if rest:
        facts = {"line": line, "quantity": quantity, "fits": there, "known": known_there}
        draft.contradict(Reason(AnomalyCode.QUANTITY_EXCEEDS, "B9", facts, LOOK))
    return fitting, against


def _nearest_to_dispatch(draft: Draft, lot: Lot) -> tuple[bool, bool, bool, int]:
    """Facts with a quantity take goods that fit without contradiction or inference, not under a request."""
    under_request = lot.state in UNDER_REQUEST or lot.asked
    inferred = transition_for(draft.input.name, draft, lot) is None
    return _strains(draft, lot), inferred, under_request, FROM_DISPATCH[lot.state]


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


# --- refunds ---------------------------------------------------------------------------------------------


def _refund(draft: Draft, fact: RefundFact) -> None:
    refund = next((each for each in draft.refunds if each.id == fact.refund), None)
    if refund is None:
        facts = {"refund": fact.refund, "refunds": [each.id for each in draft.refunds]}
        draft.contradict(Reason(AnomalyCode.UNKNOWN_REFUND, "B2", facts, LOOK))
    elif (refund.state, type(fact)) in REFUND_KNOWN:
        return
    elif not _advance(draft, refund.id, type(fact)):
        facts = {"refund": refund.id, "state": refund.state}
        draft.contradict(Reason(AnomalyCode.SETTLED_AFTER_FAILURE, "B1", facts, LOOK))


def _advance(draft: Draft, refund_id: str, trigger: type) -> bool:
    """Take a refund along its rows, skipped steps first; its goods follow."""
    refund = next(each for each in draft.refunds if each.id == refund_id)
    through = REFUND_IMPLIED.get((refund.state, trigger))
    if through is not None:
        _advance(draft, refund_id, through)
        refund = next(each for each in draft.refunds if each.id == refund_id)
    rows = REFUND_TRANSITIONS[trigger.name].get(refund.state, ())  # type: ignore[attr-defined]
    if not rows:
        return False
    was_settled = refund.state is RefundState.SETTLED
    refund = evolve(refund, state=rows[0].target)
    draft.put_refund(refund)
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
            follow(draft, lot, transition)
