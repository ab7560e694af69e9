"""Comparable arms of a sweep, and the contrasts declared between them.

Two arms are comparable if their configs and spaces differ in the optimizer alone. The fields that
all optimizers have, apart from the learning rate (the weight decay and, unless it is 0, its
coupling), must agree too, or be an axis of both; ranges of such axes may differ. Where a sweep has
several arms of one optimizer that are otherwise alike, their names tell them apart: ``adam_lr``
belongs to ``sgd_lr``. Arms under different conditions are never comparable.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ffnn_lab.config.fields import leaf_fields
from ffnn_lab.config.optimizer import OptimizerConfig
from ffnn_lab.config.run import MOVES_NO_NUMBER
from ffnn_lab.definition import Arm, Definition, Method, label_of

_OPTIMIZER = "optimizer."
_DECAY = f"{_OPTIMIZER}weight_decay"
_SHARED = tuple(
    key
    for key, _, _ in leaf_fields(OptimizerConfig, _OPTIMIZER)
    if key not in (f"{_OPTIMIZER}name", f"{_OPTIMIZER}lr")
)


@dataclass(frozen=True)
class Contrast:
    """A comparison that was declared: an arm against another, at equal seeds."""

    arm: str
    against: str

    def __str__(self) -> str:
        return f"{self.arm} - {self.against}"


def variants(arms: Mapping[str, Arm]) -> dict[str, dict[str, str]]:
    """Group the arms of a sweep that are comparable.

    Args:
        arms: The arms by name.

    Returns:
        A mapping from the name of each group to the names of its arms by optimizer. A group is
        named after the suffix of its first arm (``coupled`` of ``adam_coupled``, empty for
        ``adam``), or after that arm itself if its name is not OPTIMIZER or OPTIMIZER_SUFFIX, or if
        the suffix is taken; and after the condition, if it has one (``coupled@n=25``). An arm
        without a config is in no group.
    """
    alike: dict[str, list[Arm]] = {}
    for arm in arms.values():
        if arm.optimizer:
            alike.setdefault(_apart_from_the_optimizer(arm), []).append(arm)
    groups: dict[tuple[str, str], list[Arm]] = {}
    for arm in arms.values():
        if arm.optimizer:
            key = _apart_from_the_optimizer(arm)
            optimizers = [each.optimizer for each in alike[key]]
            is_unique = len(set(optimizers)) == len(optimizers)
            groups.setdefault((key, "" if is_unique else _suffix(arm)), []).append(arm)
    found: dict[str, dict[str, str]] = {}
    for group in groups.values():
        name = _suffix(group[0]) + _at(group[0])
        name = group[0].name if name in found else name
        found[name] = {arm.optimizer: arm.name for arm in group}
    return found


def _suffix(arm: Arm) -> str:
    """Return the part of an arm's name after ``OPTIMIZER_`` (empty for ``OPTIMIZER``), or all."""
    optimizer, _, suffix = arm.base.partition(arm.optimizer)
    return arm.base if optimizer or (suffix and suffix[0] != "_") else suffix[1:]


def _at(arm: Arm) -> str:
    """Return the condition as an arm's name shows it, ``@LABEL``; empty without a condition."""
    return f"@{label_of(arm.condition)}" if arm.condition else ""


def _apart_from_the_optimizer(arm: Arm) -> str:
    """Return everything in which arms must agree to be comparable, as one text."""
    config = {
        key: value
        for key, value in arm.leaves.items()
        if (key in _SHARED or not key.startswith((_OPTIMIZER, *MOVES_NO_NUMBER)))
        and key not in arm.space
    }
    if _DECAY not in arm.space and not config.get(_DECAY, 0.0):
        config.pop(f"{_OPTIMIZER}decay", None)  # without decay, its coupling does not matter
    axes = {
        key: "" if key in _SHARED else str(axis)
        for key, axis in arm.space.items()
        if key in _SHARED or not key.startswith(_OPTIMIZER)
    }
    return json.dumps([config, axes, _at(arm)], sort_keys=True)


def methods_of(definition: Definition) -> Mapping[str, Method]:
    """Return the family and look of each optimizer of a sweep, in the order of the registry.

    A definition that does not store them was written by an earlier version; then they are those of
    this version's registry.
    """
    if definition.methods:
        return definition.methods
    from ffnn_lab.optimizers import OPTIMIZERS  # noqa: PLC0415 - loads every option

    return {name: Method(each.family, each.look) for name, each in OPTIMIZERS.items()}


def of_family(definition: Definition, family: str) -> list[str]:
    """Return the optimizers of a family: ``adaptive`` or ``plain``."""
    return [name for name, each in methods_of(definition).items() if each.family == family]


def contrasts(definition: Definition) -> list[Contrast]:
    """List the contrasts that were declared before the first run.

    The contrasts are those of the sweep's YAML or, where it has none, each adaptive method against
    each plain one with which it is comparable. Each is declared under every condition.
    """
    if definition.conditions:
        return [
            Contrast(full[pair.arm], full[pair.against])
            for of_condition, full in _under_each(definition)
            for pair in contrasts(of_condition)
        ]
    if definition.contrasts is not None:
        return [Contrast(*pair) for pair in definition.contrasts]
    adaptive = of_family(definition, "adaptive")
    return [
        Contrast(arm, of_variant[plain])
        for of_variant in variants(_by_name(definition)).values()
        for plain in of_family(definition, "plain")
        if plain in of_variant
        for optimizer, arm in of_variant.items()
        if optimizer in adaptive
    ]


def baseline_of(arm: str, definition: Definition) -> str:
    """Return the name of the arm with which an arm is compared.

    The baseline is the declared one of the sweep. If none is declared, it is the comparable arm of
    the first plain method (SGD, or else heavy ball). If there is no such arm, or it is the arm
    itself, the baseline is that of the first group of comparable arms that has one, or else the
    first arm of the sweep. Only arms of the same condition are considered.

    Returns:
        The name; the arm's own if it is the sweep's baseline.
    """
    for of_condition, full in _under_each(definition):
        base = {name: base for base, name in full.items()}.get(arm)
        if base is not None:
            return full[baseline_of(base, of_condition)]
    if definition.baseline is not None:
        return definition.baseline
    own, first = "", ""
    for of_variant in variants(_by_name(definition)).values():
        plain = next(
            (of_variant[each] for each in of_family(definition, "plain") if each in of_variant), ""
        )
        first = first or plain
        if arm in of_variant.values():
            own = plain
    return own if own not in ("", arm) else first or definition.arms[0].name


def _under_each(definition: Definition) -> Iterator[tuple[Definition, dict[str, str]]]:
    """Yield the definition under each condition, and its arms' full names by base name."""
    for condition in definition.conditions:
        full = {arm.base: arm.name for arm in definition.arms if arm.condition == condition}
        yield definition.under(condition), full


def _by_name(definition: Definition) -> dict[str, Arm]:
    return {arm.name: arm for arm in definition.arms}
