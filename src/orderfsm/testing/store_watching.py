"""A store around another one that has its say at every call: to stop there, or to crash."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from orderfsm.records import Batch, Bookmark, Change, Entry, Held, Letter, Snapshot
from orderfsm.store import Query, Store, Wanted

T = TypeVar("T")


class WatchedStore:
    """Hands every call on to `store`, through `around`."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def around(self, name: str, call: Callable[[], T]) -> T:
        """What is done at a call of the method `name`."""
        return call()

    @property
    def hosted(self) -> bool:  # noqa: D102
        return self.store.hosted

    def read(  # noqa: D102  (the contract says what each method does)
        self, wanted: Sequence[Wanted], *, for_update: bool = False
    ) -> list[Held]:
        return self.around("read", lambda: self.store.read(wanted, for_update=for_update))

    def write(self, batch: Batch) -> bool:  # noqa: D102
        return self.around("write", lambda: self.store.write(batch))

    def sweep(  # noqa: D102
        self, at: datetime, limit: int, decide: Callable[[str, Held], Change | None], policies: Mapping[str, str]
    ) -> int:
        return self.around("sweep", lambda: self.store.sweep(at, limit, decide, policies))

    def find(self, query: Query) -> list[Snapshot]:  # noqa: D102
        return self.around("find", lambda: self.store.find(query))

    def entries(self, order_id: str, after: int, limit: int) -> list[Entry]:  # noqa: D102
        return self.around("entries", lambda: self.store.entries(order_id, after, limit))

    def letters(self, order_id: str, first: int, last: int) -> list[Letter]:  # noqa: D102
        return self.around("letters", lambda: self.store.letters(order_id, first, last))

    def take(self, now: datetime, until: datetime, limit: int) -> list[Letter]:  # noqa: D102
        return self.around("take", lambda: self.store.take(now, until, limit))

    def mark(self, before: Letter, after: Letter) -> bool:  # noqa: D102
        return self.around("mark", lambda: self.store.mark(before, after))

    def dead(self, after: tuple[str, int] | None, limit: int) -> list[Letter]:  # noqa: D102
        return self.around("dead", lambda: self.store.dead(after, limit))

    def strays(self, limit: int) -> list[str]:  # noqa: D102
        return self.around("strays", lambda: self.store.strays(limit))

    def policy(self, digest: str) -> str | None:  # noqa: D102
        return self.around("policy", lambda: self.store.policy(digest))

    def bookmark(self, log: str) -> Bookmark | None:  # noqa: D102
        return self.around("bookmark", lambda: self.store.bookmark(log))

    def close(self) -> None:  # noqa: D102
        self.store.close()
