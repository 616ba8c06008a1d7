"""Small graphs to explore, and what is true of them, found in another way than by exploring.

A graph is a machine: its states are numbers, and what can be said in a state are the numbers of the ways that
lead away from there. Everything here is computed from the whole table of ways, without walking along any.
"""

from collections.abc import Callable, Iterable, Iterator

from attrs import field, frozen
from hypothesis import strategies as st

FAR = float("inf")

Way = Callable[[int, int], bool]
"""Whether a way may be used: from which state, and its number there."""


def _tuples(value: Iterable[Iterable[int]]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(some) for some in value)


def _every(source: int, number: int) -> bool:
    return True


@frozen
class Graph:
    """For each state, where its ways lead; beginning in state 0."""

    ways: tuple[tuple[int, ...], ...] = field(converter=_tuples)

    def inputs(self, state: int) -> Iterator[int]:
        """The numbers of the ways that lead away from a state."""
        yield from range(len(self.ways[state]))

    def step(self, state: int, way: int) -> tuple[int, str]:
        """Where a way leads, and an answer that tells it from every other step."""
        return self.ways[state][way], f"{state} by {way}"

    def steps(self, usable: Way = _every) -> set[tuple[int, int]]:
        """From which state to which others one can go at once."""
        return {
            (source, target)
            for source, targets in enumerate(self.ways)
            for number, target in enumerate(targets)
            if target != source and usable(source, number)
        }

    def distances(self, usable: Way = _every) -> list[list[float]]:
        """How many steps it takes at least from each state to each (Floyd and Warshall)."""
        states = range(len(self.ways))
        steps = self.steps(usable)
        far = [[0.0 if a == b else 1.0 if (a, b) in steps else FAR for b in states] for a in states]
        for through in states:
            for a in states:
                for b in states:
                    far[a][b] = min(far[a][b], far[a][through] + far[through][b])
        return far

    def reachable(self) -> set[int]:
        """Every state to which one can come from the first."""
        return {state for state, far in enumerate(self.distances()[0]) if far < FAR}


@st.composite
def graphs(draw: st.DrawFn, most: int = 7) -> Graph:
    """Graphs of up to `most` states with up to four ways from each, loops and ways side by side among them."""
    size = draw(st.integers(1, most))
    ways = st.lists(st.integers(0, size - 1), max_size=4)
    return Graph([draw(ways) for _ in range(size)])


def subsets(graph: Graph) -> st.SearchStrategy[frozenset[int]]:
    """Some of the states of a graph."""
    return st.frozensets(st.integers(0, len(graph.ways) - 1))
