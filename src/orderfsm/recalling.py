"""Replaying a history as it was decided: with the dates that were computed then, and the host's rules as they were.

Public holidays are announced, shifted and corrected; what was promised to a customer stays promised. So a
replay takes the window of each refund from the journal and computes none (policy 5.10). A host's own rules
(policy 5.14) are code that nobody keeps: what they turned away is noted in the journal, and a replay asks
the notes instead of the rules.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from orderfsm.draft import Draft
from orderfsm.guards import Guard
from orderfsm.inputs import Input
from orderfsm.machine import OrderMachine
from orderfsm.order import Lot
from orderfsm.policy import Policy
from orderfsm.reasons import Reason
from orderfsm.records import TurnedAway, Window
from orderfsm.scene import Scene


class RecallingMachine(OrderMachine):
    """An order machine that takes the windows of refunds from `recorded`, by refund, where they are there."""

    def __init__(self, policy: Policy) -> None:
        super().__init__(policy)
        self.recorded: Mapping[str, Window] = {}
        self._draft = self._recalling

    def _recalling(self, *scene: Any) -> Draft:
        draft = _Recalling(*scene)
        draft.recorded = self.recorded
        return draft


class _Recalling(Draft):
    recorded: Mapping[str, Window]

    def window(self, refund: str) -> Window:
        return self.recorded[refund] if refund in self.recorded else super().window(refund)


# --- the host's rules ------------------------------------------------------------------------------------


class WatchedGuard:
    """A rule of the host's, and what it said to each of the goods about which it was asked."""

    def __init__(self, guard: Guard[Any]) -> None:
        self._guard = guard
        self.said: list[Reason | None] = []

    def __call__(self, scene: Scene[Input], lot: Lot) -> Reason | None:  # noqa: D102  (a guard)
        reason = self._guard(scene, lot)
        self.said.append(reason)
        return reason

    @property
    def turned_away(self) -> TurnedAway | None:
        """What it turned away; None where it turned nothing away."""
        reasons = [reason for reason in self.said if reason is not None]
        if not reasons:
            return None
        allowed = "".join("0" if reason is not None else "1" for reason in self.said)
        first = reasons[0]
        return TurnedAway(first.code, allowed, first.clause, first.next_steps, first.sentence)


class RecalledGuard:
    """What a rule of the host's said, said again in the same order."""

    def __init__(self, turned_away: TurnedAway) -> None:
        self._said = turned_away
        self._allowed: Iterator[str] = iter(turned_away.allowed)

    def __call__(self, scene: Scene[Input], lot: Lot) -> Reason | None:  # noqa: D102  (a guard)
        if next(self._allowed, "1") == "1":
            return None
        said, facts = self._said, {"line": lot.line.id, "state": lot.state}
        return Reason(said.code, said.clause, facts, said.next_steps, said.sentence)
