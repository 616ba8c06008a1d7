"""How the reference speaks of the lines of the table: in a line each, linked to where they stand."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from orderfsm.rows import Contradiction, Denial, RefundRow, Row
from orderfsm.states import State
from orderfsm.tables import EVERYWHERE
from tools.docs import anchors
from tools.docs.linking import Linked


def bullets(lines: Iterable[str]) -> str:
    """A list, each of its lines once."""
    return "\n".join(f"- {line}" for line in dict.fromkeys(lines))


def listed(names: Iterable[str], *, end: str = "or") -> str:
    """``a, b or c``."""
    some = list(names)
    return f"{', '.join(some[:-1])} {end} {some[-1]}" if len(some) > 1 else "".join(some)


def some_states(states: Sequence[State], link: Linked) -> str:
    """States, by what is missing where that is shorter."""
    missing = [state for state in State if state not in states]
    if not missing:
        return EVERYWHERE
    if len(missing) <= len(State) // 3:
        return f"every state but {listed(link.state(state) for state in missing)}"
    return listed(link.state(state) for state in states)


def asked(when: Callable[..., object] | None, link: Linked) -> str:
    """The condition of a line."""
    return "" if when is None else f", when {link.condition(when)}"


def place(line: Row[Any] | RefundRow | Denial | Contradiction, link: Linked) -> str:
    """Where a line stands in the table, and its clause."""
    return f"({anchors.line(line).link('row', of=link.of)}, {link.clause(line.clause)})"


def target(row: Row[Any], link: Linked) -> str:
    """Where a row leads, and which anomaly it leaves behind."""
    leads = "→ the same state, and something is noted" if row.target is None else f"→ {link.state(row.target)}"
    return leads if row.anomaly is None else f"{leads}, anomaly {link.code(row.anomaly)}"


def guarded(row: Row[Any], link: Linked) -> str:
    """The guards of a row."""
    return f", if {listed((link.condition(guard) for guard in row.guards), end='and')}" if row.guards else ""
