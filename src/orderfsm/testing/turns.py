"""What is said next in a story that is played: the strategies behind the rules of an order machine.

Each looks at the story that is being told, which Hypothesis hands out as the runner.
"""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from attrs import evolve

from orderfsm.inputs import FACTS, Input
from orderfsm.testing.clock import TICK
from orderfsm.testing.drawing import choose, seldom
from orderfsm.testing.missing import needs_hypothesis
from orderfsm.testing.strategies import fitting_inputs, inputs

try:
    from hypothesis import strategies as st
    from hypothesis.stateful import precondition, rule
except ImportError as missing:
    raise needs_hypothesis(__name__) from missing

if TYPE_CHECKING:
    from orderfsm.testing.playing import OrderStory

A_WHILE = (timedelta(minutes=5), timedelta(hours=1), timedelta(days=4))


def chapter(name: str, *kinds: type[Input]) -> Callable[..., None]:
    """A rule that says one of these, where something of the order fits it."""

    def fits(story: "OrderStory") -> bool:
        return not story.fitting.isdisjoint(kinds)

    def say(story: "OrderStory", input: Input) -> None:
        __tracebackhide__ = True
        story.play(input)

    say.__name__ = name
    return precondition(fits)(rule(input=likely(kinds))(say))


@st.composite
def likely(draw: st.DrawFn, kinds: Collection[type[Input]]) -> Input:
    """One of these that fits the order as it is."""
    story: OrderStory = draw(st.runner())
    known = [kind for kind in kinds if kind in story.fitting]
    at, ids = st.just(story.now), st.just(story.next_id)
    return draw(fitting_inputs(story.order, kinds=known, policy=story.machine.policy, at=at, ids=ids))


@st.composite
def anything(draw: st.DrawFn) -> Input:
    """What need not fit, by anybody; facts now and then learnt late."""
    story: OrderStory = draw(st.runner())
    at, ids = st.just(story.now), st.just(story.next_id)
    input = draw(inputs(story.order, kinds=story.setting.kinds, policy=story.machine.policy, at=at, ids=ids))
    if type(input) in FACTS and seldom(draw):
        placed_at = story.order.placed_at
        earlier = choose(draw, (placed_at, placed_at + (story.now - placed_at) / 2))
        return evolve(input, at=earlier, received_at=story.now)
    return input


@st.composite
def again(draw: st.DrawFn) -> Input:
    """The last input: once more, from a second tab, or its id under something else (policy 5.11)."""
    story: OrderStory = draw(st.runner())
    last = story.sent[-1]
    match choose(draw, ("once more", "second tab", "something else")):
        case "once more":
            return evolve(last, received_at=story.now)
        case "second tab":
            return evolve(last, id=story.next_id, at=story.now, received_at=None)
        case _:
            return evolve(draw(anything()), id=last.id, by=last.by)


@st.composite
def until(draw: st.DrawFn) -> datetime:
    """Just before, at or just after the next deadline; or some other while from now."""
    story: OrderStory = draw(st.runner())
    now, due = story.clock(), story.machine.next_deadline(story.order)
    deadlines = [] if due is None else [due.at - TICK, due.at, due.at + TICK]
    return choose(draw, [each for each in (*deadlines, *(now + some for some in A_WHILE)) if each > now])
