"""Which goods a fact means: those that fit it, those about which it is known, those that it contradicts.

The counterpart of `orderfsm.choosing` for facts. Goods that fit only by straining, against a decision or by a
dispatch that nobody reported, are left alone while others of the same line fit.
"""

from collections.abc import Iterable, Sequence

from orderfsm.choosing import lots_of_actor
from orderfsm.draft import Draft
from orderfsm.engine import contradiction_for, implied_by, is_known, transition_for
from orderfsm.inputs import (
    Delivered,
)
from orderfsm.next_steps import LOOK
from orderfsm.order import Lot
from orderfsm.reasons import AnomalyCode, Reason
from orderfsm.rows import Contradiction
from orderfsm.states import FROM_DISPATCH, UNDER_REQUEST, UNDISPATCHED, State
from orderfsm.table import DIGITAL_GOODS

Contradicted = list[tuple[Lot, Contradiction | None]]
"""Goods, and the line of the table that says what about them is contradicted; None where nothing fits."""


class Sorted:
    """The goods of which a fact speaks, by what it means for them.

    `infer` also fits goods for which skipped steps can be filled in; `every` keeps what fits only by straining.
    """

    __slots__ = ("contradicted", "fitting", "known")

    def __init__(self, draft: Draft, lots: Iterable[Lot], *, infer: bool, every: bool = False) -> None:
        self.fitting: list[Lot] = []
        self.known: list[Lot] = []
        self.contradicted: Contradicted = []
        trigger = draft.input.name
        for lot in lots:
            if not lot.line.physical:
                self._sort_digital(draft, lot)
            elif transition_for(trigger, draft, lot) or (infer and implied_by(trigger, lot.state)):
                self.fitting.append(lot)
            elif is_known(trigger, draft, lot):
                self.known.append(lot)
            else:
                self.contradicted.append((lot, contradiction_for(trigger, draft, lot)))
        if not every:
            self.fitting = self._without_strain(draft, together=not infer)

    def _without_strain(self, draft: Draft, *, together: bool) -> list[Lot]:
        """Goods that fit only by straining count only where nothing else of the line fits or is known.

        Where nothing was named (`together`), nothing else of the whole order.
        """
        straining = {id(lot) for lot in self.fitting if _strains(draft, lot)}
        if not straining:
            return self.fitting
        others = [lot for lot in (*self.fitting, *self.known) if id(lot) not in straining]
        served = {"" if together else lot.line.id for lot in others}
        return [
            lot for lot in self.fitting if id(lot) not in straining or ("" if together else lot.line.id) not in served
        ]

    def new_contradictions(self) -> Contradicted:
        """What is contradicted, but goods known to be in another parcel only if there are no others."""
        new = [(lot, entry) for lot, entry in self.contradicted if not _is_elsewhere(entry)]
        return new or self.contradicted

    def _sort_digital(self, draft: Draft, lot: Lot) -> None:
        if isinstance(draft.input, Delivered) and lot.state is State.DELIVERED:
            self.known.append(lot)
        else:
            self.contradicted.append((lot, DIGITAL_GOODS))


def _strains(draft: Draft, lot: Lot) -> bool:
    """Whether a fact fits only against a decision, or if the goods were dispatched and nobody said so."""
    transition = transition_for(draft.input.name, draft, lot)
    return lot.state in UNDISPATCHED if transition is None else transition.row.anomaly is not None


def _is_elsewhere(entry: Contradiction | None) -> bool:
    return entry is not None and entry.code is AnomalyCode.PARCEL_CONFLICT


def _newest_first(contradicted: tuple[Lot, Contradiction | None]) -> tuple[bool, bool]:
    """Goods of which no parcel is known come first, those known to be in another one last."""
    lot, entry = contradicted
    return _is_elsewhere(entry), lot.parcel is not None


def named_goods(draft: Draft, lots: Sequence[Lot], line: str, quantity: int | None) -> tuple[list[Lot], Contradicted]:
    """What a fact that names a line moves of it, and what it contradicts there."""
    of_line = [lot for lot in lots if lot.line.id == line]
    if not of_line:
        known = list(dict.fromkeys(lot.line.id for lot in lots_of_actor(draft) or ()))
        if line in known:
            draft.contradict(Reason(AnomalyCode.NOTHING_FITS, "B9", {"line": line}, LOOK))
        else:
            draft.contradict(Reason(AnomalyCode.UNKNOWN_LINE, "B9", {"line": line, "lines": known}, LOOK))
        return [], []
    found = Sorted(draft, of_line, infer=True, every=quantity is not None)
    if quantity is None:
        return found.fitting, [] if found.fitting or found.known else found.new_contradictions()
    fitting = sorted(found.fitting, key=lambda lot: _nearest_to_dispatch(draft, lot))
    there = sum(lot.quantity for lot in fitting)
    known_there = sum(lot.quantity for lot in found.known)
    if quantity <= there:
        return _taken(draft, fitting, quantity), []
    if not there and quantity <= known_there:
        return [], []
    rest = quantity - there
    against: Contradicted = []
    for lot, entry in sorted(found.contradicted, key=_newest_first):
        if rest:
            part = min(rest, lot.quantity)
            against.append((draft.take(lot, part), entry))
            rest -= part
    if rest:
        facts = {"line": line, "quantity": quantity, "fits": there, "known": known_there}
        draft.contradict(Reason(AnomalyCode.QUANTITY_EXCEEDS, "B9", facts, LOOK))
    return fitting, against


def _nearest_to_dispatch(draft: Draft, lot: Lot) -> tuple[bool, bool, bool, int]:
    """Facts with a quantity take goods that fit without contradiction or inference, not under a request."""
    under_request = lot.state in UNDER_REQUEST or lot.asked
    inferred = transition_for(draft.input.name, draft, lot) is None
    return _strains(draft, lot), inferred, under_request, FROM_DISPATCH[lot.state]


def _taken(draft: Draft, lots: Iterable[Lot], quantity: int) -> list[Lot]:
    taken: list[Lot] = []
    for lot in lots:
        if quantity:
            part = min(quantity, lot.quantity)
            taken.append(draft.take(lot, part))
            quantity -= part
    return taken
