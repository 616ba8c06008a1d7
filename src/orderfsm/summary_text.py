"""A replay's summary in words and columns, for a person. Counting is in `orderfsm.summary`."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from orderfsm.log_answers import INVALID
from orderfsm.money import decimal_string
from orderfsm.states import OrderState, State
from orderfsm.summary import Cash, Late, Noted, Summary, Why
from orderfsm.times import shown

_OUTCOMES = ("accepted", "refused", "duplicate", "anomaly", INVALID)
_CASH = ("captured", "refunded", "on its way back", "owed")


def summary_text(summary: Summary) -> str:
    """The whole summary; it ends with a newline."""
    blocks = [_head(summary)]
    for title, rows in (
        ("Inputs", _counts(summary.inputs, None)),
        ("Outcomes", _outcomes(summary)),
        ("Refused: why", _notes(summary.refusals)),
        ("Anomalies: what was contradicted", _notes(summary.anomalies)),
        ("Deadlines that fired", _counts(summary.fired, None)),
        ("Orders, each after its last line", _counts(summary.states, [state.value for state in OrderState])),
        ("Goods, each order's after its last line", _counts(summary.goods, [state.value for state in State])),
        ("Money", _money(summary.money)),
        (f"Overdue on {_day(summary.last)}", _late(summary.overdue)),
    ):
        if rows:
            blocks.append(f"{title}\n{columns(rows)}")
    if summary.behind is not None:
        blocks.append(_behind(summary.behind))
    if summary.outcomes[INVALID]:
        blocks.append(_invalid(summary))
    return "\n\n".join(blocks) + "\n"


def printable(text: str) -> str:
    """What somebody else wrote, without what a terminal would obey."""
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _head(summary: Summary) -> str:
    lines = sum(summary.outcomes.values())
    if not lines:
        return "The log holds no lines."
    orders = many(summary.orders, "order")
    head = f"{orders}, {many(lines, 'line')}"
    if summary.first is not None:
        head += f", from {shown(summary.first)} to {_time(summary.last)}"
    if summary.unplaced:
        head += f"\n{many(summary.unplaced, 'more order')} reported on but never placed"
    return head


def many(count: int, what: str) -> str:
    """So many of something, in the plural where that is right."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _time(moment: datetime | None) -> str:
    return "" if moment is None else shown(moment)


def _day(moment: datetime | None) -> str:
    return "" if moment is None else moment.date().isoformat()


# --- tables ----------------------------------------------------------------------------------------------

Rows = Sequence[Sequence[str]]


def columns(rows: Rows) -> str:
    """Rows as columns, two spaces apart; numbers to the right."""
    width = max(len(row) for row in rows)
    padded = [[*row, *[""] * (width - len(row))] for row in rows]
    widths = [max(len(row[n]) for row in padded) for n in range(width)]
    return "\n".join(
        ("  " + "  ".join(_cell(text, widths[n]) for n, text in enumerate(row))).rstrip() for row in padded
    )


def _cell(text: str, width: int) -> str:
    is_number = text.removesuffix(" %").replace(",", "").replace(".", "").isdigit()
    return text.rjust(width) if is_number else text.ljust(width)


def _counts(counts: Mapping[str, int], names: Iterable[str] | None) -> Rows:
    """Names and counts, in the given order or the most frequent first."""
    ordered = sorted(counts, key=lambda name: (-counts[name], name)) if names is None else names
    return [(name, f"{counts[name]:,}") for name in ordered if counts.get(name)]


def _outcomes(summary: Summary) -> Rows:
    all_lines = sum(summary.outcomes.values())
    return [
        (name, f"{count:,}", f"{100 * count / all_lines:.1f} %")
        for name in _OUTCOMES
        if (count := summary.outcomes[name])
    ]


def _notes(notes: Mapping[Why, Noted]) -> Rows:
    ordered = sorted(notes.items(), key=lambda entry: (-entry[1].count, entry[0]))
    return [
        (code, clause, f"{noted.count:,}", f"first in line {noted.line:,}, order {printable(noted.order)}")
        for (code, clause), noted in ordered
    ]


def _money(money: Mapping[str, Cash]) -> Rows:
    if not money:
        return ()
    rows: list[tuple[str, ...]] = [("", *_CASH)]
    for currency, cash in sorted(money.items()):
        amounts = (cash.captured, cash.refunded, cash.on_its_way, cash.owed)
        rows.append((currency, *(_amount(minor, currency) for minor in amounts)))
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    return [tuple(cell.rjust(widths[n]) if n else cell for n, cell in enumerate(row)) for row in rows]


def _amount(minor: int, currency: str) -> str:
    whole, point, places = decimal_string(minor, currency).partition(".")
    return f"{int(whole):,}{point}{places}"


def _late(overdue: Mapping[str, Late]) -> Rows:
    ordered = sorted(overdue.items(), key=lambda entry: (-entry[1].count, entry[0]))
    return [
        (code, f"{late.count:,}", f"longest since {_day(late.since)}, order {printable(late.order)}")
        for code, late in ordered
    ]


# --- sentences -------------------------------------------------------------------------------------------


def _behind(behind: Late) -> str:
    return (
        f"A deadline of {many(behind.count, 'order')} has passed that no later line let fire, first that of\n"
        f"order {printable(behind.order)} on {_day(behind.since)}. A last line such as\n"
        '  {"at": "…", "do": "tick"}\n'
        "lets time pass for all orders."
    )


def _invalid(summary: Summary) -> str:
    count = summary.outcomes[INVALID]
    head = f"{many(count, 'invalid line')}, which moved nothing"
    shown_lines = [f"  line {line:,}: {printable(message)}" for line, message in sorted(summary.invalid.items())]
    if count > len(shown_lines):
        shown_lines.append(f"  … and {count - len(shown_lines):,} more; --json answers every line")
    return "\n".join([head, *shown_lines])
