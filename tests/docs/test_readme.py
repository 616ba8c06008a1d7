"""The README keeps its word: its example runs, its commands are single lines, its links lead somewhere."""

import doctest
import re
from pathlib import Path

import pytest

from tools.docs import ROOT
from tools.docs.pages import DOCS

README = (ROOT / "README.md").read_text("utf-8")
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "tests/README.md", *DOCS])


def fenced(language: str, text: str) -> list[str]:
    """The blocks of a language in a Markdown page."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.M | re.S)


EXAMPLES = [
    pytest.param(page, "\n".join(blocks), id=str(page.relative_to(ROOT)))
    for page in PAGES
    if (blocks := fenced("pycon", page.read_text("utf-8")))
]


@pytest.mark.parametrize(("page", "blocks"), EXAMPLES)
def test_examples_run(page: Path, blocks: str) -> None:
    """The Python examples on a page, one after the other, give what they say."""
    test = doctest.DocTestParser().get_doctest(blocks, {}, page.name, str(page), 0)
    failures: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=failures.append)
    assert result.attempted and not result.failed, "".join(failures)


def test_the_two_commands_do_all_the_setting_up() -> None:
    """One line each: make the environment, install, and run."""
    commands = [line for block in fenced("sh", README) for line in block.splitlines()]
    assert 2 == len(commands)
    for command in commands:
        assert command.startswith("python3 -m venv .venv && .venv/bin/python -m pip install ")
    assert commands[0].endswith("orderfsm replay docs/examples/every-chapter.jsonl")
    assert "-m pytest" in commands[1]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """To a file that exists, and to a heading or anchor that it has."""
    for target in re.findall(r'\]\(([^)\s]+)(?: "[^"]*")?\)', without_blocks(page.read_text("utf-8"))):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{page.name}: {target}"
        if anchor:
            assert anchor in anchors(file.read_text("utf-8")), f"{page.name}: {target}"


def without_blocks(text: str) -> str:
    """A Markdown page less its fenced blocks, those within lists too: what stands there is no link."""
    return re.sub(r"^( *)```.*?^\1```$", "", text, flags=re.M | re.S)


def test_what_stands_in_a_block_is_no_link() -> None:
    """Neither at the margin nor in a list; what stands beside it is."""
    text = "[a](b)\n```\n[c](d)\n```\n- [e](f)\n\n  ```toml\n  [g](h)\n  ```\n[i](j)\n"
    assert ["b", "f", "j"] == re.findall(r"\]\((\w)\)", without_blocks(text))


def anchors(text: str) -> set[str]:
    """The places in a Markdown page to which one can link."""
    headings = re.findall(r"^#+ (.+)$", text, flags=re.M)
    slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
    return slugs | set(re.findall(r'<a id="([^"]+)">', text))
