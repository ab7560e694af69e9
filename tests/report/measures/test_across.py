"""Each condition must have its own tables; contrasts under all conditions must be one family."""

import dataclasses
import math
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from ffnn_lab.definition import Condition
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.figures.reported import FIGURES
from ffnn_lab.report.kinds import Kind
from ffnn_lab.report.measures.across import DIFFERENCE, ERROR, holm_over, under_conditions
from ffnn_lab.report.measures.numbers import Numbers
from ffnn_lab.report.measures.settled import contrast_values, settled_contrasts
from ffnn_lab.report.sheets import SHEETS
from ffnn_lab.report.statistics import holm
from tests.support.report.builders import Last
from tests.support.report.conditioned import CONDITIONS, error_at, make_conditioned_sweep

OWN = [
    sheet
    for sheet in SHEETS.values()
    if Kind.SWEEP in sheet.reports and not sheet.is_of_all_conditions
]


@pytest.fixture(params=[1, 3], ids=["one tuning", "replicates"])
def n_replicates(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def test_the_tables_of_a_condition_are_those_of_the_sweep_that_has_no_other(
    tmp_path: Path, n_replicates: int
) -> None:
    """All tables and points of figures are equal but for Holm's p, whose family is larger."""
    whole = Numbers(make_conditioned_sweep(tmp_path / "s", n_replicates=n_replicates))
    for place, condition in enumerate(CONDITIONS):
        alone = Numbers(
            make_conditioned_sweep(
                tmp_path / str(place) / "s",
                conditions=[condition],
                n_replicates=n_replicates,
                is_alone=True,
            )
        )
        of_condition = whole.conditions[place]
        for sheet in OWN:
            found, expected = sheet.numbers(of_condition), sheet.numbers(alone)
            assert (found is None) == (expected is None), sheet.name
            if found is not None and expected is not None:
                kept = [name for name in expected if name != "p.holm"]
                assert_frame_equal(found[kept], expected[kept])
        for figure in FIGURES.values():
            if Kind.SWEEP in figure.reports and not figure.is_of_all_conditions:
                shown, alike = figure.points(of_condition), figure.points(alone)
                assert (shown is None) == (alike is None), figure.name
                if shown is not None and alike is not None:
                    kept = [name for name in alike if name != "p.holm"]
                    assert_frame_equal(shown[kept], alike[kept])


def test_conditions_together_have_no_tables_of_arms(tmp_path: Path, n_replicates: int) -> None:
    """Tables that rank arms or find their best settings are refused."""
    numbers = Numbers(make_conditioned_sweep(tmp_path / "s", n_replicates=n_replicates))
    for name in ("arms", "differences", "ranks_by_variant", "budgets", "spreads", "progress"):
        with pytest.raises(TypeError, match="compared under one condition at a time"):
            getattr(numbers, name)


def test_one_family_has_the_contrasts_under_all_conditions(
    tmp_path: Path, n_replicates: int
) -> None:
    numbers = Numbers(make_conditioned_sweep(tmp_path / "s", n_replicates=n_replicates))
    tables = [each.differences for each in numbers.conditions]
    plain = [p for table in tables for p in table["p"].where(table["is_declared"])]
    assert len(plain) == 2
    assert [p for table in tables for p in table["p.holm"]] == holm(plain)


def test_rows_that_were_not_declared_are_not_of_the_family() -> None:
    tables = [
        pd.DataFrame({"p": [0.01, 0.5], "is_declared": [True, False], "p.holm": 0.0}),
        pd.DataFrame({"p": [0.2, 0.03], "is_declared": [True, True], "p.holm": 0.0}),
    ]
    first, second = holm_over(tables)
    # Three rows are declared: 0.01 x 3, 0.03 x 2, 0.2.
    assert first["p.holm"].tolist() == pytest.approx([0.03, math.nan], nan_ok=True)
    assert second["p.holm"].tolist() == pytest.approx([0.2, 0.06])
    assert tables[0]["p.holm"].tolist() == [0.0, 0.0]


def test_the_table_across_has_each_error_and_each_declared_difference(
    tmp_path: Path, n_replicates: int
) -> None:
    numbers = Numbers(make_conditioned_sweep(tmp_path / "s", n_replicates=n_replicates))
    table = numbers.across
    assert table is not None
    assert table["of"].tolist() == [ERROR] * 4 + [DIFFERENCE] * 2
    assert table["trainer.batch_size"].tolist() == [8, 8, 32, 32, 8, 32]
    errors, differences = table[table["of"] == ERROR], table[table["of"] == DIFFERENCE]
    assert errors["arm"].tolist() == ["sgd", "adam"] * 2
    # In replicate r, Adam is 5 points times 1 + 0.01 r better with small batches, and as much
    # worse with large batches.
    mean = 0.05 * (1 + 0.01 * (n_replicates - 1) / 2)
    assert differences["value"].tolist() == pytest.approx([-mean, mean])
    adam, sgd = (errors.loc[errors["arm"] == arm, "value"].to_numpy() for arm in ("adam", "sgd"))
    assert (adam - sgd).tolist() == pytest.approx(differences["value"].tolist())
    assert set(table["n"]) == ({3} if n_replicates > 1 else {2})
    assert errors["p.holm"].isna().all()


def test_a_sweep_without_conditions_has_no_such_table(small: Sweep) -> None:
    numbers = Numbers(small)
    assert numbers.across is None
    assert numbers.comparisons == (numbers,)


def test_values_of_a_condition_may_be_of_several_kinds() -> None:
    tables = [pd.DataFrame({"arm": ["a"]}), None, pd.DataFrame({"arm": ["b"]})]
    conditions: list[Condition] = [{"size": 8}, {"size": 16}, {"size": "full"}]
    found = under_conditions(tables, conditions)
    assert found.to_dict("list") == {"size": [8, "full"], "arm": ["a", "b"]}


def test_a_sweep_is_settled_where_every_contrast_is_under_every_condition(tmp_path: Path) -> None:
    """With large batches the difference changes sign between replicates, and is not settled."""

    def came(condition: Condition, replicate: int, arm: str, setting: int, seed: int) -> Last:
        error = error_at(condition, replicate, arm, setting, seed)
        is_large = condition["trainer.batch_size"] == CONDITIONS[1]["trainer.batch_size"]
        error -= 0.1 if is_large and arm == "adam" and replicate % 2 else 0.0
        return 0.0, error, error

    sweep = make_conditioned_sweep(tmp_path / "s", came, n_replicates=8)
    values = contrast_values(sweep, 8)
    assert len(values) == 2
    assert settled_contrasts(values, [8], 8) == [True, False]
    definition = dataclasses.replace(sweep.definition, arms=sweep.definition.arms[:2])
    only_small = dataclasses.replace(sweep, definition=definition)
    assert settled_contrasts(contrast_values(only_small, 8), [8], 8) == [True]
