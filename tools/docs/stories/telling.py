"""Stories as sequence diagrams and as numbered lists: the same steps, told twice.

What is in them are the machine's answers, put into words by `tools.docs.stories.phrases`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from orderfsm.actors import Role
from orderfsm.decisions import Duplicate, Refused
from orderfsm.effects import (
    AskCarrier,
    AskLogistics,
    Effect,
    Escalate,
    Notify,
    ReleaseStock,
    SendRefund,
    SendReplacement,
    SendReturnAddress,
    SendReturnLabel,
    TellWarehouse,
)
from orderfsm.order import Order
from tools.docs.stories import phrases
from tools.docs.stories.phrases import words
from tools.docs.stories.plots import Step, Story, told
from tools.docs.stories.sequences import Arrow, Diagram, Note, Phrase, Run
from tools.docs.stories.sequences import Step as Drawn

ORDER = "order"
LANES = (
    *map(words, (Role.CUSTOMER, Role.CUSTOMER_SERVICE, Role.PLATFORM)),
    ORDER,
    *map(words, (Role.SELLER, Role.WAREHOUSE, Role.LOGISTICS, Role.PAYMENT)),
)
"""From left to right; those who take no part in a story are left out."""

RECEIVERS: Mapping[type[Effect], Role] = {
    Notify: Role.CUSTOMER,
    ReleaseStock: Role.PLATFORM,  # what can be sold again is the shop's affair
    TellWarehouse: Role.WAREHOUSE,
    AskLogistics: Role.LOGISTICS,
    AskCarrier: Role.LOGISTICS,  # the carrier answers in this role
    SendReturnAddress: Role.CUSTOMER,
    SendReturnLabel: Role.CUSTOMER,
    SendReplacement: Role.WAREHOUSE,
    SendRefund: Role.PAYMENT,
    Escalate: Role.CUSTOMER_SERVICE,
}
"""Who is told by which effect."""


def diagram(story: Story) -> Diagram:
    """A whole story, ready to be drawn."""
    steps = tuple(_drawn(step) for step in told(story))
    arrows = [part for step in steps for part in step.parts if isinstance(part, Arrow)]
    present = {ORDER} | {arrow.sender for arrow in arrows} | {arrow.receiver for arrow in arrows}
    return Diagram(story.name, story.title, tuple(lane for lane in LANES if lane in present), ORDER, steps)


def _drawn(step: Step) -> Drawn:
    clock = f"{step.at:%H:%M}"
    return Drawn(f"{phrases.long_day(step.at)} {clock}", (phrases.short_day(step.at), clock), tuple(_parts(step)))


def _parts(step: Step) -> Iterator[Arrow | Note]:
    decision, said, speaker = step.decision, step.input, ORDER
    if said is not None and said.by is not None:
        speaker = words(said.by.role)
        yield Arrow("said", speaker, ORDER, (phrases.said(said),))
    for code in decision.fired:
        yield Note("passed", (phrases.passed(code),))
    if isinstance(decision, Refused):
        why = tuple(phrase for reason in decision.reasons for phrase in phrases.refused(reason))
        yield Arrow("refused", ORDER, speaker, why)
    elif decision.reasons:
        yield Note("anomaly", tuple(phrase for reason in decision.reasons for phrase in phrases.contradicted(reason)))
    if isinstance(decision, Duplicate):
        yield Note("known", ((Run("known already"),),))
    if decision.added:
        yield Note("added", (phrases.widened(decision.added),))
    spoken = frozenset(decision.fired) | ({said.name} if said is not None else set())
    begun = () if isinstance(step.before, Order) or step.order is None else (phrases.begun(step.order, decision.moves),)
    if moves := (*begun, *phrases.moved(decision.moves, spoken)):
        yield Note("moved", moves)
    if money := tuple(_money(step)):
        yield Note("money", money)
    for effect, phrase in phrases.told(decision.effects):
        yield Arrow("told", ORDER, words(RECEIVERS[effect]), (phrase,))


def _money(step: Step) -> Iterator[Phrase]:
    """What became of the refunds."""
    before = {refund.id: refund for refund in step.before.refunds} if isinstance(step.before, Order) else {}
    for refund in step.order.refunds if step.order is not None else ():
        known = before.get(refund.id)
        if known is None:
            yield phrases.refund_begun(refund)
        elif known.state is not refund.state:
            assert step.input is not None
            yield phrases.refund_moved(known, refund, step.input.name)


# --- as a list -------------------------------------------------------------------------------------------


def as_list(story: Story, *, page: str) -> str:
    """The story as a numbered list in Markdown, for the page `page`."""
    items = ["\n".join(_item(number, step, page)) for number, step in enumerate(diagram(story).steps, 1)]
    *_, last = told(story)
    end = [] if last.order is None else ["", _markdown(phrases.ended(last.order), page)]
    return "\n".join([*items, *end, ""])


def _item(number: int, step: Drawn, page: str) -> Iterator[str]:
    first, *others = [sentence for part in step.parts for sentence in _sentences(part, page)]
    yield f"{number}. {step.when}: {first}"
    for sentence in others:
        yield f"    - {sentence}"


def _sentences(part: Arrow | Note, page: str) -> Iterator[str]:
    said = [_markdown(phrase, page) for phrase in part.phrases]
    match part:
        case Arrow(kind="said"):
            yield f"**{part.sender}** says {said[0]}"
        case Arrow(kind="told"):
            yield f"**{part.receiver}** is told {said[0]}"
        case Arrow():
            yield f"**{part.receiver}** is {' '.join(each if each.endswith('.') else f'{each}.' for each in said)}"
        case Note():
            yield from said


def _markdown(phrase: Iterable[Run], page: str) -> str:
    return "".join(_link(run, page) for run in phrase)


def _link(run: Run, page: str) -> str:
    text = f"`{run.text}`" if run.name else re.sub(r"([\\`*_\[\]<>])", r"\\\1", run.text)
    return text if run.anchor is None else run.anchor.link(text, of=page)
