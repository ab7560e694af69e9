"""Recorded runs as objects, found by their ids, and saved networks."""

import json
import math
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ffnn_lab.config import RunConfig, UserError, from_leaves, home
from ffnn_lab.records import (
    MOMENTS,
    SPLITS,
    RecordError,
    TableReader,
    read_curves,
    read_layers,
    read_runs,
)
from ffnn_lab.troubles import told_by_run

if TYPE_CHECKING:
    from torch import nn

    from ffnn_lab.tasks.data.task import Task

N_LISTED = 5
"""Largest number of run ids that the message about an ambiguous beginning of an id lists."""


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """One recorded run."""

    folder: Path
    row: Mapping[str, Any]
    """The run's row of the table ``runs``: its config by dotted name, and every metric as
    ``<moment>.<split>.<metric>``, such as ``best.test.error``."""

    @property
    def run_id(self) -> str:
        """Return the id under which the run is recorded."""
        return str(self.row["run_id"])

    @property
    def status(self) -> str:
        """Return how the run ended: ``completed``, ``diverged``, ``pruned`` or ``failed``."""
        return str(self.row["status"])

    @property
    def n_epochs(self) -> int:
        """Return the number of epochs that the run was trained."""
        return int(self.row["n_epochs"])

    @property
    def errors(self) -> dict[str, float]:
        """Return the error after the last epoch by split: ``train``, ``dev`` and ``test``.

        For classes an error is a rate in [0, 1]; for a number to predict it is the mean squared
        residual over the variance of the train labels; for texts it is in bits per letter. NaN
        stands for an error that was not measured.
        """
        values = {split: self.row[f"last.{split}.error"] for split in SPLITS}
        return {split: math.nan if pd.isna(each) else each for split, each in values.items()}

    @cached_property
    def config(self) -> RunConfig:
        """Return the run's config.

        Raises:
            RecordError: If the stored config does not fit this version.
        """
        try:
            return from_leaves(json.loads(self.row["config_json"]))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            msg = (
                f"run {self.run_id} of {self.folder} cannot be rebuilt: {error}; it was recorded "
                f"with ffnn_lab {self.row['version.ffnn_lab']}, commit {self.row['git.commit']}"
            )
            raise RecordError(msg) from error

    @cached_property
    def curve(self) -> pd.DataFrame:
        """Return the learning curve: one row for each measured epoch and split.

        The columns are ``epoch``, ``step``, ``split``, ``loss``, ``error`` and ``lr``.

        Raises:
            RecordError: If the records are damaged.
        """
        curves = read_curves(self.folder)
        own = curves[curves["run_id"] == self.run_id].drop(columns="run_id")
        return own.reset_index(drop=True)

    @cached_property
    def layers(self) -> pd.DataFrame:
        """Return the diagnoses: one row for each diagnosed epoch and layer, with its statistics.

        The table is empty unless ``trainer.diagnose_every`` was set or the run learned nothing;
        ``docs/records.md`` explains its columns.

        Raises:
            RecordError: If the records are damaged.
        """
        layers = read_layers(self.folder)
        own = layers[layers["run_id"] == self.run_id].drop(columns="run_id")
        return own.reset_index(drop=True)

    @property
    def troubles(self) -> list[str]:
        """Return what the diagnoses say went wrong, a line each; empty if nothing did."""
        layers = self.layers.assign(run_id=self.run_id)
        return told_by_run(pd.DataFrame([self.row]), layers).get(self.run_id, [])

    def as_values(self) -> dict[str, Any]:
        """Return the run's result by the keys of ``ffnn-lab run --json``.

        The keys of ``metrics`` are the columns ``<moment>.<split>.<metric>`` of the row.
        """
        keys = ("run_id", "status", "n_epochs", "n_steps", "diverged_step", "seconds")
        metrics = {
            key: value for key, value in self.row.items() if key.partition(".")[0] in MOMENTS
        }
        own = {key: self.row[key] for key in (*keys, "chance_error")}
        return {
            **own,
            "folder": str(self.folder),
            "errors": self.errors,
            "metrics": metrics,
            "troubles": self.troubles,
        }

    def task(self) -> "Task":
        """Load the data that the run learned from, split and scaled as for its training.

        Raises:
            UserError: If the data are missing.
        """
        from ffnn_lab.tasks import load_task  # noqa: PLC0415 - seconds of imports
        from ffnn_lab.trainer import settle_device  # noqa: PLC0415 - torch

        return load_task(settle_device(self.config).task, Path(self.config.paths.data))

    def network(self) -> "nn.Module":
        """Open the trained network as a module; see `open_network` for its inputs and outputs.

        Raises:
            UserError: If the run was trained without ``trainer.save_weights=true``.
        """
        return open_network(self)

    def __repr__(self) -> str:
        """Return the run's id, folder, status and errors in one line."""
        errors = ", ".join(f"{split} {each:.4g}" for split, each in self.errors.items())
        return (
            f"Run {self.run_id} in {self.folder}: {self.status} after {self.n_epochs} epochs, "
            f"errors {errors}"
        )


def read_run(folder: Path) -> Run:
    """Read the only run of a folder.

    Raises:
        RecordError: If the folder holds no run or several runs, or a file of them is damaged.
    """
    rows = read_runs(folder).to_dict("records")
    if len(rows) != 1:
        msg = f"{folder} must hold a single run, but holds {len(rows)} runs"
        raise RecordError(msg)
    return Run(folder, {str(column): value for column, value in rows[0].items()})


def find_runs(prefix: str, *, outputs: Path) -> list[Run]:
    """Find the records of a run by its id, or by the beginning of the id, in all folders.

    Folders that cannot be read are named on standard error if the run is found in another folder.

    Args:
        prefix: The id, or its beginning.
        outputs: The folder of all sweeps and single runs.

    Returns:
        The records of the run, one for each folder that has it.

    Raises:
        RecordError: If there are no records, or the ids of no run or of several runs begin so.
    """
    folders = _folders_of_records(outputs)
    if not folders:
        msg = (
            f"{outputs} has no records: there is no part-*.parquet under "
            f"{outputs / '*' / 'runs'}; "
            f"{_where_else(prefix, outputs)}"
        )
        raise RecordError(msg)
    found, unread = _find_in(folders, prefix)
    records = found.get(prefix) or (next(iter(found.values())) if len(found) == 1 else None)
    if records is None:
        listed = ", ".join(sorted(found)[:N_LISTED]) + (", ..." if len(found) > N_LISTED else "")
        how_many = (
            f"the ids of {len(found)} runs begin with it; write more of the id: {listed}"
            if found
            else f"no run's id begins with it; {_where_else(prefix, outputs)}"
        )
        msg = "\n".join([f"run id {prefix!r} under {outputs}: {how_many}", *unread])
        raise RecordError(msg)
    sys.stderr.write("".join(f"{line}\n" for line in unread))
    return records


def _folders_of_records(outputs: Path) -> list[Path]:
    """List the folders under ``outputs`` that have records."""
    return sorted({part.parent.parent for part in outputs.glob("*/runs/part-*.parquet")})


def _find_in(folders: Sequence[Path], prefix: str) -> tuple[dict[str, list[Run]], list[str]]:
    """Return the runs whose ids begin with ``prefix``, by id, and a message per unread folder."""
    found: dict[str, list[Run]] = {}
    unread = []
    for folder in folders:
        try:
            ids = TableReader(folder, "runs", ["run_id"]).refresh()["run_id"]
            if not ids.str.startswith(prefix).any():  # spares reading a hundred more columns
                continue
            runs = read_runs(folder)
        except RecordError as error:
            unread.append(f"not searched: {error}")
            continue
        for row in runs[runs["run_id"].str.startswith(prefix)].to_dict("records"):
            record = Run(folder, {str(column): value for column, value in row.items()})
            found.setdefault(record.run_id, []).append(record)
    return found, unread


def _where_else(prefix: str, outputs: Path) -> str:
    """Return a hint for a message: a value of ``--outputs`` with which the run would be found.

    This helps after a folder was copied to another place.

    The search covers the working directory, the folder above it, the folders in it, and the folder
    above ``outputs``, which may be a sweep's own folder.
    """
    here = Path()
    inside = {part.parents[2] for part in here.glob("*/*/runs/part-*.parquet")}
    for place in (here, Path(".."), outputs.parent, *sorted(inside)):
        if place.resolve() == outputs.resolve():
            continue
        found, _ = _find_in(_folders_of_records(place), prefix)
        if len(found) == 1:
            return f"such a run is found with --outputs {shlex.quote(str(place))}"
    return "set --outputs FOLDER to the folder that holds the sweep's folder"


def open_network(source: "str | Path | Run") -> "nn.Module":
    """Open the network of a run that was trained with ``trainer.save_weights=true``.

    The network takes inputs of shape ``(B, n_features)``, or of the shape that its model asks for
    (images of ``(channels, rows, columns)``), in the run's dtype (float32 unless
    ``trainer.dtype`` says otherwise), **scaled as its task scales them**: with statistics of the
    train split, per feature or over all, as ``task.scaling`` says. ``Run.task()`` returns the
    splits scaled so; raw inputs must be scaled before.

    Args:
        source: A `Run`, the folder of a single run, or the file of a network, such as
            ``outputs/default/weights/<run_id>.pt``.

    Returns:
        A module in evaluation mode, without dropout: an ``nn.Sequential`` for ``model=mlp`` and
        ``model=linear``. The module returns logits of shape ``(B, n_classes)``, or scores
        ``(B, 1)`` if the task has one output; scores of a standardized target, times
        ``Task.label_deviation`` plus ``Task.label_mean``, are in the target's own unit.

    Raises:
        UserError: If there is no network, or its file is damaged.

    Example:
        >>> import ffnn_lab, torch
        >>> run = ffnn_lab.train("trainer.save_weights=true", "tracking=off")
        >>> network, test = ffnn_lab.open_network(run), run.task().test
        >>> answers = network(torch.from_numpy(test.inputs).float()).argmax(dim=1).numpy()
        >>> (answers != test.labels).mean() == run.errors["test"]
        True
    """
    path = _path_of(source)
    if not path.exists():
        msg = (
            f"{path} does not exist: the network of a run is saved only with "
            "trainer.save_weights=true"
        )
        raise UserError(msg)
    from ffnn_lab.models import open_network as opened  # noqa: PLC0415 - torch

    return opened(path)


def _path_of(source: str | Path | Run) -> Path:
    """Return the path of a network's file, for the ``source`` that `open_network` takes."""
    if not isinstance(source, Run):
        path = home(str(source))
        if not path.is_dir():
            return path
        source = read_run(path)
    return source.folder / "weights" / f"{source.run_id}.pt"
