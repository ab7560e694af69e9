"""The notes of a report on a sweep with one tuning: missing results, units, intervals."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ffnn_lab.report.data.arms import contrasts, methods_of
from ffnn_lab.report.data.rows import results
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.data.winners import Winner, failed_settings, setting_values
from ffnn_lab.report.statistics import CONFIDENCE
from ffnn_lab.report.statistics.significance import POWER
from ffnn_lab.report.text.few_seeds import about_seeds
from ffnn_lab.report.text.units import OF_CLASSES, OF_LETTERS, OF_LETTERS_AND_OTHERS, units_of
from ffnn_lab.scores import best_settings, why_no_winner

ONE_TUNING = (
    "one tuning is one draw, another would choose other settings, and no tuned method is shown to "
    "be better than another; hydra.sweeper.replicates=R repeats split, tuning and confirm"
)
GAIN = (
    "a gain of tuning is the test error of the arm's untuned default minus that of its best "
    "setting, at equal seeds"
)


def notes(sweep: Sweep, winners: Mapping[str, Winner], table: pd.DataFrame) -> list[str]:
    """Return notes on all that a reader needs to know beside the table of arms.

    They explain the intervals and units, and list missing results, edges, ties and diverged runs.

    Args:
        sweep: The sweep.
        winners: The best setting of each arm, by arm.
        table: The table of `ffnn_lab.report.measures.tables.arm_table`.
    """
    found = [_about_seeds(sweep), *about_moment(sweep), *about_units(sweep)]
    for missing, rows in table[table["missing"] != ""].groupby("missing", sort=False):
        found.append(f"not finished ({missing}): {', '.join(rows['arm'])}")
    for name in sweep.arms:
        if name in winners:
            found += _about_winner(sweep, winners[name])
        else:
            found.append(f"{name}: none is best yet, for no setting has all its seeds")
        found += _about_results(name, sweep.default_of(name), "seeds of the default")
        found += about_lost(name, sweep.runs_of(name))
        found += about_troubles(sweep, name)
    found += _about_differences(sweep)
    if table["default.n_seeds"].any():
        found.append(GAIN)
    return found


def _about_differences(sweep: Sweep) -> list[str]:
    found = []
    if len(sweep.arms) > 1:
        found.append(
            "differences are of test error, one arm minus another at equal seeds; each interval "
            "is of this one setting of each arm and stands for itself, not adjusted for their "
            "number; at so many seeds as would resolve "
            f"one, a 95% t interval excludes 0 with probability {POWER:g}, if difference and "
            "spread are as observed"
        )
    declared = contrasts(sweep.definition)
    if declared:
        found.append(
            "p (Holm) is of the test that flips the signs of paired differences, adjusted over "
            f"the {count(n_of_family(sweep), 'contrast')} declared beforehand: "
            f"{declared_words(sweep)}"
        )
        n_seeds = len(sweep.confirm_seeds or sweep.tune_seeds)
        found += about_seeds(n_of_family(sweep), n_seeds)
    return found


def n_of_family(sweep: Sweep) -> int:
    """Return the number of declared contrasts, under all conditions, over which Holm adjusts p."""
    return len(contrasts(sweep.definition)) * sweep.definition.n_conditions


def declared_words(sweep: Sweep) -> str:
    """Return the clause of a sentence that describes the declared contrasts."""
    n = sweep.definition.n_conditions
    return _named_words(sweep) + (f", under each of {n} conditions" if n > 1 else "")


def _named_words(sweep: Sweep) -> str:
    if sweep.definition.contrasts is not None:
        return "those that the sweep's YAML names"
    declared = contrasts(sweep.definition)
    adaptive, plain = (
        ", ".join(name for name in methods_of(sweep.definition) if name in compared)
        for compared in (
            {sweep.arms[pair.arm].optimizer for pair in declared},
            {sweep.arms[pair.against].optimizer for pair in declared},
        )
    )
    return f"each adaptive method ({adaptive}) against each plain one ({plain})"


def about_failed(runs: pd.DataFrame, *, of: str) -> list[str]:
    """Return a note for each error by which runs failed: the last line of their tracebacks.

    Args:
        runs: Rows of the table ``runs``, whatever their status.
        of: Name of the arm, or of the folder, to which the runs belong.
    """
    failed = runs[runs["status"] == "failed"]
    reasons = failed["traceback"].map(_last_line)
    return [
        f"{of}: {count(len(rows), 'run')} failed ({reason}), {rows['run_id'].iloc[0]} for one"
        for reason, rows in failed.groupby(reasons, sort=False)
    ]


def _last_line(traceback: object) -> str:
    lines = traceback.split("\n") if isinstance(traceback, str) else []
    return next((line.strip() for line in reversed(lines) if line.strip()), "without a traceback")


def count(n: int, what: str) -> str:
    """Return a number with its noun, which is given in the singular: ``1 run``, ``2 runs``."""
    return f"{n} {what}{'' if n == 1 else 's'}"


def about_lost(arm: str, runs: pd.DataFrame) -> list[str]:
    """Return notes on an arm's runs that failed or were pruned.

    Args:
        arm: Name of the arm.
        runs: The arm's rows of the table ``runs``.
    """
    found = about_failed(runs, of=arm)
    n_pruned = int((runs["status"] == "pruned").sum())
    if n_pruned:
        found.append(
            f"{arm}: {count(n_pruned, 'run')} pruned before the last epoch; a setting with a run "
            "that was pruned or failed is not eligible"
        )
    return found


def about_moment(sweep: Sweep) -> list[str]:
    """Return a note on the moment at which errors are read; none if it is the last epoch."""
    if sweep.objective.moment == "best":
        return ["errors are those at each run's epoch of lowest dev error"]
    if sweep.objective.moment == "mean_last":
        n_last = sweep.objective.n_last
        return [f"errors are means over the last {count(n_last, 'measured epoch')} of each run"]
    return []


def about_units(sweep: Sweep) -> list[str]:
    """Return a note that defines the error; none if an error is the share of wrong answers."""
    units = units_of(sweep.runs)
    if units == OF_CLASSES:
        return []
    if units in (OF_LETTERS, OF_LETTERS_AND_OTHERS):
        return [
            "of letters, an error is the loss per letter in percent of a bit (its nats over ln 2, "
            "times 100): 250 is two bits and a half; a run that diverged counts as the entropy of "
            "single letters in train"
        ]
    return [
        "where a number is predicted, an error is the mean squared residual in percent of the "
        "variance that the target has in train (100 (1 - R^2)): 100 is as good as always "
        "answering its mean, which is what a run that diverged counts as, and an error may be "
        "more; the root of error / 100, times the target's standard deviation in train, is the "
        "root mean squared residual in the target's own unit"
    ]


def _about_seeds(sweep: Sweep) -> str:
    percent = f"{100 * CONFIDENCE:g}%"
    if not sweep.confirm_seeds:
        return (
            f"{percent} t intervals are over the tuning seeds: the sweep has no confirm stage, so "
            "the same seeds chose the settings, and the errors flatter them; "
            f"{ONE_TUNING}"
        )
    return (
        f"{percent} t intervals are over fresh seeds, which tuning never saw, on one test split; "
        f"they hold each arm's setting fixed, as this one tuning chose it; {ONE_TUNING}"
    )


def _about_winner(sweep: Sweep, winner: Winner) -> list[str]:
    scores = sweep.scores[(sweep.scores["arm"] == winner.arm) & sweep.scores["is_complete"]]
    reason = why_no_winner(scores)
    if reason:
        found = [
            f"{winner.arm}: no setting is best, for {reason}; setting {winner.setting} stands for "
            "all of them"
        ]
    else:
        found = _about_ties(winner)
        found += [_about_edge(sweep, winner, key, side) for key, side in winner.edges.items()]
    found += _about_results(winner.arm, winner.rows, "seeds")
    if not _is_eligible(sweep, winner):
        found.append(
            f"{winner.arm}: setting {winner.setting} is reported though a run of it was pruned or "
            "failed, for every setting has such a run"
        )
    better = _better(sweep, winner)
    if better is not None:
        found.append(
            f"{winner.arm}: setting {winner.setting} was confirmed, but setting {better} has the "
            "better tuning score now"
        )
    return found


def _about_edge(sweep: Sweep, winner: Winner, key: str, side: str) -> str:
    """Return the sentence that an arm's best setting lies on an edge of what was searched.

    It says if this is because the settings that were tried beyond it diverged or failed.

    Args:
        sweep: The sweep.
        winner: The best setting.
        key: The axis, by the config's dotted name.
        side: The edge: ``low`` or ``high``.
    """
    at: Any = winner.point[key]
    values = setting_values(sweep, winner.arm)
    failed: list[Any] = [values[number][key] for number in failed_settings(sweep, winner.arm)]
    beyond = [each for each in failed if (each < at if side == "low" else each > at)]
    where = (
        "completed, for what was tried beyond it diverged or failed" if beyond else "was searched"
    )
    end = (
        "one inside scores the same, and dev loss alone chose it"
        if winner.is_plateau.get(key, False)
        else "a better one may lie beyond"
    )
    return f"{winner.arm}: the best {key}, {at}, lies on the {side} edge of what {where}; {end}"


def about_troubles(sweep: Sweep, arm: str) -> list[str]:
    """Return a note if diagnosed runs of an arm ended in trouble, with an example."""
    runs = sweep.runs_of(arm)
    found = [(run, sweep.troubles[run]) for run in runs["run_id"] if run in sweep.troubles]
    if not found:
        return []
    run, lines = found[0]
    n_completed = int((runs["status"] == "completed").sum())
    return [
        f"{arm}: {len(found)} of {count(n_completed, 'completed run')} ended in trouble; for "
        f"example run {run}: {lines[0]}"
    ]


def _about_ties(winner: Winner) -> list[str]:
    """Return a note if other settings score the same as an arm's best setting."""
    if not winner.n_alike:
        return []
    others = count(winner.n_alike, "other setting")
    verb = "scores" if winner.n_alike == 1 else "score"
    return [
        f"{winner.arm}: {others} {verb} the same as setting {winner.setting}, which is reported "
        "because it is the first"
    ]


def _about_results(arm: str, rows: pd.DataFrame, what: str) -> list[str]:
    """Return notes on an arm's reported runs that diverged or have no result.

    Args:
        arm: Name of the arm.
        rows: Rows of the reported runs.
        what: Noun for the runs: ``seeds`` or ``seeds of the default``.
    """
    n_lost = len(rows) - len(results(rows))
    n_diverged = int((rows["status"] == "diverged").sum())
    found = []
    if n_diverged:
        found.append(
            f"{arm}: {n_diverged} of {len(rows)} {what} count as chance ({n_diverged} diverged)"
        )
    if n_lost:
        found.append(f"{arm}: {n_lost} of {len(rows)} {what} have no result and are left out")
    return found


def _is_eligible(sweep: Sweep, winner: Winner) -> bool:
    is_it = (sweep.scores["arm"] == winner.arm) & (sweep.scores["setting"] == winner.setting)
    return not sweep.scores.loc[is_it, ["n_pruned", "n_failed"]].to_numpy().any()


def _better(sweep: Sweep, winner: Winner) -> int | None:
    """Return the setting that now scores better than the arm's confirmed setting; None if none."""
    scores = sweep.scores[(sweep.scores["arm"] == winner.arm) & sweep.scores["is_complete"]]
    best = best_settings(scores).get(winner.arm)
    return None if winner.stage != "confirm" or best == winner.setting else best
