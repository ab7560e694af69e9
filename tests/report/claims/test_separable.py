"""Each claim on the separable problem must get the verdict that its runs were made for.

Runs of another task are labeled as runs on that problem, with n = 100 and p = 0.6. A setting's
rate of hidden dropout, in hundredths, is the number of the draw of the problem.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ffnn_lab.report.claims import CLAIMS
from ffnn_lab.report.claims.evidence import Evidence, MissingEvidenceError
from ffnn_lab.report.data.sweep import Sweep
from tests.support.report.arm_builders import (
    Built,
    Epoch,
    make_arm_sweep,
    on_separable,
    verdicts_of,
    wobbly,
)

TRUE, FALSE, UNDECIDED = "supported", "contradicted", "inconclusive"
N_DRAWS = 6
FULL = {"trainer.batch_size": "full"}
CASES = [(0.4, TRUE), (0.0, FALSE), (None, UNDECIDED)]
UNSURE = [0.0, 0.6, 0.0, 0.6, 0.0, 0.3]
"""Test errors that vary so much between draws that no claim can be judged."""


def draw_of(config: dict[str, Any]) -> int:
    return round(100 * float(config["dropout.hidden"]))


def ended_at(error: float, loss: float = 0.1) -> list[Epoch]:
    return [(2.0, 0.5, 0.5, 0.5), (loss, 0.0, 0.1, error)]


def arm(
    errors: Sequence[float], *, losses: Sequence[float] = (), **values: dict[str, Any]
) -> Built:
    """Build an arm with one run on each draw, at full batch unless ``values`` are given.

    Args:
        errors: Test error at the end of each run.
        losses: Train loss at the end of each run; 0.1 if empty.
        values: Other values of all settings in place of `FULL`, under the key ``values``.
    """
    told = values.get("values", FULL)
    settings = [
        {**told, "optimizer.lr": 0.1, "dropout.hidden": i / 100} for i in range(len(errors))
    ]
    runs = [
        ended_at(error, loss)
        for error, loss in zip(errors, losses or [0.1] * len(errors), strict=True)
    ]
    return Built(scores=[0.1] * len(errors), settings=settings, tune=runs)


def separable(folder: Path, arms: dict[str, Built]) -> Sweep:
    return on_separable(make_arm_sweep(folder, arms, protocol="grid"), draw=draw_of)


def errors(error: float | None) -> list[float]:
    """Return errors near ``error``, at most half of them equal; `UNSURE` if ``error`` is None."""
    return UNSURE if error is None else wobbly(max(error, 0.001), 0.001, n=N_DRAWS)


@pytest.mark.parametrize(("error", "verdict"), CASES)
def test_adaptive_methods(tmp_path: Path, error: float | None, verdict: str) -> None:
    sweep = separable(tmp_path, {"adam": arm(errors(error)), "sgd": arm([0.0] * N_DRAWS)})
    assert verdicts_of(CLAIMS["separable_adaptive"], sweep) == {"adam - (1 - p)": verdict}
    (effect,) = CLAIMS["separable_adaptive"].effects(Evidence(sweep))
    assert (effect.n, effect.of) == (N_DRAWS, "draws")


@pytest.mark.parametrize(("error", "verdict"), [(0.0, TRUE), (0.4, FALSE), (None, UNDECIDED)])
def test_plain_methods(tmp_path: Path, error: float | None, verdict: str) -> None:
    """The claimed error is at most half a percent; errors that vary about this are undecided."""
    sgd = [0.0, 0.01, 0.0, 0.01, 0.0, 0.01] if error is None else errors(error)
    sweep = separable(tmp_path, {"sgd": arm(sgd), "heavy_ball": arm(errors(0.0))})
    expected = {"sgd": verdict, "heavy_ball": TRUE}
    assert verdicts_of(CLAIMS["separable_plain"], sweep) == expected


@pytest.mark.parametrize(("n_draws", "verdict"), [(N_DRAWS, UNDECIDED), (72, TRUE)])
def test_zeros_are_bounded_exactly(tmp_path: Path, n_draws: int, verdict: str) -> None:
    """An outcome that no draw had may still have a small probability.

    It is at most 1 in 20 if 0.95^n < 0.025, that is from n = 72 draws on.
    """
    batch = {"trainer.batch_size": 10}
    arms = {name: arm([0.0] * n_draws, values=batch) for name in ("sgd", "adam")}
    sweep = separable(tmp_path, arms)
    found = verdicts_of(CLAIMS["separable_mini_batch"], sweep)
    assert found == {"adam - sgd, batch size 10": verdict}


def test_six_draws_without_an_error_do_not_show_that_there_is_none(tmp_path: Path) -> None:
    sweep = separable(tmp_path, {"sgd": arm([0.0] * N_DRAWS)})
    assert verdicts_of(CLAIMS["separable_plain"], sweep) == {"sgd": UNDECIDED}
    (effect,) = CLAIMS["separable_plain"].effects(Evidence(sweep))
    assert (effect.interval.low, effect.interval.high) == pytest.approx((0.0, 0.459), abs=1e-3)


def test_plain_methods_do_not_test_what_is_said_of_adaptive_ones(tmp_path: Path) -> None:
    """Heavy ball has no eps, and so is no evidence about a large eps."""
    arms = {
        "sgd": arm(errors(0.0)),
        "heavy_ball": arm(errors(0.0)),
        "adam_eps": arm(errors(0.0), values={**FULL, "optimizer.eps": 0.5}),
    }
    found = verdicts_of(CLAIMS["separable_eps"], separable(tmp_path, arms))
    assert list(found) == ["adam - sgd, eps 0.5"]


@pytest.mark.parametrize(("error", "verdict"), [(0.0, TRUE), (0.4, FALSE), (None, UNDECIDED)])
@pytest.mark.parametrize(
    ("claim", "adaptive", "plain", "what"),
    [
        (
            "separable_mini_batch",
            {"trainer.batch_size": 10},
            {"trainer.batch_size": 10},
            "adam - sgd, batch size 10",
        ),
        ("separable_eps", {**FULL, "optimizer.eps": 0.5}, FULL, "adam - sgd, eps 0.5"),
        (
            "separable_weight_decay",
            {**FULL, "optimizer.weight_decay": 0.01},
            {**FULL, "optimizer.weight_decay": 0.01},
            "adam - sgd, weight decay 0.01",
        ),
    ],
)
def test_the_gap_vanishes(
    tmp_path: Path,
    claim: str,
    adaptive: dict[str, Any],
    plain: dict[str, Any],
    what: str,
    error: float | None,
    verdict: str,
) -> None:
    sweep = separable(
        tmp_path,
        {
            "sgd": arm([0.0] * N_DRAWS, values=plain),
            "adam_varied": arm(errors(error), values=adaptive),
            # Adam without the variation has the gap, which must not enter the effect.
            "adam": arm([0.4] * N_DRAWS),
        },
    )
    assert verdicts_of(CLAIMS[claim], sweep) == {what: verdict}


@pytest.mark.parametrize(
    ("losses", "verdict"),
    [
        (wobbly(0.2, 0.0001, n=N_DRAWS), TRUE),
        (wobbly(0.25, 0.001, n=N_DRAWS), FALSE),
        (wobbly(0.2, 0.01, n=N_DRAWS), UNDECIDED),
    ],
)
def test_one_solution(tmp_path: Path, losses: list[float], verdict: str) -> None:
    """RMSProp's train loss must be within 1% of SGD's 0.2; heavy ball is compared, too."""
    decay = {**FULL, "optimizer.weight_decay": 0.01}
    at = [0.2] * N_DRAWS
    sweep = separable(
        tmp_path,
        {
            "sgd": arm([0.0] * N_DRAWS, losses=at, values=decay),
            "heavy_ball": arm([0.0] * N_DRAWS, losses=wobbly(0.2, 1e-5, n=N_DRAWS), values=decay),
            "rmsprop": arm([0.0] * N_DRAWS, losses=losses, values=decay),
        },
    )
    assert verdicts_of(CLAIMS["zou_one_solution"], sweep) == {
        "heavy_ball - sgd, weight decay 0.01": TRUE,
        "rmsprop - sgd, weight decay 0.01": verdict,
    }


def test_decoupled_decay_is_no_part_of_the_objective(tmp_path: Path) -> None:
    decay = {**FULL, "optimizer.weight_decay": 0.01, "optimizer.decay": "decoupled"}
    arms = {name: arm([0.0] * N_DRAWS, values=decay) for name in ("sgd", "adam")}
    with pytest.raises(MissingEvidenceError, match="no such runs"):
        CLAIMS["zou_one_solution"].effects(Evidence(separable(tmp_path, arms)))


def test_each_draw_counts_with_its_best_setting(tmp_path: Path) -> None:
    """Of two learning rates per draw, the one with the lower dev error ended at 1 - p."""
    built = arm(errors(0.4))
    worse = [{**each, "optimizer.lr": 0.5} for each in built.settings]
    both = Built(
        scores=[0.1] * (2 * N_DRAWS),
        settings=[*built.settings, *worse],
        tune=[*built.tune, *[[(2.0, 0.5, 0.5, 0.5), (0.1, 0.0, 0.3, 0.0)]] * N_DRAWS],
    )
    sweep = separable(tmp_path, {"adam": both})
    assert verdicts_of(CLAIMS["separable_adaptive"], sweep) == {"adam - (1 - p)": TRUE}


def test_fresh_seeds_come_before_those_that_chose(tmp_path: Path) -> None:
    """The six fresh seeds count in place of the tuning seed; all are of one draw, so one value."""
    built = Built(
        scores=[0.1],
        settings=[{**FULL, "optimizer.lr": 0.1}],
        tune=[ended_at(0.0)],
        tuned=[ended_at(error) for error in wobbly(0.4, 0.1, n=6)],
    )
    sweep = on_separable(make_arm_sweep(tmp_path, {"adam": built}), draw=lambda _: 0)
    (effect,) = CLAIMS["separable_adaptive"].effects(Evidence(sweep))
    assert (effect.n, effect.of) == (1, "draws")
    assert effect.estimate == pytest.approx(0.0)
    assert len(effect.run_ids) == 6


def test_a_draw_counts_once_whatever_its_starts_and_seeds(tmp_path: Path) -> None:
    """Two draws with three starts each, on two fresh seeds, are twelve runs but two values."""
    arms = {
        f"adam_{draw}_{start}": Built(
            scores=[0.1],
            settings=[
                {
                    **FULL,
                    "optimizer.lr": 0.1,
                    "dropout.hidden": draw / 100,
                    "initializer.gain": 1.0 + start,
                }
            ],
            tuned=[ended_at(0.3 + 0.1 * draw)] * 2,
        )
        for draw in (0, 1)
        for start in (0, 1, 2)
    }
    (effect,) = CLAIMS["separable_adaptive"].effects(Evidence(separable(tmp_path, arms)))
    assert (effect.n, effect.of) == (2, "draws")
    assert effect.values == pytest.approx((-0.1, 0.0))
    assert len(effect.run_ids) == 12


def test_replicates_of_one_draw_are_one_value(tmp_path: Path) -> None:
    """Two replicates of two fresh seeds have all their runs on the same draw, number 7."""
    built = {
        name: Built(
            tuned=[ended_at(each) for each in errors],
            settings=[{**FULL, "optimizer.lr": 0.1}],
        )
        for name, errors in (("adam", wobbly(0.4, 0.1, n=4)), ("sgd", [0.0] * 4))
    }
    sweep = make_arm_sweep(tmp_path, built, n_of_replicate=2)
    sweep = on_separable(sweep, draw=lambda _: 7)
    (effect,) = CLAIMS["separable_adaptive"].effects(Evidence(sweep))
    assert (effect.n, effect.of) == (1, "draws")
    assert len(effect.run_ids) == 4


@pytest.mark.parametrize(
    ("claim", "told", "lacks"),
    [
        (
            "separable_adaptive",
            {"trainer.batch_size": 10},
            "no adaptive arm at full batch",
        ),
        ("separable_plain", {"trainer.batch_size": 10}, "neither sgd nor heavy_ball"),
        ("separable_mini_batch", {"trainer.batch_size": 50}, "no such runs"),
        ("separable_mini_batch", {"trainer.batch_size": 200}, "no such runs"),
        ("separable_eps", FULL, "no such runs"),
        ("separable_weight_decay", FULL, "no such runs"),
    ],
)
def test_what_a_sweep_lacks_is_said(
    tmp_path: Path, claim: str, told: dict[str, Any], lacks: str
) -> None:
    arms = {name: arm([0.0] * N_DRAWS, values=told) for name in ("sgd", "adam")}
    with pytest.raises(MissingEvidenceError, match=lacks):
        CLAIMS[claim].effects(Evidence(separable(tmp_path, arms)))


def test_another_task_is_no_answer(tmp_path: Path) -> None:
    sweep = make_arm_sweep(tmp_path, {"sgd": arm([0.0])}, protocol="grid")
    with pytest.raises(MissingEvidenceError, match="its task is not separable"):
        CLAIMS["separable_plain"].effects(Evidence(sweep))
