"""The order machine: `decide`, and the questions a shop asks about an order.

`decide` is pure: no clock, no I/O, no chance. Calling it and dropping the answer is the preview, so asking
first and trying always agree.
"""

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from datetime import datetime
from typing import Any, Self, TypeVar

from attrs import evolve, frozen

from orderfsm import checks
from orderfsm.actors import PLATFORM, Actor, Role
from orderfsm.choices import needs_approval
from orderfsm.choosing import lots_of_actor
from orderfsm.commanding import judge_command
from orderfsm.consequences import tell
from orderfsm.deadlines import Deadline, all_overdue, earliest
from orderfsm.decisions import Accepted, Anomalous, Decision, Duplicate, Refused
from orderfsm.draft import Draft, anomaly_of, changed, escalation
from orderfsm.effects import Escalate
from orderfsm.engine import transition_for
from orderfsm.events import Event, Waiting
from orderfsm.guards import Guard, HostGuard
from orderfsm.inputs import Command, Fact, Input, Place, RequestCancellation
from orderfsm.next_steps import LOOK
from orderfsm.notes import follow
from orderfsm.order import Lot, Order, Unplaced
from orderfsm.paying import close_unpaid, pay_for
from orderfsm.placing import bundle_faults, open_order
from orderfsm.policy import Policy
from orderfsm.previews import LABELS, REQUEST_CANCELLATION, preview_inputs
from orderfsm.reasons import AnomalyCode, Code, Reason, Step, not_allowed
from orderfsm.reporting import judge_fact
from orderfsm.settling import judge_again, settle
from orderfsm.states import CANCEL_REQUESTED, State
from orderfsm.table import WHO
from orderfsm.times import instant

checks.check()

_TIME_PASSES = Input()
_TAKEN = (Accepted, Anomalous)
_OVERDUE_CLAUSES = {
    Waiting.REFUND_OVERDUE: "A18",
    Waiting.LOGISTICS_OVERDUE: "A8",
    Waiting.REVIEW_OVERDUE: "A5",
    Waiting.RETURN_OVERDUE: "A19",
}
_RETURN_CLAUSES = {State.RETURN_REQUESTED: "B3", State.RETURN_PLANNING: "A16"}


@frozen
class Action:
    """One command that an actor might send: whether it would be accepted, and what its button says.

    Attributes:
        input: the command, as it would be sent.
        label: what its button says, in English.
        decision: what `decide` answers to it; dropped, nothing has happened.
    """

    input: Command
    label: str
    decision: Decision

    @property
    def name(self) -> str:
        """The command's name, such as ``request_cancellation``."""
        return self.input.name

    @property
    def allowed(self) -> bool:
        """Whether the command would be accepted now."""
        return isinstance(self.decision, Accepted)

    @property
    def lines(self) -> dict[str, int]:
        """The goods that the command would move, by line."""
        lines: dict[str, int] = {}
        for move in self.decision.moves:
            if move.trigger == self.name:
                lines[move.line] = lines.get(move.line, 0) + move.quantity
        return lines if self.allowed else {}

    @property
    def next_steps(self) -> tuple[str, ...]:
        """What can be done instead; empty where the command is allowed."""
        return tuple(dict.fromkeys(step for reason in self.decision.reasons for step in reason.next_steps))


class OrderMachine:
    """Decides inputs on orders under one policy, with a host's own guards if it has any.

    Args:
        policy: the shop's numbers and switches.
        guards: rules of the host's own on commands; they can only refuse more (policy 5.14).
    """

    def __init__(self, policy: Policy | None = None, guards: Iterable[HostGuard] = ()) -> None:
        self.policy = Policy() if policy is None else policy
        by_command: dict[type[Input], tuple[Guard[Any], ...]] = {}
        for guard in guards:
            for command in guard.on:
                by_command[command] = (*by_command.get(command, ()), guard)
        self._guards: Mapping[type[Input], tuple[Guard[Any], ...]] = by_command
        self._draft: Callable[..., Draft] = Draft

    def guards_on(self, command: type[Input]) -> tuple[Guard[Any], ...]:
        """The host's own rules on a command, in the order in which they are asked."""
        return self._guards.get(command, ())

    def with_guards_on(self, command: type[Input], guards: tuple[Guard[Any], ...]) -> Self:
        """The same machine with these rules on a command, and none on others."""
        machine = copy(self)
        machine._guards = {command: guards}
        return machine

    # --- deciding ----------------------------------------------------------------------------------------

    def decide(
        self,
        order: Order | Unplaced,
        input: Input,
        *,
        by: Actor | None = None,
        at: datetime | None = None,
        received_at: datetime | None = None,
        id: str | None = None,
    ) -> Decision:
        """Decide one input. Deadlines that have passed by the time it is received come first.

        Args:
            order: the order as it is; `Unplaced` with its id before anything was placed.
            input: the command or fact.
            by, at, received_at, id: complete the input's envelope where it lacks them.

        Raises:
            TypeError: this is no input, or nothing says who sends it and when it occurred.
        """
        if type(input) not in WHO:
            raise TypeError(f"decide takes one of orderfsm.INPUTS, not {input!r}")
        if by is not None or at is not None or received_at is not None or id is not None:
            input = input.sent(by=by, at=at, received_at=received_at, id=id)
        sender, moment = input.by, input.at
        if sender is None or moment is None:
            raise TypeError(f"{type(input).__name__} needs by and at, in the input or as arguments of decide")
        now = input.received_at or moment
        if isinstance(order, Unplaced):
            decision = self._decide_unplaced(order, input, sender, moment, now)
            before = None
        else:
            before = self._pass_time(order, now)
            decision = self._judge(order if before is None else _placed(before), input, sender, moment, now)
        if isinstance(decision, _TAKEN) and isinstance(decision.order, Order):
            after = self._pass_time(decision.order, now)
            if after is not None:
                decision = _joined(decision, after)
        return decision if before is None else _preceded(before, decision)

    def tick(self, order: Order, at: datetime) -> Decision:
        """Only let time pass: apply every deadline that has passed at `at`.

        Raises:
            InvalidInput: the time is naive.
        """
        return self._pass_time(order, instant("at", at)) or Accepted(order)

    def _decide_unplaced(self, order: Unplaced, input: Input, by: Actor, at: datetime, now: datetime) -> Decision:
        if by.role not in WHO[type(input)]:
            return Refused(order, reasons=(not_allowed(input.name),))
        seen = _seen(order, input, by)
        if seen is True:
            return Duplicate(order)
        if isinstance(input, Place):
            if seen is False:
                return Refused(order, reasons=(_conflicting(input),))
            return self._place(order, input, by, at, now)
        if isinstance(input, Fact):
            if any(anomaly.fact == input for anomaly in order.anomalies):
                return Duplicate(order)
            code = AnomalyCode.UNKNOWN_ORDER if seen is None else AnomalyCode.CONFLICTING_ID
            steps = (Step.WAIT,) if seen is None else LOOK
            reason = Reason(code, "A10", {"order": order.id}, steps)
            anomaly = anomaly_of(len(order.anomalies) + 1, reason, input, at, waiting=seen is None)
            known = Unplaced(order.id, (*order.anomalies, anomaly), _with(order.seen, input), order.version + 1)
            effect = Escalate(id=f"{order.id}:{anomaly.id}", **escalation(anomaly))
            return Anomalous(known, effects=(effect,), reasons=(reason,), anomalies=(anomaly,))
        facts = {"order": order.id}
        unknown = Reason(Code.UNKNOWN_ORDER, "A6", facts, (Place.name, Step.CONTACT_CUSTOMER_SERVICE))
        return Refused(order, reasons=(unknown,))

    def _place(self, unplaced: Unplaced, place: Place, by: Actor, at: datetime, now: datetime) -> Decision:
        order = open_order(unplaced, place, at)
        draft = self._draft(self.policy, order, place, by, at, now)
        reasons = bundle_faults(place)
        for guard in self._guards.get(Place, ()):
            reasons += [reason for lot in draft.lots if (reason := guard(draft, lot)) is not None]
        if reasons:
            return Refused(unplaced, reasons=tuple(reasons))
        if draft.amount_due() == 0:  # a free order is paid when placed (policy 5.13)
            pay_for(draft, draft.lots)
        if order.anomalies:
            judge_again(draft)
        return self._taken(draft, place)

    def _judge(self, order: Order, input: Input, by: Actor, at: datetime, now: datetime) -> Decision:
        if by.role not in WHO[type(input)] or (by.role is Role.CUSTOMER and by.id != order.customer):
            return Refused(order, reasons=(not_allowed(input.name),))
        seen = _seen(order, input, by) if input.id is not None else None
        if seen is True:
            return Duplicate(order)
        if isinstance(input, Place):
            reason = _conflicting(input) if seen is False else Reason(Code.ALREADY_PLACED, "A1", {"order": order.id})
            return Refused(order, reasons=(reason,))
        draft = self._draft(self.policy, order, input, by, at, now)
        if isinstance(input, Fact):
            return self._judge_fact(draft, input, seen)
        if seen is False:
            return Refused(order, reasons=(_conflicting(input),))
        reasons = judge_command(draft, self._guards.get(type(input), ()))
        if reasons:
            return Refused(order, reasons=tuple(reasons))
        settle(draft)
        if draft.needs_rejudging:
            judge_again(draft)
        return self._taken(draft, input)

    def _judge_fact(self, draft: Draft, fact: Fact, seen: bool | None) -> Decision:
        lots = lots_of_actor(draft)
        if lots is None:
            return Refused(draft.order, reasons=(not_allowed(fact.name),))
        if seen is False:
            draft.contradict(_conflicting(fact))
        else:
            judge_fact(draft, lots)
            settle(draft)
            if draft.needs_rejudging:
                judge_again(draft)
        if draft.told or draft.step or draft.touched:
            return self._taken(draft, fact)
        if fact.id is None:
            return Duplicate(draft.order)
        return Duplicate(evolve(draft.order, seen=_with(draft.order.seen, fact), version=draft.version))

    def _taken(self, draft: Draft, input: Input) -> Decision:
        tell(draft)
        draft.seen = _with(draft.seen, input)
        order, moves, effects = draft.finish(), tuple(draft.moves), tuple(draft.effects)
        if draft.told:
            reasons = tuple(anomaly.reason for anomaly in draft.told)
            return Anomalous(order, moves, effects, (), draft.added, reasons, tuple(draft.told))
        return Accepted(order, moves, effects, (), draft.added)

    # --- time --------------------------------------------------------------------------------------------

    def _pass_time(self, order: Order, now: datetime) -> Accepted | None:
        """Apply every deadline that has passed at `now`, earliest first; None where none has."""
        passed: Accepted | None = None
        while True:
            due = earliest(self.policy, order.placed_at, order.paid_at, order.lots, order.refunds, now)
            if due is None:
                return passed
            fired = self._fire(order, due)
            passed = fired if passed is None else _joined(passed, fired)
            order = _placed(fired)

    def _fire(self, order: Order, due: Deadline) -> Accepted:
        """Apply one deadline at its own time, so that an idle scheduler never changes an answer."""
        draft = self._draft(self.policy, order, _TIME_PASSES, PLATFORM, due.at, due.at)
        if due.code is Event.PAYMENT_WINDOW_CLOSED:
            close_unpaid(draft, due.lots)
            judge_again(draft)  # what was dispatched unpaid is now gone astray
        elif due.code is Event.PREPARATION_PRESUMED:
            _presume_preparation(draft, due.lots)
        else:
            _alert(draft, due)
        tell(draft)
        return Accepted(draft.finish(), tuple(draft.moves), tuple(draft.effects), (due.code.value,))

    # --- asking ------------------------------------------------------------------------------------------

    def actions(self, order: Order, *, by: Actor, at: datetime) -> list[Action]:
        """Every command with the verdict that `decide` gives for this actor now: the buttons."""
        found: list[Action] = []
        for command in preview_inputs(order):
            asked = command.sent(by=by, at=at)
            found.append(Action(asked, self._label(order, command), self.decide(order, asked)))
        return found

    def _label(self, order: Order, command: Command) -> str:
        if not isinstance(command, RequestCancellation):
            return LABELS[command.name]
        draft = self._draft(self.policy, order, command, PLATFORM, order.placed_at, order.placed_at)
        rows = [transition_for(command.name, draft, lot) for lot in order.lots]
        targets = [row.target for row in rows if row is not None]
        if targets:
            granted = any(target in CANCEL_REQUESTED for target in targets)
        else:
            granted = any(needs_approval(draft, lot) for lot in order.lots)
        return REQUEST_CANCELLATION if granted else LABELS[command.name]

    def refund_button(self, order: Order, *, at: datetime) -> bool:
        """Whether the order shows the refund button: it is paid, and its customer may ask to cancel (A4)."""
        ask = RequestCancellation(lines="all", by=Actor(Role.CUSTOMER, order.customer), at=at)
        decision = self.decide(order, ask)
        return order.paid_at is not None and isinstance(decision, Accepted)

    def next_deadline(self, order: Order) -> Deadline | None:
        """What happens by itself next, and when; None where nothing does."""
        return earliest(self.policy, order.placed_at, order.paid_at, order.lots, order.refunds)

    def overdue(self, order: Order, *, at: datetime) -> list[Deadline]:
        """Everything for which somebody has waited too long, longest first."""
        return all_overdue(self.policy, order.lots, order.refunds, instant("at", at))


def _presume_preparation(draft: Draft, lots: Iterable[Lot]) -> None:
    trigger = Event.PREPARATION_PRESUMED.value
    for lot in lots:
        transition = transition_for(trigger, draft, lot)
        assert transition is not None
        follow(draft, lot, transition)


def _alert(draft: Draft, due: Deadline) -> None:
    for lot in due.lots:
        draft.replace(lot, changed(lot, {"alerted": True}))
    assert isinstance(due.code, Waiting)
    refund = due.refund
    if refund is not None:
        draft.put_refund(evolve(refund, alerted=True))
    clause = _OVERDUE_CLAUSES[due.code]
    if due.code is Waiting.REVIEW_OVERDUE and due.lots[0].state in _RETURN_CLAUSES:
        clause = _RETURN_CLAUSES[due.lots[0].state]
    draft.emit(
        Escalate,
        code=due.code.value,
        clause=clause,
        lines=due.lines if refund is None else refund.lines,
        refund=None if refund is None else refund.id,
    )


def _seen(order: Order | Unplaced, input: Input, by: Actor) -> bool | None:
    """Whether the same sender used the id before: True with this content, False with other, None not at all."""
    same = [each for each in order.seen if each.id == input.id and each.by == by] if input.id is not None else []
    return None if not same else input in same


def _with(seen: tuple[Input, ...], input: Input) -> tuple[Input, ...]:
    return seen if input.id is None else (*seen, input)


def _conflicting(input: Input) -> Reason:
    if isinstance(input, Fact):
        return Reason(AnomalyCode.CONFLICTING_ID, "5.11", {"id": input.id}, LOOK)
    return Reason(Code.CONFLICTING_ID, "5.11", {"id": input.id}, (input.name,))


def _placed(decision: Decision) -> Order:
    assert isinstance(decision.order, Order)
    return decision.order


D = TypeVar("D", bound=Decision)


def _joined(first: D, then: Decision) -> D:
    """`first`, and what passed after it."""
    return _with_time(first, then.order, first, then)


def _preceded(first: Accepted, then: D) -> D:
    """`then`, and what had passed before it."""
    return _with_time(then, then.order, first, then)


def _with_time(answer: D, order: Order | Unplaced, first: Decision, then: Decision) -> D:
    kept = (answer.anomalies,) if isinstance(answer, Anomalous) else ()
    moves, effects = first.moves + then.moves, first.effects + then.effects
    return type(answer)(order, moves, effects, first.fired + then.fired, answer.added, answer.reasons, *kept)
