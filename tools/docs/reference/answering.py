"""Which codes each input can be answered with: from the table, its guards, and the modules that judge inputs."""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping

from orderfsm.choosing import DECIDED_AS_ONE
from orderfsm.inputs import (
    COMMANDS,
    FACTS,
    INPUTS,
    ApproveReturn,
    AssessReturn,
    CancelDelivery,
    Command,
    Dispatched,
    Fact,
    GoodsCommand,
    GoodsFact,
    Input,
    ParcelFact,
    PaymentCaptured,
    Place,
    RefundFact,
    ResendRefund,
    ResolveAnomaly,
)
from orderfsm.reasons import AnomalyCode, Code
from orderfsm.states import RefundState
from orderfsm.table import CONTRADICTIONS, DENIALS, REFUND_IMPLIED, REFUND_KNOWN, REFUND_ROWS, ROWS

AnyCode = Code | AnomalyCode


def answers(input: type[Input]) -> tuple[AnyCode, ...]:
    """Every code with which an input can be answered, refusals first, each kind in its own order."""
    found = list(_refusals(input) if issubclass(input, Command) else _anomalies(input))
    return tuple(code for code in (*Code, *AnomalyCode) if any(code is each for each in found))


def inputs_answered(code: AnyCode) -> tuple[type[Input], ...]:
    """The inputs that can be answered with a code."""
    return tuple(each for each in INPUTS if any(code is answer for answer in answers(each)))


def everybody(inputs: tuple[type[Input], ...]) -> str | None:
    """A few words for many inputs, where they are all of a kind."""
    for words, some in _KINDS.items():
        if set(inputs) == set(some):
            return words
    return None


_KINDS: Mapping[str, tuple[type[Input], ...]] = {
    "every input": INPUTS,
    "every command": COMMANDS,
    "every command but `place`": tuple(each for each in COMMANDS if each is not Place),
    "every command about goods": tuple(each for each in COMMANDS if issubclass(each, GoodsCommand | CancelDelivery)),
    "every fact": FACTS,
    "every fact about goods": tuple(each for each in FACTS if issubclass(each, GoodsFact)),
    "every fact about refunds": tuple(each for each in FACTS if issubclass(each, RefundFact)),
}


def code_of(guard: Callable[..., object]) -> Code:
    """The code with which a guard refuses."""
    (name,) = re.findall(r"\bCode\.([A-Z_]+)", inspect.getsource(guard))
    return Code[name]


# --- commands ----------------------------------------------------------------------------------------------

_ALONE: Mapping[type[Input], tuple[Code, ...]] = {
    Place: (Code.ALREADY_PLACED, Code.BUNDLE_MIXED),
    ResendRefund: (Code.UNKNOWN_REFUND, Code.NOT_FAILED),
    ResolveAnomaly: (Code.UNKNOWN_ANOMALY, Code.ALREADY_RESOLVED),
    CancelDelivery: (Code.UNKNOWN_PARCEL,),
    ApproveReturn: (Code.WRONG_PRECISION, Code.EXCEEDS_PAID),
    AssessReturn: (Code.WRONG_PRECISION, Code.EXCEEDS_PAID, Code.EXCEEDS_TERMS, Code.BELOW_TERMS),
}
"""What is seen beside the table, by the modules that judge commands; a test compares this with what they do."""


def _refusals(command: type[Command]) -> Iterator[Code]:
    yield from (Code.NOT_ALLOWED, Code.CONFLICTING_ID)
    if command is not Place:
        yield Code.UNKNOWN_ORDER
    if issubclass(command, GoodsCommand | CancelDelivery):
        yield from (Code.UNKNOWN_LINE, Code.QUANTITY_EXCEEDS, Code.NOTHING_SELECTED)
    if command in DECIDED_AS_ONE:
        yield Code.BUNDLE_INDIVISIBLE
    yield from _ALONE.get(command, ())
    for denial in DENIALS:
        if denial.trigger is command:
            yield from denial.codes
    for row in ROWS:
        if row.trigger is command:
            yield from (code_of(guard) for guard in row.guards)


# --- facts -------------------------------------------------------------------------------------------------


def _anomalies(fact: type[Input]) -> Iterator[AnyCode]:
    yield Code.NOT_ALLOWED
    yield from (AnomalyCode.UNKNOWN_ORDER, AnomalyCode.CONFLICTING_ID)
    if fact is PaymentCaptured:
        yield from (AnomalyCode.WRONG_PRECISION, AnomalyCode.PAYMENT_CONFLICT)
    if issubclass(fact, RefundFact):
        yield AnomalyCode.UNKNOWN_REFUND
        if not all(_is_answered(state, fact) for state in RefundState):
            yield AnomalyCode.SETTLED_AFTER_FAILURE
    if issubclass(fact, GoodsFact):
        yield from (AnomalyCode.UNKNOWN_LINE, AnomalyCode.QUANTITY_EXCEEDS, AnomalyCode.NOTHING_FITS)
        yield AnomalyCode.DIGITAL_GOODS
    if issubclass(fact, ParcelFact) and fact is not Dispatched:
        yield AnomalyCode.UNKNOWN_PARCEL
    yield from (entry.code for entry in CONTRADICTIONS if entry.trigger is fact)
    yield from (row.anomaly for row in ROWS if row.trigger is fact and row.anomaly is not None)


def _is_answered(state: RefundState, fact: type[Fact]) -> bool:
    moves = {(row.source, row.trigger) for row in REFUND_ROWS}
    return (state, fact) in moves | REFUND_IMPLIED.keys() | REFUND_KNOWN
