"""The clock that a test holds in its hand."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from orderfsm import InvalidInput, Order, OrderMachine
from orderfsm.testing.clock import START, TICK, Clock
from tests.policy.story import MONDAY, placed


@pytest.fixture
def order() -> Order:
    """An order that closes 24 hours after Monday 09:00."""
    return placed().order


def test_it_stands_still() -> None:
    """Asked twice, it tells the same time."""
    clock = Clock(MONDAY)
    assert MONDAY == clock() == clock()


def test_it_begins_on_a_monday_morning() -> None:
    """Working days lie ahead, unless the test wants it otherwise."""
    assert datetime(2026, 3, 2, 9, tzinfo=UTC) == Clock()() == START
    assert 0 == START.weekday()


def test_it_tells_utc() -> None:
    """Wherever the start was told, the time is the same instant in UTC."""
    clock = Clock(datetime(2026, 3, 2, 10, tzinfo=timezone(timedelta(hours=1))))
    assert (MONDAY, UTC) == (clock(), clock().tzinfo)


def test_it_goes_on_by_a_timedelta_or_by_units() -> None:
    """Both give the time as it then is."""
    clock = Clock(MONDAY)
    assert MONDAY + timedelta(hours=1) == clock.advance(timedelta(hours=1))
    assert MONDAY + timedelta(hours=2, minutes=30) == clock.advance(hours=1, minutes=30)
    assert MONDAY + timedelta(days=1, hours=2, minutes=30) == clock.advance(timedelta(hours=12), hours=12) == clock()
    assert TICK == clock.advance(microseconds=1) - MONDAY - timedelta(days=1, hours=2, minutes=30)


def test_it_can_be_set() -> None:
    """To any later instant, and to the present one."""
    clock = Clock(MONDAY)
    assert MONDAY + TICK == clock.set(MONDAY + TICK) == clock.set(clock())


@pytest.mark.parametrize("naive", [datetime(2026, 3, 2), datetime(2026, 3, 3, 9)])
def test_it_refuses_naive_times(naive: datetime) -> None:
    """A time without an offset is no instant."""
    with pytest.raises(InvalidInput, match="no offset"):
        Clock(naive)
    with pytest.raises(InvalidInput, match="no offset"):
        Clock(MONDAY).set(naive)


def test_it_never_goes_back() -> None:
    """Neither by a step nor to an instant; it then still tells the time that it told."""
    clock = Clock(MONDAY)
    with pytest.raises(InvalidInput, match="never goes back"):
        clock.set(MONDAY - TICK)
    with pytest.raises(InvalidInput, match="never goes back"):
        clock.advance(-TICK)
    with pytest.raises(InvalidInput, match="never goes back"):
        clock.advance(hours=1, minutes=-61)
    assert MONDAY == clock()


def test_it_stays_within_what_an_order_can_hold() -> None:
    """Neither the end of the calendar nor the year 2900 is reached."""
    with pytest.raises(InvalidInput, match="between 1970 and 2900"):
        Clock(MONDAY).advance(days=365 * 900)
    with pytest.raises(InvalidInput, match="calendar"):
        Clock(MONDAY).advance(timedelta.max)


def test_a1_it_goes_to_all_sides_of_a_deadline(order: Order) -> None:
    """One tick before the payment window is over, exactly then, and one tick after."""
    machine, closes = OrderMachine(), MONDAY + timedelta(hours=24)
    assert closes - TICK == Clock(MONDAY).just_before(order, machine)
    assert closes == Clock(MONDAY).until(order, machine)
    assert closes + TICK == Clock(MONDAY).just_after(order, machine)


def test_a2_the_deadline_has_passed_exactly_at_it(order: Order) -> None:
    """Just before it nothing happens; at it the order closes."""
    machine, clock = OrderMachine(), Clock(MONDAY)
    assert () == machine.tick(order, clock.just_before(order, machine)).fired
    assert ("payment_window_closed",) == machine.tick(order, clock.until(order, machine)).fired


def test_it_does_not_go_back_to_a_deadline(order: Order) -> None:
    """A deadline that lies behind is no time to wait for: let it fire first."""
    machine, clock = OrderMachine(), Clock(MONDAY)
    clock.just_after(order, machine)
    with pytest.raises(InvalidInput, match="never goes back"):
        clock.until(order, machine)


def test_it_needs_something_that_is_due() -> None:
    """A closed order waits for nothing."""
    story = placed()
    story.wait(24)
    with pytest.raises(InvalidInput, match="something is due, got '1001'"):
        Clock(MONDAY).until(story.order, story.machine)


def test_it_says_what_time_it_is() -> None:
    """In a failing test one sees where it stands."""
    assert "Clock(2026-03-02T09:00:00Z)" == repr(Clock(MONDAY))
