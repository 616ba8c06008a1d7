"""Placing: what an order may consist of, free orders, and what is said about orders that nobody placed."""

from datetime import datetime

import pytest

from orderfsm import (
    CUSTOMER_SERVICE,
    PLATFORM,
    Actor,
    ApproveCancellation,
    Arrived,
    Delivered,
    Dispatched,
    InvalidInput,
    Item,
    Order,
    PaymentCaptured,
    Place,
    Policy,
    PreparationStarted,
    RequestCancellation,
    Role,
    Unplaced,
)
from orderfsm.effects import Escalate
from tests.policy.story import (
    BUYER,
    EVERYBODY,
    MONDAY,
    OTHER_SELLER,
    SELLER,
    TICK,
    Story,
    capture,
    clauses,
    codes,
    effects,
    hours,
    item,
    moment,
    paid,
    placed,
    placing,
)

# --- place -----------------------------------------------------------------------------------------------


def test_3_the_platform_places_an_order_and_its_goods_are_unpaid() -> None:
    """`place` by the platform makes all goods unpaid."""
    story = Story()
    decision = story.send(placing(item("A", "12.00", 2), item("B"), item("D", kind="digital")))
    assert "accepted" == decision.outcome
    assert {"A": {"unpaid": 2}, "B": {"unpaid": 1}, "D": {"unpaid": 1}} == story.goods
    assert "unpaid" == story.order.state


@pytest.mark.parametrize("actor", [each for each in EVERYBODY if each is not PLATFORM], ids=str)
def test_5_15_nobody_but_the_platform_places(actor: Actor) -> None:
    """`place` from any other role is `not_allowed`, and nothing is placed."""
    story = Story()
    decision = story.send(placing(), by=actor)
    assert "refused" == decision.outcome
    assert ["not_allowed"] == codes(decision)
    assert isinstance(story.now, Unplaced)


def test_4_an_order_is_placed_once() -> None:
    """A second `place` is refused `already_placed` and changes nothing."""
    story = placed(item("A"))
    before = story.order
    decision = story.send(placing(item("B")), 1)
    assert "refused" == decision.outcome
    assert ["already_placed"] == codes(decision)
    assert before == story.order


def test_5_11_placing_twice_under_one_id_is_a_duplicate() -> None:
    """The same id with the same content is a duplicate without effects."""
    story = Story()
    story.send(placing(), id="k1")
    before = story.order
    decision = story.send(placing(), id="k1")
    assert "duplicate" == decision.outcome
    assert () == decision.effects
    assert before == story.order


def test_3_received_at_is_no_content() -> None:
    """The same id and content learnt again later is still a duplicate."""
    story = Story()
    story.send(placing(), id="k1")
    assert "duplicate" == story.send(placing(), received=3, id="k1").outcome


def test_3_placing_something_else_under_one_id_is_a_conflict() -> None:
    """The same id with other content is refused `conflicting_id`."""
    story = Story()
    story.send(placing(item("A")), id="k1")
    decision = story.send(placing(item("B")), id="k1")
    assert "refused" == decision.outcome
    assert ["conflicting_id"] == codes(decision)


def test_3_a_refused_place_uses_up_no_id() -> None:
    """After a refused `place` its id is still free for other content."""
    story = Story()
    mixed = placing(item("A", bundle="s"), item("B", bundle="s", seller="s7"))
    assert "refused" == story.send(mixed, id="k1").outcome
    assert "accepted" == story.send(placing(), id="k1").outcome


# --- bundles ---------------------------------------------------------------------------------------------


def test_b20_items_of_one_bundle_may_have_one_seller() -> None:
    """A bundle of one seller's physical goods is placed."""
    assert "unpaid" == placed(item("B", bundle="s", seller="s7"), item("C", bundle="s", seller="s7")).order.state


@pytest.mark.parametrize(
    "other",
    [item("C", bundle="s", seller="s8"), item("C", bundle="s"), item("C", bundle="s", seller="s7", kind="digital")],
    ids=["another seller", "own goods", "digital goods"],
)
def test_5_2_a_mixed_bundle_is_rejected(other: Item) -> None:
    """A bundle of several sellers or with digital goods is refused `bundle_mixed`, and nothing is placed."""
    story = Story()
    decision = story.send(placing(item("B", bundle="s", seller="s7"), other))
    assert "refused" == decision.outcome
    assert ["bundle_mixed"] == codes(decision)
    assert isinstance(story.now, Unplaced)


def test_4_every_mixed_bundle_is_named() -> None:
    """All failing reasons come back: one for each mixed bundle."""
    decision = Story().send(
        placing(
            item("A", bundle="s"), item("B", bundle="s", seller="s7"),
            item("C", bundle="t"), item("D", bundle="t", kind="digital"),
        )
    )  # fmt: skip
    assert ["bundle_mixed", "bundle_mixed"] == codes(decision)


# --- free orders -----------------------------------------------------------------------------------------


def test_5_13_an_order_that_costs_nothing_is_paid_when_placed() -> None:
    """Free goods are `unshipped` at once, and paid as of placing."""
    story = placed(item("A", "0.00", 2))
    assert {"unshipped": 2} == story.of("A")
    assert MONDAY == story.order.paid_at


def test_5_13_free_digital_goods_are_delivered_when_placed() -> None:
    """Free digital goods are there at once."""
    assert {"delivered": 1} == placed(item("D", "0", kind="digital")).of("D")


def test_5_13_a_free_order_enters_preparation_twelve_hours_after_placing() -> None:
    """A7 counts from placing where placing is paying."""
    story = placed(item("A", "0"))
    story.wait(hours(12) - TICK)
    assert {"unshipped": 1} == story.of("A")
    story.wait(12)
    assert {"preparing": 1} == story.of("A")


def test_5_13_a_free_order_never_closes() -> None:
    """The payment window does not concern an order that is paid."""
    story = placed(item("A", "0"))
    assert "payment_window_closed" not in story.wait(24).fired
    assert "preparing" == story.order.state


def test_5_13_a_delivery_fee_is_part_of_the_total() -> None:
    """Free goods with a delivery fee wait for payment."""
    story = placed(item("A", "0"), delivery_fee="4.90")
    assert "unpaid" == story.order.state
    story.send(capture("4.90"), 1)
    assert "unshipped" == story.order.state


# --- what is no order ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"lines": ()},
        {"lines": (item("A"), item("A"))},
        {"currency": "XYZ"},
        {"currency": "eur"},
        {"country": "ZZ"},
        {"customer": ""},
        {"timezone": "Mars/Olympus"},
        {"delivery_fee": "-1"},
        {"delivery_fee": "0.001"},
        {"delivery_fee": 1.5},
    ],
    ids=str,
)
def test_7_an_order_that_cannot_be_understood_is_rejected_at_the_boundary(fields: dict[str, object]) -> None:
    """Unknown currencies and countries, no or repeated lines, and bad amounts never become an input."""
    given: dict[str, object] = {"customer": "c9", "country": "DE", "currency": "EUR", "lines": (item(),), **fields}
    with pytest.raises(InvalidInput):
        Place(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "fields",
    [
        {"quantity": 0},
        {"quantity": -1},
        {"quantity": True},
        {"quantity": 1.0},
        {"amount": "-0.01"},
        {"amount": "NaN"},
        {"amount": "Infinity"},
        {"amount": 9.99},
        {"amount": ""},
        {"kind": "virtual"},
        {"id": ""},
        {"seller": ""},
        {"bundle": ""},
    ],
    ids=str,
)
def test_7_a_line_that_cannot_be_understood_is_rejected_at_the_boundary(fields: dict[str, object]) -> None:
    """Quantities below one, negative amounts, floats and unknown kinds never become a line."""
    given: dict[str, object] = {"id": "A", "amount": "10.00", **fields}
    with pytest.raises(InvalidInput):
        Item(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("currency", "amount"), [("EUR", "1.001"), ("JPY", "1.5"), ("KWD", "1.0001")], ids=["EUR", "JPY", "KWD"]
)
def test_7_amounts_have_no_more_places_than_the_currency(currency: str, amount: str) -> None:
    """An amount with more decimal places than its currency has is rejected."""
    with pytest.raises(InvalidInput):
        placing(item("A", amount), currency=currency)


@pytest.mark.parametrize(
    ("currency", "amount"), [("EUR", "1.01"), ("JPY", "15"), ("KWD", "1.001")], ids=["EUR", "JPY", "KWD"]
)
def test_7_amounts_have_the_places_of_the_currency(currency: str, amount: str) -> None:
    """An amount in the currency's own minor units is what has to be paid, exactly."""
    story = placed(item("A", amount), currency=currency)
    story.send(capture(amount))
    assert "unshipped" == story.order.state
    assert {} == story.refunds


def test_7_a_line_is_one_physical_unit_of_the_shops_own_unless_said_otherwise() -> None:
    """Defaults: quantity 1, physical, no seller, no bundle, no delivery fee."""
    story = placed(Item(id="A", amount="10.00"))
    (line,) = story.order.lines
    assert (1, "physical", None, None, 0) == (
        line.quantity, line.kind, line.seller, line.bundle, story.order.delivery_fee,
    )  # fmt: skip


def test_7_the_time_zone_defaults_to_the_countrys_principal_one() -> None:
    """An order says in which zone its dates are; if it does not, its country does."""
    assert "Europe/Berlin" == placed().order.timezone
    assert "Asia/Tokyo" == placed(timezone="Asia/Tokyo").order.timezone


def test_5_12_a_naive_time_is_rejected_at_the_boundary() -> None:
    """An input without a time zone cannot be built."""
    with pytest.raises(InvalidInput):
        RequestCancellation(lines="all", at=datetime(2026, 3, 2, 9))
    with pytest.raises(InvalidInput):
        Arrived(received_at=datetime(2026, 3, 2, 9))


def test_7_nothing_is_received_before_it_occurred() -> None:
    """`received_at` before `at` is rejected; equal is fine."""
    with pytest.raises(InvalidInput):
        Arrived(at=moment(1), received_at=moment(hours(1) - TICK))
    assert moment(1) == Arrived(at=moment(1), received_at=moment(1)).received_at


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.SELLER])
def test_7_customers_and_sellers_have_ids(role: Role) -> None:
    """A customer or seller without an id is nobody."""
    with pytest.raises(InvalidInput):
        Actor(role)


@pytest.mark.parametrize("lines", ["A", {"A": 0}, {"A": -1}, {"A": True}, ["A", "A"]], ids=str)
def test_7_a_selection_that_cannot_be_understood_is_rejected(lines: object) -> None:
    """Quantities below one, a line named twice, and words other than "all" are no selection."""
    with pytest.raises(InvalidInput):
        RequestCancellation(lines=lines)  # type: ignore[arg-type]


# --- unknown orders and facts that came too early --------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "actor"),
    [(RequestCancellation(lines="all"), BUYER), (ApproveCancellation(lines=["A"]), CUSTOMER_SERVICE)],
    ids=["customer", "customer service"],
)
def test_3_a_command_on_an_unknown_order_is_refused(command: RequestCancellation, actor: Actor) -> None:
    """Nobody can ask for anything about an order that was never placed."""
    story = Story()
    before = story.now
    decision = story.send(command, by=actor)
    assert "refused" == decision.outcome
    assert ["unknown_order"] == codes(decision)
    assert before == story.now


def test_3_a_fact_about_an_unknown_order_is_kept_as_an_anomaly() -> None:
    """It is never refused and never lost: it is kept, and a person is told."""
    story = Story()
    decision = story.send(capture("10.00"))
    assert "anomaly" == decision.outcome
    assert ["unknown_order"] == codes(decision)
    assert ["n1"] == [anomaly.id for anomaly in story.now.anomalies]
    assert ["unknown_order"] == [effect.code for effect in effects(decision, Escalate)]


def test_3_who_may_not_report_a_fact_may_not_do_so_about_unknown_orders_either() -> None:
    """A fact from another role is no fact: nothing is kept."""
    story = Story()
    decision = story.send(capture("10.00"), by=BUYER)
    assert "refused" == decision.outcome
    assert ["not_allowed"] == codes(decision)
    assert () == story.now.anomalies


def test_3_a_payment_that_came_before_its_order_pays_for_it() -> None:
    """It is judged again after `place`, and its anomaly is closed."""
    story = Story()
    story.send(capture("10.00"), 0.5)
    decision = story.send(placing(), 0, received=1)
    assert "accepted" == decision.outcome
    assert {"unshipped": 1} == story.of("A")
    assert moment(0.5) == story.order.paid_at
    assert [] == [anomaly.id for anomaly in story.order.anomalies if anomaly.open]


def test_3_a_payment_that_came_before_its_order_counts_once() -> None:
    """The same payment reported twice before placing is one payment."""
    story = Story()
    story.send(capture("10.00"), 0.5)
    story.send(capture("10.00"), 0.5)
    story.send(placing(), 0, received=1)
    assert 1 == len(story.order.payments)
    assert {} == story.refunds
    assert "unshipped" == story.order.state


def test_3_a_repeated_early_fact_with_its_id_is_a_duplicate() -> None:
    """The id of a fact about an unknown order is remembered."""
    story = Story()
    story.send(capture("10.00"), 0.5, id="f1")
    decision = story.send(capture("10.00"), 0.5, id="f1")
    assert "duplicate" == decision.outcome
    assert () == decision.effects


def test_3_the_id_of_an_early_fact_is_still_known_after_placing() -> None:
    """A fact that came before its order and again after it is a duplicate."""
    story = Story()
    story.send(capture("10.00"), 0.5, id="f1")
    story.send(placing(), 0, received=1)
    decision = story.send(capture("10.00"), 0.5, received=2, id="f1")
    assert "duplicate" == decision.outcome
    assert {} == story.refunds


def test_3_an_early_fact_with_a_known_id_and_other_content_conflicts() -> None:
    """The same id with another amount is the anomaly `conflicting_id`, and never pays for anything."""
    story = Story()
    story.send(capture("4.00"), 0.5, id="f1")
    decision = story.send(capture("6.00", "p2"), 0.6, id="f1")
    assert "anomaly" == decision.outcome
    assert ["conflicting_id"] == codes(decision)
    story.send(placing(), 0, received=1)
    assert ["p1"] == [payment.id for payment in story.order.payments]
    assert "unpaid" == story.order.state


def test_3_everything_that_came_too_early_is_judged_in_order_of_at() -> None:
    """Reported backwards before placing, judged forwards after it: paid, dispatched, delivered."""
    story = Story()
    story.send(Delivered(parcel="P"), 6)
    story.send(Dispatched(lines=["A"], parcel="P"), 5)
    story.send(capture("10.00"), 1)
    decision = story.send(placing(), 0, received=7)
    assert "accepted" == decision.outcome
    assert {"delivered": 1} == story.of("A")
    assert [] == [anomaly.id for anomaly in story.order.anomalies if anomaly.open]


def test_3_goods_that_left_before_placing_and_paying_leave_once_both_are_known() -> None:
    """`place` alone does not make them move; the payment that completes the order does."""
    story = Story()
    story.send(Dispatched(lines=["A"]), 2)
    story.send(placing(), 0, received=3)
    assert {"unpaid": 1} == story.of("A")
    story.send(capture("10.00"), 1, received=4)
    assert {"shipped": 1} == story.of("A")
    assert [] == [anomaly.id for anomaly in story.order.anomalies if anomaly.open]


def test_3_goods_that_left_before_they_were_paid_are_judged_again_after_the_payment() -> None:
    """Everything came before placing, the dispatch before the payment: it is judged once more."""
    story = Story()
    story.send(Dispatched(lines=["A"]), 1)
    story.send(capture("10.00"), 2)
    story.send(placing(), 0, received=3)
    assert {"shipped": 1} == story.of("A")


def test_3_free_goods_that_left_before_placing_are_shipped_by_it() -> None:
    """Placing a free order pays for it (5.13)."""
    story = Story()
    story.send(Dispatched(lines=["A"]), 1)
    story.send(placing(item("A", "0")), 0, received=2)
    assert {"shipped": 1} == story.of("A")


def test_3_early_payments_are_judged_in_order_of_at() -> None:
    """The later one caused the excess, though it was reported first (5.6)."""
    story = Story()
    story.send(capture("6.00", "p2"), 2)
    story.send(capture("6.00", "p1"), 1, received=3)
    story.send(placing(), 0, received=4)
    assert [("p2", 200)] == [(refund.payment, refund.amount) for refund in story.order.refunds]


def test_3_an_early_fact_that_contradicts_the_placed_order_stays_an_anomaly() -> None:
    """Judged again, goods that the order does not have are still goods that it does not have."""
    story = Story()
    story.send(capture("10.00"), 0.5)
    story.send(Dispatched(lines=["X"]), 1)
    story.send(placing(), 0, received=2)
    assert {"unshipped": 1} == story.of("A")
    assert [] != [anomaly.id for anomaly in story.order.anomalies if anomaly.open]


def test_3_an_early_part_payment_is_no_full_payment() -> None:
    """What was captured before placing counts, but the rest is still missing."""
    story = Story()
    story.send(capture("4.00"), 0.5)
    story.send(placing(), 0, received=1)
    assert "unpaid" == story.order.state
    story.send(capture("6.00", "p2"), 2)
    assert "unshipped" == story.order.state


def test_a1_a_late_payment_that_came_before_its_order_is_late_all_the_same() -> None:
    """Captured after the window of an order that we learn of later still: closed and given back (5.6)."""
    story = Story()
    story.send(capture("10.00"), 24)
    story.send(placing(), 0, received=26)
    assert "closed" == story.order.state
    assert {"r1": ("late_payment", "due", "10.00")} == story.refunds


def test_a1_a_payment_in_time_pays_for_an_order_that_is_learnt_of_too_late() -> None:
    """The payment was known in time; it is judged with `place`, before the deadlines that passed meanwhile."""
    story = Story()
    story.send(capture("10.00"), hours(24) - TICK)
    story.send(placing(), 0, received=26)
    assert "unshipped" == story.order.state
    assert {} == story.refunds


def test_3_deadlines_are_applied_after_placing_too() -> None:
    """An order that is learnt of a day late is closed at once."""
    story = Story()
    decision = story.send(placing(), 0, received=24)
    assert ("payment_window_closed",) == decision.fired
    assert "closed" == story.order.state


# --- order and ids ---------------------------------------------------------------------------------------


def test_6_anomalies_are_numbered_from_before_placing_on() -> None:
    """Ids are in order of creation within an order, from `n1` on."""
    story = Story()
    story.send(PreparationStarted(lines=["X"]), 0)
    story.send(placing(), 0, received=1)
    story.send(Dispatched(lines=["Y"]), 2)
    numbers = [anomaly.id for anomaly in story.order.anomalies]
    assert [f"n{n}" for n in range(1, len(numbers) + 1)] == numbers


def test_5_15_a_customer_acts_only_on_their_own_order() -> None:
    """The order's customer must match the actor's id."""
    story = paid(customer="c2")
    assert ["not_allowed"] == codes(story.ask(RequestCancellation(lines="all"), 1, by=BUYER))


def test_5_15_a_seller_acts_only_on_orders_with_its_goods() -> None:
    """A seller without goods in an order has nothing to report about it."""
    story = paid(item("A"), item("E", seller="s7"))
    assert ["not_allowed"] == codes(story.ask(PreparationStarted(), 1, by=OTHER_SELLER))
    assert "accepted" == story.ask(PreparationStarted(), 1, by=SELLER).outcome


def test_5_1_presets_place_alike() -> None:
    """Placing is the same in all three presets."""
    orders = [
        placed(item("A"), item("B", bundle="s"), policy=policy).order
        for policy in (Policy(), Policy.declaration(), Policy.marketplace())
    ]
    assert orders[0] == orders[1] == orders[2]
    assert all(isinstance(order, Order) for order in orders)


def test_b20_clause_is_cited_for_mixed_bundles() -> None:
    """The refusal cites the clause on bundles."""
    decision = Story().send(placing(item("B", bundle="s"), item("C", bundle="s", kind="digital")))
    assert ["B20"] == clauses(decision)


def test_3_a_fact_concerns_the_order_that_it_is_sent_to() -> None:
    """Facts are about the order that they are sent to; two orders share nothing."""
    one, two = Story(order_id="1"), Story(order_id="2")
    one.send(placing())
    two.send(placing())
    one.send(PaymentCaptured(payment="p1", instrument="card:1", amount="10.00"), 1)
    assert ("unshipped", "unpaid") == (one.order.state, two.order.state)
