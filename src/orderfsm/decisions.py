"""What `decide` answers: accepted, refused, duplicate, or anomalous. Values; nothing has been done yet."""

from collections.abc import Mapping
from typing import ClassVar

from attrs import field, frozen

from orderfsm.effects import Effect
from orderfsm.order import Anomaly, Order, Unplaced
from orderfsm.reasons import Reason
from orderfsm.states import State


@frozen
class Move:
    """Goods that went from one state to another, on which trigger, by which row and clause.

    Attributes:
        line: the id of the line.
        quantity: how many of it, in units.
        source: where they were.
        target: where they are; the same as `source` where something was only noted about the goods.
        trigger: the name of the input or event, such as ``dispatched``.
        row: the name of the row of the table.
        clause: the clause that the row cites, such as ``A9``.
        inferred: whether nobody reported this step, but it follows from what was reported (policy 5.12).
    """

    line: str
    quantity: int
    source: State
    target: State
    trigger: str
    row: str
    clause: str
    inferred: bool = False


@frozen
class Decision:
    """What every answer carries.

    Attributes:
        outcome: ``accepted``, ``refused``, ``duplicate`` or ``anomaly``; each kind of decision has its own.
        order: the order as it then is. A refused input changes it only by deadlines that have passed.
        moves: what moved, deadlines first.
        effects: what the outside world must be told.
        fired: the deadlines that passed, in order.
        added: what the selection was widened to beyond what was named (B22), by line.
        reasons: why not, or what was contradicted; empty where nothing stood in the way.
    """

    outcome: ClassVar[str] = ""

    order: Order | Unplaced
    moves: tuple[Move, ...] = ()
    effects: tuple[Effect, ...] = ()
    fired: tuple[str, ...] = ()
    added: Mapping[str, int] = field(factory=dict)
    reasons: tuple[Reason, ...] = ()


@frozen
class Accepted(Decision):
    """The input took effect."""

    outcome: ClassVar[str] = "accepted"


@frozen
class Refused(Decision):
    """A command was refused; `reasons` says why, and what can be done instead."""

    outcome: ClassVar[str] = "refused"


@frozen
class Duplicate(Decision):
    """The input repeats what is known and has no effects of its own."""

    outcome: ClassVar[str] = "duplicate"


@frozen
class Anomalous(Decision):
    """A fact contradicts what was decided or known. It is kept and escalated; what fits has moved.

    Attributes:
        anomalies: what was kept of it: the anomalies that this decision opened.
    """

    outcome: ClassVar[str] = "anomaly"

    anomalies: tuple[Anomaly, ...] = ()
