"""Money that goes back: the payment provider's reports on refunds, and the goods that follow them (B1)."""

from attrs import evolve

from orderfsm.draft import Draft
from orderfsm.effects import Channel, Escalate, Notify, Topic
from orderfsm.engine import REFUND_TRANSITIONS, transition_for
from orderfsm.inputs import Input, RefundFact, RefundReversed, RefundSettled
from orderfsm.next_steps import LOOK
from orderfsm.notes import follow
from orderfsm.order import Refund
from orderfsm.reasons import AnomalyCode, Reason
from orderfsm.states import RefundState
from orderfsm.table import REFUND_IMPLIED, REFUND_KNOWN


def judge_refund(draft: Draft, fact: RefundFact) -> None:
    """Take a report on a refund in; its goods follow (B1)."""
    refund = next((each for each in draft.refunds if each.id == fact.refund), None)
    if refund is None:
        facts = {"refund": fact.refund, "refunds": [each.id for each in draft.refunds]}
        draft.contradict(Reason(AnomalyCode.UNKNOWN_REFUND, "B2", facts, LOOK))
    elif (refund.state, type(fact)) in REFUND_KNOWN:
        return
    elif not _advance(draft, refund.id, type(fact)):
        facts = {"refund": refund.id, "state": refund.state}
        draft.contradict(Reason(AnomalyCode.SETTLED_AFTER_FAILURE, "B1", facts, LOOK))


def _advance(draft: Draft, refund_id: str, trigger: type[Input]) -> bool:
    """Take a refund along its rows, skipped steps first; its goods follow."""
    refund = next(each for each in draft.refunds if each.id == refund_id)
    through = REFUND_IMPLIED.get((refund.state, trigger))
    if through is not None:
        _advance(draft, refund_id, through)
        refund = next(each for each in draft.refunds if each.id == refund_id)
    rows = REFUND_TRANSITIONS[trigger.name].get(refund.state, ())
    if not rows:
        return False
    was_settled = refund.state is RefundState.SETTLED
    refund = evolve(refund, state=rows[0].target)
    draft.put_refund(refund)
    draft.touched = True
    if refund.state is RefundState.SETTLED:
        _goods_follow(draft, refund, RefundSettled.name)
        draft.emit(Notify, channel=Channel.MESSAGE_CENTER, topic=Topic.REFUND_SETTLED, lines=refund.lines)
    elif refund.state is RefundState.FAILED:
        if was_settled:
            _goods_follow(draft, refund, RefundReversed.name)
        code = "refund_reversed" if was_settled else "refund_failed"
        draft.emit(Escalate, code=code, clause="B1", lines=refund.lines, refund=refund.id)
    return True


def _goods_follow(draft: Draft, refund: Refund, trigger: str) -> None:
    for lot in [each for each in draft.lots if refund.id in each.refunds]:
        transition = transition_for(trigger, draft, lot)
        if transition is not None:
            follow(draft, lot, transition)
