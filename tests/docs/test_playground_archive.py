"""What brings the playground into a browser: the archive has what is installed, and Pyodide is pinned."""

import json
import re
import subprocess
import sys
from importlib import import_module
from io import BytesIO, StringIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from sphinx.application import Sphinx

from tools.docs.playground import page
from tools.docs.playground.door import Door
from tools.docs.playground.packing import LEFT_OUT, ROOT, archive

PACKAGES = ("orderfsm", "attr", "attrs", "transitions", "holidays", "dateutil", "iso4217", "tzdata")


# --- the archive -----------------------------------------------------------------------------------------


def contents() -> dict[str, bytes]:
    """The archive, unpacked."""
    with ZipFile(BytesIO(archive())) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def installed(module: str) -> Path:
    """The file from which a module, or the first of a package, is imported here."""
    file = import_module(module).__file__
    assert file is not None
    return Path(file)


def test_the_archive_is_what_is_installed() -> None:
    """File by file: every module and table of each package is there as it is installed here, but what is left out."""
    found = {name: data for name, data in contents().items() if ".dist-info/" not in name}
    expected = {"six.py": installed("six").read_bytes()}
    for package in PACKAGES:
        folder = installed(package).parent
        for path in folder.rglob("*"):
            name = f"{folder.name}/{path.relative_to(folder).as_posix()}"
            if path.is_file() and path.suffix not in (".pyc", ".pyi") and not name.startswith(LEFT_OUT):
                expected[name] = path.read_bytes()
    ours = {name for name in found if name.startswith("tools/")}
    expected.update((name, (ROOT / name).read_bytes()) for name in ours)
    assert expected == found
    assert {
        f"tools/docs/playground/{name}.py" for name in ("buttons", "door", "forms", "orders", "story", "view")
    } < ours


def test_the_archive_has_a_licence_for_every_package() -> None:
    """And the version under which pip knows it, which some ask for themselves."""
    folders: dict[str, list[str]] = {}
    for name in contents():
        if ".dist-info/" in name:
            folders.setdefault(name.split("-")[0], []).append(name)
    assert {"attrs", "holidays", "iso4217", "orderfsm", "python_dateutil", "six", "transitions", "tzdata"} == set(
        folders
    )
    for package, names in folders.items():
        assert any(name.endswith("/METADATA") for name in names), package
        if package != "iso4217":  # says in its METADATA that it is in the public domain, and has no other text
            assert any("LICENSE" in name for name in names), package


def test_the_archive_is_always_the_same() -> None:
    """Packed twice, it has the same bytes, and no dates but one."""
    assert archive() == archive.__wrapped__()
    with ZipFile(BytesIO(archive())) as packed:
        assert {(1980, 1, 1, 0, 0, 0)} == {info.date_time for info in packed.infolist()}


PLAYED = """
import json, sys
sys.path.insert(0, sys.argv[1])
from tools.docs.playground.door import Door, choices, warm_up
warm_up(), choices()
door = Door()
for press in json.loads(sys.argv[2]):
    answer = json.loads(door.answer(json.dumps(press)))
print(json.dumps(answer["view"]))
print(json.dumps(sorted({getattr(module, "__file__", None) or "" for module in sys.modules.values()})))
"""


def test_the_archive_needs_nothing_else(tmp_path: Path) -> None:
    """Without any installed package Python plays a story from it, and gives the same page."""
    with ZipFile(BytesIO(archive())) as packed:
        packed.extractall(tmp_path)
    told = {"tell": {"order": "seller", "policy": "combined", "presses": []}}
    keys = (
        "payment/payment_captured",
        "customer:ann/request_cancellation",
        "customer_service/approve_cancellation",
        "seller:potter/approve_cancellation",
    )
    presses = [told, *({"button": key, "values": {}} for key in keys), {"hours": 13}]
    played = subprocess.run(
        [sys.executable, "-I", "-S", "-c", PLAYED, str(tmp_path), json.dumps(presses)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert 0 == played.returncode, played.stderr
    view, files = map(json.loads, played.stdout.splitlines())
    here = Door()
    for press in presses:
        answer = json.loads(here.answer(json.dumps(press)))
    assert answer["view"] == view
    assert not [file for file in files if "site-packages" in file]


# --- what npm and Sphinx are told ------------------------------------------------------------------------


def test_pyodide_is_pinned_without_naming_a_registry() -> None:
    """One exact version, with the sum of every package, from whichever registry npm is set to."""
    folder = ROOT / "docs" / "playground"
    version = json.loads((folder / "package.json").read_text("utf-8"))["dependencies"]["pyodide"]
    text = (folder / "package-lock.json").read_text("utf-8")
    packages = {name: each for name, each in json.loads(text)["packages"].items() if name}
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    assert version == packages["node_modules/pyodide"]["version"]
    assert all(each["integrity"].startswith("sha512-") for each in packages.values())
    assert "://" not in text
    assert "omit-lockfile-registry-resolved=true\n" in (folder / ".npmrc").read_text("utf-8")


def test_a_site_without_pyodide_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The build warns with what to run, and the page says what it would do, with nothing to press."""
    monkeypatch.setattr(page, "PYODIDE", tmp_path / "nothing")
    source = tmp_path / "source"
    source.mkdir()
    (source / "index.md").write_text("# Page\n\n```{playground}\nIt is shown elsewhere.\n```\n", "utf-8")
    said = StringIO()
    overrides = {"extensions": ["myst_parser", "tools.docs.playground.page"]}
    app = Sphinx(
        source, None, tmp_path / "site", tmp_path / "trees", "html", overrides, status=None, warning=said, freshenv=True
    )
    app.build()
    assert "npm ci --prefix docs/playground" in said.getvalue()
    assert "[orderfsm.pyodide]" in said.getvalue()
    html = (tmp_path / "site" / "index.html").read_text("utf-8")
    assert "It is shown elsewhere." in html
    assert "<button" not in html.split('<div class="body"')[1].split('class="sphinxsidebar"')[0]
    assert not list((tmp_path / "site").rglob("*.wasm"))
