"""The mutants: every way in which one line of the shipped definition could easily have been written wrongly.

Each is small, has a name that does not change while its line stays, and says what is wrong with it. How one is
planted is in `orderfsm.testing.planting`, whether anything notices it in `orderfsm.testing.mutating`.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from attrs import evolve

from orderfsm import amounts, choices, choosing, commanding, deadlines, guards, matching, paying, scene, table
from orderfsm.actors import Role
from orderfsm.consequences import CONSEQUENCES
from orderfsm.guards import HostGuard
from orderfsm.inputs import Command
from orderfsm.rows import Row, Trigger
from orderfsm.states import RefundState, State
from orderfsm.testing import planting
from orderfsm.testing.kinds import Kind, Mutant, mutant_of, nearest, negation, replaced, without
from orderfsm.testing.planting import Change, Comparison
from orderfsm.testing.row_mutants import of_rows


def mutants(host_guards: Iterable[HostGuard] = ()) -> list[Mutant]:
    """All of them, in the order of the table; those of a host's own guards last."""
    found = [
        *of_rows(), *_of_senders(), *_of_denials(), *_of_facts(), *_of_refunds(), *_of_effects(), *_of_functions(),
        *_of_host_guards(tuple(host_guards)),
    ]  # fmt: skip
    assert len({mutant.name for mutant in found}) == len(found), "two mutants have one name"
    return found


# --- who may say what ------------------------------------------------------------------------------------


def _of_senders() -> Iterator[Mutant]:
    for kind, roles in table.WHO.items():
        for role in Role:
            other = roles ^ {role}
            added = role not in roles
            says = f"{role} may send it too" if added else f"{role} may not send it"
            name = f"{role} {'to' if added else 'from'} {kind.name}"
            changes = [Change(table.WHO, kind, other)]
            yield mutant_of(
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
            rest = without(denial.sources, source)
            wrong = evolve(denial, sources=source, codes=codes)
            instead = [wrong, evolve(denial, sources=rest)] if rest else [wrong]
            changed = replaced(denials, index, *instead)
            yield mutant_of(
                Kind.DENIAL_SWAPPED, f"{_entry(denial, source)}", denial.clause,
                f"refused with {', '.join(codes)} instead of {', '.join(denial.codes)}", denial.trigger,
                lambda changed=changed: planting.with_denials(changed),
            )  # fmt: skip


def _of_facts() -> Iterator[Mutant]:
    for index, known in enumerate(table.KNOWN):
        for name, instead in _dropped(known):
            changed = replaced(table.KNOWN, index, *instead)
            yield mutant_of(
                Kind.KNOWN_DROPPED, name, "5.12", "what is known is not recognised", known.trigger,
                lambda changed=changed: planting.with_known(changed),
            )  # fmt: skip
    for index, implied in enumerate(table.IMPLIED):
        for name, instead in _dropped(implied):
            fewer = replaced(table.IMPLIED, index, *instead)
            yield mutant_of(
                Kind.IMPLIED_DROPPED, name, "5.12", f"{implied.through.name} is not filled in", implied.trigger,
                lambda fewer=fewer: planting.with_implied(fewer),
            )  # fmt: skip
    for index, against in enumerate(table.CONTRADICTIONS):
        for name, instead in _dropped(against):
            less = replaced(table.CONTRADICTIONS, index, *instead)
            yield mutant_of(
                Kind.CONTRADICTION_DROPPED, name, against.clause, f"is not kept as {against.code}", against.trigger,
                lambda less=less: planting.with_contradictions(less),
            )  # fmt: skip
    yield from _of_facts_added()
    other = evolve(table.DIGITAL_GOODS, code=table.CONTRADICTIONS[0].code)
    yield mutant_of(
        Kind.CONTRADICTION_DROPPED, "digital goods", "B7", f"is kept as {other.code}", None,
        lambda: planting.with_digital_goods(other),
    )  # fmt: skip


def _of_facts_added() -> Iterator[Mutant]:
    """Each entry for one more state: the nearest in which its fact is answered otherwise, asked first of its kind."""
    moved = {(row.trigger, source) for row in table.ROWS for source in row.sources}
    implied = {(each.trigger, source) for each in table.IMPLIED for source in each.sources}
    known = {(each.trigger, source) for each in table.KNOWN if each.when is None for source in each.sources}
    for kind, entries, otherwise, plant in (
        (Kind.KNOWN_ADDED, table.KNOWN, moved | implied | known, planting.with_known),
        (Kind.IMPLIED_ADDED, table.IMPLIED, moved, planting.with_implied),
        (Kind.CONTRADICTION_ADDED, table.CONTRADICTIONS, moved | implied | known, planting.with_contradictions),
    ):
        some: Sequence[Any] = entries
        for entry in some:
            if getattr(entry, "when", None) and entry.sources == (State.REFUNDED,):
                continue  # the condition tells how goods were refunded: it holds of no others
            free = [each for each in State if (entry.trigger, each) not in otherwise and each not in entry.sources]
            for other in nearest(entry.sources, free, 1):
                more = [evolve(entry, sources=other), *some]
                clause = getattr(entry, "clause", "5.12")
                yield mutant_of(
                    kind, f"{other} beside {_entry(entry)}", clause, f"holds for {other} too", entry.trigger,
                    lambda plant=plant, more=more: plant(more),
                )  # fmt: skip


def _dropped(entry: Any) -> Iterator[tuple[str, list[Any]]]:
    """An entry without one of its sources; one that holds everywhere is dropped as a whole."""
    if entry.sources == tuple(State):
        yield _entry(entry), []
        return
    for source in entry.sources:
        rest = without(entry.sources, source)
        yield _entry(entry, source), [evolve(entry, sources=rest)] if rest else []


# --- refunds ---------------------------------------------------------------------------------------------


def _of_refunds() -> Iterator[Mutant]:
    rows = table.REFUND_ROWS
    answered = {(each.source, each.trigger) for each in rows} | table.REFUND_KNOWN | table.REFUND_IMPLIED.keys()
    for index, row in enumerate(rows):
        line = f"{row.source} on {row.trigger.name}"
        fewer = replaced(rows, index)
        yield mutant_of(
            Kind.REFUND_ROW_DROPPED, line, row.clause, "the row is not there", row.trigger,
            lambda fewer=fewer: planting.with_refund_rows(fewer),
        )  # fmt: skip
        for target in RefundState:
            if target is not row.target:
                wrong = replaced(rows, index, evolve(row, target=target))
                yield mutant_of(
                    Kind.REFUND_RETARGETED, f"{line} to {target}", row.clause, f"leads to {target}", row.trigger,
                    lambda wrong=wrong: planting.with_refund_rows(wrong),
                )  # fmt: skip
        for other in RefundState:
            if (other, row.trigger) not in answered:
                more = [*rows, evolve(row, source=other)]
                yield mutant_of(
                    Kind.REFUND_SOURCE_ADDED, f"{other} beside {line} to {row.target}", row.clause,
                    f"the row is there for {other} too", row.trigger, lambda more=more: planting.with_refund_rows(more),
                )  # fmt: skip
    for key in table.REFUND_IMPLIED:
        rest = {each: through for each, through in table.REFUND_IMPLIED.items() if each != key}
        line = f"{key[0]} on {key[1].name}"
        yield mutant_of(
            Kind.REFUND_IMPLIED_DROPPED, line, "5.12", "the skipped step is not filled in", key[1],
            lambda rest=rest: planting.with_refunds_implied(rest),
        )  # fmt: skip
    for known in sorted(table.REFUND_KNOWN, key=lambda each: (list(RefundState).index(each[0]), each[1].name)):
        less = table.REFUND_KNOWN - {known}
        line = f"{known[0]} on {known[1].name}"
        yield mutant_of(
            Kind.REFUND_KNOWN_DROPPED, line, "5.12", "what is known is not recognised", known[1],
            lambda less=less: planting.with_refunds_known(less),
        )  # fmt: skip


# --- effects ---------------------------------------------------------------------------------------------


def _of_effects() -> Iterator[Mutant]:
    for index, each in enumerate(CONSEQUENCES):
        fewer = replaced(CONSEQUENCES, index)
        yield mutant_of(
            Kind.EFFECT_DROPPED, each.name, "", "nobody is told", None,
            lambda fewer=fewer: planting.with_consequences(fewer),
        )  # fmt: skip
    for apart in (1, 2):
        for one, other in zip(CONSEQUENCES, CONSEQUENCES[apart:], strict=False):
            told = {one.name: other.tell, other.name: one.tell}
            swapped = [evolve(each, tell=told.get(each.name, each.tell)) for each in CONSEQUENCES]
            yield mutant_of(
                Kind.EFFECTS_SWAPPED, f"{one.name} and {other.name}", "", "each is told for the other", None,
                lambda swapped=swapped: planting.with_consequences(swapped),
            )  # fmt: skip


# --- functions -------------------------------------------------------------------------------------------

COMPARED = (choices, guards, deadlines, scene, amounts)
"""The modules whose comparisons are mistaken, of whatever kind."""

BOUNDED = (choosing, commanding, matching, paying)
"""Those of which only bounds are: the rest of what they compare tells cases apart."""

BOUNDS = ("<", "<=", ">", ">=")
"""Comparisons of times, amounts and quantities that are off by one when they are mistaken."""


def _of_functions() -> Iterator[Mutant]:
    uses: dict[Any, list[Row[Any]]] = {}
    for row in table.ROWS:
        for guard in row.guards:
            uses.setdefault(guard, []).append(row)
    for guard, rows in uses.items():
        if len(rows) > 1:
            clause = (guard.__doc__ or "").partition(":")[0]
            mutant = mutant_of(
                Kind.GUARD_DISABLED, guard.__name__, clause, "always holds", None,
                lambda guard=guard: planting.with_body(guard, _nothing),
            )  # fmt: skip
            yield evolve(mutant, triggers=frozenset(row.trigger for row in rows))
    for module in COMPARED:
        for each in planting.comparisons_of(module):
            yield _of_comparison(each)
    for module in BOUNDED:
        for each in planting.comparisons_of(module):
            if each.sign in BOUNDS:
                yield _of_comparison(each)


def _nothing(scene: Any, lot: Any) -> None:
    return None


def _of_comparison(each: Comparison) -> Mutant:
    module = each.module.__name__.rpartition(".")[2]
    line = f"{module}.{each.function} {each.number}: {each.left} {each.sign} {each.right}"
    kind = Kind.BOUND if each.sign in BOUNDS else Kind.COMPARISON
    return mutant_of(kind, line, "", f"{each.instead} instead of {each.sign}", None, each.changes)


# --- a host's own guards ---------------------------------------------------------------------------------


def _of_host_guards(host_guards: Sequence[HostGuard]) -> Iterator[Mutant]:
    for guard in host_guards:
        triggers = frozenset[Trigger](guard.on)
        for kind, says, holds in (
            (Kind.HOST_GUARD_DROPPED, "always holds", lambda scene, lot: True),
            (Kind.HOST_GUARD_NEGATED, "holds where it does not", negation(guard.holds)),
        ):
            changes = [Change(guard, "holds", holds)]
            mutant = mutant_of(kind, guard.code, "5.14", says, None, lambda changes=changes: changes)
            yield evolve(mutant, triggers=triggers)
        for command in guard.on if len(guard.on) > 1 else ():
            fewer: tuple[type[Command], ...] = tuple(each for each in guard.on if each is not command)
            less = [Change(guard, "on", fewer)]
            name = f"{guard.code} on {command.name}"
            yield mutant_of(Kind.HOST_COMMAND_DROPPED, name, "5.14", "is not asked", command, lambda less=less: less)


__all__ = ["BOUNDED", "COMPARED", "mutants"]
