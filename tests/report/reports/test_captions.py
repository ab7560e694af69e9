"""Captions must state the number of seeds behind the numbers, and the kind of interval."""

import dataclasses
from pathlib import Path
from typing import Any

from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.measures.numbers import Numbers
from ffnn_lab.report.reports.captions import SHARED_TEST, caption, seed_words
from ffnn_lab.report.sheets import SHEETS
from ffnn_lab.report.sheets.sheet import Sheet
from tests.support.report.arm_builders import Built, all_ended, make_arm_sweep

TEMPLATE = "{n}; {t}; {tuning}; {percent}; {most}"


def sheet(text: str, *, over: str = "") -> Sheet:
    return dataclasses.replace(SHEETS["progress"], caption=text, caption_over=over)


def test_braces_are_filled_in(small: Sweep) -> None:
    text = caption(Numbers(small), sheet(TEMPLATE))
    assert text == (
        "Sweep small. n = 3 fresh seeds; in brackets the 95% t interval of the mean at this one "
        "setting; scores over 2 tuning seeds; 95%; 10000"
    )


def test_a_sheet_without_a_template_has_no_caption(small: Sweep) -> None:
    assert caption(Numbers(small), sheet("")) == ""


def replicated(folder: Path, **definition: Any) -> Numbers:  # noqa: ANN401 - its parts
    arms = {"sgd": Built(tuned=all_ended([0.1, 0.2])), "adam": Built(tuned=all_ended([0.1]))}
    return Numbers(make_arm_sweep(folder / "many", arms, others=[arms] * 2, **definition))


def test_over_replicates_captions_count_them_and_their_seeds(tmp_path: Path) -> None:
    numbers = replicated(tmp_path)
    assert caption(numbers, sheet("{n}, {t}")) == (
        "Sweep many. n = 3 replicates of 1 to 2 fresh seeds each, in brackets the 95% t interval "
        "of the mean over replicates"
    )
    assert caption(numbers, sheet("{n}", over="{percent}")) == "Sweep many. 95%"


def test_a_test_set_that_replicates_share_is_told(tmp_path: Path) -> None:
    sizes = {"train": 60, "dev": 20, "test": 20}
    own = replicated(tmp_path / "own", examples={**sizes, "keeps_test": False})
    shared = replicated(tmp_path / "shared", examples={**sizes, "keeps_test": True})
    assert caption(own, sheet("A.")) == "Sweep many. A."
    assert caption(shared, sheet("A.")) == f"Sweep many. A. {SHARED_TEST}"


def test_seeds_that_vary_between_arms_are_told_as_a_range(tmp_path: Path) -> None:
    arms = {
        "sgd": Built(tuned=all_ended([0.1, 0.2, 0.3])),
        "adam": Built(tuned=all_ended([0.1, 0.2])),
    }
    assert seed_words(Numbers(make_arm_sweep(tmp_path / "few", arms))) == "n = 2 to 3 fresh seeds"
