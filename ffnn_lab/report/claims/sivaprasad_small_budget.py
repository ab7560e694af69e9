"""Sivaprasad et al.: where little can be spent on tuning, Adam is the better choice."""

from ffnn_lab.report.claims.evidence import Claim, Evidence, MissingEvidenceError
from ffnn_lab.report.claims.rule import Effect, Region
from ffnn_lab.report.data.arms import variants
from ffnn_lab.report.measures.budgets import NotIndependentError, drawn_settings
from ffnn_lab.report.statistics import best_of_difference
from ffnn_lab.report.statistics.budget import N_PER_BEST

MARGIN = 0.001
N_SETTINGS = 4


def measure(evidence: Evidence) -> list[Effect]:
    """Take the expected tuning score of the best of four settings, Adam's minus SGD's."""
    sweep = evidence.sweep
    pairs = [
        (arms["adam"], arms["sgd"])
        for arms in variants(sweep.arms).values()
        if {"adam", "sgd"} <= arms.keys()
    ]
    if not pairs:
        msg = "it has no arms adam and sgd of one variant"
        raise MissingEvidenceError(msg)
    if sweep.objective.metric != "error":
        msg = "its settings are scored by loss, and the margin is of error"
        raise MissingEvidenceError(msg)
    fewest = min(len(sweep.arms[arm].space) for arm, _ in pairs)
    try:
        drawn = {arm: rows["score"].tolist() for arm, rows in drawn_settings(sweep).items()}
    except NotIndependentError as error:
        raise MissingEvidenceError(str(error)) from error
    effects = []
    for pair in pairs:
        if len(sweep.arms[pair[0]].space) > fewest:
            continue
        scores = [drawn.get(arm, []) for arm in pair]
        if min(map(len, scores)) < N_PER_BEST * N_SETTINGS:
            msg = f"{pair[0]} or {pair[1]} has fewer than {N_PER_BEST * N_SETTINGS} settings"
            raise MissingEvidenceError(msg)
        effects.append(_effect(evidence, pair, scores))
    return effects


def _effect(evidence: Evidence, pair: tuple[str, str], scores: list[list[float]]) -> Effect:
    difference = best_of_difference(*scores, n_settings=N_SETTINGS)
    rows = evidence.sweep.rows
    is_tuned = (rows["stage"] == "tune") & rows["arm"].isin(pair)
    return Effect(
        what=f"best of {N_SETTINGS}: {pair[0]} - {pair[1]}",
        estimate=difference.value,
        standard_error=difference.standard_error,
        freedom=difference.freedom,
        n=min(map(len, scores)),
        run_ids=tuple(dict.fromkeys(rows.loc[is_tuned, "run_id"])),
        of="settings",
    )


CLAIM = Claim(
    name="sivaprasad_small_budget",
    source="Sivaprasad et al. (2020) (SEEN[11])",
    hypothesis="With a budget of four random settings, Adam with only its step tuned finds a "
    "lower dev error than SGD with only its step tuned.",
    quantity="expected tuning score of the best of 4 independently drawn settings, Adam's minus "
    "SGD's, in the smallest space that the sweep has",
    unit="percentage points",
    region=Region.below(-MARGIN),
    reason="0.1 points, as for Wilson et al.'s claim (i)",
    sweeps=("inclusion",),
    arms="adam and sgd of one variant (adam_lr, sgd_lr), protocol random, 16 settings or more",
    measure=measure,
)
