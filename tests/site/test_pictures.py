"""The pictures as a browser shows them: legible at every width, in light and dark, with links that lead somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, cast

import pytest
from playwright.sync_api import Page

from orderfsm.diagrams import PARTS

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
LARGE = {"width": 1440, "height": 900}
UPRIGHT = {"width": 718, "height": 1047}  # A4 at 96 dots an inch, less the margins
TURNED = {"width": 1047, "height": 718}

FAULTS = """least => {
  const faults = [];
  const apart = (a, b) => a.right <= b.left + 0.5 || b.right <= a.left + 0.5 ||
                          a.bottom <= b.top + 0.5 || b.bottom <= a.top + 0.5;
  const within = (a, b) => a.left >= b.left - 0.5 && a.right <= b.right + 0.5 &&
                           a.top >= b.top - 0.5 && a.bottom <= b.bottom + 0.5;
  const box = element => element.getBoundingClientRect();
  const channels = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = colour => {
    const [r, g, b] = channels(colour).slice(0, 3).map(each => each / 255)
      .map(each => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [darker, lighter] = [light(one), light(other)].sort((a, b) => a - b);
    return (lighter + 0.05) / (darker + 0.05);
  };
  for (const svg of document.querySelectorAll('.picture-drawing')) {
    const part = svg.dataset.part;
    const say = (what, ...texts) => faults.push(`${what}: ${part}: ${texts.map(each => each.textContent).join(' | ')}`);
    const labels = [...svg.querySelectorAll('.picture-label text, :scope > text')];
    const boxes = [...svg.querySelectorAll('.picture-box')];
    const scroll = svg.closest('.picture-scroll');
    const view = box(svg);
    labels.forEach((one, place) => {
      for (const other of labels.slice(place + 1)) if (!apart(box(one), box(other))) say('overlap', one, other);
      for (const other of boxes) if (!apart(box(one), box(other.querySelector('rect')))) say('on a box', one, other);
    });
    boxes.forEach((one, place) => {
      for (const other of boxes.slice(place + 1)) if (!apart(box(one), box(other))) say('overlap', one, other);
      for (const text of one.querySelectorAll('text'))
        if (!within(box(text), box(one.querySelector('rect')))) say('out of its box', text);
    });
    for (const each of svg.querySelectorAll('text, rect, path, polygon, circle'))
      if (!within(box(each), view)) say('cut', each);
    for (const text of svg.querySelectorAll('text')) {
      const style = getComputedStyle(text);
      const size = parseFloat(style.fontSize) * svg.getScreenCTM().a;
      if (size < least) say(`small ${size}`, text);
      const filled = text.closest('.picture-state.lit')?.querySelector('rect') ??
                     text.closest('.picture-box')?.querySelector('rect');
      const paper = filled ? getComputedStyle(filled).fill : getComputedStyle(scroll).backgroundColor;
      if (contrast(style.fill, paper) < 4.5) say(`pale ${style.fill} on ${paper}`, text);
    }
    const scrolls = getComputedStyle(scroll).overflowX === 'auto' && scroll.scrollWidth > view.width - 1;
    if (view.width > scroll.clientWidth && !(scrolls && scroll.tabIndex === 0))
      faults.push(`cannot be scrolled: ${part}`);
  }
  if (document.documentElement.scrollWidth > innerWidth) faults.push('the page is wider than the window');
  return faults;
}"""


def faults(page: Page, *, least: float = 10.99) -> list[str]:
    """What is illegible on a page, letters of fewer pixels than `least` among it."""
    return cast(list[str], page.evaluate(FAULTS, least))


@pytest.fixture
def diagrams(page: Page) -> Iterator[Page]:
    """The page with all pictures."""
    page.goto("/diagrams.html")
    assert list(PARTS) == page.locator(".picture-drawing").evaluate_all("all => all.map(each => each.dataset.part)")
    yield page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_picture_is_legible(diagrams: Page, scheme: Literal["light", "dark"]) -> None:
    """No label overlaps another or a box, nothing is cut, small or pale: on a phone, at a desk, and when lit up."""
    diagrams.emulate_media(color_scheme=scheme)
    for size in (PHONE, DESKTOP, LARGE):
        diagrams.set_viewport_size({"width": size["width"], "height": size["height"]})
        assert [] == faults(diagrams)
    dark = diagrams.evaluate("getComputedStyle(document.querySelector('.picture-scroll')).backgroundColor")
    assert (scheme == "dark") == (sum(map(int, re.findall(r"\d+", dark)[:3])) < 3 * 128)
    diagrams.evaluate("document.querySelectorAll('.picture-state').forEach(each => each.classList.add('lit'))")
    assert [] == faults(diagrams)


PLANTED = {
    "overlap": "const [one, two] = all('.picture-label text'); for (const at of ['x', 'y']) "
    "one.setAttribute(at, two.getAttribute(at))",
    "on a box": "const [text] = all('.picture-label text'); const [box] = all('.picture-box rect'); "
    "text.setAttribute('x', box.getAttribute('x')); text.setAttribute('y', +box.getAttribute('y') + 12)",
    "out of its box": "const [text] = all('.picture-box text'); text.textContent += ' and much more'; "
    "text.removeAttribute('textLength')",
    "cut": "all('.picture-label text')[0].setAttribute('x', '-40')",
    "small": "all('.picture-label text')[0].style.fontSize = '9px'",
    "pale": "all('.picture-label text')[0].style.fill = '#999'",
    "cannot be scrolled": "all('[data-part=cancellation]')[0].parentElement.removeAttribute('tabindex')",
    "the page is wider": "document.body.style.width = '2000px'",
}
"""What goes wrong, and how."""


def test_a_planted_fault_is_seen(diagrams: Page) -> None:
    """Each kind, one after the other."""
    sound = diagrams.evaluate("document.body.innerHTML")
    for kind, planted in PLANTED.items():
        diagrams.evaluate(f"() => {{ const all = name => document.querySelectorAll(name); {planted} }}")
        assert [] != [fault for fault in faults(diagrams) if fault.startswith(kind)], kind
        diagrams.evaluate("sound => { document.body.innerHTML = sound; document.body.style.width = ''; }", sound)
        assert [] == faults(diagrams)


@pytest.mark.parametrize("path", ["diagrams.html", "policy.html"])
def test_every_link_of_a_picture_leads_to_its_entry(page: Page, site: Path, path: str) -> None:
    """To a page that is there, with the anchor on it."""
    page.goto(f"/{path}")
    links = page.locator(".picture a").evaluate_all("all => all.map(each => each.getAttribute('href'))")
    assert links
    dead = set()
    for link in set(links):
        target, _, anchor = link.partition("#")
        file = site / (target or path)
        if not file.exists() or f'id="{anchor}"' not in file.read_text("utf-8"):
            dead.add(link)
    assert set() == dead


def test_a_link_can_be_followed(diagrams: Page) -> None:
    """By a click on a state, and by the keyboard on a label."""
    diagrams.locator("[data-part=payment] [data-state=unpaid] a").click()
    assert diagrams.url.endswith("/reference/states.html#state-unpaid")
    diagrams.goto("/diagrams.html")
    diagrams.locator("[data-part=payment] .picture-label a").nth(1).press("Enter")
    diagrams.wait_for_url("**/policy.html#row-unpaid-payment_captured-*")


@pytest.mark.parametrize("sheet", [UPRIGHT, TURNED], ids=["upright", "turned"])
def test_a_picture_is_legible_on_paper(diagrams: Page, sheet: dict[str, int]) -> None:
    """Black on white, on one sheet, with letters that can be read and the table that says what the numbers mean."""
    diagrams.emulate_media(media="print", color_scheme="dark")
    diagrams.set_viewport_size({"width": sheet["width"], "height": sheet["height"]})
    turned = {"cancellation", "returns"}
    parts = [part for part in PARTS if (part in turned) == (sheet is TURNED)]
    for part in parts:
        picture = diagrams.locator(f".picture-drawing[data-part={part}]")
        placed = picture.bounding_box()
        assert placed is not None and placed["width"] <= sheet["width"] and placed["height"] <= sheet["height"]
        assert (sheet is TURNED) == ("wide" == picture.evaluate("each => getComputedStyle(each.parentElement).page"))
        assert "rgb(0, 0, 0)" == picture.locator("text").first.evaluate("each => getComputedStyle(each).fill")
        table = diagrams.locator(f"#picture-{part} .picture-rows table")
        assert table.is_visible() and table.evaluate("each => each.getBoundingClientRect().right <= innerWidth")
    found = [fault for fault in faults(diagrams, least=10.8) if any(f": {part}: " in fault for part in parts)]
    small = [
        float(fault.split()[1].rstrip(":")) for fault in found if fault.startswith("small ") and ": whole: " in fault
    ]
    assert len(small) == len(found)
    assert min(small, default=8.6) >= 8.5  # 6.4 points: the whole has to lie on one sheet, and its table says it again


def test_nothing_has_to_be_scrolled_at_a_large_desk(diagrams: Page) -> None:
    """Where there is room every picture is seen whole; at a smaller one the frame shows that it goes on."""
    scrolls = "all => all.filter(each => each.scrollWidth > each.clientWidth).map(each => each.firstChild.dataset.part)"
    for size, parts in ((LARGE, []), (DESKTOP, ["cancellation"])):
        diagrams.set_viewport_size({"width": size["width"], "height": size["height"]})
        assert parts == diagrams.locator(".picture-scroll").evaluate_all(scrolls)
