"""What must be answered where nothing may move: refusals with just their reasons, repetitions, contradictions.

Read off the policy's words: a refusal names everything that stands against the command, and what stands against
it is what its code says of the goods (policy 4); a report repeats what is known where the goods evidently are,
or were, where it says; else it contradicts what was decided (policy 3, 5.5, 5.7, 5.12).
"""

from collections.abc import Iterator
from typing import Any

from orderfsm import inputs as i
from orderfsm.actors import Actor, Role
from orderfsm.inputs import Condition, Fact, Input
from orderfsm.order import Answer, Lot, Order, Party
from orderfsm.reasons import AnomalyCode as N
from orderfsm.reasons import Code as C
from orderfsm.states import State as S
from orderfsm.testing.charter import IN_PREPARATION, NOT_YET_IN_PREPARATION, OWNER, STILL_HERE, WAYS
from orderfsm.testing.orders import OrderSpace, Position
from orderfsm.testing.owing import (
    Promise,
    Promising,
    Taken,
    about,
    alone,
    is_kept_as,
    is_known,
    is_refused,
    is_refused_just,
    lots_after,
    speaker,
)
from orderfsm.testing.properties import Owed

Place = S | str
"""Where goods are; those that were paid back, by where they were before."""

ONCE_CANCELLED, ONCE_RETURNED, ONCE_LOST = "refunded, once cancelled", "refunded, once returned", "refunded, once lost"
PAID_BACK = {S.CANCELLED: ONCE_CANCELLED, S.RETURNED: ONCE_RETURNED, S.LOST: ONCE_LOST}
AT_HOME, COMING_HOME = "returning, by a form", "returning, from the road"


def place_of(lot: Lot) -> Place:
    """Where goods are, as far as answers tell it apart."""
    if lot.state is S.REFUNDED and lot.settled_from is not None:
        return PAID_BACK[lot.settled_from]
    if lot.state is S.RETURNING:
        by_form = lot.case is not None and lot.case.kind in ("return", "repair", "exchange")
        return AT_HOME if by_form else COMING_HOME
    return lot.state


# --- commands --------------------------------------------------------------------------------------------

# fmt: off
_ASKED = (*NOT_YET_IN_PREPARATION[1:], *IN_PREPARATION[1:])
_CONFIRMING = (NOT_YET_IN_PREPARATION[2], IN_PREPARATION[2])
_ROAD = (S.SHIPPED, S.SHIPPED_INTERCEPTING, S.ARRIVED)
_FORM = (S.RETURN_REQUESTED, S.RETURN_PLANNING)
_COMING = (AT_HOME, COMING_HOME)
_LEFT = (*_ROAD, S.DELIVERED, *_FORM, *_COMING, S.RETURNED, S.SERVICING, S.LOST)
_PAID_BACK = tuple(PAID_BACK.values())
_ANYWHERE: tuple[Place, ...] = (S.UNPAID, S.CLOSED, *STILL_HERE, S.CANCELLED, *_LEFT, *_PAID_BACK)

_DECISIONS = (i.WithdrawCancellation, i.ApproveCancellation, i.DeclineCancellation)
_ON_RETURN = (i.WithdrawReturn, i.ApproveReturn, i.DeclineReturn)
_ON_TERMS = (i.AcceptTerms, i.RejectTerms)
_BY_CUSTOMER = (
    i.RequestCancellation, i.WithdrawCancellation, i.CancelDelivery, i.RequestReturn, i.WithdrawReturn, *_ON_TERMS,
)

Words = type[Input] | tuple[type[Input], ...]

AGAINST: tuple[tuple[Words, C, tuple[Place, ...]], ...] = (
    # cancelling: what has left stays sold (A9)
    (i.RequestCancellation, C.ORDER_CLOSED,        (S.CLOSED,)),
    (i.RequestCancellation, C.ALREADY_REQUESTED,   _ASKED),
    (i.RequestCancellation, C.ALREADY_CANCELLED,   (S.CANCELLED, ONCE_CANCELLED)),
    (i.RequestCancellation, C.ALREADY_DISPATCHED,  (*_LEFT, ONCE_RETURNED, ONCE_LOST)),
    (i.RequestCancellation, C.ALREADY_RETURNED,    (S.RETURNED, ONCE_RETURNED)),
    (i.RequestCancellation, C.ALREADY_LOST,        (ONCE_LOST,)),
    # deciding on it: there is nothing to decide, and that has a reason
    (_DECISIONS,            C.NOT_PAID,            (S.UNPAID,)),
    (_DECISIONS,            C.ORDER_CLOSED,        (S.CLOSED,)),
    (i.ApproveCancellation, C.AWAITING_LOGISTICS,  _CONFIRMING),
    (_DECISIONS,            C.NOTHING_REQUESTED,   (S.UNSHIPPED, S.PREPARING, S.CANCELLED, *_LEFT, *_PAID_BACK)),
    (_DECISIONS,            C.ALREADY_CANCELLED,   (S.CANCELLED, ONCE_CANCELLED)),
    (_DECISIONS,            C.ALREADY_DISPATCHED,  _LEFT),
    (_DECISIONS,            C.ALREADY_RETURNED,    (ONCE_RETURNED,)),
    (_DECISIONS,            C.ALREADY_LOST,        (ONCE_LOST,)),
    # calling off: only what is under way (B18, B19)
    (i.CancelDelivery,      C.NOT_PAID,            (S.UNPAID,)),
    (i.CancelDelivery,      C.ORDER_CLOSED,        (S.CLOSED,)),
    (i.CancelDelivery,      C.NOT_DISPATCHED,      (S.UNPAID, *STILL_HERE, S.SERVICING)),
    (i.CancelDelivery,      C.ALREADY_REQUESTED,   (S.SHIPPED_INTERCEPTING,)),
    (i.CancelDelivery,      C.ALREADY_ARRIVED,     (S.ARRIVED,)),
    (i.CancelDelivery,      C.ALREADY_DELIVERED,   (S.DELIVERED,)),
    (i.CancelDelivery,      C.RETURN_OPEN,         (*_FORM, *_COMING)),
    (i.CancelDelivery,      C.ALREADY_CANCELLED,   (S.CANCELLED, ONCE_CANCELLED)),
    (i.CancelDelivery,      C.ALREADY_RETURNED,    (S.RETURNED, ONCE_RETURNED)),
    (i.CancelDelivery,      C.ALREADY_LOST,        (S.LOST, ONCE_LOST)),
    # returning: only what the customer has (A13, B3)
    (i.RequestReturn,       C.NOT_PAID,            (S.UNPAID,)),
    (i.RequestReturn,       C.ORDER_CLOSED,        (S.CLOSED,)),
    (i.RequestReturn,       C.NOT_DELIVERED,       (S.UNPAID, *STILL_HERE, *_ROAD)),
    (i.RequestReturn,       C.RETURN_OPEN,         (*_FORM, *_COMING, S.SERVICING)),
    (i.RequestReturn,       C.ALREADY_CANCELLED,   (S.CANCELLED, ONCE_CANCELLED)),
    (i.RequestReturn,       C.ALREADY_RETURNED,    (S.RETURNED, ONCE_RETURNED)),
    (i.RequestReturn,       C.ALREADY_LOST,        (S.LOST, ONCE_LOST)),
    # deciding on that
    (_ON_RETURN,            C.NOTHING_REQUESTED,   (S.UNPAID, S.CLOSED, *STILL_HERE, S.CANCELLED, *_ROAD, S.DELIVERED,
                                                    S.LOST, ONCE_CANCELLED)),
    (i.ApproveReturn,       C.RETURN_OPEN,         _COMING),
    (i.WithdrawReturn,      C.NOT_DELIVERED,       (COMING_HOME,)),
    (i.DeclineReturn,       C.NOT_DELIVERED,       (COMING_HOME,)),
    (_ON_RETURN,            C.ALREADY_RETURNED,    (S.RETURNED, S.SERVICING, ONCE_RETURNED)),
    (_ON_RETURN,            C.ALREADY_LOST,        (ONCE_LOST,)),
    (_ON_TERMS,             C.NOTHING_PROPOSED,    tuple(place for place in _ANYWHERE if place != S.RETURN_PLANNING)),
    (i.GiveUpService,       C.NOT_IN_SERVICE,      tuple(place for place in _ANYWHERE if place != S.SERVICING)),
    # assessing: only what is back or lost, once (A19)
    (i.AssessReturn,        C.NOT_PAID,            (S.UNPAID,)),
    (i.AssessReturn,        C.ORDER_CLOSED,        (S.CLOSED,)),
    (i.AssessReturn,        C.NOT_RECEIVED,        (S.UNPAID, *STILL_HERE, *_ROAD, S.DELIVERED, *_FORM, *_COMING)),
    (i.AssessReturn,        C.IN_SERVICE,          (S.SERVICING,)),
    (i.AssessReturn,        C.ALREADY_CANCELLED,   (S.CANCELLED, ONCE_CANCELLED)),
    (i.AssessReturn,        C.ALREADY_ASSESSED,    (ONCE_RETURNED, ONCE_LOST)),
)
"""What stands against a command: the codes whose sentence is true of goods in these places."""
# fmt: on


def _each(words: Words) -> tuple[type[Input], ...]:
    return words if isinstance(words, tuple) else (words,)


def _reasons() -> dict[Place, dict[type[Input], tuple[C, ...]]]:
    found: dict[Place, dict[type[Input], tuple[C, ...]]] = {place: {} for place in _ANYWHERE}
    for words, code, places in AGAINST:
        for place in places:
            for word in _each(words):
                found[place][word] = (*found[place].get(word, ()), code)
    return found


REASONS = _reasons()
"""Everything that stands against a command, by the place of the goods."""


def refusals_are_owed(space: OrderSpace, order: Order, position: Position) -> Iterator[Promise]:
    """What the policy does not allow is refused for just its reasons, wherever the goods are."""
    kinds = space.scope.kinds
    for lot in alone(order):
        digital = lot.line.kind == "digital" and lot.state is S.DELIVERED
        for word, codes in REASONS[place_of(lot)].items():
            if word in kinds:
                role = Role.CUSTOMER if word in _BY_CUSTOMER else Role.CUSTOMER_SERVICE
                said = about(word, lot, speaker(space, role, lot), position)
                if digital and word in (i.RequestCancellation, *_DECISIONS, i.CancelDelivery):
                    codes = (C.NOT_COVERED,)
                yield Owed(said, is_refused_just(*codes))


def guarded_steps_say_why(space: OrderSpace, order: Order, position: Position) -> Iterator[Promise]:
    """Where a step is there but not for this policy, actor or content, the reason is the policy's own."""
    policy, now = space.scope.policy, position.now
    for lot in alone(order):
        line, state = [lot.line.id], lot.state
        buyer, service = Actor(Role.CUSTOMER, space.scope.customer), Actor(Role.CUSTOMER_SERVICE)
        if state is S.UNPAID and not policy.unpaid_cancellation:
            yield Owed(i.RequestCancellation(lines=line, by=buyer, at=now), is_refused(C.CLOSES_BY_ITSELF))
        if state is S.UNPAID and lot.line.kind == "digital":
            yield Owed(i.RequestCancellation(lines=line, by=buyer, at=now), is_refused(C.NOT_COVERED))
        if state is S.DELIVERED and lot.line.kind == "digital":
            form = i.RequestReturn(lines=line, reason="changed_mind", by=buyer, at=now)
            yield Owed(form, is_refused(C.NOT_COVERED))
        if state in _FORM and lot.line.seller is None:
            case, faults = lot.case, policy.returns.shop_fault_reasons
            opened = case is not None and case.opened and case.kind == "return"
            needs_terms = opened and case is not None and case.reason not in faults
            terms = "1.00" if needs_terms else None
            wrong, code = (None, C.TERMS_REQUIRED) if needs_terms else ("1.00", C.TERMS_NOT_NEEDED)
            yield Owed(i.ApproveReturn(lines=line, terms=wrong, by=service, at=now), is_refused(code))
            if order.country not in policy.prepaid_label_countries:
                said = i.ApproveReturn(lines=line, terms=terms, label="prepaid", by=service, at=now)
                yield Owed(said, is_refused(C.NO_PREPAID_LABEL))


def sellers_decide_alone(space: OrderSpace, order: Order, position: Position) -> Iterator[Promise]:
    """About a seller's goods nobody else decides, whatever there is to decide."""
    for lot in alone(order):
        for way in WAYS if lot.line.seller is not None else ():
            if lot.state in way.sources and way.who == OWNER and way.word in space.scope.kinds:
                assert isinstance(way.word, type)
                said = about(way.word, lot, Actor(Role.CUSTOMER_SERVICE), position, **dict(way.carries))
                if place_of(lot) != COMING_HOME:
                    yield Owed(said, is_refused(C.SELLER_DECIDES, line=lot.line.id))


# --- facts -----------------------------------------------------------------------------------------------

_TRACKED = (i.Arrived, i.Delivered, i.Lost, i.DeliveryRefused)
_CANCELLED = (S.CANCELLED, ONCE_CANCELLED)

# fmt: off
KNOWN: dict[type[Fact], tuple[Place, ...]] = {
    i.PreparationStarted: (*IN_PREPARATION, *_LEFT, ONCE_RETURNED, ONCE_LOST),
    i.Dispatched:         (*(place for place in _LEFT if place != S.SERVICING), ONCE_RETURNED, ONCE_LOST),
    i.Arrived:            (S.ARRIVED, S.DELIVERED, *_FORM, *_COMING, S.RETURNED, S.SERVICING, ONCE_RETURNED),
    i.Delivered:          (S.DELIVERED, *_FORM, AT_HOME, S.RETURNED, S.SERVICING, ONCE_RETURNED),
    i.Lost:               (S.LOST, ONCE_LOST, ONCE_RETURNED),
    i.DeliveryRefused:    (*_COMING, S.RETURNED, ONCE_RETURNED),
    i.ReturnReceived:     (S.RETURNED, S.SERVICING),
}
"""Where goods evidently have been through what is reported: the report repeats it (5.12)."""

CONTRADICTED: tuple[tuple[Words, N, tuple[Place, ...]], ...] = (
    ((i.PreparationStarted, i.Dispatched, *_TRACKED, i.ReturnReceived), N.NOT_PAID, (S.UNPAID,)),
    (i.PreparationStarted, N.PREPARED_AFTER_CANCEL,   _CANCELLED),
    (i.PreparationStarted, N.PREPARED_AFTER_CLOSE,    (S.CLOSED,)),
    (i.Dispatched,         N.DISPATCHED_AFTER_CANCEL, _CANCELLED),
    (i.Dispatched,         N.DISPATCHED_AFTER_CLOSE,  (S.CLOSED,)),
    (_TRACKED,             N.TRACKED_AFTER_CANCEL,    _CANCELLED),
    (_TRACKED,             N.TRACKED_AFTER_CLOSE,     (S.CLOSED,)),
    ((i.Arrived, i.Delivered, i.DeliveryRefused), N.DELIVERED_AFTER_REFUND, (ONCE_LOST,)),
    (i.Arrived,            N.ARRIVED_AFTER_LOSS,      (S.LOST,)),
    (i.DeliveryRefused,    N.REFUSED_AFTER_LOSS,      (S.LOST,)),
    (i.DeliveryRefused,    N.REFUSED_AFTER_DELIVERY,  (S.DELIVERED, *_FORM, S.SERVICING)),
    (i.Lost,               N.LOST_AFTER_DELIVERY,     (S.DELIVERED, *_FORM)),
    (i.Lost,               N.LOST_AFTER_RETURN,       (S.RETURNED, S.SERVICING)),
    (i.ReturnReceived,     N.RETURNED_UNDISPATCHED,   STILL_HERE),
    (i.ReturnReceived,     N.RETURNED_AFTER_CANCEL,   (S.CANCELLED,)),
    (i.ReturnReceived,     N.RETURNED_AFTER_CLOSE,    (S.CLOSED,)),
    (i.ReturnReceived,     N.RETURNED_AFTER_REFUND,   _PAID_BACK),
)
"""What a report contradicts, and under which name it is kept (5.5, 5.12)."""
# fmt: on

_REPORTERS: dict[type[Fact], Role] = {i.PreparationStarted: Role.WAREHOUSE, i.ReturnReceived: Role.WAREHOUSE}


def _reporter(word: type[Fact]) -> Actor:
    return Actor(_REPORTERS.get(word, Role.LOGISTICS))


def _physical(order: Order) -> Iterator[Lot]:
    return (lot for lot in alone(order) if lot.line.kind == "physical")


def repetitions_are_known(space: OrderSpace, order: Order, position: Position) -> Iterator[Promise]:
    """A report of what the goods have evidently been through changes nothing, and bothers nobody."""
    for lot in _physical(order):
        place = place_of(lot)
        for word, places in KNOWN.items():
            if word in space.scope.kinds and (place in places or (lot.stray and word is i.Dispatched)):
                yield Owed(about(word, lot, _reporter(word), position), is_known)


def payments_are_known_again(space: OrderSpace, order: Order, position: Position) -> Iterator[Promise]:
    """A payment that is reported again is known; with another amount it is kept as a contradiction."""
    if not order.payments or order.payments[0].id != "p1" or i.PaymentCaptured not in space.scope.kinds:
        return
    known = order.payments[0]
    amount = f"{known.amount // 100}.{known.amount % 100:02d}"
    again: dict[str, Any] = {"payment": known.id, "instrument": known.instrument}
    again |= {"by": Actor(Role.PAYMENT), "at": position.now}
    yield Owed(i.PaymentCaptured(amount=amount, **again), is_known)
    yield Owed(i.PaymentCaptured(amount="0.07", **again), is_kept_as(N.PAYMENT_CONFLICT))


def contradictions_are_kept(space: OrderSpace, order: Order, position: Position) -> Iterator[Promise]:
    """A report that contradicts a decision is kept under its own name, and told to a person."""
    for lot in _physical(order):
        place = place_of(lot)
        for words, code, places in CONTRADICTED:
            for word in _each(words) if place in places else ():
                if word in space.scope.kinds and not (lot.stray and word is i.Dispatched):
                    for content in ({}, _MORE[word]) if word in _MORE else ({},):
                        said = about(word, lot, _reporter(word), position, **content)  # type: ignore[arg-type]
                        yield Owed(said, is_kept_as(code))
        if lot.state is S.LOST and lot.assessed and i.Delivered in space.scope.kinds:
            yield Owed(
                about(i.Delivered, lot, _reporter(i.Delivered), position), is_kept_as(N.DELIVERED_AFTER_ASSESSMENT)
            )


_MORE: dict[type[Input], dict[str, Any]] = {
    i.Dispatched: {"parcel": "x9"},
    i.ReturnReceived: {"condition": Condition.OPENED},
}
"""What a report may tell beside where goods are; it makes no difference to what it contradicts."""


def digital_goods_are_never_on_the_move(space: OrderSpace, order: Order, position: Position) -> Iterator[Promise]:
    """What is reported of digital goods, but that they are there, contradicts the order itself."""
    for lot in alone(order):
        for word in KNOWN if lot.line.kind == "digital" else ():
            if word in space.scope.kinds:
                there = word is i.Delivered and lot.state is S.DELIVERED
                yield Owed(
                    about(word, lot, _reporter(word), position), is_known if there else is_kept_as(N.DIGITAL_GOODS)
                )


def stale_answers_are_kept(space: OrderSpace, order: Order, position: Position) -> Iterator[Promise]:
    """An answer to no open question is kept; that it was given before is known."""
    for lot in alone(order):
        ask = lot.ask
        for word, party, given in _GIVEN:
            if word not in space.scope.kinds or lot.line.kind == "digital":
                continue
            if ask is None or ask.party is not party or (ask.answer is not None and ask.answer is not given):
                yield Owed(about(word, lot, _reporter(word), position), is_kept_as(N.STALE_ANSWER))
            elif ask.answer is given:
                yield Owed(about(word, lot, _reporter(word), position), is_known)
                yield Owed(about(word, lot, _reporter(word), position, ask="a99"), is_kept_as(N.STALE_ANSWER))


_GIVEN: tuple[tuple[type[Fact], Party, Answer], ...] = (
    (i.StopConfirmed, Party.LOGISTICS, Answer.CONFIRMED),
    (i.StopDenied, Party.LOGISTICS, Answer.DENIED),
    (i.InterceptConfirmed, Party.CARRIER, Answer.CONFIRMED),
    (i.InterceptDenied, Party.CARRIER, Answer.DENIED),
)


def parcels_are_learnt_once(space: OrderSpace, order: Order, position: Position) -> Iterator[Promise]:
    """Who first names the parcel of goods that have left is believed; another parcel is a contradiction."""
    for lot in _physical(order) if i.Dispatched in space.scope.kinds else ():
        gone = lot.stray or lot.state not in (S.UNPAID, S.CLOSED, *STILL_HERE, S.CANCELLED, S.SERVICING, S.REFUNDED)
        if gone and lot.parcel is None:
            yield Owed(_in_parcel(lot, "x9", position), _remembers(lot, "x9"))
        elif gone and lot.parcel is not None:
            yield Owed(_in_parcel(lot, lot.parcel, position), is_known)
            yield Owed(_in_parcel(lot, "x9", position), is_kept_as(N.PARCEL_CONFLICT))


def _in_parcel(lot: Lot, parcel: str, position: Position) -> Input:
    return about(i.Dispatched, lot, _reporter(i.Dispatched), position, parcel=parcel)


def _remembers(lot: Lot, parcel: str) -> Any:
    def kept(step: Taken) -> str | None:
        parcels = {(each.parcel, each.state) for each in lots_after(step) if each.line is lot.line}
        if parcels == {(parcel, lot.state)}:
            return None
        return f"the parcel of {lot.line.id} is not remembered, or moved it"

    return kept


def conditions_are_learnt_once(space: OrderSpace, order: Order, position: Position) -> Iterator[Promise]:
    """How goods were found, whoever says so first is believed until they are assessed; else it is a contradiction."""
    for lot in _physical(order) if i.ReturnReceived in space.scope.kinds else ():
        for condition in Condition if lot.state in (S.RETURNED, S.SERVICING) else ():
            said = about(i.ReturnReceived, lot, _reporter(i.ReturnReceived), position, condition=condition)
            if lot.condition is condition:
                yield Owed(said, is_known)
            elif lot.condition is None and not lot.assessed:
                yield Owed(said, _found_in(lot, condition))
            else:
                yield Owed(said, is_kept_as(N.CONDITION_CONFLICT))


def _found_in(lot: Lot, condition: Condition) -> Any:
    def kept(step: Taken) -> str | None:
        found = {(each.condition, each.state) for each in lots_after(step) if each.line is lot.line}
        if found == {(condition, lot.state)}:
            return None
        return f"how {lot.line.id} was found is not remembered, or moved it"

    return kept


ANSWERS: tuple[tuple[Promising, tuple[str, ...]], ...] = (
    (refusals_are_owed, ("A2", "A9", "B7", "B17", "B19", "5.11")),
    (guarded_steps_say_why, ("A3", "A15", "A16", "B7")),
    (sellers_decide_alone, ("B10", "5.15")),
    (repetitions_are_known, ("5.11", "5.12")),
    (payments_are_known_again, ("5.11",)),
    (contradictions_are_kept, ("5.5", "5.12", "A10")),
    (digital_goods_are_never_on_the_move, ("B7",)),
    (stale_answers_are_kept, ("A8", "A11", "5.7")),
    (parcels_are_learnt_once, ("5.5", "A9")),
    (conditions_are_learnt_once, ("5.9", "A19")),
)


__all__ = ["AGAINST", "ANSWERS", "CONTRADICTED", "KNOWN", "REASONS", "place_of"]
