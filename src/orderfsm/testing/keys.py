"""When two orders are the same: the canonical key of an order, with everything that can still matter and no more.

What is left out, each with a test that it cannot matter: ids that were seen, the version, anomalies that
nobody judges again, when things happened where no rule asks any more, who asked and in which words, how often
a refund was tried, whether a waiting was reported overdue, and how asks and refunds are numbered.
"""

from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import fields_dict, frozen

from orderfsm.money import first_units
from orderfsm.order import Anomaly, Answer, Line, Lot, Order, Party, Refund, Unplaced
from orderfsm.policy import Policy
from orderfsm.scene import days_between
from orderfsm.states import CANCEL_CONFIRMING, UNDISPATCHED, State

_TO_BE_ASSESSED = frozenset({State.RETURNED, State.LOST})
_COMING = frozenset({State.RETURN_REQUESTED, State.RETURN_PLANNING, State.RETURNING, State.SERVICING})
_FORM_MATTERS = _COMING | _TO_BE_ASSESSED
_AGE_MATTERS = _FORM_MATTERS | {State.DELIVERED}
_WAY_OUT_MATTERS = frozenset({State.RETURNING, State.LOST})
_CONDITION_MATTERS = frozenset({State.RETURNED, State.SERVICING})

_WHEN = frozenset({"at", "received_at", "id"})

_BUNDLE_MATTERS = UNDISPATCHED | {State.UNPAID}


@frozen
class Symmetry:
    """Lines that can be exchanged for each other.

    Attributes:
        groups: as long as bundles matter: lines of one bundle, and loose lines.
        loose: once nothing of a bundle is left to be cancelled, its lines are like loose ones.
    """

    groups: tuple[tuple[str, ...], ...] = ()
    loose: tuple[tuple[str, ...], ...] = ()


NONE = Symmetry()


LotKey = tuple[Any, ...]
"""Line, quantity, amount and agreed terms of a lot, and everything else that can matter of it."""


class OrderKey:
    """The key of an order at an instant, under one policy.

    Args:
        policy: whose numbers decide what can still matter.
        symmetry: groups of lines that can be exchanged for each other.
        answered: whether questions that were answered are kept after they decided what they were asked for;
            then they only tell a repeated answer from a stale one, and move nothing.
        ids: whether inputs that carried an id are kept; only needed where ids are said again.
    """

    def __init__(self, policy: Policy, symmetry: Symmetry = NONE, *, answered: bool = True, ids: bool = False) -> None:
        self._policy = policy
        self._answered = answered
        self._ids = ids
        self._texts: dict[LotKey, str] = {}  # by which lines are sorted; made once, for there are few
        self._group: dict[str, Hashable] = {line: n for n, group in enumerate(symmetry.groups) for line in group}
        self._loose: dict[str, Hashable] = {line: -n - 1 for n, group in enumerate(symmetry.loose) for line in group}

    def __call__(self, order: Order | Unplaced, now: datetime) -> Hashable:
        """The key of `order` at `now`."""
        early = tuple([_early(each) for each in order.anomalies if each.waiting]) if order.anomalies else ()
        seen = tuple(sorted([str(each) for each in order.seen])) if self._ids else ()
        if isinstance(order, Unplaced):
            return early, seen
        lots = list(order.lots)
        keys = [self._lot(order, lot, now) for lot in lots]
        if len(lots) > len(order.lines):
            keys, lots = self._joined(keys, lots)
        if self._loose:
            keys, lots = self._sorted(keys, lots, self.exchangeable(order), order.refunds)
        asks: dict[str, int] = {}
        asked = [
            asks.setdefault(lot.ask.id, len(asks)) if lot.ask is not None and self._remembers(lot) else None
            for lot in lots
        ]
        refunds = sorted([_refund(refund, lots) for refund in order.refunds]) if order.refunds else ()
        return (
            tuple(keys),
            tuple(asked),
            tuple([(payment.id, payment.instrument, payment.amount) for payment in order.payments]),
            tuple(refunds),
            order.paid_at is not None,
            self._ages(order, now) if order.paid_at is None else (),
            early,
            seen,
        )

    def _lot(self, order: Order, lot: Lot, now: datetime) -> LotKey:
        ask, state, open = lot.ask, lot.state, not lot.assessed
        case = lot.case if open and state in _FORM_MATTERS and lot.from_home else None
        late = False
        if open and lot.delivered_at is not None and state in _AGE_MATTERS:
            days = days_between(lot.delivered_at, lot.received_at or now, order.timezone)
            late = days > self._policy.returns.full_days
        return (
            lot.line.id,
            lot.quantity,
            lot.amount,
            lot.terms if open else None,
            state,
            lot.parcel,
            (ask.party, ask.answer) if ask is not None and self._remembers(lot) else None,
            None if case is None else self._form(lot),
            lot.delivered_at is not None and open and state in _WAY_OUT_MATTERS,
            late,
            lot.condition if state in _CONDITION_MATTERS or lot.settled_from is State.RETURNED else None,
            lot.assessed,
            lot.shop_fault,
            lot.settled_from,
            lot.stray,
        )

    def _ages(self, order: Order, now: datetime) -> tuple[bool, ...]:
        """Of an unpaid order: whether the window is over, and what would be in preparation if it were paid in time.

        That is so where what was captured last, or is captured now, is so old when the rest is learnt.
        """
        if not any([lot.state is State.UNPAID for lot in order.lots]):
            return ()
        policy = self._policy
        over = order.placed_at + policy.payment_window
        captured = max([payment.at for payment in order.payments], default=order.placed_at)
        latest = over + policy.payment_grace - policy.preparation_after
        return now >= over, captured <= latest, now <= latest

    def _remembers(self, lot: Lot) -> bool:
        """Whether what was asked about the goods can still matter."""
        ask = lot.ask
        if ask is None or self._answered or lot.asked or lot.state in CANCEL_CONFIRMING:
            return ask is not None
        brought_back = lot.state is State.RETURNING and not lot.from_home  # by a yes, if not by a refusal
        return brought_back and ask.party is Party.CARRIER and ask.answer is Answer.CONFIRMED

    def _form(self, lot: Lot) -> Hashable:
        """What of an after-sales form can still matter."""
        case = lot.case
        assert case is not None
        fault = case.reason in self._policy.returns.shop_fault_reasons
        opened = case.opened and not lot.for_service
        return case.kind, fault, opened, case.label if lot.state is State.RETURN_PLANNING else None

    def _joined(self, keys: list[LotKey], lots: list[Lot]) -> tuple[list[LotKey], list[Lot]]:
        """Lots of one line side by side that differ in nothing that can matter, as one; else in their own order.

        That can matter: of goods that are equally near to dispatch, an input that means only some takes the first.
        """
        joined, kept = keys[:1], lots[:1]
        for key, lot in zip(keys[1:], lots[1:], strict=True):
            line, quantity, amount, terms, *rest = joined[-1]
            last = kept[-1]
            asked_alike = not self._remembers(lot) or lot.ask is last.ask or lot.ask == last.ask
            alike = (line, rest) == (key[0], [*key[4:]]) and asked_alike and lot.refunds == last.refunds
            if alike and _evenly(quantity, amount, *key[1:3]) and _evenly(quantity, terms, key[1], key[3]):
                terms = None if terms is None else terms + key[3]
                joined[-1] = (line, quantity + key[1], amount + key[2], terms, *rest)
            else:
                joined.append(key)
                kept.append(lot)
        return joined, kept

    def exchangeable(self, order: Order) -> dict[str, Hashable]:
        """For each line a label, equal for those that can be exchanged for each other now.

        Nothing asks for a bundle any more once all of it has left or ended. Facts that wait name lines: while there
        are any, no line is like another.
        """
        if not self._loose or any([each.waiting for each in order.anomalies]):
            return {}
        waiting = {lot.line.bundle for lot in order.lots if lot.state in _BUNDLE_MATTERS}
        return {
            line.id: self._group.get(line.id, line.id)
            if line.bundle is not None and line.bundle in waiting
            else self._loose.get(line.id, line.id)
            for line in order.lines
        }

    def _sorted(
        self,
        keys: list[LotKey],
        lots: list[Lot],
        groups: Mapping[str, Hashable],
        refunds: Sequence[Refund],
    ) -> tuple[list[LotKey], list[Lot]]:
        """Lines that can be exchanged sorted and renamed; lots of one line stay as they are, for that can matter."""
        paid = {refund.id: f"{refund.state} {refund.cause} {refund.amount} {refund.payment}" for refund in refunds}
        lines: dict[str, list[tuple[str, LotKey, Lot]]] = {}
        for key, lot in zip(keys, lots, strict=True):
            content = key[1:]
            text = self._texts.get(content)
            if text is None:
                text = self._texts[content] = str(content)
            if lot.refunds:
                text = f"{text} {sorted([paid[each] for each in lot.refunds])}"
            lines.setdefault(lot.line.id, []).append((text, key, lot))
        members_of: dict[Hashable, list[str]] = {}
        for line in lines:
            members_of.setdefault(groups.get(line, line), []).append(line)
        renamed = {line: line for line in lines}
        for members in members_of.values():
            if len(members) > 1:
                by_content = sorted(members, key=lambda line: [text for text, _, _ in lines[line]])
                renamed.update(zip(members, by_content, strict=True))
        sorted_keys: list[LotKey] = []
        sorted_lots: list[Lot] = []
        for name, line in renamed.items():
            for _, key, lot in lines[line]:
                sorted_keys.append((name, *key[1:]))
                sorted_lots.append(lot)
        return sorted_keys, sorted_lots


def _evenly(quantity: int, part: int | None, more: int, rest: int | None) -> bool:
    """Whether an even split of both together would give just these parts."""
    if part is None or rest is None:
        return part is rest
    return first_units(part + rest, quantity + more, quantity) == part


def _early(anomaly: Anomaly) -> Hashable:
    fact = anomaly.fact
    said = [(name, str(getattr(fact, name))) for name in fields_dict(type(fact)) if name not in _WHEN]
    return fact.name, tuple(said), anomaly.open


def _refund(refund: Refund, lots: Sequence[Lot]) -> tuple[object, ...]:
    """A refund by what it is, and for which of the sorted lots."""
    paid_for = tuple([place for place, lot in enumerate(lots) if refund.id in lot.refunds])
    return refund.payment, refund.cause, refund.state, refund.amount, paid_for


def symmetry_of(lines: Sequence[Line]) -> Symmetry:
    """The lines of an order that differ in nothing but their names."""
    bundled: dict[Hashable, list[str]] = {}
    loose: dict[Hashable, list[str]] = {}
    for line in lines:
        content = (line.quantity, line.amount, line.kind, line.seller)
        bundled.setdefault((*content, line.bundle), []).append(line.id)
        loose.setdefault(content, []).append(line.id)
    return Symmetry(_several(bundled), _several(loose))


def _several(groups: Mapping[Hashable, list[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)
