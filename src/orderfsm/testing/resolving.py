"""Which strategy stands for which type of orderfsm, for ``st.from_type`` and all that infers from annotations."""

from typing import Any

from orderfsm.actors import Actor
from orderfsm.decisions import Decision
from orderfsm.inputs import INPUTS, Input, Item
from orderfsm.money import Money
from orderfsm.order import Order, Unplaced
from orderfsm.policy import Policy, ReturnSchedule
from orderfsm.testing.missing import needs_hypothesis
from orderfsm.testing.openings import return_schedules
from orderfsm.testing.strategies import ORDER_ID, actors, amounts, decisions, inputs, orders, places, policies

try:
    from hypothesis import strategies as st
except ImportError as missing:
    raise needs_hypothesis(__name__) from missing


def _moneys() -> st.SearchStrategy[Money]:
    return st.sampled_from(["EUR", "JPY", "KWD"]).flatmap(
        lambda currency: amounts(currency).map(lambda amount: Money.of(amount, currency))
    )


def _items() -> st.SearchStrategy[Item]:
    return places().flatmap(lambda place: st.sampled_from(place.lines))


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
    if isinstance(thing, type) and issubclass(thing, Decision):
        return decisions().filter(lambda decision: isinstance(decision, thing))
    if isinstance(thing, type) and issubclass(thing, Input):
        kinds = [kind for kind in INPUTS if issubclass(kind, thing)]
        return inputs(kinds=kinds) if kinds else None
    return None


TYPES: tuple[type[Any], ...] = (Order, Unplaced, Policy, ReturnSchedule, Actor, Money, Item, Decision, Input, *INPUTS)


def register_all() -> None:
    """Register every strategy with Hypothesis at once."""
    for thing in TYPES:
        strategy = strategy_for(thing)
        assert strategy is not None
        st.register_type_strategy(thing, strategy)
