"""The reference of codes: every refusal and every anomaly, with what the real machine answered in a short story."""

from collections.abc import Iterable, Iterator
from functools import cache

from orderfsm.actors import Role
from orderfsm.inputs import INPUTS
from orderfsm.reasons import AnomalyCode, Code, Reason, Step
from orderfsm.states import State
from orderfsm.table import WHO
from tools.docs import anchors
from tools.docs.anchors import Anchor
from tools.docs.headings import heading
from tools.docs.linking import Linked
from tools.docs.policy.citations import cited
from tools.docs.reference.anomaly_words import KEPT
from tools.docs.reference.answering import everybody, inputs_answered
from tools.docs.reference.examples import PEOPLE, order_in, tell
from tools.docs.reference.refusal_words import REFUSED
from tools.docs.reference.row_words import listed, some_states

LINK = Linked("reference/codes")
INPUTS_BY_NAME = {each.name: each for each in INPUTS}


def refusals() -> str:
    """An entry for every refusal."""
    return "\n\n".join(_refusal(code) for code in Code)


def anomalies() -> str:
    """An entry for every anomaly."""
    return "\n\n".join(_anomaly(code) for code in AnomalyCode)


# --- what the machine answers ------------------------------------------------------------------------------


def examples(code: Code | AnomalyCode) -> tuple[Reason, ...]:
    """What the machine answers in the stories of a code; each of them must end with it."""
    if isinstance(code, AnomalyCode):
        told = [tell(*KEPT[code].story)]
    else:
        told = [tell(*story, policy=REFUSED[code].policy) for story in REFUSED[code].stories]
    found = [[reason for reason in each.decision.reasons if reason.code is code] for each in told]
    assert all(found), code
    return tuple(reasons[0] for reasons in found)


@cache
def answered_in_states() -> dict[Code, dict[State, tuple[str, ...]]]:
    """The next steps of every refusal that anybody meets who tries everything with goods in each state."""
    found: dict[Code, dict[State, tuple[str, ...]]] = {code: {} for code in Code}
    for state in State:
        told = order_in(state)
        for person in PEOPLE:
            for action in told.machine.actions(told.order, by=person, at=told.at):
                for reason in action.decision.reasons:
                    if reason.facts.get("state") == state and isinstance(reason.code, Code):
                        found[reason.code].setdefault(state, reason.next_steps)
    return found


# --- refusals ----------------------------------------------------------------------------------------------


def _refusal(code: Code) -> str:
    reasons = examples(code)
    lines = [
        heading(anchors.code(code), f"`{code}`"),
        REFUSED[code].when,
        _shown(f"Show the {'customer' if _meets_customers(code) else 'member of staff'}", reasons),
        "\n".join([_answered(code), *_steps(code, reasons), *_facts(reasons), _clauses(code)]),
    ]
    return "\n\n".join(lines)


def _meets_customers(code: Code | AnomalyCode) -> bool:
    return any(Role.CUSTOMER in WHO[each] for each in inputs_answered(code))


def _shown(whom: str, reasons: Iterable[Reason]) -> str:
    return f"{whom}:\n\n" + "\n>\n".join(
        f"> {sentence}" for sentence in dict.fromkeys(each.message for each in reasons)
    )


def _answered(code: Code | AnomalyCode) -> str:
    inputs = inputs_answered(code)
    names = everybody(inputs) or listed((LINK.trigger(each) for each in inputs), end="and")
    return f"- Answer to {names}."


def _facts(reasons: Iterable[Reason]) -> Iterator[str]:
    names = dict.fromkeys(name for reason in reasons for name in reason.facts)
    if names:
        yield f"- Facts: {', '.join(f'`{name}`' for name in names)}."


def _clauses(code: Code | AnomalyCode) -> str:
    return f"- Clauses: {', '.join(LINK.clause(clause) for clause in cited(code))}."


def _steps(code: Code, reasons: tuple[Reason, ...]) -> Iterator[str]:
    """The next steps, by where the goods are, if they differ."""
    by_state = answered_in_states()[code]
    some = dict.fromkeys((*(reason.next_steps for reason in reasons), *by_state.values()))
    if len(some) == 1 or not by_state:
        yield f"- Next steps: {' or '.join(_named(steps) for steps in some)}."
        return
    grouped: dict[tuple[str, ...], list[State]] = {}
    for state, steps in by_state.items():
        grouped.setdefault(steps, []).append(state)
    yield "- Next steps, by where the goods are:"
    yield from (f"  - {some_states(states, LINK)}: {_named(steps)}." for steps, states in grouped.items())


def _named(steps: tuple[str, ...]) -> str:
    return ", ".join(step_link(step, LINK) for step in steps) or "none"


def step_link(step: str, link: Linked) -> str:
    """A next step, with a link to what it is: an input, or something that the shop offers."""
    if step in INPUTS_BY_NAME:
        return link.trigger(INPUTS_BY_NAME[step])
    return Anchor("reference/codes", f"step-{Step(step)}").link(f"`{step}`", of=link.of)


# --- anomalies ---------------------------------------------------------------------------------------------


def _anomaly(code: AnomalyCode) -> str:
    kept = KEPT[code]
    reasons = examples(code)
    lines = [
        heading(anchors.code(code), f"anomaly `{code}`"),
        kept.when,
        _shown("Show the person who looks", reasons),
        "\n".join(
            [
                f"- To do: {LINK.sentence(kept.do)}",
                f"- Tell the customer: {kept.tell[0].lower()}{kept.tell[1:]}",
                f"- Then: {_named(reasons[0].next_steps)}.",
                _answered(code),
                *_facts(reasons),
                _clauses(code),
            ]
        ),
    ]
    return "\n\n".join(lines)
