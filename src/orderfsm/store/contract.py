"""What a store promises: the protocol that memory, SQLite and PostgreSQL keep, and any store of a host's own.

A store keeps rows and decides nothing. `orderfsm.testing.StoreContract` is the same promise as tests.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from attrs import frozen

from orderfsm.records import Batch, Bookmark, Change, Entry, Held, Letter, Snapshot


@frozen
class Wanted:
    """An order that is about to be decided, and the id of the input, where it has one.

    Attributes:
        order_id: the order.
        sender: who sends the input, such as ``customer:c9``.
        input_id: the sender's id of the input.
    """

    order_id: str
    sender: str = ""
    input_id: str | None = None


class Listing(StrEnum):
    """The lists that a store can give, each in the order of one column and then of the order's id."""

    ONE = "one"
    """The order `value`, if anything is known of it."""
    ALL = "all"
    """Every order, placed or not."""
    OUTDATED = "outdated"
    """Orders with something still to come, whose deadlines another policy than `value` has computed."""
    ANOMALIES = "anomalies"
    """Orders with open anomalies."""
    DUE = "due"
    """Orders whose next deadline is at or before `value`, the earliest first."""
    OVERDUE = "overdue"
    """Orders for which somebody has waited too long at `value`, the longest first."""
    ORDERS_OF = "orders_of"
    """The orders of the customer `value`, the newest first."""
    CANCELLED_ORDERS_OF = "cancelled_orders_of"
    """Those of them whose physical goods are all cancelled (B16), the newest first."""


Place = tuple[str | datetime, str]
"""Where a page ends: the value of the sorting column, and the order's id."""


@frozen
class Query:
    """One page of a list: what comes after the place where the page before it ended.

    Attributes:
        listing: which list.
        value: of whom, or when: what the list asks for.
        after: where the page before ended; None for the first page.
        limit: how many at most.
    """

    listing: Listing
    value: str | datetime | None = None
    after: Place | None = None
    limit: int = 100


SORTED_BY: dict[Listing, str] = {
    Listing.ONE: "order_id",
    Listing.ALL: "order_id",
    Listing.OUTDATED: "order_id",
    Listing.ANOMALIES: "order_id",
    Listing.DUE: "next_deadline",
    Listing.OVERDUE: "overdue_at",
    Listing.ORDERS_OF: "placed_at",
    Listing.CANCELLED_ORDERS_OF: "placed_at",
}
"""The column by which a list is sorted first."""

IN_USE = "the log is being imported by somebody else; nothing of these lines was stored"

NEWEST_FIRST = frozenset({Listing.ORDERS_OF, Listing.CANCELLED_ORDERS_OF})


@runtime_checkable
class Store(Protocol):
    """Snapshots, journal and outbox of all orders.

    Every method may raise `StoreUnavailable`; none lets an exception of a database driver through. A row that
    cannot be read, because somebody else wrote to it, is `CorruptHistory` with the order's id.
    """

    @property
    def hosted(self) -> bool:
        """Whether all this happens within a transaction that is not the store's own to commit or to begin anew."""
        ...

    def read(self, wanted: Sequence[Wanted], *, for_update: bool = False) -> list[Held]:
        """What is held of each order, in the order in which they were asked for.

        Where a change will follow, a store within a host's transaction may keep others from changing them meanwhile.
        """
        ...

    def write(self, batch: Batch) -> bool:
        """Store all changes of the batch in one transaction, or none of them.

        A change holds if the order's revision is what it expects, counting the changes before it in the
        batch. False if one does not hold, or an (order, sender, id, reuse) is there already: somebody was faster.

        Raises:
            LogInUse: the bookmark is neither the one before nor this one already.
        """
        ...

    def sweep(
        self, at: datetime, limit: int, decide: Callable[[str, Held], Change | None], policies: Mapping[str, str]
    ) -> int:
        """Have up to `limit` due orders decided that no other worker holds, and store the changes, in one transaction.

        Returns how many changes were stored. Where `decide` gives None, the order stays as it is, and the next one
        that is due takes its place.
        """
        ...

    def find(self, query: Query) -> list[Snapshot]:
        """One page of a list."""
        ...

    def entries(self, order_id: str, after: int, limit: int) -> list[Entry]:
        """The journal of an order, from the entry after `after`."""
        ...

    def letters(self, order_id: str, first: int, last: int) -> list[Letter]:
        """The letters that come from the entries `first` to `last` of an order, in their order."""
        ...

    def take(self, now: datetime, until: datetime, limit: int) -> list[Letter]:
        """Take letters that are ready, and put them off until `until`, so that nobody else takes them before.

        Those that have been ready longest come first; of two, the one of the order whose id comes first.
        Of each order only the first pending letter can be taken. One more attempt is counted for each.
        """
        ...

    def mark(self, before: Letter, after: Letter) -> bool:
        """Put what became of a letter in its place, if it is still pending or dead as in `before`, at that attempt."""
        ...

    def dead(self, after: tuple[str, int] | None, limit: int) -> list[Letter]:
        """Letters that were given up, by order and seq, after the place where the page before ended."""
        ...

    def strays(self, limit: int) -> list[str]:
        """Orders of which there are entries or letters but no snapshot, by id: a book never leaves any."""
        ...

    def policy(self, digest: str) -> str | None:
        """The policy with this digest, as TOML, if an entry names it."""
        ...

    def bookmark(self, log: str) -> Bookmark | None:
        """How far the log that begins like this has been imported."""
        ...

    def close(self) -> None:
        """Let go of what is open. The store is not used afterwards."""
        ...
