"""Sphinx extension: pages that show source code, of the tests of the policy and of what decides about an order.

In Markdown a link to a test is the path of its file in the repository, with the test's name as its title, so it
leads somewhere wherever the pages are read. The entries of the API reference lead to what they describe.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from inspect import getsourcefile, unwrap
from pathlib import Path
from types import ModuleType
from typing import Any

from docutils import nodes
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util.logging import getLogger

from tools.docs import ROOT
from tools.docs.api.names import found

FOLDER = "source"
"""Where the site has these pages."""

DECIDING = (
    "actors", "amounts", "calendars", "choices", "choosing", "clauses", "commanding", "commands", "consequences",
    "deadlines", "decisions", "draft", "effects", "engine", "envelope", "errors", "events", "facts", "guards",
    "inputs", "machine", "matching", "messages", "money", "next_steps", "order", "paying", "placing", "policy",
    "reasons", "refunding", "reporting", "rows", "scene", "selections", "settling", "states", "table",
)  # fmt: skip
"""The modules that are shown: an auditor reads them. The shell around them decides nothing."""


@cache
def shown() -> tuple[Path, ...]:
    """The files that have a page."""
    tests = sorted((ROOT / "tests" / "policy").glob("test_*.py"))
    return (*tests, *(ROOT / "src" / "orderfsm" / f"{name}.py" for name in DECIDING))


@cache
def places(file: Path) -> Mapping[str, int]:
    """What a file defines, with the number of the line where it begins, decorators included."""
    return dict(_places(ast.parse(file.read_text("utf-8")).body, ""))


def _places(body: Iterable[ast.stmt], prefix: str) -> Iterator[tuple[str, int]]:
    for node in body:
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                yield prefix + node.name, min([node.lineno, *(each.lineno for each in node.decorator_list)])
                if isinstance(node, ast.ClassDef):
                    yield from _places(node.body, f"{prefix}{node.name}.")
            case ast.Assign(targets=[ast.Name(id=name), *_]) | ast.AnnAssign(target=ast.Name(id=name)):
                yield prefix + name, node.lineno


def page_of(file: Path) -> str:
    """The name of the page that shows a file."""
    return f"{FOLDER}/{file.relative_to(ROOT).with_suffix('').as_posix()}"


class Sources(SphinxTransform):
    """Turns links to shown files, which are downloads to MyST, into links to the pages that show them."""

    default_priority = 870  # before files to download are collected

    def apply(self, **kwargs: Any) -> None:
        """Mend the links of one page; a test that does not exist is a warning."""
        for link in list(self.document.findall(addnodes.download_reference)):
            file = (Path(self.env.srcdir) / self.env.docname).parent.joinpath(link["reftarget"]).resolve()
            if file not in shown():
                continue
            name = link.get("reftitle", "")
            if name and name not in places(file):
                getLogger(__name__).warning("%s has no test %s", file.name, name, location=link)
            leading = nodes.reference("", "", *link.children, classes=["source"], reftitle=name, internal=True)
            leading["refuri"] = f"{'../' * self.env.docname.count('/')}{page_of(file)}.html{'#' if name else ''}{name}"
            link.replace_self(leading)


def linkcode_resolve(domain: str, info: Mapping[str, str]) -> str | None:
    """Where the source of an entry of the API reference is shown, from the pages of that reference."""
    module, name = info["module"], info["fullname"]
    value = found(f"{module}.{name.partition('.')[0]}")
    file = getsourcefile(value) if isinstance(value, ModuleType) else _file_of(value, name)
    path = Path(file) if file else None
    if path not in shown() or path is None or name not in places(path):
        return None
    return f"../../{page_of(path)}.html#{name}"  # from docs/reference/api


def _file_of(value: Any, name: str) -> str | None:
    """The file that defines a class or function, or assigns a constant of that name."""
    try:
        return getsourcefile(unwrap(value))
    except TypeError:
        homes = [path for path in shown() if name in places(path)]
        return str(homes[0]) if len(homes) == 1 else None


def pages(app: Sphinx) -> Iterable[tuple[str, dict[str, Any], str]]:
    """A page for each shown file, on which everything has its name for an anchor."""
    for file in shown():
        code = highlight(file.read_text("utf-8"), PythonLexer(), HtmlFormatter(linespans="line"))
        for name, line in places(file).items():
            code = code.replace(f'<span id="line-{line}">', f'<span id="line-{line}"><span id="{name}"></span>')
        title = file.relative_to(ROOT).as_posix()
        yield page_of(file), {"title": title, "body": f"<h1>{title}</h1>{code}"}, "page.html"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the transform, the pages and the links to them."""
    app.setup_extension("sphinx.ext.linkcode")
    app.config.linkcode_resolve = linkcode_resolve
    app.add_transform(Sources)
    app.connect("html-collect-pages", pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
