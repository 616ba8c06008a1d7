"""How a mutant is planted: what really executes is changed in place, and put back exactly as it was.

The shipped modules hold the definition under several names: the table's own, the indexes that the engine made
of it, and what other modules imported by name. A change of one part is written to all of them. None of what is
mutated stands behind an `lru_cache`; what `orderfsm.consequences` remembers is exchanged for an empty memory.
"""

import ast
import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import CodeType, FunctionType, ModuleType
from typing import Any

from attrs import frozen

from orderfsm import commanding, consequences, engine, matching, refunding, table
from orderfsm.consequences import Consequence
from orderfsm.inputs import Input
from orderfsm.rows import Contradiction, Denial, Implied, Known, RefundRow, Row
from orderfsm.states import RefundState


@frozen
class Change:
    """One thing that executes, and what stands in its place.

    Attributes:
        owner: the dictionary or object that holds it.
        name: its key or attribute there.
        value: what stands there instead.
    """

    owner: Any
    name: Any
    value: Any

    def exchange(self, value: Any) -> Any:
        """Put `value` in the place; what stood there."""
        if isinstance(self.owner, dict):
            before = self.owner[self.name]
            self.owner[self.name] = value
        else:
            before = getattr(self.owner, self.name)
            object.__setattr__(self.owner, self.name, value)
        return before


@contextmanager
def planted(changes: Iterable[Change]) -> Iterator[None]:
    """Carry the changes out, and take them back in the end, whatever happens between."""
    done: list[tuple[Change, Any]] = []
    try:
        for change in changes:
            done.append((change, change.exchange(change.value)))
        yield
    finally:
        for change, before in reversed(done):
            change.exchange(before)


def _everywhere(name: str, value: Any, *owners: ModuleType) -> list[Change]:
    return [Change(owner, name, value) for owner in owners]


# --- the definition --------------------------------------------------------------------------------------


def with_rows(rows: Sequence[Row[Any]]) -> list[Change]:
    """Another table of the goods: the engine's index is read from a machine that is built of it."""
    index = engine.index_of(engine.build_goods(rows))
    return [Change(table, "ROWS", tuple(rows)), Change(engine, "TRANSITIONS", index)]


def with_refund_rows(rows: Sequence[RefundRow]) -> list[Change]:
    """Another table of the refunds."""
    index: dict[str, Any] = {name: {} for name in engine.REFUND_TRANSITIONS}
    index |= engine.index_of(engine.build_refunds(rows))
    changes = _everywhere("REFUND_TRANSITIONS", index, engine, refunding, commanding)
    return [Change(table, "REFUND_ROWS", tuple(rows)), *changes]


def with_refunds_implied(implied: dict[tuple[RefundState, type[Input]], type[Input]]) -> list[Change]:
    """Other skipped steps of refunds."""
    return _everywhere("REFUND_IMPLIED", implied, table, refunding)


def with_refunds_known(known: frozenset[tuple[RefundState, type[Input]]]) -> list[Change]:
    """Other reports on refunds that repeat what is known."""
    return _everywhere("REFUND_KNOWN", known, table, refunding)


def with_denials(denials: Sequence[Denial]) -> list[Change]:
    """Other refusals."""
    return [Change(table, "DENIALS", tuple(denials)), Change(engine, "_DENIALS", _indexed(denials))]


def with_known(known: Sequence[Known]) -> list[Change]:
    """Other facts that repeat what is known."""
    return [Change(table, "KNOWN", tuple(known)), Change(engine, "_KNOWN", _indexed(known))]


def with_contradictions(contradictions: Sequence[Contradiction]) -> list[Change]:
    """Other contradictions."""
    index = _indexed(contradictions)
    return [Change(table, "CONTRADICTIONS", tuple(contradictions)), Change(engine, "_CONTRADICTIONS", index)]


def with_digital_goods(contradiction: Contradiction) -> list[Change]:
    """Another answer to facts about digital goods."""
    return _everywhere("DIGITAL_GOODS", contradiction, table, matching)


def with_implied(implied: Sequence[Implied]) -> list[Change]:
    """Other skipped steps of goods."""
    index = {(entry.trigger.name, source.value): entry.through for entry in implied for source in entry.sources}
    return [Change(table, "IMPLIED", tuple(implied)), Change(engine, "_IMPLIED", index)]


def _indexed(entries: Iterable[Any]) -> dict[str, dict[str, tuple[Any, ...]]]:
    index: dict[str, dict[str, tuple[Any, ...]]] = {}
    for entry in entries:
        cells = index.setdefault(entry.trigger.name, {})
        for source in entry.sources:
            cells[source] = (*cells.get(source, ()), entry)
    return index


def with_consequences(several: Sequence[Consequence]) -> list[Change]:
    """Other effects; what follows from what is found out anew."""
    return [Change(consequences, "CONSEQUENCES", tuple(several)), Change(consequences, "_FOLLOWING", {})]


# --- functions -------------------------------------------------------------------------------------------

OTHERWISE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
"""What a comparison is mistaken for."""

SIGNS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip


@frozen
class Comparison:
    """One comparison in a function of a module.

    Attributes:
        function: the function's qualified name.
        number: which comparison of the function, from 1.
        left, right: its sides, as they are written.
        sign, instead: how they are compared, and how they are not.
    """

    module: ModuleType
    function: str
    number: int
    left: str
    right: str
    sign: str
    instead: str

    def changes(self) -> list[Change]:
        """The function with this comparison turned into the other."""
        tree = ast.parse(inspect.getsource(self.module))
        node, position = _comparisons(_function(tree, self.function))[self.number - 1]
        node.ops[position] = OTHERWISE[type(node.ops[position])]()
        code = compile(tree, self.module.__file__ or "<mutant>", "exec", dont_inherit=True)
        return [Change(live(self.module, self.function), "__code__", _nested(code, self.function))]


def comparisons_of(module: ModuleType) -> list[Comparison]:
    """All comparisons in the functions of a module, in the order of its source."""
    found: list[Comparison] = []
    for name, function in _functions(ast.parse(inspect.getsource(module))):
        for number, (node, position) in enumerate(_comparisons(function), 1):
            sides = [node.left, *node.comparators]
            left, right = ast.unparse(sides[position]), ast.unparse(sides[position + 1])
            sign = type(node.ops[position])
            found.append(Comparison(module, name, number, left, right, SIGNS[sign], SIGNS[OTHERWISE[sign]]))
    return found


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """By qualified name; not those that run while a value is made, for nothing is decided there."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            for each in node.body:
                if isinstance(each, ast.FunctionDef) and not each.name.startswith("__"):
                    yield f"{node.name}.{each.name}", each


def _function(tree: ast.Module, name: str) -> ast.FunctionDef:
    return next(function for each, function in _functions(tree) if each == name)


def _comparisons(function: ast.FunctionDef) -> list[tuple[ast.Compare, int]]:
    nodes = [node for node in ast.walk(function) if isinstance(node, ast.Compare)]
    nodes.sort(key=lambda node: (node.lineno, node.col_offset, -(node.end_col_offset or 0)))
    return [(node, position) for node in nodes for position in range(len(node.ops))]


def _nested(code: CodeType, name: str) -> CodeType:
    for part in name.split("."):
        code = next(each for each in code.co_consts if isinstance(each, CodeType) and each.co_name == part)
    return code


def live(module: ModuleType, name: str) -> FunctionType:
    """The function that executes under a qualified name; of a property, its getter."""
    found: Any = module
    for part in name.split("."):
        found = inspect.getattr_static(found, part)
    found = found.fget if isinstance(found, property) else found
    assert isinstance(found, FunctionType)
    return found


def with_body(function: Callable[..., Any], other: Callable[..., Any]) -> list[Change]:
    """The body of `other` in the place of that of `function`, wherever it is referred to."""
    assert isinstance(function, FunctionType) and isinstance(other, FunctionType)
    return [Change(function, "__code__", other.__code__)]
