"""Publish a sweep's records: what its page needs, in as few bytes as keep every run."""

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ffnn_lab.config import UserError
from ffnn_lab.records.parts import write_part
from ffnn_lab.records.read import read_table
from ffnn_lab.records.schema import KEYS
from ffnn_lab.report.data.sweep import Sweep, load
from ffnn_lab.report.data.winners import find_winners

DEFINITION = "definition.json"
WORKER = "published"
"""In the names of the parts."""


class PublishError(UserError):
    """Records that cannot be published; the message says why."""


def publish(folder: Path, to: Path) -> list[Path]:
    """Write the records of a finished sweep that a reader needs into a folder of their own.

    They are the definition, every run and every trial in one part each, and the curves of the runs
    that are reported: those of each arm's best setting and of its untuned default. Tables and
    figures made from them are those made from the whole.

    Args:
        folder: The sweep's.
        to: A folder that does not exist yet.

    Returns:
        The files written.

    Raises:
        PublishError: If it is no sweep, if its report needs the curves of all runs, or if the
            folder exists.
    """
    sweep = load(folder)
    if not isinstance(sweep, Sweep):
        msg = f"{folder} holds a single run; only sweeps are published"
        raise PublishError(msg)
    if sweep.objective.moment == "mean_last":
        msg = f"{folder} scores runs by several epochs, for which the curves of all are needed"
        raise PublishError(msg)
    if to.exists():
        msg = f"{to} exists; remove it first, so that old records and new ones are not mixed"
        raise PublishError(msg)
    to.mkdir(parents=True)
    shutil.copyfile(folder / DEFINITION, to / DEFINITION)
    reported = [winner.rows["run_id"] for winner in find_winners(sweep).values()]
    reported += [sweep.default_of(arm)["run_id"] for arm in sweep.arms]
    shown = pa.array(sorted({run_id for run_ids in reported for run_id in run_ids}), pa.string())
    for table in KEYS:
        rows = read_table(folder, table)
        if table == "curves":
            rows = rows.filter(pc.is_in(rows["run_id"], shown))
        if len(rows):
            write_part(to, WORKER, table, rows)
    return sorted(path for path in to.rglob("*") if path.is_file())
