"""The tutorial and the page about buttons: what they show is run, and prints what it says."""

from pathlib import Path

import pytest

from orderfsm.cli import main
from tests.docs.files import DOCS, blocks, run

FIRST_ORDER = DOCS / "tutorial" / "first-order.md"


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
