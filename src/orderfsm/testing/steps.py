"""What properties of steps have in common: what a step is, what it was judged on, and how a check becomes one.

The properties themselves are in `orderfsm.testing.conduct`, `orderfsm.testing.repaying`, `orderfsm.testing.notices`
and `orderfsm.testing.queries`.
"""

from collections.abc import Callable
from functools import partial

from orderfsm.inputs import Input
from orderfsm.order import Lot, Order
from orderfsm.testing.charter import View
from orderfsm.testing.orders import OrderSpace, Position, Said, Wait
from orderfsm.testing.properties import Action, Step

Taken = Step[Position, Said]
Check = Callable[[OrderSpace, Taken], str | None]
Checks = tuple[tuple[Check, tuple[str, ...], bool], ...]
"""Checks with the clauses that they carry, and whether they look at steps that change nothing too."""


def before_said(space: OrderSpace, step: Taken) -> Order | None:
    """The order when the input is judged: passed deadlines have fired (policy 3)."""
    order, said = step.before.order, step.input
    if not isinstance(order, Order) or isinstance(said, Wait):
        return None
    now = said.received_at or said.at
    assert now is not None
    return space.when_judged(order, now)


def view_of(space: OrderSpace, order: Order, lot: Lot, said: Input) -> View:
    """What a condition of the charter may look at."""
    assert said.by is not None and said.at is not None
    now = said.received_at or said.at
    return View(space.scope.policy, order, lot, said, said.by.role, said.at, now)


def rejudges(step: Taken) -> bool:
    """Whether facts that came too early are taken in with this step."""
    return any(each.waiting for each in step.before.order.anomalies)


def action(space: OrderSpace, check: Check, clauses: tuple[str, ...], refusals: bool) -> Action[Position, Said]:
    """A check of steps as a property."""
    return Action(
        name=check.__name__,
        says=(check.__doc__ or "").strip(),
        clauses=clauses,
        refusals=refusals,
        check=partial(check, space),
    )
