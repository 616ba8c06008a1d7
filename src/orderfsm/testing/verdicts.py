"""A proof told to a person: its scopes with their figures and bounds, what does not hold, and the exact claim."""

from collections.abc import Iterable, Sequence

from orderfsm.inputs import Item
from orderfsm.testing.proving import CLAIM, TRUSTED, Proof, ScopeResult
from orderfsm.testing.scopes import Chapter, Scope, Times, Values

_HEAD = ("scope", "states", "transitions", "decisions", "depth", "digest")


def verdict_text(proof: Proof, scopes: Sequence[Scope]) -> str:
    """The whole report."""
    parts = [_table(proof.results), _bounds(scopes), _total(proof)]
    if proof.violations:
        parts += ["What does not hold, each with a shortest trace:", *proof.violations]
        parts += ["A test to paste:", *(text for result in proof.results for text in result.tests[:1])][:2]
    cut_short = [f"{result.name}: {result.undetermined}" for result in proof.results if result.undetermined]
    if cut_short:
        parts.append("\n".join(["Cut short, and so undetermined:", *(f"  {line}" for line in cut_short)]))
    missing = {name: some for name, some in proof.missing.items() if some}
    if missing and not cut_short and not proof.violations:
        seen = [f"  {name}: {', '.join(some)}" for name, some in missing.items()]
        parts.append("\n".join(["Never seen, so that something may hold for want of cases:", *seen]))
    parts.append(_verdict(proof))
    return "\n\n".join(parts) + "\n"


def _table(results: Iterable[ScopeResult]) -> str:
    rows = [_HEAD, *(_row(result) for result in results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in (0, len(_HEAD) - 1) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _row(result: ScopeResult) -> tuple[str, ...]:
    figures = (result.states, result.transitions, result.decisions, result.depth)
    return (result.name, *(f"{figure:,}" for figure in figures), result.digest[:12] or "–")


def _bounds(scopes: Sequence[Scope]) -> str:
    """What each scope tries, and what it bounds."""
    return "\n".join(["Bounds:", *(f"  {scope.name}: {bounds_of(scope)}" for scope in scopes)])


def bounds_of(scope: Scope) -> str:
    """The small print of one scope, in one line."""
    chapters = "all chapters" if scope.chapters == tuple(Chapter) else ", ".join(scope.chapters)
    said = {
        Values.FULL: "every kind of value",
        Values.LEAN: "one value for each way to move",
        Values.PLAIN: "plain values: returns in time, as announced",
    }
    times = {
        Times.NOW: "now, and after waiting until each deadline and one tick more",
        Times.EVERY: "now, and just before, at and just after each deadline that moves goods",
        Times.ALERTS: "now, and just before, at and just after each deadline",
    }
    parts = [
        f"lines {' + '.join(map(_bought, scope.lines))}",
        f"{scope.delivery_fee} for delivery",
        chapters,
        said[scope.values],
        times[scope.times],
        _beginning(scope),
        f"{scope.parcels} named parcels" if scope.parcels else "no named parcels",
        f"at most {scope.early} early facts",
        "everybody says everything"
        if scope.strangers
        else f"said by {'one role that' if scope.one_voice else 'roles that'} may",
    ]
    if scope.ids:
        parts.append("one id for all")
    if scope.one_by_one:
        parts.append("what is said about goods names one line")
    if scope.by_part:
        parts.append("what names one line and leaves the order as it is: once for each value of the line's part")
    return "; ".join(parts)


def _bought(item: Item) -> str:
    what = f"{item.quantity}× {item.amount}" if item.quantity > 1 else str(item.amount)
    more = [f"bundle {item.bundle}"] if item.bundle else []
    more += [f"seller {item.seller}"] if item.seller else []
    more += [item.kind] if item.kind != "physical" else []
    return f"{what} ({', '.join(more)})" if more else what


def _beginning(scope: Scope) -> str:
    if scope.delivered:
        return "begins once all is delivered"
    return "begins once it is paid" if scope.paid else f"at most {scope.captures} captures"


def _total(proof: Proof) -> str:
    properties = max((result.properties for result in proof.results), default=0)
    return (
        f"{len(proof.results)} scopes, {proof.states:,} states, {proof.transitions:,} transitions, "
        f"{proof.decisions:,} decisions, {properties} properties.\n"
        f"Unbounded, because it cannot matter any more: resends, reversals and renewed requests lead back to known "
        f"states.\n"
        f"Digest: {proof.digest}"
    )


def _verdict(proof: Proof) -> str:
    if proof.passed:
        return f"Passed. {CLAIM}\n{TRUSTED}"
    if proof.undetermined:
        return "Undetermined: nothing was violated, but not everything was explored. Nothing is claimed."
    return "Failed: not all of it holds. Nothing is claimed."
