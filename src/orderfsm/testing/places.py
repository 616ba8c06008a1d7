"""Where goods are, as far as answers tell it apart: their states, and what of their past still counts."""

from orderfsm.order import Lot
from orderfsm.states import State as S
from orderfsm.testing.charter import STILL_HERE

Place = S | str
"""Where goods are; those that were paid back, by where they were before."""

ONCE_CANCELLED, ONCE_RETURNED, ONCE_LOST = "refunded, once cancelled", "refunded, once returned", "refunded, once lost"
PAID_BACK = {S.CANCELLED: ONCE_CANCELLED, S.RETURNED: ONCE_RETURNED, S.LOST: ONCE_LOST}
AT_HOME, COMING_HOME = "returning, by a form", "returning, from the road"


def place_of(lot: Lot) -> Place:
    """Where goods are, as far as answers tell it apart."""
    if lot.state is S.REFUNDED and lot.settled_from is not None:
        return PAID_BACK[lot.settled_from]
    if lot.state is S.RETURNING:
        by_form = lot.case is not None and lot.case.kind in ("return", "repair", "exchange")
        return AT_HOME if by_form else COMING_HOME
    return lot.state


ROAD = (S.SHIPPED, S.SHIPPED_INTERCEPTING, S.ARRIVED)
FORM = (S.RETURN_REQUESTED, S.RETURN_PLANNING)
COMING = (AT_HOME, COMING_HOME)
LEFT: tuple[Place, ...] = (*ROAD, S.DELIVERED, *FORM, *COMING, S.RETURNED, S.SERVICING, S.LOST)
REFUNDED: tuple[Place, ...] = tuple(PAID_BACK.values())
ANYWHERE: tuple[Place, ...] = (S.UNPAID, S.CLOSED, *STILL_HERE, S.CANCELLED, *LEFT, *REFUNDED)
