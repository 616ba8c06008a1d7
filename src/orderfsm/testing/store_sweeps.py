"""The store contract, on sweeps: due orders are decided and stored in one transaction, all of them or none."""

from orderfsm.records import Change, Held
from orderfsm.store import Listing, Query, Store
from orderfsm.testing.store_case import SECOND, THEN, StoreCase, a_change, a_snapshot, keep, keeps_as, kept

DUE = ("b", "c", "a")
"""The orders that are due, the earliest first."""


class Interrupted(Exception):
    """Something went wrong while an order was decided."""


class SweepContract(StoreCase):
    """`Store.sweep`."""

    def test_every_due_order_is_decided_once(self) -> None:
        """Those due now or before, each on what is held of it; what was decided is stored, with its policy."""
        store = self._store_with_due_orders()
        asked: list[tuple[str, Held]] = []

        def decide(order_id: str, held: Held) -> Change:
            asked.append((order_id, held))
            return fired(order_id)

        assert 3 == store.sweep(THEN, 100, decide, {"d": "policy"})
        assert sorted((order_id, Held(1, 1, f"is {order_id}")) for order_id in DUE) == sorted(asked, key=lambda e: e[0])
        others = self.seen_by_others(store)
        for order_id in DUE:
            found = kept(others, order_id)
            assert fired(order_id).snapshot == found.snapshot
            assert [1, 2] == [entry.seq for entry in found.entries], "a change of the sweep was lost"
            assert [1, 2, 3] == [letter.seq for letter in found.letters]
        assert "policy" == others.policy("d")
        assert keeps_as(later()) == kept(others, "d")

    def test_nothing_is_decided_where_nothing_is_due(self) -> None:
        """Nobody is asked, and nothing is stored."""
        store = self._store_with_due_orders()
        before = kept(store, "b")
        assert 0 == store.sweep(THEN - 9 * SECOND, 100, _never, {"d": "policy"})
        assert 0 == store.sweep(THEN, 0, _never, {"d": "policy"})
        assert before == kept(self.seen_by_others(store), "b")

    def test_no_more_orders_are_decided_than_are_wanted(self) -> None:
        """Sweep by sweep everybody has his turn, and then nobody is left."""
        store = self._store_with_due_orders()
        counts: list[int] = []
        while counts[-1:] != [0] and len(counts) < 9:
            counts.append(store.sweep(THEN, 2, lambda order_id, held: fired(order_id), {}))
        assert [2, 1, 0] == counts
        assert [[1, 2]] * 3 == [[entry.seq for entry in kept(store, order_id).entries] for order_id in DUE]

    def test_an_order_to_which_nothing_happens_gets_its_columns_renewed(self) -> None:
        """A deadline may have been computed by an older policy: the order then waits for the new one."""
        store = self._store_with_due_orders()
        renewed = {
            order_id: a_snapshot(order_id, 1, letters=1, next_deadline=THEN + SECOND, body="new") for order_id in DUE
        }
        assert 3 == store.sweep(THEN, 100, lambda order_id, held: Change(held.revision, renewed[order_id]), {})
        assert [*renewed.values()] == [kept(store, order_id).snapshot for order_id in DUE]
        assert [] == store.find(Query(Listing.DUE, THEN))
        assert [1] == [entry.seq for entry in kept(store, "b").entries]

    def test_an_order_that_is_not_decided_stays_as_it_is(self) -> None:
        """It is not counted, and nothing is stored of it; the others are."""
        store = self._store_with_due_orders()
        before = kept(store, "c")
        assert 2 == store.sweep(THEN, 100, lambda order_id, held: None if order_id == "c" else fired(order_id), {})
        assert before == kept(self.seen_by_others(store), "c")
        assert [[1, 2], [1, 2]] == [[entry.seq for entry in kept(store, each).entries] for each in ("a", "b")]
        assert 0 == store.sweep(THEN, 100, lambda order_id, held: None, {"d": "policy"})
        assert None is store.policy("d")

    def test_those_that_are_not_decided_do_not_keep_others_from_their_turn(self) -> None:
        """However few are wanted, an order that stays as it is does not stand before one that can be decided."""
        store = self._store_with_due_orders()
        (first, *_) = [each.order_id for each in store.find(Query(Listing.DUE, THEN))]
        for left in (1, 1, 0):
            assert left == store.sweep(THEN, 1, lambda order_id, _: None if order_id == first else fired(order_id), {})

    def test_what_goes_wrong_in_a_sweep_leaves_nothing_behind(self) -> None:
        """Where one order cannot be decided, the fault is raised as it is, and none of the others is stored."""
        for turn in (1, 2, 3):
            store = self._store_with_due_orders()
            before = [kept(store, order_id) for order_id in DUE]
            turns: list[str] = []

            def decide(order_id: str, held: Held, turns: list[str] = turns, turn: int = turn) -> Change:
                turns.append(order_id)
                if len(turns) == turn:
                    raise Interrupted(order_id)
                return fired(order_id)

            try:
                store.sweep(THEN, 100, decide, {"d": "policy"})
            except Interrupted:
                pass
            else:
                raise AssertionError("the fault of a decision was swallowed")
            others = self.seen_by_others(store)
            assert before == [kept(others, order_id) for order_id in DUE], f"half a sweep was stored: {turns}"
            assert None is others.policy("d")
            assert 3 == store.sweep(THEN, 100, lambda order_id, held: fired(order_id), {})

    def _store_with_due_orders(self) -> Store:
        store = self.opened()
        changes = [
            a_change(order_id, letters=1, next_deadline=THEN - (3 - place) * SECOND, body=f"is {order_id}")
            for place, order_id in enumerate(DUE, 1)
        ]
        keep(store, *changes, later(), a_change("e"))
        return store


def later() -> Change:
    """An order that is not due yet."""
    return a_change("d", next_deadline=THEN + SECOND / 1_000_000)


def fired(order_id: str) -> Change:
    """What is stored of a due order."""
    return a_change(order_id, 2, said={"do": "tick"}, letters=2, before=1)


def _never(order_id: str, held: Held) -> Change:
    raise AssertionError(f"order {order_id!r} is not due")
