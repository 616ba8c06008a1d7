"""The `eventsourcing` library as its documentation shows it: values of one's own, through its own transcoder.

Each event brings the input and the order as it then is, as the values that they are; a transcoding for each of
their classes tells the library how to write and read it.
"""

from datetime import date
from enum import StrEnum
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from attrs import Attribute, fields
from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import JSONTranscoder, Transcoding

from orderfsm.actors import Actor
from orderfsm.inputs import INPUTS, Input, Item
from orderfsm.log_shapes import members_of
from orderfsm.machine import OrderMachine
from orderfsm.order import Anomaly, Ask, Case, Line, Lot, Order, Payment, Refund, Unplaced
from orderfsm.reasons import Reason
from tests.benchmarks.cycles import EventCycle

VALUES: tuple[type[Any], ...] = (
    Order, Unplaced, Line, Lot, Case, Ask, Payment, Refund, Anomaly, Reason, Actor, Item, *INPUTS,
)  # fmt: skip


class _DateAsText(Transcoding):
    type = date
    name = "date"

    def encode(self, obj: date) -> str:
        return obj.isoformat()

    def decode(self, data: str) -> date:
        return date.fromisoformat(data)


def _as_fields(kind: type[Any]) -> Transcoding:
    """How values of an attrs class are written: as their fields. Members of enumerations are texts in JSON."""
    annotated: tuple[Attribute[Any], ...] = fields(kind)
    names = [each.name for each in annotated]
    members = {each.name: found for each in annotated if (found := members_of(each.type))}

    def encode(self: Transcoding, obj: Any) -> dict[str, Any]:
        return {name: getattr(obj, name) for name in names}

    def decode(self: Transcoding, data: dict[str, Any]) -> Any:
        for name, member in members.items():
            if data[name] is not None:
                data[name] = _member(member, data[name])
        return kind(**data)

    methods = {"type": kind, "name": kind.__name__, "encode": encode, "decode": decode}
    transcoding: Transcoding = type(kind.__name__, (Transcoding,), methods)()
    return transcoding


def _member(members: type[StrEnum], value: str) -> StrEnum:
    return members(value)


class Valued(Aggregate):
    """An order as an aggregate whose events bring the order itself."""

    def __init__(self, order_id: str, input: object, outcome: str, order: object) -> None:
        self.order = order

    @staticmethod
    def create_id(order_id: str) -> UUID:
        """The aggregate's id, made of the order's."""
        return uuid5(NAMESPACE_URL, order_id)

    class Decided(Aggregate.Event):
        """An input was decided."""

        input: object
        outcome: str
        order: object

        def apply(self, aggregate: Any) -> None:
            """Take the order over."""
            aggregate.order = self.order


class ValuedOrders(Application[UUID]):
    """The application, which knows how to write orders."""

    def register_transcodings(self, transcoder: JSONTranscoder) -> None:
        """Add ours to those that the library brings."""
        super().register_transcodings(transcoder)
        transcoder.register(_DateAsText())
        for kind in VALUES:
            transcoder.register(_as_fields(kind))


class ValueCycle(EventCycle):
    """The library with values of one's own."""

    def __init__(self, name: str, environment: dict[str, str], machine: OrderMachine) -> None:
        self.name = name
        self.application = ValuedOrders(env=environment)
        self._machine = machine

    def submit(self, aggregate_id: UUID, order_id: str, input: Input) -> None:
        """Load, decide and append."""
        try:
            kept: Valued | None = self.application.repository.get(aggregate_id)
        except AggregateNotFoundError:
            kept = None
        before: Any = Unplaced(order_id) if kept is None else kept.order
        decision = self._machine.decide(before, input)
        outcome, after = decision.outcome, decision.order
        if kept is None:
            kept = Valued(order_id, input, outcome, after)
        else:
            kept.trigger_event(Valued.Decided, input=input, outcome=outcome, order=after)
        self.application.save(kept)
