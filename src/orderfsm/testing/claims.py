"""All properties that are claimed of orders, and which clause of the policy each of them carries."""

from collections.abc import Callable, Iterator, Mapping

from attrs import evolve

from orderfsm.clauses import CLAUSES, READINGS
from orderfsm.decisions import Refused
from orderfsm.testing.conduct import conduct
from orderfsm.testing.invariants import invariants
from orderfsm.testing.ledger import ledger
from orderfsm.testing.notices import notices
from orderfsm.testing.orders import OrderSpace, Position, Said
from orderfsm.testing.promises import promises
from orderfsm.testing.properties import Obligation, Owed, Property, Step
from orderfsm.testing.queries import queries
from orderfsm.testing.reach import endings, sightings, turns

NO_RULE = frozenset({"A17"})
"""Clauses that bind nobody."""


def claims(space: OrderSpace) -> list[Property]:
    """Every property, for one space. A host's guards may refuse what is promised otherwise, and must do so once."""
    found: list[Property] = [
        *invariants(space),
        *ledger(space),
        *queries(space),
        *conduct(space),
        *notices(space),
        *promises(space),
        *turns(space),
        *endings(space),
        *sightings(space.host_guards),
    ]
    if not space.host_guards:
        return found
    codes = frozenset(guard.code for guard in space.host_guards)
    return [_unless_refused(each, codes) if isinstance(each, Obligation) else each for each in found]


def _unless_refused(promise: Obligation[Position, Said], codes: frozenset[str]) -> Property:
    """The promise, kept also where only the host's own guards stand against it (policy 5.14)."""

    def owed(position: Position) -> Iterator[Owed[Position, Said]]:
        return (Owed(each.input, _or_refused(each.kept)) for each in promise.owed(position))

    def _or_refused(kept: Callable[[Step[Position, Said]], str | None]) -> Callable[[Step[Position, Said]], str | None]:
        def check(step: Step[Position, Said]) -> str | None:
            reasons = {reason.code for reason in step.answer.reasons}
            return None if isinstance(step.answer, Refused) and reasons & codes else kept(step)

        return check

    return evolve(promise, owed=owed)


def carried(properties: list[Property]) -> Mapping[str, list[str]]:
    """Which properties carry each clause and each reading, by its number."""
    return {number: [each.name for each in properties if number in each.clauses] for number in (*CLAUSES, *READINGS)}
