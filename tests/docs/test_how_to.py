"""How-to pages are walked from their first line to their last: what they show is done, and what they print is printed.

Examples for the Python prompt (``pycon``) are run by `tests.docs.test_readme`.
"""

import re
import shutil
from pathlib import Path

import pytest

from tests.docs.walking import ROOT, changed, pattern, walk

REST = shutil.ignore_patterns("__pycache__", "node_modules")


@pytest.mark.parametrize("page", ["change-a-deadline", "add-a-rule", "migrate-from-a-shop", "replay-your-orders"])
def test_the_page_can_be_followed(page: str, tmp_path: Path) -> None:
    """Its files are written, its commands run, and each prints what the page shows."""
    walk(page, tmp_path)


def test_a_state_can_be_added(tmp_path: Path) -> None:
    """In a copy of the sources half of the changes fail as the page says, and all of them decide and prove."""
    for folder in ("src", "tools", "docs", "tests"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=REST)
    for file in ("README.md", "CHANGELOG.md", "pyproject.toml"):
        shutil.copy(ROOT / file, tmp_path)
    walk("add-a-state", tmp_path, {"PYTHONPATH": f"{tmp_path / 'src'}:{tmp_path}"})


def test_a_page_that_shows_something_else_is_found() -> None:
    """What is left out may be anything; everything else has to be there."""
    assert "12 orders\nall\n" == _matched("12 orders\n…\n", "12 orders\nall\n")
    assert "ran in 3 s\n" == _matched("ran in … s\n", "ran in 3 s\n")
    assert None is _matched("12 orders\n", "13 orders\n")
    assert None is _matched("12 orders\n", "12 orders\nall\n")


def _matched(shown: str, printed: str) -> str | None:
    found = re.fullmatch(pattern(shown), printed)
    return None if found is None else found[0]


def test_a_change_fits_in_one_place() -> None:
    """Where the file is another than the page thinks, or the place is not clear, nothing is changed."""
    assert "a\nc\nd\n" == changed("a\nb\nd\n", " a\n-b\n+c\n")
    assert "a: long\nc\n" == changed("a: long\n", " a: …\n+c\n")
    with pytest.raises(AssertionError, match=r"fits in 2 places"):
        changed("a: long\na: longer\n", " a: …\n+c\n")
    for text in ("a\nx\n", "a\nb\na\nb\n"):
        with pytest.raises(AssertionError, match=r"fits in \d places"):
            changed(text, " a\n-b\n+c\n")
