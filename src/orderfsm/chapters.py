"""The seven chapters of an order's life, in the house order, and which inputs and events belong to each."""

from collections.abc import Mapping
from enum import StrEnum

from orderfsm import inputs as i
from orderfsm.events import Event
from orderfsm.rows import Trigger


class Chapter(StrEnum):
    """Inputs, guards, rows, pages and tests follow this order."""

    PLACING = "placing"
    PAYMENT = "payment"
    FULFILMENT = "fulfilment"
    CANCELLATION = "cancellation"
    INTERCEPTION = "interception"
    RETURNS = "returns"
    REFUNDS = "refunds"


TRIGGERS: Mapping[Chapter, tuple[Trigger, ...]] = {
    Chapter.PLACING: (i.Place,),
    Chapter.PAYMENT: (i.PaymentCaptured, Event.PAYMENT_WINDOW_CLOSED),
    Chapter.FULFILMENT: (
        Event.PREPARATION_PRESUMED, i.PreparationStarted, i.Dispatched, i.Arrived, i.Delivered, i.Lost,
    ),
    Chapter.CANCELLATION: (
        i.RequestCancellation, i.WithdrawCancellation, i.ApproveCancellation, i.DeclineCancellation,
        i.StopConfirmed, i.StopDenied, Event.BUNDLE_CONFIRMED, Event.BUNDLE_DENIED,
    ),
    Chapter.INTERCEPTION: (i.CancelDelivery, i.DeliveryRefused, i.InterceptConfirmed, i.InterceptDenied),
    Chapter.RETURNS: (
        i.RequestReturn, i.WithdrawReturn, i.ApproveReturn, i.DeclineReturn, i.AcceptTerms, i.RejectTerms,
        i.ReturnReceived, i.GiveUpService,
    ),
    Chapter.REFUNDS: (
        i.AssessReturn, Event.NOTHING_OWED, i.RefundSent, i.RefundSettled, i.RefundFailed, i.RefundReversed,
        i.ResendRefund, i.ResolveAnomaly,
    ),
}  # fmt: skip

CHAPTER_OF: Mapping[Trigger, Chapter] = {
    trigger: chapter for chapter, triggers in TRIGGERS.items() for trigger in triggers
}
"""Every input and event has one chapter; a test compares this with the table."""
