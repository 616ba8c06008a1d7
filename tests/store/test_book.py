"""The order book on every store: what goes in, what is kept, what is found again."""

from orderfsm.book import OrderBook
from tests.store.story import NOON, cancel, paid, place


def test_a_repeated_id_gives_the_same_answer_and_takes_effect_once(book: OrderBook) -> None:
    """5.11: the same input under the same id gives the same answer, and is kept once."""
    book.place("1001", place(), at=NOON)
    book.submit("1001", paid())
    first = book.submit("1001", cancel("k1"))
    again = book.submit("1001", cancel("k1"))
    assert first.outcome == "accepted"
    assert (first.outcome, first.moves, first.effects) == (again.outcome, again.moves, again.effects)
    assert len(book.history("1001")) == 3
