"""The site of this run, built once and served, and a browser that looks at it.

A page fails its test when the browser complains on its console, or when anything is asked of another host.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, Request, Response, sync_playwright

from tests.site import NO_BROWSER

ROOT = Path(__file__).parents[2]
PYODIDE = ROOT / "docs" / "playground" / "node_modules" / "pyodide"
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built site; processes that test at once share it."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder, done = shared / "site", shared / "site-is-built"
    with (shared / "site.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not done.exists():
            build(folder)
            done.touch()
    return folder


def build(folder: Path) -> None:
    """Build as the justfile does; without the playground's Python where npm has not brought it."""
    command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet", "--builder", "html"]
    command += ["--jobs", "2"]  # several processes give the same
    if not PYODIDE.exists() and "CI" not in os.environ:
        command += ["--define", "suppress_warnings=orderfsm.pyodide"]
    command += ["--doctree-dir", str(folder.with_name("doctrees")), str(ROOT / "docs"), str(folder)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert 0 == built.returncode, built.stderr


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Where the site is served."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(site))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, as the system has it.

    For the tests of one module only: Playwright runs an event loop in this thread, beside which no other can run.
    """
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        if "CI" in os.environ:
            pytest.fail(NO_BROWSER)
        pytest.skip(NO_BROWSER)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(QUIET))
        yield browser
        browser.close()


@contextmanager
def watched(browser: Browser, address: str) -> Iterator[Page]:
    """A tab whose console stays clean, and which asks nothing of any other host."""
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    complaints: list[str] = []

    def requested(asked: Request) -> None:
        if not asked.url.startswith((address, "data:", "blob:")):
            complaints.append(f"asks another host: {asked.url}")

    def answered(given: Response) -> None:
        if given.status >= 400:
            complaints.append(f"{given.status} {given.url}")

    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda fault: complaints.append(str(fault)))
    page.on("request", requested)
    page.on("response", answered)
    yield page
    context.close()
    assert [] == complaints


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """Such a tab for one test."""
    with watched(browser, address) as page:
        yield page
