"""Processes that share a proof: they end at once when something goes wrong, and say what they cannot be sent."""

import time
from collections.abc import Callable
from concurrent.futures import Future
from multiprocessing import active_children

import pytest

from orderfsm import HostGuard, RequestCancellation
from orderfsm.testing.pooling import Pool, check_sendable
from orderfsm.testing.proving import prove
from tests.proof.faults import ASKED

HOURS = 7200


def _allowed(*_: object) -> bool:
    return True


def hold(holds: Callable[..., bool]) -> HostGuard:
    """A guard of the shop's own that asks this."""
    return HostGuard(code="on_hold", on=[RequestCancellation], holds=holds, sentence="This is on hold.")


def test_what_is_shared_is_done() -> None:
    """Processes answer, and are gone after the block."""
    with Pool(2) as pool:
        found: list[Future[int]] = [pool.submit(abs, number) for number in (-1, -2, -3)]
    assert [1, 2, 3] == [each.result() for each in found]
    assert not active_children()


@pytest.mark.parametrize("fault", [KeyboardInterrupt, ZeroDivisionError])
def test_processes_end_with_the_block(fault: type[BaseException]) -> None:
    """Whatever breaks the block ends the work that is under way and drops the work that waits."""
    begun, waiting = time.monotonic(), list[Future[None]]()
    with pytest.raises(fault), Pool(2) as pool:
        waiting += [pool.submit(time.sleep, HOURS) for _ in range(50)]
        raise fault
    assert time.monotonic() - begun < HOURS / 60
    assert all(each.done() for each in waiting)
    assert not active_children()


def test_a_guard_that_cannot_be_sent_is_named() -> None:
    """A lambda cannot go to another process; the message says so before anything is explored, and what to do."""
    with pytest.raises(TypeError, match=r"'on_hold'.*top level of a module, or explore with jobs=1"):
        prove([ASKED], guards=[hold(lambda *_: True)], jobs=2)
    check_sendable([hold(_allowed)])
