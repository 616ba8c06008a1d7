"""What every chapter of the store contract begins with: an empty store, and the same rows as another process sees them.

The rows here are made by hand: a store keeps whatever it is given, and understands none of it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import frozen

from orderfsm.records import Batch, Change, Entry, Letter, Snapshot
from orderfsm.store import Listing, Query, Store

ORDER = "1001"
THEN = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)
"""When things happen: with microseconds, which no store may round."""
SECOND = timedelta(seconds=1)
MANY = 1000
NASTY = 'Zoë\'s "50 %" ? %s :a $1 \\ {0}; DROP TABLE orderfsm_orders; --\n\t😀'
"""Text in which a store that builds statements from values finds something to trip over."""


class StoreCase:
    """The base of the chapters. A subclass says how a store is made."""

    def new_store(self) -> Store:
        """An empty store. Called several times in a test; the store before is then not used any more."""
        raise NotImplementedError

    def reopened(self, store: Store) -> Store:
        """The same rows as another process would see them: a second store on the same place, where there can be one."""
        return store

    def teardown_method(self) -> None:
        """Close what the test has opened."""
        opened: list[Store] = self.__dict__.pop("_opened", [])
        for store in opened:
            store.close()

    def opened(self) -> Store:
        """A new store, closed after the test."""
        return self._closed_later(self.new_store())

    def seen_by_others(self, store: Store) -> Store:
        """The store reopened, closed after the test."""
        again = self.reopened(store)
        return store if again is store else self._closed_later(again)

    def _closed_later(self, store: Store) -> Store:
        self.__dict__.setdefault("_opened", []).append(store)
        return store


# --- rows by hand ----------------------------------------------------------------------------------------


def a_snapshot(order_id: str = ORDER, revision: int = 1, **columns: Any) -> Snapshot:
    """A snapshot that differs from an empty one in the columns that are named."""
    values: dict[str, Any] = {
        "letters": 0,
        "version": 1,
        "customer": None,
        "state": None,
        "placed_at": None,
        "cancelled": False,
        "next_deadline": None,
        "overdue_at": None,
        "open_anomalies": 0,
        "policy": "0123456789abcdef",
        "body": f'{{"revision":{revision}}}',
    }
    return Snapshot(order_id, revision, **{**values, **columns})


def an_entry(order_id: str = ORDER, seq: int = 1, **columns: Any) -> Entry:
    """An entry of the journal; the columns that are named differ from the usual."""
    values: dict[str, Any] = {
        "do": "dispatched",
        "sender": "warehouse",
        "input_id": None,
        "reuse": 0,
        "at": THEN,
        "received_at": THEN + SECOND,
        "outcome": "accepted",
        "policy": "0123456789abcdef",
        "input": f'{{"n":{seq}}}',
        "answer": f'{{"version":{seq}}}',
    }
    return Entry(order_id, seq, **{**values, **columns})


def a_change(
    order_id: str = ORDER,
    seq: int = 1,
    *,
    said: Mapping[str, Any] | None = None,
    letters: int = 0,
    before: int = 0,
    ready_at: datetime = THEN,
    **columns: Any,
) -> Change:
    """The change that comes with the entry `seq`.

    Args:
        said: columns of the entry.
        letters: how many letters come from it.
        before: how many letters the order has already.
        ready_at: when they may be delivered.
        columns: those of the snapshot.
    """
    sent = tuple(
        Letter(order_id, before + number, seq, "notify", f'{{"letter":{before + number}}}', ready_at)
        for number in range(1, letters + 1)
    )
    snapshot = a_snapshot(order_id, seq, letters=before + letters, **columns)
    return Change(seq - 1, snapshot, an_entry(order_id, seq, **(said or {})), sent)


def keep(store: Store, *changes: Change) -> None:
    """Write changes that hold."""
    assert store.write(Batch(changes)), "a batch that holds was not stored"


# --- what is there ---------------------------------------------------------------------------------------


@frozen
class Kept:
    """All that a store has of an order."""

    snapshot: Snapshot | None
    entries: tuple[Entry, ...]
    letters: tuple[Letter, ...]


def kept(store: Store, order_id: str = ORDER) -> Kept:
    """All that a store has of an order."""
    found = store.find(Query(Listing.ONE, order_id))
    letters = store.letters(order_id, 0, MANY)
    return Kept(found[0] if found else None, tuple(store.entries(order_id, 0, MANY)), tuple(letters))


def keeps_as(change: Change) -> Kept:
    """What a store has of an order after its first change."""
    return Kept(change.snapshot, () if change.entry is None else (change.entry,), change.letters)


NOTHING = Kept(None, (), ())
