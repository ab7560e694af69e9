"""Train a single run, with checkpoints and with a lock on its folder."""

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
    """Raised if a single run was told to stop; the message says what is kept of the run."""


@contextmanager
def whole_or_not(folder: Path, notice: Callable[[str], None]) -> Iterator[Path]:
    """Yield a temporary folder to fill, which replaces ``folder`` if the block succeeds.

    If another process is filling the temporary folder, this process waits. If the block fails, the
    temporary folder stays for the next call if it has a checkpoint, and is removed otherwise.

    Args:
        folder: The folder of the run.
        notice: Receives a line for the user if this process has to wait.
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
        config: The run, whose device must not be ``auto``.
        task: The run's task.
        folder: Folder for the checkpoint and the weights; subfolders of former tries are removed.
        on_epoch: Receives the run as a list of one member, at the start and after each epoch.
        notice: Receives lines for the user.
        stop: Event that stops the training at the end of an epoch once it is set.

    Returns:
        The result of the run.

    Raises:
        RunStoppedError: If ``stop`` was set before the run was done.
    """
    keeper = Keeper(folder / CHECKPOINT, config.trainer.checkpoint_seconds, notice)
    kept = dict(keeper.load())
    for path in folder.iterdir():
        if path.is_dir():  # Left by an interrupted write; it is written again.
            shutil.rmtree(path)
    run = run_id(config)
    if run in kept:
        # Fields that affect no result may have changed since, such as folders and what is saved.
        member = replace(kept[run].member, config=config)
        kept[run] = replace(kept[run], member=member)
        notice(f"going on after epoch {member.epoch} of {config.trainer.max_epochs}")
    training = Training(task, weights_folder=folder / "weights")
    training.join([config], kept)
    on_epoch(training.members)
    while not (results := training.leave()):
        if stop.is_set():
            epoch = training.members[0].epoch
            where = f"saved in {keeper.path}" if keeper.save(training) else "not saved"
            msg = (
                f"stopped after epoch {epoch}, which is {where}; repeat the same command to "
                "continue"
            )
            raise RunStoppedError(msg)
        keeper.save_if_due(training)
        training.epoch()
        on_epoch(training.members)
    return results[0]
