"""Stories that begin with goods under way, at the customer's, or on their way back.

Everything is dispatched in parcel `P1` 20 hours after placing and signed for after 48 (Wednesday 09:00 UTC);
a return is asked for after 72 hours, approved after 74 and received after 96 (Friday).
"""

from typing import Any

from orderfsm import (
    AcceptTerms,
    ApproveReturn,
    AssessReturn,
    Decision,
    Delivered,
    Dispatched,
    Item,
    RequestReturn,
    ReturnReceived,
)
from orderfsm.order import Refund
from tests.policy.story import Story, paid

DISPATCHED, SIGNED, ASKED, APPROVED, RECEIVED, ASSESSED = 20, 48, 72, 74, 96, 98


def shipped(*items: Item, parcel: str | None = "P1", **fields: Any) -> Story:
    """Everything under way, in one parcel."""
    story = paid(*items, **fields)
    assert story.send(Dispatched(parcel=parcel), DISPATCHED).outcome == "accepted"
    return story


def delivered(*items: Item, **fields: Any) -> Story:
    """Everything signed for."""
    story = shipped(*items, **fields)
    assert story.send(Delivered(lines="all"), SIGNED).outcome == "accepted"
    return story


def asked_back(*items: Item, form: dict[str, Any] | None = None, **fields: Any) -> Story:
    """Everything delivered, and an after-sales form about all of it waits for its decision."""
    story = delivered(*items, **fields)
    given = {"lines": "all", "reason": "changed_mind", **(form or {})}
    decision = story.send(RequestReturn(**given), ASKED)
    assert decision.outcome == "accepted", decision.reasons
    return story


def planning(*items: Item, terms: str = "6.00", **fields: Any) -> Story:
    """Everything was opened and is not wanted; terms are proposed."""
    story = asked_back(*items, form={"opened": True}, **fields)
    decision = story.send(ApproveReturn(lines="all", terms=terms), APPROVED)
    assert decision.outcome == "accepted", decision.reasons
    return story


def returning(*items: Item, form: dict[str, Any] | None = None, **fields: Any) -> Story:
    """An approved return is on its way back."""
    story = asked_back(*items, form=form, **fields)
    decision = story.send(ApproveReturn(lines="all"), APPROVED)
    assert decision.outcome == "accepted", decision.reasons
    return story


def returned(
    *items: Item, form: dict[str, Any] | None = None, condition: str | None = None, after: Any = RECEIVED, **fields: Any
) -> Story:
    """An approved return was received in the warehouse."""
    story = returning(*items, form=form, **fields)
    decision = story.send(ReturnReceived(lines="all", condition=condition), after)
    assert decision.outcome == "accepted", decision.reasons
    return story


def agreed(*items: Item, terms: str = "6.00", **fields: Any) -> Story:
    """Opened goods came back on agreed terms."""
    story = planning(*items, terms=terms, **fields)
    assert story.send(AcceptTerms(lines="all"), APPROVED + 1).outcome == "accepted"
    assert story.send(ReturnReceived(lines="all", condition="opened"), RECEIVED).outcome == "accepted"
    return story


def assess(story: Story, after: Any = ASSESSED, **fields: Any) -> Decision:
    """Assess everything that fits, or the given `lines`."""
    return story.send(AssessReturn(**{"lines": "all", **fields}), after)


# --- looking ---------------------------------------------------------------------------------------------


def amounts(story: Story) -> list[int]:
    """The amounts of all refunds, in minor units."""
    return [refund.amount for refund in story.order.refunds]


def refund(story: Story, id: str = "r1") -> Refund:
    """One refund of the order."""
    return next(each for each in story.order.refunds if each.id == id)
