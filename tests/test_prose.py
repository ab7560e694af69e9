"""Docstrings name their object first."""

import pytest

from tests.support.prose import refused_in


@pytest.mark.parametrize("first", ["Give the rows.", "What a task is.", "Whether it is done."])
def test_a_docstring_that_must_be_decoded_is_found(first: str) -> None:
    assert list(refused_in(f'def f():\n    """{first}"""\n')) == [(2, first)]
    assert list(refused_in(f'"""{first}"""\n')) == [(1, first)]


def test_a_docstring_that_names_its_object_is_not() -> None:
    assert list(refused_in('"""The task."""\nclass A:\n    """Fields of a task."""\n')) == []
