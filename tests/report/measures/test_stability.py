"""Ranks must be at equal search effort, and change if the best settings are at the rim."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.data.winners import find_winners
from ffnn_lab.report.measures.budgets import NotIndependentError
from ffnn_lab.report.measures.stability import stability_table, variant_table
from tests.support.report.arm_builders import Built, all_ended, make_arm_sweep

# 16 learning rates from 0.001 to 1, evenly spaced on the log scale of the space.
LRS = np.geomspace(0.001, 1.0, 16).tolist()
SETTINGS = [{"optimizer.lr": lr} for lr in LRS]
MIDDLE = [abs(i - 7.5) / 10 for i in range(16)]
"""Scores of an arm that is best in the middle of its space."""
RIM = [0.3 if 3 < i < 12 else 0.0 for i in range(16)]
"""Scores of an arm that is best at the rim of its space, which a smaller space leaves out."""


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def table_of(sweep: Sweep) -> pd.DataFrame:
    return stability_table(sweep, rng=rng())


def test_an_arm_that_is_best_at_the_rim_loses_when_the_space_shrinks(tmp_path: Path) -> None:
    """Half of the log range keeps settings 4 to 11; arms are ranked by the best of two of them."""
    arms = {
        "sgd": Built(scores=MIDDLE, settings=SETTINGS),
        "adam": Built(scores=RIM, settings=SETTINGS),
    }
    half = table_of(make_arm_sweep(tmp_path, arms)).set_index(["space", "arm"]).loc["50%"]
    assert half["n_settings"].tolist() == [2, 2]
    assert half["rank"].to_dict() == {"sgd": 1.0, "adam": 2.0}
    assert half["rank.whole"].to_dict() == {"sgd": 2.0, "adam": 1.0}
    assert half["score"].to_dict()["adam"] == pytest.approx(0.3)
    assert half["agreement"].tolist() == [-1.0, -1.0]
    assert (half["same_first"] < 0.2).all()


def test_equal_bowls_keep_their_order(tmp_path: Path) -> None:
    arms = {
        "sgd": Built(scores=[0.01 + each for each in MIDDLE], settings=SETTINGS),
        "adam": Built(scores=[0.5 + each for each in MIDDLE], settings=SETTINGS),
    }
    table = table_of(make_arm_sweep(tmp_path, arms))
    assert table["space"].unique().tolist() == ["75%", "50%", "25%"]
    assert (table["agreement"] == 1.0).all()
    # The arms' scores hardly overlap: a resample would have to draw sgd's rim alone.
    assert (table["same_first"] > 0.9).all()


def test_a_share_without_settings_is_left_out(tmp_path: Path) -> None:
    """Three quarters of the range keep four of adam's settings.

    Half of the range keeps two of them, which are too few.
    """
    outer = [SETTINGS[i] for i in (0, 1, 2, 4, 11, 13, 14, 15)]
    arms = {
        "sgd": Built(scores=MIDDLE, settings=SETTINGS),
        "adam": Built(scores=[0.1] * 8, settings=outer),
    }
    assert table_of(make_arm_sweep(tmp_path, arms))["space"].unique().tolist() == ["75%"]


def test_choices_stay_whole(tmp_path: Path) -> None:
    space = {"optimizer.lr": {"kind": "choice", "values": LRS}}
    arms = {"sgd": Built(scores=MIDDLE, settings=SETTINGS, space=space)}
    table = table_of(make_arm_sweep(tmp_path, arms))
    assert table["n_settings"].tolist() == [4, 4, 4]


def test_settings_that_know_of_one_another_are_refused(tmp_path: Path) -> None:
    sweep = make_arm_sweep(tmp_path, {"sgd": Built()}, protocol="tpe")
    with pytest.raises(NotIndependentError, match="its protocol is tpe"):
        table_of(sweep)


def variants_of(folder: Path, **errors: list[float]) -> pd.DataFrame:
    lr = Built().space
    arms = {
        name: Built(
            tuned=all_ended(each),
            space=lr if name.endswith("_lr") else {**lr, "dropout.hidden": lr["optimizer.lr"]},
            settings=[{"optimizer.lr": 0.1, "dropout.hidden": 0.1}],
        )
        for name, each in errors.items()
    }
    sweep = make_arm_sweep(folder, arms)
    return variant_table(sweep, find_winners(sweep), rng=rng())


def test_variants_are_ranked_against_the_largest(tmp_path: Path) -> None:
    table = variants_of(
        tmp_path,
        sgd_all=[0.3, 0.3, 0.3],
        adam_all=[0.2, 0.2, 0.2],
        sgd_lr=[0.1, 0.1, 0.1],
        adam_lr=[0.2, 0.2, 0.2],
    )
    rows = {row["arm"]: row for row in table.to_dict("records")}
    assert (rows["sgd_lr"]["rank"], rows["sgd_lr"]["rank.whole"]) == (1.0, 2.0)
    assert (rows["adam_lr"]["agreement"], rows["adam_lr"]["same_first"]) == (-1.0, 0.0)
    assert (rows["adam_all"]["agreement"], rows["adam_all"]["same_first"]) == (1.0, 1.0)


def test_one_variant_has_nothing_to_be_compared_with(tmp_path: Path) -> None:
    assert variants_of(tmp_path / "one", sgd=[0.1], adam=[0.2]).empty
    assert variants_of(tmp_path / "two", sgd_lr=[0.1] * 2, adam_all=[0.2] * 2).empty
