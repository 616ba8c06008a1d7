"""Counts over the order histories of the sample, from raw timestamps alone: no orderfsm in here.

    python tests/shell/sample_counts.py ../shared/data/olist-sample.jsonl.gz

It knows the sample, not the policy: each history is placed once, paid by one or several captures, dispatched
and delivered as a whole, and asked about at most once. What a replay finds must agree with it.
"""

import gzip
import json
import sys
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

WINDOW = timedelta(hours=24)
PREPARATION = timedelta(hours=12)


def histories(path: Path) -> dict[str, list[dict[str, Any]]]:
    """The lines of each order, in the order of the log, with times read."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for text in file:
            line = json.loads(text)
            line["at"] = datetime.fromisoformat(line["at"])
            found[line["order"]].append(line)
    return found


def counts(path: Path) -> dict[str, int]:
    """How many of what, by name."""
    found: dict[str, int] = defaultdict(int)
    for lines in histories(path).values():
        for name, count in _counts_of(lines).items():
            found[name] += count
    return dict(found)


def _counts_of(lines: list[dict[str, Any]]) -> dict[str, int]:
    [place] = [line for line in lines if line["do"] == "place"]
    captures = [line for line in lines if line["do"] == "payment_captured"]
    asks = [line for line in lines if line["do"] == "request_cancellation"]
    total = Decimal(place["delivery_fee"]) + sum(Decimal(line["amount"]) for line in place["lines"])
    closes = place["at"] + WINDOW

    late = [line for line in captures if line["at"] >= closes]
    paid_at = _paid_at(captures, total, closes)
    last = max(line["at"] for line in lines)
    dispatched_at = min((line["at"] for line in lines if line["do"] == "dispatched"), default=None)
    closed = paid_at is None and last >= closes
    found = {
        "orders": 1,
        "lines": len(lines),
        "goods": sum(line.get("quantity", 1) for line in place["lines"]),
        "captured": int(100 * sum(Decimal(line["amount"]) for line in captures)),
        "late_payments": len(late),
        "orders_closed": closed,
        "orders_unpaid": paid_at is None and not closed,
        "given_back": int(100 * sum(Decimal(line["amount"]) for line in captures)) if closed else 0,
        "dispatched_after_close": sum(closed and line["do"] == "dispatched" and line["at"] >= closes for line in lines),
        "dispatched_and_closed": sum(closed and line["do"] == "dispatched" for line in lines),
        "dispatched_before_placed": sum(
            line["do"] == "dispatched" and lines.index(line) < lines.index(place) for line in lines
        ),
    }
    for ask in asks:
        found["cancellations"] = found.get("cancellations", 0) + 1
        paid = paid_at is not None and paid_at <= ask["at"]
        if paid and dispatched_at is not None and dispatched_at <= ask["at"]:
            name = "cancellations_after_dispatch"
        elif paid and paid_at is not None and ask["at"] >= paid_at + PREPARATION:
            name = "cancellations_in_preparation"
        elif paid:
            name = "cancellations_before_preparation"
        else:
            name = "cancellations_unpaid" if ask["at"] < closes else "cancellations_after_close"
        found[name] = 1
    return found


def _paid_at(captures: list[dict[str, Any]], total: Decimal, closes: datetime) -> datetime | None:
    """When captures that were in time had come to the total."""
    sum_so_far = Decimal(0)
    for line in captures:
        if line["at"] < closes:
            sum_so_far += Decimal(line["amount"])
            if sum_so_far >= total:
                paid_at: datetime = line["at"]
                return paid_at
    return None


if __name__ == "__main__":
    for name, count in sorted(counts(Path(sys.argv[1])).items()):
        print(f"{name:34}{count:>12,}")
