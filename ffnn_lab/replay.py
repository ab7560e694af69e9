"""``python -m ffnn_lab.replay RUN_ID``: train a recorded run again, alone, and compare all bits.

Only what ``--help`` needs is imported here; torch comes with the work.
"""

from ffnn_lab.module_path import stand_back

if __name__ == "__main__":
    stand_back()

import argparse
import functools
import math
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Console

from ffnn_lab.api.recorded import Run, find_runs
from ffnn_lab.commands import Parser, exit_code_of, print_json
from ffnn_lab.config import RunConfig, UserError, moves_numbers, run_id, settle_sources
from ffnn_lab.records import (
    CurvePoint,
    RecordError,
    RunResult,
    environment,
    read_curves,
    run_row,
)

if TYPE_CHECKING:
    from ffnn_lab.population import Member
    from ffnn_lab.tasks.data.task import Task

EXIT_DIFFERS = 1
KEYS = (
    "run_id, agrees (true or false) and records, a list; each with folder, status, n_epochs, "
    "n_numbers, differences and changes"
)
POINT = ("step", "loss", "error", "lr")
"""The columns of ``curves`` that are compared at each point."""
STOPPED = ("pruned", "failed")
"""Statuses of runs that ended early: a replay trains them for as many epochs as they had."""


class _EnoughError(Exception):
    """Raised to end a training at the epoch at which the record ends; it carries the member."""

    def __init__(self, member: "Member") -> None:
        super().__init__()
        self.member = member


@dataclass(frozen=True)
class Comparison:
    """The outcome of comparing a record with a new training of the run."""

    n_in_row: int
    """Number of recorded numbers in the run's row of ``runs``."""
    n_points: int
    """Number of points of the run's recorded curve."""
    differences: list[str]
    """Texts that say where the record and the new training differ; empty if they agree."""

    @property
    def n_numbers(self) -> int:
        """Count the recorded numbers that were compared."""
        return self.n_in_row + len(POINT) * self.n_points


def main(
    arguments: Sequence[str] | None = None, *, prog: str = "python -m ffnn_lab.replay"
) -> int:
    """Replay the run that the command line names.

    Args:
        arguments: The words after the program's name; None for those of this process.
        prog: The program's name, for ``--help``.

    Returns:
        The exit code: 0 if every number agrees; 1 if a number differs; 2, with the reason on
        standard error, if there was nothing to compare.
    """
    parser = Parser(
        prog=prog,
        description="Train one recorded run again, alone, and compare every number to the bit.",
    )
    parser.add_argument("run", metavar="RUN_ID", help="a run's id, or the beginning of it")
    parser.add_outputs()
    parser.add_argument(
        "--data",
        default=os.environ.get("FFNN_LAB_DATA"),
        help="folder of the raw data (default: FFNN_LAB_DATA, or else as recorded)",
    )
    parser.add_argument("--table", help="file of the run's own table, if it has moved")
    parser.add_json(KEYS)
    return exit_code_of(functools.partial(_replay, parser.parse_args(arguments)))


def _replay(asked: argparse.Namespace) -> int:
    records = find_runs(asked.run, outputs=asked.outputs)
    found = replay(records, Console(stderr=asked.json), data=asked.data, table=asked.table)
    agrees = not any(each.differences for each in found)
    if asked.json:
        values = [as_values(*each) for each in zip(records, found, strict=True)]
        print_json({"run_id": records[0].run_id, "agrees": agrees, "records": values})
    return 0 if agrees else EXIT_DIFFERS


def as_values(record: Run, compared: Comparison) -> dict[str, Any]:
    """Return a comparison under the keys that ``--json`` prints."""
    return {
        "folder": record.folder,
        "status": record.status,
        "n_epochs": record.n_epochs,
        "n_numbers": compared.n_numbers,
        "differences": compared.differences,
        "changes": _changes(record.row) if compared.differences else [],
    }


def epochs_of(record: Run) -> int | None:
    """Return the epoch at which a run ended early; None if the run did not end early."""
    return record.n_epochs if record.status in STOPPED else None


def replay(
    records: Sequence[Run],
    console: Console,
    *,
    data: str | None = None,
    table: str | None = None,
) -> list[Comparison]:
    """Train a run again and compare it with each of its records.

    Args:
        records: Records of one run, each from another folder.
        console: The console for messages.
        data: The data folder; None for the recorded path.
        table: The file of a run's own table; None for the recorded path.

    Returns:
        The comparison with each record.

    Raises:
        UserError: If a config does not fit this version or this machine.
    """

    def say(text: str) -> None:
        console.print(text, soft_wrap=True, highlight=False, markup=False)

    results: dict[tuple[str, str, int | None], RunResult] = {}
    found = []
    for record in records:
        ended = f"{record.status} after {record.n_epochs} epochs"
        say(f"run {record.run_id} of {record.folder}: {ended}")
        config = settle_sources(record.config)
        key = run_id(config), record.status, epochs_of(record)
        if key not in results:
            task = _task_of(config, data=data, table=table)
            results[key] = _train_again(config, record.status, epochs_of(record), task, console)
        found.append(compare(record, results[key]))
        say(_verdict(record, found[-1]))
    return found


def _task_of(config: RunConfig, *, data: str | None, table: str | None) -> "Task":
    """Load the task of a run, from ``data`` and ``table`` instead of the recorded paths if given.

    Raises:
        UserError: If the task cannot be loaded.
    """
    from ffnn_lab.tasks import TASKS, load_task  # noqa: PLC0415 - see the module's docstring
    from ffnn_lab.trainer import settle_device  # noqa: PLC0415

    task, folder = settle_device(config).task, Path(data or config.paths.data)
    file_field = TASKS[task.name].file_field
    if file_field is None:
        return load_task(task, folder)
    if table is not None:
        return load_task(replace(task, **{file_field: table}), folder)
    try:
        return load_task(task, folder)
    except UserError as error:
        msg = f"{error}; if the table has moved, add --table FILE"
        raise RecordError(msg) from error


def compare(record: Run, result: RunResult) -> Comparison:
    """Compare every recorded number of a run, except ``seconds``, with a new result."""
    curves = read_curves(record.folder)
    curve = curves[curves["run_id"] == record.run_id].drop(columns="run_id")
    now = run_row(result)
    ignored = {"run_id", "seconds", "config_json", "traceback", *environment()}
    found = {*result.metrics(), "n_epochs", "n_steps", "diverged_step", "chance_error"}
    differences = []
    n_in_row = 0
    if result.run_id != record.run_id:
        differences.append(f"its config has the id {result.run_id}, not the recorded one")
    for column, stored in record.row.items():
        before, after = _plain(stored), _plain(now.get(column))
        n_in_row += column in found and before is not None
        if column not in ignored and moves_numbers(column) and before != after:
            differences.append(f"{column}: {_then_and_now(before, after)}")
    if record.status != "failed" or len(curve) > 0:  # usually only its end is recorded
        differences += _curve_differences(curve, result.curve)
    return Comparison(n_in_row, len(curve), differences)


def _curve_differences(recorded: pd.DataFrame, curve: Sequence[CurvePoint]) -> list[str]:
    points = [asdict(point) for point in curve]
    now = pd.DataFrame(points, columns=recorded.columns).astype(recorded.dtypes)
    joined = recorded.merge(
        now, on=["epoch", "split"], how="outer", suffixes=(" then", " now"), indicator="side"
    )
    differences = []
    for side, name in (("left_only", "recorded but missing now"), ("right_only", "not recorded")):
        alone = joined[joined["side"] == side]
        if len(alone) > 0:
            epochs = f"epochs {alone['epoch'].min()} to {alone['epoch'].max()}"
            differences.append(f"curve: {len(alone)} points {name}, {epochs}")
    both = joined[joined["side"] == "both"].reset_index(drop=True)
    for name in POINT:
        before, after = both[f"{name} then"], both[f"{name} now"]
        differs = (before != after) & ~(before.isna() & after.isna())
        if not differs.any():
            continue
        # A NaN on one side alone counts as an infinite difference.
        gaps = (before - after).abs().where(differs, 0.0).fillna(math.inf)
        worst = int(gaps.to_numpy().argmax())
        place = f"epoch {both['epoch'][worst]}, {both['split'][worst]}"
        differences.append(
            f"curve, {name}: {differs.sum()} of {len(both)} points differ, the first at epoch "
            f"{both['epoch'][differs].min()}; the largest difference is at {place}: "
            f"{_then_and_now(before[worst], after[worst])}"
        )
    return differences


def _plain(value: Any) -> Any:  # noqa: ANN401 - any value of a record
    """Convert a stored or a new value to one form: arrays to lists, missing values to None."""
    if hasattr(value, "tolist"):
        return value.tolist()
    return None if isinstance(value, float) and math.isnan(value) else value


def _then_and_now(before: Any, after: Any) -> str:  # noqa: ANN401 - as above
    """Return two unequal values as text, with their distance if both are numbers."""
    texts = [
        "nothing" if each is None else str(each).removesuffix(".0") for each in (before, after)
    ]
    text = f"recorded {texts[0]}, now {texts[1]}"
    are_numbers = all(isinstance(each, int | float) for each in (before, after))
    return f"{text} (by {abs(before - after):.3g})" if are_numbers else text


def _train_again(
    config: RunConfig, status: str, until: int | None, task: "Task", console: Console
) -> RunResult:
    """Train a run alone, writing nothing.

    Args:
        config: The run's config.
        status: The recorded status, which the result gets if the run ends early again.
        until: The epoch at which the run ended early; None if it did not. ``max_epochs`` keeps its
            value, since schedules depend on it.
        task: The run's task.
        console: The console, which shows progress if it is a terminal.
    """
    from ffnn_lab.sweeper.display import RunDisplay  # noqa: PLC0415 - see the module's docstring
    from ffnn_lab.trainer import train  # noqa: PLC0415

    with RunDisplay(config, console) as display:
        try:
            (result,) = train([config], task, on_epoch=_until(until, display.on_epoch))
        except _EnoughError as enough:
            member = enough.member
            return RunResult(
                config=config,
                run_id=member.run_id,
                status=status if member.diverged_step is None else "diverged",
                n_epochs=member.epoch,
                n_steps=member.n_steps,
                diverged_step=member.diverged_step,
                seconds=member.seconds,
                chance_error=task.chance_error,
                curve=member.curve,
                directions=member.directions,
                layers=member.layers,
            )
    return result


def _until(
    epoch: int | None, on_epoch: Callable[[Sequence["Member"]], None]
) -> Callable[[Sequence["Member"]], None]:
    def watch(members: Sequence["Member"]) -> None:
        on_epoch(members)
        if epoch is not None and members[0].epoch >= epoch:
            raise _EnoughError(members[0])

    return watch


def _verdict(record: Run, compared: Comparison) -> str:
    """Return the outcome of a comparison as text, with a likely reason for a difference."""
    what = (
        f"{compared.n_in_row} of its row, {len(POINT)} at each of {compared.n_points} points of "
        "its curve"
    )
    if not compared.differences:
        return (
            f"agrees to the bit: {compared.n_numbers} numbers ({what}), its status and every "
            "field of its config that can change a number"
        )
    return "\n  ".join(
        [
            f"differs from its record ({compared.n_numbers} numbers compared: {what}):",
            *compared.differences,
            *_changes(record.row),
        ]
    )


def _changes(row: Mapping[str, Any]) -> list[str]:
    """List the differences between this environment and the one in which a run was recorded."""
    now = environment()
    changed = [f"{key}: {row[key]} then, {now[key]} now" for key in now if row[key] != now[key]]
    if row["git.is_dirty"] == now["git.is_dirty"] == "true":
        changed.append("git.is_dirty: true then and now; what was not committed may differ")
    return changed or ["versions, machine and commit are those of the record"]


if __name__ == "__main__":
    sys.exit(main())
