"""The values of the policy, each with its place, how a file writes it, and what it changes."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import Attribute, fields

from orderfsm.events import Waiting
from orderfsm.policy import Policy, ReturnSchedule
from orderfsm.policy_file import write_policy
from tools.docs import anchors
from tools.docs.linking import Linked

LINK = Linked("policy")

CHANGES: Mapping[str, str] = {
    "payment_window": "when `payment_window_closed` happens, and which payments are `captured_too_late`",
    "payment_grace": "when `payment_window_closed` happens, but not which payments are in time",
    "unpaid_cancellation": "whether guard `may_cancel_unpaid` holds",
    "own_goods_need_approval": "which row of `request_cancellation` is taken: `needs_approval` or `direct`",
    "preparation_after": "when `preparation_presumed` happens",
    "prepaid_label_countries": "whether guard `label_can_be_had` holds",
    "return_shipping": "how much `assess_return` pays back where no deduction is given",
    "refund_after_days": "`not_before` of `SendRefund`, which only informs",
    "refund_within_days": "`due_by` of `SendRefund`, and when `refund_overdue` is told",
    "return_address": "the address in `SendReturnAddress`",
    "bundle_widening": "whether part of a bundle is widened or refused with `bundle_indivisible`",
    "returns.full_days": "how much `assess_return` pays back",
    "returns.late_share": "how much `assess_return` pays back",
    "returns.shop_fault_reasons": "how much `assess_return` pays back, and which goods are `opened_by_choice`",
}
"""What a value changes."""


def policy_values() -> str:
    """Every number and switch of the policy with its default."""
    lines = ["| value | default, as a file writes it | clause | meaning |", "| --- | --- | --- | --- |"]
    return "\n".join([*lines, *(_line(name, field) for name, field in _values())])


def _values() -> Iterator[tuple[str, "Attribute[Any]"]]:
    yield from ((each.name, each) for each in fields(Policy) if each.name != "returns")
    yield from ((f"returns.{each.name}", each) for each in fields(ReturnSchedule))


def _line(name: str, field: "Attribute[Any]") -> str:
    meaning = field.metadata["meaning"]
    cells = [
        f'<a id="{anchors.value(name).id}"></a>`{name}`',
        f"`{written(name, Policy())}`{_example(name)}",
        LINK.clause(field.metadata["clause"]),
        f"{meaning[0].upper()}{meaning[1:]}. Changes {_changes(name)}.",
    ]
    return f"| {' | '.join(cells)} |"


def _changes(name: str) -> str:
    if name in set(Waiting):  # a waiting and its length have the same name
        return f"when {anchors.waiting(Waiting(name)).link(f'`{name}`', of=LINK.of)} is told"
    return LINK.sentence(CHANGES[name])


_FILLED = Policy(return_shipping={"EUR": "4.90"}, prepaid_label_countries={"AT", "DE"})


def _example(name: str) -> str:
    filled = written(name, _FILLED)
    return "" if filled == written(name, Policy()) else f", or such as `{filled}`"


def written(name: str, policy: Policy) -> str:
    """A value in TOML: what stands behind ``name =``, on one line."""
    if name == "return_shipping":
        return "{" + ", ".join(f'{currency} = "{amount}"' for currency, amount in policy.return_shipping.items()) + "}"
    found = re.search(rf"^{name.removeprefix('returns.')} = (\[[^]]*\]|.*)$", write_policy(policy), re.M)
    assert found is not None, name
    return " ".join(found[1].split()).replace("[ ", "[").replace(", ]", "]")
