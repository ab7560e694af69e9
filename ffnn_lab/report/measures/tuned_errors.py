"""Errors of each tuned method in each replicate of a sweep, and components of their variance."""

import pandas as pd

from ffnn_lab.definition import REPLICATE_SHIFT
from ffnn_lab.report.data.arms import Contrast
from ffnn_lab.report.data.replicates import reported_rows
from ffnn_lab.report.data.rows import results
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.measures.differences import pairs_of
from ffnn_lab.report.statistics import variance_components
from ffnn_lab.scores import counted

COMPONENTS = ["arm", "against", "part", "variance", "freedom", "share", "n"]


def tuned_errors(sweep: Sweep, *, split: str = "test") -> pd.DataFrame:
    """Tabulate the errors of each replicate's winners.

    Args:
        sweep: A sweep of any number of replicates.
        split: Split on which the error is measured.

    Returns:
        One column per arm, in the order of the definition; one row per replicate and fresh seed,
        indexed by ``replicate`` and ``seed``. The replicate's offset is subtracted from its seeds,
        so that all replicates have the same seeds. The error is read at the objective's moment; a
        diverged run has the error of chance, a run without a result NaN.
    """
    rows = results(reported_rows(sweep))
    errors = counted(rows, f"{sweep.objective.moment}.{split}.error")
    index = ["replicate", "seed"]
    long = rows[["replicate", "seed", "arm"]].assign(error=errors)
    long["seed"] -= long["replicate"] * REPLICATE_SHIFT
    wide = long.set_index([*index, "arm"])["error"].unstack("arm")  # noqa: PD010 - one value each
    return wide.reindex(columns=list(sweep.arms)).rename_axis(columns=None)


def whole_replicates(errors: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the replicates that have an error of every arm at every seed.

    Args:
        errors: The table of `tuned_errors`.

    Returns:
        The rows of these replicates, which are numbered anew from 0.
    """
    n_seeds = errors.index.get_level_values("seed").nunique()
    counts = errors.dropna().groupby(level="replicate").size()
    kept = counts.index[counts == n_seeds]
    table = errors.loc[kept]
    table.index = pd.MultiIndex.from_product(
        [range(len(kept)), table.index.get_level_values("seed").unique()],
        names=["replicate", "seed"],
    )
    return table


def differences_between(errors: pd.DataFrame, pair: Contrast) -> "pd.Series[float]":
    """Compute the difference of two arms' errors at each seed of each replicate that both have.

    Args:
        errors: The table of `tuned_errors`.
        pair: The two arms.

    Returns:
        The error of ``pair.arm`` minus that of ``pair.against``, indexed by replicate and seed.
    """
    return (errors[pair.arm] - errors[pair.against]).dropna()


def component_table(sweep: Sweep) -> pd.DataFrame:
    """Tabulate the components of variance of the difference between each pair of arms.

    Args:
        sweep: A sweep whose replicates share splits, so that split and tuning can be separated; if
            each replicate has its own split, the two are one component.

    Returns:
        One row per pair of arms and component (``part``: split, tuning or seed), in this order:
        its ``variance`` in squared error rates, which may be negative by chance; its degrees of
        ``freedom``; its ``share`` of the sum of all components, where negative variances count as
        0; and the number ``n`` of values.
    """
    errors = tuned_errors(sweep)
    replicates = errors.index.get_level_values("replicate")
    splits = [sweep.definition.split_of(int(each)) for each in replicates]
    seeds = errors.index.get_level_values("seed")
    errors.index = pd.MultiIndex.from_arrays(
        [splits, replicates, seeds], names=["split", "tuning", "seed"]
    )
    rows: list[dict[str, object]] = []
    for pair in pairs_of(sweep):
        differences = differences_between(errors, pair)
        if differences.empty:
            continue
        found = variance_components(differences)
        rows += [
            {
                "arm": pair.arm,
                "against": pair.against,
                "part": part.name,
                "variance": part.variance,
                "freedom": part.freedom,
                "share": part.share,
                "n": found.n,
            }
            for part in found.parts
        ]
    return pd.DataFrame(rows, columns=COMPONENTS)
