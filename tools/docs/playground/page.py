"""Sphinx extension: ``{playground}`` makes the page's interface, and the build brings everything that it loads.

Pyodide comes from ``docs/playground/node_modules``, where ``npm ci --prefix docs/playground`` puts it.
"""

import json
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from shutil import copyfile, rmtree
from string import Template

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from orderfsm.diagrams import WHOLE
from tools.docs.pictures.drawing import lifecycle_svg
from tools.docs.playground.packing import ROOT, archive
from tools.docs.playground.view import url

SOURCES = ROOT / "docs" / "playground"
PYODIDE = SOURCES / "node_modules" / "pyodide"
PYODIDE_FILES = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
OWN_FILES = ("playground.css", "playground.js", "show.js", "worker.js")
ARCHIVE = "orderfsm.zip"
PAGE = "playground"

_log = logging.getLogger(__name__)


class Playground(SphinxDirective):
    """What stands in the directive, for everybody without JavaScript, and the interface where Pyodide can run it."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Put it into the page."""
        without = nodes.container("", *self.parse_content_to_nodes(), classes=["playground-without"])
        if PYODIDE.exists():
            return [without, nodes.raw("", interface(), format="html")]
        _log.warning(
            "the playground has no Python to run: say npm ci --prefix docs/playground",
            type="orderfsm",
            subtype="pyodide",
            location=self.get_location(),
        )
        return [without]


def interface() -> str:
    """The page's own HTML, with the diagram, and with what will be loaded."""
    sizes = {name: (PYODIDE / name).stat().st_size for name in PYODIDE_FILES}
    everything = sum(sizes.values()) + len(archive())
    told = {"pyodide": f"{pyodide_folder()}/", "archive": ARCHIVE, "bytes": everything}
    return Template((SOURCES / "playground.html").read_text("utf-8")).substitute(
        folder=f"_static/{own_folder()}",
        files=json.dumps(told),
        python=f"{sum(sizes.values()) / 1e6:.1f}",
        packages=f"{len(archive()) / 1e6:.1f}",
        everything=f"{everything / 1e6:.0f}",
        picture=lifecycle_svg(WHOLE, href=url),
    )


@lru_cache(maxsize=1)
def own_folder() -> str:
    """A folder whose name says what is in it, so that no browser mixes files of two builds."""
    contents = [archive(), *((SOURCES / name).read_bytes() for name in OWN_FILES)]
    return f"playground-{sha256(b''.join(contents)).hexdigest()[:12]}"


def pyodide_folder() -> str:
    """The same for Pyodide, seen from our own folder: a new page does not load it again."""
    return f"../pyodide-{json.loads((PYODIDE / 'package.json').read_text('utf-8'))['version']}"


def bring(app: Sphinx, fault: Exception | None) -> None:
    """Put into the built site what the page loads, and nothing of an earlier build."""
    if fault is not None or app.builder.format != "html" or not PYODIDE.exists():
        return
    static = Path(app.outdir) / "_static"
    for old in (*static.glob("playground-*"), *static.glob("pyodide-*")):
        rmtree(old)
    own = static / own_folder()
    own.mkdir(parents=True)
    for name in OWN_FILES:
        copyfile(SOURCES / name, own / name)
    (own / ARCHIVE).write_bytes(archive())
    pyodide = (own / pyodide_folder()).resolve()
    pyodide.mkdir()
    for name in PYODIDE_FILES:
        copyfile(PYODIDE / name, pyodide / name)


def outdated(app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]) -> list[str]:
    """The page is written at every build, for it names what is packed."""
    return [PAGE] if PAGE in env.found_docs else []


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive and what follows the build."""
    app.add_directive("playground", Playground)
    app.connect("env-get-outdated", outdated)
    app.connect("build-finished", bring)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
