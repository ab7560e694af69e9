"""Pruning stops hopeless settings early, and changes no number of any other run."""

import dataclasses
import functools
import itertools
import math
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import optuna
import pandas as pd
import pytest
from optuna.trial import FrozenTrial, TrialState

from ffnn_lab import trainer
from ffnn_lab.config import with_values
from ffnn_lab.config.sweep import ObjectiveConfig, PrunerConfig
from ffnn_lab.definition import Definition
from ffnn_lab.population import Member
from ffnn_lab.protocols.space import Axis, Choice, Interval
from ffnn_lab.records import (
    DEFAULT_SETTING,
    CurvePoint,
    RunResult,
    read_curves,
    read_runs,
    read_trials,
)
from ffnn_lab.replay import main as replay
from ffnn_lab.sweeper.studies.private import FIXED
from ffnn_lab.sweeper.studies.storage import Storage
from ffnn_lab.sweeper.worker import StoppedError
from tests.support.builders import make_run
from tests.support.command_line import run_lab_forked
from tests.support.definitions import OBJECTIVE, changed
from tests.support.exhaustive import rest
from tests.support.sweeps import make_definition, tables, work
from tests.test_checkpoints import Clerk, slow_but, with_arms, work_in_parts, work_under

N_EPOCHS = 6
GOOD, FAIR, HOPELESS = (0.1, 0.3), (0.03,), (1e-6, 1e-7, 1e-5)
LRS = (GOOD[0], FAIR[0], HOPELESS[0], HOPELESS[1], GOOD[1], HOPELESS[2])
"""The learning rates of each arm's settings, in order: 2 arms of 6 settings with 2 seeds each.

The settings are asked for in batches of 2.
"""
MEDIAN = PrunerConfig(name="median", n_startup_trials=1, min_epochs=2, reduction_factor=2)
HALVING = dataclasses.replace(MEDIAN, name="successive_halving")
HYPERBAND = dataclasses.replace(MEDIAN, name="hyperband")
PRUNERS: Mapping[str, tuple[PrunerConfig, int]] = {
    "median": (MEDIAN, 4),  # learns from settings that ended, for which others must wait
    "halving": (HALVING, 4),
    "halving of all at once": (HALVING, 64),
    "hyperband": (HYPERBAND, 4),
    "hyperband of all at once": (HYPERBAND, 64),
}

EACH = [
    *("median", "halving", "hyperband of all at once"),
    *(rest(name) for name in ("halving of all at once", "hyperband")),
]
"""All names of ``PRUNERS``, so each pruner with each number of places; some are exhaustive."""


def make_pruned(
    pruner: PrunerConfig | None,
    population_size: int = 4,
    lrs: Sequence[float] = LRS,
    **changes: Any,  # noqa: ANN401 - any field
) -> Definition:
    """Define a sweep of two arms that each try the same learning rates."""
    space: dict[str, Axis] = {"optimizer.lr": Choice(tuple(lrs))}
    definition = with_arms(
        make_definition("grid", confirm_seeds=(1000,)),
        {"trainer.max_epochs": N_EPOCHS, "trainer.checkpoint_seconds": 3600.0},
    )
    arms = tuple(dataclasses.replace(arm, space=space) for arm in definition.arms)
    return dataclasses.replace(
        definition, arms=arms, pruner=pruner, population_size=population_size, **changes
    )


@dataclasses.dataclass(frozen=True)
class Swept:
    """A sweep that was trained, and the clerk that watched it."""

    folder: Path
    clerk: Clerk

    @functools.cached_property
    def runs(self) -> pd.DataFrame:
        """The records of the runs, by id."""
        return read_runs(self.folder).set_index("run_id", drop=False)

    @functools.cached_property
    def tuned(self) -> pd.DataFrame:
        """The runs of tune, with their arm and setting."""
        trials = read_trials(self.folder)
        return trials[trials["stage"] == "tune"].merge(
            self.runs.reset_index(drop=True).drop(columns="seed"), on="run_id"
        )

    @functools.cached_property
    def curves(self) -> dict[str, list[CurvePoint]]:
        """Every run's curve."""
        curves = read_curves(self.folder).sort_values(["run_id", "epoch"], kind="stable")
        names = [field.name for field in dataclasses.fields(CurvePoint)]
        return {
            str(run): [CurvePoint(*row) for row in rows[names].itertuples(index=False, name=None)]
            for run, rows in curves.groupby("run_id")
        }

    def studied(self) -> Iterator[tuple[FrozenTrial, pd.DataFrame]]:
        """Yield every trial of the studies, with its runs in the order of seeds."""
        storage = Storage(self.folder, None)
        for arm, rows in self.tuned.groupby("arm"):
            study: optuna.Study = storage.open_study(f"{self.folder.name}/{arm}")
            for trial in study.get_trials():
                own = rows[rows["setting"] == trial.number]
                assert set(own["optimizer.lr"]) == {trial.params["optimizer.lr"]}
                yield trial, own.sort_values("seed")


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Swept]:
    """Return a function that trains the sweep of each pruner of ``PRUNERS`` once."""

    @functools.cache
    def of(name: str) -> Swept:
        pruner, population_size = PRUNERS.get(name, (None, 64))
        clerk = Clerk()
        definition = make_pruned(pruner, population_size)
        return Swept(work_under(tmp_path_factory.mktemp("swept"), definition, clerk), clerk)

    return of


def score_at(swept: Swept, rows: pd.DataFrame, epoch: int, objective: ObjectiveConfig) -> float:
    """Compute a setting's score as if its runs had ended at an epoch, with `RunResult`."""
    config = make_run()
    column = f"{objective.moment}.{objective.split}.{objective.metric}"
    values = []
    for run in rows["run_id"]:
        row = swept.runs.loc[run]
        curve = [point for point in swept.curves.get(run, []) if point.epoch <= epoch]
        if row["status"] == "diverged" and row["n_epochs"] <= epoch:
            is_error = objective.metric == "error"
            values.append(float(row["chance_error"]) if is_error else math.inf)
        elif objective.moment == "mean_last":
            points = [point for point in curve if point.split == objective.split]
            last = points[-objective.n_last :]
            values.append(statistics.fmean(getattr(p, objective.metric) for p in last))
        else:
            cut = RunResult(config, run, "completed", epoch, 0, None, 0.0, 0.9, curve)
            values.append(float(cut.metrics()[column] or 0.0))
    aggregate: dict[str, Callable[[Sequence[float]], float]] = {
        "mean": statistics.fmean,
        "median": statistics.median,
        "worst": max,
    }
    return aggregate[objective.aggregate](values)


def assert_is_reported(swept: Swept, objective: ObjectiveConfig) -> None:
    """Assert that each trial has its scores of all epochs except the last."""
    for trial, rows in swept.studied():
        n_epochs = min(int(rows["n_epochs"].max()), N_EPOCHS - 1)
        if set(rows["status"]) != {"diverged"}:
            assert sorted(trial.intermediate_values) == list(range(1, n_epochs + 1))
        for epoch, value in trial.intermediate_values.items():
            assert value == score_at(swept, rows, epoch, objective)


def assert_is_beginning_of(pruned: Swept, whole: Swept) -> None:
    """Assert that both tuned the same runs and agree to the bit as far as each was trained."""
    ids = sorted(pruned.tuned["run_id"])
    assert ids == sorted(whole.tuned["run_id"])
    for run in ids:
        row = pruned.runs.loc[run]
        if row["status"] == "pruned":
            expected = [p for p in whole.curves[run] if p.epoch <= row["n_epochs"]]
            assert pruned.curves[run] == expected
            assert row["n_steps"] == expected[-1].step
            assert row[[c for c in row.index if c.startswith(("last.", "best."))]].isna().all()
        else:
            assert pruned.curves[run] == whole.curves[run]
            moved = ["seconds", "config_json"]
            pd.testing.assert_series_equal(
                row.drop(moved), whole.runs.loc[run].drop(moved), check_exact=True
            )


# --- the settings that are pruned --------------------------------------------------------------


@pytest.mark.parametrize("name", EACH)
def test_hopeless_settings_end_early(name: str, swept: Callable[[str], Swept]) -> None:
    """Both seeds of a setting must be pruned together; other settings are trained to the end."""
    pruned = swept(name)
    tuned = pruned.tuned
    assert set(tuned["status"]) == {"completed", "pruned"}
    for (_, lr), rows in tuned.groupby(["arm", "optimizer.lr"]):
        assert len(set(rows["status"])) == len(set(rows["n_epochs"])) == 1
        if rows["status"].iloc[0] == "pruned":
            assert MEDIAN.min_epochs <= rows["n_epochs"].iloc[0] < N_EPOCHS
            assert rows["traceback"].isna().all()
        else:
            assert rows["n_epochs"].iloc[0] == N_EPOCHS
        if lr in HOPELESS and not name.startswith("hyperband"):  # one of its brackets is patient
            assert rows["status"].iloc[0] == "pruned"
    assert len(tuned[tuned["status"] == "pruned"]) >= 8
    confirmed = pruned.runs.drop(tuned["run_id"])
    assert set(confirmed["status"]) == {"completed"}


@pytest.mark.parametrize("name", EACH)
def test_pruning_moves_no_number(name: str, swept: Callable[[str], Swept]) -> None:
    assert_is_beginning_of(swept(name), swept("none"))


@pytest.mark.parametrize("name", EACH)
def test_a_pruned_setting_does_not_win(name: str, swept: Callable[[str], Swept]) -> None:
    pruned = swept(name)
    trials = read_trials(pruned.folder)
    winners = trials[(trials["stage"] == "confirm") & (trials["setting"] != DEFAULT_SETTING)]
    assert set(winners["arm"]) == {"sgd", "adam"}
    for arm, setting in zip(winners["arm"], winners["setting"], strict=True):
        rows = pruned.tuned[(pruned.tuned["arm"] == arm) & (pruned.tuned["setting"] == setting)]
        assert set(rows["status"]) == {"completed"}


@pytest.mark.parametrize("name", EACH)
def test_the_study_has_the_states_and_the_values_by_epoch(
    name: str, swept: Callable[[str], Swept]
) -> None:
    """The values by epoch are mean dev errors over seeds; the last is a pruned trial's value."""
    pruned = swept(name)
    assert_is_reported(pruned, make_definition().objective)
    for trial, rows in pruned.studied():
        is_pruned = set(rows["status"]) == {"pruned"}
        assert trial.state is (TrialState.PRUNED if is_pruned else TrialState.COMPLETE)
        if is_pruned:
            assert trial.last_step == rows["n_epochs"].iloc[0]
            assert trial.value == list(trial.intermediate_values.values())[-1]
        else:
            assert trial.value == rows["last.dev.error"].mean()


def test_without_a_pruner_nothing_is_reported(swept: Callable[[str], Swept]) -> None:
    for trial, _ in swept("none").studied():
        assert trial.state is TrialState.COMPLETE
        assert trial.intermediate_values == {}


@pytest.mark.parametrize(
    ("name", "min_epochs"),
    [
        ("halving", 3),
        pytest.param("median", 1, marks=pytest.mark.slow),
        rest("median", 4),
    ],
)
def test_every_setting_gets_its_first_epochs(name: str, min_epochs: int, tmp_path: Path) -> None:
    pruner = dataclasses.replace(PRUNERS[name][0], min_epochs=min_epochs)
    pruned = Swept(work(tmp_path, make_pruned(pruner, confirm_seeds=())), Clerk())
    lengths = pruned.tuned.loc[pruned.tuned["status"] == "pruned", "n_epochs"]
    assert lengths.min() == min_epochs


@pytest.mark.slow
def test_the_median_judges_nobody_before_enough_have_ended(tmp_path: Path) -> None:
    pruner = dataclasses.replace(MEDIAN, n_startup_trials=len(LRS))
    pruned = Swept(work(tmp_path, make_pruned(pruner, confirm_seeds=())), Clerk())
    assert set(pruned.tuned["status"]) == {"completed"}


# --- freed places ------------------------------------------------------------------------------


def assert_is_full(clerk: Clerk, n_runs: int, n_places: int) -> None:
    """Assert that no epoch had a place free while a run of tune was still to begin."""
    begun: set[str] = set()
    place = 0
    for size in clerk.sizes:
        begun |= {run for run, _ in clerk.trained[place : place + size]}
        place += size
        assert size <= n_places
        if len(begun) < n_runs:
            assert size == n_places


@pytest.mark.parametrize("name", ["halving", "median", rest("hyperband")])
def test_freed_places_are_taken(name: str, swept: Callable[[str], Swept]) -> None:
    pruned = swept(name)
    assert_is_full(pruned.clerk, n_runs=24, n_places=4)
    # There is one population: new runs take a pruned setting's places before others end.
    n_epochs = pruned.tuned["n_epochs"].sum()
    n_tune = len([1 for run, _ in pruned.clerk.trained if run in set(pruned.tuned["run_id"])])
    assert n_tune == n_epochs


@pytest.mark.parametrize("n_places", [2, 4])
def test_the_seeds_of_a_setting_are_judged_at_the_same_epoch(
    n_places: int, tmp_path: Path
) -> None:
    """Settings of three seeds train in two or four places.

    The three seeds must always train together: with four places, the last one stays empty.
    """
    clerk = Clerk()
    definition = make_pruned(HALVING, n_places, tune_seeds=(0, 1, 2), confirm_seeds=())
    pruned = Swept(work_under(tmp_path, definition, clerk), clerk)
    assert set(clerk.sizes) == {3}
    assert (pruned.tuned["status"] == "pruned").sum() >= 12
    for _, rows in pruned.tuned.groupby(["arm", "setting"]):
        assert len(rows) == 3
        assert rows["status"].nunique() == rows["n_epochs"].nunique() == 1
    assert_is_reported(pruned, definition.objective)


# --- repeated and interrupted sweeps -----------------------------------------------------------


def make_sampled(pruner: PrunerConfig) -> Definition:
    """Define a sweep whose sampler, TPE, learns also from pruned settings."""
    space: dict[str, Axis] = {"optimizer.lr": Interval(1e-7, 1.0, log=True)}
    definition = changed(
        make_pruned(pruner, confirm_seeds=()), protocol="tpe", n_settings=7, n_parallel=1
    )
    arms = tuple(dataclasses.replace(arm, space=space) for arm in definition.arms)
    return dataclasses.replace(definition, arms=arms)


def _assert_repeats(definition: Definition, folder: Path) -> None:
    one, other = (Swept(work(folder / name, definition), Clerk()) for name in ("one", "other"))
    for table, its_like in zip(tables(one.folder), tables(other.folder), strict=True):
        pd.testing.assert_frame_equal(table, its_like, check_exact=True)
    assert "pruned" in set(one.tuned["status"])
    for (trial, _), (its, _) in zip(one.studied(), other.studied(), strict=True):
        assert trial.state is its.state
        assert trial.intermediate_values == its.intermediate_values


@pytest.mark.slow
@pytest.mark.parametrize(
    ("protocol", "pruner"),
    [
        pytest.param("tpe", HALVING, id="tpe-halving"),
        rest("tpe", HYPERBAND, id="tpe-hyperband"),
        rest("tpe", MEDIAN, id="tpe-median"),
        rest("grid", HYPERBAND, id="grid-hyperband"),
        rest("grid", MEDIAN, id="grid-median"),
    ],
)
def test_one_worker_comes_to_the_same_again(
    protocol: str, pruner: PrunerConfig, tmp_path: Path
) -> None:
    definition = make_pruned(pruner) if protocol == "grid" else make_sampled(pruner)
    _assert_repeats(definition, tmp_path)


def _assert_prunes_alike_in_parts(
    name: str, folder: Path, swept: Callable[[str], Swept], n_epochs: int, *, is_killed: bool
) -> None:
    pruner, population_size = PRUNERS[name]
    definition = make_pruned(pruner, population_size)
    trained, n_ended = work_in_parts(folder, definition, n_epochs, is_killed=is_killed)
    assert n_ended >= 1
    pruned = Swept(folder / "test", Clerk())
    assert_is_beginning_of(pruned, swept("none"))
    assert len(read_trials(pruned.folder)) == len(read_trials(swept("none").folder))
    own = [(run, epoch) for run, epoch in trained if run in set(pruned.tuned["run_id"])]
    assert len(set(own)) == pruned.tuned["n_epochs"].sum()
    if not is_killed:
        assert len(own) == len(set(own))
        assert "pruned" in set(pruned.tuned["status"])
        assert_is_reported(pruned, definition.objective)
    for trial, rows in pruned.studied():
        is_pruned = "pruned" in set(rows["status"])
        assert trial.state is (TrialState.PRUNED if is_pruned else TrialState.COMPLETE)


def test_a_stopped_sweep_goes_on_pruning(tmp_path: Path, swept: Callable[[str], Swept]) -> None:
    """The sweep is stopped every 5 epochs, within populations; no epoch is trained twice."""
    _assert_prunes_alike_in_parts("halving", tmp_path, swept, 5, is_killed=False)


SHOWN_BY_CI = (("median", False), ("hyperband of all at once", True))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "is_killed"),
    [
        each if each in SHOWN_BY_CI else rest(*each)
        for each in itertools.product(PRUNERS, (False, True))
    ],
)
def test_an_interrupted_sweep_goes_on_pruning_with_each(
    name: str, tmp_path: Path, swept: Callable[[str], Swept], *, is_killed: bool
) -> None:
    """A sweep is stopped or killed every few epochs, and must prune as before.

    A killed sweep has no checkpoint here, so it must train at least one population at a time.
    """
    _assert_prunes_alike_in_parts(name, tmp_path, swept, 3 + 4 * is_killed, is_killed=is_killed)


def test_a_setting_of_which_a_part_is_recorded_is_trained_to_its_end(
    tmp_path: Path, swept: Callable[[str], Swept]
) -> None:
    """The first seed of each setting is recorded already; the second alone cannot be judged."""
    without = make_pruned(HALVING, tune_seeds=(0,), confirm_seeds=(), population_size=64)
    work(tmp_path, dataclasses.replace(without, pruner=None))
    (tmp_path / "test" / "definition.json").unlink()
    clerk = Clerk()
    folder = work_under(tmp_path, make_pruned(HALVING, confirm_seeds=()), clerk)
    again = Swept(folder, clerk)
    assert set(again.tuned["status"]) == {"completed"}
    assert {run for run, _ in clerk.trained} == set(
        again.tuned.loc[again.tuned["seed"] == 1, "run_id"]
    )
    assert_is_beginning_of(again, swept("none"))


@pytest.mark.parametrize(
    ("pruner", "protocol"),
    [
        ("halving", "tpe"),
        rest("median", "cmaes"),
        rest("hyperband", "tpe"),
        rest("halving", "cmaes"),
        rest("median", "tpe"),
        rest("hyperband", "cmaes"),
    ],
)
def test_a_study_that_is_lost_goes_on_as_it_would_have(
    pruner: str, protocol: str, tmp_path: Path
) -> None:
    """The journal of the study is deleted three times while the sweep trains.

    Proposals and verdicts of batches that are trained after a loss must be those without a loss.
    """
    base = make_definition(
        protocol,
        n_settings=13,
        n_parallel=3,
        tune_seeds=(0,),
        confirm_seeds=(),
        pruner=PRUNERS[pruner][0],
    )
    definition = with_arms(base, {"trainer.max_epochs": 4})
    calm = work(tmp_path / "calm", definition)
    assert "pruned" in set(read_runs(calm)["status"])
    n_lost = 0
    for n_epochs in (6, 9, 4):
        try:
            work_under(tmp_path / "rough", definition, Clerk(n_epochs))
        except StoppedError:
            (tmp_path / "rough" / "test" / "study.journal").unlink()
            n_lost += 1
    assert n_lost == 3
    rough = work(tmp_path / "rough", definition)
    for there, here in zip(tables(calm), tables(rough), strict=True):
        pd.testing.assert_frame_equal(there, here, check_exact=True)
    for (trial, _), (its, _) in zip(
        Swept(calm, Clerk()).studied(), Swept(rough, Clerk()).studied(), strict=True
    ):
        assert trial.intermediate_values == its.intermediate_values
        assert trial.system_attrs.keys() ^ its.system_attrs.keys() <= {FIXED}


def test_two_arms_that_are_the_same_are_pruned_together(tmp_path: Path) -> None:
    definition = make_pruned(HALVING, confirm_seeds=())
    twin = dataclasses.replace(definition.arms[0], name="twin")
    clerk = Clerk()
    folder = work_under(
        tmp_path, dataclasses.replace(definition, arms=(definition.arms[0], twin)), clerk
    )
    pruned = Swept(folder, clerk)
    assert len(pruned.runs) == 12
    assert len(clerk.trained) == len(set(clerk.trained)) == pruned.runs["n_epochs"].sum()
    states: dict[int, list[TrialState]] = {}
    for trial, _ in pruned.studied():
        states.setdefault(trial.number, []).append(trial.state)
    assert {number: len(set(each)) for number, each in states.items()} == dict.fromkeys(
        range(6), 1
    )
    assert [TrialState.PRUNED] * 2 in states.values()


def test_a_pruned_run_replays_to_the_bit(
    swept: Callable[[str], Swept], capsys: pytest.CaptureFixture[str]
) -> None:
    pruned = swept("halving")
    run = pruned.tuned.loc[pruned.tuned["status"] == "pruned", "run_id"].iloc[-1]
    assert replay([run, "--outputs", str(pruned.folder.parent)]) == 0
    assert "agrees to the bit" in capsys.readouterr().out


# --- the values that are reported --------------------------------------------------------------


def diverge(monkeypatch: pytest.MonkeyPatch, *, lr: float, seed: int, epoch: int) -> None:
    """Let the runs of a learning rate and seed diverge in an epoch."""
    find = trainer._find_diverged

    def also(members: Sequence[Member], losses: Any) -> None:  # noqa: ANN401 - a tensor
        find(members, losses)
        for member in members:
            config = member.config
            if (config.optimizer.lr, config.seed, member.epoch) == (lr, seed, epoch):
                member.diverged_step = member.n_steps

    monkeypatch.setattr(trainer, "_find_diverged", also)


OBJECTIVES: dict[str, dict[str, Any]] = {
    "error": {"metric": "error", "moment": "last", "aggregate": "mean"},
    "loss": {"metric": "loss", "moment": "last", "aggregate": "mean"},
    "median loss": {"metric": "loss", "moment": "last", "aggregate": "median"},
    "train loss": {"metric": "loss", "moment": "last", "aggregate": "mean", "split": "train"},
    "best error": {"metric": "error", "moment": "best", "aggregate": "worst"},
    "best loss": {"metric": "loss", "moment": "best", "aggregate": "mean"},
    "mean of 3": {"metric": "error", "moment": "mean_last", "n_last": 3, "aggregate": "mean"},
    "mean of 30": {"metric": "loss", "moment": "mean_last", "n_last": 30, "aggregate": "median"},
}


@pytest.mark.parametrize("name", slow_but(OBJECTIVES, "loss", "best error", "mean of 3"))
def test_what_is_reported_is_the_objective_at_each_epoch(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One seed of the second setting diverges in epoch 3; from then on its error is chance."""
    objective = dataclasses.replace(OBJECTIVE, **OBJECTIVES[name])
    diverge(monkeypatch, lr=0.3, seed=1, epoch=3)
    definition = make_pruned(
        HALVING, lrs=(0.03, 0.3, 1e-6), objective=objective, confirm_seeds=(), tune_seeds=(0, 1, 2)
    )
    pruned = Swept(work(tmp_path, dataclasses.replace(definition, population_size=64)), Clerk())
    assert "failed" not in set(pruned.tuned["status"])
    diverged = pruned.tuned[pruned.tuned["status"] == "diverged"]
    assert set(diverged["optimizer.lr"]) <= {0.3}
    assert len(diverged) >= 1
    assert_is_reported(pruned, objective)
    for trial, rows in pruned.studied():
        assert trial.state.is_finished()
        if "diverged" in set(rows["status"]) and trial.state is TrialState.COMPLETE:
            assert math.isfinite(trial.value or math.inf)


@pytest.mark.parametrize("epoch", [1, N_EPOCHS - 1, N_EPOCHS])
def test_a_diverged_seed_counts_as_chance(
    epoch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If one of two seeds diverges, the other goes on, and the mean of both is judged."""
    diverge(monkeypatch, lr=0.1, seed=0, epoch=epoch)
    definition = make_pruned(MEDIAN, lrs=(0.1, 0.03), confirm_seeds=())
    pruned = Swept(work(tmp_path, definition), Clerk())
    statuses = pruned.tuned.groupby(["optimizer.lr", "seed"])["status"].unique().map(list)
    assert statuses[0.1, 0] == ["diverged"]
    assert statuses[0.1, 1] == ["completed"]
    for trial, rows in pruned.studied():
        if trial.params["optimizer.lr"] == 0.1:
            other = pruned.curves[rows["run_id"].iloc[1]]
            error = {point.epoch: point.error for point in other if point.split == "dev"}
            chance = float(rows["chance_error"].iloc[0])
            for each in range(epoch, N_EPOCHS):
                assert trial.intermediate_values[each] == statistics.fmean([chance, error[each]])
            assert trial.value == pytest.approx(statistics.fmean([chance, error[N_EPOCHS]]))
    assert_is_reported(pruned, definition.objective)


@pytest.mark.parametrize("metric", ["error", "loss"])
def test_settings_that_diverge_whole_do_not_stop_the_sweep(metric: str, tmp_path: Path) -> None:
    """Settings diverge in their first epoch, or when their initial weights are drawn."""
    objective = dataclasses.replace(OBJECTIVE, metric=metric)
    definition = make_pruned(MEDIAN, lrs=(0.1, 1e30, 0.03), objective=objective)
    definition = dataclasses.replace(definition, confirm_seeds=())
    sgd = definition.arms[0]
    infinite = dataclasses.replace(sgd, name="infinite").with_config(
        with_values(sgd.config, {"initializer.gain": 1e308})
    )
    definition = dataclasses.replace(definition, arms=(sgd, infinite))
    pruned = Swept(work(tmp_path, definition), Clerk())
    statuses = pruned.tuned.groupby(["arm", "optimizer.lr"])["status"].unique().map(list)
    found = statuses["sgd"].to_dict()
    assert set(found.pop(0.03)) <= {"completed", "pruned"}
    assert found == {0.1: ["completed"], 1e30: ["diverged"]}
    assert set(statuses["infinite"].map(tuple)) == {("diverged",)}
    for trial, rows in pruned.studied():
        if set(rows["status"]) == {"diverged"}:
            expected = TrialState.COMPLETE if metric == "error" else TrialState.PRUNED
            assert trial.state is expected


# --- refusals ----------------------------------------------------------------------------------


def test_a_pruner_needs_every_epoch_measured(tmp_path: Path) -> None:
    sweep = ("-m", "optimizer=sgd,adam", "optimizer.lr=0.1,0.2", "hydra.sweeper.dry_run=true")
    said = run_lab_forked(
        tmp_path, *sweep, "trainer.evaluate_every=2", "hydra.sweeper.pruner.name=median"
    )
    assert said.exit_code == 2
    assert said.error == (
        "error: trainer.evaluate_every must be 1 with a pruner, which looks at every epoch; arm "
        "sgd has 2\n"
    )
