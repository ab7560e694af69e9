"""The variance of differences that is due to the test set, from the answers of confirmed runs."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ffnn_lab.moments import moment_of_answers
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.data.winners import Winner
from ffnn_lab.report.measures.replicates import is_over_replicates
from ffnn_lab.report.statistics import variance_of_test_set

VARIANCE = "variance.test_set"
SHARE = "share.test_set"
OTHER = "other_test_set"

Answers = Mapping[str, tuple[int, NDArray[np.uint8]]]
"""By run id, the number of test examples and their packed bits, 8 to a byte: 1 for an example that
the run classifies correctly."""


def with_test_set(
    table: pd.DataFrame, sweep: Sweep, tunings: Sequence[Mapping[str, Winner]]
) -> pd.DataFrame:
    """Add columns to a table of differences: the variance due to the choice of test examples.

    `variance_of_test_set` is computed for each test set, from the difference of two runs' wrong
    answers (1 or 0) to each example, and the estimates are averaged. If several replicates share a
    test set, the columns of the array of differences are the replicates' means over seeds, so that
    the variation of answers between tunings is left out; otherwise the columns are the seeds.
    Pairs in which a run diverged, or has no recorded answers, are left out.

    Args:
        table: The table of `paired_differences` or of `differences_over_replicates`.
        sweep: The whole sweep.
        tunings: For each replicate of the sweep, in order, its winners by arm.

    Returns:
        The table itself if no answers are recorded. Otherwise a copy with two more columns, both
        NaN where a pair of arms has answers at fewer than two seeds. ``variance.test_set``, in
        squared error rates, is the variance of the mean difference over all examples in the limit
        of many seeds, not truncated at 0. If replicates draw their own test sets, the other column
        is ``share.test_set``: the share of this variance (truncated at 0) in the variance of a
        single pair of runs, a part of the share of splits, which it may exceed by chance. If the
        test set is the same in all values of the interval, as with an official test set, a single
        split or one replicate, the other column is ``other_test_set``: the standard deviation that
        another test set of the same size would add, in error rates.
    """
    shown = [winner.rows for winners in tunings for winner in winners.values()]
    answers = _answers(sweep, shown)
    if not answers or table.empty:
        return table
    test_sets = [_test_set_of(sweep, replicate) for replicate in range(len(tunings))]
    variances = [
        _mean_variance(tunings, test_sets, answers, pair)
        for pair in table[["arm", "baseline"]].itertuples(index=False, name=None)
    ]
    found = table.assign(**{VARIANCE: np.array(variances, dtype=float)})
    cut = found[VARIANCE].clip(lower=0.0)
    if is_over_replicates(table) and len(set(test_sets)) > 1:
        return found.assign(**{SHARE: cut / _total(table)})
    return found.assign(**{OTHER: np.sqrt(cut)})


def _test_set_of(sweep: Sweep, replicate: int) -> int:
    """Return the number of a replicate's test set: that of its split, or 0 for an official one."""
    definition = sweep.definition
    keeps_test = definition.examples is not None and definition.examples.keeps_test
    return 0 if keeps_test else definition.split_of(replicate)


def _answers(sweep: Sweep, shown: Sequence[pd.DataFrame]) -> Answers:
    """Return the recorded answers of those runs whose answers agree with their test error.

    Answers disagree only if the run was trained again elsewhere with other results.

    Args:
        sweep: The whole sweep.
        shown: Tables of the runs, rows of `Sweep.rows`.
    """
    moment = moment_of_answers(sweep.objective.moment)
    recorded = sweep.correct[sweep.correct["moment"] == moment]
    if recorded.empty or not shown:
        return {}
    rows = pd.concat(shown)
    errors = dict(zip(rows["run_id"], rows[f"{moment}.test.error"], strict=True))
    found = {}
    for run, n, bits in recorded[["run_id", "n_examples", "bits"]].itertuples(index=False):
        packed = np.frombuffer(bits, dtype=np.uint8)
        n_wrong = n - int(np.unpackbits(packed, count=n).sum())
        # An error rate is a count divided by n, up to rounding.
        if run in errors and abs(errors[run] * n - n_wrong) < 1 / 2:
            found[run] = n, packed
    return found


def _mean_variance(
    tunings: Sequence[Mapping[str, Winner]],
    test_sets: Sequence[int],
    answers: Answers,
    pair: tuple[str, str],
) -> float:
    """Average the estimated variance over all test sets on which two arms have answers.

    Args:
        tunings: For each replicate, its winners by arm.
        test_sets: For each replicate, the number of its test set.
        answers: The recorded answers of the winners' runs.
        pair: The two arms.

    Returns:
        The mean of `variance_of_test_set`; NaN if no test set has an estimate.
    """
    of_test: dict[int, list[NDArray[np.int8]]] = {}
    for winners, test_set in zip(tunings, test_sets, strict=True):
        if set(pair) <= winners.keys():
            rows, others = (winners[arm].rows for arm in pair)
            differences = _differences(rows, others, answers)
            if differences is not None:
                of_test.setdefault(test_set, []).append(differences)
    estimates = [
        variance_of_test_set(
            each[0]
            if len(each) == 1
            else np.stack([differences.mean(axis=1) for differences in each], axis=1)
        )
        for each in of_test.values()
    ]
    known = [each for each in estimates if not math.isnan(each)]
    return sum(known) / len(known) if known else math.nan


def _differences(
    rows: pd.DataFrame, others: pd.DataFrame, answers: Answers
) -> NDArray[np.int8] | None:
    """Subtract the wrong answers of two arms' runs at equal seeds.

    Args:
        rows: Rows of the first arm's runs.
        others: Rows of the second arm's runs.
        answers: The recorded answers of all runs.

    Returns:
        The differences, -1, 0 or 1, ``(n_examples, n_seeds)``; None if no seed has answers of both
        arms.
    """
    one, other = (
        {
            seed: answers[run]
            for seed, run in zip(of["seed"], of["run_id"], strict=True)
            if run in answers
        }
        for of in (rows, others)
    )
    pairs = [(one[seed], other[seed]) for seed in sorted(one.keys() & other.keys())]
    columns = [_wrong(*a) - _wrong(*b) for a, b in pairs if a[0] == b[0]]
    return np.stack(columns, axis=1) if columns else None


def _wrong(n_examples: int, packed: NDArray[np.uint8]) -> NDArray[np.int8]:
    """Return for each test example 1 if a run classifies it wrongly, else 0, ``(n_examples,)``."""
    return 1 - np.unpackbits(packed, count=n_examples).astype(np.int8)


def _total(table: pd.DataFrame) -> "pd.Series[float]":
    """Return the variance of the difference of a single pair of runs, the sum of its components.

    Negative components count as 0.

    Args:
        table: The table of `differences_over_replicates`.

    Returns:
        The variance in squared error rates, one number per row; NaN if it is unknown or 0.
    """
    parts = table[["variance.split", "variance.tuning"]].clip(lower=0.0).sum(axis=1, skipna=False)
    between = parts.fillna(table["variance.replicate"].clip(lower=0.0))
    total: pd.Series[float] = between + table["variance.seed"].clip(lower=0.0)
    return total.where(total > 0)
