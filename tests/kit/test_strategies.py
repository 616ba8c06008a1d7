"""The public strategies: what they draw can be decided, goes deep, and shrinks to something plain."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from orderfsm import (
    COMMANDS,
    FACTS,
    PLATFORM,
    Accepted,
    Actor,
    ApproveCancellation,
    Decision,
    Dispatched,
    Fact,
    HostGuard,
    Input,
    Item,
    Lost,
    Order,
    OrderMachine,
    Place,
    Policy,
    Refused,
    RequestCancellation,
    ResolveAnomaly,
    State,
    StopConfirmed,
    Unplaced,
)
from orderfsm.money import minor_units
from orderfsm.testing import strategies as some
from orderfsm.testing.clock import START, TICK
from orderfsm.testing.mentions import latest
from tests.policy.story import SELLER, Story, hours, item, paid, placed
from tests.properties.invariants import check_order, check_step

steadily = settings(
    max_examples=60, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)
"""Always the same examples: how much of something is drawn can then be counted."""

MANY = settings(steadily, max_examples=100, phases=[Phase.generate])


def drawn(strategy: st.SearchStrategy[Any], number: int = 100) -> list[Any]:
    """So many examples, always the same."""
    found: list[Any] = []

    @settings(MANY, max_examples=number)
    @given(strategy)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found


@pytest.fixture(scope="module")
def story() -> Story:
    """Two of A, a bundle of B and C, and a seller's D; A is under way in parcel P1, B is asked about."""
    story = paid(item("A", "20.00", 2), item("B", bundle="set"), item("C", bundle="set"), item("D", seller="s7"))
    story.send(Dispatched(lines={"A": 1}, parcel="P1"), 1)
    story.send(RequestCancellation(lines=["B"]), 2)
    story.wait(13)
    story.send(ApproveCancellation(lines=["B"]), 14)
    story.send(Lost(lines=["unknown"]), 15)
    return story


# --- placing ---------------------------------------------------------------------------------------------


@steadily
@given(some.places())
def test_every_order_can_be_placed(place: Place) -> None:
    """Bundles are of one seller and physical, amounts have the places of their currency."""
    decision = OrderMachine().decide(Unplaced("1001"), place)
    assert isinstance(decision, Accepted)
    assert PLATFORM == place.by


def test_orders_have_everything_that_the_policy_tells_apart() -> None:
    """Bundles, digital and sellers' goods, several units, free goods, fees, and currencies without cents."""
    places = drawn(some.places())
    items: list[Item] = [each for place in places for each in place.lines]
    assert any(each.bundle for each in items)
    assert {None, "s1", "s2"} == {each.seller for each in items}
    assert {"digital", "physical"} == {str(each.kind) for each in items}
    assert {1, 2, 3} == {each.quantity for each in items}
    assert any(each.amount == 0 for each in items)
    assert {"EUR", "JPY", "KWD"} == {place.currency for place in places}
    assert any(place.delivery_fee for place in places)
    assert 5 == max(len(place.lines) for place in places)


def test_orders_vary_in_what_is_left_to_vary() -> None:
    """A host asks for the orders of its own shop."""
    at = START + timedelta(days=1)
    mine = some.places(
        customers=st.just("ann"), countries=st.just("JP"), currencies=st.just("JPY"), sellers=(), max_lines=2,
        max_quantity=1, bundles=False, digital=False, at=st.just(at),
    )  # fmt: skip
    for place in drawn(mine, 50):
        assert ("ann", "JP", "JPY", at) == (place.customer, place.country, place.currency, place.at)
        assert len(place.lines) <= 2
        for each in place.lines:
            assert (1, None, None, "physical") == (each.quantity, each.seller, each.bundle, str(each.kind))


def test_an_order_shrinks_to_one_plain_line() -> None:
    """What fails with any order fails with this one."""
    place = find(some.places(), lambda _: True, settings=settings(steadily, max_examples=20))
    assert [Item(id="A", amount="10.00")] == list(place.lines)
    assert START == place.at


@steadily
@given(
    st.sampled_from(["EUR", "JPY", "KWD"]).flatmap(lambda currency: st.tuples(st.just(currency), _between(currency)))
)
def test_amounts_keep_their_bounds_and_places(drawn: tuple[str, Decimal]) -> None:
    """From the least to the most, with as many decimal places as the currency has."""
    currency, amount = drawn
    assert 3 <= amount <= 40
    assert minor_units(amount, currency) is not None


def _between(currency: str) -> st.SearchStrategy[Decimal]:
    return some.amounts(currency, min_value=3, max_value="40")


# --- policies --------------------------------------------------------------------------------------------


def test_a_policy_shrinks_to_the_default() -> None:
    """What fails under any policy fails under ``Policy()``."""
    assert Policy() == find(some.policies(), lambda _: True, settings=steadily)


def test_policies_switch_every_switch() -> None:
    """Both ways."""
    policies: list[Policy] = drawn(some.policies(), 300)
    for name in ("unpaid_cancellation", "own_goods_need_approval", "bundle_widening"):
        assert {True, False} == {getattr(policy, name) for policy in policies}
    assert any(policy.payment_grace for policy in policies)
    assert any(policy.returns.full_days == 0 for policy in policies)


# --- who and when ----------------------------------------------------------------------------------------


def test_actors_are_everybody(story: Story) -> None:
    """Every role; of an order its own customer and sellers, and strangers."""
    everybody = {str(actor) for actor in drawn(some.actors(), 100)}
    assert {"customer:c9", "customer:stranger", "seller:s1", "seller:s2", "platform", "logistics"} <= everybody
    everybody = {str(actor) for actor in drawn(some.actors(story.order), 100)}
    assert {"customer:c9", "customer:stranger", "seller:s7", "seller:stranger", "payment", "warehouse"} <= everybody
    assert "seller:s1" not in everybody


def test_moments_lie_on_all_sides_of_the_next_deadline() -> None:
    """Just before, exactly at and just after it; never before what has happened."""
    order = placed().order
    moments = set(drawn(some.moments(order), 200))
    closes = START + hours(24)
    assert {closes - TICK, closes, closes + TICK} <= moments
    assert latest(order) == min(moments)
    closes = START + hours(1)
    moments = set(drawn(some.moments(order, policy=Policy(payment_window=hours(1))), 200))
    assert {closes - TICK, closes, closes + TICK} <= moments


def test_moments_without_an_order_lie_around_the_default_deadlines() -> None:
    """Of an order that is placed on Monday at nine."""
    moments = set(drawn(some.moments(), 200))
    assert {START, START + hours(12) - TICK, START + hours(12), START + hours(24)} <= moments


# --- inputs ----------------------------------------------------------------------------------------------


@settings(steadily, max_examples=60)
@given(st.data(), some.policies())
def test_any_input_about_any_order_can_be_decided(data: st.DataObject, policy: Policy) -> None:
    """`decide` never raises, and every invariant of a step holds."""
    machine = OrderMachine(policy)
    order = data.draw(some.orders(policy))
    check_order(order)
    for strategy in (some.inputs(order, policy=policy), some.fitting_inputs(order, policy=policy), some.inputs()):
        input = data.draw(strategy)
        check_step(machine, order, input, machine.decide(order, input))


@pytest.mark.parametrize("kind", [*COMMANDS, *FACTS])
def test_every_kind_of_input_is_drawn(kind: type[Input]) -> None:
    """Complete, so that it can be decided as it is."""
    for input in drawn(some.inputs(kinds=[kind]), 10):
        assert kind is type(input)
        assert input.by is not None
        assert input.at is not None


def test_commands_are_commands_and_facts_are_facts(story: Story) -> None:
    """All kinds of them but the placing, which has been."""
    commands = {type(command) for command in drawn(some.commands(story.order))}
    facts = {type(fact) for fact in drawn(some.facts(story.order))}
    assert commands <= set(COMMANDS) - {Place}
    assert facts <= set(FACTS)
    assert min(len(commands), len(facts)) >= 8, (commands, facts)


def test_inputs_mostly_mention_what_the_order_knows(story: Story) -> None:
    """Its lines, parcels, asks, anomalies and sellers, and now and then others."""
    mentioned: Counter[str] = Counter()
    kinds: list[type[Input]] = [RequestCancellation, Dispatched, StopConfirmed, ResolveAnomaly]
    for input in drawn(some.inputs(story.order, kinds=kinds), 300):
        lines = getattr(input, "lines", None)
        if isinstance(lines, tuple):
            mentioned.update("line " + ("own" if line in "ABCD" else "other") for line, _ in lines)
        for name, own in (("parcel", {"P1"}), ("ask", {"a1"}), ("anomaly", {"n1"})):
            value = getattr(input, name, None)
            if value is not None:
                mentioned[name + (" own" if value in own else " other")] += 1
        if input.by is not None and input.by.id is not None:
            mentioned["name " + ("own" if input.by.id in ("c9", SELLER.id) else "other")] += 1
    for thing in ("line", "parcel", "ask", "anomaly", "name"):
        assert mentioned[f"{thing} own"] > 0 < mentioned[f"{thing} other"], mentioned
    known = sum(number for thing, number in mentioned.items() if thing.endswith("own"))
    assert known > 0.7 * mentioned.total(), mentioned


def test_inputs_are_sent_by_whom_and_when_one_likes(story: Story) -> None:
    """Or by nobody at no time, where `decide` is told."""
    ann = Actor.parse("customer:ann")
    mine = some.inputs(story.order, by=st.just(ann), at=st.just(START), ids=st.just("k7"))
    assert {(ann, START, "k7")} == {(input.by, input.at, input.id) for input in drawn(mine, 20)}
    bare = some.inputs(story.order, by=st.none(), at=st.none(), ids=st.none())
    assert {(None, None, None)} == {(input.by, input.at, input.id) for input in drawn(bare, 20)}


def test_some_facts_are_learnt_late(story: Story) -> None:
    """Commands never are: nobody asks in the past."""
    assert any(fact.received_at is not None for fact in drawn(some.facts(story.order), 100))
    assert not any(command.received_at for command in drawn(some.commands(story.order), 100))


def test_fitting_inputs_are_mostly_accepted(story: Story) -> None:
    """They move something; only what they could not know of stands against them."""
    outcomes = Counter(
        story.machine.decide(story.order, input).outcome for input in drawn(some.fitting_inputs(story.order))
    )
    assert outcomes["accepted"] > 0.6 * outcomes.total(), outcomes


def test_where_nothing_fits_anything_is_drawn() -> None:
    """A closed order goes nowhere, but something can be said about it."""
    story = placed()
    story.wait(24)
    assert {Dispatched} == {type(input) for input in drawn(some.fitting_inputs(story.order, kinds=[Dispatched]), 10)}


# --- orders ----------------------------------------------------------------------------------------------


def test_orders_are_in_many_states() -> None:
    """From unpaid to refunded; the rare ones take longer stories."""
    orders: list[Order] = drawn(some.orders())
    states = Counter(lot.state for order in orders for lot in order.lots)
    assert len(states) >= 10, set(State) - set(states)
    assert sum(order.paid_at is not None for order in orders) > len(orders) / 2


@pytest.mark.parametrize(("paid", "inputs"), [(False, 0), (True, 1)])
def test_an_order_shrinks_to_a_short_story(paid: bool, inputs: int) -> None:
    """One unit of one line, and no input too many."""
    order = find(some.orders(), lambda order: (order.paid_at is not None) is paid, settings=steadily)
    assert [("A", 1)] == [(line.id, line.quantity) for line in order.lines]
    assert order.version - 1 <= inputs


def test_orders_obey_the_hosts_guards() -> None:
    """What a shop's own rule refuses is not reached."""
    never = HostGuard(code="never", on=[RequestCancellation], holds=lambda scene, lot: False, sentence="Never.")
    orders: list[Order] = drawn(some.orders(guards=[never]), 60)
    states = {lot.state for order in orders for lot in order.lots}
    assert not states & {State.UNSHIPPED_CANCEL_REQUESTED, State.PREPARING_CANCEL_REQUESTED, State.CANCELLED}


def test_orders_are_those_that_are_placed() -> None:
    """A host says which, and how much happens to them."""
    orders: list[Order] = drawn(some.orders(placed=some.places(max_lines=1, bundles=False), max_inputs=0), 50)
    assert {1} == {order.version for order in orders if order.paid_at is None}
    assert {1} == {len(order.lines) for order in orders}


def test_decisions_are_of_every_outcome() -> None:
    """For tests of what a host does with them."""
    decisions: list[Decision] = drawn(some.decisions(), 200)
    assert {"accepted", "refused", "duplicate", "anomaly"} == {decision.outcome for decision in decisions}
    assert any(decision.fired for decision in decisions)
    assert all(decision.reasons for decision in decisions if isinstance(decision, Refused))


# --- arguments -------------------------------------------------------------------------------------------

NOT_AN_ORDER: Any = Unplaced("1001")
NO_POLICY: Any = "marketplace"


@pytest.mark.parametrize(
    ("strategy", "complaint"),
    [
        (lambda: some.amounts("EUR", min_value=2, max_value=1), "max_value=1 < min_value=2"),
        (lambda: some.amounts("EURO"), "currency"),
        (lambda: some.amounts("JPY", min_value="0.5"), "min_value"),
        (lambda: some.places(max_lines=0), "max_lines=0"),
        (lambda: some.places(max_lines=27), "max_lines=27"),
        (lambda: some.places(max_quantity=0), "max_quantity=0"),
        (lambda: some.places(sellers="s1"), "sellers='s1'"),
        (lambda: some.actors(NOT_AN_ORDER), "Expected an Order"),
        (lambda: some.moments(NOT_AN_ORDER), "Expected an Order"),
        (lambda: some.inputs(NOT_AN_ORDER), "Expected an Order"),
        (lambda: some.inputs(kinds=[]), "orderfsm.INPUTS"),
        (lambda: some.inputs(kinds=[Fact]), "orderfsm.INPUTS"),
        (lambda: some.fitting_inputs(NOT_AN_ORDER), "Expected an Order"),
        (lambda: some.orders(NO_POLICY), "Expected a Policy"),
        (lambda: some.orders(max_inputs=-1), "max_inputs=-1"),
        (lambda: some.orders(placed=st.just(_mixed())), "can be placed"),
    ],
)
def test_what_means_nothing_is_an_invalid_argument(
    strategy: Callable[[], st.SearchStrategy[Any]], complaint: str
) -> None:
    """The message names the argument, as Hypothesis' own do."""
    with pytest.raises(InvalidArgument, match=complaint):
        drawn(strategy(), 1)


def _mixed() -> Place:
    """A bundle that nobody can place: of two sellers."""
    items = [Item(id="A", amount="1", bundle="set"), Item(id="B", amount="1", bundle="set", seller="s1")]
    return Place(customer="c9", country="DE", currency="EUR", lines=items)


@pytest.mark.parametrize(
    ("strategy", "shown"),
    [
        (some.places(max_lines=2), "places(max_lines=2)"),
        (some.policies(), "policies()"),
        (some.orders(), "orders()"),
        (some.amounts("JPY", max_value=5), "amounts(currency='JPY', max_value=5)"),
        (some.inputs(kinds=(Lost,)), "inputs(kinds=(orderfsm.facts.Lost,))"),
    ],
)
def test_a_strategy_says_what_it_is(strategy: st.SearchStrategy[Any], shown: str) -> None:
    """As it was called, without what it would have been anyway."""
    assert shown == repr(strategy)
