"""The compositional route: what is said of one line is decided once for each value of the part that it is about.

Three lines in every chapter have so many states that most of the time would go into asking the same again: line A
is delivered, and nobody may cancel it, wherever B and C are. So an input that names a single line, and that left
the order as it is, is not tried again while nothing is different about that line: about the bundle that it is
decided with, its money, and what is known of all others by a flag. What leads on is always decided anew.

That it is enough to look at the part is what the premises 2 and 3 of the docs' "Any number of lines" say; they are
tested, and so is that a graph explored by this route is the graph that is explored without it.
"""

from collections.abc import Hashable

from attrs import evolve

from orderfsm import inputs as i
from orderfsm.order import Line, Lot, Order
from orderfsm.selections import ALL
from orderfsm.states import UNDISPATCHED
from orderfsm.testing.keys import OrderKey
from orderfsm.testing.ledger import cancelled
from orderfsm.testing.orders import OrderSpace, Position, Said


class Parts:
    """What the answer to an input depends on, where that is less than the whole order; for `explore`.

    Raises:
        ValueError: a scope in which lines have more to do with each other: by parcels, by several payments, by
            facts that come too early, by ids, or by a host's guards.
    """

    def __init__(self, space: OrderSpace) -> None:
        scope = space.scope
        if scope.parcels or scope.captures > 1 or scope.early or scope.ids or space.host_guards:
            raise ValueError(
                f"{scope.name}: expected no parcels, one payment, no early facts, no ids and "
                "no guards of a host's own, for else a line's answers depend on other lines"
            )
        self._key = OrderKey(scope.policy)  # with the answers to questions: promises depend on them
        self._numbers: dict[Hashable, int] = {}
        self._last: tuple[Position | None, dict[str, int]] = None, {}

    def __call__(self, position: Position, said: Said) -> Hashable | None:
        """What the answer depends on; None where that is everything."""
        if not isinstance(said, i.GoodsCommand | i.GoodsFact | i.CancelDelivery):
            return None
        order, lines = position.order, said.lines
        if not isinstance(order, Order) or order.paid_at is None or lines is None or lines == ALL or len(lines) != 1:
            return None
        if getattr(said, "parcel", None) is not None or getattr(said, "ask", None) is not None:
            return None
        return said, said.received_at, self._part(position, order, lines[0][0])

    def _part(self, position: Position, order: Order, line: str) -> int:
        known, numbers = self._last
        if known is not position:
            numbers = {}
            self._last = position, numbers
        number = numbers.get(line)
        if number is None:
            part = self._value(position, order, line)
            number = numbers[line] = self._numbers.setdefault(part, len(self._numbers))
        return number

    def _value(self, position: Position, order: Order, line: str) -> Hashable:
        """Everything about a line and those that are decided with it, and the flags about all others."""
        bundles = {lot.line.bundle for lot in order.lots if lot.state in UNDISPATCHED}  # what is decided as one
        bundle = next((each.bundle for each in order.lines if each.id == line and each.bundle in bundles), None)

        def mine(some: Line) -> bool:
            return some.id == line or (bundle is not None and some.bundle == bundle)

        lots = tuple([lot for lot in order.lots if mine(lot.line)])
        others = [lot for lot in order.lots if not mine(lot.line)]
        ids = {refund for lot in lots for refund in lot.refunds}
        part = evolve(
            order,
            lines=tuple([each for each in order.lines if mine(each)]),
            lots=lots,
            refunds=tuple([refund for refund in order.refunds if refund.id in ids]),
            anomalies=(),
        )
        shared = any(refund in ids for lot in others for refund in lot.refunds)
        return line, self._key(part, position.now), shared, all(_takes_no_fee(lot) for lot in others)


def _takes_no_fee(lot: Lot) -> bool:
    """Whether the delivery is not owed for these goods: the flag `fee`."""
    return cancelled(lot) or (lot.assessed and lot.shop_fault) or lot.line.kind != "physical"
