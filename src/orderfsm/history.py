"""An order's history as a host reads it: each entry of the journal with what it said and what was decided."""

from collections.abc import Sequence
from datetime import datetime

from attrs import frozen

from orderfsm.actors import Actor
from orderfsm.bookkeeping import read_input
from orderfsm.decisions import Decision, Move
from orderfsm.effects import Effect
from orderfsm.inputs import Input
from orderfsm.log import Tick
from orderfsm.order import Order, Unplaced
from orderfsm.reasons import Reason
from orderfsm.records import Entry, Letter, decision_of


@frozen
class Recorded:
    """One entry of an order's history: what was said, and what was decided.

    Attributes:
        seq: counts the entries of the order from 1.
        input: the input; None where only time passed.
        by, at, received_at: who said it, when it occurred, when we learnt of it.
        decision: what was decided, with the order as it is now.
        letters: the effects in the outbox, with what became of them.
        policy: the digest of the policy that decided.
    """

    seq: int
    input: Input | None
    by: Actor
    at: datetime
    received_at: datetime
    decision: Decision
    letters: tuple[Letter, ...]
    policy: str

    @property
    def outcome(self) -> str:
        """``accepted``, ``refused``, ``duplicate`` or ``anomaly``."""
        return self.decision.outcome

    @property
    def moves(self) -> tuple[Move, ...]:
        """What moved, with clauses."""
        return self.decision.moves

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why not, or what was contradicted."""
        return self.decision.reasons

    @property
    def effects(self) -> tuple[Effect, ...]:
        """What the outside world was to be told."""
        return self.decision.effects


def recorded(entry: Entry, letters: Sequence[Letter], order: Order | Unplaced) -> Recorded:
    """An entry of the journal, with its letters and the order as it is now."""
    said = read_input(entry)
    return Recorded(
        entry.seq, None if isinstance(said, Tick) else said, Actor.parse(entry.sender), entry.at, entry.received_at,
        decision_of(entry, letters, order), tuple(letters), entry.policy,
    )  # fmt: skip
