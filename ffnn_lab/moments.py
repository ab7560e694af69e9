"""The moment at which a run is judged: the last epoch, the best epoch, or a mean of the last few.

The best epoch is that of the lowest dev error, ties by dev loss; test never selects. The start,
epoch 0, is one of the measured epochs.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    import pandas as pd


class Measured(Protocol):
    """One measurement of a run on one split, as `ffnn_lab.records.CurvePoint` is."""

    @property
    def epoch(self) -> int: ...  # noqa: D102 - a field
    @property
    def split(self) -> str: ...  # noqa: D102 - a field
    @property
    def loss(self) -> float: ...  # noqa: D102 - a field
    @property
    def error(self) -> float: ...  # noqa: D102 - a field


Point = TypeVar("Point", bound=Measured)


def best_epoch(curve: Sequence[Measured]) -> int:
    """Return the epoch of the lowest dev error, ties by dev loss, then the first.

    Raises:
        ValueError: If the curve has no point on dev.
    """
    dev = [point for point in curve if point.split == "dev"]
    return min(dev, key=lambda point: (point.error, point.loss)).epoch


def points_at(curve: Sequence[Point], moment: str, split: str, *, n_last: int = 1) -> list[Point]:
    """Return the points of a curve whose mean is the result of the run at a moment.

    Args:
        curve: All points of a run, by epoch.
        moment: ``last``, ``best`` or ``mean_last``.
        split: The split of the points.
        n_last: Number of measured epochs over which ``mean_last`` averages, or all if there are
            fewer.

    Returns:
        One point, or at most ``n_last`` for ``mean_last``; none if the split was not measured.
    """
    own = [point for point in curve if point.split == split]
    if moment == "best":
        best = best_epoch(curve)
        return [point for point in own if point.epoch == best]
    return own[-n_last:] if moment == "mean_last" else own[-1:]


def moment_of_answers(moment: str) -> str:
    """Return the moment at which test answers are recorded, for a moment that judges a run.

    Answers are those of a single epoch: for ``mean_last`` the last epoch stands for all.
    """
    return "last" if moment == "mean_last" else moment


def means_of_last(curves: "pd.DataFrame", split: str, *, n_last: int) -> "pd.DataFrame":
    """Compute the result of each run at the moment ``mean_last``, as `points_at` defines it.

    Args:
        curves: The table ``curves``, or its columns run_id, epoch, split, loss and error.
        split: The split of the points.
        n_last: Number of measured epochs to average over, or all if there are fewer.

    Returns:
        A table of ``loss`` and ``error`` by run id. The mean of values with a NaN is NaN.
    """
    points = curves[curves["split"] == split].sort_values(["run_id", "epoch"])
    last = points.groupby("run_id").tail(n_last).groupby("run_id")
    return last[["loss", "error"]].mean(skipna=False)
