"""Mistakes as shops make them. Each is a function that exchanges what really executes; its sentence says what is wrong.

How each is noticed is in `tests.proof.faults`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from orderfsm import (
    amounts,
    choices,
    choosing,
    commanding,
    deadlines,
    draft,
    guards,
    machine,
    paying,
    reporting,
    settling,
    table,
)
from orderfsm import inputs as i
from orderfsm.actors import Actor, Role
from orderfsm.amounts import left_of
from orderfsm.choices import _ANSWERS_OF, _unsettled  # for bodies that are run in the place of theirs
from orderfsm.consequences import CONSEQUENCES, Consequence
from orderfsm.deadlines import Deadline
from orderfsm.decisions import Decision, Refused
from orderfsm.draft import Draft, changed
from orderfsm.effects import Escalate
from orderfsm.events import Event, Waiting
from orderfsm.guards import HostGuard
from orderfsm.inputs import Input, PaymentCaptured
from orderfsm.machine import OrderMachine
from orderfsm.order import Cause, Lot, Order, Payment, Refund, Unplaced
from orderfsm.policy import Policy
from orderfsm.reasons import Code, Reason
from orderfsm.rows import Row
from orderfsm.scene import Scene
from orderfsm.states import CANCEL_CONFIRMING, CANCEL_REQUESTED, RefundState, State
from orderfsm.testing.orders import TICK
from orderfsm.testing.planting import (
    Change,
    with_body,
    with_consequences,
    with_implied,
    with_refunds_known,
    with_rows,
)

Patch = pytest.MonkeyPatch


def _exchange(patch: Patch, changes: Iterable[Change]) -> None:
    for change in changes:
        if isinstance(change.owner, dict):
            patch.setitem(change.owner, change.name, change.value)
        else:
            patch.setattr(change.owner, change.name, change.value)


# --- payment ---------------------------------------------------------------------------------------------


def payment_at_the_very_end_counts(patch: Patch) -> None:
    """The payment window is compared with `<=`: a payment at the very end of it still counts."""

    def too_late(scene: Scene[Input], lot: Lot) -> bool:
        return scene.at > scene.payment_closes_at

    def in_full(scene: Scene[Input]) -> bool:
        return scene.at <= scene.payment_closes_at and scene.captured() >= scene.amount_due()

    _exchange(patch, with_body(choices.captured_too_late, too_late))
    _exchange(patch, with_body(choices._in_full, in_full))


def _shifted(patch: Patch, event: Event, by: timedelta) -> None:
    moving = deadlines.moving

    def shifted(
        policy: Policy, placed_at: datetime, paid_at: datetime | None, lot: Lot
    ) -> tuple[datetime, Event] | None:
        due = moving(policy, placed_at, paid_at, lot)
        return due if due is None or due[1] is not event else (due[0] + by, event)

    patch.setattr(deadlines, "moving", shifted)


def order_closes_a_tick_late(patch: Patch) -> None:
    """The time to pay is compared with `>`: at the very end of it the order is still open."""
    _shifted(patch, Event.PAYMENT_WINDOW_CLOSED, TICK)


def late_payment_reopens_the_order(patch: Patch) -> None:
    """A payment that is learnt of after the closing opens the order again."""
    judge_payment = paying.judge_payment

    def reopening(order: Draft, fact: PaymentCaptured) -> None:
        for lot in [each for each in order.lots if each.state is State.CLOSED]:
            order.replace(lot, changed(lot, {"state": State.UNPAID}))
        judge_payment(order, fact)

    patch.setattr(reporting, "judge_payment", reopening)


def repeated_payment_counts_twice(patch: Patch) -> None:
    """The payment provider's second notice of one payment is booked as a second payment."""
    judge_payment = paying.judge_payment

    def forgetful(order: Draft, fact: PaymentCaptured) -> None:
        known = any(payment.id == fact.payment for payment in order.payments)
        judge_payment(order, evolve(fact, payment=f"{fact.payment} again") if known else fact)

    patch.setattr(reporting, "judge_payment", forgetful)


def excess_is_kept(patch: Patch) -> None:
    """What was paid beyond the price stays with the shop."""
    patch.setattr(paying, "_give_back_excess", lambda order, excess: None)


def _kept_if(patch: Patch, cause: Cause) -> None:
    give_back = paying._give_back

    def keeping(order: Draft, payments: Iterable[Payment], why: Cause) -> None:
        if why is not cause:
            give_back(order, payments, why)

    patch.setattr(paying, "_give_back", keeping)


def second_payment_is_kept(patch: Patch) -> None:
    """A second payment of an order that is paid stays with the shop."""
    _kept_if(patch, Cause.EXCESS_PAYMENT)


def part_payments_are_kept_at_closing(patch: Patch) -> None:
    """When an order closes, what was paid of it in part stays with the shop."""
    _kept_if(patch, Cause.PART_PAYMENT)


# --- fulfilment ------------------------------------------------------------------------------------------


def preparation_is_presumed_a_tick_late(patch: Patch) -> None:
    """The time after payment is compared with `>`: at the very end of it nothing is presumed in preparation."""
    _shifted(patch, Event.PREPARATION_PRESUMED, TICK)


def preparation_is_presumed_a_tick_early(patch: Patch) -> None:
    """Goods are presumed in preparation while the time after payment still runs."""
    _shifted(patch, Event.PREPARATION_PRESUMED, -TICK)


def preparation_counts_from_the_first_payment(patch: Patch) -> None:
    """The time until preparation runs from the first part of the price rather than from the last."""
    pay_for = paying.pay_for

    def from_the_first(order: Draft, unpaid: Sequence[Lot]) -> None:
        pay_for(order, unpaid)
        if order.paid_at is not None and order.payments:
            order.paid_at = min(payment.at for payment in order.payments)

    patch.setattr(paying, "pay_for", from_the_first)


def idle_scheduler_changes_the_answer(patch: Patch) -> None:
    """What was due meanwhile is done after the answer, not before it, where no timer has done it in time."""
    decide = OrderMachine.decide

    def hasty(self: OrderMachine, order: Order | Unplaced, input: Input, **envelope: Any) -> Decision:
        said = input.sent(**envelope) if envelope else input
        if isinstance(order, Unplaced) or said.by is None or said.at is None:
            return decide(self, order, said)
        now = said.received_at or said.at
        decision = self._judge(order, said, said.by, said.at, now)
        assert isinstance(decision.order, Order)
        after = self._pass_time(decision.order, now)
        return decision if after is None else machine._joined(decision, after)

    patch.setattr(OrderMachine, "decide", hasty)


def _rows(patch: Patch, *new: Row[Any], without: Iterable[Row[Any]] = ()) -> None:
    left_out = [id(row) for row in without]
    _exchange(patch, with_rows([*new, *(row for row in table.ROWS if id(row) not in left_out)]))


def _row(trigger: Any, source: State, target: State | None) -> Row[Any]:
    """The row that leads from one state to another."""
    return next(row for row in table.ROWS if row.trigger is trigger and source in row.sources and row.target is target)


def dispatch_waits_for_the_decision(patch: Patch) -> None:
    """A dispatch is noted, but the goods keep waiting for the decision about their cancellation."""
    row = _row(i.Dispatched, State.UNSHIPPED_CANCEL_REQUESTED, State.SHIPPED)
    waiting = frozenset({State.UNSHIPPED_CANCEL_REQUESTED, State.PREPARING_CANCEL_REQUESTED})
    skipped = [evolve(each, sources=frozenset(each.sources) - waiting) for each in table.IMPLIED]
    at_once = frozenset(row.sources) - waiting
    _rows(patch, evolve(row, sources=at_once), evolve(row, sources=waiting, target=None), without=[row])
    _exchange(patch, with_implied(skipped))


def dispatch_is_refused_under_a_request(patch: Patch) -> None:
    """The warehouse's report that goods have left is turned down while somebody decides about them."""
    judge = OrderMachine._judge

    def strict(self: OrderMachine, order: Order, input: Input, by: Actor, at: datetime, now: datetime) -> Decision:
        if isinstance(input, i.Dispatched) and any(lot.state in CANCEL_REQUESTED for lot in order.lots):
            return Refused(order, reasons=(Reason(Code.ALREADY_REQUESTED, "A9"),))
        return judge(self, order, input, by, at, now)

    patch.setattr(OrderMachine, "_judge", strict)


def anomaly_is_forgotten(patch: Patch) -> None:
    """A report that contradicts a decision is told to somebody, and then kept nowhere."""

    def careless(self: Draft, reason: Reason, *, waiting: bool = False, lines: Mapping[str, int] | None = None) -> None:
        anomaly = draft.anomaly_of(len(self.anomalies) + 1, reason, self.input, self.at, waiting)
        self.told.append(anomaly)
        self.emit(Escalate, key=anomaly.id, **draft.escalation(anomaly, lines))

    patch.setattr(Draft, "contradict", careless)


def nobody_is_reminded(patch: Patch) -> None:
    """A request that nobody decides about waits for ever."""
    waiting = deadlines.waiting

    def silent(policy: Policy, lot: Lot) -> tuple[datetime, Waiting] | None:
        due = waiting(policy, lot)
        return None if due is None or due[1] is Waiting.REVIEW_OVERDUE else due

    patch.setattr(deadlines, "waiting", silent)


def reminders_come_late(patch: Patch) -> None:
    """Whoever waits is forgotten for a day longer than the policy says."""
    waiting = deadlines.waiting

    def late(policy: Policy, lot: Lot) -> tuple[datetime, Waiting] | None:
        due = waiting(policy, lot)
        return None if due is None else (due[0] + timedelta(days=1), due[1])

    patch.setattr(deadlines, "waiting", late)


# --- cancellation ----------------------------------------------------------------------------------------


def _allowed(scene: Scene[Input], lot: Lot) -> Reason | None:
    return None


def _never(scene: Scene[Input], lot: Lot) -> bool:
    return False


def unpaid_order_is_cancelled_by_hand(patch: Patch) -> None:
    """Anybody may cancel an unpaid order, though the shop's policy leaves that to the clock."""
    _exchange(patch, with_body(guards.may_cancel_unpaid, _allowed))


def digital_goods_are_cancelled(patch: Patch) -> None:
    """Nobody asks whether goods are digital before they are cancelled."""
    _exchange(patch, with_body(guards.covered, _allowed))


def dispatched_goods_are_cancelled(patch: Patch) -> None:
    """Customer service can cancel what has left already."""
    _rows(patch, Row(State.SHIPPED, i.ApproveCancellation, State.CANCELLED, "A5"))


def dispatched_goods_can_be_asked_for(patch: Patch) -> None:
    """The cancellation of a parcel that is under way can still be requested."""
    _rows(patch, Row(State.SHIPPED, i.RequestCancellation, State.PREPARING_CANCEL_REQUESTED, "A5"))


def button_shows_after_dispatch(patch: Patch) -> None:
    """The refund button stays on every order that was paid, whatever became of its goods."""
    patch.setattr(OrderMachine, "refund_button", lambda self, order, *, at: order.paid_at is not None)


def logistics_is_not_asked(patch: Patch) -> None:
    """Goods in preparation are cancelled as soon as customer service agrees."""
    row = _row(i.ApproveCancellation, State.PREPARING_CANCEL_REQUESTED, State.PREPARING_CANCEL_CONFIRMING)
    _rows(patch, evolve(row, target=State.CANCELLED), without=[row])


def silence_is_a_yes(patch: Patch) -> None:
    """When logistics has not answered in time, the goods are cancelled."""
    alert = machine._alert

    def impatient(order: Draft, due: Deadline) -> None:
        alert(order, due)
        if due.code is Waiting.LOGISTICS_OVERDUE:
            order.move_by(Event.BUNDLE_CONFIRMED, [lot for lot in order.lots if lot.state in CANCEL_CONFIRMING])
            settling.settle(order)

    patch.setattr(machine, "_alert", impatient)


def stale_answer_is_accepted(patch: Patch) -> None:
    """An answer from before the question was put is taken for an answer to it."""

    def any_answer(scene: Scene[Input], lot: Lot) -> bool:
        ask = lot.ask
        return ask is not None and ask.answer is None and isinstance(scene.input, _ANSWERS_OF[ask.party])

    _exchange(patch, with_body(choices.answers_the_ask, any_answer))


def sellers_goods_are_approved_by_the_shop(patch: Patch) -> None:
    """Customer service decides about a third-party seller's goods."""
    _exchange(patch, with_body(guards.decided_by_its_seller, _allowed))


def seller_decides_about_others_goods(patch: Patch) -> None:
    """A seller may decide about all goods of an order in which it sells something."""
    patch.setattr(choosing, "lots_of_actor", lambda scene: scene.lots)


def another_customer_is_heard(patch: Patch) -> None:
    """Whoever is signed in as a customer may act on any order whose number they know."""
    judge = OrderMachine._judge

    def trusting(self: OrderMachine, order: Order, input: Input, by: Actor, at: datetime, now: datetime) -> Decision:
        own = Actor(Role.CUSTOMER, order.customer) if by.role is Role.CUSTOMER else by
        return judge(self, order, input, own, at, now)

    patch.setattr(OrderMachine, "_judge", trusting)


HYGIENE = HostGuard(
    code="hygiene_goods",
    on=[i.RequestReturn],
    holds=lambda scene, lot: lot.line.id != "B",
    sentence="These goods cannot be taken back for reasons of hygiene.",
)
"""A rule of the shop's own: line B stays with the customer."""


def host_guard_is_inverted(patch: Patch) -> None:
    """The shop's own rule is asked the wrong way round: what it forbids is done, and what it allows is refused."""

    def inverted(self: HostGuard, scene: Scene[Input], lot: Lot) -> Reason | None:
        if not self.holds(scene, lot):
            return None
        return Reason(self.code, "5.14", {"line": lot.line.id}, self.next_steps, self.sentence)

    patch.setattr(HostGuard, "__call__", inverted)


def host_guard_is_not_asked(patch: Patch) -> None:
    """The shop's own rules are forgotten where commands are judged."""
    judge_command = commanding.judge_command
    patch.setattr(machine, "judge_command", lambda order, host_guards: judge_command(order, ()))


def only_the_first_named_line_is_taken(patch: Patch) -> None:
    """Of several lines that a command names the first one is taken, and the others are forgotten."""
    named = choosing.Chooser._named
    patch.setattr(choosing.Chooser, "_named", lambda self, lots, lines: named(self, lots, lines[:1]))


# --- bundles ---------------------------------------------------------------------------------------------


def bundle_is_not_widened(patch: Patch) -> None:
    """One item of a bundle is cancelled, and the others are left alone."""
    patch.setattr(choosing, "DECIDED_AS_ONE", frozenset())


def one_unit_of_each_mate_is_taken(patch: Patch) -> None:
    """Of the other items of a bundle only one unit each is cancelled, and the rest of them is left alone."""
    widened = choosing.Chooser._widened

    def sparing(self: choosing.Chooser, chosen: choosing.Picked) -> choosing.Choice:
        choice = widened(self, chosen)
        named = {id(lot) for lot, _ in chosen}
        goods = [each if id(each.lot) in named else evolve(each, quantity=1) for each in choice.goods]
        return evolve(choice, goods=tuple(goods))

    patch.setattr(choosing.Chooser, "_widened", sparing)


def bundle_is_widened_against_the_policy(patch: Patch) -> None:
    """The selection is widened to the bundle, though the shop wants to have all of it named."""
    widened = choosing.Chooser._widened

    def always(self: choosing.Chooser, chosen: choosing.Picked) -> choosing.Choice:
        choice = widened(self, chosen)
        reasons = [reason for reason in choice.reasons if reason.code != Code.BUNDLE_INDIVISIBLE]
        return evolve(choice, reasons=tuple(reasons))

    patch.setattr(choosing.Chooser, "_widened", always)


def _confirming(order: Draft) -> list[list[Lot]]:
    bundles: dict[str, list[Lot]] = {}
    for lot in order.lots:
        if lot.state in CANCEL_CONFIRMING and lot.line.bundle is not None:
            bundles.setdefault(lot.line.bundle, []).append(lot)
    return list(bundles.values())


def bundle_waits_for_nobody(patch: Patch) -> None:
    """A bundle is cancelled once it is approved, whatever logistics is still to say about one of its items."""

    def at_once(order: Draft) -> None:
        for lots in _confirming(order):
            order.move_by(Event.BUNDLE_CONFIRMED, lots)

    patch.setattr(settling, "_confirm_bundles", at_once)


def yes_for_one_counts_for_another(patch: Patch) -> None:
    """When logistics says yes to one item of a bundle, the others are cancelled with it."""

    def with_the_first(order: Draft) -> None:
        for lots in _confirming(order):
            if not all(lot.asked for lot in lots if lot.state is State.PREPARING_CANCEL_CONFIRMING):
                order.move_by(Event.BUNDLE_CONFIRMED, lots)

    patch.setattr(settling, "_confirm_bundles", with_the_first)


def no_returns_only_the_asked_item(patch: Patch) -> None:
    """When logistics says no to one item of a bundle, only this one goes back to where it was."""
    patch.setattr(reporting, "_deny_bundle", lambda order, bundle: None)


# --- interception ----------------------------------------------------------------------------------------


def stray_parcel_is_not_asked_back(patch: Patch) -> None:
    """Goods that left although they were cancelled are noted, but nobody asks the carrier to bring them back."""
    patch.setattr(reporting, "ask_carrier", lambda order, lots: None)


def half_a_parcel_is_called_off(patch: Patch) -> None:
    """The carrier is asked for one item out of a parcel, and the rest of it goes on."""
    mates = choosing.Chooser._mates

    def alone(self: choosing.Chooser, chosen: Sequence[Lot]) -> list[Lot]:
        return [] if type(self._command) is i.CancelDelivery else mates(self, chosen)

    patch.setattr(choosing.Chooser, "_mates", alone)


def delivery_after_a_yes_is_not_wondered_at(patch: Patch) -> None:
    """A parcel that the carrier had stopped is delivered, and nobody looks into it."""
    row = next(each for each in table.ROWS if each.when is choices.was_intercepted)
    _rows(patch, evolve(row, anomaly=None), without=[row])


# --- returns ---------------------------------------------------------------------------------------------


def prepaid_label_is_promised_everywhere(patch: Patch) -> None:
    """A prepaid label is granted in countries in which there is none."""
    _exchange(patch, with_body(guards.label_can_be_had, _allowed))


def opened_goods_come_back_without_terms(patch: Patch) -> None:
    """Opened goods that are merely unwanted are taken back like unopened ones."""
    _exchange(patch, with_body(choices.opened_by_choice, _never))


def terms_are_left_open(patch: Patch) -> None:
    """Opened goods are talked over without an amount on the table."""
    _exchange(patch, with_body(guards.terms_where_needed, _allowed))


def return_is_paid_before_its_receipt(patch: Patch) -> None:
    """A return is assessed and paid back while the parcel is still on its way."""
    row = _row(i.AssessReturn, State.RETURNED, None)
    _rows(patch, evolve(row, sources=frozenset({*row.sources, State.RETURNING})), without=[row])


def refund_again_when_the_parcel_comes_back(patch: Patch) -> None:
    """A cancelled parcel that left all the same is booked as a return when it comes back."""
    row = _row(i.ReturnReceived, State.RETURNING, State.RETURNED)
    _rows(patch, evolve(row, sources=frozenset({*row.sources, State.CANCELLED})), without=[row])


def late_return_is_paid_in_full(patch: Patch) -> None:
    """A return is paid back in full, however late it comes."""
    patch.setattr(amounts, "_in_full_time", lambda scene, lot: True)


# --- refunds ---------------------------------------------------------------------------------------------


def refund_is_forgotten(patch: Patch) -> None:
    """Goods are cancelled, and nothing is set aside for their refund."""
    pay_back = Draft.pay_back

    def forgetful(self: Draft, lots: Sequence[Lot], shares: Sequence[int], fee: int, cause: Cause) -> None:
        if cause is not Cause.CANCELLATION:
            pay_back(self, lots, shares, fee, cause)

    patch.setattr(Draft, "pay_back", forgetful)


def refund_is_reserved_when_it_is_sent(patch: Patch) -> None:
    """A refund counts only once it is sent: until then its money can be promised a second time."""

    def left(payment: Payment, refunds: Sequence[Refund]) -> int:
        gone = [each for each in refunds if each.payment == payment.id and each.state is not RefundState.DUE]
        return payment.amount - sum(each.amount for each in gone)

    patch.setattr(amounts, "left_of", left)
    patch.setattr(paying, "left_of", left)


def refund_goes_to_another_instrument(patch: Patch) -> None:
    """Every refund goes to the card of the first payment."""
    refund = Draft.refund

    def to_the_first(self: Draft, payment: Payment, *more: Any) -> Refund:
        return refund(self, evolve(payment, instrument=self.payments[0].instrument), *more)

    patch.setattr(Draft, "refund", to_the_first)


def refund_is_taken_from_another_payment(patch: Patch) -> None:
    """A refund empties the first payment before it touches the second."""

    def in_turn(amount: int, payments: Sequence[Payment], refunds: Sequence[Refund]) -> list[tuple[Payment, int]]:
        shares: list[tuple[Payment, int]] = []
        for payment in payments:
            share = min(amount, left_of(payment, refunds))
            amount -= share
            if share:
                shares.append((payment, share))
        return shares

    patch.setattr(draft, "split_over_payments", in_turn)


def delivery_fee_goes_back_twice(patch: Patch) -> None:
    """The delivery fee goes back with every cancellation."""
    patch.setattr(settling, "fee_owed", lambda scene: scene.order.delivery_fee)


def delivery_fee_never_goes_back(patch: Patch) -> None:
    """The delivery fee stays with the shop, though nothing is delivered."""
    patch.setattr(settling, "fee_owed", lambda scene: 0)


def goods_count_as_refunded_too_soon(patch: Patch) -> None:
    """Goods are refunded as soon as one of their refunds has arrived."""

    def some(scene: Scene[Input], lot: Lot) -> bool:
        return _unsettled(scene, lot) < len(lot.refunds)

    _exchange(patch, with_body(choices.all_refunds_settled, some))


def reversal_is_forgotten(patch: Patch) -> None:
    """When the bank sends money back, the refund stays settled."""
    forgotten = {(RefundState.SETTLED, i.RefundReversed), (RefundState.SETTLED, i.RefundFailed)}
    _exchange(patch, with_refunds_known(table.REFUND_KNOWN | forgotten))


def failed_refund_is_paid_anew(patch: Patch) -> None:
    """A failed refund is not sent again: a second one is made beside it."""
    resend = commanding._resend

    def anew(order: Draft, command: i.ResendRefund, host_guards: Any) -> Sequence[Reason]:
        failed = next((each for each in order.refunds if each.id == command.refund), None)
        reasons = resend(order, command, host_guards)
        if failed is not None and not reasons:
            order.put_refund(failed)
            payment = next(each for each in order.payments if each.id == failed.payment)
            order.refund(payment, failed.amount, failed.cause, failed.lines)
        return reasons

    patch.setattr(commanding, "_resend", anew)


def overdue_refund_is_not_noticed(patch: Patch) -> None:
    """A refund that is not sent in time is nobody's business."""
    patch.setattr(deadlines, "refund_waiting", lambda refund: None)


# --- what is told ----------------------------------------------------------------------------------------


def _told_otherwise(patch: Patch, name: str, **changes: Any) -> None:
    _exchange(
        patch, with_consequences([evolve(each, **changes) if each.name == name else each for each in CONSEQUENCES])
    )


def _consequence(name: str) -> Consequence:
    return next(each for each in CONSEQUENCES if each.name == name)


def request_is_told_as_cancelled(patch: Patch) -> None:
    """Who asks for a cancellation reads at once that everything is cancelled."""
    _told_otherwise(patch, "requested", tell=_consequence("cancelled").tell)


def address_is_told_before_approval(patch: Patch) -> None:
    """The return address is sent as soon as somebody asks for a return."""
    _told_otherwise(patch, "address", follows=_consequence("return requested").follows)
