"""A small sweep written by hand, whose tables can be worked out on paper."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ffnn_lab.config import RunConfig, run_id
from ffnn_lab.optimizers.adam import AdamConfig
from ffnn_lab.optimizers.sgd import SGDConfig
from ffnn_lab.records import DEFAULT_SETTING, CurvePoint, RecordWriter, RunResult, TrialRow
from ffnn_lab.report.data.sweep import Sweep, load
from ffnn_lab.report.data.winners import find_winners
from ffnn_lab.report.measures.differences import paired_differences
from tests.support.builders import make_run
from tests.support.definitions import write_stored

CHANCE = 0.9
N_EPOCHS = 2
TRACEBACK = "Traceback (most recent call last):\n  ...\nMemoryError: no room for 64 nets\n"
ADAM = AdamConfig(
    name="adam", lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0, decay="coupled"
)
SGD = SGDConfig(name="sgd", lr=0.1, weight_decay=0.0, decay="coupled")

Last = tuple[float, float, float] | str
"""The last train, dev and test errors; or the status of a run that did not complete."""
Row = tuple[str, str, int, int, Last]
"""Stage, arm, setting and seed of a run, and its last errors or status."""

LRS = {"sgd": [0.1, 1.0, 0.3, 5.0], "adam": [0.001, 0.01, 0.1, 0.5]}
"""The learning rate of each setting; the last is that of the untuned default, setting -1."""

TUNE: list[Row] = [
    ("tune", "sgd", 0, 0, (0.0, 0.10, 0.11)),
    ("tune", "sgd", 0, 1, (0.0, 0.20, 0.21)),  # score 0.15
    ("tune", "sgd", 1, 0, (0.0, 0.10, 0.31)),
    ("tune", "sgd", 1, 1, (0.0, 0.12, 0.33)),  # score 0.11: best, at the high end
    ("tune", "sgd", 2, 0, (0.0, 0.08, 0.09)),
    ("tune", "sgd", 2, 1, "diverged"),  # score (0.08 + 0.9) / 2 = 0.49
    ("tune", "adam", 0, 0, (0.0, 0.20, 0.21)),
    ("tune", "adam", 0, 1, (0.0, 0.20, 0.21)),
    ("tune", "adam", 1, 0, (0.0, 0.05, 0.06)),
    ("tune", "adam", 1, 1, (0.0, 0.05, 0.06)),  # score 0.05: best, interior
    ("tune", "adam", 2, 0, (0.0, 0.30, 0.31)),
    ("tune", "adam", 2, 1, (0.0, 0.30, 0.31)),
]
CONFIRM: list[Row] = [
    ("confirm", "sgd", 1, 1000, (0.01, 0.11, 0.10)),
    ("confirm", "sgd", 1, 1001, (0.02, 0.11, 0.12)),
    ("confirm", "sgd", 1, 1002, (0.03, 0.11, 0.14)),
    ("confirm", "adam", 1, 1000, (0.00, 0.06, 0.10)),
    ("confirm", "adam", 1, 1001, (0.01, 0.06, 0.13)),
    ("confirm", "adam", 1, 1002, "diverged"),
]
DEFAULT: list[Row] = [
    ("confirm", "sgd", DEFAULT_SETTING, 1000, (0.04, 0.21, 0.20)),
    ("confirm", "sgd", DEFAULT_SETTING, 1001, (0.04, 0.21, 0.22)),
    ("confirm", "sgd", DEFAULT_SETTING, 1002, (0.04, 0.21, 0.27)),
    ("confirm", "adam", DEFAULT_SETTING, 1000, (0.04, 0.05, 0.30)),
    ("confirm", "adam", DEFAULT_SETTING, 1001, (0.04, 0.05, 0.33)),
    ("confirm", "adam", DEFAULT_SETTING, 1002, (0.04, 0.05, 0.30)),
]
MEAN_LAST = {
    "split": "dev",
    "metric": "error",
    "moment": "mean_last",
    "n_last": 2,
    "aggregate": "mean",
}
"""An objective with a moment other than the last epoch."""


def make_definition(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any part of a definition
    """Build the definition of the small sweep, with some of its parts replaced."""
    log_lr = {"kind": "float", "low": 0.01, "high": 1.0, "log": True}
    dropout = {"kind": "float", "low": 0.0, "high": 0.5, "log": False}
    definition = {
        "name": "small",
        "command": "python -m ffnn_lab.run -m sweeps=small",
        "arms": {
            "sgd": {
                "overrides": ["optimizer=sgd", "trainer.max_epochs=2"],
                "space": {"optimizer.lr": log_lr, "dropout.hidden": dropout},
            },
            "adam": {
                "overrides": ["optimizer=adam", "trainer.max_epochs=2"],
                "space": {"optimizer.lr": {"kind": "choice", "values": LRS["adam"][:3]}},
            },
        },
        "protocol": {"name": "tpe", "n_settings": 3, "seed": 0},
        "objective": {"split": "dev", "metric": "error", "moment": "last", "aggregate": "mean"},
        "tune": {"seeds": [0, 1]},
        "confirm": {"seeds": [1000, 1001, 1002]},
    }
    changed = definition | changes
    if {"adam", "sgd"} <= changed["arms"].keys():  # these arms differ in more than the optimizer
        changed.setdefault("contrasts", [["adam", "sgd"]])
    return changed


def make_config(arm: str, setting: int, seed: int) -> RunConfig:
    """Build the config of one run of the small sweep."""
    optimizer = {"sgd": SGD, "adam": ADAM}[arm]
    changes = {"optimizer.lr": LRS[arm][setting], "trainer.max_epochs": N_EPOCHS}
    return make_run(changes, seed=seed, optimizer=optimizer)


def make_result(config: RunConfig, last: Last) -> RunResult:
    """Build a run's result: error 0.9, then 0.5, then ``last``.

    The curve of a run that did not complete has only the first two points. A failed run also has
    a traceback.
    """
    status = last if isinstance(last, str) else "completed"
    ends = [] if isinstance(last, str) else [last]
    errors = [(0.9, 0.9, 0.9), (0.5, 0.5, 0.5), *ends]
    curve = [
        CurvePoint(epoch, 7 * epoch, split, 2 * error, error, config.optimizer.lr)
        for epoch, point in enumerate(errors)
        for split, error in zip(("train", "dev", "test"), point, strict=True)
    ]
    return RunResult(
        config=config,
        run_id=run_id(config),
        status=status,
        n_epochs=N_EPOCHS,
        n_steps=7 * N_EPOCHS,
        diverged_step=9 if status == "diverged" else None,
        seconds=0.1,
        chance_error=CHANCE,
        curve=curve,
        traceback=TRACEBACK if status == "failed" else None,
    )


def write_sweep(
    folder: Path,
    *,
    rows: Sequence[Row] = (*TUNE, *CONFIRM, *DEFAULT),
    keep: Callable[[Row], bool] = lambda _: True,
    definition: dict[str, Any] | None = None,
) -> Path:
    """Write the small sweep's records.

    Args:
        folder: The sweep's folder.
        rows: The runs.
        keep: Returns True for the rows that are written.
        definition: The definition; by default that of `make_definition`.
    """
    write_stored(folder, definition or make_definition())
    kept = [row for row in rows if keep(row)]
    results = [
        make_result(make_config(arm, setting, seed), last) for _, arm, setting, seed, last in kept
    ]
    trials = [
        TrialRow(stage, arm, setting, seed, result.run_id)
        for (stage, arm, setting, seed, _), result in zip(kept, results, strict=True)
    ]
    RecordWriter(folder).write(results, trials)
    return folder


def load_sweep(folder: Path) -> Sweep:
    """Load the sweep in a folder."""
    sweep = load(folder)
    assert isinstance(sweep, Sweep)
    return sweep


def write_run(folder: Path) -> Path:
    """Write the records of a single run."""
    RecordWriter(folder).write([make_result(make_config("sgd", 0, 0), (0.01, 0.02, 0.03))])
    return folder


def differences_of(sweep: Sweep) -> pd.DataFrame:
    """Tabulate a sweep's paired differences, with a generator of its own."""
    return paired_differences(sweep, find_winners(sweep), rng=np.random.default_rng(0))
