"""Which strategy stands for which type of orderfsm, for ``st.from_type`` and all that infers from annotations."""

from typing import Any

from orderfsm.actors import LOGISTICS, PAYMENT, Actor
from orderfsm.decisions import Accepted, Anomalous, Decision, Duplicate, Refused
from orderfsm.inputs import INPUTS, Arrived, Input, Item, PaymentCaptured
from orderfsm.machine import OrderMachine
from orderfsm.money import Money
from orderfsm.order import Order, Unplaced
from orderfsm.policy import Policy, ReturnSchedule
from orderfsm.testing.mentions import latest
from orderfsm.testing.missing import needs_hypothesis
from orderfsm.testing.openings import return_schedules
from orderfsm.testing.strategies import ORDER_ID, actors, amounts, decisions, inputs, orders, places, policies

try:
    from hypothesis import strategies as st
except ImportError as missing:
    raise needs_hypothesis(__name__) from missing

_DECISIONS = (Decision, Accepted, Refused, Duplicate, Anomalous)


def _moneys() -> st.SearchStrategy[Money]:
    return st.sampled_from(["EUR", "JPY", "KWD"]).flatmap(
        lambda currency: amounts(currency).map(lambda amount: Money.of(amount, currency))
    )


def _items() -> st.SearchStrategy[Item]:
    return places().flatmap(lambda place: st.sampled_from(place.lines))


@st.composite
def _decisions_of(draw: st.DrawFn, kind: type[Decision]) -> Decision:
    """Answers of one kind: as they come, or where another one came, by an input that is always answered so."""
    found = draw(decisions())
    if isinstance(found, kind) or not isinstance(found.order, Order):
        return found
    machine, order, at = OrderMachine(), found.order, latest(found.order)
    if kind is Accepted:
        excess = PaymentCaptured(payment="excess", instrument="card:1", amount=1, by=PAYMENT, at=at)
        return machine.decide(order, excess)
    if kind is Refused:
        return machine.decide(order, draw(places()).sent(at=at))
    unknown = Arrived(lines=["unknown"], id="again", by=LOGISTICS, at=at)
    once = machine.decide(order, unknown)
    return once if kind is Anomalous else machine.decide(once.order, unknown)


def strategy_for(thing: Any) -> st.SearchStrategy[Any] | None:
    """The strategy for a type of orderfsm; None for those that Hypothesis makes out by itself."""
    simple: dict[Any, st.SearchStrategy[Any]] = {
        Order: orders(),
        Unplaced: st.builds(Unplaced, st.just(ORDER_ID)),
        Policy: policies(),
        ReturnSchedule: return_schedules(),
        Actor: actors(),
        Money: _moneys(),
        Item: _items(),
        Decision: decisions(),
    }
    if thing in simple:
        return simple[thing]
    if thing in _DECISIONS:
        return _decisions_of(thing)
    if isinstance(thing, type) and issubclass(thing, Input):
        kinds = [kind for kind in INPUTS if issubclass(kind, thing)]
        return inputs(kinds=kinds) if kinds else None
    return None
