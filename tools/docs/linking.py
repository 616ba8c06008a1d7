"""Links in generated text: the names of the table, and names within sentences, lead to their entries."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from attrs import frozen

from orderfsm.effects import EFFECTS
from orderfsm.events import Event, Waiting
from orderfsm.inputs import INPUTS
from orderfsm.reasons import AnomalyCode, Code
from orderfsm.rows import Contradiction, Denial, RefundRow, Row, Trigger
from orderfsm.states import RefundState, State
from orderfsm.tables import Names
from tools.docs import anchors
from tools.docs.anchors import Anchor
from tools.docs.policy.carriers import all_conditions, policy_values
from tools.docs.policy.citations import QUOTED


@frozen
class Linked(Names):
    """How the documentation calls things on the page `of`: by their own names, each with a link to its entry."""

    of: str

    def state(self, state: State) -> str:
        """A link to a state of goods."""
        return anchors.state(state).link(super().state(state), of=self.of)

    def refund_state(self, state: RefundState) -> str:
        """A link to a state of a refund."""
        return anchors.refund_state(state).link(super().refund_state(state), of=self.of)

    def trigger(self, trigger: Trigger) -> str:
        """A link to an input or event."""
        return anchors.trigger(trigger).link(super().trigger(trigger), of=self.of)

    def condition(self, function: Callable[..., object]) -> str:
        """A link to a condition or guard."""
        return anchors.condition(function).link(super().condition(function), of=self.of)

    def code(self, code: Code | AnomalyCode) -> str:
        """A link to a refusal or an anomaly."""
        return anchors.code(code).link(super().code(code), of=self.of)

    def clause(self, number: str) -> str:
        """A link to a clause or a reading."""
        return anchors.clause(number).link(super().clause(number), of=self.of)

    def mark(self, entry: Row[Any] | RefundRow | Denial | Contradiction) -> str:
        """The place that links to a line of the table lead to."""
        return f'<a id="{anchors.line(entry).id}"></a>'

    def sentence(self, text: str) -> str:
        """The same sentence, in which every quoted name that has an entry leads to it."""

        def linked(found: re.Match[str]) -> str:
            anchor = named().get(found[1].split("(")[0])
            return found[0] if anchor is None else anchor.link(found[0], of=self.of)

        return QUOTED.sub(linked, text)


@cache
def named() -> dict[str, Anchor]:
    """Everything that has an entry, by its name; where two share one, the earlier kind has it."""
    found: dict[str, Anchor] = {}
    for name, anchor in [
        *((each.name, anchors.trigger(each)) for each in INPUTS),
        *((each.value, anchors.trigger(each)) for each in Event),
        *((name, anchors.value(name)) for name in policy_values()),
        *((each.value, anchors.waiting(each)) for each in Waiting),
        *((each.value, anchors.state(each)) for each in State),
        *((each.value, anchors.code(each)) for each in Code),
        *((each.value, anchors.code(each)) for each in AnomalyCode),
        *((each.__name__, anchors.condition(each)) for each in all_conditions()),
        *((each.__name__, anchors.effect(each)) for each in EFFECTS),
        *((each.value, anchors.refund_state(each)) for each in RefundState),
    ]:
        found.setdefault(name, anchor)
    return found
