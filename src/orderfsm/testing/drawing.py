"""One of some things, cheaply: by a number of which Hypothesis keeps one strategy for all.

Strategies that depend on an order are new at every step of its story; to build a `sampled_from` each time would
take longer than to decide the step. And a number means something whatever the options are: so that a story
from which Hypothesis leaves a step out goes on much as before, and shrinks well.
"""

from collections.abc import Sequence
from typing import TypeVar

from orderfsm.testing.missing import needs_hypothesis

try:
    from hypothesis import strategies as st
except ImportError as missing:
    raise needs_hypothesis(__name__) from missing

T = TypeVar("T")

_NUMBERS = st.integers(0, 127)


def choose(draw: st.DrawFn, options: Sequence[T]) -> T:
    """One of the options; shrinks to the first. More weight for those that stand there more than once."""
    return options[draw(_NUMBERS) % len(options)]


def seldom(draw: st.DrawFn) -> bool:
    """True once in eight times; shrinks to False."""
    return draw(_NUMBERS) >= 112
