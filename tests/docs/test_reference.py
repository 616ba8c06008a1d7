"""The reference has one entry for everything, tells what the machine does, and every link of it leads somewhere."""

import re
from collections import Counter
from functools import cache
from pathlib import PurePosixPath

from orderfsm.chapters import CHAPTER_OF
from orderfsm.decisions import Anomalous, Refused
from orderfsm.effects import EFFECTS, AskLogistics, Effect, Escalate, Instruction, ReleaseStock, TellWarehouse, Topic
from orderfsm.events import Event, Waiting
from orderfsm.inputs import INPUTS
from orderfsm.policy import Policy
from orderfsm.policy_file import read_policy
from orderfsm.reasons import AnomalyCode, Code
from orderfsm.rows import name_of
from orderfsm.states import OrderState, RefundState, State
from orderfsm.table import CONTRADICTIONS, DENIALS, REFUND_ROWS, ROWS
from tests.properties.walks import Walk
from tools.docs import ROOT, anchors
from tools.docs.anchors import Anchor
from tools.docs.documented import said_of
from tools.docs.headings import slug
from tools.docs.policy.carriers import all_conditions, policy_values
from tools.docs.policy.citations import cited
from tools.docs.policy.value_parts import written
from tools.docs.reference.answering import answers, inputs_answered
from tools.docs.reference.code_parts import examples
from tools.docs.reference.effect_parts import escalation, instruction, topic
from tools.docs.reference.effect_words import ESCALATIONS, TASKS
from tools.docs.reference.examples import order_in
from tools.docs.reference.following import following
from tools.docs.reference.input_parts import ESCALATED_UNDER

REFERENCE = ("states", "inputs", "conditions", "codes", "effects")
LINK = re.compile(r"\]\(([^()\s]+)\)")

ENTRIES: tuple[Anchor, ...] = (
    *map(anchors.state, State),
    *map(anchors.refund_state, RefundState),
    *map(anchors.order_state, OrderState),
    *map(anchors.trigger, (*INPUTS, *Event)),
    *map(anchors.waiting, Waiting),
    *map(anchors.condition, all_conditions()),
    *map(anchors.code, (*Code, *AnomalyCode)),
    *map(anchors.effect, EFFECTS),
    *map(topic, Topic),
    *map(instruction, Instruction),
    *map(escalation, ESCALATIONS),
)
ELSEWHERE: tuple[Anchor, ...] = (
    *map(anchors.value, policy_values()),
    *map(anchors.line, ROWS),
    *map(anchors.line, REFUND_ROWS),
    *map(anchors.line, DENIALS),
    *map(anchors.line, CONTRADICTIONS),
)


@cache
def ids(page: str) -> Counter[str]:
    """The places on a page that can be linked to: marks, and headings by their names."""
    text = (ROOT / "docs" / f"{page}.md").read_text("utf-8")
    found = Counter(re.findall(r'<a id="([^"]+)">', text))
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    return found + Counter(name for name in map(slug, headings) if name not in found)


def test_everything_has_one_entry() -> None:
    """Each state, input, event, condition, guard, code, effect, topic and value is found under its anchor, once."""
    assert [] == [anchor for anchor in (*ENTRIES, *ELSEWHERE) if 1 != ids(anchor.page)[anchor.id]]
    assert len(ENTRIES) == len(set(ENTRIES))


def test_every_entry_is_about_something() -> None:
    """No entry is left over from a thing that is gone."""
    known = set(ENTRIES)
    for page in REFERENCE:
        text = (ROOT / f"docs/reference/{page}.md").read_text("utf-8")
        names = [mark or slug(text) for mark, text in re.findall(r'^### (?:<a id="([^"]+)"></a>)?(.+)$', text, re.M)]
        assert [] == [name for name in names if Anchor(f"reference/{page}", name) not in known]


def test_every_link_leads_to_a_place() -> None:
    """What the reference links to, on its own pages or on others, is there."""
    for page in REFERENCE:
        text = (ROOT / f"docs/reference/{page}.md").read_text("utf-8")
        for target in set(LINK.findall(text)):
            path, _, place = target.partition("#")
            other = ROOT / "docs" / "reference" / (path or f"{page}.md")
            assert other.is_file(), target
            name = PurePosixPath(other.resolve().relative_to(ROOT / "docs")).with_suffix("").as_posix()
            assert not place or ids(name)[place], f"{page}: {target}"


def test_every_line_of_the_table_is_linked() -> None:
    """From each row one comes back to it: the states and inputs lead to it."""
    for page in ("states", "inputs"):
        text = (ROOT / f"docs/reference/{page}.md").read_text("utf-8")
        marks = [*map(anchors.line, ROWS), *map(anchors.line, REFUND_ROWS)]
        assert [] == [mark for mark in marks if f"policy.md#{mark.id})" not in text]


def test_every_member_says_what_it_means() -> None:
    """Each state of goods, of refunds and of orders is documented where it is defined."""
    for member in (*State, *RefundState, *OrderState):
        assert said_of(member).endswith("."), member


def test_every_code_has_an_example_from_the_machine() -> None:
    """The sentence of a code is what a real refusal, or a real anomaly, said; each wording is filled in."""
    for code in (*Code, *AnomalyCode):
        for reason in examples(code):
            assert reason.code is code
            assert "{" not in reason.message


def test_the_machine_gives_no_other_codes() -> None:
    """On random walks no input is answered with a code, and no code given under a clause, that its entry leaves out."""
    seen: set[str] = set()
    for seed in range(200):
        for step in Walk(seed).steps(40):
            if isinstance(step.decision, Refused | Anomalous):
                for reason in step.decision.reasons:
                    code = reason.code
                    assert any(code is each for each in answers(type(step.input))), (step.input.name, code)
                    assert reason.clause in cited(code), (code, reason.clause)
                    seen.add(code)
    assert len(seen) > 40


def test_every_code_answers_something() -> None:
    """No code is explained that no input is answered with."""
    assert [] == [code for code in (*Code, *AnomalyCode) if not inputs_answered(code)]


def test_effects_are_told_by_the_rows_that_the_reference_names() -> None:
    """On random walks an effect that follows from moves only comes with a row that leads to it."""
    leading: dict[type[Effect], set[str]] = {effect: set() for effect in (ReleaseStock, TellWarehouse, AskLogistics)}
    for each in following():
        if each.effect in leading:
            leading[each.effect] |= {name_of(row.trigger) for row in each.rows}
    told: set[type[Effect]] = set()
    for seed in range(40):
        for step in Walk(seed).steps(40):
            moved = {move.trigger for move in step.decision.moves}
            for kind in {type(effect) for effect in step.decision.effects} & leading.keys():
                assert moved & leading[kind], (kind, moved)
                told.add(kind)
    assert set(leading) == told


def test_every_effect_says_what_to_do() -> None:
    """No effect, and no input or event of any chapter, is left to guessing."""
    assert set(EFFECTS) == set(TASKS)
    assert set(CHAPTER_OF) == {*INPUTS, *Event}


def test_waitings_are_told_under_their_clauses() -> None:
    """What an overdue waiting cites is what the machine cites when it is overdue."""
    cited: dict[str, set[str]] = {each: set() for each in Waiting}
    for state in State:
        told = order_in(state)
        late = told.machine.tick(told.order, told.at.replace(year=told.at.year + 1))
        for effect in late.effects:
            if isinstance(effect, Escalate) and effect.code in cited:
                cited[effect.code].add(effect.clause)
    assert {each: set(clauses) for each, clauses in ESCALATED_UNDER.items()} == cited


def test_values_are_written_as_a_file_has_them() -> None:
    """Each default of the values' table, put into a file by its name, is the policy itself."""
    text = "\n".join(f"{name} = {written(name, Policy())}" for name in policy_values())
    assert Policy() == read_policy(text)
