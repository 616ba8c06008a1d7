"""The tutorial: what it shows is run, and prints what it says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from orderfsm.cli import main

DOCS = Path(__file__).parents[2] / "docs"
FIRST_ORDER = DOCS / "tutorial" / "first-order.md"


def blocks(page: Path) -> list[tuple[str, str]]:
    """The blocks of a page, each with its language, in order."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", page.read_text("utf-8"), flags=re.M | re.S)


def run(file: Path) -> str:
    """What a file prints that a reader has typed."""
    command = [sys.executable, "-W", "error", file.name]
    done = subprocess.run(command, cwd=file.parent, capture_output=True, text=True, check=False, timeout=60)
    assert (0, "") == (done.returncode, done.stderr)
    return done.stdout


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, in which the commands run."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def command(block: str) -> list[str]:
    """The arguments of the one command in a block of the shell."""
    (line,) = block.splitlines()
    program, *arguments = line.split()
    assert ".venv/bin/orderfsm" == program
    return arguments


def test_the_first_order_goes_as_the_page_says(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Block by block it prints what the page says, and the whole file prints it as well, each time that it is run."""
    names: dict[str, object] = {}
    whole, said, commands = "", "", []
    for language, block in blocks(FIRST_ORDER):
        if language == "python":
            exec(compile(block, "first_order.py", "exec"), names)
            whole += block + "\n"
        elif language == "sh" and "orderfsm " in block:
            commands.append(command(block))
            capfd.readouterr()
            assert 0 == main(commands[-1])
            if "migrate" in block:
                capfd.readouterr()
        elif language == "text":
            assert block == capfd.readouterr().out
            said += "" if block.startswith("Order 1001") else block
    assert ["migrate", "show"] == [arguments[0] for arguments in commands]
    (folder / "first_order.py").write_text(whole, "utf-8")
    assert [said, said] == [run(folder / "first_order.py") for _ in range(2)]
