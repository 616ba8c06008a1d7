"""What a host writes so that its own backend can be played: a driver, three methods that mean one order.

The ids of asks, refunds and anomalies in the inputs are orderfsm's: ``a1``, ``r1``, ``n1`` and so on, in order
of creation within the order. A driver whose backend makes ids of its own translates them.
"""

from datetime import datetime
from typing import Protocol, runtime_checkable

from orderfsm.inputs import Input, Place
from orderfsm.testing.observing import Observation, ObservedAnswer


class Driver(Protocol):
    """Drives a host's backend through the story of one order; every story gets a new driver.

    Time stands in the inputs: `at`, and `received_at` where a fact was learnt late.
    """

    def create(self, place: Place) -> None:
        """Place the order; called once, before anything else."""
        ...

    def send(self, input: Input) -> ObservedAnswer | None:
        """Bring one input to the backend, and say what it answered; None where that cannot be seen."""
        ...

    def observe(self) -> Observation:
        """What is to be seen of the order now; `effects` are those since the last time this was asked."""
        ...


@runtime_checkable
class Waiting(Protocol):
    """A driver whose backend acts by itself when time has passed, not only when the next input comes in.

    Without this method nothing is compared between a wait and the next input: deadlines that have passed are
    applied first then (policy 3), so the backend has to have caught up by then.
    """

    def wait(self, at: datetime) -> None:
        """Let time pass until `at`: set the backend's clock, run its scheduler."""
        ...


@runtime_checkable
class Closing(Protocol):
    """A driver that has something to put away when its story is over."""

    def close(self) -> None:
        """Called once, at the end of the story, however it ended."""
        ...
