"""Results on the separable problem must be tabulated by draw and condition, without any loss."""

import io
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from ffnn_lab.config import RunConfig
from ffnn_lab.records import RunResult
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.measures import separable
from ffnn_lab.report.reports.report import report
from tests.support.report.separable_builders import (
    N_TEST,
    as_predicted,
    draw_of,
    ended,
    make_separable_sweep,
    make_sweep_of_replicates,
)
from tests.support.report.words import worded

BATCHES = {"trainer.batch_size": [5, 10, "full"]}
LRS = {"adam": {"optimizer.lr": [0.03, 0.3, 3.0]}}


def lr_of(config: RunConfig) -> float:
    return config.optimizer.lr


def test_a_sweep_over_draws_is_about_the_problem(tmp_path: Path, small: Sweep) -> None:
    assert separable.is_about(make_separable_sweep(tmp_path / "it"))
    assert not separable.is_about(small)


def test_each_run_stands_beside_what_the_closed_forms_predict(tmp_path: Path) -> None:
    sweep = make_separable_sweep(tmp_path, draws=(0, 2))
    runs = separable.find(sweep).runs
    assert runs["arm"].tolist() == ["sgd", "sgd", "adam", "adam"]
    assert runs["task.draw_seed"].tolist() == [0, 2, 0, 2]
    assert (runs["predicted.min_norm"] == 0).all()
    assert (runs["predicted.sign"] == runs["is_negative"]).all()
    assert (runs["is_negative"] > 0).all()
    is_sgd = runs["arm"] == "sgd"
    assert (runs.loc[is_sgd, "test.error"] == 0).all()
    assert (runs.loc[~is_sgd, "test.error"] == runs.loc[~is_sgd, "is_negative"]).all()
    assert runs["cosine.sign"].tolist() == [0.25, 0.25, 1.0, 1.0]


def test_draws_that_cannot_show_the_gap_have_a_table_of_their_own(tmp_path: Path) -> None:
    """Draw 1 of n = 20 and p = 0.6 has b = -2; lemma 3.1, and so the gap, needs b > 0."""
    found = separable.find(make_separable_sweep(tmp_path))
    assert found.table["n_runs"].tolist() == [2, 2]
    assert found.table["n_as_min_norm"].tolist() == [2, 0]
    assert found.table["n_as_sign"].tolist() == [0, 2]
    assert found.labeled["remark"].tolist() == ["b <= 0"] * 2
    assert found.labeled["n_runs"].tolist() == [1, 1]
    # With b < 0, the signs of X^T y are not those that lemma 3.1 is about.
    assert found.labeled["n_as_sign"].tolist() == [0, 0]


def test_one_test_example_less_is_not_as_predicted(tmp_path: Path) -> None:
    def ends(config: RunConfig) -> RunResult:
        error = float((draw_of(config).test < 0).mean())
        return ended(config, error=error - 1 / N_TEST)

    found = separable.find(make_separable_sweep(tmp_path, draws=(0, 2), arms=["adam"], ends=ends))
    assert found.table[["n_as_min_norm", "n_as_sign"]].to_numpy().tolist() == [[0, 0]]


def test_conditions_are_in_the_order_they_are_searched(tmp_path: Path) -> None:
    found = separable.find(make_separable_sweep(tmp_path, BATCHES, draws=(0, 2)))
    assert found.conditions == ["trainer.batch_size"]
    assert found.table["trainer.batch_size"].tolist() == ["5", "10", "full"] * 2
    assert found.table["n_runs"].tolist() == [2] * 6


def test_an_arm_may_lack_a_condition(tmp_path: Path) -> None:
    eps = {"adam": {"optimizer.eps": [1e-8, 10.0]}}
    found = separable.find(make_separable_sweep(tmp_path, of_arms=eps, draws=(0, 2)))
    words = worded("separable", found.table)
    assert words["arm"].tolist() == ["sgd", "adam", "adam"]
    assert words["optimizer.eps"].tolist() == ["-", "1e-08", "10"]
    assert words["runs"].tolist() == ["2", "2", "2"]


def test_of_each_draw_the_learning_rate_of_the_lowest_loss_is_kept(tmp_path: Path) -> None:
    """The rate is 0.3 on draw 0 and 3 on draw 2, chosen by train loss and not by test error."""

    def ends(config: RunConfig) -> RunResult:
        best = {0: 0.3, 2: 3.0}[draw_of_seed(config)]
        is_best = lr_of(config) == best
        return ended(config, loss=0.1 if is_best else 0.2, error=0.5 if is_best else 0.0)

    runs = separable.find(
        make_separable_sweep(tmp_path, of_arms=LRS, draws=(0, 2), arms=["adam"], ends=ends)
    ).runs
    assert runs["optimizer.lr"].tolist() == [0.3, 3.0]
    assert runs["test.error"].tolist() == [0.5, 0.5]


def draw_of_seed(config: RunConfig) -> int:
    seed = getattr(config.task, "draw_seed", None)
    assert isinstance(seed, int)
    return seed


@pytest.mark.parametrize(
    ("losses", "kept"),
    [
        ({0.03: 1e-20, 0.3: 1e-33, 3.0: 0.0}, 0.03),  # all solve it: rounding must not choose
        ({0.03: 1e-9, 0.3: 1e-13, 3.0: 0.0}, 0.3),  # the smallest has not solved it yet
        ({0.03: 3e-3, 0.3: 2e-3, 3.0: 1e-3}, 3.0),
    ],
)
def test_of_learning_rates_that_solve_the_problem_the_smallest_is_kept(
    tmp_path: Path, losses: dict[float, float], kept: float
) -> None:
    sweep = make_separable_sweep(
        tmp_path,
        of_arms=LRS,
        draws=[0],
        arms=["adam"],
        ends=lambda config: ended(config, loss=losses[lr_of(config)]),
    )
    assert separable.find(sweep).runs["optimizer.lr"].tolist() == [kept]


def test_where_one_arm_has_learning_rates_the_other_is_kept_whole(tmp_path: Path) -> None:
    sweep = make_separable_sweep(tmp_path, {"task.n": [20, 30]}, of_arms=LRS)
    runs = separable.find(sweep).runs
    assert runs["arm"].value_counts().to_dict() == {"sgd": 6, "adam": 6}
    assert set(runs.loc[runs["arm"] == "adam", "optimizer.lr"]) == {0.03}


def test_a_diverged_run_counts_as_chance_and_is_counted(tmp_path: Path) -> None:
    def ends(config: RunConfig) -> RunResult:
        is_lost = config.optimizer.name == "sgd" and draw_of_seed(config) == 0
        return ended(config, status="diverged") if is_lost else as_predicted(config)

    found = separable.find(make_separable_sweep(tmp_path, draws=(0, 2), ends=ends))
    assert found.table["test.error"].tolist()[0] == 0.5
    words = worded("separable", found.table)
    assert words["diverged"].tolist() == ["1", "0"]
    assert words["cosine to signs"].tolist()[0] == "0.2500 to 0.2500"


def test_where_all_diverged_there_are_no_cosines(tmp_path: Path) -> None:
    sweep = make_separable_sweep(tmp_path, ends=lambda config: ended(config, status="diverged"))
    words = worded("separable", separable.find(sweep).table)
    for column in ("cosine to least norm", "cosine to signs", "highest train loss"):
        assert words[column].tolist() == ["-", "-"]


@pytest.mark.parametrize(("decay", "errs"), [("coupled", True), ("decoupled", False)])
def test_coupled_weight_decay_is_predicted_by_the_ridge_solution(
    tmp_path: Path, decay: str, *, errs: bool
) -> None:
    """With strong coupled decay the weights point along ``X^T y = (n, b, b, ...)``.

    A fresh example with the label -1 then scores ``2 b - n``, which is positive if more than three
    in four labels are +1.
    """
    axes: dict[str, list[object]] = {
        "optimizer.weight_decay": [1e6],
        "optimizer.decay": [decay],
    }
    task = {"p": 0.9, "n_test": 200}
    sweep = make_separable_sweep(tmp_path, axes, draws=[0], arms=["sgd"], task=task)
    (row,) = separable.find(sweep).runs.to_dict("records")
    assert row["remark"] == ""
    assert row["predicted.min_norm"] == (row["is_negative"] if errs else 0)
    assert row["is_negative"] > 0


# --- draws as replicates, other fields as conditions -----------------------------------------

DRAWS = (0, 10_000)


@pytest.mark.parametrize(
    ("across", "of_arms"),
    [
        ({}, {}),
        ({"task.n": [20, 30], "task.p": [0.6, 0.75]}, {}),
        (BATCHES, {}),
        ({"task.n": [20, 30]}, {"adam": {"optimizer.eps": [1e-8, 10.0], **LRS["adam"]}}),
    ],
    ids=str,
)
def test_draws_that_are_replicates_are_tabulated_as_those_of_an_axis(
    tmp_path: Path, across: dict[str, list[object]], of_arms: dict[str, dict[str, list[object]]]
) -> None:
    """Records of both forms give the same tables; only seeds and setting numbers differ."""
    replicated = make_sweep_of_replicates(tmp_path / "new", across, of_arms=of_arms)
    axes = make_separable_sweep(tmp_path / "old", across, of_arms=of_arms, draws=DRAWS)
    assert separable.is_about(replicated)
    found, expected = separable.find(replicated), separable.find(axes)
    assert found.conditions == expected.conditions
    for name in ("table", "labeled"):
        pd.testing.assert_frame_equal(getattr(found, name), getattr(expected, name))
    keys = ["arm", *found.conditions, "task.draw_seed"]
    ours, theirs = (
        each.runs.drop(columns=["setting", "seed", "run_id"]).sort_values(keys, ignore_index=True)
        for each in (found, expected)
    )
    pd.testing.assert_frame_equal(ours, theirs)


def test_what_a_sweep_on_the_problem_is_about(tmp_path: Path) -> None:
    """A sweep that chooses on dev or has fresh seeds has winners, and is reported as usual."""
    across: dict[str, list[object]] = {"task.n": [20, 30]}
    assert separable.is_about(make_sweep_of_replicates(tmp_path / "a", across, n_replicates=1))
    confirmed = make_sweep_of_replicates(tmp_path / "b", across, confirm_seeds=[1000])
    assert not separable.is_about(confirmed)
    assert not separable.is_about(make_sweep_of_replicates(tmp_path / "c", across, split="dev"))


@pytest.mark.usefixtures("_no_pictures")
def test_conditions_are_side_by_side_in_the_report(tmp_path: Path) -> None:
    sweep = make_sweep_of_replicates(tmp_path / "s", {"task.n": [20, 30], "task.p": [0.6, 0.75]})
    names, text = reported(sweep.folder)
    assert [name for name in names if "@" in name] == []
    assert "over 2 draws of the problem" in text
    table = pd.read_csv(sweep.folder / "tables" / "separable.csv")
    assert table[["arm", "task.n", "task.p"]].to_numpy().tolist() == [
        [arm, n, p] for arm in ("sgd", "adam") for n in (20, 30) for p in (0.6, 0.75)
    ]
    assert table["n_runs"].tolist() == [2] * 8


# --- the report ------------------------------------------------------------------------------


def reported(folder: Path) -> tuple[list[str], str]:
    file = io.StringIO()
    paths = report(folder, console=Console(file=file, width=200))
    return sorted(path.relative_to(folder).as_posix() for path in paths), file.getvalue()


def files(*tables: str) -> list[str]:
    figures = ("separable", "separable_directions")
    return sorted(
        [
            *(f"tables/{name}.{suffix}" for name in tables for suffix in ("csv", "md", "tex")),
            "tables/report.md",
            *(
                f"figures/{name}.{suffix}"
                for name in figures
                for suffix in ("pdf", "png", "csv", "json")
            ),
        ]
    )


def test_the_report_has_tables_and_figures(tmp_path: Path) -> None:
    sweep = make_separable_sweep(tmp_path / "s", BATCHES)
    names, text = reported(sweep.folder)
    assert names == files("separable", "separable_labeled")
    assert text.isascii()
    assert "s: separable\n" in text
    assert "- 6 runs are on problems that cannot show the gap (b <= 0), of draw_seed 1;" in text
    assert "over 2 draws of the problem" in text
    table = pd.read_csv(sweep.folder / "tables" / "separable.csv")
    assert table["n_runs"].tolist() == [2] * 6
    points = pd.read_csv(sweep.folder / "figures" / "separable_directions.csv")
    assert points["n_runs"].tolist() == [2] * 12
    assert points["cosine.sign.median"].tolist()[:2] == [0.125, 0.25]


@pytest.mark.usefixtures("_no_pictures")
def test_what_an_earlier_report_wrote_does_not_stay(tmp_path: Path) -> None:
    reported(make_separable_sweep(tmp_path).folder)
    (tmp_path / "figures" / "learning_curves.png").write_bytes(b"old")
    stale = tmp_path / "tables" / "separable_labeled.csv"
    assert stale.exists()
    for part in tmp_path.glob("*/part-*.parquet"):
        part.unlink()
    sweep = make_separable_sweep(tmp_path, draws=(0, 2))
    names, text = reported(sweep.folder)
    assert names == files("separable")
    assert not stale.exists()
    assert not (tmp_path / "figures" / "learning_curves.png").exists()
    assert "were written by an earlier report and are removed" in text


@pytest.mark.usefixtures("_no_pictures")
def test_no_run_is_left_out_in_silence(tmp_path: Path) -> None:
    """One run failed, and two settings are still to come."""

    def ends(config: RunConfig) -> RunResult:
        is_lost = config.optimizer.name == "adam" and draw_of_seed(config) == 0
        return ended(config, status="failed") if is_lost else as_predicted(config)

    sweep = make_separable_sweep(
        tmp_path, ends=ends, keep=lambda config: draw_of_seed(config) != 2
    )
    _, text = reported(sweep.folder)
    assert "- 1 of 4 runs have no result and are left out" in text
    assert "- not finished: 2 settings are still to come" in text


def test_a_sweep_of_such_draws_alone_has_a_table_and_no_figure(tmp_path: Path) -> None:
    names, text = reported(make_separable_sweep(tmp_path, draws=[1]).folder)
    assert [name for name in names if name.startswith("figures")] == []
    assert "tables/separable_labeled.csv" in names
    assert "over 0 draws of the problem" in text
