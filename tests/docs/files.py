"""The pages whose files are run: their blocks, and a folder to run them in."""

import re
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def blocks(page: Path) -> list[tuple[str, str]]:
    """The blocks of a page, each with its language, in order."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", page.read_text("utf-8"), flags=re.M | re.S)


def write_files(page: Path, folder: Path) -> None:
    """Write the Python blocks of a page, indented or not, into files by the names on their first lines."""
    found = re.findall(r"^( *)```python\n(.*?)^ *```$", page.read_text("utf-8"), flags=re.M | re.S)
    assert found
    for indent, block in found:
        text = "".join(line.removeprefix(indent) for line in block.splitlines(keepends=True))
        name = re.match(r"# (\w+\.py)\n", text)
        assert name, "a block does not say its file"
        (folder / name[1]).write_text(text, "utf-8")


def run(file: Path) -> str:
    """What a file prints that a reader has typed."""
    command = [sys.executable, "-W", "error", file.name]
    done = subprocess.run(command, cwd=file.parent, capture_output=True, text=True, check=False, timeout=60)
    assert (0, "") == (done.returncode, done.stderr)
    return done.stdout
