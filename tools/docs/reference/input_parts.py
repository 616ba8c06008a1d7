"""The reference of inputs by chapter, of the events that nobody sends, and of what can be overdue."""

from collections.abc import Iterator
from typing import Any

from orderfsm.chapters import TRIGGERS, Chapter
from orderfsm.clauses import CLAUSES, READINGS
from orderfsm.commands import Item
from orderfsm.deadlines import moving, waiting
from orderfsm.events import Event, Waiting
from orderfsm.inputs import Input, Place
from orderfsm.reasons import Code
from orderfsm.rows import Denial, RefundRow, Row, Trigger
from orderfsm.states import RefundState, State
from orderfsm.table import DENIALS, IMPLIED, KNOWN, REFUND_IMPLIED, REFUND_KNOWN, REFUND_ROWS, ROWS
from orderfsm.tables import senders
from tools.docs import anchors
from tools.docs.documented import prose
from tools.docs.headings import heading
from tools.docs.linking import Linked
from tools.docs.policy.citations import mentioned
from tools.docs.reference.answering import answers
from tools.docs.reference.effect_parts import escalation
from tools.docs.reference.examples import order_in
from tools.docs.reference.field_words import field_lines
from tools.docs.reference.row_words import asked, bullets, guarded, listed, place, some_states, target
from tools.docs.reference.state_parts import deadline_values

LINK = Linked("reference/inputs")


def chapter(name: Chapter) -> str:
    """The entries of one chapter."""
    return "\n\n".join(_event(each) if isinstance(each, Event) else _input(each) for each in TRIGGERS[name])


# --- inputs ------------------------------------------------------------------------------------------------


def _input(input: type[Input]) -> str:
    kind = "Command" if input.is_command else "Fact"
    parts = [
        heading(anchors.trigger(input), f"`{input.name}`"),
        LINK.sentence(prose(input)),
        f"{kind}, sent by {listed(senders(input).split(', '))}. In Python it is `{input.__name__}`.",
        f"**Carries**\n\n{bullets(field_lines(input))}",
    ]
    if input is Place:
        parts.append(f"Each item of `lines`:\n\n{bullets(field_lines(Item))}")
    if does := list(_does(input)):
        parts.append(f"**Does**\n\n{bullets(does)}")
    if known := list(_repeats(input)):
        parts.append(f"**Repeats what is known** about goods in {'; '.join(known)}.")
    parts.append(_answers(input))
    parts.append(_clauses(input))
    return "\n\n".join(parts)


def _does(trigger: Trigger) -> Iterator[str]:
    if trigger is Place:
        yield f"→ {LINK.state(State.UNPAID)} ({LINK.clause('A1')})"
        yield f"what costs nothing is paid at once ({LINK.clause('5.13')})"
    for row in ROWS:
        if row.trigger is trigger:
            condition = f"{asked(row.when, LINK)}{guarded(row, LINK)}"
            yield f"{some_states(row.sources, LINK)}{condition} {target(row, LINK)} {place(row, LINK)}"
    for refund in REFUND_ROWS:
        if refund.trigger is trigger:
            source, leads = LINK.refund_state(refund.source), LINK.refund_state(refund.target)
            yield f"refund {source} → {leads} {place(refund, LINK)}"
    for implied in IMPLIED:
        if implied.trigger is trigger:
            yield f"{some_states(implied.sources, LINK)}: {LINK.trigger(implied.through)} is filled in first"
    for (state, told), through in REFUND_IMPLIED.items():
        if told is trigger:
            yield f"refund {LINK.refund_state(state)}: {LINK.trigger(through)} is filled in first"


def _repeats(input: type[Input]) -> Iterator[str]:
    for known in KNOWN:
        if known.trigger is input:
            yield f"{some_states(known.sources, LINK)}{asked(known.when, LINK)}"
    if states := [state for state, told in REFUND_KNOWN if told is input]:
        order = sorted(states, key=list(type(states[0])).index)
        yield f"a refund that is {listed(LINK.refund_state(state) for state in order)}"


def _answers(input: type[Input]) -> str:
    refusals = [LINK.code(code) for code in answers(input) if isinstance(code, Code)]
    kept = [LINK.code(code) for code in answers(input) if not isinstance(code, Code)]
    lines = [f"**Refused with** {', '.join(refusals)}."]
    if kept:
        lines.append(f"**Kept as an anomaly with** {', '.join(kept)}.")
    return "\n\n".join(lines)


def _clauses(trigger: Trigger) -> str:
    lines: tuple[Row[Any] | RefundRow | Denial, ...] = (*ROWS, *REFUND_ROWS, *DENIALS)
    found = {line.clause for line in lines if line.trigger is trigger}
    if not isinstance(trigger, Event):
        found |= mentioned(trigger.__doc__)
    return f"Clauses: {', '.join(LINK.clause(number) for number in (*CLAUSES, *READINGS) if number in found)}."


# --- events ------------------------------------------------------------------------------------------------

HAPPENS: dict[Event | Waiting, str] = {
    Event.PAYMENT_WINDOW_CLOSED: "The time for paying is over: what is unpaid is closed, and part payments go back.",
    Event.PREPARATION_PRESUMED: "Paid goods count as in preparation from now on, also under a request.",
    Event.BUNDLE_CONFIRMED: "Nobody is left to be asked about a bundle that waits to be cancelled: it is cancelled.",
    Event.BUNDLE_DENIED: "One item of a bundle could not be stopped: all of it goes back to where it was.",
    Event.NOTHING_OWED: "Nothing is paid back for the goods, because they cost nothing or were assessed to nothing.",
    Waiting.REFUND_OVERDUE: "A refund has not been sent by its `due_by`. A refund that is sent again waits anew.",
    Waiting.LOGISTICS_OVERDUE: "Logistics or the carrier has not answered. Silence is never a yes.",
    Waiting.REVIEW_OVERDUE: "A request has not been decided, or proposed terms have not been answered.",
    Waiting.RETURN_OVERDUE: "Goods that are on their way back have not arrived.",
}
"""What each event is about."""


def _event(event: Event) -> str:
    since = f", {deadline_values(event, LINK)}" if any(event is code for _, code in _deadlines()) else ""
    parts = [
        heading(anchors.trigger(event), f"`{event}`"),
        HAPPENS[event],
        f"Nobody sends it; it happens by itself{since}.",
        f"**Does**\n\n{bullets(_does(event))}",
        _clauses(event),
    ]
    return "\n\n".join(parts)


def _deadlines() -> Iterator[tuple[State, Event | Waiting]]:
    """Which goods wait for what, as the machine computes it."""
    for state in State:
        told = order_in(state)
        lot = next(each for each in told.order.lots if each.state is state)
        policy, order = told.machine.policy, told.order
        for due in (moving(policy, order.placed_at, order.paid_at, lot), waiting(policy, lot)):
            if due is not None:
                yield state, due[1]


def waitings() -> str:
    """The entries of what can be overdue."""
    parts = []
    for each in Waiting:
        states = [state for state, code in _deadlines() if code is each]
        whom = f"Waiting for it: {listed((LINK.state(state) for state in states), end='and')}."
        if each is Waiting.REFUND_OVERDUE:
            whom = (
                f"Waiting for it: every refund that is {LINK.refund_state(RefundState.DUE)} and was promised by a day."
            )
        elif each is Waiting.LOGISTICS_OVERDUE:
            whom = f"{whom[:-1]}; and goods that left although they were cancelled or closed ({LINK.clause('5.5')})."
        lines = [
            heading(anchors.waiting(each), f"`{each}`"),
            f"{HAPPENS[each]} It moves no goods, and a person is told once.",
            f"- When: {deadline_values(each, LINK)}.\n- {whom}\n"
            f"- What then: {escalation(each).link('`Escalate`', of=LINK.of)}.\n"
            f"- {_waiting_clauses(each)}",
        ]
        parts.append("\n\n".join(lines))
    return "\n\n".join(parts)


def _waiting_clauses(each: Waiting) -> str:
    return f"Clauses: {', '.join(LINK.clause(number) for number in ESCALATED_UNDER[each])}."


ESCALATED_UNDER: dict[Waiting, tuple[str, ...]] = {
    Waiting.REFUND_OVERDUE: ("A18",),
    Waiting.LOGISTICS_OVERDUE: ("A8",),
    Waiting.REVIEW_OVERDUE: ("A5", "A16", "B3"),
    Waiting.RETURN_OVERDUE: ("A19",),
}
"""The clauses under which a person is told; a test asks the machine for each."""
