"""The text above a table in LaTeX: what it shows, over how many seeds, with which interval."""

from ffnn_lab.definition import Definition
from ffnn_lab.report.measures.numbers import Numbers
from ffnn_lab.report.measures.replicates import COUNT
from ffnn_lab.report.sheets.sheet import Sheet
from ffnn_lab.report.statistics import CONFIDENCE
from ffnn_lab.report.statistics.significance import MOST_SEEDS
from ffnn_lab.report.text.cells import counts

PERCENT = f"{100 * CONFIDENCE:g}%"
SHARED_TEST = "All replicates share one test set, and what is told is conditional on it."


def caption(numbers: Numbers, sheet: Sheet) -> str:
    """Return the caption of one of a sweep's sheets; empty if it has none.

    Args:
        numbers: The sweep's.
        sheet: In the braces of its captions may stand ``n``, the seeds or replicates; ``t``, the
            interval of a mean; ``tuning``, the tuning seeds; ``percent``, the intervals'
            confidence; ``most``, up to how many seeds or replicates are counted.
    """
    if not sheet.caption:
        return ""
    sweep = numbers.sweep
    template = sheet.caption
    if numbers.replicates:
        template = sheet.caption_over or template
        template += f" {SHARED_TEST}" if shares_test(sweep.definition) else ""
    over = "over replicates" if numbers.replicates else "at this one setting"
    table = sheet.numbers(numbers) if sheet.caption_where else None
    template += "".join(
        f" {sentence}"
        for column, sentence in sheet.caption_where.items()
        if table is not None and column in table
    )
    text = template.format(
        n=seed_words(numbers),
        t=f"in brackets the {PERCENT} t interval of the mean {over}",
        tuning=f"scores over {counts([len(sweep.tune_seeds)], 'tuning seed')}",
        percent=PERCENT,
        most=MOST_SEEDS,
    )
    return f"Sweep {sweep.name}. {text}"


def shares_test(definition: Definition) -> bool:
    """Return True if all replicates of a sweep share one test set."""
    return definition.examples is not None and definition.examples.keeps_test


def seed_words(numbers: Numbers) -> str:
    """Return what winners are reported over: ``n = 9 to 10 fresh seeds``.

    Over replicates it is ``n = 8 replicates of 9 to 10 fresh seeds each``.
    """
    kind = "fresh" if numbers.sweep.confirm_seeds else "tuning"
    seeds = counts(numbers.n_reported, f"{kind} seed")
    if not numbers.replicates:
        return f"n = {seeds}"
    return f"n = {counts(numbers.arms[COUNT], 'replicate')} of {seeds} each"
