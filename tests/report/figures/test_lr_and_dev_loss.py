"""Learning rate and dev loss must be means at each epoch, and the figure show a schedule."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from ffnn_lab.report.figures import lr_and_dev_loss
from ffnn_lab.report.figures.reported import FIGURES
from ffnn_lab.report.measures.numbers import Numbers
from tests.support.report.arm_builders import Built, all_ended, make_arm_sweep

RUN_IDS = {"none": ["a"], "dev": ["b", "c"]}


def curves() -> pd.DataFrame:
    """Return the curves of three runs: one with a constant rate, and two whose rate is halved."""
    rows = [
        (run_id, epoch, split, loss + shift, rate)
        for run_id, shift, rates in (
            ("a", 0.0, (0.1, 0.1, 0.1)),
            ("b", 0.0, (0.4, 0.4, 0.2)),
            ("c", 0.5, (0.4, 0.4, 0.2)),
        )
        for epoch, (loss, rate) in enumerate(zip((2.0, 1.0, 0.5), rates, strict=True))
        for split in ("train", "dev", "test")
    ]
    table = pd.DataFrame(rows, columns=["run_id", "epoch", "split", "loss", "lr"])
    return table.assign(loss=table["loss"].where(table["split"] == "dev", 99.0))


@pytest.fixture
def points() -> pd.DataFrame:
    return lr_and_dev_loss.points(curves(), run_ids=RUN_IDS)


def test_points_are_means_over_the_runs_of_an_arm(points: pd.DataFrame) -> None:
    assert points.to_numpy().tolist() == [
        ["none", 0, 0.1, 2.0, 1],
        ["none", 1, 0.1, 1.0, 1],
        ["none", 2, 0.1, 0.5, 1],
        ["dev", 0, 0.4, 2.25, 2],
        ["dev", 1, 0.4, 1.25, 2],
        ["dev", 2, 0.2, 0.75, 2],
    ]


def test_an_arm_without_runs_keeps_its_place_among_the_looks() -> None:
    points = lr_and_dev_loss.points(curves(), run_ids={"gone": [], **RUN_IDS})
    assert list(points["arm"].cat.categories) == ["gone", "none", "dev"]
    assert set(points["arm"]) == {"none", "dev"}
    assert len(lr_and_dev_loss.points(curves(), run_ids={"gone": []})) == 0


def test_replicates_are_averaged(points: pd.DataFrame) -> None:
    other = points.assign(loss=points["loss"] + 1, lr=points["lr"] * 3)
    found = lr_and_dev_loss.points_over_replicates([points, other])
    assert found["loss"].tolist() == pytest.approx((points["loss"] + 0.5).tolist())
    assert found["lr"].tolist() == pytest.approx((points["lr"] * 2).tolist())
    assert found["n_runs"].tolist() == [2, 2, 2, 4, 4, 4]
    assert set(found["n_replicates"]) == {2}


def test_three_rows_are_drawn() -> None:
    rows = pd.DataFrame(
        {"arm": ["dev"] * 3, "epoch": [0, 1, 2], "lr": [0.4, 0.4, 0.02], "loss": [2.0, 1.0, 0.5]}
    )
    ax = lr_and_dev_loss.draw(rows, Figure().subplots(), of="lr")
    assert (ax.get_ylabel(), ax.get_yscale()) == ("learning rate", "log")
    (line,) = ax.get_lines()
    assert np.asarray(line.get_xydata()).tolist() == [[0, 0.4], [1, 0.4], [2, 0.02]]
    ax = lr_and_dev_loss.draw(rows, Figure().subplots(), of="loss")
    assert (ax.get_ylabel(), ax.get_yscale()) == ("dev loss (nats)", "linear")


def test_a_rate_of_zero_has_a_place_on_the_axis() -> None:
    rows = pd.DataFrame({"arm": ["dev"] * 2, "epoch": [0, 1], "lr": [0.4, 0.0], "loss": [2, 1]})
    assert lr_and_dev_loss.draw(rows, Figure().subplots(), of="lr").get_yscale() == "linear"


def test_both_panels_have_the_epochs_in_common(points: pd.DataFrame) -> None:
    figure = lr_and_dev_loss.figure(points)
    above, below = figure.axes
    assert (above.get_ylabel(), below.get_ylabel()) == ("dev loss (nats)", "learning rate")
    assert (above.get_xlabel(), below.get_xlabel()) == ("", "epoch (passes over the train split)")
    assert above.get_xlim() == below.get_xlim() == (0, 2)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["none", "dev"]
    assert figure.get_suptitle() == "mean over 1 to 2 runs"
    both = lr_and_dev_loss.points_over_replicates([points, points])
    assert lr_and_dev_loss.figure(both).get_suptitle() == "mean over 2 replicates"


def test_a_report_has_the_figure_only_where_a_rate_changes(
    points: pd.DataFrame, tmp_path: Path
) -> None:
    figure = FIGURES["lr_and_dev_loss"]
    assert figure.has_place(points)
    assert not figure.has_place(points[points["arm"] == "none"])
    assert not figure.has_place(points.iloc[:0])
    arms = {"sgd": Built(tuned=all_ended([0.1, 0.2])), "adam": Built(tuned=all_ended([0.1, 0.2]))}
    constant = Numbers(make_arm_sweep(tmp_path / "one", arms))
    assert figure.drawn(constant) is None
    found = figure.points(Numbers(make_arm_sweep(tmp_path / "many", arms, others=[arms])))
    assert found is not None
    assert set(found["n_replicates"]) == {2}
