"""The reference of states: of goods, of refunds, and the words for a whole order."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import evolve

from orderfsm.actors import Role
from orderfsm.clauses import CLAUSES, READINGS
from orderfsm.deadlines import moving, refund_waiting, waiting
from orderfsm.effects import SendRefund
from orderfsm.events import Event, Waiting
from orderfsm.inputs import INPUTS, Arrived, DeliveryRefused, RefundFailed
from orderfsm.machine import Action
from orderfsm.order import Order, order_state
from orderfsm.policy import Policy
from orderfsm.rows import RefundRow, Row
from orderfsm.states import OrderState, RefundState, State
from orderfsm.table import REFUND_ROWS, ROWS
from tools.docs import anchors
from tools.docs.documented import said_of
from tools.docs.headings import heading
from tools.docs.linking import Linked
from tools.docs.reference.examples import CANCELLED, DIGITAL, OF_SELLER, PAID, PEOPLE, SENT, Step, Told, order_in, tell
from tools.docs.reference.row_words import asked, bullets, guarded, listed, place, target
from tools.docs.reference.state_words import FOR_THE_CUSTOMER, REFUNDS_FOR_THE_CUSTOMER

LINK = Linked("reference/states")
INPUTS_BY_NAME = {each.name: each for each in INPUTS}
ROLES = {role: role.value.replace("_", " ").capitalize() for role in Role}


def state_table() -> str:
    """The states of goods in a line each, for the policy page."""
    link = Linked("policy")
    lines = ["| state | the goods are |", "| --- | --- |"]
    for state in State:
        meaning = said_of(state).removesuffix(".")
        lines.append(f"| {link.state(state)} | {meaning[0].lower()}{meaning[1:]} |")
    return "\n".join(lines)


# --- goods -------------------------------------------------------------------------------------------------


def states() -> str:
    """An entry for every state of goods."""
    return "\n\n".join(_state(state) for state in State)


def _state(state: State) -> str:
    parts = [
        heading(anchors.state(state), f"`{state}`"),
        said_of(state),
        f"**For the customer**: {FOR_THE_CUSTOMER[state]}",
        f"**Buttons**\n\n{bullets(_buttons(state))}",
    ]
    if waits := list(_waits(state)):
        parts.append(f"**Waits for**\n\n{bullets(waits)}")
    rows_in = [row for row in ROWS if row.target is state]
    rows_out = [row for row in ROWS if state in row.sources]
    if came := [_arrival(row) for row in rows_in] or [_placed()]:
        parts.append(f"**Comes from**\n\n{bullets(came)}")
    left = [_departure(row) for row in rows_out]
    parts.append(f"**Leads to**\n\n{bullets(left)}" if left else "**Leads to** nothing.")
    parts.append(_clauses(row.clause for row in (*rows_in, *rows_out)))
    return "\n\n".join(parts)


def _placed() -> str:
    return f"{LINK.trigger(INPUTS_BY_NAME['place'])} ({LINK.clause('A1')})"


def _arrival(row: Row[Any]) -> str:
    sources = listed(LINK.state(source) for source in row.sources)
    return f"{sources}: {LINK.trigger(row.trigger)}{asked(row.when, LINK)}{guarded(row, LINK)} {place(row, LINK)}"


def _departure(row: Row[Any]) -> str:
    condition = f"{asked(row.when, LINK)}{guarded(row, LINK)}"
    return f"{LINK.trigger(row.trigger)}{condition} {target(row, LINK)} {place(row, LINK)}"


def _clauses(numbers: Iterable[str]) -> str:
    found = set(numbers)
    return f"Clauses: {', '.join(LINK.clause(number) for number in (*CLAUSES, *READINGS) if number in found)}."


# --- buttons -----------------------------------------------------------------------------------------------


TURNED_AWAY = (SENT, Arrived(), DeliveryRefused())
OTHER_GOODS: Mapping[State, tuple[str, tuple[tuple[Step, ...], ...]]] = {
    State.DELIVERED: ("digital goods", (DIGITAL,)),
    State.RETURNING: ("goods that were refused or called off", ((*PAID, *TURNED_AWAY), (*OF_SELLER, *TURNED_AWAY))),
}
"""Goods about which the machine answers otherwise in the same state, for they came there on another way."""


def _buttons(state: State) -> Iterator[str]:
    """What each role may do with goods in a state, as the machine answers; where it differs, for whom."""
    own = _allowed(order_in(state))
    sold = {} if state is State.UNSHIPPED_CANCEL_CONFIRMING else _allowed(order_in(state, sold=True))
    for role in Role:
        if role in own:
            yield f"{ROLES[role]}: {own[role]}."
    if not own:
        yield "None."
    for role in Role:
        if role in sold and sold[role] != own.get(role):
            yield f"{ROLES[role]}, for a seller's goods: {sold[role]}."
    for role in Role:
        if role in own and sold and role not in sold:
            yield f"{ROLES[role]}, for a seller's goods: none."
    if state in OTHER_GOODS:
        whose, stories = OTHER_GOODS[state]
        other = {role: what for story in stories for role, what in _allowed(tell(*story)).items()}
        for role in Role:
            if other.get(role) != own.get(role, sold.get(role)):
                yield f"{ROLES[role]}, for {whose}: {other.get(role, 'none')}."
    if state in (State.UNPAID, State.UNSHIPPED, State.PREPARING):
        direct = _allowed(order_in(state, Policy.marketplace()))
        for role in Role:
            if direct.get(role) != own.get(role):
                yield f"{ROLES[role]}, under `Policy.marketplace()`: {direct[role]}."


def _allowed(told: Told) -> dict[Role, str]:
    found: dict[Role, str] = {}
    for person in PEOPLE:
        actions = told.machine.actions(told.order, by=person, at=told.at)
        if allowed := [_button(action) for action in actions if action.allowed]:
            found[person.role] = ", ".join(allowed)
    return found


def _button(action: Action) -> str:
    return anchors.trigger(type(action.input)).link(action.label, of=LINK.of)


# --- waiting -----------------------------------------------------------------------------------------------


def _waits(state: State) -> Iterator[str]:
    """What happens by itself if nothing else does, as the machine computes it."""
    told = order_in(state)
    order, policy = told.order, told.machine.policy
    lot = next(each for each in order.lots if each.state is state)
    for due in (moving(policy, order.placed_at, order.paid_at, lot), waiting(policy, lot)):
        if due is not None:
            yield _deadline(due[1])


VALUES_OF: dict[Event | Waiting, tuple[str, str]] = {
    Event.PAYMENT_WINDOW_CLOSED: ("after it was placed", "payment_window payment_grace"),
    Event.PREPARATION_PRESUMED: ("after payment", "preparation_after"),
    Waiting.REVIEW_OVERDUE: ("after the request or the proposed terms", "review_overdue"),
    Waiting.LOGISTICS_OVERDUE: ("after the question", "logistics_overdue"),
    Waiting.RETURN_OVERDUE: ("after the goods went on their way back", "return_overdue"),
    Waiting.REFUND_OVERDUE: ("after the refund was created, in working days", "refund_within_days"),
}
"""From when each deadline is counted, and the policy values that say how far."""


def deadline_values(code: Event | Waiting, link: Linked) -> str:
    """From when a deadline is counted, and by which policy values."""
    since, values = VALUES_OF[code]
    names = " plus ".join(anchors.value(name).link(f"`{name}`", of=link.of) for name in values.split())
    return f"{names} {since}"


def _deadline(code: Event | Waiting) -> str:
    entry = anchors.trigger(code) if isinstance(code, Event) else anchors.waiting(code)
    return f"{entry.link(f'`{code}`', of=LINK.of)}: {deadline_values(code, LINK)}."


# --- refunds -----------------------------------------------------------------------------------------------


def refund_states() -> str:
    """An entry for every state of a refund."""
    return "\n\n".join(_refund_state(state) for state in RefundState)


def _refund_state(state: RefundState) -> str:
    rows_in = [row for row in REFUND_ROWS if row.target is state]
    rows_out = [row for row in REFUND_ROWS if row.source is state]
    parts = [
        heading(anchors.refund_state(state), f"refund `{state}`"),
        said_of(state),
        f"**For the customer**: {REFUNDS_FOR_THE_CUSTOMER[state]}",
    ]
    if state is RefundState.FAILED:
        told = tell(*PAID, *CANCELLED, RefundFailed(refund="r1"))
        parts.append(f"**Buttons**\n\n{bullets(f'{ROLES[who]}: {what}.' for who, what in _allowed(told).items())}")
    refund = evolve(order_in(State.CANCELLED).order.refunds[0], state=state)
    if due := refund_waiting(refund):
        parts.append(f"**Waits for**\n\n{bullets([_deadline(due[1])])}")
    came = [f"{LINK.refund_state(row.source)}: {LINK.trigger(row.trigger)} {place(row, LINK)}" for row in rows_in]
    if state is RefundState.DUE:
        effect = anchors.effect(SendRefund).link("`SendRefund`", of=LINK.of)
        came.insert(
            0, f"Money is owed: a cancellation, an assessed return, or a payment that is given back ({effect})."
        )
    parts.append(f"**Comes from**\n\n{bullets(came)}")
    left = [_refund_departure(row) for row in rows_out]
    parts.append(f"**Leads to**\n\n{bullets(left)}" if left else "**Leads to** nothing.")
    parts.append(_clauses(row.clause for row in (*rows_in, *rows_out)))
    return "\n\n".join(parts)


def _refund_departure(row: RefundRow) -> str:
    return f"{LINK.trigger(row.trigger)} → {LINK.refund_state(row.target)} {place(row, LINK)}"


# --- whole orders ------------------------------------------------------------------------------------------


def order_states() -> str:
    """An entry for every word, in the order in which they are tried."""
    alone: dict[OrderState, list[State]] = {word: [] for word in OrderState}
    for state in State:
        alone[order_state(_all_in(state))].append(state)
    parts = []
    for word in OrderState:
        lines = [heading(anchors.order_state(word), f"order `{word}`"), said_of(word)]
        if states := alone[word]:
            lines.append(f"The word where all goods are {listed(LINK.state(state) for state in states)}.")
        else:
            lines.append("The word for a mixture only.")
        parts.append("\n\n".join(lines))
    return "\n\n".join(parts)


def _all_in(state: State) -> Order:
    order = order_in(state).order
    return evolve(order, lots=tuple(lot for lot in order.lots if lot.state is state))
