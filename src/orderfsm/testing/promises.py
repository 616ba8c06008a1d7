"""What the policy promises: in every reachable state, what must be taken.

The counterpart of `orderfsm.testing.conduct`: there nothing happens that may not; here everything happens that
must. A machine that refuses all would keep the first kind of rule and break the second. What must be answered
where nothing may move is in `orderfsm.testing.answers`.
"""

from collections.abc import Callable, Iterator
from typing import Any

from orderfsm import inputs as i
from orderfsm.actors import Actor, Role
from orderfsm.decisions import Accepted
from orderfsm.events import Event
from orderfsm.inputs import Condition, Input
from orderfsm.order import Lot, Order, Refund, Unplaced
from orderfsm.reasons import AnomalyCode as N
from orderfsm.reasons import Code as C
from orderfsm.states import State as S
from orderfsm.testing.answers import ANSWERS
from orderfsm.testing.charter import REFUND_WAYS, SKIPPED, WAYS, View, Way
from orderfsm.testing.orders import TICK, OrderSpace, Position, Said
from orderfsm.testing.owing import (
    Promise,
    Promising,
    Taken,
    alone,
    is_accepted,
    is_kept_as,
    is_refused,
    lots_after,
    now_in,
    obligation,
    speaker,
    spoken,
)
from orderfsm.testing.properties import Obligation, Owed

# --- placing ---------------------------------------------------------------------------------------------


def orders_are_placed(space: OrderSpace, order: Unplaced, position: Position) -> Iterator[Promise]:
    """The platform can place what was never placed; until then a command is refused, and a report is kept."""
    place = space.scope.place.sent(by=Actor(Role.PLATFORM), at=position.now)
    bundles: dict[str, set[tuple[str | None, str]]] = {}
    for item in space.scope.lines:
        if item.bundle is not None:
            bundles.setdefault(item.bundle, set()).add((item.seller, item.kind))
    mixed = any(len(some) > 1 or "digital" in {kind for _, kind in some} for some in bundles.values())
    yield Owed(place, is_refused(C.BUNDLE_MIXED) if mixed else is_accepted)
    for role in ASKERS:
        ask = i.RequestCancellation(lines="all", by=Actor(role, space.scope.customer if role == "customer" else None))
        yield Owed(ask.sent(at=position.now), is_refused(C.UNKNOWN_ORDER))
    left = i.Dispatched(lines="all", by=Actor(Role.LOGISTICS), at=position.now)
    yield Owed(left, is_kept_as(N.UNKNOWN_ORDER))


ASKERS = (Role.CUSTOMER, Role.CUSTOMER_SERVICE)
"""Who asks to cancel."""


# --- what must be taken ----------------------------------------------------------------------------------


def open_ways_can_be_gone(space: OrderSpace, order: Order, position: Position) -> Iterator[Promise]:
    """Wherever a way of the policy is open, saying its word takes it."""
    for lot in alone(order):
        for way in _ways_from(lot.state):
            if way.word in space.scope.kinds and not isinstance(way.word, Event):
                yield from _along(space, order, lot, way, position)


def _ways_from(state: S) -> list[Way]:
    return [way for way in WAYS if state in way.sources and way.word not in _APART]


_APART = {i.PaymentCaptured, i.RefundSettled, i.RefundFailed, i.RefundReversed, i.AssessReturn}
"""Words about money: what they owe is said below."""


def _along(space: OrderSpace, order: Order, lot: Lot, way: Way, position: Position) -> Iterator[Promise]:
    assert isinstance(way.word, type)
    for role in sorted(way.who):
        by = speaker(space, role, lot)
        if by is None:
            continue
        for quoted in _quotes(way.word, lot):
            said = way.word(lines=[lot.line.id], by=by, at=position.now, **dict(way.carries), **quoted)  # type: ignore[call-arg]
            view = View(space.scope.policy, order, lot, said, role, position.now, position.now)
            if way.is_open(view):
                yield Owed(said, now_in(lot, way.target, against=way.against))


def _quotes(word: type[Input], lot: Lot) -> list[dict[str, Any]]:
    if issubclass(word, i.StopAnswer | i.InterceptAnswer) and lot.ask is not None:
        return [{}, {"ask": lot.ask.id}]
    return [{}]


def answers_are_heard(space: OrderSpace, order: Order, position: Position) -> Iterator[Promise]:
    """A yes or no to an open question is taken in, also where a bundle still waits for others."""
    words: tuple[Any, ...] = (i.StopConfirmed, i.StopDenied, i.InterceptConfirmed, i.InterceptDenied)
    for lot in alone(order):
        ask = lot.ask
        if ask is None or not ask.open:
            continue
        for word in words[:2] if ask.party == "logistics" else words[2:]:
            if word in space.scope.kinds:
                said = word(ask=ask.id, by=Actor(Role.LOGISTICS), at=position.now)
                yield Owed(said, _is_answered(lot))
                early = word(lines=[lot.line.id], by=said.by, at=ask.at - TICK, received_at=position.now)
                yield Owed(early, is_kept_as(N.STALE_ANSWER))


def _is_answered(lot: Lot) -> Callable[[Taken], str | None]:
    def kept(step: Taken) -> str | None:
        if not isinstance(step.answer, Accepted):
            return f"{spoken(step)} about {lot.line.id} was {step.answer.outcome}"
        still = [each for each in lots_after(step) if each.line is lot.line and each.ask == lot.ask]
        return f"{lot.line.id} still waits for the answer that was given" if still else None

    return kept


def skipped_steps_are_filled_in(space: OrderSpace, order: Order, position: Position) -> Iterator[Promise]:
    """A report about goods that nobody had reported so far is believed, and what must lie between is filled in."""
    for lot in alone(order):
        for word, sources, target in SKIPPED:
            if lot.state in sources and word in space.scope.kinds and lot.line.kind == "physical":
                said = word(lines=[lot.line.id], by=Actor(Role.LOGISTICS), at=position.now)  # type: ignore[call-arg]
                yield Owed(said, now_in(lot, target))


# --- money -----------------------------------------------------------------------------------------------


def payments_are_taken(space: OrderSpace, order: Order, position: Position) -> Iterator[Promise]:
    """A payment that completes the price in time pays for everything; one that comes too late goes back whole."""
    unpaid = [lot for lot in order.lots if lot.state is S.UNPAID]
    if not unpaid or i.PaymentCaptured not in space.scope.kinds:
        return
    due = sum(lot.amount for lot in unpaid) - sum(payment.amount for payment in order.payments)
    if any(lot.line.kind == "physical" for lot in unpaid) or all(line.kind == "digital" for line in order.lines):
        due += order.delivery_fee
    due += sum(refund.amount for refund in order.refunds)
    if due <= 0:
        return
    ends = order.placed_at + space.scope.policy.payment_window
    at = min(position.now, ends - TICK)
    places = f"{due // 100}.{due % 100:02d}"
    by = Actor(Role.PAYMENT)
    said = i.PaymentCaptured(payment="p9", instrument="card:9", amount=places, by=by, at=at, received_at=position.now)
    yield Owed(said, _is_paid)
    late = i.PaymentCaptured(payment="p9", instrument="card:9", amount=places, by=by, at=max(ends, position.now))
    yield Owed(late, _comes_back)


def _is_paid(step: Taken) -> str | None:
    order = step.answer.order
    if not isinstance(step.answer, Accepted) or not isinstance(order, Order) or order.paid_at is None:
        return "a payment of all that was due, in time, did not pay for the order"
    return None


def _comes_back(step: Taken) -> str | None:
    order = step.answer.order
    if not isinstance(step.answer, Accepted) or not isinstance(order, Order):
        return "a late payment was not taken in"
    last = order.payments[-1]
    back = sum(refund.amount for refund in order.refunds if refund.payment == last.id)
    if order.paid_at is not None or back != last.amount:
        return "a late payment paid for the order, or did not come back whole"
    return None


def refunds_follow_the_bank(space: OrderSpace, order: Order, position: Position) -> Iterator[Promise]:
    """What the payment provider reports about a refund is taken in, and a failed one can be sent again."""
    if i.RefundSent not in space.scope.kinds:
        return
    for refund in order.refunds:
        for (source, target), words in REFUND_WAYS.items():
            for word in words if refund.state == source else ():
                role = Role.CUSTOMER_SERVICE if word is i.ResendRefund else Role.PAYMENT
                said = word(refund=refund.id, by=Actor(role), at=position.now)  # type: ignore[call-arg]
                yield Owed(said, _refund_is(refund, target))
        if refund.state != "failed":
            again = i.ResendRefund(refund=refund.id, by=Actor(Role.CUSTOMER_SERVICE), at=position.now)
            yield Owed(again, is_refused(C.NOT_FAILED))


def _refund_is(refund: Refund, target: str) -> Callable[[Taken], str | None]:
    def kept(step: Taken) -> str | None:
        found = next((each for each in getattr(step.answer.order, "refunds", ()) if each.id == refund.id), None)
        if isinstance(step.answer, Accepted) and found is not None and found.state == target:
            return None
        return f"{spoken(step)} about {refund.id}, which is {refund.state}: {step.answer.outcome}"

    return kept


def returns_can_be_assessed(space: OrderSpace, order: Order, position: Position) -> Iterator[Promise]:
    """What is back or lost can be assessed, once; by hand where only a person can tell the amount."""
    if i.AssessReturn not in space.scope.kinds:
        return
    for lot in alone(order):
        if lot.state not in (S.RETURNED, S.LOST):
            continue
        for role in (Role.CUSTOMER_SERVICE, Role.WAREHOUSE):
            said = i.AssessReturn(lines=[lot.line.id], by=Actor(role), at=position.now)
            if lot.assessed:
                yield Owed(said, is_refused(C.ALREADY_ASSESSED))
            elif _needs_a_person(space, lot):
                yield Owed(said, is_refused(C.AMOUNT_REQUIRED))
                by_hand = i.AssessReturn(lines=[lot.line.id], by=said.by, at=position.now, amount=0)
                yield Owed(by_hand, is_accepted)
            else:
                yield Owed(said, is_accepted)


def _needs_a_person(space: OrderSpace, lot: Lot) -> bool:
    """A16, 5.9: found opened or damaged against what was announced, or opened without agreed terms."""
    case = lot.case
    by_form = case is not None and case.kind in ("return", "repair", "exchange")
    if lot.state is S.LOST or lot.terms is not None or (case is not None and case.kind in ("repair", "exchange")):
        return False
    if by_form and case is not None and case.reason in space.scope.policy.returns.shop_fault_reasons:
        return False
    return (by_form and case is not None and case.opened) or lot.condition in (Condition.OPENED, Condition.DAMAGED)


PROMISES: tuple[tuple[Promising, tuple[str, ...]], ...] = (
    (open_ways_can_be_gone, ("A4", "A5", "A7", "A9", "A11", "A12", "A13", "A15", "A16", "A19", "B3", "B6", "B10",
                             "B18", "5.1", "5.3", "5.12")),
    (answers_are_heard, ("A8", "A11", "5.7")),
    (skipped_steps_are_filled_in, ("5.12",)),
    (payments_are_taken, ("A1", "A4", "5.6")),
    (refunds_follow_the_bank, ("B1", "B2")),
    (returns_can_be_assessed, ("A16", "A19", "5.9")),
    *ANSWERS,
)  # fmt: skip


def promises(space: OrderSpace) -> list[Obligation[Position, Said]]:
    """All of them, for one space."""
    placing = obligation(space, orders_are_placed, ("A6", "B20", "5.12"), unplaced=True)
    return [placing, *(obligation(space, make, clauses) for make, clauses in PROMISES)]
