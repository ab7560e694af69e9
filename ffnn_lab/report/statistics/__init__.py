"""Statistics of reports: estimates, confidence intervals and tests, computed from plain numbers.

Nothing here reads records, and every random draw comes from a generator that the caller passes.
`ffnn_lab.report.reports.coverage` simulates how often each interval covers the true value.
"""

from ffnn_lab.report.statistics.budget import best_of, best_of_difference, best_of_interval
from ffnn_lab.report.statistics.components import (
    Component,
    Components,
    replicate_share_interval,
    variance_components,
)
from ffnn_lab.report.statistics.exact import (
    cluster_interval,
    cluster_shares,
    effective_interval,
    exact_bounds,
    exact_interval,
    exact_p,
)
from ffnn_lab.report.statistics.intervals import (
    CONFIDENCE,
    Interval,
    bootstrap_interval,
    differences_by_seed,
    improvement_interval,
    interquartile_interval,
    mean_interval,
    paired_interval,
    sample_std,
)
from ffnn_lab.report.statistics.many import sign_flip_ps, t_ends, t_ps
from ffnn_lab.report.statistics.optimum import Optimum, Vertex, optimum_over_replicates, vertex_of
from ffnn_lab.report.statistics.ranks import rank_agreement, ranks_of
from ffnn_lab.report.statistics.replicates import (
    corrected_interval,
    improvement_over_replicates,
    improvement_verdict,
    replicate_differences,
    replicate_interval,
    replicates_to_resolve,
)
from ffnn_lab.report.statistics.sequential import interval_at, level_at, looks_until, settle
from ffnn_lab.report.statistics.significance import holm, seeds_to_resolve, sign_flip_p, t_p
from ffnn_lab.report.statistics.subsets import subset_interval
from ffnn_lab.report.statistics.test_set import variance_of_test_set
from ffnn_lab.report.statistics.tied import (
    are_tied,
    median_p,
    tied_interval,
    tied_p,
    tied_value,
    tied_values_to_resolve,
)

__all__ = [
    "CONFIDENCE",
    "Component",
    "Components",
    "Interval",
    "Optimum",
    "Vertex",
    "are_tied",
    "best_of",
    "best_of_difference",
    "best_of_interval",
    "bootstrap_interval",
    "cluster_interval",
    "cluster_shares",
    "corrected_interval",
    "differences_by_seed",
    "effective_interval",
    "exact_bounds",
    "exact_interval",
    "exact_p",
    "holm",
    "improvement_interval",
    "improvement_over_replicates",
    "improvement_verdict",
    "interquartile_interval",
    "interval_at",
    "level_at",
    "looks_until",
    "mean_interval",
    "median_p",
    "optimum_over_replicates",
    "paired_interval",
    "rank_agreement",
    "ranks_of",
    "replicate_differences",
    "replicate_interval",
    "replicate_share_interval",
    "replicates_to_resolve",
    "sample_std",
    "seeds_to_resolve",
    "settle",
    "sign_flip_p",
    "sign_flip_ps",
    "subset_interval",
    "t_ends",
    "t_p",
    "t_ps",
    "tied_interval",
    "tied_p",
    "tied_value",
    "tied_values_to_resolve",
    "variance_components",
    "variance_of_test_set",
    "vertex_of",
]
