"""Numbers of tuned methods over replicates must be those worked out by hand."""

import math
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import pandas as pd
import pytest

from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.measures.numbers import Numbers
from tests.support.report.arm_builders import Built, all_ended, make_arm_sweep
from tests.support.report.builders import CHANCE, differences_of

# 97.5% quantiles of Student's t with n - 1 degrees of freedom, by n.
T = {2: 12.706204736, 3: 4.302652730, 5: 2.776445105}
Errors = list[list[float]]
"""Test errors of the two fresh seeds of each replicate."""
SGD: Errors = [[0.30, 0.32], [0.20, 0.26], [0.40, 0.40], [0.31, 0.35], [0.22, 0.24]]
ADAM: Errors = [[0.25, 0.29], [0.22, 0.22], [0.30, 0.34], [0.30, 0.30], [0.12, 0.16]]
DEFAULT: Errors = [[0.50, 0.50], [0.50, 0.50], [0.50, 0.40], [0.50, 0.50], [0.40, 0.40]]


def replicated(folder: Path, n: int, **definition: Any) -> Sweep:  # noqa: ANN401 - its parts
    """Make a sweep of the first ``n`` replicates, between which sgd's best setting alternates."""
    built = [
        {
            "sgd": Built(
                tuned=all_ended(SGD[r]),
                default=all_ended(DEFAULT[r]),
                scores=[0.2, 0.2 + (-1) ** r * 0.1],  # setting 1 wins in replicates 1 and 3
                settings=[{"optimizer.lr": 0.03}, {"optimizer.lr": 1.0}],  # 1.0: high end
            ),
            "adam": Built(tuned=all_ended(ADAM[r])),
        }
        for r in range(n)
    ]
    return make_arm_sweep(folder / "many", built[0], others=built[1:], **definition)


def ends(values: list[float]) -> tuple[float, float, float]:
    """Compute a mean and the ends of its t interval, cut to the range of an error, 0 to 1."""
    half = T[len(values)] * stdev(values) / math.sqrt(len(values))
    return mean(values), max(0.0, mean(values) - half), min(1.0, mean(values) + half)


def row_of(table: pd.DataFrame, arm: str) -> dict[str, Any]:
    return {str(key): value for key, value in table.set_index("arm").loc[arm].items()}


@pytest.mark.parametrize("n", [2, 5])
def test_an_arm_is_the_mean_of_its_replicates(tmp_path: Path, n: int) -> None:
    row = row_of(Numbers(replicated(tmp_path, n)).arms, "sgd")
    means = [mean(errors) for errors in SGD[:n]]
    found = row["test.error"], row["test.error.low"], row["test.error.high"]
    assert found == pytest.approx(ends(means))
    assert (row["n_replicates"], row["n_seeds"], row["n_diverged"]) == (n, 2 * n, 0)
    assert row["test.error.std"] == pytest.approx(stdev(means))
    # Within replicates: the root of the mean variance of the two seeds of each replicate.
    variances = [stdev(errors) ** 2 for errors in SGD[:n]]
    assert row["test.error.std_within"] == pytest.approx(math.sqrt(mean(variances)))


def test_the_gain_of_tuning_is_over_replicates(tmp_path: Path) -> None:
    row = row_of(Numbers(replicated(tmp_path, 5)).arms, "sgd")
    gains = [mean(DEFAULT[r]) - mean(SGD[r]) for r in range(5)]
    found = row["gain_of_tuning"], row["gain_of_tuning.low"], row["gain_of_tuning.high"]
    assert found == pytest.approx(ends(gains))
    assert row["gain_of_tuning.n_pairs"] == 10


def test_edges_are_counted_over_replicates(tmp_path: Path) -> None:
    row = row_of(Numbers(replicated(tmp_path, 5)).arms, "sgd")
    assert row["edge"] == "optimizer.lr high in 2 of 5"
    assert (row["optimizer.lr.n_low"], row["optimizer.lr.n_high"], row["n_tuned"]) == (0, 2, 5)


def test_settings_are_listed_by_replicate(tmp_path: Path) -> None:
    table = Numbers(replicated(tmp_path, 5)).settings
    sgd = table[table["arm"] == "sgd"]
    assert sgd["replicate"].tolist() == [0, 1, 2, 3, 4]
    assert sgd["optimizer.lr"].tolist() == [0.03, 1.0, 0.03, 1.0, 0.03]
    first, second = sgd["command"].tolist()[:2]
    assert "split_seed" not in first
    assert second.endswith("task.split_seed=10000 optimizer.lr=1.0 seed=11000")


@pytest.mark.parametrize("n", [2, 5])
def test_a_difference_is_paired_within_replicates(tmp_path: Path, n: int) -> None:
    (row,) = Numbers(replicated(tmp_path, n)).differences.to_dict("records")
    values = [mean(ADAM[r]) - mean(SGD[r]) for r in range(n)]
    middle, low, high = (
        mean(values),
        *(mean(values) + s * T[n] * stdev(values) / math.sqrt(n) for s in (-1, 1)),
    )
    found = row["difference"], row["low"], row["high"]
    assert found == pytest.approx((middle, max(-1.0, low), min(1.0, high)))
    assert (row["n_replicates"], row["n_pairs"]) == (n, 2 * n)
    assert row["std"] == pytest.approx(stdev(values))
    # All differences have one sign: two of 2^n patterns of signs give a mean as far from 0.
    assert max(values) < 0
    assert row["p"] == 2 / 2**n
    assert row["p.holm"] == 2 / 2**n  # the one declared contrast
    # The exact interval of n of n begins at the share s with s^n = 0.025.
    assert (row["improvement"], row["improvement.high"]) == (1.0, 1.0)
    assert row["improvement.low"] == pytest.approx(0.025 ** (1 / n))
    assert row["improvement.verdict"] == "not significant"


def test_what_one_setting_tells_stands_beside(tmp_path: Path) -> None:
    """Columns ``setting.*`` are of replicate 0 alone: -0.05 and -0.03 over its two seeds."""
    sweep = replicated(tmp_path, 5)
    (row,) = Numbers(sweep).differences.to_dict("records")
    half = T[2] * stdev([-0.05, -0.03]) / math.sqrt(2)
    found = row["setting.difference"], row["setting.low"], row["setting.high"]
    assert found == pytest.approx((-0.04, -0.04 - half, -0.04 + half))
    assert row["setting.n_pairs"] == 2
    alone = differences_of(sweep.replicates[0]).iloc[0]
    assert found == tuple(alone[["difference", "low", "high"]])


def test_the_variance_of_a_pair_is_told_by_component(tmp_path: Path) -> None:
    """In this balanced design, the part of seeds is the mean variance within replicates.

    The part of replicates is the variance of their means less what the seeds add to it.
    """
    (row,) = Numbers(replicated(tmp_path, 5)).differences.to_dict("records")
    pairs = [[a - s for a, s in zip(ADAM[r], SGD[r], strict=True)] for r in range(5)]
    within = mean([stdev(each) ** 2 for each in pairs])
    between = stdev([mean(each) for each in pairs]) ** 2 - within / 2
    assert row["variance.seed"] == pytest.approx(within)
    assert row["variance.replicate"] == pytest.approx(between)
    assert row["share.replicate"] == pytest.approx(between / (between + within))


def test_where_replicates_share_splits_their_variance_is_told_apart(tmp_path: Path) -> None:
    """Replicates 0 and 2 have one split, 1 and 3 another: the analysis of variance is nested."""
    examples = {"train": 60, "dev": 20, "test": 20, "keeps_test": False}
    sweep = replicated(tmp_path, 4, splits=2, examples=examples)
    (row,) = Numbers(sweep).differences.to_dict("records")
    pairs = [[a - s for a, s in zip(ADAM[r], SGD[r], strict=True)] for r in range(4)]
    means = [mean(each) for each in pairs]
    of_splits = [(means[0] + means[2]) / 2, (means[1] + means[3]) / 2]
    # Two seeds per tuning and two tunings per split: the mean squares, then the components.
    seed = mean([stdev(each) ** 2 for each in pairs])
    of_tunings = 2 * mean([stdev(means[::2]) ** 2, stdev(means[1::2]) ** 2])
    tuning = (of_tunings - seed) / 2
    split = (4 * stdev(of_splits) ** 2 - of_tunings) / 4
    assert row["variance.seed"] == pytest.approx(seed)
    assert row["variance.tuning"] == pytest.approx(tuning)
    assert row["variance.split"] == pytest.approx(split)
    assert row["variance.replicate"] == pytest.approx(split + tuning)
    # The interval beyond the data set is over splits, of which there are two.
    half = T[2] * stdev(of_splits) * math.sqrt(1 / 2 + 20 / 80)
    assert row["corrected.high"] == pytest.approx(mean(of_splits) + half)


def test_of_one_seed_in_each_replicate_no_part_is_told(tmp_path: Path) -> None:
    built = [
        {"sgd": Built(tuned=all_ended(SGD[r][:1])), "adam": Built(tuned=all_ended(ADAM[r][:1]))}
        for r in range(3)
    ]
    numbers = Numbers(make_arm_sweep(tmp_path / "many", built[0], others=built[1:]))
    (row,) = numbers.differences.to_dict("records")
    assert row["n_replicates"] == 3
    assert math.isnan(row["variance.seed"])
    assert math.isnan(row["share.replicate"])


def test_beyond_the_data_set_the_interval_is_corrected(tmp_path: Path) -> None:
    """In Nadeau and Bengio's correction, 1 / n becomes 1 / n + n_test / n_train."""
    examples = {"train": 60, "dev": 20, "test": 20, "keeps_test": False}
    (row,) = Numbers(replicated(tmp_path, 5, examples=examples)).differences.to_dict("records")
    values = [mean(ADAM[r]) - mean(SGD[r]) for r in range(5)]
    half = T[5] * stdev(values) * math.sqrt(1 / 5 + 20 / 80)
    assert (row["corrected.low"], row["corrected.high"]) == pytest.approx(
        (mean(values) - half, mean(values) + half)
    )


def test_without_numbers_of_examples_nothing_is_told_beyond(tmp_path: Path) -> None:
    (row,) = Numbers(replicated(tmp_path, 2)).differences.to_dict("records")
    assert math.isnan(row["corrected.low"])


def test_an_arm_that_diverged_in_one_replicate(tmp_path: Path) -> None:
    """Adam's replicate 1 counts as chance in the mean over three replicates."""
    built: list[dict[str, Built]] = [
        {"sgd": Built(tuned=all_ended(SGD[r])), "adam": Built(tuned=all_ended(ADAM[r]))}
        for r in range(3)
    ]
    built[1]["adam"] = Built(tuned=["diverged", "diverged"])
    numbers = Numbers(make_arm_sweep(tmp_path / "many", built[0], others=built[1:]))
    row = row_of(numbers.arms, "adam")
    assert row["test.error"] == pytest.approx(mean([0.27, CHANCE, 0.32]))
    assert (row["n_diverged"], row["n_replicates"]) == (2, 3)
    (difference,) = numbers.differences.to_dict("records")
    assert difference["difference"] == pytest.approx(mean([-0.04, CHANCE - 0.23, -0.08]))


def test_a_replicate_that_is_not_finished_is_left_out_and_told(tmp_path: Path) -> None:
    """Adam has no run at all in replicate 1, and one fresh seed of two in replicate 2."""
    built: list[dict[str, Built]] = [
        {"sgd": Built(tuned=all_ended(SGD[r])), "adam": Built(tuned=all_ended(ADAM[r]))}
        for r in range(3)
    ]
    del built[1]["adam"]
    built[2]["adam"] = Built(tuned=all_ended(ADAM[2][:1]))
    numbers = Numbers(make_arm_sweep(tmp_path / "many", built[0], others=built[1:]))
    row = row_of(numbers.arms, "adam")
    assert row["n_replicates"] == 2
    assert row["test.error"] == pytest.approx(mean([0.27, 0.30]))
    assert row["missing"].startswith("3 of 3 replicates, of replicate 0 0 of 2 confirm seeds of")
    (difference,) = numbers.differences.to_dict("records")
    # Seeds are paired within a replicate: 0.30 - 0.40 at the one seed of both in replicate 2.
    assert (difference["n_replicates"], difference["n_pairs"]) == (2, 3)
    assert difference["difference"] == pytest.approx(mean([-0.04, -0.10]))


def test_with_one_tuning_nothing_is_over_replicates(tmp_path: Path) -> None:
    numbers = Numbers(replicated(tmp_path, 1))
    assert numbers.replicates == ()
    assert "n_replicates" not in numbers.arms
    assert "n_replicates" not in numbers.differences
    assert numbers.settings is numbers.arms


def test_arms_without_axes(tmp_path: Path) -> None:
    built = [{"sgd": Built(tuned=all_ended(SGD[r]), space={})} for r in range(2)]
    numbers = Numbers(make_arm_sweep(tmp_path / "many", built[0], others=built[1:]))
    row = row_of(numbers.arms, "sgd")
    assert row["test.error"] == pytest.approx(mean([0.31, 0.23]))
    assert (row["edge"], row["missing"]) == ("", "")
    assert numbers.differences.empty


def test_without_a_confirm_stage_the_tuning_seeds_are_tabulated(tmp_path: Path) -> None:
    built = [{"sgd": Built(scores=[0.2 + r / 10])} for r in range(2)]
    numbers = Numbers(make_arm_sweep(tmp_path / "many", built[0], others=built[1:]))
    row = row_of(numbers.arms, "sgd")
    assert row["test.error"] == pytest.approx(0.25)
    assert (row["stage"], row["n_replicates"]) == ("tune", 2)
