"""What reports must be taken for that move nothing: repetitions of what is known, and contradictions.

Read off the policy's words: a report repeats what is known where the goods evidently are, or were, where it says;
else it contradicts what was decided, and is kept under the name of what it contradicts (policy 3, 5.5, 5.7, 5.12).
"""

from collections.abc import Iterator
from typing import Any

from orderfsm import inputs as i
from orderfsm.actors import Actor, Role
from orderfsm.inputs import Condition, Fact, Input
from orderfsm.money import decimal_string
from orderfsm.order import Answer, Lot, Order, Party
from orderfsm.reasons import AnomalyCode as N
from orderfsm.states import State as S
from orderfsm.testing.charter import IN_PREPARATION, STILL_HERE
from orderfsm.testing.orders import OrderSpace, Position
from orderfsm.testing.owing import (
    Kept,
    Promise,
    Promising,
    Taken,
    Words,
    about,
    alone,
    each_of,
    is_kept_as,
    is_known,
    lots_after,
)
from orderfsm.testing.places import (
    AT_HOME,
    COMING,
    COMING_HOME,
    FORM,
    LEFT,
    ONCE_CANCELLED,
    ONCE_LOST,
    ONCE_RETURNED,
    REFUNDED,
    Place,
    place_of,
)
from orderfsm.testing.properties import Owed

_TRACKED = (i.Arrived, i.Delivered, i.Lost, i.DeliveryRefused)
_CANCELLED = (S.CANCELLED, ONCE_CANCELLED)

# fmt: off
KNOWN: dict[type[Fact], tuple[Place, ...]] = {
    i.PreparationStarted: (*IN_PREPARATION, *LEFT, ONCE_RETURNED, ONCE_LOST),
    i.Dispatched:         (*(place for place in LEFT if place != S.SERVICING), ONCE_RETURNED, ONCE_LOST),
    i.Arrived:            (S.ARRIVED, S.DELIVERED, *FORM, *COMING, S.RETURNED, S.SERVICING, ONCE_RETURNED),
    i.Delivered:          (S.DELIVERED, *FORM, AT_HOME, S.RETURNED, S.SERVICING, ONCE_RETURNED),
    i.Lost:               (S.LOST, ONCE_LOST, ONCE_RETURNED),
    i.DeliveryRefused:    (*COMING, S.RETURNED, ONCE_RETURNED),
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
    (i.DeliveryRefused,    N.REFUSED_AFTER_DELIVERY,  (S.DELIVERED, *FORM, S.SERVICING)),
    (i.Lost,               N.LOST_AFTER_DELIVERY,     (S.DELIVERED, *FORM)),
    (i.Lost,               N.LOST_AFTER_RETURN,       (S.RETURNED, S.SERVICING)),
    (i.ReturnReceived,     N.RETURNED_UNDISPATCHED,   STILL_HERE),
    (i.ReturnReceived,     N.RETURNED_AFTER_CANCEL,   (S.CANCELLED,)),
    (i.ReturnReceived,     N.RETURNED_AFTER_CLOSE,    (S.CLOSED,)),
    (i.ReturnReceived,     N.RETURNED_AFTER_REFUND,   REFUNDED),
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
                if lot.quantity > 1:  # and so does one that counts them
                    counted = {lot.line.id: lot.quantity}
                    yield Owed(about(word, lot, _reporter(word), position, lines=counted), is_known)


def payments_are_known_again(space: OrderSpace, order: Order, position: Position) -> Iterator[Promise]:
    """A payment that is reported again is known; with another amount it is kept as a contradiction."""
    if not order.payments or order.payments[0].id != "p1" or i.PaymentCaptured not in space.scope.kinds:
        return
    known = order.payments[0]
    amount, more = (decimal_string(each, order.currency) for each in (known.amount, known.amount + 1))
    again: dict[str, Any] = {"payment": known.id, "instrument": known.instrument}
    again |= {"by": Actor(Role.PAYMENT), "at": position.now}
    yield Owed(i.PaymentCaptured(amount=amount, **again), is_known)
    yield Owed(i.PaymentCaptured(amount=more, **again), is_kept_as(N.PAYMENT_CONFLICT))


def contradictions_are_kept(space: OrderSpace, order: Order, position: Position) -> Iterator[Promise]:
    """A report that contradicts a decision is kept under its own name, and told to a person."""
    for lot in _physical(order):
        place = place_of(lot)
        for words, code, places in CONTRADICTED:
            for word in each_of(words) if place in places else ():
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


def _remembers(lot: Lot, parcel: str) -> Kept:
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


def _found_in(lot: Lot, condition: Condition) -> Kept:
    def kept(step: Taken) -> str | None:
        found = {(each.condition, each.state) for each in lots_after(step) if each.line is lot.line}
        if found == {(condition, lot.state)}:
            return None
        return f"how {lot.line.id} was found is not remembered, or moved it"

    return kept


def moves_against_decisions_are_named(space: OrderSpace, order: Order, position: Position) -> Iterator[Promise]:
    """Goods that turn up against a decision are where they are, and it is kept which decision it was."""
    for lot in _physical(order):
        if place_of(lot) == COMING_HOME and i.Delivered in space.scope.kinds:
            ask = lot.ask
            called_off = ask is not None and ask.party is Party.CARRIER and ask.answer is Answer.CONFIRMED
            code = N.DELIVERED_AFTER_INTERCEPT if called_off else N.DELIVERED_AFTER_REFUSAL
            yield Owed(about(i.Delivered, lot, _reporter(i.Delivered), position), is_kept_as(code))
        if lot.state in (S.SHIPPED, S.ARRIVED, S.DELIVERED, *FORM) and i.ReturnReceived in space.scope.kinds:
            said = about(i.ReturnReceived, lot, _reporter(i.ReturnReceived), position)
            yield Owed(said, is_kept_as(N.UNAPPROVED_RETURN))


ANSWERS: tuple[tuple[Promising, tuple[str, ...]], ...] = (
    (repetitions_are_known, ("5.11", "5.12")),
    (payments_are_known_again, ("5.11",)),
    (contradictions_are_kept, ("5.5", "5.12", "A10")),
    (moves_against_decisions_are_named, ("5.12", "A11", "A12", "A13")),
    (digital_goods_are_never_on_the_move, ("B7",)),
    (stale_answers_are_kept, ("A8", "A11", "5.7")),
    (parcels_are_learnt_once, ("5.5", "A9")),
    (conditions_are_learnt_once, ("5.9", "A19")),
)
