"""Runs Spin on the model `core.pml` and reads what it found.

What is counted, and how Spin's figures become these, is said at the head of the model.
"""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import frozen

MODEL = Path(__file__).with_name("core.pml")

Goods = tuple[str, ...]
"""What is compared of an order: a word for each line."""

_PHASES = {"none": "", "requested": ".cancel_requested", "confirming": ".cancel_confirming"}
_ASKS = {"unasked": "", "open": " open", "confirmed": " confirmed"}
_WHOLE_ORDER = "-1"
_LINES = "ABCD"


@frozen
class Scope:
    """Which order: for each line the number of its bundle, 0 for none."""

    name: str
    bundles: tuple[int, ...]

    @property
    def lines(self) -> str:
        """The ids of the lines, one letter each."""
        return _LINES[: len(self.bundles)]

    @property
    def defines(self) -> list[str]:
        """The scope as the model is told."""
        bundles = [f"-D{line}={bundle}" for line, bundle in zip(self.lines, self.bundles, strict=True)]
        return [f"-DLINES={len(self.bundles)}", *bundles]


@frozen(order=True)
class Edge:
    """One input that makes another order of an order; `line` is empty where it concerns the whole order."""

    before: Goods
    input: str
    line: str
    after: Goods


@frozen
class Findings:
    """What a run of Spin found; with an error it stops early, and the counts mean nothing."""

    states: int
    transitions: int
    errors: int
    edges: frozenset[Edge]


class SpinFailed(Exception):
    """A program failed, or Spin did not search everything. The message is what it said."""


def missing() -> list[str]:
    """Which of the programs that are needed are not there."""
    return [program for program in ("spin", "gcc") if shutil.which(program) is None]


def count(scope: Scope, model: str | None = None) -> Findings:
    """Search the model, or a changed one, in a scope, and try its assertions."""
    with TemporaryDirectory() as folder:
        _compile(Path(folder), model, scope.defines, "-DSAFETY", "-DPRINTF")
        return _search(Path(folder))


def check(scope: Scope, claims: Sequence[str], model: str | None = None) -> dict[str, int]:
    """How many errors the search for each claim finds in the model, or in a changed one, without its assertions."""
    with TemporaryDirectory() as folder:
        _compile(Path(folder), model, [*scope.defines, "-DGHOSTS"])
        return {claim: _search(Path(folder), "-a", "-N", claim).errors for claim in claims}


def claims() -> list[str]:
    """The names of the claims in the model."""
    return re.findall(r"^ltl (\w+)", MODEL.read_text(encoding="utf-8"), re.MULTILINE)


def _compile(folder: Path, model: str | None, defines: Sequence[str], *options: str) -> None:
    text = MODEL.read_text(encoding="utf-8") if model is None else model
    (folder / MODEL.name).write_text(text, encoding="utf-8")
    _run(folder, "spin", "-a", *defines, MODEL.name)
    # Without partial order reduction every transition is taken; there is one process, so it would save nothing.
    _run(folder, "gcc", "-w", "-O0", "-DNOREDUCE", *options, "-o", "pan", "pan.c")


def _search(folder: Path, *options: str) -> Findings:
    said = _run(folder, "./pan", "-w18", "-m100000", *options)
    errors = _figure(r"errors: (\d+)", said)
    incomplete = "Search not completed" in said or "max search depth too small" in said
    if incomplete and not errors:  # an error ends the search early, and rightly
        raise SpinFailed(said[-2000:])
    return Findings(
        states=_figure(r"(\d+) states, stored", said),
        transitions=_figure(r"(\d+) transitions \(", said) - 1,  # Spin counts the way into the initial state
        errors=errors,
        edges=frozenset(_edge(line) for line in said.splitlines() if line.startswith("step ")),
    )


def _run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SpinFailed(f"{' '.join(command)}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def _figure(pattern: str, said: str) -> int:
    found = re.search(pattern, said)
    if found is None:
        raise SpinFailed(said[-2000:])
    return int(found[1])


def _edge(step: str) -> Edge:
    """Read such as ``step dispatched 0 : preparing/confirming/open : shipped/none/unasked``."""
    head, before, after = step.split(" : ")
    _, input, number = head.split()
    line = "" if number == _WHOLE_ORDER else _LINES[int(number)]
    return Edge(_goods(before), input, line, _goods(after))


def _goods(words: str) -> Goods:
    found = []
    for word in words.split():
        where, phase, ask = word.split("/")
        found.append(f"{where}{_PHASES[phase]}{_ASKS[ask]}")
    return tuple(found)
