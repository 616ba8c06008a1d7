"""Work that several processes share, and that ends at once when it is interrupted."""

import signal
import sys
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pickle import dumps
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

from orderfsm.guards import HostGuard

P = ParamSpec("P")
T = TypeVar("T")


class Pool(ProcessPoolExecutor):
    """Processes that leave an interrupt to their parent; whatever goes wrong in the `with` block, they end at once.

    Args:
        jobs: how many.
        initializer: what each of them calls first, if anything.
        initargs: with what.
    """

    def __init__(
        self, jobs: int, initializer: Callable[..., object] | None = None, initargs: tuple[Any, ...] = ()
    ) -> None:
        super().__init__(jobs, get_context("spawn"), initializer, initargs)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Hand in some work; this is when processes are started."""
        with _interrupts_held():
            return super().submit(fn, *args, **kwargs)

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            for process in list(self._processes.values()):
                process.terminate()
        self.shutdown(cancel_futures=kind is not None)


@contextmanager
def _interrupts_held() -> Generator[None]:
    """An interrupt waits until the end of the block; processes that are started within never see one."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def check_sendable(guards: Iterable[HostGuard]) -> None:
    """See to it that guards can be sent to other processes.

    Raises:
        TypeError: one cannot; it says which, and what to do.
    """
    for guard in guards:
        try:
            dumps(guard)
        except Exception:
            raise TypeError(
                f"the guard {guard.code!r} cannot be sent to another process: "
                "define the function that it asks at the top level of a module, or explore with jobs=1"
            ) from None


__all__ = ["Pool", "check_sendable"]
