"""What is seen of a host's backend, and where it differs from what orderfsm expects.

Every part can be left out by None: then it is not compared. What is given is compared without regard to order,
to who counted what in which sequence, and to ids that the backend makes itself.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from attrs import field, fields, frozen

from orderfsm.decisions import Decision
from orderfsm.effects import Effect
from orderfsm.log_answers import effect_object
from orderfsm.money import Money, decimal_amount
from orderfsm.order import Order, Refund, quantities

Told = str | Mapping[str, Any] | Effect
"""An effect: its name, its name under ``effect`` with some of its fields as in the order log, or itself."""

Quantities = Mapping[str, Mapping[str, int]]
"""How many of each line are in which state."""


@frozen(kw_only=True)
class ObservedAnswer:
    """What a backend answered to one input.

    Attributes:
        outcome: ``accepted``, ``refused``, ``duplicate`` or ``anomaly``. To the same input under the same id
            the backend may also give its first answer again (policy 5.11).
        codes: why not, or what was contradicted; none where nothing was.
    """

    outcome: str | None = None
    codes: Collection[str] | None = None

    @classmethod
    def of(cls, decision: Decision) -> "ObservedAnswer":
        """The answer that a decision is, for backends built on orderfsm."""
        return cls(outcome=decision.outcome, codes=[str(reason.code) for reason in decision.reasons])


def _amount(value: Decimal | str | int | None) -> Decimal | None:
    return None if value is None else decimal_amount("amount", value)


@frozen(kw_only=True)
class ObservedRefund:
    """One refund, as far as the backend knows it; None for what it does not tell.

    Attributes:
        amount: how much: a decimal in the order's currency, such as ``"12.00"``.
        state: where it is, by orderfsm's word.
        payment: the payment that is paid back.
        instrument: where it goes (B2).
        cause: why, by orderfsm's word.
    """

    amount: Decimal | None = field(default=None, converter=_amount)
    state: str | None = None
    payment: str | None = None
    instrument: str | None = None
    cause: str | None = None

    @classmethod
    def of(cls, refund: Refund, currency: str) -> "ObservedRefund":
        """The refund of an order, for backends built on orderfsm."""
        return cls(
            amount=Money(refund.amount, currency).amount,
            state=refund.state,
            payment=refund.payment,
            instrument=refund.instrument,
            cause=refund.cause,
        )


@frozen(kw_only=True)
class Observation:
    """What is seen of an order from outside.

    Attributes:
        quantities: how many of each line are in which state; none is zero.
        refunds: every refund so far, in any order.
        effects: what the outside world was told since the last observation, in any order.
    """

    quantities: Quantities | None = None
    refunds: Collection[ObservedRefund] | None = None
    effects: Collection[Told] | None = None

    @classmethod
    def of(cls, order: Order, effects: Iterable[Effect] = ()) -> "Observation":
        """What is to be seen of an order and of the effects since, for backends built on orderfsm."""
        return cls(
            quantities={line: {str(state): n for state, n in some.items()} for line, some in quantities(order).items()},
            refunds=[ObservedRefund.of(refund, order.currency) for refund in order.refunds],
            effects=list(effects),
        )


@frozen
class Difference:
    """One part in which the backend and orderfsm differ."""

    part: str
    expected: str
    observed: str


# --- answers ---------------------------------------------------------------------------------------------


def compare_answers(expected: Decision, observed: ObservedAnswer | None, first: str | None) -> list[Difference]:
    """Where the answers differ; `first` is the outcome that the same input under the same id had before."""
    if observed is None:
        return []
    if expected.outcome == "duplicate" and observed.outcome is not None and observed.outcome == first:
        return []
    found: list[Difference] = []
    if observed.outcome is not None and observed.outcome != expected.outcome:
        found.append(Difference("outcome", expected.outcome, str(observed.outcome)))
    if observed.codes is not None:
        codes, theirs = {str(reason.code) for reason in expected.reasons}, {str(code) for code in observed.codes}
        if codes != theirs:
            found.append(Difference("codes", _listed(sorted(codes)), _listed(sorted(theirs))))
    return found


# --- orders ----------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Tolerance:
    """What of an order is compared, beside what the backend leaves out.

    Attributes:
        states: words for states that the backend does not tell apart, by orderfsm's names.
        effects: the names of the effects that it knows; None for all.
    """

    states: Mapping[str, str] = field(factory=dict)
    effects: frozenset[str] | None = None


def compare_orders(
    expected: Order, effects: Iterable[Effect], observed: Observation, tolerance: Tolerance
) -> list[Difference]:
    """Where the order, and what was told since the last observation, differ from what is observed."""
    found: list[Difference] = []
    if observed.quantities is not None:
        found += _quantities(expected, observed.quantities, tolerance.states)
    if observed.refunds is not None:
        found += _refunds(expected, observed.refunds)
    if observed.effects is not None:
        found += _effects(effects, observed.effects, tolerance.effects)
    return found


def _quantities(expected: Order, observed: Quantities, words: Mapping[str, str]) -> list[Difference]:
    found: list[Difference] = []
    ours = quantities(expected)
    for line in dict.fromkeys([*ours, *observed]):
        here = _counted(ours.get(line, {}), words)
        there = _counted(observed.get(line, {}), {})
        if here != there:
            found.append(Difference(f"quantities of {line}", _tally(here), _tally(there)))
    return found


def _counted(states: Mapping[Any, int], words: Mapping[str, str]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for state, quantity in states.items():
        if quantity:
            counted[words.get(str(state), str(state))] += quantity
    return counted


def _tally(counted: Counter[str]) -> str:
    return ", ".join(f"{quantity} {state}" for state, quantity in sorted(counted.items())) or "none"


def _refunds(expected: Order, observed: Collection[ObservedRefund]) -> list[Difference]:
    names = [each.name for each in fields(ObservedRefund)]
    given = [name for name in names if all(getattr(refund, name) is not None for refund in observed)]
    known = given if observed else ["amount", "state"]
    ours = [ObservedRefund.of(refund, expected.currency) for refund in expected.refunds]
    here, there = _projected(ours, known), _projected(observed, known)
    return [] if Counter(here) == Counter(there) else [Difference("refunds", _listed(here), _listed(there))]


def _projected(refunds: Iterable[ObservedRefund], names: Iterable[str]) -> list[str]:
    found: list[str] = []
    for refund in refunds:
        values = [_plain(getattr(refund, name)) for name in names]
        found.append(
            " ".join(format(value.normalize(), "f") if isinstance(value, Decimal) else str(value) for value in values)
        )
    return sorted(found)


# --- effects ---------------------------------------------------------------------------------------------

_OF_THE_HOST = frozenset({"id"})
"""Effects are named after the order, whose id is the host's own."""


def _effects(expected: Iterable[Effect], observed: Collection[Told], known: frozenset[str] | None) -> list[Difference]:
    here = _by_name(expected, known)
    there = _by_name(observed, known)
    found: list[Difference] = []
    for name in sorted({*here, *there}):
        ours, theirs = here.get(name, []), there.get(name, [])
        common = set.intersection(*(set(each) for each in theirs or ours))
        mine, yours = _told(ours, common), _told(theirs, common)
        if Counter(mine) != Counter(yours):
            found.append(Difference(f"effects {name}", _listed(mine), _listed(yours)))
    return found


def _by_name(effects: Iterable[Told], known: frozenset[str] | None) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for effect in effects:
        if isinstance(effect, Effect):
            said = dict(effect_object(effect))
        else:
            said = {"effect": effect} if isinstance(effect, str) else dict(effect)
        name = str(said.pop("effect"))
        if known is None or name in known:
            found.setdefault(name, []).append({key: said[key] for key in said.keys() - _OF_THE_HOST})
    return found


def _told(effects: Iterable[Mapping[str, Any]], names: Collection[str]) -> list[str]:
    return sorted(
        " ".join(f"{name}={_plain(effect.get(name))}" for name in sorted(names)) or "told" for effect in effects
    )


def _plain(value: object) -> Any:
    """A value in the form in which two sides can be compared, whatever they took it for."""
    match value:
        case Enum():
            return value.value
        case Mapping():
            return {str(key): _plain(each) for key, each in sorted(value.items())}
        case list() | tuple() | set() | frozenset():
            return [_plain(each) for each in value]
        case date():
            return value.isoformat()
        case _:
            return value


def _listed(things: Collection[str]) -> str:
    return "; ".join(things) or "none"
