"""The generated parts about clauses: each with all that carries it, the table that points back, and the tests."""

import re
from collections.abc import Iterable
from typing import Any

from orderfsm.clauses import CLAUSES, READINGS, Clause
from orderfsm.reasons import AnomalyCode, Code
from orderfsm.rows import Contradiction, Denial, RefundRow, Row, name_of
from orderfsm.states import State
from orderfsm.tables import table_markdown
from tools.docs import anchors
from tools.docs.anchors import Anchor
from tools.docs.linking import Linked
from tools.docs.policy.carriers import NO_RULE, carriers, readings_of
from tools.docs.policy.citations import NUMBERS, Tested, policy_tests

POLICY = Linked("policy")
TESTS = "reference/tests"


def clauses(document: str) -> str:
    """Every clause of one document, each under its number."""
    some = [clause for clause in CLAUSES.values() if clause.id.startswith(document)]
    return "\n\n".join(f"#### {clause.id}\n\n{clause.rule}\n\n{_carried(clause)}" for clause in some)


def readings() -> str:
    """What the documents leave open, in a line each, and for which clauses."""
    lines = ["| reading | in short | settles |", "| --- | --- | --- |"]
    for each in READINGS.values():
        settles = ", ".join(POLICY.clause(number) for number in each.reads) or "what neither document speaks of"
        lines.append(f"| {POLICY.clause(each.id)} | {each.rule} | {settles} |")
    return "\n".join(lines)


def carried(reading: str) -> str:
    """What carries one reading."""
    return _carried(READINGS[reading])


def table() -> str:
    """The table, one heading level deeper than it stands alone, every name with its link."""
    _, text = table_markdown(POLICY).split("\n", 1)
    return re.sub(r"^#", "##", text.strip(), flags=re.M)


def tests_by_clause() -> str:
    """The tests of the policy under each clause, in the words of their names and docstrings."""
    parts: list[str] = []
    for number in NUMBERS:
        if some := carriers(number).tests:
            known = CLAUSES.get(number) or READINGS[number]
            link = anchors.clause(number).link(number, of=TESTS)
            parts.append(f'## <a id="{_tests(number).id}"></a>{link} {known.rule}\n\n{_listed(some)}')
    others = [each for each in policy_tests() if not each.clauses]
    parts.append(f"## Of the policy in general\n\n{_listed(others)}")
    return "\n\n".join(parts)


# --- one clause ------------------------------------------------------------------------------------------


def _carried(clause: Clause) -> str:
    if clause.id in NO_RULE:
        return f"- Carried by {clause.carried_by}."
    all_of_it = carriers(clause.id)
    kinds = {
        "Settles": [POLICY.clause(number) for number in clause.reads],
        "Readings": [f"{POLICY.clause(number)} {READINGS[number].rule}" for number in readings_of(clause.id)],
        "Carried by": [POLICY.sentence(clause.carried_by)],
        "Rows": [_row(row) for row in all_of_it.rows],
        "Refused where no row is chosen": _together(all_of_it.refusals),
        "Kept as an anomaly where no row is chosen": _together(all_of_it.contradictions),
        "Conditions and guards": [POLICY.condition(each) for each in all_of_it.conditions],
        "Refusal codes": [POLICY.code(each) for each in all_of_it.codes if isinstance(each, Code)],
        "Anomaly codes": [POLICY.code(each) for each in all_of_it.codes if isinstance(each, AnomalyCode)],
        "Policy values": [anchors.value(name).link(f"`{name}`", of="policy") for name in all_of_it.values],
        "Effects": [anchors.effect(each).link(f"`{each.__name__}`", of="policy") for each in all_of_it.effects],
        "Tests": [_tests(clause.id).link(_counted(all_of_it.tests), of="policy")],
    }
    return "\n".join(_item(kind, items) for kind, items in kinds.items() if items)


def _item(kind: str, items: list[str]) -> str:
    """What is long stands on a line of its own."""
    if kind in ("Readings", "Rows"):
        return "\n".join([f"- {kind}:", *(f"  - {item}" for item in items)])
    return f"- {kind}: {', '.join(items)}."


def _row(row: Row[Any] | RefundRow) -> str:
    if isinstance(row, RefundRow):
        move = f"refund `{row.source}` → `{row.target}`"
    elif row.target is None:
        move = f"{_sources(row.sources)}, noted"
    else:
        move = f"{_sources(row.sources)} → `{row.target}`"
    on = name_of(row.trigger)
    when = f" when `{row.when.__name__}`" if isinstance(row, Row) and row.when else ""
    return f"{anchors.line(row).link(f'`{on}`', of='policy')}: {move}{when}"


def _sources(states: tuple[State, ...]) -> str:
    return f"`{states[0]}`" if len(states) == 1 else f"{len(states)} states"


def _together(entries: Iterable[Denial | Contradiction]) -> list[str]:
    """Lines of the table about one input stand together; each of its states leads to its line."""
    found: dict[str, list[str]] = {}
    for entry in entries:
        at = f"`{entry.sources[0]}`" if len(entry.sources) == 1 else f"{len(entry.sources)} states"
        found.setdefault(entry.trigger.name, []).append(anchors.line(entry).link(at, of="policy"))
    return [f"`{name}` in {' · '.join(places)}" for name, places in found.items()]


# --- tests -----------------------------------------------------------------------------------------------


def _tests(number: str) -> Anchor:
    return Anchor(TESTS, f"tests-{anchors.clause(number).id}")


def _counted(tests: tuple[Tested, ...]) -> str:
    return f"{len(tests)} tests" if len(tests) > 1 else "one test"


def _listed(tests: Iterable[Tested]) -> str:
    return "\n".join(f'- [{each.behaviour}](../../{each.file} "{each.name}"): {each.sentence}' for each in tests)
