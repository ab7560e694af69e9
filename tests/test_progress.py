"""The agenda, the status, the plan and the report agree on how far a sweep is."""

from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from ffnn_lab.definition import Definition
from ffnn_lab.progress import Progress, count_progress
from ffnn_lab.records import RecordWriter, TrialRow, read_trials
from ffnn_lab.report.data.sweep import Sweep, load
from ffnn_lab.status import read_status
from ffnn_lab.sweeper.agenda import Agenda
from ffnn_lab.sweeper.command import count_recorded
from ffnn_lab.sweeper.studies.storage import Storage
from ffnn_lab.sweeper.worker import StoppedError
from tests.support.sweeps import Stopper, make_definition, work


def of_agenda(definition: Definition, folder: Path) -> Progress:
    """Return the count of the agenda, which workers and their supervisor use."""
    with closing(Storage(folder, None)) as storage:
        agenda = Agenda(definition, folder, storage)
        agenda.look()
        return agenda.progress()


def assert_all_count(definition: Definition, folder: Path) -> Progress:
    """Assert that agenda, status, plan and report count the same, and return the count."""
    progress, status = of_agenda(definition, folder), read_status(folder)
    assert progress.n_runs == status.n_runs == count_recorded(definition, folder)
    assert sum(progress.n_asked.values()) == status.n_runs_asked
    for stage, n_done in progress.n_done.items():
        assert sum(arm.n_runs for arm in status.arms if arm.stage == stage) == n_done
    sweep = load(folder)
    assert isinstance(sweep, Sweep)
    for arm in status.arms:
        if arm.stage == "tune":
            count = sweep.tuned(arm.arm)
            assert (count.n_settings, count.n_settings_asked, count.n_runs) == (
                arm.n_settings,
                arm.n_settings_asked,
                arm.n_runs,
            )
    return progress


def test_everybody_counts_the_same_at_each_stop(tmp_path: Path) -> None:
    definition = make_definition("grid", population_size=4)
    folder = tmp_path / definition.name
    seen: list[Progress] = []
    while not seen or not seen[-1].is_complete:
        with suppress(StoppedError):
            work(tmp_path, definition, Stopper())
        seen.append(assert_all_count(definition, folder))
    assert [progress.n_runs for progress in seen] == sorted({p.n_runs for p in seen})
    assert len(seen) > 2
    assert seen[-1].n_done == {"tune": 12, "confirm": 12}


def test_a_run_that_serves_two_arms_counts_for_both(tmp_path: Path) -> None:
    definition = make_definition("grid")
    (arm, _) = definition.arms
    twins = replace(definition, arms=(arm, replace(arm, name="twin")))
    folder = work(tmp_path, twins)
    progress = assert_all_count(twins, folder)
    assert progress.n_done == progress.n_asked == {"tune": 12, "confirm": 12}


def test_a_winner_of_former_days_does_not_count(tmp_path: Path) -> None:
    """A confirmed run of a setting that no longer wins stays in the records, uncounted."""
    definition = make_definition("grid")
    folder = work(tmp_path, definition)
    before = assert_all_count(definition, folder)
    trials = read_trials(folder)
    confirmed = trials[(trials["stage"] == "confirm") & (trials["arm"] == "sgd")]
    (other, *_) = {0, 1, 2} - set(confirmed["setting"])
    row = confirmed.iloc[0]
    former = TrialRow("confirm", "sgd", other, int(row["seed"]), row["run_id"], "")
    RecordWriter(folder).write([], [former])
    assert len(read_trials(folder)) == len(trials) + 1
    assert assert_all_count(definition, folder) == before
    assert before.is_complete


def test_counts_by_hand() -> None:
    """Setting 1 wins; setting 0 won before, and its confirmed run is no longer asked for."""
    definition = make_definition("grid", tune_seeds=(0, 1), confirm_seeds=(1000,))
    (arm, _) = definition.arms
    one = replace(definition, arms=(arm,))
    noted = {
        (0, "tune", "sgd", 0, 0): "a",
        (0, "tune", "sgd", 0, 1): "b",
        (0, "tune", "sgd", 1, 0): "c",
        (0, "tune", "sgd", 1, 1): "lost",
        (0, "confirm", "sgd", 0, 1000): "d",
        (0, "confirm", "sgd", 1, 1000): "e",
        (0, "confirm", "sgd", -1, 1000): "e",
    }
    tune, confirm = count_progress(one, noted, set("abcde"), {(0, "sgd"): 1})
    assert (tune.runs, tune.n_settings, tune.n_settings_asked, tune.n_runs_asked) == (
        ("a", "b", "c"),
        1,
        3,
        6,
    )
    assert (confirm.runs, confirm.n_settings, confirm.n_runs_asked) == (("e", "e"), 2, 2)
    progress = Progress.of([tune, confirm])
    assert (progress.n_done, progress.n_asked) == (
        {"tune": 3, "confirm": 2},
        {"tune": 6, "confirm": 2},
    )
    assert not progress.is_complete


@pytest.mark.parametrize(("n_proposed", "n_asked"), [(None, 3), (5, 5), (2, 3)])
def test_a_grid_that_grew_asks_for_more(n_proposed: int | None, n_asked: int) -> None:
    definition = make_definition("grid", confirm_seeds=())
    (arm, _) = definition.arms
    proposed = None if n_proposed is None else {(0, "sgd"): n_proposed}
    one = replace(definition, arms=(arm,))
    (count,) = count_progress(one, {}, (), {}, n_proposed=proposed)
    assert (count.n_settings_asked, count.n_runs_asked) == (n_asked, 2 * n_asked)
