"""Sphinx extension: ``{story} NAME`` tells a story of `tools.docs.stories.plots`, as a picture and as a numbered list.

The machine is asked while the site is built. Each picture comes in two sizes, of which the style sheet shows one.
"""

from html import escape

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from tools.docs.anchors import Anchor
from tools.docs.stories.plots import STORIES
from tools.docs.stories.sequences import NARROW, WIDE, Diagram, Link, Size, draw
from tools.docs.stories.telling import as_list, diagram


class story(nodes.General, nodes.Element):  # noqa: N801  (nodes are named as they are written)
    """Where a story is drawn; `name` says which."""


class Tell(Directive):
    """One story."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The picture, then the list."""
        name = self.arguments[0]
        if name not in STORIES:
            raise self.error(f"there is no story {name!r}; there are {', '.join(STORIES)}")
        page = self.state.document.settings.env.docname
        told = nodes.container(classes=["story"])
        text = StringList(as_list(STORIES[name], page=page).splitlines(), source=f"story {name}")
        self.state.nested_parse(text, 0, told)
        return [story(name=name), told]


def draw_story(translator: HTML5Translator, node: story) -> None:
    """Draw the story for wide and for narrow windows; links lead from this page to the others."""
    builder = translator.builder

    def link(anchor: Anchor) -> str:
        return f"{builder.get_relative_uri(builder.current_docname, anchor.page)}#{anchor.id}"

    told = diagram(STORIES[node["name"]])
    drawn = "".join(_framed(told, size, link) for size in (WIDE, NARROW))
    translator.body.append(f'<div class="sequences">{drawn}</div>\n')
    raise nodes.SkipNode


def _framed(told: Diagram, size: Size, link: Link) -> str:
    """The pictures of one size; the frame of the narrow ones scrolls where a window is narrower still."""
    pictures = "".join(f"<div>{picture}</div>" for picture in draw(told, size, link))
    focus = ' tabindex="0"' if size is NARROW else ""
    return f'<div class="sequence {size.name}" role="region" aria-label="{escape(told.title)}"{focus}>{pictures}</div>'


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive and its style sheet."""
    app.add_node(story, html=(draw_story, None))
    app.add_directive("story", Tell)
    app.add_css_file("stories.css")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
