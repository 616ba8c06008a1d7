"""The generated parts of the pages, by their names."""

from collections.abc import Callable
from functools import partial

from orderfsm.chapters import Chapter
from orderfsm.clauses import READINGS
from orderfsm.diagrams import WHOLE, diagram
from tools.docs.policy.clause_parts import carried, clauses, readings, table, tests_by_clause
from tools.docs.policy.value_parts import policy_values
from tools.docs.proof_parts import claim, equivalent_table, mutant_table, scope_table
from tools.docs.reference.code_parts import anomalies, refusals
from tools.docs.reference.condition_parts import guards, whens
from tools.docs.reference.effect_parts import effects, escalations, instructions, topics
from tools.docs.reference.input_parts import chapter, waitings
from tools.docs.reference.state_parts import order_states, refund_states, state_table, states


def whole_lifecycle() -> str:
    """The whole lifecycle in Mermaid, for the README: the site has pictures of its own."""
    return f"```mermaid\n{diagram(part=WHOLE)}```"


PARTS_BY_NAME: dict[str, Callable[[], str]] = {
    "clauses A": lambda: clauses("A"),
    "clauses B": lambda: clauses("B"),
    "readings": readings,
    "tests": tests_by_clause,
    **{f"carriers {number}": partial(carried, number) for number in READINGS},
    "policy values": policy_values,
    "table": table,
    "state table": state_table,
    "states": states,
    "refund states": refund_states,
    "order states": order_states,
    **{f"inputs {name}": partial(chapter, name) for name in Chapter},
    "waitings": waitings,
    "conditions": whens,
    "guards": guards,
    "refusal codes": refusals,
    "anomaly codes": anomalies,
    "effects": effects,
    "topics": topics,
    "instructions": instructions,
    "escalations": escalations,
    "claim": claim,
    "mutants": mutant_table,
    "equivalent mutants": equivalent_table,
    "scopes": scope_table,
    "diagram whole": whole_lifecycle,
}
