"""Walking a how-to page: what it shows is written, changed and run, in the order in which it stands there.

A block of a page that begins with ``# name`` is a file. A ``diff`` block begins with the file that it changes.
In a ``console`` block what follows ``$`` is run, and has to print what follows it. ``…`` stands for anything
that is left out: in a line, there or in a line that a change leaves as it is; and in a console for whole lines.
All other blocks are for people, or are run elsewhere.
"""

import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).parents[2]
HOW_TO = ROOT / "docs/how-to"

BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.M | re.S)
FILE = re.compile(r"# ([\w./-]+\.\w+)\n")
WITHOUT_COMMENTS = frozenset({".csv", ".jsonl"})
"""Formats in which the line with the name is not part of the file."""


@frozen
class Block:
    """A fenced block of a page: its language and its text, as it stands there."""

    language: str
    text: str


def blocks_of(page: str) -> Iterator[Block]:
    """The blocks of a how-to page, from its first line to its last."""
    for indent, language, text in BLOCK.findall((HOW_TO / f"{page}.md").read_text("utf-8")):
        yield Block(language, re.sub(rf"^{indent}", "", text, flags=re.M))


def walk(page: str, folder: Path, variables: Mapping[str, str] | None = None) -> None:
    """Do in `folder` what the page says, and compare what it shows with what is printed."""
    for block in blocks_of(page):
        named = FILE.match(block.text)
        if block.language == "console":
            for command, shown in commands_of(block.text):
                printed = run(command, folder, variables or {})
                assert re.fullmatch(pattern(shown), printed), f"$ {command}\n{printed}\ninstead of\n{shown}"
        elif block.language == "diff":
            assert named, "a change does not say its file"
            file = folder / named[1]
            file.write_text(changed(file.read_text("utf-8"), block.text[named.end() :]), "utf-8")
        elif named:
            file = folder / named[1]
            file.write_text(block.text[named.end() :] if file.suffix in WITHOUT_COMMENTS else block.text, "utf-8")


def commands_of(text: str) -> Iterator[tuple[str, str]]:
    """The commands of a console, each with what it prints."""
    assert text.startswith("$ "), "a console does not begin with a command"
    for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown


def run(command: str, folder: Path, variables: Mapping[str, str]) -> str:
    """What a command prints in a shell, whatever its exit status."""
    programs = os.pathsep.join([sysconfig.get_path("scripts"), str(Path(sys.executable).parent), os.environ["PATH"]])
    surroundings = {"COLUMNS": "100", "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8", "PATH": programs}
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env={**os.environ, **surroundings, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    return done.stdout


def pattern(shown: str) -> str:
    """An expression for what is printed where this is shown."""
    parts = ["(?:.*\n)*" if line == "…\n" else re.escape(line).replace("…", ".*") for line in shown.splitlines(True)]
    return "".join(parts)


def changed(text: str, change: str) -> str:
    """The text of a file after a change: every part of it has to fit in exactly one place."""
    for part in re.split(r"^@@\n", change, flags=re.M):
        lines = [in_full(line, text) for line in part.splitlines()]
        old = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("+"))
        new = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("-"))
        assert 1 == text.count(old), f"fits in {text.count(old)} places:\n{old}"
        text = text.replace(old, new)
    return text


def in_full(line: str, text: str) -> str:
    """A line that stays as it is, with what the page leaves out of it."""
    if not line.startswith(" ") or "…" not in line:
        return line
    found = re.findall(f"^{pattern(line[1:])}$", text, flags=re.M)
    assert 1 == len(found), f"fits in {len(found)} places:\n{line}"
    return f" {found[0]}"
