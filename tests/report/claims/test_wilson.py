"""Each claim of Wilson et al. on image data must get the verdict that its runs were made for."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from ffnn_lab.report.claims import CLAIMS
from ffnn_lab.report.claims.evidence import Evidence, MissingEvidenceError
from ffnn_lab.report.data.sweep import Sweep
from tests.support.report.arm_builders import (
    Built,
    Came,
    Epoch,
    all_ended,
    make_arm_sweep,
    verdicts_of,
    wobbly_six,
)

TRUE, FALSE, UNDECIDED = "supported", "contradicted", "inconclusive"
AS_NAMED = {"adagrad": TRUE, "rmsprop": FALSE, "adam": UNDECIDED}
"""Verdicts that each adaptive arm of the sweeps below is made to get, against both plain arms."""
EXPECTED = {
    f"{arm} - {plain}": AS_NAMED[arm] for plain in ("sgd", "heavy_ball") for arm in AS_NAMED
}


def wilson(folder: Path, **arms: Sequence[Sequence[Epoch]]) -> Sweep:
    """Make a sweep of six replicates of one seed; heavy ball's curves are those of SGD."""
    runs = {"sgd": arms["sgd"], "heavy_ball": arms["sgd"], **arms}
    built = {name: Built(tuned=each) for name, each in runs.items()}
    return make_arm_sweep(folder, built, n_of_replicate=1)


def run(*, first: float = 0.1, half: float = 0.05, last: float = 0.04) -> list[Epoch]:
    """Return the curve of a run of four epochs.

    Args:
        first: Train error after the first epoch.
        half: Test error half way.
        last: Test error at the end.
    """
    return [
        (2.0, 0.9, 0.9, 0.9),
        (1.0, first, 0.5, 0.5),
        (0.5, 0.0, 0.2, half),
        (0.2, 0.0, 0.1, half),
        (0.1, 0.0, 0.1, last),
    ]


def test_generalization(tmp_path: Path) -> None:
    """AdaGrad is 2 points worse than SGD, RMSProp as good, Adam 0.5 worse, give or take 2."""
    sweep = wilson(
        tmp_path,
        sgd=all_ended(wobbly_six(0.03)),
        adagrad=all_ended(wobbly_six(0.05, 0.001)),
        rmsprop=all_ended(wobbly_six(0.03, 0.0002)),
        adam=all_ended(wobbly_six(0.035, 0.02)),
    )
    assert verdicts_of(CLAIMS["wilson_generalization"], sweep) == EXPECTED


def test_matched_loss(tmp_path: Path) -> None:
    """The adaptive arms end at the train loss that SGD has after its second epoch, 0.5.

    SGD's test error at its later, lower train loss must not count.
    """

    def at(error: float) -> list[Epoch]:
        return [(2.0, 0.9, 0.9, 0.9), (1.0, 0.2, 0.2, 0.2), (0.5, 0.0, 0.1, error)]

    further = [[*at(0.03), (0.01, 0.0, 0.1, 0.9)] for _ in range(6)]
    sweep = wilson(
        tmp_path,
        sgd=further,
        adagrad=[at(error) for error in wobbly_six(0.05, 0.001)],
        rmsprop=[at(error) for error in wobbly_six(0.03, 0.0002)],
        adam=[at(error) for error in wobbly_six(0.035, 0.02)],
    )
    assert verdicts_of(CLAIMS["wilson_matched_loss"], sweep) == EXPECTED


def test_early_progress(tmp_path: Path) -> None:
    sweep = wilson(
        tmp_path,
        sgd=[run(first=each) for each in wobbly_six(0.3)],
        adagrad=[run(first=each) for each in wobbly_six(0.1, 0.01)],
        rmsprop=[run(first=each) for each in wobbly_six(0.4, 0.01)],
        adam=[run(first=each) for each in wobbly_six(0.28, 0.1)],
    )
    assert verdicts_of(CLAIMS["wilson_early_progress"], sweep) == EXPECTED


def test_plateau(tmp_path: Path) -> None:
    """SGD's error falls by 5 points in the second half; an arm whose error stays has a plateau."""
    sweep = wilson(
        tmp_path,
        sgd=[run(half=0.1, last=each) for each in wobbly_six(0.05)],
        adagrad=[run(half=0.1, last=each) for each in wobbly_six(0.1, 0.001)],
        rmsprop=[run(half=0.1, last=each) for each in wobbly_six(0.04, 0.001)],
        adam=[run(half=0.1, last=each) for each in wobbly_six(0.06, 0.03)],
    )
    assert verdicts_of(CLAIMS["wilson_plateau"], sweep) == EXPECTED


@pytest.mark.parametrize(
    ("default", "verdict"),
    [
        (wobbly_six(0.05, 0.001), TRUE),
        (wobbly_six(0.03, 0.0005), FALSE),
        (wobbly_six(0.02, 0.001), FALSE),  # the winner by dev error is worse on test
        (wobbly_six(0.035, 0.02), UNDECIDED),
    ],
)
def test_tuning_gain(tmp_path: Path, default: list[float], verdict: str) -> None:
    adam = Built(tuned=all_ended(wobbly_six(0.03)), default=all_ended(default))
    sweep = make_arm_sweep(tmp_path, {"adam": adam, "adam_decay": adam}, n_of_replicate=1)
    assert verdicts_of(CLAIMS["wilson_tuning_gain"], sweep) == {
        "default - tuned adam": verdict,
        "default - tuned adam_decay": verdict,
    }


def test_what_diverged_counts_as_chance(tmp_path: Path) -> None:
    """Five of Adam's ten seeds diverge and count with errors of 0.9."""
    lost: list[Came] = [*all_ended([0.03] * 5), *["diverged"] * 5]
    arms = {"sgd": Built(tuned=all_ended([0.03] * 10)), "adam": Built(tuned=lost)}
    sweep = make_arm_sweep(tmp_path, arms)
    evidence = Evidence(sweep)
    for claim in ("wilson_generalization", "wilson_early_progress"):
        (effect,) = CLAIMS[claim].effects(evidence)
        assert effect.n == 10
        assert effect.estimate > 0.1
    # A diverged run has no train loss to match, so that five pairs are left.
    (matched,) = CLAIMS["wilson_matched_loss"].effects(evidence)
    assert matched.n == 5


@pytest.mark.parametrize(
    ("claim", "arms", "lacks"),
    [
        ("wilson_generalization", {"he": 10, "glorot": 10}, "it has no adaptive arm"),
        ("wilson_generalization", {"sgd": 10, "adam": 0}, "winner of adam has no runs on"),
        ("wilson_early_progress", {"adam": 10}, "beside sgd or heavy_ball"),
        (
            "wilson_plateau",
            {"sgd": 0, "adam": 10},
            "winner of sgd has no runs on fresh seeds",
        ),
        ("wilson_tuning_gain", {"sgd": 10}, "it has no arm adam or adam_..."),
        ("wilson_tuning_gain", {"adam": 10}, "the untuned default of adam has no runs"),
    ],
)
def test_what_a_sweep_lacks_is_said(
    tmp_path: Path, claim: str, arms: dict[str, int], lacks: str
) -> None:
    built = {name: Built(tuned=all_ended([0.03] * n)) for name, n in arms.items()}
    evidence = Evidence(make_arm_sweep(tmp_path, built))
    with pytest.raises(MissingEvidenceError) as error:
        CLAIMS[claim].effects(evidence)
    assert lacks in str(error.value)


def test_pairs_of_which_none_completed_cannot_be_matched(tmp_path: Path) -> None:
    arms = {"sgd": Built(tuned=all_ended([0.1])), "adam": Built(tuned=["diverged"])}
    evidence = Evidence(make_arm_sweep(tmp_path, arms))
    with pytest.raises(MissingEvidenceError, match="no seed of both adam and sgd completed"):
        CLAIMS["wilson_matched_loss"].effects(evidence)
