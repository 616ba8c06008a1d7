"""An order machine: Hypothesis plays a host's own backend against `decide` and compares after every step.

    TestMyShop = order_machine(MyDriver, Policy()).TestCase

There is a rule for every chapter of an order's life, which is tried only where something of the order fits it,
so that stories go deep; and three that always hold: something that need not fit, by somebody who need not be
allowed to say it; the last input again; and waiting, mostly to just before, at or just after a deadline.
"""

from collections.abc import Callable, Collection, Generator, Iterable, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, cast

from attrs import define

from orderfsm import inputs as i
from orderfsm.actors import PAYMENT, PLATFORM, Actor
from orderfsm.decisions import Decision, Duplicate, Refused
from orderfsm.effects import EFFECTS, Effect
from orderfsm.guards import HostGuard
from orderfsm.inputs import INPUTS, Input, Place
from orderfsm.machine import OrderMachine
from orderfsm.order import Order, Unplaced
from orderfsm.policy import Policy
from orderfsm.states import State
from orderfsm.testing import reports, turns
from orderfsm.testing.clock import START, TICK, Clock
from orderfsm.testing.contents import money
from orderfsm.testing.driving import Closing, Driver, Waiting
from orderfsm.testing.mentions import fitting_kinds, total
from orderfsm.testing.missing import needs_hypothesis
from orderfsm.testing.observing import Difference, Tolerance, compare_answers, compare_orders
from orderfsm.testing.strategies import ORDER_ID, places
from orderfsm.testing.telling import Event, complaint, said
from orderfsm.testing.turns import chapter
from orderfsm.times import shown

try:
    from hypothesis import reject
    from hypothesis import strategies as st
    from hypothesis.errors import HypothesisException, InvalidArgument
    from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
except ImportError as missing:
    raise needs_hypothesis(__name__) from missing

A_MOMENT = timedelta(seconds=1)
"""What passes between two inputs, so that a backend can tell them apart by their times."""


class BackendDiffers(AssertionError):
    """A host's backend and orderfsm differ; the message tells where, why, and the story that led there."""

    def __init__(self, message: str, differences: Iterable[Difference]) -> None:
        super().__init__(message)
        self.differences = tuple(differences)


class Pays(StrEnum):
    """When an order is paid that is placed: payments are in time before the window is over, not at its end (A1)."""

    AT_ONCE = "at once"
    """As soon as it is placed."""
    JUST_IN_TIME = "just in time"
    """A tick before the window is over."""
    TOO_LATE = "too late"
    """When the window is over."""
    LATER = "later"
    """Whenever the story comes to it."""


@define
class Setting:
    """What is played, and against what; one for all stories of an order machine."""

    driver: Callable[[], Driver]
    machine: OrderMachine
    placed: st.SearchStrategy[Place]
    kinds: tuple[type[Input], ...]
    tolerance: Tolerance
    report: reports.Report | None = None


class OrderStory(RuleBasedStateMachine):
    """The story of one order, told to a backend and to orderfsm; `order_machine` makes classes of it."""

    setting: ClassVar[Setting]

    def __init__(self) -> None:
        super().__init__()
        if self.setting.report is None:
            figures = {"stories": 0, "steps": 0}
            self.setting.report = reports.record(reports.MACHINE, type(self).__name__, True, figures)
        self.report = self.setting.report
        self.report.figures["stories"] += 1
        self.machine = self.setting.machine
        self.clock = Clock()
        self.just_waited = True
        self.placed: Order | Unplaced = Unplaced(ORDER_ID)
        self.fitting: frozenset[type[Input]] = frozenset()
        self.sent: list[Input] = []
        self.events: list[Event] = []
        self.untold: list[Effect] = []
        self.first: dict[tuple[str | None, Actor | None], str] = {}
        with self._watched():
            self.driver = self.setting.driver()

    @property
    def order(self) -> Order:
        """The order as orderfsm knows it."""
        return cast(Order, self.placed)

    @property
    def now(self) -> datetime:
        """When the next input occurs: a moment after the last one, or exactly until when was waited."""
        return self.clock() if self.just_waited else self.clock() + A_MOMENT

    @property
    def next_id(self) -> str:
        """A key that no input has had."""
        return f"k{len(self.events) + 1}"

    # --- placing -----------------------------------------------------------------------------------------

    @initialize(
        place=st.runner().flatmap(lambda story: story.setting.placed),
        pays=st.sampled_from([Pays.AT_ONCE, Pays.AT_ONCE, Pays.AT_ONCE, *Pays]),
    )
    def place(self, place: Place, pays: Pays) -> None:
        """Place the order, and mostly pay for it at once: what is not paid has a short story."""
        input = place.sent(by=PLATFORM, at=place.at or START)
        decision = self.machine.decide(self.placed, input)
        if isinstance(decision, Refused):  # by a guard of the host's own: no story begins
            reject()
        self.clock = Clock(input.received_at or input.at or START)
        with self._watched():
            self.driver.create(input)
        self._went_on(said(input), decision, [])
        if pays is not Pays.LATER and i.PaymentCaptured in self.fitting:
            amount = money(total(self.order), self.order.currency)
            capture = i.PaymentCaptured(payment="p1", instrument="card:1", amount=amount)
            window = self.order.placed_at + self.machine.policy.payment_window
            at = {Pays.JUST_IN_TIME: window - TICK, Pays.TOO_LATE: window}.get(pays, self.now)
            self.play(capture.sent(by=PAYMENT, at=at, id=self.next_id))

    # --- what is said ------------------------------------------------------------------------------------

    pay = chapter("pay", i.PaymentCaptured)

    prepare = chapter("prepare", i.PreparationStarted)
    dispatch = chapter("dispatch", i.Dispatched)
    track = chapter("track", i.Arrived, i.Delivered, i.Lost)

    request_cancellation = chapter("request_cancellation", i.RequestCancellation)
    withdraw_cancellation = chapter("withdraw_cancellation", i.WithdrawCancellation)
    decide_cancellation = chapter("decide_cancellation", i.ApproveCancellation, i.DeclineCancellation)
    answer_stop = chapter("answer_stop", i.StopConfirmed, i.StopDenied)

    call_off = chapter("call_off", i.CancelDelivery)
    turn_away = chapter("turn_away", i.DeliveryRefused)
    answer_interception = chapter("answer_interception", i.InterceptConfirmed, i.InterceptDenied)

    request_return = chapter("request_return", i.RequestReturn)
    withdraw_return = chapter("withdraw_return", i.WithdrawReturn)
    decide_return = chapter("decide_return", i.ApproveReturn, i.DeclineReturn)
    answer_terms = chapter("answer_terms", i.AcceptTerms, i.RejectTerms)
    receive_return = chapter("receive_return", i.ReturnReceived)
    give_up_service = chapter("give_up_service", i.GiveUpService)

    assess_return = chapter("assess_return", i.AssessReturn)
    report_refund = chapter("report_refund", i.RefundSent, i.RefundSettled, i.RefundFailed, i.RefundReversed)
    resend_refund = chapter("resend_refund", i.ResendRefund)
    resolve_anomaly = chapter("resolve_anomaly", i.ResolveAnomaly)

    go_on = chapter("go_on", *INPUTS)

    @rule(input=turns.anything())
    def say_anything(self, input: Input) -> None:
        """Say something that need not fit."""
        __tracebackhide__ = True
        self.play(input)

    @precondition(lambda self: bool(self.sent))
    @rule(input=turns.again())
    def say_again(self, input: Input) -> None:
        """Say the last thing again, or something else under its id."""
        __tracebackhide__ = True
        self.play(input)

    @rule(until=turns.until())
    def wait(self, until: datetime) -> None:
        """Let time pass; a driver that waits is compared at once, any other with the next input."""
        __tracebackhide__ = True
        self.clock.set(until)
        self.just_waited = True
        if isinstance(self.driver, Waiting):
            decision = self.machine.tick(self.order, until)
            with self._watched():
                self.driver.wait(until)
            self._went_on(f"{shown(until)} nothing is said until then", decision, [])

    # --- playing -----------------------------------------------------------------------------------------

    def play(self, input: Input) -> None:
        """Bring one input to both, and compare."""
        __tracebackhide__ = True
        decision = self.machine.decide(self.order, input)
        self.sent.append(input)
        self.clock.set(max(self.clock(), input.received_at or input.at or START))
        self.just_waited = False
        with self._watched():
            answer = self.driver.send(input)
        key = input.id, input.by
        differences = compare_answers(decision, answer, self.first.get(key))
        if not isinstance(decision, Refused | Duplicate):  # a refused command uses up no id
            self.first.setdefault(key, decision.outcome)
        self._went_on(said(input), decision, differences)

    def _went_on(self, what: str, decision: Decision, differences: list[Difference]) -> None:
        __tracebackhide__ = True
        self.placed = decision.order
        self.fitting = frozenset(fitting_kinds(self.order, self.setting.kinds, strained=False))
        self.events.append(Event(what, decision))
        self.untold += decision.effects
        self.report.figures["steps"] += 1
        with self._watched():
            observed = self.driver.observe()
            differences += compare_orders(self.order, self.untold, observed, self.setting.tolerance)
            if differences:
                raise BackendDiffers(complaint(self.events, differences, self.machine.policy), differences)
        self.untold = []

    @contextmanager
    def _watched(self) -> Generator[None]:
        """What the backend raises, and where it differs, counts against it in the report."""
        __tracebackhide__ = True
        try:
            yield
        except HypothesisException:
            raise
        except Exception:
            self.report.passed = False
            raise

    def teardown(self) -> None:
        """Let the driver put away what it has."""
        if isinstance(self.driver, Closing):
            with self._watched():
                self.driver.close()


# --- the machine -----------------------------------------------------------------------------------------


def order_machine(
    driver: Callable[[], Driver],
    policy: Policy | None = None,
    *,
    guards: Iterable[HostGuard] = (),
    placed: st.SearchStrategy[Place] | None = None,
    kinds: Iterable[type[Input]] | None = None,
    states: Mapping[str, str] | None = None,
    effects: Iterable[str] | None = None,
    name: str | None = None,
) -> type[RuleBasedStateMachine]:
    """A class of stories that play a backend against ``OrderMachine(policy, guards)``.

    Its ``TestCase`` is what pytest and unittest run: ``TestMyShop = order_machine(MyDriver, Policy()).TestCase``.

    Args:
        driver: makes a new driver for each story, mostly its class.
        policy: the policy that the backend is meant to carry out, by default ``Policy()``.
        guards: the host's own rules on commands.
        placed: the orders that are placed, by default `places()`. Those that a guard refuses are left out.
        kinds: the inputs that the backend knows, by default all.
        states: words for states that the backend does not tell apart, by orderfsm's names:
            ``{"shipped.intercepting": "shipped"}``.
        effects: the names of the effects that the backend has, by default all.
        name: what the class is called in reports, by default after the driver.

    Raises:
        InvalidArgument: an argument means nothing: the driver cannot be called, an input, state or effect is unknown.
    """
    if not callable(driver):
        raise InvalidArgument(f"{driver=} must make a new driver when it is called: pass its class, not one of it")
    known = tuple(kind for kind in (INPUTS if kinds is None else kinds) if kind is not Place)
    told = None if effects is None else frozenset(effects)
    words = dict(states or {})
    _among("kinds", known, INPUTS)
    _among("states", words, [state.value for state in State])
    _among("effects", told or (), [effect.name for effect in EFFECTS])
    setting = Setting(
        driver=driver,
        machine=OrderMachine(policy, guards=guards),
        placed=places() if placed is None else placed,
        kinds=known,
        tolerance=Tolerance(states=words, effects=told),
    )
    title = name or f"{getattr(driver, '__name__', type(driver).__name__)}Machine"
    return type(title, (OrderStory,), {"setting": setting, "__doc__": f"Plays {title} against orderfsm."})


def _among(argument: str, given: Iterable[object], known: Collection[object]) -> None:
    strange = [each for each in given if each not in known]
    if strange:
        raise InvalidArgument(f"{argument}: orderfsm knows no {', '.join(map(repr, strange))}")
