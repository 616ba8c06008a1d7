"""What the tests of the kit share: the machines that they play are no results of this run."""

from collections.abc import Iterator

import pytest

from orderfsm.testing import reports


@pytest.fixture(autouse=True)
def _nothing_is_reported() -> Iterator[None]:
    """Faulty backends are meant to be caught."""
    with reports.set_aside():
        yield
