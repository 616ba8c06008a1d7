"""Which effects follow from which moves (policy 6). One list, in the order in which effects are given.

Every consequence names the moves it follows from, by trigger, source and target, and what is then told.
Refunds are told where money is reserved, anomalies where they are kept: both in `orderfsm.draft`.
"""

from collections.abc import Callable, Sequence

from attrs import frozen

from orderfsm import inputs as i
from orderfsm.deadlines import count
from orderfsm.draft import Draft
from orderfsm.effects import (
    AskCarrier,
    AskLogistics,
    Channel,
    Escalate,
    Instruction,
    Notify,
    ReleaseStock,
    SendReplacement,
    SendReturnAddress,
    SendReturnLabel,
    TellWarehouse,
    Topic,
)
from orderfsm.events import Event
from orderfsm.inputs import Label
from orderfsm.order import CaseKind, Lot
from orderfsm.reasons import Step
from orderfsm.states import (
    CANCEL_CONFIRMING,
    CANCEL_REQUESTED,
    UNDER_CANCELLATION,
    UNDISPATCHED,
    State,
)

Follows = Callable[[str, State, State], bool]
Tell = Callable[[Draft, Sequence[Lot]], None]

BOTH = (Channel.SCREEN, Channel.MESSAGE_CENTER)
CENTER = (Channel.MESSAGE_CENTER,)

AFTER_DISPATCH = (i.CancelDelivery.name, i.DeliveryRefused.name, i.RequestReturn.name, Step.CONTACT_CUSTOMER_SERVICE)
"""What is left once goods have been dispatched: the four usual ways (A10 to A16)."""


NO_STOP = AFTER_DISPATCH[1:]
"""What is left when the carrier could not stop the parcel."""

ON_TERMS = (i.AcceptTerms.name, i.RejectTerms.name)
"""What the customer can do about proposed terms (A16)."""


@frozen
class Consequence:
    """When moves of this kind happen, `tell` is called once with all lots that made them."""

    name: str
    follows: Follows
    tell: Tell


def _notify(topic: Topic, channels: tuple[Channel, ...] = CENTER, next_steps: tuple[str, ...] = ()) -> Tell:
    def tell(draft: Draft, lots: Sequence[Lot]) -> None:
        for channel in channels:
            draft.emit(Notify, channel=channel, topic=topic, lines=count(lots), next_steps=next_steps)

    return tell


def _warehouse(instruction: Instruction) -> Tell:
    def tell(draft: Draft, lots: Sequence[Lot]) -> None:
        draft.emit(TellWarehouse, instruction=instruction, lines=count(lots))

    return tell


def _release_stock(draft: Draft, lots: Sequence[Lot]) -> None:
    draft.emit(ReleaseStock, lines=count(lots))


def _ask_logistics(draft: Draft, lots: Sequence[Lot]) -> None:
    ask = lots[0].ask  # a step asks logistics once, for all goods that it concerns
    assert ask is not None
    draft.emit(AskLogistics, key=ask.id, ask=ask.id, lines=count(lots))


def ask_carrier(draft: Draft, lots: Sequence[Lot]) -> None:
    """Ask the carrier to bring these goods back."""
    ask = lots[0].ask
    assert ask is not None
    parcels = tuple(dict.fromkeys(lot.parcel for lot in lots if lot.parcel is not None))
    draft.emit(AskCarrier, key=ask.id, ask=ask.id, lines=count(lots), parcels=parcels)


def _return_address(draft: Draft, lots: Sequence[Lot]) -> None:
    draft.emit(SendReturnAddress, lines=count(lots), address=draft.policy.return_address)


def _return_label(draft: Draft, lots: Sequence[Lot]) -> None:
    prepaid = [lot for lot in lots if lot.case is not None and lot.case.label is Label.PREPAID]
    if prepaid:
        draft.emit(SendReturnLabel, lines=count(prepaid))


def _service(draft: Draft, lots: Sequence[Lot]) -> None:
    exchanged = [lot for lot in lots if lot.case is not None and lot.case.kind is CaseKind.EXCHANGE]
    repaired = [lot for lot in lots if lot.case is not None and lot.case.kind is CaseKind.REPAIR]
    if exchanged:
        draft.emit(SendReplacement, lines=count(exchanged))
    if repaired:
        draft.emit(TellWarehouse, instruction=Instruction.REPAIR, lines=count(repaired))


def _lost(draft: Draft, lots: Sequence[Lot]) -> None:
    draft.emit(Escalate, code="lost", clause="A19", lines=count(lots))


def _on(*triggers: str) -> Follows:
    return lambda trigger, source, target: trigger in triggers


def _closed(trigger: str, source: State, target: State) -> bool:
    return target is State.CLOSED and source is not target


def _requested(trigger: str, source: State, target: State) -> bool:
    return trigger == i.RequestCancellation.name and target in CANCEL_REQUESTED | CANCEL_CONFIRMING


def _asked(trigger: str, source: State, target: State) -> bool:
    return target is State.PREPARING_CANCEL_CONFIRMING and source is not target


def _cancelled(trigger: str, source: State, target: State) -> bool:
    return target is State.CANCELLED and source in UNDISPATCHED | {State.UNPAID}


def _ended_unsent(trigger: str, source: State, target: State) -> bool:
    return _cancelled(trigger, source, target) or _closed(trigger, source, target)


def _kept(trigger: str, source: State, target: State) -> bool:
    return source in UNDER_CANCELLATION and target in (State.UNSHIPPED, State.PREPARING)


def _lapsed(trigger: str, source: State, target: State) -> bool:
    return source in UNDER_CANCELLATION and target is State.SHIPPED


def _approved(trigger: str, source: State, target: State) -> bool:
    return target is State.RETURNING and trigger in (i.ApproveReturn.name, i.AcceptTerms.name)


def _in_service(trigger: str, source: State, target: State) -> bool:
    return target is State.SERVICING and source is not target


def _told_of(trigger_name: str) -> Follows:
    """A carrier's answer about goods that are not cancelled: about strays the customer is told nothing."""

    def follows(trigger: str, source: State, target: State) -> bool:
        return trigger == trigger_name and target not in (State.CANCELLED, State.CLOSED, State.REFUNDED)

    return follows


def _proposed(trigger: str, source: State, target: State) -> bool:
    return trigger == i.ApproveReturn.name and target is State.RETURN_PLANNING


# fmt: off
CONSEQUENCES: tuple[Consequence, ...] = (
    Consequence("stop", _cancelled, _warehouse(Instruction.STOP)),
    Consequence("release", _ended_unsent, _release_stock),
    Consequence("hold", _requested, _warehouse(Instruction.HOLD)),
    Consequence("resume", _kept, _warehouse(Instruction.RESUME)),
    Consequence("ask logistics", _asked, _ask_logistics),
    Consequence("ask carrier", _on(i.CancelDelivery.name), ask_carrier),
    Consequence("address", _approved, _return_address),
    Consequence("label", _approved, _return_label),
    Consequence("service", _in_service, _service),
    Consequence("loss", _on(i.Lost.name), _lost),
    Consequence("closed", _closed, _notify(Topic.ORDER_CLOSED)),
    Consequence("requested", _requested, _notify(Topic.CANCELLATION_REQUESTED, BOTH)),
    Consequence("cancelled", _cancelled, _notify(Topic.CANCELLED, BOTH)),
    Consequence("declined", _on(i.DeclineCancellation.name), _notify(Topic.CANCELLATION_DECLINED)),
    Consequence("denied", _on(i.StopDenied.name, Event.BUNDLE_DENIED.value), _notify(Topic.CANCELLATION_DENIED)),
    Consequence("withdrawn", _on(i.WithdrawCancellation.name), _notify(Topic.CANCELLATION_WITHDRAWN)),
    Consequence("lapsed", _lapsed, _notify(Topic.CANCELLATION_LAPSED, CENTER, AFTER_DISPATCH)),
    Consequence("calling off", _on(i.CancelDelivery.name), _notify(Topic.INTERCEPTION_ASKED)),
    Consequence("called off", _told_of(i.InterceptConfirmed.name), _notify(Topic.INTERCEPTION_CONFIRMED)),
    Consequence("not stopped", _told_of(i.InterceptDenied.name), _notify(Topic.INTERCEPTION_DENIED, CENTER, NO_STOP)),
    Consequence("return requested", _on(i.RequestReturn.name), _notify(Topic.RETURN_REQUESTED)),
    Consequence("terms proposed", _proposed, _notify(Topic.TERMS_PROPOSED, CENTER, ON_TERMS)),
    Consequence("return approved", _approved, _notify(Topic.RETURN_APPROVED)),
    Consequence("return declined", _on(i.DeclineReturn.name), _notify(Topic.RETURN_DECLINED)),
    Consequence("return withdrawn", _on(i.WithdrawReturn.name), _notify(Topic.RETURN_WITHDRAWN)),
    Consequence("terms rejected", _on(i.RejectTerms.name), _notify(Topic.TERMS_REJECTED)),
    Consequence("lost", _on(i.Lost.name), _notify(Topic.GOODS_LOST)),
    Consequence("assessed", _on(i.AssessReturn.name), _notify(Topic.RETURN_ASSESSED)),
)
# fmt: on

_FOLLOWING: dict[tuple[str, State, State], tuple[int, ...]] = {}


def _following(trigger: str, source: State, target: State) -> tuple[int, ...]:
    """Which consequences follow from a move, remembered: there are only as many kinds as rows."""
    key = (trigger, source, target)
    found = _FOLLOWING.get(key)
    if found is None:
        found = tuple(n for n, each in enumerate(CONSEQUENCES) if each.follows(trigger, source, target))
        _FOLLOWING[key] = found
    return found


def tell(draft: Draft) -> None:
    """Give the effects of all moves of the step, those of a kind together."""
    moved: dict[int, list[Lot]] = {}
    for before, after, trigger in draft.step:
        for number in _following(trigger, before.state, after.state):
            moved.setdefault(number, []).append(after)
    for number in sorted(moved):
        CONSEQUENCES[number].tell(draft, moved[number])
