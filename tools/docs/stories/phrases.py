"""What inputs, moves, refusals, refunds and effects say in a story: phrases whose words link to what explains them."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import groupby
from typing import Any

from attrs import Attribute, evolve, fields

from orderfsm.decisions import Move
from orderfsm.effects import (
    AskCarrier,
    AskLogistics,
    Channel,
    Effect,
    Escalate,
    Notify,
    ReleaseStock,
    SendRefund,
    SendReplacement,
    SendReturnAddress,
    SendReturnLabel,
    TellWarehouse,
)
from orderfsm.events import Event, Waiting
from orderfsm.inputs import INPUTS, Input, Item
from orderfsm.money import decimal_string
from orderfsm.order import Order, Refund
from orderfsm.reasons import AnomalyCode, Code, Reason
from orderfsm.states import State
from orderfsm.table import REFUND_ROWS
from tools.docs import anchors
from tools.docs.stories.sequences import Phrase, Run

_INPUTS: Mapping[str, type[Input]] = {each.name: each for each in INPUTS}
_ENVELOPE = frozenset(each.name for each in fields(Input))
_REFUND_CLAUSES = {row.trigger.name: row.clause for row in REFUND_ROWS}  # the same wherever it starts

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")  # not strftime: Sphinx takes the locale of whoever builds
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_CHANNELS = {
    Channel.SCREEN: "on screen",
    Channel.MESSAGE_CENTER: "in the message centre",
    Channel.SMS: "by text message",
}


def short_day(day: date) -> str:
    """A day of a month, such as ``Mon 2``."""
    return f"{_DAYS[day.weekday()]} {day.day}"


def long_day(day: date) -> str:
    """A day of a year, such as ``Mon 2 March``."""
    return f"{short_day(day)} {_MONTHS[day.month - 1]}"


def words(name: str) -> str:
    """A name of the library as words."""
    return name.replace("_", " ")


# --- what is said ----------------------------------------------------------------------------------------


def said(input: Input) -> Phrase:
    """An input, and everything that it carries beside who sends it and when."""
    carried = [_carried(each, getattr(input, each.name)) for each in fields(type(input)) if _speaks(each, input)]
    return (_trigger(input.name), *_after(": ", ", ".join(carried)))


def _speaks(each: "Attribute[Any]", input: Input) -> bool:
    return each.name not in _ENVELOPE and getattr(input, each.name) != each.default


def _carried(each: "Attribute[Any]", value: object) -> str:
    match each.name, value:
        case "lines", str():
            return "everything"
        case "lines", tuple():
            return ", ".join(
                _item(line) if isinstance(line, Item) else _counted(line[0], line[1] or 1) for line in value
            )
        case "reason", str():
            return f"reason {words(value)}"
        case name, True:
            return words(name)
        case name, _:
            return f"{words(name)} {value}"


def _item(item: Item) -> str:
    of = [f"{what} {whose}" for what, whose in (("bundle", item.bundle), ("seller", item.seller)) if whose is not None]
    return f"{_counted(item.id, item.quantity)} for {item.amount}" + (f" ({', '.join(of)})" if of else "")


def goods(lines: Mapping[str, int]) -> str:
    """Lines with their quantities."""
    return ", ".join(_counted(line, quantity) for line, quantity in lines.items())


def _counted(line: str, quantity: int) -> str:
    return line if quantity == 1 else f"{quantity} × {line}"


# --- what is answered ------------------------------------------------------------------------------------


def passed(code: str) -> Phrase:
    """A deadline that has passed."""
    anchor = anchors.waiting(Waiting(code)) if code in set(Waiting) else anchors.trigger(Event(code))
    return (Run("nobody acts in time: "), Run(code, anchor, name=True))


def refused(reason: Reason) -> Iterator[Phrase]:
    """Why not, and what instead."""
    yield (Run("refused: ", strong=True), _code(reason.code), *_cited(reason.clause))
    yield (Run(reason.message),)
    if reason.next_steps:
        yield (Run("Instead: "), *_steps(reason.next_steps))


def contradicted(reason: Reason) -> Iterator[Phrase]:
    """What a fact contradicts."""
    yield (Run("anomaly: ", strong=True), _code(reason.code), *_cited(reason.clause))
    yield (Run(reason.message),)


def widened(added: Mapping[str, int]) -> Phrase:
    """What is chosen beside what was named, because it belongs to the same bundle."""
    return (Run(f"{goods(added)} as well: the same bundle"), *_cited("B22"))


def begun(order: Order, moves: Iterable[Move]) -> Phrase:
    """Where the goods of a new order were before any of them moved."""
    first = {move.line: move.source for move in reversed(tuple(moves))}
    states = {line.id: first.get(line.id) or next(iter(order.quantities[line.id])) for line in order.lines}
    lines = {line.id: line.quantity for line in order.lines}
    return (Run(f"{goods(lines)}: "), *_joined([(_state(state),) for state in dict.fromkeys(states.values())]))


def moved(moves: Iterable[Move], spoken: frozenset[str]) -> Iterator[Phrase]:
    """What moved, lines that went the same way together; the trigger where nobody has spoken of it."""
    together: dict[Move, dict[str, int]] = {}
    for each in moves:
        lines = together.setdefault(evolve(each, line="", quantity=0), {})
        lines[each.line] = lines.get(each.line, 0) + each.quantity
    for move, lines in together.items():
        first = (
            () if move.trigger in spoken else (_trigger(move.trigger), Run(", inferred: " if move.inferred else ": "))
        )
        way = (Run("still "),) if move.source is move.target else (_state(move.source), Run(" → "))
        yield (*first, Run(f"{goods(lines)}: "), *way, _state(move.target), *_cited(move.clause))


def refund_begun(refund: Refund) -> Phrase:
    """A refund that was not there before, and why."""
    return (Run(f"refund {refund.id}, {words(refund.cause)}: "), _refund_state(refund))


def refund_moved(before: Refund, after: Refund, trigger: str) -> Phrase:
    """A refund that has gone on."""
    way = (_refund_state(before), Run(" → "), _refund_state(after))
    return (Run(f"refund {after.id}: "), *way, *_cited(_REFUND_CLAUSES[trigger]))


def ended(order: Order) -> Phrase:
    """How an order stands."""
    where = [
        (Run(f"{goods({line: quantity})} "), _state(state))
        for line, counted in order.quantities.items()
        for state, quantity in counted.items()
    ]
    back = [
        (
            Run(f"refund {each.id} of {decimal_string(each.amount, order.currency)} {order.currency} "),
            _refund_state(each),
        )
        for each in order.refunds
    ]
    word = Run(order.state, anchors.order_state(order.state), name=True)
    return (Run("The order is then "), word, Run(": "), *_joined([*where, *back]), Run("."))


# --- who is told what ------------------------------------------------------------------------------------


def told(effects: Iterable[Effect]) -> Iterator[tuple[type[Effect], Phrase]]:
    """Effects; what the customer is told in several places comes together."""
    for _, group in groupby(effects, key=_wherever):
        same = tuple(group)
        yield type(same[0]), (Run(same[0].name, anchors.effect(type(same[0])), name=True), Run(": "), *_details(same))


def _wherever(effect: Effect) -> Effect:
    return evolve(effect, id="", channel=Channel.SCREEN) if isinstance(effect, Notify) else effect


def _details(same: tuple[Effect, ...]) -> Phrase:
    match same[0]:
        case Notify() as notice:
            channels = " and ".join(_CHANNELS[each.channel] for each in same if isinstance(each, Notify))
            about = f", {goods(notice.lines)}" if notice.lines else ""
            steps = (Run("; next: "), *_steps(notice.next_steps)) if notice.next_steps else ()
            return (Run(f"{words(notice.topic)}{about}, {channels}"), *steps)
        case TellWarehouse() as told:
            return (Run(f"{told.instruction} {goods(told.lines)}"),)
        case (AskLogistics() | AskCarrier()) as asked:
            return (Run(f"{goods(asked.lines)}, ask {asked.ask}"),)
        case SendReturnAddress() as address:
            return (Run(f"{goods(address.lines)}, {_CHANNELS[address.channel]}"),)
        case SendRefund() as refund:
            again = f", attempt {refund.attempt}" if refund.attempt > 1 else ""
            due = f", due by {long_day(refund.due_by)}" if refund.due_by is not None else ""
            return (Run(f"{refund.refund}, {refund.amount} to {refund.instrument}{due}{again}"),)
        case Escalate() as alarm:
            about = alarm.refund or alarm.anomaly or goods(alarm.lines)
            return (_code(alarm.code), Run(f", {about}"), *_cited(alarm.clause))
        case ReleaseStock() | SendReturnLabel() | SendReplacement() as effect:
            return (Run(goods(effect.lines)),)
        case effect:
            raise TypeError(f"a story does not know how to tell {effect!r}")


# --- words with links ------------------------------------------------------------------------------------


def _trigger(name: str) -> Run:
    trigger = _INPUTS[name] if name in _INPUTS else Event(name)
    return Run(name, anchors.trigger(trigger), name=True)


def _state(state: State) -> Run:
    return Run(state, anchors.state(state), name=True)


def _refund_state(refund: Refund) -> Run:
    return Run(refund.state, anchors.refund_state(refund.state), name=True)


def _code(code: str) -> Run:
    """A refusal or an anomaly; or what else an `Escalate` is about: a fact, or something that is overdue."""
    if isinstance(code, Code | AnomalyCode):
        return Run(code, anchors.code(code), name=True)
    if code in set(AnomalyCode):
        return Run(code, anchors.code(AnomalyCode(code)), name=True)
    if code in set(Waiting):
        return Run(code, anchors.waiting(Waiting(code)), name=True)
    return _trigger(code)


def _cited(number: str) -> Phrase:
    return (Run("\u00a0("), Run(number, anchors.clause(number)), Run(")"))


def _steps(names: Iterable[str]) -> Phrase:
    return _joined([(_trigger(name) if name in _INPUTS else Run(words(name)),) for name in names])


def _joined(phrases: Iterable[Phrase]) -> Phrase:
    return tuple(run for n, phrase in enumerate(phrases) for run in ((Run(", "),) if n else ()) + phrase)


def _after(lead: str, text: str) -> Phrase:
    return (Run(f"{lead}{text}"),) if text else ()
