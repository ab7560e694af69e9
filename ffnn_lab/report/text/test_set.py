"""Notes on the variance of differences that is due to the test set."""

from collections.abc import Iterator

from ffnn_lab.report.measures.numbers import Numbers
from ffnn_lab.report.measures.test_set import OTHER, SHARE


def about_test_set(numbers: Numbers) -> Iterator[str]:
    """Yield notes on the variance of differences that is due to the test set.

    There are none if the records lack the answers of runs on single test examples.

    Args:
        numbers: Numbers of a sweep.
    """
    table = numbers.differences
    if SHARE in table:
        yield (
            "the test set's part of the variance is what the choice of test examples adds, a part "
            "of that between replicates, each of which draws its own test set: more test examples "
            "make it smaller, more seeds do not (examples by seeds, method of moments; by chance "
            "it may come out above the whole)"
        )
    if OTHER in table:
        yield (
            "differences are conditional on this test set: another one of the same size would add "
            "the deviation given (1 SD), which no interval here has (examples by seeds, or by "
            "replicates, method of moments)"
        )
    if {SHARE, OTHER} & set(table) and numbers.sweep.objective.moment == "mean_last":
        yield "answers on single test examples are those of the last epoch, and no means"
