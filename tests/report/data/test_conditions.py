"""Each condition of a sweep must be a sweep of its own, and nothing may mix two conditions."""

from pathlib import Path

import pandas as pd
import pytest

from ffnn_lab.report.data.arms import Contrast, baseline_of, contrasts, variants
from ffnn_lab.report.data.sweep import Sweep
from tests.support.definitions import changed
from tests.support.report.conditioned import ARMS, CONDITIONS, make_conditioned_sweep

SMALL, LARGE = "batch_size=8", "batch_size=32"


@pytest.fixture
def sweep(tmp_path: Path) -> Sweep:
    return make_conditioned_sweep(tmp_path / "s", n_replicates=2)


def test_each_condition_has_its_rows_under_the_names_of_all(sweep: Sweep) -> None:
    assert [each.definition.condition for each in sweep.conditions] == list(CONDITIONS)
    for each, condition in zip(sweep.conditions, CONDITIONS, strict=True):
        assert list(each.arms) == ["sgd", "adam"]
        assert set(each.rows["trainer.batch_size"]) == {str(condition["trainer.batch_size"])}
        for table in (each.trials, each.rows, each.scores):
            assert set(table["arm"]) == {"sgd", "adam"}
        ids = set(each.trials["run_id"])
        assert set(each.runs["run_id"]) == set(each.curves["run_id"]) == ids
        assert each.conditions == ()


def test_nothing_is_lost_or_told_twice(sweep: Sweep) -> None:
    for name in ("runs", "trials", "curves", "rows", "scores"):
        parts = [getattr(each, name) for each in sweep.conditions]
        assert sum(map(len, parts)) == len(getattr(sweep, name))
        shown = [set(part["run_id"]) for part in parts if "run_id" in part]
        assert not shown or not set.intersection(*shown)


def test_replicates_of_a_condition_are_the_condition_s_of_replicates(sweep: Sweep) -> None:
    ids = [
        [set(replicate.runs["run_id"]) for replicate in each.replicates]
        for each in sweep.conditions
    ]
    other = [
        [set(each.runs["run_id"]) for each in replicate.conditions]
        for replicate in sweep.replicates
    ]
    assert ids == [list(each) for each in zip(*other, strict=True)]


def test_a_sweep_without_conditions_has_none(small: Sweep) -> None:
    assert small.conditions == ()


def test_arms_of_two_conditions_are_never_comparable(tmp_path: Path) -> None:
    sweep = make_conditioned_sweep(tmp_path / "s", arms=ARMS)
    groups = variants(sweep.arms)
    assert groups == {
        f"@{SMALL}": {"sgd": f"sgd@{SMALL}", "adam": f"adam@{SMALL}"},
        f"late@{SMALL}": {"adam": f"adam_late@{SMALL}"},
        f"@{LARGE}": {"sgd": f"sgd@{LARGE}", "adam": f"adam@{LARGE}"},
        f"late@{LARGE}": {"adam": f"adam_late@{LARGE}"},
    }


@pytest.mark.parametrize("declared", [None, (("adam", "sgd"),)])
def test_contrasts_and_baselines_hold_within_each_condition(
    sweep: Sweep, declared: tuple[tuple[str, str], ...] | None
) -> None:
    definition = changed(sweep.definition, contrasts=declared)
    assert contrasts(definition) == [
        Contrast(f"adam@{label}", f"sgd@{label}") for label in (SMALL, LARGE)
    ]
    for baseline in (None, "sgd"):
        of_sweep = changed(definition, baseline=baseline)
        for label in (SMALL, LARGE):
            assert baseline_of(f"adam@{label}", of_sweep) == f"sgd@{label}"
    for condition in CONDITIONS:
        assert contrasts(definition.under(condition)) == [Contrast("adam", "sgd")]


def test_a_learning_rate_as_a_condition_tells_arms_apart(tmp_path: Path) -> None:
    """Comparable arms may differ in their learning rate, but not if it is the condition."""
    rates = [{"optimizer.lr": 0.25}, {"optimizer.lr": 0.75}]

    def came(condition: object, *_: object) -> tuple[float, float, float]:
        del condition
        return 0.0, 0.1, 0.2

    sweep = make_conditioned_sweep(tmp_path / "s", came, conditions=rates)
    assert {len(group) for group in variants(sweep.arms).values()} == {2}
    assert pd.Series([str(c) for c in contrasts(sweep.definition)]).tolist() == [
        "adam@lr=0.25 - sgd@lr=0.25",
        "adam@lr=0.75 - sgd@lr=0.75",
    ]
