"""Marks for test parameters that CI leaves out and ``make test-all`` runs."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark import ParameterSet

_SWEEPS = Path(__file__).parents[2] / "sweeps"
SHIPPED = sorted(path.stem for path in _SWEEPS.glob("*.yaml"))
"""The names of the sweeps in the project."""


def begins_with_another(sweep: str) -> bool:
    """Return True if the file of a sweep of the project starts from the file of another one."""
    text = (_SWEEPS / f"{sweep}.yaml").read_text()
    return any(each in SHIPPED for each in re.findall(r"^  - (\w+)$", text, re.MULTILINE))


def first(n: int, every: Iterable[Any]) -> list[Any]:
    """Return all parameters, with those after the first ``n`` marked as exhaustive."""
    return [each if i < n else rest(each) for i, each in enumerate(every)]


def rest(*values: object, id: str | None = None) -> ParameterSet:  # noqa: A002 - as pytest has it
    """Return a parameter that is marked as exhaustive."""
    return pytest.param(*values, marks=pytest.mark.exhaustive, id=id)
