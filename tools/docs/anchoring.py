"""Sphinx extension: what ``<a id="…"></a>`` marks in a Markdown page can be linked to, and links to it are checked.

Such marks work wherever Markdown is read; to Sphinx they are HTML of which it knows nothing.
"""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

MARK = re.compile(r'^<a id="([^"]+)">$')


class Marks(SphinxTransform):
    """Turns each mark into a target, before MyST resolves links."""

    default_priority = 870  # MyST's ResolveAnchorIds has 879

    def apply(self, **kwargs: Any) -> None:
        """Replace the marks of one page, and let MyST know them beside the headings."""
        known = self.env.metadata[self.env.docname].setdefault("myst_slugs", {})
        for raw in list(self.document.findall(nodes.raw)):
            if found := MARK.match(raw.astext()):
                anchor = found[1]
                target = nodes.target("", "", ids=[anchor], names=[anchor])
                self.document.note_explicit_target(target, target)
                raw.replace_self(target)
                known[anchor] = (raw.line or 0, anchor, anchor)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the transform."""
    app.add_transform(Marks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
