"""Differences must be of the right pairs, and p adjusted over the declared pairs alone."""

from pathlib import Path

import pytest

from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.statistics import holm
from tests.support.report.arm_builders import Built, all_ended, make_arm_sweep
from tests.support.report.builders import differences_of

N = 10


def built(start: float, step: float = 0.0) -> Built:
    """Build an arm whose test errors begin at ``start`` and grow by ``step`` with each seed."""
    return Built(tuned=all_ended([start + step * i for i in range(N)]))


@pytest.fixture
def wilson(tmp_path: Path) -> Sweep:
    arms = {
        "sgd": built(0.030, 0.001),
        "heavy_ball": built(0.030, 0.001),
        "adagrad": built(0.040, 0.001),
        "rmsprop": built(0.030, 0.002),
        "adam": Built(tuned=all_ended([0.03 + (-1) ** i * 0.002 + 0.001 * i for i in range(N)])),
        "adamw": built(0.050, 0.001),
    }
    return make_arm_sweep(tmp_path / "wilson", arms)


def test_pairs_are_each_with_its_baseline_then_what_else_was_declared(wilson: Sweep) -> None:
    table = differences_of(wilson)
    pairs = [f"{row['arm']} - {row['baseline']}" for row in table.to_dict("records")]
    assert pairs == [
        *("heavy_ball - sgd", "adagrad - sgd", "rmsprop - sgd", "adam - sgd", "adamw - sgd"),
        *("adagrad - heavy_ball", "rmsprop - heavy_ball", "adam - heavy_ball"),
    ]
    assert table["is_declared"].tolist() == [False, True, True, True, False, True, True, True]


def test_holm_is_over_the_declared_pairs_alone(wilson: Sweep) -> None:
    table = differences_of(wilson)
    declared = table[table["is_declared"]]
    assert declared["p.holm"].tolist() == pytest.approx(holm(declared["p"].tolist()))
    assert table.loc[~table["is_declared"], "p.holm"].isna().all()


def test_equal_differences_in_all_seeds(wilson: Sweep) -> None:
    """AdaGrad's error is 0.01 higher at all ten seeds: no interval, and p is 2 / 2^10."""
    row = differences_of(wilson).iloc[1]
    assert row["difference"] == pytest.approx(0.01)
    assert row[["low", "high"]].isna().all()
    assert row["p"] == 2 / 2**N
    # AdaGrad has the two smallest of six p values: the first is multiplied by six, and the
    # second, equal p value may not become less.
    assert row["p.holm"] == pytest.approx(6 * 2 / 2**N)
    assert (row["improvement"], row["improvement.low"]) == (0.0, 0.0)


def test_no_difference_in_any_seed(wilson: Sweep) -> None:
    row = differences_of(wilson).iloc[0]
    assert (row["difference"], row["p"]) == (0.0, 1.0)
    assert row[["low", "high"]].isna().all()  # ten equal values say nothing of their spread
    assert row["improvement"] == 0.5


def test_improvement_and_seeds_to_resolve(wilson: Sweep) -> None:
    """Adam is 0.002 worse and better in turn; the mean difference is 0, but for rounding."""
    row = differences_of(wilson).iloc[3]
    assert row["difference"] == pytest.approx(0.0, abs=1e-12)
    assert row["improvement"] == 0.5
    assert row.isna()["seeds_to_resolve"]
    # RMSProp's differences 0, 0.001, ..., 0.009: mean 0.0045, deviation 0.00303, d = 1.486.
    assert differences_of(wilson).iloc[2]["seeds_to_resolve"] == 6


def test_the_bootstrap_waits_for_enough_seeds(wilson: Sweep, tmp_path: Path) -> None:
    assert differences_of(wilson)["bootstrap.low"].isna().all()
    many = [0.03 + 0.0007 * (i % 7) for i in range(30)]
    arms = {
        "sgd": Built(tuned=all_ended([0.03] * 30)),
        "adam": Built(tuned=all_ended(many)),
    }
    row = differences_of(make_arm_sweep(tmp_path / "many", arms)).iloc[0]
    assert row["low"] < row["bootstrap.low"] < row["difference"] < row["bootstrap.high"]


def test_gaps_are_compared_too(tmp_path: Path) -> None:
    """The gaps between test and train error differ by 2 points, the test errors by 1.

    Adam has errors of 4% on test and 1% on train, SGD of 3% and 2%.
    """
    adam = [[(2.0, 0.9, 0.9, 0.9), (0.1, 0.01, 0.1, 0.04)]] * N
    sgd = [[(2.0, 0.9, 0.9, 0.9), (0.1, 0.02, 0.1, 0.03)]] * N
    sweep = make_arm_sweep(tmp_path / "gaps", {"sgd": Built(tuned=sgd), "adam": Built(tuned=adam)})
    row = differences_of(sweep).iloc[0]
    assert row["difference"] == pytest.approx(0.01)
    assert row["gap_difference"] == pytest.approx(0.02)


def test_equal_draws_give_equal_tables(wilson: Sweep) -> None:
    assert differences_of(wilson).equals(differences_of(wilson))
