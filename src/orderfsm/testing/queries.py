"""What holds of the questions that a shop asks, and of placing: the refund button, the cancelled orders, bundles."""

from orderfsm.decisions import Accepted, Refused
from orderfsm.inputs import Command, Place, RequestCancellation
from orderfsm.order import Order, is_cancelled
from orderfsm.reasons import AnomalyCode, Code, Step
from orderfsm.states import State as S
from orderfsm.testing.charter import STILL_HERE
from orderfsm.testing.conduct import Taken, action, before_said
from orderfsm.testing.invariants import always, waits_of
from orderfsm.testing.ledger import cancelled
from orderfsm.testing.orders import TICK, OrderSpace, Position
from orderfsm.testing.properties import Property

FREE = (S.UNSHIPPED, S.PREPARING)


def the_button_shows_what_can_be_asked(space: OrderSpace, order: Order, position: Position) -> str | None:
    """The refund button shows while some goods are paid, have not left, and nobody asked for them yet."""
    shown = space.machine.refund_button(order, at=position.now)
    expected = any(lot.state in FREE for lot in order.lots)
    if space.scope.policy.bundle_widening and not space.host_guards:
        goods = ", ".join(f"{lot.line.id} is {lot.state}" for lot in order.lots)
        return None if shown is expected else f"the button is {'shown' if shown else 'hidden'}, and {goods}"
    return "the button is shown for nothing" if shown and not expected else None


def cancelled_orders_are_listed(space: OrderSpace, order: Order, position: Position) -> str | None:
    """An order is among the cancelled ones exactly when all its physical goods were cancelled."""
    physical = [lot for lot in order.lots if lot.line.kind == "physical"]
    expected = bool(physical) and all(cancelled(lot) for lot in physical)
    return None if is_cancelled(order) is expected else "the list of cancelled orders is wrong about it"


def what_is_overdue_is_listed(space: OrderSpace, order: Order, position: Position) -> str | None:
    """The list of what is overdue has whoever waits too long from the very moment on, told of before or not."""
    waits = [at for at, _ in waits_of(space.scope.policy, order)]
    for moment in {position.now, *waits}:
        for at in (moment - TICK, moment):
            listed = [late.at for late in space.machine.overdue(order, at=at)]
            expected = sorted({each for each in waits if each <= at})
            if sorted(set(listed)) != expected or listed != sorted(listed):
                return f"{len(listed)} things are overdue at {at}, and not {len(expected)}"
    return None


def free_orders_are_paid(space: OrderSpace, order: Order, position: Position) -> str | None:
    """What costs nothing is paid when it is placed."""
    costs = sum(line.amount for line in order.lines) + order.delivery_fee
    return "a free order waits for a payment" if not costs and order.paid_at is None else None


def bundles_are_sold_by_one(space: OrderSpace, step: Taken) -> str | None:
    """A bundle has one seller and physical goods only; any other is refused when it is placed."""
    said, answer = step.input, step.answer
    if not isinstance(said, Place):
        return None
    bundles: dict[str, set[tuple[str | None, str]]] = {}
    for item in said.lines:
        if item.bundle is not None:
            bundles.setdefault(item.bundle, set()).add((item.seller, item.kind))
    mixed = any(len(some) > 1 or any(kind == "digital" for _, kind in some) for some in bundles.values())
    if mixed and isinstance(answer, Accepted):
        return "a mixed bundle was placed"
    refused_so = Code.BUNDLE_MIXED in [reason.code for reason in answer.reasons]
    return "an honest bundle was called mixed" if refused_so and not mixed else None


def all_means_everything_that_fits(space: OrderSpace, step: Taken) -> str | None:
    """To ask for all is to ask for everything of the order that has not left and was not asked for yet."""
    said, answer = step.input, step.answer
    if not isinstance(said, RequestCancellation) or said.lines != "all" or not isinstance(answer, Accepted):
        return None
    order = before_said(space, step)
    if order is None or not space.scope.policy.bundle_widening or space.host_guards:
        return None
    free = sum(lot.quantity for lot in order.lots if lot.state in FREE)
    moved = sum(move.quantity for move in answer.moves if move.trigger == said.name and move.source in STILL_HERE)
    return None if moved == free else f"all means {moved} of {free}"


def no_quantity_that_fits_is_too_large(space: OrderSpace, step: Taken) -> str | None:
    """A quantity is only too large where fewer units fit, and a report of what is known repeats it."""
    for reason in step.answer.reasons:
        if reason.code in (Code.QUANTITY_EXCEEDS, AnomalyCode.QUANTITY_EXCEEDS):
            named, fits, known = (reason.facts.get(name, 0) for name in ("quantity", "fits", "known"))
            if named <= (fits or known):
                return f"{named} of {reason.facts['line']} are too many, and {fits} fit and {known} are known"
    return None


def refusals_name_whom_to_ask(space: OrderSpace, step: Taken) -> str | None:
    """A refusal about a seller's goods leads to the seller, about the shop's own to customer service."""
    answer = step.answer
    if not isinstance(answer, Refused) or not isinstance(step.input, Command):
        return None
    order = step.before.order
    if not isinstance(order, Order):
        unknown = [reason for reason in answer.reasons if reason.code == Code.UNKNOWN_ORDER]
        lost = any(Step.CONTACT_CUSTOMER_SERVICE not in reason.next_steps for reason in unknown)
        return "who asks for an unknown order is sent nowhere" if lost else None
    sellers = {line.id: line.seller for line in order.lines}
    for reason in answer.reasons:
        line = reason.facts.get("line")
        if reason.code in _LEADS_SOMEWHERE and line in sellers:
            whom = Step.CONTACT_CUSTOMER_SERVICE if sellers[line] is None else Step.CONTACT_SELLER
            if whom not in reason.next_steps:
                return f"{reason.code} about {line} does not lead to {whom}"
    return None


_LEADS_SOMEWHERE = frozenset({Code.ALREADY_DISPATCHED, Code.ALREADY_ARRIVED, Code.ALREADY_DELIVERED, Code.NOT_COVERED})


def queries(space: OrderSpace) -> list[Property]:
    """All of them, for one space."""
    return [
        always(space, the_button_shows_what_can_be_asked, ("A4", "A6", "B17")),
        always(space, cancelled_orders_are_listed, ("B16",)),
        always(space, what_is_overdue_is_listed, ("A5", "A8", "A18", "A19")),
        always(space, free_orders_are_paid, ("5.13",)),
        action(space, bundles_are_sold_by_one, ("B20",), refusals=True),
        action(space, all_means_everything_that_fits, ("B12",), refusals=False),
        action(space, no_quantity_that_fits_is_too_large, ("B9",), refusals=True),
        action(space, refusals_name_whom_to_ask, ("A6", "A10", "B11"), refusals=True),
    ]
