"""Replicates repeat all of tune and confirm, each with its own split and seeds."""

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from ffnn_lab.config import with_values
from ffnn_lab.definition import REPLICATE_SHIFT, Definition, read_definition
from ffnn_lab.records import read_runs, read_trials
from ffnn_lab.report.data.sweep import Sweep, load
from ffnn_lab.scores import best_settings
from ffnn_lab.status import read_status
from ffnn_lab.sweeper.worker import StoppedError
from tests.catalog import TASKS
from tests.support.builders import make_run
from tests.support.sweeps import Stopper, make_definition, tables, work


def settings_of(
    folder: Path, definition: Definition
) -> dict[tuple[int, str, int], dict[str, object]]:
    """Return the values of each tuned setting, by replicate, arm and number."""
    configs = read_runs(folder).set_index("run_id")["config_json"].map(json.loads)
    spaces = {arm.name: arm.space for arm in definition.arms}
    trials = read_trials(folder)
    return {
        (row["replicate"], row["arm"], row["setting"]): {
            key: configs[row["run_id"]][key] for key in spaces[row["arm"]]
        }
        for row in trials[trials["stage"] == "tune"].to_dict("records")
    }


def test_replicate_0_is_the_sweep_without_replicates(tmp_path: Path) -> None:
    one = make_definition("random")
    several = make_definition("random", n_replicates=2)
    alone, folder = work(tmp_path / "one", one), work(tmp_path / "several", several)
    runs, trials = read_runs(folder), read_trials(folder)
    first = trials[trials["replicate"] == 0]
    assert set(first["run_id"]) == set(read_trials(alone)["run_id"])
    assert set(runs["run_id"]) > set(read_runs(alone)["run_id"])
    assert len(trials) == 2 * len(first) == several.n_runs == len(runs)


def test_each_replicate_has_its_own_split_seeds_and_proposals(tmp_path: Path) -> None:
    definition = make_definition("random", n_replicates=3)
    folder = work(tmp_path, definition)
    runs = read_runs(folder).set_index("run_id")
    trials = read_trials(folder)
    for replicate in range(3):
        rows = trials[trials["replicate"] == replicate]
        shift = replicate * REPLICATE_SHIFT
        assert set(rows.loc[rows["stage"] == "tune", "seed"]) == {shift, shift + 1}
        fresh = {shift + seed for seed in (1000, 1001, 1002)}
        assert set(rows.loc[rows["stage"] == "confirm", "seed"]) == fresh
        assert set(runs.loc[rows["run_id"], "task.split_seed"]) == {shift}
    found = settings_of(folder, definition)
    values = [json.dumps(each) for each in found.values()]
    assert len(set(values)) == len(values) == 3 * 2 * definition.protocol.n_settings
    status = read_status(folder)
    assert status.state == "finished"
    assert status.n_runs == status.n_runs_asked == definition.n_runs


def test_replicates_may_share_splits(tmp_path: Path) -> None:
    definition = make_definition("random", n_replicates=4, n_splits=2)
    folder = work(tmp_path, definition)
    runs, trials = read_runs(folder).set_index("run_id"), read_trials(folder)
    splits = {
        replicate: set(runs.loc[rows["run_id"], "task.split_seed"])
        for replicate, rows in trials.groupby("replicate")
    }
    assert splits == {0: {0}, 1: {REPLICATE_SHIFT}, 2: {0}, 3: {REPLICATE_SHIFT}}
    assert trials.groupby("seed")["replicate"].nunique().max() == 1


def test_the_winner_of_each_replicate_is_confirmed_in_it(tmp_path: Path) -> None:
    definition = make_definition("grid", n_replicates=2)
    sweep = load(work(tmp_path, definition))
    assert isinstance(sweep, Sweep)
    assert [each.definition.replicate for each in sweep.replicates] == [0, 1]
    for each in sweep.replicates:
        best = best_settings(each.scores)
        confirmed = each.trials[
            (each.trials["stage"] == "confirm") & (each.trials["setting"] >= 0)
        ]
        assert dict(confirmed[["arm", "setting"]].drop_duplicates().to_numpy().tolist()) == best
        assert set(each.trials["seed"]) == {*each.tune_seeds, *each.confirm_seeds}
        assert set(each.runs["run_id"]) == set(each.trials["run_id"])
        assert set(each.curves["run_id"]) == set(each.runs["run_id"])
    assert sum(len(each.runs) for each in sweep.replicates) == len(sweep.runs)


def test_an_interrupted_sweep_ends_like_one_that_was_not(tmp_path: Path) -> None:
    definition = make_definition("tpe", n_replicates=2)
    undisturbed = work(tmp_path / "undisturbed", definition)
    n_stops = 0
    folder = tmp_path / "stopped" / definition.name
    while not folder.exists() or read_status(folder).state != "finished":
        with suppress(StoppedError):
            work(tmp_path / "stopped", definition, Stopper(after=2))
        n_stops += 1
    assert n_stops > 2
    for mine, theirs in zip(tables(folder), tables(undisturbed), strict=True):
        assert mine.equals(theirs)


def test_a_sweep_widens_by_asking_for_more_replicates(tmp_path: Path) -> None:
    work(tmp_path / "widened", make_definition("random"))
    wide = make_definition("random", n_replicates=2)
    widened = work(tmp_path / "widened", wide)
    at_once = work(tmp_path / "at_once", wide)
    for mine, theirs in zip(tables(widened), tables(at_once), strict=True):
        assert mine.equals(theirs)
    stored = read_definition(widened)
    assert stored is not None
    assert stored.n_replicates == 2


def test_a_deleted_journal_is_made_again_in_every_replicate(tmp_path: Path) -> None:
    definition = make_definition("random", n_replicates=2)
    folder = work(tmp_path, definition)
    before = settings_of(folder, definition)
    (folder / "study.journal").unlink()
    narrow = definition.protocol.n_settings
    more = make_definition("random", n_replicates=2, n_settings=narrow + 1)
    work(tmp_path, more)
    after = settings_of(folder, more)
    assert {key: after[key] for key in before} == before
    assert len(after) == len(before) + 2 * 2


@pytest.mark.parametrize("name", list(TASKS))
def test_every_task_redraws_its_examples_by_its_own_seed(name: str) -> None:
    """Each replicate shifts the seed of the split or of the draw, and no other field.

    If a test set is official, its images are the same in every replicate.
    """
    task = TASKS[name].config
    redrawn = task.redrawn(REPLICATE_SHIFT)
    assert len(redrawn) == 1
    ((field, seed),) = redrawn.items()
    assert field in ("split_seed", "draw_seed")
    assert seed == getattr(task, field) + REPLICATE_SHIFT
    assert dict(task.redrawn(0)) == {field: getattr(task, field)}


def test_a_subset_of_an_official_test_set_stays() -> None:
    config = replace(make_run(), task=TASKS["mnist"].config)
    config = with_values(config, {"task.test_subset": 100, "task.split_seed": 7})
    shift = REPLICATE_SHIFT
    redrawn = dict(config.task.redrawn(shift))
    assert redrawn == {"split_seed": 7 + shift, "test_seed": 7}
    again = with_values(config, {f"task.{key}": value for key, value in redrawn.items()})
    assert dict(again.task.redrawn(shift)) == {"split_seed": 7 + 2 * shift, "test_seed": 7}
