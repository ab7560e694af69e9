"""``ffnn_lab.load``: the records of a folder as tables."""

import os
from pathlib import Path

from ffnn_lab.config import home
from ffnn_lab.records import RecordError, find_folder
from ffnn_lab.report.data import sweep as data
from ffnn_lab.report.data.sweep import Records, Sweep

KIND = "neither a folder nor a sweep"
"""Part of the message for a name that is not found."""


def load(folder: str | Path) -> Records:
    """Read the records of a sweep, finished or not, or of a single run.

    Args:
        folder: The folder, such as ``outputs/default``, or its name under the outputs
            (``FFNN_LAB_OUTPUTS``, or else ``outputs``).

    Returns:
        The tables as DataFrames: ``runs`` (a row for each run: its config by dotted name, status
        and metrics), ``trials`` (a row for each stage, arm, setting and seed), ``curves`` (a row
        for each run, epoch and split), ``directions`` (of tasks that know solutions),
        ``layers`` (of diagnosed runs, a row for each epoch and layer) and ``correct`` (of
        confirmed runs, a bit for each test example, in the order of the task's test split:
        ``numpy.unpackbits(numpy.frombuffer(bits, "u1"), count=n_examples)``). For a
        sweep the result is a `Sweep`, which adds the ``definition`` (arms with their spaces,
        objective, protocol, seeds, command), ``rows`` (trials with their runs) and ``scores`` (of
        each setting).

    Raises:
        UserError: If there are no records, or a file of them is damaged.

    Example:
        >>> import ffnn_lab
        >>> records = ffnn_lab.load("outputs/default")
        >>> records.runs.groupby("optimizer.name")["last.test.error"].min()
        >>> records.curves.query("split == 'dev'").groupby("epoch")["loss"].median().plot()
    """
    outputs = home(os.environ.get("FFNN_LAB_OUTPUTS", "outputs"))
    return data.load(find_folder(str(folder), outputs=outputs, kind=KIND))


def load_sweep(folder: Path) -> Sweep:
    """Read the records of a sweep's own folder.

    Raises:
        RecordError: If the folder is not that of a sweep, or a file of the records is damaged.
    """
    records = data.load(folder)
    if not isinstance(records, Sweep):
        msg = f"{folder} holds a single run, not a sweep"
        raise RecordError(msg)
    return records
