"""A rule-based machine plays any input by any actor at any time, and checks everything after every step."""

from datetime import datetime, timedelta
from typing import Any

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from orderfsm import inputs as i
from orderfsm.actors import Actor, Role
from orderfsm.decisions import Accepted, Decision, Duplicate
from orderfsm.effects import Effect
from orderfsm.engine import TRANSITIONS
from orderfsm.machine import OrderMachine
from orderfsm.money import Money
from orderfsm.order import Lot, Order, Unplaced
from orderfsm.policy import Policy
from orderfsm.states import State
from orderfsm.table import WHO
from orderfsm.testing.strategies import fitting_inputs, places, policies
from tests.properties import strategies as some
from tests.properties.invariants import check_step

STRANGERS = some.ACTORS


class Lifecycle(RuleBasedStateMachine):
    """One order, from before it is placed to long after it is paid back."""

    def __init__(self) -> None:
        super().__init__()
        self.order: Order | Unplaced = Unplaced("1001")
        self.history: list[i.Input] = []
        self.effects: list[Effect] = []
        self.now = some.START

    @initialize(policy=policies(), place=places(), early=st.booleans())
    def begin(self, policy: Policy, place: i.Place, early: bool) -> None:
        self.machine = OrderMachine(policy)
        self.place = place
        if early:
            self.send(i.Dispatched(lines=["A"], parcel="x1"), Actor(Role.WAREHOUSE))
        self.send(place, Actor(Role.PLATFORM))

    # --- the usual way, so that deep states are reached ----------------------------------------------------

    @precondition(lambda self: self.unpaid())
    @rule(step=some.STEPS)
    def pay_in_full(self, step: timedelta) -> None:
        self.now += min(step, timedelta(hours=1))
        self.send(i.PaymentCaptured(payment="p1", instrument="card:1", amount=some.total(self.place)), PAYMENT)

    @precondition(lambda self: self.unpaid())
    @rule()
    def pay_half(self) -> None:
        due = Money.of(some.total(self.place), self.place.currency)
        for payment, part in (("p1", due.minor * 2 // 3), ("p2", due.minor - due.minor * 2 // 3)):
            amount = Money(part, due.currency).amount
            self.send(i.PaymentCaptured(payment=payment, instrument=f"card:{payment}", amount=amount), PAYMENT)

    @precondition(lambda self: isinstance(self.order, Order) and not self.unpaid())
    @rule(data=st.data())
    def what_is_likely(self, data: st.DataObject) -> None:
        """What the public strategies think of next."""
        assert isinstance(self.order, Order)
        self.decide(data.draw(fitting_inputs(self.order, policy=self.machine.policy, at=st.just(self.now))))

    @precondition(lambda self: isinstance(self.order, Order) and not self.unpaid())
    @rule(data=st.data())
    def something_that_fits(self, data: st.DataObject) -> None:
        """An input that has a row for goods or a refund as they are, by somebody who may send it."""
        assert isinstance(self.order, Order)
        lot = data.draw(st.sampled_from(self.order.lots))
        rows = [kind for kind in some.MOVING if lot.state in TRANSITIONS.get(kind.name, ())]
        kinds: list[type[i.Input]] = [kind for kind in rows if not issubclass(kind, i.RefundFact)]
        if self.order.refunds:
            kinds += [i.RefundSent, i.RefundSettled, i.RefundSettled, i.RefundFailed, i.RefundReversed, i.ResendRefund]
        if not kinds:
            return
        kind = data.draw(st.sampled_from(kinds))
        content: dict[str, Any] = {}
        if "lines" in {field.name for field in attrs.fields(kind)}:
            content["lines"] = data.draw(st.sampled_from(["all", [lot.line.id], {lot.line.id: 1}]))
        if "ask" in {field.name for field in attrs.fields(kind)}:
            content["ask"] = None if lot.ask is None else data.draw(st.sampled_from([None, lot.ask.id]))
        if "refund" in {field.name for field in attrs.fields(kind)}:
            content["refund"] = data.draw(st.sampled_from(self.order.refunds)).id
        self.send(attrs.evolve(data.draw(some.said(kind, self.order)), **content), self.sender_of(data, kind, lot))

    def sender_of(self, data: st.DataObject, kind: type[i.Input], lot: Lot) -> Actor:
        role = data.draw(st.sampled_from(sorted(WHO[kind])))
        if role is Role.SELLER or (Role.SELLER in WHO[kind] and lot.line.seller is not None):
            return Actor(Role.SELLER, lot.line.seller or "s1")
        return some.CUSTOMER if role is Role.CUSTOMER else Actor(role)

    # --- anything ------------------------------------------------------------------------------------------

    @rule(kind=st.sampled_from([*some.MOVING, i.PaymentCaptured]), by=STRANGERS, data=st.data())
    def anybody(self, kind: type[i.Input], by: Actor, data: st.DataObject) -> None:
        self.send(data.draw(some.said(kind, self.order)), by)

    @rule(kind=st.sampled_from(some.MOVING), data=st.data(), late=some.STEPS)
    def learnt_late(self, kind: type[i.Input], data: st.DataObject, late: timedelta) -> None:
        role = data.draw(st.sampled_from(sorted(WHO[kind])))
        by = {Role.CUSTOMER: some.CUSTOMER, Role.SELLER: Actor(Role.SELLER, "s1")}.get(role) or Actor(role)
        at = max(self.now - late, some.START)
        self.send(data.draw(some.said(kind, self.order)), by, at=at)

    @rule(data=st.data())
    def again(self, data: st.DataObject) -> None:
        """The same input again: with an id it is a duplicate, and nothing happens twice."""
        input = data.draw(st.sampled_from(self.history))
        known = input.id is not None and input in self.order.seen
        decision = self.decide(attrs.evolve(input, received_at=self.now))
        if known:
            assert isinstance(decision, Duplicate)
            assert not [move for move in decision.moves if "presumed" not in move.row and "closed" not in move.row]

    @rule(step=some.STEPS)
    def time_passes(self, step: timedelta) -> None:
        self.now += step

    @rule(step=some.STEPS)
    def tick(self, step: timedelta) -> None:
        """A scheduler that ticks makes effects timely and changes nothing else."""
        self.now += step
        if isinstance(self.order, Order):
            decision = self.machine.tick(self.order, self.now)
            assert isinstance(decision, Accepted)
            self.order = decision.order
            self.effects += decision.effects

    @precondition(lambda self: isinstance(self.order, Order))
    @rule(by=STRANGERS)
    def buttons_agree(self, by: Actor) -> None:
        """`actions` and `decide` give the same answer, and asking changes nothing."""
        assert isinstance(self.order, Order)
        before = self.order
        for action in self.machine.actions(self.order, by=by, at=self.now):
            tried = self.machine.decide(self.order, action.input)
            assert tried == action.decision
            assert action.allowed is isinstance(tried, Accepted)
            check_step(self.machine, self.order, action.input, tried)
        assert self.order == before

    # --- playing -------------------------------------------------------------------------------------------

    def unpaid(self) -> bool:
        return isinstance(self.order, Order) and any(lot.state is State.UNPAID for lot in self.order.lots)

    def send(self, input: i.Input, by: Actor, at: datetime | None = None) -> None:
        self.decide(input.sent(by=by, at=at or self.now, received_at=self.now))

    def decide(self, input: i.Input) -> Decision:
        decision = self.machine.decide(self.order, input)
        check_step(self.machine, self.order, input, decision)
        self.order = decision.order
        self.history.append(input)
        self.effects += decision.effects
        return decision

    def teardown(self) -> None:
        """The same inputs, with nobody ticking in between, give the same order, effects and effect ids."""
        if not self.history:
            return
        order: Order | Unplaced = Unplaced("1001")
        effects: list[Effect] = []
        for input in self.history:
            decision: Any = self.machine.decide(order, input)
            order = decision.order
            effects += decision.effects
        if isinstance(order, Order) and isinstance(self.order, Order):
            last = self.machine.tick(order, self.now)
            order, effects = last.order, [*effects, *last.effects]
            mine = self.machine.tick(self.order, self.now)
            self.order, self.effects = mine.order, [*self.effects, *mine.effects]
        assert order == self.order
        assert sorted(effects, key=repr) == sorted(self.effects, key=repr)
        ids = [effect.id for effect in effects]
        assert len(ids) == len(set(ids)), "an effect id was used twice in the life of an order"


PAYMENT = Actor(Role.PAYMENT)
TestLifecycle = Lifecycle.TestCase
