"""The real machine, explored in the scopes of the second opinion and counted as Spin counts."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from attrs import frozen

from orderfsm import inputs as i
from orderfsm.actors import CUSTOMER_SERVICE, LOGISTICS, PAYMENT, PLATFORM, WAREHOUSE, Actor, Customer
from orderfsm.machine import OrderMachine
from orderfsm.order import Lot, Order, Unplaced
from orderfsm.policy import Policy
from orderfsm.testing.exploring import Exploration, explore
from tests.second_opinion.spin import Edge, Goods, Scope

PLACED_AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
PAID_AT = PLACED_AT + timedelta(hours=1)
BEFORE = PAID_AT + timedelta(hours=1)
"""When things are said as long as the preparation is not presumed."""
PRESUMED_AT = PAID_AT + timedelta(hours=12)
"""When it is presumed, and when things are said from then on."""
CLOSED_AT = PLACED_AT + timedelta(hours=24)

_ABOUT_A_LINE: dict[type[i.Input], Actor] = {
    i.PreparationStarted: WAREHOUSE,
    i.Dispatched: WAREHOUSE,
    i.RequestCancellation: Customer("c9"),
    i.WithdrawCancellation: Customer("c9"),
    i.ApproveCancellation: CUSTOMER_SERVICE,
    i.DeclineCancellation: CUSTOMER_SERVICE,
    i.StopConfirmed: LOGISTICS,
    i.StopDenied: LOGISTICS,
}


@frozen
class Said:
    """What is said at an instant; without an input only time passes."""

    name: str
    line: str
    at: datetime
    input: i.Input | None = None


class Course:
    """All courses of one order; keeps the edges and every history with which an order was met."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.machine = OrderMachine(Policy())
        self.edges: set[Edge] = set()
        self.met: dict[Goods, list[Order]] = {}
        items = [
            i.Item(id=line, amount="10.00", bundle=f"set-{bundle}" if bundle else None)
            for line, bundle in zip(scope.lines, scope.bundles, strict=True)
        ]
        self._place = i.Place(customer="c9", country="DE", currency="EUR", lines=items)
        self._payment = i.PaymentCaptured(payment="p1", instrument="card:1", amount=f"{10 * len(items)}.00")
        self._sent: dict[datetime, list[Said]] = {}

    def placed(self) -> Order:
        """The order, unpaid."""
        order = self.machine.decide(Unplaced("1001"), self._place, by=PLATFORM, at=PLACED_AT).order
        assert isinstance(order, Order)
        return order

    def explore(self) -> Exploration[Order, Said]:
        """Say everything in every order that can be told apart."""
        found = explore([self.placed()], self.inputs, self.step, key=goods)
        assert found.complete, found.undetermined
        return found

    def step(self, order: Order, said: Said) -> tuple[Order, None]:
        """What becomes of the order; remembered where it is another one."""
        decision = self.machine.tick(order, said.at) if said.input is None else self.machine.decide(order, said.input)
        after = decision.order
        assert isinstance(after, Order)
        if after is not order:
            self.met.setdefault(goods(after), []).append(after)
            if goods(after) != goods(order):
                self.edges.add(Edge(goods(order), said.name, said.line, goods(after)))
        return after, None

    def inputs(self, order: Order) -> Iterator[Said]:
        """Everything of the core, at the instants that differ."""
        yield Said("payment_captured", "", PAID_AT, self._payment.sent(by=PAYMENT, at=PAID_AT))
        states = goods(order)
        if "unpaid" in states:
            yield Said("payment_window_closed", "", CLOSED_AT)
            now = PAID_AT
        elif "closed" in states:
            now = CLOSED_AT
        else:
            yield Said("preparation_presumed", "", PRESUMED_AT)
            # Goods are unshipped only as long as the preparation is not presumed.
            now = BEFORE if any(state.startswith("unshipped") for state in states) else PRESUMED_AT
        for said in self._about_lines(now):
            # Goods on the move before payment are outside of the core: that waits for the payment and is judged again.
            if not isinstance(said.input, i.PreparationStarted | i.Dispatched) or "unpaid" not in states:
                yield said

    def _about_lines(self, at: datetime) -> list[Said]:
        if at not in self._sent:
            self._sent[at] = [
                Said(kind.name, line, at, kind(lines=[line]).sent(by=by, at=at))  # type: ignore[call-arg]
                for kind, by in _ABOUT_A_LINE.items()
                for line in self.scope.lines
            ]
        return self._sent[at]


def goods(order: Order) -> Goods:
    """What is compared of an order: each line's state and, while its cancellation is confirmed, its ask."""
    lots = {lot.line.id: lot for lot in order.lots}
    assert len(lots) == len(order.lots), "one piece of goods is in two places"
    return tuple(_word(lots[line.id]) for line in order.lines)


def _word(lot: Lot) -> str:
    if lot.ask is None or not lot.state.endswith(".cancel_confirming"):
        return str(lot.state)
    return f"{lot.state} {lot.ask.answer or 'open'}"
