"""What the terminal shows: a live picture on a terminal, plain lines elsewhere."""

import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from ffnn_lab.config import RunConfig
from ffnn_lab.population import Member
from ffnn_lab.records import SPLITS, RunResult
from ffnn_lab.sweeper.definition import Definition
from ffnn_lab.sweeper.space import Axis, Choice
from ffnn_lab.sweeper.worker import Watcher


def make_progress(console: Console) -> Progress:
    """Make the one progress bar of the project."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        TimeRemainingColumn(compact=True),
        console=console,
    )


class RunDisplay:
    """One run: a bar of epochs with losses and time left; nothing where nobody watches."""

    def __init__(self, config: RunConfig, console: Console) -> None:
        """Make ready to show."""
        self._progress = make_progress(console)
        self._is_on = console.is_terminal
        n_epochs = config.trainer.max_epochs
        self._task = self._progress.add_task("epochs", total=n_epochs, note="")

    def __enter__(self) -> Self:
        """Begin to show."""
        if self._is_on:
            self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop showing."""
        if self._is_on:
            self._progress.stop()

    def on_epoch(self, members: Sequence[Member]) -> None:
        """Move the bar."""
        member = members[0]
        note = (
            f"train loss {member.last('train', 'loss'):.4f}  dev {member.last('dev', 'loss'):.4f}"
        )
        self._progress.update(self._task, completed=member.epoch, note=note)


def print_result(result: RunResult, folder: str, console: Console) -> None:
    """Print the small table that ends a single run."""
    table = Table(box=None if not console.is_terminal else Table().box)
    for title in ("split", "loss", "error", "error at dev-best"):
        table.add_column(title, justify="left" if title == "split" else "right")
    metrics = result.metrics()
    for split in SPLITS:
        loss = metrics[f"last.{split}.loss"]
        errors = [metrics[f"{moment}.{split}.error"] for moment in ("last", "best")]
        table.add_row(
            split,
            "-" if loss is None else f"{loss:.4f}",
            *("-" if error is None else f"{error:.2%}" for error in errors),
        )
    console.print(table)
    what = result.status
    if result.diverged_step is not None:
        what += f" at step {result.diverged_step}"
    console.print(
        f"{what} after {result.n_epochs} epochs, {result.seconds:.1f} s; records in {folder}",
        soft_wrap=True,
        highlight=False,
    )


def print_plan(definition: Definition, folder: str, console: Console) -> None:
    """Print what a sweep is about to do, before it does it."""
    n_tune, n_confirm = len(definition.tune_seeds), len(definition.confirm_seeds)
    objective = definition.objective
    more = " and more where a grid grows" if definition.protocol == "grid_until_interior" else ""
    console.print(
        f"sweep {definition.name}, {definition.protocol}; folder {folder}", soft_wrap=True
    )
    for arm in definition.arms:
        axes = ", ".join(f"{key} {_axis_text(axis)}" for key, axis in arm.space.items())
        n_settings = definition.n_settings_of(arm)
        console.print(
            f"  {arm.name}: {n_settings} settings x {n_tune} seeds; {axes or 'no axis'}",
            soft_wrap=True,
            highlight=False,
        )
    console.print(
        f"tune by {objective['split']} {objective['metric']} ({objective['moment']} epoch), then "
        f"confirm each winner on {n_confirm} fresh seeds: {definition.n_runs} runs{more}, "
        f"at most "
        f"{definition.population_size} in a population",
        soft_wrap=True,
        highlight=False,
    )


def _axis_text(axis: Axis) -> str:
    if isinstance(axis, Choice):
        growing = ", growing" if axis.grows else ""
        return f"in {', '.join(str(value) for value in axis.values)}{growing}"
    return f"in [{axis.low:g}, {axis.high:g}]{' log' if axis.log else ''}"


class SweepDisplay(Watcher):
    """A sweep: runs done, time left, the best of each arm."""

    def __init__(self, definition: Definition, console: Console) -> None:
        """Make ready to show."""
        self._console = console
        self._progress = make_progress(console)
        self._arms = [arm.name for arm in definition.arms]
        self._format = ".2%" if definition.objective["metric"] == "error" else ".4f"
        self._best: dict[str, float] = {}
        self._n_finished = 0
        self._stage = ""
        self._live = Live(self._picture(), console=console, refresh_per_second=4)
        self._is_on = console.is_terminal
        self._started = time.monotonic()

    def __enter__(self) -> Self:
        """Begin to show."""
        if self._is_on:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop showing."""
        if self._is_on:
            self._live.stop()

    def _picture(self) -> Group:
        table = Table(box=None, padding=(0, 2))
        table.add_column("arm")
        table.add_column("best tuning score so far", justify="right")
        for arm in self._arms:
            table.add_row(arm, format(self._best[arm], self._format) if arm in self._best else "-")
        return Group(table, self._progress)

    def stage(self, name: str, n_runs: int, n_finished: int) -> None:
        """Begin a bar."""
        self._stage, self._n_runs, self._n_finished = name, n_runs, n_finished
        self._bar = self._progress.add_task(name, total=n_runs, completed=n_finished, note="runs")
        self._line(f"{name}: {n_finished} of {n_runs} runs recorded")

    def epoch(self, members: Sequence[Member]) -> None:
        """Show how far the population in training is, in whole runs' worth."""
        done = sum(member.epoch / member.config.trainer.max_epochs for member in members)
        self._progress.update(self._bar, completed=self._n_finished + int(done))

    def grown(self, n_runs: int) -> None:
        """Lengthen the bar."""
        self._n_runs += n_runs
        self._progress.update(self._bar, total=self._n_runs)

    def finished(self, results: Sequence[RunResult]) -> None:
        """Count the runs."""
        self._n_finished += len(results)
        self._progress.update(self._bar, completed=self._n_finished)
        self._line(f"{self._stage}: {self._n_finished} of {self._n_runs} runs recorded")

    def scored(self, best: Mapping[str, float]) -> None:
        """Show the best of each arm."""
        self._best = dict(best)
        self._live.update(self._picture())

    def _line(self, text: str) -> None:
        if not self._is_on:
            seconds = time.monotonic() - self._started
            self._console.print(f"{text}, {seconds:.0f} s", highlight=False, soft_wrap=True)
