"""The envelope of an input: who says it, when, and under which id."""

from datetime import UTC, datetime

from orderfsm import Customer, RequestCancellation

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_an_input_to_which_nothing_is_added_stays_the_same() -> None:
    """Inputs are values, so there is nothing to be copied."""
    input = RequestCancellation(lines="all", by=Customer("ann"), at=NOON, id="k1")
    assert input is input.sent()


def test_what_is_added_to_an_input_replaces_what_it_said() -> None:
    """One thing may be given and the rest kept."""
    input = RequestCancellation(lines="all", by=Customer("ann"), at=NOON, id="k1")
    expected = RequestCancellation(lines="all", by=Customer("ann"), at=NOON, id="k2")
    assert expected == input.sent(id="k2")
    assert "k1" == input.id
