"""What the world is told after a step, as policy 6 says it: neither less nor more.

Each line of the policy's table of effects is one rule here: which moves, and what is then told.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from orderfsm import inputs as i
from orderfsm.decisions import Accepted, Anomalous, Move
from orderfsm.effects import Effect, Escalate, Notify, SendRefund, SendReturnAddress, TellWarehouse
from orderfsm.events import Event, Waiting
from orderfsm.inputs import Label
from orderfsm.order import CaseKind, Order, Refund
from orderfsm.reasons import AnomalyCode
from orderfsm.states import RefundState
from orderfsm.states import State as S
from orderfsm.testing.charter import STILL_HERE
from orderfsm.testing.conduct import Taken, action, before_said
from orderfsm.testing.invariants import deadlines_of, waits_for
from orderfsm.testing.orders import OrderSpace, Position, Said, Wait
from orderfsm.testing.properties import Action

Kind = tuple[str, ...]
"""An effect by what it is: its name, and what of its content the policy names."""

WAITING = (
    S.UNSHIPPED_CANCEL_REQUESTED, S.UNSHIPPED_CANCEL_CONFIRMING,
    S.PREPARING_CANCEL_REQUESTED, S.PREPARING_CANCEL_CONFIRMING,
)  # fmt: skip
BEFORE_DISPATCH = (*STILL_HERE, S.UNPAID)


def kind_of(effect: Effect) -> Kind:
    """An effect by what the policy says about it."""
    match effect:
        case Notify():
            return (effect.name, effect.channel, effect.topic)
        case TellWarehouse():
            return (effect.name, effect.instruction)
        case SendReturnAddress():
            return (effect.name, effect.channel)
        case SendRefund():
            return (effect.name, effect.refund, str(effect.attempt), str(effect.amount), effect.instrument)
        case Escalate():
            return (effect.name, effect.code)
        case _:
            return (effect.name,)


def _told(topic: str, *channels: str) -> tuple[Kind, ...]:
    return tuple(("notify", channel, topic) for channel in channels or ("message_center",))


_BOTH = ("screen", "message_center")


def _of_move(move: Move) -> Iterator[Kind]:
    """What follows from one move of goods."""
    source, target, word = move.source, move.target, move.trigger
    if target is S.CLOSED and source is not S.CLOSED:
        yield ("release_stock",)
        yield from _told("order_closed")
    if word == i.RequestCancellation.name and target in WAITING:
        yield ("tell_warehouse", "hold")
        yield from _told("cancellation_requested", *_BOTH)
    if target is S.PREPARING_CANCEL_CONFIRMING and source is not target:
        yield ("ask_logistics",)
    if target is S.CANCELLED and source in BEFORE_DISPATCH:
        yield ("tell_warehouse", "stop")
        yield ("release_stock",)
        yield from _told("cancelled", *_BOTH)
    if source in WAITING and target in (S.UNSHIPPED, S.PREPARING):
        yield ("tell_warehouse", "resume")
    if source in WAITING and target is S.SHIPPED:
        yield from _told("cancellation_lapsed")
    if target is S.SERVICING and source is not target and word == i.ReturnReceived.name:
        yield ("service",)
    yield from _TOLD_BY.get(word, ())
    if word == i.InterceptConfirmed.name and target is S.RETURNING:
        yield from _told("interception_confirmed")
    if word == i.InterceptDenied.name and target in (S.SHIPPED, S.ARRIVED):
        yield from _told("interception_denied")
    if word in (i.ApproveReturn.name, i.AcceptTerms.name) and target is S.RETURNING:
        yield ("send_return_address", "sms")
        yield from _told("return_approved")
    if word == i.ApproveReturn.name and target is S.RETURN_PLANNING:
        yield from _told("terms_proposed")


_TOLD_BY: dict[str, tuple[Kind, ...]] = {
    i.DeclineCancellation.name: _told("cancellation_declined"),
    i.WithdrawCancellation.name: _told("cancellation_withdrawn"),
    i.StopDenied.name: _told("cancellation_denied"),
    Event.BUNDLE_DENIED.value: _told("cancellation_denied"),
    i.CancelDelivery.name: (("ask_carrier",), *_told("interception_asked")),
    i.RequestReturn.name: _told("return_requested"),
    i.DeclineReturn.name: _told("return_declined"),
    i.WithdrawReturn.name: _told("return_withdrawn"),
    i.RejectTerms.name: _told("terms_rejected"),
    i.Lost.name: (*_told("goods_lost"), ("escalate", "lost")),
    i.AssessReturn.name: _told("return_assessed"),
}


def _of_refunds(before: Iterable[Refund], after: Iterable[Refund], currency: str, reversed: bool) -> Iterator[Kind]:
    """What follows from money that is reserved, sent again, settled or failed; a reversal had been settled first."""
    from orderfsm.money import Money

    known = {refund.id: refund for refund in before}
    for refund in after:
        old = known.get(refund.id)
        if old is None or old.attempt != refund.attempt:
            amount = str(Money(refund.amount, currency))
            yield ("send_refund", refund.id, str(refund.attempt), amount, refund.instrument)
        if old is not None and old.state is not refund.state:
            if refund.state is RefundState.SETTLED:
                yield from _told("refund_settled")
            elif refund.state is RefundState.FAILED:
                if reversed and old.state is not RefundState.SETTLED:
                    yield from _told("refund_settled")
                yield ("failure", refund.id)


def _expected(step: Taken) -> set[Kind]:
    before, after, answer, said = step.before.order, step.after.order, step.answer, step.input
    kinds: set[Kind] = {kind for move in answer.moves for kind in _of_move(move)}
    if isinstance(after, Order):
        old = before.refunds if isinstance(before, Order) else ()
        kinds |= set(_of_refunds(old, after.refunds, after.currency, isinstance(said, i.RefundReversed)))
        if ("service",) in kinds:
            kinds.discard(("service",))
            kinds |= set(_services(after, answer.moves))
        if isinstance(said, i.ApproveReturn | i.AcceptTerms) and _with_label(before, answer.moves, said):
            kinds.add(("send_return_label",))
    if isinstance(answer, Anomalous):
        kinds |= {("escalate", str(each.reason.code)) for each in answer.anomalies}
        astray = (AnomalyCode.DISPATCHED_AFTER_CANCEL, AnomalyCode.DISPATCHED_AFTER_CLOSE)
        if any(each.reason.code in astray for each in answer.anomalies):
            kinds.add(("ask_carrier",))
    return kinds | {("escalate", code) for code in answer.fired if code in set(Waiting)}


def _services(after: Order, moves: Iterable[Move]) -> Iterator[Kind]:
    came = (move for move in moves if move.target is S.SERVICING and move.source is not move.target)
    lines = {move.line for move in came if move.trigger == i.ReturnReceived.name}
    for lot in after.lots:
        if lot.line.id in lines and lot.state is S.SERVICING and lot.case is not None:
            exchanged = lot.case.kind is CaseKind.EXCHANGE
            yield ("send_replacement",) if exchanged else ("tell_warehouse", "repair")


def _with_label(before: object, moves: Iterable[Move], said: Said) -> bool:
    """Whether goods set out with a prepaid label: asked for now, or when the terms were proposed (A13)."""
    gone = {move.line for move in moves if move.target is S.RETURNING}
    if isinstance(said, i.ApproveReturn):
        return bool(gone) and said.label is Label.PREPAID
    assert isinstance(before, Order)
    return any(lot.line.id in gone and lot.case is not None and lot.case.label is Label.PREPAID for lot in before.lots)


def _folded(effect: Effect) -> Kind:
    if isinstance(effect, Escalate) and effect.code in ("refund_failed", "refund_reversed"):
        return ("failure", str(effect.refund))
    return kind_of(effect)


def the_world_is_told_just_this(space: OrderSpace, step: Taken) -> str | None:
    """Every effect that the policy names for what happened is given, and none else; each has its own id."""
    effects = step.answer.effects
    given = {_folded(effect) for effect in effects}
    rejudged = any(each.waiting for each in step.before.order.anomalies)
    if len({effect.id for effect in effects}) != len(effects):
        return "two effects share an id"
    expected = _expected(step)
    missing, extra = expected - given, given - expected
    if rejudged:  # facts that came too early are told with the answer that lets them be judged
        extra = {kind for kind in extra if kind[0] not in ("escalate", "ask_carrier")}
    if missing:
        return f"not told: {_listed(missing)}"
    return f"told, though nothing calls for it: {_listed(extra)}" if extra else None


def _listed(kinds: Iterable[Kind]) -> str:
    return ", ".join(" ".join(kind) for kind in sorted(kinds))


def lapsed_requests_say_what_is_left(space: OrderSpace, step: Taken) -> str | None:
    """Who is told that a request lapsed, or that a parcel cannot be stopped, is told what is left to do."""
    for effect in step.answer.effects:
        if isinstance(effect, Notify) and effect.topic in ("cancellation_lapsed", "interception_denied"):
            if not effect.next_steps:
                return f"{effect.topic} leaves the customer without a next step"
        if isinstance(effect, SendReturnAddress) and effect.address != space.scope.policy.return_address:
            return "another return address than the policy's"
    return None


def deadlines_are_told_once_and_on_time(space: OrderSpace, step: Taken) -> str | None:
    """Once its time is over nothing waits unseen; and what moves all goods of an order at once moves them once."""
    order, said = step.after.order, step.input
    if not isinstance(order, Order):
        return None
    now = said.at if isinstance(said, Wait) else (said.received_at or said.at)
    assert now is not None
    for at, what in () if _rests(step, now) else deadlines_of(space.scope.policy, order):
        if at <= now:
            return f"{waits_for(what)} past {at}, and nobody was told"
    for event in (Event.PAYMENT_WINDOW_CLOSED, Event.PREPARATION_PRESUMED):
        if step.answer.fired.count(event.value) > 1:
            return f"{event.value} fired more than once"
    return None


def _rests(step: Taken, now: datetime) -> bool:
    """Whether nothing that could wait has changed, nor has the time: then the state before was looked at already."""
    before, after = step.before.order, step.after.order
    if not isinstance(before, Order) or not isinstance(after, Order) or now != step.before.now:
        return False
    return before.lots is after.lots and before.refunds is after.refunds and before.paid_at is after.paid_at


def money_is_for_goods(space: OrderSpace, step: Taken) -> str | None:
    """A report of money that is taken in names the goods that wait for it, whether it is enough for them or not."""
    said, answer = step.input, step.answer
    order = before_said(space, step)
    if order is None or not isinstance(answer, Accepted):
        return None
    if isinstance(said, i.PaymentCaptured):
        waiting = {lot.line.id for lot in order.lots if lot.state is S.UNPAID}
    elif isinstance(said, i.RefundSettled):
        waiting = {lot.line.id for lot in order.lots if said.refund in lot.refunds and lot.state is not S.REFUNDED}
    else:
        return None
    missing = waiting - {move.line for move in answer.moves if move.trigger == said.name}
    return f"{said.name} does not name {', '.join(sorted(missing))}" if missing else None


Check = Callable[[OrderSpace, Taken], str | None]

NOTICES: tuple[tuple[Check, tuple[str, ...]], ...] = (
    (the_world_is_told_just_this, ("A8", "A13", "A18", "B2", "B4", "B14", "B15", "B18", "5.4", "5.5")),
    (deadlines_are_told_once_and_on_time, ("A2", "A5", "A7", "A8", "A18", "A19")),
    (money_is_for_goods, ("A1", "B1")),
    (lapsed_requests_say_what_is_left, ("A10", "B5", "B19", "5.4")),
)


def notices(space: OrderSpace) -> list[Action[Position, Said]]:
    """All of them, for one space."""
    return [action(space, check, clauses, refusals=False) for check, clauses in NOTICES]
