"""The commands of the order book, as somebody at a terminal uses them."""

import sys
from pathlib import Path

import pytest

from orderfsm.book import OrderBook
from orderfsm.cli import main
from tests.store.story import cancel, paid, place

EXAMPLE = str(Path(__file__).parents[2] / "docs" / "examples" / "every-chapter.jsonl")

HANDLERS = """
from orderfsm import Effect, TellWarehouse

def say(delivery):
    print(delivery.order_id, delivery.effect.name, flush=True)

def fail(delivery):
    raise RuntimeError("the line is dead")

handlers = {Effect: say}
failing = {Effect: say, TellWarehouse: fail}
nothing = 7
few = {TellWarehouse: say}
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """A shop's own folder with its handlers, in which the commands run; the name of its module."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    name = f"shop_{abs(hash(request.node.nodeid))}"
    (tmp_path / f"{name}.py").write_text(HANDLERS, "utf-8")
    return name


def test_a_log_goes_in_is_verified_and_comes_out(db: str, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """`import`, `verify` and `export` work on every database, and importing again does nothing."""
    if db == "memory://":
        pytest.skip("a book in memory ends with its process")
    assert 0 == main(["import", EXAMPLE, "--db", db])
    assert "102 accepted, 8 anomaly, 1 duplicate, 14 refused; 7 orders had deadlines fire\n" == capfd.readouterr().out
    assert 0 == main(["import", EXAMPLE, "--db", db])
    assert "nothing new; skipped 127 lines imported before\n" == capfd.readouterr().out
    assert 0 == main(["verify", "--db", db])
    assert "14 orders checked, 0 differences\n" == capfd.readouterr().out
    out = tmp_path / "out.jsonl"
    assert 0 == main(["export", "--db", db, "--out", str(out)])
    assert 131 == len(out.read_bytes().splitlines())
    assert 0 == main(["export", "--db", db, "--order", "1001"])
    assert 7 == len(capfd.readouterr().out.splitlines())


def test_invalid_lines_are_told_and_the_status_says_so(
    sqlite: str, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A log with lines that cannot be understood gives status 1 and names each on standard error."""
    log = tmp_path / "log.jsonl"
    log.write_text('{\n{"at": "2026-03-02T09:00:00Z", "do": "tick"}\n', "utf-8")
    assert 1 == main(["import", str(log), "--db", sqlite])
    said = capfd.readouterr()
    assert ("nothing new; 1 line could not be understood\n", True) == (said.out, said.err.startswith("line 1: "))


def test_an_order_is_shown_with_goods_money_and_history(sqlite: str, capfd: pytest.CaptureFixture[str]) -> None:
    """`show` tells where an order is, its money, what was said, by which clause, and what became of the effects."""
    main(["import", EXAMPLE, "--db", sqlite])
    capfd.readouterr()
    assert 0 == main(["show", "1001", "--db", sqlite])
    said = capfd.readouterr().out
    for line in (
        "Order 1001: closed",
        "  A  Teapot  1  closed  24.00  since 2026-03-03T09:00:00Z, parcel P1001, ask a1 open",
        "  refund        r2  card:1111  18.90  due, late_payment, due by 2026-03-06",
        "    2  2026-03-02T09:05:00Z  customer:ann  request_cancellation: refused",
        "         1 × A: unpaid → closed (A2, payment_window_closed)",
        "         escalate refund_overdue r1: waits",
    ):
        assert f"{line}\n" in said


def test_an_order_that_was_never_placed_is_shown_as_far_as_it_is_known(
    sqlite: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """`show` tells what was reported on an unknown order; of one that nobody mentioned it says so, with status 1."""
    with OrderBook(sqlite) as book:
        book.submit("early", paid())
    assert 0 == main(["show", "early", "--db", sqlite])
    assert "Order early: never placed\n\nAnomalies that nobody has resolved\n" in capfd.readouterr().out
    assert 1 == main(["show", "nobody", "--db", sqlite])
    assert "orderfsm: the book knows nothing of order 'nobody'\n" == capfd.readouterr().err


def test_differences_are_named_and_the_status_says_so(sqlite: str, capfd: pytest.CaptureFixture[str]) -> None:
    """`verify` of a book that somebody spoilt names what differs and gives status 1."""
    with OrderBook(sqlite) as book:
        book.submit("1001", place())
        with book.store.sessions.transaction() as run:  # type: ignore[attr-defined]
            run("UPDATE orderfsm_orders SET state = 'shipped'", ())
    assert 1 == main(["verify", "--db", sqlite])
    said = "order '1001': snapshot.state: expected 'unpaid', found 'shipped'\n1 order checked, 1 difference\n"
    assert said == capfd.readouterr().out


def test_a_worker_delivers_what_is_ready_and_ends(sqlite: str, shop: str, capfd: pytest.CaptureFixture[str]) -> None:
    """`worker --once` fires and delivers what there is; what failed is told, listed, and tried again when asked."""
    with OrderBook(sqlite) as book:
        for input in (place(), paid(), cancel("k1")):
            book.submit("1001", input)
    assert 0 == main(["worker", "--db", sqlite, "--handlers", f"{shop}:handlers", "--once"])
    said = capfd.readouterr().out.splitlines()
    assert ["1001 tell_warehouse", "1001 notify", "1001 notify", "1001 escalate"] == said[:4]
    assert "fired 1, delivered 4, failed 0, dead 0" == said[-1]


def test_dead_letters_are_listed_retried_and_dropped(sqlite: str, capfd: pytest.CaptureFixture[str]) -> None:
    """`dead-letters` lists what was given up with its fault; `--retry` and `--drop` take one, or all."""
    with OrderBook(sqlite) as book:
        for input in (place(), paid(), cancel("k1")):
            book.submit("1001", input)
        with book.store.sessions.transaction() as run:  # type: ignore[attr-defined]
            run("UPDATE orderfsm_outbox SET status = 'dead', attempts = 20, fault = 'x\x1b[2Jy'", ())
    assert 0 == main(["dead-letters", "--db", sqlite])
    listed = capfd.readouterr().out
    assert "  1001:1  tell_warehouse  20 attempts  x\\x1b[2Jy\n" in listed
    assert 0 == main(["dead-letters", "--db", sqlite, "--retry", "1001:1"])
    assert 1 == main(["dead-letters", "--db", sqlite, "--retry", "1001:1"])
    assert 0 == main(["dead-letters", "--db", sqlite, "--drop", "all"])
    assert "1 tried again\n0 tried again\n2 dropped\n" == capfd.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "1", "--db", ""], "--db: expected a database URL, here or in ORDERFSM_DB"),
        (["show", "1", "--db", "orders.db"], "database URL: expected sqlite:///FILE, postgresql://USER@HOST/DATABASE"),
        (["show", "1", "--db", "sqlite:///none.db"], "run `orderfsm migrate --db sqlite:///none.db`"),
        (["migrate", "--db", "sqlite:///none/none.db"], "there is no folder 'none'"),
        (["verify", "--db", "postgresql://a:secret@127.0.0.1:1/x"], "PostgreSQL says: connection failed"),
        (["import", "none.jsonl", "--db", "{db}"], "none.jsonl"),
        (["import", "{db}", "--db", "{db}", "--policy", "none.toml"], "policy: expected"),
        (["worker", "--db", "{db}", "--handlers", "nocolon"], "--handlers: expected MODULE:NAME, got 'nocolon'"),
        (
            ["worker", "--db", "{db}", "--handlers", "no_such_module:x"],
            "--handlers: ModuleNotFoundError: No module named 'no_such_module'",
        ),
        (["worker", "--db", "{db}", "--handlers", "{shop}:none"], "has no attribute 'none'"),
        (["worker", "--db", "{db}", "--handlers", "{shop}:nothing"], "expected a mapping of effect classes"),
        (["worker", "--db", "{db}", "--handlers", "{shop}:few"], "no handler for notify, release_stock"),
        (["export", "--db", "{db}", "--out", "none/out"], "none/out"),
    ],
)
def test_wrong_usage_is_told_in_a_line(
    sqlite: str, shop: str, capfd: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    """What cannot be used gives status 2 and one line that says what was expected, without any password."""
    filled = [each.replace("{db}", sqlite).replace("{shop}", shop) for each in arguments]
    assert 2 == main(filled)
    told = capfd.readouterr().err
    assert said in told
    assert told.startswith("orderfsm: ")
    assert ("secret" not in told, 1) == (True, told.count("\n"))


def test_the_url_may_come_from_the_environment(
    sqlite: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Where no `--db` is given the environment says which book, so that a password need not stand in a command."""
    monkeypatch.setenv("ORDERFSM_DB", sqlite)
    assert 0 == main(["migrate"])
    assert f"{sqlite} is at version 1 already\n" == capfd.readouterr().out


@pytest.mark.parametrize("poll", ["0", "-1", "x", "nan", "1e9"])
def test_a_worker_looks_at_sensible_times(poll: str, capfd: pytest.CaptureFixture[str]) -> None:
    """How often a worker looks is a number of seconds, not nothing and not for ever."""
    with pytest.raises(SystemExit, match="2"):
        main(["worker", "--db", "x", "--handlers", "a:b", "--poll", poll])
    assert "expected a number of seconds from 0.01 to 3600" in capfd.readouterr().err


def test_a_time_that_is_known_is_shown(sqlite: str, capfd: pytest.CaptureFixture[str]) -> None:
    """`show` tells what happens by itself next."""
    with OrderBook(sqlite) as book:
        book.submit("1001", place())
    main(["show", "1001", "--db", sqlite])
    assert "next by itself: payment_window_closed at 2026-03-03T12:00:00Z\n" in capfd.readouterr().out
