"""The generated parts of the pages, by their names."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from attrs import fields

import orderfsm
from orderfsm.clauses import CLAUSES, READINGS, Clause
from orderfsm.diagrams import WHOLE, diagram
from orderfsm.messages import ANOMALIES, REFUSALS, Wordings
from orderfsm.policy import Policy, ReturnSchedule
from orderfsm.reasons import AnomalyCode, Code
from orderfsm.rows import name_of
from orderfsm.table import CONTRADICTIONS, DENIALS, ROWS
from orderfsm.tables import table_markdown
from tools.docs.proof_parts import claim, equivalent_table, mutant_table, scope_table

C = TypeVar("C", Code, AnomalyCode)

SOURCE = Path(orderfsm.__file__).parent


# --- the parts -------------------------------------------------------------------------------------------


def clause_table(prefix: str) -> str:
    """The clauses of one document."""
    return _clauses(clause for clause in CLAUSES.values() if clause.id.startswith(prefix))


def reading_table() -> str:
    """What the documents leave open, in a line each."""
    lines = ["| reading | in short | carried by |", "| --- | --- | --- |"]
    lines += [f"| [{each.id}](#{each.anchor}) | {each.rule} | {each.carried_by} |" for each in READINGS.values()]
    return "\n".join(lines)


def _clauses(some: Iterable[Clause]) -> str:
    lines = ["| clause | rule | carried by |", "| --- | --- | --- |"]
    for clause in some:
        lines.append(f'| <a id="{clause.anchor}"></a>{clause.id} | {clause.rule} | {clause.carried_by} |')
    return "\n".join(lines)


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


def cited(code: Code | AnomalyCode) -> list[str]:
    """The clauses under which a code is given: by the table, and by the guards and judges in the source."""
    found = {entry.clause for entry in DENIALS if code in entry.codes and isinstance(code, Code)}
    if isinstance(code, AnomalyCode):
        found |= {entry.clause for entry in CONTRADICTIONS if entry.code is code}
        found |= {row.clause for row in ROWS if row.anomaly is code}
    name = f"{type(code).__name__}.{code.name}"
    pattern = re.compile(rf'\b{re.escape(name)}\b(?: if [^\n]*)?,\s*"([AB]\d+|5\.\d+)"')
    for path in SOURCE.glob("*.py"):
        found |= set(pattern.findall(path.read_text("utf-8")))
    found |= _CITED_ELSEWHERE.get(code, set()) if isinstance(code, Code) else _ANOMALY_ELSEWHERE.get(code, set())
    order = [*CLAUSES, *READINGS]
    return sorted(found, key=order.index)


_CITED_ELSEWHERE: dict[Code, set[str]] = {
    Code.CONFLICTING_ID: {"5.11"},
    Code.EXCEEDS_TERMS: {"A16"},
    Code.EXCEEDS_PAID: {"A16", "A19"},
}
_ANOMALY_ELSEWHERE: dict[AnomalyCode, set[str]] = {
    AnomalyCode.CONFLICTING_ID: {"5.11"},
    AnomalyCode.UNKNOWN_ORDER: {"A10"},
    AnomalyCode.NOTHING_FITS: {"B9"},
    AnomalyCode.DIGITAL_GOODS: {"B7"},
}


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


def table() -> str:
    """The table, one heading level deeper than it stands alone."""
    _, text = table_markdown().split("\n", 1)
    return re.sub(r"^#", "##", text.strip(), flags=re.M)


def whole_lifecycle() -> str:
    """The whole lifecycle in Mermaid, for the README: the site has pictures of its own."""
    return f"```mermaid\n{diagram(part=WHOLE)}```"


PARTS_BY_NAME: dict[str, Callable[[], str]] = {
    "clauses A": lambda: clause_table("A"),
    "clauses B": lambda: clause_table("B"),
    "readings": reading_table,
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
