"""The benchmark of the explorer runs; what it measures is read by people, not asserted."""

import pytest

from tests.benchmarks.exploring import Compared, Rate, main


def test_rates_are_measured_with_and_without_properties() -> None:
    """Also where there is no other engine to compare with."""
    rates = [found for found in main(["--quick"]) if isinstance(found, Rate)]
    assert 2 == len(rates)
    assert all(rate.decisions > 0 and rate.seconds > 0 for rate in rates)


def test_both_engines_are_measured() -> None:
    """Each on two-phase commit and on orders; they find the same states."""
    pytest.importorskip("minicheck", reason="NO SECOND ENGINE: minicheck is not installed")
    compared = [found for found in main(["--quick"]) if isinstance(found, Compared)]
    assert [{288}, 1] == [compared[0].states, len(compared[1].states)]
    assert all(found.ratio > 0 for found in compared)
