"""Effects on the separable problem of Wilson et al. (2017), whose runs are selected by config.

Variations of the setup (batch size, eps, weight decay, ...) may be arms, axes or separate sweeps,
so that runs are not selected by the names of their arms. Two runs are of the same **problem** if
their configs agree in everything but optimizer, schedule, trainer and seed. For each problem,
optimizer and variation, the setting with the best tuning score counts, on the fresh seeds if there
are any.

Problems with one ``task.draw_seed`` draw their labels alike, and are not independent: each draw
counts as one value, whatever the number of its runs, seeds, sizes, initial values and replicates.
"""

import json
import math
from collections.abc import Callable, Collection, Iterator, Sequence

import pandas as pd

from ffnn_lab.report.claims.evidence import Evidence, MissingEvidenceError, run_ids
from ffnn_lab.report.claims.rule import Effect
from ffnn_lab.report.data.families import ADAPTIVE, PLAIN
from ffnn_lab.report.data.rows import results
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.scores import counted

TASK = "separable"
P, N, DRAW = "task.p", "task.n", "task.draw_seed"
"""Fields of the task: share of positive labels, number of train examples, seed of the draw."""
KEYS = ["draw", "problem", "seed"]
"""Columns by which runs are paired."""
_SETTING = ("replicate", "arm", "setting")
SMALL_EPS = 1e-6
"""Largest eps that counts as the eps of the theory, which is 0."""
_NOT_OF_THE_PROBLEM = ("optimizer.", "schedule.", "trainer.", "tracking.", "paths.")


def at_the_sign_solution(evidence: Evidence) -> list[Effect]:
    """Compute the test error of adaptive methods minus 1 - p, the share of negative labels.

    Returns:
        An effect for each adaptive method that ran at full batch with a small eps and without
        weight decay.

    Raises:
        MissingEvidenceError: If there is no such run.
    """
    effects = [
        effect_of_draws(
            f"{optimizer} - (1 - p)",
            rows["test.error"] - (1 - rows["p"]),
            plus=rows,
            span=(-float((1 - rows["p"]).max()), float(rows["p"].max())),
        )
        for optimizer, rows in _as_in_theory(evidence, ADAPTIVE)
    ]
    if not effects:
        msg = "it has no adaptive arm at full batch with a small eps and no weight decay"
        raise MissingEvidenceError(msg)
    return effects


def at_the_minimum_norm_solution(evidence: Evidence) -> list[Effect]:
    """Compute the test error of plain methods, which the theory predicts to be 0.

    Returns:
        An effect for each plain method that ran at full batch without weight decay.

    Raises:
        MissingEvidenceError: If there is no such run.
    """
    effects = [
        effect_of_draws(optimizer, rows["test.error"], plus=rows, span=(0.0, 1.0))
        for optimizer, rows in _as_in_theory(evidence, PLAIN)
    ]
    if not effects:
        msg = "it has neither sgd nor heavy_ball at full batch without weight decay"
        raise MissingEvidenceError(msg)
    return effects


def gap_in_mini_batches(evidence: Evidence, *, n_batches: int) -> list[Effect]:
    """Compare adaptive methods' test errors with SGD's, in mini-batch runs.

    Only runs without weight decay and with an eps of at most `SMALL_EPS` are compared.

    Args:
        evidence: Evidence of the sweep.
        n_batches: Fewest batches that an epoch of a compared run has.

    Returns:
        An effect for each adaptive method and batch size: its test error minus SGD's, see `gaps`.
    """

    def keep(runs: pd.DataFrame) -> pd.Series:
        return is_plain(runs) & (runs["n_batches"] >= n_batches)

    return gaps(evidence, keep=keep, by="batch_size", compared=ADAPTIVE)


def gap_with_large_eps(evidence: Evidence, *, eps_times_n: float) -> list[Effect]:
    """Compare adaptive methods' test errors with SGD's, in runs with a large eps.

    Only runs at full batch without weight decay are compared.

    Args:
        evidence: Evidence of the sweep.
        eps_times_n: Least product of eps and the number of train examples in a compared run.

    Returns:
        An effect for each adaptive method and eps: its test error minus SGD's, see `gaps`.
    """

    def keep(runs: pd.DataFrame) -> pd.Series:
        is_large = runs["optimizer"].isin(PLAIN) | (runs["eps"] * runs["n"] >= eps_times_n)
        return is_large & is_full_batch(runs) & (runs["weight_decay"] == 0)

    return gaps(evidence, keep=keep, by="eps", compared=ADAPTIVE)


def gap_with_weight_decay(
    evidence: Evidence, *, column: str, is_relative: bool = False, compares_all: bool = False
) -> list[Effect]:
    """Compare adaptive methods with SGD, in runs with equal coupled weight decay.

    Only runs at full batch with an eps of at most `SMALL_EPS` are compared.

    Args:
        evidence: Evidence of the sweep.
        column: The column to compare, ``test.error`` or ``train.loss``.
        is_relative: True if differences are divided by the value of SGD.
        compares_all: True if heavy ball is compared with SGD, too.

    Returns:
        An effect for each compared method and weight decay: its value minus SGD's, see `gaps`.
    """
    compared = (*ADAPTIVE, *PLAIN) if compares_all else ADAPTIVE

    def keep(runs: pd.DataFrame) -> pd.Series:
        return (
            is_full_batch(runs)
            & (runs["eps"] <= SMALL_EPS)
            & (runs["weight_decay"] > 0)
            & runs["is_coupled"]
        )

    return gaps(
        evidence,
        keep=keep,
        by="weight_decay",
        compared=compared,
        column=column,
        is_relative=is_relative,
    )


def _as_in_theory(
    evidence: Evidence, optimizers: Sequence[str]
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the optimizers that ran at full batch, with a small eps and no weight decay.

    Args:
        evidence: Evidence of the sweep.
        optimizers: Names of the optimizers to look for.

    Yields:
        The name of an optimizer, and its runs of the best setting of each problem, rows of
        `problem_runs` indexed by `KEYS`.
    """
    runs = problem_runs(evidence)
    runs = runs[is_full_batch(runs) & is_plain(runs)]
    for optimizer in optimizers:
        best = best_of_problems(evidence.sweep, runs[runs["optimizer"] == optimizer])
        if len(best):
            yield optimizer, best.set_index(KEYS)


def problem_runs(evidence: Evidence) -> pd.DataFrame:
    """Return every run on the separable problem that has a result.

    Returns:
        One row per run of an arm and setting: ``problem``, ``draw``, ``optimizer``,
        ``batch_size`` (infinite for the full batch), ``n_batches`` of an epoch, ``eps`` (0 where
        there is none), ``weight_decay`` and whether it ``is_coupled``, ``p``, ``n``, the
        ``test.error`` and ``train.loss`` at the objective's moment, and ``seed``, ``run_id``,
        ``replicate``, ``stage``, ``arm``, ``setting``.

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
        **{key: rows[key].to_numpy() for key in ("seed", "run_id", "stage", *_SETTING)},
    )


def _told(config: dict[str, object]) -> dict[str, object]:
    n, batch_size = float(str(config[N])), str(config["trainer.batch_size"])
    size = math.inf if batch_size == "full" else float(batch_size)
    problem = {
        key: value
        for key, value in config.items()
        if key not in ("seed", "device") and not key.startswith(_NOT_OF_THE_PROBLEM)
    }
    return {
        "problem": json.dumps(problem, sort_keys=True),
        "draw": config[DRAW],
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
    """Return a mask of the runs whose batches have all train examples."""
    return runs["batch_size"] == math.inf


def is_plain(runs: pd.DataFrame) -> pd.Series:
    """Return a mask of the runs without weight decay, with an eps of at most `SMALL_EPS`."""
    return (runs["eps"] <= SMALL_EPS) & (runs["weight_decay"] == 0)


def best_of_problems(sweep: Sweep, runs: pd.DataFrame, *, by: str | None = None) -> pd.DataFrame:
    """Return the runs of the best setting of each problem and variation, in each replicate.

    Args:
        sweep: The sweep whose scores rank the settings.
        runs: Rows of `problem_runs` of one optimizer.
        by: The column whose values are the variations; None for no variation.

    Returns:
        The rows of the best settings on the fresh seeds, or else on the tuning seeds.
    """
    keys = ["problem", "replicate", *([by] if by else [])]
    scores = sweep.scores[[*_SETTING, "score", "tie_break"]]
    ranked = runs.merge(scores, on=list(_SETTING))
    best = ranked.sort_values(["score", "tie_break", "setting"], kind="stable")
    names = list(dict.fromkeys([*keys, "arm", "setting"]))
    of_best = ranked.merge(best.drop_duplicates(keys)[names], on=names)
    is_confirmed = of_best["stage"] == "confirm"
    has_confirmed = is_confirmed.groupby([of_best[key] for key in keys]).transform("any")
    return of_best[is_confirmed | ~has_confirmed].sort_values(keys, kind="stable")


def effect_of_draws(
    what: str,
    values: pd.Series,
    *,
    plus: pd.DataFrame,
    minus: pd.DataFrame | None = None,
    span: tuple[float, float] = (-1.0, 1.0),
) -> Effect:
    """Return the effect with one value per draw of the problem, the mean over the draw's runs.

    Args:
        what: Name of the effect: the methods that it compares.
        values: One value per run or pair of runs, indexed by `KEYS`.
        plus: The runs that enter with a plus sign.
        minus: The runs that enter with a minus sign, if any.
        span: The lowest and the highest value that is possible.
    """
    by_draw = values.groupby(level="draw").mean()
    return Effect.of_values(
        what,
        by_draw.tolist(),
        plus=run_ids(plus),
        minus=[] if minus is None else run_ids(minus),
        of="draws",
        span=span,
    )


def gaps(
    evidence: Evidence,
    *,
    keep: Callable[[pd.DataFrame], pd.Series],
    by: str,
    compared: Collection[str],
    column: str = "test.error",
    is_relative: bool = False,
) -> list[Effect]:
    """Compare methods with SGD, or else with heavy ball, on equal problems and seeds.

    Args:
        evidence: Evidence of the sweep.
        keep: Function from rows of `problem_runs` to a mask of the runs that are compared.
        by: The column that is varied; each of its values has its own effects. Plain methods have
            no ``eps``; if it is varied, their runs are compared with every value.
        compared: The optimizers to compare with the plain method: those that the claim is about.
        column: The column to compare: the test error, or a quantity without an upper bound.
        is_relative: True if differences are divided by the plain method's value.

    Returns:
        An effect for each compared optimizer and value of ``by``: the optimizer's value minus that
        of the plain method.

    Raises:
        MissingEvidenceError: If no problem and seed has such runs of both methods.
    """
    runs = problem_runs(evidence)
    runs = runs[keep(runs)]
    plain = next((each for each in PLAIN if (runs["optimizer"] == each).any()), "")
    base = best_of_problems(evidence.sweep, runs[runs["optimizer"] == plain], by=by)
    end = 1.0 if column == "test.error" and not is_relative else math.inf
    effects = []
    for optimizer in runs["optimizer"].unique():
        if optimizer == plain or optimizer not in compared:
            continue
        best = best_of_problems(evidence.sweep, runs[runs["optimizer"] == optimizer], by=by)
        for varied, rows in best.groupby(by):
            same = base if by == "eps" else base[base[by] == varied]
            sides = [each.set_index(KEYS)[column] for each in (rows, same)]
            values = (sides[0] - sides[1]).dropna()
            if is_relative:
                values = (values / sides[1]).dropna()
            if len(values):
                what = f"{optimizer} - {plain}, {by.replace('_', ' ')} {varied:g}"
                span = (-end, end)
                effects.append(effect_of_draws(what, values, plus=rows, minus=same, span=span))
    if not effects:
        msg = "it has no such runs of a plain and an adaptive method on one draw"
        raise MissingEvidenceError(msg)
    return effects
