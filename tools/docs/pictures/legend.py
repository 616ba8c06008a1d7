"""The table under a picture: every row that is drawn, in words and with links, for readers of any kind."""

from collections.abc import Callable, Iterable
from html import escape
from typing import Any

from orderfsm.diagrams import Step, refund_node, text_of
from orderfsm.rows import RefundRow, Row
from tools.docs import anchors
from tools.docs.anchors import Anchor
from tools.docs.pictures.contents import Sketch, of_node, of_step, steps

Href = Callable[[Anchor], str]


def legend_html(drawn: Sketch, *, href: Href) -> str:
    """The rows of a picture, folded away until somebody wants them; numbered as the picture is."""
    numbered = bool(drawn.numbers)
    titles = [*(["number"] if numbered else []), "from", "input", "when", "guards", "to", "clause"]
    head = "".join(f'<th scope="col">{title}</th>' for title in titles)
    body = "".join(f"<tr>{''.join(_cells(step, drawn, href))}</tr>" for step in steps(drawn.graph))
    table = f'<table class="docutils align-default"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    about = "What the numbers mean" if numbered else "The same as a table"
    return (
        f'<details class="picture-rows"><summary>{about}</summary>'
        f'<div class="table-wrapper docutils container" tabindex="0">{table}</div></details>'
    )


def _cells(step: Step, drawn: Sketch, href: Href) -> Iterable[str]:
    row = step.row
    if step in drawn.numbers:
        yield _cell([_link(href(of_step(step)), str(drawn.numbers[step]))])
    yield _cell(_link(href(of_node(node)), text_of(node)) for node in _sources(row))
    yield _cell([_link(href(of_step(step)), step.name)])
    goods = row if isinstance(row, Row) else None
    yield _cell([_link(href(anchors.condition(goods.when)), goods.when.__name__)] if goods and goods.when else [])
    guards = goods.guards if goods else ()
    yield _cell(_link(href(anchors.condition(guard)), guard.__name__) for guard in guards)
    yield _cell(_target(step, drawn, href))
    yield _cell([_link(href(anchors.clause(row.clause)), row.clause)] if row else [])


def _sources(row: Row[Any] | RefundRow | None) -> list[str]:
    match row:
        case Row():
            return list(row.sources)
        case RefundRow():
            return [refund_node(row.source)]
        case None:
            return []


def _target(step: Step, drawn: Sketch, href: Href) -> list[str]:
    """Where it leads, or that the goods stay where they are."""
    targets = dict.fromkeys(edge.target for edge in drawn.graph.edges if step in edge.steps)
    if isinstance(step.row, Row) and step.row.target is None:
        return ["stays"]
    return [_link(href(of_node(target)), text_of(target)) for target in targets]


def _cell(parts: Iterable[str]) -> str:
    return f"<td>{'<br>'.join(parts)}</td>"


def _link(target: str, text: str) -> str:
    return f'<a class="reference internal" href="{escape(target)}"><code>{escape(text)}</code></a>'
