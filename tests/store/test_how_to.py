"""The how-to pages of the order book: what they show is run."""

import re
import secrets
import sqlite3
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from orderfsm import Effect
from orderfsm.book import OrderBook, migrate
from orderfsm.cli import main
from orderfsm.importing import import_log
from orderfsm.verifying import verify
from orderfsm.worker import Worker
from tests.store.hosts import direct

DOCS = Path(__file__).parents[2] / "docs"
HOW_TO = DOCS / "how-to"
EXAMPLE = DOCS / "examples" / "every-chapter.jsonl"


def _blocks(page: str, language: str) -> list[str]:
    text = (HOW_TO / f"{page}.md").read_text("utf-8")
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", text, flags=re.M | re.S)
    return ["".join(line.removeprefix(indent) for line in block.splitlines(keepends=True)) for indent, block in found]


def _write(folder: Path, page: str) -> None:
    for block in _blocks(page, "python"):
        name = re.match(r"# (\w+\.py)\n", block)
        assert name, "a block does not say its file"
        (folder / name[1]).write_text(block, "utf-8")


def _run(folder: Path, file: str) -> str:
    done = subprocess.run([sys.executable, file], cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert (0, "") == (done.returncode, done.stderr)
    return done.stdout


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, in which the commands run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    return tmp_path


def test_the_first_steps_run(folder: Path) -> None:
    """The pages of the first order print what they say, and running them twice does nothing twice."""
    _write(folder, "keep-orders-in-a-book")
    assert 0 == main(["migrate", "--db", "sqlite:///orders.db"])
    printed, *_ = _blocks("keep-orders-in-a-book", "text")
    assert printed == _run(folder, "shop.py")
    shown = _run(folder, "pages.py")
    assert "3 customer:ann accepted ['A5']\n1001 cancel_requested\n1001 ['review_overdue']\n" in shown
    with OrderBook("sqlite:///orders.db") as book:
        assert ([1, 2, 3], []) == ([entry.seq for entry in book.history("1001")], [*verify(book.store)])


def test_the_handlers_deliver(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The handlers on the page take what the shop of the first page has to tell."""
    _write(folder, "keep-orders-in-a-book")
    _write(folder, "run-workers")
    main(["migrate", "--db", "sqlite:///orders.db"])
    _run(folder, "shop.py")
    capfd.readouterr()
    assert 0 == main(["worker", "--db", "sqlite:///orders.db", "--handlers", "handlers:handlers", "--once"])
    (expected,) = _blocks("run-workers", "text")
    assert expected == capfd.readouterr().out


def test_a_back_up_is_whole(folder: Path) -> None:
    """Both ways to copy an SQLite book give a book that verifies."""
    migrate("sqlite:///orders.db")
    _write(folder, "keep-orders-in-a-book")
    _run(folder, "shop.py")
    _write(folder, "back-up-a-book")
    _run(folder, "backup.py")
    (statement,) = re.findall(r'sqlite3 orders.db "(.*)"', "".join(_blocks("back-up-a-book", "sh")))
    connection = sqlite3.connect("orders.db")
    connection.execute(statement.replace("backup.db", "vacuumed.db"))
    connection.close()
    for name in ("backup", "vacuumed"):
        with OrderBook(f"sqlite:///{name}.db") as book:
            assert (3, []) == (len(book.history("1001")), [*verify(book.store)])


def test_the_grants_are_enough(postgres_url: str) -> None:
    """A role with just the rights on the page can do everything that a shop's process and its workers do."""
    migrate(postgres_url)
    role = f"shop_{secrets.token_hex(4)}"
    (grants,) = _blocks("use-postgresql", "sql")
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'secret'".encode())
        connection.execute(grants.replace("TO shop", f"TO {role}").encode())
    try:
        limited = postgres_url.replace("//orderfsm@", f"//{role}:secret@")
        with OrderBook(limited) as book:
            import_log(book, enumerate(EXAMPLE.read_bytes().splitlines(), 1))
            Worker(book, {Effect: lambda delivery: None}).run_until_idle()
            assert [] == [*verify(book.store)]
    finally:
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(f"DROP OWNED BY {role}; DROP ROLE {role}".encode())


def test_every_option_on_the_pages_exists(capfd: pytest.CaptureFixture[str]) -> None:
    """The commands that the pages show are commands, with these options."""
    for page in HOW_TO.glob("*.md"):
        for block in _blocks(page.stem, "sh"):
            for line in block.splitlines():
                if line.startswith("orderfsm ") and " --db " in line:
                    name, options = line.split()[1], re.findall(r" (--\w[\w-]*)", line)
                    with pytest.raises(SystemExit, match="0"):
                        main([name, "--help"])
                    known = capfd.readouterr().out
                    assert not [option for option in options if option not in known], line


SHOP = """
from datetime import UTC, datetime
import sqlalchemy
from orderfsm import Item, Place
from orderfsm.book import OrderBook
url = {url!r}
book, noon = OrderBook(url), datetime(2026, 3, 2, 12, tzinfo=UTC)
mug = Item(id="mug", title="Mug", amount="24.00", quantity=2)
cart = Place(customer="ann", country="DE", currency="EUR", lines=[mug])
engine = sqlalchemy.create_engine(url)
use_coupon = sqlalchemy.text("UPDATE coupons SET used = true")
"""

DJANGO = """
import django
from django.conf import settings
database = {"ENGINE": "django.db.backends.sqlite3", "NAME": "orders.db"}
settings.configure(DATABASES={"default": database}, DEFAULT_AUTO_FIELD="django.db.models.AutoField")
django.setup()
from django.db import models
class Coupon(models.Model):
    code, used = models.TextField(primary_key=True), models.BooleanField()
    class Meta:
        app_label, db_table = "shop", "coupons"
import shop
shop.Coupon = Coupon
from types import SimpleNamespace
from django_view import buy
print(buy(SimpleNamespace(POST={"coupon": "SPRING", "cart": "cart-77"})))
"""


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("django.py", "sqlite"),
        ("sqlalchemy_session.py", "sqlite"),
        ("psycopg_connection.py", "postgres"),
        ("sqlite3_connection.py", "sqlite"),
        ("asyncio_session.py", "sqlite"),
    ],
)
def test_the_transactions_commit_together(folder: Path, request: pytest.FixtureRequest, file: str, kind: str) -> None:
    """Each way on the page places the order and uses the coupon up."""
    url: str = "sqlite:///orders.db" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    migrate(url)
    with direct(url) as connection:
        connection.execute("CREATE TABLE coupons (code text, used boolean)")
        connection.execute("INSERT INTO coupons VALUES ('SPRING', false)")
    _write(folder, "embed-in-a-transaction")
    (folder / "shop.py").write_text(SHOP.format(url=url), "utf-8")
    (folder / "run_django.py").write_text(DJANGO, "utf-8")
    assert "accepted\n" == _run(folder, "run_django.py" if file == "django.py" else file)
    with direct(url) as connection, OrderBook(url) as book:
        assert [True] == [bool(used) for (used,) in connection.execute("SELECT used FROM coupons").fetchall()]
        assert (["accepted"], []) == ([each.outcome for each in book.history("1001")], [*verify(book.store)])
