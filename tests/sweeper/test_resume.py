"""A sweep is started again under the same name: more of the same work extends its records.

A sweep that asks another question is refused, or gets a folder of its own.
"""

import dataclasses
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ffnn_lab.config import with_values
from ffnn_lab.config.sweep import PrunerConfig
from ffnn_lab.definition import Definition, read_definition, write_definition
from ffnn_lab.protocols.space import Choice
from ffnn_lab.records import (
    RecordError,
    RecordWriter,
    TrialRow,
    read_layers,
    read_runs,
    read_trials,
)
from ffnn_lab.report.claims.declaration import declare
from ffnn_lab.sweeper.resume import settle_folder
from ffnn_lab.sweeper.worker import Watcher
from tests.support.definitions import OBJECTIVE, changed
from tests.support.parts import rewrite
from tests.support.sweeps import make_definition, tables, work

MEDIAN = PrunerConfig(name="median", n_startup_trials=1, min_epochs=1, reduction_factor=2)


class Listener(Watcher):
    """A watcher that keeps the notices to the user."""

    def __init__(self) -> None:
        self.notices: list[str] = []

    def notice(self, text: str) -> None:
        """Keep a notice."""
        self.notices.append(text)


def epochs_trained(outputs: Path, definition: Definition) -> int:
    """Train a sweep, and return the number of epochs, counted for each member."""

    class Counter(Watcher):
        n_epochs = 0

        def epoch(self, members: object) -> None:
            self.n_epochs += sum(member.epoch > 0 for member in members)  # type: ignore[attr-defined]

    counter = Counter()
    work(outputs, definition, counter)
    return counter.n_epochs


@pytest.mark.parametrize("protocol", ["random", "tpe"])
def test_a_larger_budget_trains_what_is_missing(tmp_path: Path, protocol: str) -> None:
    few = make_definition(protocol, n_settings=2, confirm_seeds=())
    more = changed(few, n_settings=4)
    folder = work(tmp_path / "grown", few)
    before = set(read_runs(folder)["run_id"])
    assert epochs_trained(tmp_path / "grown", more) == 2 * 2 * 2 * 2
    assert before < set(read_runs(folder)["run_id"])
    stored = read_definition(folder)
    assert stored is not None
    assert stored.protocol.n_settings == 4
    if protocol == "random":  # TPE's batches differ if a sweep grows
        whole = work(tmp_path / "at_once", more)
        for one, two in zip(tables(folder), tables(whole), strict=True):
            assert one.equals(two)


def test_more_seeds_are_trained_for_every_setting(tmp_path: Path) -> None:
    few = make_definition("grid", tune_seeds=(0,), confirm_seeds=(1000,))
    more = dataclasses.replace(few, tune_seeds=(0, 1, 2), confirm_seeds=(1000, 1001))
    folder = work(tmp_path / "grown", few)
    work(tmp_path / "grown", more)
    whole = work(tmp_path / "at_once", more)
    trials = read_trials(folder)
    tune = trials[trials["stage"] == "tune"]
    assert tune.groupby(["arm", "setting"])["seed"].agg(set).tolist() == [{0, 1, 2}] * 6
    # The grown sweep may have confirmed another winner before, but has all of the whole sweep.
    expected = read_trials(whole).drop(columns="edges").itertuples(index=False, name=None)
    assert set(expected) <= set(trials.drop(columns="edges").itertuples(index=False, name=None))


def test_one_more_arm_is_trained_alone(tmp_path: Path) -> None:
    both = make_definition("grid", confirm_seeds=())
    one = dataclasses.replace(both, arms=both.arms[:1])
    work(tmp_path, one)
    assert epochs_trained(tmp_path, both) == 3 * 2 * 2


def changed_axis(definition: Definition) -> Definition:
    space = {"optimizer.lr": Choice((0.01, 0.1, 0.5))}
    arms = tuple(dataclasses.replace(arm, space=space) for arm in definition.arms)
    return dataclasses.replace(definition, arms=arms)


def test_another_question_is_refused_with_the_difference_and_what_to_do(tmp_path: Path) -> None:
    definition = make_definition("grid")
    write_definition(tmp_path / "test", definition)
    with pytest.raises(RecordError) as caught:
        settle_folder(changed_axis(definition), tmp_path, if_changed="refuse")
    text = str(caught.value)
    for part in ("- arms.sgd", "+ arms.sgd", "if_changed=fork", "if_changed=discard", "name=NAME"):
        assert part in text


@pytest.mark.parametrize(
    "changes",
    [
        {"n_settings": 3},
        {"tune_seeds": (0,)},
        {"tune_seeds": (1, 2)},
        {"confirm_seeds": (1000,)},
        {"seed": 1},
        {"max_points": 5},
        {"n_parallel": 3},
        {"pruner": MEDIAN},
        {"objective": dataclasses.replace(OBJECTIVE, metric="loss")},
        {"protocol": "random"},
    ],
)
def test_less_or_other_than_before_is_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    definition = make_definition("tpe")
    write_definition(tmp_path / "test", definition)
    asked = changed(definition, **changes)
    with pytest.raises(RecordError, match="another definition"):
        settle_folder(asked, tmp_path, if_changed="refuse")


def test_a_fork_has_its_own_folder_and_takes_over_equal_runs(tmp_path: Path) -> None:
    definition = make_definition("grid", confirm_seeds=())
    folder = work(tmp_path, definition)
    forked = settle_folder(changed_axis(definition), tmp_path, if_changed="fork")
    assert forked.name.startswith("test-")
    # Two of the three learning rates were trained before.
    assert epochs_trained(tmp_path, forked) == 2 * 1 * 2 * 2
    trials = read_trials(tmp_path / forked.name)
    assert len(trials) == 12
    assert set(trials["run_id"]) <= set(read_runs(tmp_path / forked.name)["run_id"])
    stored = read_definition(folder)
    assert stored is not None
    assert stored == definition
    again = settle_folder(changed_axis(definition), tmp_path, if_changed="fork")
    assert epochs_trained(tmp_path, again) == 0


def test_discard_begins_anew(tmp_path: Path) -> None:
    definition = make_definition("grid", confirm_seeds=())
    begun = work(tmp_path, definition)
    declare(begun, n_runs=0)
    other = settle_folder(changed_axis(definition), tmp_path, if_changed="discard")
    folder = work(tmp_path, other)
    assert not (folder / "claims.json").exists()
    whole = work(tmp_path / "at_once", other)
    for one, two in zip(tables(folder), tables(whole), strict=True):
        assert one.equals(two)


def test_other_code_goes_on_and_is_recorded(tmp_path: Path) -> None:
    definition = make_definition("grid", confirm_seeds=())
    folder = work(tmp_path, definition)
    stored = read_definition(folder)
    assert stored is not None
    (session,) = stored.sessions
    other = {**session, "git.commit": "0" * 40}
    write_definition(folder, dataclasses.replace(stored, sessions=(other,)))
    listener = Listener()
    work(tmp_path, definition, listener)
    assert any("other code" in text and "0" * 40 in text for text in listener.notices)
    stored = read_definition(folder)
    assert stored is not None
    assert [each["git.commit"] for each in stored.sessions] == ["0" * 40, session["git.commit"]]
    listener = Listener()
    work(tmp_path, definition, listener)
    assert listener.notices == []


def test_a_hole_in_the_records_of_a_grown_grid_is_filled(tmp_path: Path) -> None:
    """The first point of an extension is not recorded, although later ones are.

    That is possible if the point was in training when the others were recorded. The study is lost,
    too.
    """
    base = make_definition("grid", tune_seeds=(0,), confirm_seeds=(), max_points=5)
    space = {
        "optimizer.lr": Choice((1e-5, 2e-5), grows=True),  # the best lies above
        "initializer.gain": Choice((0.5, 1.0)),
    }
    arm = dataclasses.replace(base.arms[0], space=space)
    definition = changed(base, arms=(arm,), protocol="grid_until_interior")
    folder = work(tmp_path, definition)
    before = tables(folder)
    trials = read_trials(folder)
    assert trials["setting"].max() >= 7
    for setting in (4, 7):  # the first point of one extension, the second of another
        lost = trials.loc[trials["setting"] == setting, "run_id"].tolist()
        RecordWriter(folder).forget(lost)
        kept = trials[trials["setting"] != setting]
        for part in (folder / "trials").glob("part-*"):
            part.unlink()
        rows = [TrialRow(**row) for row in kept.to_dict("records")]  # type: ignore[arg-type]
        RecordWriter(folder).write([], rows)
        (folder / "study.journal").unlink()
        work(tmp_path, definition)
        for one, two in zip(before, tables(folder), strict=True):
            pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_a_run_whose_diagnoses_are_lost_is_trained_again(tmp_path: Path) -> None:
    definition = make_definition("grid", confirm_seeds=())
    arms = tuple(
        arm.with_config(with_values(arm.config, {"trainer.diagnose_every": 2}))
        for arm in definition.arms
    )
    definition = dataclasses.replace(definition, arms=arms)
    folder = work(tmp_path, definition)
    before = read_layers(folder)
    assert set(before["run_id"]) == set(read_runs(folder)["run_id"])
    assert set(before["epoch"]) == {0, 2}
    for part in (folder / "layers").glob("part-*"):
        part.unlink()
    assert read_layers(folder).empty
    work(tmp_path, definition)
    keys = ["run_id", "epoch", "layer"]
    pd.testing.assert_frame_equal(
        read_layers(folder).sort_values(keys, ignore_index=True),
        before.sort_values(keys, ignore_index=True),
        check_exact=True,
    )


def test_a_fork_takes_over_no_run_that_was_pruned_or_failed(tmp_path: Path) -> None:
    definition = make_definition("grid", confirm_seeds=())
    folder = work(tmp_path, definition)
    runs = read_runs(folder)
    spoiled = runs["run_id"].iloc[0]
    runs.loc[runs["run_id"] == spoiled, "status"] = "pruned"
    first, *others = (folder / "runs").glob("part-*")
    for part in others:
        part.unlink()
    rewrite(first, pa.Table.from_pandas(runs, pq.read_schema(first)))
    forked = settle_folder(changed_axis(definition), tmp_path, if_changed="fork")
    assert forked.command.endswith("hydra.sweeper.if_changed=fork")
    work(tmp_path, forked)
    assert set(read_runs(tmp_path / forked.name)["status"]) == {"completed"}


@pytest.mark.parametrize(("mode", "is_told"), [("offline", True), ("off", False)])
def test_tracking_that_comes_after_the_runs_is_told(
    tmp_path: Path, mode: str, *, is_told: bool
) -> None:
    """Nothing is trained, so nothing is tracked; a notice names the command that tracks runs."""
    definition = make_definition("grid", confirm_seeds=())
    folder = work(tmp_path, definition)
    arms = tuple(
        arm.with_config(with_values(arm.config, {"tracking.mode": mode}))
        for arm in definition.arms
    )
    for is_first in (True, False):  # the notice comes once, not at every command that follows
        listener = Listener()
        work(tmp_path, dataclasses.replace(definition, arms=arms), listener)
        said = [
            text for text in listener.notices if text.startswith("tracking=offline applies to")
        ]
        assert bool(said) == (is_told and is_first)
        assert all(
            f"12 runs were recorded without it, and python -m ffnn_lab.track {folder}" in text
            for text in said
        )
    assert not (folder / "wandb").exists()
