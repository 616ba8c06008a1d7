"""Goods that tell which code looks at them: who reads what, noted while the shipped code runs.

Only what stands outside of the goods in question is watched, so every note is a place that looks at other lines.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from sys import _getframe
from types import CodeType
from typing import Any

from attrs import evolve, fields

from orderfsm.engine import TRANSITIONS
from orderfsm.guards import HostGuard
from orderfsm.inputs import Input
from orderfsm.order import Lot, Order
from orderfsm.scene import Scene
from orderfsm.table import CONTRADICTIONS, DENIALS, KNOWN
from tests.proof.asking import Said

Rule = Callable[..., Any]
"""A condition or a guard."""

_FIELDS = tuple(each.name for each in fields(Lot))


# --- goods -----------------------------------------------------------------------------------------------


class Watch:
    """Notes who reads which fields of the goods that it watches.

    Attributes:
        seen: the fields, by the place that read them: module and function.
    """

    def __init__(self) -> None:
        self.seen: dict[str, set[str]] = {}
        self._watched = _watched(self._note)
        self._places: dict[CodeType, str] = {}

    def over(self, lots: Iterable[Lot], which: Callable[[Lot], bool]) -> tuple[Lot, ...]:
        """The same goods, some of them watched."""
        return tuple(self._watched(*[getattr(lot, name) for name in _FIELDS]) if which(lot) else lot for lot in lots)

    def _note(self, name: str, code: CodeType) -> None:
        place = self._places.get(code)
        if place is None:
            place = self._places[code] = f"{Path(code.co_filename).stem}.{code.co_qualname.split('.<locals>')[0]}"
        self.seen.setdefault(place, set()).add(name)


def _watched(note: Callable[[str, CodeType], None]) -> type[Any]:
    class Watched(Lot):
        __slots__ = ()

        def __getattribute__(self, name: str) -> Any:
            if not name.startswith("_"):
                note(name, _getframe(1).f_code)
            return super().__getattribute__(name)

    return Watched


# --- rules -----------------------------------------------------------------------------------------------

GLOBALS = frozenset(
    {"policy", "input", "by", "at", "now", "order", "order.placed_at", "order.country", "payment_closes_at"}
)
"""What every rule may read: it is the same whatever the other lines are."""

Read = tuple[frozenset[str], frozenset[str]]
"""What is read of the order beside these, and what of goods of other lines."""


def rules() -> dict[str, list[Rule]]:
    """Every condition and guard of the table, by what it is asked on; as it runs."""
    found: dict[str, list[Rule]] = {}
    for trigger, cells in TRANSITIONS.items():
        for transition in [each for some in cells.values() for each in some]:
            found.setdefault(trigger, []).extend((*filter(None, [transition.when]), *transition.guards))
    entries: list[Any] = [*DENIALS, *KNOWN, *CONTRADICTIONS]
    for entry in entries:
        if entry.when is not None:
            found.setdefault(entry.trigger.name, []).append(entry.when)
    return {trigger: list(dict.fromkeys(some)) for trigger, some in found.items()}


def name_of(rule: Rule) -> str:
    """What a rule is called: a host's guard by its code."""
    return str(getattr(rule, "code", getattr(rule, "__name__", "")))


class Readings:
    """What rules read beside their own goods.

    Args:
        guards: a host's, asked beside those of the table.
    """

    def __init__(self, guards: Sequence[HostGuard] = ()) -> None:
        self._of_order: dict[str, set[str]] = {}
        self._of_others: dict[str, set[str]] = {}
        self._rules = rules()
        for guard in guards:
            for command in guard.on:
                self._rules.setdefault(command.name, []).append(guard)

    def note(self, said: Iterable[Said], own: Callable[[Lot], bool]) -> "Readings":
        """Ask every rule that an input is subject to, about all goods of a component."""
        for each in said:
            self._note(each, own)
        return self

    def _note(self, said: Said, own: Callable[[Lot], bool]) -> None:
        watch = Watch()
        lots = watch.over(said.order.lots, lambda lot: not own(lot))
        for rule in self._rules.get(said.input.name, ()):
            watch.seen.clear()
            read: set[str] = set()
            scene = _scene(said, lots, read)
            for lot in filter(own, said.order.lots):
                rule(scene, lot)
            self._of_order.setdefault(name_of(rule), set()).update(read - GLOBALS)
            self._of_others.setdefault(name_of(rule), set()).update(*watch.seen.values())

    @property
    def asked(self) -> set[str]:
        """Which rules were asked."""
        return set(self._of_order)

    @property
    def flags(self) -> dict[str, Read]:
        """What was read, rule by rule, where anything was."""
        both = {name: (frozenset(read), frozenset(self._of_others[name])) for name, read in self._of_order.items()}
        return {name: found for name, found in both.items() if any(found)}


def _scene(said: Said, lots: Iterable[Lot], read: set[str]) -> Scene[Input]:
    """A scene that notes what is read of it, and of its order."""
    input, order = said.input, said.order
    assert input.by is not None and input.at is not None
    scene = _WatchedScene(said.explored.scope.policy, order, input, input.by, input.at, input.at)
    scene.lots = list(lots)
    scene.order = _WatchedOrder(order, read)  # type: ignore[assignment]  # it has all that an order has
    scene.read = read
    return scene


class _WatchedScene(Scene[Input]):
    read: set[str] | None = None

    def __getattribute__(self, name: str) -> Any:
        read = super().__getattribute__("read")
        if read is not None and name != "component":
            read.add(name)
        return super().__getattribute__(name)


class _WatchedOrder:
    def __init__(self, order: Order, read: set[str]) -> None:
        self._order, self._read = order, read

    def __getattr__(self, name: str) -> Any:
        self._read.add(f"order.{name}")
        return getattr(self._order, name)


def watched_order(watch: Watch, order: Order, line: str) -> Order:
    """The same order; the goods of one line are watched."""
    return evolve(order, lots=watch.over(order.lots, lambda lot: lot.line.id == line))
