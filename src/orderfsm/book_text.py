"""One order of a book in words and columns, for a person: where it is, its money, and everything that was said."""

from collections.abc import Iterable, Iterator, Sequence

from orderfsm.deadlines import Deadline
from orderfsm.decisions import Move
from orderfsm.effects import Effect
from orderfsm.history import Recorded
from orderfsm.money import decimal_string
from orderfsm.order import Lot, Order, Refund, Unplaced
from orderfsm.records import Letter, Status
from orderfsm.summary_text import columns, printable
from orderfsm.times import shown


def order_text(order: Order | Unplaced, due: Deadline | None, history: Iterable[Recorded]) -> Iterator[str]:
    """The order piece by piece; each ends with a newline."""
    yield _placed(order, due) if isinstance(order, Order) else f"Order {printable(order.id)}: never placed\n"
    anomalies = [each for each in order.anomalies if each.open]
    if anomalies:
        rows = [(each.id, str(each.reason.code), each.reason.clause, each.reason.message) for each in anomalies]
        yield _block("Anomalies that nobody has resolved", rows)
    yield "\nHistory\n"
    for entry in history:
        yield _entry(entry, order)


def _placed(order: Order, due: Deadline | None) -> str:
    currency = order.currency
    head = (
        f"Order {printable(order.id)}: {order.state}\n"
        f"placed {shown(order.placed_at)} by customer {printable(order.customer)}, {order.country}, {currency}\n"
    )
    if due is not None:
        head += f"next by itself: {due.code} at {shown(due.at)}\n"
    text = head + _block("Goods", [_lot(lot, currency) for lot in order.lots])
    payments = [
        ("payment", each.id, each.instrument, decimal_string(each.amount, currency), shown(each.at))
        for each in order.payments
    ]
    if order.delivery_fee:
        payments.insert(0, ("delivery fee", "", "", decimal_string(order.delivery_fee, currency), ""))
    text += _block("Money", payments + [_refund(refund, currency) for refund in order.refunds])
    return text


def _lot(lot: Lot, currency: str) -> tuple[str, ...]:
    notes = [f"since {shown(lot.since)}"]
    notes += [f"parcel {lot.parcel}"] if lot.parcel else []
    notes += [f"{lot.case.kind} asked by {lot.case.by}"] if lot.case else []
    notes += [f"ask {lot.ask.id} open"] if lot.ask and lot.ask.open else []
    notes += [f"refunds {', '.join(lot.refunds)}"] if lot.refunds else []
    amount = decimal_string(lot.amount, currency)
    return (lot.line.id, lot.line.title, f"{lot.quantity}", str(lot.state), amount, ", ".join(notes))


def _refund(refund: Refund, currency: str) -> tuple[str, ...]:
    promised = f", due by {refund.due_by}" if refund.due_by else ""
    amount = decimal_string(refund.amount, currency)
    return ("refund", refund.id, refund.instrument, amount, f"{refund.state}, {refund.cause}{promised}")


# --- history ---------------------------------------------------------------------------------------------


def _entry(entry: Recorded, order: Order | Unplaced) -> str:
    name = "time passed" if entry.input is None else entry.input.name
    learnt = f", learnt {shown(entry.received_at)}" if entry.received_at != entry.at else ""
    head = f"{entry.seq:>5}  {shown(entry.at)}  {printable(str(entry.by))}  {name}: {entry.outcome}{learnt}\n"
    lines = [*map(_move, entry.moves)]
    lines += [f"{each.code} ({each.clause}): {printable(each.message)}" for each in entry.reasons]
    lines += [_effect(effect, letter) for effect, letter in zip(entry.effects, entry.letters, strict=True)]
    return head + "".join(f"         {line}\n" for line in lines)


def _move(move: Move) -> str:
    where = f"{move.source} → {move.target}" if move.source is not move.target else f"{move.target}, noted"
    inferred = ", inferred" if move.inferred else ""
    return f"{move.quantity} × {printable(move.line)}: {where} ({move.clause}, {move.trigger}{inferred})"


_TELLING = ("topic", "instruction", "code", "refund", "ask", "channel")
"""The fields of effects that tell most; each effect has some of them."""


def _effect(effect: Effect, letter: Letter) -> str:
    what = [str(value) for name in _TELLING if (value := getattr(effect, name, None))]
    return f"{printable(' '.join([effect.name, *what]))}: {_became(letter)}"


def _became(letter: Letter) -> str:
    match letter.status:
        case Status.PENDING:
            return "waits" if not letter.attempts else f"tried {letter.attempts} times: {printable(letter.fault or '')}"
        case Status.DELIVERED:
            return "delivered" if letter.settled_at is None else f"delivered {shown(letter.settled_at)}"
        case Status.DEAD:
            return f"given up: {printable(letter.fault or '')}"
        case Status.DROPPED:
            return "dropped"


def letters_text(letters: Sequence[Letter]) -> str:
    """Dead letters, one a line."""
    rows = [
        (f"{each.order_id}:{each.seq}", each.name, f"{each.attempts} attempts", each.fault or "") for each in letters
    ]
    return "".join(f"{columns([tuple(map(printable, row))])}\n" for row in rows)


def _block(title: str, rows: Sequence[Sequence[str]]) -> str:
    return f"\n{title}\n{columns([tuple(map(printable, row)) for row in rows])}\n" if rows else ""
