"""The store in memory: the reference for the others, for tests and for trying things out. Nothing outlives it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from threading import RLock

from attrs import evolve

from orderfsm.errors import LogInUse
from orderfsm.records import Batch, Bookmark, Change, Entry, Held, Letter, Snapshot, Status
from orderfsm.store.contract import IN_USE, NEWEST_FIRST, SORTED_BY, Listing, Query, Wanted


class MemoryStore:
    """Keeps everything in dictionaries, under one lock."""

    hosted = False

    def __init__(self) -> None:
        self._lock = RLock()
        self._snapshots: dict[str, Snapshot] = {}
        self._journal: dict[str, list[Entry]] = {}
        self._ids: dict[tuple[str, str, str], list[Entry]] = {}
        self._outbox: dict[tuple[str, int], Letter] = {}
        self._policies: dict[str, str] = {}
        self._bookmarks: dict[str, Bookmark] = {}

    # --- deciding ----------------------------------------------------------------------------------------

    def read(self, wanted: Sequence[Wanted], *, for_update: bool = False) -> list[Held]:
        with self._lock:
            return [self._held(each) for each in wanted]

    def _held(self, wanted: Wanted) -> Held:
        snapshot = self._snapshots.get(wanted.order_id)
        if snapshot is None:
            return Held(0, 0, None)
        key = (wanted.order_id, wanted.sender, wanted.input_id or "")
        earlier = self._ids.get(key, []) if wanted.input_id is not None else []
        return Held(snapshot.revision, snapshot.letters, snapshot.body, tuple(earlier))

    def write(self, batch: Batch) -> bool:
        with self._lock:
            if not self._holds(batch.changes):
                return False
            mark = batch.bookmark
            if mark is not None and self._bookmarks.get(mark.log) not in (batch.bookmark_before, mark):
                raise LogInUse(IN_USE)
            for change in batch.changes:
                self._apply(change)
            self._policies.update(batch.policies)
            if batch.bookmark is not None:
                self._bookmarks[batch.bookmark.log] = batch.bookmark
            return True

    def _holds(self, changes: Sequence[Change]) -> bool:
        revisions: dict[str, int] = {}
        uses: dict[tuple[str, str, str], int] = {}
        for change in changes:
            order_id = change.snapshot.order_id
            known = self._snapshots.get(order_id)
            if revisions.get(order_id, known.revision if known else 0) != change.expected:
                return False
            revisions[order_id] = change.snapshot.revision
            entry = change.entry
            if entry is not None and entry.input_id is not None:
                key = (order_id, entry.sender, entry.input_id)
                uses.setdefault(key, len(self._ids.get(key, [])))
                if uses[key] != entry.reuse:
                    return False
                uses[key] += 1
        return True

    def _apply(self, change: Change) -> None:
        order_id = change.snapshot.order_id
        self._snapshots[order_id] = change.snapshot
        entry = change.entry
        if entry is not None:
            self._journal.setdefault(order_id, []).append(entry)
            if entry.input_id is not None:
                self._ids.setdefault((order_id, entry.sender, entry.input_id), []).append(entry)
        for letter in change.letters:
            self._outbox[order_id, letter.seq] = letter

    def sweep(
        self, at: datetime, limit: int, decide: Callable[[str, Held], Change | None], policies: Mapping[str, str]
    ) -> int:
        with self._lock:
            decided: list[Change] = []
            for each in self.find(Query(Listing.DUE, at, limit=len(self._snapshots) or 1)):
                if len(decided) == limit:
                    break
                change = decide(each.order_id, Held(each.revision, each.letters, each.body))
                decided += [] if change is None else [change]
            for change in decided:
                self._apply(change)
            self._policies.update(policies if decided else {})
            return len(decided)

    # --- reading -----------------------------------------------------------------------------------------

    def find(self, query: Query) -> list[Snapshot]:
        column = SORTED_BY[query.listing]
        with self._lock:
            found = [each for each in self._snapshots.values() if _listed(each, query)]
        newest = query.listing in NEWEST_FIRST
        found.sort(key=lambda each: (getattr(each, column), each.order_id), reverse=newest)
        if query.after is not None:
            places = [(getattr(each, column), each.order_id) for each in found]
            found = [
                each
                for each, place in zip(found, places, strict=True)
                if (place < query.after if newest else place > query.after)
            ]
        return found[: query.limit]

    def entries(self, order_id: str, after: int, limit: int) -> list[Entry]:
        with self._lock:
            return self._journal.get(order_id, [])[after : after + limit]

    def letters(self, order_id: str, first: int, last: int) -> list[Letter]:
        with self._lock:
            found = [each for each in self._outbox.values() if each.order_id == order_id]
        return sorted((each for each in found if first <= each.entry <= last), key=lambda each: each.seq)

    def strays(self, limit: int) -> list[str]:
        with self._lock:
            known = {*self._journal, *(order_id for order_id, _ in self._outbox)}
        return sorted(known - self._snapshots.keys())[:limit]

    def policy(self, digest: str) -> str | None:
        return self._policies.get(digest)

    def bookmark(self, log: str) -> Bookmark | None:
        return self._bookmarks.get(log)

    # --- the outbox --------------------------------------------------------------------------------------

    def take(self, now: datetime, until: datetime, limit: int) -> list[Letter]:
        with self._lock:
            heads: dict[str, Letter] = {}
            for letter in self._outbox.values():
                head = heads.get(letter.order_id)
                if letter.status is Status.PENDING and (head is None or letter.seq < head.seq):
                    heads[letter.order_id] = letter
            ready = [each for each in heads.values() if each.ready_at <= now]
            ready.sort(key=lambda each: (each.ready_at, each.order_id))
            taken = [evolve(each, ready_at=until, attempts=each.attempts + 1) for each in ready[:limit]]
            for letter in taken:
                self._outbox[letter.order_id, letter.seq] = letter
            return taken

    def mark(self, before: Letter, after: Letter) -> bool:
        with self._lock:
            key = (before.order_id, before.seq)
            present = self._outbox.get(key)
            if present is None or (present.status, present.attempts) != (before.status, before.attempts):
                return False
            self._outbox[key] = after
            return True

    def dead(self, after: tuple[str, int] | None, limit: int) -> list[Letter]:
        with self._lock:
            found = [each for each in self._outbox.values() if each.status is Status.DEAD]
        found.sort(key=lambda each: (each.order_id, each.seq))
        return [each for each in found if after is None or (each.order_id, each.seq) > after][:limit]

    def close(self) -> None:
        pass


def _listed(snapshot: Snapshot, query: Query) -> bool:
    value = query.value
    match query.listing:
        case Listing.ONE:
            return snapshot.order_id == value
        case Listing.ALL:
            return True
        case Listing.OUTDATED:
            pending = snapshot.next_deadline is not None or snapshot.overdue_at is not None
            return pending and snapshot.policy != value
        case Listing.ANOMALIES:
            return snapshot.open_anomalies > 0
        case Listing.DUE:
            return _reached(snapshot.next_deadline, value)
        case Listing.OVERDUE:
            return _reached(snapshot.overdue_at, value)
        case Listing.ORDERS_OF:
            return snapshot.customer == value
        case Listing.CANCELLED_ORDERS_OF:
            return snapshot.customer == value and snapshot.cancelled


def _reached(moment: datetime | None, value: str | datetime | None) -> bool:
    assert isinstance(value, datetime)
    return moment is not None and moment <= value
