"""What the policy promises: in every reachable state, what must be taken, and what must be refused and why.

The counterpart of `orderfsm.testing.conduct`: there nothing happens that may not; here everything happens that
must. A machine that refuses all would keep the first kind of rule and break the second.
"""

from collections.abc import Callable, Iterator
from typing import Any

from orderfsm import inputs as i
from orderfsm.actors import Actor, Role
from orderfsm.decisions import Accepted, Anomalous, Duplicate, Refused
from orderfsm.events import Event
from orderfsm.inputs import Condition, Fact, Input
from orderfsm.order import Lot, Order, Refund
from orderfsm.reasons import AnomalyCode as N
from orderfsm.reasons import Code as C
from orderfsm.states import State as S
from orderfsm.testing.charter import (
    IN_PREPARATION,
    NOT_YET_IN_PREPARATION,
    REFUND_WAYS,
    SKIPPED,
    STILL_HERE,
    WAYS,
    View,
    Way,
)
from orderfsm.testing.orders import TICK, OrderSpace, Position, Said
from orderfsm.testing.properties import Obligation, Owed, Step

Taken = Step[Position, Said]
Promise = Owed[Position, Said]
Promising = Callable[[OrderSpace, Order, Position], Iterator[Promise]]

_ROAD = (S.SHIPPED, S.SHIPPED_INTERCEPTING, S.ARRIVED)
_FORM = (S.RETURN_REQUESTED, S.RETURN_PLANNING, S.RETURNING, S.SERVICING)
_LEFT = (*_ROAD, *_FORM, S.LOST)


def _alone(order: Order) -> Iterator[Lot]:
    """Lines whose goods are all in one place: naming the line means just them."""
    for line in order.lines:
        lots = [lot for lot in order.lots if lot.line is line]
        if len(lots) == 1:
            yield lots[0]


def _speaker(space: OrderSpace, role: Role, lot: Lot) -> Actor | None:
    if role is Role.CUSTOMER:
        return Actor(role, space.scope.customer)
    if role is Role.SELLER:
        return Actor(role, lot.line.seller) if lot.line.seller is not None else None
    return Actor(role)


def _now_in(lot: Lot, target: S, *, against: bool = False) -> Callable[[Taken], str | None]:
    outcome = Anomalous if against else Accepted

    def kept(step: Taken) -> str | None:
        answer = step.answer
        if not isinstance(answer, outcome):
            codes = ", ".join(reason.code for reason in answer.reasons)
            return f"{_said(step)} of {lot.line.id}, which is {lot.state}, was {answer.outcome} {codes}".rstrip()
        states = {each.state for each in answer.order.lots if each.line is lot.line}
        settled = {S.REFUNDED} if target in (S.CANCELLED, S.RETURNED, S.LOST) and not lot.amount else set()
        if states <= {target} | settled:
            return None
        return f"{_said(step)} of {lot.line.id} led to {', '.join(sorted(states))} instead of {target}"

    return kept


def _said(step: Taken) -> str:
    said = step.input
    return f"{said.name} by {said.by}" if isinstance(said, Input) else "waiting"


# --- what must be taken ----------------------------------------------------------------------------------


def open_ways_can_be_gone(space: OrderSpace, order: Order, position: Position) -> Iterator[Promise]:
    """Wherever a way of the policy is open, saying its word takes it."""
    for lot in _alone(order):
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
        by = _speaker(space, role, lot)
        if by is None:
            continue
        for quoted in _quotes(way.word, lot):
            said = way.word(lines=[lot.line.id], by=by, at=position.now, **dict(way.carries), **quoted)  # type: ignore[call-arg]
            view = View(space.scope.policy, order, lot, said, role, position.now, position.now)
            if way.is_open(view):
                yield Owed(said, _now_in(lot, way.target, against=way.against))


def _quotes(word: type[Input], lot: Lot) -> list[dict[str, Any]]:
    if issubclass(word, i.StopAnswer | i.InterceptAnswer) and lot.ask is not None:
        return [{}, {"ask": lot.ask.id}]
    return [{}]


def answers_are_heard(space: OrderSpace, order: Order, position: Position) -> Iterator[Promise]:
    """A yes or no to an open question is taken in, also where a bundle still waits for others."""
    words: tuple[type[Any], ...] = (i.StopConfirmed, i.StopDenied, i.InterceptConfirmed, i.InterceptDenied)
    for lot in _alone(order):
        ask = lot.ask
        if ask is None or not ask.open:
            continue
        for word in words[:2] if ask.party == "logistics" else words[2:]:
            if word in space.scope.kinds:
                said = word(ask=ask.id, by=Actor(Role.LOGISTICS), at=position.now)
                yield Owed(said, _is_answered(lot))
                early = word(lines=[lot.line.id], by=said.by, at=ask.at - TICK, received_at=position.now)
                yield Owed(early, _is_kept_as(N.STALE_ANSWER))


def _is_answered(lot: Lot) -> Callable[[Taken], str | None]:
    def kept(step: Taken) -> str | None:
        if not isinstance(step.answer, Accepted):
            return f"{_said(step)} about {lot.line.id} was {step.answer.outcome}"
        still = [each for each in step.answer.order.lots if each.line is lot.line and each.ask == lot.ask]
        return f"{lot.line.id} still waits for the answer that was given" if still else None

    return kept


def _is_kept_as(code: N) -> Callable[[Taken], str | None]:
    def kept(step: Taken) -> str | None:
        codes = {reason.code for reason in step.answer.reasons}
        if isinstance(step.answer, Anomalous) and code in codes:
            return None
        return f"{_said(step)} should be kept as {code}, and was {step.answer.outcome} {', '.join(codes)}".rstrip()

    return kept


def skipped_steps_are_filled_in(space: OrderSpace, order: Order, position: Position) -> Iterator[Promise]:
    """A report about goods that nobody had reported so far is believed, and what must lie between is filled in."""
    for lot in _alone(order):
        for word, sources, target in SKIPPED:
            if lot.state in sources and word in space.scope.kinds and lot.line.kind == "physical":
                said = word(lines=[lot.line.id], by=Actor(Role.LOGISTICS), at=position.now)  # type: ignore[call-arg]
                yield Owed(said, _now_in(lot, target))


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
            yield Owed(again, _is_refused(C.NOT_FAILED))


def _refund_is(refund: Refund, target: str) -> Callable[[Taken], str | None]:
    def kept(step: Taken) -> str | None:
        found = next((each for each in getattr(step.answer.order, "refunds", ()) if each.id == refund.id), None)
        if isinstance(step.answer, Accepted) and found is not None and found.state == target:
            return None
        return f"{_said(step)} about {refund.id}, which is {refund.state}: {step.answer.outcome}"

    return kept


def returns_can_be_assessed(space: OrderSpace, order: Order, position: Position) -> Iterator[Promise]:
    """What is back or lost can be assessed, once; by hand where only a person can tell the amount."""
    if i.AssessReturn not in space.scope.kinds:
        return
    for lot in _alone(order):
        if lot.state not in (S.RETURNED, S.LOST):
            continue
        for role in (Role.CUSTOMER_SERVICE, Role.WAREHOUSE):
            said = i.AssessReturn(lines=[lot.line.id], by=Actor(role), at=position.now)
            if lot.assessed:
                yield Owed(said, _is_refused(C.ALREADY_ASSESSED))
            elif _needs_a_person(space, lot):
                yield Owed(said, _is_refused(C.AMOUNT_REQUIRED))
                by_hand = i.AssessReturn(lines=[lot.line.id], by=said.by, at=position.now, amount=0)
                yield Owed(by_hand, _is_accepted)
            else:
                yield Owed(said, _is_accepted)


def _needs_a_person(space: OrderSpace, lot: Lot) -> bool:
    """A16, 5.9: found opened or damaged against what was announced, or opened without agreed terms."""
    case = lot.case
    by_form = case is not None and case.kind in ("return", "repair", "exchange")
    if lot.state is S.LOST or lot.terms is not None or (case is not None and case.kind in ("repair", "exchange")):
        return False
    if by_form and case is not None and case.reason in space.scope.policy.returns.shop_fault_reasons:
        return False
    return (by_form and case is not None and case.opened) or lot.condition in (Condition.OPENED, Condition.DAMAGED)


def _is_accepted(step: Taken) -> str | None:
    if isinstance(step.answer, Accepted):
        return None
    return f"{_said(step)} was {step.answer.outcome} {', '.join(each.code for each in step.answer.reasons)}"


def _is_refused(*codes: C) -> Callable[[Taken], str | None]:
    def kept(step: Taken) -> str | None:
        given = {reason.code for reason in step.answer.reasons}
        if isinstance(step.answer, Refused) and set(codes) <= given:
            return None
        return f"{_said(step)} should be refused with {', '.join(codes)}, and was {step.answer.outcome} {given or ''}"

    return kept


# --- what must be refused, and why -----------------------------------------------------------------------

# fmt: off
REFUSED: tuple[tuple[type[Input], tuple[S, ...], tuple[C, ...]], ...] = (
    (i.RequestCancellation, (S.CLOSED,), (C.ORDER_CLOSED,)),
    (i.RequestCancellation, (*NOT_YET_IN_PREPARATION[1:], *IN_PREPARATION[1:]), (C.ALREADY_REQUESTED,)),
    (i.RequestCancellation, (S.CANCELLED,), (C.ALREADY_CANCELLED,)),
    (i.RequestCancellation, (*_LEFT, S.DELIVERED, S.RETURNED), (C.ALREADY_DISPATCHED,)),
    (i.ApproveCancellation, (NOT_YET_IN_PREPARATION[2], IN_PREPARATION[2]), (C.AWAITING_LOGISTICS,)),
    *((word, (S.UNSHIPPED, S.PREPARING), (C.NOTHING_REQUESTED,))
      for word in (i.ApproveCancellation, i.DeclineCancellation, i.WithdrawCancellation)),
    (i.CancelDelivery, (*STILL_HERE, S.UNPAID), (C.NOT_DISPATCHED,)),
    (i.CancelDelivery, (S.SHIPPED_INTERCEPTING,), (C.ALREADY_REQUESTED,)),
    (i.CancelDelivery, (S.ARRIVED,), (C.ALREADY_ARRIVED,)),
    (i.CancelDelivery, (S.DELIVERED,), (C.ALREADY_DELIVERED,)),
    (i.CancelDelivery, (S.CANCELLED,), (C.ALREADY_CANCELLED,)),
    (i.RequestReturn, (*STILL_HERE, *_ROAD), (C.NOT_DELIVERED,)),
    (i.RequestReturn, _FORM, (C.RETURN_OPEN,)),
    (i.RequestReturn, (S.RETURNED,), (C.ALREADY_RETURNED,)),
    (i.AssessReturn, (*STILL_HERE, *_ROAD, S.DELIVERED, *_FORM[:3]), (C.NOT_RECEIVED,)),
    *((word, (S.DELIVERED,), (C.NOTHING_REQUESTED,)) for word in (i.WithdrawReturn, i.ApproveReturn, i.DeclineReturn)),
    *((word, (S.DELIVERED, S.RETURN_REQUESTED), (C.NOTHING_PROPOSED,)) for word in (i.AcceptTerms, i.RejectTerms)),
    (i.GiveUpService, (S.DELIVERED, S.RETURNED), (C.NOT_IN_SERVICE,)),
)

CONTRADICTED: tuple[tuple[type[Fact], S, N], ...] = (
    (i.Dispatched, S.CANCELLED, N.DISPATCHED_AFTER_CANCEL),
    (i.Dispatched, S.CLOSED,    N.DISPATCHED_AFTER_CLOSE),
    (i.ReturnReceived, S.CANCELLED, N.RETURNED_AFTER_CANCEL),
    (i.ReturnReceived, S.REFUNDED,  N.RETURNED_AFTER_REFUND),
    (i.Lost,           S.DELIVERED, N.LOST_AFTER_DELIVERY),
)
# fmt: on


def refusals_are_owed(space: OrderSpace, order: Order, position: Position) -> Iterator[Promise]:
    """What the policy does not allow is refused for its reason, whoever asks and where the goods are."""
    for lot in _alone(order):
        for word, sources, codes in REFUSED:
            if lot.state in sources and word in space.scope.kinds:
                content: dict[str, Any] = {"reason": "changed_mind"} if word is i.RequestReturn else {}
                role = Role.CUSTOMER if word in _BY_CUSTOMER else Role.CUSTOMER_SERVICE
                said = word(lines=[lot.line.id], by=_speaker(space, role, lot), at=position.now, **content)  # type: ignore[call-arg]
                if lot.line.kind == "physical":
                    yield Owed(said, _is_refused(*codes))
                elif word in _COVERED and lot.state is S.DELIVERED:
                    yield Owed(said, _is_refused(C.NOT_COVERED))


_BY_CUSTOMER = (i.RequestCancellation, i.WithdrawCancellation, i.CancelDelivery, i.RequestReturn, i.WithdrawReturn,
                i.AcceptTerms, i.RejectTerms)  # fmt: skip
_COVERED = (i.RequestCancellation, i.CancelDelivery)


def guarded_steps_say_why(space: OrderSpace, order: Order, position: Position) -> Iterator[Promise]:
    """Where a step is there but not for this policy, actor or content, the reason is the policy's own."""
    policy, now = space.scope.policy, position.now
    for lot in _alone(order):
        line, state = [lot.line.id], lot.state
        buyer, service = Actor(Role.CUSTOMER, space.scope.customer), Actor(Role.CUSTOMER_SERVICE)
        if state is S.UNPAID and not policy.unpaid_cancellation:
            yield Owed(i.RequestCancellation(lines=line, by=buyer, at=now), _is_refused(C.CLOSES_BY_ITSELF))
        if state is S.UNPAID and lot.line.kind == "digital":
            yield Owed(i.RequestCancellation(lines=line, by=buyer, at=now), _is_refused(C.NOT_COVERED))
        if state is S.DELIVERED and lot.line.kind == "digital":
            form = i.RequestReturn(lines=line, reason="changed_mind", by=buyer, at=now)
            yield Owed(form, _is_refused(C.NOT_COVERED))
        if lot.line.seller is not None and state in _DECIDED:
            said = _DECIDED[state](lines=line, by=service, at=now)
            yield Owed(said, _is_refused(C.SELLER_DECIDES))
        if state in (S.RETURN_REQUESTED, S.RETURN_PLANNING) and lot.line.seller is None:
            opened = lot.case is not None and lot.case.opened and lot.case.kind == "return"
            needs_terms = opened and lot.case.reason not in policy.returns.shop_fault_reasons  # type: ignore[union-attr]
            terms = "1.00" if needs_terms else None
            wrong, code = (None, C.TERMS_REQUIRED) if needs_terms else ("1.00", C.TERMS_NOT_NEEDED)
            yield Owed(i.ApproveReturn(lines=line, terms=wrong, by=service, at=now), _is_refused(code))
            if order.country not in policy.prepaid_label_countries:
                said = i.ApproveReturn(lines=line, terms=terms, label="prepaid", by=service, at=now)
                yield Owed(said, _is_refused(C.NO_PREPAID_LABEL))


_DECIDED: dict[S, type[Any]] = {
    S.UNSHIPPED_CANCEL_REQUESTED: i.ApproveCancellation,
    S.PREPARING_CANCEL_REQUESTED: i.DeclineCancellation,
    S.PREPARING_CANCEL_CONFIRMING: i.DeclineCancellation,
    S.RETURN_REQUESTED: i.ApproveReturn,
    S.RETURN_PLANNING: i.DeclineReturn,
    S.SERVICING: i.GiveUpService,
}


def contradictions_are_kept(space: OrderSpace, order: Order, position: Position) -> Iterator[Promise]:
    """A report that contradicts a decision is kept and told to a person; nothing that was decided changes."""
    for lot in _alone(order):
        if lot.line.kind == "digital":
            continue
        for word, state, code in CONTRADICTED:
            if lot.state is state and word in space.scope.kinds and not lot.stray:
                if word is i.Dispatched or lot.settled_from is not S.CANCELLED:
                    by = Actor(Role.LOGISTICS if word is not i.ReturnReceived else Role.WAREHOUSE)
                    said = word(lines=[lot.line.id], by=by, at=position.now)  # type: ignore[call-arg]
                    yield Owed(said, _is_kept_as(code))


def repetitions_are_known(space: OrderSpace, order: Order, position: Position) -> Iterator[Promise]:
    """The same id with the same content takes effect once; with other content it never does."""
    if not order.payments or order.payments[0].id != "p1" or i.PaymentCaptured not in space.scope.kinds:
        return
    known = order.payments[0]
    amount = f"{known.amount // 100}.{known.amount % 100:02d}"
    again = {"payment": known.id, "instrument": known.instrument, "by": Actor(Role.PAYMENT), "at": position.now}
    yield Owed(i.PaymentCaptured(amount=amount, **again), _is_a_repetition)
    yield Owed(i.PaymentCaptured(amount="0.07", **again), _is_kept_as(N.PAYMENT_CONFLICT))


def _is_a_repetition(step: Taken) -> str | None:
    return None if isinstance(step.answer, Duplicate) else f"{_said(step)} a second time was {step.answer.outcome}"


PROMISES: tuple[tuple[Promising, tuple[str, ...]], ...] = (
    (open_ways_can_be_gone, ("A4", "A5", "A7", "A9", "A11", "A12", "A13", "A15", "A16", "A19", "B3", "B6", "B10",
                             "B18", "5.1", "5.3", "5.12")),
    (answers_are_heard, ("A8", "A11", "5.7")),
    (skipped_steps_are_filled_in, ("5.12",)),
    (payments_are_taken, ("A1", "A4", "5.6")),
    (refunds_follow_the_bank, ("B1", "B2")),
    (returns_can_be_assessed, ("A16", "A19", "5.9")),
    (refusals_are_owed, ("A2", "A9", "B7", "B17", "B19", "5.11")),
    (guarded_steps_say_why, ("A3", "A15", "A16", "B7", "B10")),
    (contradictions_are_kept, ("5.5", "5.12", "A10")),
    (repetitions_are_known, ("5.11",)),
)  # fmt: skip


def promises(space: OrderSpace) -> list[Obligation[Position, Said]]:
    """All of them, for one space."""
    return [_obligation(space, make, clauses) for make, clauses in PROMISES]


def _obligation(space: OrderSpace, make: Promising, clauses: tuple[str, ...]) -> Obligation[Position, Said]:
    def owed(position: Position) -> Iterator[Promise]:
        order = position.order
        return make(space, order, position) if isinstance(order, Order) else iter(())

    return Obligation(name=make.__name__, says=(make.__doc__ or "").strip(), clauses=clauses, owed=owed)
