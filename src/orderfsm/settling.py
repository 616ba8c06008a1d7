"""What follows within one decision.

Bundles that nobody is left to answer for are cancelled, what was cancelled is paid back, and facts that came
too early are judged again.
"""

from attrs import evolve

from orderfsm.amounts import fee_owed
from orderfsm.choosing import lots_of_actor
from orderfsm.draft import Draft
from orderfsm.events import Event
from orderfsm.order import Cause, Lot
from orderfsm.paying import cancel_unpaid
from orderfsm.reporting import judge_fact
from orderfsm.states import CANCEL_CONFIRMING, UNDISPATCHED, State

JUDGED_AGAIN = "judged again"
"""The note on an anomaly that came too early and has since been taken in."""


def settle(draft: Draft) -> None:
    """Bring the draft to rest after something moved."""
    _confirm_bundles(draft)
    cancelled: list[Lot] = []
    by_hand: list[Lot] = []
    for before, after, _ in draft.step[draft.settled :]:
        if after.state is State.CANCELLED:
            if before.state in UNDISPATCHED:
                cancelled.append(after)
            elif before.state is State.UNPAID:
                by_hand.append(after)
    if cancelled:
        draft.pay_back(cancelled, [lot.amount for lot in cancelled], fee_owed(draft), Cause.CANCELLATION)
    draft.settled = len(draft.step)
    if by_hand:
        draft.move_by(Event.NOTHING_OWED, [lot for lot in by_hand if lot.amount == 0])
        cancel_unpaid(draft)
        draft.needs_rejudging = True  # what was dispatched unpaid may now have gone astray


def _confirm_bundles(draft: Draft) -> None:
    """B22: a bundle is cancelled as soon as none of its goods is left to be answered for."""
    confirming: dict[str, list[Lot]] = {}
    for lot in draft.lots:
        if lot.state in CANCEL_CONFIRMING and lot.line.bundle is not None:
            confirming.setdefault(lot.line.bundle, []).append(lot)
    for lots in confirming.values():
        if not any(lot.state is State.PREPARING_CANCEL_CONFIRMING and lot.asked for lot in lots):
            draft.move_by(Event.BUNDLE_CONFIRMED, lots)


def judge_again(draft: Draft) -> None:
    """Judge the facts that came too early, in order of `at`; again if one of them pays for or ends the goods."""
    told, by, at, said = list(draft.told), draft.by, draft.at, draft.input
    draft.rejudging = True
    go_on = True
    while go_on:
        draft.needs_rejudging = False
        for anomaly in sorted((each for each in draft.anomalies if each.waiting), key=lambda each: each.at):
            fact = anomaly.fact
            assert fact.by is not None
            draft.input, draft.by, draft.at = fact, fact.by, anomaly.at
            draft.still_early = draft.repeated = False
            draft.ask_anew()
            lots = lots_of_actor(draft)
            if lots is None:  # a seller spoke of goods that turn out to be another's
                draft.put_anomaly(evolve(anomaly, waiting=False))
                continue
            judge_fact(draft, lots)
            settle(draft)
            if not draft.still_early:
                still_wrong = draft.repeated and anomaly.open
                known = evolve(
                    anomaly, open=still_wrong, waiting=False, note=anomaly.note or ("" if still_wrong else JUDGED_AGAIN)
                )
                draft.put_anomaly(known)
        go_on = draft.needs_rejudging
    draft.rejudging = False
    draft.told, draft.by, draft.at, draft.input = told, by, at, said
