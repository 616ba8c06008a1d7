"""What a return of the goods of one lot is worth, reckoned anew from the policy (A14, A19, policy 5.8 and 5.9)."""

from orderfsm.calendars import local_date
from orderfsm.inputs import AssessReturn, Payer
from orderfsm.money import minor_units
from orderfsm.order import Lot, Order
from orderfsm.policy import Policy
from orderfsm.states import State as S


def expected_return(policy: Policy, order: Order, lot: Lot, said: AssessReturn) -> int:
    """What goes back for `lot`, assessed alone, in minor units."""

    def minor(amount: object) -> int:
        found = minor_units(amount, order.currency)  # type: ignore[arg-type]
        assert found is not None
        return found

    if said.amount is not None:
        return minor(said.amount)
    faults = policy.returns.shop_fault_reasons
    lost_on_the_way_out = lot.state is S.LOST and lot.delivered_at is None
    by_form = lot.case is not None and lot.case.kind in ("return", "repair", "exchange")
    reason = said.reason or (lot.case.reason if lot.case is not None and by_form else None)
    fault = lot.terms is None and (lost_on_the_way_out or reason in faults)
    fee = order.delivery_fee if fault and _everything_else_is_gone(order, lot) else 0
    if lot.terms is not None:
        return lot.terms + fee
    worth = lot.amount
    if lot.state is S.LOST:
        return worth + fee
    if not fault and lot.delivered_at is not None and lot.received_at is not None:
        days = (local_date(lot.received_at, order.timezone) - local_date(lot.delivered_at, order.timezone)).days
        if days > policy.returns.full_days:
            worth = int(lot.amount * policy.returns.late_share * 2 + 1) // 2  # half up
    shop_pays = said.shipping_payer is Payer.SHOP or (said.shipping_payer is None and fault)
    if said.deduction is not None:
        worth -= minor(said.deduction)
    elif not shop_pays and order.currency in policy.return_shipping:
        worth -= minor(policy.return_shipping[order.currency])
    return max(worth, 0) + fee


def _everything_else_is_gone(order: Order, lot: Lot) -> bool:
    """Whether all other physical goods were cancelled or came back by the shop's fault (policy 5.8)."""
    others = [each for each in order.lots if each is not lot and each.line.kind == "physical"]
    return all(S.CANCELLED in (each.state, each.settled_from) or (each.assessed and each.shop_fault) for each in others)
