"""The pages with generated parts: which there are, what is stale, and writing them anew."""

import re
from pathlib import Path

from tools.docs import ROOT
from tools.docs.parts import PARTS_BY_NAME

DOCS = sorted(page for page in (ROOT / "docs").rglob("*.md") if "node_modules" not in page.parts)
PAGES = (ROOT / "README.md", *DOCS)
BLOCK = re.compile(r"^(<!-- generated: ([^\n]+?) -->\n).*?^(<!-- end generated -->)", re.S | re.M)


def fresh(text: str) -> str:
    """The page with its generated parts written anew."""
    return BLOCK.sub(lambda found: f"{found[1]}{PARTS_BY_NAME[found[2]]()}\n{found[3]}", text)


def stale_pages() -> list[Path]:
    """The pages whose generated parts are not what they should be."""
    return [page for page in PAGES if fresh(text := page.read_text("utf-8")) != text]
