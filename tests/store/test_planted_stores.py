"""Stores with one fault each must fail the contract, by the tests that are about it; the right one passes them."""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import pytest
from attrs import evolve

from orderfsm.records import Batch, Change, Entry, Held, Letter, Snapshot, Status
from orderfsm.store import Listing, MemoryStore, Query, Store, Wanted
from orderfsm.testing import StoreContract
from orderfsm.testing.interleaving import Gate, interleavings

Decide = Callable[[str, Held], Change | None]


class LostUpdate(MemoryStore):
    """Does not look at what a change expects."""

    def _holds(self, changes: Sequence[Change]) -> bool:
        return True


class LateLook(MemoryStore):
    """Looks whether a change holds, and only then locks: in the meantime somebody else may write."""

    def write(self, batch: Batch) -> bool:
        if not self._holds(batch.changes):
            return False
        pause.wait(0.001)
        with self._lock:
            for change in batch.changes:
                self._apply(change)
            return super().write(evolve(batch, changes=[]))


class HalfBatch(MemoryStore):
    """Stores a batch change by change, until one does not hold."""

    def write(self, batch: Batch) -> bool:
        alone = [evolve(batch, changes=[change]) for change in batch.changes] or [batch]
        return all(super(HalfBatch, self).write(each) for each in alone)


class Unflushed(MemoryStore):
    """Has told its writer that it has stored what another process does not find: the last batch."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[Batch] = []

    def write(self, batch: Batch) -> bool:
        self.batches.append(batch)
        return super().write(batch)

    def reopened(self) -> Store:
        """What is found after a crash."""
        found = Unflushed()
        for batch in self.batches[:-1]:
            found.write(batch)
        return found


class WithoutLetters(MemoryStore):
    """Forgets the letters of all but the first change of a batch."""

    def write(self, batch: Batch) -> bool:
        changes = [*batch.changes[:1], *(evolve(each, letters=()) for each in batch.changes[1:])]
        return super().write(evolve(batch, changes=changes))


class FirstLetterOnly(MemoryStore):
    """Keeps one letter of each entry."""

    def _apply(self, change: Change) -> None:
        super()._apply(evolve(change, letters=change.letters[:1]))


class WithoutIds(MemoryStore):
    """Has no index of the ids of inputs: finds no earlier one, and takes each again."""

    def _held(self, wanted: Wanted) -> Held:
        return super()._held(evolve(wanted, input_id=None))

    def _holds(self, changes: Sequence[Change]) -> bool:
        return super()._holds([evolve(each, entry=None) for each in changes])


class IdsOfAnybody(MemoryStore):
    """Finds earlier entries by the id alone, whoever sent them."""

    def _held(self, wanted: Wanted) -> Held:
        held = super()._held(wanted)
        journal = self._journal.get(wanted.order_id, [])
        same = [each for each in journal if wanted.input_id is not None and each.input_id == wanted.input_id]
        return evolve(held, earlier=tuple(same))


class WithoutRefusals(MemoryStore):
    """Takes a refusal for something that need not be kept."""

    def _apply(self, change: Change) -> None:
        if change.entry is None or change.entry.outcome != "refused":
            super()._apply(change)


class WithoutPolicies(MemoryStore):
    """Does not keep the policies by which was decided."""

    def write(self, batch: Batch) -> bool:
        return super().write(evolve(batch, policies={}))


class BookmarkFirst(MemoryStore):
    """Moves the bookmark before it looks at the changes."""

    def write(self, batch: Batch) -> bool:
        if batch.bookmark is not None:
            self._bookmarks[batch.bookmark.log] = batch.bookmark
        return super().write(batch)


class WholeSeconds(MemoryStore):
    """Rounds deadlines to seconds."""

    def _apply(self, change: Change) -> None:
        due = change.snapshot.next_deadline
        rounded = None if due is None else due.replace(microsecond=0)
        super()._apply(evolve(change, snapshot=evolve(change.snapshot, next_deadline=rounded)))


class SkippingPages(MemoryStore):
    """Begins a page after the time of the place, and so skips orders with the same."""

    def find(self, query: Query) -> list[Snapshot]:
        found = super().find(query)
        if query.after is None or query.listing is not Listing.DUE:
            return found
        return [each for each in found if each.next_deadline != query.after[0]]


class RepeatingPages(MemoryStore):
    """Begins a page with the last order of the page before."""

    def find(self, query: Query) -> list[Snapshot]:
        if query.after is None or query.listing is not Listing.ALL:
            return super().find(query)
        again = super().find(Query(Listing.ONE, query.after[1]))
        return [*again, *super().find(query)][: query.limit]


class ByLanguage(MemoryStore):
    """Sorts as people do, without looking at capitals."""

    def find(self, query: Query) -> list[Snapshot]:
        found = super().find(query)
        return sorted(found, key=lambda each: each.order_id.lower()) if query.listing is Listing.ALL else found


class JournalFromTheEnd(MemoryStore):
    """Gives the last entries where the first are wanted."""

    def entries(self, order_id: str, after: int, limit: int) -> list[Entry]:
        return super().entries(order_id, after, 1_000_000)[-limit:]


class OutOfOrder(MemoryStore):
    """Has any pending letter taken, not only the first of its order."""

    def take(self, now: datetime, until: datetime, limit: int) -> list[Letter]:
        ready = [each for each in self._outbox.values() if each.status is Status.PENDING and each.ready_at <= now]
        taken = [evolve(each, ready_at=until, attempts=each.attempts + 1) for each in ready[:limit]]
        self._outbox.update({(each.order_id, each.seq): each for each in taken})
        return taken


class WithoutLease(MemoryStore):
    """Counts the attempt, but lets others take the letter at once."""

    def take(self, now: datetime, until: datetime, limit: int) -> list[Letter]:
        return super().take(now, now, limit)


class WithoutFence(MemoryStore):
    """Has anybody mark a letter, also whoever no longer has it."""

    def mark(self, before: Letter, after: Letter) -> bool:
        present = self._outbox.get((before.order_id, before.seq), before)
        return super().mark(present, after)


class DeadForGood(MemoryStore):
    """Has no dead letter sent after all."""

    def mark(self, before: Letter, after: Letter) -> bool:
        return before.status is not Status.DEAD and super().mark(before, after)


class LosingSweep(MemoryStore):
    """Decides what is due, and forgets to store the last of it."""

    def sweep(self, at: datetime, limit: int, decide: Decide, policies: Mapping[str, str]) -> int:
        due = self.find(Query(Listing.DUE, at, limit=limit))
        decided = [decide(each.order_id, Held(each.revision, each.letters, each.body)) for each in due]
        changes = [change for change in decided if change is not None]
        self.write(Batch(changes[:-1] or changes, policies if changes else {}))
        return len(changes)


class SweepOneByOne(MemoryStore):
    """Stores each decision of a sweep before it asks for the next."""

    def sweep(self, at: datetime, limit: int, decide: Decide, policies: Mapping[str, str]) -> int:
        stored = 0
        for each in self.find(Query(Listing.DUE, at, limit=limit)):
            change = decide(each.order_id, Held(each.revision, each.letters, each.body))
            stored += change is not None and self.write(Batch([change], policies))
        return stored


pause = threading.Event()
"""Never set: waiting for it lets other threads go on."""

PLANTED: dict[type[MemoryStore], tuple[str, ...]] = {
    LostUpdate: (
        "a_change_that_expects_another_revision_is_not_stored",
        "a_batch_is_stored_wholly_or_not_at_all",
        "two_different_commands",
        "the_same_id_twice",
        "two_payments",
        "placing_twice",
        "placing_against_a_payment",
        "a_cancellation_against_a_dispatch",
        "time_against_a_payment",
        "time_against_time",
        "a_batch_against_a_command",
    ),
    LateLook: ("several_at_once",),
    HalfBatch: ("a_batch_is_stored_wholly_or_not_at_all",),
    Unflushed: ("the_same_input_again_takes_effect_once", "a_submission_that_dies_is_there_wholly_or_not_at_all"),
    WithoutLetters: ("a_batch_counts_its_own_changes", "a_batch_against_a_command"),
    FirstLetterOnly: ("what_is_read_equals_what_was_written", "two_different_commands"),
    WithoutIds: ("earlier_entries_are_found_by_the_id_of_the_input", "an_id_is_used_once", "the_same_id_twice"),
    IdsOfAnybody: ("earlier_entries_are_found_by_the_id_of_the_input",),
    WithoutRefusals: ("every_outcome_is_kept", "a_refused_input_again_is_refused_again"),
    WithoutPolicies: ("policies_are_kept_by_their_digests", "two_payments"),
    BookmarkFirst: ("a_batch_is_stored_wholly_or_not_at_all",),
    WholeSeconds: ("what_is_read_equals_what_was_written", "each_list_holds_its_orders_in_their_order"),
    SkippingPages: ("pages_skip_nothing_and_repeat_nothing",),
    RepeatingPages: ("pages_skip_nothing_and_repeat_nothing",),
    ByLanguage: ("ids_are_sorted_by_their_characters_and_no_language",),
    JournalFromTheEnd: ("the_journal_is_read_in_pieces",),
    OutOfOrder: (
        "only_the_first_pending_letter_of_an_order_is_taken",
        "a_letter_that_is_put_off_holds_up_the_later_ones",
    ),
    WithoutLease: ("whoever_takes_a_letter_has_it_for_a_while",),
    WithoutFence: ("whoever_is_late_marks_nothing",),
    DeadForGood: ("a_dead_letter_can_be_sent_after_all",),
    LosingSweep: ("every_due_order_is_decided_once", "a_sweep_that_dies_is_there_wholly_or_not_at_all"),
    SweepOneByOne: ("what_goes_wrong_in_a_sweep_leaves_nothing_behind",),
}
"""Each fault, and the tests of the contract that find it."""


def run(kind: Callable[[], Store], name: str) -> None:
    """Run one test of the contract on a store."""

    class Subject(StoreContract):
        def new_store(self) -> Store:
            return kind()

        def reopened(self, store: Store) -> Store:
            return store.reopened() if isinstance(store, Unflushed) else store

    subject = Subject()
    try:
        getattr(subject, f"test_{name}")()
    finally:
        subject.teardown_method()


CASES = [(kind, name) for kind, names in PLANTED.items() for name in names]


@pytest.mark.parametrize(("kind", "name"), CASES, ids=[f"{kind.__name__}-{name}" for kind, name in CASES])
def test_a_planted_fault_is_found(kind: type[MemoryStore], name: str) -> None:
    """The test that is about the fault fails."""
    with pytest.raises(AssertionError):
        run(kind, name)


def test_a_store_says_how_it_is_made() -> None:
    """Without `new_store` nothing can be tested."""
    with pytest.raises(NotImplementedError):
        StoreContract().opened()


# --- the scheduler ---------------------------------------------------------------------------------------


def test_every_interleaving_is_played() -> None:
    """Two tasks of two steps each have six, and none is played twice."""

    def two_steps(gate: Gate) -> None:
        gate()
        gate()

    played = [str(schedule) for schedule in interleavings(lambda: [two_steps, two_steps])]
    assert ["A A B B", "A B A B", "A B B A", "B A A B", "B A B A", "B B A A"] == played


def test_steps_that_depend_on_others_are_found() -> None:
    """Whoever was too slow makes further steps, and these are interleaved as well."""

    def tasks() -> list[Callable[[Gate], object]]:
        cell = [0]

        def add(gate: Gate) -> int:
            tries = 0
            while True:
                tries += 1
                gate()
                seen = cell[0]
                gate()
                if cell[0] == seen:
                    cell[0] = seen + 1
                    return tries

        return [add, add]

    schedules = [*interleavings(tasks)]
    clear, too_slow = {"A A B B", "B B A A"}, {"A B A B B B", "A B B A A A", "B A A B B B", "B A B A A A"}
    assert sorted(clear | too_slow) == sorted(map(str, schedules))
    assert {(1, 1), (1, 2), (2, 1)} == {schedule.results for schedule in schedules}


def test_what_a_task_raises_is_raised() -> None:
    """After its schedule has been played to the end."""

    def fails(gate: Gate) -> None:
        gate()
        raise LookupError("lost")

    with pytest.raises(LookupError):
        [*interleavings(lambda: [fails, fails])]
