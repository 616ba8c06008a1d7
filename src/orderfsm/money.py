"""Money: whole minor units of an ISO 4217 currency, and how an amount is shared out exactly.

No floats and no epsilons. All arithmetic on money that is more than adding goes through this module.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from re import ASCII, compile

from attrs import frozen

from orderfsm.errors import InvalidInput

_WRITTEN = compile(r"\d{1,40}(\.\d{1,40})?", ASCII)

LARGEST = 10**15
"""No single amount reaches this many units of its currency; more is a slip of the sender."""


@frozen
class Money:
    """An amount in whole minor units (cents, yen, fils) of one currency.

    Attributes:
        minor: how many minor units; EUR has 100 to one, JPY 1, KWD 1,000.
        currency: an ISO 4217 code.
    """

    minor: int
    currency: str

    @classmethod
    def of(cls, amount: Decimal | str | int, currency: str) -> "Money":
        """Read a decimal amount, such as ``"12.00"``, in `currency`.

        Raises:
            InvalidInput: the currency is unknown, or the amount is no decimal or has too many places.
        """
        value = decimal_amount("amount", amount)
        minor = minor_units(value, currency)
        if minor is None:
            raise InvalidInput("amount", places_of(currency), str(value))
        return cls(minor, currency)

    @property
    def amount(self) -> str:
        """The decimal amount with all places of the currency, such as ``"12.00"``."""
        return decimal_string(self.minor, self.currency)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


@lru_cache(maxsize=256)
def exponent(currency: str) -> int:
    """How many decimal places `currency` has by ISO 4217: EUR 2, JPY 0, KWD 3.

    Raises:
        InvalidInput: no such currency, or one without minor units (gold, test codes).
    """
    import iso4217  # read on first use: importing orderfsm must stay cheap

    try:
        places: int | None = iso4217.Currency(currency).exponent
    except ValueError:
        places = None
    if places is None:
        raise InvalidInput("currency", "an ISO 4217 currency code such as EUR", currency)
    return places


def decimal_amount(field: str, value: object) -> Decimal:
    """Check a decimal amount: a string, whole number or Decimal, finite and not negative."""
    if isinstance(value, Decimal):
        amount = value
    elif isinstance(value, bool) or not isinstance(value, str | int):
        raise InvalidInput(field, 'a decimal amount as a string, such as "12.00"', value)
    elif isinstance(value, str) and not _WRITTEN.fullmatch(value):
        raise InvalidInput(field, 'a decimal amount such as "12.00"', value)
    else:
        amount = Decimal(value)
    if not amount.is_finite() or amount < 0 or amount >= LARGEST:
        raise InvalidInput(field, "an amount from 0 to below 10^15", value)
    return amount


def minor_units(amount: Decimal, currency: str) -> int | None:
    """The amount in minor units, or None where it is written with more places than the currency has."""
    return _minor_units(str(amount), currency)


@lru_cache(maxsize=4096)
def _minor_units(amount: str, currency: str) -> int | None:
    # by the text, for 12.0 and 12.00 are one number but not one number of places
    places = exponent(currency)
    written = Decimal(amount)
    point = written.as_tuple().exponent
    if not isinstance(point, int) or -point > places:
        return None
    numerator, denominator = written.as_integer_ratio()
    scale: int = 10**places
    return numerator * scale // denominator


def places_of(currency: str) -> str:
    """What is expected of an amount in `currency`, for messages."""
    return f"an amount with at most {exponent(currency)} decimal places ({currency})"


def decimal_string(minor: int, currency: str) -> str:
    """Minor units as a decimal string with all places of the currency."""
    places = exponent(currency)
    if not places:
        return str(minor)
    whole, rest = divmod(minor, 10**places)
    return f"{whole}.{rest:0{places}d}"


def allocate(total: int, weights: Sequence[int], caps: Sequence[int] | None = None) -> list[int]:
    """Share `total` out in proportion to `weights`, by largest remainder, never above `caps`.

    The shares always give exactly the total (or, where the caps allow less, the caps).
    Among equal remainders the earlier one is served first, so the answer never depends on chance.
    """
    shares = [0] * len(weights)
    room = [total] * len(weights) if caps is None else list(caps)
    rest = min(total, sum(room))
    while rest > 0:
        open_ = [i for i, weight in enumerate(weights) if weight and shares[i] < room[i]]
        if not open_:  # only weightless parts have room left: serve them in order
            open_ = [i for i in range(len(weights)) if shares[i] < room[i]]
            parts = _largest_remainder(rest, [1] * len(open_))
        else:
            parts = _largest_remainder(rest, [weights[i] for i in open_])
        for i, part in zip(open_, parts, strict=True):
            given = min(part, room[i] - shares[i])
            shares[i] += given
            rest -= given
    return shares


def _largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    if len(weights) == 1:
        return [total]
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: -(total * weights[i] % whole))
    for i in by_remainder[: total - sum(shares)]:
        shares[i] += 1
    return shares


def first_units(total: int, quantity: int, taken: int) -> int:
    """What the first `taken` of `quantity` units cost together, when `total` is split evenly.

    The even split is by largest remainder, so the dearer units come first:
    10.00 over three units is 3.34, 3.33, 3.33. Taking units in several steps changes no unit's price.
    """
    each, dearer = divmod(total, quantity)
    return taken * each + min(taken, dearer)


def half_up(amount: int, numerator: int, denominator: int) -> int:
    """The given fraction of an amount, rounded half up to a whole minor unit."""
    return (2 * amount * numerator + denominator) // (2 * denominator)
