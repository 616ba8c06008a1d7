"""Which clauses things cite: their own field, the first words of what they say of themselves, or the source."""

import ast
import re
from functools import cache, lru_cache
from pathlib import Path

from attrs import frozen

import orderfsm
from orderfsm.clauses import CLAUSES, READINGS
from orderfsm.reasons import AnomalyCode, Code
from orderfsm.table import CONTRADICTIONS, DENIALS, ROWS
from tools.docs import ROOT

SOURCE = Path(orderfsm.__file__).parent
NUMBERS = (*CLAUSES, *READINGS)
QUOTED = re.compile(r"(?<!\[)`([^`]+)`(?!\])")
"""A name within a sentence, that is no link yet."""

_CLAUSE = re.compile(r"\b([AB]\d{1,2}|5\.\d{1,2})\b")
_RANGE = re.compile(r"\b([AB])(\d{1,2}) to \1(\d{1,2})\b")


def ordered(numbers: set[str]) -> list[str]:
    """Clauses in the order of the policy page."""
    return sorted(numbers, key=NUMBERS.index)


def mentioned(text: str | None) -> set[str]:
    """The clauses that a text names, ranges such as ``A10 to A16`` among them."""
    found = set(_CLAUSE.findall(text or ""))
    for letter, first, last in _RANGE.findall(text or ""):
        found |= {f"{letter}{number}" for number in range(int(first), int(last) + 1)}
    return found & set(NUMBERS)


@lru_cache(maxsize=None, typed=True)  # a refusal and an anomaly of one name are equal to each other
def cited(code: Code | AnomalyCode) -> tuple[str, ...]:
    """The clauses under which a code is given: by the table, and by the guards and judges in the source."""
    found = {entry.clause for entry in DENIALS if isinstance(code, Code) and code in entry.codes}
    if isinstance(code, AnomalyCode):
        found |= {entry.clause for entry in CONTRADICTIONS if entry.code is code}
        found |= {row.clause for row in ROWS if row.anomaly is code}
    name = f"{type(code).__name__}.{code.name}"
    pattern = re.compile(rf'\b{re.escape(name)}\b(?: if [^\n]*)?,\s*"([AB]\d+|5\.\d+)"')
    for text in _sources():
        found |= set(pattern.findall(text))
    found |= _CITED_ELSEWHERE.get(code, set()) if isinstance(code, Code) else _ANOMALY_ELSEWHERE.get(code, set())
    return tuple(ordered(found))


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


@cache
def _sources() -> tuple[str, ...]:
    return tuple(path.read_text("utf-8") for path in sorted(SOURCE.glob("*.py")))


@frozen
class Tested:
    """One test of the policy: where it is, what its name and its first sentence say, and what it is about."""

    file: str
    name: str
    sentence: str
    clauses: frozenset[str]

    @property
    def behaviour(self) -> str:
        """What its name says, without the clause."""
        words = re.sub(r"^test_([ab]\d+_|5_\d+_|\d_)?", "", self.name).replace("_", " ")
        return words[0].upper() + words[1:]


@cache
def policy_tests() -> tuple[Tested, ...]:
    """All tests in ``tests/policy``; each is about the clause in its name and those that its docstring names."""
    found: list[Tested] = []
    for path in sorted((ROOT / "tests" / "policy").glob("test_*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                sentence = (ast.get_docstring(node) or "").split("\n\n")[0].replace("\n", " ")
                named = re.match(r"test_([ab]\d+|5_\d+)_", node.name)
                clauses = mentioned(sentence) | ({named[1].upper().replace("_", ".")} if named else set())
                found.append(Tested(path.relative_to(ROOT).as_posix(), node.name, sentence, frozenset(clauses)))
    return tuple(found)
