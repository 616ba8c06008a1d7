"""Sphinx extension: the API reference. What autodoc finds is named, typed and explained as our docstrings mean it.

Beside autodoc and Napoleon it adds ``.. autovalue::`` for constants and named types, the role ``:entry:`` for the
entries of other pages (`tools.docs.anchors`), and links to the documentation of Python.
"""

import sys
from functools import cache
from html import escape
from typing import Any, TypeVar, cast

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx.addnodes import desc, desc_signature, pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxRole
from sphinx.util.nodes import nested_parse_with_titles

from tools.docs.api.docstrings import Place, linked, read
from tools.docs.api.names import entries, found
from tools.docs.api.types import resolved, result_of, signature_of, variables, written

PYTHON = "https://docs.python.org/3"
STANDARD = {
    "collections": ("Counter",),
    "collections.abc": (
        "AsyncIterator", "Callable", "Collection", "Generator", "Hashable", "Iterable", "Iterator", "Mapping",
        "Sequence",
    ),
    "datetime": ("date", "datetime", "timedelta"),
    "decimal": ("Decimal",),
    "fractions": ("Fraction",),
    "pathlib": ("Path",),
}  # fmt: skip
"""Where Python itself explains a type. Nothing of it is loaded; a type that is not here has no link and is a fault."""


# --- constants and named types ---------------------------------------------------------------------------


@cache
def home_of(name: str) -> tuple[str, str] | None:
    """The module that assigns a constant or named type, and what it says of it."""
    module, _, last = name.rpartition(".")
    value = found(name)
    for path in [module, *sorted(each for each in sys.modules if each.startswith("orderfsm"))]:
        if vars(sys.modules[path]).get(last, sys) is value:
            analyzer = ModuleAnalyzer.for_module(path)
            analyzer.analyze()
            said = analyzer.attr_docs.get(("", last))
            if said:
                return path, " ".join(said).strip()
    return None


class AutoValue(Directive):
    """A constant or a named type, with what its module says of it."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Describe it."""
        name = self.arguments[0]
        home = home_of(name)
        if home is None:
            raise self.error(f"{name} says nothing of itself")
        path, said = home
        module, _, last = name.rpartition(".")
        entry = next(each for each in entries() if each.name == name)
        if entry.is_alias:
            head = [
                f".. py:type:: {last}",
                f"   :module: {module}",
                f"   :canonical: {written(entry.value, in_full=True)}",
            ]
        else:
            head = [f".. py:data:: {last}", f"   :module: {module}", f"   :type: {_type_of(path, last, entry.value)}"]
        text = StringList([*head, "", f"   {linked(said, Place(sys.modules[path], None))}"], source=path)
        node = nodes.section()
        node.document = self.state.document
        nested_parse_with_titles(self.state, text, node)
        return node.children


def _type_of(path: str, name: str, value: Any) -> str:
    annotation = vars(sys.modules[path]).get("__annotations__", {}).get(name)
    return written(type(value) if annotation is None else resolved(annotation, path))


# --- what autodoc asks -----------------------------------------------------------------------------------


def on_docstring(app: Sphinx, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
    """Read the docstring as we write it, before Napoleon sees it."""
    told = read(what, name, value, lines)
    kept = _kept(app)
    if what in ("attribute", "property"):  # Napoleon would take what stands before a colon for a type
        kept[name], told = told, []
    lines[:] = told


def after_napoleon(app: Sphinx, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
    """Put back what Napoleon would have misread."""
    lines[:] = _kept(app).pop(name, lines)


def _kept(app: Sphinx) -> dict[str, list[str]]:
    return cast(dict[str, list[str]], app.env.temp_data.setdefault("orderfsm-members", {}))


def on_signature(
    app: Sphinx, what: str, name: str, value: Any, options: Any, given: str | None, returns: str | None
) -> tuple[str | None, str | None] | None:
    """Write the signature with our names for types."""
    if given is None:  # there is none, and autodoc cannot take one
        return None
    if what == "property":
        return "", result_of(value.fget)
    if what not in ("class", "exception", "function", "method"):
        return None
    return signature_of(value) or ("", None)


# --- links -----------------------------------------------------------------------------------------------


class EntryRole(SphinxRole):
    """``:entry:`A9 <policy#a9>```: a place on another page, which MyST finds and checks."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Leave it to MyST."""
        text, _, target = self.text.removesuffix(">").partition(" <")
        page, _, anchor = target.partition("#")
        link = pending_xref(
            self.rawtext, refdomain="doc", reftype="myst", refdoc=self.env.docname, refexplicit=True,
            reftarget=page, reftargetid=anchor,
        )  # fmt: skip
        link += nodes.inline(text, text)
        self.set_source_info(link)
        return [link], []


def on_missing(app: Sphinx, env: BuildEnvironment, node: pending_xref, shown: nodes.Element) -> nodes.Element | None:
    """Types of Python are explained by Python; type variables are only letters."""
    target = node.get("reftarget", "")
    if node.get("refdomain") != "py":
        return None
    if target in variables() or (target.startswith("orderfsm.") and _is_variable(target)):
        return shown
    module, _, name = target.rpartition(".")
    if name in STANDARD.get(module, ()):
        address = f"{PYTHON}/library/{module}.html#{target}"
        return nodes.reference("", "", shown, internal=False, refuri=address, reftitle=f"{target}, in Python's manual")
    return None


def _is_variable(name: str) -> bool:
    """Whether a full name, as autodoc itself writes the types of properties, is that of a type variable."""
    module, _, last = name.rpartition(".")
    return module in sys.modules and isinstance(vars(sys.modules[module]).get(last), TypeVar)


def on_read(app: Sphinx, doctree: nodes.document) -> None:
    """Let Markdown link to entries: ``[…](api/cancellation.md#orderfsm.RequestCancellation)``."""
    known = app.env.metadata[app.env.docname].setdefault("myst_slugs", {})
    for signature in doctree.findall(desc_signature):
        for anchor in signature["ids"]:
            known.setdefault(anchor, (signature.line or 0, anchor, anchor))


# --- the contents of a page ------------------------------------------------------------------------------


def on_page(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Put the entries of a page into its list of contents, below their sections."""
    if doctree is not None and page.startswith("reference/api/"):
        context |= {"toc": f"<ul>{_contents(doctree)}</ul>", "furo_hide_toc": False}


def _contents(node: nodes.Element) -> str:
    """The sections and entries directly below a node, as items of a list."""
    items = ""
    for child in node.children:
        if isinstance(child, nodes.section):
            inner = _contents(child)
            items += _item(child["ids"][0], escape(child[0].astext()), f"<ul>{inner}</ul>" if inner else "")
        elif isinstance(child, desc) and isinstance(head := child[0], desc_signature) and head["ids"]:
            items += _item(head["ids"][0], f"<code>{escape(head['fullname'])}</code>", "")
    return items


def _item(anchor: str, shown: str, inner: str) -> str:
    return f'<li><a class="reference internal" href="#{anchor}">{shown}</a>{inner}</li>'


def setup(app: Sphinx) -> dict[str, bool]:
    """Register all of it."""
    for extension in ("sphinx.ext.autodoc", "sphinx.ext.napoleon"):
        app.setup_extension(extension)
    app.add_directive("autovalue", AutoValue)
    app.add_role("entry", EntryRole())
    app.connect("autodoc-process-docstring", on_docstring, priority=400)  # before Napoleon
    app.connect("autodoc-process-docstring", after_napoleon, priority=600)
    app.connect("autodoc-process-signature", on_signature)
    app.connect("missing-reference", on_missing)
    app.connect("doctree-read", on_read)
    app.connect("html-page-context", on_page, priority=600)  # after the theme
    return {"parallel_read_safe": True, "parallel_write_safe": True}
