"""Notes on tables over replicates must be complete, and not be about a single tuning."""

from pathlib import Path
from typing import Any

from ffnn_lab.report.measures.numbers import Numbers
from ffnn_lab.report.text.over_replicates import notes_over_replicates
from tests.support.report.arm_builders import Built, all_ended, ended, make_arm_sweep

EXAMPLES = {"train": 60, "dev": 20, "test": 25}


def built(sgd: Built | None = None) -> dict[str, Built]:
    both = all_ended([0.1, 0.2])
    plain = Built(tuned=both, default=both, settings=[{"optimizer.lr": 0.03}])
    return {"sgd": sgd or plain, "adam": plain}


def said(folder: Path, *replicates: dict[str, Built], **definition: Any) -> list[str]:  # noqa: ANN401 - its parts
    first, *others = replicates
    sweep = make_arm_sweep(folder / "many", first, others=others, **definition)
    return list(notes_over_replicates(Numbers(sweep)))


def test_a_finished_sweep(tmp_path: Path) -> None:
    notes = said(tmp_path, *[built()] * 3)
    assert notes[0].startswith("95% t intervals are over 3 replicates, each a whole repeat of tun")
    starts = ("differences are", "an improvement", "variance between", "p (Holm)", "with 3 repl")
    assert [each.startswith(start) for each, start in zip(notes[1:6], starts, strict=True)] == (
        [True] * 5
    )
    assert notes[5].endswith(
        "0.05 takes 6 replicates or more; hydra.sweeper.replicates sets their number"
    )
    assert notes[6].startswith("a gain of tuning is")
    assert len(notes) == 7
    assert not any("one tuning" in each for each in notes)


def test_a_test_set_that_is_shared_is_told(tmp_path: Path) -> None:
    shared = said(tmp_path / "a", *[built()] * 2, examples={**EXAMPLES, "keeps_test": True})
    assert shared[1].startswith("all replicates share one test set, of 25 examples: what is told")
    assert shared[2].startswith("beyond the data set, an interval is Nadeau and Bengio's")
    assert shared[2].endswith("80 examples to train on and to tune by, 25 to test on")
    own = said(tmp_path / "b", *[built()] * 2, examples={**EXAMPLES, "keeps_test": False})
    assert own[1] == shared[2]


def test_splits_that_replicates_share_are_told(tmp_path: Path) -> None:
    notes = said(tmp_path, *[built()] * 3, splits=2)
    assert notes[1].startswith("the replicates take 2 splits in turn")


def test_what_is_not_finished_is_told_with_its_first_replicate(tmp_path: Path) -> None:
    notes = said(tmp_path, built(), {"adam": built()["adam"]})
    (line,) = [each for each in notes if each.startswith("not finished")]
    assert line == (
        "not finished (1 of 2 replicates, of replicate 1 0 of 1 settings, 0 of 2 confirm seeds, "
        "0 of 2 confirm seeds of the default): sgd"
    )


def test_edges_and_lost_runs_are_counted_over_replicates(tmp_path: Path) -> None:
    both = all_ended([0.1, 0.2])
    at_edge = Built(
        tuned=["diverged", *both[:1]],
        default=[both[0], "failed"],
        scores=[0.2, 0.1],
        settings=[{"optimizer.lr": 0.03}, {"optimizer.lr": 1.0}],
    )
    notes = said(tmp_path, built(at_edge), built(at_edge), built())
    assert (
        "sgd: the best setting lies on an edge of what was searched (optimizer.lr high in 2 of 3 "
        "replicates); a better one may lie beyond"
    ) in notes
    assert "sgd: 2 of 6 seeds count as chance (diverged), in 2 replicates" in notes
    assert (
        "sgd: 2 of 6 seeds of the default have no result and are left out, in 2 replicates"
    ) in notes
    assert any(each.startswith("sgd: 2 runs failed (without a traceback)") for each in notes)


def test_a_replicate_without_a_best_setting_is_told(tmp_path: Path) -> None:
    wild = Built(tuned=["diverged"] * 2, scores=[0.2, 0.3], tune=["diverged"] * 2)
    notes = said(tmp_path, built(wild), built())
    reason = "every run of every setting diverged"
    assert f"sgd: in 1 of 2 replicates no setting is best, for {reason}" in notes


def test_an_arm_that_no_replicate_began(tmp_path: Path) -> None:
    notes = said(tmp_path, built(Built(scores=())), {"adam": built()["adam"]})
    assert "sgd: none is best yet, for no setting has all its seeds" in notes


def test_seeds_that_chose_and_report_are_called_so(tmp_path: Path) -> None:
    arms = {"sgd": Built(tune=[ended(0.1)]), "adam": Built(tune=[ended(0.2)])}
    assert said(tmp_path, arms, arms)[0].endswith(
        "of its own best setting, the same that chose it"
    )
