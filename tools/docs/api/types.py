"""How the API reference writes types and signatures, so that each name in them is a link.

Types are written as the source writes them: an alias by its own name, not by all that it stands for.
"""

import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from importlib import import_module
from inspect import Parameter, Signature, isclass, isfunction, signature
from pkgutil import walk_packages
from types import EllipsisType, NoneType, UnionType
from typing import Any, ForwardRef, Literal, ParamSpec, TypeVar, Union, get_args, get_origin

import attrs

import orderfsm
from orderfsm.errors import StoreError
from tools.docs.api.names import aliases, names

_UNITS = {"days": timedelta(days=1), "hours": timedelta(hours=1), "minutes": timedelta(minutes=1),
          "seconds": timedelta(seconds=1), "microseconds": timedelta(microseconds=1)}  # fmt: skip


# --- types -----------------------------------------------------------------------------------------------


def written(annotation: Any, *, in_full: bool = False) -> str:
    """A type, with ``~`` before what is to be shown by its last name alone; `in_full`, not by its own name."""
    alias = None if in_full else _alias(annotation)
    if alias is not None:
        return alias
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return " | ".join(_members(list(arguments), besides=annotation))
    if origin is Literal:
        return f"~typing.Literal[{', '.join(map(repr, arguments))}]"
    if origin is not None and hasattr(annotation, "__metadata__"):  # what is Annotated
        return written(arguments[0])
    if origin is not None:
        return f"{written(origin)}[{', '.join(map(written, arguments))}]"
    match annotation:
        case None | NoneType():
            return "None"
        case EllipsisType():
            return "..."
        case list():
            return f"[{', '.join(map(written, annotation))}]"
        case str():
            return annotation
        case ForwardRef():
            return annotation.__forward_arg__
        case TypeVar() | ParamSpec():
            return annotation.__name__
        case _ if annotation is NoneType:
            return "None"
        case _ if id(annotation) in names():
            return f"~{names()[id(annotation)]}"
        case _ if isclass(annotation) and annotation.__module__ == "builtins":
            return annotation.__name__
        case _:
            return f"~{annotation.__module__}.{getattr(annotation, '__qualname__', None) or annotation._name}"


def _alias(annotation: Any) -> str | None:
    """The name of a type that has one of its own, with ``Any`` for what it leaves open."""
    for name, value in aliases().items():
        if value == annotation:
            return f"~{name}"
        left = getattr(value, "__parameters__", ())
        if left and get_origin(value) is get_origin(annotation) and value[(Any,) * len(left)] == annotation:
            return f"~{name}[{', '.join(['~typing.Any'] * len(left))}]"
    return None


def _members(left: list[Any], besides: Any) -> list[str]:
    """The members of a union; a named union that was merged into it gets its name back."""
    found: list[str] = []
    for name, value in aliases().items():
        within = get_args(value)
        if value != besides and get_origin(value) in (Union, UnionType) and all(each in left for each in within):
            found.append(f"~{name}")
            left = [each for each in left if each not in within]
    return [*found, *map(written, left)]


def resolved(annotation: Any, module: str) -> Any:
    """An annotation that was written as text, as the type that it names."""
    if not isinstance(annotation, str) or not annotation:
        return annotation
    try:
        return eval(annotation, vars(sys.modules[module]))
    except NameError:  # imported for type checkers only
        return annotation


@cache
def variables() -> frozenset[str]:
    """The type variables of our modules; they have no entry, for a reader needs none."""
    found: list[Any] = []
    for each in walk_packages(orderfsm.__path__, "orderfsm."):
        with suppress(ImportError, StoreError):  # it wants a driver that the documentation does not need
            found += vars(import_module(each.name)).values() if not each.name.endswith("__main__") else ()
    return frozenset(value.__name__ for value in found if isinstance(value, TypeVar | ParamSpec))


# --- signatures ------------------------------------------------------------------------------------------


def signature_of(value: Any) -> tuple[str, str | None] | None:
    """The parameters and the result of a class or function; None where it is not called by anybody."""
    if not isclass(value):
        return _call(value, is_method=_is_method(value))
    if attrs.has(value):
        return f"({', '.join(_fields(value))})", None
    if issubclass(value, Enum | BaseException) or getattr(value, "_is_protocol", False):
        return None
    constructor = value.__init__
    return (_call(constructor, is_method=True)[0], None) if isfunction(constructor) else None


def _is_method(value: Any) -> bool:
    return "." in getattr(value, "__qualname__", "").removeprefix("_awaited.<locals>.")


def _call(value: Callable[..., Any], *, is_method: bool) -> tuple[str, str | None]:
    module = value.__module__
    called = signature(value)
    given = [each.replace(annotation=_Written(each.annotation, module), default=_Shown.of(each.default))
             for each in called.parameters.values()]  # fmt: skip
    if is_method and given and given[0].name in ("self", "cls"):
        given = given[1:]
    result = called.return_annotation
    returns = None if result is Signature.empty else written(resolved(result, module))
    return str(Signature(given)), returns


def result_of(value: Callable[..., Any]) -> str | None:
    """What a function gives."""
    return _call(value, is_method=False)[1]


class _Written:
    """An annotation that Python's own `inspect` shows as we write it."""

    def __new__(cls, annotation: Any, module: str) -> Any:
        return Parameter.empty if annotation is Parameter.empty else super().__new__(cls)

    def __init__(self, annotation: Any, module: str) -> None:
        self.text = written(resolved(annotation, module))

    def __repr__(self) -> str:
        return self.text


class _Shown:
    """A default that is shown as `shown` says."""

    def __init__(self, default: Any) -> None:
        self.default = default

    @classmethod
    def of(cls, default: Any) -> Any:
        """The default, or none."""
        return default if default is Parameter.empty else cls(default)

    def __repr__(self) -> str:
        return shown(self.default)


def _fields(kind: type) -> Iterable[str]:
    """The parameters by which an attrs class is made: its own fields first where they are named anyway."""
    given = [each for each in attrs.fields(kind) if each.init]
    if all(each.kw_only for each in given) and given:
        base = next((each for each in kind.__mro__[1:] if id(each) in names() and attrs.has(each)), None)
        inherited = () if base is None else attrs.fields_dict(base)
        given.sort(key=lambda each: (each.name in inherited, each.default is not attrs.NOTHING))
        yield "*"
    converted = getattr(kind, "__init__").__annotations__  # noqa: B009  (mypy asks for the instance's)
    for each in given:
        annotation = resolved(converted.get(each.name, each.type), kind.__module__)
        default = "" if each.default is attrs.NOTHING else f" = {shown(each.default)}"
        yield f"{each.name}: {written(annotation)}{default}"


def shown(default: Any) -> str:
    """A default as somebody would write it; ``...`` where only the text says what it is."""
    match default:
        case attrs.Factory():  # type: ignore[misc]
            made = default.factory
            empty = {dict: "{}", list: "[]"}
            return "..." if default.takes_self else empty.get(made, f"{made.__name__}()")
        case Enum():
            return f"{type(default).__name__}.{default.name}"
        case timedelta():
            return _duration(default)
        case Decimal():
            return f"'{default}'"
        case frozenset():
            return "frozenset()" if not default else f"{{{', '.join(repr(str(each)) for each in sorted(default))}}}"
        case tuple() if all(isinstance(each, str) for each in default):
            return repr(tuple(str(each) for each in default))
        case _ if isfunction(default):
            return "..."
        case _:
            return repr(default)


def _duration(default: timedelta) -> str:
    for unit, one in _UNITS.items():
        few_days = unit == "days" and default < 3 * one  # said in hours, as the policy does
        if default and not default % one and not few_days:
            return f"timedelta({unit}={default // one})"
    return "timedelta()"
