"""Every claim's effects and verdicts on sweeps made of random numbers, as 2a8751f had them.

``effects_2a8751f.csv`` was written when each claim still was a file of its own, the same as at
9b2446f but for import lines. It shows that a claim whose code was rearranged measures the same.
"""

import csv
import hashlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ffnn_lab.report.claims.verdicts import verdict_table
from ffnn_lab.report.data.sweep import Sweep
from tests.support.report.arm_builders import (
    LOG_LR,
    Built,
    Epoch,
    make_arm_sweep,
    on_separable,
)

THEN = Path(__file__).parent / "effects_2a8751f.csv"
N_SEEDS = 7
ARMS = ("sgd", "heavy_ball", "adagrad", "rmsprop", "adam")


def runs(rng: np.random.Generator, n: int = N_SEEDS) -> list[list[Epoch]]:
    """Draw runs of four epochs whose train losses fall."""
    found = []
    for _ in range(n):
        losses = np.sort(rng.uniform(0.01, 2.0, 5))[::-1]
        errors = rng.uniform(0.0, 0.5, (5, 3))
        found.append([(float(a), *map(float, b)) for a, b in zip(losses, errors, strict=True)])
    return found  # type: ignore[return-value]


def built(rng: np.random.Generator, *axes: str) -> Built:
    """Draw an arm with 20 settings, its winner's fresh seeds and its default's."""
    space: Mapping[str, Any] = {f"optimizer.{axis}": LOG_LR for axis in axes}
    settings = [{key: float(rng.uniform(0.01, 1)) for key in space} for _ in range(20)]
    scores = [float(each) for each in rng.uniform(0.01, 0.5, 20)]
    return Built(runs(rng), runs(rng), scores, settings, space=space)


def wilson(folder: Path) -> Sweep:
    rng = np.random.default_rng(1)
    return make_arm_sweep(folder / "wilson_digits", {arm: built(rng, "lr") for arm in ARMS})


def inclusion(folder: Path) -> Sweep:
    rng = np.random.default_rng(2)
    arms = {f"{arm}_lr": built(rng, "lr") for arm in ARMS}
    for arm in ARMS:
        is_plain = arm in ("sgd", "heavy_ball")
        arms[f"{arm}_all"] = built(rng, "lr", "weight_decay", *(() if is_plain else ("eps",)))
    return make_arm_sweep(folder / "inclusion", arms)


def weight_decay(folder: Path) -> Sweep:
    rng = np.random.default_rng(3)
    arms = {
        f"{arm}_{decay}": built(rng, "lr", "weight_decay")
        for arm in ("sgd", "heavy_ball", "adam")
        for decay in ("coupled", "decoupled")
    }
    return make_arm_sweep(folder / "weight_decay", arms)


def separable(folder: Path) -> Sweep:
    rng = np.random.default_rng(4)
    variations: dict[str, dict[str, Any]] = {
        "": {},
        "_batch": {"trainer.batch_size": 10},
        "_eps": {"optimizer.eps": 0.5},
        "_decay": {"optimizer.weight_decay": 0.01},
    }
    arms = {}
    for arm in ARMS:
        for variation, values in variations.items():
            if arm in ("sgd", "heavy_ball") and variation == "_eps":
                continue
            settings = [
                {"trainer.batch_size": "full", "optimizer.lr": lr, "dropout.hidden": draw / 100}
                | values
                for draw in range(6)
                for lr in (0.1, 0.2)
            ]
            scores = [float(each) for each in rng.uniform(0.01, 0.5, 12)]
            arms[arm + variation] = Built((), (), scores, settings, runs(rng, 12))
    sweep = make_arm_sweep(folder / "wilson_separable", arms, protocol="grid")
    return on_separable(sweep, draw=lambda config: round(100 * float(config["dropout.hidden"])))


def table_of(sweep: Sweep) -> pd.DataFrame:
    """Compute the verdicts; the ids of the runs behind each are cut to their hash."""
    table = verdict_table([sweep], named=[sweep.name])
    hashes = [hashlib.sha256(each.encode()).hexdigest()[:12] for each in table["run_ids"]]
    return table.drop(columns=["declared", "sha256", "source"]).assign(run_ids=hashes)


@pytest.mark.parametrize("make", [wilson, inclusion, weight_decay, separable])
def test_effects_and_verdicts_are_those_that_they_were(tmp_path: Path, make: Any) -> None:  # noqa: ANN401 - any of the functions above
    now = list(csv.DictReader(io.StringIO(table_of(make(tmp_path)).to_csv(index=False))))
    with THEN.open(newline="") as lines:
        then = [row for row in csv.DictReader(lines) if row["sweep"] == now[0]["sweep"]]
    assert now == then


def test_every_claim_is_among_them() -> None:
    with THEN.open(newline="") as lines:
        assert len({row["claim"] for row in csv.DictReader(lines)}) == 17
