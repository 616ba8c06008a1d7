"""What can be claimed about a machine: five kinds of named properties, each with the clauses that it carries.

A check answers None where the property holds, and otherwise says in one sentence what broke.
A sixth thing is claimed of every machine that is explored: `EVERY_INPUT_IS_ANSWERED`.
The properties of orders are in `orderfsm.testing.claims`; a host writes its own in the same way.
"""

from collections.abc import Callable, Hashable, Iterable
from typing import Any, Generic, TypeVar

from attrs import define, field, frozen

S = TypeVar("S")
I = TypeVar("I")


@define
class Step(Generic[S, I]):
    """One input in one state.

    Attributes:
        before: the state before.
        input: what was said.
        after: the state after.
        answer: what was answered.
    """

    before: S
    input: I
    after: S
    answer: Any = None


@frozen(kw_only=True)
class Property:
    """Something that is claimed.

    Attributes:
        name: unique within an exploration.
        says: what it claims, in one sentence.
        clauses: what of the policy it carries.
    """

    name: str
    says: str
    clauses: tuple[str, ...] = ()


@frozen(kw_only=True)
class Always(Property, Generic[S]):
    """Holds in every reachable state.

    Attributes:
        check: None where it holds, else what broke, in one sentence.
    """

    check: Callable[[S], str | None]


@frozen(kw_only=True)
class Action(Property, Generic[S, I]):
    """Holds for every step: who may change what, from what, when.

    Attributes:
        check: None where it holds, else what broke, in one sentence.
        refusals: whether steps that change nothing are looked at too.
    """

    check: Callable[[Step[S, I]], str | None]
    refusals: bool = False


@frozen
class Owed(Generic[S, I]):
    """An input that is promised in a state.

    Attributes:
        input: what is said.
        kept: what is wrong with the answer, or None.
    """

    input: I
    kept: Callable[[Step[S, I]], str | None]


@frozen(kw_only=True)
class Obligation(Property, Generic[S, I]):
    """What must be answered in a certain way, in every reachable state.

    Attributes:
        owed: the inputs that are promised in a state.
    """

    owed: Callable[[S], Iterable[Owed[S, I]]]


@frozen(kw_only=True)
class Sometimes(Property, Generic[S, I]):
    """Happens somewhere. Shows that nothing holds for want of cases.

    Attributes:
        wanted: what has to be seen, each in some step.
        seen: what a step shows.
        refusals: whether steps that change nothing are looked at too.
    """

    wanted: frozenset[Hashable]
    seen: Callable[[Step[S, I]], Iterable[Hashable]]
    refusals: bool = False


@frozen(kw_only=True)
class Reachable(Property, Generic[S, I]):
    """From every reachable state an end can still be reached, by inputs that `usable` does not rule out.

    Attributes:
        end: whether a state may be the last.
        usable: whether an input may be relied on; by default every one.
    """

    end: Callable[[S], bool]
    usable: Callable[[I], bool] = field(default=lambda _: True)


KINDS = (Always, Action, Obligation, Sometimes, Reachable)
"""What `orderfsm.testing.explore` can look at."""

EVERY_INPUT_IS_ANSWERED = Property(
    name="every_input_is_answered",
    says="Whatever is said, by anybody, the machine answers: it never raises.",
    clauses=("5.12",),
)
"""Looked at in every exploration, whether it is asked for or not."""
