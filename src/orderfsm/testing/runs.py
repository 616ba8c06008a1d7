"""One telling of a story on open prices: what was asked, what was answered, and what that assumes.

A run answers each comparison of open amounts. It has some prices at hand that meet everything assumed so far;
they take one side of a comparison, and only whether others take the other side has to be found out. If so,
the run assumes its own side, and where the other one begins is kept for a run of its own, which gives the same
answers up to there.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import gcd

from attrs import frozen

from orderfsm import money
from orderfsm.testing.linear import Form, Key, Undecided, related, solution


class ContractBroken(Exception):
    """A function that is known by its contract alone does not keep it; the message says for which numbers."""


class Wavering(Exception):
    """A story asked something else when it was told again: it depends on more than its prices."""


@frozen
class Turn:
    """An answer: to which question, and whether it could have been the other one."""

    key: Key
    answer: bool
    forks: bool = False


@frozen
class Start:
    """How a run begins: the answers that it gives first, and unknowns that meet what these assume."""

    turns: tuple[Turn, ...] = ()
    unknowns: tuple[int, ...] = ()


Values = Sequence[int]
Reckoning = Callable[[Values], int]
"""An unknown, reckoned from those that came before it."""

_FEW = 16
"""Rests of a division by no more than this are told path by path."""

_TYPICAL = 1000
"""The first price that is tried; the next ones are a little dearer each."""


class Run:
    """Judges open amounts on one path; a `Judge`.

    Two lists say what the unknowns are. `_model` meets everything assumed; `_real` is reckoned from the same
    prices by the functions themselves, and given up once it would have answered otherwise: then only the
    contract of sharing out allows what was assumed.

    Args:
        start: how it begins.
        guide: prices; the run then takes their side everywhere and looks for no other.
    """

    def __init__(self, start: Start, guide: Mapping[str, int] | None = None) -> None:
        self.others: list[Start] = []
        self._start = start
        self._guide = guide
        self._turns: list[Turn] = []
        self._answers: dict[Key, bool] = {}
        self._conditions: list[Form] = []
        self._assumed: list[str] = []
        self._put: dict[int, Form] = {}
        self._names: list[str] = []
        self._reckonings: list[Reckoning] = []
        self._prices: dict[str, int] = {}
        self._model: list[int] = []
        self._real: list[int] | None = []
        self._quotients: dict[tuple[Key, int], Form] = {}
        self._shares: list[tuple[list[Form], list[Form]]] = []

    # --- unknowns ----------------------------------------------------------------------------------------

    def price(self, name: str) -> Form:
        """The price of this name."""
        index = self._prices.get(name)
        if index is not None:
            return Form({index: 1})
        number = len(self._prices)
        first = _TYPICAL + number if self._guide is None else self._guide.get(name, 0)
        form = self._unknown(name, lambda _: first, price=True)
        self._prices[name] = len(self._names) - 1
        return form

    def _unknown(self, name: str, reckoned: Reckoning, *, price: bool = False) -> Form:
        index = len(self._names)
        given = self._start.unknowns[index : index + 1]
        value = given[0] if given else reckoned(self._model)
        if self._real is not None and self._real is not self._model:
            self._real.append(value if price else reckoned(self._real))
        self._model.append(value)
        self._names.append(name)
        self._reckonings.append(reckoned)
        return Form({index: 1})

    def _require(self, form: Form, what: str) -> None:
        """What unknowns are known to be, by a contract."""
        form = self._reduced(form)
        for values in self._valuations():
            if form.at(values) < 0:
                known = {self._names[index]: values[index] for index in sorted(form.terms)}
                raise ContractBroken(f"{what}, but not {_condition(form, self._names)} where {known}")
        if form.always is None:
            self._conditions.append(form)

    def _valuations(self) -> Iterable[Values]:
        return (self._model,) if self._real is None else (self._model, self._real)

    # --- answers -----------------------------------------------------------------------------------------

    def holds(self, form: Form) -> bool:
        """Whether the form is not negative: for all prices left, or by an assumption."""
        answer, forks = self._answered(form)
        if forks:
            self._assumed.append(_condition(form if answer else form.negation(), self._names))
        return answer

    def _answered(self, form: Form) -> tuple[bool, bool]:
        """Whether the form is not negative, and whether it could have been otherwise."""
        form = self._reduced(form)
        if form.always is not None:
            return form.always, False
        key = form.key
        known = self._answers.get(key)
        if known is not None:
            return known, False
        turn = self._told_before(key) or self._decided(form, key)
        self._turns.append(turn)
        negation = form.negation()
        if turn.forks:
            self._conditions.append(form if turn.answer else negation)
        if self._real is not None and (form.at(self._real) >= 0) is not turn.answer:
            self._real = None
        self._answers[key] = turn.answer
        self._answers[negation.key] = not turn.answer
        return turn.answer, turn.forks

    def _certain(self, form: Form) -> bool:
        """Whether the form is not negative for all prices left; nothing is assumed."""
        form = self._reduced(form)
        if form.always is not None:
            return form.always
        key = form.key
        turn = self._told_before(key)
        if turn is None:
            turn = Turn(key, form.at(self._model) >= 0 and self._found(form.negation()) is None)
        self._turns.append(turn)
        return turn.answer

    def _told_before(self, key: Key) -> Turn | None:
        """The answer that was given when the story was told before, as far as this run repeats that."""
        position = len(self._turns)
        if position == len(self._start.turns):
            if self._real is not None:
                self._model = self._real  # from here on real numbers lead
            return None
        if position > len(self._start.turns):
            return None
        turn = self._start.turns[position]
        if turn.key != key:
            raise Wavering("the story asked something else when it was told again")
        return turn

    def _decided(self, form: Form, key: Key) -> Turn:
        answer = form.at(self._model) >= 0
        if self._guide is not None:
            return Turn(key, answer, forks=True)
        other = self._found(form.negation() if answer else form)
        if other is None:
            return Turn(key, answer)
        unknowns = list(self._model)
        for index, value in other.items():
            unknowns[index] = value
        for index, put in self._put.items():
            unknowns[index] = put.at(unknowns)
        self.others.append(Start((*self._turns, Turn(key, not answer, forks=True)), tuple(unknowns)))
        return Turn(key, answer, forks=True)

    def _found(self, form: Form) -> dict[int, int] | None:
        """Unknowns that meet this condition and all others, so far as they have to do with it."""
        return solution([form, *related(self._conditions, form)])

    def check_finished(self) -> None:
        """Raise `Wavering` if the story was shorter than when it was told before."""
        if len(self._turns) < len(self._start.turns):
            raise Wavering("the story asked less when it was told again")

    # --- what is not adding ------------------------------------------------------------------------------

    def quotient(self, form: Form, divisor: int) -> Form:
        """The form divided by a number, rounded down. What the rest is, if there are few, is told path by path."""
        even, odd, divisor = _split(self._reduced(form), divisor)
        if not odd.terms:
            return even
        key = odd.key, divisor
        known = self._quotients.get(key)
        if known is not None:
            return even.plus(known)
        quotient = self._unknown(f"⌊({self.written(odd)})/{divisor}⌋", lambda values: odd.at(values) // divisor)
        rest = odd.plus(quotient, -divisor)
        self._require(rest, "a rest is not negative")
        self._require(Form({}, divisor - 1).plus(rest, -1), "a rest is less than the divisor")
        self._quotients[key] = quotient
        if divisor <= _FEW:
            self._fix(rest, divisor, f"({self.written(odd)}) mod {divisor}")
        return even.plus(quotient)

    def _fix(self, rest: Form, divisor: int, name: str) -> None:
        """Tell the path on for one rest of a division; where a factor is one, that rids us of an unknown."""
        value, assumed = 0, False
        while value < divisor - 1:
            within, forks = self._answered(Form({}, value).plus(rest, -1))
            assumed = assumed or forks
            if within:
                break
            value += 1
        if assumed:
            self._assumed.append(f"{name} = {value}")
        solved = next((unknown for unknown, factor in rest.terms.items() if factor == 1), None)
        if solved is not None:
            self._replace(solved, rest.plus(Form({solved: 1}), -1).times(-1).plus(Form({}, value)))

    def _replace(self, unknown: int, by: Form) -> None:
        """Put a form for an unknown from here on."""
        forms, self._conditions = [by, *self._conditions], []
        self._put = {each: _put(form, unknown, by) for each, form in self._put.items()}
        self._put[unknown] = by
        for form in forms:
            replaced = _put(form, unknown, by)
            if replaced.always is None:
                self._conditions.append(replaced)

    def _reduced(self, form: Form) -> Form:
        """The form without unknowns for which others were put."""
        for unknown in [each for each in form.terms if each in self._put]:
            form = _put(form, unknown, self._put[unknown])
        return form

    def shares(self, total: Form, weights: Sequence[Form]) -> list[Form]:
        """The total, shared out by largest remainder, as its contract says; see `orderfsm.testing.symbolic`."""
        asked = [self._reduced(form) for form in (total, *weights)]
        for known, parts in self._shares:  # the same shares for the same amounts, whatever was put for them since
            if asked == [self._reduced(form) for form in known]:
                return parts
        parts = self._shared(asked[0], asked[1:])
        self._shares.append((asked, parts))
        return parts

    def _shared(self, total: Form, weights: Sequence[Form]) -> list[Form]:
        def reckoned(values: Values) -> list[int]:
            return money._largest_remainder(total.at(values), [weight.at(values) for weight in weights])

        def part(index: int) -> Reckoning:
            return lambda values: reckoned(values)[index]

        last, whole = total, Form()
        parts: list[Form] = []
        for index, weight in enumerate(weights):
            whole = whole.plus(weight)
            if index + 1 < len(weights):
                name = f"part {index + 1} of {self.written(total)}"
                parts.append(self._unknown(name, part(index)))
                last = last.plus(parts[-1], -1)
        parts.append(last)
        for values in self._valuations():
            if last.at(values) != reckoned(values)[-1] and values is self._real:
                raise ContractBroken(f"shares of {total.at(values)} give another sum: {reckoned(values)}")
        within, beyond = self._certain(whole.plus(total, -1)), self._certain(total.plus(whole, -1))
        for share, weight in zip(parts, weights, strict=True):
            self._require(share, "a share is not negative")
            if within:
                self._require(weight.plus(share, -1), "a share of no more than the weights is within its weight")
            if beyond:
                self._require(share.plus(weight, -1), "a share of no less than the weights reaches its weight")
        return parts

    # --- what was found ----------------------------------------------------------------------------------

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What was assumed, in order."""
        return tuple(self._assumed)

    @property
    def prices(self) -> tuple[str, ...]:
        """The names of all prices."""
        return tuple(self._prices)

    def example(self) -> tuple[dict[str, int], bool]:
        """Prices that meet everything assumed, and whether real numbers take this path for them."""
        values = self._model if self._real is None else self._real
        return {name: values[index] for name, index in self._prices.items()}, self._real is not None

    def taken_by(self, known: Mapping[str, int]) -> bool:
        """Whether real numbers take this path for these prices."""
        names = {index: name for name, index in self._prices.items()}
        values: list[int] = []
        for index, reckoned in enumerate(self._reckonings):
            try:
                values.append(known.get(names[index], 0) if index in names else reckoned(values))
            except ZeroDivisionError:  # shared out over nothing, which this path excludes
                return False
        put = all(values[index] == form.at(values) for index, form in self._put.items())
        return put and all(form.at(values) >= 0 for form in self._conditions)

    def smallest(self) -> dict[str, int]:
        """The same with prices that are small in all."""
        together = self._reduced(Form({index: -1 for index in self._prices.values()}))
        most = 0
        while True:
            try:
                found = solution([*self._conditions, together.plus(Form({}, most))])
            except Undecided:
                return self.example()[0]
            if found is not None:
                for unknown, form in self._put.items():
                    found[unknown] = form.at(_Zeros(found))
                return {name: found.get(index, 0) for name, index in self._prices.items()}
            most = 2 * most + 1

    def worth(self, form: Form) -> int:
        """What a sum is for the prices of the example."""
        return form.at(self._model if self._real is None else self._real)

    def written(self, form: Form) -> str:
        """A sum for people."""
        return _sum(form, self._names)


class _Zeros(dict[int, int]):
    """Unknowns of which nothing is known are zero."""

    def __missing__(self, unknown: int) -> int:
        return 0


def _put(form: Form, unknown: int, by: Form) -> Form:
    factor = form.terms.get(unknown)
    return form if factor is None else form.plus(Form({unknown: factor}), -1).plus(by, factor)


def _split(form: Form, divisor: int) -> tuple[Form, Form, int]:
    """What divides without a rest, divided; and what is left to be divided, by what, none of it negative."""
    parts = {unknown: divmod(factor, divisor) for unknown, factor in form.terms.items()}
    constant, over = divmod(form.constant, divisor)
    even = Form({unknown: each for unknown, (each, _) in parts.items() if each}, constant)
    rest = {unknown: left for unknown, (_, left) in parts.items() if left}
    common = gcd(divisor, *rest.values())
    odd = Form({unknown: left // common for unknown, left in rest.items()}, over // common)
    return even, odd, divisor // common


def _condition(form: Form, names: Sequence[str]) -> str:
    """What is not negative, as an inequality without signs."""
    more = Form({index: factor for index, factor in form.terms.items() if factor > 0}, max(form.constant, 0))
    less = more.plus(form, -1)
    if not more.terms and not more.constant:
        return f"{_sum(less, names)} = 0"
    return f"{_sum(more, names)} >= {_sum(less, names)}"


def _sum(form: Form, names: Sequence[str]) -> str:
    parts: list[str] = []
    for index, factor in sorted(form.terms.items()):
        times = "" if abs(factor) == 1 else f"{abs(factor)} "
        parts.append(f"{'-' if factor < 0 else '+'} {times}{names[index]}")
    if form.constant or not parts:
        parts.append(f"{'-' if form.constant < 0 else '+'} {abs(form.constant)}")
    return " ".join(parts).removeprefix("+ ")
