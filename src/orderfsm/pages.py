"""Lists in pages. Where a page ends is a piece of text that only we read: the next page begins there."""

from collections.abc import Iterator
from datetime import datetime
from typing import Generic, TypeVar

from attrs import frozen

from orderfsm.bookkeeping import check_id
from orderfsm.errors import InvalidInput
from orderfsm.store.contract import Place
from orderfsm.times import instant

AT_MOST = 1000
"""The largest page."""

LONGEST_NUMBER = 18
"""Digits; every database can hold a number of so many."""

T_co = TypeVar("T_co", covariant=True)


@frozen
class Page(Generic[T_co]):
    """One page of a list; it can be iterated, and has a length.

    Attributes:
        items: what is on the page, in the order of the list.
        next: where the next page begins: hand it over as `after`; None on the last page.
    """

    items: tuple[T_co, ...]
    next: str | None = None

    def __iter__(self) -> Iterator[T_co]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


def check_limit(limit: int) -> int:
    """Check how many items a page may hold."""
    if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= AT_MOST:
        raise InvalidInput("limit", f"a whole number from 1 to {AT_MOST}", limit)
    return limit


def number_after(after: str | None) -> int:
    """The number after which a page begins."""
    if after is None:
        return 0
    if not isinstance(after, str) or not after.isascii() or not after.isdigit() or len(after) > LONGEST_NUMBER:
        raise InvalidInput("after", "the `next` of the page before", after)
    return int(after)


def place_after(after: str | None, *, timed: bool) -> Place | None:
    """The place after which a page of orders begins; timed lists are sorted by a time first."""
    if after is None:
        return None
    if not timed:
        return check_id("after", after), after
    moment, _, order_id = after.partition(" ")
    try:
        return instant("after", datetime.fromisoformat(moment)), check_id("after", order_id)
    except ValueError:
        raise InvalidInput("after", "the `next` of the page before", after) from None


def letter_after(after: str | None) -> tuple[str, int] | None:
    """The letter after which a page of letters begins."""
    if after is None:
        return None
    seq, _, order_id = after.partition(" ")
    return check_id("after", order_id), number_after(seq)
