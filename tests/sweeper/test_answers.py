"""Answers of confirmed runs in a sweep: the runs that have them, forks, and damaged answers."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from ffnn_lab.protocols.space import Choice
from ffnn_lab.records import RecordError, read_correct, read_runs, read_trials
from ffnn_lab.report.data.sweep import load
from ffnn_lab.report.measures.numbers import Numbers
from ffnn_lab.sweeper.resume import settle_folder
from ffnn_lab.tasks.data.task import Task
from tests.support.definitions import OBJECTIVE
from tests.support.parts import flip
from tests.support.sweeps import Stopper, make_definition, work


def confirmed_and_completed(folder: Path) -> set[str]:
    trials, runs = read_trials(folder), read_runs(folder)
    confirmed = trials.loc[trials["stage"] == "confirm", "run_id"]
    is_done = runs["run_id"].isin(confirmed) & (runs["status"] == "completed")
    return set(runs.loc[is_done, "run_id"])


@pytest.mark.parametrize("moment", ["last", "best", "mean_last"])
def test_each_confirmed_run_has_its_answers_and_no_other_has(
    moment: str, digits: Task, tmp_path: Path
) -> None:
    """Runs of the winner and of the untuned default have answers at the objective's moment."""
    objective = dataclasses.replace(OBJECTIVE, moment=moment, n_last=2)
    definition = make_definition("grid", objective=objective, confirm_seeds=(1000, 1001))
    folder = work(tmp_path, definition)
    correct, n_test = read_correct(folder), len(digits.test.labels)
    at = "best" if moment == "best" else "last"
    assert set(correct["run_id"]) == confirmed_and_completed(folder)
    assert len(correct) == len(set(correct["run_id"])) >= 2 * 2
    assert set(correct["moment"]) == {at}
    assert set(correct["n_examples"]) == {n_test}
    assert set(correct["bits"].map(len)) == {-(-n_test // 8)}
    assert len(list((folder / "correct").iterdir())) == 1  # compacted, like every table
    errors = read_runs(folder).set_index("run_id")[f"{at}.test.error"]
    for run, bits in zip(correct["run_id"], correct["bits"], strict=True):
        n_right = np.unpackbits(np.frombuffer(bits, dtype=np.uint8)).sum()
        assert (n_test - n_right) / n_test == errors[run]


def test_a_fork_takes_answers_over_with_the_runs(tmp_path: Path) -> None:
    definition = make_definition("grid", confirm_seeds=(1000, 1001))
    before = read_correct(work(tmp_path, definition)).set_index("run_id")["bits"]
    space = {"optimizer.lr": Choice((0.01, 0.1, 0.5))}
    arms = tuple(dataclasses.replace(arm, space=space) for arm in definition.arms)
    other = dataclasses.replace(definition, arms=arms)
    forked = settle_folder(other, tmp_path, if_changed="fork")
    folder = work(tmp_path, forked)
    after = read_correct(folder).set_index("run_id")["bits"]
    assert confirmed_and_completed(folder) <= set(after.index)
    shared = after.index.intersection(before.index)
    assert len(shared) >= 2 * 2  # the runs of the defaults
    assert after[shared].equals(before[shared])


def test_answers_that_are_damaged_are_named_and_may_be_deleted(tmp_path: Path) -> None:
    """No run is trained again to replace answers; without them, the report has no ``test_set``."""
    definition = make_definition("grid", confirm_seeds=(1000, 1001))
    folder = work(tmp_path, definition)
    (part,) = (folder / "correct").iterdir()
    flip(part, 8 * (part.stat().st_size // 2))
    with pytest.raises(RecordError, match="or delete it: without it, the report") as caught:
        _ = Numbers(load(folder)).differences
    assert str(caught.value).startswith(f"{part} cannot be read")
    part.unlink()
    stopper = Stopper()
    work(tmp_path, definition, stopper)
    assert stopper.n_trained == 0
    assert not any("test_set" in str(name) for name in Numbers(load(folder)).differences)
