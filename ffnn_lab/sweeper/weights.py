"""Find recorded runs of a sweep whose weights, wanted by ``trainer.save_weights``, are missing.

These runs are trained again with the same config, only to save their networks. Their records stay
as they are, so that an interruption loses nothing.
"""

import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from ffnn_lab.config import partition_key, run_id, settle_sources, with_values
from ffnn_lab.definition import Definition
from ffnn_lab.records import RunResult, TrialRow, read_runs, read_trials
from ffnn_lab.sweeper.units import Planned


def lacks_weights(folder: Path, run: str) -> bool:
    """Return True if the file of a run's network is missing or damaged.

    Args:
        folder: The sweep's folder.
        run: The run's id.
    """
    try:
        with zipfile.ZipFile(folder / "weights" / f"{run}.pt") as file:
            return file.testzip() is not None  # the checksum of each part
    except (OSError, zipfile.BadZipFile):
        return True


def runs_without_weights(definition: Definition, folder: Path) -> list[Planned]:
    """Find the completed runs of a sweep whose networks are to be saved and are not there.

    Runs that diverged or were pruned are left out, because their networks are of no use.

    Returns:
        The runs, each of them once, even if several rows of ``trials`` name it.
    """
    if not any(arm.config.trainer.save_weights for arm in definition.arms):
        return []
    arms = {
        (replicate, arm.name): arm
        for replicate in range(definition.n_wanted)
        for arm in definition.of_replicate(replicate).arms
        if arm.config.trainer.save_weights
    }
    runs = read_runs(folder)[["run_id", "status", "config_json"]]
    trials = read_trials(folder).merge(runs[runs["status"] == "completed"], on="run_id")
    trials = trials.drop_duplicates("run_id")
    found = []
    for row in trials.to_dict("records"):
        arm = arms.get((row["replicate"], row["arm"]))
        if arm is None or not lacks_weights(folder, row["run_id"]):
            continue
        stored = json.loads(row["config_json"])
        values = {key: stored[key] for key in arm.space}
        config = settle_sources(with_values(arm.config, {**values, "seed": int(row["seed"])}))
        if run_id(config) == row["run_id"]:
            names = ("stage", "arm", "setting", "seed", "run_id", "replicate")
            trial = TrialRow(**{name: row[name] for name in names})
            found.append(Planned(trial, config, partition_key(config)))
    return found


class Again:
    """One worker's view of the runs that are trained again because their weights are missing."""

    def __init__(self, definition: Definition, folder: Path) -> None:
        """Keep the arguments; nothing is read before the first `take`.

        Args:
            definition: The sweep.
            folder: The sweep's folder.
        """
        self._definition = definition
        self._folder = folder
        self._left: dict[str, Planned] | None = None

    @property
    def is_left(self) -> bool:
        """Return True if, at the last `take`, the weights of any such run were missing."""
        return bool(self._left)

    def take(self, n_places: int, held: Mapping[str, str]) -> list[Planned]:
        """Choose at most ``n_places`` runs of one partition that no worker holds.

        Args:
            n_places: Number of runs wanted.
            held: Maps the id of each run that a living worker holds to that worker's name.
        """
        if self._left is None:
            found = runs_without_weights(self._definition, self._folder)
            self._left = {planned.run_id: planned for planned in found}
        # Others may have trained some of them meanwhile.
        self._left = {k: v for k, v in self._left.items() if lacks_weights(self._folder, k)}
        free = [planned for run, planned in self._left.items() if run not in held]
        return [each for each in free if each.partition == free[0].partition][:n_places]

    def end(self, results: Sequence[RunResult]) -> int:
        """Remove the runs that were trained again, or failed in this, from the runs that are left.

        Args:
            results: The results of the removed runs.

        Returns:
            The number of runs whose status or metrics now differ from the recorded ones.
        """
        if not results:
            return 0
        recorded = read_runs(self._folder).set_index("run_id")
        n_other = 0
        for result in results:
            (self._left or {}).pop(result.run_id, None)
            if result.status == "failed":
                continue  # the worker has told the user
            row = recorded.loc[result.run_id]
            now = {"status": result.status, **result.metrics()}
            n_other += any(row[key] != value for key, value in now.items())
        return n_other
