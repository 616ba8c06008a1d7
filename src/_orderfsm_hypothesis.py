"""The hook that Hypothesis calls when it is imported, so that ``st.from_type(Order)`` finds its strategy.

It stands outside of the package so that orderfsm is not imported with Hypothesis: that waits until somebody
who has imported orderfsm asks for a strategy for one of its types. Hypothesis does so for numpy, through a
table of its own which is not part of its public interface; a Hypothesis without that table is told every type
at once, for which orderfsm has to be imported.
"""

from importlib import import_module
from typing import Any

PACKAGE = "orderfsm"

TYPES = (
    "Order", "Unplaced", "Policy", "ReturnSchedule", "Actor", "Money", "Item",
    "Decision", "Accepted", "Refused", "Duplicate", "Anomalous", "Input", "Command", "Fact",
)  # fmt: skip
"""What has a strategy of its own, beside every input."""


def register_strategies() -> None:
    """Let Hypothesis know that the types of orderfsm have strategies of their own."""
    try:
        lazily: Any = import_module("hypothesis.strategies._internal.types")._global_extra_lookup
    except (ImportError, AttributeError):
        lazily = None
    if isinstance(lazily, dict):
        lazily[PACKAGE] = strategy_for
    else:
        _register_at_once()


def strategy_for(thing: Any) -> Any:
    """The strategy for a type of orderfsm; None for all others, which is most of what Hypothesis asks about."""
    module = getattr(thing, "__module__", None)
    if not isinstance(module, str) or module.partition(".")[0] != PACKAGE:
        return None
    return import_module("orderfsm.testing.resolving").strategy_for(thing)


def _register_at_once() -> None:
    """Strategies are made when they are asked for: the kit may be just being imported, and Hypothesis with it."""
    orderfsm = import_module(PACKAGE)
    register = import_module("hypothesis.strategies").register_type_strategy
    for thing in (*(getattr(orderfsm, name) for name in TYPES), *orderfsm.INPUTS):
        register(thing, strategy_for)
