"""A picture of the lifecycle as SVG: boxes, lines and labels that link to their entries in the reference.

Colours are classes, so that the page decides on them, in light, dark and print; see ``docs/_static/pictures.css``.
A page may light up what is going on, for each of these attributes is permanent:

- ``data-part`` of the picture, such as ``whole``,
- ``data-state`` of a state's group, such as ``unshipped.cancel_requested`` (``data-refund`` for one of a refund);
  its `id` is ``picture-PART-STATE``,
- ``data-rows`` of an arrow's line and of its label: the ids of its rows' anchors, one space between them; also
  ``data-from``, the states from which it leads, and ``data-to``,
- ``data-row`` of each link within a label or box: the id of its row's anchor.
"""

from collections.abc import Callable, Iterable, Mapping
from math import hypot
from xml.etree import ElementTree

from orderfsm.diagrams import FRAMES, START, text_of
from orderfsm.rows import Row
from orderfsm.states import State
from tools.docs.anchors import Anchor
from tools.docs.pictures.contents import Entry, Label, Sketch, StateBox, of_node, of_step, sketch
from tools.docs.pictures.layout import COLUMN, LINE, PADDING, Arrow, Block, Box, Layout, Line, Plan, Point, place

SIZE = 12
"""The size of all letters; one is 0.6 of it wide."""
GAP = 1
"""Columns between two numbers."""
BESIDE = 0.5
"""Columns between a line and its label."""
SHEET = 800
"""What is wider, and wider than high, is printed on a sheet that is turned: about what an upright one holds."""

MARGIN = 6.0
HEAD = 4.0

Element = ElementTree.Element
Href = Callable[[Anchor], str]


def lifecycle_svg(part: str, *, href: Href) -> str:
    """Draw a part of the lifecycle, one of `orderfsm.diagrams.PARTS`.

    Args:
        part: what to draw.
        href: how the page on which the picture will be links to an entry of the reference.
    """
    drawn = sketch(part)
    layout = place(_plan(drawn))
    if drawn.picture.mirrored:
        layout = layout.mirrored()
    root = _root(drawn, layout)
    for frame in reversed(list(layout.frames)):
        root.append(_frame(frame, layout.frames[frame]))
    for label in drawn.labels:
        root.append(_arrow(label, layout.lines[label.name]))
    for frame, box in layout.frames.items():
        root.append(_text(FRAMES[frame].title, Point(box.x + 8, box.y + 4), "title"))
    for state in drawn.boxes:
        root.append(_state_box(part, state, layout.boxes[state.name], href))
    for label in drawn.labels:
        root.append(_label(label, layout.lines[label.name].label, href))
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=False)


# --- sizes -----------------------------------------------------------------------------------------------


def _plan(drawn: Sketch) -> Plan:
    return Plan(
        {box.name: _box_block(box) for box in drawn.boxes},
        [_planned(label, drawn) for label in drawn.labels],
        drawn.graph.frames,
        drawn.picture.below,
        drawn.picture.inside,
    )


def _box_block(box: StateBox) -> Block:
    if box.name == START:
        return Block(0, 0)
    names = [part for node in box.nodes for part in _name_lines(node, box)]
    widths = [len(name) for name in names] + [entry.columns for entry in box.entries]
    return Block(max(widths), len(names) + sum(len(entry.texts) for entry in box.entries))


def _name_lines(node: str, box: StateBox) -> list[str]:
    """A long name goes over two lines, and one of several keeps to its own."""
    first, dot, second = text_of(node).partition(".")
    return [first, f".{second}"] if dot and len(box.nodes) == 1 else [text_of(node)]


def _planned(label: Label, drawn: Sketch) -> Arrow:
    rows = label.rows
    columns = max(sum(entry.columns for entry in row) + GAP * (len(row) - 1) for row in rows)
    block = Block(columns + int(2 * BESIDE), sum(max(len(entry.texts) for entry in row) for row in rows))
    holder = {node: box.name for box in drawn.boxes for node in box.nodes}
    frame = label.edge.source if label.edge.source in FRAMES else None
    return Arrow(label.name, holder[label.edge.sources[-1]], holder[label.edge.target], block, frame)


# --- shapes ----------------------------------------------------------------------------------------------


def _root(drawn: Sketch, layout: Layout) -> Element:
    width, height = layout.width + 2 * MARGIN, layout.height + 2 * MARGIN
    return _element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "picture-drawing picture-turned" if width > max(height, SHEET) else "picture-drawing",
            "role": "graphics-document",
            "aria-roledescription": "state diagram",
            "aria-label": drawn.picture.title,
            "data-part": drawn.picture.part,
            "viewBox": f"{-MARGIN:g} {-MARGIN:g} {width:.1f} {height:.1f}",
            "width": f"{width:.1f}",
            "height": f"{height:.1f}",
            "style": f"--picture-width: {width:.1f}px",  # how far it may shrink is a matter of style
        },
    )


def _frame(id: str, box: Box) -> Element:
    title = FRAMES[id].title
    group = _element("g", {"class": "picture-frame", "data-frame": title})
    group.append(_rectangle(box, 10))
    return group


def _arrow(label: Label, line: Line) -> Element:
    rows = [step.row for step in label.edge.steps]
    odd = " picture-anomaly" if all(isinstance(row, Row) and row.anomaly for row in rows) else ""
    group = _element("g", {"class": f"picture-arrow{odd}", **_about(label)})
    group.append(_element("path", {"d": _path(line.points)}))
    group.append(_element("polygon", {"points": _head(line.points[-1], line.tip)}))
    return group


def _path(points: tuple[Point, ...]) -> str:
    first, *rest = (f"{point.x:.1f},{point.y:.1f}" for point in points)
    return f"M{first} C{' '.join(rest)}"


def _head(base: Point, tip: Point) -> str:
    """A triangle from where the line ends to the tip."""
    length = hypot(tip.x - base.x, tip.y - base.y)
    across = Point(-(tip.y - base.y) / length * HEAD, (tip.x - base.x) / length * HEAD)
    corners = (tip, Point(base.x + across.x, base.y + across.y), Point(base.x - across.x, base.y - across.y))
    return " ".join(f"{corner.x:.1f},{corner.y:.1f}" for corner in corners)


def _state_box(part: str, box: StateBox, at: Box, href: Href) -> Element:
    if box.name == START:
        middle = {"cx": f"{at.x + at.width / 2:.1f}", "cy": f"{at.y + at.height / 2:.1f}", "r": "5"}
        group = _element("g", {"class": "picture-start"})
        group.append(_element("circle", middle))
        return group
    group = _element("g", {"class": "picture-box"})
    group.append(_rectangle(at, 6))
    top = at.y + PADDING
    for node in box.nodes:
        lines = _name_lines(node, box)
        group.append(_state(part, node, lines, Box(at.x, top, at.width, len(lines) * LINE), href))
        top += len(lines) * LINE
    if box.entries:
        ends = {"x1": f"{at.x:.1f}", "x2": f"{at.x + at.width:.1f}", "y1": f"{top:.1f}", "y2": f"{top:.1f}"}
        group.append(_element("line", ends))
    for entry in box.entries:
        height = len(entry.texts) * LINE
        group.append(_entry(entry, Box(at.x + PADDING, top, at.width - 2 * PADDING, height), href))
        top += height
    return group


def _state(part: str, node: str, lines: list[str], at: Box, href: Href) -> Element:
    known = {"data-state": node} if node in set(State) else {"data-refund": text_of(node)}
    group = _element("g", {"class": "picture-state", "id": f"picture-{part}-{text_of(node)}", **known})
    link = _link(href(of_node(node)), f"state {text_of(node)}")
    link.append(_rectangle(at, 4))
    for number, line in enumerate(lines):
        link.append(_text(line, Point(at.x + (at.width - _wide(line)) / 2, at.y + number * LINE), "name"))
    group.append(link)
    return group


def _label(label: Label, at: Box, href: Href) -> Element:
    group = _element("g", {"class": "picture-label", **_about(label)})
    top = at.y
    for row in label.rows:
        left = at.x + BESIDE * COLUMN
        for entry in row:
            box = Box(left, top, entry.columns * COLUMN, len(entry.texts) * LINE)
            group.append(_entry(entry, box, href))
            left += (entry.columns + GAP) * COLUMN
        top += max(len(entry.texts) for entry in row) * LINE
    return group


def _entry(entry: Entry, at: Box, href: Href) -> Element:
    anchor = of_step(entry.step)
    link = _link(href(anchor), entry.says, {"class": "picture-step", "data-row": anchor.id})
    link.append(_rectangle(at, 2))
    for number, text in enumerate(entry.texts):
        link.append(_text(text.text, Point(at.x, at.y + number * LINE), text.kind))
    return link


def _about(label: Label) -> Mapping[str, str]:
    return {
        "data-from": " ".join(label.sources),
        "data-to": label.edge.target,
        "data-rows": " ".join(dict.fromkeys(of_step(step).id for step in label.edge.steps)),
    }


# --- elements --------------------------------------------------------------------------------------------


def _link(target: str, says: str, attributes: Mapping[str, str] | None = None) -> Element:
    link = _element("a", {"href": target, **(attributes or {})})
    title = _element("title", {})
    title.text = says
    link.append(title)
    return link


def _rectangle(box: Box, corner: float) -> Element:
    places: Iterable[tuple[str, float]] = (
        ("x", box.x), ("y", box.y), ("width", box.width), ("height", box.height), ("rx", corner),
    )  # fmt: skip
    return _element("rect", {name: f"{number:.1f}" for name, number in places})


def _text(text: str, corner: Point, kind: str) -> Element:
    """A line of text whose upper left corner is here; whatever font a browser has, it is as wide as was planned."""
    where = {"x": f"{corner.x:.1f}", "y": f"{corner.y + LINE * 0.75:.1f}", "textLength": f"{_wide(text):.1f}"}
    element = _element("text", {"class": f"picture-{kind}", "lengthAdjust": "spacingAndGlyphs", **where})
    element.text = text
    return element


def _wide(text: str) -> float:
    return len(text) * SIZE * 0.6


def _element(name: str, attributes: Mapping[str, str]) -> Element:
    return ElementTree.Element(name, dict(attributes))
