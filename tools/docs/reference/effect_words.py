"""What the host does about each effect, and what each topic says: written by hand, for the machine only asks for it."""

from collections.abc import Mapping

from attrs import frozen

from orderfsm.effects import (
    AskCarrier,
    AskLogistics,
    Effect,
    Escalate,
    Instruction,
    Notify,
    ReleaseStock,
    SendRefund,
    SendReplacement,
    SendReturnAddress,
    SendReturnLabel,
    TellWarehouse,
    Topic,
)
from orderfsm.events import Waiting


@frozen
class Task:
    """What the host does about an effect, and what it reports back."""

    do: str
    report: str


NO_REPORT = "Nothing."

TASKS: Mapping[type[Effect], Task] = {
    Notify: Task(
        "Tell the customer, on the `channel` that is named, what the `topic` says. "
        "`screen` is the page that is open, `message_center` the customer's messages in the shop. "
        "Offer `next_steps` as buttons or links.",
        NO_REPORT,
    ),
    ReleaseStock: Task("Put the quantities in `lines` back into what can be sold.", NO_REPORT),
    TellWarehouse: Task(
        "Tell the warehouse what the `instruction` says; for a seller's goods tell that seller's warehouse.",
        "Nothing. If the goods start or leave all the same, they say `preparation_started` or `dispatched`.",
    ),
    AskLogistics: Task(
        "Ask the logistics provider whether the goods in `lines` can still be stopped; keep `ask` with the question.",
        "`stop_confirmed` or `stop_denied`, with this `ask`. Until then the goods are not cancelled, and after "
        "`logistics_overdue` a person is told.",
    ),
    AskCarrier: Task(
        "Ask the carrier to stop the `parcels` with the goods in `lines` and bring them back, and keep `ask` with the "
        "question. Where no parcel is known, find it by the order.",
        "`intercept_confirmed` or `intercept_denied`, with this `ask`; and `return_received` when the goods are back.",
    ),
    SendReturnAddress: Task(
        "Send the customer `address`, by `channel`, and say which goods in `lines` go there.",
        "Nothing until the goods are back: then `return_received`, with their `condition`.",
    ),
    SendReturnLabel: Task("Have a prepaid label made for the goods in `lines` and send it to the customer.", NO_REPORT),
    SendReplacement: Task(
        "Send other goods of the same kind and number as `lines`.",
        "`dispatched` with these lines when they leave, or have staff send `give_up_service` where there are none.",
    ),
    SendRefund: Task(
        "Have the payment provider send `amount` back to `instrument`, against `payment`, and to nothing else (B2). "
        "Give the provider `refund` and `attempt` as its idempotency key. "
        "It is expected not before `not_before` and promised by `due_by`, both dates in the order's time zone (A18); "
        "sending it at once breaks nothing.",
        "`refund_sent` when it is on its way, `refund_settled` when it has arrived, `refund_failed` when it has not, "
        "`refund_reversed` when the bank sends it back; each with this `refund`.",
    ),
    Escalate: Task(
        "Put it on a list that a person works through, with `code`, `lines` and `facts`. "
        "`anomaly` or `refund` say what it is about, where it is about one.",
        "`resolve_anomaly` for an `anomaly`, `resend_refund` for a failed `refund`, else what the person finds out.",
    ),
}

TOPICS: Mapping[Topic, str] = {
    Topic.ORDER_CLOSED: "The order was not paid in time and is closed; what was paid of it goes back.",
    Topic.CANCELLATION_REQUESTED: "The cancellation is asked for. It is not granted yet.",
    Topic.CANCELLED: "The goods are cancelled, and their money goes back to where it came from.",
    Topic.CANCELLATION_DECLINED: "The cancellation was turned down, and the goods go on.",
    Topic.CANCELLATION_DENIED: "The goods could not be stopped any more, and go on.",
    Topic.CANCELLATION_WITHDRAWN: "The cancellation is taken back, and the goods go on.",
    Topic.CANCELLATION_LAPSED: "The goods left before the cancellation was through; this is what can be done now.",
    Topic.INTERCEPTION_ASKED: "The carrier has been asked to bring the parcel back. It has not answered yet.",
    Topic.INTERCEPTION_CONFIRMED: "The carrier brings the parcel back; money follows once it has arrived.",
    Topic.INTERCEPTION_DENIED: "The carrier cannot stop the parcel; this is what can be done now.",
    Topic.RETURN_REQUESTED: "The form has come in. Keep the goods until it is approved.",
    Topic.TERMS_PROPOSED: "For the opened goods these terms are offered; accept or reject them.",
    Topic.TERMS_REJECTED: "The terms are rejected, and the goods stay with the customer.",
    Topic.RETURN_APPROVED: "The return is approved; where to send the goods comes by text message.",
    Topic.RETURN_DECLINED: "The return was turned down, and the goods stay with the customer.",
    Topic.RETURN_WITHDRAWN: "The return is taken back, and the goods stay with the customer.",
    Topic.RETURN_ASSESSED: "It is decided what is paid back for the goods.",
    Topic.GOODS_LOST: "The carrier has lost the goods; what becomes of them is being decided.",
    Topic.REFUND_SETTLED: "The money has arrived.",
}

INSTRUCTIONS: Mapping[Instruction, str] = {
    Instruction.HOLD: "Do not prepare or send these goods for now; a cancellation is being decided.",
    Instruction.RESUME: "Go on with these goods; nothing is cancelled any more.",
    Instruction.STOP: "Take these goods out for good; they are cancelled.",
    Instruction.REPAIR: "Repair these goods and report `dispatched` when they leave.",
}

ESCALATIONS: Mapping[str, tuple[str, str]] = {
    "lost": ("The carrier has lost goods.", "Look into it with the carrier, then send `assess_return`."),
    "refund_failed": ("A refund did not go through.", "Find out why with the payment provider, then `resend_refund`."),
    "refund_reversed": ("The bank sent a settled refund back.", "Find out why, then `resend_refund`."),
    Waiting.REFUND_OVERDUE: (
        "A refund was not sent by the day that was promised.",
        "Have the payment provider send it, and report `refund_sent`.",
    ),
    Waiting.LOGISTICS_OVERDUE: (
        "Logistics or the carrier has not answered.",
        "Ask again. Silence is never a yes: the goods stay where they are until the answer is reported.",
    ),
    Waiting.REVIEW_OVERDUE: (
        "A request has not been decided, or proposed terms have not been answered.",
        "Decide the request, or remind the customer of the terms.",
    ),
    Waiting.RETURN_OVERDUE: (
        "Goods that are on their way back have not arrived.",
        "Ask the customer or the carrier; what is found is reported as `return_received`, `lost` or `delivered`.",
    ),
}
"""Why a person must look, and what to do then, beside the anomalies."""
