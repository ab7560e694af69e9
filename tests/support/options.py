"""Options that a test adds to the registry, or puts in the place of one, for its own time."""

import dataclasses
from typing import Any

import pytest

from ffnn_lab import registry
from ffnn_lab.registry import Option


def put_option(patch: pytest.MonkeyPatch, option: Option) -> None:
    """Make an option known, in the place of one of its name if there is one."""
    registry.options(option.kind)  # imports those that there are, which register themselves
    patch.setitem(registry._KNOWN[option.kind], option.name, option)


def put_variant(patch: pytest.MonkeyPatch, kind: str, of: str, **changes: Any) -> None:  # noqa: ANN401
    """Make a changed copy of an option known; it replaces it if its name is not changed."""
    put_option(patch, dataclasses.replace(registry.options(kind)[of], **changes))
