"""Mutants that no property can tell from the shipped definition, and why."""

_GRANTED = "goods only wait for a decision where somebody has to grant it, and then the condition never holds"
_ANSWERED = "such goods have no open question of this kind: what brought them there has closed it"

_ASTRAY = "goods are only noted as astray once they were cancelled or closed: the condition never holds of unpaid ones"
_ALONE = "the list is only put in order where there is something to order; a single entry is in order"

_FIRST = "the row before it holds then, and is taken; that no two rows hold at once is tested with the conditions"

EQUIVALENT: dict[str, str] = {
    "source added: unshipped.cancel_requested beside unshipped on request_cancellation[direct_at_once] to cancelled": _GRANTED,
    "source added: unshipped.cancel_requested beside unshipped on request_cancellation[direct_with_mates] to unshipped.cancel_confirming": _GRANTED,
    "source added: preparing.cancel_requested beside preparing on request_cancellation[direct] to preparing.cancel_confirming": _GRANTED,
    "source added: unshipped.cancel_confirming beside unshipped.cancel_requested on approve_cancellation[nothing_in_preparation] to cancelled": (
        "a bundle is only confirming while one of it is in preparation: the condition never holds then"
    ),
    "source added: cancelled beside preparing.cancel_confirming on stop_confirmed[answers_alone] to cancelled": _ANSWERED,
    "source added: cancelled beside preparing.cancel_confirming on stop_confirmed[answers_for_bundle] to itself": _ANSWERED,
    "source added: cancelled beside preparing.cancel_confirming on stop_denied[answers_the_ask] to preparing": _ANSWERED,
    "source added: delivered beside shipped.intercepting or arrived on intercept_confirmed[answers_the_ask] to returning": _ANSWERED,
    "source added: shipped beside shipped.intercepting on intercept_denied[answers_the_ask] to shipped": _ANSWERED,
    "source added: delivered beside arrived on intercept_denied[answers_the_ask] to itself": _ANSWERED,
    "source added: lost beside closed or cancelled or refunded on intercept_confirmed[answers_the_ask] to itself": _ANSWERED,
    "source added: lost beside closed or cancelled or refunded on intercept_denied[answers_the_ask] to itself": _ANSWERED,
    "source added: delivered beside return_requested on approve_return[opened_by_choice] to return_planning": (
        "delivered goods have no form any more, so nothing says that they were opened"
    ),
    "source added: refunded beside returning or lost on return_received[for_service] to servicing": (
        "refunded goods were assessed, or never had a form for repair or exchange"
    ),
    "known added: unpaid beside any of 3 on dispatched[already_astray]": _ASTRAY,
    "contradiction added: unpaid beside any of 3 on dispatched[astray_elsewhere]": _ASTRAY,
    "effects swapped: address and label": (
        "both follow from the same moves, so only the order in which they are given changes, and none is promised"
    ),
    "bound moved: choices.pays_in_part 1: scene.captured() < scene.amount_due()": _FIRST,
    "bound moved: choices.refunds_outstanding 1: _unsettled(scene, lot) > 0": _FIRST,
    "bound moved: choosing.Chooser._named 2: len(of_line) > 1": _ALONE,
    "bound moved: choosing.Chooser._why_not 1: len(found) > 1": _ALONE,
    "bound moved: matching.named_goods 5: quantity <= there": (
        "as many units as fit are all that fit: what follows takes all of these too, and nothing is left over"
    ),
    "bound moved: paying.pay_for 3: excess > 0": "an excess of nothing gives nothing back",
    "bound moved: deadlines.earliest 10: late[0] < found.at": (
        "of two things that are due at one instant, the other comes first; which does is not promised"
    ),
}
"""By name. A test keeps each of them alive: a name that is none, or that is caught, does not belong here."""
