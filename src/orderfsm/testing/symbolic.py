"""All prices: a story is played with amounts that nobody has fixed, and so for every price at once.

The code that is shipped runs as it is, on sums over named prices in the place of numbers (see
`orderfsm.testing.open_amounts`). Where a comparison has one answer for all prices that are left on a path, it
is given. Where it has two, the path forks: the story is played again for each of them, and each path keeps
what it assumes. Whether prices are left is decided exactly (`orderfsm.testing.linear`): no path is counted
that none can take, and none is lost. All paths together are all prices.

    def story(prices: Prices) -> None:
        order = ...  # Place(lines=[Item(id="A", amount=prices("A"))], ...), then OrderMachine.decide
        assert sum(refund.amount for refund in order.refunds) <= prices.minor("A")

    all_prices(story).check()

A story must do the same each time; what it asserts is then proved for all prices, or there is an example of
prices, in minor units, for which it fails, to be played with real numbers by `with_prices`.

Only one thing is not linear: sharing an amount out in proportion to open weights. There a part is known by
its contract alone: parts are not negative, give the total, and none is more than its weight where the total
is not more than all weights together. The contract is wider than the function, so that a path may be assumed
that no price takes; never the other way round. `Path.confirmed` says where the path is known to be taken.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from itertools import product
from typing import Any, cast

from attrs import field, frozen

from orderfsm import money
from orderfsm.testing.linear import Undecided
from orderfsm.testing.open_amounts import NotLinear, OpenSum, OpenText, form_of, open_among, price
from orderfsm.testing.runs import ContractBroken, Run, Start, Wavering

# --- prices as a story sees them -------------------------------------------------------------------------


class _Dropped(Exception):
    """What the story supposes does not hold on this path."""


class Prices(ABC):
    """The prices of a story, by name; each is what somebody pays, in whole minor units and not negative."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.claims: list[str] = []

    @abstractmethod
    def minor(self, name: str) -> int:
        """The price of this name in minor units, as it is in an order."""

    def __call__(self, name: str) -> Decimal:
        """The price of this name as a decimal, as it is in an input."""
        return self.decimal(self.minor(name))

    def decimal(self, minor: int) -> Decimal:
        """Any sum of minor units as a decimal."""
        return price(minor, money.exponent(self.currency))

    def suppose(self, holds: bool) -> None:
        """Tell the story only for prices for which this holds."""
        if not holds:
            raise _Dropped

    def claim(self, name: str, holds: bool) -> None:
        """Assert something and keep its name with the path."""
        if not holds:
            raise AssertionError(name)  # not `assert`, which pytest would rewrite and add to
        self.claims.append(name)


class _OpenPrices(Prices):
    def __init__(self, currency: str, run: Run) -> None:
        super().__init__(currency)
        self._run = run

    def minor(self, name: str) -> int:
        return cast(int, OpenSum(self._run.price(name), self._run))


class _KnownPrices(Prices):
    def __init__(self, currency: str, known: Mapping[str, int]) -> None:
        super().__init__(currency)
        self._known = known

    def minor(self, name: str) -> int:
        return self._known.get(name, 0)


Story = Callable[[Prices], Any]
"""Builds an order with prices, drives the machine, asserts; what it returns is kept with the path."""

# --- what stands in for what -----------------------------------------------------------------------------


@contextmanager
def _stand_ins() -> Iterator[None]:
    """Two functions of `orderfsm.money` are stood in for while a story is told; for numbers nothing changes.

    What reads a decimal gives an open price as it is; what shares out by largest remainder keeps its contract.
    """
    shipped = vars(money)
    kept = {name: shipped[name] for name in ("_minor_units", "_largest_remainder")}
    read, shared = kept["_minor_units"], kept["_largest_remainder"]

    def minor_units(amount: str, currency: str) -> Any:
        return amount.minor if isinstance(amount, OpenText) else read(amount, currency)

    def largest_remainder(total: Any, weights: Sequence[Any]) -> Any:
        first = open_among(weights) if len(weights) > 1 else None
        if first is None:
            return shared(total, weights)  # divides by a number at most
        shares = first.judge.shares(form_of(total), [form_of(weight) for weight in weights])
        return [OpenSum(share, first.judge) if share.terms else share.constant for share in shares]

    shipped.update(_minor_units=minor_units, _largest_remainder=largest_remainder)
    try:
        yield
    finally:
        shipped.update(kept)


# --- paths -----------------------------------------------------------------------------------------------


@frozen
class Path:
    """One way that a story goes, for all prices that meet its assumptions.

    Attributes:
        assumptions: what was assumed of the prices, one comparison each; together with the contract, all.
        claims: the names of what was claimed; every other assertion held too, where there is no fault.
        prices: prices that take this path, in minor units.
        confirmed: whether real numbers do so; else only the contract of sharing out allows it.
        fault: what was raised, where the story broke off.
        result: what the story returned.
    """

    assumptions: tuple[str, ...]
    claims: tuple[str, ...]
    prices: Mapping[str, int]
    confirmed: bool
    fault: Exception | None = None
    result: Any = field(default=None, repr=False, eq=False)
    _run: Run | None = field(default=None, repr=False, eq=False)

    def taken_by(self, known: Mapping[str, int]) -> bool:
        """Whether these prices, in minor units, take this path."""
        return self._run is not None and self._run.taken_by(known)

    def __str__(self) -> str:
        prices = ", ".join(f"{name} = {amount}" for name, amount in self.prices.items())
        assumed = ", ".join(self.assumptions) or "nothing"
        if self.fault is None:
            return f"assuming {assumed}: holds, as for {prices}"
        example = f"{prices}" if self.confirmed else f"{prices} or others, which no example confirms"
        return f"assuming {assumed}: {type(self.fault).__name__}: {self.fault}\nfor {example}"


@frozen
class Paths:
    """All paths of a story.

    Attributes:
        paths: those that were told to their end, or broke off with a fault.
        dropped: how many were left out by what the story supposes.
        undetermined: why the telling was cut short; it then proves nothing. Empty where all paths were told.
    """

    paths: tuple[Path, ...]
    dropped: int = 0
    undetermined: str = ""

    @property
    def violations(self) -> tuple[Path, ...]:
        """The paths that broke off."""
        return tuple(path for path in self.paths if path.fault is not None)

    @property
    def hold(self) -> bool:
        """Whether everything that the story asserts holds for all prices."""
        return bool(self.paths) and not self.undetermined and not self.violations

    @property
    def confirmed(self) -> int:
        """How many paths some real prices are known to take."""
        return sum(path.confirmed for path in self.paths)

    def check(self) -> "Paths":
        """These paths, if everything holds on them.

        Raises:
            AssertionError: something does not, or not all paths were told, or there are none.
        """
        for path in self.violations:
            raise AssertionError(str(path)) from path.fault
        assert not self.undetermined, self.undetermined
        assert self.paths, "no prices are left by what the story supposes: it says nothing"
        return self

    def __len__(self) -> int:
        return len(self.paths)

    def __iter__(self) -> Iterator[Path]:
        return iter(self.paths)


def all_prices(story: Story, *, currency: str = "EUR", limit: int = 10_000, violations: int = 1) -> Paths:
    """Tell a story for all prices.

    Args:
        story: is told once per path; it must do the same each time.
        currency: of the decimals that it is given.
        limit: how many paths are told at most; more, and the answer is undetermined.
        violations: after how many of them it is enough.

    Raises:
        NotLinear, ContractBroken, Wavering: the story cannot be told this way; see there.
    """
    paths: list[Path] = []
    dropped = 0
    waiting = [Start()]
    with _stand_ins():
        while waiting:
            if len(paths) + dropped >= limit:
                return Paths(tuple(paths), dropped, f"more than {limit} paths")
            run = Run(waiting.pop())
            try:
                path = _told(story, run, currency)
            except Undecided as undecided:
                return Paths(tuple(paths), dropped, str(undecided))
            waiting += run.others
            if path is None:
                dropped += 1
                continue
            paths.append(path)
            if path.fault is not None:
                violations -= 1
                if violations < 1:
                    break
    return Paths(tuple(paths), dropped)


def path_of(story: Story, known: Mapping[str, int], *, currency: str = "EUR") -> Path | None:
    """The one path that these prices, in minor units, take; None where the story is not told for them."""
    with _stand_ins():
        return _told(story, Run(Start(), guide=known), currency)


def with_prices(story: Story, known: Mapping[str, int], *, currency: str = "EUR") -> Any:
    """Tell a story with real numbers, in minor units; what it returns. Prices that are not given are zero.

    Raises:
        Exception: whatever the story raises for these prices.
    """
    return story(_KnownPrices(currency, known))


_FAULTS_OF_OURS = (NotLinear, ContractBroken, Wavering, Undecided)


def _told(story: Story, run: Run, currency: str) -> Path | None:
    prices = _OpenPrices(currency, run)
    fault: Exception | None = None
    result = None
    try:
        result = story(prices)
    except _Dropped:
        return None
    except _FAULTS_OF_OURS:
        raise
    except Exception as raised:  # that the machine raises is a violation too
        fault = raised
    run.check_finished()
    example, confirmed = run.example()
    if fault is not None:
        example, confirmed = _example(story, run, fault, currency)
    return Path(run.assumptions, tuple(prices.claims), example, confirmed, fault, result, run)


# --- examples --------------------------------------------------------------------------------------------

_TRIES = 2_000


def _example(story: Story, run: Run, fault: Exception, currency: str) -> tuple[dict[str, int], bool]:
    """Small prices for which the story fails with real numbers; else some of the path's, not confirmed."""
    names = list(run.prices)
    for known in _candidates(run, names):
        try:
            with_prices(story, known, currency=currency)
        except _Dropped:
            continue
        except Exception as raised:
            if type(raised) is type(fault):
                return known, True
    return run.example()[0], False


def _candidates(run: Run, names: Sequence[str]) -> Iterator[dict[str, int]]:
    yield run.smallest()
    yield run.example()[0]
    most = 1
    while (most + 1) ** len(names) <= _TRIES:
        most += 1
    for amounts in sorted(product(range(most), repeat=len(names)), key=sum):
        yield dict(zip(names, amounts, strict=True))
