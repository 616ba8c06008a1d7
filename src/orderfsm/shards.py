"""Sharing a replay among several processes, by order id. The answers are those of a single process.

Orders do not touch each other, so each belongs to one worker, which keeps it. The parent only finds out
whose line it is, ships the line as it came, and puts the answers back in order. A tick for all orders goes
to all workers. A bounded number of batches is under way, so the log is never held.
"""

import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from multiprocessing import get_context
from typing import Self

import msgspec
from attrs import define, field

from orderfsm.errors import UnreadableLog
from orderfsm.log import InvalidLine, read_line
from orderfsm.log_answers import INVALID, Fired
from orderfsm.log_files import NumberedLine
from orderfsm.log_shapes import TICK
from orderfsm.machine import OrderMachine
from orderfsm.policy import Policy
from orderfsm.replay import Replay, answered, tick_line, without_cycles
from orderfsm.summary import Summary

BATCH_LINES = 2000
BATCH_BYTES = 2**20
UNDER_WAY = 4
"""Batches that are sent ahead of the one whose answers are awaited."""

Task = tuple[int, bytes | None, bool]
"""A numbered line, and whether another worker counts it."""

Answered = tuple[int, bytes | Fired]


class Player:
    """Plays lines one after the other, and either answers them or counts them."""

    def __init__(self, policy: Policy, *, answering: bool) -> None:
        self._replay = Replay(OrderMachine(policy))
        self._answering = answering
        self._summary = Summary()

    def play(self, number: int, raw: bytes | None, *, again: bool = False) -> bytes | Fired | None:
        """Play one line: its answer, or None where it is only counted."""
        played = self._replay.play(raw)
        self._summary.add(number, played, again=again)
        return answered(number, played) if self._answering else None

    def invalid(self) -> int:
        """How many lines could not be understood so far."""
        return self._summary.outcomes[INVALID]

    def last(self) -> datetime | None:
        """The latest time at which something was learnt."""
        return self._summary.last

    def close(self, at: datetime | None) -> Summary:
        """The summary, with what is overdue at `at`."""
        if at is not None:
            self._summary.close(self._replay.machine, self._replay.orders.values(), at)
        return self._summary


@define
class Playing:
    """A replay of a whole log: `answers` as they come, then the `summary`."""

    policy: Policy
    answering: bool
    jobs: int = 1
    _workers: list[ProcessPoolExecutor] = field(factory=list, init=False)
    _player: Player = field(init=False)
    _open: ExitStack = field(factory=ExitStack, init=False)

    def __attrs_post_init__(self) -> None:
        self._player = Player(self.policy, answering=self.answering)

    def __enter__(self) -> Self:
        if self.jobs > 1:
            context = get_context("spawn")  # the same everywhere, and no copies of our threads
            for _ in range(self.jobs):
                worker = ProcessPoolExecutor(1, context, _start, (self.policy, self.answering))
                self._open.callback(worker.shutdown, wait=True, cancel_futures=True)
                self._workers.append(worker)
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def answers(self, lines: Iterable[NumberedLine]) -> Iterator[bytes]:
        """Play the lines; their answers in order. Nothing where they are only counted."""
        return self._shared(lines) if self._workers else self._alone(lines)

    def _alone(self, lines: Iterable[NumberedLine]) -> Iterator[bytes]:
        play = self._player.play
        for number, raw in lines:
            said = play(number, raw)
            if said is not None:
                yield said if isinstance(said, bytes) else tick_line(number, said)

    def _shared(self, lines: Iterable[NumberedLine]) -> Iterator[bytes]:
        under_way: deque[list[Future[list[Answered]]]] = deque()
        broken: UnreadableLog | None = None
        try:
            for batch in _batches(lines, len(self._workers)):
                parts = zip(self._workers, batch, strict=True)
                under_way.append([worker.submit(_play, tasks) for worker, tasks in parts if tasks])
                if len(under_way) > UNDER_WAY:
                    yield from _collected(under_way.popleft())
        except UnreadableLog as fault:  # what was read before still counts
            broken = fault
        while under_way:
            yield from _collected(under_way.popleft())
        if broken is not None:
            raise broken

    def invalid(self) -> int:
        """How many lines could not be understood."""
        if not self._workers:
            return self._player.invalid()
        return sum(worker.submit(_invalid).result() for worker in self._workers)

    def summary(self) -> Summary:
        """What it all came to."""
        if not self._workers:
            return self._player.close(self._player.last())
        last = max((time for worker in self._workers if (time := worker.submit(_last).result())), default=None)
        summary = Summary()
        for part in [worker.submit(_close, last) for worker in self._workers]:
            summary.join(part.result())
        return summary


# --- in the parent ---------------------------------------------------------------------------------------


def _collected(parts: list[Future[list[Answered]]]) -> Iterator[bytes]:
    """The answers of one batch, in the order of its lines."""
    by_line: dict[int, bytes | Fired] = {}
    for part in parts:
        for number, said in part.result():
            before = by_line.get(number)
            if isinstance(before, dict) and isinstance(said, dict):
                before.update(said)
            else:
                by_line[number] = said
    for number in sorted(by_line):
        said = by_line[number]
        yield said if isinstance(said, bytes) else tick_line(number, said)


class _Address(msgspec.Struct, gc=False):
    """As much of a line as says whose it is."""

    order: str | None = None
    do: str | None = None


_address = msgspec.json.Decoder(_Address).decode


def _batches(lines: Iterable[NumberedLine], workers: int) -> Iterator[list[list[Task]]]:
    """The lines in batches, each dealt out to the workers."""
    batch: list[list[Task]] = [[] for _ in range(workers)]
    count = size = 0
    try:
        for number, raw in lines:
            for worker, again in _addressees(raw, workers):
                batch[worker].append((number, raw, again))
            count += 1
            size += len(raw or b"")
            if count >= BATCH_LINES or size >= BATCH_BYTES:
                yield batch
                batch = [[] for _ in range(workers)]
                count = size = 0
    except UnreadableLog:
        yield batch
        raise
    if count:
        yield batch


def _addressees(raw: bytes | None, workers: int) -> Iterable[tuple[int, bool]]:
    """Which workers get a line, and whether another one counts it. What cannot be read goes to the first."""
    if raw is None:
        return ((0, False),)
    try:
        address = _address(raw)
    except (ValueError, RecursionError):
        return ((0, False),)
    if address.order is not None:
        return ((hash(address.order) % workers, False),)
    if address.do == TICK and _is_understood(raw):
        return [(worker, worker > 0) for worker in range(workers)]
    return ((0, False),)


def _is_understood(raw: bytes) -> bool:
    try:
        read_line(raw)
    except InvalidLine:
        return False
    return True


# --- in a worker -----------------------------------------------------------------------------------------

_players: list[Player] = []


def _start(policy: Policy, answering: bool) -> None:
    """Set up a worker's own replay. An interrupt is the parent's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    without_cycles()
    _players.append(Player(policy, answering=answering))


def _play(tasks: list[Task]) -> list[Answered]:
    answers = [(number, _players[0].play(number, raw, again=again)) for number, raw, again in tasks]
    return [(number, said) for number, said in answers if said is not None]


def _invalid() -> int:
    return _players[0].invalid()


def _last() -> datetime | None:
    return _players[0].last()


def _close(at: datetime | None) -> Summary:
    return _players[0].close(at)
