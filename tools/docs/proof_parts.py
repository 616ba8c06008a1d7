"""What was proved and how far, from the committed figures."""

from orderfsm.testing.catalogue import PRESETS, SWITCHES, Size, catalogue
from orderfsm.testing.equivalents import EQUIVALENT
from orderfsm.testing.proving import CLAIM, TRUSTED
from tools.docs import ROOT

FIGURES = ROOT / "tests" / "proof"


def claim() -> str:
    """What a passed proof says, and what it rests on."""
    return f"> {CLAIM}\n>\n> {TRUSTED}"


WHEN = {Size.CI: "in every test run", Size.NIGHTLY: "every night", Size.RELEASE: "before a release"}


def scope_table() -> str:
    """What is explored: in all, and scope by scope under the combined policy."""
    parts: list[str] = []
    for size, when in WHEN.items():
        rows = (FIGURES / f"figures-{size}.txt").read_text("utf-8").splitlines()
        cells = [_figures(row) for row in rows]
        states, decisions = (sum(int(cell[at].replace(",", "")) for cell in cells) for at in (1, 3))
        explored = f"{len(rows)} of {len(catalogue(size))} scopes that are explored {when}"
        parts.append(f"Committed are the figures of {explored}: {states:,} states, {decisions:,} decisions.")
        if size is not Size.CI:
            parts.append("Of these, under the combined policy:" if size is Size.NIGHTLY else "These are:")
            lines = ["| scope | states | transitions | decisions |", "| --- | ---: | ---: | ---: |"]
            lines += [f"| {' | '.join(cell)} |" for cell in cells if cell[0].startswith("combined: ")]
            parts.append("\n".join(lines))
    switches = ", ".join(f"`{next(iter(values))}`" for values in SWITCHES.values())
    parts.append(f"The presets are {', '.join(PRESETS)}; the values that are changed alone are {switches}.")
    return "\n\n".join(parts)


def mutant_table() -> str:
    """How many mutants there are of each kind, and what became of them."""
    rows = (FIGURES / "figures-mutation.txt").read_text("utf-8").splitlines()
    lines = ["| kind | tried | caught | equivalent |", "| --- | ---: | ---: | ---: |"]
    return "\n".join([*lines, *(f"| {' | '.join(_figures(row))} |" for row in rows)])


def equivalent_table() -> str:
    """The mutants that nothing can tell apart, each with its reason."""
    lines = ["| mutant | why it cannot be told apart |", "| --- | --- |"]
    return "\n".join([*lines, *(f"| `{name}` | {reason} |" for name, reason in EQUIVALENT.items())])


def _figures(row: str) -> list[str]:
    """The name and the counts of one line of committed figures, without its digest."""
    name, counts = row.rsplit(": ", 1)
    return [name, *(word.split()[0] for word in counts.split(", ")[:-1])]
