"""A shop that is wrong is caught: each fault by a property, with a shortest trace that a person can read and replay."""

import ast
import re
from datetime import timedelta
from functools import cache
from traceback import extract_tb
from types import FunctionType
from typing import Any

import pytest
from attrs import evolve

from orderfsm.actors import LOGISTICS, Customer
from orderfsm.clauses import CLAUSES, READINGS
from orderfsm.guards import HostGuard
from orderfsm.inputs import Delivered, RequestReturn
from orderfsm.machine import OrderMachine
from orderfsm.order import Order, Unplaced
from orderfsm.policy import Policy, ReturnSchedule
from orderfsm.states import State
from orderfsm.testing.catalogue import PRESETS, SWITCHES, Size, catalogue
from orderfsm.testing.claims import claims
from orderfsm.testing.exploring import Exploration, Violation, explore
from orderfsm.testing.orders import OrderSpace, Position, Said, Wait
from orderfsm.testing.pasting import broken, opening, play, written
from orderfsm.testing.properties import Always, Property, Reachable
from orderfsm.testing.proving import prove_scope
from orderfsm.testing.scopes import PLACED_AT
from orderfsm.testing.traces import as_diagram, as_test, told
from tests.proof import mistakes
from tests.proof.faults import FAULT, FAULTS, PAID, PAID_EVER, RETURNED, SENT, TWO_RETURNED, Fault
from tests.proof.mistakes import HYGIENE

EACH = pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
SCOPES = {fault.scope.name: fault for fault in FAULTS}


def explored(fault: Fault, *more: Property) -> Exploration[Position, Said]:
    """All orders of the fault's scope, as the code is now."""
    space = OrderSpace(fault.scope, fault.guards)
    properties = more or claims(space)
    return explore(space.initial(), space.inputs, space.step, key=space.key, within=space.within, properties=properties)


@cache
def caught(name: str) -> Violation[Position, Said]:
    """The first violation while a fault is planted."""
    fault = FAULT[name]
    with fault.planted():
        return explored(fault).violations[0]


def machine_of(fault: Fault) -> OrderMachine:
    """The machine of the fault's orders, as the code is now."""
    return OrderMachine(fault.scope.policy, guards=fault.guards)


def pasted(fault: Fault, violation: Violation[Position, Said]) -> tuple[Any, str]:
    """The test of a trace to a fault, ready to run, and its text."""
    text = as_test(violation, fault.scope, fault.guards)
    names: dict[str, Any] = {HYGIENE.code: HYGIENE}
    exec(compile(text, "pasted", "exec"), names)
    (test,) = (value for name, value in names.items() if name.startswith("test_"))
    return test, text


# --- the list --------------------------------------------------------------------------------------------


def test_every_mistake_is_a_fault() -> None:
    """No mistake is written down and then not tried; none is tried twice."""
    written = [name for name, made in vars(mistakes).items() if isinstance(made, FunctionType) and name[0] != "_"]
    written = [name for name in written if getattr(mistakes, name).__module__ == mistakes.__name__]
    assert sorted(written) == sorted(fault.name for fault in FAULTS)


@EACH
def test_a_fault_says_what_is_wrong(fault: Fault) -> None:
    """Each says in one sentence what the shop got wrong, and cites a clause of the policy."""
    assert re.fullmatch(r"[A-Z][^.\n]+\.", fault.says)
    assert fault.clause in CLAUSES.keys() | READINGS.keys()


def test_scopes_have_names_of_their_own() -> None:
    """Scopes that are called the same are the same."""
    assert all(SCOPES[fault.scope.name].scope == fault.scope for fault in FAULTS)


# --- caught ----------------------------------------------------------------------------------------------


@EACH
def test_a_fault_is_caught(fault: Fault) -> None:
    """The property that carries the clause notices it, and no shorter story would show it."""
    violation = caught(fault.name)
    assert (fault.caught_by, fault.steps) == (violation.property.name, len(violation.trace))
    assert fault.clause in violation.property.clauses


@pytest.mark.nightly
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if not fault.guards], ids=lambda fault: fault.name)
def test_a_fault_is_caught_by_what_every_test_run_explores(fault: Fault) -> None:
    """Not only in the orders that were made for it: a shop that knows nothing of the fault finds it all the same."""
    scopes = sorted(catalogue(Size.CI, fault.scope.policy), key=lambda scope: len(scope.chapters))
    with fault.planted():
        assert any(prove_scope(scope, fault.guards).violations for scope in scopes)


@pytest.mark.parametrize("name", SCOPES)
def test_without_the_fault_the_same_orders_pass(name: str) -> None:
    """The property notices the fault and nothing else: the shipped code keeps all of them there."""
    found = explored(SCOPES[name])
    assert ([], True) == ([str(each) for each in found.violations], found.complete)


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("order_closes_a_tick_late", 2),
        ("preparation_is_presumed_a_tick_late", 3),
        ("preparation_is_presumed_a_tick_early", 3),
    ],
)
def test_a_deadline_that_is_compared_wrongly_shows_in_what_happens(name: str, steps: int) -> None:
    """Also where nobody asks what happens next: goods move too late or too early."""
    fault = evolve(FAULT[name], scope=PAID_EVER)
    with fault.planted():
        properties = claims(OrderSpace(fault.scope))
        (on_time,) = (each for each in properties if each.name == "deadlines_move_goods_on_time")
        violation = explored(fault, on_time).violations[0]
    assert steps == len(violation.trace)


# --- replayed --------------------------------------------------------------------------------------------


@EACH
def test_a_trace_replays(fault: Fault) -> None:
    """Said again to the shop that is wrong, step by step, the same follows and the same is broken."""
    violation = caught(fault.name)
    with fault.planted():
        machine = machine_of(fault)
        order = violation.trace.initial.order
        for step in violation.trace:
            said = step.input
            if isinstance(said, Wait):
                assert isinstance(order, Order)
                answer = machine.tick(order, said.at)
            else:
                answer = machine.decide(order, said)
            assert step.answer == answer
            order = answer.order
        story = [*opening(fault.scope), *violation.trace.inputs]
        assert violation.fault == broken(violation.property, story, machine, fault.guards)


@EACH
def test_a_trace_is_a_test_to_paste(fault: Fault) -> None:
    """The test fails with its last line as long as the fault is there, and passes once it is mended."""
    test, text = pasted(fault, caught(fault.name))
    with fault.planted(), pytest.raises(AssertionError) as raised:
        test()
    (asserted,) = (number for number, line in enumerate(text.splitlines(), 1) if line.startswith("    assert"))
    assert asserted == next(each.lineno for each in extract_tb(raised.value.__traceback__) if each.filename == "pasted")
    test()


@EACH
def test_a_test_to_paste_imports_what_it_needs(fault: Fault) -> None:
    """Names that only stand in its sentences are not imported: a linter would complain."""
    tree = ast.parse(pasted(fault, caught(fault.name))[1])
    imported = {each.name for node in tree.body if isinstance(node, ast.ImportFrom) for each in node.names}
    assert imported <= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


@pytest.mark.parametrize(
    ("name", "paid"),
    [
        ("prepaid_label_is_promised_everywhere", False),
        ("opened_goods_come_back_without_terms", True),
        ("late_return_is_paid_in_full", False),
        ("host_guard_is_inverted", False),
    ],
)
def test_a_trace_that_begins_late_is_a_test_to_paste(name: str, paid: bool) -> None:
    """What was said before a trace began is part of its test, also where it begins paid or delivered."""
    fault = FAULT[name]
    fault = evolve(fault, scope=evolve(fault.scope, captures=2, paid=paid, delivered=not paid))
    with fault.planted():
        test, _ = pasted(fault, explored(fault).violations[0])
        with pytest.raises(AssertionError):
            test()
    test()


def test_a_trace_begins_as_its_scope_does() -> None:
    """What is pasted leads to the very order with which the scope begins."""
    for scope in catalogue(Size.NIGHTLY):
        space, story = OrderSpace(scope), opening(scope)
        begun = play(story, space.machine).after if story else Position(Unplaced("1001"), PLACED_AT)
        assert [begun] == space.initial(), scope.name


# --- told ------------------------------------------------------------------------------------------------


@EACH
def test_a_trace_is_told(fault: Fault) -> None:
    """Told are the property, its clauses, what broke, and every step with who says what."""
    violation = caught(fault.name)
    text = told(violation, fault.scope.policy)
    assert text.startswith(f"{fault.caught_by}: {violation.fault}\n")
    assert violation.property.says in text
    assert fault.clause in re.findall(r"[\w.]+", next(line for line in text.splitlines() if "It carries" in line))
    steps = [line for line in text.splitlines() if re.match(r"  \d+\. ", line)]
    assert len(violation.trace) == len(steps)
    for number, (line, step) in enumerate(zip(steps, violation.trace, strict=True), 1):
        said = "time passes" if isinstance(step.input, Wait) else f"{step.input.by}: {step.input.name}"
        assert line.startswith(f"  {number}. {said}")


@EACH
def test_a_trace_is_drawn(fault: Fault) -> None:
    """The diagram is a flow chart with a box for each order and an arrow for each step."""
    text = as_diagram(caught(fault.name))
    assert text.startswith("flowchart TB\n")
    assert (fault.steps + 1, fault.steps) == (len(re.findall(r"^    s\d+\[", text, re.M)), text.count(" -->|"))


def test_a_trace_reads_like_a_story() -> None:
    """Golden: a bundle of which logistics stops one item, told as a developer reads it."""
    expected = """\
bundles_wait_together: bundle s is torn: preparing, preparing.cancel_confirming
  It claims: Of a bundle that has not left, everything is asked for, or granted, or neither.
  It carries: B21, 5.2
  The policy: Policy()
  The shortest way there: 6 steps
  2026-03-02 09:00 UTC
  1. platform: place for c9 in DE: A 10.00 in bundle s, B 10.00 in bundle s, delivery 4.90 EUR → accepted
       A, B: unpaid
  2. payment: payment_captured p1: 24.90 from card:1 → accepted
       A, B: unpaid → unshipped
  3. warehouse: preparation_started → accepted
       A, B: unshipped → preparing
  4. customer:c9: request_cancellation all → accepted
       A, B: preparing → preparing.cancel_requested
  5. customer_service: approve_cancellation all → accepted
       A, B: preparing.cancel_requested → preparing.cancel_confirming, a1 asked of logistics
  6. logistics: stop_denied A → accepted
       A: preparing.cancel_confirming, a1 asked of logistics → preparing, a1 denied
       effect: tell_warehouse resume A
       effect: notify cancellation_denied A by message_center"""
    assert expected == told(caught("no_returns_only_the_asked_item"), Policy())


def test_a_trace_tells_the_time_where_it_changes() -> None:
    """Golden: an order that begins paid, waits, and is changed by nothing but time."""
    expected = """\
nothing_in_preparation_is_cancelled_unheard: 1 of A cancelled in preparation without a yes to their own question
  It claims: Goods in preparation are cancelled on logistics' yes to the question about these very goods.
  It carries: A8, B22, 5.2
  The policy: Policy(unpaid_cancellation=True, own_goods_need_approval=False)
  The shortest way there: 2 steps
  It begins with this order:
       A: unshipped
       payment p1: 14.90 EUR from card:1
  2026-03-02 21:00 UTC
  1. customer:c9: request_cancellation all → accepted
       by itself: preparation_presumed
       A: unshipped → preparing.cancel_confirming, a1 asked of logistics
  2026-03-03 21:00 UTC, 1 day after the beginning
  2. customer:c9: request_cancellation all → refused: already_cancelled
       by itself: logistics_overdue
       A: preparing.cancel_confirming, a1 asked of logistics → cancelled, a1 asked of logistics
       refund r1: 14.90 EUR to card:1, due (cancellation)
       effect: escalate logistics_overdue A
       effect: send_refund r1, 14.90 EUR to card:1
       effect: tell_warehouse stop A
       effect: release_stock A
       effect: notify cancelled A by screen, message_center"""
    fault = FAULT["silence_is_a_yes"]
    assert expected == told(caught(fault.name), fault.scope.policy)


def test_what_is_learnt_late_says_when_it_happened() -> None:
    """An instant that misses a round one by a tick is told so."""
    line = "  6. logistics: stop_confirmed (happened a tick before 2026-03-02 09:00) → accepted"
    assert line in told(caught("stale_answer_is_accepted")).splitlines()


def test_a_trace_is_pasted_like_this() -> None:
    """Golden: the test of a payment at the very end of the window, in a shop that waits for late notices."""
    fault = FAULT["payment_at_the_very_end_counts"]
    expected = '''\
from datetime import UTC, datetime, timedelta

from orderfsm import PAYMENT, PLATFORM, Item, OrderMachine, PaymentCaptured, Place, Policy
from orderfsm.testing.pasting import broken


def test_goods_take_allowed_ways() -> None:
    """Goods move only by ways that the policy knows, on the word that opens them, where their condition holds."""
    story = [
        Place(
            customer="c9",
            country="DE",
            currency="EUR",
            lines=[Item(id="A", amount="10.00")],
            delivery_fee="4.90",
            by=PLATFORM,
            at=datetime(2026, 3, 2, 9, tzinfo=UTC),
        ),
        PaymentCaptured(
            payment="p1",
            instrument="card:1",
            amount="14.90",
            by=PAYMENT,
            at=datetime(2026, 3, 3, 9, tzinfo=UTC),
        ),
    ]
    assert broken("goods_take_allowed_ways", story, OrderMachine(Policy(payment_grace=timedelta(hours=2)))) is None
'''
    assert expected == as_test(caught(fault.name), fault.scope)


@pytest.mark.parametrize(
    "policy",
    [
        *PRESETS.values(),
        *(Policy(**values) for values in SWITCHES.values()),
        Policy(
            payment_grace=timedelta(minutes=10), payment_window=timedelta(days=2), review_overdue=timedelta(seconds=1)
        ),
        Policy(return_address='5, "Old" Lane', prepaid_label_countries={"DE", "AT"}),
    ],
    ids=[*PRESETS, *SWITCHES, "durations", "quotes"],
)
def test_a_policy_is_written_as_code(policy: Policy) -> None:
    """What a pasted test says of the policy is that policy."""
    names = {"Policy": Policy, "ReturnSchedule": ReturnSchedule, "timedelta": timedelta}
    assert policy == eval(written(policy), names)


# --- properties that no name can ask for -----------------------------------------------------------------


def test_a_hosts_own_property_is_told_and_pasted() -> None:
    """What only the shop claims is told like ours; its test plays the story, and the shop says what should be."""

    def check(position: Position) -> str | None:
        lots = position.order.lots if isinstance(position.order, Order) else ()
        return "A is at the customer's" if any(lot.state is State.DELIVERED for lot in lots) else None

    own: Property = Always(name="nothing_is_ever_delivered", says="Nothing is ever delivered.", check=check)
    fault = Fault(mistakes.excess_is_kept, "5.6", SENT, 3, own.name)
    violation = explored(fault, own).violations[0]
    assert "It carries" not in told(violation)
    names: dict[str, Any] = {}
    exec(as_test(violation, fault.scope), names)
    with pytest.raises(AssertionError, match="Accepted"):
        names["test_nothing_is_ever_delivered"]()
    story = violation.trace.inputs
    assert "A is at the customer's" == broken(own, story, OrderMachine())
    assert broken(own, story[:-1], OrderMachine()) is None
    with pytest.raises(LookupError, match="give your own itself"):
        broken(own.name, story, OrderMachine())


def test_what_can_follow_is_told_and_pasted() -> None:
    """That no end can be reached is no matter of one step; there the test only fails until somebody mends it."""
    never: Property = Reachable(name="it_ends", says="It ends.", clauses=("A2",), end=lambda position: False)
    fault = Fault(mistakes.excess_is_kept, "5.6", PAID, 0, never.name)
    violation = explored(fault, never).violations[0]
    assert told(violation).endswith("The shortest way there: 0 steps")
    names: dict[str, Any] = {}
    exec(as_test(violation, fault.scope), names)
    with pytest.raises(AssertionError):
        names["test_it_ends"]()
    with pytest.raises(LookupError, match="no single story"):
        broken(never, [Wait(violation.trace.initial.now)], OrderMachine())


def test_a_promise_that_is_not_owed_there_is_not_broken() -> None:
    """A story that ends otherwise than in a promise breaks none."""
    violation = caught("delivery_after_a_yes_is_not_wondered_at")
    story = violation.trace.inputs
    assert broken(violation.property.name, story[:-2], OrderMachine()) is None


def test_a_hosts_honest_guard_breaks_nothing() -> None:
    """A rule of the shop's own may refuse what the policy allows, and only what it forbids."""
    story = [*opening(TWO_RETURNED)]
    delivered = Delivered(lines="all", by=LOGISTICS, at=PLACED_AT)
    form = RequestReturn(lines=["B"], reason="changed_mind", by=Customer("c9"), at=PLACED_AT)
    machine = OrderMachine(guards=[HYGIENE])
    assert broken("hosts_rules_are_kept", [*story, delivered, form], machine, [HYGIENE]) is None


# --- a machine that raises -------------------------------------------------------------------------------


def test_a_guard_that_raises_is_told_and_pasted() -> None:
    """What raised did not answer; its story is told all the same, and its test raises until the guard is mended."""
    guard = HostGuard(code="divides", on=[RequestReturn], holds=lambda _, lot: bool(1 // 0), sentence="It divides.")
    [violation] = explored(Fault(mistakes.excess_is_kept, "5.6", RETURNED, 4, "", (guard,))).violations
    assert ("every_input_is_answered", 4) == (violation.property.name, len(violation.trace))
    assert isinstance(violation.raised, ZeroDivisionError)
    assert told(violation).splitlines()[0].startswith("every_input_is_answered: ZeroDivisionError")
    assert told(violation).splitlines()[-1].endswith("request_return all, reason=changed_mind → no answer")
    assert "no answer" in as_diagram(violation)
    names: dict[str, Any] = {"divides": guard}
    exec(as_test(violation, RETURNED, [guard]), names)
    with pytest.raises(ZeroDivisionError):
        names["test_every_input_is_answered"]()
    names["divides"] = HostGuard(code="divides", on=[RequestReturn], holds=lambda _, __: True, sentence="Mended.")
    names["test_every_input_is_answered"]()
