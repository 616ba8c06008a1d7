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
