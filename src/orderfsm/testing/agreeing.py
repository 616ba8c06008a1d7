"""Whether two positions with one key behave alike: what a key leaves out must not matter.

What is said to one is said to the other in its own words: at the corresponding instant, seen from its own
deadlines, and about its own asks, refunds and early facts. Then the answers are compared, and where they lead.
"""

from collections.abc import Hashable, Mapping
from datetime import datetime
from typing import Any

from attrs import evolve, fields, frozen

from orderfsm.deadlines import moving
from orderfsm.decisions import Decision, Move
from orderfsm.effects import Effect, Escalate
from orderfsm.events import Waiting
from orderfsm.inputs import InterceptAnswer, PaymentCaptured, StopAnswer
from orderfsm.order import Anomaly, Lot, Order, Refund, Unplaced
from orderfsm.reasons import AnomalyCode, Code
from orderfsm.states import State
from orderfsm.testing.orders import TICK, OrderSpace, Position, Said, Wait
from orderfsm.testing.scopes import Values

_FRESH = "an id that nobody has used"
_OWN = frozenset({"id", "ask", "refund", "anomaly", "attempt", "facts", "not_before", "due_by"})
"""What effects say of an order's own ids and times."""

_OVERDUE = frozenset(Waiting)


def agree(space: OrderSpace, first: Position, second: Position) -> str | None:
    """What two positions with one key do otherwise than each other; None where they behave alike.

    Every input of the scope is tried in both. Compared are the outcome, the codes, what moved, what the selection
    was widened to, what is to be done outside (but for alerts of what waits too long), and the key of the result.

    Args:
        space: the orders and what is said to them; without symmetry, for lines correspond by their names.
        first, second: the positions.

    Raises:
        ValueError: their keys differ, or the keys know a symmetry.
    """
    if space.key(first) != space.key(second) or _lines(first) != _lines(second):
        raise ValueError("expected two positions with one key, of a space without symmetry")
    for one, other in ((first, second), (second, first)):
        translation = Translation(space, one, other)
        for said in space.inputs(one):
            same = translation(said)
            if same is not None:
                fault = _compared(space, tried(space, one, anew(space, said)), tried(space, other, same))
                if fault is not None:
                    return f"{said}: {fault}"
    return None


def _lines(position: Position) -> list[str]:
    return [lot.line.id for lot in _units(position.order)] if isinstance(position.order, Order) else []


def _units(order: Order) -> list[Lot]:
    """For each unit of the goods its lot: alike goods may be one lot in one order and several in another."""
    return [lot for lot in order.lots for _ in range(lot.quantity)]


def anew(space: OrderSpace, said: Said) -> Said:
    """The same under an id of its own, so that it repeats nothing word for word; unless ids are what is tried."""
    return said if isinstance(said, Wait) or space.scope.ids else evolve(said, id=_FRESH)


# --- in the words of another -----------------------------------------------------------------------------


class Translation:
    """Says to one position what was said to another with the same key.

    Args:
        space: the orders and what is said to them.
        source: the position to which it was said.
        target: the one to which it is to be said.
    """

    def __init__(self, space: OrderSpace, source: Position, target: Position) -> None:
        self._space = space
        self._now, self._then = source.now, target.now
        self._instants = _paired(_instants(space, source), _instants(space, target))
        self._placed: dict[datetime, datetime] = {}
        self._open: dict[str, datetime] = {}
        self._open_there: dict[str, datetime] = {}
        self._ids: dict[str, dict[str, str | None]] = {"ask": {}, "refund": {}, "anomaly": {}}
        waiting, early = _waiting(source.order), _waiting(target.order)
        self._ids["anomaly"] = {one.id: other.id for one, other in zip(waiting, early, strict=True)}
        if isinstance(source.order, Order) and isinstance(target.order, Order):
            self._pair_orders(source.order, target.order)

    def _pair_orders(self, source: Order, target: Order) -> None:
        self._placed = {source.placed_at: target.placed_at}
        refunds = zip(_in_order(source), _in_order(target), strict=True)
        self._ids["refund"] = {one.id: other.id for one, other in refunds}
        asks = self._ids["ask"]
        asked = [(one.ask, other.ask) for one, other in zip(_units(source), _units(target), strict=True)]
        for mine, yours in asked:
            if mine is not None and yours is not None and mine.open:
                asks.setdefault(mine.id, yours.id)
                self._open[mine.id], self._open_there[mine.id] = mine.at, yours.at
        open = {yours.id for _, yours in asked if yours is not None and yours.open}
        for mine, yours in asked:  # of those that were answered, some may be forgotten: they are nobody's now
            if mine is not None:
                asks.setdefault(mine.id, None if yours is None or yours.id in open else yours.id)

    def __call__(self, said: Said) -> Said | None:
        """The same, said to the other; None where that has nothing of the kind to speak of."""
        if isinstance(said, Wait):
            return Wait(self._instant(said.at))
        changes: dict[str, Any] = {}
        for name, pairs in self._ids.items():
            quoted = getattr(said, name, None)
            if quoted in pairs:
                changes[name] = pairs[quoted]
                if changes[name] is None:
                    return None
        assert said.at is not None
        if said.received_at is None:
            changes["at"] = self._instant(said.at)
        elif isinstance(said, PaymentCaptured):
            changes |= {"at": self._placed[said.at], "received_at": self._instant(said.received_at)}
        else:
            when = self._answered(said.at, self._instant(said.received_at))
            if when is None:
                return None
            changes |= when
        return anew(self._space, evolve(said, **changes))

    def _answered(self, at: datetime, received_at: datetime) -> dict[str, Any] | None:
        """When an answer that is learnt late was given: after the same questions as in the source.

        Where these were not the first there, it quotes the one that it can be meant for, if it is one.
        """
        meant = {ask for ask, asked_at in self._open.items() if asked_at <= at}
        for instant in [asked_at - TICK for asked_at in self._open_there.values()]:
            if meant == {ask for ask, asked_at in self._open_there.items() if asked_at <= instant}:
                return {"at": instant, "received_at": received_at}
        if len(meant) > 1:
            return None
        return {"at": received_at, "received_at": None, "ask": self._ids["ask"][meant.pop()]}

    def _instant(self, at: datetime) -> datetime:
        found = self._instants.get(at)
        return self._then + (at - self._now) if found is None else found


def _instants(space: OrderSpace, position: Position) -> dict[str, datetime]:
    """The instants at which something is said, by what they are."""
    found: dict[str, datetime] = {}
    order, policy = position.order, space.scope.policy
    if isinstance(order, Order):
        for lot in order.lots:
            due = moving(policy, order.placed_at, order.paid_at, lot)
            if due is not None:
                found |= _around(due[1].value, due[0])
            if lot.state is State.UNPAID:
                found |= _around("payment window", order.placed_at + policy.payment_window)
    return found | {"now": position.now}


def _around(name: str, at: datetime) -> dict[str, datetime]:
    return {f"before {name}": at - TICK, name: at, f"after {name}": at + TICK}


def _paired(source: Mapping[str, datetime], target: Mapping[str, datetime]) -> dict[datetime, datetime]:
    found: dict[datetime, datetime] = {}
    for name, at in source.items():
        found.setdefault(at, target[name])
    return found


def _waiting(order: Order | Unplaced) -> list[Anomaly]:
    return [each for each in order.anomalies if each.waiting]


def _in_order(order: Order) -> list[Refund]:
    """The refunds, in an order that does not depend on when each was created."""

    def content(refund: Refund) -> tuple[object, ...]:
        paid_for = [place for place, lot in enumerate(_units(order)) if refund.id in lot.refunds]
        return refund.payment, refund.cause, refund.state, refund.amount, paid_for

    return sorted(order.refunds, key=content)


# --- what became of it -----------------------------------------------------------------------------------


@frozen
class Tried:
    """What was said, what was answered, and the key of the result."""

    said: Said
    answer: Decision
    key: Hashable


def tried(space: OrderSpace, position: Position, said: Said) -> Tried:
    """What becomes of an input."""
    after, answer = space.step(position, said)
    return Tried(said, answer, space.key(after))


def _compared(space: OrderSpace, first: Tried, second: Tried) -> str | None:
    """What is told of two answers, if it is not the same."""
    if _only_repeated(first, second) and (space.scope.values is not Values.FULL or _now_quotes(first, second)):
        return None
    told, retold = _told(first), _told(second)
    for name, one in told.items():
        if one != retold[name]:
            return f"{name} {one!r}, elsewhere {retold[name]!r} (there {second.said})"
    return None


def _only_repeated(first: Tried, second: Tried) -> bool:
    """Whether an answer that moves nothing is stale to one and a repetition to the other.

    Where keys forget questions that were answered, only that may differ.
    """
    if first.key != second.key or not isinstance(first.said, StopAnswer | InterceptAnswer):
        return False
    return all(
        not each.answer.moves and (each.answer.outcome == "duplicate" or codes_of(each.answer) == [_STALE])
        for each in (first, second)
    )


def _now_quotes(first: Tried, second: Tried) -> bool:
    """Whether only one of two answers says which question it is about."""
    return (getattr(first.said, "ask", None) is None) is not (getattr(second.said, "ask", None) is None)


_STALE = AnomalyCode.STALE_ANSWER.value


def _told(tried: Tried) -> dict[str, Any]:
    """What an answer says, but for ids and times of the order's own."""
    answer = tried.answer
    return {
        "outcome": answer.outcome,
        "codes": codes_of(answer),
        "moves": moved_by(answer),
        "added": dict(answer.added),
        "fired": [code for code in answer.fired if code not in _OVERDUE],
        "effects": [_content(effect) for effect in answer.effects if not _is_alert(effect)],
        "key": tried.key,
    }


def moved_by(answer: Decision) -> dict[Move, int]:
    """How many units moved, by how they did."""
    moved: dict[Move, int] = {}
    for move in answer.moves:
        each = evolve(move, quantity=1)
        moved[each] = moved.get(each, 0) + move.quantity
    return moved


def codes_of(answer: Decision) -> list[str]:
    """The codes; that an amount is missing too is nothing new where there is nothing left to be assessed."""
    codes = [str(reason.code) for reason in answer.reasons]
    return [code for code in codes if code != Code.AMOUNT_REQUIRED or Code.ALREADY_ASSESSED not in codes]


def _is_alert(effect: Effect) -> bool:
    return isinstance(effect, Escalate) and effect.code in _OVERDUE


def _content(effect: Effect) -> tuple[str, dict[str, Any]]:
    return effect.name, {
        each.name: getattr(effect, each.name) for each in fields(type(effect)) if each.name not in _OWN
    }
