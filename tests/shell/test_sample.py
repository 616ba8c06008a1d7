"""Real order histories, where they are present: all replay, and independent counts agree.

The sample is CC BY-NC-SA and stays outside of this repository.
"""

import json
import os
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from orderfsm import Policy
from orderfsm.log_files import open_log
from orderfsm.shards import Playing
from tests.shell.sample_counts import counts

BESIDE = Path(__file__).parents[3] / "shared" / "data" / "olist-sample.jsonl.gz"
SAMPLE = Path(os.environ.get("ORDERFSM_SAMPLE", BESIDE))

pytestmark = pytest.mark.skipif(not SAMPLE.exists(), reason="the sample is not here")


@cache
def answers() -> list[dict[str, Any]]:
    """The answer to every line."""
    with Playing(Policy(), answering=True) as playing, open_log(str(SAMPLE)) as lines:
        return [json.loads(answer) for answer in playing.answers(lines)]


@cache
def expected() -> dict[str, int]:
    """What was counted without orderfsm."""
    return counts(SAMPLE)


def last_answers() -> list[dict[str, Any]]:
    """The last answer about each order."""
    return list({answer["order"]: answer for answer in answers()}.values())


def with_reason(code: str, do: str) -> int:
    """How many inputs were refused, or contradicted something, for one reason."""
    return sum(
        answer["do"] == do and any(reason["code"] == code for reason in answer["reasons"]) for answer in answers()
    )


def test_every_line_is_understood() -> None:
    """2,000 histories, no invalid line."""
    assert (2000, 7650) == (expected()["orders"], expected()["lines"])
    assert expected()["lines"] == len(answers())
    assert {"accepted", "refused", "anomaly"} == {answer["outcome"] for answer in answers()}


def test_orders_that_are_paid_late_are_closed() -> None:
    """A1, A2: payments 24 hours or more after placing come too late, and all of their money goes back."""
    states = Counter(answer["state"] for answer in last_answers())
    refunds = [refund for answer in last_answers() for refund in answer["refunds"]]
    assert expected()["orders_closed"] == states["closed"]
    assert expected()["orders_unpaid"] == states["unpaid"]
    assert expected()["late_payments"] == sum(refund["cause"] == "late_payment" for refund in refunds)
    given_back = sum(int(refund["amount"].replace(".", "")) for refund in refunds)
    assert expected()["given_back"] == given_back


def test_cancellations_go_by_where_the_goods_are() -> None:
    """A3, A4, A7, A9: refused once the carrier has the goods, or before they are paid; else requested."""
    asked = [answer for answer in answers() if answer["do"] == "request_cancellation"]
    assert expected()["cancellations"] == len(asked)
    refused = {name: expected().get(f"cancellations_{name}", 0) for name in ("after_dispatch", "unpaid", "after_close")}
    found = {
        "after_dispatch": with_reason("already_dispatched", "request_cancellation"),
        "unpaid": with_reason("closes_by_itself", "request_cancellation"),
        "after_close": with_reason("order_closed", "request_cancellation"),
    }
    assert refused == found
    requested = Counter(
        "in_preparation" if any("preparing.cancel_requested" in states for states in answer["lines"].values())
        else "before_preparation"
        for answer in asked
        if answer["outcome"] == "accepted"
    )  # fmt: skip
    assert expected().get("cancellations_in_preparation", 0) == requested["in_preparation"]
    assert expected().get("cancellations_before_preparation", 0) == requested["before_preparation"]


def test_parcels_of_closed_orders_are_asked_back() -> None:
    """A9: what was dispatched although its order was closed contradicts the closing; the carrier is asked.

    Also about what was dispatched before the order closed, too early to be paid.
    """
    assert expected()["dispatched_after_close"] == with_reason("dispatched_after_close", "dispatched")
    asks = sum(effect["effect"] == "ask_carrier" for answer in answers() for effect in answer["effects"])
    assert expected()["dispatched_and_closed"] == asks


def test_facts_that_come_before_their_order_are_kept() -> None:
    """A parcel that was on its way before its order was placed is an anomaly until then."""
    assert expected()["dispatched_before_placed"] == with_reason("unknown_order", "dispatched")


def test_goods_and_money_are_counted() -> None:
    """No unit is lost, and every capture is in the summary."""
    with Playing(Policy(), answering=False) as playing, open_log(str(SAMPLE)) as lines:
        assert [] == list(playing.answers(lines))
        summary = playing.summary()
    assert expected()["goods"] == sum(summary.goods.values())
    assert expected()["captured"] == summary.money["BRL"].captured
    assert expected()["given_back"] == summary.money["BRL"].owed
    assert expected()["orders"] == summary.orders
