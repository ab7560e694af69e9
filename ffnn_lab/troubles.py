"""Troubles: what a run's diagnoses say went wrong inside it, in words, with what to change."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

import pandas as pd

from ffnn_lab.records import LAYER_STATISTICS, LayerPoint

SHARE = 0.5
"""Share of dead units, or of saturated activations, from which on a layer is in trouble."""
NEARLY_CHANCE = 0.95
"""Share of the error of a constant answer from which on a run has learned next to nothing."""


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong with one layer at the end of a run."""

    kind: str
    """``equal``, ``dead`` or ``saturated``."""
    layer: int
    """Number of the layer, from 1."""
    text: str
    """A sentence that says what is wrong, since when, and what to change."""


def has_learned_nothing(train_error: float, chance_error: float) -> bool:
    """Return True if a train error is near that of always giving one answer.

    Args:
        train_error: Error on the train split.
        chance_error: Error on the train split of the best constant answer.
    """
    return train_error >= NEARLY_CHANCE * chance_error


def troubles(points: Sequence[LayerPoint]) -> list[Trouble]:
    """Find what is wrong with a run's layers at its last diagnosis.

    Hidden units are equal if their weights and biases agree in every digit; a unit is dead if it
    is not positive for any train example; an activation is saturated near the ends of its range,
    see ``Activation.saturates_at``.

    Args:
        points: The diagnoses of one run.

    Returns:
        The troubles, at most one for each layer, in the order of the layers.
    """
    by_layer: dict[int, list[LayerPoint]] = {}
    for point in sorted(points, key=lambda each: each.epoch):
        by_layer.setdefault(point.layer, []).append(point)
    found = (_trouble(of_layer) for _, of_layer in sorted(by_layer.items()))
    return [each for each in found if each is not None]


def _trouble(points: Sequence[LayerPoint]) -> Trouble | None:
    last = points[-1]
    for kind, is_found in _TESTS.items():
        if is_found(last):
            since = [each.epoch for each in takewhile(is_found, reversed(points))][-1]
            known = since if points[0].epoch == 0 else None
            return Trouble(kind, last.layer, _text(kind, last, known))
    return None


_TESTS: Mapping[str, Callable[[LayerPoint], bool]] = {
    "equal": lambda point: point.statistics.get("difference") == 0,
    "dead": lambda point: point.statistics.get("dead", 0) >= SHARE,
    "saturated": lambda point: point.statistics.get("saturated", 0) >= SHARE,
}
"""Function of a layer's diagnosis that returns True if the layer is in trouble, by kind."""


def _text(kind: str, last: LayerPoint, since: int | None) -> str:
    """Return a trouble in words.

    Args:
        kind: The kind of trouble.
        last: The last diagnosis of the layer.
        since: The first epoch from which on every diagnosis found the trouble; None if the layer
            was not diagnosed from the start.
    """
    layer, n_units = f"layer {last.layer}", last.n_units
    when = f"at epoch {last.epoch}" if since is None else f"since epoch {since}"
    if kind == "equal":
        return (
            f"{layer}: all {n_units} units are equal {when}, so that they compute and learn the "
            "same: draw their weights at random (initializer=he_normal)"
        )
    if kind == "dead":
        n_dead = round(last.statistics["dead"] * n_units)
        which = f"all {n_units}" if n_dead == n_units else f"{n_dead} of {n_units}"
        remedy = {
            None: "take a smaller optimizer.lr, or start with other weights (initializer)",
            0: "start with other weights or biases (initializer, bias_initializer)",
        }.get(since, "take a smaller optimizer.lr")
        return (
            f"{layer}: {which} units are dead {when}, for no train example makes them positive: "
            f"{remedy}"
        )
    remedy = {
        None: "start with smaller weights (initializer.gain), or take a smaller optimizer.lr",
        0: "start with smaller weights (initializer.gain)",
    }.get(since, "take a smaller optimizer.lr, or some optimizer.weight_decay")
    share = f"{100 * last.statistics['saturated']:.0f} %"
    return f"{layer}: {share} of its activations are saturated {when}: {remedy}"


def told(points: Sequence[LayerPoint], train_error: float, chance_error: float) -> list[str]:
    """Return what a completed run's diagnoses say went wrong, a line each; empty if nothing did.

    Args:
        points: The diagnoses of the run.
        train_error: The run's last error on the train split.
        chance_error: Error on the train split of the best constant answer.
    """
    lines = [each.text for each in troubles(points)]
    if has_learned_nothing(train_error, chance_error) and points and not lines:
        lines = [
            "no layer is dead or saturated, but the train error is near that of a constant "
            "answer: take another optimizer.lr, or more epochs (trainer.max_epochs)"
        ]
    return lines


def points_of(layers: pd.DataFrame) -> dict[str, list[LayerPoint]]:
    """Return the diagnoses of each run, by run id, from rows of the table ``layers``."""
    found: dict[str, list[LayerPoint]] = {}
    names = ["run_id", "epoch", "step", "layer", "module", "n_units"]
    statistics = layers[list(LAYER_STATISTICS)].to_dict("records")
    places = layers[names].itertuples(index=False, name=None)
    for (run_id, epoch, step, layer, module, n_units), row in zip(places, statistics, strict=True):
        values = {str(name): value for name, value in row.items() if pd.notna(value)}
        point = LayerPoint(epoch, step, layer, module, n_units, values)
        found.setdefault(str(run_id), []).append(point)
    return found


def told_by_run(runs: pd.DataFrame, layers: pd.DataFrame) -> dict[str, list[str]]:
    """Return what went wrong in each completed run, as `told` has it, by run id.

    Args:
        runs: Rows of the table ``runs``.
        layers: Rows of the table ``layers``.

    Returns:
        The lines of each run in which something went wrong; other runs are left out.
    """
    points = points_of(layers)
    names = ["run_id", "status", "last.train.error", "chance_error"]
    found = {}
    for run_id, status, error, chance in runs[names].itertuples(index=False, name=None):
        if status == "completed" and run_id in points:
            lines = told(points[run_id], error, chance)
            if lines:
                found[str(run_id)] = lines
    return found
