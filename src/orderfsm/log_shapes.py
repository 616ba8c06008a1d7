"""The shape of one line of the order log: a msgspec Struct per input, made from the input classes.

Nothing is written down twice: a field that is added to an input is a field of the log, and of its JSON
Schema, from then on. What a shape cannot say (currencies, roles, a time before another) the input classes
check when `orderfsm.log` builds them.
"""

import re
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args

import msgspec
from attrs import NOTHING, Attribute, fields
from msgspec import Meta, Struct

from orderfsm.actors import NAMED_ROLES, Actor, Role
from orderfsm.inputs import INPUTS, Input, Item, ReasonedCommand
from orderfsm.selections import Selection

TICK = "tick"
"""What a line does that only lets time pass; it is no input of the machine."""

AMOUNT = re.compile(r"[0-9]{1,15}(\.[0-9]{1,30})?", re.ASCII)
"""A plain decimal: no sign, no exponent, no spaces, and never a JSON number, which may have been a float."""

_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:?[0-9]{2})$"
_named = "|".join(sorted(role.value for role in NAMED_ROLES))
_others = "|".join(role.value for role in Role if role not in NAMED_ROLES)
_BY = rf"^(({_others})(:[\s\S]+)?|({_named}):[\s\S]+)$"

# Patterns stand in the schema only: our own checks are faster, and say what is wrong in our words.
Text = Annotated[str, Meta(min_length=1)]
AmountText = Annotated[
    str, Meta(description='a decimal amount, such as "12.00"', extra_json_schema={"pattern": f"^{AMOUNT.pattern}$"})
]
Instant = Annotated[datetime, Meta(tz=True, extra_json_schema={"pattern": _TIME})]
Sender = Annotated[str, Meta(description="a role, or role:id", extra_json_schema={"pattern": _BY})]
Quantity = Annotated[int, Meta(ge=1, le=10**6)]
Selected = Union[  # noqa: UP007  (a Literal in a union with "|" is no type at run time)
    Literal["all"],
    Annotated[list[str], Meta(extra_json_schema={"uniqueItems": True})],
    dict[str, Annotated[int, Meta(ge=1)]],
]
_MaybeText: TypeAlias = Text | None
_MaybeAmount: TypeAlias = AmountText | None
_MaybeInstant: TypeAlias = Instant | None
_MaybeSender: TypeAlias = Sender | None


class Terms(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """The refund that is offered, or agreed, for opened goods (A16)."""

    amount: AmountText


_SHAPES: dict[Any, Any] = {
    str: Text,
    str | None: _MaybeText,
    int: Quantity,
    bool: bool,
    Decimal: AmountText,
    Decimal | None: _MaybeAmount,
    datetime | None: _MaybeInstant,
    Actor | None: _MaybeSender,
    Selection: Selected,
    Selection | None: Union[Selected, None],  # noqa: UP007
}


def members_of(annotation: Any) -> type[StrEnum] | None:
    """The enumeration that a field holds, if it holds one."""
    kinds = get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, StrEnum)), None)


def _shape_of(owner: type, field: "Attribute[Any]") -> Any:
    """The JSON shape of one field of an input; TypeError for a type that the log does not know yet."""
    if field.name == "terms":
        return Terms | None
    if field.default == "":
        return str
    if field.name == "reason" and issubclass(owner, ReasonedCommand):
        return str | None
    if field.type == tuple[Item, ...]:
        return Annotated[list[ITEM], Meta(min_length=1)]  # type: ignore[valid-type]
    if members_of(field.type):
        return field.type
    shape = _SHAPES.get(field.type)
    if shape is None:
        raise TypeError(f"{owner.__name__}.{field.name}: the order log has no shape for {field.type}")
    return shape


def _struct(owner: type, own: "list[tuple[Any, ...]]", without: frozenset[str], **tagging: Any) -> type[Struct]:
    """A Struct with the fields of `owner`, less those that `own` defines anew."""
    for field in fields(owner):
        if field.name not in without:
            shape = _shape_of(owner, field)
            own.append((field.name, shape) if field.default is NOTHING else (field.name, shape, field.default))
    return msgspec.defstruct(
        owner.__name__,
        own,
        frozen=True,
        kw_only=True,
        omit_defaults=True,
        forbid_unknown_fields=True,
        gc=False,
        namespace={"__doc__": owner.__doc__},
        **tagging,
    )


_ENVELOPE = frozenset({"at", "by"})

ITEM: type[Struct] = _struct(Item, [], frozenset())
"""One line of an order to be placed."""

SHAPES: dict[type[Input], type[Struct]] = {
    kind: _struct(kind, [("order", Text), ("at", Instant), ("by", Sender)], _ENVELOPE, tag_field="do", tag=kind.name)
    for kind in INPUTS
}
"""The shape of the line that carries each input."""


class TickShape(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, tag_field="do",
                tag=TICK, gc=False):  # fmt: skip
    """Only lets time pass: for one order, or for all of them."""

    at: Instant
    order: Text | None = None
    by: Sender | None = None
    received_at: Instant | None = None
    id: Text | None = None


LINE: Any = Union[(*SHAPES.values(), TickShape)]
"""Any line of the log."""

INPUT_BY_NAME: dict[str, type[Input]] = {kind.name: kind for kind in INPUTS}
DOES: tuple[str, ...] = (*INPUT_BY_NAME, TICK)
"""Everything that `do` may say."""
