"""Settings must be picked by dev error, or by train loss as Wilson et al. did on CIFAR-10."""

from pathlib import Path

import pytest

from analysis.rules import picked, rule_difference_words, rule_words
from tests.support.report.arm_builders import Built, Came, ended, make_arm_sweep

ARMS = ("sgd", "adam")


def _curve(loss: float, dev: float, test: float) -> Came:
    return [(2.0, 0.9, 0.9, 0.9), (loss, 0.0, dev, test)]


def _arm(shift: float) -> Built:
    """Build an arm with three settings, the first of which diverged.

    The second setting has the lowest train loss, and ``shift`` is added to its test error. The
    third setting has the lowest dev error.
    """
    tune: list[Came] = ["diverged", _curve(0.1, 0.3, 0.4 + shift), _curve(0.2, 0.2, 0.3)]
    return Built(tuned=[ended(0.25)], scores=(0.9, 0.3, 0.2), tune=tune)


def test_each_rule_picks_its_own_run_and_none_that_diverged(tmp_path: Path) -> None:
    arms = {"sgd": _arm(0.0), "adam": _arm(0.1)}
    sweep = make_arm_sweep(tmp_path / "s", arms, others=[arms])
    found = {
        (rule, arm, replicate): (lr, round(test, 12))
        for rule, arm, replicate, lr, _, test in picked(sweep).itertuples(index=False)
    }
    for replicate in (0, 1):
        for arm, test in zip(ARMS, (0.4, 0.5), strict=True):
            assert found["dev error", arm, replicate] == (0.03, 0.3)
            assert found["train loss", arm, replicate] == (0.02, test)
    words = rule_words(sweep)
    assert words["by dev error: learning rates"].tolist() == ["0.03", "0.03"]
    assert words["by train loss: learning rates"].tolist() == ["0.02", "0.02"]
    (row,) = rule_difference_words(sweep).to_dict("records")
    assert row["difference (points)"] == "adam - sgd"
    assert row["by dev error [95% interval]"].startswith("0.00 ")
    assert row["by train loss [95% interval]"].startswith("10.00 ")


def test_several_tuning_seeds_are_refused(tmp_path: Path) -> None:
    sweep = make_arm_sweep(
        tmp_path / "s", {name: _arm(0.0) for name in ARMS}, tune={"seeds": [0, 1]}
    )
    with pytest.raises(ValueError, match="one tuning seed, got 2"):
        picked(sweep)
