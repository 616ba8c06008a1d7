"""The testing kit: prove a policy, and test a shop against the machine. Needs ``pip install 'orderfsm[testing]'``.

Exploring and proving need nothing but orderfsm itself. What needs Hypothesis says so when it is used.
Names are looked up on first use, so that importing the kit costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orderfsm.testing.catalogue import Size
    from orderfsm.testing.checking import Checkup, check_policy
    from orderfsm.testing.clock import Clock
    from orderfsm.testing.exploring import Exploration, Limits, Trace, Violation, explore
    from orderfsm.testing.mutating import MutationReport, mutate, try_mutants
    from orderfsm.testing.orders import OrderSpace, Position, Wait
    from orderfsm.testing.properties import Action, Always, Obligation, Owed, Property, Reachable, Sometimes, Step
    from orderfsm.testing.proving import CLAIM, Proof, prove
    from orderfsm.testing.scopes import Chapter, Scope, Times, Values
    from orderfsm.testing.store_contract import StoreContract
    from orderfsm.testing.traces import as_diagram, as_test, told

_HOMES: dict[str, tuple[str, ...]] = {
    "catalogue": ("Size",),
    "checking": ("Checkup", "check_policy"),
    "clock": ("Clock",),
    "exploring": ("Exploration", "Limits", "Trace", "Violation", "explore"),
    "mutating": ("MutationReport", "mutate", "try_mutants"),
    "orders": ("OrderSpace", "Position", "Wait"),
    "properties": ("Action", "Always", "Obligation", "Owed", "Property", "Reachable", "Sometimes", "Step"),
    "proving": ("CLAIM", "Proof", "prove"),
    "scopes": ("Chapter", "Scope", "Times", "Values"),
    "store_contract": ("StoreContract",),
    "traces": ("as_diagram", "as_test", "told"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "CLAIM",
    "Action",
    "Always",
    "Chapter",
    "Checkup",
    "Clock",
    "Exploration",
    "Limits",
    "MutationReport",
    "Obligation",
    "OrderSpace",
    "Owed",
    "Position",
    "Proof",
    "Property",
    "Reachable",
    "Scope",
    "Size",
    "Sometimes",
    "Step",
    "StoreContract",
    "Times",
    "Trace",
    "Values",
    "Violation",
    "Wait",
    "as_diagram",
    "as_test",
    "check_policy",
    "explore",
    "mutate",
    "prove",
    "told",
    "try_mutants",
]


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
