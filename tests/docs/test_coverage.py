"""Every clause leads to what carries it, and everything that cites a clause is found there."""

import re
from collections.abc import Iterator

import pytest

from orderfsm.clauses import CLAUSES, READINGS
from orderfsm.effects import EFFECTS
from orderfsm.reasons import AnomalyCode, Code
from orderfsm.table import CONTRADICTIONS, DENIALS, REFUND_ROWS, ROWS
from tools.docs import ROOT, anchors
from tools.docs.anchors import Anchor
from tools.docs.policy.carriers import (
    BY_FORM,
    NO_RULE,
    all_conditions,
    carriers,
    exists,
    policy_values,
    readings_of,
    uncarried,
)
from tools.docs.policy.citations import cited, mentioned, policy_tests

POLICY = (ROOT / "docs/policy.md").read_text("utf-8")
TESTS = (ROOT / "docs/reference/tests.md").read_text("utf-8")


def entry(number: str) -> str:
    """What the policy page says under a clause or reading."""
    if number in CLAUSES:
        return re.split(r"^#|^<!-- end", POLICY.split(f"\n#### {number}\n")[1], maxsplit=1, flags=re.M)[0]
    heading = f'### <a id="{READINGS[number].anchor}"></a>'
    return re.split(r"^#", POLICY.split(heading)[1], maxsplit=1, flags=re.M)[0]


def citations() -> Iterator[tuple[str, Anchor]]:
    """Everything that cites a clause: the number, and where its entry is."""
    for lines in (ROWS, REFUND_ROWS, DENIALS, CONTRADICTIONS):
        for line in lines:
            yield line.clause, anchors.line(line)
    for condition in all_conditions():
        for number in mentioned(condition.__doc__):
            yield number, anchors.condition(condition)
    for code in (*Code, *AnomalyCode):
        for number in cited(code):
            yield number, anchors.code(code)
    for name, number in policy_values().items():
        yield number, anchors.value(name)
    for effect in EFFECTS:
        for number in mentioned(effect.__doc__):
            yield number, anchors.effect(effect)


def test_every_rule_is_carried_and_tested() -> None:
    """No clause and no reading stands alone; what is no rule is said to be none."""
    assert [] == uncarried()
    assert {"A17"} == NO_RULE
    assert not carriers("A17").rows


def test_what_is_said_to_carry_a_rule_is_there() -> None:
    """A name that the library no longer has would be noticed, and so would a rule that nothing carries."""
    assert exists("already_dispatched") and exists("orderfsm.money.allocate") and exists("approve_return → returning")
    assert not exists("already_despatched") and not exists("orderfsm.money.share") and not exists("sent → nowhere")
    for number in BY_FORM:
        assert not carriers(number).rows and "`" not in CLAUSES[number].carried_by


@pytest.mark.parametrize("number", [*CLAUSES, *READINGS])
def test_a_clause_leads_to_what_carries_it(number: str) -> None:
    """To every row, condition, code, value and effect that cites it, to nothing else, and to its tests."""
    links = set(re.findall(r"\]\(([^)]+)\)", entry(number)))
    own = {anchor.path("policy") for clause, anchor in citations() if clause == number}
    assert own <= links
    said = entry(number).split("- Carried by: ")[-1].splitlines()[0]
    others = {link for link in links - own if f"({link})" not in said}
    readings = {anchors.clause(each).path("policy") for each in (*readings_of(number), *(_reads(number)))}
    tests = {f"reference/tests.md#tests-{anchors.clause(number).id}"} if number not in NO_RULE else set()
    assert readings | tests == {link for link in others if _generated(number, link)}


def _reads(number: str) -> tuple[str, ...]:
    return READINGS[number].reads if number in READINGS else ()


def _generated(number: str, link: str) -> bool:
    """Whether a link stands in the generated part: a reading has prose of its own before it."""
    return f"({link})" in entry(number).split("<!-- generated: ")[-1]


def test_every_line_of_the_table_leads_back() -> None:
    """The line that bears the mark of a row links to the clause that the row cites."""
    for lines in (ROWS, REFUND_ROWS, DENIALS, CONTRADICTIONS):
        for line in lines:
            mark = f'<a id="{anchors.line(line).id}"></a>'
            assert 1 == POLICY.count(mark)
            printed = POLICY.split(mark)[1].splitlines()[0]
            assert printed.rstrip(" |").endswith(f"(#{anchors.clause(line.clause).id})"), mark


def test_every_test_of_the_policy_is_listed() -> None:
    """Under each clause that it is about, with a link to its source."""
    for test in policy_tests():
        assert max(1, len(test.clauses)) == TESTS.count(f'{test.file} "{test.name}")'), test
    assert {number for test in policy_tests() for number in test.clauses} == {*CLAUSES, *READINGS} - NO_RULE
