"""The work of a sweep's worker: budgets, seeds, resuming, records."""

import dataclasses
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from ffnn_lab.config import leaves, run_id
from ffnn_lab.population import Member
from ffnn_lab.protocols.space import Choice
from ffnn_lab.records import DEFAULT_SETTING, read_runs, read_trials
from ffnn_lab.records.parts import write_part
from ffnn_lab.records.read import read_table
from ffnn_lab.records.schema import KEYS
from ffnn_lab.scores import best_settings, setting_scores
from ffnn_lab.sweeper import process
from ffnn_lab.sweeper.agenda import Agenda
from ffnn_lab.sweeper.identity import Identity
from ffnn_lab.sweeper.leases import Leases, workers_of
from ffnn_lab.sweeper.opening import open_sweep
from ffnn_lab.sweeper.process import Post, work_at
from ffnn_lab.sweeper.studies.storage import Storage
from ffnn_lab.sweeper.worker import StoppedError, Watcher
from ffnn_lab.tracking import NoTracker
from tests.support.definitions import changed
from tests.support.sweeps import Stopper, make_definition, tables, work


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return work(tmp_path_factory.mktemp("undisturbed"), make_definition())


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
    is_default = trials["setting"] == DEFAULT_SETTING
    confirm = trials[(trials["stage"] == "confirm") & ~is_default]
    assert confirm.groupby("arm")["setting"].unique().map(list).to_dict() == {
        arm: [setting] for arm, setting in best.items()
    }
    assert set(confirm["seed"]) == {1000, 1001, 1002}
    joined = trials.merge(runs.drop(columns="seed"), on="run_id")
    for arm, setting in best.items():
        rows = joined[(joined["arm"] == arm) & (joined["setting"] == setting)]
        assert len(set(rows["optimizer.lr"])) == 1
        assert len(rows) == 5


def test_confirm_takes_the_untuned_default_on_the_same_seeds(undisturbed: Path) -> None:
    trials = read_trials(undisturbed)
    for arm in make_definition().arms:
        rows = trials[(trials["arm"] == arm.name) & (trials["setting"] == DEFAULT_SETTING)]
        assert set(rows["stage"]) == {"confirm"}
        expected = {
            seed: run_id(dataclasses.replace(arm.config, seed=seed)) for seed in (1000, 1001, 1002)
        }
        assert dict(zip(rows["seed"], rows["run_id"], strict=True)) == expected


def test_a_finished_sweep_trains_nothing(undisturbed: Path) -> None:
    before = tables(undisturbed)
    stopper = Stopper()
    work(undisturbed.parent, make_definition(), stopper)
    assert stopper.n_trained == 0
    for one, two in zip(before, tables(undisturbed), strict=True):
        pd.testing.assert_frame_equal(one, two, check_exact=True)


@pytest.mark.parametrize("protocol", ["tpe", "random", "grid"])
def test_an_interrupted_sweep_ends_as_an_undisturbed_one(tmp_path: Path, protocol: str) -> None:
    """A sweep is stopped each time that new records appear, and resumed until it is done.

    It must have the ids and numbers of the undisturbed sweep, and train no run twice.
    """
    definition = make_definition(protocol)
    calm = work(tmp_path / "calm", definition)
    rough = tmp_path / "rough" / definition.name
    trained, is_done = 0, False
    while not is_done:
        stopper = Stopper()
        try:
            work(rough.parent, definition, stopper)
            is_done = True
        except StoppedError:
            assert stopper.n_trained > 0
        trained += stopper.n_trained
    assert trained == len(read_trials(calm))
    for one, two in zip(tables(calm), tables(rough), strict=True):
        pd.testing.assert_frame_equal(one, two, check_exact=True)


@pytest.mark.parametrize("lost", ["study.journal", "runs", "trials", "curves"])
def test_what_is_lost_is_made_again(lost: str, tmp_path: Path) -> None:
    """The study or a part of a table is deleted between two starts of the same sweep."""
    definition = make_definition()
    folder = work(tmp_path, definition)
    before = tables(folder)
    path = folder / lost
    if path.is_dir():
        next(path.glob("part-*.parquet")).unlink()
    else:
        path.unlink()
    work(tmp_path, definition)
    for one, two in zip(before, tables(folder), strict=True):
        pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_population_size_moves_no_number(undisturbed: Path, tmp_path: Path) -> None:
    folder = work(tmp_path, make_definition(population_size=1))
    for one, two in zip(tables(undisturbed), tables(folder), strict=True):
        pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_the_seed_moves_the_proposals(undisturbed: Path, tmp_path: Path) -> None:
    folder = work(tmp_path, make_definition(seed=1, confirm_seeds=()))
    ids = set(read_runs(undisturbed)["run_id"])
    assert ids.isdisjoint(read_runs(folder)["run_id"])


def test_a_grid_tries_every_value_in_order(tmp_path: Path) -> None:
    folder = work(tmp_path, make_definition("grid", confirm_seeds=()))
    joined = read_trials(folder).merge(read_runs(folder).drop(columns="seed"), on="run_id")
    for _, rows in joined.groupby("arm"):
        tried = rows.drop_duplicates("setting").sort_values("setting")
        assert tried["optimizer.lr"].tolist() == [0.01, 0.1, 1.0]


def test_a_diverged_setting_is_recorded_and_does_not_stop_the_sweep(tmp_path: Path) -> None:
    definition = make_definition("grid", confirm_seeds=())
    wild = Choice((1e30, 0.1))
    arm = dataclasses.replace(definition.arms[0], space={"optimizer.lr": wild})
    folder = work(tmp_path, dataclasses.replace(definition, arms=(arm,)))
    runs = read_runs(folder)
    statuses = runs.groupby("optimizer.lr")["status"].unique().map(list).to_dict()
    assert statuses == {1e30: ["diverged"], 0.1: ["completed"]}
    scores = setting_scores(
        runs, read_trials(folder), stage="tune", objective=definition.objective
    )
    assert best_settings(scores) == {"sgd": 1}
    assert scores["score"].iloc[0] == runs["chance_error"].iloc[0]


def test_two_arms_that_are_the_same_share_their_runs(tmp_path: Path) -> None:
    definition = make_definition("grid", confirm_seeds=())
    twin = dataclasses.replace(definition.arms[0], name="twin")
    folder = work(tmp_path, dataclasses.replace(definition, arms=(definition.arms[0], twin)))
    assert len(read_runs(folder)) == 6
    assert read_trials(folder).groupby("arm").size().to_dict() == {"sgd": 6, "twin": 6}


class Sizes(Watcher):
    """Notes the width and the number of members of each population in its first epoch."""

    def __init__(self) -> None:
        self.joined: list[tuple[int, int]] = []

    def epoch(self, members: Sequence[Member]) -> None:
        """Note the width and the number of members."""
        if members[0].epoch == 1:
            self.joined.append((leaves(members[0].config)["model.widths"][0], len(members)))


def test_an_axis_of_shapes_fills_a_population_of_each(tmp_path: Path) -> None:
    definition = make_definition("grid", tune_seeds=(0,), confirm_seeds=(), population_size=9)
    space = {
        "optimizer.lr": Choice((0.01, 0.02, 0.04, 0.08)),
        "model.widths": Choice(([8], [9], [10])),
    }
    arms = tuple(dataclasses.replace(arm, space=space) for arm in definition.arms)
    sizes = Sizes()
    work(tmp_path, dataclasses.replace(definition, arms=arms), sizes)
    assert sorted(sizes.joined) == [(8, 8), (9, 8), (10, 8)]


def test_confirm_trains_all_arms_together(tmp_path: Path) -> None:
    sizes = Sizes()
    definition = make_definition("grid", population_size=64)
    work(tmp_path, definition, sizes)
    # Twelve runs of tune; then for each arm three seeds of the winner and of a different default.
    default = read_trials(tmp_path / "test").query("stage == 'confirm'")["run_id"].nunique()
    assert [n for _, n in sizes.joined] == [12, default]


def test_random_draws_from_listed_values_each_combination_once(tmp_path: Path) -> None:
    definition = make_definition("grid", tune_seeds=(0,), confirm_seeds=())
    folder = work(tmp_path, changed(definition, protocol="random", n_settings=9))
    joined = read_trials(folder).merge(read_runs(folder).drop(columns="seed"), on="run_id")
    for _, rows in joined.groupby("arm"):
        assert sorted(rows["optimizer.lr"]) == [0.01, 0.1, 1.0]


class Trained(Watcher):
    """Notes the ids of the runs that are trained."""

    def __init__(self) -> None:
        self.run_ids: set[str] = set()

    def epoch(self, members: Sequence[Member]) -> None:
        """Note the ids of the members."""
        self.run_ids.update(member.run_id for member in members)


@pytest.mark.skipif(sys.platform != "linux", reason="a dead process is found in /proc")
def test_runs_that_another_records_and_then_dies_are_not_trained_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker writes records and dies while this worker chooses its runs.

    That is the worst moment: after the first of its two readings, of claims and of records.
    """
    definition = make_definition("grid", confirm_seeds=())
    calm = work(tmp_path / "calm", definition)
    of_other = read_runs(calm)["run_id"][:3].tolist()
    rough = tmp_path / "rough" / definition.name
    open_sweep(definition, rough.parent, storage_url=None, retry_failed=False, watcher=Watcher())
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    me = Identity.of_this_process()
    other = dataclasses.replace(me, name="other", pid=sleeper.pid, started=None)
    notes = Storage(rough, None).open_attributes(workers_of(definition.name))
    leases = Leases(notes, other)
    seen: list[str] = []
    trained = Trained()

    def end_after(name: str, original: Callable[..., object]) -> Callable[..., object]:
        def then_end(*args: object) -> object:
            result = original(*args)
            if not seen:
                for table in KEYS:
                    rows = read_table(calm, table)
                    if "run_id" in rows.column_names:
                        chosen = pc.is_in(rows["run_id"], pa.array(of_other))
                        write_part(rough, "other", table, rows.filter(chosen))
                sleeper.kill()
                sleeper.wait()
            seen.append(name)
            return result

        return then_end

    try:
        with leases:
            leases.claim(of_other)
            for kind, name in ((Leases, "claims"), (Agenda, "look")):
                monkeypatch.setattr(kind, name, end_after(name, getattr(kind, name)))
            work_at(Post(str(rough), None, 1, 0), watcher=trained)
    finally:
        sleeper.kill()
        sleeper.wait()
    assert {"claims", "look"} <= set(seen)
    assert trained.run_ids == set(read_runs(calm)["run_id"]) - set(of_other)
    for one, two in zip(tables(calm), tables(rough), strict=True):
        pd.testing.assert_frame_equal(one, two, check_exact=True)


class Closing(NoTracker):
    """Counts how often it is closed."""

    n_closed = 0

    def close(self) -> None:
        """Count the call."""
        self.n_closed += 1


class Raiser(Watcher):
    """Ends a sweep in its training, with an error."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def epoch(self, members: Sequence[Member]) -> None:  # noqa: ARG002 - of any members
        """Raise the error."""
        raise self._error


@pytest.mark.parametrize("error", [StoppedError(), OSError("full"), KeyboardInterrupt()])
def test_a_worker_closes_its_tracker_however_it_ends(
    error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker = Closing()
    monkeypatch.setattr(process, "make_tracker", lambda *_args, **_more: tracker)
    with pytest.raises(type(error)):
        work(tmp_path, make_definition("grid"), Raiser(error))
    assert tracker.n_closed == 1
