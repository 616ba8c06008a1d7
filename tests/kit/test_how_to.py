"""The pages that show hosts how to use the kit: what they show is run."""

import re
from pathlib import Path

import pytest

from orderfsm.testing import StoreContract

ROOT = Path(__file__).parents[2]
HOW_TO = ROOT / "docs/how-to"
PAGE = (HOW_TO / "test-your-shop.md").read_text("utf-8")

pytest_plugins = ["pytester"]

FEW_AND_STEADY = """
from hypothesis import Phase, settings

settings.register_profile(
    "few", max_examples=5, stateful_step_count=15, derandomize=True, database=None, phases=[Phase.generate]
)
settings.load_profile("few")
"""


def files(page: str) -> dict[str, str]:
    """The Python blocks of a page, by the file names on their first lines."""
    blocks = re.findall(r"^```python\n# (\w+)\.py\n(.*?)^```$", page, flags=re.M | re.S)
    assert len(re.findall(r"^```python$", page, flags=re.M)) == len(blocks), "a block does not say its file"
    return dict(blocks)


def test_the_files_on_the_page_run(pytester: pytest.Pytester) -> None:
    """Put into one folder they pass, and the plugin counts what was played."""
    pytester.makeconftest(FEW_AND_STEADY)
    pytester.makepyfile(**files(PAGE))
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-W", "error")
    result.assert_outcomes(passed=7)
    (line,) = (line for line in result.outlines if line.startswith("orderfsm: "))
    assert line.startswith("orderfsm: 2 machines passed, ")


@pytest.mark.parametrize(("name", "tests"), [("explore-your-own-machine", 4), ("prove-your-policy", 3)])
def test_what_is_explored_on_a_page_is_found(pytester: pytest.Pytester, name: str, tests: int) -> None:
    """The files pass, and what the page says that they print is printed."""
    page = (HOW_TO / f"{name}.md").read_text("utf-8")
    pytester.makepyfile(**files(page))
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-W", "error", "-s")
    result.assert_outcomes(passed=tests)
    (printed, *_) = re.findall(r"^```text\n(.*?)^```$", page, flags=re.M | re.S)
    assert printed in result.stdout.str()


def test_the_store_on_the_page_keeps_the_contract(pytester: pytest.Pytester) -> None:
    """The files pass, test by test."""
    pytester.makepyfile(**files((HOW_TO / "write-a-store.md").read_text("utf-8")))
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-W", "error")
    result.assert_outcomes(passed=sum(name.startswith("test_") for name in dir(StoreContract)))


def test_the_complaint_on_the_page_is_one() -> None:
    """In the form in which they are written."""
    (complaint,) = re.findall(r"^```text\n(The backend differs.*?)^```$", PAGE, flags=re.M | re.S)
    parts = [
        "\n  quantities of B\n    expected  ",
        "\nWhy orderfsm expects this:\n",
        "\nThe story so far:\n",
        "\nUnder ",
    ]
    places = [complaint.index(part) for part in parts]
    assert places == sorted(places)
