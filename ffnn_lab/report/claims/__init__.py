"""The claims of papers, each a file that can be run against a sweep's records.

To add one: a file with a `CLAIM`, its row here, a row in README.md, and three tests (where it is
true, where it is false, where it is undecided).
"""

from ffnn_lab.report.claims import (
    adamw_decoupling,
    adamw_gap,
    choi_inclusion,
    choi_no_loss,
    schmidt_untuned,
    separable_adaptive,
    separable_eps,
    separable_mini_batch,
    separable_plain,
    separable_weight_decay,
    sivaprasad_small_budget,
    wilson_early_progress,
    wilson_generalization,
    wilson_matched_loss,
    wilson_plateau,
    wilson_tuning_gain,
    zou_one_solution,
)

CLAIMS = (
    wilson_generalization.CLAIM,
    wilson_matched_loss.CLAIM,
    wilson_early_progress.CLAIM,
    wilson_plateau.CLAIM,
    wilson_tuning_gain.CLAIM,
    separable_adaptive.CLAIM,
    separable_plain.CLAIM,
    separable_mini_batch.CLAIM,
    separable_eps.CLAIM,
    separable_weight_decay.CLAIM,
    zou_one_solution.CLAIM,
    choi_inclusion.CLAIM,
    choi_no_loss.CLAIM,
    adamw_decoupling.CLAIM,
    adamw_gap.CLAIM,
    sivaprasad_small_budget.CLAIM,
    schmidt_untuned.CLAIM,
)
"""In the order of the verdict table."""
