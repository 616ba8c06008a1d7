"""The reference of conditions: what chooses between rows, and what refuses."""

from collections.abc import Callable, Iterator
from typing import Any

from orderfsm import choices
from orderfsm import guards as refusing
from orderfsm.choices import PARTITIONS
from orderfsm.rows import Contradiction, Denial, Known, Row
from orderfsm.table import CONTRADICTIONS, DENIALS, KNOWN, ROWS
from tools.docs import anchors
from tools.docs.documented import prose
from tools.docs.headings import heading
from tools.docs.linking import Linked
from tools.docs.policy.carriers import all_conditions
from tools.docs.policy.citations import mentioned, ordered
from tools.docs.reference.answering import code_of
from tools.docs.reference.row_words import bullets, listed, place, some_states, target

LINK = Linked("reference/conditions")
Condition = Callable[..., object]
Line = Row[Any] | Denial | Known | Contradiction


def whens() -> str:
    """An entry for every condition that chooses between rows, in the order of their module."""
    return "\n\n".join(_when(each) for each in _in_order(choices.__name__))


def guards() -> str:
    """An entry for every guard, in the order of their module."""
    return "\n\n".join(_guard(each) for each in _in_order(refusing.__name__))


def _in_order(module: str) -> list[Condition]:
    some = [each for each in all_conditions() if each.__module__ == module]
    return sorted(some, key=lambda each: each.__code__.co_firstlineno)


def _when(condition: Condition) -> str:
    table: tuple[Line, ...] = (*ROWS, *DENIALS, *KNOWN, *CONTRADICTIONS)
    lines = [line for line in table if line.when is condition]
    parts = [
        heading(anchors.condition(condition), f"`{condition.__name__}`"),
        LINK.sentence(prose(condition)),
        f"**Asked for**\n\n{bullets(_line(line) for line in lines)}",
    ]
    if others := list(_partitions(condition)):
        parts.append(f"**Exactly one holds** of it and {'; or of it and '.join(others)}.")
    clauses = {line.clause for line in lines if not isinstance(line, Known)} | mentioned(prose(condition))
    return "\n\n".join([*parts, _clauses(clauses)])


def _line(line: Line) -> str:
    goods = f"{LINK.trigger(line.trigger)} in {some_states(line.sources, LINK)}"
    match line:
        case Row():
            return f"{goods}: {target(line, LINK)} {place(line, LINK)}"
        case Denial():
            codes = listed((LINK.code(code) for code in line.codes), end="and")
            return f"{goods}: refused with {codes} {place(line, LINK)}"
        case Contradiction():
            return f"{goods}: anomaly {LINK.code(line.code)} {place(line, LINK)}"
        case Known():
            return f"{goods}: repeats what is known"


def _partitions(condition: Condition) -> Iterator[str]:
    for some in PARTITIONS:
        if condition in some:
            rest = sorted((each for each in some if each is not condition), key=lambda each: each.__name__)
            yield listed((LINK.condition(each) for each in rest), end="and")


def _guard(guard: Condition) -> str:
    rows = [row for row in ROWS if guard in row.guards]
    parts = [
        heading(anchors.condition(guard), f"`{guard.__name__}`"),
        LINK.sentence(prose(guard)),
        f"Where it does not hold, the answer is {LINK.code(code_of(guard))}.",
        f"**Asked for**\n\n{bullets(_line(row) for row in rows)}",
        _clauses({row.clause for row in rows} | mentioned(prose(guard))),
    ]
    return "\n\n".join(parts)


def _clauses(numbers: set[str]) -> str:
    return f"Clauses: {', '.join(LINK.clause(number) for number in ordered(numbers))}."
