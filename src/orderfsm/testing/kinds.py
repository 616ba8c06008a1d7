"""What a mutant is: its kind, its name, and what has to be changed to plant it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from attrs import field, frozen

from orderfsm.rows import Trigger
from orderfsm.states import State
from orderfsm.testing.planting import Change, planted


class Kind(StrEnum):
    """What was done to a line."""

    ROW_DROPPED = "row dropped"
    SOURCE_ADDED = "source added"
    RETARGETED = "retargeted"
    STAYS = "stays where it is"
    ANOMALY_DROPPED = "anomaly dropped"
    CONDITION_DROPPED = "condition dropped"
    CONDITION_NEGATED = "condition negated"
    GUARD_DROPPED = "guard dropped"
    GUARD_NEGATED = "guard negated"
    GUARD_REFUSES = "guard always refuses"
    GUARD_DISABLED = "guard disabled everywhere"
    ROLE_ADDED = "role added"
    ROLE_REMOVED = "role removed"
    DENIAL_SWAPPED = "denial swapped"
    KNOWN_DROPPED = "known dropped"
    KNOWN_ADDED = "known added"
    IMPLIED_DROPPED = "implied dropped"
    IMPLIED_ADDED = "implied added"
    CONTRADICTION_DROPPED = "contradiction dropped"
    CONTRADICTION_ADDED = "contradiction added"
    REFUND_ROW_DROPPED = "refund row dropped"
    REFUND_SOURCE_ADDED = "refund source added"
    REFUND_RETARGETED = "refund retargeted"
    REFUND_IMPLIED_DROPPED = "refund implied dropped"
    REFUND_KNOWN_DROPPED = "refund known dropped"
    EFFECT_DROPPED = "effect dropped"
    EFFECTS_SWAPPED = "effects swapped"
    COMPARISON = "comparison turned"
    BOUND = "bound moved"
    HOST_GUARD_DROPPED = "host guard dropped"
    HOST_GUARD_NEGATED = "host guard negated"
    HOST_COMMAND_DROPPED = "host guard off a command"


@frozen(kw_only=True)
class Mutant:
    """One wrong definition.

    Attributes:
        name: unique, and the same as long as its line stays.
        clause: what the line cites; empty where it cites nothing.
        says: what is wrong, in one line.
        triggers: the inputs and events that it is about; none where it may be about any.
        changes: what has to be changed to plant it.
    """

    name: str
    kind: Kind
    clause: str
    says: str
    triggers: frozenset[Trigger] = frozenset()
    changes: Callable[[], list[Change]] = field(repr=False, eq=False)


def mutant_of(kind: Kind, line: str, clause: str, says: str, trigger: Trigger | None, changes: Any) -> Mutant:
    """The mutant of a line that is about one trigger, or about any."""
    triggers = frozenset() if trigger is None else frozenset({trigger})
    return Mutant(name=f"{kind}: {line}", kind=kind, clause=clause, says=says, triggers=triggers, changes=changes)


def replaced(values: Sequence[Any], index: int, *instead: Any) -> list[Any]:
    """The values with others, or none, in the place of one of them."""
    return [*values[:index], *instead, *values[index + 1 :]]


def nearest(sources: Sequence[State], some: Iterable[State], most: int) -> list[State]:
    """Of some states those next to the sources on the way of the goods, nearest first: `most` of them, or fewer."""
    way = {state: place for place, state in enumerate(State)}
    return sorted(some, key=lambda state: (min(abs(way[state] - way[each]) for each in sources), -way[state]))[:most]


def without(sources: Iterable[State], source: State) -> frozenset[State]:
    """The sources but for one."""
    return frozenset(sources) - {source}


def negation(when: Callable[..., bool]) -> Callable[..., bool]:
    """The condition that holds where this one does not, under its name."""

    def negated(scene: Any, lot: Any) -> bool:
        return not when(scene, lot)

    negated.__name__ = when.__name__
    return negated


@contextmanager
def mutate(mutant: Mutant) -> Iterator[None]:
    """Decide by the mutant instead of the shipped definition; afterwards everything is exactly as it was."""
    with planted(mutant.changes()):
        yield
