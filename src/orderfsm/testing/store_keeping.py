"""The store contract, on keeping: what is written is read as it was, a batch wholly or not at all."""

from typing import Any

from attrs import evolve

from orderfsm.errors import LogInUse
from orderfsm.records import Batch, Bookmark, Change, Held, Status
from orderfsm.store import Listing, Query, Wanted
from orderfsm.testing.store_case import (
    NASTY,
    NOTHING,
    ORDER,
    SECOND,
    THEN,
    StoreCase,
    a_change,
    a_snapshot,
    an_entry,
    keep,
    keeps_as,
    kept,
)

OTHER = "1002"
MARK = Bookmark("log", 10, "digest")


class KeepingContract(StoreCase):
    """`Store.write`, and what `read`, `entries`, `policy` and `bookmark` find of it."""

    # --- what is written is there ------------------------------------------------------------------------

    def test_an_empty_store_knows_nothing(self) -> None:
        """Where nothing was written, nothing is found."""
        store = self.opened()
        assert [Held(0, 0, None)] == store.read([Wanted(ORDER, "warehouse", "k1")])
        assert kept(store) == NOTHING
        assert [] == store.find(Query(Listing.ALL))
        assert [] == store.dead(None, 10)
        assert [] == store.strays(10)
        assert None is store.policy("0123456789abcdef")
        assert None is store.bookmark("log")

    def test_what_is_read_equals_what_was_written(self) -> None:
        """Every column of snapshot, entry and letters, to the microsecond, empty ones and hostile text too."""
        store = self.opened()
        full = a_change(
            said={"input_id": NASTY, "sender": f"customer:{NASTY}", "input": NASTY, "answer": NASTY, "do": NASTY},
            letters=2,
            ready_at=THEN + SECOND,
            customer=NASTY,
            state="unpaid",
            placed_at=THEN,
            cancelled=True,
            next_deadline=THEN + 2 * SECOND,
            overdue_at=THEN + 3 * SECOND,
            open_anomalies=4,
            policy="fedcba9876543210",
            body=NASTY,
        )
        plain = a_change(OTHER, said={"input_id": None, "outcome": "anomaly"})
        keep(store, full, plain)
        others = self.seen_by_others(store)
        assert keeps_as(full) == kept(others)
        assert keeps_as(plain) == kept(others, OTHER)

    def test_letters_can_be_settled_from_the_beginning(self) -> None:
        """What was told long ago, in a history that is imported, is not told again; all letters of an entry alike."""
        store = self.opened()
        told = a_change(letters=3)
        settled = tuple(evolve(each, status=Status.DELIVERED, settled_at=THEN + SECOND) for each in told.letters)
        keep(store, evolve(told, letters=settled), a_change(OTHER, letters=1))
        others = self.seen_by_others(store)
        assert settled == kept(others).letters
        assert [OTHER] == [letter.order_id for letter in others.take(THEN, THEN + SECOND, 10)]

    def test_hostile_ids_are_only_ids(self) -> None:
        """An order's id may be any text, and means no other order."""
        store = self.opened()
        ids = [NASTY, "'", "%", "_", " ", "1001 ", "1001", "é", "e\u0301", "x" * 255]
        for number, order_id in enumerate(ids):
            keep(store, a_change(order_id, said={"input": f"{number}"}, letters=1, body=f"{number}"))
        for number, order_id in enumerate(ids):
            found = kept(store, order_id)
            assert found.snapshot is not None
            assert (order_id, f"{number}") == (found.snapshot.order_id, found.snapshot.body)
            assert [f"{number}"] == [entry.input for entry in found.entries]
            assert [order_id] == [letter.order_id for letter in found.letters]

    def test_every_outcome_is_kept(self) -> None:
        """The journal holds what was refused, repeated and contradictory like what was accepted."""
        store = self.opened()
        outcomes = ["accepted", "refused", "duplicate", "anomaly"]
        for seq, outcome in enumerate(outcomes, 1):
            keep(store, a_change(seq=seq, said={"outcome": outcome}))
        assert outcomes == [entry.outcome for entry in kept(self.seen_by_others(store)).entries]

    def test_the_journal_is_read_in_pieces(self) -> None:
        """Entries come in the order of their seq, after the one that is named, as many as are wanted."""
        store = self.opened()
        keep(store, *(a_change(seq=seq) for seq in range(1, 12)))
        keep(store, a_change(OTHER))
        for after, limit, expected in [(0, 3, [1, 2, 3]), (3, 3, [4, 5, 6]), (8, 99, [9, 10, 11]), (11, 5, [])]:
            assert expected == [entry.seq for entry in store.entries(ORDER, after, limit)]

    def test_a_change_without_an_entry_renews_the_columns_only(self) -> None:
        """The journal stays as it is, and so does what another change may expect."""
        store = self.opened()
        first = a_change(letters=1)
        keep(store, first)
        renewed = a_snapshot(revision=1, letters=1, next_deadline=THEN, policy="fedcba9876543210")
        keep(store, Change(1, renewed))
        assert keeps_as(evolve(first, snapshot=renewed)) == kept(store)
        keep(store, a_change(seq=2, before=1))

    # --- what is held ------------------------------------------------------------------------------------

    def test_orders_are_read_as_they_were_asked_for(self) -> None:
        """One answer for each question, in its place, unknown orders and repeated questions too."""
        store = self.opened()
        keep(store, a_change(letters=2, body="one"), a_change(OTHER, body="two"))
        wanted = [Wanted(OTHER), Wanted("unknown"), Wanted(ORDER), Wanted(OTHER)]
        expected = [Held(1, 0, "two"), Held(0, 0, None), Held(1, 2, "one"), Held(1, 0, "two")]
        assert expected == store.read(wanted)
        assert [] == store.read([])

    def test_earlier_entries_are_found_by_the_id_of_the_input(self) -> None:
        """Those of the same order and sender with the same id, in their order, and no others."""
        store = self.opened()
        said: list[dict[str, Any]] = [
            {"input_id": "k1"},
            {"input_id": "k1", "sender": "payment"},
            {"input_id": "k1", "reuse": 1},
            {"input_id": "k2"},
            {"input_id": None},
            {"input_id": "k1", "reuse": 2},
        ]
        keep(store, *(a_change(seq=seq, said=each) for seq, each in enumerate(said, 1)))
        keep(store, a_change(OTHER, said={"input_id": "k1"}))
        others = self.seen_by_others(store)
        for sender, input_id, seqs in [
            ("warehouse", "k1", [1, 3, 6]),
            ("payment", "k1", [2]),
            ("warehouse", "k2", [4]),
            ("warehouse", "k3", []),
            ("warehouse", None, []),
            ("nobody", "k1", []),
        ]:
            (held,) = others.read([Wanted(ORDER, sender, input_id)])
            assert Held(6, 0, '{"revision":6}') == evolve(held, earlier=())
            assert tuple(an_entry(seq=seq, **said[seq - 1]) for seq in seqs) == held.earlier

    # --- what does not hold ------------------------------------------------------------------------------

    def test_a_change_that_expects_another_revision_is_not_stored(self) -> None:
        """Whoever has not seen the last entry was too slow, and nothing of what he brings is kept."""
        store = self.opened()
        keep(store, a_change(letters=1), a_change(seq=2, before=1))
        before = kept(store)
        for expected in (0, 1, 3):
            late = evolve(a_change(seq=3, letters=1, before=1, body="late"), expected=expected)
            assert not store.write(Batch([late])), f"stored, though it expects revision {expected} of 2"
            assert not store.write(Batch([evolve(late, entry=None, letters=())])), f"columns, {expected} of 2"
            assert before == kept(self.seen_by_others(store))

    def test_an_order_of_which_nothing_is_known_has_revision_0(self) -> None:
        """A change that expects more finds nothing to go on from."""
        store = self.opened()
        assert not store.write(Batch([a_change(seq=2)]))
        assert kept(store) == NOTHING

    def test_an_id_is_used_once(self) -> None:
        """Two writers cannot both be the first to use an id of a sender; others may use the same text."""
        store = self.opened()
        keep(store, a_change(said={"input_id": "k1"}))
        before = kept(store)
        again = a_change(seq=2, said={"input_id": "k1"}, letters=1)
        assert not store.write(Batch([again])), "the same (order, sender, id, reuse) was stored twice"
        assert not store.write(Batch([again, a_change(seq=3, before=1)]))
        assert before == kept(self.seen_by_others(store))
        keep(store, a_change(seq=2, said={"input_id": "k1", "reuse": 1}))
        keep(store, a_change(seq=3, said={"input_id": "k1", "sender": "payment"}))
        keep(store, a_change(OTHER, said={"input_id": "k1"}))
        keep(store, a_change(seq=4), a_change(seq=5))

    # --- batches -----------------------------------------------------------------------------------------

    def test_a_batch_counts_its_own_changes(self) -> None:
        """Each change holds after those before it, also where the orders are mixed."""
        store = self.opened()
        two = a_change(OTHER, letters=1)
        changes = [a_change(letters=2), two, a_change(seq=2, before=2), a_change(seq=3, letters=1, before=2)]
        keep(store, *changes)
        found = kept(self.seen_by_others(store))
        assert changes[-1].snapshot == found.snapshot
        assert tuple(change.entry for change in changes if change is not two) == found.entries
        assert (*changes[0].letters, *changes[-1].letters) == found.letters
        assert keeps_as(two) == kept(store, OTHER)

    def test_a_batch_is_stored_wholly_or_not_at_all(self) -> None:
        """Where one change does not hold, nothing of the others is kept, nor policies nor a bookmark."""
        store = self.opened()
        keep(store, a_change(said={"input_id": "k1"}))
        before = kept(store)
        good = [a_change(order_id, letters=1) for order_id in ("0", "2")]
        late, used = a_change(), a_change(seq=2, said={"input_id": "k1"})
        gap = evolve(a_change(seq=3), expected=2)
        for bad in (late, used, gap):
            for changes in ([*good, bad], [bad, *good], [good[0], bad, good[1]]):
                assert not store.write(Batch(changes, {"digest": "policy"}, MARK))
                others = self.seen_by_others(store)
                assert before == kept(others)
                assert [NOTHING, NOTHING] == [kept(others, "0"), kept(others, "2")], "half a batch was stored"
                assert (None, None) == (others.policy("digest"), others.bookmark("log"))

    def test_policies_are_kept_by_their_digests(self) -> None:
        """They come with the entries that name them, and once more changes nothing."""
        store = self.opened()
        policies = {"d1": NASTY, "d2": "two"}
        assert store.write(Batch([a_change()], policies))
        assert store.write(Batch([a_change(seq=2)], policies))
        others = self.seen_by_others(store)
        assert [NASTY, "two", None] == [others.policy(digest) for digest in ("d1", "d2", "d3")]

    def test_a_bookmark_moves_with_its_batch(self) -> None:
        """The last one of a log counts, also where nothing else is stored with it; other logs have their own."""
        store = self.opened()
        assert store.write(Batch([a_change()], {}, MARK))
        further, other = Bookmark("log", 20, NASTY), Bookmark(NASTY, 1, "digest")
        assert store.write(Batch([], {}, further, MARK))
        assert store.write(Batch([], {}, other))
        others = self.seen_by_others(store)
        assert [further, other, None] == [others.bookmark(log) for log in ("log", NASTY, "unknown")]

    def test_a_bookmark_moves_only_from_where_it_was(self) -> None:
        """Of two that import one log at once the later is told, and nothing of it is stored; the same again is fine."""
        store = self.opened()
        assert store.write(Batch([a_change()], {}, MARK))
        assert store.write(Batch([], {}, MARK))
        for before in (None, Bookmark("log", 9, "digest"), Bookmark("log", 10, "other")):
            late = Batch([a_change(OTHER)], {}, Bookmark("log", 20, "more"), before)
            try:
                store.write(late)
            except LogInUse:
                continue
            raise AssertionError(f"the bookmark moved from {before}, where it was not")
        others = self.seen_by_others(store)
        assert (MARK, NOTHING) == (others.bookmark("log"), kept(others, OTHER))

    def test_a_large_batch_is_stored(self) -> None:
        """A thousand changes of several orders at once, each order with its own."""
        store = self.opened()
        ids = [f"{number:02}" for number in range(20)]
        keep(store, *(a_change(order_id, seq) for seq in range(1, 51) for order_id in ids))
        assert [50] * 20 == [held.revision for held in self.seen_by_others(store).read(list(map(Wanted, ids)))]
        assert [*range(1, 51)] == [entry.seq for entry in kept(store, "07").entries]
