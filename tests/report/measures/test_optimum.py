"""The optimum over replicates must be found if scores are parabolas with known vertices."""

import math
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev

import pytest

from ffnn_lab.report.measures.numbers import Numbers
from tests.support.report.arm_builders import LOG_LR, Built, make_arm_sweep
from tests.support.report.words import worded

PLACES = [-2.9, -2.5, -2.1, -1.7, -1.3, -0.9, -0.5, -0.1]
"""Logarithms (base 10) of the settings' learning rates; the range of the axis is 0.001 to 1."""
T_THREE = 4.302652730  # 97.5% quantile of Student's distribution with 2 degrees of freedom


def tuned_to(vertex: float) -> dict[str, Built]:
    """Build sgd with log scores on a parabola in log10 of the learning rate, with this vertex."""
    scores = [0.05 * math.exp(0.3 * (place - vertex) ** 2) for place in PLACES]
    settings = [{"optimizer.lr": 10**place, "dropout.hidden": 0.1} for place in PLACES]
    space = {
        "optimizer.lr": LOG_LR,
        "dropout.hidden": {"kind": "float", "low": 0.0, "high": 0.5, "log": False},
        "model.bias": {"kind": "choice", "values": [True, False]},
    }
    settings = [{**each, "model.bias": True} for each in settings]
    return {"sgd": Built(scores=scores, settings=settings, space=space)}


def numbers_of(folder: Path, vertices: Sequence[float]) -> Numbers:
    first, *others = map(tuned_to, vertices)
    return Numbers(make_arm_sweep(folder / "many", first, others=others))


def test_the_optimum_is_the_geometric_mean_of_the_vertices(tmp_path: Path) -> None:
    vertices = [-2.0, -1.8, -1.4]
    table = numbers_of(tmp_path, vertices).optimum
    assert table is not None
    assert table["axis"].tolist() == ["optimizer.lr", "dropout.hidden"]
    row, other = table.to_dict("records")
    half = T_THREE * stdev(vertices) / math.sqrt(3)
    ends = [10 ** (mean(vertices) + sign * half) for sign in (0, -1, 1)]
    found = [row[f"optimum{end}"] for end in ("", ".low", ".high")]
    assert found == pytest.approx(ends, rel=1e-6)  # a least-squares fit
    assert (row["n_replicates"], row["n_inside"], row["n_at_edge"]) == (3, 3, 0)
    # The best settings are those nearest to the vertices.
    best = [row[f"best.{name}"] for name in ("lowest", "median", "highest")]
    assert best == pytest.approx([10**-2.1, 10**-1.7, 10**-1.3])
    assert math.isnan(other["optimum"])  # the axis is not a log axis
    assert other["best.median"] == 0.1


def test_an_optimum_at_the_edge_is_told_and_has_no_estimate(tmp_path: Path) -> None:
    """Three of four vertices lie beyond a learning rate of 1."""
    table = numbers_of(tmp_path, [0.5, 0.5, 0.5, -1.0]).optimum
    assert table is not None
    row = table.iloc[0]
    assert (row["n_inside"], row["n_at_edge"]) == (1, 3)
    assert math.isnan(row["optimum.low"])
    words = worded("optimum", table).iloc[0]
    assert words["optimum of a fit [95% interval]"] == "at the edge: no interior estimate"
    assert words["inside, at the edge, unclear"] == "1, 3, 0"


def test_one_tuning_has_no_such_table(tmp_path: Path) -> None:
    assert numbers_of(tmp_path, [-2.0]).optimum is None
