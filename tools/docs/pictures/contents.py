"""Which pictures of the lifecycle there are, and what stands in each; where it stands is for `layout`.

A row that moves nothing has no arrow: it is written into the box of its state. States about which a picture says
nothing else share a box.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field, frozen

from orderfsm.diagrams import EACH_REFUND, FRAMES, START, WHOLE, Edge, Graph, Step, graph, refund_node, text_of
from orderfsm.inputs import Place
from orderfsm.rows import RefundRow, Row
from orderfsm.states import RefundState, State
from orderfsm.table import REFUND_ROWS, ROWS
from tools.docs import anchors
from tools.docs.anchors import Anchor


@frozen
class Picture:
    """A part of the lifecycle as it is shown: `numbered` where names beside the arrows would take too much room."""

    part: str
    title: str
    numbered: bool = False
    mirrored: bool = False
    below: tuple[tuple[str, str], ...] = ()
    inside: tuple[tuple[str, str], ...] = ()


PICTURES: Mapping[str, Picture] = {
    picture.part: picture
    for picture in (
        Picture(
            WHOLE,
            "The whole lifecycle",
            numbered=True,
            mirrored=True,  # so that the start is on the left, and in sight on a phone
            below=((State.UNSHIPPED_CANCEL_CONFIRMING, State.PREPARING),),
            inside=((START, "frame.unpaid"),),
        ),
        Picture("payment", "Payment"),
        Picture(
            "fulfilment",
            "Fulfilment",
            below=(
                (State.PREPARING_CANCEL_CONFIRMING, State.CLOSED),
                (State.PREPARING, State.SERVICING),
                (State.PREPARING, State.RETURNING),
            ),
        ),
        Picture("cancellation", "Cancellation", below=((State.UNSHIPPED_CANCEL_CONFIRMING, State.PREPARING),)),
        Picture("interception", "Interception"),
        Picture(
            "returns",
            "Returns",
            below=(
                (State.DELIVERED, State.RETURN_REQUESTED),
                (State.RETURN_REQUESTED, State.RETURN_PLANNING),
                (State.RETURNING, State.LOST),
            ),
        ),
        Picture("refunds", "Refunds: the goods that are paid back"),
        Picture(
            EACH_REFUND,
            "Each refund",
            below=(
                (refund_node(RefundState.DUE), refund_node(RefundState.SENT)),
                (refund_node(RefundState.SENT), refund_node(RefundState.SETTLED)),
                (refund_node(RefundState.SENT), refund_node(RefundState.FAILED)),
            ),
        ),
    )
}
"""Every part that can be drawn, in the order of the page of diagrams."""


@frozen
class Text:
    """A line of text, and what it is: a `name`, a `when`, a `guard` or a `number`."""

    text: str
    kind: str


@frozen
class Entry:
    """What is written about a step, beside an arrow or in a box; it links to the step's row."""

    step: Step
    texts: tuple[Text, ...]
    says: str

    @property
    def columns(self) -> int:
        """How wide it is, in characters."""
        return max(len(text.text) for text in self.texts)


@frozen
class StateBox:
    """A box with one state, or with several about which the same is said, and what moves none of them."""

    nodes: tuple[str, ...]
    entries: tuple[Entry, ...] = ()

    @property
    def name(self) -> str:
        """What the layout calls it."""
        return self.nodes[0]


@frozen
class Label:
    """An arrow from one or several states, and what is written beside it: rows of entries."""

    edge: Edge
    sources: tuple[str, ...]
    rows: tuple[tuple[Entry, ...], ...]

    @property
    def name(self) -> str:
        """What the layout calls it: no other arrow has the same ends."""
        return f"{self.edge.source} to {self.edge.target}"

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All of them."""
        return tuple(entry for row in self.rows for entry in row)


@frozen
class Sketch:
    """All that stands in a picture."""

    picture: Picture
    graph: Graph
    boxes: tuple[StateBox, ...]
    labels: tuple[Label, ...]
    numbers: Mapping[Step, int] = field(factory=dict)


def sketch(part: str) -> Sketch:
    """What stands in the picture of `part`."""
    picture, drawn = PICTURES[part], graph(part)
    numbers = {step: number for number, step in enumerate(steps(drawn), 1)} if picture.numbered else {}
    boxes = tuple(_boxes(drawn))
    return Sketch(picture, drawn, boxes, tuple(_labels(drawn, boxes, numbers)), numbers)


def steps(drawn: Graph) -> tuple[Step, ...]:
    """Every step of a graph once: what begins it, and then in the order of the table."""
    found = dict.fromkeys(step for edge in drawn.edges for step in edge.steps)
    order: list[Row[Any] | RefundRow | None] = [None, *ROWS, *REFUND_ROWS]
    return tuple(sorted(found, key=lambda step: order.index(step.row)))


def of_step(step: Step) -> Anchor:
    """Where the reference says everything about a step: at its row, or at what begins it all."""
    match step.row:
        case Row():
            return anchors.row(step.row)
        case RefundRow():
            return anchors.refund_row(step.row)
        case None:
            return anchors.trigger(Place) if step.name == Place.name else anchors.refund_state(RefundState.DUE)


def of_node(node: str) -> Anchor:
    """Where the reference says what a state means."""
    return anchors.state(State(node)) if node in set(State) else anchors.refund_state(RefundState(text_of(node)))


# --- boxes -----------------------------------------------------------------------------------------------


def _boxes(drawn: Graph) -> Iterable[StateBox]:
    """States about which the same is said share one, unless something leads to them or a frame is around them."""
    apart = {edge.target for edge in drawn.edges if _moves(edge)} | {START}
    apart |= {state for frame in drawn.frames for state in frame.all_states}
    said: dict[tuple[object, ...], list[str]] = {}
    for node in drawn.nodes:
        leaving = frozenset((edge.steps, edge.target) for edge in drawn.edges if edge.source == node and _moves(edge))
        key = (node,) if node in apart else (leaving, _noted(node, drawn))
        said.setdefault(key, []).append(node)
    for nodes in said.values():
        stay = f"{_either(nodes)} stays"
        yield StateBox(tuple(nodes), tuple(_entry(step, stay, {}) for step in _noted(nodes[0], drawn)))


def _noted(node: str, drawn: Graph) -> tuple[Step, ...]:
    return tuple(step for edge in drawn.edges if edge.source == node == edge.target for step in edge.steps)


def _moves(edge: Edge) -> bool:
    return edge.source != edge.target


# --- labels ----------------------------------------------------------------------------------------------


def _labels(drawn: Graph, boxes: Iterable[StateBox], numbers: Mapping[Step, int]) -> Iterable[Label]:
    """One for each arrow; states that share a box share their arrows."""
    sharing = {node: box.nodes for box in boxes for node in box.nodes}
    for edge in drawn.edges:
        sources = sharing.get(edge.source, edge.sources)
        if _moves(edge) and edge.source in (sources[0], *FRAMES):
            ends = _ends(edge, sources)
            yield Label(edge, sources, tuple(_rows([_entry(step, ends, numbers) for step in edge.steps])))


def _rows(entries: list[Entry]) -> Iterable[tuple[Entry, ...]]:
    """One beside the other only where they are short: two numbers."""
    together = 2 if entries[0].texts[0].kind == "number" else 1
    for first in range(0, len(entries), together):
        yield tuple(entries[first : first + together])


def _entry(step: Step, ends: str, numbers: Mapping[Step, int]) -> Entry:
    says = f"{step.label(guards=True)}: {ends}"
    if step in numbers:
        return Entry(step, (Text(str(numbers[step]), "number"),), f"{numbers[step]}: {says}")
    return Entry(step, tuple(_texts(step)), says)


def _texts(step: Step) -> Iterable[Text]:
    yield Text(f"{step.name} {step.row.clause}" if step.row else step.name, "name")
    if step.when:
        yield Text(f"[{step.when}]", "when")
    for guard in step.guards:
        yield Text(guard, "guard")


def _ends(edge: Edge, sources: tuple[str, ...]) -> str:
    if edge.source == START:
        return f"to {text_of(edge.target)}"
    source = f"any state in {FRAMES[edge.source].title}" if edge.source in FRAMES else _either(sources)
    return f"from {source} to {text_of(edge.target)}"


def _either(nodes: Iterable[str]) -> str:
    *others, last = (text_of(node) for node in nodes)
    return f"{', '.join(others)} or {last}" if others else last
