"""What an order book keeps: a snapshot per order, a journal of every input, an outbox of effects.

These are the rows of every store, in the types of Python; how a database writes them down is in
`orderfsm.store`. The texts in them are JSON: inputs as lines of the order log, effects as in the answers of a
replay. Their names are stored for good.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import msgspec
from attrs import field, frozen
from msgspec import Struct

from orderfsm.decisions import Accepted, Anomalous, Decision, Duplicate, Move, Refused
from orderfsm.effects import EFFECTS, Effect
from orderfsm.log_answers import effect_object, encode
from orderfsm.money import Money
from orderfsm.order import Order, Unplaced
from orderfsm.reasons import AnomalyCode, Code
from orderfsm.snapshots import KeptReason, read_reason, written_reason

# --- rows ------------------------------------------------------------------------------------------------


@frozen
class Snapshot:
    """An order after its last input, with what is asked of all orders together.

    Attributes:
        order_id: the order.
        revision: how many entries the journal has of this order; the next writer must have seen them all.
        letters: how many letters the outbox has of it.
        version: the order's own version: how many inputs and deadlines have changed it.
        customer, state, placed_at: None before the order is placed.
        cancelled: whether it belongs in the customer's cancelled orders (B16).
        next_deadline: when something next happens by itself; None where nothing does.
        overdue_at: since when somebody has waited too long, or will have; told before or not.
        open_anomalies: how many anomalies nobody has resolved.
        policy: the digest of the policy by which the deadlines were computed.
        body: the order as JSON (`orderfsm.snapshots`).
    """

    order_id: str
    revision: int
    letters: int
    version: int
    customer: str | None
    state: str | None
    placed_at: datetime | None
    cancelled: bool
    next_deadline: datetime | None
    overdue_at: datetime | None
    open_anomalies: int
    policy: str
    body: str


@frozen
class Entry:
    """One input of the journal with what was decided, or one passing of time (`do` is ``tick``).

    Attributes:
        order_id: the order.
        seq: counts the entries of the order from 1, without gaps.
        do: the name of the input.
        sender: who said it: ``customer:c9``.
        input_id: the sender's own id for it.
        reuse: how many earlier entries carry the same id of the same sender. The store keeps each
            (order, sender, id, reuse) only once, so that two writers cannot both be the first.
        at, received_at: when it occurred, and when we learnt of it.
        outcome: ``accepted``, ``refused``, ``duplicate`` or ``anomaly``.
        policy: the digest of the policy that decided.
        input: the input as a line of the order log.
        answer: what was decided, as JSON (`Answer`).
    """

    order_id: str
    seq: int
    do: str
    sender: str
    input_id: str | None
    reuse: int
    at: datetime
    received_at: datetime
    outcome: str
    policy: str
    input: str
    answer: str


class Status(StrEnum):
    """Where a letter is."""

    PENDING = "pending"
    """Waits for a worker, or is on its way."""
    DELIVERED = "delivered"
    """A handler has taken it."""
    DEAD = "dead"
    """No handler would take it."""
    DROPPED = "dropped"
    """Somebody has given it up for good."""


@frozen
class Letter:
    """One effect in the outbox, on its way to the host's handler.

    Attributes:
        order_id: the order.
        seq: counts the letters of the order from 1, in the order in which they are delivered.
        entry: the journal entry that it comes from.
        name: the kind of effect, such as ``send_refund``.
        body: the effect as JSON.
        ready_at: from when on it may be delivered; a worker that takes it puts this off.
        status: where it is.
        attempts: how often a worker has taken it.
        settled_at: when it was delivered, or given up.
        fault: what went wrong at the last attempt.
    """

    order_id: str
    seq: int
    entry: int
    name: str
    body: str
    ready_at: datetime
    status: Status = Status.PENDING
    attempts: int = 0
    settled_at: datetime | None = None
    fault: str | None = None

    @property
    def effect(self) -> Effect:
        """The effect itself."""
        return read_effect(self.name, self.body)


@frozen
class Change:
    """One input's consequences: they are stored together, or not at all.

    It holds only if the order's revision is still `expected`.

    Attributes:
        expected: the revision that the order must have.
        snapshot: the order as it then is.
        entry: what was said and decided; None where only columns of the snapshot are brought up to date.
        letters: the effects of the entry; they have its number, and times and status in common.
    """

    expected: int
    snapshot: Snapshot
    entry: Entry | None = None
    letters: tuple[Letter, ...] = ()


@frozen
class Bookmark:
    """How far an order log has been imported.

    Attributes:
        log: the log: its name, or a digest of its first line.
        lines: how many lines have been read.
        read: a digest of what was read.
    """

    log: str
    lines: int
    read: str


@frozen
class Batch:
    """Changes that are stored in one transaction.

    Attributes:
        changes: all of them, or none.
        policies: those that the entries name and the store may not have yet: TOML by digest.
        bookmark: takes the place of `bookmark_before`.
        bookmark_before: must be there still; None where there was none.
    """

    changes: Sequence[Change]
    policies: Mapping[str, str] = field(factory=dict)
    bookmark: Bookmark | None = None
    bookmark_before: Bookmark | None = None


@frozen
class Held:
    """What a store holds of an order that is about to be decided.

    Attributes:
        revision: how many entries it has.
        letters: how many letters it has.
        body: the order as JSON; None where nothing is known of it.
        earlier: the entries that carry the id of the new input, from the same sender, in their order.
    """

    revision: int
    letters: int
    body: str | None
    earlier: tuple[Entry, ...] = ()


# --- answers ---------------------------------------------------------------------------------------------

Window = tuple[date | None, date | None, datetime | None]
"""From when a refund is expected, by when it is promised, and when the promise is broken (A18)."""


class TurnedAway(Struct, frozen=True, omit_defaults=True):
    """What a rule of the host's refused: `allowed` has a 1 or 0 for each of the goods about which it was asked."""

    code: str
    allowed: str
    clause: str
    next_steps: tuple[str, ...] = ()
    sentence: str | None = None


class Answer(Struct, frozen=True, omit_defaults=True):
    """What an entry says was decided.

    `anomalies` are ids. `windows` are the dates computed for the refunds that were created: a later holiday
    calendar does not change them. `turned_away` is what the host's own rules refused.
    """

    version: int
    moves: tuple[Move, ...] = ()
    fired: tuple[str, ...] = ()
    added: dict[str, int] = {}
    reasons: list[KeptReason] = []
    anomalies: list[str] = []
    windows: dict[str, Window] = {}
    turned_away: list[TurnedAway] = []


_read_answer: Callable[[str], Answer] = msgspec.json.Decoder(Answer).decode
_KINDS: Mapping[str, type[Decision]] = {kind.outcome: kind for kind in (Accepted, Refused, Duplicate, Anomalous)}


def write_answer(decision: Decision, windows: Mapping[str, Window], turned_away: Iterable[TurnedAway] = ()) -> str:
    """What was decided, as JSON; the effects are kept in the outbox."""
    anomalies = [each.id for each in decision.anomalies] if isinstance(decision, Anomalous) else []
    reasons = [written_reason(reason) for reason in decision.reasons]
    answer = Answer(
        decision.order.version, decision.moves, decision.fired, dict(decision.added), reasons, anomalies, dict(windows),
        [*turned_away],
    )  # fmt: skip
    return encode(answer).decode()


def read_answer(text: str) -> Answer:
    """The answer of an entry."""
    return _read_answer(text)


def decision_of(entry: Entry, letters: Iterable[Letter], order: Order | Unplaced) -> Decision:
    """The decision that an entry records, with the order as it is now."""
    answer = read_answer(entry.answer)
    kind = _KINDS[entry.outcome]
    codes = AnomalyCode if kind is Anomalous else Code
    reasons = tuple([read_reason(reason, codes) for reason in answer.reasons])
    effects = tuple([letter.effect for letter in letters])
    said = (order, answer.moves, effects, answer.fired, answer.added, reasons)
    if kind is Anomalous:
        return Anomalous(*said, tuple(each for each in order.anomalies if each.id in answer.anomalies))
    return kind(*said)


# --- effects ---------------------------------------------------------------------------------------------

_EFFECTS: Mapping[str, type[Effect]] = {kind.name: kind for kind in EFFECTS}


def write_effect(effect: Effect) -> str:
    """An effect as JSON, as in the answers of a replay."""
    return encode(effect_object(effect)).decode()


def read_effect(name: str, body: str) -> Effect:
    """The effect of a letter."""
    found: dict[str, Any] = msgspec.json.decode(body)
    del found["effect"]
    if "currency" in found:
        money = Money.of(found["amount"], found.pop("currency"))
        found["amount"] = {"minor": money.minor, "currency": money.currency}
    return msgspec.convert(found, _EFFECTS[name])
