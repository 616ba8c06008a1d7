"""When something happens by itself. Each deadline is computed here and nowhere else (A1, A7, A8, A18).

The same functions serve the firing, the timer (`next_deadline`), the list of what is overdue and the docs.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from attrs import frozen

from orderfsm.events import Event, Waiting
from orderfsm.order import Lot, Refund
from orderfsm.policy import Policy
from orderfsm.states import NOT_IN_PREPARATION, RefundState, State

_FOREVER = datetime.max.replace(tzinfo=UTC)


@frozen
class Deadline:
    """Something that happens by itself to some goods or to one refund, unless something else happens before.

    Attributes:
        at: when.
        code: what.
        lots: the goods concerned.
        refund: the refund concerned, where it is about one.
    """

    at: datetime
    code: Event | Waiting
    lots: tuple[Lot, ...] = ()
    refund: Refund | None = None

    @property
    def lines(self) -> dict[str, int]:
        """The goods concerned, by line."""
        return count(self.lots)


def count(lots: Iterable[Lot]) -> dict[str, int]:
    """How many of each line."""
    lines: dict[str, int] = {}
    for lot in lots:
        lines[lot.line.id] = lines.get(lot.line.id, 0) + lot.quantity
    return lines


_REVIEWED = frozenset(
    {
        State.UNSHIPPED_CANCEL_REQUESTED,
        State.PREPARING_CANCEL_REQUESTED,
        State.RETURN_REQUESTED,
        State.RETURN_PLANNING,
    }
)
_MOVED_BY_TIME = NOT_IN_PREPARATION | {State.UNPAID}
_NOTHING_DUE = frozenset(State) - _REVIEWED - _MOVED_BY_TIME - {State.RETURNING}


def moving(policy: Policy, placed_at: datetime, paid_at: datetime | None, lot: Lot) -> tuple[datetime, Event] | None:
    """When the goods move by themselves: closing (A2) or presumed preparation (A7)."""
    if lot.state is State.UNPAID:
        return placed_at + policy.payment_window + policy.payment_grace, Event.PAYMENT_WINDOW_CLOSED
    if lot.state in NOT_IN_PREPARATION and paid_at is not None:
        return paid_at + policy.preparation_after, Event.PREPARATION_PRESUMED
    return None


def waiting(policy: Policy, lot: Lot) -> tuple[datetime, Waiting] | None:
    """When somebody has waited too long for an answer about the goods, or for the goods themselves."""
    if lot.ask is not None and lot.ask.answer is None:
        return lot.ask.at + policy.logistics_overdue, Waiting.LOGISTICS_OVERDUE
    if lot.state in _REVIEWED:
        return lot.since + policy.review_overdue, Waiting.REVIEW_OVERDUE
    if lot.state is State.RETURNING:
        return lot.since + policy.return_overdue, Waiting.RETURN_OVERDUE
    return None


def refund_waiting(refund: Refund) -> tuple[datetime, Waiting] | None:
    """When a refund that is still due breaks the promise (A18)."""
    if refund.state is RefundState.DUE and refund.overdue_at is not None:
        return refund.overdue_at, Waiting.REFUND_OVERDUE
    return None


def earliest(
    policy: Policy,
    placed_at: datetime,
    paid_at: datetime | None,
    lots: Sequence[Lot],
    refunds: Sequence[Refund],
    until: datetime = _FOREVER,
) -> Deadline | None:
    """The next deadline that has not fired yet and is not after `until`, with all goods that share it."""
    found: Deadline | None = None
    for lot in lots:
        if lot.state in _NOTHING_DUE and lot.ask is None:
            continue
        due = moving(policy, placed_at, paid_at, lot)
        if due is not None and due[0] <= until:
            found = _sooner(found, due[0], due[1], lot)
        if not lot.alerted:
            late = waiting(policy, lot)
            if late is not None and late[0] <= until:
                found = _sooner(found, late[0], late[1], lot)
    for refund in refunds:
        if not refund.alerted:
            late = refund_waiting(refund)
            if late is not None and late[0] <= until and (found is None or late[0] < found.at):
                found = Deadline(late[0], late[1], refund=refund)
    return found


def _sooner(found: Deadline | None, at: datetime, code: Event | Waiting, lot: Lot) -> Deadline:
    if found is None or at < found.at:
        return Deadline(at, code, (lot,))
    if at == found.at and code is found.code:
        return Deadline(at, code, (*found.lots, lot))
    return found


def all_overdue(policy: Policy, lots: Sequence[Lot], refunds: Sequence[Refund], at: datetime) -> list[Deadline]:
    """Everything for which somebody has waited too long at `at`, told before or not."""
    late: dict[tuple[datetime, Waiting], list[Lot]] = {}
    for lot in lots:
        due = waiting(policy, lot)
        if due is not None and due[0] <= at:
            late.setdefault(due, []).append(lot)
    found = [Deadline(moment, code, tuple(some)) for (moment, code), some in late.items()]
    for refund in refunds:
        unsent = refund_waiting(refund)
        if unsent is not None and unsent[0] <= at:
            found.append(Deadline(unsent[0], unsent[1], refund=refund))
    return sorted(found, key=lambda deadline: deadline.at)
