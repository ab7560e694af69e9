"""``python -m ffnn_lab.track SWEEP``: make W&B runs from recorded runs, each run once.

The command serves a sweep that was run with ``tracking=off``, a sweep whose tracking failed, and a
single run. Runs that W&B already has are left out. Neither torch nor W&B is imported here.
"""

from ffnn_lab.module_path import stand_back

if __name__ == "__main__":
    stand_back()

import argparse
import functools
import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from ffnn_lab.commands import Parser, exit_code_of, print_json
from ffnn_lab.config.run import TrackingConfig
from ffnn_lab.definition import read_definition
from ffnn_lab.delivery import BUSY, Delivery, count_text
from ffnn_lab.mirror_process import server_address
from ffnn_lab.records import (
    METRICS,
    MOMENTS,
    SOLUTIONS,
    SPLITS,
    CurvePoint,
    LayerPoint,
    RecordError,
    find_folder,
    read_curves,
    read_layers,
    read_runs,
    read_trials,
)
from ffnn_lab.troubles import points_of
from ffnn_lab.wandb_runs import (
    Place,
    check_tracking,
    exit_code,
    is_delivered,
    opening,
    read_ledger,
    receipt,
    summary,
    track_command,
)

KIND = "neither a sweep nor a run with records"
"""Part of the message about a name that is not found."""
EXIT_LEFT = 1
KEYS = "folder, mode, n_runs, n_online, n_offline, n_before, n_left, places"
MOST_TOGETHER = 64
"""Largest number of runs that are handed over before W&B has received the first of them."""
STAGES = ("tune", "confirm")


@dataclass(frozen=True)
class Recorded:
    """A recorded run, and the place (project and so on) of its W&B run."""

    place: Place
    mode: str
    """The value of ``tracking`` with which the run was trained: ``offline``, ``online`` or
    ``off``."""
    label: tuple[str, str]
    """Stage and arm of the run: ``single`` and an empty text for a single run, two empty texts for
    a sweep's run that no row of ``trials`` names."""
    row: Mapping[str, Any]
    """The run's row of the table ``runs``."""
    leaves: Mapping[str, Any]
    """The values of the run's config, by dotted name."""

    @property
    def run_id(self) -> str:
        """Return the id under which the run is recorded."""
        return str(self.row["run_id"])

    @property
    def receipt(self) -> dict[str, Any]:
        """Return the entry that the ledger gets for the run once W&B has it."""
        status, n_epochs = str(self.row["status"]), int(self.row["n_epochs"])
        return receipt(self.place, self.run_id, status, n_epochs)


@dataclass(frozen=True)
class Delivered:
    """The numbers of a folder's runs that W&B has after a delivery."""

    mode: str
    n_runs: int
    n_online: int
    """Number of runs that were sent now."""
    n_offline: int
    """Number of runs that were written offline now."""
    n_before: int
    """Number of runs that W&B had before, in the mode that is asked for."""
    n_left: int
    """Number of runs that W&B still lacks."""
    places: str
    """The W&B projects of the runs that were sent."""


def main(arguments: Sequence[str] | None = None, *, prog: str = "python -m ffnn_lab.track") -> int:
    """Deliver to W&B the runs that it lacks of the sweep that the command line names.

    Args:
        arguments: The words after the program's name; None for those of this process.
        prog: The program's name, for ``--help``.

    Returns:
        The exit code: 0 if W&B has all runs as asked; 1 if W&B still lacks some; 2, with the
        reason on standard error, if nothing could be done.
    """
    parser = Parser(
        prog=prog,
        description="Make W&B runs from the records of a sweep or a single run, each run once.",
    )
    parser.add_argument("sweep", metavar="SWEEP", help="a name under the outputs, or a folder")
    parser.add_outputs()
    parser.add_argument(
        "--mode",
        choices=("offline", "online"),
        help="write runs beside the records, or send them (default: as the sweep was tracked; "
        "offline where it was not)",
    )
    parser.add_argument("--project", help="W&B project (default: the sweep's tracking.project)")
    parser.add_argument("--entity", help="W&B team or user (default: the sweep's tracking.entity)")
    parser.add_json(KEYS)
    command = functools.partial(_track, parser.parse_args(arguments))
    return exit_code_of(command, interrupted="interrupted; repeat the same command to continue\n")


def _track(asked: argparse.Namespace) -> int:
    folder = find_folder(asked.sweep, outputs=asked.outputs, kind=KIND, mark="runs")
    runs = recorded_runs(folder, project=asked.project, entity=asked.entity)
    mode = asked.mode or ("online" if runs[-1].mode == "online" else "offline")
    delivered = deliver(folder, runs, mode)
    if asked.json:
        print_json({"folder": folder, **asdict(delivered)})
    else:
        show(delivered, Console())
    return EXIT_LEFT if delivered.n_left else 0


def show(delivered: Delivered, console: Console) -> None:
    """Print how many runs a delivery sent or wrote, and how many W&B had before."""
    for n_done, where in (
        (delivered.n_online, f"sent to {delivered.places}"),
        (delivered.n_offline, "written offline"),
    ):
        if n_done:
            console.print(
                f"{count_text(n_done)} {where}", soft_wrap=True, highlight=False, markup=False
            )
    if delivered.n_before:
        done = "sent" if delivered.mode == "online" else "written or sent"
        console.print(f"{count_text(delivered.n_before)} had been {done} before", highlight=False)


def recorded_runs(folder: Path, *, project: str | None, entity: str | None) -> list[Recorded]:
    """Read the recorded runs of a folder, each with the place of its W&B run.

    Args:
        folder: The folder of a sweep, or of a single run.
        project: The W&B project; None for the one in the run's config.
        entity: The W&B team or user; None for the one in the run's config.

    Raises:
        RecordError: If there are no runs, or a part of the records is damaged.
        ConfigError: If W&B would refuse the project or the entity.
    """
    runs = read_runs(folder)
    if len(runs) == 0:
        msg = f"{folder} has no recorded runs yet"
        raise RecordError(msg)
    definition = read_definition(folder)
    group = definition.name if definition else folder.resolve().name
    trials = read_trials(folder)
    trials = trials.sort_values(
        "stage", key=lambda stages: stages.map(STAGES.index), kind="stable"
    )
    first = trials.drop_duplicates("run_id")
    labels = dict(
        zip(first["run_id"], zip(first["stage"], first["arm"], strict=True), strict=True)
    )
    unlabeled = ("", "") if len(trials) else ("single", "")
    found = []
    for each in runs.to_dict("records"):
        row = {str(column): value for column, value in each.items()}
        leaves = json.loads(row["config_json"])
        settings = TrackingConfig(
            mode="online",  # so that it is checked
            project=project or leaves["tracking.project"],
            entity=entity or leaves.get("tracking.entity"),
            tags=list(leaves.get("tracking.tags", ())),
            notes=leaves.get("tracking.notes"),
        )
        check_tracking(settings)
        label = labels.get(row["run_id"], unlabeled)
        mode = leaves["tracking.mode"]
        found.append(Recorded(Place.of(settings, group), mode, label, row, leaves))
    return found


def deliver(folder: Path, runs: Sequence[Recorded], mode: str) -> Delivered:
    """Send the runs that W&B lacks to the tracking process, and wait until W&B has them.

    Args:
        folder: The sweep's folder.
        runs: All recorded runs of the folder.
        mode: ``offline`` or ``online``.

    Returns:
        The numbers of runs that W&B had before, has now, and still lacks.

    Raises:
        RecordError: If another process is writing W&B runs of the folder.
    """
    missing = _missing(folder, runs, mode)
    command = track_command(folder.name, str(folder.parent))
    delivery = Delivery(mode=mode, folder=folder, command=command, is_alone=True)
    try:
        layers = points_of(read_layers(folder))
        for run, curve in _with_curves(folder, missing):
            _hand(delivery, run, curve, layers.get(run.run_id, []))
            delivery.drain(MOST_TOGETHER)
        delivery.drain(0)
        delivery.close()
    finally:
        delivery.abort()
    if delivery.failure == BUSY:
        msg = (
            f"{folder / 'wandb'} is being written by another process, a sweep or another track; "
            "wait until it has ended"
        )
        raise RecordError(msg)
    return Delivered(
        mode=mode,
        n_runs=len(runs),
        n_online=delivery.n_delivered["online"],
        n_offline=delivery.n_delivered["offline"],
        n_before=len(runs) - len(missing),
        n_left=len(missing) - delivery.n_delivered[mode],
        places=_places(missing),
    )


def _missing(folder: Path, runs: Sequence[Recorded], mode: str) -> list[Recorded]:
    lines: dict[str, list[dict[str, Any]]] = {}
    for line in read_ledger(folder):
        lines.setdefault(str(line.get("run_id")), []).append(line)
    server, files = server_address(), folder / "wandb"
    return [
        run
        for run in runs
        if not is_delivered(
            run.receipt, lines.get(run.run_id, ()), mode=mode, server=server, files=files
        )
    ]


def _with_curves(
    folder: Path, runs: Sequence[Recorded]
) -> Iterator[tuple[Recorded, list[CurvePoint]]]:
    """Yield each run with its recorded curve, in the order in which the points were measured."""
    if not runs:
        return
    curves = read_curves(folder)
    curves = curves[curves["run_id"].isin([run.run_id for run in runs])]
    curves = curves.sort_values("epoch", kind="stable")
    by_run = dict(iter(curves.groupby("run_id")))
    nothing = curves.iloc[:0]
    for run in runs:
        points: pd.DataFrame = by_run.get(run.run_id, nothing)
        yield (
            run,
            [
                CurvePoint(*point)
                for point in points.drop(columns="run_id").itertuples(index=False)
            ],
        )


def _hand(
    delivery: Delivery,
    run: Recorded,
    curve: Sequence[CurvePoint],
    layers: Sequence[LayerPoint],
) -> None:
    delivery.update(
        run.run_id, lambda: opening(run.place, run.run_id, run.label, run.leaves), curve, layers
    )
    status = str(run.row["status"])
    told = summary(status, _metrics(run.row))
    delivery.end(run.run_id, (exit_code(status), told, run.receipt))
    delivery.flush()


def _metrics(row: Mapping[str, Any]) -> dict[str, float | int | None]:
    """Return every metric by its column, as ``RunResult.metrics`` has them."""
    names = [
        f"{moment}.{split}.{metric}"
        for moment in MOMENTS
        for split in SPLITS
        for metric in METRICS
    ]
    values: dict[str, float | int | None] = {name: _plain(row[name]) for name in names}
    epoch = _plain(row["best.epoch"])
    values["best.epoch"] = None if epoch is None else int(epoch)
    cosines = {f"cosine.{name}": _plain(row[f"cosine.{name}"]) for name in SOLUTIONS}
    return values | {name: value for name, value in cosines.items() if value is not None}


def _plain(value: Any) -> float | None:  # noqa: ANN401 - any value of a record
    is_missing = value is None or value is pd.NA or math.isnan(value)
    return None if is_missing else float(value)


def _places(runs: Sequence[Recorded]) -> str:
    names = {"/".join(filter(None, (run.place.entity, run.place.project))) for run in runs}
    return ", ".join(sorted(names))


if __name__ == "__main__":
    sys.exit(main())
