"""Whether what a book keeps is what follows from its journal: every entry replayed, every row compared.

Each entry is decided again under the policy that it names, with the dates that it records, so that neither a
later policy nor a later holiday calendar makes a difference. A host's own rules are not asked again either: what
they turned away is recorded.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

from attrs import evolve, fields, frozen

from orderfsm.bookkeeping import Account, Bookkeeper, digest_of, open_account, order_of, read_input
from orderfsm.errors import CorruptHistory, InvalidPolicy, shown
from orderfsm.log import Tick
from orderfsm.order import Order, Unplaced
from orderfsm.policy_file import read_policy
from orderfsm.recalling import RecalledGuard, RecallingMachine
from orderfsm.records import Answer, Entry, Held, Letter, Snapshot, Status, read_answer, read_effect
from orderfsm.snapshots import written_reason
from orderfsm.store import Listing, Query, Store

PAGE = 500
LAST = 2**62


@frozen
class Difference:
    """One thing that is not as it follows from the journal.

    Attributes:
        order_id: the order.
        entry: the journal entry; None where it is the order as a whole.
        what: which part of it, such as ``answer.moves`` or ``snapshot.state``.
        expected, found: what follows, and what is there, as text.
    """

    order_id: str
    entry: int | None
    what: str
    expected: str
    found: str

    def __str__(self) -> str:
        where = f"order {self.order_id!r}" if self.entry is None else f"order {self.order_id!r}, entry {self.entry}"
        return f"{where}: {self.what}: expected {self.expected}, found {self.found}"


def verify(store: Store, progress: Callable[[int], object] = lambda orders: None) -> Iterator[Difference]:
    """Everything in a store that is not as it follows from its journal, order by order; nothing where all is well.

    Args:
        store: is only read. Others may write meanwhile: an order that changed while it was read is read again.
        progress: is told how many more orders have been checked.
    """
    keepers = _Keepers(store)
    for found in _snapshots(store):
        if isinstance(found, Difference):
            yield found
        else:
            yield from _checked(store, keepers, found)
        progress(1)
    for order_id in store.strays(LAST):
        yield Difference(order_id, None, "snapshot", "one, for there are entries or letters", "none")


def _snapshots(store: Store) -> Iterator[Snapshot | Difference]:
    """Every snapshot, page by page; after one that cannot be read, one by one."""
    after: tuple[str, str] | None = None
    size = PAGE
    while True:
        try:
            page: list[Snapshot | Difference] = [*store.find(Query(Listing.ALL, None, after, size))]
        except CorruptHistory as fault:
            if size > 1:
                size = 1
                continue
            page = [Difference(fault.order_id, None, "snapshot", "columns that can be read", str(fault))]
        yield from page
        if len(page) < size:
            return
        after = (page[-1].order_id, page[-1].order_id)


def _checked(store: Store, keepers: "_Keepers", snapshot: Snapshot) -> list[Difference]:
    while True:
        try:
            found = [*_differences(store, keepers, snapshot)]
            now = store.find(Query(Listing.ONE, snapshot.order_id))
        except CorruptHistory as fault:
            return [Difference(snapshot.order_id, None, "rows", "columns that can be read", str(fault))]
        if not found or not now or now[0].revision == snapshot.revision:
            return found
        snapshot = now[0]


class _Keepers:
    """A bookkeeper for each policy that an entry names."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._by_digest: dict[str, Bookkeeper | None] = {}

    def of(self, digest: str) -> Bookkeeper | None:
        """The bookkeeper; None where the policy is not kept, or not what its digest says."""
        if digest not in self._by_digest:
            text = self._store.policy(digest)
            self._by_digest[digest] = None
            if isinstance(text, str) and digest_of(text) == digest:
                with suppress(InvalidPolicy):
                    self._by_digest[digest] = Bookkeeper(RecallingMachine(read_policy(text)))
        return self._by_digest[digest]


def _differences(store: Store, keepers: _Keepers, snapshot: Snapshot) -> Iterator[Difference]:
    order_id = snapshot.order_id
    replay = _Replay(order_id, keepers)
    sent: dict[int, list[Letter]] = {}
    for letter in store.letters(order_id, 0, LAST):
        sent.setdefault(letter.entry, []).append(letter)
    seq = 0
    while entries := store.entries(order_id, seq, PAGE):
        for entry in entries:
            yield from replay.play(entry, sent.pop(entry.seq, []))
            if replay.lost:
                return
        seq = entries[-1].seq
    if seq != snapshot.revision:
        yield Difference(order_id, None, "journal", f"{snapshot.revision} entries", f"{seq}")
        return
    if sent:
        yield Difference(order_id, None, "outbox", "letters of its entries only", f"some of entries {sorted(sent)}")
    yield from _snapshot_differences(replay, keepers, snapshot)


class _Replay:
    """One order, replayed entry by entry. `lost` once an entry cannot be replayed, so that nothing follows."""

    def __init__(self, order_id: str, keepers: _Keepers) -> None:
        self.account = Account(Unplaced(order_id), 0, 0)
        self.lost = False
        self._order_id = order_id
        self._keepers = keepers
        self._by_id: dict[tuple[str, str], list[Entry]] = {}

    def play(self, entry: Entry, letters: list[Letter]) -> Iterator[Difference]:
        self.lost = True
        keeper = self._keepers.of(entry.policy)
        if entry.seq != self.account.revision + 1:
            yield self._differs(entry, "seq", self.account.revision + 1, entry.seq)
            return
        if keeper is None:
            yield self._differs(entry, "policy", "one that is kept, with this digest", entry.policy)
            return
        try:
            said, answer = read_input(entry), read_answer(entry.answer)
        except (CorruptHistory, ValueError) as fault:
            yield self._differs(entry, "input and answer", "JSON that can be read", str(fault))
            return
        if order_of(entry) != self._order_id:
            yield self._differs(entry, "input", f"a line about order {self._order_id!r}", entry.input)
            return
        assert isinstance(keeper.machine, RecallingMachine)
        keeper.machine.recorded = answer.windows
        earlier = self._by_id.setdefault((entry.sender, entry.input_id), []) if entry.input_id is not None else []
        if isinstance(said, Tick):
            change = keeper.tick(self.account, self._order_id, said.now)[1]
        else:
            rules = tuple([RecalledGuard(each) for each in answer.turned_away])
            recalling = keeper.by(keeper.machine.with_guards_on(type(said), rules))
            change = recalling.judge(self.account, self._order_id, said, earlier)[1]
        earlier.append(entry)
        if change.entry is None:
            yield self._differs(entry, "fired", "something, or no entry", "nothing is due")
            return
        self.lost = False
        yield from self._entry_differences(change.entry, entry)
        yield from self._letter_differences(entry, change.letters, letters)

    def _entry_differences(self, expected: Entry, found: Entry) -> Iterator[Difference]:
        for name in (each.name for each in fields(Entry)):
            one, other = getattr(expected, name), getattr(found, name)
            if name == "answer":
                first, second = read_answer(one), read_answer(other)
                for part in Answer.__struct_fields__:
                    if getattr(first, part) != getattr(second, part):
                        yield self._differs(found, f"answer.{part}", getattr(first, part), getattr(second, part))
            elif name == "input":
                if read_input(expected) != read_input(found):
                    yield self._differs(found, name, one, other)
            elif one != other:
                yield self._differs(found, name, one, other)

    def _letter_differences(
        self, entry: Entry, expected: Iterable[Letter], found: list[Letter]
    ) -> Iterator[Difference]:
        due = [(each.seq, each.name, read_effect(each.name, each.body)) for each in expected]
        try:
            there = [(each.seq, each.name, read_effect(each.name, each.body)) for each in found]
        except (KeyError, ValueError) as fault:
            yield self._differs(entry, "effects", "JSON that can be read", str(fault))
            return
        if due != there:
            yield self._differs(entry, "effects", due, there)
        for letter in found:
            settled = letter.status is not Status.PENDING
            if settled is not (letter.settled_at is not None):
                yield self._differs(entry, f"letter {letter.seq}", "settled_at only where it is settled", letter.status)

    def _differs(self, entry: Entry, what: str, expected: object, found: object) -> Difference:
        return Difference(self._order_id, entry.seq, what, shown(expected, 300), shown(found, 300))


def _snapshot_differences(replay: _Replay, keepers: _Keepers, found: Snapshot) -> Iterator[Difference]:
    def differs(what: str, one: object, other: object) -> Difference:
        return Difference(found.order_id, None, what, shown(one, 300), shown(other, 300))

    keeper = keepers.of(found.policy)
    if keeper is None:
        yield differs("snapshot.policy", "one that is kept, with this digest", found.policy)
        return
    expected = keeper.snapshot(replay.account)
    for name in (each.name for each in fields(Snapshot) if each.name != "body"):
        one, other = getattr(expected, name), getattr(found, name)
        if one != other:
            yield differs(f"snapshot.{name}", one, other)
    try:
        order = open_account(found.order_id, Held(found.revision, found.letters, found.body)).order
    except CorruptHistory as fault:
        yield differs("snapshot.body", "an order", str(fault))
        return
    replayed = evolve(replay.account.order, seen=())
    if type(order) is not type(replayed):
        yield differs("snapshot.body", type(replayed).__name__, type(order).__name__)
        return
    for each in fields(type(order)):
        one, other = getattr(replayed, each.name), getattr(order, each.name)
        if one != other and not _same_anomalies(each.name, one, other):
            yield differs(f"order.{each.name}", one, other)
    if isinstance(order, Order):
        for what, one, other in broken_invariants(order):
            yield differs(what, one, other)


def _same_anomalies(name: str, one: Any, other: Any) -> bool:
    """Whether anomalies differ only in what JSON has no form for."""
    if name != "anomalies" or len(one) != len(other):
        return False
    for each, again in zip(one, other, strict=True):
        kept = evolve(each, reason=again.reason)
        if kept != again or written_reason(each.reason) != written_reason(again.reason):
            return False
    return True


def broken_invariants(order: Order) -> Iterator[tuple[str, object, object]]:
    """Where goods or money do not add up in an order: what, what it should be, what it is (policy 2, 5.8)."""
    for line in order.lines:
        lots = [lot for lot in order.lots if lot.line.id == line.id]
        quantity, amount = sum(lot.quantity for lot in lots), sum(lot.amount for lot in lots)
        if quantity != line.quantity:
            yield f"quantity of line {line.id}", line.quantity, quantity
        if amount != line.amount:
            yield f"amount of line {line.id}", line.amount, amount
    for payment in order.payments:
        refunded = sum(refund.amount for refund in order.refunds if refund.payment == payment.id)
        if refunded > payment.amount:
            yield f"refunds of payment {payment.id}", f"at most {payment.amount}", refunded
    known = {payment.id for payment in order.payments}
    for refund in order.refunds:
        if refund.payment not in known:
            yield f"payment of refund {refund.id}", f"one of {sorted(known)}", refund.payment
