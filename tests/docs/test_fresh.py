"""What is generated in the documentation is what the code says today."""

from orderfsm.reasons import AnomalyCode, Code
from orderfsm.testing.proving import CLAIM
from tools.docs import ROOT
from tools.docs.pages import BLOCK, DOCS, PAGES, stale_pages
from tools.docs.parts import PARTS_BY_NAME
from tools.docs.policy.citations import cited


def test_no_page_is_stale() -> None:
    """After a change to the rows, ``just docs`` writes the pages anew."""
    assert [] == [str(page.relative_to(ROOT)) for page in stale_pages()]


def test_every_part_is_on_a_page() -> None:
    """Nothing is generated for nobody, and each part that is drawn can be seen."""
    used = {name for page in PAGES for _, name, _ in BLOCK.findall(page.read_text("utf-8"))}
    assert set(PARTS_BY_NAME) == used


def test_every_code_cites_a_clause() -> None:
    """The reference of codes says under which clauses each is given."""
    for code in [*Code, *AnomalyCode]:
        assert cited(code), code


def test_the_claim_is_stated_once() -> None:
    """One page states what is claimed, and the README quotes it; nothing is called free of faults."""
    pages = {page: page.read_text("utf-8") for page in DOCS}
    assert [ROOT / "docs/explanation/proof.md"] == [page for page, text in pages.items() if CLAIM in text]
    assert 1 == pages[ROOT / "docs/explanation/proof.md"].count(CLAIM)
    readme = (ROOT / "README.md").read_text("utf-8")
    assert 1 == readme.count(CLAIM)
    assert "exhaustively checked on the shipped code within this scope" in CLAIM.lower()
    assert not [page for page, text in {**pages, ROOT: readme}.items() if "bug-free" in text]
