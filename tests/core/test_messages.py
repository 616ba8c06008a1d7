"""Sentences for people: every code has one of its own, whatever its facts."""

import pytest

from orderfsm.messages import ANOMALIES, REFUSALS, sentence_of
from orderfsm.reasons import AnomalyCode, Code, Reason

CODES = [*Code, *AnomalyCode]
NAMES = [f"{type(code).__name__}.{code.name}" for code in CODES]


@pytest.mark.parametrize("code", CODES, ids=NAMES)
def test_every_code_has_a_sentence_without_facts(code: Code | AnomalyCode) -> None:
    """Missing facts cost detail, never the answer."""
    sentence = sentence_of(Reason(code, "A1"))
    assert sentence.endswith(".") and "{" not in sentence


def test_no_two_codes_say_the_same() -> None:
    """A code that nobody can tell from another by its sentence is one too many."""
    sentences = [sentence_of(Reason(code, "A1")) for code in CODES]
    assert sorted(set(sentences)) == sorted(sentences)


@pytest.mark.parametrize("code", CODES, ids=NAMES)
def test_strange_facts_never_break_a_sentence(code: Code | AnomalyCode) -> None:
    """Facts are data: braces, None, numbers and empty collections are shown as they are."""
    names = {name for wordings in (*REFUSALS.values(), *ANOMALIES.values()) for name in _fields(wordings)}
    for value in (None, "", "{line}", "{", 0, -1, [], {}, {"A": 2}, ["x"], object(), True, 1.5):
        assert sentence_of(Reason(code, "A1", dict.fromkeys(names, value)))


def _fields(wordings: tuple[str, ...]) -> set[str]:
    return {part.split("}")[0] for wording in wordings for part in wording.split("{")[1:]}


def test_a_sentence_names_the_facts_that_were_compared() -> None:
    """Somebody who reads it sees which line, and where it is."""
    reason = Reason(Code.ALREADY_DISPATCHED, "A9", {"line": "A", "state": "shipped.intercepting"})
    assert (
        "Line A has already been dispatched (shipped, intercepting) and can no longer be cancelled." == reason.message
    )


def test_a_code_that_was_read_back_as_text_is_understood() -> None:
    """Stored reasons carry plain strings."""
    assert "Line A has already been cancelled." == sentence_of(Reason("already_cancelled", "B6", {"line": "A"}))
    assert sentence_of(Reason("stale_answer", "A8")) == sentence_of(Reason(AnomalyCode.STALE_ANSWER, "A8"))


def test_several_goods_are_counted() -> None:
    """Quantities above one are told."""
    reason = Reason(AnomalyCode.ARRIVED_AFTER_LOSS, "A19", {"lines": {"A": 2, "B": 1}, "states": ["lost"]})
    assert "Goods of lines A (2), B arrived after they were lost." == sentence_of(reason)


def test_a_host_speaks_for_itself() -> None:
    """A host's own code has the host's sentence, or a general one."""
    assert "On hold." == sentence_of(Reason("fraud_hold", "5.14", sentence="On hold."))
    assert "This is not possible now." == sentence_of(Reason("fraud_hold", "5.14"))
