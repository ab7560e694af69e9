"""Cores and memory that this process may use, and the number of workers that share them."""

import os
import sys
from pathlib import Path

import pytest

from ffnn_lab.sweeper import cores
from ffnn_lab.sweeper.cores import (
    WORTH_SECONDS,
    free_bytes,
    n_cores,
    task_bytes,
    workers_that_pay,
)
from ffnn_lab.tasks.data.task import Task


def test_the_cores_are_those_that_this_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 1 <= n_cores() <= (os.cpu_count() or 1)
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert n_cores() == (os.cpu_count() or 1)


GIB = 1 << 30


@pytest.mark.parametrize(
    ("seconds", "n_cores", "n_units", "n_task_bytes", "n_free_bytes", "expected"),
    [
        (WORTH_SECONDS, 16, 100, 0, None, 16),
        (WORTH_SECONDS, 16, 100, 0, 64 * GIB, 16),
        (WORTH_SECONDS / 2, 16, 100, 0, None, 1),  # the start would take longer than it saves
        (float("nan"), 16, 100, 0, None, 1),
        (1e4, 16, 3, 0, None, 3),
        (1e4, 1, 100, 0, None, 1),
        (1e4, 16, 0, 0, None, 1),  # all that is left are runs trained again for their weights
        (1e4, 16, 100, 2 * GIB, 18 * GIB, 4),  # 4.4 GiB per worker
        (1e4, 16, 100, 2 * GIB, GIB, 1),
    ],
)
def test_as_many_workers_as_pay(
    seconds: float,
    n_cores: int,
    n_units: int,
    n_task_bytes: int,
    n_free_bytes: int | None,
    expected: int,
) -> None:
    found = workers_that_pay(
        seconds,
        n_cores=n_cores,
        n_units=n_units,
        n_task_bytes=n_task_bytes,
        n_free_bytes=n_free_bytes,
    )
    assert found == expected


def test_the_size_of_a_task_is_that_of_its_examples(digits: Task) -> None:
    """The task has 1,797 digits of 64 numbers, each with a label of eight bytes."""
    (width,) = {split.inputs.itemsize for split in (digits.train, digits.dev, digits.test)}
    assert task_bytes([digits]) == 1797 * (64 * width + 8)
    assert task_bytes([digits, digits]) == 2 * task_bytes([digits])


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells")
def test_free_memory_is_some_of_the_machines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert 0 < (free_bytes() or 0) <= whole
    monkeypatch.setattr(cores, "_MEMORY", tmp_path / "none")
    assert free_bytes() is None
