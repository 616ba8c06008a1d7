"""The buttons that an actor has now: every command with the machine's verdict, and what this actor may report.

What a button sends is an input; whether it is offered is what `decide` answers to that very input.
"""

from collections.abc import Iterator
from datetime import datetime

from attrs import evolve, frozen

from orderfsm import inputs as i
from orderfsm.actors import CUSTOMER_SERVICE, LOGISTICS, PAYMENT, PLATFORM, WAREHOUSE, Actor, Customer, Seller
from orderfsm.decisions import Accepted, Decision
from orderfsm.inputs import FACTS, Command, Fact, Input
from orderfsm.machine import OrderMachine
from orderfsm.money import decimal_string
from orderfsm.order import Order
from orderfsm.reasons import Code
from orderfsm.selections import ALL
from orderfsm.states import State
from orderfsm.table import REFUND_ROWS, WHO
from tools.docs.playground.forms import CHANGED_MIND, Field, choosing, fields_of

_STEPS_OF_REFUNDS = frozenset((row.source, row.trigger) for row in REFUND_ROWS)
_AWAIT_TERMS = frozenset({State.RETURN_REQUESTED, State.RETURN_PLANNING})
_AWAIT_AMOUNT = frozenset({State.RETURNED, State.LOST})


@frozen
class Button:
    """Something that an actor can say now.

    Attributes:
        input: what is said when nothing else is filled in.
        decision: what the machine answers to it now.
        fits: a command that is allowed; a fact that moves something and skips nothing.
        form_first: whether there is something to say that nobody can guess.
    """

    actor: Actor
    input: Input
    label: str
    decision: Decision
    fits: bool
    form_first: bool
    fields: tuple[Field, ...]

    @property
    def key(self) -> str:
        """A name for the button that stays the same while the story goes on."""
        return f"{self.actor}/{self.input.name}" + (f"/{subject}" if (subject := subject_of(self.input)) else "")


def actors_of(order: Order) -> tuple[Actor, ...]:
    """Everybody who has a part in this order."""
    sellers = dict.fromkeys(line.seller for line in order.lines if line.seller is not None)
    return (
        Customer(order.customer), CUSTOMER_SERVICE, *(Seller(seller) for seller in sellers),
        WAREHOUSE, LOGISTICS, PAYMENT, PLATFORM,
    )  # fmt: skip


def subject_of(input: Input) -> str | None:
    """The refund or anomaly of which an input speaks."""
    return getattr(input, "refund", None) or getattr(input, "anomaly", None)


def buttons_of(machine: OrderMachine, order: Order, actor: Actor, now: datetime) -> Iterator[Button]:
    """The commands that are this actor's, in the order of the documents, then the facts."""
    for action in machine.actions(order, by=actor, at=now):
        if [Code.NOT_ALLOWED] != [reason.code for reason in action.decision.reasons]:
            command, decision = _plainest(machine, order, action.input)
            fits = isinstance(decision, Accepted)
            form_first = fits and (isinstance(command, i.RequestReturn) or not action.allowed)
            fields = fields_of(command, order, machine.policy)
            yield Button(actor, command, _label(action.label, command), decision, fits, form_first, fields)
    for fact in _facts(order, actor):
        said = fact.sent(by=actor, at=now, received_at=now)
        decision = machine.decide(order, said)
        fits = _moves_something(order, said, decision)
        label = _label(said.name.replace("_", " ").capitalize(), said)
        yield Button(actor, said, label, decision, fits, False, fields_of(said, order, machine.policy))


def _label(label: str, input: Input) -> str:
    subject = subject_of(input)
    return label if subject is None else f"{label} {subject}"


# --- commands --------------------------------------------------------------------------------------------


def _plainest(machine: OrderMachine, order: Order, command: Command) -> tuple[Command, Decision]:
    """The command in the plainest form that is allowed, and its answer; where none is, about all goods."""
    if isinstance(command, i.RequestReturn):
        command = evolve(command, reason=CHANGED_MIND)
    answer = machine.decide(order, command)
    if isinstance(answer, Accepted) or not isinstance(command, i.GoodsCommand):
        return command, answer
    for said in _with_money(order, command):
        decision = machine.decide(order, said)
        if isinstance(decision, Accepted):
            return said, decision
    return command, answer


def _with_money(order: Order, command: i.GoodsCommand) -> Iterator[i.GoodsCommand]:
    """The command with an amount that a person has to name, for all goods or for one line: at first what was paid."""
    for lines in (ALL, *([line.id] for line in order.lines)):
        chosen = [lot for lot in order.lots if not lot.assessed and (lines == ALL or lot.line.id in lines)]
        if isinstance(command, i.ApproveReturn):
            paid = sum(lot.amount for lot in chosen if lot.state in _AWAIT_TERMS)
            yield evolve(choosing(command, lines), terms=decimal_string(paid, order.currency))
        elif isinstance(command, i.AssessReturn):
            paid = sum(lot.amount for lot in chosen if lot.state in _AWAIT_AMOUNT)
            yield evolve(choosing(command, lines), amount=decimal_string(paid, order.currency))


# --- facts -----------------------------------------------------------------------------------------------


def _facts(order: Order, actor: Actor) -> Iterator[Fact]:
    """Every fact that somebody in this role may report, in its plainest form."""
    for fact in FACTS:
        if actor.role not in WHO[fact]:
            continue
        if issubclass(fact, i.PaymentCaptured):
            yield _payment(order)
        elif issubclass(fact, i.RefundFact):
            for refund in order.refunds:
                yield fact(refund=refund.id)
        elif issubclass(fact, i.Dispatched):
            yield fact(parcel=f"P{len({lot.parcel for lot in order.lots if lot.parcel is not None}) + 1}")
        else:
            yield fact()


def _payment(order: Order) -> i.PaymentCaptured:
    """Another payment: of what is still owed, or of everything once more."""
    total = sum(line.amount for line in order.lines) + order.delivery_fee
    owed = total - sum(payment.amount for payment in order.payments)
    amount = decimal_string(owed if owed > 0 else total, order.currency)
    return i.PaymentCaptured(payment=f"p{len(order.payments) + 1}", instrument="card:4242", amount=amount)


def _moves_something(order: Order, fact: Fact, decision: Decision) -> bool:
    """Whether the fact is the next thing that can happen: nothing is contradicted, and nothing was skipped."""
    if isinstance(fact, i.RefundFact):
        return any(
            refund.id == fact.refund and (refund.state, type(fact)) in _STEPS_OF_REFUNDS for refund in order.refunds
        )
    return isinstance(decision, Accepted) and bool(decision.moves)
