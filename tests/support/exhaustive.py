"""Parameters of tests that CI need not see all of: the rest is for ``make test-all``."""

from collections.abc import Iterable
from typing import Any

import pytest
from _pytest.mark import ParameterSet


def first(n: int, every: Iterable[Any]) -> list[Any]:
    """Give every parameter, those after the first ``n`` marked as exhaustive."""
    return [each if i < n else rest(each) for i, each in enumerate(every)]


def rest(*values: object, id: str | None = None) -> ParameterSet:  # noqa: A002 - as pytest has it
    """Give a parameter that is marked as exhaustive."""
    return pytest.param(*values, marks=pytest.mark.exhaustive, id=id)
