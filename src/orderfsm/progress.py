"""Progress bars on the terminal, for what takes longer than a second. None in a pipe."""

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

    def write(self, text: str) -> None:
        """Write a line on standard error, above the bar."""
        if self._bar is not None:
            self._bar.write(text, file=sys.stderr)
        else:
            print(text, file=sys.stderr)

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


class Counting:
    """How many of something have been done, on standard error if that is a terminal; how many there are is not known.

    Args:
        unit: what is counted, such as ``order``.
    """

    def __init__(self, unit: str) -> None:
        self.count = 0
        self._bar: Any = None
        if sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(delay=1, unit=f" {unit}s", leave=False, file=sys.stderr)

    def advance(self, more: int) -> None:
        """So many more have been done."""
        self.count += more
        if self._bar is not None:
            self._bar.update(more)

    def close(self) -> None:
        """Take the bar off the screen, before anything else is written there."""
        if self._bar is not None:
            self._bar.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
