"""The page ``docs/results/default.md``: five optimizers on the digits, each at its best setting.

Edit what you like, then run ``python -m analysis`` (`make paper`).
"""

import pandas as pd

from analysis.pages import Page
from ffnn_lab.report.figures import error_against_lr, learning_curves
from ffnn_lab.report.text.cells import interval_cells, p_value, percent


def make(page: Page) -> None:
    """Make the tables and figures of the page."""
    numbers = page.numbers("default")
    page.table("arms", arms_table(numbers.arms, numbers.differences))

    # A figure is drawn from a table of points. Take arms, epochs or splits out of the points, or
    # change the figure that comes back: it is a matplotlib Figure.
    points = learning_curves.points(
        numbers.records.curves, numbers.records.runs, run_ids=numbers.reported
    )
    figure = learning_curves.figure(points)
    page.figure("learning_curves", figure)

    points = error_against_lr.points(numbers.sweep, numbers.winners)
    figure = error_against_lr.figure(points)
    page.figure("error_against_lr", figure)


def arms_table(arms: pd.DataFrame, differences: pd.DataFrame) -> pd.DataFrame:
    """Choose the columns of the page's table, and join each arm with its difference from SGD."""
    against_sgd = differences[differences["baseline"] == "sgd"].set_index("arm")
    words = pd.DataFrame(
        {
            "arm": arms["arm"],
            "learning rate": [f"{lr:.3g}" for lr in arms["optimizer.lr"]],
            "dev error, tuning (%)": [percent(error) for error in arms["tune.dev.error"]],
            "test error (%) [95% interval]": interval_cells(arms, "test.error"),
            "untuned default (%) [95% interval]": interval_cells(arms, "default.test.error"),
            "on an edge": arms["edge"].replace("", "-"),
        }
    ).set_index("arm")
    words["minus sgd (points) [95% interval]"] = pd.Series(
        interval_cells(against_sgd, "difference"), index=against_sgd.index
    )
    words["p (Holm)"] = against_sgd["p.holm"].map(p_value)
    return words.fillna("-").reset_index()
