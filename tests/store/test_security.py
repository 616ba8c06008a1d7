"""Whatever a text says, it changes nothing but itself: neither a statement, nor another order, nor a terminal."""

import ast
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from orderfsm import (
    PLATFORM,
    Actor,
    Customer,
    Effect,
    InvalidInput,
    InvalidPolicy,
    Item,
    Order,
    OrderMachine,
    Place,
    RequestCancellation,
    Role,
    Seller,
)
from orderfsm import store as store_package
from orderfsm.book import OrderBook
from orderfsm.cli import main
from orderfsm.log import write_line
from orderfsm.policy_file import read_policy
from orderfsm.store import postgres, sqlite
from orderfsm.store.sessions import Rows, Run
from orderfsm.verifying import verify
from orderfsm.worker import Retries, Worker
from tests.store.hostile import HOSTILE, REFUSED, story
from tests.store.hosts import Host, direct
from tests.store.story import HOUR, NOON, cancel, paid, place

# --- values ----------------------------------------------------------------------------------------------


def test_hostile_texts_are_kept_as_they_are(book: OrderBook) -> None:
    """As ids of orders, customers, sellers, inputs, lines and payments, as titles, reasons and notes."""
    book.submit_many([("innocent", place()), ("innocent", paid()), ("innocent", cancel())])
    innocent = book.get("innocent")
    said = {text: story(text, text) for text in HOSTILE}
    book.submit_many([pair for text in HOSTILE for pair in said[text]])
    for text in HOSTILE:
        assert [input for _, input in said[text]] == [entry.input for entry in book.history(text)]
        [order] = book.orders_of(text)
        assert (text, text, text) == (order.id, order.customer, order.lines[0].title)
        assert order == book.get(text)
    assert innocent == book.get("innocent")
    assert [] == [*verify(book.store)]


def test_hostile_texts_are_kept_as_they_are_within(host: Host) -> None:
    """The same in a transaction of every host's: none of their libraries takes a text for a parameter's mark."""
    with OrderBook(host.url) as book:
        said = {text: story(text, text) for text in HOSTILE}
        with host.begin() as given:
            inner = book.within(given)
            for text in HOSTILE:
                inner.submit(*said[text][0])
            inner.submit_many([pair for text in HOSTILE for pair in said[text][1:]])
        for text in HOSTILE:
            assert [input for _, input in said[text]] == [entry.input for entry in book.history(text)]
        assert [] == [*verify(book.store)]


def test_hostile_texts_find_nothing_but_themselves(book: OrderBook) -> None:
    """Asking with them gives nothing, of orders and customers of others."""
    book.submit_many([("1001", place()), ("1001", paid())])
    for text in HOSTILE:
        assert (0, 0, ()) == (book.get(text).version, len(book.history(text)), book.orders_of(text).items)
        assert "refused" == book.submit("1001", cancel(text, customer=text)).outcome
        for after in (f"2026-03-02T12:00:00+00:00 {text}", text):
            try:
                assert len(book.orders_of("ann", after=after)) <= 1
            except InvalidInput as fault:
                assert "after" == fault.field


@pytest.mark.parametrize("text", REFUSED, ids=ascii)
def test_what_no_database_could_keep_is_refused(book: OrderBook, text: str) -> None:
    """As an id of an order, a customer, a sender or an input, it is refused at the door, and nothing is lost."""
    book.place("1001", place())
    asked: list[Callable[[], object]] = [
        lambda: book.submit(text, paid()),
        lambda: book.submit("1001", paid(text)),
        lambda: book.submit("1001", RequestCancellation(lines="all"), by=Actor(Role.SELLER, text), at=NOON),
        lambda: book.place("1002", place(text)),
        lambda: book.submit_many([("1001", paid()), (text, paid())]),
        lambda: book.get(text),
        lambda: book.tick(text, NOON),
        lambda: book.orders_of(text),
    ]
    for ask in asked:
        with pytest.raises(InvalidInput):
            ask()
    assert 1 == len(book.history("1001"))
    assert [] == [*verify(book.store)]


@pytest.mark.parametrize("text", ["\0", "a\0b", "x" * 100_000, "é" * 10_000])
def test_what_is_no_column_may_be_anything(book: OrderBook, text: str) -> None:
    """Zero bytes and texts of any length are kept where they are no ids of columns: titles, lines and reasons."""
    line = Item(id=text, title=text, amount="12.00", seller=text)
    order = Place(customer="ann", country="DE", currency="EUR", lines=[line], by=PLATFORM, at=NOON)
    asked = RequestCancellation(lines=[text], reason=text, by=Customer("ann"), at=NOON + HOUR)
    book.submit("1001", order)
    book.submit("1001", asked)
    assert [order, asked] == [entry.input for entry in book.history("1001")]
    assert [] == [*verify(book.store)]


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb"], ids=ascii)
def test_lone_surrogates_are_refused_where_inputs_are_built(text: str) -> None:
    """No encoding has them, so no input has them."""
    for build in (
        lambda: Item(id=text, amount="1"),
        lambda: Item(id="a", title=text, amount="1"),
        lambda: Item(id="a", seller=text, amount="1"),
        lambda: RequestCancellation(lines="all", reason=text),
        lambda: place(text),
        lambda: paid(text),
    ):
        with pytest.raises(InvalidInput):
            build()


# --- policies --------------------------------------------------------------------------------------------


def test_a_hostile_policy_is_kept_as_it_is(book: OrderBook) -> None:
    """Texts within a policy are kept and found again by its digest, and `verify` reads them."""
    words = [text for text in HOSTILE if text.isprintable() and text.strip() == text]
    quoted = ", ".join(_toml(word) for word in words)
    policy = read_policy(f"return_address = {_toml(' '.join(words))}\n[returns]\nshop_fault_reasons = [{quoted}]")
    hostile = OrderBook(book.store, OrderMachine(policy))
    hostile.submit_many(story("1001", "x"))
    assert [] == [*verify(book.store)]


def _toml(text: str) -> str:
    return '"' + "".join(f"\\U{ord(character):08x}" for character in text) + '"'


@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE orderfsm_policies; --", "payment_window = '1h; DROP TABLE'", "return_address = '%s'\n? = 1",
        'return_address = "\\u0000"\nreturn_address = "x"', "x" * 100_000, "[a.b.c]\nd = 1",
        'return_address = "\\ud800"',
        "shop_fault_reasons = '''", "\x1b[31m = 1", "\0",
    ],
    ids=lambda text: ascii(text[:20]),
)  # fmt: skip
def test_a_policy_that_is_none_is_refused(text: str) -> None:
    """Hostile TOML is told where it is wrong, in a line that a terminal can show."""
    with pytest.raises(InvalidPolicy) as told:
        read_policy(text)
    assert len(str(told.value)) < 500


# --- statements ------------------------------------------------------------------------------------------


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Every statement that a book executes on a connection of its own, from now on."""
    seen: set[str] = set()
    for module in (sqlite, postgres):
        make = module._Driver.runner

        def watched(driver: Any, connection: Any, make: Callable[[Any, Any], Run] = make) -> Run:
            run = make(driver, connection)

            def watching(statement: str, values: Sequence[object]) -> Rows:
                seen.add(statement)
                return run(statement, values)

            return watching

        monkeypatch.setattr(module._Driver, "runner", watched)
    return seen


def test_the_statements_are_the_same_for_everybody(db: str, statements: set[str]) -> None:
    """A hostile story executes exactly the statements of a harmless one: no text becomes part of any."""
    with OrderBook(db) as book:

        def play(name: str, text: str) -> set[str]:
            statements.clear()
            for pair in story(name, text):
                book.submit(*pair)
            book.submit_many(story(f"{name}2"[:255], text))
            book.orders_of(text)
            book.orders_of(text, limit=1, after=f"2026-03-02T12:00:00+00:00 {text}")
            book.history(name)
            book.dead_letters()
            return {*statements}

        play("warm", "up")  # keeps the policy
        harmless = play("harmless", "harmless")
        assert harmless or db == "memory://"
        for text in HOSTILE[:-2]:
            assert harmless == play(text, text)


FOLDER = Path(store_package.__file__).parent
CHOSEN = {
    ("sql.py", "_page"): {"places", "where", "order", "newest", "place"},
    ("schema.py", "apply_migrations"): {"statement"},
}
"""Local names that may be in a statement: each is chosen from constants there, or only counted."""


def test_no_statement_is_put_together_from_values() -> None:
    """Whatever is put into a statement of SQL in the package is a constant of a module, or made of constants."""
    found = 0
    for path in sorted(FOLDER.glob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        constants = _names_of_the_module(tree)
        for function, node in _composed(tree):
            found += 1
            made = {each.id for part in ast.walk(node) if isinstance(part, ast.comprehension)
                    for each in ast.walk(part.target) if isinstance(each, ast.Name)}  # fmt: skip
            used = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)} - {"len", "types", "self"}
            strange = used - constants - made - CHOSEN.get((path.name, function), set())
            assert not strange, f"{path.name}:{node.lineno}: {', '.join(strange)}"
    assert 12 <= found


def _names_of_the_module(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)}
        elif isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("orderfsm."):
            names |= {each.name for each in node.names}
    return names


def _composed(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Every text with SQL in it that is put together, and the function where: an f-string, a sum, a `format`."""
    owners = {id(inner): node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)
              for inner in ast.walk(node)}  # fmt: skip
    for node in ast.walk(tree):
        formats = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format"
        adds = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod)
        if isinstance(node, ast.JoinedStr) or formats or adds:
            words = [each.value for each in ast.walk(node) if isinstance(each, ast.Constant)]
            sql = any(isinstance(word, str) and word.isascii() and _is_sql(word) for word in words)
            if sql or (isinstance(node, ast.Call) and formats):
                assert isinstance(node, ast.expr)
                yield owners.get(id(node), ""), node


def _is_sql(text: str) -> bool:
    return any(f"{word} " in f"{text} " for word in ("SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "WITH", "AND"))


# --- terminals -------------------------------------------------------------------------------------------


def test_nothing_that_a_terminal_obeys_is_printed(
    sqlite: str, capfd: pytest.CaptureFixture[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What others wrote is shown with its control characters spelt out, by every command that people read."""
    nasty = [text for text in HOSTILE if not text.isprintable()]
    lines = [write_line(*pair) for text in nasty for pair in story(text, text)]
    lines += [b'{"do":"place","order":"\\u001b[31m","at":"\\u001b[31m"}', b'{"do":"\\u001b]0;x\\u0007"}', b"\x1b[31m"]
    log = tmp_path / "log.jsonl"
    log.write_bytes(b"\n".join(lines) + b"\n")

    def said(status: int, *arguments: str) -> str:
        assert status == main([*arguments, "--db", sqlite])
        out, err = capfd.readouterr()
        assert [] == [character for character in out + err if not (character.isprintable() or character == "\n")]
        return out + err

    assert "3 lines could not be understood" in said(1, "import", str(log))
    with OrderBook(sqlite) as book:
        book.submit_many([("dead\x1b[31m", input) for input in (place("\x9b1m"), paid())])
        worker = Worker(book, {Effect: _fail}, retries=Retries(attempts=1), clock=lambda: NOON + HOUR)
        worker.run_until_idle()
    for text in nasty:
        assert "History" in said(0, "show", text)
    assert r"\x1b[31m" in said(0, "show", "\x1b[31mred\x1b[0m")
    assert r"\x1b]0;gone\x07" in said(0, "dead-letters")
    assert "knows nothing" in said(1, "show", "\x1b[31m\x1b[31m")
    with direct(sqlite) as connection:
        connection.execute("UPDATE orderfsm_orders SET customer = customer || char(27) || '[31m', state = char(155)")
    assert "customer" in said(1, "verify")


def _fail(delivery: object) -> None:
    raise RuntimeError("\x1b]0;gone\x07\u202e")


def test_a_handlers_words_do_not_reach_the_terminal_raw(
    sqlite: str, capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a worker says on standard error about a handler that failed is printable."""
    import logging
    import sys

    name = f"handlers_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(
        "from orderfsm import Effect\n"
        "def fail(delivery): raise RuntimeError('\\x1b[31m\\u202e')\n"
        "failing = {Effect: fail}\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    with OrderBook(sqlite) as book:
        book.submit_many([("1001", place()), ("1001", paid()), ("1001", cancel())])
    assert 0 == main(["worker", "--db", sqlite, "--handlers", f"{name}:failing", "--once"])
    out, err = capfd.readouterr()
    assert r"\x1b[31m\u202e" in err
    assert (out + err).replace("\n", "").isprintable()


def test_a_seller_is_no_customer(book: OrderBook) -> None:
    """However an id is written, it cannot turn one role into another: `seller:x` is no `customer`."""
    book.submit_many([("1001", place("x")), ("1001", paid())])
    for by in (Seller("x"), Customer(":x"), Customer("customer:x"), Seller("customer:x")):
        assert "refused" == book.submit("1001", RequestCancellation(lines="all"), by=by, at=NOON + HOUR, id="k").outcome
    assert isinstance(order := book.get("1001"), Order) and "preparing" not in order.state
