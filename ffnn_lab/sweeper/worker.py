"""A sweep's work: tune every arm, confirm every winner, record each run once."""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import optuna
import pandas as pd
from optuna.trial import TrialState

from ffnn_lab.config import RunConfig, partition_key, run_id, with_values
from ffnn_lab.population import Member
from ffnn_lab.records import (
    RecordWriter,
    RunResult,
    TrialRow,
    read_curves,
    read_runs,
    read_trials,
)
from ffnn_lab.scores import best_settings, setting_scores
from ffnn_lab.sweeper.definition import Arm, Definition
from ffnn_lab.sweeper.protocols import Values, ask, open_storage, open_study, setting_of
from ffnn_lab.tasks import Task, load_task
from ffnn_lab.tracking import Tracker
from ffnn_lab.trainer import train


@dataclass(frozen=True)
class Planned:
    """One run that a stage needs, and where it belongs."""

    row: TrialRow
    config: RunConfig


class Watcher:
    """What a display may want to know of a sweep; this one looks away."""

    def stage(self, name: str, n_runs: int, n_finished: int) -> None:
        """Begin a stage of ``n_runs``, of which some were finished before."""

    def epoch(self, members: Sequence[Member]) -> None:
        """Note that a population did one more epoch."""

    def grown(self, n_runs: int) -> None:
        """Note that an arm's grid grew by so many runs."""

    def finished(self, results: Sequence[RunResult]) -> None:
        """Note that these runs are recorded."""

    def scored(self, best: Mapping[str, float]) -> None:
        """Take the best score of each arm so far."""


def partitions(planned: Iterable[Planned], population_size: int) -> list[list[Planned]]:
    """Group runs into populations: equal partition key, at most ``population_size`` each.

    A stable order (by key, then as planned) makes the populations the same in every process.
    """
    by_key: dict[str, list[Planned]] = {}
    for each in planned:
        by_key.setdefault(partition_key(each.config), []).append(each)
    return [
        group[start : start + population_size]
        for _, group in sorted(by_key.items())
        for start in range(0, len(group), population_size)
    ]


class Worker:
    """Works through a sweep in this process."""

    def __init__(
        self,
        definition: Definition,
        folder: Path,
        *,
        watcher: Watcher,
        make_tracker: Callable[[str, Mapping[str, str]], Tracker],
    ) -> None:
        """Make ready; nothing is trained or written yet.

        Args:
            definition: The sweep.
            folder: Its folder.
            watcher: Told of progress.
            make_tracker: From a stage and a map of run id to arm to the tracker of its runs.
        """
        self.definition = definition
        self.folder = folder
        self._watcher = watcher
        self._make_tracker = make_tracker
        self._writer = RecordWriter(folder)
        runs = read_runs(folder)
        # A run that had no epoch has no curve; any other without one was lost in part.
        has_curve = runs["run_id"].isin(read_curves(folder)["run_id"]) | (runs["n_epochs"] == 0)
        self._finished = set(runs.loc[has_curve, "run_id"])
        trials = read_trials(folder)
        columns = ["stage", "arm", "setting", "seed"]
        self._noted = set(trials[columns].itertuples(index=False, name=None))
        self._tasks: dict[str, Task] = {}

    def work(self) -> None:
        """Tune, then confirm; what is recorded already is not trained again."""
        self._tune()
        self._confirm()
        self._writer.compact()

    def _tune(self) -> None:
        definition = self.definition
        storage = open_storage(self.folder)
        studies = {arm.name: open_study(storage, definition, arm) for arm in definition.arms}
        trials = read_trials(self.folder)
        n_planned = sum(definition.n_settings_of(arm) for arm in definition.arms)
        n_seeds = len(definition.tune_seeds)
        n_done = int((trials["stage"] == "tune").sum())
        self._watcher.stage("tune", max(n_planned * n_seeds, n_done), n_done)
        self._train_lost(studies)
        best = best_settings(self._scores())
        while True:
            asked = {
                (arm.name, trial.number): (arm, trial, values)
                for arm in definition.arms
                for trial, values in ask(studies[arm.name], definition, arm, best.get(arm.name))
            }
            if not asked:
                break
            n_grown = sum(
                number >= definition.n_settings_of(arm)
                for (_, number), (arm, _, _) in asked.items()
            )
            self._watcher.grown(n_grown * n_seeds)
            self._train(
                [
                    each
                    for (_, number), (arm, _, values) in asked.items()
                    for each in self._plan("tune", arm, number, values, definition.tune_seeds)
                ]
            )
            scores = self._scores()
            keys = list(zip(scores["arm"], scores["setting"], strict=True))
            score_of = dict(zip(keys, scores["score"].astype(float), strict=True))
            spread_of = dict(zip(keys, scores["spread"].astype(float), strict=True))
            for (arm_name, number), (_, trial, _) in asked.items():
                score = score_of[arm_name, number]
                trial.set_user_attr("spread", spread_of[arm_name, number])
                if math.isfinite(score):
                    studies[arm_name].tell(trial, score)
                else:  # an infinite value would poison the sampler; pruned counts as worst
                    studies[arm_name].tell(trial, state=TrialState.PRUNED)
            best = best_settings(scores)
            self._watcher.scored({arm: score_of[arm, setting] for arm, setting in best.items()})

    def _train_lost(self, studies: Mapping[str, optuna.Study]) -> None:
        """Train again what the studies were told of and the records have no more."""
        self._train(
            [
                each
                for arm in self.definition.arms
                for trial in studies[arm.name].get_trials(deepcopy=False)
                if trial.state.is_finished()
                for each in self._plan(
                    "tune",
                    arm,
                    trial.number,
                    setting_of(trial, arm.space),
                    self.definition.tune_seeds,
                )
            ]
        )

    def _scores(self) -> pd.DataFrame:
        """Score the tuned settings that have all their seeds."""
        scores = setting_scores(
            read_runs(self.folder),
            read_trials(self.folder),
            stage="tune",
            objective=self.definition.objective,
        )
        return scores[scores["n_seeds"] == len(self.definition.tune_seeds)]

    def _confirm(self) -> None:
        definition = self.definition
        if not definition.confirm_seeds:
            return
        runs, trials = read_runs(self.folder), read_trials(self.folder)
        best = best_settings(self._scores())
        tuned = trials[trials["stage"] == "tune"].drop_duplicates(["arm", "setting"])
        run_ids = tuned.set_index(["arm", "setting"])["run_id"]
        rows = runs.set_index("run_id")
        planned: list[Planned] = []
        for arm in definition.arms:
            setting = best[arm.name]
            row = rows.loc[run_ids[arm.name, setting]]
            stored = json.loads(row["config_json"])
            values = {key: stored[key] for key in arm.space}
            planned += self._plan("confirm", arm, setting, values, definition.confirm_seeds)
        n_known = sum(each.row.run_id in self._finished for each in planned)
        self._watcher.stage("confirm", len(planned), n_known)
        self._train(planned)

    def _plan(
        self, stage: str, arm: Arm, setting: int, values: Values, seeds: Sequence[int]
    ) -> list[Planned]:
        planned = []
        for seed in seeds:
            config = with_values(arm.config, {**values, "seed": seed})
            row = TrialRow(stage, arm.name, setting, seed, run_id(config))
            planned.append(Planned(row, config))
        return planned

    def _train(self, planned: Sequence[Planned]) -> None:
        """Train what is not recorded yet, by populations; one run may serve many rows."""
        rows: dict[str, list[TrialRow]] = {}
        for each in planned:
            key = (each.row.stage, each.row.arm, each.row.setting, each.row.seed)
            if key not in self._noted:
                self._noted.add(key)
                rows.setdefault(each.row.run_id, []).append(each.row)
        known = [row for run, group in rows.items() if run in self._finished for row in group]
        self._writer.write([], known)
        missing = {e.row.run_id: e for e in planned if e.row.run_id not in self._finished}
        for population in partitions(missing.values(), self.definition.population_size):
            configs = [each.config for each in population]
            tracker = self._make_tracker(
                population[0].row.stage, {each.row.run_id: each.row.arm for each in population}
            )

            def on_epoch(members: Sequence[Member], tracker: Tracker = tracker) -> None:
                tracker.on_epoch(members)
                self._watcher.epoch(members)

            results = train(
                configs,
                self._task(configs[0]),
                on_epoch=on_epoch,
                weights_folder=self.folder / "weights",
            )
            found = [row for each in population for row in rows.get(each.row.run_id, [])]
            self._writer.write(results, found)
            self._finished.update(result.run_id for result in results)
            tracker.finish(results)
            self._watcher.finished(results)

    def _task(self, config: RunConfig) -> Task:
        key = partition_key(config)
        if key not in self._tasks:
            self._tasks[key] = load_task(config.task)
        return self._tasks[key]
