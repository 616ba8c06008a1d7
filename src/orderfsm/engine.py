"""The table as `transitions` machines: what executes are the machines' own `Transition` objects.

An index ``trigger → state → transitions`` is read from the finished machine, so that what runs, what
`get_transitions` tells and what the diagrams show can never differ. After construction it is sealed.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Never, TypeVar

from transitions import Machine, Transition

from orderfsm.errors import SealedMachine
from orderfsm.guards import Guard
from orderfsm.inputs import Input
from orderfsm.order import Lot
from orderfsm.reasons import Reason
from orderfsm.rows import (
    Contradiction,
    Denial,
    Known,
    RefundRow,
    Row,
    iter_sources,
    name_of,
)
from orderfsm.scene import Scene
from orderfsm.states import RefundState, State
from orderfsm.table import CONTRADICTIONS, DENIALS, IMPLIED, KNOWN, REFUND_ROWS, ROWS

K = TypeVar("K")
V = TypeVar("V")


class GoodsTransition(Transition):
    """A transition that knows its row. `when` and `guards` are also its conditions, so stock code obeys them."""

    def __init__(self, source: str, dest: Any, *callbacks: Any, row: Row[Any]) -> None:
        super().__init__(source, dest, *callbacks)
        self.row = row
        self.when = row.when
        self.guards = row.guards
        self.target: State = State(source) if row.target is None else row.target
        self.trigger = name_of(row.trigger)
        self.clause = row.clause
        self.name = f"{source} {row.name} {self.target}"

    def refusals(self, scene: Scene[Input], lot: Lot) -> list[Reason]:
        """The reasons of all guards that do not hold."""
        return [reason for guard in self.guards if (reason := guard(scene, lot)) is not None]


def _conditions(row: Row[Any]) -> Iterable[Callable[[Scene[Any], Lot], bool]]:
    if row.when is not None:
        yield row.when
    for guard in row.guards:
        yield _holds(guard)


def _holds(guard: Guard[Any]) -> Callable[[Scene[Any], Lot], bool]:
    def holds(scene: Scene[Input], lot: Lot) -> bool:
        return guard(scene, lot) is None

    return holds


class RefundTransition(Transition):
    """A transition of a refund that knows its row."""

    def __init__(self, source: str, dest: str, *callbacks: Any, row: RefundRow) -> None:
        super().__init__(source, dest, *callbacks)
        self.row = row
        self.target = row.target


class SealedTable(Machine):
    """A `transitions` machine without models that cannot be changed once it is built."""

    sealed = False

    def seal(self) -> None:
        """From now on nothing can be added or removed."""
        self.sealed = True

    def _refuse_when_sealed(self) -> None:
        if self.sealed:
            raise SealedMachine("rows and states are closed; a host adds guards when it builds an OrderMachine")

    def add_states(self, *args: Any, **kwargs: Any) -> None:
        self._refuse_when_sealed()
        super().add_states(*args, **kwargs)

    def add_transition(self, *args: Any, **kwargs: Any) -> None:
        self._refuse_when_sealed()
        super().add_transition(*args, **kwargs)

    def remove_transition(self, *args: Any, **kwargs: Any) -> Never:
        raise SealedMachine("rows are closed; none can be removed")


class GoodsTable(SealedTable):
    """The transitions of the goods."""

    transition_cls = GoodsTransition


class RefundTable(SealedTable):
    """The transitions of the refunds."""

    transition_cls = RefundTransition


def build_goods(rows: Iterable[Row[Any]] = ROWS) -> GoodsTable:
    """The machine of the goods; `unpaid` is where `place` puts them."""
    machine = GoodsTable(
        model=None, states=[state.value for state in State], initial=State.UNPAID.value, auto_transitions=False
    )
    for source, row in iter_sources(rows):
        target = None if row.target is None else row.target.value
        conditions = list(_conditions(row))
        machine.add_transition(name_of(row.trigger), source.value, target, conditions, row=row)
    machine.seal()
    return machine


def build_refunds(rows: Iterable[RefundRow] = REFUND_ROWS) -> RefundTable:
    """The machine of the refunds."""
    machine = RefundTable(
        model=None,
        states=[state.value for state in RefundState],
        initial=RefundState.DUE.value,
        auto_transitions=False,
    )
    for row in rows:
        machine.add_transition(row.trigger.name, row.source.value, row.target.value, row=row)
    machine.seal()
    return machine


def index_of(machine: Machine) -> dict[str, dict[str, tuple[Any, ...]]]:
    """``trigger → state → transitions``, read from the machine. Look-ups use `.get`: nothing is added."""
    return {
        name: {source: tuple(found) for source, found in event.transitions.items()}
        for name, event in machine.events.items()
    }


GOODS = build_goods()
REFUNDS = build_refunds()

TRANSITIONS: Mapping[str, Mapping[str, tuple[GoodsTransition, ...]]] = index_of(GOODS)
REFUND_TRANSITIONS: Mapping[str, Mapping[str, tuple[RefundTransition, ...]]] = index_of(REFUNDS)


def _by_trigger(entries: Iterable[Any]) -> dict[str, dict[str, tuple[Any, ...]]]:
    index: dict[str, dict[str, tuple[Any, ...]]] = {}
    for entry in entries:
        cells = index.setdefault(entry.trigger.name, {})
        for source in entry.sources:
            cells[source] = (*cells.get(source, ()), entry)
    return index


_DENIALS: Mapping[str, Mapping[str, tuple[Denial, ...]]] = _by_trigger(DENIALS)
_KNOWN: Mapping[str, Mapping[str, tuple[Known, ...]]] = _by_trigger(KNOWN)
_CONTRADICTIONS: Mapping[str, Mapping[str, tuple[Contradiction, ...]]] = _by_trigger(CONTRADICTIONS)
_IMPLIED: Mapping[tuple[str, str], type[Input]] = {
    (entry.trigger.name, source.value): entry.through for entry in IMPLIED for source in entry.sources
}
_NOTHING: Mapping[str, tuple[Any, ...]] = {}


def transition_for(trigger: str, scene: Scene[Input], lot: Lot) -> GoodsTransition | None:
    """The row that `lot` would take on `trigger`, its guards not yet asked; None where none is chosen."""
    cells: Mapping[str, tuple[GoodsTransition, ...]] = TRANSITIONS.get(trigger, _NOTHING)
    return chosen(cells.get(lot.state, ()), scene, lot)


def chosen(transitions: Iterable[GoodsTransition], scene: Scene[Input], lot: Lot) -> GoodsTransition | None:
    """The first transition whose `when` holds. At most one does: the checks see to it."""
    for transition in transitions:
        when = transition.when
        if when is None or when(scene, lot):
            return transition
    return None


def denial_for(trigger: str, scene: Scene[Input], lot: Lot) -> Denial:
    """Why a command that found no row is refused."""
    for denial in _DENIALS[trigger][lot.state]:
        if denial.when is None or denial.when(scene, lot):
            return denial
    raise AssertionError(f"no denial of {trigger} for {lot.state}")  # pragma: no cover - checked at import


def is_known(trigger: str, scene: Scene[Input], lot: Lot) -> bool:
    """Whether a fact repeats what is known about `lot`."""
    entries = _KNOWN.get(trigger, _NOTHING).get(lot.state, ())
    return any(entry.when is None or entry.when(scene, lot) for entry in entries)


def contradiction_for(trigger: str, scene: Scene[Input], lot: Lot) -> Contradiction | None:
    """What a fact that found no row contradicts."""
    for entry in _CONTRADICTIONS.get(trigger, _NOTHING).get(lot.state, ()):
        if entry.when is None or entry.when(scene, lot):
            found: Contradiction = entry
            return found
    return None


def implied_by(trigger: str, state: State) -> type[Input] | None:
    """The skipped step that has to be filled in before `trigger` can move goods in `state`."""
    return _IMPLIED.get((trigger, state))
