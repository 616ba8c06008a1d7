"""What a story begins with: a policy, and an order to be placed, with its amounts.

Parts of `orderfsm.testing.strategies`, from where they are imported.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from attrs import evolve

from orderfsm.actors import PLATFORM
from orderfsm.errors import InvalidInput
from orderfsm.inputs import Item, Kind, Place
from orderfsm.money import decimal_amount, exponent, minor_units, places_of
from orderfsm.policy import Policy, ReturnSchedule
from orderfsm.testing.clock import START
from orderfsm.testing.contents import money
from orderfsm.testing.mentions import CUSTOMER, SELLERS
from orderfsm.testing.missing import needs_hypothesis

try:
    from hypothesis import strategies as st
    from hypothesis.errors import InvalidArgument
except ImportError as missing:
    raise needs_hypothesis(__name__) from missing

T = TypeVar("T")

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

# --- money -----------------------------------------------------------------------------------------------


@st.composite
def amounts(
    draw: st.DrawFn,
    currency: str = "EUR",
    *,
    min_value: Decimal | str | int = 0,
    max_value: Decimal | str | int = 1000,
) -> Decimal:
    """Amounts from `min_value` to `max_value`, with the decimal places of `currency` and odd cents among them."""
    least, most = _minor("min_value", min_value, currency), _minor("max_value", max_value, currency)
    if least > most:
        raise InvalidArgument(f"Cannot have max_value={max_value!r} < min_value={min_value!r}")
    unit = 10 ** exponent(currency)
    corners = [minor for minor in (10 * unit, 0, 1, 10 * unit + 1, 33 * unit + 1) if least <= minor <= most]
    anything = st.integers(least, most)
    return money(draw(st.sampled_from(corners) | anything if corners else anything), currency)


def _minor(name: str, value: Decimal | str | int, currency: str) -> int:
    try:
        minor = minor_units(decimal_amount(name, value), currency)
        if minor is None:
            raise InvalidInput(name, places_of(currency), str(value))
    except InvalidInput as fault:
        raise InvalidArgument(str(fault)) from None
    return minor


# --- policies --------------------------------------------------------------------------------------------


def return_schedules() -> st.SearchStrategy[ReturnSchedule]:
    """How returns are assessed: within how many days, by which share later, and what is the shop's fault (A19)."""
    return st.builds(
        ReturnSchedule,
        full_days=st.sampled_from([30, 0, 1, 14]),
        late_share=st.sampled_from(["1/2", "0", "1/3", "1"]),
        shop_fault_reasons=st.sampled_from([("defective", "damaged"), ()]),
    )


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Policies: the three presets, with up to three of their numbers and switches changed."""
    preset = draw(st.sampled_from(_PRESETS))
    changes: dict[str, Any] = {}
    for name in draw(st.lists(st.sampled_from(sorted(_CHANGES)), unique=True, max_size=3)):
        changes |= draw(_CHANGES[name])
    return evolve(preset, **changes)


def _durations(*hours: int) -> st.SearchStrategy[timedelta]:
    return st.sampled_from([timedelta(hours=number) for number in hours])


def _one(name: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({name: values})


_PRESETS = (Policy(), Policy.declaration(), Policy.marketplace())
_CHANGES: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "payment_window": _one("payment_window", _durations(24, 1, 72)),
    "payment_grace": _one("payment_grace", _durations(2, 24)),
    "unpaid_cancellation": _one("unpaid_cancellation", st.booleans()),
    "own_goods_need_approval": _one("own_goods_need_approval", st.booleans()),
    "review_overdue": _one("review_overdue", _durations(24, 1)),
    "preparation_after": _one("preparation_after", _durations(12, 1, 48)),
    "logistics_overdue": _one("logistics_overdue", _durations(24, 1)),
    "prepaid_label_countries": _one("prepaid_label_countries", st.just({"DE", "US"})),
    "return_shipping": _one("return_shipping", st.just({"EUR": "4.90", "JPY": "500"})),
    "refund_days": st.sampled_from([(1, 3), (0, 0), (5, 9)]).map(
        lambda days: {"refund_after_days": days[0], "refund_within_days": days[1]}
    ),
    "returns": _one("returns", return_schedules()),
    "return_overdue": _one("return_overdue", _durations(30 * 24, 24)),
    "bundle_widening": _one("bundle_widening", st.booleans()),
}


# --- placing ---------------------------------------------------------------------------------------------


@st.composite
def places(
    draw: st.DrawFn,
    *,
    customers: st.SearchStrategy[str] | None = None,
    countries: st.SearchStrategy[str] | None = None,
    currencies: st.SearchStrategy[str] | None = None,
    sellers: Collection[str] = SELLERS,
    max_lines: int = 5,
    max_quantity: int = 3,
    bundles: bool = True,
    digital: bool = True,
    at: st.SearchStrategy[datetime | None] | None = None,
) -> Place:
    """Orders to be placed: loose lines, bundles (B20), digital and sellers' goods, several units, odd cents.

    Lines are called A, B, C, …; all orders can be placed.

    Args:
        customers, countries, currencies: what varies; by default one customer, some countries and currencies.
        sellers: the third-party sellers whose goods may be in it; none for a shop's own goods only.
        max_lines: from 1 to 26.
        max_quantity: the most units of one line.
        bundles, digital: whether there may be any.
        at: when it is placed, by default on a Monday morning; ``st.none()`` leaves that to `decide`.
    """
    if not 1 <= max_lines <= len(_LETTERS):
        raise InvalidArgument(f"{max_lines=} must be from 1 to {len(_LETTERS)}")
    if max_quantity < 1:
        raise InvalidArgument(f"{max_quantity=} must be at least 1")
    if isinstance(sellers, str) or not all(isinstance(seller, str) and seller for seller in sellers):
        raise InvalidArgument(f"{sellers=} must be a collection of the sellers' ids")
    currency = draw(_either(currencies, st.sampled_from(["EUR", "JPY", "KWD"])))
    owners = st.sampled_from([None, None, *sellers])
    items: list[Item] = []
    while True:
        room = max_lines - len(items)
        shapes = ["loose", *(["bundle"] if bundles and room > 1 else []), *(["digital"] if digital else [])]
        shape, owner = draw(st.sampled_from(shapes)), draw(owners)
        size = draw(st.integers(2, min(3, room))) if shape == "bundle" else 1
        name = f"set-{len(items)}" if shape == "bundle" else None
        for letter in _LETTERS[len(items) : len(items) + size]:
            items.append(
                Item(
                    id=letter,
                    amount=draw(amounts(currency, max_value=100)),
                    quantity=draw(st.integers(1, max_quantity)),
                    kind=Kind.DIGITAL if shape == "digital" else Kind.PHYSICAL,
                    seller=owner,
                    bundle=name,
                )
            )
        if len(items) == max_lines or not draw(st.booleans()):
            break
    return Place(
        customer=draw(_either(customers, st.just(CUSTOMER))),
        country=draw(_either(countries, st.sampled_from(["DE", "CN", "US"]))),
        currency=currency,
        lines=items,
        delivery_fee=money(draw(st.sampled_from([0, 490, 1])), currency),
        by=PLATFORM,
        at=draw(_either(at, st.just(START))),
    )


def _either(given: st.SearchStrategy[T] | None, default: st.SearchStrategy[T]) -> st.SearchStrategy[T]:
    return default if given is None else given
