"""Whether whole numbers meet some conditions, decided exactly; and which numbers do.

A condition is a form, a sum over numbered unknowns and a constant, that must not be negative. All unknowns are
whole numbers, none of them negative. That is little, and enough for amounts: an answer never rests on floating
point, on a sample or on a limit that was reached in silence.

First fractions are let in: the simplex tableau by least indices (Terlaky's criss-cross rule, which always ends)
says whether there are any solutions at all. Where it finds one that is not whole, the question is split: by the
few values of a form that has but few (such as the rest of a division), else by one unknown. A form with one
value left is an equation, and rids us of an unknown, by Euclid's algorithm where no factor is one.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from math import floor, gcd

from attrs import field, frozen

Number = int | Fraction
Key = tuple[int, tuple[tuple[int, int], ...]]

CASES = 500
"""Into how many cases a question is split before it is given up, aloud."""


class Undecided(Exception):
    """Conditions were too hard for this method. Nothing was guessed: whoever asked has no answer."""


@frozen
class Form:
    """A sum: whole multiples of numbered unknowns, and a constant."""

    terms: Mapping[int, int] = field(factory=dict)
    constant: int = 0

    def plus(self, other: "Form", times: int = 1) -> "Form":
        """This form and so many times the other."""
        terms = dict(self.terms)
        for unknown, factor in other.terms.items():
            total = terms.get(unknown, 0) + factor * times
            if total:
                terms[unknown] = total
            else:
                terms.pop(unknown, None)
        return Form(terms, self.constant + other.constant * times)

    def times(self, factor: int) -> "Form":
        """So many times this form."""
        return Form({unknown: each * factor for unknown, each in self.terms.items() if factor}, self.constant * factor)

    def negation(self) -> "Form":
        """The condition that holds exactly where this one does not."""
        return Form({unknown: -factor for unknown, factor in self.terms.items()}, -self.constant - 1)

    def at(self, values: Mapping[int, int] | Sequence[int]) -> int:
        """What the sum is for these values of the unknowns."""
        return self.constant + sum([factor * values[unknown] for unknown, factor in self.terms.items()])

    @property
    def key(self) -> Key:
        """Equal for equal forms."""
        return self.constant, tuple(sorted(self.terms.items()))

    def tightened(self) -> "Form":
        """The same condition on whole numbers, with the smallest factors."""
        divisor = gcd(*self.terms.values())
        if divisor < 2:
            return self
        return Form({unknown: each // divisor for unknown, each in self.terms.items()}, self.constant // divisor)

    @property
    def always(self) -> bool | None:
        """Whether the condition holds, or fails, whatever the unknowns are; None where its signs do not tell."""
        factors = self.terms.values()
        if self.constant >= 0:
            return True if not factors or min(factors) > 0 else None
        return False if not factors or max(factors) < 0 else None


def related(conditions: Iterable[Form], to: Form) -> Iterator[Form]:
    """The conditions that share unknowns with `to`, by way of others too; the rest has no say in it."""
    waiting = list(conditions)
    unknowns = set(to.terms)
    while True:
        apart = []
        met = len(unknowns)
        for form in waiting:
            if unknowns.isdisjoint(form.terms):
                apart.append(form)
            else:
                unknowns.update(form.terms)
                yield form
        if len(unknowns) == met:
            return
        waiting = apart


def solution(conditions: Iterable[Form]) -> dict[int, int] | None:
    """Whole numbers, none negative, for which no condition is negative; None where there are none.

    Raises:
        Undecided: too many cases were tried.
    """
    forms = [form.tightened() for form in conditions]
    asked = sorted({unknown for form in forms for unknown in form.terms})
    waiting = deque([_Problem(forms, (), max(asked, default=0) + 1)])
    for _ in range(CASES):
        if not waiting:
            return None
        problem = waiting.popleft()  # in breadth: one case may have no end
        relaxed = problem.relaxed()
        if relaxed is None:
            continue
        broken = {unknown for unknown, value in relaxed.items() if type(value) is Fraction}
        if not broken:
            values = problem.restored({unknown: int(value) for unknown, value in relaxed.items()})
            return {unknown: values.get(unknown, 0) for unknown in asked}
        waiting += problem.cases(relaxed, broken)
    raise Undecided(f"more than {CASES} cases")


# --- splitting -------------------------------------------------------------------------------------------

_THIN = 16
"""A form that has at most one more value than this is split by its values."""


class _Problem:
    """Conditions; what was put for the unknowns that are no longer in them, last ones first; a free number."""

    def __init__(self, forms: list[Form], put: tuple[tuple[int, Form], ...], free: int) -> None:
        self._forms = forms
        self._put = put
        self._free = free

    def relaxed(self) -> dict[int, Number] | None:
        """Numbers, whole or not, that meet the conditions."""
        tableau = _Tableau()
        for form in self._forms:
            if form.always is False:
                return None
            if form.always is None:
                tableau.add(form)
        return tableau.values() if tableau.settle() else None

    def restored(self, values: dict[int, int]) -> dict[int, int]:
        """The values of all unknowns, those that were put as well."""
        for unknown, form in self._put:
            for each in form.terms:
                values.setdefault(each, 0)
            values[unknown] = form.at(values)
        return values

    def cases(self, relaxed: Mapping[int, Number], broken: set[int]) -> list["_Problem"]:
        """Problems that together have the solutions of this one; the first is tried first."""
        least: dict[tuple[tuple[int, int], ...], Form] = {}
        for form in self._forms:
            key = form.key[1]
            if key not in least or form.constant < least[key].constant:
                least[key] = form
        thin: tuple[int, Form] | None = None
        for form in least.values():
            opposite = least.get(form.times(-1).key[1])
            if opposite is None and len(form.terms) == 1 and min(form.terms.values()) < 0:
                opposite = Form({unknown: 1 for unknown in form.terms})
            if opposite is not None and not broken.isdisjoint(form.terms):
                width = form.constant + opposite.constant
                if width == 0:
                    return [self._without(form)]
                if width <= _THIN and (thin is None or width < thin[0]):
                    thin = width, form
        if thin is not None:
            width, form = thin
            values = [form.plus(Form({}, -value)) for value in range(width + 1)]
            return [_Problem([*self._forms, each, each.times(-1)], self._put, self._free) for each in values]
        unknown = min(broken)
        below = floor(relaxed[unknown])
        over, under = Form({unknown: 1}, -below - 1), Form({unknown: -1}, below)
        return [_Problem([*self._forms, each], self._put, self._free) for each in (under, over)]

    def _without(self, equation: Form) -> "_Problem":
        """One unknown less, by an equation; or one with a smaller factor, until a factor is one."""
        unknown = min(equation.terms, key=lambda each: abs(equation.terms[each]))
        factor = equation.terms[unknown]
        if abs(factor) == 1:
            return self._putting(unknown, equation.plus(Form({unknown: factor}), -1).times(-factor), self._free)
        parts = {each: -(times // factor) for each, times in equation.terms.items() if each != unknown}
        for_it = Form({each: times for each, times in parts.items() if times}, -(equation.constant // factor))
        difference = Form({self._free: 1, self._free + 1: -1})  # of either sign
        return self._putting(unknown, for_it.plus(difference), self._free + 2)

    def _putting(self, unknown: int, form: Form, free: int) -> "_Problem":
        """Put a form for an unknown everywhere; it is not negative either."""
        forms = [form]
        for each in self._forms:
            factor = each.terms.get(unknown)
            forms.append(each if factor is None else each.plus(Form({unknown: factor}), -1).plus(form, factor))
        return _Problem([each.tightened() for each in forms], ((unknown, form), *self._put), free)


# --- the tableau -----------------------------------------------------------------------------------------


class _Row:
    """One variable, written as a constant and multiples of the variables that are zero."""

    __slots__ = ("constant", "terms")

    def __init__(self, terms: dict[int, Number], constant: Number) -> None:
        self.terms = terms
        self.constant = constant

    def replace(self, variable: int, by: "_Row") -> None:
        """Write what `by` says for one variable."""
        factor = self.terms.pop(variable)
        terms = self.terms
        for each, times in by.terms.items():
            total = terms.get(each, 0) + factor * times
            if type(total) is Fraction:
                total = _plain(total)
            if total:
                terms[each] = total
            else:
                terms.pop(each, None)
        constant = self.constant + factor * by.constant
        self.constant = _plain(constant) if type(constant) is Fraction else constant


def _plain(number: Fraction) -> Number:
    """Whole numbers as such: they are many times faster than fractions."""
    return number.numerator if number.denominator == 1 else number


def _divided(number: Number, by: Number) -> Number:
    if by == 1:
        return number
    return -number if by == -1 else _plain(Fraction(number) / by)


class _Tableau:
    """Variables that must not be negative: unknowns (numbers from 0 on) and what conditions leave (below 0)."""

    def __init__(self) -> None:
        self._rows: dict[int, _Row] = {}
        self._unknowns: set[int] = set()
        self._slacks = 0

    def add(self, form: Form) -> None:
        """Take in a condition."""
        self._unknowns.update(form.terms)
        row = _Row(dict(form.terms), form.constant)
        for variable in form.terms:
            if variable in self._rows:
                row.replace(variable, self._rows[variable])
        self._slacks += 1
        self._rows[-self._slacks] = row

    def settle(self) -> bool:
        """Make no variable negative, whole or not; False where that cannot be."""
        rows = self._rows
        while True:
            leaving = min([each for each, row in rows.items() if row.constant < 0], default=None)
            if leaving is None:
                return True
            entering = min([each for each, factor in rows[leaving].terms.items() if factor > 0], default=None)
            if entering is None:
                return False
            self._swap(leaving, entering)

    def _swap(self, leaving: int, entering: int) -> None:
        row = self._rows.pop(leaving)
        factor = row.terms.pop(entering)
        turned = _Row(
            {each: _divided(-times, factor) for each, times in row.terms.items()}, _divided(-row.constant, factor)
        )
        turned.terms[leaving] = _divided(1, factor)
        for other in self._rows.values():
            if entering in other.terms:
                other.replace(entering, turned)
        self._rows[entering] = turned

    def values(self) -> dict[int, Number]:
        """The unknowns, once nothing is negative."""
        rows = self._rows
        return {each: rows[each].constant if each in rows else 0 for each in sorted(self._unknowns)}
