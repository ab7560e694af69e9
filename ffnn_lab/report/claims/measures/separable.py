"""Effects on the separable problem, whose runs are found by what they were told.

The variations of the problem (batch size, eps, weight decay, ...) may be arms, axes or sweeps of
their own: runs are chosen by their configs, not by the names of their arms. Two runs belong to the
same **draw** if all but optimizer, schedule, trainer and seed agree; of a draw, an optimizer and a
variation the setting with the best tuning score counts, on the fresh seeds if there are any.
"""

import json
import math
from collections.abc import Callable, Iterator, Sequence

import pandas as pd

from ffnn_lab.report.claims.evidence import Evidence, MissingEvidenceError, run_ids
from ffnn_lab.report.claims.rule import Effect
from ffnn_lab.report.data.families import ADAPTIVE, PLAIN
from ffnn_lab.report.data.sweep import Sweep, results
from ffnn_lab.scores import counted

TASK = "separable"
P, N = "task.p", "task.n"
"""Of the task: the share of positive labels, and the number of train examples."""
SMALL_EPS = 1e-6
"""At most so much counts as the eps of the theory, which is 0."""
_NOT_OF_THE_DRAW = ("optimizer.", "schedule.", "trainer.", "tracking.", "paths.")


def at_the_sign_solution(evidence: Evidence) -> list[Effect]:
    """Compute the test error of adaptive methods minus 1 - p, the share of negative labels."""
    effects = [
        effect_of_draws(f"{optimizer} - (1 - p)", rows, rows["test.error"] - (1 - rows["p"]))
        for optimizer, rows in _as_in_theory(evidence, ADAPTIVE)
    ]
    if not effects:
        msg = "it has no adaptive arm at full batch with a small eps and no weight decay"
        raise MissingEvidenceError(msg)
    return effects


def at_the_minimum_norm_solution(evidence: Evidence) -> list[Effect]:
    """Compute the test error of plain methods."""
    effects = [
        effect_of_draws(optimizer, rows, rows["test.error"])
        for optimizer, rows in _as_in_theory(evidence, PLAIN)
    ]
    if not effects:
        msg = "it has neither sgd nor heavy_ball at full batch without weight decay"
        raise MissingEvidenceError(msg)
    return effects


def gap_in_mini_batches(evidence: Evidence, *, n_batches: int) -> list[Effect]:
    """Compare test errors with SGD's where an epoch has at least so many batches."""

    def keep(runs: pd.DataFrame) -> pd.Series:
        return (
            runs["optimizer"].isin((*ADAPTIVE, *PLAIN))
            & is_plain(runs)
            & (runs["n_batches"] >= n_batches)
        )

    return gaps(evidence, keep=keep, by="batch_size")


def gap_with_large_eps(evidence: Evidence, *, eps_times_n: float) -> list[Effect]:
    """Compare test errors with SGD's where eps times n, the number of examples, is large."""

    def keep(runs: pd.DataFrame) -> pd.Series:
        is_large = runs["optimizer"].isin(ADAPTIVE) & (runs["eps"] * runs["n"] >= eps_times_n)
        return (
            (is_large | runs["optimizer"].isin(PLAIN))
            & is_full_batch(runs)
            & (runs["weight_decay"] == 0)
        )

    return gaps(evidence, keep=keep, by="eps")


def gap_with_weight_decay(
    evidence: Evidence, *, column: str, is_relative: bool = False
) -> list[Effect]:
    """Compare runs with coupled weight decay with SGD's at equal decay.

    Args:
        evidence: The sweep's.
        column: What is compared, ``test.error`` or ``train.loss``.
        is_relative: True if differences are divided by the plain method's value.
    """

    def keep(runs: pd.DataFrame) -> pd.Series:
        return (
            runs["optimizer"].isin((*ADAPTIVE, *PLAIN))
            & is_full_batch(runs)
            & (runs["eps"] <= SMALL_EPS)
            & (runs["weight_decay"] > 0)
            & runs["is_coupled"]
        )

    return gaps(evidence, keep=keep, by="weight_decay", column=column, is_relative=is_relative)


def _as_in_theory(
    evidence: Evidence, optimizers: Sequence[str]
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield optimizers that ran at full batch, with a small eps and no weight decay.

    Yields:
        An optimizer and the runs of the best setting of each draw, indexed by draw and seed.
    """
    runs = problem_runs(evidence)
    runs = runs[is_full_batch(runs) & is_plain(runs)]
    for optimizer in optimizers:
        best = best_of_draws(evidence.sweep, runs[runs["optimizer"] == optimizer])
        if len(best):
            yield optimizer, best.set_index(["draw", "seed"])


def problem_runs(evidence: Evidence) -> pd.DataFrame:
    """Read every run on the separable problem that came to a result.

    Returns:
        One row per run of an arm and setting: ``draw``, ``optimizer``, ``batch_size`` (infinite
        for the full batch), ``n_batches`` of an epoch, ``eps`` (0 where there is none),
        ``weight_decay`` and whether it ``is_coupled``, ``p``, ``n``, the ``test.error`` and
        ``train.loss`` at the objective's moment, and ``seed``, ``run_id``, ``stage``, ``arm``,
        ``setting``.

    Raises:
        MissingEvidenceError: If the sweep is of another task.
    """
    sweep = evidence.sweep
    rows = results(sweep.rows)
    rows = rows[rows["task.name"] == TASK]
    if rows.empty:
        msg = f"its task is not {TASK}"
        raise MissingEvidenceError(msg)
    moment = sweep.objective.moment
    found = pd.DataFrame([_told(json.loads(text)) for text in rows["config_json"]])
    return found.assign(
        **{
            "test.error": counted(rows, f"{moment}.test.error").to_numpy(),
            "train.loss": counted(rows, f"{moment}.train.loss").to_numpy(),
        },
        **{key: rows[key].to_numpy() for key in ("seed", "run_id", "stage", "arm", "setting")},
    )


def _told(config: dict[str, object]) -> dict[str, object]:
    n, batch_size = float(str(config[N])), str(config["trainer.batch_size"])
    size = math.inf if batch_size == "full" else float(batch_size)
    draw = {
        key: value
        for key, value in config.items()
        if key not in ("seed", "device") and not key.startswith(_NOT_OF_THE_DRAW)
    }
    return {
        "draw": json.dumps(draw, sort_keys=True),
        "optimizer": config["optimizer.name"],
        "batch_size": math.inf if size >= n else size,
        "n_batches": max(1.0, n / size),
        "eps": config.get("optimizer.eps") or 0.0,
        "weight_decay": config["optimizer.weight_decay"],
        "is_coupled": config["optimizer.decay"] == "coupled",
        "p": config[P],
        "n": n,
    }


def is_full_batch(runs: pd.DataFrame) -> pd.Series:
    """Return a mask of the runs that took their gradients over all examples."""
    return runs["batch_size"] == math.inf


def is_plain(runs: pd.DataFrame) -> pd.Series:
    """Return a mask of the runs without eps and weight decay, as the theory has them."""
    return (runs["eps"] <= SMALL_EPS) & (runs["weight_decay"] == 0)


def best_of_draws(sweep: Sweep, runs: pd.DataFrame, *, by: str | None = None) -> pd.DataFrame:
    """Return the runs of the best setting of each draw and variation.

    Args:
        sweep: Whose scores say which is best.
        runs: Of one optimizer, some rows of `problem_runs`.
        by: The column that is varied, if any.

    Returns:
        The rows of those settings: the confirmed ones, or else those of the tuning seeds.
    """
    tie_break = ["score", "tie_break", "setting"]
    scores = sweep.scores[["arm", "setting", "score", "tie_break"]]
    ranked = runs.merge(scores, on=["arm", "setting"])
    kept = []
    for _, rows in ranked.groupby(["draw", *([by] if by else [])]):
        best = rows.sort_values(tie_break, kind="stable").iloc[0]
        of_best = rows[(rows["arm"] == best["arm"]) & (rows["setting"] == best["setting"])]
        confirmed = of_best[of_best["stage"] == "confirm"]
        kept.append(of_best if confirmed.empty else confirmed)
    return pd.concat(kept) if kept else ranked


def effect_of_draws(what: str, rows: pd.DataFrame, values: pd.Series) -> Effect:
    """Compute an effect of one value per draw, or per seed where there is but one draw.

    Seeds of one draw share it, so they are no further evidence about others.

    Args:
        what: Between whom.
        rows: The runs behind it.
        values: By draw and seed.
    """
    by_draw = values.groupby(level="draw").mean()
    is_one = len(by_draw) == 1
    return Effect.of_values(
        what,
        (values if is_one else by_draw).tolist(),
        run_ids=run_ids(rows),
        of="seeds" if is_one else "draws",
    )


def gaps(
    evidence: Evidence,
    *,
    keep: Callable[[pd.DataFrame], pd.Series],
    by: str,
    column: str = "test.error",
    is_relative: bool = False,
) -> list[Effect]:
    """Compare every other optimizer with SGD, or else with heavy ball, on equal draws and seeds.

    Args:
        evidence: The sweep's.
        keep: Masks the runs of `problem_runs` that show the variation.
        by: The column that is varied, each value of which has effects of its own. Where it is
            ``eps``, which plain methods lack, theirs count for every value.
        column: What is compared.
        is_relative: Whether differences are divided by the plain method's value.

    Raises:
        MissingEvidenceError: If there are no such runs of both.
    """
    runs = problem_runs(evidence)
    runs = runs[keep(runs)]
    plain = next((each for each in PLAIN if (runs["optimizer"] == each).any()), "")
    base = best_of_draws(evidence.sweep, runs[runs["optimizer"] == plain], by=by)
    effects = []
    for optimizer in runs["optimizer"].unique():
        if optimizer == plain:
            continue
        best = best_of_draws(evidence.sweep, runs[runs["optimizer"] == optimizer], by=by)
        for varied, rows in best.groupby(by):
            same = base if by == "eps" else base[base[by] == varied]
            sides = [each.set_index(["draw", "seed"])[column] for each in (rows, same)]
            values = (sides[0] - sides[1]).dropna()
            if is_relative:
                values = (values / sides[1]).dropna()
            if len(values):
                what = f"{optimizer} - {plain}, {by.replace('_', ' ')} {varied:g}"
                effects.append(effect_of_draws(what, pd.concat([rows, same]), values))
    if not effects:
        msg = "it has no such runs of a plain and another method on one draw"
        raise MissingEvidenceError(msg)
    return effects
