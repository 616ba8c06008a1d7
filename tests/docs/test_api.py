"""The API reference documents what is public, on one page each, and every docstring says what it has to."""

import ast
import builtins
import re
from collections import Counter
from collections.abc import Iterator
from enum import Enum
from inspect import cleandoc, getmembers, getsource, isclass, isfunction, isroutine, unwrap
from pathlib import Path
from textwrap import dedent
from types import FunctionType
from typing import Any

import pytest
from sphinx.pycode import ModuleAnalyzer

import orderfsm
from orderfsm import book, log, store, testing
from orderfsm.reasons import AnomalyCode, Code
from orderfsm.testing import strategies
from tools.docs.api.docstrings import Place, linked, own_fields, place_of, told_fields
from tools.docs.api.names import FOLDER, entries, found, meant
from tools.docs.api.referring import home_of
from tools.docs.api.types import signature_of, written
from tools.docs.documented import section

ENTRIES = {entry.name: entry.value for entry in entries()}
CLASSES = {name: value for name, value in ENTRIES.items() if isclass(value)}
FUNCTIONS = {name: value for name, value in ENTRIES.items() if isfunction(value)}

STATED = {
    "orderfsm": orderfsm.__all__,
    "orderfsm.book": book.__all__,
    "orderfsm.log": log.__all__,
    "orderfsm.store": store.__all__,
    "orderfsm.testing": testing.__all__,
    "orderfsm.testing.strategies": strategies.__all__,
}
"""Modules that say themselves what is public."""

WHOLE = (
    "orderfsm.async_book", "orderfsm.choices", "orderfsm.clauses", "orderfsm.guards", "orderfsm.importing",
    "orderfsm.log_answers", "orderfsm.order", "orderfsm.records", "orderfsm.replay", "orderfsm.rows",
    "orderfsm.testing.properties", "orderfsm.verifying", "orderfsm.worker",
)  # fmt: skip
"""Modules of which every class and function is public, but for these."""

NOT_PUBLIC = {
    "orderfsm.log_answers": {"effect_object", "reason_object", "refund_object"},
    "orderfsm.order": {"order_state", "quantities", "was_cancelled"},
    "orderfsm.records": {"Answer", "TurnedAway", "decision_of", "read_answer", "read_effect", "write_answer",
                         "write_effect"},
    "orderfsm.replay": {"without_cycles"},
    "orderfsm.rows": {"iter_sources", "name_of", "states"},
    "orderfsm.verifying": {"broken_invariants"},
}  # fmt: skip

ELSEWHERE = {
    "orderfsm.actors", "orderfsm.deadlines", "orderfsm.diagrams", "orderfsm.effects", "orderfsm.events",
    "orderfsm.history", "orderfsm.log_files", "orderfsm.log_schema", "orderfsm.pages", "orderfsm.policy_file",
    "orderfsm.reasons", "orderfsm.scene", "orderfsm.selections", "orderfsm.table", "orderfsm.tables",
    "orderfsm.testing.clock", "orderfsm.testing.driving", "orderfsm.testing.findings", "orderfsm.testing.keys",
    "orderfsm.testing.kinds", "orderfsm.testing.observing", "orderfsm.testing.orders", "orderfsm.testing.planting",
    "orderfsm.testing.playing", "orderfsm.testing.proving", "orderfsm.testing.store_watching",
    "orderfsm.testing.trials",
}  # fmt: skip
"""Modules of which only single names are public."""


def defined(module: str) -> set[str]:
    """The classes and functions that a module defines and does not keep to itself."""
    tree = ast.parse(Path(found(module).__file__).read_text("utf-8"))
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {each.name for each in tree.body if isinstance(each, kinds) and not each.name.startswith("_")}


# --- what is documented ----------------------------------------------------------------------------------


def test_each_thing_has_one_entry() -> None:
    """Under one name, on one page."""
    twice = [name for name, count in Counter(entry.name for entry in entries()).items() if count > 1]
    assert [] == twice
    same = Counter(id(entry.value) for entry in entries() if isclass(entry.value) or isroutine(entry.value))
    assert {1} == set(same.values())


@pytest.mark.parametrize("module", STATED)
def test_what_a_module_exports_has_an_entry(module: str) -> None:
    """Whatever ``__all__`` names, save the version, a host finds explained."""
    known = {id(value) for value in ENTRIES.values()}
    missing = [name for name in STATED[module] if name != "__version__" and f"{module}.{name}" not in ENTRIES]
    assert [] == [name for name in missing if id(found(f"{module}.{name}")) not in known]


@pytest.mark.parametrize("module", WHOLE)
def test_every_class_and_function_of_a_public_module_has_an_entry(module: str) -> None:
    """Nothing new appears there without an entry, and no exception outlives its name."""
    known = {id(value) for value in ENTRIES.values()}
    without = {name for name in defined(module) if id(found(f"{module}.{name}")) not in known}
    assert NOT_PUBLIC.get(module, set()) == without


def test_no_entry_is_of_a_module_that_is_not_public() -> None:
    """The other way round: what is documented is exported, or of a module that is said to be public."""
    strange = {name for name in ENTRIES if (module := name.rpartition(".")[0]) not in {*WHOLE, *ELSEWHERE}
               and name.rpartition(".")[2] not in STATED.get(module, ())}  # fmt: skip
    assert set() == strange


def test_the_index_names_every_page() -> None:
    """Whoever looks for a name is told what to import from where."""
    text = (FOLDER / "index.md").read_text("utf-8")
    pages = {path.stem for path in FOLDER.glob("*.md")} - {"index"}
    assert pages == set(re.findall(r"\]\((\w+)\.md\)", text))
    assert pages == {line for line in text.splitlines() if line in pages}
    assert pages == {entry.page for entry in entries()}


# --- what is said of it ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_field_and_method_is_explained(name: str) -> None:
    """In the docstring of the class, that of the method, or that of the member."""
    kind = CLASSES[name]
    told = told_fields(kind)
    assert vars(kind).get("__doc__"), name
    assert [] == [field for field in own_fields(kind) if not told.get(field)]
    assert [] == [member for member, value in methods(kind) if not value.__doc__]
    if issubclass(kind, Enum) and kind not in (Code, AnomalyCode):
        analyzer = ModuleAnalyzer.for_module(kind.__module__)
        analyzer.analyze()
        assert [] == [each for each in kind.__members__ if (kind.__name__, each) not in analyzer.attr_docs]


def methods(kind: type) -> Iterator[tuple[str, Any]]:
    """The public methods and properties of a class that it does not have from Python or a library.

    Stores and their contract explain each method once, in the protocol; so do inputs with `check`.
    """
    if kind.__name__ in ("MemoryStore", "WatchedStore", "StoreContract"):
        return
    for name, value in getmembers(kind, lambda value: isfunction(value) or isinstance(value, property)):
        if not name.startswith("_") and name != "check":
            home = value.fget if isinstance(value, property) else value
            if home is not None and (home.__module__ or "").startswith("orderfsm"):
                yield name, value


@pytest.mark.parametrize("name", [name for name, value in ENTRIES.items() if not isclass(value)])
def test_every_function_constant_and_named_type_is_explained(name: str) -> None:
    """In its docstring, or in the one that follows it."""
    value = ENTRIES[name]
    assert value.__doc__ if isroutine(value) else home_of(name)


def docstrings() -> Iterator[tuple[str, str, Any, str]]:
    """Every docstring of an entry and of its methods: what it is, its name, its owner, its text."""
    for name, value in ENTRIES.items():
        if isclass(value):
            yield "class", name, value, cleandoc(value.__doc__ or "")
            for member, method in methods(value):
                what = "property" if isinstance(method, property) else "method"
                yield what, f"{name}.{member}", method, cleandoc(method.__doc__ or "")
        elif isroutine(value):
            yield "function", name, value, cleandoc(value.__doc__ or "")


def test_what_is_raised_exists() -> None:
    """Each name under ``Raises:`` is a fault of ours that has an entry, or one of Python's or a library's."""
    seen = 0
    for what, name, value, text in docstrings():
        place = place_of(what, name, value)
        for fault in section(text, "Raises"):
            seen += 1
            ours = meant(fault, place.module, None)
            known = found(ours) if ours else vars(place.module).get(fault) or vars(builtins).get(fault)
            assert isclass(known) and issubclass(known, BaseException), f"{name}: {fault}"
    assert seen > 30


def test_what_is_raised_is_told() -> None:
    """A function that raises a fault itself says so, or its class does for it."""
    silent: list[str] = []
    for _, name, value, text in docstrings():
        code = getattr(value, "fget", value) if not isclass(value) else vars(value).get("__attrs_post_init__")
        if isfunction(code := unwrap(code) if code else code) and code.__code__.co_filename.endswith(".py"):
            told = set(section(text, "Raises"))
            silent += [f"{name}: {fault}" for fault in raised_in(code) - told]
    assert [] == silent


def raised_in(function: FunctionType) -> set[str]:
    """The faults of ours that a function raises, by what stands after its ``raise``."""
    tree = ast.parse(dedent(getsource(function)))
    calls = [each.exc for each in ast.walk(tree) if isinstance(each, ast.Raise) and isinstance(each.exc, ast.Call)]
    names = {call.func.id for call in calls if isinstance(call.func, ast.Name)}
    kinds = {name: function.__globals__.get(name) for name in names}
    return {name for name, kind in kinds.items() if isclass(kind) and issubclass(kind, orderfsm.OrderfsmError)}


def test_arguments_exist() -> None:
    """Each name under ``Args:`` is a parameter of what it explains."""
    for _, name, value, text in docstrings():
        for argument in section(text, "Args"):
            parameters = signature_of(value)
            assert parameters is not None and re.search(rf"\b{argument}\b", parameters[0]), f"{name}: {argument}"


def test_amounts_say_their_unit() -> None:
    """A whole number of money is in minor units, a decimal is one of a currency, and both say so."""
    amounts = {"amount", "deduction", "delivery_fee", "terms", "minor"}
    seen = 0
    for name, kind in CLASSES.items():
        told = told_fields(kind)
        for field, (hint, _) in own_fields(kind).items():
            if field in amounts and "Money" not in written(hint) and written(hint) != "str":
                seen += 1
                expected = "minor unit" if "int" in written(hint) else "decimal"
                assert expected in told[field], f"{name}.{field}: {told[field]}"
    assert seen >= 12


# --- how it is read --------------------------------------------------------------------------------------


def scope(of: type) -> Place:
    """What is in scope in the docstring of a class."""
    return place_of("class", "", of)


def test_backticks_are_links_where_they_name_something() -> None:
    """A class, a method, an input by its name; else code."""
    here = scope(orderfsm.OrderMachine)
    assert ":py:obj:`Order <orderfsm.Order>`" == linked("`Order`", here)
    assert ":py:obj:`decide <orderfsm.OrderMachine.decide>`" == linked("`decide`", here)
    assert ":py:obj:`cancel_delivery <orderfsm.CancelDelivery>`" == linked("`cancel_delivery`", here)
    assert "``True``, ``x``" == linked("`True`, ``x``", here)


def test_names_are_looked_up_where_the_docstring_stands() -> None:
    """Two things of one name are told apart by the imports of the module."""
    assert "orderfsm.Action" == meant("Action", found("orderfsm.machine"), None)
    assert "orderfsm.testing.Action" == meant("Action", found("orderfsm.testing.exploring"), None)


def test_a_name_of_ours_that_does_not_exist_is_a_fault() -> None:
    """A docstring that outlives what it names stops the build."""
    with pytest.raises(LookupError):
        linked("see `orderfsm.log.raed_line`", scope(orderfsm.OrderMachine))


def test_clauses_are_links() -> None:
    """By their number, whether of a document or a reading; what only looks like one is left alone."""
    here = scope(orderfsm.OrderMachine)
    assert "(:entry:`A9 <policy#a9>`)" == linked("(A9)", here)
    assert "policy :entry:`5.14 <policy#reading-5-14>`" == linked("policy 5.14", here)
    assert "line A, A99, DIN A4x" == linked("line A, A99, DIN A4x", here)


def test_types_are_written_by_their_names() -> None:
    """An alias keeps its name, also where a union has swallowed it."""
    lines = orderfsm.RequestCancellation.__init__.__annotations__["lines"]
    assert "~orderfsm.selections.LinesArgument" == written(lines)
    assert "~orderfsm.selections.Selection | None" == written(found("orderfsm.selections.Selection") | None)
    assert "~orderfsm.guards.Guard[~typing.Any]" == written(found("orderfsm.guards.Guard")[Any])


def test_inputs_show_first_what_is_their_own() -> None:
    """Then the envelope that all of them have."""
    shown = signature_of(orderfsm.RequestReturn)
    assert shown is not None
    names = re.findall(r"(\w+): ", shown[0])
    assert ["lines", "reason", "kind", "opened", "at", "by", "received_at", "id"] == names
