"""Sphinx extension: ``{diagram} PART`` draws a part of the lifecycle into the page, as SVG, while the site is built.

Under it is the table of what is drawn. Links are made when the page is written, so they are right wherever it is.
"""

from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxTranslator

import orderfsm
from tools.docs.anchors import Anchor
from tools.docs.pictures.contents import PICTURES, sketch
from tools.docs.pictures.drawing import lifecycle_svg
from tools.docs.pictures.legend import legend_html


class Drawn(nodes.General, nodes.Element):
    """One picture, with its table."""


WIDE = ("index", "diagrams")
"""The pages that are about pictures before anything else."""


class Diagram(Directive):
    """One picture of the lifecycle."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Leave its place; it is drawn when the page is written."""
        part = self.arguments[0]
        if part not in PICTURES:
            raise self.error(f"expected one of {', '.join(PICTURES)}, got {part!r}")
        for source in (*Path(__file__).parents[1].rglob("*.py"), *Path(orderfsm.__file__).parent.glob("*.py")):
            self.state.document.settings.record_dependencies.add(str(source))  # when one changes, it is drawn anew
        return [Drawn(part=part)]


def _visit(self: SphinxTranslator, node: nodes.Element) -> None:
    builder = self.builder
    page = builder.current_docname  # type: ignore[attr-defined]

    def href(anchor: Anchor) -> str:
        return f"{builder.get_relative_uri(page, anchor.page)}#{anchor.id}"

    part = str(node["part"])
    drawn = sketch(part)
    self.body.append(  # type: ignore[attr-defined]
        f'<div class="picture" id="picture-{part}">'
        f'<div class="picture-scroll" tabindex="0" role="region" aria-label="{escape(drawn.picture.title)}, a picture">'
        f"{lifecycle_svg(part, href=href)}</div>{legend_html(drawn, href=href)}</div>"
    )
    raise nodes.SkipNode


def _widen(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Leave the list of headings out where it would stand in the way of a picture."""
    if page in WIDE:
        context["furo_hide_toc"] = True


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive and its style."""
    app.add_node(Drawn, html=(_visit, None))
    app.add_directive("diagram", Diagram)
    app.connect("html-page-context", _widen, priority=600)  # after the theme
    app.add_css_file("pictures.css")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
