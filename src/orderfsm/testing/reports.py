"""What was proved and played in this process, for the summary line that the pytest plugin writes.

The plugin reads it only where somebody has imported it: a run that proves and plays nothing says nothing.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager

from attrs import define

MACHINE = "machine"
PROOF = "proof"


@define(eq=False)
class Report:
    """One proof, or one order machine with all of its stories.

    Attributes:
        kind: `PROOF`, `MACHINE`, or another noun that takes an s.
        name: which one.
        passed: whether nothing was found against it; None where it was cut short before that could be told.
        figures: how much was looked at, by plural noun, such as ``states``.
    """

    kind: str
    name: str
    passed: bool | None
    figures: dict[str, int]


_REPORTS: list[Report] = []


def record(kind: str, name: str, passed: bool | None, figures: Mapping[str, int] | None = None) -> Report:
    """Record one result. What is counted later is written into the report that this gives back."""
    report = Report(kind, name, passed, dict(figures or {}))
    _REPORTS.append(report)
    return report


def recorded() -> tuple[Report, ...]:
    """Everything that has been recorded in this process, in order."""
    return tuple(_REPORTS)


@contextmanager
def set_aside() -> Generator[list[Report]]:
    """What is recorded within goes into the list that this gives, and not into the results of the run.

    For tests of tests: a machine that is meant to find a fault is no failure.
    """
    kept, mine = _REPORTS.copy(), list[Report]()
    _REPORTS.clear()
    try:
        yield mine
    finally:
        mine += _REPORTS
        _REPORTS[:] = kept
