"""What holds of every step: who may change what, from what, when; and what is answered.

Steps are compared with the ways of `orderfsm.testing.charter`. Effects are in `orderfsm.testing.notices`, money is in
`orderfsm.testing.repaying`.
"""

from collections.abc import Iterable

from orderfsm import inputs as i
from orderfsm.actors import Role
from orderfsm.decisions import Accepted, Anomalous, Decision, Duplicate, Move, Refused
from orderfsm.inputs import Fact, Input
from orderfsm.order import Answer, Lot, Order, Party
from orderfsm.reasons import AnomalyCode, Code
from orderfsm.rows import name_of
from orderfsm.scene import Scene
from orderfsm.states import State as S
from orderfsm.testing.charter import SPEAKERS, STILL_HERE, WAYS, Way
from orderfsm.testing.invariants import overdue
from orderfsm.testing.ledger import cancelled
from orderfsm.testing.orders import OrderSpace, Position, Said, Wait
from orderfsm.testing.properties import Action
from orderfsm.testing.repaying import REPAYING
from orderfsm.testing.steps import Check, Checks, Taken, action, before_said, rejudges, view_of
from orderfsm.times import shown

_WAYS: dict[tuple[str, S, S], list[Way]] = {}
for _way in WAYS:
    for _source in _way.sources:
        _WAYS.setdefault((name_of(_way.word), _source, _way.target), []).append(_way)

_FILLED_IN = {
    (i.Dispatched.name, source, S.SHIPPED): True for source in STILL_HERE
} | {(i.Arrived.name, source, S.ARRIVED): True for source in (S.SHIPPED, S.SHIPPED_INTERCEPTING)}  # fmt: skip
"""Steps that a later report may fill in."""


# --- who and what ----------------------------------------------------------------------------------------


def only_speakers_are_heard(space: OrderSpace, step: Taken) -> str | None:
    """Whatever takes effect was said by somebody who may say it: in a role, about the own order or goods."""
    said, answer = step.input, step.answer
    if isinstance(said, Wait) or not isinstance(answer, Accepted | Anomalous):
        return None
    by = said.by
    assert by is not None
    if by.role not in SPEAKERS[type(said)]:
        return f"{by} may not say {said.name}, and was heard"
    order = step.after.order
    if isinstance(order, Order):
        if by.role is Role.CUSTOMER and by.id != order.customer:
            return f"{by} acts on the order of {order.customer}"
        if by.role is Role.SELLER:
            own = {line.id for line in order.lines if line.seller == by.id}
            others = {move.line for move in answer.moves if move.trigger == said.name} - own
            if others or not own:
                return f"{by} moves what is not its own: {', '.join(sorted(others))}"
    return None


def goods_take_allowed_ways(space: OrderSpace, step: Taken) -> str | None:
    """Goods move only by ways that the policy knows, on the word that opens them, where their condition holds."""
    moves = step.answer.moves
    if not moves:
        return None
    order, rejudged = before_said(space, step), rejudges(step)
    for move in moves:
        if move.source is move.target:
            continue
        ways = _WAYS.get((move.trigger, move.source, move.target))
        if ways is None:
            if move.inferred and (move.trigger, move.source, move.target) in _FILLED_IN:
                continue
            return f"{move.line} went from {move.source} to {move.target} on {move.trigger}"
        if move.inferred or rejudged or isinstance(step.input, Wait) or order is None:
            continue
        if move.trigger == step.input.name:
            fault = _condition(space, order, step.input, move, ways)
            if fault:
                return fault
    return None


def _condition(space: OrderSpace, order: Order, said: Input, move: Move, ways: Iterable[Way]) -> str | None:
    lots = [lot for lot in order.lots if lot.line.id == move.line and lot.state is move.source]
    if not lots:
        return None  # goods that moved twice in one answer; each step is a way
    if any(way.is_open(view_of(space, order, lot, said)) for lot in lots for way in ways):
        return None
    cited = ", ".join(dict.fromkeys(way.clause for way in ways))
    way = f"from {move.source} to {move.target} on {move.trigger}"
    return f"{move.line} went {way}, though that way was not open ({cited})"


def goods_move_as_told(space: OrderSpace, step: Taken) -> str | None:
    """Goods are where the moves that an answer tells have brought them; nothing else changes where they are."""
    before, after, moves = step.before.order, step.after.order, step.answer.moves
    if not isinstance(after, Order) or (isinstance(before, Order) and before.lots is after.lots and not moves):
        return None
    there: dict[tuple[str, S], int] = {}
    if isinstance(before, Order):
        for lot in before.lots:
            there[lot.line.id, lot.state] = there.get((lot.line.id, lot.state), 0) + lot.quantity
    else:
        there = {(line.id, S.UNPAID): line.quantity for line in after.lines}
    for move in moves:
        there[move.line, move.source] = there.get((move.line, move.source), 0) - move.quantity
        there[move.line, move.target] = there.get((move.line, move.target), 0) + move.quantity
    for lot in after.lots:
        there[lot.line.id, lot.state] = there.get((lot.line.id, lot.state), 0) - lot.quantity
    if not any(there.values()):
        return None
    gone = [f"{line} left {state}" for (line, state), quantity in there.items() if quantity > 0]
    come = [f"{line} got to {state}" for (line, state), quantity in there.items() if quantity < 0]
    return f"{', '.join(gone or come)}, and no move was told that says so"


def deadlines_move_goods_on_time(space: OrderSpace, step: Taken) -> str | None:
    """What moves by itself moves when its time has come: not a moment before, and not one after."""
    order, policy, said = step.after.order, space.scope.policy, step.input
    if not isinstance(order, Order):
        return None
    now = said.at if isinstance(said, Wait) else (said.received_at or said.at)
    assert now is not None
    fired = step.answer.fired
    if "payment_window_closed" in fired and now < order.placed_at + policy.payment_window + policy.payment_grace:
        return "the order closed before its time"
    if "preparation_presumed" in fired:
        if order.paid_at is None or now < order.paid_at + policy.preparation_after:
            return "preparation was presumed before its time"
    return overdue(space, order, now)


def preparation_counts_from_the_last_payment(space: OrderSpace, step: Taken) -> str | None:
    """An order is paid when the last payment that its price needed was captured."""
    before, after = step.before.order, step.after.order
    if not isinstance(after, Order) or after.paid_at is None:
        return None
    if isinstance(before, Order) and before.paid_at is not None:
        return None if after.paid_at == before.paid_at else "an order that was paid is paid at another time"
    price = after.delivery_fee + sum(lot.amount for lot in after.lots if not cancelled(lot))
    captured, needed = 0, after.placed_at
    for payment in after.payments:
        if captured < price:
            captured, needed = captured + payment.amount, max(needed, payment.at)
    if after.paid_at == needed:
        return None
    return f"the order counts as paid from {shown(after.paid_at)}, though the last payment was at {shown(needed)}"


def facts_are_not_refused(space: OrderSpace, step: Taken) -> str | None:
    """A report by somebody who may report it is taken in, known, or kept; what was kept is not lost."""
    said, answer = step.input, step.answer
    if isinstance(said, Wait) or not isinstance(said, Fact):
        return "a command became an anomaly" if isinstance(answer, Anomalous) else None
    assert said.by is not None
    if isinstance(answer, Refused):
        if [reason.code for reason in answer.reasons] != [Code.NOT_ALLOWED]:
            return f"{said.name} was refused"
        may = said.by.role in SPEAKERS[type(said)] and said.by.role is not Role.SELLER
        return f"{said.by} may report {said.name}, and was refused" if may else None
    if isinstance(answer, Anomalous):
        kept = {each.id for each in answer.order.anomalies} - {each.id for each in step.before.order.anomalies}
        if not answer.anomalies or {each.id for each in answer.anomalies} - kept:
            return f"{said.name} contradicts something, and is not kept"
        if any(each.fact != said for each in answer.anomalies):
            return "another fact than the one that was said is kept"
    if isinstance(answer, Duplicate) and any(move.trigger == said.name for move in answer.moves):
        return f"{said.name} was known, and moved goods"
    return None


def idle_timers_change_no_answer(space: OrderSpace, step: Taken) -> str | None:
    """It makes no difference whether passed deadlines were fired by a timer, or by the input that comes after."""
    before, said, answer = step.before.order, step.input, step.answer
    if isinstance(said, Wait) or not answer.fired or not isinstance(before, Order):
        return None
    now = said.received_at or said.at
    assert now is not None
    prompt = space.machine.decide(space.when_judged(before, now), said)
    if (prompt.outcome, prompt.order, prompt.reasons) == (answer.outcome, answer.order, answer.reasons):
        return None
    idle, timely = _in_short(answer), _in_short(prompt)
    otherwise = timely if timely != idle else "left the order otherwise"
    return f"{said.name} was {idle}; where a timer had been prompt, {otherwise}"


def _in_short(answer: Decision) -> str:
    return f"{answer.outcome} {', '.join(reason.code for reason in answer.reasons)}".rstrip()


def hosts_rules_are_kept(space: OrderSpace, step: Taken) -> str | None:
    """What a host's own guard forbids is not done, and what it gives as its reason is what it forbids."""
    said, answer, order = step.input, step.answer, before_said(space, step)
    if isinstance(said, Wait) or order is None or said.by is None or said.at is None:
        return None
    scene = Scene(space.scope.policy, order, said, said.by, said.at, said.received_at or said.at)
    reasons = {reason.code for reason in answer.reasons}
    for guard in space.host_guards:
        if type(said) not in guard.on:
            continue
        for move in answer.moves if isinstance(answer, Accepted) else ():
            lots = [lot for lot in order.lots if lot.line.id == move.line and lot.state is move.source]
            if move.trigger == said.name and lots and not any(guard.holds(scene, lot) for lot in lots):
                return f"{said.name} moved {move.line}, which {guard.code} forbids"
        if guard.code in reasons and all(guard.holds(scene, lot) for lot in _named(order, said)):
            return f"{said.name} was refused with {guard.code}, which forbids nothing of it"
    return None


def _named(order: Order, said: Input) -> list[Lot]:
    """The goods that a command may concern: the lines that it names, and what is decided with them."""
    lines = getattr(said, "lines", None)
    if lines is None or lines == "all":
        return list(order.lots)
    names = {line for line, _ in lines}
    named = [lot for lot in order.lots if lot.line.id in names]
    mates = {lot.line.bundle for lot in named} | {lot.parcel for lot in named}
    return [lot for lot in order.lots if lot in named or not mates.isdisjoint({lot.line.bundle, lot.parcel} - {None})]


def refusals_say_why(space: OrderSpace, step: Taken) -> str | None:
    """A refusal has reasons; that somebody may not is said alone; and nothing changes but what time changes."""
    answer = step.answer
    if not isinstance(answer, Refused):
        return None
    codes = [reason.code for reason in answer.reasons]
    if not codes:
        return "refused without a reason"
    if Code.NOT_ALLOWED in codes and len(codes) > 1:
        return "somebody who may not ask learnt more than that"
    if not isinstance(step.input, Wait) and step.after is not step.before:
        order = before_said(space, step)
        if isinstance(order, Order) and answer.order != order:
            return "a refusal changed the order"
    return None


# --- cancellation ----------------------------------------------------------------------------------------


def nothing_in_preparation_is_cancelled_unheard(space: OrderSpace, step: Taken) -> str | None:
    """Goods in preparation are cancelled on logistics' yes to the question about these very goods."""
    order, gone = step.after.order, [move for move in step.answer.moves if move.target is S.CANCELLED]
    if not gone or not isinstance(order, Order):
        return None
    for line in order.lines:
        moves = [move for move in gone if move.line == line.id]
        unheard = sum(move.quantity for move in moves if move.source is S.PREPARING_CANCEL_CONFIRMING)
        for lot in order.lots if unheard else ():
            ask = lot.ask
            yes = ask is not None and ask.party is Party.LOGISTICS and ask.answer is Answer.CONFIRMED
            if lot.line is line and cancelled(lot) and (yes or lot.stray):
                unheard -= lot.quantity
        if unheard > 0:
            return f"{unheard} of {line.id} cancelled in preparation without a yes to their own question"
    return None


def bundles_are_decided_as_one(space: OrderSpace, step: Taken) -> str | None:
    """A decision about an item of a bundle takes all of it that has not left, and says what was added."""
    said, answer = step.input, step.answer
    if not isinstance(
        said, i.RequestCancellation | i.WithdrawCancellation | i.ApproveCancellation | i.DeclineCancellation
    ) or not isinstance(answer, Accepted):
        return None
    order = before_said(space, step)
    if order is None or said.lines == "all":
        return None
    named = {line for line, _ in said.lines}
    moved: dict[str, int] = {}
    for move in answer.moves:
        if move.trigger == said.name and move.source in (*STILL_HERE, S.UNPAID):
            moved[move.line] = moved.get(move.line, 0) + move.quantity
    bundles = {line.bundle for line in order.lines if line.id in named} - {None}
    for lot in order.lots:
        if lot.line.bundle in bundles and lot.state in (*STILL_HERE, S.UNPAID) and not moved.get(lot.line.id):
            return f"{lot.line.id} belongs to the bundle, and stayed {lot.state}"
    extra = {line for line in moved if line not in named}
    return f"{', '.join(extra)} was added, and nobody said so" if extra - set(answer.added) else None


def parcels_are_called_off_whole(space: OrderSpace, step: Taken) -> str | None:
    """When a delivery is called off, all goods that are under way in its parcel are."""
    said, answer, before = step.input, step.answer, step.before.order
    if not isinstance(said, i.CancelDelivery) or not isinstance(answer, Accepted) or not isinstance(before, Order):
        return None
    order, asked = answer.order, {lot.ask.id for lot in before.lots if lot.ask is not None}
    assert isinstance(order, Order)
    new = [lot for lot in order.lots if lot.state is S.SHIPPED_INTERCEPTING and lot.ask and lot.ask.id not in asked]
    called_off = {lot.parcel for lot in new}
    for lot in order.lots:
        if lot.state is S.SHIPPED and lot.parcel is not None and lot.parcel in called_off:
            return f"{lot.line.id} is in parcel {lot.parcel}, which is called off, and goes on"
    return None


def commands_take_just_what_they_name(space: OrderSpace, step: Taken) -> str | None:
    """A command is all or nothing: it moves the goods that it names, in the quantity that it names."""
    said, answer = step.input, step.answer
    if not isinstance(said, i.GoodsCommand | i.CancelDelivery) or not isinstance(answer, Accepted):
        return None
    if said.lines is None or said.lines == "all":
        return None
    moved: dict[str, int] = {}
    for move in answer.moves:
        if move.trigger == said.name:
            moved[move.line] = moved.get(move.line, 0) + move.quantity
    for line, quantity in said.lines:
        there = moved.get(line, 0) - answer.added.get(line, 0)
        if not there or (quantity is not None and there != quantity):
            return f"{said.name} names {quantity or 'all'} of {line} and moves {there}"
    beyond = set(moved) - {line for line, _ in said.lines} - set(answer.added)
    return f"{said.name} moved {', '.join(sorted(beyond))}, which it does not name" if beyond else None


def anomalies_stand_until_settled(space: OrderSpace, step: Taken) -> str | None:
    """What was kept stays kept, and open until somebody resolves it or it is taken in."""
    before, after, said = step.before.order.anomalies, step.after.order.anomalies, step.input
    for old, new in zip(before, after, strict=False):
        if (old.id, old.fact, old.reason.code) != (new.id, new.fact, new.reason.code):
            return f"{old.id} became another anomaly"
        resolved = isinstance(said, i.ResolveAnomaly) and said.anomaly == old.id
        if old.open and not new.open and not resolved and not old.waiting:
            return f"{old.id} was closed by nobody"
    return "an anomaly vanished" if len(after) < len(before) else None


def dispatch_is_known(space: OrderSpace, step: Taken) -> str | None:
    """Goods that left although cancelled or closed are asked back, and nothing that was decided changes."""
    said, answer = step.input, step.answer
    if not isinstance(said, i.Dispatched) or not isinstance(answer, Anomalous):
        return None
    codes = {each.reason.code for each in answer.anomalies}
    if codes & {AnomalyCode.DISPATCHED_AFTER_CANCEL, AnomalyCode.DISPATCHED_AFTER_CLOSE}:
        if not any(effect.name == "ask_carrier" for effect in answer.effects):
            return "goods went astray, and nobody asked them back"
        order = step.after.order
        if isinstance(order, Order) and not any(lot.stray for lot in order.lots):
            return "goods went astray, and it is not remembered"
    return None


CONDUCT: Checks = (
    (only_speakers_are_heard, ("5.15", "B10", "B8"), False),
    (goods_take_allowed_ways, ("A1", "A3", "A5", "A8", "A9", "A11", "A12", "A13", "A15", "A16", "B1", "B3", "B6",
                               "B7", "B10", "B18", "5.1", "5.3", "5.4", "5.7", "5.12"), False),
    (goods_move_as_told, ("A2", "5.6", "5.12"), False),
    (deadlines_move_goods_on_time, ("A1", "A2", "A7", "5.6"), False),
    (preparation_counts_from_the_last_payment, ("A1", "A7"), False),
    (facts_are_not_refused, ("5.12", "5.15"), True),
    (refusals_say_why, ("5.15", "B13"), True),
    (idle_timers_change_no_answer, ("A2", "A7"), False),
    (nothing_in_preparation_is_cancelled_unheard, ("A8", "B22", "5.2"), False),
    (bundles_are_decided_as_one, ("B21", "B22", "5.2"), False),
    (parcels_are_called_off_whole, ("B18",), False),
    (commands_take_just_what_they_name, ("B9", "B12", "B13"), False),
    *REPAYING,
    (anomalies_stand_until_settled, ("A10", "5.12"), False),
    (dispatch_is_known, ("5.5", "A9"), False),
)  # fmt: skip


def conduct(space: OrderSpace) -> list[Action[Position, Said]]:
    """All of them, for one space; the last only where a host has guards of its own."""
    found = [action(space, check, clauses, refusals) for check, clauses, refusals in CONDUCT]
    return [*found, action(space, hosts_rules_are_kept, ("5.14",), True)] if space.host_guards else found


__all__ = ["CONDUCT", "Check", "Taken", "action", "before_said", "conduct", "view_of"]
