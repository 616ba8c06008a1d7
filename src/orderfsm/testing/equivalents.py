"""Mutants that no property can tell from the shipped definition, and why."""

EQUIVALENT: dict[str, str] = {}
"""By name. A test keeps each of them alive: a name that is none, or that is caught, does not belong here."""
