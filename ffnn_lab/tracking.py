"""Trackers, which copy each run to Weights & Biases (W&B) as a W&B run of its own.

Nothing is read back from W&B, and a tracker that fails does not stop the training. Training hands
plain data to a separate process, ``ffnn_lab.mirror``, which writes them, and goes on meanwhile.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from ffnn_lab.config import RunConfig, leaves
from ffnn_lab.delivery import Delivery
from ffnn_lab.population import Member
from ffnn_lab.records import RunResult
from ffnn_lab.wandb_runs import Place, exit_code, opening, receipt, summary, track_command


class Tracker(Protocol):
    """The interface of a tracker, which sends a population's runs elsewhere."""

    @property
    def is_broken(self) -> bool:
        """Return True if tracking failed; the user has been told then."""

    def on_epoch(self, members: Sequence[Member]) -> None:
        """Copy the points that were measured since the last call."""

    def finish(self, results: Sequence[RunResult]) -> None:
        """Copy the status and the final metrics of runs that ended."""

    def close(self) -> None:
        """Wait until all runs are written."""


class NoTracker:
    """The tracker of ``tracking=off``, which does nothing."""

    is_broken = False

    def on_epoch(self, members: Sequence[Member]) -> None:
        """Do nothing."""

    def finish(self, results: Sequence[RunResult]) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class WandbTracker:
    """The tracker of ``tracking=offline`` and ``tracking=online``, which writes W&B runs."""

    def __init__(
        self,
        config: RunConfig,
        folder: Path,
        *,
        group: str,
        labels: Mapping[str, tuple[str, str]],
    ) -> None:
        """Prepare the tracker; the tracking process starts with the first measurement.

        Args:
            config: The config of any of the runs, whose ``tracking`` has mode, project and entity.
            folder: The sweep's folder; W&B writes into its ``wandb/``.
            group: Name of the sweep.
            labels: Stage and arm by run id, which become job type and tag of the W&B run; entries
                may be added later.
        """
        self._place = Place.of(config.tracking, group)
        self._labels = labels
        self._delivery = Delivery(
            mode=config.tracking.mode,
            folder=folder,
            command=track_command(group, config.paths.outputs),
        )

    @property
    def is_broken(self) -> bool:
        """Return True if tracking failed; the user has been told then."""
        return self._delivery.is_broken

    def on_epoch(self, members: Sequence[Member]) -> None:
        """Send each member's new points to the tracking process."""
        if self.is_broken:
            return
        for member in members:
            self._update(member)
        self._delivery.flush()

    def finish(self, results: Sequence[RunResult]) -> None:
        """Send the summaries of runs that ended to the tracking process, which closes the runs."""
        if self.is_broken:
            return
        for result in results:
            self._update(result)
            told = summary(result.status, result.metrics())
            noted = receipt(self._place, result.run_id, result.status, result.n_epochs)
            self._delivery.end(result.run_id, (exit_code(result.status), told, noted))
        self._delivery.flush()

    def close(self) -> None:
        """Wait until all that was sent is written; see `Delivery.close`."""
        self._delivery.close()

    def _update(self, run: Member | RunResult) -> None:
        label = self._labels.get(run.run_id, ("single", ""))
        self._delivery.update(
            run.run_id,
            lambda: opening(self._place, run.run_id, label, leaves(run.config)),
            run.curve,
            run.layers,
        )


def make_tracker(
    config: RunConfig, folder: Path, *, group: str, labels: Mapping[str, tuple[str, str]]
) -> Tracker:
    """Return the tracker that a run's field ``tracking`` asks for.

    Args:
        config: The config of any of the runs.
        folder: The sweep's folder; W&B writes into its ``wandb/``.
        group: Name of the sweep.
        labels: Stage and arm by run id, see ``WandbTracker``.
    """
    if config.tracking.mode == "off":
        return NoTracker()
    return WandbTracker(config, folder, group=group, labels=labels)
