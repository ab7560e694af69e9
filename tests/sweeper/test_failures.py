"""A failure in a sweep costs no more than it must: one run, some memory, or the command."""

import dataclasses
import errno
import gc
import subprocess
import sys
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from optuna.trial import TrialState

from ffnn_lab import files
from ffnn_lab.config import RunConfig, with_values
from ffnn_lab.definition import Definition
from ffnn_lab.evaluation import Evaluator
from ffnn_lab.networks import MLP
from ffnn_lab.population import Population
from ffnn_lab.records import RecordError, parts, read_curves, read_runs, read_trials
from ffnn_lab.stepper import Stepper
from ffnn_lab.sweeper import keeper
from ffnn_lab.sweeper.studies.storage import Storage
from ffnn_lab.sweeper.worker import StoppedError, TooManyFailedError, is_out_of_memory
from tests.support.command_line import run_lab_forked, users_environment
from tests.support.exhaustive import first
from tests.support.sweeps import make_definition, tables, work
from tests.test_checkpoints import (
    Clerk,
    assert_same_tables,
    make_long,
    make_uneven,
    slow_but,
    with_arms,
    work_under,
)

ROOT = Path(__file__).parents[2]


class _BrokenError(Exception):
    """The error that the tests raise."""

    def __str__(self) -> str:
        return "it broke"


Matches = Callable[[RunConfig], bool]
Breaks = Callable[[pytest.MonkeyPatch, Matches], None]


def is_bad(config: RunConfig) -> bool:
    """Match one run of each arm, which is not of the arm's best setting."""
    found = config.optimizer.name, config.optimizer.lr, config.seed
    return found in {("sgd", 0.01, 1), ("adam", 1.0, 1)}


N_BAD = 2


def break_in_training(
    monkeypatch: pytest.MonkeyPatch,
    matches: Matches,
    error: Exception | None = None,
    *,
    after: int = 1,
) -> None:
    """Let matching runs fail in training after ``after`` epochs."""
    update_ = Stepper.update_

    def broken(self: Stepper, grads: Sequence[torch.Tensor]) -> None:
        members = self._population.members
        if any(matches(member.config) and member.epoch == after for member in members):
            raise error or _BrokenError()
        update_(self, grads)

    monkeypatch.setattr(Stepper, "update_", broken)


def break_at_the_start(monkeypatch: pytest.MonkeyPatch, matches: Matches) -> None:
    """Let matching runs fail when their initial weights are drawn."""
    draw = MLP.start_

    def broken(self: MLP, row: torch.Tensor, config: RunConfig) -> None:
        if matches(config):
            raise _BrokenError
        draw(self, row, config)

    monkeypatch.setattr(MLP, "start_", broken)


def break_the_evaluation(monkeypatch: pytest.MonkeyPatch, matches: Matches) -> None:
    """Let matching runs fail when they are measured after their last epoch."""
    measure = Evaluator.measure

    def broken(self: Evaluator, population: Population) -> None:
        for member in population.members:
            if matches(member.config) and member.epoch == member.config.trainer.max_epochs:
                raise _BrokenError
        measure(self, population)

    monkeypatch.setattr(Evaluator, "measure", broken)


BREAKS: dict[str, Breaks] = {
    "in training": break_in_training,
    "at the start": break_at_the_start,
    "in the evaluation": break_the_evaluation,
}


def make_grid(**changes: Any) -> Definition:  # noqa: ANN401 - any field
    """Make a sweep of 12 runs of tune and 4 runs of confirm, 2 epochs each."""
    definition = make_definition("grid", confirm_seeds=(1000,))
    return dataclasses.replace(definition, **changes)


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the sweep of `make_grid`, trained without a failure."""
    return work(tmp_path_factory.mktemp("calm"), make_grid())


def assert_same_but_for_the_failed(folder: Path, calm: Path) -> None:
    """Assert that all runs that did not fail have the records of the undisturbed sweep."""
    runs, trials, curves, _ = tables(folder)
    calm_runs, calm_trials, calm_curves, _ = tables(calm)
    failed = set(runs.loc[runs["status"] == "failed", "run_id"])
    assert failed
    assert failed.isdisjoint(curves["run_id"])
    pd.testing.assert_frame_equal(trials, calm_trials)
    for table, its_like in ((runs, calm_runs), (curves, calm_curves)):
        # pandas turns an integer column with a missing value into floats.
        pd.testing.assert_frame_equal(
            table[~table["run_id"].isin(failed)].reset_index(drop=True),
            its_like[~its_like["run_id"].isin(failed)].reset_index(drop=True),
            check_exact=True,
            check_dtype=False,
        )


# --- a run that fails --------------------------------------------------------------------------


@pytest.mark.parametrize("where", slow_but(BREAKS, "in training", "at the start"))
def test_a_run_that_fails_is_recorded_and_harms_nobody(
    where: str, calm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk = Clerk()
    BREAKS[where](monkeypatch, is_bad)
    folder = work(tmp_path, make_grid(), clerk, max_failures=N_BAD)
    assert_same_but_for_the_failed(folder, calm)
    runs = read_runs(folder)
    failed = runs[runs["status"] == "failed"]
    assert sorted(zip(failed["optimizer.name"], failed["optimizer.lr"], strict=True)) == [
        ("adam", 1.0),
        ("sgd", 0.01),
    ]
    assert set(failed["seed"]) == {1}
    assert set(failed["n_epochs"]) == set(failed["n_steps"]) == {0}
    assert failed[[c for c in runs if str(c).startswith(("last.", "best."))]].isna().all(axis=None)
    for text in failed["traceback"]:
        assert "in broken" in text
        assert "_BrokenError: it broke" in text
        assert text.count("Traceback (most recent call last)") == 1
    assert runs.loc[runs["status"] != "failed", "traceback"].isna().all()
    assert len(clerk.notices) == N_BAD
    for run, notice in zip(failed["run_id"].sort_values(), sorted(clerk.notices), strict=True):
        assert f"run {run} (" in notice
        assert "failed: _BrokenError(" in notice


def test_a_setting_of_which_a_seed_failed_is_no_score(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calm: Path
) -> None:
    """A seed of the best setting fails: another setting must win, and the trial must be FAIL."""
    runs, trials = read_runs(calm), read_trials(calm)
    best = trials[(trials["stage"] == "confirm") & (trials["setting"] >= 0)]
    lr_of = runs.set_index("run_id")["optimizer.lr"]
    lrs = {arm: lr_of[run] for arm, run in zip(best["arm"], best["run_id"], strict=True)}
    break_in_training(monkeypatch, lambda c: (c.optimizer.lr, c.seed) == (lrs["sgd"], 0))
    folder = work(tmp_path, make_grid(), max_failures=9)
    runs, trials = read_runs(folder), read_trials(folder)
    joined = trials.merge(runs.drop(columns="seed"), on="run_id")
    failed = joined[(joined["status"] == "failed") & (joined["stage"] == "tune")]
    assert "sgd" in set(failed["arm"])
    winners = joined[(joined["stage"] == "confirm") & (joined["setting"] >= 0)]
    assert set(winners["arm"]) == {"sgd", "adam"}
    for arm, setting in zip(failed["arm"], failed["setting"], strict=True):
        assert set(winners.loc[winners["arm"] == arm, "setting"]) != {setting}
        trial = Storage(folder, None).open_study(f"test/{arm}").get_trials()[setting]
        assert trial.state is TrialState.FAIL


@pytest.mark.slow
def test_every_run_may_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    break_in_training(monkeypatch, lambda _config: True)
    folder = work(tmp_path, make_grid(), max_failures=99)
    runs = read_runs(folder)
    assert set(runs["status"]) == {"failed"}
    assert len(runs) == len(set(read_trials(folder)["run_id"]))
    assert read_curves(folder).empty


def test_a_run_that_fails_after_a_stop_harms_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The runs of a stopped sweep resume from their checkpoint, and two of them fail later.

    The other runs of the population then resume from the same checkpoint a second and third time.
    """
    calm = work(tmp_path / "calm", make_long())
    with pytest.raises(StoppedError):
        work_under(tmp_path, make_long(), Clerk(2))
    break_in_training(monkeypatch, is_bad, after=3)
    clerk = Clerk()
    folder = work(tmp_path, make_long(), clerk, max_failures=N_BAD)
    assert_same_but_for_the_failed(folder, calm)
    first = dict(reversed(clerk.trained))
    assert sorted(first.values()).count(3) == 8  # the runs that were stopped after epoch 2


def test_a_run_that_fails_costs_its_neighbors_what_came_after_their_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    definition = make_long()
    often = tuple(
        arm.with_config(with_values(arm.config, {"trainer.checkpoint_seconds": 1e-9}))
        for arm in definition.arms
    )
    break_in_training(monkeypatch, is_bad, after=4)
    clerk = Clerk()
    work(tmp_path, dataclasses.replace(definition, arms=often), clerk, max_failures=N_BAD)
    assert clerk.trained
    assert len(clerk.trained) == len(set(clerk.trained))


# --- how many may fail -------------------------------------------------------------------------


def test_a_sweep_stops_where_too_many_failed(
    calm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep goes on if more runs may fail, or if failed runs are tried again."""
    definition = make_grid(population_size=4)
    with monkeypatch.context() as patch:
        break_in_training(patch, is_bad)
        with pytest.raises(TooManyFailedError) as raised:
            work(tmp_path, definition, max_failures=N_BAD - 2)
        said = str(raised.value)
        assert said.startswith("1 run failed, and hydra.sweeper.max_failures=0: the sweep stops")
        assert f"{tmp_path / 'test'}/runs" in said
        assert "hydra.sweeper.retry_failed=true" in said
    folder = tmp_path / "test"
    before = read_runs(folder)
    assert (before["status"] == "failed").sum() == 1
    assert len(before) < len(read_runs(calm))

    # The same command retries nothing, and stops at once.
    clerk = Clerk()
    with pytest.raises(TooManyFailedError):
        work(tmp_path, definition, clerk)
    assert clerk.trained == []
    pd.testing.assert_frame_equal(read_runs(folder), before, check_exact=True)

    # With max_failures=1, the sweep goes on without the failed run.
    clerk = Clerk()
    work(tmp_path, definition, clerk, max_failures=1)
    (failed,) = before.loc[before["status"] == "failed", "run_id"]
    assert failed not in dict(clerk.trained)
    assert_same_but_for_the_failed(folder, calm)

    # A retry trains only the failed run.
    clerk = Clerk()
    work(tmp_path, definition, clerk, retry_failed=True)
    assert set(dict(clerk.trained)) == {failed}
    assert any("1 failed runs are tried again" in notice for notice in clerk.notices)
    assert_same_tables(folder, calm)


def test_a_retry_after_too_many_failed_comes_to_the_undisturbed_sweep(
    calm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        break_at_the_start(patch, lambda config: config.optimizer.lr in (0.01, 0.1))
        with pytest.raises(TooManyFailedError, match="max_failures=3"):
            work(tmp_path, make_grid(), max_failures=3)
    clerk = Clerk()
    folder = work(tmp_path, make_grid(), clerk, max_failures=3, retry_failed=True)
    assert_same_tables(folder, calm)
    assert len(clerk.trained) == len(set(clerk.trained))


@pytest.mark.slow
def test_a_retry_of_what_fails_again_is_recorded_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_in_training(monkeypatch, is_bad)
    folder = work(tmp_path, make_grid(), max_failures=N_BAD)
    before = tables(folder)
    clerk = Clerk()
    work(tmp_path, make_grid(), clerk, max_failures=N_BAD, retry_failed=True)
    for table, its_like in zip(tables(folder), before, strict=True):
        pd.testing.assert_frame_equal(table, its_like, check_exact=True)
    assert len([notice for notice in clerk.notices if "failed: _BrokenError" in notice]) == N_BAD


# --- out of memory -----------------------------------------------------------------------------

NO_MEMORY: dict[str, Exception] = {
    "torch's": torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    "Python's": MemoryError(),
    "torch's on a CPU": RuntimeError(
        "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate "
        "memory: you tried to allocate 4503599627370496 bytes."
    ),
    "CUDA's": RuntimeError("CUDA error: out of memory"),
}


def allow(
    monkeypatch: pytest.MonkeyPatch,
    n_members: int,
    error: Exception,
    *,
    when_joining: bool = False,
) -> None:
    """Let populations of more than ``n_members`` run out of memory in training.

    With ``when_joining``, they run out of memory when runs join, but not in training.
    """
    update_, merge = Stepper.update_, Population.merge

    def update_broken(self: Stepper, grads: Sequence[torch.Tensor]) -> None:
        if len(self._population) > n_members:
            raise error
        update_(self, grads)

    def merge_broken(self: Population, others: Population) -> None:
        if len(self) + len(others) > n_members:
            raise error
        merge(self, others)

    if when_joining:
        monkeypatch.setattr(Population, "merge", merge_broken)
    else:
        monkeypatch.setattr(Stepper, "update_", update_broken)


@pytest.mark.parametrize("kind", slow_but(NO_MEMORY, "torch's"))
def test_a_population_that_does_not_fit_is_halved(
    kind: str, calm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(monkeypatch, 3, NO_MEMORY[kind])
    clerk = Clerk()
    folder = work(tmp_path, make_grid(), clerk)
    assert_same_tables(folder, calm)
    assert max(clerk.sizes) <= 3
    assert clerk.notices == [
        "out of memory with 8 runs in a population: continuing with at most 4",
        "out of memory with 4 runs in a population: continuing with at most 2",
    ]
    assert len(clerk.trained) == len(set(clerk.trained))


def test_a_population_that_others_wait_to_join_is_halved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker holds 3 settings of 3 seeds, which are 9 runs, for a population of 8."""
    seeds = {"tune_seeds": (0, 1, 2)}
    expected = work(tmp_path / "calm", make_grid(**seeds))
    allow(monkeypatch, 4, MemoryError())
    clerk = Clerk()
    folder = work(tmp_path, make_grid(**seeds), clerk)
    assert_same_tables(folder, expected)
    assert clerk.notices == [
        "out of memory with 8 runs in a population: continuing with at most 4"
    ]
    assert max(clerk.sizes) == 4


@pytest.mark.slow
def test_memory_that_does_not_suffice_for_who_joins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory suffices for the population itself, but not when further runs join it."""
    definition = make_uneven(population_size=4)
    calm = work(tmp_path / "calm", definition)
    allow(monkeypatch, 2, MemoryError(), when_joining=True)
    clerk = Clerk()
    folder = work(tmp_path, definition, clerk)
    assert_same_tables(folder, calm)
    assert max(clerk.sizes) == 4
    assert clerk.notices == [
        "out of memory with 4 runs in a population: continuing with at most 2"
    ]


def test_a_run_that_fits_nowhere_failed(
    calm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk = Clerk()
    break_in_training(monkeypatch, is_bad, MemoryError("too large"))
    folder = work(tmp_path, make_grid(), clerk, max_failures=N_BAD)
    assert_same_but_for_the_failed(folder, calm)
    runs = read_runs(folder)
    assert "MemoryError: too large" in runs.loc[runs["status"] == "failed", "traceback"].iloc[0]
    assert len([notice for notice in clerk.notices if "failed: MemoryError" in notice]) == N_BAD


def test_a_population_that_did_not_fit_makes_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A population that did not fit must be freed before its halves start, to make room."""
    begun: list[weakref.ref[Population]] = []
    alive: list[int] = []
    start = Population.__init__

    def noted(self: Population, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - passed on
        alive.append(sum(population() is not None for population in begun))
        begun.append(weakref.ref(self))
        start(self, *args, **kwargs)

    monkeypatch.setattr(Population, "__init__", noted)
    allow(monkeypatch, 3, MemoryError())
    gc.disable()  # so that the test sees populations that a reference cycle keeps alive
    try:
        work(tmp_path, make_grid(confirm_seeds=()))
    finally:
        gc.enable()
    assert len(alive) > 4
    assert max(alive) <= 1  # a population that further runs join


@pytest.mark.parametrize("kind", NO_MEMORY)
def test_out_of_memory_is_known_by_its_words(kind: str) -> None:
    assert is_out_of_memory(NO_MEMORY[kind])
    assert not is_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    assert not is_out_of_memory(ValueError("out of memory"))


def test_torch_says_that_memory_does_not_suffice() -> None:
    with pytest.raises(RuntimeError) as raised:
        torch.empty(1 << 50)
    assert is_out_of_memory(raised.value)


# --- a disk that is full -----------------------------------------------------------------------


def _assert_full_disk_costs_nothing(
    n_writes: int, calm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Assert that a disk that is full after ``n_writes`` writes of parts fails no run.

    The command must end with an error, and the same command must then complete the sweep.
    """
    write_whole = files.write_whole
    n_written = 0

    def full(where: Path, *contents: bytes) -> None:
        nonlocal n_written
        n_written += 1
        if n_written > n_writes:
            raise OSError(errno.ENOSPC, "No space left on device", str(where))
        write_whole(where, *contents)

    with monkeypatch.context() as patch:
        patch.setattr(parts, "write_whole", full)
        with pytest.raises(
            RecordError, match=r"/(runs|curves|trials|layers|correct)/.*No space left on device"
        ):
            work(tmp_path, make_grid())
    clerk = Clerk()
    folder = work(tmp_path, make_grid(), clerk)
    assert_same_tables(folder, calm)
    assert clerk.notices == []


@pytest.mark.parametrize("n_writes", [2])
def test_a_full_disk_ends_the_command_and_the_next_goes_on(
    n_writes: int, calm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The write after ``n_writes`` fails, which may be of any table: curves, trials or runs."""
    _assert_full_disk_costs_nothing(n_writes, calm, tmp_path, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("n_writes", first(3, [0, 1, 11, *range(3, 11)]))
def test_a_disk_that_fills_at_any_other_time_does_not_matter_either(
    n_writes: int, calm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With 11, the write that fails is one that compacts the parts."""
    _assert_full_disk_costs_nothing(n_writes, calm, tmp_path, monkeypatch)


def _occupy(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("in the way")


def test_a_folder_that_cannot_be_made_ends_the_command(tmp_path: Path) -> None:
    definition = make_long(confirm_seeds=())
    calm = work(tmp_path / "calm", definition)
    obstacle = tmp_path / "test" / "runs"
    _occupy(obstacle)
    with pytest.raises(OSError, match="runs"):
        work_under(tmp_path, definition, Clerk())
    obstacle.unlink()
    assert_same_tables(work(tmp_path, definition), calm)


def _full(path: Path, _snapshots: object) -> None:
    path.parent.mkdir(exist_ok=True)
    path.with_name(f".{path.name}").write_bytes(b"what there was room for")
    raise OSError(errno.ENOSPC, "No space left on device")


def _over_quota(_path: Path, _snapshots: object) -> None:
    raise OSError(errno.EDQUOT, "Disk quota exceeded")


def _read_only(path: Path, _snapshots: object) -> None:
    raise PermissionError(errno.EACCES, "Permission denied", str(path))


@pytest.mark.parametrize(
    "trouble",
    [_full, _over_quota, _read_only, None],
    ids=["full", "quota", "read_only", "in_the_way"],
)
def test_checkpoints_that_cannot_be_written_are_told_once_and_stop_nothing(
    trouble: Callable[[Path, object], None] | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """There is no room, quota or permission, or a file lies in the place of the folder."""
    definition = with_arms(make_long(confirm_seeds=()), {"trainer.checkpoint_seconds": 1e-9})
    calm = work(tmp_path / "calm", definition)
    if trouble is None:
        _occupy(tmp_path / "test" / "checkpoints")
    else:
        monkeypatch.setattr(keeper, "save_checkpoint", trouble)
    clerk = Clerk()
    folder = work(tmp_path, definition, clerk)
    assert_same_tables(folder, calm)
    (told,) = clerk.notices
    assert told.startswith(f"no checkpoint can be written to {folder}/checkpoints (")
    assert "trainer.checkpoint_seconds" in told
    assert not list((folder / "checkpoints").glob(".*"))


SWEEP: Sequence[str] = (
    "-m",
    "optimizer=sgd,adam",
    "optimizer.lr=0.1,0.01",
    "trainer.max_epochs=2",
    "tracking=off",
    "hydra.sweeper.name=full",
    "hydra.sweeper.tune.n_seeds=2",
    "hydra.sweeper.confirm.n_seeds=2",
)


@pytest.mark.parametrize(
    "outputs", slow_but(("in_the_way", "/proc/nowhere", "/dev/null/outputs"), "in_the_way")
)
def test_outputs_that_cannot_be_written_are_said(outputs: str, tmp_path: Path) -> None:
    (tmp_path / "in_the_way").write_text("a file")
    said = run_lab_forked(tmp_path, *SWEEP, f"paths.outputs={outputs}")
    assert said.exit_code == 2
    assert said.error.startswith("error: ")
    assert len(said.error.splitlines()) == 1
    assert outputs in said.error


@pytest.fixture(scope="module")
def calm_command(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The records of the same command, run without a full disk."""
    folder = tmp_path_factory.mktemp("calm_command")
    assert run_lab_forked(folder, *SWEEP).exit_code == 0
    return folder / "outputs" / "full"


@pytest.mark.slow
@pytest.mark.parametrize("n_blocks", first(1, [8, 48, 1, 16]))
def test_a_command_on_a_full_disk_says_so(
    n_blocks: int, calm_command: Path, tmp_path: Path
) -> None:
    """No file may grow beyond ``n_blocks`` KiB: the command ends with one error and exit code 2.

    The same command without the limit must then complete the sweep.
    """
    limited = subprocess.run(
        [
            *("/bin/bash", "-c", f'ulimit -f {n_blocks}; exec "$@"', "bash"),
            *(sys.executable, "-m", "ffnn_lab.run", *SWEEP),
        ],
        cwd=tmp_path,
        env=users_environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert limited.returncode == 2, limited.stderr
    assert limited.stderr.startswith("error: ")
    assert "File too large" in limited.stderr
    assert len(limited.stderr.splitlines()) == 1
    assert run_lab_forked(tmp_path, *SWEEP).exit_code == 0
    assert_same_tables(tmp_path / "outputs" / "full", calm_command)
    assert set(read_runs(calm_command)["status"]) == {"completed"}
