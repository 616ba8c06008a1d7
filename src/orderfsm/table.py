"""The table: every way in which goods and refunds can move, and every other answer.

Rule 1: nothing else changes a state. Rule 2: each row cites its clause.

Read a row from left to right: goods in *source*, told *input* by one of *who*, *when* this holds and all
*guards* agree, go to *target*. `STAY` keeps the state (something about the goods is noted). Where no row
fits, the table still answers: a command by a `Denial`, a fact by `Known` (it repeats what is known),
`Implied` (a skipped step is filled in first) or `Contradiction` (it is kept as an anomaly).
"""

from typing import Any

from orderfsm import choices as w
from orderfsm import guards as g
from orderfsm import inputs as i
from orderfsm.actors import Role
from orderfsm.events import Event
from orderfsm.inputs import Input
from orderfsm.reasons import AnomalyCode as N
from orderfsm.reasons import Code as C
from orderfsm.rows import STAY, ByItself, Contradiction, Denial, Implied, Known, RefundRow, Row, states
from orderfsm.states import RefundState, State

# fmt: off
UP, CL, CA, LO = State.UNPAID, State.CLOSED, State.CANCELLED, State.LOST
US, US_R, US_C = State.UNSHIPPED, State.UNSHIPPED_CANCEL_REQUESTED, State.UNSHIPPED_CANCEL_CONFIRMING
PR, PR_R, PR_C = State.PREPARING, State.PREPARING_CANCEL_REQUESTED, State.PREPARING_CANCEL_CONFIRMING
SH, SH_I, AR, DE = State.SHIPPED, State.SHIPPED_INTERCEPTING, State.ARRIVED, State.DELIVERED
RQ, RP, RT = State.RETURN_REQUESTED, State.RETURN_PLANNING, State.RETURNING
RD, SV, RF = State.RETURNED, State.SERVICING, State.REFUNDED

EVERY    = frozenset(State)
US_ANY   = states(US, US_R, US_C)
PR_ANY   = states(PR, PR_R, PR_C)
UNSENT   = US_ANY | PR_ANY
ASKED_IN = states(RQ, RP)
ON_FORM  = ASKED_IN | states(RT, SV)
BACK     = states(RD, SV)
LEFT     = states(SH, SH_I, AR, DE, LO) | ON_FORM | BACK

# --- who may send what (policy 5.15) ---------------------------------------------------------------------

CUSTOMER = frozenset({Role.CUSTOMER})
BUYER    = frozenset({Role.CUSTOMER, Role.CUSTOMER_SERVICE})
SERVICE  = frozenset({Role.CUSTOMER_SERVICE})
DECIDER  = frozenset({Role.CUSTOMER_SERVICE, Role.SELLER})     # a seller for its own goods, alone (B10)
KEEPER   = frozenset({Role.WAREHOUSE, Role.SELLER})            # a seller for its own goods
SENDER   = KEEPER | {Role.LOGISTICS}
CARRIER  = frozenset({Role.LOGISTICS})
PROVIDER = frozenset({Role.PAYMENT})

WHO: dict[type[Input], frozenset[Role]] = {
    i.Place: frozenset({Role.PLATFORM}),
    i.PaymentCaptured: PROVIDER,
    i.PreparationStarted: KEEPER, i.Dispatched: SENDER,
    i.Arrived: CARRIER, i.Delivered: CARRIER, i.Lost: CARRIER,
    i.RequestCancellation: BUYER, i.WithdrawCancellation: CUSTOMER,
    i.ApproveCancellation: DECIDER, i.DeclineCancellation: DECIDER,
    i.StopConfirmed: CARRIER, i.StopDenied: CARRIER,
    i.CancelDelivery: BUYER, i.DeliveryRefused: CARRIER,
    i.InterceptConfirmed: CARRIER, i.InterceptDenied: CARRIER,
    i.RequestReturn: BUYER, i.WithdrawReturn: CUSTOMER,
    i.ApproveReturn: DECIDER, i.DeclineReturn: DECIDER,
    i.AcceptTerms: CUSTOMER, i.RejectTerms: CUSTOMER,
    i.ReturnReceived: KEEPER, i.GiveUpService: DECIDER,
    i.AssessReturn: frozenset({Role.CUSTOMER_SERVICE, Role.WAREHOUSE}),
    i.RefundSent: PROVIDER, i.RefundSettled: PROVIDER, i.RefundFailed: PROVIDER, i.RefundReversed: PROVIDER,
    i.ResendRefund: SERVICE, i.ResolveAnomaly: SERVICE,
}
"""Who may say what (policy 5.15)."""

# --- the goods -------------------------------------------------------------------------------------------

_ROWS = (
    # payment
    Row(     UP,                         i.PaymentCaptured,          US,    "A4",  w.pays_for_physical),
    Row(     UP,                         i.PaymentCaptured,          DE,    "B7",  w.pays_for_digital),
    Row(     UP,                         i.PaymentCaptured,          STAY,  "A1",  w.pays_in_part),
    Row(     UP,                         i.PaymentCaptured,          CL,    "A1",  w.captured_too_late),
    ByItself(UP,                         Event.PAYMENT_WINDOW_CLOSED, CL,    "A2"),
    # fulfilment
    ByItself(US,                         Event.PREPARATION_PRESUMED, PR,    "A7"),
    ByItself(US_R,                       Event.PREPARATION_PRESUMED, PR_R,  "A7"),
    ByItself(US_C,                       Event.PREPARATION_PRESUMED, PR_C,  "A8"),
    Row(     US,                         i.PreparationStarted,       PR,    "A7"),
    Row(     US_R,                       i.PreparationStarted,       PR_R,  "A7"),
    Row(     US_C,                       i.PreparationStarted,       PR_C,  "A8"),
    Row(     UNSENT,                     i.Dispatched,               SH,    "A9"),
    Row(     SV,                         i.Dispatched,               SH,    "B3"),
    Row(     LEFT - {SV} | {CA, CL, RF}, i.Dispatched,               STAY,  "A9",  w.parcel_learnt),
    Row(     states(SH, SH_I),           i.Arrived,                  AR,    "A12"),
    Row(     AR,                         i.Delivered,                DE,    "A13"),
    Row(     LO,                         i.Delivered,                DE,    "A13", w.not_assessed),
    Row(     RT,                         i.Delivered,                DE,    "B18", w.was_intercepted,        anomaly=N.DELIVERED_AFTER_INTERCEPT),
    Row(     RT,                         i.Delivered,                DE,    "A11", w.was_refused,            anomaly=N.DELIVERED_AFTER_REFUSAL),
    Row(     states(SH, SH_I, AR, RT),   i.Lost,                     LO,    "A19"),
    # cancellation
    Row(     UP,                         i.RequestCancellation,      CA,    "A3",  None,                     (g.may_cancel_unpaid, g.covered)),
    Row(     US,                         i.RequestCancellation,      US_R,  "A5",  w.needs_approval),
    Row(     PR,                         i.RequestCancellation,      PR_R,  "A5",  w.needs_approval),
    Row(     US,                         i.RequestCancellation,      CA,    "B6",  w.direct_at_once),
    Row(     US,                         i.RequestCancellation,      US_C,  "B22", w.direct_with_mates),
    Row(     PR,                         i.RequestCancellation,      PR_C,  "A8",  w.direct),
    Row(     states(US_R, US_C),         i.WithdrawCancellation,     US,    "A4"),
    Row(     states(PR_R, PR_C),         i.WithdrawCancellation,     PR,    "A4"),
    Row(     US_R,                       i.ApproveCancellation,      CA,    "A5",  w.nothing_in_preparation, (g.decided_by_its_seller,)),
    Row(     US_R,                       i.ApproveCancellation,      US_C,  "B22", w.mate_in_preparation,    (g.decided_by_its_seller,)),
    Row(     PR_R,                       i.ApproveCancellation,      PR_C,  "A8",  None,                     (g.decided_by_its_seller,)),
    Row(     states(US_R, US_C),         i.DeclineCancellation,      US,    "A5",  None,                     (g.decided_by_its_seller,)),
    Row(     states(PR_R, PR_C),         i.DeclineCancellation,      PR,    "A5",  None,                     (g.decided_by_its_seller,)),
    Row(     PR_C,                       i.StopConfirmed,            CA,    "A8",  w.answers_alone),
    Row(     PR_C,                       i.StopConfirmed,            STAY,  "B22", w.answers_for_bundle),
    Row(     PR_C,                       i.StopDenied,               PR,    "A8",  w.answers_the_ask),
    ByItself(states(US_C, PR_C),         Event.BUNDLE_CONFIRMED,     CA,    "B22"),
    ByItself(US_C,                       Event.BUNDLE_DENIED,        US,    "B22"),
    ByItself(PR_C,                       Event.BUNDLE_DENIED,        PR,    "B22"),
    # interception
    Row(     SH,                         i.CancelDelivery,           SH_I,  "B18"),
    Row(     states(SH, SH_I, AR),       i.DeliveryRefused,          RT,    "A12"),
    Row(     states(SH_I, AR),           i.InterceptConfirmed,       RT,    "A11", w.answers_the_ask),
    Row(     SH_I,                       i.InterceptDenied,          SH,    "A11", w.answers_the_ask),
    Row(     AR,                         i.InterceptDenied,          STAY,  "A11", w.answers_the_ask),
    Row(     states(CA, CL, RF),         i.InterceptConfirmed,       STAY,  "A11", w.answers_the_ask),
    Row(     states(CA, CL, RF),         i.InterceptDenied,          STAY,  "A11", w.answers_the_ask),
    # returns
    Row(     DE,                         i.RequestReturn,            RQ,    "B3",  None,                     (g.covered,)),
    Row(     ASKED_IN,                   i.WithdrawReturn,           DE,    "A13"),
    Row(     RT,                         i.WithdrawReturn,           DE,    "A13", w.home_coming),
    Row(     RQ,                         i.ApproveReturn,            RT,    "A13", w.needs_no_terms,         (g.decided_by_its_seller, g.label_can_be_had, g.terms_only_where_needed)),
    Row(     RQ,                         i.ApproveReturn,            RP,    "A16", w.opened_by_choice,       (g.decided_by_its_seller, g.label_can_be_had, g.terms_where_needed)),
    Row(     RP,                         i.ApproveReturn,            STAY,  "A16", None,                     (g.decided_by_its_seller, g.label_can_be_had, g.terms_where_needed)),
    Row(     ASKED_IN,                   i.DeclineReturn,            DE,    "A16", None,                     (g.decided_by_its_seller,)),
    Row(     RT,                         i.DeclineReturn,            DE,    "A16", w.home_coming,            (g.decided_by_its_seller,)),
    Row(     RP,                         i.AcceptTerms,              RT,    "A16"),
    Row(     RP,                         i.RejectTerms,              DE,    "A16"),
    Row(     states(RT, LO),             i.ReturnReceived,           RD,    "A19", w.for_money),
    Row(     states(RT, LO),             i.ReturnReceived,           SV,    "B3",  w.for_service),
    Row(     SH_I,                       i.ReturnReceived,           RD,    "A11"),
    Row(     states(SH, AR, DE) | ASKED_IN, i.ReturnReceived,           RD,    "A19", anomaly=N.UNAPPROVED_RETURN),
    Row(     BACK,                       i.ReturnReceived,           STAY,  "A19", w.condition_learnt),
    Row(     SV,                         i.GiveUpService,            RD,    "B3",  None,                     (g.decided_by_its_seller,)),
    # refunds
    Row(     states(RD, LO),             i.AssessReturn,             STAY,  "A19", None,                     (g.not_yet_assessed, g.amount_where_needed)),
    ByItself(states(CA, RD, LO),         Event.NOTHING_OWED,         RF,    "A19"),
    Row(     states(CA, RD, LO),         i.RefundSettled,            RF,    "A18", w.all_refunds_settled),
    Row(     states(CA, RD, LO),         i.RefundSettled,            STAY,  "A18", w.refunds_outstanding),
    Row(     RF,                         i.RefundReversed,           CA,    "B1",  w.settled_from_cancelled),
    Row(     RF,                         i.RefundReversed,           RD,    "B1",  w.settled_from_returned),
    Row(     RF,                         i.RefundReversed,           LO,    "B1",  w.settled_from_lost),
)
ROWS: tuple[Row[Any], ...] = _ROWS
"""Every way in which goods move, or are noted."""

# --- commands that no row answers ------------------------------------------------------------------------

_DECISIONS = (i.WithdrawCancellation, i.ApproveCancellation, i.DeclineCancellation)
_ON_TERMS = (i.AcceptTerms, i.RejectTerms)
_ON_RETURN = (i.WithdrawReturn, i.ApproveReturn, i.DeclineReturn)

DENIALS: tuple[Denial, ...] = (
    # cancellation
    Denial(CL,                    i.RequestCancellation, (C.ORDER_CLOSED,), "A2"),
    Denial(US_ANY - {US},         i.RequestCancellation, (C.ALREADY_REQUESTED,), "A4"),
    Denial(PR_ANY - {PR},         i.RequestCancellation, (C.ALREADY_REQUESTED,), "A4"),
    Denial(CA,                    i.RequestCancellation, (C.ALREADY_CANCELLED,), "B6"),
    Denial(LEFT - {DE, RD},       i.RequestCancellation, (C.ALREADY_DISPATCHED,), "A9"),
    Denial(DE,                    i.RequestCancellation, (C.ALREADY_DISPATCHED,), "A9", w.physical),
    Denial(DE,                    i.RequestCancellation, (C.NOT_COVERED,), "B7", w.digital),
    Denial(RD,                    i.RequestCancellation, (C.ALREADY_DISPATCHED, C.ALREADY_RETURNED), "A9"),
    Denial(RF,                    i.RequestCancellation, (C.ALREADY_CANCELLED,), "B6", w.settled_from_cancelled),
    Denial(RF,                    i.RequestCancellation, (C.ALREADY_DISPATCHED, C.ALREADY_RETURNED), "A9", w.settled_from_returned),
    Denial(RF,                    i.RequestCancellation, (C.ALREADY_DISPATCHED, C.ALREADY_LOST), "A9", w.settled_from_lost),
    *(Denial(UP,                  d, (C.NOT_PAID,), "A3") for d in _DECISIONS),
    *(Denial(CL,                  d, (C.ORDER_CLOSED,), "A2") for d in _DECISIONS),
    *(Denial(states(US, PR),      d, (C.NOTHING_REQUESTED,), "A4") for d in _DECISIONS),
    Denial(states(US_C, PR_C),    i.ApproveCancellation, (C.AWAITING_LOGISTICS,), "A8"),
    *(Denial(CA,                  d, (C.ALREADY_CANCELLED, C.NOTHING_REQUESTED), "B6") for d in _DECISIONS),
    *(Denial(LEFT - {DE},         d, (C.ALREADY_DISPATCHED, C.NOTHING_REQUESTED), "A9") for d in _DECISIONS),
    *(Denial(DE,                  d, (C.ALREADY_DISPATCHED, C.NOTHING_REQUESTED), "A9", w.physical) for d in _DECISIONS),
    *(Denial(DE,                  d, (C.NOT_COVERED,), "B7", w.digital) for d in _DECISIONS),
    *(Denial(RF,                  d, (C.ALREADY_CANCELLED, C.NOTHING_REQUESTED), "B6", w.settled_from_cancelled) for d in _DECISIONS),
    *(Denial(RF,                  d, (C.ALREADY_RETURNED, C.NOTHING_REQUESTED), "A19", w.settled_from_returned) for d in _DECISIONS),
    *(Denial(RF,                  d, (C.ALREADY_LOST, C.NOTHING_REQUESTED), "A19", w.settled_from_lost) for d in _DECISIONS),
    # interception
    Denial(UP,                    i.CancelDelivery, (C.NOT_PAID, C.NOT_DISPATCHED), "B18"),
    Denial(CL,                    i.CancelDelivery, (C.ORDER_CLOSED,), "A2"),
    Denial(UNSENT | {SV},         i.CancelDelivery, (C.NOT_DISPATCHED,), "B18"),
    Denial(CA,                    i.CancelDelivery, (C.ALREADY_CANCELLED,), "B6"),
    Denial(SH_I,                  i.CancelDelivery, (C.ALREADY_REQUESTED,), "B18"),
    Denial(AR,                    i.CancelDelivery, (C.ALREADY_ARRIVED,), "B19"),
    Denial(DE,                    i.CancelDelivery, (C.ALREADY_DELIVERED,), "B19", w.physical),
    Denial(DE,                    i.CancelDelivery, (C.NOT_COVERED,), "B7", w.digital),
    Denial(states(RQ, RP, RT),    i.CancelDelivery, (C.RETURN_OPEN,), "B19"),
    Denial(LO,                    i.CancelDelivery, (C.ALREADY_LOST,), "B19"),
    Denial(RD,                    i.CancelDelivery, (C.ALREADY_RETURNED,), "B19"),
    Denial(RF,                    i.CancelDelivery, (C.ALREADY_CANCELLED,), "B6", w.settled_from_cancelled),
    Denial(RF,                    i.CancelDelivery, (C.ALREADY_RETURNED,), "B19", w.settled_from_returned),
    Denial(RF,                    i.CancelDelivery, (C.ALREADY_LOST,), "B19", w.settled_from_lost),
    # returns
    Denial(UP,                    i.RequestReturn, (C.NOT_PAID, C.NOT_DELIVERED), "A13"),
    Denial(CL,                    i.RequestReturn, (C.ORDER_CLOSED,), "A2"),
    Denial(UNSENT | {SH, SH_I, AR}, i.RequestReturn, (C.NOT_DELIVERED,), "A13"),
    Denial(CA,                    i.RequestReturn, (C.ALREADY_CANCELLED,), "B6"),
    Denial(LO,                    i.RequestReturn, (C.ALREADY_LOST,), "A19"),
    Denial(ON_FORM,               i.RequestReturn, (C.RETURN_OPEN,), "B3"),
    Denial(RD,                    i.RequestReturn, (C.ALREADY_RETURNED,), "A19"),
    Denial(RF,                    i.RequestReturn, (C.ALREADY_CANCELLED,), "B6", w.settled_from_cancelled),
    Denial(RF,                    i.RequestReturn, (C.ALREADY_RETURNED,), "A19", w.settled_from_returned),
    Denial(RF,                    i.RequestReturn, (C.ALREADY_LOST,), "A19", w.settled_from_lost),
    *(Denial(EVERY - {RQ, RP, RT, SV, RD, RF}, d, (C.NOTHING_REQUESTED,), "B3") for d in _ON_RETURN),
    *(Denial(RT,                  d, (C.NOT_DELIVERED,), "A11") for d in (i.WithdrawReturn, i.DeclineReturn)),
    Denial(RT,                    i.ApproveReturn, (C.RETURN_OPEN,), "B3"),
    *(Denial(BACK,                d, (C.ALREADY_RETURNED,), "A19") for d in _ON_RETURN),
    *(Denial(RF,                  d, (C.NOTHING_REQUESTED,), "B3", w.settled_from_cancelled) for d in _ON_RETURN),
    *(Denial(RF,                  d, (C.ALREADY_RETURNED,), "A19", w.settled_from_returned) for d in _ON_RETURN),
    *(Denial(RF,                  d, (C.ALREADY_LOST,), "A19", w.settled_from_lost) for d in _ON_RETURN),
    *(Denial(EVERY - {RP},        d, (C.NOTHING_PROPOSED,), "A16") for d in _ON_TERMS),
    Denial(EVERY - {SV},          i.GiveUpService, (C.NOT_IN_SERVICE,), "B3"),
    # refunds
    Denial(UP,                    i.AssessReturn, (C.NOT_PAID, C.NOT_RECEIVED), "A19"),
    Denial(CL,                    i.AssessReturn, (C.ORDER_CLOSED,), "A2"),
    Denial(UNSENT | {SH, SH_I, AR, DE, RQ, RP, RT}, i.AssessReturn, (C.NOT_RECEIVED,), "A19"),
    Denial(SV,                    i.AssessReturn, (C.IN_SERVICE,), "B3"),
    Denial(CA,                    i.AssessReturn, (C.ALREADY_CANCELLED,), "B6"),
    Denial(RF,                    i.AssessReturn, (C.ALREADY_CANCELLED,), "B6", w.settled_from_cancelled),
    Denial(RF,                    i.AssessReturn, (C.ALREADY_ASSESSED,), "A19", w.settled_from_returned),
    Denial(RF,                    i.AssessReturn, (C.ALREADY_ASSESSED,), "A19", w.settled_from_lost),
)
"""Commands that no row answers: with which codes they are refused."""

# --- facts that no row answers ---------------------------------------------------------------------------

_ANSWERS = (i.StopConfirmed, i.StopDenied, i.InterceptConfirmed, i.InterceptDenied)
_YES = (i.StopConfirmed, i.InterceptConfirmed)
_NO = (i.StopDenied, i.InterceptDenied)

_TRACKED = (i.Arrived, i.Delivered, i.Lost, i.DeliveryRefused)

KNOWN: tuple[Known, ...] = (
    Known(PR_ANY | LEFT,                      i.PreparationStarted),
    Known(RF,                                 i.PreparationStarted, w.settled_from_returned),
    Known(RF,                                 i.PreparationStarted, w.settled_from_lost),
    Known(LEFT - {SV},                        i.Dispatched, w.same_parcel),
    Known(RF,                                 i.Dispatched, w.settled_from_returned),
    Known(RF,                                 i.Dispatched, w.settled_from_lost),
    Known(states(CA, CL, RF),                 i.Dispatched, w.already_astray),
    Known(states(AR, DE) | ON_FORM | BACK,    i.Arrived),
    Known(states(DE, RQ, RP, SV, RD),         i.Delivered),
    Known(RT,                                 i.Delivered, w.home_coming),
    Known(LO,                                 i.Lost),
    Known(states(RT, RD),                     i.DeliveryRefused),
    Known(BACK,                               i.ReturnReceived, w.condition_agrees),
    *(Known(RF, fact, w.settled_from_returned) for fact in _TRACKED),
    Known(RF,                                 i.Lost, w.settled_from_lost),
    *(Known(EVERY, answer, w.repeats_the_yes) for answer in _YES),
    *(Known(EVERY, answer, w.repeats_the_no) for answer in _NO),
)
"""Facts that repeat what is known."""

IMPLIED: tuple[Implied, ...] = (
    Implied(UNSENT,             i.Arrived, through=i.Dispatched),
    Implied(UNSENT | {SH, SH_I}, i.Delivered, through=i.Arrived),
    Implied(UNSENT,             i.Lost, through=i.Dispatched),
    Implied(UNSENT,             i.DeliveryRefused, through=i.Dispatched),
)
"""Facts that say that something else happened before, unreported."""

CONTRADICTIONS: tuple[Contradiction, ...] = (
    *(Contradiction(UP, fact, N.NOT_PAID, "A4") for fact in (i.PreparationStarted, i.Dispatched, *_TRACKED, i.ReturnReceived)),
    Contradiction(CA,                   i.PreparationStarted, N.PREPARED_AFTER_CANCEL, "B6"),
    Contradiction(RF,                   i.PreparationStarted, N.PREPARED_AFTER_CANCEL, "B6", w.settled_from_cancelled),
    Contradiction(CL,                   i.PreparationStarted, N.PREPARED_AFTER_CLOSE, "A2"),
    Contradiction(CA,                   i.Dispatched, N.DISPATCHED_AFTER_CANCEL, "A9", w.newly_astray),
    Contradiction(states(CA, CL, RF),   i.Dispatched, N.PARCEL_CONFLICT, "A9", w.astray_elsewhere),
    Contradiction(RF,                   i.Dispatched, N.DISPATCHED_AFTER_CANCEL, "A9", w.newly_astray),
    Contradiction(CL,                   i.Dispatched, N.DISPATCHED_AFTER_CLOSE, "A2", w.newly_astray),
    Contradiction(LEFT - {SV},          i.Dispatched, N.PARCEL_CONFLICT, "A9", w.other_parcel),
    *(Contradiction(CA, fact, N.TRACKED_AFTER_CANCEL, "A9") for fact in _TRACKED),
    *(Contradiction(CL, fact, N.TRACKED_AFTER_CLOSE, "A2") for fact in _TRACKED),
    *(Contradiction(RF, fact, N.TRACKED_AFTER_CANCEL, "A9", w.settled_from_cancelled) for fact in _TRACKED),
    *(Contradiction(RF, fact, N.DELIVERED_AFTER_REFUND, "A19", w.settled_from_lost) for fact in _TRACKED if fact is not i.Lost),
    Contradiction(LO,                   i.Arrived, N.ARRIVED_AFTER_LOSS, "A19"),
    Contradiction(LO,                   i.Delivered, N.DELIVERED_AFTER_ASSESSMENT, "A19", w.assessed),
    Contradiction(BACK,                 i.ReturnReceived, N.CONDITION_CONFLICT, "A19", w.condition_conflicts),
    Contradiction(UNSENT,               i.ReturnReceived, N.RETURNED_UNDISPATCHED, "A19"),
    Contradiction(states(DE, RQ, RP),   i.Lost, N.LOST_AFTER_DELIVERY, "A13"),
    Contradiction(BACK,                 i.Lost, N.LOST_AFTER_RETURN, "A19"),
    Contradiction(states(DE, RQ, RP, SV), i.DeliveryRefused, N.REFUSED_AFTER_DELIVERY, "A12"),
    Contradiction(LO,                   i.DeliveryRefused, N.REFUSED_AFTER_LOSS, "A12"),
    Contradiction(CA,                   i.ReturnReceived, N.RETURNED_AFTER_CANCEL, "A9"),
    Contradiction(CL,                   i.ReturnReceived, N.RETURNED_AFTER_CLOSE, "A2"),
    Contradiction(RF,                   i.ReturnReceived, N.RETURNED_AFTER_REFUND, "A19"),
    *(Contradiction(EVERY, answer, N.STALE_ANSWER, "A8") for answer in _ANSWERS),
)
"""Facts that contradict what was decided, and are kept as anomalies."""

DIGITAL_GOODS = Contradiction(EVERY, i.GoodsFact, N.DIGITAL_GOODS, "B7")
"""Digital goods are never shipped or returned: what is reported so about them contradicts the order itself.

All other lines of this page are about physical goods, save the few that say `digital`.
"""

# --- the refunds -----------------------------------------------------------------------------------------

DUE, SENT, SETTLED, FAILED = RefundState.DUE, RefundState.SENT, RefundState.SETTLED, RefundState.FAILED

REFUND_ROWS: tuple[RefundRow, ...] = (
    RefundRow(DUE,     i.RefundSent,     SENT,    "A18"),
    RefundRow(SENT,    i.RefundSettled,  SETTLED, "B1"),
    RefundRow(SENT,    i.RefundFailed,   FAILED,  "B1"),
    RefundRow(SETTLED, i.RefundFailed,   FAILED,  "B1"),
    RefundRow(SETTLED, i.RefundReversed, FAILED,  "B1"),
    RefundRow(FAILED,  i.ResendRefund,   DUE,     "B2"),
)
"""Every way in which a refund moves."""

REFUND_IMPLIED: dict[tuple[RefundState, type[Input]], type[Input]] = {
    (DUE, i.RefundSettled): i.RefundSent,
    (DUE, i.RefundFailed): i.RefundSent,
    (DUE, i.RefundReversed): i.RefundSettled,
    (SENT, i.RefundReversed): i.RefundSettled,
}
"""What a fact about a refund says to have happened before, unreported."""

REFUND_KNOWN: frozenset[tuple[RefundState, type[Input]]] = frozenset({
    (SENT, i.RefundSent), (SETTLED, i.RefundSent), (FAILED, i.RefundSent),
    (SETTLED, i.RefundSettled), (FAILED, i.RefundFailed), (FAILED, i.RefundReversed),
})
"""Facts about a refund that repeat what is known."""

# fmt: on
