"""CrossHair on the contracts of money: which hold on every path of the code, for all numbers within their bounds.

CrossHair is a tool of development and no requirement; where it is not installed these tests are skipped.
"""

import os
import re
import subprocess
import sys
from ast import FunctionDef, parse, unparse
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.proof import contracts

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        find_spec("crosshair") is None,
        reason="CrossHair is missing, so no contract of money is confirmed: pip install crosshair-tool",
    ),
]

CONFIRMED = "Confirmed over all paths."

LIMITS = ("--per_condition_timeout", "30", "--per_path_timeout", "15")
"""No contract needs more than ten seconds; the limits leave room for a slow machine."""

ALONE = ("allocate_over_two", "largest_remainder_over_three")
"""Contracts with weights that are multiplied by amounts: after many others in one process the solver may get lost."""

_MESSAGE = re.compile(r"^.*?:(?P<line>\d+): \w+: (?P<message>.*)$", re.MULTILINE)


def verdicts(source: Path, *targets: str) -> dict[str, str]:
    """What CrossHair says of some functions of a file."""
    command = [sys.executable, "-m", "crosshair", "check", "--analysis_kind=asserts", "--report_all", *LIMITS, *targets]
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join(path for path in [os.getcwd(), *sys.path] if path),
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr  # 1: there are counterexamples
    functions = [node for node in parse(source.read_text()).body if isinstance(node, FunctionDef)]
    found: dict[str, str] = {}
    for match in _MESSAGE.finditer(done.stdout):
        line = int(match["line"])
        [name] = [each.name for each in functions if each.lineno <= line <= (each.end_lineno or line)]
        found[name] = match["message"]
    return found


def test_crosshair_confirms_the_contracts_over_all_paths() -> None:
    """No numbers within its bounds break a contract, on any path of the code."""
    source, names = Path(contracts.__file__), [contract.__name__ for contract in contracts.CONTRACTS]
    found: dict[str, str] = {}
    for some in ([name for name in names if name not in ALONE], *([name] for name in ALONE)):
        found |= verdicts(source, *(f"tests.proof.contracts.{name}" for name in some))
    assert dict.fromkeys(names, CONFIRMED) == found


BROKEN = '''
from orderfsm.money import allocate, half_up


def thirds_are_rounded_down(amount: int) -> None:
    """Wrong for two in three amounts."""
    assert 0 <= amount
    assert 3 * half_up(amount, 1, 3) <= amount


def the_first_part_is_the_larger(total: int, a: int, b: int) -> None:
    """Wrong where the first weight is the smaller."""
    assert 0 <= a and 0 <= b and 0 <= total <= a + b
    one, other = allocate(total, [a, b], [a, b])
    assert one >= other
'''


def test_crosshair_finds_numbers_that_break_a_contract(tmp_path: Path) -> None:
    """A contract that does not hold is answered with numbers for which it does not."""
    source = tmp_path / "broken_contracts.py"
    source.write_text(BROKEN)
    found = verdicts(source, str(source))
    assert {"thirds_are_rounded_down", "the_first_part_is_the_larger"} == set(found)
    for name, verdict in found.items():
        assert f"when calling {name}(" in verdict


def test_every_contract_is_in_the_list() -> None:
    """No contract is written and then forgotten."""
    functions = [node for node in parse(Path(contracts.__file__).read_text()).body if isinstance(node, FunctionDef)]
    public = {
        each.name
        for each in functions
        if not each.name.startswith("_") and all(unparse(arg.annotation or arg) == "int" for arg in each.args.args)
    }
    assert public == {contract.__name__ for contract in contracts.CONTRACTS}
