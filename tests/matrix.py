"""The full state × input matrix, decided by the real machine on real orders, as text.

``python -m tests.matrix`` writes ``tests/matrix.txt``; a test compares. A change of policy shows as a diff.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from orderfsm import inputs as i
from orderfsm.actors import Actor, Role
from orderfsm.decisions import Decision
from orderfsm.machine import OrderMachine
from orderfsm.order import Lot, Order, Unplaced
from orderfsm.policy import Policy
from orderfsm.states import State
from orderfsm.table import WHO

FILE = Path(__file__).with_name("matrix.txt")
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

PLACE = i.Place(
    customer="c9",
    country="DE",
    currency="EUR",
    lines=[
        i.Item(id="A", amount="10.00", bundle="set"),
        i.Item(id="B", amount="5.00", bundle="set"),
    ],
)
ALL = "all"
A = ["A"]
PAID: list[i.Input] = [i.PaymentCaptured(payment="p1", instrument="card:1", amount="15.00")]
REQUESTED = [*PAID, i.RequestCancellation(lines=ALL)]
SHIPPED = [*PAID, i.Dispatched(lines=ALL, parcel="x1")]
DELIVERED = [*SHIPPED, i.Delivered(parcel="x1")]
RETURNING = [*DELIVERED, i.RequestReturn(lines=ALL, reason="changed_mind"), i.ApproveReturn(lines=ALL)]
WAY: dict[State, list[i.Input]] = {
    State.UNPAID: [],
    State.UNSHIPPED: PAID,
    State.UNSHIPPED_CANCEL_REQUESTED: REQUESTED,
    State.UNSHIPPED_CANCEL_CONFIRMING: [
        *REQUESTED, i.PreparationStarted(lines=["B"]), i.ApproveCancellation(lines=ALL),
    ],
    State.PREPARING: [*PAID, i.PreparationStarted(lines=ALL)],
    State.PREPARING_CANCEL_REQUESTED: [*REQUESTED, i.PreparationStarted(lines=ALL)],
    State.PREPARING_CANCEL_CONFIRMING: [*REQUESTED, i.PreparationStarted(lines=A), i.ApproveCancellation(lines=ALL)],
    State.CANCELLED: [*REQUESTED, i.ApproveCancellation(lines=ALL)],
    State.LOST: [*PAID, i.Lost(lines=ALL)],
    State.SHIPPED: SHIPPED,
    State.SHIPPED_INTERCEPTING: [*SHIPPED, i.CancelDelivery(lines=ALL)],
    State.ARRIVED: [*SHIPPED, i.Arrived(parcel="x1")],
    State.DELIVERED: DELIVERED,
    State.RETURN_REQUESTED: [*DELIVERED, i.RequestReturn(lines=ALL, reason="changed_mind")],
    State.RETURN_PLANNING: [
        *DELIVERED,
        i.RequestReturn(lines=ALL, reason="changed_mind", opened=True),
        i.ApproveReturn(lines=ALL, terms="6.00"),
    ],
    State.RETURNING: RETURNING,
    State.RETURNED: [*RETURNING, i.ReturnReceived(lines=ALL)],
    State.SERVICING: [
        *DELIVERED,
        i.RequestReturn(lines=ALL, reason="defective", kind=i.ReturnKind.REPAIR),
        i.ApproveReturn(lines=ALL),
        i.ReturnReceived(lines=ALL),
    ],
    State.REFUNDED: [
        *RETURNING, i.ReturnReceived(lines=ALL), i.AssessReturn(lines=ALL), i.RefundSettled(refund="r1"),
    ],
}  # fmt: skip
"""How goods of a bundle come to each state, under the policy that needs approval; `closed` takes time."""


def sender(kind: type[i.Input]) -> Actor:
    """Somebody who may send it; about the shop's own goods that is never a seller."""
    role = min(WHO[kind] - {Role.SELLER})
    return Actor(role, "c9" if role is Role.CUSTOMER else None)


def order_in(state: State) -> Order:
    """An order whose line A is in `state`."""
    machine = OrderMachine(Policy.declaration())
    order: Order | Unplaced = Unplaced("1001")
    for number, input in enumerate([PLACE, *WAY.get(state, [])]):
        order = machine.decide(order, input, by=sender(type(input)), at=START + number * MINUTE).order
    assert isinstance(order, Order)
    if state is State.CLOSED:
        order = machine.tick(order, START + timedelta(hours=24)).order
        assert isinstance(order, Order)
    assert goods(order)[0].state is state, f"{goods(order)[0].state} is not {state}"
    return order


def goods(order: Order) -> list[Lot]:
    """The lots of line A."""
    return [lot for lot in order.lots if lot.line.id == "A"]


def plain(kind: type[i.Input]) -> i.Input:
    """An input of this kind about line A, in its plainest form."""
    if kind is i.Place:
        return PLACE
    if kind is i.PaymentCaptured:
        return i.PaymentCaptured(payment="p9", instrument="card:9", amount="15.00")
    if issubclass(kind, i.RefundFact | i.ResendRefund):
        return kind(refund="r1")
    if kind is i.ResolveAnomaly:
        return i.ResolveAnomaly(anomaly="n1")
    if issubclass(kind, i.RequestReturn):
        return kind(lines=A, reason="changed_mind")
    return kind(lines=A)  # type: ignore[call-arg]


def told(decision: Decision) -> str:
    """What a decision says about line A, on one line."""
    assert isinstance(decision.order, Order)
    path = [f"{move.target}{'*' if move.inferred else ''}" for move in decision.moves if move.line == "A"]
    words = [decision.outcome, *(str(reason.code) for reason in decision.reasons)]
    added = [f"+{line}" for line in decision.added]
    return " ".join([*words, *(f"→ {state}" for state in path), *added])


def matrix() -> str:
    """Every state × input, where the presets differ one line each."""
    text = ["# state × input: what becomes of bundled goods; → moves, * inferred, + widened to", ""]
    for state in State:
        order = order_in(state)
        at = (START if state is not State.CLOSED else START + timedelta(hours=24)) + 30 * MINUTE
        text.append(f"[{state}]")
        for kind in i.INPUTS:
            input = plain(kind).sent(by=sender(kind), at=at)
            answers = {
                name: told(OrderMachine(policy).decide(order, input))
                for name, policy in (("combined", Policy()), ("marketplace", Policy.marketplace()))
            }
            text.append(f"{kind.name:24}{answers['combined']}")
            if answers["marketplace"] != answers["combined"]:
                text.append(f"{'  marketplace':24}{answers['marketplace']}")
        text.append("")
    return "\n".join(text)


if __name__ == "__main__":
    FILE.write_text(matrix(), encoding="utf-8")
