"""What is generated in the documentation is what the code says today."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def docs() -> ModuleType:
    """``tools/docs.py``, which is no part of the package."""
    spec = importlib.util.spec_from_file_location("tools_docs", ROOT / "tools/docs.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["tools_docs"] = module
    spec.loader.exec_module(module)
    return module


def test_no_page_is_stale(docs: ModuleType) -> None:
    """After a change to the rows, ``just docs`` writes the pages anew."""
    assert [] == [str(page.relative_to(ROOT)) for page in docs.stale_pages()]


def test_every_part_is_on_a_page(docs: ModuleType) -> None:
    """Nothing is generated for nobody, and each part that is drawn can be seen."""
    used = {name for page in docs.PAGES for _, name, _ in docs.BLOCK.findall(page.read_text("utf-8"))}
    assert set(docs.PARTS_BY_NAME) == used


def test_every_code_cites_a_clause(docs: ModuleType) -> None:
    """The reference of codes says under which clauses each is given."""
    for code in [*docs.Code, *docs.AnomalyCode]:
        assert docs.cited(code), code


def test_every_code_has_an_anchor(docs: ModuleType) -> None:
    """A refusal's code can be looked up in the reference."""
    text = (ROOT / "docs/reference/codes.md").read_text("utf-8")
    for code in docs.Code:
        assert f"\n### {code.value}\n" in text
    for code in docs.AnomalyCode:
        assert f"\n### anomaly {code.value}\n" in text


def test_the_claim_is_stated_once(docs: ModuleType) -> None:
    """One page states what is claimed, and the README quotes it; nothing is called free of faults."""
    pages = {page: page.read_text("utf-8") for page in (ROOT / "docs").rglob("*.md")}
    assert [ROOT / "docs/explanation/proof.md"] == [page for page, text in pages.items() if docs.CLAIM in text]
    assert 1 == pages[ROOT / "docs/explanation/proof.md"].count(docs.CLAIM)
    readme = (ROOT / "README.md").read_text("utf-8")
    assert 1 == readme.count(docs.CLAIM)
    assert "exhaustively checked on the shipped code within this scope" in docs.CLAIM.lower()
    assert not [page for page, text in {**pages, ROOT: readme}.items() if "bug-free" in text]
