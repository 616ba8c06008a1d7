"""The whole table as Markdown, written from the rows themselves: what is printed is what runs.

Chapters come in the house order. Conditions are explained by the first line of their own docstrings.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from orderfsm.actors import Role
from orderfsm.chapters import CHAPTER_OF, TRIGGERS, Chapter
from orderfsm.events import Event
from orderfsm.inputs import Place
from orderfsm.rows import Row, Trigger, name_of
from orderfsm.states import State
from orderfsm.table import (
    CONTRADICTIONS,
    DENIALS,
    IMPLIED,
    KNOWN,
    REFUND_IMPLIED,
    REFUND_KNOWN,
    REFUND_ROWS,
    ROWS,
    WHO,
)

Cells = Sequence[str]

PLACED = "`[*]`"
"""Where orders come from: before `place` there are no goods."""

EVERYWHERE = "*every state*"


def table_markdown() -> str:
    """The table of the goods and of the refunds, with everything that answers where no row does."""
    parts = [
        "# The table",
        "Nothing but these rows moves goods or refunds.\n"
        "A row reads: goods in *from*, told *input* by one of *who*, *when* this holds and all *guards* agree, "
        "go to *to*.\n"
        "*By itself* means that nobody sends it: a deadline passed, or it follows from another move.\n"
        "`—` in *to* means that the goods stay where they are and something about them is noted.",
        "## Who may send what",
        _who(),
        "## Rows by chapter",
        *(part for chapter in Chapter for part in _chapter(chapter)),
        "## Refusals where no row is chosen",
        "A command about goods in these states is refused with these codes.\n"
        "Guards of the rows above refuse with codes of their own.",
        _denials(),
        "## Facts where no row is chosen",
        "### Skipped steps that are filled in",
        "The fact means that the other happened first and was not reported; the moves are marked *inferred*.",
        _implied(),
        "### Repetitions",
        "The fact repeats what is known of goods in these states.\n"
        "The answer is *duplicate* unless something else moves.",
        _known(),
        "### Contradictions",
        "The fact is kept as an anomaly and a person is told.\nAn earlier line goes first.",
        _contradictions(),
        "## The refunds",
        "One refund is one amount back to one payment's own instrument.",
        _refunds(),
    ]
    return "\n\n".join(parts) + "\n"


def explanation(function: Callable[..., object]) -> str:
    """What a condition or guard says of itself: the first line of its docstring."""
    return (function.__doc__ or "").strip().splitlines()[0]


def conditions(rows: Iterable[Row[Any]]) -> list[Callable[..., object]]:
    """The conditions and guards of some rows, each once, in order of appearance."""
    found: dict[str, Callable[..., object]] = {}
    for row in rows:
        for function in (row.when, *row.guards):
            if function is not None:
                found.setdefault(function.__name__, function)
    return list(found.values())


# --- the parts -------------------------------------------------------------------------------------------


def _who() -> str:
    roles = list(Role)
    rows = []
    for triggers in TRIGGERS.values():
        for trigger in triggers:
            if not isinstance(trigger, Event):
                kind = "command" if trigger.is_command else "fact"
                rows.append([f"`{trigger.name}`", kind, *("●" if role in WHO[trigger] else "" for role in roles)])
    return _table(["input", "kind", *(role.value.replace("_", " ") for role in roles)], rows)


def _chapter(chapter: Chapter) -> list[str]:
    rows = [row for row in ROWS if CHAPTER_OF[row.trigger] is chapter]
    lines = [
        [
            _states(row.sources),
            f"`{name_of(row.trigger)}`",
            _senders(row.trigger),
            _name(row.when),
            ", ".join(_name(guard) for guard in row.guards),
            _target(row),
            row.clause,
        ]
        for row in rows
    ]
    if chapter is Chapter.PLACING:
        lines = [[PLACED, f"`{Place.name}`", _senders(Place), "", "", f"`{State.UNPAID}`", "A1"]]
    parts = [f"### {chapter.capitalize()}", _table(["from", "input", "who", "when", "guards", "to", "clause"], lines)]
    explained = [f"- `{function.__name__}`: {explanation(function)}" for function in conditions(rows)]
    return [*parts, "\n".join(explained)] if explained else parts


def _denials() -> str:
    rows = [
        [
            f"`{entry.trigger.name}`",
            _states(entry.sources),
            _name(entry.when),
            ", ".join(f"`{code}`" for code in entry.codes),
            entry.clause,
        ]
        for entry in DENIALS
    ]
    return _table(["command", "in", "when", "codes", "clause"], rows)


def _implied() -> str:
    rows = [[f"`{each.trigger.name}`", _states(each.sources), f"`{each.through.name}`"] for each in IMPLIED]
    return _table(["fact", "in", "filled in first"], rows)


def _known() -> str:
    rows = [[f"`{each.trigger.name}`", _states(each.sources), _name(each.when)] for each in KNOWN]
    return _table(["fact", "in", "when"], rows)


def _contradictions() -> str:
    rows = [
        [f"`{each.trigger.name}`", _states(each.sources), _name(each.when), f"`{each.code}`", each.clause]
        for each in CONTRADICTIONS
    ]
    return _table(["fact", "in", "when", "anomaly", "clause"], rows)


def _refunds() -> str:
    rows = [
        [f"`{row.source}`", f"`{row.trigger.name}`", _senders(row.trigger), f"`{row.target}`", row.clause]
        for row in REFUND_ROWS
    ]
    parts = [_table(["from", "input", "who", "to", "clause"], rows)]
    implied = [
        f"- `{trigger.name}` on a refund that is `{source}`: `{through.name}` is filled in first."
        for (source, trigger), through in REFUND_IMPLIED.items()
    ]
    known = [
        f"- `{trigger.name}` on a refund that is `{source}` repeats what is known."
        for source, trigger in sorted(REFUND_KNOWN, key=lambda cell: (cell[1].name, cell[0]))
    ]
    return "\n\n".join([*parts, "\n".join([*implied, *known])])


# --- the cells -------------------------------------------------------------------------------------------


def _senders(trigger: Trigger) -> str:
    if isinstance(trigger, Event):
        return "*by itself*"
    return ", ".join(role.value.replace("_", " ") for role in Role if role in WHO[trigger])


def _states(states: Sequence[State]) -> str:
    return EVERYWHERE if len(states) == len(State) else _all_but(states) or ", ".join(f"`{state}`" for state in states)


def _all_but(states: Sequence[State]) -> str | None:
    """Long lists read better by what they leave out."""
    missing = [state for state in State if state not in states]
    if len(missing) > len(State) // 3:
        return None
    return f"*every state but* {', '.join(f'`{state}`' for state in missing)}"


def _name(function: Any) -> str:
    return "" if function is None else f"`{function.__name__}`"


def _target(row: Row[Any]) -> str:
    target = "—" if row.target is None else f"`{row.target}`"
    return target if row.anomaly is None else f"{target}, anomaly `{row.anomaly}`"


def _table(head: Cells, rows: Iterable[Cells]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
