"""Nothing on a page is shown as code that no test knows of."""

import re
from collections.abc import Iterator

from tools.docs import ROOT

PAGES = sorted([*(ROOT / "docs/tutorial").glob("*.md"), *(ROOT / "docs/how-to").glob("*.md")])
FENCE = re.compile(r"^( *)(`{3,}|~{3,})([^\n]*)\n(.*?)^\1\2\s*$", re.M | re.S)
RUN = {"console", "diff", "pycon", "python"}
"""What is run: by test_how_to, test_tutorials, test_webhooks, test_readme, and test_how_to of kit and store."""
SHOWN = {"text", "toml", "sql"}
"""What such code reads or prints, which the same tests compare or give to it."""
INSTALLS = "pip installs what the tests have"
BY_HAND = {
    (
        "back-up-a-book",
        "sqlite3 orders.db \"VACUUM INTO 'backup.db'\"",
    ): "its statement is run by store/test_how_to",
    (
        "change-a-deadline",
        "orderfsm prove --policy shop.toml",
    ): "takes a minute; shell/test_command_line proves a policy",
    ("first-order", "python3 -m venv .venv"): INSTALLS,
    ("first-order", ".venv/bin/python first_order.py"): "run by test_tutorials",
    ("first-order", ".venv/bin/orderfsm migrate --db sqlite:///orders.db"): "run by test_tutorials",
    ("first-order", ".venv/bin/orderfsm show 1001 --db sqlite:///orders.db"): "run by test_tutorials",
    ("keep-orders-in-a-book", "pip install orderfsm"): INSTALLS,
    ("keep-orders-in-a-book", "orderfsm migrate --db sqlite:///orders.db"): "store/test_commands does",
    ("keep-orders-in-a-book", "orderfsm show 1001 --db sqlite:///orders.db"): "store/test_commands does",
    (
        "migrate-the-tables",
        "orderfsm migrate --db postgresql://shop@db/shop",
    ): "store/test_commands does",
    ("prove-your-policy", "pip install 'orderfsm[testing]'"): INSTALLS,
    (
        "run-workers",
        "orderfsm worker --db sqlite:///orders.db --handlers handlers:handlers --once",
    ): "store/test_how_to",
    (
        "run-workers",
        "orderfsm worker --db postgresql://shop@db/shop --handlers handlers:handlers",
    ): "store/test_worker_process does",
    (
        "run-workers",
        "orderfsm dead-letters --db postgresql://shop@db/shop",
    ): "store/test_commands does",
    ("test-your-shop", "pip install 'orderfsm[testing]'"): INSTALLS,
    ("use-postgresql", "pip install 'orderfsm[postgres]'"): INSTALLS,
    ("wire-webhooks", "python try_it.py"): "run by test_webhooks",
    ("wire-webhooks", "orderfsm worker --db sqlite:///orders.db --handlers handlers:handlers"): "as on run-workers",
    ("write-a-store", "pip install 'orderfsm[testing]'"): INSTALLS,
}
"""Commands that no test takes from the page itself, and why."""


def blocks() -> Iterator[tuple[str, str, str]]:
    """The name of the page, the language and the text of everything in fences."""
    for page in PAGES:
        for _, _, language, text in FENCE.findall(page.read_text("utf-8")):
            yield page.stem, language, text.strip()


def test_every_block_is_of_a_kind_that_is_run_or_compared() -> None:
    """A fence with a language by mistake would silently be nobody's."""
    assert RUN | SHOWN | {"sh"} == {language for _, language, _ in blocks()}


def test_commands_that_are_not_taken_from_the_page_are_known() -> None:
    """Each with its reason, and no reason without its command."""
    assert set(BY_HAND) == {(page, text.splitlines()[0]) for page, language, text in blocks() if language == "sh"}
