"""The hook that Hypothesis calls when it is imported, so that ``st.from_type(Order)`` finds its strategy.

It stands outside of the package so that orderfsm is not imported with Hypothesis: that waits until somebody
who has imported orderfsm asks for a strategy for one of its types. Hypothesis does so for numpy, through a
table of its own which is not part of its public interface; a Hypothesis without that table gets all strategies
registered at once, which imports orderfsm.
"""

from importlib import import_module
from typing import Any

PACKAGE = "orderfsm"


def register_strategies() -> None:
    """Let Hypothesis know that the types of orderfsm have strategies of their own."""
    types: Any = import_module("hypothesis.strategies._internal.types")
    lazily = getattr(types, "_global_extra_lookup", None)
    if isinstance(lazily, dict):
        lazily[PACKAGE] = strategy_for
    else:
        import_module("orderfsm.testing.resolving").register_all()


def strategy_for(thing: Any) -> Any:
    """The strategy for a type of orderfsm; None for all others, which is most of what Hypothesis asks about."""
    module = getattr(thing, "__module__", None)
    if not isinstance(module, str) or module.partition(".")[0] != PACKAGE:
        return None
    return import_module("orderfsm.testing.resolving").strategy_for(thing)
