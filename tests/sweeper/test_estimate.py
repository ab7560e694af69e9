"""The estimates of the time and the threads that a sweep takes."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from ffnn_lab import library
from ffnn_lab.definition import Definition
from ffnn_lab.library import ProgramError
from ffnn_lab.sweeper.estimate import estimate
from tests.support.builders import make_run
from tests.support.sweeps import make_definition


def _definition(changes: dict[str, Any]) -> Definition:
    """Define a grid for one optimizer on the digits, with changed fields of its config."""
    definition = make_definition("grid")
    arm = definition.arms[0].with_config(make_run({"trainer.max_epochs": 2} | changes))
    return dataclasses.replace(definition, arms=(arm,))


@pytest.mark.parametrize(
    ("widths", "is_compiled", "n_threads", "expected"),
    [
        ([64], False, 2, 1),
        ([128], False, 2, 1),
        ([256], False, 2, 2),
        ([256], False, 16, 4),  # two of the eight members for each thread
        ([256], False, 1, 1),
        ([64], True, 2, 1),  # too little work for two threads
        ([256], True, 2, 2),
    ],
)
def test_no_more_threads_are_said_to_train_than_do(
    widths: list[int], n_threads: int, expected: int, *, is_compiled: bool
) -> None:
    """Steps are timed without compiling, since nothing is compiled for a plan alone."""
    changes = {"model.widths": widths, "trainer.batch_size": 256, "trainer.compile": is_compiled}
    found = estimate(
        _definition(changes), n_recorded=0, n_workers=1, n_threads=n_threads, may_compile=False
    )
    assert found.n_threads == expected
    assert found.seconds > 0


def test_what_is_recorded_takes_no_time() -> None:
    definition = _definition({})
    found = estimate(definition, n_recorded=definition.n_runs, n_workers=1, n_threads=2)
    assert (found.n_populations, found.seconds, found.n_threads) == (0, 0.0, 1)


def test_steps_whose_programs_are_missing_are_timed_as_written_and_nothing_is_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A mistake in a sweep must not cost minutes of compiling before the plan is shown.

    So the estimate is an upper bound, and no file is written.
    """
    monkeypatch.setenv("FFNN_LAB_CACHE", str(tmp_path / "programs"))

    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(library, "_build", refuse)
    definition = _definition({"trainer.compile": True})
    found = estimate(definition, n_recorded=0, n_workers=1, n_threads=1, may_compile=False)
    assert found.is_upper
    assert found.seconds > 0
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(library, "find_compiler", lambda: None)
    with pytest.raises(ProgramError, match=r"needs a C\+\+ compiler"):
        estimate(definition, n_recorded=0, n_workers=1, n_threads=1)


def test_runs_that_are_trained_again_for_their_weights_take_time() -> None:
    definition = _definition({})
    n_runs = definition.n_runs
    found = estimate(definition, n_recorded=n_runs, n_again=n_runs, n_workers=1, n_threads=1)
    assert (found.n_again, found.n_populations) == (n_runs, 2)
    assert found.seconds > 0
