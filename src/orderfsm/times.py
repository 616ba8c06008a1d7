"""Instants: aware date-times, kept in UTC. There is no clock here: the time is always an argument."""

from datetime import UTC, datetime

from orderfsm.errors import InvalidInput

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2900, 1, 1, tzinfo=UTC)
"""Far enough from both ends of the calendar that every deadline of every policy can be computed."""

EXPECTED = "an aware date-time between 1970 and 2900, such as 2026-03-02T09:00:00Z"


def instant(field: str, value: object) -> datetime:
    """Check that `value` is an aware date-time within range and return it in UTC."""
    if not isinstance(value, datetime):
        raise InvalidInput(field, EXPECTED, value)
    zone = value.tzinfo
    if zone is not UTC:
        if zone is None or value.utcoffset() is None:
            raise InvalidInput(field, f"{EXPECTED} (this one has no offset)", value.isoformat())
        try:
            value = value.astimezone(UTC)
        except OverflowError:
            raise InvalidInput(field, EXPECTED, value.isoformat()) from None
    if not EARLIEST <= value < LATEST:
        raise InvalidInput(field, EXPECTED, value.isoformat())
    return value


def shown(moment: datetime) -> str:
    """An instant as the order log writes it: ``2026-03-02T09:00:00Z``."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
