"""Replaying a history as it was decided: with the dates that were computed then.

Public holidays are announced, shifted and corrected; what was promised to a customer stays promised. So a
replay takes the window of each refund from the journal and computes none (policy 5.10).
"""

from collections.abc import Mapping
from typing import Any

from orderfsm.draft import Draft
from orderfsm.machine import OrderMachine
from orderfsm.policy import Policy
from orderfsm.records import Window


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
