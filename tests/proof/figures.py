"""The committed figures of the proof: one line a scope, so that a change of the policy shows in review.

    python -m tests.proof.figures              # writes what the test suite explores
    python -m tests.proof.figures nightly 2    # writes what is explored every night, in two processes
"""

import sys
from pathlib import Path

from orderfsm.testing.catalogue import Size, catalogue
from orderfsm.testing.proving import Proof, ScopeResult, prove

FOLDER = Path(__file__).parent


def path(size: Size) -> Path:
    """Where the figures of a size are kept."""
    return FOLDER / f"figures-{size}.txt"


def lines(proof: Proof) -> str:
    """The figures of a proof: scope, states, transitions, decisions, digest; and their sums."""
    rows = [f"{each.name}: {_counts(each)}, {each.digest[:16]}" for each in proof.results]
    return "\n".join([*rows, f"all {len(rows)} scopes: {_counts(proof)}, {proof.digest[:16]}"]) + "\n"


def _counts(some: ScopeResult | Proof) -> str:
    return f"{some.states:,} states, {some.transitions:,} transitions, {some.decisions:,} decisions"


def _say(result: ScopeResult) -> None:
    verdict = "passed" if result.passed else result.undetermined or "\n".join(("violated", *result.violations))
    print(f"{result.name}: {_counts(result)}, {result.seconds:.0f} s, {verdict}", flush=True)


def main(size: Size, jobs: int) -> int:
    """Prove, and write the figures if it passed."""
    proof = prove(catalogue(size), jobs=jobs, done=_say)
    if proof.passed:
        path(size).write_text(lines(proof), "utf-8")
    print(f"{proof.seconds:.0f} s in all, {'passed' if proof.passed else f'not passed: {proof.missing}'}")
    return 0 if proof.passed else 1


if __name__ == "__main__":
    words = sys.argv[1:]
    raise SystemExit(main(Size(words[0]) if words else Size.CI, int(words[1]) if len(words) > 1 else 1))
