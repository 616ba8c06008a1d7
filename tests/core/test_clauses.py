"""The clauses are complete, and what cites them cites one that exists."""

import re
from pathlib import Path

import orderfsm
from orderfsm.clauses import CLAUSES, READINGS

SOURCE = Path(orderfsm.__file__).parent


def test_every_clause_is_there() -> None:
    """A1 to A19, B1 to B22, readings 5.1 to 5.15."""
    expected = [*(f"A{n}" for n in range(1, 20)), *(f"B{n}" for n in range(1, 23))]
    assert expected == list(CLAUSES)
    assert [f"5.{n}" for n in range(1, 16)] == list(READINGS)


def test_every_clause_says_what_it_is_and_what_carries_it() -> None:
    """Nothing is left empty, and every rule is a sentence."""
    for clause in (*CLAUSES.values(), *READINGS.values()):
        assert clause.rule.endswith(".") and clause.carried_by, clause


def test_what_the_code_cites_exists() -> None:
    """Docstrings and comments cite clauses by number; a typing error must not point nowhere."""
    for path in SOURCE.glob("*.py"):
        for cited in re.findall(r"\b[AB]\d+\b", path.read_text("utf-8")):
            assert cited in CLAUSES, f"{path.name}: {cited}"
        for cited in re.findall(r"policy (5\.\d+)", path.read_text("utf-8")):
            assert cited in READINGS, f"{path.name}: {cited}"
