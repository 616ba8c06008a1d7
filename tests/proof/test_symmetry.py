"""Lines that differ in nothing but their names may be exchanged; others may not, and are found out."""

from typing import Any

import pytest

from orderfsm.inputs import Item
from orderfsm.policy import Policy
from orderfsm.testing.exploring import Limits
from orderfsm.testing.keys import Symmetry
from orderfsm.testing.orders import OrderSpace, Position
from orderfsm.testing.properties import Always, Property, Sometimes
from orderfsm.testing.reach import sightings
from orderfsm.testing.scopes import Chapter, Scope, Times, Values
from orderfsm.testing.symmetry import check_symmetry
from tests.policy.story import item

BOTH = (("A", "B"),)


def scope(*items: Item, **options: Any) -> Scope:
    """Orders of these lines until they are dispatched or cancelled."""
    chapters = [Chapter.PAYMENT, Chapter.FULFILMENT, Chapter.CANCELLATION]
    common: dict[str, Any] = {"chapters": chapters, "values": Values.PLAIN, "times": Times.NOW, "early": 0}
    return Scope(name="2 lines", lines=items, strangers=False, **(common | options))


def seen_only(space: OrderSpace) -> list[Property]:
    """No claims, for these are checked elsewhere; only what is seen on the way."""
    return sightings()


def test_two_loose_lines_can_be_exchanged() -> None:
    """Half of the states stand for all."""
    report = check_symmetry(scope(item("A"), item("B")))
    assert {} == report.faults
    assert report.holds
    assert report.states > report.quotient > report.states / 2
    assert report.orbits == report.quotient == report.keys


def test_the_items_of_a_bundle_can_be_exchanged() -> None:
    """They are decided as one; and once they have left, they are like loose lines."""
    report = check_symmetry(scope(item("A", bundle="s"), item("B", bundle="s")))
    assert {} == report.faults
    assert report.holds
    assert report.states > report.quotient > report.states / 2
    assert report.orbits == report.quotient == report.keys


@pytest.mark.parametrize(
    ("items", "options"),
    [
        (
            [item("A"), item("B")],
            {"policy": Policy.marketplace(), "early": 1, "chapters": [Chapter.PAYMENT, Chapter.CANCELLATION]},
        ),
        ([item("A"), item("B")], {"chapters": [Chapter.CANCELLATION, Chapter.REFUNDS], "paid": True}),
        ([item("A"), item("B")], {"chapters": [Chapter.RETURNS], "delivered": True}),
        (
            [item("A", quantity=2), item("B", quantity=2)],
            {"chapters": [Chapter.CANCELLATION], "paid": True, "policy": Policy.marketplace()},
        ),
        ([item("A", bundle="s"), item("B", bundle="s"), item("C")], {"chapters": [Chapter.CANCELLATION], "paid": True}),
    ],
    ids=["marketplace", "refunds", "returns", "units", "bundle and loose line"],
)
def test_other_orders_can_be_folded_too(items: list[Item], options: dict[str, Any]) -> None:
    """Under other policies, in other chapters, and with more units and lines."""
    report = check_symmetry(scope(*items, **options), properties=seen_only)
    assert {} == report.faults
    assert report.holds
    assert report.states > report.keys >= report.quotient >= report.orbits


# --- what may not be exchanged ---------------------------------------------------------------------------

WRONG = Symmetry(groups=BOTH, loose=BOTH)


def test_lines_of_different_price_cannot_be_exchanged() -> None:
    """What is true of the one would be of the other, which costs something else."""
    report = check_symmetry(scope(item("A"), item("B", "20.00")), symmetry=WRONG, properties=seen_only)
    assert not report.holds
    assert "cannot be reached" in report.faults["exchange"]


def test_a_sellers_goods_cannot_be_exchanged_for_the_shops_own() -> None:
    """They can be in the same states, but not by the same people's word."""
    report = check_symmetry(scope(item("A"), item("B", seller="s1")), symmetry=WRONG, properties=seen_only)
    assert not report.holds
    assert "merge" in report.faults


def test_an_item_of_a_bundle_cannot_be_exchanged_for_a_loose_line() -> None:
    """As long as the bundle can be cancelled, its items are cancelled as one."""
    lines = [item("A", bundle="s"), item("B", bundle="s"), item("C")]
    wrong = Symmetry(groups=(("A", "C"),), loose=(("A", "B", "C"),))
    few = scope(*lines, chapters=[Chapter.CANCELLATION], paid=True)
    report = check_symmetry(few, symmetry=wrong, properties=seen_only)
    assert {"content": "A, C are not alike"} == report.faults
    assert check_symmetry(few, properties=seen_only).holds


# --- what is compared ------------------------------------------------------------------------------------


def by_name(line: str) -> Any:
    """Whether something has happened to a line of this name alone."""

    def holds(position: Position) -> str | None:
        changed = [lot.line.id for lot in getattr(position.order, "lots", ()) if lot.state == "cancelled"]
        return "cancelled" if changed == [line] else None

    return holds


def test_a_claim_about_a_line_by_its_name_is_found_out() -> None:
    """It is violated in one of both graphs only: claims must not tell exchangeable lines apart."""

    def claims(space: OrderSpace) -> list[Property]:
        sees = Sometimes[Any, Any](
            name="seen", says="", wanted=frozenset(), seen=lambda step: [by_name("B")(step.after)]
        )
        return [*(Always(name=line, says="", check=by_name(line)) for line in "AB"), sees]

    few = scope(item("A"), item("B"), chapters=[Chapter.CANCELLATION], paid=True)
    report = check_symmetry(few, properties=claims)
    assert {"claims"} == set(report.faults)
    assert "violated only in one" in report.faults["claims"]


def test_a_comparison_that_was_cut_short_says_nothing() -> None:
    """It neither holds nor is anything wrong."""
    report = check_symmetry(scope(item("A"), item("B")), Limits(states=10))
    assert (False, {}, "more than 10 states") == (report.holds, report.faults, report.undetermined)
