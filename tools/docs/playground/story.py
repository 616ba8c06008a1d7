"""The story of one order: what was pressed, what the machine answered, and what time it is. Time only goes forward."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from attrs import define, field, frozen

from orderfsm.actors import PLATFORM
from orderfsm.decisions import Accepted, Decision
from orderfsm.errors import InvalidInput
from orderfsm.inputs import Input
from orderfsm.machine import OrderMachine
from orderfsm.order import Order
from tools.docs.playground.buttons import Button, actors_of, buttons_of
from tools.docs.playground.forms import filled_in
from tools.docs.playground.orders import BEGINS_AT, ORDERS, POLICIES, UNPLACED

Press = Mapping[str, Any]
"""What was pressed: ``{"button": …, "values": {…}}`` or ``{"hours": …}``; a list of them tells a story again."""

ENDS_AT = BEGINS_AT.replace(year=2050)
"""No story goes on longer: further ahead, public holidays are only estimated."""


@frozen
class Entry:
    """One line of the journal. Without an input only time passed, for `hours`."""

    number: int
    at: datetime
    decision: Decision
    input: Input | None = None
    label: str = ""
    hours: float = 0


@define
class Story:
    """One order from its placing on, under one policy."""

    start: str
    policy: str
    machine: OrderMachine
    order: Order
    now: datetime
    journal: list[Entry]
    presses: list[Press] = field(factory=list)

    @classmethod
    def begin(cls, start: str, policy: str) -> "Story":
        """Place one of our orders under one of our policies.

        Raises:
            InvalidInput: there is no such order or policy.
        """
        if start not in ORDERS:
            raise InvalidInput("order", f"one of {', '.join(ORDERS)}", start)
        if policy not in POLICIES:
            raise InvalidInput("policy", f"one of {', '.join(POLICIES)}", policy)
        machine = OrderMachine(POLICIES[policy].value)
        place = ORDERS[start].value.sent(by=PLATFORM, at=BEGINS_AT)
        placed = machine.decide(UNPLACED, place)
        assert isinstance(placed, Accepted)
        return cls(
            start, policy, machine, _placed(placed), BEGINS_AT, [Entry(1, BEGINS_AT, placed, place, "Place order")]
        )

    @classmethod
    def told(cls, start: str, policy: str, presses: Iterable[Press]) -> "Story":
        """A story told again, press by press.

        Raises:
            InvalidInput: somebody else has written this story.
        """
        story = cls.begin(start, policy)
        for press in presses:
            story.take(press)
        return story

    def take(self, press: Press) -> None:
        """Press a button, or let time pass.

        Raises:
            InvalidInput: there is no such button, or something impossible was filled in. Nothing has changed then.
        """
        match press:
            case {"button": str(key), "values": dict(values)}:
                self._press(key, values)
            case {"hours": int() | float() as hours}:
                self._wait(hours)
            case _:
                raise InvalidInput("press", "a button with values, or hours", press)
        self.presses.append(press)

    def hours_to_deadline(self) -> float | None:
        """How long until something happens by itself; None where nothing does."""
        deadline = self.machine.next_deadline(self.order)
        return None if deadline is None else (deadline.at - self.now) / timedelta(hours=1)

    def buttons(self) -> Iterator[Button]:
        """Everybody's buttons."""
        for actor in actors_of(self.order):
            yield from buttons_of(self.machine, self.order, actor, self.now)

    def _press(self, key: str, values: Mapping[str, Any]) -> None:
        button = next((button for button in self.buttons() if button.key == key), None)
        if button is None:
            raise InvalidInput("button", "a button of this page", key)
        input = filled_in(button.input, values, self.now)
        self._note(self.machine.decide(self.order, input), input, button.label)

    def _wait(self, hours: float) -> None:
        longest = (ENDS_AT - self.now) / timedelta(hours=1)
        if isinstance(hours, bool) or not 0 < hours <= longest:
            raise InvalidInput("hours", f"more than 0 (time only goes forward) and at most {longest:.0f}", hours)
        self.now += timedelta(hours=hours)
        self._note(self.machine.tick(self.order, self.now), hours=hours)

    def _note(self, decision: Decision, input: Input | None = None, label: str = "", hours: float = 0) -> None:
        self.order = _placed(decision)
        self.journal.append(Entry(len(self.journal) + 1, self.now, decision, input, label, hours))


def _placed(decision: Decision) -> Order:
    assert isinstance(decision.order, Order)
    return decision.order
