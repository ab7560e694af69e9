"""Checkpoints are read to the bit or not at all, and a stopped sweep goes on from them."""

import dataclasses
import errno
import hashlib
import json
import math
import pickle
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from torch import Tensor

from ffnn_lab.checkpoints import load_checkpoint, save_checkpoint
from ffnn_lab.config import RunConfig, run_id, with_values
from ffnn_lab.definition import Definition
from ffnn_lab.population import Member, Snapshot
from ffnn_lab.protocols.space import Choice
from ffnn_lab.records import CurvePoint, RunResult, read_runs
from ffnn_lab.schedules import ScheduleState
from ffnn_lab.sweeper.identity import Identity
from ffnn_lab.sweeper.leases import Leases, workers_of
from ffnn_lab.sweeper.opening import open_sweep
from ffnn_lab.sweeper.studies.storage import Storage
from ffnn_lab.sweeper.worker import StoppedError, Watcher, Worker
from ffnn_lab.tasks.data.task import Task
from ffnn_lab.tracking import NoTracker
from ffnn_lab.trainer import Training, train
from tests.catalog import OPTIMIZERS, SCHEDULES
from tests.support.builders import ids, make_run
from tests.support.separable import PLAIN, make_member, make_task
from tests.support.sweeps import make_definition, tables, work


def slow_but(names: Iterable[str], *quick: str) -> list[Any]:
    """Return the cases of a parametrized test, all but those of ``quick`` marked as slow."""
    return [pytest.param(name, marks=[] if name in quick else pytest.mark.slow) for name in names]


class Clerk(Watcher):
    """Counts the epochs that are trained, and may end the sweep after some of them.

    Args:
        epochs: Number of epochs of populations after which the sweep ends; None if it does not.
        is_killed: True if the sweep then ends at once, False if it stops as after Ctrl-C.
    """

    def __init__(self, epochs: int | None = None, *, is_killed: bool = False) -> None:
        self._left = epochs
        self._is_killed = is_killed
        self._at: dict[str, int] = {}
        self.stop = threading.Event()
        self.has_lapsed = threading.Event()
        self.trained: list[tuple[str, int]] = []
        """Run id and number of every epoch that was trained, in turn."""
        self.sizes: list[int] = []
        """Number of members in each epoch of a population."""
        self.notices: list[str] = []

    def epoch(self, members: Sequence[Member]) -> None:
        """Count the epochs since the last call; a run that just joined has trained none."""
        new = [
            (member.run_id, member.epoch)
            for member in members
            if member.epoch > self._at.get(member.run_id, member.epoch)
        ]
        self._at |= {member.run_id: member.epoch for member in members}
        if not new:
            return
        self.trained += new
        self.sizes.append(len(new))
        if self._left is not None:
            self._left -= 1
            if self._left == 0 and self._is_killed:
                raise KeyboardInterrupt
            if self._left == 0:
                self.stop.set()

    def notice(self, text: str) -> None:
        """Keep the text."""
        self.notices.append(text)


def work_under(outputs: Path, definition: Definition, clerk: Clerk) -> Path:
    """Work through a sweep as the command line does; the clerk can stop it as Ctrl-C does."""
    open_sweep(definition, outputs, storage_url=None, retry_failed=False, watcher=clerk)
    folder = outputs / definition.name
    storage = Storage(folder, None)
    attributes = storage.open_attributes(workers_of(definition.name))
    with Leases(attributes, Identity.of_this_process()) as leases:
        leases.stop, leases.has_lapsed = clerk.stop, clerk.has_lapsed
        Worker(
            definition,
            folder,
            storage,
            leases,
            watcher=clerk,
            make_tracker=lambda _labels: NoTracker(),
        ).work()
    return folder


def work_in_parts(
    outputs: Path, definition: Definition, n_epochs: int, *, is_killed: bool = False
) -> tuple[list[tuple[str, int]], int]:
    """Work until the sweep is done; it is ended after every ``n_epochs`` epochs.

    Returns:
        Every epoch that was trained, and how often the sweep was ended.
    """
    trained: list[tuple[str, int]] = []
    for n_ended in range(100):
        clerk = Clerk(n_epochs, is_killed=is_killed)
        try:
            work_under(outputs, definition, clerk)
        except (StoppedError, KeyboardInterrupt):
            trained += clerk.trained
            continue
        return trained + clerk.trained, n_ended
    pytest.fail("the sweep does not come to its end")


def assert_same_tables(one: Path, other: Path) -> None:
    """Assert that two sweeps have the same records to the bit, except settings of checkpoints."""
    moved = ["trainer.checkpoint_seconds", "config_json"]
    for table, its_like in zip(tables(one), tables(other), strict=True):
        pd.testing.assert_frame_equal(
            table.drop(columns=moved, errors="ignore"),
            its_like.drop(columns=moved, errors="ignore"),
            check_exact=True,
        )


def checkpoints(folder: Path) -> list[Path]:
    """List the files in a sweep's folder of checkpoints."""
    return sorted((folder / "checkpoints").iterdir()) if (folder / "checkpoints").exists() else []


# --- one file ----------------------------------------------------------------------------------


def snapshots_of(
    configs: Sequence[RunConfig], task: Task, n_epochs: int = 2
) -> dict[str, Snapshot]:
    """Train runs for some epochs, and return their snapshots by run id."""
    training = Training(task)
    training.join(configs)
    for _ in range(n_epochs):
        training.epoch()
    return {snapshot.member.run_id: snapshot for snapshot in training.snapshots()}


def bits(tensor: Tensor) -> tuple[torch.dtype, tuple[int, ...], bytes]:
    """Return a tensor's dtype, shape and bytes, in which NaN equals NaN and -0 differs from 0."""
    return tensor.dtype, tuple(tensor.shape), tensor.numpy().tobytes()


def written(snapshots: Mapping[str, Snapshot]) -> dict[str, tuple[object, ...]]:
    """Return snapshots in a form in which only equal bits are equal, and NaN equals NaN."""
    return {
        run: (
            repr(snapshot.member),
            bits(snapshot.params),
            {key: bits(tensor) for key, tensor in snapshot.state.items()},
        )
        for run, snapshot in snapshots.items()
    }


def stored(path: Path, snapshots: Mapping[str, Snapshot]) -> dict[str, Snapshot]:
    """Write a checkpoint, and return the snapshots that are read from it."""
    save_checkpoint(path, list(snapshots.values()))
    return load_checkpoint(path)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_what_is_read_is_what_was_written(
    schedule: str, dtype: str, blobs: Task, tmp_path: Path
) -> None:
    """A member of every optimizer is stored, and its training goes on from what is read."""
    changes = {"trainer.dtype": dtype, "trainer.max_norm": 1.0, "trainer.max_epochs": 5}
    configs = [
        make_run(
            {**changes, "trainer.diagnose_every": (None, 2)[m % 2]},
            seed=m,
            optimizer=row.config,
            schedule=SCHEDULES[schedule].config,
        )
        for m, row in enumerate(OPTIMIZERS.values())
    ]
    before = snapshots_of(configs, blobs)
    assert {len(s.member.curve) for s in before.values()} == {9}
    after = stored(tmp_path / "new" / "checkpoint.pt", before)
    assert list(after) == list(before)
    assert written(after) == written(before)
    assert {run: s.member for run, s in after.items()} == {
        run: s.member for run, s in before.items()
    }
    training = Training(blobs)
    training.join(configs, after)
    results = []
    while training.members:
        training.epoch()
        results += training.leave()
    found = {result.run_id: (result.curve, result.layers) for result in results}
    whole = train(configs, blobs)
    assert found == {result.run_id: (result.curve, result.layers) for result in whole}
    epochs = {point.epoch for result in whole for point in result.layers}
    assert epochs == {0, 2, 4, 5}


def test_directions_come_back_and_go_on(tmp_path: Path) -> None:
    task = make_task(10)
    config = make_member(*PLAIN["sgd"], n_epochs=5)
    config = with_values(config, {"trainer.evaluate_every": 1})
    ((run, snapshot),) = snapshots_of([config], task).items()
    assert [point.epoch for point in snapshot.member.directions] == [1, 2]
    after = stored(tmp_path / "checkpoint.pt", {run: snapshot})
    training = Training(task)
    training.join([config], after)
    results: list[RunResult] = []
    while training.members:
        training.epoch()
        results += training.leave()
    (whole,) = train([config], task)
    assert results[0].directions == whole.directions
    assert [point.epoch for point in whole.directions] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 5e-324, 0.1, -0.0])
def test_numbers_of_every_kind_come_back(value: float, blobs: Task, tmp_path: Path) -> None:
    """Numbers are in the schedule's state, the curve, the weights and the optimizer's state."""
    config = make_run({"trainer.dtype": "float64"}, optimizer=OPTIMIZERS["adam"].config)
    ((run, snapshot),) = snapshots_of([config], blobs).items()
    member = dataclasses.replace(
        snapshot.member,
        schedule=ScheduleState(factor=value, best_dev_loss=value, bad_epochs=3),
        curve=[CurvePoint(0, 0, "dev", value, value, value)],
        seconds=value,
        diverged_step=2**40,
    )
    for tensor in (snapshot.params, *snapshot.state.values()):
        tensor.fill_(value)
    before = {run: dataclasses.replace(snapshot, member=member)}
    assert written(stored(tmp_path / "checkpoint.pt", before)) == written(before)


def test_a_start_has_an_infinite_best_loss_and_comes_back(blobs: Task, tmp_path: Path) -> None:
    config = make_run(schedule=SCHEDULES["dev_decay"].config, seed=2**62)
    before = snapshots_of([config], blobs, n_epochs=0)
    (snapshot,) = stored(tmp_path / "checkpoint.pt", before).values()
    assert snapshot.member.schedule.best_dev_loss == math.inf
    assert snapshot.member.config == config


def test_nobody_in_training_is_a_checkpoint_too(tmp_path: Path) -> None:
    assert stored(tmp_path / "checkpoint.pt", {}) == {}
    assert (tmp_path / "checkpoint.pt").exists()


def test_a_checkpoint_takes_the_place_of_the_last(blobs: Task, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    configs = [make_run(seed=seed) for seed in (0, 1)]
    stored(path, snapshots_of(configs, blobs, n_epochs=1))
    after = stored(path, snapshots_of(configs[1:], blobs))
    assert [(run, s.member.epoch) for run, s in after.items()] == [(ids(configs)[1], 2)]
    assert [file.name for file in tmp_path.iterdir()] == ["checkpoint.pt"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, blobs: Task) -> bytes:
    """Return the bytes of a checkpoint of two members."""
    path = tmp_path_factory.mktemp("whole") / "checkpoint.pt"
    save_checkpoint(path, list(snapshots_of([make_run(), make_run(seed=1)], blobs).values()))
    return path.read_bytes()


def test_a_checkpoint_that_is_not_there_has_nobody(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path / "nowhere" / "checkpoint.pt") == {}
    assert load_checkpoint(tmp_path) == {}


def test_a_truncated_checkpoint_has_nobody(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    for n_bytes in (*range(0, len(whole), 997), len(whole) - 1):
        path.write_bytes(whole[:n_bytes])
        assert load_checkpoint(path) == {}


def test_a_checkpoint_with_one_other_byte_has_nobody(whole: bytes, tmp_path: Path) -> None:
    """In a weight, a changed byte would otherwise be trained on as another number."""
    path = tmp_path / "checkpoint.pt"
    for place in (*range(0, len(whole), 997), len(whole) - 1):
        changed = bytearray(whole)
        changed[place] ^= 1
        path.write_bytes(changed)
        assert load_checkpoint(path) == {}
    path.write_bytes(whole)
    assert len(load_checkpoint(path)) == 2


class _Trap:
    """An object that appends a line to ``_sprung`` when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return _sprung.append, ("a checkpoint ran code",)


_sprung: list[str] = []


def _write_network(path: Path, blobs: Task) -> None:
    config = make_run({"trainer.save_weights": True, "trainer.max_epochs": 1})
    train([config], blobs, weights_folder=path.parent / "weights")
    (path.parent / "weights" / f"{run_id(config)}.pt").replace(path)


FOREIGN: dict[str, Callable[[Path, Task], object]] = {
    "text": lambda path, _task: path.write_text("not a checkpoint"),
    "JSON": lambda path, _task: path.write_text(json.dumps({"a": 1})),
    "pickle": lambda path, _task: path.write_bytes(pickle.dumps({"a": _Trap()})),
    "pickle in torch's format": lambda path, _task: torch.save({"a": _Trap()}, path),
    "tensor": lambda path, _task: torch.save(torch.zeros(3), path),
    "list": lambda path, _task: torch.save([1, 2], path),
    "other keys": lambda path, _task: torch.save({"run": {"params": []}}, path),
    "network": _write_network,
    "folder": lambda path, _task: path.mkdir(),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_foreign_file_has_nobody_and_runs_no_code(
    kind: str, blobs: Task, tmp_path: Path
) -> None:
    """A foreign file to which somebody added the right digest has nobody, either."""
    path = tmp_path / "checkpoint.pt"
    FOREIGN[kind](path, blobs)
    assert load_checkpoint(path) == {}
    if path.is_file():
        contents = path.read_bytes()
        path.write_bytes(hashlib.sha256(contents).digest() + contents)
        assert load_checkpoint(path) == {}
    assert _sprung == []


def test_a_write_that_fails_leaves_the_last_checkpoint(
    whole: bytes, blobs: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error stays an OSError, for which no run is blamed."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "checkpoint.pt"
    path.write_bytes(whole)
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError) as raised:  # noqa: PT011 - the number says which
        save_checkpoint(path, list(snapshots_of([make_run()], blobs).values()))
    assert raised.value.errno == errno.ENOSPC
    assert path.read_bytes() == whole
    assert list(tmp_path.iterdir()) == [path]


# --- a sweep that is stopped -------------------------------------------------------------------

LONG = {
    "trainer.max_epochs": 5,
    "trainer.checkpoint_seconds": 3600.0,
    "dropout.hidden": 0.2,
}


def with_arms(definition: Definition, changes: Mapping[str, object]) -> Definition:
    """Return the definition with changes in the config of every arm."""
    arms = tuple(
        arm.with_config(with_values(arm.config, dict(changes))) for arm in definition.arms
    )
    return dataclasses.replace(definition, arms=arms)


def make_long(protocol: str = "grid", **changes: Any) -> Definition:  # noqa: ANN401 - any field
    """Return a sweep of 5 epochs a run: 12 runs to tune and 4 or so to confirm."""
    definition = with_arms(make_definition(protocol, confirm_seeds=(1000,)), LONG)
    return dataclasses.replace(definition, **changes)


def make_uneven(**changes: Any) -> Definition:  # noqa: ANN401 - any field
    """Return a sweep whose runs end at different epochs, beside others that go on."""
    definition = make_long(**changes)
    lengths = {"trainer.max_epochs": Choice((1, 2, 4))}
    arms = tuple(dataclasses.replace(arm, space=lengths) for arm in definition.arms)
    return dataclasses.replace(definition, arms=arms)


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the grid, trained without disturbance."""
    return work(tmp_path_factory.mktemp("calm"), make_long())


def _assert_goes_on(calm: Path, definition: Definition, outputs: Path) -> None:
    """Stop a sweep after every 3 epochs, and assert that each epoch is trained exactly once.

    Args:
        calm: Folder of the undisturbed sweep.
        definition: Definition of the sweep.
        outputs: Folder in which the sweep is stopped.
    """
    trained, n_ended = work_in_parts(outputs, definition, 3)
    assert n_ended > 2
    assert_same_tables(outputs / "test", calm)
    assert sorted(trained) == sorted(
        (run, epoch) for run in read_runs(calm)["run_id"] for epoch in range(1, 6)
    )


def test_a_stopped_sweep_goes_on_in_mid_population(calm: Path, tmp_path: Path) -> None:
    _assert_goes_on(calm, make_long(), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["random", "tpe"])
def test_a_stopped_sweep_goes_on_whoever_proposes(protocol: str, tmp_path: Path) -> None:
    _assert_goes_on(work(tmp_path / "calm", make_long(protocol)), make_long(protocol), tmp_path)


def test_a_stop_in_the_epoch_in_which_runs_end_keeps_the_others(tmp_path: Path) -> None:
    """The sweep is stopped after each epoch; in most epochs some run ends."""
    definition = make_uneven(population_size=12)
    calm = work(tmp_path / "calm", definition)
    trained, n_ended = work_in_parts(tmp_path, definition, 1)
    assert n_ended > 5
    assert_same_tables(tmp_path / "test", calm)
    assert len(trained) == len(set(trained)) == read_runs(calm)["n_epochs"].sum()


@pytest.mark.slow
def test_who_waits_for_a_place_is_not_forgotten(tmp_path: Path) -> None:
    """A setting has three seeds, and a population has two places."""
    definition = make_uneven(population_size=2, tune_seeds=(0, 1, 2))
    calm = work(tmp_path / "calm", definition)
    trained, _ = work_in_parts(tmp_path, definition, 5)
    assert_same_tables(tmp_path / "test", calm)
    assert len(trained) == len(set(trained)) == read_runs(calm)["n_epochs"].sum()


def test_checkpoints_are_there_while_they_are_needed(tmp_path: Path) -> None:
    definition = make_long()
    with pytest.raises(StoppedError):
        work_under(tmp_path, definition, Clerk(2))
    (path,) = checkpoints(tmp_path / "test")
    kept = load_checkpoint(path)
    assert {snapshot.member.epoch for snapshot in kept.values()} == {2}
    assert len(kept) == 8
    work_under(tmp_path, definition, Clerk())
    assert checkpoints(tmp_path / "test") == []


def test_a_killed_sweep_goes_on_from_its_last_checkpoint(calm: Path, tmp_path: Path) -> None:
    """A checkpoint is written before each epoch here, so that the last epoch alone is lost."""
    definition = with_arms(make_long(), {"trainer.checkpoint_seconds": 1e-9})
    trained, n_ended = work_in_parts(tmp_path, definition, 3, is_killed=True)
    assert_same_tables(tmp_path / "test", calm)
    n_epochs = read_runs(calm)["n_epochs"].sum()
    assert len(set(trained)) == n_epochs
    assert n_epochs < len(trained) <= n_epochs + 8 * n_ended
    assert checkpoints(tmp_path / "test") == []


def test_without_checkpoints_none_is_written_and_runs_start_again(
    calm: Path, tmp_path: Path
) -> None:
    definition = with_arms(make_long(), {"trainer.checkpoint_seconds": None})
    for _ in range(2):
        clerk = Clerk(3)
        with pytest.raises(StoppedError):
            work_under(tmp_path, definition, clerk)
        assert {epoch for _, epoch in clerk.trained} == {1, 2, 3}
        assert not (tmp_path / "test" / "checkpoints").exists()
    work_under(tmp_path, definition, Clerk())
    assert_same_tables(tmp_path / "test", calm)
    assert not (tmp_path / "test" / "checkpoints").exists()


def _gone_while_it_is_looked_at(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


DAMAGES: dict[str, Callable[[Path], object]] = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "empty": lambda path: path.write_bytes(b""),
    "foreign": lambda path: path.write_text("{}"),
    "gone": lambda path: path.unlink(),
    "gone while it is looked at": _gone_while_it_is_looked_at,
}


@pytest.mark.parametrize("damage", slow_but(DAMAGES, "cut", "gone while it is looked at"))
def test_a_damaged_checkpoint_costs_time_alone(damage: str, calm: Path, tmp_path: Path) -> None:
    definition = make_long()
    first = Clerk(3)
    with pytest.raises(StoppedError):
        work_under(tmp_path, definition, first)
    (path,) = checkpoints(tmp_path / "test")
    DAMAGES[damage](path)
    second = Clerk()
    work_under(tmp_path, definition, second)
    assert set(first.trained) < set(second.trained)
    assert_same_tables(tmp_path / "test", calm)
    assert checkpoints(tmp_path / "test") == []


def test_of_several_checkpoints_the_latest_epoch_counts(calm: Path, tmp_path: Path) -> None:
    """One worker was stopped at epoch 2, another at epoch 4; the names of files do not matter."""
    definition = make_long()
    folder = tmp_path / "test" / "checkpoints"
    for n_epochs in (2, 2):
        with pytest.raises(StoppedError):
            work_under(tmp_path, definition, Clerk(n_epochs))
    epochs = {
        path.name: max(s.member.epoch for s in load_checkpoint(path).values())
        for path in checkpoints(tmp_path / "test")
    }
    assert sorted(epochs.values()) == [2, 4]
    for name, own in epochs.items():  # the earlier one is read last
        (folder / name).replace(folder / ("z.pt" if own == 2 else "a.pt"))
    clerk = Clerk(1)
    with pytest.raises(StoppedError):
        work_under(tmp_path, definition, clerk)
    assert {epoch for _, epoch in clerk.trained} == {5}
    work_under(tmp_path, definition, Clerk())
    assert_same_tables(tmp_path / "test", calm)


@pytest.mark.slow
def test_a_smaller_population_goes_on_as_well(calm: Path, tmp_path: Path) -> None:
    with pytest.raises(StoppedError):
        work_under(tmp_path, make_long(), Clerk(3))
    clerk = Clerk()
    work_under(tmp_path, make_long(population_size=3), clerk)
    assert_same_tables(tmp_path / "test", calm)
    assert len(clerk.trained) == read_runs(calm)["n_epochs"].sum() - 8 * 3


class Sleeper(Clerk):
    """A clerk whose worker sleeps past its lease in its first epoch."""

    def epoch(self, members: Sequence[Member]) -> None:
        """Count, and let the lease lapse in the first epoch."""
        n_before = len(self.sizes)
        super().epoch(members)
        if n_before < len(self.sizes) == 1:
            self.has_lapsed.set()


def test_a_worker_that_slept_gives_up_what_it_held(tmp_path: Path) -> None:
    """The worker sleeps in an epoch in which some runs end, which are recorded.

    Other workers may have taken the remaining runs, which therefore start again.
    """
    definition = make_uneven(population_size=12)
    calm = work(tmp_path / "calm", definition)
    sleeper = Sleeper()
    folder = work_under(tmp_path, definition, sleeper)
    assert_same_tables(folder, calm)
    assert sleeper.notices == []
    n_given_up = sleeper.sizes[0] - 4  # the four runs of a single epoch are recorded
    assert len(sleeper.trained) == read_runs(calm)["n_epochs"].sum() + n_given_up
