"""Each claim on search spaces and budgets must get the verdict that its runs were made for."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ffnn_lab.report.claims import CLAIMS
from ffnn_lab.report.claims.evidence import Evidence, MissingEvidenceError
from ffnn_lab.report.data.sweep import Sweep
from tests.support.report.arm_builders import (
    LOG_LR,
    Built,
    all_ended,
    make_arm_sweep,
    verdicts_of,
    wobbly_six,
)

TRUE, FALSE, UNDECIDED = "supported", "contradicted", "inconclusive"
SPACES: Mapping[str, Mapping[str, Any]] = {
    "lr": {"optimizer.lr": LOG_LR},
    "eps": {"optimizer.lr": LOG_LR, "optimizer.eps": LOG_LR},
    "all": {"optimizer.lr": LOG_LR, "optimizer.eps": LOG_LR, "dropout.hidden": LOG_LR},
}
VALUES = {"optimizer.lr": 0.1, "optimizer.eps": 0.01, "dropout.hidden": 0.1}


def arm(name: str, errors: Sequence[float]) -> Built:
    """Build an arm with the space that its name ends with; SGD and heavy ball are without eps."""
    variant = name.rsplit("_", 1)[-1]
    axes = {
        key: axis
        for key, axis in SPACES.get(variant, SPACES["lr"]).items()
        if key != "optimizer.eps" or name.startswith(("ada", "rmsprop"))
    }
    settings = [{key: VALUES[key] for key in axes}]
    return Built(tuned=all_ended(errors), space=axes, settings=settings)


def sweep_of(folder: Path, **errors: Sequence[float]) -> Sweep:
    """Make a sweep of six replicates with one fresh seed each, from each arm's test errors."""
    arms = {name: arm(name, each) for name, each in errors.items()}
    return make_arm_sweep(folder, arms, n_of_replicate=1)


@pytest.mark.parametrize(
    ("gap_in_all", "verdict"),
    [
        (wobbly_six(0.0, 0.001), TRUE),  # the gap shrinks from two points to 0
        (wobbly_six(0.02, 0.0005), FALSE),  # the gap stays at two points
        (wobbly_six(0.04, 0.001), FALSE),  # the gap grows
        (wobbly_six(0.015, 0.02), UNDECIDED),
    ],
)
def test_inclusion(tmp_path: Path, gap_in_all: Sequence[float], verdict: str) -> None:
    sweep = sweep_of(
        tmp_path,
        sgd_lr=wobbly_six(0.03),
        adam_lr=wobbly_six(0.05),
        sgd_eps=wobbly_six(0.03),
        adam_eps=wobbly_six(0.9),
        sgd_all=wobbly_six(0.03),
        adam_all=[0.03 + gap for gap in gap_in_all],
    )
    assert verdicts_of(CLAIMS["choi_inclusion"], sweep) == {
        "(adam_lr - sgd_lr) - (adam_all - sgd_all)": verdict
    }


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (wobbly_six(0.03, 0.0005), TRUE),
        (wobbly_six(0.01, 0.001), TRUE),  # the general method is even better
        (wobbly_six(0.05, 0.001), FALSE),
        (wobbly_six(0.03, 0.02), UNDECIDED),
    ],
)
def test_no_loss(tmp_path: Path, error: Sequence[float], verdict: str) -> None:
    """RMSProp has no momentum and so cannot imitate heavy ball: the two are not compared."""
    sweep = sweep_of(
        tmp_path,
        sgd_lr=wobbly_six(0.03),
        heavy_ball_lr=wobbly_six(0.03),
        adam_lr=wobbly_six(0.2),
        rmsprop_lr=wobbly_six(0.2),
        sgd_all=wobbly_six(0.03),
        heavy_ball_all=wobbly_six(0.03),
        adam_all=error,
        rmsprop_all=error,
    )
    assert verdicts_of(CLAIMS["choi_no_loss"], sweep) == {
        "adam_all - sgd_all": verdict,
        "adam_all - heavy_ball_all": verdict,
        "rmsprop_all - sgd_all": verdict,
    }


@pytest.mark.parametrize(
    ("coupled", "verdict"),
    [
        (wobbly_six(0.05, 0.001), TRUE),
        (wobbly_six(0.03, 0.0005), FALSE),
        (wobbly_six(0.035, 0.02), UNDECIDED),
    ],
)
def test_decoupling(tmp_path: Path, coupled: Sequence[float], verdict: str) -> None:
    sweep = sweep_of(tmp_path, adam_coupled=coupled, adam_decoupled=wobbly_six(0.03))
    assert verdicts_of(CLAIMS["adamw_decoupling"], sweep) == {
        "adam_coupled - adam_decoupled": verdict
    }


@pytest.mark.parametrize(
    ("coupled", "verdict"),
    [
        (wobbly_six(0.06, 0.001), TRUE),  # the gap shrinks from three points to one
        (wobbly_six(0.04, 0.0005), FALSE),
        (wobbly_six(0.045, 0.02), UNDECIDED),
    ],
)
def test_the_gap_of_adam(tmp_path: Path, coupled: Sequence[float], verdict: str) -> None:
    sweep = sweep_of(
        tmp_path,
        heavy_ball_coupled=wobbly_six(0.03),
        heavy_ball_decoupled=wobbly_six(0.03),
        adam_coupled=coupled,
        adam_decoupled=wobbly_six(0.04),
    )
    assert verdicts_of(CLAIMS["adamw_gap"], sweep) == {
        "(adam_coupled - heavy_ball_coupled) - (adam_decoupled - heavy_ball_decoupled)": verdict
    }


def scores(mean: float, spread: float, *, seed: int) -> list[float]:
    draws = np.random.default_rng(seed).uniform(mean - spread, mean + spread, 24)
    return [float(each) for each in draws]


LR = [{"optimizer.lr": 0.01 * (i + 1)} for i in range(24)]


@pytest.mark.parametrize(
    ("mean", "spread", "verdict"),
    [(0.05, 0.01, TRUE), (0.30, 0.02, FALSE), (0.20, 0.15, UNDECIDED)],
)
def test_small_budget(tmp_path: Path, mean: float, spread: float, verdict: str) -> None:
    """SGD's settings score 0.05 to 0.35; the claim is not about the arms of the larger space.

    Each of the six replicates has 24 settings of its own for SGD and for Adam.
    """
    runs = all_ended([0.1] * 6)
    adam = [scores(mean, spread, seed=seed) for seed in range(6)]
    sgd = [scores(0.2, 0.15, seed=seed) for seed in range(6, 12)]
    one = [{**LR[0], "optimizer.eps": 0.01}]
    arms = {
        "sgd_lr": Built(runs, scores=sgd[0], scores_of=sgd, settings=LR),
        "adam_lr": Built(runs, scores=adam[0], scores_of=adam, settings=LR),
        "sgd_eps": Built(runs, settings=LR[:1], space=SPACES["lr"]),
        "adam_eps": Built(runs, settings=one, space=SPACES["eps"]),
    }
    sweep = make_arm_sweep(tmp_path, arms, n_of_replicate=1)
    found = verdicts_of(CLAIMS["sivaprasad_small_budget"], sweep)
    assert found == {"best of 4: adam_lr - sgd_lr": verdict}


def test_a_budget_of_one_tuning_counts_its_settings(tmp_path: Path) -> None:
    arms = {
        "sgd_lr": Built(scores=scores(0.2, 0.15, seed=0), settings=LR),
        "adam_lr": Built(scores=scores(0.05, 0.01, seed=1), settings=LR),
    }
    evidence = Evidence(make_arm_sweep(tmp_path, arms))
    (effect,) = CLAIMS["sivaprasad_small_budget"].effects(evidence)
    assert (effect.n, effect.of, len(effect.run_ids)) == (24, "settings", 48)
    assert 23 <= effect.freedom <= 46


@pytest.mark.parametrize(
    ("sgd_tuned", "verdict"),
    [
        (wobbly_six(0.04, 0.001), TRUE),
        (wobbly_six(0.03, 0.0005), TRUE),
        (wobbly_six(0.01, 0.001), FALSE),
        (wobbly_six(0.03, 0.02), UNDECIDED),
    ],
)
def test_untuned(tmp_path: Path, sgd_tuned: Sequence[float], verdict: str) -> None:
    """Adam's default has the lowest dev error of the three defaults, and so is the best default.

    Its test error of 3% counts, although the other defaults have 1%.
    """
    fine = all_ended(wobbly_six(0.03))
    poor = all_ended(wobbly_six(0.01), dev=0.3)
    arms = {
        "sgd": Built(tuned=all_ended(sgd_tuned), default=poor),
        "heavy_ball": Built(tuned=fine, default=poor),
        "adam": Built(tuned=fine, default=all_ended(wobbly_six(0.03), dev=0.05)),
    }
    sweep = make_arm_sweep(tmp_path, arms, n_of_replicate=1)
    found = verdicts_of(CLAIMS["schmidt_untuned"], sweep)
    assert found["best default - tuned sgd"] == verdict
    # Both are equal in all six replicates, which does not show that their means are equal.
    assert found["best default - tuned adam"] == UNDECIDED


BARE = Built(tuned=all_ended([0.03] * 5))


@pytest.mark.parametrize(
    ("claim", "arms", "protocol", "lacks"),
    [
        ("choi_inclusion", {"sgd": BARE, "adam": BARE}, "random", "in nested spaces"),
        (
            "choi_inclusion",
            {name: arm(name, [0.1] * 5) for name in ("sgd_lr", "sgd_eps", "adam_lr", "adam_odd")},
            "random",
            "in nested spaces",
        ),
        (
            "choi_no_loss",
            {
                **{name: arm(name, [0.1] * 5) for name in ("sgd_lr", "adagrad_lr")},
                **dict.fromkeys(("sgd_odd", "adagrad_odd"), arm("sgd_all", [0.1] * 5)),
            },
            "random",
            "has optimizer.eps among its axes",
        ),
        ("adamw_decoupling", {"adam": BARE}, "random", "it has no arm adam_coupled"),
        (
            "adamw_gap",
            {"adam_coupled": BARE},
            "random",
            "in variants coupled and decoupled",
        ),
        (
            "sivaprasad_small_budget",
            {"adam": BARE},
            "random",
            "no arms adam and sgd of one",
        ),
        (
            "sivaprasad_small_budget",
            {"adam": BARE, "sgd": BARE},
            "tpe",
            "its protocol is tpe",
        ),
        (
            "sivaprasad_small_budget",
            {"adam": BARE, "sgd": BARE},
            "random",
            "fewer than 16",
        ),
        ("schmidt_untuned", {"adam": BARE, "sgd": BARE}, "random", "fewer than 3 tuned"),
    ],
)
def test_what_a_sweep_lacks_is_said(
    tmp_path: Path, claim: str, arms: dict[str, Built], protocol: str, lacks: str
) -> None:
    evidence = Evidence(make_arm_sweep(tmp_path, arms, protocol=protocol))
    with pytest.raises(MissingEvidenceError) as error:
        CLAIMS[claim].effects(evidence)
    assert lacks in str(error.value)


def test_a_budget_of_losses_is_no_answer(tmp_path: Path) -> None:
    objective = {"split": "dev", "metric": "loss", "moment": "last", "aggregate": "mean"}
    sweep = make_arm_sweep(tmp_path, {"adam": BARE, "sgd": BARE}, objective=objective)
    with pytest.raises(MissingEvidenceError, match="scored by loss"):
        CLAIMS["sivaprasad_small_budget"].effects(Evidence(sweep))
