"""What the page shows of a story, as plain values that JSON can carry. Every link comes from `tools.docs.anchors`."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from attrs import fields

from orderfsm.actors import Actor
from orderfsm.deadlines import Deadline
from orderfsm.decisions import Move
from orderfsm.effects import Effect
from orderfsm.events import Event, Waiting
from orderfsm.inputs import INPUTS, Item, Place
from orderfsm.money import Money, decimal_string
from orderfsm.order import Anomaly, Lot, Order, Refund
from orderfsm.reasons import AnomalyCode, Code, Reason, Step
from orderfsm.states import State
from tools.docs import anchors
from tools.docs.anchors import Anchor
from tools.docs.playground.buttons import Button, actors_of
from tools.docs.playground.story import Entry, Story

Json = dict[str, Any]

_ADVICE = {
    Step.WAIT: "Wait: let time pass, or let somebody answer.",
    Step.CONTACT_CUSTOMER_SERVICE: "Contact customer service.",
    Step.CONTACT_SELLER: "Contact the seller.",
}
_INPUT_BY_NAME = {each.name: each for each in INPUTS}


def view_of(story: Story) -> Json:
    """Everything that the page shows."""
    order, buttons = story.order, list(story.buttons())
    deadline = story.machine.next_deadline(order)
    return {
        "story": {"order": story.start, "policy": story.policy, "presses": list(story.presses)},
        "clock": _clock(story),
        "order": _order(order),
        "lines": [_line(order, line.id) for line in order.lines],
        "refunds": [_refund(order, refund) for refund in order.refunds],
        "anomalies": [_anomaly(anomaly) for anomaly in order.anomalies],
        "deadline": None if deadline is None else _deadline(order, deadline, story.now),
        "overdue": [_deadline(order, late, story.now) for late in story.machine.overdue(order, at=story.now)],
        "states": [state for state in State if any(lot.state is state for lot in order.lots)],
        "actors": [_actor(actor, buttons) for actor in actors_of(order)],
        "journal": [_entry(order, entry, buttons) for entry in story.journal],
    }


def url(anchor: Anchor) -> str:
    """Where an entry is, seen from the playground page."""
    return f"{anchor.page}.html#{anchor.id}"


def _linked(text: str, anchor: Anchor) -> Json:
    return {"text": text, "link": url(anchor)}


# --- the order -------------------------------------------------------------------------------------------


def _clock(story: Story) -> Json:
    order = story.order
    return {
        "at": story.now.isoformat(),
        "shown": _time(story.now, order),
        "zone": order.timezone,
        "since": _length(story.now - order.placed_at),
        "hours_to_deadline": story.hours_to_deadline(),
    }


def _order(order: Order) -> Json:
    paid = sum(payment.amount for payment in order.payments)
    total = sum(line.amount for line in order.lines) + order.delivery_fee
    return {
        "id": order.id,
        "customer": order.customer,
        "country": order.country,
        "state": _linked(_words(order.state), anchors.order_state(order.state)),
        "total": _money(total, order),
        "delivery_fee": _money(order.delivery_fee, order),
        "paid": _money(paid, order),
    }


def _line(order: Order, id: str) -> Json:
    line = next(line for line in order.lines if line.id == id)
    marks = [f"bundle {line.bundle}" if line.bundle else "", f"seller {line.seller}" if line.seller else ""]
    return {
        "id": line.id,
        "title": line.title,
        "quantity": line.quantity,
        "amount": _money(line.amount, order),
        "marks": [mark for mark in [*marks, "" if line.physical else "digital"] if mark],
        "lots": [_lot(order, lot) for lot in order.lots if lot.line.id == id],
    }


def _lot(order: Order, lot: Lot) -> Json:
    notes = [
        f"parcel {lot.parcel}" if lot.parcel else "",
        f"{lot.ask.party} asked ({lot.ask.id})" if lot.ask and lot.asked else "",
        f"terms {_money(lot.terms, order)}" if lot.terms is not None else "",
        f"found {lot.condition}" if lot.condition else "",
    ]
    return {
        "state": lot.state,
        "quantity": lot.quantity,
        "link": url(anchors.state(lot.state)),
        "notes": [note for note in notes if note],
    }


def _refund(order: Order, refund: Refund) -> Json:
    return {
        "id": refund.id,
        "cause": _words(refund.cause),
        "state": _linked(refund.state, anchors.refund_state(refund.state)),
        "amount": _money(refund.amount, order),
        "instrument": refund.instrument,
        "not_before": None if refund.not_before is None else refund.not_before.isoformat(),
        "due_by": None if refund.due_by is None else refund.due_by.isoformat(),
        "lines": _goods(refund.lines),
    }


def _anomaly(anomaly: Anomaly) -> Json:
    return {
        "id": anomaly.id,
        "open": anomaly.open,
        "code": _code(anomaly.reason.code),
        "message": anomaly.reason.message,
        "note": anomaly.note,
    }


def _deadline(order: Order, deadline: Deadline, now: datetime) -> Json:
    code = deadline.code
    about = _goods(deadline.lines) if deadline.refund is None else f"refund {deadline.refund.id}"
    ahead = deadline.at - now
    return {
        "what": _linked(_words(code), anchors.trigger(code) if isinstance(code, Event) else anchors.waiting(code)),
        "at": _time(deadline.at, order),
        "in": _length(abs(ahead)),
        "about": about,
    }


# --- the buttons -----------------------------------------------------------------------------------------


def _actor(actor: Actor, buttons: Iterable[Button]) -> Json:
    own = [button for button in buttons if button.actor == actor]
    return {
        "key": str(actor),
        "name": _name(actor),
        "commands": [_button(button) for button in own if button.input.is_command and button.fits],
        "facts": [_button(button) for button in own if not button.input.is_command and button.fits],
        "refused": [_button(button) for button in own if button.input.is_command and not button.fits],
        "unfitting": [_button(button) for button in own if not button.input.is_command and not button.fits],
    }


def _button(button: Button) -> Json:
    return {
        "key": button.key,
        "label": button.label,
        "input": button.input.name,
        "about": (type(button.input).__doc__ or "").split("\n")[0].replace("`", ""),
        "form_first": button.form_first,
        "refused": button.input.is_command and not button.fits,
        "fields": [
            {
                "name": field.name,
                "label": field.label,
                "kind": field.kind,
                "value": field.value,
                "options": [list(option) for option in field.options],
                "lines": [list(line) for line in field.lines],
            }
            for field in button.fields
        ],
    }


# --- the journal -----------------------------------------------------------------------------------------


def _entry(order: Order, entry: Entry, buttons: Iterable[Button]) -> Json:
    decision, input = entry.decision, entry.input
    return {
        "number": entry.number,
        "at": _time(entry.at, order),
        "since": _length(entry.at - order.placed_at),
        "who": None if input is None or input.by is None else _name(input.by),
        "actor": None if input is None else str(input.by),
        "what": f"{_length(timedelta(hours=entry.hours))} pass" if input is None else entry.label,
        "input": None if input is None else _linked(input.name, anchors.trigger(type(input))),
        "said": "" if input is None else _told(input, but=("by", "at", "received_at", "id")),
        "outcome": decision.outcome,
        "fired": [_fired(code) for code in decision.fired],
        "added": _goods(decision.added),
        "moves": [_move(move) for move in decision.moves],
        "effects": [_effect(effect) for effect in decision.effects],
        "reasons": _reasons(decision.reasons, input.by if input else None, list(buttons)),
    }


def _fired(code: str) -> Json:
    known = Event(code) if code in set(Event) else Waiting(code)
    return _linked(_words(code), anchors.trigger(known) if isinstance(known, Event) else anchors.waiting(known))


def _move(move: Move) -> Json:
    return {
        "line": move.line,
        "quantity": move.quantity,
        "source": _linked(move.source, anchors.state(move.source)),
        "target": None if move.source is move.target else _linked(move.target, anchors.state(move.target)),
        "on": move.trigger,
        "inferred": move.inferred,
        "clause": _linked(move.clause, anchors.clause(move.clause)),
    }


def _effect(effect: Effect) -> Json:
    return {
        "name": _linked(effect.name, anchors.effect(type(effect))),
        "told": _told(effect, but=("id", "facts")),
    }


def _reasons(reasons: Iterable[Reason], by: Actor | None, buttons: list[Button]) -> list[Json]:
    """Why not: what differs only in the goods is told together."""
    told: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for reason in reasons:
        told.setdefault((reason.code, reason.clause, reason.next_steps), []).append(reason.message)
    return [
        {
            "code": _code(code),
            "clause": _linked(clause, anchors.clause(clause)),
            "messages": messages,
            "steps": [step for name in next_steps for step in _steps(name, by, buttons)],
        }
        for (code, clause, next_steps), messages in told.items()
    ]


def _steps(name: str, by: Actor | None, buttons: list[Button]) -> Iterator[Json]:
    """What can be done instead: the buttons of the one who asked, else of whoever may say it."""
    if name not in _INPUT_BY_NAME:
        yield {"text": _ADVICE[Step(name)], "button": None, "now": False}
        return
    if name == Place.name:
        yield {"text": "Place a new order: start again.", "button": None, "now": False}
        return
    may = [button for button in buttons if button.input.name == name]
    own = [button for button in may if button.actor == by] or may[:1]
    for button in own:
        whose = "" if button.actor == by else f" ({_name(button.actor)})"
        yield {"text": f"{button.label}{whose}", "button": button.key, "now": button.fits}


def _code(code: str) -> Json:
    known = code if isinstance(code, Code | AnomalyCode) else Code(code)
    return _linked(str(code), anchors.code(known))


def _told(value: Any, *, but: tuple[str, ...]) -> str:
    """The fields of an input or effect that say something."""
    said = {each.name: _shown(getattr(value, each.name)) for each in fields(type(value)) if each.name not in but}
    return " · ".join(f"{_words(name)} {text}" for name, text in said.items() if text)


# --- words -----------------------------------------------------------------------------------------------


def _name(actor: Actor) -> str:
    return _words(actor.role).capitalize() + (f" {actor.id}" if actor.id else "")


def _words(name: str) -> str:
    return str(name).replace(".", ", ").replace("_", " ")


def _goods(lines: Mapping[str, int]) -> str:
    return ", ".join(f"{quantity} × {line}" for line, quantity in lines.items())


def _shown(value: Any) -> str:
    match value:
        case None | False:
            return ""
        case True:
            return "yes"
        case Money():
            return str(value)
        case Mapping():
            return _goods(value)
        case Item():
            return f"{value.quantity} × {value.id} {value.amount}"
        case (str() as line, int() as quantity):
            return f"{quantity} × {line}"
        case (str() as line, None):
            return line
        case tuple():
            return ", ".join(_shown(each) for each in value)
        case _:
            return str(value)


def _money(minor: int, order: Order) -> str:
    return f"{decimal_string(minor, order.currency)} {order.currency}"


def _time(at: datetime, order: Order) -> str:
    local = at.astimezone(ZoneInfo(order.timezone))
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"


def _length(span: timedelta) -> str:
    """Days, hours and minutes; what is less than a minute counts as nothing."""
    minutes = round(span / timedelta(minutes=1))
    parts = ((minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 h"
