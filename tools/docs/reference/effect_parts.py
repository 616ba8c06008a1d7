"""The reference of effects: what the host must do about each, what it carries, and what asks for it."""

from collections.abc import Iterator
from typing import Any

from orderfsm.effects import (
    EFFECTS,
    AskCarrier,
    Channel,
    Effect,
    Escalate,
    Instruction,
    Notify,
    SendRefund,
    TellWarehouse,
    Topic,
)
from orderfsm.events import Waiting
from orderfsm.inputs import (
    AssessReturn,
    Dispatched,
    PaymentCaptured,
    RefundFailed,
    RefundReversed,
    RefundSettled,
    ResendRefund,
)
from orderfsm.rows import Row
from orderfsm.states import State
from tools.docs import anchors
from tools.docs.anchors import Anchor
from tools.docs.documented import prose
from tools.docs.headings import heading
from tools.docs.linking import Linked
from tools.docs.policy.citations import mentioned, ordered
from tools.docs.reference.code_parts import step_link
from tools.docs.reference.effect_words import ESCALATIONS, INSTRUCTIONS, TASKS, TOPICS
from tools.docs.reference.field_words import field_lines
from tools.docs.reference.following import Following, following
from tools.docs.reference.row_words import bullets, listed

PAGE = "reference/effects"
LINK = Linked(PAGE)


def topic(each: Topic) -> Anchor:
    """What a customer is told."""
    return Anchor(PAGE, f"topic-{each}")


def instruction(each: Instruction) -> Anchor:
    """What the warehouse is told."""
    return Anchor(PAGE, f"instruction-{each}")


def escalation(code: str) -> Anchor:
    """Why a person must look, beside the anomalies."""
    return Anchor(PAGE, f"escalation-{code}")


# --- effects -----------------------------------------------------------------------------------------------


def effects() -> str:
    """An entry for every effect."""
    return "\n\n".join(_effect(each) for each in EFFECTS)


def _effect(effect: type[Effect]) -> str:
    task = TASKS[effect]
    told = [each for each in following() if each.effect is effect]
    details = _details(effect)
    asked = [*_elsewhere(effect), *(details or _occasions(told))]
    parts = [
        heading(anchors.effect(effect), f"`{effect.__name__}`"),
        f"{prose(effect)}\nIts name in logs and in the outbox is `{effect.name}`.",
        f"**To do**: {LINK.sentence(task.do)}",
        f"**Report back**: {LINK.sentence(task.report)}",
        f"**Carries**\n\n{bullets(field_lines(effect))}",
        f"**Told when**\n\n{bullets(asked)}",
    ]
    rows = set() if details else {row.clause for each in told for row in each.rows}
    if clauses := ordered(mentioned(effect.__doc__) | CLAUSES_OF.get(effect, set()) | rows):
        parts.append(f"Clauses: {', '.join(LINK.clause(number) for number in clauses)}.")
    return "\n\n".join(parts)


CLAUSES_OF: dict[type[Effect], set[str]] = {
    Notify: {"B14", "B15"},
    AskCarrier: {"5.5"},
    SendRefund: {"A18", "A19", "5.6", "5.8"},
    Escalate: {"A10"},
}
"""What they cite beside their own sentence and the rows from which they follow."""


def _elsewhere(effect: type[Effect]) -> Iterator[str]:
    """When an effect is told by what judges money, contradictions and time."""
    if effect is SendRefund:
        yield f"paid goods become {LINK.state(State.CANCELLED)} before they have left"
        yield f"{LINK.trigger(AssessReturn)}: goods are assessed, and something is owed for them"
        yield f"{LINK.trigger(PaymentCaptured)}: money came too late or was too much ({LINK.clause('5.6')})"
        yield f"an order is {LINK.state(State.CLOSED)} or cancelled that was paid in part ({LINK.clause('5.6')})"
        yield f"{LINK.trigger(ResendRefund)}: the same refund, with its next `attempt`"
    elif effect is Escalate:
        anomalies = Anchor("reference/codes", "anomalies").link("anomaly", of=PAGE)
        yield f"an {anomalies} is kept: `code` is the anomaly's"
    elif effect is AskCarrier:
        yield f"{LINK.trigger(Dispatched)}: goods leave although they are cancelled or closed ({LINK.clause('5.5')})"


def _inner(sentence: str) -> str:
    first = sentence.split(". ")[0].removesuffix(".")
    return f"{first[0].lower()}{first[1:]}"


def _details(effect: type[Effect]) -> list[str]:
    """Where an effect has kinds of its own with entries below, these say when."""
    if effect is Notify:
        return [f"{topic(each).link(f'`{each}`', of=PAGE)}: {_inner(TOPICS[each])}" for each in Topic]
    if effect is TellWarehouse:
        kinds = Instruction
        return [f"{instruction(each).link(f'`{each}`', of=PAGE)}: {_inner(INSTRUCTIONS[each])}" for each in kinds]
    if effect is Escalate:
        return [
            f"{escalation(code).link(f'`{code}`', of=PAGE)}: {_inner(ESCALATIONS[code][0])}" for code in ESCALATIONS
        ]
    return []


def _occasions(told: list[Following]) -> list[str]:
    """The rows from which an effect follows, those of one trigger together."""
    by_trigger: dict[str, list[Row[Any]]] = {}
    for each in told:
        for row in each.rows:
            rows = by_trigger.setdefault(LINK.trigger(row.trigger), [])
            if row not in rows:
                rows.append(row)
    return [f"{name} ({', '.join(_row(row) for row in rows)})" for name, rows in by_trigger.items()]


def _row(row: Row[Any]) -> str:
    return anchors.row(row).link("row", of=PAGE)


# --- what they say -----------------------------------------------------------------------------------------


def topics() -> str:
    """An entry for every topic of `Notify`."""
    return "\n\n".join(_topic(each) for each in Topic)


def _topic(each: Topic) -> str:
    told = [one for one in following() if one.fields.get("topic") is each]
    channels = {channel for one in told for channel in [one.fields["channel"]]} or {Channel.MESSAGE_CENTER}
    rows = [one for one in told if one.fields["channel"] in channels]
    steps = dict.fromkeys(step for one in told for step in one.fields["next_steps"])
    occasions = _occasions(rows) or [f"{LINK.trigger(trigger)}" for trigger in (RefundSettled,)]
    lines = [
        heading(topic(each), f"topic `{each}`"),
        TOPICS[each],
        "\n".join(
            [
                f"- Where: {listed((f'`{channel}`' for channel in Channel if channel in channels), end='and')}.",
                *([f"- Offer: {', '.join(step_link(step, LINK) for step in steps)}."] if steps else []),
                f"- Told by: {', '.join(occasions)}.",
            ]
        ),
    ]
    return "\n\n".join(lines)


def instructions() -> str:
    """An entry for every instruction of `TellWarehouse`."""
    parts = []
    for each in Instruction:
        told = [one for one in following() if one.fields.get("instruction") is each]
        lines = [
            heading(instruction(each), f"instruction `{each}`"),
            LINK.sentence(INSTRUCTIONS[each]),
            f"- Told by: {', '.join(_occasions(told))}.",
        ]
        parts.append("\n\n".join(lines))
    return "\n\n".join(parts)


def escalations() -> str:
    """An entry for every escalation that is no anomaly."""
    parts = []
    for code, (when, do) in ESCALATIONS.items():
        lines = [
            heading(escalation(code), f"escalation `{code}`"),
            when,
            f"- To do: {LINK.sentence(do)}\n- Told by: {_escalated(code)}.",
        ]
        parts.append("\n\n".join(lines))
    return "\n\n".join(parts)


def _escalated(code: str) -> str:
    match code:
        case "refund_failed":
            return LINK.trigger(RefundFailed)
        case "refund_reversed":
            return f"{LINK.trigger(RefundReversed)}, or {LINK.trigger(RefundFailed)} of a settled refund"
        case "lost":
            told = [one for one in following() if one.effect is Escalate]
            return ", ".join(_occasions(told))
        case _:
            return anchors.waiting(Waiting(code)).link(f"`{code}`", of=PAGE)
