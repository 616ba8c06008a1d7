"""Faults: which clause a mistake breaks, the smallest orders in which it shows, and how it is noticed.

Of all properties that would notice a fault, the first one is pinned: it is the one that a developer reads about.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from attrs import frozen

from orderfsm.guards import HostGuard
from orderfsm.inputs import Item
from orderfsm.policy import Policy
from orderfsm.testing.catalogue import lines, one, units
from orderfsm.testing.scopes import Chapter, Scope, Times, Values
from tests.proof import mistakes as m
from tests.proof.mistakes import HYGIENE, Patch


@frozen
class Fault:
    """One mistake, and how it is noticed.

    Attributes:
        plant: makes the mistake; its name and its sentence are the fault's.
        clause: the clause that it breaks.
        scope: the smallest orders in which it shows.
        steps: how long the shortest trace is.
        caught_by: the property that notices it first.
        guards: the host's own guards.
    """

    plant: Callable[[Patch], None]
    clause: str
    scope: Scope
    steps: int
    caught_by: str
    guards: tuple[HostGuard, ...] = ()

    @property
    def name(self) -> str:
        """What it is called."""
        return self.plant.__name__

    @property
    def says(self) -> str:
        """What the shop got wrong."""
        return (self.plant.__doc__ or "").strip()

    @contextmanager
    def planted(self) -> Iterator[None]:
        """While this lasts, the shop is wrong."""
        with Patch.context() as patch:
            self.plant(patch)
            yield


# --- the orders in which they show -----------------------------------------------------------------------

PAYMENT, SHIPPING, CANCELLING = Chapter.PAYMENT, Chapter.FULFILMENT, Chapter.CANCELLATION
CALLING_OFF, RETURNING, REFUNDING = Chapter.INTERCEPTION, Chapter.RETURNS, Chapter.REFUNDS
DIRECT = Policy.marketplace()
GRACE = Policy(payment_grace=timedelta(hours=2))


def _orders(name: str, some: tuple[Item, ...], *chapters: Chapter, **more: Any) -> Scope:
    plain: dict[str, Any] = {"values": Values.PLAIN, "times": Times.NOW, "strangers": False, "early": 0}
    return Scope(name=name, lines=some, chapters=chapters, **{**plain, **more})


BUNDLE, TWO = lines("s", "s"), lines(None, None)
SOLD_AND_OWN = (*one(seller="s1"), Item(id="B", amount="10.00"))

PAID = _orders("paid", one(), PAYMENT)
PAID_EVER = _orders("paid, every instant", one(), PAYMENT, times=Times.EVERY)
PAID_IN_GRACE = _orders("paid, with grace", one(), PAYMENT, policy=GRACE, times=Times.EVERY)
PAID_TWICE = _orders("paid twice", one(), PAYMENT, captures=2)
PAID_IN_PARTS = _orders("paid in parts, every instant", one(), PAYMENT, captures=2, times=Times.EVERY)
ASKED = _orders("cancelled", one(), PAYMENT, CANCELLING)
ASKED_EVER = _orders("cancelled, every instant", one(), PAYMENT, CANCELLING, times=Times.EVERY)
ASKED_BY_ALL = _orders("cancelled, by everybody", one(), PAYMENT, CANCELLING, strangers=True)
ASKED_DIRECTLY = _orders("cancelled directly", one(), PAYMENT, CANCELLING, policy=DIRECT)
ASKED_FOR_TWO = _orders("2 lines, cancelled", TWO, PAYMENT, CANCELLING)
TWO_PAID_TWICE = _orders("2 lines, paid twice, cancelled directly", TWO, PAYMENT, CANCELLING, captures=2, policy=DIRECT)
ASKED_OF_SELLER = _orders("a seller's line, cancelled", one(seller="s1"), PAYMENT, CANCELLING)
ASKED_OF_BOTH = _orders("a seller's line and another", SOLD_AND_OWN, PAYMENT, CANCELLING)
ASKED_FOR_DIGITAL = _orders("digital, cancelled directly", one(kind="digital"), PAYMENT, CANCELLING, policy=DIRECT)
ASKED_FOR_BUNDLE = _orders("bundle of 2, cancelled", BUNDLE, PAYMENT, CANCELLING)
BUNDLE_NAMED = _orders("bundle of 2, named whole", BUNDLE, PAYMENT, CANCELLING, policy=Policy(bundle_widening=False))
BUNDLE_OF_UNITS = _orders("bundle of 2, one of 2 units", units("s", 1, 2), PAYMENT, CANCELLING)
TWO_NAMED = _orders("2 lines, named together", TWO, CANCELLING, paid=True, values=Values.FULL)
WAITING = _orders("waiting for logistics", one(), CANCELLING, paid=True, times=Times.ALERTS, policy=DIRECT)
PAID_TWICE_ASKED = _orders("paid twice, cancelled", one(), PAYMENT, CANCELLING, captures=2, policy=DIRECT)
REFUNDED = _orders("cancelled and refunded", one(), CANCELLING, REFUNDING, paid=True, policy=DIRECT)
REFUNDED_TWICE = _orders("paid twice, refunded", one(), PAYMENT, CANCELLING, REFUNDING, captures=2, policy=DIRECT)
SENT = _orders("dispatched", one(), PAYMENT, SHIPPING)
SENT_OR_NOT = _orders("dispatched or cancelled", one(), PAYMENT, SHIPPING, CANCELLING)
BUNDLE_SENT = _orders("bundle of 2, dispatched or cancelled", BUNDLE, PAYMENT, SHIPPING, CANCELLING)
CALLED_OFF = _orders("called off", one(), PAYMENT, SHIPPING, CALLING_OFF)
PARCEL = _orders("2 units, called off", one(quantity=2), SHIPPING, CALLING_OFF, paid=True, parcels=1)
RETURNED = _orders("returned", one(), PAYMENT, SHIPPING, RETURNING)
TWO_RETURNED = _orders("2 lines, returned", TWO, SHIPPING, RETURNING, paid=True)
PAID_BACK = _orders("returned and paid back", one(), PAYMENT, SHIPPING, RETURNING, REFUNDING)
PAID_BACK_LATE = _orders("paid back late", one(), SHIPPING, RETURNING, REFUNDING, paid=True, values=Values.LEAN)
BACK_UNASKED = _orders("cancelled, and back", one(), PAYMENT, CANCELLING, RETURNING)

# --- the faults ------------------------------------------------------------------------------------------

# fmt: off
WAYS, WAITING_SEEN, TOLD = "goods_take_allowed_ways", "waiting_is_seen", "the_world_is_told_just_this"
UNHEARD, BUTTON = "nothing_in_preparation_is_cancelled_unheard", "the_button_shows_what_can_be_asked"
AS_NAMED = "commands_take_just_what_they_name"
OUTSIDERS, HOSTS = "outsiders_are_not_heard", "hosts_rules_are_kept"
COUNTED_FROM = "preparation_counts_from_the_last_payment"

FAULTS: tuple[Fault, ...] = (
    # payment
    Fault(m.payment_at_the_very_end_counts,           "A1",   PAID_IN_GRACE,     2, WAYS),
    Fault(m.order_closes_a_tick_late,                 "A2",   PAID,              1, WAITING_SEEN),
    Fault(m.late_payment_reopens_the_order,           "5.6",  PAID_EVER,         2, "goods_move_as_told"),
    Fault(m.repeated_payment_counts_twice,            "5.11", PAID,              3, "payments_are_known_again"),
    Fault(m.excess_is_kept,                           "5.6",  PAID_TWICE,        3, "kept_money_is_for_kept_goods"),
    Fault(m.second_payment_is_kept,                   "5.6",  PAID_TWICE,        3, "kept_money_is_for_kept_goods"),
    Fault(m.part_payments_are_kept_at_closing,        "5.6",  PAID_TWICE,        3, "kept_money_is_for_kept_goods"),
    # fulfilment
    Fault(m.preparation_is_presumed_a_tick_late,      "A7",   PAID,              2, WAITING_SEEN),
    Fault(m.preparation_is_presumed_a_tick_early,     "A7",   PAID,              2, WAITING_SEEN),
    Fault(m.preparation_counts_from_the_first_payment, "A7",   PAID_IN_PARTS,     3, COUNTED_FROM),
    Fault(m.idle_scheduler_changes_the_answer,        "A2",   ASKED_EVER,        2, "idle_timers_change_no_answer"),
    Fault(m.dispatch_waits_for_the_decision,          "5.4",  SENT_OR_NOT,       4, "open_ways_can_be_gone"),
    Fault(m.dispatch_is_refused_under_a_request,      "5.12", SENT_OR_NOT,       4, "facts_are_not_refused"),
    Fault(m.anomaly_is_forgotten,                     "5.12", SENT,              2, "facts_are_not_refused"),
    Fault(m.nobody_is_reminded,                       "A5",   ASKED,             3, "what_is_overdue_is_listed"),
    Fault(m.reminders_come_late,                      "A5",   ASKED,             3, "what_is_overdue_is_listed"),
    # cancellation
    Fault(m.unpaid_order_is_cancelled_by_hand,        "A3",   ASKED,             2, WAYS),
    Fault(m.digital_goods_are_cancelled,              "B7",   ASKED_FOR_DIGITAL, 2, WAYS),
    Fault(m.dispatched_goods_are_cancelled,           "A9",   SENT_OR_NOT,       4, WAYS),
    Fault(m.dispatched_goods_can_be_asked_for,        "B17",  SENT_OR_NOT,       3, BUTTON),
    Fault(m.button_shows_after_dispatch,              "A4",   SENT_OR_NOT,       3, BUTTON),
    Fault(m.logistics_is_not_asked,                   "A8",   SENT_OR_NOT,       5, WAYS),
    Fault(m.silence_is_a_yes,                         "A8",   WAITING,           2, UNHEARD),
    Fault(m.stale_answer_is_accepted,                 "5.7",  SENT_OR_NOT,       6, WAYS),
    Fault(m.sellers_goods_are_approved_by_the_shop,   "B10",  ASKED_OF_SELLER,   4, WAYS),
    Fault(m.seller_decides_about_others_goods,        "B10",  ASKED_OF_BOTH,     2, OUTSIDERS),
    Fault(m.another_customer_is_heard,                "5.15", ASKED_BY_ALL,      2, OUTSIDERS),
    Fault(m.host_guard_is_inverted,                   "5.14", TWO_RETURNED,      2, HOSTS, (HYGIENE,)),
    Fault(m.host_guard_is_not_asked,                  "5.14", TWO_RETURNED,      2, HOSTS, (HYGIENE,)),
    Fault(m.only_the_first_named_line_is_taken,       "B13",  TWO_NAMED,         1, AS_NAMED),
    # bundles
    Fault(m.bundle_is_not_widened,                    "B22",  ASKED_FOR_BUNDLE,  3, "bundles_are_decided_as_one"),
    Fault(m.one_unit_of_each_mate_is_taken,           "5.2",  BUNDLE_OF_UNITS,   3, "bundles_wait_together"),
    Fault(m.bundle_is_widened_against_the_policy,     "B21",  BUNDLE_NAMED,      3, "bundles_are_named_whole"),
    Fault(m.bundle_waits_for_nobody,                  "B22",  BUNDLE_SENT,       5, UNHEARD),
    Fault(m.yes_for_one_counts_for_another,           "5.2",  BUNDLE_SENT,       6, UNHEARD),
    Fault(m.no_returns_only_the_asked_item,           "5.2",  BUNDLE_SENT,       6, "bundles_wait_together"),
    # interception
    Fault(m.stray_parcel_is_not_asked_back,           "5.5",  SENT_OR_NOT,       3, "dispatch_is_known"),
    Fault(m.half_a_parcel_is_called_off,              "B18",  PARCEL,            2, "parcels_are_called_off_whole"),
    Fault(m.delivery_after_a_yes_is_not_wondered_at,  "5.12", CALLED_OFF,        6, "open_ways_can_be_gone"),
    # returns
    Fault(m.prepaid_label_is_promised_everywhere,     "A15",  RETURNED,          5, WAYS),
    Fault(m.opened_goods_come_back_without_terms,     "A16",  RETURNED,          5, WAYS),
    Fault(m.terms_are_left_open,                      "A16",  RETURNED,          5, WAYS),
    Fault(m.return_is_paid_before_its_receipt,        "A19",  PAID_BACK,         6, "owed_goods_have_their_refunds"),
    Fault(m.refund_again_when_the_parcel_comes_back,  "5.12", BACK_UNASKED,      5, WAYS),
    Fault(m.late_return_is_paid_in_full,              "5.9",  PAID_BACK_LATE,    4, "returns_are_paid_by_assessment"),
    # refunds
    Fault(m.refund_is_forgotten,                      "A18",  ASKED,             4, "cancelling_owes_what_was_paid"),
    Fault(m.refund_is_reserved_when_it_is_sent,       "5.8",  PAID_TWICE_ASKED,  4, "refunds_stay_below_captures"),
    Fault(m.refund_goes_to_another_instrument,        "B2",   PAID_TWICE,        3, "refunds_stay_below_captures"),
    Fault(m.refund_is_taken_from_another_payment,     "B2",   TWO_PAID_TWICE,    4, "refunds_are_shared_by_payment"),
    Fault(m.delivery_fee_goes_back_twice,             "5.8",  ASKED_FOR_TWO,     4, "cancelling_owes_what_was_paid"),
    Fault(m.delivery_fee_never_goes_back,             "5.8",  ASKED_FOR_TWO,     4, "cancelling_owes_what_was_paid"),
    Fault(m.goods_count_as_refunded_too_soon,         "B1",   REFUNDED_TWICE,    5, "refunded_means_settled"),
    Fault(m.reversal_is_forgotten,                    "B1",   REFUNDED,          3, "refunds_follow_the_bank"),
    Fault(m.failed_refund_is_paid_anew,               "5.8",  REFUNDED,          3, "cancelling_owes_what_was_paid"),
    Fault(m.overdue_refund_is_not_noticed,            "A18",  ASKED_DIRECTLY,    3, WAITING_SEEN),
    # what is told
    Fault(m.request_is_told_as_cancelled,             "B14",  ASKED,             3, TOLD),
    Fault(m.address_is_told_before_approval,          "B4",   RETURNED,          4, TOLD),
)
# fmt: on

FAULT: dict[str, Fault] = {fault.name: fault for fault in FAULTS}
