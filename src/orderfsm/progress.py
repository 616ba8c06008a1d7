"""A progress bar on the terminal, for what takes longer than a second. None in a pipe."""

import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class Progress:
    """How much of a file has been read, on standard error if that is a terminal.

    Args:
        name: the file, or ``-``; the size of a regular file is the whole of the bar.
        shown: False where nothing should be shown at all.
    """

    def __init__(self, name: str, *, shown: bool = True) -> None:
        self._bar: Any = None
        if shown and sys.stderr.isatty():
            from tqdm import tqdm  # read on use: it costs more than a short replay

            path = Path(name)
            total = path.stat().st_size if path.is_file() else None
            self._bar = tqdm(total=total, delay=1, unit="B", unit_scale=True, leave=False, file=sys.stderr)

    def advance(self, size: int) -> None:
        """Another `size` bytes have been read."""
        if self._bar is not None:
            self._bar.update(size)

    def close(self) -> None:
        """Take the bar off the screen, before anything else is written there."""
        if self._bar is not None:
            self._bar.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
