"""Child processes for tests of the book: started in milliseconds, let go together, killed at any moment.

A server forks them that has imported everything and does nothing else (the forkserver of `multiprocessing`). So nothing
of the process of the tests is in them: neither its threads nor its connections.
"""

import multiprocessing
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Self

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([
    "pytest", "psycopg", "holidays.countries.germany", "orderfsm.store.sqlite", "orderfsm.store.postgres",
    "orderfsm.worker", "tests.store.test_crashes", "tests.store.test_concurrency", "tests.store.test_outages",
])  # fmt: skip

PATIENCE = 60.0
"""Seconds after which a child that says nothing has failed."""

Tell = Callable[[object], None]
"""How a child tells its parent something. What it has told is there, even if it is killed a moment later."""

Job = Callable[..., None]
"""What a child does: a function of a module, with a `Tell` and whatever its parent hands over."""


class Child:
    """A process that does a job, from the start of the ``with`` block until it has done it, or the block ends.

    Args:
        job: a function of a module.
        arguments: what it gets besides the `Tell`; they are pickled.
        held: whether it waits for `go` before it begins.
    """

    def __init__(self, job: Job, *arguments: object, held: bool = False) -> None:
        self._said, theirs = _CONTEXT.Pipe(duplex=False)
        starts, self._starts = _CONTEXT.Pipe(duplex=False)
        if not held:
            self.go()
        process = _CONTEXT.Process(target=_do, args=(job, theirs, starts, arguments), daemon=True)
        process.start()
        theirs.close()
        starts.close()
        self._process = process

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process.pid is not None
        return self._process.pid

    def go(self) -> None:
        """Let it begin."""
        self._starts.send_bytes(b"go")

    def next_told(self) -> Any:
        """What it tells next."""
        assert self._said.poll(PATIENCE), "the child says nothing"
        return self._said.recv()

    def killed(self) -> list[Any]:
        """Kill it where it stands: what it has told and nobody has read yet."""
        self._process.kill()
        told = self._rest()
        self._process.join()
        assert -signal.SIGKILL == self._process.exitcode, "it had ended before"
        return told

    def done(self) -> list[Any]:
        """Wait until it has done its job: what it has told and nobody has read yet."""
        told = self._rest()
        self._process.join(PATIENCE)
        assert 0 == self._process.exitcode
        return told

    def _rest(self) -> list[Any]:
        told = []
        try:
            while True:
                told.append(self.next_told())
        except (EOFError, OSError):  # the end; or it was killed in the middle of a word
            return told

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.join()
        self._process.close()
        self._said.close()
        self._starts.close()


def _do(job: Job, told: Connection, starts: Connection, arguments: tuple[object, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt from the keyboard is for the tests, which end us
    starts.recv_bytes()
    with told:
        job(told.send, *arguments)
