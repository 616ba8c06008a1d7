"""The store contract, on lists: what each holds, in which order, and that no page skips or repeats anything."""

from collections.abc import Iterable
from datetime import datetime

from orderfsm.records import Change, Snapshot
from orderfsm.store import Listing, Place, Query, Store
from orderfsm.store.contract import SORTED_BY
from orderfsm.testing.store_case import NASTY, SECOND, THEN, StoreCase, a_change, keep

_LATER, _LAST = THEN + SECOND, THEN + 2 * SECOND

ORDERS: tuple[Change, ...] = (
    a_change("a", customer="ann", placed_at=THEN, next_deadline=_LAST, policy="old"),
    a_change("b", customer="ann", placed_at=_LATER, next_deadline=THEN, cancelled=True),
    a_change("c", customer="ann", placed_at=_LATER, overdue_at=THEN, open_anomalies=1, policy="old"),
    a_change("d", customer="ann", placed_at=_LATER, next_deadline=THEN, cancelled=True, policy="older"),
    a_change("e", customer="ann", placed_at=_LAST, overdue_at=_LAST, next_deadline=_LATER),
    a_change("f", customer="ann ", placed_at=THEN, overdue_at=THEN, cancelled=True),
    a_change("g", customer=NASTY, placed_at=THEN, next_deadline=_LATER, policy="old"),
    a_change("h", open_anomalies=2, policy="old"),
    a_change("i", customer="ann", placed_at=_LAST, overdue_at=_LATER, cancelled=True),
    a_change("j", customer="ann", placed_at=THEN + SECOND / 1_000_000, next_deadline=_LATER + SECOND / 1_000_000),
)
_NOW = ORDERS[1].snapshot.policy

LISTS: tuple[tuple[Listing, str | datetime | None, str], ...] = (
    (Listing.ONE, "c", "c"),
    (Listing.ONE, "z", ""),
    (Listing.ALL, None, "abcdefghij"),
    (Listing.OUTDATED, _NOW, "acdg"),
    (Listing.OUTDATED, "old", "bdefij"),
    (Listing.ANOMALIES, None, "ch"),
    (Listing.DUE, THEN - SECOND, ""),
    (Listing.DUE, THEN, "bd"),
    (Listing.DUE, _LATER, "bdeg"),
    (Listing.DUE, _LAST, "bdegja"),
    (Listing.OVERDUE, THEN, "cf"),
    (Listing.OVERDUE, _LAST, "cfie"),
    (Listing.ORDERS_OF, "ann", "iedcbja"),
    (Listing.ORDERS_OF, "ann ", "f"),
    (Listing.ORDERS_OF, NASTY, "g"),
    (Listing.ORDERS_OF, "Ann", ""),
    (Listing.CANCELLED_ORDERS_OF, "ann", "idb"),
    (Listing.CANCELLED_ORDERS_OF, NASTY, ""),
)
"""A list, its value, and the orders that it gives, in their order."""

IDS = ("\uffff", "😀", "é", "z", "a", "Z", "10", "9", "_", "a b", "A", "a\u0301", "aa", "-")
"""Ids that databases like to sort by the rules of some language."""


class ListsContract(StoreCase):
    """`Store.find`."""

    def test_each_list_holds_its_orders_in_their_order(self) -> None:
        """In one page, with everything that the store knows of each order."""
        store = self._store_with_lists()
        snapshots = {change.snapshot.order_id: change.snapshot for change in ORDERS}
        for listing, value, expected in LISTS:
            found = store.find(Query(listing, value))
            assert [snapshots[order_id] for order_id in expected] == found, (listing, value)

    def test_pages_skip_nothing_and_repeat_nothing(self) -> None:
        """Page by page, of whatever size, a list is the same as in one, also where times are equal."""
        store = self._store_with_lists()
        for listing, value, expected in LISTS:
            for limit in (1, 2, 3):
                assert expected == "".join(paged(store, listing, value, limit)), (listing, value, limit)

    def test_a_page_begins_after_a_place_that_is_there_no_more(self) -> None:
        """The order at which the page before ended may have left the list since."""
        store = self._store_with_lists()
        assert ["c", "b"] == ids(store.find(Query(Listing.ORDERS_OF, "ann", (_LATER, "cc"), 2)))
        assert ["e", "g"] == ids(store.find(Query(Listing.DUE, _LAST, (THEN, "x"), 2)))
        assert ["d"] == ids(store.find(Query(Listing.ALL, None, ("cc", "cc"), 1)))

    def test_ids_are_sorted_by_their_characters_and_no_language(self) -> None:
        """Everywhere alike, so that the next page can be asked of another store."""
        store = self.opened()
        keep(store, *(a_change(name, customer="c", placed_at=THEN, next_deadline=THEN) for name in IDS))
        for limit in (2, 100):
            assert sorted(IDS) == [*paged(store, Listing.ALL, None, limit)]
            assert sorted(IDS) == [*paged(store, Listing.DUE, THEN, limit)]
            assert sorted(IDS, reverse=True) == [*paged(store, Listing.ORDERS_OF, "c", limit)]

    def test_an_order_leaves_a_list_when_its_columns_say_so(self) -> None:
        """What is listed is what was written last."""
        store = self._store_with_lists()
        keep(store, a_change("b", 2, customer="bob", placed_at=_LATER))
        others = self.seen_by_others(store)
        assert ["d"] == ids(others.find(Query(Listing.DUE, THEN)))
        assert ["i", "d"] == ids(others.find(Query(Listing.CANCELLED_ORDERS_OF, "ann")))
        assert ["b"] == ids(others.find(Query(Listing.ORDERS_OF, "bob")))

    def _store_with_lists(self) -> Store:
        store = self.opened()
        keep(store, *reversed(ORDERS))
        return self.seen_by_others(store)


def ids(found: Iterable[Snapshot]) -> list[str]:
    """The ids of orders."""
    return [each.order_id for each in found]


def paged(store: Store, listing: Listing, value: str | datetime | None, limit: int) -> list[str]:
    """The ids in a list, read page by page."""
    found: list[str] = []
    after: Place | None = None
    while page := store.find(Query(listing, value, after, limit)):
        assert len(page) <= limit
        found += ids(page)
        assert len(found) <= len(ORDERS) + len(IDS), f"{listing} never ends"
        after = (getattr(page[-1], SORTED_BY[listing]), page[-1].order_id)
    return found
