"""The page about webhooks: its web app is driven through real requests, and attacked, for shops will copy it."""

import hmac
import http.client
import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from orderfsm import (
    CUSTOMER_SERVICE,
    ApproveCancellation,
    CancelDelivery,
    Customer,
    Item,
    Place,
    RequestCancellation,
    ResendRefund,
    WithdrawCancellation,
)
from orderfsm.book import OrderBook, migrate
from orderfsm.worker import Worker
from tests.docs.files import DOCS, blocks, run, write_files

WEBHOOKS = DOCS / "how-to" / "wire-webhooks.md"
SECRETS = {"payment": "payment-provider-and-us", "logistics": "carrier-and-us-together"}
PLACED = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


class Providers:
    """Those who call the web app of the page, and the app's book."""

    def __init__(self, port: int, book: OrderBook) -> None:
        self.port = port
        self.book = book

    def request(self, path: str, body: bytes, head: dict[str, str], method: str = "POST") -> tuple[int, str]:
        """One request, just as it is given."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, head)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def raw(self, sender: str, body: bytes, *, key: str | None = None, age: int = 0) -> tuple[int, str]:
        """Post a body, signed some seconds ago."""
        head = {"Webhook-Signature": signature(body, key or SECRETS[sender], age)}
        return self.request(f"/webhooks/{sender}", body, head)

    def post(self, sender: str, event: object) -> tuple[int, str]:
        """Post an event, signed just now."""
        return self.raw(sender, json.dumps(event).encode())

    def entries(self, order: str = "1001") -> list[tuple[str, str]]:
        """What the journal says of an order."""
        return [(entry.input.name if entry.input else "", entry.outcome) for entry in self.book.history(order)]

    @property
    def goods(self) -> dict[str, int]:
        """Where the mugs are."""
        order = self.book.get("1001")
        return {str(state): count for state, count in getattr(order, "quantities", {"mug": {}})["mug"].items()}


def signature(body: bytes, key: str, age: int = 0) -> str:
    """The header with which a provider signs."""
    moment = str(int(datetime.now(UTC).timestamp()) - age)
    return f"t={moment},v1={hmac.digest(key.encode(), moment.encode() + b'.' + body, 'sha256').hex()}"


@pytest.fixture
def providers(modules: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Providers]:
    """The web app of the page with one order that waits for payment."""
    migrate("sqlite:///orders.db")
    write_files(WEBHOOKS, modules)
    for sender, secret in SECRETS.items():
        monkeypatch.setenv(f"{sender.upper()}_SECRET", f"an-older-one-of-{sender} {secret}")
    shop, webhooks = importlib.import_module("shop"), importlib.import_module("webhooks")
    with make_server("127.0.0.1", 0, webhooks.app, handler_class=_Quiet) as server, shop.book as book:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        mug = Item(id="mug", amount="24.00", quantity=2)
        book.place("1001", Place(customer="ann", country="DE", currency="EUR", lines=[mug]), at=PLACED)
        yield Providers(server.server_port, book)
        server.shutdown()


def paid(**changes: Any) -> dict[str, Any]:
    """The notice of the payment."""
    money = {"payment": "pay_1", "instrument": "card:4242", "cents": 2400, "currency": "EUR"}
    data = {**money, "metadata": {"order": "1001"}, **changes}
    return {"id": "evt_1", "type": "payment.succeeded", "created": int(PLACED.timestamp()) + 60, "data": data}


def tracked(event: str, id: str, minutes: int = 0, **fields: Any) -> dict[str, Any]:
    """An event of the carrier, so many minutes ago."""
    occurred = (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()
    return {"id": id, "event": event, "occurred": occurred, "order": "1001", **fields}


def test_the_webhooks_answer_as_the_page_says(folder: Path) -> None:
    """What is tried on the page prints what the page says."""
    migrate("sqlite:///orders.db")
    write_files(WEBHOOKS, folder)
    (printed,) = (block for language, block in blocks(WEBHOOKS) if language == "text")
    assert printed == run(folder / "try_it.py")


def test_a_repeated_event_takes_effect_once(providers: Providers) -> None:
    """The same event is answered the same, and stored once, also under another id."""
    assert [(200, "accepted"), (200, "accepted")] == [providers.post("payment", paid()) for _ in range(2)]
    assert (200, "duplicate") == providers.post("payment", paid() | {"id": "evt_2"})
    assert [("place", "accepted"), ("payment_captured", "accepted"), ("payment_captured", "duplicate")] == (
        providers.entries()
    )


def test_what_nobody_signed_is_not_heard(providers: Providers) -> None:
    """Forged, altered, borrowed, stale and mangled signatures are answered 401, and nothing is stored."""
    body = json.dumps(paid()).encode()
    good = signature(body, SECRETS["payment"])
    moment, proof = good.split(",")
    forged = [
        "", "t=,v1=", good.upper(), proof, moment, f"{moment},v1=", f"{moment},v0={proof[3:]}", f"{good},t=1",
        f"{moment}0,{proof}", "t=\xb2,v1=\xe9", f"t={'9' * 5000},{proof}", f"{moment},v1=\xe9", "=,=,,",
        signature(body + b" ", SECRETS["payment"]), signature(body, SECRETS["logistics"]), signature(body, "a-guess"),
        signature(body, SECRETS["payment"], age=310), signature(body, SECRETS["payment"], age=-310),
    ]  # fmt: skip
    answers = [providers.request("/webhooks/payment", body, {"Webhook-Signature": each}) for each in forged]
    assert [(401, "not signed")] * len(forged) == answers
    assert (401, "not signed") == providers.request("/webhooks/payment", body, {})
    assert [("place", "accepted")] == providers.entries()
    assert (200, "accepted") == providers.raw("payment", body, key="an-older-one-of-payment", age=290)


def test_the_carrier_reports_no_payment(providers: Providers) -> None:
    """Who signs says it: an event of one provider means nothing from the other."""
    assert 400 == providers.post("logistics", paid())[0]
    assert 400 == providers.post("payment", tracked("delivered", "trk_1", parcel="P1"))[0]
    assert [("place", "accepted")] == providers.entries()


def mangled() -> list[tuple[str, object]]:
    """Signed events that nobody can understand."""
    return [
        ("payment", b""), ("payment", b"\xff"), ("payment", b"[]"), ("payment", b"null"), ("payment", b"[" * 100_000),
        ("payment", {}), ("payment", paid() | {"data": None}), ("payment", paid() | {"created": None}),
        ("payment", paid() | {"created": 10**12}), ("payment", paid() | {"created": 10**17}),
        ("payment", paid() | {"created": 10**400}),
        ("payment", paid() | {"created": float("nan")}), ("payment", paid() | {"created": 4_000_000_000}),
        ("payment", paid() | {"id": None}), ("payment", paid() | {"id": ""}), ("payment", paid() | {"id": "x" * 300}),
        ("payment", paid() | {"type": ["payment.succeeded"]} | {"data": 1}),
        ("payment", paid(cents=24.0)), ("payment", paid(cents=True)), ("payment", paid(cents="2400")),
        ("payment", paid(cents=-2400)), ("payment", paid(currency="USD")), ("payment", paid(payment=None)),
        ("payment", paid(instrument="")), ("payment", paid(metadata={"order": 1001})),
        ("payment", paid(metadata={"order": ""})), ("payment", paid(metadata={"order": "\ud800"})),
        ("payment", paid() | {"type": "refund.updated"}),
        ("payment", paid(status="settled", metadata={"order": "1001", "refund": None}) | {"type": "refund.updated"}),
        ("logistics", tracked("delivered", "trk_1")), ("logistics", tracked("delivered", "trk_1", parcel=None)),
        ("logistics", tracked("delivered", "trk_1", parcel="")), ("logistics", tracked("delivered", "t", parcel=["P"])),
        ("logistics", tracked("dispatched", "trk_1", parcel="P1", items={})),
        ("logistics", tracked("dispatched", "trk_1", parcel="P1", items="all")),
        ("logistics", tracked("dispatched", "trk_1", parcel="P1", items={"mug": 0})),
        ("logistics", tracked("dispatched", "trk_1", parcel="P1", items={"mug": "2"})),
        ("logistics", tracked("dispatched", "trk_1", parcel=None, items={"mug": 2})),
        ("logistics", tracked("stop_confirmed", "trk_1")), ("logistics", tracked("stop_confirmed", "trk_1", ask=None)),
        ("logistics", tracked("arrived", "trk_1", minutes=-10, parcel="P1")),
        ("logistics", tracked("arrived", "trk_1", parcel="P1") | {"occurred": "2026-03-02T12:00:00"}),
        ("logistics", tracked("arrived", "trk_1", parcel="P1") | {"occurred": 1772452800}),
    ]  # fmt: skip


def test_what_is_not_understood_comes_again(providers: Providers) -> None:
    """It is answered 400, and nothing is stored."""
    for sender, event in mangled():
        raw = event if isinstance(event, bytes) else json.dumps(event).encode()
        assert (400, "not understood") == providers.raw(sender, raw), event
    assert 1 == len(providers.book.store.entries("1001", 0, 10))
    assert [] == [*providers.book.anomalies()]


def test_what_does_not_concern_us_is_ignored(providers: Providers) -> None:
    """Other kinds of event, and payments of other shops, are answered 200 and not stored."""
    foreign = [paid() | {"type": "payout.paid"}, paid(metadata={}), paid(status="odd") | {"type": "refund.updated"}]
    assert [(200, "ignored")] * 3 == [providers.post("payment", event) for event in foreign]
    assert (200, "ignored") == providers.post("logistics", tracked("label_printed", "trk_1"))
    assert [("place", "accepted")] == providers.entries()


def test_events_come_late_and_out_of_order(providers: Providers) -> None:
    """A parcel that is not known yet comes again; steps are filled in; what is late is a duplicate."""
    early = tracked("delivered", "trk_3", parcel="P1")
    assert (409, "too early") == providers.post("logistics", early)
    dispatched = tracked("dispatched", "trk_1", minutes=30, parcel="P1", items={"mug": 1})
    assert (200, "anomaly") == providers.post("logistics", dispatched)  # not paid yet: judged again
    assert (200, "accepted") == providers.post("payment", paid())
    assert {"unshipped": 1, "shipped": 1} == providers.goods
    assert (200, "accepted") == providers.post("logistics", early)
    assert (200, "duplicate") == providers.post("logistics", tracked("arrived", "trk_2", minutes=10, parcel="P1"))
    assert {"unshipped": 1, "delivered": 1} == providers.goods
    assert (200, "anomaly") == providers.post("logistics", tracked("arrived", "trk_9", minutes=61, parcel="P9"))
    (unknown,) = [each.reason.code for each in providers.book.get("1001").anomalies if each.open and not each.waiting]
    assert "unknown_parcel" == unknown


def test_every_event_of_a_parcel_means_what_it_says(providers: Providers) -> None:
    """At the door, turned away, lost, signed for."""
    providers.post("payment", paid())
    for parcel in ("P1", "P2"):
        event = tracked("dispatched", f"trk_{parcel}", minutes=30, parcel=parcel, items={"mug": 1})
        assert (200, "accepted") == providers.post("logistics", event)
    told = [
        ("arrived", "P1", {"arrived": 1, "shipped": 1}),
        ("refused", "P1", {"returning": 1, "shipped": 1}),
        ("lost", "P1", {"lost": 1, "shipped": 1}),
        ("delivered", "P2", {"lost": 1, "delivered": 1}),
    ]
    for event_name, parcel, goods in told:
        event = tracked(event_name, f"trk_{event_name}", parcel=parcel)
        assert (200, "accepted") == providers.post("logistics", event)
        assert {state: count for state, count in providers.goods.items() if count} == goods


def test_a_clock_that_is_a_little_ahead_does_no_harm(providers: Providers) -> None:
    """An event from the next minute is taken, and is the same when it comes again."""
    event = paid() | {"created": int(datetime.now(UTC).timestamp()) + 60}
    assert [(200, "accepted")] * 2 == [providers.post("payment", event) for _ in range(2)]


def test_a_payment_may_be_faster_than_its_order(providers: Providers) -> None:
    """It is kept, answered 200, and counts once the order is placed."""
    assert (200, "anomaly") == providers.post("payment", paid(metadata={"order": "1002"}))
    lines = [Item(id="mug", amount="24.00", quantity=2)]
    decision = providers.book.place("1002", Place(customer="ann", country="DE", currency="EUR", lines=lines), at=PLACED)
    assert "unshipped" == decision.order.state  # type: ignore[union-attr]


def test_while_the_database_is_away_events_come_again(providers: Providers, folder: Path) -> None:
    """They are answered 503 and lost nowhere; afterwards the same event is taken."""
    (folder / "orders.db").rename(folder / "away.db")
    assert (503, "try again") == providers.post("payment", paid())
    (folder / "away.db").rename(folder / "orders.db")
    assert (200, "accepted") == providers.post("payment", paid())
    assert {"unshipped": 2} == providers.goods


def test_the_web_app_takes_no_other_requests(providers: Providers) -> None:
    """Other paths and methods, bodies without an end, and bodies without a length."""
    assert 405 == providers.request("/webhooks/payment", b"", {}, "GET")[0]
    assert 404 == providers.request("/webhooks/", b"{}", {})[0]
    assert 404 == providers.request("/webhooks/customer", b"{}", {})[0]
    assert 404 == providers.request("/payment", b"{}", {})[0]
    for length, status in {"x": 411, "-1": 411, "\xb2": 411, "9" * 5000: 413, str(256 * 1024 + 1): 413}.items():
        assert status == providers.request("/webhooks/payment", b"", {"Content-Length": length})[0]
    assert 411 == providers.request("/webhooks/payment", b"", {"Transfer-Encoding": "chunked"})[0]


def test_a_shop_without_secrets_does_not_start(modules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can sign with an empty secret."""
    migrate("sqlite:///orders.db")
    write_files(WEBHOOKS, modules)
    for secret in ("", " ", "short", f"{SECRETS['payment']} short"):
        monkeypatch.setenv("PAYMENT_SECRET", secret)
        with pytest.raises(SystemExit, match="PAYMENT_SECRET"):
            importlib.import_module("shop")


class Outside(BaseHTTPRequestHandler):
    """The providers' own servers: they keep what they are asked, and fail as often as they are told."""

    asked: list[tuple[str, str, Any]]
    answers: list[int]

    def do_POST(self) -> None:
        """Take a question, or not."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append((self.path, self.headers["Idempotency-Key"], body))
        self.send_response(self.answers.pop(0) if self.answers else 200)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def do_GET(self) -> None:
        """Where a redirect leads."""
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Outside]]:
    """The providers' servers, on this machine."""
    kind = type("Outside", (Outside,), {"asked": [], "answers": []})
    with HTTPServer(("127.0.0.1", 0), kind) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        for name in ("PAYMENT_API", "LOGISTICS_API"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("PAYMENT_TOKEN", "token")
        monkeypatch.setenv("LOGISTICS_TOKEN", "token")
        yield kind
        server.shutdown()


class Clock:
    """A clock that a test moves on, for waits between attempts."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        """The time."""
        return self.now


def test_questions_go_out_and_answers_come_back(providers: Providers, outside: type[Outside]) -> None:
    """Logistics, the carrier and the payment provider are asked; their answers quote the question and take effect."""
    worker = Worker(providers.book, importlib.import_module("handlers").handlers)
    ann, now = Customer("ann"), PLACED + timedelta(minutes=10)
    providers.post("payment", paid())
    providers.post("logistics", tracked("dispatched", "trk_1", minutes=30, parcel="P1", items={"mug": 1}))
    providers.book.submit("1001", CancelDelivery(parcel="P1"), by=ann, at=datetime.now(UTC))
    providers.book.submit("1001", RequestCancellation(lines="all"), by=ann, at=datetime.now(UTC))
    providers.book.submit("1001", ApproveCancellation(lines="all"), by=CUSTOMER_SERVICE, at=datetime.now(UTC))
    worker.run_until_idle()
    (intercept, refund) = outside.asked
    assert ("/intercepts", {"order": "1001", "ask": "a1", "parcels": ["P1"]}) == (intercept[0], intercept[2])
    metadata = {"order": "1001", "refund": "r1"}
    assert {"payment": "pay_1", "cents": 1200, "currency": "EUR", "metadata": metadata} == refund[2]
    assert (200, "accepted") == providers.post("logistics", tracked("intercept_confirmed", "trk_2", ask="a1"))
    assert {"returning": 1, "cancelled": 1} == providers.goods
    for number, status in enumerate(["sent", "settled", "reversed"]):
        event = paid(status=status, metadata=metadata) | {"id": f"evt_r{number}", "type": "refund.updated"}
        assert (200, "accepted") == providers.post("payment", event | {"created": int(now.timestamp())})
    assert "failed" == providers.book.get("1001").refunds[0].state  # type: ignore[union-attr]


def test_a_logistics_answer_says_which_question_it_answers(providers: Providers, outside: type[Outside]) -> None:
    """An answer to a question that was withdrawn moves nothing; one to the open question does."""
    worker = Worker(providers.book, importlib.import_module("handlers").handlers)
    providers.post("payment", paid())
    noon = datetime.now(UTC)
    for number in (1, 2):
        later = noon + timedelta(hours=12 + number)  # in preparation by then
        request = RequestCancellation(lines="all")
        providers.book.submit("1001", request, by=Customer("ann"), at=later)
        providers.book.submit("1001", ApproveCancellation(lines="all"), by=CUSTOMER_SERVICE, at=later)
        if number == 1:
            providers.book.submit("1001", WithdrawCancellation(lines="all"), by=Customer("ann"), at=later)
    worker.run_until_idle()
    asked = [body for path, _, body in outside.asked if path == "/stops"]
    assert [{"order": "1001", "ask": f"a{number}", "stop": {"mug": 2}} for number in (1, 2)] == asked
    assert (200, "anomaly") == providers.post("logistics", tracked("stop_confirmed", "trk_1", ask="a1"))
    assert {"preparing.cancel_confirming": 2} == providers.goods
    assert (200, "accepted") == providers.post("logistics", tracked("stop_confirmed", "trk_2", ask="a2"))
    assert {"cancelled": 2} == providers.goods


def test_the_money_goes_once(providers: Providers, outside: type[Outside]) -> None:
    """A refund that the provider would not take comes again under the same key; another attempt has another."""
    clock = Clock()
    worker = Worker(providers.book, importlib.import_module("handlers").handlers, clock=clock)
    providers.post("payment", paid())
    providers.book.submit("1001", RequestCancellation(lines="all"), by=Customer("ann"), at=clock.now)
    providers.book.submit("1001", ApproveCancellation(lines="all"), by=CUSTOMER_SERVICE, at=clock.now)
    outside.answers[:] = [503, 302, 200]
    for _ in range(3):
        worker.run_until_idle()
        clock.now += timedelta(minutes=1)
    assert ["/refunds"] * 3 == [path for path, _, _ in outside.asked]
    assert 1 == len({key for _, key, _ in outside.asked})
    failed = paid(status="failed", metadata={"order": "1001", "refund": "r1"}) | {"type": "refund.updated"}
    assert (200, "accepted") == providers.post("payment", failed | {"id": "evt_9"})
    providers.book.submit("1001", ResendRefund(refund="r1"), by=CUSTOMER_SERVICE, at=clock.now)
    worker.run_until_idle()
    assert 2 == len({key for _, key, _ in outside.asked})


DJANGO = """
import hmac, json, sys, time
import django
from django.conf import settings
settings.configure(ROOT_URLCONF="urls", ALLOWED_HOSTS=["*"], MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware"])
django.setup()
from django.test import Client
from shop import SECRETS
def post(sender, key=None):
    body, now = b'{"id": "e", "type": "payout.paid", "created": 1, "data": {"metadata": {}}}', str(int(time.time()))
    signed = hmac.digest(key or SECRETS[sender][0], now.encode() + b"." + body, "sha256").hex()
    head = {"Webhook-Signature": f"t={now},v1={signed}"}
    answer = Client(enforce_csrf_checks=True).post(f"/webhooks/{sender}", body, "application/json", headers=head)
    print(answer.status_code, answer.content.decode())
post("payment")
post("payment", b"guessed")
post("customer", b"guessed")
print(Client().get("/webhooks/payment").status_code)
"""
URLS = """
from django.urls import path
from django_webhooks import webhook
urlpatterns = [path("webhooks/<str:sender>", webhook)]
"""


def test_the_view_of_django_does_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It hears what is signed, without a token against forged forms, and nothing else."""
    migrate("sqlite:///orders.db")
    write_files(WEBHOOKS, folder)
    (folder / "urls.py").write_text(URLS, "utf-8")
    (folder / "drive.py").write_text(DJANGO, "utf-8")
    for sender, secret in SECRETS.items():
        monkeypatch.setenv(f"{sender.upper()}_SECRET", secret)
    command = [sys.executable, "-W", "error", "drive.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert "200 ignored\n401 not signed\n404 nothing here\n405\n" == done.stdout, done.stderr
