"""The playground without a browser: its Python says what the machine says."""

import json
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from orderfsm import CUSTOMER_SERVICE, FACTS, Accepted, Customer, RefundState, Refused, RequestReturn, State
from orderfsm.money import decimal_string
from orderfsm.table import WHO
from tools.docs.playground.buttons import Button, actors_of
from tools.docs.playground.door import Door, choices, warm_up
from tools.docs.playground.orders import CUSTOMER, ORDERS, POLICIES
from tools.docs.playground.story import Story
from tools.docs.playground.view import view_of

ANN = f"customer:{CUSTOMER}"


def told(order: str, policy: str, *presses: str | float | tuple[str, dict[str, Any]]) -> Story:
    """A story by what was pressed: a button, a button with values, or hours that pass."""
    story = Story.begin(order, policy)
    for press in presses:
        match press:
            case str() as key:
                story.take({"button": key, "values": {}})
            case (str() as key, values):
                story.take({"button": key, "values": values})
            case hours:
                story.take({"hours": hours})
    return story


def outcomes(story: Story) -> list[str]:
    """What was answered, one after the other."""
    return [entry.decision.outcome for entry in story.journal]


def button(story: Story, key: str) -> Button:
    """The button of this name."""
    return next(button for button in story.buttons() if button.key == key)


# --- stories ---------------------------------------------------------------------------------------------


def test_a_direct_cancellation_ends_refunded() -> None:
    """Under the marketplace policy the customer cancels, and the payment provider reports the refund."""
    story = told(
        "shop", "marketplace",
        "payment/payment_captured", f"{ANN}/request_cancellation",
        "payment/refund_sent/r1", "payment/refund_settled/r1",
    )  # fmt: skip
    assert ["accepted"] * 5 == outcomes(story)
    assert {State.REFUNDED} == {lot.state for lot in story.order.lots}


def test_a_bundle_is_widened_and_waits_for_logistics() -> None:
    """One item of a bundle is named, its mate comes along, and time has presumed their preparation."""
    story = told(
        "bundle", "combined",
        "payment/payment_captured", 12, (f"{ANN}/request_cancellation", {"lines": {"pot": 1}}),
    )  # fmt: skip
    view = view_of(story)
    assert ["preparation presumed"] == [fired["text"] for fired in view["journal"][2]["fired"]]
    assert "1 × cups" == view["journal"][3]["added"]
    assert ["preparing", "preparing.cancel_requested"] == view["states"]


def test_agreed_terms_are_the_refund() -> None:
    """What customer service offers for an opened item, and the customer accepts, is what goes back."""
    story = told(
        "shop", "combined",
        "payment/payment_captured", "warehouse/dispatched", "logistics/arrived", "logistics/delivered",
        (f"{ANN}/request_return", {"lines": {"pot": 1}, "opened": True}),
        ("customer_service/approve_return", {"terms": "6.00"}),
        f"{ANN}/accept_terms", ("warehouse/return_received", {"condition": "opened"}), "customer_service/assess_return",
    )  # fmt: skip
    assert ["accepted"] * 10 == outcomes(story)
    assert ["6.00 EUR"] == [refund["amount"] for refund in view_of(story)["refunds"]]


def test_an_offer_begins_with_what_was_paid() -> None:
    """Where customer service has to name terms, the button opens its form, filled in so that it is accepted."""
    story = told(
        "shop", "combined",
        "payment/payment_captured", "warehouse/dispatched", "logistics/arrived", "logistics/delivered",
        (f"{ANN}/request_return", {"lines": {"mug": 1}, "opened": True}),
    )  # fmt: skip
    approve = button(story, "customer_service/approve_return")
    assert (True, True) == (approve.fits, approve.form_first)
    assert ["12.00"] == [field.value for field in approve.fields if field.name == "terms"]
    assert not button(told("shop", "combined"), "customer_service/approve_return").form_first


def test_a_form_begins_with_the_goods_that_are_the_actors_own() -> None:
    """Terms for a seller's goods are the seller's to offer: customer service's form is about the other line only."""
    opened = {"opened": True}
    story = told(
        "seller", "combined",
        "payment/payment_captured", "warehouse/dispatched", "seller:potter/dispatched",
        "logistics/arrived", "logistics/delivered", (f"{ANN}/request_return", opened),
    )  # fmt: skip
    for actor, line, paid in (("customer_service", "mug", "24.00"), ("seller:potter", "bowl", "45.00")):
        approve = button(story, f"{actor}/approve_return")
        assert (True, True) == (approve.fits, approve.form_first)
        chosen = [line for field in approve.fields for line, _, _, count in field.lines if count]
        assert line in chosen
        story.take({"button": approve.key, "values": {}})
        assert {State.RETURN_PLANNING} == {lot.state for lot in story.order.lots if lot.line.id == line}
        assert {paid} == {
            decimal_string(lot.terms, "EUR") for lot in story.order.lots if lot.line.id == line and lot.terms
        }


def test_a_refusal_says_why_and_what_instead() -> None:
    """Its steps are buttons of the one who asked, else of whoever may say it; the rest is advice."""
    story = told("shop", "combined", "payment/payment_captured", "warehouse/dispatched", f"{ANN}/request_cancellation")
    refused = view_of(story)["journal"][-1]
    assert "refused" == refused["outcome"]
    [reason] = refused["reasons"]
    assert 2 == len(reason["messages"])
    assert ("already_dispatched", "reference/codes.html#already_dispatched") == tuple(reason["code"].values())
    assert ("A9", "policy.html#a9") == tuple(reason["clause"].values())
    assert [
        ("Cancel this delivery", f"{ANN}/cancel_delivery", True),
        ("Delivery refused (Logistics)", "logistics/delivery_refused", True),
        ("Return, repair or exchange", f"{ANN}/request_return", False),
        ("Contact customer service.", None, False),
    ] == [(step["text"], step["button"], step["now"]) for step in reason["steps"]]
    story.take({"button": f"{ANN}/cancel_delivery", "values": {}})
    assert {State.SHIPPED_INTERCEPTING} == {lot.state for lot in story.order.lots}


def test_a_fact_that_does_not_fit_becomes_an_anomaly() -> None:
    """It can be reported, it moves nothing, and customer service can resolve it."""
    story = told("shop", "combined", "payment/payment_captured", "logistics/stop_confirmed")
    view = view_of(story)
    assert ["stale_answer"] == [anomaly["code"]["text"] for anomaly in view["anomalies"]]
    assert {State.UNSHIPPED} == {lot.state for lot in story.order.lots}
    story.take({"button": "customer_service/resolve_anomaly/n1", "values": {"note": "a slip"}})
    assert [("a slip", False)] == [(anomaly.note, anomaly.open) for anomaly in story.order.anomalies]


def test_a_late_payment_can_be_learnt_later_still() -> None:
    """A fact may have happened hours ago: this payment was in time, but became known after the closing."""
    story = told("shop", "combined", 25, ("payment/payment_captured", {"hours_ago": 2}))
    assert {State.CLOSED} == {lot.state for lot in story.order.lots}
    assert ["late payment"] == [refund["cause"] for refund in view_of(story)["refunds"]]
    paid = story.journal[-1].input
    assert paid is not None and paid.at is not None
    assert timedelta(hours=23) == paid.at - story.order.placed_at


def test_time_goes_to_the_next_deadline() -> None:
    """Exactly to it: it fires, and one second less would not have done."""
    story = told("shop", "combined")
    hours = story.hours_to_deadline()
    assert 24 == hours
    assert ["unpaid"] == view_of(told("shop", "combined", hours - 1 / 3600))["states"]
    assert ["closed"] == view_of(told("shop", "combined", hours))["states"]


@pytest.mark.parametrize(
    "press",
    [
        {"hours": -1}, {"hours": 0}, {"hours": True}, {"hours": 1e9}, {"hours": float("nan")}, {}, 7,
        {"hours": 80 * 366 * 24},
        {"button": "customer:bob/request_cancellation", "values": {}},
        {"button": f"{ANN}/request_return", "values": {"lines": {"mug": 0}}},
        {"button": f"{ANN}/request_return", "values": {"by": "platform"}},
        {"button": f"{ANN}/request_return", "values": {"lines": 7}},
        {"button": "payment/payment_captured", "values": {"amount": "much"}},
        {"button": "payment/payment_captured", "values": {"amount": ["1"]}},
        {"button": "payment/payment_captured", "values": {"hours_ago": -1}},
    ],
)  # fmt: skip
def test_what_cannot_be_is_a_fault_that_changes_nothing(press: dict[str, Any]) -> None:
    """Whoever writes the question, by hand or in a link: nothing is pressed, and the answer says what is wrong."""
    door = Door()
    before = door.story.order, list(door.story.journal), list(door.story.presses)
    answer = json.loads(door.answer(json.dumps(press)))
    assert ["fault"] == list(answer)
    assert before == (door.story.order, door.story.journal, door.story.presses)


def test_a_story_can_be_told_again() -> None:
    """Its presses, as the page's link carries them, give the same page."""
    door, other = Door(), Door()
    for press in (
        {"button": "payment/payment_captured", "values": {}},
        {"hours": 13},
        {"button": f"{ANN}/request_return", "values": {}},
    ):
        view = json.loads(door.answer(json.dumps(press)))["view"]
    assert view == json.loads(other.answer(json.dumps({"tell": view["story"]})))["view"]
    wrong = {"tell": {"order": "none", "policy": "combined", "presses": []}}
    assert "fault" in json.loads(other.answer(json.dumps(wrong)))
    assert view == view_of(other.story)


def test_the_door_says_what_a_story_can_begin_with() -> None:
    """Every order and every policy, by name and title; what it reads beforehand can be read."""
    warm_up()
    offered = json.loads(choices())
    assert list(ORDERS) == [name for name, _ in offered["orders"]]
    assert list(POLICIES) == [name for name, _ in offered["policies"]]


# --- buttons ---------------------------------------------------------------------------------------------


def walks() -> Iterator[Story]:
    """Every order under every policy, each with some presses at random, always the same."""
    for order in ORDERS:
        for policy in POLICIES:
            chance = Random(f"{order} {policy}")
            story = told(order, policy, "payment/payment_captured")
            for _ in range(25):
                offered = list(story.buttons())
                fitting = [button for button in offered if button.fits]
                choice = chance.choice(fitting if fitting and chance.random() < 0.8 else offered)
                if chance.random() < 0.15:
                    story.take({"hours": chance.choice([1, 12, 24, 24 * 31])})
                else:
                    story.take({"button": choice.key, "values": {}})
            yield story


def test_every_actor_has_the_machines_own_buttons() -> None:
    """Wherever a story has led: the commands of `actions` that are this actor's, and the facts that it may report.

    A command that `actions` allows is offered; one that is not offered is refused as the button says.
    """
    for story in walks():
        view = view_of(story)
        json.dumps(view)
        buttons = list(story.buttons())
        assert len(buttons) == len({button.key for button in buttons})
        for actor in actors_of(story.order):
            own = [button for button in buttons if button.actor == actor]
            actions = story.machine.actions(story.order, by=actor, at=story.now)
            allowed = {(action.name, getattr(action.input, "refund", None)) for action in actions if action.allowed}
            mine = [action.name for action in actions if actor.role in WHO[type(action.input)]]
            assert mine == [button.input.name for button in own if button.input.is_command]
            offered = {(button.input.name, getattr(button.input, "refund", None)) for button in own if button.fits}
            assert allowed <= offered
            facts = [fact.name for fact in FACTS if actor.role in WHO[fact]]
            assert set(facts) - {"refund_sent", "refund_settled", "refund_failed", "refund_reversed"} <= {
                button.input.name for button in own
            }
        for button in buttons:
            if button.input.is_command:
                assert (Accepted if button.fits else Refused) is type(button.decision)
            assert button.decision == story.machine.decide(story.order, button.input)


def test_a_fact_that_fits_is_the_next_thing_that_happens() -> None:
    """Nothing is contradicted or skipped: a refund that is due is sent first, goods under way arrive first."""
    story = told("shop", "marketplace", "payment/payment_captured", f"{ANN}/request_cancellation")
    assert ["payment/refund_sent/r1"] == [b.key for b in story.buttons() if b.fits and not b.input.is_command]
    assert RefundState.DUE is story.order.refunds[0].state
    story = told("shop", "combined", "payment/payment_captured", "warehouse/dispatched")
    assert ["arrived", "lost", "delivery_refused"] == [
        b.input.name for b in story.buttons() if b.fits and not b.input.is_command
    ]


def test_an_actor_is_who_has_a_part_in_the_order() -> None:
    """A seller appears where it sells something; the customer comes first."""
    assert "seller:potter" in [str(actor) for actor in actors_of(told("seller", "combined").order)]
    actors = actors_of(told("shop", "combined").order)
    assert (Customer(CUSTOMER), CUSTOMER_SERVICE) == actors[:2]
    assert 6 == len(actors)


def test_a_return_has_a_reason_from_the_start() -> None:
    """The machine's preview leaves it unstated, which nobody would send."""
    story = told("shop", "combined")
    asked = button(story, f"{ANN}/request_return").input
    assert isinstance(asked, RequestReturn)
    assert "changed_mind" == asked.reason
