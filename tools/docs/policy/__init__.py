"""The policy page: every clause with what carries it, the table, and the values."""
