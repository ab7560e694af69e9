"""Sweeps of starts: arms with and without a hidden layer, runs that differ in gain and seed."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ffnn_lab.config import RunConfig, leaves, run_id
from ffnn_lab.definition import REPLICATE_SHIFT
from ffnn_lab.records import CurvePoint, RecordWriter, RunResult, TrialRow
from ffnn_lab.report.data.sweep import Sweep
from tests.support.builders import make_run
from tests.support.definitions import write_stored
from tests.support.report.builders import CHANCE, load_sweep

WIDTHS: Mapping[str, list[int]] = {"linear": [], "mlp": [4]}
"""The widths of the hidden layers of each arm."""
GAINS = (0.0, 1.0)
Ended = tuple[float, float] | None
"""The last train loss and train error of a run; None if it diverged."""


def make_starts(
    folder: Path,
    ended: Callable[[str, float, int, int], Ended],
    *,
    n_replicates: int = 6,
    n_seeds: int = 4,
    arms: Sequence[str] = tuple(WIDTHS),
) -> Sweep:
    """Write the records of a sweep of starts, and load them; its name is the folder's.

    Args:
        folder: The sweep's folder.
        ended: Returns the end of a run from (arm, gain, seed counted from 0, replicate).
        n_replicates: Number of replicates.
        n_seeds: Number of seeds of each gain.
        arms: Arms, keys of `WIDTHS`.
    """
    space = {"initializer.gain": {"kind": "choice", "values": list(GAINS)}}
    write_stored(
        folder,
        {
            "name": folder.name,
            "command": f"python -m ffnn_lab.run -m sweeps={folder.name}",
            "arms": {
                arm: {"overrides": [], "space": space, "config": leaves(start_config(arm))}
                for arm in arms
            },
            "protocol": {"name": "grid", "n_settings": len(GAINS)},
            "objective": {
                "split": "dev",
                "metric": "error",
                "moment": "last",
                "aggregate": "mean",
            },
            "tune": {"seeds": list(range(n_seeds))},
            "confirm": {"seeds": []},
            **({"replicates": n_replicates} if n_replicates > 1 else {}),
        },
    )
    results, trials = [], []
    for replicate in range(n_replicates):
        for arm in arms:
            for setting, gain in enumerate(GAINS):
                for seed in range(n_seeds):
                    config = start_config(arm, gain, seed, replicate)
                    results.append(_result(config, ended(arm, gain, seed, replicate)))
                    row = TrialRow(
                        *("tune", arm, setting, config.seed, results[-1].run_id),
                        replicate=replicate,
                    )
                    trials.append(row)
    RecordWriter(folder).write(results, trials)
    return load_sweep(folder)


def start_config(arm: str, gain: float = 1.0, seed: int = 0, replicate: int = 0) -> RunConfig:
    """Return the config of a start."""
    shift = replicate * REPLICATE_SHIFT
    return make_run(
        {
            "model.widths": WIDTHS[arm],
            "initializer.gain": gain,
            "optimizer.weight_decay": 0.01,
            "task.split_seed": shift,
            "trainer.batch_size": "full",
        },
        seed=seed + shift,
    )


def _result(config: RunConfig, ended: Ended) -> RunResult:
    loss, error = ended or (3.0, CHANCE)
    return RunResult(
        config=config,
        run_id=run_id(config),
        status="completed" if ended else "diverged",
        n_epochs=1,
        n_steps=1,
        diverged_step=None if ended else 1,
        seconds=0.1,
        chance_error=CHANCE,
        curve=[
            CurvePoint(1, 1, split, loss, error, config.optimizer.lr)
            for split in ("train", "dev", "test")
        ],
    )
