"""Stories with open prices that begin with goods signed for, or on their way back.

Goods are dispatched, signed for, asked back and received at the times of `tests.policy.road`.
"""

from fractions import Fraction
from typing import Any

from orderfsm import (
    AcceptTerms,
    ApproveReturn,
    AssessReturn,
    Decision,
    Delivered,
    Dispatched,
    Policy,
    RequestReturn,
    ReturnReceived,
)
from orderfsm.order import Cause, Order
from orderfsm.policy import ReturnSchedule
from orderfsm.states import State
from orderfsm.testing.symbolic import Prices
from tests.policy.road import APPROVED, ASKED, ASSESSED, DISPATCHED, RECEIVED, SIGNED
from tests.policy.story import Story
from tests.proof.open_orders import MARKETPLACE, Goods, bought, given_back, goods, settled_up

LATE = RECEIVED + 24 * 60
"""Received when only a part is paid back any more."""


def delivered(prices: Prices, *lines: Goods, payments: int = 1, policy: Policy = MARKETPLACE) -> Story:
    """Everything that is not cancelled signed for."""
    story = bought(prices, *lines, payments=payments, policy=policy)
    taken(story, Dispatched(parcel="P1"), DISPATCHED)
    taken(story, Delivered(lines="all"), SIGNED)
    return story


def returned(
    prices: Prices,
    *lines: Goods,
    payments: int = 1,
    policy: Policy = MARKETPLACE,
    reason: str = "changed_mind",
    after: float = RECEIVED,
) -> Story:
    """An approved return of everything was received in the warehouse."""
    story = delivered(prices, *lines, payments=payments, policy=policy)
    taken(story, RequestReturn(lines="all", reason=reason), ASKED)
    taken(story, ApproveReturn(lines="all"), APPROVED)
    taken(story, ReturnReceived(lines="all", condition="unopened"), after)
    return story


def agreed(prices: Prices, *lines: Goods, payments: int = 1, policy: Policy = MARKETPLACE) -> Story:
    """Opened goods came back on agreed terms, which are open too."""
    story = delivered(prices, *lines, payments=payments, policy=policy)
    taken(story, RequestReturn(lines="all", reason="changed_mind", opened=True), ASKED)
    prices.suppose(prices.minor("terms") <= sum(line.amount for line in story.order.lines))
    taken(story, ApproveReturn(lines="all", terms=prices("terms")), APPROVED)
    taken(story, AcceptTerms(lines="all"), APPROVED + 1)
    taken(story, ReturnReceived(lines="all", condition="opened"), RECEIVED)
    return story


def taken(story: Story, input: Any, after: float) -> Decision:
    """An input that must be accepted."""
    decision = story.send(input, after)
    assert "accepted" == decision.outcome, decision.reasons
    return decision


def assess(story: Story, after: float = ASSESSED, **fields: Any) -> Decision:
    """Assess all goods, or the given lines."""
    return story.send(AssessReturn(**{"lines": "all", **fields}), after)


def paid_for_goods(order: Order) -> int:
    """What all lines cost."""
    return sum(line.amount for line in order.lines)


def settled_return(prices: Prices, story: Story, owed: int) -> Order:
    """So much is given back for what came back; goods for which nothing is are refunded, with nothing sent."""
    order = settled_up(prices, story)
    prices.claim("what is owed for returned goods is given back, and no more", owed == given_back(order, Cause.RETURN))
    for lot in order.lots:
        if lot.assessed:
            prices.claim(
                "goods for which nothing is owed are refunded", (lot.state is State.REFUNDED) != bool(lot.refunds)
            )
    return order


def late_policy(share: Fraction) -> Policy:
    """Own goods are cancelled at once; late returns give this share."""
    return Policy.marketplace(returns=ReturnSchedule(late_share=share))


SHAPES = {
    f"{name}-{payments}p": (lines, payments)
    for name, lines in (
        ("1", goods(1)),
        ("1x2", goods(1, 2)),
        ("2", goods(2)),
        ("3", goods(3)),
        ("2-bundled", goods(2, bundled=True)),
    )
    for payments in (1, 2)
}
"""Lines and payments, by a name for the test's report."""
