"""One of some things, cheaply: by its place, so that Hypothesis keeps one strategy for each length.

Strategies that depend on an order are new at every step of its story; to build a `sampled_from` each time would
take longer than to decide the step. A single option is drawn too: then what follows means the same whether there
was a choice or not, and stories shrink well.
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


@lru_cache(maxsize=256)
def _places(number: int) -> st.SearchStrategy[int]:
    return st.integers(0, number - 1)


def choose(draw: st.DrawFn, options: Sequence[T]) -> T:
    """One of the options; shrinks to the first. More weight for those that stand there more than once."""
    return options[draw(_places(len(options)))]


def seldom(draw: st.DrawFn) -> bool:
    """True once in eight times; shrinks to False."""
    return draw(_places(8)) == 7
