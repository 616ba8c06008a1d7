"""One line more changes nothing: parts of orders of n + 1 loose lines behave like orders of n lines.

Both sides are explored exhaustively on the shipped code, within the chapters and inputs that each case names.
Where they differ, a flag is named that tells the difference; see `docs/explanation/any-number-of-lines.md`.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from attrs import evolve, frozen

from orderfsm.scene import Scene
from orderfsm.states import State
from tests.proof import parts
from tests.proof.flags import Flag, due, paid_for_others, passing_time, shared_terms
from tests.proof.parts import Content, Explored, Family, Graph, loose

# --- one line more ---------------------------------------------------------------------------------------


@frozen
class Case:
    """Parts of `fewer` lines of all orders of `more` lines; `size`: states and steps of the fewer, less the flags."""

    family: Family
    fewer: int
    more: int
    size: tuple[int, int]
    flags: tuple[Flag, ...] = ()

    def __str__(self) -> str:
        return f"{self.family}, {self.more} to {self.fewer}"


CASES = (
    Case(parts.UNTIL_DISPATCH, 1, 2, (17, 50)),
    Case(parts.UNTIL_DISPATCH, 2, 3, (140, 1196)),
    Case(parts.UNTIL_DISPATCH, 1, 3, (17, 50)),
    Case(parts.EARLY, 1, 2, (54, 139)),
    Case(parts.DIRECT, 1, 2, (15, 34)),
    Case(parts.SHORT, 3, 4, (53, 242)),
    Case(parts.AFTERWARDS, 1, 2, (26, 84), (shared_terms,)),
    Case(parts.BY_FORM, 2, 3, (98, 283)),
    Case(parts.ON_THE_ROAD, 1, 2, (14, 54)),
    Case(parts.IN_A_PARCEL, 2, 3, (78, 276)),
    Case(parts.ASSESSED, 1, 2, (7, 8)),
    Case(parts.ASSESSED, 2, 3, (50, 112)),
    Case(parts.PAID_BACK, 1, 2, (7, 10)),
    Case(parts.PAID_BACK, 2, 3, (50, 138)),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_some_lines_of_an_order_behave_as_if_they_were_all_of_it(case: Case) -> None:
    """What happens to some lines among more is exactly what happens to them alone: state by state, step by step."""
    (alone,) = case.family.of(case.fewer).parts(case.fewer, case.flags)
    assert case.size == alone.size
    for part in case.family.of(case.more).parts(case.fewer, case.flags):
        assert alone.states == part.states
        assert alone.steps == part.steps


def test_units_of_a_line_behave_as_if_it_were_alone() -> None:
    """A line of two units is the same beside another line, once it is forgotten when its units moved."""
    alone, beside = (parts.UNITS.of(count, {"quantity": 2}).part("A", [passing_time]) for count in (1, 2))
    assert (46, 148) == alone.size
    assert alone == beside


OWN, SELLERS, DIGITAL = {"amount": "10"}, {"seller": "s1"}, {"kind": "digital"}


@pytest.mark.parametrize("items", [(OWN, SELLERS), (OWN, DIGITAL), (SELLERS, DIGITAL)], ids=str)
def test_a_line_behaves_alike_beside_lines_of_other_kinds(items: tuple[Content, Content]) -> None:
    """The shop's own goods, a seller's and digital ones are each as they would be alone."""
    beside = parts.UNTIL_DISPATCH.of(2, *items)
    for line, item in zip("AB", items, strict=True):
        alone = parts.UNTIL_DISPATCH.of(1, item).part("A")
        assert ((5, 4) if item == DIGITAL else (17, 50)) == alone.size
        assert alone == beside.part(line)


# --- what a line alone cannot show -----------------------------------------------------------------------


def more_than(alone: Graph, part: Graph) -> tuple[int, int]:
    """How many states and steps there are beyond those of the line alone; none of those is missing."""
    assert alone.states <= part.states and alone.steps <= part.steps
    return len(part.states - alone.states), len(part.steps - alone.steps)


def test_terms_are_the_only_thing_that_is_shared_in_a_return() -> None:
    """Until it is forgotten how much was proposed, two lines know terms that are shared out over them."""
    assert (4, 14) == more_than(parts.AFTERWARDS.of(1).part("A"), parts.AFTERWARDS.of(2).part("A"))


def test_the_fee_takes_one_line_beyond() -> None:
    """Free goods are refunded at once unless the fee goes with them: one more line shows it, a third adds nothing."""
    one, two, three = (parts.PAID_BACK.of(count, *[{"amount": "0"}] * count) for count in (1, 2, 3))
    assert (1, 1) == more_than(one.part("A"), two.part("A"))
    for part in three.parts(1):
        assert two.part("A") == part


def test_unpaid_lines_that_are_cancelled_take_one_line_beyond() -> None:
    """Of unpaid goods some are cancelled and others still paid for: a second line shows it, a third adds nothing."""
    one, two, three = (parts.BY_HAND.of(count) for count in (1, 2, 3))
    assert (8, 12) == more_than(one.part("A"), two.part("A"))
    assert one.part("A", [due, paid_for_others]) == two.part("A", [due, paid_for_others])
    for part in three.parts(1):
        assert two.part("A") == part
    for part in three.parts(2, [due, paid_for_others]):
        assert two.part("AB", [due, paid_for_others]) == part


def test_what_is_due_takes_one_line_of_two_units_beyond() -> None:
    """A part payment can become enough when others are cancelled: a line of two units stands for any two lines."""
    one, three = parts.IN_PART.of(1), parts.IN_PART.of(3)
    two = parts.IN_PART.of(2, {}, {"amount": "20", "quantity": 2})
    assert (4, 16) == more_than(one.part("A", [due]), two.part("A", [due]))
    for part in three.parts(1, [due]):
        assert two.part("A", [due]) == part


# --- where it does not hold ------------------------------------------------------------------------------


def bundled(count: int) -> Explored:
    """One bundle."""
    scope = loose(count, chapters=parts.UNTIL_DISPATCH.chapters)
    members: Any = [evolve(item, bundle="set") for item in scope.lines]
    return Explored(evolve(scope, lines=members))


def test_a_member_of_a_bundle_is_no_line_of_its_own() -> None:
    """The argument does not reach into bundles: of two members, one is in states that no loose line knows."""
    member, line = bundled(2).part("A"), parts.UNTIL_DISPATCH.of(1).part("A")
    assert {State.UNSHIPPED_CANCEL_CONFIRMING} == states_of(member) - states_of(line)


def states_of(graph: Graph) -> set[State]:
    """Where the goods of a graph of one line are."""
    return {value for key in graph.states for value in _values(key) if isinstance(value, State)}


def _values(key: object) -> Iterator[object]:
    if isinstance(key, tuple):
        for each in key:
            yield from _values(each)
    else:
        yield key


def test_lines_that_are_decided_together_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the whole order were one component, a line would wait for another's answer, and the check would fail."""
    monkeypatch.setattr(Scene, "component", lambda scene, lot: list(scene.lots))
    alone, beside = (Explored(loose(count, chapters=parts.UNTIL_DISPATCH.chapters)).part("A") for count in (1, 2))
    assert parts.UNTIL_DISPATCH.of(1).part("A") == alone
    assert {State.UNSHIPPED_CANCEL_CONFIRMING} == states_of(beside) - states_of(alone)
