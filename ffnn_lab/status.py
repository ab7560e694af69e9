"""``python -m ffnn_lab.status``: show the progress of sweeps, from their records alone.

Files of the records appear whole, so the command works while a sweep is running. The journal of a
sweep's studies shows whether the sweep is running.
"""

from ffnn_lab.module_path import stand_back

if __name__ == "__main__":
    stand_back()

import functools
import math
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ffnn_lab.commands import Parser, exit_code_of, print_json
from ffnn_lab.definition import Definition, stored_definition
from ffnn_lab.progress import recorded_progress
from ffnn_lab.records import (
    DEFAULT_SETTING,
    RecordError,
    find_folder,
    read_curves,
    read_runs,
    read_trials,
)
from ffnn_lab.scores import setting_scores
from ffnn_lab.sweeper.presence import Presence, look

KEYS = (
    "sweeps, a list; each with name, state, command, metric, n_runs, n_runs_asked, n_failed, "
    "n_workers, seconds_left, changed (seconds since 1970) and arms; damaged, a list of name and "
    "error"
)
WIDTH = 1000
"""Number of characters in a line if the output is no terminal, so that no cell is wrapped."""


@dataclass(frozen=True)
class ArmStatus:
    """The progress of one arm in one stage."""

    stage: str
    arm: str
    n_settings: int
    """Number of settings whose seeds are all recorded; in confirm, the untuned default among
    them."""
    n_settings_asked: int
    n_runs: int
    n_runs_asked: int
    n_diverged: int
    n_pruned: int
    n_failed: int
    best: float | None
    """The lowest score of a setting whose seeds are all recorded, the untuned default left out."""
    seconds: float | None = field(default=None, compare=False)
    """Mean number of seconds that a worker needed for a run; None if no run is recorded."""


@dataclass(frozen=True)
class SweepStatus:
    """The progress of a sweep."""

    name: str
    command: str
    metric: str
    """The metric that scores are computed from: ``error`` or ``loss``."""
    arms: tuple[ArmStatus, ...]
    """The progress of all arms in tune, then in confirm."""
    changed: float
    """Time of the last change of the records, or of the definition if no run is recorded, in
    seconds since 1970."""
    presence: Presence | None = None
    """The processes at work on the sweep; None if they cannot be known."""

    @property
    def n_runs(self) -> int:
        """Count the runs that are recorded; a run that belongs to two arms counts for both."""
        return sum(arm.n_runs for arm in self.arms)

    @property
    def n_failed(self) -> int:
        """Count the runs that failed; a run that belongs to two arms counts for both."""
        return sum(arm.n_failed for arm in self.arms)

    @property
    def n_runs_asked(self) -> int:
        """Count the runs that were asked for."""
        return sum(arm.n_runs_asked for arm in self.arms)

    @property
    def state(self) -> str:
        """Return ``finished``, ``running``, ``stopped``, or else ``unfinished``.

        If the studies of a sweep lie on a server, its records do not show whether it is running.
        """
        if all(arm.n_runs >= arm.n_runs_asked for arm in self.arms):
            return "finished"
        if self.presence is None:
            return "unfinished"
        return "running" if self.presence.n_workers else "stopped"

    @property
    def seconds_left(self) -> float | None:
        """Estimate the time that the living workers still need, at the pace of what is recorded.

        Returns:
            Seconds; None if no worker is alive, or nothing is recorded yet.
        """
        known = [arm for arm in self.arms if arm.seconds is not None]
        if self.state != "running" or self.presence is None or not known:
            return None
        n_runs = sum(arm.n_runs for arm in known)
        mean = sum((arm.seconds or 0.0) * arm.n_runs for arm in known) / n_runs
        paces = {arm.arm: arm.seconds for arm in known}
        left = sum(
            max(0, arm.n_runs_asked - arm.n_runs) * (paces.get(arm.arm) or mean)
            for arm in self.arms
        )
        return max(0.0, left - self.presence.progress * mean) / self.presence.n_workers


def main(
    arguments: Sequence[str] | None = None, *, prog: str = "python -m ffnn_lab.status"
) -> int:
    """Print the progress of the sweep that the command line names, or of all sweeps.

    Args:
        arguments: The words after the program's name; None for those of this process.
        prog: The program's name, for ``--help``.

    Returns:
        The exit code: 0, or 2, with the reason on standard error, if there is nothing to show.
    """
    parser = Parser(
        prog=prog, description="Show how far sweeps are: all of them, or one by stage and arm."
    )
    parser.add_argument(
        "sweep", metavar="SWEEP", nargs="?", help="a name under the outputs, or a folder"
    )
    parser.add_outputs()
    parser.add_json(KEYS)
    asked = parser.parse_args(arguments)
    return exit_code_of(functools.partial(_tell, asked.sweep, asked.outputs, as_json=asked.json))


def _tell(name: str | None, outputs: Path, *, as_json: bool) -> None:
    now = time.time()
    if name is None:
        statuses, damaged = read_all(outputs)
    else:
        folder = find_folder(name, outputs=outputs, kind="not a sweep", mark="definition.json")
        statuses, damaged = [read_status(folder)], {}
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    if as_json:
        named = [{"name": each, "error": error} for each, error in damaged.items()]
        print_json({"sweeps": [as_values(each) for each in statuses], "damaged": named})
    elif name is None:
        show_all(statuses, damaged, console, now=now)
    else:
        show_one(statuses[0], console, now=now)


def as_values(status: SweepStatus) -> dict[str, Any]:
    """Return a sweep's progress under the keys that ``--json`` prints."""
    presence = status.presence
    return {
        "name": status.name,
        "state": status.state,
        "command": status.command,
        "metric": status.metric,
        "n_runs": status.n_runs,
        "n_runs_asked": status.n_runs_asked,
        "n_failed": status.n_failed,
        "n_workers": None if presence is None else presence.n_workers,
        "seconds_left": status.seconds_left,
        "changed": status.changed,
        "arms": [asdict(arm) for arm in status.arms],
    }


def read_status(folder: Path, *, now: float | None = None) -> SweepStatus:
    """Read the progress of a sweep from its records.

    Args:
        folder: The sweep's folder.
        now: The time in seconds since 1970; None for the current time.

    Raises:
        RecordError: If the definition or a part of the records is damaged.
    """
    definition = stored_definition(folder)
    return SweepStatus(
        name=folder.resolve().name,
        command=definition.command,
        metric=definition.objective.metric,
        arms=_arms(folder, definition),
        changed=_changed(folder),
        presence=look(folder, definition.name, now=time.time() if now is None else now),
    )


def _arms(folder: Path, definition: Definition) -> tuple[ArmStatus, ...]:
    trials, runs = read_trials(folder), read_runs(folder)
    objective = definition.objective
    curves = read_curves(folder) if objective.moment == "mean_last" else None
    stages = {"tune": len(definition.tune_seeds), "confirm": len(definition.confirm_seeds)}
    scores = {
        stage: setting_scores(runs, trials, stage=stage, objective=objective, curves=curves)
        for stage in stages
    }
    by_id = runs.set_index("run_id")[["status", "seconds"]]
    found = []
    for count in recorded_progress(definition, runs, trials, curves):
        own = by_id.loc[list(count.runs)]
        counts = own["status"].value_counts()
        of_stage = scores[count.stage]
        is_tuned = (of_stage["arm"] == count.arm) & (of_stage["setting"] != DEFAULT_SETTING)
        whole = of_stage[is_tuned & (of_stage["n_seeds"] >= stages[count.stage])]
        found.append(
            ArmStatus(
                stage=count.stage,
                arm=count.arm,
                n_settings=count.n_settings,
                n_settings_asked=count.n_settings_asked,
                n_runs=count.n_runs,
                n_runs_asked=count.n_runs_asked,
                n_diverged=int(counts.get("diverged", 0)),
                n_pruned=int(counts.get("pruned", 0)),
                n_failed=int(counts.get("failed", 0)),
                best=float(whole["score"].min()) if len(whole) > 0 else None,
                seconds=float(own["seconds"].mean()) if len(own) > 0 else None,
            )
        )
    return tuple(found)


def _changed(folder: Path) -> float:
    """Return the time of the newest record, or of the definition if there is no record yet."""
    # A file that is renamed into a folder sets the folder's time; no folder can vanish meanwhile.
    tables = [folder / table for table in ("runs", "trials") if (folder / table).is_dir()]
    return max(path.stat().st_mtime for path in tables or [folder / "definition.json"])


def read_all(outputs: Path) -> tuple[list[SweepStatus], dict[str, str]]:
    """Read the progress of all sweeps; the sweep that changed last comes first.

    Returns:
        The progress of the sweeps that can be read, and for the other sweeps the message of the
        error, by name.

    Raises:
        RecordError: If there are no sweeps.
    """
    folders = sorted(path.parent for path in outputs.glob("*/definition.json"))
    if not folders:
        msg = f"{outputs} has no sweeps: no folder in it has a definition.json"
        raise RecordError(msg)
    read, damaged = [], {}
    for folder in folders:
        try:
            read.append(read_status(folder))
        except RecordError as error:
            damaged[folder.name] = str(error)
    return sorted(read, key=lambda status: -status.changed), damaged


def show_all(
    statuses: Sequence[SweepStatus], damaged: Mapping[str, str], console: Console, *, now: float
) -> None:
    """Print one line for each sweep.

    Args:
        statuses: The progress of the sweeps that can be read.
        damaged: For the other sweeps the message of the error, by name.
        console: The console to print on.
        now: The time in seconds since 1970.
    """
    table = _table(console, "sweep", "state", "runs recorded", "last record", "command")
    for status in statuses:
        progress = f"{status.n_runs} of {status.n_runs_asked}"
        age = age_text(now - status.changed)
        state = _state_text(status, now=now)
        table.add_row(Text(status.name), state, progress, age, Text(status.command))
    _print(console, table, *(f"{name}: {error}" for name, error in damaged.items()))


def show_one(status: SweepStatus, console: Console, *, now: float) -> None:
    """Print the progress of each arm of a sweep in each stage.

    Args:
        status: The progress.
        console: The console to print on.
        now: The time in seconds since 1970.
    """
    has_failed = status.n_failed > 0
    counted = ("diverged", "pruned", *(["failed"] if has_failed else []))
    table = _table(console, "stage", "arm", "settings", "runs recorded", *counted, "best score")
    for arm in status.arms:
        counts = (arm.n_diverged, arm.n_pruned, *([arm.n_failed] if has_failed else []))
        table.add_row(
            arm.stage,
            Text(arm.arm),
            f"{arm.n_settings} of {arm.n_settings_asked}",
            f"{arm.n_runs} of {arm.n_runs_asked}",
            *(str(count) for count in counts),
            _score_text(arm.best, status.metric),
        )
    head = (
        f"sweep {status.name}: {_state_text(status, now=now)}, "
        f"{status.n_runs} of {status.n_runs_asked} runs recorded, "
        f"the last {age_text(now - status.changed)}"
    )
    _print(console, head, status.command, table)


def _state_text(status: SweepStatus, *, now: float) -> str:
    """Return a sweep's state as text: ``running (2 workers, about 5 min left, 1 failed)``."""
    more = []
    if status.state == "running" and status.presence is not None:
        n_workers = status.presence.n_workers
        more.append(f"{n_workers} worker{'' if n_workers == 1 else 's'}")
        left = status.seconds_left
        more += [] if left is None else [f"about {length_text(left)} left"]
    if status.state == "stopped" and status.presence is not None:
        more.append(age_text(now - status.presence.seen))
    more += [f"{status.n_failed} failed"] if status.n_failed else []
    return f"{status.state} ({', '.join(more)})" if more else status.state


def _score_text(score: float | None, metric: str) -> str:
    if score is None:
        return "-"
    is_rate = metric == "error" and math.isfinite(score)
    return f"{score:.2%}" if is_rate else f"{score:.4f}"


def age_text(seconds: float) -> str:
    """Return an age, given in seconds, as text in its largest unit: ``3 min ago``."""
    return f"{length_text(seconds)} ago"


def length_text(seconds: float) -> str:
    """Return a length of time, given in seconds, as text in its largest unit: ``3 min``."""
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def _table(console: Console, *titles: str) -> Table:
    table = Table(box=Table().box if console.is_terminal else None, pad_edge=console.is_terminal)
    for title in titles:
        table.add_column(title, overflow="fold")
    return table


def _print(console: Console, *parts: str | Table) -> None:
    for part in parts:
        if isinstance(part, str):
            console.print(part, soft_wrap=True, highlight=False, markup=False, emoji=False)
        else:
            console.print(part, highlight=False)


if __name__ == "__main__":
    sys.exit(main())
