"""Which goods a command means: from the lines that it names to lots, each with the row it would take.

Goods are chosen among those that fit, furthest from dispatch first. A bundle is decided as one, a parcel is
called off as a whole: the selection is widened, and the answer says by what (B22, B18).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from attrs import field, frozen

from orderfsm.actors import Role
from orderfsm.engine import GoodsTransition, denial_for, transition_for
from orderfsm.guards import Guard, contact
from orderfsm.inputs import (
    ApproveCancellation,
    CancelDelivery,
    Command,
    DeclineCancellation,
    GoodsCommand,
    Input,
    RequestCancellation,
    WithdrawCancellation,
)
from orderfsm.next_steps import steps_after
from orderfsm.order import Lot
from orderfsm.reasons import Code, Reason, not_allowed
from orderfsm.scene import Scene
from orderfsm.selections import ALL, Named
from orderfsm.states import FROM_DISPATCH

DECIDED_AS_ONE: frozenset[type[Command]] = frozenset(
    {RequestCancellation, WithdrawCancellation, ApproveCancellation, DeclineCancellation}
)
"""Commands that hold for a whole bundle (B21, B22)."""

Picked = list[tuple[Lot, int]]
"""Lots, and how many of each."""


@frozen
class Chosen:
    """Some goods and the row they would take."""

    lot: Lot
    quantity: int
    transition: GoodsTransition


@frozen
class Choice:
    """What a command means, what was added to it, and why it is refused if it is."""

    goods: tuple[Chosen, ...] = ()
    added: Mapping[str, int] = field(factory=dict)
    reasons: tuple[Reason, ...] = ()
    alone: bool = False
    """Whether nothing more may be said (policy 5.15)."""


class Chooser:
    """Chooses goods for one command."""

    def __init__(self, scene: Scene[Input], command: Command, host_guards: Sequence[Guard[Any]]) -> None:
        self._scene = scene
        self._command = command
        self._host_guards = host_guards
        self._lots = lots_of_actor(scene)
        self._verdicts: dict[int, tuple[GoodsTransition | None, list[Reason]]] = {}

    def choose(self) -> Choice:
        """The goods that the command means, or all reasons why it is refused."""
        if self._lots is None:
            return Choice(reasons=(not_allowed(self._command.name),), alone=True)
        command = cast(GoodsCommand | CancelDelivery, self._command)
        lots: Sequence[Lot] = self._lots
        if isinstance(command, CancelDelivery) and command.parcel is not None:
            lots = [lot for lot in lots if lot.parcel == command.parcel]
            if not lots:
                return Choice(
                    reasons=(Reason(Code.UNKNOWN_PARCEL, "B18", {"parcel": command.parcel}, (command.name,)),)
                )
        if command.lines is None or command.lines == ALL:
            chosen, reasons = self._everything(lots)
        else:
            chosen, reasons = self._named(lots, command.lines)
        return self._choice(chosen, reasons=reasons) if reasons else self._widened(chosen)

    def _verdict(self, lot: Lot) -> tuple[GoodsTransition | None, list[Reason]]:
        """The row that `lot` would take, or why it takes none."""
        key = id(lot)
        if key not in self._verdicts:
            scene, name = self._scene, self._command.name
            transition = transition_for(name, scene, lot)
            if transition is None:
                denial = denial_for(name, scene, lot)
                facts = {"line": lot.line.id, "state": lot.state}
                whom = contact(lot)
                reasons = [
                    Reason(code, denial.clause, facts, steps_after(code, lot.state, whom)) for code in denial.codes
                ]
            else:
                reasons = transition.refusals(scene, lot)
                reasons += [reason for guard in self._host_guards if (reason := guard(scene, lot)) is not None]
            self._verdicts[key] = transition, reasons
        return self._verdicts[key]

    def _fits(self, lot: Lot) -> bool:
        transition, reasons = self._verdict(lot)
        return transition is not None and not reasons

    def _agrees(self, mate: Lot) -> bool:
        """Whether nothing stands against taking a mate along: it fits, or it is not concerned."""
        return not self._has_row(mate) or self._fits(mate)

    def _has_row(self, lot: Lot) -> bool:
        return self._verdict(lot)[0] is not None

    def _everything(self, lots: Sequence[Lot]) -> tuple[Picked, list[Reason]]:
        fitting = [lot for lot in lots if self._fits(lot) and all(map(self._agrees, self._mates([lot])))]
        meant = fitting or [lot for lot in lots if self._has_row(lot)]
        return [(lot, lot.quantity) for lot in meant], [] if fitting else self._why_not(lots)

    def _named(self, lots: Sequence[Lot], named: Named) -> tuple[Picked, list[Reason]]:
        if not named:
            return [], [Reason(Code.NOTHING_SELECTED, "B9", {}, (self._command.name,))]
        picked: Picked = []
        reasons: list[Reason] = []
        for line, quantity in named:
            of_line = [lot for lot in lots if lot.line.id == line]
            if len(of_line) > 1:
                of_line.sort(key=_furthest_from_dispatch)
            fitting = [lot for lot in of_line if self._fits(lot)]
            there = sum([lot.quantity for lot in fitting])
            if not of_line:
                reasons.append(self._unknown(line))
            elif not fitting:
                reasons += self._why_not(of_line)
                meant = [lot for lot in of_line if self._has_row(lot)]
                picked += _first(meant, quantity or sum(lot.quantity for lot in meant))
            elif quantity is not None and quantity > there:
                facts = {"line": line, "quantity": quantity, "fits": there}
                reasons.append(Reason(Code.QUANTITY_EXCEEDS, "B9", facts, (self._command.name,)))
            else:
                picked += _first(fitting, there if quantity is None else quantity)
        return picked, reasons

    def _unknown(self, line: str) -> Reason:
        known = [each.id for each in self._scene.order.lines if any(lot.line is each for lot in self._lots or ())]
        steps = (self._command.name,)
        if line in known:  # of the order, but not in the parcel that was named with it
            return Reason(Code.UNKNOWN_PARCEL, "B18", {"line": line}, steps)
        return Reason(Code.UNKNOWN_LINE, "B9", {"line": line, "lines": known}, steps)

    def _why_not(self, lots: Iterable[Lot]) -> list[Reason]:
        """Every reason once per line; that it was already asked for comes first."""
        found: dict[tuple[str, object], Reason] = {}
        for lot in lots:
            for reason in self._verdict(lot)[1]:
                found.setdefault((reason.code, reason.facts.get("line")), reason)
        return sorted(found.values(), key=_already_requested_first) if len(found) > 1 else [*found.values()]

    def _widened(self, chosen: Picked) -> Choice:
        wanted = {id(lot): (lot, quantity) for lot, quantity in chosen}
        reasons: list[Reason] = []
        for lot in self._mates([lot for lot, _ in chosen]):
            transition, refusals = self._verdict(lot)
            if transition is not None:
                reasons += refusals
                wanted[id(lot)] = lot, lot.quantity
        added = _difference(wanted.values(), chosen)
        if added and type(self._command) in DECIDED_AS_ONE and not self._scene.policy.bundle_widening:
            reasons.append(Reason(Code.BUNDLE_INDIVISIBLE, "B21", {"missing": added}, (self._command.name,)))
        in_order = [wanted[id(lot)] for lot in self._scene.lots if id(lot) in wanted]
        return self._choice(in_order, added, reasons)

    def _choice(self, picked: Picked, added: Mapping[str, int] | None = None, reasons: Sequence[Reason] = ()) -> Choice:
        goods: list[Chosen] = []
        for lot, quantity in picked:
            transition = self._verdict(lot)[0]
            assert transition is not None
            goods.append(Chosen(lot, quantity, transition))
        return Choice(tuple(goods), added or {}, tuple(reasons))

    def _mates(self, chosen: Sequence[Lot]) -> list[Lot]:
        """Everything that is decided together with the chosen goods."""
        if type(self._command) in DECIDED_AS_ONE:
            bundles = {lot.line.bundle for lot in chosen} - {None}
            return [lot for lot in self._scene.lots if lot.line.bundle in bundles] if bundles else []
        if type(self._command) is CancelDelivery:
            parcels = {lot.parcel for lot in chosen} - {None}
            return [lot for lot in self._scene.lots if lot.parcel in parcels] if parcels else []
        return []


def _furthest_from_dispatch(lot: Lot) -> int:
    return -FROM_DISPATCH[lot.state]


def _already_requested_first(reason: Reason) -> bool:
    return reason.code != Code.ALREADY_REQUESTED


def _first(lots: Iterable[Lot], quantity: int) -> Picked:
    taken: Picked = []
    for lot in lots:
        if quantity:
            taken.append((lot, min(quantity, lot.quantity)))
            quantity -= taken[-1][1]
    return taken


def _difference(wanted: Iterable[tuple[Lot, int]], chosen: Iterable[tuple[Lot, int]]) -> dict[str, int]:
    added: dict[str, int] = {}
    for sign, some in ((1, wanted), (-1, chosen)):
        for lot, quantity in some:
            added[lot.line.id] = added.get(lot.line.id, 0) + sign * quantity
    return {line: quantity for line, quantity in added.items() if quantity}


def lots_of_actor(scene: Scene[Input]) -> list[Lot] | None:
    """The goods that the actor may speak of: a seller only of its own. None where it names others' goods."""
    if scene.by.role is not Role.SELLER:
        return scene.lots
    own = [lot for lot in scene.lots if lot.line.seller == scene.by.id]
    named = getattr(scene.input, "lines", None)
    if not own:
        return None
    if named is not None and named != ALL:
        ids = {line for line, _ in named}
        if any(lot.line.id in ids for lot in scene.lots if lot.line.seller != scene.by.id):
            return None
    return own
