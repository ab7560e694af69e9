"""Cores are those that this process may use; workers share them."""

import os

import pytest

from ffnn_lab.sweeper.cores import idle_cores, n_cores


def test_the_cores_are_those_that_this_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 1 <= n_cores() <= (os.cpu_count() or 1)
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert n_cores() == (os.cpu_count() or 1)


@pytest.mark.parametrize(
    ("n_cores", "n_threads", "n_left", "n_idle"),
    [
        (16, 1, 100, 15),
        (16, 4, 100, 12),
        (16, 1, 3, 2),
        (2, 2, 9, 0),
        (1, 1, 9, 0),
        (2, 4, 9, 0),
        (2, 1, 0, 0),
    ],
)
def test_a_core_is_idle_that_another_worker_could_use(
    n_cores: int, n_threads: int, n_left: int, n_idle: int
) -> None:
    assert idle_cores(n_cores, n_threads, n_left) == n_idle
