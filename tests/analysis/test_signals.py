"""Laws must begin where the signal does, and tables must have the medians of their moment."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from analysis.signals import draw_law, signal_words

POINTS = pd.DataFrame(
    {
        "arm": ["one", "one", "one", "other"],
        "layer": [1, 2, 4, 1],
        "median": [2.0, 1.9, 1.0, 9.0],
    }
)


@pytest.mark.parametrize(
    ("is_backward", "expected"),
    [(False, {1: 2.0, 2: 1.0, 4: 0.25}), (True, {4: 1.0, 2: 0.25, 1: 0.125})],
)
def test_a_law_changes_by_its_factor_in_each_layer(
    expected: dict[int, float], *, is_backward: bool
) -> None:
    ax = Figure().subplots()
    draw_law(POINTS, ax, factors={"one": 0.5, "absent": 1.0}, is_backward=is_backward)
    (line,) = ax.get_lines()
    assert dict(zip(*np.asarray(line.get_data()).tolist(), strict=True)) == expected
    assert line.get_label() == "law"


def test_words_are_medians_of_one_moment() -> None:
    signals = pd.DataFrame(
        {
            "arm": ["one"] * 4,
            "moment": ["start", "start", "start", "end"],
            "layer": [1, 1, 1, 1],
            "active.std": [0.1, 0.2, 0.7, 9.0],
        }
    )
    words = signal_words(signals, moment="start", statistic="active.std", layers=[1, 2])
    assert words.to_dict("records") == [{"arm": "one", "layer 1": "0.2", "layer 2": "-"}]
