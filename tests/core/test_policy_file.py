"""Policies as TOML: written and read back without loss; what is wrong names its key."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from attrs import fields
from hypothesis import given
from hypothesis import strategies as st

from orderfsm import InvalidPolicy, Policy, ReturnSchedule
from orderfsm.policy_file import PRESETS, load_policy, read_policy, write_policy, written_duration

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
SOME_TIME = st.timedeltas(timedelta(microseconds=1), timedelta(days=3650))
AMOUNTS = st.decimals(min_value=0, max_value=10**6, places=2)
SCHEDULES = st.builds(
    ReturnSchedule,
    full_days=st.integers(0, 3650),
    late_share=st.fractions(0, 1, max_denominator=10**9),
    shop_fault_reasons=st.frozensets(TEXT, max_size=3),
)
DAYS = st.integers(0, 365)
POLICIES = st.builds(
    lambda some, days, **values: Policy(refund_after_days=min(days), refund_within_days=max(days), **some, **values),
    some=st.fixed_dictionaries(
        {
            "payment_window": SOME_TIME,
            "payment_grace": st.timedeltas(timedelta(0), timedelta(days=3650)),
            "review_overdue": SOME_TIME,
            "preparation_after": SOME_TIME,
            "logistics_overdue": SOME_TIME,
            "return_overdue": SOME_TIME,
        }
    ),
    days=st.tuples(DAYS, DAYS),
    unpaid_cancellation=st.booleans(),
    own_goods_need_approval=st.booleans(),
    prepaid_label_countries=st.frozensets(st.sampled_from(["DE", "BR", "CN", "US"])),
    return_shipping=st.dictionaries(st.sampled_from(["EUR", "USD"]), AMOUNTS),
    returns=SCHEDULES,
    return_address=TEXT,
    bundle_widening=st.booleans(),
)


@given(POLICIES)
def test_what_is_written_is_read_back(policy: Policy) -> None:
    """Writing and reading a policy gives the same policy, to the microsecond."""
    assert policy == read_policy(write_policy(policy))


def test_every_value_is_written_with_its_clause() -> None:
    """The file says for every value which clause it carries."""
    written = write_policy(Policy())
    for field in (*fields(Policy), *fields(ReturnSchedule)):
        assert f"# {field.metadata['clause']}: {field.metadata['meaning']}\n" in written
        assert f"\n{field.name} = " in f"\n{written}" or f"\n[{field.name}]" in written


def test_what_is_left_out_keeps_its_default() -> None:
    """A file says only what it changes."""
    expected = Policy(payment_grace=timedelta(minutes=15), returns=ReturnSchedule(full_days=14))
    assert expected == read_policy('payment_grace = "15m"\n[returns]\nfull_days = 14\n')
    assert Policy() == read_policy("")


def test_values_are_written_as_people_write_them() -> None:
    """Durations, shares and amounts are texts that a person would write."""
    text = '[return_shipping]\nEUR = "4.90"\n[returns]\nlate_share = "0.25"'
    policy = read_policy(f'preparation_after = "12h30m"\nreturn_overdue = "14d"\n{text}')
    assert (timedelta(hours=12, minutes=30), timedelta(days=14)) == (policy.preparation_after, policy.return_overdue)
    assert ({"EUR": Decimal("4.90")}, Fraction(1, 4)) == (policy.return_shipping, policy.returns.late_share)


@pytest.mark.parametrize(
    ("duration", "written"),
    [
        (timedelta(hours=24), "24h"),
        (timedelta(hours=36), "36h"),
        (timedelta(days=30), "30d"),
        (timedelta(days=30, minutes=5), "30d5m"),
        (timedelta(minutes=90), "1h30m"),
        (timedelta(), "0s"),
        (timedelta(microseconds=1), "0.000001s"),
        (timedelta(seconds=1, milliseconds=500), "1.5s"),
    ],
)
def test_durations_are_short(duration: timedelta, written: str) -> None:
    """A day is 24 hours, a month 30 days."""
    assert written == written_duration(duration)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("payment_windw", 'payment_windw = "24h"'),
        ("payment_window", "payment_window = 24"),
        ("payment_window", 'payment_window = "24"'),
        ("payment_window", 'payment_window = ""'),
        ("payment_window", 'payment_window = "0s"'),
        ("payment_window", 'payment_window = "-1h"'),
        ("payment_window", 'payment_window = "3651d"'),
        ("payment_window", 'payment_window = "999999999d"'),
        ("payment_window", 'payment_window = "999999999d999999999h"'),
        ("payment_window", 'payment_window = "1h2d"'),
        ("payment_window", 'payment_window = "２４h"'),
        ("payment_window", "payment_window = 2026-01-01"),
        ("payment_grace", 'payment_grace = ["1h"]'),
        ("unpaid_cancellation", "unpaid_cancellation = 1"),
        ("unpaid_cancellation", 'unpaid_cancellation = "yes"'),
        ("refund_after_days", "refund_after_days = 1.0"),
        ("refund_after_days", "refund_after_days = true"),
        ("refund_within_days", "refund_after_days = 5"),
        ("refund_within_days", "refund_within_days = -1"),
        ("return_address", 'return_address = ""'),
        ("return_address", "return_address = 1"),
        ("prepaid_label_countries", 'prepaid_label_countries = "DE"'),
        ("prepaid_label_countries", 'prepaid_label_countries = ["XX"]'),
        ("prepaid_label_countries", "prepaid_label_countries = [[]]"),
        ("return_shipping", 'return_shipping = "4.90"'),
        ("return_shipping.EUR", "[return_shipping]\nEUR = 4.90"),
        ("return_shipping.EUR", '[return_shipping]\nEUR = "4.905"'),
        ("return_shipping.EUR", '[return_shipping]\nEUR = "-1"'),
        ("return_shipping.EUX", '[return_shipping]\nEUX = "4.90"'),
        ("returns", "returns = 30"),
        ("returns.full_day", "[returns]\nfull_day = 30"),
        ("returns.full_days", '[returns]\nfull_days = "30"'),
        ("returns.full_days", "[returns]\nfull_days = -1"),
        ("returns.late_share", "[returns]\nlate_share = 0.5"),
        ("returns.late_share", '[returns]\nlate_share = "3/2"'),
        ("returns.late_share", '[returns]\nlate_share = "1/0"'),
        ("returns.late_share", '[returns]\nlate_share = "1e-999999999"'),
        ("returns.shop_fault_reasons", "[returns]\nshop_fault_reasons = [1]"),
        ("returns.shop_fault_reasons", '[returns]\nshop_fault_reasons = [""]'),
        ("policy", "payment_window = "),
        ("policy", 'payment_window = "1h"\npayment_window = "2h"'),
        ("policy", "a = " + "[" * 10_000),
    ],
)
def test_what_is_wrong_names_its_key(key: str, text: str) -> None:
    """Unknown keys, wrong types and wrong values are told apart by the key that is at fault."""
    with pytest.raises(InvalidPolicy) as caught:
        read_policy(text)
    assert key == caught.value.key


def test_policies_have_names() -> None:
    """The three policies of the documents can be had by name."""
    expected = {"combined": Policy(), "declaration": Policy.declaration(), "marketplace": Policy.marketplace()}
    assert expected == {name: load_policy(name) for name in PRESETS}


def test_a_policy_can_be_in_a_file(tmp_path: Path) -> None:
    """A path that is no name is read."""
    path = tmp_path / "shop.toml"
    path.write_text(write_policy(Policy.marketplace(return_address="Straße 1")), "utf-8")
    assert Policy.marketplace(return_address="Straße 1") == load_policy(str(path))


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"x = ["])
def test_files_that_are_no_policy_are_named(tmp_path: Path, content: bytes | None) -> None:
    """A folder, bytes that are no text and text that is no TOML are told by the path."""
    path = tmp_path / "shop.toml"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(InvalidPolicy, match=r"shop\.toml: expected"):
        load_policy(str(path))


def test_a_name_that_is_neither_preset_nor_file_is_told() -> None:
    """The complaint lists the names that there are."""
    with pytest.raises(InvalidPolicy, match="combined, declaration, marketplace or a TOML file"):
        load_policy("marketplase")
