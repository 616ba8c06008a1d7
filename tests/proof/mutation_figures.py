"""The committed figures of mutation: one line a kind, so that a new row of the table shows in review.

python -m tests.proof.mutation_figures      # tries all mutants, and writes what became of them
python -m tests.proof.mutation_figures 2    # the same in two processes
"""

import sys
from collections.abc import Container, Iterable
from hashlib import sha256
from pathlib import Path

from orderfsm.testing.kinds import Kind, Mutant
from orderfsm.testing.mutating import Verdict, try_mutants

PATH = Path(__file__).parent / "figures-mutation.txt"


def lines(some: Iterable[Mutant | Verdict], equivalent: Container[str]) -> str:
    """The figures where all are caught but those that are equivalent, one line a kind, with a digest of the names."""
    names: dict[str, list[str]] = {kind: [] for kind in Kind}
    for each in some:
        names[each.kind].append(each.name)
    names["all"] = [name for of_kind in names.values() for name in of_kind]
    return "".join(f"{kind}: {_counts(of_kind, equivalent)}\n" for kind, of_kind in names.items() if of_kind)


def _counts(names: list[str], equivalent: Container[str]) -> str:
    alike = sum(name in equivalent for name in names)
    digest = sha256("\n".join(names).encode()).hexdigest()[:16]
    return f"{len(names):,} tried, {len(names) - alike:,} caught, {alike} equivalent, {digest}"


def main(jobs: int) -> int:
    """Try all, and write the figures if nothing survived."""
    report = try_mutants(jobs=jobs, report=lambda verdict: print(verdict, flush=True))
    print("\n".join(report.lines))
    if not report.passed:
        return 1
    PATH.write_text(lines(report.verdicts, {verdict.name for verdict in report.equivalent}), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1))
