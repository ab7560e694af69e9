"""A sweep's work: budgets, seeds, resuming, records."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pytest

from ffnn_lab.config import partition_key
from ffnn_lab.records import RunResult, TrialRow, read_curves, read_runs, read_trials
from ffnn_lab.scores import best_settings, setting_scores
from ffnn_lab.sweeper.definition import Arm, Definition
from ffnn_lab.sweeper.space import Choice, Interval
from ffnn_lab.sweeper.worker import Planned, Watcher, Worker, partitions
from ffnn_lab.tracking import NoTracker
from tests.builders import make_run
from tests.catalog import OPTIMIZERS

TIMES = ["seconds"]


class StoppedError(Exception):
    """Stands for a Ctrl-C in mid-sweep."""


class Stopper(Watcher):
    """Stops the sweep after so many populations, between the records and the telling."""

    def __init__(self, after: int) -> None:
        self._left = after
        self.n_trained = 0

    def finished(self, results: Sequence[RunResult]) -> None:
        """Count, and stop when it is time."""
        self.n_trained += len(results)
        self._left -= 1
        if self._left == 0:
            raise StoppedError


def make_definition(protocol: str = "tpe", **changes: object) -> Definition:
    """Two arms on the digits, a few epochs: ten runs or so."""
    base = {"trainer.max_epochs": 2, "trainer.dtype": "float32", "trainer.batch_size": 128}
    arms = []
    for name in ("sgd", "adam"):
        config = make_run(base, optimizer=OPTIMIZERS[name].config)
        space = (
            {"optimizer.lr": Choice((0.01, 0.1, 1.0))}
            if protocol == "grid"
            else {
                "optimizer.lr": Interval(1e-3, 1.0, log=True),
                "dropout.hidden": Interval(0.0, 0.5, log=False),
            }
        )
        arms.append(Arm(name, config, (f"optimizer={name}",), space))
    definition = Definition(
        name="test",
        command="",
        arms=tuple(arms),
        protocol=protocol,
        n_settings=4,
        n_parallel=2,
        seed=0,
        max_points=7,
        objective={"split": "dev", "metric": "error", "moment": "last", "aggregate": "mean"},
        tune_seeds=(0, 1),
        confirm_seeds=(1000, 1001, 1002),
        population_size=5,
    )
    return dataclasses.replace(definition, **changes)  # type: ignore[arg-type]


def work(folder: Path, definition: Definition, watcher: Watcher | None = None) -> None:
    def no_tracker(_stage: str, _arms: Mapping[str, str]) -> NoTracker:
        return NoTracker()

    Worker(definition, folder, watcher=watcher or Watcher(), make_tracker=no_tracker).work()


def tables(folder: Path) -> tuple[pd.DataFrame, ...]:
    runs = read_runs(folder).drop(columns=TIMES).sort_values("run_id", ignore_index=True)
    trials = read_trials(folder)
    curves = read_curves(folder)
    return (
        runs,
        trials.sort_values(list(trials.columns), ignore_index=True),
        curves.sort_values(["run_id", "epoch", "split"], ignore_index=True),
    )


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    work(folder, make_definition())
    return folder


def test_every_arm_gets_the_same_budget_on_the_same_seeds(undisturbed: Path) -> None:
    trials = read_trials(undisturbed)
    tune = trials[trials["stage"] == "tune"]
    assert tune.groupby("arm")["setting"].nunique().to_dict() == {"sgd": 4, "adam": 4}
    assert set(tune["seed"]) == {0, 1}
    assert len(tune) == 2 * 4 * 2


def test_confirm_takes_the_winner_on_fresh_seeds(undisturbed: Path) -> None:
    runs, trials = read_runs(undisturbed), read_trials(undisturbed)
    objective = make_definition().objective
    best = best_settings(setting_scores(runs, trials, stage="tune", objective=objective))
    confirm = trials[trials["stage"] == "confirm"]
    assert confirm.groupby("arm")["setting"].unique().map(list).to_dict() == {
        arm: [setting] for arm, setting in best.items()
    }
    assert set(confirm["seed"]) == {1000, 1001, 1002}
    joined = trials.merge(runs.drop(columns="seed"), on="run_id")
    for arm, setting in best.items():
        rows = joined[(joined["arm"] == arm) & (joined["setting"] == setting)]
        assert len(set(rows["optimizer.lr"])) == 1
        assert len(rows) == 5


def test_a_finished_sweep_trains_nothing(undisturbed: Path) -> None:
    before = tables(undisturbed)
    stopper = Stopper(after=1)
    work(undisturbed, make_definition(), stopper)
    assert stopper.n_trained == 0
    for one, two in zip(before, tables(undisturbed), strict=True):
        pd.testing.assert_frame_equal(one, two)


@pytest.mark.parametrize("protocol", ["tpe", "random", "grid"])
def test_an_interrupted_sweep_ends_as_an_undisturbed_one(tmp_path: Path, protocol: str) -> None:
    """Stopped after every population in turn: same ids, same numbers, nothing trained twice."""
    definition = make_definition(protocol)
    calm, rough = tmp_path / "calm", tmp_path / "rough"
    work(calm, definition)
    trained = 0
    for _ in range(50):
        stopper = Stopper(after=1)
        try:
            work(rough, definition, stopper)
        except StoppedError:
            trained += stopper.n_trained
            continue
        break
    assert trained == len(read_runs(calm))
    for one, two in zip(tables(calm), tables(rough), strict=True):
        pd.testing.assert_frame_equal(one, two)


@pytest.mark.parametrize("lost", ["study.journal", "runs", "trials", "curves"])
def test_what_is_lost_is_made_again(lost: str, tmp_path: Path) -> None:
    """The study, or any table's part, deleted between two starts of the same sweep."""
    definition = make_definition()
    work(tmp_path, definition)
    before = tables(tmp_path)
    path = tmp_path / lost
    if path.is_dir():
        next(path.glob("part-*.parquet")).unlink()
    else:
        path.unlink()
    work(tmp_path, definition)
    for one, two in zip(before, tables(tmp_path), strict=True):
        pd.testing.assert_frame_equal(one, two)


def test_population_size_moves_no_number(undisturbed: Path, tmp_path: Path) -> None:
    work(tmp_path, make_definition(population_size=1))
    for one, two in zip(tables(undisturbed), tables(tmp_path), strict=True):
        pd.testing.assert_frame_equal(one, two)


def test_the_seed_moves_the_proposals(undisturbed: Path, tmp_path: Path) -> None:
    work(tmp_path, make_definition(seed=1, confirm_seeds=()))
    ids = set(read_runs(undisturbed)["run_id"])
    assert ids.isdisjoint(read_runs(tmp_path)["run_id"])


def test_a_grid_tries_every_value_in_order(tmp_path: Path) -> None:
    work(tmp_path, make_definition("grid", confirm_seeds=()))
    joined = read_trials(tmp_path).merge(read_runs(tmp_path).drop(columns="seed"), on="run_id")
    for _, rows in joined.groupby("arm"):
        tried = rows.drop_duplicates("setting").sort_values("setting")
        assert tried["optimizer.lr"].tolist() == [0.01, 0.1, 1.0]


def test_a_diverged_setting_is_recorded_and_does_not_stop_the_sweep(tmp_path: Path) -> None:
    definition = make_definition("grid", confirm_seeds=())
    wild = Choice((1e30, 0.1))
    arm = dataclasses.replace(definition.arms[0], space={"optimizer.lr": wild})
    work(tmp_path, dataclasses.replace(definition, arms=(arm,)))
    runs = read_runs(tmp_path)
    statuses = runs.groupby("optimizer.lr")["status"].unique().map(list).to_dict()
    assert statuses == {1e30: ["diverged"], 0.1: ["completed"]}
    scores = setting_scores(
        runs, read_trials(tmp_path), stage="tune", objective=definition.objective
    )
    assert best_settings(scores) == {"sgd": 1}
    assert scores["score"].iloc[0] == runs["chance_error"].iloc[0]


def test_two_arms_that_are_the_same_share_their_runs(tmp_path: Path) -> None:
    definition = make_definition("grid", confirm_seeds=())
    twin = dataclasses.replace(definition.arms[0], name="twin")
    work(tmp_path, dataclasses.replace(definition, arms=(definition.arms[0], twin)))
    assert len(read_runs(tmp_path)) == 6
    assert read_trials(tmp_path).groupby("arm").size().to_dict() == {"sgd": 6, "twin": 6}


def test_populations_hold_one_partition_each() -> None:
    planned = [
        Planned(TrialRow("tune", "a", i, 0, str(i)), make_run({"model.widths": [8 + i % 2]}))
        for i in range(7)
    ]
    groups = partitions(planned, population_size=3)
    assert [len(group) for group in groups] == [3, 1, 3]
    for group in groups:
        assert len({partition_key(each.config) for each in group}) == 1
