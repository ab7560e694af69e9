"""The variance due to the test set must come from the right runs, if they have answers."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from ffnn_lab.records import RecordWriter
from ffnn_lab.report.measures.numbers import Numbers
from ffnn_lab.report.reports.captions import caption
from ffnn_lab.report.reports.content import content_of
from ffnn_lab.report.sheets import SHEETS
from ffnn_lab.report.statistics import variance_of_test_set
from tests.support.report.builders import (
    CONFIRM,
    MEAN_LAST,
    Last,
    load_sweep,
    make_config,
    make_definition,
    make_result,
    write_sweep,
)
from tests.support.report.replicated import FRESH, packed, write_replicated

N = 11
"""Number of test examples; packed into two bytes, they leave five bits unused."""
EXAMPLES = {"train": 60, "dev": 20, "test": N}


def came(replicate: int, arm: str, setting: int, seed: int) -> Last:
    """Return errors by which the setting that `write_replicated` confirms wins its replicate."""
    del arm, seed
    return (0.0, 0.1 if setting == replicate % 2 else 0.3, 0.5)


def wrong(replicate: int, arm: str, setting: int, seed: int) -> NDArray[np.bool_]:
    """Draw a mask of the examples that a run classifies wrongly; five are hard for both arms."""
    rng = np.random.default_rng([replicate, len(arm), setting + 1, seed])
    hard = {"sgd": 0.8, "adam": 0.4}[arm]
    chances = np.where(np.arange(N) < 5, hard, 0.1)
    return rng.random(N) < chances


def differences(replicate: int) -> NDArray[np.int64]:
    """Return adam's minus sgd's wrong answers, for the winners of a replicate, ``(N, seeds)``."""
    winner = replicate % 2
    one, other = (
        np.stack([wrong(replicate, arm, winner, seed) for seed in FRESH], axis=1).astype(int)
        for arm in ("adam", "sgd")
    )
    found: NDArray[np.int64] = one - other
    return found


def row_of(folder: Path) -> pd.Series:
    table = Numbers(load_sweep(folder)).differences
    found = table.set_index("arm").loc["adam"]
    assert isinstance(found, pd.Series)
    return found


def test_where_replicates_draw_test_sets_it_is_a_share_of_the_variance(tmp_path: Path) -> None:
    """The variance is computed over the seeds of each replicate, and averaged over replicates.

    The share is that of the variance between replicates plus the variance between seeds.
    """
    folder = write_replicated(tmp_path, came, n_replicates=3, wrong=wrong)
    row = row_of(folder)
    expected = np.mean([variance_of_test_set(differences(replicate)) for replicate in range(3)])
    assert row["variance.test_set"] == pytest.approx(expected, rel=1e-12)
    total = max(0.0, row["variance.replicate"]) + max(0.0, row["variance.seed"])
    assert row["share.test_set"] == pytest.approx(max(0.0, expected) / total, rel=1e-12)
    assert "other_test_set" not in row


def test_where_replicates_share_splits_columns_are_the_replicates_of_a_split(
    tmp_path: Path,
) -> None:
    folder = write_replicated(tmp_path, came, n_replicates=4, n_splits=2, wrong=wrong)
    row = row_of(folder)
    means = [differences(replicate).mean(axis=1) for replicate in range(4)]
    of_splits = [np.stack(means[split::2], axis=1) for split in range(2)]
    expected = np.mean([variance_of_test_set(each) for each in of_splits])
    assert row["variance.test_set"] == pytest.approx(expected, rel=1e-12)
    parts = ("split", "tuning", "seed")
    total = sum(max(0.0, row[f"variance.{part}"]) for part in parts)
    assert row["share.test_set"] == pytest.approx(max(0.0, expected) / total, rel=1e-12)


@pytest.mark.parametrize(
    "changes", [{"examples": {**EXAMPLES, "keeps_test": True}}, {"n_splits": 1}], ids=str
)
def test_a_test_set_that_all_share_is_in_no_interval(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    """The columns are replicates, so that only what all replicates have in common counts."""
    folder = write_replicated(tmp_path, came, n_replicates=4, wrong=wrong, **changes)  # type: ignore[arg-type]
    row = row_of(folder)
    means = [differences(replicate).mean(axis=1) for replicate in range(4)]
    expected = variance_of_test_set(np.stack(means, axis=1))
    assert row["variance.test_set"] == pytest.approx(expected, rel=1e-12)
    assert row["other_test_set"] == pytest.approx(math.sqrt(max(0.0, expected)), rel=1e-12)
    assert "share.test_set" not in row


def test_of_one_tuning_columns_are_its_seeds(tmp_path: Path) -> None:
    folder = write_replicated(tmp_path, came, n_replicates=1, wrong=wrong)
    row = row_of(folder)
    expected = variance_of_test_set(differences(0))
    assert row["variance.test_set"] == pytest.approx(expected, rel=1e-12)
    assert row["other_test_set"] == pytest.approx(math.sqrt(max(0.0, expected)), rel=1e-12)
    assert row["difference"] == pytest.approx(differences(0).mean(), rel=1e-12)


def test_an_arm_against_itself_has_none(tmp_path: Path) -> None:
    folder = write_replicated(tmp_path, came, n_replicates=3, wrong=wrong)
    sweep = load_sweep(folder)
    same = replace(
        sweep, definition=replace(sweep.definition, contrasts=(("sgd", "sgd"), ("adam", "sgd")))
    )
    table = Numbers(same).differences.set_index(["arm", "baseline"])
    assert table.loc[("sgd", "sgd"), "variance.test_set"] == 0.0


@pytest.mark.parametrize("n_replicates", [1, 3])
def test_records_without_answers_have_the_tables_that_they_had(
    tmp_path: Path, n_replicates: int
) -> None:
    """Without answers there is no folder of answers, and no column, caption or note about them."""
    folder = write_replicated(tmp_path / "without", came, n_replicates=n_replicates)
    assert not (folder / "correct").exists()
    content = content_of(load_sweep(folder))
    told = [*content.remarks, *(sheet.caption for sheet in content.sheets)]
    assert not any("method of moments" in each for each in told)
    answered = write_replicated(tmp_path / "with", came, n_replicates=n_replicates, wrong=wrong)
    had = Numbers(load_sweep(folder)).differences
    now = Numbers(load_sweep(answered)).differences
    assert not any("test_set" in str(name) for name in had)
    assert [name for name in now if "test_set" not in str(name)] == list(had)


# --- which runs count ----------------------------------------------------------------------------


def write_small(folder: Path, **definition: object) -> Path:
    """Write the small sweep, in which one confirmed run of adam diverged."""
    return write_sweep(folder, definition=make_definition(**definition))


def answers_of(arm: str, seed: int) -> NDArray[np.bool_]:
    """Mark wrong answers of 100, as many as the test error of this confirmed run implies."""
    (last,) = [row[4] for row in CONFIRM if row[1] == arm and row[3] == seed]
    assert not isinstance(last, str)
    rng = np.random.default_rng([len(arm), seed])
    found = np.zeros(100, dtype=bool)
    found[rng.permutation(100)[: round(100 * last[2])]] = True
    return found


def add_answers(folder: Path, arm: str, seed: int, wrong: NDArray[np.bool_], moment: str) -> None:
    """Record a confirmed run of the small sweep once more, with answers."""
    (last,) = [row[4] for row in CONFIRM if row[1] == arm and row[3] == seed]
    result = make_result(make_config(arm, 1, seed), last)
    RecordWriter(folder, f"{arm}{seed}").write([replace(result, correct=packed(wrong, moment))])


def test_a_pair_of_which_a_run_diverged_is_left_out(tmp_path: Path) -> None:
    folder = write_small(tmp_path)
    seeds = (1000, 1001)
    for arm, seed in (("sgd", 1000), ("sgd", 1001), ("sgd", 1002), ("adam", 1000), ("adam", 1001)):
        add_answers(folder, arm, seed, answers_of(arm, seed), "last")
    one, other = (
        np.stack([answers_of(arm, seed) for seed in seeds], axis=1).astype(int)
        for arm in ("adam", "sgd")
    )
    found = row_of(folder)["variance.test_set"]
    assert found == pytest.approx(variance_of_test_set(one - other), rel=1e-12)


def test_answers_that_do_not_come_to_the_error_are_left_out(tmp_path: Path) -> None:
    """Answers may contradict the error, as if a run was repeated on another machine.

    With one pair left, there is no variance.
    """
    folder = write_small(tmp_path)
    for arm in ("sgd", "adam"):
        add_answers(folder, arm, 1000, answers_of(arm, 1000), "last")
    add_answers(folder, "sgd", 1001, answers_of("sgd", 1001), "last")
    more = answers_of("adam", 1001)
    more[np.flatnonzero(~more)[0]] = True
    add_answers(folder, "adam", 1001, more, "last")
    assert math.isnan(row_of(folder)["variance.test_set"])


def test_answers_at_another_moment_are_left_out(tmp_path: Path) -> None:
    folder = write_small(tmp_path)
    for arm in ("sgd", "adam"):
        for seed in (1000, 1001):
            add_answers(folder, arm, seed, answers_of(arm, seed), "best")
    assert "variance.test_set" not in row_of(folder)


def test_a_mean_over_epochs_takes_the_answers_of_the_last(tmp_path: Path) -> None:
    folder = write_small(tmp_path, objective=MEAN_LAST)
    for arm in ("sgd", "adam"):
        for seed in (1000, 1001):
            add_answers(folder, arm, seed, answers_of(arm, seed), "last")
    assert not math.isnan(row_of(folder)["variance.test_set"])
    remarks = content_of(load_sweep(folder)).remarks
    assert "answers on single test examples are those of the last epoch, and no means" in remarks


# --- in words ------------------------------------------------------------------------------------


def test_a_share_is_told_beside_that_of_replicates(tmp_path: Path) -> None:
    numbers = Numbers(load_sweep(write_replicated(tmp_path, came, n_replicates=3, wrong=wrong)))
    words = SHEETS["paired_differences"].words(numbers.differences)
    headings = list(words)
    place = headings.index("variance between replicates (%)")
    assert headings[place + 1] == "of it, of the test set (%)"
    share = numbers.differences["share.test_set"].iloc[0]
    assert words["of it, of the test set (%)"][0] == f"{100 * share:.0f}"
    assert "each replicate having its own" in caption(numbers, SHEETS["paired_differences"])
    remarks = content_of(numbers.sweep).remarks
    assert sum(each.startswith("the test set's part of the variance is") for each in remarks) == 1


@pytest.mark.parametrize("n_replicates", [1, 4])
def test_what_another_test_set_would_add_is_told(tmp_path: Path, n_replicates: int) -> None:
    shared = {**EXAMPLES, "keeps_test": True}
    numbers = Numbers(
        load_sweep(
            write_replicated(
                tmp_path, came, n_replicates=n_replicates, wrong=wrong, examples=shared
            )
        )
    )
    words = SHEETS["paired_differences"].words(numbers.differences)
    points = numbers.differences["other_test_set"].iloc[0]
    assert words["another test set (points, 1 SD)"][0] == f"{100 * points:.2f}"
    text = caption(numbers, SHEETS["paired_differences"])
    assert "Intervals are conditional on this test set: another of the same size" in text
    assert "test set" not in caption(numbers, SHEETS["arms"]).replace("one test set", "")
    remarks = content_of(numbers.sweep).remarks
    assert sum(each.startswith("differences are conditional on this") for each in remarks) == 1
