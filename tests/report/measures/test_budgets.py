"""Budgets must be computed from independent settings; sweeps with others must be refused."""

import itertools
from pathlib import Path

import pytest

from ffnn_lab.report.measures.budgets import (
    EVERY,
    NotIndependentError,
    budget_points,
    budgets,
    drawn_settings,
)
from ffnn_lab.report.statistics import best_of
from tests.support.report.arm_builders import Built, Came, ended, make_arm_sweep

SCORES = [0.3, 0.1, 0.2, 0.5, 0.15, 0.4, 0.25, 0.35]


def test_each_budget_has_its_expected_best(tmp_path: Path) -> None:
    sweep = make_arm_sweep(tmp_path, {"sgd": Built(scores=SCORES), "adam": Built(scores=[0.2])})
    points = budget_points(sweep)
    of_sgd = points[points["arm"] == "sgd"].set_index("n_settings")
    assert of_sgd.index.tolist() == list(range(1, 9))
    for n_settings, row in of_sgd.iterrows():
        expected = best_of(SCORES, n_settings=int(str(n_settings)))
        assert row["expected"] == pytest.approx(expected)
    assert of_sgd["low"].notna().tolist() == [True, True, *[False] * 6]
    assert points[points["arm"] == "adam"]["n_drawn"].tolist() == [1]
    assert set(points["split"] + " " + points["metric"]) == {"dev error"}


@pytest.mark.parametrize("n_settings", [1, 2, EVERY - 1, EVERY, EVERY + 1, 3000, 10_000])
def test_a_long_curve_is_drawn_through_fewer_points(n_settings: int) -> None:
    found = budgets(n_settings)
    assert found == sorted(set(found))
    assert (found[0], found[-1]) == (1, n_settings)
    assert found[:EVERY] == list(range(1, min(n_settings, EVERY) + 1))
    assert len(found) < 250
    # The table reads these budgets from the curve.
    assert {2**k for k in range(n_settings.bit_length())} <= set(found)
    gaps = [after / before for before, after in itertools.pairwise(found)]
    assert max(gaps[EVERY:], default=1) < 1.06


@pytest.mark.parametrize("protocol", ["tpe", "cmaes", "qmc", "grid", "grid_until_interior"])
def test_settings_that_know_of_one_another_are_refused(tmp_path: Path, protocol: str) -> None:
    sweep = make_arm_sweep(tmp_path / "mine", {"sgd": Built()}, protocol=protocol)
    message = (
        f"the settings of mine are not drawn independently of one another .its protocol is "
        f"{protocol}., so a few of them are no smaller sweep; sweep with "
        "hydra.sweeper.protocol.name=random"
    )
    with pytest.raises(NotIndependentError, match=message):
        budget_points(sweep)


def test_pruned_settings_are_refused(tmp_path: Path) -> None:
    tune: list[Came] = [ended(0.2), "pruned"]
    sweep = make_arm_sweep(tmp_path / "mine", {"sgd": Built(scores=[0.2, 0.3], tune=tune)})
    with pytest.raises(NotIndependentError, match="settings of mine were pruned"):
        budget_points(sweep)


def test_what_failed_is_left_out_and_what_diverged_counts_as_chance(tmp_path: Path) -> None:
    tune: list[Came] = [ended(0.2, dev=0.2), "failed", "diverged"]
    sweep = make_arm_sweep(tmp_path, {"sgd": Built(scores=[0.2, 0.3, 0.4], tune=tune)})
    assert drawn_settings(sweep)["sgd"]["score"].tolist() == pytest.approx([0.2, 0.9])
