"""Whatever may be said about a small order, at random, and the answers as text that can be compared.

Nothing here is careful: much of it is refused, repeated, or contradicts what is known, as in life.
"""

import os
from collections.abc import Callable
from datetime import datetime
from random import Random, SystemRandom

from orderfsm import (
    CUSTOMER_SERVICE,
    LOGISTICS,
    PAYMENT,
    WAREHOUSE,
    ApproveCancellation,
    ApproveReturn,
    AssessReturn,
    Customer,
    DeclineCancellation,
    Delivered,
    Dispatched,
    Input,
    PaymentCaptured,
    PreparationStarted,
    RefundFailed,
    RefundReversed,
    RefundSent,
    RefundSettled,
    RequestCancellation,
    RequestReturn,
    ResendRefund,
    ReturnReceived,
    StopConfirmed,
    StopDenied,
    WithdrawCancellation,
)
from orderfsm.actors import Actor
from orderfsm.decisions import Decision
from orderfsm.records import write_effect
from tests.store.story import place

ANN = Customer("ann")

_Sentence = tuple[int, Actor, Callable[[Random], Input]]


def fresh_seed() -> int:
    """Another one each time, shown where the test fails; ``ORDERFSM_TEST_SEED`` gives it back."""
    seed = int(os.environ.get("ORDERFSM_TEST_SEED") or SystemRandom().randrange(10**9))
    print(f"ORDERFSM_TEST_SEED={seed}")
    return seed


def _lines(rng: Random) -> object:
    return rng.choice(["all", "all", ["mug"], ["pot"], {"mug": 1}])


def _refund(rng: Random) -> str:
    return rng.choice(["r1", "r1", "r2", "r3"])


def _capture(rng: Random) -> Input:
    payment, amount = rng.choice([("p1", "54.00"), ("p1", "54.00"), ("p2", "60.00"), ("p3", "10.00")])
    return PaymentCaptured(payment=payment, instrument=f"card:{payment}", amount=amount)


def _of_goods(kind: type[Input]) -> Callable[[Random], Input]:
    return lambda rng: kind(lines=_lines(rng))  # type: ignore[call-arg]


def _of_refund(kind: type[Input]) -> Callable[[Random], Input]:
    return lambda rng: kind(refund=_refund(rng))  # type: ignore[call-arg]


_SENTENCES: tuple[_Sentence, ...] = (
    (9, PAYMENT, _capture),
    (3, WAREHOUSE, _of_goods(PreparationStarted)),
    (3, WAREHOUSE, _of_goods(Dispatched)),
    (2, LOGISTICS, _of_goods(Delivered)),
    (9, ANN, _of_goods(RequestCancellation)),
    (1, ANN, _of_goods(WithdrawCancellation)),
    (9, CUSTOMER_SERVICE, _of_goods(ApproveCancellation)),
    (1, CUSTOMER_SERVICE, _of_goods(DeclineCancellation)),
    (3, LOGISTICS, _of_goods(StopConfirmed)),
    (1, LOGISTICS, _of_goods(StopDenied)),
    (1, ANN, lambda rng: RequestReturn(lines=_lines(rng), reason="defective")),  # type: ignore[arg-type]
    (1, CUSTOMER_SERVICE, _of_goods(ApproveReturn)),
    (1, WAREHOUSE, _of_goods(ReturnReceived)),
    (1, WAREHOUSE, _of_goods(AssessReturn)),
    (4, PAYMENT, _of_refund(RefundSent)),
    (4, PAYMENT, _of_refund(RefundSettled)),
    (2, PAYMENT, _of_refund(RefundFailed)),
    (1, PAYMENT, _of_refund(RefundReversed)),
    (2, CUSTOMER_SERVICE, _of_refund(ResendRefund)),
)
_WEIGHTS = [weight for weight, _, _ in _SENTENCES]


def anything(rng: Random, at: datetime, id: str | None = None) -> Input:
    """Something said at `at`: often that the order is placed, mostly something about its goods and its money."""
    if rng.random() < 0.12:
        return place().sent(at=at, id=id)
    (_, by, say) = rng.choices(_SENTENCES, _WEIGHTS)[0]
    return say(rng).sent(by=by, at=at, id=id)


def told(decision: Decision) -> str:
    """An answer as text; without the order, which goes on meanwhile."""
    effects = [write_effect(effect) for effect in decision.effects]
    reasons = [f"{each.code} {each.clause} {', '.join(each.next_steps)}" for each in decision.reasons]
    return f"{decision.outcome} {decision.moves} {effects} {decision.fired} {dict(decision.added)} {reasons}"
