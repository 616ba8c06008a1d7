"""What a browser shows of every page."""

from pathlib import Path

from playwright.sync_api import Page


def test_every_page_opens(page: Page, site: Path) -> None:
    """Without a complaint on the console, and without asking anything of another host."""
    pages = [path.relative_to(site).as_posix() for path in site.rglob("*.html") if path.name != "search.html"]
    assert "policy.html" in pages
    for path in pages:
        page.goto(f"/{path}")
        assert page.locator("article").inner_text().strip(), path
