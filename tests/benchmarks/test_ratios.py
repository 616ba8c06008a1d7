"""The benchmark runs; what it measures is read by people, not asserted."""

import pytest

from tests.benchmarks.ratios import main

pytestmark = pytest.mark.slow


def test_the_benchmark_measures_everything() -> None:
    """Every ratio that is promised is measured."""
    names = {ratio.name for ratio in main(["--quick"])}
    assert {"refused, with reasons", "1,000 orders of one line", "import orderfsm"} <= names
    assert all(ratio.theirs > 0 for ratio in main(["--quick"]))
