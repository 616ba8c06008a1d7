"""Parts of orders: some of the lines, as if the others had never been bought; and graphs of what can happen.

A part forgets what the lines that are left out share with it, and nothing else:

- how much was paid and how much goes back, for these are amounts of the whole order;
- refunds that pay for left-out lines alone, and that others are shared with them;
- facts that came too early for left-out lines alone.

Whatever else tells a part of a large order from a small order is a flag, and has to be named.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from attrs import evolve, field, frozen

from orderfsm import inputs as i
from orderfsm.draft import changed
from orderfsm.inputs import Input, Item
from orderfsm.order import Anomaly, Line, Order, Payment, Unplaced
from orderfsm.policy import Policy
from orderfsm.selections import ALL
from orderfsm.testing.exploring import explore
from orderfsm.testing.keys import OrderKey
from orderfsm.testing.orders import OrderSpace, Position, Said, Wait
from orderfsm.testing.scopes import CHAPTERS, Chapter, Scope, Times, Values
from tests.proof.flags import Flag

NAMES = "ABCD"

Names = Mapping[str, str]
"""The lines that are kept, and how they are called in the part."""

Kinds = tuple[type[Input], ...]
Content = dict[str, Any]


def loose(count: int, items: Sequence[Content] = (), **scope: Any) -> Scope:
    """So many loose lines, A first; what moves goods is said, by one of those who may, at the present instant.

    Args:
        count: how many lines.
        items: what is special about them, line by line.
        scope: what is special about the scope.
    """
    special = [*items, *[{}] * count]
    lines: Any = [Item(**{"id": id, "amount": "10", **special[place]}) for place, id in enumerate(NAMES[:count])]
    plain: Content = {"values": Values.PLAIN, "times": Times.NOW, "strangers": False, "one_voice": True, "early": 0}
    return Scope(name=f"{count} loose lines", lines=lines, **(plain | scope))


# --- parts of orders -------------------------------------------------------------------------------------


def part_of(order: Order | Unplaced, names: Names) -> Order | Unplaced:
    """The order with these lines only, under these names."""
    anomalies = _early(order.anomalies, names)
    if isinstance(order, Unplaced):
        return evolve(order, anomalies=anomalies)
    lines = {line.id: _renamed(line, names[line.id]) for line in order.lines if line.id in names}
    lots = [changed(lot, {"line": lines[lot.line.id]}) for lot in order.lots if lot.line.id in names]
    mine = {refund for lot in lots for refund in lot.refunds}
    kept = [refund for refund in order.refunds if refund.id in mine or not refund.lines]
    return evolve(
        order,
        lines=tuple(lines.values()),
        lots=tuple(lots),
        payments=tuple(Payment(payment.id, payment.instrument, 0, payment.at) for payment in order.payments),
        refunds=tuple(evolve(refund, amount=0, lines={}) for refund in kept),
        anomalies=anomalies,
    )


def _renamed(line: Line, name: str) -> Line:
    return line if line.id == name else evolve(line, id=name)


def _early(anomalies: Iterable[Anomaly], names: Names) -> tuple[Anomaly, ...]:
    """The facts that came too early for anything that is kept."""
    found: list[Anomaly] = []
    for anomaly in anomalies:
        said: Any = anomaly.fact
        lines = getattr(said, "lines", None)
        if lines is not None and lines != ALL:
            mine = tuple((names[line], quantity) for line, quantity in lines if line in names)
            if not mine:
                continue
            said = evolve(said, lines=mine)
        if hasattr(said, "amount"):
            said = evolve(said, amount=0)
        if anomaly.waiting:
            found.append(evolve(anomaly, fact=said))
    return tuple(found)


# --- graphs ----------------------------------------------------------------------------------------------


@frozen
class Graph:
    """What can happen: states by their keys, and which input leads from which to which. Staying is no step."""

    states: frozenset[Hashable]
    steps: frozenset[tuple[Hashable, str, Hashable]]

    @property
    def size(self) -> tuple[int, int]:
        """How many states, and how many steps."""
        return len(self.states), len(self.steps)


class Explored:
    """Everything that can happen to the orders of a scope; seen whole, or in parts.

    Args:
        scope: the orders.
        kinds: the only inputs that are tried; all of the scope's chapters by default.
    """

    def __init__(self, scope: Scope, kinds: Kinds = ()) -> None:
        self.scope, self.kinds = scope, kinds
        self.space = OrderSpace(scope)
        self._key = OrderKey(scope.policy, answered=scope.values is Values.FULL)
        self._number: dict[Hashable, int] = {}
        self._last: tuple[Position | None, int] = None, 0
        self._from: tuple[Position | None, int] = None, 0
        self._steps: set[tuple[int, str, int]] = set()
        space = self.space
        found = explore(space.initial(), self.inputs, self._step, key=self._count, within=space.within)
        assert found.complete
        self.positions = found.states
        self.decisions = found.decisions

    def inputs(self, position: Position) -> Iterator[Said]:
        """What can be said, and that time passes."""
        for said in self.space.inputs(position):
            if isinstance(said, Wait) or not self.kinds or type(said) in self.kinds:
                yield said

    def _count(self, position: Position) -> int:
        """The number of a position's key."""
        if self._last[0] is not position:
            self._last = position, self._number.setdefault(self.space.key(position), len(self._number))
        return self._last[1]

    def _step(self, position: Position, said: Said) -> tuple[Position, Any]:
        after, answer = self.space.step(position, said)
        if after is not position and self.space.within(after):
            if self._from[0] is not position:
                self._from = position, self._count(position)
            name = "wait" if isinstance(said, Wait) else said.name
            self._steps.add((self._from[1], name, self._count(after)))
        return after, answer

    def part(self, keep: str, flags: Iterable[Flag] = ()) -> Graph:
        """What happens to some of the lines, which are called A, B, … in it."""
        names = dict(zip(keep, NAMES, strict=False))
        keys = [self._part(position, names, flags) for position in self.positions]
        steps = ((keys[before], name, keys[after]) for before, name, after in self._steps)
        return Graph(frozenset(keys), frozenset(step for step in steps if step[0] != step[2]))

    def _part(self, position: Position, names: Names, flags: Iterable[Flag]) -> Hashable:
        order = part_of(position.order, names)
        for flag in flags if isinstance(order, Order) else ():
            assert isinstance(order, Order)
            order = flag(order)
        return self._key(order, position.now)

    def parts(self, count: int, flags: Iterable[Flag] = ()) -> list[Graph]:
        """What happens to so many lines, for every choice of them."""
        lines = [line.id for line in self.scope.lines]
        return [self.part("".join(keep), flags) for keep in combinations(lines, count)]


# --- families of orders ----------------------------------------------------------------------------------

_EXPLORED: dict[str, Explored] = {}


@frozen(kw_only=True)
class Family:
    """Orders of any number of loose lines, and the inputs that are said to them."""

    name: str
    kinds: Kinds
    scope: Content = field(factory=dict)

    def of(self, count: int, *items: Content) -> Explored:
        """Everything that can happen to orders of so many lines; explored once for all tests."""
        name = f"{self.name} {count} {items}"
        if name not in _EXPLORED:
            _EXPLORED[name] = Explored(loose(count, items, chapters=self.chapters, **self.scope), self.kinds)
        return _EXPLORED[name]

    @property
    def chapters(self) -> tuple[Chapter, ...]:
        """The chapters to which the inputs belong."""
        return tuple(chapter for chapter, some in CHAPTERS.items() if not set(some).isdisjoint(self.kinds))

    def __str__(self) -> str:
        return self.name


def _all_of(*chapters: Chapter) -> Kinds:
    return tuple(kind for chapter in chapters for kind in CHAPTERS[chapter])


_PAYING = (i.Place, i.PaymentCaptured, i.RequestCancellation)
_STOPPING = (i.Dispatched, i.CancelDelivery, i.InterceptConfirmed)

_PAID: Content = {"paid": True}
_PARCEL: Content = {"paid": True, "parcels": 1}
_MARKETPLACE: Content = {"policy": Policy.marketplace()}

UNTIL_DISPATCH = Family(
    name="until dispatch",
    kinds=_all_of(Chapter.PAYMENT, Chapter.FULFILMENT, Chapter.CANCELLATION),
)
EARLY = Family(
    name="early facts",
    kinds=UNTIL_DISPATCH.kinds,
    scope={"early": 1},
)
DIRECT = Family(
    name="without approval",
    kinds=UNTIL_DISPATCH.kinds,
    scope={"policy": Policy(own_goods_need_approval=False)},
)
SHORT = Family(
    name="in short",
    kinds=(i.RequestCancellation, i.Dispatched),
    scope=_PAID,
)
UNITS = Family(
    name="two units",
    kinds=(i.RequestCancellation, i.ApproveCancellation, i.Dispatched, i.Delivered, i.StopConfirmed),
    scope=_PAID,
)
AFTERWARDS = Family(
    name="afterwards",
    kinds=_all_of(Chapter.FULFILMENT, Chapter.INTERCEPTION, Chapter.RETURNS),
    scope=_PAID,
)
BY_FORM = Family(
    name="by form",
    kinds=(i.Delivered, i.RequestReturn, i.WithdrawReturn, i.ReturnReceived),
    scope=_PAID,
)
IN_A_PARCEL = Family(
    name="in a parcel",
    kinds=_STOPPING,
    scope=_PARCEL,
)
ON_THE_ROAD = Family(
    name="on the road",
    kinds=(*_STOPPING, i.Arrived, i.Delivered, i.InterceptDenied),
    scope=_PARCEL,
)
ASSESSED = Family(
    name="assessed",
    kinds=(i.Delivered, i.ReturnReceived, i.AssessReturn, i.RefundSettled, i.RefundReversed),
    scope=_PAID,
)
PAID_BACK = Family(
    name="paid back",
    kinds=(i.RequestCancellation, i.RefundSent, i.RefundSettled, i.RefundFailed, i.ResendRefund),
    scope=_PAID | _MARKETPLACE,
)
BY_HAND = Family(
    name="cancelled unpaid",
    kinds=(*_PAYING, i.Dispatched, i.StopConfirmed),
    scope=_MARKETPLACE,
)
IN_PART = Family(
    name="paid in part",
    kinds=_PAYING,
    scope=_MARKETPLACE | {"captures": 2},
)
