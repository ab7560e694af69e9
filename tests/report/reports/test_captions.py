"""Captions must say over how many seeds numbers are, and with which interval."""

from pathlib import Path

from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.measures.numbers import Numbers
from ffnn_lab.report.reports.captions import caption, seed_words
from tests.support.report.arm_builders import Built, all_ended, make_arm_sweep


def test_braces_are_filled_in(small: Sweep) -> None:
    text = caption(Numbers(small), "{n}; {t}; {tuning}; {percent}; {most}")
    assert text == (
        "Sweep small. n = 3 fresh seeds; in brackets the 95% t interval of the mean; "
        "scores over 2 tuning seeds; 95%; 10000"
    )


def test_a_sheet_without_a_template_has_no_caption(small: Sweep) -> None:
    assert caption(Numbers(small), "") == ""


def test_seeds_that_vary_between_arms_are_told_as_a_range(tmp_path: Path) -> None:
    arms = {
        "sgd": Built(tuned=all_ended([0.1, 0.2, 0.3])),
        "adam": Built(tuned=all_ended([0.1, 0.2])),
    }
    assert seed_words(Numbers(make_arm_sweep(tmp_path / "few", arms))) == "n = 2 to 3 fresh seeds"
