"""One of some things, cheaply: by a number, so that Hypothesis keeps one strategy for most lengths.

Strategies that depend on an order are new at every step of its story; to build a `sampled_from` each time would
take longer than to decide the step. And a number always means something, however many options there are: a
story from which Hypothesis leaves something out goes on much as before, and so shrinks well.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeVar

from orderfsm.testing.missing import needs_hypothesis

try:
    from hypothesis import strategies as st
except ImportError as missing:
    raise needs_hypothesis(__name__) from missing

T = TypeVar("T")


FEW = 32


@lru_cache(maxsize=8)
def _numbers(below: int) -> st.SearchStrategy[int]:
    return st.integers(0, below - 1)


def choose(draw: st.DrawFn, options: Sequence[T]) -> T:
    """One of the options; shrinks to the first. The first ones weigh a little more."""
    size = FEW
    while size < len(options):
        size *= 2
    return options[draw(_numbers(size)) % len(options)]


def seldom(draw: st.DrawFn) -> bool:
    """True once in eight times; shrinks to False."""
    return draw(_numbers(FEW)) % 8 == 7
