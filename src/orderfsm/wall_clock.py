"""The time of day. The core has no clock; what waits for the time, or must not wait for a wrong one, asks here."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The time, aware and in UTC."""
    return datetime.now(UTC)  # noqa: TID251  (here, and nowhere else)
