"""The benchmark of the explorer runs; what it measures is read by people, not asserted."""

import pytest

from tests.benchmarks.exploring import Compared, Rate, main


@pytest.fixture(scope="module")
def measured() -> list[Compared | Rate]:
    """What one run measures."""
    return main(["--quick"])


def test_rates_are_measured_with_and_without_properties(measured: list[Compared | Rate]) -> None:
    """Also where there is no other engine to compare with."""
    rates = [found for found in measured if isinstance(found, Rate)]
    assert 2 == len(rates)
    assert all(rate.decisions > 0 and rate.seconds > 0 for rate in rates)


def test_both_engines_are_measured(measured: list[Compared | Rate]) -> None:
    """Each on two-phase commit and on orders; they find the same states."""
    pytest.importorskip("minicheck", reason="NO SECOND ENGINE: minicheck is not installed")
    compared = [found for found in measured if isinstance(found, Compared)]
    assert [{288}, 1] == [compared[0].states, len(compared[1].states)]
    assert all(found.ratio > 0 for found in compared)
