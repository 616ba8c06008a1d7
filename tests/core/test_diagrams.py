"""The diagrams show what the machines run."""

import re
from typing import cast

import pytest

from orderfsm.chapters import CHAPTER_OF, Chapter
from orderfsm.diagrams import EACH_REFUND, LIFECYCLE, PARTS, START, WHOLE, Edge, diagram, graph
from orderfsm.engine import GOODS, REFUNDS, GoodsTransition
from orderfsm.rows import Row, name_of
from orderfsm.states import RefundState, State

TRIPLES = {
    (source, transition.target.value, name_of(transition.row.trigger))
    for event in GOODS.events.values()
    for source, transitions in event.transitions.items()
    for transition in cast(list[GoodsTransition], transitions)
}


def spread(edge: Edge) -> set[tuple[str, str, str]]:
    """An arrow as single transitions; one from a frame stands for all states in it."""
    return {(str(source), str(edge.target), step.name) for source in edge.sources for step in edge.steps}


def test_the_whole_lifecycle_shows_every_transition_that_leads_somewhere() -> None:
    """Nothing is left out, nothing is made up."""
    drawn = {triple for edge in graph(WHOLE).edges if edge.source != START for triple in spread(edge)}
    assert {triple for triple in TRIPLES if triple[0] != triple[1]} == drawn


@pytest.mark.parametrize("chapter", [chapter for chapter in Chapter if chapter is not Chapter.PLACING])
def test_a_chapter_shows_its_transitions(chapter: Chapter) -> None:
    """Also those that only note something about the goods."""
    drawn = {triple for edge in graph(chapter.value).edges for triple in spread(edge)}
    names = {name_of(trigger) for trigger, of in CHAPTER_OF.items() if of is chapter}
    goods = {triple for triple in drawn if triple[0] in set(State)}
    assert {triple for triple in TRIPLES if triple[2] in names} == goods


def test_each_refund_is_a_machine_of_its_own() -> None:
    """Beside its rows there is only what makes it due."""
    drawn = {triple for edge in graph(EACH_REFUND).edges if edge.source != START for triple in spread(edge)}
    expected = {
        (f"refund.{source}", f"refund.{transition.dest}", event.name)
        for event in REFUNDS.events.values()
        for source, transitions in event.transitions.items()
        for transition in cast(list[GoodsTransition], transitions)
    }
    assert expected == drawn


@pytest.mark.parametrize("part", [part for part in PARTS if part != EACH_REFUND])
def test_a_step_knows_its_row(part: str) -> None:
    """An arrow, or one from a frame, carries a row only for states from which the row leads where the arrow does."""
    for edge in graph(part).edges:
        for step in edge.steps:
            if isinstance(step.row, Row):
                assert set(edge.sources) <= set(step.row.sources)
                assert edge.target == (step.row.target or edge.source)


def test_every_state_is_in_one_frame() -> None:
    """The outermost frames part the states, and so do the frames within each."""
    assert sorted(State) == sorted(state for frame in LIFECYCLE for state in frame.all_states)
    assert ["unpaid", "paid", "coming back", "settled"] == [frame.title for frame in LIFECYCLE]
    assert ["unshipped", "preparing", "shipped"] == [frame.title for frame in LIFECYCLE[1].frames]


def test_a_chapter_has_only_the_frames_that_it_needs() -> None:
    """Those from which an arrow leaves."""
    assert ["unshipped", "preparing", "shipped"] == [frame.title for frame in graph("fulfilment").frames]
    assert () == graph("returns").frames


@pytest.mark.parametrize("format", ["mermaid", "dot"])
@pytest.mark.parametrize("guards", [False, True])
@pytest.mark.parametrize("part", [None, *PARTS])
def test_every_part_can_be_drawn(format: str, guards: bool, part: str | None) -> None:
    """In both languages, with and without the conditions."""
    text = diagram(format=format, guards=guards, part=part)  # type: ignore[arg-type]
    assert text.endswith("\n")
    assert bool(re.search(r"\([AB]\d+\)", text)) == guards
    for node in graph(part or WHOLE).nodes:
        if node != START:
            assert node.removeprefix("refund.") in text


def test_the_whole_shows_every_state() -> None:
    """All states of the goods; a refund has a picture of its own."""
    assert {START, *State} == set(graph(WHOLE).nodes)
    assert {START, *(f"refund.{state}" for state in RefundState)} == set(graph(EACH_REFUND).nodes)


def test_unknown_parts_and_formats_are_faults() -> None:
    """They name what can be had."""
    with pytest.raises(ValueError, match=r"part: expected one of whole, payment"):
        diagram(part="shipping")
    with pytest.raises(ValueError, match=r"format: expected one of mermaid, dot"):
        diagram(format="svg")  # type: ignore[arg-type]
