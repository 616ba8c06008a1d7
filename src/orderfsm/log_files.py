"""An order log as a stream of numbered lines: standard input or a file, plain or gzip.

Nothing is held in memory but one chunk and one line. Gzip is told by its first bytes, not by the name. A
file that breaks off gives its lines up to there, then `UnreadableLog`.
"""

import sys
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from orderfsm.errors import UnreadableLog
from orderfsm.log_faults import LONGEST_LINE

STANDARD_INPUT = "-"
CHUNK = 2**18
_GZIP = b"\x1f\x8b"
_WITH_HEADER = 16 + zlib.MAX_WBITS

NumberedLine = tuple[int, bytes | None]
"""The number of a line, from 1, and what it says; None where it is longer than any input."""


@contextmanager
def open_log(
    name: str, progress: Callable[[int], object] = lambda size: None
) -> Generator[Iterator[NumberedLine], None, None]:
    """Open an order log and give its lines, blank ones left out.

    Args:
        name: a path, or ``-`` for standard input.
        progress: is told the size of each piece that has been read, as it lies in the file.

    Raises:
        UnreadableLog: here where the log cannot be opened, and from the iterator where it breaks off.
    """
    if name == STANDARD_INPUT:
        if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison]  (a shell's ``<&-`` closes it)
            raise UnreadableLog("standard input is closed")
        yield _lines(_text_of(_read(sys.stdin.buffer, "standard input", progress), "standard input"))
        return
    if Path(name).is_dir():
        raise UnreadableLog(f"{name} is a folder, not an order log")
    try:
        file = Path(name).open("rb")  # noqa: SIM115  (closed below; here only opening it may fail)
    except FileNotFoundError:
        raise UnreadableLog(f"{name}: there is no such file") from None
    except (OSError, ValueError) as fault:
        raise UnreadableLog(f"{name}: {_why(fault)}") from None
    with file:
        yield _lines(_text_of(_read(file, name, progress), name))


def _why(fault: Exception) -> str:
    return (fault.strerror if isinstance(fault, OSError) and fault.strerror else str(fault)).lower()


def _read(file: BinaryIO, name: str, progress: Callable[[int], object]) -> Iterator[bytes]:
    """What the file holds, piece by piece, as soon as it is there."""
    read: Callable[[int], bytes] = getattr(file, "read1", file.read)
    while True:
        try:
            piece = read(CHUNK)
        except OSError as fault:
            raise UnreadableLog(f"{name}: {_why(fault)}") from None
        if not piece:
            return
        progress(len(piece))
        yield piece


def _text_of(pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
    """The pieces, unpacked where they are gzip."""
    head = b""
    for piece in pieces:
        head += piece
        if len(head) >= len(_GZIP):
            break
    if head.startswith(_GZIP):
        yield from _unpacked(_chain(head, pieces), name)
    else:
        yield from _chain(head, pieces)


def _chain(head: bytes, pieces: Iterable[bytes]) -> Iterator[bytes]:
    yield head
    yield from pieces


def _unpacked(pieces: Iterable[bytes], name: str) -> Iterator[bytes]:
    """Unpack gzip, of one member or several, never more than a chunk at once."""
    member = zlib.decompressobj(_WITH_HEADER)
    for piece in pieces:
        packed = piece
        while packed:
            if member.eof:
                packed = packed.lstrip(b"\0")  # padding between members or at the end
                if not packed:
                    break
                member = zlib.decompressobj(_WITH_HEADER)
            try:
                yield member.decompress(packed, CHUNK)
            except zlib.error:
                raise UnreadableLog(f"{name}: the gzip data is damaged") from None
            packed = member.unused_data if member.eof else member.unconsumed_tail
    if not member.eof:
        raise UnreadableLog(f"{name}: the gzip data is cut off")


def _lines(pieces: Iterable[bytes]) -> Iterator[NumberedLine]:
    """Number the lines. One that is too long is skipped piece by piece; one that is cut off is left out."""
    number = 1
    rest = b""
    too_long = False
    for piece in pieces:
        first, *others = piece.split(b"\n")
        rest = b"" if too_long else rest + first
        too_long = too_long or len(rest) > LONGEST_LINE
        if not others:
            continue
        last = others.pop()
        if too_long:
            yield number, None
        elif rest and not rest.isspace():
            yield number, rest
        for line in others:
            number += 1
            if line and not line.isspace():
                yield number, line
        number += 1
        rest, too_long = last, False
    if too_long:
        yield number, None
    elif rest and not rest.isspace():
        yield number, rest
