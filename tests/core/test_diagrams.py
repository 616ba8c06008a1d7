"""The diagrams show what the machines run."""

import re
from typing import cast

import pytest

from orderfsm.chapters import CHAPTER_OF, Chapter
from orderfsm.diagrams import GROUPS, PARTS, START, WHOLE, Edge, diagram, graph
from orderfsm.engine import GOODS, REFUNDS, GoodsTransition
from orderfsm.rows import name_of
from orderfsm.states import RefundState, State

TRIPLES = {
    (source, transition.target.value, name_of(transition.row.trigger))
    for event in GOODS.events.values()
    for source, transitions in event.transitions.items()
    for transition in cast(list[GoodsTransition], transitions)
}


def spread(edge: Edge) -> set[tuple[str, str, str]]:
    """An arrow as single transitions; one from a frame stands for all states in it."""
    sources = GROUPS.get(edge.source, {edge.source})
    return {(str(source), str(edge.target), label) for source in sources for label in edge.labels}


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


def test_the_refunds_are_drawn_beside_their_goods() -> None:
    """Their own small machine has its own frame."""
    drawn = {triple for edge in graph("refunds").edges for triple in spread(edge)}
    expected = {
        (f"refund.{source}", f"refund.{transition.dest}", event.name)
        for event in REFUNDS.events.values()
        for source, transitions in event.transitions.items()
        for transition in cast(list[GoodsTransition], transitions)
    }
    assert expected <= drawn


def test_every_state_is_in_one_frame() -> None:
    """The frames part the states."""
    assert sorted(State) == sorted(state for states in GROUPS.values() for state in states)


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
    """All states of the goods; the refunds have their own chapter."""
    assert {START, *State} == set(graph(WHOLE).nodes)
    assert {f"refund.{state}" for state in RefundState} <= set(graph("refunds").nodes)


def test_unknown_parts_and_formats_are_faults() -> None:
    """They name what can be had."""
    with pytest.raises(ValueError, match=r"part: expected one of whole, payment"):
        diagram(part="shipping")
    with pytest.raises(ValueError, match=r"format: expected one of mermaid, dot"):
        diagram(format="svg")  # type: ignore[arg-type]
