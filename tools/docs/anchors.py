"""Where each thing has its entry in the documentation: a page under ``docs/`` and an anchor on it.

Anchors are permanent: shops link to them. Everything that is generated, text or picture, finds its links here.
"""

from collections.abc import Callable
from typing import Any

from attrs import frozen

from orderfsm.clauses import CLAUSES, READINGS
from orderfsm.effects import Effect
from orderfsm.events import Event, Waiting
from orderfsm.reasons import AnomalyCode, Code
from orderfsm.rows import Contradiction, Denial, RefundRow, Row, Trigger, name_of
from orderfsm.states import OrderState, RefundState, State


@frozen
class Anchor:
    """A place in the documentation: `page` as a path under ``docs/`` without its suffix, and `id` on it."""

    page: str
    id: str

    def link(self, text: str, *, of: str) -> str:
        """A Markdown link that leads here from the page `of`."""
        return f"[{text}]({self.path(of)})"

    def path(self, of: str) -> str:
        """The target of such a link."""
        if of == self.page:
            return f"#{self.id}"
        return f"{'../' * of.count('/')}{self.page}.md#{self.id}"


def clause(number: str) -> Anchor:
    """A clause such as ``A9``, or a reading such as ``5.7``."""
    known = CLAUSES.get(number) or READINGS[number]
    return Anchor("policy", known.anchor)


def state(name: State) -> Anchor:
    """A state of goods."""
    return Anchor("reference/states", f"state-{_plain(name)}")


def refund_state(name: RefundState) -> Anchor:
    """A state of a refund."""
    return Anchor("reference/states", f"refund-{name}")


def order_state(name: OrderState) -> Anchor:
    """The word for a whole order."""
    return Anchor("reference/states", f"order-{name}")


def row(each: Row[Any]) -> Anchor:
    """A row that moves goods, in the table on the policy page."""
    condition = f"-{each.when.__name__}" if each.when else ""
    return Anchor("policy", f"row-{_plain(each.sources[0])}-{name_of(each.trigger)}{condition}")


def refund_row(each: RefundRow) -> Anchor:
    """A row that moves a refund."""
    return Anchor("policy", f"row-refund-{each.source}-{each.trigger.name}")


def denial(each: Denial | Contradiction) -> Anchor:
    """A line that refuses a command, or keeps a fact as an anomaly, where no row is chosen."""
    kind = "denial" if isinstance(each, Denial) else "contradiction"
    condition = f"-{each.when.__name__}" if each.when else ""
    return Anchor("policy", f"{kind}-{_plain(each.sources[0])}-{each.trigger.name}{condition}")


def line(each: Row[Any] | RefundRow | Denial | Contradiction) -> Anchor:
    """Any line of the table that cites a clause."""
    match each:
        case Row():
            return row(each)
        case RefundRow():
            return refund_row(each)
        case _:
            return denial(each)


def trigger(each: Trigger) -> Anchor:
    """An input, or an event that nobody sends."""
    return Anchor("reference/inputs", f"{'event' if isinstance(each, Event) else 'input'}-{name_of(each)}")


def waiting(each: Waiting) -> Anchor:
    """Something that can be overdue."""
    return Anchor("reference/inputs", f"event-{each}")


def condition(function: Callable[..., object]) -> Anchor:
    """What chooses between rows (the column ``when``), or a guard."""
    kind = "guard" if function.__module__ == "orderfsm.guards" else "when"
    return Anchor("reference/conditions", f"{kind}-{function.__name__}")


def code(each: Code | AnomalyCode) -> Anchor:
    """A refusal, or an anomaly."""
    return Anchor("reference/codes", f"anomaly-{each}" if isinstance(each, AnomalyCode) else str(each))


def effect(each: type[Effect]) -> Anchor:
    """Something that the host must do."""
    return Anchor("reference/effects", f"effect-{each.name}")


def value(name: str) -> Anchor:
    """A number or switch of the policy, such as ``payment_window`` or ``returns.full_days``."""
    return Anchor("policy", f"value-{_plain(name)}")


def _plain(name: str) -> str:
    return name.replace(".", "-")
