"""Small real sweeps on the digits, worked through in this process."""

import dataclasses
from pathlib import Path

import pandas as pd

from ffnn_lab.definition import Arm, Definition, read_definition, short_hash
from ffnn_lab.progress import Progress
from ffnn_lab.protocols.space import Choice, Interval
from ffnn_lab.records import read_correct, read_curves, read_runs, read_trials
from ffnn_lab.sweeper.opening import open_sweep
from ffnn_lab.sweeper.process import Post, work_at
from ffnn_lab.sweeper.worker import StoppedError, Watcher
from tests.catalog import OPTIMIZERS
from tests.support.builders import make_run
from tests.support.definitions import OBJECTIVE, PROTOCOL, changed


class Stopper(Watcher):
    """A watcher that stops the sweep the ``after``-th time that progress shows new records."""

    def __init__(self, after: int = 1) -> None:
        self._left = after
        self._n_before = -1
        self.n_trained = 0

    def progress(self, progress: Progress) -> None:
        """Count the runs that were trained since the start, and stop when it is time."""
        n_done = sum(progress.n_done.values())
        if self._n_before < 0:
            self._n_before = n_done
        elif n_done > self._n_before:
            self.n_trained += n_done - self._n_before
            self._n_before = n_done
            self._left -= 1
            if self._left == 0:
                raise StoppedError


def make_definition(protocol: str = "tpe", name: str = "test", **changes: object) -> Definition:
    """Define a sweep of two arms on the digits: about two dozen runs of a few epochs."""
    base = {"trainer.max_epochs": 2, "trainer.dtype": "float32", "trainer.batch_size": 128}
    arms = []
    for optimizer in ("sgd", "adam"):
        config = make_run(base, optimizer=OPTIMIZERS[optimizer].config)
        space = (
            {"optimizer.lr": Choice((0.01, 0.1, 1.0))}
            if protocol == "grid"
            else {
                "optimizer.lr": Interval(1e-3, 1.0, log=True),
                "dropout.hidden": Interval(0.0, 0.5, log=False),
            }
        )
        arms.append(Arm.of(optimizer, config, (f"optimizer={optimizer}",), space))
    definition = Definition(
        name=name,
        command="",
        arms=tuple(arms),
        protocol=dataclasses.replace(PROTOCOL, name=protocol),
        objective=OBJECTIVE,
        tune_seeds=(0, 1),
        confirm_seeds=(1000, 1001, 1002),
        pruner=None,
        population_size=8,
    )
    return changed(definition, **changes)


def work(
    outputs: Path,
    definition: Definition,
    watcher: Watcher | None = None,
    *,
    storage: str | None = None,
    max_failures: int = 0,
    retry_failed: bool = False,
) -> Path:
    """Do what the command line does, without the table at the end; return the sweep's folder."""
    watcher = watcher or Watcher()
    open_sweep(
        definition, outputs, storage_url=storage, retry_failed=retry_failed, watcher=watcher
    )
    folder = outputs / definition.name
    work_at(Post(str(folder), storage, 1, max_failures), watcher=watcher)
    return folder


class Alone:
    """Trains sweeps whose definition is in a folder, each once, by one worker in this process."""

    def __init__(self, outputs: Path) -> None:
        """Train the sweeps in ``outputs``."""
        self._outputs = outputs

    def __call__(self, defined: Path, population_size: int | None = 64) -> Path:
        """Return the trained sweep's folder; large populations give the same records, sooner."""
        definition = read_definition(defined)
        assert definition is not None
        if population_size is not None:
            definition = dataclasses.replace(definition, population_size=population_size)
        outputs = self._outputs / short_hash(definition)
        folder = outputs / definition.name
        return folder if folder.exists() else work(outputs, definition)


def tables(folder: Path) -> tuple[pd.DataFrame, ...]:
    """Return the records in a fixed order, without times."""
    runs = read_runs(folder).drop(columns="seconds").sort_values("run_id", ignore_index=True)
    trials = read_trials(folder)
    curves = read_curves(folder)
    return (
        runs,
        trials.sort_values(list(trials.columns), ignore_index=True),
        curves.sort_values(["run_id", "epoch", "split"], ignore_index=True),
        read_correct(folder).sort_values(["run_id", "moment"], ignore_index=True),
    )
