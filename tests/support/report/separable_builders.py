"""Sweeps on the separable problem, written by hand, in which tests choose each run's result."""

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
"""Parameters of the problem; its draws 0 and 2 can show the gap, and draw 1 has b = -2."""
N_EPOCHS = 4

Axes = Mapping[str, Sequence[Any]]
"""The values of each axis of an arm."""


def draw_of(config: RunConfig) -> Draw:
    """Draw the labels of a run's problem."""
    task = config.task
    assert isinstance(task, SeparableConfig)
    return draw_labels(
        n=task.n, p=task.p, n_dev=task.n_dev, n_test=task.n_test, draw_seed=task.draw_seed
    )


def as_predicted(config: RunConfig) -> RunResult:
    """Return the result that the lemma and the closed forms predict.

    Plain methods never err on test; adaptive methods err on every label of -1.
    """
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
    """Return the result of a run with a given end.

    Args:
        config: The config of the run.
        error: The error after the start, on every split.
        loss: The loss after the start, on every split.
        cosines: The last cosines to the least-norm solution and to the signs; midway, half of
            each is recorded.
        status: ``completed``, or the status of a run that ended at epoch 0.
    """
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
        folder: The sweep's folder, whose name is the sweep's name.
        axes: Axes of every arm, in addition to the draw.
        of_arms: Further axes of some arms, by the names of the arms.
        draws: The seeds of the problem's draws.
        ends: Computes the result of a run from its config.
        arms: The arms, named after their optimizers.
        task: Fields of the task to change.
        keep: Returns True for the runs that are recorded.
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
    """Write a sweep whose replicates have different draws of the problem, and load it.

    Args:
        folder: The sweep's folder, whose name is the sweep's name.
        across: The fields whose values make the conditions, by dotted name.
        of_arms: Axes of some arms, by the names of the arms.
        n_replicates: Number of replicates; replicate r has the draw of seed 10,000 r.
        ends: Computes the result of a run from its config.
        arms: The arms, named after their optimizers.
        confirm_seeds: Fresh seeds of the definition; no runs are recorded for them.
        split: The split on which settings are chosen.
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
