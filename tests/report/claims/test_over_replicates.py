"""A claim must be judged over replicates where there are any, each effect as one value of each."""

from pathlib import Path
from statistics import mean, stdev

import pytest

from ffnn_lab.report.claims import CLAIMS
from ffnn_lab.report.claims.evidence import MissingEvidenceError
from ffnn_lab.report.claims.over_replicates import effects_of, evidence_of, is_one_tuning
from ffnn_lab.report.claims.verdicts import verdict_table
from ffnn_lab.report.data.sweep import Sweep
from tests.support.report.arm_builders import Built, all_ended, make_arm_sweep

CLAIM = CLAIMS["wilson_generalization"]
DIFFERENCES = [0.020, 0.024, 0.031, 0.022, 0.019, 0.027]
"""Of each replicate, what adam errs more than sgd."""


def arms(difference: float) -> dict[str, Built]:
    sgd = [0.10, 0.12]
    return {
        "sgd": Built(tuned=all_ended(sgd)),
        "adam": Built(tuned=all_ended([error + difference for error in sgd])),
    }


def sweep_of(folder: Path, *replicates: dict[str, Built]) -> Sweep:
    return make_arm_sweep(folder / "wilson_digits", replicates[0], others=replicates[1:])


def test_an_effect_has_one_value_for_each_replicate(tmp_path: Path) -> None:
    evidence = evidence_of(sweep_of(tmp_path, *map(arms, DIFFERENCES)))
    (effect,) = effects_of(CLAIM, evidence)
    assert effect.estimate == pytest.approx(mean(DIFFERENCES))
    assert effect.standard_error == pytest.approx(stdev(DIFFERENCES) / 6**0.5)
    assert (effect.what, effect.n, effect.of) == ("adam - sgd", 6, "replicates")
    assert len(effect.run_ids) == 6 * 4


def test_a_replicate_that_lacks_what_it_takes_is_left_out(tmp_path: Path) -> None:
    without = {"sgd": arms(0.0)["sgd"]}
    evidence = evidence_of(sweep_of(tmp_path, arms(0.02), without, arms(0.03)))
    assert effects_of(CLAIM, evidence)[0].n == 2
    nothing = evidence_of(sweep_of(tmp_path / "none", {"sgd": Built(), "adam": Built()}, {}))
    with pytest.raises(MissingEvidenceError, match="has no runs on fresh seeds"):
        effects_of(CLAIM, nothing)


def test_a_verdict_on_tuned_methods_takes_replicates(tmp_path: Path) -> None:
    many = sweep_of(tmp_path / "many", *map(arms, DIFFERENCES))
    row = verdict_table([many], claims=[CLAIM]).iloc[0]
    assert (row["verdict"], row["n"], row["of"]) == ("supported", 6, "replicates")
    assert not row["is_one_tuning"]
    one = sweep_of(tmp_path / "one", arms(0.02))
    assert is_one_tuning(evidence_of(one))
    assert verdict_table([one], claims=[CLAIM]).iloc[0]["is_one_tuning"]
