"""The stories' pictures as a browser shows them: legible in every window and colour, with links that lead on."""

import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from playwright.sync_api import Page

from tests.site import DESKTOP, PHONE
from tools.docs.stories.plots import STORIES

WINDOWS = pytest.mark.parametrize("window", (PHONE, DESKTOP), ids=("phone", "desktop"))
SMALLEST = 11
CONTRAST = 4.5

MEASURE = """() => {
  const box = e => { const r = e.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom] };
  const paper = getComputedStyle(document.body).backgroundColor;
  const shown = [...document.querySelectorAll('.sequence')].filter(e => e.getClientRects().length);
  return shown.map(sequence => [...sequence.querySelectorAll('svg')].map(svg => ({
    box: box(svg),
    lines: [...svg.querySelectorAll('.line')].map(box),
    texts: [...svg.querySelectorAll('text')].map(text => {
      const frame = text.parentElement.querySelector(':scope > rect');
      const inks = [text, ...text.querySelectorAll('*')].map(e => getComputedStyle(e).fill);
      return {
        words: text.textContent, box: box(text), frame: frame && box(frame), inks: [...new Set(inks)],
        paper: frame ? getComputedStyle(frame).fill : paper,
        size: parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a,
      };
    }),
  })));
}"""

HREFS = "all => all.map(e => e.getAttribute('href'))"


@frozen
class Box:
    """A rectangle on the page."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box") -> bool:
        """Whether they share more than an edge; font boxes of lines in a block may touch."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.bottom, other.bottom) - max(self.top, other.top)
        return wide > 0.5 and high > 1.5

    def holds(self, other: "Box") -> bool:
        """Whether the other one lies within this one, but for what a screen cannot show."""
        return (
            self.left - 0.5 <= other.left
            and other.right <= self.right + 0.5
            and self.top - 1 <= other.top
            and other.bottom <= self.bottom + 1
        )


def opened(page: Page, window: tuple[int, int] = DESKTOP, scheme: Any = "light", media: Any = "screen") -> Any:
    """The page in such a window, and what is to be measured of the pictures that it shows."""
    page.set_viewport_size({"width": window[0], "height": window[1]})
    page.emulate_media(color_scheme=scheme, media=media)
    page.goto("/stories.html")
    measured = page.evaluate(MEASURE)
    assert len(STORIES) == len(measured)  # one size of each, and no more
    return measured


def faults(measured: Any, width: float) -> list[tuple[str, str]]:
    """What is illegible in the pictures: the fault, and the words."""
    found: list[tuple[str, str]] = []
    for picture in (picture for story in measured for picture in story):
        paper = Box(*picture["box"])
        boxes = [(text["words"], Box(*text["box"])) for text in picture["texts"]]
        framed = [(text["words"], Box(*text["box"]), Box(*text["frame"])) for text in picture["texts"] if text["frame"]]
        arrows = [Box(left, top - 1, right, bottom + 1) for left, top, right, bottom in picture["lines"]]
        found += [("wide", "")] if paper.left < 0 or paper.right > width else []
        found += [("overlap", a) for (a, one), (_, other) in combinations(boxes, 2) if one.meets(other)]
        found += [("cut", words) for words, box in boxes if not paper.holds(box)]
        found += [("out of its box", words) for words, box, frame in framed if not frame.holds(box)]
        found += [("crossed", words) for words, box in boxes for arrow in arrows if arrow.meets(box)]
        found += [("small", text["words"]) for text in picture["texts"] if text["size"] < SMALLEST]
    return found


@WINDOWS
def test_no_label_overlaps_another_and_none_is_cut(page: Page, window: tuple[int, int]) -> None:
    """Each label keeps to its box and its picture, clear of the others and of the arrows; none is small."""
    measured = opened(page, window)
    assert all(any(picture["texts"] for picture in story) for story in measured)
    assert all(any(picture["lines"] for picture in story) for story in measured)
    assert [] == faults(measured, window[0])
    assert page.evaluate("document.documentElement.scrollWidth") <= window[0]


PLANTED = {
    "overlap": "texts[1].textContent = texts[0].textContent; for (const name of ['x', 'y', 'transform']) "
    "if (texts[0].hasAttribute(name)) texts[1].setAttribute(name, texts[0].getAttribute(name))",
    "cut": "texts[0].setAttribute('x', '-40')",
    "small": "texts[0].style.fontSize = '6px'",
    "crossed": "const line = svg.querySelector('.line').getBBox(); "
    "texts[0].setAttribute('x', line.x + line.width / 2); texts[0].setAttribute('y', line.y + 4)",
}
"""What goes wrong with the labels of a step, and how."""


def test_a_planted_fault_is_seen(page: Page) -> None:
    """The checks above would notice."""
    opened(page)
    for fault, planting in PLANTED.items():
        page.reload()
        page.evaluate(f"""() => {{
            const svg = [...document.querySelectorAll('.sequence svg')].filter(each => each.getClientRects().length)
                .find(each => each.querySelector('.line') && each.querySelectorAll('text').length > 2);
            const texts = [...svg.querySelectorAll('text')];
            {planting};
        }}""")
        assert fault in {kind for kind, _ in faults(page.evaluate(MEASURE), DESKTOP[0])}, fault


@pytest.mark.parametrize(("scheme", "media"), (("light", "screen"), ("dark", "screen"), ("dark", "print")))
def test_every_word_stands_out(page: Page, scheme: str, media: str) -> None:
    """In light, in dark, and on paper, where dark pages are printed light."""
    pale = [
        (text["words"], ink, text["paper"])
        for story in opened(page, scheme=scheme, media=media)
        for picture in story
        for text in picture["texts"]
        for ink in text["inks"]
        if contrast(ink, text["paper"]) < CONTRAST
    ]
    assert [] == pale
    bright = luminance(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert (bright > 0.5) is ((scheme, media) != ("dark", "screen"))


def contrast(ink: str, paper: str) -> float:
    """The contrast ratio of two colours, as WCAG defines it."""
    dark, light = sorted((luminance(ink), luminance(paper)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """The relative luminance of an opaque colour."""
    parts = [float(part) / 255 for part in re.findall(r"[\d.]+", colour)]
    assert 3 == len(parts), colour
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@WINDOWS
def test_the_heads_stay_in_view(page: Page, window: tuple[int, int]) -> None:
    """Somebody in the middle of a long picture still sees whose lifeline is whose."""
    opened(page, window)
    frame = page.locator(".sequence:visible").first
    frame.evaluate("e => window.scrollTo(0, scrollY + e.getBoundingClientRect().top + e.offsetHeight / 2)")
    top = frame.locator("svg.heads").first.evaluate("e => e.getBoundingClientRect().top")
    header = page.locator(".mobile-header")
    assert (header.bounding_box() or {"height": 0})["height"] == pytest.approx(top, abs=1.5)


def test_a_page_break_goes_through_no_step(page: Page) -> None:
    """On paper, each step stays together."""
    opened(page, media="print")
    breaks = page.eval_on_selector_all(".sequence > div", "all => all.map(e => getComputedStyle(e).breakInside)")
    assert {"avoid"} == set(breaks)


def test_a_narrower_window_scrolls_the_picture_alone(page: Page) -> None:
    """The letters stay legible, and the frame can be reached without a mouse."""
    measured = opened(page, (320, 600))
    assert SMALLEST <= min(text["size"] for story in measured for picture in story for text in picture["texts"])
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    frame = page.locator(".sequence:visible").first
    assert "0" == frame.get_attribute("tabindex")
    assert frame.evaluate("e => e.scrollWidth > e.clientWidth && getComputedStyle(e).overflowX == 'auto'")


def test_pictures_are_told_to_who_cannot_see_them(page: Page) -> None:
    """Each has a title and a description, and no two elements share an id."""
    opened(page)
    for picture in page.locator(".sequence svg").all():
        for name in ("aria-labelledby", "aria-describedby"):
            told = page.locator(f"[id='{picture.get_attribute(name)}']")
            assert 1 == told.count()
            assert (told.text_content() or "").strip()
    assert page.evaluate("new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size") == page.evaluate(
        "document.querySelectorAll('[id]').length"
    )


def test_links_lead_to_what_they_name(page: Page, site: Path) -> None:
    """Every link of the pictures and of the lists leads to an id of a page of the site."""
    opened(page)
    pictured, listed = (set(page.eval_on_selector_all(some, HREFS)) for some in (".sequences a", ".story ol a"))
    assert {link.replace("_", "-") for link in pictured} == {
        link.replace("_", "-") for link in listed
    }  # as MyST has it
    links: set[str] = pictured | set(page.eval_on_selector_all(".story a", HREFS))
    assert len(links) > 50
    assert [] == sorted(link for link in links if not leads(link, site))


def leads(link: str, site: Path) -> bool:
    """Whether the page is there, with the id."""
    name, _, anchor = link.partition("#")
    target = site / name
    return target.is_file() and f'id="{anchor}"' in target.read_text("utf-8")
