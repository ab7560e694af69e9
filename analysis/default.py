"""The page ``docs/results/default.md``: five tuned optimizers on the digits, over replicates.

Edit what you like, then run ``python -m analysis`` (`make paper`).
"""

import pandas as pd

from analysis.pages import Page
from analysis.tables import INTERVAL, arm_words
from ffnn_lab.report.figures import learning_curves, paired_differences
from ffnn_lab.report.text.cells import interval_cells, p_value


def make(page: Page) -> None:
    """Make the tables and figures of the page."""
    numbers = page.numbers("default")
    page.table("arms", arms_table(numbers.arms, numbers.differences))

    # A figure is drawn from a table of points. Take arms, epochs or splits out of the points, or
    # change the figure that comes back: it is a matplotlib Figure.
    points = learning_curves.points_over_replicates(
        [
            learning_curves.points(each.sweep.curves, each.sweep.runs, run_ids=each.reported)
            for each in numbers.tunings
        ]
    )
    figure = learning_curves.figure(points)
    page.figure("learning_curves", figure)

    points = paired_differences.points(numbers.differences, arms=numbers.sweep.arms)
    figure = paired_differences.figure(points)
    page.figure("paired_differences", figure)


def arms_table(arms: pd.DataFrame, differences: pd.DataFrame) -> pd.DataFrame:
    """Return the cells of the page's table of arms, with each arm's difference from SGD.

    Args:
        arms: The numbers of `ffnn_lab.report.measures.tuned.arms_over_replicates`.
        differences: The numbers of `ffnn_lab.report.measures.tuned.differences_over_replicates`.
    """
    against_sgd = differences[differences["baseline"] == "sgd"].set_index("arm")
    words = arm_words(arms).set_index("arm")
    words[f"minus sgd (points) {INTERVAL}"] = pd.Series(
        interval_cells(against_sgd, "difference"), index=against_sgd.index
    )
    words["p (Holm)"] = against_sgd["p.holm"].map(p_value)
    return words.fillna("-").reset_index()
