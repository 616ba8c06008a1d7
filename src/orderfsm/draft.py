"""The working copy of an order while one input, or one deadline, takes effect.

Everything that changes an order changes it here: lots move along transitions, money is reserved, questions
are asked, anomalies are kept. The table says what may move; the draft only carries it out.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from operator import attrgetter
from typing import Any

from attrs import fields

from orderfsm.actors import Actor
from orderfsm.amounts import refund_window, split_over_payments
from orderfsm.deadlines import count
from orderfsm.decisions import Move
from orderfsm.effects import Effect, Escalate, SendRefund
from orderfsm.engine import GoodsTransition, transition_for
from orderfsm.events import Event
from orderfsm.inputs import Input
from orderfsm.money import Money, first_units
from orderfsm.order import Anomaly, Ask, Cause, Lot, Order, Party, Payment, Refund
from orderfsm.policy import Policy
from orderfsm.reasons import Reason
from orderfsm.scene import Scene
from orderfsm.states import CANCEL_REQUESTED, RefundState

_LOT_FIELDS = tuple(field.name for field in fields(Lot))
_POSITION = {name: position for position, name in enumerate(_LOT_FIELDS)}
_values = attrgetter(*_LOT_FIELDS)


def changed(lot: Lot, changes: Mapping[str, Any]) -> Lot:
    """A copy of `lot` with some fields changed: what `attrs.evolve` does, in half the time."""
    values = [*_values(lot)]
    for name, value in changes.items():
        values[_POSITION[name]] = value
    return Lot(*values)


class Draft(Scene[Input]):
    """A scene that can be changed. One step of it is one input, or one deadline."""

    emitted = 0
    settled = 0
    touched = False
    rearranged = False
    needs_rejudging = False
    rejudging = False
    still_early = False
    repeated = False

    def __init__(self, policy: Policy, order: Order, input: Input, by: Actor, at: datetime, now: datetime) -> None:
        super().__init__(policy, order, input, by, at, now)
        self.booked = now
        self.anomalies: tuple[Anomaly, ...] = order.anomalies
        self.seen = order.seen
        self.asks = order.asks
        self.version = order.version + 1
        self.moves: list[Move] = []
        self.step: list[tuple[Lot, Lot, str]] = []
        self.effects: list[Effect] = []
        self.added: dict[str, int] = {}
        self.told: list[Anomaly] = []
        self._asks_of_step: dict[Party, Ask] = {}

    def finish(self) -> Order:
        """The order after everything."""
        order = self.order
        lots = order.lots
        if self.rearranged:
            lots = tuple(self.lots if len(self.lots) == len(order.lines) else merged(self.lots))
        return Order(
            order.id, order.customer, order.country, order.currency, order.timezone, order.placed_at,
            order.delivery_fee, order.lines, lots, self.payments, self.refunds, self.anomalies, self.seen,
            self.paid_at, self.asks, self.version,
        )  # fmt: skip

    # --- goods -------------------------------------------------------------------------------------------

    def replace(self, old: Lot, new: Lot) -> Lot:
        """Put `new` where `old` was."""
        self.rearranged = True
        lots = self.lots
        for index, lot in enumerate(lots):
            if lot is old:
                lots[index] = new
                return new
        raise AssertionError("a lot of another order")  # pragma: no cover - a fault of ours

    def take(self, lot: Lot, quantity: int) -> Lot:
        """Split `quantity` off a lot, with what was paid for just these units; the rest stays behind."""
        if quantity == lot.quantity:
            return lot
        paid = first_units(lot.amount, lot.quantity, quantity)
        terms = None if lot.terms is None else first_units(lot.terms, lot.quantity, quantity)
        rest_terms = None if lot.terms is None or terms is None else lot.terms - terms
        part = changed(lot, {"quantity": quantity, "amount": paid, "terms": terms})
        left = {"quantity": lot.quantity - quantity, "amount": lot.amount - paid, "terms": rest_terms}
        rest = changed(lot, left)
        self.replace(lot, part)
        self.lots.insert(next(i for i, other in enumerate(self.lots) if other is part) + 1, rest)
        return part

    def move(self, lot: Lot, transition: GoodsTransition, noted: dict[str, Any], *, inferred: bool = False) -> Lot:
        """Take a whole lot along a transition; `noted` is what it remembers of the move (see `orderfsm.notes`)."""
        source, target = lot.state, transition.target
        if source is not target:
            noted["state"] = target
            if not (source in CANCEL_REQUESTED and target in CANCEL_REQUESTED):  # else the waiting goes on
                noted.setdefault("since", self.at)
                if "ask" in noted or not lot.asked:
                    noted.setdefault("alerted", False)
        after = self.replace(lot, changed(lot, noted))
        trigger, name, clause = transition.trigger, transition.name, transition.clause
        self.moves.append(Move(lot.line.id, lot.quantity, source, target, trigger, name, clause, inferred))
        self.step.append((lot, after, trigger))
        return after

    def move_by(self, event: Event, lots: Iterable[Lot]) -> None:
        """Take lots along the rows of an event that nobody sent; rows are chosen before anything moves."""
        for lot, transition in [(lot, transition_for(event.value, self, lot)) for lot in lots]:
            if transition is not None:
                noted = {"settled_from": lot.state} if event is Event.NOTHING_OWED else {}
                self.move(lot, transition, noted)

    def ask(self, party: Party) -> Ask:
        """The question that this step puts to `party`: one for all goods that it concerns.

        It is put when the input is received: nobody can have answered it before.
        """
        if party not in self._asks_of_step:
            self.asks += 1
            self._asks_of_step[party] = Ask(f"a{self.asks}", party, self.booked)
        return self._asks_of_step[party]

    def ask_anew(self) -> None:
        """Another fact is judged in the same step: what it asks is a question of its own."""
        self._asks_of_step.clear()

    # --- money -------------------------------------------------------------------------------------------

    def pay_back(self, lots: Sequence[Lot], shares: Sequence[int], fee: int, cause: Cause) -> None:
        """Reserve what is owed for `lots`: one refund per payment. The fee goes with the last of them.

        Goods for which nothing is owed are refunded at once (policy 5.8).
        """
        owed = list(shares)
        if fee:
            owed[-1] += fee
        paid = [lot for lot, share in zip(lots, owed, strict=True) if share]
        ids: list[str] = []
        if paid:
            lines = count(paid)
            for payment, amount in split_over_payments(sum(owed), self.payments, self.refunds):
                ids.append(self.refund(payment, amount, cause, lines).id)
        for lot, share in zip(lots, owed, strict=True):
            refunds = (*lot.refunds, *ids) if share else lot.refunds
            lot = self.replace(lot, changed(lot, {"refunds": refunds}))
            if not share:
                self.move_by(Event.NOTHING_OWED, [lot])

    def refund(self, payment: Payment, amount: int, cause: Cause, lines: Mapping[str, int] | None = None) -> Refund:
        """Reserve an amount for one payment's own instrument and have it sent (B2, A18)."""
        id = f"r{len(self.refunds) + 1}"
        not_before, due_by, overdue_at = (None, None, None) if cause is Cause.RETURN else self.window(id)
        refund = Refund(
            id, cause, RefundState.DUE, amount, payment.id, payment.instrument,
            self.booked, not_before, due_by, overdue_at, lines or {},
        )  # fmt: skip
        self.refunds = (*self.refunds, refund)
        self.send(refund)
        return refund

    def window(self, refund: str) -> tuple[date | None, date | None, datetime | None]:
        """From when a refund is expected, by when it is promised, and when the promise is broken (A18)."""
        return refund_window(self.policy, self.booked, self.order.country, self.order.timezone)

    def put_refund(self, refund: Refund) -> None:
        """Put a refund in the place of the one with its id."""
        self.refunds = tuple(refund if each.id == refund.id else each for each in self.refunds)

    def send(self, refund: Refund) -> None:
        """Have the payment provider send a refund, or send it again."""
        self.emit(
            SendRefund,
            key=f"{refund.id}:{refund.attempt}",
            refund=refund.id,
            payment=refund.payment,
            instrument=refund.instrument,
            amount=Money(refund.amount, self.order.currency),
            attempt=refund.attempt,
            not_before=refund.not_before,
            due_by=refund.due_by,
        )

    # --- what is told ------------------------------------------------------------------------------------

    def emit(self, effect: type[Effect], *, key: str | None = None, **fields: Any) -> None:
        """Add an effect under an id that is the same at every replay."""
        if key is None:
            self.emitted += 1
            key = f"{self.version}.{self.emitted}"
        self.effects.append(effect(id=f"{self.order.id}:{key}", **fields))

    def contradict(self, reason: Reason, *, waiting: bool = False, lines: Mapping[str, int] | None = None) -> None:
        """Keep the fact as an anomaly and have a person look; unless it is kept already and still too early."""
        if self.rejudging and waiting:
            self.still_early = True
            return
        if any(each.fact == self.input and each.reason.code == reason.code for each in self.anomalies):
            self.repeated = True  # reported before, word for word
            return
        anomaly = anomaly_of(len(self.anomalies) + 1, reason, self.input, self.at, waiting)
        self.anomalies = (*self.anomalies, anomaly)
        self.told.append(anomaly)
        self.emit(Escalate, key=anomaly.id, **escalation(anomaly, lines))

    def put_anomaly(self, anomaly: Anomaly) -> None:
        """Put an anomaly in the place of the one with its id."""
        self.anomalies = tuple(anomaly if each.id == anomaly.id else each for each in self.anomalies)


def anomaly_of(number: int, reason: Reason, fact: Any, at: datetime, waiting: bool) -> Anomaly:
    """The `number`-th anomaly of an order."""
    return Anomaly(f"n{number}", reason, fact, at, waiting=waiting)


def escalation(anomaly: Anomaly, lines: Mapping[str, int] | None = None) -> dict[str, Any]:
    """What an `Escalate` says about an anomaly."""
    reason = anomaly.reason
    return {
        "code": str(reason.code),
        "clause": reason.clause,
        "facts": reason.facts,
        "anomaly": anomaly.id,
        "lines": lines or {},
    }


def merged(lots: Sequence[Lot]) -> list[Lot]:
    """Lots that differ in nothing but their number become one again; what was paid adds up.

    All units of a line cost the same to within one minor unit, so an even split of the sum gives each unit
    its price again. Agreed terms are not evenly spread over lots, so lots with terms stay apart.
    """
    by_line: dict[str, list[Lot]] = {}
    for lot in lots:
        kept = by_line.setdefault(lot.line.id, [])
        for index, other in enumerate(kept):
            if all(getattr(other, name) == getattr(lot, name) for name in _COMPARED) and lot.terms is None:
                both = {"quantity": other.quantity + lot.quantity, "amount": other.amount + lot.amount}
                kept[index] = changed(other, both)
                break
        else:
            kept.append(lot)
    return [lot for kept in by_line.values() for lot in kept]


_COMPARED = tuple(name for name in _LOT_FIELDS if name not in ("line", "quantity", "amount"))
