"""Sweeps on the separable problem, written by hand: each run ends as it is told to."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ffnn_lab.config import RunConfig, leaves, run_id, with_values
from ffnn_lab.definition import REPLICATE_SHIFT, name_under
from ffnn_lab.records import CurvePoint, Direction, RecordWriter, RunResult, TrialRow
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.separable import Draw, draw_labels
from ffnn_lab.tasks.separable import SeparableConfig
from tests.support.builders import with_parts
from tests.support.definitions import write_stored
from tests.support.report.builders import load_sweep
from tests.support.separable import ADAPTIVE, PLAIN, make_member

N, P, N_TEST = 20, 0.6, 50
"""Of the problem; its draws 0 and 2 can show the gap, and draw 1 has b = -2."""
N_EPOCHS = 4

Axes = Mapping[str, Sequence[Any]]
"""To each axis of an arm its values."""


def draw_of(config: RunConfig) -> Draw:
    """Draw the labels of a run's problem."""
    task = config.task
    assert isinstance(task, SeparableConfig)
    return draw_labels(
        n=task.n, p=task.p, n_dev=task.n_dev, n_test=task.n_test, draw_seed=task.draw_seed
    )


def as_predicted(config: RunConfig) -> RunResult:
    """End where lemma and closed forms say: plain methods err never, adaptive ones on every -1."""
    is_plain = config.optimizer.name in PLAIN
    error = 0.0 if is_plain else float((draw_of(config).test < 0).mean())
    return ended(config, error=error, cosines=(1.0, 0.25) if is_plain else (0.25, 1.0))


def ended(
    config: RunConfig,
    *,
    error: float = 0.0,
    loss: float = 1e-30,
    cosines: tuple[float, float] = (1.0, 0.25),
    status: str = "completed",
) -> RunResult:
    """End so: test error, train loss, and cosines to least norm and signs, half of it midway."""
    epochs = (0, N_EPOCHS // 2, N_EPOCHS) if status == "completed" else (0,)
    curve = [
        CurvePoint(epoch, epoch, split, loss if epoch else 1.0, error if epoch else 1.0, 0.1)
        for epoch in epochs
        for split in ("train", "dev", "test")
    ]
    directions = [
        Direction(epoch, epoch, {"min_norm": share * cosines[0], "sign": share * cosines[1]})
        for epoch, share in ((N_EPOCHS // 2, 0.5), (N_EPOCHS, 1.0))
        if epoch in epochs
    ]
    return RunResult(
        config=config,
        run_id=run_id(config),
        status=status,
        n_epochs=epochs[-1],
        n_steps=epochs[-1],
        diverged_step=3 if status == "diverged" else None,
        seconds=0.1,
        chance_error=1.0,
        curve=curve,
        directions=directions,
    )


def make_separable_sweep(
    folder: Path,
    axes: Axes | None = None,
    *,
    of_arms: Mapping[str, Axes] | None = None,
    draws: Sequence[int] = (0, 1, 2),
    ends: Callable[[RunConfig], RunResult] = as_predicted,
    arms: Sequence[str] = ("sgd", "adam"),
    task: Mapping[str, Any] | None = None,
    keep: Callable[[RunConfig], bool] = lambda _: True,
) -> Sweep:
    """Write a sweep's records and load them.

    Args:
        folder: Its name is the sweep's.
        axes: Of every arm, beside the draw.
        of_arms: Further ones of some, by their names.
        draws: The seeds of the problem.
        ends: What each run came to.
        arms: Named after their optimizers.
        task: Fields of the task to change.
        keep: Which runs are there.
    """
    spaces = {
        arm: {"task.draw_seed": list(draws), **(axes or {}), **(of_arms or {}).get(arm, {})}
        for arm in arms
    }
    write_stored(
        folder,
        {
            "name": folder.name,
            "command": f"python -m ffnn_lab.run -m sweeps={folder.name}",
            "arms": {
                arm: {
                    "overrides": [f"optimizer={arm}"],
                    "space": {
                        key: {"kind": "choice", "values": list(values)}
                        for key, values in space.items()
                    },
                }
                for arm, space in spaces.items()
            },
            "protocol": {"name": "grid", "n_settings": 1},
            "objective": {
                "split": "train",
                "metric": "loss",
                "moment": "last",
                "aggregate": "mean",
            },
            "tune": {"seeds": [0]},
            "confirm": {"seeds": []},
        },
    )
    results, trials = [], []
    for arm, space in spaces.items():
        for setting, values in enumerate(itertools.product(*space.values())):
            config = _config(arm, dict(zip(space, values, strict=True)), task or {})
            if keep(config):
                results.append(ends(config))
                trials.append(TrialRow("tune", arm, setting, 0, results[-1].run_id))
    RecordWriter(folder).write(results, trials)
    return load_sweep(folder)


def make_sweep_of_replicates(
    folder: Path,
    across: Axes | None = None,
    *,
    of_arms: Mapping[str, Axes] | None = None,
    n_replicates: int = 2,
    ends: Callable[[RunConfig], RunResult] = as_predicted,
    arms: Sequence[str] = ("sgd", "adam"),
    confirm_seeds: Sequence[int] = (),
    split: str = "train",
) -> Sweep:
    """Write a sweep whose draws are replicates, and load it.

    Args:
        folder: Its name is the sweep's.
        across: Conditions of every arm, by dotted name.
        of_arms: Axes of some arms, by their names.
        n_replicates: Draws of the problem, replicate r with that of 10,000 r.
        ends: What each run came to.
        arms: Named after their optimizers.
        confirm_seeds: Fresh seeds, none of which have runs.
        split: What settings are chosen on.
    """
    across = across or {}
    conditions = [
        dict(zip(across, values, strict=True)) for values in itertools.product(*across.values())
    ]
    stored: dict[str, Any] = {}
    results, trials = [], []
    for condition, arm in itertools.product(conditions, arms):
        space = (of_arms or {}).get(arm, {})
        name = name_under(arm, condition)
        stored[name] = {
            "overrides": [f"optimizer={arm}"],
            "space": {
                key: {"kind": "choice", "values": list(values)} for key, values in space.items()
            },
            "config": leaves(_config(arm, condition, {})),
            **({"base": arm, "condition": condition} if condition else {}),
        }
        for replicate in range(n_replicates):
            shift = replicate * REPLICATE_SHIFT
            for setting, values in enumerate(itertools.product(*space.values())):
                told = {**condition, **dict(zip(space, values, strict=True)), "seed": shift}
                result = ends(_config(arm, told, {"draw_seed": shift}))
                results.append(result)
                row = TrialRow("tune", name, setting, shift, result.run_id, replicate=replicate)
                trials.append(row)
    write_stored(
        folder,
        {
            "name": folder.name,
            "command": f"python -m ffnn_lab.run -m sweeps={folder.name}",
            "arms": stored,
            "protocol": {"name": "grid", "n_settings": 1},
            "objective": {
                "split": split,
                "metric": "loss",
                "moment": "last",
                "aggregate": "mean",
            },
            "tune": {"seeds": [0]},
            "confirm": {"seeds": list(confirm_seeds)},
            **({"replicates": n_replicates} if n_replicates > 1 else {}),
        },
    )
    RecordWriter(folder).write(results, trials)
    return load_sweep(folder)


def _config(arm: str, values: Mapping[str, Any], task: Mapping[str, Any]) -> RunConfig:
    optimizer, schedule = {**PLAIN, **ADAPTIVE}[arm]
    problem = SeparableConfig(
        name="separable", loss="squared", n=N, p=P, n_dev=5, n_test=N_TEST, draw_seed=0
    )
    member = make_member(optimizer, schedule, n_epochs=N_EPOCHS)
    return with_values(with_parts(member, task=replace(problem, **task)), values)
