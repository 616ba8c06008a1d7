"""The server of the tests, for what is measured on it."""

from tests.store.conftest import postgres_server

__all__ = ["postgres_server"]
