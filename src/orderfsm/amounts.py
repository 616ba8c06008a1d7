"""How much goes back, and how it is shared out: refund amounts, tender split, return schedule (A14, A18, A19, B2).

Amounts are minor units of the order's currency.
"""

from collections.abc import Sequence
from datetime import date, datetime

from attrs import frozen

from orderfsm.calendars import end_of_day, local_date, working_day_after
from orderfsm.inputs import AssessReturn, Condition, Input, Payer
from orderfsm.money import allocate, half_up
from orderfsm.order import Lot, Payment, Refund, was_cancelled
from orderfsm.policy import Policy
from orderfsm.scene import Scene, days_between
from orderfsm.states import State

# --- tender split ----------------------------------------------------------------------------------------


def split_over_payments(
    amount: int, payments: Sequence[Payment], refunds: Sequence[Refund]
) -> list[tuple[Payment, int]]:
    """Share a refund over the payments, in proportion to what each captured, never above what is left (B2)."""
    left = [left_of(payment, refunds) for payment in payments]
    shares = allocate(amount, [payment.amount for payment in payments], left)
    return [(payment, share) for payment, share in zip(payments, shares, strict=True) if share]


def left_of(payment: Payment, refunds: Sequence[Refund]) -> int:
    """What of a payment has not been reserved for refunds."""
    return payment.amount - sum(refund.amount for refund in refunds if refund.payment == payment.id)


# --- delivery fee ----------------------------------------------------------------------------------------


def fee_owed(scene: Scene[Input], assessed: Sequence[Lot] = (), by_fault: Sequence[bool] = ()) -> int:
    """The delivery fee, which goes back with the last goods (policy 5.8).

    That is once everything physical is cancelled or came back by the shop's fault, counting what is being
    assessed now. It is asked only where physical goods of a paid order are cancelled or assessed.
    """
    now = {id(lot): fault for lot, fault in zip(assessed, by_fault, strict=True)}
    for lot in scene.lots:
        if lot.line.physical and not was_cancelled(lot) and not now.get(id(lot), lot.shop_fault):
            return 0
    return scene.order.delivery_fee


# --- the refund window -----------------------------------------------------------------------------------


def refund_window(policy: Policy, created: datetime, country: str, timezone: str) -> tuple[date, date, datetime]:
    """From when a refund is expected, by when it is promised, and when the promise is broken (A18)."""
    day = local_date(created, timezone)
    not_before = working_day_after(day, policy.refund_after_days, country)
    due_by = working_day_after(day, policy.refund_within_days, country)
    return not_before, due_by, end_of_day(due_by, timezone)


# --- the return schedule ---------------------------------------------------------------------------------


@frozen
class Assessment:
    """What is paid back for the goods of one assessment, lot by lot, and the delivery fee with it."""

    shares: tuple[int, ...]
    fee: int
    by_fault: tuple[bool, ...]


def reason_of(lot: Lot, assessment: AssessReturn) -> str | None:
    """Why goods came back: what the assessment says, else what the customer gave."""
    if assessment.reason is not None:
        return assessment.reason
    return lot.case.reason if lot.case is not None and lot.from_home else None


def by_shop_fault(scene: Scene[Input], lot: Lot, assessment: AssessReturn) -> bool:
    """Whether the goods come back by the shop's fault; that the carrier lost them on the way out is one.

    Where terms were agreed the amount is theirs, whatever the reason.
    """
    if lot.terms is not None:
        return False
    if lot.state is State.LOST and lot.delivered_at is None:
        return True
    return reason_of(lot, assessment) in scene.policy.returns.shop_fault_reasons


def amount_is_needed(scene: Scene[Input], lot: Lot, assessment: AssessReturn) -> bool:
    """Whether only a person can tell the amount: found opened or damaged against what was announced.

    Opened goods whose terms nobody agreed to (they came back without approval) are of that kind too.
    """
    if lot.state is State.LOST or lot.terms is not None or lot.for_service or by_shop_fault(scene, lot, assessment):
        return False
    announced_opened = lot.from_home and lot.case is not None and lot.case.opened
    if announced_opened:
        return True
    return lot.condition in (Condition.OPENED, Condition.DAMAGED)


def assess(scene: Scene[Input], lots: Sequence[Lot], assessment: AssessReturn) -> Assessment:
    """What is paid back for `lots`: agreed terms, else a given amount, else the schedule, less deductions."""
    faults = tuple(by_shop_fault(scene, lot, assessment) for lot in lots)
    fee = fee_owed(scene, lots, faults)
    if assessment.amount is not None:
        agreed = [lot.terms or 0 for lot in lots]
        rest = scene.minor(assessment.amount) - sum(agreed)
        free = [0 if lot.terms is not None else lot.amount for lot in lots]
        goods = allocate(rest, free, free)
        shares = [a + b for a, b in zip(agreed, goods, strict=True)]
        return Assessment(tuple(shares), rest - sum(goods), faults)
    shares = scheduled_shares(scene, lots, faults)
    deduction = _deduction(scene, assessment)
    by_rule = assessment.deduction is None and assessment.shipping_payer is None  # then faulty goods come back free
    deductible = [
        0 if lot.terms is not None or lot.state is State.LOST or (by_rule and fault) else share
        for lot, share, fault in zip(lots, shares, faults, strict=True)
    ]
    taken = allocate(deduction, deductible, deductible)
    return Assessment(tuple(s - t for s, t in zip(shares, taken, strict=True)), fee, faults)


def scheduled_shares(scene: Scene[Input], lots: Sequence[Lot], faults: Sequence[bool]) -> list[int]:
    """What the schedule gives for each lot, before deductions (A19). Rounding is once per line."""
    shares = [lot.amount for lot in lots]
    late: dict[str, list[int]] = {}
    for index, (lot, fault) in enumerate(zip(lots, faults, strict=True)):
        if lot.terms is not None:
            shares[index] = lot.terms
        elif not (fault or lot.state is State.LOST or _in_full_time(scene, lot)):
            late.setdefault(lot.line.id, []).append(index)
    part = scene.policy.returns.late_share
    for indices in late.values():
        paid = [shares[index] for index in indices]
        given = half_up(sum(paid), part.numerator, part.denominator)
        for index, share in zip(indices, allocate(given, paid), strict=True):
            shares[index] = share
    return shares


def _in_full_time(scene: Scene[Input], lot: Lot) -> bool:
    if lot.delivered_at is None or lot.received_at is None:
        return True  # never delivered: zero days
    days = days_between(lot.delivered_at, lot.received_at, scene.order.timezone)
    return days <= scene.policy.returns.full_days


def _deduction(scene: Scene[Input], assessment: AssessReturn) -> int:
    """What is taken off: the given deduction, else the shipping unless the shop is to bear it (A14)."""
    if assessment.deduction is not None:
        return scene.minor(assessment.deduction)
    if assessment.shipping_payer is Payer.SHOP:
        return 0
    currency = scene.order.currency
    shipping = scene.policy.return_shipping.get(currency)
    return 0 if shipping is None else scene.minor(shipping)


@frozen
class Bounds:
    """Between what an explicit amount must lie: the agreed terms, and those plus all else that was paid."""

    agreed: int
    without_terms: int
    fee: int

    @property
    def most(self) -> int:
        """The largest amount that may go back; where all goods have terms, exactly those."""
        return self.agreed + self.without_terms + self.fee


def bounds(scene: Scene[Input], lots: Sequence[Lot], assessment: AssessReturn) -> Bounds:
    """The bounds of an explicit amount for `lots`."""
    agreed = sum(lot.terms for lot in lots if lot.terms is not None)
    paid = sum(lot.amount for lot in lots if lot.terms is None)
    faults = [by_shop_fault(scene, lot, assessment) for lot in lots]
    return Bounds(agreed, paid, fee_owed(scene, lots, faults))
