"""One run by itself: kept between epochs, gone on with after an interruption, never made twice."""

import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ffnn_lab.config import RunConfig, run_id
from ffnn_lab.population import Member
from ffnn_lab.records import RunResult
from ffnn_lab.sweeper.keeper import Keeper
from ffnn_lab.sweeper.locks import locked
from ffnn_lab.tasks.data.task import Task
from ffnn_lab.trainer import Training

CHECKPOINT = "checkpoint.pt"


class RunStoppedError(KeyboardInterrupt):
    """A single run was told to stop; the message says what is kept of it."""


@contextmanager
def whole_or_not(folder: Path, notice: Callable[[str], None]) -> Iterator[Path]:
    """Yield a folder to fill, which takes the place of ``folder`` if all goes well.

    Another process that fills it is waited for. What is there of a run that was interrupted is
    gone on with; without a checkpoint nothing of it stays.
    """
    begun = folder.with_name(f".{folder.name}")
    begun.parent.mkdir(parents=True, exist_ok=True)

    def tell() -> None:
        notice(f"another process is training {folder.name}: waiting until it is done")

    with locked(begun.with_name(f"{begun.name}.lock"), waiting=tell, is_passing=True):
        begun.mkdir(exist_ok=True)
        try:
            yield begun
            (begun / CHECKPOINT).unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)
            begun.rename(folder)
        finally:
            if not (begun / CHECKPOINT).exists():
                shutil.rmtree(begun, ignore_errors=True)


def train_single(
    config: RunConfig,
    task: Task,
    folder: Path,
    *,
    on_epoch: Callable[[Sequence[Member]], None],
    notice: Callable[[str], None],
    stop: threading.Event,
) -> RunResult:
    """Train one run to its end, from its last checkpoint if there is one.

    Args:
        config: The run, on a settled device.
        task: What it learns.
        folder: Where its checkpoint and its weights go; of former tries, all else is removed.
        on_epoch: Told of progress.
        notice: Told what the user should know.
        stop: Set to stop at the end of an epoch.

    Raises:
        RunStoppedError: If it was stopped.
    """
    keeper = Keeper(folder / CHECKPOINT, config.trainer.checkpoint_seconds, notice)
    kept = dict(keeper.load())
    for path in folder.iterdir():
        if path.is_dir():  # What was cut off as it was written; it comes again.
            shutil.rmtree(path)
    run = run_id(config)
    if run in kept:
        # What moves no number may have changed since: where data lie, or what is saved.
        member = replace(kept[run].member, config=config)
        kept[run] = replace(kept[run], member=member)
        notice(f"going on after epoch {member.epoch} of {config.trainer.max_epochs}")
    training = Training(task, weights_folder=folder / "weights")
    training.join([config], kept)
    on_epoch(training.members)
    while not (results := training.leave()):
        if stop.is_set():
            epoch = training.members[0].epoch
            where = f"kept in {keeper.path}" if keeper.save(training) else "not kept"
            msg = f"stopped after epoch {epoch}, which is {where}; the same command goes on"
            raise RunStoppedError(msg)
        keeper.save_if_due(training)
        training.epoch()
        on_epoch(training.members)
    return results[0]
