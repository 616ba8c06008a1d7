"""What all tests share: the Hypothesis profiles, and what the closing summary says of tests that could not be run.

``dev`` is quick, ``ci`` is thorough and always tries the same examples, ``nightly`` searches for long.
Choose one with ``--hypothesis-profile=NAME``.
"""

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings

from tests.site import NO_BROWSER, NO_PYODIDE
from tests.store import NOT_TESTED

_SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.data_too_large]

settings.register_profile("dev", max_examples=50, deadline=None, suppress_health_check=_SLOW_IS_FINE)
settings.register_profile(
    "ci", max_examples=200, deadline=None, derandomize=True, print_blob=True, suppress_health_check=_SLOW_IS_FINE
)
settings.register_profile(
    "nightly", max_examples=5_000, deadline=None, print_blob=True, suppress_health_check=_SLOW_IS_FINE
)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


# Here and not in their folders: where tests run in several processes, the one that writes the summary loads only this.
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was not tested, and why; a skipped test is easily overlooked."""
    skipped = terminalreporter.getreports("skipped")
    reasons = [report.longrepr[2] for report in skipped if isinstance(report.longrepr, tuple)]
    for title, marks in (("PostgreSQL", (NOT_TESTED,)), ("The site in a browser", (NO_BROWSER, NO_PYODIDE))):
        told = [reason.removeprefix("Skipped: ") for reason in reasons if any(mark in reason for mark in marks)]
        for reason, count in Counter(told).items():
            terminalreporter.section(title, "!", red=True, bold=True)
            terminalreporter.line(f"{reason} ({count} skipped)", red=True, bold=True)
