"""The command line as a user meets it: what it prints, what it writes, how it exits."""

import contextlib
import gzip
import io
import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest

from orderfsm import cli
from orderfsm.progress import Progress
from orderfsm.testing.watching import Watching
from tests.core.log_lines import CANCEL, CAPTURED, PLACE, UNREADABLE, Line, raw

LOG = b"".join(raw(line) + b"\n" for line in (PLACE, CAPTURED | {"amount": "12.00"}, CANCEL))


def orderfsm(*arguments: str, stdin: bytes = b"", **options: Any) -> "subprocess.CompletedProcess[bytes]":
    """Run the command in a process of its own."""
    command = [sys.executable, "-m", "orderfsm", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, timeout=60, check=False, **options)


class Streams:
    """Standard output as the command line uses it: text, with the bytes beneath."""

    def __init__(self) -> None:
        self.buffer = io.BytesIO()

    def write(self, text: str) -> int:
        return self.buffer.write(text.encode())

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False


def run(*arguments: str) -> tuple[int, str, str]:
    """Run the command in this process: exit status, standard output, standard error."""
    out, err = Streams(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = cli.main(arguments)
        except SystemExit as exited:
            status = int(exited.code or 0)
    return status, out.buffer.getvalue().decode(), err.getvalue()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A small log of one order."""
    path = tmp_path / "orders.jsonl"
    path.write_bytes(LOG)
    return path


def outcomes(answers: str | bytes) -> list[str]:
    """The outcomes of some answers."""
    return [json.loads(answer)["outcome"] for answer in answers.splitlines()]


# --- replay ----------------------------------------------------------------------------------------------


def test_replay_prints_a_summary(log: Path) -> None:
    """Without options a person is told what became of the orders."""
    status, out, err = run("replay", str(log))
    assert (0, "") == (status, err)
    assert out.startswith("1 order, 3 lines, from 2026-03-02T09:00:00Z to 2026-03-02T09:00:00Z\n")


def test_replay_answers_every_line_with_json(log: Path) -> None:
    """With --json there is one object per line."""
    status, out, _ = run("replay", str(log), "--json")
    assert (0, ["accepted"] * 3) == (status, outcomes(out))


def test_the_policy_decides(log: Path, tmp_path: Path) -> None:
    """--policy takes a name or a file."""
    shop = tmp_path / "shop.toml"
    shop.write_text("own_goods_need_approval = false")
    states = [
        json.loads(run("replay", str(log), "--json", "--policy", policy)[1].splitlines()[-1])["state"]
        for policy in ("combined", "declaration", "marketplace", str(shop))
    ]
    assert ["cancel_requested", "cancel_requested", "cancelled", "cancelled"] == states


def test_several_jobs_print_the_same(log: Path) -> None:
    """--jobs changes neither answers nor summary."""
    for options in ((), ("--json",)):
        assert run("replay", str(log), *options)[:2] == run("replay", str(log), *options, "--jobs", "2")[:2]


def test_standard_input_is_read() -> None:
    """LOG may be a dash; plain or gzip."""
    for stdin in (LOG, gzip.compress(LOG)):
        done = orderfsm("replay", "-", "--json", stdin=stdin)
        assert (0, ["accepted"] * 3, b"") == (done.returncode, outcomes(done.stdout), done.stderr)


def test_invalid_lines_exit_with_1(log: Path) -> None:
    """The others count; nothing is written to standard error."""
    log.write_bytes(b"junk\n" + LOG + b"".join(line + b"\n" for _, line in UNREADABLE if b"\n" not in line))
    for jobs in ("1", "2"):
        status, out, err = run("replay", str(log), "--json", "--jobs", jobs)
        assert (1, ["invalid", *["accepted"] * 3, "invalid"], "") == (status, outcomes(out)[:5], err)
        assert 1 == run("replay", str(log), "--jobs", jobs)[0]


def test_an_empty_log_is_no_fault(log: Path) -> None:
    """No lines, no answers, exit status 0."""
    log.write_bytes(b"")
    assert (0, "The log holds no lines.\n", "") == run("replay", str(log))
    assert (0, "", "") == run("replay", str(log), "--json")


def test_unreadable_logs_exit_with_2(tmp_path: Path) -> None:
    """A folder or a missing file is told in one line."""
    assert (2, "", f"orderfsm: {tmp_path} is a folder, not an order log\n") == run("replay", str(tmp_path))
    assert (2, "", "orderfsm: nowhere: there is no such file\n") == run("replay", "nowhere")


def test_what_was_read_before_a_cut_is_answered(log: Path) -> None:
    """A truncated gzip file is answered up to the cut, with exit status 2."""
    lines = [raw(PLACE | {"order": str(n)}) for n in range(2000)]
    whole = gzip.compress(b"\n".join(lines))
    log.write_bytes(whole[: len(whole) // 2])
    status, out, err = run("replay", str(log), "--json")
    assert (2, f"orderfsm: {log}: the gzip data is cut off; what came before was played\n") == (status, err)
    assert {"accepted"} == set(outcomes(out))
    status, summary, _ = run("replay", str(log))
    assert 2 == status
    assert summary.startswith(f"{len(out.splitlines()):,} orders, ")


def test_binary_junk_is_a_log_of_invalid_lines(log: Path) -> None:
    """Any bytes at all end in a summary and an exit status."""
    log.write_bytes(bytes(range(256)) * 1000)
    status, out, err = run("replay", str(log))
    assert (1, "") == (status, err)
    assert out.isascii() or out.replace("…", "").isprintable() or "invalid" in out


@pytest.mark.parametrize("jobs", ["0", "-1", "65", "two", "", "²"])
def test_wrong_jobs_are_wrong_usage(log: Path, jobs: str) -> None:
    """--jobs is a sensible number."""
    status, _, err = run("replay", str(log), f"--jobs={jobs}")
    assert 2 == status
    assert "expected a whole number from 1 to 64" in err


def test_a_wrong_policy_is_told_by_its_key(log: Path, tmp_path: Path) -> None:
    """The key is named; nothing is played."""
    shop = tmp_path / "shop.toml"
    shop.write_text("payment_window = 24")
    expected = "orderfsm: payment_window: expected a duration such as 24h, 90m, 30d or 12h30m, got 24\n"
    assert (2, "", expected) == run("replay", str(log), "--policy", str(shop))
    assert 2 == run("replay", str(log), "--policy", "nothing")[0]


# --- --out -----------------------------------------------------------------------------------------------


def test_out_writes_a_file(log: Path, tmp_path: Path) -> None:
    """What would be printed is written instead, and nothing is left beside it."""
    for options in ((), ("--json",)):
        out = tmp_path / "answers"
        assert (0, "", "") == run("replay", str(log), *options, "--out", str(out))
        assert run("replay", str(log), *options)[1] == out.read_text()
    assert {"answers", "orders.jsonl"} == {path.name for path in tmp_path.iterdir()}


def test_out_never_is_the_log(log: Path, tmp_path: Path) -> None:
    """Not under another name either."""
    (tmp_path / "link").symlink_to(log)
    for out in (str(log), str(tmp_path / "link"), f"{tmp_path}/./orders.jsonl"):
        assert (2, "", f"orderfsm: {out} is the log itself\n") == run("replay", str(log), "--out", out)
    assert LOG == log.read_bytes()


def test_out_of_a_failed_run_leaves_what_was_there(log: Path, tmp_path: Path) -> None:
    """A log that cannot be opened, a folder in the way, a place where nothing can be written."""
    out = tmp_path / "answers"
    out.write_text("before")
    assert 2 == run("replay", "nowhere", "--out", str(out))[0]
    assert 2 == run("replay", str(log), "--out", str(tmp_path))[0]
    assert 2 == run("replay", str(log), "--out", str(tmp_path / "no" / "answers"))[0]
    assert "before" == out.read_text()
    assert {"answers", "orders.jsonl"} == {path.name for path in tmp_path.iterdir()}


def test_out_of_a_run_that_breaks_leaves_what_was_there(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that dies is told in one line; the half-written file goes."""

    def die(*_: object) -> Any:
        raise BrokenProcessPool

    monkeypatch.setattr("orderfsm.shards.Player.play", die)
    out = tmp_path / "answers"
    out.write_text("before")
    expected = "orderfsm: a worker process died; was there enough memory?\n"
    assert (2, "", expected) == run("replay", str(log), "--out", str(out))
    assert "before" == out.read_text()
    assert {"answers", "orders.jsonl"} == {path.name for path in tmp_path.iterdir()}


def test_out_can_be_a_device(log: Path) -> None:
    """Devices and pipes are written to, not replaced."""
    assert (0, "", "") == run("replay", str(log), "--out", "/dev/null")
    assert not Path("/dev/null").is_file()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("options", [(), ("--json",), ("--out", "/dev/full")])
def test_a_full_disk_exits_with_2(log: Path, options: tuple[str, ...]) -> None:
    """What cannot be written is told in one line."""
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "orderfsm", "replay", str(log), *options]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=60, check=False)
    assert (2, b"orderfsm: no space left on device\n") == (done.returncode, done.stderr)


@pytest.mark.parametrize(("redirection", "what"), [("<&-", "input"), (">&-", "output")])
def test_closed_streams_exit_with_2(redirection: str, what: str) -> None:
    """A stream that the shell has closed is told, not tripped over."""
    command = f'exec "{sys.executable}" -m orderfsm replay - {redirection}'
    done = subprocess.run(["sh", "-c", command], input=b"", stderr=subprocess.PIPE, timeout=60, check=False)
    assert (2, f"orderfsm: standard {what} is closed\n".encode()) == (done.returncode, done.stderr)


# --- interruptions ---------------------------------------------------------------------------------------


def many_lines(path: Path, count: int = 20_000) -> None:
    """A log that takes a while."""
    path.write_bytes(b"".join(raw(PLACE | {"order": str(n)}) + b"\n" for n in range(count)))


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_reader_that_goes_away_is_no_fault(log: Path, jobs: str) -> None:
    """``orderfsm … | head -1`` ends quietly."""
    many_lines(log)
    command = [sys.executable, "-m", "orderfsm", "replay", str(log), "--json", "--jobs", jobs]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())
        process.stdout.close()
        assert (141, b"") == (process.wait(60), process.stderr.read())


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupt_is_one_line(tmp_path: Path, jobs: str) -> None:
    """Ctrl-C ends with exit status 130 and leaves no half-written file."""
    fifo, out = tmp_path / "log", tmp_path / "answers"
    os.mkfifo(fifo)
    command = [sys.executable, "-m", "orderfsm", "replay", str(fifo), "--json", "--out", str(out), "--jobs", jobs]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process, fifo.open("wb") as writer:
        writer.write(LOG)
        writer.flush()
        for _ in range(100):
            if any(path.suffix == ".part" for path in tmp_path.iterdir()):
                break
            time.sleep(0.1)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        assert (130, b"orderfsm: interrupted\n") == (process.wait(60), process.stderr.read())
    assert {"log"} == {path.name for path in tmp_path.iterdir()}


@pytest.mark.parametrize("options", [(), ("--jobs", "2"), ("--mutate", "--jobs", "2")], ids=["1", "2", "mutants"])
def test_an_interrupted_proof_is_one_line(options: tuple[str, ...]) -> None:
    """Ctrl-C reaches every process of the terminal; all of them end at once, whatever is still to be explored."""
    command = [sys.executable, "-m", "orderfsm", "prove", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True) as process:
        time.sleep(2)
        os.killpg(process.pid, signal.SIGINT)
        assert process.stderr is not None
        assert (130, b"orderfsm: interrupted\n") == (process.wait(10), process.stderr.read())


class Terminal(io.StringIO):
    """A standard error that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_progress_is_shown_on_a_terminal_after_a_second(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is quicker shows nothing; the bar leaves nothing behind."""
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with Progress(str(log)) as progress:
        progress.advance(1)
    assert "" == terminal.getvalue()
    with Progress(str(log)) as progress:
        time.sleep(1.2)
        progress.advance(len(LOG))
    assert "100%" in terminal.getvalue()


def test_a_proof_in_several_processes_shows_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which scope was done last, how many of all, how many decisions, and how fast."""
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with Watching(2) as watching:
        watching.done("1 line", 1200)
        watching.done("2 units", 800)
    shown = terminal.getvalue()
    assert all(word in shown for word in ("2 units", "2/2", "2,000 decisions, ", " decisions/s"))
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with Watching(2, "mutants") as watching:
        watching.done("no guard")
    assert ("no guard" in terminal.getvalue(), False) == (True, "decisions" in terminal.getvalue())


def test_a_progress_bar_needs_a_terminal(log: Path) -> None:
    """In a pipe standard error stays empty, however long it takes."""
    assert b"" == orderfsm("replay", str(log)).stderr


# --- the other commands ----------------------------------------------------------------------------------


def test_table_prints_markdown() -> None:
    """The transition table, with clauses."""
    status, out, _ = run("table")
    assert 0 == status
    assert "| A9" in out or "A9" in out


@pytest.mark.parametrize("options", [(), ("--guards",), ("--part", "cancellation"), ("--format", "dot")])
def test_diagram_draws(options: tuple[str, ...]) -> None:
    """The whole lifecycle or a chapter, as Mermaid or DOT."""
    status, out, err = run("diagram", *options)
    assert (0, "") == (status, err)
    assert ("digraph" if "dot" in options else "flowchart") in out or "stateDiagram" in out


def test_a_wrong_part_is_wrong_usage() -> None:
    """The parts that there are are listed."""
    status, out, err = run("diagram", "--part", "everything")
    assert (2, "") == (status, out)
    assert "cancellation" in err


def test_schema_prints_json() -> None:
    """The JSON Schema of one line."""
    status, out, _ = run("schema")
    assert (0, "https://json-schema.org/draft/2020-12/schema") == (status, json.loads(out)["$schema"])


def test_policy_prints_a_policy_file() -> None:
    """Every value with its clause, in a form that --policy reads."""
    status, out, _ = run("policy", "--policy", "marketplace")
    assert (0, True) == (status, tomllib.loads(out)["unpaid_cancellation"])
    assert "# A1: " in out


def test_help_shows_examples() -> None:
    """Help names the commands, an example and the exit status."""
    status, out, _ = run("--help")
    assert 0 == status
    for word in ("replay", "table", "diagram", "schema", "policy", "exit status", "examples"):
        assert word in out
    for command in ("replay", "diagram", "policy"):
        assert "example: orderfsm" in " ".join(run(command, "--help")[1].split())


def test_version_is_printed() -> None:
    """One line."""
    status, out, _ = run("--version")
    assert 0 == status
    assert out.startswith("orderfsm")


@pytest.mark.parametrize(
    "arguments", [(), ("reply",), ("replay",), ("replay", "a", "b"), ("diagram", "--format", "png")]
)
def test_wrong_usage_exits_with_2(arguments: tuple[str, ...]) -> None:
    """Usage goes to standard error."""
    status, out, err = run(*arguments)
    assert (2, "") == (status, out)
    assert "usage: orderfsm" in err


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--scope", "ci"), "--scope: "),
        (("--seconds", "5"), "--seconds: "),
        (("--scope", "nightly", "--seconds", "5"), "--scope, --seconds: "),
        (("--policy", "every"), "--policy: "),
    ],
    ids=str,
)
def test_what_mutation_does_not_heed_is_wrong_usage(options: tuple[str, ...], named: str) -> None:
    """`prove --mutate` chooses its orders by itself; what would limit them is refused, not ignored."""
    status, out, err = run("prove", "--mutate", *options)
    assert (2, "", 1) == (status, out, len(err.splitlines()))
    assert err.startswith(f"orderfsm: {named}")


def test_help_says_how_long_a_proof_takes() -> None:
    """Each size with its time, and that what is kept for a release comes beside the nightly scopes."""
    words = " ".join(run("prove", "--help")[1].split())
    for expected in (
        "about a minute",
        "about half an hour",
        "an hour or more by our estimate",
        "beside nightly",
        "many minutes",
    ):
        assert expected in words


def test_a_worker_of_a_proof_that_dies_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a replay: exit status 2, and no traceback."""

    def die(*_: object, **__: object) -> Any:
        raise BrokenProcessPool

    monkeypatch.setattr("orderfsm.testing.proving.prove", die)
    assert (2, "", "orderfsm: a worker process died; was there enough memory?\n") == run("prove", "--jobs", "2")


def test_lines_of_several_orders_are_answered_in_order(tmp_path: Path) -> None:
    """Answers come in the order of the lines, whichever process gives them."""
    path = tmp_path / "log"
    lines: list[Line] = [PLACE | {"order": str(n % 7)} for n in range(5000)]
    path.write_bytes(b"\n".join(raw(line) for line in lines))
    _, out, _ = run("replay", str(path), "--json", "--jobs", "3")
    answers = [json.loads(answer) for answer in out.splitlines()]
    assert [(n, str((n - 1) % 7)) for n in range(1, 5001)] == [(each["line"], each["order"]) for each in answers]
