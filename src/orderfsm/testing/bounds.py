"""The small print of a claim: what each scope tries, and what it bounds, told to a person."""

from orderfsm.inputs import Item
from orderfsm.testing.keys import NONE
from orderfsm.testing.proving import symmetry_of_scope
from orderfsm.testing.scopes import Chapter, Scope, Times, Values


def bounds_of(scope: Scope, *, guarded: bool = False) -> str:
    """The small print of one scope, in one line.

    Args:
        scope: which.
        guarded: whether guards of the host's own are asked, so that no line is taken for another.
    """
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
        *_abroad(scope),
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
    if not guarded and symmetry_of_scope(scope) != NONE:
        parts.append("lines that differ only in their names are exchanged for each other")
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


def _abroad(scope: Scope) -> list[str]:
    """Where the order goes and what it is paid in, as far as that is not Germany and the euro."""
    country = [f"to {scope.country}"] if scope.country != "DE" else []
    return [*country, *([f"in {scope.currency}"] if scope.currency != "EUR" else [])]


def _beginning(scope: Scope) -> str:
    shares = f"paid by {scope.captures} payments" if scope.captures > 1 else "paid"
    if scope.delivered:
        return f"begins once all is {shares} and delivered"
    return f"begins once it is {shares}" if scope.paid else f"at most {scope.captures} captures"
