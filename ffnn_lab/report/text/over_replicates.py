"""The notes of a report on a sweep with several replicates."""

from collections.abc import Iterator

import pandas as pd

from ffnn_lab.report.data.arms import contrasts
from ffnn_lab.report.data.rows import has_result
from ffnn_lab.report.measures.numbers import Numbers
from ffnn_lab.report.measures.replicates import COUNT
from ffnn_lab.report.measures.tables import n_diverged
from ffnn_lab.report.statistics import CONFIDENCE
from ffnn_lab.report.statistics.significance import POWER
from ffnn_lab.report.text.few_seeds import about_replicates
from ffnn_lab.report.text.notes import (
    GAIN,
    about_lost,
    about_moment,
    about_troubles,
    about_units,
    count,
    declared_words,
    n_of_family,
)
from ffnn_lab.scores import why_no_winner


def notes_over_replicates(numbers: Numbers) -> list[str]:
    """Return notes on all that a reader needs to know beside the tables over replicates.

    They explain the intervals and units, and list missing results, edges and diverged runs.

    Args:
        numbers: Numbers of a sweep that has several replicates.
    """
    sweep, table = numbers.sweep, numbers.arms
    found = [*_about_replicates(numbers), *about_moment(sweep), *about_units(sweep)]
    for missing, rows in table[table["missing"] != ""].groupby("missing", sort=False):
        found.append(f"not finished ({missing}): {', '.join(rows['arm'])}")
    for row in table.to_dict("records"):
        found += _about_arm(numbers, {str(key): value for key, value in row.items()})
        found += about_lost(row["arm"], sweep.runs_of(row["arm"]))
        found += about_troubles(sweep, row["arm"])
    found += _about_differences(numbers)
    if table["default.n_seeds"].any():
        found.append(GAIN)
    return found


def _about_replicates(numbers: Numbers) -> Iterator[str]:
    definition = numbers.sweep.definition
    n = definition.n_replicates
    seeds = "" if definition.confirm_seeds else ", the same that chose it"
    percent = f"{100 * CONFIDENCE:g}%"
    yield (
        f"{percent} t intervals are over {count(n, 'replicate')}, each a whole repeat of tuning "
        "and confirm with its own split, seeds and proposals: they compare tuned methods. A "
        f"replicate's value is the mean over the seeds of its own best setting{seeds}"
    )
    if definition.n_splits is not None and definition.n_splits < n:
        yield (
            f"the replicates take {count(definition.n_splits, 'split')} in turn: the intervals "
            "are of these splits, and do not say how others would differ"
        )
    examples = definition.examples
    if examples is not None and examples.keeps_test:
        yield (
            f"all replicates share one test set, of {examples.test} examples: what is told is "
            "conditional on it, and other test data of the same kind may differ by more"
        )
    if examples is not None:
        yield (
            "beyond the data set, an interval is Nadeau and Bengio's corrected t, for replicates "
            "that draw their splits from one set of data: "
            f"{examples.train + examples.dev} examples to train on and to tune by, "
            f"{examples.test} to test on"
        )


def _about_arm(numbers: Numbers, row: dict[str, object]) -> Iterator[str]:
    arm, n_tuned = str(row["arm"]), int(str(row["n_tuned"]))
    if n_tuned == 0:
        yield f"{arm}: none is best yet, for no setting has all its seeds"
    elif row["edge"]:
        yield (
            f"{arm}: the best setting lies on an edge of what was searched ({row['edge']} "
            "replicates); a better one may lie beyond"
        )
    reasons = pd.Series(list(_without_best(numbers, arm)), dtype=str)
    for reason, n in reasons.value_counts().items():
        yield f"{arm}: in {n} of {n_tuned} replicates no setting is best, for {reason}"
    for what, of_each in (
        ("seeds", [each.winners[arm].rows for each in numbers.replicates if arm in each.winners]),
        ("seeds of the default", [each.sweep.default_of(arm) for each in numbers.replicates]),
    ):
        yield from _about_results(arm, of_each, what)


def _without_best(numbers: Numbers, arm: str) -> Iterator[str]:
    """Yield the reason for each replicate in which no setting of an arm counts as best."""
    for each in numbers.replicates:
        scores = each.sweep.scores_of(arm)
        reason = why_no_winner(scores[scores["is_complete"].to_numpy()])
        if reason and arm in each.winners:
            yield reason


def _about_results(arm: str, of_each: list[pd.DataFrame], what: str) -> Iterator[str]:
    """Yield notes on the reported runs of an arm that diverged or have no result.

    Args:
        arm: Name of the arm.
        of_each: Rows of the reported runs in each replicate.
        what: Noun for the runs: ``seeds`` or ``seeds of the default``.
    """
    n_runs = sum(map(len, of_each))
    diverged = [n_diverged(rows) for rows in of_each]
    lost = [int((~has_result(rows)).sum()) for rows in of_each]
    if any(diverged):
        yield (
            f"{arm}: {sum(diverged)} of {n_runs} {what} count as chance (diverged), in "
            f"{count(sum(map(bool, diverged)), 'replicate')}"
        )
    if any(lost):
        yield (
            f"{arm}: {sum(lost)} of {n_runs} {what} have no result and are left out, in "
            f"{count(sum(map(bool, lost)), 'replicate')}"
        )


def _about_differences(numbers: Numbers) -> Iterator[str]:
    sweep = numbers.sweep
    if len(sweep.arms) > 1:
        yield (
            "differences are of test error, one arm minus another, paired at equal seeds in each "
            "replicate; each interval stands for itself, not adjusted for their number; at so "
            f"many replicates as would resolve one, it excludes 0 with probability {POWER:g}, if "
            "difference and spread are as observed"
        )
        yield (
            "an improvement is significant if the exact interval of the share of replicates "
            "improved excludes 50%, and meaningful if it reaches beyond 75% (below 25% where the "
            "other arm improves), the threshold of Bouthillier et al. (2021), declared beforehand"
        )
        yield (
            "variance between replicates is the share of split and tuning in the variance of a "
            "single pair of runs, and told apart where replicates share splits; the rest is that "
            "of seeds"
        )
    declared = contrasts(sweep.definition)
    if declared:
        yield (
            "p (Holm) is of the test that flips the signs of the replicates' differences, "
            f"adjusted over the {count(n_of_family(sweep), 'contrast')} declared beforehand: "
            f"{declared_words(sweep)}"
        )
        n_replicates = numbers.differences[COUNT].max()
        yield from about_replicates(n_of_family(sweep), int(n_replicates))
