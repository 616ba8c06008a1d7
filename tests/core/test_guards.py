"""Every guard of the table refuses by itself: one refusal each, for which it is the only reason.

Beside each stands the nearest case in which the same statement holds and the command is accepted, so that a
guard that always refuses is noticed as well as one that never does.
"""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from attrs import frozen

from orderfsm import (
    COMMANDS,
    CUSTOMER_SERVICE,
    FACTS,
    Actor,
    AnomalyCode,
    ApproveCancellation,
    ApproveReturn,
    AssessReturn,
    Code,
    Command,
    Decision,
    HostGuard,
    Input,
    InvalidTable,
    Label,
    Policy,
    RequestCancellation,
    RequestReturn,
)
from orderfsm.guards import (
    Guard,
    amount_where_needed,
    covered,
    decided_by_its_seller,
    label_can_be_had,
    may_cancel_unpaid,
    not_yet_assessed,
    terms_only_where_needed,
    terms_where_needed,
)
from orderfsm.order import Lot
from orderfsm.scene import Scene
from orderfsm.table import ROWS
from tests.policy.road import agreed, asked_back, assess, delivered, returned
from tests.policy.story import BUYER, SELLER, Story, codes, item, paid, placed

A = ["A"]


@frozen(kw_only=True)
class Case:
    """A refusal by one guard alone, and the nearest case in which its statement holds."""

    id: str
    guard: Guard[Any]
    story: Callable[[], Story]
    input: Command
    after: float
    by: Actor = CUSTOMER_SERVICE
    code: str
    clause: str
    facts: set[str]
    next_steps: tuple[str, ...]
    allowed: Callable[[], tuple[Story, Command, Actor]]


def _asked_of_seller() -> Story:
    story = paid(item(seller="s7"))
    assert "accepted" == story.send(RequestCancellation(lines=A), 1).outcome
    return story


def _assessed() -> Story:
    story = returned()
    assert "accepted" == assess(story).outcome
    return story


CANCEL = RequestCancellation(lines=A)
RETURN = RequestReturn(lines=A, reason="changed_mind")
PREPAID = ApproveReturn(lines=A, label=Label.PREPAID)


def labels_in(*countries: str) -> Policy:
    """A policy with prepaid labels in these countries."""
    return Policy(prepaid_label_countries=frozenset(countries))


CASES = (
    # --- cancellation
    Case(
        id="unpaid orders close by themselves",
        guard=may_cancel_unpaid,
        story=placed,
        input=CANCEL,
        by=BUYER,
        after=1,
        code="closes_by_itself",
        clause="A3",
        facts={"line", "state", "closes_at"},
        next_steps=("wait",),
        allowed=lambda: (placed(policy=Policy.marketplace()), CANCEL, BUYER),
    ),
    Case(
        id="unpaid digital goods are not covered by cancellation",
        guard=covered,
        story=lambda: placed(item(kind="digital"), policy=Policy.marketplace()),
        input=CANCEL,
        by=BUYER,
        after=1,
        code="not_covered",
        clause="B7",
        facts={"line", "kind"},
        next_steps=("contact_customer_service",),
        allowed=lambda: (placed(policy=Policy.marketplace()), CANCEL, BUYER),
    ),
    Case(
        id="digital goods are not covered by returns",
        guard=covered,
        story=lambda: paid(item(kind="digital", seller="s7")),
        input=RETURN,
        by=BUYER,
        after=50,
        code="not_covered",
        clause="B7",
        facts={"line", "kind"},
        next_steps=("contact_seller",),
        allowed=lambda: (delivered(item(seller="s7")), RETURN, BUYER),
    ),
    Case(
        id="a seller's goods are its own affair",
        guard=decided_by_its_seller,
        story=_asked_of_seller,
        input=ApproveCancellation(lines=A),
        after=2,
        code="seller_decides",
        clause="B10",
        facts={"line", "seller"},
        next_steps=("contact_seller",),
        allowed=lambda: (_asked_of_seller(), ApproveCancellation(lines=A), SELLER),
    ),
    # --- returns
    Case(
        id="no prepaid label in that country",
        guard=label_can_be_had,
        story=lambda: asked_back(policy=labels_in("FR")),
        input=PREPAID,
        after=74,
        code="no_prepaid_label",
        clause="A15",
        facts={"line", "country", "offered"},
        next_steps=("approve_return",),
        allowed=lambda: (asked_back(policy=labels_in("DE")), PREPAID, CUSTOMER_SERVICE),
    ),
    Case(
        id="opened by choice, without terms",
        guard=terms_where_needed,
        story=lambda: asked_back(form={"opened": True}),
        input=ApproveReturn(lines=A),
        after=74,
        code="terms_required",
        clause="A16",
        facts={"line", "opened", "paid"},
        next_steps=("approve_return",),
        allowed=lambda: (asked_back(form={"opened": True}), ApproveReturn(lines=A, terms="6.00"), CUSTOMER_SERVICE),
    ),
    Case(
        id="unopened, with terms",
        guard=terms_only_where_needed,
        story=asked_back,
        input=ApproveReturn(lines=A, terms="6.00"),
        after=74,
        code="terms_not_needed",
        clause="A16",
        facts={"line", "opened_by_choice"},
        next_steps=("approve_return",),
        allowed=lambda: (asked_back(), ApproveReturn(lines=A), CUSTOMER_SERVICE),
    ),
    # --- refunds
    Case(
        id="assessed before",
        guard=not_yet_assessed,
        story=_assessed,
        input=AssessReturn(lines=A),
        after=99,
        code="already_assessed",
        clause="A19",
        facts={"line", "refunds"},
        next_steps=("wait",),
        allowed=lambda: (returned(), AssessReturn(lines=A), CUSTOMER_SERVICE),
    ),
    Case(
        id="found opened against the form",
        guard=amount_where_needed,
        story=lambda: returned(condition="opened"),
        input=AssessReturn(lines=A),
        after=98,
        code="amount_required",
        clause="A19",
        facts={"line", "announced_opened", "condition", "paid"},
        next_steps=("assess_return",),
        allowed=lambda: (returned(condition="opened"), AssessReturn(lines=A, amount="3.00"), CUSTOMER_SERVICE),
    ),
)

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)


@every_case
def test_a_guard_refuses_alone(case: Case) -> None:
    """Its code, clause, facts and next steps come back, and nothing else; the order is as it was."""
    story = case.story()
    before = story.order
    decision = story.ask(case.input, case.after, by=case.by)
    assert "refused" == decision.outcome
    assert [case.code] == codes(decision)
    (reason,) = decision.reasons
    assert case.clause == reason.clause
    assert case.facts == set(reason.facts)
    assert case.next_steps == reason.next_steps
    assert before == decision.order
    assert ((), (), ()) == (decision.moves, decision.effects, decision.fired)


@every_case
def test_a_guard_agrees_where_its_statement_holds(case: Case) -> None:
    """The nearest case in which the statement holds is accepted."""
    story, input, by = case.allowed()
    assert "accepted" == story.ask(input, case.after, by=by).outcome


@every_case
def test_a_case_is_about_a_row_that_has_its_guard(case: Case) -> None:
    """The table has the guard in a row of the command that is refused, from where the goods are."""
    (lot,) = case.story().order.lots
    rows = [row for row in ROWS if row.trigger is type(case.input) and lot.state in row.sources]
    assert any(case.guard in row.guards for row in rows)


def test_every_guard_of_the_table_has_a_case() -> None:
    """A guard that is added to the table needs a refusal here."""
    assert {guard for row in ROWS for guard in row.guards} == {case.guard for case in CASES}


def test_b10_the_seller_decides_in_every_row_of_a_decision() -> None:
    """No row by which sellers or customer service decide about goods goes without the guard."""
    deciding = [row for row in ROWS if decided_by_its_seller in row.guards]
    shared = {"approve_cancellation", "decline_cancellation", "approve_return", "decline_return", "give_up_service"}
    assert shared == {row.trigger.name for row in deciding if isinstance(row.trigger, type)}
    assert len(deciding) == len([row for row in ROWS if isinstance(row.trigger, type) and row.trigger.name in shared])


def test_failing_guards_are_all_reported() -> None:
    """Three statements fail at once, and all three come back; nothing is tried one after the other."""
    story = asked_back(item(seller="s7"), form={"opened": True})
    decision = story.ask(PREPAID, 74, by=CUSTOMER_SERVICE)
    assert ["no_prepaid_label", "seller_decides", "terms_required"] == sorted(codes(decision))


# --- A3, A15, A16, A19: the facts that were compared ---------------------------------------------------------


def facts(decision: Decision) -> dict[str, Any]:
    """The facts of the only reason."""
    (reason,) = decision.reasons
    return dict(reason.facts)


def test_a3_the_refusal_says_when_the_order_closes() -> None:
    """With the grace that the policy gives."""
    story = placed(policy=Policy(payment_grace=Policy().preparation_after))
    found = facts(story.ask(CANCEL, 1, by=BUYER))
    assert {"line": "A", "state": "unpaid", "closes_at": "2026-03-03T21:00:00Z"} == found


def test_a15_the_refusal_says_where_labels_are_offered() -> None:
    """The country that was compared, and those that would have done."""
    story = asked_back(policy=labels_in("FR", "AT"))
    assert {"line": "A", "country": "DE", "offered": ["AT", "FR"]} == facts(story.ask(PREPAID, 74))


def test_a19_the_refusal_names_the_refunds_that_were_made() -> None:
    """Where to look for what was decided."""
    assert {"line": "A", "refunds": ["r1"]} == facts(_assessed().ask(AssessReturn(lines=A), 99))


def test_a19_the_refusal_says_how_the_goods_were_found() -> None:
    """And what the form had said, and what was paid, in minor units."""
    found = facts(returned(condition="damaged").ask(AssessReturn(lines=A), 98))
    assert {"line": "A", "announced_opened": False, "condition": "damaged", "paid": 1000} == found


def test_a16_the_refusal_says_what_the_terms_are_for() -> None:
    """The goods were opened, and so much was paid for them, in minor units."""
    found = facts(asked_back(form={"opened": True}).ask(ApproveReturn(lines=A), 74))
    assert {"line": "A", "opened": True, "paid": 1000} == found


@pytest.mark.parametrize(
    "begin",
    [
        pytest.param(lambda: returned(condition="unopened"), id="as announced"),
        pytest.param(lambda: returned(form={"reason": "defective"}, condition="opened"), id="the shop's fault"),
        pytest.param(agreed, id="on agreed terms"),
    ],
)
def test_a19_no_amount_is_needed_where_a_rule_gives_one(begin: Callable[[], Story]) -> None:
    """The guard holds where the schedule, the fault or the terms say what goes back."""
    assert "accepted" == assess(begin()).outcome


# --- a shop's own guards (policy 5.14) -----------------------------------------------------------------------


def guard(
    code: str = "fraud_hold", on: Iterable[type[Input]] = (RequestCancellation,), *, holds: bool = False
) -> HostGuard:
    """A host's guard that always says the same."""
    return HostGuard(code=code, on=on, holds=lambda scene, lot: holds, sentence="Not today.")  # type: ignore[arg-type]


def test_5_14_a_host_guard_refuses_alone() -> None:
    """With its own code and sentence, the line and its state; the order is as it was."""
    story = paid(guards=[guard()])
    before = story.order
    decision = story.ask(CANCEL, 1)
    assert "refused" == decision.outcome
    (reason,) = decision.reasons
    assert ("fraud_hold", "5.14", "Not today.") == (reason.code, reason.clause, reason.message)
    assert {"line": "A", "state": "unshipped"} == dict(reason.facts)
    assert ("contact_customer_service",) == reason.next_steps
    assert before == decision.order
    assert ((), (), ()) == (decision.moves, decision.effects, decision.fired)


def test_5_14_a_host_guard_that_holds_changes_nothing() -> None:
    """The answer is the one that there is without it."""
    assert paid().ask(CANCEL, 1) == paid(guards=[guard(holds=True)]).ask(CANCEL, 1)


def test_5_14_a_host_guard_never_allows_more() -> None:
    """Where the table refuses, a guard that holds does not help."""
    assert ["closes_by_itself"] == codes(placed(guards=[guard(holds=True)]).ask(CANCEL, 1))


@pytest.mark.parametrize(("country", "outcome"), [("DE", "accepted"), ("FR", "refused")])
def test_5_14_a_host_guard_sees_the_order_and_the_goods(country: str, outcome: str) -> None:
    """It may go by anything that a rule of the table may look at."""

    def holds(scene: Scene[Any], lot: Lot) -> bool:
        return scene.order.country == "DE" and lot.line.id == "A"

    abroad = HostGuard(code="not_abroad", on=(RequestCancellation,), holds=holds, sentence="Not from abroad.")
    assert outcome == paid(country=country, guards=[abroad]).ask(CANCEL, 1).outcome


@pytest.mark.parametrize("code", ["", "Hold", "fraud-hold", "fraud hold", "1_hold", "_hold", "höld", "hold\n"])
def test_5_14_a_code_is_in_snake_case(code: str) -> None:
    """Anything else is refused when the guard is made."""
    with pytest.raises(InvalidTable, match="snake_case"):
        guard(code)


@pytest.mark.parametrize("code", [*Code, *AnomalyCode], ids=str)
def test_5_14_a_code_of_orderfsm_is_taken(code: str) -> None:
    """One code, one meaning."""
    with pytest.raises(InvalidTable, match="a meaning of its own"):
        guard(str(code))


@pytest.mark.parametrize("kind", [*FACTS, Command, Input], ids=lambda kind: kind.__name__)
def test_5_14_a_guard_is_on_commands_only(kind: type[Input]) -> None:
    """Facts are never refused, and a guard on every command has to name them."""
    with pytest.raises(InvalidTable, match=f": {kind.__name__} is no command"):
        guard(on=[kind])


def test_5_14_a_guard_is_on_commands_not_on_their_names() -> None:
    """A name where the command is meant is refused when the guard is made, and told."""
    with pytest.raises(InvalidTable, match=": request_cancellation is no command"):
        guard(on=["request_cancellation"])  # type: ignore[list-item]


def test_5_14_a_guard_may_be_on_every_command() -> None:
    """In any iterable, which is kept as a tuple."""
    assert tuple(COMMANDS) == guard(on=iter(COMMANDS)).on
