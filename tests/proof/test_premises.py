"""The premises of the argument for any number of lines, one by one, on the shipped code.

They are numbered as in `docs/explanation/any-number-of-lines.md`. Each is checked in every state, or in every so
many, of the orders of two loose lines that a family explores: A is the line in question, B is all the others.
"""

import ast
import inspect
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from types import ModuleType
from typing import Any

import pytest
from attrs import evolve, frozen

from orderfsm import (
    amounts,
    choices,
    choosing,
    commanding,
    consequences,
    deadlines,
    draft,
    engine,
    guards,
    machine,
    matching,
    money,
    notes,
    paying,
    placing,
    refunding,
    reporting,
    scene,
    settling,
)
from orderfsm import inputs as i
from orderfsm.amounts import left_of
from orderfsm.decisions import Accepted, Anomalous, Decision, Duplicate, Refused
from orderfsm.deadlines import Deadline
from orderfsm.draft import merged
from orderfsm.effects import SendRefund
from orderfsm.engine import TRANSITIONS
from orderfsm.guards import HostGuard
from orderfsm.inputs import Fact, Input
from orderfsm.machine import OrderMachine
from orderfsm.order import Lot, Order, was_cancelled
from orderfsm.policy import Policy
from orderfsm.scene import Scene
from orderfsm.selections import ALL
from orderfsm.states import State
from orderfsm.table import CONTRADICTIONS, DENIALS, KNOWN
from orderfsm.testing.keys import OrderKey
from orderfsm.testing.orders import Position, Wait
from tests.proof import parts
from tests.proof.flags import Flag, early, shared_terms
from tests.proof.parts import Content, Explored, Family, line_of, loose, part_of
from tests.proof.watched import Watch

# --- orders, inputs, answers -----------------------------------------------------------------------------


@frozen
class Said:
    """One input about one order, which nobody has said before."""

    order: Order
    input: Input
    explored: Explored

    def decide(self, input: Input | None = None, order: Order | None = None) -> Decision:
        """What the machine decides; on another input or another order, if there is one."""
        machine = self.explored.space.machine
        return machine.decide(self.order if order is None else order, self.input if input is None else input)


def everything_said(family: Family, every: int = 1, *items: Content) -> Iterator[Said]:
    """All inputs in every so many of the states of two lines."""
    explored = family.of(2, *items)
    for position in explored.positions[::every]:
        order = position.order
        if isinstance(order, Order):
            for input in explored.inputs(position):
                if not isinstance(input, Wait | i.Place):
                    yield Said(unheard(order), input, explored)


def unheard(order: Order) -> Order:
    """The order without the facts that were kept: whatever is said is said for the first time."""
    return evolve(order, anomalies=tuple(each for each in order.anomalies if each.waiting))


def lines_named(said: Input) -> list[str] | None:
    """The lines that an input names; None where it names none, or everything."""
    lines = getattr(said, "lines", None)
    return None if lines is None or lines == ALL else [line for line, _ in lines]


def naming(said: Input, *lines: str) -> Any:
    """The same, about these lines."""
    return evolve(said, lines=lines)  # type: ignore[call-arg]


def names_no_lines(said: Input) -> bool:
    """Whether an input is about goods, and leaves open about which."""
    return hasattr(said, "lines") and lines_named(said) is None


@frozen
class Answer:
    """What an order answers about one line, and what becomes of it."""

    outcome: str
    codes: tuple[str, ...]
    moves: tuple[Hashable, ...]
    told: tuple[Hashable, ...]
    after: Hashable


def about(line: str, said: Said, decision: Decision) -> Answer:
    """What a decision says about one line."""
    codes = sorted({str(reason.code) for reason in decision.reasons})
    moves = [(move.quantity, move.row) for move in decision.moves if move.line == line]
    return Answer(decision.outcome, tuple(codes), tuple(moves), tuple(_told(decision, line)), part(line, said, decision))


def part(line: str, said: Said, decision: Decision | None = None, flags: Iterable[Flag] = ()) -> Hashable:
    """One line as it is, or as a decision leaves it, as if it were all of the order."""
    order: Any = part_of(said.order if decision is None else decision.order, {line: "A"})
    for flag in flags:
        order = flag(order)
    assert said.input.at is not None
    return OrderKey(said.explored.scope.policy)(order, said.input.at)


def _told(decision: Decision, line: str) -> Iterator[Hashable]:
    for effect in decision.effects:
        quantity = getattr(effect, "lines", {}).get(line)
        if quantity or isinstance(effect, SendRefund):
            words = [str(getattr(effect, name, "")) for name in ("topic", "channel", "instruction", "code")]
            yield type(effect).__name__, quantity, *words


# --- 1: what rules read ----------------------------------------------------------------------------------

Rule = Callable[..., Any]

GLOBALS = frozenset(
    {"policy", "input", "by", "at", "now", "order", "order.placed_at", "order.country", "payment_closes_at"}
)
"""What every rule may read: it is the same whatever the other lines are."""

_DUE = frozenset({"captured", "amount_due", "lots", "payments", "refunds", "order.lines", "order.delivery_fee"})

FLAGS_OF_RULES: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "pays_in_part": (_DUE, frozenset({"line", "state", "amount"})),
    "pays_for_physical": (_DUE, frozenset({"line", "state", "amount"})),
    "pays_for_digital": (_DUE, frozenset({"line", "state", "amount"})),
    "parcel_learnt": (frozenset({"lots"}), frozenset({"line", "state"})),
    "all_refunds_settled": (frozenset({"refunds"}), frozenset()),
    "refunds_outstanding": (frozenset({"refunds"}), frozenset()),
}
"""Which rules read more: of the order, and of the goods of other lines."""


def rules() -> dict[str, list[Rule]]:
    """Every condition and guard of the table, by what it is asked on; as it runs."""
    found: dict[str, list[Rule]] = {}
    for trigger, cells in TRANSITIONS.items():
        for transition in [each for some in cells.values() for each in some]:
            found.setdefault(trigger, []).extend((*filter(None, [transition.when]), *transition.guards))
    for entry in (*DENIALS, *KNOWN, *CONTRADICTIONS):
        if entry.when is not None:
            found.setdefault(entry.trigger.name, []).append(entry.when)
    return {trigger: list(dict.fromkeys(some)) for trigger, some in found.items()}


class Readings:
    """What rules read beside their own goods, while they judge all goods of a line."""

    def __init__(self, more: Sequence[HostGuard] = ()) -> None:
        self.of_order: dict[str, set[str]] = {}
        self.of_others: dict[str, set[str]] = {}
        self._rules = rules()
        for guard in more:
            for command in guard.on:
                self._rules.setdefault(command.name, []).append(guard)

    def note(self, said: Said, component: Callable[[Lot], bool]) -> None:
        """Ask every rule that the input is subject to, about the goods of a component."""
        asked = self._rules.get(said.input.name, [])
        own = [lot for lot in said.order.lots if component(lot)]
        watch = Watch()
        lots = watch.over_lots(said.order.lots, own)
        for rule in asked:
            name = getattr(rule, "code", getattr(rule, "__name__", ""))
            read: set[str] = set()
            for lot in own:
                rule(_watched_scene(said, lots, read), lot)
            self.of_order.setdefault(name, set()).update(read - GLOBALS)
            self.of_others.setdefault(name, set()).update(*watch.seen.values())
            watch.forget()

    @property
    def flags(self) -> dict[str, tuple[frozenset[str], frozenset[str]]]:
        """What was read of the order and of other goods, rule by rule, where anything was."""
        both = {name: (frozenset(self.of_order[name]), frozenset(self.of_others[name])) for name in self.of_order}
        return {name: found for name, found in both.items() if any(found)}


def _watched_scene(said: Said, lots: list[Lot], read: set[str]) -> Scene[Input]:
    """A scene that notes what is read of it, and of its order."""
    input, order = said.input, said.order
    assert input.by is not None and input.at is not None
    found = _WatchedScene(said.explored.scope.policy, order, input, input.by, input.at, input.at)
    found.lots = lots
    found.order = _WatchedOrder(order, read)  # type: ignore[assignment]
    found.read = read
    return found


class _WatchedScene(Scene[Input]):
    read: set[str] | None = None

    def __getattribute__(self, name: str) -> Any:
        read = super().__getattribute__("read")
        if read is not None and name not in ("component", "minor"):
            read.add(name)
        return super().__getattribute__(name)


class _WatchedOrder:
    def __init__(self, order: Order, read: set[str]) -> None:
        self._order, self._read = order, read

    def __getattr__(self, name: str) -> Any:
        self._read.add(f"order.{name}")
        return getattr(self._order, name)


def test_premise_1_rules_read_their_own_goods_and_named_flags_only() -> None:
    """Of other lines, conditions read what is still due and what is still to be sent; guards read nothing."""
    readings = Readings()
    mixed: tuple[Content, ...] = ({"seller": "s1"}, {"kind": "digital"})
    for said in (
        *everything_said(parts.UNTIL_DISPATCH),
        *everything_said(parts.BY_HAND, 1, *mixed),
        *everything_said(parts.BY_HAND, 1, *reversed(mixed)),
        *everything_said(parts.AFTERWARDS, 24, *mixed),
        *everything_said(parts.ON_THE_ROAD, 3),
        *everything_said(parts.ASSESSED),
    ):
        readings.note(said, lambda lot: lot.line.id == "A")
    known = {getattr(rule, "__name__", "") for some in rules().values() for rule in some}
    assert known == readings.of_order.keys()
    assert FLAGS_OF_RULES == readings.flags


def test_premise_1_a_component_is_a_line_or_a_bundle() -> None:
    """Rules about members of a bundle read the other members too, and of lines outside only whether they belong to it."""
    readings = Readings()
    explored = Explored(_with_bundle(), (i.Place, i.PaymentCaptured, i.RequestCancellation, i.ApproveCancellation))
    for position in explored.positions:
        if isinstance(position.order, Order):
            for input in explored.inputs(position):
                if not isinstance(input, Wait | i.Place | i.PaymentCaptured):
                    readings.note(Said(position.order, input, explored), lambda lot: lot.line.bundle is not None)
    asked = {"nothing_in_preparation", "mate_in_preparation"}
    assert asked == readings.flags.keys()
    assert {(frozenset({"lots"}), frozenset({"line"}))} == set(readings.flags.values())


def _with_bundle() -> Any:
    return loose(3, ({"bundle": "set"}, {"bundle": "set"}), chapters=parts.UNTIL_DISPATCH.chapters)


PLACES: dict[str, str] = {
    "choosing.Chooser._named": "which goods are of the line",
    "matching.named_goods": "which goods are of the line",
    "choices.parcel_learnt": "which goods are of the line",
    "draft.merged": "which goods are of one line, and alike",
    "settling._confirm_bundles": "which goods are of a bundle",
    "deadlines.earliest": "time",
    "deadlines.moving": "time",
    "deadlines.waiting": "time",
    "scene.Scene.amount_due": "due",
    "paying.cancel_unpaid": "due",
    "choices.pays_for_physical": "due",
    "choices.pays_for_digital": "due",
    "amounts.fee_owed": "fee",
    "order.was_cancelled": "fee",
    "reporting._goods": "parcel",
    "choosing.Chooser._mates": "parcel",
    "choosing.Chooser._widened": "parcel",
    "choosing.Chooser._verdict": "parcel",
    "choosing._difference": "parcel",
    "choices.physical": "parcel",
    "engine.denial_for": "parcel",
    "guards.contact": "parcel",
    "draft.Draft.take": "parcel",
    "engine.transition_for": "due, parcel",
    "notes.noted": "due, parcel",
    "draft.Draft.move": "due, parcel",
    "draft.changed": "due, parcel",
    "consequences.tell": "due, parcel",
}
"""Every place that looks at goods of other lines while an input that names one line is decided, and for which flag."""


def test_premise_1_other_lines_are_looked_at_in_known_places_only() -> None:
    """While an input about one line is decided, other lines are read where a flag is made of them, and nowhere else."""
    watch = Watch()
    for said in (
        *everything_said(parts.UNTIL_DISPATCH),
        *everything_said(parts.BY_HAND),
        *everything_said(parts.AFTERWARDS, 12),
        *everything_said(parts.ON_THE_ROAD, 2),
        *everything_said(parts.ASSESSED),
        *everything_said(parts.UNITS, 12, {"quantity": 2}, {"quantity": 2}),
    ):
        if lines_named(said.input) == ["A"]:
            said.decide(order=watch.over(said.order, lambda lot: lot.line.id == "B"))
    assert PLACES.keys() == watch.seen.keys()


# --- 2: what is answered about a named line --------------------------------------------------------------

NAMED = [
    (parts.UNTIL_DISPATCH, 1),
    (parts.EARLY, 1),
    (parts.DIRECT, 1),
    (parts.AFTERWARDS, 3),
    (parts.ON_THE_ROAD, 1),
    (parts.ASSESSED, 1),
    (parts.PAID_BACK, 1),
]
"""Families, and how many of their states are looked at: each, or every so many."""


def answers(family: Family, every: int = 1, machine: OrderMachine | None = None) -> dict[Hashable, set[Answer]]:
    """What is answered about a line that is named, by what is known of it alone."""
    found: dict[Hashable, set[Answer]] = {}
    for said in everything_said(family, every):
        if lines_named(said.input) == ["A"]:
            asked = part("A", said), _without_times(said)
            decision = said.decide() if machine is None else machine.decide(said.order, said.input)
            found.setdefault(asked, set()).add(about("A", said, decision))
    return found


def _without_times(said: Said) -> Hashable:
    """What is said, but for when; of a quoted question only whether it is the one about these goods."""
    input = said.input
    content: Any = [(name, getattr(input, name)) for name in parts.content_of(input) if name != "ask"]
    ask = getattr(input, "ask", None)
    own = [lot.ask is not None and lot.ask.id == ask for lot in line_of(said.order, "A")]
    return input.name, *content, None if ask is None else tuple(own)


@pytest.mark.parametrize(("family", "every"), NAMED, ids=str)
def test_premise_2_the_answer_about_a_named_line_depends_on_that_line_alone(family: Family, every: int) -> None:
    """Wherever the other line is, the same is answered, moved, told and remembered about the line that is named."""
    found = answers(family, every)
    assert {} == {asked: some for asked, some in found.items() if len(some) > 1}
    assert len(found) < sum(1 for said in everything_said(family, every) if lines_named(said.input) == ["A"])


# --- 3: what naming a line changes -----------------------------------------------------------------------


def changed_elsewhere(said: Said) -> str | None:
    """Whether an input that names one line changes goods of the other, and by which channel."""
    decision = said.decide()
    order: Any = decision.order
    before, after = line_of(said.order, "B"), line_of(order, "B")
    if before == after:
        return None
    moves = {move.trigger for move in decision.moves if move.line == "B"}
    if moves == {"payment_captured"}:
        return "due"
    own = {lot.parcel for lot in line_of(said.order, "A")} - {None}
    return "parcel" if moves == {"cancel_delivery"} and own & {lot.parcel for lot in before} else "?"


CHANNELS = [
    (parts.UNTIL_DISPATCH, 1, {None}),
    (parts.EARLY, 1, {None}),
    (parts.DIRECT, 1, {None}),
    (parts.AFTERWARDS, 3, {None}),
    (parts.ASSESSED, 1, {None}),
    (parts.PAID_BACK, 1, {None}),
    (parts.ON_THE_ROAD, 1, {None, "parcel"}),
    (parts.IN_PART, 1, {None, "due"}),
]


@pytest.mark.parametrize(("family", "every", "channels"), CHANNELS, ids=str)
def test_premise_3_naming_a_line_changes_no_other(family: Family, every: int, channels: set[str | None]) -> None:
    """Goods of other lines stay as they are, but for a parcel that is shared and a payment that is now enough."""
    named = [said for said in everything_said(family, every) if lines_named(said.input) == ["A"]]
    assert channels == {changed_elsewhere(said) for said in named}


@pytest.mark.parametrize("family", [parts.ASSESSED, parts.PAID_BACK], ids=str)
def test_premise_3_a_report_on_a_refund_changes_what_it_pays_for(family: Family) -> None:
    """Goods follow the refunds that were made for them, and no others."""
    told = 0
    for said in everything_said(family):
        refund = getattr(said.input, "refund", None)
        if refund is not None:
            order: Any = said.decide().order
            others = [lot for lot in said.order.lots if refund not in lot.refunds]
            assert others == [lot for lot in order.lots if refund not in lot.refunds]
            told += 1
    assert told > 0


# --- 4: several lines ------------------------------------------------------------------------------------


def in_turn(said: Said) -> list[Decision]:
    """The same said about A, and then about B."""
    first = said.decide(naming(said.input, "A"))
    assert isinstance(first.order, Order)
    return [first, said.decide(naming(said.input, "B"), unheard(first.order))]


def share_a_parcel(order: Order) -> bool:
    """Whether both lines are in one parcel."""
    first, second = ({lot.parcel for lot in line_of(order, line)} - {None} for line in "AB")
    return bool(first & second)


TOGETHER = [
    (parts.UNTIL_DISPATCH, 1),
    (parts.DIRECT, 1),
    (parts.AFTERWARDS, 6),
    (parts.ON_THE_ROAD, 1),
    (parts.ASSESSED, 1),
]


@pytest.mark.parametrize(("family", "every"), TOGETHER, ids=str)
def test_premise_4_naming_lines_is_naming_them_one_after_another(family: Family, every: int) -> None:
    """A command about two lines is refused if it is about one; else both lines go where each goes by itself."""
    for said in everything_said(family, every):
        if lines_named(said.input) != ["A"] or (said.input.name == "cancel_delivery" and share_a_parcel(said.order)):
            continue
        together, apart = said.decide(naming(said.input, "A", "B")), in_turn(said)
        refused = any(isinstance(each, Refused) for each in apart)
        assert refused == isinstance(together, Refused)
        if refused:
            assert together.order is said.order
            codes = {reason.code for each in apart for reason in each.reasons}
            assert codes == {reason.code for reason in together.reasons}
            continue
        for line in "AB":
            assert part(line, said, apart[1], [shared_terms]) == part(line, said, together, [shared_terms])


# --- 5: what names nothing -------------------------------------------------------------------------------


def left_alone(said: Said, line: str) -> bool | None:
    """Whether an input that names nothing leaves a line as it is, where naming it would not; None where it is alike."""
    decisions = None, said.decide(), said.decide(naming(said.input, line))
    before, at_large, named = (part(line, said, decision, [early, shared_terms]) for decision in decisions)
    return None if at_large == named else at_large == before


AT_LARGE = [
    (parts.UNTIL_DISPATCH, 1),
    (parts.DIRECT, 1),
    (parts.AFTERWARDS, 6),
    (parts.ON_THE_ROAD, 3),
    (parts.ASSESSED, 1),
    (parts.PAID_BACK, 1),
]


@pytest.mark.parametrize(("family", "every"), AT_LARGE, ids=str)
def test_premise_5_what_names_nothing_does_what_naming_does_or_nothing(family: Family, every: int) -> None:
    """Other lines can only keep a line from being meant; commands about everything never leave out what would fit."""
    for said in everything_said(family, every):
        if names_no_lines(said.input):
            for line in "AB":
                alone = left_alone(said, line)
                assert alone is not False
                assert alone is None or isinstance(said.input, Fact), said.input


# --- 6: what can be exchanged ----------------------------------------------------------------------------


def moving_inputs(family: Family, every: int) -> Iterator[tuple[Said, list[Input], list[Input]]]:
    """States, and what changes something there: inputs that name A, and inputs that name B."""
    found: dict[int, tuple[Said, dict[str, list[Input]]]] = {}
    for said in everything_said(family, every):
        lines = lines_named(said.input)
        if lines is not None and said.decide().order is not said.order:
            found.setdefault(id(said.order), (said, {}))[1].setdefault(*lines, []).append(said.input)
    for said, inputs in found.values():
        yield said, inputs.get("A", []), inputs.get("B", [])


def given_back(order: Order) -> dict[str, int]:
    """What goes back to each payment."""
    back = {payment.id: 0 for payment in order.payments}
    for refund in order.refunds:
        back[refund.payment] += refund.amount
    return back
