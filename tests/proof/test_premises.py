"""The premises of the argument for any number of lines, one by one, on the shipped code.

They are numbered as in `docs/explanation/any-number-of-lines.md`. Each is checked in all states of two loose lines
that a family of orders has, or in every so many of them: A is the line in question, B stands for all others.
"""

import ast
from collections.abc import Hashable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

import orderfsm
from orderfsm import inputs as i
from orderfsm.amounts import left_of
from orderfsm.deadlines import Deadline
from orderfsm.decisions import Accepted, Decision, Refused
from orderfsm.draft import merged
from orderfsm.engine import TRANSITIONS
from orderfsm.guards import HostGuard
from orderfsm.inputs import Fact, Input
from orderfsm.machine import OrderMachine
from orderfsm.money import allocate
from orderfsm.order import Line, Lot, Order, was_cancelled
from orderfsm.policy import Policy
from orderfsm.scene import Scene
from orderfsm.states import State
from orderfsm.testing.keys import OrderKey
from orderfsm.testing.orders import Wait
from tests.proof import parts
from tests.proof.asking import (
    Answer,
    Said,
    about,
    answer,
    everything_said,
    line_of,
    lines_named,
    names_no_lines,
    naming,
    part,
    question,
    unheard,
)
from tests.proof.flags import early, passing_time, shared_terms
from tests.proof.parts import Content, Explored, Family, loose, part_of
from tests.proof.watched import Read, Readings, Watch, name_of, rules, watched_order

# --- 1: what is read -------------------------------------------------------------------------------------

_DUE = frozenset({"captured", "amount_due", "lots", "payments", "refunds", "order.lines", "order.delivery_fee"})

FLAGS_OF_RULES: dict[str, Read] = {
    "pays_in_part": (_DUE, frozenset({"line", "state", "amount"})),
    "pays_for_physical": (_DUE, frozenset({"line", "state", "amount"})),
    "pays_for_digital": (_DUE, frozenset({"line", "state", "amount"})),
    "parcel_learnt": (frozenset({"lots"}), frozenset({"line", "state"})),
    "all_refunds_settled": (frozenset({"refunds"}), frozenset()),
    "refunds_outstanding": (frozenset({"refunds"}), frozenset()),
}
"""Which rules read more than their own goods: what of the order, and what of the goods of other lines."""

MIXED: tuple[Content, Content] = {"seller": "s1"}, {"kind": "digital"}


def is_a(lot: Lot) -> bool:
    """Whether goods are of line A."""
    return lot.line.id == "A"


def test_premise_1_rules_read_their_own_goods_and_named_flags_only() -> None:
    """Of other lines, conditions read what is still due and what is still to be sent; guards read nothing."""
    readings = Readings()
    readings.note(everything_said(parts.UNTIL_DISPATCH), is_a)
    readings.note(everything_said(parts.BY_HAND, 1, *MIXED), is_a)
    readings.note(everything_said(parts.BY_HAND, 1, *reversed(MIXED)), is_a)
    readings.note(everything_said(parts.AFTERWARDS, 24, *MIXED), is_a)
    readings.note(everything_said(parts.ON_THE_ROAD, 6), is_a)
    readings.note(everything_said(parts.ASSESSED), is_a)
    assert {name_of(rule) for some in rules().values() for rule in some} == readings.asked
    assert FLAGS_OF_RULES == readings.flags


def test_premise_1_a_component_is_a_bundle_where_there_is_one() -> None:
    """Rules about members of a bundle read all of its members, and of other lines only that they are no members."""
    scope = loose(3, ({"bundle": "set"}, {"bundle": "set"}), chapters=parts.UNTIL_DISPATCH.chapters, paid=True)
    explored = Explored(scope, (i.RequestCancellation, i.ApproveCancellation))
    said = [
        Said(position.order, input, explored)
        for position in explored.positions
        for input in explored.inputs(position)
        if isinstance(position.order, Order) and not isinstance(input, Wait)
    ]
    found = Readings().note(said, lambda lot: lot.line.bundle is not None).flags
    outside = frozenset({"lots"}), frozenset({"line"})
    assert {"nothing_in_preparation": outside, "mate_in_preparation": outside} == found


PLACES: dict[str, str] = {
    "choosing.Chooser._named": "which goods are of the line",
    "matching.named_goods": "which goods are of the line",
    "choices.parcel_learnt": "which goods are of the line",
    "draft.merged": "which goods are of one line, and alike",
    "settling._confirm_bundles": "which goods are of a bundle",
    "deadlines.earliest": "instant",
    "deadlines.moving": "instant",
    "deadlines.waiting": "instant",
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
    """While an input about one line is decided, other lines are read where a flag is made of them, nowhere else."""
    watch = Watch()
    for said in (
        *about("B", parts.UNTIL_DISPATCH),
        *about("B", parts.BY_HAND),
        *about("B", parts.AFTERWARDS, 24),
        *about("B", parts.ON_THE_ROAD),
        *about("B", parts.ASSESSED),
        *about("B", parts.UNITS, 4, {"quantity": 2}),
    ):
        said.decide(order=watched_order(watch, said.order, "A"))
    assert PLACES.keys() == watch.seen.keys()


# --- 2: what is answered about a named line --------------------------------------------------------------


def answers(said: Iterator[Said], machine: OrderMachine | None = None) -> dict[Hashable, set[Answer]]:
    """What is answered about A, by what is known of it alone."""
    found: dict[Hashable, set[Answer]] = {}
    order, known = None, None
    for each in said:
        if each.order is not order:
            order, known = each.order, part("A", each, flags=[passing_time])
        decision = each.decide() if machine is None else machine.decide(each.order, each.input)
        asked = known, question(each)
        found.setdefault(asked, set()).add(answer("A", each, decision, [passing_time]))
    return found


NAMED: list[tuple[Family, int, tuple[Content, ...]]] = [
    (parts.UNTIL_DISPATCH, 1, ()),
    (parts.EARLY, 1, ()),
    (parts.DIRECT, 1, ()),
    (parts.AFTERWARDS, 4, ()),
    (parts.ON_THE_ROAD, 1, ()),
    (parts.ASSESSED, 1, ()),
    (parts.PAID_BACK, 1, ()),
    (parts.UNITS, 2, ({"quantity": 2},)),
    (parts.UNTIL_DISPATCH, 1, ({"seller": "s1"},)),
    (parts.UNTIL_DISPATCH, 1, ({"kind": "digital"},)),
]
"""Families, of how many of their states each is looked at, and what is special about their lines."""


@pytest.mark.parametrize(("family", "every", "items"), NAMED, ids=str)
def test_premise_2_the_answer_about_a_named_line_depends_on_that_line_alone(
    family: Family, every: int, items: tuple[Content, ...]
) -> None:
    """Wherever the other line is, the same is answered, moved, told and remembered about the line that is named."""
    found = answers(about("A", family, every, *items))
    assert {} == {asked: some for asked, some in found.items() if len(some) > 1}
    assert len(found) < len(list(about("A", family, every, *items)))


def test_premise_2_the_answer_about_free_goods_depends_on_the_fee() -> None:
    """What costs nothing is refunded at once when it is cancelled, unless it is the last and the fee goes with it."""
    found = answers(about("A", parts.UNTIL_DISPATCH, 1, {"amount": "0"}))
    moves = [[each.moves for each in some] for some in found.values() if len(some) > 1]
    assert len(moves) > 0
    for one, other in moves:
        assert {("cancelled nothing_owed refunded", 1)} == one ^ other


# --- 3: what naming a line changes -----------------------------------------------------------------------


def channel(said: Said) -> str | None:
    """How an input that names A changes goods of B, if it does."""
    decision = said.decide()
    before = line_of(said.order, "B")
    if before == line_of(decision.order, "B"):
        return None
    moves = {move.trigger for move in decision.moves if move.line == "B"}
    if moves == {"payment_captured"}:
        return "due"
    return "parcel" if moves == {"cancel_delivery"} and share_a_parcel(said.order) else "unknown"


def share_a_parcel(order: Order) -> bool:
    """Whether both lines have goods in one parcel."""
    first, second = ({lot.parcel for lot in line_of(order, line)} - {None} for line in "AB")
    return bool(first & second)


CHANNELS: list[tuple[Family, int, set[str]]] = [
    (parts.UNTIL_DISPATCH, 1, set()),
    (parts.EARLY, 1, set()),
    (parts.DIRECT, 1, set()),
    (parts.AFTERWARDS, 3, set()),
    (parts.ASSESSED, 1, set()),
    (parts.PAID_BACK, 1, set()),
    (parts.ON_THE_ROAD, 1, {"parcel"}),
    (parts.IN_PART, 1, {"due"}),
]


@pytest.mark.parametrize(("family", "every", "channels"), CHANNELS, ids=str)
def test_premise_3_naming_a_line_changes_no_other(family: Family, every: int, channels: set[str]) -> None:
    """Goods of other lines stay as they are, but for a parcel that is shared and a payment that is now enough."""
    assert channels == {channel(said) for said in about("A", family, every)} - {None}


@pytest.mark.parametrize("family", [parts.ASSESSED, parts.PAID_BACK], ids=str)
def test_premise_3_a_report_on_a_refund_changes_what_it_pays_for(family: Family) -> None:
    """Goods follow the refunds that were made for them, and no others."""
    told = 0
    for said in everything_said(family):
        refund = getattr(said.input, "refund", None)
        if refund is not None:
            order: Any = said.decide().order
            for before, after in zip(said.order.lots, order.lots, strict=True):
                assert before == after or refund in before.refunds
            told += 1
    assert told > 0


# --- 4: several lines ------------------------------------------------------------------------------------


def in_turn(said: Said) -> list[Decision]:
    """The same said about A, and then about B."""
    first = said.decide(naming(said.input, "A"))
    assert isinstance(first.order, Order)
    return [first, said.decide(naming(said.input, "B"), unheard(first.order))]


TOGETHER = [
    (parts.UNTIL_DISPATCH, 1),
    (parts.DIRECT, 2),
    (parts.AFTERWARDS, 12),
    (parts.ON_THE_ROAD, 3),
    (parts.ASSESSED, 1),
]


@pytest.mark.parametrize(("family", "every"), TOGETHER, ids=str)
def test_premise_4_naming_lines_is_naming_them_one_after_another(family: Family, every: int) -> None:
    """A command about two lines is refused if it is for one of them; else both go where each goes by itself."""
    for said in about("A", family, every):
        if isinstance(said.input, i.CancelDelivery) and share_a_parcel(said.order):
            continue
        together, apart = said.decide(naming(said.input, "A", "B")), in_turn(said)
        assert any(isinstance(each, Refused) for each in apart) == isinstance(together, Refused)
        if isinstance(together, Refused):
            assert together.order is said.order
            assert {each.code for one in apart for each in one.reasons} == {each.code for each in together.reasons}
        else:
            for line in "AB":
                assert part(line, said, apart[1], [shared_terms]) == part(line, said, together, [shared_terms])


def test_premise_4_an_amount_is_for_all_goods_that_are_named_together() -> None:
    """Terms beyond the price of one line are in order for two, and are shared out over them."""
    seen = 0
    for said in about("A", parts.AFTERWARDS):
        if isinstance(said.input, i.ApproveReturn) and all(map(waits_for_terms, said.order.lots)):
            dear = evolve(said.input, terms="15.00", label="own")
            assert ["exceeds_paid"] == [str(reason.code) for reason in said.decide(dear).reasons]
            order: Any = said.decide(naming(dear, "A", "B")).order
            assert [750, 750] == [lot.terms for lot in order.lots]
            seen += 1
    assert seen > 0


def waits_for_terms(lot: Lot) -> bool:
    """Whether somebody wants to send opened goods back."""
    case = lot.case
    return lot.state is State.RETURN_REQUESTED and case is not None and case.opened and case.kind == "return"


# --- 5: what names nothing -------------------------------------------------------------------------------


def left_alone(said: Said, at_large: Decision, line: str) -> bool | None:
    """Whether what names nothing leaves a line as it is where naming it would not; None where both agree."""
    decisions = at_large, said.decide(naming(said.input, line)), None
    found, named, before = (part(line, said, decision, [early, shared_terms]) for decision in decisions)
    return None if found == named else found == before


AT_LARGE: list[tuple[Family, int, tuple[Content, ...]]] = [
    (parts.UNTIL_DISPATCH, 1, ()),
    (parts.UNTIL_DISPATCH, 1, ({"seller": "s1"}, {"kind": "digital"})),
    (parts.DIRECT, 2, ()),
    (parts.AFTERWARDS, 12, ()),
    (parts.ON_THE_ROAD, 3, ()),
    (parts.ASSESSED, 1, ()),
    (parts.PAID_BACK, 1, ()),
]


@pytest.mark.parametrize(("family", "every", "items"), AT_LARGE, ids=str)
def test_premise_5_what_names_nothing_does_what_naming_does_or_nothing(
    family: Family, every: int, items: tuple[Content, ...]
) -> None:
    """Other lines only keep a line from being meant by a fact; commands about everything mean all that fits."""
    for said in everything_said(family, every, *items):
        if names_no_lines(said.input):
            at_large = said.decide()
            for line in "AB":
                alone = left_alone(said, at_large, line)
                assert alone is None or (alone and isinstance(said.input, Fact))


# --- 6: what can be exchanged ----------------------------------------------------------------------------


def moving(family: Family, every: int = 1) -> Iterator[tuple[Said, Input, Input]]:
    """States, and two inputs that each change something there: one names A, the other B."""
    found: dict[int, tuple[Said, dict[str, list[Input]]]] = {}
    for said in everything_said(family, every):
        for line in lines_named(said.input) or ():
            if said.decide().order is not said.order:
                _, inputs = found.setdefault(id(said.order), (said, {}))
                inputs.setdefault(line, []).append(said.input)
    for said, inputs in found.values():
        for first, second in product(inputs.get("A", ()), inputs.get("B", ())):
            yield said, first, second


def after_both(said: Said, first: Input, second: Input) -> Order:
    """The order after two inputs; facts that came too early at the same time are put in one order."""
    order: Any = said.order
    for input in (first, second):
        order = said.decide(input, order).order
    waiting = sorted((each for each in order.anomalies if each.waiting), key=lambda each: str(each.fact))
    found: Order = evolve(order, anomalies=tuple(waiting))
    return found


def whole(said: Said, order: Order) -> tuple[Hashable, int]:
    """Both lines as they are, and how much goes back in all."""
    key = OrderKey(said.explored.scope.policy)(part_of(order, {"A": "A", "B": "B"}), order.placed_at)
    return key, sum(refund.amount for refund in order.refunds)


EXCHANGED = [
    (parts.UNTIL_DISPATCH, 3),
    (parts.DIRECT, 2),
    (parts.AFTERWARDS, 48),
    (parts.ON_THE_ROAD, 6),
    (parts.ASSESSED, 1),
]


@pytest.mark.parametrize(("family", "every"), EXCHANGED, ids=str)
def test_premise_6_inputs_about_different_lines_can_be_exchanged(family: Family, every: int) -> None:
    """Which of two lines is spoken of first makes no difference to where they are, and to what goes back in all."""
    pairs = 0
    for said, first, second in moving(family, every):
        one, other = after_both(said, first, second), after_both(said, second, first)
        if "cancel_delivery" in (first.name, second.name) and any(map(share_a_parcel, (said.order, one, other))):
            continue
        assert whole(said, one) == whole(said, other)
        pairs += 1
    assert pairs > 0


def test_premise_6_unpaid_lines_cannot_be_exchanged() -> None:
    """What is due joins unpaid lines: which one is cancelled first can decide which one is paid for."""
    found = {
        (first.name, second.name, *[lot.state for lot in said.order.lots])
        for said, first, second in moving(parts.IN_PART)
        if whole(said, after_both(said, first, second)) != whole(said, after_both(said, second, first))
    }
    assert {("request_cancellation", "request_cancellation", State.UNPAID, State.UNPAID)} == found


# --- 7: flags do not count -------------------------------------------------------------------------------


def with_copies(order: Order, copies: int) -> Order:
    """The order with more lines that are where B is, in its parcels, under its refunds; they cost nothing."""
    lines, lots = list(order.lines), list(order.lots)
    original = lines[1]
    for number in range(copies):
        line = evolve(original, id=f"{original.id}{number}", amount=0)
        lines.append(line)
        lots += [_copy(lot, line) for lot in line_of(order, original.id)]
    return evolve(order, lines=tuple(lines), lots=tuple(lots))


def _copy(lot: Lot, line: Line) -> Lot:
    return evolve(lot, line=line, amount=0, terms=None if lot.terms is None else 0)


COPIED = [
    (parts.UNTIL_DISPATCH, 2),
    (parts.BY_HAND, 1),
    (parts.EARLY, 4),
    (parts.AFTERWARDS, 24),
    (parts.ON_THE_ROAD, 6),
    (parts.ASSESSED, 1),
    (parts.PAID_BACK, 1),
]


@pytest.mark.parametrize(("family", "every"), COPIED, ids=str)
def test_premise_7_more_lines_of_the_same_kind_change_no_answer(family: Family, every: int) -> None:
    """Six more lines that are where B is change nothing for A, whatever is said: flags say whether, not how many."""
    few, many = None, None
    for said in everything_said(family, every):
        if said.order is not few:
            few, many = said.order, with_copies(said.order, 6)
        assert answer("A", said, said.decide()) == answer("A", said, said.decide(order=many))


# --- 8: money --------------------------------------------------------------------------------------------

TWO_PAYMENTS = Family(
    name="two payments",
    kinds=parts.IN_PART.kinds,
    scope={"policy": Policy(own_goods_need_approval=False), "captures": 2, "delivery_fee": "0.01"},
)


def test_premise_8_refunds_of_a_line_depend_on_what_is_left_and_on_the_fee() -> None:
    """The refunds that a line is given follow from its price, the payments, what is left of them, and the fee."""
    found: dict[Hashable, set[Hashable]] = {}
    for said in about("A", TWO_PAYMENTS, 1, {"amount": "10.01", "quantity": 2}, {"amount": "3.33", "quantity": 2}):
        order, decision = said.order, said.decide()
        if order.paid_at is None or not isinstance(decision, Accepted):
            continue
        own = [(lot.state, lot.amount, lot.quantity) for lot in line_of(order, "A")]
        left = [(payment.id, payment.amount, left_of(payment, order.refunds)) for payment in order.payments]
        known = *own, *left, all(map(was_cancelled, line_of(order, "B"))), question(said)
        after: Any = decision.order
        new = [(each.payment, each.amount, each.cause) for each in after.refunds[len(order.refunds) :]]
        found.setdefault(known, set()).add(tuple(new))
    assert {} == {known: some for known, some in found.items() if len(some) > 1}
    assert len(found) > 0


def left_after(amounts: Sequence[int], captured: Sequence[int]) -> list[int]:
    """What is left of each payment once these amounts went back, one after the other."""
    left = list(captured)
    for amount in amounts:
        shares = allocate(amount, captured, left)
        left = [each - share for each, share in zip(left, shares, strict=True)]
    return left


def test_premise_8_of_two_payments_the_same_is_left_in_any_order() -> None:
    """Two payments are drawn on alike, whichever line is refunded first."""
    for first, second, rest, most in product(range(1, 9), range(1, 9), range(3), range(12)):
        total = first + second + rest
        captured = min(most, total), max(0, total - most)
        assert left_after((first, second), captured) == left_after((second, first), captured)


def test_premise_8_of_three_payments_something_else_may_be_left() -> None:
    """With three payments, the order of the lines can decide where odd cents come from; in all the same is left."""
    captured = 15, 5, 1
    assert [2, 0, 0] == left_after((2, 2, 15), captured)
    assert [0, 2, 0] == left_after((15, 2, 2), captured)


# --- 9: time ---------------------------------------------------------------------------------------------

DUE = [
    (parts.UNTIL_DISPATCH, 1),
    (parts.DIRECT, 1),
    (parts.AFTERWARDS, 6),
    (parts.ON_THE_ROAD, 1),
    (parts.PAID_BACK, 1),
]


@pytest.mark.parametrize(("family", "every"), DUE, ids=str)
def test_premise_9_deadlines_of_a_line_are_those_of_the_line_alone(family: Family, every: int) -> None:
    """Left to time, every line goes where it would go alone, at the same instants."""
    machine = family.of(2).space.machine
    for order in orders_of(family, every):
        alone: dict[str, Any] = {line: part_of(order, {line: line}) for line in "AB"}
        instants = {due.at for due in deadlines_of(machine, order)}
        assert instants == {due.at for each in alone.values() for due in deadlines_of(machine, each)}
        for at, (line, only) in product(instants, alone.items()):
            assert line_of(machine.tick(only, at).order, line) == line_of(machine.tick(order, at).order, line)


def orders_of(family: Family, every: int = 1) -> Iterator[Order]:
    """Every so many of the placed orders of two lines."""
    for position in family.of(2).positions[::every]:
        if isinstance(position.order, Order):
            yield position.order


def deadlines_of(machine: OrderMachine, order: Any) -> Iterator[Deadline]:
    """What happens by itself from here on, if nobody says anything."""
    while (due := machine.next_deadline(order)) is not None:
        yield due
        order = machine.tick(order, due.at).order


# --- 10: counting ----------------------------------------------------------------------------------------

DECIDING = (
    "amounts", "choices", "choosing", "commanding", "consequences", "deadlines", "draft", "engine", "guards", "machine",
    "matching", "notes", "paying", "placing", "refunding", "reporting", "scene", "settling",
)  # fmt: skip
"""Every module through which an input goes."""

COUNTED = {
    "choosing: len(of_line) > 1": "lots of the line that is named: one needs no sorting",
    "choosing: len(found) > 1": "reasons of a refusal: one needs no sorting",
    "placing: len(sellers) > 1": "sellers of a bundle",
    "draft: len(self.lots) == len(order.lines)": "whether a line is split: if none is, there is nothing to merge",
}
"""Every condition that counts something, and what."""


def conditions_that_count(module: str) -> Iterator[str]:
    """Comparisons with a number of things."""
    source = (Path(orderfsm.__file__).parent / f"{module}.py").read_text("utf-8")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare) and any(map(_counts, ast.walk(node))):
            yield f"{module}: {ast.unparse(node)}"


def _counts(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("len", "count")


def test_premise_10_no_condition_counts_lines() -> None:
    """How many lines an order has decides nothing; it is compared with the number of lots, to save work."""
    assert COUNTED.keys() == {found for module in DECIDING for found in conditions_that_count(module)}


@pytest.mark.parametrize("family", [parts.UNTIL_DISPATCH, parts.AFTERWARDS, parts.UNITS], ids=str)
def test_premise_10_there_is_nothing_to_merge_where_no_line_is_split(family: Family) -> None:
    """Where there are as many lots as lines, merging changes nothing."""
    unsplit = [order for order in orders_of(family) if len(order.lots) == len(order.lines)]
    assert [list(order.lots) for order in unsplit] == [merged(order.lots) for order in unsplit]


# --- 11: names and places --------------------------------------------------------------------------------

OTHER = {"A": "B", "B": "A"}


def exchanged(order: Order) -> Order:
    """The order with its lines the other way round, each under the other's name."""
    lines = {line.id: evolve(line, id=OTHER[line.id]) for line in reversed(order.lines)}
    lots = [evolve(lot, line=lines[lot.line.id]) for name in lines for lot in line_of(order, name)]
    refunds = [evolve(each, lines={OTHER[line]: n for line, n in each.lines.items()}) for each in order.refunds]
    early: list[Any] = [evolve(each, fact=renamed(each.fact)) for each in order.anomalies]
    return evolve(
        order, lines=tuple(lines.values()), lots=tuple(lots), refunds=tuple(refunds), anomalies=tuple(early)
    )  # fmt: skip


def renamed(said: Input) -> Any:
    """The same about the other line."""
    names = lines_named(said)
    return said if names is None else naming(said, *[OTHER[name] for name in names])


EXCHANGEABLE = [
    (parts.UNTIL_DISPATCH, 2),
    (parts.EARLY, 3),
    (parts.AFTERWARDS, 48),
    (parts.ON_THE_ROAD, 6),
    (parts.ASSESSED, 1),
    (parts.PAID_BACK, 1),
    (parts.IN_PART, 3),
]


@pytest.mark.parametrize(("family", "every"), EXCHANGEABLE, ids=str)
def test_premise_11_what_a_line_is_called_and_where_it_stands_decides_nothing(family: Family, every: int) -> None:
    """With the lines the other way round, the same is answered about each."""
    order, other = None, None
    for said in everything_said(family, every):
        if said.order is not order:
            order, other = said.order, exchanged(said.order)
        before, after = said.decide(), said.decide(renamed(said.input), other)
        for line in "AB":
            assert answer(line, said, before) == answer(OTHER[line], said, after)


# --- the checks can fail ---------------------------------------------------------------------------------


def nothing_else_has_left(scene: Scene[Any], lot: Lot) -> bool:
    """A rule that looks at neighbours."""
    return not any(each.state is State.SHIPPED for each in scene.lots if each.line is not lot.line)


NOSY = HostGuard(
    code="nosy",
    on=(i.RequestCancellation,),
    holds=nothing_else_has_left,
    sentence="Something else of the order has left.",
)


def test_a_guard_that_looks_at_a_neighbour_is_seen_looking() -> None:
    """Premise 1 fails for a host's guard about other lines: what it reads is noted."""
    found = Readings([NOSY]).note(everything_said(parts.UNTIL_DISPATCH), is_a).flags
    assert {"nosy"} == found.keys() - FLAGS_OF_RULES.keys()
    assert (frozenset({"lots"}), frozenset({"line", "state"})) == found["nosy"]


def test_a_guard_that_looks_at_a_neighbour_changes_answers() -> None:
    """Premise 2 fails for it: the same line, asked the same, is answered in two ways."""
    nosy = OrderMachine(parts.UNTIL_DISPATCH.of(2).scope.policy, guards=[NOSY])
    found = answers(about("A", parts.UNTIL_DISPATCH), nosy)
    differing = [some for some in found.values() if len(some) > 1]
    assert {("nosy",), ()} == {each.codes for some in differing for each in some}


def test_a_condition_that_looks_at_a_neighbour_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Premises 1 and 2 fail for a row that is only open while nothing else has left."""
    (row,) = TRANSITIONS["preparation_started"][State.UNSHIPPED]
    monkeypatch.setattr(row, "when", nothing_else_has_left)
    assert any(len(some) > 1 for some in answers(about("A", parts.UNTIL_DISPATCH)).values())
    found = Readings().note(everything_said(parts.UNTIL_DISPATCH), is_a).flags
    assert {"nothing_else_has_left"} == found.keys() - FLAGS_OF_RULES.keys()
