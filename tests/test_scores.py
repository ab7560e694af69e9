"""What a setting scored: worked by hand."""

import math

import pandas as pd

from ffnn_lab.scores import best_settings, counted, objective_column, setting_scores

OBJECTIVE = {"split": "dev", "metric": "error", "moment": "last", "aggregate": "mean"}


def _runs(rows: list[tuple[str, str, float, float]]) -> pd.DataFrame:
    columns = ["run_id", "status", "last.dev.error", "last.dev.loss"]
    return pd.DataFrame(rows, columns=columns).assign(chance_error=0.9, seed=0)


def _trials(rows: list[tuple[str, int, int, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["arm", "setting", "seed", "run_id"]).assign(stage="tune")


def test_a_diverged_seed_counts_as_chance_and_stays_in_the_mean() -> None:
    """(0.1 + 0.9) / 2 = 0.5 for the setting with a diverged seed; the other is (0.4 + 0.2) / 2."""
    runs = _runs(
        [
            ("a", "completed", 0.1, 0.3),
            ("b", "diverged", math.nan, math.nan),
            ("c", "completed", 0.4, 0.5),
            ("d", "completed", 0.2, 0.7),
        ]
    )
    trials = _trials([("x", 0, 0, "a"), ("x", 0, 1, "b"), ("x", 1, 0, "c"), ("x", 1, 1, "d")])
    table = setting_scores(runs, trials, stage="tune", objective=OBJECTIVE)
    assert table["score"].tolist() == [0.5, 0.30000000000000004]
    assert table["n_diverged"].tolist() == [1, 0]
    assert table["n_seeds"].tolist() == [2, 2]
    assert table["tie_break"].tolist() == [math.inf, 0.6]
    assert best_settings(table) == {"x": 1}


def test_ties_go_to_the_lower_dev_loss_then_to_the_first() -> None:
    runs = _runs(
        [(name, "completed", 0.2, loss) for name, loss in zip("abc", (3, 1, 1), strict=True)]
    )
    trials = _trials([("x", setting, 0, name) for setting, name in enumerate("abc")])
    table = setting_scores(runs, trials, stage="tune", objective=OBJECTIVE)
    assert best_settings(table) == {"x": 1}


def test_another_stage_does_not_score() -> None:
    runs = _runs([("a", "completed", 0.2, 1.0)])
    trials = _trials([("x", 0, 0, "a")])
    assert setting_scores(runs, trials, stage="confirm", objective=OBJECTIVE).empty


def test_a_loss_that_is_not_there_counts_as_infinite() -> None:
    runs = _runs([("a", "diverged", math.nan, math.nan), ("b", "completed", 0.1, 0.5)])
    assert counted(runs, "last.dev.loss").tolist() == [math.inf, 0.5]
    assert counted(runs, "last.dev.error").tolist() == [0.9, 0.1]
    assert objective_column(OBJECTIVE) == "last.dev.error"
