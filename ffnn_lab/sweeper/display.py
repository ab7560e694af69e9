"""Progress of runs and sweeps: a live display on a terminal, plain lines elsewhere."""

import math
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text

from ffnn_lab.config import RunConfig
from ffnn_lab.definition import Definition
from ffnn_lab.population import Member
from ffnn_lab.progress import Progress
from ffnn_lab.records import SPLITS, RunResult
from ffnn_lab.sweeper.worker import Watcher
from ffnn_lab.troubles import told

LINE_SECONDS = 5.0
"""Fewest seconds between two lines of progress if the output is not a terminal."""


def make_progress(console: Console) -> Bars:
    """Return progress bars in the style of the project."""
    return Bars(
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        TimeRemainingColumn(compact=True),
        console=console,
    )


class LiveDisplay:
    """A context manager that shows a live display if the console is a terminal."""

    def __init__(self, picture: Live | Bars, console: Console) -> None:
        """Keep the display; nothing is shown yet.

        Args:
            picture: The display, which is started and stopped with the context.
            console: The console of the display.
        """
        self._picture = picture
        self._is_on = console.is_terminal

    def __enter__(self) -> Self:
        """Start the display."""
        if self._is_on:
            self._picture.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the display."""
        if self._is_on:
            self._picture.stop()


class RunDisplay(LiveDisplay):
    """Shows a run as a bar of epochs with losses and time left, if the console is a terminal."""

    def __init__(self, config: RunConfig, console: Console) -> None:
        """Make the bar of a run; nothing is shown yet."""
        self._progress = make_progress(console)
        super().__init__(self._progress, console)
        n_epochs = config.trainer.max_epochs
        self._task = self._progress.add_task("epochs", total=n_epochs, note="")

    def on_epoch(self, members: Sequence[Member]) -> None:
        """Update the bar with the run's number of epochs and its last losses.

        Args:
            members: The run, as a list of one member.
        """
        member = members[0]
        note = (
            f"train loss {member.last('train', 'loss'):.4f}  dev {member.last('dev', 'loss'):.4f}"
        )
        self._progress.update(self._task, completed=member.epoch, note=note)


def print_result(
    result: RunResult,
    folder: str,
    console: Console,
    *,
    error: str = "class",
    rmse_unit: float | None = None,
) -> None:
    """Print the table with which a single run ends: its losses and errors on each split.

    Args:
        result: The run's result.
        folder: The folder of its records.
        console: The console to print on.
        error: The kind of error, as ``Task.error``: ``bits`` is printed as a number, any other
            kind in percent.
        rmse_unit: Factor that converts the square root of an error to the target's own unit, as
            ``Task.rmse_unit``. If not None, errors are in percent of a variance, and the root mean
            squared residual is printed beside them in the target's own unit.
    """
    table = Table(box=None if not console.is_terminal else Table().box)
    what, form = ("bits per letter", ".4f") if error == "bits" else ("error", ".2%")
    titles = ["split", "loss", what, f"{what} at dev-best"]
    if rmse_unit is not None:
        titles += ["RMSE", "RMSE at dev-best"]
    for title in titles:
        table.add_column(title, justify="left" if title == "split" else "right")
    metrics = result.metrics()
    for split in SPLITS:
        loss = metrics[f"last.{split}.loss"]
        errors = [metrics[f"{moment}.{split}.error"] for moment in ("last", "best")]
        table.add_row(
            split,
            "-" if loss is None else f"{loss:.4f}",
            *("-" if value is None else format(value, form) for value in errors),
            *(
                "-" if value is None else f"{math.sqrt(value) * rmse_unit:.4g}"
                for value in errors
                if rmse_unit is not None
            ),
        )
    console.print(table)
    for line in _troubles(result):
        console.print(line, soft_wrap=True, highlight=False, markup=False, emoji=False)
    what = result.status
    if result.diverged_step is not None:
        what += f" at step {result.diverged_step}"
    console.print(
        f"{what} after {result.n_epochs} epochs, {result.seconds:.1f} s; records in {folder}",
        soft_wrap=True,
        highlight=False,
        markup=False,
        emoji=False,
    )


def _troubles(result: RunResult) -> list[str]:
    """Return what the run's diagnoses say went wrong, a line each."""
    errors = [point.error for point in result.curve if point.split == "train"]
    if result.status != "completed" or not errors:
        return []
    return told(result.layers, errors[-1], result.chance_error)


class SweepDisplay(LiveDisplay, Watcher):
    """Shows a sweep: runs done, time left and the best score of each arm, over all workers."""

    def __init__(self, definition: Definition, console: Console) -> None:
        """Make the display of a sweep; nothing is shown yet."""
        self._console = console
        self._progress = make_progress(console)
        self._arms = [arm.name for arm in definition.arms]
        self._format = ".2%" if definition.objective.metric == "error" else ".4f"
        self._best: dict[str, float] = {}
        self._bars: dict[str, TaskID] = {}
        self._known = Progress({}, {}, {})
        self._in_training: dict[str, float] = {}
        self._live = Live(self._table(), console=console, refresh_per_second=4)
        super().__init__(self._live, console)
        self._started = time.monotonic()
        self._said_at = -math.inf

    def _table(self) -> Group:
        table = Table(box=None, padding=(0, 2))
        table.add_column("arm")
        table.add_column("best tuning score so far", justify="right")
        for arm in self._arms:
            best = self._best.get(arm, math.inf)
            # In a plain string, rich would read brackets as tags.
            table.add_row(Text(arm), format(best, self._format) if math.isfinite(best) else "-")
        return Group(table, self._progress)

    def epoch(self, members: Sequence[Member]) -> None:
        """Show the progress of the population in training, as a number of runs.

        Half of a run's epochs count as 0.5 runs.
        """
        done = sum(member.epoch / member.config.trainer.max_epochs for member in members)
        self._in_training = {"": done}
        self._move()

    def in_training(self, workers: Mapping[str, float]) -> None:
        """Show the progress of all workers' populations.

        Args:
            workers: The progress of each worker's population, as a number of runs, by the worker's
                name. Half of a run's epochs count as 0.5 runs.
        """
        self._in_training = dict(workers)
        self._move()

    def progress(self, progress: Progress) -> None:
        """Show the number of recorded runs and the best score of each arm."""
        is_news = progress.n_done != self._known.n_done
        self._known = progress
        self._in_training = {}
        self._move()
        if dict(progress.best) != self._best:
            self._best = dict(progress.best)
            self._live.update(self._table())
        now = time.monotonic()
        is_done = progress.n_done == progress.n_asked
        if is_news and (is_done or now - self._said_at >= LINE_SECONDS):
            self._said_at = now
            self._line(
                ", ".join(
                    f"{stage}: {progress.n_done[stage]} of {progress.n_asked[stage]} runs recorded"
                    for stage in progress.n_asked
                    if progress.n_asked[stage]
                )
            )

    def notice(self, text: str) -> None:
        """Print a line above the display."""
        self._console.print(text, highlight=False, soft_wrap=True, markup=False, emoji=False)

    def _move(self) -> None:
        ahead = int(sum(self._in_training.values()))
        for stage, n_asked in self._known.n_asked.items():
            if not n_asked:
                continue
            if stage not in self._bars:
                self._bars[stage] = self._progress.add_task(stage, total=n_asked, note="runs")
            n_done = self._known.n_done[stage]
            # Runs in training belong to the first stage that is not done.
            n_shown = min(n_asked, n_done + ahead)
            ahead -= n_shown - n_done
            self._progress.update(self._bars[stage], total=n_asked, completed=n_shown)

    def _line(self, text: str) -> None:
        if not self._is_on:
            seconds = time.monotonic() - self._started
            self._console.print(f"{text}, {seconds:.0f} s", highlight=False, soft_wrap=True)
