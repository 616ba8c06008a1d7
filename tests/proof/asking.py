"""Everything that can be said about two loose lines, A and B, and what is answered about one of them."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from typing import Any

from attrs import evolve, fields, frozen

from orderfsm import inputs as i
from orderfsm.decisions import Decision
from orderfsm.effects import SendRefund
from orderfsm.inputs import Input
from orderfsm.order import Lot, Order
from orderfsm.selections import ALL
from orderfsm.testing.keys import OrderKey
from orderfsm.testing.orders import Wait
from tests.proof.flags import Flag
from tests.proof.parts import Content, Explored, Family, part_of

_ENVELOPE = frozenset({"by", "at", "received_at", "id"})


# --- what is said ----------------------------------------------------------------------------------------


@frozen(eq=False)
class Said:
    """One input about one order, which nobody has said before."""

    order: Order
    input: Input
    explored: Explored

    def decide(self, input: Input | None = None, order: Order | None = None) -> Decision:
        """What the machine decides; on another input or another order, if there is one."""
        machine = self.explored.space.machine
        return machine.decide(self.order if order is None else order, self.input if input is None else input)


def everything_said(family: Family, every: int = 1, *items: Content) -> Iterator[Said]:
    """All inputs in every so many of the states of two lines."""
    explored = family.of(2, *items)
    for position in explored.positions[::every]:
        order = position.order
        if isinstance(order, Order):
            order = unheard(order)
            for input in explored.inputs(position):
                if not isinstance(input, Wait | i.Place):
                    yield Said(order, input, explored)


def about(line: str, family: Family, every: int = 1, *items: Content) -> Iterator[Said]:
    """Of all that is said, what names one line and nothing else."""
    return (said for said in everything_said(family, every, *items) if lines_named(said.input) == [line])


def unheard(order: Order) -> Order:
    """The order without the facts that were kept: whatever is said is said for the first time."""
    return evolve(order, anomalies=tuple(each for each in order.anomalies if each.waiting))


def lines_named(said: Input) -> list[str] | None:
    """The lines that an input names; None where it names none, or everything."""
    lines = getattr(said, "lines", None)
    return None if lines is None or lines == ALL else [line for line, _ in lines]


def names_no_lines(said: Input) -> bool:
    """Whether an input is about goods, and leaves open about which."""
    return hasattr(said, "lines") and lines_named(said) is None


def naming(said: Input, *lines: str) -> Any:
    """The same, about these lines."""
    return evolve(said, lines=lines)  # type: ignore[call-arg]


# --- what is answered ------------------------------------------------------------------------------------


def line_of(order: Any, line: str) -> list[Lot]:
    """The goods of one line."""
    return [lot for lot in order.lots if lot.line.id == line]


def part(line: str, said: Said, decision: Decision | None = None, flags: Iterable[Flag] = ()) -> Hashable:
    """One line as it is, or as a decision leaves it, as if it were all of the order."""
    order: Any = part_of(said.order if decision is None else decision.order, {line: "A"})
    for flag in flags:
        order = flag(order)
    assert said.input.at is not None
    return OrderKey(said.explored.scope.policy)(order, said.input.at)


@frozen
class Answer:
    """What an order answers about one line, and what becomes of it."""

    outcome: str
    codes: tuple[str, ...]
    moves: frozenset[tuple[str, int]]
    told: tuple[Hashable, ...]
    after: Hashable


def answer(line: str, said: Said, decision: Decision, flags: Iterable[Flag] = ()) -> Answer:
    """What a decision says about one line."""
    codes = tuple(sorted({str(reason.code) for reason in decision.reasons}))
    moves: Counter[str] = Counter()
    for move in decision.moves:
        if move.line == line:
            moves[move.row] += move.quantity
    told = tuple(_told(decision, line))
    return Answer(decision.outcome, codes, frozenset(moves.items()), told, part(line, said, decision, flags))


def _told(decision: Decision, line: str) -> Iterator[Hashable]:
    for effect in decision.effects:
        quantity = getattr(effect, "lines", {}).get(line)
        if quantity or isinstance(effect, SendRefund):
            words = [str(getattr(effect, name, "")) for name in ("topic", "channel", "instruction", "code")]
            yield type(effect).__name__, quantity, *words


def question(said: Said) -> Hashable:
    """What is said about A, and by whom: of a quoted question, only whether it is the one about these goods."""
    input = said.input
    names = [each.name for each in fields(type(input)) if each.name not in _ENVELOPE | {"ask"}]
    ask = getattr(input, "ask", None)
    own = [lot.ask is not None and lot.ask.id == ask for lot in line_of(said.order, "A")]
    return input.name, input.by, *[getattr(input, name) for name in names], None if ask is None else tuple(own)
