"""The time and the threads that a sweep is said to take."""

import dataclasses
from typing import Any

import pytest

from ffnn_lab.sweeper.definition import Definition
from ffnn_lab.sweeper.estimate import estimate
from tests.builders import make_run
from tests.sweeps import make_definition


def _definition(changes: dict[str, Any]) -> Definition:
    """Ask for a grid under one optimizer, on the digits."""
    definition = make_definition("grid")
    arm = dataclasses.replace(
        definition.arms[0], config=make_run({"trainer.max_epochs": 2} | changes)
    )
    return dataclasses.replace(definition, arms=(arm,))


@pytest.mark.parametrize(
    ("widths", "is_compiled", "uses_threads"),
    [([64], False, False), ([128], False, False), ([256], False, True), ([64], True, True)],
)
def test_several_threads_are_said_to_train_large_or_compiled_members(
    widths: list[int], *, is_compiled: bool, uses_threads: bool
) -> None:
    """Timed as written: nothing is compiled for a plan alone."""
    changes = {"model.widths": widths, "trainer.batch_size": 256, "trainer.compile": is_compiled}
    found = estimate(_definition(changes), n_recorded=0, n_workers=1, may_compile=False)
    assert found.uses_threads is uses_threads
    assert found.seconds > 0


def test_what_is_recorded_takes_no_time() -> None:
    definition = _definition({})
    found = estimate(definition, n_recorded=definition.n_runs, n_workers=1)
    assert (found.n_populations, found.seconds, found.uses_threads) == (0, 0.0, False)
