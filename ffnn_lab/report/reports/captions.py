"""The text above a table in LaTeX: what it shows, over how many seeds, with which interval."""

from ffnn_lab.report.data.sweep import results
from ffnn_lab.report.measures.numbers import Numbers
from ffnn_lab.report.statistics import CONFIDENCE
from ffnn_lab.report.statistics.significance import MOST_SEEDS
from ffnn_lab.report.text.cells import counts

PERCENT = f"{100 * CONFIDENCE:g}%"


def caption(numbers: Numbers, template: str) -> str:
    """Return the caption of one of a sweep's sheets; empty if its template is.

    Args:
        numbers: The sweep's.
        template: A sheet's, in whose braces may stand ``n``, the seeds; ``t``, the interval of a
            mean; ``tuning``, the tuning seeds; ``percent``, the intervals' confidence; ``most``,
            up to how many seeds are counted.
    """
    if not template:
        return ""
    sweep = numbers.sweep
    text = template.format(
        n=seed_words(numbers),
        t=f"in brackets the {PERCENT} t interval of the mean",
        tuning=f"scores over {counts([len(sweep.tune_seeds)], 'tuning seed')}",
        percent=PERCENT,
        most=MOST_SEEDS,
    )
    return f"Sweep {sweep.name}. {text}"


def seed_words(numbers: Numbers) -> str:
    """Return over how many seeds the winners are reported: ``n = 9 to 10 fresh seeds``."""
    kind = "fresh" if numbers.sweep.confirm_seeds else "tuning"
    n_seeds = (len(results(winner.rows)) for winner in numbers.winners.values())
    return f"n = {counts(n_seeds, f'{kind} seed')}"
