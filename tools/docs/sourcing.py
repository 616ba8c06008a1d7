"""Sphinx extension: links to tests lead to their source, which the site shows.

In Markdown such a link is the path of a file in the repository, with the name of the test as its title, so it leads
somewhere wherever the pages are read.
"""

import ast
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util.logging import getLogger

ROOT = Path(__file__).parents[2]
FOLDER = "source"
"""Where the site has its pages of source code."""


@cache
def tests_in(file: Path) -> dict[str, int]:
    """The tests of a file with the number of their line, where their decorators begin."""
    functions = [node for node in ast.parse(file.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)]
    return {
        node.name: min([node.lineno, *(each.lineno for each in node.decorator_list)])
        for node in functions
        if node.name.startswith("test_")
    }


def policy_files() -> list[Path]:
    """The files that are shown."""
    return sorted((ROOT / "tests" / "policy").glob("test_*.py"))


def page_of(file: Path) -> str:
    """The name of the page that shows a file."""
    return f"{FOLDER}/{file.relative_to(ROOT).with_suffix('').as_posix()}"


class Sources(SphinxTransform):
    """Turns links to shown files, which are downloads to MyST, into links to the pages that show them."""

    default_priority = 880

    def apply(self, **kwargs: Any) -> None:
        """Mend the links of one page; a test that does not exist is a warning."""
        for link in list(self.document.findall(addnodes.download_reference)):
            file = (Path(self.env.srcdir) / self.env.docname).parent.joinpath(link["reftarget"]).resolve()
            if file not in policy_files():
                continue
            name = link.get("reftitle", "")
            if name and name not in tests_in(file):
                getLogger(__name__).warning("%s has no test %s", file.name, name, location=link)
            shown = nodes.reference("", "", *link.children, classes=["source"], reftitle=name, internal=True)
            shown["refuri"] = f"{'../' * self.env.docname.count('/')}{page_of(file)}.html{'#' if name else ''}{name}"
            link.replace_self(shown)


def pages(app: Sphinx) -> Iterable[tuple[str, dict[str, Any], str]]:
    """A page for each shown file, on which every test has its name for an anchor."""
    for file in policy_files():
        code = highlight(file.read_text("utf-8"), PythonLexer(), HtmlFormatter(linespans="line"))
        for name, line in tests_in(file).items():
            code = code.replace(f'<span id="line-{line}">', f'<span id="line-{line}"><span id="{name}"></span>')
        title = file.relative_to(ROOT).as_posix()
        yield page_of(file), {"title": title, "body": f"<h1>{title}</h1>{code}"}, "page.html"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the transform and the pages."""
    app.add_transform(Sources)
    app.connect("html-collect-pages", pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
