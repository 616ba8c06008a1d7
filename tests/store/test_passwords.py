"""A password in a database URL is never shown: in no fault, log line, `repr` or output, however the URL is written."""

import asyncio
import logging
import traceback
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from orderfsm.async_book import AsyncOrderBook
from orderfsm.book import OrderBook, migrate
from orderfsm.cli import main
from orderfsm.errors import InvalidUrl, StoreError
from orderfsm.store import open_store, read_url
from orderfsm.store.urls import Url
from tests.store.server import PostgresServer

HEAD, TAIL = "Zq9vK", "Wx7jT"
"""How every secret begins and ends; so a piece of it is noticed too."""

SECRETS = [
    f"{HEAD}{mark}{TAIL}" for mark in ("", "@", ":", "/", "?", "#", "%", "%20", "&", "=", " ", "'", "é", "@/:", "?x=@")
]
PLACE = "127.0.0.1:1/shop?connect_timeout=2"  # where nobody listens


def urls(secret: str) -> list[str]:
    """Right and wrong ways to write a URL with this secret in it."""
    encoded = quote(secret, safe="")
    return [
        *(f"postgresql://ann:{each}@{PLACE}" for each in (secret, encoded)),
        *(f"postgresql://ann@{PLACE}&{name}={encoded}" for name in ("password", "sslpassword", "pass%77ord")),
        f"postgresql://ann@{PLACE}&password={secret}",
        f"postgresql://ann@{PLACE}&password:{secret}",
        f"postgresql://ann:{secret.replace('@', '')}",
        f"postgresql://ann:{secret}@",
        f"postgresql://ann:{secret}@[::1/shop",
        f"postgresql://ann:{secret}@127.0.0.1:{secret}/shop",
        f"postgres://ann:{secret}@{PLACE}",
        f"POSTGRESQL://ann:{secret}@{PLACE}",
        f"postgresql:/ann:{secret}@{PLACE}",
        f"postgresql+psycopg://ann:{secret}@{PLACE}",
        f"mysql://ann:{secret}@{PLACE}",
        f"sqlite://ann:{secret}@{PLACE}",
        f"host=127.0.0.1 port=1 user=ann password={secret}",
        f"user=ann password='{secret}' host=127.0.0.1 port=1",
    ]


def all_that_is_said(fault: BaseException | None) -> str:
    """A fault with its traceback and attributes, its causes and its contexts, those too that are not shown."""
    said = ""
    while fault is not None:
        said += "".join(traceback.format_exception(fault)) + str(fault) + repr(fault) + repr(vars(fault))
        fault = fault.__cause__ or fault.__context__
    return said


def assert_unsaid(said: str) -> None:
    """Neither the secret nor a piece of it is there, as it is or with percent signs."""
    assert [] == [piece for piece in (HEAD, TAIL) if piece in said], said


def faults(url: str, *opened: Callable[[str], object]) -> list[StoreError]:
    """What each of them raises at this URL."""
    found: list[StoreError] = []
    for each in opened:
        with pytest.raises(StoreError) as told:
            each(url)
        found.append(told.value)
    return found


@pytest.mark.parametrize("secret", SECRETS)
def test_no_fault_shows_it(secret: str, caplog: pytest.LogCaptureFixture) -> None:
    """Opening and migrating with a URL that is wrong, or leads nowhere, says neither the secret nor a piece of it."""
    caplog.set_level(logging.DEBUG)
    for url in urls(secret):
        for fault in faults(url, OrderBook, migrate):
            assert_unsaid(all_that_is_said(fault))
        assert_unsaid(str(Url(url)) + repr(Url(url)))
    assert_unsaid(caplog.text)


@pytest.mark.parametrize("secret", SECRETS[:4])
@pytest.mark.parametrize(
    "command",
    ["migrate", "show 1001", "verify", "export", "dead-letters", "worker --handlers json:decoder --once", "import LOG"],
)
def test_no_command_prints_it(
    command: str, secret: str, capfd: pytest.CaptureFixture[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Every command with a URL that is wrong, or leads nowhere, ends with status 2 and does not show it."""
    (tmp_path / "log.jsonl").write_text("{}\n")
    arguments = [str(tmp_path / "log.jsonl") if word == "LOG" else word for word in command.split()]
    for url in urls(secret):
        assert 2 == main([*arguments, "--db", url])
    out, err = capfd.readouterr()
    assert len(urls(secret)) == len(err.splitlines())
    assert_unsaid(out + err + caplog.text)


@pytest.mark.parametrize("secret", SECRETS)
def test_a_url_where_none_belongs_is_not_repeated(secret: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Who forgets `--db` is told that there is too much, but not what."""
    for url in urls(secret):
        with pytest.raises(SystemExit, match="2"):
            main(["migrate", *url.split(" ")])
    out, err = capfd.readouterr()
    said = (out + err).replace("unrecognized arguments", "")
    assert [] == [line for line in said.splitlines() if HEAD in line]


@pytest.mark.parametrize("secret", [SECRETS[0], f"{HEAD}@:/?#%é{TAIL}"])
def test_a_real_server_that_is_given_it(
    postgres_server: PostgresServer, postgres_url: str, secret: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """With the right password, a wrong one, no tables and another database it is in nothing that is said or shown."""
    right = postgres_server.password_url(postgres_url, secret)
    wrong = right.replace(TAIL, f"{TAIL}{HEAD}")
    nowhere = right.replace(postgres_url.rpartition("/")[2], "nowhere")
    for url in (wrong, nowhere, right):
        for fault in faults(url, OrderBook, AsyncOrderBook, lambda url: open_store(read_url(url))):
            assert_unsaid(all_that_is_said(fault))
        assert 2 == main(["show", "1001", "--db", url])
    assert 2 == main(["migrate", "--db", wrong])
    assert 0 == main(["migrate", "--db", right])
    assert 1 == main(["show", "1001", "--db", right])
    assert 0 == main(["verify", "--db", right])
    assert_unsaid("".join(capfd.readouterr()))
    with OrderBook(right) as book:
        twin = AsyncOrderBook(book)
        for shown in (book, twin, book.store, book.store.sessions, read_url(right)):  # type: ignore[attr-defined]
            assert_unsaid(f"{shown}{shown!r}")
        asyncio.run(twin.close())


@pytest.mark.parametrize("url", ["postgresql://ann:a@h/db", "postgresql://shop:shop@h/shop", "postgresql://ann:s@h/db"])
def test_a_password_that_is_a_word_is_not_given_away_by_its_blots(url: str) -> None:
    """What a server says is blotted only where a blot does not tell more than it hides."""
    said = 'FATAL: password authentication failed for user "shop" at h'
    assert said == read_url(url).without_password(said)


def test_a_password_that_a_server_repeats_is_blotted() -> None:
    """A whole password in what somebody else says is blotted out, written either way."""
    url = read_url("postgresql://ann:long%40secret@h/db?sslpassword=other")
    assert "***, *** and ***" == url.without_password("long@secret, long%40secret and other")


def test_what_can_be_read_in_two_ways_says_how_to_write_it() -> None:
    """A password with a slash or an at sign in it is told how these are written."""
    for text in ("postgresql://ann:a/b@host/db", "postgresql://ann:a@b@host/db", "postgresql://ann:a%b@host/db"):
        with pytest.raises(InvalidUrl, match="written as %40 %3A %2F %3F %23 %25 %26 %3D"):
            read_url(text)
