"""The mutants: every way in which one line of the shipped definition could easily have been written wrongly.

Each is small, has a name that does not change while its line stays, and says what is wrong with it. How one is
planted is in `orderfsm.testing.planting`, whether anything notices it in `orderfsm.testing.mutating`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Any

from attrs import evolve, field, frozen

from orderfsm import amounts, choices, deadlines, guards, scene, table
from orderfsm.actors import Role
from orderfsm.consequences import CONSEQUENCES
from orderfsm.guards import Guard, HostGuard
from orderfsm.inputs import Command
from orderfsm.reasons import Code, Reason
from orderfsm.rows import Row, Trigger, name_of
from orderfsm.states import RefundState, State
from orderfsm.testing import planting
from orderfsm.testing.planting import Change, Comparison
from orderfsm.testing.reach import GUARD_CODES


class Kind(StrEnum):
    """What was done to a line."""

    ROW_DROPPED = "row dropped"
    SOURCE_ADDED = "source added"
    RETARGETED = "retargeted"
    STAYS = "stays where it is"
    ANOMALY_DROPPED = "anomaly dropped"
    CONDITION_DROPPED = "condition dropped"
    CONDITION_NEGATED = "condition negated"
    GUARD_DROPPED = "guard dropped"
    GUARD_NEGATED = "guard negated"
    GUARD_REFUSES = "guard always refuses"
    GUARD_DISABLED = "guard disabled everywhere"
    ROLE_ADDED = "role added"
    ROLE_REMOVED = "role removed"
    DENIAL_SWAPPED = "denial swapped"
    KNOWN_DROPPED = "known dropped"
    IMPLIED_DROPPED = "implied dropped"
    CONTRADICTION_DROPPED = "contradiction dropped"
    REFUND_ROW_DROPPED = "refund row dropped"
    REFUND_RETARGETED = "refund retargeted"
    REFUND_IMPLIED_DROPPED = "refund implied dropped"
    REFUND_KNOWN_DROPPED = "refund known dropped"
    EFFECT_DROPPED = "effect dropped"
    EFFECTS_SWAPPED = "effects swapped"
    COMPARISON = "comparison"
    HOST_GUARD_DROPPED = "host guard dropped"
    HOST_GUARD_NEGATED = "host guard negated"
    HOST_COMMAND_DROPPED = "host guard off a command"


@frozen(kw_only=True)
class Mutant:
    """One wrong definition.

    Attributes:
        name: unique, and the same as long as its line stays.
        clause: what the line cites; empty where it cites nothing.
        says: what is wrong, in one line.
        triggers: the inputs and events that it is about; none where it may be about any.
        changes: what has to be changed to plant it.
    """

    name: str
    kind: Kind
    clause: str
    says: str
    triggers: frozenset[Trigger] = frozenset()
    changes: Callable[[], list[Change]] = field(repr=False, eq=False)


def mutants(host_guards: Iterable[HostGuard] = ()) -> list[Mutant]:
    """All of them, in the order of the table; those of a host's own guards last."""
    found = [
        *_of_rows(), *_of_senders(), *_of_denials(), *_of_facts(), *_of_refunds(), *_of_effects(), *_of_functions(),
        *_of_host_guards(tuple(host_guards)),
    ]  # fmt: skip
    assert len({mutant.name for mutant in found}) == len(found), "two mutants have one name"
    return found


def _mutant(kind: Kind, line: str, clause: str, says: str, trigger: Trigger | None, changes: Any) -> Mutant:
    triggers = frozenset() if trigger is None else frozenset({trigger})
    return Mutant(name=f"{kind}: {line}", kind=kind, clause=clause, says=says, triggers=triggers, changes=changes)


def _set(values: Sequence[Any], index: int, *instead: Any) -> list[Any]:
    return [*values[:index], *instead, *values[index + 1 :]]


def _without(sources: Iterable[State], source: State) -> frozenset[State]:
    return frozenset(sources) - {source}


# --- the goods -------------------------------------------------------------------------------------------


def line_of(row: Row[Any]) -> str:
    """A row as it is called in the names of its mutants."""
    some = " or ".join(row.sources) if len(row.sources) < 4 else f"{row.sources[0]} or {len(row.sources) - 1} more"
    return f"{some} on {row.name} to {row.target or 'itself'}"


def _of_rows() -> Iterator[Mutant]:
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
        changed = _set(others, index, *instead)
        return _mutant(kind, name, clause, says, row.trigger, lambda: planting.with_rows(changed))

    for source in row.sources:
        rest = _without(row.sources, source)
        less = (evolve(row, sources=rest),) if rest else ()
        name = f"{source} on {row.name} to {row.target or 'itself'}"
        yield mutant(Kind.ROW_DROPPED, f"the row is not there for {source}", *less, name=name)
    other = _plausible(row.sources, taken)
    if other is not None:
        wider = evolve(row, sources=frozenset({*row.sources, other}))
        yield mutant(Kind.SOURCE_ADDED, f"the row is there for {other} too", wider)
    elsewhere = _next_state({*row.sources, *((row.target,) if row.target else ())}, row.target or row.sources[-1])
    yield mutant(Kind.RETARGETED, f"leads to {elsewhere}", evolve(row, target=elsewhere))
    if row.target is not None:
        yield mutant(Kind.STAYS, "leads nowhere", evolve(row, target=None))
    if row.anomaly is not None:
        yield mutant(Kind.ANOMALY_DROPPED, f"{row.anomaly} is not kept", evolve(row, anomaly=None))
    if row.when is not None:
        first = [evolve(row, when=None), *_set(rows, index)]
        says = f"is taken whether or not {row.when.__name__}"
        yield _mutant(Kind.CONDITION_DROPPED, line, clause, says, row.trigger, lambda: planting.with_rows(first))
        yield mutant(Kind.CONDITION_NEGATED, f"is taken unless {row.when.__name__}", evolve(row, when=_not(row.when)))
    for number, guard in enumerate(row.guards):
        for kind, other_guards in (
            (Kind.GUARD_DROPPED, ()), (Kind.GUARD_NEGATED, (_refusing_unless(guard),)),
            (Kind.GUARD_REFUSES, (_refusing(guard),)),
        ):  # fmt: skip
            changed = evolve(row, guards=tuple(_set(row.guards, number, *other_guards)))
            says = f"{guard.__name__}: {kind.removeprefix('guard ')}"
            yield mutant(kind, says, changed, name=f"{guard.__name__} of {line}")


def _plausible(sources: Sequence[State], taken: set[State]) -> State | None:
    """The state next to a row's sources, on the way of the goods, for which no row of its trigger is there."""
    way = list(State)
    free = [state for state in way if state not in taken]
    distance = {state: min(abs(way.index(state) - way.index(source)) for source in sources) for state in free}
    return min(free, key=lambda state: (distance[state], -way.index(state)), default=None)


def _next_state(taken: set[State], after: State) -> State:
    way = list(State)
    start = way.index(after)
    return next(state for state in (*way[start:], *way[:start]) if state not in taken)


def _not(when: Callable[..., bool]) -> Callable[..., bool]:
    def negated(scene: Any, lot: Any) -> bool:
        return not when(scene, lot)

    negated.__name__ = when.__name__
    return negated


def _reason_of(guard: Guard[Any]) -> Reason:
    return Reason(GUARD_CODES.get(guard.__name__, Code.NOT_ALLOWED), (guard.__doc__ or "").partition(":")[0])


def _refusing_unless(guard: Guard[Any]) -> Guard[Any]:
    def negated(scene: Any, lot: Any) -> Reason | None:
        return _reason_of(guard) if guard(scene, lot) is None else None

    return negated


def _refusing(guard: Guard[Any]) -> Guard[Any]:
    return lambda scene, lot: _reason_of(guard)


# --- who may say what ------------------------------------------------------------------------------------


def _of_senders() -> Iterator[Mutant]:
    for kind, roles in table.WHO.items():
        for role in Role:
            other = roles ^ {role}
            added = role not in roles
            says = f"{role} may send it too" if added else f"{role} may not send it"
            name = f"{role} {'to' if added else 'from'} {kind.name}"
            changes = [Change(table.WHO, kind, other)]
            yield _mutant(
                Kind.ROLE_ADDED if added else Kind.ROLE_REMOVED,
                name,
                "5.15",
                says,
                kind,
                lambda changes=changes: changes,
            )


# --- the other answers -----------------------------------------------------------------------------------


def _entry(entry: Any, source: State | None = None) -> str:
    condition = f"[{entry.when.__name__}]" if getattr(entry, "when", None) else ""
    some = source or (entry.sources[0] if len(entry.sources) == 1 else f"any of {len(entry.sources)}")
    return f"{some} on {entry.trigger.name}{condition}"


def _of_denials() -> Iterator[Mutant]:
    denials = table.DENIALS
    for index, denial in enumerate(denials):
        others = [each for each in (*denials[index:], *denials[:index]) if each.trigger is denial.trigger]
        codes = next((each.codes for each in others if each.codes != denial.codes), None)
        if codes is None:  # the only refusal of its command
            codes = next(each.codes for each in denials if each.codes != denial.codes)
        for source in denial.sources:
            rest = _without(denial.sources, source)
            wrong = evolve(denial, sources=source, codes=codes)
            instead = [wrong, evolve(denial, sources=rest)] if rest else [wrong]
            changed = _set(denials, index, *instead)
            yield _mutant(
                Kind.DENIAL_SWAPPED, f"{_entry(denial, source)}", denial.clause,
                f"refused with {', '.join(codes)} instead of {', '.join(denial.codes)}", denial.trigger,
                lambda changed=changed: planting.with_denials(changed),
            )  # fmt: skip


def _of_facts() -> Iterator[Mutant]:
    for index, known in enumerate(table.KNOWN):
        for name, instead in _dropped(known):
            changed = _set(table.KNOWN, index, *instead)
            yield _mutant(
                Kind.KNOWN_DROPPED, name, "5.12", "what is known is not recognised", known.trigger,
                lambda changed=changed: planting.with_known(changed),
            )  # fmt: skip
    for index, implied in enumerate(table.IMPLIED):
        for name, instead in _dropped(implied):
            fewer = _set(table.IMPLIED, index, *instead)
            yield _mutant(
                Kind.IMPLIED_DROPPED, name, "5.12", f"{implied.through.name} is not filled in", implied.trigger,
                lambda fewer=fewer: planting.with_implied(fewer),
            )  # fmt: skip
    for index, against in enumerate(table.CONTRADICTIONS):
        for name, instead in _dropped(against):
            less = _set(table.CONTRADICTIONS, index, *instead)
            yield _mutant(
                Kind.CONTRADICTION_DROPPED, name, against.clause, f"is not kept as {against.code}", against.trigger,
                lambda less=less: planting.with_contradictions(less),
            )  # fmt: skip
    other = evolve(table.DIGITAL_GOODS, code=table.CONTRADICTIONS[0].code)
    yield _mutant(
        Kind.CONTRADICTION_DROPPED, "digital goods", "B7", f"is kept as {other.code}", None,
        lambda: planting.with_digital_goods(other),
    )  # fmt: skip


def _dropped(entry: Any) -> Iterator[tuple[str, list[Any]]]:
    """An entry without one of its sources; one that holds everywhere is dropped as a whole."""
    if entry.sources == tuple(State):
        yield _entry(entry), []
        return
    for source in entry.sources:
        rest = _without(entry.sources, source)
        yield _entry(entry, source), [evolve(entry, sources=rest)] if rest else []


# --- refunds ---------------------------------------------------------------------------------------------


def _of_refunds() -> Iterator[Mutant]:
    rows = table.REFUND_ROWS
    for index, row in enumerate(rows):
        line = f"{row.source} on {row.trigger.name}"
        fewer = _set(rows, index)
        yield _mutant(
            Kind.REFUND_ROW_DROPPED, line, row.clause, "the row is not there", row.trigger,
            lambda fewer=fewer: planting.with_refund_rows(fewer),
        )  # fmt: skip
        for target in RefundState:
            if target is not row.target:
                wrong = _set(rows, index, evolve(row, target=target))
                yield _mutant(
                    Kind.REFUND_RETARGETED, f"{line} to {target}", row.clause, f"leads to {target}", row.trigger,
                    lambda wrong=wrong: planting.with_refund_rows(wrong),
                )  # fmt: skip
    for key in table.REFUND_IMPLIED:
        rest = {each: through for each, through in table.REFUND_IMPLIED.items() if each != key}
        yield _mutant(
            Kind.REFUND_IMPLIED_DROPPED, f"{key[0]} on {key[1].name}", "5.12", "the skipped step is not filled in", key[1],
            lambda rest=rest: planting.with_refunds_implied(rest),
        )  # fmt: skip
    for known in sorted(table.REFUND_KNOWN, key=lambda each: (list(RefundState).index(each[0]), each[1].name)):
        less = table.REFUND_KNOWN - {known}
        yield _mutant(
            Kind.REFUND_KNOWN_DROPPED, f"{known[0]} on {known[1].name}", "5.12", "what is known is not recognised", known[1],
            lambda less=less: planting.with_refunds_known(less),
        )  # fmt: skip


# --- effects ---------------------------------------------------------------------------------------------


def _of_effects() -> Iterator[Mutant]:
    for index, each in enumerate(CONSEQUENCES):
        fewer = _set(CONSEQUENCES, index)
        yield _mutant(
            Kind.EFFECT_DROPPED, each.name, "", "nobody is told", None,
            lambda fewer=fewer: planting.with_consequences(fewer),
        )  # fmt: skip
    for index, (one, other) in enumerate(zip(CONSEQUENCES, CONSEQUENCES[1:], strict=False)):
        swapped = [
            *CONSEQUENCES[:index],
            evolve(one, tell=other.tell),
            evolve(other, tell=one.tell),
            *CONSEQUENCES[index + 2 :],
        ]
        yield _mutant(
            Kind.EFFECTS_SWAPPED, f"{one.name} and {other.name}", "", "each is told for the other", None,
            lambda swapped=swapped: planting.with_consequences(swapped),
        )  # fmt: skip


# --- functions -------------------------------------------------------------------------------------------

COMPARED = (choices, guards, deadlines, scene, amounts)
"""The modules whose comparisons are mistaken."""


def _of_functions() -> Iterator[Mutant]:
    uses: dict[Any, list[Row[Any]]] = {}
    for row in table.ROWS:
        for guard in row.guards:
            uses.setdefault(guard, []).append(row)
    for guard, rows in uses.items():
        if len(rows) > 1:
            clause = (guard.__doc__ or "").partition(":")[0]
            mutant = _mutant(
                Kind.GUARD_DISABLED, guard.__name__, clause, "always holds", None,
                lambda guard=guard: planting.with_body(guard, _nothing),
            )  # fmt: skip
            yield evolve(mutant, triggers=frozenset(row.trigger for row in rows))
    for module in COMPARED:
        for each in planting.comparisons_of(module):
            yield _of_comparison(each)


def _nothing(scene: Any, lot: Any) -> None:
    return None


def _of_comparison(each: Comparison) -> Mutant:
    module = each.module.__name__.rpartition(".")[2]
    line = f"{module}.{each.function} {each.number}: {each.left} {each.sign} {each.right}"
    return _mutant(Kind.COMPARISON, line, "", f"{each.instead} instead of {each.sign}", None, each.changes)


# --- a host's own guards ---------------------------------------------------------------------------------


def _of_host_guards(host_guards: Sequence[HostGuard]) -> Iterator[Mutant]:
    for guard in host_guards:
        triggers = frozenset[Trigger](guard.on)
        for kind, says, holds in (
            (Kind.HOST_GUARD_DROPPED, "always holds", lambda scene, lot: True),
            (Kind.HOST_GUARD_NEGATED, "holds where it does not", _not(guard.holds)),
        ):
            changes = [Change(guard, "holds", holds)]
            mutant = _mutant(kind, guard.code, "5.14", says, None, lambda changes=changes: changes)
            yield evolve(mutant, triggers=triggers)
        for command in guard.on if len(guard.on) > 1 else ():
            fewer: tuple[type[Command], ...] = tuple(each for each in guard.on if each is not command)
            less = [Change(guard, "on", fewer)]
            name = f"{guard.code} on {command.name}"
            yield _mutant(Kind.HOST_COMMAND_DROPPED, name, "5.14", "is not asked", command, lambda less=less: less)


__all__ = ["Kind", "Mutant", "line_of", "mutants"]
