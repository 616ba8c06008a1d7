"""The state × input matrix is committed, so that a change of policy shows as a diff."""

from tests.matrix import FILE, matrix


def test_the_committed_matrix_is_what_the_machine_decides() -> None:
    """``python -m tests.matrix`` writes it anew."""
    assert FILE.read_text(encoding="utf-8") == matrix()
