"""Every figure of a report must be completely defined by a module of its own."""

from pathlib import Path

from ffnn_lab.report.data.sweep import Sweep, load
from ffnn_lab.report.figures.reported import FIGURES
from ffnn_lab.report.figures.reported.along_axis import AlongAxis
from ffnn_lab.report.measures.numbers import Numbers
from ffnn_lab.report.reports.preflight import figure_stems, report_files
from tests.support.report.arm_builders import Built, all_ended, make_arm_sweep
from tests.support.report.builders import write_run


def test_figures_are_in_the_order_of_a_report() -> None:
    assert list(FIGURES) == [
        *("learning_curves", "learning_curves_of_run", "error_against_lr"),
        *("error_against_dropout", "gain_by_optimizer", "paired_differences", "train_test_gap"),
        *("budget_curves", "separable", "separable_directions", "across", "layers"),
        "lr_and_dev_loss",
    ]


def test_files_of_earlier_versions_are_known_so_that_they_can_be_removed() -> None:
    stems = figure_stems()
    assert {"learning_curves", "matched_gap"} <= stems
    assert "learning_curves_of_run" not in stems
    files = report_files()["figures"]
    assert len(files) == len(set(files)) == 4 * len(stems)


def test_every_figure_has_a_module_that_draws_it() -> None:
    """A missing module must be found here, not at the end of a sweep."""
    for figure in FIGURES.values():
        assert callable(figure.drawing.figure), figure.name
        assert isinstance(figure, AlongAxis) == hasattr(figure.drawing, "series_of")


def test_a_figure_with_everything_leaves_out_nothing(small: Sweep) -> None:
    """Both arms of the small sweep have fresh seeds and a tuned learning rate."""
    numbers = Numbers(small)
    said = {
        name: FIGURES[name].left_out(numbers) for name in ("learning_curves", "error_against_lr")
    }
    assert said == {"learning_curves": [], "error_against_lr": []}


def test_an_arm_without_fresh_seeds_or_a_tuned_rate_is_named(tmp_path: Path) -> None:
    arms = {
        "sgd": Built(tuned=all_ended([0.1, 0.2, 0.3])),
        "adam": Built(scores=(), space={"optimizer.eps": {"kind": "choice", "values": [1]}}),
    }
    numbers = Numbers(make_arm_sweep(tmp_path / "some", arms))
    assert FIGURES["learning_curves"].left_out(numbers) == [
        "adam is not in learning_curves: it has no runs on fresh seeds yet"
    ]
    assert FIGURES["error_against_lr"].left_out(numbers) == [
        "adam is not in error_against_lr: its optimizer.lr was not tuned"
    ]
    assert FIGURES["error_against_lr"].behind(numbers).keys() == {"sgd"}


def test_a_single_run_has_curves_of_its_own(tmp_path: Path) -> None:
    numbers = Numbers(load(write_run(tmp_path)))
    figure = FIGURES["learning_curves_of_run"]
    points = figure.drawn(numbers)
    assert points is not None
    assert set(points["arm"]) == {"run"}
    assert figure.behind(numbers) == {"run": numbers.records.runs["run_id"].tolist()}
    assert figure.stem == "learning_curves"
