"""Errors of winners must be listed by replicate and seed, and variance be split by its source."""

from pathlib import Path

import pytest

from ffnn_lab.report.data.arms import Contrast
from ffnn_lab.report.measures.tuned_errors import (
    component_table,
    differences_between,
    tuned_errors,
    whole_replicates,
)
from tests.support.report.builders import CHANCE, Last, load_sweep
from tests.support.report.replicated import write_replicated

PAIR = Contrast("adam", "sgd")


def dev_of(replicate: int, setting: int) -> float:
    """Return a dev error by which setting 1 wins in odd replicates, and setting 0 in even ones."""
    return 0.1 if setting == replicate % 2 else 0.2


def test_errors_stand_at_replicate_and_seed(tmp_path: Path) -> None:
    def came(replicate: int, arm: str, setting: int, seed: int) -> Last:
        if (replicate, arm, seed) == (1, "adam", 1001):
            return "diverged"
        if (replicate, arm, seed) == (2, "sgd", 1000):
            return "failed"
        test = 0.1 * replicate + 0.01 * (seed - 1000) + (0.001 if arm == "adam" else 0.0)
        return (0.0, dev_of(replicate, setting), test)

    errors = tuned_errors(load_sweep(write_replicated(tmp_path, came, n_replicates=3)))
    assert errors.columns.tolist() == ["sgd", "adam"]
    assert errors.index.tolist() == [(r, s) for r in range(3) for s in (1000, 1001)]
    assert errors["sgd"].tolist() == pytest.approx(
        [0.0, 0.01, 0.1, 0.11, float("nan"), 0.21], nan_ok=True
    )
    assert errors["adam"].tolist() == pytest.approx([0.001, 0.011, 0.101, CHANCE, 0.201, 0.211])
    assert (
        differences_between(errors, PAIR).index.tolist() == errors.index.drop((2, 1000)).tolist()
    )
    kept = whole_replicates(errors)
    assert kept.index.tolist() == [(r, s) for r in range(2) for s in (1000, 1001)]
    assert kept.to_numpy().tolist() == errors.loc[:1].to_numpy().tolist()


def test_replicates_that_are_whole_are_numbered_anew(tmp_path: Path) -> None:
    def came(replicate: int, arm: str, _setting: int, seed: int) -> Last:
        return "failed" if replicate == 0 and arm == "sgd" and seed else (0.0, 0.1, 0.1)

    errors = tuned_errors(load_sweep(write_replicated(tmp_path, came, n_replicates=3)))
    kept = whole_replicates(errors)
    assert kept.index.tolist() == [(r, s) for r in range(2) for s in (1000, 1001)]


def test_each_part_of_the_variance_is_found_where_it_is(tmp_path: Path) -> None:
    """The difference is -5, 0 or 5 points by split, plus or minus 3 by tuning and 1 by seed.

    There are 3 splits, 2 tunings per split and 2 seeds per tuning. By hand, in points squared, the
    mean squares are 1 + 1 = 2 of seeds, with 6 degrees of freedom; 2 * (2 * 9) = 36 of tunings,
    with 3; and 4 * 25 = 100 of splits, with 2. So the parts are 2, (36 - 2) / 2 = 17 and
    (100 - 36) / 4 = 16.
    """

    def came(replicate: int, arm: str, setting: int, seed: int) -> Last:
        if arm == "sgd" or not seed:
            return (0.0, dev_of(replicate, setting), 0.3)
        split, tuning = replicate % 3, replicate // 3
        points = 5 * (split - 1) + 3 * (2 * tuning - 1) + (2 * (seed - 1000) - 1)
        return (0.0, dev_of(replicate, setting), 0.3 + points / 100)

    folder = write_replicated(tmp_path, came, n_replicates=6, n_splits=3)
    table = component_table(load_sweep(folder))
    assert set(zip(table["arm"], table["against"], strict=True)) == {("adam", "sgd")}
    assert table["part"].tolist() == ["split", "tuning", "seed"]
    assert table["freedom"].tolist() == [2, 3, 6]
    assert (10_000 * table["variance"]).tolist() == pytest.approx([16, 17, 2])
    assert table["share"].tolist() == pytest.approx([16 / 35, 17 / 35, 2 / 35])
    assert set(table["n"]) == {12}


def test_split_and_tuning_are_one_part_if_each_replicate_has_its_own_split(
    tmp_path: Path,
) -> None:
    def came(replicate: int, arm: str, setting: int, _seed: int) -> Last:
        return (0.0, dev_of(replicate, setting), 0.1 + 0.01 * replicate * (arm == "adam"))

    table = component_table(load_sweep(write_replicated(tmp_path, came, n_replicates=3)))
    assert table["part"].tolist() == ["split + tuning", "seed"]
    assert (10_000 * table["variance"]).tolist() == pytest.approx([1, 0])
