"""What every store must do, as tests: a mixin for whoever writes a store of their own.

    class TestMyStore(StoreContract):
        def new_store(self) -> Store:
            return MyStore(...)

It runs under pytest and needs nothing else. Each chapter is a class of its own, for a store that is being
written: `KeepingContract` first, and the races last.
"""

from orderfsm.testing.store_answers import AnswersContract
from orderfsm.testing.store_crashes import CrashesContract
from orderfsm.testing.store_keeping import KeepingContract
from orderfsm.testing.store_lists import ListsContract
from orderfsm.testing.store_outbox import OutboxContract
from orderfsm.testing.store_races import RacesContract
from orderfsm.testing.store_sweeps import SweepContract

__all__ = [
    "AnswersContract",
    "CrashesContract",
    "KeepingContract",
    "ListsContract",
    "OutboxContract",
    "RacesContract",
    "StoreContract",
    "SweepContract",
]


class StoreContract(
    KeepingContract,
    ListsContract,
    SweepContract,
    OutboxContract,
    AnswersContract,
    RacesContract,
    CrashesContract,
):
    """The whole contract. A subclass says how an empty store is made.

    - `new_store()`: an empty store. It may be called several times in a test; the stores before are then not
      used any more, and all are closed at the end.
    - `reopened(store)`: the same rows as another process would see them, such as another store on the same
      file. By default the store itself.
    """
