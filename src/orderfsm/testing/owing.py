"""How promises are put: which goods, who says it, and what the answer has to be.

The promises themselves are in `orderfsm.testing.promises` and `orderfsm.testing.answers`.
"""

from collections.abc import Callable, Iterator
from typing import Any

from orderfsm import inputs as i
from orderfsm.actors import Actor, Role
from orderfsm.decisions import Accepted, Anomalous, Duplicate, Refused
from orderfsm.inputs import Input
from orderfsm.order import Lot, Order, Unplaced
from orderfsm.reasons import AnomalyCode, Code
from orderfsm.states import State as S
from orderfsm.testing.orders import OrderSpace, Position, Said
from orderfsm.testing.properties import Obligation, Owed, Step

Taken = Step[Position, Said]
Promise = Owed[Position, Said]
Promising = Callable[[OrderSpace, Any, Position], Iterator[Promise]]
Kept = Callable[[Taken], str | None]
Words = type[Input] | tuple[type[Input], ...]


def each_of(words: Words) -> tuple[type[Input], ...]:
    """Inputs of which the same is said."""
    return words if isinstance(words, tuple) else (words,)


def alone(order: Order) -> Iterator[Lot]:
    """Lines whose goods are all in one place: naming the line means just them."""
    for line in order.lines:
        lots = [lot for lot in order.lots if lot.line is line]
        if len(lots) == 1:
            yield lots[0]


def speaker(space: OrderSpace, role: Role, lot: Lot) -> Actor | None:
    """Who speaks in a role about these goods; nobody where they have no seller."""
    if role is Role.CUSTOMER:
        return Actor(role, space.scope.customer)
    if role is Role.SELLER:
        return Actor(role, lot.line.seller) if lot.line.seller is not None else None
    return Actor(role)


def about(word: type[Input], lot: Lot, by: Actor | None, position: Position, **content: Any) -> Input:
    """What is said about these goods now, with nothing else in it than must be."""
    if word is i.RequestReturn:
        content.setdefault("reason", "changed_mind")
    content.setdefault("lines", [lot.line.id])
    return word(by=by, at=position.now, **content)


def spoken(step: Taken) -> str:
    """What was said, in short."""
    said = step.input
    return f"{said.name} by {said.by}" if isinstance(said, Input) else "waiting"


def _answered(step: Taken) -> str:
    return f"was {step.answer.outcome} {', '.join(each.code for each in step.answer.reasons)}".rstrip()


def now_in(lot: Lot, target: S, *, against: bool = False) -> Kept:
    """The goods are where the word leads; `against` a decision, it is kept as an anomaly as well."""
    outcome = Anomalous if against else Accepted

    def kept(step: Taken) -> str | None:
        answer = step.answer
        if not isinstance(answer, outcome):
            return f"{spoken(step)} of {lot.line.id}, which is {lot.state}, {_answered(step)}"
        states = {each.state for each in lots_after(step) if each.line is lot.line}
        settled = {S.REFUNDED} if target in (S.CANCELLED, S.RETURNED, S.LOST) and not lot.amount else set()
        if states <= {target} | settled:
            return None
        return f"{spoken(step)} of {lot.line.id} led to {', '.join(sorted(states))} instead of {target}"

    return kept


def is_accepted(step: Taken) -> str | None:
    """It is accepted."""
    return None if isinstance(step.answer, Accepted) else f"{spoken(step)} {_answered(step)}"


def is_refused(*codes: Code, line: str | None = None) -> Kept:
    """It is refused, with these reasons among others; where a line is named, about that line."""

    def kept(step: Taken) -> str | None:
        about = [each.code for each in step.answer.reasons if line is None or each.facts.get("line") == line]
        if isinstance(step.answer, Refused) and set(codes) <= set(about):
            return None
        return f"{spoken(step)} should be refused with {', '.join(codes)}, and {_answered(step)}"

    return kept


def is_refused_just(*codes: Code) -> Kept:
    """It is refused, with these reasons and no others."""

    def kept(step: Taken) -> str | None:
        if isinstance(step.answer, Refused) and {reason.code for reason in step.answer.reasons} == set(codes):
            return None
        return f"{spoken(step)} should be refused with {', '.join(codes)} alone, and {_answered(step)}"

    return kept


def is_kept_as(code: AnomalyCode) -> Kept:
    """It is kept as an anomaly, unless it is kept already, word for word."""

    def kept(step: Taken) -> str | None:
        answer = step.answer
        if isinstance(answer, Anomalous) and code in {reason.code for reason in answer.reasons}:
            return None
        known = any(each.fact == step.input and each.reason.code == code for each in step.before.order.anomalies)
        if known and isinstance(answer, Duplicate):
            return None
        return f"{spoken(step)} should be kept as {code}, and {_answered(step)}"

    return kept


def is_known(step: Taken) -> str | None:
    """It repeats what is known, and nothing changes."""
    if isinstance(step.answer, Duplicate) and not step.answer.moves:
        return None
    return f"{spoken(step)} is known already, and {_answered(step)}"


def obligation(
    space: OrderSpace, make: Promising, clauses: tuple[str, ...], *, unplaced: bool = False
) -> Obligation[Position, Said]:
    """Promises of one kind as a property: of orders that are placed, or of those that are not yet."""

    def owed(position: Position) -> Iterator[Promise]:
        if isinstance(position.order, Unplaced) is unplaced:
            yield from make(space, position.order, position)

    return Obligation(name=make.__name__, says=(make.__doc__ or "").strip(), clauses=clauses, owed=owed)


def lots_after(step: Taken) -> tuple[Lot, ...]:
    """The goods as they are after the answer."""
    order = step.answer.order
    return order.lots if isinstance(order, Order) else ()
