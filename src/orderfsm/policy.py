"""Every number and switch of the policy, as one frozen value.

Each field names the clause it carries; ``orderfsm policy`` prints them. Reading and writing TOML is in
`orderfsm.policy_file`.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from attrs import Attribute, evolve, field, frozen

from orderfsm.envelope import text
from orderfsm.errors import InvalidInput, InvalidPolicy
from orderfsm.money import decimal_amount, minor_units, places_of

LONGEST = timedelta(days=3650)
RETURN_ADDRESS = "shang hai shi qing pu qu zhao xiang zhen jia song zhong lu 5399hao 3zhuang"


def _clause(clause: str, meaning: str) -> dict[str, str]:
    return {"clause": clause, "meaning": meaning}


def _duration(least: timedelta) -> Any:
    def check(_: object, attribute: "Attribute[timedelta]", value: object) -> None:
        if not isinstance(value, timedelta) or not least <= value <= LONGEST:
            shortest = "more than nothing" if least else "nothing or more"
            raise InvalidPolicy(attribute.name, f"a duration of {shortest}, at most 3650 days", value)

    return check


_SOME = _duration(timedelta(microseconds=1))
_ANY = _duration(timedelta())


def _switch(_: object, attribute: "Attribute[bool]", value: object) -> None:
    if not isinstance(value, bool):
        raise InvalidPolicy(attribute.name, "true or false", value)


def _whole(least: int, most: int) -> Any:
    def check(_: object, attribute: "Attribute[int]", value: object) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise InvalidPolicy(attribute.name, f"a whole number from {least} to {most}", value)

    return check


def _text(_: object, attribute: "Attribute[str]", value: object) -> None:
    try:
        text(attribute.name, value)
    except InvalidInput as fault:
        raise InvalidPolicy(attribute.name, fault.expected, value) from None


def _fraction(value: object) -> Fraction:
    try:
        if isinstance(value, float | bool) or not isinstance(value, str | int | Fraction | Decimal):
            raise ValueError
        share = Fraction(value)
        if not 0 <= share <= 1:
            raise ValueError
    except (ValueError, ZeroDivisionError, OverflowError):
        raise InvalidPolicy("late_share", 'a share from "0" to "1", such as "1/2" or "0.5"', value) from None
    return share


def _names(value: Iterable[str]) -> frozenset[str]:
    return frozenset(value) if not isinstance(value, str) else frozenset({value})


def _words(_: object, attribute: "Attribute[frozenset[str]]", value: frozenset[str]) -> None:
    for word in value:
        _text(None, attribute, word)  # type: ignore[arg-type]


def _countries(_: object, attribute: "Attribute[frozenset[str]]", value: frozenset[str]) -> None:
    from orderfsm.calendars import check_country

    for country in value:
        try:
            check_country(country)
        except (InvalidInput, TypeError):
            expected = "ISO 3166 country codes such as DE"
            raise InvalidPolicy(attribute.name, expected, country) from None


def _amounts(value: Mapping[str, str | int | Decimal]) -> Mapping[str, Decimal]:
    if not isinstance(value, Mapping):
        raise InvalidPolicy("return_shipping", 'a map of currencies to amounts, such as {"EUR": "4.90"}', value)
    amounts: dict[str, Decimal] = {}
    for currency, given in dict(value).items():
        key = f"return_shipping.{currency}"
        try:
            amounts[currency] = decimal_amount(key, given)
            if minor_units(amounts[currency], currency) is None:
                raise InvalidInput(key, places_of(currency), given)
        except InvalidInput as fault:
            raise InvalidPolicy(key, fault.expected, given) from None
    return amounts


@frozen(kw_only=True)
class ReturnSchedule:
    """What is paid back for returned goods, by time and reason (A19). The numbers are ours.

    Raises:
        InvalidPolicy: a value is out of range; it names the key.
    """

    full_days: int = field(
        default=30,
        validator=_whole(0, 3650),
        metadata=_clause("A19", "days from delivery to receipt, up to and with which everything is paid back"),
    )
    late_share: Fraction = field(
        default=Fraction(1, 2),
        converter=_fraction,
        metadata=_clause("A19", "share that is paid back later than that, rounded half up"),
    )
    shop_fault_reasons: frozenset[str] = field(
        default=frozenset({"defective", "wrong_item", "damaged", "not_as_described"}),
        converter=_names,
        validator=_words,
        metadata=_clause("A19", "reasons that are the shop's fault: everything at any age, free shipping"),
    )


def _schedule(_: object, attribute: "Attribute[ReturnSchedule]", value: object) -> None:
    if not isinstance(value, ReturnSchedule):
        raise InvalidPolicy(attribute.name, "a ReturnSchedule", value)


@frozen(kw_only=True)
class Policy:
    """The policy of a shop. ``Policy()`` combines both documents; where they differ the stricter wins.

    Raises:
        InvalidPolicy: a value is out of range; it names the key.
    """

    payment_window: timedelta = field(
        default=timedelta(hours=24),
        validator=_SOME,
        metadata=_clause("A1", "how long after placing a payment is in time"),
    )
    payment_grace: timedelta = field(
        default=timedelta(),
        validator=_ANY,
        metadata=_clause("A2", "how long the closing waits for late notices of payments that were in time"),
    )
    unpaid_cancellation: bool = field(
        default=False,
        validator=_switch,
        metadata=_clause("A3", "whether an unpaid order may be cancelled by hand"),
    )
    own_goods_need_approval: bool = field(
        default=True,
        validator=_switch,
        metadata=_clause("A5", "whether cancelling the shop's own goods needs customer service's approval"),
    )
    review_overdue: timedelta = field(
        default=timedelta(hours=24),
        validator=_SOME,
        metadata=_clause("A5", "how long a request or proposed terms may wait before somebody is alerted"),
    )
    preparation_after: timedelta = field(
        default=timedelta(hours=12),
        validator=_SOME,
        metadata=_clause("A7", "how long after payment goods are presumed to be in preparation"),
    )
    logistics_overdue: timedelta = field(
        default=timedelta(hours=24),
        validator=_SOME,
        metadata=_clause("A8", "how long logistics or the carrier may take to answer"),
    )
    prepaid_label_countries: frozenset[str] = field(
        default=frozenset(),
        converter=_names,
        validator=_countries,
        metadata=_clause("A15", "countries in which a prepaid return label can be had"),
    )
    return_shipping: Mapping[str, Decimal] = field(
        factory=dict,
        converter=_amounts,
        hash=False,
        metadata=_clause("A14", "what is deducted where the customer bears the shipping, by currency"),
    )
    refund_after_days: int = field(
        default=1,
        validator=_whole(0, 365),
        metadata=_clause("A18", "working days before which a refund is not expected to be sent"),
    )
    refund_within_days: int = field(
        default=3,
        validator=_whole(0, 365),
        metadata=_clause("A18", "working days within which a refund is sent"),
    )
    returns: ReturnSchedule = field(
        factory=ReturnSchedule,
        validator=_schedule,
        metadata=_clause("A19", "the schedule by which returns are assessed"),
    )
    return_overdue: timedelta = field(
        default=timedelta(days=30),
        validator=_SOME,
        metadata=_clause("A19", "how long goods may be on their way back before somebody is alerted"),
    )
    return_address: str = field(
        default=RETURN_ADDRESS,
        validator=_text,
        metadata=_clause("B5", "where returns are sent, told after approval"),
    )
    bundle_widening: bool = field(
        default=True,
        validator=_switch,
        metadata=_clause("B22", "whether a selection is widened to the bundle; false refuses it instead"),
    )

    def __attrs_post_init__(self) -> None:
        if self.refund_within_days < self.refund_after_days:
            expected = f"at least refund_after_days ({self.refund_after_days})"
            raise InvalidPolicy("refund_within_days", expected, self.refund_within_days)

    @classmethod
    def declaration(cls, **changes: Any) -> "Policy":
        """Document A read alone: own goods need approval, unpaid orders close by themselves."""
        return evolve(cls(own_goods_need_approval=True, unpaid_cancellation=False), **changes)

    @classmethod
    def marketplace(cls, **changes: Any) -> "Policy":
        """Document B read alone: own goods are cancelled directly, unpaid orders by hand too."""
        return evolve(cls(own_goods_need_approval=False, unpaid_cancellation=True), **changes)
