"""What carries each clause: everything that cites it, and every test that is about it."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from attrs import fields, frozen

from orderfsm.clauses import CLAUSES, READINGS
from orderfsm.effects import EFFECTS, Effect
from orderfsm.policy import Policy, ReturnSchedule
from orderfsm.reasons import AnomalyCode, Code
from orderfsm.rows import Contradiction, Denial, RefundRow, Row
from orderfsm.table import CONTRADICTIONS, DENIALS, KNOWN, REFUND_ROWS, ROWS
from tools.docs.policy.citations import Tested, cited, mentioned, policy_tests

NO_RULE = frozenset({"A17"})
"""Clauses that bind nobody: nothing can carry them."""

Condition = Callable[..., object]


@frozen
class Carriers:
    """Everything that cites one clause."""

    rows: tuple[Row[Any] | RefundRow, ...]
    refusals: tuple[Denial, ...]
    contradictions: tuple[Contradiction, ...]
    conditions: tuple[Condition, ...]
    codes: tuple[Code | AnomalyCode, ...]
    values: tuple[str, ...]
    effects: tuple[type[Effect], ...]
    tests: tuple[Tested, ...]


@cache
def carriers(number: str) -> Carriers:
    """What carries the clause or reading `number`."""
    return Carriers(
        rows=(
            *(each for each in ROWS if each.clause == number),
            *(each for each in REFUND_ROWS if each.clause == number),
        ),
        refusals=tuple(each for each in DENIALS if each.clause == number),
        contradictions=tuple(each for each in CONTRADICTIONS if each.clause == number),
        conditions=tuple(each for each in all_conditions() if number in mentioned(each.__doc__)),
        codes=tuple(each for each in (*Code, *AnomalyCode) if number in cited(each)),
        values=tuple(name for name, clause in policy_values().items() if clause == number),
        effects=tuple(each for each in EFFECTS if number in mentioned(each.__doc__)),
        tests=tuple(each for each in policy_tests() if number in each.clauses),
    )


def readings_of(number: str) -> list[str]:
    """The readings that settle what a clause leaves open."""
    return [reading.id for reading in READINGS.values() if number in reading.reads]


@cache
def all_conditions() -> tuple[Condition, ...]:
    """Every condition and guard of the table, once, in the order of the table."""
    found: dict[str, Condition] = {}
    for each in _of_all_lines():
        found.setdefault(each.__name__, each)
    return tuple(found.values())


def _of_all_lines() -> Iterable[Condition]:
    for row in ROWS:
        yield from (each for each in (row.when, *row.guards) if each is not None)
    for entries in (DENIALS, KNOWN, CONTRADICTIONS):
        yield from (entry.when for entry in entries if entry.when is not None)


@cache
def policy_values() -> Mapping[str, str]:
    """Every number and switch of the policy, with its clause."""
    own = {each.name: each.metadata["clause"] for each in fields(Policy) if each.name != "returns"}
    schedule = {f"returns.{each.name}": each.metadata["clause"] for each in fields(ReturnSchedule)}
    return own | schedule


def uncarried() -> list[str]:
    """Clauses and readings that nothing carries, or that no test is about, and why."""
    return [
        f"{number}: {fault}" for number in (*CLAUSES, *READINGS) if number not in NO_RULE for fault in _faults(number)
    ]


def _faults(number: str) -> Iterable[str]:
    known = CLAUSES.get(number) or READINGS[number]
    if not carriers(number).tests:
        yield "no test is about it"
    if not known.carried_by:
        yield "nothing is said to carry it"
