"""What instead: the next steps of a refusal, by code and by where the goods are (A6, A10 to A16, B11, B19)."""

from functools import lru_cache

from orderfsm import inputs as i
from orderfsm.reasons import Code, Step
from orderfsm.states import State

REFUSE = i.DeliveryRefused.name
RETURN = i.RequestReturn.name
CALL_OFF = i.CancelDelivery.name
CANCEL = i.RequestCancellation.name

LOOK = (i.ResolveAnomaly.name,)
"""What to do about a contradiction: a person looks, and says when it is resolved."""

AFTER_DISPATCH: dict[State, tuple[str, ...]] = {
    State.SHIPPED: (CALL_OFF, REFUSE, RETURN),
    State.SHIPPED_INTERCEPTING: (Step.WAIT, REFUSE, RETURN),
    State.ARRIVED: (REFUSE, RETURN),
    State.DELIVERED: (RETURN,),
}
"""The usual ways to be rid of goods that have left, by where they are (A10 to A16)."""

_BY_STATE: dict[State, tuple[str, ...]] = {
    State.UNPAID: (Step.WAIT,),
    State.UNSHIPPED: (CANCEL,),
    State.PREPARING: (CANCEL,),
    **AFTER_DISPATCH,
}

_FIXED: dict[Code, tuple[str, ...]] = {
    Code.ORDER_CLOSED: (i.Place.name,),
    Code.ALREADY_REQUESTED: (Step.WAIT, i.WithdrawCancellation.name),
    Code.ALREADY_CANCELLED: (Step.WAIT,),
    Code.AWAITING_LOGISTICS: (Step.WAIT,),
    Code.ALREADY_ARRIVED: (REFUSE, RETURN),
    Code.ALREADY_DELIVERED: (RETURN,),
    Code.RETURN_OPEN: (Step.WAIT, i.WithdrawReturn.name),
    Code.ALREADY_RETURNED: (Step.WAIT,),
    Code.ALREADY_LOST: (Step.WAIT,),
    Code.ALREADY_ASSESSED: (Step.WAIT,),
    Code.NOT_RECEIVED: (Step.WAIT,),
    Code.IN_SERVICE: (i.GiveUpService.name,),
    Code.NOTHING_PROPOSED: (Step.WAIT,),
    Code.NOT_PAID: (Step.WAIT,),
}


@lru_cache(maxsize=1024)
def steps_after(code: Code, state: State, contact: str) -> tuple[str, ...]:
    """The next steps for a code about goods in `state`; whom to ask comes last (A6, B11)."""
    if code in _FIXED:
        found = _FIXED[code]
        if code is Code.ALREADY_REQUESTED and state is State.SHIPPED_INTERCEPTING:
            found = (Step.WAIT,)
    elif code is Code.NOT_DELIVERED:
        found = tuple(step for step in _BY_STATE.get(state, (Step.WAIT,)) if step != RETURN)
    elif code in (Code.ALREADY_DISPATCHED, Code.NOT_DISPATCHED, Code.NOTHING_REQUESTED):
        found = _BY_STATE.get(state, (Step.WAIT,))
    else:
        found = ()
    return (*found, contact)
