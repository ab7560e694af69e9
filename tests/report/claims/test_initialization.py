"""Each claim on initialization must get the verdict that its runs were made for."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from ffnn_lab.report.claims import CLAIMS
from ffnn_lab.report.claims.evidence import Evidence, MissingEvidenceError, UnfinishedError
from ffnn_lab.report.data.sweep import Sweep
from tests.support.report.arm_builders import (
    Built,
    ended,
    make_arm_sweep,
    verdicts_of,
    wobbly_six,
)
from tests.support.report.builders import CHANCE
from tests.support.report.layer_builders import with_layers

TRUE, FALSE, UNDECIDED = "supported", "contradicted", "inconclusive"
GAINS = (0.0, 0.01, 0.1, 1.0, 10.0, 100.0)
AXIS = {"initializer.gain": {"kind": "choice", "values": list(GAINS)}}


def tuned_over_gains(
    folder: Path, arms: Mapping[str, Callable[[float, int], float]], *, n_replicates: int = 6
) -> Sweep:
    """Make a sweep of tuning runs, from a function of gain and replicate for each arm."""
    settings = [{"initializer.gain": gain} for gain in GAINS]
    built = {}
    for name, error in arms.items():
        scores = [[error(gain, replicate) for gain in GAINS] for replicate in range(n_replicates)]
        built[name] = Built(
            tuned=["pruned"] * n_replicates,
            settings=settings,
            space=AXIS,
            scores=scores[0],
            scores_of=scores,
        )
    return make_arm_sweep(folder, built, protocol="grid", n_of_replicate=1)


@pytest.mark.parametrize(
    ("at_zero", "at_one", "zero", "one"),
    [
        (wobbly_six(0.9, 0.01), wobbly_six(0.05, 0.002), TRUE, TRUE),
        (wobbly_six(0.3, 0.01), wobbly_six(0.1, 0.002), FALSE, FALSE),
        (wobbly_six(0.55, 0.2), wobbly_six(0.07, 0.03), UNDECIDED, UNDECIDED),
    ],
)
def test_gains_zero_and_one(
    tmp_path: Path, at_zero: Sequence[float], at_one: Sequence[float], zero: str, one: str
) -> None:
    """The best other gain, 0.1, has an error of 5%."""

    def error(gain: float, replicate: int) -> float:
        known = {0.0: at_zero[replicate], 1.0: at_one[replicate], 0.1: 0.05}
        return known.get(gain, 0.8)

    sweep = tuned_over_gains(tmp_path, {"sgd": error})
    assert verdicts_of(CLAIMS["gain_zero"], sweep) == {"sgd": zero}
    assert verdicts_of(CLAIMS["gain_one"], sweep) == {"sgd": one}


@pytest.mark.parametrize(
    ("beyond", "verdict"),
    [
        (wobbly_six(0.06, 0.005), TRUE),  # within three points of the lowest error
        (wobbly_six(0.9, 0.01), FALSE),
        (wobbly_six(0.25, 0.15), UNDECIDED),
    ],
)
@pytest.mark.parametrize(
    ("arm", "claim"),
    [("adam", "gain_adam_wider"), ("heavy_ball", "gain_momentum_wider")],
)
def test_widths(
    tmp_path: Path, beyond: Sequence[float], verdict: str, arm: str, claim: str
) -> None:
    """The errors of both arms differ at gain 10 alone."""

    def narrow(gain: float, _replicate: int) -> float:
        return 0.05 if gain == 1.0 else 0.9

    def wide(gain: float, replicate: int) -> float:
        return beyond[replicate] if gain == 10.0 else narrow(gain, replicate)

    sweep = tuned_over_gains(tmp_path, {"sgd": narrow, arm: wide})
    assert verdicts_of(CLAIMS[claim], sweep) == {f"{arm} - sgd": verdict}


def test_a_sweep_without_gains_has_no_plateaus(tmp_path: Path) -> None:
    none = Evidence(trained(tmp_path / "none", {"sgd": [0.1]}))
    with pytest.raises(MissingEvidenceError, match=r"no arm with initializer\.gain among"):
        CLAIMS["gain_one"].effects(none)
    alone = tuned_over_gains(tmp_path / "alone", {"sgd": lambda *_: 0.1}, n_replicates=1)
    with pytest.raises(MissingEvidenceError, match="no arm adam"):
        CLAIMS["gain_adam_wider"].effects(Evidence(alone))


def trained(
    folder: Path, train: Mapping[str, Sequence[float]], *, test: Sequence[float] | None = None
) -> Sweep:
    """Make a sweep of replicates with one fresh seed each, from each arm's train errors.

    Args:
        folder: The sweep's folder.
        train: The last train error of each arm in each replicate.
        test: The last test error in each replicate, of all arms.
    """
    arms = {
        name: Built(
            tuned=[
                ended(error if test is None else test[i], train=error)
                for i, error in enumerate(errors)
            ]
        )
        for name, errors in train.items()
    }
    return make_arm_sweep(folder, arms, n_of_replicate=1)


@pytest.mark.parametrize(
    ("he", "glorot", "converges", "stalls"),
    [
        (wobbly_six(0.01, 0.002), wobbly_six(0.9, 0.01), TRUE, TRUE),
        (wobbly_six(0.2, 0.01), wobbly_six(0.3, 0.02), FALSE, FALSE),
        (wobbly_six(0.05, 0.02), wobbly_six(0.35, 0.1), UNDECIDED, UNDECIDED),
    ],
)
def test_thirty_layers(
    tmp_path: Path,
    he: Sequence[float],
    glorot: Sequence[float],
    converges: str,
    stalls: str,
) -> None:
    sweep = trained(tmp_path, {"he_30": he, "glorot_30": glorot})
    assert verdicts_of(CLAIMS["he_converges"], sweep) == {"he_30": converges}
    assert verdicts_of(CLAIMS["he_glorot_stalls"], sweep) == {"glorot_30 - he_30": stalls}


@pytest.mark.parametrize(
    ("glorot", "verdict"),
    [
        (wobbly_six(0.02, 0.005), TRUE),
        (wobbly_six(0.5, 0.01), FALSE),
        (wobbly_six(0.06, 0.02), UNDECIDED),
    ],
)
def test_ten_layers(tmp_path: Path, glorot: Sequence[float], verdict: str) -> None:
    sweep = trained(tmp_path, {"he_10": wobbly_six(0.01), "glorot_10": glorot})
    assert verdicts_of(CLAIMS["he_glorot_shallow"], sweep) == {"glorot_10 - he_10": verdict}


def test_errors_on_test_are_compared_in_the_direction_of_the_claims(tmp_path: Path) -> None:
    """Of each pair the first arm has two points more than the second, within noise."""
    pairs = {
        "glorot_error": ("standard", "normalized", TRUE),
        "he_deeper_no_better": ("he_10", "he_30", FALSE),
        "symmetry_constant": ("constant", "random", FALSE),
        "symmetry_dropout": ("constant", "constant_dropout", FALSE),
    }
    for claim, (arm, against, verdict) in pairs.items():
        arms = {
            arm: Built(tuned=[ended(error) for error in wobbly_six(0.05, 0.0005)]),
            against: Built(tuned=[ended(error) for error in wobbly_six(0.03)]),
        }
        sweep = make_arm_sweep(tmp_path / claim, arms, n_of_replicate=1)
        assert verdicts_of(CLAIMS[claim], sweep) == {f"{arm} - {against}": verdict}


@pytest.mark.parametrize(
    ("zeros", "verdict"),
    [
        (wobbly_six(CHANCE, 0.005), TRUE),
        (wobbly_six(CHANCE - 0.3, 0.01), FALSE),
        (wobbly_six(CHANCE - 0.05, 0.03), UNDECIDED),
    ],
)
def test_zeros(tmp_path: Path, zeros: Sequence[float], verdict: str) -> None:
    sweep = trained(tmp_path, {"zeros": zeros})
    assert verdicts_of(CLAIMS["symmetry_zeros"], sweep) == {"zeros": verdict}


@pytest.mark.parametrize(
    ("spread", "verdict"),
    [([0.0] * 9, TRUE), ([0.5] * 9, FALSE), ([0.0, 0.03] * 5, UNDECIDED)],
)
def test_equal_units(tmp_path: Path, spread: Sequence[float], verdict: str) -> None:
    """Units of a random start differ by 1; those of the constant begin equal, and may not stay."""
    arms = dict.fromkeys(("random", "zeros", "constant"), [0.1] * len(spread))

    def diagnosed(arm: str, replicate: int, epoch: int, layer: int) -> dict[str, float]:
        if layer == 2:  # the output layer has no hidden units
            return {}
        at_end = {"random": 1.0, "zeros": 0.0, "constant": spread[replicate]}
        return {"difference": at_end[arm] if epoch else float(arm == "random")}

    sweep = with_layers(trained(tmp_path, arms), diagnosed, n_layers=2)
    found = verdicts_of(CLAIMS["symmetry_equal"], sweep)
    assert found == {"zeros": TRUE, "constant": verdict}


def signals(
    folder: Path, kept: Sequence[float], *, forward: bool, statistic: str = "active.std"
) -> Sweep:
    """Make a sweep in which the signals of ``standard`` fall to 10%, the others' to ``kept``."""
    arms = dict.fromkeys(("standard", "normalized"), [0.1] * len(kept))

    def diagnosed(arm: str, replicate: int, epoch: int, layer: int) -> dict[str, float]:
        share = 0.1 if arm == "standard" else kept[replicate]
        steps = (layer - 1 if forward else 5 - layer) / 4
        return {statistic: 0.5 * share**steps if epoch == 0 else 9.0}

    return with_layers(trained(folder, arms), diagnosed)


@pytest.mark.parametrize(
    ("kept", "verdict"),
    [
        (wobbly_six(0.5, 0.02), TRUE),
        (wobbly_six(0.15, 0.01), FALSE),
        (wobbly_six(0.3, 0.1), UNDECIDED),
    ],
)
def test_signals_by_layer(tmp_path: Path, kept: Sequence[float], verdict: str) -> None:
    forward = signals(tmp_path / "forward", kept, forward=True)
    what = "normalized - standard"
    assert verdicts_of(CLAIMS["glorot_activations"], forward) == {what: verdict}
    backward = signals(tmp_path / "back", kept, forward=False, statistic="backprop.std")
    assert verdicts_of(CLAIMS["glorot_gradients"], backward) == {what: verdict}


def test_gradients_of_weights_count_as_flat_within_a_factor_of_two(tmp_path: Path) -> None:
    """The standard arm's fall to 10% in four layers, to 18% from layer 2 to layer 5."""
    kept = wobbly_six(0.7, 0.05)
    sweep = signals(tmp_path, kept, forward=True, statistic="gradient.std")
    assert verdicts_of(CLAIMS["glorot_weight_gradients"], sweep) == {
        "standard": FALSE,
        "normalized": TRUE,
    }
    effect = CLAIMS["glorot_weight_gradients"].effects(Evidence(sweep.replicates[0]))[0]
    assert effect.estimate == pytest.approx(0.1 ** (3 / 4) - 1)
    assert effect.span == (-1.0, math.inf)


def test_winners_without_diagnoses_have_no_signals(tmp_path: Path) -> None:
    sweep = trained(tmp_path / "none", {"standard": [0.1], "normalized": [0.1]})
    with pytest.raises(UnfinishedError, match="normalized was not diagnosed"):
        CLAIMS["glorot_activations"].effects(Evidence(sweep))
    shallow = with_layers(
        trained(tmp_path / "shallow", {"standard": [0.1], "normalized": [0.1]}),
        lambda *_: {"active.std": 1.0},
        n_layers=2,
    )
    with pytest.raises(UnfinishedError, match=r"no active\.std of the layers 1 and 5"):
        CLAIMS["glorot_activations"].effects(Evidence(shallow))
