"""Sequence diagrams as SVG: who says what to whom, in which order. Nothing here knows of orders or machines.

A diagram is one SVG for its heads, one for each step and one for its foot, below each other without a gap: so the
heads can stay in view while somebody scrolls, and a page break never goes through a label.

How wide text becomes is the browser's affair. Here a line is only given more room than any usual font needs, and is
centred in it; the tests look at what a browser makes of it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape

from attrs import frozen

from tools.docs.anchors import Anchor

Link = Callable[[Anchor], str]

EM = 0.62
"""No character of the usual monospace fonts is wider than this part of the font's size."""
GAP = 9
PAD = 5


@frozen
class Run:
    """A piece of text; a `name` is a word of the library's, `anchor` where it is explained."""

    text: str
    anchor: Anchor | None = None
    name: bool = False
    strong: bool = False


Phrase = tuple[Run, ...]


@frozen
class Arrow:
    """Something said by `sender` to `receiver`; `kind` becomes its class, as everywhere here."""

    kind: str
    sender: str
    receiver: str
    phrases: tuple[Phrase, ...]


@frozen
class Note:
    """Something that is so, at the lifeline in the middle."""

    kind: str
    phrases: tuple[Phrase, ...]


@frozen
class Step:
    """What happens at one time."""

    when: str
    margin: tuple[str, str]
    parts: tuple[Arrow | Note, ...]


@frozen
class Diagram:
    """A whole sequence; `middle` is the lane at which the notes are."""

    name: str
    title: str
    lanes: tuple[str, ...]
    middle: str
    steps: tuple[Step, ...]


@frozen
class Size:
    """For which room a diagram is drawn: all lengths in CSS pixels."""

    name: str
    width: int
    margin: int
    font: float
    line: int
    label: int


WIDE = Size("wide", 720, 50, 13, 17, 420)
NARROW = Size("narrow", 344, 42, 11.5, 15, 300)


def draw(diagram: Diagram, size: Size, link: Link) -> Iterator[str]:
    """The diagram's pictures from top to bottom, each an ``<svg>``."""
    sheet = _Sheet(diagram, size, link)
    yield sheet.heads()
    for number, step in enumerate(diagram.steps, 1):
        yield sheet.step(number, step)
    yield sheet.foot()


def plain(phrases: Iterable[Phrase]) -> str:
    """What the phrases say, without links."""
    return "; ".join("".join(run.text for run in phrase) for phrase in phrases)


class _Sheet:
    """One diagram in one size, with the places of its lanes."""

    def __init__(self, diagram: Diagram, size: Size, link: Link) -> None:
        self.diagram, self.size, self.link = diagram, size, link
        pitch = (size.width - size.margin) / len(diagram.lanes)
        self.place = {lane: round(size.margin + pitch * (n + 0.5), 1) for n, lane in enumerate(diagram.lanes)}
        self.widths = {lane: self._room(max(lane.split(), key=len)) for lane in diagram.lanes}
        self.levels = 1 if max(self.widths.values()) < pitch else 2
        self.head_height = size.line * max(len(lane.split()) for lane in diagram.lanes) + 2 * PAD

    # --- the pictures ------------------------------------------------------------------------------------

    def heads(self) -> str:
        """Who takes part."""
        height = self.levels * (self.head_height + 3)
        parts = [self._lifeline(lane, self._top(lane) + self.head_height, height) for lane in self.diagram.lanes]
        parts += [self._head(lane, self._top(lane)) for lane in self.diagram.lanes]
        return self._svg("heads", "heads", "Who takes part", ", ".join(self.diagram.lanes), height, parts)

    def foot(self) -> str:
        """Who took part: the heads once more, in a mirror."""
        height = self.levels * (self.head_height + 3) + GAP
        tops = {lane: height - self.head_height - self._top(lane) for lane in self.diagram.lanes}
        parts = [self._lifeline(lane, 0, tops[lane]) for lane in self.diagram.lanes]
        parts += [self._head(lane, tops[lane]) for lane in self.diagram.lanes]
        return self._svg("foot", "heads", "Who took part", ", ".join(self.diagram.lanes), height, parts)

    def step(self, number: int, step: Step) -> str:
        """One step, as high as what is said in it."""
        size, drawn, y = self.size, list[str](), float(GAP)
        for part in step.parts:
            picture, y = self._arrow(part, y) if isinstance(part, Arrow) else self._note(part, y)
            drawn.append(picture)
        height = max(round(y), 3 * size.line + GAP)
        lines = [self._lifeline(lane, 0, height) for lane in self.diagram.lanes]
        rule = f'<path class="rule" d="M0 .5H{size.width}"/>'
        texts = ((f"{number}", "number"), *((text, "time") for text in step.margin))
        margin = [
            f'<text class="{kind}" x="0" y="{_number(GAP + (n + 0.75) * size.line)}">{escape(text)}</text>'
            for n, (text, kind) in enumerate(texts)
        ]
        told = [plain(part.phrases) for part in step.parts]
        title, description = f"Step {number}, {step.when}", ". ".join(told)
        return self._svg(str(number), "step", title, description, height, [rule, *lines, *margin, *drawn])

    def _svg(self, id: str, kind: str, title: str, description: str, height: float, parts: Sequence[str]) -> str:
        size, id = self.size, f"{self.diagram.name}-{self.size.name}-{id}"
        return (
            f'<svg class="{kind}" viewBox="0 0 {size.width} {_number(height)}" role="group"'
            f' aria-labelledby="{id}-title" aria-describedby="{id}-text" font-size="{size.font}">'
            f'<title id="{id}-title">{escape(title)}</title><desc id="{id}-text">{escape(description)}</desc>'
            f"{''.join(parts)}</svg>"
        )

    # --- what is in them ---------------------------------------------------------------------------------

    def _top(self, lane: str) -> float:
        """Where a head begins: where they are too wide for one level, every other one is lower."""
        return 1 + (self.diagram.lanes.index(lane) % self.levels) * (self.head_height + 3)

    def _head(self, lane: str, y: float) -> str:
        width, words = self.widths[lane], lane.split()
        x = self._within(self.place[lane], width, left=0)
        first = y + self.head_height / 2 + self.size.line * (0.25 - (len(words) - 1) / 2)
        texts = [
            f'<text x="{_number(x)}" y="{_number(first + n * self.size.line)}">{escape(word)}</text>'
            for n, word in enumerate(words)
        ]
        box = _box(x, y, width, self.head_height)
        return f'<g class="head{self._is_middle(lane)}">{box}{"".join(texts)}</g>'

    def _lifeline(self, lane: str, top: float, bottom: float) -> str:
        x = _number(self.place[lane])
        return f'<path class="lifeline{self._is_middle(lane)}" d="M{x} {_number(top)}V{_number(bottom)}"/>'

    def _is_middle(self, lane: str) -> str:
        return " middle" if lane == self.diagram.middle else ""

    def _arrow(self, arrow: Arrow, y: float) -> tuple[str, float]:
        start, end = self.place[arrow.sender], self.place[arrow.receiver]
        label, y = self._text(arrow.phrases, (start + end) / 2, y)
        y += 6
        forward = 1 if end > start else -1
        line = f'<path class="line" d="M{_number(start)} {_number(y)}H{_number(end - 2 * forward)}"/>'
        tip = f"M{_number(end - 8 * forward)} {_number(y - 4)}L{_number(end - forward)} {_number(y)}l{-7 * forward} 4"
        who = f'data-from="{escape(arrow.sender)}" data-to="{escape(arrow.receiver)}"'
        drawn = f'<g class="{arrow.kind}" {who}>{label}{line}<path class="tip" d="{tip}"/></g>'
        return drawn, y + GAP

    def _note(self, note: Note, y: float) -> tuple[str, float]:
        text, bottom = self._text(note.phrases, self.place[self.diagram.middle], y + PAD, pad=PAD)
        return f'<g class="{note.kind}">{text}</g>', bottom + PAD + GAP

    def _text(self, phrases: Iterable[Phrase], x: float, y: float, pad: float = 0) -> tuple[str, float]:
        """Phrases, one below the other, on a box that hides the lifelines behind them."""
        size = self.size
        lines = [line for phrase in phrases for line in wrapped(phrase, int(size.label / (EM * size.font)))]
        width = max(self._room("".join(run.text for run in line)) for line in lines)
        x = self._within(x, width, left=size.margin)
        texts = [
            f'<text x="{_number(x)}" y="{_number(y + (n + 0.75) * size.line)}">{self._runs(line)}</text>'
            for n, line in enumerate(lines)
        ]
        height = len(lines) * size.line
        return _box(x, y - pad, width, height + 2 * pad) + "".join(texts), y + height

    def _runs(self, line: Phrase) -> str:
        return "".join(self._run(run) for run in line)

    def _run(self, run: Run) -> str:
        kinds = [kind for kind, wanted in (("name", run.name), ("strong", run.strong)) if wanted]
        text = escape(run.text)
        if kinds:
            text = f'<tspan class="{" ".join(kinds)}">{text}</tspan>'
        return text if run.anchor is None else f'<a href="{escape(self.link(run.anchor))}">{text}</a>'

    def _within(self, x: float, width: float, *, left: float) -> float:
        """The middle nearest to `x` for something of this width, so that nothing of it is cut off."""
        return min(max(x, left + 1 + width / 2), self.size.width - 1 - width / 2)

    def _room(self, text: str) -> float:
        """The room that a line of text is given."""
        return round(len(text) * EM * self.size.font + 2 * PAD, 1)


def wrapped(phrase: Phrase, width: int) -> list[Phrase]:
    """A phrase in as few lines of at most `width` characters as will do, and these about as long as each other."""
    lines = _filled(phrase, width)
    longest = max(sum(len(run.text) for run in word) for word in _words(phrase))
    while width > longest and len(narrower := _filled(phrase, width - 1)) == len(lines):
        lines, width = narrower, width - 1
    return lines


def _filled(phrase: Phrase, width: int) -> list[Phrase]:
    """A phrase in lines of at most `width` characters, broken at spaces only."""
    lines: list[list[Run]] = [[]]
    used = 0
    for word in _words(phrase):
        length = sum(len(run.text) for run in word)
        if length > width:
            raise ValueError(f"no room for {''.join(run.text for run in word)!r} in {width} characters")
        if used and used + 1 + length > width:
            lines.append([])
            used = 0
        elif used:
            _add(lines[-1], word[0], " ")
            used += 1
        for run in word:
            _add(lines[-1], run, run.text)
        used += length
    return [tuple(line) for line in lines]


def _words(phrase: Phrase) -> Iterator[list[Run]]:
    """The words of a phrase; one may consist of several runs, such as a name and a comma."""
    word: list[Run] = []
    for run in phrase:
        for n, piece in enumerate(run.text.split(" ")):
            if n and word:
                yield word
                word = []
            if piece:
                word.append(Run(piece, run.anchor, run.name, run.strong))
    if word:
        yield word


def _add(line: list[Run], like: Run, text: str) -> None:
    """Put text at the end of a line, into its last run where that is of the same kind."""
    kind = (like.anchor, like.name, like.strong)
    if line and kind == (line[-1].anchor, line[-1].name, line[-1].strong):
        line[-1] = Run(line[-1].text + text, *kind)
    elif text == " ":
        line.append(Run(text))
    else:
        line.append(Run(text, *kind))


def _box(x: float, y: float, width: float, height: float) -> str:
    """A box around the middle `x`, from `y` downwards."""
    left, top = _number(x - width / 2), _number(y)
    return f'<rect x="{left}" y="{top}" width="{_number(width)}" height="{_number(height)}" rx="3"/>'


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
