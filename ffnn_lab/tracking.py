"""Mirrors runs to W&B: one W&B run per run. Nobody reads back from it, and it may fail."""

import itertools
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ffnn_lab.config import RunConfig, leaves
from ffnn_lab.population import Member
from ffnn_lab.records import CurvePoint, RunResult

if TYPE_CHECKING:
    import wandb

logger = logging.getLogger(__name__)


class Tracker(Protocol):
    """What mirrors a population's runs."""

    is_broken: bool
    """Whether it failed, and has said so."""

    def on_epoch(self, members: Sequence[Member]) -> None:
        """Mirror what the members measured since the last call."""

    def finish(self, results: Sequence[RunResult]) -> None:
        """Mirror how the runs ended."""


class NoTracker:
    """``tracking=off``."""

    is_broken = False

    def on_epoch(self, members: Sequence[Member]) -> None:
        """Do nothing."""

    def finish(self, results: Sequence[RunResult]) -> None:
        """Do nothing."""


class WandbTracker:
    """``tracking=offline`` and ``tracking=online``: all runs of a population, open at once.

    History keys are ``<split>/loss``, ``<split>/error`` and ``lr`` over ``epoch``; the summary
    holds the metrics of ``runs`` under their column names.
    """

    def __init__(
        self,
        config: RunConfig,
        folder: Path,
        *,
        group: str,
        labels: Mapping[str, tuple[str, str]],
    ) -> None:
        """Make ready; a W&B run opens with its first measurement.

        Args:
            config: Says mode and project.
            folder: The sweep's folder; W&B writes into its ``wandb/``.
            group: Name of the sweep.
            labels: Run id to stage and arm, which become its job type and its tag. It may grow.
        """
        self._mode = config.tracking.mode
        self._project = config.tracking.project
        # W&B writes from a process of its own, which may stand in another folder.
        self._folder = folder.resolve()
        self._group = group
        self._labels = labels
        self._runs: dict[str, wandb.Run] = {}
        self._n_logged: dict[str, int] = {}
        self.is_broken = False

    def on_epoch(self, members: Sequence[Member]) -> None:
        """Log each member's new points."""
        self._safely(self._log, members)

    def finish(self, results: Sequence[RunResult]) -> None:
        """Write the summaries and close the runs."""
        self._safely(self._close, results)

    def _safely(self, action: Any, argument: Any) -> None:  # noqa: ANN401 - one of the two above
        """Act, or warn once and track no more: a tracker must not harm what it watches."""
        if self.is_broken:
            return
        try:
            action(argument)
        except Exception as error:  # noqa: BLE001 - whatever a tracker may raise
            self.is_broken = True
            logger.warning(
                "tracking failed and is off from here on (%s: %s); the records go on",
                type(error).__name__,
                str(error).strip().splitlines()[0] if str(error).strip() else "no message",
            )

    def _log(self, members: Sequence[Member]) -> None:
        for member in members:
            run = self._runs.get(member.run_id) or self._open(member)
            # One that is trained anew, after another failed beside it, repeats what was logged.
            n_logged = self._n_logged.get(member.run_id, 0)
            points = member.curve[n_logged:]
            self._n_logged[member.run_id] = max(n_logged, len(member.curve))
            # Usually one epoch; of a run that goes on from a checkpoint, all that it had.
            for (epoch, step), together in itertools.groupby(points, key=_moment):
                values: dict[str, float] = {"epoch": epoch}
                for point in together:
                    values["lr"] = point.lr
                    values[f"{point.split}/loss"] = point.loss
                    values[f"{point.split}/error"] = point.error
                run.log(values, step=step)

    def _open(self, member: Member) -> "wandb.Run":
        # A telemetry thread of W&B would look up hosts even offline.
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
        import wandb  # noqa: PLC0415 - a second of import that tracking=off never pays

        self._folder.mkdir(parents=True, exist_ok=True)
        stage, arm = self._labels.get(member.run_id, ("single", ""))
        run = wandb.init(
            mode="online" if self._mode == "online" else "offline",
            project=self._project,
            dir=str(self._folder),
            id=f"{self._group}-{member.run_id}",
            name=f"{arm or self._group}-{member.run_id}",
            group=self._group,
            job_type=stage,
            tags=[arm] if arm else [],
            config=_nested(leaves(member.config)),
            reinit="create_new",
            settings=wandb.Settings(
                silent=True,
                console="off",
                disable_git=True,
                save_code=False,
                disable_code=True,
                disable_job_creation=True,
                x_disable_stats=True,
                x_disable_meta=True,
                x_save_requirements=False,
                init_timeout=30,
            ),
        )
        self._runs[member.run_id] = run
        return run

    def _close(self, results: Sequence[RunResult]) -> None:
        for result in results:
            run = self._runs.pop(result.run_id, None)
            self._n_logged.pop(result.run_id, None)
            if run is not None:
                run.summary.update({"status": result.status, **result.metrics()})
                run.finish(exit_code=0 if result.status == "completed" else 1)


def make_tracker(
    config: RunConfig, folder: Path, *, group: str, labels: Mapping[str, tuple[str, str]]
) -> Tracker:
    """Give the tracker that ``tracking`` asks for; see ``WandbTracker``."""
    if config.tracking.mode == "off":
        return NoTracker()
    return WandbTracker(config, folder, group=group, labels=labels)


def _moment(point: CurvePoint) -> tuple[int, int]:
    return point.epoch, point.step


def _nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Nest dotted names, as W&B shows configs."""
    nested: dict[str, Any] = {}
    for key, value in flat.items():
        *path, name = key.split(".")
        part = nested
        for step in path:
            part = part.setdefault(step, {})
        part[name] = value
    return nested
