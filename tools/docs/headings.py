"""Headings of entries, which are the places that links to them lead to."""

import re

from tools.docs.anchors import Anchor


def heading(place: Anchor, text: str) -> str:
    """The heading of an entry; with a mark of its own unless the heading's own name is the same."""
    mark = "" if slug(text) == place.id else f'<a id="{place.id}"></a>'
    return f"### {mark}{text}"


def slug(text: str) -> str:
    """The name under which a heading can be linked to, by Sphinx and code hosts alike."""
    return re.sub(r"[^\w\- ]", "", re.sub(r"<[^>]*>", "", text).lower()).strip().replace(" ", "-")
