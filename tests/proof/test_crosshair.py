"""CrossHair on the contracts of money: which hold on every path of the code, for all numbers within their bounds.

CrossHair is a tool of development and no requirement; where it is not installed these tests are skipped.
"""

import os
import re
import subprocess
import sys
from ast import FunctionDef, parse, unparse
from collections.abc import Iterable
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
NOT_CONFIRMED = "Not confirmed."

CONFIRM = ("--per_condition_timeout", "20", "--per_path_timeout", "10")
"""No contract that is confirmed needs more than a few seconds; the limits leave room for a busy machine."""

SEARCH = ("--per_condition_timeout", "1")
"""What cannot be decided is searched for a second."""

_MESSAGE = re.compile(r"^.*?:(?P<line>\d+): \w+: (?P<message>.*)$", re.MULTILINE)


def started(targets: Iterable[str], limits: Iterable[str]) -> subprocess.Popen[str]:
    """CrossHair on some functions."""
    command = [sys.executable, "-m", "crosshair", "check", "--analysis_kind=asserts", "--report_all"]
    command += [*limits, *targets]
    paths = os.pathsep.join(path for path in [os.getcwd(), *sys.path] if path)
    environment = {**os.environ, "PYTHONPATH": paths}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def verdicts(source: Path, *running: subprocess.Popen[str]) -> dict[str, str]:
    """What CrossHair says of each function of a file."""
    functions = [node for node in parse(source.read_text()).body if isinstance(node, FunctionDef)]
    found: dict[str, str] = {}
    for process in running:
        said, complaints = process.communicate()
        assert process.returncode in (0, 1), complaints  # 1: there are counterexamples
        for match in _MESSAGE.finditer(said):
            line = int(match["line"])
            [name] = [each.name for each in functions if each.lineno <= line <= (each.end_lineno or line)]
            found[name] = match["message"]
    return found


def test_crosshair_confirms_the_contracts_over_all_paths() -> None:
    """All contracts hold on every path; of those that cannot be decided no counterexample is found in time."""
    names = {contract.__name__ for contract in contracts.CONTRACTS}
    running = [
        started([f"tests.proof.contracts.{name}" for name in sorted(some)], limits)
        for some, limits in ((names - contracts.SEARCHED, CONFIRM), (contracts.SEARCHED, SEARCH))
    ]
    found = verdicts(Path(contracts.__file__), *running)
    assert dict.fromkeys(names - contracts.SEARCHED, CONFIRMED) == {
        name: verdict for name, verdict in found.items() if name not in contracts.SEARCHED
    }
    assert {NOT_CONFIRMED} == {found[name] for name in contracts.SEARCHED}


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
    found = verdicts(source, started([str(source)], CONFIRM))
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
    assert public >= contracts.SEARCHED
