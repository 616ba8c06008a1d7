"""The table as Markdown says everything that the table holds."""

import re

from orderfsm.chapters import CHAPTER_OF, Chapter
from orderfsm.inputs import INPUTS
from orderfsm.rows import name_of
from orderfsm.table import CONTRADICTIONS, DENIALS, IMPLIED, KNOWN, REFUND_ROWS, ROWS
from orderfsm.tables import conditions, explanation, table_markdown

TEXT = table_markdown()


def section(heading: str) -> str:
    """What stands under a heading."""
    _, found = TEXT.split(f"{heading}\n", 1)
    return re.split(r"^#", found, flags=re.M)[0]


def rows_in(text: str) -> int:
    """How many lines the Markdown table in `text` has, without its head."""
    return sum(line.startswith("|") for line in text.splitlines()) - 2


def test_every_row_and_answer_is_printed() -> None:
    """Nothing that runs is left out."""
    chapters = [section(f"### {chapter.capitalize()}") for chapter in Chapter if chapter is not Chapter.PLACING]
    assert len(ROWS) == sum(rows_in(text) for text in chapters)
    assert len(DENIALS) == rows_in(section("## Refusals where no row is chosen"))
    assert len(IMPLIED) == rows_in(section("### Skipped steps that are filled in"))
    assert len(KNOWN) == rows_in(section("### Repetitions"))
    assert len(CONTRADICTIONS) == rows_in(section("### Contradictions"))
    assert len(REFUND_ROWS) == rows_in(section("## The refunds"))
    assert len(INPUTS) == rows_in(section("## Who may send what"))


def test_chapters_stand_in_the_house_order() -> None:
    """Placing, payment, fulfilment, cancellation, interception, returns, refunds."""
    positions = [TEXT.index(f"### {chapter.capitalize()}\n") for chapter in Chapter]
    assert sorted(positions) == positions


def test_every_trigger_has_a_chapter() -> None:
    """What the table knows, the chapters know, and nothing else."""
    triggers = {row.trigger for row in ROWS} | {row.trigger for row in REFUND_ROWS} | set(INPUTS)
    assert {name_of(trigger) for trigger in triggers} == {name_of(trigger) for trigger in CHAPTER_OF}


def test_every_condition_and_guard_is_explained() -> None:
    """By a sentence of its own."""
    for function in conditions(ROWS):
        assert f"- `{function.__name__}`: {explanation(function)}" in TEXT
        assert len(explanation(function)) > 10, function
