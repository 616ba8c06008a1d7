"""The definition checks itself at import: a table that contradicts itself decides no order.

`transitions` accepts any definition. These checks name the culprit instead of letting it decide wrongly.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from orderfsm import table
from orderfsm.choices import EXCLUSIVE, PARTITIONS, When
from orderfsm.errors import InvalidTable
from orderfsm.facts import GoodsFact
from orderfsm.inputs import COMMANDS, FACTS, INPUTS, Command, Fact, Place, ResendRefund, ResolveAnomaly
from orderfsm.rows import Row, iter_sources, name_of
from orderfsm.states import RefundState, State

TERMINAL = State.CLOSED
SETTLED = frozenset({State.CLOSED, State.REFUNDED, State.DELIVERED})
"""Where goods may rest for good: not paid, paid back, or with the customer."""


def check(rows: Sequence[Row[Any]] = table.ROWS) -> None:
    """Check the whole definition.

    Raises:
        InvalidTable: with every fault that was found.
    """
    faults = [
        *_overlaps(rows),
        *_exits_of_closed(rows),
        *_unreachable(rows),
        *_traps(rows),
        *_without_clause(rows),
        *_guards(rows),
        *_unanswered_commands(rows),
        *_unanswered_facts(rows),
        *_senders(),
        *_idle(),
        *_refund_faults(),
    ]
    if faults:
        raise InvalidTable("; ".join(faults))


def _whens(rows: Iterable[Row[Any]]) -> dict[tuple[State, str], list[When[Any] | None]]:
    found: dict[tuple[State, str], list[When[Any] | None]] = {}
    for source, row in iter_sources(rows):
        found.setdefault((source, name_of(row.trigger)), []).append(row.when)
    return found


def _overlaps(rows: Iterable[Row[Any]]) -> Iterable[str]:
    for (source, trigger), whens in _whens(rows).items():
        if len(whens) > 1 and (None in whens or not any(set(whens) <= some for some in EXCLUSIVE)):
            yield f"rows of {source} on {trigger} overlap"
        if len(set(whens)) < len(whens):
            yield f"a row of {source} on {trigger} stands twice"


def _exits_of_closed(rows: Iterable[Row[Any]]) -> Iterable[str]:
    for source, row in iter_sources(rows):
        if source is TERMINAL and row.target is not None:
            yield f"{TERMINAL} has an exit to {row.target}"


def _steps(rows: Iterable[Row[Any]]) -> dict[State, set[State]]:
    steps: dict[State, set[State]] = {state: set() for state in State}
    for source, row in iter_sources(rows):
        if row.target is not None:
            steps[source].add(row.target)
    return steps


def _reach(steps: dict[State, set[State]], start: Iterable[State]) -> set[State]:
    reached, edge = set(start), list(start)
    while edge:
        new = steps[edge.pop()] - reached
        reached |= new
        edge += new
    return reached


def _unreachable(rows: Iterable[Row[Any]]) -> Iterable[str]:
    reached = _reach(_steps(rows), [State.UNPAID])
    yield from (f"{state} cannot be reached" for state in State if state not in reached)


def _traps(rows: Iterable[Row[Any]]) -> Iterable[str]:
    steps = _steps(rows)
    yield from (f"{state} is a trap" for state in State if not _reach(steps, [state]) & SETTLED)


def _without_clause(rows: Iterable[Row[Any]]) -> Iterable[str]:
    from orderfsm.clauses import CLAUSES

    entries: list[Any] = [*rows, *table.DENIALS, *table.CONTRADICTIONS, *table.REFUND_ROWS]
    for row in entries:
        if row.clause not in CLAUSES:
            yield f"{name_of(row.trigger)} cites {row.clause}, which is no clause"


def _guards(rows: Iterable[Row[Any]]) -> Iterable[str]:
    for row in rows:
        if row.guards and not (isinstance(row.trigger, type) and issubclass(row.trigger, Command)):
            yield f"{name_of(row.trigger)} is no command, so no guard may refuse it"
        for guard in row.guards:
            if not guard.__doc__:
                yield f"guard {guard.__name__} does not say what it carries"


def _covered(whens: list[When[Any] | None]) -> bool:
    return None in whens or any(part <= set(whens) for part in PARTITIONS)


def _unanswered_commands(rows: Iterable[Row[Any]]) -> Iterable[str]:
    whens = _whens(rows)
    for denial in table.DENIALS:
        for source in denial.sources:
            whens.setdefault((source, denial.trigger.name), []).append(denial.when)
    for command in COMMANDS:
        if command not in (Place, ResendRefund, ResolveAnomaly):
            for state in State:
                if not _covered(whens.get((state, command.name), [])):
                    yield f"{command.name} on {state} has no answer for every case"


def _unanswered_facts(rows: Iterable[Row[Any]]) -> Iterable[str]:
    answered = {(source, name_of(row.trigger)) for source, row in iter_sources(rows)}
    entries: list[Any] = [*table.KNOWN, *table.IMPLIED, *table.CONTRADICTIONS]
    for entry in entries:
        answered |= {(source, entry.trigger.name) for source in entry.sources}
    for fact in FACTS:
        if issubclass(fact, GoodsFact):
            yield from (
                f"{fact.name} on {state} has no answer" for state in State if (state, fact.name) not in answered
            )


def _senders() -> Iterable[str]:
    for input in INPUTS:
        if not table.WHO.get(input):
            yield f"nobody may send {input.name}"


def _refund_faults() -> Iterable[str]:
    seen = [(row.source, row.trigger) for row in table.REFUND_ROWS]
    if len(set(seen)) < len(seen):
        yield "a row of the refunds stands twice"
    answered = {*seen, *table.REFUND_IMPLIED, *table.REFUND_KNOWN}
    for row in table.REFUND_ROWS:
        for state in RefundState:
            contradicted = (state, row.trigger.name) == (RefundState.FAILED, "refund_settled")
            if issubclass(row.trigger, Fact) and (state, row.trigger) not in answered and not contradicted:
                yield f"{row.trigger.name} on a refund that is {state} has no answer"


def _idle() -> Iterable[str]:
    moving = {name_of(row.trigger) for row in table.ROWS} | {row.trigger.name for row in table.REFUND_ROWS}
    apart = {Place.name, ResolveAnomaly.name}
    yield from (f"{input.name} moves nothing" for input in INPUTS if input.name not in moving | apart)
