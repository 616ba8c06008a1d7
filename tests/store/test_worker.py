"""The worker: what is due fires, effects are delivered in order, again after failures, and given up at last."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from orderfsm import (
    CUSTOMER_SERVICE,
    ApproveCancellation,
    Effect,
    Notify,
    OrderMachine,
    Policy,
    SendRefund,
    TellWarehouse,
)
from orderfsm.book import OrderBook
from orderfsm.records import Letter, Status
from orderfsm.testing import Clock
from orderfsm.verifying import verify
from orderfsm.worker import Delivery, NoHandler, Retries, Round, Worker
from tests.store.story import HOUR, NOON, cancel, paid, place

MINUTE = timedelta(minutes=1)


class Shop:
    """Handlers that remember what they were given, and fail where a test wants them to."""

    def __init__(self, fails: Callable[[Delivery[Effect]], bool] = lambda delivery: False) -> None:
        self.given: list[Delivery[Effect]] = []
        self.fails = fails

    def __call__(self, delivery: Delivery[Effect]) -> None:
        self.given.append(delivery)
        if self.fails(delivery):
            raise RuntimeError(f"no line for {delivery.effect.name}")

    @property
    def seqs(self) -> list[int]:
        return [delivery.seq for delivery in self.given]


def _requested(book: OrderBook, order_id: str = "1001") -> Clock:
    """An order with three letters: hold the goods, and two messages; the clock stands a minute later."""
    for input in (place(), paid(), cancel("k1")):
        book.submit(order_id, input)
    return Clock(NOON + HOUR + MINUTE)


def test_effects_are_delivered_once_and_in_their_order(book: OrderBook) -> None:
    """Every effect reaches its handler, in the order in which the machine gave them, and only once."""
    clock, shop = _requested(book), Shop()
    worker = Worker(book, {Effect: shop}, clock=clock)
    assert Round(delivered=3) == worker.run_until_idle()
    effects = [effect for entry in book.history("1001") for effect in entry.effects]
    assert effects == [delivery.effect for delivery in shop.given]
    assert Round() == worker.run_until_idle()


def test_the_most_special_handler_is_asked(book: OrderBook) -> None:
    """A handler for a kind of effect goes before the one for all."""
    clock, told, rest = _requested(book), Shop(), Shop()
    Worker(book, {Notify: told, Effect: rest}, clock=clock).run_until_idle()
    assert ([2, 3], [1]) == (told.seqs, rest.seqs)


def test_a_worker_without_a_handler_for_some_effect_does_not_start(book: OrderBook) -> None:
    """No effect may be skipped: a worker that has no handler for one says which."""
    with pytest.raises(NoHandler, match="release_stock, tell_warehouse, ask_logistics"):
        Worker(book, {Notify: print, SendRefund: print})


def test_a_failed_delivery_is_tried_again_later_and_holds_up_its_order(book: OrderBook) -> None:
    """What comes later in the order waits until the failed effect is delivered; other orders go on."""
    clock, shop = _requested(book), Shop(lambda delivery: delivery.attempt < 3)
    shop.fails = lambda delivery: delivery.order_id == "1001" and delivery.seq == 1 and delivery.attempt < 3
    _requested(book, "1002")
    worker = Worker(book, {Effect: shop}, clock=clock)
    assert Round(delivered=3, failed=1) == worker.run_until_idle()
    clock.advance(seconds=2)
    assert Round(failed=1) == worker.run_until_idle()
    assert Round() == worker.run_until_idle()
    clock.advance(seconds=4)
    assert Round(delivered=3) == worker.run_until_idle()
    mine = [(each.seq, each.attempt) for each in shop.given if each.order_id == "1001"]
    assert [(1, 1), (1, 2), (1, 3), (2, 1), (3, 1)] == mine


def test_a_letter_that_nobody_takes_is_given_up_and_holds_up_nothing(book: OrderBook) -> None:
    """After the last attempt a letter is dead: it is listed with its fault, and the rest goes on."""
    clock, shop = _requested(book), Shop(lambda delivery: isinstance(delivery.effect, TellWarehouse))
    worker = Worker(book, {Effect: shop}, clock=clock, retries=Retries(attempts=2))
    worker.run_until_idle()
    clock.advance(hours=1)
    assert Round(delivered=2, dead=1) == worker.run_until_idle()
    [letter] = book.dead_letters()
    assert ("tell_warehouse", 2, "RuntimeError: no line for tell_warehouse") == (
        letter.name, letter.attempts, letter.fault,
    )  # fmt: skip
    assert [] == [*verify(book.store)]


def test_a_dead_letter_is_delivered_after_all_or_dropped(book: OrderBook) -> None:
    """A dead letter can be tried again, with all its attempts, or dropped for good; each only while it is dead."""
    clock, shop = _requested(book), Shop(lambda delivery: True)
    worker = Worker(book, {Effect: shop}, clock=clock, retries=Retries(attempts=1))
    worker.run_until_idle()
    first, second, third = book.dead_letters()
    shop.fails = lambda delivery: False
    assert (True, False) == (book.retry(second, clock()), book.retry(second, clock()))
    assert (True, False) == (book.drop(third, clock()), book.retry(third, clock()))
    assert Round(delivered=1) == worker.run_until_idle()
    assert (2, 1) == (shop.given[-1].seq, shop.given[-1].attempt)
    assert (first,) == book.dead_letters().items
    kept = [letter.status for entry in book.history("1001") for letter in entry.letters]
    assert [Status.DEAD, Status.DELIVERED, Status.DROPPED] == kept


def test_dead_letters_come_in_pages(book: OrderBook) -> None:
    """Every dead letter is listed once, by order, across pages."""
    for order_id in ("a", "b"):
        clock = _requested(book, order_id)
    Worker(book, {Effect: Shop(lambda delivery: True)}, clock=clock, retries=Retries(attempts=1)).run_until_idle()
    page = book.dead_letters(limit=2)
    found: list[Letter] = []
    while page.next is not None:
        found += page.items
        page = book.dead_letters(after=page.next, limit=2)
    found += page.items
    assert [(o, n) for o in "ab" for n in (1, 2, 3)] == [(each.order_id, each.seq) for each in found]


def test_a_letter_of_a_dead_worker_is_free_after_its_lease(book: OrderBook) -> None:
    """A letter that was taken and never heard of again is delivered by another worker, after the lease."""
    clock, shop = _requested(book), Shop()
    book.store.take(clock(), clock() + MINUTE, 10)  # and the worker dies
    worker = Worker(book, {Effect: shop}, clock=clock)
    assert Round() == worker.run_until_idle()
    clock.advance(minutes=1)
    assert Round(delivered=3) == worker.run_until_idle()
    assert [2, 1, 1] == [delivery.attempt for delivery in shop.given]


def test_a_letter_that_kills_its_workers_is_given_up(book: OrderBook) -> None:
    """A letter that was taken as often as it may be is not handed out again, even if nobody could say why."""
    clock, shop = _requested(book), Shop()
    for _ in range(2):
        book.store.take(clock(), clock() + MINUTE, 10)
        clock.advance(minutes=1)
    Worker(book, {Effect: shop}, clock=clock, retries=Retries(attempts=2)).run_until_idle()
    assert [2, 3] == shop.seqs
    assert ["no worker survived its delivery"] == [letter.fault for letter in book.dead_letters()]


def test_a_letter_whose_lease_is_over_is_left_to_others(book: OrderBook) -> None:
    """A worker that was slow does not deliver what another may have taken by now."""
    clock, shop = _requested(book), Shop()
    _requested(book, "1002")

    def slow(delivery: Delivery[Effect]) -> None:
        shop(delivery)
        clock.advance(minutes=2)

    Worker(book, {Effect: slow}, clock=clock).round()
    assert 1 == len(shop.given)


def test_every_effect_is_handed_out_however_slow_the_handler(book: OrderBook) -> None:
    """A handler that takes nearly as long as the lease leaves the rest of a batch its attempts and its turn."""
    clock, shop = Clock(NOON + HOUR + MINUTE), Shop()
    for number in range(8):
        _requested(book, f"o{number}")

    def slow(delivery: Delivery[Effect]) -> None:
        shop(delivery)
        clock.advance(seconds=40)

    worker = Worker(book, {Effect: slow}, clock=clock, retries=Retries(attempts=2))
    assert Round(delivered=24) == worker.run_until_idle()
    assert {1} == {delivery.attempt for delivery in shop.given}
    assert {f"o{number}" for number in range(8)} == {delivery.order_id for delivery in shop.given[:12]}
    assert () == book.dead_letters().items


async def _waits(delivery: Delivery[Effect]) -> None:
    """Would never be awaited."""


def test_a_handler_that_nobody_would_await_is_refused(book: OrderBook) -> None:
    """An async handler is refused, and one that returns something to be awaited has not done its work."""
    clock = _requested(book)
    with pytest.raises(TypeError, match="the handler for Effect is async"):
        Worker(book, {Effect: _waits}, clock=clock)
    hidden = Worker(book, {Effect: lambda delivery: _waits(delivery)}, clock=clock, retries=Retries(attempts=1))
    with pytest.warns(RuntimeWarning, match="never awaited"):
        assert 3 == hidden.run_until_idle().dead


def test_a_worker_computes_deadlines_anew_from_time_to_time(book: OrderBook) -> None:
    """What an old process writes during a deployment gets the new policy's deadlines within ten minutes."""
    clock = Clock(NOON)
    sooner = OrderBook(book.store, OrderMachine(Policy(payment_window=HOUR)))
    seen: list[int] = []

    def late(delivery: Delivery[Effect]) -> None:
        seen.append(len(seen))
        worker.stop()

    worker = Worker(sooner, {Effect: late}, clock=lambda: clock.advance(minutes=1))
    book.submit("1001", place())  # by a process of the old policy, which closes it after a day
    worker.run(poll=0.01)
    assert ([0], True) == (seen, clock() < NOON + 2 * HOUR)


def test_a_worker_can_be_stopped_while_it_reschedules(book: OrderBook) -> None:
    """Told to stop while it computes deadlines anew after a change of policy, it leaves off at once."""
    for number in range(5):
        book.submit(f"o{number}", place())
    other = OrderBook(book.store, OrderMachine(Policy.marketplace()))
    asked = iter([False, False, True])
    assert 2 == other.reschedule(until=lambda: next(asked))
    assert 3 == other.reschedule()


def test_a_worker_that_is_told_to_stop_gives_back_what_it_took(book: OrderBook) -> None:
    """The delivery in hand is finished; what was taken beside it is free at once, and its attempt not counted."""
    clock, shop = _requested(book), Shop()
    _requested(book, "1002")

    def last(delivery: Delivery[Effect]) -> None:
        shop(delivery)
        worker.stop()

    worker = Worker(book, {Effect: last}, clock=clock)
    worker.run()
    assert [("1001", 1)] == [(each.order_id, each.seq) for each in shop.given]
    Worker(book, {Effect: shop}, clock=clock).run_until_idle()
    assert 6 == len(shop.given)
    assert all(delivery.attempt == 1 for delivery in shop.given)


def test_due_deadlines_fire_and_their_effects_are_delivered(book: OrderBook) -> None:
    """An unpaid order is closed when its time is over, and the outside world is told in the same run."""
    book.submit("1001", place())
    clock, shop = Clock(NOON + 24 * HOUR), Shop()
    assert Round(fired=1, delivered=2) == Worker(book, {Effect: shop}, clock=clock).run_until_idle()
    assert ["release_stock", "notify"] == [delivery.effect.name for delivery in shop.given]


def test_what_is_overdue_is_escalated_once(book: OrderBook) -> None:
    """A request that nobody reviews is escalated once, however long it goes on waiting."""
    clock, shop = _requested(book), Shop()
    worker = Worker(book, {Effect: shop}, clock=clock)
    for _ in range(5):
        clock.advance(days=1)
        worker.run_until_idle()
    assert 1 == [delivery.effect.name for delivery in shop.given].count("escalate")
    book.submit("1001", ApproveCancellation(lines="all", by=CUSTOMER_SERVICE, at=clock()))
    clock.advance(days=2)
    worker.run_until_idle()
    assert 2 == [delivery.effect.name for delivery in shop.given].count("escalate")


def test_an_order_that_cannot_be_read_does_not_stop_the_others(sqlite: str, caplog: pytest.LogCaptureFixture) -> None:
    """Where somebody spoilt an order's row its deadlines do not fire, which is told; everybody else's do."""
    with OrderBook(sqlite) as book:
        for order_id in ("broken", "in pieces", "odd", "well", "whole"):
            book.submit(order_id, place())
        with book.store.sessions.transaction() as run:  # type: ignore[attr-defined]
            run("UPDATE orderfsm_orders SET body = '{' WHERE order_id < 'well'", ())
        assert [1, 1, 0] == [book.fire_due(NOON + 24 * HOUR, limit=1) for _ in range(3)]
        assert 1 == caplog.text.count("order 'broken': its snapshot cannot be read")
        other = OrderBook(book.store, OrderMachine(Policy.marketplace()))
        book.submit("new", place())
        assert 1 == other.reschedule()


def test_no_order_is_passed_over_beside_those_that_cannot_be_read(sqlite: str) -> None:
    """However orders that can be read and others stand in the queue, one round fires as many as are wanted."""
    with OrderBook(sqlite) as book:
        for order_id in "abcdefgh":
            book.submit(order_id, place())
        with book.store.sessions.transaction() as run:  # type: ignore[attr-defined]
            run("UPDATE orderfsm_orders SET body = '{' WHERE order_id IN ('a', 'c', 'f', 'g')", ())
        assert [2, 2, 0] == [book.fire_due(NOON + 24 * HOUR, limit=2) for _ in range(3)]


def test_an_effect_that_cannot_be_read_is_given_up_in_the_end(sqlite: str) -> None:
    """Where somebody spoilt a letter it fails like one that no handler takes, and says why."""
    with OrderBook(sqlite) as book:
        clock, shop = _requested(book), Shop()
        with book.store.sessions.transaction() as run:  # type: ignore[attr-defined]
            run("UPDATE orderfsm_outbox SET body = '{' WHERE seq = 1", ())
        Worker(book, {Effect: shop}, clock=clock, retries=Retries(attempts=1)).run_until_idle()
        assert ([2, 3], True) == (shop.seqs, "DecodeError" in str(book.dead_letters().items[0].fault))


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 2), (2, 4), (5, 32), (11, 2048), (12, 3600), (1000, 3600)])
def test_the_pauses_grow_up_to_an_hour(attempt: int, seconds: int) -> None:
    """Each pause is twice the one before, and never longer than an hour."""
    assert timedelta(seconds=seconds) == Retries().delay(attempt)
