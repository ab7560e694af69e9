"""Findings of sweeps on the separable problem, beside the predictions of two closed forms.

The separable problem is that of Wilson et al. (2017), see `ffnn_lab.separable`; the closed forms
are the minimum-norm solution and the sign solution. A sweep on the problem compares arms on the
same draws of it. A draw is a replicate, not a tuned choice, so that an arm has no best setting.
Within a draw only the learning rate is chosen, if it is an axis, by the sweep's objective.
Conditions and all other axes are shown side by side. In records written before there were
conditions and replicates, the draw is an axis, too, ``task.draw_seed``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from ffnn_lab.protocols.space import Choice
from ffnn_lab.report.data.rows import results
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.scores import counted
from ffnn_lab.separable import (
    SOLUTIONS,
    Draw,
    draw_labels,
    fresh_error,
    min_norm_solution,
    sign_solution,
)

TASK = "separable"
DRAW, LR = "task.draw_seed", "optimizer.lr"
COUPLED_DECAY = "optimizer.weight_decay"
SOLVED = 1e-12
"""Score (train loss for labels -1 and +1) below which a problem is solved up to rounding, which
leaves about 1e-32."""


@dataclass(frozen=True, eq=False)
class Findings:
    """The tables of a sweep on the separable problem."""

    runs: pd.DataFrame
    """The table of `run_table`, one row per run."""
    conditions: list[str]
    """Dotted names of the fields that the comparison is repeated across, then of the axes other
    than the draw and the learning rate."""
    table: pd.DataFrame
    """The table of `condition_table` over the draws that can show what the paper claims."""
    labeled: pd.DataFrame
    """The table of `condition_table` over all other draws, with their ``remark`` as a column."""


def is_about(sweep: Sweep) -> bool:
    """Return True if a sweep compares arms on draws of the separable problem, without winners.

    There are two kinds of such sweeps. In the first, draws are replicates, settings are scored on
    the train split, there is no confirm stage, and the learning rate is not a condition. In the
    second, which earlier versions wrote, draws are an axis of every arm.
    """
    if set(sweep.runs["task.name"].dropna()) != {TASK}:
        return False
    arms = sweep.arms.values()
    if all(DRAW in arm.space for arm in arms):
        return True
    is_chosen_on_train = sweep.objective.split == "train" and not sweep.confirm_seeds
    return is_chosen_on_train and not any(LR in arm.condition for arm in arms)


def find(sweep: Sweep) -> Findings:
    """Tabulate the results of a sweep for which `is_about` returns True."""
    arms = sweep.arms.values()
    axes = (key for arm in arms for key in arm.space if key not in (DRAW, LR))
    conditions = list(dict.fromkeys([*(key for arm in arms for key in arm.condition), *axes]))
    runs = run_table(sweep, conditions)
    can_show = runs["remark"] == ""
    return Findings(
        runs=runs,
        conditions=conditions,
        table=condition_table(runs[can_show], ["arm", *conditions]),
        labeled=condition_table(runs[~can_show], ["remark", "arm", *conditions]),
    )


def run_table(sweep: Sweep, conditions: Sequence[str]) -> pd.DataFrame:
    """Tabulate the runs that have a result; of each draw, only those at the best learning rate.

    Args:
        sweep: A sweep on the separable problem.
        conditions: Dotted names of the fields in `Findings.conditions`.

    Returns:
        One row per arm (by its base name, without the condition), condition, setting and seed, in
        the definition's order: the value of each condition; ``optimizer.lr``; ``task.draw_seed``;
        ``remark``, the reason why the draw cannot show what the paper claims (empty if it can);
        ``test.error`` at the objective's moment and ``last.train.loss``; the test errors of the
        closed forms, ``predicted.min_norm`` (with the ridge of a coupled weight decay) and
        ``predicted.sign``; ``is_negative``, the share of negative test labels; and ``cosine.*``,
        the cosines of the final weights with both closed forms.
    """
    rows = results(sweep.rows).reset_index(drop=True)
    error = counted(rows, f"{sweep.objective.moment}.test.error")
    draws = _draws(rows)
    bases = {name: arm.base for name, arm in sweep.arms.items()}
    found = pd.DataFrame(
        {
            "arm": pd.Categorical(
                rows["arm"].map(bases), categories=list(dict.fromkeys(bases.values()))
            ),
            "setting": rows["setting"],
            "seed": rows["seed"],
            **{key: _condition(sweep, rows, key) for key in conditions},
            LR: rows[LR],
            DRAW: rows[DRAW].astype(int),
            "remark": [draw.remark for draw in draws],
            "status": rows["status"],
            "test.error": error,
            "last.train.loss": rows["last.train.loss"],
            "predicted.min_norm": [
                fresh_error(min_norm_solution(draw.train, ridge=ridge), draw.test)
                for draw, ridge in zip(draws, _ridges(rows), strict=True)
            ],
            "predicted.sign": [fresh_error(sign_solution(d.train), d.test) for d in draws],
            "is_negative": [float((draw.test < 0).mean()) for draw in draws],
            **{f"cosine.{name}": rows[f"cosine.{name}"] for name in SOLUTIONS},
            "run_id": rows["run_id"],
        }
    )
    kept = found[_has_best_lr(sweep, rows, found, conditions)]
    across = [key for key in conditions if all(key in a.condition for a in sweep.arms.values())]
    order = ["arm", *across, "setting", "seed"]
    return kept.sort_values(order, kind="stable").reset_index(drop=True)


def _draws(rows: pd.DataFrame) -> list[Draw]:
    """Return the labels of each run's problem, drawn again from the run's config."""
    # A column that some runs lack holds floats, with NaN there.
    sizes = rows[["task.n", "task.n_dev", "task.n_test", DRAW]].astype(int).to_numpy().tolist()
    return [
        draw_labels(n=n, p=p, n_dev=n_dev, n_test=n_test, draw_seed=draw_seed)
        for (n, n_dev, n_test, draw_seed), p in zip(sizes, rows["task.p"].tolist(), strict=True)
    ]


def _ridges(rows: pd.DataFrame) -> "pd.Series[float]":
    """Return the ridge to which each run's weight decay is equivalent.

    It is ``n d / 2`` for ``n`` train examples and a coupled weight decay ``d`` under the squared
    loss, and 0 for other runs.
    """
    is_ridge = (rows["optimizer.decay"] == "coupled") & (rows["task.loss"] == "squared")
    return (rows["task.n"] * rows[COUPLED_DECAY] / 2).where(is_ridge, 0.0)


def _condition(sweep: Sweep, rows: pd.DataFrame, key: str) -> pd.Series:
    """Return each run's value of a condition as a categorical column.

    Args:
        sweep: The sweep.
        rows: Rows of `Sweep.rows`.
        key: Dotted name of the condition's field.

    Returns:
        The values as texts, with categories in the order of the definition; NaN for a run whose
        arm does not vary the field.
    """
    across = {name: arm.condition[key] for name, arm in sweep.arms.items() if key in arm.condition}
    values = [
        *across.values(),
        *(
            value
            for axis in (arm.space.get(key) for arm in sweep.arms.values())
            if isinstance(axis, Choice)
            for value in axis.values  # noqa: PD011 - no DataFrame
        ),
    ]
    words = list(dict.fromkeys(_word(value) for value in values))
    if across:
        told = rows["arm"].map({name: _word(value) for name, value in across.items()})
    else:
        has_axis = rows["arm"].map(lambda arm: key in sweep.arms[arm].space).astype(bool)
        told = rows[key].map(_word).where(has_axis)
    return pd.Series(pd.Categorical(told, categories=words or sorted(told.dropna().unique())))


def _word(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _has_best_lr(
    sweep: Sweep, rows: pd.DataFrame, runs: pd.DataFrame, conditions: Sequence[str]
) -> "pd.Series[bool]":
    """Return a mask of the runs whose setting has the best score of its arm, condition and draw.

    Scores below `SOLVED` count as equal, because they differ by rounding only. Among equal scores
    the smallest learning rate is chosen, the nearest to the small steps that the theory assumes.

    Args:
        sweep: The sweep with the scores.
        rows: Rows of `Sweep.rows`.
        runs: The same runs in the columns of `run_table`.
        conditions: The columns of ``runs`` that are conditions.
    """
    if not any(LR in arm.space for arm in sweep.arms.values()):
        return pd.Series(data=True, index=runs.index)
    place = ["replicate", "arm", "setting"]
    scored = rows[place].merge(sweep.scores[[*place, "score"]], on=place, how="left")["score"]
    ranked = runs.assign(score=scored.where(scored >= SOLVED, 0.0).to_numpy())
    ranked = ranked[scored.notna().to_numpy()].sort_values(["score", LR, "setting"], kind="stable")
    keys = ["arm", *conditions, DRAW]
    best = ranked.groupby(keys, observed=True, dropna=False)["setting"].transform("first")
    is_best = ranked["setting"] == best
    return is_best.reindex(runs.index, fill_value=False)


def condition_table(runs: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Tabulate runs by arm and condition, over draws and seeds.

    Args:
        runs: Rows of `run_table`.
        keys: The columns whose combinations are the rows.

    Returns:
        One row per combination: ``n_runs`` and ``n_diverged``, numbers of runs; the mean
        ``test.error``, with the lowest and the highest; the means of ``is_negative`` and of the
        predicted errors; ``n_as_min_norm`` and ``n_as_sign``, the numbers of runs whose test error
        is exactly that of the closed form; and of each cosine and of ``last.train.loss`` the
        lowest, median and highest value.
    """
    rows = []
    for values, group in runs.groupby(list(keys), observed=True, dropna=False, sort=True):
        error = group["test.error"]
        spreads = ("last.train.loss", *(f"cosine.{name}" for name in SOLUTIONS))
        rows.append(
            {
                **dict(zip(keys, values, strict=True)),
                "n_runs": len(group),
                "n_diverged": int((group["status"] == "diverged").sum()),
                "test.error": error.mean(),
                "test.error.lowest": error.min(),
                "test.error.highest": error.max(),
                "is_negative": group["is_negative"].mean(),
                **{f"predicted.{name}": group[f"predicted.{name}"].mean() for name in SOLUTIONS},
                **{
                    f"n_as_{name}": int((error == group[f"predicted.{name}"]).sum())
                    for name in SOLUTIONS
                },
                **{
                    f"{key}.{word}": getattr(group[key], function)()
                    for key in spreads
                    for word, function in (
                        ("lowest", "min"),
                        ("median", "median"),
                        ("highest", "max"),
                    )
                },
            }
        )
    return pd.DataFrame(rows)
