"""Replaying a log: orders side by side, ticks, the summary, and the same answers from several processes."""

import gc
import gzip
import io
import json
import tracemalloc
import zlib
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderfsm import Order, OrderMachine, Policy
from orderfsm.errors import UnreadableLog
from orderfsm.log_answers import as_line, reason_object
from orderfsm.log_faults import LONGEST_LINE
from orderfsm.log_files import open_log
from orderfsm.reasons import Code, Reason
from orderfsm.replay import Replay, answered, tick_line
from orderfsm.shards import Player, Playing
from orderfsm.summary import Summary
from orderfsm.summary_text import summary_text
from tests.core.log_lines import BAD, CANCEL, CAPTURED, GOOD, PLACE, UNREADABLE, Line, raw

FEE = {"amount": "12.00"}


def log_of(*lines: Line | bytes) -> bytes:
    """Lines as a log."""
    return b"".join((line if isinstance(line, bytes) else raw(line)) + b"\n" for line in lines)


def play(*lines: Line | bytes) -> list[dict[str, Any]]:
    """What is answered to each line."""
    replay = Replay(OrderMachine())
    said = [answered(n, replay.play(line if isinstance(line, bytes) else raw(line))) for n, line in enumerate(lines, 1)]
    return [json.loads(each if isinstance(each, bytes) else tick_line(n, each)) for n, each in enumerate(said, 1)]


def line_at(line: Line, time: str, **fields: Any) -> Line:
    """A line at another time of the same month."""
    return line | {"at": f"2026-03-{time}:00Z"} | fields


PAID = (PLACE, CAPTURED | FEE)


# --- answers ---------------------------------------------------------------------------------------------


def test_the_example_of_the_policy_is_answered() -> None:
    """The answer to the third line of the policy's example has the shape that the policy gives."""
    items = [
        {"id": "A", "title": "Mug", "amount": "12.00", "quantity": 2},
        {"id": "B", "amount": "30.00", "bundle": "set-1"},
        {"id": "C", "amount": "20.00", "bundle": "set-1"},
        {"id": "D", "amount": "9.99", "kind": "digital"},
        {"id": "E", "amount": "5.00", "seller": "s7"},
    ]
    asked = CANCEL | {"at": "2026-03-02T10:00:00Z", "lines": ["B"], "reason": "changed_mind", "id": "k1"}
    *_, answer = play(PLACE | {"delivery_fee": "4.90", "lines": items}, CAPTURED, asked)
    expected = {
        "line": 3, "order": "1001", "do": "request_cancellation", "outcome": "accepted", "state": "cancel_requested",
        "lines": {"A": {"unshipped": 2}, "B": {"unshipped.cancel_requested": 1},
                  "C": {"unshipped.cancel_requested": 1}, "D": {"delivered": 1}, "E": {"unshipped": 1}},
        "added": {"C": 1}, "reasons": [], "refunds": [],
    }  # fmt: skip
    effects = answer.pop("effects")
    assert expected == answer
    assert {"tell_warehouse", "notify"} == {effect["effect"] for effect in effects}
    assert {"screen", "message_center"} == {effect["channel"] for effect in effects if "channel" in effect}


def test_money_is_written_as_decimal_strings() -> None:
    """Refunds and the effects that send them carry decimal strings, dates as dates."""
    approve = line_at(CANCEL, "02T11:00", by="customer_service", do="approve_cancellation")
    answer = play(*PAID, line_at(CANCEL, "02T10:00"), approve)[-1]
    refund = {
        "refund": "r1", "cause": "cancellation", "state": "due", "amount": "12.00", "payment": "p1",
        "instrument": "card:4242", "not_before": "2026-03-03", "due_by": "2026-03-05", "lines": {"A": 1},
    }  # fmt: skip
    assert [refund] == answer["refunds"]
    sent = next(effect for effect in answer["effects"] if effect["effect"] == "send_refund")
    assert {
        "effect": "send_refund", "id": "1001:r1:1", "refund": "r1", "payment": "p1", "instrument": "card:4242",
        "amount": "12.00", "currency": "EUR", "attempt": 1, "not_before": "2026-03-03", "due_by": "2026-03-05",
    } == sent  # fmt: skip


def test_refusals_say_why_and_what_instead() -> None:
    """A reason has its code, clause, sentence, next steps and facts."""
    [_, answer] = play(PLACE, line_at(CANCEL, "02T10:00"))
    [reason] = answer["reasons"]
    assert ("refused", "closes_by_itself", "A3", ["wait"]) == (
        answer["outcome"], reason["code"], reason["clause"], reason["next_steps"],
    )  # fmt: skip
    assert "2026-03-03T09:00:00Z" == reason["facts"]["closes_at"]
    assert reason["message"]


def test_what_fired_is_listed() -> None:
    """Deadlines that an input let fire are in its answer."""
    answers = play(PLACE, line_at(CAPTURED, "03T09:00", **FEE))
    assert [None, ["payment_window_closed"]] == [answer.get("fired") for answer in answers]
    assert ("closed", "late_payment") == (answers[1]["state"], answers[1]["refunds"][0]["cause"])


def test_unplaced_orders_have_no_state() -> None:
    """A fact about an order that was never placed is kept, a command refused; there are no goods to show."""
    answers = play(CAPTURED, CANCEL)
    assert ["anomaly", "refused"] == [answer["outcome"] for answer in answers]
    assert [(None, {}, [])] * 2 == [(answer["state"], answer["lines"], answer["refunds"]) for answer in answers]


def test_invalid_lines_say_what_was_expected_and_move_nothing() -> None:
    """The answer names the line, the field and what was expected; the other lines go on."""
    answers = play(PLACE, CAPTURED | {"amount": 12}, CAPTURED | FEE)
    assert ["accepted", "invalid", "accepted"] == [answer["outcome"] for answer in answers]
    assert {
        "line": 2, "order": "1001", "do": "payment_captured", "outcome": "invalid", "added": {}, "effects": [],
        "reasons": [
            {
                "code": "invalid", "clause": "7", "next_steps": [],
                "message": 'amount: expected a decimal amount as a string, such as "12.00", got 12',
                "facts": {"line": 2, "field": "amount", "got": "12",
                          "expected": 'a decimal amount as a string, such as "12.00"'},
            }
        ],
    } == answers[1]  # fmt: skip


def test_amounts_of_known_orders_have_the_places_of_their_currency() -> None:
    """More places than the order's currency has are invalid where the order is known."""
    _, answer = play(PLACE, CAPTURED | {"amount": "12.001"})
    assert ("invalid", "1001", "amount") == (
        answer["outcome"], answer.get("order"), answer["reasons"][0]["facts"]["field"],
    )  # fmt: skip


def test_facts_of_any_kind_are_written() -> None:
    """What a reason compares may be a map of any kind, or a value that only has a name."""
    nine = datetime(2026, 3, 2, 9, tzinfo=UTC)
    facts = {"lines": MappingProxyType({"A": 1}), "at": nine, "code": Code.NOT_PAID, "share": Fraction(1, 2)}
    written = json.loads(as_line(reason_object(Reason(Code.NOT_PAID, "A4", facts))))
    expected = {"lines": {"A": 1}, "at": "2026-03-02T09:00:00Z", "code": "not_paid", "share": "1/2"}
    assert expected == written["facts"]


@settings(max_examples=30)
@given(st.lists(st.sampled_from([*map(raw, GOOD), *(raw(bad) for _, bad in BAD), *(junk for _, junk in UNREADABLE)])))
def test_every_line_gets_one_answer(lines: list[bytes]) -> None:
    """Whatever the lines say, each gets one answer with its number and an outcome."""
    answers = play(*lines)
    assert list(range(1, len(lines) + 1)) == [answer["line"] for answer in answers]
    assert {answer["outcome"] for answer in answers} <= {"accepted", "refused", "duplicate", "anomaly", "invalid"}


# --- ticks -----------------------------------------------------------------------------------------------


def tick(time: str, **fields: Any) -> Line:
    """A line that lets time pass."""
    return {"at": f"2026-03-{time}:00Z", "do": "tick"} | fields


def test_a_tick_lets_time_pass_for_one_order() -> None:
    """Its answer is that of an input."""
    *_, answer = play(PLACE, tick("03T09:00", order="1001"))
    assert ("tick", "accepted", "closed", ["payment_window_closed"]) == (
        answer["do"], answer["outcome"], answer["state"], answer["fired"],
    )  # fmt: skip


def test_a_tick_for_an_unknown_order_is_refused() -> None:
    """There is nothing that time could pass for."""
    answers = play(tick("03T09:00", order="7"), CAPTURED, tick("03T09:00", order="1001"))
    assert ["refused", "anomaly", "refused"] == [answer["outcome"] for answer in answers]
    assert [("unknown_order", "A6")] == [(reason["code"], reason["clause"]) for reason in answers[2]["reasons"]]


def test_a_tick_lets_time_pass_for_all_orders() -> None:
    """Its answer lists what fired by order, and whose each effect is."""
    other = {"order": "1002"}
    *_, answer = play(*PAID, PLACE | other, PLACE | {"order": "1003", "at": "2026-03-03T09:00:00Z"}, tick("03T09:00"))
    assert {"1001": ["preparation_presumed"], "1002": ["payment_window_closed"]} == answer["orders"]
    assert {("1002", "release_stock"), ("1002", "notify")} == {(e["order"], e["effect"]) for e in answer["effects"]}
    assert ("tick", "accepted", None) == (answer["do"], answer["outcome"], answer.get("order"))


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 60), st.sampled_from(["do", "tick", "all"]))))
def test_ticks_for_all_orders_are_ticks_for_each(steps: list[tuple[str, int, str]]) -> None:
    """Letting time pass for all orders is letting it pass for each, in whatever order lines come."""
    ways: list[dict[str, object]] = []
    for each in (False, True):
        replay = Replay(OrderMachine())
        for order, hours, do in steps:
            time = f"{2 + hours // 24:02d}T{hours % 24:02d}:00"
            if do == "all":
                ticks = [tick(time, order=known) for known in replay.orders] if each else [tick(time)]
            elif do == "tick":
                ticks = [tick(time, order=order)]
            else:
                known = replay.orders.get(order)
                line = PLACE if known is None else CAPTURED | FEE if known.version < 1 else CANCEL
                ticks = [line_at(line, time, order=order)]
            for line in ticks:
                replay.play(raw(line))
        ways.append(dict(replay.orders))
    assert ways[0] == ways[1]


# --- streams ---------------------------------------------------------------------------------------------


def read(path: Path) -> tuple[list[tuple[int, bytes | None]], str | None]:
    """The lines of a file, and why it breaks off."""
    found: list[tuple[int, bytes | None]] = []
    try:
        with open_log(str(path)) as lines:
            found.extend(lines)
    except UnreadableLog as fault:
        return found, str(fault)
    return found, None


def test_lines_are_numbered_and_blank_ones_skipped(tmp_path: Path) -> None:
    """Numbers are those of an editor, whatever ends a line; the last line needs no end."""
    path = tmp_path / "log"
    path.write_bytes(b'{"a": 1}\n\n \t\r\n{"b": 2}\r\n{"c": 3}')
    assert ([(1, b'{"a": 1}'), (4, b'{"b": 2}\r'), (5, b'{"c": 3}')], None) == read(path)


@pytest.mark.parametrize("members", [1, 3])
def test_gzip_is_told_by_its_first_bytes(tmp_path: Path, members: int) -> None:
    """Names do not matter, several members are one log, padding at the end is no harm."""
    path = tmp_path / "log.txt"
    path.write_bytes(b"".join(gzip.compress(b"x\n") for _ in range(members)) + b"\0\0")
    assert ([(n, b"x") for n in range(1, members + 1)], None) == read(path)


@pytest.mark.parametrize("piece", [1, 7, 100])
def test_pieces_of_any_size_give_the_same_lines(piece: int) -> None:
    """Where the pieces of a stream end makes no difference."""
    from orderfsm.log_files import _lines, _text_of

    text = b"".join(b"line %d\n" % n for n in range(50)) + b"\n\nend"
    for data in (text, gzip.compress(text)):
        pieces = (data[n : n + piece] for n in range(0, len(data), piece))
        found = list(_lines(_text_of(pieces, "log")))
        assert [*((n + 1, b"line %d" % n) for n in range(50)), (53, b"end")] == found


def test_what_comes_before_a_cut_is_read(tmp_path: Path) -> None:
    """A gzip file that is cut off gives its whole lines; the line in which it breaks off is no line."""
    packer = zlib.compressobj(wbits=31)
    path = tmp_path / "log.gz"
    path.write_bytes(packer.compress(b"one\ntwo\nthr") + packer.flush(zlib.Z_SYNC_FLUSH))
    assert ([(1, b"one"), (2, b"two")], f"{path}: the gzip data is cut off") == read(path)


def test_damaged_gzip_is_unreadable(tmp_path: Path) -> None:
    """A checksum that does not fit, and junk behind the data, are seen."""
    good = gzip.compress(b"one\ntwo\n")
    for bad in (good[:-8] + b"\0" * 8, good + b"junk", good[:4] + b"\xff" * 20):
        path = tmp_path / "log.gz"
        path.write_bytes(bad)
        assert f"{path}: the gzip data is damaged" == read(path)[1]


def test_folders_and_missing_files_are_unreadable(tmp_path: Path) -> None:
    """What cannot be opened is told in one sentence."""
    assert f"{tmp_path} is a folder, not an order log" == read(tmp_path)[1]
    assert f"{tmp_path}/no: there is no such file" == read(tmp_path / "no")[1]
    (tmp_path / "file").touch()
    assert read(tmp_path / "file" / "below")[1] is not None


@pytest.mark.parametrize("packed", [False, True])
def test_a_line_without_end_is_not_held(tmp_path: Path, packed: bool) -> None:
    """100 MB on one line are one invalid line, and never in memory."""
    path = tmp_path / "log"
    with gzip.open(path, "wb", compresslevel=1) if packed else path.open("wb") as file:
        file.write(raw(PLACE) + b"\n")
        for _ in range(100):
            file.write(b"x" * 10**6)
        file.write(b"\n" + raw(PLACE))
    tracemalloc.start()
    found, _ = read(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [(1, raw(PLACE)), (2, None), (3, raw(PLACE))] == found
    assert peak < 4 * LONGEST_LINE


def test_a_long_last_line_is_invalid_too(tmp_path: Path) -> None:
    """Its end is the end of the file; the answer says how long a line may be."""
    path = tmp_path / "log"
    path.write_bytes(b"x" * (LONGEST_LINE + 1))
    assert ([(1, None)], None) == read(path)
    answer = answered(1, Replay(OrderMachine()).play(None))
    assert isinstance(answer, bytes)
    assert "expected a line of at most 4 MiB, got a longer one" == json.loads(answer)["reasons"][0]["message"]


# --- several processes -----------------------------------------------------------------------------------


def replayed(log: bytes, jobs: int, *, answering: bool) -> tuple[bytes, Summary, str | None]:
    """The answers, the summary and the fault of a replay."""
    answers = io.BytesIO()
    broken = None

    def lines() -> Any:
        for number, line in enumerate(log.splitlines(), 1):
            if line == b"BREAK":
                raise UnreadableLog("cut off")
            yield number, line

    with Playing(Policy(), answering=answering, jobs=jobs) as playing:
        try:
            answers.writelines(playing.answers(lines()))
        except UnreadableLog as fault:
            broken = str(fault)
        return answers.getvalue(), playing.summary(), broken


def mixed_log() -> bytes:
    """Many orders, ticks for one and for all, refusals, anomalies, and junk of every kind."""
    lines: list[Line | bytes] = []
    for n in range(40):
        order = {"order": f"o{n}"}
        lines += [line_at(PLACE, f"02T{n % 24:02d}:00", **order), tick(f"02T{n % 24:02d}:30")]
        lines += [line_at(line, f"03T{n % 24:02d}:00", **order) for line in (CAPTURED | FEE, CANCEL, CANCEL) if n % 3]
        lines += [tick(f"0{4 + n % 5}T00:00"), {**tick("09T00:00"), **order}, {"do": "tick"}, {"do": "tick", "by": 3}]
        lines += [bad | {"order": f"o{n}"} for _, bad in BAD[n::40] if "order" in bad]
        lines += [junk for _, junk in UNREADABLE[n : n + 1]]
        lines += [good | {"order": f"o{n}"} for good in GOOD[n::20]]
    return log_of(*lines)


def test_several_processes_answer_the_same_byte_for_byte() -> None:
    """Sharing the orders among processes changes no byte of the answers."""
    log = mixed_log()
    alone, summary, _ = replayed(log, 1, answering=True)
    assert len(log.splitlines()) == alone.count(b"\n")
    shared, shared_summary, _ = replayed(log, 3, answering=True)
    assert alone == shared
    assert summary_text(summary) == summary_text(shared_summary)


def test_several_processes_answer_what_came_before_a_cut() -> None:
    """Lines before the log breaks off count, however many processes play them."""
    log = log_of(*PAID, b"BREAK", CANCEL)
    ways = [replayed(log, jobs, answering=True) for jobs in (1, 2)]
    assert [2, 2] == [answers.count(b"\n") for answers, _, _ in ways]
    assert ["cut off", "cut off"] == [broken for _, _, broken in ways]
    assert ways[0][:2] == ways[1][:2]


# --- memory ----------------------------------------------------------------------------------------------


def test_a_replay_makes_no_reference_cycles() -> None:
    """The command line spares itself the search for cycles, so there must be none, whatever a line says."""
    lines = mixed_log().splitlines()
    for answering in (False, True):
        warm, player = (Player(Policy(), answering=answering) for _ in range(2))
        for number, line in enumerate(lines):
            warm.play(number, line)
        gc.collect()
        gc.disable()
        try:
            for number, line in enumerate(lines):
                player.play(number, line)
            assert 0 == gc.collect()
        finally:
            gc.enable()


# --- the summary -----------------------------------------------------------------------------------------


def test_an_empty_log_has_a_summary() -> None:
    """Nothing is said in one line."""
    assert "The log holds no lines.\n" == summary_text(replayed(b"", 1, answering=False)[1])


def test_the_summary_counts() -> None:
    """Orders, inputs, outcomes, refusals with an example, goods, money, what is overdue, what was invalid."""
    other = {"order": "1002"}
    approve = line_at(CANCEL, "02T11:00", by="customer_service", do="approve_cancellation")
    lines = (
        *PAID, line_at(CANCEL, "02T10:00"), approve, PLACE | other, CANCEL | other, CANCEL | other,
        CAPTURED | {"order": "1003"}, CAPTURED | {"amount": 5}, b"junk", tick("20T00:00", order="1001"),
    )  # fmt: skip
    text = summary_text(replayed(log_of(*lines), 1, answering=False)[1])
    words = [" ".join(line.split()) for line in text.splitlines()]
    for expected in (
        "2 orders, 11 lines, from 2026-03-02T09:00:00Z to 2026-03-20T00:00:00Z",
        "1 more order reported on but never placed",
        "accepted 6 54.5 %",
        "refused 2 18.2 %",
        "anomaly 1 9.1 %",
        "invalid 2 18.2 %",
        "closes_by_itself A3 2 first in line 6, order 1002",
        "unknown_order A10 1 first in line 8, order 1003",
        "refund_overdue 1",
        "cancelled 1",
        "unpaid 1",
        "EUR 12.00 0.00 0.00 12.00",
        "refund_overdue 1 longest since 2026-03-05, order 1001",
        "A deadline of 1 order has passed that no later line let fire, first that of",
        "2 invalid lines, which moved nothing",
        'line 9: amount: expected a decimal amount as a string, such as "12.00", got 5',
    ):
        assert expected in words


def test_the_summary_obeys_nobody() -> None:
    """Ids that would move the cursor or colour the screen are shown, not obeyed."""
    text = summary_text(replayed(log_of(CANCEL | {"order": "\x1b[2J"}), 1, answering=False)[1])
    assert "\x1b" not in text
    assert r"order \x1b[2J" in text


def test_orders_are_kept_and_nothing_else() -> None:
    """Refused commands about orders that do not exist leave nothing behind."""
    replay = Replay(OrderMachine())
    for n in range(10):
        replay.play(raw(CANCEL | {"order": str(n)}))
    replay.play(raw(PLACE))
    assert ["1001"] == [order.id for order in replay.orders.values() if isinstance(order, Order)]
    assert 1 == len(replay.orders)
