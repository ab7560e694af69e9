"""Every claim must be judged by the sweeps made for it, or name the sweep that it lacks."""

import dataclasses
import math
from pathlib import Path

import pandas as pd
import pytest

from ffnn_lab.report.claims import CLAIMS
from ffnn_lab.report.claims.declaration import claim_hashes, declare
from ffnn_lab.report.claims.rule import Effect, judge
from ffnn_lab.report.claims.verdicts import COLUMNS, _remark, verdict_table
from ffnn_lab.report.data.sweep import Sweep
from tests.support.report.arm_builders import Built, all_ended, make_arm_sweep, wobbly


def wilson(folder: Path, *, n_of_replicate: int | None = 1) -> Sweep:
    """Make a sweep of ten replicates; if ``n_of_replicate`` is None, of one tuning, ten seeds."""
    arms = {
        "sgd": Built(tuned=all_ended(wobbly(0.03))),
        "adam": Built(
            tuned=all_ended(wobbly(0.05, 0.001)), default=all_ended(wobbly(0.055, 0.01))
        ),
    }
    return make_arm_sweep(folder, arms, n_of_replicate=n_of_replicate)


def row_of(table: pd.DataFrame, claim: str) -> dict[str, object]:
    (row,) = table[table["claim"] == claim].to_dict("records")
    return {str(key): value for key, value in row.items()}


def test_claims_have_names_of_their_own_and_say_all() -> None:
    orders = [claim.order for claim in CLAIMS.values()]
    assert orders == sorted(set(orders))
    for claim in CLAIMS.values():
        for text in (claim.source, claim.hypothesis, claim.quantity, claim.reason, claim.arms):
            assert len(text) > 10
        assert claim.region.low < claim.region.high
        assert claim.sweeps


def test_a_sweep_is_known_by_its_name_with_any_suffix() -> None:
    claim = CLAIMS["wilson_generalization"]
    assert claim.is_asked_of("wilson_digits")
    assert claim.is_asked_of("wilson_digits_small")
    assert claim.is_asked_of("wilson_digits-3fa2b1")
    assert not claim.is_asked_of("wilson_digitsx")
    assert not claim.is_asked_of("mine")


def test_a_row_says_everything_about_a_verdict(tmp_path: Path) -> None:
    sweep = wilson(tmp_path / "wilson_digits")
    declare(sweep.folder, n_runs=0)
    table = verdict_table([sweep])
    assert list(table) == COLUMNS
    row = row_of(table, "wilson_generalization")
    assert row["verdict"] == "supported"
    assert (row["sweep"], row["what"], row["n"], row["of"]) == (
        *("wilson_digits", "adam - sgd", 10, "replicates"),
    )
    assert row["effect"] == pytest.approx(0.02)
    assert (row["claimed.low"], row["claimed.high"]) == (0.001, math.inf)
    assert (row["declared"], row["remark"]) == ("before", "")
    assert row["sha256"] == claim_hashes()["wilson_generalization"]
    assert row["command"] == "python -m ffnn_lab.run -m sweeps=wilson_digits"
    reported = sweep.rows[(sweep.rows["stage"] == "confirm") & (sweep.rows["setting"] != -1)]
    assert set(str(row["run_ids"]).split()) == set(reported["run_id"])


def test_one_tuning_has_no_verdict_and_its_interval(tmp_path: Path) -> None:
    """The interval of one setting gives no verdict, however far it is from the margin."""
    table = verdict_table([wilson(tmp_path / "wilson_digits", n_of_replicate=None)])
    row = row_of(table, "wilson_generalization")
    assert (row["verdict"], row["n"], row["of"]) == ("one tuning", 10, "seeds")
    assert row["effect"] == pytest.approx(0.02)
    half = 2.262157 * 0.001 * math.sqrt(10 / 9) / math.sqrt(10)  # the t interval of ten seeds
    assert (row["low"], row["high"]) == pytest.approx((0.02 - half, 0.02 + half))
    assert all(math.isnan(float(str(row[name]))) for name in ("p", "p.holm"))
    assert row["remark"] == "above 0, as claimed; the interval holds at this setting"
    asked = table[table["sweep"] != ""]
    assert set(asked["verdict"]) == {"one tuning", "not applicable"}


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("claim", "side"), [("wilson_generalization", 1), ("choi_no_loss", -1)])
def test_effects_for_a_claim_are_told_as_plainly_as_those_against(
    claim: str, side: int, sign: int
) -> None:
    """Effects of 2 and -2 points, give or take 1, have remarks that differ in the side alone."""
    values = [sign * (0.02 + wobble) for wobble in wobbly(0.0, 0.01, n=8)]
    effect = Effect.of_values("it", values, plus=["a"])
    one = dataclasses.replace(effect, is_one_tuning=True)
    (finding,) = judge(CLAIMS[claim].region, [one])
    words = "as claimed" if sign == side else "against what is claimed"
    told = f"{'above' if sign > 0 else 'below'} 0, {words}; the interval holds at this setting"
    assert _remark(CLAIMS[claim].region, finding) == told


def test_a_claim_of_no_difference_has_no_side() -> None:
    effect = Effect.of_values("it", wobbly(0.05, 0.01, n=8), plus=["a"])
    region = CLAIMS["separable_eps"].region
    (finding,) = judge(region, [effect])
    assert (finding.verdict, _remark(region, finding)[:6]) == ("inconclusive", "more t")


def test_a_sweep_that_has_nothing_to_say_on_a_claim_says_so(tmp_path: Path) -> None:
    sweep = wilson(tmp_path / "wilson_digits")
    row = row_of(verdict_table([sweep]), "schmidt_untuned")
    assert (row["verdict"], row["sweep"]) == ("not applicable", "wilson_digits")
    assert row["remark"] == "it has fewer than 3 tuned optimizers"


def test_what_is_undecided_says_how_many_replicates_would_settle_it(tmp_path: Path) -> None:
    """The gain is undecided: half a point with a deviation of 0.95 points.

    It is 0.004 / 0.0095 = 0.42 deviations above the margin.
    """
    row = row_of(verdict_table([wilson(tmp_path / "wilson_digits")]), "wilson_tuning_gain")
    assert row["verdict"] == "inconclusive"
    assert row["n_to_settle"] == 47
    assert row["remark"] == "about 47 replicates would settle it"


def test_claims_without_their_sweep_say_what_they_need(tmp_path: Path) -> None:
    table = verdict_table([wilson(tmp_path / "wilson_digits")])
    assert set(table["claim"]) == set(CLAIMS)
    row = row_of(table, "adamw_decoupling")
    assert (row["verdict"], row["sweep"], row["run_ids"]) == ("not run", "", "")
    assert row["remark"] == "no sweep weight_decay with adam_coupled and adam_decoupled"
    assert pd.isna(pd.Series([row["n"]])).all()


def test_a_sweep_made_for_a_claim_that_cannot_answer_says_why(tmp_path: Path) -> None:
    sweep = make_arm_sweep(tmp_path / "weight_decay", {"adam_coupled": Built()})
    row = row_of(verdict_table([sweep]), "adamw_decoupling")
    assert row["verdict"] == "not run"
    assert (row["sweep"], row["remark"]) == (
        *("weight_decay", "the winner of adam_coupled has no runs on fresh seeds"),
    )


def test_other_sweeps_answer_only_when_they_are_named(tmp_path: Path) -> None:
    sweep = wilson(tmp_path / "mine")
    assert set(verdict_table([sweep])["verdict"]) == {"not run"}
    named = verdict_table([sweep], named=["mine"])
    assert "wilson_generalization" in set(named["claim"])
    # Claims that the sweep was not made for and cannot answer are left out.
    assert "not run" not in set(named["verdict"])
    assert row_of(named, "wilson_generalization")["declared"] == "unknown"


def test_without_any_sweep_every_claim_is_not_run() -> None:
    assert verdict_table([])["verdict"].tolist() == ["not run"] * len(CLAIMS)
