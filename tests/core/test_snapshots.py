"""What a book keeps of an order reads back as the same order, and so do answers and effects."""

from decimal import Decimal

import msgspec
import pytest
from attrs import evolve

from orderfsm import (
    PLATFORM,
    ApproveReturn,
    AssessReturn,
    Input,
    InvalidInput,
    PaymentCaptured,
)
from orderfsm.bookkeeping import written_line
from orderfsm.decisions import Anomalous, Decision
from orderfsm.effects import EFFECTS, Effect, Escalate
from orderfsm.log import read_line
from orderfsm.log_answers import encode
from orderfsm.order import Order, Unplaced
from orderfsm.reasons import Reason
from orderfsm.records import Entry, Letter, decision_of, read_effect, write_answer, write_effect
from orderfsm.snapshots import read_snapshot, write_snapshot
from tests.properties.strategies import START
from tests.properties.walks import Step, Walk

AT_LEAST, AT_MOST, LENGTH = 100, 2_000, 40


@pytest.fixture(scope="module")
def steps() -> list[Step]:
    """Every step of so many walks that each kind of effect was given."""
    found: list[Step] = []
    effects: set[type[Effect]] = set()
    for seed in range(AT_MOST):
        if seed >= AT_LEAST and effects >= set(EFFECTS):
            return found
        walk = [*Walk(seed).steps(LENGTH)]
        new = {type(effect) for step in walk for effect in step.decision.effects} - effects
        if seed < AT_LEAST or new:
            found += walk
            effects |= new
    raise AssertionError(f"no walk gives {set(EFFECTS) - effects}")


def _comparable(order: Order | Unplaced) -> object:
    """An order whose reasons are as JSON has them: a set or tuple among the facts is a list there."""
    anomalies = [
        evolve(each, reason=evolve(each.reason, facts=msgspec.json.decode(encode(each.reason.facts))))
        for each in order.anomalies
    ]
    return evolve(order, seen=(), anomalies=tuple(anomalies))


def test_an_order_reads_back_as_it_was(steps: list[Step]) -> None:
    """Every order on every walk is the same after it was written and read, but for the inputs it has seen."""
    for step in steps:
        order = step.decision.order
        assert _comparable(order) == read_snapshot(write_snapshot(order))


def test_lots_share_their_lines_again(steps: list[Step]) -> None:
    """Lots that are read refer to the lines of the order themselves, as the machine expects."""
    for step in steps:
        order = read_snapshot(write_snapshot(step.decision.order))
        if isinstance(order, Order):
            assert all(any(lot.line is line for line in order.lines) for lot in order.lots)


def test_a_machine_decides_the_same_on_what_was_read(steps: list[Step]) -> None:
    """Whether an order was kept or not makes no difference to any decision."""
    for step in steps:
        before = evolve(read_snapshot(write_snapshot(step.before)), seen=step.before.seen)
        again = step.machine.decide(before, step.input)
        assert write_snapshot(step.decision.order) == write_snapshot(again.order)
        assert _kept(step.decision) == _kept(again)


def _kept(decision: Decision) -> tuple[object, ...]:
    return write_answer(decision, {}), [write_effect(effect) for effect in decision.effects]


def test_messages_read_the_same_from_what_was_kept(steps: list[Step]) -> None:
    """The sentence of a reason does not change by being kept."""
    for step in steps:
        kept = read_snapshot(write_snapshot(step.decision.order))
        for anomaly, again in zip(step.decision.order.anomalies, kept.anomalies, strict=True):
            assert anomaly.reason.message == again.reason.message


def test_a_decision_reads_back_from_its_entry(steps: list[Step]) -> None:
    """The moves, reasons, effects and anomalies of every answer come back from journal and outbox."""
    for step in steps:
        decision = step.decision
        letters = [
            Letter("1001", seq, 1, effect.name, write_effect(effect), START)
            for seq, effect in enumerate(decision.effects, 1)
        ]
        again = decision_of(_entry(decision), letters, decision.order)
        assert type(decision) is type(again)
        assert (decision.moves, decision.fired, dict(decision.added)) == (again.moves, again.fired, again.added)
        assert [_said(reason) for reason in decision.reasons] == [_said(reason) for reason in again.reasons]
        assert [write_effect(each) for each in decision.effects] == [write_effect(each) for each in again.effects]
        if isinstance(decision, Anomalous):
            assert isinstance(again, Anomalous)
            assert decision.anomalies == again.anomalies


def _said(reason: Reason) -> tuple[object, ...]:
    return type(reason.code), reason.code, reason.clause, reason.message, reason.next_steps


def _entry(decision: Decision) -> Entry:
    answer = write_answer(decision, {})
    return Entry("1001", 1, "x", "platform", None, 0, START, START, decision.outcome, "", "", answer)


@pytest.mark.parametrize("kind", EFFECTS)
def test_every_kind_of_effect_reads_back(steps: list[Step], kind: type[Effect]) -> None:
    """Each kind of effect that a walk gives is equal after it was written and read, apart from odd facts."""
    found = [effect for step in steps for effect in step.decision.effects if type(effect) is kind][:200]
    assert found
    for effect in found:
        plain = effect
        if isinstance(effect, Escalate):
            plain = evolve(effect, facts=msgspec.json.decode(encode(effect.facts)))
        assert plain == read_effect(effect.name, write_effect(effect))


def test_an_input_reads_back_from_its_line(steps: list[Step]) -> None:
    """What a book keeps of every input on every walk is that input again."""
    for step in steps:
        assert ("1001", step.input) == read_line(written_line("1001", step.input).encode())


TINY = Decimal("1e-31")


@pytest.mark.parametrize(
    ("input", "field"),
    [
        (PaymentCaptured(payment="p", instrument="c", amount=TINY), "amount"),
        (AssessReturn(lines="all", deduction=TINY), "deduction"),
        (ApproveReturn(lines="all", terms=TINY), "terms"),
    ],
)
def test_an_input_that_could_not_be_read_again_is_not_kept(input: Input, field: str) -> None:
    """A value that the order log cannot hold is refused with its field, before anything is stored."""
    with pytest.raises(InvalidInput, match=f"^{field}"):
        written_line("1001", input.sent(by=PLATFORM, at=START))


def test_something_else_is_no_snapshot() -> None:
    """Text that is no snapshot is refused, not guessed at."""
    for text in ("", "{}", '{"is":"order"}', '{"is":"other","id":"1"}', "[]", "null"):
        with pytest.raises(msgspec.MsgspecError):
            read_snapshot(text)
