"""What a browser shows of every page."""

from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.site import DESKTOP, PHONE


def test_every_page_opens_and_fits(page: Page, site: Path) -> None:
    """Without a complaint on the console, without asking another host, and without scrolling sideways."""
    found = [path.relative_to(site).as_posix() for path in sorted(site.rglob("*.html")) if path.name != "search.html"]
    sources = [path for path in found if path.startswith("source/")]
    pages = [*(path for path in found if path not in sources), sources[0], sources[-1]]  # those are all alike
    assert "policy.html" in pages
    wide = []
    for path in pages:
        page.goto(f"/{path}")
        assert page.locator("article").inner_text().strip(), path
        for width, height in (PHONE, DESKTOP):
            page.set_viewport_size({"width": width, "height": height})
            if (across := page.evaluate("document.documentElement.scrollWidth")) > width:
                wide.append(f"{path}: {across} at {width}")
    assert [] == wide


def test_the_site_is_read_without_javascript(browser: Browser, address: str) -> None:
    """From the front page to a clause, its row and its test, and to a picture."""
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/index.html")
    page.locator("article").get_by_role("link", name="The policy").first.click()
    page.locator("#a8 a[href^='#row-']").first.click()
    assert page.url.split("#")[1].startswith("row-")
    page.locator("#a8 a[href*='tests.html']").click()
    page.locator("article a[href*='source/tests/policy']").first.click()
    assert page.locator("article").inner_text().startswith("tests/policy/")
    page.goto("/diagrams.html")
    assert page.locator("svg [data-state=unshipped]").first.is_visible()
    context.close()


def test_nothing_lies_over_a_printed_page(page: Page) -> None:
    """What follows the reader on the screen stays off the paper."""
    page.goto("/stories.html")
    page.emulate_media(media="print")
    fixed = """() => [...document.querySelectorAll("body *")].filter((each) => {
        const box = each.getBoundingClientRect();
        const seen = each.checkVisibility({ opacityProperty: true, visibilityProperty: true });
        return getComputedStyle(each).position === "fixed" && seen && box.width * box.height > 0;
    }).map((each) => each.className)"""
    assert [] == page.evaluate(fixed)
