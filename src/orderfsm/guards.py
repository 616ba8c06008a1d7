"""Guards: true statements that must hold before a row may be taken. The ``guards`` column of the table.

A guard is pure, returns None where its statement holds and the reason where it does not. All failing guards
are reported; their order makes no difference. A guard that raises is a fault and propagates.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from attrs import field, frozen

from orderfsm.actors import Role
from orderfsm.amounts import amount_is_needed
from orderfsm.choices import opened_by_choice
from orderfsm.errors import InvalidTable
from orderfsm.inputs import (
    COMMANDS,
    ApproveReturn,
    AssessReturn,
    Command,
    Input,
    Label,
)
from orderfsm.order import Lot, Order
from orderfsm.reasons import AnomalyCode, Code, Reason, Step
from orderfsm.scene import Scene
from orderfsm.times import shown

I = TypeVar("I", bound=Input)
Guard = Callable[[Scene[I], Lot], Reason | None]
"""A true statement about a lot in a scene: None where it holds, else the reason why not."""


def _commands(value: Iterable[type[Command]]) -> tuple[type[Command], ...]:
    return tuple(value)


def _never(order: Order, lot: Lot) -> Sequence[datetime]:
    return ()


@frozen(kw_only=True)
class HostGuard:
    """A shop's own rule on commands (policy 5.14). It can only refuse more, with a code of its own.

    It is asked about each lot that the command concerns: all goods for `Place`, the goods that fit for
    commands about goods, the goods that a refund pays for `ResendRefund`, else all goods.

    Attributes:
        code: the shop's own code, in snake_case; none of orderfsm's.
        on: the commands that it guards.
        holds: pure; True where the command is allowed for these goods.
        sentence: what a person is told.
        next_steps: what can be done instead.
        instants: a list of when what it says of some goods may change because time passes, such as 14 days after
            their delivery, always in the same order. Deciding does not ask for it; a proof tries everything just
            before, at and after these.

    Raises:
        InvalidTable: the code is taken or malformed, or the input is no command.
    """

    code: str
    on: tuple[type[Command], ...] = field(converter=_commands)
    holds: Callable[[Scene[Any], Lot], bool]
    sentence: str
    next_steps: tuple[str, ...] = (Step.CONTACT_CUSTOMER_SERVICE,)
    instants: Callable[[Order, Lot], Sequence[datetime]] = _never

    def __attrs_post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.code):
            raise InvalidTable(f"host guard {self.code!r}: expected a code in snake_case")
        if self.code in {*Code, *AnomalyCode}:
            raise InvalidTable(f"host guard {self.code!r}: this code has a meaning of its own in orderfsm")
        for command in self.on:
            if command not in COMMANDS:
                raise InvalidTable(f"host guard {self.code!r}: {getattr(command, '__name__', command)} is no command")

    def __call__(self, scene: Scene[Input], lot: Lot) -> Reason | None:
        if self.holds(scene, lot):
            return None
        return Reason(self.code, "5.14", {"line": lot.line.id, "state": lot.state}, self.next_steps, self.sentence)


# --- cancellation ----------------------------------------------------------------------------------------


def may_cancel_unpaid(scene: Scene[Input], lot: Lot) -> Reason | None:
    """A3: unpaid orders close by themselves; only a policy switch lets anybody cancel them by hand."""
    if scene.policy.unpaid_cancellation:
        return None
    closes_at = scene.payment_closes_at + scene.policy.payment_grace
    facts = {"line": lot.line.id, "state": lot.state, "closes_at": shown(closes_at)}
    return Reason(Code.CLOSES_BY_ITSELF, "A3", facts, (Step.WAIT,))


def covered(scene: Scene[Input], lot: Lot) -> Reason | None:
    """B7: digital goods are outside of cancellation and return."""
    if lot.line.physical:
        return None
    return Reason(Code.NOT_COVERED, "B7", {"line": lot.line.id, "kind": lot.line.kind}, (contact(lot),))


def decided_by_its_seller(scene: Scene[Input], lot: Lot) -> Reason | None:
    """B10: about a third-party seller's goods that seller decides, and nobody else.

    (That a seller decides about no other goods is seen before, and answered with `not_allowed`.)
    """
    if lot.line.seller is None or scene.by.role is Role.SELLER:
        return None
    facts = {"line": lot.line.id, "seller": lot.line.seller}
    return Reason(Code.SELLER_DECIDES, "B10", facts, (Step.CONTACT_SELLER,))


# --- returns ---------------------------------------------------------------------------------------------


def label_can_be_had(scene: Scene[ApproveReturn], lot: Lot) -> Reason | None:
    """A15: a prepaid label does not exist in every region."""
    country = scene.order.country
    if scene.input.label is Label.OWN or country in scene.policy.prepaid_label_countries:
        return None
    facts = {"line": lot.line.id, "country": country, "offered": sorted(scene.policy.prepaid_label_countries)}
    return Reason(Code.NO_PREPAID_LABEL, "A15", facts, ("approve_return",))


def terms_where_needed(scene: Scene[ApproveReturn], lot: Lot) -> Reason | None:
    """A16: opened goods that are merely unwanted are taken back on agreed terms only."""
    if scene.input.terms is not None:
        return None
    facts = {"line": lot.line.id, "opened": True, "paid": lot.amount}
    return Reason(Code.TERMS_REQUIRED, "A16", facts, ("approve_return",))


def terms_only_where_needed(scene: Scene[ApproveReturn], lot: Lot) -> Reason | None:
    """A16: terms are for goods opened by choice, not for defects, repair or exchange."""
    if scene.input.terms is None:
        return None
    facts = {"line": lot.line.id, "opened_by_choice": opened_by_choice(scene, lot)}
    return Reason(Code.TERMS_NOT_NEEDED, "A16", facts, ("approve_return",))


# --- refunds ---------------------------------------------------------------------------------------------


def not_yet_assessed(scene: Scene[Input], lot: Lot) -> Reason | None:
    """A19: what is paid back for goods is decided once."""
    if not lot.assessed:
        return None
    facts = {"line": lot.line.id, "refunds": list(lot.refunds)}
    return Reason(Code.ALREADY_ASSESSED, "A19", facts, (Step.WAIT,))


def amount_where_needed(scene: Scene[AssessReturn], lot: Lot) -> Reason | None:
    """A16, A19: goods that came back opened or damaged against the form need a person's amount."""
    assessment = scene.input
    if assessment.amount is not None or not amount_is_needed(scene, lot, assessment):
        return None
    facts = {
        "line": lot.line.id,
        "announced_opened": lot.case is not None and lot.case.opened,
        "condition": lot.condition,
        "paid": lot.amount,
    }
    return Reason(Code.AMOUNT_REQUIRED, "A19", facts, ("assess_return",))


def contact(lot: Lot) -> Step:
    """Whom to ask about these goods: their seller (B11), or customer service (A6)."""
    return Step.CONTACT_CUSTOMER_SERVICE if lot.line.seller is None else Step.CONTACT_SELLER
