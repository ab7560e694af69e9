"""What the terminal shows: a live picture on a terminal, plain lines elsewhere."""

import math
import os
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
from ffnn_lab.definition import SAMPLED, Axis, Choice, Definition
from ffnn_lab.population import Member
from ffnn_lab.records import SPLITS, RunResult
from ffnn_lab.sweeper.agenda import Progress
from ffnn_lab.sweeper.estimate import Estimate
from ffnn_lab.sweeper.worker import Watcher
from ffnn_lab.wandb_runs import unheeded

LINE_SECONDS = 5.0
"""Where nobody watches: least time between two lines of progress."""
WORTH_WORKERS_SECONDS = 60.0
"""Of a sweep; a shorter one is over before the user has read that it could be shorter yet."""


def make_progress(console: Console) -> Bars:
    """Make the one kind of progress bar of the project."""
    return Bars(
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


def print_result(
    result: RunResult, folder: str, console: Console, *, rmse_unit: float | None = None
) -> None:
    """Print the small table that ends a single run.

    Args:
        result: The run's.
        folder: Where its records are.
        console: Where to print.
        rmse_unit: As of ``Task``: where there is one, errors are in percent of a variance, and
            the root mean squared residual stands beside them in the target's own unit.
    """
    table = Table(box=None if not console.is_terminal else Table().box)
    titles = ["split", "loss", "error", "error at dev-best"]
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
            *("-" if error is None else f"{error:.2%}" for error in errors),
            *(
                "-" if error is None else f"{math.sqrt(error) * rmse_unit:.4g}"
                for error in errors
                if rmse_unit is not None
            ),
        )
    console.print(table)
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


def print_plan(
    definition: Definition,
    folder: str,
    estimate: Estimate,
    console: Console,
    *,
    n_workers: int,
    n_idle: int,
    tasks: Sequence[str],
) -> None:
    """Print what a sweep is about to do, before it does it.

    Args:
        definition: The sweep.
        folder: Where it goes.
        estimate: Of what is left.
        console: Where to print.
        n_workers: How many share it.
        n_idle: Cores of this machine that other workers could use.
        tasks: The summary of each task.
    """

    def say(text: str) -> None:
        console.print(text, soft_wrap=True, highlight=False, markup=False, emoji=False)

    n_tune, n_confirm = len(definition.tune_seeds), len(definition.confirm_seeds)
    objective = definition.objective
    grows = definition.protocol.name == "grid_until_interior"
    say(f"sweep {definition.name}, {definition.protocol.name}; folder {folder}")
    for line in (*tasks, *unheeded(definition.arms[0].config.tracking, os.environ)):
        say(line)
    for arm in definition.arms:
        axes = ", ".join(f"{key} {_axis_text(axis)}" for key, axis in arm.space.items())
        n_settings = definition.n_settings_of(arm)
        say(f"  {arm.name}: {n_settings} settings x {n_tune} seeds; {axes or 'no axis'}")
    moment = {
        "last": "last epoch",
        "best": "best epoch",
        "mean_last": f"mean of the last {objective.n_last} epochs",
    }[objective.moment]
    tuning = f"tune by {objective.split} {objective.metric} ({moment})"
    if definition.pruner is not None:
        tuning += f", pruned by {definition.pruner.name}"
    confirm = (
        f", then confirm each winner and each untuned default on {n_confirm} fresh seeds"
        if n_confirm
        else ""
    )
    say(tuning + confirm)
    more = " and more where a grid grows" if grows else ""
    n_threads = estimate.n_threads
    threads = f"at most {n_threads} threads" if n_threads > 1 else "1 thread"
    by = ", ".join(
        [
            *([f"{n_workers} workers"] if n_workers > 1 else []),
            threads + (" each" if n_workers > 1 else ""),
            *(["compiled"] if any(a.config.trainer.compile for a in definition.arms) else []),
        ]
    )
    recorded = f" ({estimate.n_recorded} recorded)" if estimate.n_recorded else ""
    if estimate.n_again:
        say(
            f"{estimate.n_again} of the recorded runs are trained again, for trainer.save_weights="
            f"true asks for their networks and {folder}/weights lacks them; their records stay"
        )
    later = ", less once its steps are compiled" if estimate.is_upper else ""
    work = (
        f"{estimate.n_populations} populations of at most {definition.population_size}, {by}; "
        f"about {duration(estimate.seconds)} here{later}"
        if estimate.n_populations
        else "all of it is recorded"
    )
    say(f"{definition.n_runs} runs{more}{recorded}; {work}")
    if n_idle and estimate.seconds > WORTH_WORKERS_SECONDS:
        is_sampled = definition.protocol.name in SAMPLED
        other = f" ({definition.protocol.name} then proposes by their order)" if is_sampled else ""
        cores = "a core has" if n_idle == 1 else f"{n_idle} cores have"
        say(f"{cores} nothing to do: hydra/launcher=joblib starts a worker for each{other}")


def duration(seconds: float) -> str:
    """Say a length of time in two of its units at most."""
    if math.isnan(seconds):
        return "an unknown time"
    if seconds < 60:  # noqa: PLR2004 - seconds in a minute
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"  # noqa: PLR2004


def _axis_text(axis: Axis) -> str:
    if isinstance(axis, Choice):
        growing = ", growing" if axis.grows else ""
        return f"in {', '.join(str(value) for value in axis.values)}{growing}"
    return f"in [{axis.low:g}, {axis.high:g}]{' log' if axis.log else ''}"


class SweepDisplay(Watcher):
    """A sweep: runs done, time left, the best of each arm; one picture for all workers."""

    def __init__(self, definition: Definition, console: Console) -> None:
        """Make ready to show."""
        self._console = console
        self._progress = make_progress(console)
        self._arms = [arm.name for arm in definition.arms]
        self._format = ".2%" if definition.objective.metric == "error" else ".4f"
        self._best: dict[str, float] = {}
        self._bars: dict[str, TaskID] = {}
        self._known = Progress({}, {}, {})
        self._in_training: dict[str, float] = {}
        self._live = Live(self._picture(), console=console, refresh_per_second=4)
        self._is_on = console.is_terminal
        self._started = time.monotonic()
        self._said_at = -math.inf

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
            best = self._best.get(arm, math.inf)
            # Of a string that is no Text, rich would read tags in brackets.
            table.add_row(Text(arm), format(best, self._format) if math.isfinite(best) else "-")
        return Group(table, self._progress)

    def epoch(self, members: Sequence[Member]) -> None:
        """Show how far the population in training is, in whole runs' worth."""
        done = sum(member.epoch / member.config.trainer.max_epochs for member in members)
        self._in_training = {"": done}
        self._move()

    def in_training(self, workers: Mapping[str, float]) -> None:
        """Show how far all workers' populations are, in whole runs' worth."""
        self._in_training = dict(workers)
        self._move()

    def progress(self, progress: Progress) -> None:
        """Show what is recorded, and the best of each arm."""
        is_news = progress.n_done != self._known.n_done
        self._known = progress
        self._in_training = {}
        self._move()
        if dict(progress.best) != self._best:
            self._best = dict(progress.best)
            self._live.update(self._picture())
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
        """Print a line above the picture."""
        self._console.print(text, highlight=False, soft_wrap=True, markup=False, emoji=False)

    def _move(self) -> None:
        ahead = int(sum(self._in_training.values()))
        for stage, n_asked in self._known.n_asked.items():
            if not n_asked:
                continue
            if stage not in self._bars:
                self._bars[stage] = self._progress.add_task(stage, total=n_asked, note="runs")
            n_done = self._known.n_done[stage]
            # What is in training belongs to the first stage that is not done.
            n_shown = min(n_asked, n_done + ahead)
            ahead -= n_shown - n_done
            self._progress.update(self._bars[stage], total=n_asked, completed=n_shown)

    def _line(self, text: str) -> None:
        if not self._is_on:
            seconds = time.monotonic() - self._started
            self._console.print(f"{text}, {seconds:.0f} s", highlight=False, soft_wrap=True)
