"""The archive that brings orderfsm into the browser: the packages as they are installed here, and the playground.

The same installation always gives the same bytes.
"""

from collections.abc import Iterator
from functools import lru_cache
from importlib.metadata import distribution
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

ROOT = Path(__file__).parents[3]

DISTRIBUTIONS: dict[str, tuple[str, ...]] = {
    "orderfsm": ("orderfsm",),
    "attrs": ("attr", "attrs"),
    "transitions": ("transitions",),
    "six": ("six",),
    "holidays": ("holidays",),
    "python-dateutil": ("dateutil",),
    "iso4217": ("iso4217",),
    "tzdata": ("tzdata",),
}
"""What the core stands on, by the name under which pip knows it, with the modules that are imported."""

LEFT_OUT = (
    "orderfsm/store",  # keeps orders
    "orderfsm/testing",  # tries them all out
    "holidays/locale",  # the names of the holidays; the playground asks only for days
    "dateutil/zoneinfo",  # a second copy of the time zones
)
"""Folders that no decision needs."""

PLAYGROUND = (
    "tools/__init__.py",
    "tools/docs/__init__.py",
    "tools/docs/anchors.py",
    *(
        f"tools/docs/playground/{name}.py"
        for name in ("__init__", "orders", "forms", "buttons", "story", "view", "door")
    ),
)
"""The playground's own modules that run in the browser."""

_UNREAD = (".pyc", ".pyi")
_LICENCES = ("LICENSE", "LICENCE", "COPYING", "NOTICE")
_ALWAYS = (1980, 1, 1, 0, 0, 0)


def packed_files() -> dict[str, Path]:
    """Every file of the archive: its name there, and where it is installed."""
    found = dict(_installed())
    found.update((name, ROOT / name) for name in PLAYGROUND)
    return dict(sorted(found.items()))


@lru_cache(maxsize=1)
def archive() -> bytes:
    """The archive, as a zip file."""
    written = BytesIO()
    with ZipFile(written, "w", ZIP_DEFLATED, compresslevel=9) as packed:
        for name, path in packed_files().items():
            packed.writestr(ZipInfo(name, _ALWAYS), path.read_bytes(), ZIP_DEFLATED, 9)
    return written.getvalue()


def _installed() -> Iterator[tuple[str, Path]]:
    for name, modules in DISTRIBUTIONS.items():
        for module in modules:
            yield from _module(module)
        yield from _metadata(name)


def _module(name: str) -> Iterator[tuple[str, Path]]:
    """The files of a module or package, wherever it is imported from."""
    spec = find_spec(name)
    assert spec is not None and spec.origin is not None
    origin = Path(spec.origin)
    if not spec.submodule_search_locations:
        yield origin.name, origin
        return
    for path in origin.parent.rglob("*"):
        inside = (Path(name) / path.relative_to(origin.parent)).as_posix()
        if (
            path.is_file()
            and path.suffix not in _UNREAD
            and not inside.startswith(tuple(f"{out}/" for out in LEFT_OUT))
        ):
            yield inside, path


def _metadata(name: str) -> Iterator[tuple[str, Path]]:
    """The version and the licence of a package: who passes it on has to pass them on as well."""
    for file in distribution(name).files or ():
        folder = file.parts[0]
        if folder.endswith(".dist-info") and (file.name == "METADATA" or file.name.startswith(_LICENCES)):
            yield file.as_posix(), Path(str(file.locate()))
