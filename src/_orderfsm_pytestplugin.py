"""The pytest plugin of orderfsm's testing kit: a clock, and one line about what was proved and played.

It stands outside of the package so that pytest does not import orderfsm when it starts: every run of a host's
tests loads the plugin, and few of them play an order. ``-p no:orderfsm`` leaves it out.
"""

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from orderfsm.testing.clock import Clock

REPORTS = "orderfsm.testing.reports"
SENT = "orderfsm"
ORDER = ("proof", "machine")
VERDICTS = {True: "passed", False: "failed", None: "undetermined"}

Entry = dict[str, Any]
"""One report as xdist can send it: kind, name, whether it passed, if that could be told, and figures."""


@pytest.fixture
def order_clock() -> "Clock":
    """A clock that stands at Monday 2026-03-02 09:00 UTC until the test lets it go on, and never goes back."""
    from orderfsm.testing.clock import Clock

    return Clock()


def pytest_configure(config: pytest.Config) -> None:
    """Begin to collect what is reported in this run."""
    config.pluginmanager.register(Collector(config), "orderfsm-reports")


class Collector:
    """What was proved and played in one run, in this process and in the workers of pytest-xdist."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._before = _recorded()
        self._sent: list[Entry] = []

    def _entries(self) -> list[Entry]:
        mine = [report for report in _recorded() if not any(report is each for each in self._before)]
        return [
            {"kind": each.kind, "name": each.name, "passed": each.passed, "figures": dict(each.figures)}
            for each in mine
        ]

    @pytest.hookimpl
    def pytest_sessionfinish(self) -> None:
        """In a worker: send the reports to the controller."""
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[SENT] = self._entries()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """In the controller: keep what a worker has sent."""
        self._sent += getattr(node, "workeroutput", {}).get(SENT, [])

    @pytest.hookimpl
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Write the line, where there is anything to be said."""
        entries = [*self._sent, *self._entries()]
        if entries:
            found = {entry["passed"] for entry in entries}
            colour = "red" if False in found else "yellow" if None in found else "green"
            terminalreporter.write_line(summary(entries), **{colour: True})


def _recorded() -> tuple[Any, ...]:
    """All reports of this process; nobody has made any where the registry was never imported."""
    registry = sys.modules.get(REPORTS)
    return () if registry is None else registry.recorded()


def summary(entries: list[Entry]) -> str:
    """The line: ``orderfsm: 3 proofs passed, 12,345 states; 2 machines passed, 120 stories, 4,321 steps``."""
    kinds = dict.fromkeys([*ORDER, *sorted(entry["kind"] for entry in entries)])
    parts = [_part(kind, some) for kind in kinds if (some := [entry for entry in entries if entry["kind"] == kind])]
    return f"orderfsm: {'; '.join(parts)}"


def _part(kind: str, entries: list[Entry]) -> str:
    found = Counter(VERDICTS[entry["passed"]] for entry in entries)
    (first, number), *others = [(verdict, found[verdict]) for verdict in VERDICTS.values() if found[verdict]]
    verdicts = [f"{_counted(number, f'{kind}s')} {first}", *(f"{number:,} {verdict}" for verdict, number in others)]
    figures: dict[str, int] = {}
    for entry in entries:
        for noun, number in entry["figures"].items():
            figures[noun] = figures.get(noun, 0) + number
    return ", ".join([*verdicts, *(_counted(number, noun) for noun, number in figures.items())])


def _counted(number: int, plural: str) -> str:
    noun = plural if number != 1 else f"{plural[:-3]}y" if plural.endswith("ies") else plural.removesuffix("s")
    return f"{number:,} {noun}"
