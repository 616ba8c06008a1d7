"""The order log: one line to one input and back; everything else is invalid, by field (policy 7)."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderfsm import (
    CUSTOMER_SERVICE,
    INPUTS,
    Actor,
    ApproveReturn,
    Customer,
    InvalidInput,
    Item,
    Kind,
    PaymentCaptured,
    Place,
    RequestCancellation,
    Role,
)
from orderfsm.log import InvalidLine, Tick, check_places, read_line, write_line
from orderfsm.selections import LinesArgument
from tests.core.log_lines import BAD, BAD_FOR_THE_READER, CANCEL, CAPTURED, GOOD, PLACE, TICK, UNREADABLE, raw

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)


def fault_of(line: bytes) -> InvalidLine:
    """The complaint about a line."""
    with pytest.raises(InvalidLine) as caught:
        read_line(line)
    return caught.value


# --- reading ---------------------------------------------------------------------------------------------


def test_the_first_example_of_the_policy_is_read() -> None:
    """A line becomes an input with its whole envelope; defaults fill in what is left out."""
    order, placed = read_line(raw(PLACE | {"delivery_fee": "4.90", "id": "k"}))
    expected = Place(
        at=NINE, by=Actor(Role.PLATFORM), id="k", customer="c9", country="DE", currency="EUR",
        lines=(Item(id="A", amount=Decimal("12.00"), quantity=1, kind=Kind.PHYSICAL),), delivery_fee=Decimal("4.90"),
    )  # fmt: skip
    assert ("1001", expected) == (order, placed)


def test_selections_are_read() -> None:
    """Lines are a list of ids, a map of quantities, or all."""
    forms: tuple[LinesArgument, ...] = (["A", "B"], {"A": 2}, "all", [])
    read = [read_line(raw(CANCEL | {"lines": lines}))[1] for lines in forms]
    assert [RequestCancellation(lines=lines, at=NINE, by=Customer("c9")) for lines in forms] == read


def test_terms_are_an_object() -> None:
    """The terms of a return are written with their amount."""
    line = {"order": "1", "at": "2026-03-02T09:00:00Z", "by": "customer_service", "do": "approve_return"}
    _, approved = read_line(raw(line | {"lines": "all", "terms": {"amount": "6.00"}}))
    assert ApproveReturn(lines="all", terms="6.00", at=NINE, by=CUSTOMER_SERVICE) == approved


def test_a_tick_may_name_an_order() -> None:
    """A tick is for one order, or for all."""
    assert (None, Tick(at=NINE)) == read_line(raw(TICK))
    assert ("7", Tick(at=NINE)) == read_line(raw(TICK | {"order": "7"}))


def test_a_tick_lets_time_pass_until_it_was_received() -> None:
    """A tick that was received later counts from then."""
    _, tick = read_line(raw(TICK | {"received_at": "2026-03-02T11:00:00Z"}))
    assert isinstance(tick, Tick)
    assert NINE + timedelta(hours=2) == tick.now


@pytest.mark.parametrize("line", GOOD)
def test_good_lines_are_read_and_written_back(line: dict[str, object]) -> None:
    """Reading what was written of a line gives the same input; nothing is lost."""
    read = read_line(raw(line))
    assert read == read_line(write_line(*read))


def test_every_input_has_a_line() -> None:
    """No input is missing from the examples, so none is missing from the log."""
    assert {kind.name for kind in INPUTS} | {"tick"} == {line["do"] for line in GOOD}


@pytest.mark.parametrize("line", [b" " + raw(PLACE) + b" \r", json.dumps(PLACE, indent=1).encode()])
def test_white_space_means_nothing(line: bytes) -> None:
    """Line ends of other systems and indented JSON are understood."""
    assert read_line(raw(PLACE)) == read_line(line)


@pytest.mark.parametrize("title", ["Tasse „Blau“", 'a "quoted" mug', "back\\slash", "🫖", "\x00", '"\\u0022'])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_text_is_read_however_it_is_escaped(title: str, ascii_only: bool) -> None:
    """Escapes, quotes and characters of every kind are text, and no sign of double keys."""
    line = json.dumps(PLACE | {"lines": [{"id": "A", "amount": "1", "title": title}]}, ensure_ascii=ascii_only)
    _, placed = read_line(line.encode())
    assert isinstance(placed, Place)
    assert title == placed.lines[0].title


def test_what_equals_a_default_may_be_said() -> None:
    """Saying a default, or null for what may be left out, is the same as leaving it out."""
    said = PLACE | {"delivery_fee": "0", "timezone": None, "lines": [PLACE["lines"][0] | {"kind": "physical"}]}
    assert read_line(raw(PLACE)) == read_line(raw(said))


# --- invalid lines ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("field", "line"), BAD + BAD_FOR_THE_READER)
def test_bad_values_are_invalid_and_name_their_field(field: str, line: dict[str, object]) -> None:
    """The complaint names the field, what was expected and what was found, and whose line it is."""
    fault = fault_of(raw(line))
    assert field == fault.field
    assert fault.expected
    assert fault.got
    order = line.get("order")
    assert (order if isinstance(order, str) and order else None) == fault.order


@pytest.mark.parametrize(("field", "line"), UNREADABLE)
def test_what_is_no_json_is_invalid(field: str, line: bytes) -> None:
    """Junk, broken JSON, double keys, NaN, deep nests: a short complaint, never anything else."""
    fault = fault_of(line)
    assert field == fault.field
    assert len(fault.message) < 1000


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (raw(CAPTURED | {"amount": 81.89}),
         'amount: expected a decimal amount as a string, such as "12.00", got 81.89'),
        (raw(PLACE | {"currecy": "EUR"}), 'currecy: expected no such field; currency perhaps, got "EUR"'),
        (raw(PLACE | {"at": "2026-03-02T09:00:00"}),
         "at: expected an aware date-time between 1970 and 2900, such as 2026-03-02T09:00:00Z, "
         'got "2026-03-02T09:00:00"'),
        (raw(PLACE).replace(b'"EUR"', b'"EUR", "currency": "USD"'),
         'currency: expected each key once, got "currency" more than once'),
        (b"[]", "expected one JSON object, got a list"),
    ],
)  # fmt: skip
def test_complaints_are_in_plain_words(line: bytes, message: str) -> None:
    """A complaint is one sentence that a shop's developer understands."""
    assert message == fault_of(line).message


def test_places_are_checked_against_the_currency_of_the_order() -> None:
    """An amount may have no more decimal places than the currency of an order that is known."""
    capture = PaymentCaptured(payment="p", instrument="i", amount="1.888", at=NINE, by=Actor(Role.PAYMENT))
    with pytest.raises(InvalidLine) as caught:
        check_places(capture, "EUR")
    assert ("amount", "payment_captured") == (caught.value.field, caught.value.do)
    check_places(capture, "KWD")


# --- writing ---------------------------------------------------------------------------------------------


def test_what_equals_a_default_is_left_out() -> None:
    """Written lines are short."""
    assert raw(PLACE).replace(b", ", b",").replace(b": ", b":") == write_line(*read_line(raw(PLACE)))


def test_an_incomplete_envelope_is_not_written() -> None:
    """A line needs its sender and its time."""
    for envelope, field in (({"at": NINE}, "by"), ({"by": CUSTOMER_SERVICE}, "at")):
        with pytest.raises(InvalidInput, match=f"^{field}:"):
            write_line("1", RequestCancellation(lines="all", **envelope))


def test_everything_is_written_as_all() -> None:
    """The word stays a word."""
    assert b'"lines":"all"' in write_line("1", RequestCancellation(lines="all", at=NINE, by=CUSTOMER_SERVICE))


def test_a_mixed_selection_is_not_written() -> None:
    """The log has quantities for all named lines or for none; nothing is guessed."""
    mixed = RequestCancellation(lines=(("A", 1), ("B", None)), at=NINE, by=CUSTOMER_SERVICE)
    with pytest.raises(InvalidInput, match=r"^lines:"):
        write_line("1", mixed)


# --- anything at all -------------------------------------------------------------------------------------


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_invalid(line: bytes) -> None:
    """No line raises anything but InvalidLine."""
    try:
        read_line(line)
    except InvalidLine as fault:
        assert fault.message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.sampled_from(["all", "1.00"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=300)
@given(st.data())
def test_mutated_lines_are_read_or_invalid(data: st.DataObject) -> None:
    """A good line in which something was changed is an input or invalid; if an input, it can be written."""
    line = dict(data.draw(st.sampled_from(GOOD)))
    name = data.draw(st.sampled_from([*line, "id", "received_at", "lines", "amount", "x"]))
    line[name] = data.draw(JSON)
    try:
        read = read_line(json.dumps(line).encode())
    except InvalidLine as fault:
        assert fault.message
    else:
        assert read == read_line(write_line(*read))


@given(st.data())
def test_mutated_bytes_are_read_or_invalid(data: st.DataObject) -> None:
    """A good line in which a byte was changed, or a piece cut out or doubled, is an input or invalid."""
    line = raw(data.draw(st.sampled_from(GOOD)))
    start = data.draw(st.integers(0, len(line)))
    end = data.draw(st.integers(start, min(len(line), start + 30)))
    middle = data.draw(st.binary(max_size=3) | st.just(line[start:end] * 2))
    try:
        read_line(line[:start] + middle + line[end:])
    except InvalidLine as fault:
        assert fault.message


@given(st.dictionaries(st.text(min_size=1), st.integers(1, 9), min_size=1), st.text())
def test_double_keys_are_seen_whatever_the_text(lines: dict[str, int], reason: str) -> None:
    """A line is invalid exactly if a key stands twice, whatever quotes and escapes its texts hold."""
    good = raw(CANCEL | {"lines": lines, "reason": reason})
    try:
        read_line(good)
    except InvalidLine as fault:
        assert "surrogate" in fault.expected
        return
    last = json.dumps(list(lines)[-1], ensure_ascii=False).encode()
    twice = json.dumps(lines, ensure_ascii=False).encode()
    assert "each key once" == fault_of(good.replace(twice, twice[:-1] + b", " + last + b": 1}")).expected


def test_importing_orderfsm_does_not_import_msgspec() -> None:
    """Who only decides orders does not pay for the log."""
    code = "import sys, orderfsm; print('msgspec' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert "False\n" == found.stdout
