"""What the policy promises: in every reachable state, what must be taken.

The counterpart of `orderfsm.testing.conduct`: there nothing happens that may not; here everything happens that
must. A machine that refuses all would keep the first kind of rule and break the second. What must be answered
where nothing may move is in `orderfsm.testing.refusals` and `orderfsm.testing.answers`.
"""

from collections.abc import Callable, Iterator
from typing import Any

from orderfsm import inputs as i
from orderfsm.actors import Actor, Role
from orderfsm.decisions import Accepted
from orderfsm.events import Event
from orderfsm.inputs import Condition, Input
from orderfsm.money import decimal_string
from orderfsm.order import Lot, Order, Refund, Unplaced
from orderfsm.reasons import AnomalyCode as N
from orderfsm.reasons import Code as C
from orderfsm.states import State as S
from orderfsm.testing.answers import ANSWERS
from orderfsm.testing.charter import REFUND_WAYS, SKIPPED, SPEAKERS, STILL_HERE, WAYS, View, Way
from orderfsm.testing.orders import TICK, OrderSpace, Position, Said
from orderfsm.testing.owing import (
    Kept,
    Promise,
    Promising,
    Taken,
    alone,
    is_accepted,
    is_kept_as,
    is_known,
    is_refused,
    is_refused_just,
    lots_after,
    now_in,
    obligation,
    speaker,
    spoken,
)
from orderfsm.testing.properties import Obligation, Owed
from orderfsm.testing.refusals import REFUSALS

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


# --- who is heard ----------------------------------------------------------------------------------------


def outsiders_place_nothing(space: OrderSpace, order: Unplaced, position: Position) -> Iterator[Promise]:
    """Who may not say a thing is told just that, also while there is no order."""
    if not order.version:
        yield from _not_their_words(space, position)


def outsiders_are_not_heard(space: OrderSpace, order: Order, position: Position) -> Iterator[Promise]:
    """Who may not say a thing is told just that. It never depends on where the goods are: new orders show it."""
    if order.version > NEW:
        return
    yield from _not_their_words(space, position)
    for word in space.scope.kinds:
        for role in (Role.CUSTOMER, Role.SELLER):
            if role in SPEAKERS[word]:
                said = _plainly(space, word).sent(at=position.now)
                yield Owed(said.sent(by=Actor(role, "an outsider")), is_refused_just(C.NOT_ALLOWED))


def _not_their_words(space: OrderSpace, position: Position) -> Iterator[Promise]:
    """Every input by every role that may not say it."""
    for word in space.scope.kinds:
        said = _plainly(space, word).sent(at=position.now)
        for role in Role:
            if role not in SPEAKERS[word]:
                yield Owed(said.sent(by=_somebody(space, role)), is_refused_just(C.NOT_ALLOWED))


NEW = 2
"""Up to which version an order is new: it was placed, and perhaps paid."""


def _plainly(space: OrderSpace, word: type[Input]) -> Input:
    """An input in its plainest form, about all that there may be."""
    if word is i.Place:
        return space.scope.place
    if word is i.PaymentCaptured:
        return i.PaymentCaptured(payment="p8", instrument="card:8", amount=1)
    if issubclass(word, i.RefundFact | i.ResendRefund):
        return word(refund="r1")
    if word is i.ResolveAnomaly:
        return i.ResolveAnomaly(anomaly="n1")
    if word is i.RequestReturn:
        return i.RequestReturn(lines="all", reason="changed_mind")
    return word(lines="all")  # type: ignore[call-arg]


def _somebody(space: OrderSpace, role: Role) -> Actor:
    if role is Role.SELLER:
        sellers = [item.seller for item in space.scope.lines if item.seller is not None]
        return Actor(role, (*sellers, "s1")[0])
    return Actor(role, space.scope.customer if role is Role.CUSTOMER else None)


def anomalies_can_be_resolved(space: OrderSpace, order: Order, position: Position) -> Iterator[Promise]:
    """Customer service can resolve each anomaly, once."""
    if i.ResolveAnomaly not in space.scope.kinds:
        return
    by = Actor(Role.CUSTOMER_SERVICE)
    for anomaly in order.anomalies:
        said = i.ResolveAnomaly(anomaly=anomaly.id, note="seen to", by=by, at=position.now)
        yield Owed(said, _is_resolved(anomaly.id) if anomaly.open else is_refused_just(C.ALREADY_RESOLVED))
    unknown = i.ResolveAnomaly(anomaly="n99", by=by, at=position.now)
    yield Owed(unknown, is_refused_just(C.UNKNOWN_ANOMALY))


def _is_resolved(anomaly: str) -> Callable[[Taken], str | None]:
    def kept(step: Taken) -> str | None:
        found = next((each for each in step.answer.order.anomalies if each.id == anomaly), None)
        if isinstance(step.answer, Accepted) and found is not None and not found.open and found.note == "seen to":
            return None
        return f"{spoken(step)} about {anomaly} was {step.answer.outcome}, and it is not resolved with its note"

    return kept


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
            lines = _named(space, order, lot, way.word)
            said = way.word(lines=lines, by=by, at=position.now, **dict(way.carries), **quoted)  # type: ignore[call-arg]
            view = View(space.scope.policy, order, lot, said, role, position.now, position.now)
            if way.is_open(view):
                yield Owed(said, _citing(way.clause, now_in(lot, way.target, against=way.against)))


_DECISIONS = (i.RequestCancellation, i.WithdrawCancellation, i.ApproveCancellation, i.DeclineCancellation)


def _named(space: OrderSpace, order: Order, lot: Lot, word: type[Input]) -> list[str]:
    """The lines to be named: one is enough, unless the shop wants all that is left of its bundle named (B21)."""
    bundle = lot.line.bundle
    if space.scope.policy.bundle_widening or bundle is None or word not in _DECISIONS:
        return [lot.line.id]
    mates = [mate for mate in order.lots if mate.line.bundle == bundle and mate.state in (*STILL_HERE, S.UNPAID)]
    return list(dict.fromkeys(mate.line.id for mate in mates))


def bundles_are_named_whole(space: OrderSpace, order: Order, position: Position) -> Iterator[Promise]:
    """Where the shop widens no selection, an item of a bundle cannot be asked for without the others."""
    if space.scope.policy.bundle_widening or i.RequestCancellation not in space.scope.kinds:
        return
    for lot in alone(order):
        if lot.state in (S.UNSHIPPED, S.PREPARING) and len(_named(space, order, lot, i.RequestCancellation)) > 1:
            by = Actor(Role.CUSTOMER, space.scope.customer)
            said = i.RequestCancellation(lines=[lot.line.id], by=by, at=position.now)
            yield Owed(said, is_refused(C.BUNDLE_INDIVISIBLE))


def _citing(clause: str, kept: Kept) -> Kept:
    """What is wrong, with the clause that it breaks."""

    def cited(step: Taken) -> str | None:
        fault = kept(step)
        return None if fault is None else f"{fault} ({clause})"

    return cited


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
    places = decimal_string(due, order.currency)
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
    if i.RefundSettled not in space.scope.kinds:
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


REPEATED: dict[type[Input], tuple[str, ...]] = {
    i.RefundSent: ("sent", "settled", "failed"),
    i.RefundSettled: ("settled",),
    i.RefundFailed: ("failed",),
    i.RefundReversed: ("failed",),
}
"""In which states of a refund a report about it repeats what is known."""


def refund_reports_are_known_again(space: OrderSpace, order: Order, position: Position) -> Iterator[Promise]:
    """What the payment provider reports twice is known; that failed money arrived contradicts what it said before."""
    if i.RefundSent not in space.scope.kinds:
        return
    by = Actor(Role.PAYMENT)
    for word, states in REPEATED.items():
        for refund in order.refunds:
            said = word(refund=refund.id, by=by, at=position.now)  # type: ignore[call-arg]
            if refund.state in states:
                yield Owed(said, is_known)
            elif word is i.RefundSettled and refund.state == "failed":
                yield Owed(said, is_kept_as(N.SETTLED_AFTER_FAILURE))
        unknown = word(refund="r99", by=by, at=position.now)  # type: ignore[call-arg]
        yield Owed(unknown, is_kept_as(N.UNKNOWN_REFUND))


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


UNPLACED: tuple[tuple[Promising, tuple[str, ...]], ...] = (
    (orders_are_placed, ("A6", "B20", "5.12")),
    (outsiders_place_nothing, ("5.15",)),
)

PROMISES: tuple[tuple[Promising, tuple[str, ...]], ...] = (
    (outsiders_are_not_heard, ("5.15", "B8", "B10")),
    (anomalies_can_be_resolved, ("A10",)),
    (open_ways_can_be_gone, ("A4", "A5", "A7", "A9", "A11", "A12", "A13", "A15", "A16", "A19", "B3", "B6", "B10",
                             "B18", "5.1", "5.3", "5.4", "5.12")),
    (bundles_are_named_whole, ("B21",)),
    (answers_are_heard, ("A8", "A11", "5.7")),
    (skipped_steps_are_filled_in, ("5.12",)),
    (payments_are_taken, ("A1", "A4", "5.6")),
    (refunds_follow_the_bank, ("B1", "B2")),
    (refund_reports_are_known_again, ("5.12", "B1")),
    (returns_can_be_assessed, ("A16", "A19", "5.9")),
    *REFUSALS,
    *ANSWERS,
)  # fmt: skip


def promises(space: OrderSpace) -> list[Obligation[Position, Said]]:
    """All of them, for one space."""
    first = [obligation(space, make, clauses, unplaced=True) for make, clauses in UNPLACED]
    return [*first, *(obligation(space, make, clauses) for make, clauses in PROMISES)]
