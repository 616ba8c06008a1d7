"""Where the command line writes: standard output, or a file that appears only once it is whole."""

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


class Unwritable(Exception):
    """An output file cannot be written; the message says why."""


@contextmanager
def output(name: str | None, source: str) -> Generator[BinaryIO, None, None]:
    """Standard output, or the file `name`.

    A file is written beside its place and moved there at the end, so that it is never seen half-written:
    when something goes wrong in between, what was there before stays. Devices and pipes are written to
    directly.

    Raises:
        Unwritable: the file cannot be created, or is `source`, which is being read.
    """
    if name is None:
        if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison]  (a shell's ``>&-`` closes it)
            raise Unwritable("standard output is closed")
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(os.path.realpath(name))
    if path.is_dir():
        raise Unwritable(f"{name} is a folder")
    if path.exists() and Path(source).exists() and path.samefile(source):
        raise Unwritable(f"{name} is the log itself")
    special = path.exists() and not path.is_file()
    draft = path if special else path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        file = draft.open("wb" if special else "xb")
    except OSError as fault:
        raise Unwritable(f"{name}: {(fault.strerror or str(fault)).lower()}") from None
    try:
        with file:
            yield file
        if not special:
            draft.replace(path)
    except BaseException:
        if not special:
            draft.unlink(missing_ok=True)
        raise


def print_text(text: str, file: BinaryIO) -> None:
    """Write text in UTF-8, whatever the terminal's settings say."""
    file.write(text.encode("utf-8", "backslashreplace"))
