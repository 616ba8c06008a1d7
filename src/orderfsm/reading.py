"""What can be asked of an order book. Nothing here decides or stores."""

from collections.abc import Iterator
from datetime import datetime

from orderfsm.actors import Actor
from orderfsm.bookkeeping import check_id, open_account
from orderfsm.deadlines import Deadline
from orderfsm.history import Recorded, recorded
from orderfsm.machine import Action, OrderMachine
from orderfsm.order import Anomaly, Order, Unplaced
from orderfsm.pages import Page, check_limit, letter_after, number_after, place_after
from orderfsm.records import Held, Letter, Snapshot
from orderfsm.store import Listing, Query, Store, Wanted
from orderfsm.store.contract import SORTED_BY
from orderfsm.times import instant


class BookReader:
    """The questions of an order book, on one store and under one machine."""

    def __init__(self, store: Store, machine: OrderMachine) -> None:
        self.store = store
        self.machine = machine

    # --- one order ---------------------------------------------------------------------------------------

    def get(self, order_id: str) -> Order | Unplaced:
        """The order as it is after its last input; `Unplaced` where none has been placed.

        The ids of earlier inputs are not in it: the journal keeps them.
        """
        return open_account(order_id, self.store.read([Wanted(check_id("order", order_id))])[0]).order

    def actions(self, order_id: str, *, by: Actor, at: datetime) -> list[Action]:
        """Every command with its verdict for this actor now: the buttons. None for an order that was never placed."""
        order = self.get(order_id)
        return self.machine.actions(order, by=by, at=at) if isinstance(order, Order) else []

    def history(self, order_id: str, *, after: str | None = None, limit: int = 100) -> Page[Recorded]:
        """What was said about an order and what was decided, in order; refusals too."""
        limit, start = check_limit(limit), number_after(after)
        entries = self.store.entries(check_id("order", order_id), start, limit + 1)
        more, entries = len(entries) > limit, entries[:limit]
        if not entries:
            return Page(())
        order = self.get(order_id)
        letters: dict[int, list[Letter]] = {}
        for letter in self.store.letters(order_id, entries[0].seq, entries[-1].seq):
            letters.setdefault(letter.entry, []).append(letter)
        items = tuple(recorded(entry, letters.get(entry.seq, ()), order) for entry in entries)
        return Page(items, str(entries[-1].seq) if more else None)

    def whole_history(self, order_id: str) -> Iterator[Recorded]:
        """The history of an order from the beginning to the end, read page by page."""
        page = self.history(order_id)
        yield from page
        while page.next is not None:
            page = self.history(order_id, after=page.next)
            yield from page

    def orders_of(self, customer: str, *, after: str | None = None, limit: int = 100) -> Page[Order]:
        """A customer's orders, the newest first."""
        return self._orders(Listing.ORDERS_OF, customer, after, limit)

    def cancelled_orders(self, customer: str, *, after: str | None = None, limit: int = 100) -> Page[Order]:
        """A customer's cancelled orders, refunded yet or not, the newest first (B16)."""
        return self._orders(Listing.CANCELLED_ORDERS_OF, customer, after, limit)

    def _orders(self, listing: Listing, customer: str, after: str | None, limit: int) -> Page[Order]:
        snapshots, end = self._page(listing, check_id("customer", customer), after, limit)
        return Page(tuple(order for each in snapshots if isinstance(order := _order(each), Order)), end)

    def due(self, at: datetime, *, after: str | None = None, limit: int = 100) -> Page[tuple[Order, Deadline]]:
        """Orders for which something happens by itself at `at`, with the first of it, the earliest first."""
        snapshots, end = self._page(Listing.DUE, instant("at", at), after, limit)
        found = [(order, self.machine.next_deadline(order)) for order in map(_placed, snapshots)]
        return Page(tuple((order, deadline) for order, deadline in found if deadline is not None), end)

    def overdue(
        self, at: datetime, *, after: str | None = None, limit: int = 100
    ) -> Page[tuple[Order, tuple[Deadline, ...]]]:
        """Orders for which somebody has waited too long at `at`, with what for, the longest first."""
        at = instant("at", at)
        snapshots, end = self._page(Listing.OVERDUE, at, after, limit)
        found = [(order, tuple(self.machine.overdue(order, at=at))) for order in map(_placed, snapshots)]
        return Page(tuple((order, deadlines) for order, deadlines in found if deadlines), end)

    def anomalies(
        self, *, after: str | None = None, limit: int = 100
    ) -> Page[tuple[Order | Unplaced, tuple[Anomaly, ...]]]:
        """Orders with anomalies that nobody has resolved, those never placed too, with these anomalies."""
        snapshots, end = self._page(Listing.ANOMALIES, None, after, limit)
        orders = map(_order, snapshots)
        return Page(tuple((order, tuple(each for each in order.anomalies if each.open)) for order in orders), end)

    # --- the outbox --------------------------------------------------------------------------------------

    def dead_letters(self, *, after: str | None = None, limit: int = 100) -> Page[Letter]:
        """Effects that no handler would take, by order: each has its fault. They hold nothing else up."""
        limit = check_limit(limit)
        found = self.store.dead(letter_after(after), limit + 1)
        end = f"{found[limit - 1].seq} {found[limit - 1].order_id}" if len(found) > limit else None
        return Page(tuple(found[:limit]), end)

    # --- pages -------------------------------------------------------------------------------------------

    def _page(
        self, listing: Listing, value: str | datetime | None, after: str | None, limit: int
    ) -> tuple[list[Snapshot], str | None]:
        limit = check_limit(limit)
        timed = SORTED_BY[listing] != "order_id"
        found = self.store.find(Query(listing, value, place_after(after, timed=timed), limit + 1))
        if len(found) <= limit:
            return found, None
        last = found[limit - 1]
        key = getattr(last, SORTED_BY[listing])
        return found[:limit], f"{key.isoformat()} {last.order_id}" if timed else last.order_id


def _order(snapshot: Snapshot) -> Order | Unplaced:
    return open_account(snapshot.order_id, Held(snapshot.revision, snapshot.letters, snapshot.body)).order


def _placed(snapshot: Snapshot) -> Order:
    order = _order(snapshot)
    assert isinstance(order, Order)  # what was never placed has no deadlines
    return order
