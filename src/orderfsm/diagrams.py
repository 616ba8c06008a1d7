"""Diagrams of the lifecycle, drawn from the `transitions` machines themselves: what runs is what is drawn.

Mermaid for pages that render it, DOT for Graphviz. Transitions between the same two states share an arrow.
In the whole lifecycle, what holds for a whole group of states is drawn once, from the frame around it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, cast

from attrs import field, frozen

from orderfsm.chapters import CHAPTER_OF, Chapter
from orderfsm.engine import GOODS, REFUNDS, GoodsTransition, RefundTransition
from orderfsm.inputs import Place
from orderfsm.rows import name_of
from orderfsm.states import UNDISPATCHED, RefundState, State

WHOLE = "whole"
PARTS: tuple[str, ...] = (
    WHOLE,
    *(chapter.value for chapter in Chapter if chapter is not Chapter.PLACING),
)
"""What can be drawn: the whole lifecycle, or one chapter of it (placing is the first arrow of payment)."""

START = "start"

GROUPS: Mapping[str, frozenset[State]] = {
    "waiting for payment": frozenset({State.UNPAID}),
    "paid, not dispatched": UNDISPATCHED,
    "on its way": frozenset({State.SHIPPED, State.SHIPPED_INTERCEPTING, State.ARRIVED}),
    "with the customer": frozenset({State.DELIVERED, State.RETURN_REQUESTED, State.RETURN_PLANNING}),
    "coming back": frozenset({State.RETURNING, State.RETURNED, State.SERVICING, State.LOST}),
    "settled": frozenset({State.CLOSED, State.CANCELLED, State.REFUNDED}),
}
"""The frames of the whole lifecycle; every state is in one."""


@frozen
class Edge:
    """An arrow: from a state or a frame to a state, with everything that takes goods along it."""

    source: str
    target: str
    labels: tuple[str, ...]


@frozen
class Graph:
    """What both renderers draw."""

    title: str
    nodes: tuple[str, ...]
    edges: tuple[Edge, ...]
    groups: Mapping[str, tuple[str, ...]] = field(factory=dict)


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
    return _RENDERERS[format](graph(part or WHOLE, guards=guards))


def graph(part: str, *, guards: bool = False) -> Graph:
    """What there is to draw of `part`."""
    if part == WHOLE:
        return _whole(guards)
    chapter = Chapter(part)
    edges = list(_goods_edges(chapter, guards))
    if chapter is Chapter.REFUNDS:
        edges += _refund_edges(guards)
    if chapter is Chapter.PAYMENT:
        edges = [Edge(START, State.UNPAID, (Place.name,)), *edges]
    return Graph(f"orderfsm: {part}", _nodes(edges), tuple(edges), _refund_frame(chapter))


# --- from the machines to a graph ------------------------------------------------------------------------


def _goods_edges(chapter: Chapter | None, guards: bool) -> Iterable[Edge]:
    """The arrows of a chapter, or of all; transitions between the same states share one."""
    merged: dict[tuple[str, str], list[str]] = {}
    for transition in _transitions():
        row = transition.row
        if chapter is None or CHAPTER_OF[row.trigger] is chapter:
            labels = merged.setdefault((transition.source, transition.target.value), [])
            label = _label(transition, guards)
            if label not in labels:
                labels.append(label)
    for (source, target), labels in merged.items():
        yield Edge(source, target, tuple(labels))


def _transitions() -> Iterable[GoodsTransition]:
    for event in GOODS.events.values():
        for transitions in event.transitions.values():
            yield from cast(list[GoodsTransition], transitions)


def _label(transition: GoodsTransition, guards: bool) -> str:
    row = transition.row
    label = name_of(row.trigger)
    if not guards:
        return label
    if row.when is not None:
        label += f" [{row.when.__name__}]"
    if row.guards:
        label += f" / {', '.join(guard.__name__ for guard in row.guards)}"
    return f"{label} ({row.clause})"


def _refund_edges(guards: bool) -> list[Edge]:
    edges = [Edge(START, _refund(RefundState.DUE), ("owed",))]
    for event in REFUNDS.events.values():
        for transitions in event.transitions.values():
            for transition in cast(list[RefundTransition], transitions):
                label = event.name + (f" ({transition.row.clause})" if guards else "")
                edges.append(Edge(_refund(transition.source), _refund(transition.target), (label,)))
    merged: dict[tuple[str, str], tuple[str, ...]] = {}
    for edge in edges:
        key = edge.source, edge.target
        merged[key] = (*merged.get(key, ()), *edge.labels)
    return [Edge(source, target, labels) for (source, target), labels in merged.items()]


def _refund(state: str) -> str:
    return f"refund.{state}"


def _refund_frame(chapter: Chapter) -> Mapping[str, tuple[str, ...]]:
    if chapter is not Chapter.REFUNDS:
        return {}
    return {
        "the goods": (State.CANCELLED, State.LOST, State.RETURNED, State.REFUNDED),
        "each refund": tuple(_refund(state) for state in RefundState),
    }


def _whole(guards: bool) -> Graph:
    """All arrows that lead somewhere; those that a whole frame shares are drawn from the frame."""
    by_label: dict[tuple[str, str], list[str]] = {}
    for edge in _goods_edges(None, guards):
        if edge.source != edge.target:
            for label in edge.labels:
                by_label.setdefault((label, edge.target), []).append(edge.source)
    merged: dict[tuple[str, str], list[str]] = {(START, State.UNPAID): [Place.name]}
    for (label, target), sources in by_label.items():
        for source in _framed(sources, target):
            merged.setdefault((source, target), []).append(label)
    edges = tuple(Edge(source, target, tuple(labels)) for (source, target), labels in merged.items())
    frames = {name: tuple(state for state in State if state in states) for name, states in GROUPS.items()}
    return Graph("orderfsm: the whole lifecycle", _nodes(edges), edges, frames)


def _framed(sources: Sequence[str], target: str) -> list[str]:
    """The same sources, with frames in the place of all their states."""
    rest = list(sources)
    framed: list[str] = []
    for name, states in GROUPS.items():
        if len(states) > 1 and target not in states and states <= set(rest):
            framed.append(name)
            rest = [source for source in rest if source not in states]
    return [*framed, *rest]


def _nodes(edges: Iterable[Edge]) -> tuple[str, ...]:
    found = {end for edge in edges for end in (edge.source, edge.target)} - set(GROUPS)
    order = [START, *State, *(_refund(state) for state in RefundState)]
    return tuple(sorted(found, key=order.index))


# --- Mermaid ---------------------------------------------------------------------------------------------


def _mermaid(drawn: Graph) -> str:
    lines = [f'---\ntitle: "{drawn.title}"\n---', "flowchart TB"]
    framed = {node for nodes in drawn.groups.values() for node in nodes}
    for name, nodes in drawn.groups.items():
        lines.append(f'    subgraph {_id(name)}["{name}"]')
        lines += [f"        {_mermaid_node(node)}" for node in nodes if node in drawn.nodes]
        lines.append("    end")
    lines += [f"    {_mermaid_node(node)}" for node in drawn.nodes if node not in framed]
    for edge in drawn.edges:
        label = "<br>".join(edge.labels)
        lines.append(f'    {_id(edge.source)} -->|"{label}"| {_id(edge.target)}')
    return "\n".join(lines) + "\n"


def _mermaid_node(node: str) -> str:
    return f"{_id(node)}(( ))" if node == START else f'{_id(node)}(["{_text(node)}"])'


def _id(name: str) -> str:
    """A name that neither language gives a meaning to."""
    return "s_" + "".join(letter if letter.isalnum() else "_" for letter in name)


def _text(node: str) -> str:
    return node.removeprefix("refund.")


# --- DOT -------------------------------------------------------------------------------------------------


def _dot(drawn: Graph) -> str:
    lines = [
        "digraph orderfsm {",
        "    compound=true; rankdir=TB; nodesep=0.7; ranksep=0.6;",
        f'    label="{drawn.title}"; labelloc=t; fontname="sans-serif"; fontsize=16;',
        '    node [shape=box, style="rounded,filled", fillcolor="#f4f6fb", color="#5b6b8c", '
        'fontname="sans-serif", fontsize=12];',
        '    edge [color="#5b6b8c", fontname="sans-serif", fontsize=10];',
    ]
    framed = {node for nodes in drawn.groups.values() for node in nodes}
    for name, nodes in drawn.groups.items():
        lines.append(f'    subgraph "cluster_{_id(name)}" {{')
        lines.append(f'        label="{name}"; color="#b8c1d6"; fontsize=13; style=rounded;')
        lines += [f"        {_dot_node(node)}" for node in nodes if node in drawn.nodes]
        lines.append("    }")
    lines += [f"    {_dot_node(node)}" for node in drawn.nodes if node not in framed]
    for edge in drawn.edges:
        label = "".join(f" {label}\\l" for label in edge.labels)
        tail, options = edge.source, f'label="{label}"'
        if edge.source in drawn.groups:  # from the frame: from its last state, clipped at the border
            tail, options = drawn.groups[edge.source][-1], f'{options}, ltail="cluster_{_id(edge.source)}"'
        lines.append(f'    "{tail}" -> "{edge.target}" [{options}];')
    return "\n".join([*lines, "}"]) + "\n"


def _dot_node(node: str) -> str:
    if node == START:
        return f'"{START}" [shape=circle, label="", width=0.2, fillcolor="#5b6b8c"];'
    return f'"{node}" [label="{_text(node)}"];'


_RENDERERS = {"mermaid": _mermaid, "dot": _dot}
