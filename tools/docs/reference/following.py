"""Which effects follow from which rows: read off the machine's own list of consequences, by carrying each one out.

Refunds are told where money is reserved and anomalies where they are kept, not in that list.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from attrs import evolve, frozen

from orderfsm.consequences import CONSEQUENCES
from orderfsm.effects import Effect
from orderfsm.inputs import Label
from orderfsm.order import Ask, CaseKind, Lot, Party
from orderfsm.policy import Policy
from orderfsm.rows import Row, name_of
from orderfsm.states import State
from orderfsm.table import ROWS
from tools.docs.reference.examples import MONDAY, order_in


@frozen
class Following:
    """An effect, what it says that depends on nothing, and the rows from which it follows."""

    effect: type[Effect]
    fields: dict[str, Any]
    rows: tuple[Row[Any], ...]


class _Listening:
    """Takes the place of the draft, and only notes which effects it is told."""

    policy = Policy()

    def __init__(self) -> None:
        self.told: list[tuple[type[Effect], dict[str, Any]]] = []

    def emit(self, effect: type[Effect], *, key: str | None = None, **fields: Any) -> None:
        self.told.append((effect, fields))


@cache
def following() -> tuple[Following, ...]:
    """Every effect that follows from moves, once per consequence that gives it."""
    found: list[Following] = []
    for consequence in CONSEQUENCES:
        listening = _Listening()
        consequence.tell(listening, _goods())  # type: ignore[arg-type]
        rows = tuple(row for row in ROWS if any(consequence.follows(*move) for move in _moves(row)))
        found += [Following(effect, fields, rows) for effect, fields in listening.told]
    return tuple(found)


def _moves(row: Row[Any]) -> Iterator[tuple[str, State, State]]:
    for source in row.sources:
        yield name_of(row.trigger), source, source if row.target is None else row.target


def _goods() -> Sequence[Lot]:
    """Goods of each kind that a consequence asks about: with a prepaid label, for repair and for exchange."""
    lot = order_in(State.SERVICING).order.lots[0]
    assert lot.case is not None
    asked = evolve(lot, ask=Ask("a1", Party.CARRIER, MONDAY), parcel="P1")
    kinds = (CaseKind.REPAIR, CaseKind.EXCHANGE)
    return [evolve(asked, case=evolve(lot.case, kind=kind, label=Label.PREPAID)) for kind in kinds]
