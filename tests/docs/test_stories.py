"""The stories say what the machine answers, all of it and nothing else, and each tells its point."""

import re
from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from attrs import frozen

from orderfsm.actors import Role
from orderfsm.decisions import Decision, Refused
from orderfsm.effects import EFFECTS, Effect, Notify, SendRefund
from orderfsm.inputs import Input
from orderfsm.log import Tick, read_line
from orderfsm.machine import OrderMachine
from orderfsm.order import Order, Refund, Unplaced
from orderfsm.reasons import Code, Reason
from orderfsm.states import OrderState, RefundState, State
from tools.docs.anchors import Anchor
from tools.docs.stories.plots import STORIES, Step, Story, told
from tools.docs.stories.sequences import NARROW, WIDE, Run, Size, draw, wrapped
from tools.docs.stories.telling import LANES, RECEIVERS, as_list, diagram

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"
RECEIVER = {
    "notify": "customer", "send_return_address": "customer", "send_return_label": "customer",
    "tell_warehouse": "warehouse", "send_replacement": "warehouse", "release_stock": "platform",
    "ask_logistics": "logistics", "ask_carrier": "logistics", "send_refund": "payment", "escalate": "customer service",
}  # fmt: skip
MOVE = re.compile(r"(?:(\w+)(?:, inferred)?: )?((?:[\w-]+, )*[\w-]+): (?:(still) |([\w.]+) → )([\w.]+) \((\w+)\) ?")


def example_log() -> list[Story]:
    """The orders of the example log, which shows every chapter, as if they were stories."""
    inputs: defaultdict[str, list[Input]] = defaultdict(list)
    for raw in (ROOT / "docs/examples/every-chapter.jsonl").read_bytes().splitlines():
        if raw.strip():
            order, input = read_line(raw)
            if order is not None and not isinstance(input, Tick):
                inputs[order].append(input)
    return [Story(f"order-{order}", order, tuple(some)) for order, some in inputs.items()]


TOLD = pytest.mark.parametrize("story", STORIES.values(), ids=lambda story: story.name)
ALL_TOLD = pytest.mark.parametrize("story", [*STORIES.values(), *example_log()], ids=lambda story: story.name)
SIZES = pytest.mark.parametrize("size", (WIDE, NARROW), ids=lambda size: size.name)


@frozen
class Seen:
    """One arrow or note of a picture: its class, between whom, and what it says."""

    kind: str
    ends: tuple[str, str] | None
    text: str


def pictures(story: Story, size: Size) -> list[ElementTree.Element]:
    """The pictures of a story, parsed as XML."""
    drawn = draw(diagram(story), size, lambda anchor: anchor.path("stories"))
    return [ElementTree.fromstring(each.replace("<svg", f'<svg xmlns="{SVG[1:-1]}"', 1)) for each in drawn]


def seen(picture: ElementTree.Element) -> list[Seen]:
    """What is to be seen at one step."""
    found = []
    for group in picture.iter(f"{SVG}g"):
        text = " ".join("".join(each.itertext()) for each in group.iter(f"{SVG}text")).replace("\u00a0", " ")
        ends = (group.attrib["data-from"], group.attrib["data-to"]) if "data-from" in group.attrib else None
        found.append(Seen(group.attrib["class"], ends, text))
    return found


# --- the picture is the answer ---------------------------------------------------------------------------


@ALL_TOLD
def test_time_is_told_at_its_own_time_and_changes_nothing(story: Story) -> None:
    """The order ends as it does when nobody ever lets time pass, with the same moves and effects."""
    order: Order | Unplaced = Unplaced(story.name)
    decisions: list[Decision] = []
    for said in story.inputs:
        decisions.append(OrderMachine().decide(order, said))
        order = decisions[-1].order
    steps = list(told(story))
    assert order == steps[-1].decision.order
    assert [m for each in decisions for m in each.moves] == [m for step in steps for m in step.decision.moves]
    assert [e for each in decisions for e in each.effects] == [e for step in steps for e in step.decision.effects]
    assert list(story.inputs) == [step.input for step in steps if step.input is not None]


@SIZES
@ALL_TOLD
def test_the_picture_shows_the_answers_and_nothing_else(story: Story, size: Size) -> None:
    """Every input, deadline, reason, move, refund and effect once, in order, with its words."""
    heads, *drawn, foot = pictures(story, size)
    steps = list(told(story))
    assert len(steps) == len(drawn)
    for number, (step, picture) in enumerate(zip(steps, drawn, strict=True), 1):
        shown = seen(picture)
        check(step, shown)
        margin = [each.text for each in picture.findall(f"{SVG}text")]
        assert [str(number), f"{step.at:%H:%M}"] == [margin[0], margin[2]]
        assert str(step.at.day) in str(margin[1])
    present = {name for picture in drawn for each in seen(picture) for name in each.ends or ()}
    for ends in (heads, foot):
        named = [re.sub(" middle", "", each.kind) and each.text for each in seen(ends)]
        assert [lane for lane in LANES if lane in present] == named


def check(step: Step, shown: list[Seen]) -> None:
    """Compare what is shown at one step with what the machine answered."""
    decision, said, left = step.decision, step.input, list(shown)
    sender = said.by.role.replace("_", " ") if said is not None and said.by is not None else ""
    if said is not None:
        first = left.pop(0)
        assert ("said", (sender, "order")) == (first.kind, first.ends)
        assert said.name == first.text.split(":")[0]
    for code in decision.fired:
        assert Seen("passed", None, f"nobody acts in time: {code}") == left.pop(0)
    if isinstance(decision, Refused):
        assert Seen("refused", ("order", sender), why("refused", decision.reasons)) == left.pop(0)
    elif decision.reasons:
        assert Seen("anomaly", None, why("anomaly", decision.reasons)) == left.pop(0)
    if decision.outcome == "duplicate":
        assert Seen("known", None, "known already") == left.pop(0)
    if decision.added:
        added = left.pop(0)
        assert "added" == added.kind
        assert set(decision.added) == {name.split(" × ")[-1] for name in added.text.split(" as well")[0].split(", ")}
    if decision.moves or (not isinstance(step.before, Order) and step.order is not None):
        note = left.pop(0)
        assert "moved" == note.kind
        text = re.sub(r"\d+ × ", "", note.text)
        if not isinstance(step.before, Order) and step.order is not None:
            begun = f"{', '.join(line.id for line in step.order.lines)}: unpaid"
            assert begun == text[: len(begun)]
            text = text[len(begun) :].lstrip()
        assert "" == MOVE.sub("", text)
        moves = [
            (line, target if still else source, target, clause)
            for _, lines, still, source, target, clause in MOVE.findall(text)
            for line in lines.split(", ")
        ]
        expected = {(move.line, str(move.source), str(move.target), move.clause) for move in decision.moves}
        assert sorted(expected) == sorted(moves)
    changed = refunds_of(step)
    if changed:
        money = left.pop(0)
        assert "money" == money.kind
        assert changed == re.findall(r"refund (r\d+)[^:]*: (?:(\w+) → )?(\w+)", money.text)
    told_of: list[tuple[tuple[str, str], str, str]] = []
    for effect in decision.effects:
        arrow = (("order", RECEIVER[effect.name]), effect.name, point(effect))
        if not told_of or arrow != told_of[-1] or not isinstance(effect, Notify):
            told_of.append(arrow)
    assert len(told_of) == len(left)
    for (ends, name, words), each in zip(told_of, left, strict=True):
        assert ("told", ends) == (each.kind, each.ends)
        assert each.text.startswith(f"{name}: ")
        assert words in each.text
    channels = {"screen": "on screen", "message_center": "in the message centre"}
    notices = [channels[effect.channel] for effect in decision.effects if isinstance(effect, Notify)]
    assert sorted(notices) == sorted(re.findall("on screen|in the message centre", " ".join(s.text for s in left)))


def why(kind: str, reasons: tuple[Reason, ...]) -> str:
    """How a refusal or an anomaly reads."""
    parts: list[str] = []
    for reason in reasons:
        parts += [f"{kind}: {reason.code} ({reason.clause})", reason.message]
        if kind == "refused" and reason.next_steps:
            known = {"contact_customer_service", "contact_seller", "wait"}
            steps = [step.replace("_", " ") if step in known else step for step in reason.next_steps]
            parts.append(f"Instead: {', '.join(steps)}")
    return " ".join(parts)


def refunds_of(step: Step) -> list[tuple[str, str, str]]:
    """Which refunds changed: id, state before (empty for a new one), state after."""
    before: dict[str, Refund] = {}
    if isinstance(step.before, Order):
        before = {refund.id: refund for refund in step.before.refunds}
    return [
        (refund.id, before[refund.id].state if refund.id in before else "", refund.state)
        for refund in (step.order.refunds if step.order is not None else ())
        if refund.id not in before or before[refund.id].state is not refund.state
    ]


def point(effect: Effect) -> str:
    """The words of an effect that must be seen."""
    match effect:
        case Notify():
            return effect.topic.replace("_", " ")
        case SendRefund():
            return f"{effect.refund}, {effect.amount} to {effect.instrument}"
        case _:
            return str(getattr(effect, "code", None) or next(iter(getattr(effect, "lines", {})), ""))


@TOLD
def test_the_list_says_what_the_picture_says(story: Story) -> None:
    """Each phrase of the picture stands in the list, in the same order, under the same number."""
    text = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", as_list(story, page="stories")).replace("`", "")
    items = re.split(r"^\d+\. ", text, flags=re.M)[1:]
    steps = diagram(story).steps
    assert len(steps) == len(items)
    for step, item in zip(steps, items, strict=True):
        assert item.startswith(f"{step.when}: ")
        rest = item
        for part in step.parts:
            for phrase in part.phrases:
                before, found, rest = rest.partition("".join(run.text for run in phrase))
                assert found, before


@TOLD
def test_each_word_of_the_library_is_linked(story: Story) -> None:
    """Inputs, states, codes and effects lead to what explains them, in the picture and in the list."""
    words = [run for step in diagram(story).steps for part in step.parts for phrase in part.phrases for run in phrase]
    assert [] == [run for run in words if run.name and run.anchor is None]
    linked = re.findall(r"\]\(([^)]+)\)", as_list(story, page="stories"))
    for anchor in {run.anchor for run in words if run.anchor is not None}:
        assert anchor.path("stories") in linked


# --- each tells its point --------------------------------------------------------------------------------


def refusals(story: str) -> list[str]:
    """The codes of a story's refusals, in order."""
    return [reason.code for step in told(STORIES[story]) for reason in step.decision.reasons]


def states_of(story: str, line: str) -> list[State]:
    """The states that one line goes through."""
    moves = [move for step in told(STORIES[story]) for move in step.decision.moves if move.line == line]
    return [moves[0].source, *(move.target for move in moves if move.target is not move.source)]


def ending(story: str) -> Order:
    """The order at the end of its story."""
    *_, last = told(STORIES[story])
    assert last.order is not None
    return last.order


def test_a8_cancelled_while_preparing() -> None:
    """Logistics is asked, and only its yes cancels: one lamp goes out, one mug is paid back."""
    name = "cancel-while-preparing"
    assert [Code.AWAITING_LOGISTICS] == refusals(name)
    asked = [State.UNPAID, State.UNSHIPPED, State.PREPARING, State.PREPARING_CANCEL_REQUESTED]
    asked.append(State.PREPARING_CANCEL_CONFIRMING)
    assert [*asked, State.CANCELLED, State.REFUNDED] == states_of(name, "mug")
    assert [*asked, State.PREPARING, State.SHIPPED] == states_of(name, "lamp")
    assert [(1200, RefundState.SETTLED)] == [(each.amount, each.state) for each in ending(name).refunds]


def test_b22_a_bundle_of_which_one_parcel_is_gone() -> None:
    """What has left stays sold; the rest is widened to, waits together and is cancelled together."""
    name = "bundle-one-parcel-gone"
    assert [Code.ALREADY_DISPATCHED] == refusals(name)
    assert [{"tray": 1}, {"tray": 1}] == [dict(s.decision.added) for s in told(STORIES[name]) if s.decision.added]
    assert State.UNSHIPPED_CANCEL_CONFIRMING in states_of(name, "tray")
    assert {"pot": {State.DELIVERED: 1}, "cups": {State.REFUNDED: 1}, "tray": {State.REFUNDED: 1}} == ending(
        name
    ).quantities
    assert [3000] == [refund.amount for refund in ending(name).refunds]


def test_a12_refused_at_the_door() -> None:
    """Cancelling and calling off come too late, the door does not; money follows the goods."""
    name = "refused-at-the-door"
    assert [Code.ALREADY_DISPATCHED, Code.ALREADY_ARRIVED, Code.NOT_RECEIVED] == refusals(name)
    assert [State.ARRIVED, State.RETURNING, State.RETURNED, State.REFUNDED] == states_of(name, "lamp")[-4:]
    assert [2510] == [refund.amount for refund in ending(name).refunds]


def test_a2_a_late_payment() -> None:
    """The order stays closed, and all of the money goes back to the card that paid."""
    name = "late-payment"
    assert [Code.CLOSES_BY_ITSELF, Code.ORDER_CLOSED] == refusals(name)
    order = ending(name)
    assert OrderState.CLOSED is order.state
    back = [(each.cause, each.amount, each.instrument, each.state) for each in order.refunds]
    assert [("late_payment", order.payments[0].amount, order.payments[0].instrument, RefundState.SETTLED)] == back
    passed = [(step.at, step.decision.fired) for step in told(STORIES[name]) if step.input is None]
    assert [(order.placed_at + timedelta(hours=24), ("payment_window_closed",))] == passed


def test_b2_a_failed_refund() -> None:
    """The same refund is sent again to the same card, and is overdue in the meantime."""
    name = "failed-refund"
    assert [Code.NOT_FAILED] == refusals(name)
    sent = [e for step in told(STORIES[name]) for e in step.decision.effects if isinstance(e, SendRefund)]
    assert [("r1", "card:4242", 1), ("r1", "card:4242", 2)] == [(e.refund, e.instrument, e.attempt) for e in sent]
    assert [("refund_overdue",)] == [s.decision.fired for s in told(STORIES[name]) if s.decision.fired]
    assert OrderState.REFUNDED is ending(name).state


def test_every_story_is_on_the_page() -> None:
    """Under an anchor of its own name."""
    page = (ROOT / "docs/stories.md").read_text("utf-8")
    assert list(STORIES) == re.findall(r'^<a id="([^"]+)"></a>$', page, re.M)
    assert list(STORIES) == re.findall(r"^```{story} (\S+)$", page, re.M)


# --- the parts -------------------------------------------------------------------------------------------


def test_everybody_has_a_lane() -> None:
    """Whoever may speak, and whoever is told by an effect."""
    assert {role.replace("_", " ") for role in Role} | {"order"} == set(LANES)
    assert {effect.name: role.replace("_", " ") for effect, role in RECEIVERS.items()} == RECEIVER
    assert set(EFFECTS) == set(RECEIVERS)


def test_lines_are_broken_at_spaces_and_balanced() -> None:
    """No line is longer than allowed, nothing is lost, and links stay whole runs."""
    link = Anchor("policy", "a9")
    phrase = (Run("one two three "), Run("four", link, name=True), Run("\u00a0(A9) five six"))
    lines = wrapped(phrase, 16)
    assert ["one two three", "four\u00a0(A9)", "five six"] == ["".join(run.text for run in line) for line in lines]
    assert Run("four", link, name=True) == lines[1][0]
    with pytest.raises(ValueError, match="no room for 'three'"):
        wrapped(phrase, 4)
