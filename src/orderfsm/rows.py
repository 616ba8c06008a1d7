"""What a line of the table is: a row that moves goods, or one of the other answers. See `orderfsm.table`."""

from collections.abc import Iterable
from typing import Any, Final, Generic, TypeVar

from attrs import field, frozen

from orderfsm.choices import When
from orderfsm.envelope import Input
from orderfsm.events import Event
from orderfsm.guards import Guard
from orderfsm.reasons import AnomalyCode, Code
from orderfsm.states import RefundState, State

Source = State | frozenset[State]
"""Where a row begins: one state, or several."""

Trigger = type[Input] | Event
"""What a row answers: an input, or an event that nobody sends."""

I = TypeVar("I", bound=Input)

STAY: Final = None


def name_of(trigger: Trigger) -> str:
    """How a trigger is called in the machine, in logs and in docs."""
    return trigger.value if isinstance(trigger, Event) else trigger.name


def _sources(source: Source) -> tuple[State, ...]:
    return (source,) if isinstance(source, State) else tuple(sorted(source, key=list(State).index))


@frozen
class Row(Generic[I]):
    """Goods in `source` go to `target` on `trigger`. Generic, so that guards of other inputs are type errors.

    Attributes:
        sources: where the goods are.
        trigger: what is said, or happens.
        target: where they go; None where something is only noted about them.
        clause: what it carries out, such as ``A9``.
        when: chooses between rows of one source and trigger; None for always.
        guards: what has to hold; all that do not are told.
        anomaly: what the move contradicts, where it does.
    """

    sources: tuple[State, ...] = field(converter=_sources)
    trigger: type[I] | Event
    target: State | None
    clause: str
    when: When[I] | None = None
    guards: tuple[Guard[I], ...] = ()
    anomaly: AnomalyCode | None = None

    @property
    def name(self) -> str:
        """A permanent name for journals: what moves where on what, and on which condition."""
        condition = f"[{self.when.__name__}]" if self.when else ""
        return f"{name_of(self.trigger)}{condition}"


class ByItself(Row[Input]):
    """A row on an event that nobody sends: a deadline, or a consequence within one decision."""

    __slots__ = ()


@frozen
class Denial:
    """A command about goods in `source` is refused, with all of these codes.

    Attributes:
        sources: where the goods are.
        trigger: the command.
        codes: why not, all of them.
        clause: what it carries out.
        when: for which of them; None for all.
    """

    sources: tuple[State, ...] = field(converter=_sources)
    trigger: type[Input]
    codes: tuple[Code, ...]
    clause: str
    when: When[Any] | None = None


@frozen
class Known:
    """A fact about goods in `source` repeats what is known.

    Attributes:
        sources: where the goods are.
        trigger: the fact.
        when: for which of them; None for all.
    """

    sources: tuple[State, ...] = field(converter=_sources)
    trigger: type[Input]
    when: When[Any] | None = None


@frozen
class Implied:
    """A fact about goods in `source` means that `through` happened first, unreported.

    Attributes:
        sources: where the goods are.
        trigger: the fact.
        through: what must have happened before.
    """

    sources: tuple[State, ...] = field(converter=_sources)
    trigger: type[Input]
    through: type[Input]


@frozen
class Contradiction:
    """A fact about goods in `source` contradicts what was decided, and is kept as an anomaly.

    Attributes:
        sources: where the goods are.
        trigger: the fact.
        code: what it contradicts.
        clause: what it carries out.
        when: for which of them; None for all.
    """

    sources: tuple[State, ...] = field(converter=_sources)
    trigger: type[Input]
    code: AnomalyCode
    clause: str
    when: When[Any] | None = None


@frozen
class RefundRow:
    """A refund in `source` goes to `target` on `trigger`.

    Attributes:
        source: where the refund is.
        trigger: what is said.
        target: where it goes.
        clause: what it carries out.
    """

    source: RefundState
    trigger: type[Input]
    target: RefundState
    clause: str


def states(*some: Source) -> frozenset[State]:
    """Several sources as one."""
    return frozenset(state for source in some for state in _sources(source))


def iter_sources(rows: Iterable[Row[Any]]) -> Iterable[tuple[State, Row[Any]]]:
    """Every row once per source."""
    for row in rows:
        for source in row.sources:
            yield source, row
