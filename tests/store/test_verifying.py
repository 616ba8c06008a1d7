"""`verify` finds everything that somebody could spoil in a book, and nothing in a book that is well."""

from datetime import date, timedelta

import pytest
from attrs import evolve

from orderfsm import (
    CUSTOMER_SERVICE,
    PAYMENT,
    WAREHOUSE,
    ApproveCancellation,
    Customer,
    Dispatched,
    Effect,
    HostGuard,
    OrderMachine,
    Place,
    Policy,
    RefundSent,
    RefundSettled,
    RequestCancellation,
    RequestReturn,
)
from orderfsm.book import OrderBook
from orderfsm.order import Order
from orderfsm.policy_file import read_policy
from orderfsm.selections import LinesArgument
from orderfsm.testing import Clock
from orderfsm.verifying import broken_invariants, verify
from orderfsm.worker import Worker
from tests.properties.walks import Walk
from tests.store.story import HOUR, NOON, cancel, paid, place

APPROVED = ApproveCancellation(lines="all", by=CUSTOMER_SERVICE, at=NOON + 2 * HOUR)


def _told(book: OrderBook) -> list[str]:
    return [str(difference) for difference in verify(book.store)]


def _cancelled(url: str) -> OrderBook:
    book = OrderBook(url)
    for input in (place(), paid(), cancel("k1"), APPROVED, cancel("k2")):
        book.submit("1001", input)
    book.submit("early", Dispatched(lines="all", parcel="P1", by=WAREHOUSE, at=NOON))
    return book


def test_a_book_in_use_is_as_it_should_be(book: OrderBook) -> None:
    """Whatever was submitted, with ids and without, one by one or many, under several policies: no difference."""
    for seed in range(12):
        inner = OrderBook(book.store, OrderMachine([Policy(), Policy.marketplace()][seed % 2]))
        steps = [*Walk(seed).steps(25)]
        for number, step in enumerate(steps):
            input = evolve(step.input, id=f"k{number}") if number % 3 == 0 else step.input
            if number % 5 == 0:
                inner.submit_many([(f"w{seed}", input)])
            else:
                inner.submit(f"w{seed}", input)
        Worker(inner, {Effect: lambda delivery: None}, clock=Clock(NOON + timedelta(days=40))).run_until_idle()
    assert [] == _told(book)


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        ("UPDATE orderfsm_orders SET state = 'shipped'", "snapshot.state: expected 'cancelled', found 'shipped'"),
        ("UPDATE orderfsm_orders SET customer = 'eve'", "snapshot.customer: expected 'ann', found 'eve'"),
        ("UPDATE orderfsm_orders SET cancelled = 0", "snapshot.cancelled: expected True, found False"),
        ("UPDATE orderfsm_orders SET next_deadline = NULL", "snapshot.next_deadline: expected datetime"),
        ("UPDATE orderfsm_orders SET overdue_at = NULL", "snapshot.overdue_at: expected datetime"),
        ("UPDATE orderfsm_orders SET open_anomalies = 3", "snapshot.open_anomalies: expected 0, found 3"),
        ("UPDATE orderfsm_orders SET letters = 1", "snapshot.letters: expected"),
        ("UPDATE orderfsm_orders SET revision = 6", "journal: expected 6 entries, found 5"),
        ("UPDATE orderfsm_orders SET policy = 'x'", "snapshot.policy: expected 'one that is kept"),
        ("UPDATE orderfsm_orders SET body = '{}'", "snapshot.body: expected 'an order'"),
        ("""UPDATE orderfsm_orders SET body = replace(body, '"amount":5400', '"amount":5401')""", "order.payments"),
        ("""UPDATE orderfsm_orders SET body = replace(body, '"quantity":2', '"quantity":3')""", "order.lines"),
        ("DELETE FROM orderfsm_journal WHERE seq = 2", "seq: expected 2, found 3"),
        ("DELETE FROM orderfsm_journal WHERE seq = 5", "journal: expected 5 entries, found 4"),
        ("UPDATE orderfsm_journal SET outcome = 'accepted' WHERE seq = 5", "outcome: expected 'refused'"),
        ("UPDATE orderfsm_journal SET sender = 'customer:eve' WHERE seq = 3", "sender: expected 'customer:ann'"),
        ("UPDATE orderfsm_journal SET input_id = 'k9' WHERE seq = 3", "input_id: expected 'k1', found 'k9'"),
        ("UPDATE orderfsm_journal SET policy = 'x' WHERE seq = 3", "policy: expected 'one that is kept"),
        ("UPDATE orderfsm_journal SET input = '{' WHERE seq = 3", "input and answer: expected"),
        ("UPDATE orderfsm_journal SET answer = '[]' WHERE seq = 3", "input and answer: expected"),
        ("UPDATE orderfsm_journal SET answer = '{\"version\":9}' WHERE seq = 3", "answer.moves: expected"),
        ("UPDATE orderfsm_journal SET at = replace(at, '2026', '2025') WHERE seq = 3", "at: expected"),
        ("UPDATE orderfsm_journal SET received_at = replace(received_at, '2026', '2027')", "received_at: expected"),
        ("UPDATE orderfsm_journal SET do_name = 'tick' WHERE seq = 3", "do: expected 'request_cancellation'"),
        ("UPDATE orderfsm_journal SET reuse = 1 WHERE seq = 3", "reuse: expected 0, found 1"),
        ("UPDATE orderfsm_journal SET input = replace(input, 'k1', 'k7')", "input_id: expected 'k7'"),
        ("UPDATE orderfsm_journal SET input = replace(input, '\"all\"', '[\"mug\"]')", "answer.moves: expected"),
        ("UPDATE orderfsm_outbox SET name = 'notify' WHERE name = 'send_refund'", "effects: expected"),
        ("UPDATE orderfsm_outbox SET body = replace(body, '54.00', '45.00')", "effects: expected"),
        ("UPDATE orderfsm_outbox SET entry = 9 WHERE seq = 1", "effects: expected"),
        ("DELETE FROM orderfsm_outbox WHERE seq = 1", "effects: expected"),
        ("UPDATE orderfsm_policies SET policy = ''", "policy: expected 'one that is kept"),
        ("UPDATE orderfsm_outbox SET status = 'delivered'", "letter 1: expected"),
        ("UPDATE orderfsm_outbox SET attempts = 3, ready_at = '2030-01-01T00:00:00.000000+00:00'", None),
        ("UPDATE orderfsm_orders SET placed_at = '2026-03-02T12:00:00'", "snapshot: expected columns that can be read"),
        ("UPDATE orderfsm_policies SET policy = x'00'", "policy: expected"),
        ("UPDATE orderfsm_outbox SET status = 'x'", "rows: expected"),
        ("UPDATE orderfsm_outbox SET ready_at = 'x'", "rows: expected"),
        ("UPDATE orderfsm_journal SET at = 'x'", "rows: expected"),
        ("UPDATE orderfsm_orders SET placed_at = 'x'", "snapshot: expected columns that can be read"),
        ("UPDATE orderfsm_orders SET placed_at = 7", "snapshot: expected columns that can be read"),
        ("DELETE FROM orderfsm_orders", "snapshot: expected one, for there are entries or letters"),
        ("UPDATE orderfsm_journal SET input = replace(input, '\"1001\"', '\"1002\"')", "input: expected"),
    ],
)
def test_whatever_is_spoilt_is_named(sqlite: str, spoilt: str, said: str | None) -> None:
    """One row changed behind the book's back, and the difference is named; what became of letters is no part of it."""
    with _cancelled(sqlite) as book:
        with book.store.sessions.transaction() as run:  # type: ignore[attr-defined]
            run(spoilt, ())
        told = _told(book)
        assert bool(said) == bool(told)
        assert said is None or any(said in each for each in told), told


def test_a_later_holiday_calendar_changes_no_history(book: OrderBook, monkeypatch: pytest.MonkeyPatch) -> None:
    """5.10: the dates of refunds are those that were computed then, whatever a calendar says now."""
    for input in (place(), paid(), cancel("k1"), APPROVED):
        book.submit("1001", input)
    later = (date(2030, 1, 1), date(2030, 1, 3), NOON + timedelta(days=2000))
    monkeypatch.setattr("orderfsm.draft.refund_window", lambda *_: later)
    book.submit("1001", RefundSent(refund="r1", by=PAYMENT, at=NOON + 3 * HOUR))
    book.submit("1001", RefundSettled(refund="r1", by=PAYMENT, at=NOON + 4 * HOUR))
    assert [] == _told(book)
    order = book.get("1001")
    assert isinstance(order, Order)
    assert date(2026, 3, 5) == order.refunds[0].due_by


def test_a_later_policy_changes_no_history(book: OrderBook) -> None:
    """Each entry is replayed under the policy that decided it."""
    market = OrderBook(book.store, OrderMachine(Policy.marketplace()))
    for inner, order_id in ((book, "1001"), (market, "1002")):
        for input in (place(), paid(), cancel("k1")):
            inner.submit(order_id, input)
    market.submit("1001", APPROVED)
    assert ["cancelled", "cancelled"] == [str(order.state) for order in book.orders_of("ann")]
    assert [] == _told(book)


@pytest.mark.parametrize("lines", ["all", ["mug"], {"mug": 2}, {"mug": 1}, {"mug": 5}, ["mug", "pot"]])
def test_rules_that_turn_away_some_goods_change_no_history(book: OrderBook, lines: LinesArgument) -> None:
    """5.14: what a host's own rules turned away, all of it or some, is recorded, and asked of nobody again."""
    rules = [
        HostGuard(
            code="no_pots", on=[RequestCancellation], holds=lambda scene, lot: lot.line.id != "pot", sentence="No."
        ),
        HostGuard(
            code="not_yet", on=[RequestCancellation], holds=lambda scene, lot: lot.parcel is None, sentence="No."
        ),
        HostGuard(code="no_eve", on=[Place], holds=lambda scene, lot: scene.order.customer != "eve", sentence="No."),
    ]
    for policy, order_id in ((Policy(), "1001"), (Policy.marketplace(), "1002")):
        ruled = OrderBook(book.store, OrderMachine(policy, rules))
        assert "refused" == ruled.submit(order_id, place("eve")).outcome
        ruled.submit_many([(order_id, place()), (order_id, paid())])
        dispatched = Dispatched(lines={"mug": 1}, parcel="P1", by=WAREHOUSE, at=NOON)
        ruled.submit(order_id, dispatched)
        ruled.submit(order_id, RequestCancellation(lines=lines, by=Customer("ann"), at=NOON + HOUR))
        ruled.submit(order_id, RequestReturn(lines=lines, reason="x", by=Customer("ann"), at=NOON + HOUR))
    assert [] == _told(book)


@pytest.mark.parametrize(
    "address", ["Main St 1\u2028Berlin", "a\u0085b", "a\vb\fc", "# no comment\n[x]", "\r\n", '"""']
)
def test_any_text_in_a_policy_is_kept(book: OrderBook, address: str) -> None:
    """Whatever a policy's texts hold, the policy of every entry is read again as it was."""
    policy = Policy(return_address=address)
    ruled = OrderBook(book.store, OrderMachine(policy))
    ruled.submit("1001", place())
    kept = book.store.policy(ruled.history("1001").items[0].policy)
    assert kept is not None
    assert policy == read_policy(kept)
    assert [] == _told(book)


def test_money_and_goods_that_do_not_add_up_are_named() -> None:
    """An order whose goods or refunds do not add up breaks an invariant, however it came about."""
    book = OrderBook("memory://")
    for input in (place(), paid(), cancel("k1"), APPROVED):
        book.submit("1001", input)
    order = book.get("1001")
    assert isinstance(order, Order)
    assert [] == [*broken_invariants(order)]
    [refund] = order.refunds
    for spoilt, what in (
        (evolve(order, lots=order.lots[1:]), "quantity of line mug"),
        (evolve(order, lots=(evolve(order.lots[0], amount=1), *order.lots[1:])), "amount of line mug"),
        (evolve(order, refunds=(refund, evolve(refund, id="r2"))), "refunds of payment p1"),
        (evolve(order, refunds=(evolve(refund, payment="p9"),)), "payment of refund r1"),
    ):
        assert what in [name for name, _, _ in broken_invariants(spoilt)]
