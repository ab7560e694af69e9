"""Small sweeps with given errors, under two conditions or under one alone."""

from collections.abc import Callable, Sequence
from pathlib import Path

from ffnn_lab.config import with_values
from ffnn_lab.definition import REPLICATE_SHIFT, Condition
from ffnn_lab.definition.condition import name_under
from ffnn_lab.records import RecordWriter, TrialRow
from ffnn_lab.report.data.sweep import Sweep
from tests.support.definitions import named_leaves, write_stored
from tests.support.report.builders import (
    LRS,
    Last,
    load_sweep,
    make_config,
    make_definition,
    make_result,
)

ARMS = ("sgd", "adam", "adam_late")
"""Three arms; two have the same optimizer, and their names tell the variants apart."""
FRESH = (1000, 1001)
CONDITIONS: Sequence[Condition] = ({"trainer.batch_size": 8}, {"trainer.batch_size": 32})

Came = Callable[[Condition, int, str, int, int], Last]
"""A function that returns the last errors or the status of a run.

Its arguments are condition, replicate, arm, setting, and the seed without what the replicate adds.
"""


def error_at(condition: Condition, replicate: int, arm: str, setting: int, seed: int) -> float:
    """Return an error so that adam is better with small batches and worse with large ones."""
    is_small = condition["trainer.batch_size"] == 8
    sign = -1 if is_small else 1
    base = 0.10 + 0.01 * replicate + 0.002 * (seed % 10) + 0.004 * setting
    shift = {"sgd": 0.0, "adam": 0.05, "adam_late": 0.03}[arm]
    return base + sign * shift * (1 + 0.01 * replicate)


def by_place(condition: Condition, replicate: int, arm: str, setting: int, seed: int) -> Last:
    """Return last errors: 0 on train, `error_at` on dev, and 0.01 more on test."""
    error = error_at(condition, replicate, arm, setting, seed)
    return 0.0, error, error + 0.01


def make_conditioned_sweep(
    folder: Path,
    came: Came = by_place,
    *,
    conditions: Sequence[Condition] = CONDITIONS,
    n_replicates: int = 1,
    is_alone: bool = False,
    arms: Sequence[str] = ARMS[:2],
    contrasts: Sequence[Sequence[str]] | None = (("adam", "sgd"),),
) -> Sweep:
    """Write a sweep of two settings with one tuning seed, and load it; the first setting wins.

    Args:
        folder: The sweep's folder, whose name is the sweep's name.
        came: Returns the last errors or the status of each run.
        conditions: Conditions under which the arms are compared.
        n_replicates: Number of replicates.
        is_alone: True if the one condition is left out, as if its values were in the YAML.
        arms: Some of `ARMS`.
        contrasts: Declared pairs of arms; None if no pair is declared.
    """
    protocol = {"name": "random", "n_settings": 2, "seed": 0}
    stages = {"tune": {"seeds": [0]}, "confirm": {"seeds": list(FRESH)}}
    many = {"replicates": n_replicates} if n_replicates > 1 else {}
    stored, results, trials = {}, [], []
    for condition in conditions:
        for arm in arms:
            optimizer = arm.partition("_")[0]
            name = arm if is_alone else name_under(arm, condition)
            under = {} if is_alone else {"base": arm, "condition": dict(condition)}
            config = {**named_leaves(arm), **condition}
            axis = {"kind": "choice", "values": LRS[optimizer][:2]}
            stored[name] = {
                "overrides": [f"optimizer={optimizer}"],
                "space": {"optimizer.lr": axis},
                "config": config,
                **under,
            }
            for replicate in range(n_replicates):
                for stage, setting, seed in (
                    *(("tune", each, 0) for each in (0, 1)),
                    *(("confirm", each, seed) for each in (0, -1) for seed in FRESH),
                ):
                    shifted = seed + replicate * REPLICATE_SHIFT
                    run = with_values(make_config(optimizer, setting, shifted), dict(condition))
                    if arm != optimizer:  # so that the arm shares no runs with another
                        run = with_values(run, {"dropout.input": 0.25})
                    result = make_result(run, came(condition, replicate, arm, setting, seed))
                    results.append(result)
                    trials.append(
                        TrialRow(stage, name, setting, shifted, result.run_id, replicate=replicate)
                    )
    definition = make_definition(
        name=folder.name, arms=stored, protocol=protocol, **many, **stages
    )
    definition["contrasts"] = None if contrasts is None else list(map(list, contrasts))
    write_stored(folder, definition)
    RecordWriter(folder).write(results, trials)
    return load_sweep(folder)
