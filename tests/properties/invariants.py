"""What must hold after every step, whoever sent whatever whenever. Pure functions over one decision.

`check_step` looks at one decision, `check_order` at one order; both raise AssertionError with what broke.
"""

from collections import Counter, defaultdict

from orderfsm.actors import Role
from orderfsm.decisions import Accepted, Anomalous, Decision, Duplicate, Move, Refused
from orderfsm.effects import AskLogistics, SendRefund
from orderfsm.inputs import Command, Fact, Input, StopConfirmed
from orderfsm.machine import OrderMachine
from orderfsm.order import Answer, Cause, Order, Unplaced, was_cancelled
from orderfsm.states import UNDISPATCHED, State
from orderfsm.table import WHO

LEFT = frozenset(State) - UNDISPATCHED - {State.UNPAID, State.CLOSED, State.CANCELLED, State.REFUNDED}


def check_order(order: Order) -> None:
    """Invariants of one order at rest."""
    _quantities_are_conserved(order)
    _money_is_conserved(order)
    _no_bundle_is_half_cancelled(order)


def _quantities_are_conserved(order: Order) -> None:
    for line in order.lines:
        lots = [lot for lot in order.lots if lot.line == line]
        assert sum(lot.quantity for lot in lots) == line.quantity, f"{line.id}: goods appeared or vanished"
        assert sum(lot.amount for lot in lots) == line.amount, f"{line.id}: what was paid changed"
        assert all(lot.quantity > 0 for lot in lots), f"{line.id}: an empty lot"
        each, dearer = divmod(line.amount, line.quantity)
        for lot in lots:
            low = each * lot.quantity
            assert low <= lot.amount <= low + min(dearer, lot.quantity), f"{line.id}: a unit changed its price"


def _money_is_conserved(order: Order) -> None:
    back: Counter[str] = Counter()
    for refund in order.refunds:
        assert refund.amount > 0
        back[refund.payment] += refund.amount
        payment = next(each for each in order.payments if each.id == refund.payment)
        assert refund.instrument == payment.instrument, "money went to another instrument (B2)"
    for payment in order.payments:
        assert back[payment.id] <= payment.amount, f"{payment.id}: more went back than was captured"
    goods: defaultdict[frozenset[str], int] = defaultdict(int)
    for lot in order.lots:
        if lot.refunds:
            goods[frozenset(lot.refunds)] += lot.amount
    by_id = {refund.id: refund for refund in order.refunds}
    paid_back = sum(refund.amount for refund in order.refunds if refund.cause in (Cause.CANCELLATION, Cause.RETURN))
    assert paid_back <= sum(goods.values()) + order.delivery_fee, "more was paid back than was paid for the goods"
    for ids, paid in goods.items():
        assert sum(by_id[each].amount for each in ids) <= paid + order.delivery_fee or len(goods) > 1
    if order.paid_at is not None and all(was_cancelled(lot) for lot in order.lots):
        kept = sum(payment.amount for payment in order.payments) - sum(back.values())
        assert kept == 0, "everything was cancelled, but something was kept"


def _no_bundle_is_half_cancelled(order: Order) -> None:
    bundles: defaultdict[str, set[State]] = defaultdict(set)
    for lot in order.lots:
        if lot.line.bundle is not None:
            bundles[lot.line.bundle].add(State.CANCELLED if was_cancelled(lot) else lot.state)
    for bundle, states in bundles.items():
        torn = State.CANCELLED in states and states & UNDISPATCHED
        assert not torn, f"bundle {bundle} is half cancelled: {states}"


def check_step(machine: OrderMachine, before: Order | Unplaced, input: Input, decision: Decision) -> None:
    """Invariants of one decision."""
    after = decision.order
    if isinstance(after, Order):
        check_order(after)
    _refusals_change_nothing_but_time(machine, before, input, decision)
    _facts_are_never_refused_nor_lost(before, input, decision)
    _moves_obey_the_policy(input, decision)
    _stops_need_a_yes(before, input, decision)
    _effects_are_unique(decision)


def _refusals_change_nothing_but_time(
    machine: OrderMachine, before: Order | Unplaced, input: Input, decision: Decision
) -> None:
    if isinstance(decision, Refused):
        assert decision.reasons, "a refusal without a reason"
        assert all(reason.message for reason in decision.reasons)
        now = input.received_at or input.at
        assert now is not None
        expected = machine.tick(before, now).order if isinstance(before, Order) else before
        assert decision.order == expected, "a refusal changed more than time does"


def _facts_are_never_refused_nor_lost(before: Order | Unplaced, input: Input, decision: Decision) -> None:
    if not isinstance(input, Fact):
        assert not isinstance(decision, Anomalous), "a command became an anomaly"
        return
    assert input.by is not None
    if isinstance(decision, Refused):
        stranger = input.by.role not in WHO[type(input)]
        assert stranger or input.by.role is Role.SELLER, "a fact was refused"
        assert [reason.code for reason in decision.reasons] == ["not_allowed"]
    if isinstance(decision, Anomalous):
        known = {anomaly.id for anomaly in before.anomalies}
        kept = [anomaly for anomaly in decision.order.anomalies if anomaly.id not in known]
        mine = [anomaly for anomaly in kept if anomaly.fact == input]
        assert mine == list(decision.anomalies), "what was reported was lost"
    if isinstance(decision, Duplicate):
        assert not [move for move in decision.moves if not _by_itself(move)]


def _by_itself(move: Move) -> bool:
    return any(name in move.row for name in ("payment_window_closed", "preparation_presumed"))


def _moves_obey_the_policy(input: Input, decision: Decision) -> None:
    assert input.by is not None
    for move in decision.moves:
        assert move.source is not State.CLOSED or move.target is State.CLOSED, "closed goods moved"
        if move.target is State.CANCELLED and move.source not in (State.REFUNDED, State.CANCELLED):
            assert move.source in UNDISPATCHED | {State.UNPAID}, f"cancelled after dispatch: {move}"
    moved = [move for move in decision.moves if not _by_itself(move)]
    if moved and isinstance(decision, Accepted | Anomalous):
        assert input.by.role in WHO[type(input)], f"{input.by} moved goods with {input.name}"
    if isinstance(input, Command) and isinstance(decision, Accepted) and input.by.role is Role.CUSTOMER:
        assert isinstance(decision.order, Order)
        assert decision.order.customer == input.by.id


def _stops_need_a_yes(before: Order | Unplaced, input: Input, decision: Decision) -> None:
    """Nothing in preparation is cancelled without logistics' yes to that very ask (A8)."""
    if not isinstance(decision.order, Order):
        return
    cancelled = [
        move
        for move in decision.moves
        if move.target is State.CANCELLED and move.source is State.PREPARING_CANCEL_CONFIRMING
    ]
    if not cancelled:
        return
    asked = {effect.ask for effect in decision.effects if isinstance(effect, AskLogistics)}
    for lot in decision.order.lots:
        if was_cancelled(lot) and any(move.line == lot.line.id for move in cancelled) and lot.ask is not None:
            assert lot.ask.answer in (Answer.CONFIRMED, None) or lot.stray
            assert input.at is not None
            unheard = lot.ask.id in asked and lot.ask.at >= input.at
            assert not unheard, "cancelled in the very step in which logistics was asked"
    if isinstance(input, StopConfirmed) and input.ask is not None and isinstance(before, Order):
        asked_before = {lot.ask.id for lot in before.lots if lot.ask is not None}
        assert input.ask in asked_before


def _effects_are_unique(decision: Decision) -> None:
    ids = [effect.id for effect in decision.effects]
    assert len(ids) == len(set(ids)), "two effects with one id"
    for effect in decision.effects:
        assert effect.id.startswith(f"{decision.order.id}:")
        if isinstance(effect, SendRefund):
            assert effect.amount.minor > 0
