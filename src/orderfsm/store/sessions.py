"""Where a store's statements run: on connections of its own, or on one of the host's.

A `Run` executes one statement and gives its rows. Statements mark their parameters with ``?``; each
database's own sign is put there once per statement.
"""

import os
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, Generic, NoReturn, Protocol, TypeVar
from weakref import WeakSet

from orderfsm.errors import StoreUnavailable

Rows = list[tuple[Any, ...]]
Run = Callable[[str, Sequence[object]], Rows]

C = TypeVar("C")


class Sessions(Protocol):
    """How a store gets at a connection."""

    hosted: bool
    """Whether the connection, and so the transaction, is the host's."""

    def single(self) -> AbstractContextManager[Run]:
        """For statements that each stand alone."""
        ...

    def transaction(self) -> AbstractContextManager[Run]:
        """For statements that take effect together; rolled back when the block raises."""
        ...

    def close(self) -> None:
        """Close what is open."""
        ...


class Driver(Protocol[C]):
    """What a pool needs to know of a database's driver."""

    def connect(self) -> C:
        """Open a connection, on which every statement is committed by itself until `begin`."""
        ...

    def runner(self, connection: C) -> Run: ...
    def begin(self, connection: C) -> None: ...
    def commit(self, connection: C) -> None: ...
    def rollback(self, connection: C) -> None: ...
    def usable(self, connection: C) -> bool: ...
    def close(self, connection: C) -> None: ...
    def translate(self, fault: Exception, *, nothing_stored: bool) -> Exception:
        """What is raised instead of a fault of the driver; the fault itself where it is none."""
        ...


class Pool(Generic[C]):
    """Connections of our own, opened as needed, kept for the next one who asks.

    Safe for threads: a connection is lent to one at a time. What is idle is closed before a fork, so that both
    sides open their own: SQLite would count a connection that it inherits as one that holds locks, though it has
    none, and the last other process to close the file would take the log away from under it.
    """

    hosted = False

    def __init__(self, driver: Driver[C]) -> None:
        self._driver = driver
        self._idle: list[C] = []
        self._inherited: list[C] = []  # what another thread gave back just before a fork: not ours to use or to close
        self._process = os.getpid()
        _pools.add(self)

    def _borrow(self) -> C:
        self._forget_the_parents()
        try:
            return self._idle.pop()
        except IndexError:
            return self._opened()

    def _give_back(self, connection: C, *, sound: bool) -> None:
        """Keep a connection for the next; where the database could not be used on it, it may stay so, so close it."""
        if sound and self._driver.usable(connection):
            self._idle.append(connection)
        else:
            self._driver.close(connection)
            self.close()  # the others were most likely cut too

    def _opened(self) -> C:
        try:
            return self._driver.connect()
        except Exception as fault:
            raise_translated(fault, self._driver.translate(fault, nothing_stored=True))

    @contextmanager
    def single(self) -> Generator[Run, None, None]:
        connection, sound = self._borrow(), False
        try:
            yield self._driver.runner(connection)
            sound = True
        except Exception as fault:
            meant = self._driver.translate(fault, nothing_stored=self._driver.usable(connection))
            sound = not isinstance(meant, StoreUnavailable)
            raise_translated(fault, meant)
        finally:
            self._give_back(connection, sound=sound)

    @contextmanager
    def transaction(self) -> Generator[Run, None, None]:
        connection, sound, committing = self._borrow(), False, False
        try:
            self._driver.begin(connection)
            yield self._driver.runner(connection)
            committing = True
            self._driver.commit(connection)
            sound = True
        except Exception as fault:
            known = not committing or self._driver.usable(connection)
            self._driver.rollback(connection)
            meant = self._driver.translate(fault, nothing_stored=known)
            sound = not isinstance(meant, StoreUnavailable)
            raise_translated(fault, meant)
        finally:  # told to stop in the middle, the connection is closed, which takes back what was not committed
            self._give_back(connection, sound=sound)

    def close(self) -> None:
        """Close the connections that nobody uses now."""
        self._forget_the_parents()
        while self._idle:
            self._driver.close(self._idle.pop())

    def _forget_the_parents(self) -> None:
        """After a fork, leave the parent's connections alone: closed here, its own sessions would end."""
        if self._process != os.getpid():
            self._inherited, self._idle, self._process = self._idle, [], os.getpid()


_pools: WeakSet[Pool[Any]] = WeakSet()


def _close_what_is_idle() -> None:
    for pool in [*_pools]:
        pool.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_close_what_is_idle)


def raise_translated(fault: Exception, translated: Exception) -> NoReturn:
    """Raise what a driver's fault means; a fault that is none of the driver's goes on as it is.

    The driver's own words may hold what nobody should read, and psycopg's faults hold the password among their
    attributes, which a tracker of faults would show. So it is neither the cause nor the context.
    """
    if translated is fault:
        raise fault
    try:
        raise translated from None
    finally:
        translated.__context__ = None


class Hosted:
    """A connection of the host's: no transaction is begun, committed or rolled back on it.

    Args:
        enter: gives what executes statements, having seen to it that they are within a transaction.
        translate: what is raised instead of a fault of the driver.
    """

    hosted = True

    def __init__(self, enter: Callable[[], Run], translate: Callable[[Exception], Exception]) -> None:
        self._enter = enter
        self._translate = translate

    @contextmanager
    def single(self) -> Generator[Run, None, None]:
        try:
            yield self._enter()
        except Exception as fault:
            raise_translated(fault, self._translate(fault))

    @contextmanager
    def transaction(self) -> Generator[Run, None, None]:
        """A savepoint: should the host commit in spite of a fault, nothing is stored by halves."""
        with self.single() as run:
            run("SAVEPOINT orderfsm", ())
            try:
                yield run
            except Exception:
                with suppress(Exception):  # where the transaction is gone, so is all of it
                    run("ROLLBACK TO SAVEPOINT orderfsm", ())
                    run("RELEASE SAVEPOINT orderfsm", ())
                raise
            run("RELEASE SAVEPOINT orderfsm", ())

    def close(self) -> None:
        """Nothing here is ours to close."""
