"""Every sheet must be defined by its own module, which imports nothing heavy until it is used."""

import subprocess
import sys

import pytest

from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.kinds import Kind
from ffnn_lab.report.measures.numbers import Numbers
from ffnn_lab.report.sheets import SHEETS
from tests.support.report.arm_builders import Built, make_arm_sweep


def test_sheets_are_in_the_order_of_a_report() -> None:
    assert list(SHEETS) == [
        *("arms", "settings", "gain_of_tuning", "paired_differences", "spreads", "progress"),
        *("matched_train_loss", "budgets", "ranks_in_smaller_spaces", "ranks_by_variant"),
        *("optimum", "run", "separable", "separable_labeled", "across"),
    ]


def test_every_estimate_is_a_column_with_a_count_and_two_ends(small: Sweep) -> None:
    numbers = Numbers(small)
    n_estimates = 0
    for sheet in SHEETS.values():
        for estimate in sheet.estimates:
            table = sheet.numbers(numbers)
            assert table is not None
            assert {estimate.column, estimate.count} <= set(table)
            ends = [f"{estimate.column}.{end}" for end in ("low", "high")]
            assert set(ends) <= set(table) or {"low", "high"} <= set(table)
            n_estimates += 1
    assert n_estimates == 11


def test_a_sheet_without_anything_to_show_is_none_or_empty(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """An arm without fresh seeds has no gain of tuning, and settings of TPE have no budgets."""
    arms = {"sgd": Built(scores=[0.1, 0.2])}
    sweep = make_arm_sweep(tmp_path_factory.mktemp("a") / "tpe", arms, protocol="tpe")
    numbers = Numbers(sweep)
    found = {
        name: sheet.numbers(numbers)
        for name, sheet in SHEETS.items()
        if Kind.SWEEP in sheet.reports
    }
    shown = [name for name, table in found.items() if table is not None and len(table)]
    assert {"arms", "settings"} <= set(shown)
    assert found["budgets"] is None
    assert found["ranks_in_smaller_spaces"] is None
    assert found["gain_of_tuning"] is None
    assert "tpe" in numbers.why_no_budgets


@pytest.mark.slow
def test_listing_sheets_and_figures_imports_nothing_heavy() -> None:
    code = (
        "import sys; from ffnn_lab.report.sheets import SHEETS;"
        "from ffnn_lab.report.figures.reported import FIGURES; list(SHEETS), list(FIGURES);"
        "print({'pandas', 'scipy', 'matplotlib', 'torch', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
