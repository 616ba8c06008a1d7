"""What holds of every step that reserves or moves money: how much goes back, to which payment, for what reason.

What holds of money at rest is in `orderfsm.testing.ledger`.
"""

from orderfsm import inputs as i
from orderfsm.decisions import Accepted
from orderfsm.money import Money
from orderfsm.order import Cause, Order, Refund
from orderfsm.states import State as S
from orderfsm.testing.assessing import expected_return
from orderfsm.testing.charter import REFUND_WAYS, STILL_HERE
from orderfsm.testing.ledger import cancelled
from orderfsm.testing.orders import OrderSpace
from orderfsm.testing.steps import Checks, Taken, before_said, rejudges


def _new_refunds(step: Taken) -> list[Refund]:
    after, before = step.after.order, step.before.order
    if not isinstance(after, Order):
        return []
    known = len(before.refunds) if isinstance(before, Order) else 0
    return list(after.refunds[known:]) if len(after.refunds) > known else []


def refunds_are_shared_by_payment(space: OrderSpace, step: Taken) -> str | None:
    """What goods give back is shared over the payments as they paid, and each of them gives back once."""
    after = step.after.order
    new = [each for each in _new_refunds(step) if each.cause in (Cause.CANCELLATION, Cause.RETURN)]
    if not new or not isinstance(after, Order) or len(after.payments) < 2:
        return None
    payments, money = after.payments, sum(payment.amount for payment in after.payments)
    known = after.refunds[: after.refunds.index(new[0])]
    for lines in {tuple(sorted(refund.lines.items())) for refund in new}:
        some = [refund for refund in new if tuple(sorted(refund.lines.items())) == lines]
        total = sum(refund.amount for refund in some)
        for payment in payments:
            back = [refund.amount for refund in some if refund.payment == payment.id]
            left = payment.amount - sum(refund.amount for refund in known if refund.payment == payment.id)
            if len(back) > 1:
                return f"{payment.id} gives back {len(back)} times for the same goods"
            if sum(back) < min(left, total * payment.amount // money):
                share, whole = Money(sum(back), after.currency), Money(total, after.currency)
                return f"{payment.id} gives back {share} of {whole}, which is not its part"
    return None


def cancelling_owes_what_was_paid(space: OrderSpace, step: Taken) -> str | None:
    """In the step in which paid goods are cancelled, what was paid for them is reserved, and nothing else is."""
    after = step.after.order
    if not isinstance(after, Order):
        return None
    back = sum([refund.amount for refund in _new_refunds(step) if refund.cause is Cause.CANCELLATION])
    gone = [move for move in step.answer.moves if move.target is S.CANCELLED and move.source in STILL_HERE]
    if not gone:
        return f"{Money(back, after.currency)} is given back for a cancellation that did not happen" if back else None
    lines = {line.id: line for line in after.lines}
    least = sum(lines[move.line].amount // lines[move.line].quantity * move.quantity for move in gone)
    most = sum(-(-lines[move.line].amount // lines[move.line].quantity) * move.quantity for move in gone)
    physical = [lot for lot in after.lots if lot.line.kind == "physical"]
    whole = all(cancelled(lot) or (lot.assessed and lot.shop_fault) for lot in physical)
    fee = after.delivery_fee if whole else 0
    if least + fee <= back <= most + fee:
        return None
    given, worth, delivery = (Money(amount, after.currency) for amount in (back, most, fee))
    return f"{given} is given back for goods of {worth} and {delivery} of delivery"


def returns_are_paid_by_assessment(space: OrderSpace, step: Taken) -> str | None:
    """Money for returned or lost goods is decided by an assessment, once, and is what the schedule says."""
    said, answer = step.input, step.answer
    back = sum(refund.amount for refund in _new_refunds(step) if refund.cause is Cause.RETURN)
    if not isinstance(said, i.AssessReturn) or not isinstance(answer, Accepted):
        return "money is given back for a return that nobody assessed" if back else None
    order = before_said(space, step)
    if order is None:
        return None
    assessed = [move for move in answer.moves if move.trigger == said.name]
    for move in assessed:
        if not any(lot.line.id == move.line and lot.state is move.source and not lot.assessed for lot in order.lots):
            return f"{move.line} was assessed a second time"
    if len(assessed) != 1:
        return None
    lots = [lot for lot in order.lots if lot.line.id == assessed[0].line and not lot.assessed]
    if len(lots) != 1 or lots[0].quantity != assessed[0].quantity:
        return None
    expected = expected_return(space.scope.policy, order, lots[0], said)
    if back == expected:
        return None
    return f"{Money(back, order.currency)} is given back for a return, and not {Money(expected, order.currency)}"


def payments_come_back_for_a_reason(space: OrderSpace, step: Taken) -> str | None:
    """Late payments, excess and parts go back when they come, when the order closes or shrinks, and never else."""
    said, answer = step.input, step.answer
    causes = {refund.cause for refund in _new_refunds(step)}
    money = causes & {Cause.LATE_PAYMENT, Cause.EXCESS_PAYMENT, Cause.PART_PAYMENT}
    if not money:
        return None
    closing = "payment_window_closed" in answer.fired
    by_hand = isinstance(said, i.RequestCancellation) and any(move.source is S.UNPAID for move in answer.moves)
    if not (isinstance(said, i.PaymentCaptured) or closing or by_hand or rejudges(step)):
        return f"{', '.join(sorted(money))} without a payment"
    order = before_said(space, step)
    if Cause.LATE_PAYMENT in money and isinstance(order, Order) and order.paid_at is not None:
        return "a late payment of an order that is paid"
    return None


def refunds_take_allowed_ways(space: OrderSpace, step: Taken) -> str | None:
    """A refund moves only on the payment provider's word, or when customer service sends it again."""
    before, after, said = step.before.order, step.after.order, step.input
    if not isinstance(before, Order) or not isinstance(after, Order) or before.refunds is after.refunds:
        return None
    for old, new in zip(before.refunds, after.refunds, strict=False):
        fixed = ("id", "cause", "amount", "payment", "instrument", "not_before", "due_by", "lines")
        if any(getattr(old, name) != getattr(new, name) for name in fixed):
            return f"{old.id} became another refund"
        again = isinstance(said, i.ResendRefund) and said.refund == new.id and isinstance(step.answer, Accepted)
        if new.attempt != old.attempt + again:
            return f"{old.id}: {new.attempt} attempts"
        if old.state is not new.state:
            words = REFUND_WAYS.get((old.state, new.state), frozenset())
            if type(said) not in words or getattr(said, "refund", None) != old.id:
                return f"{old.id} went from {old.state} to {new.state}"
    return None


REPAYING: Checks = (
    (refunds_are_shared_by_payment, ("B2", "5.8"), False),
    (cancelling_owes_what_was_paid, ("A18", "5.8"), False),
    (returns_are_paid_by_assessment, ("A14", "A19", "5.9"), False),
    (payments_come_back_for_a_reason, ("5.6",), False),
    (refunds_take_allowed_ways, ("B1", "B2", "A18"), False),
)
