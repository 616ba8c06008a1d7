"""The explorer on a machine whose figures are known from elsewhere: two-phase commit.

Its numbers of states are those that other model checkers find for it: TLC, and Stateright in its `2pc` example.
"""

from collections.abc import Hashable, Iterator
from itertools import chain

import pytest

from orderfsm.testing.exploring import Exploration, explore
from tests.proof.two_phase_commit import (
    PROPERTIES,
    Does,
    Happening,
    Manager,
    Transaction,
    happen,
    happenings,
    start,
)

Found = Exploration[Transaction, Happening]


@pytest.mark.parametrize(("managers", "states"), [(3, 288), (5, 8832)])
def test_two_phase_commit_has_as_many_states_as_others_find(managers: int, states: int) -> None:
    """All of them are consistent, both agreements happen, and one can always still be reached."""
    found: Found = explore([start(managers)], happenings, happen, properties=PROPERTIES)
    assert states == len(found.states)
    assert found.passed
    assert {"agreement": {Manager.COMMITTED, Manager.ABORTED}} == found.seen


def test_the_longest_way_is_the_longest() -> None:
    """Each manager promises, is heard and obeys once, and one decision is taken: nothing is farther than that."""
    found: Found = explore([start(3)], happenings, happen)
    assert 3 * 3 + 1 == found.depth
    assert (Manager.COMMITTED,) * 3 == found.states[-1].managers


def without_names(now: Transaction) -> Hashable:
    """The key of a transaction whose managers can be exchanged for each other."""
    each = [(manager, number in now.heard, number in now.promised) for number, manager in enumerate(now.managers)]
    return now.decided, tuple(sorted(each))


def test_exchangeable_managers_are_explored_once() -> None:
    """By a key that forgets their numbers, one state of every kind is found, and no kind is lost."""
    every: Found = explore([start(4)], happenings, happen, properties=PROPERTIES)
    kinds: Found = explore([start(4)], happenings, happen, key=without_names, properties=PROPERTIES)
    assert set(map(without_names, every.states)) == set(kinds.keys)
    assert every.seen == kinds.seen
    assert (True, True, every.depth) == (every.passed, kinds.passed, kinds.depth)


def fickle(now: Transaction) -> Iterator[Happening]:
    """As it should be, but who has promised may still give up."""
    late = (Happening(Does.GIVE_UP, number) for number in now.promised if now.managers[number] is Manager.PREPARED)
    return chain(happenings(now), late)


def test_a_broken_promise_is_found_by_its_shortest_trace() -> None:
    """Two promise and are heard, it is decided to commit, one obeys and the other gives up: seven steps."""
    found: Found = explore([start(2)], fickle, happen, properties=PROPERTIES)
    violation = found.violations[0]
    assert ("consistent", 7) == (violation.property.name, len(violation.trace))
    assert {Does.OBEY, Does.GIVE_UP} == {said.does for said in violation.trace.inputs[-2:]}
    assert not found.passed
