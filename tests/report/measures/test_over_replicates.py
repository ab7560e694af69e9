"""Tables over replicates must be means of the tables of each replicate, worked out by hand."""

import math
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev

import pytest

from ffnn_lab.report.measures.numbers import Numbers
from tests.support.report.arm_builders import Built, Epoch, all_ended, make_arm_sweep

# 97.5% quantiles of Student's t with n - 1 degrees of freedom, by n.
T = {2: 12.706204736, 3: 4.302652730}
SEEDS = [[0.10, 0.14], [0.20, 0.20], [0.30, 0.38]]
"""Test errors of the two fresh seeds of each replicate."""


def numbers_of(
    folder: Path, replicates: Sequence[dict[str, Built]], *, protocol: str = "random"
) -> Numbers:
    first, *others = replicates
    return Numbers(make_arm_sweep(folder / "many", first, others=others, protocol=protocol))


def half_of(values: Sequence[float]) -> float:
    return T[len(values)] * stdev(values) / math.sqrt(len(values))


def test_spreads_are_between_replicates_and_within(tmp_path: Path) -> None:
    replicates = [{"sgd": Built(tuned=all_ended(errors))} for errors in SEEDS]
    (row,) = numbers_of(tmp_path, replicates).spreads.to_dict("records")
    means = [mean(errors) for errors in SEEDS]
    assert row["test.error"] == pytest.approx(mean(means))
    assert row["test.error.high"] == pytest.approx(mean(means) + half_of(means))
    assert row["test.error.std"] == pytest.approx(stdev(means))
    variances = [stdev(errors) ** 2 for errors in SEEDS]
    assert row["std_within"] == pytest.approx(math.sqrt(mean(variances)))
    ends = row["lowest"], row["median"], row["highest"]
    assert ends == pytest.approx((0.12, 0.20, 0.34))
    assert (row["n_replicates"], row["n_seeds"]) == (3, 6)


def test_progress_is_the_mean_of_replicates(tmp_path: Path) -> None:
    """All errors are 50% half way, so that ``late`` is 0.5 minus the error at the end."""
    replicates = [{"sgd": Built(tuned=all_ended(errors))} for errors in SEEDS]
    (row,) = numbers_of(tmp_path, replicates).progress.to_dict("records")
    lost = [0.5 - mean(errors) for errors in SEEDS]
    assert row["late"] == pytest.approx(mean(lost))
    found = row["late.low"], row["late.high"]
    assert found == pytest.approx((mean(lost) - half_of(lost), mean(lost) + half_of(lost)))
    assert (row["first.test"], row["n_replicates"]) == (0.5, 3)


def test_each_replicate_is_matched_at_its_own_train_loss(tmp_path: Path) -> None:
    """SGD ends at losses of 0.1 and 0.2 nats, and Adam must be read at the same losses.

    Adam's errors at later, lower losses must not count.
    """
    start = (1.0, 0.9, 0.9, 0.9)
    replicates = []
    for loss, test in ((0.1, 0.2), (0.2, 0.3)):
        sgd: list[Epoch] = [start, (loss, 0.1, 0.1, test)]
        adam: list[Epoch] = [start, (loss, 0.1, 0.1, test + 0.1), (0.01, 0.0, 0.1, 0.9)]
        replicates.append({"sgd": Built(tuned=[sgd] * 2), "adam": Built(tuned=[adam] * 2)})
    sgd_row, adam_row = numbers_of(tmp_path, replicates).matched.to_dict("records")
    assert sgd_row["train.loss"] == adam_row["train.loss"] == pytest.approx(0.15)
    assert sgd_row["test.error"] == pytest.approx(0.25)
    assert adam_row["test.error"] == pytest.approx(0.35)
    assert adam_row["gap"] == pytest.approx(0.25)
    assert adam_row["gap.high"] == pytest.approx(0.25 + half_of([0.2, 0.3]))


def test_budgets_are_means_with_an_interval_at_every_one(tmp_path: Path) -> None:
    """The best of one setting is the mean score, the best of both settings the lower score."""
    scores = [[0.1, 0.2], [0.3, 0.4], [0.2, 0.6]]
    table = numbers_of(tmp_path, [{"sgd": Built(scores=each)} for each in scores]).budgets
    assert table is not None
    one, both = table.to_dict("records")
    assert one["expected"] == pytest.approx(mean([0.15, 0.35, 0.4]))
    assert both["expected"] == pytest.approx(mean([0.1, 0.3, 0.2]))
    assert both["high"] == pytest.approx(0.2 + half_of([0.1, 0.3, 0.2]))
    assert (both["n_settings"], both["n_drawn"], both["n_replicates"]) == (2, 6, 3)


def test_a_protocol_that_looks_back_has_no_budgets_over_replicates(tmp_path: Path) -> None:
    replicates = [{"sgd": Built(scores=[0.1, 0.2])}] * 2
    numbers = numbers_of(tmp_path, replicates, protocol="tpe")
    assert numbers.budgets is None
    assert numbers.ranks_in_smaller_spaces is None
    assert "tpe" in numbers.why_no_budgets


def test_ranks_are_means_and_the_share_of_replicates_that_agree(tmp_path: Path) -> None:
    """SGD is first in the small space in all three replicates, in the large space in one alone."""
    errors = {"sgd_lr": 0.1, "adam_lr": 0.2, "adam_all": 0.3}
    replicates = [
        {
            name: Built(tuned=all_ended([error] * 2), settings=[settings], space=space)
            for name, error in (errors | {"sgd_all": last}).items()
            for settings, space in [SPACES[name.partition("_")[2]]]
        }
        for last in (0.25, 0.4, 0.4)
    ]
    table = numbers_of(tmp_path, replicates).ranks_by_variant
    is_it = (table["space"] == "lr") & (table["arm"] == "sgd_lr")
    (small,) = table[is_it].to_dict("records")
    assert small["rank"] == 1.0
    assert small["rank.whole"] == pytest.approx((1 + 2 + 2) / 3)
    assert small["same_first"] == pytest.approx(1 / 3)
    assert small["agreement"] == pytest.approx((1 - 1 - 1) / 3)  # Kendall's tau of two arms
    assert small["n_replicates"] == 3


AXIS = {"kind": "float", "low": 0.001, "high": 1.0, "log": True}
SPACES = {
    "lr": ({"optimizer.lr": 0.1}, {"optimizer.lr": AXIS}),
    "all": (
        {"optimizer.lr": 0.1, "initializer.gain": 0.5},
        {"optimizer.lr": AXIS, "initializer.gain": AXIS},
    ),
}


def test_runs_behind_an_arm_are_those_of_all_replicates(tmp_path: Path) -> None:
    replicates = [{"sgd": Built(tuned=all_ended(errors))} for errors in SEEDS]
    numbers = numbers_of(tmp_path, replicates)
    assert len(numbers.reported["sgd"]) == 6
    assert len(numbers.tried["sgd"]) == 3
    assert sorted(numbers.fitted["sgd"]) == [1000, 1001, 11000, 11001, 21000, 21001]
    with pytest.raises(TypeError, match="each replicate of many has its own best settings"):
        _ = numbers.winners
