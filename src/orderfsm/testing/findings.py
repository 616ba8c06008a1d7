"""What an exploration finds: states, figures, and what does not hold, each with a shortest way to it; and its limits.

`orderfsm.testing.exploring` finds it.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from hashlib import sha256
from typing import Any, Generic, TypeVar

from attrs import define, field, frozen

from orderfsm.testing.properties import Property, Step

S = TypeVar("S")
I = TypeVar("I")


@frozen
class Trace(Generic[S, I]):
    """How a state is reached: the steps from the beginning, one input each. As short as any.

    Attributes:
        initial: where it begins.
        steps: what was said, one after the other.
    """

    initial: S
    steps: tuple[Step[S, I], ...]

    @property
    def inputs(self) -> tuple[I, ...]:
        """What has to be said, in order."""
        return tuple(step.input for step in self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[Step[S, I]]:
        return iter(self.steps)


@frozen
class Violation(Generic[S, I]):
    """A property that does not hold, what broke, and the shortest way to it.

    Attributes:
        property: what does not hold.
        fault: what broke, in one sentence.
        trace: the shortest way to it.
        raised: what `step` raised, with its traceback, where it did not answer; the last step then leads nowhere
            and has None for an answer.
    """

    property: Property
    fault: str
    trace: Trace[S, I]
    raised: Exception | None = field(default=None, eq=False)

    def __str__(self) -> str:
        return f"{self.property.name}: {self.fault} (after {len(self.trace)} steps)"


class Edges:
    """What leads from which state to which others, in one long list."""

    def __init__(self) -> None:
        self._targets: list[int] = []
        self._ends: list[int] = []

    def add(self, targets: Iterable[int]) -> None:
        """Note where the next state leads to."""
        self._targets.extend(targets)
        self._ends.append(len(self._targets))

    def __len__(self) -> int:
        return len(self._ends)

    def __iter__(self) -> Iterator[list[int]]:
        begin = 0
        for end in self._ends:
            yield self._targets[begin:end]
            begin = end

    def lost(self, ends: Iterable[int]) -> list[int]:
        """The states that lead to none of these, by any number of steps: what is not met on the way back from them."""
        before: list[list[int]] = [[] for _ in self._ends]
        for source, targets in enumerate(self):
            for target in targets:
                before[target].append(source)
        met = bytearray(len(before))
        waiting = list(ends)
        for index in waiting:
            met[index] = 1
        while waiting:
            for source in before[waiting.pop()]:
                if not met[source]:
                    met[source] = 1
                    waiting.append(source)
        return [index for index, each in enumerate(met) if not each]


@define
class Exploration(Generic[S, I]):
    """What was found.

    Attributes:
        states: one state per key, in the order in which they were found.
        decisions: how many inputs were tried.
        promised: how many more, which an `Obligation` named.
        tabulated: how many of both were not tried again, being `alike` one that was.
        transitions: how many of them led to another state; equal steps with other inputs count apart.
        beyond: how many inputs led out of the bounds.
        depth: how many steps the furthest state is away.
        violations: what does not hold, shortest first.
        missing: what a `Sometimes` never saw, by its name.
        seen: what was seen for each `Sometimes`, by its name.
        undetermined: why the run was cut short; empty where everything was explored.
        seconds: how long it took.
        keys: the number of each state, by its key.
        edges: for each state, to which other states an input leads, by their numbers.
        trace: how the state of a number is reached.
    """

    states: list[S]
    decisions: int = 0
    promised: int = 0
    tabulated: int = 0
    transitions: int = 0
    beyond: int = 0
    depth: int = 0
    violations: list[Violation[S, I]] = field(factory=list)
    missing: dict[str, frozenset[Hashable]] = field(factory=dict)
    seen: dict[str, set[Hashable]] = field(factory=dict)
    undetermined: str = ""
    seconds: float = 0.0
    keys: dict[Hashable, int] = field(factory=dict, repr=False)
    edges: Edges = field(factory=Edges, repr=False)
    trace: Callable[[int], Trace[S, I]] = field(default=None, repr=False, eq=False)  # set by the run

    @property
    def complete(self) -> bool:
        """Whether every input was tried in every reachable state."""
        return not self.undetermined

    @property
    def passed(self) -> bool:
        """Whether everything was explored, nothing was violated, and nothing is missing."""
        return self.complete and not self.violations and not any(self.missing.values())

    @property
    def digest(self) -> str:
        """Of all keys, and of what leads from which to which; equal for equal graphs. Empty for a run cut short.

        It is made of the keys' `repr`: digests of several runs can be compared where equal keys have equal ones, in
        every process. Sets, whose order changes, and objects that show their address do not; sorted tuples do.
        """
        if not self.complete:
            return ""
        digest = sha256()
        for key, targets in zip(self.keys, self.edges, strict=True):
            digest.update(f"{key!r} {sorted(targets)}\n".encode())
        return digest.hexdigest()

    @property
    def rate(self) -> float:
        """Decisions per second."""
        return (self.decisions + self.promised) / self.seconds if self.seconds else 0.0


@frozen(kw_only=True)
class Limits:
    """When to give up; a run that does is undetermined. None means never.

    Attributes:
        states: how many states at most.
        seconds: for how long at most.
        violations: how many violations at most.
    """

    states: int | None = None
    seconds: float | None = None
    violations: int = 1


Report = Callable[[Exploration[Any, Any], int], None]
"""Is told what was found so far, and how many states wait."""

Alike = Callable[[S, I], Hashable | None]
"""What the answer to an input in a state depends on; None where that is all of the state."""

Told = tuple[I, Hashable | None, tuple[S, Any]]
"""An input, what its answer depends on, and what came of it."""
