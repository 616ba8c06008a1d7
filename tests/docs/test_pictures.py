"""The pictures in the documentation say what the table says, no more and no less."""

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Any
from xml.etree import ElementTree

import pytest

from orderfsm.chapters import CHAPTER_OF
from orderfsm.diagrams import EACH_REFUND, FRAMES, PARTS, START, WHOLE, text_of
from orderfsm.rows import Row
from orderfsm.table import REFUND_ROWS, ROWS
from tools.docs import anchors
from tools.docs.pictures.contents import PICTURES, sketch, steps
from tools.docs.pictures.drawing import lifecycle_svg
from tools.docs.pictures.legend import legend_html

SVG = "{http://www.w3.org/2000/svg}"
GOODS = [part for part in PARTS if part != EACH_REFUND]

Move = tuple[str, str, str]


def href(anchor: anchors.Anchor) -> str:
    """A link as a page of the site has it."""
    return f"{anchor.page}.html#{anchor.id}"


@cache
def drawn(part: str) -> ElementTree.Element:
    """The picture itself."""
    return ElementTree.fromstring(lifecycle_svg(part, href=href))


def expected(part: str) -> Counter[Move]:
    """What the table says that belongs into a picture: from, to, and the link to the row."""
    if part == EACH_REFUND:
        moves = [(f"refund.{row.source}", f"refund.{row.target}", href(anchors.refund_row(row))) for row in REFUND_ROWS]
        return Counter([(START, "refund.due", href(anchors.refund_state(REFUND_ROWS[0].source))), *moves])
    found = [move for row in ROWS if part in (WHOLE, CHAPTER_OF[row.trigger]) for move in moves_of(row)]
    if part == WHOLE:
        found = [move for move in found if move[0] != move[1]]
    if part in (WHOLE, "payment"):
        found.append((START, "unpaid", "reference/inputs.html#input-place"))
    return Counter(found)


def moves_of(row: Row[Any]) -> Iterable[Move]:
    """Each source of a row, where it leads, and its link."""
    return ((source, row.target or source, href(anchors.row(row))) for source in row.sources)


def shown(part: str) -> Counter[Move]:
    """What a picture shows: its labels, and what stands in its boxes."""
    found: Counter[Move] = Counter()
    for label in drawn(part).iter(f"{SVG}g"):
        if label.get("class") == "picture-label":
            for link in label.iter(f"{SVG}a"):
                found.update((source, label.attrib["data-to"], link.attrib["href"]) for source in sources_of(label))
        if label.get("class") == "picture-box":
            states = [group.attrib["data-state"] for group in label.iter(f"{SVG}g") if "data-state" in group.attrib]
            notes = [link.attrib["href"] for link in label.iter(f"{SVG}a") if link.get("class") == "picture-step"]
            found.update((state, state, note) for state in states for note in notes)
    return found


def sources_of(group: ElementTree.Element) -> Iterable[str]:
    """The states from which an arrow leads."""
    return group.attrib["data-from"].split(" ")


@pytest.mark.parametrize("part", PARTS)
def test_a_picture_shows_every_move_once_and_nothing_else(part: str) -> None:
    """Each with a link to its own row."""
    assert expected(part) == shown(part)


@pytest.mark.parametrize("part", PARTS)
def test_a_label_says_what_its_row_says(part: str) -> None:
    """Input, clause, condition and guards; or the number under which the table below has them."""
    numbers = {step: str(number) for number, step in enumerate(steps(sketch(part).graph), 1)}
    said = {href(anchor): texts for anchor, texts in rows_in_words(part)}
    links = [link for link in drawn(part).iter(f"{SVG}a") if link.get("class") == "picture-step"]
    assert links
    for link in links:
        texts = [text.text for text in link.iter(f"{SVG}text")]
        if part == WHOLE:
            step = next(step for step in numbers if href(anchor_of(step.row)) == link.attrib["href"])
            assert [numbers[step]] == texts
        else:
            assert said[link.attrib["href"]] == texts
        assert link.attrib["href"].endswith(f"#{link.attrib['data-row']}")


def anchor_of(row: object) -> anchors.Anchor:
    """The entry of a row; what has none is where it all begins."""
    return anchors.row(row) if isinstance(row, Row) else anchors.Anchor("reference/inputs", "input-place")


def rows_in_words(part: str) -> Iterable[tuple[anchors.Anchor, list[str]]]:
    """What should stand beside an arrow, by the entry to which it links."""
    for row in ROWS:
        name = row.name.partition("[")[0]
        condition = [f"[{row.when.__name__}]"] if row.when else []
        yield anchors.row(row), [f"{name} {row.clause}", *condition, *(guard.__name__ for guard in row.guards)]
    for refund in REFUND_ROWS:
        yield anchors.refund_row(refund), [f"{refund.trigger.name} {refund.clause}"]
    yield anchors.Anchor("reference/inputs", "input-place"), ["place"]
    yield anchors.refund_state(REFUND_ROWS[0].source), ["owed"]


@pytest.mark.parametrize("part", PARTS)
def test_every_state_links_to_its_entry(part: str) -> None:
    """And is known by an attribute and an id that stay."""
    states = [group for group in drawn(part).iter(f"{SVG}g") if group.get("class") == "picture-state"]
    nodes = [node for node in sketch(part).graph.nodes if node != START]
    assert sorted(f"picture-{part}-{text_of(node)}" for node in nodes) == sorted(each.attrib["id"] for each in states)
    for state in states:
        name = state.get("data-state")
        entry = f"state-{name.replace('.', '-')}" if name else f"refund-{state.attrib['data-refund']}"
        (link,) = state.iter(f"{SVG}a")
        assert f"reference/states.html#{entry}" == link.attrib["href"]
        assert (name or state.attrib["data-refund"]) == "".join(text.text or "" for text in link.iter(f"{SVG}text"))


@pytest.mark.parametrize("part", GOODS)
def test_a_line_and_its_label_name_the_same_rows(part: str) -> None:
    """A page lights up both by them."""
    groups = list(drawn(part).iter(f"{SVG}g"))

    def about(kind: str) -> list[tuple[str, ...]]:
        some = [group for group in groups if group.get("class", "").startswith(kind)]
        return [tuple(group.attrib[name] for name in ("data-from", "data-to", "data-rows")) for group in some]

    assert about("picture-arrow") == about("picture-label")


def test_an_arrow_from_a_frame_holds_for_all_states_in_it() -> None:
    """And the frame is drawn."""
    frames = {group.get("data-frame") for group in drawn(WHOLE).iter(f"{SVG}g")} - {None}
    assert {frame.title for frame in FRAMES.values()} == frames


@pytest.mark.parametrize("part", PARTS)
def test_the_table_below_has_every_row_that_is_drawn(part: str) -> None:
    """With the same number, in the same order, and a link to each."""
    table = legend_html(sketch(part), href=href)
    rows = re.findall(r"<tr><td>(.*?)</tr>", table)
    links = {link for _, _, link in expected(part)}
    assert len(links) == len(rows)
    for link in links:
        assert 1 == sum(f'href="{link}"' in row for row in rows) or link.startswith("reference/")
    if part == WHOLE:
        assert [str(number) for number in range(1, len(rows) + 1)] == re.findall(r"<tr><td><a[^>]*><code>(\d+)<", table)


def test_every_part_has_a_picture() -> None:
    """What the command line can draw, the site shows."""
    assert list(PARTS) == list(PICTURES)
