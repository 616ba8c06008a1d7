"""Two-phase commit as a machine of its own: what the explorer and other engines are calibrated with.

After Jim Gray and Leslie Lamport, "Consensus on Transaction Commit" (ACM Transactions on Database Systems 31,
2006), written from its description. Some resource managers have to agree on whether a transaction is committed,
and one transaction manager asks them. Each resource manager is free to give up while it works; once it has said
that it is prepared, it waits for the decision. The transaction manager commits when it has heard from all that
they are prepared, and may abort at any time before. Messages are never lost; they are kept for ever, so they can
come late, in any order, and more than once. Who repeats a message changes nothing.
"""

from collections.abc import Iterator
from enum import StrEnum

from attrs import evolve, frozen

from orderfsm.testing.properties import Always, Property, Reachable, Sometimes, Step


class Manager(StrEnum):
    """Where a resource manager, or the transaction manager, has got to."""

    WORKING = "working"
    PREPARED = "prepared"
    COMMITTED = "committed"
    ABORTED = "aborted"


ENDS = frozenset({Manager.COMMITTED, Manager.ABORTED})


@frozen
class Transaction:
    """Where everybody is, whom the transaction manager has heard from, and what was said to anybody.

    Attributes:
        managers: the resource managers, by number.
        decided: what the transaction manager is at; it never is `PREPARED`.
        heard: who it knows to be prepared.
        promised: who has said that it is prepared.
    """

    managers: tuple[Manager, ...]
    decided: Manager = Manager.WORKING
    heard: frozenset[int] = frozenset()
    promised: frozenset[int] = frozenset()


class Does(StrEnum):
    """What can happen; all but the first two happen at one resource manager."""

    COMMIT = "decide to commit"
    ABORT = "decide to abort"
    HEAR = "hear that it is prepared"
    PREPARE = "prepare"
    GIVE_UP = "give up"
    OBEY = "learn the decision"


@frozen
class Happening:
    """Something happens, at the resource manager of a number where it has one."""

    does: Does
    at: int = -1


def start(managers: int) -> Transaction:
    """Everybody works, and nothing was said."""
    return Transaction((Manager.WORKING,) * managers)


def happenings(now: Transaction) -> Iterator[Happening]:
    """Everything that can happen next."""
    undecided = now.decided is Manager.WORKING
    if undecided:
        yield Happening(Does.ABORT)
        if len(now.heard) == len(now.managers):
            yield Happening(Does.COMMIT)
    for number, manager in enumerate(now.managers):
        if undecided and number in now.promised:
            yield Happening(Does.HEAR, number)
        if manager is Manager.WORKING:
            yield Happening(Does.PREPARE, number)
            yield Happening(Does.GIVE_UP, number)
        if not undecided:
            yield Happening(Does.OBEY, number)


def happen(now: Transaction, what: Happening) -> tuple[Transaction, None]:
    """What is then; nobody answers anything."""
    match what.does:
        case Does.COMMIT:
            return evolve(now, decided=Manager.COMMITTED), None
        case Does.ABORT:
            return evolve(now, decided=Manager.ABORTED), None
        case Does.HEAR:
            return evolve(now, heard=now.heard | {what.at}), None
        case Does.PREPARE:
            return evolve(_with(now, what.at, Manager.PREPARED), promised=now.promised | {what.at}), None
        case Does.GIVE_UP:
            return _with(now, what.at, Manager.ABORTED), None
        case Does.OBEY:
            return _with(now, what.at, now.decided), None


def _with(now: Transaction, number: int, manager: Manager) -> Transaction:
    if now.managers[number] is manager:
        return now
    return evolve(now, managers=(*now.managers[:number], manager, *now.managers[number + 1 :]))


# --- what is claimed -------------------------------------------------------------------------------------


def consistent(now: Transaction) -> str | None:
    """Nobody commits what somebody else has aborted."""
    both = Manager.COMMITTED in now.managers and Manager.ABORTED in now.managers
    return "one has committed and another one has aborted" if both else None


def agreed(now: Transaction) -> frozenset[Manager]:
    """What all resource managers have come to, if it is the same and for good."""
    return frozenset(now.managers) & ENDS if len(set(now.managers)) == 1 else frozenset()


def _agreement(step: Step[Transaction, Happening]) -> frozenset[Manager]:
    return agreed(step.after)


def _is_over(now: Transaction) -> bool:
    return bool(agreed(now))


PROPERTIES: tuple[Property, ...] = (
    Always(name="consistent", says="Nobody commits what another one has aborted.", check=consistent),
    Sometimes(
        name="agreement",
        says="All commit, or all abort.",
        wanted=ENDS,
        seen=_agreement,
    ),
    Reachable(name="over", says="Whatever happens, it can still be agreed on.", end=_is_over),
)
