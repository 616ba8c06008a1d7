"""The generated parts of the pages, by their names."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from attrs import fields

import orderfsm
from orderfsm.clauses import CLAUSES, READINGS
from orderfsm.diagrams import WHOLE, diagram
from orderfsm.messages import ANOMALIES, REFUSALS, Wordings
from orderfsm.policy import Policy, ReturnSchedule
from orderfsm.reasons import AnomalyCode, Code
from orderfsm.rows import name_of
from orderfsm.table import CONTRADICTIONS, DENIALS, ROWS
from tools.docs.citations import cited
from tools.docs.clause_parts import carried, clauses, readings, table, tests_by_clause
from tools.docs.proof_parts import claim, equivalent_table, mutant_table, scope_table

C = TypeVar("C", Code, AnomalyCode)

SOURCE = Path(orderfsm.__file__).parent


# --- the parts -------------------------------------------------------------------------------------------


def policy_values() -> str:
    """Every number and switch of the policy with its default."""
    default = Policy()
    lines = ["| value | default | clause | meaning |", "| --- | --- | --- | --- |"]
    for each in fields(Policy):
        if each.name != "returns":
            lines.append(_value(each.name, getattr(default, each.name), each.metadata))
    for each in fields(ReturnSchedule):
        lines.append(_value(f"returns.{each.name}", getattr(default.returns, each.name), each.metadata))
    return "\n".join(lines)


def _value(name: str, value: object, metadata: Mapping[str, str]) -> str:
    clause, meaning = metadata["clause"], metadata["meaning"]
    return f"| `{name}` | {_shown(value)} | [{clause}](#{clause.lower()}) | {meaning} |"


def _shown(value: object) -> str:
    match value:
        case timedelta():
            hours = value // timedelta(hours=1)
            return f"{hours // 24} days" if hours >= 72 else f"{hours} hours"
        case bool():
            return "yes" if value else "no"
        case frozenset():
            return ", ".join(f"`{word}`" for word in sorted(value)) or "none"
        case dict():
            return "none" if not value else str(value)
        case str():
            return f"“{value}”"
        case _:
            return str(value)


def codes(kind: type[C], wordings: Mapping[C, Wordings]) -> str:
    """A heading for every code, which is its anchor."""
    parts: list[str] = []
    for code in kind:
        some = wordings[code]
        lines = [f"### {code.value if kind is Code else f'anomaly {code.value}'}", ""]
        lines.append(some[-1])
        lines.append("")
        lines += [f"- Clauses: {', '.join(_linked(clause) for clause in cited(code))}."]
        facts = list(dict.fromkeys(name for each in some for name in re.findall(r"{(\w+)}", each)))
        if facts:
            lines.append(f"- Facts in its sentence: {', '.join(f'`{name}`' for name in facts)}.")
        if told := told_by(code):
            lines.append(f"- The table gives it for: {', '.join(f'`{name}`' for name in told)}.")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def told_by(code: Code | AnomalyCode) -> list[str]:
    """The inputs for which the table answers with a code."""
    if isinstance(code, Code):
        return list(dict.fromkeys(entry.trigger.name for entry in DENIALS if code in entry.codes))
    found = [entry.trigger.name for entry in CONTRADICTIONS if entry.code is code]
    found += [name_of(row.trigger) for row in ROWS if row.anomaly is code]
    return list(dict.fromkeys(found))


def _linked(clause: str) -> str:
    known = CLAUSES.get(clause) or READINGS[clause]
    return f"[{clause}](../policy.md#{known.anchor})"


def whole_lifecycle() -> str:
    """The whole lifecycle in Mermaid, for the README: the site has pictures of its own."""
    return f"```mermaid\n{diagram(part=WHOLE)}```"


PARTS_BY_NAME: dict[str, Callable[[], str]] = {
    "clauses A": lambda: clauses("A"),
    "clauses B": lambda: clauses("B"),
    "readings": readings,
    "tests": tests_by_clause,
    **{f"carriers {number}": partial(carried, number) for number in READINGS},
    "policy values": policy_values,
    "table": table,
    "refusal codes": lambda: codes(Code, REFUSALS),
    "claim": claim,
    "mutants": mutant_table,
    "equivalent mutants": equivalent_table,
    "scopes": scope_table,
    "anomaly codes": lambda: codes(AnomalyCode, ANOMALIES),
    "diagram whole": whole_lifecycle,
}
