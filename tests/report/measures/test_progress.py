"""Progress must be read at the right epochs, for runs of any length and status."""

from pathlib import Path

import pytest

from ffnn_lab.report.data.winners import find_winners
from ffnn_lab.report.measures.progress import progress, progress_table
from tests.support.report.arm_builders import Built, Came, make_arm_sweep
from tests.support.report.builders import CHANCE

FIVE = [  # train loss, then train, dev and test error, from epoch 0 to 5
    (2.3, 0.90, 0.9, 0.91),
    (1.0, 0.30, 0.9, 0.31),
    (0.5, 0.20, 0.9, 0.21),
    (0.4, 0.10, 0.9, 0.15),
    (0.3, 0.05, 0.9, 0.12),
    (0.2, 0.04, 0.9, 0.11),
]


def test_first_half_and_last(tmp_path: Path) -> None:
    """Half of five epochs is 2.5; the first measured epoch after it is the third."""
    sweep = make_arm_sweep(tmp_path, {"sgd": Built(tuned=[FIVE])})
    row = progress(sweep, find_winners(sweep)["sgd"].rows).loc[1000]
    assert row.to_dict() == pytest.approx(
        {
            "first.train": 0.30,
            "first.test": 0.31,
            "half.test": 0.15,
            "last.test": 0.11,
            "late": 0.04,
        }
    )


def test_a_run_of_one_epoch_has_nothing_late(tmp_path: Path) -> None:
    sweep = make_arm_sweep(tmp_path, {"sgd": Built(tuned=[FIVE[:2]])})
    row = progress(sweep, find_winners(sweep)["sgd"].rows).loc[1000]
    assert (row["first.test"], row["last.test"], row["late"]) == (0.31, 0.31, 0.0)


def test_what_diverged_is_chance_throughout_and_what_failed_is_nothing(tmp_path: Path) -> None:
    came: list[Came] = [FIVE, "diverged", "failed"]
    sweep = make_arm_sweep(tmp_path, {"sgd": Built(tuned=came)})
    errors = progress(sweep, find_winners(sweep)["sgd"].rows)
    assert errors.index.tolist() == [1000, 1001]
    assert errors.loc[1001, "first.train"] == CHANCE
    assert errors.loc[1001, "late"] == 0.0


def test_the_table_has_a_row_per_arm(tmp_path: Path) -> None:
    arms = {"sgd": Built(tuned=[FIVE, FIVE]), "adam": Built()}
    sweep = make_arm_sweep(tmp_path, arms)
    table = progress_table(sweep, find_winners(sweep)).set_index("arm")
    assert table["n_seeds"].to_dict() == {"sgd": 2, "adam": 0}
    assert table.loc["sgd", "late"] == pytest.approx(0.04)
    assert table.loc["adam"].isna()["late"]
