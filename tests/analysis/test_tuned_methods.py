"""The page on tuned methods must be made from records alone, and its cells show the numbers."""

import math
from pathlib import Path

import pandas as pd
import pytest

from analysis import tuned_methods
from analysis.pages import Page
from tests.support.report.builders import Last
from tests.support.report.replicated import write_replicated

PAGE = """# Tuned methods

<!-- table coverage -->
<!-- end -->

<!-- table verdicts -->
<!-- end -->

<!-- table components -->
<!-- end -->
"""


def came(replicate: int, arm: str, setting: int, seed: int) -> Last:
    """Return errors that look random: a part by replicate and arm, and a part by seed."""
    drawn = math.sin(7 * replicate + 3 * len(arm)) + 0.3 * math.sin(
        11 * replicate + 5 * seed * len(arm)
    )
    dev = 0.1 if setting == replicate % 2 else 0.2
    return (0.0, dev, 0.3 + 0.01 * drawn)


@pytest.fixture
def page(tmp_path: Path) -> Page:
    records = tmp_path / "records"
    write_replicated(records / "tuned_methods", came, n_replicates=12)
    write_replicated(records / "tuned_methods_nested", came, n_replicates=4, n_splits=2)
    page = Page("tuned_methods", tmp_path)
    page.path.write_text(PAGE)
    return page


def test_the_page_is_made_and_made_again_as_it_was(page: Page) -> None:
    tuned_methods.make(page)
    text = page.path.read_text()
    for heading in ("| difference ", "| rule ", " part |"):
        assert heading in text
    for words in (
        "| adam - sgd ",
        "seeds of one tuning",
        "5 replicates",
        "| Holm, t ",
        "| tuning",
    ):
        assert words in text
    figure = page.figures / "tuned_methods_coverage.png"
    assert figure.stat().st_size > 10_000
    once = figure.read_bytes()
    tuned_methods.make(page)
    assert page.path.read_text() == text
    assert figure.read_bytes() == once


def test_coverage_is_worded_in_percent() -> None:
    coverage = pd.DataFrame(
        [
            [
                *("seeds of one tuning", 1, "adam", "sgd", -0.0028, 212, 400, 0),
                *(0.53, 0.48, 0.58, *[math.nan] * 4),
            ],
            [
                *("replicates", 20, "adam", "sgd", -0.0028, 19, 20, 0),
                *(0.95, 0.7513, 0.9987, 0.9549, 0.9511, 0.93, 0.97),
            ],
        ],
        columns=[
            *("of", "n_replicates", "arm", "against", "truth", "covered", "n", "n_without"),
            *("share", "share.low", "share.high", "expected"),
            *("random", "random.low", "random.high"),
        ],
    )
    words = tuned_methods.coverage_words(coverage)
    assert words.to_numpy().tolist() == [
        [
            *("adam - sgd", "-0.28", "seeds of one tuning", "212 of 400"),
            *("53.00 [48.00, 58.00]", "-", "-"),
        ],
        [
            *("adam - sgd", "-0.28", "20 replicates", "19 of 20"),
            *("95.00 [75.13, 99.87]", "95.11 [93.00, 97.00]", "95.49"),
        ],
    ]


def test_each_rule_and_size_has_one_row_of_verdicts() -> None:
    columns = ["rule", "of", "n_replicates", "what", "errors", "n", "random"]
    nothing = [pd.NA, pd.NA, 0.05]
    rows = [
        ["t interval", "replicates", 5, "sgd", 2, 40, math.nan],
        ["t interval", "replicates", 5, "adam", 0, 40, math.nan],
        ["t interval", "replicates", 5, "all", *nothing],
        ["Holm, t", "replicates", 5, "all", 1, 40, 0.05],
    ]
    verdicts = pd.DataFrame(rows, columns=columns).assign(
        **{"random.low": 0.03, "random.high": 0.075}
    )
    words = tuned_methods.verdict_words(verdicts)
    assert words.to_numpy().tolist() == [
        ["t interval", "5 replicates", "2 of 40 (sgd), 0 of 40 (adam)", "5.00 [3.00, 7.50]"],
        ["Holm, t", "5 replicates", "1 of 40", "5.00 [3.00, 7.50]"],
    ]


def test_variances_are_in_points_squared() -> None:
    components = pd.DataFrame(
        {
            "arm": ["adam"] * 2,
            "against": ["sgd"] * 2,
            "part": ["split", "tuning"],
            "variance": [-0.1e-4, 0.55e-4],
            "freedom": [7, 40],
            "share": [0.0, 0.9],
        }
    )
    words = tuned_methods.component_words(components)
    assert words.to_numpy().tolist() == [
        ["adam - sgd", "split", "-0.100", "7", "0.00"],
        ["adam - sgd", "tuning", "0.550", "40", "90.00"],
    ]
