"""Every claim must have the same effects on random sweeps as at commit 2a8751f.

``effects_2a8751f.csv`` was written when each claim still was a file of its own, which differed
from its state at commit 9b2446f in import lines alone (``run_ids`` is a hash of the sorted ids).
The tests show that a claim whose code was rearranged measures the same. These later changes were
intended:

- effects of one tuning have no verdict, and no p value;
- heavy ball is not compared with SGD under claims on adaptive methods, so that Holm's family there
  is smaller;
- an effect of the best untuned default is named ``best default``, not after the default's arm.
"""

import csv
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ffnn_lab.report.claims import CLAIMS
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
    """Draw an arm with 20 settings, and with runs of its winner and default on fresh seeds."""
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


MEASURED = ("n", "of", "unit", "claimed.low", "claimed.high", "command", "run_ids")
NUMBERS = ("effect", "low", "high")


def rows_of(sweep: Sweep) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the verdicts by claim and effect; ``run_ids`` is a hash of the ids behind each."""
    table = verdict_table([sweep], named=[sweep.name]).astype({"n": str})
    found = {}
    for row in table.to_dict("records"):
        ids = " ".join(sorted(row["run_ids"].split()))
        row["run_ids"] = hashlib.sha256(ids.encode()).hexdigest()[:12]
        found[row["claim"], row["what"]] = row
    return found  # type: ignore[return-value]


def rows_then(sweep: str) -> dict[tuple[str, str], dict[str, str]]:
    """Return the rows that 2a8751f measured for a sweep, by claim and present name of effect."""
    found = {}
    with THEN.open(newline="") as lines:
        for row in csv.DictReader(lines):
            is_adaptive = row["claim"].startswith("separable_")
            if row["sweep"] != sweep or (is_adaptive and row["what"].startswith("heavy_ball - ")):
                continue
            what = row["what"]
            if row["claim"] == "schmidt_untuned":
                what = f"best default - {what.partition(' - ')[2]}"
            found[row["claim"], what] = row
    return found


@pytest.mark.parametrize("make", [wilson, inclusion, weight_decay, separable])
def test_effects_are_those_that_they_were(tmp_path: Path, make: Any) -> None:  # noqa: ANN401 - any of the functions above
    sweep = make(tmp_path)
    now, then = rows_of(sweep), rows_then(sweep.name)
    assert now.keys() == then.keys()
    assert len(now) > 10
    for key, row in now.items():
        assert {name: str(row[name]) for name in MEASURED} == {
            name: then[key][name] for name in MEASURED
        }
        was = [float(then[key][name]) for name in NUMBERS]
        assert [row[name] for name in NUMBERS] == pytest.approx(was, rel=1e-12, abs=1e-15)
        if CLAIMS[key[0]].over == "draws":
            assert row["p"] == pytest.approx(float(then[key]["p"]))
            assert row["verdict"] == then[key]["verdict"]
        else:
            assert (row["verdict"], str(row["p"])) == ("one tuning", "nan")


def test_every_claim_is_among_them() -> None:
    with THEN.open(newline="") as lines:
        assert len({row["claim"] for row in csv.DictReader(lines)}) == 17
