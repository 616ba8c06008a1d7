"""What all inputs share: the envelope, and how the values of their fields are checked.

The inputs themselves are in `orderfsm.commands` and `orderfsm.facts`.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Self, TypeVar

from attrs import evolve, field, frozen

from orderfsm.actors import Actor
from orderfsm.errors import InvalidInput
from orderfsm.money import decimal_amount
from orderfsm.selections import LinesArgument, Selection, selection
from orderfsm.times import instant

E = TypeVar("E", bound=StrEnum)

# --- converters ------------------------------------------------------------------------------------------


def read_lines(value: LinesArgument) -> Selection:
    return selection(value)


def read_optional_lines(value: LinesArgument | None) -> Selection | None:
    return None if value is None else selection(value)


def read_amount(value: Decimal | str | int) -> Decimal:
    return decimal_amount("amount", value)


def read_optional_amount(value: Decimal | str | int | None) -> Decimal | None:
    return None if value is None else decimal_amount("amount", value)


def read_terms(value: Decimal | str | int | None) -> Decimal | None:
    return None if value is None else decimal_amount("terms.amount", value)


def read_deduction(value: Decimal | str | int | None) -> Decimal | None:
    return None if value is None else decimal_amount("deduction", value)


def read_delivery_fee(value: Decimal | str | int) -> Decimal:
    return decimal_amount("delivery_fee", value)


def member(name: str, members: type[E], value: object) -> E:
    """Read one of the `members` of an enumeration."""
    try:
        return members(value)  # type: ignore[arg-type]
    except ValueError:
        raise InvalidInput(name, f"one of {', '.join(members)}", value) from None


def text(name: str, value: object, *, empty: bool = False) -> str:
    """Check a piece of text; ids must not be empty."""
    if not isinstance(value, str) or not (value or empty):
        raise InvalidInput(name, "text" if empty else "text that is not empty", value)
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise InvalidInput(name, "text without lone surrogates", value) from None
    return value


# --- the envelope ----------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Input:
    """What every input carries.

    Attributes:
        name: what it is called in logs and journals, such as ``dispatched``. Permanent.
        is_command: whether somebody asks; else the world reports.
        at: when it occurred; decides, for instance, whether a payment was in time.
        by: who says it.
        received_at: when we learnt of it, by default `at`; decides which deadlines have passed.
        id: idempotency key, unique per order and sender. The same id with the same content is a duplicate.

    Raises:
        InvalidInput: a value that no input of this kind can hold, such as a naive time; it names the field.
    """

    name: ClassVar[str] = ""
    is_command: ClassVar[bool] = False

    at: datetime | None = None
    by: Actor | None = None
    received_at: datetime | None = field(default=None, eq=False)
    id: str | None = None

    def __attrs_post_init__(self) -> None:
        if self.at is not None:
            object.__setattr__(self, "at", instant("at", self.at))
        if self.received_at is not None:
            object.__setattr__(self, "received_at", instant("received_at", self.received_at))
        if self.received_at is not None and self.at is not None and self.received_at < self.at:
            raise InvalidInput("received_at", "a time not before at", self.received_at.isoformat())
        if self.by is not None and not isinstance(self.by, Actor):
            raise InvalidInput("by", "an Actor, such as Customer('c9')", self.by)
        if self.id is not None:
            text("id", self.id)
        self.check()

    def check(self) -> None:
        """Check what only this input carries; raises InvalidInput."""

    def sent(
        self,
        *,
        by: Actor | None = None,
        at: datetime | None = None,
        received_at: datetime | None = None,
        id: str | None = None,
    ) -> Self:
        """The same input with its envelope completed by what is given here."""
        if by is None and at is None and received_at is None and id is None:
            return self
        return evolve(
            self,
            by=self.by if by is None else by,
            at=self.at if at is None else at,
            received_at=self.received_at if received_at is None else received_at,
            id=self.id if id is None else id,
        )


class Command(Input):
    """Somebody asks for something; the answer is yes, or no with reasons."""

    __slots__ = ()
    is_command: ClassVar[bool] = True


class Fact(Input):
    """The world reports something; it is never refused."""

    __slots__ = ()
