"""The store contract, on answers: what was said once is kept once, whatever was answered, and answered alike again."""

from attrs import evolve

from orderfsm.actors import Customer
from orderfsm.testing.clock import START
from orderfsm.testing.store_case import StoreCase, kept
from orderfsm.testing.store_stories import (
    book_on,
    cancelling,
    dispatching,
    paying,
    placing,
    said,
)
from orderfsm.verifying import verify


class AnswersContract(StoreCase):
    """An order book on the store: idempotency, and that nothing that was said is forgotten."""

    def test_the_same_input_again_takes_effect_once(self) -> None:
        """Under its id it gets the same answer, from another process too, and is one entry of the journal."""
        store = self.opened()
        story = [placing("k0"), paying("k1"), cancelling("k2", lines=["mug"]), cancelling("k3", lines=["pot"])]
        first = [said(book_on(store).submit("1001", input)) for input in story]
        before, others = kept(store, "1001"), self.seen_by_others(store)
        assert before == kept(others, "1001"), "what was answered is not there for others"
        again = book_on(others)
        assert first == [said(again.submit("1001", input)) for input in story]
        assert first == [said(each) for each in again.submit_many(("1001", input) for input in story)]
        assert before == kept(store, "1001")
        assert [1, 2, 3, 4] == [entry.seq for entry in before.entries]
        assert [] == [*verify(store)]

    def test_a_refused_input_again_is_refused_again(self) -> None:
        """A refusal is an answer like any other: kept once, and given again for the same reasons."""
        store = self.opened()
        book = book_on(store)
        book.submit_many([("1001", placing()), ("1001", paying()), ("1001", dispatching())])
        first = book.submit("1001", cancelling("k"))
        assert "refused" == first.outcome
        assert said(first) == said(book_on(self.seen_by_others(store)).submit("1001", cancelling("k")))
        assert ["accepted"] * 3 + ["refused"] == [entry.outcome for entry in kept(store, "1001").entries]

    def test_another_input_under_the_same_id_is_another_input(self) -> None:
        """It is kept as well, with its own answer, and each of the two gets its own answer again."""
        store = self.opened()
        book = book_on(store)
        book.submit_many([("1001", placing()), ("1001", paying())])
        inputs = [cancelling("k", lines=["mug"]), cancelling("k", lines=["pot"]), cancelling("k")]
        first = [said(book.submit("1001", input)) for input in inputs]
        assert first == [said(book_on(self.seen_by_others(store)).submit("1001", input)) for input in inputs]
        entries = kept(store, "1001").entries
        assert ["accepted", "refused", "refused"] == [entry.outcome for entry in entries[2:]]
        assert [0, 1, 2] == [entry.reuse for entry in entries[2:]]
        assert [] == [*verify(store)]

    def test_an_id_belongs_to_its_sender_and_its_order(self) -> None:
        """Two senders may choose the same one, and so may one sender for two orders."""
        store = self.opened()
        book = book_on(store)
        for order_id in ("1001", "1002"):
            stranger = evolve(cancelling("k"), by=Customer("bob"))
            inputs = [placing("k"), paying("k"), cancelling("k", lines=["mug"]), stranger]
            outcomes = [book.submit(order_id, input).outcome for input in inputs]
            assert ["accepted"] * 3 == outcomes[:3]
        assert [4, 4] == [len(kept(store, order_id).entries) for order_id in ("1001", "1002")]
        assert [] == [*verify(store)]

    def test_the_same_input_twice_in_a_batch_takes_effect_once(self) -> None:
        """As if one had come after the other."""
        store = self.opened()
        story = [placing("k0"), placing("k0"), paying("k1"), paying("k1"), cancelling("k2"), cancelling("k2")]
        answers = [said(each) for each in book_on(store).submit_many(("1001", input) for input in story)]
        assert answers[::2] == answers[1::2]
        assert 3 == len(kept(store, "1001").entries)
        assert [] == [*verify(store)]

    def test_what_is_said_without_an_id_is_kept_each_time(self) -> None:
        """Nobody can tell a repetition from a second event; the machine says what comes of it."""
        store = self.opened()
        book = book_on(store)
        outcomes = [book.submit("1001", input).outcome for input in (placing(), paying(), paying(), paying())]
        assert outcomes == [entry.outcome for entry in kept(self.seen_by_others(store), "1001").entries]
        assert ["accepted", "accepted", "duplicate", "duplicate"] == outcomes

    def test_facts_about_unknown_orders_are_kept(self) -> None:
        """They are listed as anomalies, and taken into account when the order is placed."""
        store = self.opened()
        assert "anomaly" == book_on(store).submit("1001", paying("k")).outcome
        found = kept(self.seen_by_others(store), "1001")
        assert found.snapshot is not None
        assert (None, None, 1) == (found.snapshot.customer, found.snapshot.state, found.snapshot.open_anomalies)
        book = book_on(self.seen_by_others(store))
        assert ["1001"] == [order.id for order, _ in book.anomalies()]
        book.submit("1001", placing())
        assert ["anomaly", "accepted"] == [entry.outcome for entry in kept(store, "1001").entries]
        assert ["1001"] == [order.id for order in book.orders_of("ann")]
        assert [] == [*verify(store)]

    def test_a_preview_stores_nothing(self) -> None:
        """What would be answered, and the store is as it was."""
        store = self.opened()
        book = book_on(store)
        book.submit_many([("1001", placing()), ("1001", paying())])
        before = kept(store, "1001")
        preview = book.decide("1001", cancelling("k"))
        assert before == kept(self.seen_by_others(store), "1001")
        assert said(preview) == said(book.submit("1001", cancelling("k")))

    def test_what_was_decided_is_read_again(self) -> None:
        """History, lists and the order itself, from another process."""
        store = self.opened()
        book = book_on(store)
        story = [placing("k0"), paying("k1"), cancelling("k2")]
        answers = [said(book.submit("1001", input)) for input in story]
        others = book_on(self.seen_by_others(store))
        history = [*others.whole_history("1001")]
        assert story == [each.input for each in history]
        assert answers == [said(each.decision) for each in history]
        assert book.get("1001") == others.get("1001")
        assert ["1001"] == [order.id for order in others.cancelled_orders("ann")]
        assert [] == others.actions("1002", by=Customer("ann"), at=START)
