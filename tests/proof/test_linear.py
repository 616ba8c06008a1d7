"""Conditions on whole numbers: what is decided is right, whichever way it falls."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderfsm.testing import linear
from orderfsm.testing.linear import Form, Undecided, related, solution

UNKNOWNS = 3
MOST = 5
FORMS = st.builds(
    lambda factors, constant: Form({n: factor for n, factor in enumerate(factors) if factor}, constant),
    st.lists(st.integers(-3, 3), min_size=UNKNOWNS, max_size=UNKNOWNS),
    st.integers(-6, 6),
)
BOX = [Form({unknown: -1}, MOST) for unknown in range(UNKNOWNS)]
"""No unknown is more than `MOST`, so that all can be tried."""

POINTS = list(product(range(MOST + 1), repeat=UNKNOWNS))


def meets(values: tuple[int, ...], forms: list[Form]) -> bool:
    """Whether these values make no form negative."""
    return all(form.at(values) >= 0 for form in forms)


@given(st.lists(FORMS, min_size=1, max_size=5))
def test_there_is_a_solution_exactly_where_trying_all_finds_one(forms: list[Form]) -> None:
    """Within a box, the answer is that of trying every point."""
    found = solution([*forms, *BOX])
    assert any(meets(point, forms) for point in POINTS) == (found is not None)


@given(st.lists(FORMS, min_size=1, max_size=5))
def test_a_solution_meets_all_conditions(forms: list[Form]) -> None:
    """The numbers that are found are whole, not negative, and make no condition negative."""
    found = solution([*forms, *BOX])
    if found is not None:
        values = tuple(found.get(unknown, 0) for unknown in range(UNKNOWNS))
        assert all(isinstance(value, int) and 0 <= value <= MOST for value in values)
        assert meets(values, forms)


@given(FORMS, st.tuples(*[st.integers(0, MOST)] * UNKNOWNS))
def test_a_condition_or_its_negation_holds(form: Form, values: tuple[int, ...]) -> None:
    """Exactly one of the two holds, for every value."""
    assert (form.at(values) >= 0) != (form.negation().at(values) >= 0)


@given(FORMS, st.tuples(*[st.integers(0, MOST)] * UNKNOWNS))
def test_tightening_changes_no_answer(form: Form, values: tuple[int, ...]) -> None:
    """Smaller factors say the same of whole numbers."""
    assert (form.at(values) >= 0) == (form.tightened().at(values) >= 0)


@given(FORMS, st.tuples(*[st.integers(0, MOST)] * UNKNOWNS))
def test_signs_alone_tell_only_what_is_so(form: Form, values: tuple[int, ...]) -> None:
    """Where the signs tell the answer, it is the answer for every value."""
    assert form.always in (None, form.at(values) >= 0)


@given(FORMS, FORMS, st.integers(-3, 3), st.tuples(*[st.integers(0, MOST)] * UNKNOWNS))
def test_adding_forms_adds_what_they_are(one: Form, other: Form, times: int, values: tuple[int, ...]) -> None:
    """Forms are added, and multiplied by a number, value by value."""
    assert one.at(values) + times * other.at(values) == one.plus(other, times).at(values)
    assert times * one.at(values) == one.times(times).at(values)


@pytest.mark.parametrize(
    ("forms", "solvable"),
    [  # equations, as two conditions each
        ([Form({0: 2, 1: -2}, -1), Form({0: -2, 1: 2}, 1)], False),  # 2x = 2y + 1
        ([Form({0: 3, 1: -2}, -1), Form({0: -3, 1: 2}, 1)], True),  # 3x = 2y + 1
        ([Form({0: 6, 1: -4, 2: -10}, -1), Form({0: -6, 1: 4, 2: 10}, 1)], False),  # even = odd
        ([Form({0: 6, 1: -10, 2: -15}, -1), Form({0: -6, 1: 10, 2: 15}, 1)], True),  # no factor is one
        (
            [Form({0: 2, 1: -1}), Form({0: -2, 1: 1}), Form({1: 1, 2: -2}, -1), Form({1: -1, 2: 2}, 1)],
            False,  # 2x = y = 2z + 1
        ),
        ([Form({0: 1}, -5), Form({0: -1}, 4)], False),
        ([Form({0: -1}, -1)], False),
        ([], True),
    ],
)  # fmt: skip
def test_equations_are_decided_without_a_box(forms: list[Form], solvable: bool) -> None:
    """Where fractions would do but whole numbers do not, that is found out, however large the numbers may be."""
    found = solution(forms)
    assert solvable == (found is not None)
    if found is not None:
        assert all(form.at({0: 0, 1: 0, 2: 0} | found) >= 0 for form in forms)


def test_what_is_too_hard_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """A question that is given up is not answered."""
    monkeypatch.setattr(linear, "CASES", 1)
    with pytest.raises(Undecided):
        solution(
            [Form({0: 2, 1: -2}, -1), Form({0: -2, 1: 2}, 1)] and [Form({0: 2, 1: 3}, -7), Form({0: -2, 1: -3}, 7)]
        )


def test_related_conditions_are_those_that_share_unknowns_by_way_of_others_too() -> None:
    """What has no unknown in common, directly or not, has no say."""
    one, two, three, apart = Form({0: 1, 1: 1}), Form({1: 1, 2: 1}), Form({2: 1}), Form({5: 1})
    assert [one, two, three] == sorted(
        related([three, apart, two, one], Form({0: 1})), key=lambda form: min(form.terms)
    )
