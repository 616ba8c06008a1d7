"""Explicit-state exploration: every input in every reachable state, breadth first, on the code that is shipped.

Any machine can be explored: four functions say where it begins, what can be said to it, what follows, and
when two of its states are the same. `orderfsm.testing.orders` gives these functions for orders.

States are told apart by their full keys, never by hashes of them. Of each key the first state that was found
is kept, with how it was reached: so every trace can be played again and is as short as any.
A run that a limit cut short is *undetermined*: it proves nothing, and says so.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from time import perf_counter
from traceback import extract_tb
from typing import Any, Generic, TypeVar

from orderfsm.testing.findings import Alike, Edges, Exploration, Limits, Report, Told, Trace, Violation
from orderfsm.testing.properties import (
    EVERY_INPUT_IS_ANSWERED,
    KINDS,
    Action,
    Always,
    Obligation,
    Property,
    Reachable,
    Sometimes,
    Step,
)

S = TypeVar("S")
I = TypeVar("I")

REPORT_EVERY = 256
"""How many states are expanded between two reports of progress."""


def explore(
    initial: Iterable[S],
    inputs: Callable[[S], Iterable[I]],
    step: Callable[[S, I], tuple[S, Any]],
    *,
    key: Callable[[S], Hashable] | None = None,
    within: Callable[[S], bool] | None = None,
    alike: Alike[S, I] | None = None,
    properties: Iterable[Property] = (),
    limits: Limits | None = None,
    report: Report | None = None,
) -> Exploration[S, I]:
    """Try every input in every reachable state, breadth first.

    A machine answers whatever is said: where `step` raises, the property `every_input_is_answered` is violated.

    Args:
        initial: where it begins: at least one state.
        inputs: everything that can be said in a state, by anybody, at any time that differs.
        step: the state after an input, and what was answered; the very same state where nothing changed. Pure: it is
            called again to tell how a state is reached.
        key: two states with equal keys behave alike; by default a state is its own key. It can be hashed.
        within: whether a state is within the bounds of the exploration. Steps out of them are checked like all
            others, and counted; what would follow is not explored.
        alike: what the answer to an input depends on, where that is less than the whole state; None where it is not.
            Of inputs for which this is equal only the first is tried, if it leaves the key of its state as it is.
        properties: what is checked on the way.
        limits: when to give up.
        report: called now and then with what was found so far and how many states wait.

    Raises:
        TypeError: a key that cannot be hashed, a property of no known kind, or a check that answers neither None nor
            a sentence.
        ValueError: it begins nowhere, so that nothing would be shown.
        Exception: whatever a property or any function but `step` raises, with a note of the property and of the
            shortest story so far: what cannot be checked neither holds nor is violated.
    """
    return _Run(inputs, step, key, within, alike, tuple(properties), limits or Limits(), report).explore(initial)


class _GivenUp(BaseException):
    """A limit was reached: no fault, and never taken for one."""


class _Run(Generic[S, I]):
    def __init__(
        self,
        inputs: Callable[[S], Iterable[I]],
        step: Callable[[S, I], tuple[S, Any]],
        key: Callable[[S], Hashable] | None,
        within: Callable[[S], bool] | None,
        alike: Alike[S, I] | None,
        properties: Sequence[Property],
        limits: Limits,
        report: Report | None,
    ) -> None:
        self._inputs, self._step, self._key, self._within, self._alike = inputs, step, key, within, alike
        self._idle: set[Hashable] = set()
        self._kept: set[Hashable] = set()
        self._limits, self._report = limits, report
        for each in properties:
            if not isinstance(each, KINDS):
                kinds = ", ".join(kind.__name__ for kind in KINDS)
                raise TypeError(f"properties: expected each to be one of {kinds}, got {each!r}")
        names = [each.name for each in properties]
        if len(set(names)) < len(names):
            twice = sorted({name for name in names if names.count(name) > 1})
            raise ValueError(f"properties: expected a name for each, got {', '.join(twice)} twice")
        self._always = [each for each in properties if isinstance(each, Always)]
        actions = [each for each in properties if isinstance(each, Action)]
        sometimes = [each for each in properties if isinstance(each, Sometimes)]
        self._actions, self._sometimes = actions, sometimes
        self._on_refusal = [each for each in actions if each.refusals]
        self._seen_on_refusal = [each for each in sometimes if each.refusals]
        self._looking = bool(actions or sometimes)
        self._looking_at_refusals = bool(self._on_refusal or self._seen_on_refusal)
        self._obligations = [each for each in properties if isinstance(each, Obligation)]
        self._reachable = [each for each in properties if isinstance(each, Reachable)]
        self._parents: list[tuple[int, I | None]] = []
        self._depth = 0
        self._usable = [Edges() for _ in self._reachable]
        self._found: Exploration[S, I] = Exploration([])
        self._found.trace = self._trace
        self._found.seen = {each.name: set() for each in sometimes}

    def explore(self, initial: Iterable[S]) -> Exploration[S, I]:
        found = self._found
        pausing = self._report is not None or self._limits.seconds is not None
        begun = perf_counter()
        try:
            for state in initial:
                if found.keys.setdefault(self._key_of(state), len(found.states)) == len(found.states):
                    self._meet(state, -1, None)
            if not found.states:
                raise ValueError("initial: expected at least one state: an exploration of nothing shows nothing")
            index, of_depth = 0, len(found.states)
            while index < len(found.states):
                if index == of_depth:  # all states of one depth come before those of the next
                    self._depth, of_depth = self._depth + 1, len(found.states)
                if pausing:
                    found.seconds = perf_counter() - begun
                    self._pause(index)
                self._expand(index)
                index += 1
        except _GivenUp as given_up:
            found.undetermined = str(given_up)
        found.seconds = perf_counter() - begun
        if found.complete:
            self._look_for_dead_ends()
            for each in self._sometimes:
                found.missing[each.name] = each.wanted - found.seen[each.name]
        return found

    def _pause(self, index: int) -> None:
        found, seconds = self._found, self._limits.seconds
        if self._report is not None and index % REPORT_EVERY == 0:
            self._report(found, len(found.states) - index)
        if seconds is not None and found.seconds > seconds:
            raise _GivenUp(f"{seconds:g} seconds were over with {len(found.states) - index} states to go")

    def _meet(self, state: S, parent: int, input: I | None) -> None:
        """Keep a new state, whose key was the last to be noted, and look at it."""
        found = self._found
        if self._limits.states is not None and len(found.states) >= self._limits.states:
            found.keys.popitem()
            raise _GivenUp(f"more than {self._limits.states} states")
        found.states.append(state)
        self._parents.append((parent, input))
        if parent >= 0:
            found.depth = self._depth + 1
        if self._always:
            self._look_at(state, len(found.states) - 1)

    def _look_at(self, state: S, index: int, last: Step[S, I] | None = None) -> None:
        for each in self._always:
            try:
                fault = each.check(state)
            except Exception as error:
                self._name(error, each)
                if last is None:  # a check that asks the machine itself raises what the machine raises
                    self._said(state, index)
                raise
            if fault is not None:
                self._violated(each, fault, index, last)

    def _expand(self, index: int) -> None:
        found, states, known = self._found, self._found.states, self._found.keys
        key_of, within, reachable = self._key, self._within, self._reachable
        state = states[index]
        usable: list[set[int]] = [set() for _ in reachable]
        targets: set[int] = set()
        looking, new, led = self._looking, len(states), 0
        idle = self._idle
        input: I | None = None
        try:
            for input, part, (after, answer) in self._said(state, index):
                if after is state:
                    if self._looking_at_refusals:
                        self._look(Step(state, input, after, answer), index, self._on_refusal, self._seen_on_refusal)
                    if part is not None:
                        idle.add(part)
                    continue
                if looking:
                    self._look(Step(state, input, after, answer), index, self._actions, self._sometimes)
                if within is not None and not within(after):
                    found.beyond += 1
                    self._look_at(after, index, Step(state, input, after, answer))
                    continue
                try:  # hashed once: that is dear
                    target = known.setdefault(after if key_of is None else key_of(after), new)
                except TypeError:
                    self._key_of(after)
                    raise
                if target == new:
                    self._meet(after, index, input)
                    new += 1
                if target != index:
                    led += 1
                    targets.add(target)
                    if reachable:
                        self._lead(input, target, usable)
                elif part is not None:
                    idle.add(part)
        except Exception as error:
            self._tell(error, index, input)
            raise
        found.transitions += led
        for obligation in self._obligations:
            self._hold_to(obligation, state, index)
        found.edges.add(targets)
        if reachable:
            for every, some in zip(self._usable, usable, strict=True):
                every.add(some)

    def _key_of(self, state: S) -> Hashable:
        key: Hashable = state if self._key is None else self._key(state)
        try:
            hash(key)
        except TypeError as error:
            raise TypeError(f"key: expected what can be hashed, got a {type(key).__name__}: {error}") from None
        return key

    def _lead(self, input: I, target: int, usable: Sequence[set[int]]) -> None:
        """Note for each `Reachable` whether an input that leads on may be relied on."""
        for each, some in zip(self._reachable, usable, strict=True):
            try:
                relied_on = each.usable(input)
            except Exception as error:
                self._name(error, each)
                raise
            if relied_on:
                some.add(target)

    def _said(self, state: S, index: int) -> list[Told[I, S]]:
        """All that is said in a state, and what comes of it; without what is known to come to nothing.

        All of it before anything is looked at: the same code again and again takes less time.
        """
        found, step, alike = self._found, self._step, self._alike
        inputs = list(self._inputs(state))
        found.decisions += len(inputs)
        if alike is None:
            try:
                if self._looking_at_refusals:
                    return [(input, None, step(state, input)) for input in inputs]
                return [(input, None, led) for input in inputs if (led := step(state, input))[0] is not state]
            except Exception as error:
                return self._one_by_one(state, index, [(input, None) for input in inputs], error)
        every = [(input, alike(state, input)) for input in inputs]
        left = [(input, part) for input, part in every if part not in self._idle]
        found.tabulated += len(every) - len(left)
        try:
            return [(input, part, step(state, input)) for input, part in left]
        except Exception as error:
            return self._one_by_one(state, index, left, error)

    def _one_by_one(
        self, state: S, index: int, inputs: Sequence[tuple[I, Hashable | None]], raised: Exception
    ) -> list[Told[I, S]]:
        """What is said where something raised, said again: what raises is a violation, and nothing comes of it."""
        said: list[Told[I, S]] = []
        for input, part in inputs:
            try:
                said.append((input, part, self._step(state, input)))
            except Exception as error:
                self._unanswered(error, state, input, index)
        if len(said) == len(inputs):
            raised.add_note("raised once and not again: expected a `step` that only depends on the state and the input")
            raise raised
        return said

    def _unanswered(self, raised: Exception, state: S, input: I, index: int) -> None:
        frame = extract_tb(raised.__traceback__)[-1]
        what = " ".join(f"{type(raised).__name__}: {raised}".split()).removesuffix(":")
        fault = f"{what} ({frame.filename}:{frame.lineno})"
        self._violated(EVERY_INPUT_IS_ANSWERED, fault, index, Step(state, input, state), raised)

    def _hold_to(self, obligation: Obligation[S, I], state: S, index: int) -> None:
        found, alike = self._found, self._alike
        input: I | None = None
        try:
            for owed in list(obligation.owed(state)):
                input = owed.input
                found.promised += 1
                part = None if alike is None else alike(state, input)
                promise = obligation.name, part
                if part is not None and promise in self._kept:
                    found.tabulated += 1
                    continue
                try:
                    after, answer = self._step(state, input)
                except Exception as error:
                    self._unanswered(error, state, input, index)
                    continue
                taken = Step(state, input, after, answer)
                fault = owed.kept(taken)
                if fault is not None:
                    self._violated(obligation, fault, index, taken)
                elif part is not None:
                    self._kept.add(promise)
        except Exception as error:
            self._name(error, obligation)
            self._tell(error, index, input)
            raise

    def _look(
        self,
        step: Step[S, I],
        index: int,
        actions: Sequence[Action[S, I]],
        sometimes: Sequence[Sometimes[S, I]],
    ) -> None:
        for action in actions:
            try:
                fault = action.check(step)
            except Exception as error:
                self._name(error, action)
                raise
            if fault is not None:
                self._violated(action, fault, index, step)
        for each in sometimes:
            try:
                self._found.seen[each.name].update(each.seen(step))
            except Exception as error:
                self._name(error, each)
                raise

    def _violated(
        self, property: Property, fault: str, index: int, last: Step[S, I] | None, raised: Exception | None = None
    ) -> None:
        if not isinstance(fault, str) or not fault:
            raise TypeError(f"{property.name}: expected None or a sentence that says what broke, got {fault!r}")
        found = self._found
        found.violations.append(Violation(property, fault, self._trace(index, last), raised))
        if len(found.violations) >= self._limits.violations:
            raise _GivenUp(f"{property.name} was violated")

    @staticmethod
    def _name(error: Exception, property: Property) -> None:
        error.add_note(f"while the property {property.name} was looked at")

    def _tell(self, error: Exception, index: int, last: I | None = None) -> None:
        """Note what had been said when a function raised that is not the machine."""
        said = [*self._trace(index).inputs, *([] if last is None else [last])]
        story = [f"  {number}. {input!r}" for number, input in enumerate(said, start=1)]
        error.add_note("\n".join(["after this had been said:", *story] if story else ["before anything was said"]))

    def _trace(self, index: int, last: Step[S, I] | None = None) -> Trace[S, I]:
        """The steps to a state, played again from the beginning; they are the same each time."""
        spoken: list[I] = []
        while True:
            parent, input = self._parents[index]
            if parent < 0:
                break
            spoken.append(input)  # type: ignore[arg-type]
            index = parent
        state = initial = self._found.states[index]
        steps: list[Step[S, I]] = []
        for input in reversed(spoken):
            after, answer = self._step(state, input)
            steps.append(Step(state, input, after, answer))
            state = after
        return Trace(initial, (*steps, last) if last is not None else tuple(steps))

    def _ends(self, property: Reachable[S, I], state: S, index: int) -> bool:
        try:
            return property.end(state)
        except Exception as error:
            self._name(error, property)
            self._tell(error, index)
            raise

    def _look_for_dead_ends(self) -> None:
        """Whatever leads to no end, by any inputs that may be relied on."""
        found = self._found
        for each, edges in zip(self._reachable, self._usable, strict=True):
            stuck = edges.lost([index for index, state in enumerate(found.states) if self._ends(each, state, index)])
            if stuck:
                fault = f"from here no end can be reached ({len(stuck)} such states)"
                found.violations.append(Violation(each, fault, self._trace(stuck[0])))
        found.violations.sort(key=lambda each: len(each.trace))


__all__ = ["Exploration", "Limits", "Report", "Trace", "Violation", "explore"]
