"""Every link and every resource of the built site, pictures included."""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

from tools.docs import ROOT
from tools.docs.pages import DOCS

RESOURCES = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "use": "href"}


class _Page(HTMLParser):
    """What a page links to, what it loads, and where one can link to on it."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if named := found.get("id"):
            self.ids.append(named)
        target = found.get("href") or found.get("xlink:href")
        if tag == "a" and target:
            self.links.append(target)
        if loaded := found.get(RESOURCES.get(tag, "")):
            self.loads.append(loaded)


@cache
def read(path: Path) -> _Page:
    """The page at `path`."""
    page = _Page()
    page.feed(path.read_text("utf-8"))
    return page


def pages(site: Path) -> Iterator[Path]:
    """Every page of the site."""
    found = sorted(site.rglob("*.html"))
    assert {site / path.relative_to(ROOT / "docs").with_suffix(".html") for path in DOCS} <= set(found)
    yield from found


def test_every_link_leads_to_a_page_and_an_id_that_it_has(site: Path) -> None:
    """Also from the pictures; only links to other sites are left alone."""
    lost = []
    for path in pages(site):
        for link in read(path).links:
            if "://" in link or link.startswith(("mailto:", "#top")):
                continue
            target, fragment = urldefrag(unquote(link))
            file = path.parent.joinpath(target).resolve() if target else path
            if not file.exists() or (fragment and fragment not in read(file).ids):
                lost.append(f"{path.relative_to(site)}: {link}")
    assert [] == lost


def test_no_id_is_given_twice(site: Path) -> None:
    """Else a link would lead to the first of them."""
    for path in pages(site):
        twice = [named for named, count in Counter(read(path).ids).items() if count > 1]
        assert [] == twice, path.relative_to(site)


def test_everything_that_is_loaded_comes_with_the_site(site: Path) -> None:
    """No script, style, font or picture of another host."""
    for path in pages(site):
        for loaded in read(path).loads:
            assert "://" not in loaded and not loaded.startswith("//"), f"{path.relative_to(site)}: {loaded}"
            file = path.parent / loaded.split("?")[0].split("#")[0]
            assert loaded.startswith("data:") or file.exists(), f"{path.relative_to(site)}: {loaded}"
