"""Where an order book keeps its orders: in memory, in SQLite, in PostgreSQL, or in a store of a host's own.

`open_store` finds the store of a URL; `migrate` makes its tables, which opening never does.
"""

from orderfsm.store.contract import Listing, Place, Query, Store, Wanted
from orderfsm.store.memory import MemoryStore
from orderfsm.store.urls import Url, read_url

__all__ = ["Listing", "MemoryStore", "Place", "Query", "Store", "Url", "Wanted", "migrate", "open_store", "read_url"]


def open_store(url: str | Url) -> Store:
    """The store at a database URL: ``sqlite:///FILE``, ``postgresql://…`` or ``memory://``.

    Raises:
        InvalidUrl: it names no store.
        SchemaMismatch: its tables are missing, or of another version.
        StoreUnavailable: it cannot be reached.
    """
    where = read_url(url) if isinstance(url, str) else url
    match where.scheme:
        case "sqlite":
            from orderfsm.store.sqlite import open_sqlite

            return open_sqlite(where.path, str(where))
        case "postgresql":
            from orderfsm.store.postgres import open_postgres

            return open_postgres(where)
        case _:
            return MemoryStore()


def migrate(url: str | Url) -> tuple[int, int]:
    """Make the tables of the store at a database URL, or bring them up to date: from which version to which.

    Several may start it at once: one does it, the others wait and find it done. A step of its own, never part
    of opening, so that it can run once before a release.

    Raises:
        InvalidUrl: it names no store.
        StoreUnavailable: it cannot be reached.
    """
    where = read_url(url) if isinstance(url, str) else url
    match where.scheme:
        case "sqlite":
            from orderfsm.store.sqlite import migrate_sqlite

            return migrate_sqlite(where.path, str(where))
        case "postgresql":
            from orderfsm.store.postgres import migrate_postgres

            return migrate_postgres(where)
        case _:
            return 0, 0
