"""From a decision to the rows that keep it, and from the rows of a repeated input to the decision it had.

Pure, like the core: what is held of an order comes in, what is to be stored goes out. Reading and writing is
the order book's.
"""

from collections.abc import Iterable
from copy import copy
from datetime import UTC, datetime
from hashlib import sha256
from operator import attrgetter
from typing import Self

import msgspec
from attrs import define, evolve

from orderfsm.actors import PLATFORM
from orderfsm.deadlines import all_overdue
from orderfsm.decisions import Accepted, Decision, Refused
from orderfsm.errors import CorruptHistory, InvalidInput
from orderfsm.inputs import Input, Place
from orderfsm.log import InvalidLine, Tick, check_line, read_line, write_line
from orderfsm.log_shapes import TICK
from orderfsm.machine import OrderMachine
from orderfsm.order import Order, Unplaced, is_cancelled, order_state
from orderfsm.policy import Policy
from orderfsm.policy_file import write_policy
from orderfsm.recalling import WatchedGuard
from orderfsm.records import Change, Entry, Held, Letter, Snapshot, Status, Window, write_answer, write_effect
from orderfsm.snapshots import read_snapshot, write_snapshot

_FOREVER = datetime.max.replace(tzinfo=UTC)

LONGEST_ID = 255
"""Bytes of an id in UTF-8. Every database can find ids of this length by an index."""


@define
class Account:
    """An order as it is held while inputs are judged one after the other, and what is to be stored of them."""

    order: Order | Unplaced
    revision: int
    letters: int


def open_account(order_id: str, held: Held) -> Account:
    """The order that a store holds.

    Raises:
        CorruptHistory: what is stored is no order.
    """
    if held.body is None:
        return Account(Unplaced(order_id), 0, 0)
    try:
        order = read_snapshot(held.body)
    except (msgspec.MsgspecError, InvalidLine, IndexError) as fault:
        raise CorruptHistory(order_id, f"its snapshot cannot be read ({fault})") from None
    return Account(order, held.revision, held.letters)


class Bookkeeper:
    """Judges inputs by one machine, and says what is to be stored of them.

    `policy` is the machine's as TOML, and `digest` its short name in every entry. Where effects have been
    `delivered` already, as those of an old history, their letters are kept as such.
    """

    def __init__(self, machine: OrderMachine, *, delivered: bool = False) -> None:
        self.machine = machine
        self._delivered = delivered
        self.policy = policy_text(machine.policy)
        self.digest = digest_of(self.policy)

    # --- judging -----------------------------------------------------------------------------------------

    def decide(self, account: Account, input: Input, earlier: Iterable[Entry]) -> Decision:
        """What the machine decides; `earlier` are the entries that carry the id of the input.

        The machine remembers the ids of all inputs but of those that it refused.
        """
        return self.machine.decide(_with_seen(account.order, earlier), input)

    def judge(
        self, account: Account, order_id: str, input: Input, earlier: Iterable[Entry] = ()
    ) -> tuple[Decision, Change]:
        """Decide an input that is no repetition, and what is to be stored of it; the account goes on."""
        entries, kind = tuple(earlier), type(input)
        watched = tuple([WatchedGuard(guard) for guard in self.machine.guards_on(kind)])
        machine = self.machine.with_guards_on(kind, watched) if watched else self.machine
        decision = machine.decide(_with_seen(account.order, entries), input)
        assert input.at is not None  # the machine has asked for it
        turned_away = [said for guard in watched if (said := guard.turned_away) is not None]
        return decision, self._booked(account, decision, Entry(
            order_id, account.revision + 1, input.name, str(input.by), input.id, len(entries), input.at,
            input.received_at or input.at, decision.outcome, self.digest, written_line(order_id, input),
            write_answer(decision, windows(account.order, decision.order), turned_away),
        ))  # fmt: skip

    def by(self, machine: OrderMachine) -> Self:
        """The same bookkeeper with another machine under the same policy."""
        keeper = copy(self)
        keeper.machine = machine
        return keeper

    def tick(self, account: Account, order_id: str, at: datetime) -> tuple[Decision, Change]:
        """Let time pass for an order. Where nothing fires, only the columns of its snapshot are renewed."""
        order = account.order
        decision = self.machine.tick(order, at) if isinstance(order, Order) else Accepted(order)
        if not decision.fired:
            return decision, Change(account.revision, self.snapshot(account))
        line = write_line(order_id, Tick(at=at, by=PLATFORM)).decode()
        return decision, self._booked(account, decision, Entry(
            order_id, account.revision + 1, TICK, str(PLATFORM), None, 0, at, at, decision.outcome, self.digest,
            line, write_answer(decision, windows(account.order, decision.order)),
        ))  # fmt: skip

    def _booked(self, account: Account, decision: Decision, entry: Entry) -> Change:
        first = account.letters + 1
        letters = tuple(
            [
                self._letter(entry, first + index, effect.name, write_effect(effect))
                for index, effect in enumerate(decision.effects)
            ]
        )
        expected, account.revision = account.revision, entry.seq
        account.order, account.letters = decision.order, account.letters + len(letters)
        return Change(expected, self.snapshot(account), entry, letters)

    def _letter(self, entry: Entry, seq: int, name: str, body: str) -> Letter:
        now = entry.received_at
        if self._delivered:
            return Letter(entry.order_id, seq, entry.seq, name, body, now, Status.DELIVERED, settled_at=now)
        return Letter(entry.order_id, seq, entry.seq, name, body, now)

    def snapshot(self, account: Account) -> Snapshot:
        """The snapshot of an order as it now is."""
        order, machine = account.order, self.machine
        anomalies = sum(anomaly.open for anomaly in order.anomalies)
        body = write_snapshot(order)
        if isinstance(order, Unplaced):
            return Snapshot(
                order.id, account.revision, account.letters, order.version, None, None, None, False, None, None,
                anomalies, self.digest, body,
            )  # fmt: skip
        due = machine.next_deadline(order)
        late = all_overdue(machine.policy, order.lots, order.refunds, _FOREVER)
        return Snapshot(
            order.id, account.revision, account.letters, order.version, order.customer, order_state(order).value,
            order.placed_at, is_cancelled(order), None if due is None else due.at,
            late[0].at if late else None, anomalies, self.digest, body,
        )  # fmt: skip


def _with_seen(order: Order | Unplaced, earlier: Iterable[Entry]) -> Order | Unplaced:
    said = [read_input(entry) for entry in earlier if entry.outcome != Refused.outcome]
    seen = tuple([each for each in said if isinstance(each, Input)])
    return evolve(order, seen=seen) if seen or order.seen else order


# --- inputs ----------------------------------------------------------------------------------------------


def written_line(order_id: str, input: Input) -> str:
    """An input as the line of the order log that is kept of it.

    Raises:
        InvalidInput: it could not be read again, or an id is too long for a database.
    """
    line = write_line(order_id, input)
    try:
        check_line(line, input)
    except InvalidLine as fault:
        raise InvalidInput(fault.field, fault.expected, fault.got) from None
    return line.decode()


def read_input(entry: Entry) -> Input | Tick:
    """The input of an entry.

    Raises:
        CorruptHistory: what is stored is no input.
    """
    try:
        return read_line(entry.input.encode())[1]
    except InvalidLine as fault:
        raise CorruptHistory(entry.order_id, f"entry {entry.seq} cannot be read ({fault.message})") from None


def order_of(entry: Entry) -> str | None:
    """The order that the input of an entry names; that it can be read is known."""
    return read_line(entry.input.encode())[0]


def check_ids(order_id: str, input: Input) -> None:
    """Check the ids of an input that become columns, and that its envelope is complete.

    Raises:
        InvalidInput: an id cannot be kept.
        TypeError: this is no input, or nothing says who sends it and when it occurred.
    """
    if not isinstance(input, Input) or input.by is None or input.at is None:
        raise TypeError(f"{type(input).__name__} needs by and at, in the input or as arguments")
    check_id("order", order_id)
    if input.by.id is not None:
        check_id("by", input.by.id)
    if input.id is not None:
        check_id("id", input.id)
    if isinstance(input, Place):
        check_id("customer", input.customer)


def check_id(field: str, value: object) -> str:
    """Check an id that becomes a column of its own.

    Raises:
        InvalidInput: it is no text, empty, too long, or holds a zero byte, which PostgreSQL cannot keep.
    """
    if not isinstance(value, str) or not value:
        raise InvalidInput(field, "text that is not empty", value)
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise InvalidInput(field, "text without lone surrogates", value) from None
    if size > LONGEST_ID:
        raise InvalidInput(field, f"an id of at most {LONGEST_ID} bytes", value)
    if "\0" in value:
        raise InvalidInput(field, "text without zero bytes", value)
    return value


# --- policies and dates ----------------------------------------------------------------------------------


def policy_text(policy: Policy) -> str:
    """A policy as TOML without comments: what its digest is taken of."""
    lines = write_policy(policy).split("\n")  # a text in it may hold what other functions take for a line's end
    return "".join(f"{line}\n" for line in lines if line and not line.startswith("#"))


def digest_of(text: str) -> str:
    """A short name for a policy, the same wherever the values are the same."""
    return sha256(text.encode()).hexdigest()[:16]


_window = attrgetter("not_before", "due_by", "overdue_at")


def windows(before: Order | Unplaced, after: Order | Unplaced) -> dict[str, Window]:
    """The dates that were computed for the refunds that were created."""
    if isinstance(after, Unplaced):
        return {}
    known = len(before.refunds) if isinstance(before, Order) else 0
    return {refund.id: _window(refund) for refund in after.refunds[known:]}
