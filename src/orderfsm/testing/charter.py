"""The policy said a second time, from the outside: how goods may get from one state to another, and who may say so.

Written from the policy page alone, in the order of its chapters, without the table: each *way* names a step
that the policy allows, on whose word, and under which condition. Two properties rest on it: no goods ever take
a step that is no way here, and whenever a way is open, saying the word takes it.
Conditions look at the order before the step, and share no code with the table's own conditions and guards.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from attrs import frozen

from orderfsm import inputs as i
from orderfsm.actors import Role
from orderfsm.events import Event
from orderfsm.inputs import Input, Label
from orderfsm.order import Answer, CaseKind, Lot, Order, Party
from orderfsm.policy import Policy
from orderfsm.states import State as S


@frozen
class View:
    """What a condition may look at: some goods of an order, and what is said about them by whom and when."""

    policy: Policy
    order: Order
    lot: Lot
    input: Any
    role: Role
    at: datetime
    now: datetime

    @property
    def mates(self) -> list[Lot]:
        """The goods that are decided as one with these (B21)."""
        bundle = self.lot.line.bundle
        return [self.lot] if bundle is None else [lot for lot in self.order.lots if lot.line.bundle == bundle]


Condition = Callable[[View], bool]
Word = type[Input] | Event


@frozen(kw_only=True)
class Way:
    """Goods may get from any of `sources` to `target` when one of `who` says `word`, where `open` holds.

    Attributes:
        carries: what has to be said with it, beside the goods; the plainest form.
        against: the way is taken against a decision, and kept as an anomaly.
    """

    word: Word
    who: frozenset[Role]
    sources: tuple[S, ...]
    target: S
    clause: str
    open: Condition | None = None
    carries: tuple[tuple[str, Any], ...] = ()
    against: bool = False

    def is_open(self, view: View) -> bool:
        """Whether the way may be taken."""
        return self.open is None or self.open(view)


# --- who may say what (policy 3 and 5.15) ----------------------------------------------------------------

NOBODY: frozenset[Role] = frozenset()
BUYER = frozenset({Role.CUSTOMER})
FOR_THE_BUYER = frozenset({Role.CUSTOMER, Role.CUSTOMER_SERVICE})
SHOP = frozenset({Role.CUSTOMER_SERVICE})
OWNER = frozenset({Role.CUSTOMER_SERVICE, Role.SELLER})
STOCK = frozenset({Role.WAREHOUSE, Role.SELLER})
HANDLERS = frozenset({Role.WAREHOUSE, Role.SELLER, Role.LOGISTICS})
CARRIER = frozenset({Role.LOGISTICS})
BANK = frozenset({Role.PAYMENT})

SPEAKERS: dict[type[Input], frozenset[Role]] = {
    i.Place: frozenset({Role.PLATFORM}),
    i.PaymentCaptured: BANK,
    i.PreparationStarted: STOCK,
    i.Dispatched: HANDLERS,
    **dict.fromkeys((i.Arrived, i.Delivered, i.Lost, i.DeliveryRefused), CARRIER),
    **dict.fromkeys((i.StopConfirmed, i.StopDenied, i.InterceptConfirmed, i.InterceptDenied), CARRIER),
    i.ReturnReceived: STOCK,
    **dict.fromkeys((i.RefundSent, i.RefundSettled, i.RefundFailed, i.RefundReversed), BANK),
    **dict.fromkeys((i.RequestCancellation, i.CancelDelivery, i.RequestReturn), FOR_THE_BUYER),
    **dict.fromkeys((i.WithdrawCancellation, i.WithdrawReturn, i.AcceptTerms, i.RejectTerms), BUYER),
    **dict.fromkeys((i.ApproveCancellation, i.DeclineCancellation, i.ApproveReturn, i.DeclineReturn), OWNER),
    i.GiveUpService: OWNER,
    i.AssessReturn: frozenset({Role.CUSTOMER_SERVICE, Role.WAREHOUSE}),
    i.ResendRefund: SHOP,
    i.ResolveAnomaly: SHOP,
}  # fmt: skip

# --- conditions, in the words of the policy --------------------------------------------------------------

IN_PREPARATION = (S.PREPARING, S.PREPARING_CANCEL_REQUESTED, S.PREPARING_CANCEL_CONFIRMING)
NOT_YET_IN_PREPARATION = (S.UNSHIPPED, S.UNSHIPPED_CANCEL_REQUESTED, S.UNSHIPPED_CANCEL_CONFIRMING)
STILL_HERE = NOT_YET_IN_PREPARATION + IN_PREPARATION


def physical(view: View) -> bool:
    """B6, B7: goods that can be shipped."""
    return view.lot.line.kind == "physical"


def in_time(view: View) -> bool:
    """A1: the payment occurred before the window was over."""
    return view.at < view.order.placed_at + view.policy.payment_window


def too_late(view: View) -> bool:
    """A1: it occurred when the window was over."""
    return not in_time(view)


def paid_in_time(view: View) -> bool:
    """A1, A4: in time, and physical."""
    return in_time(view) and physical(view)


def digital_in_time(view: View) -> bool:
    """A1, B7: in time, and digital."""
    return in_time(view) and not physical(view)


def not_paid_in_time(view: View) -> bool:
    """A2, 5.6: the window and the grace after it are over."""
    return view.now >= view.order.placed_at + view.policy.payment_window + view.policy.payment_grace


def surely_in_preparation(view: View) -> bool:
    """A7: the time after payment is over."""
    paid_at = view.order.paid_at
    return paid_at is None or view.now >= paid_at + view.policy.preparation_after


def must_be_granted(view: View) -> bool:
    """A5, B10: a seller's goods always, the shop's own where the policy says so."""
    return view.lot.line.seller is not None or view.policy.own_goods_need_approval


def nobody_to_ask(view: View) -> bool:
    """A8, B22: neither the goods nor their bundle are in preparation."""
    return not any(mate.state in IN_PREPARATION for mate in view.mates)


def granted_by_its_owner(view: View) -> bool:
    """B10: only the seller grants what is the seller's."""
    return view.lot.line.seller is None or view.role is Role.SELLER


def granted_at_once(view: View) -> bool:
    """A5, B10: by its owner, and nobody has to be asked."""
    return granted_by_its_owner(view) and nobody_to_ask(view)


def granted_with_mates(view: View) -> bool:
    """B22: by its owner, but a bundle mate has to be asked about."""
    return granted_by_its_owner(view) and not nobody_to_ask(view)


def free_to_cancel(view: View) -> bool:
    """B6: nobody has to grant it and nobody has to be asked."""
    return not must_be_granted(view) and nobody_to_ask(view)


def free_with_mates(view: View) -> bool:
    """B6, B22: nobody has to grant it, but a bundle mate has to be asked about."""
    return not must_be_granted(view) and not nobody_to_ask(view)


def free_to_ask(view: View) -> bool:
    """A8: nobody has to grant it; logistics is asked."""
    return not must_be_granted(view)


def by_hand(view: View) -> bool:
    """A3: the shop lets people cancel what closes by itself; digital goods are not covered (B7)."""
    return view.policy.unpaid_cancellation and physical(view)


def _answers(view: View, party: Party) -> bool:
    ask = view.lot.ask
    if ask is None or ask.answer is not None or ask.party is not party:
        return False
    quoted = view.input.ask
    return quoted == ask.id if quoted is not None else view.at >= ask.at


def answers_logistics(view: View) -> bool:
    """5.7: it answers the open question about these very goods."""
    return _answers(view, Party.LOGISTICS)


def answers_for_loose_goods(view: View) -> bool:
    """5.7, B22: it answers, and no bundle waits for others."""
    return _answers(view, Party.LOGISTICS) and view.lot.line.bundle is None


def answers_carrier(view: View) -> bool:
    """5.7: it answers the open question about these very goods."""
    return _answers(view, Party.CARRIER)


def by_form(view: View) -> bool:
    """B3: an after-sales form brought the goods on their way."""
    case = view.lot.case
    return case is not None and case.kind in (CaseKind.RETURN, CaseKind.REPAIR, CaseKind.EXCHANGE)


def called_off(view: View) -> bool:
    """A11: the carrier's yes brought the goods on their way back."""
    ask = view.lot.ask
    return not by_form(view) and ask is not None and ask.party is Party.CARRIER and ask.answer is Answer.CONFIRMED


def turned_away(view: View) -> bool:
    """A12: the goods were refused."""
    return not by_form(view) and not called_off(view)


def for_money(view: View) -> bool:
    """A19: the goods come back to be paid back, or already were."""
    case = view.lot.case
    return case is None or case.kind not in (CaseKind.REPAIR, CaseKind.EXCHANGE) or view.lot.assessed


def for_service(view: View) -> bool:
    """B3: the goods come back for repair or exchange."""
    return not for_money(view)


def unwanted_and_opened(view: View) -> bool:
    """A16: opened, without any fault, for money."""
    case = view.lot.case
    if case is None or case.kind is not CaseKind.RETURN or not case.opened:
        return False
    return case.reason not in view.policy.returns.shop_fault_reasons


def label_exists(view: View) -> bool:
    """A15: no label is promised where none exists."""
    asked = getattr(view.input, "label", Label.OWN)
    return asked is Label.OWN or view.order.country in view.policy.prepaid_label_countries


def approved_without_terms(view: View) -> bool:
    """A13, A16: by its owner, without terms, for goods that need none."""
    plain = not unwanted_and_opened(view) and getattr(view.input, "terms", None) is None
    return plain and granted_by_its_owner(view) and label_exists(view)


def approved_on_terms(view: View) -> bool:
    """A16: by its owner, with terms, for goods that need them."""
    needed = unwanted_and_opened(view) and getattr(view.input, "terms", None) is not None
    return needed and granted_by_its_owner(view) and label_exists(view)


def never_sent_back(view: View) -> bool:
    """A16: the customer still has them; its owner says so."""
    return by_form(view) and granted_by_its_owner(view)


def not_decided(view: View) -> bool:
    """5.12: nobody has decided yet what is paid back."""
    return not view.lot.assessed


# --- the ways --------------------------------------------------------------------------------------------

# fmt: off
_FORM = (S.RETURN_REQUESTED, S.RETURN_PLANNING)
_ROAD = (S.SHIPPED, S.SHIPPED_INTERCEPTING, S.ARRIVED)
_TERMS = (("terms", "0"),)


def _way(word: Word, who: frozenset[Role], sources: S | Iterable[S], target: S, clause: str,
         open: Condition | None = None, **more: Any) -> Way:
    some = (sources,) if isinstance(sources, S) else tuple(sources)
    return Way(word=word, who=who, sources=some, target=target, clause=clause, open=open, **more)


WAYS: tuple[Way, ...] = (
    # payment
    _way(i.PaymentCaptured,  BANK, S.UNPAID, S.UNSHIPPED, "A4", paid_in_time),
    _way(i.PaymentCaptured,  BANK, S.UNPAID, S.DELIVERED, "B7", digital_in_time),
    _way(i.PaymentCaptured,  BANK, S.UNPAID, S.CLOSED,    "A1", too_late),
    _way(Event.PAYMENT_WINDOW_CLOSED, NOBODY, S.UNPAID, S.CLOSED, "A2", not_paid_in_time),
    # fulfilment
    *(_way(Event.PREPARATION_PRESUMED, NOBODY, before, after, "A7", surely_in_preparation)
      for before, after in zip(NOT_YET_IN_PREPARATION, IN_PREPARATION, strict=True)),
    *(_way(i.PreparationStarted, STOCK, before, after, "A7")
      for before, after in zip(NOT_YET_IN_PREPARATION, IN_PREPARATION, strict=True)),
    _way(i.Dispatched, HANDLERS, STILL_HERE, S.SHIPPED, "A9"),
    _way(i.Dispatched, HANDLERS, S.SERVICING, S.SHIPPED, "B3"),
    _way(i.Arrived,    CARRIER, (S.SHIPPED, S.SHIPPED_INTERCEPTING), S.ARRIVED, "A12"),
    _way(i.Delivered,  CARRIER, S.ARRIVED, S.DELIVERED, "A13"),
    _way(i.Delivered,  CARRIER, S.LOST, S.DELIVERED, "5.12", not_decided),
    _way(i.Delivered,  CARRIER, S.RETURNING, S.DELIVERED, "5.12", called_off, against=True),
    _way(i.Delivered,  CARRIER, S.RETURNING, S.DELIVERED, "5.12", turned_away, against=True),
    _way(i.Lost,       CARRIER, (*_ROAD, S.RETURNING), S.LOST, "A19"),
    # cancellation
    _way(i.RequestCancellation, FOR_THE_BUYER, S.UNPAID, S.CANCELLED, "A3", by_hand),
    _way(i.RequestCancellation, FOR_THE_BUYER, S.UNSHIPPED, S.UNSHIPPED_CANCEL_REQUESTED, "A5", must_be_granted),
    _way(i.RequestCancellation, FOR_THE_BUYER, S.PREPARING, S.PREPARING_CANCEL_REQUESTED, "A5", must_be_granted),
    _way(i.RequestCancellation, FOR_THE_BUYER, S.UNSHIPPED, S.CANCELLED, "B6", free_to_cancel),
    _way(i.RequestCancellation, FOR_THE_BUYER, S.UNSHIPPED, S.UNSHIPPED_CANCEL_CONFIRMING, "B22", free_with_mates),
    _way(i.RequestCancellation, FOR_THE_BUYER, S.PREPARING, S.PREPARING_CANCEL_CONFIRMING, "A8", free_to_ask),
    _way(i.ApproveCancellation, OWNER, S.UNSHIPPED_CANCEL_REQUESTED, S.CANCELLED, "A5", granted_at_once),
    _way(i.ApproveCancellation, OWNER, S.UNSHIPPED_CANCEL_REQUESTED, S.UNSHIPPED_CANCEL_CONFIRMING, "B22", granted_with_mates),
    _way(i.ApproveCancellation, OWNER, S.PREPARING_CANCEL_REQUESTED, S.PREPARING_CANCEL_CONFIRMING, "A8", granted_by_its_owner),
    *(_way(word, who, sources, S.UNSHIPPED, "A5", open)
      for word, who, open in ((i.WithdrawCancellation, BUYER, None), (i.DeclineCancellation, OWNER, granted_by_its_owner))
      for sources in ((S.UNSHIPPED_CANCEL_REQUESTED, S.UNSHIPPED_CANCEL_CONFIRMING),)),
    *(_way(word, who, sources, S.PREPARING, "A5", open)
      for word, who, open in ((i.WithdrawCancellation, BUYER, None), (i.DeclineCancellation, OWNER, granted_by_its_owner))
      for sources in ((S.PREPARING_CANCEL_REQUESTED, S.PREPARING_CANCEL_CONFIRMING),)),
    _way(i.StopConfirmed, CARRIER, S.PREPARING_CANCEL_CONFIRMING, S.CANCELLED, "A8", answers_for_loose_goods),
    _way(i.StopDenied,    CARRIER, S.PREPARING_CANCEL_CONFIRMING, S.PREPARING, "A8", answers_logistics),
    _way(Event.BUNDLE_CONFIRMED, NOBODY, (S.UNSHIPPED_CANCEL_CONFIRMING, S.PREPARING_CANCEL_CONFIRMING), S.CANCELLED, "B22"),
    _way(Event.BUNDLE_DENIED, NOBODY, S.UNSHIPPED_CANCEL_CONFIRMING, S.UNSHIPPED, "B22"),
    _way(Event.BUNDLE_DENIED, NOBODY, S.PREPARING_CANCEL_CONFIRMING, S.PREPARING, "B22"),
    # interception
    _way(i.CancelDelivery,     FOR_THE_BUYER, S.SHIPPED, S.SHIPPED_INTERCEPTING, "B18"),
    _way(i.DeliveryRefused,    CARRIER, _ROAD, S.RETURNING, "A12"),
    _way(i.InterceptConfirmed, CARRIER, (S.SHIPPED_INTERCEPTING, S.ARRIVED), S.RETURNING, "A11", answers_carrier),
    _way(i.InterceptDenied,    CARRIER, S.SHIPPED_INTERCEPTING, S.SHIPPED, "A11", answers_carrier),
    # returns
    _way(i.RequestReturn,  FOR_THE_BUYER, S.DELIVERED, S.RETURN_REQUESTED, "B3", physical, carries=(("reason", "changed_mind"),)),
    _way(i.WithdrawReturn, BUYER, _FORM, S.DELIVERED, "A13"),
    _way(i.WithdrawReturn, BUYER, S.RETURNING, S.DELIVERED, "A13", by_form),
    _way(i.ApproveReturn,  OWNER, S.RETURN_REQUESTED, S.RETURNING, "A13", approved_without_terms),
    _way(i.ApproveReturn,  OWNER, S.RETURN_REQUESTED, S.RETURNING, "A15", approved_without_terms, carries=(("label", "prepaid"),)),
    _way(i.ApproveReturn,  OWNER, S.RETURN_REQUESTED, S.RETURN_PLANNING, "A16", approved_on_terms, carries=_TERMS),
    _way(i.ApproveReturn,  OWNER, S.RETURN_PLANNING, S.RETURN_PLANNING, "A16", approved_on_terms, carries=_TERMS),
    _way(i.DeclineReturn,  OWNER, _FORM, S.DELIVERED, "A16", granted_by_its_owner),
    _way(i.DeclineReturn,  OWNER, S.RETURNING, S.DELIVERED, "A16", never_sent_back),
    _way(i.AcceptTerms,    BUYER, S.RETURN_PLANNING, S.RETURNING, "A16"),
    _way(i.RejectTerms,    BUYER, S.RETURN_PLANNING, S.DELIVERED, "A16"),
    _way(i.ReturnReceived, STOCK, (S.RETURNING, S.LOST), S.RETURNED, "A19", for_money),
    _way(i.ReturnReceived, STOCK, (S.RETURNING, S.LOST), S.SERVICING, "B3", for_service),
    _way(i.ReturnReceived, STOCK, S.SHIPPED_INTERCEPTING, S.RETURNED, "A11"),
    _way(i.ReturnReceived, STOCK, (S.SHIPPED, S.ARRIVED, S.DELIVERED, *_FORM), S.RETURNED, "5.12", physical, against=True),
    _way(i.GiveUpService,  OWNER, S.SERVICING, S.RETURNED, "B3", granted_by_its_owner),
    # refunds
    _way(i.RefundSettled,  BANK, (S.CANCELLED, S.RETURNED, S.LOST), S.REFUNDED, "A18"),
    _way(i.RefundFailed,   BANK, (S.CANCELLED, S.RETURNED, S.LOST), S.REFUNDED, "5.12"),    # a settlement that nobody reported
    _way(i.RefundReversed, BANK, (S.CANCELLED, S.RETURNED, S.LOST), S.REFUNDED, "5.12"),
    _way(Event.NOTHING_OWED, NOBODY, (S.CANCELLED, S.RETURNED, S.LOST), S.REFUNDED, "5.8"),
    _way(i.RefundReversed, BANK, S.REFUNDED, S.CANCELLED, "B1"),
    _way(i.RefundReversed, BANK, S.REFUNDED, S.RETURNED,  "B1"),
    _way(i.RefundReversed, BANK, S.REFUNDED, S.LOST,      "B1"),
)

SKIPPED: tuple[tuple[type[Input], tuple[S, ...], S], ...] = (
    (i.Arrived,         STILL_HERE, S.ARRIVED),
    (i.Delivered,       (*STILL_HERE, S.SHIPPED, S.SHIPPED_INTERCEPTING), S.DELIVERED),
    (i.Lost,            STILL_HERE, S.LOST),
    (i.DeliveryRefused, STILL_HERE, S.RETURNING),
)
"""Reports that tell of steps which nobody reported: they are filled in (5.12)."""

REFUND_WAYS: dict[tuple[str, str], frozenset[type[Input]]] = {
    ("due", "sent"):       frozenset({i.RefundSent}),
    ("due", "settled"):    frozenset({i.RefundSettled}),                       # 5.12
    ("due", "failed"):     frozenset({i.RefundFailed, i.RefundReversed}),      # 5.12
    ("sent", "settled"):   frozenset({i.RefundSettled}),
    ("sent", "failed"):    frozenset({i.RefundFailed, i.RefundReversed}),      # 5.12
    ("settled", "failed"): frozenset({i.RefundFailed, i.RefundReversed}),
    ("failed", "due"):     frozenset({i.ResendRefund}),
}
"""How a refund may get from one state to another, and on which word (B1, B2)."""
# fmt: on
