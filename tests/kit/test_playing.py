"""Order machines: a correct backend passes, every faulty one is caught, and the complaint can be read."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from orderfsm import (
    FACTS,
    WAREHOUSE,
    Arrived,
    Customer,
    Delivered,
    Dispatched,
    HostGuard,
    Input,
    Item,
    OrderMachine,
    PaymentCaptured,
    Place,
    Policy,
    RequestCancellation,
    State,
)
from orderfsm.testing import reports
from orderfsm.testing.clock import START, TICK
from orderfsm.testing.driving import Driver
from orderfsm.testing.observing import Observation, ObservedAnswer, ObservedRefund
from orderfsm.testing.playing import BackendDiffers, OrderStory, Pays, order_machine
from orderfsm.testing.strategies import places
from tests.kit.backends import (
    FAULTY,
    Backend,
    BooksRefundsTwice,
    CancelsWhatHasLeft,
    Crashes,
    ForgetsBundles,
    RefundsTwice,
    Scheduled,
    TellsNobody,
    WaitsForNothing,
)

STEADY = settings(
    max_examples=6, stateful_step_count=20, derandomize=True, database=None, deadline=None, report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck), phases=[Phase.generate],
)  # fmt: skip
"""Always the same stories, and none is made smaller."""
UNTIL_CAUGHT = settings(STEADY, max_examples=1500)
ITEM = Item(id="A", amount="10.00")


def play(machine: type[RuleBasedStateMachine], how: settings = STEADY) -> None:
    """Run an order machine as pytest would."""
    run_state_machine_as_test(machine, settings=how)


def caught(machine: type[RuleBasedStateMachine], how: settings = UNTIL_CAUGHT) -> BackendDiffers:
    """How the backend differs."""
    with pytest.raises(BackendDiffers) as found:
        play(machine, how)
    return found.value


# --- backends --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", [Policy(), Policy.marketplace(payment_grace=timedelta(hours=2))])
def test_a_correct_backend_passes(policy: Policy) -> None:
    """Under whichever policy; its scheduler makes effects timely and changes nothing else."""
    lazy, busy = (type("Mine", (backend,), {"policy": policy}) for backend in (Backend, Scheduled))
    play(order_machine(lazy, policy))
    play(order_machine(busy, policy))


@pytest.mark.parametrize("backend", [backend for backend in FAULTY if backend is not Crashes])
def test_a_faulty_backend_is_caught(backend: type[Backend]) -> None:
    """Whatever it gets wrong, some story shows it."""
    found = caught(order_machine(backend, Policy()))
    assert found.differences


def test_a_backend_that_raises_is_caught() -> None:
    """With what it raised."""
    with pytest.raises(RuntimeError, match="no column lost"):
        play(order_machine(Crashes, Policy()), UNTIL_CAUGHT)


def test_another_policy_than_the_backends_is_caught() -> None:
    """A shop that believes to need no approval, and does."""
    assert caught(order_machine(Backend, Policy.marketplace()))


def test_stories_go_deep() -> None:
    """They come to most states of goods, to deadlines, anomalies and duplicates."""
    states: Counter[State] = Counter()
    outcomes: Counter[str] = Counter()
    fired: Counter[str] = Counter()
    sides: set[timedelta] = set()

    class Watched(Scheduled):
        def wait(self, at: datetime) -> None:
            due = self.machine.next_deadline(self.order)
            if due is not None:
                sides.add(at - due.at)
            fired.update(self.machine.tick(self.order, at).fired)
            super().wait(at)

        def send(self, input: Input) -> ObservedAnswer | None:
            before = self.machine.decide(self.known, input)
            outcomes[before.outcome] += 1
            fired.update(before.fired)
            return super().send(input)

        def observe(self) -> Observation:
            states.update({lot.state for lot in self.order.lots})
            return super().observe()

    play(order_machine(Watched), settings(STEADY, max_examples=120, stateful_step_count=40))
    assert len(states) >= 10, set(State) - set(states)
    assert {"accepted", "refused", "duplicate", "anomaly"} == set(outcomes)
    assert fired
    assert {-TICK, timedelta(), TICK} <= sides


# --- what a person reads ---------------------------------------------------------------------------------


def tell(machine: type[RuleBasedStateMachine], *inputs: Input) -> str:
    """The complaint about a story of a bundle of A and B that is paid at once, and in which this is said."""
    items = [Item(id="A", amount="10.00", bundle="set"), Item(id="B", amount="10.00", bundle="set")]
    story = machine()
    assert isinstance(story, OrderStory)
    story.place(place=Place(customer="c9", country="DE", currency="EUR", lines=items), pays=Pays.AT_ONCE)
    with pytest.raises(BackendDiffers) as found:
        for input in inputs:
            story.play(input.sent(at=story.now, id=story.next_id))
    return str(found.value)


def test_the_complaint_tells_what_why_and_the_story() -> None:
    """What was said, what was expected and observed, by which clauses, and how it came to that."""
    policy = Policy.marketplace()
    forgets = type("Forgets", (ForgetsBundles,), {"policy": policy})
    expected = """\
The backend differs from orderfsm after step 3: 2026-03-02T09:00:01Z customer:c9: request_cancellation(lines=['A'], id='k3')

  quantities of B
    expected  1 cancelled
    observed  1 unshipped
  refunds
    expected  20
    observed  10

Why orderfsm expects this:
  B6: 1 of A, unshipped → cancelled (request_cancellation)
  B6: 1 of B, unshipped → cancelled (request_cancellation)
  B22: the selection was widened by {'B': 1}

The story so far:
  1. 2026-03-02T09:00:00Z platform: place(customer='c9', country='DE', currency='EUR', lines=[1×A 10.00 bundle set, 1×B 10.00 bundle set]) → accepted
  2. 2026-03-02T09:00:00Z payment: payment_captured(payment='p1', instrument='card:1', amount='20.00', id='k2') → accepted
  3. 2026-03-02T09:00:01Z customer:c9: request_cancellation(lines=['A'], id='k3') → accepted

Under Policy(unpaid_cancellation=True, own_goods_need_approval=False)."""  # noqa: E501
    asked = RequestCancellation(lines=["A"], by=Customer("c9"))
    assert expected == tell(order_machine(_showing_amounts(forgets), policy), asked)


def _showing_amounts(backend: type[Backend]) -> type[Backend]:
    """The same backend, of whose refunds only the amounts are seen, and no effects."""

    class Shows(backend):  # type: ignore[misc, valid-type]
        def observe(self) -> Observation:
            seen = super().observe()
            amounts = [ObservedRefund(amount=refund.amount) for refund in seen.refunds or ()]
            return Observation(quantities=seen.quantities, refunds=amounts)

    return Shows


def test_the_complaint_explains_a_refusal() -> None:
    """With its clause and the sentence for people."""
    left = Dispatched(lines={"A": 1}, by=WAREHOUSE)
    text = tell(order_machine(CancelsWhatHasLeft), left, RequestCancellation(lines=["A"], by=Customer("c9")))
    assert "\n  outcome\n    expected  refused\n    observed  accepted\n" in text
    assert "\n  codes\n    expected  already_dispatched\n    observed  none\n" in text
    assert "\n  A9: Line A has already been dispatched (shipped)" in text
    assert text.endswith("→ refused (already_dispatched)\n\nUnder Policy().")


def test_the_complaint_tells_what_was_learnt_late() -> None:
    """And deadlines that nobody brought about."""
    story = order_machine(Scheduled)()
    assert isinstance(story, OrderStory)
    story.place(place=Place(customer="c9", country="DE", currency="EUR", lines=[ITEM]), pays=Pays.AT_ONCE)
    story.wait(until=START + timedelta(hours=12))
    late = Dispatched(lines="all", parcel="x1", by=WAREHOUSE, at=START, received_at=story.now, id="k4")
    story.play(late)
    assert "2026-03-02T21:00:00Z nothing is said until then → accepted" == str(story.events[2])
    told = (
        "2026-03-02T09:00:00Z warehouse: dispatched(lines='all', parcel='x1', id='k4'), learnt at 2026-03-02T21:00:00Z"
    )
    assert f"{told} → accepted" == str(story.events[3])


def test_the_differences_are_there_for_programs_too() -> None:
    """Part by part."""
    found = caught(order_machine(BooksRefundsTwice))
    assert ["refunds"] == [difference.part for difference in found.differences]


# --- what is tolerated -----------------------------------------------------------------------------------


def test_what_a_driver_does_not_see_is_not_compared() -> None:
    """A driver that sees nothing finds nothing."""

    class Blind(ForgetsBundles):
        def send(self, input: Input) -> None:
            super().send(input)

        def observe(self) -> Observation:
            return Observation()

    play(order_machine(Blind))


def test_states_may_be_told_in_the_backends_words() -> None:
    """A backend that does not tell an interception from a parcel under way."""

    class Coarse(Backend):
        def observe(self) -> Observation:
            seen = super().observe()
            told: dict[str, dict[str, int]] = {}
            for line, states in (seen.quantities or {}).items():
                for state, quantity in states.items():
                    word = state.partition(".")[0]
                    told.setdefault(line, {})[word] = told.get(line, {}).get(word, 0) + quantity
            return evolve(seen, quantities=told)

    words = {state.value: state.partition(".")[0] for state in State}
    play(order_machine(Coarse, states=words))
    assert caught(order_machine(Coarse))


def test_effects_that_a_backend_does_not_have_are_left_out() -> None:
    """The host names those that it has."""
    play(order_machine(TellsNobody, effects=["send_refund", "ask_logistics", "ask_carrier"]))


def test_5_11_a_first_answer_may_be_given_again() -> None:
    """A backend that keeps its answers by id gives them again."""

    class Keeps(Backend):
        def __init__(self) -> None:
            super().__init__()
            self.answers: dict[tuple[object, ...], ObservedAnswer] = {}

        def send(self, input: Input) -> ObservedAnswer | None:
            decision = self.decide(input)
            if decision.outcome == "duplicate" and (input.id, input.by) in self.answers:
                return self.answers[input.id, input.by]
            answer = ObservedAnswer.of(decision)
            if decision.outcome in ("accepted", "anomaly"):
                self.answers.setdefault((input.id, input.by), answer)
            return answer

    play(order_machine(Keeps), settings(STEADY, max_examples=16))


def test_only_what_a_backend_knows_is_said() -> None:
    """A shop without returns is not asked for them."""
    said: set[type[Input]] = set()

    class Listens(Backend):
        def send(self, input: Input) -> ObservedAnswer | None:
            said.add(type(input))
            return super().send(input)

    known = [PaymentCaptured, Dispatched, Arrived, Delivered, RequestCancellation]
    play(order_machine(Listens, kinds=known))
    assert said <= set(known)
    assert {PaymentCaptured, Dispatched} <= said


def test_only_what_a_host_places_is_placed() -> None:
    """Its own currencies, countries and sellers."""
    placed: list[Place] = []

    class Listens(Backend):
        def create(self, place: Place) -> None:
            placed.append(place)
            super().create(place)

    play(order_machine(Listens, placed=places(sellers=(), max_lines=1)))
    assert {1} == {len(place.lines) for place in placed}


@pytest.mark.parametrize("days", [-400, 400])
def test_a_story_begins_when_its_order_is_placed(days: int) -> None:
    """In another year as well: what follows comes after it, in its order."""
    at = START + timedelta(days=days)
    times: list[datetime | None] = []

    class Listens(Backend):
        def send(self, input: Input) -> ObservedAnswer | None:
            times.append(input.at)
            return super().send(input)

    play(order_machine(Listens, placed=places(at=st.just(at))))
    assert at == min(filter(None, times))


# --- guards ----------------------------------------------------------------------------------------------

HOLD = HostGuard(code="on_hold", on=[RequestCancellation], holds=lambda scene, lot: False, sentence="Not today.")
EUROS = HostGuard(
    code="euros_only", on=[Place], holds=lambda scene, lot: scene.order.currency == "EUR", sentence="In euros, please."
)


class Guarded(Backend):
    """A correct backend of a shop with rules of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.machine = OrderMachine(self.policy, guards=[HOLD, EUROS])


def test_5_14_a_hosts_own_guards_are_expected() -> None:
    """Where the machine knows them; a backend that refuses more than it says is caught."""
    play(order_machine(Guarded, guards=[HOLD, EUROS]))
    assert caught(order_machine(Guarded, guards=[EUROS]))


def test_5_14_what_a_guard_does_not_place_has_no_story() -> None:
    """The driver is not asked for it."""
    currencies: set[str] = set()

    class Listens(Guarded):
        def create(self, place: Place) -> None:
            currencies.add(place.currency)
            super().create(place)

    play(order_machine(Listens, guards=[HOLD, EUROS]))
    assert {"EUR"} == currencies


# --- the life of a driver --------------------------------------------------------------------------------


def test_every_story_has_a_driver_of_its_own() -> None:
    """Made at its beginning, closed once at its end, however it ends."""
    made: list[Any] = []

    class Closes(RefundsTwice):
        def __init__(self) -> None:
            super().__init__()
            self.closed = 0
            made.append(self)

        def close(self) -> None:
            self.closed += 1

    caught(order_machine(Closes))
    assert len(made) > 1
    assert {1} == {driver.closed for driver in made}


def test_facts_learnt_late_say_so() -> None:
    """Received after they occurred; nothing is received before what came before it."""
    seen: list[list[Input]] = []

    class Listens(Backend):
        def create(self, place: Place) -> None:
            seen.append([])
            super().create(place)

        def send(self, input: Input) -> ObservedAnswer | None:
            seen[-1].append(input)
            return super().send(input)

    play(order_machine(Listens))
    assert any(input.received_at != input.at for story in seen for input in story if type(input) in FACTS)
    for story in seen:
        received = [input.received_at or input.at for input in story]
        assert received == sorted(received, key=str)


def test_a_driver_is_any_class_with_its_methods() -> None:
    """Checked by the type checker: nothing has to be inherited."""
    driver: Callable[[], Driver] = Backend
    assert not isinstance(driver(), RuleBasedStateMachine)


# --- as pytest and reports see it ------------------------------------------------------------------------


def test_a_machine_is_a_test_case() -> None:
    """Its name says whose it is, or what the host calls it."""
    machine = order_machine(Backend)
    assert issubclass(machine, OrderStory)
    assert "BackendMachine" == machine.__name__
    assert "BackendMachine.TestCase" == machine.TestCase.__name__
    assert "MyShop" == order_machine(Backend, name="MyShop").__name__


def test_a_machine_reports_once() -> None:
    """However many stories it has; and that it failed, where it did."""
    with reports.set_aside() as found:
        play(order_machine(Backend, name="fine"))
        caught(order_machine(WaitsForNothing, name="wrong"))
        with pytest.raises(RuntimeError):
            play(order_machine(Crashes, name="worse"), UNTIL_CAUGHT)
    fine, wrong, worse = found
    assert [("machine", "fine", True), ("machine", "wrong", False), ("machine", "worse", False)] == [
        (report.kind, report.name, report.passed) for report in (fine, wrong, worse)
    ]
    assert fine.figures["stories"] >= 6
    assert fine.figures["steps"] > fine.figures["stories"]


# --- arguments -------------------------------------------------------------------------------------------

ANY: Any = None


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"driver": Backend()}, "pass its class"),
        ({"kinds": [str]}, "kinds: orderfsm knows no"),
        ({"states": {"on the moon": "shipped"}}, "states: orderfsm knows no 'on the moon'"),
        ({"effects": ["send_flowers"]}, "effects: orderfsm knows no 'send_flowers'"),
    ],
)
def test_what_means_nothing_is_an_invalid_argument(arguments: dict[str, Any], complaint: str) -> None:
    """Said when the machine is made, not when it plays."""
    with pytest.raises(InvalidArgument, match=complaint):
        order_machine(**{"driver": Backend, **arguments})
