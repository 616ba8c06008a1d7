"""Checked, never run: rows that mix up inputs are type errors, under mypy and under pyright.

Should a checker stop to complain, its ignore comment becomes unused, which is an error too.
"""

from orderfsm import choices as w
from orderfsm import guards as g
from orderfsm import inputs as i
from orderfsm.rows import Row
from orderfsm.states import State

GUARD_OF_ANOTHER_COMMAND = (
    Row(State.UNSHIPPED, i.RequestCancellation, State.CANCELLED, "B6", None, (g.label_can_be_had,)),  # type: ignore[arg-type]
    Row(State.DELIVERED, i.AssessReturn, State.RETURNED, "A19", None, (g.terms_where_needed,)),  # type: ignore[arg-type]
)
WHEN_OF_ANOTHER_INPUT = (
    Row(State.SHIPPED, i.Arrived, State.ARRIVED, "A12", w.already_astray),  # type: ignore[arg-type]
)
RIGHT = (
    Row(State.RETURN_REQUESTED, i.ApproveReturn, State.RETURNING, "A13", w.needs_no_terms, (g.label_can_be_had,)),
    Row(State.DELIVERED, i.RequestReturn, State.RETURN_REQUESTED, "B3", None, (g.covered,)),
)
