"""Captions of tables in LaTeX: contents, numbers of seeds or replicates, kind of intervals."""

from ffnn_lab.definition import Definition
from ffnn_lab.report.measures.numbers import Numbers
from ffnn_lab.report.measures.replicates import COUNT
from ffnn_lab.report.sheets.sheet import Sheet
from ffnn_lab.report.statistics import CONFIDENCE
from ffnn_lab.report.statistics.significance import MOST_SEEDS
from ffnn_lab.report.text.cells import counts

PERCENT = f"{100 * CONFIDENCE:g}%"
DECLARED = "the contrasts that were declared"
"""Words in captions for the contrasts over which Holm's method adjusts p values."""
UNDER_EACH = "Arms are compared under one condition at a time; conditions are not compared."
SHARED_TEST = "All replicates share one test set, and what is told is conditional on it."


def caption(numbers: Numbers, sheet: Sheet) -> str:
    """Return the caption of one of a sweep's tables; empty if its sheet has no caption.

    Args:
        numbers: Numbers of the sweep.
        sheet: The sheet of the table. Its caption may have these fields in braces: ``n``, the
            number of seeds or replicates; ``t``, the kind of the interval of a mean; ``tuning``,
            the number of tuning seeds; ``percent``, the confidence level of intervals; ``most``,
            the largest number of seeds or replicates that the table names as required.
    """
    if not sheet.caption:
        return ""
    sweep = numbers.sweep
    template = sheet.caption
    is_over = sweep.definition.n_replicates > 1
    if is_over:
        template = sheet.caption_over or template
        template += f" {SHARED_TEST}" if shares_test(sweep.definition) else ""
    if numbers.conditions:
        template = template.replace(DECLARED, f"{DECLARED}, under all conditions")
        template += "" if sheet.is_of_all_conditions else f" {UNDER_EACH}"
    over = "over replicates" if is_over else "at this one setting"
    table = sheet.numbers(numbers.comparisons[0]) if sheet.caption_where else None
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
    """Return the number of seeds behind reported results, as in ``n = 9 to 10 fresh seeds``.

    For a sweep with replicates the text is like ``n = 8 replicates of 9 to 10 fresh seeds each``.
    """
    kind = "fresh" if numbers.sweep.confirm_seeds else "tuning"
    n_reported = [n for of_one in numbers.comparisons for n in of_one.n_reported]
    seeds = counts(n_reported, f"{kind} seed")
    if numbers.sweep.definition.n_replicates == 1:
        return f"n = {seeds}"
    n_replicates = [n for each in numbers.comparisons for n in each.arms[COUNT]]
    return f"n = {counts(n_replicates, 'replicate')} of {seeds} each"
