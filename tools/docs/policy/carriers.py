"""What carries each clause: everything that cites it, and every test that is about it."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from attrs import fields, frozen

import orderfsm
import orderfsm.rows
import orderfsm.table
from orderfsm.clauses import CLAUSES, READINGS
from orderfsm.decisions import Accepted
from orderfsm.effects import EFFECTS, Effect, Topic
from orderfsm.events import Event, Waiting
from orderfsm.inputs import INPUTS, Item
from orderfsm.order import Cause, Refund
from orderfsm.policy import Policy, ReturnSchedule
from orderfsm.reasons import AnomalyCode, Code, Step
from orderfsm.rows import Contradiction, Denial, RefundRow, Row
from orderfsm.selections import ALL
from orderfsm.states import RefundState, State
from orderfsm.table import CONTRADICTIONS, DENIALS, KNOWN, REFUND_ROWS, ROWS
from tools.docs.policy.citations import QUOTED, Tested, cited, mentioned, policy_tests

NO_RULE = frozenset({"A17"})
"""Clauses that bind nobody: nothing can carry them."""

BY_FORM = frozenset({"B8", "B13"})
"""Clauses that the form of every input keeps: it is about one order, and holds as a whole or not at all."""

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
    all_of_it = carriers(number)
    if not all_of_it.tests:
        yield "no test is about it"
    names = QUOTED.findall(known.carried_by)
    yield from (f"it names `{name}`, which there is not" for name in names if not exists(name))
    parts = (getattr(all_of_it, each.name) for each in fields(Carriers) if each.name != "tests")
    if not any(parts) and not names and number not in BY_FORM:
        yield "nothing in the library carries it"


def exists(name: str) -> bool:
    """Whether a quoted name is one of the library: of a thing with an entry, or of a part of the public interface."""
    plain = re.sub(r"\(.*\)", "", name).strip('"')
    if " → " in plain:
        return all(exists(each) for each in plain.split(" → "))
    if plain.startswith("orderfsm."):
        module, _, last = plain.rpartition(".")
        return find_spec(plain) is not None if module == "orderfsm" else hasattr(import_module(module), last)
    owners = (orderfsm, orderfsm.OrderMachine, orderfsm.table, orderfsm.rows)
    words = {*Step, *Topic, *Cause, ALL}
    held = {each.name for kind in (*INPUTS, Item, Refund, Accepted, Policy) for each in fields(kind)}
    known = {*(each.name for each in INPUTS), *Event, *Waiting, *State, *RefundState, *Code, *AnomalyCode}
    functions = {each.__name__ for each in all_conditions()} | {each.__name__ for each in EFFECTS}
    return plain in words | held | known | functions or any(hasattr(each, plain) for each in owners)
