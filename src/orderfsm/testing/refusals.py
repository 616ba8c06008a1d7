"""Which commands must be refused, and why: with just the reasons that stand against them.

Read off the policy's words: a refusal names everything that stands against the command, and what stands against
it is what its code says of the goods (policy 4).
"""

from collections.abc import Iterator
from functools import partial

from orderfsm import inputs as i
from orderfsm.actors import Actor, Role
from orderfsm.inputs import Input
from orderfsm.order import Lot, Order
from orderfsm.reasons import Code as C
from orderfsm.states import State as S
from orderfsm.testing.charter import IN_PREPARATION, NOT_YET_IN_PREPARATION, OWNER, STILL_HERE, WAYS
from orderfsm.testing.orders import OrderSpace, Position
from orderfsm.testing.owing import (
    Promise,
    Promising,
    Words,
    about,
    alone,
    each_of,
    is_refused,
    is_refused_just,
    speaker,
)
from orderfsm.testing.places import (
    ANYWHERE,
    COMING,
    COMING_HOME,
    FORM,
    LEFT,
    ONCE_CANCELLED,
    ONCE_LOST,
    ONCE_RETURNED,
    REFUNDED,
    ROAD,
    Place,
    place_of,
)
from orderfsm.testing.properties import Owed

# fmt: off
_ASKED = (*NOT_YET_IN_PREPARATION[1:], *IN_PREPARATION[1:])
_CONFIRMING = (NOT_YET_IN_PREPARATION[2], IN_PREPARATION[2])

_DECISIONS = (i.WithdrawCancellation, i.ApproveCancellation, i.DeclineCancellation)
_ON_RETURN = (i.WithdrawReturn, i.ApproveReturn, i.DeclineReturn)
_ON_TERMS = (i.AcceptTerms, i.RejectTerms)
_BY_CUSTOMER = (
    i.RequestCancellation, i.WithdrawCancellation, i.CancelDelivery, i.RequestReturn, i.WithdrawReturn, *_ON_TERMS,
)

AGAINST: tuple[tuple[Words, C, tuple[Place, ...]], ...] = (
    # cancelling: what has left stays sold (A9)
    (i.RequestCancellation, C.ORDER_CLOSED,        (S.CLOSED,)),
    (i.RequestCancellation, C.ALREADY_REQUESTED,   _ASKED),
    (i.RequestCancellation, C.ALREADY_CANCELLED,   (S.CANCELLED, ONCE_CANCELLED)),
    (i.RequestCancellation, C.ALREADY_DISPATCHED,  (*LEFT, ONCE_RETURNED, ONCE_LOST)),
    (i.RequestCancellation, C.ALREADY_RETURNED,    (S.RETURNED, ONCE_RETURNED)),
    (i.RequestCancellation, C.ALREADY_LOST,        (ONCE_LOST,)),
    # deciding on it: there is nothing to decide, and that has a reason
    (_DECISIONS,            C.NOT_PAID,            (S.UNPAID,)),
    (_DECISIONS,            C.ORDER_CLOSED,        (S.CLOSED,)),
    (i.ApproveCancellation, C.AWAITING_LOGISTICS,  _CONFIRMING),
    (_DECISIONS,            C.NOTHING_REQUESTED,   (S.UNSHIPPED, S.PREPARING, S.CANCELLED, *LEFT, *REFUNDED)),
    (_DECISIONS,            C.ALREADY_CANCELLED,   (S.CANCELLED, ONCE_CANCELLED)),
    (_DECISIONS,            C.ALREADY_DISPATCHED,  LEFT),
    (_DECISIONS,            C.ALREADY_RETURNED,    (ONCE_RETURNED,)),
    (_DECISIONS,            C.ALREADY_LOST,        (ONCE_LOST,)),
    # calling off: only what is under way (B18, B19)
    (i.CancelDelivery,      C.NOT_PAID,            (S.UNPAID,)),
    (i.CancelDelivery,      C.ORDER_CLOSED,        (S.CLOSED,)),
    (i.CancelDelivery,      C.NOT_DISPATCHED,      (S.UNPAID, *STILL_HERE, S.SERVICING)),
    (i.CancelDelivery,      C.ALREADY_REQUESTED,   (S.SHIPPED_INTERCEPTING,)),
    (i.CancelDelivery,      C.ALREADY_ARRIVED,     (S.ARRIVED,)),
    (i.CancelDelivery,      C.ALREADY_DELIVERED,   (S.DELIVERED,)),
    (i.CancelDelivery,      C.RETURN_OPEN,         (*FORM, *COMING)),
    (i.CancelDelivery,      C.ALREADY_CANCELLED,   (S.CANCELLED, ONCE_CANCELLED)),
    (i.CancelDelivery,      C.ALREADY_RETURNED,    (S.RETURNED, ONCE_RETURNED)),
    (i.CancelDelivery,      C.ALREADY_LOST,        (S.LOST, ONCE_LOST)),
    # returning: only what the customer has (A13, B3)
    (i.RequestReturn,       C.NOT_PAID,            (S.UNPAID,)),
    (i.RequestReturn,       C.ORDER_CLOSED,        (S.CLOSED,)),
    (i.RequestReturn,       C.NOT_DELIVERED,       (S.UNPAID, *STILL_HERE, *ROAD)),
    (i.RequestReturn,       C.RETURN_OPEN,         (*FORM, *COMING, S.SERVICING)),
    (i.RequestReturn,       C.ALREADY_CANCELLED,   (S.CANCELLED, ONCE_CANCELLED)),
    (i.RequestReturn,       C.ALREADY_RETURNED,    (S.RETURNED, ONCE_RETURNED)),
    (i.RequestReturn,       C.ALREADY_LOST,        (S.LOST, ONCE_LOST)),
    # deciding on that
    (_ON_RETURN,            C.NOTHING_REQUESTED,   (S.UNPAID, S.CLOSED, *STILL_HERE, S.CANCELLED, *ROAD, S.DELIVERED,
                                                    S.LOST, ONCE_CANCELLED)),
    (i.ApproveReturn,       C.RETURN_OPEN,         COMING),
    (i.WithdrawReturn,      C.NOT_DELIVERED,       (COMING_HOME,)),
    (i.DeclineReturn,       C.NOT_DELIVERED,       (COMING_HOME,)),
    (_ON_RETURN,            C.ALREADY_RETURNED,    (S.RETURNED, S.SERVICING, ONCE_RETURNED)),
    (_ON_RETURN,            C.ALREADY_LOST,        (ONCE_LOST,)),
    (_ON_TERMS,             C.NOTHING_PROPOSED,    tuple(place for place in ANYWHERE if place != S.RETURN_PLANNING)),
    (i.GiveUpService,       C.NOT_IN_SERVICE,      tuple(place for place in ANYWHERE if place != S.SERVICING)),
    # assessing: only what is back or lost, once (A19)
    (i.AssessReturn,        C.NOT_PAID,            (S.UNPAID,)),
    (i.AssessReturn,        C.ORDER_CLOSED,        (S.CLOSED,)),
    (i.AssessReturn,        C.NOT_RECEIVED,        (S.UNPAID, *STILL_HERE, *ROAD, S.DELIVERED, *FORM, *COMING)),
    (i.AssessReturn,        C.IN_SERVICE,          (S.SERVICING,)),
    (i.AssessReturn,        C.ALREADY_CANCELLED,   (S.CANCELLED, ONCE_CANCELLED)),
    (i.AssessReturn,        C.ALREADY_ASSESSED,    (ONCE_RETURNED, ONCE_LOST)),
)
"""What stands against a command: the codes whose sentence is true of goods in these places."""
# fmt: on


def _reasons() -> dict[Place, dict[type[Input], tuple[C, ...]]]:
    found: dict[Place, dict[type[Input], tuple[C, ...]]] = {place: {} for place in ANYWHERE}
    for words, code, places in AGAINST:
        for place in places:
            for word in each_of(words):
                found[place][word] = (*found[place].get(word, ()), code)
    return found


REASONS = _reasons()
"""Everything that stands against a command, by the place of the goods."""


def refusals_are_owed(space: OrderSpace, order: Order, position: Position) -> Iterator[Promise]:
    """What the policy does not allow is refused for just its reasons, wherever the goods are."""
    for lot in alone(order):
        place = place_of(lot)
        yield from space.once((refusals_are_owed, lot.line, place, position.now), partial(_owed, space, lot, position))


def _owed(space: OrderSpace, lot: Lot, position: Position) -> Iterator[Promise]:
    place = place_of(lot)
    digital = lot.line.kind == "digital" and place is S.DELIVERED
    for word, codes in REASONS[place].items():
        if word in space.scope.kinds:
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
        if state in FORM and lot.line.seller is None:
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


REFUSALS: tuple[tuple[Promising, tuple[str, ...]], ...] = (
    (refusals_are_owed, ("A2", "A9", "B7", "B17", "B19", "5.11")),
    (guarded_steps_say_why, ("A3", "A15", "A16", "B7")),
    (sellers_decide_alone, ("B10", "5.15")),
)
