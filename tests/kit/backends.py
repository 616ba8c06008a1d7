"""Tiny backends to be played: a correct one that delegates to the machine, and others with one fault each.

Each is what a host writes: a driver. What is wrong with a faulty one stands in its docstring.
"""

from datetime import datetime, timedelta

from attrs import evolve

from orderfsm import (
    LOGISTICS,
    Arrived,
    AskLogistics,
    Decision,
    Effect,
    Input,
    Lost,
    Order,
    OrderMachine,
    PaymentCaptured,
    Place,
    Policy,
    RequestCancellation,
    SendRefund,
    State,
    StopConfirmed,
    Unplaced,
)
from orderfsm.effects import Channel
from orderfsm.testing.observing import Observation, ObservedAnswer


class Backend:
    """A correct backend of one order, in memory."""

    policy = Policy()

    def __init__(self) -> None:
        self.machine = OrderMachine(self.policy)
        self.known: Order | Unplaced = Unplaced("shop-1")
        self.outbox: list[Effect] = []

    @property
    def order(self) -> Order:
        """The order; it has been placed."""
        assert isinstance(self.known, Order)
        return self.known

    def create(self, place: Place) -> None:
        """Place the order."""
        self.decide(place)

    def send(self, input: Input) -> ObservedAnswer | None:
        """Decide an input, store the order and the effects."""
        return ObservedAnswer.of(self.decide(input))

    def decide(self, input: Input) -> Decision:
        """One transaction."""
        decision = self.machine.decide(self.known, input)
        self.known = decision.order
        self.outbox += decision.effects
        return decision

    def observe(self) -> Observation:
        """What is in the database, and in the outbox since the last time."""
        effects, self.outbox = self.outbox, []
        return Observation.of(self.order, effects)


class Scheduled(Backend):
    """A correct backend with a scheduler, which acts when time has passed."""

    def wait(self, at: datetime) -> None:
        """Run the scheduler."""
        decision = self.machine.tick(self.order, at)
        self.known = decision.order
        self.outbox += decision.effects


# --- faulty ones -----------------------------------------------------------------------------------------


class ForgetsBundles(Backend):
    """Cancels items of a bundle one by one (B21, B22)."""

    def create(self, place: Place) -> None:
        """Place the order without its bundles."""
        super().create(evolve(place, lines=[evolve(item, bundle=None) for item in place.lines]))


class PaysAtTheDeadline(Backend):
    """Takes a payment at the deadline itself to be in time: ``<=`` where ``<`` is meant (A1)."""

    policy = Policy(payment_window=timedelta(hours=24, microseconds=1))


class LosesAFact(Backend):
    """Thanks for the report that a parcel is at the door, and forgets it (A12)."""

    def send(self, input: Input) -> ObservedAnswer | None:
        """Drop one kind of fact."""
        if isinstance(input, Arrived):
            return ObservedAnswer(outcome="accepted", codes=())
        return super().send(input)


class RefundsTwice(Backend):
    """Sends the money for a cancellation twice (B2)."""

    def decide(self, input: Input) -> Decision:
        """Put every refund into the outbox again."""
        decision = super().decide(input)
        self.outbox += [effect for effect in decision.effects if isinstance(effect, SendRefund)]
        return decision


class BooksRefundsTwice(Backend):
    """Has two refunds in its books where one is owed."""

    def observe(self) -> Observation:
        """Show every refund twice."""
        seen = super().observe()
        return evolve(seen, refunds=[*(seen.refunds or ()), *(seen.refunds or ())])


class BelievesStaleAnswers(Backend):
    """Takes an answer to a question that is no longer open for a good one (policy 5.7)."""

    def send(self, input: Input) -> ObservedAnswer | None:
        """Accept what is stale."""
        decision = self.decide(input)
        if {"stale_answer"} == {str(reason.code) for reason in decision.reasons}:
            return ObservedAnswer(outcome="accepted", codes=())
        return ObservedAnswer.of(decision)


class CancelsWhatHasLeft(Backend):
    """Cancels goods that were dispatched (A9)."""

    def send(self, input: Input) -> ObservedAnswer | None:
        """Ask only whether the customer may."""
        answer = super().send(input)
        if (
            isinstance(input, RequestCancellation)
            and answer is not None
            and "already_dispatched" in (answer.codes or ())
        ):
            return ObservedAnswer(outcome="accepted", codes=())
        return answer


class IgnoresIds(Backend):
    """Carries out again what comes again under the same id (policy 5.11)."""

    def decide(self, input: Input) -> Decision:
        """Look at no key."""
        return super().decide(evolve(input, id=None))


class ForgetsDeadlinesWhenIdle(Backend):
    """Leaves deadlines to a scheduler that nobody runs (A2, A7)."""

    policy = Policy(payment_window=timedelta(days=3000), preparation_after=timedelta(days=3000))


class WaitsForNothing(Scheduled):
    """Has a scheduler that does nothing when it is run."""

    def wait(self, at: datetime) -> None:
        """Do nothing."""


class TakesSilenceForYes(Backend):
    """Cancels goods in preparation without asking logistics (A8)."""

    def decide(self, input: Input) -> Decision:
        """Answer the question oneself."""
        decision = super().decide(input)
        for effect in decision.effects:
            if isinstance(effect, AskLogistics):
                super().decide(StopConfirmed(ask=effect.ask, by=LOGISTICS, at=input.at, received_at=input.received_at))
        return decision


class DecidesForSellers(Backend):
    """Lets customer service decide about a third-party seller's goods (B10)."""

    def create(self, place: Place) -> None:
        """Place the order as if all goods were the shop's own."""
        super().create(evolve(place, lines=[evolve(item, seller=None) for item in place.lines]))


class TellsNobody(Backend):
    """Puts no message into the message centre (B15)."""

    def observe(self) -> Observation:
        """Show the outbox without them."""
        self.outbox = [each for each in self.outbox if getattr(each, "channel", None) is not Channel.MESSAGE_CENTER]
        return super().observe()


class RefusesLatePayments(Backend):
    """Refuses money that came too late, instead of giving it back (policy 5.6)."""

    def send(self, input: Input) -> ObservedAnswer | None:
        """Refuse what comes to a closed order."""
        if isinstance(input, PaymentCaptured) and any(lot.state is State.CLOSED for lot in self.order.lots):
            return ObservedAnswer(outcome="refused", codes=["order_closed"])
        return super().send(input)


class Crashes(Backend):
    """Raises where a parcel is lost."""

    def send(self, input: Input) -> ObservedAnswer | None:
        """Raise."""
        if isinstance(input, Lost):
            raise RuntimeError("no column lost")
        return super().send(input)


FAULTY: tuple[type[Backend], ...] = (
    ForgetsBundles,
    PaysAtTheDeadline,
    LosesAFact,
    RefundsTwice,
    BooksRefundsTwice,
    BelievesStaleAnswers,
    CancelsWhatHasLeft,
    IgnoresIds,
    ForgetsDeadlinesWhenIdle,
    WaitsForNothing,
    TakesSilenceForYes,
    DecidesForSellers,
    TellsNobody,
    RefusesLatePayments,
    Crashes,
)
