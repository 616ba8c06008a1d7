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
    """A row is gone."""
    SOURCE_ADDED = "source added"
    """A row begins in one more state."""
    RETARGETED = "retargeted"
    """A row leads elsewhere."""
    STAYS = "stays where it is"
    """A row moves nothing."""
    ANOMALY_DROPPED = "anomaly dropped"
    """A row says no longer what it contradicts."""
    CONDITION_DROPPED = "condition dropped"
    """A row is always chosen."""
    CONDITION_NEGATED = "condition negated"
    """A row is chosen where it was not."""
    GUARD_DROPPED = "guard dropped"
    """A row asks one guard less."""
    GUARD_NEGATED = "guard negated"
    """A guard of a row says the opposite."""
    GUARD_REFUSES = "guard always refuses"
    """A guard of a row always refuses."""
    GUARD_DISABLED = "guard disabled everywhere"
    """A guard holds everywhere."""
    ROLE_ADDED = "role added"
    """Somebody else may say it too."""
    ROLE_REMOVED = "role removed"
    """Somebody may say it no longer."""
    DENIAL_SWAPPED = "denial swapped"
    """A refusal has another code."""
    KNOWN_DROPPED = "known dropped"
    """A repetition is no longer known."""
    KNOWN_ADDED = "known added"
    """News are taken for a repetition."""
    IMPLIED_DROPPED = "implied dropped"
    """A skipped step is no longer filled in."""
    IMPLIED_ADDED = "implied added"
    """A step is filled in that was not skipped."""
    CONTRADICTION_DROPPED = "contradiction dropped"
    """A contradiction goes unnoticed."""
    CONTRADICTION_ADDED = "contradiction added"
    """A fact is taken for a contradiction."""
    REFUND_ROW_DROPPED = "refund row dropped"
    """A row of the refunds is gone."""
    REFUND_SOURCE_ADDED = "refund source added"
    """A row of the refunds begins in one more state."""
    REFUND_RETARGETED = "refund retargeted"
    """A row of the refunds leads elsewhere."""
    REFUND_IMPLIED_DROPPED = "refund implied dropped"
    """A skipped step of a refund is no longer filled in."""
    REFUND_KNOWN_DROPPED = "refund known dropped"
    """A repetition about a refund is no longer known."""
    EFFECT_DROPPED = "effect dropped"
    """The world is not told."""
    EFFECTS_SWAPPED = "effects swapped"
    """The world is told something else."""
    COMPARISON = "comparison turned"
    """A comparison is turned round."""
    BOUND = "bound moved"
    """A bound is moved by the least step."""
    HOST_GUARD_DROPPED = "host guard dropped"
    """A guard of the host's is gone."""
    HOST_GUARD_NEGATED = "host guard negated"
    """A guard of the host's says the opposite."""
    HOST_COMMAND_DROPPED = "host guard off a command"
    """A guard of the host's is not asked about a command."""


@frozen(kw_only=True)
class Mutant:
    """One wrong definition.

    Attributes:
        name: unique, and the same as long as its line stays.
        kind: what was done.
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
