"""The compositional route: a graph explored part by part is the graph that is explored decision by decision."""

from typing import Any

import pytest
from attrs import evolve

from orderfsm import inputs as i
from orderfsm.actors import PAYMENT, PLATFORM
from orderfsm.guards import HostGuard
from orderfsm.inputs import Item
from orderfsm.policy import Policy
from orderfsm.testing.catalogue import (
    COMING_BACK,
    FULFILMENT,
    LOST,
    ON_THE_ROAD,
    UNTIL_DISPATCH,
    lines,
    units,
)
from orderfsm.testing.claims import claims
from orderfsm.testing.exploring import Exploration, explore
from orderfsm.testing.orders import OrderSpace, Position, Said
from orderfsm.testing.proving import prove_scope, symmetry_of_scope
from orderfsm.testing.scopes import Chapter, Scope, Times, Values
from orderfsm.testing.tabulating import Parts

PLAIN: dict[str, Any] = {
    "values": Values.PLAIN, "times": Times.NOW, "early": 0, "strangers": False, "one_voice": True,
}  # fmt: skip
REFUNDED = (*FULFILMENT, Chapter.REFUNDS)

SCOPES = [
    Scope(name="2 loose lines, cancelled and refunded", lines=lines(None, None), chapters=REFUNDED, **PLAIN),
    Scope(name="2 loose lines, until dispatch", lines=lines(None, None), chapters=FULFILMENT, **PLAIN),
    Scope(name="2 loose lines, on the road", lines=lines(None, None), chapters=ON_THE_ROAD, paid=True, **PLAIN),
    Scope(name="2 loose lines, back", lines=lines(None, None), chapters=COMING_BACK, delivered=True, **PLAIN),
    Scope(name="bundle of 2, cancelled and refunded", lines=lines("s", "s"), chapters=REFUNDED, **PLAIN),
    Scope(name="bundle of 3, until dispatch", lines=lines("s", "s", "s"), chapters=FULFILMENT, **PLAIN),
    Scope(name="a loose line and a bundle of 2", lines=lines("s", "s", None), chapters=FULFILMENT, **PLAIN),
    Scope(name="a seller's line beside", lines=(Item(id="A", amount=9), Item(id="B", amount=9, seller="s1")),
          chapters=FULFILMENT, **PLAIN),
    Scope(name="a free line beside", lines=(Item(id="A", amount=9), Item(id="B", amount=0)), chapters=LOST, paid=True,
          **PLAIN),
    Scope(name="one that is digital", lines=(Item(id="A", amount=9), Item(id="B", amount=9, kind="digital")), **PLAIN),
    Scope(name="2 units beside", lines=units(None, 2, 1), chapters=UNTIL_DISPATCH, **PLAIN),
    Scope(name="direct", lines=lines(None, None), policy=Policy(own_goods_need_approval=False), chapters=REFUNDED,
          **PLAIN),
    Scope(name="every value", lines=lines(None, None), chapters=(Chapter.FULFILMENT, Chapter.CANCELLATION), paid=True,
          **PLAIN | {"values": Values.FULL}),
    Scope(name="one by one", lines=lines(None, None, None), chapters=LOST, paid=True, one_by_one=True, **PLAIN),
]  # fmt: skip


def explored(scope: Scope, *, by_part: bool) -> Exploration[Position, Said]:
    """A scope with all that is claimed, part by part or not."""
    space = OrderSpace(scope, symmetry=symmetry_of_scope(scope))
    return explore(
        space.initial(), space.inputs, space.step_once, key=space.key, within=space.within,
        alike=Parts(space) if by_part else None, properties=claims(space),
    )  # fmt: skip


BY_NIGHT = ("a loose line and a bundle of 2", "2 loose lines, on the road", "2 loose lines, until dispatch", "direct")
"""What takes long and is much like others: the chapters of loose lines, whose figures the nights compare too."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "scope",
    [pytest.param(each, id=each.name, marks=[pytest.mark.nightly] * (each.name in BY_NIGHT)) for each in SCOPES],
)
def test_both_ways_lead_to_the_same_graph(scope: Scope) -> None:
    """The same states, the same transitions, the same things seen on the way; and most of it is not decided again."""
    whole, by_part = explored(scope, by_part=False), explored(scope, by_part=True)
    assert whole.passed
    assert by_part.passed
    assert (whole.digest, whole.transitions, whole.depth) == (by_part.digest, by_part.transitions, by_part.depth)
    assert (whole.decisions, whole.promised, whole.seen) == (by_part.decisions, by_part.promised, by_part.seen)
    assert by_part.tabulated > 0
    assert not whole.tabulated


def test_what_names_no_single_line_is_always_decided() -> None:
    """What means everything, or goods that a question was about, depends on the whole order."""
    space = OrderSpace(SCOPES[0])
    parts, [unplaced] = Parts(space), space.initial()
    placed, _ = space.step(unplaced, SCOPES[0].place.sent(by=PLATFORM, at=unplaced.now))
    card = i.PaymentCaptured(payment="p1", instrument="card:1", amount="24.90", by=PAYMENT, at=unplaced.now)
    paid, _ = space.step(placed, card)
    several = [i.Dispatched(), i.Dispatched(lines="all"), i.Dispatched(lines=["A", "B"])]
    quoting = [i.StopConfirmed(lines=["A"], ask="a1"), i.RefundSent(refund="r1")]
    in_a_parcel = [i.Dispatched(lines=["A"], parcel="x"), i.CancelDelivery(parcel="x")]
    for depends_on_more in (*several, *quoting, *in_a_parcel):
        assert parts(paid, depends_on_more) is None
    named = i.Dispatched(lines=["A"])
    assert parts(placed, named) is None
    assert parts(paid, named) == parts(paid, named) is not None
    assert parts(paid, named) != parts(paid, i.Dispatched(lines=["B"]))


def test_what_is_different_about_a_line_is_another_part() -> None:
    """Its goods, its money and the flags about all others tell parts apart; where the others are does not."""
    space = OrderSpace(SCOPES[0])
    parts = Parts(space)
    orders = explored(SCOPES[0], by_part=True).states
    paid = [each for each in orders if getattr(each.order, "paid_at", None) is not None]
    named = i.RequestCancellation(lines=["A"])
    found = {parts(each, named) for each in paid}
    assert 10 < len(found) < len(paid) / 3


@pytest.mark.parametrize(
    "more",
    [{"parcels": 1}, {"captures": 2}, {"early": 1}, {"ids": True}],
    ids=["parcels", "payments", "early facts", "ids"],
)
def test_where_lines_share_more_there_are_no_parts(more: dict[str, Any]) -> None:
    """A scope in which lines have more in common is refused rather than explored wrongly."""
    with pytest.raises(ValueError, match="depend on other lines"):
        prove_scope(evolve(SCOPES[0], by_part=True, **more))


def test_guards_of_a_host_may_look_at_other_lines() -> None:
    """So there are no parts where a host has any."""
    guard = HostGuard(code="on_hold", on=(i.RequestReturn,), holds=lambda _, __: True, sentence="On hold.")
    with pytest.raises(ValueError, match="no guards of a host's own"):
        prove_scope(evolve(SCOPES[0], by_part=True), [guard])
