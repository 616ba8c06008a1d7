"""Mutants of the rows that move goods: one row at a time, each in every way in which it is easily written wrongly."""

from collections.abc import Iterator, Sequence
from typing import Any

from attrs import evolve

from orderfsm import inputs as i
from orderfsm import table
from orderfsm.guards import Guard
from orderfsm.reasons import Code, Reason
from orderfsm.rows import Row, Trigger, name_of
from orderfsm.states import State
from orderfsm.testing import planting
from orderfsm.testing.kinds import Kind, Mutant, mutant_of, nearest, negation, replaced, without
from orderfsm.testing.reach import GUARD_CODES

PLAUSIBLE = 3
"""How many states a row is widened by, one at a time: the nearest for which no row of its trigger is there.

A row with a condition is widened by one, for the condition seldom holds of goods that are elsewhere.
"""


def line_of(row: Row[Any]) -> str:
    """A row as it is called in the names of its mutants."""
    some = " or ".join(row.sources) if len(row.sources) < 4 else f"{row.sources[0]} or {len(row.sources) - 1} more"
    return f"{some} on {row.name} to {row.target or 'itself'}"


def of_rows() -> Iterator[Mutant]:
    """All of them, in the order of the table."""
    rows = table.ROWS
    taken: dict[str, set[State]] = {}
    for row in rows:
        taken.setdefault(name_of(row.trigger), set()).update(row.sources)
    for index, row in enumerate(rows):
        yield from _of_row(rows, index, taken[name_of(row.trigger)])


def _of_row(rows: Sequence[Row[Any]], index: int, taken: set[State]) -> Iterator[Mutant]:
    row = rows[index]
    line, clause = line_of(row), row.clause

    def mutant(
        kind: Kind, says: str, *instead: Row[Any], name: str = line, others: Sequence[Row[Any]] = rows
    ) -> Mutant:
        changed = replaced(others, index, *instead)
        return mutant_of(kind, name, clause, says, row.trigger, lambda: planting.with_rows(changed))

    for source in row.sources:
        rest = without(row.sources, source)
        less = (evolve(row, sources=rest),) if rest else ()
        name = f"{source} on {row.name} to {row.target or 'itself'}"
        yield mutant(Kind.ROW_DROPPED, f"the row is not there for {source}", *less, name=name)
    free = [] if _picked(row.trigger) else [state for state in State if state not in taken]
    for other in nearest(row.sources, free, PLAUSIBLE if row.when is None else 1):
        wider = evolve(row, sources=frozenset({*row.sources, other}))
        yield mutant(Kind.SOURCE_ADDED, f"the row is there for {other} too", wider, name=f"{other} beside {line}")
    elsewhere = _next_state({*row.sources, *((row.target,) if row.target else ())}, row.target or row.sources[-1])
    yield mutant(Kind.RETARGETED, f"leads to {elsewhere}", evolve(row, target=elsewhere))
    if row.target is not None:
        yield mutant(Kind.STAYS, "leads nowhere", evolve(row, target=None))
    if row.anomaly is not None:
        yield mutant(Kind.ANOMALY_DROPPED, f"{row.anomaly} is not kept", evolve(row, anomaly=None))
    if row.when is not None:
        first = [evolve(row, when=None), *replaced(rows, index)]
        says = f"is taken whether or not {row.when.__name__}"
        yield mutant_of(Kind.CONDITION_DROPPED, line, clause, says, row.trigger, lambda: planting.with_rows(first))
        yield mutant(
            Kind.CONDITION_NEGATED, f"is taken unless {row.when.__name__}", evolve(row, when=negation(row.when))
        )
    for number, guard in enumerate(row.guards):
        for kind, other_guards in (
            (Kind.GUARD_DROPPED, ()), (Kind.GUARD_NEGATED, (_refusing_unless(guard),)),
            (Kind.GUARD_REFUSES, (_refusing(guard),)),
        ):  # fmt: skip
            changed = evolve(row, guards=tuple(replaced(row.guards, number, *other_guards)))
            says = f"{guard.__name__}: {kind.removeprefix('guard ')}"
            yield mutant(kind, says, changed, name=f"{guard.__name__} of {line}")


def _picked(trigger: Trigger) -> bool:
    """Whether the machine picks the goods by where they are, so that the table is asked about no others."""
    return not isinstance(trigger, type) or issubclass(trigger, i.PaymentCaptured | i.RefundFact)


def _next_state(taken: set[State], after: State) -> State:
    way = list(State)
    start = way.index(after)
    return next(state for state in (*way[start:], *way[:start]) if state not in taken)


def _reason_of(guard: Guard[Any]) -> Reason:
    return Reason(GUARD_CODES.get(guard.__name__, Code.NOT_ALLOWED), (guard.__doc__ or "").partition(":")[0])


def _refusing_unless(guard: Guard[Any]) -> Guard[Any]:
    def negated(scene: Any, lot: Any) -> Reason | None:
        return _reason_of(guard) if guard(scene, lot) is None else None

    return negated


def _refusing(guard: Guard[Any]) -> Guard[Any]:
    return lambda scene, lot: _reason_of(guard)
