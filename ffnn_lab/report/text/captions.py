"""What stands above a table in LaTeX: what it shows, over how many seeds, with which interval."""

from collections.abc import Mapping

from ffnn_lab.report.data.sweep import Sweep, results
from ffnn_lab.report.data.winners import Winner
from ffnn_lab.report.statistics import CONFIDENCE
from ffnn_lab.report.statistics.significance import MOST_SEEDS
from ffnn_lab.report.text.render import counts

PERCENT = f"{100 * CONFIDENCE:g}%"
T_INTERVAL = f"in brackets the {PERCENT} t interval of the mean"
TEXTS = {
    "arms": f"The best setting of each arm. Test errors are means over {{n}}, {T_INTERVAL}.",
    "settings": "The best setting of each arm: its values, the settings that were tried with all "
    "their seeds, and all runs by how they ended.",
    "gain_of_tuning": "Test error of each arm's untuned default and of its best setting, and the "
    f"difference at equal seeds: means over {{n}}, {T_INTERVAL}.",
    "paired_differences": "Differences of test error between arms at equal seeds: means over "
    f"{{n}}, {T_INTERVAL}, not adjusted for their number; p after Holm over the contrasts that "
    f"were declared; the share of seeds improved has Wilson's {PERCENT} interval; more than "
    f"{MOST_SEEDS} seeds are not counted.",
    "spreads": f"How test errors spread over {{n}}. Means have their {PERCENT} t interval in "
    "brackets, interquartile means that of Tukey and McLaughlin; the deviation is the sample's.",
    "progress": f"Errors early and late in training: means over {{n}}, {T_INTERVAL}.",
    "matched_train_loss": "Arms at the lowest train loss that all their runs came down to: means "
    f"over the runs of {{n}} that completed, {T_INTERVAL}.",
    "budgets": "Expected score of the best of so many settings of random search, in brackets its "
    f"{PERCENT} jackknife interval, as far as a quarter of the settings drawn; {{tuning}} each.",
    "ranks_in_smaller_spaces": "Order of the arms by what tuning finds when every axis keeps a "
    "part of its range; {tuning} each, no interval.",
    "ranks_by_variant": "Order of the arms in each variant; the best settings over {n}, no "
    "interval.",
}
"""By the name of the sheet."""


def caption(sweep: Sweep, winners: Mapping[str, Winner], name: str) -> str:
    """Word the caption of one of a sweep's sheets; none if we have no text for it.

    Args:
        sweep: What was run.
        winners: Each arm's.
        name: The sheet's.
    """
    if name not in TEXTS:
        return ""
    tuning = f"scores over {counts([len(sweep.tune_seeds)], 'tuning seed')}"
    text = TEXTS[name].format(n=seed_words(sweep, winners), tuning=tuning)
    return f"Sweep {sweep.name}. {text}"


def seed_words(sweep: Sweep, winners: Mapping[str, Winner]) -> str:
    """Word over how many seeds the winners are reported: ``n = 9 to 10 fresh seeds``."""
    kind = "fresh" if sweep.confirm_seeds else "tuning"
    n_seeds = (len(results(winner.rows)) for winner in winners.values())
    return f"n = {counts(n_seeds, f'{kind} seed')}"
