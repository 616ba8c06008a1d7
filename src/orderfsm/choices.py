"""Conditions that choose between rows: the ``when`` column of the table.

For one source and input they are exclusive; where none holds, the table says so by other means (the fact
is known, or stale). They never refuse anything: that is what guards are for.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from orderfsm.inputs import Dispatched, Input, InterceptAnswer, ReturnReceived, StopAnswer
from orderfsm.order import Answer, CaseKind, Lot, Party
from orderfsm.scene import Scene
from orderfsm.states import IN_PREPARATION, UNDISPATCHED, RefundState, State

I = TypeVar("I", bound=Input)
When = Callable[[Scene[I], Lot], bool]
"""What chooses between rows for a lot in a scene."""

_TO_BE_SENT = UNDISPATCHED | {State.SERVICING}
_NEVER_SENT = frozenset({State.CANCELLED, State.CLOSED, State.REFUNDED})

_ANSWERS_OF: dict[Party, type[StopAnswer | InterceptAnswer]] = {
    Party.LOGISTICS: StopAnswer,
    Party.CARRIER: InterceptAnswer,
}

# --- payment ---------------------------------------------------------------------------------------------


def captured_too_late(scene: Scene[Input], lot: Lot) -> bool:
    """The payment occurred when the window was over (A1, half-open)."""
    return scene.at >= scene.payment_closes_at


def pays_for_physical(scene: Scene[Input], lot: Lot) -> bool:
    """In time, all captures together reach what is due, and the goods have to be shipped (B6)."""
    return lot.line.physical and _in_full(scene)


def pays_for_digital(scene: Scene[Input], lot: Lot) -> bool:
    """In time, all captures together reach what is due, and the goods are there at once (B7)."""
    return not lot.line.physical and _in_full(scene)


def pays_in_part(scene: Scene[Input], lot: Lot) -> bool:
    """In time, but something is still missing."""
    return not captured_too_late(scene, lot) and scene.captured() < scene.amount_due()


def _in_full(scene: Scene[Input]) -> bool:
    return scene.at < scene.payment_closes_at and scene.captured() >= scene.amount_due()


def physical(scene: Scene[Input], lot: Lot) -> bool:
    """Goods that are shipped (B6)."""
    return lot.line.physical


def digital(scene: Scene[Input], lot: Lot) -> bool:
    """Goods that are there once they are paid (B7)."""
    return not lot.line.physical


# --- fulfilment ------------------------------------------------------------------------------------------


def same_parcel(scene: Scene[Dispatched], lot: Lot) -> bool:
    """The report names no other parcel than the one in which the goods are known to be."""
    parcel = scene.input.parcel
    return parcel is None or lot.parcel is None or parcel == lot.parcel


def other_parcel(scene: Scene[Dispatched], lot: Lot) -> bool:
    """The report names a parcel in which the goods are not known to be."""
    return not same_parcel(scene, lot)


def parcel_learnt(scene: Scene[Dispatched], lot: Lot) -> bool:
    """The report names the parcel, which nobody had named yet, of goods of which none is left to be sent.

    Of the line, where lines are named; of the whole order, where none is: else the parcel is another's.
    """
    if lot.parcel is not None or scene.input.parcel is None:
        return False
    if lot.state in _NEVER_SENT:
        return lot.stray
    named = scene.input.lines is not None
    return not any(each.state in _TO_BE_SENT for each in scene.lots if each.line is lot.line or not named)


def already_astray(scene: Scene[Dispatched], lot: Lot) -> bool:
    """The goods were already reported dispatched after cancelling or closing, in that parcel."""
    return lot.stray and same_parcel(scene, lot)


def astray_elsewhere(scene: Scene[Dispatched], lot: Lot) -> bool:
    """The goods were already reported dispatched after cancelling or closing, in another parcel."""
    return lot.stray and other_parcel(scene, lot)


def newly_astray(scene: Scene[Dispatched], lot: Lot) -> bool:
    """Nobody has reported yet that these cancelled or closed goods were dispatched."""
    return not lot.stray


def not_assessed(scene: Scene[Input], lot: Lot) -> bool:
    """Nobody has decided yet what is paid back for these goods."""
    return not lot.assessed


def assessed(scene: Scene[Input], lot: Lot) -> bool:
    """What is paid back for these goods has been decided."""
    return lot.assessed


def home_coming(scene: Scene[Input], lot: Lot) -> bool:
    """The goods come back from the customer by an after-sales form."""
    return lot.from_home


def was_intercepted(scene: Scene[Input], lot: Lot) -> bool:
    """The goods are on their way back because the carrier confirmed the interception."""
    ask = lot.ask
    confirmed = ask is not None and ask.party is Party.CARRIER and ask.answer is Answer.CONFIRMED
    return confirmed and not lot.from_home


def was_refused(scene: Scene[Input], lot: Lot) -> bool:
    """The goods are on their way back because they were turned away."""
    return not lot.from_home and not was_intercepted(scene, lot)


# --- cancellation ----------------------------------------------------------------------------------------


def needs_approval(scene: Scene[Input], lot: Lot) -> bool:
    """Somebody has to grant the cancellation: the seller (B10), or customer service (A5)."""
    return lot.line.seller is not None or scene.policy.own_goods_need_approval


def nothing_in_preparation(scene: Scene[Input], lot: Lot) -> bool:
    """Neither the goods nor a bundle mate is in preparation: nobody has to be asked."""
    return all(mate.state not in IN_PREPARATION for mate in scene.component(lot))


def mate_in_preparation(scene: Scene[Input], lot: Lot) -> bool:
    """A bundle mate is in preparation, so the bundle waits for logistics as a whole (B22)."""
    return not nothing_in_preparation(scene, lot)


def direct_at_once(scene: Scene[Input], lot: Lot) -> bool:
    """No approval is needed and nobody has to be asked."""
    return not needs_approval(scene, lot) and nothing_in_preparation(scene, lot)


def direct_with_mates(scene: Scene[Input], lot: Lot) -> bool:
    """No approval is needed, but the bundle waits for logistics."""
    return not needs_approval(scene, lot) and mate_in_preparation(scene, lot)


def direct(scene: Scene[Input], lot: Lot) -> bool:
    """No approval is needed."""
    return not needs_approval(scene, lot)


def answers_the_ask(scene: Scene[Input], lot: Lot) -> bool:
    """The answer is about the open ask of these goods: it quotes it, or came after it (policy 5.7)."""
    ask = lot.ask
    answer = scene.input
    if ask is None or ask.answer is not None or not isinstance(answer, _ANSWERS_OF[ask.party]):
        return False
    return ask.at <= scene.at if answer.ask is None else answer.ask == ask.id


def answers_alone(scene: Scene[Input], lot: Lot) -> bool:
    """The answer fits, and the goods belong to no bundle."""
    return answers_the_ask(scene, lot) and lot.line.bundle is None


def answers_for_bundle(scene: Scene[Input], lot: Lot) -> bool:
    """The answer fits, and the bundle waits until every asked member is answered."""
    return answers_the_ask(scene, lot) and lot.line.bundle is not None


def repeats_the_yes(scene: Scene[Input], lot: Lot) -> bool:
    """The goods were already confirmed, under the ask that is quoted if one is."""
    return _repeats(scene, lot, Answer.CONFIRMED)


def repeats_the_no(scene: Scene[Input], lot: Lot) -> bool:
    """The goods were already denied, under the ask that is quoted if one is."""
    return _repeats(scene, lot, Answer.DENIED)


def _repeats(scene: Scene[Input], lot: Lot, given: Answer) -> bool:
    ask = lot.ask
    answer = scene.input
    if ask is None or ask.answer is not given or not isinstance(answer, _ANSWERS_OF[ask.party]):
        return False
    return answer.ask is None or answer.ask == ask.id


# --- returns ---------------------------------------------------------------------------------------------


def opened_by_choice(scene: Scene[Input], lot: Lot) -> bool:
    """Opened goods that the customer no longer wants, without fault: the plan is talked over (A16)."""
    case = lot.case
    return (
        case is not None
        and case.kind is CaseKind.RETURN
        and case.opened
        and case.reason not in scene.policy.returns.shop_fault_reasons
    )


def needs_no_terms(scene: Scene[Input], lot: Lot) -> bool:
    """Any other return: unopened, faulty, or for repair or exchange."""
    return not opened_by_choice(scene, lot)


def for_money(scene: Scene[Input], lot: Lot) -> bool:
    """The goods come back to be paid back, or already are."""
    return not for_service(scene, lot)


def for_service(scene: Scene[Input], lot: Lot) -> bool:
    """The goods come back for repair or exchange (B3), and were not paid back as lost meanwhile."""
    return lot.for_service and not lot.assessed


def condition_learnt(scene: Scene[ReturnReceived], lot: Lot) -> bool:
    """The report says how the goods were found, which nobody had said yet."""
    return lot.condition is None and scene.input.condition is not None and not lot.assessed


def condition_conflicts(scene: Scene[ReturnReceived], lot: Lot) -> bool:
    """The report says otherwise how the goods were found than was said before, or after it was decided on."""
    given = scene.input.condition
    return given is not None and given is not lot.condition and not condition_learnt(scene, lot)


def condition_agrees(scene: Scene[ReturnReceived], lot: Lot) -> bool:
    """The report says nothing new about how the goods were found."""
    return not condition_learnt(scene, lot) and not condition_conflicts(scene, lot)


# --- refunds ---------------------------------------------------------------------------------------------


def all_refunds_settled(scene: Scene[Input], lot: Lot) -> bool:
    """Every refund for these goods has arrived."""
    return _unsettled(scene, lot) == 0


def refunds_outstanding(scene: Scene[Input], lot: Lot) -> bool:
    """Another refund for these goods has not arrived yet."""
    return _unsettled(scene, lot) > 0


def _unsettled(scene: Scene[Input], lot: Lot) -> int:
    states = (refund.state for refund in scene.refunds if refund.id in lot.refunds)
    return sum(state is not RefundState.SETTLED for state in states)


def settled_from_cancelled(scene: Scene[Input], lot: Lot) -> bool:
    """The goods had been cancelled before they were refunded."""
    return lot.settled_from is State.CANCELLED


def settled_from_returned(scene: Scene[Input], lot: Lot) -> bool:
    """The goods had been returned before they were refunded."""
    return lot.settled_from is State.RETURNED


def settled_from_lost(scene: Scene[Input], lot: Lot) -> bool:
    """The goods had been lost before they were refunded."""
    return lot.settled_from is State.LOST


PARTITIONS: tuple[frozenset[When[Any]], ...] = (
    frozenset({captured_too_late, pays_in_part, pays_for_physical, pays_for_digital}),
    frozenset({physical, digital}),
    frozenset({not_assessed, assessed}),
    frozenset({same_parcel, other_parcel}),
    frozenset({already_astray, astray_elsewhere, newly_astray}),
    frozenset({home_coming, was_intercepted, was_refused}),
    frozenset({needs_approval, direct}),
    frozenset({needs_approval, direct_at_once, direct_with_mates}),
    frozenset({nothing_in_preparation, mate_in_preparation}),
    frozenset({opened_by_choice, needs_no_terms}),
    frozenset({for_money, for_service}),
    frozenset({condition_learnt, condition_conflicts, condition_agrees}),
    frozenset({all_refunds_settled, refunds_outstanding}),
    frozenset({settled_from_cancelled, settled_from_returned, settled_from_lost}),
)
"""Sets of conditions of which exactly one holds wherever the table asks them; the checks rest on this."""

EXCLUSIVE: tuple[frozenset[When[Any]], ...] = (*PARTITIONS, frozenset({answers_alone, answers_for_bundle}))
"""Sets of conditions of which at most one holds."""
