"""A sweep's plan, and the compilation and the workers that follow it."""

import dataclasses
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from omegaconf import OmegaConf
from rich.console import Console

from ffnn_lab.config import ConfigError, with_values
from ffnn_lab.sweeper.command import announce, n_that_pay, settle_launcher
from ffnn_lab.sweeper.cores import n_cores
from ffnn_lab.sweeper.estimate import Estimate
from ffnn_lab.sweeper.presence import Presence
from tests.support.sweeps import make_definition


@pytest.mark.parametrize("is_dry", [False, True])
def test_a_plan_is_shown_before_anything_is_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_dry: bool
) -> None:
    """The user must see a mistake before compiling takes minutes; a dry run compiles nothing."""
    told = StringIO()
    compiled: list[str] = []

    def timed(*_: object, may_compile: bool, **__: object) -> Estimate:
        if may_compile:
            compiled.append(told.getvalue())
        return Estimate(0, 3, 1, 7.0 if may_compile else 90.0, is_upper=not may_compile)

    monkeypatch.setattr("ffnn_lab.sweeper.command.estimate", timed)
    n_workers = announce(
        make_definition("grid"),
        tmp_path / "sweep",
        Console(file=told, width=200),
        is_continued=True,
        n_workers=1,
        n_threads=1,
        is_dry=is_dry,
    )
    assert n_workers == 1
    said = told.getvalue()
    assert "24 runs; 3 populations of at most 8, 1 thread; about 2 min here, less once" in said
    if is_dry:
        assert compiled == []
    else:
        assert "24 runs; 3 populations" in compiled[0]
        assert said.splitlines()[-1] == "compiled; the sweep takes about 7 s here"


@pytest.mark.parametrize(
    ("launcher", "n_jobs", "n_workers", "expected"),
    [
        ("basic", None, None, None),  # as many workers as pay
        ("basic", None, 1, 1),
        ("basic", None, 3, 3),
        ("joblib", 3, None, 3),
        ("joblib", -1, None, n_cores()),
        ("joblib", -1, 2, 2),
        ("submitit_local", None, None, 1),
        ("submitit_local", None, 4, 4),
    ],
)
def test_a_launcher_starts_as_many_workers_as_it_can(
    launcher: str, n_jobs: int | None, n_workers: int | None, expected: int | None
) -> None:
    master = OmegaConf.create(
        {
            "hydra": {
                "runtime": {"choices": {"hydra/launcher": launcher}},
                "launcher": {"n_jobs": n_jobs},
            }
        }
    )
    assert settle_launcher(master, n_workers) == (launcher, expected)


def test_the_basic_launcher_starts_no_second_worker_where_it_cannot_fork(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ffnn_lab.sweeper.command.CAN_FORK", False)
    master = OmegaConf.create({"hydra": {"runtime": {"choices": {"hydra/launcher": "basic"}}}})
    with pytest.raises(ConfigError, match=r"n_workers=2 needs a launcher that starts processes"):
        settle_launcher(master, 2)
    assert settle_launcher(master, None) == ("basic", 1)


@pytest.mark.parametrize(
    ("changes", "seconds", "n_left", "expected"),
    [
        ({}, 100.0, 24, 8),
        ({}, 1.0, 24, 1),
        ({}, 100.0, 6, 3),  # a unit is a setting with two seeds
        ({"protocol": "tpe", "n_parallel": 1}, 100.0, 24, 2),  # each arm has a batch of one
        ({"device": "cuda"}, 100.0, 24, 1),
    ],
)
def test_the_rest_of_a_sweep_takes_the_workers_that_pay(
    changes: dict[str, Any],
    seconds: float,
    n_left: int,
    expected: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ffnn_lab.sweeper.command.n_cores", lambda: 8)
    monkeypatch.setattr("ffnn_lab.sweeper.command.free_bytes", lambda: None)
    device = changes.get("device", "cpu")
    definition = make_definition(
        **{"protocol": "grid", **{k: v for k, v in changes.items() if k != "device"}}
    )
    arms = [
        arm.with_config(with_values(arm.config, {"device": device})) for arm in definition.arms
    ]
    definition = dataclasses.replace(definition, arms=tuple(arms))
    assert n_that_pay(definition, tmp_path, seconds, n_left=n_left) == expected


def test_workers_that_are_at_work_are_joined_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ffnn_lab.sweeper.command.n_cores", lambda: 8)
    monkeypatch.setattr("ffnn_lab.sweeper.command.free_bytes", lambda: None)
    monkeypatch.setattr("ffnn_lab.sweeper.command.look", lambda *_, now: Presence(3, 0.0, now))
    assert n_that_pay(make_definition("grid"), tmp_path, 100.0, n_left=24) == 1


@pytest.mark.parametrize("is_dry", [False, True])
def test_workers_are_prepared_beside_the_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_dry: bool
) -> None:
    """Preparation starts before the plan is shown; the plan's time is that of all workers."""
    told, timed_for = StringIO(), list[int]()
    prepared: list[str] = []

    def timed(*_: object, n_workers: int, **__: object) -> Estimate:
        timed_for.append(n_workers)
        return Estimate(0, 3, 1, 90.0 / n_workers)

    monkeypatch.setattr("ffnn_lab.sweeper.command.estimate", timed)
    monkeypatch.setattr("ffnn_lab.sweeper.command.n_cores", lambda: 3)
    monkeypatch.setattr("ffnn_lab.sweeper.command.free_bytes", lambda: None)
    n_workers = announce(
        make_definition("grid"),
        tmp_path / "sweep",
        Console(file=told, width=200),
        is_continued=True,
        n_workers=None,
        n_threads=None,
        is_dry=is_dry,
        prepare=lambda: prepared.append(told.getvalue()),
    )
    assert n_workers == 3
    assert timed_for == [1, 3]
    assert "3 workers, 1 thread each; about 30 s here" in told.getvalue()
    assert prepared == ([] if is_dry else [""])
