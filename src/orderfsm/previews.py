"""The commands that an actor could send now, each in its plainest form, to be tried on the machine."""

from collections.abc import Iterator

from orderfsm import inputs as i
from orderfsm.inputs import Command
from orderfsm.order import Order
from orderfsm.selections import ALL

LABELS: dict[str, str] = {
    i.Place.name: "Place order",
    i.RequestCancellation.name: "Cancel items",
    i.WithdrawCancellation.name: "Withdraw cancellation",
    i.ApproveCancellation.name: "Approve cancellation",
    i.DeclineCancellation.name: "Decline cancellation",
    i.CancelDelivery.name: "Cancel this delivery",
    i.RequestReturn.name: "Return, repair or exchange",
    i.WithdrawReturn.name: "Keep the goods",
    i.ApproveReturn.name: "Approve return",
    i.DeclineReturn.name: "Decline return",
    i.AcceptTerms.name: "Accept terms",
    i.RejectTerms.name: "Reject terms",
    i.GiveUpService.name: "Give up repair or exchange",
    i.AssessReturn.name: "Assess return",
    i.ResendRefund.name: "Send refund again",
    i.ResolveAnomaly.name: "Resolve anomaly",
}
"""What a button says; a cancellation that somebody has to grant is "Request cancellation" (B10)."""

REQUEST_CANCELLATION = "Request cancellation"
UNSTATED = "unstated"


def preview_inputs(order: Order) -> Iterator[Command]:
    """Every command once, about everything that fits; once per refund and per open anomaly."""
    yield i.Place(
        customer=order.customer,
        country=order.country,
        currency=order.currency,
        lines=[i.Item(id=line.id, amount=0, quantity=line.quantity) for line in order.lines],
    )
    for command in i.COMMANDS:
        if issubclass(command, i.RequestReturn):
            yield command(lines=ALL, reason=UNSTATED)
        elif issubclass(command, i.GoodsCommand | i.CancelDelivery):
            yield command(lines=ALL)
    for refund in order.refunds:
        yield i.ResendRefund(refund=refund.id)
    if not order.refunds:
        yield i.ResendRefund(refund="r1")
    pending = [anomaly for anomaly in order.anomalies if anomaly.open]
    for anomaly in pending:
        yield i.ResolveAnomaly(anomaly=anomaly.id)
    if not pending:
        yield i.ResolveAnomaly(anomaly=order.anomalies[0].id if order.anomalies else "n1")
