"""Publishing of a sweep's records: copies in few bytes all runs, and what its page needs."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ffnn_lab.config import UserError
from ffnn_lab.definition.sealed import read_sealed, write_sealed
from ffnn_lab.records import DEFAULT_SETTING
from ffnn_lab.records.parts import write_part
from ffnn_lab.records.read import read_table
from ffnn_lab.records.schema import KEYS
from ffnn_lab.report.claims.declaration import STORE
from ffnn_lab.report.data.measured import FOLDER
from ffnn_lab.report.data.replicates import reported_rows
from ffnn_lab.report.data.sweep import Sweep, load

DEFINITION = "definition.json"
WORKER = "published"
"""Name in place of a worker's in the file names of the published tables."""
COMPRESSION = "zstd"
"""Compression of the published parquet files, which are a third smaller than those that a running
sweep writes, but slower to write."""
PLACES = {"paths.outputs": "outputs", "paths.data": "data"}
"""Values that replace, by field, the folders of the machine on which the sweep ran. They change no
result."""
FILES = ("task.path", "model.folder")
"""Fields with paths of a user's own files on that machine; only the name of the file is
published."""
MOST_CURVES = 2000
"""Largest number of reported runs whose curves are published: about two megabytes at 30 epochs
each."""


@dataclass(frozen=True)
class Published:
    """The files that were written, and the reason why some records were left out."""

    paths: list[Path]
    remark: str
    """The reason why the curves were left out; empty if they were published."""


class PublishError(UserError):
    """Raised if a sweep's records cannot be published; the message says why."""


def publish(folder: Path, to: Path, *, most_curves: int = MOST_CURVES) -> Published:
    """Copy the records of a finished sweep that a reader needs into a new folder.

    These are the definition; the hashes of the claims that were declared before the first run;
    every run and every trial, in one parquet file each; the answers of confirmed runs on the test
    set; tables that were measured from saved networks; and the curves and diagnoses of the
    reported runs, those of each arm's best setting and of its untuned default in each replicate.
    Tables and figures made from them equal those made from all records. If more runs than
    ``most_curves`` are reported, because the sweep has so many replicates, no curves or diagnoses
    are written.

    Args:
        folder: The sweep's folder.
        to: A folder that does not exist yet.
        most_curves: Largest number of reported runs whose curves are written.

    Returns:
        The files written, and a remark if curves were left out.

    Raises:
        PublishError: If ``folder`` has no sweep, if the sweep's report needs the curves of all
            runs, or if ``to`` exists.
    """
    sweep = load(folder)
    if not isinstance(sweep, Sweep):
        msg = f"{folder} holds a single run; only sweeps are published"
        raise PublishError(msg)
    if sweep.objective.moment == "mean_last":
        msg = (
            f"{folder} scores each run by the mean of several epochs, so that its report needs "
            "the curves of all runs, which are not published"
        )
        raise PublishError(msg)
    if to.exists():
        msg = f"{to} exists; remove it first, so that old records and new ones are not mixed"
        raise PublishError(msg)
    to.mkdir(parents=True)
    write_sealed(to / DEFINITION, definition_without_places(read_sealed(folder / DEFINITION)))
    if (folder / STORE).exists():
        shutil.copyfile(folder / STORE, to / STORE)
    if (folder / FOLDER).is_dir():
        shutil.copytree(folder / FOLDER, to / FOLDER)
    shown = reported_runs(sweep)
    remark = ""
    if len(shown) > most_curves:
        remark = (
            f"no curves are published: {len(shown):,} runs are reported, and curves are published "
            f"for at most {most_curves:,}"
        )
        shown = []
    for table in KEYS:
        rows = read_table(folder, table)
        if table == "runs":
            rows = runs_without_places(rows)
        if table in ("curves", "layers"):
            rows = rows.filter(pc.is_in(rows["run_id"], pa.array(shown, pa.string())))
        if len(rows):
            write_part(to, WORKER, table, rows, compression=COMPRESSION)
    return Published(sorted(path for path in to.rglob("*") if path.is_file()), remark)


def definition_without_places(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the contents of ``definition.json`` without folders of the machine of the sweep.

    In the config of each arm, folders are replaced as in `PLACES`, and the paths in `FILES` by the
    names of the files.

    Args:
        stored: The contents of ``definition.json``.
    """
    arms = {
        name: arm | ({"config": _with_places(arm["config"])} if arm.get("config") else {})
        for name, arm in stored["arms"].items()
    }
    return {**stored, "arms": arms}


def runs_without_places(rows: pa.Table) -> pa.Table:
    """Return rows of the table ``runs`` without folders of the machine of the sweep.

    In the config of each run and in the columns of paths, folders are replaced as in `PLACES`, and
    the paths in `FILES` by the names of the files.

    Args:
        rows: Rows of the table ``runs``.
    """
    configs = [
        json.dumps(_with_places(json.loads(text)), sort_keys=True)
        for text in rows["config_json"].to_pylist()
    ]
    columns: dict[str, list[str | None]] = {
        key: [value] * len(rows) for key, value in PLACES.items()
    }
    for key in (key for key in FILES if key in rows.schema.names):
        columns[key] = [_named(value) for value in rows[key].to_pylist()]
    for name, values in {**columns, "config_json": configs}.items():
        place = rows.schema.get_field_index(name)
        rows = rows.set_column(place, name, pa.array(values, pa.string()))
    return rows


def _with_places(leaves: Mapping[str, Any]) -> dict[str, Any]:
    named = {key: _named(leaves[key]) for key in FILES if key in leaves}
    return {key: PLACES.get(key, value) for key, value in {**leaves, **named}.items()}


def _named(path: str | None) -> str | None:
    return None if path is None else Path(path).name


def reported_runs(sweep: Sweep) -> list[str]:
    """List the ids of the runs of each arm's best setting and default, in all replicates."""
    rows = sweep.rows
    defaults = rows[(rows["setting"] == DEFAULT_SETTING) & (rows["stage"] == "confirm")]
    return sorted({*reported_rows(sweep)["run_id"], *defaults["run_id"]})
