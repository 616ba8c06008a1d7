"""A trace that was found with some prices, told again for all prices.

    told = Retelling(machine, trace.inputs, check)
    all_prices(told).check()

Every amount of the trace is left open: what the lines and the delivery cost, what was captured, agreed terms,
deductions, explicit amounts. Equal amounts of the same thing stay equal. A capture stays what it was to the
order: all that was missing, less, or more; for every less and every more there is. With ``captures="any"`` it
is any amount; then most paths are those of an order that is not paid.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from attrs import evolve, frozen

from orderfsm.decisions import Accepted, Decision
from orderfsm.inputs import ApproveReturn, AssessReturn, Input, PaymentCaptured, Place
from orderfsm.machine import OrderMachine
from orderfsm.money import minor_units
from orderfsm.order import Order, Unplaced
from orderfsm.scene import Scene
from orderfsm.states import State
from orderfsm.testing.symbolic import Prices


class Passing(Protocol):
    """Time passes until an instant."""

    @property
    def at(self) -> datetime:
        """Until when."""
        ...


Check = Callable[[Order | Unplaced, Input, Decision], None]
"""Looks at one decision on open prices, and raises AssertionError where something is wrong with it."""


class Captures(StrEnum):
    """What captures are to what was still to be paid."""

    TRACED = "traced"
    ANY = "any"


@frozen
class _Open:
    """An amount that is left open.

    Attributes:
        name: of its price; for a capture of more than was missing, of what is more.
        relation: of a capture to what was missing: less (-1), all of it (0), more (1); None where it is free.
    """

    name: str
    relation: int | None = None


_Known = dict[str, Decimal]
"""Amounts as they were when they were first named in a telling."""

_DELIVERY = ""
"""Where other amounts of a `Place` are found by the id of their line, which is never empty."""


class Retelling:
    """A trace as a story, to be told by `all_prices`, `path_of` or `with_prices`.

    Args:
        machine: under which policy.
        said: what was said, in order, each with its time and sender; anything else that has an `at` is a wait.
        check: looks at every decision.
        captures: whether captures stay what they were to what was missing.
        order_id: of the order.

    Attributes:
        traced: the prices of the trace itself, in minor units, for `path_of` and `with_prices`.
        currency: of the order.
    """

    def __init__(
        self,
        machine: OrderMachine,
        said: Iterable[Input | Passing],
        check: Check | None = None,
        *,
        captures: Captures | str = Captures.TRACED,
        order_id: str = "1001",
    ) -> None:
        self.traced: dict[str, int] = {}
        self._machine = machine
        self._check = check
        self._as_traced = Captures(captures) is Captures.TRACED
        self._order_id = order_id
        self.currency = "EUR"
        self._names: dict[tuple[str, str, int], _Open] = {}
        self._said: list[tuple[Input | Passing, dict[str, _Open]]] = []
        order: Order | Unplaced = Unplaced(order_id)
        for each in said:
            self._said.append((each, self._opened(order, each) if isinstance(each, Input) else {}))
            order = self._decided(order, each).order

    def __call__(self, prices: Prices) -> Order | Unplaced:
        """Tell it; the order at the end."""
        order: Order | Unplaced = Unplaced(self._order_id)
        known: _Known = {}
        for said, opened in self._said:
            input = self._priced(order, said, opened, prices, known) if isinstance(said, Input) else said
            decision = self._decided(order, input)
            if self._check is not None and isinstance(input, Input):
                self._check(order, input, decision)
            order = decision.order
        return order

    def _decided(self, order: Order | Unplaced, said: Input | Passing) -> Decision:
        if isinstance(said, Input):
            return self._machine.decide(order, said)
        return self._machine.tick(order, said.at) if isinstance(order, Order) else Accepted(order)

    # --- opening -----------------------------------------------------------------------------------------

    def _opened(self, order: Order | Unplaced, input: Input) -> dict[str, _Open]:
        """Which amounts of an input are left open, by field; those of lines by their id."""
        if isinstance(input, Place):
            if isinstance(order, Unplaced):
                self.currency = input.currency
            elif input.currency != self.currency:
                return {}
            given = {_DELIVERY: input.delivery_fee, **{item.id: item.amount for item in input.lines}}
            return self._named(given, lambda id: ("line", id) if id else ("delivery", "delivery fee"))
        if isinstance(input, PaymentCaptured):
            return self._capture(order, input)
        if isinstance(input, ApproveReturn | AssessReturn):
            fields = {name: getattr(input, name, None) for name in ("terms", "deduction", "amount")}
            return self._named(fields, lambda name: ("amount", name))
        return {}

    def _named(self, amounts: Mapping[str, Decimal | None], what: Callable[[str], tuple[str, str]]) -> dict[str, _Open]:
        """The amounts that can be read in the order's currency; one with too many places stays what it is."""
        found: dict[str, _Open] = {}
        for field, amount in amounts.items():
            minor = None if amount is None else minor_units(amount, self.currency)
            if minor is not None:
                found[field] = self._open(*what(field), minor)
        return found

    def _open(self, kind: str, name: str, minor: int, relation: int | None = None, more: int | None = None) -> _Open:
        """The same price for the same amount of the same thing, another for another."""
        key = kind, name, minor
        if key not in self._names:
            taken = {each.name for each in self._names.values()}
            unique = name if name not in taken else f"{name} ({len(taken)})"
            self._names[key] = _Open(unique, relation)
            if relation != 0:
                self.traced[unique] = minor if more is None else more
        return self._names[key]

    def _capture(self, order: Order | Unplaced, fact: PaymentCaptured) -> dict[str, _Open]:
        minor = minor_units(fact.amount, self.currency)
        if minor is None:
            return {}
        missing = self._missing(order, fact) if self._as_traced else None
        if missing is None:
            return {"amount": self._open("capture", fact.payment, minor)}
        relation = (minor > missing) - (minor < missing)
        more = minor - missing - 1 if relation > 0 else None
        return {"amount": self._open("capture", fact.payment, minor, relation, more)}

    def _missing(self, order: Order | Unplaced, fact: PaymentCaptured) -> int | None:
        """What is still to be paid; None where nothing is."""
        if isinstance(order, Unplaced) or not any([lot.state is State.UNPAID for lot in order.lots]):
            return None
        assert fact.by is not None and fact.at is not None
        scene = Scene(self._machine.policy, order, fact, fact.by, fact.at, fact.at)
        return scene.amount_due() - scene.captured()

    # --- pricing -----------------------------------------------------------------------------------------

    def _priced(
        self, order: Order | Unplaced, input: Input, opened: Mapping[str, _Open], prices: Prices, known: _Known
    ) -> Input:
        for each in opened.values():
            if each.name not in known:
                relation = each.relation if isinstance(input, PaymentCaptured) else None
                known[each.name] = prices(each.name) if relation is None else self._related(order, input, each, prices)
        if isinstance(input, Place) and opened:
            lines = [evolve(item, amount=known[opened[item.id].name]) for item in input.lines]
            return evolve(input, lines=lines, delivery_fee=known[opened[_DELIVERY].name])
        amounts: dict[str, Any] = {field: known[each.name] for field, each in opened.items()}
        return evolve(input, **amounts) if amounts else input

    def _related(self, order: Order | Unplaced, fact: Input, opened: _Open, prices: Prices) -> Decimal:
        """A capture that is to what is missing now what the traced one was to what was missing then."""
        assert isinstance(fact, PaymentCaptured)
        missing = self._missing(order, fact) or 0
        prices.suppose(missing >= 0)
        if opened.relation == 0:
            return prices.decimal(missing)
        if opened.relation == 1:
            return prices.decimal(missing + 1 + prices.minor(opened.name))
        prices.suppose(prices.minor(opened.name) < missing)
        return prices(opened.name)
