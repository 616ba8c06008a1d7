"""Goods that tell which code looks at them: who reads what, noted while the shipped code runs.

Only what stands outside of the goods in question is watched, so every note is a place that looks at other lines.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from sys import _getframe
from types import FrameType
from typing import Any

from attrs import evolve, fields

from orderfsm.order import Lot, Order

_FIELDS = tuple(each.name for each in fields(Lot))


class Watch:
    """Notes who reads which fields of the goods that it watches.

    Attributes:
        seen: the fields, by the place that read them: module and function.
    """

    def __init__(self) -> None:
        self.seen: dict[str, set[str]] = {}
        self._watched = _watched_class(Lot, self._note)

    def over(self, order: Order, watched: Callable[[Lot], bool]) -> Order:
        """The same order; some of its goods are watched."""
        return evolve(order, lots=tuple(self._copy(lot) if watched(lot) else lot for lot in order.lots))

    def over_lots(self, lots: Iterable[Lot], own: Iterable[Lot]) -> list[Lot]:
        """The same goods; all but `own` are watched."""
        spared = {id(lot) for lot in own}
        return [lot if id(lot) in spared else self._copy(lot) for lot in lots]

    def forget(self) -> None:
        """Begin anew."""
        self.seen.clear()

    def _copy(self, lot: Lot) -> Lot:
        found: Lot = self._watched(*[getattr(lot, name) for name in _FIELDS])
        return found

    def _note(self, name: str, frame: FrameType) -> None:
        self.seen.setdefault(place(frame), set()).add(name)


def place(frame: FrameType) -> str:
    """Module and function of a frame; what a function defines inside belongs to it."""
    code = frame.f_code
    return f"{Path(code.co_filename).stem}.{code.co_qualname.split('.<locals>')[0]}"


def _watched_class(kind: type[Any], note: Callable[[str, FrameType], None]) -> type[Any]:
    class Watched(kind):  # type: ignore[misc]
        __slots__ = ()

        def __getattribute__(self, name: str) -> Any:
            if name in _FIELDS or not name.startswith("_"):
                note(name, _getframe(1))
            return super().__getattribute__(name)

    return Watched
