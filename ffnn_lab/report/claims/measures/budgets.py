"""Effects at a small tuning budget, from settings that were drawn independently."""

from ffnn_lab.report.claims.evidence import Evidence, MissingEvidenceError
from ffnn_lab.report.claims.rule import Effect
from ffnn_lab.report.measures.budgets import NotIndependentError, drawn_settings
from ffnn_lab.report.statistics import best_of_difference
from ffnn_lab.report.statistics.budget import N_PER_BEST


def best_of(evidence: Evidence, *, arm: str, against: str, n_settings: int) -> list[Effect]:
    """Compare the expected tuning score of the best of a few settings between two optimizers.

    Args:
        evidence: Evidence of the sweep.
        arm: Name of an optimizer.
        against: Name of the optimizer whose score is subtracted.
        n_settings: The number of settings of which the best one counts.

    Returns:
        An effect for each pair of comparable arms of these optimizers, among the pairs with the
        fewest axes.

    Raises:
        MissingEvidenceError: If there is no such pair, settings were not drawn independently or
            are not scored by error, or an arm has too few settings.
    """
    sweep = evidence.sweep
    pairs = [
        (arms[arm], arms[against])
        for arms in sweep.variants.values()
        if {arm, against} <= arms.keys()
    ]
    if not pairs:
        msg = f"it has no arms {arm} and {against} of one variant"
        raise MissingEvidenceError(msg)
    if sweep.objective.metric != "error":
        msg = "its settings are scored by loss, and the margin is of error"
        raise MissingEvidenceError(msg)
    fewest = min(len(sweep.arms[each].space) for each, _ in pairs)
    try:
        drawn = {each: rows["score"].tolist() for each, rows in drawn_settings(sweep).items()}
    except NotIndependentError as error:
        raise MissingEvidenceError(str(error)) from error
    effects = []
    for pair in pairs:
        if len(sweep.arms[pair[0]].space) > fewest:
            continue
        scores = [drawn.get(each, []) for each in pair]
        if min(map(len, scores)) < N_PER_BEST * n_settings:
            msg = f"{pair[0]} or {pair[1]} has fewer than {N_PER_BEST * n_settings} settings"
            raise MissingEvidenceError(msg)
        effects.append(_effect(evidence, pair, scores, n_settings))
    return effects


def _effect(
    evidence: Evidence, pair: tuple[str, str], scores: list[list[float]], n_settings: int
) -> Effect:
    difference = best_of_difference(*scores, n_settings=n_settings)
    rows = evidence.sweep.rows
    plus, minus = (
        tuple(rows.loc[(rows["stage"] == "tune") & (rows["arm"] == arm), "run_id"].unique())
        for arm in pair
    )
    return Effect(
        what=f"best of {n_settings}: {pair[0]} - {pair[1]}",
        estimate=difference.value,
        standard_error=difference.standard_error,
        freedom=difference.freedom,
        n=min(map(len, scores)),
        plus=plus,
        minus=minus,
        of="settings",
    )
