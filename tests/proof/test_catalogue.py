"""What the catalogue of scopes rests on: that some scopes speak for others."""

import pytest

from orderfsm import inputs as i
from orderfsm.actors import Role
from orderfsm.inputs import Input
from orderfsm.policy import Policy
from orderfsm.testing.catalogue import (
    COMING_BACK,
    LOST,
    ON_THE_ROAD,
    PRESETS,
    SWITCHES,
    Size,
    catalogue,
    lines,
    one,
)
from orderfsm.testing.exploring import explore
from orderfsm.testing.orders import OrderSpace
from orderfsm.testing.proving import symmetry_of_scope
from orderfsm.testing.scopes import Chapter, Scope, Times, Values

PLAIN = {"values": Values.PLAIN, "times": Times.NOW, "early": 0, "strangers": False}


def _explored(scope: Scope) -> tuple[int, int, str]:
    space = OrderSpace(scope, symmetry=symmetry_of_scope(scope))
    found = explore(space.initial(), space.inputs, space.step, key=space.key, within=space.within)
    return len(found.states), found.transitions, found.digest


@pytest.mark.parametrize("chapters", [ON_THE_ROAD, LOST], ids=["on the road", "lost"])
def test_without_cancellation_bundles_make_no_difference(chapters: tuple[Chapter, ...]) -> None:
    """Where nothing can be cancelled, two items of a bundle are two loose lines: one graph stands for all bundles."""
    loose, bundled = (
        Scope(name="", lines=lines(*bundles), chapters=chapters, paid=True, one_voice=True, **PLAIN)  # type: ignore[arg-type]
        for bundles in ((None, None), ("s", "s"))
    )
    assert _explored(loose)[:2] == _explored(bundled)[:2]


def test_what_comes_back_comes_back_line_by_line() -> None:
    """Once all is delivered, a bundle is nothing but its items, also in the keys."""
    loose, bundled = (
        Scope(name="", lines=lines(*bundles), chapters=COMING_BACK, delivered=True, one_voice=True, **PLAIN)  # type: ignore[arg-type]
        for bundles in ((None, None), ("s", "s"))
    )
    assert _explored(loose) == _explored(bundled)


@pytest.mark.parametrize("policy", PRESETS.values(), ids=list(PRESETS))
def test_one_voice_speaks_for_all_that_may(policy: Policy) -> None:
    """In every reachable state, whoever of the roles that may say a thing says it, the same follows."""
    scope = Scope(name="", lines=one(), policy=policy, **PLAIN)  # type: ignore[arg-type]
    space = OrderSpace(scope)
    found = explore(space.initial(), space.inputs, space.step, key=space.key, within=space.within)
    compared = 0
    for position in found.states:
        answers: dict[str, object] = {}
        for said in space.inputs(position):
            if isinstance(said, Input) and said.by is not None and said.by.role is not Role.SELLER:
                after, answer = space.step(position, said)
                reasons = [(reason.code, reason.next_steps) for reason in answer.reasons]
                where = space.key(after) if space.within(after) else "out of bounds"
                alike = (answer.outcome, reasons, answer.moves, where)
                unsaid = str(said).replace(repr(said.by), "")
                compared += unsaid in answers
                assert answers.setdefault(unsaid, alike) == alike
    assert compared > 1_000


def test_the_catalogue_has_every_preset_and_every_switch() -> None:
    """All presets and every switch alone are explored, and no two scopes share a name."""
    for size in (Size.CI, Size.NIGHTLY):
        scopes = catalogue(size)
        assert {*PRESETS, *SWITCHES} == {scope.name.split(": ")[0] for scope in scopes}
        assert len({scope.name for scope in scopes}) == len(scopes)


def test_every_input_is_tried_for_two_lines() -> None:
    """Two lines, loose and bundled, are explored with every kind of input under every policy."""
    every = catalogue(Size.NIGHTLY)
    for policy in (*PRESETS, *SWITCHES):
        for what in ("2 units", "2 loose lines", "bundle of 2"):
            [two] = [scope for scope in every if scope.name == f"{policy}: {what}, all chapters"]
            assert set(i.INPUTS) == set(two.kinds)


def test_two_lines_are_named_together_by_everybody_and_at_every_instant() -> None:
    """What the plain scopes of two lines leave out is explored as well: every value, everybody, every instant."""
    two = [scope for scope in catalogue(Size.NIGHTLY) if len(scope.lines) == 2]
    chapters = {chapter for scope in two if scope.values is Values.FULL for chapter in scope.chapters}
    assert {*Chapter} - {Chapter.REFUNDS} <= chapters
    assert any(scope.strangers and scope.chapters == tuple(Chapter) for scope in two)
    assert any(scope.times is Times.EVERY for scope in two)
    assert any(scope.lines[0].bundle and scope.lines[0].quantity == 2 for scope in two)
    assert any({item.seller for item in scope.lines} == {None, "s1"} for scope in two)
