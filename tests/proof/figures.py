"""The committed figures of the proof: one line a scope, so that a change of the policy shows in review.

python -m tests.proof.figures              # writes what the test suite explores
python -m tests.proof.figures nightly 2    # writes what is explored every night, in two processes
python -m tests.proof.figures release 2    # writes what is explored before a release
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from orderfsm.testing.catalogue import Size, catalogue
from orderfsm.testing.proving import Proof, ScopeResult, prove

FOLDER = Path(__file__).parent


def path(size: Size) -> Path:
    """Where the figures of a size are kept."""
    return FOLDER / f"figures-{size}.txt"


def lines(results: Iterable[ScopeResult]) -> str:
    """The figures, one line a scope."""
    return "".join(f"{each.name}: {_counts(each)}, {each.digest[:16]}\n" for each in results)


def _counts(some: ScopeResult | Proof) -> str:
    return f"{some.states:,} states, {some.transitions:,} transitions, {some.decisions:,} decisions"


def _say(result: ScopeResult) -> None:
    verdict = "passed" if result.passed else result.undetermined or "\n".join(("violated", *result.violations))
    print(f"{result.name}: {_counts(result)}, {result.seconds:.0f} s, {verdict}", flush=True)


def main(size: Size, jobs: int) -> int:
    """Prove, and write the figures of every scope that passed, each as soon as it has."""
    scopes, found = catalogue(size), dict[str, str]()

    def done(result: ScopeResult) -> None:
        _say(result)
        if result.passed:
            found[result.name] = lines([result])
            path(size).write_text("".join(found[each.name] for each in scopes if each.name in found), "utf-8")

    proof = prove(scopes, jobs=jobs, done=done, vacuity=size is not Size.RELEASE)
    print(f"{proof.seconds:.0f} s in all, {'passed' if proof.passed else f'not passed: {proof.missing}'}")
    return 0 if proof.passed else 1


if __name__ == "__main__":
    words = sys.argv[1:]
    raise SystemExit(main(Size(words[0]) if words else Size.CI, int(words[1]) if len(words) > 1 else 1))
