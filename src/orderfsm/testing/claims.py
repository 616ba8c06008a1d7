"""All properties that are claimed of orders, and which clause of the policy each of them carries."""

from collections.abc import Mapping

from orderfsm.clauses import CLAUSES
from orderfsm.testing.conduct import conduct
from orderfsm.testing.invariants import invariants
from orderfsm.testing.ledger import ledger
from orderfsm.testing.notices import notices
from orderfsm.testing.orders import OrderSpace
from orderfsm.testing.promises import promises
from orderfsm.testing.properties import Property
from orderfsm.testing.queries import queries
from orderfsm.testing.reach import endings, sightings, turns

NO_RULE = frozenset({"A17"})
"""Clauses that bind nobody."""


def claims(space: OrderSpace) -> list[Property]:
    """Every property, for one space."""
    return [
        *invariants(space),
        *ledger(space),
        *queries(space),
        *conduct(space),
        *notices(space),
        *promises(space),
        *turns(space),
        *endings(space),
        *sightings(),
    ]


def carried(properties: list[Property]) -> Mapping[str, list[str]]:
    """Which properties carry each clause, by its number."""
    return {clause: [each.name for each in properties if clause in each.clauses] for clause in CLAUSES}
