"""Each effect must count once, over replicates, and never compare runs with themselves."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from ffnn_lab.report.claims import CLAIMS
from ffnn_lab.report.claims.evidence import Evidence
from ffnn_lab.report.claims.family import Family, families
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.statistics import mean_interval
from tests.support.report.arm_builders import Built, Came, all_ended, make_arm_sweep
from tests.support.report.conditioned import make_conditioned_sweep
from tests.support.report.separable_builders import make_sweep_of_replicates

GENERALIZATION = CLAIMS["wilson_generalization"]


def family_of(claim: str, *sweeps: Sweep) -> Family:
    *_, last = families(CLAIMS[claim], [Evidence(sweep) for sweep in sweeps])
    return last


def two_arms(folder: Path, sgd: Sequence[Came], adam: Sequence[Came], n: int | None) -> Sweep:
    arms = {"sgd": Built(tuned=sgd), "adam": Built(tuned=adam)}
    return make_arm_sweep(folder, arms, n_of_replicate=n)


def test_the_effect_is_the_mean_over_replicates_of_what_each_found(tmp_path: Path) -> None:
    """In three replicates of two seeds, Adam's mean error exceeds SGD's by 2, 4 and 9 points."""
    sgd = all_ended([0.10, 0.12, 0.20, 0.20, 0.30, 0.32])
    adam = all_ended([0.13, 0.13, 0.25, 0.23, 0.40, 0.40])
    (effect,) = family_of(GENERALIZATION.name, two_arms(tmp_path, sgd, adam, 2)).effects
    assert effect.values == pytest.approx((0.02, 0.04, 0.09))  # noqa: PD011 - no DataFrame
    assert (effect.n, effect.of, effect.what) == (3, "replicates", "adam - sgd")
    expected = mean_interval([0.02, 0.04, 0.09])
    interval = effect.interval
    assert (interval.mean, interval.low, interval.high) == pytest.approx(
        (expected.mean, expected.low, expected.high)
    )
    assert (len(effect.plus), len(effect.minus)) == (6, 6)


def test_each_replicate_has_its_own_winner(tmp_path: Path) -> None:
    """In the second replicate, tuning ranks the two settings in the opposite order."""
    arms = {
        name: Built(all_ended(errors), scores=(0.1, 0.2), scores_of=[(0.1, 0.2), (0.2, 0.1)])
        for name, errors in (("sgd", [0.1, 0.1]), ("adam", [0.2, 0.4]))
    }
    sweep = make_arm_sweep(tmp_path, arms, n_of_replicate=1)
    winners = [each.winners["adam"].setting for each in Evidence(sweep).replicates]
    assert winners == [0, 1]
    (effect,) = family_of(GENERALIZATION.name, sweep).effects
    assert effect.values == pytest.approx((0.1, 0.3))  # noqa: PD011 - no DataFrame


def test_replicates_that_are_not_finished_are_told(tmp_path: Path) -> None:
    sgd, adam = all_ended([0.1] * 4), all_ended([0.2, 0.3, 0.2])
    (effect,) = family_of(GENERALIZATION.name, two_arms(tmp_path, sgd, adam, 1)).effects
    assert effect.n == 3
    assert effect.remark == "1 of 4 replicates have none"


def test_one_tuning_is_known_as_such(tmp_path: Path) -> None:
    sweep = two_arms(tmp_path, all_ended([0.1] * 6), all_ended([0.2] * 6), None)
    (effect,) = family_of(GENERALIZATION.name, sweep).effects
    assert effect.is_one_tuning
    assert effect.n == 6


def as_another(sweep: Sweep, arm: str, other: str) -> Sweep:
    """Return a sweep in which arm ``other`` has the runs of ``arm`` in place of its own."""
    rows = sweep.rows[sweep.rows["arm"] != other]
    copied = sweep.rows[sweep.rows["arm"] == arm].assign(arm=other)
    return dataclasses.replace(sweep, rows=pd.concat([rows, copied]))


def test_runs_are_not_compared_with_themselves(tmp_path: Path) -> None:
    """If Adam's runs are SGD's own runs, their difference of 0 is no effect."""
    sweep = two_arms(tmp_path, all_ended([0.1] * 6), all_ended([0.2] * 6), None)
    family = family_of(GENERALIZATION.name, as_another(sweep, "sgd", "adam"))
    assert (family.effects, family.verdict) == ((), "not applicable")
    assert family.remark == "its effects compare runs with themselves"


def test_equal_runs_behind_two_rows_count_once(tmp_path: Path) -> None:
    """SGD and heavy ball have the same runs, so Adam's two differences from them count as one."""
    arms = {name: Built(tuned=all_ended([0.1] * 6)) for name in ("sgd", "heavy_ball", "adam")}
    sweep = as_another(make_arm_sweep(tmp_path, arms), "sgd", "heavy_ball")
    effects = family_of(GENERALIZATION.name, sweep).effects
    assert [effect.what for effect in effects] == ["adam - sgd"]


def test_runs_that_cancel_make_no_other_effect(tmp_path: Path) -> None:
    """Two effects are one if they differ only in runs that cancel.

    The runs of SGD, and those of heavy ball, are the same for coupled and decoupled decay. So both
    changes of a gap are the change of Adam's error alone.
    """
    arms = {
        f"{arm}_{decay}": Built(tuned=all_ended([0.1] * 6))
        for arm in ("sgd", "heavy_ball", "adam")
        for decay in ("coupled", "decoupled")
    }
    sweep = make_arm_sweep(tmp_path, arms)
    assert len(family_of("adamw_gap", sweep).effects) == 2
    for arm in ("sgd", "heavy_ball"):
        sweep = as_another(sweep, f"{arm}_coupled", f"{arm}_decoupled")
    (effect,) = family_of("adamw_gap", sweep).effects
    assert effect.what == "(adam_coupled - sgd_coupled) - (adam_decoupled - sgd_decoupled)"


def test_the_runs_of_two_sweeps_count_once(tmp_path: Path) -> None:
    sgd, adam = all_ended([0.1] * 6), all_ended([0.2] * 6)
    sweep = two_arms(tmp_path / "one", sgd, adam, None)
    again = two_arms(tmp_path / "two", sgd, adam, None)
    assert set(sweep.runs["run_id"]) == set(again.runs["run_id"])
    family = family_of(GENERALIZATION.name, sweep, again)
    assert (family.effects, family.verdict) == ((), "not applicable")
    assert family.remark == "its runs are counted already: one, adam - sgd"


def test_what_is_still_to_run_is_not_run(tmp_path: Path) -> None:
    unfinished = two_arms(tmp_path / "one", all_ended([0.1] * 6), (), None)
    assert family_of(GENERALIZATION.name, unfinished).verdict == "not run"
    without = make_arm_sweep(tmp_path / "two", {"sgd": Built(tuned=all_ended([0.1] * 6))})
    assert family_of(GENERALIZATION.name, without).verdict == "not applicable"


# --- under several conditions -------------------------------------------------------------------


def test_each_condition_has_effects_of_its_own(tmp_path: Path) -> None:
    """Adam is 5 points better than SGD with small batches, and 5 points worse with large ones."""
    sweep = make_conditioned_sweep(tmp_path / "wilson_digits", n_replicates=3)
    effects = family_of(GENERALIZATION.name, sweep).effects
    assert [each.what for each in effects] == [
        "adam - sgd, batch_size=8",
        "adam - sgd, batch_size=32",
    ]
    assert [each.estimate for each in effects] == pytest.approx([-0.0505, 0.0505])
    assert [(each.n, each.of) for each in effects] == [(3, "replicates")] * 2
    assert not set(effects[0].run_ids) & set(effects[1].run_ids)


def test_draws_are_counted_within_a_condition(tmp_path: Path) -> None:
    """A claim on the separable problem has an effect only under the condition that it is about."""
    batches: dict[str, list[object]] = {"trainer.batch_size": [2, "full"]}
    sweep = make_sweep_of_replicates(tmp_path / "wilson_separable", batches)
    for claim, batch in (("separable_plain", "full"), ("separable_mini_batch", "2")):
        (effect,) = family_of(claim, sweep).effects
        assert effect.what.endswith(f", batch_size={batch}")
        assert (effect.n, effect.of) == (2, "draws")


def test_a_sweep_that_lacks_it_under_every_condition_has_none(tmp_path: Path) -> None:
    sweep = make_conditioned_sweep(tmp_path / "wilson_digits", arms=["sgd"], contrasts=None)
    family = family_of(GENERALIZATION.name, sweep)
    assert (family.effects, family.verdict) == ((), "not applicable")
