"""The store contract, on the outbox: a letter is taken by one worker at a time, and never overtakes another."""

from datetime import datetime
from itertools import chain

from attrs import evolve

from orderfsm.records import Letter, Status
from orderfsm.store import Store
from orderfsm.testing.store_case import MANY, NASTY, ORDER, SECOND, THEN, StoreCase, a_change, keep, kept

OTHER = "1002"
LEASE = 60 * SECOND
UNTIL = THEN + LEASE


class OutboxContract(StoreCase):
    """`Store.letters`, `take`, `mark` and `dead`."""

    # --- letters -----------------------------------------------------------------------------------------

    def test_letters_are_found_by_their_entries(self) -> None:
        """Those of an order that come from some entries, in their order."""
        store = self.opened()
        keep(
            store,
            a_change(letters=2),
            a_change(seq=2, before=2),
            a_change(seq=3, letters=1, before=2),
            a_change(seq=4, letters=9, before=3),
            a_change(OTHER, letters=1),
        )
        for first, last, seqs in [(1, 1, [1, 2]), (2, 2, []), (2, 3, [3]), (1, 3, [1, 2, 3]), (4, 9, [*range(4, 13)])]:
            assert seqs == [letter.seq for letter in store.letters(ORDER, first, last)]
        assert [1] == [letter.seq for letter in store.letters(OTHER, 0, MANY)]
        assert [] == store.letters("unknown", 0, MANY)

    # --- taking ------------------------------------------------------------------------------------------

    def test_only_the_first_pending_letter_of_an_order_is_taken(self) -> None:
        """The next one has to wait until it is settled, whatever became of it."""
        store = self.opened()
        keep(store, a_change(letters=4), a_change(OTHER, letters=1))
        assert [(ORDER, 1), (OTHER, 1)] == names(taken(store, THEN))
        for seq, status in enumerate((Status.DELIVERED, Status.DEAD, Status.DROPPED), 1):
            assert [] == taken(store, THEN), f"letter {seq + 1} was taken before letter {seq} was settled"
            settle(store, seq, status)
            assert [(ORDER, seq + 1)] == names(taken(store, THEN))

    def test_a_letter_that_is_put_off_holds_up_the_later_ones(self) -> None:
        """They may be ready, and wait all the same: effects arrive in their order."""
        store = self.opened()
        keep(store, a_change(letters=1, ready_at=THEN + SECOND), a_change(seq=2, letters=1, before=1))
        assert [] == taken(store, THEN)
        assert [1] == [letter.seq for letter in taken(store, THEN + SECOND)]

    def test_a_letter_is_ready_from_its_moment_on(self) -> None:
        """One tick before it is not."""
        store = self.opened()
        keep(store, a_change(letters=1))
        assert [] == taken(store, THEN - SECOND / 1_000_000)
        assert [(ORDER, 1)] == names(taken(store, THEN))

    def test_whoever_takes_a_letter_has_it_for_a_while(self) -> None:
        """Nobody else gets it before, and somebody does afterwards; each attempt is counted."""
        store = self.opened()
        keep(store, a_change(letters=1))
        (first,) = taken(store, THEN)
        assert (UNTIL, 1, Status.PENDING) == (first.ready_at, first.attempts, first.status)
        others = self.seen_by_others(store)
        assert (first,) == kept(others).letters
        assert [] == taken(others, UNTIL - SECOND / 1_000_000)
        (second,) = taken(others, UNTIL)
        assert evolve(first, ready_at=UNTIL + LEASE, attempts=2) == second

    def test_no_more_letters_are_taken_than_are_wanted(self) -> None:
        """The others stay for those who come next, and nobody is forgotten."""
        store = self.opened()
        keep(store, *(a_change(f"{number}", letters=2) for number in range(5)))
        takes = [names(store.take(THEN, UNTIL, 2)) for _ in range(4)]
        assert [2, 2, 1, 0] == [len(each) for each in takes]
        assert [(f"{number}", 1) for number in range(5)] == sorted(chain(*takes))

    # --- marking -----------------------------------------------------------------------------------------

    def test_what_became_of_a_letter_is_kept(self) -> None:
        """Status, moment, attempts and fault; the other letters stay as they are."""
        store = self.opened()
        keep(store, a_change(letters=2), a_change(OTHER, letters=1))
        (before, *_) = taken(store, THEN)
        after = evolve(before, ready_at=THEN + 5 * SECOND, settled_at=None, fault=NASTY)
        untouched = kept(store).letters[1], *kept(store, OTHER).letters
        assert store.mark(before, after)
        (again,) = [each for each in taken(store, THEN + 5 * SECOND) if each.order_id == ORDER]
        assert (2, NASTY) == (again.attempts, again.fault)
        done = evolve(again, status=Status.DELIVERED, settled_at=THEN + 6 * SECOND, fault=None)
        assert store.mark(again, done)
        others = self.seen_by_others(store)
        assert (done, untouched[0]) == kept(others).letters
        assert untouched[1:] == kept(others, OTHER).letters

    def test_whoever_is_late_marks_nothing(self) -> None:
        """A worker whose time is over cannot settle a letter that another has taken since."""
        store = self.opened()
        keep(store, a_change(letters=1))
        (late,) = taken(store, THEN)
        (now,) = taken(store, UNTIL)
        assert not store.mark(late, delivered(late)), "a letter was settled by a worker that no longer had it"
        assert (now,) == kept(store).letters
        assert store.mark(now, delivered(now))
        assert not store.mark(now, evolve(now, ready_at=THEN)), "a letter that was delivered became pending again"
        assert (delivered(now),) == kept(self.seen_by_others(store)).letters

    def test_a_letter_that_is_not_there_is_not_marked(self) -> None:
        """Neither of an unknown order, nor one that the order does not have."""
        store = self.opened()
        keep(store, a_change(letters=1))
        (letter,) = taken(store, THEN)
        for stray in (evolve(letter, order_id=OTHER), evolve(letter, seq=2)):
            assert not store.mark(stray, delivered(stray))
        assert (letter,) == kept(store).letters

    # --- giving up ---------------------------------------------------------------------------------------

    def test_dead_letters_are_listed_page_by_page(self) -> None:
        """By order and seq, those only, each with its fault."""
        store = self.opened()
        keep(store, *(a_change(order_id, letters=3) for order_id in ("b", "a", "é", "c")))
        for order_id, status in [
            ("b", Status.DEAD),
            ("a", Status.DEAD),
            ("c", Status.DROPPED),
            ("é", Status.DELIVERED),
        ]:
            for seq in (1, 2):
                settle(store, seq, status, order_id)
        others = self.seen_by_others(store)
        expected = [("a", 1), ("a", 2), ("b", 1), ("b", 2)]
        assert expected == names(others.dead(None, 10))
        assert [NASTY] * 4 == [letter.fault for letter in others.dead(None, 10)]
        for limit in (1, 3):
            found: list[Letter] = []
            while page := others.dead(names(found)[-1] if found else None, limit):
                assert len(page) <= limit
                found += page
                assert len(found) <= 4, "the list of dead letters never ends"
            assert expected == names(found)
        assert [("b", 1)] == names(others.dead(("aa", 7), 1))

    def test_a_dead_letter_can_be_sent_after_all(self) -> None:
        """It is pending again, with as many attempts as a new one, and dead no more; only once."""
        store = self.opened()
        keep(store, a_change(letters=2))
        dead = settle(store, 1, Status.DEAD)
        again = evolve(dead, status=Status.PENDING, ready_at=THEN, attempts=0, settled_at=None)
        assert store.mark(dead, again)
        assert not store.mark(dead, again)
        assert [] == store.dead(None, 10)
        assert [(ORDER, 1)] == names(taken(store, THEN))


def taken(store: Store, now: datetime) -> list[Letter]:
    """All letters that can be taken, by order."""
    return sorted(store.take(now, now + LEASE, MANY), key=lambda each: (each.order_id, each.seq))


def settle(store: Store, seq: int, status: Status, order_id: str = ORDER) -> Letter:
    """Settle a letter in one way or another."""
    (before,) = [letter for letter in kept(store, order_id).letters if letter.seq == seq]
    after = evolve(before, status=status, settled_at=THEN + SECOND, fault=NASTY)
    assert store.mark(before, after), f"letter {seq} of {order_id!r} could not be marked as {status}"
    return after


def delivered(letter: Letter) -> Letter:
    """The letter after its delivery."""
    return evolve(letter, status=Status.DELIVERED, settled_at=THEN + SECOND)


def names(letters: list[Letter]) -> list[tuple[str, int]]:
    """Which letters these are."""
    return [(letter.order_id, letter.seq) for letter in letters]
