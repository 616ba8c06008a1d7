"""The scopes that a proof consists of: small ones for every day, large ones for every night.

A scope is cheap to read and dear to run: the numbers beside the names are states, on the combined policy.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from enum import StrEnum
from typing import Any

from attrs import evolve

from orderfsm.inputs import Item
from orderfsm.policy import Policy, ReturnSchedule
from orderfsm.testing.scopes import Chapter, Scope, Times, Values


class Size(StrEnum):
    """How much is explored."""

    CI = "ci"
    """In every test run: a minute."""
    NIGHTLY = "nightly"
    """Every night, in two processes: half an hour, and all that is in CI."""
    RELEASE = "release"
    """Before a release, beside what is explored every night: what takes longer than that."""


FULFILMENT = (Chapter.PAYMENT, Chapter.FULFILMENT, Chapter.CANCELLATION)

PRESETS: dict[str, Policy] = {
    "combined": Policy(),
    "declaration": Policy.declaration(),
    "marketplace": Policy.marketplace(),
}

SWITCHES: dict[str, dict[str, Any]] = {
    "direct": {"own_goods_need_approval": False},
    "unpaid by hand": {"unpaid_cancellation": True},
    "no widening": {"bundle_widening": False},
    "grace": {"payment_grace": timedelta(hours=2)},
    "labels": {"prepaid_label_countries": {"DE"}},
    "shipping deducted": {"return_shipping": {"EUR": "1.50"}},
    "slow preparation": {"preparation_after": timedelta(hours=36)},
    "short returns": {"returns": ReturnSchedule(full_days=0, late_share="1/3")},
}
"""Every switch and number of the policy that decides what may happen, each changed alone."""


def lines(*bundles: str | None, **values: Any) -> tuple[Item, ...]:
    """Lines A, B, C, …, each in the bundle that is named for it, if one is."""
    names = "ABCDEFGH"
    return tuple(
        Item(id=names[number], amount=values.get("amount", "10.00"), bundle=bundle, seller=values.get("seller"))
        for number, bundle in enumerate(bundles)
    )


def units(bundle: str | None, *quantities: int) -> tuple[Item, ...]:
    """Lines of so many units each, in one bundle if one is named."""
    return tuple(
        Item(id=name, amount="10.00", quantity=quantity, bundle=bundle)
        for name, quantity in zip("ABCDEFGH", quantities, strict=False)
    )


def one(**values: Any) -> tuple[Item, ...]:
    """One line."""
    return (Item(id="A", amount=values.pop("amount", "10.00"), **values),)


ON_THE_ROAD = (Chapter.FULFILMENT, Chapter.INTERCEPTION, Chapter.RETURNS)
UNTIL_REFUNDS = (*FULFILMENT, Chapter.INTERCEPTION, Chapter.RETURNS)
LOST = (Chapter.FULFILMENT, Chapter.REFUNDS)
SETTLING = (Chapter.FULFILMENT, Chapter.RETURNS, Chapter.REFUNDS)
COMING_BACK = (Chapter.RETURNS, Chapter.REFUNDS)
UNTIL_DISPATCH = (Chapter.PAYMENT, Chapter.CANCELLATION)
CANCELLED = (Chapter.PAYMENT, Chapter.CANCELLATION, Chapter.REFUNDS)
OWN_AND_SOLD = (Item(id="A", amount="10.00"), Item(id="B", amount="10.00", seller="s1"))
MIXED = (Item(id="A", amount=1, bundle="s"), Item(id="B", amount=1, bundle="s", seller="s1"))


def ci_scopes(policy: Policy) -> Iterator[Scope]:
    """What is explored in the test suite for one policy: everything once, in its smallest form."""
    yield Scope(name="1 line", lines=one(), early=0, policy=policy)
    yield Scope(name="1 seller's line, by everybody", lines=one(seller="s1"), early=0, policy=policy, times=Times.NOW)
    yield from brief_scopes(policy)
    now: dict[str, Any] = {"policy": policy, "times": Times.NOW}
    yield Scope(
        name="1 line, every value, from its delivery",
        lines=one(),
        values=Values.FULL,
        delivered=True,
        chapters=COMING_BACK,
        strangers=False,
        **now,
    )
    yield Scope(name="1 line, every answer", lines=one(), values=Values.FULL, early=0, chapters=FULFILMENT, **now)
    yield Scope(name="1 line, parcels", lines=one(), parcels=2, early=0, strangers=False, **now)
    two: dict[str, Any] = {"captures": 2, "early": 0, "values": Values.PLAIN, "strangers": False, **now}
    yield Scope(name="1 line, 2 payments, cancelled", lines=one(), chapters=CANCELLED, **two)
    yield Scope(name="1 line, 2 payments, lost", lines=one(), chapters=LOST, paid=True, **two)
    yield Scope(name="1 line, 2 payments, returned", lines=one(), chapters=COMING_BACK, delivered=True, **two)
    yield Scope(
        name="1 line, early facts", lines=one(), chapters=(*FULFILMENT, Chapter.REFUNDS), strangers=False, **now
    )
    yield Scope(name="1 line, payments", lines=one(), captures=2, policy=policy, chapters=UNTIL_DISPATCH)
    yield Scope(name="1 line, ids", lines=one(), early=0, ids=True, chapters=UNTIL_DISPATCH, strangers=False, **now)
    yield Scope(name="1 free line", lines=one(amount="0"), early=0, delivery_fee="0", **now)
    yield Scope(
        name="1 line, 1 digital",
        lines=(*one(), Item(id="D", amount="10.00", kind="digital")),
        values=Values.PLAIN,
        early=0,
        **now,
    )
    yield Scope(name="mixed bundle", lines=MIXED, early=0, **now)
    some: dict[str, Any] = {"chapters": FULFILMENT, "early": 0, "strangers": False}
    yield Scope(name="a seller's bundle of 2", lines=lines("s", "s", seller="s1"), **some, **now)
    yield Scope(name="own and a seller's line", lines=OWN_AND_SOLD, **some, **now)
    yield Scope(name="2 loose lines, every value", lines=lines(None, None), values=Values.FULL, **some, **now)
    yield Scope(name="bundle of 2, every value", lines=lines("s", "s"), values=Values.FULL, **some, **now)
    yield Scope(name="bundle of 2, one of 2 units", lines=units("s", 1, 2), values=Values.PLAIN, **some, **now)
    yield Scope(name="1 line, alerts until dispatch", lines=one(), policy=policy, times=Times.ALERTS, **some)
    road: dict[str, Any] = some | {"chapters": (Chapter.FULFILMENT, Chapter.INTERCEPTION), "paid": True}
    yield Scope(name="2 loose lines, a parcel", lines=lines(None, None), parcels=1, **road, **now)


def brief_scopes(policy: Policy) -> Iterator[Scope]:
    """What is explored in the test suite for every preset and every switch alone."""
    now: dict[str, Any] = {"policy": policy, "times": Times.NOW}
    yield Scope(name="1 line, each chapter", lines=one(), strangers=False, early=0, **now)
    yield Scope(name="1 seller's line", lines=one(seller="s1"), strangers=False, early=0, **now)
    yield Scope(name="2 units", lines=one(quantity=2), chapters=FULFILMENT, strangers=False, early=0, policy=policy)
    yield Scope(name="2 loose lines", lines=lines(None, None), chapters=FULFILMENT, strangers=False, early=0, **now)
    yield Scope(name="bundle of 2", lines=lines("s", "s"), chapters=FULFILMENT, strangers=False, early=0, policy=policy)


def two_line_scopes(policy: Policy) -> Iterator[Scope]:
    """What is explored every night for every preset and switch: all chapters of two units and of two lines."""
    common: dict[str, Any] = {
        "policy": policy, "values": Values.PLAIN, "times": Times.NOW, "early": 0, "strangers": False,
    }  # fmt: skip
    yield Scope(name="2 units, all chapters", lines=one(quantity=2), **common)
    yield Scope(name="2 loose lines, all chapters", lines=lines(None, None), **common)
    yield Scope(name="bundle of 2, all chapters", lines=lines("s", "s"), **common)
    for name, bundle in (("2 loose lines", None), ("bundle of 2", "s")):
        some = units(bundle, 2, 1)
        yield Scope(name=f"{name}, one of 2 units, until dispatch", lines=some, chapters=FULFILMENT, **common)


def thorough_scopes(policy: Policy) -> Iterator[Scope]:
    """What is explored every night for the presets: every value, every alert, early facts, parcels of two lines."""
    full: dict[str, Any] = {"policy": policy, "values": Values.FULL, "early": 0, "strangers": False}
    moving = (*FULFILMENT, Chapter.INTERCEPTION)  # what comes back comes in no parcel
    now: dict[str, Any] = full | {"times": Times.NOW}
    yield Scope(name="1 line, every value, a parcel", lines=one(), parcels=1, chapters=moving, **now)
    yield Scope(name="1 line, every value, every instant", lines=one(), **full)
    yield Scope(name="1 line, every alert", lines=one(), policy=policy, times=Times.ALERTS)
    yield Scope(
        name="2 loose lines, parcels",
        lines=lines(None, None),
        policy=policy,
        parcels=1,
        early=0,
        times=Times.NOW,
        chapters=(*FULFILMENT, Chapter.INTERCEPTION),
        strangers=False,
    )
    yield Scope(
        name="bundle of 2, every instant",
        lines=lines("s", "s"),
        policy=policy,
        values=Values.PLAIN,
        early=0,
        chapters=(*FULFILMENT, Chapter.INTERCEPTION),
    )
    common: dict[str, Any] = {
        "policy": policy, "values": Values.PLAIN, "times": Times.NOW, "early": 0, "strangers": False,
    }  # fmt: skip
    yield Scope(name="own and a seller's line, all chapters", lines=OWN_AND_SOLD, **common)
    full |= common | {"values": Values.FULL}
    two = lines(None, None)
    road = (Chapter.FULFILMENT, Chapter.INTERCEPTION)
    yield Scope(name="2 loose lines, every value, on the road", lines=two, chapters=road, paid=True, parcels=1, **full)
    returned = (Chapter.RETURNS,)
    yield Scope(name="2 loose lines, every value, returned", lines=two, chapters=returned, delivered=True, **full)
    for name, bundle in (("2 loose lines", None), ("bundle of 2", "s")):
        some = units(bundle, 2, 2)
        yield Scope(name=f"{name} of 2 units, until dispatch", lines=some, chapters=FULFILMENT, **common)


def outsider_scopes(policy: Policy) -> Iterator[Scope]:
    """Two lines in all chapters, and everybody says everything."""
    common: dict[str, Any] = {"policy": policy, "values": Values.PLAIN, "times": Times.NOW, "early": 0}
    yield Scope(name="2 units, by everybody", lines=one(quantity=2), **common)
    yield Scope(name="2 loose lines, by everybody", lines=lines(None, None), **common)
    yield Scope(name="bundle of 2, by everybody", lines=lines("s", "s"), **common)


def large_scopes(policy: Policy) -> Iterator[Scope]:
    """Three and four lines, told with one voice, at the present instant and after waiting."""
    common: dict[str, Any] = {
        "policy": policy, "times": Times.NOW, "values": Values.PLAIN, "early": 0, "strangers": False,
        "one_voice": True,
    }  # fmt: skip
    for name, bundles in (("2 loose lines", ".."), ("bundle of 2", "ss")):  # the graphs that `two_line_scopes` gives
        told: dict[str, Any] = common | {"one_voice": False}
        yield Scope(name=f"{name}, all chapters, by part", lines=_bundled(bundles), by_part=True, **told)
    for name, bundles in THREE:
        yield Scope(name=f"{name}, until refunds", lines=_bundled(bundles), chapters=UNTIL_REFUNDS, **common)
        some = _bundled(bundles)
        yield Scope(name=f"{name}, all chapters, one by one", lines=some, one_by_one=True, by_part=True, **common)
    for name, bundles in (
        ("4 loose lines", "...."), ("4 lines, bundle of 2", "ss.."), ("4 lines, bundle of 3", "sss."),
        ("bundle of 4", "ssss"), ("2 bundles of 2", "sstt"),
    ):  # fmt: skip
        yield Scope(name=f"{name}, until dispatch", lines=_bundled(bundles), chapters=FULFILMENT, **common)
    # bundles make no difference any more: see `tests/proof/test_catalogue.py`
    three, four = _bundled("..."), _bundled("....")
    yield Scope(name="3 lines, on the road", lines=three, chapters=ON_THE_ROAD, paid=True, **common)
    yield Scope(name="3 lines, lost and refunded", lines=three, chapters=LOST, paid=True, **common)
    yield Scope(name="3 lines, returned and refunded", lines=three, chapters=COMING_BACK, delivered=True, **common)
    yield Scope(name="4 lines, lost and refunded", lines=four, chapters=LOST, paid=True, **common)
    named: dict[str, Any] = common | {"one_by_one": True, "by_part": True}
    yield Scope(name="4 lines, on the road, one by one", lines=four, chapters=ON_THE_ROAD, paid=True, **named)
    yield Scope(
        name="4 lines, returned and refunded, one by one", lines=four, chapters=COMING_BACK, delivered=True, **named
    )


def release_scopes(policy: Policy) -> Iterator[Scope]:
    """What is too large for every night: three lines in all chapters, four in fulfilment, returns and refunds."""
    common: dict[str, Any] = {
        "policy": policy, "times": Times.NOW, "values": Values.PLAIN, "early": 0, "strangers": False,
        "one_voice": True, "by_part": True,
    }  # fmt: skip
    for name, bundles in THREE:
        yield Scope(name=f"{name}, all chapters", lines=_bundled(bundles), **common)
    yield Scope(
        name="4 lines, fulfilment, returns and refunds, one by one",
        lines=_bundled("...."), chapters=SETTLING, paid=True, one_by_one=True, **common,
    )  # fmt: skip


THREE = (("3 loose lines", "..."), ("3 lines, bundle of 2", "ss."), ("bundle of 3", "sss"))


def _bundled(letters: str) -> tuple[Item, ...]:
    return lines(*(None if letter == "." else letter for letter in letters))


def catalogue(size: Size, policy: Policy | None = None) -> list[Scope]:
    """All scopes of a size: for one policy, or for every preset and every switch alone.

    Args:
        size: how much.
        policy: only this one; by default all presets and switches, which the scopes' names tell, and three and four
            lines under the combined policy.
    """
    if size is Size.RELEASE:
        scopes = list(release_scopes(policy or Policy()))
        return scopes if policy is not None else _named("combined", scopes)
    if policy is not None:
        return [*_several(policy, size), *(_largest(policy) if size is Size.NIGHTLY else ())]
    found: list[Scope] = []
    for name, each in PRESETS.items():
        whole = name != "declaration" and (size is Size.NIGHTLY or not found)  # it has the values of the combined one
        scopes = _several(each, size) if whole else _few(each, size)
        if size is Size.NIGHTLY and not found:
            scopes += _largest(each)
        found += _named(name, scopes)
    for name, values in SWITCHES.items():
        found += _named(name, _few(Policy(**values), size))
    return found


def _named(policy: str, scopes: Iterable[Scope]) -> list[Scope]:
    return [evolve(scope, name=f"{policy}: {scope.name}") for scope in scopes]


def _few(policy: Policy, size: Size) -> list[Scope]:
    return [*brief_scopes(policy), *(two_line_scopes(policy) if size is Size.NIGHTLY else ())]


def _several(policy: Policy, size: Size) -> list[Scope]:
    more = [*two_line_scopes(policy), *thorough_scopes(policy)] if size is Size.NIGHTLY else ()
    return [*ci_scopes(policy), *more]


def _largest(policy: Policy) -> list[Scope]:
    return [*outsider_scopes(policy), *large_scopes(policy)]
