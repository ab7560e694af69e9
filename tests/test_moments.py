"""The moment of a run, worked by hand; a table of curves gives what one curve gives."""

import statistics
from dataclasses import asdict

import pandas as pd
import pytest

from ffnn_lab.moments import best_epoch, means_of_last, points_at
from ffnn_lab.records import CurvePoint

DEV = [(0.9, 3.0), (0.2, 2.0), (0.3, 0.5), (0.2, 1.0), (0.4, 0.1)]
"""Error and loss on dev by epoch: epochs 1 and 3 have the lowest error, 3 has the lower loss."""
CURVE = [
    CurvePoint(epoch, epoch, split, loss + shift, error + shift, 0.1)
    for epoch, (error, loss) in enumerate(DEV)
    for split, shift in (("train", 0.5), ("dev", 0.0), ("test", 0.05))
]


def test_the_best_epoch_is_of_dev_alone() -> None:
    assert best_epoch(CURVE) == 3
    with pytest.raises(ValueError, match="empty"):
        best_epoch([point for point in CURVE if point.split != "dev"])


@pytest.mark.parametrize(
    ("moment", "n_last", "epochs"),
    [
        ("last", 1, [4]),
        ("last", 3, [4]),  # n_last concerns the mean alone
        ("best", 1, [3]),
        ("best", 3, [3]),
        ("mean_last", 1, [4]),
        ("mean_last", 2, [3, 4]),
        ("mean_last", 9, [0, 1, 2, 3, 4]),
    ],
)
@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_a_moment_is_the_mean_over_these_epochs(
    moment: str, n_last: int, epochs: list[int], split: str
) -> None:
    found = points_at(CURVE, moment, split, n_last=n_last)
    assert [(point.epoch, point.split) for point in found] == [(each, split) for each in epochs]


@pytest.mark.parametrize("n_last", [1, 2, 9])
def test_a_table_has_the_means_of_each_curve(n_last: int) -> None:
    rows = [{"run_id": run, **asdict(point)} for point in CURVE for run in "ab"]
    means = means_of_last(pd.DataFrame(rows), "test", n_last=n_last)
    points = points_at(CURVE, "mean_last", "test", n_last=n_last)
    for metric in ("loss", "error"):
        mean = statistics.fmean(getattr(point, metric) for point in points)
        assert means[metric].tolist() == pytest.approx([mean, mean], abs=1e-12)


def test_a_split_that_was_not_measured_has_no_points() -> None:
    assert points_at([point for point in CURVE if point.split == "dev"], "last", "test") == []
