"""Options that a test adds to the registry, or replaces there, until the test ends."""

import dataclasses
from typing import Any

import pytest

from ffnn_lab import registry
from ffnn_lab.registry import Option


def put_option(patch: pytest.MonkeyPatch, option: Option) -> None:
    """Register an option; it replaces a registered option of the same name."""
    registry.options(option.kind)  # imports the existing options, which register themselves
    patch.setitem(registry._KNOWN[option.kind], option.name, option)


def put_variant(patch: pytest.MonkeyPatch, kind: str, of: str, **changes: Any) -> None:  # noqa: ANN401
    """Register a changed copy of the option ``of``; it replaces ``of`` unless its name changes."""
    put_option(patch, dataclasses.replace(registry.options(kind)[of], **changes))
