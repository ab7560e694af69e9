"""Each claim on dropout must get the verdict that its runs were made for."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pytest

from ffnn_lab.definition import Definition
from ffnn_lab.report.claims import CLAIMS
from ffnn_lab.report.claims.evidence import Evidence, MissingEvidenceError, UnfinishedError
from ffnn_lab.report.claims.family import families
from ffnn_lab.report.data.measured import measured_path, write_measured
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.measures.averages import COLUMNS, MASKS, NETWORKS, TABLE
from tests.support.report.arm_builders import (
    Built,
    all_ended,
    make_arm_sweep,
    verdicts_of,
    wobbly_six,
)

TRUE, FALSE, UNDECIDED = "supported", "contradicted", "inconclusive"


def sweep_of(folder: Path, **errors: Sequence[float]) -> Sweep:
    """Make a sweep of six replicates with one fresh seed each, from each arm's test errors."""
    arms = {name: Built(tuned=all_ended(each)) for name, each in errors.items()}
    return make_arm_sweep(folder, arms, n_of_replicate=1)


@pytest.mark.parametrize(
    ("dropped", "verdict"),
    [
        (wobbly_six(0.02, 0.001), TRUE),  # a point better
        (wobbly_six(0.03, 0.0005), FALSE),
        (wobbly_six(0.04, 0.001), FALSE),  # a point worse
        (wobbly_six(0.025, 0.01), UNDECIDED),
    ],
)
def test_gain(tmp_path: Path, dropped: Sequence[float], verdict: str) -> None:
    sweep = sweep_of(tmp_path, n_0=wobbly_six(0.03), n_50=dropped, n_90=wobbly_six(0.5))
    assert verdicts_of(CLAIMS["dropout_gain"], sweep) == {"n_0 - n_50": verdict}


def test_gain_of_each_optimizer(tmp_path: Path) -> None:
    sweep = sweep_of(
        tmp_path,
        sgd_none=wobbly_six(0.03),
        sgd_dropout=wobbly_six(0.02, 0.001),
        adam_none=wobbly_six(0.03),
        adam_dropout=wobbly_six(0.04, 0.001),
    )
    assert verdicts_of(CLAIMS["dropout_gain"], sweep) == {
        "sgd_none - sgd_dropout": TRUE,
        "adam_none - adam_dropout": FALSE,
    }


@pytest.mark.parametrize(
    ("low", "high", "verdicts"),
    [
        (wobbly_six(0.031, 0.001), wobbly_six(0.029, 0.001), (TRUE, TRUE)),
        (wobbly_six(0.04, 0.001), wobbly_six(0.02, 0.001), (FALSE, FALSE)),
        (wobbly_six(0.034, 0.004), wobbly_six(0.026, 0.004), (UNDECIDED, UNDECIDED)),
    ],
)
def test_plateau(
    tmp_path: Path, low: Sequence[float], high: Sequence[float], verdicts: tuple[str, str]
) -> None:
    sweep = sweep_of(tmp_path, n_20=low, n_50=wobbly_six(0.03), n_60=high)
    found = verdicts_of(CLAIMS["dropout_plateau"], sweep)
    assert found == dict(zip(("n_20 - n_50", "n_60 - n_50"), verdicts, strict=True))


@pytest.mark.parametrize(
    ("fixed", "verdict"),
    [
        (wobbly_six(0.05, 0.001), TRUE),
        (wobbly_six(0.03, 0.0005), FALSE),
        (wobbly_six(0.035, 0.02), UNDECIDED),
    ],
)
def test_width(tmp_path: Path, fixed: Sequence[float], verdict: str) -> None:
    sweep = sweep_of(tmp_path, n_90=fixed, pn_90=wobbly_six(0.03))
    assert verdicts_of(CLAIMS["dropout_width"], sweep) == {"n_90 - pn_90": verdict}


def under(sweep: Sweep, **condition: object) -> Sweep:
    """Return a copy of a sweep that is the comparison under one condition of its task."""
    named = {f"task.{key}": value for key, value in condition.items()}
    return dataclasses.replace(
        sweep, definition=dataclasses.replace(sweep.definition, condition=named)
    )


@pytest.mark.parametrize(
    ("dropped", "of_few", "of_many"),
    [
        (wobbly_six(0.2, 0.0005), TRUE, FALSE),  # no gain
        (wobbly_six(0.18, 0.001), FALSE, TRUE),  # a gain of two points
        (wobbly_six(0.195, 0.02), UNDECIDED, UNDECIDED),
    ],
)
def test_few_and_many_examples(
    tmp_path: Path, dropped: Sequence[float], of_few: str, of_many: str
) -> None:
    sweep = sweep_of(tmp_path, none=wobbly_six(0.2), dropout=dropped)
    few, many = CLAIMS["dropout_few_examples"], CLAIMS["dropout_many_examples"]
    for condition in ({"dev_fraction": 0.6}, {"subset": 200}):
        assert verdicts_of(few, under(sweep, **condition)) == {"none - dropout": of_few}
        (family,) = families(many, [Evidence(under(sweep, **condition))])
        assert family.verdict == "not applicable"
    for condition in ({"dev_fraction": 0.2}, {"subset": 10000}):
        assert verdicts_of(many, under(sweep, **condition)) == {"none - dropout": of_many}
        (family,) = families(few, [Evidence(under(sweep, **condition))])
        assert family.verdict == "not applicable"


@pytest.mark.parametrize(
    ("sgd_dropped", "verdict"),
    [
        (wobbly_six(0.021, 0.001), TRUE),  # both gain about a point
        (wobbly_six(0.035, 0.001), FALSE),  # Adam gains a point, and SGD loses half a point
        (wobbly_six(0.01, 0.001), FALSE),  # SGD gains two points
        (wobbly_six(0.02, 0.01), UNDECIDED),
    ],
)
def test_optimizers(tmp_path: Path, sgd_dropped: Sequence[float], verdict: str) -> None:
    sweep = sweep_of(
        tmp_path,
        sgd_none=wobbly_six(0.03),
        sgd_dropout=sgd_dropped,
        adam_none=wobbly_six(0.05),
        adam_dropout=wobbly_six(0.04),
    )
    assert verdicts_of(CLAIMS["dropout_optimizers"], sweep) == {
        "(sgd_none - sgd_dropout) - (adam_none - adam_dropout)": verdict
    }


@pytest.mark.parametrize(
    ("claim", "lacks"),
    [
        ("dropout_gain", "it has no arms n_0 and n_50 or "),
        ("dropout_optimizers", "it has no two optimizers"),
    ],
)
def test_what_a_sweep_lacks_is_said(tmp_path: Path, claim: str, lacks: str) -> None:
    sweep = sweep_of(tmp_path, n_0=[0.03], adam_none=[0.03], adam_dropout=[0.03])
    sweep = dataclasses.replace(sweep, definition=without(sweep, "adam_none"))
    with pytest.raises(MissingEvidenceError, match=lacks):
        CLAIMS[claim].effects(Evidence(sweep))


def without(sweep: Sweep, arm: str) -> Definition:
    """Return the definition of a sweep without one of its arms."""
    arms = tuple(each for each in sweep.definition.arms if each.name != arm)
    return dataclasses.replace(sweep.definition, arms=arms)


# --- averages --------------------------------------------------------------------------------

Averages = Mapping[tuple[str, int, str], Sequence[float]]
"""The test error of each average in each of six replicates, by ``over``, ``k`` and arm."""


def averaged(folder: Path, averages: Averages) -> Sweep:
    """Make a sweep of six replicates, beside whose records these averages are written."""
    sweep = sweep_of(folder, none=wobbly_six(0.03), dropout=wobbly_six(0.02))
    rows = [
        (replicate, arm, over, k, 1000 + 10_000 * replicate, error, 1.0)
        for (over, k, arm), errors in averages.items()
        for replicate, error in enumerate(errors)
    ]
    write_measured(folder, TABLE, pd.DataFrame(rows, columns=list(COLUMNS)))
    return sweep


WHOLE = (NETWORKS, 1, "dropout")


@pytest.mark.parametrize(
    ("many", "verdict"),
    [
        (wobbly_six(0.0205, 0.0005), TRUE),
        (wobbly_six(0.03, 0.001), FALSE),
        (wobbly_six(0.022, 0.004), UNDECIDED),
    ],
)
def test_many_masks(tmp_path: Path, many: Sequence[float], verdict: str) -> None:
    sweep = averaged(tmp_path, {(MASKS, 100, "dropout"): many, WHOLE: wobbly_six(0.02)})
    found = verdicts_of(CLAIMS["dropout_masks"], sweep)
    assert found == {"dropout by 100 masks - dropout": verdict}


@pytest.mark.parametrize(
    ("one", "verdict"),
    [
        (wobbly_six(0.03, 0.001), TRUE),
        (wobbly_six(0.02, 0.0005), FALSE),
        (wobbly_six(0.025, 0.01), UNDECIDED),
    ],
)
def test_one_mask(tmp_path: Path, one: Sequence[float], verdict: str) -> None:
    sweep = averaged(tmp_path, {(MASKS, 1, "dropout"): one, WHOLE: wobbly_six(0.02)})
    found = verdicts_of(CLAIMS["dropout_one_mask"], sweep)
    assert found == {"dropout by 1 mask - dropout": verdict}


@pytest.mark.parametrize(
    ("dropped", "verdict"),
    [
        (wobbly_six(0.02, 0.0005), TRUE),  # as good as the ensemble
        (wobbly_six(0.01, 0.001), TRUE),  # better
        (wobbly_six(0.03, 0.001), FALSE),
        (wobbly_six(0.022, 0.01), UNDECIDED),
    ],
)
def test_as_ensemble(tmp_path: Path, dropped: Sequence[float], verdict: str) -> None:
    sweep = averaged(tmp_path, {WHOLE: dropped, (NETWORKS, 10, "none"): wobbly_six(0.02)})
    found = verdicts_of(CLAIMS["dropout_as_ensemble"], sweep)
    assert found == {"dropout - 10 none": verdict}


@pytest.mark.parametrize(
    ("ten", "verdict"),
    [
        (wobbly_six(0.02, 0.001), TRUE),
        (wobbly_six(0.03, 0.0005), FALSE),
        (wobbly_six(0.025, 0.01), UNDECIDED),
    ],
)
def test_ensemble_gain(tmp_path: Path, ten: Sequence[float], verdict: str) -> None:
    """The averages of one arm stand on the same runs, and yet the effect is one of two things."""
    averages = {(NETWORKS, 1, "none"): wobbly_six(0.03), (NETWORKS, 10, "none"): ten}
    sweep = averaged(tmp_path, averages)
    assert verdicts_of(CLAIMS["ensemble_gain"], sweep) == {"none - 10 none": verdict}


def test_averages_that_were_not_measured_are_said(tmp_path: Path) -> None:
    sweep = averaged(tmp_path, {WHOLE: wobbly_six(0.02)})
    with pytest.raises(MissingEvidenceError, match="no average of dropout by 100 masks"):
        CLAIMS["dropout_masks"].effects(Evidence(sweep))
    measured_path(tmp_path, TABLE).unlink()
    with pytest.raises(UnfinishedError, match=r"python -m analysis\.averages .* measures it"):
        CLAIMS["dropout_masks"].effects(Evidence(sweep))
