"""A trace told to a person: what was said, what became of it, and when; and as a diagram.

As a test to paste it is written in `orderfsm.testing.pasting`.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from orderfsm.decisions import Decision
from orderfsm.effects import Effect, Escalate, Notify, SendRefund, TellWarehouse
from orderfsm.inputs import Item, PaymentCaptured, Place
from orderfsm.money import Money
from orderfsm.order import Answer, Lot, Order, Unplaced
from orderfsm.policy import Policy
from orderfsm.testing.exploring import Violation
from orderfsm.testing.orders import TICK, Position, Said, Wait
from orderfsm.testing.pasting import as_test, content, written
from orderfsm.testing.properties import Step

Taken = Step[Position, Said]

_INDENT = " " * 7

# --- in words --------------------------------------------------------------------------------------------


def told(violation: Violation[Position, Said], policy: Policy | None = None) -> str:
    """A violation with its trace: one line a step, and below it what changed; after the last step its effects.

    A time stands above the first step that is said at it. Where there was an order before the first step, it is
    told first.
    """
    property, trace = violation.property, violation.trace
    lines = [f"{property.name}: {violation.fault}", f"  It claims: {property.says}"]
    if property.clauses:
        lines.append(f"  It carries: {', '.join(property.clauses)}")
    if policy is not None:
        lines.append(f"  The policy: {written(policy)}")
    steps = len(trace)
    lines.append(f"  The shortest way there: {steps} step{'' if steps == 1 else 's'}")
    begun = _rounded(_when(trace.steps[0].input) if steps else trace.initial.now)
    begins = [f"{_INDENT}{name}: {value}" for name, value in _facts(trace.initial.order).items()]
    lines += ["  It begins with this order:", *begins] if begins else []
    now: datetime | None = None
    for number, step in enumerate(trace, start=1):
        if _when(step.input) != now:
            now = _when(step.input)
            lines.append(f"  {_moment(now)} UTC{_since(_rounded(now) - begun)}")
        lines.append(f"  {number}. {_said(step)}")
        lines += [f"{_INDENT}{line}" for line in (*_became(step), *changes(step))]
    if steps and violation.raised is None:
        lines += [f"{_INDENT}effect: {each}" for each in _effects(trace.steps[-1].answer.effects)]
    return "\n".join(lines)


def _said(step: Taken) -> str:
    said, answer = step.input, step.answer
    if answer is None:  # what raised did not answer
        return "time passes → no answer" if isinstance(said, Wait) else f"{said.by}: {_words(said)} → no answer"
    if isinstance(said, Wait):
        return "time passes"
    codes = ", ".join(str(reason.code) for reason in answer.reasons)
    return f"{said.by}: {_words(said)} → {answer.outcome}{': ' + codes if codes else ''}"


def _words(said: Said) -> str:
    """An input without its sender and the time at which it is learnt."""
    assert not isinstance(said, Wait)
    told = dict(content(said))
    late = f" (happened {_moment(said.at)})" if said.received_at not in (None, said.at) and said.at is not None else ""
    for name in ("by", "at", "received_at"):
        told.pop(name, None)
    match said:
        case Place():
            goods = ", ".join(map(_item, told.pop("lines")))
            known = f"{told.pop('customer')} in {told.pop('country')}"
            fee = f"delivery {told.pop('delivery_fee', 0)} {told.pop('currency')}"
            words = [f"{said.name} for {known}: {goods}, {fee}"]
        case PaymentCaptured():
            words = [f"{said.name} {told.pop('payment')}: {told.pop('amount')} from {told.pop('instrument')}"]
        case _:
            subjects = [told.pop(name) for name in ("lines", "refund", "anomaly") if name in told]
            words = [" ".join([said.name, *map(_subject, subjects)])]
    words += [f"{name}={value}" for name, value in told.items()]
    return ", ".join(words) + late


def _subject(named: object) -> str:
    if not isinstance(named, tuple):
        return str(named)
    some = [line if quantity is None else f"{quantity}×{line}" for line, quantity in named]
    return ", ".join(some) or "nothing"


def _item(item: Item) -> str:
    some = f"{item.quantity}×" if item.quantity > 1 else ""
    more = [str(item.kind)] if item.kind != "physical" else []
    more += [f"of seller {item.seller}"] if item.seller is not None else []
    more += [f"in bundle {item.bundle}"] if item.bundle is not None else []
    return " ".join([f"{some}{item.id} {item.amount}", *more])


def _became(step: Taken) -> Iterator[str]:
    """What the answer says beside its outcome."""
    answer: Decision | None = step.answer
    if answer is None:
        return
    if answer.fired:
        yield f"by itself: {', '.join(answer.fired)}"
    if answer.added:
        yield f"added: {_counted(answer.added.items())}"


def _counted(lines: Iterable[tuple[str, int]]) -> str:
    return ", ".join(line if quantity == 1 else f"{quantity}×{line}" for line, quantity in lines)


def _effects(effects: Iterable[Effect]) -> list[str]:
    """What the world is told, one line each; the same notice on several channels is one."""
    told: dict[str, list[str]] = {}
    for each in effects:
        lines = getattr(each, "lines", {})
        about = f" {_counted(lines.items())}" if lines else ""
        match each:
            case Notify():
                told.setdefault(f"{each.name} {each.topic}{about} by ", []).append(each.channel)
            case SendRefund():
                again = f", attempt {each.attempt}" if each.attempt > 1 else ""
                told[f"{each.name} {each.refund}, {each.amount} to {each.instrument}{again}"] = []
            case TellWarehouse():
                told[f"{each.name} {each.instruction}{about}"] = []
            case Escalate():
                told[f"{each.name} {each.code}{about}"] = []
            case _:
                told[f"{each.name}{about}"] = []
    return [what + ", ".join(channels) for what, channels in told.items()]


# --- when ------------------------------------------------------------------------------------------------


def _when(said: Said) -> datetime:
    """When it is learnt."""
    at = said.at if isinstance(said, Wait) else said.received_at or said.at
    assert at is not None
    return at


def _rounded(at: datetime) -> datetime:
    """An instant without the tick by which it misses a round one."""
    return next((each for each in (at - TICK, at + TICK) if not each.microsecond and at.microsecond), at)


def _moment(at: datetime) -> str:
    near = _rounded(at)
    aside = "" if near == at else "a tick after " if near < at else "a tick before "
    text = f"{near:%Y-%m-%d %H:%M}" if not near.second and not near.microsecond else near.isoformat(sep=" ")
    return aside + text.removesuffix("+00:00")


def _since(span: timedelta) -> str:
    """How long after the beginning, as people say it."""
    if not span:
        return ""
    days, hours = span.days, span.seconds / 3600
    told = [f"{days} day{'' if days == 1 else 's'}"] if days else []
    told += [f"{hours:g} hour{'' if hours == 1 else 's'}"] if hours else []
    return f", {' and '.join(told)} after the beginning"


# --- what changed ----------------------------------------------------------------------------------------


def changes(step: Taken) -> list[str]:
    """What a step changed of the order, one line each; lines to which the same happens share one."""
    before, after = _facts(step.before.order), _facts(step.after.order)
    if isinstance(step.input, PaymentCaptured):
        after.pop(f"payment {step.input.payment}", None)  # the step itself says so
        before.pop(f"payment {step.input.payment}", None)
    shared: dict[str, list[str]] = {}
    for name, value in after.items():
        if before.get(name) != value:
            was = f"{before[name]} → " if name in before else ""
            shared.setdefault(was + value, []).append(name)
    told = [f"{', '.join(names)}: {value}" for value, names in shared.items()]
    return told + [f"{name}: {value} → nothing" for name, value in before.items() if name not in after]


def _facts(order: Order | Unplaced) -> dict[str, str]:
    """What is known about an order, in an order that stays: goods, money, anomalies."""
    found: dict[str, str] = {}
    if isinstance(order, Order):
        for line in order.lines:
            lots = [lot for lot in order.lots if lot.line is line]
            found[line.id] = " + ".join(_lot(lot, alone=line.quantity == 1) for lot in lots)
        for payment in order.payments:
            found[f"payment {payment.id}"] = f"{Money(payment.amount, order.currency)} from {payment.instrument}"
        for refund in order.refunds:
            amount = f"{Money(refund.amount, order.currency)} to {refund.instrument}"
            again = f", attempt {refund.attempt}" if refund.attempt > 1 else ""
            found[f"refund {refund.id}"] = f"{amount}, {refund.state} ({refund.cause}){again}"
    for each in order.anomalies:
        found[f"anomaly {each.id}"] = f"{each.reason.code}{'' if each.open else ', closed'}"
    return found


def _lot(lot: Lot, *, alone: bool) -> str:
    told = [f"{lot.state}" if alone else f"{lot.quantity} {lot.state}"]
    told += [f"in {lot.parcel}"] if lot.parcel is not None else []
    told += ["astray"] if lot.stray else []
    if lot.ask is not None and lot.ask.answer is not Answer.VOID:
        told.append(f"{lot.ask.id} {lot.ask.answer or f'asked of {lot.ask.party}'}")
    told += ["assessed"] if lot.assessed and not lot.refunds else []
    return ", ".join(told)


# --- as a diagram ----------------------------------------------------------------------------------------


def as_diagram(violation: Violation[Position, Said]) -> str:
    """The trace as a Mermaid flow chart: orders in boxes, what was said on the arrows, the end in bold."""
    trace = violation.trace
    lines = ["flowchart TB", f'    s0["{_boxed(trace.initial.order)}"]']
    now: datetime | None = None
    for number, step in enumerate(trace, start=1):
        at = _when(step.input)
        shown = f"{_moment(at)} UTC<br>" if at != now else ""
        now = at
        lines.append(f'    s{number}["{_boxed(step.after.order)}"]')
        lines.append(f'    s{number - 1} -->|"{shown}{_escaped(_said(step))}"| s{number}')
    lines.append(f"    style s{len(trace)} stroke-width:4px")
    return "\n".join(lines) + "\n"


def _boxed(order: Order | Unplaced) -> str:
    facts = {name: value for name, value in _facts(order).items() if not name.startswith("payment ")}
    return "<br>".join(_escaped(f"{name}: {value}") for name, value in facts.items()) or "nothing placed"


def _escaped(text: str) -> str:
    return text.replace('"', "#quot;")


__all__ = ["as_diagram", "as_test", "changes", "told"]
