"""Sweeps with any arms and given results of runs, to test comparisons of arms over seeds."""

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ffnn_lab.config import RunConfig, run_id, with_values
from ffnn_lab.config.optimizer import OptimizerConfig
from ffnn_lab.definition import REPLICATE_SHIFT
from ffnn_lab.optimizers.adagrad import AdaGradConfig
from ffnn_lab.optimizers.adam import AdamConfig
from ffnn_lab.optimizers.heavy_ball import HeavyBallConfig
from ffnn_lab.optimizers.rmsprop import RMSPropConfig
from ffnn_lab.optimizers.sgd import SGDConfig
from ffnn_lab.records import DEFAULT_SETTING, CurvePoint, RecordWriter, RunResult, TrialRow
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.evidence import Evidence
from ffnn_lab.report.claims.family import families
from ffnn_lab.report.claims.rule import judge
from ffnn_lab.report.data.sweep import Sweep
from tests.support.builders import make_run
from tests.support.definitions import parts, write_stored
from tests.support.report.builders import ADAM, CHANCE, SGD, load_sweep

CONFIRM_FROM = 1000
LOG_LR = {"kind": "float", "low": 0.001, "high": 1.0, "log": True}
OPTIMIZERS: dict[str, OptimizerConfig] = {
    "sgd": SGD,
    "heavy_ball": HeavyBallConfig(
        name="heavy_ball", lr=0.1, momentum=0.9, weight_decay=0.0, decay="coupled"
    ),
    "adagrad": AdaGradConfig(name="adagrad", lr=0.1, eps=1e-10, weight_decay=0.0, decay="coupled"),
    "rmsprop": RMSPropConfig(
        name="rmsprop", lr=0.1, rho=0.99, eps=1e-8, weight_decay=0.0, decay="coupled"
    ),
    "adam": ADAM,
    "adamw": dataclasses.replace(ADAM, name="adamw", decay="decoupled"),
}
assert isinstance(SGD, SGDConfig)
assert isinstance(ADAM, AdamConfig)

Epoch = tuple[float, float, float, float]
"""Train loss, then train, dev and test error."""
Came = Sequence[Epoch] | str
"""The curve of a run from epoch 0, or the status of a run that did not complete."""


def ended(test: float, *, dev: float = 0.1, train: float = 0.0) -> list[Epoch]:
    """Return the curve of a run of two epochs with these last errors; losses are 2, 1 and 0.5."""
    return [(2.0, 0.9, 0.9, 0.9), (1.0, 0.5, 0.5, 0.5), (0.5, train, dev, test)]


def all_ended(errors: Sequence[float], *, dev: float = 0.1) -> list[list[Epoch]]:
    """Return the curves of runs that end with these test errors, one per seed."""
    return [ended(error, dev=dev) for error in errors]


@dataclass(frozen=True)
class Built:
    """An arm: its axes, the tuning runs of its settings, and its runs on fresh seeds."""

    tuned: Sequence[Came] = ()
    """Runs of the best setting, one per fresh seed."""
    default: Sequence[Came] = ()
    """Runs of the untuned default, one per fresh seed."""
    scores: Sequence[float] = (0.1,)
    """The dev error of each setting on the one tuning seed."""
    settings: Sequence[Mapping[str, Any]] = ()
    """The values of each setting; if empty, learning rates of 0.01, 0.02, ..."""
    tune: Sequence[Came] = ()
    """The tuning run of each setting; if empty, runs that end with ``scores``."""
    space: Mapping[str, Any] = field(default_factory=lambda: {"optimizer.lr": LOG_LR})
    scores_of: Sequence[Sequence[float]] = ()
    """The scores of the settings in each replicate, in place of ``scores``."""


def make_arm_sweep(
    folder: Path,
    arms: Mapping[str, Built],
    *,
    protocol: str = "random",
    objective: Mapping[str, Any] | None = None,
    others: Sequence[Mapping[str, Built]] = (),
    n_of_replicate: int | None = None,
    **definition: Any,  # noqa: ANN401 - any part of a definition
) -> Sweep:
    """Write a sweep's records and load them; its name is the folder's.

    Args:
        folder: The sweep's folder.
        arms: The arms with their runs, in replicate 0 if there are several replicates.
        protocol: The name of the protocol by which settings were proposed.
        objective: The objective; by default the mean dev error at the last epoch.
        others: The arms with their runs in replicates 1, 2, ...; an arm that is missing in one of
            them has no runs there.
        n_of_replicate: The number of fresh seeds of each replicate if the runs of ``arms`` are to
            be dealt among replicates in turn, all on one split; None if they are not, as with
            ``others``.
        definition: Further parts of the definition.
    """
    if n_of_replicate is not None:
        arms, *others = _dealt(arms, n_of_replicate)
        definition = {"splits": 1, **definition} if others else definition
    n_fresh = max((len(arm.tuned) for arm in arms.values()), default=0)
    write_stored(
        folder,
        {
            "name": folder.name,
            "command": f"python -m ffnn_lab.run -m sweeps={folder.name}",
            "arms": {
                name: {"overrides": [f"optimizer={parts(name)[0]}"], "space": dict(arm.space)}
                for name, arm in arms.items()
            },
            "protocol": {
                "name": protocol,
                "n_settings": max(len(arm.scores) for arm in arms.values()),
            },
            "objective": objective
            or {"split": "dev", "metric": "error", "moment": "last", "aggregate": "mean"},
            "tune": {"seeds": [0]},
            "confirm": {"seeds": list(range(CONFIRM_FROM, CONFIRM_FROM + n_fresh))},
            **({"replicates": 1 + len(others)} if others else {}),
            **definition,
        },
    )
    results, trials = [], []
    for replicate, built in enumerate([arms, *others]):
        for place, name in enumerate(arms):
            arm = built.get(name, Built(scores=()))
            for stage, setting, seed, config, came in _runs(name, arm, place, replicate):
                result = _result(config, came)
                results.append(result)
                row = TrialRow(stage, name, setting, seed, result.run_id, replicate=replicate)
                trials.append(row)
    RecordWriter(folder).write(results, trials)
    return load_sweep(folder)


def _dealt(arms: Mapping[str, Built], n_seeds: int) -> list[dict[str, Built]]:
    """Deal each arm's runs on fresh seeds among replicates, ``n_seeds`` to each in turn."""
    n_replicates = max(len(arm.tuned) for arm in arms.values()) // n_seeds
    return [
        {
            name: dataclasses.replace(
                arm,
                tuned=arm.tuned[replicate * n_seeds : (replicate + 1) * n_seeds],
                default=arm.default[replicate * n_seeds : (replicate + 1) * n_seeds],
                scores=arm.scores_of[replicate] if arm.scores_of else arm.scores,
            )
            for name, arm in arms.items()
        }
        for replicate in range(n_replicates)
    ]


def _runs(
    name: str, arm: Built, place: int, replicate: int
) -> list[tuple[str, int, int, RunConfig, Came]]:
    shift = replicate * REPLICATE_SHIFT
    values = arm.settings or [{"optimizer.lr": 0.01 * (i + 1)} for i in range(len(arm.scores))]
    if not arm.scores:
        return []
    best = min(range(len(arm.scores)), key=lambda i: arm.scores[i])
    found = []
    for setting, score in enumerate(arm.scores):
        came = arm.tune[setting] if arm.tune else ended(score, dev=score)
        config = _config(name, values[setting], place, shift)
        found.append(("tune", setting, shift, config, came))
    for stage_setting, point, runs in (
        (best, values[best], arm.tuned),
        (DEFAULT_SETTING, {"optimizer.lr": 7.0}, arm.default),
    ):
        for i, came in enumerate(runs):
            seed = CONFIRM_FROM + i + shift
            config = _config(name, point, place, seed)
            found.append(("confirm", stage_setting, seed, config, came))
    return found


def _config(name: str, values: Mapping[str, Any], place: int, seed: int) -> RunConfig:
    # An arm's own rate of dropout gives it runs of its own if only spaces differ.
    config = make_run(
        {"dropout.input": place / 100}, seed=seed, optimizer=OPTIMIZERS.get(parts(name)[0], SGD)
    )
    split_seed = seed // REPLICATE_SHIFT * REPLICATE_SHIFT  # in replicate 0 that of the config: 0
    return with_values(config, {"task.split_seed": split_seed, **values})


def _result(config: RunConfig, came: Came) -> RunResult:
    status = came if isinstance(came, str) else "completed"
    epochs: Sequence[Epoch] = [(2.0, 0.9, 0.9, 0.9)] if isinstance(came, str) else came
    curve = [
        CurvePoint(epoch, 7 * epoch, split, loss, error, config.optimizer.lr)
        for epoch, (loss, *errors) in enumerate(epochs)
        for split, error in zip(("train", "dev", "test"), errors, strict=True)
    ]
    return RunResult(
        config=config,
        run_id=run_id(config),
        status=status,
        n_epochs=len(epochs) - 1,
        n_steps=7 * (len(epochs) - 1),
        diverged_step=3 if status == "diverged" else None,
        seconds=0.1,
        chance_error=CHANCE,
        curve=curve,
    )


def on_separable(
    sweep: Sweep, *, p: float = 0.6, n: int = 100, draw: Callable[[dict[str, Any]], int]
) -> Sweep:
    """Return a copy of a sweep whose rows have the separable problem as their task.

    Args:
        sweep: Any sweep.
        p: The share of positive labels.
        n: Number of train examples.
        draw: Computes the seed of a run's draw from its config.
    """

    def told(text: str) -> str:
        config = json.loads(text)
        problem = {
            "task.name": "separable",
            "task.p": p,
            "task.n": n,
            "task.draw_seed": draw(config),
        }
        # The rate of dropout only keeps the runs of arms apart, and is no part of the problem.
        kept = {key: value for key, value in config.items() if key != "dropout.input"}
        return json.dumps(kept | problem)

    rows = sweep.rows.assign(config_json=sweep.rows["config_json"].map(told))
    rows["task.name"] = "separable"
    return dataclasses.replace(sweep, rows=rows)


def verdicts_of(claim: Claim, sweep: Sweep) -> dict[str, str]:
    """Return the verdict on each effect of a claim, judged by a sweep."""
    (family,) = families(claim, [Evidence(sweep)])
    findings = judge(claim.region, family.effects)
    return {finding.effect.what: finding.verdict for finding in findings}


def wobbly(mean: float, wobble: float = 0.0, *, n: int = 10) -> list[float]:
    """Return numbers over seeds: a mean to which ``wobble`` is added and subtracted in turn."""
    return [mean + wobble * (-1) ** i for i in range(n)]


def wobbly_six(mean: float, wobble: float = 0.0) -> list[float]:
    """Return the numbers of `wobbly` for six replicates."""
    return wobbly(mean, wobble, n=6)
