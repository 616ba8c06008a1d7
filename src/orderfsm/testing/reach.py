"""What can still happen: everything happens somewhere, every order can end, and it is somebody's turn until then."""

from collections.abc import Hashable, Iterable

from orderfsm.actors import Role
from orderfsm.decisions import Anomalous, Refused
from orderfsm.engine import TRANSITIONS
from orderfsm.events import Event
from orderfsm.guards import HostGuard
from orderfsm.inputs import AssessReturn, Dispatched, InterceptDenied, RefundSent, RefundSettled
from orderfsm.order import Lot, Order, order_state
from orderfsm.policy import Policy
from orderfsm.reasons import AnomalyCode, Code
from orderfsm.states import OrderState, RefundState, State
from orderfsm.testing.charter import SPEAKERS, WAYS, View
from orderfsm.testing.conduct import Taken
from orderfsm.testing.orders import OrderSpace, Position, Said, Wait
from orderfsm.testing.properties import Always, Property, Reachable, Sometimes

AT_REST = frozenset({State.CLOSED, State.DELIVERED, State.REFUNDED})
OWED = frozenset({State.CANCELLED, State.RETURNED, State.LOST})

# --- everything happens somewhere ------------------------------------------------------------------------

ROWS = frozenset(
    transition.name for cells in TRANSITIONS.values() for transitions in cells.values() for transition in transitions
)
"""Every row of the table, once per source."""

GUARD_CODES: dict[str, Code] = {
    "may_cancel_unpaid": Code.CLOSES_BY_ITSELF,
    "covered": Code.NOT_COVERED,
    "decided_by_its_seller": Code.SELLER_DECIDES,
    "label_can_be_had": Code.NO_PREPAID_LABEL,
    "terms_where_needed": Code.TERMS_REQUIRED,
    "terms_only_where_needed": Code.TERMS_NOT_NEEDED,
    "not_yet_assessed": Code.ALREADY_ASSESSED,
    "amount_where_needed": Code.AMOUNT_REQUIRED,
}
"""Every guard of the table, and the reason that it gives."""

WANTED: dict[str, frozenset[Hashable]] = {
    "every_state_is_reached": frozenset(State),
    "every_order_state_is_reached": frozenset(OrderState),
    "every_refund_state_is_reached": frozenset(RefundState),
    "every_row_is_taken": ROWS,
    "every_guard_is_once_the_only_reason": frozenset(GUARD_CODES),
    "every_refusal_is_given": frozenset(Code),
    "every_anomaly_is_kept": frozenset(AnomalyCode),
}
"""What a whole proof has to have seen somewhere in its scopes."""


def wanted(policies: Iterable[Policy]) -> dict[str, frozenset[Hashable]]:
    """What has to be seen under at least one of these policies: some rows and refusals are there for others only."""
    some = tuple(policies)
    elsewhere: set[Hashable] = set()
    if not any(policy.unpaid_cancellation for policy in some):
        elsewhere |= {name for name in ROWS if name.startswith("unpaid request_cancellation")}
    if all(policy.unpaid_cancellation for policy in some):
        elsewhere |= {Code.CLOSES_BY_ITSELF, "may_cancel_unpaid"}
    if all(policy.own_goods_need_approval for policy in some):
        elsewhere |= {name for name in ROWS if "request_cancellation[direct" in name}
    if all(policy.bundle_widening for policy in some):
        elsewhere.add(Code.BUNDLE_INDIVISIBLE)
    if not any(policy.payment_grace for policy in some):
        elsewhere |= {name for name in ROWS if "[captured_too_late]" in name}
    if all("DE" in policy.prepaid_label_countries for policy in some):
        elsewhere |= {Code.NO_PREPAID_LABEL, "label_can_be_had"}
    return {name: every - elsewhere for name, every in WANTED.items()}


_GUARD_OF = {code: guard for guard, code in GUARD_CODES.items()}


def _states(step: Taken) -> Iterable[Hashable]:
    order = _moved(step)
    return [lot.state for lot in order.lots] if order is not None else ()


def _order_states(step: Taken) -> Iterable[Hashable]:
    order = _moved(step)
    return (order_state(order),) if order is not None else ()


def _moved(step: Taken) -> Order | None:
    """The order after a step that did something to its goods."""
    before, after = step.before.order, step.after.order
    if not isinstance(after, Order) or (isinstance(before, Order) and before.lots is after.lots):
        return None
    return after


def _refund_states(step: Taken) -> Iterable[Hashable]:
    order = step.after.order
    return [refund.state for refund in order.refunds] if isinstance(order, Order) else ()


def _rows(step: Taken) -> Iterable[Hashable]:
    return [move.row for move in step.answer.moves]


def _guards(step: Taken) -> Iterable[Hashable]:
    reasons = step.answer.reasons
    if len(reasons) != 1 or not isinstance(step.answer, Refused):
        return ()
    guard = _GUARD_OF.get(reasons[0].code)
    return () if guard is None else (guard,)


def _codes(step: Taken) -> Iterable[Hashable]:
    return [reason.code for reason in step.answer.reasons] if isinstance(step.answer, Refused) else ()


def _anomalies(step: Taken) -> Iterable[Hashable]:
    return [reason.code for reason in step.answer.reasons] if isinstance(step.answer, Anomalous) else ()


_SEEN = {
    "every_state_is_reached": (_states, False, ("A7", "A8")),
    "every_order_state_is_reached": (_order_states, False, ("B8",)),
    "every_refund_state_is_reached": (_refund_states, False, ("B1",)),
    "every_row_is_taken": (_rows, False, ("A9",)),
    "every_guard_is_once_the_only_reason": (_guards, True, ("A3", "A15", "A16", "B7", "B10")),
    "every_refusal_is_given": (_codes, True, ("A6", "B17")),
    "every_anomaly_is_kept": (_anomalies, False, ("5.12",)),
}


HOST_GUARDS = "every_host_guard_refuses_once"


def sightings(guards: Iterable[HostGuard] = ()) -> list[Property]:
    """What is noted on the way. No single scope sees everything, so each by itself wants nothing."""
    found: list[Property] = [
        Sometimes(
            name=name, says=name.replace("_", " "), clauses=clauses, wanted=frozenset(), seen=seen, refusals=refusals
        )
        for name, (seen, refusals, clauses) in _SEEN.items()
    ]
    codes = frozenset(guard.code for guard in guards)
    if codes:
        says = "every guard of the host is once a reason"
        found.append(
            Sometimes(
                name=HOST_GUARDS, says=says, clauses=("5.14",), wanted=frozenset(), refusals=True,
                seen=lambda step: codes & set(_codes(step)),
            )
        )  # fmt: skip
    return found


# --- an end can be reached -------------------------------------------------------------------------------


def at_its_end(position: Position) -> bool:
    """Whether nothing is left to be done: goods are where they may stay, and no money or answer is still out."""
    order = position.order
    if not isinstance(order, Order):
        return True  # nothing was placed, so nothing is left to be done
    if any(refund.state is not RefundState.SETTLED for refund in order.refunds):
        return False
    for lot in order.lots:
        given_up = lot.state is State.CANCELLED and not lot.refunds  # cancelled by hand before it was paid
        if lot.asked or (lot.state not in AT_REST and not given_up):
            return False
    return True


def without_the_customer(said: Said) -> bool:
    """Whether the order may rely on it: the customer need not do anything."""
    return isinstance(said, Wait) or said.by is None or said.by.role is not Role.CUSTOMER


def endings(space: OrderSpace) -> list[Property]:
    """From everywhere an end can be reached, also where the customer never answers; where the scope has its words."""
    kinds = set(space.scope.kinds)
    answerable = InterceptDenied in kinds or Dispatched not in kinds  # what went astray is asked back
    if not {AssessReturn, RefundSettled} <= kinds or not answerable:
        return []
    return [
        Reachable(
            name="every_order_can_end", says="From every state an end can be reached.", clauses=("A2", "A18", "A19"),
            end=at_its_end,
        ),
        Reachable(
            name="no_order_needs_its_customer",
            says="Also where the customer does nothing any more.",
            clauses=("A2", "A5", "A16"),
            end=at_its_end,
            usable=without_the_customer,
        ),
    ]  # fmt: skip


# --- whose turn it is ------------------------------------------------------------------------------------


def whose_turn(space: OrderSpace, order: Order, lot: Lot, position: Position) -> frozenset[Role]:
    """Who can take goods on from where they are; nobody where they may stay, or where only time is waited for."""
    policy, now, found = space.scope.policy, position.now, set[Role]()
    for way in WAYS:
        if lot.state in way.sources and isinstance(way.word, type):
            for role in way.who - {Role.CUSTOMER}:
                view = View(policy, order, lot, _Unsaid(), role, now, now)
                if way.is_open(view):
                    found.add(role)
    if lot.state in OWED:
        found |= SPEAKERS[RefundSent] if lot.refunds else SPEAKERS[AssessReturn]
    return frozenset(found)


class _Unsaid:
    """Stands for any input: it quotes nothing and carries nothing."""

    ask = None
    terms = "any"
    label = "own"


def turns(space: OrderSpace) -> list[Property]:
    """Goods that wait for somebody wait for somebody who is named."""

    def check(position: Position) -> str | None:
        order = position.order
        if not isinstance(order, Order):
            return None
        for lot in order.lots:
            if lot.state in AT_REST or (lot.state is State.CANCELLED and not lot.refunds):
                continue
            if not whose_turn(space, order, lot, position) and not _by_itself(lot):
                return f"{lot.line.id} is {lot.state}, and it is nobody's turn"
        return None

    says = (turns.__doc__ or "").strip()
    return [Always(name="it_is_somebodys_turn", says=says, clauses=("A5", "A8", "A18", "A19"), check=check)]


def _by_itself(lot: Lot) -> bool:
    return any(isinstance(way.word, Event) and lot.state in way.sources for way in WAYS)
