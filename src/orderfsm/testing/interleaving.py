"""Every order in which the steps of several tasks can happen, tried out one after the other.

A task runs in a thread of its own and stops before each of its steps until it is let go; only one runs at any
time, so that a schedule always gives the same. Which steps there are is found out on the way: a task whose
write was refused reads again. So the schedules are searched depth first: each is played from the beginning,
and the next one differs from it at the last place where there was a choice.
"""

from collections.abc import Callable, Iterator, Sequence
from threading import Semaphore, Thread

from attrs import frozen

PATIENCE = 60.0
"""Seconds after which a step that does not end is given up. No step waits for another task, so none takes long."""

Gate = Callable[[], None]
"""What a task calls before each of its steps."""

Task = Callable[[Gate], object]
"""Something done step by step, and its result."""


@frozen
class Schedule:
    """One order of steps, and what came of it.

    Attributes:
        steps: which task made each step.
        results: what each task gave.
    """

    steps: tuple[int, ...]
    results: tuple[object, ...]

    def __str__(self) -> str:
        return " ".join("ABCDEFGH"[task] for task in self.steps)


def interleavings(tasks: Callable[[], Sequence[Task]]) -> Iterator[Schedule]:
    """All schedules of tasks. What a task raises is raised here.

    Args:
        tasks: makes the tasks, and what they work on, anew for each schedule.
    """
    ahead: list[int] = []
    while True:
        schedule, choices = _play(tasks(), ahead)
        yield schedule
        steps = [*schedule.steps]
        while steps and steps[-1] == choices[len(steps) - 1][-1]:
            steps.pop()
        if not steps:
            return
        there = choices[len(steps) - 1]
        ahead = [*steps[:-1], there[there.index(steps[-1]) + 1]]


def _play(tasks: Sequence[Task], ahead: Sequence[int]) -> tuple[Schedule, list[list[int]]]:
    """Play one schedule: the steps that are given, and then always the first task that has not ended."""
    runners = [_Runner(task) for task in tasks]
    steps: list[int] = []
    choices: list[list[int]] = []
    while ready := [number for number, runner in enumerate(runners) if not runner.ended]:
        step = ahead[len(steps)] if len(steps) < len(ahead) else ready[0]
        steps.append(step)
        choices.append(ready)
        runners[step].go_on()
    for runner in runners:
        if runner.fault is not None:
            raise runner.fault
    return Schedule(tuple(steps), tuple(runner.result for runner in runners)), choices


class _Runner:
    """A task in its thread, standing before its next step until it is let go."""

    def __init__(self, task: Task) -> None:
        self.ended = False
        self.result: object = None
        self.fault: BaseException | None = None
        self._task = task
        self._go = Semaphore(0)
        self._stands = Semaphore(0)
        Thread(target=self._run, daemon=True).start()
        self._wait()

    def go_on(self) -> None:
        """Let it make one step, and go on to the next."""
        self._go.release()
        self._wait()

    def _wait(self) -> None:
        if not self._stands.acquire(timeout=PATIENCE):
            raise AssertionError("a step does not end; does it wait for another task?")

    def _run(self) -> None:
        try:
            self.result = self._task(self._gate)
        except BaseException as fault:
            self.fault = fault
        self.ended = True
        self._stands.release()

    def _gate(self) -> None:
        self._stands.release()
        self._go.acquire()
