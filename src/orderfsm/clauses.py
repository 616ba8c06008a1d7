"""The clauses of the policy: every rule that orderfsm keeps, in our own words, and what carries it.

``A1`` to ``A19`` come from a declaration on cancelling orders, ``B1`` to ``B22`` from a refund and
cancellation policy. Where both leave something open, a numbered *reading* (``5.1`` to ``5.15``) settles it.
Rows, denials, reasons and policy values cite these numbers; `orderfsm.checks` compares both sides.
"""

from collections.abc import Mapping

from attrs import frozen


@frozen
class Clause:
    """One rule, in our own words.

    Attributes:
        id: its number, such as ``A9`` or ``5.7``.
        rule: what it says.
        carried_by: what in the library carries it.
        reads: of a reading, the clauses that it settles.
    """

    id: str
    rule: str
    carried_by: str
    reads: tuple[str, ...] = ()

    @property
    def anchor(self) -> str:
        """Where the policy page says more about it, such as ``a9`` or ``reading-5-7``."""
        return self.id.lower() if self.id[0].isalpha() else f"reading-{self.id.replace('.', '-')}"


# fmt: off
_A = (
    Clause("A1", "A payment counts for 24 hours from placing; at the very end of them it is late.",
           "rows of `payment_captured`; policy value `payment_window`"),
    Clause("A2", "An order that is not paid in time closes without anybody doing anything, and stays closed.",
           "deadline `payment_window_closed`; policy value `payment_grace`; refusal `order_closed`"),
    Clause("A3", "An unpaid order need not be cancelled by hand: it closes by itself.",
           "guard `may_cancel_unpaid`; policy value `unpaid_cancellation`"),
    Clause("A4", "After payment the customer may ask for the money back for as long as the refund button shows.",
           "row `unpaid → unshipped`; query `refund_button`; command `request_cancellation`"),
    Clause("A5", "Customer service tries to grant the request and may say no.",
           "state `unshipped.cancel_requested`; `approve_cancellation` and `decline_cancellation`; policy values "
           "`own_goods_need_approval` and `review_overdue`"),
    Clause("A6", "Where there is no button, customer service can tell how the order stands.",
           "next step `contact_customer_service`; refusal `unknown_order`"),
    Clause("A7", "Paid goods normally go into preparation within 12 hours.",
           "deadline `preparation_presumed`; fact `preparation_started`; policy value `preparation_after`"),
    Clause("A8",
           "Once goods are in preparation, the logistics provider has to say whether they can still be stopped.",
           "state `preparing.cancel_confirming`; effect `AskLogistics`; facts `stop_confirmed` and `stop_denied`; "
           "policy value `logistics_overdue`"),
    Clause("A9", "Goods that have been dispatched can no longer be cancelled, whoever asks.",
           "row of `dispatched`; refusal `already_dispatched`"),
    Clause("A10",
           "Somebody who no longer wants a parcel that has left talks to customer service; four ways are usual.",
           "next steps of `already_dispatched`; open anomalies for a person to settle"),
    Clause("A11", "First way: before it arrives, the carrier is asked to stop the parcel, or it is refused.",
           "command `cancel_delivery`; facts `intercept_confirmed`, `intercept_denied`, `delivery_refused`"),
    Clause("A12", "Second way: at the door the parcel is left unsigned and goes back.",
           "state `arrived`; row `delivery_refused → returning`"),
    Clause("A13", "Third way: received goods stay unopened and customer service is asked for a return label.",
           "command `request_return`; row `approve_return → returning`; effect `SendReturnLabel`"),
    Clause("A14", "The customer may have to pay the shipping in both directions.",
           "`shipping_payer` and `deduction` of `assess_return`; policy value `return_shipping`"),
    Clause("A15", "Prepaid labels cannot be had in every region.",
           "guard `label_can_be_had`; policy value `prepaid_label_countries`"),
    Clause("A16",
           "Fourth way: opened goods that are merely unwanted cannot be sold again, so how they come back is agreed "
           "first.",
           "state `return_planning`; guards `terms_where_needed` and `terms_only_where_needed`; `accept_terms`, "
           "`reject_terms`"),
    Clause("A17", "A courtesy: everybody wants a good and quick solution. It binds nobody.",
           "nothing: it is no rule"),
    Clause("A18",
           "After a cancellation before shipping, the money is sent back within one to three working days of the "
           "country.",
           "refund window (`not_before`, `due_by`); policy values `refund_after_days` and `refund_within_days`; "
           "alert `refund_overdue`"),
    Clause("A19",
           "After shipping, all or part of the money goes back once the goods are back, by time and reason.",
           "state `returned`; command `assess_return`; guards `not_yet_assessed` and `amount_where_needed`; policy "
           "value `returns`"),
)

_B = (
    Clause("B1", "What happens to a refund on its way through banks follows the banks' own rules.",
           "the refunds' table: after `sent` only the payment provider's facts count"),
    Clause("B2", "Money goes back to the very card it came from.",
           "every refund is split over the captured payments; no input can name another instrument; `resend_refund` "
           "keeps it"),
    Clause("B3", "Repair, return and exchange begin with an after-sales form.",
           "command `request_return` with its `kind`; states `return_requested` and `servicing`"),
    Clause("B4", "Once the form is approved, the customer is told by text message where to send the goods.",
           "effect `SendReturnAddress` on the rows into `returning` by approval or acceptance"),
    Clause("B5", "There is one address for returns.",
           "policy value `return_address`"),
    Clause("B6", "Physical goods that have not gone into shipping can be cancelled.",
           "rows of `request_cancellation`; guard `covered`; `own_goods_need_approval` off"),
    Clause("B7", "Digital goods and subscriptions are outside of all this.",
           "guard `covered`; refusal `not_covered`; digital goods go from `unpaid` to `delivered`"),
    Clause("B8", "Cancelling begins with choosing one order.",
           "every input is about one order"),
    Clause("B9", "Within the order, items are chosen.",
           "the selection of lines and quantities; refusals `unknown_line`, `quantity_exceeds`, `nothing_selected`"),
    Clause("B10", "About a third-party seller's goods the customer can only ask: the seller decides.",
           'guard `decided_by_its_seller`; condition `needs_approval`; label "Request cancellation"'),
    Clause("B11", "Where a seller's goods can no longer be asked for, the customer turns to the seller.",
           "next step `contact_seller`"),
    Clause("B12", "Choosing all items is cancelling the whole order.",
           'selection `"all"`'),
    Clause("B13", "The choice is sent off as one request.",
           "one command holds for its whole selection, or for nothing"),
    Clause("B14", "The customer sees on the screen at once what became of it.",
           'effect `Notify(channel="screen")`, with a topic that follows the outcome'),
    Clause("B15", "The customer finds the same in the message centre.",
           'effect `Notify(channel="message_center")`'),
    Clause("B16", "Cancelled orders are listed in a place of their own.",
           "query `is_cancelled`"),
    Clause("B17", "Where cancelling is no longer offered, the goods have probably left.",
           "refusal `already_dispatched`, from `decide` and `actions` alike"),
    Clause("B18", "Then the delivery can be called off from where the parcel is tracked.",
           "command `cancel_delivery`; state `shipped.intercepting`; effect `AskCarrier`"),
    Clause("B19", "Where even that is not offered, the parcel is turned away or sent back later.",
           "refusals `already_arrived` and `already_delivered` with their next steps"),
    Clause("B20", "A bundle is several items sold together for less.",
           "`bundle` of an item; refusal `bundle_mixed`"),
    Clause("B21", "Items of a bundle cannot be cancelled one by one.",
           "decisions hold for whole bundles; refusal `bundle_indivisible`"),
    Clause("B22", "Cancelling one item of a bundle cancels all of its items that have not been shipped.",
           "selections are widened (`added`); state `unshipped.cancel_confirming`; `bundle_confirmed`, "
           "`bundle_denied`; policy value `bundle_widening`"),
)

_READINGS = (
    Clause("5.1",
           "Customer service approves the cancellation of the shop's own goods, unless the policy lets it through "
           "directly; unpaid goods are cancelled by hand only where the policy allows it.",
           "policy values `own_goods_need_approval` and `unpaid_cancellation`; the presets of `Policy`",
           ("A3", "A5", "B6", "B10")),
    Clause("5.2",
           "A bundle waits, is confirmed, denied and withdrawn as a whole; what of it was dispatched stays sold.",
           "rows and events that cite B22; refusal `bundle_mixed`",
           ("B20", "B21", "B22")),
    Clause("5.3", "When preparation starts under a request, the request goes on and approval then asks logistics.",
           "rows of `preparation_started` and `preparation_presumed`",
           ("A7", "A8")),
    Clause("5.4", "When goods are dispatched under a request, the request lapses for them alone.",
           "rows of `dispatched`; `Notify` with topic `cancellation_lapsed`",
           ("A9", "B17")),
    Clause("5.5",
           "Goods dispatched after cancelling or closing change no decision: the carrier is asked to bring them "
           "back, and the parcel is remembered.",
           "anomalies `dispatched_after_cancel` and `dispatched_after_close`; effects `AskCarrier` and `Escalate`",
           ("A2", "A9")),
    Clause("5.6", "Late, excess and part payments go back to the instrument that they came from.",
           "refund causes `late_payment`, `excess_payment` and `part_payment`; policy value `payment_grace`",
           ("A1", "A2", "B2")),
    Clause("5.7",
           "An answer counts only for the goods that were asked about, from when the question is put until it is "
           "closed.",
           "condition `answers_the_ask`; anomaly `stale_answer`",
           ("A8", "A11")),
    Clause("5.8", "What goes back is what was paid, exact to the last cent over units and payments.",
           "`orderfsm.money.allocate`; `orderfsm.amounts`",
           ("A18", "A19", "B2")),
    Clause("5.9",
           "Returns are assessed by agreed terms, else by a person's amount, else by a schedule of days and reasons; "
           "lost goods without either are paid back whole.",
           "`ReturnSchedule`; command `assess_return`; guard `amount_where_needed`; `orderfsm.amounts.bounds`",
           ("A14", "A16", "A19")),
    Clause("5.10", "Working days are those of the order's country, counted from the day the refund is created.",
           "`orderfsm.calendars`",
           ("A18",)),
    Clause("5.11",
           "The same id with the same content is answered as a repetition, with other content never carried out.",
           "`Duplicate`; refusal and anomaly `conflicting_id`",
           ("B13", "B14")),
    Clause("5.12", "Facts may come early, late, twice or out of order; goods are where they were last truly seen.",
           "`Known`, `Implied` and `Contradiction` entries of the table; `orderfsm.settling.judge_again`",
           ("A7", "A9", "A12", "A13")),
    Clause("5.13", "An order that costs nothing is paid when it is placed.",
           "`place`",
           ("A1",)),
    Clause("5.14", "A shop's own rules can refuse more commands, and never allow more.",
           "`HostGuard`"),
    Clause("5.15",
           "Who may say what is part of the table; customers act on their own orders, sellers on their own goods.",
           "`WHO`; refusal `not_allowed`",
           ("A5", "A8", "B1", "B10")),
)
# fmt: on

CLAUSES: Mapping[str, Clause] = {clause.id: clause for clause in (*_A, *_B)}
"""Every clause of the two documents, by its number."""

READINGS: Mapping[str, Clause] = {reading.id: reading for reading in _READINGS}
"""What the documents leave open and how orderfsm reads it, by its number on the policy page."""
