"""Scores of settings, worked by hand."""

import math
from dataclasses import replace

import pandas as pd
import pytest

from ffnn_lab.config.sweep import ObjectiveConfig
from ffnn_lab.scores import (
    best_settings,
    counted,
    is_completed,
    objective_column,
    score_columns,
    setting_scores,
    why_no_winner,
    with_moment,
)
from tests.support.definitions import OBJECTIVE

MEAN_LAST = replace(OBJECTIVE, moment="mean_last", n_last=2)


def _runs(rows: list[tuple[str, str, float, float]]) -> pd.DataFrame:
    columns = ["run_id", "status", "last.dev.error", "last.dev.loss"]
    return pd.DataFrame(rows, columns=columns).assign(chance_error=0.9, seed=0)


def _trials(rows: list[tuple[str, int, int, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["arm", "setting", "seed", "run_id"]).assign(
        stage="tune", replicate=0
    )


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
    assert table["n_pruned"].tolist() == table["n_failed"].tolist() == [0, 0]
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


@pytest.mark.parametrize("status", ["pruned", "failed"])
def test_no_result_counts_as_infinite(status: str) -> None:
    """If a missing result counted as chance, a setting that nobody has measured could win."""
    runs = _runs([("a", status, math.nan, math.nan), ("b", "completed", math.nan, 0.5)])
    assert counted(runs, "last.dev.error").tolist() == [math.inf, math.inf]
    assert counted(runs, "last.dev.loss").tolist() == [math.inf, 0.5]


@pytest.mark.parametrize("status", ["pruned", "failed"])
@pytest.mark.parametrize("aggregate", ["mean", "median", "worst"])
def test_a_setting_with_a_seed_without_result_is_not_eligible(status: str, aggregate: str) -> None:
    """Setting 0 has errors of 0.1 and 0.1 and no third one; their median, 0.1, would win."""
    runs = _runs(
        [
            *((name, "completed", 0.1, 0.1) for name in "ab"),
            ("c", status, math.nan, math.nan),
            *((name, "completed", 0.8, 2.0) for name in "def"),
        ]
    )
    places = enumerate("abcdef")
    trials = _trials([("x", place // 3, place % 3, name) for place, name in places])
    objective = replace(OBJECTIVE, aggregate=aggregate)
    table = setting_scores(runs, trials, stage="tune", objective=objective)
    assert table["score"].tolist() == [math.inf, pytest.approx(0.8)]
    assert table[f"n_{status}"].tolist() == [1, 0]
    assert table["n_seeds"].tolist() == [3, 3]
    assert best_settings(table) == {"x": 1}


def test_a_diverged_loss_is_better_than_no_result() -> None:
    """Both settings score infinity, but only the diverged one was measured."""
    runs = _runs([("a", "failed", math.nan, math.nan), ("b", "diverged", math.nan, math.nan)])
    trials = _trials([("x", 0, 0, "a"), ("x", 1, 0, "b")])
    table = setting_scores(runs, trials, stage="tune", objective=replace(OBJECTIVE, metric="loss"))
    assert table["score"].tolist() == [math.inf, math.inf]
    assert best_settings(table) == {"x": 1}
    assert best_settings(table[table["setting"] == 0]) == {"x": 0}  # the only setting wins


def test_what_diverged_does_not_win_against_what_completed() -> None:
    """The completed setting wins, though its error, 0.95, is above chance, 0.9."""
    runs = _runs([("a", "diverged", math.nan, math.nan), ("b", "completed", 0.95, 3.0)])
    trials = _trials([("x", 0, 0, "a"), ("x", 1, 0, "b")])
    table = setting_scores(runs, trials, stage="tune", objective=OBJECTIVE)
    assert table["score"].tolist() == [0.9, 0.95]
    assert best_settings(table) == {"x": 1}


Run = tuple[str, float, float]
"""A status, an error and a loss."""
OUT: Run = ("diverged", math.nan, math.nan)


@pytest.mark.parametrize(
    ("settings", "completed", "reason"),
    [
        ([[OUT, OUT], [OUT, OUT]], [], "every run of every setting diverged"),
        ([[OUT, OUT]], [], "every run of every setting diverged"),
        ([[OUT, OUT], [("failed", 0, 0), OUT]], [], "no setting has a result"),
        # One completed seed of two makes a result; pruned seeds are a result, too.
        ([[OUT, OUT], [OUT, ("completed", 0.1, 0.1)]], [1], ""),
        ([[OUT, OUT], [("pruned", 0, 0), ("pruned", 0, 0)]], [1], ""),
        ([[OUT, OUT], [("failed", 0, 0), ("completed", 0.1, 0.1)]], [1], ""),
        # Equal in score and loss, whatever diverged beside them.
        ([[("completed", 0.9, 2.3)], [("completed", 0.9, 2.3)]], [0, 1], "all 2 settings that"),
        (
            [[("completed", 0.9, 2.3)], [("completed", 0.9, 2.3)], [OUT]],
            [0, 1],
            "all 2 settings that completed have the same score",
        ),
        ([[("completed", 0.9, 2.3)], [("completed", 0.9, 2.2)]], [0, 1], ""),
        ([[("completed", 0.9, 2.3)]], [0], ""),
        ([[("completed", 0.9, 2.3)], [OUT]], [0], ""),
    ],
)
def test_no_winner_where_none_is_better_than_others(
    settings: list[list[Run]], completed: list[int], reason: str
) -> None:
    rows = [(n, seed, run) for n, seeds in enumerate(settings) for seed, run in enumerate(seeds)]
    runs = _runs([(f"{n}-{seed}", *run) for n, seed, run in rows])
    trials = _trials([("x", n, seed, f"{n}-{seed}") for n, seed, _ in rows])
    table = setting_scores(runs, trials, stage="tune", objective=OBJECTIVE)
    assert table.loc[is_completed(table), "setting"].tolist() == completed
    assert why_no_winner(table).startswith(reason)
    assert bool(why_no_winner(table)) == bool(reason)


def _curves(
    errors: dict[str, list[float]], *, split: str = "dev", per_error: float = 2.0
) -> pd.DataFrame:
    """Return curves of every second epoch; losses are ``per_error`` times the errors."""
    points = [
        (name, 2 * i, split, per_error * error, error)
        for name, curve in errors.items()
        for i, error in enumerate(curve)
    ]
    return pd.DataFrame(points, columns=["run_id", "epoch", "split", "loss", "error"])


def test_the_mean_of_the_last_measured_points() -> None:
    """Setting 0: (0.2 + 0.4) / 2 = 0.3 and (0.1 + 0.3) / 2 = 0.2, so 0.25 over its seeds."""
    runs = _runs([(name, "completed", 0.7, 7.0) for name in "abc"])
    trials = _trials([("x", 0, 0, "a"), ("x", 0, 1, "b"), ("x", 1, 0, "c")])
    curves = _curves({"a": [0.9, 0.2, 0.4], "b": [0.8, 0.5, 0.1, 0.3], "c": [0.3]})
    others = _curves({"a": [0.0, 0.0], "of another run": [0.0]}, split="test")
    shuffled = pd.concat([others, curves]).sample(frac=1, random_state=0)
    table = setting_scores(runs, trials, stage="tune", objective=MEAN_LAST, curves=shuffled)
    assert table["score"].tolist() == pytest.approx([0.25, 0.3])  # c has one point, and no more
    assert table["spread"].iloc[0] == pytest.approx(math.sqrt(2 * 0.05**2))
    assert table["tie_break"].tolist() == pytest.approx([0.5, 0.6])


def test_mean_last_of_more_points_than_there_are() -> None:
    runs = _runs([("a", "completed", 0.7, 7.0)])
    curves = _curves({"a": [0.9, 0.2, 0.4]})
    measured = with_moment(runs, replace(MEAN_LAST, n_last=5), curves)
    assert measured["mean_last.dev.error"].tolist() == pytest.approx([0.5])


def test_mean_last_breaks_ties_by_dev_loss_whatever_the_split() -> None:
    """Train errors tie at 0.1; the dev losses of the same two points are 0.9 and 0.6."""
    runs = _runs([(name, "completed", 0.7, 7.0) for name in "ab"])
    trials = _trials([("x", 0, 0, "a"), ("x", 1, 0, "b")])
    train = _curves({"a": [0.3, 0.0, 0.2], "b": [0.3, 0.2, 0.0]}, split="train")
    dev = _curves({"a": [0.0, 0.4, 0.5], "b": [0.9, 0.4, 0.2]})
    table = setting_scores(
        runs,
        trials,
        stage="tune",
        objective=replace(MEAN_LAST, split="train"),
        curves=pd.concat([train, dev]),
    )
    assert table["score"].tolist() == pytest.approx([0.1, 0.1])
    assert table["tie_break"].tolist() == pytest.approx([0.9, 0.6])
    assert best_settings(table) == {"x": 1}


@pytest.mark.parametrize(
    ("status", "error", "loss"),
    [("diverged", 0.9, math.inf), ("pruned", math.inf, math.inf), ("failed", math.inf, math.inf)],
)
def test_mean_last_of_a_run_that_did_not_complete(status: str, error: float, loss: float) -> None:
    """The curve of such a run has points, but they are not its end."""
    runs = _runs([("a", status, math.nan, math.nan)])
    measured = with_moment(runs, MEAN_LAST, _curves({"a": [0.1, 0.1]}))
    assert counted(measured, "mean_last.dev.error").tolist() == [error]
    assert counted(measured, "mean_last.dev.loss").tolist() == [loss]


def test_mean_last_without_the_curve_of_a_run() -> None:
    runs = _runs([("a", "completed", 0.1, 0.1), ("b", "completed", 0.1, 0.1)])
    measured = with_moment(runs, MEAN_LAST, _curves({"a": [0.1]}))
    assert counted(measured, "mean_last.dev.error").tolist() == [0.1, math.inf]
    assert counted(measured, "mean_last.test.error").tolist() == [math.inf, math.inf]


def test_mean_last_passes_over_no_loss_that_is_not_a_number() -> None:
    runs = _runs([("a", "completed", 0.1, 0.1)])
    curves = _curves({"a": [0.1, 0.1]}).assign(loss=[0.1, math.nan])
    assert counted(with_moment(runs, MEAN_LAST, curves), "mean_last.dev.loss").tolist() == [
        math.inf
    ]


def test_mean_last_needs_the_curves() -> None:
    runs, trials = _runs([("a", "completed", 0.1, 0.1)]), _trials([("x", 0, 0, "a")])
    with pytest.raises(ValueError, match="mean_last is worked out from the table curves"):
        setting_scores(runs, trials, stage="tune", objective=MEAN_LAST)


def test_the_other_moments_stand_in_the_table() -> None:
    runs = _runs([("a", "completed", 0.1, 0.1)])
    assert with_moment(runs, OBJECTIVE, _curves({"a": [0.5]})) is runs


@pytest.mark.parametrize(
    ("objective", "columns"),
    [
        (OBJECTIVE, ("last.dev.error", "last.dev.loss")),
        (replace(OBJECTIVE, metric="loss"), ("last.dev.loss",)),
        (
            replace(OBJECTIVE, split="train", moment="best"),
            ("best.train.error", "best.dev.loss"),
        ),
        (MEAN_LAST, ()),
    ],
)
def test_scores_read_the_columns_that_they_name(
    objective: ObjectiveConfig, columns: tuple[str, ...]
) -> None:
    expected = ("run_id", "status", "chance_error", *columns)
    assert score_columns(objective) == expected
    runs = pd.DataFrame({column: [0.5] for column in expected}).assign(run_id="a")
    table = setting_scores(
        runs.assign(status="completed"),
        _trials([("x", 0, 0, "a")]),
        stage="tune",
        objective=objective,
        curves=pd.concat([_curves({"a": [0.5]}), _curves({"a": [0.5]}, split="train")]),
    )
    assert len(table) == 1
    assert math.isfinite(table["score"].iloc[0])


@pytest.mark.parametrize("objective", [OBJECTIVE, MEAN_LAST])
def test_nothing_gives_no_scores(objective: ObjectiveConfig) -> None:
    table = setting_scores(
        _runs([]), _trials([]), stage="tune", objective=objective, curves=_curves({})
    )
    assert table.empty
    assert best_settings(table) == {}
