"""Diagrams of the lifecycle, drawn from the `transitions` machines themselves: what runs is what is drawn.

Mermaid for pages that render it, DOT for Graphviz. Transitions between the same two states share an arrow.
What holds for all states of a frame is drawn once, from the frame around them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, cast

from attrs import evolve, field, frozen

from orderfsm.chapters import CHAPTER_OF, Chapter
from orderfsm.engine import GOODS, REFUNDS, GoodsTransition, RefundTransition
from orderfsm.inputs import Place
from orderfsm.rows import RefundRow, Row, name_of
from orderfsm.states import IN_PREPARATION, NOT_IN_PREPARATION, RefundState, State

WHOLE = "whole"
EACH_REFUND = "each_refund"
PARTS: tuple[str, ...] = (
    WHOLE,
    *(chapter.value for chapter in Chapter if chapter is not Chapter.PLACING),
    EACH_REFUND,
)
"""What can be drawn: the whole lifecycle, one chapter of it, or the refunds' own machine.

Placing is the first arrow of payment. The chapter of refunds shows the goods that are paid back.
"""

START = "start"


def _in_order(states: Iterable[State]) -> tuple[State, ...]:
    """Sorted by the way of the goods."""
    return tuple(sorted(states, key=list(State).index))


@frozen
class Frame:
    """A box around states that belong together, and around smaller boxes."""

    title: str
    states: tuple[State, ...] = field(converter=_in_order)
    frames: "tuple[Frame, ...]" = ()

    @property
    def id(self) -> str:
        """What an arrow from it has as its source; a state may have the same title."""
        return f"frame.{self.title}"

    @property
    def all_states(self) -> tuple[State, ...]:
        """Those of the smaller boxes too, in the order of the goods' way."""
        return _in_order((*self.states, *(state for frame in self.frames for state in frame.all_states)))

    @property
    def all_frames(self) -> "tuple[Frame, ...]":
        """The smaller boxes, the smallest first, and itself."""
        return (*(inner for frame in self.frames for inner in frame.all_frames), self)


LIFECYCLE: tuple[Frame, ...] = (
    Frame("unpaid", (State.UNPAID,)),
    Frame(
        "paid",
        (State.DELIVERED,),
        (
            Frame("unshipped", NOT_IN_PREPARATION),
            Frame("preparing", IN_PREPARATION),
            Frame("shipped", (State.SHIPPED, State.SHIPPED_INTERCEPTING, State.ARRIVED)),
        ),
    ),
    Frame(
        "coming back",
        (State.RETURN_REQUESTED, State.RETURN_PLANNING, State.RETURNING, State.RETURNED, State.SERVICING, State.LOST),
    ),
    Frame("settled", (State.CLOSED, State.CANCELLED, State.REFUNDED)),
)
"""The frames of the whole lifecycle; every state is in one, and in those around it."""

FRAMES: Mapping[str, Frame] = {frame.id: frame for outer in LIFECYCLE for frame in outer.all_frames}
"""Every frame, from the smallest on, by what an arrow from it has as its source."""


@frozen
class Step:
    """What takes goods, or a refund, along an arrow: a row, or what begins it all and has none."""

    name: str
    row: Row[Any] | RefundRow | None = None

    @property
    def when(self) -> str | None:
        """The name of the condition that chooses it."""
        return self.row.when.__name__ if isinstance(self.row, Row) and self.row.when is not None else None

    @property
    def guards(self) -> tuple[str, ...]:
        """The names of its guards."""
        return tuple(guard.__name__ for guard in self.row.guards) if isinstance(self.row, Row) else ()

    def label(self, *, guards: bool) -> str:
        """Its name; with `guards` also its condition, its guards and its clause."""
        if not guards or self.row is None:
            return self.name
        condition = f" [{self.when}]" if self.when else ""
        behind = f" / {', '.join(self.guards)}" if self.guards else ""
        return f"{self.name}{condition}{behind} ({self.row.clause})"


@frozen
class Edge:
    """An arrow: from a state or a frame to a state, with everything that takes goods along it."""

    source: str
    target: str
    steps: tuple[Step, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """The states for which it holds."""
        return FRAMES[self.source].all_states if self.source in FRAMES else (self.source,)

    def labels(self, *, guards: bool = False) -> tuple[str, ...]:
        """What is written beside it; what reads the same is written once."""
        return tuple(dict.fromkeys(step.label(guards=guards) for step in self.steps))


@frozen
class Graph:
    """What all renderers draw."""

    title: str
    nodes: tuple[str, ...]
    edges: tuple[Edge, ...]
    frames: tuple[Frame, ...] = ()


def diagram(*, format: Literal["mermaid", "dot"] = "mermaid", guards: bool = False, part: str | None = None) -> str:
    """Draw the whole lifecycle, or one of `PARTS`.

    Args:
        format: ``mermaid`` or ``dot``.
        guards: whether arrows also say on which condition, behind which guards, and by which clause.
        part: one of `PARTS`; without it the whole.

    Raises:
        ValueError: no such format or part.
    """
    if format not in _RENDERERS:
        raise ValueError(f"format: expected one of {', '.join(_RENDERERS)}, got {format!r}")
    if part is not None and part not in PARTS:
        raise ValueError(f"part: expected one of {', '.join(PARTS)}, got {part!r}")
    return _RENDERERS[format](graph(part or WHOLE), guards)


def graph(part: str) -> Graph:
    """What there is to draw of `part`."""
    if part == WHOLE:
        return _graph("the whole lifecycle", _from_start(_goods_edges(_moves)), LIFECYCLE)
    if part == EACH_REFUND:
        return _graph("each refund", _refund_edges())
    chapter = Chapter(part)
    edges = _goods_edges(lambda found: CHAPTER_OF[found.row.trigger] is chapter)
    if chapter is Chapter.PAYMENT:
        edges = _from_start(edges)
    return _graph(part, edges, _frames_of_arrows(LIFECYCLE, edges))


# --- from the machines to a graph ------------------------------------------------------------------------


def _graph(title: str, edges: Sequence[Edge], frames: tuple[Frame, ...] = ()) -> Graph:
    found = {end for edge in edges for end in (*edge.sources, edge.target)}
    order = [START, *State, *(refund_node(state) for state in RefundState)]
    return Graph(f"orderfsm: {title}", tuple(sorted(found, key=order.index)), tuple(edges), frames)


def _goods_edges(wanted: Callable[[GoodsTransition], bool]) -> list[Edge]:
    """The arrows of the goods; what one row does to all states of a frame is drawn from the frame."""
    by_row: dict[tuple[Step, str], list[str]] = {}
    stays: dict[tuple[str, str], list[Step]] = {}
    for transition in _transitions():
        if wanted(transition):
            source, target = transition.source, transition.target.value
            step = Step(name_of(transition.row.trigger), transition.row)
            if _moves(transition):
                by_row.setdefault((step, target), []).append(source)
            else:
                stays.setdefault((source, target), []).append(step)
    merged: dict[tuple[str, str], list[Step]] = {}
    for (step, target), sources in by_row.items():
        for source in _framed(sources, target):
            merged.setdefault((source, target), []).append(step)
    merged.update(stays)
    return [Edge(source, target, tuple(steps)) for (source, target), steps in merged.items()]


def _transitions() -> Iterable[GoodsTransition]:
    for event in GOODS.events.values():
        for transitions in event.transitions.values():
            yield from cast(list[GoodsTransition], transitions)


def _moves(transition: GoodsTransition) -> bool:
    """Whether it leads somewhere, and does not only note something about the goods."""
    return transition.source != transition.target


def _framed(sources: Sequence[str], target: str) -> list[str]:
    """The same sources, with frames in the place of all their states."""
    rest = list(sources)
    framed: list[str] = []
    for id, frame in FRAMES.items():
        states = set(frame.all_states)
        if len(states) > 1 and target not in states and states <= set(rest):
            framed.append(id)
            rest = [source for source in rest if source not in states]
    return [*framed, *rest]


def _frames_of_arrows(frames: Iterable[Frame], edges: Sequence[Edge]) -> tuple[Frame, ...]:
    """Only those from which an arrow leaves."""
    kept: list[Frame] = []
    for frame in frames:
        inner = _frames_of_arrows(frame.frames, edges)
        if any(edge.source == frame.id for edge in edges):
            kept.append(evolve(frame, frames=inner))
        else:
            kept += inner
    return tuple(kept)


def _from_start(edges: Sequence[Edge]) -> list[Edge]:
    return [Edge(START, State.UNPAID, (Step(Place.name),)), *edges]


def _refund_edges() -> list[Edge]:
    merged: dict[tuple[str, str], list[Step]] = {(START, refund_node(RefundState.DUE)): [Step("owed")]}
    for event in REFUNDS.events.values():
        for transitions in event.transitions.values():
            for transition in cast(list[RefundTransition], transitions):
                ends = refund_node(transition.source), refund_node(transition.target)
                merged.setdefault(ends, []).append(Step(event.name, transition.row))
    return [Edge(source, target, tuple(steps)) for (source, target), steps in merged.items()]


def refund_node(state: str) -> str:
    """How a refund's state is called in a graph, where goods may have the same."""
    return f"refund.{state}"


# --- Mermaid ---------------------------------------------------------------------------------------------


def _mermaid(drawn: Graph, guards: bool) -> str:
    lines = [f'---\ntitle: "{drawn.title}"\n---', "flowchart TB"]
    for frame in drawn.frames:
        lines += _indented(_mermaid_frame(frame))
    lines += [f"    {_mermaid_node(node)}" for node in _unframed(drawn)]
    for edge in drawn.edges:
        label = "<br>".join(edge.labels(guards=guards))
        lines.append(f'    {_id(edge.source)} -->|"{label}"| {_id(edge.target)}')
    return "\n".join(lines) + "\n"


def _mermaid_frame(frame: Frame) -> list[str]:
    lines = [f'subgraph {_id(frame.id)}["{frame.title}"]']
    lines += [f"    {_mermaid_node(state)}" for state in frame.states]
    for inner in frame.frames:
        lines += _indented(_mermaid_frame(inner))
    return [*lines, "end"]


def _mermaid_node(node: str) -> str:
    return f"{_id(node)}(( ))" if node == START else f'{_id(node)}(["{text_of(node)}"])'


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _unframed(drawn: Graph) -> list[str]:
    framed = {state for frame in drawn.frames for state in frame.all_states}
    return [node for node in drawn.nodes if node not in framed]


def _id(name: str) -> str:
    """A name that neither language gives a meaning to."""
    return "s_" + "".join(letter if letter.isalnum() else "_" for letter in name)


def text_of(node: str) -> str:
    """What is written into a state's box."""
    return node.removeprefix("refund.")


# --- DOT -------------------------------------------------------------------------------------------------


def _dot(drawn: Graph, guards: bool) -> str:
    lines = [
        "digraph orderfsm {",
        "    compound=true; rankdir=TB; nodesep=0.7; ranksep=0.6;",
        f'    label="{drawn.title}"; labelloc=t; fontname="sans-serif"; fontsize=16;',
        '    node [shape=box, style="rounded,filled", fillcolor="#f4f6fb", color="#5b6b8c", '
        'fontname="sans-serif", fontsize=12];',
        '    edge [color="#5b6b8c", fontname="sans-serif", fontsize=10];',
    ]
    for frame in drawn.frames:
        lines += _indented(_dot_frame(frame))
    lines += [f"    {_dot_node(node)}" for node in _unframed(drawn)]
    for edge in drawn.edges:
        label = "".join(f" {label}\\l" for label in edge.labels(guards=guards))
        tail, options = edge.source, f'label="{label}"'
        if edge.source in FRAMES:  # from the frame: from its last state, clipped at the border
            tail, options = edge.sources[-1], f'{options}, ltail="cluster_{_id(edge.source)}"'
        lines.append(f'    "{tail}" -> "{edge.target}" [{options}];')
    return "\n".join([*lines, "}"]) + "\n"


def _dot_frame(frame: Frame) -> list[str]:
    lines = [f'subgraph "cluster_{_id(frame.id)}" {{']
    lines.append(f'    label="{frame.title}"; color="#b8c1d6"; fontsize=13; style=rounded;')
    lines += [f"    {_dot_node(state)}" for state in frame.states]
    for inner in frame.frames:
        lines += _indented(_dot_frame(inner))
    return [*lines, "}"]


def _dot_node(node: str) -> str:
    if node == START:
        return f'"{START}" [shape=circle, label="", width=0.2, fillcolor="#5b6b8c"];'
    return f'"{node}" [label="{text_of(node)}"];'


_RENDERERS: Mapping[str, Callable[[Graph, bool], str]] = {"mermaid": _mermaid, "dot": _dot}
