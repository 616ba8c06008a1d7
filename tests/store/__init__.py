"""Tests of what keeps orders, on real servers."""

NOT_TESTED = "PostgreSQL was not tested: "
"""How the reason for a skip begins where no server can be had; the closing summary repeats it."""
