"""The whole table as Markdown, written from the rows themselves: what is printed is what runs.

Chapters come in the house order. Conditions are explained by the first line of their own docstrings.
Whoever prints the table elsewhere, such as the documentation with its links, says by `Names` how things are named.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from attrs import frozen

from orderfsm.actors import Role
from orderfsm.chapters import CHAPTER_OF, TRIGGERS, Chapter
from orderfsm.events import Event
from orderfsm.inputs import Place
from orderfsm.reasons import AnomalyCode, Code
from orderfsm.rows import Contradiction, Denial, RefundRow, Row, Trigger, name_of
from orderfsm.states import RefundState, State
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


class Names:
    """How the table calls things: by their own names. The documentation makes links of them."""

    def state(self, state: State) -> str:
        """A state of goods."""
        return f"`{state}`"

    def refund_state(self, state: RefundState) -> str:
        """A state of a refund."""
        return f"`{state}`"

    def trigger(self, trigger: Trigger) -> str:
        """An input, or an event that nobody sends."""
        return f"`{name_of(trigger)}`"

    def condition(self, function: Callable[..., object]) -> str:
        """What chooses between rows, or a guard."""
        return f"`{function.__name__}`"

    def code(self, code: Code | AnomalyCode) -> str:
        """A refusal or an anomaly."""
        return f"`{code}`"

    def clause(self, number: str) -> str:
        """A clause."""
        return number

    def mark(self, entry: Row[Any] | RefundRow | Denial | Contradiction) -> str:
        """What stands before a line of the table, so that one can point to it."""
        return ""


def table_markdown(names: Names | None = None) -> str:
    """The table of the goods and of the refunds, with everything that answers where no row does."""
    page = _Page(names or Names())
    parts = [
        "# The table",
        "Nothing but these rows moves goods or refunds.\n"
        "A row reads: goods in *from*, told *input* by one of *who*, *when* this holds and all *guards* agree, "
        "go to *to*.\n"
        "*By itself* means that nobody sends it: a deadline passed, or it follows from another move.\n"
        "`—` in *to* means that the goods stay where they are and something about them is noted.",
        "## Who may send what",
        page.who(),
        "## Rows by chapter",
        *(part for chapter in Chapter for part in page.chapter(chapter)),
        "## Refusals where no row is chosen",
        "A command about goods in these states is refused with these codes.\n"
        "Guards of the rows above refuse with codes of their own.",
        page.denials(),
        "## Facts where no row is chosen",
        "### Skipped steps that are filled in",
        "The fact means that the other happened first and was not reported; the moves are marked *inferred*.",
        page.implied(),
        "### Repetitions",
        "The fact repeats what is known of goods in these states.\n"
        "The answer is *duplicate* unless something else moves.",
        page.known(),
        "### Contradictions",
        "The fact is kept as an anomaly and a person is told.\nAn earlier line goes first.",
        page.contradictions(),
        "## The refunds",
        "One refund is one amount back to one payment's own instrument.",
        page.refunds(),
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


def senders(trigger: Trigger) -> str:
    """Who may send an input, or that nobody does."""
    if isinstance(trigger, Event):
        return "*by itself*"
    return ", ".join(role.value.replace("_", " ") for role in Role if role in WHO[trigger])


@frozen
class _Page:
    """The parts of the table, and their cells, in which everything has its name."""

    names: Names

    def who(self) -> str:
        roles = list(Role)
        rows = []
        for triggers in TRIGGERS.values():
            for trigger in triggers:
                if not isinstance(trigger, Event):
                    kind = "command" if trigger.is_command else "fact"
                    allowed = ["●" if role in WHO[trigger] else "" for role in roles]
                    rows.append([self.names.trigger(trigger), kind, *allowed])
        return _table(["input", "kind", *(role.value.replace("_", " ") for role in roles)], rows)

    def chapter(self, chapter: Chapter) -> list[str]:
        rows = [row for row in ROWS if CHAPTER_OF[row.trigger] is chapter]
        lines = [
            [
                self.names.mark(row) + self.states(row.sources),
                self.names.trigger(row.trigger),
                senders(row.trigger),
                self.when(row.when),
                ", ".join(self.names.condition(guard) for guard in row.guards),
                self.target(row),
                self.names.clause(row.clause),
            ]
            for row in rows
        ]
        if chapter is Chapter.PLACING:
            start = [PLACED, self.names.trigger(Place), senders(Place), "", ""]
            lines = [[*start, self.names.state(State.UNPAID), self.names.clause("A1")]]
        head = ["from", "input", "who", "when", "guards", "to", "clause"]
        parts = [f"### {chapter.capitalize()}", _table(head, lines)]
        explained = [f"- {self.names.condition(each)}: {explanation(each)}" for each in conditions(rows)]
        return [*parts, "\n".join(explained)] if explained else parts

    def denials(self) -> str:
        rows = [
            [
                self.names.mark(entry) + self.names.trigger(entry.trigger),
                self.states(entry.sources),
                self.when(entry.when),
                ", ".join(self.names.code(code) for code in entry.codes),
                self.names.clause(entry.clause),
            ]
            for entry in DENIALS
        ]
        return _table(["command", "in", "when", "codes", "clause"], rows)

    def implied(self) -> str:
        rows = [
            [self.names.trigger(each.trigger), self.states(each.sources), self.names.trigger(each.through)]
            for each in IMPLIED
        ]
        return _table(["fact", "in", "filled in first"], rows)

    def known(self) -> str:
        rows = [[self.names.trigger(each.trigger), self.states(each.sources), self.when(each.when)] for each in KNOWN]
        return _table(["fact", "in", "when"], rows)

    def contradictions(self) -> str:
        rows = [
            [
                self.names.mark(each) + self.names.trigger(each.trigger),
                self.states(each.sources),
                self.when(each.when),
                self.names.code(each.code),
                self.names.clause(each.clause),
            ]
            for each in CONTRADICTIONS
        ]
        return _table(["fact", "in", "when", "anomaly", "clause"], rows)

    def refunds(self) -> str:
        state, trigger = self.names.refund_state, self.names.trigger
        rows = [
            [
                self.names.mark(row) + state(row.source),
                trigger(row.trigger),
                senders(row.trigger),
                state(row.target),
                self.names.clause(row.clause),
            ]
            for row in REFUND_ROWS
        ]
        implied = [
            f"- {trigger(told)} on a refund that is {state(source)}: {trigger(through)} is filled in first."
            for (source, told), through in REFUND_IMPLIED.items()
        ]
        known = [
            f"- {trigger(told)} on a refund that is {state(source)} repeats what is known."
            for source, told in sorted(REFUND_KNOWN, key=lambda cell: (cell[1].name, cell[0]))
        ]
        return "\n\n".join([_table(["from", "input", "who", "to", "clause"], rows), "\n".join([*implied, *known])])

    def states(self, states: Sequence[State]) -> str:
        """Long lists read better by what they leave out."""
        if len(states) == len(State):
            return EVERYWHERE
        missing = [state for state in State if state not in states]
        if len(missing) <= len(State) // 3:
            return f"*every state but* {', '.join(self.names.state(state) for state in missing)}"
        return ", ".join(self.names.state(state) for state in states)

    def when(self, function: Callable[..., object] | None) -> str:
        return "" if function is None else self.names.condition(function)

    def target(self, row: Row[Any]) -> str:
        target = "—" if row.target is None else self.names.state(row.target)
        return target if row.anomaly is None else f"{target}, anomaly {self.names.code(row.anomaly)}"


def _table(head: Cells, rows: Iterable[Cells]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
