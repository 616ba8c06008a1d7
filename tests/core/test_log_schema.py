"""The JSON Schema of a line agrees with what reads the line."""

import pytest
from jsonschema import Draft202012Validator

from orderfsm import INPUTS
from orderfsm.log import InvalidLine, read_line
from orderfsm.log_schema import log_schema
from tests.core.log_lines import BAD, BAD_FOR_THE_READER, GOOD, Line, raw

VALIDATOR = Draft202012Validator(log_schema())


def test_the_schema_is_a_schema() -> None:
    """It holds to its dialect, and has a definition for every input."""
    Draft202012Validator.check_schema(log_schema())
    assert {kind.name for kind in INPUTS} | {"tick"} == set(log_schema()["discriminator"]["mapping"])


@pytest.mark.parametrize("line", GOOD)
def test_good_lines_are_valid(line: Line) -> None:
    """What the reader understands the schema allows."""
    read_line(raw(line))
    assert [] == [error.message for error in VALIDATOR.iter_errors(line)]


@pytest.mark.parametrize(("field", "line"), BAD)
def test_bad_lines_are_not_valid(field: str, line: Line) -> None:
    """What the reader does not understand the schema forbids."""
    with pytest.raises(InvalidLine):
        read_line(raw(line))
    assert not VALIDATOR.is_valid(line)


@pytest.mark.parametrize(("field", "line"), BAD_FOR_THE_READER)
def test_some_lines_only_the_reader_sees(field: str, line: Line) -> None:
    """The schema says in its module what it cannot say; nothing else slips through."""
    assert VALIDATOR.is_valid(line)
