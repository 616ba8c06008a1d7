"""Orders that a host may bring: of any currency, of any price, and such that cannot even be paid."""

from typing import Any

import pytest

from orderfsm.guards import HostGuard
from orderfsm.inputs import Item, Place
from orderfsm.policy import Policy
from orderfsm.testing import check_policy
from orderfsm.testing.catalogue import COMING_BACK, MIXED
from orderfsm.testing.proving import prove_scope
from orderfsm.testing.scopes import Chapter, Scope, Times, Values

CENTS, TWICE_A_CENT = Item(id="A", amount="0.40"), Item(id="A", amount="0.01", quantity=2)
SMALL: dict[str, Any] = {"early": 0, "strangers": False, "times": Times.NOW}


@pytest.mark.parametrize(("country", "currency"), [("JP", "JPY"), ("BH", "BHD"), ("CH", "CHF")])
def test_amounts_have_the_places_of_their_currency(country: str, currency: str) -> None:
    """Yen have none, dinars three; what is promised of payments holds of both."""
    chapters = (Chapter.PAYMENT, Chapter.CANCELLATION, Chapter.REFUNDS)
    more: dict[str, Any] = {"country": country, "currency": currency, "delivery_fee": "5", "chapters": chapters}
    assert () == prove_scope(Scope(name=currency, lines=[Item(id="A", amount=10)], **more, **SMALL)).violations


@pytest.mark.parametrize(
    ("item", "values"),
    [
        pytest.param(CENTS, Values.LEAN, id="40 cents, lean"),
        pytest.param(CENTS, Values.PLAIN, id="40 cents"),
        pytest.param(TWICE_A_CENT, Values.PLAIN, id="twice a cent"),
        pytest.param(TWICE_A_CENT, Values.LEAN, id="twice a cent, lean", marks=[pytest.mark.slow, pytest.mark.nightly]),
    ],
)
def test_goods_may_be_as_cheap_as_can_be(item: Item, values: Values) -> None:
    """What a person decides to give back is never more than the goods cost, so that every order can end."""
    scope = Scope(name="cheap", lines=[item], chapters=COMING_BACK, delivered=True, values=values, **SMALL)
    assert () == prove_scope(scope).violations


def test_orders_that_cannot_be_paid_cannot_begin_paid() -> None:
    """They would never be placed, and nothing would be shown: that is said instead."""
    with pytest.raises(ValueError, match="expected orders that can be paid, but place: bundle_mixed"):
        check_policy(Policy(), scopes=[Scope(name="mixed", lines=MIXED, paid=True)])


def test_where_nothing_is_placed_nothing_is_shown() -> None:
    """A guard that closes the shop leaves a proof without a single order: that is no pass."""
    closed = HostGuard(code="closed", on=[Place], holds=lambda _, __: False, sentence="The shop is closed.")
    scope = Scope(name="closed", lines=[Item(id="A", amount=10)], chapters=[Chapter.PAYMENT], **SMALL)
    found = check_policy(Policy(), guards=[closed], scopes=[scope])
    assert not found.passed
    assert "nothing was ever placed" in str(found)
    with pytest.raises(ValueError, match="but place: closed"):
        check_policy(Policy(), guards=[closed], scopes=[Scope(name="paid", lines=scope.lines, paid=True)])
