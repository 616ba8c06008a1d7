"""How far a proof has come, on the terminal: scopes done, states found and waiting, decisions a second."""

import sys
from time import monotonic
from types import TracebackType
from typing import Any, Self

from orderfsm.testing.exploring import Exploration


class Watching:
    """A bar over the scopes, on standard error if that is a terminal; nothing in a pipe.

    Args:
        total: how many there are.
        unit: of what.
    """

    def __init__(self, total: int, unit: str = "scopes") -> None:
        self._bar: Any = None
        self._begun, self._decisions = monotonic(), 0
        if sys.stderr.isatty():
            from tqdm import tqdm  # read on use, as in `orderfsm.progress`

            self._bar = tqdm(total=total, unit=f" {unit}", leave=False, file=sys.stderr)

    def report(self, found: Exploration[Any, Any], waiting: int) -> None:
        """What was found so far in the scope that is being explored."""
        if self._bar is not None:
            self._bar.set_postfix_str(
                f"{len(found.states):,} states, {waiting:,} waiting, {found.rate:,.0f} decisions/s"
            )

    def done(self, name: str, decisions: int = 0) -> None:
        """One is done; where decisions are counted, with how many."""
        self._decisions += decisions
        if self._bar is not None:
            self._bar.update()
            if self._decisions:
                rate = self._decisions / max(monotonic() - self._begun, 1e-9)
                self._bar.set_postfix_str(f"{self._decisions:,} decisions, {rate:,.0f} decisions/s", refresh=False)
            self._bar.set_description_str(name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()
