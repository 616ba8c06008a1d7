"""A proof told: its policies, scopes, bounds and figures, what does not hold, and the exact claim.

`verdict_text` is for people, `verdict_json` for machines.
"""

import json
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from attrs import asdict

import orderfsm
from orderfsm.policy import Policy
from orderfsm.policy_file import write_policy
from orderfsm.testing.bounds import bounds_of
from orderfsm.testing.catalogue import PRESETS, SWITCHES
from orderfsm.testing.pasting import written
from orderfsm.testing.proving import CLAIM, TRUSTED, Outcome, Proof, ScopeResult
from orderfsm.testing.scopes import Scope

VERDICTS: dict[Outcome, str] = {
    "passed": f"Passed. {CLAIM}\n{TRUSTED}",
    "failed": "Failed: not all of it holds. Nothing is claimed.",
    "undetermined": "Undetermined: nothing was violated, but not everything was explored. Nothing is claimed.",
    "vacuous": "Vacuous: nothing was violated, but some things were never seen. Nothing is claimed.",
}
"""What is said of each outcome."""

KINDS = ("always", "action", "obligation", "sometimes", "reachable")
"""The kinds of properties, in the order in which they are told."""

# --- for people ------------------------------------------------------------------------------------------

_HEAD = ("scope", "states", "transitions", "decisions", "depth", "digest")


def verdict_text(proof: Proof, scopes: Sequence[Scope]) -> str:
    """The whole report."""
    parts = [_policies(scopes), _table(proof.results), _bounds(proof, scopes), _total(proof)]
    if proof.violations:
        parts += ["What does not hold, each with a shortest trace and a test to paste:", *_violated(proof)]
        parts.append("As diagrams: `orderfsm prove --json`, or `diagrams` of each result.")
    cut_short = [f"{result.name}: {result.undetermined}" for result in proof.results if result.undetermined]
    if cut_short:
        parts.append("\n".join(["Cut short, and so undetermined:", *(f"  {line}" for line in cut_short)]))
    if proof.outcome == "vacuous":
        missing = [f"  {name}: {', '.join(some)}" for name, some in proof.missing.items() if some]
        parts.append("\n".join(["Never seen, so that something may hold for want of cases:", *missing]))
    parts.append(VERDICTS[proof.outcome])
    return "\n\n".join(parts) + "\n"


def _policies(scopes: Iterable[Scope]) -> str:
    """One policy by its values that differ from the shipped ones, several by their names."""
    policies = list(dict.fromkeys(scope.policy for scope in scopes))
    if len(policies) == 1:
        return f"Policy: {written(policies[0])}"
    return f"Policies: {', '.join(name for policy in policies for name in names_of(policy) or [written(policy)])}"


def names_of(policy: Policy) -> list[str]:
    """What a policy is called in the catalogue of scopes: presets, and switches alone; some have the same values."""
    switches = (name for name, values in SWITCHES.items() if Policy(**values) == policy)
    return [*(name for name, preset in PRESETS.items() if preset == policy), *switches]


def _table(results: Iterable[ScopeResult]) -> str:
    rows = [_HEAD, *(_row(result) for result in results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in (0, len(_HEAD) - 1) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _row(result: ScopeResult) -> tuple[str, ...]:
    figures = (result.states, result.transitions, result.decisions, result.depth)
    return (result.name, *(f"{figure:,}" for figure in figures), result.digest[:12] or "–")


def _bounds(proof: Proof, scopes: Iterable[Scope]) -> str:
    """What each scope tries, and what it bounds."""
    guarded = bool(proof.guards)
    return "\n".join(["Bounds:", *(f"  {scope.name}: {bounds_of(scope, guarded=guarded)}" for scope in scopes)])


def _total(proof: Proof) -> str:
    kinds, scopes = Counter(each.kind for each in proof.properties), len(proof.results)
    lines = [
        f"{scopes} scope{'' if scopes == 1 else 's'}, {proof.states:,} states, {proof.transitions:,} transitions, "
        f"{proof.decisions:,} decisions.",
        f"{kinds.total()} properties: {', '.join(f'{kinds[kind]} {kind}' for kind in KINDS if kinds[kind])}.",
        f"{proof.seconds:,.0f} seconds of work, {proof.rate:,.0f} decisions a second, by orderfsm "
        f"{orderfsm.__version__}.",
        "Unbounded, because it cannot matter any more: resends, reversals and renewed requests lead back to known "
        "states.",
    ]
    if proof.tabulated:
        lines.insert(1, f"Known from a like state, and not decided again: {proof.tabulated:,}.")
    if proof.beyond:
        lines.append(f"Led out of the bounds, and checked, but not followed: {proof.beyond:,} steps.")
    if proof.guards:
        lines.append(f"The host's own guards: {', '.join(proof.guards)}.")
    if proof.passed:
        lines.append(f"Digest: {proof.digest}")
    return "\n".join(lines)


def _violated(proof: Proof) -> Iterator[str]:
    """Each violation with its scope, and its test."""
    for result in proof.results:
        for violation, test in zip(result.violations, result.tests, strict=True):
            yield f"In {result.name}:\n{violation}"
            yield test.rstrip("\n")


# --- for machines ----------------------------------------------------------------------------------------

_FIGURES = ("states", "transitions", "decisions", "tabulated", "beyond", "seconds")


def verdict_json(proof: Proof, scopes: Sequence[Scope]) -> str:
    """The same and more: whole policies, all properties, and what was violated in a diagram too."""
    policies = list(dict.fromkeys(scope.policy for scope in scopes))
    told = {
        "verdict": proof.outcome,
        "claim": CLAIM if proof.passed else None,
        "digest": proof.digest if proof.passed else None,
        "trusted": TRUSTED,
        "version": orderfsm.__version__,
        **{name: getattr(proof, name) for name in _FIGURES},
        "decisions_per_second": round(proof.rate),
        "policies": [{"names": names_of(policy), "values": _values(policy)} for policy in policies],
        "host_guards": proof.guards,
        "number_of_properties": len(proof.properties),
        "properties": [asdict(each) for each in proof.properties],
        "missing": proof.missing,
        "scopes": [
            _scope(result, scope, policies.index(scope.policy), guarded=bool(proof.guards))
            for result, scope in zip(proof.results, scopes, strict=True)
        ],
    }
    return json.dumps(told, indent=2)


def _values(policy: Policy) -> dict[str, Any]:
    """All values of a policy, as in its file."""
    return tomllib.loads(write_policy(policy))


def _scope(result: ScopeResult, scope: Scope, policy: int, *, guarded: bool) -> dict[str, Any]:
    return {
        "name": result.name,
        "policy": policy,
        "bounds": bounds_of(scope, guarded=guarded),
        **{name: getattr(result, name) for name in (*_FIGURES, "depth", "digest", "undetermined")},
        "violations": [
            {"told": told, "test": test, "diagram": diagram}
            for told, test, diagram in zip(result.violations, result.tests, result.diagrams, strict=True)
        ],
    }


__all__ = ["bounds_of", "verdict_json", "verdict_text"]
