"""Judging commands: choose the goods, check what concerns them together, and move them, all or nothing."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

from attrs import evolve

from orderfsm.amounts import assess, bounds
from orderfsm.choosing import Choice, Chooser, Chosen
from orderfsm.draft import Draft
from orderfsm.engine import REFUND_TRANSITIONS
from orderfsm.guards import Guard
from orderfsm.inputs import (
    ApproveReturn,
    AssessReturn,
    Command,
    ResendRefund,
    ResolveAnomaly,
)
from orderfsm.money import Money, allocate, minor_units, places_of
from orderfsm.notes import noted
from orderfsm.order import Cause, Lot
from orderfsm.reasons import Code, Reason, Step

Reasons = Sequence[Reason]
Guards = Sequence[Guard[Any]]


def judge_command(draft: Draft, host_guards: Guards) -> Reasons:
    """Carry a command out on the draft; the reasons why it is refused, or none. A refused draft is dropped."""
    command = cast(Command, draft.input)
    match command:
        case ResendRefund():
            return _resend(draft, command, host_guards)
        case ResolveAnomaly():
            return _resolve(draft, command, host_guards)
        case _:
            return _move_goods(draft, command, host_guards)


_WITH_AMOUNTS = (ApproveReturn, AssessReturn)


def _move_goods(draft: Draft, command: Command, host_guards: Guards) -> Reasons:
    choice = Chooser(draft, command, host_guards).choose()
    if choice.alone:
        return choice.reasons
    taken = [(draft.take(chosen.lot, chosen.quantity), chosen) for chosen in choice.goods]
    wrong = _wrong_places(draft, command)
    reasons = [*choice.reasons, *wrong]
    if taken and not wrong:
        reasons += _out_of_bounds(draft, command, [lot for lot, _ in taken])
    if not reasons:
        _carry_out(draft, command, choice, taken)
    return reasons


def _carry_out(draft: Draft, command: Command, choice: Choice, taken: Sequence[tuple[Lot, Chosen]]) -> None:
    draft.added = dict(choice.added)
    lots = [lot for lot, _ in taken]
    terms: list[int] | None = None
    if isinstance(command, ApproveReturn) and command.terms is not None:
        paid = [lot.amount for lot in lots]
        terms = allocate(draft.minor(command.terms), paid, paid)
    assessment = assess(draft, lots, command) if isinstance(command, AssessReturn) else None
    notes = [noted(draft, lot, chosen.transition) for lot, chosen in taken]
    moved: list[Lot] = []
    for index, (lot, chosen) in enumerate(taken):
        if terms is not None:
            notes[index]["terms"] = terms[index]
        if assessment is not None:
            notes[index] |= {"assessed": True, "shop_fault": assessment.by_fault[index]}
        moved.append(draft.move(lot, chosen.transition, notes[index]))
    if assessment is not None:
        draft.pay_back(moved, assessment.shares, assessment.fee, Cause.RETURN)


# --- what concerns the chosen goods together -------------------------------------------------------------


def _wrong_places(draft: Draft, command: Command) -> Reasons:
    """Amounts must not have more decimal places than the order's currency."""
    currency = draft.order.currency
    if not isinstance(command, _WITH_AMOUNTS):
        return ()
    amounts: Mapping[str, Decimal | None] = {
        name: getattr(command, name, None) for name in ("terms", "deduction", "amount")
    }
    return [
        Reason(
            Code.WRONG_PRECISION,
            "B2",
            {"field": name, "amount": str(amount), "expected": places_of(currency)},
            (command.name,),
        )
        for name, amount in amounts.items()
        if amount is not None and minor_units(amount, currency) is None
    ]


def _out_of_bounds(draft: Draft, command: Command, lots: Sequence[Lot]) -> Reasons:
    if isinstance(command, ApproveReturn) and command.terms is not None:
        return _terms_beyond_paid(draft, lots, command.terms)
    if isinstance(command, AssessReturn) and command.amount is not None:
        return _amount_out_of_bounds(draft, lots, command)
    return ()


def _terms_beyond_paid(draft: Draft, lots: Sequence[Lot], terms: Decimal) -> Reasons:
    paid, currency = sum(lot.amount for lot in lots), draft.order.currency
    if draft.minor(terms) <= paid:
        return ()
    facts = {"terms": str(Money.of(terms, currency)), "paid": str(Money(paid, currency))}
    return [Reason(Code.EXCEEDS_PAID, "A16", facts, (ApproveReturn.name,))]


def _amount_out_of_bounds(draft: Draft, lots: Sequence[Lot], command: AssessReturn) -> Reasons:
    assert command.amount is not None
    amount, currency = draft.minor(command.amount), draft.order.currency
    limits = bounds(draft, lots, command)
    facts = {
        "amount": str(Money(amount, currency)),
        "agreed": str(Money(limits.agreed, currency)),
        "most": str(Money(limits.most, currency)),
    }
    by_terms = any(lot.terms is not None for lot in lots)
    if amount > limits.most:
        code = Code.EXCEEDS_TERMS if by_terms and not limits.without_terms else Code.EXCEEDS_PAID
        return [Reason(code, "A16" if by_terms else "A19", facts, (AssessReturn.name,))]
    if amount < limits.agreed:
        return [Reason(Code.BELOW_TERMS, "A16", facts, (AssessReturn.name,))]
    return ()


# --- commands about no goods -----------------------------------------------------------------------------


def _resend(draft: Draft, command: ResendRefund, host_guards: Guards) -> Reasons:
    refund = next((each for each in draft.refunds if each.id == command.refund), None)
    if refund is None:
        facts = {"refund": command.refund, "refunds": [each.id for each in draft.refunds]}
        return [Reason(Code.UNKNOWN_REFUND, "B2", facts)]
    rows = REFUND_TRANSITIONS[command.name].get(refund.state, ())
    if not rows:
        return [Reason(Code.NOT_FAILED, "B2", {"refund": refund.id, "state": refund.state}, (Step.WAIT,))]
    paid_for = [lot for lot in draft.lots if refund.id in lot.refunds] or draft.lots
    reasons = _asked_of(host_guards, draft, paid_for)
    if reasons:
        return reasons
    again = evolve(refund, state=rows[0].target, attempt=refund.attempt + 1, alerted=False)
    draft.put_refund(again)
    draft.send(again)
    return ()


def _resolve(draft: Draft, command: ResolveAnomaly, host_guards: Guards) -> Reasons:
    anomaly = next((each for each in draft.anomalies if each.id == command.anomaly), None)
    if anomaly is None:
        facts = {"anomaly": command.anomaly, "anomalies": [each.id for each in draft.anomalies]}
        return [Reason(Code.UNKNOWN_ANOMALY, "A10", facts)]
    if not anomaly.open:
        return [Reason(Code.ALREADY_RESOLVED, "A10", {"anomaly": anomaly.id, "note": anomaly.note})]
    reasons = _asked_of(host_guards, draft, draft.lots)
    if not reasons:
        draft.put_anomaly(evolve(anomaly, open=False, note=command.note))
    return reasons


def _asked_of(host_guards: Guards, draft: Draft, lots: Sequence[Lot]) -> Reasons:
    return [reason for lot in lots for guard in host_guards if (reason := guard(draft, lot)) is not None]
