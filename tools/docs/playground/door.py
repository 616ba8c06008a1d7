"""What the page's JavaScript calls: one question in, one answer out, both JSON."""

import json
from typing import Any

from attrs import define, field

from orderfsm.calendars import is_working_day
from orderfsm.errors import InvalidInput
from tools.docs.playground.orders import BEGINS_AT, ORDERS, POLICIES
from tools.docs.playground.story import Story
from tools.docs.playground.view import view_of

FIRST = ("shop", "marketplace")


@define
class Door:
    """Holds the story that is being played."""

    story: Story = field(factory=lambda: Story.begin(*FIRST))

    def answer(self, asked: str) -> str:
        """Do what is asked and show the story as it then is; what cannot be done is told as a fault.

        Asked is ``{"tell": {"order": …, "policy": …, "presses": […]}}``, or one press (see `Story.take`).
        """
        try:
            self._do(json.loads(asked))
        except InvalidInput as fault:
            return json.dumps({"fault": str(fault)})
        return json.dumps({"view": view_of(self.story)})

    def _do(self, asked: Any) -> None:
        match asked:
            case {"tell": {"order": str(order), "policy": str(policy), "presses": list(presses)}}:
                self.story = Story.told(order, policy, presses)
            case dict():
                self.story.take(asked)
            case _:
                raise InvalidInput("asked", "a story to tell, or a press", asked)


def choices() -> str:
    """What a story can begin with, by name: orders and policies with their titles."""
    titles = {
        "orders": [[name, start.title] for name, start in ORDERS.items()],
        "policies": [[name, start.title] for name, start in POLICIES.items()],
    }
    return json.dumps(titles)


def warm_up() -> None:
    """Read the calendars, so that the first refund is as quick as the second."""
    place = ORDERS[FIRST[0]].value
    is_working_day(BEGINS_AT.date(), place.country)
