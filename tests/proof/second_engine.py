"""The same machines for another engine: `minicheck`, a small explicit-state model checker by somebody else.

Nothing is translated: it is given the very functions that the explorer is given. Its states are tuples of named
fields, told apart by equality; so each is one field, with a state that is equal to others with the same key.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from importlib import import_module
from typing import Any

from attrs import define, field


@define(eq=False)
class Kept:
    """A state that is equal to every other one with its key."""

    state: Any
    key: Hashable
    hash: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.hash = hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Kept) and self.key == other.key

    def __hash__(self) -> int:
        return self.hash


def protocol(
    initial: Any,
    inputs: Callable[[Any], Iterable[Any]],
    step: Callable[[Any, Any], tuple[Any, Any]],
    *,
    key: Callable[[Any], Hashable] | None = None,
    within: Callable[[Any], bool] | None = None,
    always: Mapping[str, Callable[[Any], str | None]] | None = None,
    end: Callable[[Any], bool] | None = None,
) -> Any:
    """A machine as `minicheck` wants it; by their names, what must hold `always`, and what may be the `end`."""

    def kept(state: Any) -> tuple[Any]:
        return (state if key is None else Kept(state, key(state)),)

    def state_of(fields: Mapping[str, Any]) -> Any:
        only = fields["state"]
        return only.state if isinstance(only, Kept) else only

    def transitions(fields: tuple[Any]) -> list[tuple[Any, tuple[Any]]]:
        before = state_of({"state": fields[0]})
        led = [(said, step(before, said)[0]) for said in inputs(before)]
        return [(said, kept(after)) for said, after in led if after is not before and (within is None or within(after))]

    def holds(check: Callable[[Any], str | None]) -> Callable[[Mapping[str, Any]], bool]:
        return lambda fields: check(state_of(fields)) is None

    return import_module("minicheck").Protocol(
        name="the same machine",
        candidate=False,
        fields=("state",),
        initial=kept(initial),
        transitions=transitions,
        invariants={name: holds(check) for name, check in (always or {}).items()},
        goal=None if end is None else lambda fields: end(state_of(fields)),
    )
