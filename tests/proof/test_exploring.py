"""The explorer, on machines so small that what it must find can be computed otherwise."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from attrs import evolve, field, frozen
from hypothesis import given
from hypothesis import strategies as st

from orderfsm.testing.exploring import REPORT_EVERY, Exploration, Limits, Trace, Violation, explore
from orderfsm.testing.properties import Action, Always, Obligation, Owed, Property, Reachable, Sometimes, Step
from tests.proof.graphs import FAR, Graph, graphs, subsets

ALL_OF_THEM = Limits(violations=1000)


def explored(graph: Graph, *properties: Property, **options: Any) -> Exploration[int, int]:
    """A graph, explored from its first state."""
    return explore([0], graph.inputs, graph.step, properties=properties, **options)


def never(*bad: int) -> Always[int]:
    """These states must not be reached."""
    return Always(name="never", says="", check=lambda state: f"{state} is bad" if state in bad else None)


def chain(length: int) -> Graph:
    """A graph in which each state leads to the next."""
    return Graph([[number + 1] for number in range(length - 1)] + [[]])


# --- everything is tried ---------------------------------------------------------------------------------


@given(graphs())
def test_every_input_is_tried_in_every_reachable_state_exactly_once(graph: Graph) -> None:
    """No input is left out, and none is tried again."""
    tried = Counter[tuple[int, int]]()

    def step(state: int, way: int) -> tuple[int, str]:
        tried[state, way] += 1
        return graph.step(state, way)

    found = explore([0], graph.inputs, step)
    assert Counter({(state, way): 1 for state in graph.reachable() for way in graph.inputs(state)}) == tried
    assert tried.total() == found.decisions


@given(graphs())
def test_the_states_that_are_found_are_those_that_can_be_reached(graph: Graph) -> None:
    """Neither more nor fewer, each once; and every number counts what it says."""
    found = explored(graph)
    reachable = graph.reachable()
    assert sorted(reachable) == sorted(found.states)
    assert dict(zip(found.states, range(len(found.states)), strict=True)) == found.keys
    ways = [(source, target) for source in reachable for target in graph.ways[source] if target != source]
    assert len(ways) == found.transitions
    assert [{found.keys[target] for target in graph.ways[source] if target != source} for source in found.states] == [
        set(targets) for targets in found.edges
    ]
    assert (True, True, "", 0) == (found.complete, found.passed, found.undetermined, found.beyond)


@given(graphs(), st.data())
def test_it_can_begin_in_several_states(graph: Graph, data: st.DataObject) -> None:
    """What can be reached from any of them is found, and traces begin in the nearest."""
    begin = data.draw(subsets(graph)) or frozenset({0})
    found = explore(sorted(begin), graph.inputs, graph.step)
    far = graph.distances()
    nearest = [min((far[first][state] for first in begin), default=FAR) for state in range(len(graph.ways))]
    assert {state for state, steps in enumerate(nearest) if steps < FAR} == set(found.states)
    for index, state in enumerate(found.states):
        trace = found.trace(index)
        assert (True, nearest[state]) == (trace.initial in begin, len(trace))


# --- traces ----------------------------------------------------------------------------------------------


def assert_plays(graph: Graph, trace: Trace[int, int]) -> None:
    """Each step begins where the last one ended, and is what the machine does."""
    before = trace.initial
    for step in trace:
        assert Step(before, step.input, *graph.step(before, step.input)) == step
        before = step.after
    assert tuple(step.input for step in trace.steps) == trace.inputs


@given(graphs())
def test_traces_are_the_shortest(graph: Graph) -> None:
    """To every state there is a trace as short as any, which can be played, and the depth is that of the farthest."""
    found = explored(graph)
    far = graph.distances()[0]
    for index, state in enumerate(found.states):
        trace = found.trace(index)
        assert_plays(graph, trace)
        assert 0 == trace.initial
        assert far[state] == len(trace)
        assert state == (trace.steps[-1].after if trace.steps else trace.initial)
    assert max(far[state] for state in found.states) == found.depth
    assert all(far[one] <= far[next] for one, next in pairwise(found.states))


def test_machines_can_be_deep() -> None:
    """Traces may have more steps than fit into two bytes."""
    found = explored(chain(70_000))
    assert (69_999, 69_999) == (found.depth, len(found.trace(69_999)))


# --- violations ------------------------------------------------------------------------------------------


@given(graphs(), st.data())
def test_a_state_that_must_never_be_is_found_by_its_shortest_trace(graph: Graph, data: st.DataObject) -> None:
    """An `Always` is violated where a bad state can be reached, and each of them is found, the nearest first."""
    bad = data.draw(subsets(graph))
    far = graph.distances()[0]
    expected = sorted(far[state] for state in bad if far[state] < FAR)

    found = explored(graph, never(*bad))
    assert expected[:1] == [len(each.trace) for each in found.violations]
    assert (not expected) is found.passed

    found = explored(graph, never(*bad), limits=ALL_OF_THEM)
    assert expected == [len(each.trace) for each in found.violations]
    assert {state for state in bad if far[state] < FAR} == {_end(each.trace) for each in found.violations}
    assert (True, not expected) == (found.complete, found.passed)
    for each in found.violations:
        assert_plays(graph, each.trace)
        assert ("never", f"{_end(each.trace)} is bad") == (each.property.name, each.fault)


def _end(trace: Trace[int, int]) -> int:
    return trace.steps[-1].after if trace.steps else trace.initial


@given(graphs(), st.data())
def test_a_step_that_must_never_be_is_found_by_its_shortest_trace(graph: Graph, data: st.DataObject) -> None:
    """An `Action` is looked at in every step that leads to another state; in the others only if it asks for it."""
    bad = data.draw(subsets(graph))
    refusals = data.draw(st.booleans())

    def check(step: Step[int, int]) -> str | None:
        assert f"{step.before} by {step.input}" == step.answer
        return "bad" if step.after in bad else None

    found = explored(graph, Action(name="step", says="", check=check, refusals=refusals), limits=ALL_OF_THEM)
    far = graph.distances()[0]
    expected = Counter(
        far[source] + 1
        for source in graph.reachable()
        for target in graph.ways[source]
        if target in bad and (refusals or target != source)
    )
    assert expected == Counter(len(each.trace) for each in found.violations)
    assert sorted(expected.elements()) == [len(each.trace) for each in found.violations]
    for each in found.violations:
        assert_plays(graph, each.trace)
        assert _end(each.trace) in bad


@given(graphs(), st.data())
def test_what_is_owed_is_tried_in_every_reachable_state(graph: Graph, data: st.DataObject) -> None:
    """An `Obligation` is held to by inputs of its own, whether they are among the others or not."""
    owing, broken = data.draw(subsets(graph)), data.draw(subsets(graph))
    tried = Counter[int]()

    def step(state: int, way: int) -> tuple[int, str]:
        if way == -1:
            tried[state] += 1
            return state, "told off"
        return graph.step(state, way)

    def kept(taken: Step[int, int]) -> str | None:
        assert Step(taken.before, -1, taken.before, "told off") == taken
        return "broken" if taken.before in broken else None

    def owed(state: int) -> Iterator[Owed[int, int]]:
        if state in owing:
            yield Owed(-1, kept)

    promise = Obligation(name="promise", says="", owed=owed)
    found = explore([0], graph.inputs, step, properties=[promise])
    far = graph.distances()[0]
    expected = sorted(far[state] + 1 for state in owing & broken if far[state] < FAR)
    assert expected[:1] == [len(each.trace) for each in found.violations]
    assert all(each.trace.steps[-1].input == -1 for each in found.violations)
    if not expected:
        assert Counter({state: 1 for state in owing & graph.reachable()}) == tried
        assert (
            sum(len(graph.ways[state]) for state in graph.reachable()) + tried.total()
            == found.decisions + found.promised
        )


@given(graphs(), st.data())
def test_what_was_never_seen_is_missing(graph: Graph, data: st.DataObject) -> None:
    """A `Sometimes` notes what it sees in steps to other states; in the others only if it asks for it."""
    wanted = data.draw(subsets(graph))
    refusals = data.draw(st.booleans())
    to_see = Sometimes[int, int](name="seen", says="", wanted=wanted, seen=lambda step: [step.after], refusals=refusals)
    found = explored(graph, to_see)
    seen = {target for source in graph.reachable() for target in graph.ways[source] if refusals or target != source}
    assert {"seen": seen} == found.seen
    assert {"seen": wanted - seen} == found.missing
    assert (wanted <= seen) == found.passed


def test_each_property_says_for_itself_whether_it_looks_at_refusals() -> None:
    """One that does makes no other one look at them."""
    looked: dict[str, list[int]] = {"all": [], "some": []}

    def seen(name: str) -> Any:
        return lambda step: looked[name].append(step.after)

    def both(refusals: bool) -> list[Property]:
        name = "all" if refusals else "some"
        action = Action[int, int](name=name, says="", check=seen(name), refusals=refusals)
        to_see = Sometimes[int, int](
            name=f"{name} seen",
            says="",
            wanted=frozenset(),
            seen=lambda step: seen(name)(step) or [],
            refusals=refusals,
        )
        return [action, to_see]

    explored(Graph([[0, 1], []]), *both(True), *both(False))
    assert {"all": [0, 0, 1, 1], "some": [1, 1]} == looked


@given(graphs(), st.data())
def test_states_without_a_way_to_an_end_are_found(graph: Graph, data: st.DataObject) -> None:
    """A `Reachable` is violated where a reachable state cannot reach an end, by the ways that may be relied on."""
    ends = data.draw(subsets(graph))
    relied_on = data.draw(st.frozensets(st.integers(0, 3)))
    anyhow = Reachable[int, int](name="anyhow", says="", end=lambda state: state in ends)
    relying = Reachable[int, int](
        name="relying", says="", end=lambda state: state in ends, usable=lambda way: way in relied_on
    )
    found = explored(graph, anyhow, relying)
    faults = {each.property.name: each for each in found.violations}
    for name, far in {
        "anyhow": graph.distances(),
        "relying": graph.distances(lambda source, number: number in relied_on),
    }.items():
        stuck = {state for state in graph.reachable() if all(far[state][end] == FAR for end in ends)}
        assert bool(stuck) == (name in faults)
        if stuck:
            assert f"({len(stuck)} such states)" in faults[name].fault
            assert _end(faults[name].trace) in stuck
            assert min(graph.distances()[0][state] for state in stuck) == len(faults[name].trace)
            assert_plays(graph, faults[name].trace)
    assert (not faults) is found.passed
    assert found.complete


def test_violations_are_told_shortest_first() -> None:
    """Also where a dead end is nearer than a bad state that was found before it."""
    graph = Graph([[1, 2], [], [3], [2]])
    dead_end = Reachable[int, int](name="end", says="", end=lambda state: state == 3)
    found = explored(graph, never(3), dead_end, limits=ALL_OF_THEM)
    assert [("end", 1), ("never", 2)] == [(each.property.name, len(each.trace)) for each in found.violations]
    assert "never: 3 is bad (after 2 steps)" == str(found.violations[1])


# --- limits ----------------------------------------------------------------------------------------------


@given(graphs(), st.integers(0, 10))
def test_more_states_than_allowed_leave_a_run_undetermined(graph: Graph, most: int) -> None:
    """It passes only if all of its states were allowed."""
    found = explored(graph, limits=Limits(states=most))
    enough = len(graph.reachable()) <= most
    assert (enough, enough) == (found.complete, found.passed)
    assert min(most, len(graph.reachable())) == len(found.states) == len(found.keys)


def test_a_run_that_takes_too_long_is_undetermined() -> None:
    """It neither passes, nor says that anything is missing."""
    unseen = Sometimes[int, int](name="unseen", says="", wanted=frozenset({"it"}), seen=lambda step: [])
    found = explored(chain(1000), unseen, limits=Limits(seconds=0))
    assert (False, False, {}) == (found.complete, found.passed, found.missing)
    assert "0 seconds were over with 1 states to go" == found.undetermined
    assert "" == found.digest
    assert explored(chain(1000), limits=Limits(seconds=3600)).passed


def test_a_run_that_is_cut_short_says_nothing_about_dead_ends() -> None:
    """What was not explored may lead to an end."""
    dead_end = Reachable[int, int](name="end", says="", end=lambda state: state == 9)
    found = explored(chain(10), dead_end, limits=Limits(states=5))
    assert ([], False) == (found.violations, found.passed)
    assert explored(chain(10), dead_end).passed


@pytest.mark.parametrize("most", [1, 2, 3])
def test_a_run_ends_with_the_last_violation_that_is_wanted(most: int) -> None:
    """Then it is undetermined: there may be more."""
    found = explored(chain(10), never(2, 4, 6), limits=Limits(violations=most))
    assert [2, 4, 6][:most] == [len(each.trace) for each in found.violations]
    assert "never was violated" == found.undetermined
    assert not found.passed


# --- bounds ----------------------------------------------------------------------------------------------


@given(graphs(), st.data())
def test_steps_out_of_bounds_are_looked_at_and_not_followed(graph: Graph, data: st.DataObject) -> None:
    """They are counted, and checked like all others; nothing that would follow is explored."""
    outside = data.draw(subsets(graph)) - {0}
    seen: set[tuple[int, int]] = set()

    def check(step: Step[int, int]) -> None:
        seen.add((step.before, step.after))

    found = explored(
        graph, never(*outside), Action(name="step", says="", check=check),
        within=lambda state: state not in outside, limits=ALL_OF_THEM,
    )  # fmt: skip
    inside = Graph([[target for target in targets if target not in outside] for targets in graph.ways])
    assert inside.reachable() == set(found.states)
    out = [(a, b) for a in inside.reachable() for b in graph.ways[a] if b in outside]
    assert len(out) == found.beyond == len(found.violations)
    assert {*out, *((a, b) for a, b in inside.steps() if a in inside.reachable())} == seen
    assert sum(len(graph.ways[state]) for state in found.states) == found.decisions
    assert all(_end(each.trace) in outside for each in found.violations)
    for each in found.violations:
        assert_plays(graph, each.trace)


# --- keys ------------------------------------------------------------------------------------------------


@frozen(eq=False)
class Colliding:
    """Keys that are equal where their numbers are, and always have the same hash."""

    number: int

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Colliding) and self.number == other.number

    def __hash__(self) -> int:
        return 7


@given(graphs())
def test_unequal_keys_with_equal_hashes_are_told_apart(graph: Graph) -> None:
    """No state is lost because its hash is that of another."""
    found = explored(graph, key=Colliding)
    assert explored(graph).states == found.states
    assert len(found.states) == len(set(found.keys))


@frozen
class Counted:
    """A number, and how often anything was said."""

    number: int
    said: int = field(default=0)


def test_of_each_key_the_first_state_is_kept() -> None:
    """Two states with equal keys are one; and the trace leads to the one that was kept."""

    def step(state: Counted, add: int) -> tuple[Counted, None]:
        return Counted((state.number + add) % 3, state.said + 1), None

    found = explore([Counted(0)], lambda state: [0, 1, 2], step, key=lambda state: state.number)
    assert [Counted(0, 0), Counted(1, 1), Counted(2, 1)] == found.states
    assert {0: 0, 1: 1, 2: 2} == found.keys
    assert (9, 6) == (found.decisions, found.transitions)
    assert [0, 1, 1] == [len(found.trace(index)) for index in range(3)]


def test_another_state_with_the_same_key_is_a_step_but_leads_nowhere() -> None:
    """Its properties are looked at, though nothing new is found."""
    steps: list[Step[Counted, str]] = []

    def step(state: Counted, say: str) -> tuple[Counted, None]:
        return Counted(state.number, state.said + 1), None

    look = Action[Counted, str](name="look", says="", check=lambda taken: steps.append(taken))
    found = explore([Counted(0)], lambda state: ["hi"], step, key=lambda state: state.number, properties=[look])
    assert [Step(Counted(0, 0), "hi", Counted(0, 1))] == steps
    assert (1, 0) == (len(found.states), found.transitions)


def test_digests_tell_graphs_apart() -> None:
    """They are equal for equal graphs, and differ where a state or a step does."""
    one = explored(Graph([[1, 2], [2], []]))
    assert one.digest == explored(Graph([[1, 2, 1], [1, 2], [2]])).digest
    assert one.digest != explored(Graph([[1, 2], [2], [0]])).digest
    assert one.digest != explored(Graph([[1], [2], []])).digest
    assert one.digest != explored(Graph([[1, 2], [2], []]), key=str).digest


# --- faults and reports ----------------------------------------------------------------------------------


class Fault(Exception):
    """Something is wrong with the machine itself."""


def _raise(*anything: object) -> Any:
    raise Fault


@given(graphs(), st.data())
def test_every_input_is_answered(graph: Graph, data: st.DataObject) -> None:
    """Where `step` raises, that is a violation with the shortest trace to it, and all else is explored."""
    steps = [(source, way) for source in range(len(graph.ways)) for way in graph.inputs(source)]
    silent = frozenset(data.draw(st.lists(st.sampled_from(steps)))) if steps else frozenset()

    def step(state: int, way: int) -> tuple[int, str]:
        if (state, way) in silent:
            raise Fault(f"{state} by\n{way}")
        return graph.step(state, way)

    alike = data.draw(st.sampled_from([None, lambda state, way: (state, way)]))
    found = explore([0], graph.inputs, step, alike=alike, limits=ALL_OF_THEM)
    far = graph.distances(lambda source, way: (source, way) not in silent)[0]
    expected = sorted((far[source] + 1, source, way) for source, way in silent if far[source] < FAR)
    assert {state for state, steps in enumerate(far) if steps < FAR} == set(found.states)
    assert sum(len(graph.ways[state]) for state in found.states) == found.decisions
    assert expected == sorted((len(each.trace), _last(each).before, _last(each).input) for each in found.violations)
    assert [steps for steps, _, _ in expected] == [len(each.trace) for each in found.violations]
    assert (True, not expected) == (found.complete, found.passed)
    for each in found.violations:
        last = _last(each)
        assert ("every_input_is_answered", ("5.12",)) == (each.property.name, each.property.clauses)
        assert Step(last.before, last.input, last.before, None) == last
        assert each.fault.startswith(f"Fault: {last.before} by {last.input} ({__file__}:")
        assert isinstance(each.raised, Fault) and each.raised.__traceback__ is not None
        assert_plays(graph, Trace(each.trace.initial, each.trace.steps[:-1]))


def _last(violation: Violation[int, int]) -> Step[int, int]:
    return violation.trace.steps[-1]


def test_a_run_ends_with_the_first_input_that_is_not_answered() -> None:
    """What was raised is told where it was raised, also where nothing was said with it."""
    found = explore([0], lambda state: [1, 2], _raise)
    (violation,) = found.violations
    line = _raise.__code__.co_firstlineno + 1
    assert f"every_input_is_answered: Fault ({__file__}:{line}) (after 1 steps)" == str(violation)
    assert ("every_input_is_answered was violated", False) == (found.undetermined, found.passed)


@pytest.mark.parametrize("alike", [None, lambda state, way: way])
def test_what_is_owed_is_answered(alike: Any) -> None:
    """That an input which was promised raises is the machine's fault, not the promise's."""

    def step(state: int, way: int) -> tuple[int, str]:
        return _raise() if way == -1 else chain(3).step(state, way)

    owed = Obligation[int, int](name="promise", says="", owed=lambda state: [Owed(-1, _raise)] if state == 2 else [])
    found = explore([0], chain(3).inputs, step, properties=[owed], alike=alike)
    assert [("every_input_is_answered", (0, 0, -1))] == [
        (each.property.name, each.trace.inputs) for each in found.violations
    ]


def test_a_check_that_asks_the_machine_does_not_answer_for_it() -> None:
    """Where a check raises in a state in which an input does too, it is the machine that is at fault."""

    def step(state: int, way: int) -> tuple[int, str]:
        return chain(4).step(state, way) if state < 2 else _raise()

    asks = Always[int](name="asks", says="", check=lambda state: step(state, 0) and None)
    found = explore([0], chain(4).inputs, step, properties=[asks])
    assert [("every_input_is_answered", (0, 0, 0))] == [
        (each.property.name, each.trace.inputs) for each in found.violations
    ]


def test_a_step_that_raises_only_once_is_no_machine() -> None:
    """It cannot be played again; what it raised is not lost."""
    raised: list[int] = []

    def step(state: int, way: int) -> tuple[int, str]:
        if not raised:
            raised.append(way)
            raise Fault
        return chain(3).step(state, way)

    with pytest.raises(Fault) as caught:
        explore([0], chain(3).inputs, step)
    assert any("raised once and not again" in note for note in caught.value.__notes__)


@pytest.mark.parametrize(
    ("where", "broken", "said"),
    [
        ("inputs", lambda state: _raise() if state == 1 else [0], [0]),
        ("key", lambda state: _raise() if state == 2 else state, [0, 0]),
        ("within", lambda state: _raise() if state == 2 else True, [0, 0]),
        ("alike", lambda state, way: _raise() if state == 1 else None, [0]),
    ],
)
def test_a_fault_of_what_is_no_machine_propagates(where: str, broken: Any, said: list[int]) -> None:
    """It is no violation of a property; a note says what had been said."""
    functions: dict[str, Any] = {"inputs": chain(4).inputs, "step": chain(4).step}
    with pytest.raises(Fault) as caught:
        explore([0], **(functions | {where: broken}))
    assert [_story(said)] == caught.value.__notes__


def _story(said: list[int]) -> str:
    return "\n".join(["after this had been said:", *(f"  {number}. {way}" for number, way in enumerate(said, 1))])


def _at_two(asked: Any) -> Any:
    """Raises when it is asked about state 2, or a step to it."""
    return _raise() if 2 in (asked, getattr(asked, "after", None)) else None


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (Always[int](name="mine", says="", check=_at_two), [0, 0]),
        (Action[int, int](name="mine", says="", check=_at_two), [0, 0]),
        (Sometimes[int, int](name="mine", says="", wanted=frozenset(), seen=lambda step: _at_two(step) or []), [0, 0]),
        (Obligation[int, int](name="mine", says="", owed=lambda state: _at_two(state) or []), [0, 0]),
        (
            Obligation[int, int](name="mine", says="", owed=lambda state: [Owed(0, _at_two)] if state < 3 else []),
            [0, 0],
        ),
        (Reachable[int, int](name="mine", says="", end=_at_two), [0, 0]),
        (Reachable[int, int](name="mine", says="", end=lambda state: state == 3, usable=_raise), [0]),
    ],
    ids=lambda broken: type(broken).__name__,
)
def test_a_fault_of_a_check_propagates(broken: Property, said: list[int]) -> None:
    """A property that cannot be checked neither holds nor is violated; notes name it and what had been said."""
    with pytest.raises(Fault) as caught:
        explored(chain(4), broken)
    assert ["while the property mine was looked at", _story(said)] == caught.value.__notes__


@pytest.mark.parametrize("answer", [True, False, "", 0])
@pytest.mark.parametrize("kind", [Always, Action, Obligation])
def test_a_check_says_in_a_sentence_what_broke(kind: Any, answer: object) -> None:
    """Anything else, but for None, tells nobody anything, and may even be meant to say that all is well."""
    check: dict[str, Any] = {"check": lambda asked: answer}
    if kind is Obligation:
        check = {"owed": lambda state: [Owed(0, lambda step: answer)]}  # type: ignore[arg-type, return-value]
    with pytest.raises(TypeError, match=f"mine: expected None or a sentence that says what broke, got {answer!r}"):
        explored(chain(3), kind(name="mine", says="", **check))


@pytest.mark.parametrize("stranger", [Property(name="mine", says=""), Always, lambda state: None, "never"])
def test_what_is_no_property_is_refused(stranger: Any) -> None:
    """It would not be looked at, and the run would pass."""
    with pytest.raises(TypeError, match="expected each to be one of Always, Action, Obligation, Sometimes, Reachable"):
        explored(chain(3), stranger)


def test_properties_may_come_one_by_one() -> None:
    """All of them are looked at, whatever they come in."""
    found = explore(
        [0], chain(3).inputs, chain(3).step, properties=iter([evolve(never(9), name="not at all"), never(1)])
    )
    assert ["1 is bad"] == [each.fault for each in found.violations]


@pytest.mark.parametrize("bad", [0, 1])
def test_keys_must_be_hashable(bad: int) -> None:
    """Whether the first or a later one is not, its type is shown."""

    def key(state: int) -> object:
        return ("key", [state]) if state == bad else state

    with pytest.raises(TypeError, match="key: expected what can be hashed, got a tuple: unhashable type: 'list'"):
        explored(chain(3), key=key)


def test_progress_is_reported_now_and_then() -> None:
    """With what was found so far, and how many states wait to be looked into."""
    reports: list[tuple[int, int, bool]] = []
    size = 2 * REPORT_EVERY + 1

    def report(found: Exploration[Any, Any], waiting: int) -> None:
        reports.append((len(found.states), waiting, found.seconds >= 0))

    found = explored(chain(size), report=report)
    assert [(1 + number * REPORT_EVERY, 1, True) for number in range(3)] == reports
    assert found.rate == pytest.approx(found.decisions / found.seconds)


def test_it_must_begin_somewhere() -> None:
    """Otherwise everything would hold, for want of states."""
    with pytest.raises(ValueError, match="initial: expected at least one state"):
        explore([], chain(3).inputs, chain(3).step, properties=[never(0)])
    assert 0.0 == Exploration[int, int]([]).rate


def test_two_properties_of_one_name_are_refused() -> None:
    """One could hide what the other misses."""
    some = [never(0), never(1)]
    with pytest.raises(ValueError, match="expected a name for each"):
        explore([0], chain(3).inputs, chain(3).step, properties=some)
