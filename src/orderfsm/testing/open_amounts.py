"""Amounts that are left open: sums over named prices that nobody has fixed, to be used where numbers are.

`OpenSum` stands where the code has whole minor units, `OpenPrice` where an input has a decimal. Adding,
subtracting, multiplying by a number and dividing by a number are exact. Every comparison is put to a `Judge`,
which answers for all prices alike, or assumes one answer and sees to it that the other is looked at too.
Whatever is not linear is refused with `NotLinear`: an open amount never turns into a number in silence.
"""

from collections.abc import Sequence
from decimal import Decimal
from numbers import Number
from typing import Any, NoReturn, Protocol, cast

from orderfsm.money import LARGEST
from orderfsm.testing.linear import Form


class NotLinear(Exception):
    """Open amounts were multiplied or divided by each other, or were to become numbers."""


class Judge(Protocol):
    """What open amounts ask."""

    def holds(self, form: Form) -> bool:
        """Whether the form is not negative."""
        ...

    def quotient(self, form: Form, divisor: int) -> Form:
        """The form divided by a positive number, rounded down."""
        ...

    def shares(self, total: Form, weights: Sequence[Form]) -> list[Form]:
        """The total, shared out by largest remainder."""
        ...

    def written(self, form: Form) -> str:
        """The form for people."""
        ...

    def worth(self, form: Form) -> int:
        """What the form is for the prices of an example."""
        ...


class OpenSum:
    """A sum over open prices, in minor units. Where nothing is open it is an ordinary number."""

    __slots__ = ("form", "judge")

    def __init__(self, form: Form, judge: Judge) -> None:
        self.form = form
        self.judge = judge

    # --- arithmetic --------------------------------------------------------------------------------------

    def _with(self, form: Form) -> "Amount":
        return OpenSum(form, self.judge) if form.terms else form.constant

    def _form_of(self, other: object) -> Form | None:
        if isinstance(other, OpenSum):
            if other.judge is not self.judge:
                raise NotLinear("amounts of two different runs were mixed: a story must begin anew each time")
            return other.form
        if isinstance(other, int):
            return Form({}, other)
        if isinstance(other, Number):
            raise NotLinear(f"({self}) with {other!r}, which is no whole number of minor units")
        return None

    def __add__(self, other: object) -> "Amount":
        form = self._form_of(other)
        return NotImplemented if form is None else self._with(self.form.plus(form))

    __radd__ = __add__

    def __sub__(self, other: object) -> "Amount":
        form = self._form_of(other)
        return NotImplemented if form is None else self._with(self.form.plus(form, -1))

    def __rsub__(self, other: object) -> "Amount":
        form = self._form_of(other)
        return NotImplemented if form is None else self._with(form.plus(self.form, -1))

    def __neg__(self) -> "Amount":
        return self._with(self.form.times(-1))

    def __mul__(self, factor: object) -> "Amount":
        if not isinstance(factor, int):
            raise NotLinear(f"({self}) times {factor}")
        return self._with(self.form.times(factor))

    __rmul__ = __mul__

    def __divmod__(self, divisor: object) -> tuple["Amount", "Amount"]:
        if not isinstance(divisor, int) or divisor < 1:
            raise NotLinear(f"({self}) divided by {divisor}")
        quotient = self.judge.quotient(self.form, divisor)
        return self._with(quotient), self._with(self.form.plus(quotient, -divisor))

    def __floordiv__(self, divisor: object) -> "Amount":
        return divmod(self, divisor)[0]

    def __mod__(self, divisor: object) -> "Amount":
        return divmod(self, divisor)[1]

    def __rfloordiv__(self, other: object) -> NoReturn:
        raise NotLinear(f"{other} divided by ({self})")

    __rmod__ = __rdivmod__ = __rfloordiv__

    # --- comparing: an open question is put to the judge -------------------------------------------------

    def __ge__(self, other: object) -> bool:
        form = self._form_of(other)
        return NotImplemented if form is None else self.judge.holds(self.form.plus(form, -1))

    def __gt__(self, other: object) -> bool:
        form = self._form_of(other)
        return NotImplemented if form is None else not self.judge.holds(form.plus(self.form, -1))

    def __le__(self, other: object) -> bool:
        form = self._form_of(other)
        return NotImplemented if form is None else self.judge.holds(form.plus(self.form, -1))

    def __lt__(self, other: object) -> bool:
        form = self._form_of(other)
        return NotImplemented if form is None else not self.judge.holds(self.form.plus(form, -1))

    def __eq__(self, other: object) -> bool:
        form = self._form_of(other)
        if form is None:
            return False
        difference = self.form.plus(form, -1)
        return self.judge.holds(difference) and self.judge.holds(difference.times(-1))

    def __bool__(self) -> bool:
        return self != 0

    def __hash__(self) -> int:
        return 0  # sums that are written differently may be equal

    def __index__(self) -> int:
        """The number, where there are but few that it can be: each is looked at on a path of its own."""
        for number in range(_FEW):
            if self == number:
                return number
        raise NotLinear(f"({self}) as a number")

    @property
    def example(self) -> int:
        """What it is for the prices of its path's example."""
        return self.judge.worth(self.form)

    # --- for people --------------------------------------------------------------------------------------

    def __str__(self) -> str:
        return self.judge.written(self.form)

    def __repr__(self) -> str:
        return f"<{self}>"

    def __format__(self, specification: str) -> str:
        return f"({self!s})"


Amount = OpenSum | int
"""Minor units, open or not."""

_FEW = 16


class OpenText(str):
    """What `str` gives for an open price. It remembers which, for amounts are read by their text."""

    __slots__ = ("minor",)
    minor: OpenSum


class OpenPrice(Decimal):
    """A decimal amount of an input that is left open: `minor` minor units, `places` decimal places."""

    minor: OpenSum
    places: int

    def __new__(cls, minor: OpenSum, places: int) -> "OpenPrice":
        """A price of so many minor units."""
        price = super().__new__(cls, "NaN")  # whoever takes it for a number must notice
        price.minor, price.places = minor, places
        return price

    def _minor_of(self, other: object) -> "Amount | None":
        if isinstance(other, OpenPrice):
            return other.minor
        if isinstance(other, int | Decimal):
            scaled = Decimal(other).scaleb(self.places)
            if scaled == int(scaled):
                return int(scaled)
        return None

    def __add__(self, other: object) -> Decimal:
        minor = self._minor_of(other)
        return NotImplemented if minor is None else price(self.minor + minor, self.places)

    __radd__ = __add__

    def __sub__(self, other: object) -> Decimal:
        minor = self._minor_of(other)
        return NotImplemented if minor is None else price(self.minor - minor, self.places)

    def __rsub__(self, other: object) -> Decimal:
        minor = self._minor_of(other)
        return NotImplemented if minor is None else price(minor - self.minor, self.places)

    def is_finite(self) -> bool:
        """Every price is."""
        return True

    def __ge__(self, other: object) -> bool:
        if isinstance(other, int) and other == LARGEST:
            return False  # prices are open, but below what is taken for a slip of the sender
        minor = self._minor_of(other)
        return NotImplemented if minor is None else self.minor >= minor

    def __gt__(self, other: object) -> bool:
        minor = self._minor_of(other)
        return NotImplemented if minor is None else self.minor > minor

    def __le__(self, other: object) -> bool:
        minor = self._minor_of(other)
        return NotImplemented if minor is None else self.minor <= minor

    def __lt__(self, other: object) -> bool:
        minor = self._minor_of(other)
        return NotImplemented if minor is None else self.minor < minor

    def __eq__(self, other: object) -> bool:
        minor = self._minor_of(other)
        return False if minor is None else self.minor == minor

    def __ne__(self, other: object) -> bool:
        return not self.__eq__(other)

    def __bool__(self) -> bool:
        return bool(self.minor)

    def __hash__(self) -> int:
        return 0

    def __str__(self) -> str:
        text = OpenText(f"{self.minor} in minor units")
        text.minor = self.minor
        return text

    def __repr__(self) -> str:
        return f"<{self.minor}>"

    def __format__(self, specification: str, context: Any = None) -> str:
        return str(self)

    def __float__(self) -> NoReturn:
        raise NotLinear(f"({self.minor}) as a number")

    __int__ = __float__


def price(minor: Amount, places: int) -> Decimal:
    """The decimal amount of so many minor units, open or not."""
    return OpenPrice(minor, places) if isinstance(minor, OpenSum) else Decimal(minor).scaleb(-places)


def open_among(amounts: Sequence[object]) -> OpenSum | None:
    """The first open one."""
    return next((amount for amount in amounts if isinstance(amount, OpenSum)), None)


def form_of(amount: object) -> Form:
    """An amount, open or not, as a form."""
    return amount.form if isinstance(amount, OpenSum) else Form({}, cast(int, amount))
