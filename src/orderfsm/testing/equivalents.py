"""Mutants that no property can tell from the shipped definition, and why."""

_GRANTED = "goods only wait for a decision where somebody has to grant it, and then the condition never holds"
_ANSWERED = "such goods have no open question of this kind: what brought them there has closed it"

_FIRST = "the row before it holds then, and is taken; that no two rows hold at once is tested with the conditions"

EQUIVALENT: dict[str, str] = {
    "source added: unshipped on request_cancellation[direct_at_once] to cancelled": _GRANTED,
    "source added: unshipped on request_cancellation[direct_with_mates] to unshipped.cancel_confirming": _GRANTED,
    "source added: preparing on request_cancellation[direct] to preparing.cancel_confirming": _GRANTED,
    "source added: unshipped.cancel_requested on approve_cancellation[nothing_in_preparation] to cancelled": (
        "a bundle is only confirming while one of it is in preparation: the condition never holds then"
    ),
    "source added: preparing.cancel_confirming on stop_confirmed[answers_alone] to cancelled": _ANSWERED,
    "source added: preparing.cancel_confirming on stop_confirmed[answers_for_bundle] to itself": _ANSWERED,
    "source added: preparing.cancel_confirming on stop_denied[answers_the_ask] to preparing": _ANSWERED,
    "source added: shipped.intercepting or arrived on intercept_confirmed[answers_the_ask] to returning": _ANSWERED,
    "source added: shipped.intercepting on intercept_denied[answers_the_ask] to shipped": _ANSWERED,
    "source added: arrived on intercept_denied[answers_the_ask] to itself": _ANSWERED,
    "source added: closed or cancelled or refunded on intercept_confirmed[answers_the_ask] to itself": _ANSWERED,
    "source added: closed or cancelled or refunded on intercept_denied[answers_the_ask] to itself": _ANSWERED,
    "source added: return_requested on approve_return[opened_by_choice] to return_planning": (
        "delivered goods have no form any more, so nothing says that they were opened"
    ),
    "source added: returning or lost on return_received[for_service] to servicing": (
        "refunded goods were assessed, or never had a form for repair or exchange"
    ),
    "effects swapped: address and label": (
        "both follow from the same moves, so only the order in which they are given changes, and none is promised"
    ),
    "comparison: choices.pays_in_part 1: scene.captured() < scene.amount_due()": _FIRST,
    "comparison: choices.refunds_outstanding 1: _unsettled(scene, lot) > 0": _FIRST,
    "comparison: deadlines.earliest 10: late[0] < found.at": (
        "of two things that are due at one instant, the other comes first; which does is not promised"
    ),
}
"""By name. A test keeps each of them alive: a name that is none, or that is caught, does not belong here."""
