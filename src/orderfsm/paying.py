"""Money that comes in: captures, what they pay for, and what of them goes back (A1, A2, B2)."""

from collections.abc import Iterable, Sequence

from orderfsm.amounts import left_of
from orderfsm.draft import Draft
from orderfsm.engine import transition_for
from orderfsm.events import Event
from orderfsm.inputs import PaymentCaptured
from orderfsm.money import Money, minor_units, places_of
from orderfsm.next_steps import LOOK
from orderfsm.notes import follow
from orderfsm.order import Cause, Lot, Payment
from orderfsm.reasons import AnomalyCode, Reason
from orderfsm.states import State


def judge_payment(draft: Draft, fact: PaymentCaptured) -> None:
    """Take a capture in: it pays for the goods, in part or in full, or it goes back (A1, B2)."""
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
        draft.needs_rejudging = True


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
        draft.needs_rejudging = True
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
    draft.needs_rejudging = True


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
