"""What happens by itself: due deadlines fire, and effects go from the outbox to the host's handlers.

Any number of workers run side by side, on one machine or many. A worker takes a letter for a while; when it
dies meanwhile, another takes the letter after that while. So every effect is delivered at least once, and
handlers tell a second delivery by the effect's id. Of one order only the first pending letter is on its way
at any time, so effects arrive in their order.
"""

import logging  # noqa: TID251  (a worker has nobody to answer to)
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from inspect import isawaitable, iscoroutinefunction
from time import sleep
from typing import Any, Generic, TypeVar

from attrs import evolve, frozen

from orderfsm.book import OrderBook
from orderfsm.effects import EFFECTS, Effect
from orderfsm.errors import ConcurrentChange, OrderfsmError, StoreUnavailable, shown
from orderfsm.records import Letter, Status
from orderfsm.times import EARLIEST
from orderfsm.wall_clock import utc_now

log = logging.getLogger("orderfsm.worker")
log.addHandler(logging.NullHandler())

LONGEST_FAULT = 500
RESCHEDULED_EVERY = timedelta(minutes=10)
"""How often a worker looks for deadlines of another policy: while a shop deploys, old processes still compute some."""

_SLICE = 0.1  # seconds for which a worker sleeps before it looks whether it is told to stop


E_co = TypeVar("E_co", bound=Effect, covariant=True)


@frozen
class Delivery(Generic[E_co]):
    """An effect that is handed to a handler.

    Attributes:
        order_id: the order that it belongs to.
        effect: what is to be done. Its id is the same each time it is delivered.
        attempt: counts from 1 how often workers have set about it.
        seq: the place of the effect among all of its order.
    """

    order_id: str
    effect: E_co
    attempt: int
    seq: int


Handler = Callable[[Delivery[Any]], object]
"""Does what an effect says. It is done when the handler returns; when it raises, it is tried again later."""

Handlers = Mapping[type[Any], Handler]
"""A handler for each kind of effect, or for `Effect`, which stands for all that have none of their own."""


class NoHandler(OrderfsmError):
    """Some kinds of effect have no handler. Nothing is delivered, for no effect may be skipped."""


@frozen(kw_only=True)
class Retries:
    """How often and when a delivery that failed is tried again: after 2 s, 4 s, 8 s, … up to `longest`.

    With the defaults a letter is given up after about nine hours.

    Attributes:
        attempts: how often in all.
        longest: the longest pause between two attempts.
    """

    attempts: int = 20
    longest: timedelta = timedelta(hours=1)

    def delay(self, attempt: int) -> timedelta:
        """How long to wait after the `attempt`-th delivery failed."""
        return min(timedelta(seconds=2 ** min(attempt, 20)), self.longest)


@frozen
class Round:
    """What one round of a worker did.

    Attributes:
        fired: how many orders had deadlines fire.
        delivered: how many effects were delivered.
        failed: how many deliveries failed, and are tried again.
        dead: how many effects were given up.
    """

    fired: int = 0
    delivered: int = 0
    failed: int = 0
    dead: int = 0

    @property
    def idle(self) -> bool:
        """Whether there was nothing to do."""
        return self == Round()


class Worker:
    """Fires what is due and delivers what is in the outbox.

    Args:
        book: the orders.
        handlers: what to do with each kind of effect.
        clock: the time, in UTC.
        lease: for how long letters are taken; a handler must be done by then, or another worker begins as well.
        retries: how often and when a failed delivery is tried again.
        batch: how many letters, and how many due orders, are taken at once.

    Raises:
        NoHandler: a kind of effect has none.
        TypeError: a handler cannot be called, or is a coroutine function, which nobody here would await.
    """

    def __init__(
        self,
        book: OrderBook,
        handlers: Handlers,
        *,
        clock: Callable[[], datetime] = utc_now,
        lease: timedelta = timedelta(minutes=1),
        retries: Retries | None = None,
        batch: int = 50,
    ) -> None:
        missing = [kind.name for kind in EFFECTS if _handler_of(kind, handlers) is None]
        if missing:
            raise NoHandler(f"no handler for {', '.join(missing)}; one for Effect stands for all that have none")
        for kind, given in handlers.items():
            if not callable(given):
                raise TypeError(f"the handler for {kind.__name__} cannot be called: {shown(given)}")
            if iscoroutinefunction(given):
                raise TypeError(f"the handler for {kind.__name__} is async: let it run its coroutine, and then return")
        self._book = book
        self._handlers = {kind: handler for kind in EFFECTS if (handler := _handler_of(kind, handlers)) is not None}
        self._clock = clock
        self._lease = lease
        self._retries = retries or Retries()
        self._batch = batch
        self._stopping = False

    def stop(self) -> None:
        """Finish the delivery in hand, give back what was taken beside it, and return from `run`."""
        self._stopping = True

    def run(self, *, poll: float = 1.0) -> None:
        """Work until told to stop; where there is nothing to do, look again every `poll` seconds.

        While the database cannot be used, it is tried again, ever more seldom.
        """
        pause, rescheduled = poll, None
        while not self._stopping:
            try:
                now = self._clock()
                if rescheduled is None or now - rescheduled >= RESCHEDULED_EVERY:
                    self._book.reschedule(until=lambda: self._stopping)
                    rescheduled = now
                idle = self.round().idle
                pause = poll
            except (StoreUnavailable, ConcurrentChange) as fault:
                log.warning("%s; trying again in %.0f seconds", fault, pause)
                idle, pause = True, min(2 * pause, 30.0)
            if idle:
                self._sleep(pause)

    def run_until_idle(self) -> Round:
        """Work until there is nothing left that is due or ready: what was done."""
        self._book.reschedule(until=lambda: self._stopping)
        done = Round()
        while not self._stopping:
            now = self.round()
            if now.idle:
                break
            done = Round(
                done.fired + now.fired, done.delivered + now.delivered, done.failed + now.failed, done.dead + now.dead
            )
        return done

    def round(self) -> Round:
        """Fire what is due, then deliver one batch of letters."""
        fired = self._book.fire_due(self._clock(), limit=self._batch)
        now = self._clock()
        letters = self._book.store.take(now, now + self._lease, self._batch)
        came_to = [self._deliver(letter, place, now) for place, letter in enumerate(letters)]
        delivered, failed, dead = (came_to.count(s) for s in (Status.DELIVERED, Status.PENDING, Status.DEAD))
        return Round(fired, delivered, failed, dead)

    def _deliver(self, letter: Letter, place: int, taken_at: datetime) -> Status | None:
        """Hand a letter to its handler, and note what came of it; None where it is given back.

        Once half of a lease is used up, what is left of a batch is given back, for handlers need their time. It
        was what had waited longest, so it comes before all others again, in the same order.
        """
        if self._stopping or (place > 0 and self._clock() - taken_at > self._lease / 2):
            first = EARLIEST + timedelta(microseconds=place)
            self._book.store.mark(letter, evolve(letter, ready_at=first, attempts=letter.attempts - 1))
            return None
        after = self._tried(letter)
        self._book.store.mark(letter, after)
        return after.status

    def _tried(self, letter: Letter) -> Letter:
        if letter.attempts > self._retries.attempts:
            return self._failed(letter, letter.fault or "no worker survived its delivery")
        try:
            effect = letter.effect
            done = self._handlers[type(effect)](Delivery(letter.order_id, effect, letter.attempts, letter.seq))
            if isawaitable(done):
                raise TypeError("the handler returned something to be awaited, which nobody awaits")
        except Exception as fault:
            return self._failed(letter, f"{type(fault).__name__}: {fault}")
        return evolve(letter, status=Status.DELIVERED, settled_at=self._clock(), fault=None)

    def _failed(self, letter: Letter, said: str) -> Letter:
        now, fault = self._clock(), said.replace("\0", "").encode(errors="replace").decode()[:LONGEST_FAULT]
        which = f"{letter.name} (letter {letter.seq} of order {letter.order_id!r})"
        if letter.attempts >= self._retries.attempts:
            log.error("%s is given up after %d attempts: %s", which, letter.attempts, fault)
            return evolve(letter, status=Status.DEAD, settled_at=now, fault=fault)
        delay = self._retries.delay(letter.attempts)
        log.warning("%s failed, attempt %d: %s; again in %s", which, letter.attempts, fault, delay)
        return evolve(letter, ready_at=now + delay, fault=fault)

    def _sleep(self, seconds: float) -> None:
        left = seconds
        while left > 0 and not self._stopping:
            sleep(min(left, _SLICE))
            left -= _SLICE


def _handler_of(kind: type[Effect], handlers: Handlers) -> Handler | None:
    return next((handlers[each] for each in kind.__mro__ if each in handlers), None)
