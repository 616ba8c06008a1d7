"""What holds of every order at rest: goods, bundles, questions, deadlines, and whose turn it is.

Money has a module of its own: `orderfsm.testing.ledger`.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

from orderfsm.order import Answer, Lot, Order, Party, Refund
from orderfsm.policy import Policy
from orderfsm.states import RefundState
from orderfsm.states import State as S
from orderfsm.testing.charter import IN_PREPARATION, NOT_YET_IN_PREPARATION, STILL_HERE
from orderfsm.testing.orders import OrderSpace, Position
from orderfsm.testing.properties import Always
from orderfsm.times import shown

Check = Callable[[OrderSpace, Order, Position], str | None]

CONFIRMING = (S.UNSHIPPED_CANCEL_CONFIRMING, S.PREPARING_CANCEL_CONFIRMING)
REQUESTED = (S.UNSHIPPED_CANCEL_REQUESTED, S.PREPARING_CANCEL_REQUESTED)
OUT_OF_REACH = (S.CANCELLED, S.CLOSED, S.REFUNDED)


# --- goods -----------------------------------------------------------------------------------------------


def goods_are_conserved(space: OrderSpace, order: Order, position: Position) -> str | None:
    """No unit appears, vanishes or changes its price."""
    for line in order.lines:
        lots = [lot for lot in order.lots if lot.line is line]
        if sum(lot.quantity for lot in lots) != line.quantity:
            return f"{line.id}: {sum(lot.quantity for lot in lots)} of {line.quantity} units"
        if sum(lot.amount for lot in lots) != line.amount:
            return f"{line.id}: what was paid for it changed"
        each, dearer = divmod(line.amount, line.quantity)
        for lot in lots:
            if lot.quantity < 1:
                return f"{line.id}: an empty lot"
            if not 0 <= lot.amount - each * lot.quantity <= min(dearer, lot.quantity):
                return f"{line.id}: a unit changed its price"
    return None


def digital_goods_stay_at_home(space: OrderSpace, order: Order, position: Position) -> str | None:
    """Digital goods are unpaid, closed, or there; they are never cancelled, sent or returned."""
    for lot in order.lots:
        if lot.line.kind == "digital" and lot.state not in (S.UNPAID, S.CLOSED, S.DELIVERED):
            return f"{lot.line.id} is digital and {lot.state}"
    return None


def paid_means_all_is_paid(space: OrderSpace, order: Order, position: Position) -> str | None:
    """Goods are unpaid before the payment, and none is after it."""
    states = {lot.state for lot in order.lots}
    if order.paid_at is None:
        odd = states - {S.UNPAID, S.CLOSED, S.CANCELLED, S.REFUNDED}
        return f"not paid, but {odd.pop()}" if odd else None
    odd = states & {S.UNPAID, S.CLOSED}
    return f"paid, but {odd.pop()}" if odd else None


def what_was_sent_stays_sent(space: OrderSpace, order: Order, position: Position) -> str | None:
    """Cancelled goods never had a form, a receipt or an assessment: they did not leave by an allowed way."""
    for lot in order.lots:
        if lot.state is S.CANCELLED and (lot.assessed or lot.received_at is not None or lot.from_home):
            return f"{lot.line.id} is cancelled, but came back"
    return None


# --- bundles ---------------------------------------------------------------------------------------------


def _bundles(order: Order) -> dict[str, list[Lot]]:
    bundles: dict[str, list[Lot]] = {}
    for lot in order.lots:
        if lot.line.bundle is not None:
            bundles.setdefault(lot.line.bundle, []).append(lot)
    return bundles


def bundles_are_cancelled_whole(space: OrderSpace, order: Order, position: Position) -> str | None:
    """No bundle has cancelled goods while others of it could still be cancelled."""
    for bundle, lots in _bundles(order).items():
        cancelled = any(S.CANCELLED in (lot.state, lot.settled_from) for lot in lots)
        if cancelled and any(lot.state in STILL_HERE for lot in lots):
            return f"bundle {bundle} is half cancelled"
    return None


def bundles_wait_together(space: OrderSpace, order: Order, position: Position) -> str | None:
    """Of a bundle that has not left, everything is asked for, or granted, or neither."""
    for bundle, lots in _bundles(order).items():
        here = [lot for lot in lots if lot.state in STILL_HERE]
        phases = {(lot.state in REQUESTED, lot.state in CONFIRMING) for lot in here}
        if len(phases) > 1:
            return f"bundle {bundle} is torn: {', '.join(sorted(lot.state for lot in here))}"
    return None


def bundles_wait_for_an_answer(space: OrderSpace, order: Order, position: Position) -> str | None:
    """A bundle that waits for logistics waits for an answer that is still out."""
    for bundle, lots in _bundles(order).items():
        waiting = [lot for lot in lots if lot.state in CONFIRMING]
        if waiting and not any(lot.asked for lot in waiting):
            return f"bundle {bundle} waits for nobody"
    return None


# --- questions -------------------------------------------------------------------------------------------


def questions_fit_the_goods(space: OrderSpace, order: Order, position: Position) -> str | None:
    """Goods that wait for an answer were asked about; nobody is asked about goods that do not wait."""
    for lot in order.lots:
        ask, state = lot.ask, lot.state
        if state is S.PREPARING_CANCEL_CONFIRMING:
            answered = ask is not None and ask.answer is Answer.CONFIRMED and lot.line.bundle is not None
            if ask is None or ask.party is not Party.LOGISTICS or not (ask.open or answered):
                return f"{lot.line.id} waits for logistics, which was not asked about it"
        elif ask is not None and ask.open and ask.party is Party.LOGISTICS:
            return f"{lot.line.id} is {state}, but logistics is still asked about it"
        if state is S.SHIPPED_INTERCEPTING and not (ask is not None and ask.party is Party.CARRIER and ask.open):
            return f"{lot.line.id} is being called off, but the carrier was not asked"
        if ask is not None and ask.open and ask.party is Party.CARRIER:
            astray = lot.stray and state in OUT_OF_REACH
            if state not in (S.SHIPPED_INTERCEPTING, S.ARRIVED) and not astray:
                return f"{lot.line.id} is {state}, but the carrier is still asked about it"
        if state is S.UNSHIPPED_CANCEL_CONFIRMING and lot.line.bundle is None:
            return f"{lot.line.id} waits for logistics, but is not in preparation"
    return None


def terms_are_proposed(space: OrderSpace, order: Order, position: Position) -> str | None:
    """Where the return is talked over, an amount is on the table, and not more than was paid."""
    for lot in order.lots:
        if lot.state is S.RETURN_PLANNING and lot.terms is None:
            return f"{lot.line.id}: no terms to answer"
        if lot.terms is not None and not 0 <= lot.terms <= lot.amount:
            return f"{lot.line.id}: terms beyond what was paid"
    return None


# --- time ------------------------------------------------------------------------------------------------


def passed_deadlines_have_fired(space: OrderSpace, order: Order, position: Position) -> str | None:
    """No order rests past a deadline: what is due by itself has happened."""
    fault = overdue(space, order, position.now)
    if fault is not None:
        return fault
    due = space.machine.next_deadline(order)
    return f"{due.code} is due and has not fired" if due is not None and due.at <= position.now else None


def overdue(space: OrderSpace, order: Order, now: datetime) -> str | None:
    """Which goods should have moved by themselves by now, if any."""
    policy = space.scope.policy
    for lot in order.lots:
        if lot.state is S.UNPAID and now >= order.placed_at + policy.payment_window + policy.payment_grace:
            return f"{lot.line.id} is unpaid past its time"
        if lot.state in NOT_YET_IN_PREPARATION:
            if order.paid_at is None or now >= order.paid_at + policy.preparation_after:
                return f"{lot.line.id} is {lot.state} past the time of presumed preparation"
    return None


def waiting_is_seen(space: OrderSpace, order: Order, position: Position) -> str | None:
    """What is due next by itself is due when the policy says: whoever waits too long is seen, and nobody too soon."""
    first = min(deadlines_of(space.scope.policy, order), key=_moment, default=None)
    due = space.machine.next_deadline(order)
    if due is None:
        return f"{waits_for(first[1])}, and nobody will ever be told that it waits" if first else None
    if first is None:
        return f"{due.code} is expected, and nothing waits"
    at, what = first
    if due.at == at:
        return None
    return f"{waits_for(what)}, so something is due at {shown(at)}, and not {due.code} at {shown(due.at)}"


def _moment(due: tuple[datetime, Lot | Refund]) -> datetime:
    return due[0]


def deadlines_of(policy: Policy, order: Order) -> Iterator[tuple[datetime, Lot | Refund]]:
    """When something happens by itself, and of what: goods that move, and whoever waits and was not told of yet."""
    for lot in order.lots:
        if lot.state is S.UNPAID:
            yield order.placed_at + policy.payment_window + policy.payment_grace, lot
        elif lot.state in NOT_YET_IN_PREPARATION and order.paid_at is not None:
            yield order.paid_at + policy.preparation_after, lot
    for at, what in waits_of(policy, order):
        if not what.alerted:
            yield at, what


def waits_of(policy: Policy, order: Order) -> Iterator[tuple[datetime, Lot | Refund]]:
    """Until when whoever waits may wait, and for what."""
    for lot in order.lots:
        if lot.ask is not None and lot.ask.open:
            yield lot.ask.at + policy.logistics_overdue, lot
        elif lot.state in _REVIEWED:
            yield lot.since + policy.review_overdue, lot
        elif lot.state is S.RETURNING:
            yield lot.since + policy.return_overdue, lot
    for refund in order.refunds:
        if refund.state is RefundState.DUE and refund.overdue_at is not None:
            yield refund.overdue_at, refund


_REVIEWED = frozenset({*REQUESTED, S.RETURN_REQUESTED, S.RETURN_PLANNING})


def waits_for(what: Lot | Refund) -> str:
    """What waits, and for whom, for people."""
    if isinstance(what, Refund):
        return f"{what.id} is {what.state}"
    asked = f" and {what.ask.party} was asked" if what.ask is not None and what.ask.open else ""
    return f"{what.line.id} is {what.state}{asked}"


INVARIANTS: tuple[tuple[Check, tuple[str, ...]], ...] = (
    (goods_are_conserved, ("B9", "5.8")),
    (digital_goods_stay_at_home, ("B7",)),
    (paid_means_all_is_paid, ("A1", "A4", "5.13")),
    (what_was_sent_stays_sent, ("A9",)),
    (bundles_are_cancelled_whole, ("B21", "B22", "5.2")),
    (bundles_wait_together, ("B21", "5.2")),
    (bundles_wait_for_an_answer, ("B22", "5.2")),
    (questions_fit_the_goods, ("A8", "B18", "5.4", "5.7")),
    (terms_are_proposed, ("A16",)),
    (passed_deadlines_have_fired, ("A2", "A7")),
    (waiting_is_seen, ("A2", "A5", "A7", "A8", "A18", "A19")),
)


def always(space: OrderSpace, check: Check, clauses: tuple[str, ...]) -> Always[Position]:
    """A check of orders as a property; before anything is placed there is nothing to check."""

    def of_position(position: Position) -> str | None:
        order = position.order
        return check(space, order, position) if isinstance(order, Order) else None

    name = check.__name__
    return Always(name=name, says=(check.__doc__ or "").strip(), clauses=clauses, check=of_position)


def invariants(space: OrderSpace) -> list[Always[Position]]:
    """All of them, for one space."""
    return [always(space, check, clauses) for check, clauses in INVARIANTS]


__all__ = ["CONFIRMING", "INVARIANTS", "IN_PREPARATION", "REQUESTED", "Check", "always", "invariants"]
