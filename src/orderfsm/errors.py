"""Faults: what is raised when the caller, a file or the definition is wrong.

A refusal is an answer and lives in `orderfsm.reasons`; nothing here is raised because the policy says no.
"""


class OrderfsmError(Exception):
    """Base of every fault that orderfsm raises."""


class InvalidInput(OrderfsmError, ValueError):
    """A value that no input can hold, such as a naive time or a float amount.

    Raised where inputs are built. Mend the value; nothing has been decided.
    """

    def __init__(self, field: str, expected: str, got: object) -> None:
        self.field = field
        self.expected = expected
        self.got = shown(got)
        super().__init__(f"{field}: expected {expected}, got {self.got}")


class InvalidPolicy(OrderfsmError, ValueError):
    """A policy value that is missing, unknown or out of range. The message names its key."""

    def __init__(self, key: str, expected: str, got: object) -> None:
        self.key = key
        self.expected = expected
        self.got = shown(got)
        super().__init__(f"{key}: expected {expected}, got {self.got}")


class InvalidTable(OrderfsmError):
    """The definition of the machine contradicts itself. Raised at import, before any order is decided."""


class SealedMachine(OrderfsmError):
    """Somebody tried to add or remove a state or transition after construction (policy 5.14)."""


class UnreadableLog(OrderfsmError):
    """The order log as a whole cannot be read: it is missing, a folder, or cut off."""


def shown(value: object, limit: int = 80) -> str:
    """Show a value in a message: as Python writes it, but never longer than a line."""
    text = repr(value[: limit + 1] if isinstance(value, str | bytes) else value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


# --- the order book --------------------------------------------------------------------------------------


class StoreError(OrderfsmError):
    """Base of what goes wrong with a store. The core never raises it."""


class InvalidUrl(StoreError, ValueError):
    """A database URL that names no store. The message shows it without its password."""


class StoreUnavailable(StoreError):
    """The database cannot be used now: it is not there, locked, full, or the connection was cut.

    Attributes:
        nothing_stored: True where it is certain that nothing of the input was stored. Otherwise it may have
            been: submit it again under the same id, and it takes effect once.
    """

    def __init__(self, message: str, *, nothing_stored: bool) -> None:
        self.nothing_stored = nothing_stored
        stored = "nothing was stored" if nothing_stored else "what was being stored may be there or not"
        super().__init__(f"{message}; {stored}")


class SchemaMismatch(StoreError):
    """The tables are missing, or of an older or newer version than this orderfsm knows. Migrate, or upgrade."""


class ConcurrentChange(StoreError):
    """Others changed the order again and again, or the host's transaction saw it as it no longer is.

    Nothing was stored. Submit the input again, in a new transaction where it is the host's own.
    """


class CorruptHistory(StoreError):
    """What is stored of an order cannot be read: somebody else wrote to the tables. ``orderfsm verify`` names it.

    Attributes:
        order_id: the order.
    """

    def __init__(self, order_id: str, what: str) -> None:
        self.order_id = order_id
        super().__init__(f"order {order_id!r}: {what}")


class LogInUse(StoreError):
    """Somebody else is importing the same log. Of these lines nothing was stored."""


class NoTransaction(StoreError):
    """A connection of the host's was handed over on which no transaction is open."""
